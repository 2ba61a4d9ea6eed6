/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host driver for GICv2 (Arm IHI 0048), as whoever firmware lets in: what it keeps secure it has
 * marked so, and to us group 0 of a GIC without Security Extensions and the non-secure group look
 * alike (bit 0 of both control registers). Every interrupt has the same priority. End of interrupt
 * is split: the priority drops at once, the line comes again only after it is deactivated, so that
 * a line can be lent to a guest.
 */
#include <port/driver.h>

#include <base/bits.h>
#include <base/spinlock.h>

/* Distributor (4.3) */
#define GICD_CTLR	   0x000
#define GICD_TYPER	   0x004
#define GICD_IGROUPR(n)	   (0x080 + 4 * (u64)(n))
#define GICD_ISENABLER(n)  (0x100 + 4 * (u64)(n))
#define GICD_ICENABLER(n)  (0x180 + 4 * (u64)(n))
#define GICD_ICPENDR(n)	   (0x280 + 4 * (u64)(n))
#define GICD_ICACTIVER(n)  (0x380 + 4 * (u64)(n))
#define GICD_IPRIORITYR(n) (0x400 + 4 * (u64)(n))
#define GICD_ITARGETSR(n)  (0x800 + 4 * (u64)(n))
#define GICD_ICFGR(n)	   (0xc00 + 4 * (u64)(n))
#define GICD_SGIR	   0xf00
#define GICD_MIN	   0x1000

#define GICD_CTLR_ENABLE BIT(0)
#define GICD_TYPER_LINES BITS(4, 0)
#define SGIR_TARGETS	 BITS(23, 16)

/* CPU interface (4.4) */
#define GICC_CTLR   0x0000
#define GICC_PMR    0x0004
#define GICC_BPR    0x0008
#define GICC_IAR    0x000c
#define GICC_EOIR   0x0010
#define GICC_APR(n) (0x00d0 + 4 * (u64)(n))
#define GICC_IIDR   0x00fc
#define GICC_DIR    0x1000
#define GICC_MIN    0x2000

#define GICC_CTLR_ENABLE BIT(0)
#define GICC_CTLR_BYPASS BITS(8, 5) /* firmware's */
#define GICC_CTLR_EOI	 BIT(9)
#define GICC_PMR_ALL	 0xff
#define GICC_IIDR_ARCH	 BITS(19, 16)
#define GICC_IAR_INTID	 BITS(9, 0)
/* Where pages are 64 KiB, the first one may repeat, and its last repetition meets the second. */
#define GICC_ALIASED	0x20000
#define GICC_LAST_ALIAS 0xf000

#define FIRST_SPI     32
#define FIRST_PPI     16
#define LINES_MAX     1020
#define INTID_SPECIAL 1020 /* 1020..1023: nothing to take */
#define N_IPIS	      8
#define PRIORITY_4    0xa0a0a0a0u
#define ALL	      0xffffffffu
#define BYTES_4	      0x01010101u

static struct {
	struct mmio dist;
	struct mmio cpu;
	u64 hw_id[HD_MAX_CPUS];
	u8 target[HD_MAX_CPUS]; /* that CPU's bit in target lists; 0: not up yet */
	u32 n_cpus;
	u32 n_lines;
	struct spinlock config_lock; /* GICD_ICFGR: read, change, write */
} gic;

/* ---- CPUs ---------------------------------------------------------------------------------- */

static u32 target_of(u64 hw_id)
{
	for (u32 i = 0; i < gic.n_cpus; i++) {
		if (gic.hw_id[i] == hw_id)
			return gic.target[i];
	}
	return 0;
}

/* Targets of private lines are who reads them (4.3.12); where there is one CPU, nothing. */
static u32 own_target(void)
{
	u32 bytes = 0;

	for (u32 i = 0; i < FIRST_SPI / 4; i++)
		bytes |= mmio_read32(gic.dist, GICD_ITARGETSR(i));
	bytes |= bytes >> 16;
	bytes |= bytes >> 8;
	return bytes & 0xff ? bytes & 0xff : 1;
}

static enum status note_target(void)
{
	u64 hw_id = driver_this_cpu();

	for (u32 i = 0; i < gic.n_cpus; i++) {
		if (gic.hw_id[i] != hw_id)
			continue;
		gic.target[i] = (u8)own_target();
		return OK;
	}
	return E_NOTFOUND;
}

/* ---- lines --------------------------------------------------------------------------------- */

