/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a vCPU says it is: nothing that is not given, and what is given works.
 */
#include "honest.h"

/* A four-bit field of an ID register, by its lowest bit. */
static u64 field(u64 reg, u32 lo)
{
	return reg >> lo & 0xf;
}

static void identity(void)
{
	u64 midr = reg_read(midr_el1);

	say("# midr 0x%llx revidr 0x%llx", (unsigned long long)midr,
	    (unsigned long long)reg_read(revidr_el1));
	check(midr != 0);
	check_eq(reg_read(mpidr_el1), BIT(31));
	check(reg_read(cntfrq_el0) >= 1000000);
	check(reg_read(ctr_el0) != 0);
}

static void not_given(void)
{
	u64 pfr0 = reg_read(id_aa64pfr0_el1), pfr1 = reg_read(id_aa64pfr1_el1);
	u64 dfr0 = reg_read(id_aa64dfr0_el1), isar1 = reg_read(id_aa64isar1_el1);

	check_eq(field(pfr0, 0), 1);			 /* EL0: AArch64 only */
	check_eq(field(pfr0, 4), 1);			 /* EL1: the same */
	check_eq(field(pfr0, 8), 0);			 /* EL2 */
	check_eq(field(pfr0, 12), 0);			 /* EL3 */
	check_eq(field(pfr0, 32), 0);			 /* SVE */
	check_eq(field(pfr0, 44), 0);			 /* AMU */
	check_eq(field(pfr1, 8), 0);			 /* MTE */
	check_eq(field(pfr1, 24), 0);			 /* SME */
	check_eq(field(dfr0, 8), 0);			 /* PMU */
	check_eq(field(dfr0, 32), 0);			 /* SPE */
	check_eq(field(isar1, 4), 0);			 /* APA */
	check_eq(field(isar1, 8), 0);			 /* API */
	check_eq(field(isar1, 24), 0);			 /* GPA */
	check_eq(field(isar1, 28), 0);			 /* GPI */
	check_eq(reg_read(S3_0_C0_C4_4), 0);		 /* ID_AA64ZFR0 */
	check_eq(reg_read(S3_0_C0_C4_5), 0);		 /* ID_AA64SMFR0 */
	check_eq(reg_read(S3_0_C0_C6_2) >> 8 & 0xff, 0); /* ID_AA64ISAR2: GPA3, APA3 */
}

static void given(void)
{
	u64 pfr0 = reg_read(id_aa64pfr0_el1), mmfr0 = reg_read(id_aa64mmfr0_el1);
	u64 dfr0 = reg_read(id_aa64dfr0_el1);

	check(field(pfr0, 16) <= 1);		       /* FP */
	check(field(pfr0, 20) <= 1);		       /* SIMD */
	check_eq(field(pfr0, 24), is_gicv2() ? 0 : 1); /* GIC system registers */
	check(field(mmfr0, 0) <= 2);   /* no more physical addresses than stage 2 has */
	check_eq(field(mmfr0, 28), 0); /* 4 KiB granule */
	check(field(dfr0, 0) >= 6);    /* debug architecture: always something */
}

