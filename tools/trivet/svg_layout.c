/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scale and places. The height of a picture never falls as the scale gets finer, so the scale is
 * found by halving.
 */
#include <base/bits.h>

#include "svg_layout.h"

/* An area that is smaller than a pixel, or huge: the result is at most a screen or two. */
#define MANY 100000

static s32 pixels(u64 bytes, u64 scale)
{
	u64 n = bytes / scale;

	return n > MANY ? MANY : (s32)n;
}

static u64 end_of(const struct axis_area *a)
{
	return a->size > UINT64_MAX - a->base ? UINT64_MAX : a->base + a->size;
}

static u64 gap_before(const struct axis *a, u32 i)
{
	u64 end = i ? end_of(&a->areas[i - 1]) : 0;

	return i && a->areas[i].base > end ? a->areas[i].base - end : 0;
}

s32 axis_gap(const struct axis *a, u32 i, bool *broken)
{
	u64 gap = gap_before(a, i);
	s32 h = pixels(gap, a->scale);

	*broken = h > a->most;
	if (!gap)
		return 0;
	return *broken ? a->most : MAX(h, a->least / 2);
}

static s32 lay_out(struct axis *a)
{
	s32 y = 0;

	for (u32 i = 0; i < a->n; i++) {
		bool broken;

		y += axis_gap(a, i, &broken);
		a->areas[i].y = y;
		a->areas[i].h = MAX(pixels(a->areas[i].size, a->scale), a->least);
		y += a->areas[i].h;
		if (y > MANY)
			return MANY;
	}
	return y;
}

void axis_fit(struct axis *a, s32 target)
{
	u64 fine = 1, coarse = UINT64_MAX;

	while (fine < coarse) {
		a->scale = fine + (coarse - fine) / 2;
		if (lay_out(a) <= target)
			coarse = a->scale;
		else
			fine = a->scale + 1;
	}
	a->scale = coarse;
	a->height = lay_out(a);
}

s32 axis_at(const struct axis *a, u32 i, u64 address)
{
	const struct axis_area *area = &a->areas[i];

	if (address <= area->base)
		return area->y;
	return area->y + MIN(pixels(address - area->base, a->scale), area->h - 1);
}

/* ---- labels -------------------------------------------------------------------------------- */

/* Labels first..last, one below the other, as near to their wishes as all of them can be. */
static s32 middle_top(const struct axis_label *l, u32 first, u32 last, s32 gap)
{
	s64 sum = 0, below = 0;

	for (u32 i = first; i <= last; i++) {
		sum += l[i].want - l[i].h / 2 - below;
		below += l[i].h + gap;
	}
	return (s32)(sum / (s64)(last - first + 1));
}

static s32 stack(struct axis_label *l, u32 first, u32 last, s32 y, s32 gap)
{
	for (u32 i = first; i <= last; i++) {
		l[i].y = y;
		y += l[i].h + gap;
	}
	return y;
}

/* Labels that would cover each other join into a pile; a pile that meets another takes it in. */
s32 axis_place(struct axis_label *l, u32 n, s32 top, s32 gap)
{
	for (u32 i = 0; i < n; i++) {
		u32 first = i;
		s32 y = MAX(middle_top(l, first, i, gap), top);

		stack(l, first, i, y, gap);
		while (first && l[first - 1].y + l[first - 1].h + gap > l[first].y) {
			first--; /* with the pile that it is the end of */
			while (first && l[first - 1].y + l[first - 1].h + gap == l[first].y)
				first--;
			y = MAX(middle_top(l, first, i, gap), top);
			stack(l, first, i, y, gap);
		}
	}
	return n ? l[n - 1].y + l[n - 1].h : top;
}
