/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a tree: after dt_open() every offset in the index is a node, every property can be
 * read, and everything that is inherited or asked for often (cells, interrupt parent, ranges,
 * status) is in the index, so that no question about a node costs more than its own properties.
 */
#include <lib/fdt.h>

#include <base/endian.h>
#include <libfdt.h>

#include "dt.h"

#define HEADER_MIN    40  /* a version 17 header; libfdt reads this far before it checks */
#define PROP_NAME_MAX 255 /* the specification allows 31 */

/* The first offset in the strings block from which no string ends within PROP_NAME_MAX bytes. */
static bool strings_are_short(struct span bytes)
{
	struct span strings;
	size_t run = 0;

	if (span_at(bytes, fdt_off_dt_strings(bytes.p), fdt_size_dt_strings(bytes.p), &strings) !=
	    OK)
		return false;
	for (size_t i = 0; i < strings.n; i++) {
		run = strings.p[i] ? run + 1 : 0;
		if (run > PROP_NAME_MAX)
			return false;
	}
	return true;
}

/* libfdt takes it for granted, and not every CPU, with its MMU off, forgives it. */
static bool blocks_are_aligned(const void *blob)
{
	return fdt_off_dt_struct(blob) % 4 == 0 && fdt_off_mem_rsvmap(blob) % 8 == 0;
}

enum status dt_check(struct span bytes, const char **why)
{
	int err;

	*why = NULL;
	if (bytes.n < HEADER_MIN)
		*why = "shorter than a header";
	else if ((uintptr_t)bytes.p & 7)
		*why = "not at a multiple of 8 bytes";
	else if ((err = fdt_check_header(bytes.p)) != 0)
		*why = fdt_strerror(err);
	else if (fdt_totalsize(bytes.p) > bytes.n)
		*why = "longer than the bytes there are";
	else if (fdt_version(bytes.p) < 16)
		*why = "older than version 16";
	else if (!blocks_are_aligned(bytes.p))
		*why = "its blocks are not aligned";
	else if (!strings_are_short(span_of(bytes.p, fdt_totalsize(bytes.p))))
		*why = "a property name never ends";
	else if ((err = fdt_check_full(bytes.p, bytes.n)) != 0)
		*why = fdt_strerror(err);
	return *why ? E_FORMAT : OK;
}

static bool node_prop(const struct dt *t, const struct dt_node *node, const char *name,
		      struct span *out)
{
	int len;
	const void *p = fdt_getprop(t->blob, node->off, name, &len);

	if (!p || len < 0)
		return false;
	*out = span_of(p, (size_t)len);
	return true;
}

static u8 cells_of(const struct dt *t, const struct dt_node *node, const char *name, u8 absent)
{
	struct span s;
	u32 v;

	if (!node_prop(t, node, name, &s))
		return absent;
	if (s.n != 4)
		return DT_CELLS_BAD;
	v = load_be32(s.p);
	return v <= FDT_MAX_NCELLS ? (u8)v : DT_CELLS_BAD;
}

static bool own_status_is_okay(const struct dt *t, const struct dt_node *node)
{
	struct span s;

	if (!node_prop(t, node, "status", &s))
		return true;
	return (s.n == 5 && memcmp(s.p, "okay", 5) == 0) || (s.n == 3 && memcmp(s.p, "ok", 3) == 0);
}

/*
 * The first of: our own `interrupt-parent`; the node above us when it is a controller or nexus
 * (it has #interrupt-cells); whatever the node above us would use (specification v0.4, 2.4.1).
 */
static void inherit_controller(const struct dt *t, struct dt_node *node,
			       const struct dt_node *parent)
{
	struct span s;

	node->intc = 0;
	node->intc_node = DT_NONE;
	if (node_prop(t, node, "interrupt-parent", &s) && s.n == 4) {
		node->intc = load_be32(s.p);
	} else if (parent && parent->irq_cells != DT_CELLS_BAD) {
		node->intc_node = node->parent;
	} else if (parent) {
		node->intc = parent->intc;
		node->intc_node = parent->intc_node;
	}
}

static void index_node(struct dt *t, u32 n)
{
	struct dt_node *node = &t->nodes[n];
	const struct dt_node *parent = node->parent == DT_NONE ? NULL : &t->nodes[node->parent];

	node->phandle = fdt_get_phandle(t->blob, node->off);
	node->address_cells = cells_of(t, node, "#address-cells", 2);
	node->size_cells = cells_of(t, node, "#size-cells", 1);
	node->irq_cells = cells_of(t, node, "#interrupt-cells", DT_CELLS_BAD);
	node->enabled = own_status_is_okay(t, node) && (!parent || parent->enabled);
	node->has_ranges = node_prop(t, node, "ranges", &node->ranges);
	inherit_controller(t, node, parent);
}

