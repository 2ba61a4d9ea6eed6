/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's life on a CPU: reset state, what is switched when it comes and goes. General registers
 * travel with every exit (vector.S); everything here changes only when another vCPU takes the CPU.
 */
#include <arch/exit.h>
#include <arch/gich.h>
#include <arch/image.h>
#include <arch/mmu.h>
#include <arch/sysreg.h>
#include <base/fmt.h>
#include <base/str.h>
#include <port/arch.h>

#define HCR_GUEST                                                                          \
	(HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS | HCR_TWI | \
	 HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_TLOR | HCR_TERR | HCR_RW)

/* SCTLR_EL1 at reset: RES1 bits, everything off (Arm ARM D19.2.118). */
#define SCTLR_EL1_RESET UINT64_C(0x30d00800)

void fp_save(u64 *v);
void fp_restore(const u64 *v);

void arch_vm_init(struct arch_vm *vm, u32 tag, hpa_t root)
{
	*vm = (struct arch_vm){ .vttbr = (u64)tag << 48 | root.v };
}

void arch_vcpu_init(struct arch_vcpu *v, struct arch_vm *vm, u64 hw_id)
{
	memset(v, 0, sizeof(*v));
	v->vm = vm;
	v->hcr = HCR_GUEST;
	v->mpidr = BIT(31) | hw_id;
	v->sgi_self = virq_sgi_to(hw_id);
	v->lr_used = gich_present() ? LR_USED_GICH : 0;
}

void arch_vcpu_boot(struct arch_vcpu *v, gpa_t entry, u64 arg)
{
	memset(v->x, 0, sizeof(v->x));
	memset(&v->sys, 0, sizeof(v->sys));
	memset(v->fp, 0, sizeof(v->fp));
	v->fpcr = 0;
	v->fpsr = 0;
	v->lr_used &= LR_USED_GICH;
	v->sys.sctlr = SCTLR_EL1_RESET;
	v->pc = entry.v;
	v->pstate = PSTATE_EL1H | PSTATE_DAIF;
	v->x[0] = arg;
}

/* Registers that are read and written alike, each beside its home. */
#define FOR_EACH_SYSREG(X)            \
	X(sctlr, sctlr_el1)           \
	X(cpacr, cpacr_el1)           \
	X(ttbr0, ttbr0_el1)           \
	X(ttbr1, ttbr1_el1)           \
	X(tcr, tcr_el1)               \
	X(esr, esr_el1)               \
	X(afsr0, afsr0_el1)           \
	X(afsr1, afsr1_el1)           \
	X(far, far_el1)               \
	X(mair, mair_el1)             \
	X(amair, amair_el1)           \
	X(vbar, vbar_el1)             \
	X(contextidr, contextidr_el1) \
	X(cntkctl, cntkctl_el1)       \
	X(par, par_el1)               \
	X(tpidr_el0, tpidr_el0)       \
	X(tpidrro_el0, tpidrro_el0)   \
	X(tpidr_el1, tpidr_el1)       \
	X(sp_el0, sp_el0)             \
	X(sp_el1, sp_el1)             \
	X(elr_el1, elr_el1)           \
	X(spsr_el1, spsr_el1)         \
	X(csselr, csselr_el1)         \
	X(cntv_cval, cntv_cval_el0)   \
	X(cntp_cval, cntp_cval_el0)

/* Active priorities: as many registers as the CPU has preemption bits for (IHI 0069 12.4.1). */
#define ICH_AP0R(n) S3_4_C12_C8_##n
#define ICH_AP1R(n) S3_4_C12_C9_##n

static u64 preemption_bits(void)
{
	return field_get(ICH_VTR_PRE_BITS, sysreg_read(ICH_VTR_EL2)) + 1;
}

static void cpu_interface_put(struct arch_vcpu *v)
{
	struct arch_sysregs *s = &v->sys;
	u64 bits;

	if (v->lr_used & LR_USED_GICH) {
		gich_put(v);
		return;
	}
	sysreg_write(ICH_HCR_EL2, 0);
	isb();
	s->ich_vmcr = sysreg_read(ICH_VMCR_EL2);
	bits = preemption_bits();
	s->ich_ap0r[0] = sysreg_read(ICH_AP0R(0));
	s->ich_ap1r[0] = sysreg_read(ICH_AP1R(0));
	if (bits >= 6) {
		s->ich_ap0r[1] = sysreg_read(ICH_AP0R(1));
		s->ich_ap1r[1] = sysreg_read(ICH_AP1R(1));
	}
	if (bits >= 7) {
		s->ich_ap0r[2] = sysreg_read(ICH_AP0R(2));
		s->ich_ap0r[3] = sysreg_read(ICH_AP0R(3));
		s->ich_ap1r[2] = sysreg_read(ICH_AP1R(2));
		s->ich_ap1r[3] = sysreg_read(ICH_AP1R(3));
	}
}

