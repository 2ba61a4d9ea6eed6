/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled twice: to assembly, from which the Makefile takes gen/asm-offsets.h, and with
 * OFFSETS_VERIFY as part of the image, where every line of that header is asserted against C.
 */
#include <arch/image.h>
#include <arch/types.h>

#define STACK_TOP_OFFSET (offsetof(struct arch_stacks, stack) + STACK_SIZE)

#ifdef OFFSETS_VERIFY
#include <asm-offsets.h>
#define OFFSET(name, type, member) static_assert(offsetof(type, member) == name, "stale " #name);
#define SIZE(name, type)	   static_assert(sizeof(type) == name, "stale " #name);
#include "offsets.def"
#else
#define EMIT(name, value)	   __asm__ volatile("\n.ascii \"->" #name " %c0\"" ::"i"(value))
#define OFFSET(name, type, member) EMIT(name, offsetof(type, member));
#define SIZE(name, type)	   EMIT(name, sizeof(type));

void offsets_emit(void);

void offsets_emit(void)
{
#include "offsets.def"
}
#endif

/* LDP and STP of pc and pstate, and of x0 and x1 at the front, need these to be neighbours. */
static_assert(offsetof(struct arch_vcpu, pstate) == offsetof(struct arch_vcpu, pc) + 8, "pair");
static_assert(offsetof(struct arch_vcpu, x) == 0, "general registers come first");
