/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options that every command knows, and those that it adds. Anything that begins with '-' and is no
 * option is refused: a misspelt option never becomes the name of a file.
 */
#include <stddef.h>
#include <string.h>

#include <lib/words.h>

#include "trivet.h"

struct reader {
	struct tool_options *o;
	const struct tool_own_option *own;
	int argc;
	char **argv;
	int i;
};

/* One line of options.def. */
struct known {
	const char *name;
	enum {
		VALUE,
		LIST,
		FLAG
	} kind;
	size_t member;
};

static const struct known known[] = {
#define TOOL_VALUE(name, member, word, help) { name, VALUE, offsetof(struct tool_options, member) },
#define TOOL_LIST(name, member, word, help)  { name, LIST, offsetof(struct tool_options, member) },
#define TOOL_FLAG(name, member, help)	     { name, FLAG, offsetof(struct tool_options, member) },
#include "options.def"
#undef TOOL_VALUE
#undef TOOL_LIST
#undef TOOL_FLAG
};

/* -Ifolder, -Dname: one letter takes its value at once. */
static bool is_joined(const char *name)
{
	return strcmp(name, "-I") == 0 || strcmp(name, "-D") == 0;
}

static bool is_option(const char *word, const char *name)
{
	size_t n = strlen(name);

	return strncmp(word, name, n) == 0 && (!word[n] || word[n] == '=' || is_joined(name));
}

/* The value of an option that needs one: the next word, or what stands behind '='. */
static const char *value_of(struct reader *r, const char *name)
{
	const char *word = r->argv[r->i];
	size_t n = strlen(name);

	if (word[n])
		return word + n + (word[n] == '=');
	if (r->i + 1 < r->argc)
		return r->argv[++r->i];
	tool_complain("%s: needs a value", name);
	return NULL;
}

static bool has_no_value(const char *word, const char *name)
{
	if (!word[strlen(name)])
		return true;
	tool_complain("%s: takes no value", name);
	return false;
}

/* The preprocessor would take the word behind an empty one for its value. */
static bool add_word(struct tool_words *w, const char *name, const char *value)
{
	if (value && !*value) {
		tool_complain("%s: needs a value", name);
		return false;
	}
	if (value && w->n == TOOL_MAX_WORDS)
		tool_complain("%s: more than %d of that option", value, TOOL_MAX_WORDS);
	if (!value || w->n == TOOL_MAX_WORDS)
		return false;
	w->v[w->n++] = value;
	return true;
}

static bool read_color(struct tool_options *o)
{
	static const char *const name[] = { "auto", "never", "always" };

	for (unsigned i = 0; i < array_size(name); i++) {
		if (!o->color_word || strcmp(o->color_word, name[i]) == 0) {
			o->color = (enum tool_color)i;
			return true;
		}
	}
	tool_complain("--color=%s: auto, never or always", o->color_word);
	return false;
}

/* 1: it was one, 0: it was none, -1: refused. */
static int read_own(struct reader *r, const char *word)
{
	for (const struct tool_own_option *p = r->own; p && p->name; p++) {
		if (!is_option(word, p->name))
			continue;
		if (p->has_value)
			*p->value = value_of(r, p->name);
		else
			*p->value = has_no_value(word, p->name) ? p->name : NULL;
		return *p->value ? 1 : -1;
	}
	return 0;
}

static bool read_known(struct reader *r, const struct known *k)
{
	u8 *member = (u8 *)r->o + k->member;

	if (k->kind == LIST)
		return add_word((struct tool_words *)member, k->name, value_of(r, k->name));
	if (k->kind == FLAG)
		return (*(bool *)member = has_no_value(r->argv[r->i], k->name));
	*(const char **)member = value_of(r, k->name);
	return *(const char **)member;
}

static void refuse(const struct reader *r, const char *word)
{
	const char *equals = strchr(word, '=');
	struct suggest near = {
		.word = { word, equals ? (size_t)(equals - word) : strlen(word) },
	};

	for (size_t i = 0; i < array_size(known); i++)
		suggest_try(&near, known[i].name);
	for (const struct tool_own_option *p = r->own; p && p->name; p++)
		suggest_try(&near, p->name);
	if (near.best)
		tool_complain("there is no option '%s'; did you mean '%s'?", word, near.best);
	else
		tool_complain("there is no option '%s'", word);
}

static bool read_option(struct reader *r, const char *word)
{
	int own = read_own(r, word);

	if (own)
		return own > 0;
	for (size_t i = 0; i < array_size(known); i++) {
		if (is_option(word, known[i].name))
			return read_known(r, &known[i]);
	}
	refuse(r, word);
	return false;
}

bool tool_options_read(struct tool_options *o, int argc, char **argv,
		       const struct tool_own_option *own)
{
	struct reader r = { o, own, argc, argv, 1 };
	const char **files = tool_alloc((size_t)argc * sizeof(*files));
	bool only_files = false;

	*o = (struct tool_options){ .files = files };
	for (; r.i < argc; r.i++) {
		const char *word = argv[r.i];

		if (only_files || word[0] != '-' || !word[1])
			files[o->n_files++] = word;
		else if (strcmp(word, "--") == 0)
			only_files = true;
		else if (!read_option(&r, word))
			return false;
	}
	return read_color(o);
}
