/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AArch64 state that the core embeds in its CPUs, VMs and vCPUs, and the inline primitives
 * that port/arch.h names. Offsets used by assembly are generated from here (offsets.c).
 */
#pragma once

#include <base/bits.h>
#include <base/types.h>

/* Virtual address space of the hypervisor: TTBR0_EL2, 48 bits. */
#define ARCH_PHYSMAP_VA UINT64_C(0x0000800000000000) /* direct map of physical memory */
#define ARCH_IMAGE_VA	UINT64_C(0x0000400000000000) /* where our image is linked */
#define ARCH_FDT_VA	UINT64_C(0x0000500000000000) /* the device tree, during boot only */

#define ARCH_ELF_MACHINE 183 /* EM_AARCH64 */
#define ARCH_ISA	 "aarch64"

struct arch_vcpu;

struct arch_cpu {
	u64 hw_id;	 /* MPIDR affinity */
	u64 panic_stack; /* top of the stack that exceptions in the hypervisor use */
	u64 n_lrs;
	u32 index; /* 0: the boot CPU */
	/* For a starting CPU, read with its MMU off: */
	u64 boot_ttbr; /* the final address space */
	u64 boot_tcr;
	u64 boot_stack; /* the stack it begins on */
	struct arch_cpu *self;
};

#define ARCH_MAX_CPUS 8

struct arch_vm {
	u64 vttbr;
	/* Which of its vCPUs each CPU ran last: they share a VMID, but not their translations. */
	const struct arch_vcpu *last[ARCH_MAX_CPUS];
};

/* EL1 and EL0 registers that the hypervisor never touches while a guest runs. */
struct arch_sysregs {
	u64 sctlr, actlr, cpacr, ttbr0, ttbr1, tcr, esr, afsr0, afsr1, far, mair, amair, vbar;
	u64 contextidr, cntkctl, par, tpidr_el0, tpidrro_el0, tpidr_el1, sp_el0, sp_el1, elr_el1;
	u64 spsr_el1, csselr;
	u64 cntv_ctl, cntv_cval, cntp_ctl, cntp_cval;
	u64 ich_vmcr, ich_ap0r[4], ich_ap1r[4];
};

struct arch_vcpu {
	u64 x[32]; /* general registers; complete only at an exit that surfaces; the last is 0 */
	u64 pc;
	u64 pstate;
	u64 host_sp; /* the hypervisor's stack while the guest runs */
	u64 esr;     /* syndrome of the last exit */
	u64 lr_used; /* list registers that arch_virq_present() has filled */
	/* The short lane's; list register values, 0: none. */
	u64 timer_lr;	/* the virtual timer's */
	u64 sgi_self;	/* what is written to ICC_SGI1R_EL1 for INTID 0 of this vCPU alone */
	u64 sgi_ready;	/* SGIs that may be sent so; bits */
	u64 sgi_lr;	/* INTID 0's */
	u64 pass_lr[8]; /* of passed-through interrupts, by the host's INTID modulo 8 */
	u64 hcr;
	u64 mpidr;
	struct arch_vm *vm;
	struct arch_sysregs sys;
	u32 lr_host[16]; /* host interrupts behind list registers that do not end them (gich.c) */
	alignas(16) u64 fp[64]; /* V0-V31 */
	u64 fpcr, fpsr;
	/* Of an access that the syndrome did not describe, or that becomes an abort: */
	u32 insn; /* the instruction, as it was read once */
	u32 fsc;  /* fault status the guest is to get */
};

static inline struct arch_cpu *arch_this_cpu(void)
{
	struct arch_cpu *c;

	__asm__("mrs %0, tpidr_el2" : "=r"(c));
	return c;
}

static inline void arch_cpu_relax(void)
{
	__asm__ volatile("yield" ::: "memory");
}

/* The physical count, self-synchronised: CNTPCT_EL0 may be read early otherwise (Arm ARM D12.1.2). */
static inline u64 arch_cycles(void)
{
	u64 t;

	__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(t)::"memory");
	return t;
}

/* CNTFRQ_EL0, unless the platform file knows better (firmware may leave it unset). */
extern u64 arch_counter_hz;

static inline u64 arch_cycles_hz(void)
{
	return arch_counter_hz;
}

static inline void arch_timer_arm(u64 deadline)
{
	u64 ctl = deadline != UINT64_MAX;

	__asm__ volatile("msr cnthp_cval_el2, %0\n\tmsr cnthp_ctl_el2, %1\n\tisb" ::"r"(deadline),
			 "r"(ctl)
			 : "memory");
}

static inline void arch_dma_barrier(void)
{
	__asm__ volatile("dsb osh" ::: "memory");
}

static inline void *arch_phys_to_virt(hpa_t p)
{
	return (void *)(ARCH_PHYSMAP_VA + p.v);
}

/* Of an address inside the direct map. */
static inline hpa_t arch_virt_to_phys(const void *va)
{
	return HPA((u64)va - ARCH_PHYSMAP_VA);
}
