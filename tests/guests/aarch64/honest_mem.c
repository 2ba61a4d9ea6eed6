/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory regions with fewer rights than all: read + execute at READONLY_BASE, read + write at
 * NOEXEC_BASE. What a region does not allow is an external abort at the address used.
 */
#include "honest.h"

static void readonly_reads(void)
{
	check_eq(read64(READONLY_BASE), 0);
	check_eq(read64(READONLY_BASE + EXTRA_SIZE - 8), 0);
}

static void check_abort(struct trap t, u32 ec, u64 far, u64 wnr)
{
	check_eq(t.n, 1);
	check_eq(trap_ec(t), ec);
	check_eq(t.far, far);
	check_eq(t.esr & ESR_FSC, FSC_EXTERNAL);
	check_eq(t.esr & ESR_WNR, wnr);
}

static void readonly_write_faults(void)
{
	check_abort(TRAP_OF(write64(READONLY_BASE + 64, 1)), EC_DABT, READONLY_BASE + 64, ESR_WNR);
	check_abort(TRAP_OF(write8(READONLY_BASE + EXTRA_SIZE - 1, 1)), EC_DABT,
		    READONLY_BASE + EXTRA_SIZE - 1, ESR_WNR);
	check_eq(read64(READONLY_BASE + 64), 0);
}

static void noexec_writes(void)
{
	write64(NOEXEC_BASE, 0x1122334455667788);
	check_eq(read64(NOEXEC_BASE), 0x1122334455667788);
	write64(NOEXEC_BASE, 0);
}

static void noexec_fetch_faults(void)
{
	write32(NOEXEC_BASE + 16, 0xd65f03c0); /* ret */
	check_abort(TRAP_OF(call_at(NOEXEC_BASE + 16)), EC_IABT, NOEXEC_BASE + 16, 0);
	write32(NOEXEC_BASE + 16, 0);
}

/* A load from a device fills its register as one from memory would. */
static void device_loads_extend(void)
{
	u64 at = GICD_BASE + GIC_IPRIORITYR + 40;
	u64 v;

	irq_reset();
	write32(at, 0xf0e0d0c0);
#define LOAD(insn) __asm__ volatile("mov %x0, #-1\n\t" insn : "=&r"(v) : "r"(at) : "memory")
	LOAD("ldrb %w0, [%1]");
	check_eq(v, 0xc0);
	LOAD("ldrsb %w0, [%1]");
	check_eq(v, 0xffffffc0);
	LOAD("ldrsb %x0, [%1]");
	check_eq(v, UINT64_C(0xffffffffffffffc0));
	LOAD("ldrsw %x0, [%1]");
	check_eq(v, UINT64_C(0xfffffffff0e0d0c0));
	LOAD("ldr %w0, [%1]");
	check_eq(v, 0xf0e0d0c0);
	LOAD("ldrsh %x0, [%1]"); /* a width this register does not have */
	check_eq(v, 0);
#undef LOAD
	if (is_gicv2()) /* has no register of 64 bits */
		return;
	at = GICR_BASE + GICR_TYPER;
	__asm__ volatile("ldr %x0, [%1]" : "=r"(v) : "r"(at) : "memory");
	check_eq(v, (u64)(n_cpus() == 1) << 4);
	__asm__ volatile("ldr xzr, [%0]\n\tstr xzr, [%0]" ::"r"(at) : "memory");
	/* What is stored is a register's low bytes, and 31 is zero. */
	at = GICD_BASE + GICD_IROUTER + 8 * 40;
	__asm__ volatile("str %x0, [%1]" ::"r"(UINT64_C(0x1234567800000001)), "r"(at) : "memory");
	check_eq(read64(at), 1);
	__asm__ volatile("str xzr, [%0]" ::"r"(at) : "memory");
	check_eq(read64(at), 0);
}

static const struct test tests[] = {
	{ "device_loads_extend", device_loads_extend },	    { "readonly_reads", readonly_reads },
	{ "readonly_write_faults", readonly_write_faults }, { "noexec_writes", noexec_writes },
	{ "noexec_fetch_faults", noexec_fetch_faults },
};

const struct suite suite_mem = { "mem", tests, array_size(tests) };
