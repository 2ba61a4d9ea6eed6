/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ISA's short lane may present without asking (docs/adr/0009): what is at rest, enabled,
 * and alone. Told again only when that has changed; what else it depends on goes through
 * gic_changed().
 */
#include <vdev/gic.h>

/*
 * Ready also while it is out: the host's interrupt fires again only when the guest has completed
 * what its CPU was given for the one before, so the short lane then replaces an entry that is
 * done with, and the new one comes home as that one's life going on.
 */
static u32 gic_ready_of(const struct gic *g, const struct gic_bank *b)
{
	u32 held = b->out & ~b->out_active & b->line & b->hw_bound;
	u32 busy = (b->out | b->active | gic_pending(b)) & ~held;

	return gic_in_short_lane(b) & b->enabled & gic_in_enabled_group(g, b) & ~busy;
}

/* A bit for each of lane_spi. */
static u32 gic_ready_spis(const struct gic *g, u32 vcpu)
{
	u32 ready = 0;

	for (u32 n = 0; n < g->n_lane_spis; n++) {
		const struct gic_bank *b = &g->spi[g->lane_spi[n] / 32 - 1];
		u32 i = g->lane_spi[n] % 32;

		if (b->target[i] == vcpu && b->home[i] == vcpu && (gic_ready_of(g, b) & 1u << i))
			ready |= 1u << n;
	}
	return ready;
}

static void gic_ready_hw(const struct gic *g, const struct gic_bank *b, u32 i, struct virq_ready *r)
{
	if (r->n_hw < VIRQ_READY_HW)
		r->hw[r->n_hw++] = gic_entry(g, b, i);
}

/* The SGIs must be alike: those of the lowest one's priority. */
static void gic_ready_ipis(const struct gic *g, const struct gic_bank *b, u32 sgis,
			   struct virq_ready *r)
{
	r->ipis = 0;
	if (!sgis)
		return;
	r->ipi = gic_entry(g, b, bit_lowest(sgis));
	r->ipi.intid = 0;
	for (; sgis; sgis &= sgis - 1) {
		u32 i = bit_lowest(sgis);

		if (b->prio[i] == r->ipi.prio)
			r->ipis |= 1u << i;
	}
}

bool gic_tell_ready(struct vdev *d, u32 vcpu, struct virq_ready *r)
{
	struct gic *g = gic_of(d);
	struct gic_vcpu *v = &g->vcpu[vcpu];
	struct gic_bank *b = &v->bank;
	u32 own = 0, spis = 0;

	/* Others wait to be presented: one of them may be more urgent. */
	if (likely(!v->cand_banks)) {
		own = gic_ready_of(g, b);
		spis = gic_ready_spis(g, vcpu);
	}
	if (likely(v->ready_told && v->ready_own == own && v->ready_spis == spis))
		return false;
	v->ready_told = true;
	v->ready_own = own;
	v->ready_spis = spis;
	*r = (struct virq_ready){ 0 };
	gic_ready_ipis(g, b, own & b->group1 & (u32)bits_below(GIC_N_SGIS), r);
	for (u32 m = own & b->hw_bound; m; m &= m - 1)
		gic_ready_hw(g, b, bit_lowest(m), r);
	for (; spis; spis &= spis - 1) {
		u32 irq = g->lane_spi[bit_lowest(spis)];

		gic_ready_hw(g, &g->spi[irq / 32 - 1], irq % 32, r);
	}
	return true;
}
