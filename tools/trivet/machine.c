/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine that descriptions are checked against: what its device tree says, completed by its
 * platform file, and the device classes that the hypervisor is built with.
 */
#include "trivet.h"

#include <port/vdev.h>

#define MACHINE_ARENA MIB(8)

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
	struct span blob = tool_read_file(path);
	struct src_pos at = { .file = path };
	const char *why = NULL;

	if (!blob.p)
		return E_IO;
	if (hostdesc_from_fdt(blob, &m->arena, &m->hd, &why) != OK) {
		diag_report(d, DIAG_ERROR, at, "is no device tree of a machine: %s",
			    why ? why : "too large");
		return E_INVAL;
	}
	m->fdt = blob;
	return OK;
}

enum status tool_machine_open(const struct tool_options *o, struct tool_machine *m, struct diag *d)
{
	enum status st = OK;

	*m = (struct tool_machine){ 0 };
	arena_init(&m->arena, tool_alloc(MACHINE_ARENA), MACHINE_ARENA);
	if (o->tree)
		st = read_tree(o->tree, m, d);
	if (st == OK && o->platform) {
		struct span text = tool_read_file(o->platform);

		st = text.p ? hostdesc_apply_platform(text, o->platform, &m->arena, &m->hd, d) :
			      E_IO;
	}
	m->target.gpa_limit = UINT64_C(1) << 40;
	m->target.n_cpus = m->hd.n_cpus;
	m->target.cpu_hw_id = m->hd.cpu_hw_id;
	add_classes(&m->target);
	return st;
}
