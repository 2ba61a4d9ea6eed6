/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows with addresses: which devices of the machine are in a window, and which of them can be
 * given. A window that holds nothing of ours is given as it is written; of one that does, only
 * the registers of the other devices are.
 */
#include "pass_priv.h"

#define HPA_LIMIT (UINT64_C(1) << 56)

/* What a window holds. */
struct content {
	u32 n_given;
	u32 n_kept; /* ours, or excluded */
	const struct hd_dev *first;
};

static bool overlaps(const struct range *win, const struct vd_pass_window *w)
{
	return range_overlaps(win->base, win->len, w->hpa.v, w->size);
}

static bool is_in(const struct hd_dev *dev, const struct vd_pass_window *w)
{
	for (u32 i = 0; i < dev->n_win; i++) {
		if (overlaps(&dev->win[i], w))
			return true;
	}
	return false;
}

/* ---- is it a window at all ---------------------------------------------------------------- */

static bool check(const struct pass_resolver *r, const struct vd_pass *row)
{
	const struct vd_pass_window *w = &row->win[0];
	const char *wrong = NULL;
	const char *fix = "write its length in bytes, such as 0x1000";

	if (!w->size) {
		wrong = "a window of no bytes";
	} else if (!range_ok(w->hpa.v, w->size, HPA_LIMIT) || !range_valid(w->gpa.v, w->size)) {
		wrong = "is beyond all that a machine can address";
		fix = "write the address that the machine's manual says";
	} else if (pass_is_memory(r, &(struct range){ w->hpa.v, w->size })) {
		wrong = "is memory of the machine, not a device";
		fix = "give it as memory, at the host's address";
	}
	if (!wrong)
		return true;
	vd_error(&r->c, vd_pass_field(row), row->at, show_range(w->hpa.v, w->size).s, "%s", wrong);
	vd_fix(&r->c, row->at, "%s", fix);
	return false;
}

/* ---- interrupts --------------------------------------------------------------------------- */

static bool has_irq(const struct vd_pass *p, u32 line)
{
	for (u32 i = 0; i < p->n_irq; i++) {
		if (p->irq[i].host == line)
			return true;
	}
	return false;
}

static const struct hd_dev *owner_of(const struct pass_resolver *r, u32 line)
{
	for (u32 i = 0; i < r->hd->n_devs; i++) {
		const struct hd_dev *dev = &r->hd->devs[i];

		for (u32 k = 0; k < dev->n_irq; k++) {
			if (dev->irq[k].line == line)
				return dev;
		}
	}
	return NULL;
}

/* No device of the tree is there: the row's number is all that we know. */
static void raw_irq(const struct pass_resolver *r, const struct vd_pass *row, struct vd_pass *p)
{
	u32 line = row->n_irq ? row->irq[0].host : 0;
	const struct hd_dev *owner = line ? owner_of(r, line) : NULL;

	if (!line || r->vd->intc == VM_INTC_NONE)
		return;
	if (!pass_isa_is_shared(line)) {
		vd_warning(&r->c, vd_pass_field(row), row->at, NULL,
			   "interrupt %u belongs to each CPU and cannot be given: none is", line);
		vd_fix(&r->c, row->at, "write 0, or the device's interrupt (shared one %u is %u)",
		       line, pass_isa_line(line));
		return;
	}
	if (owner) {
		vd_error(&r->c, vd_pass_field(row), row->at, NULL, "interrupt %u is that of %s",
			 line, show_text(owner->path).s);
		vd_fix(&r->c, row->at, "write 0, or the address of that device");
		return;
	}
	p->irq[p->n_irq++] = (struct vd_pass_irq){ line, line, VD_TRIGGER_LEVEL };
}

/* The row's number against the interrupts of the one device that is there. */
static void check_irq(const struct pass_resolver *r, const struct vd_pass *row,
		      const struct vd_pass *p)
{
	u32 line = row->n_irq ? row->irq[0].host : 0;

	if (!line || r->vd->intc == VM_INTC_NONE || has_irq(p, line) ||
	    has_irq(p, pass_isa_line(line)))
		return;
	if (p->n_irq)
		vd_warning(&r->c, vd_pass_field(row), row->at, NULL,
			   "interrupt %u is not the interrupt of %s: %u is used", line,
			   show_text(p->path).s, p->irq[0].host);
	else
		vd_warning(&r->c, vd_pass_field(row), row->at, NULL,
			   "interrupt %u: %s has no interrupt that can be given", line,
			   show_text(p->path).s);
	vd_fix(&r->c, row->at, "write %u", p->n_irq ? p->irq[0].host : 0);
}

/* ---- windows ------------------------------------------------------------------------------ */

