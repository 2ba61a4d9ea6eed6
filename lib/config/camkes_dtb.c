/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dtb([...]): each dictionary names one node of the host's tree, the first that fits in the order
 * of the tree. What it gives to the VM is the business of vmdesc_resolve_passes().
 */
#include "camkes_priv.h"

#include <lib/fdt.h>

/* ---- properties ---------------------------------------------------------------------------- */

#define WHOLE UINT32_MAX

/* "reg[0]", "reg[*]", "status" */
static bool split(struct str key, char *name, size_t size, u32 *index)
{
	const char *open = memchr(key.p, '[', key.n);
	size_t n = open ? (size_t)(open - key.p) : key.n;
	size_t i = n + 1;

	*index = WHOLE;
	if (!n || n >= size)
		return false;
	memcpy(name, key.p, n);
	name[n] = '\0';
	if (!open)
		return true;
	if (key.n - n == 3 && key.p[i] == '*' && key.p[i + 1] == ']')
		return true;
	*index = 0;
	for (; i < key.n && key.p[i] >= '0' && key.p[i] <= '9' && *index < 1000; i++)
		*index = *index * 10 + (u32)(key.p[i] - '0');
	return i > n + 1 && i + 1 == key.n && key.p[i] == ']';
}

static bool is_equal(const struct dt *t, u32 node, const char *name, u32 index,
		     const struct ck_item *v)
{
	struct str s;
	u32 cell;

	if (v->type == CK_STRING)
		return dt_str(t, node, name, index, &s) && str_eq(s, v->text);
	return v->type == CK_INT && dt_u32(t, node, name, index, &cell) && cell == (u64)v->integer;
}

static bool property_fits(const struct dt *t, u32 node, const struct ck_item *v)
{
	char name[64];
	u32 index, i = 0;

	if (v->key->type != CK_STRING || !split(v->key->text, name, sizeof(name), &index))
		return false;
	if (v->type != CK_LIST)
		return is_equal(t, node, name, index == WHOLE ? 0 : index, v);
	for (const struct ck_item *e = v->child; e; e = e->next) {
		if (!is_equal(t, node, name, i++, e))
			return false;
	}
	return true;
}

/* ---- nodes --------------------------------------------------------------------------------- */

struct query {
	const struct ck_item *path;
	const struct ck_item *properties;
	const struct ck_item *alias;
	const struct ck_item *chosen;
};

static bool node_fits(struct camkes *ck, u32 node, const struct query *q)
{
	size_t mark = arena_mark(ck->arena);
	bool fits = true;

	if (q->path) {
		const char *path = dt_path(ck->tree, node, ck->arena);

		fits = path && ck_regex_search(q->path->text, str_of(path)) == 1;
		arena_rewind(ck->arena, mark);
	}
	for (const struct ck_item *v = q->properties ? q->properties->child : NULL; fits && v;
	     v = v->next)
		fits = property_fits(ck->tree, node, v);
	return fits;
}

static u32 chosen_node(const struct dt *t, struct str key)
{
	u32 node = dt_child(t, 0, STR("chosen"));
	char name[32];
	const char *colon;
	struct str path;

	if (node == DT_NONE || key.n >= sizeof(name))
		return DT_NONE;
	memcpy(name, key.p, key.n);
	name[key.n] = '\0';
	if (!dt_str(t, node, name, 0, &path))
		return DT_NONE;
	colon = memchr(path.p, ':', path.n);
	if (colon)
		path.n = (size_t)(colon - path.p);
	return dt_find(t, path);
}

static u32 find_node(struct camkes *ck, const struct query *q)
{
	if (q->alias)
		return dt_find(ck->tree, q->alias->text);
	if (q->chosen)
		return chosen_node(ck->tree, q->chosen->text);
	for (u32 node = 0; node < ck->tree->n_nodes; node++) {
		if (node_fits(ck, node, q))
			return node;
	}
	return DT_NONE;
}

/* ---- queries ------------------------------------------------------------------------------- */

static const struct {
	const char *key;
	enum ck_type type;
	size_t at;
} keys[] = {
	{ "path", CK_STRING, offsetof(struct query, path) },
	{ "properties", CK_DICT, offsetof(struct query, properties) },
	{ "aliases", CK_STRING, offsetof(struct query, alias) },
	{ "chosen", CK_STRING, offsetof(struct query, chosen) },
};

static bool read_key(struct ck_vm *vm, const struct ck_item *v, struct query *q)
{
	struct suggest near = { .word = v->key->text };

	for (u32 i = 0; i < array_size(keys); i++) {
		if (str_eq_c(v->key->text, keys[i].key) && v->type == keys[i].type) {
			*(const struct ck_item **)((char *)q + keys[i].at) = v;
			return true;
		}
		suggest_try(&near, keys[i].key);
	}
	ck_vm_error(vm, v->key->at, "dtb", "\"%s\" with %s is no query", show_text(v->key->text).s,
		    ck_item_name(v));
	if (near.best && near.distance)
		ck_fix(vm->ck, v->key->at, "did you mean \"%s\"?", near.best);
	else
		ck_fix(vm->ck, v->key->at,
		       "write {\"path\" : \"/node\"}, or \"properties\", "
		       "\"aliases\" or \"chosen\"");
	return false;
}

