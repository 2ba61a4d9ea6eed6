/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolving pass-through, shared by pass*.c. Nodes of the host's tree carry marks; marks are only
 * ever added, so every walk over dependencies ends. All of this lives in a scratch arena.
 */
#pragma once

#include <lib/fdt.h>
#include <lib/hostdesc.h>

#include "vmdesc_priv.h"

/* Bits of a node. */
enum pass_mark {
	PASS_GIVEN = 1,	 /* goes to the guest: told with all its properties */
	PASS_BUS = 2,	 /* on the way to one that is: told with what addresses need */
	PASS_EXCEPT = 4, /* kept out by the file */
	PASS_OWN = 8,	 /* the hypervisor's */
	PASS_MOVED = 16, /* given at other addresses than the host's */
	PASS_ROW = 32,	 /* asked for by its address: what it needs is not given with it */
};

#define PASS_NO_DEV UINT16_MAX

struct pass_resolver {
	struct vd_check c; /* for messages; has no target */
	struct vmdesc *vd;
	const struct hostdesc *hd;
	struct dt t;	 /* n_nodes 0: the machine has no tree */
	u8 *mark;	 /* of a node */
	u16 *dev;	 /* of a node: index into hd->devs, or PASS_NO_DEV */
	u32 *node;	 /* of a device; DT_NONE */
	u16 *pass_index; /* of a device: its pass, plus 1 */
	u8 *told;	 /* of a device: that it is ours */
	struct vd_pass *pass;
	u32 n;
	u32 cap;
	struct arena scratch;
};

/* ---- pass.c ------------------------------------------------------------------------------- */

const struct hd_dev *pass_dev_of(const struct pass_resolver *r, u32 node);
/* "console", "disk"...; NULL when the hypervisor has no use for it. */
const char *pass_own_use(const struct pass_resolver *r, const struct hd_dev *dev);
bool pass_has_mark(const struct pass_resolver *r, const struct hd_dev *dev, u32 mark);
/* @dev is asked for and ours: say so. @delta: from the host's address to where it was expected. */
void pass_own(struct pass_resolver *r, const struct hd_dev *dev, const struct vd_pass *asked,
	      u64 delta);
struct vd_pass *pass_new(struct pass_resolver *r, struct str name, struct src_pos at);
/* The pass of a device, made with its interrupts and no window when there is none yet. */
struct vd_pass *pass_of(struct pass_resolver *r, const struct hd_dev *dev,
			const struct vd_pass *asked);
/* Unless it is inside of one that is given already. */
void pass_add_window(struct pass_resolver *r, struct vd_pass *p, const struct vd_pass_window *w);

/* Some of @win is memory of the machine, reserved or not. */
bool pass_is_memory(const struct pass_resolver *r, const struct range *win);
/* All windows of @dev at the host's addresses. */
void pass_whole(struct pass_resolver *r, const struct hd_dev *dev, const struct vd_pass *asked);

/* ---- the steps ---------------------------------------------------------------------------- */

void pass_row(struct pass_resolver *r, const struct vd_pass *row); /* pass_rows.c */
/* What given nodes refer to: is given too, or named. pass_deps.c */
enum status pass_dependencies(struct pass_resolver *r);
/* The guest's tree gets property @name of @n: all that it refers to is there. */
bool pass_keeps(const struct pass_resolver *r, u32 n, const char *name, struct span value);
/* Write given nodes into @a. pass_tree.c */
enum status pass_cut(struct pass_resolver *r, struct arena *a);
void pass_exceptions(struct pass_resolver *r); /* pass_nodes.c */
void pass_paths(struct pass_resolver *r);
/* The machine uses it, and it is no part of every virtual board. */
bool pass_is_usable(const struct pass_resolver *r, u32 n);
/* pass_judge.c: how windows are reached, and what is dangerous about them. */
void pass_judge(struct pass_resolver *r);

/* ---- of the ISA: pass_<isa>.c ------------------------------------------------------------- */

/* An interrupt that any CPU can take, so that it can be given away. */
bool pass_isa_is_shared(u32 line);
/* The line that people mean by the number of a shared interrupt. */
u32 pass_isa_line(u32 number);
/* A node that every virtual board has of its own. */
bool pass_isa_is_board(const struct dt *t, u32 n);
/* A guest that knows @dev can use an emulated device of @class in its place. */
bool pass_isa_same_kind(const struct hd_dev *dev, struct str class);
