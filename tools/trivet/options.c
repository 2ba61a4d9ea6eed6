/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options that every command knows, and those that it adds. Anything that begins with '-' and is no
 * option is refused: a misspelt option never becomes the name of a file.
 */
#include <string.h>

#include "trivet.h"

struct reader {
	struct tool_options *o;
	const struct tool_own_option *own;
	int argc;
	char **argv;
	int i;
};

/* The value of an option that needs one: the next word, or what stands behind '='. */
static const char *value_of(struct reader *r, const char *name)
{
	const char *word = r->argv[r->i];
	size_t n = strlen(name);

	if (word[n] == '=')
		return word + n + 1;
	if (word[n]) /* -Ifolder */
		return word + n;
	if (r->i + 1 < r->argc)
		return r->argv[++r->i];
	tool_complain("%s: needs a value", name);
	return NULL;
}

static bool is_option(const char *word, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) != 0)
		return false;
	return !word[n] || word[n] == '=' || (n == 2 && (name[1] == 'I' || name[1] == 'D'));
}

static bool add_word(struct tool_words *w, const char *value)
{
	if (value && w->n == TOOL_MAX_WORDS)
		tool_complain("%s: more than %d of that option", value, TOOL_MAX_WORDS);
	if (!value || w->n == TOOL_MAX_WORDS)
		return false;
	w->v[w->n++] = value;
	return true;
}

static bool set_color(struct tool_options *o, const char *value)
{
	static const char *const name[] = { "auto", "never", "always" };

	for (unsigned i = 0; value && i < array_size(name); i++) {
		if (strcmp(value, name[i]) == 0) {
			o->color = (enum tool_color)i;
			return true;
		}
	}
	if (value)
		tool_complain("--color=%s: auto, never or always", value);
	return false;
}

/* 1: it was one, 0: it was none, -1: refused. */
static int read_own(struct reader *r, const char *word)
{
	for (const struct tool_own_option *p = r->own; p && p->name; p++) {
		if (!is_option(word, p->name))
			continue;
		*p->value = p->has_value ? value_of(r, p->name) : p->name;
		return *p->value ? 1 : -1;
	}
	return 0;
}

static bool read_option(struct reader *r, const char *word)
{
	struct tool_options *o = r->o;
	const struct {
		const char *name;
		struct tool_words *words;
		const char **value;
	} known[] = {
		{ "--platform", NULL, &o->platform }, { "--tree", NULL, &o->tree },
		{ "-o", NULL, &o->output },	      { "--output", NULL, &o->output },
		{ "--archive", &o->archives, NULL },  { "--files", &o->folders, NULL },
		{ "--file", &o->named, NULL },	      { "-I", &o->includes, NULL },
		{ "-D", &o->defines, NULL },	      { "--lang", NULL, &o->lang },
	};
	const struct {
		const char *name;
		bool *flag;
	} flags[] = { { "--json", &o->json },
		      { "--no-images", &o->no_images },
		      { "-v", &o->verbose },
		      { "--verbose", &o->verbose } };

	for (size_t i = 0; i < array_size(known); i++) {
		if (!is_option(word, known[i].name))
			continue;
		if (known[i].words)
			return add_word(known[i].words, value_of(r, known[i].name));
		*known[i].value = value_of(r, known[i].name);
		return *known[i].value;
	}
	if (is_option(word, "--color"))
		return set_color(o, value_of(r, "--color"));
	for (size_t i = 0; i < array_size(flags); i++) {
		if (strcmp(word, flags[i].name) == 0)
			return *flags[i].flag = true;
	}
	tool_complain("there is no option '%s'", word);
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
		int own_one;

		if (only_files || word[0] != '-' || !word[1]) {
			files[o->n_files++] = word;
			continue;
		}
		only_files = strcmp(word, "--") == 0;
		own_one = only_files ? 1 : read_own(&r, word);
		if (own_one < 0 || (own_one == 0 && !read_option(&r, word)))
			return false;
	}
	return true;
}
