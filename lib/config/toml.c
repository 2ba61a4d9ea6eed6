/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TOML 1.0: a document is read statement by statement; after an error reading goes on at the next
 * line that can begin a statement, so one run reports every mistake. Nothing here knows of VMs.
 * Keys after a broken header go into a table that nobody sees: they are checked, not misplaced.
 */
#include "toml_priv.h"

#include <lib/words.h>

const char *toml_type_name(enum toml_type t)
{
	switch (t) {
	case TOML_STRING:
		return "a string";
	case TOML_INT:
		return "an integer";
	case TOML_FLOAT:
		return "a floating-point number";
	case TOML_BOOL:
		return "a boolean";
	case TOML_DATETIME:
		return "a date or time";
	case TOML_ARRAY:
		return "an array";
	case TOML_TABLE:
		return "a table";
	}
	return "a value";
}

const struct toml *toml_get(const struct toml *table, const char *key)
{
	if (!table || table->type != TOML_TABLE)
		return NULL;
	return toml_find(table, str_of(key));
}

/* ---- headers ------------------------------------------------------------------------------ */

static enum status defined_twice(struct toml_reader *r, const struct toml *t, struct src_pos at)
{
	if (t->type == TOML_TABLE)
		(void)toml_fail(r, at, "table '%s' is defined twice", show_text(t->key).s);
	else
		(void)toml_fail(r, at, "'%s' is already %s", show_text(t->key).s,
				toml_type_name(t->type));
	toml_note(r, t->key_at, "'%s' is first defined here", show_text(t->key).s);
	return E_FORMAT;
}

/* [table]: @t is what has that name already, or NULL. */
static enum status open_table(struct toml_reader *r, struct toml *parent, struct toml *t,
			      struct str key, struct src_pos at)
{
	if (t && (t->type != TOML_TABLE || t->flags & (TOML_EXPLICIT | TOML_DOTTED | TOML_CLOSED)))
		return defined_twice(r, t, at);
	if (!t) {
		t = toml_add(r, parent, at);
		if (!t)
			return E_NOMEM;
		t->type = TOML_TABLE;
		t->key = key;
	}
	t->flags |= (u32)TOML_EXPLICIT;
	t->at = at;
	r->table = t;
	return OK;
}

/* [[array of tables]] */
static enum status open_item(struct toml_reader *r, struct toml *parent, struct toml *t,
			     struct str key, struct src_pos at)
{
	if (t && (t->type != TOML_ARRAY || !(t->flags & TOML_ITEMS)))
		return defined_twice(r, t, at);
	if (!t) {
		t = toml_add(r, parent, at);
		if (!t)
			return E_NOMEM;
		t->type = TOML_ARRAY;
		t->flags = (u32)TOML_ITEMS;
		t->key = key;
	}
	t = toml_add(r, t, at);
	if (!t)
		return E_NOMEM;
	t->type = TOML_TABLE;
	t->flags = (u32)TOML_EXPLICIT;
	r->table = t;
	r->table_depth++;
	return OK;
}

static enum status header_close(struct toml_reader *r, bool item)
{
	if (toml_peek(r, 0) != ']')
		return toml_fail(r, toml_pos(r), "expected ']' after the name of the table");
	if (item && toml_peek(r, 1) != ']')
		return toml_fail(r, toml_pos(r),
				 "expected ']]' after the name of the array of tables");
	toml_skip(r, item ? 2 : 1);
	return OK;
}

static enum status header(struct toml_reader *r)
{
	struct toml *table = r->root;
	bool item = toml_peek(r, 1) == '[';
	struct src_pos at = { NULL, 0, 0 };
	struct str key = { NULL, 0 };
	u32 depth = 0;

	r->lost = (struct toml){ .type = TOML_TABLE };
	r->table = &r->lost;
	r->table_depth = 0;
	r->section++;
	toml_skip(r, item ? 2 : 1);
	TRY(toml_key_path(r, TOML_VIA_HEADER, &table, &depth, &key, &at));
	TRY(header_close(r, item));
	if (depth + 2 > TOML_MAX_DEPTH)
		return toml_fail(r, at, "tables are nested deeper than %d levels", TOML_MAX_DEPTH);
	r->table_depth = depth + 1;
	if (item)
		TRY(open_item(r, table, toml_find(table, key), key, at));
	else
		TRY(open_table(r, table, toml_find(table, key), key, at));
	return toml_line_end(r, "the name of the table");
}

/* ---- statements --------------------------------------------------------------------------- */

