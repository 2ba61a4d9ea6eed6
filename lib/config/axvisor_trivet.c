/* SPDX-License-Identifier: Apache-2.0 */
/*
 * [trivet] into the description: what AxVisor's schema has no words for and other languages, or
 * our users, have.
 */
#include "axvisor_priv.h"

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

enum status axvisor_trivet(struct axvisor *ax)
{
	static const struct axvisor_rows keys[] = {
		{ VD_F_RESERVED, read_reserved },
		{ VD_F_RESERVED_INTERRUPTS, read_interrupt },
		{ VD_F_DATA, read_data },
	};

	read_policy(ax);
	read_absent(ax);
	read_boot(ax);
	return axvisor_read_rows(ax, keys, array_size(keys));
}
