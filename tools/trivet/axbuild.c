/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AxVisor's build configurations, .hvconfig.toml and configs/board/NAME.toml (.build.toml), as what
 * `make defconfig` writes: .trivet.toml. Features and cargo's words have no meaning here, and are
 * named in a comment.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "axplat.h"

struct axbuild {
	const char *file;
	const struct toml *root;
	struct diag *d;
	FILE *f;
};

const struct toml *axplat_look(const char *file, struct span text)
{
	struct diag quiet = { 0 };
	struct arena a;
	struct toml *root;

	if (!str_ends(str_of(file), ".toml"))
		return NULL;
	arena_init(&a, tool_alloc(MIB(4)), MIB(4));
	return toml_parse(text, file, &a, &quiet, &root) == OK ? root : NULL;
}

void axplat_put_text(FILE *f, struct str s)
{
	fputc('"', f);
	for (size_t i = 0; i < s.n; i++) {
		u8 c = (u8)s.p[i];

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(f, "\\u%04x", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

bool axplat_put_file(const struct tool_options *o, const char *text, size_t len)
{
	FILE *f = tool_output_open(o, "w");

	if (!f)
		return false;
	fwrite(text, 1, len, f);
	return tool_output_close(o, f);
}

/* ---- which machine -------------------------------------------------------------------------- */

/* By words of their names, or of features that only one has. */
static const struct {
	const char *word, *platform;
} machines[] = {
	{ "orangepi-5-plus", "aarch64-orangepi-5-plus" },
	{ "rk3588", "aarch64-orangepi-5-plus" },
	{ "roc-rk3568-pc", "aarch64-roc-rk3568-pc" },
	{ "rk3568", "aarch64-roc-rk3568-pc" },
	{ "phytium", "aarch64-phytiumpi" },
	{ "qemu-aarch64", "aarch64-qemu-virt" },
	{ "aarch64-qemu-virt", "aarch64-qemu-virt" },
	{ "aarch64-generic", "aarch64-qemu-virt" },
	{ "aarch64-dyn", "aarch64-qemu-virt" },
};

static const char *machine_of(struct str s)
{
	for (u32 i = 0; i < array_size(machines); i++) {
		size_t n = strlen(machines[i].word);

		for (size_t k = 0; k + n <= s.n; k++)
			if (memcmp(s.p + k, machines[i].word, n) == 0)
				return machines[i].platform;
	}
	return NULL;
}

static const char *machine_of_list(const struct toml *list)
{
	const char *found = NULL;

	for (const struct toml *v = list ? list->child : NULL; v && !found; v = v->next)
		found = machine_of(v->text);
	return found;
}

static struct str stem_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	struct str s = str_of(slash ? slash + 1 : file);

	if (str_ends(s, ".toml"))
		s.n -= strlen(".toml");
	return s;
}

static struct str text_of(const struct axbuild *ax, const char *key)
{
	const struct toml *v = toml_get(ax->root, key);

	return v && v->type == TOML_STRING ? v->text : (struct str){ "", 0 };
}

static void put_platform(struct axbuild *ax)
{
	struct str plat = text_of(ax, "plat"), target = text_of(ax, "target");
	struct str name = plat.n ? plat : stem_of(ax->file);
	const char *found = machine_of(name);

	if (!found)
		found = machine_of_list(toml_get(ax->root, "features"));
	if (!found && (str_starts(target, "aarch64") || str_eq_c(text_of(ax, "arch"), "aarch64")))
		found = "aarch64-qemu-virt";
	if (!found)
		diag_report(ax->d, DIAG_WARNING, (struct src_pos){ .file = ax->file },
			    "we have no platform for '%.*s': write one of configs/platforms",
			    STR_ARG(name));
	fputs("platform = ", ax->f);
	axplat_put_text(ax->f, found ? str_of(found) : name);
	fprintf(ax->f, " # was %.*s\n", STR_ARG(name));
}

/* ---- what is started, and how --------------------------------------------------------------- */

static bool is_strings(const struct axbuild *ax, const char *key, const struct toml *list)
{
	if (list->type == TOML_ARRAY) {
		const struct toml *v = list->child;

		while (v && v->type == TOML_STRING)
			v = v->next;
		if (!v)
			return true;
	}
	diag_report(ax->d, DIAG_ERROR, list->at, "%s: expected an array of strings", key);
	return false;
}

static void put_strings(struct axbuild *ax, const char *ours, const char *key)
{
	const struct toml *list = toml_get(ax->root, key);

	if (!list || !is_strings(ax, key, list))
		return;
	fprintf(ax->f, "%s = [", ours);
	for (const struct toml *v = list->child; v; v = v->next) {
		axplat_put_text(ax->f, v->text);
		fputs(v->next ? ", " : "", ax->f);
	}
	fprintf(ax->f, "] # %s\n", key);
}

/* NAME=value of arceos_args; empty when absent. */
static struct str argument(const struct axbuild *ax, const char *name)
{
	const struct toml *list = toml_get(ax->root, "arceos_args");
	size_t n = strlen(name);

	for (const struct toml *v = list ? list->child : NULL; v; v = v->next)
		if (v->type == TOML_STRING && str_starts(v->text, name) && v->text.n > n &&
		    v->text.p[n] == '=')
			return (struct str){ v->text.p + n + 1, v->text.n - n - 1 };
	return (struct str){ "", 0 };
}

static void put_log(struct axbuild *ax)
{
	static const char *const levels[] = { "error", "warn", "info", "debug", "trace" };
	struct str log = text_of(ax, "log").n ? text_of(ax, "log") : argument(ax, "LOG");

	for (u32 i = 0; log.n && i < array_size(levels); i++) {
		if (log.n != strlen(levels[i]) || strncasecmp(log.p, levels[i], log.n) != 0)
			continue;
		/* Ours has no level below debug. */
		fprintf(ax->f, "log = \"%s\"\n", levels[MIN(i, 3u)]);
		return;
	}
}

/* "8g" as the emulator's -m is the same there and here. */
static void put_word(struct axbuild *ax, const char *ours, struct str s)
{
	if (!s.n)
		return;
	fprintf(ax->f, "%s = ", ours);
	axplat_put_text(ax->f, s);
	fputc('\n', ax->f);
}

/* The words of QEMU_ARGS, as a shell divides them but for quotes. */
static void put_arguments(struct axbuild *ax)
{
	struct str s = argument(ax, "QEMU_ARGS");
	const char *sep = "";

	while (s.n && (*s.p == '"' || *s.p == '\''))
		s = (struct str){ s.p + 1, s.n - 2 };
	if (!s.n)
		return;
	fputs("arguments = [", ax->f);
	for (size_t i = 0, n; i < s.n; i += n + 1) {
		for (n = 0; i + n < s.n && s.p[i + n] != ' ';)
			n++;
		if (!n)
			continue;
		fputs(sep, ax->f);
		axplat_put_text(ax->f, (struct str){ s.p + i, n });
		sep = ", ";
	}
	fputs("] # QEMU_ARGS\n", ax->f);
}

static void put_smp(struct axbuild *ax)
{
	const struct toml *smp = toml_get(ax->root, "smp");
	u64 n;

	if (smp && axplat_number(smp, &n))
		fprintf(ax->f, "smp = \"%llu\"\n", (unsigned long long)n);
	else
		put_word(ax, "smp", argument(ax, "SMP"));
}

/* What has no meaning here, so that nobody misses it unseen. */
static void put_rest(struct axbuild *ax)
{
	static const char *const known[] = { "plat", "arch", "target", "vmconfigs", "vm_configs",
					     "log",  "smp",  "to_bin", "package" };

	for (const struct toml *v = ax->root->child; v; v = v->next) {
		bool is_known = false;

		for (u32 i = 0; i < array_size(known); i++)
			is_known |= str_eq_c(v->key, known[i]);
		if (is_known)
			continue;
		fprintf(ax->f, "# %.*s", STR_ARG(v->key));
		for (const struct toml *e = v->type == TOML_ARRAY ? v->child : NULL; e; e = e->next)
			fprintf(ax->f, "%s %s", e == v->child ? ":" : ",", show_text(e->text).s);
		fputs("\n", ax->f);
	}
}

static void put_build(struct axbuild *ax)
{
	fprintf(ax->f,
		"# From AxVisor's %s, by `trivet convert`. Put it beside the Makefile as "
		".trivet.toml.\n\n",
		ax->file);
	put_platform(ax);
	put_strings(ax, "vms", toml_get(ax->root, "vmconfigs") ? "vmconfigs" : "vm_configs");
	put_log(ax);
	fputs("\n[emulator]\n", ax->f);
	put_smp(ax);
	put_word(ax, "mem", argument(ax, "MEM"));
	put_arguments(ax);
	fputs("\n# What has no meaning here, or is what we do anyway:\n", ax->f);
	put_rest(ax);
}

static bool is(const char *file, struct span text)
{
	const struct toml *root = axplat_look(file, text);
	const struct toml *plat = toml_get(root, "plat");

	return (plat && plat->type == TOML_STRING) || toml_get(root, "vmconfigs") ||
	       toml_get(root, "arceos_args") ||
	       (toml_get(root, "target") &&
		(toml_get(root, "vm_configs") || toml_get(root, "features") ||
		 toml_get(root, "cargo_args")));
}

static void put(const struct axplat_job *job)
{
	struct axbuild ax = { .file = job->file, .root = job->root, .d = job->d, .f = job->f };

	put_build(&ax);
}

static enum tool_exit run(const struct tool_options *o, const char *file, struct span text)
{
	struct axplat_job job = { .o = o, .file = file };

	return axplat_run(&job, text, put, NULL);
}

const struct convert_foreign foreign_axbuild = {
	.what = "AxVisor build configuration",
	.is = is,
	.run = run,
};
