/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ticket lock on C11 atomics: fair, no ISA code. Interrupts are always masked in the hypervisor,
 * so there is no variant that masks them. Locks are only wrapped, never called bare: a wrapper
 * returns the evidence (docs/style.md, idiom 8).
 */
#pragma once

#include <stdatomic.h>

#include <base/types.h>

struct spinlock {
	_Atomic u32 next;
	_Atomic u32 owner;
};

static inline void spin_lock(struct spinlock *l)
{
	u32 ticket = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);

	while (atomic_load_explicit(&l->owner, memory_order_acquire) != ticket)
		;
}

/* Take the lock if it is free now. */
static inline bool spin_trylock(struct spinlock *l)
{
	u32 owner = atomic_load_explicit(&l->owner, memory_order_acquire);
	u32 expected = owner;

	return atomic_compare_exchange_strong_explicit(&l->next, &expected, owner + 1,
						       memory_order_acquire, memory_order_relaxed);
}

static inline void spin_unlock(struct spinlock *l)
{
	u32 owner = atomic_load_explicit(&l->owner, memory_order_relaxed);

	atomic_store_explicit(&l->owner, owner + 1, memory_order_release);
}
