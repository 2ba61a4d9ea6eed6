/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes into tokens. Blanks and newlines separate, all alike; double quotes may begin anywhere in
 * a token and reach over lines; what they hold comes out without newlines and tabs, which no
 * command line may have. $name{...} is replaced and not looked at again. Every step moves on.
 */
#include "qvmconf_priv.h"

#include <base/fmt.h>

static bool at_end(const struct qvm *q)
{
	return q->p == q->end;
}

static const struct config_part *part(const struct qvm *q)
{
	return &q->in->part[q->part];
}

static void enter_part(struct qvm *q)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (q->part >= q->in->n_parts)
		return;
	q->p = (const char *)part(q)->text.p;
	q->end = q->p + part(q)->text.n;
	if (str_starts((struct str){ q->p, part(q)->text.n }, bom) && !part(q)->words)
		q->p += sizeof(bom) - 1;
	q->line_start = q->p;
	q->line = 1;
	q->word = 0;
}

void qvm_lex_start(struct qvm *q)
{
	q->part = 0;
	enter_part(q);
}

static struct src_pos here(const struct qvm *q)
{
	return (struct src_pos){ part(q)->file, q->line,
				 part(q)->words ? q->word : (u32)(q->p - q->line_start) + 1 };
}

static void step(struct qvm *q)
{
	if (*q->p++ == '\n') {
		q->line++;
		q->line_start = q->p;
	}
}

/* No command line, path or name may have a control character. */
static void put(struct qvm *q, char c)
{
	if ((u8)c < ' ')
		c = ' ';
	if (q->len < sizeof(q->buf))
		q->buf[q->len++] = c;
	else
		q->tok.broken = true;
}

static void put_text(struct qvm *q, struct str s)
{
	for (size_t i = 0; i < s.n && !q->tok.broken; i++)
		put(q, s.p[i]);
}

static void mistake(struct qvm *q, struct src_pos at, const char *text, const char *fix)
{
	q->tok.broken = true;
	qvm_error_at(q, at, NULL, "%s", text);
	qvm_fix(q, "%s", fix);
}

/* ---- $name{...} --------------------------------------------------------------------------- */

static bool lookup(struct qvm *q, int which, struct str name)
{
	const struct config_env *env = q->in->env;
	struct show text;
	struct range area;
	struct str value;

	if (which == 0) {
		if (!env->variable || !env->variable(env->ctx, name, &value))
			return false;
		put_text(q, value);
		return true;
	}
	if (!env->area || !env->area(env->ctx, name, &area))
		return false;
	q->tok.area = true;
	fmt_snprintf(text.s, sizeof(text.s), "0x%llx",
		     (unsigned long long)(which == 1 ? area.base : area.len));
	put_text(q, str_of(text.s));
	return true;
}

/* At a '$': false when it is just that. */
static bool substitute(struct qvm *q)
{
	static const char *const known[] = { "env", "asinfo_start", "asinfo_length" };
	struct src_pos at = here(q);
	const char *s = q->p + 1, *name;
	const char *wrong = NULL;
	struct str word, inner;
	u32 which = 0;

	while (s < q->end && ((*s >= 'a' && *s <= 'z') || *s == '_'))
		s++;
	if (s == q->end || *s != '{')
		return false;
	word = (struct str){ q->p + 1, (size_t)(s - q->p) - 1 };
	for (name = ++s; s < q->end && (u8)*s > 0x20 && *s != '}' && *s != '"';)
		s++;
	inner = (struct str){ name, (size_t)(s - name) };
	q->p = s;
	while (which < array_size(known) && !str_eq_c(word, known[which]))
		which++;
	if (at_end(q) || *s != '}')
		wrong = COLD_TEXT("its '}' is missing");
	else if (q->p++, which == array_size(known))
		wrong = COLD_TEXT("there is no such substitution");
	else if (!lookup(q, (int)which, inner))
		wrong = which ? COLD_TEXT("there is no such memory area") :
				COLD_TEXT("there is no such environment variable");
	if (!wrong)
		return true;
	q->tok.broken = true;
	qvm_error_at(q, at, NULL, "$%s{%s}: %s", show_text(word).s, show_text(inner).s, wrong);
	qvm_fix(q,
		"write its value; or $env{NAME}, a variable that is set, or $asinfo_start{NAME} and "
		"$asinfo_length{NAME}, an area that the platform file or the host's device tree "
		"names");
	return true;
}

