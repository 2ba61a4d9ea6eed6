/* SPDX-License-Identifier: Apache-2.0 */
/*
 * [trivet] into the description: what AxVisor's schema has no words for and other languages, or
 * our users, have.
 */
#include "axvisor_priv.h"

#include <base/fmt.h>

enum {
	RESERVED_GPA,
	RESERVED_LENGTH
};

enum {
	DATA_PATH,
	DATA_ADDRESS
};

/* The words of both stand in the order of their enumerations. */
static void read_policy(struct axvisor *ax)
{
	for (u32 i = 0; i < VD_UNSUPPORTED; i++) {
		enum vd_field f = (enum vd_field)(VD_F_UNSUPPORTED_INSTRUCTION + i);
		u32 word = axvisor_word(ax, f);

		if (word == AXVISOR_NONE)
			continue;
		ax->vd->policy.unsupported[i] = (enum vd_action)word;
		ax->vd->policy.at[i] = ax->value[f]->at;
	}
}

static void read_absent(struct axvisor *ax)
{
	static const enum vd_field part[] = {
		[VD_PART_INTC] = VD_F_INTERRUPT_CONTROLLER,
		[VD_PART_CONSOLE] = VD_F_CONSOLE,
	};

	for (u32 i = 0; i < array_size(part); i++) {
		const struct toml *v = ax->value[part[i]];

		if (v && v->integer)
			ax->vd->absent &= ~(u32)BIT(i);
		else if (v)
			ax->vd->absent |= (u32)BIT(i);
	}
}

static void read_boot(struct axvisor *ax)
{
	const struct toml *isa = ax->value[VD_F_ISA];
	u32 word = axvisor_word(ax, VD_F_BOOT);

	if (word != AXVISOR_NONE)
		ax->vd->abi = (enum vm_boot_abi)word;
	if (isa) {
		/* The reader ends strings with a 0. */
		ax->vd->isa = isa->text.p;
		ax->vd->isa_at = isa->at;
	}
}

static enum status reserve(struct axvisor *ax, const struct toml *v, struct vd_window win, u32 irq)
{
	struct vd_reserve *r = vmdesc_add_reserve(ax->vd, ax->arena, v->at);

	if (!r)
		return E_NOMEM;
	r->win = win;
	r->irq = irq;
	return OK;
}

static enum status read_reserved(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];
	struct vd_window win;

	if (!axvisor_row(ax, VD_F_RESERVED, row, cell))
		return OK;
	win = (struct vd_window){ GPA((u64)cell[RESERVED_GPA]->integer),
				  (u64)cell[RESERVED_LENGTH]->integer };
	if (win.size)
		return reserve(ax, row, win, 0);
	axvisor_cell_error(ax, VD_F_RESERVED, RESERVED_LENGTH, cell[RESERVED_LENGTH], "no bytes");
	axvisor_fix(ax, cell[RESERVED_LENGTH]->at, "write a length, such as 0x1000");
	return OK;
}

static enum status read_data(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];
	const struct toml *at;
	struct vd_image *image;

	if (!axvisor_row(ax, VD_F_DATA, row, cell))
		return OK;
	image = axvisor_image(ax, VD_IMG_DATA, cell[DATA_PATH]);
	if (!image)
		return E_NOMEM;
	at = cell[DATA_ADDRESS];
	image->load = (struct vd_addr){ GPA((u64)at->integer), true, at->at };
	return OK;
}

static enum status read_interrupt(struct axvisor *ax, const struct toml *v)
{
	return reserve(ax, v, (struct vd_window){ 0 }, (u32)MIN(v->integer, (s64)UINT32_MAX));
}

/* ---- devices and hardware with everything -------------------------------------------------- */

enum {
	DEVICE_CLASS,
	DEVICE_NAME,
	DEVICE_WINDOWS,
	DEVICE_IRQS,
	DEVICE_EDGE,
	DEVICE_OPTIONS
};

enum {
	PASS_NAME,
	PASS_WINDOW,
	PASS_IRQ,
	PASS_EDGE
};

#define PASS_FLAGS (VD_R | VD_W | VD_X | VD_NO_DMA)

#define MAX_NUMBERS 8
static_assert(VD_DEV_WINDOWS * 2 <= MAX_NUMBERS && VD_DEV_IRQS <= MAX_NUMBERS,
	      "a row's numbers have room");

struct groups {
	u32 each, max;
};

/* Groups of numbers, up to so many; how many there are. */
static u32 read_groups(struct axvisor *ax, enum vd_field f, u32 column, const struct toml *list,
		       struct groups g, u64 *out)
{
	u32 n = 0;

	if (!list)
		return 0;
	if (list->n % g.each || list->n / g.each > g.max) {
		axvisor_cell_error(ax, f, column, list, "expected up to %u times %u numbers", g.max,
				   g.each);
		axvisor_fix(ax, list->at, "write all numbers of all of them in one list");
		return 0;
	}
	for (const struct toml *v = list->child; v; v = v->next)
		out[n++] = (u64)v->integer;
	return n / g.each;
}

static enum vd_trigger trigger_of(const struct toml *edges, u64 line)
{
	for (const struct toml *v = edges ? edges->child : NULL; v; v = v->next)
		if ((u64)v->integer == line)
			return VD_TRIGGER_EDGE;
	return VD_TRIGGER_LEVEL;
}

