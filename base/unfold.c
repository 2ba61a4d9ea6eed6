/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of literals and a match, until the end is reached. Most are shorter than what one copy
 * moves: it moves too much, and what comes next is written over that.
 */
#include <base/unfold.h>

#include <base/endian.h>

#define NIBBLE_MAX 15
#define MIN_MATCH  4

static inline const u8 *more(const u8 *p, u64 *n)
{
	u8 byte;

	do {
		byte = *p++;
		*n += byte;
	} while (byte == 255);
	return p;
}

static inline void copy(u8 *to, const u8 *from, u64 n)
{
	__builtin_memcpy(to, from, UNFOLD_SLACK);
	for (u64 i = UNFOLD_SLACK; unlikely(i < n); i += UNFOLD_SLACK)
		__builtin_memcpy(to + i, from + i, UNFOLD_SLACK);
}

/* What overlaps is a pattern that repeats. */
static inline void repeat(u8 *to, u64 distance, u64 n)
{
	if (likely(distance >= UNFOLD_SLACK))
		return copy(to, to - distance, n);
	for (u64 i = 0; i < n; i++)
		to[i] = to[i - distance];
}

void unfold(const u8 *packed, u8 *to, const u8 *end)
{
	while (to < end) {
		u64 token = *packed++, n = token >> 4, distance;

		if (unlikely(n == NIBBLE_MAX))
			packed = more(packed, &n);
		copy(to, packed, n);
		packed += n;
		to += n;
		if (to >= end)
			break;
		distance = load_le16(packed);
		packed += 2;
		n = token & 15;
		if (unlikely(n == NIBBLE_MAX))
			packed = more(packed, &n);
		n += MIN_MATCH;
		repeat(to, distance, n);
		to += n;
	}
}
