/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs that were translated at the desk and packed: `trivet pack`. What was wrong with their files was
 * said there, what is wrong with them on this machine is said with the places in those files.
 */
#include <lib/config.h>

#include <base/bits.h>
#include <lib/packed.h>

extern const struct config_lang config_packed;

static enum status parse(const struct config_input *in, struct arena *a, struct diag *d,
			 struct vmdesc **out)
{
	const struct config_part *part = &in->part[0];
	struct span blob = part->text;
	const char *why = NULL;
	enum status st;
	u8 *copy;

	*out = NULL;
	if (!is_aligned((uintptr_t)blob.p, 8)) {
		copy = arena_alloc(a, blob.n, 8);
		if (!copy)
			return E_NOMEM;
		memcpy(copy, blob.p, blob.n);
		blob.p = copy;
	}
	st = vmdesc_unpack(blob, a, out, &why);
	if (st == OK || st == E_NOMEM)
		return st;
	diag_report(d, DIAG_ERROR, (struct src_pos){ .file = part->file }, "the file %s", why);
	diag_report(d, DIAG_FIX, (struct src_pos){ .file = part->file },
		    "pack it again, by the `trivet pack` of this version");
	return E_INVAL;
}

const struct config_lang config_packed = { .name = "packed", .suffix = ".vmb", .parse = parse };
