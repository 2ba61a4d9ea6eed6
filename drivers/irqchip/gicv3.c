/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GICv3 and GICv4 (Arm IHI 0069) with the CPU interface in system registers, as the owner of the
 * non-secure or only security state. Every interrupt is in group 1 with the same priority.
 * End of interrupt is split: the priority drops at once, the line comes again only after it is
 * deactivated, so that a line can be lent to a guest. Every wait is bounded.
 */
#include <port/driver.h>

#include <arch/sysreg.h>
#include <base/bits.h>
#include <base/spinlock.h>

/* Distributor (12.9) */
#define GICD_CTLR	0x0000
#define GICD_TYPER	0x0004
#define GICD_IROUTER(n) (0x6000 + 8 * (u64)(n))

/* Registers with the same place in the distributor and in a redistributor's second frame */
#define GIC_IGROUPR(n)	  (0x0080 + 4 * (u64)(n))
#define GIC_ISENABLER(n)  (0x0100 + 4 * (u64)(n))
#define GIC_ICENABLER(n)  (0x0180 + 4 * (u64)(n))
#define GIC_ICPENDR(n)	  (0x0280 + 4 * (u64)(n))
#define GIC_ICACTIVER(n)  (0x0380 + 4 * (u64)(n))
#define GIC_IPRIORITYR(n) (0x0400 + 4 * (u64)(n))
#define GIC_ICFGR(n)	  (0x0c00 + 4 * (u64)(n))
#define GIC_PIDR2	  0xffe8

#define GICD_CTLR_GRP1	 BIT(1) /* EnableGrp1, or EnableGrp1A seen from the non-secure side */
#define GICD_CTLR_ARE	 BIT(4) /* ARE, or ARE_NS */
#define GICD_CTLR_RWP	 BIT(31)
#define GICD_TYPER_LINES BITS(4, 0)
#define PIDR2_ARCH	 BITS(7, 4)

/* Redistributor (12.11): a frame of control registers, then one for SGIs and PPIs */
#define GICR_CTLR  0x0000
#define GICR_TYPER 0x0008
#define GICR_WAKER 0x0014
#define GICR_SGI   0x10000

#define GICR_CTLR_RWP	  BIT(3)
#define GICR_TYPER_VLPIS  BIT(1)
#define GICR_TYPER_LAST	  BIT(4)
#define GICR_TYPER_AFF	  BITS(63, 32)
#define GICR_WAKER_SLEEP  BIT(1)
#define GICR_WAKER_ASLEEP BIT(2)
#define GICR_FRAMES	  0x20000 /* four with virtual LPIs */
#define GICR_FRAMES_VLPI  0x40000

/* CPU interface (12.2) */
#define ICC_AP1R0_EL1 S3_0_C12_C9_0
#define ICC_AP1R1_EL1 S3_0_C12_C9_1
#define ICC_AP1R2_EL1 S3_0_C12_C9_2
#define ICC_AP1R3_EL1 S3_0_C12_C9_3

#define ICC_SRE_SRE   BIT(0)
#define ICC_CTLR_EOI  BIT(1)
#define ICC_CTLR_PRI  BITS(10, 8)
#define ICC_IAR_INTID BITS(23, 0)
#define ICC_IGRPEN1   BIT(0)
#define ICC_PMR_ALL   0xff

#define MPIDR_AFF0   BITS(7, 0)
#define MPIDR_AFF1   BITS(15, 8)
#define MPIDR_AFF2   BITS(23, 16)
#define MPIDR_AFF3   BITS(39, 32)
#define MPIDR_AFF012 BITS(23, 0)

#define FIRST_SPI     32
#define FIRST_PPI     16
#define LINES_MAX     1020
#define INTID_SPECIAL 1020 /* 1020..1023: nothing to take */
#define N_IPIS	      8
#define PRIORITY_4    0xa0a0a0a0u
#define ALL	      0xffffffffu
#define WAIT_US	      100000

struct redist {
	u64 hw_id;
	struct mmio frame; /* len 0: none found */
};

static struct {
	struct mmio dist;
	struct redist redist[HD_MAX_CPUS];
	u32 n_cpus;
	u32 n_lines;
	struct spinlock config_lock; /* GICD_ICFGR: read, change, write */
} gic;

/* ---- waiting ------------------------------------------------------------------------------- */

/* Until @bits of a register are clear. */
static enum status wait_clear(struct mmio m, u64 reg, u64 bits)
{
	for (u32 us = 0; us < WAIT_US; us++) {
		if (!(mmio_read32(m, reg) & bits))
			return OK;
		driver_delay_us(1);
	}
	driver_log("gicv3: register %#llx did not settle", (unsigned long long)reg);
	return E_IO;
}

