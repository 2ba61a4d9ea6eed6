/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a guest's device tree that only an aarch64 board has: CPUs started by PSCI, the
 * architected timer, the GIC. Bindings: "arm,psci-1.0", "arm,armv8-timer", "arm,gic-v3", "arm,gic".
 */
#include <base/bits.h>

#include "guest_fdt.h"

enum gic_kind {
	GIC_SPI = 0,
	GIC_PPI = 1,
};

#define IRQ_EDGE_RISING 1
#define IRQ_LEVEL_HIGH	4
#define IRQ_LEVEL_LOW	8

#define FIRST_PPI 16
#define FIRST_SPI 32

/* PPI numbers of the timers, as every server and every other virtual board has them. */
#define PPI_TIMER_SECURE 13
#define PPI_TIMER_PHYS	 14
#define PPI_TIMER_VIRT	 11
#define PPI_TIMER_HYP	 10

#define MAX_IRQ_CELLS 4

/* Nodes cut out of a host's tree are written for its controller: three cells, or four. */
static u32 irq_cells(const struct vmdesc *vd)
{
	return vd->pass_tree.fdt.n && vd->pass_tree.intc_irq_cells == MAX_IRQ_CELLS ? 4 : 3;
}

/* A fourth cell is a partition of CPUs: 0 is none. */
static void put_irq(const struct vmdesc *vd, u32 *cells, u32 *n, const u32 irq[3])
{
	for (u32 i = 0; i < irq_cells(vd); i++)
		cells[(*n)++] = i < 3 ? irq[i] : 0;
}

bool guest_fdt_isa_has_intc(const struct vmdesc *vd)
{
	return vmdesc_dev(vd, "gicv3") || vmdesc_dev(vd, "gicv2");
}

void guest_fdt_isa_cpu(struct guest_tree *t, const struct vd_vcpu *vcpu)
{
	(void)vcpu;
	dt_out_str(&t->out, "compatible", STR("arm,armv8"));
	dt_out_str(&t->out, "enable-method", STR("psci"));
}

static void write_psci(struct guest_tree *t)
{
	dt_out_node(&t->out, "psci");
	dt_out_str(&t->out, "compatible", STR("arm,psci-1.0\0arm,psci-0.2"));
	dt_out_str(&t->out, "method", STR("hvc"));
	dt_out_end_node(&t->out);
}

/* Of a GICv2 an interrupt's flags name the CPUs it is wired to. */
static u32 ppi_cpus(const struct vmdesc *vd)
{
	return vmdesc_dev(vd, "gicv2") ? (u32)bits_below(vd->vcpus.n) << 8 : 0;
}

static void write_timer(struct guest_tree *t)
{
	static const u32 ppi[] = { PPI_TIMER_SECURE, PPI_TIMER_PHYS, PPI_TIMER_VIRT,
				   PPI_TIMER_HYP };
	u32 flags = IRQ_LEVEL_LOW | ppi_cpus(t->vd);
	u32 cells[array_size(ppi) * MAX_IRQ_CELLS];
	u32 n = 0;

	for (u32 i = 0; i < array_size(ppi); i++)
		put_irq(t->vd, cells, &n, (const u32[]){ GIC_PPI, ppi[i], flags });
	dt_out_node(&t->out, "timer");
	dt_out_str(&t->out, "compatible", STR("arm,armv8-timer"));
	dt_out_cells(&t->out, "interrupts", cells, n);
	dt_out_flag(&t->out, "always-on");
	if (t->info->timer_hz && t->info->timer_hz <= UINT32_MAX)
		dt_out_u32(&t->out, "clock-frequency", (u32)t->info->timer_hz);
	dt_out_end_node(&t->out);
}

void guest_fdt_isa_nodes(struct guest_tree *t)
{
	write_psci(t);
	if (guest_fdt_isa_has_intc(t->vd))
		write_timer(t);
}

void guest_fdt_isa_irqs(struct guest_tree *t, const struct vd_dev *dev)
{
	u32 cells[VD_DEV_IRQS * MAX_IRQ_CELLS];
	u32 n = 0;

	if (!guest_fdt_isa_has_intc(t->vd))
		return;
	for (u32 i = 0; i < dev->n_irq && i < VD_DEV_IRQS; i++) {
		u32 line = dev->irq[i].line;
		u32 irq[] = {
			line < FIRST_SPI ? GIC_PPI : GIC_SPI,
			line < FIRST_SPI ? line - FIRST_PPI : line - FIRST_SPI,
			dev->irq[i].trigger == VD_TRIGGER_EDGE ? IRQ_EDGE_RISING : IRQ_LEVEL_HIGH,
		};

		if (line >= FIRST_PPI) /* an SGI is nobody's wire */
			put_irq(t->vd, cells, &n, irq);
	}
	if (n)
		dt_out_cells(&t->out, "interrupts", cells, n);
}

static void begin_intc(struct guest_tree *t, const struct vd_dev *dev, struct str compatible)
{
	const struct vd_pass_tree *host = &t->vd->pass_tree;

	dt_out_node_at(&t->out, "intc", dev->win[0].base.v);
	dt_out_str(&t->out, "compatible", compatible);
	dt_out_u32(&t->out, "#interrupt-cells", irq_cells(t->vd));
	dt_out_u32(&t->out, "#address-cells", host->fdt.n ? host->intc_address_cells : 0);
	dt_out_flag(&t->out, "interrupt-controller");
	guest_fdt_reg(t, dev);
	dt_out_u32(&t->out, "phandle", guest_fdt_intc_phandle(t->vd));
}

static void write_gicv3(struct guest_tree *t, const struct vd_dev *dev)
{
	begin_intc(t, dev, STR("arm,gic-v3"));
	dt_out_u32(&t->out, "#redistributor-regions", dev->n_win > 1 ? dev->n_win - 1 : 1);
	dt_out_end_node(&t->out);
}

static void write_gicv2(struct guest_tree *t, const struct vd_dev *dev)
{
	begin_intc(t, dev, STR("arm,cortex-a15-gic"));
	dt_out_end_node(&t->out);
}

const struct guest_fdt_class guest_fdt_isa_classes[] = {
	{ "gicv2", write_gicv2 },
	{ "gicv3", write_gicv3 },
	{ NULL, NULL },
};
