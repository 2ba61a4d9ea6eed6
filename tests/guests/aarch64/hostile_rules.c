/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nobody answers, for VMs whose file says what becomes of it: ignored, or the VM's end. A counter
 * of performance is a register that guests do not have; an exclusive access is one that no device answers.
 */
#include "hostile.h"

#define read_counter(v)	 __asm__ volatile("mrs %0, pmcr_el0" : "=r"(v))
#define write_counter(v) __asm__ volatile("msr pmcr_el0, %0" ::"r"(v))
#define exclusive(at)                                                    \
	({                                                               \
		u64 v_;                                                  \
		__asm__ volatile("ldxr %0, [%1]" : "=&r"(v_) : "r"(at)); \
	})

static void rules_ignored(void)
{
	u64 v = 0;

	for (u32 width = 1; width <= 8; width *= 2) {
		check_eq(TRAP_OF(v = read_width(NOWHERE, width)).n, 0);
		check_eq(v, UINT64_MAX >> (64 - 8 * width));
		check_eq(TRAP_OF(write_width(NOWHERE, width, 1)).n, 0);
	}
	v = 0;
	check_eq(TRAP_OF(read_counter(v)).n, 0);
	check_eq(v, UINT64_MAX);
	check_eq(TRAP_OF(write_counter(v)).n, 0);
	check_eq(TRAP_OF(exclusive(UART_BASE)).n, 0);
	/* There is no way round this one. */
	check_abort(TRAP_OF(call_at(NOWHERE)), EC_IABT, NOWHERE);
}

static void rules_reference(void)
{
	check(TRAP_OF(read_width(NOWHERE, 4)).n == 2);
}

static void rules_register(void)
{
	u64 v;

	check(TRAP_OF(read_counter(v)).n == 2);
}

static void rules_instruction(void)
{
	check(TRAP_OF(exclusive(UART_BASE)).n == 2);
}

static const struct test modes[] = {
	{ "rules_ignored", rules_ignored },
	{ "rules_reference", rules_reference },
	{ "rules_register", rules_register },
	{ "rules_instruction", rules_instruction },
};

const struct modes modes_rules = { modes, array_size(modes) };