static enum status dist_settle(void)
{
	return wait_clear(gic.dist, GICD_CTLR, GICD_CTLR_RWP);
}

/* ---- redistributors ------------------------------------------------------------------------ */

/* GICR_TYPER has the four affinity bytes in a row, MPIDR has a gap before the last. */
static u64 hw_id_of_typer(u64 typer)
{
	u64 aff = field_get(GICR_TYPER_AFF, typer);

	return (aff & MPIDR_AFF012) | field_put(MPIDR_AFF3, aff >> 24);
}

static u64 this_hw_id(void)
{
	return sysreg_read(MPIDR_EL1) & (MPIDR_AFF3 | MPIDR_AFF012);
}

static struct redist *redist_of(u64 hw_id)
{
	for (u32 i = 0; i < gic.n_cpus; i++)
		if (gic.redist[i].hw_id == hw_id && gic.redist[i].frame.len)
			return &gic.redist[i];
	return NULL;
}

static void note_redist(struct mmio region, u64 off, u64 hw_id)
{
	for (u32 i = 0; i < gic.n_cpus; i++)
		if (gic.redist[i].hw_id == hw_id)
			gic.redist[i].frame = (struct mmio){ region.base + off, GICR_FRAMES };
}

/* Walk one region: frame after frame to the one that says it is the last. */
static void scan_region(struct mmio region, u64 stride)
{
	for (u64 off = 0; range_ok(off, GICR_FRAMES, region.len);) {
		struct mmio frame = { region.base + off, GICR_FRAMES };
		u64 arch = field_get(PIDR2_ARCH, mmio_read32(frame, GIC_PIDR2));
		u64 typer;

		if (arch != 3 && arch != 4)
			return;
		typer = mmio_read64(frame, GICR_TYPER);
		note_redist(region, off, hw_id_of_typer(typer));
		if (typer & GICR_TYPER_LAST)
			return;
		if (stride)
			off += stride;
		else
			off += typer & GICR_TYPER_VLPIS ? GICR_FRAMES_VLPI : GICR_FRAMES;
	}
}

static enum status find_redists(const struct hd_dev *dev)
{
	u32 n_regions = dev->n_redist ? dev->n_redist : 1;

	if (dev->redist_stride && dev->redist_stride < GICR_FRAMES)
		return E_INVAL;
	for (u32 i = 1; i <= n_regions && i < dev->n_win; i++) {
		struct mmio region;

		TRY(driver_map(dev->win[i], &region));
		scan_region(region, dev->redist_stride);
	}
	return redist_of(this_hw_id()) ? OK : E_NOTFOUND;
}

static enum status redist_wake(struct mmio frame)
{
	u32 v = mmio_read32(frame, GICR_WAKER);

	mmio_write32(frame, GICR_WAKER, v & ~(u32)GICR_WAKER_SLEEP);
	return wait_clear(frame, GICR_WAKER, GICR_WAKER_ASLEEP);
}

/* ---- lines --------------------------------------------------------------------------------- */

/* The registers that @irq is configured in: the distributor's, or this CPU's own. */
static struct mmio line_regs(u32 irq)
{
	const struct redist *r;

	if (irq >= FIRST_SPI)
		return gic.dist;
	r = redist_of(this_hw_id());
	if (!r)
		return (struct mmio){ 0 };
	return (struct mmio){ r->frame.base + GICR_SGI, r->frame.len - GICR_SGI };
}

static enum status line_settle(u32 irq)
{
	if (irq >= FIRST_SPI)
		return dist_settle();
	return wait_clear(redist_of(this_hw_id())->frame, GICR_CTLR, GICR_CTLR_RWP);
}

static enum status line_mask(struct mmio m, u32 irq)
{
	mmio_write32(m, GIC_ICENABLER(irq / 32), (u32)BIT(irq % 32));
	return line_settle(irq);
}

/* Two bits for each line, the upper one says edge. It may only change while the line is off. */
static void line_set_trigger(struct mmio m, u32 irq, enum hd_trigger trigger)
{
	u32 edge = (u32)BIT(2 * (irq % 16) + 1);
	u32 v;

	spin_lock(&gic.config_lock);
	v = mmio_read32(m, GIC_ICFGR(irq / 16)) & ~edge;
	if (trigger == HD_TRIGGER_EDGE)
		v |= edge;
	mmio_write32(m, GIC_ICFGR(irq / 16), v);
	spin_unlock(&gic.config_lock);
}

/* GICD_IROUTER has its fields where MPIDR has them; bit 31 clear: that CPU and no other. */
static void line_route(u32 irq, u64 hw_id)
{
	mmio_write64(gic.dist, GICD_IROUTER(irq), hw_id);
}

