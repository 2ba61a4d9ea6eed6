/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of text: columns as wide as what stands in them, cut with "..." where the whole would be
 * wider than a page of 100. Colours are words of the terminal and take no place.
 */
#pragma once

#include <stdio.h>

#include <base/types.h>

#define TABLE_MAX_COLS 8
#define TABLE_WIDTH    100

enum table_style {
	TABLE_PLAIN,
	TABLE_HEAD,
	TABLE_DIM,
	TABLE_RAM,
	TABLE_DEVICE,
	TABLE_PASS,
	TABLE_IMAGE,
	TABLE_STYLES
};

struct table_row {
	const char *cell[TABLE_MAX_COLS];
	enum table_style style;
};

struct table {
	const char *const *heads; /* NULL: none */
	u32 n_cols;
	u32 right;  /* bits: columns that are aligned to the right */
	u32 indent; /* of the whole table */
	u32 flex;   /* bits: columns that may be cut, the widest first */
	struct table_row *rows;
	u32 n;
	u32 cap;
};

/* A row of @n_cols cells follows. */
void table_add(struct table *t, enum table_style style, ...);
void table_print(const struct table *t, FILE *f, bool color);
/* The widths it would be printed with; for tests. */
void table_widths(const struct table *t, u32 width[TABLE_MAX_COLS]);

/* @text in the style's colour. */
void table_text(FILE *f, bool color, enum table_style style, const char *text);
