/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet check: every mistake of every file, before anything starts.
 */
#include "trivet.h"

static void say_what_is_fine(const struct tool_set *set)
{
	u32 n_fine = 0;

	for (u32 i = 0; i < set->n; i++)
		n_fine += !set->refused[i];
	fprintf(stderr, "checked for %s%s%s: %u of %u VM%s can start\n",
		set->machine.platform ? set->machine.platform : "QEMU's virt machine",
		set->machine.tree ? " with the devices of " : "",
		set->machine.tree ? set->machine.tree : "", n_fine, set->n, set->n == 1 ? "" : "s");
}

static int run(int argc, char **argv)
{
	struct tool_options o;
	struct tool_set set;

	if (!tool_options_read(&o, argc, argv, NULL))
		return TOOL_USAGE;
	if (!o.n_files) {
		tool_complain("check: which file?");
		return TOOL_USAGE;
	}
	(void)!tool_load(&o, TOOL_IMAGES, &set);
	tool_report_end(&set.report);
	if (o.verbose && !o.json)
		say_what_is_fine(&set);
	return set.report.d.n_errors ? TOOL_ERRORS : TOOL_OK;
}

const struct command cmd_check = {
	.name = "check",
	.synopsis = "check FILE... [--platform P] [--tree DTB] [--json]",
	.help = "say every mistake of VM descriptions, and how to mend it",
	.run = run,
};
