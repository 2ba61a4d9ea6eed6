/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The redistributors' registers (Arm IHI 0069, 12.10 and 12.11): for each vCPU two frames of
 * 64 KiB, RD_base and SGI_base. No LPIs, so most of RD_base is reserved. Sleep is shown as the
 * guest asks for it but holds nothing back: hardware would wake the CPU for a pending interrupt
 * (WakeRequest), and a guest that never looks at GICR_WAKER is one that others run too.
 */
#include <vdev/gicv3.h>

#define GICR_SGI_BASE 0x10000u
#define GICR_PART     0x93u

enum gicr_off {
	GICR_IIDR = 0x04,
	GICR_TYPER = 0x08,
	GICR_TYPER_HIGH = 0x0c,
	GICR_WAKER = 0x14,
};

/* ---- RD_base ------------------------------------------------------------------------------- */

static u64 gicr_read_rd(const struct gic_vcpu *v, u32 off, u32 width)
{
	if (off == GICR_TYPER && width == 8)
		return v->typer;
	if (width != 4)
		return 0;
	switch (off) {
	case GICR_IIDR:
		return GIC_IIDR_VALUE;
	case GICR_TYPER:
		return v->typer;
	case GICR_TYPER_HIGH:
		return v->typer >> 32;
	case GICR_WAKER:
		return v->waker;
	default:
		return gicv3_read_id(off, GICR_PART);
	}
}

static void gicr_write_rd(struct gic_vcpu *v, u32 off, u32 width, u32 value)
{
	if (off != GICR_WAKER || width != 4)
		return;
	v->waker = value & GICR_WAKER_SLEEP ? GICR_WAKER_SLEEP | GICR_WAKER_ASLEEP : 0;
}

/* ---- SGI_base ------------------------------------------------------------------------------ */

static u64 gicr_read_sgi(struct gic *g, struct gic_bank *b, u32 off, u32 width)
{
	if (off >= GIC_IPRIORITYR && off < GIC_IPRIORITYR + GIC_N_PRIVATE)
		return width == 1 || width == 4 ? gic_read_prio(b, off % 32, width) : 0;
	if (width != 4)
		return 0;
	if (off == GIC_ICFGR || off == GIC_ICFGR + 4)
		return gic_read_config(b, off % 8 * 4);
	return off < GIC_IPRIORITYR ? gic_read_bits(g, b, off) : 0;
}

static void gicr_write_sgi(struct gic *g, struct gic_bank *b, u32 off, u32 width, u32 value)
{
	if (off >= GIC_IPRIORITYR && off < GIC_IPRIORITYR + GIC_N_PRIVATE) {
		if (width == 1 || width == 4)
			gic_write_prio(g, b, off % 32, width, value);
	} else if (width != 4) {
		return;
	} else if (off == GIC_ICFGR + 4) {
		/* SGIs, in ICFGR0, are edges by nature. */
		gic_write_config(g, b, 16, value);
	} else if (off < GIC_IPRIORITYR) {
		gic_write_bits(g, b, off, value);
	}
}

/* ---- the window ---------------------------------------------------------------------------- */

static u64 gicr_read(struct vdev *d, u32 off, u32 width)
{
	struct gic *g = gic_of(d);
	u32 vcpu = off / GICR_FRAME;

	off %= GICR_FRAME;
	if (vcpu >= g->n_vcpus)
		return 0;
	if (off < GICR_SGI_BASE)
		return gicr_read_rd(&g->vcpu[vcpu], off, width);
	return gicr_read_sgi(g, &g->vcpu[vcpu].bank, off - GICR_SGI_BASE, width);
}

static void gicr_write(struct vdev *d, u32 off, u32 width, u64 value)
{
	struct gic *g = gic_of(d);
	u32 vcpu = off / GICR_FRAME;

	off %= GICR_FRAME;
	if (vcpu >= g->n_vcpus)
		return;
	if (off < GICR_SGI_BASE)
		gicr_write_rd(&g->vcpu[vcpu], off, width, (u32)value);
	else
		gicr_write_sgi(g, &g->vcpu[vcpu].bank, off - GICR_SGI_BASE, width, (u32)value);
}

const struct vdev_window_ops gicv3_redist_window = { gicr_read, gicr_write };
