/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Positions, blanks, comments, newlines and encoding. toml_newline() is the only place where a
 * line is counted, so every position is right when every newline goes through it. Columns count
 * bytes from 1, as compilers do, not characters.
 */
#include "toml_priv.h"

#include <base/fmt.h>

/* More messages than a person reads: what follows is likely no TOML at all. */
#define MAX_ERRORS 64

#define MESSAGE_SIZE 256

void toml_skip(struct toml_reader *r, size_t n)
{
	n = MIN(n, r->in.n);
	r->in.p += n;
	r->in.n -= n;
}

struct src_pos toml_pos(const struct toml_reader *r)
{
	return (struct src_pos){ r->file, r->line, r->indent + (u32)(r->in.p - r->line_start) + 1 };
}

enum status toml_fail_cold(struct toml_reader *r, struct src_pos at, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	r->n_errors++;
	if (r->n_errors == MAX_ERRORS + 1)
		diag_report(r->diag, DIAG_ERROR, at, "too many mistakes; the rest is not shown");
	if (r->n_errors > MAX_ERRORS)
		return E_FORMAT;
	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	diag_report(r->diag, DIAG_ERROR, at, "%s", text);
	return E_FORMAT;
}

void toml_note_cold(struct toml_reader *r, struct src_pos at, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	if (r->n_errors > MAX_ERRORS)
		return;
	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	diag_report(r->diag, DIAG_NOTE, at, "%s", text);
}

size_t toml_newline_len(const struct toml_reader *r)
{
	if (toml_peek(r, 0) == '\n')
		return 1;
	return toml_peek(r, 0) == '\r' && toml_peek(r, 1) == '\n' ? 2 : 0;
}

bool toml_newline(struct toml_reader *r)
{
	size_t n = toml_newline_len(r);

	if (!n)
		return false;
	toml_skip(r, n);
	r->line++;
	r->indent = 0;
	r->line_start = r->in.p;
	return true;
}

void toml_blanks(struct toml_reader *r)
{
	while (toml_peek(r, 0) == ' ' || toml_peek(r, 0) == '\t')
		toml_skip(r, 1);
}

bool toml_is_bare(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || toml_is_digit(c) || c == '_' ||
	       c == '-';
}

enum status toml_bad_control(struct toml_reader *r, int c)
{
	if (c == '\r')
		return toml_fail(r, toml_pos(r),
				 "a carriage return must be followed by a line feed");
	return toml_fail(
		r, toml_pos(r),
		"control character 0x%02x is not allowed here (in a \"...\" string: \\u%04x)",
		(u32)c, (u32)c);
}

static enum status comment(struct toml_reader *r)
{
	size_t n = 0;

	if (toml_peek(r, 0) != '#')
		return OK;
	while (n < r->in.n && !toml_is_control(r->in.p[n])) /* a newline is one, too */
		n++;
	toml_skip(r, n);
	if (r->in.n && !toml_newline_len(r))
		return toml_bad_control(r, toml_peek(r, 0));
	return OK;
}

enum status toml_blank_lines(struct toml_reader *r)
{
	do {
		toml_blanks(r);
		TRY(comment(r));
	} while (toml_newline(r));
	return OK;
}

enum status toml_line_end(struct toml_reader *r, const char *after)
{
	int c;

	toml_blanks(r);
	TRY(comment(r));
	if (!r->in.n || toml_newline(r))
		return OK;
	c = toml_peek(r, 0);
	if (toml_is_control(c))
		return toml_bad_control(r, c);
	return toml_fail(r, toml_pos(r), "expected the end of the line or a comment after %s",
			 after);
}

static bool is_value_word(const struct toml_reader *r, size_t off, size_t n)
{
	static const char *const words[] = { "true", "false", "inf", "nan" };
	struct str s = { (const char *)r->in.p + off, n };

	for (size_t i = 0; i < array_size(words); i++) {
		if (str_eq_c(s, words[i]))
			return true;
	}
	return false;
}

static size_t skip_blanks_from(const struct toml_reader *r, size_t i)
{
	while (toml_peek(r, i) == ' ' || toml_peek(r, i) == '\t')
		i++;
	return i;
}

bool toml_starts_statement(const struct toml_reader *r)
{
	size_t start = skip_blanks_from(r, 0);
	size_t name = start;
	size_t i;
	int c;

	while (name < start + 2 && toml_peek(r, name) == '[')
		name++;
	for (i = name; toml_is_bare(toml_peek(r, i)) || toml_peek(r, i) == '.'; i++)
		;
	if (i == name)
		return false;
	c = toml_peek(r, name);
	if (name == start)
		return toml_peek(r, skip_blanks_from(r, i)) == '=';
	return !toml_is_digit(c) && c != '-' && !is_value_word(r, name, i - name);
}

/* Length of the well-formed sequence at the start of @s, 0 when there is none (RFC 3629, 4). */
static size_t utf8_len(struct span s)
{
	u8 c = s.p[0];
	u8 low = 0x80;
	u8 high = 0xbf;
	size_t n;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	if (n > s.n || s.p[1] < low || s.p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static bool is_ascii(struct span s)
{
	u64 all = 0, w;

	for (; s.n >= sizeof(w); s.p += sizeof(w), s.n -= sizeof(w)) {
		__builtin_memcpy(&w, s.p, sizeof(w));
		all |= w;
	}
	for (; s.n; s.p++, s.n--)
		all |= *s.p;
	return !(all & UINT64_C(0x8080808080808080));
}

void toml_check_utf8(struct toml_reader *r)
{
	struct toml_mark start = toml_mark(r);

	if (is_ascii(r->in))
		return;
	while (r->in.n) {
		size_t n = utf8_len(r->in);

		if (n) {
			if (!toml_newline(r))
				toml_skip(r, n);
			continue;
		}
		/* The status says what the caller learns from the error count. */
		(void)toml_fail(r, toml_pos(r), "byte 0x%02x is not valid UTF-8", r->in.p[0]);
		while (r->in.n && !toml_newline_len(r))
			toml_skip(r, 1);
	}
	toml_rewind(r, start);
}
