/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board an aarch64 guest expects when its file lists none: a GIC and a PL011 where QEMU's
 * "virt" machine has them, so that guests built for that machine run unchanged. The timers need
 * no entry: they are part of every vCPU. A file is read as of a GICv3; on a machine whose CPUs can
 * only do a GICv2 the controller becomes one.
 */
#include <lib/vmdesc.h>

#include <base/bits.h>
#include <base/str.h>

/* Two 64 KiB frames for each vCPU (GIC architecture, IHI 0069, 12.10). */
#define REDIST_STRIDE 0x20000

/* Software-generated interrupts reach Aff0 0 to 15 (IHI 0069, ICC_SGI1R_EL1.TargetList). */
#define CPUS_PER_CLUSTER 16

const struct vd_board vmdesc_board = {
	.intc = {
		.class = "gicv3",
		.name = "intc",
		.win = { { { 0x08000000 }, 0x10000 }, { { 0x080a0000 }, 0 } },
		.per_vcpu = { 0, REDIST_STRIDE },
		.n_win = 2,
	},
	/* GICC with its second page, where GICC_DIR is (Arm IHI 0048, 4.1.2). */
	.older_intc = {
		.class = "gicv2",
		.win = { { { 0x08000000 }, 0x1000 }, { { 0x08010000 }, 0x2000 } },
		.n_win = 2,
	},
	.console = {
		.class = "pl011",
		.name = "uart0",
		.win = { { { 0x09000000 }, 0x1000 } },
		.n_win = 1,
		.irq = { { 33, VD_TRIGGER_LEVEL } }, /* SPI 1 */
		.n_irq = 1,
	},
	.pool = { { 0x0b000000 }, 0x05000000 },
	.first_line = 32, /* SPI 0 */
	.last_line = 1019,
};

/* A GICv2 that nobody wrote, which is a language's default, where there can be none. */
static void use_ours(struct vmdesc *vd, struct vd_dev *d)
{
	if (!d->is_default || !str_eq_c(d->class, vmdesc_board.older_intc.class))
		return;
	vd_dev_from_board(d, &vmdesc_board.intc, vd->vcpus.n);
	d->is_default = true;
}

/* The address of the distributor is the file's, if it gave one; and that of its second window. */
void vmdesc_use_intc(struct vmdesc *vd, const char *class)
{
	bool is_v2 = class && strcmp(class, vmdesc_board.older_intc.class) == 0;

	for (u32 i = 0; i < vd->devs.n; i++) {
		struct vd_dev *d = &vd->devs.v[i];
		gpa_t dist = d->win[0].base, second = d->win[1].base;

		if (class && !is_v2)
			use_ours(vd, d);
		if (!is_v2 || !str_eq_c(d->class, vmdesc_board.intc.class))
			continue;
		vd_dev_from_board(d, &vmdesc_board.older_intc, vd->vcpus.n);
		d->win[0].base = dist;
		if (second.v != vmdesc_board.intc.win[1].base.v)
			d->win[1].base = second;
	}
}

static enum status add(struct vmdesc *vd, const struct vd_board_dev *b, struct arena *a)
{
	struct vd_dev *d;

	if (vmdesc_dev(vd, b->class))
		return OK;
	d = vmdesc_add_dev(vd, a, (struct src_pos){ .file = vd->file });
	if (!d)
		return E_NOMEM;
	vd_dev_from_board(d, b, vd->vcpus.n);
	d->name = str_of(b->name);
	d->is_default = true;
	return OK;
}

enum status vmdesc_add_default_board(struct vmdesc *vd, struct arena *a)
{
	for (u32 i = 0; i < vd->vcpus.n; i++) {
		struct vd_vcpu *v = &vd->vcpus.v[i];

		if (!v->has_hw_id)
			v->hw_id = i / CPUS_PER_CLUSTER << 8 | i % CPUS_PER_CLUSTER;
	}
	if (!vmdesc_dev(vd, vmdesc_board.older_intc.class) && !(vd->absent & BIT(VD_PART_INTC)))
		TRY(add(vd, &vmdesc_board.intc, a));
	if (vmdesc_dev(vd, "ns16550") || vd->absent & BIT(VD_PART_CONSOLE))
		return OK;
	return add(vd, &vmdesc_board.console, a);
}
