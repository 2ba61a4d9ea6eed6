/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host CPU. Its fields belong to the CPU itself; others reach it by vCPU posts (vcpu.h) and a
 * kick, which is an interrupt that makes it look.
 */
#pragma once

#include <stdatomic.h>

#include <port/arch.h>

struct vcpu;
struct vm;

struct cpu {
	struct arch_cpu arch; /* first: arch_this_cpu() is a struct cpu */
	u32 index;
	_Atomic bool online;
	bool resched;	     /* somebody else may have to run: look at the queue */
	_Atomic bool work;   /* VMs at home here may have some (vm.c) */
	struct vcpu *loaded; /* whose state is in the hardware; it need not be running */
	struct vcpu *vcpus;  /* all that are at home here, linked by next_on_cpu */
	u32 n_vcpus;
	u32 n_planned;	   /* vCPUs of the VM being built that will live here */
	struct vcpu *turn; /* whose turn it is, until slice_end */
	u64 slice_end;	   /* counter value */
	u64 signs;	   /* of life, besides exits: counted here, watched by others */
};

static_assert(offsetof(struct cpu, arch) == 0, "arch_this_cpu() is a struct cpu");

static always_inline struct cpu *this_cpu(void)
{
	return (struct cpu *)(void *)arch_this_cpu();
}

extern struct cpu cpus[HD_MAX_CPUS];
extern u32 n_cpus; /* that run */

/* Start all CPUs of the machine but the calling one, and wait (bounded) until they are up. */
void cpus_start(const struct hostdesc *hd);
/* The CPU with that hardware id among those that run; NULL. */
struct cpu *cpu_by_hw_id(u64 hw_id);
/* Make @c leave its guest or its sleep and look around. */
void cpu_kick(struct cpu *c);
/* Kicks every other CPU so that it stops for ever: last words only. */
void cpus_stop_others(void);
/* From the kick's interrupt. */
void cpu_kicked(void);
