/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking. Every property and node must be one of the table, of the right size and in its range;
 * one that is not makes the whole unsound, so that nothing is ever dropped in silence.
 */
#include "packed.h"

#include <base/endian.h>
#include <lib/fdt.h>

#define MAX_FILES 64

struct reader {
	struct dt t;
	struct arena *a;
	const char *file[MAX_FILES];
	u32 n_files;
	bool full; /* of memory: else what failed is a mistake */
};

static void *out_of(struct reader *r, void *p)
{
	r->full |= !p;
	return p;
}

/* Text of a property: ends with its only counted-out 0. */
static bool read_str(struct reader *r, struct span v, struct str *out)
{
	if (!v.n || v.p[v.n - 1])
		return false;
	out->n = v.n - 1;
	out->p = out_of(r, arena_strdup(r->a, (const char *)v.p, out->n));
	return out->p;
}

/* 0: there is no file. */
static bool read_file(const struct reader *r, const u8 *p, const char **out)
{
	u32 i = load_be32(p);

	*out = i && i <= r->n_files ? r->file[i - 1] : NULL;
	return i <= r->n_files;
}

static bool read_pos(const struct reader *r, const u8 *p, struct src_pos *out)
{
	out->line = load_be32(p + 4);
	out->col = load_be32(p + 8);
	return read_file(r, p, &out->file);
}

static bool read_rows(const struct packed_field *f, struct span v, void *base)
{
	const struct packed_row *row = &packed_rows[f->limit];
	u8 *to = (u8 *)base + f->at;
	u32 n = (u32)(v.n / row->size);

	if (v.n % row->size || n > row->max)
		return false;
	*(u32 *)(void *)((u8 *)base + f->n_at) = n;
	for (u32 i = 0; i < n; i++) {
		for (const char *m = row->members; *m; m++) {
			u32 len = *m == '8' ? 8 : 4;
			u32 value = load_be32(v.p);

			if (len == 8)
				*(u64 *)(void *)to = load_be64(v.p);
			else
				*(u32 *)(void *)to = value;
			if ((*m == '1' && value > 1) || (*m == 'f' && value > 15))
				return false;
			to += len;
			v.p += len;
		}
	}
	return true;
}

static bool read_field(struct reader *r, const struct packed_field *f, struct span v, void *base)
{
	static const u8 size[] = {
		[PACKED_U32] = 4,  [PACKED_U64] = 8,  [PACKED_FLAG] = 0,
		[PACKED_FILE] = 4, [PACKED_POS] = 12, [PACKED_ADDR] = 20,
	};
	void *to = (u8 *)base + f->at;
	struct str s;

	if (f->kind == PACKED_ROWS)
		return read_rows(f, v, base);
	if (f->kind == PACKED_STR)
		return read_str(r, v, to);
	if (f->kind == PACKED_CSTR) {
		if (!read_str(r, v, &s))
			return false;
		*(const char **)to = s.p;
		return true;
	}
	if (v.n != size[f->kind])
		return false;
	switch ((enum packed_kind)f->kind) {
	case PACKED_U32:
		*(u32 *)to = load_be32(v.p);
		return !f->limit || *(u32 *)to <= f->limit;
	case PACKED_U64:
		*(u64 *)to = load_be64(v.p);
		return true;
	case PACKED_FLAG:
		*(bool *)to = true;
		return true;
	case PACKED_FILE:
		return read_file(r, v.p, to);
	case PACKED_POS:
		return read_pos(r, v.p, to);
	case PACKED_ADDR:
		((struct vd_addr *)to)->gpa = GPA(load_be64(v.p));
		((struct vd_addr *)to)->given = true;
		return read_pos(r, v.p + 8, &((struct vd_addr *)to)->at);
	case PACKED_STR:
	case PACKED_CSTR:
	case PACKED_ROWS:
	default:
		return false;
	}
}

