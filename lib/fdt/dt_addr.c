/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `reg` and the way up through `ranges` (specification v0.4, 2.3.6 and 2.3.8). A window that
 * comes out has been inside one range of every bus above it; nothing is guessed.
 */
#include <lib/fdt.h>

#include "dt.h"

#define MAX_RANGES 256 /* of one bus; later ones are not looked at */

enum status dt_take(struct span *s, u32 cells, u64 *out)
{
	struct span raw;
	u64 v = 0;

	TRY(span_take(s, (size_t)cells * 4, &raw));
	for (u32 i = 0; i < cells; i++) {
		if (v >> 32)
			return E_UNSUP;
		v = v << 32 | dt_be32(raw.p + (size_t)i * 4);
	}
	*out = v;
	return OK;
}

/* Entry @index of `reg`, in the address space of the bus the node is on. */
static enum status reg_entry(const struct dt *t, u32 n, u32 index, struct span *entry,
			     const struct dt_node **bus)
{
	struct span reg = dt_span(t, t->nodes[n].reg);
	u32 width;

	if (dt_parent(t, n) == DT_NONE || reg.n == 0)
		return E_NOTFOUND;
	*bus = &t->nodes[dt_parent(t, n)];
	if ((*bus)->address_cells == DT_CELLS_BAD || (*bus)->size_cells == DT_CELLS_BAD)
		return E_FORMAT;
	width = ((u32)(*bus)->address_cells + (*bus)->size_cells) * 4;
	if (width == 0 || reg.n % width)
		return E_FORMAT;
	if (span_at(reg, (u64)index * width, width, entry) != OK)
		return E_NOTFOUND;
	return OK;
}

enum status dt_reg_id(const struct dt *t, u32 n, u32 index, u64 *out)
{
	const struct dt_node *bus;
	struct span entry;

	TRY(reg_entry(t, n, index, &entry, &bus));
	return dt_take(&entry, bus->address_cells, out);
}

struct bus_range {
	u64 child;
	u64 parent;
	u64 len;
};

/* Cut one entry off a bus's `ranges`; E_UNSUP: wider than 64 bits, to be skipped. */
static enum status take_range(struct span *s, const struct dt_node *bus, u32 parent_cells,
			      struct bus_range *out)
{
	struct span child, parent, len;

	TRY(span_take(s, (size_t)bus->address_cells * 4, &child));
	TRY(span_take(s, (size_t)parent_cells * 4, &parent));
	TRY(span_take(s, (size_t)bus->size_cells * 4, &len));
	TRY(dt_take(&child, bus->address_cells, &out->child));
	TRY(dt_take(&parent, parent_cells, &out->parent));
	return dt_take(&len, bus->size_cells, &out->len);
}

/* One step up: from the bus's address space into that of the node above it. */
static enum status translate(const struct dt *t, const struct dt_node *bus, struct range *r)
{
	const struct dt_node *above = &t->nodes[bus->parent];
	struct span s = dt_span(t, bus->ranges);

	if (!bus->ranges.at)
		return E_UNSUP;
	if (s.n == 0)
		return OK;
	if (above->address_cells == DT_CELLS_BAD)
		return E_FORMAT;
	for (u32 i = 0; i < MAX_RANGES && s.n; i++) {
		struct bus_range m;
		enum status st = take_range(&s, bus, above->address_cells, &m);

		if (st == E_RANGE)
			return E_FORMAT;
		if (st != OK || !range_inside(r->base, r->len, m.child, m.len))
			continue;
		r->base = r->base - m.child + m.parent;
		return range_valid(r->base, r->len) ? OK : E_FORMAT;
	}
	return E_UNSUP;
}

enum status dt_reg(const struct dt *t, u32 n, u32 index, struct range *out)
{
	const struct dt_node *bus;
	struct span entry;

	TRY(reg_entry(t, n, index, &entry, &bus));
	if (bus->size_cells == 0)
		return E_UNSUP; /* an id, not a window */
	TRY(dt_take(&entry, bus->address_cells, &out->base));
	TRY(dt_take(&entry, bus->size_cells, &out->len));
	if (!range_valid(out->base, out->len))
		return E_FORMAT;
	for (; bus->parent != DT_NONE; bus = &t->nodes[bus->parent])
		TRY(translate(t, bus, out));
	return OK;
}

enum status dt_range(const struct dt *t, u32 n, u32 index, struct range *out)
{
	const struct dt_node *bus = &t->nodes[n], *above;
	struct span s = dt_span(t, bus->ranges), child;
	u32 width;

	if (bus->parent == DT_NONE || !bus->ranges.at)
		return E_NOTFOUND;
	above = &t->nodes[bus->parent];
	if (bus->address_cells == DT_CELLS_BAD || bus->size_cells == DT_CELLS_BAD ||
	    above->address_cells == DT_CELLS_BAD)
		return E_FORMAT;
	width = ((u32)bus->address_cells + above->address_cells + bus->size_cells) * 4;
	if (width == 0 || span_at(s, (u64)index * width, width, &s) != OK)
		return E_NOTFOUND;
	TRY(span_take(&s, (size_t)bus->address_cells * 4, &child));
	TRY(dt_take(&s, above->address_cells, &out->base));
	TRY(dt_take(&s, bus->size_cells, &out->len));
	if (!range_valid(out->base, out->len))
		return E_FORMAT;
	for (; above->parent != DT_NONE; above = &t->nodes[above->parent])
		TRY(translate(t, above, out));
	return OK;
}