/* Two bits for each line, the upper one says edge. It may only change while the line is off. */
static void line_set_trigger(u32 irq, enum hd_trigger trigger)
{
	u32 edge = (u32)BIT(2 * (irq % 16) + 1);
	u32 v;

	spin_lock(&gic.config_lock);
	v = mmio_read32(gic.dist, GICD_ICFGR(irq / 16)) & ~edge;
	if (trigger == HD_TRIGGER_EDGE)
		v |= edge;
	mmio_write32(gic.dist, GICD_ICFGR(irq / 16), v);
	spin_unlock(&gic.config_lock);
}

static void gicv2_disable(u32 irq)
{
	if (irq < gic.n_lines)
		mmio_write32(gic.dist, GICD_ICENABLER(irq / 32), (u32)BIT(irq % 32));
}

static enum status gicv2_enable(struct hd_irq irq)
{
	if (irq.line >= gic.n_lines)
		return E_RANGE;
	gicv2_disable(irq.line);
	if (irq.line >= FIRST_PPI)
		line_set_trigger(irq.line, irq.trigger);
	if (irq.line >= FIRST_SPI)
		mmio_write8(gic.dist, GICD_ITARGETSR(0) + irq.line,
			    (u8)target_of(driver_this_cpu()));
	mmio_write32(gic.dist, GICD_ISENABLER(irq.line / 32), (u32)BIT(irq.line % 32));
	return OK;
}

static enum status gicv2_claim(struct hd_irq irq)
{
	u32 bit = (u32)BIT(irq.line % 32);

	if (irq.line < FIRST_SPI || irq.line >= gic.n_lines)
		return E_RANGE;
	gicv2_disable(irq.line);
	line_set_trigger(irq.line, irq.trigger);
	mmio_write32(gic.dist, GICD_ICPENDR(irq.line / 32), bit);
	mmio_write32(gic.dist, GICD_ICACTIVER(irq.line / 32), bit);
	return OK;
}

static void gicv2_unmask(u32 irq)
{
	mmio_write32(gic.dist, GICD_ISENABLER(irq / 32), (u32)BIT(irq % 32));
}

static void gicv2_route(u32 irq, u64 cpu_hw_id)
{
	mmio_write8(gic.dist, GICD_ITARGETSR(0) + irq, (u8)target_of(cpu_hw_id));
}

static u32 gicv2_n_lines(void)
{
	return gic.n_lines;
}

/* ---- the CPU interface --------------------------------------------------------------------- */

/*
 * An IPI is ended here, whole: its end must name the sender (4.4.5), whom the caller is not told.
 * Another may then be pending already, and comes when interrupts are looked at again.
 */
static u32 gicv2_ack(void)
{
	u32 iar = mmio_read32(gic.cpu, GICC_IAR);
	u32 irq = (u32)field_get(GICC_IAR_INTID, iar);

	/* What is read from memory later belongs to this interrupt or a later one. */
	driver_dma_barrier();
	if (irq >= INTID_SPECIAL)
		return IRQ_NONE;
	if (irq < FIRST_PPI) {
		mmio_write32(gic.cpu, GICC_EOIR, iar);
		mmio_write32(gic.cpu, GICC_DIR, iar);
	}
	return irq;
}

static void gicv2_drop(u32 irq)
{
	if (irq >= FIRST_PPI)
		mmio_write32(gic.cpu, GICC_EOIR, irq);
}

static void gicv2_deactivate(u32 irq)
{
	if (irq >= FIRST_PPI)
		mmio_write32(gic.cpu, GICC_DIR, irq);
}

static void gicv2_ipi(u64 cpu_hw_id, u32 n)
{
	/* The receiver must see what we wrote before we called it. */
	driver_dma_barrier();
	mmio_write32(gic.dist, GICD_SGIR, (u32)field_put(SGIR_TARGETS, target_of(cpu_hw_id)) | n);
}

/* SGIs and PPIs of this CPU: all off, then the IPIs on. */
static void private_lines_init(void)
{
	mmio_write32(gic.dist, GICD_ICENABLER(0), ALL);
	mmio_write32(gic.dist, GICD_ICPENDR(0), ALL);
	mmio_write32(gic.dist, GICD_ICACTIVER(0), ALL);
	mmio_write32(gic.dist, GICD_IGROUPR(0), 0);
	for (u32 i = 0; i < FIRST_SPI / 4; i++)
		mmio_write32(gic.dist, GICD_IPRIORITYR(i), PRIORITY_4);
	mmio_write32(gic.dist, GICD_ICFGR(1), 0);
	mmio_write32(gic.dist, GICD_ISENABLER(0), (u32)bits_below(N_IPIS));
}

static enum status gicv2_cpu_init(void)
{
	u32 keep = mmio_read32(gic.cpu, GICC_CTLR) & (u32)GICC_CTLR_BYPASS;

