/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cold texts (base/cold.h) are put where they are linked by whoever wants the first of them. What
 * is packed was made of what is linked, so a failure is a mistake of the build.
 */
#include "texts.h"

#include <stdatomic.h>

#include <base/cold.h>
#include <base/spinlock.h>
#include <core/panic.h>
#include <lib/image.h>

/* linker script */
extern u8 image_texts_start[], image_texts_end[];
extern const u8 image_packed_start[], image_packed_end[];

static struct spinlock lock;
static _Atomic bool are_there;
static not_cleared alignas(16) u8 state[GUNZIP_STATE_SIZE];

static void unpack_once(void)
{
	struct span in =
		span_of(image_packed_start, (size_t)(image_packed_end - image_packed_start));
	u8 *out = image_texts_start;
	size_t room = (size_t)(image_texts_end - image_texts_start);
	struct gunzip *g;
	enum status st = gunzip_init(&g, state);

	if (st == OK)
		st = gunzip_run(g, &in, &out, &room);
	BUG_ON(st != E_NOTFOUND || room);
}

static void unpack(void)
{
	if (atomic_load_explicit(&are_there, memory_order_acquire))
		return;
	spin_lock(&lock);
	if (!atomic_load_explicit(&are_there, memory_order_relaxed))
		unpack_once();
	atomic_store_explicit(&are_there, true, memory_order_release);
	spin_unlock(&lock);
}

void texts_init(void)
{
	static struct cold_texts texts = { .unpack = unpack };

	texts.base = (uintptr_t)image_texts_start;
	texts.len = (size_t)(image_texts_end - image_texts_start);
	cold_texts = &texts;
}
