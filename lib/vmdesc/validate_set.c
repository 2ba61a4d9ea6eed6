/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two VMs must not have in common. All that VMs claim is sorted, so that who claims the same
 * stands side by side. Of two the later is refused: which one is later is the caller's order, so the
 * same files always give the same answer.
 */
#include "vmdesc_priv.h"

#include <base/fmt.h>

enum kind {
	BY_ID,
	BY_NAME, /* base: a hash of it */
	BY_MEMORY,
	BY_WINDOW,
	BY_LINE,
	BY_CPU, /* may be shared, but is it meant? */
	KINDS
};

struct claim {
	u64 base, len;
	const void *what; /* the row of the description */
	u32 vm;
	u16 kind;
	bool told;
};

struct set {
	struct claim *v;
	u32 n, cap;
	const struct vmdesc *const *vds;
	const struct vd_target *t;
	bool *refused;
	struct diag *d;
};

static struct vd_check check_of(const struct set *s, u32 vm)
{
	return (struct vd_check){ s->vds[vm], s->t, s->d };
}

/* ---- what is claimed ------------------------------------------------------------------------ */

static void add(struct set *s, enum kind kind, u32 vm, const void *what, struct range r)
{
	if (!r.len)
		return;
	if (s->n < s->cap)
		s->v[s->n] = (struct claim){ r.base, r.len, what, vm, (u16)kind, false };
	s->n++;
}

static u64 hash_of(struct str s)
{
	u64 h = 0xcbf29ce484222325;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (u8)s.p[i]) * 0x100000001b3;
	return h;
}

static void add_passes(struct set *s, u32 vm)
{
	const struct vmdesc *vd = s->vds[vm];

	for (u32 i = 0; i < vd->passes.n; i++) {
		const struct vd_pass *p = &vd->passes.v[i];

		for (u32 k = 0; k < p->n_win; k++)
			add(s, BY_WINDOW, vm, p, (struct range){ p->win[k].hpa.v, p->win[k].size });
		for (u32 k = 0; k < p->n_irq; k++)
			add(s, BY_LINE, vm, p, (struct range){ p->irq[k].host, 1 });
	}
}

static void add_vm(struct set *s, u32 vm)
{
	const struct vmdesc *vd = s->vds[vm];

	if (vd->id && !(vd->reported & BIT(VD_F_ID)))
		add(s, BY_ID, vm, vd, (struct range){ vd->id, 1 });
	if (!(vd->reported & BIT(VD_F_NAME)))
		add(s, BY_NAME, vm, vd, (struct range){ hash_of(vd->name), 1 });
	for (u32 i = 0; i < vd->mems.n; i++) {
		const struct vd_mem *m = &vd->mems.v[i];

		if (m->backing != VD_MEM_ALLOC)
			add(s, BY_MEMORY, vm, m, vd_host_range(m));
	}
	add_passes(s, vm);
	for (u32 i = 0; i < vd->vcpus.n; i++) {
		const struct vd_vcpu *v = &vd->vcpus.v[i];

		/* A wish for one CPU alone. */
		if (v->mask_at.line && v->cpu_mask && !(v->cpu_mask & (v->cpu_mask - 1)))
			add(s, BY_CPU, vm, v, (struct range){ v->cpu_mask, 1 });
	}
}

/* ---- sorting: by kind, begin, VM (a heap, as there may be many) ------------------------------- */

static bool is_before(const struct claim *a, const struct claim *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->base != b->base ? a->base < b->base : a->vm < b->vm;
}

static void swap(struct claim *a, struct claim *b)
{
	struct claim c = *a;

	*a = *b;
	*b = c;
}

static void sink(struct claim *v, u32 at, u32 n)
{
	for (u32 child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && is_before(&v[child], &v[child + 1]))
			child++;
		if (!is_before(&v[at], &v[child]))
			return;
		swap(&v[at], &v[child]);
	}
}

