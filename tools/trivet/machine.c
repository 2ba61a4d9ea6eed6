/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine that descriptions are checked against: what its device tree says, completed by its
 * platform file, and the device classes that the hypervisor is built with.
 */
#include <string.h>

#include <port/vdev.h>

#include "facts.h"
#include "places.h"
#include "trivet.h"

#define MACHINE_ARENA	MIB(8)
#define HYPERVISOR_SIZE MIB(2)

extern const struct vdev_class *const vdev_classes[];

static void add_classes(struct vd_target *t)
{
	struct vd_class_info *infos;
	u32 n = 0;

	while (vdev_classes[n])
		n++;
	infos = tool_alloc(n * sizeof(*infos));
	for (u32 i = 0; i < n; i++)
		infos[i] = vdev_classes[i]->info;
	t->classes = infos;
	t->n_classes = n;
}

static enum status read_tree(const char *path, struct tool_machine *m, struct diag *d)
{
	struct span blob = tool_read_source(path, d);
	struct src_pos at = { .file = path };
	const char *why = NULL;

	if (!blob.p)
		return E_IO;
	if (hostdesc_from_fdt(blob, &m->arena, &m->hd, &why) != OK) {
		diag_report(d, DIAG_ERROR, at, "is no device tree of a machine: %s",
			    why ? why : "too large");
		diag_report(d, DIAG_FIX, at,
			    "give a compiled tree (.dtb), such as that of `make tree`");
		return E_INVAL;
	}
	m->fdt = blob;
	m->tree = path;
	return OK;
}

/* ---- the platform ----------------------------------------------------------------------------- */

/* Without a platform file, as when only the program was copied: QEMU's machine as `make run` has it. */
static const struct facts default_facts = {
	.cpu = { 0, 1, 2, 3 },
	.n_cpus = 4,
	.memory = GIB(2),
	.isa = "aarch64",
};

#define DEFAULT_PLATFORM "aarch64-qemu-virt"

static bool is_path(const char *word)
{
	return strchr(word, '/') || str_ends(str_of(word), ".toml");
}

/* What `make defconfig` has chosen in this folder; that the rest of it is right is make's business. */
static const char *configured_platform(struct arena *a)
{
	struct diag quiet = { 0 };
	const char *why;
	struct span text = tool_read_quietly(".trivet.toml", &why);
	const struct toml *v;
	struct toml *root;

	if (!text.p || toml_parse(text, ".trivet.toml", a, &quiet, &root) != OK)
		return NULL;
	v = toml_get(root, "platform");
	return v && v->type == TOML_STRING ? v->text.p : NULL;
}

/* *path NULL and OK: none was asked for and there is none. */
static enum status find_platform(const struct tool_options *o, struct arena *a, const char **path,
				 struct diag *d)
{
	const char *wish = o->platform ? o->platform : configured_platform(a);
	const char *name = wish ? wish : DEFAULT_PLATFORM;
	const char *have;

	*path = is_path(name) ? name : place_platform(name);
	if (*path || !wish)
		return OK;
	have = place_platforms();
	diag_report(d, DIAG_ERROR, (struct src_pos){ 0 },
		    "--platform %s: there is no such platform", name);
	diag_report(d, DIAG_FIX, (struct src_pos){ 0 }, "write the path of a platform file%s%s",
		    have ? ", or one of " : "", have ? have : "");
	return E_NOTFOUND;
}

/* "…/aarch64-qemu-virt.toml" has its tree as aarch64-qemu-virt.dtb. */
static const char *find_tree(const char *platform, const struct facts *f)
{
	const char *name = platform ? strrchr(platform, '/') : NULL;
	size_t n;

	if (f->tree.n && (f->tree.p[0] == '/' || !platform))
		return f->tree.p;
	if (f->tree.n)
		return tool_format("%s/%s", tool_folder_of(platform), f->tree.p);
	name = !platform ? DEFAULT_PLATFORM : name ? name + 1 : platform;
	n = strlen(name);
	if (str_ends(str_of(name), ".toml"))
		n -= strlen(".toml");
	return place_tree(tool_format("%.*s", (int)n, name));
}

/* What the tree has not told, or not rightly. */
static void add_facts(struct tool_machine *m, const struct facts *f)
{
	u64 total = 0;

	if (!m->hd.n_cpus || f->said & FACT_CPUS) {
		for (u32 i = 0; i < f->n_cpus; i++)
			m->hd.cpu_hw_id[i] = f->cpu[i];
		m->hd.n_cpus = m->hd.n_cpus_found = f->n_cpus;
	}
	hostdesc_apply_window(&m->hd);
	for (u32 i = 0; i < m->hd.n_mem; i++)
		total += m->hd.mem[i].len;
	m->memory = total && !(f->said & FACT_MEMORY) ? total : f->memory;
}

/*
 * Lines of the interrupt controller: every one has 256 for its guests, and as many as a device of
 * the machine uses.
 */
static u32 count_lines(const struct hostdesc *hd)
{
	u32 n = 256;

	for (u32 i = 0; i < hd->n_devs; i++) {
		for (u32 k = 0; k < hd->devs[i].n_irq; k++)
			n = MAX(n, (hd->devs[i].irq[k].line | 31) + 1);
	}
	return n;
}

static void find_target(struct tool_machine *m, const struct facts *f)
{
	m->target.isa = f->isa;
	m->target.gpa_limit = UINT64_C(1) << 40;
	m->target.n_lines = f->n_lines || !m->fdt.n ? f->n_lines : count_lines(&m->hd);
	m->target.n_cpus = m->hd.n_cpus;
	m->target.cpu_hw_id = m->hd.cpu_hw_id;
	m->target.free_ram = m->memory > HYPERVISOR_SIZE ? m->memory - HYPERVISOR_SIZE : 0;
	add_classes(&m->target);
}

enum status tool_machine_open(const struct tool_options *o, struct tool_machine *m, struct diag *d)
{
	struct facts f = default_facts;
	struct span text = { NULL, 0 };
	enum status st;

	*m = (struct tool_machine){ 0 };
	arena_init(&m->arena, tool_alloc(MACHINE_ARENA), MACHINE_ARENA);
	TRY(find_platform(o, &m->arena, &m->platform, d));
	if (m->platform) {
		text = tool_read_source(m->platform, d);
		if (!text.p)
			return E_IO;
		facts_read(text, m->platform, &m->arena, &f, d);
	}
	m->tree = o->tree ? o->tree : find_tree(m->platform, &f);
	if (m->tree)
		TRY(read_tree(m->tree, m, d));
	st = text.p ? hostdesc_apply_platform(text, m->platform, &m->arena, &m->hd, d) : OK;
	add_facts(m, &f);
	find_target(m, &f);
	return st;
}
