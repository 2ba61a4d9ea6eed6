/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's tree with nothing in it but what the guest is given. Nodes stay below their buses, so
 * addresses mean what they meant, and keep their phandles: the guest's interrupt controller takes
 * that of the host's, with as many cells. Only a window at another address is told apart, at the
 * root. References to what is not there are left out.
 */
#include "pass_priv.h"

#include <base/endian.h>
#include <base/fmt.h>
#include <lib/guestfw.h>

/* What the rest of the guest's tree may need. */
#define REST_SIZE KIB(8)

struct cut {
	const struct pass_resolver *r;
	struct dt_out out;
	u32 open[DT_MAX_DEPTH]; /* ends of the nodes that are open */
	u32 depth;
};

/* ---- cells -------------------------------------------------------------------------------- */

static u32 cells_of(const struct dt *t, u32 n, const char *name, u32 absent)
{
	u32 v;

	return dt_u32(t, n, name, 0, &v) && v <= DT_IRQ_CELLS ? v : absent;
}

/* One number of @from cells as two; those that do not fit are cut. */
static bool widen(struct span *in, u32 from, u8 **out)
{
	struct span s;
	u64 v = 0;

	if (span_take(in, (size_t)from * 4, &s) != OK)
		return false;
	for (u32 i = 0; i < from; i++)
		v = v << 32 | load_be32(s.p + (size_t)i * 4);
	store_be64(*out, v);
	*out += 8;
	return true;
}

/*
 * The guest's root has two cells for addresses and two for sizes. Where the host's has others,
 * `reg` and the parents' side of `ranges` of the nodes right below are written anew.
 */
static bool put_widened(struct cut *c, const char *name, struct span v, u32 own, u32 sizes)
{
	u32 a = cells_of(&c->r->t, 0, "#address-cells", 2);
	u8 buf[512], *out = buf;

	while (v.n && out + 4 * (size_t)(own + sizes) + 16 <= buf + sizeof(buf)) {
		struct span child;

		if (span_take(&v, (size_t)own * 4, &child) != OK)
			return false;
		memcpy(out, child.p, child.n);
		out += child.n;
		if (!widen(&v, a, &out))
			return false;
		if (own ? span_take(&v, (size_t)sizes * 4, &child) != OK : !widen(&v, sizes, &out))
			return false;
		if (own) {
			memcpy(out, child.p, child.n);
			out += child.n;
		}
	}
	dt_out_bytes(&c->out, name, span_of(buf, (size_t)(out - buf)));
	return true;
}

static bool root_is_two_and_two(const struct dt *t)
{
	return cells_of(t, 0, "#address-cells", 2) == 2 && cells_of(t, 0, "#size-cells", 1) == 2;
}

/* ---- properties --------------------------------------------------------------------------- */

static void put_prop(struct cut *c, u32 n, const char *name, struct span v)
{
	const struct dt *t = &c->r->t;
	bool ranges = strcmp(name, "ranges") == 0 || strcmp(name, "dma-ranges") == 0;

	if (dt_parent(t, n) == 0 && v.n && !root_is_two_and_two(t)) {
		if (strcmp(name, "reg") == 0 &&
		    put_widened(c, name, v, 0, cells_of(t, 0, "#size-cells", 1)))
			return;
		if (ranges && put_widened(c, name, v, cells_of(t, n, "#address-cells", 2),
					  cells_of(t, n, "#size-cells", 1)))
			return;
	}
	dt_out_bytes(&c->out, name, v);
}

/* A bus is there for its addresses only: what it is made of stays the machine's. */
static void put_bus(struct cut *c, u32 n)
{
	static const char *const kept[] = {
		"#address-cells", "#size-cells", "ranges", "dma-ranges", "dma-coherent",
	};
	struct span v;

	for (u32 i = 0; i < array_size(kept); i++) {
		if (dt_prop(&c->r->t, n, kept[i], &v))
			put_prop(c, n, kept[i], v);
	}
	if (dt_has(&c->r->t, n, "ranges"))
		dt_out_str(&c->out, "compatible", STR("simple-bus"));
}

static const struct vd_pass *pass_at(const struct pass_resolver *r, u32 n)
{
	const struct hd_dev *dev = pass_dev_of(r, n);

	return dev && r->pass_index[dev - r->hd->devs] ?
		       &r->pass[r->pass_index[dev - r->hd->devs] - 1] :
		       NULL;
}

static void put_moved_reg(struct cut *c, const struct vd_pass *p)
{
	u32 cells[VD_DEV_WINDOWS * 4];
	u32 n = 0;

	for (u32 i = 0; i < p->n_win; i++) {
		cells[n++] = (u32)(p->win[i].gpa.v >> 32);
		cells[n++] = (u32)p->win[i].gpa.v;
		cells[n++] = (u32)(p->win[i].size >> 32);
		cells[n++] = (u32)p->win[i].size;
	}
	dt_out_cells(&c->out, "reg", cells, n);
}

static u32 intc_phandle(const struct pass_resolver *r)
{
	return r->vd->pass_tree.intc_phandle;
}

static void put_given(struct cut *c, u32 n, const struct vd_pass *moved)
{
	const struct dt *t = &c->r->t;
	const char *name;
	struct span v;
	u32 cursor = 0;
	u32 intc;

	while (dt_prop_next(t, n, &cursor, &name, &v)) {
		if (moved && strcmp(name, "reg") == 0)
			put_moved_reg(c, moved);
		else if (pass_keeps(c->r, n, name, v))
			put_prop(c, n, name, v);
	}
	if (!dt_prop(t, n, "interrupts", &v) || !pass_keeps(c->r, n, "interrupts", v))
		return;
	/* In the guest's tree it may inherit another. */
	intc = dt_irq_parent(t, n);
	if (pass_dev_of(c->r, intc) == c->r->hd->intc)
		dt_out_u32(&c->out, "interrupt-parent", intc_phandle(c->r));
	else
		dt_out_u32(&c->out, "interrupt-parent", dt_phandle(t, intc));
}

