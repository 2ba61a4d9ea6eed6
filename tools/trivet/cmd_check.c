/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet check: every mistake of every file, before anything starts.
 */
#include "trivet.h"

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
	if (tool_load(&o, TOOL_IMAGES, &set) != OK)
		set.report.d.n_errors++;
	tool_report_end(&set.report);
	return set.report.d.n_errors ? TOOL_ERRORS : TOOL_OK;
}

const struct command cmd_check = {
	.name = "check",
	.synopsis = "check FILE... [--platform P] [--tree DTB] [--json]",
	.help = "say every mistake of VM descriptions, and how to mend it",
	.run = run,
};
