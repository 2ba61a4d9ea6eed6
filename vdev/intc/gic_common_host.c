/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts of the host behind the guest's. The host's is active exactly while `line` says so, and
 * behind an SPI it is on only while that is. Ended by the CPU with the guest's end of interrupt;
 * here, where that will not come.
 */
#include <vdev/gic.h>

void gic_tell_host(struct gic *g, const struct gic_bank *b, u32 mask)
{
	for (mask &= b->first ? b->hw_bound : 0; mask; mask &= mask - 1) {
		u32 i = bit_lowest(mask);
		u32 v = b->target[i];

		vintc_host_line(&g->dev, b->hw_irq[i], b->enabled >> i & 1 ? VINTC_ON : VINTC_OFF,
				v == GIC_NOWHERE ? VINTC_NOBODY : v);
	}
}

void gic_end_host(struct gic *g, struct gic_bank *b, u32 mask)
{
	for (mask &= b->hw_bound & b->line; mask; mask &= mask - 1) {
		u32 i = bit_lowest(mask);

		/* A CPU's own timer only that CPU can end. */
		if (!b->first && !vintc_end_hw(&g->dev, b->target[i], i))
			continue;
		b->line &= ~(1u << i);
		if (b->first)
			vintc_host_end(&g->dev, b->hw_irq[i]);
	}
}

/* A level that is masked is let go of, too: whether it is still up will be seen when it is on. */
void gic_end_idle_host(struct gic *g, struct gic_bank *b, u32 mask)
{
	u32 waits = b->out | b->active | b->latch | (b->line & ~b->edge & b->enabled);

	gic_end_host(g, b, mask & ~waits);
}
