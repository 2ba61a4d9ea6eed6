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

enum status config_complete(struct vmdesc *vd, const struct config_machine *m, struct arena *a,
			    struct diag *d)
{
	enum status st = vmdesc_add_default_board(vd, a);

	vmdesc_use_intc(vd, m->hd->guest_intc);
	st = worse(st, vmdesc_resolve_passes(vd, m->hd, m->fdt, a, d));
	st = worse(st, vmdesc_place_devices(vd, d));
	return worse(st, vmdesc_validate(vd, m->target, d));
}