static void cpu_interface_load(const struct arch_vcpu *v)
{
	const struct arch_sysregs *s = &v->sys;
	u64 bits;

	if (v->lr_used & LR_USED_GICH) {
		gich_load(v);
		return;
	}
	sysreg_write(ICH_HCR_EL2, ICH_HCR_EN);
	sysreg_write(ICH_VMCR_EL2, s->ich_vmcr);
	bits = preemption_bits();
	sysreg_write(ICH_AP0R(0), s->ich_ap0r[0]);
	sysreg_write(ICH_AP1R(0), s->ich_ap1r[0]);
	if (bits >= 6) {
		sysreg_write(ICH_AP0R(1), s->ich_ap0r[1]);
		sysreg_write(ICH_AP1R(1), s->ich_ap1r[1]);
	}
	if (bits >= 7) {
		sysreg_write(ICH_AP0R(2), s->ich_ap0r[2]);
		sysreg_write(ICH_AP0R(3), s->ich_ap0r[3]);
		sysreg_write(ICH_AP1R(2), s->ich_ap1r[2]);
		sysreg_write(ICH_AP1R(3), s->ich_ap1r[3]);
	}
}

/*
 * vCPUs of one VM that share a CPU also share the tag of their translations, yet each may use an
 * address-space number for something else, as it may on a CPU of its own.
 */
static void forget_siblings(struct arch_vcpu *v)
{
	const struct arch_vcpu **last = &v->vm->last[arch_this_cpu()->index];

	if (*last == v)
		return;
	*last = v;
	__asm__ volatile("isb\n\ttlbi vmalle1\n\tdsb nsh" ::: "memory");
}

void arch_vcpu_load(struct arch_vcpu *v)
{
	const struct arch_sysregs *s = &v->sys;

#define RESTORE(home, reg) sysreg_write(reg, s->home);
	FOR_EACH_SYSREG(RESTORE)
#undef RESTORE
	cpu_interface_load(v);
	fp_restore(v->fp);
	sysreg_write(FPCR, v->fpcr);
	sysreg_write(FPSR, v->fpsr);
	sysreg_write(vpidr_el2, sysreg_read(midr_el1));
	sysreg_write(vmpidr_el2, v->mpidr);
	sysreg_write(vttbr_el2, v->vm->vttbr);
	sysreg_write(hcr_el2, v->hcr);
	/* Not given to guests, but within their reach where nothing finer traps them. */
	if (sysreg_read(id_aa64pfr0_el1) & ID_AA64PFR0_RAS)
		sysreg_write(VDISR_EL2, 0);
	if (sysreg_read(id_aa64pfr1_el1) & ID_AA64PFR1_SME)
		sysreg_write(TPIDR2_EL0, 0);
	sysreg_write(cntp_ctl_el0, s->cntp_ctl);
	sysreg_write(cntv_ctl_el0, s->cntv_ctl);
	forget_siblings(v);
	isb();
}

void arch_vcpu_put(struct arch_vcpu *v)
{
	struct arch_sysregs *s = &v->sys;

	s->cntv_ctl = sysreg_read(cntv_ctl_el0);
	s->cntp_ctl = sysreg_read(cntp_ctl_el0);
	sysreg_write(cntv_ctl_el0, 0);
	sysreg_write(cntp_ctl_el0, 0);
	isb();
#define SAVE(home, reg) s->home = sysreg_read(reg);
	FOR_EACH_SYSREG(SAVE)
#undef SAVE
	cpu_interface_put(v);
	fp_save(v->fp);
	v->fpcr = sysreg_read(FPCR);
	v->fpsr = sysreg_read(FPSR);
	v->hcr = sysreg_read(hcr_el2);
	sysreg_write(hcr_el2, HCR_RW);
	isb();
}

void arch_vcpu_set_sharing(struct arch_vcpu *v, enum arch_sharing sharing)
{
	v->hcr = sharing == ARCH_SHARED ? v->hcr | HCR_TWE : v->hcr & ~HCR_TWE;
}

u64 arch_vcpu_pc(const struct arch_vcpu *v)
{
	return v->pc;
}

void arch_vcpu_dump(const struct arch_vcpu *v, struct arch_sink *sink)
{
	char text[96];

	fmt_snprintf(text, sizeof(text), "  pc %016lx  pstate %08lx  lr %016lx  sp_el1 %016lx",
		     (unsigned long)v->pc, (unsigned long)v->pstate, (unsigned long)v->x[30],
		     (unsigned long)sysreg_read(sp_el1));
	sink->line(sink, text);
	for (u32 i = 0; i < 30; i += 3) {
		fmt_snprintf(text, sizeof(text), "  x%-2u %016lx  x%-2u %016lx  x%-2u %016lx", i,
			     (unsigned long)v->x[i], i + 1, (unsigned long)v->x[i + 1], i + 2,
			     (unsigned long)v->x[i + 2]);
		sink->line(sink, text);
	}
}