static u32 line_of(u64 n)
{
	return (u32)MIN(n, (u64)UINT32_MAX);
}

static struct str decimal(struct axvisor *ax, s64 n)
{
	char text[24];
	size_t len = (size_t)fmt_snprintf(text, sizeof(text), "%lld", (long long)n);

	return (struct str){ arena_strdup(ax->arena, text, len), len };
}

static enum status add_options(struct axvisor *ax, struct vd_dev *dev, const struct toml *table)
{
	for (const struct toml *v = table ? table->child : NULL; v; v = v->next) {
		struct vd_option *o;

		if (v->type != TOML_STRING && v->type != TOML_INT) {
			axvisor_cell_error(ax, VD_F_DEVICE, DEVICE_OPTIONS, v,
					   "an option is a string or an integer");
			axvisor_fix(ax, v->at, "put it in quotes");
			continue;
		}
		o = vd_dev_add_option(dev, ax->arena, v->at);
		if (!o)
			return E_NOMEM;
		o->key = v->key;
		o->value = v->type == TOML_STRING ? v->text : decimal(ax, v->integer);
		if (!o->value.p)
			return E_NOMEM;
	}
	return OK;
}

static enum status read_device(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];
	u64 n[MAX_NUMBERS];
	struct vd_dev *dev;

	if (!axvisor_row(ax, VD_F_DEVICE, row, cell))
		return OK;
	/* Beside them, the default board's own two. */
	if (ax->vd->devs.n >= VD_MAX_LIST - 2)
		return E_NOMEM;
	dev = axvisor_add_dev(ax, row->at, cell[DEVICE_CLASS]->text.p);
	if (!dev)
		return E_NOMEM;
	dev->class = cell[DEVICE_CLASS]->text;
	dev->name = cell[DEVICE_NAME]->text;
	dev->n_win = read_groups(ax, VD_F_DEVICE, DEVICE_WINDOWS, cell[DEVICE_WINDOWS],
				 (struct groups){ 2, VD_DEV_WINDOWS }, n);
	for (size_t i = 0; i < dev->n_win; i++)
		dev->win[i] = (struct vd_window){ GPA(n[2 * i]), n[2 * i + 1] };
	dev->n_irq = read_groups(ax, VD_F_DEVICE, DEVICE_IRQS, cell[DEVICE_IRQS],
				 (struct groups){ 1, VD_DEV_IRQS }, n);
	for (u32 i = 0; i < dev->n_irq; i++)
		dev->irq[i] = (struct vd_irq){ line_of(n[i]), trigger_of(cell[DEVICE_EDGE], n[i]) };
	return add_options(ax, dev, cell[DEVICE_OPTIONS]);
}

static enum status read_pass(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];
	u64 n[MAX_NUMBERS];
	struct vd_pass *p;

	if (!axvisor_row(ax, VD_F_PASS, row, cell))
		return OK;
	p = vmdesc_add_pass(ax->vd, ax->arena, row->at);
	if (!p)
		return E_NOMEM;
	p->name = cell[PASS_NAME]->text;
	p->n_win = read_groups(ax, VD_F_PASS, PASS_WINDOW, cell[PASS_WINDOW],
			       (struct groups){ 4, 1 }, n);
	if (p->n_win && n[3] & ~(u64)PASS_FLAGS) {
		axvisor_cell_error(ax, VD_F_PASS, PASS_WINDOW, cell[PASS_WINDOW],
				   "bits that mean nothing: %s",
				   show_hex(n[3] & ~(u64)PASS_FLAGS).s);
		axvisor_fix(ax, cell[PASS_WINDOW]->at,
			    "write a sum of 1 (read), 2 (write), 8 (no DMA) as the last number");
	}
	if (p->n_win)
		p->win[0] = (struct vd_pass_window){
			.gpa = GPA(n[0]),
			.hpa = HPA(n[1]),
			.size = n[2],
			.prot = (u32)n[3] & PASS_FLAGS,
		};
	p->n_irq = read_groups(ax, VD_F_PASS, PASS_IRQ, cell[PASS_IRQ], (struct groups){ 2, 1 }, n);
	if (p->n_irq)
		p->irq[0] = (struct vd_pass_irq){ line_of(n[0]), line_of(n[1]),
						  cell[PASS_EDGE] && cell[PASS_EDGE]->integer ?
							  VD_TRIGGER_EDGE :
							  VD_TRIGGER_LEVEL };
	/* Nothing is left of what was refused. */
	ax->vd->passes.n -= !p->n_win && !p->n_irq;
	if (cell[PASS_WINDOW] || cell[PASS_IRQ])
		return OK;
	axvisor_error(ax, VD_F_PASS, row, "needs a window or an interrupt");
	axvisor_fix(ax, row->at, "add window = [guest's address, host's, bytes, flags]");
	return OK;
}

enum status axvisor_trivet(struct axvisor *ax)
{
	static const struct axvisor_rows keys[] = {
		{ VD_F_RESERVED, read_reserved }, { VD_F_RESERVED_INTERRUPTS, read_interrupt },
		{ VD_F_DATA, read_data },	  { VD_F_DEVICE, read_device },
		{ VD_F_PASS, read_pass },
	};

	read_policy(ax);
	read_absent(ax);
	read_boot(ax);
	return axvisor_read_rows(ax, keys, array_size(keys));
}
