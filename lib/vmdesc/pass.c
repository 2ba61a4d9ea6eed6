/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file asks of the host's hardware, against the machine that is there. Rows come first,
 * nodes then; one device of the machine becomes at most one pass. What the hypervisor uses itself
 * is never given: the guest's emulated device stands in for it, and the user is told.
 */
#include "pass_priv.h"

/* ---- devices of the machine --------------------------------------------------------------- */

const struct hd_dev *pass_dev_of(const struct pass_resolver *r, u32 node)
{
	return r->dev[node] == PASS_NO_DEV ? NULL : &r->hd->devs[r->dev[node]];
}

static bool has_line(const struct hd_dev *dev, u32 line)
{
	for (u32 i = 0; line && i < dev->n_irq; i++) {
		if (dev->irq[i].line == line)
			return true;
	}
	return false;
}

static bool is_timer(const struct pass_resolver *r, const struct hd_dev *dev)
{
	return has_line(dev, r->hd->irq_timer_guest_virt) || has_line(dev, r->hd->irq_timer_host);
}

const char *pass_own_use(const struct pass_resolver *r, const struct hd_dev *dev)
{
	const struct hostdesc *hd = r->hd;
	u32 node = r->node[dev - hd->devs];

	if (dev == hd->intc)
		return "interrupt controller";
	if (dev == hd->console)
		return "console";
	if (dev->taken)
		return "disk";
	if (is_timer(r, dev))
		return "timer";
	return node != DT_NONE && r->mark[node] & PASS_OWN ? "interrupt controller" : NULL;
}

bool pass_has_mark(const struct pass_resolver *r, const struct hd_dev *dev, u32 mark)
{
	u32 node = r->node[dev - r->hd->devs];

	return node != DT_NONE && r->mark[node] & mark;
}

/* The emulated device that is to the guest what @dev is to us. */
static struct vd_dev *twin_of(const struct pass_resolver *r, const struct hd_dev *dev)
{
	const struct vd_board_dev *b = dev == r->hd->intc    ? &vmdesc_board.intc :
				       dev == r->hd->console ? &vmdesc_board.console :
							       NULL;

	for (u32 i = 0; b && i < r->vd->devs.n; i++) {
		struct vd_dev *v = &r->vd->devs.v[i];

		if (str_eq_c(v->class, b->class) || pass_isa_same_kind(dev, v->class))
			return v;
	}
	return NULL;
}

/* A device of the default board goes where the guest expects the host's of the same kind. */
static void move_twin(struct vd_dev *twin, const struct hd_dev *dev, u64 delta)
{
	if (!twin->is_default || dev->n_win < twin->n_win || !pass_isa_same_kind(dev, twin->class))
		return;
	for (u32 i = 0; i < twin->n_win; i++)
		twin->win[i].base = GPA(dev->win[i].base + delta);
	if (twin->n_irq && dev->n_irq)
		twin->irq[0].line = dev->irq[0].line;
}

void pass_own(struct pass_resolver *r, const struct hd_dev *dev, const struct vd_pass *asked,
	      u64 delta)
{
	struct vd_dev *twin = twin_of(r, dev);
	u8 *told = &r->told[dev - r->hd->devs];
	struct show where = { "" };

	if (*told)
		return;
	*told = 1;
	if (twin)
		move_twin(twin, dev, delta);
	if (twin && twin->win[0].base.v)
		where = show_hex(twin->win[0].base.v);
	vd_warning(&r->c, vd_pass_field(asked), asked->at, NULL,
		   "%s is the hypervisor's own (%s): the guest gets %s%s", show_text(dev->path).s,
		   pass_own_use(r, dev),
		   *where.s	    ? "an emulated one at " :
		   twin		    ? "an emulated one" : /* its place comes later */
		   is_timer(r, dev) ? "those of its vCPUs" :
				      "none",
		   where.s);
}

/* ---- passes ------------------------------------------------------------------------------- */

struct vd_pass *pass_new(struct pass_resolver *r, struct str name, struct src_pos at)
{
	struct vd_pass *p = &r->pass[r->n];

	if (r->n == r->cap)
		return NULL;
	r->n++;
	p->name = name;
	p->at = at;
	return p;
}

/* Devices may share a line: one of them brings it. */
static bool is_given(const struct pass_resolver *r, u32 line)
{
	for (u32 i = 0; i < r->n; i++) {
		for (u32 k = 0; k < r->pass[i].n_irq; k++) {
			if (r->pass[i].irq[k].host == line)
				return true;
		}
	}
	return false;
}

