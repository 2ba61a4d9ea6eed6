/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outer grammar: a file, its imports, assemblies and what stands in compositions and
 * configurations. All assemblies are one. A broken statement is told once and left behind at its
 * end, so that one run shows every mistake.
 */
#include "camkes_priv.h"

#include <base/fmt.h>

void ck_syntax(struct ck_lex *lx, const char *expected)
{
	struct camkes *ck = lx->ck;

	if (lx->failed || ck_stopped(ck))
		return;
	lx->failed = true;
	if (lx->broken || ++ck->n_syntax > CK_MAX_SYNTAX)
		return;
	lx->broken = lx->tok == CK_T_END;
	ck_error(ck, lx->pos, "expected %s, found %s", expected, ck_found(lx).s);
	ck_fix(ck, lx->pos, "write %s here", expected);
	if (ck->n_syntax == CK_MAX_SYNTAX)
		ck_note(ck, lx->pos, "further mistakes of this kind are not told");
}

bool ck_expect(struct ck_lex *lx, const char *text)
{
	char quoted[8];

	if (ck_take(lx, text))
		return true;
	fmt_snprintf(quoted, sizeof(quoted), "'%s'", text);
	ck_syntax(lx, quoted);
	return false;
}

struct ck_name *ck_expect_id(struct ck_lex *lx, const char *what)
{
	struct ck_name *name;

	if (lx->tok != CK_T_ID) {
		ck_syntax(lx, what);
		return NULL;
	}
	name = ck_intern(lx->ck, lx->s);
	ck_lex_next(lx);
	return name;
}

bool ck_ref(struct ck_lex *lx, struct ck_name **rest, struct ck_name **last)
{
	*rest = NULL;
	*last = ck_expect_id(lx, "a name");
	while (*last && ck_take(lx, ".")) {
		*rest = ck_join(lx->ck, *rest, *last);
		*last = *rest ? ck_expect_id(lx, "a name") : NULL;
	}
	return *last != NULL;
}

void ck_unexpanded(struct ck_lex *lx, struct str name, struct src_pos at)
{
	ck_error(lx->ck, at, "'%s(' is a macro that was not expanded", show_text(name).s);
	if (str_starts(name, "VM_") || ck_pattern_fits("PER_VM_*", name))
		ck_fix(lx->ck, at, "write #include <configurations/vm.h> above it");
	else
		ck_fix(lx->ck, at, "include the header that defines it; its folder is given by -I");
}

void ck_skip_braces(struct ck_lex *lx)
{
	u32 depth = 0;

	do {
		if (ck_is(lx, "{"))
			depth++;
		else if (ck_is(lx, "}"))
			depth--;
		ck_lex_next(lx);
	} while (depth && lx->tok != CK_T_END);
}

void ck_recover(struct ck_lex *lx)
{
	u32 open = lx->braces;

	lx->failed = false;
	lx->depth = 0;
	lx->braces = 0;
	while (lx->tok != CK_T_END && (open || !ck_is(lx, "}"))) {
		if (ck_is(lx, "{")) {
			ck_skip_braces(lx);
			continue;
		}
		open -= ck_is(lx, "}");
		if (ck_take(lx, ";"))
			return;
		ck_lex_next(lx);
	}
}

/* A statement that is not known: a macro, or nothing we know. Goes on by a token at least. */
static void unknown(struct ck_lex *lx, const char *expected)
{
	struct ck_lex before = *lx;

	if (lx->tok == CK_T_ID)
		ck_lex_next(lx);
	if (before.tok == CK_T_ID && ck_is(lx, "(")) {
		ck_unexpanded(lx, before.s, before.pos);
		/* Behind its brackets the next statement may begin without a semicolon. */
		while (lx->tok != CK_T_END && !ck_is(lx, ")") && !ck_is(lx, ";") && !ck_is(lx, "}"))
			ck_lex_next(lx);
		ck_take(lx, ")");
		return;
	}
	*lx = before;
	ck_syntax(lx, expected);
	if (!ck_is(lx, "{"))
		ck_lex_next(lx);
	ck_recover(lx);
}

