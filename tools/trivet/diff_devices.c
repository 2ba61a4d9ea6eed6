/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices of a description taken apart, emulated and passed through.
 */
#include <base/bits.h>
#include <lib/words.h>

#include "diff.h"

static const char *hex(u64 v)
{
	return tool_text("%s", show_hex(v).s);
}

static const char *range(u64 base, u64 size)
{
	return tool_text("%s of %s", hex(base), hex(size));
}

static const char *trigger(enum vd_trigger t)
{
	return (u32)t > VD_TRIGGER_EDGE ? tool_text("%u", (u32)t) : board_trigger_name(t);
}

/* ---- emulated ------------------------------------------------------------------------------ */

static void add_windows(struct diff_item *item, const struct vd_dev *d)
{
	for (u32 i = 0; i < d->n_win && i < VD_DEV_WINDOWS; i++)
		diff_fact(item, d->at, diff_nth("window", i),
			  range(d->win[i].base.v, d->win[i].size));
	for (u32 i = 0; i < d->n_irq && i < VD_DEV_IRQS; i++) {
		diff_fact(item, d->at, diff_nth("interrupt", i), tool_text("%u", d->irq[i].line));
		diff_fact(item, d->at, diff_nth("trigger", i), trigger(d->irq[i].trigger));
	}
}

/* The same device of another name is matched by its place, then by its class. */
static void add_dev(struct diff_items *items, const struct vd_dev *d)
{
	const char *class = diff_word(d->class), *name = diff_word(d->name);
	struct diff_item *item =
		diff_add(items, d->at, tool_text("device %s", d->name.n ? name : class));

	item->key[1] = tool_text("device at %s", d->n_win ? hex(d->win[0].base.v) : "");
	item->key[2] = tool_text("device of %s", class);
	diff_fact(item, d->at, "name", name);
	diff_fact(item, d->at, "class", class);
	add_windows(item, d);
	for (u32 i = 0; i < d->options.n; i++) {
		const struct vd_option *o = &d->options.v[i];
		u32 before = 0;

		for (u32 k = 0; k < i; k++)
			before += str_eq(d->options.v[k].key, o->key);
		diff_fact(item, o->at, diff_nth(tool_text("option %s", diff_word(o->key)), before),
			  diff_word(o->value));
	}
}

/* ---- passed through ------------------------------------------------------------------------ */

static void add_pass_window(struct diff_item *item, const struct vd_pass *p, u32 i)
{
	static const char *const how[] = { "mapped", "forwarded" };
	const struct vd_pass_window *w = &p->win[i];
	u32 rights = board_pass_prot(w), more = w->prot & ~7u;
	bool known = (u32)w->how < array_size(how);

	diff_fact(item, p->at, diff_nth("window", i), range(w->gpa.v, w->size));
	diff_fact(item, p->at, diff_nth("host address", i), hex(w->hpa.v));
	diff_fact(item, p->at, diff_nth("access", i), board_prot_name(rights));
	/* Silence is the usual, so that there is nothing to say of most. */
	if (more)
		diff_fact(item, p->at, diff_nth("DMA", i), more == VD_NO_DMA ? "none" : hex(more));
	diff_fact(item, p->at, diff_nth("reached", i),
		  known ? how[w->how] : tool_text("%u", (u32)w->how));
}

static void add_pass(struct diff_items *items, const struct vd_pass *p)
{
	const char *path = diff_word(p->path), *name = diff_word(p->name);
	struct diff_item *item = diff_add(items, p->at, tool_text("passed-through %s", name));

	item->key[1] = tool_text("pass at %s", p->n_win	 ? hex(p->win[0].hpa.v) :
					       p->path.n ? path :
							   name);
	item->key[2] = tool_text("pass for %s", p->n_win ? hex(p->win[0].gpa.v) : "");
	diff_fact(item, p->at, "name", name);
	diff_fact(item, p->at, "host node", path);
	for (u32 i = 0; i < p->n_win && i < VD_DEV_WINDOWS; i++)
		add_pass_window(item, p, i);
	for (u32 i = 0; i < p->n_irq && i < VD_PASS_IRQS; i++) {
		const struct vd_pass_irq *irq = &p->irq[i];

		diff_fact(item, p->at, diff_nth("interrupt", i), tool_text("%u", irq->guest));
		diff_fact(item, p->at, diff_nth("host interrupt", i), tool_text("%u", irq->host));
		diff_fact(item, p->at, diff_nth("trigger", i), trigger(irq->trigger));
	}
}

/* A number that changes with every byte (FNV-1a). */
static u64 digest(struct span s)
{
	u64 h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static void add_tree(struct diff_items *items, const struct vmdesc *vd)
{
	const struct vd_pass_tree *t = &vd->pass_tree;
	struct src_pos file = { .file = vd->file };
	struct diff_item *item;

	if (!t->fdt.n)
		return;
	item = diff_add(items, file, "nodes of the host's tree");
	diff_fact(item, file, "nodes",
		  tool_text("%zu bytes, digest %s", t->fdt.n, hex(digest(t->fdt))));
	diff_fact(item, file, "interrupt controller", hex(t->intc_phandle));
	diff_fact(item, file, "cells of its address", tool_text("%u", t->intc_address_cells));
	diff_fact(item, file, "cells of an interrupt", tool_text("%u", t->intc_irq_cells));
	diff_fact(item, file, "first free phandle", hex(t->free_phandle));
}

void diff_devices(struct diff_items *items, const struct vmdesc *vd)
{
	for (u32 i = 0; i < vd->devs.n; i++)
		add_dev(items, &vd->devs.v[i]);
	for (u32 i = 0; i < vd->passes.n; i++)
		add_pass(items, &vd->passes.v[i]);
	add_tree(items, vd);
}