struct vd_pass *pass_of(struct pass_resolver *r, const struct hd_dev *dev,
			const struct vd_pass *asked)
{
	u16 *index = &r->pass_index[dev - r->hd->devs];
	struct vd_pass *p = *index ? &r->pass[*index - 1] : NULL;
	bool named;

	if (p)
		return p;
	/* A node's pass is called by its own path, not by that of the node that was asked for. */
	named = asked->name.n && *asked->name.p != '/';
	p = pass_new(r, named ? asked->name : dev->path, asked->at);
	if (!p)
		return NULL;
	*index = (u16)r->n;
	p->path = dev->path;
	for (u32 i = 0; r->vd->intc != VM_INTC_NONE && i < dev->n_irq && p->n_irq < VD_PASS_IRQS;
	     i++) {
		u32 line = dev->irq[i].line;

		if (pass_isa_is_shared(line) && !is_given(r, line))
			p->irq[p->n_irq++] =
				(struct vd_pass_irq){ line, line,
						      dev->irq[i].trigger == HD_TRIGGER_EDGE ?
							      VD_TRIGGER_EDGE :
							      VD_TRIGGER_LEVEL };
	}
	return p;
}

/* @a lies in @b, at the same distance between host and guest. */
static bool window_inside(const struct vd_pass_window *a, const struct vd_pass_window *b)
{
	return range_inside(a->hpa.v, a->size, b->hpa.v, b->size) &&
	       a->gpa.v - a->hpa.v == b->gpa.v - b->hpa.v;
}

void pass_add_window(struct pass_resolver *r, struct vd_pass *p, const struct vd_pass_window *w)
{
	for (u32 i = 0; i < r->n; i++) {
		for (u32 k = 0; k < r->pass[i].n_win; k++) {
			if (window_inside(w, &r->pass[i].win[k]))
				return;
		}
	}
	if (w->size && p->n_win < VD_DEV_WINDOWS)
		p->win[p->n_win++] = *w;
}

bool pass_is_memory(const struct pass_resolver *r, const struct range *win)
{
	const struct hostdesc *hd = r->hd;

	for (u32 i = 0; i < hd->n_mem + hd->n_reserved; i++) {
		const struct range *m = i < hd->n_mem ? &hd->mem[i] : &hd->reserved[i - hd->n_mem];

		if (range_overlaps(m->base, m->len, win->base, win->len))
			return true;
	}
	return false;
}

void pass_whole(struct pass_resolver *r, const struct hd_dev *dev, const struct vd_pass *asked)
{
	struct vd_pass *p = pass_of(r, dev, asked);

	for (u32 i = 0; p && i < dev->n_win; i++) {
		const struct range *w = &dev->win[i];

		if (pass_is_memory(r, w))
			vd_warning(&r->c, vd_pass_field(asked), asked->at,
				   show_range(w->base, w->len).s,
				   "%s: is memory of the machine, and not given",
				   show_text(dev->path).s);
		else
			pass_add_window(r, p,
					&(struct vd_pass_window){ .gpa = GPA(w->base),
								  .hpa = HPA(w->base),
								  .size = w->len });
	}
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void mark_subtree(struct pass_resolver *r, u32 n, u8 mark)
{
	for (u32 k = n; k < dt_end(&r->t, n); k++)
		r->mark[k] |= mark;
}

/* Nodes and devices, both ways; what the hypervisor uses. */
static void relate(struct pass_resolver *r)
{
	for (u32 i = 0; i < r->hd->n_devs; i++) {
		r->node[i] = r->t.n_nodes ? dt_find(&r->t, r->hd->devs[i].path) : DT_NONE;
		if (r->node[i] != DT_NONE)
			r->dev[r->node[i]] = (u16)i;
	}
	for (u32 i = 0; i < r->hd->n_devs; i++) {
		if (r->node[i] != DT_NONE && pass_own_use(r, &r->hd->devs[i]))
			mark_subtree(r, r->node[i], PASS_OWN);
	}
}

/* The index of the tree is the larger half; the result is put into the rest. */
static void take_scratch(struct pass_resolver *r, struct arena *a)
{
	size_t free = a->size - a->used;
	size_t keep = free / 8 * 3;

	arena_init(&r->scratch, a->base + a->used + keep, free - keep);
	a->size -= free - keep;
}

static enum status prepare(struct pass_resolver *r, struct span fdt)
{
	struct arena *s = &r->scratch;
	u32 n_devs = r->hd->n_devs;
	const char *why;

	if (fdt.n && dt_open(fdt, s, &r->t, &why) == E_NOMEM)
		return E_NOMEM;
	r->cap = MIN(n_devs + r->vd->passes.n, (u32)UINT16_MAX);
	r->mark = arena_new_n(s, u8, r->t.n_nodes + 1);
	r->dev = arena_new_n(s, u16, r->t.n_nodes + 1);
	r->node = arena_new_n(s, u32, n_devs + 1);
	r->pass_index = arena_new_n(s, u16, n_devs + 1);
	r->told = arena_new_n(s, u8, n_devs + 1);
	r->pass = arena_new_n(s, struct vd_pass, r->cap + 1);
	if (!r->mark || !r->dev || !r->node || !r->pass_index || !r->told || !r->pass)
		return E_NOMEM;
	memset(r->dev, 0xff, (r->t.n_nodes + 1) * sizeof(*r->dev));
	relate(r);
	return OK;
}

/* The user's window is the device there: one of the default board makes way. */
static void make_way(struct pass_resolver *r, const struct vd_pass_window *w)
{
	struct vmdesc *vd = r->vd;
	u32 n = 0;

	for (u32 i = 0; i < vd->devs.n; i++) {
		const struct vd_dev *dev = &vd->devs.v[i];
		bool hit = dev->is_default && str_eq_c(dev->class, vmdesc_board.console.class) &&
			   range_overlaps(dev->win[0].base.v, dev->win[0].size, w->gpa.v, w->size);

		if (!hit)
			vd->devs.v[n++] = *dev;
	}
	vd->devs.n = n;
}

static enum status take_result(struct pass_resolver *r, struct arena *a)
{
	struct vd_pass *v = arena_new_n(a, struct vd_pass, r->n + 1);
	u32 n = 0;

	if (!v)
		return E_NOMEM;
	for (u32 i = 0; i < r->n; i++) {
		const struct vd_pass *p = &r->pass[i];

		for (u32 k = 0; k < p->n_win; k++)
			make_way(r, &p->win[k]);
		if (p->n_win || p->n_irq)
			v[n++] = *p;
	}
	r->vd->passes.v = v;
	r->vd->passes.n = n;
	r->vd->passes.cap = r->n + 1;
	return OK;
}

static enum status resolve(struct pass_resolver *r, struct span fdt, struct arena *a)
{
	TRY(prepare(r, fdt));
	pass_exceptions(r);
	for (u32 i = 0; i < r->vd->passes.n; i++)
		pass_row(r, &r->vd->passes.v[i]);
	pass_paths(r);
	TRY(pass_dependencies(r));
	pass_judge(r);
	TRY(take_result(r, a));
	return r->t.n_nodes ? pass_cut(r, a) : OK;
}

static bool is_inside(const struct vd_mem *m, const struct range *r, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		if (range_inside(m->host.v, m->size, r[i].base, r[i].len))
			return true;
	}
	return false;
}