/* ---- nodes -------------------------------------------------------------------------------- */

static void close_before(struct cut *c, u32 n)
{
	while (c->depth && c->open[c->depth - 1] <= n) {
		dt_out_end_node(&c->out);
		c->depth--;
	}
}

static void put_moved_name(struct cut *c, u32 n, const struct vd_pass *p)
{
	struct str s = dt_name(&c->r->t, n);
	char name[32];
	size_t len = 0;

	while (len < s.n && s.p[len] != '@' && len + 1 < sizeof(name)) {
		name[len] = s.p[len];
		len++;
	}
	name[len] = '\0';
	dt_out_node_at(&c->out, name, p->win[0].gpa.v);
}

/* Those of the subtree that are @moved, or those that are not. */
static void put_nodes(struct cut *c, u32 top, u32 moved)
{
	const struct dt *t = &c->r->t;

	for (u32 n = MAX(top, 1u); n < dt_end(t, top); n++) {
		u32 mark = c->r->mark[n];
		const struct vd_pass *p = moved && n == top ? pass_at(c->r, n) : NULL;

		close_before(c, n);
		if (!(mark & (PASS_GIVEN | PASS_BUS)) || (mark & PASS_MOVED) != moved)
			continue;
		if (p && p->n_win)
			put_moved_name(c, n, p);
		else
			dt_out_node(&c->out, dt_name(t, n).p);
		c->open[c->depth++] = dt_end(t, n);
		if (mark & PASS_GIVEN)
			put_given(c, n, p && p->n_win ? p : NULL);
		else
			put_bus(c, n);
	}
	close_before(c, UINT32_MAX);
}

static void put_moved(struct cut *c)
{
	const struct dt *t = &c->r->t;

	for (u32 n = 1; n < t->n_nodes; n++) {
		if (!(c->r->mark[n] & PASS_MOVED) || c->r->mark[dt_parent(t, n)] & PASS_MOVED)
			continue;
		put_nodes(c, n, PASS_MOVED);
		n = dt_end(t, n) - 1;
	}
}

/* Numbers that the machine's users know devices by; they are the root's properties here. */
static void put_aliases(struct cut *c)
{
	const struct dt *t = &c->r->t;
	u32 aliases = dt_child(t, 0, STR("aliases"));
	const char *name;
	struct span v;
	u32 cursor = 0;

	while (aliases != DT_NONE && dt_prop_next(t, aliases, &cursor, &name, &v)) {
		u32 n = v.n ? dt_find(t, (struct str){ (const char *)v.p, v.n - 1 }) : DT_NONE;

		/* That one is the emulated console. */
		if (strcmp(name, "serial0") == 0 &&
		    vmdesc_dev(c->r->vd, vmdesc_board.console.class))
			continue;
		if (n != DT_NONE && (c->r->mark[n] & (PASS_GIVEN | PASS_MOVED)) == PASS_GIVEN)
			dt_out_bytes(&c->out, name, v);
	}
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void mark_buses(struct pass_resolver *r)
{
	for (u32 n = 1; n < r->t.n_nodes; n++) {
		if ((r->mark[n] & (PASS_GIVEN | PASS_MOVED)) != PASS_GIVEN)
			continue;
		for (u32 p = dt_parent(&r->t, n); p != 0 && p != DT_NONE; p = dt_parent(&r->t, p)) {
			if (!(r->mark[p] & PASS_GIVEN))
				r->mark[p] |= PASS_BUS;
		}
	}
}

static void say_numbers(const struct pass_resolver *r, struct vd_pass_tree *tree)
{
	const struct dt *t = &r->t;
	u32 last = 0;

	for (u32 n = 0; n < t->n_nodes; n++)
		last = MAX(last, dt_phandle(t, n));
	for (u32 n = 0; n < t->n_nodes; n++) {
		if (!r->hd->intc || pass_dev_of(r, n) != r->hd->intc)
			continue;
		tree->intc_phandle = dt_phandle(t, n);
		tree->intc_irq_cells = cells_of(t, n, "#interrupt-cells", 3);
		tree->intc_address_cells = cells_of(t, n, "#address-cells", 0);
	}
	/* Of a tree that takes the last number, any one serves as badly. */
	tree->free_phandle = MIN(last, UINT32_MAX - 2) + 1;
	if (!tree->intc_phandle)
		tree->intc_phandle = tree->free_phandle++;
}

enum status pass_cut(struct pass_resolver *r, struct arena *a)
{
	struct vd_pass_tree *tree = &r->vd->pass_tree;
	size_t size = MIN(GUEST_FDT_MAX - REST_SIZE, a->size - a->used - 16);
	struct cut c = { .r = r };
	size_t mark, len;
	void *buf;

	if (a->size - a->used < KIB(1))
		return E_NOMEM;
	mark = arena_mark(a);
	buf = arena_alloc(a, align_down(size, 8), 8);
	if (!buf)
		return E_NOMEM;
	mark_buses(r);
	say_numbers(r, tree);
	dt_out_begin(&c.out, buf, align_down(size, 8));
	put_aliases(&c);
	put_nodes(&c, 0, 0);
	put_moved(&c);
	TRY(dt_out_finish(&c.out, &len));
	arena_rewind(a, mark);
	/* The same place, but not cleared again. */
	a->used = (size_t)((u8 *)buf - a->base) + len;
	tree->fdt = span_of(buf, len);
	return OK;
}
