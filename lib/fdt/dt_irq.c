/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupt specifiers. A controller decides how many cells an entry has, so a list can only be
 * walked from its start; the walk ends with the bytes of the property.
 */
#include <lib/fdt.h>

#include "dt.h"

u32 dt_irq_parent(const struct dt *t, u32 n)
{
	return t->nodes[n].intc_node;
}

/* Cut one specifier for @controller off @s. */
static enum status take_specifier(const struct dt *t, struct span *s, u32 controller,
				  struct dt_irq *out)
{
	struct span raw;
	u32 n;

	if (controller == DT_NONE)
		return E_FORMAT;
	n = t->nodes[controller].irq_cells;
	if (n == 0 || n == DT_CELLS_BAD || span_take(s, (size_t)n * 4, &raw) != OK)
		return E_FORMAT;
	*out = (struct dt_irq){ .controller = controller, .n_cells = n };
	for (u32 i = 0; i < n; i++)
		out->cell[i] = dt_be32(raw.p + (size_t)i * 4);
	return OK;
}

static enum status extended_irq(const struct dt *t, struct span s, u32 index, struct dt_irq *out)
{
	for (u32 i = 0; s.n; i++) {
		struct span phandle;

		if (span_take(&s, 4, &phandle) != OK)
			return E_FORMAT;
		TRY(take_specifier(t, &s, dt_find_phandle(t, dt_be32(phandle.p)), out));
		if (i == index)
			return OK;
	}
	return E_NOTFOUND;
}

static_assert(DT_CELLS_BAD > DT_IRQ_CELLS, "index_node() keeps at most four cells");

enum status dt_irq(const struct dt *t, u32 n, u32 index, struct dt_irq *out)
{
	struct span s = dt_span(t, t->nodes[n].irqs);
	u32 controller = dt_irq_parent(t, n);

	if (t->nodes[n].extended)
		return extended_irq(t, s, index, out);
	for (u32 i = 0; s.n; i++) {
		TRY(take_specifier(t, &s, controller, out));
		if (i == index)
			return OK;
	}
	return E_NOTFOUND;
}

enum status dt_irq_map(const struct dt *t, u32 n, u32 index, struct dt_irq *out)
{
	const struct dt_node *nexus = &t->nodes[n];
	struct span s, child, phandle;
	u32 last = 0, to = DT_NONE, cells = 0;

	if (nexus->irq_cells == DT_CELLS_BAD || nexus->address_cells == DT_CELLS_BAD ||
	    !dt_prop(t, n, "interrupt-map", &s))
		return E_NOTFOUND;
	for (u32 i = 0; s.n; i++) {
		if (span_take(&s, ((size_t)nexus->address_cells + nexus->irq_cells) * 4, &child) !=
			    OK ||
		    span_take(&s, 4, &phandle) != OK)
			return E_FORMAT;
		/* Entries in a row name the same controller: it is looked for once. */
		if (dt_be32(phandle.p) != last) {
			last = dt_be32(phandle.p);
			to = dt_find_phandle(t, last);
			cells = 0;
			/* Of a controller that does not say, none (unlike of a bus). */
			if (to != DT_NONE)
				(void)dt_u32(t, to, "#address-cells", 0, &cells);
		}
		if (cells > DT_CELLS_MAX || span_take(&s, (size_t)cells * 4, &child) != OK)
			return E_FORMAT;
		TRY(take_specifier(t, &s, to, out));
		if (i == index)
			return OK;
	}
	return E_NOTFOUND;
}
