/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One flat assembly of everything that was declared: compounds are opened, their inner instances
 * called outer.inner; settings and the ends of connections find their instances. Order is no
 * matter: a setting may stand before the instance it sets.
 */
#include "camkes_priv.h"

#include <base/fmt.h>

/* A scope: the body of a compound, and what its names are prefixed with. */
struct scope {
	const struct ck_body *body;
	struct ck_flat *outer; /* NULL: the assembly */
	u32 depth;
};

static struct ck_name *full_name(struct camkes *ck, const struct scope *s, const struct ck_name *n)
{
	return ck_join(ck, s->outer ? s->outer->name : NULL, n);
}

/* ---- instances ----------------------------------------------------------------------------- */

static void suggest_component(struct camkes *ck, const struct ck_inst *i)
{
	struct suggest near = { .word = i->type->text };

	if (++ck->n_unknown > CK_MAX_UNKNOWN)
		return;
	for (u32 b = 0; b < CK_BUCKETS; b++) {
		for (const struct ck_name *n = ck->bucket[b]; n; n = n->next) {
			if (n->component)
				suggest_try(&near, n->text.p);
		}
	}
	if (near.best)
		ck_fix(ck, i->at, "did you mean '%s'?", near.best);
	else
		ck_fix(ck, i->at, "declare it, or import the file that does");
}

static const struct ck_component *component_of(struct camkes *ck, const struct ck_inst *i)
{
	if (i->own)
		return i->own;
	if (!i->type->component && !ck_is_helper(i->type->text) && !i->type->told) {
		i->type->told = true;
		ck_error(ck, i->at, "component %s: there is none of this name",
			 show_text(i->type->text).s);
		suggest_component(ck, i);
	}
	return i->type->component;
}

static struct ck_flat *add_flat(struct camkes *ck, const struct scope *s, const struct ck_inst *i)
{
	struct ck_name *name = full_name(ck, s, i->name);
	struct ck_flat *f;

	if (!name)
		return NULL;
	if (name->instance) {
		ck_error(ck, i->at, "instance %s is declared twice", show_text(name->text).s);
		ck_fix(ck, i->at, "remove or rename one of the two");
		ck_note(ck, name->instance->at, "here is the other");
		return NULL;
	}
	if (++ck->n_instances > CK_MAX_INSTANCES) {
		ck_too_large(ck, i->at, "instances", CK_MAX_INSTANCES);
		return NULL;
	}
	f = ck_new(ck, struct ck_flat);
	if (!f)
		return NULL;
	f->name = name;
	f->last = i->name;
	f->at = i->at;
	f->type = i->type;
	f->component = component_of(ck, i);
	name->instance = f;
	ck_append(&ck->flats, f);
	return f;
}

static bool is_compound(const struct ck_flat *f)
{
	return f && f->component && f->component->body.instances.first;
}

static void add_instances(struct camkes *ck, const struct scope *s)
{
	if (s->depth > CK_MAX_COMPOUNDS) {
		ck_too_large(ck, s->outer->at, "compounds inside of each other", CK_MAX_COMPOUNDS);
		return;
	}
	for (const struct ck_inst *i = s->body->instances.first; i && !ck_stopped(ck);
	     i = i->next) {
		struct ck_flat *f = add_flat(ck, s, i);
		struct ck_name *grouped = f && i->group ? ck_join(ck, i->group, i->name) : NULL;

		if (grouped)
			grouped = full_name(ck, s, grouped);
		if (grouped && !grouped->instance)
			grouped->instance = f;
		if (is_compound(f))
			add_instances(ck, &(struct scope){ &f->component->body, f, s->depth + 1 });
	}
}

/* ---- what is set, by who has it ---------------------------------------------------------------- */

static u32 bucket_of(const void *owner, const struct ck_name *attr)
{
	return (u32)((uintptr_t)owner / sizeof(struct ck_flat) * 31 + attr->hash) % CK_BUCKETS;
}

const struct ck_seen *ck_find_set(const struct camkes *ck, const void *owner,
				  const struct ck_name *attr)
{
	const struct ck_seen *e = ck->seen[bucket_of(owner, attr)];

	while (e && !(e->owner == owner && e->attr == attr))
		e = e->next;
	return e;
}

