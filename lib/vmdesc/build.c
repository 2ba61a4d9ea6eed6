/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptions grow in the caller's arena. A list that is full moves to one twice as long and
 * never exceeds its bound, so an element's address is good only until the next one is added.
 */
#include <lib/vmdesc.h>

#include <base/bits.h>
#include <base/fmt.h>
#include <base/range.h>

struct list_head {
	void *v;
	u32 n;
	u32 cap;
};

struct vmdesc *vmdesc_new(struct arena *a, const char *file)
{
	struct vmdesc *vd = arena_new(a, struct vmdesc);

	if (vd)
		vd->file = file;
	return vd;
}

/* Room for one more element of @size bytes, at most @max of them. */
static void *grow(struct list_head *l, size_t size, u32 max, struct arena *a)
{
	u32 cap = l->cap ? 2 * l->cap : 4;
	void *v;

	if (l->n >= max)
		return NULL;
	if (l->n == l->cap) {
		v = arena_array(a, MIN(cap, max), size, alignof(u64));
		if (!v)
			return NULL;
		if (l->n)
			memcpy(v, l->v, l->n * size);
		l->v = v;
		l->cap = MIN(cap, max);
	}
	return (u8 *)l->v + l->n++ * size;
}

/* The list's type is its own; its three members are those of list_head. */
#define list_add(list, a, max, out)                                             \
	do {                                                                    \
		struct list_head head_ = { (list)->v, (list)->n, (list)->cap }; \
		(out) = grow(&head_, sizeof(*(list)->v), (max), (a));           \
		(list)->v = head_.v;                                            \
		(list)->n = head_.n;                                            \
		(list)->cap = head_.cap;                                        \
	} while (0)

struct vd_vcpu *vmdesc_add_vcpu(struct vmdesc *vd, struct arena *a, struct src_pos at)
{
	struct vd_vcpu *v;

	list_add(&vd->vcpus, a, VD_MAX_VCPUS, v);
	if (v)
		v->at = at;
	return v;
}

struct vd_mem *vmdesc_add_mem(struct vmdesc *vd, struct arena *a, struct src_pos at)
{
	struct vd_mem *m;

	list_add(&vd->mems, a, VD_MAX_LIST, m);
	if (m)
		m->at = at;
	return m;
}

struct vd_image *vmdesc_add_image(struct vmdesc *vd, struct arena *a, struct src_pos at)
{
	struct vd_image *i;

	list_add(&vd->images, a, VD_MAX_LIST, i);
	if (i)
		i->at = at;
	return i;
}

struct vd_dev *vmdesc_add_dev(struct vmdesc *vd, struct arena *a, struct src_pos at)
{
	struct vd_dev *d;

	list_add(&vd->devs, a, VD_MAX_LIST, d);
	if (d)
		d->at = at;
	return d;
}

struct vd_pass *vmdesc_add_pass(struct vmdesc *vd, struct arena *a, struct src_pos at)
{
	struct vd_pass *p;

	list_add(&vd->passes, a, VD_MAX_LIST, p);
	if (p)
		p->at = at;
	return p;
}

struct vd_path *vmdesc_add_pass_path(struct vmdesc *vd, struct arena *a, struct src_pos at)
{
	struct vd_path *p;

	list_add(&vd->pass_paths, a, VD_MAX_LIST, p);
	if (p)
		p->at = at;
	return p;
}

struct vd_path *vmdesc_add_pass_except(struct vmdesc *vd, struct arena *a, struct src_pos at)
{
	struct vd_path *p;

	list_add(&vd->pass_except, a, VD_MAX_LIST, p);
	if (p)
		p->at = at;
	return p;
}

struct vd_reserve *vmdesc_add_reserve(struct vmdesc *vd, struct arena *a, struct src_pos at)
{
	struct vd_reserve *r;

	list_add(&vd->reserves, a, VD_MAX_LIST, r);
	if (r)
		r->at = at;
	return r;
}

struct vd_option *vd_dev_add_option(struct vd_dev *d, struct arena *a, struct src_pos at)
{
	struct vd_option *o;

	list_add(&d->options, a, VD_MAX_LIST, o);
	if (o)
		o->at = at;
	return o;
}

const struct vd_image *vmdesc_image(const struct vmdesc *vd, enum vd_image_role role)
{
	for (u32 i = 0; i < vd->images.n; i++) {
		if (vd->images.v[i].role == role)
			return &vd->images.v[i];
	}
	return NULL;
}

const struct vd_dev *vmdesc_dev(const struct vmdesc *vd, const char *class)
{
	for (u32 i = 0; i < vd->devs.n; i++) {
		if (str_eq_c(vd->devs.v[i].class, class))
			return &vd->devs.v[i];
	}
	return NULL;
}

const struct vd_reserve *vmdesc_reserve_at(const struct vmdesc *vd, u64 base, u64 len)
{
	for (u32 i = 0; i < vd->reserves.n; i++) {
		const struct vd_window *w = &vd->reserves.v[i].win;

		if (range_overlaps(w->base.v, w->size, base, len))
			return &vd->reserves.v[i];
	}
	return NULL;
}

struct show vmdesc_label(const struct vmdesc *vd)
{
	struct show out = { "" };

	if (vd->name.n)
		fmt_snprintf(out.s, sizeof(out.s), "VM \"%.*s\"", (int)MIN(vd->name.n, 40),
			     show_text(vd->name).s);
	else if (vd->id)
		fmt_snprintf(out.s, sizeof(out.s), "VM %u", vd->id);
	else
		fmt_snprintf(out.s, sizeof(out.s), "VM");
	return out;
}

void vd_dev_from_board(struct vd_dev *d, const struct vd_board_dev *b, u32 n_vcpus)
{
	u64 n = MAX(n_vcpus, 1);

	d->class = str_of(b->class);
	d->n_win = b->n_win;
	d->n_irq = b->n_irq;
	for (u32 i = 0; i < b->n_win; i++) {
		d->win[i] = b->win[i];
		d->win[i].size += b->per_vcpu[i] * n;
	}
	for (u32 i = 0; i < b->n_irq; i++)
		d->irq[i] = b->irq[i];
}
