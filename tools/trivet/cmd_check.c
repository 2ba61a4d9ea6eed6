/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet check: every mistake of every file, before anything starts.
 */
#include <lib/camkes.h>

#include "cpp.h"
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

/* ---- --explain ------------------------------------------------------------------------------ */

static void put_line(void *ctx, const char *line)
{
	fprintf(ctx, "%s\n", line);
}

static void ignore(struct diag *d, enum diag_level level, const struct src_pos *at,
		   const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	(void)text;
}

/* Mistakes have been told by then. */
static void explain(struct tool_set *set, const char *file)
{
	struct diag quiet = { .emit = ignore };
	struct config_env env;
	struct config_part part;
	struct config_input in = { &part, 1, &env };
	struct arena a;

	cpp_begin(file);
	if (!cpp_read(set->report.o, file, &quiet, &part))
		return;
	tool_env(set, &env);
	arena_init(&a, tool_alloc(MIB(64)), MIB(64));
	(void)!camkes_explain(&in, &a, &quiet, put_line, stdout);
}

static void explain_all(struct tool_set *set)
{
	const struct tool_options *o = set->report.o;

	for (u32 i = 0; i < o->n_files; i++) {
		if (str_ends(str_of(o->files[i]), ".camkes"))
			explain(set, o->files[i]);
		else
			fprintf(stderr, "%s: nothing to explain: every key is used or refused\n",
				o->files[i]);
	}
}

static int run(int argc, char **argv)
{
	struct tool_options o;
	struct tool_set set;
	const char *explains = NULL;
	const struct tool_own_option own[] = { { "--explain", false, &explains },
					       { NULL, false, NULL } };

	if (!tool_options_read(&o, argc, argv, own))
		return TOOL_USAGE;
	if (!o.n_files) {
		tool_complain("check: which file?");
		return TOOL_USAGE;
	}
	(void)!tool_load(&o, TOOL_IMAGES, &set);
	tool_report_end(&set.report);
	if (o.verbose && !o.json)
		say_what_is_fine(&set);
	if (explains)
		explain_all(&set);
	return set.report.d.n_errors ? TOOL_ERRORS : TOOL_OK;
}

const struct command cmd_check = {
	.name = "check",
	.synopsis = "check FILE... [--platform P] [--tree DTB] [--json] [--explain]",
	.help = "say every mistake of VM descriptions, and how to mend it",
	.options = "  --explain                 of CAmkES files: what becomes of each setting\n",
	.run = run,
};
