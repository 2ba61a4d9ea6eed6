/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for a lock. The lock's line is only written to when it looked free: waiters that tried
 * each time would take it away from the CPU that is about to give the lock back.
 */
#include <base/spinlock.h>

#define PATIENCE 4096 /* looks at the lock: longer than anybody holds one */

static bool looks_free(struct spinlock *l)
{
	return atomic_load_explicit(&l->held, memory_order_relaxed) == 0;
}

static bool take(struct spinlock *l)
{
	u32 is_free = 0;

	return atomic_compare_exchange_strong_explicit(&l->held, &is_free, 1, memory_order_acquire,
						       memory_order_relaxed);
}

static void nobody_asks(u32 round)
{
	(void)round;
}

void (*spin_on_wait)(u32 round) = nobody_asks;

/* Whoever has been urgent and served is so no more, so each of them is overtaken once by each. */
void spin_wait(struct spinlock *l)
{
	for (u32 i = 0; i < PATIENCE; i++) {
		if (looks_free(l) && spin_trylock(l))
			return;
	}
	atomic_fetch_add_explicit(&l->urgent, 1, memory_order_relaxed);
	for (u32 i = 0; !looks_free(l) || !take(l); i++) {
		if (i % PATIENCE == 0)
			spin_on_wait(i / PATIENCE);
	}
	atomic_fetch_sub_explicit(&l->urgent, 1, memory_order_relaxed);
}
