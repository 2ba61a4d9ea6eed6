/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flattened device trees behind a checked face. Reading: dt_open() looks at every byte once and
 * numbers the nodes in the order they are written, so a subtree is the numbers [n, dt_end(n)), the
 * root is 0, and no later question walks the whole tree. Writing: dt_out makes a tree from
 * nothing, dt_edit changes a copy of one; both remember their first failure and report it at the
 * end, so that writers read like the tree they write.
 */
#pragma once

#include <base/arena.h>
#include <base/range.h>
#include <base/span.h>
#include <base/status.h>
#include <base/str.h>
#include <base/types.h>

#define DT_NONE	     UINT32_MAX /* no such node */
#define DT_MAX_NODES 8192
#define DT_MAX_DEPTH 32

/* ---- reading ------------------------------------------------------------------------------ */

struct dt_node; /* dt.c */

struct dt {
	const void *blob;
	u32 size; /* what the header says, not what was given */
	u32 n_nodes;
	struct dt_node *nodes;
	struct span structure; /* from the root's token to the end's */
	struct span strings;   /* up to the last NUL */
	struct span reservations;
};

/* An interrupt specifier, and the controller that gives it a meaning. */
#define DT_IRQ_CELLS 4

struct dt_irq {
	u32 controller; /* node */
	u32 n_cells;
	u32 cell[DT_IRQ_CELLS];
};

/*
 * A tree whose structure is sound, whose every property can be read, of at most DT_MAX_NODES
 * nodes nested at most DT_MAX_DEPTH deep, 8-byte aligned as the specification asks. *why is set
 * when it is not E_NOMEM. The bytes have to stay where they are while @t is used.
 */
enum status dt_open(struct span bytes, struct arena *a, struct dt *t, const char **why);

/* Only the check of dt_open(), without limits on nodes. */
enum status dt_check(struct span bytes, const char **why);

u32 dt_parent(const struct dt *t, u32 n);  /* DT_NONE for the root */
u32 dt_phandle(const struct dt *t, u32 n); /* 0: it has none */
u32 dt_end(const struct dt *t, u32 n);	   /* the node after the subtree of @n */
struct str dt_name(const struct dt *t, u32 n);
u32 dt_child(const struct dt *t, u32 n, struct str name); /* "cpus", or "memory@0" */

/* By "/soc/uart@0", or by an alias with an optional rest: "serial0", "soc/uart@0". */
u32 dt_find(const struct dt *t, struct str path);
u32 dt_find_phandle(const struct dt *t, u32 phandle);
/* The first node from @from on that lists @compatible. */
u32 dt_find_compatible(const struct dt *t, u32 from, const char *compatible);

/* "/soc/uart@0" as a copy in @a; NULL when the arena is full. */
const char *dt_path(const struct dt *t, u32 n, struct arena *a);

bool dt_prop(const struct dt *t, u32 n, const char *name, struct span *out);
bool dt_has(const struct dt *t, u32 n, const char *name);
/* One property after the other, in the order they are written; *at is 0 for the first. */
bool dt_prop_next(const struct dt *t, u32 n, u32 *at, const char **name, struct span *out);
/* Cell @index of a property; false when it is not there. */
bool dt_u32(const struct dt *t, u32 n, const char *name, u32 index, u32 *out);
/* String @index of a list of strings; false when it is not there. */
bool dt_str(const struct dt *t, u32 n, const char *name, u32 index, struct str *out);
/* It has a `compatible`, and `reg` or interrupts. */
bool dt_is_device(const struct dt *t, u32 n);
bool dt_is_compatible(const struct dt *t, u32 n, const char *compatible);
/* Its status says nothing, "okay" or "ok", and so does that of every node above it. */
bool dt_enabled(const struct dt *t, u32 n);

/*
 * Window @index of `reg` as the CPUs see it, through every `ranges` above.
 * E_NOTFOUND: there are no more. E_UNSUP: not on the CPUs' bus. E_FORMAT: cells do not add up.
 */
enum status dt_reg(const struct dt *t, u32 n, u32 index, struct range *out);