/* First walk: how many nodes, and whether we can hold them. */
static enum status count_nodes(const void *blob, u32 *n, const char **why)
{
	int depth = 0;

	*n = 0;
	for (int off = 0; off >= 0 && depth >= 0; off = fdt_next_node(blob, off, &depth)) {
		if (depth >= DT_MAX_DEPTH)
			*why = "nodes nested deeper than 32";
		if (*n >= DT_MAX_NODES)
			*why = "more than 8192 nodes";
		if (*why)
			return E_FORMAT;
		++*n;
	}
	return OK;
}

/* Second walk: who is whose parent, and where subtrees end. */
static void link_nodes(struct dt *t)
{
	u32 open[DT_MAX_DEPTH];
	int depth = 0, open_depth = 0;
	int off = 0;

	for (u32 n = 0; n < t->n_nodes; n++) {
		while (open_depth > depth)
			t->nodes[open[--open_depth]].end = n;
		t->nodes[n].off = off;
		t->nodes[n].parent = depth ? open[depth - 1] : DT_NONE;
		t->nodes[n].end = t->n_nodes;
		open[open_depth++] = n;
		index_node(t, n);
		off = fdt_next_node(t->blob, off, &depth);
	}
}

enum status dt_open(struct span bytes, struct arena *a, struct dt *t, const char **why)
{
	*t = (struct dt){ 0 };
	TRY(dt_check(bytes, why));
	t->blob = bytes.p;
	t->size = fdt_totalsize(bytes.p);
	TRY(count_nodes(t->blob, &t->n_nodes, why));
	if (t->n_nodes == 0) {
		*why = "no root node";
		return E_FORMAT;
	}
	t->nodes = arena_new_n(a, struct dt_node, t->n_nodes);
	if (!t->nodes)
		return E_NOMEM;
	link_nodes(t);
	return OK;
}

u32 dt_parent(const struct dt *t, u32 n)
{
	return t->nodes[n].parent;
}

u32 dt_end(const struct dt *t, u32 n)
{
	return t->nodes[n].end;
}

bool dt_enabled(const struct dt *t, u32 n)
{
	return t->nodes[n].enabled;
}

struct str dt_name(const struct dt *t, u32 n)
{
	int len = 0;
	const char *name = fdt_get_name(t->blob, t->nodes[n].off, &len);

	return name ? (struct str){ name, (size_t)len } : (struct str){ "", 0 };
}

bool dt_prop(const struct dt *t, u32 n, const char *name, struct span *out)
{
	return node_prop(t, &t->nodes[n], name, out);
}

bool dt_has(const struct dt *t, u32 n, const char *name)
{
	struct span s;

	return dt_prop(t, n, name, &s);
}

bool dt_u32(const struct dt *t, u32 n, const char *name, u32 index, u32 *out)
{
	struct span s, cell;

	if (!dt_prop(t, n, name, &s) || span_at(s, (u64)index * 4, 4, &cell) != OK)
		return false;
	*out = load_be32(cell.p);
	return true;
}

bool dt_str(const struct dt *t, u32 n, const char *name, u32 index, struct str *out)
{
	struct span s;

	if (!dt_prop(t, n, name, &s))
		return false;
	while (s.n) {
		const u8 *end = (const u8 *)memchr(s.p, 0, s.n);
		struct span one;

		if (!end || span_take(&s, (size_t)(end - s.p) + 1, &one) != OK)
			return false;
		if (index-- == 0) {
			*out = (struct str){ (const char *)one.p, one.n - 1 };
			return true;
		}
	}
	return false;
}

bool dt_is_compatible(const struct dt *t, u32 n, const char *compatible)
{
	return fdt_node_check_compatible(t->blob, t->nodes[n].off, compatible) == 0;
}

enum status dt_reservation(const struct dt *t, u32 index, struct range *out)
{
	int n = fdt_num_mem_rsv(t->blob);

	if (n < 0 || index >= (u32)n ||
	    fdt_get_mem_rsv(t->blob, (int)index, &out->base, &out->len) != 0)
		return E_NOTFOUND;
	return OK;
}
