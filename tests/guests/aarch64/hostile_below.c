/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code below the guest's kernel, of both instruction sets, and returns to where nobody can be. It
 * can do no more than the kernel, and its exceptions come back to the kernel.
 */
#include "hostile.h"

#define PSTATE_THUMB BIT(5)
#define EC_SVE	     0x19u

void below_run(u64 pc, u64 spsr);
extern u8 below_back[];

static u64 below_esr, below_elr, below_far;

static void caught(struct frame *f)
{
	below_esr = f->esr;
	below_elr = f->elr;
	below_far = f->far;
	f->elr = (u64)below_back;
	f->spsr = PSTATE_EL1H | PSTATE_DAIF;
}

/* Run one instruction at @pc and the SVC behind it; the class of the exception that ended it. */
static u32 run_below(u64 pc, u64 spsr)
{
	this_cpu()->on_sync = caught;
	below_run(pc, spsr);
	this_cpu()->on_sync = NULL;
	return (u32)field_get(ESR_EC, below_esr);
}

in_section(".data") alignas(64) static u32 code[16];

static void publish_code(void)
{
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(code)
			 : "memory");
}

static u32 run_user64(u32 insn)
{
	code[0] = insn;
	code[1] = 0xd4000001; /* svc #0 */
	publish_code();
	return run_below(VIEW_USER + (u64)code, PSTATE_EL0T | PSTATE_DAIF);
}

static void user_calls(void)
{
	check_eq(run_user64(0xd503201f), EC_SVC64);   /* nop */
	check_eq(run_user64(0xd4000002), EC_UNKNOWN); /* hvc #0 */
	check_eq(run_user64(0xd4000003), EC_UNKNOWN); /* smc #0 */
	check_eq(run_user64(0xd4200020), EC_BRK);
	check_eq(run_user64(0xd4400000), EC_UNKNOWN); /* hlt */
	check_eq(run_user64(0xd4a00001), EC_UNKNOWN); /* dcps1 */
	check_eq(run_user64(0xd4a00002), EC_UNKNOWN); /* dcps2 */
	check_eq(run_user64(0xd69f03e0), EC_UNKNOWN); /* eret */
	check_eq(run_user64(0x00000000), EC_UNKNOWN);
}

static void user_registers(void)
{
	check_eq(run_user64(0xd53c1100), EC_UNKNOWN); /* mrs x0, hcr_el2 */
	/* mrs x0, pmcr_el0: the kernel's to permit, where the CPU has one */
	check(run_user64(0xd53b9c00) == EC_UNKNOWN || field_get(ESR_EC, below_esr) == EC_SYS64);
	check_eq(run_user64(0xd538cc00), EC_UNKNOWN); /* mrs x0, icc_iar1_el1 */
	check_eq(run_user64(0xd5300200), EC_UNKNOWN); /* mrs x0, S2_0_C0_C2_0: debug */
	check_eq(run_user64(0xd5330100), EC_UNKNOWN); /* mrs x0, S2_3_C0_C1_0 */
}

/* An EL0 access to nowhere is an abort from below. */
static void user_abort(void)
{
	struct cpu *c = this_cpu();
	u64 at = VIEW_USER + NOWHERE;

	code[0] = 0xf9400000; /* ldr x0, [x0] */
	code[1] = 0xd4000001;
	publish_code();
	c->on_sync = caught;
	below_run(VIEW_USER + (u64)code, PSTATE_EL0T | PSTATE_DAIF); /* x0: its own address */
	check_eq(field_get(ESR_EC, below_esr), EC_SVC64);
	below_run(at, PSTATE_EL0T | PSTATE_DAIF);
	check_eq(field_get(ESR_EC, below_esr), EC_IABT_EL0);
	check_eq(below_far, at);
	c->on_sync = NULL;
}

