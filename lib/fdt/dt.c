/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a tree: after dt_open() everything that is inherited or asked for often (names, cells,
 * interrupt parent, ranges, status) is in the index, so that no question about a node costs more
 * than its own properties.
 */
#include <lib/fdt.h>

#include <base/compiler.h>
#include <base/str.h>

#include "dt.h"

/* Properties that the index is made of. Of two with the same name the first one counts. */
enum known_prop {
	KNOWN_ADDRESS_CELLS,
	KNOWN_SIZE_CELLS,
	KNOWN_IRQ_CELLS,
	KNOWN_PHANDLE,
	KNOWN_OLD_PHANDLE,
	KNOWN_STATUS,
	KNOWN_RANGES,
	KNOWN_INTC,
	KNOWN_COMPATIBLE,
	KNOWN_REG,
	KNOWN_IRQS,
	KNOWN_IRQS_EXTENDED,
	N_KNOWN
};

static enum known_prop known_irq_prop(const char *name)
{
	if (!strcmp(name, "interrupts"))
		return KNOWN_IRQS;
	if (!strcmp(name, "interrupt-parent"))
		return KNOWN_INTC;
	return !strcmp(name, "interrupts-extended") ? KNOWN_IRQS_EXTENDED : N_KNOWN;
}

static enum known_prop known_prop(const char *name, u32 sum)
{
	switch (sum) {
	case DT_SUM('#', 'a', 'd'):
		return !strcmp(name, "#address-cells") ? KNOWN_ADDRESS_CELLS : N_KNOWN;
	case DT_SUM('#', 's', 'i'):
		return !strcmp(name, "#size-cells") ? KNOWN_SIZE_CELLS : N_KNOWN;
	case DT_SUM('#', 'i', 'n'):
		return !strcmp(name, "#interrupt-cells") ? KNOWN_IRQ_CELLS : N_KNOWN;
	case DT_SUM('p', 'h', 'a'):
		return !strcmp(name, "phandle") ? KNOWN_PHANDLE : N_KNOWN;
	case DT_SUM('l', 'i', 'n'):
		return !strcmp(name, "linux,phandle") ? KNOWN_OLD_PHANDLE : N_KNOWN;
	case DT_SUM('s', 't', 'a'):
		return !strcmp(name, "status") ? KNOWN_STATUS : N_KNOWN;
	case DT_SUM('r', 'a', 'n'):
		return !strcmp(name, "ranges") ? KNOWN_RANGES : N_KNOWN;
	case DT_SUM('c', 'o', 'm'):
		return !strcmp(name, "compatible") ? KNOWN_COMPATIBLE : N_KNOWN;
	case DT_SUM('r', 'e', 'g'):
		return !strcmp(name, "reg") ? KNOWN_REG : N_KNOWN;
	case DT_SUM('i', 'n', 't'):
		return known_irq_prop(name);
	default:
		return N_KNOWN;
	}
}

u8 dt_cells(struct span v)
{
	return v.n == 4 && dt_be32(v.p) <= DT_CELLS_MAX ? (u8)dt_be32(v.p) : DT_CELLS_BAD;
}

bool dt_status_is_okay(struct span v)
{
	return (v.n == 5 && memcmp(v.p, "okay", 5) == 0) || (v.n == 3 && memcmp(v.p, "ok", 3) == 0);
}

static void note_prop(const struct dt *t, struct dt_node *node, enum known_prop k,
		      struct dt_piece piece)
{
	struct span v = dt_span(t, piece);
	u32 cell = v.n == 4 ? dt_be32(v.p) : 0;

	switch (k) {
	case KNOWN_ADDRESS_CELLS:
		node->address_cells = dt_cells(v);
		break;
	case KNOWN_SIZE_CELLS:
		node->size_cells = dt_cells(v);
		break;
	case KNOWN_IRQ_CELLS:
		node->irq_cells = dt_cells(v);
		break;
	case KNOWN_PHANDLE:
		node->phandle = cell;
		break;
	case KNOWN_OLD_PHANDLE:
		node->phandle = node->phandle ? node->phandle : cell;
		break;
	case KNOWN_STATUS:
		node->enabled = dt_status_is_okay(v);
		break;
	case KNOWN_RANGES:
		node->ranges = piece;
		break;
	case KNOWN_INTC:
		node->intc = cell;
		break;
	case KNOWN_COMPATIBLE:
		node->compatible = piece;
		break;
	case KNOWN_REG:
		node->reg = piece;
		break;
	case KNOWN_IRQS_EXTENDED:
		node->extended = true;
		node->irqs = piece;
		break;
	case KNOWN_IRQS:
		node->irqs = node->extended ? node->irqs : piece;
		break;
	case N_KNOWN:
		break;
	}
}

