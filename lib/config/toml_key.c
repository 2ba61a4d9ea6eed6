/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and the tables they lead to, with TOML's rules of redefinition: a table is defined once,
 * by a header or by dotted keys of one section; inline tables and written arrays are closed.
 * A path is walked while it is read, so a key needs no memory but its own text.
 */
#include "toml_priv.h"

#include <lib/words.h>

struct toml *toml_find(const struct toml *table, struct str key)
{
	for (struct toml *c = table->child; c; c = c->next) {
		if (str_eq(c->key, key))
			return c;
	}
	return NULL;
}

void toml_link(struct toml *parent, struct toml *child)
{
	if (parent->last)
		parent->last->next = child;
	else
		parent->child = child;
	parent->last = child;
	parent->n++;
}

static struct toml *new_value(struct toml_reader *r, struct src_pos at)
{
	struct toml *v = arena_new(r->arena, struct toml);

	if (v) {
		v->at = at;
		v->key_at = at;
	}
	return v;
}

struct toml *toml_add(struct toml_reader *r, struct toml *parent, struct src_pos at)
{
	struct toml *c = new_value(r, at);

	if (c)
		toml_link(parent, c);
	return c;
}

static enum status bare_key(struct toml_reader *r, struct str *out)
{
	size_t n = 0;
	char *text;

	while (toml_is_bare(toml_peek(r, n)))
		n++;
	text = arena_strdup(r->arena, (const char *)r->in.p, n);
	if (!text)
		return E_NOMEM;
	toml_skip(r, n);
	*out = (struct str){ text, n };
	return OK;
}

static enum status key_part(struct toml_reader *r, struct str *out)
{
	int c = toml_peek(r, 0);

	if (toml_is_bare(c))
		return bare_key(r, out);
	if (c == '"' || c == '\'') {
		if (toml_peek(r, 1) == c && toml_peek(r, 2) == c)
			return toml_fail(r, toml_pos(r), "a key cannot be a multi-line string");
		return toml_string(r, out);
	}
	if (c == TOML_EOF || toml_newline_len(r))
		return toml_fail(r, toml_pos(r), "expected a key");
	if (toml_is_control(c))
		return toml_bad_control(r, c);
	if (c >= 0x80)
		return toml_fail(r, toml_pos(r),
				 "a key with letters outside of A-Z a-z 0-9 _ - needs quotes");
	return toml_fail(r, toml_pos(r), "expected a key, found '%c'", c);
}

static enum status not_extendable(struct toml_reader *r, const struct toml *t, struct src_pos at)
{
	struct show key = show_text(t->key);

	if (t->type == TOML_TABLE && !(t->flags & TOML_CLOSED))
		(void)toml_fail(r, at,
				"table '%s' is already defined; dotted keys cannot add to it",
				key.s);
	else if (t->type == TOML_TABLE)
		(void)toml_fail(r, at, "inline table '%s' is closed; nothing can be added to it",
				key.s);
	else
		(void)toml_fail(r, at, "'%s' is already %s, not a table", key.s,
				toml_type_name(t->type));
	toml_note(r, t->key_at, "'%s' is defined here", key.s);
	return E_FORMAT;
}

static bool dotted_may_enter(const struct toml_reader *r, const struct toml *t)
{
	if (t->type != TOML_TABLE || t->flags & (TOML_CLOSED | TOML_EXPLICIT))
		return false;
	return !(t->flags & TOML_DOTTED) ||
	       field_get(TOML_SECTION, t->flags) == field_get(BITS(23, 0), r->section);
}

/* The table @key of *@table, made when missing. */
static enum status step(struct toml_reader *r, enum toml_via via, struct toml **table, u32 *depth,
			struct str key, struct src_pos at)
{
	struct toml *t = toml_find(*table, key);

	if (!t) {
		t = toml_add(r, *table, at);
		if (!t)
			return E_NOMEM;
		t->type = TOML_TABLE;
		t->key = key;
	} else if (via == TOML_VIA_HEADER && t->type == TOML_ARRAY && t->flags & TOML_ITEMS) {
		t = t->last;
		++*depth;
	} else if (via == TOML_VIA_HEADER ? t->type != TOML_TABLE || t->flags & TOML_CLOSED :
					    !dotted_may_enter(r, t)) {
		return not_extendable(r, t, at);
	}
	if (via == TOML_VIA_DOTTED)
		t->flags |= (u32)(TOML_DOTTED | field_put(TOML_SECTION, r->section));
	*table = t;
	++*depth;
	return OK;
}

enum status toml_key_path(struct toml_reader *r, enum toml_via via, struct toml **table, u32 *depth,
			  struct str *last, struct src_pos *at)
{
	for (;;) {
		toml_blanks(r);
		*at = toml_pos(r);
		TRY(key_part(r, last));
		toml_blanks(r);
		if (toml_peek(r, 0) != '.')
			return OK;
		toml_skip(r, 1);
		if (*depth >= TOML_MAX_DEPTH)
			return toml_fail(r, *at, "tables are nested deeper than %d levels",
					 TOML_MAX_DEPTH);
		TRY(step(r, via, table, depth, *last, *at));
	}
}

enum status toml_key_assign(struct toml_reader *r, struct toml **table, u32 *depth,
			    struct toml **slot)
{
	struct toml *other;
	struct src_pos at = { NULL, 0, 0 };
	struct str key = { NULL, 0 };

	TRY(toml_key_path(r, TOML_VIA_DOTTED, table, depth, &key, &at));
	if (toml_peek(r, 0) != '=')
		return toml_fail(r, toml_pos(r), "expected '=' after the key '%s'",
				 show_text(key).s);
	toml_skip(r, 1);
	toml_blanks(r);
	other = toml_find(*table, key);
	*slot = new_value(r, at);
	if (!*slot)
		return E_NOMEM;
	(*slot)->key = key;
	if (!other)
		return OK;
	/* Report and go on: the value is still read, so that its own mistakes are found. */
	(void)toml_fail(r, at, "key '%s' is given twice", show_text(key).s);
	toml_note(r, other->key_at, "'%s' is first given here", show_text(key).s);
	return OK;
}
