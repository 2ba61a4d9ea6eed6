/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of the picture, in whole pixels: the same board gives the same picture everywhere.
 */
#pragma once

#include <base/types.h>

/* A stretch of address space, in order; two neighbours may leave a gap between them. */
struct axis_area {
	u64 base;
	u64 size;
	s32 y; /* set by axis_fit() */
	s32 h;
};

struct axis {
	struct axis_area *areas;
	u32 n;
	s32 least;  /* pixels that the smallest area is drawn with */
	s32 most;   /* pixels that a gap has at most: a larger one is broken */
	u64 scale;  /* bytes of a pixel; set by axis_fit() */
	s32 height; /* of all; set by axis_fit() */
};

/*
 * Every area gets size / scale pixels, at least @least; the scale is the finest with which all of
 * them take at most @target pixels, or less if that cannot be.
 */
void axis_fit(struct axis *a, s32 target);

/* Pixels of the gap before areas[i]; 0 when there is none. *broken: it is not to scale. */
s32 axis_gap(const struct axis *a, u32 i, bool *broken);

/* Where in areas[i] the address is. */
s32 axis_at(const struct axis *a, u32 i, u64 address);

/* A label that wants its middle at @want: the nearest places where none covers another. */
struct axis_label {
	s32 want;
	s32 h;
	s32 y; /* top; set by axis_place() */
};

/* In order, @gap pixels between them, none above @top. Returns where the last one ends. */
s32 axis_place(struct axis_label *labels, u32 n, s32 top, s32 gap);
