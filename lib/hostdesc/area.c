/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory with a name: a name stands for one area, the one that was added last.
 */
#include <lib/hostdesc.h>

#include <base/bits.h>
#include <lib/words.h>

const struct hd_area *hostdesc_area(const struct hostdesc *hd, struct str name)
{
	for (u32 i = 0; i < hd->n_areas; i++) {
		if (str_eq(hd->area[i].name, name))
			return &hd->area[i];
	}
	return NULL;
}

const char *hostdesc_near_area(const struct hostdesc *hd, struct str name)
{
	struct suggest near = { .word = name };

	for (u32 i = 0; i < hd->n_areas; i++)
		suggest_try(&near, hd->area[i].name.p);
	return near.best;
}

bool hostdesc_add_area(struct hostdesc *hd, struct str name, struct range at)
{
	u32 i = 0;

	while (i < hd->n_areas && !str_eq(hd->area[i].name, name))
		i++;
	if (i == HD_MAX_AREAS)
		return false;
	hd->area[i] = (struct hd_area){ name, at };
	hd->n_areas = MAX(hd->n_areas, i + 1);
	return true;
}