static void add_path(struct ck_vm *vm, struct str path, struct src_pos at)
{
	struct vd_path *p = vmdesc_add_pass_path(vm->vd, vm->ck->arena, at);

	if (p)
		p->path = path;
}

static bool is_regex_ours(struct ck_vm *vm, const struct ck_item *path)
{
	if (ck_regex_search(path->text, STR("")) >= 0)
		return true;
	ck_vm_error(vm, path->at, "dtb", "\"%s\" is an expression that is not read here",
		    show_text(path->text).s);
	ck_fix(vm->ck, path->at, "write the node's path; . [] * + ? ^ $ have their meaning");
	return false;
}

/* Where the tree is not known, a path is taken as it is, and everything else is refused. */
static void without_tree(struct ck_vm *vm, const struct query *q, const struct ck_item *row)
{
	if (q->path && !q->properties && str_starts(q->path->text, "/")) {
		add_path(vm, q->path->text, q->path->at);
		return;
	}
	ck_vm_error(vm, row->at, "dtb",
		    "the machine's tree is not known, so nothing can be looked "
		    "for in it");
	ck_fix(vm->ck, row->at, "write the node's whole path, or give the tree by --tree");
}

static void read_query(struct ck_vm *vm, const struct ck_item *row)
{
	struct camkes *ck = vm->ck;
	struct query q = { 0 };
	const char *path;
	u32 node;

	if (row->type != CK_DICT) {
		ck_vm_error(vm, row->at, "dtb", "expected a dictionary, found %s",
			    ck_item_name(row));
		ck_fix(ck, row->at, "write {\"path\" : \"/node\"}");
		return;
	}
	for (const struct ck_item *v = row->child; v; v = v->next) {
		if (!read_key(vm, v, &q))
			return;
	}
	if (!row->n || (q.path && !is_regex_ours(vm, q.path)))
		return;
	if (!ck->tree) {
		without_tree(vm, &q, row);
		return;
	}
	node = find_node(ck, &q);
	if (node == DT_NONE) {
		ck_vm_error(vm, row->at, "dtb", "no node of the machine's tree fits");
		ck_fix(ck, row->at, "write a node's path as the tree has it");
		return;
	}
	path = dt_path(ck->tree, node, ck->arena);
	if (path)
		add_path(vm, str_of(path), row->at);
	else
		ck->no_memory = true;
}

void ck_open_tree(struct camkes *ck)
{
	struct span fdt = ck->in->env->fdt;
	struct dt *t = fdt.n && !ck->tree ? ck_new(ck, struct dt) : NULL;
	const char *why;

	if (t && dt_open(fdt, ck->arena, t, &why) == OK)
		ck->tree = t;
}

/* ---- the host's interrupt controller ------------------------------------------------------- */

bool ck_is_intc(const struct camkes *ck, u64 base, u64 size)
{
	struct range win;
	u64 dist, cpu;

	/* Where the host has none, that place is the guest's own controller's. */
	ck_find_gicv2(ck, &dist, &cpu);
	if (dist == CK_GICD && range_overlaps(base, size, CK_GICD, CK_GIC_ALL))
		return true;
	for (u32 node = 0; ck->tree && node < ck->tree->n_nodes; node++) {
		if (!dt_has(ck->tree, node, "interrupt-controller"))
			continue;
		for (u32 i = 0; i < 8 && dt_reg(ck->tree, node, i, &win) == OK; i++) {
			if (range_overlaps(base, size, win.base, win.len))
				return true;
		}
	}
	return false;
}

void ck_find_gicv2(const struct camkes *ck, u64 *dist, u64 *cpu)
{
	static const char *const known[] = { "arm,gic-400", "arm,cortex-a15-gic" };
	struct range a, b;

	*dist = CK_GICD;
	*cpu = CK_GICC;
	for (u32 i = 0; ck->tree && i < array_size(known); i++) {
		u32 node = dt_find_compatible(ck->tree, 0, known[i]);

		if (node == DT_NONE || dt_reg(ck->tree, node, 0, &a) != OK ||
		    dt_reg(ck->tree, node, 1, &b) != OK)
			continue;
		*dist = a.base;
		*cpu = b.base;
		return;
	}
}

void ck_dtb(struct ck_vm *vm)
{
	const struct ck_value *v = vm->value[CK_A_DTB];
	const struct ck_item *what = v ? v->item->child : NULL;

	if (!what)
		return;
	ck_open_tree(vm->ck);
	if (what->type != CK_LIST) {
		read_query(vm, what);
		return;
	}
	if (what->n > VD_MAX_LIST) {
		ck_vm_error(vm, v->at, "dtb", "more than %d queries", VD_MAX_LIST);
		ck_fix(vm->ck, v->at, "ask for less");
		return;
	}
	for (const struct ck_item *row = what->child; row && !ck_stopped(vm->ck); row = row->next)
		read_query(vm, row);
}