/* ---- compositions -------------------------------------------------------------------------- */

static void instance(struct ck_lex *lx, struct ck_body *body, struct ck_name *group)
{
	struct camkes *ck = lx->ck;
	struct ck_inst *i = ck_new(ck, struct ck_inst);
	struct ck_name *rest;

	if (!i)
		return;
	ck_lex_next(lx);
	i->group = group;
	if (ck_is(lx, "{")) {
		i->own = ck_component_body(lx, NULL);
		if (!i->own)
			return;
	} else if (!ck_ref(lx, &rest, &i->type)) {
		return;
	}
	i->at = lx->pos;
	i->name = ck_expect_id(lx, "the instance's name");
	if (!i->name || !ck_expect(lx, ";"))
		return;
	ck_append(&body->instances, i);
}

static bool end(struct ck_lex *lx, struct ck_conn *c)
{
	struct ck_end *e = &c->end[c->n_ends];

	if (!ck_is_word(lx, "from") && !ck_is_word(lx, "to")) {
		ck_syntax(lx, "'from' or 'to'");
		return false;
	}
	if (c->n_ends == CK_MAX_ENDS) {
		ck_error(lx->ck, lx->pos, "a connection of more than %d ends", CK_MAX_ENDS);
		ck_fix(lx->ck, lx->pos, "write several connections");
		lx->failed = true;
		return false;
	}
	e->is_to = ck_is_word(lx, "to");
	ck_lex_next(lx);
	e->at = lx->pos;
	c->n_ends++;
	return ck_ref(lx, &e->instance, &e->iface);
}

static void connection(struct ck_lex *lx, struct ck_body *body)
{
	struct ck_conn *c = ck_new(lx->ck, struct ck_conn);
	struct ck_name *rest, *type;

	ck_lex_next(lx);
	if (!c || !ck_ref(lx, &rest, &type))
		return;
	c->connector = type->text;
	c->at = lx->pos;
	c->name = ck_expect_id(lx, "the connection's name");
	if (!c->name || !ck_expect(lx, "("))
		return;
	while (ck_more(lx, ")")) {
		if (!end(lx, c))
			return;
		if (!ck_take(lx, ",") && !ck_is(lx, ")")) {
			ck_syntax(lx, "',' or ')'");
			return;
		}
	}
	if (ck_expect(lx, ")") && ck_expect(lx, ";"))
		ck_append(&body->connections, c);
}

static void export(struct ck_lex *lx)
{
	struct ck_name *rest, *last;

	ck_lex_next(lx);
	if (ck_ref(lx, &rest, &last) && ck_expect(lx, "->") && ck_ref(lx, &rest, &last))
		ck_expect(lx, ";");
}

/* In a group there are only instances. */
static void composed(struct ck_lex *lx, struct ck_body *body, struct ck_name *group);

static void group(struct ck_lex *lx, struct ck_body *body)
{
	struct ck_name *name = NULL;

	ck_lex_next(lx);
	if (lx->tok == CK_T_ID)
		name = ck_expect_id(lx, "the group's name");
	if (!ck_expect(lx, "{"))
		return;
	while (ck_more(lx, "}")) {
		if (ck_is_word(lx, "component"))
			composed(lx, body, name);
		else
			unknown(lx, "'component' or '}'");
	}
	ck_expect(lx, "}");
}

static void composed(struct ck_lex *lx, struct ck_body *body, struct ck_name *in_group)
{
	if (ck_take(lx, ";"))
		return;
	if (ck_is_word(lx, "component"))
		instance(lx, body, in_group);
	else if (ck_is_word(lx, "connection"))
		connection(lx, body);
	else if (ck_is_word(lx, "group"))
		group(lx, body);
	else if (ck_is_word(lx, "export"))
		export(lx);
	else
		unknown(lx, "'component', 'connection', 'group', 'export' or '}'");
	if (lx->failed)
		ck_recover(lx);
}

