/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What we ask of the compiler beyond the language. Both gcc (12 and later) and clang (14 and
 * later) understand every line here; nothing in this file depends on an ISA.
 */
#pragma once

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As in C's assert.h, which spells it the same way and may be included, too. */
#define static_assert _Static_assert

#define likely(x)	       __builtin_expect(!!(x), 1)
#define unlikely(x)	       __builtin_expect(!!(x), 0)
#define noreturn_fn	       __attribute__((noreturn))
#define cold_fn		       __attribute__((cold))
#define always_inline	       inline __attribute__((always_inline))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define must_use	       __attribute__((warn_unused_result))
#define in_section(s)	       __attribute__((section(s), used))
#define not_cleared	       __attribute__((section(".bss.noinit"))) /* large, and not read before written */

#define array_size(a) (sizeof(a) / sizeof((a)[0]))

/* The struct that embeds @member, given a pointer to that member. (clang-format 14 would take
 * the minus for a sign.) */
/* clang-format off */
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))
/* clang-format on */

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
