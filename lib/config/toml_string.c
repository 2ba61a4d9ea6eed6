/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four kinds of string. A body is read twice: once to check and measure it, once to write it
 * into exactly the memory it needs; the second reading cannot fail. Newlines become LF.
 */
#include "toml_priv.h"

#include <lib/words.h>

struct body {
	char *out; /* NULL while measuring */
	size_t n;
	int quote;
	bool multi;
	bool bad;	     /* a mistake was reported; the rest is read to find its end */
	struct src_pos open; /* of the opening quote */
};

static void put(struct body *b, u32 c)
{
	if (b->out)
		b->out[b->n] = (char)c;
	b->n++;
}

static void put_utf8(struct body *b, u32 c)
{
	if (c < 0x80) {
		put(b, c);
	} else if (c < 0x800) {
		put(b, 0xc0 | c >> 6);
		put(b, 0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		put(b, 0xe0 | c >> 12);
		put(b, 0x80 | (c >> 6 & 0x3f));
		put(b, 0x80 | (c & 0x3f));
	} else {
		put(b, 0xf0 | c >> 18);
		put(b, 0x80 | (c >> 12 & 0x3f));
		put(b, 0x80 | (c >> 6 & 0x3f));
		put(b, 0x80 | (c & 0x3f));
	}
}

static int hex_digit(int c)
{
	if (toml_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \uXXXX or \UXXXXXXXX; the backslash is here. */
static enum status unicode_escape(struct toml_reader *r, struct body *b, u32 n_digits)
{
	u32 c = 0;

	for (u32 i = 0; i < n_digits; i++) {
		int d = hex_digit(toml_peek(r, 2 + i));

		if (d < 0)
			return toml_fail(r, toml_pos(r), "\\%c needs %u hexadecimal digits",
					 toml_peek(r, 1), n_digits);
		c = c << 4 | (u32)d;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return toml_fail(r, toml_pos(r), "\\%c%0*x is not a Unicode character",
				 toml_peek(r, 1), (int)n_digits, c);
	toml_skip(r, 2 + n_digits);
	put_utf8(b, c);
	return OK;
}

/* A backslash at the end of a line: it, the newline and all blank space after it vanish. */
static bool line_continues(struct toml_reader *r)
{
	struct toml_mark start = toml_mark(r);

	toml_skip(r, 1);
	toml_blanks(r);
	if (!toml_newline(r)) {
		toml_rewind(r, start);
		return false;
	}
	do {
		toml_blanks(r);
	} while (toml_newline(r));
	return true;
}

static enum status escape(struct toml_reader *r, struct body *b)
{
	static const char codes[] = "btnfr\"\\";
	static const char values[] = "\b\t\n\f\r\"\\";
	int c = toml_peek(r, 1);
	const char *code;

	if (c == 'u')
		return unicode_escape(r, b, 4);
	if (c == 'U')
		return unicode_escape(r, b, 8);
	if (b->multi && line_continues(r))
		return OK;
	code = c > 0 ? strchr(codes, c) : NULL;
	if (!code && c > ' ' && c < 0x7f)
		return toml_fail(r, toml_pos(r),
				 "\\%c is no escape; write \\\\ for a backslash, or '...' quotes",
				 c);
	if (!code)
		return toml_fail(r, toml_pos(r), "a backslash needs an escape character after it");
	put(b, (u8)values[code - codes]);
	toml_skip(r, 2);
	return OK;
}

/* At a quote: true when the string ends here; it and quotes that belong to the text are taken. */
static bool closes(struct toml_reader *r, struct body *b)
{
	size_t n = 1;

	if (!b->multi) {
		toml_skip(r, 1);
		return true;
	}
	while (n < 5 && toml_peek(r, n) == b->quote)
		n++;
	toml_skip(r, n);
	for (size_t i = n < 3 ? 0 : 3; i < n; i++)
		put(b, (u32)b->quote);
	return n >= 3;
}

static enum status not_closed(struct toml_reader *r, const struct body *b)
{
	if (b->multi)
		return toml_fail(r, b->open, "string is not closed; expected %c%c%c after it",
				 b->quote, b->quote, b->quote);
	return toml_fail(r, b->open, "string is not closed; expected %c before the end of the line",
			 b->quote);
}

/* A byte that means more than itself. E_FORMAT: reported, and nothing taken. */
static enum status special(struct toml_reader *r, struct body *b, int c)
{
	if (c == '\\')
		return escape(r, b);
	if (!toml_newline(r))
		return toml_bad_control(r, c);
	put(b, '\n');
	return OK;
}

/* What stands for itself, at least one byte. */
static void take_plain(struct toml_reader *r, struct body *b)
{
	const u8 *p = r->in.p;
	size_t n = 1;

	while (n < r->in.n && p[n] != b->quote && p[n] != '\\' && !toml_is_control(p[n]))
		n++;
	if (b->out)
		memcpy(b->out + b->n, p, n);
	b->n += n;
	toml_skip(r, n);
}

static enum status read_body(struct toml_reader *r, struct body *b)
{
	toml_skip(r, b->multi ? 3 : 1);
	if (b->multi)
		toml_newline(r);
	while (r->in.n && (b->multi || !toml_newline_len(r))) {
		int c = toml_peek(r, 0);

		if (c == b->quote) {
			if (closes(r, b))
				return b->bad ? E_FORMAT : OK;
		} else if (toml_is_control(c) || (c == '\\' && b->quote == '"')) {
			if (special(r, b, c) != OK) {
				b->bad = true;
				toml_skip(r, 1);
			}
		} else {
			take_plain(r, b);
		}
	}
	return not_closed(r, b);
}

enum status toml_string(struct toml_reader *r, struct str *out)
{
	struct toml_mark start = toml_mark(r);
	struct body b = { .quote = toml_peek(r, 0), .open = toml_pos(r) };
	char *text;

	b.multi = toml_peek(r, 1) == b.quote && toml_peek(r, 2) == b.quote;
	TRY(read_body(r, &b));
	text = (char *)arena_alloc(r->arena, b.n + 1, 1);
	if (!text)
		return E_NOMEM;
	toml_rewind(r, start);
	b.out = text;
	b.n = 0;
	TRY(read_body(r, &b));
	*out = (struct str){ text, b.n };
	return OK;
}
