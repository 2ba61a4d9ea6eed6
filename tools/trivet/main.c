/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet: check, show, convert and pack VM descriptions at the desk. This file finds the command,
 * and helps those who look for one.
 */
#include <string.h>

#include <lib/words.h>

#include "trivet.h"

#define TOOL_COMMAND(name) extern const struct command cmd_##name;
#include "commands.def"
#undef TOOL_COMMAND

static const struct command *const list[] = {
#define TOOL_COMMAND(name) &cmd_##name,
#include "commands.def"
#undef TOOL_COMMAND
};

static const struct {
	const char *name;
	const char *word; /* of its value; NULL: it has none */
	const char *help;
} options[] = {
#define TOOL_VALUE(name, member, word, help) { name, word, help },
#define TOOL_LIST(name, member, word, help)  { name, word, help },
#define TOOL_FLAG(name, member, help)	     { name, NULL, help },
#include "options.def"
#undef TOOL_VALUE
#undef TOOL_LIST
#undef TOOL_FLAG
};

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < array_size(list); i++) {
		if (strcmp(name, list[i]->name) == 0)
			return list[i];
	}
	return NULL;
}

static int unknown(const char *name)
{
	struct suggest near = { .word = str_of(name) };

	for (size_t i = 0; i < array_size(list); i++)
		suggest_try(&near, list[i]->name);
	if (near.best)
		tool_complain("there is no command '%s'; did you mean '%s'?", name, near.best);
	else
		tool_complain("there is no command '%s'", name);
	return TOOL_USAGE;
}

static void print_commands(FILE *f)
{
	fprintf(f, "trivet: virtual machines assembled like boards, from text files\n\n");
	for (size_t i = 0; i < array_size(list); i++)
		fprintf(f, "  trivet %s\n      %s\n", list[i]->synopsis, list[i]->help);
	fprintf(f, "\n  trivet help COMMAND\n      say more of one, with all options\n"
		   "  trivet --version\n\nExit status: 0 all is well, 1 the configuration has "
		   "mistakes, 2 the command line has.\n");
}

static void print_option(const char *name, const char *word, const char *help)
{
	int n = printf("  %s%s%s", name, word ? " " : "", word ? word : "");

	if (n < 28)
		printf("%*s%s\n", 28 - n, "", help);
	else
		printf("\n%28s%s\n", "", help);
}

static int print_help(const struct command *c)
{
	printf("trivet %s\n\n%s.\n", c->synopsis, c->help);
	if (c->options)
		printf("\n%s", c->options);
	printf("\nOptions of every command:\n");
	for (size_t i = 0; i < array_size(options); i++)
		print_option(options[i].name, options[i].word, options[i].help);
	print_option("--help", NULL, "this");
	return TOOL_OK;
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (is_one_of(argv[i], "--help", "-h", "--help"))
			return true;
	}
	return false;
}

static int help(int argc, char **argv)
{
	const struct command *c = argc > 2 ? find(argv[2]) : NULL;

	if (argc > 2)
		return c ? print_help(c) : unknown(argv[2]);
	print_commands(stdout);
	return TOOL_OK;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	const struct command *c = find(name);

	/* A line at a time, not a word: there may be thousands. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	if (c)
		return asks_for_help(argc - 1, argv + 1) ? print_help(c) :
							   c->run(argc - 1, argv + 1);
	if (is_one_of(name, "help", "--help", "-h"))
		return help(argc, argv);
	if (is_one_of(name, "version", "--version", "-V")) {
		printf("trivet %s\n", TRIVET_VERSION);
		return TOOL_OK;
	}
	if (*name)
		return unknown(name);
	print_commands(stderr);
	return TOOL_USAGE;
}
