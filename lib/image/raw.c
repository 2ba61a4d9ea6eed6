/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A raw image: the file is what memory shall hold, and its first byte is where it is entered.
 * Recognises everything, so it stands last in the list.
 */
#include <lib/image.h>

static enum status raw_plan(const struct image_reader *r, gpa_t load, struct load_plan *plan,
			    const char **why)
{
	enum status st = image_plan_blob(r, load, plan);

	if (st != OK)
		*why = r->size ? "reaches beyond the end of the address space" : "is empty";
	return st;
}

const struct image_format image_raw = {
	.name = "raw",
	.plan = raw_plan,
};
