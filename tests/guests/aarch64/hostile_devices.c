/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions on devices that the CPU describes no access of. What can be done with a device is
 * done as the instruction says; the rest has the fault of the architecture, and does nothing.
 */
#include "hostile.h"

#define LINE  48u /* an SPI nobody uses; its registers are good for being written */
#define PRIO  (GICD_BASE + GIC_IPRIORITYR + LINE)
#define ROUTE (GICD_BASE + GICD_IROUTER + 8 * LINE)

#define FSC_UNSUPPORTED 0x35u
#define FP(insn)	".arch armv8-a+simd\n\t" insn "\n\t.arch armv8-a\n\t"
#define LSE(insn)	".arch armv8-a+lse\n\t" insn "\n\t.arch armv8-a\n\t"

static const u64 views[] = { VIEW_PLAIN, VIEW_NORMAL, VIEW_DEVICE };

/* @insn with the device's address in x3, and x0 to x2; nothing may trap. */
#define ON_DEVICE(at, insn)                                                                    \
	({                                                                                     \
		register u64 x0_ __asm__("x0") = x[0];                                         \
		register u64 x1_ __asm__("x1") = x[1];                                         \
		register u64 x2_ __asm__("x2") = x[2];                                         \
		register u64 x3_ __asm__("x3") = (at);                                         \
		trap_begin();                                                                  \
		x0_ = x[0], x1_ = x[1], x2_ = x[2], x3_ = (at);                                \
		__asm__ volatile(insn : "+r"(x0_), "+r"(x1_), "+r"(x2_), "+r"(x3_)::"memory"); \
		x[0] = x0_, x[1] = x1_, x[2] = x2_, x[3] = x3_;                                \
		trap_end();                                                                    \
	})
#define DONE(at, insn) check_eq(ON_DEVICE(at, insn).n, 0)

static u64 x[4];

static void fails_at(struct trap t, u64 at, u32 fsc, const char *what)
{
	check_at(t.n == 1 && trap_ec(t) == EC_DABT && field_get(ESR_FSC, t.esr) == fsc &&
			 t.far == at,
		 __FILE_NAME__, __LINE__, "%s at 0x%llx: %u traps, esr 0x%llx, far 0x%llx", what,
		 (unsigned long long)at, t.n, (unsigned long long)t.esr, (unsigned long long)t.far);
}
#define FAILS(at, insn, fsc) fails_at(ON_DEVICE(at, insn), at, fsc, insn)

static void pairs(void)
{
	for (u32 v = 0; v < array_size(views); v++) {
		u64 prio = views[v] + PRIO, route = views[v] + ROUTE;

		x[0] = 0x80604020;
		x[1] = 0x90705030 + v;
		DONE(prio, "stp w0, w1, [x3]");
		check_eq(read32(prio), 0x80604020);
		x[0] = x[1] = 1;
		DONE(prio, "ldp w0, w1, [x3]");
		check_eq(x[0], 0x80604020);
		check_eq(x[1] & 0xf8f8f8f8, 0x90705030);
		DONE(prio, "ldpsw x0, x1, [x3]");
		check_eq(x[0], UINT64_C(0xffffffff80604020));
		x[0] = 0;
		x[1] = 1;
		DONE(route, "stp x0, x1, [x3]");
		check_eq(read64(route), 0);
		check_eq(read64(route + 8), 1);
		x[0] = 1;
		DONE(route, "stnp x0, xzr, [x3]");
		DONE(route, "ldnp x1, x0, [x3]");
		check_eq(x[1], 1);
		check_eq(x[0], 0);
	}
}

