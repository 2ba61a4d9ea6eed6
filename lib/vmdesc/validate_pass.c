/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passed-through hardware in the guest's own view: windows where a guest can address them, apart
 * from its memory, its emulated devices and each other; no interrupt of two devices. What the
 * machine has to say to it was said when passes were resolved.
 */
#include "vmdesc_priv.h"

static struct show show_gpa(const struct vd_pass_window *w)
{
	return show_range(w->gpa.v, w->size);
}

static bool hits(const struct vd_pass_window *w, u64 base, u64 size)
{
	return range_overlaps(w->gpa.v, w->size, base, size);
}

static void overlap(const struct vd_check *c, const struct vd_pass *p,
		    const struct vd_pass_window *w, const char *what, struct src_pos other)
{
	vd_error(c, vd_pass_field(p), p->at, show_gpa(w).s, "%s overlaps %s",
		 show_text(p->path.n ? p->path : p->name).s, what);
	if (other.line)
		vd_note(c, other, "which stands here");
	vd_fix(c, p->at, "write another guest address, or move the other");
}

static void check_window(const struct vd_check *c, u32 i, u32 k)
{
	const struct vmdesc *vd = c->vd;
	const struct vd_pass *p = &vd->passes.v[i];
	const struct vd_pass_window *w = &p->win[k];

	if (c->t->gpa_limit && !range_ok(w->gpa.v, w->size, c->t->gpa_limit)) {
		vd_error(c, vd_pass_field(p), p->at, show_gpa(w).s,
			 "beyond what a guest can address on this machine");
		vd_fix(c, p->at, "write a guest address below %s", show_hex(c->t->gpa_limit).s);
	}
	if ((w->prot & (VD_R | VD_W | VD_X)) == VD_X) {
		vd_error(c, vd_pass_field(p), p->at, show_gpa(w).s,
			 "registers are not executed, and may neither be read nor written");
		vd_fix(c, p->at, "write the flags of reading (1), writing (2) or both");
	}
	for (u32 j = 0; j < vd->mems.n; j++) {
		if (hits(w, vd->mems.v[j].base.v, vd->mems.v[j].size))
			overlap(c, p, w, "memory of the guest", vd->mems.v[j].at);
	}
	for (u32 j = 0; j < vd->devs.n; j++) {
		const struct vd_dev *dev = &vd->devs.v[j];

		for (u32 l = 0; l < dev->n_win; l++) {
			if (hits(w, dev->win[l].base.v, dev->win[l].size))
				overlap(c, p, w, vd_dev_label(dev).s, dev->at);
		}
	}
	for (u32 j = 0; j <= i; j++) {
		const struct vd_pass *o = &vd->passes.v[j];

		for (u32 l = 0; l < (j == i ? k : o->n_win); l++) {
			if (hits(w, o->win[l].gpa.v, o->win[l].size))
				overlap(c, p, w, "other passed-through hardware", o->at);
		}
	}
}

static void check_irq(const struct vd_check *c, const struct vd_pass *p, u32 line)
{
	for (u32 j = 0; j < c->vd->devs.n; j++) {
		const struct vd_dev *dev = &c->vd->devs.v[j];

		for (u32 l = 0; l < dev->n_irq; l++) {
			if (dev->irq[l].line != line)
				continue;
			vd_error(c, vd_pass_field(p), p->at, NULL, "interrupt %u of %s is taken",
				 line, show_text(p->path.n ? p->path : p->name).s);
			vd_note(c, dev->at, "by %s", vd_dev_label(dev).s);
			vd_fix(c, p->at, "give that device another interrupt in %s",
			       vmdesc_key(c->vd, VD_F_EMU_DEVICES).s);
		}
	}
}

void vd_check_passes(const struct vd_check *c)
{
	for (u32 i = 0; i < c->vd->passes.n; i++) {
		const struct vd_pass *p = &c->vd->passes.v[i];

		for (u32 k = 0; k < p->n_win; k++)
			check_window(c, i, k);
		for (u32 k = 0; k < p->n_irq; k++)
			check_irq(c, p, p->irq[k].guest);
	}
}
