/* SPDX-License-Identifier: Apache-2.0 */
/*
 * [devices] into the description. Types of emulated devices were renumbered in mid-2025. A row that
 * can only be of the older numbering is taken as that, with a word; one that could be of either is
 * refused with both readings, never guessed.
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
	TYPE_CONSOLE = 2,
	OLDER_CONSOLE = 0,
	OLDER_DISTRIBUTOR = 1,
	OLDER_PARTS = 2,
	OLDER_META = 10,
	OLDER_CPU_INTERFACE = 7,
	OLDER_CPU_SGI = 8,
	OLDER_REDISTRIBUTOR = 9,
	TYPE_CHANNEL = 10,
	TYPE_REDISTRIBUTOR = 0x20,
	TYPE_DISTRIBUTOR = 0x21,
	TYPE_TRANSLATOR = 0x22
};

#define PAGE 0x1000

/* Types that are devices of a class; whether it can be built is the validator's business. */
static const struct {
	u8 number;
	u8 older;
	char class[16];
} classes[] = {
	{ 0xe1, 3, "virtio-blk" },     { 0xe2, 4, "virtio-net" }, { 0xe3, 5, "virtio-console" },
	{ 0x0a, 0xff, "ivc-channel" }, { 0x23, 0xff, "ioapic" },  { 0x24, 0xff, "timer8254" },
	{ 0x25, 0xff, "pch-pic" },     { 0x30, 0xff, "plic" },
};

struct emu_type {
	s64 number;
	const char *what;
};

/* Numbers that only the older numbering has. */
static const struct emu_type older[] = {
	{ 3, "a virtio block device, today 0xe1 (and since 2026, a firmware table)" },
	{ 4, "a virtio network device, today 0xe2" },
	{ 5, "a virtio console, today 0xe3" },
	{ 6, "an I/O MMU, today without a number" },
};

static void unknown_type(struct axvisor *ax, const struct toml *type)
{
	const char *what = NULL;

	for (u32 i = 0; i < array_size(older); i++)
		if (older[i].number == type->integer)
			what = older[i].what;
	if (what)
		axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_TYPE, type,
				   "of the numbering before mid-2025: %s", what);
	else
		axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_TYPE, type, "no such type of device");
	axvisor_fix(ax, type->at,
		    "write 1 (interrupt controller) or 2 (console), or remove the row");
}

/* What a console is, its name says: the format has one number for all of them. */
static const struct vd_board_dev uart_16550 = {
	.class = "ns16550",
	.n_win = 1,
	.irq = { { 0, VD_TRIGGER_LEVEL } },
	.n_irq = 1,
};

static bool is_16550(struct str name)
{
	static const char *const known[] = { "ns16550", "uart16550", "dw-apb-uart", "ser8250" };

	for (u32 i = 0; i < array_size(known); i++)
		if (str_starts(name, known[i]))
			return true;
	return false;
}

/* cfg_list of a 16550: how far apart its registers are, as a power of two; 4 bytes when absent. */
static enum status read_shift(struct axvisor *ax, const struct toml *list, struct vd_dev *dev)
{
	static const char *const digits[] = { "0", "1", "2", "3" };
	s64 shift = 2;
	struct vd_option *o;

	if (list && list->n) {
		shift = list->child->integer;
		if (list->n != 1 || shift < 0 || shift >= (s64)array_size(digits)) {
			axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_CFG, list,
					   "expected [reg-shift], 0 to 3");
			axvisor_fix(ax, list->at, "write [2] for registers 4 bytes apart, or []");
			return OK;
		}
	}
	o = vd_dev_add_option(dev, ax->arena, dev->at);
	if (!o)
		return E_NOMEM;
	o->key = STR("reg-shift");
	o->value = str_of(digits[shift]);
	return OK;
}

/* What a row is, in today's terms. */
enum emu_kind {
	EMU_NOTHING, /* nothing to build, or refused */
	EMU_INTC,
	EMU_DISTRIBUTOR,
	EMU_REDISTRIBUTOR,
	EMU_CONSOLE,
	EMU_OTHER
};

