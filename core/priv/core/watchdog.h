/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing stops silently: what makes no progress for two seconds is told, once, and that it goes on
 * when it does. Watched are the boot stages, VMs that are loading or ending, CPUs inside the
 * hypervisor, interrupts on their way to a vCPU, and waits for locks. Whoever has time looks, once
 * a second: CPUs that sleep or take turns, long work between its slices, drivers that poll. A guest
 * that computes is left alone, and its CPU gets no tick.
 */
#pragma once

#include <stdatomic.h>

#include <base/compiler.h>
#include <base/types.h>

struct vcpu;

/* Something that has to move on. */
struct watched {
	u64 mark;  /* differs when it has */
	u64 since; /* counter value when the mark was new */
	bool told;
};

/* From now on; the counter's frequency has to be known, or nothing is watched. Again: no matter. */
void watchdog_start(void);
/* A boot stage begins; NULL: the boot is over. */
void watchdog_stage(const char *name);

extern _Atomic u64 watchdog_next; /* counter value of the next look */
void watchdog_look(u64 now);

static inline void watchdog_poll(u64 now)
{
	if (unlikely(now >= atomic_load_explicit(&watchdog_next, memory_order_relaxed)))
		watchdog_look(now);
}