static void write_back(void)
{
	x[0] = 0x40302010;
	DONE(PRIO, "str w0, [x3], #4");
	check_eq(x[3], PRIO + 4);
	check_eq(read32(PRIO) & 0xf8f8f8f8, 0x40302010);
	x[0] = 0xa0;
	DONE(PRIO - 1, "strb w0, [x3, #1]!");
	check_eq(x[3], PRIO);
	DONE(PRIO + 16, "ldrb w0, [x3, #-16]!");
	check_eq(x[3], PRIO);
	check_eq(x[0], 0xa0);
	DONE(PRIO, "ldrsb x0, [x3], #255");
	check_eq(x[3], PRIO + 255);
	check_eq(x[0], (u64)-0x60);
	DONE(PRIO, "ldrsb w0, [x3], #-256");
	check_eq(x[3], PRIO - 256);
	check_eq(x[0], 0xffffffa0);
	DONE(ROUTE, "ldp x0, x1, [x3], #-512");
	check_eq(x[3], ROUTE - 512);
	DONE(ROUTE - 16, "ldp x0, x1, [x3, #16]!");
	check_eq(x[3], ROUTE);
}

/* A stack in a device is nobody's idea, but its pointer is a base like others. */
static void stack_in_device(void)
{
	struct trap t;
	u64 sp;

	write32(PRIO, 0x50403020);
	t = TRAP_OF(__asm__ volatile("msr spsel, #0\n\tmov sp, %2\n\tldr w0, [sp], #16\n\t"
				     "mov %0, sp\n\tmsr spsel, #1\n\tmov %1, x0"
				     : "=&r"(sp), "=&r"(x[0])
				     : "r"(PRIO)
				     : "x0", "memory"));
	check_eq(t.n, 0);
	check_eq(sp, PRIO + 16);
	check_eq(x[0] & 0xf8f8f8f8, 0x50403020);
	/* Not aligned to 16: the CPU's own fault. */
	t = TRAP_OF(__asm__ volatile("msr spsel, #0\n\tmov sp, %0\n\tldr w0, [sp], #16\n\t"
				     "msr spsel, #1" ::"r"(PRIO + 4)
				     : "x0", "memory"));
	check(t.n == (reg_read(sctlr_el1) & BIT(3) ? 1 : 0));
}

static void vectors(void)
{
	x[0] = 1;
	x[1] = 0;
	DONE(ROUTE, FP("ins v0.d[0], x0\n\tins v0.d[1], x1\n\tstr q0, [x3]"));
	check_eq(read64(ROUTE), 1);
	check_eq(read64(ROUTE + 8), 0);
	DONE(ROUTE, FP("ins v1.d[0], x1\n\tins v1.d[1], x0\n\tstp q1, q0, [x3]"));
	check_eq(read64(ROUTE + 8), 1);
	check_eq(read64(ROUTE + 16), 1);
	DONE(ROUTE, FP("ldp q2, q3, [x3]\n\tumov x0, v2.d[1]\n\tumov x1, v3.d[0]\n\t"
		       "umov x2, v2.d[0]"));
	check(x[0] == 1 && x[1] == 1 && x[2] == 0);
	write32(PRIO, 0x88604020);
	DONE(PRIO, FP("movi v4.2d, #0xffffffffffffffff\n\tldr s4, [x3], #4\n\t"
		      "umov x0, v4.d[0]\n\tumov x1, v4.d[1]"));
	check(x[0] == 0x88604020 && x[1] == 0 && x[3] == PRIO + 4);
	x[0] = 0xc0;
	DONE(PRIO + 2, FP("ins v31.d[0], x0\n\tstr b31, [x3]"));
	check_eq(read32(PRIO), 0x88c04020);
	DONE(PRIO, FP("ldr d5, [x3]\n\tumov x0, v5.d[0]\n\tumov x1, v5.d[1]"));
	check_eq(x[1], 0);
	/* Structures are more than we take apart. */
	FAILS(ROUTE, FP("ld1 {v0.16b}, [x3]"), FSC_EXTERNAL);
	FAILS(ROUTE, FP("st4 {v0.16b-v3.16b}, [x3]"), FSC_EXTERNAL);
}

