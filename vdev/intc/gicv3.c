/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual GICv3 (Arm IHI 0069): affinity routing always on, no LPIs, no ITS. The state machine is
 * gic_common.c, the registers gicv3_dist.c and gicv3_redist.c; here is what the guest is told of
 * itself, and where an affinity leads.
 */
#include <base/str.h>
#include <vdev/gicv3.h>

/* The vCPU with affinity @aff (Aff3.Aff2.Aff1.Aff0), or GIC_NOWHERE. */
static u32 gicv3_vcpu_at(const struct gic *g, u32 aff)
{
	for (u32 v = 0; v < g->n_vcpus; v++) {
		if (gicv3_affinity(g->vcpu_hw_id[v]) == aff)
			return v;
	}
	return GIC_NOWHERE;
}

void gicv3_route(struct gicv3 *g, struct gic_bank *b, u32 i, u32 aff)
{
	g->route[b->first - GIC_N_PRIVATE + i] = aff;
	gic_set_target(&g->gic, b, i, gicv3_vcpu_at(&g->gic, aff));
}

static void gicv3_reset(struct vdev *d)
{
	struct gicv3 *g = gicv3_of(d);

	g->gic.ident[GIC_CTLR] = GICD_CTLR_ARE | GICD_CTLR_DS;
	for (u32 v = 0; v < g->gic.n_vcpus; v++)
		g->gic.vcpu[v].waker = GICR_WAKER_SLEEP | GICR_WAKER_ASLEEP;
	gic_reset(&g->gic, gicv3_vcpu_at(&g->gic, 0));
	memset(g->route, 0, sizeof(g->route));
}

/* What the guest reads about us and its vCPUs. */
static void gicv3_describe(struct gic *g)
{
	u64 all = 0;
	u32 typer = (g->n_banks - 1) | 9u << 19 | GICD_TYPER_NO1N;

	for (u32 v = 0; v < g->n_vcpus; v++) {
		u64 id = g->vcpu_hw_id[v];

		all |= id;
		g->vcpu[v].typer = (u64)gicv3_affinity(id) << 32 | (u64)v << 8 |
				   (v == g->n_vcpus - 1 ? GICR_TYPER_LAST : 0);
	}
	if (field_get(BITS(39, 32), all))
		typer |= GICD_TYPER_A3V;
	if (field_get(BITS(7, 4), all))
		typer |= GICD_TYPER_RSS;
	g->ident[GIC_TYPER] = typer;
	g->ident[GIC_IIDR] = GIC_IIDR_VALUE;
}

static enum status gicv3_init(struct vdev *d, const struct vdev_setup *setup)
{
	struct gic *g = gic_of(d);
	u64 frames = setup->n_vcpus * (u64)GICR_FRAME;

	TRY(gic_init(g, setup, VD_MAX_VCPUS));
	if (setup->desc->n_win < 2 || setup->desc->win[1].size < frames) {
		vdev_log(d, "redistributors of %u vCPUs need a window of 0x%llx bytes",
			 setup->n_vcpus, (unsigned long long)frames);
		return E_RANGE;
	}
	gicv3_describe(g);
	TRY(vdev_map_mmio(d, 0, &gicv3_dist_window));
	return vdev_map_mmio(d, 1, &gicv3_redist_window);
}

static const struct vintc_ops gicv3_intc = {
	.line = gic_line,
	.bind_hw = gic_bind_hw,
	.ipi = gic_ipi,
	.next = gic_next,
	.done = gic_done,
	.end = gic_end,
	.pending = gic_would_wake,
	.ready = gic_tell_ready,
};

const struct vdev_class vdev_gicv3 = {
	.info = {
		.name = "gicv3",
		.min_window = 0x10000,
		.n_win = 2,
		.is_intc = true,
	},
	.instance_size = sizeof(struct gicv3),
	.init = gicv3_init,
	.reset = gicv3_reset,
	.input = vdev_no_input,
	.intc = &gicv3_intc,
};