static bool is_kept(const struct pass_resolver *r, const struct hd_dev *dev)
{
	u32 node = r->node[dev - r->hd->devs];

	return pass_own_use(r, dev) || (node != DT_NONE && !pass_is_usable(r, node));
}

/* @dev is in the window and kept. */
static void tell_kept(struct pass_resolver *r, const struct hd_dev *dev, const struct vd_pass *row)
{
	if (pass_own_use(r, dev))
		pass_own(r, dev, row, row->win[0].gpa.v - row->win[0].hpa.v);
	else if (!pass_has_mark(r, dev, PASS_EXCEPT))
		vd_warning(&r->c, vd_pass_field(row), row->at, NULL, "%s cannot be one guest's",
			   show_text(dev->path).s);
}

static struct content look(struct pass_resolver *r, const struct vd_pass *row)
{
	struct content c = { 0 };

	for (u32 i = 0; i < r->hd->n_devs; i++) {
		const struct hd_dev *dev = &r->hd->devs[i];

		if (!is_in(dev, &row->win[0]))
			continue;
		if (is_kept(r, dev)) {
			c.n_kept++;
			tell_kept(r, dev, row);
			continue;
		}
		if (!c.n_given++)
			c.first = dev;
	}
	return c;
}

/* What of @w is the device's. */
static void give_part(struct pass_resolver *r, const struct hd_dev *dev, struct vd_pass *p,
		      const struct vd_pass_window *w)
{
	for (u32 i = 0; i < dev->n_win; i++) {
		u64 base = MAX(dev->win[i].base, w->hpa.v);
		u64 last = MIN(dev->win[i].base + (dev->win[i].len - 1), w->hpa.v + (w->size - 1));

		if (overlaps(&dev->win[i], w))
			pass_add_window(
				r, p,
				&(struct vd_pass_window){ .gpa = gpa_add(w->gpa, base - w->hpa.v),
							  .hpa = HPA(base),
							  .size = last - base + 1,
							  .prot = w->prot });
	}
}

/* The device's node and what describes its parts. */
static void mark(struct pass_resolver *r, u32 top, u32 moved)
{
	for (u32 n = top; top != DT_NONE && n < dt_end(&r->t, top);) {
		if (!pass_is_usable(r, n)) {
			n = dt_end(&r->t, n);
			continue;
		}
		r->mark[n++] |= (u8)(PASS_GIVEN | PASS_ROW | moved);
	}
}

static void give_devices(struct pass_resolver *r, const struct vd_pass *row,
			 const struct content *c)
{
	const struct vd_pass_window *w = &row->win[0];

	for (u32 i = 0; i < r->hd->n_devs; i++) {
		const struct hd_dev *dev = &r->hd->devs[i];
		struct vd_pass *p;

		if (!is_in(dev, w) || is_kept(r, dev))
			continue;
		p = pass_of(r, dev, row);
		if (!p)
			return;
		if (dev == c->first && !c->n_kept)
			pass_add_window(r, p, w);
		give_part(r, dev, p, w);
		if (c->n_given == 1)
			check_irq(r, row, p);
		mark(r, r->node[i], w->gpa.v == w->hpa.v ? 0 : PASS_MOVED);
	}
}

/* An interrupt without registers: nobody's, or of a device that is not ours. */
static void give_irq(struct pass_resolver *r, const struct vd_pass *row)
{
	const struct hd_dev *owner = owner_of(r, row->irq[0].host);
	struct vd_pass *p;

	if (owner && pass_own_use(r, owner)) {
		vd_error(&r->c, vd_pass_field(row), row->at, NULL,
			 "interrupt %u is that of %s, which the hypervisor uses", row->irq[0].host,
			 show_text(owner->path).s);
		vd_fix(&r->c, row->at, "remove it");
		return;
	}
	p = pass_new(r, row->name, row->at);
	if (p && r->vd->intc != VM_INTC_NONE)
		p->irq[p->n_irq++] = row->irq[0];
}

void pass_row(struct pass_resolver *r, const struct vd_pass *row)
{
	struct content c;
	struct vd_pass *p;

	if (!row->n_win && row->n_irq) {
		give_irq(r, row);
		return;
	}
	if (!check(r, row))
		return;
	c = look(r, row);
	if (c.n_given && c.n_kept)
		vd_warning(&r->c, vd_pass_field(row), row->at,
			   show_range(row->win[0].hpa.v, row->win[0].size).s,
			   "not all of it can be given: the guest gets the registers of %u devices "
			   "in it and nothing between them",
			   c.n_given);
	if (c.n_given || c.n_kept) {
		give_devices(r, row, &c);
		return;
	}
	p = pass_new(r, row->name, row->at);
	if (!p)
		return;
	pass_add_window(r, p, &row->win[0]);
	raw_irq(r, row, p);
}
