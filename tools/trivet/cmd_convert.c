/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet convert: the same board in another language. What was written is read again and compared
 * before anybody gets it, so a board that would come out otherwise is our mistake, and is told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "axplat.h"
#include <base/bits.h>

#include "convert.h"
#include "trivet.h"
#include "writer.h"

#define CONVERT_ARENA MIB(64)

static const struct dialect *const dialects[] = { &dialect_toml, &dialect_qvmconf,
						  &dialect_camkes };

/* Ended by NULL. */
static const struct convert_foreign *const foreign[] = { &foreign_axplat, &foreign_axbuild, NULL };

struct convert {
	struct tool_options o;
	struct tool_set set;
	const struct dialect *to;
	bool lossy;
	bool into_folder;
	struct arena arena;
	const struct convert_foreign *foreign;
};

static const struct dialect *find_dialect(const char *name)
{
	for (u32 i = 0; name && i < array_size(dialects); i++) {
		if (strcmp(name, dialects[i]->name) == 0)
			return dialects[i];
	}
	return NULL;
}

static const struct config_lang *language_of(const struct dialect *to)
{
	for (u32 i = 0; config_langs[i]; i++) {
		if (strcmp(config_langs[i]->name, to->lang) == 0)
			return config_langs[i];
	}
	return NULL;
}

static void keep_quiet(struct diag *d, enum diag_level level, const struct src_pos *at,
		       const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	(void)text;
}

static struct vd_dev *copy_devs(const struct vmdesc *vd)
{
	struct vd_dev *v = tool_alloc((vd->devs.cap + 1) * sizeof(*v));

	if (vd->devs.n)
		memcpy(v, vd->devs.v, vd->devs.n * sizeof(*v));
	return v;
}

static const struct vd_dev *default_of(const struct vmdesc *vd, struct str class)
{
	for (u32 i = 0; i < vd->devs.n; i++) {
		if (vd->devs.v[i].is_default && str_eq(vd->devs.v[i].class, class))
			return &vd->devs.v[i];
	}
	return NULL;
}

/*
 * Devices of the usual board where hardware makes them move or go, which they would not once they are
 * written out.
 */
static void settle(struct convert *c, struct vmdesc *vd)
{
	const struct tool_machine *m = &c->set.machine;
	struct diag quiet = { .emit = keep_quiet };
	struct vmdesc probe = *vd;
	struct vd_pass *passes = tool_alloc((vd->passes.cap + 1) * sizeof(*passes));
	u32 n = 0;

	if (!vd->passes.n && !vd->pass_paths.n)
		return;
	if (vd->passes.n)
		memcpy(passes, vd->passes.v, vd->passes.n * sizeof(*passes));
	probe.passes.v = passes;
	probe.devs.v = copy_devs(vd);
	(void)!vmdesc_resolve_passes(&probe, &m->hd, m->fdt, &c->arena, &quiet);
	for (u32 i = 0; i < vd->devs.n; i++) {
		const struct vd_dev *d = &vd->devs.v[i];
		const struct vd_dev *now = d->is_default ? default_of(&probe, d->class) : d;

		if (now)
			vd->devs.v[n++] = *now;
		else if (is_console(d))
			vd->absent |= (u32)BIT(VD_PART_CONSOLE);
	}
	vd->devs.n = n;
}

/*
 * What one language takes for granted another does not: between languages the whole board is
 * written. Within one, what the file left out stays out.
 */
static enum status complete(struct convert *c, struct vmdesc *vd)
{
	const char *intc = c->set.machine.hd.guest_intc;

	if (vd->lang && strcmp(vd->lang, c->to->lang) == 0)
		return OK;
	if (vmdesc_add_default_board(vd, &c->arena) != OK)
		return E_NOMEM;
	/* An older one that nobody asked for is only there where the machine has no other. */
	if (intc && strcmp(intc, vmdesc_board.intc.class) == 0)
		vmdesc_use_intc(vd, intc);
	settle(c, vd);
	return vmdesc_place_devices(vd, &c->set.report.d);
}

/* ---- reading it again ------------------------------------------------------------------------ */

static void complain_of(struct diag *d, enum diag_level level, const struct src_pos *at,
			const char *text)
{
	(void)d;
	if (level == DIAG_ERROR)
		tool_complain("in what was written, line %u: %s", at->line, text);
}