static enum emu_kind taken_as(struct axvisor *ax, const struct toml *type, const char *what,
			      enum emu_kind kind)
{
	axvisor_warning(ax, VD_F_EMU_DEVICES, DEV_TYPE, type,
			"of the numbering before mid-2025, and taken as %s", what);
	return kind;
}

/* It could be of one numbering as well as of the other, or fits neither. */
static enum emu_kind either(struct axvisor *ax, const struct toml *type, const char *today,
			    const char *before)
{
	axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_TYPE, type,
			   "%s; before mid-2025 %s: what is meant?", today, before);
	axvisor_fix(ax, type->at,
		    "write 2 for a console with irq_id, 1 for an interrupt controller, or remove "
		    "the row");
	return EMU_NOTHING;
}

static enum emu_kind kind_of_0(struct axvisor *ax, const struct toml *const *cell)
{
	s64 length = cell[DEV_LENGTH]->integer, irq = cell[DEV_IRQ]->integer;

	if (!length && !irq)
		return EMU_NOTHING;
	if (length >= PAGE && irq)
		return taken_as(ax, cell[DEV_TYPE], "a console, today 2", EMU_CONSOLE);
	return either(ax, cell[DEV_TYPE], "a dummy has no window and no interrupt",
		      "0 was a console, which has both");
}

static enum emu_kind kind_of_2(struct axvisor *ax, const struct toml *const *cell)
{
	bool list = cell[DEV_CFG] && cell[DEV_CFG]->n;

	if (cell[DEV_IRQ]->integer && (!list || is_16550(cell[DEV_NAME]->text)))
		return EMU_CONSOLE;
	return either(ax, cell[DEV_TYPE], "a console has an interrupt and no cfg_list",
		      "2 was part of an interrupt controller (today 0x20 or 0x21), which has no "
		      "interrupt");
}

static const char *class_of(const struct axvisor *ax, s64 number)
{
	for (u32 i = 0; i < array_size(classes); i++)
		if (number == (ax->flat ? classes[i].older : classes[i].number))
			return classes[i].class;
	return NULL;
}

/* In the flat schema all numbers are of the older numbering. */
static enum emu_kind kind_of_older(struct axvisor *ax, const struct toml *const *cell)
{
	const struct toml *type = cell[DEV_TYPE];

	switch (type->integer) {
	case OLDER_CONSOLE:
		return EMU_CONSOLE;
	case OLDER_DISTRIBUTOR:
		return EMU_INTC;
	case OLDER_PARTS:
	case OLDER_CPU_INTERFACE:
	case OLDER_CPU_SGI:
	case OLDER_META:
		return EMU_NOTHING;
	case OLDER_REDISTRIBUTOR:
		return EMU_REDISTRIBUTOR;
	default:
		if (class_of(ax, type->integer))
			return EMU_OTHER;
	}
	unknown_type(ax, type);
	return EMU_NOTHING;
}

static enum emu_kind kind_of(struct axvisor *ax, const struct toml *const *cell)
{
	const struct toml *type = cell[DEV_TYPE];

	if (ax->flat)
		return kind_of_older(ax, cell);
	switch (type->integer) {
	case TYPE_DUMMY:
		return kind_of_0(ax, cell);
	case TYPE_INTC:
		return EMU_INTC;
	case TYPE_CONSOLE:
		return kind_of_2(ax, cell);
	case OLDER_CPU_INTERFACE:
	case OLDER_CPU_SGI:
		return taken_as(ax, type, "part of the interrupt controller that every VM has",
				EMU_NOTHING);
	case OLDER_REDISTRIBUTOR:
		return taken_as(ax, type, "redistributors, today 0x20", EMU_REDISTRIBUTOR);
	case TYPE_REDISTRIBUTOR:
		return EMU_REDISTRIBUTOR;
	case TYPE_DISTRIBUTOR:
		return EMU_DISTRIBUTOR;
	case TYPE_TRANSLATOR:
		axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_TYPE, type,
				   "message interrupts are not emulated");
		axvisor_fix(ax, type->at,
			    "remove the row, and have the guest's devices use wired interrupts");
		return EMU_NOTHING;
	case TYPE_CHANNEL:
		if (!cell[DEV_LENGTH]->integer)
			return taken_as(ax, type, "a device without a window", EMU_NOTHING);
		break;
	default:
		break;
	}
	if (class_of(ax, type->integer))
		return EMU_OTHER;
	unknown_type(ax, type);
	return EMU_NOTHING;
}