/* Has the block a body? `composition name;` refers to one that stands elsewhere. */
static bool open_block(struct ck_lex *lx)
{
	ck_lex_next(lx);
	if (lx->tok == CK_T_ID)
		ck_lex_next(lx);
	if (ck_take(lx, ";"))
		return false;
	return ck_expect(lx, "{");
}

void ck_composition(struct ck_lex *lx, struct ck_body *body)
{
	if (!open_block(lx))
		return;
	while (ck_more(lx, "}"))
		composed(lx, body, NULL);
	ck_expect(lx, "}");
}

/* ---- configurations ------------------------------------------------------------------------ */

static bool by_reference(struct ck_lex *lx, struct ck_set *set)
{
	ck_lex_next(lx);
	if (!ck_ref(lx, &set->from, &set->from_attr))
		return false;
	while (ck_take(lx, "[")) {
		if (!ck_item(lx) || !ck_expect(lx, "]"))
			return false;
	}
	return true;
}

static bool by_value(struct ck_lex *lx, struct ck_set *set)
{
	struct src_pos at = lx->pos;
	struct str name = lx->s;
	bool is_name = lx->tok == CK_T_ID;
	struct ck_lex before = *lx;

	if (is_name) {
		ck_lex_next(lx);
		if (ck_is(lx, "(") && str_eq_c(name, "dtb")) {
			set->item = ck_query(lx, name, at);
			return set->item != NULL;
		}
		*lx = before;
	}
	set->item = ck_item(lx);
	return set->item != NULL;
}

static void setting(struct ck_lex *lx, struct ck_body *body)
{
	struct camkes *ck = lx->ck;
	struct ck_set *set;

	if (++ck->n_settings > CK_MAX_SETTINGS) {
		ck_too_large(ck, lx->pos, "settings", CK_MAX_SETTINGS);
		return;
	}
	set = ck_new(ck, struct ck_set);
	if (!set)
		return;
	set->at = lx->pos;
	if (!ck_ref(lx, &set->target, &set->attr))
		return;
	if (ck_is(lx, "(")) {
		ck_unexpanded(lx, set->attr->text, set->at);
		lx->failed = true;
		return;
	}
	if (!set->target) {
		ck_syntax(lx, "'.' and an attribute's name");
		return;
	}
	if (ck_is(lx, "<-")) {
		if (!by_reference(lx, set))
			return;
	} else if (!ck_expect(lx, "=") || !by_value(lx, set)) {
		return;
	}
	if (ck_expect(lx, ";"))
		ck_append(&body->settings, set);
}

void ck_configuration(struct ck_lex *lx, struct ck_body *body)
{
	if (!open_block(lx))
		return;
	while (ck_more(lx, "}")) {
		if (ck_take(lx, ";"))
			continue;
		if (lx->tok == CK_T_ID)
			setting(lx, body);
		else
			unknown(lx, "a setting or '}'");
		if (lx->failed)
			ck_recover(lx);
	}
	ck_expect(lx, "}");
}

/* ---- the file ------------------------------------------------------------------------------ */

static void schedule(struct ck_lex *lx)
{
	ck_warning(lx->ck, lx->pos,
		   "schedule: known, not supported yet: CPUs are shared by "
		   "priority and in turns");
	ck_lex_next(lx);
	if (ck_is(lx, "{"))
		ck_skip_braces(lx);
	else
		ck_syntax(lx, "'{'");
}

static void assembly(struct ck_lex *lx)
{
	if (!open_block(lx))
		return;
	while (ck_more(lx, "}")) {
		if (ck_take(lx, ";"))
			continue;
		if (ck_is_word(lx, "composition"))
			ck_composition(lx, &lx->ck->root);
		else if (ck_is_word(lx, "configuration"))
			ck_configuration(lx, &lx->ck->root);
		else if (ck_is_word(lx, "schedule"))
			schedule(lx);
		else
			unknown(lx, "'composition', 'configuration' or '}'");
		if (lx->failed)
			ck_recover(lx);
	}
	ck_expect(lx, "}");
}

