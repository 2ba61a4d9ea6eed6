/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distributor's registers (Arm IHI 0069, 12.9), and the parts of them that the
 * redistributors' SGI frames repeat. With affinity routing the first 32 INTIDs are not here; they
 * and everything reserved, not implemented, or accessed with a width that the register does not
 * have reads as zero and ignores writes.
 */
#include <vdev/gicv3.h>

#define GICD_IROUTER	 0x6000u
#define GICD_IROUTER_END 0x8000u
#define GIC_ID_REGS	 0xffd0u
#define GICD_PART	 0x92u

/* ---- a bit per INTID ----------------------------------------------------------------------- */

/* Have the CPUs that hold something of @b tell what became of it, those that can be asked. */
static void gic_recall(struct gicv3 *g, const struct gic_bank *b)
{
	/* A vCPU's own interrupts may be in its CPU without our having given them out. */
	u32 mask = b->first ? b->out : 1;
	u32 asked = 0;

	while (mask) {
		u32 v = b->home[bit_lowest(mask)];

		mask &= mask - 1;
		if (!(asked & 1u << v)) {
			vintc_collect(&g->dev, v);
			vintc_notify(&g->dev, v);
		}
		asked |= 1u << v;
		/* What came home with it may have moved on. */
		if (b->first)
			mask &= b->out;
	}
}

u32 gic_read_bits(struct gicv3 *g, struct gic_bank *b, u32 off)
{
	switch (off) {
	case GIC_IGROUPR:
		return b->group1;
	case GIC_ISENABLER:
	case GIC_ICENABLER:
		return b->enabled;
	case GIC_ISPENDR:
	case GIC_ICPENDR:
		gic_recall(g, b);
		return gic_pending(b) | b->out_latch;
	case GIC_ISACTIVER:
	case GIC_ICACTIVER:
		gic_recall(g, b);
		return b->active | (b->out_active & ~b->undo_active);
	default:
		return 0;
	}
}

static u32 gic_set_pending(struct gic_bank *b, u32 value)
{
	u32 changed = value & ~b->latch;

	b->latch |= value;
	return changed;
}

static u32 gic_clear_pending(struct gic_bank *b, u32 value)
{
	u32 changed = value & (b->latch | b->out_latch);

	b->latch &= ~value;
	b->out_latch &= ~value;
	return changed;
}

static u32 gic_set_active(struct gic_bank *b, u32 value)
{
	u32 changed = value & ~(b->active | (b->out_active & ~b->undo_active));

	b->active |= changed;
	return changed;
}

static u32 gic_clear_active(struct gic_bank *b, u32 value)
{
	u32 changed = value & (b->active | b->out_active);

	b->active &= ~value;
	b->undo_active |= value & b->out_active;
	return changed;
}

void gic_write_bits(struct gicv3 *g, struct gic_bank *b, u32 off, u32 value)
{
	u32 changed = 0;

	if (off >= GIC_ISPENDR)
		gic_recall(g, b);
	switch (off) {
	case GIC_IGROUPR:
		changed = b->group1 ^ value;
		b->group1 = value;
		break;
	case GIC_ISENABLER:
		changed = value & ~b->enabled;
		b->enabled |= value;
		break;
	case GIC_ICENABLER:
		changed = value & b->enabled;
		b->enabled &= ~value;
		break;
	case GIC_ISPENDR:
		changed = gic_set_pending(b, value);
		break;
	case GIC_ICPENDR:
		changed = gic_clear_pending(b, value);
		break;
	case GIC_ISACTIVER:
		changed = gic_set_active(b, value);
		break;
	case GIC_ICACTIVER:
		changed = gic_clear_active(b, value);
		break;
	default:
		break;
	}
	gic_changed(g, b, changed);
}

/* ---- a field per INTID --------------------------------------------------------------------- */

u32 gic_read_prio(const struct gic_bank *b, u32 i, u32 width)
{
	u32 value = 0;

	for (u32 n = 0; n < width; n++)
		value |= (u32)b->prio[i + n] << 8 * n;
	return value;
}

void gic_write_prio(struct gicv3 *g, struct gic_bank *b, u32 i, u32 width, u32 value)
{
	u32 changed = 0;

	for (u32 n = 0; n < width; n++) {
		u8 prio = (u8)(value >> 8 * n & GIC_PRIO_MASK);

		if (b->prio[i + n] != prio)
			changed |= 1u << (i + n);
		b->prio[i + n] = prio;
	}
	gic_changed(g, b, changed);
}

u32 gic_read_config(const struct gic_bank *b, u32 i)
{
	u32 value = 0;

	for (u32 n = 0; n < 16; n++)
		value |= (b->edge >> (i + n) & 1) << (2 * n + 1);
	return value;
}

void gic_write_config(struct gicv3 *g, struct gic_bank *b, u32 i, u32 value)
{
	u32 edge = b->edge & ~(0xffffu << i);
	u32 changed;

	for (u32 n = 0; n < 16; n++)
		edge |= (value >> (2 * n + 1) & 1) << (i + n);
	changed = b->edge ^ edge;
	b->edge = edge;
	gic_changed(g, b, changed);
}

