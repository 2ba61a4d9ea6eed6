/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSCI 1.1 (DEN0022) and the SMC calling convention (DEN0028), by HVC and by SMC.
 */
#include "honest.h"

static volatile u64 arg_seen, n_started;

static void remember(u64 arg)
{
	arg_seen = arg;
	n_started = n_started + 1;
}

static void version(void)
{
	check_eq(hvc(PSCI_VERSION, 0, 0, 0), 0x10001);
	check_eq(smc(PSCI_VERSION, 0, 0, 0), 0x10001);
	check(hvc(SMCCC_VERSION, 0, 0, 0) >= 0x10001);
	check_eq(hvc(PSCI_MIGRATE_TYPE, 0, 0, 0), 2);
}

static void features(void)
{
	static const u32 known[] = {
		PSCI_VERSION,	   PSCI_CPU_SUSPEND,   PSCI_CPU_OFF,	PSCI_CPU_ON,
		PSCI_CPU_ON_32,	   PSCI_AFFINITY_INFO, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET,
		PSCI_MIGRATE_TYPE, PSCI_FEATURES,      SMCCC_VERSION,
	};
	static const u32 unknown[] = { 0x84000005, 0x84000007, 0xc400000e, 0x8400001f, 0, 0x42 };

	for (u32 i = 0; i < array_size(known); i++)
		check_at(hvc(PSCI_FEATURES, known[i], 0, 0) == 0, __FILE_NAME__, __LINE__,
			 "0x%x is not known", known[i]);
	for (u32 i = 0; i < array_size(unknown); i++)
		check_at(hvc(PSCI_FEATURES, unknown[i], 0, 0) == PSCI_NOT_SUPPORTED, __FILE_NAME__,
			 __LINE__, "0x%x is known", unknown[i]);
}

/* What nobody serves is -1 in all of x0, and nothing else changes. */
static void unknown_calls(void)
{
	static const u32 ids[] = { 0x84000042, 0xc4000042, 0x00000000, 0x80007fff,
				   0xc3000001, 0xbf00ff01, 0x86000000, 0xffffffff };

	for (u32 i = 0; i < array_size(ids); i++) {
		struct call c = { 0 };

		for (u32 k = 0; k < array_size(c.x); k++)
			c.x[k] = 0x1111111111111111 * (k % 15);
		c.x[0] = ids[i];
		if (i % 2)
			hvc_call(&c);
		else
			smc_call(&c);
		check_eq(c.x[0], PSCI_NOT_SUPPORTED);
		for (u32 k = 4; k < array_size(c.x); k++)
			check_eq(c.x[k], 0x1111111111111111 * (k % 15));
	}
}

/* SMCCC 1.1: x4 to x17 are kept, whether a call is served or not. */
static void registers_kept(void)
{
	struct call c = { 0 };

	for (u32 k = 1; k < array_size(c.x); k++)
		c.x[k] = 0x0101010101010101 * k;
	c.x[0] = PSCI_VERSION;
	hvc_call(&c);
	check_eq(c.x[0], 0x10001);
	for (u32 k = 4; k < array_size(c.x); k++)
		check_eq(c.x[k], 0x0101010101010101 * k);
	c.x[0] = PSCI_AFFINITY_INFO;
	c.x[1] = 0;
	c.x[2] = 0;
	smc_call(&c);
	check_eq(c.x[0], 0);
	for (u32 k = 4; k < array_size(c.x); k++)
		check_eq(c.x[k], 0x0101010101010101 * k);
}

static void affinity_info(void)
{
	u32 n = n_cpus();

	check_eq(hvc(PSCI_AFFINITY_INFO, 0, 0, 0), 0);
	check_eq(hvc(0x84000004, 0, 0, 0), 0); /* the 32-bit call */
	for (u32 i = 1; i < n; i++)
		check_eq(hvc(PSCI_AFFINITY_INFO, i, 0, 0), 1);
	check_eq(hvc(PSCI_AFFINITY_INFO, n, 0, 0), PSCI_INVALID_PARAMETERS);
	check_eq(hvc(PSCI_AFFINITY_INFO, 0x100, 0, 0), PSCI_INVALID_PARAMETERS);
	check_eq(hvc(PSCI_AFFINITY_INFO, BIT(40), 0, 0), PSCI_INVALID_PARAMETERS);
	check_eq(hvc(PSCI_AFFINITY_INFO, BIT(31), 0, 0), PSCI_INVALID_PARAMETERS);
	check_eq(hvc(PSCI_AFFINITY_INFO, 0, 1, 0), PSCI_INVALID_PARAMETERS);
}

