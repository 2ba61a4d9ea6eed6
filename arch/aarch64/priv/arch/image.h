/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols of the linker script and of assembly, as C sees them.
 */
#pragma once

#include <arch/types.h>
#include <lib/hostdesc.h>

/* One CPU's stacks: overflowing either hits a guard page that is never mapped. */
#define STACK_SIZE	 KIB(16)
#define PANIC_STACK_SIZE KIB(8)

struct arch_stacks {
	u8 guard[4096];
	u8 stack[STACK_SIZE];
	u8 panic_guard[4096];
	u8 panic_stack[PANIC_STACK_SIZE];
};

extern struct arch_stacks arch_stacks[HD_MAX_CPUS];

extern u8 image_start[], image_text_end[], image_rodata_end[];
extern u8 image_folded_start[], image_folded_text_end[], image_folded_end[], image_rest_start[];
extern u8 image_stacks_start[], image_stacks_end[], image_end[];

extern u8 vectors_short[], vectors_neutral[];
extern u64 early_l0[512];
extern u8 secondary_entry[];

/* vector.S: run the guest until it traps. Returns why (EXIT_BY_*), with the number of an
 * interrupt that the short lane has acknowledged above bit 8. */
u64 guest_enter(struct arch_vcpu *v);

/* Registers of an exception in the hypervisor, as vector.S lays them down. */
struct host_frame {
	u64 x[31];
	u64 sp, elr, spsr, esr, far;
};
