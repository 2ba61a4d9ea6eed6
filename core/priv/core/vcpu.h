/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU. It lives on one host CPU, which alone changes its state; others leave it posts, which
 * that CPU reads before the guest's next instruction.
 */
#pragma once

#include <core/cpu.h>
#include <core/vbus.h>
#include <core/watchdog.h>

enum vcpu_state {
	VCPU_OFF,
	VCPU_READY,
	VCPU_WAITING, /* for an interrupt */
};

enum vcpu_post {	/* bits */
	POST_VIRQ = 1,	/* what it should be presented may have changed */
	POST_START = 2, /* begin at start_entry */
	POST_STOP = 4,	/* its VM ends: go off */
};

enum vcpu_power {
	VCPU_POWER_OFF,
	VCPU_POWER_PENDING,
	VCPU_POWER_ON
};

struct vcpu {
	struct arch_vcpu arch; /* first: the exit path's working set */
	struct vm *vm;
	struct vbus_window *bus_hit; /* window of the last device access */
	_Atomic u32 posts;
	enum vcpu_state state;
	struct cpu *cpu;
	struct vcpu *next_on_cpu;
	u32 index;
	u32 priority;
	u64 hw_id;
	u64 wake_at;	   /* counter value its timer fires at, while not loaded */
	u64 last_turn;	   /* order among equals: whose turn was longest ago is next */
	_Atomic u32 power; /* enum vcpu_power */
	gpa_t start_entry;
	u64 start_arg;
	u32 timers_held;	    /* guest timers whose host interrupt is active; bits */
	u32 n_complaints;	    /* about this vCPU's mistakes in the log, bounded */
	u64 n_exits[EXIT_STOP + 1]; /* by these the watchdog sees that the vCPU moves */
	enum exit_kind last_exit;
	struct watched watched; /* interrupts on their way to it */
};

enum next {
	NEXT_RUN,
	NEXT_RESCHED
};

/* Run @v on its CPU until somebody else should have it. */
void vcpu_run(struct vcpu *v);
/* Leave @v a post; wakes its CPU when that is another. */
void vcpu_post(struct vcpu *v, u32 posts);
/* @v has something to do: it is ready, has posts, or its timer is due. */
bool vcpu_runnable(struct vcpu *v, u64 now);
/* Take the vCPU off the hardware if it is there. On its CPU. */
void vcpu_unload(struct vcpu *v);
/* A guest's mistake in the log: VM, vCPU, PC and what; the first few of each vCPU. */
void vcpu_complain(struct vcpu *v, const char *format, ...) printf_like(2, 3);
