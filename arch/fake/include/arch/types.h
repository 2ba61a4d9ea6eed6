/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fake ISA's part of CPUs, VMs and vCPUs: nothing but what tests want to look at or to set.
 * arch/fake.h is the test's side of the machine. Physical address p is byte p of fake_phys.
 */
#pragma once

#include <base/types.h>

#define ARCH_ELF_MACHINE 183	   /* any; images of tests are made for it */
#define ARCH_ISA	 "aarch64" /* the same */
#include <port/exit.h>
#include <port/virq.h>

#define FAKE_MAX_VIRQS	  16
#define FAKE_GUEST_TIMERS 2

struct arch_vcpu;

struct arch_cpu {
	u64 hw_id;
	u64 timer_at; /* what arch_timer_arm() was told last */
	u32 n_timer_arms;
	u32 n_inits;
	u32 n_idles;
	struct arch_vcpu *loaded;
};

struct arch_vm {
	u32 tag;
	hpa_t root;
};

struct arch_vcpu {
	struct arch_vm *vm;
	u64 hw_id;
	struct arch_cpu *on; /* where it is loaded; NULL: nowhere */
	u64 pc;
	u64 arg;
	u32 n_boots, n_loads, n_puts, n_runs;
	int sharing; /* enum arch_sharing */

	/* Answers given to the guest, the last of each kind, and how many. */
	struct vcpu_exit completed;
	struct vcpu_exit faulted;
	u32 n_completed, n_faulted;

	/* What the CPU holds: tests change states as a guest would (fake_guest_*). */
	struct virq_entry virq[FAKE_MAX_VIRQS];
	u32 n_virqs;
	bool more;	  /* as last presented */
	bool irqs_masked; /* set by tests: the guest takes none */
	u32 n_presents, n_collects;

	u64 timer_deadline; /* set by tests: arch_guest_timer_deadline() */
	struct virq_ready ready;
};

/* The calling CPU; one for each thread of the test program. */
extern _Thread_local struct arch_cpu *fake_this_cpu;

/* Tests set these; each look at the counter moves it on by the step. */
struct fake_clock {
	u64 now;
	u64 step;
	u64 hz;
};
extern struct fake_clock fake_clock;

extern u8 *fake_phys;

void fake_relax(void);

static inline struct arch_cpu *arch_this_cpu(void)
{
	return fake_this_cpu;
}

static inline void arch_cpu_relax(void)
{
	fake_relax();
}

static inline u64 arch_cycles(void)
{
	return __atomic_add_fetch(&fake_clock.now, fake_clock.step, __ATOMIC_RELAXED);
}

static inline u64 arch_cycles_hz(void)
{
	return fake_clock.hz;
}

static inline void arch_timer_arm(u64 deadline)
{
	fake_this_cpu->timer_at = deadline;
	fake_this_cpu->n_timer_arms++;
}

static inline void arch_dma_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void *arch_phys_to_virt(hpa_t p)
{
	return (void *)((u64)fake_phys + p.v);
}

static inline hpa_t arch_virt_to_phys(const void *va)
{
	return HPA((u64)va - (u64)fake_phys);
}