/* cfg_list of an interrupt controller is its second window, or the number of vCPUs. */
static void read_second_window(struct axvisor *ax, const struct toml *list, struct vd_dev *dev)
{
	/* One number is that of vCPUs, which we know. */
	if (!list || list->n < 2)
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

/* Versions of an interrupt controller differ in the last letter of their class. */
static bool is_part(enum vd_part part, struct str class)
{
	struct str board = str_of(vmdesc_board.intc.class);

	if (part == VD_PART_CONSOLE)
		return str_eq_c(class, vmdesc_board.console.class) ||
		       str_eq_c(class, uart_16550.class);
	return class.n == board.n && memcmp(class.p, board.p, board.n - 1) == 0;
}

struct vd_dev *axvisor_add_dev(struct axvisor *ax, struct src_pos at, const char *class)
{
	enum vd_part part = is_part(VD_PART_CONSOLE, str_of(class)) ? VD_PART_CONSOLE :
								      VD_PART_INTC;
	bool first = is_part(part, str_of(class)) && !(ax->replaced & BIT(part));

	if (first)
		ax->replaced |= (u32)BIT(part);
	for (u32 i = 0; i < ax->vd->devs.n && ax->extends && first; i++) {
		if (!is_part(part, ax->vd->devs.v[i].class))
			continue;
		ax->vd->devs.v[i] = (struct vd_dev){ .at = at };
		return &ax->vd->devs.v[i];
	}
	return vmdesc_add_dev(ax->vd, ax->arena, at);
}

/* Rows for a distributor and for redistributors make up one device. */
static struct vd_dev *intc_of_parts(struct axvisor *ax, const struct toml *row)
{
	struct vd_dev *dev;

	if (ax->intc_parts)
		return &ax->vd->devs.v[ax->intc_parts - 1];
	dev = axvisor_add_dev(ax, row->at, vmdesc_board.intc.class);
	if (!dev)
		return NULL;
	vd_dev_from_board(dev, &vmdesc_board.intc, ax->vd->vcpus.n);
	ax->intc_parts = (u32)(dev - ax->vd->devs.v) + 1;
	return dev;
}

/* cfg_list [vCPUs, stride, first host CPU]: what we do is fixed, so it must be that. */
static void check_stride(struct axvisor *ax, const struct toml *list)
{
	const struct toml *n = list ? list->child : NULL;
	const struct toml *stride = n ? n->next : NULL;
	u64 ours = vmdesc_board.intc.per_vcpu[1];

	if (n && n->integer != ax->vd->vcpus.n && ax->vd->vcpus.n) {
		axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_CFG, n, "base.cpu_num is %u",
				   ax->vd->vcpus.n);
		axvisor_fix(ax, n->at, "write %u: each vCPU has a redistributor", ax->vd->vcpus.n);
	}
	if (stride && (u64)stride->integer != ours) {
		axvisor_cell_error(ax, VD_F_EMU_DEVICES, DEV_CFG, stride,
				   "redistributors stand %s apart", show_hex(ours).s);
		axvisor_fix(ax, stride->at, "write %s", show_hex(ours).s);
	}
}

static enum status read_part(struct axvisor *ax, const struct toml *row,
			     const struct toml *const *cell, enum emu_kind kind)
{
	struct vd_dev *dev = intc_of_parts(ax, row);
	u32 w = kind == EMU_DISTRIBUTOR ? 0 : 1;

	if (!dev)
		return E_NOMEM;
	dev->name = cell[DEV_NAME]->text;
	dev->win[w].base = GPA((u64)cell[DEV_BASE]->integer);
	if (kind == EMU_REDISTRIBUTOR)
		check_stride(ax, cell[DEV_CFG]);
	else
		dev->win[w].size = (u64)cell[DEV_LENGTH]->integer;
	return OK;
}

