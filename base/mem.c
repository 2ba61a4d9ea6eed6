/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mem and str functions that compilers and third-party parts call; target only. They are for
 * memory with the MMU on, not for devices: words may be read at any address where the ISA allows
 * that. Build with -fno-builtin -fno-tree-loop-distribute-patterns: otherwise the compiler
 * recognises each loop as what it implements, and calls it. All memory is seen as bytes or as
 * words that may alias anything.
 */
#include <base/str.h>

typedef u64 __attribute__((may_alias)) word;

/* At any address, for memory only: the compiler knows how the ISA reads it best. Only the member is
 * copied: of the whole it may make a call of memcpy(). */
struct loose_word {
	word w;
} __attribute__((packed));

#define WORD sizeof(word)

static inline bool word_aligned(const void *p)
{
	return ((uintptr_t)p & (WORD - 1)) == 0;
}

/* Both addresses reach word alignment after the same number of bytes. */
static inline bool same_phase(const void *a, const void *b)
{
	return (((uintptr_t)a ^ (uintptr_t)b) & (WORD - 1)) == 0;
}

/* All loads come first: the compiler cannot know whether the two overlap, and may pair them. */
static inline void copy_four(word *d, const word *s)
{
	word a = s[0], b = s[1], c = s[2], e = s[3];

	d[0] = a;
	d[1] = b;
	d[2] = c;
	d[3] = e;
}

static void copy_up(u8 *d, const u8 *s, size_t n)
{
	if (same_phase(d, s)) {
		for (; n && !word_aligned(d); n--)
			*d++ = *s++;
		for (; n >= 4 * WORD; n -= 4 * WORD, d += 4 * WORD, s += 4 * WORD)
			copy_four((word *)(void *)d, (const word *)(const void *)s);
		for (; n >= WORD; n -= WORD, d += WORD, s += WORD)
			*(word *)(void *)d = *(const word *)(const void *)s;
	}
	for (; n >= WORD; n -= WORD, d += WORD, s += WORD)
		((struct loose_word *)(void *)d)->w =
			((const struct loose_word *)(const void *)s)->w;
	for (; n; n--)
		*d++ = *s++;
}

/* From the last byte to the first; @d and @s are the ends. */
static void copy_down(u8 *d, const u8 *s, size_t n)
{
	if (same_phase(d, s)) {
		for (; n && !word_aligned(d); n--)
			*--d = *--s;
		for (; n >= WORD; n -= WORD) {
			d -= WORD;
			s -= WORD;
			*(word *)(void *)d = *(const word *)(const void *)s;
		}
	}
	for (; n; n--)
		*--d = *--s;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	copy_up((u8 *)dst, (const u8 *)src, n);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = (u8 *)dst;
	const u8 *s = (const u8 *)src;

	/* Wraps to a large number when dst is below src: then copying upwards is safe as well. */
	if ((uintptr_t)d - (uintptr_t)s >= n)
		copy_up(d, s, n);
	else
		copy_down(d + n, s + n, n);
	return dst;
}

/* The words at both ends may lie over others: the same is written twice. */
static void set_words(u8 *d, word w, size_t n)
{
	u8 *last = d + n - WORD;

	((struct loose_word *)(void *)d)->w = w;
	for (d += WORD - ((uintptr_t)d & (WORD - 1)); d + 8 * WORD <= last; d += 8 * WORD) {
		copy_four((word *)(void *)d, (const word[4]){ w, w, w, w });
		copy_four((word *)(void *)d + 4, (const word[4]){ w, w, w, w });
	}
	for (; d < last; d += WORD)
		*(word *)(void *)d = w;
	((struct loose_word *)(void *)last)->w = w;
}

void *memset(void *dst, int c, size_t n)
{
	u8 *d = (u8 *)dst;

	if (n >= WORD)
		set_words(d, (u8)c * UINT64_C(0x0101010101010101), n);
	else
		for (; n; n--)
			*d++ = (u8)c;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = (const u8 *)a;
	const u8 *y = (const u8 *)b;

	for (; n >= WORD; n -= WORD, x += WORD, y += WORD) {
		if (((const struct loose_word *)(const void *)x)->w !=
		    ((const struct loose_word *)(const void *)y)->w)
			break;
	}
	for (; n; n--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = (const u8 *)s;

	for (; n; n--, p++) {
		if (*p == (u8)c)
			return (void *)(uintptr_t)p;
	}
	return NULL;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a == *b && *a) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (!*s)
			return NULL;
	}
	return (char *)(uintptr_t)s;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)(uintptr_t)last;
}