/* As it will be when it is built. */
static bool make_whole(struct convert *c, struct vmdesc *vd)
{
	struct diag quiet = { .emit = keep_quiet };

	return vmdesc_add_default_board(vd, &c->arena) == OK &&
	       vmdesc_place_devices(vd, &quiet) == OK;
}

static bool is_same(struct convert *c, const struct vmdesc *was, struct vmdesc *is)
{
	char *a, *b;
	bool same;

	if (!make_whole(c, is))
		return false;
	if (!is->id)
		is->id = was->id;
	a = model_text(was);
	b = model_text(is);
	same = strcmp(a, b) == 0;
	if (!same)
		fprintf(stderr, "--- %s\n%s+++ converted\n%s", was->file, a, b);
	free(a);
	free(b);
	return same;
}

static bool proves(struct convert *c, const struct vmdesc *const *vms, u32 n, struct span text)
{
	struct diag d = { .emit = complain_of };
	struct vmdesc *is;
	u32 i = 0;

	if (config_parse_file(language_of(c->to), text, "written", &c->arena, &d, &is) != OK)
		return false;
	for (; is && i < n; is = is->next, i++) {
		struct vmdesc was = *vms[i];

		/* Its devices may get a place, which is not to be seen outside. */
		was.devs.v = copy_devs(&was);
		if (!make_whole(c, &was) || !is_same(c, &was, is))
			return false;
	}
	return !is && i == n;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* "folder/linux.toml": named as the file was, or as the VM where a file holds several. */
static char *path_of(struct convert *c, const struct vmdesc *vd, bool by_name)
{
	const char *slash = strrchr(vd->file, '/');
	const char *base = slash ? slash + 1 : vd->file;
	const char *dot = strrchr(base, '.');
	size_t n = strlen(c->o.output);
	bool has_slash = n && c->o.output[n - 1] == '/';
	int stem = by_name ? (int)vd->name.n : dot ? (int)(dot - base) : (int)strlen(base);
	size_t size = n + (size_t)stem + strlen(c->to->suffix) + 2;
	char *path = tool_alloc(size);

	snprintf(path, size, "%s%s%.*s%s", c->o.output, has_slash ? "" : "/", stem,
		 by_name ? vd->name.p : base, c->to->suffix);
	return path;
}

static bool put_file(struct convert *c, const char *path, const char *text, size_t len)
{
	struct tool_options to = c->o;
	FILE *f;

	to.output = path;
	f = tool_output_open(&to, "w");
	if (!f)
		return false;
	fwrite(text, 1, len, f);
	return tool_output_close(&to, f);
}

/* A board that check refuses may be one that the other language has no words for. */
static bool are_sound(struct convert *c, const struct vmdesc *const *vms, u32 n)
{
	struct diag quiet = { .emit = keep_quiet };

	for (u32 i = 0; i < n; i++) {
		struct vmdesc whole = *vms[i];

		whole.devs.v = copy_devs(&whole);
		if (!make_whole(c, &whole) ||
		    vmdesc_validate(&whole, &c->set.machine.target, &quiet) != OK)
			return false;
	}
	return true;
}

static bool convert_some(struct convert *c, const struct vmdesc *const *vms, u32 n,
			 const char *path)
{
	u32 errors = c->set.report.d.n_errors;
	struct writer w;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	bool ok;

	writer_begin(&w, c->to, f, &c->set.report.d, c->lossy);
	c->to->write(&w, vms, n);
	writer_end(&w);
	fclose(f);
	ok = c->set.report.d.n_errors == errors;
	if (ok && !w.n_lost && !proves(c, vms, n, span_of(text, len))) {
		tool_complain("%s: comes out as another board: %s", vms[0]->file,
			      are_sound(c, vms, n) ? "a mistake of ours" :
						     "it has mistakes, `trivet check` says which");
		ok = false;
	}
	ok = ok && put_file(c, path, text, len);
	free(text);
	return ok;
}

static bool is_taken(char *const *paths, u32 n, const char *path)
{
	for (u32 i = 0; i < n; i++) {
		if (strcmp(paths[i], path) == 0)
			return true;
	}
	return false;
}

/* A file for each VM, all of them in the folder: a name that leads out of it is no file's. */
static bool find_paths(struct convert *c, char **paths)
{
	struct vmdesc *const *vms = c->set.vms;

	for (u32 i = 0; i < c->set.n; i++) {
		bool alone = !vms[i]->next && !(i && vms[i - 1]->next == vms[i]);
		struct str name = vms[i]->name;

		if (!alone && (!name.n || memchr(name.p, '/', name.n))) {
			tool_complain("%s: no file can have the name of %s", vms[i]->file,
				      vmdesc_label(vms[i]).s);
			return false;
		}
		paths[i] = path_of(c, vms[i], !alone);
		if (is_taken(paths, i, paths[i])) {
			tool_complain("%s: two VMs would both be there", paths[i]);
			return false;
		}
	}
	return true;
}

/* VMs of one file stand together in the set. */
static bool convert_all(struct convert *c)
{
	struct tool_set *set = &c->set;
	const struct vmdesc *const *vms = (const struct vmdesc *const *)set->vms;
	char **paths = tool_alloc(set->n * sizeof(*paths));
	bool ok = true;

	if (c->to->several && !c->into_folder)
		return convert_some(c, vms, set->n, c->o.output);
	if (c->into_folder && !find_paths(c, paths))
		return false;
	for (u32 i = 0; i < set->n; i++)
		ok = convert_some(c, vms + i, 1, c->into_folder ? paths[i] : c->o.output) && ok;
	return ok;
}

static bool is_folder(const char *path)
{
	struct stat st;
	size_t n = path ? strlen(path) : 0;

	if (n && path[n - 1] == '/')
		return mkdir(path, 0777) == 0 || errno == EEXIST;
	return n && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* What kind of foreign file it is; NULL: a description of VMs, or no file. */
static const struct convert_foreign *find_foreign(const char *file)
{
	struct span text = foreign[0] ? tool_read_file(file) : (struct span){ 0 };

	for (u32 i = 0; text.p && foreign[i]; i++) {
		if (foreign[i]->is(file, text))
			return foreign[i];
	}
	return NULL;
}

static bool read_words(struct convert *c, int argc, char **argv)
{
	const char *to = NULL, *lossy = NULL;
	const struct tool_own_option own[] = {
		{ "--to", true, &to },
		{ "--lossy", false, &lossy },
		{ 0 },
	};

	if (!tool_options_read(&c->o, argc, argv, own))
		return false;
	if (!c->o.n_files) {
		tool_complain("convert: which file?");
		return false;
	}
	c->to = find_dialect(to);
	c->lossy = lossy;
	c->into_folder = is_folder(c->o.output);
	c->foreign = find_foreign(c->o.files[0]);
	if (c->foreign && c->o.n_files == 1)
		return true;
	if (!c->to)
		tool_complain("convert: --to %s: toml, qvmconf or camkes", to ? to : "what?");
	return c->to;
}

static int run(int argc, char **argv)
{
	struct convert c = { 0 };
	bool ok = true;

	if (!read_words(&c, argc, argv))
		return TOOL_USAGE;
	if (c.foreign)
		return (int)c.foreign->run(&c.o, c.o.files[0], tool_read_file(c.o.files[0]));
	arena_init(&c.arena, tool_alloc(CONVERT_ARENA), CONVERT_ARENA);
	if (tool_load(&c.o, TOOL_PARSE, &c.set) != OK || c.set.report.d.n_errors)
		ok = false;
	if (ok && c.set.n > 1 && !c.to->several && !c.into_folder) {
		tool_complain("convert: %u VMs, and a file of this language holds one: -o FOLDER/",
			      c.set.n);
		return TOOL_USAGE;
	}
	for (u32 i = 0; ok && i < c.set.n; i++)
		ok = complete(&c, c.set.vms[i]) == OK;
	ok = ok && convert_all(&c);
	tool_report_end(&c.set.report);
	return ok ? TOOL_OK : TOOL_ERRORS;
}

const struct command cmd_convert = {
	.name = "convert",
	.synopsis = "convert FILE... --to toml|qvmconf|camkes [--lossy] [-o OUT|FOLDER/]",
	.help = "write VM descriptions in another language",
	.options = "  --to LANG                 toml, qvmconf or camkes\n"
		   "  --lossy                   what the language cannot say becomes a comment\n"
		   "  -o OUT|FOLDER/            a folder gets a file for each VM\n",
	.run = run,
};