static enum status gicv3_enable(struct hd_irq irq)
{
	struct mmio m;

	if (irq.line >= gic.n_lines)
		return E_RANGE;
	m = line_regs(irq.line);
	if (!m.len)
		return E_INVAL;
	TRY(line_mask(m, irq.line));
	if (irq.line >= FIRST_PPI)
		line_set_trigger(m, irq.line, irq.trigger);
	if (irq.line >= FIRST_SPI)
		line_route(irq.line, this_hw_id());
	mmio_write32(m, GIC_ISENABLER(irq.line / 32), (u32)BIT(irq.line % 32));
	return OK;
}

static void gicv3_disable(u32 irq)
{
	struct mmio m;

	if (irq >= gic.n_lines)
		return;
	m = line_regs(irq);
	if (m.len && line_mask(m, irq) != OK)
		driver_log("gicv3: interrupt %u may still come", irq);
}

static enum status gicv3_claim(struct hd_irq irq)
{
	u32 bit = (u32)BIT(irq.line % 32);

	if (irq.line < FIRST_SPI || irq.line >= gic.n_lines)
		return E_RANGE;
	TRY(line_mask(gic.dist, irq.line));
	line_set_trigger(gic.dist, irq.line, irq.trigger);
	mmio_write32(gic.dist, GIC_ICPENDR(irq.line / 32), bit);
	mmio_write32(gic.dist, GIC_ICACTIVER(irq.line / 32), bit);
	return OK;
}

static void gicv3_unmask(u32 irq)
{
	mmio_write32(gic.dist, GIC_ISENABLER(irq / 32), (u32)BIT(irq % 32));
}

static u32 gicv3_n_lines(void)
{
	return gic.n_lines;
}

/* ---- the CPU interface --------------------------------------------------------------------- */

static u32 gicv3_ack(void)
{
	u32 irq = (u32)(sysreg_read(ICC_IAR1_EL1) & ICC_IAR_INTID);

	/* What the acknowledge implies is seen by memory accesses only after this (4.1.1). */
	__asm__ volatile("dsb sy" ::: "memory");
	return irq >= INTID_SPECIAL ? IRQ_NONE : irq;
}

static void gicv3_drop(u32 irq)
{
	sysreg_write(ICC_EOIR1_EL1, irq);
	isb();
}

static void gicv3_deactivate(u32 irq)
{
	sysreg_write(ICC_DIR_EL1, irq);
	isb();
}

static void gicv3_ipi(u64 cpu_hw_id, u32 n)
{
	u64 aff0 = field_get(MPIDR_AFF0, cpu_hw_id);
	u64 v = field_put(SGIR_AFF3, field_get(MPIDR_AFF3, cpu_hw_id)) |
		field_put(SGIR_AFF2, field_get(MPIDR_AFF2, cpu_hw_id)) |
		field_put(SGIR_AFF1, field_get(MPIDR_AFF1, cpu_hw_id)) |
		field_put(SGIR_RS, aff0 / 16) | field_put(SGIR_TARGETS, BIT(aff0 % 16)) |
		field_put(SGIR_INTID, n);

	/* The receiver must see what we wrote before we called it. */
	__asm__ volatile("dsb ishst" ::: "memory");
	sysreg_write(ICC_SGI1R_EL1, v);
	isb();
}

/* Forget what was active when we were started; the registers there are depend on the depth. */
static void clear_active_priorities(void)
{
	u64 bits = field_get(ICC_CTLR_PRI, sysreg_read(ICC_CTLR_EL1)) + 1;

	if (bits >= 7) {
		sysreg_write(ICC_AP1R3_EL1, 0);
		sysreg_write(ICC_AP1R2_EL1, 0);
	}
	if (bits >= 6)
		sysreg_write(ICC_AP1R1_EL1, 0);
	sysreg_write(ICC_AP1R0_EL1, 0);
}

static enum status cpu_interface_init(void)
{
	if (!(sysreg_read(ICC_SRE_EL2) & ICC_SRE_SRE))
		return E_UNSUP; /* firmware keeps the memory-mapped interface */
	sysreg_write(ICC_IGRPEN1_EL1, 0);
	sysreg_write(ICC_CTLR_EL1, ICC_CTLR_EOI);
	sysreg_write(ICC_BPR1_EL1, 0);
	clear_active_priorities();
	sysreg_write(ICC_PMR_EL1, ICC_PMR_ALL);
	isb();
	sysreg_write(ICC_IGRPEN1_EL1, ICC_IGRPEN1);
	isb();
	return OK;
}

/* SGIs and PPIs of this CPU: all off, then the IPIs on. */
static enum status private_lines_init(const struct redist *r)
{
	struct mmio m = line_regs(0);

