/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Components: what they connect to, which attributes they have, and what a compound is made of.
 * Only what VMs are described by is kept; the rest is read and left.
 */
#include "camkes_priv.h"

/* VM_INIT_DEF() of our macro library declares this. */
#define MARK "trivet_is_vm"

static struct ck_decl *declare(struct ck_lex *lx, struct ck_component *c, enum ck_member kind)
{
	struct ck_decl *d = ck_new(lx->ck, struct ck_decl);

	if (!d)
		return NULL;
	d->kind = kind;
	d->at = lx->pos;
	ck_append(&c->decls, d);
	return d;
}

/* "uses Type name;", and "emits Type name;" */
static void interface(struct ck_lex *lx, struct ck_component *c, enum ck_member kind, bool maybe)
{
	struct ck_name *rest, *type;
	struct ck_decl *d;

	ck_lex_next(lx);
	if (!ck_ref(lx, &rest, &type))
		return;
	d = declare(lx, c, kind);
	if (!d)
		return;
	d->maybe = maybe;
	d->name = ck_expect_id(lx, "the interface's name");
	if (d->name)
		ck_expect(lx, ";");
}

static void dataport(struct ck_lex *lx, struct ck_component *c, bool maybe)
{
	struct ck_item *size = NULL;
	struct ck_decl *d;

	ck_lex_next(lx);
	if (!ck_expect_id(lx, "the dataport's type"))
		return;
	if (ck_take(lx, "(")) {
		size = ck_item(lx);
		if (!size || !ck_expect(lx, ")"))
			return;
	}
	d = declare(lx, c, CK_DATAPORT);
	if (!d)
		return;
	d->maybe = maybe;
	d->item = size;
	d->name = ck_expect_id(lx, "the dataport's name");
	if (d->name)
		ck_expect(lx, ";");
}

static bool type_of(struct ck_lex *lx, struct str *out)
{
	struct ck_name *rest, *name;

	if (ck_is(lx, "{")) {
		ck_skip_braces(lx);
		*out = STR("struct");
		return true;
	}
	while (ck_is_word(lx, "struct") || ck_is_word(lx, "unsigned") || ck_is_word(lx, "signed"))
		ck_lex_next(lx);
	if (!ck_ref(lx, &rest, &name))
		return false;
	*out = name->text;
	return true;
}

static void attribute(struct ck_lex *lx, struct ck_component *c)
{
	struct ck_decl *d;
	struct str type;

	ck_lex_next(lx);
	if (!type_of(lx, &type))
		return;
	d = declare(lx, c, CK_ATTRIBUTE);
	if (!d)
		return;
	d->type = type;
	d->name = ck_expect_id(lx, "the attribute's name");
	if (!d->name)
		return;
	if (str_eq_c(d->name->text, MARK))
		c->is_vm = true;
	if (ck_take(lx, "[")) {
		d->is_list = true;
		if (!ck_expect(lx, "]"))
			return;
	}
	if (ck_take(lx, "=")) {
		d->item = ck_item(lx);
		if (!d->item)
			return;
	}
	ck_expect(lx, ";");
}

/* `control;`, `has mutex m;`, `include <x.h>;` */
static void unused(struct ck_lex *lx)
{
	if (ck_is_word(lx, "include")) {
		ck_lex_next_path(lx);
		if (lx->tok == CK_T_STRING) {
			ck_strings(lx);
		} else if (lx->tok == CK_T_ANGLED) {
			ck_lex_next(lx);
		} else {
			ck_syntax(lx, "a file in quotes or between < and >");
			return;
		}
	} else if (ck_is_word(lx, "has")) {
		ck_lex_next(lx);
		if (!ck_expect_id(lx, "'mutex', 'semaphore' or 'binary_semaphore'") ||
		    !ck_expect_id(lx, "its name"))
			return;
	} else {
		ck_lex_next(lx);
	}
	ck_expect(lx, ";");
}

