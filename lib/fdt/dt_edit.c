/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a copy of somebody's tree. In the copy the blocks follow each other without a gap, and
 * a change moves whatever is behind it. What is walked here has been checked, or was written here.
 * The first failure stays and makes every later call do nothing, so only dt_edit_finish() has to
 * be asked.
 */
#include <lib/fdt.h>

#include <base/bits.h>
#include <base/compiler.h>

#include "dt.h"

static void did(struct dt_edit *e, enum status st)
{
	if (e->error == OK)
		e->error = st;
}

static u8 *at(const struct dt_edit *e, u32 off)
{
	return (u8 *)e->buf + e->structure + off;
}

static size_t used(const struct dt_edit *e)
{
	return e->structure + e->tree.structure.n + e->tree.strings.n;
}

/* Where the blocks are, after their lengths have changed. */
static void place(struct dt_edit *e, size_t structure_len, size_t strings_len)
{
	e->tree.structure = span_of(at(e, 0), structure_len);
	e->tree.strings = span_of(at(e, 0) + structure_len, strings_len);
}

enum status dt_edit_begin(struct dt_edit *e, struct span base, void *buf, size_t size)
{
	const char *why;
	struct dt t;
	u32 depth;

	*e = (struct dt_edit){ .buf = buf, .size = MIN(size, (size_t)INT32_MAX) };
	TRY(dt_check_into(base, &t, &depth, &why));
	e->structure = DT_HEAD_LEN + (u32)t.reservations.n + DT_RSV_LEN;
	if (e->structure + t.structure.n + t.strings.n > e->size)
		return e->error = E_RANGE;
	memset(buf, 0, e->structure);
	memcpy((u8 *)buf + DT_HEAD_BOOT_CPU, base.p + DT_HEAD_BOOT_CPU, 4);
	memcpy((u8 *)buf + DT_HEAD_LEN, t.reservations.p, t.reservations.n);
	memcpy(at(e, 0), t.structure.p, t.structure.n);
	memcpy(at(e, (u32)t.structure.n), t.strings.p, t.strings.n);
	place(e, t.structure.n, t.strings.n);
	return OK;
}

/* Make the @old bytes at @off of the structure @new ones; what was there is not kept. */
static bool splice(struct dt_edit *e, u32 off, size_t old, size_t new)
{
	size_t behind = e->tree.structure.n + e->tree.strings.n - off - old;

	if (new > e->size - (used(e) - old)) {
		did(e, E_RANGE);
		return false;
	}
	memmove(at(e, off) + new, at(e, off) + old, behind);
	place(e, e->tree.structure.n - old + new, e->tree.strings.n);
	return true;
}

/* ---- walking ----------------------------------------------------------------------------------- */

static struct dt_token token(const struct dt_edit *e, u32 off)
{
	struct dt_token tok = { .tag = DT_END, .next = off };

	(void)dt_token_at(&e->tree, off, &tok);
	return tok;
}

/* The first token at or behind @off that is no property. */
static u32 behind_props(const struct dt_edit *e, u32 off)
{
	struct dt_token tok = token(e, off);

	while (tok.tag == DT_PROP || tok.tag == DT_NOP) {
		off = tok.next;
		tok = token(e, off);
	}
	return off;
}

static u32 behind_node(const struct dt_edit *e, u32 off)
{
	struct dt_token tok;
	u32 open = 0;

	do {
		tok = token(e, off);
		open += tok.tag == DT_BEGIN_NODE;
		open -= tok.tag == DT_END_NODE;
		off = tok.next;
	} while (open && tok.tag != DT_END);
	return off;
}

/* The first child at or behind @off, inside the same node; 0: none. */
static u32 child_from(const struct dt_edit *e, u32 off)
{
	off = behind_props(e, off);
	return token(e, off).tag == DT_BEGIN_NODE ? off : 0;
}

static u32 find_child(const struct dt_edit *e, int parent, struct str name)
{
	u32 off = child_from(e, token(e, (u32)parent).next);

	while (off) {
		struct dt_token tok = token(e, off);

		if (dt_name_is((struct str){ tok.name, tok.value.n }, name))
			break;
		off = child_from(e, behind_node(e, off));
	}
	return off;
}

/* Where the property is; 0: there is none of that name. */
static u32 find_prop(const struct dt_edit *e, int node, const char *prop)
{
	u32 off = token(e, (u32)node).next;
	struct dt_token tok = token(e, off);

	while (tok.tag == DT_PROP || tok.tag == DT_NOP) {
		if (tok.tag == DT_PROP && strcmp(tok.name, prop) == 0)
			return off;
		off = tok.next;
		tok = token(e, off);
	}
	return 0;
}

