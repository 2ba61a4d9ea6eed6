/* SPDX-License-Identifier: Apache-2.0 */
/*
 * used <= size always holds, and every byte at or above `used` is the arena's own. Alignment is
 * that of the address, not of the offset: the memory handed down may start anywhere. Memory is
 * zeroed when it is given, because a rewind leaves old bytes behind.
 */
#include <base/arena.h>
#include <base/str.h>

void arena_init(struct arena *a, void *mem, size_t size)
{
	*a = (struct arena){ .base = (u8 *)mem, .size = size };
}

static void *arena_refuse(struct arena *a)
{
	a->exhausted = true;
	return NULL;
}

void *arena_alloc(struct arena *a, size_t size, size_t align)
{
	uintptr_t at = (uintptr_t)a->base + a->used;
	size_t pad = (size_t)(0 - at) & (align - 1);
	size_t left = a->size - a->used;
	u8 *p;

	if (pad > left || size > left - pad)
		return arena_refuse(a);
	p = a->base + a->used + pad;
	a->used += pad + size;
	return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t n, size_t size, size_t align)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		return arena_refuse(a);
	return arena_alloc(a, total, align);
}

char *arena_strdup(struct arena *a, const char *s, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		return (char *)arena_refuse(a);
	copy = (char *)arena_alloc(a, n + 1, 1);
	if (copy && n)
		memcpy(copy, s, n);
	return copy;
}

size_t arena_mark(const struct arena *a)
{
	return a->used;
}

void arena_rewind(struct arena *a, size_t mark)
{
	if (mark < a->used)
		a->used = mark;
}
