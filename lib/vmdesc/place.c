/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places for devices that were given none. What has a place comes first, whoever gave it; the
 * others follow in the order of their names, so that the same file gives the same board whatever
 * the order of its lines, and a device more moves only those behind it.
 */
#include "vmdesc_priv.h"

/* The end of something in [base, base + size), 0 when it is free. */
static u64 taken_until(const struct vmdesc *vd, u64 base, u64 size)
{
	for (u32 i = 0; i < vd->mems.n; i++) {
		const struct vd_mem *m = &vd->mems.v[i];

		if (range_overlaps(m->base.v, m->size, base, size))
			return m->base.v + m->size;
	}
	for (u32 i = 0; i < vd->reserves.n; i++) {
		const struct vd_window *w = &vd->reserves.v[i].win;

		if (range_overlaps(w->base.v, w->size, base, size))
			return w->base.v + w->size;
	}
	for (u32 i = 0; i < vd->devs.n; i++) {
		for (u32 k = 0; k < vd->devs.v[i].n_win; k++) {
			const struct vd_window *w = &vd->devs.v[i].win[k];

			if (range_overlaps(w->base.v, w->size, base, size))
				return w->base.v + w->size;
		}
	}
	for (u32 i = 0; i < vd->passes.n; i++) {
		for (u32 k = 0; k < vd->passes.v[i].n_win; k++) {
			const struct vd_pass_window *w = &vd->passes.v[i].win[k];

			if (range_overlaps(w->gpa.v, w->size, base, size))
				return w->gpa.v + w->size;
		}
	}
	return 0;
}

static bool line_taken(const struct vmdesc *vd, u32 line)
{
	for (u32 i = 0; i < vd->devs.n; i++) {
		for (u32 k = 0; k < vd->devs.v[i].n_irq; k++) {
			if (vd->devs.v[i].irq[k].line == line)
				return true;
		}
	}
	for (u32 i = 0; i < vd->passes.n; i++) {
		for (u32 k = 0; k < vd->passes.v[i].n_irq; k++) {
			if (vd->passes.v[i].irq[k].guest == line)
				return true;
		}
	}
	for (u32 i = 0; i < vd->reserves.n; i++) {
		if (!vd->reserves.v[i].win.size && vd->reserves.v[i].irq == line)
			return true;
	}
	return false;
}

static bool place_window(const struct vmdesc *vd, struct vd_window *w)
{
	const struct vd_window *pool = &vmdesc_board.pool;
	u64 align = MAX(w->size, KIB(4)) & -MAX(w->size, KIB(4));
	u64 at = align_up(pool->base.v, align);
	u64 end;

	while (range_inside(at, w->size, pool->base.v, pool->size)) {
		end = taken_until(vd, at, w->size);
		if (!end) {
			w->base = GPA(at);
			return true;
		}
		if (end <= at)
			break;
		at = align_up(end, align);
	}
	return false;
}

static bool place_line(const struct vmdesc *vd, struct vd_irq *irq)
{
	for (u32 line = vmdesc_board.first_line; line <= vmdesc_board.last_line; line++) {
		if (line_taken(vd, line))
			continue;
		irq->line = line;
		return true;
	}
	return false;
}

/* Its windows and interrupts count as taken one by one, while it is being placed. */
static bool place(struct vmdesc *vd, struct vd_dev *dev)
{
	u32 n_win = dev->n_win, n_irq = dev->n_irq;
	bool ok = true;

	for (dev->n_win = 0; dev->n_win < n_win; dev->n_win++)
		ok = place_window(vd, &dev->win[dev->n_win]) && ok;
	for (dev->n_irq = 0; dev->n_irq < n_irq; dev->n_irq++)
		ok = place_line(vd, &dev->irq[dev->n_irq]) && ok;
	return ok;
}

static int compare(struct str a, struct str b)
{
	int d = memcmp(a.p, b.p, MIN(a.n, b.n));

	return d ? d : (a.n > b.n) - (a.n < b.n);
}

/* Those that wait for a place have no windows and interrupts meanwhile: nothing is in their way. */
static struct vd_dev *next_to_place(struct vmdesc *vd)
{
	struct vd_dev *first = NULL;

	for (u32 i = 0; i < vd->devs.n; i++) {
		struct vd_dev *dev = &vd->devs.v[i];

		if (dev->is_placed_by_us && (!first || compare(dev->name, first->name) < 0))
			first = dev;
	}
	return first;
}

enum status vmdesc_place_devices(struct vmdesc *vd, struct diag *d)
{
	const struct vd_check c = { .vd = vd, .d = d };
	u32 before = d->n_errors;
	u32 n_win[VD_MAX_LIST], n_irq[VD_MAX_LIST];
	struct vd_dev *dev;

	for (u32 i = 0; i < vd->devs.n; i++) {
		dev = &vd->devs.v[i];
		n_win[i] = dev->n_win;
		n_irq[i] = dev->n_irq;
		if (dev->is_placed_by_us)
			dev->n_win = dev->n_irq = 0;
	}
	while ((dev = next_to_place(vd)) != NULL) {
		dev->n_win = n_win[dev - vd->devs.v];
		dev->n_irq = n_irq[dev - vd->devs.v];
		dev->is_placed_by_us = false;
		if (place(vd, dev))
			continue;
		vd_error(&c, VD_F_VIRTUAL, dev->at, NULL, "%s: there is no free place for it",
			 vd_dev_label(dev).s);
		vd_fix(&c, dev->at, "have less in %s, where such devices go",
		       show_range(vmdesc_board.pool.base.v, vmdesc_board.pool.size).s);
	}
	return d->n_errors == before ? OK : E_INVAL;
}
