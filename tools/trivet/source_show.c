/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of a file on a terminal. Columns of a position count bytes, columns here are those of the
 * screen; bytes that would move the cursor, turn the writing direction or are no UTF-8 are shown as
 * '?', so that a file cannot make its own message say something else.
 */
#include <string.h>

#include "json.h"
#include "source.h"

#define TAB 8

struct glyph {
	struct str bytes; /* what to print; of a tab: nothing */
	u32 width;
	u32 column; /* of the screen, from 0 */
	size_t at;  /* in the line */
};

struct walk {
	struct str rest;
	size_t at;
	u32 column;
};

struct block {
	u32 first;
	u32 last;
	u32 width;
};

/* What is not one column wide, and what must not be printed (width 9). */
static const struct block blocks[] = {
	{ 0x80, 0x9f, 9 },	 { 0x300, 0x36f, 0 },	{ 0x1100, 0x115f, 2 },
	{ 0x1ab0, 0x1aff, 0 },	 { 0x1dc0, 0x1dff, 0 }, { 0x200b, 0x200f, 9 },
	{ 0x2028, 0x202e, 9 },	 { 0x2066, 0x2069, 9 }, { 0x20d0, 0x20ff, 0 },
	{ 0x2e80, 0xa4cf, 2 },	 { 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 },
	{ 0xfe00, 0xfe0f, 0 },	 { 0xfe20, 0xfe2f, 0 }, { 0xfe30, 0xfe6f, 2 },
	{ 0xff00, 0xff60, 2 },	 { 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1faff, 2 },
	{ 0x20000, 0x3fffd, 2 },
};

static u32 code_of(struct str s, u32 n)
{
	const u8 *p = (const u8 *)s.p;
	u32 code = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	for (u32 i = 1; i < n; i++)
		code = code << 6 | (p[i] & 0x3f);
	return code;
}

static u32 width_of(u32 code)
{
	for (size_t i = 0; i < array_size(blocks); i++) {
		if (code >= blocks[i].first && code <= blocks[i].last)
			return blocks[i].width;
	}
	return code < 0x20 || code == 0x7f ? 9 : 1;
}

static bool next_glyph(struct walk *w, struct glyph *g)
{
	u32 n, width;

	if (!w->rest.n)
		return false;
	n = utf8_length(w->rest);
	width = n ? width_of(code_of(w->rest, n)) : 9;
	*g = (struct glyph){ { w->rest.p, n }, width, w->column, w->at };
	if (w->rest.p[0] == '\t') {
		g->bytes.n = 0;
		g->width = TAB - w->column % TAB;
	} else if (width == 9) {
		g->bytes = STR("?");
		g->width = 1;
	}
	n = n ? n : 1;
	w->rest = (struct str){ w->rest.p + n, w->rest.n - n };
	w->at += n;
	w->column += g->width;
	return true;
}

/* Of a string with its quotes. */
static size_t string_length(struct str s)
{
	for (size_t n = 1; n < s.n; n++) {
		if (s.p[n] == '\\' && s.p[0] == '"')
			n++;
		else if (s.p[n] == s.p[0])
			return n + 1;
	}
	return s.n;
}

/* Of a list or table with its brackets; of its opening one when it does not end on this line. */
static size_t list_length(struct str s)
{
	u32 depth = 0;

	for (size_t n = 0; n < s.n; n++) {
		if (strchr("[{(", s.p[n]))
			depth++;
		else if (strchr("]})", s.p[n]) && --depth == 0)
			return n + 1;
	}
	return 1;
}

/* Bytes of the value or word that @s begins with. At least 1. */
static size_t word_length(struct str s)
{
	size_t n = 1;

	if (!s.n || !s.p[0] || strchr(" \t,;=#)]}<>", s.p[0]))
		return 1;
	if (strchr("\"'", s.p[0]))
		return string_length(s);
	if (strchr("[{(", s.p[0]))
		return list_length(s);
	while (n < s.n && s.p[n] && !strchr(" \t,;=#()[]{}<>\"'", s.p[n]))
		n++;
	return n;
}

/* The columns of the screen that the word from byte @at on takes. */
static void find_word(struct str line, size_t at, u32 *first, u32 *end)
{
	size_t behind = at + word_length((struct str){ line.p + at, line.n - at });
	struct walk w = { .rest = line };
	struct glyph g;

	*first = *end = 0;
	while (next_glyph(&w, &g)) {
		if (g.at <= at)
			*first = g.column;
		if (g.at >= behind)
			return;
		*end = g.column + g.width;
	}
	if (at >= line.n) {
		*first = w.column;
		*end = w.column + 1;
	}
}

/* The columns @from to @to of the line; where it is cut, "...". */
static void put_line(FILE *f, struct str line, u32 from, u32 to, bool cut)
{
	struct walk w = { .rest = line };
	struct glyph g;

	fputs(from || cut ? "..." : "", f);
	while (next_glyph(&w, &g)) {
		if (g.column < from)
			continue;
		if (g.column + g.width > to) {
			fputs("...", f);
			break;
		}
		if (g.bytes.n)
			fwrite(g.bytes.p, 1, g.bytes.n, f);
		else
			fprintf(f, "%*s", (int)g.width, "");
	}
	fputc('\n', f);
}

/*
 * Of a very long line only the neighbourhood of @at is walked through: thousands of messages about
 * one such line cost no more than others. Its columns begin anew there; true when it was cut.
 */
static bool cut_line(struct str *line, size_t *at, u32 width)
{
	size_t far = 8 * (size_t)width, skip = 0;

	if (line->n > 4 * far && *at > far) {
		skip = *at - far;
		while (skip < *at && ((u8)line->p[skip] & 0xc0) == 0x80)
			skip++;
	}
	line->p += skip;
	line->n = MIN(line->n - skip, 4 * far);
	*at -= skip;
	return skip;
}

void source_show(FILE *f, const struct src_pos *at, u32 width, const struct source_paint *paint)
{
	u32 first = 0, end = 0, from = 0;
	size_t place = at->col ? at->col - 1 : 0;
	struct str line;
	bool cut;

	if (!source_line(at, &line) || !line.n)
		return;
	if (place > line.n) {
		/* The place is in what a macro of this line has become. */
		fprintf(f, "%5u | ", at->line);
		put_line(f, line, 0, width, false);
		return;
	}
	cut = cut_line(&line, &place, width);
	find_word(line, place, &first, &end);
	if (end > width)
		from = first > width / 3 ? first - width / 3 : 0;
	end = MIN(end, from + width);
	fprintf(f, "%5u | ", at->line);
	put_line(f, line, from, from + width, cut);
	if (!at->col)
		return;
	fprintf(f, "      | %*s%s^", (int)(first - from) + (from || cut ? 3 : 0), "", paint->mark);
	for (u32 i = first + 1; i < end; i++)
		fputc('~', f);
	fprintf(f, "%s\n", paint->end);
}
