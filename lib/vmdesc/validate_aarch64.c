/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only aarch64 knows of a description: the shape of an affinity value, where an instruction
 * may stand, which interrupt numbers a device may have, and how redistributors grow with vCPUs.
 */
#include "vmdesc_priv.h"

#include <base/fmt.h>

/* MPIDR_EL1: Aff3 in bits 39:32, Aff2 to Aff0 in 23:0 (DDI 0487, D19.2). */
#define MPIDR_AFFINITY (BITS(39, 32) | BITS(23, 0))
#define MPIDR_AFF0     BITS(7, 0)
#define AFF0_MAX       15 /* what a software-generated interrupt reaches (IHI 0069, 12.11) */

/* INTIDs of shared peripheral interrupts (IHI 0069, 2.2). */
#define SPI_FIRST 32
#define SPI_LAST  1019

static void check_hw_ids(const struct vd_check *c)
{
	for (u32 i = 0; i < c->vd->vcpus.n; i++) {
		const struct vd_vcpu *v = &c->vd->vcpus.v[i];

		if (v->hw_id & ~MPIDR_AFFINITY) {
			vd_error(
				c, VD_F_PHYS_CPU_IDS, v->at, show_hex(v->hw_id).s,
				"vCPU %u: no affinity value: bits 31..24 and from 40 on are not part of one",
				i);
			vd_fix(c, v->at, "write Aff3 << 32 | Aff2 << 16 | Aff1 << 8 | Aff0");
		} else if (field_get(MPIDR_AFF0, v->hw_id) > AFF0_MAX) {
			vd_error(
				c, VD_F_PHYS_CPU_IDS, v->at, show_hex(v->hw_id).s,
				"vCPU %u: interrupts between vCPUs do not reach a lowest byte above 0xf",
				i);
			vd_fix(c, v->at, "number clusters of 16: 0x0 to 0xf, then 0x100 to 0x10f");
		}
	}
}

static void check_entry(const struct vd_check *c)
{
	const struct vd_addr *entry = &c->vd->entry;

	if (!entry->given || is_aligned(entry->gpa.v, 4) || vd_reported(c, VD_F_ENTRY_POINT))
		return;
	vd_error(c, VD_F_ENTRY_POINT, entry->at, show_hex(entry->gpa.v).s,
		 "instructions stand at multiples of 4");
	vd_fix(c, entry->at, "write %s", show_hex(align_down(entry->gpa.v, 4)).s);
}

static void check_irq(const struct vd_check *c, const struct vd_dev *dev, u32 line)
{
	u32 last = c->t->n_lines ? MIN(c->t->n_lines - 1, (u32)SPI_LAST) : SPI_LAST;
	char value[16];

	if (line >= SPI_FIRST && line <= last)
		return;
	fmt_snprintf(value, sizeof(value), "%u", line);
	vd_error(c, VD_F_EMU_DEVICES, dev->at, NULL, "%s: interrupt %s: %s", vd_dev_label(dev).s,
		 value,
		 line < SPI_FIRST ? "interrupts 0 to 31 belong to each vCPU, not to devices" :
				    "the interrupt controller has no such interrupt");
	if (line < SPI_FIRST)
		vd_fix(c, dev->at, "write an INTID: SPI %u is INTID %u", line, line + SPI_FIRST);
	else
		vd_fix(c, dev->at, "write an INTID from %d to %u (SPI n is INTID 32 + n)",
		       SPI_FIRST, last);
}

/* Windows of the board's interrupt controller grow with the number of vCPUs. */
static void check_per_vcpu(const struct vd_check *c, const struct vd_dev *dev)
{
	const struct vd_board_dev *b = &vmdesc_board.intc;

	if (!str_eq_c(dev->class, b->class))
		return;
	for (u32 w = 0; w < MIN(dev->n_win, b->n_win); w++) {
		u64 need = b->win[w].size + b->per_vcpu[w] * c->vd->vcpus.n;

		if (!b->per_vcpu[w] || dev->win[w].size >= need)
			continue;
		vd_error(c, VD_F_EMU_DEVICES, dev->at,
			 show_range(dev->win[w].base.v, dev->win[w].size).s,
			 "%s: redistributors of %u vCPUs need %s", vd_dev_label(dev).s,
			 c->vd->vcpus.n, show_size(need).s);
		vd_fix(c, dev->at, "give it %s bytes at %s", show_hex(need).s,
		       show_hex(dev->win[w].base.v).s);
	}
}

void vd_check_isa(const struct vd_check *c)
{
	if (!vd_reported(c, VD_F_PHYS_CPU_IDS))
		check_hw_ids(c);
	check_entry(c);
	for (u32 i = 0; i < c->vd->devs.n; i++) {
		const struct vd_dev *dev = &c->vd->devs.v[i];

		for (u32 k = 0; k < dev->n_irq; k++)
			check_irq(c, dev, dev->irq[k].line);
		check_per_vcpu(c, dev);
	}
}
