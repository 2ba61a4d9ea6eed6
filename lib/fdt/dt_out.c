/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a tree from nothing, in order. The structure grows up from the header, the names of
 * properties down from the end of the buffer; until dt_out_finish() brings them together, a
 * property says how far before the end its name begins. The first failure stays and makes every
 * later call do nothing.
 */
#include <lib/fdt.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/fmt.h>

#include "dt.h"

#define NODE_NAME_MAX 64
#define CELLS_MAX     64
#define STRUCTURE     (DT_HEAD_LEN + DT_RSV_LEN)

static void did(struct dt_out *o, enum status st)
{
	if (o->error == OK)
		o->error = st;
}

/* @n bytes more of structure; NULL when there has been a failure. */
static u8 *grow(struct dt_out *o, size_t n)
{
	u8 *p = (u8 *)o->buf + o->at;

	if (o->error == OK && n > o->size - o->at - o->names_len)
		o->error = E_RANGE;
	if (o->error)
		return NULL;
	o->at += (u32)n;
	return p;
}

static void put_tag(struct dt_out *o, enum dt_tag tag)
{
	u8 *p = grow(o, 4);

	if (p)
		store_be32(p, tag);
}

void dt_out_begin(struct dt_out *o, void *buf, size_t size)
{
	u8 *head;

	*o = (struct dt_out){ .buf = buf, .size = (u32)MIN(size, (size_t)INT32_MAX) };
	head = grow(o, STRUCTURE);
	if (head)
		memset(head, 0, STRUCTURE);
	dt_out_node(o, "");
}

void dt_out_node(struct dt_out *o, const char *name)
{
	size_t len = strlen(name) + 1;
	u8 *p;

	put_tag(o, DT_BEGIN_NODE);
	p = grow(o, align_up(len, 4));
	if (!p)
		return;
	memset(p, 0, align_up(len, 4));
	memcpy(p, name, len);
	o->depth++;
	o->has_child = false;
}

void dt_out_node_at(struct dt_out *o, const char *name, u64 unit)
{
	char full[NODE_NAME_MAX];
	int n = fmt_snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)unit);

	if (n < 0 || n >= NODE_NAME_MAX)
		did(o, E_INVAL);
	dt_out_node(o, full);
}

void dt_out_end_node(struct dt_out *o)
{
	if (o->depth == 0)
		did(o, E_INVAL);
	put_tag(o, DT_END_NODE);
	if (o->error == OK)
		o->depth--;
	o->has_child = true; /* the one that ends, of the node around it */
}

/* How far before the end of the buffer @name begins; 0: there is no room for it. */
static u32 name_of(struct dt_out *o, const char *name)
{
	u32 len = (u32)strlen(name) + 1;
	u32 *known = &o->known[((u8)name[0] + len * 4) % array_size(o->known)];
	const char *end = (const char *)o->buf + o->size;

	if (*known && strcmp(end - *known, name) == 0)
		return *known;
	if (len > o->size - o->at - o->names_len)
		return 0;
	o->names_len += len;
	memcpy((u8 *)o->buf + o->size - o->names_len, name, len);
	return *known = o->names_len;
}

/* A property whose value the caller fills in, all of @len bytes. */
static u8 *put_prop(struct dt_out *o, const char *prop, size_t len)
{
	size_t room = align_up(len, 4);
	u32 name;
	u8 *p;

	if (o->depth == 0 || o->has_child)
		did(o, E_INVAL); /* nobody would find it there */
	p = len > INT32_MAX ? NULL : grow(o, DT_PROP_LEN + room);
	name = p ? name_of(o, prop) : 0;
	if (!name) {
		did(o, E_RANGE);
		return NULL;
	}
	store_be32(p, DT_PROP);
	store_be32(p + 4, (u32)len);
	store_be32(p + 8, name);
	if (room > len)
		memset(p + DT_PROP_LEN + room - 4, 0, 4);
	return p + DT_PROP_LEN;
}

void dt_out_bytes(struct dt_out *o, const char *prop, struct span value)
{
	u8 *p = put_prop(o, prop, value.n);

	if (p && value.n)
		memcpy(p, value.p, value.n);
}

