/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual GICv2 (Arm IHI 0048) without Security Extensions: the state machine of gic_common.c,
 * and here its distributor. The CPU interface is the hardware's (GICV), but for its second page:
 * GICC_DIR is ours, because the hardware forgets an end whose interrupt stands in no list
 * register. One SGI from several senders is several interrupts (3.2.2): who else sent it waits in
 * `senders` until the one that is presented has been completed.
 */
#include <base/str.h>
#include <vdev/gic.h>

#define GICV2_MAX_VCPUS 8u
#define GICD_SIZE	0x1000u
#define GICC_SIZE	0x2000u
#define GICC_DIR	0x1000u

enum gicd_off {
	GICD_ITARGETSR = 0x800,
	GICD_SGIR = 0xf00,
	GICD_CPENDSGIR = 0xf10,
	GICD_SPENDSGIR = 0xf20,
	GICD_ID = 0xfd0,
};

#define SGIR_INTID   BITS(3, 0)
#define SGIR_TARGETS BITS(23, 16)
#define SGIR_FILTER  BITS(25, 24)
#define DIR_INTID    BITS(9, 0)

#define SGIS ((u32)bits_below(GIC_N_SGIS))

/* SGIs as one vCPU receives them. */
struct gicv2_sgis {
	u8 senders[GIC_N_SGIS]; /* bit per vCPU: pending at home */
	u8 active[GIC_N_SGIS];	/* who sent the one that is active */
};

struct gicv2 {
	struct gic gic;
	struct gicv2_sgis sgis[GICV2_MAX_VCPUS];
	u8 targets[GIC_MAX_BANKS * 32]; /* ITARGETSR of SPIs */
};

static struct gicv2 *gicv2_of(struct vdev *d)
{
	return container_of(d, struct gicv2, gic.dev);
}

/* ---- SGIs and their senders ---------------------------------------------------------------- */

static void sgi_set(struct gicv2 *g, u32 vcpu, u32 sgi, u32 senders)
{
	struct gic_bank *b = &g->gic.vcpu[vcpu].bank;

	g->sgis[vcpu].senders[sgi] |= (u8)senders;
	b->latch |= 1u << sgi;
	gic_changed(&g->gic, b, 1u << sgi);
}

static void sgi_clear(struct gicv2 *g, u32 vcpu, u32 sgi, u32 senders)
{
	u8 *pending = &g->sgis[vcpu].senders[sgi];

	*pending &= (u8)~senders;
	if (*pending)
		return;
	g->gic.vcpu[vcpu].bank.latch &= ~(1u << sgi);
	gic_changed(&g->gic, &g->gic.vcpu[vcpu].bank, 1u << sgi);
}

/* Given out with one sender; others stay behind, and come when this one is completed. */
static void sgi_present(struct gicv2 *g, u32 vcpu, struct virq_entry *e)
{
	struct gic_bank *b = &g->gic.vcpu[vcpu].bank;
	struct gicv2_sgis *s = &g->sgis[vcpu];
	u32 m = 1u << e->intid;

	if (e->state & VIRQ_ACTIVE) {
		e->source = s->active[e->intid];
		e->state = VIRQ_ACTIVE;
		b->latch |= b->out_latch & m;
		b->out_latch &= ~m;
	} else if (s->senders[e->intid]) {
		e->source = bit_lowest(s->senders[e->intid]);
		s->senders[e->intid] &= (u8) ~(1u << e->source);
		b->latch |= s->senders[e->intid] ? m : 0;
	}
	e->notify = b->latch & m;
}

static u32 gicv2_next(struct vdev *d, u32 vcpu, struct virq_entry *list, u32 max, bool *more)
{
	u32 n = gic_next(d, vcpu, list, max, more);

	for (u32 i = 0; i < n; i++) {
		if (list[i].intid < GIC_N_SGIS)
			sgi_present(gicv2_of(d), vcpu, &list[i]);
	}
	return n;
}

