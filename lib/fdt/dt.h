/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the reading files of lib/fdt share: the index that dt_open() makes.
 */
#pragma once

#include <lib/fdt.h>

#define DT_CELLS_BAD 0xff /* a #...-cells that cannot be used */

struct dt_node {
	s32 off; /* in the structure block, as libfdt counts */
	u32 parent;
	u32 end;
	u32 phandle;   /* 0: none */
	u32 intc;      /* phandle of `interrupt-parent`, own or inherited; 0: none */
	u32 intc_node; /* or the node, when it is one above us that says no phandle */
	u8 address_cells;
	u8 size_cells;
	u8 irq_cells; /* of an interrupt controller; DT_CELLS_BAD: is none */
	bool enabled;
	bool has_ranges;
	struct span ranges; /* to the parent's bus */
};

/* Take one number of @cells 32-bit cells off @s. E_RANGE: too few. E_UNSUP: more than 64 bits. */
enum status dt_take(struct span *s, u32 cells, u64 *out);