void dt_out_copy(struct dt_out *o, struct span tree, enum dt_part part)
{
	struct dt_token tok;
	struct dt t = { 0 };
	u32 max_depth, depth = 0;
	const char *why;

	did(o, dt_check_into(tree, &t, &max_depth, &why));
	for (u32 at = 0; o->error == OK && dt_token_at(&t, at, &tok) && tok.tag != DT_END;
	     at = tok.next) {
		bool below = depth >= (tok.tag == DT_BEGIN_NODE ? 1 : 2);

		if (tok.tag == DT_BEGIN_NODE)
			depth++;
		else if (tok.tag == DT_END_NODE)
			depth--;
		if (tok.tag == DT_PROP && below == (part == DT_NODES))
			dt_out_bytes(o, tok.name, tok.value);
		else if (tok.tag == DT_BEGIN_NODE && below && part == DT_NODES)
			dt_out_node(o, tok.name);
		else if (tok.tag == DT_END_NODE && below && part == DT_NODES)
			dt_out_end_node(o);
	}
}

void dt_out_flag(struct dt_out *o, const char *prop)
{
	(void)put_prop(o, prop, 0);
}

void dt_out_u32(struct dt_out *o, const char *prop, u32 v)
{
	dt_out_cells(o, prop, &v, 1);
}

void dt_out_u64(struct dt_out *o, const char *prop, u64 v)
{
	u32 cells[] = { (u32)(v >> 32), (u32)v };

	dt_out_cells(o, prop, cells, 2);
}

void dt_out_cells(struct dt_out *o, const char *prop, const u32 *cells, u32 n)
{
	u8 *p;

	if (n > CELLS_MAX)
		did(o, E_INVAL);
	p = put_prop(o, prop, (size_t)n * 4);
	for (u32 i = 0; p && i < n; i++)
		store_be32(p + (size_t)i * 4, cells[i]);
}

void dt_out_str(struct dt_out *o, const char *prop, struct str s)
{
	u8 *p = put_prop(o, prop, s.n + 1);

	if (!p)
		return;
	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
}

void dt_put_head(u8 *buf, u32 structure, u32 structure_len, u32 strings_len)
{
	store_be32(buf + DT_HEAD_MAGIC, DT_MAGIC);
	store_be32(buf + DT_HEAD_SIZE, structure + structure_len + strings_len);
	store_be32(buf + DT_HEAD_STRUCT, structure);
	store_be32(buf + DT_HEAD_STRINGS, structure + structure_len);
	store_be32(buf + DT_HEAD_RSV, DT_HEAD_LEN);
	store_be32(buf + DT_HEAD_VERSION, 17);
	store_be32(buf + DT_HEAD_LAST_COMPATIBLE, 16);
	store_be32(buf + DT_HEAD_STRINGS_LEN, strings_len);
	store_be32(buf + DT_HEAD_STRUCT_LEN, structure_len);
}

/* From "so far before the end" to the format's "so far behind the beginning". */
static void settle_names(struct dt_out *o)
{
	u8 *p = (u8 *)o->buf + STRUCTURE;

	for (;;) {
		u32 tag = dt_be32(p);

		if (tag == DT_END)
			return;
		if (tag == DT_BEGIN_NODE)
			p += align_up(strlen((const char *)p + 4) + 1, 4);
		if (tag == DT_PROP) {
			store_be32(p + 8, o->names_len - dt_be32(p + 8));
			p += DT_PROP_LEN - 4 + dt_align(dt_be32(p + 4));
		}
		p += 4;
	}
}

enum status dt_out_finish(struct dt_out *o, size_t *len)
{
	u8 *buf = (u8 *)o->buf;

	dt_out_end_node(o);
	if (o->depth)
		did(o, E_INVAL);
	put_tag(o, DT_END);
	if (o->error)
		return o->error;
	settle_names(o);
	memmove(buf + o->at, buf + o->size - o->names_len, o->names_len);
	dt_put_head(buf, STRUCTURE, o->at - STRUCTURE, o->names_len);
	*len = o->at + o->names_len;
	return OK;
}
