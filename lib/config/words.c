/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for messages. Every result fits its buffer whatever the input is, and holds no control
 * character: configurations are foreign and messages go to terminals.
 */
#include <lib/words.h>

#include <base/bits.h>
#include <base/fmt.h>
#include <base/range.h>

#define TEXT_MAX     59
#define SUGGEST_MAX  3
#define GROUP_DIGITS 4

struct show show_hex(u64 v)
{
	u32 digits = v ? bit_highest(v) / 4 + 1 : 1;
	struct show out = { "0x" };
	size_t n = 2;

	/* Whole groups, so that addresses line up. */
	if (digits > GROUP_DIGITS)
		digits = (u32)align_up(digits, GROUP_DIGITS);
	for (u32 left = digits; left; left--) {
		if (left != digits && left % GROUP_DIGITS == 0)
			out.s[n++] = '_';
		out.s[n++] = "0123456789abcdef"[(v >> (4 * (left - 1))) & 0xf];
	}
	out.s[n] = '\0';
	return out;
}

struct show show_range(u64 base, u64 len)
{
	struct show out = { "" };

	if (base + len < base && base + len != 0)
		fmt_snprintf(out.s, sizeof(out.s), "%s and %s more", show_hex(base).s,
			     show_hex(len).s);
	else if (len && base + len == 0)
		fmt_snprintf(out.s, sizeof(out.s), "%s..2^64", show_hex(base).s);
	else
		fmt_snprintf(out.s, sizeof(out.s), "%s..%s", show_hex(base).s,
			     show_hex(base + len).s);
	return out;
}

struct show show_size(u64 bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	struct show out = { "" };
	u32 u = 0;

	while (bytes && bytes % 1024 == 0 && u + 1 < array_size(units)) {
		bytes /= 1024;
		u++;
	}
	fmt_snprintf(out.s, sizeof(out.s), "%llu %s", (unsigned long long)bytes, units[u]);
	return out;
}

struct show show_text(struct str s)
{
	size_t n = MIN(s.n, (size_t)TEXT_MAX);
	struct show out = { "" };

	for (size_t i = 0; i < n; i++) {
		u8 c = (u8)s.p[i];

		out.s[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	memcpy(out.s + n, s.n > n ? "..." : "", s.n > n ? 4 : 1);
	return out;
}

void suggest_try(struct suggest *s, const char *candidate)
{
	struct str c = str_of(candidate);
	u32 d = str_distance(s->word, c, SUGGEST_MAX);

	if (d > SUGGEST_MAX || (size_t)d * 2 > MAX(s->word.n, c.n))
		return;
	if (s->best && s->distance <= d)
		return;
	s->best = candidate;
	s->distance = d;
}
