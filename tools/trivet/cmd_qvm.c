/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet qvm: a command line of QNX qvm, up to where qvm would run the VM. Messages and exit codes
 * are those of qvm, so that scripts around it need not be changed.
 */
#include <string.h>

#include <lib/guestfw.h>
#include <lib/qvmconf.h>

#include "board.h"
#include "images.h"
#include "places.h"
#include "trivet.h"

#define FIT_ARENA MIB(1)

/* As qvm documents them. */
enum {
	QVM_FATAL = 64, /* before the guest is started */
	QVM_CONFIG = 65,
};

static struct qvmconf_run asked;

static enum status parse(const struct config_input *in, struct arena *a, struct diag *d,
			 struct vmdesc **out)
{
	return qvmconf_parse(in, a, d, &asked, out);
}

static const struct config_lang language = { .name = "qvmconf", .suffix = "", .parse = parse };

/* "[file:line] text"; what belongs to a message stands below it. */
static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	static const char *const before[] = {
		[DIAG_ERROR] = "",
		[DIAG_WARNING] = "warning: ",
		[DIAG_NOTE] = "    note: ",
		[DIAG_FIX] = "    fix: ",
	};
	char prefix[512];
	int n = diag_prefix(prefix, sizeof(prefix), level, at);

	(void)d;
	if (n > 0 && (size_t)n < sizeof(prefix) && strncmp(text, prefix, (size_t)n) == 0)
		text += n;
	if (level == DIAG_ERROR || level == DIAG_WARNING)
		fprintf(stderr, "[%s:%u] ", at->file ? at->file : "command line", at->line);
	fprintf(stderr, "%s%s\n", before[level], text);
}

/* ---- what is to be read ----------------------------------------------------------------------- */

/* @words[*i] and those behind it up to the next @file: one part, with a NUL behind each. */
static struct config_part words_part(const struct tool_options *o, u32 *i)
{
	size_t n = 0;
	u32 end = *i;
	char *text;

	for (; end < o->n_files && o->files[end][0] != '@'; end++)
		n += strlen(o->files[end]) + 1;
	text = tool_alloc(n);
	n = 0;
	for (; *i < end; ++*i) {
		size_t len = strlen(o->files[*i]) + 1;

		memcpy(text + n, o->files[*i], len);
		n += len;
	}
	return (struct config_part){ span_of(text, n), "command line", true };
}

static bool read_parts(struct tool_set *set, const struct tool_options *o, struct config_part *part,
		       u32 *n)
{
	for (u32 i = 0; i < o->n_files;) {
		if (o->files[i][0] != '@') {
			part[(*n)++] = words_part(o, &i);
			continue;
		}
		if (!tool_read_part(set, &language, o->files[i++] + 1, &part[(*n)++]))
			return false;
	}
	return true;
}

/* ---- what comes of it ------------------------------------------------------------------------- */

static int list_variables(void)
{
	const char *name, *type;

	for (u32 i = 0; qvmconf_variable(i, &name, &type); i++)
		printf("%-28s %s\n", name, type);
	printf("%-28s %s\n", "trivet-KEY", "as KEY of the TOML language");
	return TOOL_OK;
}

/* set ? */
static bool asks_variables(const struct tool_options *o)
{
	for (u32 i = 0; i + 1 < o->n_files; i++) {
		if (strcmp(o->files[i], "set") == 0 && strcmp(o->files[i + 1], "?") == 0)
			return true;
	}
	return false;
}

static void find_initrd(const struct tool_set *set, struct guest_fw_info *info)
{
	const struct vmdesc *vd = set->vms[0];

	for (u32 i = 0; i < vd->images.n; i++) {
		struct board_image known = board_image(set, vd, i);

		if (vd->images.v[i].role != VD_IMG_INITRD || !known.placed || !known.size)
			continue;
		info->initrd.v = known.base;
		info->initrd_len = known.size;
	}
}

static bool save_tree(const struct tool_set *set)
{
	struct guest_fw_info info = { .timer_hz = set->machine.hd.timer_hz };
	struct tool_options to = { .output = tool_format("%.*s", STR_ARG(asked.fdt_dump_file)) };
	void *buf = tool_alloc(GUEST_FDT_MAX);
	size_t len;
	FILE *f;

	find_initrd(set, &info);
	if (guest_fdt_write(set->vms[0], &info, span_of(NULL, 0), buf, GUEST_FDT_MAX, &len) != OK) {
		tool_complain("qvm: the guest's device tree is larger than 64 KiB");
		return false;
	}
	f = tool_output_open(&to, "wb");
	if (!f)
		return false;
	fwrite(buf, 1, len, f);
	if (!tool_output_close(&to, f))
		return false;
	printf("FDT saved to '%s'\n", to.output);
	return true;
}

static bool fit_images(const struct tool_options *o, struct tool_set *set)
{
	struct arena a;

	if (o->no_images)
		return true;
	arena_init(&a, tool_alloc(FIT_ARENA), FIT_ARENA);
	return images_fit(o, set->vms[0], &a, &set->fits[0], &set->report.d) == OK;
}

static int build(const struct tool_options *o, struct tool_set *set)
{
	struct config_part *part = tool_alloc((o->n_files + 1) * sizeof(*part));
	u32 n = 0;

	if (!read_parts(set, o, part, &n))
		return QVM_FATAL;
	tool_load_parts(set, &language, part, n, TOOL_COMPLETE);
	tool_set_end(set, TOOL_COMPLETE);
	if (set->report.d.n_errors || !set->n)
		return QVM_CONFIG;
	if (!fit_images(o, set))
		return QVM_FATAL;
	if (asked.fdt_dump_file.n && !save_tree(set))
		return QVM_FATAL;
	if (!asked.dry)
		fprintf(stderr, "trivet: the hypervisor runs VMs, this program does not\n");
	printf("Exiting: dryrun complete\n");
	return TOOL_OK;
}

static int run(int argc, char **argv)
{
	struct tool_options o;
	struct tool_set set;

	if (!tool_options_read(&o, argc, argv, NULL))
		return TOOL_USAGE;
	if (!o.n_files) {
		tool_complain("qvm: which @file, or which words?");
		return TOOL_USAGE;
	}
	if (asks_variables(&o))
		return list_variables();
	if (tool_set_begin(&o, &set) != OK)
		return QVM_FATAL;
	set.report.d.emit = emit;
	return build(&o, &set);
}

const struct command cmd_qvm = {
	.name = "qvm",
	.synopsis = "qvm [@FILE | WORD]... [--platform P] [--tree DTB] [--no-images]",
	.help = "check a command line of QNX qvm as its dryrun does",
	.run = run,
};
