/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rings of a console port. That of output has one writer at a time, who never looks at the tail and
 * so never waits, and one reader, who has the transmitter. When the writer has overtaken, the
 * reader sees it by the distance of head and tail, before and after it has read a byte.
 */
#pragma once

#include <core/console.h>

#define OUT_RING ((u32)CONSOLE_OUT_RING)

static_assert((OUT_RING & (OUT_RING - 1)) == 0, "indexes wrap with it");

/* OUT_RING and more: so many were written since the reader last looked that bytes are lost. */
static inline u32 ring_pending(const struct console_port *p)
{
	return atomic_load_explicit(&p->out_head, memory_order_acquire) -
	       atomic_load_explicit(&p->out_tail, memory_order_relaxed);
}

/* The fence keeps the new byte from being seen before the head that says the old one is lost. */
static inline void ring_put(struct console_port *p, u8 c)
{
	u32 head = atomic_load_explicit(&p->out_head, memory_order_relaxed);

	atomic_thread_fence(memory_order_release);
	__atomic_store_n(&p->out[head % OUT_RING], c, __ATOMIC_RELAXED);
	atomic_store_explicit(&p->out_head, head + 1, memory_order_release);
}

/* The oldest byte that waits; false when it was overwritten. The place of the byte being written
 * is not ours either, so a ring holds one less than its size. */
static inline bool ring_peek(const struct console_port *p, u8 *c)
{
	u32 tail = atomic_load_explicit(&p->out_tail, memory_order_relaxed);

	*c = __atomic_load_n(&p->out[tail % OUT_RING], __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_acquire);
	return ring_pending(p) < OUT_RING;
}

/* ---- the ring of a port's input: one writer (the receiver's lock), one reader (the device's) -- */

static inline bool input_is_full(const struct console_port *p)
{
	return atomic_load_explicit(&p->in_head, memory_order_relaxed) -
		       atomic_load_explicit(&p->in_tail, memory_order_acquire) ==
	       CONSOLE_IN_RING;
}

static inline void input_add(struct console_port *p, u8 c)
{
	u32 head = atomic_load_explicit(&p->in_head, memory_order_relaxed);

	p->in[head % CONSOLE_IN_RING] = c;
	atomic_store_explicit(&p->in_head, head + 1, memory_order_release);
}

static inline bool input_take(struct console_port *p, u8 *c)
{
	u32 tail = atomic_load_explicit(&p->in_tail, memory_order_relaxed);

	if (atomic_load_explicit(&p->in_head, memory_order_acquire) == tail)
		return false;
	*c = p->in[tail % CONSOLE_IN_RING];
	atomic_store_explicit(&p->in_tail, tail + 1, memory_order_release);
	return true;
}
