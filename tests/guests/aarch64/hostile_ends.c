/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modes this guest does not come back from: what becomes of it, the hypervisor's log and the list
 * of consoles tell.
 */
#include "hostile.h"

void wipe(u64 from, u64 to, u64 with);
void stackless(u64 sp);

static void vectors_nowhere(void)
{
	reg_write(vbar_el1, NOWHERE);
	__asm__ volatile("brk #1" ::: "memory");
}

/* Vectors in a device: each exception is one more fetch from there. */
static void vectors_device(void)
{
	reg_write(vbar_el1, UART_BASE);
	__asm__ volatile("brk #1" ::: "memory");
}

/* The vectors are there, but nothing to save a register in. */
static void stack_nowhere(void)
{
	stackless(NOWHERE + 0x1000);
}

static void tables_nowhere(void)
{
	reg_write(ttbr0_el1, NOWHERE);
	__asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
}

/* All of memory, with its tree and itself: undefined instructions, and vectors of them. */
static void wipe_memory(void)
{
	wipe(RAM_BASE, RAM_BASE + arg_u64("mem", MIB(16)), UINT64_MAX);
}

static void spin_forever(void)
{
	__asm__ volatile("msr daifset, #15\n1:\tb 1b" ::: "memory");
}

static void sleep_forever(void)
{
	irq_reset();
	write32(GICD_BASE + GICD_CTLR, 0);
	for (;;)
		wait_irq();
}

static void other_goes(u64 arg)
{
	(void)arg;
}

static void all_off(void)
{
	if (n_cpus() > 1) {
		check_eq(cpu_start(1, other_goes, 0), PSCI_OK);
		check(cpu_join(1));
	}
	hvc(PSCI_CPU_OFF, 0, 0, 0);
	say("not ok: still here");
}

static void reset(void)
{
	hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
	say("not ok: still here");
}

/* Numbers from chance as instructions, with vectors among them. */
static void random_code(void)
{
	u64 seed = arg_u64("seed", 0) ? arg_u64("seed", 0) : now() | 1;
	u64 from = RAM_BASE + MIB(8);

	say("# seed 0x%llx", (unsigned long long)seed);
	for (u64 at = from; at < from + MIB(4); at += 8)
		*(volatile u64 *)at = random_next(&seed);
	reg_write(vbar_el1, from);
	__asm__ volatile(
		"dsb sy\n\tic iallu\n\tdsb sy\n\tisb\n\tmov sp, %0\n\tbr %0" ::"r"(from + MIB(2))
		: "memory");
}

static void off(void)
{
	power_off();
}

static const struct test modes[] = {
	{ "vectors_nowhere", vectors_nowhere },
	{ "vectors_device", vectors_device },
	{ "stack_nowhere", stack_nowhere },
	{ "tables_nowhere", tables_nowhere },
	{ "wipe_memory", wipe_memory },
	{ "spin_forever", spin_forever },
	{ "sleep_forever", sleep_forever },
	{ "all_off", all_off },
	{ "reset", reset },
	{ "random_code", random_code },
	{ "off", off },
};

const struct modes modes_ends = { modes, array_size(modes) };
