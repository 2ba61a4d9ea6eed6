/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the neutral writer of a guest's device tree and the part of one ISA give each other. One
 * fdt_<isa>.c is linked.
 */
#pragma once

#include <lib/fdt.h>
#include <lib/guestfw.h>

struct guest_tree {
	const struct vmdesc *vd;
	const struct guest_fw_info *info;
	struct dt_out out;
};

/* Of the interrupt controller and of the clock: numbers that nodes of the host's do not have. */
u32 guest_fdt_intc_phandle(const struct vmdesc *vd);
u32 guest_fdt_clock_phandle(const struct vmdesc *vd);

struct guest_fdt_class {
	const char *class;
	void (*write)(struct guest_tree *t, const struct vd_dev *dev);
};

/* ---- of the ISA ---------------------------------------------------------------------------- */

/* Device classes only it has; ends with a NULL class. */
extern const struct guest_fdt_class guest_fdt_isa_classes[];

/* Properties of a CPU's node beyond its id. */
void guest_fdt_isa_cpu(struct guest_tree *t, const struct vd_vcpu *vcpu);
/* Nodes of the root that are no devices: firmware, timer. */
void guest_fdt_isa_nodes(struct guest_tree *t);
/* The VM has an interrupt controller that interrupts can be written for. */
bool guest_fdt_isa_has_intc(const struct vmdesc *vd);
/* The property `interrupts` of a device. */
void guest_fdt_isa_irqs(struct guest_tree *t, const struct vd_dev *dev);

/* ---- of guest_fdt.c ------------------------------------------------------------------------ */

/* `reg` from the windows of a device. */
void guest_fdt_reg(struct guest_tree *t, const struct vd_dev *dev);
