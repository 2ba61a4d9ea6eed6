/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passed-through hardware of [devices] into the description, as it was asked for: windows with
 * both addresses, paths of nodes. What they mean on this machine is decided by
 * vmdesc_resolve_passes().
 */
#include "axvisor_priv.h"

enum {
	PASS_NAME,
	PASS_GPA,
	PASS_HPA,
	PASS_LENGTH,
	PASS_IRQ
};

enum {
	ADDRESS_GPA,
	ADDRESS_LENGTH
};

static bool is_path(struct axvisor *ax, enum vd_field f, const struct toml *v)
{
	if (v->type == TOML_STRING && v->text.n && *v->text.p == '/')
		return true;
	axvisor_error(ax, f, v, "expected the path of a node of the host's device tree");
	axvisor_fix(
		ax, v->at,
		f == VD_F_PASSTHROUGH_DEVICES ?
			"write [\"/soc/uart@0\"], or [name, base_gpa, base_hpa, length, irq_id]" :
			"write [\"/soc/uart@0\"]: a path begins with /");
	return false;
}

static enum status add_window(struct axvisor *ax, const struct toml *row, struct str name,
			      struct vd_pass_window w, s64 irq)
{
	struct vd_pass *p = vmdesc_add_pass(ax->vd, ax->arena, row->at);

	if (!p)
		return E_NOMEM;
	p->name = name;
	p->win[p->n_win++] = w;
	if (irq)
		p->irq[p->n_irq++].host = (u32)MIN(irq, (s64)UINT32_MAX);
	return OK;
}

/* A row of one element is a path; the columns of a window belong together. */
static enum status read_device(struct axvisor *ax, const struct toml *row)
{
	const enum vd_field f = VD_F_PASSTHROUGH_DEVICES;
	const struct toml *cell[VD_MAX_COLUMNS];
	struct vd_path *path;

	if (!axvisor_row(ax, f, row, cell))
		return OK;
	if (!cell[PASS_GPA] && !cell[PASS_HPA] && !cell[PASS_LENGTH] && !cell[PASS_IRQ]) {
		if (!is_path(ax, f, cell[PASS_NAME]))
			return OK;
		path = vmdesc_add_pass_path(ax->vd, ax->arena, cell[PASS_NAME]->at);
		if (!path)
			return E_NOMEM;
		path->path = cell[PASS_NAME]->text;
		return OK;
	}
	if (!cell[PASS_GPA] || !cell[PASS_HPA] || !cell[PASS_LENGTH]) {
		axvisor_error(ax, f, row, "a window needs base_gpa, base_hpa and length");
		axvisor_fix(ax, row->at, "write [name, base_gpa, base_hpa, length, irq_id]");
		return OK;
	}
	return add_window(ax, row, cell[PASS_NAME]->text,
			  (struct vd_pass_window){
				  .gpa = GPA((u64)cell[PASS_GPA]->integer),
				  .hpa = HPA((u64)cell[PASS_HPA]->integer),
				  .size = (u64)cell[PASS_LENGTH]->integer,
			  },
			  cell[PASS_IRQ] ? cell[PASS_IRQ]->integer : 0);
}

static enum status read_address(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];

	if (!axvisor_row(ax, VD_F_PASSTHROUGH_ADDRESSES, row, cell))
		return OK;
	return add_window(ax, row, (struct str){ "", 0 },
			  (struct vd_pass_window){
				  .gpa = GPA((u64)cell[ADDRESS_GPA]->integer),
				  .hpa = HPA((u64)cell[ADDRESS_GPA]->integer),
				  .size = (u64)cell[ADDRESS_LENGTH]->integer,
			  },
			  0);
}

/* A row of paths; a path alone is taken for a row of one. */
static enum status read_excluded(struct axvisor *ax, const struct toml *row)
{
	bool list = row->type == TOML_ARRAY;

	for (const struct toml *v = list ? row->child : row; v; v = list ? v->next : NULL) {
		struct vd_path *path;

		if (!is_path(ax, VD_F_EXCLUDED_DEVICES, v))
			continue;
		path = vmdesc_add_pass_except(ax->vd, ax->arena, v->at);
		if (!path)
			return E_NOMEM;
		path->path = v->text;
	}
	return OK;
}

enum status axvisor_pass(struct axvisor *ax)
{
	static const struct axvisor_rows keys[] = {
		{ VD_F_PASSTHROUGH_DEVICES, read_device },
		{ VD_F_PASSTHROUGH_ADDRESSES, read_address },
		{ VD_F_EXCLUDED_DEVICES, read_excluded },
	};

	return axvisor_read_rows(ax, keys, array_size(keys));
}
