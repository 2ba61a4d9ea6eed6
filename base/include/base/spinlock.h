/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock that goes to whoever comes first when it is free, not to who has waited longest: a queue
 * stands still when the CPU whose turn it is does not run, as CPUs of emulators and of other
 * hypervisors do all the time (docs/adr/0007). Who has waited for long goes before all who have
 * not, so nobody waits for ever. No ISA code. Interrupts are always masked in the hypervisor, so
 * there is no variant that masks them. Locks are only wrapped, never called bare: a wrapper
 * returns the evidence (docs/style.md, idiom 8).
 */
#pragma once

#include <stdatomic.h>

#include <base/compiler.h>
#include <base/types.h>

struct spinlock {
	_Atomic u32 held;   /* 0 or 1 */
	_Atomic u32 urgent; /* how many have waited for long */
};

/* Of spin_lock(): the lock was not free. */
void spin_wait(struct spinlock *l);
/* Called now and then by who waits for long, on that CPU; @round counts from 0. Nobody: a no-op. */
extern void (*spin_on_wait)(u32 round);

/* Take the lock if it is free now, and nobody has waited for long. */
static inline bool spin_trylock(struct spinlock *l)
{
	u32 is_free = 0;

	return atomic_load_explicit(&l->urgent, memory_order_relaxed) == 0 &&
	       atomic_compare_exchange_strong_explicit(&l->held, &is_free, 1, memory_order_acquire,
						       memory_order_relaxed);
}

static inline void spin_lock(struct spinlock *l)
{
	if (!likely(spin_trylock(l)))
		spin_wait(l);
}

static inline void spin_unlock(struct spinlock *l)
{
	atomic_store_explicit(&l->held, 0, memory_order_release);
}
