/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generic half of a device made of a register table. Tables are short (a dozen lines), so a
 * linear search is the fastest that is also the simplest; registers on a hot path are answered by
 * the device before it comes here.
 */
#include <vdev/regs.h>

static const struct vdev_reg *vdev_regs_find(struct vdev_regs regs, u32 off)
{
	const struct vdev_reg *r = regs.reg;

	for (u32 i = 0; i < regs.n; i++, r++) {
		if (r->off == off)
			return r;
	}
	return NULL;
}

static u32 *vdev_regs_shadow(struct vdev *d, const struct vdev_reg *r)
{
	return (u32 *)(void *)((u8 *)d + r->shadow);
}

void vdev_regs_reset(struct vdev *d, struct vdev_regs regs)
{
	for (u32 i = 0; i < regs.n; i++) {
		if (regs.reg[i].shadow != VDEV_REG_CONST)
			*vdev_regs_shadow(d, &regs.reg[i]) = regs.reg[i].reset;
	}
}

u32 vdev_regs_read(const struct vdev *d, struct vdev_regs regs, u32 off)
{
	const struct vdev_reg *r = vdev_regs_find(regs, off);

	if (!r)
		return 0;
	if (r->shadow == VDEV_REG_CONST)
		return r->reset;
	return *(const u32 *)(const void *)((const u8 *)d + r->shadow);
}

void vdev_regs_write(struct vdev *d, struct vdev_regs regs, u32 off, u32 value)
{
	const struct vdev_reg *r = vdev_regs_find(regs, off);
	u32 *shadow;

	if (!r || r->shadow == VDEV_REG_CONST)
		return;
	shadow = vdev_regs_shadow(d, r);
	*shadow = (*shadow & ~r->writable) | (value & r->writable);
	if (r->then)
		r->then(d);
}