static void gicv2_done(struct vdev *d, u32 vcpu, const struct virq_entry *e)
{
	struct gicv2 *g = gicv2_of(d);
	const struct gic_bank *b = &g->gic.vcpu[vcpu].bank;

	if (e->intid < GIC_N_SGIS) {
		u32 m = 1u << e->intid;
		u32 source = e->source % GICV2_MAX_VCPUS;

		/* Not what GICD_CPENDSGIR has taken back meanwhile. */
		if ((e->state & VIRQ_PENDING) && ((b->out_latch | ~b->out) & m))
			g->sgis[vcpu].senders[e->intid] |= (u8)(1u << source);
		if (e->state & VIRQ_ACTIVE)
			g->sgis[vcpu].active[e->intid] = (u8)source;
	}
	gic_done(d, vcpu, e);
}

static void gicv2_ipi(struct vdev *d, u32 from, u64 targets, u32 line, u8 group)
{
	struct gicv2 *g = gicv2_of(d);

	(void)group;
	if (line >= GIC_N_SGIS)
		return;
	for (targets &= bits_below(g->gic.n_vcpus); targets; targets &= targets - 1)
		sgi_set(g, bit_lowest(targets), line, 1u << from);
}

/* GICD_SGIR (4.3.15): to a list, to all others, or to oneself. */
static void send_sgi(struct gicv2 *g, u32 from, u32 value)
{
	u64 targets = field_get(SGIR_TARGETS, value);

	switch (field_get(SGIR_FILTER, value)) {
	case 0:
		break;
	case 1:
		targets = ~BIT(from);
		break;
	case 2:
		targets = BIT(from);
		break;
	default: /* reserved */
		return;
	}
	gicv2_ipi(&g->gic.dev, from, targets, (u32)field_get(SGIR_INTID, value), 0);
}

/* GICD_CPENDSGIR, GICD_SPENDSGIR: a byte of senders for each SGI of the vCPU that asks. */
static u32 read_senders(struct gicv2 *g, u32 vcpu, u32 sgi, u32 width)
{
	u32 value = 0;

	(void)gic_read_bits(&g->gic, &g->gic.vcpu[vcpu].bank, GIC_ISPENDR); /* all home */
	for (u32 n = 0; n < width; n++)
		value |= (u32)g->sgis[vcpu].senders[sgi + n] << 8 * n;
	return value;
}

static void write_senders(struct gicv2 *g, u32 vcpu, u32 off, u32 width, u32 value)
{
	u32 all = (u32)bits_below(g->gic.n_vcpus);

	(void)read_senders(g, vcpu, 0, 0);
	for (u32 n = 0; n < width; n++) {
		u32 sgi = off % GIC_N_SGIS + n;
		u32 senders = value >> 8 * n & all;

		if (!senders)
			continue;
		if (off < GICD_SPENDSGIR)
			sgi_clear(g, vcpu, sgi, senders);
		else
			sgi_set(g, vcpu, sgi, senders);
	}
}

/* ---- targets ------------------------------------------------------------------------------- */

/* An SPI for several goes to the first of them: 1 of N (3.2.4), always the same one. */
static u32 first_target(const struct gicv2 *g, u32 targets)
{
	u32 there = targets & (u32)bits_below(g->gic.n_vcpus);

	return there ? bit_lowest(there) : GIC_NOWHERE;
}

/* GICD_ITARGETSR of private INTIDs says who reads it (4.3.12); one CPU alone has no targets. */
static u32 read_targets(const struct gicv2 *g, u32 vcpu, u32 intid, u32 width)
{
	u32 value = 0;

	if (g->gic.n_vcpus == 1 || intid >= g->gic.n_banks * 32)
		return 0;
	for (u32 n = 0; n < width; n++) {
		u32 t = intid < GIC_N_PRIVATE ? 1u << vcpu : g->targets[intid + n];

		value |= t << 8 * n;
	}
	return value;
}

static void write_targets(struct gicv2 *g, u32 intid, u32 width, u32 value)
{
	if (g->gic.n_vcpus == 1 || intid < GIC_N_PRIVATE || intid >= g->gic.n_banks * 32)
		return;
	for (u32 n = 0; n < width; n++) {
		u32 targets = value >> 8 * n & (u32)bits_below(g->gic.n_vcpus);

		g->targets[intid + n] = (u8)targets;
		gic_set_target(&g->gic, &g->gic.spi[intid / 32 - 1], (intid + n) % 32,
			       first_target(g, targets));
	}
}

