/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What given nodes refer to. A node that only describes is told to the guest as well. Hardware that
 * a node asked for by its path needs is given with it, and named; what a window needs is only named,
 * because its user chose each address. Every node is looked at once.
 */
#include "pass_priv.h"

#include <base/endian.h>

#define CELLS_MAX 16

/* ---- which properties refer to nodes ------------------------------------------------------ */

/* Pairs: the property, and the property of the node referred to that says how many cells follow. */
static const char references[] = "clocks\0#clock-cells\0"
				 "assigned-clocks\0#clock-cells\0"
				 "assigned-clock-parents\0#clock-cells\0"
				 "power-domains\0#power-domain-cells\0"
				 "resets\0#reset-cells\0"
				 "dmas\0#dma-cells\0"
				 "phys\0#phy-cells\0"
				 "mboxes\0#mbox-cells\0"
				 "pwms\0#pwm-cells\0"
				 "hwlocks\0#hwlock-cells\0"
				 "io-channels\0#io-channel-cells\0"
				 "thermal-sensors\0#thermal-sensor-cells\0"
				 "interrupts-extended\0#interrupt-cells\0"
				 "gpios\0#gpio-cells\0"
				 "operating-points-v2\0\0"
				 "nvmem-cells\0\0"
				 "phy-handle\0\0"
				 "next-level-cache\0\0"
				 "\0";

/* Refer to what a guest does not have: memory of the machine, its I/O MMU, its message interrupts. */
static const char never[] = "iommus\0iommu-map\0iommu-map-mask\0msi-parent\0msi-map\0msi-map-mask\0"
			    "memory-region\0interrupt-parent\0";

static bool ends(const char *s, const char *with)
{
	return str_ends(str_of(s), with);
}

/* "" for lists of phandles alone; NULL when the property refers to nothing. */
static const char *cells_of(const char *name)
{
	for (const char *p = references; *p;) {
		const char *cells = p + strlen(p) + 1;

		if (strcmp(p, name) == 0)
			return cells;
		p = cells + strlen(cells) + 1;
	}
	if (ends(name, "-gpios") || ends(name, "-gpio"))
		return "#gpio-cells";
	if (ends(name, "-supply") || str_starts(str_of(name), "pinctrl-"))
		return strcmp(name, "pinctrl-names") == 0 ? NULL : "";
	return NULL;
}

/* A vendor's property with the phandle of a register file first ("vendor,grf"). */
static u32 syscon_of(const struct dt *t, const char *name, struct span value)
{
	u32 n;

	if (value.n < 4 || value.n % 4 || (!strchr(name, ',') && strcmp(name, "syscon") != 0))
		return DT_NONE;
	n = dt_find_phandle(t, load_be32(value.p));
	return n != DT_NONE && dt_is_compatible(t, n, "syscon") ? n : DT_NONE;
}

/* Cut one reference off @value. */
static bool next_reference(const struct dt *t, struct span *value, const char *cells, u32 *to)
{
	struct span s;
	u32 n = 0;

	if (span_take(value, 4, &s) != OK)
		return false;
	*to = dt_find_phandle(t, load_be32(s.p));
	if (*cells && *to != DT_NONE && !dt_u32(t, *to, cells, 0, &n))
		return false;
	return n <= CELLS_MAX && span_take(value, (size_t)n * 4, &s) == OK;
}

/* ---- what is there for the guest ---------------------------------------------------------- */

static bool is_intc(const struct pass_resolver *r, u32 n)
{
	return r->hd->intc && pass_dev_of(r, n) == r->hd->intc;
}

static bool is_there(const struct pass_resolver *r, u32 n)
{
	return n != DT_NONE && (r->mark[n] & PASS_GIVEN || is_intc(r, n));
}

bool pass_keeps(const struct pass_resolver *r, u32 n, const char *name, struct span value)
{
	const char *cells = cells_of(name);
	u32 to;

	if (strcmp(name, "interrupts") == 0)
		return r->vd->intc != VM_INTC_NONE && is_there(r, dt_irq_parent(&r->t, n));
	for (const char *p = never; *p; p += strlen(p) + 1) {
		if (strcmp(p, name) == 0)
			return false;
	}
	if (!cells) {
		to = syscon_of(&r->t, name, value);
		return to == DT_NONE || is_there(r, to);
	}
	while (value.n) {
		if (!next_reference(&r->t, &value, cells, &to))
			return false;
		if (!is_there(r, to))
			return false;
	}
	return true;
}

/* ---- following them ----------------------------------------------------------------------- */

struct walk {
	struct pass_resolver *r;
	u32 *queue;
	u32 n;
	u32 *origin; /* of a node: the one that was asked for and led to it */
};

static void give(struct walk *w, u32 from, u32 n)
{
	u8 *mark = &w->r->mark[n];

	if (*mark & PASS_GIVEN || n == 0)
		return;
	*mark |= (u8)(PASS_GIVEN | (w->r->mark[from] & PASS_ROW));
	w->origin[n] = w->origin[from];
	w->queue[w->n++] = n;
}