/*
 * Memory that is not claimed must be nobody's, and such that we can look into it ourselves; what is
 * claimed must be there.
 */
static void check_hosts(const struct pass_resolver *r)
{
	const struct hostdesc *hd = r->hd;

	for (u32 i = 0; i < r->vd->mems.n; i++) {
		const struct vd_mem *m = &r->vd->mems.v[i];
		bool is_there = is_inside(m, hd->mem, hd->n_mem);

		if (m->backing == VD_MEM_ALLOC || !hd->n_mem)
			continue;
		if (m->backing == VD_MEM_RESERVED) {
			if (is_there && is_inside(m, hd->reserved, hd->n_reserved))
				continue;
			vd_error(&r->c, VD_F_MEMORY_REGIONS, m->at,
				 show_range(m->host.v, m->size).s,
				 "memory that the machine reserves, but it does not reserve this");
			vd_fix(&r->c, m->at, "claim it, or have the machine reserve it");
		} else if (!is_there) {
			vd_error(&r->c, VD_F_MEMORY_REGIONS, m->at,
				 show_range(m->host.v, m->size).s,
				 "the machine has no memory at these addresses");
			vd_fix(&r->c, m->at, "write an address in %s, or have it allocated",
			       show_range(hd->mem[0].base, hd->mem[0].len).s);
		}
	}
}

enum status vmdesc_resolve_passes(struct vmdesc *vd, const struct hostdesc *hd,
				  struct span host_fdt, struct arena *a, struct diag *d)
{
	struct pass_resolver r = { .c = { .vd = vd, .d = d }, .vd = vd, .hd = hd };
	size_t size = a->size;
	u32 before = d->n_errors;
	struct src_pos at;

	check_hosts(&r);
	if (!vd->passes.n && !vd->pass_paths.n)
		return d->n_errors == before ? OK : E_INVAL;
	at = vd->passes.n ? vd->passes.v[0].at : vd->pass_paths.v[0].at;
	take_scratch(&r, a);
	if (resolve(&r, host_fdt, a) != OK) {
		vd_error(&r.c, VD_F_PASSTHROUGH_DEVICES, at, NULL,
			 "so much of the machine does not fit into the memory of a VM");
		vd_fix(&r.c, at, "name fewer nodes, or keep some out");
	}
	a->size = size;
	return d->n_errors == before ? OK : E_INVAL;
}
