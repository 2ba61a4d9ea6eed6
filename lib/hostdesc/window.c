/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of the machine's memory that the platform file lets us use.
 */
#include <lib/hostdesc.h>

/* What of @r lies in @w; length 0: nothing. */
static struct range clip(struct range r, struct range w)
{
	u64 base = MAX(r.base, w.base);
	u64 end = MIN(r.base + r.len, w.base + w.len);

	return (struct range){ base, end > base ? end - base : 0 };
}

void hostdesc_apply_window(struct hostdesc *hd)
{
	u32 n = 0;

	if (!hd->window.len)
		return;
	for (u32 i = 0; i < hd->n_mem; i++) {
		struct range r = clip(hd->mem[i], hd->window);

		if (r.len)
			hd->mem[n++] = r;
	}
	hd->n_mem = n;
}