/* The device whose registers @n is part of; DT_NONE: it is description. */
static u32 hardware_of(const struct pass_resolver *r, u32 n)
{
	for (; n && n != DT_NONE; n = dt_parent(&r->t, n)) {
		const struct hd_dev *dev = pass_dev_of(r, n);

		if (dev && dev->n_win)
			return n;
		if (dt_has(&r->t, n, "ranges") && !dt_has(&r->t, n, "#clock-cells"))
			return DT_NONE;
	}
	return DT_NONE;
}

/* Where a description begins: its parts alone say nothing. */
static u32 top_of(const struct pass_resolver *r, u32 n)
{
	u32 top = n;

	while (top && !dt_has(&r->t, top, "compatible"))
		top = dt_parent(&r->t, top);
	return top ? top : n;
}

/* The device at or around @n that has a pass: its place in the file is where messages point. */
static const struct vd_pass *asked_for(const struct pass_resolver *r, u32 n)
{
	static const struct vd_pass unknown;

	for (; n && n != DT_NONE; n = dt_parent(&r->t, n)) {
		const struct hd_dev *dev = pass_dev_of(r, n);

		if (dev && r->pass_index[dev - r->hd->devs])
			return &r->pass[r->pass_index[dev - r->hd->devs] - 1];
	}
	return r->n ? &r->pass[0] : &unknown;
}

/* The hardware @n is needed. False: the guest does not get it. */
static bool give_hardware(struct walk *w, u32 from, u32 n)
{
	struct pass_resolver *r = w->r;
	const struct hd_dev *dev = pass_dev_of(r, n);
	struct vd_pass why = *asked_for(r, w->origin[from]);
	bool too = !(r->mark[from] & PASS_ROW);
	u8 *told = &r->told[dev - r->hd->devs];

	if (r->mark[n] & PASS_GIVEN)
		return true;
	if (!*told)
		vd_warning(&r->c, vd_pass_field(&why), why.at, NULL, "%s needs %s, which is %s",
			   show_text(why.path).s, show_text(dev->path).s,
			   too ? "given too: what else depends on that is in this guest's hands" :
				 "not given: the guest's tree does not refer to it");
	*told = 1;
	if (!too)
		return false;
	why.name = dev->path;
	pass_whole(r, dev, &why);
	give(w, from, n);
	return true;
}

static void need(struct walk *w, u32 from, u32 to)
{
	struct pass_resolver *r = w->r;
	u32 top, hardware;

	if (to == DT_NONE || to == 0 || r->mark[to] & PASS_GIVEN || !pass_is_usable(r, to))
		return;
	top = top_of(r, to);
	hardware = hardware_of(r, top);
	if (!pass_is_usable(r, top))
		return;
	if (hardware != DT_NONE &&
	    (!pass_is_usable(r, hardware) || !give_hardware(w, from, hardware)))
		return;
	/* All below the node itself; of those above it, only they. */
	for (u32 n = to; n < dt_end(&r->t, to); n++) {
		if (!pass_dev_of(r, n))
			give(w, from, n);
	}
	for (u32 n = to; n != top; n = dt_parent(&r->t, n))
		give(w, from, n);
	give(w, from, top);
}

static void follow(struct walk *w, u32 n)
{
	const struct dt *t = &w->r->t;
	const char *name;
	struct span value;
	u32 cursor = 0;
	u32 to;

	while (dt_prop_next(t, n, &cursor, &name, &value)) {
		const char *cells = cells_of(name);

		if (!cells)
			need(w, n, syscon_of(t, name, value));
		else
			while (next_reference(t, &value, cells, &to))
				need(w, n, to);
	}
	if (dt_has(t, n, "interrupts"))
		need(w, n, dt_irq_parent(t, n));
}

/* Nodes that were asked for by path come first: what they bring, windows need not miss. */
enum status pass_dependencies(struct pass_resolver *r)
{
	struct walk w = { .r = r };
	u32 done = 0;

	if (!r->t.n_nodes)
		return OK;
	w.queue = arena_new_n(&r->scratch, u32, r->t.n_nodes);
	w.origin = arena_new_n(&r->scratch, u32, r->t.n_nodes);
	if (!w.queue || !w.origin)
		return E_NOMEM;
	for (u32 n = 0; n < r->t.n_nodes; n++)
		w.origin[n] = n;
	for (u32 row = 0; row <= PASS_ROW; row += PASS_ROW) {
		for (u32 n = 1; n < r->t.n_nodes; n++) {
			if (r->mark[n] & PASS_GIVEN && (r->mark[n] & PASS_ROW) == row)
				follow(&w, n);
		}
		for (; done < w.n; done++)
			follow(&w, w.queue[done]);
	}
	return OK;
}
