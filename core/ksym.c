/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address to function name: a binary search for the last function that starts at or below the
 * address. Used while panicking, so it trusts nothing but the generated table and allocates
 * nothing.
 */
#include <core/ksym.h>

bool ksym_lookup_in(const struct ksym_table *t, u64 addr, struct ksym *out)
{
	u32 lo = 0;
	u32 hi = t->n;
	u64 off = addr - t->base;

	if (addr < t->base || off >= t->len)
		return false;
	while (lo < hi) { /* off[0, lo) are <= off, off[hi, n) are above */
		u32 mid = lo + (hi - lo) / 2;

		if (t->off[mid] <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return false;
	*out = (struct ksym){ .name = t->names + t->name_off[lo - 1], .off = off - t->off[lo - 1] };
	return true;
}

bool ksym_lookup(u64 addr, struct ksym *out)
{
	return ksym_lookup_in(&ksym_table, addr, out);
}