/* ---- the distributor ----------------------------------------------------------------------- */

/* The bank of @intid as @vcpu sees it, or NULL when there is no such interrupt. */
static struct gic_bank *bank_of(struct gicv2 *g, u32 vcpu, u32 intid)
{
	if (intid < GIC_N_PRIVATE)
		return &g->gic.vcpu[vcpu].bank;
	return intid < g->gic.n_banks * 32 ? &g->gic.spi[intid / 32 - 1] : NULL;
}

static u32 read_id(u32 off)
{
	/* PIDR4-7, PIDR0-3, CIDR0-3 of a GIC-400 (4.3.17): ArchRev 2 is in PIDR2. */
	static const u8 id[12] = { 0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1 };
	u32 i = (off - GICD_ID) / 4;

	return off >= GICD_ID && i < array_size(id) ? id[i] : 0;
}

static u32 read_word(struct gicv2 *g, u32 vcpu, u32 off)
{
	struct gic_bank *b;

	if (off < 4 * GIC_N_IDENT)
		return g->gic.ident[off / 4];
	if (off < GIC_IPRIORITYR) {
		b = bank_of(g, vcpu, off % 0x80 * 8);
		return b ? gic_read_bits(&g->gic, b, off & ~0x7fu) : 0;
	}
	if (off >= GIC_ICFGR && off < GIC_ICFGR + 0x100) {
		b = bank_of(g, vcpu, (off - GIC_ICFGR) * 4);
		return b ? gic_read_config(b, (off - GIC_ICFGR) * 4 % 32) : 0;
	}
	return read_id(off);
}

static u64 gicd_read(struct vdev *d, u32 off, u32 width)
{
	struct gicv2 *g = gicv2_of(d);
	u32 vcpu = vintc_current(d);

	if (width != 1 && width != 4)
		return 0;
	if (off >= GIC_IPRIORITYR && off < GIC_IPRIORITYR + 0x400) {
		const struct gic_bank *b = bank_of(g, vcpu, off - GIC_IPRIORITYR);

		return b ? gic_read_prio(b, off % 32, width) : 0;
	}
	if (off >= GICD_ITARGETSR && off < GICD_ITARGETSR + 0x400)
		return read_targets(g, vcpu, off - GICD_ITARGETSR, width);
	if (off >= GICD_CPENDSGIR && off < GICD_SPENDSGIR + GIC_N_SGIS)
		return read_senders(g, vcpu, off % GIC_N_SGIS, width);
	return width == 4 ? read_word(g, vcpu, off) : 0;
}

static void write_control(struct gic *g, u32 value)
{
	u32 old = g->ident[GIC_CTLR];

	g->ident[GIC_CTLR] = value & (GICD_CTLR_GRP0 | GICD_CTLR_GRP1);
	if (g->ident[GIC_CTLR] != old)
		gic_groups_changed(g);
}

static void write_word(struct gicv2 *g, u32 vcpu, u32 off, u32 value)
{
	struct gic_bank *b;

	if (off == 4 * GIC_CTLR) {
		write_control(&g->gic, value);
	} else if (off == GICD_SGIR) {
		send_sgi(g, vcpu, value);
	} else if (off >= GIC_IGROUPR && off < GIC_IPRIORITYR) {
		b = bank_of(g, vcpu, off % 0x80 * 8);
		off &= ~0x7fu;
		/* SGIs are made pending and not by their own registers (4.3.7, 4.3.8). */
		if (b && !b->first && (off == GIC_ISPENDR || off == GIC_ICPENDR))
			value &= ~SGIS;
		if (b)
			gic_write_bits(&g->gic, b, off, value);
	} else if (off > GIC_ICFGR && off < GIC_ICFGR + 0x100) {
		/* SGIs, in ICFGR0, are edges by nature. */
		b = bank_of(g, vcpu, (off - GIC_ICFGR) * 4);
		if (b)
			gic_write_config(&g->gic, b, (off - GIC_ICFGR) * 4 % 32, value);
	}
}

