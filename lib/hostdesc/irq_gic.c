/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GIC interrupt specifiers: <kind number flags [affinity]>, as the device tree binding
 * "arm,gic-v3" (and "arm,cortex-a15-gic" before it) defines them. Lines are INTIDs: PPIs begin
 * at 16, SPIs at 32.
 */
#include <base/bits.h>

#include "isa.h"

enum gic_kind {
	GIC_SPI = 0,
	GIC_PPI = 1,
};

#define GIC_N_PPI 16
#define GIC_N_SPI 988 /* INTIDs 32..1019 */

#define FLAG_EDGE_RISING  1u
#define FLAG_EDGE_FALLING 2u

/* GICv3 and later first; the others are GICv2s, with or without Virtualization Extensions. */
#define N_GICV3 2

static const char *const gic_compatible[] = {
	"arm,gic-v3", "arm,gic-v4",	   "arm,gic-400",	"arm,cortex-a15-gic",
	"arm,gic-v2", "arm,cortex-a9-gic", "arm,cortex-a7-gic",
};

static bool is_gic(const struct dt *t, u32 n)
{
	for (size_t i = 0; i < array_size(gic_compatible); i++)
		if (dt_is_compatible(t, n, gic_compatible[i]))
			return true;
	return false;
}

/* Windows of a GICv2: distributor, CPU interface, its control for guests, theirs. */
#define WIN_GICH  2
#define WIN_GICV  3
#define GICH_SIZE 0x200 /* with 64 list registers */
#define GICV_PAGE 0x1000

static bool has_gicv(const struct hd_dev *dev)
{
	return dev->n_win > WIN_GICV && dev->win[WIN_GICH].len >= GICH_SIZE &&
	       is_aligned(dev->win[WIN_GICV].base, GICV_PAGE) &&
	       dev->win[WIN_GICV].len >= GICV_PAGE;
}

void hostdesc_isa_intc(struct hostdesc *hd)
{
	const struct hd_dev *dev = hd->intc;

	for (size_t i = 0; dev && i < array_size(gic_compatible); i++) {
		if (!hd_dev_is(dev, gic_compatible[i]))
			continue;
		if (i < N_GICV3) {
			hd->guest_intc = "gicv3";
		} else if (has_gicv(dev)) {
			hd->guest_intc = "gicv2";
			hd->guest_intc_cpu = (struct range){ dev->win[WIN_GICV].base, GICV_PAGE };
		}
		return;
	}
}

enum status hostdesc_isa_irq(const struct dt *t, const struct dt_irq *irq, struct hd_irq *out)
{
	if (!is_gic(t, irq->controller))
		return E_UNSUP;
	if (irq->n_cells < 3)
		return E_FORMAT;
	out->trigger = irq->cell[2] & (FLAG_EDGE_RISING | FLAG_EDGE_FALLING) ? HD_TRIGGER_EDGE :
									       HD_TRIGGER_LEVEL;
	switch (irq->cell[0]) {
	case GIC_SPI:
		if (irq->cell[1] >= GIC_N_SPI)
			return E_FORMAT;
		out->line = irq->cell[1] + 32;
		return OK;
	case GIC_PPI:
		if (irq->cell[1] >= GIC_N_PPI)
			return E_FORMAT;
		out->line = irq->cell[1] + 16;
		return OK;
	default: /* extended SPIs and PPIs */
		return E_UNSUP;
	}
}
