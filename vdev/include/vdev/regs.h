/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers are a table: offset, home in the instance, reset value, writable bits, consequence -
 * the data sheet's own table. Registers that merely hold a value need no code in the device; it
 * writes C only for those that behave. All registers here are 32 bits wide. What is not in the
 * table reads as zero and ignores writes.
 */
#pragma once

#include <port/vdev.h>

/* Home of a register that is the same for ever: it reads as its reset value. */
#define VDEV_REG_CONST UINT32_MAX

struct vdev_reg {
	u32 off;
	u32 shadow; /* offset of a u32 in the instance, or VDEV_REG_CONST */
	u32 reset;
	u32 writable;		      /* bits a write changes; the others keep their value */
	void (*then)(struct vdev *d); /* after a write, or NULL */
};

struct vdev_regs {
	const struct vdev_reg *reg;
	u32 n;
};

#define VDEV_REGS(table) ((struct vdev_regs){ (table), array_size(table) })

/* Put every shadow to its reset value. No consequence is run. */
void vdev_regs_reset(struct vdev *d, struct vdev_regs regs);

u32 vdev_regs_read(const struct vdev *d, struct vdev_regs regs, u32 off);
void vdev_regs_write(struct vdev *d, struct vdev_regs regs, u32 off, u32 value);
