/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which format a kernel has: the list is asked in order, and the first that knows the file decides;
 * what is damaged in a known format is never loaded as another. A failure always says why.
 */
#include "internal.h"

#include <base/cold.h>

enum status image_plan_formats(const struct image_reader *r, gpa_t load, struct load_plan *plan,
			       const char **why)
{
	for (const struct image_format *const *f = image_formats; *f; f++) {
		enum status st;

		*plan = (struct load_plan){ 0 };
		st = (*f)->plan(r, load, plan, why);
		if (st != E_NOTFOUND)
			return st;
	}
	*why = COLD_TEXT("is of no format known here");
	return E_NOTFOUND;
}

static enum status plan_any(const struct image_reader *r, gpa_t load, struct load_plan *plan,
			    const char **why)
{
	struct range gz;
	enum status st = packed_find(r, &gz, why);

	if (st == OK)
		return packed_plan(r, gz, load, plan, why);
	if (st != E_NOTFOUND)
		return st;
	return image_plan_formats(r, load, plan, why);
}

enum status image_plan(const struct image_reader *r, gpa_t load, struct load_plan *plan,
		       const char **why)
{
	const char *reason = NULL;
	enum status st = plan_any(r, load, plan, &reason);

	if (st == OK)
		st = image_plan_check(plan, r->size, &reason);
	if (st != OK)
		*why = reason ? reason : status_str(st);
	return st;
}