static const struct {
	const char *word;
	enum ck_member kind;
} interfaces[] = {
	{ "uses", CK_USES },
	{ "provides", CK_PROVIDES },
	{ "emits", CK_EMITS },
	{ "consumes", CK_CONSUMES },
};

static bool is_interface(struct ck_lex *lx, struct ck_component *c, bool maybe)
{
	for (u32 i = 0; i < array_size(interfaces); i++) {
		if (ck_is_word(lx, interfaces[i].word)) {
			interface(lx, c, interfaces[i].kind, maybe);
			return true;
		}
	}
	return false;
}

static bool is_unused(const struct ck_lex *lx)
{
	return ck_is_word(lx, "control") || ck_is_word(lx, "hardware") || ck_is_word(lx, "has") ||
	       ck_is_word(lx, "include");
}

/* A member of none of the kinds: mostly a macro whose header is missing. */
static void unknown_member(struct ck_lex *lx)
{
	struct src_pos at = lx->pos;
	struct str name = lx->s;

	if (lx->tok != CK_T_ID) {
		ck_syntax(lx, "a member of the component or '}'");
		return;
	}
	ck_lex_next(lx);
	if (!ck_take(lx, "(")) {
		if (!lx->failed) {
			ck_error(lx->ck, at, "'%s' begins no member of a component",
				 show_text(name).s);
			ck_fix(lx->ck, at,
			       "write uses, provides, emits, consumes, dataport, attribute, has, "
			       "composition or configuration");
		}
		lx->failed = true;
		return;
	}
	ck_unexpanded(lx, name, at);
	while (lx->tok != CK_T_END && !ck_is(lx, ")") && !ck_is(lx, ";") && !ck_is(lx, "}"))
		ck_lex_next(lx);
	ck_take(lx, ")");
	ck_take(lx, ";");
}

static void member(struct ck_lex *lx, struct ck_component *c)
{
	bool maybe = ck_is_word(lx, "maybe");

	if (ck_take(lx, ";"))
		return;
	if (maybe)
		ck_lex_next(lx);
	if (ck_is_word(lx, "dataport"))
		dataport(lx, c, maybe);
	else if (ck_is_word(lx, "attribute"))
		attribute(lx, c);
	else if (ck_is_word(lx, "composition"))
		ck_composition(lx, &c->body);
	else if (ck_is_word(lx, "configuration"))
		ck_configuration(lx, &c->body);
	else if (is_unused(lx))
		unused(lx);
	else if (!is_interface(lx, c, maybe))
		unknown_member(lx);
	if (lx->failed)
		ck_recover(lx);
}

struct ck_component *ck_component_body(struct ck_lex *lx, struct ck_name *name)
{
	struct ck_component *c = ck_new(lx->ck, struct ck_component);
	struct src_pos at = lx->pos;

	if (!c || !ck_expect(lx, "{"))
		return NULL;
	c->name = name;
	c->at = at;
	if (lx->blocks == CK_MAX_COMPOUNDS) {
		ck_error(lx->ck, at, "components declared inside of each other more than %d deep",
			 CK_MAX_COMPOUNDS);
		ck_fix(lx->ck, at, "declare them one after the other");
		lx->failed = true;
		return NULL;
	}
	lx->blocks++;
	while (ck_more(lx, "}"))
		member(lx, c);
	lx->blocks--;
	return ck_expect(lx, "}") ? c : NULL;
}

void ck_component(struct ck_lex *lx)
{
	struct src_pos at;
	struct ck_name *name;
	struct ck_component *c;

	ck_lex_next(lx);
	at = lx->pos;
	name = ck_expect_id(lx, "the component's name");
	if (!name)
		return;
	c = ck_component_body(lx, name);
	if (!c)
		return;
	c->at = at;
	if (name->component) {
		ck_error(lx->ck, at, "component %s is declared twice", show_text(name->text).s);
		ck_fix(lx->ck, at, "remove or rename one of the two");
		ck_note(lx->ck, name->component->at, "here is the other");
		return;
	}
	name->component = c;
}