static bool read_fields(struct reader *r, u32 node, const struct packed_type *type, void *base)
{
	const struct packed_field *f;
	const char *name;
	struct span v;
	u32 at = 0;

	for (u32 i = 0; i < type->n_fields; i++) {
		f = &type->fields[i];
		if (f->kind == PACKED_STR)
			*(struct str *)(void *)((u8 *)base + f->at) = STR("");
	}
	while (dt_prop_next(&r->t, node, &at, &name, &v)) {
		for (f = type->fields; f < type->fields + type->n_fields; f++)
			if (!strcmp(f->name, name))
				break;
		if (f == type->fields + type->n_fields || !read_field(r, f, v, base))
			return false;
	}
	return true;
}

/* "NAME@..." */
static bool is_of(const struct reader *r, u32 node, const struct packed_list *l)
{
	struct str name = dt_name(&r->t, node);
	size_t len = strlen(l->name);

	return str_starts(name, l->name) && name.n > len && name.p[len] == '@';
}

static bool read_node(struct reader *r, u32 node, const struct packed_type *type, void *base);

/* How many children of @node are of @l; UINT32_MAX: something is wrong. */
static u32 read_list(struct reader *r, u32 node, const struct packed_list *l, void *base)
{
	struct packed_any *list = (void *)((u8 *)base + l->at);
	u32 end = dt_end(&r->t, node), n = 0;

	for (u32 c = node + 1; c < end; c = dt_end(&r->t, c))
		n += is_of(r, c, l);
	if (!n || n > l->max)
		return n ? UINT32_MAX : 0;
	list->v = out_of(r, arena_array(r->a, n, l->size, alignof(u64)));
	list->cap = list->v ? n : 0;
	for (u32 c = node + 1; list->cap && c < end; c = dt_end(&r->t, c)) {
		if (is_of(r, c, l) &&
		    !read_node(r, c, l->type, list->v + (size_t)l->size * list->n++))
			return UINT32_MAX;
	}
	return list->cap ? n : UINT32_MAX;
}

/* As deep as the table is. */
static bool read_node(struct reader *r, u32 node, const struct packed_type *type, void *base)
{
	u32 n_children = 0, n_read = 0, n;

	if (!read_fields(r, node, type, base))
		return false;
	for (u32 i = 0; i < type->n_lists; i++) {
		n = read_list(r, node, &type->lists[i], base);
		if (n == UINT32_MAX)
			return false;
		n_read += n;
	}
	for (u32 c = node + 1; c < dt_end(&r->t, node); c = dt_end(&r->t, c))
		n_children++;
	return n_read == n_children;
}

static bool read_files(struct reader *r)
{
	struct str s;

	while (dt_str(&r->t, 0, "files", r->n_files, &s)) {
		if (r->n_files == MAX_FILES)
			return false;
		r->file[r->n_files] = out_of(r, arena_strdup(r->a, s.p, s.n));
		if (!r->file[r->n_files++])
			return false;
	}
	return true;
}

static bool read_all(struct reader *r, struct vmdesc **out)
{
	if (!dt_is_compatible(&r->t, 0, PACKED_COMPATIBLE) || !read_files(r))
		return false;
	for (u32 n = 1; n < r->t.n_nodes; n = dt_end(&r->t, n)) {
		*out = out_of(r, vmdesc_new(r->a, NULL));
		if (!*out || !str_starts(dt_name(&r->t, n), "vm@") ||
		    !read_node(r, n, &packed_vm, *out))
			return false;
		out = &(*out)->next;
	}
	return r->t.n_nodes > 1;
}

enum status vmdesc_unpack(struct span blob, struct arena *a, struct vmdesc **out, const char **why)
{
	struct reader r = { .a = a };

	*out = NULL;
	TRY(dt_open(blob, a, &r.t, why));
	if (read_all(&r, out))
		return OK;
	*out = NULL;
	*why = "is not the packed form of this version's VMs";
	return r.full ? E_NOMEM : E_FORMAT;
}
