/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing: the desk's, not linked into the hypervisor. Twice over the descriptions: once for the
 * files that their places are in, then for the tree.
 */
#include "packed.h"

#include <base/bits.h>
#include <base/endian.h>
#include <lib/fdt.h>

#define MAX_FILES 64
#define FILES_LEN KIB(16)

struct writer {
	struct dt_out out;
	const char *file[MAX_FILES];
	u32 n_files;
	bool counting;
};

/* From 1; 0: none, or no room for another. */
static u32 file_index(struct writer *w, const char *file)
{
	for (u32 i = 0; file && i < w->n_files; i++) {
		if (strcmp(w->file[i], file) == 0)
			return i + 1;
	}
	if (!file || !w->counting || w->n_files == MAX_FILES)
		return 0;
	w->file[w->n_files++] = file;
	return w->n_files;
}

static void put_pos(struct writer *w, const struct packed_field *f, const struct vd_addr *addr,
		    const struct src_pos *at)
{
	u32 cells[5];
	u32 n = 0;

	if (addr) {
		cells[n++] = (u32)(addr->gpa.v >> 32);
		cells[n++] = (u32)addr->gpa.v;
	}
	cells[n++] = file_index(w, at->file);
	cells[n++] = at->line;
	cells[n++] = at->col;
	if (!w->counting)
		dt_out_cells(&w->out, f->name, cells, n);
}

static void put_rows(struct writer *w, const struct packed_field *f, const void *base)
{
	const struct packed_row *row = &packed_rows[f->limit];
	const u8 *from = packed_at(base, f->at);
	u32 n = *(const u32 *)packed_at(base, f->n_at);
	u8 buf[VD_DEV_WINDOWS * sizeof(struct vd_pass_window)];
	u8 *p = buf;

	for (u32 i = 0; i < n; i++) {
		for (const char *m = row->members; *m; m++) {
			u32 len = *m == '8' ? 8 : 4;

			if (len == 8)
				store_be64(p, *(const u64 *)(const void *)from);
			else
				store_be32(p, *(const u32 *)(const void *)from);
			p += len;
			from += len;
		}
	}
	dt_out_bytes(&w->out, f->name, span_of(buf, (size_t)(p - buf)));
}

/* What an empty description has is not written. */
static bool is_empty(const struct packed_field *f, const void *base)
{
	const void *from = packed_at(base, f->at);
	const struct src_pos *at = from;

	switch ((enum packed_kind)f->kind) {
	case PACKED_U32:
		return !*(const u32 *)from;
	case PACKED_U64:
		return !*(const u64 *)from;
	case PACKED_FLAG:
		return !*(const bool *)from;
	case PACKED_STR:
		return !((const struct str *)from)->n;
	case PACKED_CSTR:
	case PACKED_FILE:
		return !*(const char *const *)from;
	case PACKED_POS:
		return !at->file && !at->line && !at->col;
	case PACKED_ADDR:
		return !((const struct vd_addr *)from)->given;
	case PACKED_ROWS:
	default:
		return !*(const u32 *)packed_at(base, f->n_at);
	}
}

static void put_field(struct writer *w, const struct packed_field *f, const void *base)
{
	const void *from = packed_at(base, f->at);
	enum packed_kind kind = (enum packed_kind)f->kind;
	u32 file;

	if (is_empty(f, base))
		return;
	if (kind == PACKED_POS) {
		put_pos(w, f, NULL, from);
	} else if (kind == PACKED_ADDR) {
		put_pos(w, f, from, &((const struct vd_addr *)from)->at);
	} else if (kind == PACKED_FILE) {
		file = file_index(w, *(const char *const *)from);
		if (!w->counting)
			dt_out_u32(&w->out, f->name, file);
	}
	if (w->counting)
		return;
	if (kind == PACKED_U32)
		dt_out_u32(&w->out, f->name, *(const u32 *)from);
	else if (kind == PACKED_U64)
		dt_out_u64(&w->out, f->name, *(const u64 *)from);
	else if (kind == PACKED_FLAG)
		dt_out_flag(&w->out, f->name);
	else if (kind == PACKED_STR)
		dt_out_str(&w->out, f->name, *(const struct str *)from);
	else if (kind == PACKED_CSTR)
		dt_out_str(&w->out, f->name, str_of(*(const char *const *)from));
	else if (kind == PACKED_ROWS)
		put_rows(w, f, base);
}

/* As deep as the table is. */
static void put_node(struct writer *w, const char *name, u32 index, const struct packed_type *type,
		     const void *base)
{
	if (!w->counting)
		dt_out_node_at(&w->out, name, index);
	for (u32 i = 0; i < type->n_fields; i++)
		put_field(w, &type->fields[i], base);
	for (u32 i = 0; i < type->n_lists; i++) {
		const struct packed_list *l = &type->lists[i];
		const struct packed_any *list = packed_at(base, l->at);

		for (u32 k = 0; k < list->n; k++)
			put_node(w, l->name, k, l->type, list->v + (size_t)l->size * k);
	}
	if (!w->counting)
		dt_out_end_node(&w->out);
}

static void put_all(struct writer *w, const struct vmdesc *vd)
{
	for (u32 i = 0; vd; vd = vd->next)
		put_node(w, "vm", i++, &packed_vm, vd);
}

static enum status put_files(struct writer *w)
{
	char text[FILES_LEN];
	size_t used = 0;

	for (u32 i = 0; i < w->n_files; i++) {
		size_t len = strlen(w->file[i]) + 1;

		if (len > sizeof(text) - used)
			return E_RANGE;
		memcpy(text + used, w->file[i], len);
		used += len;
	}
	if (used)
		dt_out_bytes(&w->out, "files", span_of(text, used));
	return OK;
}

enum status vmdesc_pack(const struct vmdesc *vd, void *buf, size_t size, size_t *len)
{
	struct writer w = { .counting = true };

	put_all(&w, vd);
	if (w.n_files == MAX_FILES)
		return E_RANGE;
	w.counting = false;
	dt_out_begin(&w.out, buf, size);
	dt_out_str(&w.out, "compatible", STR(PACKED_COMPATIBLE));
	TRY(put_files(&w));
	put_all(&w, vd);
	return dt_out_finish(&w.out, len);
}
