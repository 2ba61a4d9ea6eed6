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

#define READS(reg, ec)                                                                            \
	({                                                                                        \
		u64 v_ = 0;                                                                       \
		struct trap t_ = TRAP_OF(__asm__ volatile("mrs %0, " #reg : "=r"(v_)::"memory")); \
		check_at(trap_ec(t_) == (ec), __FILE_NAME__, __LINE__, #reg ": esr 0x%llx",       \
			 (unsigned long long)t_.esr);                                             \
		v_;                                                                               \
	})
#define WRITES(reg, ec)                                                                          \
	({                                                                                       \
		struct trap t_ = TRAP_OF(__asm__ volatile("msr " #reg ", %0" ::"r"(~UINT64_C(0)) \
							  : "memory"));                          \
		check_at(trap_ec(t_) == (ec), __FILE_NAME__, __LINE__,                           \
			 "write of " #reg ": esr 0x%llx", (unsigned long long)t_.esr);           \
	})
#define GOES	     UINT32_MAX
#define NOT_THERE(r) (READS(r, EC_UNKNOWN), WRITES(r, EC_UNKNOWN))

/* The ID registers show no performance monitors, and there are none. */
static void pmu_registers(void)
{
	check_eq(reg_read(id_aa64dfr0_el1) & BITS(11, 8), 0);
	NOT_THERE(pmcr_el0);
	NOT_THERE(pmcntenset_el0);
	NOT_THERE(pmcntenclr_el0);
	NOT_THERE(pmovsclr_el0);
	NOT_THERE(pmselr_el0);
	NOT_THERE(pmccntr_el0);
	NOT_THERE(pmxevtyper_el0);
	NOT_THERE(pmxevcntr_el0);
	NOT_THERE(pmuserenr_el0);
	NOT_THERE(pmintenset_el1);
	NOT_THERE(pmevcntr0_el0);
	NOT_THERE(pmevtyper5_el0);
	NOT_THERE(pmccfiltr_el0);
	WRITES(pmswinc_el0, EC_UNKNOWN);
}

/* Those read as zero and forget what is written. */
static void debug_registers(void)
{
#define FORGETS(reg)                           \
	do {                                   \
		WRITES(reg, GOES);             \
		check_eq(READS(reg, GOES), 0); \
	} while (0)
	FORGETS(mdscr_el1);
	FORGETS(dbgbvr0_el1);
	FORGETS(dbgbcr0_el1);
	FORGETS(dbgbvr1_el1);
	FORGETS(dbgbcr5_el1);
	FORGETS(dbgwvr0_el1);
	FORGETS(dbgwcr3_el1);
	FORGETS(mdccint_el1);
	FORGETS(osdlr_el1);
	WRITES(oslar_el1, GOES);
	/* An address that a breakpoint was set for is executed. */
	reg_write(dbgbvr0_el1, (u64)debug_machinery);
	reg_write(dbgbcr0_el1, 0x1e5);
	debug_machinery();
#undef FORGETS
}

/* Registers of extensions that guests are not given, whether the CPU has them or not. */
static void newer_registers(void)
{
	u64 cpacr = reg_read(cpacr_el1);

	reg_write(cpacr_el1, BITS(63, 0)); /* nothing is left to the guest's own traps */
	NOT_THERE(S3_0_C1_C2_0);	   /* ZCR_EL1: SVE */
	NOT_THERE(S3_0_C1_C2_6);	   /* SMCR_EL1: SME */
	NOT_THERE(S3_3_C4_C2_2);	   /* SVCR */
	NOT_THERE(S3_0_C1_C0_5);	   /* RGSR_EL1: MTE */
	NOT_THERE(S3_0_C1_C0_6);	   /* GCR_EL1 */
	NOT_THERE(S3_0_C5_C6_0);	   /* TFSR_EL1 */
	NOT_THERE(S3_0_C5_C6_1);	   /* TFSRE0_EL1 */
	NOT_THERE(S3_0_C2_C1_0);	   /* APIAKEYLO_EL1: pointer authentication */
	NOT_THERE(S3_0_C2_C3_1);	   /* APGAKEYHI_EL1 */
	NOT_THERE(S3_0_C13_C0_7);	   /* SCXTNUM_EL1 */
	NOT_THERE(S3_3_C13_C0_7);	   /* SCXTNUM_EL0 */
	NOT_THERE(S3_0_C10_C5_0);	   /* MPAM1_EL1 */
	NOT_THERE(S3_0_C10_C5_1);	   /* MPAM0_EL1 */
	READS(S3_0_C10_C4_4, EC_UNKNOWN);  /* MPAMIDR_EL1 */
	NOT_THERE(S3_0_C2_C0_3);	   /* TCR2_EL1 */
	NOT_THERE(S3_0_C1_C0_3);	   /* SCTLR2_EL1 */
	NOT_THERE(S3_0_C10_C2_3);	   /* PIR_EL1: permission indirection */
	NOT_THERE(S3_0_C10_C2_2);	   /* PIRE0_EL1 */
	NOT_THERE(S3_0_C10_C2_4);	   /* POR_EL1: permission overlays */
	NOT_THERE(S3_3_C10_C2_4);	   /* POR_EL0 */
	NOT_THERE(S3_0_C10_C2_1);	   /* MAIR2_EL1 */
	NOT_THERE(S3_0_C2_C5_0);	   /* GCSCR_EL1: guarded control stacks */
	NOT_THERE(S3_3_C2_C5_1);	   /* GCSPR_EL0 */
	NOT_THERE(S3_0_C9_C9_0);	   /* PMSCR_EL1: statistical profiling */
	NOT_THERE(S3_0_C9_C11_0);	   /* TRBLIMITR_EL1: trace buffer */
	NOT_THERE(S3_0_C1_C2_1);	   /* TRFCR_EL1 */
	NOT_THERE(S2_1_C9_C0_0);	   /* BRBCR_EL1: branch records */
	READS(S3_3_C13_C2_0, EC_UNKNOWN);  /* AMCR_EL0: activity monitors */
	/* Nothing traps these where an emulator has SME without fine-grained traps. */
	check_harmless(TRAP_OF(__asm__ volatile("mrs x0, S3_0_C1_C2_4" ::
							: "x0", "memory")),
		       "SMPRI_EL1");
	check_harmless(TRAP_OF(__asm__ volatile("mrs x0, S3_3_C13_C0_5" ::
							: "x0", "memory")),
		       "TPIDR2_EL0");
	NOT_THERE(S3_3_C4_C4_2); /* FPMR */
	reg_write(cpacr_el1, cpacr);
}

/* Instructions of theirs: undefined, or hints that do nothing. */
static void newer_instructions(void)
{
	static const u32 insns[] = {
		0x04e03000, /* SVE: add z0.d */
		0x85800000, /* SVE: ldr p0 */
		0xd503477f, /* SME: smstart */
		0xf83f9002, /* ST64B */
		0xf83fd002, /* LD64B */
		0x19010440, /* MOPS: cpyfp */
		0x19c10440, /* MOPS: setp */
		0x00000001,
	};

	for (u32 i = 0; i < array_size(insns); i++) {
		struct trap t = insn_run(insns[i]);
		u32 ec = trap_ec(t);

		/* 0x19, 0x1d, 0x07: switched off by the guest itself. */
		check_at(ec == EC_UNKNOWN || ec == 0x19 || ec == 0x1d || ec == 0x07, __FILE_NAME__,
			 __LINE__, "0x%08x: esr 0x%llx", insns[i], (unsigned long long)t.esr);
	}
}

/* With FP switched off by the guest itself, its instructions are the guest's to hear of. */
static void fp_off(void)
{
	u64 cpacr = reg_read(cpacr_el1);
	struct trap t;

	reg_write(cpacr_el1, 0);
	t = insn_run(0x1e601000); /* fmov d0, #2.0 */
	check_eq(trap_ec(t), 0x07);
	t = insn_run(0x3dc00000); /* ldr q0, [x0] */
	check_eq(trap_ec(t), 0x07);
	t = TRAP_OF(__asm__ volatile("mrs x0, S3_3_C4_C4_0" ::: "x0", "memory")); /* FPCR */
	check_eq(trap_ec(t), 0x07);
	reg_write(cpacr_el1, BITS(63, 0)); /* all that can be set, SVE and SME as well */
	t = insn_run(0x1e601000);
	check_eq(t.n, 0);
	t = insn_run(0x04e03000); /* SVE all the same not */
	check_eq(trap_ec(t), EC_UNKNOWN);
	reg_write(cpacr_el1, cpacr);
}

static const struct test modes[] = {
	{ "register_reads", register_reads },		{ "register_writes", register_writes },
	{ "system_instructions", system_instructions }, { "vital_registers", vital_registers },
	{ "debug_machinery", debug_machinery },		{ "pmu_registers", pmu_registers },
	{ "debug_registers", debug_registers },		{ "newer_registers", newer_registers },
	{ "newer_instructions", newer_instructions },	{ "fp_off", fp_off },
};

const struct modes modes_regs = { modes, array_size(modes) };
