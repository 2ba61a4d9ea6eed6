/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings that know their length; none of these functions reads past it. The mem and str
 * functions of C that base/str.h declares stand in base/mem.c, which the host never links.
 */
#include <base/str.h>

#define NAME_MAX_LEN 63

struct str str_of(const char *cstr)
{
	return (struct str){ cstr ? cstr : "", cstr ? strlen(cstr) : 0 };
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_c(struct str a, const char *b)
{
	size_t i = 0;

	if (!b)
		return a.n == 0;
	while (i < a.n && b[i] && a.p[i] == b[i])
		i++;
	return i == a.n && !b[i];
}

bool str_starts(struct str s, const char *prefix)
{
	struct str p = str_of(prefix);

	return s.n >= p.n && str_eq((struct str){ s.p, p.n }, p);
}

bool str_ends(struct str s, const char *suffix)
{
	struct str x = str_of(suffix);

	return s.n >= x.n && (x.n == 0 || str_eq((struct str){ s.p + s.n - x.n, x.n }, x));
}

/*
 * One row of the classic table: row[j] holds the distance of the first i bytes of @a (the row
 * before) to the first j bytes of @b, and is brought to i + 1. Returns the row's minimum.
 */
static u32 distance_row(u8 *row, u32 i, char c, struct str b)
{
	u8 diagonal = row[0];
	u32 least;

	row[0] = (u8)(i + 1);
	least = row[0];
	for (size_t j = 0; j < b.n; j++) {
		u32 change = diagonal + (c == b.p[j] ? 0u : 1u);
		u32 insert_or_drop = 1u + MIN(row[j], row[j + 1]);

		diagonal = row[j + 1];
		row[j + 1] = (u8)MIN(change, insert_or_drop);
		least = MIN(least, row[j + 1]);
	}
	return least;
}

u32 str_distance(struct str a, struct str b, u32 limit)
{
	u8 row[NAME_MAX_LEN + 1];

	a.n = MIN(a.n, (size_t)NAME_MAX_LEN);
	b.n = MIN(b.n, (size_t)NAME_MAX_LEN);
	if (limit >= NAME_MAX_LEN)
		limit = NAME_MAX_LEN;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = (u8)j;
	for (u32 i = 0; i < a.n; i++) {
		if (distance_row(row, i, a.p[i], b) > limit)
			return limit + 1;
	}
	return MIN((u32)row[b.n], limit + 1);
}
