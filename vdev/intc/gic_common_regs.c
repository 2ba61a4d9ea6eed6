/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers that every GIC has in the same form: a bit, a byte or a field for each INTID. Where
 * they stand, and whose they are, the distributors and redistributors know.
 */
#include <vdev/gic.h>

/* ---- a bit per INTID ----------------------------------------------------------------------- */

/* Have the CPUs that hold something of @b tell what became of it, those that can be asked. */
static void gic_recall(struct gic *g, const struct gic_bank *b)
{
	/* A vCPU's own interrupts may be in its CPU without our having given them out; hardware's, too. */
	u32 mask = b->first ? b->out | b->hw_bound : 1;
	u64 asked = 0;

	while (mask) {
		u32 i = bit_lowest(mask);
		u32 v = b->home[i];

		mask &= mask - 1;
		/* What came home with another may have moved on. */
		if (v == GIC_NOWHERE || (asked & BIT(v)) ||
		    (b->first && !((b->out | b->hw_bound) & 1u << i)))
			continue;
		vintc_collect(&g->dev, v);
		vintc_notify(&g->dev, v);
		asked |= BIT(v);
	}
}

u32 gic_read_bits(struct gic *g, struct gic_bank *b, u32 off)
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

/* A timer's level is let go of: whether it is still up, the host's interrupt will tell. */
static u32 gic_clear_pending(struct gic *g, struct gic_bank *b, u32 value)
{
	u32 changed = value & (b->latch | b->out_latch);
	u32 line = b->line;

	if (!b->first)
		gic_end_host(g, b, value & ~(b->active | b->out));
	b->latch &= ~value;
	b->out_latch &= ~value;
	return changed | (line ^ b->line);
}

static u32 gic_set_active(struct gic_bank *b, u32 value)
{
	u32 changed = value & ~(b->active | (b->out_active & ~b->undo_active));

	b->active |= changed;
	return changed;
}

static u32 gic_clear_active(struct gic *g, struct gic_bank *b, u32 value)
{
	u32 changed = value & (b->active | b->out_active);

	gic_end_host(g, b, changed);
	b->active &= ~value;
	b->undo_active |= value & b->out_active;
	return changed;
}

void gic_write_bits(struct gic *g, struct gic_bank *b, u32 off, u32 value)
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
		gic_tell_host(g, b, changed);
		break;
	case GIC_ICENABLER:
		changed = value & b->enabled;
		b->enabled &= ~value;
		gic_tell_host(g, b, changed);
		break;
	case GIC_ISPENDR:
		changed = gic_set_pending(b, value);
		break;
	case GIC_ICPENDR:
		changed = gic_clear_pending(g, b, value);
		break;
	case GIC_ISACTIVER:
		changed = gic_set_active(b, value);
		break;
	case GIC_ICACTIVER:
		changed = gic_clear_active(g, b, value);
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

void gic_write_prio(struct gic *g, struct gic_bank *b, u32 i, u32 width, u32 value)
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

void gic_write_config(struct gic *g, struct gic_bank *b, u32 i, u32 value)
{
	u32 edge = b->edge & ~(0xffffu << i);
	u32 changed;

	for (u32 n = 0; n < 16; n++)
		edge |= (value >> (2 * n + 1) & 1) << (i + n);
	changed = b->edge ^ edge;
	b->edge = edge;
	gic_changed(g, b, changed);
}
