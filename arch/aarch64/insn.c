/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses to what is not memory by instructions that the syndrome does not describe (ISS.ISV 0):
 * the instruction is read once, taken apart (lib/insn), and done only when it is what the syndrome
 * and the fault's address speak of; a guest may have changed it meanwhile. docs/adr/0013.
 */
#include <arch/exit.h>
#include <arch/image.h>
#include <arch/sysreg.h>
#include <lib/insn.h>
#include <port/arch.h>

#define ADDRESS BITS(55, 0) /* above is a tag, if the guest wants */

void fp_save(u64 *v);
void fp_restore(const u64 *v);

static u64 stack_get(const struct arch_vcpu *v)
{
	return (v->pstate & PSTATE_MODE) == PSTATE_EL1H ? sysreg_read(sp_el1) : sysreg_read(sp_el0);
}

static void stack_set(const struct arch_vcpu *v, u64 value)
{
	if ((v->pstate & PSTATE_MODE) == PSTATE_EL1H)
		sysreg_write(sp_el1, value);
	else
		sysreg_write(sp_el0, value);
}

static u64 base_get(const struct arch_vcpu *v, const struct insn *i)
{
	if (i->mode == INSN_LITERAL)
		return v->pc;
	return i->base == 31 ? stack_get(v) : v->x[i->base];
}

static u64 offset_get(const struct arch_vcpu *v, const struct insn *i)
{
	u64 index = i->index == INSN_NO_INDEX ? 0 : vcpu_reg_get(v, i->index);

	return insn_offset(i, index);
}

/* ---- the accesses it makes -------------------------------------------------------------------- */

/* Its accesses as values; the vCPU's vector registers are in the CPU. */
static void list_accesses(struct arch_vcpu *v, struct vcpu_exit *x, const struct insn *i, gpa_t gpa)
{
	struct insn_piece piece[INSN_MAX_PIECES];

	x->kind = EXIT_MMIO_LIST;
	x->list.n = insn_pieces(i, piece);
	if (i->vector && i->write)
		fp_save(v->fp);
	for (u32 k = 0; k < x->list.n; k++) {
		const struct insn_piece *p = &piece[k];
		u64 value = i->vector ? v->fp[2u * p->reg + p->half] : vcpu_reg_get(v, p->reg);

		x->list.io[k] = (struct io_access){
			.addr = gpa.v + p->at,
			.value = i->write ? value : 0,
			.width = p->width,
			.write = i->write,
		};
	}
}

static void plan(struct arch_vcpu *v, struct vcpu_exit *x, const struct insn *i, gpa_t gpa)
{
	u64 at = base_get(v, i) + (i->mode == INSN_POST ? 0 : offset_get(v, i));
	bool write = v->esr & ISS_DA_WNR;

	/* Where hardware may split an access, what faulted is not its beginning. */
	if (((at ^ sysreg_read(far_el2)) & ADDRESS) || i->write != write)
		exit_mem_fault(v, x, gpa, "access that begins elsewhere, or was changed meanwhile");
	else if (!is_aligned(at, i->size))
		exit_abort(v, x, gpa, FSC_ALIGNMENT, "misaligned access to what is not memory");
	else if ((at & IN_PAGE) + (u64)i->n_regs * i->size > IN_PAGE + 1)
		exit_mem_fault(v, x, gpa, "access across the end of a page");
	else
		list_accesses(v, x, i, gpa);
}

void insn_access(struct arch_vcpu *v, struct vcpu_exit *x, gpa_t gpa)
{
	struct insn i = { .kind = INSN_OTHER };
	gpa_t pc;

	if (!exit_translate(v->pc, &pc)) {
		x->kind = EXIT_NONE; /* its tables changed meanwhile: let it try again */
		return;
	}
	if (!(v->pstate & PSTATE_AA32) && core_guest_read(v, pc, &v->insn, sizeof(v->insn)) == OK)
		i = insn_decode(v->insn);
	switch (i.kind) {
	case INSN_ACCESS:
		plan(v, x, &i, gpa);
		break;
	case INSN_NOTHING:
		x->kind = EXIT_NONE;
		exit_skip(v);
		break;
	case INSN_EXCLUSIVE:
	case INSN_ATOMIC:
		exit_abort(v, x, gpa, FSC_UNSUPPORTED_ATOMIC,
			   "exclusive or atomic access to what is not memory");
		break;
	case INSN_ZERO_BLOCK:
		exit_abort(v, x, gpa, FSC_ALIGNMENT, "zeroing of what is not memory");
		break;
	case INSN_OTHER:
	default:
		exit_mem_fault(v, x, gpa, "access by an instruction that no device answers");
		break;
	}
}

/* ---- what has been read ----------------------------------------------------------------------- */

/* A vector register that is loaded is loaded whole. */
static void load_vectors(struct arch_vcpu *v, const struct vcpu_exit *x, const struct insn *i,
			 const struct insn_piece *piece)
{
	fp_save(v->fp);
	for (u32 r = 0; r < i->n_regs; r++)
		v->fp[2u * i->reg[r] + 1] = 0;
	for (u32 k = 0; k < x->list.n; k++)
		v->fp[2u * piece[k].reg + piece[k].half] = x->list.io[k].value;
	fp_restore(v->fp);
}

void insn_complete(struct arch_vcpu *v, const struct vcpu_exit *x)
{
	struct insn i = insn_decode(v->insn);
	struct insn_piece piece[INSN_MAX_PIECES];
	u64 base = base_get(v, &i) + offset_get(v, &i);

	insn_pieces(&i, piece);
	exit_skip(v);
	if (!i.write && i.vector)
		load_vectors(v, x, &i, piece);
	for (u32 k = 0; !i.write && !i.vector && k < x->list.n; k++)
		vcpu_reg_set(v, piece[k].reg, insn_loaded(&i, x->list.io[k].value));
	if (i.mode != INSN_PRE && i.mode != INSN_POST)
		return;
	if (i.base == 31)
		stack_set(v, base);
	else
		v->x[i.base] = base;
}