/* Interfaces and attributes have names of their own: an instance's place stands for the former. */
static void add_seen(struct camkes *ck, const void *owner, const struct ck_value *v)
{
	struct ck_seen **bucket = &ck->seen[bucket_of(owner, v->attr)];
	struct ck_seen *e = ck_new(ck, struct ck_seen);

	if (!e)
		return;
	*e = (struct ck_seen){ owner, v->attr, v->item, v->at, *bucket };
	*bucket = e;
}

static void mark_connected(struct camkes *ck, const struct ck_flat *f, struct ck_name *iface)
{
	struct ck_value v = { .attr = iface };

	add_seen(ck, &f->at, &v);
}

bool ck_is_connected(const struct camkes *ck, const struct ck_flat *f, const struct ck_name *iface)
{
	return ck_find_set(ck, &f->at, iface) != NULL;
}

/* ---- connections --------------------------------------------------------------------------- */

static void told_unknown(struct camkes *ck, struct src_pos at, struct ck_name *name,
			 const char *what)
{
	struct suggest near = { .word = name->text };

	if (name->told)
		return;
	name->told = true;
	ck_warning(ck, at, "there is no instance %s%s", show_text(name->text).s, what);
	if (++ck->n_unknown > CK_MAX_UNKNOWN)
		return;
	for (const struct ck_flat *f = ck->flats.first; f; f = f->next)
		suggest_try(&near, f->name->text.p);
	if (near.best)
		ck_fix(ck, at, "did you mean '%s'?", near.best);
	else
		ck_fix(ck, at, "remove it, or declare the instance");
}

static void add_end(struct camkes *ck, const struct scope *s, struct ck_link *l,
		    const struct ck_end *e)
{
	struct ck_name *name = e->instance ? full_name(ck, s, e->instance) : NULL;
	struct ck_flat *inst = e->instance ? NULL : s->outer;

	if (name)
		inst = name->instance;
	if (!inst) {
		if (name)
			told_unknown(ck, e->at, name, ", which is connected here");
		return;
	}
	mark_connected(ck, inst, e->iface);
	l->end[l->n_ends].inst = inst;
	l->end[l->n_ends].iface = e->iface;
	l->end[l->n_ends].is_to = e->is_to;
	l->n_ends++;
}

static void add_connections(struct camkes *ck, const struct scope *s)
{
	for (const struct ck_conn *c = s->body->connections.first; c && !ck_stopped(ck);
	     c = c->next) {
		struct ck_link *l = ck_new(ck, struct ck_link);

		if (!l)
			return;
		l->name = full_name(ck, s, c->name);
		l->connector = c->connector;
		l->at = c->at;
		for (u32 i = 0; i < c->n_ends; i++)
			add_end(ck, s, l, &c->end[i]);
		if (!l->name)
			return;
		if (l->name->connection) {
			ck_error(ck, l->at, "connection %s is declared twice",
				 show_text(l->name->text).s);
			ck_fix(ck, l->at, "remove or rename one of the two");
			ck_note(ck, l->name->connection->at, "here is the other");
			continue;
		}
		l->name->connection = l;
		ck_append(&ck->links, l);
	}
}

/* ---- settings ------------------------------------------------------------------------------ */

/* Lists of a VM once stood on an instance of their own, "vm0_config", that need not exist. */
static struct ck_flat *find_target(struct camkes *ck, const struct scope *s, struct ck_name *target)
{
	struct ck_name *name = full_name(ck, s, target);
	struct str bare = target->text;

	if (!name)
		return NULL;
	if (str_ends(bare, "_config")) {
		struct ck_name *vm;

		bare.n -= strlen("_config");
		vm = ck_intern(ck, bare);
		vm = vm ? full_name(ck, s, vm) : NULL;
		if (vm && vm->instance && vm->instance->component && vm->instance->component->is_vm)
			return vm->instance;
	}
	return name->instance;
}

static void add_value(struct camkes *ck, struct ck_flat *f, struct ck_link *l,
		      const struct ck_value *from)
{
	struct ck_value *v = ck_new(ck, struct ck_value);

	if (!v)
		return;
	*v = *from;
	add_seen(ck, f ? (const void *)f : l, v);
	if (f)
		ck_append(&f->values, v);
	else
		ck_append(&l->values, v);
}

