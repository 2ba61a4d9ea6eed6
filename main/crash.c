/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot option crash=KIND: break an invariant on purpose, to see (and test) what the last words
 * look like and that the address space refuses what it should refuse.
 */
#include "crash.h"

#include <core/panic.h>
#include <port/arch.h>

static void crash_bug(void)
{
	BUG_ON(1 + 1 == 2);
}

static void crash_read(void)
{
	/* The compiler must not know that nothing is there. */
	uintptr_t nowhere = arch_cycles() & 0xf0;

	(void)*(volatile u8 *)nowhere;
}

/* Code is not writable. */
static void crash_text(void)
{
	*(volatile u32 *)(uintptr_t)&crash_bug = 0;
}

/* Constants are not writable either. */
static void crash_rodata(void)
{
	static const u32 constant = 1;

	*(volatile u32 *)(uintptr_t)&constant = 2;
}

/* Data is not executable. */
static void crash_exec(void)
{
	static u32 code[4];

	((void (*)(void))(uintptr_t)code)();
}

/* Each frame is used after the call, so none is given up before. */
static u32 overflow(u32 depth) /* NOLINT(misc-no-recursion): on purpose */
{
	volatile u32 frame[64];

	frame[0] = depth;
	frame[1] = depth < 100000 ? overflow(depth + 1) : 0;
	return frame[0] + frame[1];
}

static void crash_stack(void)
{
	overflow(0);
}

static const struct {
	const char *name;
	void (*fn)(void);
} kinds[] = {
	{ "bug", crash_bug },	    { "read", crash_read }, { "text", crash_text },
	{ "rodata", crash_rodata }, { "exec", crash_exec }, { "stack", crash_stack },
};

bool crash(struct str kind)
{
	for (u32 i = 0; i < array_size(kinds); i++) {
		if (str_eq_c(kind, kinds[i].name))
			kinds[i].fn();
	}
	return false;
}
