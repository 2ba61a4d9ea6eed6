/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to firmware: numbers nobody knows, arguments nobody means.
 */
#include "hostile.h"

/* What would end or stop this guest, which is other modes' business. */
static bool is_fatal(u32 fn)
{
	switch (fn & ~(1u << 30)) {
	case PSCI_CPU_OFF:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_CPU_SUSPEND & ~(1u << 30):
	case PSCI_CPU_ON & ~(1u << 30):
		return true;
	default:
		return false;
	}
}

static bool is_known(u32 fn)
{
	switch (fn) {
	case PSCI_VERSION:
	case PSCI_FEATURES:
	case PSCI_MIGRATE_TYPE:
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO & ~(1u << 30):
	case SMCCC_VERSION:
	case 0x80000001:
		return true;
	default:
		return false;
	}
}

static void call_both(struct call *c, u32 which)
{
	if (which & 1)
		hvc_call(c);
	else
		smc_call(c);
}

/* Every service's first numbers, fast and yielding, 32 and 64 bits. */
static void unknown_calls(void)
{
	for (u32 top = 0; top < 256; top++) {
		for (u32 low = 0; low < 34; low++) {
			u32 fn = top << 24 | (low < 32 ? low : low == 32 ? 0xff01 : 0xffff);
			struct call c = { .x = { fn, UINT64_MAX, UINT64_MAX, UINT64_MAX } };

			if (is_fatal(fn))
				continue;
			call_both(&c, low);
			if (!is_known(fn))
				check_at(c.x[0] == UINT64_MAX, __FILE_NAME__, __LINE__,
					 "0x%x answers 0x%llx", fn, (unsigned long long)c.x[0]);
		}
	}
}

static void random_calls(void)
{
	u64 seed = now() | 1;

	for (u32 i = 0; i < 20000; i++) {
		struct call c, was;

		for (u32 k = 0; k < array_size(c.x); k++)
			c.x[k] = random_next(&seed);
		if (i & 2)
			c.x[0] = (c.x[0] & UINT64_C(0xffffffff00000000)) | 0x84000000 |
				 (c.x[0] & 0x4000001f);
		if (is_fatal((u32)c.x[0]))
			continue;
		was = c;
		call_both(&c, i);
		for (u32 k = 4; k < array_size(c.x); k++)
			check_eq(c.x[k], was.x[k]);
	}
}

/* Immediates other than zero, with the numbers of good calls. */
static void call_immediates(void)
{
#define CALL(insn)                                                              \
	({                                                                      \
		register u64 x0_ __asm__("x0") = 0x84000042;                    \
		trap_begin();                                                   \
		x0_ = 0x84000042;                                               \
		__asm__ volatile(insn : "+r"(x0_)::"x1", "x2", "x3", "memory"); \
		u64 got_ = x0_;                                                 \
		struct trap t_ = trap_end();                                    \
		check_harmless(t_, insn);                                       \
		check(t_.n || got_ == UINT64_MAX);                              \
	})
	CALL("hvc #1");
	CALL("hvc #0xffff");
	CALL("hvc #0x4a48");
	CALL("hvc #0xea1");
	CALL("smc #1");
	CALL("smc #0xffff");
#undef CALL
}

static void psci_nonsense(void)
{
	static const u64 odd[] = { 0,	       1,	2,	  0x100,   0xff,
				   BIT(31),    BIT(32), BIT(39),  BIT(63), UINT32_MAX,
				   UINT64_MAX, NOWHERE, UART_BASE };
	static const u32 fns[] = { PSCI_AFFINITY_INFO, PSCI_FEATURES, PSCI_MIGRATE_TYPE, 0x84000005,
				   0x84000007,	       0x8400000b,    0xc400000c,	 0xc400000d,
				   0xc400000e,	       0x8400000f,    0xc4000010,	 0xc4000012,
				   0x84000013,	       0xc4000014 };

	for (u32 f = 0; f < array_size(fns); f++) {
		for (u32 i = 0; i < array_size(odd) * array_size(odd); i++) {
			s64 r = hvc(fns[f], odd[i % array_size(odd)], odd[i / array_size(odd)],
				    odd[i % 7]);

			check(r >= -9 && r <= 2);
		}
	}
}

/* A vCPU is not started where there is nothing to execute. */
static void cpu_on_outside(void)
{
	static const u64 entries[] = {
		0,	     NOWHERE,	 UART_BASE,	 GICD_BASE,   BIT(40),
		BIT(63),     UINT64_MAX, UINT64_MAX - 3, NOEXEC_BASE, NOEXEC_BASE + EXTRA_SIZE,
		RAM_BASE - 4
	};

	for (u32 i = 0; i < array_size(entries); i++)
		check_eq(hvc(PSCI_CPU_ON, 1, entries[i], 0), PSCI_INVALID_ADDRESS);
	for (u64 target = 2; target < 64; target++)
		check_eq(hvc(PSCI_CPU_ON, target << (target % 40), (u64)secondary_entry, 0),
			 PSCI_INVALID_PARAMETERS);
	check_eq(hvc(PSCI_AFFINITY_INFO, 1, 0, 0), 1);
}

/* Whatever state it asks for, an interrupt that is pending ends it, and the call returns. */
static void suspend_nonsense(void)
{
	static const u64 states[] = { 0, 1, BIT(16), BIT(30), UINT32_MAX, UINT64_MAX };

	for (u32 i = 0; i < array_size(states); i++) {
		irq_raise(44, 0x50);
		check_eq(hvc(PSCI_CPU_SUSPEND, states[i], NOWHERE, UINT64_MAX), PSCI_OK);
		check_eq(irq_ack(), 44);
		irq_end(44);
	}
}

/* Started between two instructions, into data: its exceptions go nowhere, and it goes on so. */
static void cpu_on_into_data(void)
{
	s64 r = hvc(PSCI_CPU_ON, 1, READONLY_BASE + 2, 0);

	check(r == PSCI_OK || r == PSCI_INVALID_ADDRESS);
	delay_ms(100);
}

static const struct test modes[] = {
	{ "unknown_calls", unknown_calls },	  { "random_calls", random_calls },
	{ "call_immediates", call_immediates },	  { "psci_nonsense", psci_nonsense },
	{ "cpu_on_outside", cpu_on_outside },	  { "cpu_on_into_data", cpu_on_into_data },
	{ "suspend_nonsense", suspend_nonsense },
};

const struct modes modes_calls = { modes, array_size(modes) };