static enum status statement(struct toml_reader *r)
{
	u32 depth = r->table_depth;
	struct toml *table = r->table;
	struct toml *slot;

	r->n_arrays = 0;
	TRY(toml_blank_lines(r));
	if (!r->in.n)
		return OK;
	if (toml_peek(r, 0) == '[')
		return header(r);
	TRY(toml_key_assign(r, &table, &depth, &slot));
	if (!r->in.n || toml_newline_len(r) || toml_peek(r, 0) == '#')
		return toml_fail(r, toml_pos(r), "expected a value after '='");
	TRY(toml_value(r, slot, depth));
	/* Only a value that is whole is seen by the caller. */
	toml_link(table, slot);
	return toml_line_end(r, "the value");
}

/* ---- recovery ----------------------------------------------------------------------------- */

/*
 * To the start of the next line. Brackets on the way change @open, but not those in strings;
 * braces do not: an inline table stays on its line.
 */
static u32 skip_line(struct toml_reader *r, u32 open)
{
	int quote = 0;

	while (r->in.n && !toml_newline(r)) {
		int c = toml_peek(r, 0);

		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '#')
			quote = '\n'; /* a comment: closed by the end of the line */
		else if (c == '[')
			open++;
		else if (c == ']' && open)
			open--;
		toml_skip(r, 1);
	}
	return open;
}

/* With brackets open, lines are skipped until they close or a line can begin a statement. */
static void recover(struct toml_reader *r)
{
	u32 open = r->n_arrays;

	if (open && toml_starts_statement(r))
		return;
	do {
		open = skip_line(r, open);
	} while (open && r->in.n && !toml_starts_statement(r));
}

/* Editors on some systems begin a UTF-8 file with U+FEFF; it is not part of the text. */
static void skip_bom(struct toml_reader *r)
{
	if (toml_peek(r, 0) == 0xef && toml_peek(r, 1) == 0xbb && toml_peek(r, 2) == 0xbf)
		toml_skip(r, 3);
	r->line_start = r->in.p;
}

enum status toml_parse(struct span text, const char *file, struct arena *a, struct diag *d,
		       struct toml **root)
{
	struct toml_reader r = { .in = text, .line = 1, .file = file, .arena = a, .diag = d };

	*root = NULL;
	r.root = arena_new(a, struct toml);
	if (!r.root)
		return E_NOMEM;
	skip_bom(&r);
	r.root->type = TOML_TABLE;
	r.root->at = toml_pos(&r);
	r.root->flags = (u32)TOML_EXPLICIT;
	r.table = r.root;
	toml_check_utf8(&r);
	while (r.in.n) {
		enum status st = statement(&r);

		if (st == E_NOMEM)
			return st;
		if (st != OK)
			recover(&r);
	}
	*root = r.root;
	return r.n_errors ? E_INVAL : OK;
}

/* A word that cannot be any other value; a command line has no quotes left to tell by. */
static bool is_bare_word(struct str s)
{
	static const char *const words[] = { "true", "false", "inf", "nan" };

	for (u32 i = 0; i < array_size(words); i++)
		if (str_eq_c(s, words[i]))
			return false;
	return s.n && !strchr("\"'[{+-0123456789", *s.p);
}

enum status toml_parse_value(struct str text, struct str key, struct src_pos at, struct arena *a,
			     struct diag *d, struct toml **out)
{
	struct toml_reader r = {
		.in = span_of(text.p, text.n),
		.line_start = (const u8 *)text.p,
		.line = at.line,
		.indent = at.col ? at.col - 1 : 0,
		.file = at.file,
		.arena = a,
		.diag = d,
	};
	struct toml *v = arena_new(a, struct toml);
	enum status st;
	char *copy;

	*out = v;
	if (!v)
		return E_NOMEM;
	v->at = at;
	v->key_at = at;
	copy = arena_strdup(a, key.p, key.n);
	if (!copy)
		return E_NOMEM;
	v->key = (struct str){ copy, key.n };
	toml_check_utf8(&r);
	if (r.n_errors)
		return E_INVAL;
	if (is_bare_word(text)) {
		v->type = TOML_STRING;
		v->text = (struct str){ arena_strdup(a, text.p, text.n), text.n };
		return v->text.p ? OK : E_NOMEM;
	}
	st = toml_value(&r, v, 0);
	toml_blanks(&r);
	if (st == OK && r.in.n)
		(void)toml_fail(&r, toml_pos(&r), "expected the end of the value");
	if (st == E_NOMEM)
		return st;
	return r.n_errors ? E_INVAL : OK;
}
