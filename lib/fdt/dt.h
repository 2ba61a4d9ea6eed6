/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of lib/fdt share: the index that dt_open() makes, and the format itself
 * (Devicetree Specification v0.4, chapter 5). dt_token_at() is the only reader of a structure
 * block that has not been checked.
 */
#pragma once

#include <lib/fdt.h>

#include <base/endian.h>

#define DT_CELLS_BAD 0xff /* a #...-cells that cannot be used */
#define DT_CELLS_MAX 4

/* A value or a name, in the structure block. */
struct dt_piece {
	u32 at; /* 0: there is none */
	u32 len;
};

struct dt_node {
	struct dt_piece name;
	struct dt_piece ranges; /* to the parent's bus */
	struct dt_piece compatible;
	struct dt_piece reg;
	struct dt_piece irqs; /* `interrupts-extended`, else `interrupts` */
	u32 props;	      /* the first token behind the name */
	u32 names;	      /* dt_name_bit() of each property: to answer for most it has not */
	u32 parent;
	u32 end;
	u32 phandle;   /* 0: none */
	u32 intc;      /* phandle of `interrupt-parent`, own or inherited; 0: none */
	u32 intc_node; /* the controller that its interrupts go to; DT_NONE: none */
	u8 address_cells;
	u8 size_cells;
	u8 irq_cells; /* of an interrupt controller; DT_CELLS_BAD: is none */
	bool enabled;
	bool extended; /* what `irqs` is */
};

/* ---- the format ------------------------------------------------------------------------------ */

#define DT_MAGIC    0xd00dfeed
#define DT_HEAD_LEN 40 /* of version 17 */
#define DT_RSV_LEN  16 /* an entry of the reservation block; one of length 0 is the last */
#define DT_PROP_LEN 12 /* a property without its value */

enum dt_head_field {
	DT_HEAD_MAGIC = 0,
	DT_HEAD_SIZE = 4,
	DT_HEAD_STRUCT = 8,
	DT_HEAD_STRINGS = 12,
	DT_HEAD_RSV = 16,
	DT_HEAD_VERSION = 20,
	DT_HEAD_LAST_COMPATIBLE = 24,
	DT_HEAD_BOOT_CPU = 28,
	DT_HEAD_STRINGS_LEN = 32,
	DT_HEAD_STRUCT_LEN = 36,
};

enum dt_tag {
	DT_BEGIN_NODE = 1,
	DT_END_NODE = 2,
	DT_PROP = 3,
	DT_NOP = 4,
	DT_END = 9,
};

struct dt_token {
	u32 tag;
	u32 next;	   /* where the next token begins, if there is one */
	const char *name;  /* of a node or property, ends with a NUL */
	struct span value; /* of a property; of a node: its name */
};

/* A number of the structure block, which is aligned. */
static inline u32 dt_be32(const u8 *p)
{
	return load_be32_aligned(p);
}

static inline struct span dt_span(const struct dt *t, struct dt_piece p)
{
	return span_of(t->structure.p + p.at, p.len);
}

static inline u32 dt_align(u32 n)
{
	return (n + 3) & ~3u;
}

/* Of the letters a property begins with; names that begin alike have the same. */
#define DT_SUM(a, b, c) ((u32)(a) + (u32)(b)*3u + (u32)(c)*5u)

/* Names end with a NUL: the third letter is there when the second is none. */
static inline u32 dt_name_sum(const char *name)
{
	return name[0] && name[1] ? DT_SUM((u8)name[0], (u8)name[1], (u8)name[2]) : (u8)name[0];
}

static inline u32 dt_name_bit(u32 sum)
{
	return 1u << (sum & 31);
}

/* The token at @at, of a tree whose blocks are known. False: there is none that makes sense. */
bool dt_token_at(const struct dt *t, u32 at, struct dt_token *out);

/* dt_check(), and the blocks and n_nodes of @t; *depth: how many nodes are inside each other. */
enum status dt_check_into(struct span bytes, struct dt *t, u32 *depth, const char **why);

/* Value of a property, the first of that name, of which the first token is at @props. */
bool dt_prop_from(const struct dt *t, u32 props, const char *name, struct span *out);

/* @have is called @want; the unit address may be left out where the name alone says which. */
bool dt_name_is(struct str have, struct str want);

/* @v of `status` is "okay" or "ok"; of #...-cells: as a number, or DT_CELLS_BAD. */
bool dt_status_is_okay(struct span v);
u8 dt_cells(struct span v);

/* The header of a tree whose blocks follow each other: reservations, structure, strings. */
void dt_put_head(u8 *buf, u32 structure, u32 structure_len, u32 strings_len);

/* Take one number of @cells 32-bit cells off @s. E_RANGE: too few. E_UNSUP: more than 64 bits. */
enum status dt_take(struct span *s, u32 cells, u64 *out);