/* What a declaration gives when nobody sets the attribute. */
static const struct ck_item *default_of(const struct ck_component *c, const struct ck_name *attr)
{
	for (const struct ck_decl *d = c ? c->decls.first : NULL; d; d = d->next) {
		if (d->kind == CK_ATTRIBUTE && d->name == attr)
			return d->item;
	}
	return NULL;
}

/* `a.b <- c.d`: what is set in the same scope, or of the compound around it. */
static const struct ck_item *referred(struct camkes *ck, const struct scope *s,
				      const struct ck_set *set)
{
	struct ck_flat *f = set->from ? find_target(ck, s, set->from) : s->outer;
	const struct ck_seen *e = f ? ck_find_set(ck, f, set->from_attr) : NULL;

	if (e)
		return e->item;
	return f ? default_of(f->component, set->from_attr) : NULL;
}

static bool is_double(struct camkes *ck, const void *owner, const struct ck_set *set)
{
	const struct ck_seen *e = ck_find_set(ck, owner, set->attr);

	if (!e)
		return false;
	ck_error(ck, set->at, "%s.%s is set twice", show_text(set->target->text).s,
		 show_text(set->attr->text).s);
	ck_fix(ck, set->at, "remove one of the two");
	ck_note(ck, e->at, "here is the other");
	return true;
}

static void add_setting(struct camkes *ck, const struct scope *s, const struct ck_set *set)
{
	struct ck_name *name = full_name(ck, s, set->target);
	struct ck_flat *f = find_target(ck, s, set->target);
	struct ck_link *link = name ? name->connection : NULL;
	struct ck_value v = { .attr = set->attr, .item = set->item, .at = set->at };

	if (!name || ck_stopped(ck))
		return;
	if (!f && !link) {
		told_unknown(ck, set->at, name, "; what is set of it has no effect");
		return;
	}
	if (is_double(ck, f ? (const void *)f : link, set))
		return;
	if (!v.item)
		v.item = referred(ck, s, set);
	if (!v.item) {
		ck_error(ck, set->at, "%s.%s <- ...: nothing is set there",
			 show_text(set->target->text).s, show_text(set->attr->text).s);
		ck_fix(ck, set->at, "write the value here, or set what is referred to");
		return;
	}
	add_value(ck, f, link, &v);
}

/* What a VM's component declares with a value, and nobody set. */
static void add_defaults(struct camkes *ck, struct ck_flat *f)
{
	const struct ck_decl *d = f->component ? f->component->decls.first : NULL;

	for (; d && !ck_stopped(ck); d = d->next) {
		struct ck_value v = { .attr = d->name, .item = d->item, .at = d->at };

		if (d->kind == CK_ATTRIBUTE && d->name && d->item && !ck_find_set(ck, f, d->name))
			add_value(ck, f, NULL, &v);
	}
}

/* Outer settings before inner ones, which may refer to them; values before references. */
static void connect(struct camkes *ck, const struct scope *s)
{
	add_connections(ck, s);
	for (u32 pass = 0; pass < 2; pass++) {
		for (const struct ck_set *set = s->body->settings.first; set; set = set->next) {
			if ((set->item == NULL) == (pass == 1))
				add_setting(ck, s, set);
		}
	}
	for (const struct ck_inst *i = s->body->instances.first; i && !ck_stopped(ck);
	     i = i->next) {
		struct ck_name *name = full_name(ck, s, i->name);
		struct ck_flat *f = name ? name->instance : NULL;

		if (is_compound(f) && s->depth < CK_MAX_COMPOUNDS)
			connect(ck, &(struct scope){ &f->component->body, f, s->depth + 1 });
	}
}

void ck_link_all(struct camkes *ck)
{
	struct scope all = { &ck->root, NULL, 0 };

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
	ck->seen = ck_alloc(ck, CK_BUCKETS * sizeof(*ck->seen));
	if (!ck->seen)
		return;
	add_instances(ck, &all);
	connect(ck, &all);
	for (struct ck_flat *f = ck->flats.first; f && !ck_stopped(ck); f = f->next) {
		if (f->component && f->component->is_vm)
			add_defaults(ck, f);
	}
}
