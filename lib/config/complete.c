/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes between a front-end and a VM that may be built. Desk and target both go through here,
 * so what one accepts the other does.
 */
#include <lib/config.h>

static enum status worse(enum status a, enum status b)
{
	return a == E_NOMEM || b == OK ? a : b;
}

/* Nothing else can be said of a VM that is made for another kind of CPU. */
static bool is_for(const struct vmdesc *vd, const struct vd_target *t, struct diag *d)
{
	if (!vd->isa || !t->isa || strcmp(vd->isa, t->isa) == 0)
		return true;
	diag_report(d, DIAG_ERROR, vd->isa_at, "%s: is made for %s, and this machine is %s",
		    vmdesc_label(vd).s, vd->isa, t->isa);
	diag_report(d, DIAG_FIX, vd->isa_at, "run it on a machine of that kind");
	return false;
}

/* What vmdesc_use_intc() has not changed is what the file insists on. */
static enum status check_intc(const struct vmdesc *vd, const struct config_machine *m,
			      struct diag *d)
{
	const char *have = m->hd->guest_intc;

	for (u32 i = 0; have && i < vd->devs.n; i++) {
		const struct vd_dev *dev = &vd->devs.v[i];

		for (u32 k = 0; k < m->target->n_classes; k++) {
			const struct vd_class_info *class = &m->target->classes[k];

			if (!class->is_intc || !str_eq_c(dev->class, class->name) ||
			    strcmp(class->name, have) == 0)
				continue;
			diag_report(d, DIAG_ERROR, dev->at,
				    "%s: %s: device \"%s\" (%s): guests of this machine can only "
				    "have a %s",
				    vmdesc_label(vd).s, vmdesc_key(vd, VD_F_EMU_DEVICES).s,
				    show_text(dev->name).s, class->name, have);
			diag_report(d, DIAG_FIX, dev->at, "remove it: a VM has a %s unasked", have);
			return E_INVAL;
		}
	}
	return OK;
}

enum status config_complete(struct vmdesc *vd, const struct config_machine *m, struct arena *a,
			    struct diag *d)
{
	enum status st;

	if (!is_for(vd, m->target, d))
		return E_INVAL;
	st = vmdesc_add_default_board(vd, a);
	vmdesc_use_intc(vd, m->hd->guest_intc);
	st = worse(st, check_intc(vd, m, d));
	st = worse(st, vmdesc_resolve_passes(vd, m->hd, m->fdt, a, d));
	st = worse(st, vmdesc_place_devices(vd, d));
	return worse(st, vmdesc_validate(vd, m->target, d));
}