	TRY(note_target());
	mmio_write32(gic.cpu, GICC_CTLR, keep);
	private_lines_init();
	/* Forget what was active when we were started. */
	for (u32 i = 0; i < 4; i++)
		mmio_write32(gic.cpu, GICC_APR(i), 0);
	mmio_write32(gic.cpu, GICC_BPR, 0);
	mmio_write32(gic.cpu, GICC_PMR, GICC_PMR_ALL);
	mmio_write32(gic.cpu, GICC_CTLR, keep | (u32)(GICC_CTLR_EOI | GICC_CTLR_ENABLE));
	return OK;
}

/* ---- the distributor ----------------------------------------------------------------------- */

static void dist_init(void)
{
	u32 lines = 32 * ((u32)field_get(GICD_TYPER_LINES, mmio_read32(gic.dist, GICD_TYPER)) + 1);
	u32 here = own_target() * BYTES_4;

	gic.n_lines = MIN(lines, LINES_MAX);
	mmio_write32(gic.dist, GICD_CTLR, 0);
	for (u32 i = 1; i < lines / 32; i++) {
		mmio_write32(gic.dist, GICD_ICENABLER(i), ALL);
		mmio_write32(gic.dist, GICD_ICPENDR(i), ALL);
		mmio_write32(gic.dist, GICD_ICACTIVER(i), ALL);
		mmio_write32(gic.dist, GICD_IGROUPR(i), 0);
	}
	for (u32 i = FIRST_SPI / 4; i < lines / 4; i++) {
		mmio_write32(gic.dist, GICD_IPRIORITYR(i), PRIORITY_4);
		mmio_write32(gic.dist, GICD_ITARGETSR(i), here);
	}
	for (u32 i = FIRST_SPI / 16; i < lines / 16; i++)
		mmio_write32(gic.dist, GICD_ICFGR(i), 0);
	mmio_write32(gic.dist, GICD_CTLR, GICD_CTLR_ENABLE);
}

static const struct irqchip_ops gicv2_ops = {
	.name = "gicv2",
	.cpu_init = gicv2_cpu_init,
	.ack = gicv2_ack,
	.drop = gicv2_drop,
	.deactivate = gicv2_deactivate,
	.enable = gicv2_enable,
	.disable = gicv2_disable,
	.claim = gicv2_claim,
	.unmask = gicv2_unmask,
	.route = gicv2_route,
	.ipi = gicv2_ipi,
	.n_ipis = N_IPIS,
	.n_lines = gicv2_n_lines,
};

static enum status map_cpu_interface(const struct hd_dev *dev)
{
	u32 id;

	TRY(driver_map(dev->win[1], &gic.cpu));
	if (gic.cpu.len < GICC_MIN)
		return E_RANGE;
	id = mmio_read32(gic.cpu, GICC_IIDR);
	if (field_get(GICC_IIDR_ARCH, id) != 2)
		return E_UNSUP;
	if (gic.cpu.len >= GICC_ALIASED &&
	    mmio_read32(gic.cpu, GICC_LAST_ALIAS + GICC_IIDR) == id) {
		gic.cpu.base += GICC_LAST_ALIAS;
		gic.cpu.len -= GICC_LAST_ALIAS;
	}
	return OK;
}

/* The registers that serve guests are the ISA's, which reaches them where they are mapped here. */
static enum status map_guest_interface(const struct hd_dev *dev, const struct hostdesc *hd)
{
	struct mmio gich;

	return hd->guest_intc_cpu.len ? driver_map(dev->win[2], &gich) : OK;
}

static enum status gicv2_probe(const struct hd_dev *dev, const struct hostdesc *hd)
{
	if (gic.n_cpus)
		return E_EXISTS;
	if (dev->n_win < 2)
		return E_INVAL;
	TRY(driver_map(dev->win[0], &gic.dist));
	if (gic.dist.len < GICD_MIN)
		return E_RANGE;
	TRY(map_cpu_interface(dev));
	TRY(map_guest_interface(dev, hd));
	gic.n_cpus = hd->n_cpus;
	for (u32 i = 0; i < hd->n_cpus; i++)
		gic.hw_id[i] = hd->cpu_hw_id[i];
	dist_init();
	return register_irqchip(&gicv2_ops, dev);
}

static const char *const gicv2_compatible[] = { "arm,gic-400", "arm,cortex-a15-gic",
						"arm,cortex-a7-gic", "arm,gic-v2", NULL };

const struct driver driver_irqchip_gicv2 = {
	.name = "gicv2",
	.stage = DRIVER_IRQCHIP,
	.compatible = gicv2_compatible,
	.probe = gicv2_probe,
};