static void gicd_write(struct vdev *d, u32 off, u32 width, u64 value)
{
	struct gicv2 *g = gicv2_of(d);
	u32 vcpu = vintc_current(d);

	if (width != 1 && width != 4)
		return;
	if (off >= GIC_IPRIORITYR && off < GIC_IPRIORITYR + 0x400) {
		struct gic_bank *b = bank_of(g, vcpu, off - GIC_IPRIORITYR);

		if (b)
			gic_write_prio(&g->gic, b, off % 32, width, (u32)value);
	} else if (off >= GICD_ITARGETSR && off < GICD_ITARGETSR + 0x400) {
		write_targets(g, off - GICD_ITARGETSR, width, (u32)value);
	} else if (off >= GICD_CPENDSGIR && off < GICD_SPENDSGIR + GIC_N_SGIS) {
		write_senders(g, vcpu, off, width, (u32)value);
	} else if (width == 4) {
		write_word(g, vcpu, off, (u32)value);
	}
}

static const struct vdev_window_ops gicd_window = { gicd_read, gicd_write };

/* ---- the second page of the CPU interface -------------------------------------------------- */

static u64 gicc_read(struct vdev *d, u32 off, u32 width)
{
	(void)d;
	(void)off;
	(void)width;
	return 0;
}

/* GICC_DIR: the interrupt comes home from the CPU first, wherever it stands. */
static void gicc_write(struct vdev *d, u32 off, u32 width, u64 value)
{
	u32 intid = (u32)field_get(DIR_INTID, value);
	u32 vcpu = vintc_current(d);

	if (off != GICC_DIR || width != 4)
		return;
	vintc_collect(d, vcpu);
	if (gic_end(d, vcpu, intid) && intid < GIC_N_PRIVATE)
		(void)vintc_end_hw(d, vcpu, intid);
}

static const struct vdev_window_ops gicc_window = { gicc_read, gicc_write };

/* ---- life ---------------------------------------------------------------------------------- */

static void gicv2_reset(struct vdev *d)
{
	struct gicv2 *g = gicv2_of(d);

	g->gic.ident[GIC_CTLR] = 0;
	gic_reset(&g->gic, g->gic.n_vcpus == 1 ? 0 : GIC_NOWHERE);
	memset(g->sgis, 0, sizeof(g->sgis));
	memset(g->targets, 0, sizeof(g->targets));
}

static enum status gicv2_init(struct vdev *d, const struct vdev_setup *setup)
{
	const struct vd_dev *desc = setup->desc;
	struct gic *g = gic_of(d);
	enum status st;

	TRY(gic_init(g, setup, GICV2_MAX_VCPUS));
	if (desc->n_win < 2 || desc->win[1].size < GICC_SIZE) {
		vdev_log(d, "the CPU interface needs a window of 0x%x bytes", GICC_SIZE);
		return E_RANGE;
	}
	g->ident[GIC_TYPER] = (g->n_banks - 1) | (g->n_vcpus - 1) << 5;
	g->ident[GIC_IIDR] = GIC_IIDR_VALUE;
	TRY(vdev_map_mmio(d, 0, &gicd_window));
	TRY(vdev_map_mmio(d, 1, &gicc_window));
	st = vintc_map_cpu_interface(d, 1);
	if (st != OK)
		vdev_log(d,
			 "the host's interrupt controller has no CPU interface for guests there");
	return st;
}

/* The short lane acknowledges in system registers: there is none. */
static bool gicv2_ready(struct vdev *d, u32 vcpu, struct virq_ready *r)
{
	(void)d;
	(void)vcpu;
	(void)r;
	return false;
}

static const struct vintc_ops gicv2_intc = {
	.line = gic_line,
	.bind_hw = gic_bind_hw,
	.ipi = gicv2_ipi,
	.next = gicv2_next,
	.done = gicv2_done,
	.end = gic_end,
	.pending = gic_would_wake,
	.ready = gicv2_ready,
};

const struct vdev_class vdev_gicv2 = {
	.info = {
		.name = "gicv2",
		.min_window = GICD_SIZE,
		.n_win = 2,
		.is_intc = true,
	},
	.instance_size = sizeof(struct gicv2),
	.init = gicv2_init,
	.reset = gicv2_reset,
	.input = vdev_no_input,
	.intc = &gicv2_intc,
};
