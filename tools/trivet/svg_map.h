/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The middle of a VM's card: its address space as an axis, a label for everything in it, and the
 * lines from there to the interrupt controller.
 */
#pragma once

#include "svg.h"
#include "svg_layout.h"

#define MAP_HEAD    70 /* above the axis: the controller's head */
#define MAP_LABEL_W 276
#define MAP_INDENT  16 /* of what lies in memory */

struct map_label {
	const struct area *area; /* NULL: something without registers */
	const char *class;
	const char *name;
	const char *more;
	const char *size;
	const char *range;
	const char *access;
	const char *host; /* NULL: nothing to say */
	bool wide;	  /* @access stands below @range, not beside it */
	const struct board_line **lines;
	u32 n_lines;
};

struct svg_map {
	const struct board *b;
	struct axis axis;
	struct map_label *labels;
	struct axis_label *places; /* of labels */
	u32 n;
	s32 height; /* with the head */
};

void svg_map_make(struct svg_map *m, const struct board *b);
void svg_map_draw(FILE *f, const struct svg_map *m, s32 x, s32 y);
