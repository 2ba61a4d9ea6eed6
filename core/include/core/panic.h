/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Broken invariants of ours. Nothing a guest or a configuration can do gets here.
 */
#pragma once

#include <base/compiler.h>
#include <base/types.h>

/* Print where, why, registers and a symbolised backtrace; stop the machine. */
noreturn_fn cold_fn void panic_at(const char *file, int line, const char *format, ...)
	printf_like(3, 4);

#define panic(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)

#define BUG_ON(cond)                             \
	do {                                     \
		if (unlikely(cond))              \
			panic("BUG: %s", #cond); \
	} while (0)

/* What follows the last words; PANIC_HALT unless told. */
enum panic_end {
	PANIC_HALT,
	PANIC_POWER_OFF, /* an emulator, where a test waits for the end */
};
void panic_set_power_off(enum panic_end end);
/* The last line of a panic; lives for ever. */
void panic_set_version(const char *text);
