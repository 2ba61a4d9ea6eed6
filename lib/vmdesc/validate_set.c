/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two VMs must not have in common. The later of the two is refused: which one is later is
 * the caller's order, so the same files always give the same answer.
 */
#include "vmdesc_priv.h"

#include <base/fmt.h>

static void refuse(const struct vmdesc *vd, struct diag *d, enum vd_field f, struct src_pos at,
		   const char *text)
{
	const struct vd_field_info *info = vmdesc_field(f);

	diag_report(d, DIAG_ERROR, at, "%s: %s.%s%s", vmdesc_label(vd).s, info->table, info->key,
		    text);
}

static bool same_id(const struct vmdesc *a, const struct vmdesc *b, struct diag *d)
{
	char text[80];

	if (!a->id || a->id != b->id || (a->reported | b->reported) & BIT(VD_F_ID))
		return false;
	fmt_snprintf(text, sizeof(text), " = %u: another VM has this number", b->id);
	refuse(b, d, VD_F_ID, b->id_at, text);
	diag_report(d, DIAG_NOTE, a->id_at, "%s has it", vmdesc_label(a).s);
	diag_report(d, DIAG_FIX, b->id_at, "write a number that no other VM has");
	return true;
}

static bool same_name(const struct vmdesc *a, const struct vmdesc *b, struct diag *d)
{
	if (!str_eq(a->name, b->name) || (a->reported | b->reported) & BIT(VD_F_NAME))
		return false;
	refuse(b, d, VD_F_NAME, b->name_at, ": another VM has this name");
	diag_report(d, DIAG_NOTE, a->name_at, "VM %u has it", a->id);
	diag_report(d, DIAG_FIX, b->name_at, "write a name that no other VM has");
	return true;
}

static bool same_memory(const struct vmdesc *a, const struct vd_mem *x, const struct vmdesc *b,
			const struct vd_mem *y, struct diag *d)
{
	char text[96];

	if (x->backing == VD_MEM_ALLOC || y->backing == VD_MEM_ALLOC ||
	    !range_overlaps(x->base.v, x->size, y->base.v, y->size))
		return false;
	fmt_snprintf(text, sizeof(text), " = %s: this host memory is claimed by another VM",
		     show_range(y->base.v, y->size).s);
	refuse(b, d, VD_F_MEMORY_REGIONS, y->at, text);
	diag_report(d, DIAG_NOTE, x->at, "%s claims %s", vmdesc_label(a).s,
		    show_range(x->base.v, x->size).s);
	diag_report(d, DIAG_FIX, y->at, "write another range, or map_type 0");
	return true;
}

static bool given_twice(const struct vmdesc *a, const struct vd_pass *x, const struct vmdesc *b,
			const struct vd_pass *y, struct diag *d)
{
	bool same = false;
	char text[96];

	for (u32 i = 0; i < x->n_win; i++) {
		for (u32 k = 0; k < y->n_win; k++)
			same |= range_overlaps(x->win[i].hpa.v, x->win[i].size, y->win[k].hpa.v,
					       y->win[k].size);
	}
	for (u32 i = 0; i < x->n_irq; i++) {
		for (u32 k = 0; k < y->n_irq; k++)
			same |= x->irq[i].host == y->irq[k].host;
	}
	if (!same)
		return false;
	fmt_snprintf(text, sizeof(text), ": %s is given to another VM",
		     show_text(y->path.n ? y->path : y->name).s);
	refuse(b, d, vd_pass_field(y), y->at, text);
	diag_report(d, DIAG_NOTE, x->at, "%s has it", vmdesc_label(a).s);
	diag_report(d, DIAG_FIX, y->at,
		    "keep it out of one of them, if need be by devices.excluded_devices");
	return true;
}

static bool conflict(const struct vmdesc *a, const struct vmdesc *b, struct diag *d)
{
	bool found = same_id(a, b, d);

	found = same_name(a, b, d) || found;
	for (u32 i = 0; i < a->mems.n; i++) {
		for (u32 j = 0; j < b->mems.n; j++)
			found = same_memory(a, &a->mems.v[i], b, &b->mems.v[j], d) || found;
	}
	for (u32 i = 0; i < a->passes.n; i++) {
		for (u32 j = 0; j < b->passes.n; j++)
			found = given_twice(a, &a->passes.v[i], b, &b->passes.v[j], d) || found;
	}
	return found;
}

enum status vmdesc_validate_set(const struct vmdesc *const *vds, u32 n, bool *refused,
				struct diag *d)
{
	u32 before = d->n_errors;

	for (u32 j = 1; j < n; j++) {
		for (u32 i = 0; i < j; i++) {
			if (conflict(vds[i], vds[j], d))
				refused[j] = true;
		}
	}
	return d->n_errors == before ? OK : E_INVAL;
}

static bool has_id(struct vmdesc *const *vds, u32 n, u32 id)
{
	for (u32 i = 0; i < n; i++) {
		if (vds[i]->id == id)
			return true;
	}
	return false;
}

void vmdesc_number(struct vmdesc *const *vds, u32 n)
{
	u32 next = 1;

	for (u32 i = 0; i < n; i++) {
		while (!vds[i]->id && has_id(vds, n, next))
			next++;
		if (!vds[i]->id)
			vds[i]->id = next++;
	}
}
