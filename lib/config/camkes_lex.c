/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that comes out of the preprocessor, into tokens. Its line markers (`# 12 "file"`) say where
 * a line stood, so that messages name the user's file and not the preprocessor's output. Every
 * call goes forward by at least one byte, or ends.
 */
#include "camkes_priv.h"

#include <base/fmt.h>

void ck_lex_begin(struct ck_lex *lx, struct camkes *ck, struct span text, const char *file)
{
	*lx = (struct ck_lex){
		.ck = ck,
		.text = text,
		.file = file,
		.line = 1,
		.markers = true,
	};
}

static u8 peek(const struct ck_lex *lx, size_t ahead)
{
	return ahead < lx->text.n - lx->at ? lx->text.p[lx->at + ahead] : 0;
}

static struct src_pos here(const struct ck_lex *lx)
{
	return (struct src_pos){ lx->file, lx->line,
				 lx->col_base + (u32)(lx->at - lx->line_start) + 1 };
}

static void new_line(struct ck_lex *lx)
{
	lx->line++;
	lx->line_start = lx->at;
	lx->col_base = 0;
}

static bool is_digit(u8 c)
{
	return c >= '0' && c <= '9';
}

static bool is_id(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

/* ---- what stands between tokens ------------------------------------------------------------ */

/* `# 12 "file" 3`: the next line is line 12 of that file. Other lines with '#' say nothing. */
static void read_marker(struct ck_lex *lx, struct str line)
{
	u32 number = 0;
	size_t i = 1;
	const char *end;

	if (str_starts(line, "#line"))
		i = 5;
	while (i < line.n && line.p[i] == ' ')
		i++;
	if (i == line.n || !is_digit((u8)line.p[i]))
		return;
	while (i < line.n && is_digit((u8)line.p[i]) && number < UINT32_MAX / 16)
		number = number * 10 + (u32)(line.p[i++] - '0');
	/* The newline behind the marker counts one. */
	lx->line = number - (number > 0);
	while (i < line.n && line.p[i] == ' ')
		i++;
	if (i == line.n || line.p[i] != '"')
		return;
	i++;
	end = memchr(line.p + i, '"', line.n - i);
	if (end) {
		struct ck_name *file =
			ck_intern(lx->ck, (struct str){ line.p + i, (size_t)(end - line.p) - i });

		if (file)
			lx->file = file->text.p;
	}
}

static void skip_line(struct ck_lex *lx)
{
	const u8 *from = lx->text.p + lx->at;
	const u8 *end = memchr(from, '\n', lx->text.n - lx->at);

	lx->at = end ? (size_t)(end - lx->text.p) : lx->text.n;
}

static void skip_comment(struct ck_lex *lx)
{
	struct src_pos at = here(lx);

	lx->at += 2;
	while (lx->at < lx->text.n) {
		if (peek(lx, 0) == '*' && peek(lx, 1) == '/') {
			lx->at += 2;
			return;
		}
		if (lx->text.p[lx->at++] == '\n')
			new_line(lx);
	}
	ck_error(lx->ck, at, "a comment that does not end");
	ck_fix(lx->ck, at, "write */ where it ends");
	lx->broken = true;
}

static bool skip_marker(struct ck_lex *lx)
{
	size_t from = lx->at;

	if (!lx->markers || peek(lx, 0) != '#' || lx->at != lx->line_start)
		return false;
	skip_line(lx);
	read_marker(lx, (struct str){ (const char *)lx->text.p + from, lx->at - from });
	return true;
}

static void skip_space(struct ck_lex *lx)
{
	while (lx->at < lx->text.n) {
		u8 c = peek(lx, 0);

		if (c == '\n') {
			lx->at++;
			new_line(lx);
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
			lx->at++;
		} else if (c == '/' && peek(lx, 1) == '/') {
			skip_line(lx);
		} else if (c == '/' && peek(lx, 1) == '*') {
			skip_comment(lx);
		} else if (!skip_marker(lx)) {
			return;
		}
	}
}

/* ---- tokens ------------------------------------------------------------------------------- */

static void token(struct ck_lex *lx, enum ck_tok tok, size_t from, size_t to)
{
	lx->tok = tok;
	lx->s = (struct str){ (const char *)lx->text.p + from, to - from };
}

/* Between two @close, or from here up to one; it may go over lines. */
static void delimited(struct ck_lex *lx, enum ck_tok tok, u8 close)
{
	size_t from = ++lx->at;
	const u8 *end = memchr(lx->text.p + from, close, lx->text.n - from);

	if (!end) {
		ck_error(lx->ck, lx->pos, "a string that does not end");
		ck_fix(lx->ck, lx->pos, "write %c where it ends", close);
		lx->broken = true;
		lx->at = lx->text.n;
		token(lx, CK_T_END, lx->at, lx->at);
		return;
	}
	while (lx->at < (size_t)(end - lx->text.p)) {
		if (lx->text.p[lx->at++] == '\n')
			new_line(lx);
	}
	token(lx, tok, from, lx->at);
	lx->at++;
}

static void punct(struct ck_lex *lx)
{
	static const char *const pairs[] = { "||", "&&", "==", "!=", "<=", ">=",
					     "<<", ">>", "**", "<-", "->" };
	size_t from = lx->at;
	char c[3] = { (char)peek(lx, 0), (char)peek(lx, 1), 0 };

	lx->at++;
	for (u32 i = 0; i < array_size(pairs); i++) {
		if (strcmp(c, pairs[i]) == 0) {
			lx->at++;
			break;
		}
	}
	token(lx, CK_T_PUNCT, from, lx->at);
}

static void word(struct ck_lex *lx, enum ck_tok tok)
{
	size_t from = lx->at;

	while (is_id(peek(lx, 0)))
		lx->at++;
	/* A fraction; not the point of a reference, which no digit stands before. */
	if (tok == CK_T_NUMBER && peek(lx, 0) == '.' && is_digit(peek(lx, 1))) {
		lx->at++;
		while (is_id(peek(lx, 0)))
			lx->at++;
	}
	token(lx, tok, from, lx->at);
}

void ck_lex_next(struct ck_lex *lx)
{
	u8 c;

	skip_space(lx);
	lx->pos = here(lx);
	c = peek(lx, 0);
	if (lx->at == lx->text.n || ck_stopped(lx->ck))
		token(lx, CK_T_END, lx->at, lx->at);
	else if (is_digit(c))
		word(lx, CK_T_NUMBER);
	else if (is_id(c))
		word(lx, CK_T_ID);
	else if (c == '"')
		delimited(lx, CK_T_STRING, '"');
	else
		punct(lx);
}

void ck_lex_next_path(struct ck_lex *lx)
{
	skip_space(lx);
	lx->pos = here(lx);
	if (peek(lx, 0) == '<')
		delimited(lx, CK_T_ANGLED, '>');
	else
		ck_lex_next(lx);
}

bool ck_is(const struct ck_lex *lx, const char *text)
{
	return lx->tok == CK_T_PUNCT && str_eq_c(lx->s, text);
}

bool ck_is_word(const struct ck_lex *lx, const char *text)
{
	return lx->tok == CK_T_ID && str_eq_c(lx->s, text);
}

bool ck_take(struct ck_lex *lx, const char *text)
{
	if (!ck_is(lx, text))
		return false;
	ck_lex_next(lx);
	return true;
}

bool ck_more(const struct ck_lex *lx, const char *close)
{
	return lx->tok != CK_T_END && !ck_stopped(lx->ck) && !ck_is(lx, close);
}

struct show ck_found(const struct ck_lex *lx)
{
	struct str s = { lx->s.p, MIN(lx->s.n, (size_t)40) };
	struct show out = { "" };

	if (lx->tok == CK_T_END)
		fmt_snprintf(out.s, sizeof(out.s), "the end of the %s",
			     lx->markers ? "file" : "string");
	else if (lx->tok == CK_T_STRING)
		fmt_snprintf(out.s, sizeof(out.s), "the string \"%s\"", show_text(s).s);
	else
		fmt_snprintf(out.s, sizeof(out.s), "'%s'", show_text(s).s);
	return out;
}