static void ordered(void)
{
	x[0] = 0x30;
	DONE(PRIO, "stlrb w0, [x3]");
	DONE(PRIO, "ldarb w1, [x3]");
	check_eq(x[1], 0x30);
	x[0] = 0x48484848;
	DONE(PRIO, "stlr w0, [x3]");
	DONE(PRIO, "ldar w1, [x3]");
	check_eq(x[1], 0x48484848);
	x[0] = 1;
	DONE(ROUTE, "stlr x0, [x3]");
	DONE(ROUTE, "ldar x1, [x3]");
	check_eq(x[1], 1);
	DONE(VIEW_USER + PRIO, "ldtr w0, [x3]");
	check_eq(x[0], 0x48484848);
}

static void exclusives(void)
{
	write32(PRIO, 0x40404040);
	for (u32 v = 0; v < array_size(views); v++) {
		FAILS(views[v] + PRIO, "ldxr w0, [x3]", FSC_UNSUPPORTED);
		FAILS(views[v] + PRIO, "ldaxrb w0, [x3]", FSC_UNSUPPORTED);
		FAILS(views[v] + ROUTE, "ldxp x0, x1, [x3]", FSC_UNSUPPORTED);
		/* Without its other half it does nothing, or has the same fault. */
		struct trap t = ON_DEVICE(views[v] + PRIO, "stxr w0, wzr, [x3]");

		check(t.n ? field_get(ESR_FSC, t.esr) == FSC_UNSUPPORTED : x[0] == 1);
	}
	check_eq(read32(PRIO), 0x40404040);
}

static void atomics(void)
{
	bool there = field_get(BITS(23, 20), reg_read(id_aa64isar0_el1));
	u64 at = PRIO;

#define ATOMIC(insn)                                                             \
	do {                                                                     \
		if (there)                                                       \
			FAILS(at, LSE(insn), FSC_UNSUPPORTED);                   \
		else                                                             \
			check_eq(trap_ec(ON_DEVICE(at, LSE(insn))), EC_UNKNOWN); \
	} while (0)
	write32(PRIO, 0x40404040);
	ATOMIC("ldadd w0, w1, [x3]");
	ATOMIC("ldclral w0, w1, [x3]");
	ATOMIC("ldsetb w0, w1, [x3]");
	ATOMIC("stumax w0, [x3]");
	ATOMIC("swpal w0, w1, [x3]");
	ATOMIC("casa w0, w1, [x3]");
	at = NOWHERE;
	ATOMIC("swp x0, x1, [x3]");
	ATOMIC("caspal x0, x1, x0, x1, [x3]");
#undef ATOMIC
	check_eq(read32(PRIO), 0x40404040);
}

static void zero_block(void)
{
	bool allowed = !(reg_read(dczid_el0) & BIT(4));
	u64 at[] = { VIEW_NORMAL + PRIO, PRIO, VIEW_NORMAL + NOWHERE };

	write32(PRIO, 0x40404040);
	for (u32 i = 0; i < array_size(at) && allowed; i++)
		FAILS(at[i], "dc zva, x3", FSC_ALIGNMENT);
	check_eq(read32(PRIO), 0x40404040);
}

static void hints(void)
{
	static const u64 places[] = { UART_BASE, GICD_BASE, ROUTE, NOWHERE };

	for (u32 i = 0; i < 2 * array_size(places); i++) {
		u64 at = places[i / 2] + (i % 2 ? VIEW_NORMAL : VIEW_PLAIN);

		DONE(at, "dc cvac, x3");
		DONE(at, "dc cvau, x3");
		DONE(at, "dc civac, x3");
		DONE(at, "dc ivac, x3");
		DONE(at, "ic ivau, x3");
		DONE(at, "prfm pldl1keep, [x3]");
		DONE(at, "prfm pstl2strm, [x3, #8]");
		DONE(at, "prfum plil3keep, [x3, #-1]");
	}
}

/* Misaligned: an alignment fault, whatever the guest's tables call the place. */
static void misaligned(void)
{
	for (u32 v = 0; v < array_size(views); v++) {
		u64 at = views[v] + PRIO;

		FAILS(at + 1, "ldr w0, [x3]", FSC_ALIGNMENT);
		FAILS(at + 2, "str x0, [x3]", FSC_ALIGNMENT);
		FAILS(at + 3, "ldrh w0, [x3]", FSC_ALIGNMENT);
		FAILS(at + 4, "ldp x0, x1, [x3]", FSC_ALIGNMENT);
		FAILS(at + 2, "stp w0, w1, [x3]", FSC_ALIGNMENT);
		FAILS(at + 8, FP("ldr q0, [x3]"), FSC_ALIGNMENT);
		FAILS(at + 1, "str w0, [x3], #4", FSC_ALIGNMENT);
	}
}

