/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bit fields by name: one mask per field, written as manuals write it (high, low). All macros are
 * constant expressions, so a sample value from a manual can be asserted beside its definition.
 */
#pragma once

#include <base/types.h>

#define BIT(n)	     (UINT64_C(1) << (n))
#define BITS(hi, lo) ((~UINT64_C(0) >> (63 - (hi))) & (~UINT64_C(0) << (lo)))

#define field_get(mask, reg) (((u64)(reg) & (mask)) / ((mask) & -(mask)))
#define field_put(mask, val) (((u64)(val) * ((mask) & -(mask))) & (mask))

static inline u64 align_up(u64 v, u64 pow2)
{
	return (v + pow2 - 1) & ~(pow2 - 1);
}

static inline u64 align_down(u64 v, u64 pow2)
{
	return v & ~(pow2 - 1);
}

static inline bool is_aligned(u64 v, u64 pow2)
{
	return (v & (pow2 - 1)) == 0;
}

static inline bool is_pow2(u64 v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

/* Index of the lowest set bit; @v must not be 0. */
static inline u32 bit_lowest(u64 v)
{
	return (u32)__builtin_ctzll(v);
}

/* Index of the highest set bit; @v must not be 0. */
static inline u32 bit_highest(u64 v)
{
	return 63 - (u32)__builtin_clzll(v);
}

/* Ones in bits [0, n); n may be 64. */
static inline u64 bits_below(u32 n)
{
	return n >= 64 ? ~UINT64_C(0) : BIT(n) - 1;
}

static inline u32 bits_count(u64 v)
{
	u32 n = 0;

	for (; v; v &= v - 1)
		n++;
	return n;
}
