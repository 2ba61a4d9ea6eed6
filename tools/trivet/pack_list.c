/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of files to pack.
 */
#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "trivet.h"

/* newc has 32 bits for a size, FAT32 as well. */
#define SIZE_LIMIT (UINT64_C(1) << 32)

static void append(struct pack_list *l, const struct pack_file *file)
{
	if (l->n == l->cap) {
		struct pack_file *v;

		l->cap = l->cap ? 2 * l->cap : 16;
		v = tool_alloc(l->cap * sizeof(*v));
		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		free(l->v);
		l->v = v;
	}
	l->v[l->n++] = *file;
}

static bool is_same(struct span a, struct span b)
{
	return a.n == b.n && (a.p == b.p || memcmp(a.p, b.p, a.n) == 0);
}

/* In an archive the last file has this name. */
#define LAST "TRAILER!!!"

/* One that a reader finds, and that leads nowhere else when it is unpacked. */
static bool is_name(const char *name)
{
	const char *end = name;

	for (const char *p = name; *end; p = end + 1) {
		end = p + strcspn(p, "/");
		if (end - p == 2 && strncmp(p, "..", 2) == 0)
			return false;
	}
	return *name && end[-1] != '/' && strcmp(name, LAST) != 0;
}

bool pack_add(struct pack_list *l, const char *name, struct span bytes, const char *from)
{
	while (*name == '/')
		name++;
	if (!is_name(name)) {
		tool_complain("%s: cannot be packed as \"%s\": not the name of a file", from, name);
		return false;
	}
	if (bytes.n >= SIZE_LIMIT) {
		tool_complain("%s: has 4 GiB or more: neither archive nor disk can hold it", from);
		return false;
	}
	for (u32 i = 0; i < l->n; i++) {
		if (strcmp(l->v[i].name, name) != 0)
			continue;
		if (is_same(l->v[i].bytes, bytes))
			return true;
		tool_complain("%s and %s would both be %s: give one another name", l->v[i].from,
			      from, name);
		return false;
	}
	append(l, &(struct pack_file){ name, bytes, from });
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct pack_file *)a)->name, ((const struct pack_file *)b)->name);
}

void pack_sort(struct pack_list *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_name);
}
