/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the files that take a trap apart.
 */
#pragma once

#include <arch/types.h>
#include <port/exit.h>

/* emul.c: a trapped system register or system instruction (EC 0x18). */
void emul_sysreg(struct arch_vcpu *v, struct vcpu_exit *x);

/* exit.c: the architecture's answer to an instruction that does not exist. */
void exit_inject_undefined(struct arch_vcpu *v);

/* exit.c: step over the instruction that trapped. */
void exit_skip(struct arch_vcpu *v);

/* What is the same in an address before and after translation. */
#define IN_PAGE BITS(11, 0)

/* exit.c: the guest's own translation of @va for reading. False: it has none. */
bool exit_translate(u64 va, gpa_t *out);
/* exit.c: the data access at @gpa cannot be; the guest is to get an abort of status @fsc. */
void exit_abort(struct arch_vcpu *v, struct vcpu_exit *x, gpa_t gpa, u32 fsc, const char *what);
/* The same, with what a bus says to nobody's address. */
void exit_mem_fault(struct arch_vcpu *v, struct vcpu_exit *x, gpa_t gpa, const char *what);

/* insn.c: an access at @gpa, where no memory is, that the syndrome does not describe. */
void insn_access(struct arch_vcpu *v, struct vcpu_exit *x, gpa_t gpa);
/* insn.c: its EXIT_MMIO_LIST has been answered. */
void insn_complete(struct arch_vcpu *v, const struct vcpu_exit *x);

/* virq.c: the guest deactivates @intid. False: no list register has it. */
bool virq_deactivate(const struct arch_vcpu *v, u32 intid);

/* virq.c: ICC_SGI1R_EL1 for the CPU with that hardware id alone, INTID 0. */
u64 virq_sgi_to(u64 hw_id);

/* virq.c: list registers have unknown values at reset. Per CPU, when n_lrs is known. */
void virq_clear_lrs(void);

/* General register @n of the guest; 31 reads as zero and swallows writes. */
static inline u64 vcpu_reg_get(const struct arch_vcpu *v, u32 n)
{
	return v->x[n];
}

static inline void vcpu_reg_set(struct arch_vcpu *v, u32 n, u64 value)
{
	v->x[n] = value;
	v->x[31] = 0;
}
