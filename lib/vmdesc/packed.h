/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packed form as a table: which member of which struct is which property. The reader and the
 * writer both go by it, so what one knows the other does.
 */
#pragma once

#include <lib/packed.h>

enum packed_kind {
	PACKED_U32, /* limit: the largest value; 0: any */
	PACKED_U64,
	PACKED_FLAG, /* bool: the property is there */
	PACKED_STR,  /* struct str */
	PACKED_CSTR,
	PACKED_FILE, /* const char *: its place in the list of files, from 1 */
	PACKED_POS,  /* struct src_pos: file, line, column */
	PACKED_ADDR, /* struct vd_addr: the address, and its struct src_pos */
	PACKED_ROWS, /* an array, and the number of elements in use; limit: enum packed_shape */
};

enum packed_shape {
	PACKED_WINDOW,
	PACKED_IRQ,
	PACKED_PASS_WINDOW,
	PACKED_PASS_IRQ,
};

/* Rows of such a shape: members one after the other. */
struct packed_row {
	u8 max;
	u8 size;
	/* One for each member. 8: u64; 4: u32; 1, f: u32 of at most that. */
	char members[6];
};

struct packed_field {
	char name[16];
	u8 kind;
	u8 limit;
	u16 at;
	u16 n_at; /* of PACKED_ROWS */
};

struct packed_type;

/* A VD_LIST of structs: nodes NAME@0, NAME@1... */
struct packed_list {
	char name[12];
	u16 at;
	u16 size; /* of an element */
	u32 max;
	const struct packed_type *type;
};

struct packed_type {
	const struct packed_field *fields;
	const struct packed_list *lists;
	u32 n_fields;
	u32 n_lists;
};

/* What every VD_LIST looks like. */
struct packed_any {
	u8 *v;
	u32 n;
	u32 cap;
};

extern const struct packed_type packed_vm;
extern const struct packed_row packed_rows[];

static inline const void *packed_at(const void *base, u32 at)
{
	return (const u8 *)base + at;
}
