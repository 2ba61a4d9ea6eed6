/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last column is never filled up, so that no line ends in blanks.
 */
#include <stdarg.h>
#include <string.h>

#include "board.h"
#include "table.h"

#define GAP   2
#define LEAST 8
#define DOTS  "..."

static const char *const color_of[TABLE_STYLES] = {
	[TABLE_HEAD] = "\033[1m",    [TABLE_DIM] = "\033[2m",	[TABLE_RAM] = "\033[34m",
	[TABLE_DEVICE] = "\033[32m", [TABLE_PASS] = "\033[33m", [TABLE_IMAGE] = "\033[35m",
};

void table_add(struct table *t, enum table_style style, ...)
{
	struct table_row *row;
	va_list ap;

	if (t->n == t->cap) {
		struct table_row *more = tool_alloc((t->cap * 2 + 16) * sizeof(*more));

		if (t->n)
			memcpy(more, t->rows, t->n * sizeof(*more));
		t->rows = more;
		t->cap = t->cap * 2 + 16;
	}
	row = &t->rows[t->n++];
	row->style = style;
	va_start(ap, style);
	for (u32 i = 0; i < t->n_cols; i++)
		row->cell[i] = va_arg(ap, const char *);
	va_end(ap);
}

static void fit(const struct table *t, u32 *width)
{
	u32 total = t->indent;

	for (u32 i = 0; i < t->n_cols; i++)
		total += width[i] + (i ? GAP : 0);
	while (total > TABLE_WIDTH) {
		u32 widest = t->n_cols;

		for (u32 i = 0; i < t->n_cols; i++)
			if ((t->flex >> i & 1) && width[i] > LEAST &&
			    (widest == t->n_cols || width[i] > width[widest]))
				widest = i;
		if (widest == t->n_cols)
			return;
		width[widest]--;
		total--;
	}
}

void table_widths(const struct table *t, u32 width[TABLE_MAX_COLS])
{
	for (u32 i = 0; i < t->n_cols; i++) {
		width[i] = t->heads ? tool_columns(t->heads[i]) : 0;
		for (u32 r = 0; r < t->n; r++)
			width[i] = MAX(width[i], tool_columns(t->rows[r].cell[i]));
	}
	fit(t, width);
}

/* Bytes of the first @n characters. */
static u32 bytes_of(const char *s, u32 n)
{
	u32 i = 0;

	while (s[i]) {
		if (((unsigned char)s[i] & 0xc0) != 0x80 && n-- == 0)
			break;
		i++;
	}
	return i;
}

/* Of a path the end says more than the beginning. */
static void put_cut(FILE *f, const char *s, u32 n, u32 width)
{
	u32 kept = width - (u32)strlen(DOTS);

	if (*s == '/')
		fprintf(f, DOTS "%s", s + bytes_of(s, n - kept));
	else
		fprintf(f, "%.*s" DOTS, (int)bytes_of(s, kept), s);
}

static void put_cell(FILE *f, const char *s, u32 width, bool right, bool last)
{
	u32 n = tool_columns(s);

	if (n > width) {
		put_cut(f, s, n, width);
		return;
	}
	if (right)
		fprintf(f, "%*s", (int)(width - n), "");
	fputs(s, f);
	if (!right && !last)
		fprintf(f, "%*s", (int)(width - n), "");
}

static bool rest_empty(const struct table *t, const struct table_row *row, u32 from)
{
	for (u32 i = from; i < t->n_cols; i++)
		if (*row->cell[i])
			return false;
	return true;
}

static void put_row(const struct table *t, const struct table_row *row, const u32 *width, FILE *f)
{
	fprintf(f, "%*s", (int)t->indent, "");
	for (u32 i = 0; i < t->n_cols; i++) {
		bool last = rest_empty(t, row, i + 1);

		put_cell(f, row->cell[i], width[i], t->right >> i & 1, last);
		if (last)
			return;
		fprintf(f, "%*s", GAP, "");
	}
}

static void put_styled(const struct table *t, const struct table_row *row, const u32 *width,
		       FILE *f, bool color)
{
	bool on = color && color_of[row->style];

	if (on)
		fputs(color_of[row->style], f);
	put_row(t, row, width, f);
	fputs(on ? "\033[0m\n" : "\n", f);
}

void table_print(const struct table *t, FILE *f, bool color)
{
	struct table_row head = { .style = TABLE_HEAD };
	u32 width[TABLE_MAX_COLS];

	table_widths(t, width);
	if (t->heads) {
		memcpy(head.cell, t->heads, t->n_cols * sizeof(*t->heads));
		put_styled(t, &head, width, f, color);
	}
	for (u32 i = 0; i < t->n; i++)
		put_styled(t, &t->rows[i], width, f, color);
}

void table_text(FILE *f, bool color, enum table_style style, const char *text)
{
	bool on = color && color_of[style];

	fprintf(f, "%s%s%s", on ? color_of[style] : "", text, on ? "\033[0m" : "");
}