static void cpu_on_mistakes(void)
{
	u64 entry = (u64)secondary_entry;

	check_eq(hvc(PSCI_CPU_ON, 0, entry, 0), PSCI_ALREADY_ON);
	check_eq(hvc(PSCI_CPU_ON, n_cpus(), entry, 0), PSCI_INVALID_PARAMETERS);
	check_eq(hvc(PSCI_CPU_ON, 0x10000, entry, 0), PSCI_INVALID_PARAMETERS);
	check_eq(hvc(PSCI_CPU_ON, BIT(24), entry, 0), PSCI_INVALID_PARAMETERS);
	if (n_cpus() < 2)
		return;
	check_eq(hvc(PSCI_CPU_ON, 1, NOWHERE, 0), PSCI_INVALID_ADDRESS);
	check_eq(hvc(PSCI_CPU_ON, 1, UART_BASE, 0), PSCI_INVALID_ADDRESS);
	check_eq(hvc(PSCI_CPU_ON, 1, BIT(44), 0), PSCI_INVALID_ADDRESS);
	check_eq(hvc(PSCI_CPU_ON, 1, UINT64_MAX & ~3ull, 0), PSCI_INVALID_ADDRESS);
	check_eq(hvc(PSCI_CPU_ON, 1, NOEXEC_BASE, 0), PSCI_INVALID_ADDRESS);
	check_eq(hvc(PSCI_AFFINITY_INFO, 1, 0, 0), 1);
}

static void cpu_on(void)
{
	const struct entry_state *e = &cpus[1].entry;

	if (n_cpus() < 2)
		return;
	arg_seen = 0;
	check_eq(cpu_start(1, remember, 0x123456789abcdef0), PSCI_OK);
	check(WAIT_FOR(arg_seen == 0x123456789abcdef0, LONG_MS));
	check(cpu_join(1));
	/* How it found its registers: the context in x0, the rest as at reset. */
	check_eq(e->x[0], &cpus[1]);
	for (u32 i = 1; i < 30; i++)
		check_eq(e->x[i], 0);
	check_eq(e->current_el, 1 << 2);
	check_eq(e->daif, PSTATE_DAIF);
	check_eq(e->sctlr & (SCTLR_M | SCTLR_C), 0);
	check_eq(e->mpidr, BIT(31) | 1);
	check_eq(e->spsel, 1);
}

/* The 32-bit call takes the low halves of its arguments. */
static void cpu_on_32(void)
{
	if (n_cpus() < 2)
		return;
	arg_seen = 0;
	cpus[1].fn = remember;
	cpus[1].arg = 77;
	sync_all();
	check_eq(hvc(PSCI_CPU_ON_32, 1 | BIT(33), (u64)secondary_entry | BIT(45),
		     (u64)&cpus[1] | BIT(50)),
		 PSCI_OK);
	check(WAIT_FOR(arg_seen == 77, LONG_MS));
	check(cpu_join(1));
}

static volatile u32 hold_on;

static void hold(u64 arg)
{
	(void)arg;
	while (hold_on)
		wait_event();
}

static void cpu_on_twice(void)
{
	if (n_cpus() < 2)
		return;
	hold_on = 1;
	check_eq(cpu_start(1, hold, 0), PSCI_OK);
	/* Pending first, then on: never a second start. */
	for (u32 i = 0; i < 50; i++) {
		s64 r = hvc(PSCI_CPU_ON, 1, (u64)secondary_entry, 0);

		check(r == PSCI_ALREADY_ON || r == PSCI_ON_PENDING);
	}
	check(WAIT_FOR(hvc(PSCI_AFFINITY_INFO, 1, 0, 0) == 0, LONG_MS));
	hold_on = 0;
	__asm__ volatile("dsb sy\n\tsev" ::: "memory");
	check(cpu_join(1));
}

static void on_and_off(void)
{
	if (n_cpus() < 2)
		return;
	n_started = 0;
	for (u32 i = 0; i < 30; i++) {
		check_eq(cpu_start(1, remember, i), PSCI_OK);
		if (!check(cpu_join(1)))
			return;
		check_eq(arg_seen, i);
	}
	check_eq(n_started, 30);
}

/* Suspend is a wait: it returns for an interrupt, all state kept. */
static void suspend(void)
{
	irq_reset();
	irq_enable(INTID_VTIMER);
	for (u32 i = 0; i < 3; i++) {
		timer_virt.set_cval(now() + ms_to_ticks(2));
		timer_virt.set_ctl(TIMER_ENABLE);
		/* Not before the deadline but for reasons of its own: then it is called again. */
		while (!(timer_virt.ctl() & TIMER_ISTATUS))
			check_eq(hvc(PSCI_CPU_SUSPEND, i & 1 ? BIT(16) : 0, (u64)secondary_entry,
				     0),
				 PSCI_OK);
		timer_virt.set_ctl(0);
	}
	irq_reset();
}

static const struct test tests[] = {
	{ "version", version },
	{ "features", features },
	{ "unknown_calls", unknown_calls },
	{ "registers_kept", registers_kept },
	{ "affinity_info", affinity_info },
	{ "cpu_on_mistakes", cpu_on_mistakes },
	{ "cpu_on", cpu_on },
	{ "cpu_on_32", cpu_on_32 },
	{ "cpu_on_twice", cpu_on_twice },
	{ "on_and_off", on_and_off },
	{ "suspend", suspend },
};

const struct suite suite_psci = { "psci", tests, array_size(tests) };