	mmio_write32(m, GIC_ICENABLER(0), ALL);
	TRY(wait_clear(r->frame, GICR_CTLR, GICR_CTLR_RWP));
	mmio_write32(m, GIC_ICPENDR(0), ALL);
	mmio_write32(m, GIC_ICACTIVER(0), ALL);
	mmio_write32(m, GIC_IGROUPR(0), ALL);
	for (u32 i = 0; i < FIRST_SPI / 4; i++)
		mmio_write32(m, GIC_IPRIORITYR(i), PRIORITY_4);
	mmio_write32(m, GIC_ICFGR(1), 0);
	mmio_write32(m, GIC_ISENABLER(0), (u32)bits_below(N_IPIS));
	return wait_clear(r->frame, GICR_CTLR, GICR_CTLR_RWP);
}

static enum status gicv3_cpu_init(void)
{
	const struct redist *r = redist_of(this_hw_id());

	if (!r)
		return E_NOTFOUND;
	TRY(redist_wake(r->frame));
	TRY(private_lines_init(r));
	return cpu_interface_init();
}

/* ---- the distributor ----------------------------------------------------------------------- */

static enum status dist_init(void)
{
	u32 lines = 32 * ((u32)field_get(GICD_TYPER_LINES, mmio_read32(gic.dist, GICD_TYPER)) + 1);
	u64 boot_cpu = this_hw_id();

	gic.n_lines = MIN(lines, LINES_MAX);
	/*
	 * Groups off first, then routing by affinity on, which may change only while they are
	 * off and may never go off again; the routes below belong to it (GICD_CTLR).
	 */
	mmio_write32(gic.dist, GICD_CTLR, mmio_read32(gic.dist, GICD_CTLR) & (u32)GICD_CTLR_ARE);
	TRY(dist_settle());
	mmio_write32(gic.dist, GICD_CTLR, GICD_CTLR_ARE);
	TRY(dist_settle());
	for (u32 i = 1; i < lines / 32; i++) {
		mmio_write32(gic.dist, GIC_ICENABLER(i), ALL);
		mmio_write32(gic.dist, GIC_ICPENDR(i), ALL);
		mmio_write32(gic.dist, GIC_ICACTIVER(i), ALL);
		mmio_write32(gic.dist, GIC_IGROUPR(i), ALL);
	}
	TRY(dist_settle());
	for (u32 i = FIRST_SPI / 4; i < lines / 4; i++)
		mmio_write32(gic.dist, GIC_IPRIORITYR(i), PRIORITY_4);
	for (u32 i = FIRST_SPI / 16; i < lines / 16; i++)
		mmio_write32(gic.dist, GIC_ICFGR(i), 0);
	for (u32 irq = FIRST_SPI; irq < gic.n_lines; irq++)
		line_route(irq, boot_cpu);
	mmio_write32(gic.dist, GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
	return dist_settle();
}

static const struct irqchip_ops gicv3_ops = {
	.name = "gicv3",
	.cpu_init = gicv3_cpu_init,
	.ack = gicv3_ack,
	.drop = gicv3_drop,
	.deactivate = gicv3_deactivate,
	.enable = gicv3_enable,
	.disable = gicv3_disable,
	.claim = gicv3_claim,
	.unmask = gicv3_unmask,
	.route = line_route,
	.ipi = gicv3_ipi,
	.n_ipis = N_IPIS,
	.n_lines = gicv3_n_lines,
};

static enum status gicv3_probe(const struct hd_dev *dev, const struct hostdesc *hd)
{
	u64 arch;

	if (gic.n_cpus)
		return E_EXISTS;
	if (dev->n_win < 2)
		return E_INVAL;
	TRY(driver_map(dev->win[0], &gic.dist));
	if (gic.dist.len < GIC_PIDR2 + 4)
		return E_RANGE;
	arch = field_get(PIDR2_ARCH, mmio_read32(gic.dist, GIC_PIDR2));
	if (arch != 3 && arch != 4)
		return E_UNSUP;
	gic.n_cpus = hd->n_cpus;
	for (u32 i = 0; i < hd->n_cpus; i++)
		gic.redist[i].hw_id = hd->cpu_hw_id[i];
	TRY(find_redists(dev));
	TRY(dist_init());
	return register_irqchip(&gicv3_ops, dev);
}

static const char *const gicv3_compatible[] = { "arm,gic-v3", "arm,gic-v4", NULL };

const struct driver driver_irqchip_gicv3 = {
	.name = "gicv3",
	.stage = DRIVER_IRQCHIP,
	.compatible = gicv3_compatible,
	.probe = gicv3_probe,
};