u32 gic_read_id(u32 off, u32 part)
{
	/* PIDR4-7, PIDR0-3, CIDR0-3; ArchRev 3 is in PIDR2. */
	static const u8 id[12] = { 0x44, 0, 0, 0, 0, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1 };
	u32 i = (off - GIC_ID_REGS) / 4;

	if (off < GIC_ID_REGS || i >= array_size(id))
		return 0;
	return i == 4 ? part : id[i];
}

/* ---- the distributor ----------------------------------------------------------------------- */

/* The bank of SPI @intid, or NULL when there is no such SPI. */
static struct gic_bank *gicd_bank(struct gicv3 *g, u32 intid)
{
	if (intid < GIC_N_PRIVATE || intid >= g->n_banks * 32)
		return NULL;
	return &g->spi[intid / 32 - 1];
}

static u64 gicd_read_route(struct gicv3 *g, u32 off, u32 width)
{
	u32 intid = (off - GICD_IROUTER) / 8;
	u32 aff;
	u64 value;

	if (!gicd_bank(g, intid) || width < 4)
		return 0;
	aff = g->route[intid - GIC_N_PRIVATE];
	value = field_put(BITS(39, 32), aff >> 24) | (aff & BITS(23, 0));
	return off % 8 ? value >> 32 : value;
}

static void gicd_write_route(struct gicv3 *g, u32 off, u32 width, u64 value)
{
	u32 intid = (off - GICD_IROUTER) / 8;
	struct gic_bank *b = gicd_bank(g, intid);
	u32 aff;

	if (!b || width < 4)
		return;
	aff = g->route[intid - GIC_N_PRIVATE];
	if (width == 8)
		aff = gic_affinity(value);
	else if (off % 8)
		aff = (aff & 0xffffffu) | (u32)(value & 0xff) << 24;
	else
		aff = (aff & 0xff000000u) | (u32)(value & 0xffffff);
	/* Aff3 is RES0 where no vCPU has one. */
	if (!(g->ident[GIC_TYPER] & GICD_TYPER_A3V))
		aff &= 0xffffffu;
	gic_route(g, b, intid % 32, aff);
}

static u32 gicd_read_word(struct gicv3 *g, u32 off)
{
	struct gic_bank *b;

	if (off < GIC_IPRIORITYR) {
		b = gicd_bank(g, off % 0x80 * 8);
		return b ? gic_read_bits(g, b, off & ~0x7fu) : 0;
	}
	if (off >= GIC_ICFGR && off < GIC_ICFGR + 0x100) {
		b = gicd_bank(g, (off - GIC_ICFGR) * 4);
		return b ? gic_read_config(b, (off - GIC_ICFGR) * 4 % 32) : 0;
	}
	return gic_read_id(off, GICD_PART);
}

static u64 gicd_read(struct vdev *d, u32 off, u32 width)
{
	struct gicv3 *g = gicv3_of(d);

	if (width == 4 && off < 4 * GIC_N_IDENT)
		return g->ident[off / 4];
	if (off >= GIC_IPRIORITYR && off < GIC_IPRIORITYR + 0x400) {
		const struct gic_bank *b = gicd_bank(g, off - GIC_IPRIORITYR);

		return b && (width == 1 || width == 4) ? gic_read_prio(b, off % 32, width) : 0;
	}
	if (off >= GICD_IROUTER && off < GICD_IROUTER_END)
		return gicd_read_route(g, off, width);
	return width == 4 ? gicd_read_word(g, off) : 0;
}

static void gicd_write_control(struct gicv3 *g, u32 value)
{
	u32 enables = GICD_CTLR_GRP0 | GICD_CTLR_GRP1;
	u32 old = g->ident[GIC_CTLR];

	g->ident[GIC_CTLR] = (old & ~enables) | (value & enables);
	if (g->ident[GIC_CTLR] != old)
		gic_groups_changed(g);
}

static void gicd_write_word(struct gicv3 *g, u32 off, u32 value)
{
	struct gic_bank *b;

	if (off == 4 * GIC_CTLR) {
		gicd_write_control(g, value);
	} else if (off < GIC_IPRIORITYR) {
		b = gicd_bank(g, off % 0x80 * 8);
		if (b)
			gic_write_bits(g, b, off & ~0x7fu, value);
	} else if (off >= GIC_ICFGR && off < GIC_ICFGR + 0x100) {
		b = gicd_bank(g, (off - GIC_ICFGR) * 4);
		if (b)
			gic_write_config(g, b, (off - GIC_ICFGR) * 4 % 32, value);
	}
}

static void gicd_write(struct vdev *d, u32 off, u32 width, u64 value)
{
	struct gicv3 *g = gicv3_of(d);

	if (off >= GIC_IPRIORITYR && off < GIC_IPRIORITYR + 0x400) {
		struct gic_bank *b = gicd_bank(g, off - GIC_IPRIORITYR);

		if (b && (width == 1 || width == 4))
			gic_write_prio(g, b, off % 32, width, (u32)value);
	} else if (off >= GICD_IROUTER && off < GICD_IROUTER_END) {
		gicd_write_route(g, off, width, value);
	} else if (width == 4) {
		gicd_write_word(g, off, (u32)value);
	}
}

const struct vdev_window_ops gicv3_dist_window = { gicd_read, gicd_write };