/* Reading or executing what is not given is undefined, not a value and not the end. */
static void undefined(void)
{
#define UNDEFINED(insn)                                                                       \
	({                                                                                    \
		struct trap t_ = TRAP_OF(__asm__ volatile(insn ::: "x0", "memory"));          \
		check_at(t_.n == 1 && trap_ec(t_) == EC_UNKNOWN, __FILE_NAME__, __LINE__,     \
			 "%s: %u traps, esr 0x%llx", insn, t_.n, (unsigned long long)t_.esr); \
	})
	/* Bits that do not exist: they let SVE and SME through to whoever else might trap them. */
	reg_write(cpacr_el1, reg_read(cpacr_el1) | 3u << 16 | 3u << 24);
	UNDEFINED("mrs x0, pmcr_el0");
	UNDEFINED("mrs x0, pmccntr_el0");
	UNDEFINED("msr pmuserenr_el0, xzr");
	UNDEFINED("mrs x0, S3_0_C1_C2_0"); /* ZCR_EL1 */
	UNDEFINED(".inst 0x04bf5020");	   /* rdvl x0, #1 */
	UNDEFINED(".inst 0x9ac13000");	   /* pacga x0, x0, x1 */
	UNDEFINED("mrs x0, S3_0_C2_C1_0"); /* APIAKEYLO_EL1 */
	UNDEFINED("mrs x0, hcr_el2");
	UNDEFINED("mrs x0, sctlr_el3");
	UNDEFINED("mrs x0, S3_0_C9_C9_0");  /* PMSCR_EL1 */
	UNDEFINED("mrs x0, S3_3_C13_C2_0"); /* AMCR_EL0 */
	UNDEFINED("mrs x0, S2_1_C0_C0_0");  /* TRCTRACEIDR-like: trace */
	UNDEFINED("msr S3_0_C0_C4_0, xzr"); /* ID_AA64PFR0_EL1 */
	UNDEFINED(".inst 0x00000000");
#undef UNDEFINED
}

static void debug_registers(void)
{
	check_eq(reg_read(mdscr_el1), 0);
	reg_write(mdscr_el1, BIT(0) | BIT(15));
	check_eq(reg_read(mdscr_el1), 0);
	reg_write(dbgbvr0_el1, ~UINT64_C(0));
	reg_write(dbgwcr0_el1, ~UINT64_C(0));
	check_eq(reg_read(dbgbvr0_el1), 0);
	check_eq(reg_read(dbgwcr0_el1), 0);
	reg_write(oslar_el1, 0);
	reg_write(osdlr_el1, 1);
	check_eq(reg_read(osdlr_el1) & 1, 0);
}

/* AArch32's ID registers exist and say that there is none of it. */
static void reserved_id_space(void)
{
	check_eq(reg_read(id_pfr0_el1), 0);
	check_eq(reg_read(id_isar0_el1), 0);
	check_eq(reg_read(mvfr0_el1), 0);
	check_eq(reg_read(S3_0_C0_C3_7), 0);
	check_eq(reg_read(S3_0_C0_C7_7), 0);
}

/* The guest's own exceptions are none of the hypervisor's business. */
static void own_exceptions(void)
{
	struct trap t = TRAP_OF(__asm__ volatile("brk #0x77" ::: "memory"));

	check_eq(trap_ec(t), EC_BRK);
	check_eq(t.esr & 0xffff, 0x77);
	t = TRAP_OF(__asm__ volatile("svc #0x55\n\tb 1f\n\tnop\n1:" ::: "memory"));
	check_eq(trap_ec(t), EC_SVC64);
	check_eq(t.esr & 0xffff, 0x55);
	t = TRAP_OF(read32(UINT64_C(0xffff000000000000)));
	check_eq(trap_ec(t), EC_DABT);
	check_eq(t.far, UINT64_C(0xffff000000000000));
}

/* A signalled SError of ours does not exist; a register of EL1 that is not trapped keeps a value. */
static void plain_registers(void)
{
	reg_write(tpidr_el0, 0x1234567890);
	reg_write(tpidrro_el0, 0x2345678901);
	reg_write(contextidr_el1, 0x34567890);
	check_eq(reg_read(tpidr_el0), 0x1234567890);
	check_eq(reg_read(tpidrro_el0), 0x2345678901);
	check_eq(reg_read(contextidr_el1), 0x34567890);
	reg_write(actlr_el1, 0);
	check_eq(reg_read(actlr_el1), 0);
}

static const struct test tests[] = {
	{ "identity", identity },
	{ "not_given", not_given },
	{ "given", given },
	{ "undefined", undefined },
	{ "debug_registers", debug_registers },
	{ "reserved_id_space", reserved_id_space },
	{ "own_exceptions", own_exceptions },
	{ "plain_registers", plain_registers },
};

const struct suite suite_id = { "id", tests, array_size(tests) };
