/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of stores, compared name by name. Nothing is copied; ".." is a name like any other and is
 * found nowhere.
 */
#include "internal.h"

struct str store_path_trim(struct str path)
{
	while (path.n) {
		if (path.p[0] != '/' && !(path.p[0] == '.' && (path.n == 1 || path.p[1] == '/')))
			break;
		path.p++;
		path.n--;
	}
	return path;
}

struct str store_path_next(struct str *path)
{
	struct str name = store_path_trim(*path);
	size_t n = 0;

	while (n < name.n && name.p[n] != '/')
		n++;
	*path = (struct str){ name.p + n, name.n - n };
	return (struct str){ name.p, n };
}

bool store_path_same(struct str a, struct str b)
{
	struct str x, y;

	do {
		x = store_path_next(&a);
		y = store_path_next(&b);
	} while (x.n && str_eq(x, y));
	return !x.n && !y.n;
}

struct str store_path_within(struct str path, struct str folder)
{
	struct str want, name;

	for (;;) {
		want = store_path_next(&folder);
		name = store_path_next(&path);
		if (!want.n)
			break;
		if (!str_eq(want, name))
			return STR("");
	}
	return store_path_next(&path).n ? STR("") : name;
}
