/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the description wants nothing in unasked. What stands in the file itself may be there, and is
 * told; a device of the default board may not. Memory has no part in this: a reserve inside of it
 * keeps images away.
 */
#include "vmdesc_priv.h"

static void in_reserve(const struct vd_check *c, enum vd_field f, struct src_pos at,
		       const struct vd_reserve *r, const char *what)
{
	vd_warning(c, f, at, NULL, "%s is in what the description reserves", what);
	if (r->win.size)
		vd_note(c, r->at, "%s is reserved", show_range(r->win.base.v, r->win.size).s);
	else
		vd_note(c, r->at, "interrupt %u is reserved", r->irq);
}

static bool takes(const struct vd_reserve *r, const struct vd_dev *dev)
{
	for (u32 w = 0; w < dev->n_win; w++) {
		if (range_overlaps(r->win.base.v, r->win.size, dev->win[w].base.v,
				   dev->win[w].size))
			return true;
	}
	for (u32 k = 0; k < dev->n_irq && !r->win.size; k++) {
		if (dev->irq[k].line == r->irq)
			return true;
	}
	return false;
}

static void check_dev(const struct vd_check *c, const struct vd_reserve *r,
		      const struct vd_dev *dev)
{
	if (!takes(r, dev))
		return;
	if (!dev->is_default) {
		in_reserve(c, VD_F_EMU_DEVICES, dev->at, r, vd_dev_label(dev).s);
		return;
	}
	vd_error(c, r->win.size ? VD_F_RESERVED : VD_F_RESERVED_INTERRUPTS, r->at, NULL,
		 "%s has its place there", vd_dev_label(dev).s);
	vd_fix(c, r->at, "reserve something else, or list the device at another place in %s",
	       vmdesc_key(c->vd, VD_F_EMU_DEVICES).s);
}

static void check_pass(const struct vd_check *c, const struct vd_reserve *r,
		       const struct vd_pass *p)
{
	bool hit = false;

	for (u32 w = 0; w < p->n_win; w++)
		hit |= range_overlaps(r->win.base.v, r->win.size, p->win[w].gpa.v, p->win[w].size);
	for (u32 k = 0; k < p->n_irq; k++)
		hit |= !r->win.size && p->irq[k].guest == r->irq;
	if (hit)
		in_reserve(c, vd_pass_field(p), p->at, r,
			   show_text(p->path.n ? p->path : p->name).s);
}

void vd_check_reserves(const struct vd_check *c)
{
	const struct vmdesc *vd = c->vd;

	for (u32 i = 0; i < vd->reserves.n; i++) {
		const struct vd_reserve *r = &vd->reserves.v[i];

		for (u32 k = 0; k < vd->devs.n; k++)
			check_dev(c, r, &vd->devs.v[k]);
		for (u32 k = 0; k < vd->passes.n; k++)
			check_pass(c, r, &vd->passes.v[k]);
		for (u32 k = 0; k < vd->images.n; k++) {
			const struct vd_image *image = &vd->images.v[k];

			if (image->load.given &&
			    range_overlaps(r->win.base.v, r->win.size, image->load.gpa.v, 1))
				in_reserve(c, vmdesc_image_field(image->role, VD_IMAGE_LOAD),
					   image->load.at, r, show_text(image->path).s);
		}
	}
}
