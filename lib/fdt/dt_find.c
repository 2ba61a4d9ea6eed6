/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding nodes. Children are reached by skipping over subtrees, so a look-up visits each node
 * at most once.
 */
#include <lib/fdt.h>

#include "dt.h"

#define PATH_MAX_LEN 512

bool dt_name_is(struct str have, struct str want)
{
	return have.n >= want.n && (have.n == want.n || have.p[want.n] == '@') &&
	       memcmp(have.p, want.p, want.n) == 0;
}

u32 dt_child(const struct dt *t, u32 n, struct str name)
{
	for (u32 c = n + 1; c < dt_end(t, n); c = dt_end(t, c))
		if (dt_name_is(dt_name(t, c), name))
			return c;
	return DT_NONE;
}

static struct str cut_component(struct str *path)
{
	struct str head = { path->p, 0 };

	while (head.n < path->n && path->p[head.n] != '/')
		head.n++;
	path->p += head.n;
	path->n -= head.n;
	return head;
}

static u32 find_below(const struct dt *t, u32 n, struct str path)
{
	while (n != DT_NONE) {
		while (path.n && *path.p == '/') {
			path.p++;
			path.n--;
		}
		if (path.n == 0)
			break;
		n = dt_child(t, n, cut_component(&path));
	}
	return n;
}

static bool alias_value(const struct dt *t, struct str alias, struct str *value)
{
	u32 aliases = dt_child(t, 0, STR("aliases"));
	char name[32];

	if (aliases == DT_NONE || alias.n >= sizeof(name))
		return false;
	memcpy(name, alias.p, alias.n);
	name[alias.n] = '\0';
	return dt_str(t, aliases, name, 0, value) && value->n && *value->p == '/';
}

u32 dt_find(const struct dt *t, struct str path)
{
	struct str rest = path, value;

	if (path.n == 0)
		return DT_NONE;
	if (*path.p == '/')
		return find_below(t, 0, path);
	if (!alias_value(t, cut_component(&rest), &value))
		return DT_NONE;
	return find_below(t, find_below(t, 0, value), rest);
}

u32 dt_find_phandle(const struct dt *t, u32 phandle)
{
	if (phandle == 0)
		return DT_NONE;
	for (u32 n = 0; n < t->n_nodes; n++)
		if (t->nodes[n].phandle == phandle)
			return n;
	return DT_NONE;
}

u32 dt_find_compatible(const struct dt *t, u32 from, const char *compatible)
{
	for (u32 n = from; n < t->n_nodes; n++)
		if (dt_is_compatible(t, n, compatible))
			return n;
	return DT_NONE;
}

/* Written from its end: the way up is the only one we know. */
const char *dt_path(const struct dt *t, u32 n, struct arena *a)
{
	char buf[PATH_MAX_LEN];
	size_t at = sizeof(buf);

	if (n == 0)
		return arena_strdup(a, "/", 1);
	for (; n != 0 && n != DT_NONE; n = dt_parent(t, n)) {
		struct str s = dt_name(t, n);

		if (s.n + 1 > at) { /* too deep to show whole: the end says most */
			if (at)
				buf[--at] = '~';
			break;
		}
		at -= s.n;
		memcpy(buf + at, s.p, s.n);
		buf[--at] = '/';
	}
	return arena_strdup(a, buf + at, sizeof(buf) - at);
}
