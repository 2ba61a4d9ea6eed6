/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bump allocator over memory that the caller hands down. Nothing is freed alone: an arena dies
 * whole, with the thing it served. Memory comes back zeroed.
 */
#pragma once

#include <base/types.h>

struct arena {
	u8 *base;
	size_t size;
	size_t used;
	bool exhausted; /* an allocation failed: evidence for a message */
};

void arena_init(struct arena *a, void *mem, size_t size);

/* @size zeroed bytes at an address that is a multiple of @align (a power of two), or NULL. */
void *arena_alloc(struct arena *a, size_t size, size_t align);

/* As arena_alloc for @n elements, with the product checked. */
void *arena_array(struct arena *a, size_t n, size_t size, size_t align);

/* A NUL-terminated copy of @n bytes, or NULL. */
char *arena_strdup(struct arena *a, const char *s, size_t n);

/* Where we are; give it to arena_rewind() to drop everything allocated since. */
size_t arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, size_t mark);

#define arena_new(a, T)	     ((T *)arena_alloc((a), sizeof(T), alignof(T)))
#define arena_new_n(a, T, n) ((T *)arena_array((a), (n), sizeof(T), alignof(T)))
