/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet show: the board of each VM, as text, JSON, a picture, or as the guest's device tree.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "images.h"
#include "show.h"

#define FIT_ARENA MIB(1)

static bool use_color(const struct tool_options *o, FILE *f)
{
	const char *no = getenv("NO_COLOR");

	if (o->color != TOOL_COLOR_AUTO)
		return o->color == TOOL_COLOR_ALWAYS;
	return isatty(fileno(f)) && !(no && *no);
}

static void make_view(struct show_view *v, const struct tool_set *set)
{
	struct board *boards = tool_alloc(set->n * sizeof(*boards));

	*v = (struct show_view){ .set = set, .boards = boards, .n = set->n };
	for (u32 i = 0; i < set->n; i++)
		board_make(&boards[i], set->vms[i], set);
	host_view_make(&v->host, set);
}

/* Keep only the VM called @name. */
static bool pick_vm(struct tool_set *set, const char *name)
{
	u32 i = board_find_vm(set, name);

	if (i == set->n) {
		tool_complain("--vm %s: no VM has that name or number", name);
		return false;
	}
	set->vms[0] = set->vms[i];
	set->refused[0] = set->refused[i];
	set->fits[0] = set->fits[i];
	set->n = 1;
	return true;
}

static void say_nothing(struct diag *d, enum diag_level level, const struct src_pos *at,
			const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	(void)text;
}

struct forms {
	const char *svg, *dts, *dtb, *vm;
};

static bool forms_fit(const struct forms *forms, const struct tool_options *o,
		      const struct tool_set *set)
{
	if ((forms->svg != NULL) + (forms->dts != NULL) + (forms->dtb != NULL) + o->json > 1) {
		tool_complain("show: one of --json, --svg, --dts and --dtb");
		return false;
	}
	if (set && (forms->dts || forms->dtb) && set->n > 1) {
		tool_complain("show: a device tree is of one VM: say --vm NAME");
		return false;
	}
	return true;
}

static bool put(FILE *f, const struct forms *forms, const struct tool_options *o,
		const struct tool_set *set)
{
	struct show_view v;

	if (forms->dts || forms->dtb)
		return view_tree(f, set, 0, forms->dts ? TREE_SOURCE : TREE_BLOB);
	make_view(&v, set);
	if (forms->svg)
		view_svg(f, &v);
	else if (o->json)
		view_json(f, &v);
	else
		view_text(f, &v, use_color(o, f));
	return true;
}

/* A board can be looked at without its images: that they are missing is said in their places. */
static void look_for_images(const struct tool_options *o, struct tool_set *set)
{
	struct diag quiet = { .emit = say_nothing };
	struct arena a;

	for (u32 i = 0; i < set->n; i++) {
		arena_init(&a, tool_alloc(FIT_ARENA), FIT_ARENA);
		if (set->refused[i] || images_fit(o, set->vms[i], &a, &set->fits[i], &quiet) != OK)
			set->fits[i].n = 0;
	}
}

static int show(const struct tool_options *o, const struct forms *forms)
{
	struct tool_options own = *o;
	struct tool_set set;
	enum status st;
	bool ok;
	FILE *f;

	own.json_is_ours = true;
	st = tool_load(&own, TOOL_COMPLETE, &set);
	if (st == OK && forms->vm && !pick_vm(&set, forms->vm))
		return TOOL_USAGE;
	if (st == OK && !forms_fit(forms, o, &set))
		return TOOL_USAGE;
	tool_report_end(&set.report);
	if (st != OK || !set.n)
		return TOOL_ERRORS;
	if (!o->no_images)
		look_for_images(&own, &set);
	f = tool_output_open(o, "w");
	if (!f)
		return TOOL_ERRORS;
	ok = put(f, forms, o, &set);
	return tool_output_close(o, f) && ok && !set.report.d.n_errors ? TOOL_OK : TOOL_ERRORS;
}

static int run(int argc, char **argv)
{
	struct forms forms = { 0 };
	const struct tool_own_option own[] = {
		{ "--svg", false, &forms.svg }, { "--dts", false, &forms.dts },
		{ "--dtb", false, &forms.dtb }, { "--vm", true, &forms.vm },
		{ NULL, false, NULL },
	};
	struct tool_options o;

	if (!tool_options_read(&o, argc, argv, own) || !forms_fit(&forms, &o, NULL))
		return TOOL_USAGE;
	if (!o.n_files) {
		tool_complain("show: which file?");
		return TOOL_USAGE;
	}
	return show(&o, &forms);
}

const struct command cmd_show = {
	.name = "show",
	.synopsis = "show FILE... [--json | --svg | --dts | --dtb] [--vm NAME] [-o FILE]",
	.help = "say what the board of each VM is: memory, interrupts, CPUs, images",
	.options = "  --vm NAME                 only this VM; its name or its number\n"
		   "  --svg                     the board as a picture\n"
		   "  --dts                     the device tree the guest gets, as source\n"
		   "  --dtb                     the same, compiled\n",
	.run = run,
};