static void import(struct ck_lex *lx, struct str name, bool angled, struct src_pos at)
{
	struct camkes *ck = lx->ck;
	const struct config_env *env = ck->in->env;
	struct config_part part = { 0 };
	enum status st = E_NOTFOUND;
	struct str text;

	/* What only calls functions has another language, and says nothing of VMs. */
	if (str_ends(name, ".idl4"))
		return;
	if (ck_library(ck, name, &text)) {
		part = (struct config_part){ span_of(text.p, text.n), "<library>", false };
		st = OK;
	} else if (env->import) {
		st = env->import(env->ctx, name, angled, at.file, &part);
	}
	if (st == E_BUSY)
		return;
	if (st != OK) {
		ck_error(ck, at, "import \"%s\": there is no such file", show_text(name).s);
		ck_fix(ck, at, "write a file's name%s",
		       angled ? "; folders to look in are given by -I" : " relative to this one");
		return;
	}
	ck_parse_part(ck, part.text, part.file);
}

static void read_import(struct ck_lex *lx)
{
	struct src_pos at = lx->pos;
	bool angled;
	struct str name;

	ck_lex_next_path(lx);
	angled = lx->tok == CK_T_ANGLED;
	if (lx->tok == CK_T_STRING) {
		name = ck_strings(lx);
	} else if (angled) {
		name = ck_copy(lx->ck, lx->s);
		ck_lex_next(lx);
	} else {
		ck_syntax(lx, "a file in quotes or between < and >");
		return;
	}
	if (ck_expect(lx, ";") && !ck_stopped(lx->ck))
		import(lx, name, angled, at);
}

/* connector, procedure, struct: nothing in them is about VMs. */
static void skipped(struct ck_lex *lx)
{
	ck_lex_next(lx);
	if (lx->tok == CK_T_ID)
		ck_lex_next(lx);
	if (ck_is(lx, "{"))
		ck_skip_braces(lx);
	else
		ck_syntax(lx, "'{'");
}

static void top_level(struct ck_lex *lx)
{
	struct ck_body *root = &lx->ck->root;

	if (ck_take(lx, ";"))
		return;
	if (ck_is_word(lx, "import"))
		read_import(lx);
	else if (ck_is_word(lx, "component"))
		ck_component(lx);
	else if (ck_is_word(lx, "assembly"))
		assembly(lx);
	else if (ck_is_word(lx, "composition"))
		ck_composition(lx, root);
	else if (ck_is_word(lx, "configuration"))
		ck_configuration(lx, root);
	else if (ck_is_word(lx, "connector") || ck_is_word(lx, "procedure") ||
		 ck_is_word(lx, "struct"))
		skipped(lx);
	else
		unknown(lx, "'import', 'component' or 'assembly'");
	if (lx->failed)
		ck_recover(lx);
}

void ck_parse_part(struct camkes *ck, struct span text, const char *file)
{
	struct src_pos at = { .file = file };
	struct ck_lex lx;

	if (++ck->n_imports > CK_MAX_IMPORTS)
		ck_too_large(ck, at, "imports", CK_MAX_IMPORTS);
	if (++ck->import_depth > CK_MAX_IMPORT_DEPTH)
		ck_too_large(ck, at, "files that import each other", CK_MAX_IMPORT_DEPTH);
	ck_lex_begin(&lx, ck, text, file);
	ck_lex_next(&lx);
	while (lx.tok != CK_T_END && !ck_stopped(ck)) {
		top_level(&lx);
		/* A bracket that closes nothing was told as it was met. */
		if (ck_is(&lx, "}"))
			unknown(&lx, "'import', 'component' or 'assembly'");
	}
	ck->import_depth--;
}
