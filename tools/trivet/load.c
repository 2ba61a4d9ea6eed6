/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files into descriptions, by the same steps as the hypervisor's core/guests.c. What a file takes
 * of memory is what stays of the arena's pages; the rest is the next one's.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "images.h"
#include "cpp.h"
#include "places.h"
#include "trivet.h"

#define FILE_ARENA_MIB 40
#define FILE_ARENA     MIB(FILE_ARENA_MIB)
#define POOL	       GIB(1)

/* ---- memory ----------------------------------------------------------------------------------- */

/* FILE_ARENA bytes of address space behind all that files have kept so far. */
static void open_arena(struct arena *a, struct arena *pool)
{
	if (pool->size - pool->used < FILE_ARENA) {
		void *p = mmap(NULL, POOL, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		arena_init(pool, p == MAP_FAILED ? tool_alloc(FILE_ARENA) : p,
			   p == MAP_FAILED ? FILE_ARENA : POOL);
	}
	arena_init(a, pool->base + pool->used, FILE_ARENA);
}

static void close_arena(const struct arena *a, struct arena *pool)
{
	pool->used += (a->used + 15) & ~(size_t)15;
}

/* ---- one description -------------------------------------------------------------------------- */

static void add_vm(struct tool_set *set, struct vmdesc *vd, bool refused)
{
	if (set->n == set->cap) {
		set->cap = set->cap ? 2 * set->cap : 16;
		set->vms = realloc(set->vms, set->cap * sizeof(struct vmdesc *));
		set->refused = realloc(set->refused, set->cap * sizeof(bool));
		set->fits = realloc(set->fits, set->cap * sizeof(struct image_fit));
		if (!set->vms || !set->refused || !set->fits) {
			tool_complain("out of memory");
			exit(TOOL_ERRORS);
		}
	}
	set->vms[set->n] = vd;
	set->fits[set->n] = (struct image_fit){ 0 };
	set->refused[set->n++] = refused;
}

/* Nodes cannot be looked for where there is no tree: they are not checked, and not refused. */
static enum status complete(struct tool_set *set, struct vmdesc *vd, struct arena *a)
{
	struct config_machine m = { &set->machine.hd, set->machine.fdt, &set->machine.target };
	u32 n_paths = vd->pass_paths.n;
	enum status st;

	if (!m.fdt.n)
		vd->pass_paths.n = 0;
	st = config_complete(vd, &m, a, &set->report.d);
	vd->pass_paths.n = n_paths;
	return st;
}

/* The same as core/guests.c: of a VM that is refused it is at least said which images are missing. */
static void fit_images(struct tool_set *set, u32 i, struct arena *a)
{
	const struct tool_options *o = set->report.o;
	struct vmdesc *vd = set->vms[i];

	if (set->refused[i])
		images_say_missing(o, vd, &set->report.d);
	else if (images_fit(o, vd, a, &set->fits[i], &set->report.d) != OK)
		set->refused[i] = true;
	if (set->refused[i])
		set->fits[i].n = 0;
}

static struct src_pos start_of(const struct config_part *parts)
{
	return (struct src_pos){ .file = parts->file };
}

void tool_load_parts(struct tool_set *set, const struct config_lang *lang,
		     const struct config_part *parts, u32 n_parts, enum tool_depth depth)
{
	struct config_env env;
	struct config_input in = { parts, n_parts, &env };
	struct vmdesc *vd = NULL;
	struct arena a;
	enum status st;

	struct config_part preprocessed;

	if (n_parts && strcmp(lang->name, "camkes") == 0) {
		cpp_begin(parts->file);
		if (!cpp_read(set->report.o, parts->file, &set->report.d, &preprocessed))
			return;
		in.part = parts = &preprocessed;
		in.n_parts = 1;
	}
	set->reading = parts->file;
	tool_env(set, &env);
	open_arena(&a, &set->pool);
	st = lang->parse(&in, &a, &set->report.d, &vd);
	if (st == E_NOMEM)
		diag_report(&set->report.d, DIAG_ERROR, start_of(parts),
			    "is too large to be understood in %d MiB", FILE_ARENA_MIB);
	for (; vd; vd = vd->next) {
		enum status done = depth == TOOL_PARSE ? OK : complete(set, vd, &a);

		if (done == E_NOMEM)
			diag_report(&set->report.d, DIAG_ERROR, start_of(parts),
				    "has too much in it for %d MiB", FILE_ARENA_MIB);
		add_vm(set, vd, st != OK || done != OK);
		if (depth == TOOL_IMAGES && !set->report.o->no_images)
			fit_images(set, set->n - 1, &a);
	}
	close_arena(&a, &set->pool);
}

/* ---- one file --------------------------------------------------------------------------------- */

static const char *list_langs(bool suffixes)
{
	const char *list = "";

	for (u32 i = 0; config_langs[i]; i++)
		list = tool_format("%s%s%s", list, *list ? ", " : "",
				   suffixes ? config_langs[i]->suffix : config_langs[i]->name);
	return list;
}

static const struct config_lang *lang_by_name(const char *name)
{
	for (u32 i = 0; config_langs[i]; i++) {
		if (strcmp(config_langs[i]->name, name) == 0)
			return config_langs[i];
	}
	return NULL;
}

const struct config_lang *tool_lang_of(const struct tool_options *o, const char *file,
				       struct diag *d)
{
	const struct config_lang *lang = o->lang ? lang_by_name(o->lang) : config_detect(file);
	struct src_pos at = { .file = file };

	if (lang)
		return lang;
	if (o->lang) {
		diag_report(d, DIAG_ERROR, (struct src_pos){ 0 },
			    "--lang %s: no such language; known are %s", o->lang,
			    list_langs(false));
		return NULL;
	}
	diag_report(d, DIAG_ERROR, at, "no language has this suffix; known are %s",
		    list_langs(true));
	diag_report(d, DIAG_FIX, at, "name the file so, or say --lang and one of %s",
		    list_langs(false));
	return NULL;
}

/* A kernel instead of a description would be a thousand mistakes: one is enough. */
static bool is_text(const struct config_part *part, struct diag *d)
{
	const u8 *zero = memchr(part->text.p, 0, part->text.n);
	struct src_pos at = { .file = part->file, .line = 1, .col = 1 };

	if (!zero)
		return true;
	for (const u8 *p = part->text.p; p < zero; p++) {
		at.line += *p == '\n';
		at.col = *p == '\n' ? 1 : at.col + 1;
	}
	diag_report(d, DIAG_ERROR, at, "is no text: has a zero byte here");
	return false;
}

/* Files that the hypervisor reads are bounded as it bounds them; others go there packed. */
static bool is_small(const struct config_part *part, const struct config_lang *lang, struct diag *d)
{
	bool at_desk = strcmp(lang->name, "camkes") == 0;

	if (part->text.n <= (at_desk ? MIB(1) : CONFIG_FILE_MAX))
		return true;
	diag_report(d, DIAG_ERROR, start_of(part), "cannot be read: more than %s is not a VM file",
		    at_desk ? "1 MiB" : "64 KiB");
	return false;
}

static bool is_sound(const struct config_part *part, const struct config_lang *lang, struct diag *d)
{
	return is_small(part, lang, d) && (strcmp(lang->name, "packed") == 0 || is_text(part, d));
}

bool tool_read_part(struct tool_set *set, const struct config_lang *lang, const char *file,
		    struct config_part *part)
{
	struct diag *d = &set->report.d;

	*part = (struct config_part){ .file = file, .text = tool_read_source(file, d) };
	return part->text.p && is_sound(part, lang, d);
}

/* That it is a folder, or not there, says more than what it is called: the language comes second. */
static void load_file(struct tool_set *set, const char *file, enum tool_depth depth)
{
	struct diag *d = &set->report.d;
	struct config_part part = { .file = file, .text = tool_read_source(file, d) };
	const struct config_lang *lang = part.text.p ? tool_lang_of(set->report.o, file, d) : NULL;

	if (lang && is_sound(&part, lang, d))
		tool_load_parts(set, lang, &part, 1, depth);
}

/* ---- the set ---------------------------------------------------------------------------------- */

static void add_word(char **list, const char *word)
{
	*list = tool_format("%s%s%s", *list, **list ? " and " : "", word);
}

/* What was left out because of what is not known of the machine. Once, and only when asked for. */
static void say_unchecked(struct tool_set *set)
{
	const struct tool_machine *m = &set->machine;
	bool tree = false, cpus = false;
	char *what = tool_format("%s", "");

	for (u32 i = 0; i < set->n; i++) {
		const struct vmdesc *vd = set->vms[i];

		tree |= vd->pass_paths.n || vd->passes.n;
		for (u32 k = 0; k < vd->vcpus.n; k++)
			cpus |= vd->vcpus.v[k].has_host_hw_id || vd->vcpus.v[k].cpu_mask;
	}
	tree &= !m->fdt.n;
	cpus &= !m->hd.n_cpus;
	if (tree)
		add_word(&what, "devices");
	if (cpus)
		add_word(&what, "CPUs");
	if (!m->memory)
		add_word(&what, "memory");
	if (*what)
		tool_report_remark(&set->report,
				   tool_format("not checked: %s of the machine, because it is not "
					       "known; give --tree FILE (`make tree` makes one)",
					       what));
}

enum status tool_set_begin(const struct tool_options *o, struct tool_set *set)
{
	*set = (struct tool_set){ 0 };
	tool_report_init(&set->report, o);
	return tool_machine_open(o, &set->machine, &set->report.d);
}

void tool_set_end(struct tool_set *set, enum tool_depth depth)
{
	const struct vd_set all = { (const struct vmdesc *const *)set->vms, set->n,
				    &set->machine.target };
	struct arena scratch;

	vmdesc_number(set->vms, set->n);
	if (depth == TOOL_PARSE)
		return;
	open_arena(&scratch, &set->pool);
	(void)!vmdesc_validate_set(&all, set->refused, &scratch, &set->report.d);
	say_unchecked(set);
}

enum status tool_load(const struct tool_options *o, enum tool_depth depth, struct tool_set *set)
{
	TRY(tool_set_begin(o, set));
	if (!images_check_places(o, &set->report.d))
		return E_INVAL;
	for (u32 i = 0; i < o->n_files; i++)
		load_file(set, o->files[i], depth);
	tool_set_end(set, depth);
	return set->n ? OK : E_INVAL;
}