/* ---- changing ---------------------------------------------------------------------------------- */

int dt_edit_node(struct dt_edit *e, int parent, const char *name)
{
	size_t len = strlen(name) + 1, room = align_up(len, 4);
	u32 off;

	if (e->error)
		return 0;
	off = find_child(e, parent, (struct str){ name, len - 1 });
	if (off)
		return (int)off;
	off = behind_props(e, token(e, (u32)parent).next);
	if (!splice(e, off, 0, 4 + room + 4))
		return 0;
	memset(at(e, off), 0, 4 + room);
	store_be32(at(e, off), DT_BEGIN_NODE);
	memcpy(at(e, off) + 4, name, len);
	store_be32(at(e, off) + 4 + room, DT_END_NODE);
	return (int)off;
}

/* Offset of @name in the strings, made when absent. */
static bool name_of(struct dt_edit *e, const char *name, u32 *out)
{
	const struct span *s = &e->tree.strings;
	size_t len = strlen(name) + 1;
	size_t off = 0;

	while (off < s->n && strcmp((const char *)s->p + off, name) != 0)
		off += strlen((const char *)s->p + off) + 1;
	*out = (u32)off;
	if (off < s->n)
		return true;
	if (len > e->size - used(e)) {
		did(e, E_RANGE);
		return false;
	}
	memcpy((u8 *)e->buf + used(e), name, len);
	place(e, e->tree.structure.n, s->n + len);
	return true;
}

/* A property of @len bytes that the caller fills in. */
static u8 *put_prop(struct dt_edit *e, int node, const char *prop, size_t len)
{
	size_t room = align_up(len, 4);
	u32 name, off;
	bool done;

	if (e->error == OK && len > INT32_MAX)
		e->error = E_RANGE;
	if (e->error || !name_of(e, prop, &name))
		return NULL;
	off = find_prop(e, node, prop);
	if (off) {
		done = splice(e, off, token(e, off).next - off, DT_PROP_LEN + room);
	} else {
		off = token(e, (u32)node).next;
		done = splice(e, off, 0, DT_PROP_LEN + room);
	}
	if (!done)
		return NULL;
	memset(at(e, off), 0, DT_PROP_LEN + room);
	store_be32(at(e, off), DT_PROP);
	store_be32(at(e, off) + 4, (u32)len);
	store_be32(at(e, off) + 8, name);
	return at(e, off) + DT_PROP_LEN;
}

void dt_edit_set(struct dt_edit *e, int node, const char *prop, const void *value, size_t len)
{
	u8 *p = put_prop(e, node, prop, len);

	if (p && len)
		memcpy(p, value, len);
}

void dt_edit_set_str(struct dt_edit *e, int node, const char *prop, struct str s)
{
	u8 *p = put_prop(e, node, prop, s.n + 1);

	if (p)
		memcpy(p, s.p, s.n); /* the NUL is there */
}

void dt_edit_unset(struct dt_edit *e, int node, const char *prop)
{
	u32 off = e->error ? 0 : find_prop(e, node, prop);

	if (off)
		(void)splice(e, off, token(e, off).next - off, 0);
}

static bool has_type(const struct dt_edit *e, u32 node, const char *type)
{
	size_t len = strlen(type) + 1;
	struct span v;

	return dt_prop_from(&e->tree, token(e, node).next, "device_type", &v) && v.n == len &&
	       memcmp(v.p, type, len) == 0;
}

void dt_edit_delete_type(struct dt_edit *e, const char *type)
{
	u32 off = e->error ? 0 : child_from(e, token(e, 0).next);

	while (off) {
		u32 end = behind_node(e, off);

		if (has_type(e, off, type)) {
			(void)splice(e, off, end - off, 0);
			end = off;
		}
		off = child_from(e, end);
	}
}

static u32 root_cells(struct dt_edit *e, const char *prop, u8 absent)
{
	struct span v;
	u8 n = absent;

	if (e->error)
		return 0;
	if (dt_prop_from(&e->tree, token(e, 0).next, prop, &v))
		n = dt_cells(v);
	if (n == DT_CELLS_BAD)
		did(e, E_FORMAT);
	return e->error ? 0 : n;
}

void dt_edit_root_cells(struct dt_edit *e, u32 *address_cells, u32 *size_cells)
{
	*address_cells = root_cells(e, "#address-cells", 2);
	*size_cells = root_cells(e, "#size-cells", 1);
}

enum status dt_edit_finish(struct dt_edit *e, size_t *len)
{
	if (e->error)
		return e->error;
	dt_put_head((u8 *)e->buf, e->structure, (u32)e->tree.structure.n, (u32)e->tree.strings.n);
	*len = used(e);
	return OK;
}
