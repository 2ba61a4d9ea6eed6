/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files into descriptions, by the same steps as the hypervisor's core/guests.c.
 */
#include "trivet.h"

#define FILE_ARENA MIB(64)

static enum status parse_file(struct tool_set *set, const char *file, struct arena *a,
			      struct vmdesc **out)
{
	const struct config_lang *lang = config_detect(file);
	struct config_part part = { .file = file };
	struct config_input in = { &part, 1, &config_env_empty };
	struct src_pos at = { .file = file };
	enum status st;

	*out = NULL;
	if (!lang) {
		diag_report(&set->report.d, DIAG_ERROR, at,
			    "no language has this suffix: have .toml, .qvmconf, .camkes");
		return E_INVAL;
	}
	part.text = tool_read_file(file);
	if (!part.text.p)
		return E_IO;
	arena_init(a, tool_alloc(FILE_ARENA), FILE_ARENA);
	st = lang->parse(&in, a, &set->report.d, out);
	if (st == E_NOMEM)
		diag_report(&set->report.d, DIAG_ERROR, at, "needs more than 64 MiB");
	return st;
}

static void add_vm(struct tool_set *set, struct vmdesc *vd, bool refused)
{
	struct vmdesc **vms = tool_alloc((set->n + 1) * sizeof(struct vmdesc *));
	bool *flags = tool_alloc(set->n + 1);

	for (u32 i = 0; i < set->n; i++) {
		vms[i] = set->vms[i];
		flags[i] = set->refused[i];
	}
	vms[set->n] = vd;
	flags[set->n] = refused;
	set->vms = vms;
	set->refused = flags;
	set->n++;
}

static void load_file(struct tool_set *set, const char *file, enum tool_depth depth)
{
	struct config_machine m = { &set->machine.hd, set->machine.fdt, &set->machine.target };
	struct arena *a = tool_alloc(sizeof(*a));
	struct vmdesc *vd;
	enum status st = parse_file(set, file, a, &vd);

	for (; vd; vd = vd->next) {
		enum status done = depth == TOOL_PARSE ? OK :
							 config_complete(vd, &m, a, &set->report.d);

		add_vm(set, vd, st != OK || done != OK);
	}
}

enum status tool_load(const struct tool_options *o, enum tool_depth depth, struct tool_set *set)
{
	*set = (struct tool_set){ 0 };
	tool_report_init(&set->report, o);
	if (tool_machine_open(o, &set->machine, &set->report.d) != OK)
		return E_INVAL;
	for (u32 i = 0; i < o->n_files; i++)
		load_file(set, o->files[i], depth);
	vmdesc_number(set->vms, set->n);
	if (depth != TOOL_PARSE)
		(void)!vmdesc_validate_set((const struct vmdesc *const *)set->vms, set->n,
					   set->refused, &set->report.d);
	return set->n ? OK : E_INVAL;
}
