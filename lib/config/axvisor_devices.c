/* SPDX-License-Identifier: Apache-2.0 */
/*
 * [devices] into the description. Types of emulated devices were renumbered in mid-2025; a row
 * that can only be of the older numbering is refused with the reading that would fit, never
 * guessed.
 */
#include "axvisor_priv.h"

#include <base/fmt.h>

enum {
	DEV_NAME,
	DEV_BASE,
	DEV_LENGTH,
	DEV_IRQ,
	DEV_TYPE,
	DEV_CFG
};

enum {
	TYPE_DUMMY = 0,
	TYPE_INTC = 1,
	TYPE_CONSOLE = 2
};

struct emu_type {
	s64 number;
	const char *what;
};

/* Today's types that we know and do not have. */
static const struct emu_type later[] = {
	{ 0x0a, "a channel between VMs" },
	{ 0x20, "part of a host interrupt controller" },
	{ 0x21, "part of a host interrupt controller" },
	{ 0x22, "part of a host interrupt controller" },
	{ 0x23, "an I/O interrupt controller" },
	{ 0x24, "an interval timer" },
	{ 0x25, "a platform interrupt controller" },
	{ 0x30, "part of a host interrupt controller" },
	{ 0xe1, "a virtio block device" },
	{ 0xe2, "a virtio network device" },
	{ 0xe3, "a virtio console" },
};

/* Numbers that only the older numbering has. */
static const struct emu_type older[] = {
	{ 3, "a virtio block device, today 0xe1" },
	{ 4, "a virtio network device, today 0xe2" },
	{ 5, "a virtio console, today 0xe3" },
	{ 6, "an I/O MMU, today without a number" },
	{ 7, "a part of the interrupt controller, today included in 1" },
	{ 8, "a part of the interrupt controller, today included in 1" },
	{ 9, "a part of the interrupt controller, today included in 1" },
};

static const char *what_is(const struct emu_type *list, size_t n, s64 number)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].number == number)
			return list[i].what;
	}
	return NULL;
}

static void unknown_type(struct axvisor *ax, const struct toml *type)
{
	const char *what = what_is(later, array_size(later), type->integer);

	if (what) {
		axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_TYPE, type,
				   "%s: known, not supported yet", what);
		axvisor_fix(
			ax, type->at,
			"remove the row; 1 (interrupt controller) and 2 (console) are supported");
		return;
	}
	what = what_is(older, array_size(older), type->integer);
	if (what)
		axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_TYPE, type,
				   "of the numbering before mid-2025: %s", what);
	else
		axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_TYPE, type, "no such type of device");
	axvisor_fix(ax, type->at,
		    "write 1 (interrupt controller) or 2 (console), or remove the row");
}

/* Fields that today's reading of the type has no use for, but the older one had. */
static bool is_older_row(struct axvisor *ax, const struct toml *const *cell)
{
	const struct toml *type = cell[DEV_TYPE];

	if (type->integer == TYPE_DUMMY && (cell[DEV_LENGTH]->integer || cell[DEV_IRQ]->integer)) {
		axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_TYPE, type,
				   "a dummy has no window and no interrupt; "
				   "before mid-2025 0 was the console");
		axvisor_fix(ax, type->at, "write 2 for a console, or remove the row");
		return true;
	}
	if (type->integer == TYPE_CONSOLE && cell[DEV_CFG] && cell[DEV_CFG]->n) {
		axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_TYPE, type,
				   "a console has no cfg_list; before mid-2025 2 was part of "
				   "a host interrupt controller, today 0x21");
		axvisor_fix(ax, type->at,
			    "for a console write [] as cfg_list, else remove the row");
		return true;
	}
	return false;
}

/* cfg_list of an interrupt controller is its second window. */
static void read_second_window(struct axvisor *ax, const struct toml *list, struct vd_dev *dev)
{
	if (!list || !list->n)
		return;
	if (list->n != 2 || dev->n_win < 2) {
		axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_CFG, list,
				   "expected [address, bytes], but its length is %u", list->n);
		axvisor_fix(ax, list->at, "write [%s, %s], or []", show_hex(dev->win[1].base.v).s,
			    show_hex(dev->win[1].size).s);
		return;
	}
	dev->win[1] = (struct vd_window){ GPA((u64)list->child->integer),
					  (u64)list->child->next->integer };
}

static enum status read_device(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];
	const struct vd_board_dev *model = &vmdesc_board.console;
	struct vd_dev *dev;

	if (!axvisor_row(ax, VD_F_EMU_DEVICES, row, cell) || is_older_row(ax, cell))
		return OK;
	switch (cell[DEV_TYPE]->integer) {
	case TYPE_DUMMY:
		return OK;
	case TYPE_INTC:
		model = &vmdesc_board.intc;
		break;
	case TYPE_CONSOLE:
		break;
	default:
		unknown_type(ax, cell[DEV_TYPE]);
		return OK;
	}
	dev = vmdesc_add_dev(ax->vd, ax->arena, row->at);
	if (!dev)
		return E_NOMEM;
	vd_dev_from_board(dev, model, ax->vd->vcpus.n);
	dev->name = cell[DEV_NAME]->text;
	dev->win[0] = (struct vd_window){ GPA((u64)cell[DEV_BASE]->integer),
					  (u64)cell[DEV_LENGTH]->integer };
	if (cell[DEV_TYPE]->integer == TYPE_INTC)
		read_second_window(ax, cell[DEV_CFG], dev);
	for (u32 i = 0; i < dev->n_irq; i++)
		dev->irq[i].line = (u32)MIN(cell[DEV_IRQ]->integer, (s64)UINT32_MAX);
	return OK;
}

static void read_interrupt_mode(struct axvisor *ax)
{
	static const char *const known[] = { "no_irq", "no", "none", "passthrough", "pt" };
	const struct toml *v = ax->value[VD_F_INTERRUPT_MODE];

	ax->vd->intc = VM_INTC_EMULATED;
	if (!v || str_eq_c(v->text, "emu") || str_eq_c(v->text, "emulated"))
		return;
	for (u32 i = 0; i < array_size(known); i++) {
		if (!str_eq_c(v->text, known[i]))
			continue;
		axvisor_later(ax, VD_F_INTERRUPT_MODE, v,
			      "write \"emu\": a VM always has an emulated interrupt controller");
		return;
	}
	axvisor_error(ax, VD_F_INTERRUPT_MODE, v, "no such mode");
	axvisor_fix(ax, v->at, "write \"emu\", or remove the key");
}

enum status axvisor_devices(struct axvisor *ax)
{
	const struct toml *list = ax->value[VD_F_EMU_DEVICES];

	read_interrupt_mode(ax);
	if (!list)
		return OK;
	/* Room for the default board's own. */
	if (list->n > VD_MAX_LIST - 2) {
		axvisor_error(ax, VD_F_EMU_DEVICES, list, "%u devices; a VM can have %d", list->n,
			      VD_MAX_LIST - 2);
		axvisor_fix(ax, list->at, "remove rows");
		return OK;
	}
	for (const struct toml *row = list->child; row; row = row->next)
		TRY(read_device(ax, row));
	return OK;
}
