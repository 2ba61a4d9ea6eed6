/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every encoding of a system register, read and written with several values, and every encoding
 * of a system instruction. Nothing but "undefined" and a value may come of it; above all nothing
 * that belongs to the levels above.
 */
#include "hostile.h"
#include "sweep.h"

#define FIRST_REG SWEEP_KEY(2, 0, 0, 0, 0)
#define FIRST_SYS SWEEP_KEY(1, 0, 0, 0, 0)

/* Registers of EL2 and EL3 are op1 4 and 6; 5 and 7 are aliases and secure ones. */
static bool is_of_others(u32 key)
{
	return key >= SWEEP_KEY(3, 0, 0, 0, 0) && (key >> 11 & 7) >= 4;
}

/* Where FEAT_IDST is, what is not allocated among the ID registers says which it was. */
static bool is_id_space(u32 key)
{
	u32 op1 = key >> 11 & 7;

	return key >= SWEEP_KEY(3, 0, 0, 0, 0) && (op1 < 2 || op1 == 3) && (key >> 7 & 15) == 0;
}

static void expect_undefined(u32 key, struct trap t, const char *what)
{
	u32 ec = trap_ec(t);

	if (t.n == 0 && !is_of_others(key))
		return;
	/* 0x07, 0x19, 0x1d: FP, SVE and SME switched off by the guest itself */
	if (ec == EC_SYS64 && is_id_space(key))
		return;
	check_at(t.n == 1 && (ec == EC_UNKNOWN || ec == 0x07 || ec == 0x19 || ec == 0x1d),
		 __FILE_NAME__, __LINE__, "%s %s: %u traps, esr 0x%llx", what, sweep_name(key), t.n,
		 (unsigned long long)t.esr);
}

static void register_reads(void)
{
	u64 value;

	for (u32 key = FIRST_REG; key < SWEEP_ALL; key++)
		expect_undefined(key, sweep_read(key, &value), "mrs");
}

/* A register's value must not be needed between writing it and putting it back. */
static void register_writes(void)
{
	u64 seed = now() | 1;

	irq_off();
	for (u32 key = FIRST_REG; key < SWEEP_ALL; key++) {
		u64 old = 0;
		bool readable;

		if (sweep_is_vital(key))
			continue;
		readable = sweep_read(key, &old).n == 0;
		for (u32 i = 0; i < 3; i++) {
			u64 value = i == 0 ? 0 : i == 1 ? UINT64_MAX : random_next(&seed);

			expect_undefined(key, sweep_write(key, value), "msr");
		}
		if (readable)
			sweep_write(key, old);
	}
	irq_reset();
	while (irq_ack() < 1020)
		;
}

/* Cache, address and TLB instructions, and whatever lies between; of an address nobody has. */
static void system_instructions(void)
{
	for (u32 key = FIRST_SYS; key < FIRST_REG; key++) {
		struct trap t = sweep_write(key, NOWHERE);
		u32 ec = trap_ec(t);

		check_at(t.n == 0 || ec == EC_UNKNOWN || ec == EC_DABT, __FILE_NAME__, __LINE__,
			 "sys %s: esr 0x%llx", sweep_name(key), (unsigned long long)t.esr);
	}
}

/* Vital ones with bits that do not exist, and with what would give power: put back at once. */
static void vital_registers(void)
{
	u64 sctlr = reg_read(sctlr_el1);
	u64 tcr = reg_read(tcr_el1);

	reg_write(sctlr_el1, sctlr | BITS(63, 32) | BIT(30) | BIT(31) | BIT(27) | BIT(13));
	reg_write(sctlr_el1, sctlr);
	reg_write(sctlr_el1, sctlr & ~(SCTLR_M | SCTLR_C | SCTLR_I));
	reg_write(sctlr_el1, sctlr);
	reg_write(tcr_el1, tcr | BITS(63, 59) | BIT(39) | BIT(40));
	reg_write(tcr_el1, tcr);
	__asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
	check_eq(reg_read(sctlr_el1) & SCTLR_M, SCTLR_M);
}

/* The single-step and breakpoint machinery is not the guest's. */
static void debug_machinery(void)
{
	reg_write(oslar_el1, 0);
	reg_write(mdscr_el1, BIT(0) | BIT(13) | BIT(15));
	reg_write(dbgbvr0_el1, (u64)debug_machinery);
	reg_write(dbgbcr0_el1, 0x1e7);
	reg_write(dbgwvr0_el1, (u64)cpus);
	reg_write(dbgwcr0_el1, 0x1fff);
	struct trap t =
		TRAP_OF(__asm__ volatile("msr daifclr, #8\n\tisb\n\tnop\n\tmsr daifset, #8" ::
						 : "memory"));

	check_eq(t.n, 0);
	t = TRAP_OF(__asm__ volatile("hlt #0" ::: "memory"));
	check_eq(trap_ec(t), EC_UNKNOWN);
	t = TRAP_OF(__asm__ volatile("dcps1 #0" ::: "memory"));
	check_eq(trap_ec(t), EC_UNKNOWN);
	t = TRAP_OF(__asm__ volatile("dcps2 #0" ::: "memory"));
	check_eq(trap_ec(t), EC_UNKNOWN);
	t = TRAP_OF(__asm__ volatile("brk #0xf000" ::: "memory"));
	check_eq(trap_ec(t), EC_BRK);
	reg_write(mdscr_el1, 0);
}

static const struct test modes[] = {
	{ "register_reads", register_reads },		{ "register_writes", register_writes },
	{ "system_instructions", system_instructions }, { "vital_registers", vital_registers },
	{ "debug_machinery", debug_machinery },
};

const struct modes modes_regs = { modes, array_size(modes) };
