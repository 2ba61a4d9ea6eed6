/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to vdev/intc/gicv3*.c: what a virtual GICv3 (Arm IHI 0069) has beyond any GIC.
 */
#pragma once

#include <vdev/gic.h>

#define GICD_CTLR_ARE	0x10u
#define GICD_CTLR_DS	0x40u
#define GICD_TYPER_A3V	0x01000000u
#define GICD_TYPER_NO1N 0x02000000u
#define GICD_TYPER_RSS	0x04000000u

#define GICR_FRAME	  0x20000u /* RD_base and SGI_base of one vCPU */
#define GICR_TYPER_LAST	  0x10u
#define GICR_WAKER_SLEEP  0x2u /* ProcessorSleep */
#define GICR_WAKER_ASLEEP 0x4u /* ChildrenAsleep */

struct gicv3 {
	struct gic gic;
	u32 route[(GIC_MAX_BANKS - 1) * 32]; /* IROUTER as Aff3.Aff2.Aff1.Aff0 */
};

extern const struct vdev_window_ops gicv3_dist_window;
extern const struct vdev_window_ops gicv3_redist_window;

static inline struct gicv3 *gicv3_of(struct vdev *d)
{
	return container_of(d, struct gicv3, gic.dev);
}

/* Aff3.Aff2.Aff1.Aff0 of a hardware id or of IROUTER, which both have Aff3 in bits 39..32. */
static inline u32 gicv3_affinity(u64 id)
{
	return (u32)field_get(BITS(39, 32), id) << 24 | (u32)field_get(BITS(23, 0), id);
}

/* Route SPI bit @i of @b to the vCPU with affinity @aff, if there is one. */
void gicv3_route(struct gicv3 *g, struct gic_bank *b, u32 i, u32 aff);

/* Identification registers at 0xffd0: the same in every frame but for the part number. */
u32 gicv3_read_id(u32 off, u32 part);