/* Begins in the last page of a window, of memory, or before its first. */
static void pairs_across(void)
{
	u64 end = RAM_BASE + arg_u64("mem", MIB(16));
	struct trap t;

	FAILS(UART_BASE + 0xffc, "ldp w0, w1, [x3]", FSC_EXTERNAL);
	FAILS(UART_BASE - 4, "stp w0, w1, [x3]", FSC_EXTERNAL);
	FAILS(NOWHERE, "ldp x0, x1, [x3]", FSC_EXTERNAL);
	FAILS(NOWHERE + 0xff0, "stp x0, x1, [x3], #16", FSC_EXTERNAL);
	check_eq(x[3], NOWHERE + 0xff0); /* no write-back of what was not done */
	t = ON_DEVICE(end - 8, "ldp x0, x1, [x3]");
	check(t.n == 1 && trap_ec(t) == EC_DABT && (t.far == end || t.far == end - 8));
	t = ON_DEVICE(VIEW_NORMAL + end - 4, "str x0, [x3]");
	check(t.n == 1 && trap_ec(t) == EC_DABT);
}

/* ---- code that changes while it is looked at -------------------------------------------------- */

in_section(".data") alignas(64) static volatile u32 racing[4];
static volatile u32 race_over;

static void racer(u64 arg)
{
	static const u32 words[] = {
		0x29400460, /* ldp w0, w1, [x3] */
		0x29000460, /* stp w0, w1, [x3] */
		0xb8404460, /* ldr w0, [x3], #4 */
		0xd50b7423, /* dc zva, x3 */
		0x885f7c60, /* ldxr w0, [x3] */
		0xd503201f, /* nop */
		0xa97f0060, /* ldp x0, x0, [x3, #-16] */
		0xad400460, /* ldp q0, q1, [x3] */
		0xffffffff,
	};

	(void)arg;
	for (u32 i = 0; !race_over; i++) {
		racing[0] = words[i % array_size(words)];
		if (i % 4 == 0)
			__asm__ volatile(
				"dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish" ::"r"(racing)
				: "memory");
	}
}

static void race(u64 at)
{
	register u64 x3 __asm__("x3") = at;

	__asm__ volatile("isb\n\tblr %1"
			 : "+r"(x3)
			 : "r"(racing)
			 : "x0", "x1", "x2", "x4", "x30", "memory");
}

static void changing_code(void)
{
	u64 end = now() + ms_to_ticks(STORM_MS);
	u32 n = 0;

	racing[0] = 0x29400460;
	racing[1] = 0xd65f03c0; /* ret */
	race_over = 0;
	check_eq(cpu_start(1, racer, 0), PSCI_OK);
	for (; now() < end; n++) {
		struct trap t = TRAP_OF(race(PRIO));

		check_at(t.n <= 1 &&
				 (t.n == 0 || trap_ec(t) == EC_DABT || trap_ec(t) == EC_UNKNOWN),
			 __FILE_NAME__, __LINE__, "esr 0x%llx", (unsigned long long)t.esr);
	}
	race_over = 1;
	check(cpu_join(1));
	check(n > 10);
}

static const struct test modes[] = {
	{ "device_pairs", pairs },
	{ "device_write_back", write_back },
	{ "device_stack", stack_in_device },
	{ "device_vectors", vectors },
	{ "device_ordered", ordered },
	{ "device_exclusives", exclusives },
	{ "device_atomics", atomics },
	{ "device_zero_block", zero_block },
	{ "device_hints", hints },
	{ "device_misaligned", misaligned },
	{ "device_pairs_across", pairs_across },
	{ "device_changing_code", changing_code },
};

const struct modes modes_devices = { modes, array_size(modes) };
