/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet: check, show, convert and pack VM descriptions at the desk. This file only finds the
 * command.
 */
#include <string.h>

#include "trivet.h"

#define TOOL_COMMAND(name) extern const struct command cmd_##name;
#include "commands.def"
#undef TOOL_COMMAND

static const struct command *const list[] = {
#define TOOL_COMMAND(name) &cmd_##name,
#include "commands.def"
#undef TOOL_COMMAND
};

static void print_help(FILE *f)
{
	fprintf(f, "trivet: virtual machines assembled like boards, from text files\n\n");
	for (size_t i = 0; i < array_size(list); i++)
		fprintf(f, "  trivet %s\n      %s\n", list[i]->synopsis, list[i]->help);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < array_size(list); i++) {
		if (strcmp(name, list[i]->name) == 0)
			return list[i]->run(argc - 1, argv + 1);
	}
	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0) {
		print_help(stdout);
		return TOOL_OK;
	}
	if (*name)
		tool_complain("there is no command '%s'", name);
	print_help(stderr);
	return TOOL_USAGE;
}