/* ---- tokens ------------------------------------------------------------------------------- */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A backslash before a newline, in a file of either kind of newline. */
static bool at_continuation(const struct qvm *q)
{
	const char *s = q->p + 1;

	if (*q->p != '\\')
		return false;
	while (s < q->end && *s == '\r')
		s++;
	return s == q->end || *s == '\n';
}

static void skip_space(struct qvm *q)
{
	while (!at_end(q)) {
		if (*q->p == '#') {
			while (!at_end(q) && *q->p != '\n')
				q->p++;
		} else if (is_space(*q->p) || at_continuation(q)) {
			step(q);
		} else {
			return;
		}
	}
}

/* A newline within quotes is a blank, with the indentation of the next line. */
static void join_lines(struct qvm *q)
{
	put(q, ' ');
	while (!at_end(q) && (is_space(*q->p) || at_continuation(q)))
		step(q);
}

/* Behind an opening quote. False: no closing one. */
static bool quoted(struct qvm *q)
{
	while (!at_end(q)) {
		char c = *q->p;

		if (c == '"') {
			q->p++;
			return true;
		}
		if (c == '\n' || c == '\r' || at_continuation(q)) {
			join_lines(q);
			continue;
		}
		if (c == '$' && substitute(q))
			continue;
		if (c == '\\' && q->end - q->p > 1 && (q->p[1] == '"' || q->p[1] == '\\'))
			c = *++q->p;
		put(q, c);
		q->p++;
	}
	return false;
}

/* At an opening quote. One that is not closed ends with its line, so that the rest is read. */
static void quote(struct qvm *q)
{
	const char *p = q->p, *line_start = q->line_start;
	u32 line = q->line;

	q->tok.quoted = true;
	q->p++;
	if (quoted(q))
		return;
	q->p = p;
	q->line_start = line_start;
	q->line = line;
	mistake(q, here(q), "the quote is not closed", "write the \" that ends the text");
	while (!at_end(q) && *q->p != '\n')
		q->p++;
}

/* What single quotes on one line were meant to hold. */
static void skip_quoted(struct qvm *q)
{
	const char *s = q->p + 1;

	while (s < q->end && *s != '\n' && *s != '\'')
		s++;
	if (s < q->end && *s == '\'')
		q->p = s;
}

static void read_token(struct qvm *q)
{
	if (*q->p == '\'') {
		mistake(q, here(q), "single quotes do not hold words together",
			"write double quotes");
		skip_quoted(q);
	}
	while (!at_end(q) && !is_space(*q->p)) {
		if (*q->p == '"') {
			quote(q);
		} else if (*q->p != '$' || !substitute(q)) {
			put(q, *q->p);
			q->p++;
		}
	}
}

/* A word of a command line is a token, whatever it holds. */
static void read_word(struct qvm *q)
{
	while (!at_end(q) && *q->p) {
		if (*q->p != '$' || !substitute(q)) {
			put(q, *q->p);
			q->p++;
		}
	}
	if (!at_end(q))
		q->p++;
}

/* To where the next token begins; false: nowhere. */
static bool seek(struct qvm *q)
{
	while (q->part < q->in->n_parts) {
		if (!part(q)->words)
			skip_space(q);
		if (!at_end(q))
			return true;
		q->part++;
		enter_part(q);
	}
	return false;
}

bool qvm_next(struct qvm *q)
{
	struct qvm_token *t = &q->tok;

	if (q->unread) {
		q->unread = false;
		return true;
	}
	if (!seek(q))
		return false;
	q->word++;
	q->len = 0;
	*t = (struct qvm_token){ .at = here(q), .part = q->part };
	if (part(q)->words)
		read_word(q);
	else
		read_token(q);
	if (t->broken && q->len == sizeof(q->buf)) {
		qvm_error_at(q, t->at, NULL, "longer than %zu bytes", sizeof(q->buf));
		qvm_fix(q, "write something shorter");
	}
	t->text = (struct str){ q->buf, q->len };
	return true;
}