/* A pair of a device's registers, from below: done for EL0 as for EL1. */
static void user_device(void)
{
	u64 at = VIEW_USER + GICD_BASE + GIC_IPRIORITYR + 48;

	write32(GICD_BASE + GIC_IPRIORITYR + 48, 0x80604020);
	code[0] = 0xd2800000 | (u32)(at & 0xffff) << 5;	      /* movz x0, #.. */
	code[1] = 0xf2a00000 | (u32)(at >> 16 & 0xffff) << 5; /* movk x0, #.., lsl #16 */
	code[2] = 0xf2c00000 | (u32)(at >> 32 & 0xffff) << 5; /* movk x0, #.., lsl #32 */
	code[3] = 0x28c00801;				      /* ldp w1, w2, [x0], #0 */
	code[4] = 0x29000802;				      /* stp w2, w2, [x0] */
	code[5] = 0x29000801;				      /* stp w1, w2, [x0] */
	code[6] = 0xd4000001;				      /* svc #0 */
	publish_code();
	check_eq(run_below(VIEW_USER + (u64)code, PSTATE_EL0T | PSTATE_DAIF), EC_SVC64);
	check_eq(read32(GICD_BASE + GIC_IPRIORITYR + 48), 0x80604020);
	code[3] = 0x885f7c01; /* ldxr w1, [x0] */
	publish_code();
	check_eq(run_below(VIEW_USER + (u64)code, PSTATE_EL0T | PSTATE_DAIF), EC_DABT_EL0);
	check_eq(field_get(ESR_FSC, below_esr), 0x35);
	check_eq(below_far, at);
}

/* ---- 32-bit code ----------------------------------------------------------------------------- */

#define LOW_VIEW UINT64_C(0xc0000000) /* where 32-bit code can see our memory */

/* All of these end in an exception of the guest's own, or do nothing and reach the SVC. */
static const u32 insns32[] = {
	0xe1a00000, /* nop */
	0xee100f10, /* mrc p15, 0, r0, c0, c0, 0: MIDR */
	0xee190f1c, /* mrc p15, 0, r0, c9, c12, 0: PMCR */
	0xee190f1d, /* mrc p15, 0, r0, c9, c13, 0: PMCCNTR */
	0xee100e11, /* mrc p14, 0, r0, c0, c1, 0: DBGDSCRint */
	0xee100e95, /* mrc p14, 0, r0, c0, c5, 4 */
	0xec510f1e, /* mrrc p15, 1, r0, r1, c14: CNTVCT */
	0xec510e50, /* mrrc p14, 5, r0, r1, c0 */
	0xee070f15, /* mcr p15, 0, r0, c7, c5, 0: ICIALLU */
	0xee071f5e, /* mcr p15, 0, r1, c7, c14, 2: DCCISW */
	0xee1c0f1c, /* mrc p15, 0, r0, c12, c12, 0: ICC_IAR1 */
	0xee1d0f70, /* mrc p15, 0, r0, c13, c0, 3: TPIDRURO */
	0xeef00a10, /* vmrs r0, fpsid */
	0xeef10a10, /* vmrs r0, fpscr */
	0xe320f002, /* wfe */
	0xe320f001, /* yield */
	0xe1400070, /* hvc */
	0xe1600070, /* smc */
	0xe160006e, /* eret */
	0xe1200070, /* bkpt */
	0xe7f000f0, /* udf */
	0xe10f0000, /* mrs r0, cpsr */
	0xf1020013, /* cps #0x13: supervisor mode */
	0xe121f000, /* msr cpsr_c, r0 */
	0xe8fd8000, /* ldm sp!, {pc}^ */
	0xe8900003, /* ldm r0, {r0, r1} */
	0xe5900000, /* ldr r0, [r0] */
	0xe1c000d0, /* ldrd r0, r1, [r0] */
	0xe1900f9f, /* ldrex r0, [r0] */
	0xec500b04, /* vldr-like coprocessor access */
	0xfe000e10, 0xee000000, 0xffffffff,
};

static bool aarch32_is_missing(void)
{
	code[0] = 0xef000000; /* svc #0 */
	publish_code();
	return run_below(VIEW_USER + (u64)code, 0x10 | 0x1c0) == EC_ILLEGAL;
}

static void user32_code(void)
{
	u64 old = view_get(3);

	view_set(3, view_get(256 + 2)); /* 3 GiB: our memory, for EL0 */
	for (u32 i = 0; i < array_size(insns32); i++) {
		u32 ec;

		code[0] = insns32[i];
		code[1] = 0xef000000; /* svc #0 */
		publish_code();
		/* IRQ and FIQ masked; abort masked */
		ec = run_below(LOW_VIEW + ((u64)code & (GIB(1) - 1)), 0x10 | 0x1c0);
		check_at(ec == EC_SVC32 || ec == EC_UNKNOWN || ec == EC_ILLEGAL ||
				 ec == EC_DABT_EL0 || ec == EC_IABT_EL0 || ec == 0x38 ||
				 ec == 0x03 || ec == 0x05 || ec == 0x04 || ec == 0x06 ||
				 ec == 0x07 || ec == EC_WFX || ec == 0x0c || ec == 0x08,
			 __FILE_NAME__, __LINE__, "0x%08x: esr 0x%llx", insns32[i],
			 (unsigned long long)below_esr);
		check(!(below_elr >> 32));
	}
	view_set(3, old);
}