/* Entry @index of `reg` untranslated: an id. E_NOTFOUND, E_FORMAT as above. */
enum status dt_reg_id(const struct dt *t, u32 n, u32 index, u64 *out);

/*
 * Interrupt @index, of `interrupts-extended` or of `interrupts` with the controller that the
 * node inherits. E_NOTFOUND: there are no more. E_FORMAT: no such controller, bad cells.
 */
enum status dt_irq(const struct dt *t, u32 n, u32 index, struct dt_irq *out);

/* Entry @index of a bus's `ranges`, its side of the CPUs'. As dt_reg(). */
enum status dt_range(const struct dt *t, u32 n, u32 index, struct range *out);

/* Where entry @index of the node's `interrupt-map` leads. As dt_irq(). */
enum status dt_irq_map(const struct dt *t, u32 n, u32 index, struct dt_irq *out);

/* The controller that the node's own `interrupts` would go to; DT_NONE. */
u32 dt_irq_parent(const struct dt *t, u32 n);

/* Entry @index of the memory reservation block. E_NOTFOUND: there are no more. */
enum status dt_reservation(const struct dt *t, u32 index, struct range *out);

/* ---- writing ------------------------------------------------------------------------------ */

#define DT_OUT_KNOWN 32

struct dt_out {
	void *buf;
	u32 size;
	enum status error; /* the first one */
	u32 at;		   /* where the structure goes on */
	u32 names_len;	   /* of properties, at the end of the buffer */
	u32 depth;
	bool has_child; /* so properties may no longer be added */
	u32 known[DT_OUT_KNOWN];
};

/* Begin a tree with an open root node. @buf is 8-byte aligned. A node's properties stand before
 * its children. */
void dt_out_begin(struct dt_out *o, void *buf, size_t size);
void dt_out_node(struct dt_out *o, const char *name);
/* "name@unit" */
void dt_out_node_at(struct dt_out *o, const char *name, u64 unit);
void dt_out_end_node(struct dt_out *o);
void dt_out_flag(struct dt_out *o, const char *prop);
void dt_out_u32(struct dt_out *o, const char *prop, u32 v);
void dt_out_u64(struct dt_out *o, const char *prop, u64 v);
void dt_out_cells(struct dt_out *o, const char *prop, const u32 *cells, u32 n);
void dt_out_bytes(struct dt_out *o, const char *prop, struct span value);
/* A part of another tree, into the node that is open. */
enum dt_part {
	DT_ROOT_PROPS,
	DT_NODES, /* all below its root */
};
void dt_out_copy(struct dt_out *o, struct span tree, enum dt_part part);
/* May be a list, as in a literal: STR("arm,pl011\0arm,primecell"). */
void dt_out_str(struct dt_out *o, const char *prop, struct str s);
/* Close the root. E_RANGE: the buffer is too small. E_INVAL: nodes or properties out of place. */
enum status dt_out_finish(struct dt_out *o, size_t *len);

struct dt_edit {
	void *buf;
	size_t size;
	enum status error; /* the first one */
	u32 structure;	   /* where it begins in the buffer */
	struct dt tree;	   /* the copy's blocks, without an index */
};

/* Node handles of an edit are offsets; any change to the tree may move the nodes after it. */
enum status dt_edit_begin(struct dt_edit *e, struct span base, void *buf, size_t size);
/* The node called @name below @parent, made when absent; the root is 0. */
int dt_edit_node(struct dt_edit *e, int parent, const char *name);
void dt_edit_set(struct dt_edit *e, int node, const char *prop, const void *value, size_t len);
void dt_edit_set_str(struct dt_edit *e, int node, const char *prop, struct str s);
void dt_edit_unset(struct dt_edit *e, int node, const char *prop);
/* Delete every child of the root whose `device_type` is @type. */
void dt_edit_delete_type(struct dt_edit *e, const char *type);
/* #address-cells and #size-cells of the root. */
void dt_edit_root_cells(struct dt_edit *e, u32 *address_cells, u32 *size_cells);
/* E_RANGE: the buffer is too small. */
enum status dt_edit_finish(struct dt_edit *e, size_t *len);
