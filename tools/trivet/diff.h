/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two descriptions compared as boards. A description is taken apart into items ("device uart0"),
 * an item into facts ("interrupt" is "33, level"), each with its place. Everything of the model is
 * in some fact, except where it came from: file, language, place, and whether the default board or
 * the file said it. What has no fact is never seen to differ, so tests/unit/test_tool_diff.c turns
 * every byte of the model and wants to see it.
 */
#pragma once

#include "board.h"

struct diff_fact {
	const char *name;
	const char *value;
	struct src_pos at;
};

#define DIFF_KEYS 3

struct diff_item {
	const char *subject;	    /* "memory 0x8000_0000" */
	const char *key[DIFF_KEYS]; /* what its like in the other file has, too; the best first */
	struct diff_fact *facts;
	u32 n;
	u32 cap;
	struct src_pos at;
	bool matched;
};

struct diff_items {
	struct diff_item *v;
	u32 n;
	u32 cap;
};

/* How much of the file is a board. */
enum diff_scope {
	DIFF_RESOLVED, /* the host's tree was there: what was asked of it has become windows */
	DIFF_ASKED,    /* it was not: so what is asked for is compared, too */
};

void diff_items_of(struct diff_items *items, const struct vmdesc *vd, enum diff_scope scope);

/* One difference. @a or @b NULL: the fact, or with @fact NULL the whole item, is not there. */
struct diff_change {
	const char *subject;
	const char *fact;
	const char *a, *b;
	struct src_pos at_a, at_b;
};

struct diff_changes {
	struct diff_change *v;
	u32 n;
	u32 cap;
};

/* Append what differs between two boards to @out. */
void diff_boards(struct diff_changes *out, const struct vmdesc *a, const struct vmdesc *b,
		 enum diff_scope scope);

/* Items and facts are made by these (diff_items.c, diff_devices.c). */
struct diff_item *diff_add(struct diff_items *items, struct src_pos at, const char *subject);
void diff_fact(struct diff_item *item, struct src_pos at, const char *name, const char *value);
/* "interrupt", "interrupt 2", ... */
/* Foreign text, nothing of it lost: in quotes, or as it is where it is one word. */
const char *diff_quoted(struct str s);
const char *diff_word(struct str s);
const char *diff_nth(const char *name, u32 i);
void diff_devices(struct diff_items *items, const struct vmdesc *vd);