/* What the CPU describes is done for 32-bit code; the rest has an abort. */
static void user32_device(void)
{
	static const struct {
		u32 insn, ec;
	} cases[] = {
		{ 0xe5901000, EC_SVC32 },    /* ldr r1, [r0] */
		{ 0xe8900006, EC_DABT_EL0 }, /* ldm r0, {r1, r2} */
		{ 0xe8800006, EC_DABT_EL0 }, /* stm r0, {r1, r2} */
		{ 0xe1901f9f, EC_DABT_EL0 }, /* ldrex r1, [r0] */
	};
	u64 old3 = view_get(3), old1 = view_get(1);
	u32 at = 0x40000000u + (u32)(GICD_BASE + GIC_IPRIORITYR + 48);

	if (aarch32_is_missing())
		return;
	view_set(3, view_get(256 + 2));
	view_set(1, view_get(256 + 0));
	for (u32 i = 0; i < array_size(cases); i++) {
		code[0] = 0xe3000000 | (at & 0xf000) << 4 | (at & 0xfff);	  /* movw r0, #.. */
		code[1] = 0xe3400000 | (at >> 12 & 0xf0000) | (at >> 16 & 0xfff); /* movt r0, #.. */
		code[2] = cases[i].insn;
		code[3] = 0xef000000; /* svc #0 */
		publish_code();
		check_eq(run_below(LOW_VIEW + ((u64)code & (GIB(1) - 1)), 0x10 | 0x1c0),
			 cases[i].ec);
	}
	view_set(3, old3);
	view_set(1, old1);
}

/* 16-bit instructions: what is skipped is as long as it was. */
static void thumb_code(void)
{
	static const u16 insns[] = { 0xbf20, 0xbf10, 0xbf00, 0xde00, 0xbe00, 0x6800, 0xb662 };
	u16 *half = (u16 *)code;
	u64 old = view_get(3);

	view_set(3, view_get(256 + 2));
	for (u32 i = 0; i < array_size(insns); i++) {
		u64 pc = LOW_VIEW + ((u64)code & (GIB(1) - 1));
		u32 ec;

		half[0] = insns[i];
		half[1] = 0xdf00; /* svc #0 */
		half[2] = 0xdf00;
		publish_code();
		ec = run_below(pc, 0x10 | 0x1c0 | PSTATE_THUMB);
		if (ec == EC_SVC32)
			check_eq(below_elr, pc + 4);
		else
			check_eq(below_elr, ec == EC_ILLEGAL ? below_elr : pc);
	}
	view_set(3, old);
}

/* ---- returns to nowhere ---------------------------------------------------------------------- */

/* EL2, EL3, 32-bit EL1 and modes that do not exist: an illegal return, caught where it was made. */
static void illegal_returns(void)
{
	static const u64 modes[] = { 0x8, 0x9,	0xc,  0xd,  0x1,  0x2,	0x3,  0x6,  0x7,
				     0xf, 0x11, 0x13, 0x16, 0x17, 0x1a, 0x1b, 0x1f, 0x14 };

	for (u32 i = 0; i < array_size(modes); i++) {
		u32 ec;

		code[0] = 0xd4000001;
		publish_code();
		ec = run_below((u64)code, modes[i] | PSTATE_DAIF);
		check_at(ec == EC_ILLEGAL, __FILE_NAME__, __LINE__, "mode 0x%llx: esr 0x%llx",
			 (unsigned long long)modes[i], (unsigned long long)below_esr);
	}
}

/* To a good mode and a bad address. */
static void bad_addresses(void)
{
	check_eq(run_below(NOWHERE, PSTATE_EL1H | PSTATE_DAIF), EC_IABT);
	check_eq(below_far, NOWHERE);
	check_eq(run_below((u64)code + 2, PSTATE_EL1H | PSTATE_DAIF), EC_PC_ALIGN);
	check_eq(run_below(BIT(50), PSTATE_EL0T | PSTATE_DAIF), EC_IABT_EL0);
	check_eq(run_below(UART_BASE, PSTATE_EL1H | PSTATE_DAIF), EC_IABT);
}

static const struct test modes_list[] = {
	{ "user_calls", user_calls },	    { "user_registers", user_registers },
	{ "user_abort", user_abort },	    { "user_device", user_device },
	{ "user32_device", user32_device }, { "user32_code", user32_code },
	{ "thumb_code", thumb_code },	    { "illegal_returns", illegal_returns },
	{ "bad_addresses", bad_addresses },
};

const struct modes modes_below = { modes_list, array_size(modes_list) };
