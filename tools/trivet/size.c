/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes and addresses as people type them. */
#include "facts.h"

static u32 digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (u32)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (u32)(c - 'a' + 10) : 99;
}

/* What stands behind the digits: the number of bits to shift by; 99: no unit. */
static u32 shift_of(struct str unit)
{
	static const char letters[] = "kmgt";
	u32 shift = 0;

	if (!unit.n)
		return 0;
	for (u32 i = 0; letters[i] && !shift; i++) {
		if ((unit.p[0] | 0x20) == letters[i])
			shift = 10 * (i + 1);
	}
	unit.p++;
	unit.n--;
	if (!shift)
		return 99;
	return !unit.n || str_eq_c(unit, "B") || str_eq_c(unit, "b") || str_eq_c(unit, "iB") ?
		       shift :
		       99;
}

bool tool_parse_size(struct str s, u64 *out)
{
	u32 base = s.n > 2 && s.p[0] == '0' && (s.p[1] | 0x20) == 'x' ? 16 : 10;
	size_t i = base == 16 ? 2 : 0, first = i;
	u64 v = 0;
	u32 shift;

	for (; i < s.n && (digit_of(s.p[i]) < base || (s.p[i] == '_' && i > first)); i++) {
		if (s.p[i] == '_')
			continue;
		if (__builtin_mul_overflow(v, (u64)base, &v) ||
		    __builtin_add_overflow(v, (u64)digit_of(s.p[i]), &v))
			return false;
	}
	shift = shift_of((struct str){ s.p + i, s.n - i });
	if (i == first || shift == 99 || (shift && v >> (64 - shift)))
		return false;
	*out = v << shift;
	return true;
}