/*
 * The first of: our own `interrupt-parent`; the node above us when it is a controller or nexus
 * (it has #interrupt-cells); whatever the node above us would use (specification v0.4, 2.4.1).
 */
static void inherit(struct dt_node *node, const struct dt_node *parent)
{
	if (!parent)
		return;
	node->enabled &= parent->enabled;
	if (node->intc)
		return;
	if (parent->irq_cells != DT_CELLS_BAD) {
		node->intc_node = node->parent;
	} else {
		node->intc = parent->intc;
		node->intc_node = parent->intc_node;
	}
}

/* What a name was found to be: the names of most properties stand in the strings once. */
struct recall {
	u32 name; /* its offset, and 1 more; 0: nothing yet */
	u32 bit;
	enum known_prop known;
};
#define N_RECALL 32

static const struct recall *look_up(const struct dt *t, u32 name, struct recall *all)
{
	struct recall *r = &all[(name ^ name >> 5) % N_RECALL];
	const char *s = (const char *)t->strings.p + name;
	u32 sum;

	if (r->name == name + 1)
		return r;
	sum = dt_name_sum(s);
	*r = (struct recall){ name + 1, dt_name_bit(sum), known_prop(s, sum) };
	return r;
}

/* The node called @name, whose properties begin at @at; where they end. */
static u32 index_node(struct dt *t, struct dt_node *node, u32 at, struct recall *all)
{
	struct dt_piece value = { 0 };
	u32 seen = 0, tag;

	node->props = at;
	node->address_cells = 2;
	node->size_cells = 1;
	node->irq_cells = DT_CELLS_BAD;
	node->enabled = true;
	node->intc_node = DT_NONE;
	node->end = t->n_nodes;
	for (; (tag = dt_be32(t->structure.p + at)) == DT_PROP || tag == DT_NOP;
	     at += tag == DT_PROP ? DT_PROP_LEN + dt_align(value.len) : 4) {
		const u8 *p = t->structure.p + at;
		const struct recall *r;

		if (tag == DT_NOP)
			continue;
		value = (struct dt_piece){ at + DT_PROP_LEN, dt_be32(p + 4) };
		r = look_up(t, dt_be32(p + 8), all);
		node->names |= r->bit;
		if (!(seen & 1u << r->known))
			note_prop(t, node, r->known, value);
		seen |= 1u << r->known;
	}
	inherit(node, node->parent == DT_NONE ? NULL : &t->nodes[node->parent]);
	return at;
}

/* Second walk: who is whose parent, where subtrees end, and what is in the index of each. */
static void index_nodes(struct dt *t)
{
	struct recall all[N_RECALL] = { 0 };
	u32 open[DT_MAX_DEPTH];
	u32 n = 0, depth = 0, at = 0;
	struct dt_token tok;

	while (dt_token_at(t, at, &tok) && tok.tag != DT_END) {
		at = tok.next;
		if (tok.tag == DT_END_NODE)
			t->nodes[open[--depth]].end = n;
		if (tok.tag != DT_BEGIN_NODE)
			continue;
		t->nodes[n].name =
			(struct dt_piece){ (u32)(tok.value.p - t->structure.p), (u32)tok.value.n };
		t->nodes[n].parent = depth ? open[depth - 1] : DT_NONE;
		at = index_node(t, &t->nodes[n], at, all);
		open[depth++] = n++;
	}
}

/* Where phandles lead is known only when all nodes are. */
static void find_controllers(struct dt *t)
{
	for (u32 n = 0; n < t->n_nodes; n++) {
		struct dt_node *node = &t->nodes[n];

		if (!node->intc)
			continue;
		if (n && t->nodes[node->parent].intc == node->intc)
			node->intc_node = t->nodes[node->parent].intc_node;
		else
			node->intc_node = dt_find_phandle(t, node->intc);
	}
}

