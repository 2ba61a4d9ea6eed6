/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Half-open ranges [base, base + len) with arithmetic that never wraps.
 */
#pragma once

#include <base/types.h>

struct range {
	u64 base;
	u64 len;
};

/* [base, base + len) lies inside [0, limit). */
static inline bool range_ok(u64 base, u64 len, u64 limit)
{
	return len <= limit && base <= limit - len;
}

/* [base, base + len) lies inside [in_base, in_base + in_len); neither may wrap to pass. */
static inline bool range_inside(u64 base, u64 len, u64 in_base, u64 in_len)
{
	return base >= in_base && range_ok(base - in_base, len, in_len);
}

/* The two ranges share a byte. Empty ranges share nothing; ranges that wrap are cut at 2^64. */
static inline bool range_overlaps(u64 a, u64 a_len, u64 b, u64 b_len)
{
	if (!a_len || !b_len)
		return false;
	return a <= b ? b - a < a_len : a - b < b_len;
}

/* The range ends at or before 2^64. */
static inline bool range_valid(u64 base, u64 len)
{
	return len == 0 || base + (len - 1) >= base;
}