static void sort(struct claim *v, u32 n)
{
	for (u32 i = n / 2; i-- > 0;)
		sink(v, i, n);
	while (n > 1) {
		swap(&v[0], &v[--n]);
		sink(v, 0, n);
	}
}

/* ---- who has what somebody else has ----------------------------------------------------------- */

static void tell_id(const struct vd_check *c, const struct vmdesc *a)
{
	char value[16];

	fmt_snprintf(value, sizeof(value), "%u", c->vd->id);
	vd_error(c, VD_F_ID, c->vd->id_at, value, "another VM has this number");
	vd_note(c, a->id_at, "%s has it", vmdesc_label(a).s);
	vd_fix(c, c->vd->id_at, "write a number that no other VM has");
}

static void tell_name(const struct vd_check *c, const struct vmdesc *a)
{
	vd_error(c, VD_F_NAME, c->vd->name_at, NULL, "another VM has this name");
	vd_note(c, a->name_at, "VM %u has it", a->id);
	vd_fix(c, c->vd->name_at, "write a name that no other VM has");
}

static void tell_memory(const struct vd_check *c, const struct vd_mem *y, const struct vmdesc *a,
			const struct vd_mem *x)
{
	vd_error(c, VD_F_MEMORY_REGIONS, y->at, show_range(y->host.v, y->size).s,
		 "this host memory is claimed by another VM");
	vd_note(c, x->at, "%s claims %s", vmdesc_label(a).s, show_range(x->host.v, x->size).s);
	vd_fix(c, y->at,
	       "write another range (whole blocks of 2 MiB are claimed), or have it allocated");
}

static void tell_pass(const struct vd_check *c, const struct vd_pass *y, const struct vmdesc *a,
		      const struct vd_pass *x)
{
	vd_error(c, vd_pass_field(y), y->at, NULL, "%s is given to another VM",
		 show_text(y->path.n ? y->path : y->name).s);
	vd_note(c, x->at, "%s has it", vmdesc_label(a).s);
	vd_fix(c, y->at, "keep it out of one of them");
}

static void tell_cpu(const struct vd_check *c, const struct vd_vcpu *y, const struct vmdesc *a,
		     const struct vd_vcpu *x)
{
	vd_warning(c, VD_F_PHYS_CPU_SETS, y->mask_at,
		   vd_cpus_as_written(c, y->cpu_mask, y->cpu_mask).s,
		   "another VM has a vCPU on this CPU alone, too: they take turns");
	vd_note(c, x->mask_at, "%s", vmdesc_label(a).s);
}

static void tell(struct set *s, const struct claim *first, struct claim *second)
{
	const struct vmdesc *a = s->vds[first->vm];
	struct vd_check c = check_of(s, second->vm);

	/* Of a row once, whatever else of it is another's. */
	for (u32 i = 0; i < s->n; i++)
		s->v[i].told |= s->v[i].what == second->what &&
				(s->v[i].kind == second->kind || second->kind > BY_NAME);
	s->refused[second->vm] |= second->kind != BY_CPU;
	switch ((enum kind)second->kind) {
	case BY_ID:
		tell_id(&c, a);
		break;
	case BY_NAME:
		tell_name(&c, a);
		break;
	case BY_MEMORY:
		tell_memory(&c, second->what, a, first->what);
		break;
	case BY_WINDOW:
	case BY_LINE:
		tell_pass(&c, second->what, a, first->what);
		break;
	case BY_CPU:
	case KINDS:
	default:
		tell_cpu(&c, second->what, a, first->what);
		break;
	}
}

static bool is_clash(const struct set *s, const struct claim *a, const struct claim *b)
{
	if (a->vm == b->vm || a->kind != b->kind ||
	    !range_overlaps(a->base, a->len, b->base, b->len))
		return false;
	return a->kind != BY_NAME || str_eq(s->vds[a->vm]->name, s->vds[b->vm]->name);
}

