/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values: strings, lists, dictionaries, expressions, and queries of the host's tree. They are in
 * the arena and do not point into the text.
 */
#include "camkes_priv.h"

static struct ck_item *new_item(struct ck_lex *lx, enum ck_type type, struct src_pos at)
{
	struct ck_item *item;

	if (++lx->ck->n_items > CK_MAX_ITEMS) {
		ck_too_large(lx->ck, at, "values", CK_MAX_ITEMS);
		return NULL;
	}
	item = ck_new(lx->ck, struct ck_item);
	if (item) {
		item->type = type;
		item->at = at;
	}
	return item;
}

/* Strings that stand side by side are one. */
struct str ck_strings(struct ck_lex *lx)
{
	struct str all = ck_copy(lx->ck, lx->s);
	size_t cap = all.n;
	char *p = NULL;

	ck_lex_next(lx);
	while (lx->tok == CK_T_STRING && !ck_stopped(lx->ck)) {
		size_t n = all.n + lx->s.n;

		if (!p || n > cap) {
			cap = 2 * n;
			p = ck_alloc(lx->ck, cap + 1);
			if (!p)
				break;
			memcpy(p, all.p, all.n);
			all.p = p;
		}
		memcpy(p + all.n, lx->s.p, lx->s.n);
		all.n = n;
		ck_lex_next(lx);
	}
	return all;
}

static struct ck_item *string_item(struct ck_lex *lx)
{
	struct ck_item *item = new_item(lx, CK_STRING, lx->pos);

	if (item)
		item->text = ck_strings(lx);
	return item;
}

static struct ck_item *expr_item(struct ck_lex *lx)
{
	struct src_pos at = lx->pos;
	struct ck_number n;
	struct ck_item *item;

	if (!ck_expr(lx, &n))
		return NULL;
	item = new_item(lx, n.is_float ? CK_FLOAT : n.is_bool ? CK_BOOL : CK_INT, at);
	if (!item)
		return NULL;
	item->integer = n.v;
	if (n.is_float)
		item->text = ck_copy(lx->ck, n.text);
	return item;
}

static struct ck_item *pair(struct ck_lex *lx)
{
	struct ck_item *key = lx->tok == CK_T_STRING ? string_item(lx) : expr_item(lx);
	struct ck_item *value;

	if (!key || !ck_expect(lx, ":"))
		return NULL;
	value = ck_item(lx);
	if (value)
		value->key = key;
	return value;
}

/* A key that stands twice in a dictionary. Dictionaries are short; long ones are not looked at. */
static void check_double(struct ck_lex *lx, const struct ck_item *dict, const struct ck_item *v)
{
	const struct ck_item *other = dict->child;

	if (dict->n > 64 || v->key->type != CK_STRING)
		return;
	while (other && !(other->key->type == CK_STRING && str_eq(other->key->text, v->key->text)))
		other = other->next;
	if (!other)
		return;
	ck_error(lx->ck, v->key->at, "the key \"%s\" stands twice in one dictionary",
		 show_text(v->key->text).s);
	ck_fix(lx->ck, v->key->at, "remove one of the two");
	ck_note(lx->ck, other->key->at, "here is the other");
}

static bool children(struct ck_lex *lx, struct ck_item *parent, const char *close)
{
	struct ck_item *last = NULL;

	lx->braces += parent->type == CK_DICT;
	ck_lex_next(lx);
	while (ck_more(lx, close)) {
		struct ck_item *v = parent->type == CK_DICT ? pair(lx) : ck_item(lx);

		if (!v)
			return false;
		if (parent->type == CK_DICT)
			check_double(lx, parent, v);
		if (last)
			last->next = v;
		else
			parent->child = v;
		last = v;
		parent->n++;
		if (!ck_take(lx, ",") && !ck_is(lx, close)) {
			ck_syntax(lx, close[0] == ']' ? "',' or ']'" : "',' or '}'");
			return false;
		}
	}
	if (!ck_expect(lx, close))
		return false;
	lx->braces -= parent->type == CK_DICT;
	return true;
}

struct ck_item *ck_item(struct ck_lex *lx)
{
	enum ck_type type = ck_is(lx, "[") ? CK_LIST : CK_DICT;
	struct src_pos at = lx->pos;
	struct ck_item *item;
	bool ok;

	if (lx->tok == CK_T_STRING)
		return string_item(lx);
	if (!ck_is(lx, "[") && !ck_is(lx, "{"))
		return expr_item(lx);
	if (++lx->depth > CK_MAX_DEPTH) {
		if (!lx->failed) {
			ck_error(lx->ck, at, "nested more than %d deep", CK_MAX_DEPTH);
			ck_fix(lx->ck, at, "write it in a simpler way");
		}
		lx->failed = true;
		return NULL;
	}
	item = new_item(lx, type, at);
	ok = item && children(lx, item, type == CK_LIST ? "]" : "}");
	lx->depth--;
	return ok ? item : NULL;
}

struct ck_item *ck_query(struct ck_lex *lx, struct str name, struct src_pos at)
{
	struct ck_item *q = new_item(lx, CK_QUERY, at);

	if (!q)
		return NULL;
	q->text = ck_copy(lx->ck, name);
	ck_lex_next(lx);
	if (!ck_is(lx, ")")) {
		q->child = ck_item(lx);
		if (!q->child)
			return NULL;
		q->n = 1;
	}
	if (!ck_expect(lx, ")"))
		return NULL;
	/* A part of the answer: nothing that describes a VM asks for one. */
	while (ck_take(lx, "[")) {
		if (!ck_item(lx) || !ck_expect(lx, "]"))
			return NULL;
	}
	return q;
}

const struct ck_item *ck_item_get(const struct ck_item *dict, const char *key)
{
	const struct ck_item *v = dict->child;

	while (v && !(v->key && v->key->type == CK_STRING && str_eq_c(v->key->text, key)))
		v = v->next;
	return v;
}
