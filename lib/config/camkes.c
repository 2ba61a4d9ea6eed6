/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seL4's CAmkES descriptions of VMs, as they come out of the preprocessor, of all three
 * generations. Whatever a description says of its VMs goes into the model; what it says of the
 * other kernel's resources is read and left; what it says of other components is told.
 */
#include "camkes_priv.h"

struct camkes *ck_read(const struct config_input *in, struct arena *a, struct diag *d)
{
	struct camkes *ck = arena_new(a, struct camkes);

	if (!ck)
		return NULL;
	ck->arena = a;
	ck->diag = d;
	ck->in = in;
	ck->errors = d->n_errors;
	for (u32 i = 0; i < in->n_parts && !ck_stopped(ck); i++)
		ck_parse_part(ck, in->part[i].text, in->part[i].file);
	if (!ck_stopped(ck))
		ck_link_all(ck);
	return ck;
}

static enum status parse(const struct config_input *in, struct arena *a, struct diag *d,
			 struct vmdesc **out)
{
	struct camkes *ck = ck_read(in, a, d);

	*out = NULL;
	if (!ck)
		return E_NOMEM;
	if (!ck_stopped(ck))
		ck_describe(ck, out);
	if (ck->no_memory)
		return E_NOMEM;
	return d->n_errors == ck->errors ? OK : E_INVAL;
}

const struct config_lang config_camkes = {
	.name = "camkes",
	.suffix = ".camkes",
	.parse = parse,
};
