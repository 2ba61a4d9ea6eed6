/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distributor's registers (Arm IHI 0069, 12.9). With affinity routing the first 32 INTIDs are
 * not here; they and everything reserved, not implemented, or accessed with a width that the
 * register does not have reads as zero and ignores writes.
 */
#include <vdev/gicv3.h>

#define GICD_IROUTER	 0x6000u
#define GICD_IROUTER_END 0x8000u
#define GIC_ID_REGS	 0xffd0u
#define GICD_PART	 0x92u

u32 gicv3_read_id(u32 off, u32 part)
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
static struct gic_bank *gicd_bank(struct gic *g, u32 intid)
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

	if (!gicd_bank(&g->gic, intid) || width < 4)
		return 0;
	aff = g->route[intid - GIC_N_PRIVATE];
	value = field_put(BITS(39, 32), aff >> 24) | (aff & BITS(23, 0));
	return off % 8 ? value >> 32 : value;
}

static void gicd_write_route(struct gicv3 *g, u32 off, u32 width, u64 value)
{
	u32 intid = (off - GICD_IROUTER) / 8;
	struct gic_bank *b = gicd_bank(&g->gic, intid);
	u32 aff;

	if (!b || width < 4)
		return;
	aff = g->route[intid - GIC_N_PRIVATE];
	if (width == 8)
		aff = gicv3_affinity(value);
	else if (off % 8)
		aff = (aff & 0xffffffu) | (u32)(value & 0xff) << 24;
	else
		aff = (aff & 0xff000000u) | (u32)(value & 0xffffff);
	/* Aff3 is RES0 where no vCPU has one. */
	if (!(g->gic.ident[GIC_TYPER] & GICD_TYPER_A3V))
		aff &= 0xffffffu;
	gicv3_route(g, b, intid % 32, aff);
}

static u32 gicd_read_word(struct gic *g, u32 off)
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
	return gicv3_read_id(off, GICD_PART);
}

/* Words that are read as they are kept. */
static bool gicd_is_plain(u32 off)
{
	return off - GIC_IGROUPR < GIC_ISPENDR - GIC_IGROUPR;
}

static u32 gicd_read_plain(const struct gic *g, u32 off)
{
	u32 w = off % 0x80 / 4 - 1;
	const struct gic_bank *b;

	if (w >= g->n_banks - 1)
		return 0;
	b = &g->spi[w];
	return off & GIC_ISENABLER ? b->enabled : b->group1;
}

static u64 gicd_read(struct vdev *d, u32 off, u32 width)
{
	struct gic *g = gic_of(d);

	if (likely(width == 4)) {
		if (off < 4 * GIC_N_IDENT)
			return g->ident[off / 4];
		if (gicd_is_plain(off))
			return gicd_read_plain(g, off);
	}
	if (off >= GIC_IPRIORITYR && off < GIC_IPRIORITYR + 0x400) {
		const struct gic_bank *b = gicd_bank(g, off - GIC_IPRIORITYR);

		return b && (width == 1 || width == 4) ? gic_read_prio(b, off % 32, width) : 0;
	}
	if (off >= GICD_IROUTER && off < GICD_IROUTER_END)
		return gicd_read_route(gicv3_of(d), off, width);
	return width == 4 ? gicd_read_word(g, off) : 0;
}

static void gicd_write_control(struct gic *g, u32 value)
{
	u32 enables = GICD_CTLR_GRP0 | GICD_CTLR_GRP1;
	u32 old = g->ident[GIC_CTLR];

	g->ident[GIC_CTLR] = (old & ~enables) | (value & enables);
	if (g->ident[GIC_CTLR] != old)
		gic_groups_changed(g);
}

static void gicd_write_word(struct gic *g, u32 off, u32 value)
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
	struct gic *g = gic_of(d);

	if (off >= GIC_IPRIORITYR && off < GIC_IPRIORITYR + 0x400) {
		struct gic_bank *b = gicd_bank(g, off - GIC_IPRIORITYR);

		if (b && (width == 1 || width == 4))
			gic_write_prio(g, b, off % 32, width, (u32)value);
	} else if (off >= GICD_IROUTER && off < GICD_IROUTER_END) {
		gicd_write_route(gicv3_of(d), off, width, value);
	} else if (width == 4) {
		gicd_write_word(g, off, (u32)value);
	}
}

const struct vdev_window_ops gicv3_dist_window = { gicd_read, gicd_write };