static enum status read_whole(struct axvisor *ax, const struct toml *row,
			      const struct toml *const *cell, enum emu_kind kind)
{
	const struct vd_board_dev *model = &vmdesc_board.intc;
	struct vd_board_dev other = { .n_win = 1 };
	struct vd_dev *dev;

	if (kind == EMU_CONSOLE)
		model = is_16550(cell[DEV_NAME]->text) ? &uart_16550 : &vmdesc_board.console;
	if (kind == EMU_OTHER) {
		other.class = class_of(ax, cell[DEV_TYPE]->integer);
		other.n_irq = cell[DEV_IRQ]->integer != 0;
		model = &other;
	}
	/* Of two versions of a controller the older has the smaller first window. */
	if (kind == EMU_INTC &&
	    (u64)cell[DEV_LENGTH]->integer == vmdesc_board.older_intc.win[0].size)
		model = &vmdesc_board.older_intc;
	dev = axvisor_add_dev(ax, row->at, model->class);
	if (!dev)
		return E_NOMEM;
	vd_dev_from_board(dev, model, ax->vd->vcpus.n);
	dev->name = cell[DEV_NAME]->text;
	dev->win[0] = (struct vd_window){ GPA((u64)cell[DEV_BASE]->integer),
					  (u64)cell[DEV_LENGTH]->integer };
	if (kind == EMU_INTC)
		read_second_window(ax, cell[DEV_CFG], dev);
	if (model == &uart_16550)
		TRY(read_shift(ax, cell[DEV_CFG], dev));
	for (u32 i = 0; i < dev->n_irq; i++)
		dev->irq[i].line = (u32)MIN(cell[DEV_IRQ]->integer, (s64)UINT32_MAX);
	return OK;
}

static enum status read_device(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];
	enum emu_kind kind;

	if (!axvisor_row(ax, VD_F_EMU_DEVICES, row, cell))
		return OK;
	kind = kind_of(ax, cell);
	if (kind == EMU_NOTHING)
		return OK;
	if (kind == EMU_DISTRIBUTOR || kind == EMU_REDISTRIBUTOR)
		return read_part(ax, row, cell, kind);
	return read_whole(ax, row, cell, kind);
}

static void read_interrupt_mode(struct axvisor *ax)
{
	static const u8 mode[] = {
		VM_INTC_EMULATED,    VM_INTC_PASSTHROUGH, VM_INTC_NONE, VM_INTC_EMULATED,
		VM_INTC_PASSTHROUGH, VM_INTC_NONE,	  VM_INTC_NONE,
	};
	u32 word = axvisor_word(ax, VD_F_INTERRUPT_MODE);

	if (word < array_size(mode))
		ax->vd->intc = (enum vm_intc_mode)mode[word];
}

/* All of them: of both schemas, and beside them the default board's own two. */
static bool too_many(struct axvisor *ax)
{
	const struct toml *rows = ax->value[VD_F_EMU_DEVICES], *virtual = ax->value[VD_F_VIRTUAL];
	u32 n = ax->vd->devs.n + (rows ? rows->n : 0) + (virtual ? virtual->n : 0);

	if (n <= VD_MAX_LIST - 2)
		return false;
	if (!rows)
		rows = virtual;
	axvisor_error(ax, rows == virtual ? VD_F_VIRTUAL : VD_F_EMU_DEVICES, rows,
		      "%u devices; a VM can have %d", n, VD_MAX_LIST - 2);
	axvisor_fix(ax, rows->at, "remove rows");
	return true;
}

enum status axvisor_devices(struct axvisor *ax)
{
	static const struct axvisor_rows keys[] = {
		{ VD_F_EMU_DEVICES, read_device },
		{ VD_F_VIRTUAL, axvisor_read_virtual },
	};

	read_interrupt_mode(ax);
	if ((!ax->value[VD_F_EMU_DEVICES] && !ax->value[VD_F_VIRTUAL]) || too_many(ax))
		return OK;
	return axvisor_read_rows(ax, keys, array_size(keys));
}