#define MAX_OPEN 8

/* @e reaches further than @o, which begins no later and reaches to where @e begins. */
static bool reaches_further(const struct claim *e, const struct claim *o)
{
	return e->len > o->len - (e->base - o->base);
}

/*
 * Of those that reach so far as many are kept to compare with, one of each VM: the one that reaches
 * furthest. Who does not fit in is the last of more than MAX_OPEN that claim the same, so it has
 * been refused, and whatever else it claims does no harm.
 */
static u32 keep(struct claim **open, u32 n, struct claim *e)
{
	u32 last = 0;

	for (u32 k = 0; k < n; k++) {
		if (open[k]->vm == e->vm) {
			if (reaches_further(e, open[k]))
				open[k] = e;
			return n;
		}
		if (open[k]->vm > open[last]->vm)
			last = k;
	}
	if (n < MAX_OPEN)
		open[n++] = e;
	else if (open[last]->vm > e->vm)
		open[last] = e;
	return n;
}

static void compare(struct set *s)
{
	struct claim *open[MAX_OPEN];
	u32 n_open = 0;

	for (u32 i = 0; i < s->n; i++) {
		struct claim *e = &s->v[i];
		u32 n = 0;

		for (u32 k = 0; k < n_open; k++) {
			struct claim *o = open[k];

			if (o->kind != e->kind || e->base - o->base >= o->len)
				continue;
			open[n++] = o;
			if (is_clash(s, o, e) && !(o->vm < e->vm ? e : o)->told)
				tell(s, o->vm < e->vm ? o : e, o->vm < e->vm ? e : o);
		}
		n_open = keep(open, n, e);
	}
}

/* ---- all of them ------------------------------------------------------------------------------ */

static void check_total(struct set *s, u32 n)
{
	u64 total = 0;

	for (u32 i = 0; i < n && s->t->free_ram; i++) {
		struct vd_check c = check_of(s, i);
		u64 more = vd_ram_of(s->vds[i]);

		/* Alone too much: it was told. */
		if (s->refused[i] || more > s->t->free_ram)
			continue;
		if (more <= s->t->free_ram - total) {
			total += more;
			continue;
		}
		vd_error(&c, VD_F_MEMORY_REGIONS, s->vds[i]->mems_at, NULL,
			 "%s, but other VMs leave only %s of the machine's %s", show_size(more).s,
			 show_size(s->t->free_ram - total).s, show_size(s->t->free_ram).s);
		vd_fix(&c, s->vds[i]->mems_at,
		       "make regions of one of them smaller, or give the machine more memory");
		s->refused[i] = true;
	}
}

enum status vmdesc_validate_set(const struct vd_set *set, bool *refused, struct arena *a,
				struct diag *d)
{
	struct set s = { .vds = set->vds, .t = set->target, .refused = refused, .d = d };
	u32 before = d->n_errors;
	size_t mark = arena_mark(a);

	for (u32 i = 0; i < set->n; i++)
		add_vm(&s, i);
	s.cap = s.n;
	s.v = arena_new_n(a, struct claim, s.n + 1);
	if (!s.v)
		return E_NOMEM;
	s.n = 0;
	for (u32 i = 0; i < set->n; i++)
		add_vm(&s, i);
	sort(s.v, s.n);
	compare(&s);
	check_total(&s, set->n);
	arena_rewind(a, mark);
	return d->n_errors == before ? OK : E_INVAL;
}

static bool has_id(struct vmdesc *const *vds, u32 n, u32 id)
{
	for (u32 i = 0; i < n; i++) {
		if (vds[i]->id == id)
			return true;
	}
	return false;
}

void vmdesc_number(struct vmdesc *const *vds, u32 n)
{
	u32 next = 1;

	for (u32 i = 0; i < n; i++) {
		while (!vds[i]->id && has_id(vds, n, next))
			next++;
		if (!vds[i]->id)
			vds[i]->id = next++;
	}
}