enum status dt_open(struct span bytes, struct arena *a, struct dt *t, const char **why)
{
	u32 depth;

	TRY(dt_check_into(bytes, t, &depth, why));
	if (depth > DT_MAX_DEPTH)
		*why = "nodes nested deeper than 32";
	if (t->n_nodes > DT_MAX_NODES)
		*why = "more than 8192 nodes";
	if (*why)
		return E_FORMAT;
	t->nodes = arena_new_n(a, struct dt_node, t->n_nodes);
	if (!t->nodes)
		return E_NOMEM;
	index_nodes(t);
	find_controllers(t);
	return OK;
}

u32 dt_parent(const struct dt *t, u32 n)
{
	return t->nodes[n].parent;
}

u32 dt_phandle(const struct dt *t, u32 n)
{
	return t->nodes[n].phandle;
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
	struct span s = dt_span(t, t->nodes[n].name);

	return (struct str){ (const char *)s.p, s.n };
}

/* The walk that is made most: over what has been checked, from the first property to the last. */
bool dt_prop_from(const struct dt *t, u32 props, const char *name, struct span *out)
{
	const char *strings = (const char *)t->strings.p;
	const u8 *p = t->structure.p + props;
	const char *have;

	for (;;) {
		u32 tag = dt_be32(p), len;

		if (tag == DT_NOP) {
			p += 4;
			continue;
		}
		if (tag != DT_PROP)
			return false;
		len = dt_be32(p + 4);
		have = strings + dt_be32(p + 8);
		if (*have == *name && !strcmp(have, name)) {
			*out = span_of(p + DT_PROP_LEN, len);
			return true;
		}
		p += DT_PROP_LEN + dt_align(len);
	}
}

bool dt_prop(const struct dt *t, u32 n, const char *name, struct span *out)
{
	const struct dt_node *node = &t->nodes[n];

	return (node->names & dt_name_bit(dt_name_sum(name))) &&
	       dt_prop_from(t, node->props, name, out);
}

bool dt_prop_next(const struct dt *t, u32 n, u32 *at, const char **name, struct span *out)
{
	u32 from = *at ? *at : t->nodes[n].props;
	struct dt_token tok;

	while (dt_token_at(t, from, &tok) && tok.tag == DT_NOP)
		from = tok.next;
	if (!dt_token_at(t, from, &tok) || tok.tag != DT_PROP)
		return false;
	*name = tok.name;
	*out = tok.value;
	*at = tok.next;
	return true;
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
	*out = dt_be32(cell.p);
	return true;
}

/* Cut a string off a list of strings. */
static bool take_str(struct span *s, struct str *out)
{
	size_t len = strnlen((const char *)s->p, s->n);
	struct span one;

	if (len == s->n || span_take(s, len + 1, &one) != OK)
		return false;
	*out = (struct str){ (const char *)one.p, len };
	return true;
}

bool dt_str(const struct dt *t, u32 n, const char *name, u32 index, struct str *out)
{
	struct span s;

	if (!dt_prop(t, n, name, &s))
		return false;
	while (take_str(&s, out))
		if (index-- == 0)
			return true;
	return false;
}

bool dt_is_compatible(const struct dt *t, u32 n, const char *compatible)
{
	struct span s = dt_span(t, t->nodes[n].compatible);
	struct str one;

	while (take_str(&s, &one))
		if (!strcmp(one.p, compatible))
			return true;
	return false;
}

bool dt_is_device(const struct dt *t, u32 n)
{
	const struct dt_node *node = &t->nodes[n];

	return node->compatible.at && (node->reg.at || node->irqs.at);
}

enum status dt_reservation(const struct dt *t, u32 index, struct range *out)
{
	struct span one;

	if (span_at(t->reservations, (u64)index * DT_RSV_LEN, DT_RSV_LEN, &one) != OK)
		return E_NOTFOUND;
	*out = (struct range){ load_be64(one.p), load_be64(one.p + 8) };
	return OK;
}
