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

/* I/O ports in all. */
#define PORTS 0x10000

enum {
	ADDRESS_GPA,
	ADDRESS_LENGTH
};

static bool is_path(struct axvisor *ax, enum vd_field f, const struct toml *v)
{
	if (v->type == TOML_STRING && v->text.n && *v->text.p == '/')
		return true;
	axvisor_error(ax, f, v, "expected the path of a node of the host's device tree");
	axvisor_fix(ax, v->at, "write [\"/soc/uart@0\"]%s",
		    f == VD_F_PASSTHROUGH_DEVICES ?
			    COLD_TEXT(", or [name, base_gpa, base_hpa, length, irq_id]") :
			    COLD_TEXT(": a path begins with /"));
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

static enum status add_path(const struct toml *v, struct vd_path *path)
{
	if (!path)
		return E_NOMEM;
	path->path = v->text;
	return OK;
}

/* A row of one element is a path; the columns of a window belong together. */
static enum status read_device(struct axvisor *ax, const struct toml *row)
{
	const enum vd_field f = VD_F_PASSTHROUGH_DEVICES;
	const struct toml *cell[VD_MAX_COLUMNS];

	if (!axvisor_row(ax, f, row, cell))
		return OK;
	if (!cell[PASS_GPA] && !cell[PASS_HPA] && !cell[PASS_LENGTH] && !cell[PASS_IRQ]) {
		if (!is_path(ax, f, cell[PASS_NAME]))
			return OK;
		return add_path(cell[PASS_NAME],
				vmdesc_add_pass_path(ax->vd, ax->arena, cell[PASS_NAME]->at));
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
		if (is_path(ax, VD_F_EXCLUDED_DEVICES, v))
			TRY(add_path(v, vmdesc_add_pass_except(ax->vd, ax->arena, v->at)));
	}
	return OK;
}

/* ---- the later spellings ------------------------------------------------------------------ */

/* A node of its own, not the whole machine. */
static bool is_node(struct axvisor *ax, enum vd_field f, const struct toml *v)
{
	if (!is_path(ax, f, v))
		return false;
	if (v->text.n > 1)
		return true;
	axvisor_error(ax, f, v, "the whole machine is no node");
	axvisor_fix(
		ax, v->at, "%s",
		f == VD_F_PASSTHROUGH ?
			COLD_TEXT(
				"write the path of a node, or base.guest_type = \"passthrough\"") :
			COLD_TEXT("write the path of a node"));
	return false;
}

static enum status read_passthrough(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];

	if (!axvisor_row(ax, VD_F_PASSTHROUGH, row, cell) ||
	    !is_node(ax, VD_F_PASSTHROUGH, cell[0]))
		return OK;
	return add_path(cell[0], vmdesc_add_pass_path(ax->vd, ax->arena, cell[0]->at));
}

static enum status read_disabled(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];

	if (!axvisor_row(ax, VD_F_DISABLED, row, cell) || !is_node(ax, VD_F_DISABLED, cell[0]))
		return OK;
	for (u32 i = 0; i < ax->vd->pass_paths.n; i++) {
		const struct vd_path *p = &ax->vd->pass_paths.v[i];

		if (!str_eq(p->path, cell[0]->text))
			continue;
		axvisor_error(ax, VD_F_DISABLED, cell[0], "is passed through, too");
		diag_report(ax->diag, DIAG_NOTE, p->at, "by this path");
		axvisor_fix(ax, cell[0]->at, "remove it from one of the lists");
		return OK;
	}
	return add_path(cell[0], vmdesc_add_pass_except(ax->vd, ax->arena, cell[0]->at));
}

static enum status read_ports(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];
	bool sound;

	if (!axvisor_row(ax, VD_F_PASSTHROUGH_PORTS, row, cell))
		return OK;
	sound = cell[1]->integer && cell[0]->integer < PORTS &&
		cell[1]->integer <= PORTS - cell[0]->integer;
	axvisor_error(ax, VD_F_PASSTHROUGH_PORTS, row, "%s",
		      sound ? COLD_TEXT("only x86_64 has I/O ports") :
			      COLD_TEXT("no range of I/O ports"));
	axvisor_fix(ax, row->at, "%s",
		    sound ? COLD_TEXT("remove it, and give devices with register windows") :
			    COLD_TEXT("write [first port, how many], within 0x1_0000"));
	return OK;
}

/* Both keys say whether the guest begins with nothing or with the whole machine. */
static enum status read_whole_machine(struct axvisor *ax)
{
	u32 type = axvisor_word(ax, VD_F_GUEST_TYPE);
	u32 policy = axvisor_word(ax, VD_F_ADDRESS_SPACE_POLICY);
	bool typed = type != AXVISOR_NONE;
	const struct toml *v = ax->value[typed ? VD_F_GUEST_TYPE : VD_F_ADDRESS_SPACE_POLICY];

	if (typed && policy != AXVISOR_NONE && type != policy % 2) {
		axvisor_error(ax, VD_F_GUEST_TYPE, v, "contradicts address_space_policy = \"%s\"",
			      vmdesc_word(VD_F_ADDRESS_SPACE_POLICY, policy));
		axvisor_fix(ax, v->at, "remove one of them");
		return OK;
	}
	/* Of both, every second word means it. */
	if (type != 1 && (policy == AXVISOR_NONE || policy % 2 == 0))
		return OK;
	return add_path(&(struct toml){ .text = STR("/"), .at = v->at },
			vmdesc_add_pass_path(ax->vd, ax->arena, v->at));
}

enum status axvisor_pass(struct axvisor *ax)
{
	static const struct axvisor_rows keys[] = {
		{ VD_F_PASSTHROUGH_DEVICES, read_device },
		{ VD_F_PASSTHROUGH_ADDRESSES, read_address },
		{ VD_F_EXCLUDED_DEVICES, read_excluded },
		{ VD_F_PASSTHROUGH, read_passthrough },
		{ VD_F_DISABLED, read_disabled },
		{ VD_F_PASSTHROUGH_PORTS, read_ports },
	};

	TRY(read_whole_machine(ax));
	return axvisor_read_rows(ax, keys, array_size(keys));
}
