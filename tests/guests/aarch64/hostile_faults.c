/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses to what is not there, not allowed, or not meant to be accessed like that. Each is a
 * fault of the guest's own, at the address it used, and the guest goes on.
 */
#include "hostile.h"

static void unmapped_read(void)
{
	for (u32 width = 1; width <= 8; width *= 2) {
		check_abort(TRAP_OF(read_width(NOWHERE, width)), EC_DABT, NOWHERE);
		check_abort(TRAP_OF(read_width(RAM_BASE - width, width)), EC_DABT,
			    RAM_BASE - width);
	}
	check_abort(TRAP_OF(read64(UINT64_C(0x1fffffff00))), EC_DABT, UINT64_C(0x1fffffff00));
}

static void unmapped_write(void)
{
	for (u32 width = 1; width <= 8; width *= 2)
		check_abort(TRAP_OF(write_width(NOWHERE + 64, width, 1)), EC_DABT, NOWHERE + 64);
}

static void unmapped_fetch(void)
{
	check_abort(TRAP_OF(call_at(NOWHERE)), EC_IABT, NOWHERE);
	check_abort(TRAP_OF(call_at(RAM_BASE - 4)), EC_IABT, RAM_BASE - 4);
	check_abort(TRAP_OF(call_at(UINT64_C(0x1000000000))), EC_IABT, UINT64_C(0x1000000000));
}

/* A device is no place for code. */
static void device_fetch(void)
{
	check_abort(TRAP_OF(call_at(UART_BASE)), EC_IABT, UART_BASE);
	check_abort(TRAP_OF(call_at(VIEW_NORMAL + GICD_BASE)), EC_IABT, VIEW_NORMAL + GICD_BASE);
}

static void readonly_write(void)
{
	check_abort(TRAP_OF(write64(READONLY_BASE, 1)), EC_DABT, READONLY_BASE);
	/* An instruction that the CPU describes no access of. */
	struct trap t = TRAP_OF(__asm__ volatile("stp xzr, xzr, [%0]" ::"r"(READONLY_BASE + 128)
						 : "memory"));
	check_abort(t, EC_DABT, READONLY_BASE + 128);
	t = TRAP_OF(__asm__ volatile("dc zva, %0" ::"r"(READONLY_BASE + 4096) : "memory"));
	check(t.n == 1 && trap_ec(t) == EC_DABT);
	check_eq(read64(READONLY_BASE), 0);
	check_eq(read64(READONLY_BASE + 128), 0);
}

static void noexec_fetch(void)
{
	write32(NOEXEC_BASE, 0xd65f03c0);
	check_abort(TRAP_OF(call_at(NOEXEC_BASE)), EC_IABT, NOEXEC_BASE);
	check_abort(TRAP_OF(call_at(NOEXEC_BASE + EXTRA_SIZE - 4)), EC_IABT,
		    NOEXEC_BASE + EXTRA_SIZE - 4);
}

/* The last byte of memory is there, the next is not; nor is what begins inside and ends outside. */
static void ram_end(void)
{
	u64 end = RAM_BASE + arg_u64("mem", MIB(16));
	struct trap t;

	check_eq(TRAP_OF(read8(end - 1)).n, 0);
	check_eq(TRAP_OF(read64(end - 8)).n, 0);
	check_abort(TRAP_OF(read8(end)), EC_DABT, end);
	t = TRAP_OF(read64(end - 4));
	check(t.n == 1 && trap_ec(t) == EC_DABT);
	t = TRAP_OF(write64(end - 1, 0));
	check(t.n == 1 && trap_ec(t) == EC_DABT);
	t = TRAP_OF(__asm__ volatile("ldp x0, x1, [%0]" ::"r"(end - 8) : "x0", "x1", "memory"));
	check(t.n == 1 && trap_ec(t) == EC_DABT);
	check_abort(TRAP_OF(call_at(end)), EC_IABT, end);
}

static void window_end(void)
{
	check_eq(TRAP_OF(read8(UART_BASE + UART_SIZE - 1)).n, 0);
	check_eq(TRAP_OF(write8(UART_BASE + UART_SIZE - 1, 0xff)).n, 0);
	check_abort(TRAP_OF(read8(UART_BASE + UART_SIZE)), EC_DABT, UART_BASE + UART_SIZE);
	check_abort(TRAP_OF(read8(UART_BASE - 1)), EC_DABT, UART_BASE - 1);
	if (is_gicv2()) {
		check_abort(TRAP_OF(read32(GICD_BASE + GICD2_SIZE)), EC_DABT,
			    GICD_BASE + GICD2_SIZE);
		check_abort(TRAP_OF(read32(GICC_BASE - 4)), EC_DABT, GICC_BASE - 4);
		check_eq(TRAP_OF(read32(GICC_BASE + GICC_SIZE - 4)).n, 0);
		check_abort(TRAP_OF(write32(GICC_BASE + GICC_SIZE, 0)), EC_DABT,
			    GICC_BASE + GICC_SIZE);
		return;
	}
	check_eq(TRAP_OF(read32(GICD_BASE + GICD_SIZE - 4)).n, 0);
	check_abort(TRAP_OF(read32(GICD_BASE + GICD_SIZE)), EC_DABT, GICD_BASE + GICD_SIZE);
	check_abort(TRAP_OF(write64(GICR_BASE - 8, 0)), EC_DABT, GICR_BASE - 8);
	check_abort(TRAP_OF(read32(GICR_BASE + n_cpus() * GICR_STRIDE)), EC_DABT,
		    GICR_BASE + n_cpus() * GICR_STRIDE);
}

/* Across the window's end and across register borders, as device and as memory. */
static void misaligned_device(void)
{
	static const u64 views[] = { VIEW_PLAIN, VIEW_NORMAL, VIEW_DEVICE };
	u64 gic2 = is_gicv2() ? GICC_BASE + GICC_DIR : GICR_BASE;
	const u64 places[] = {
		UART_BASE + UART_SIZE - 4, UART_BASE + 1, UART_BASE + 0xffe, GICD_BASE + 3,
		GICD_BASE + 0x401,	   gic2 + 4,	  gic2 + 0xffe
	};

	for (u32 v = 0; v < array_size(views); v++) {
		for (u32 p = 0; p < array_size(places); p++) {
			for (u32 width = 2; width <= 8; width *= 2) {
				u64 at = views[v] + places[p];
				struct trap r = TRAP_OF(read_width(at, width));
				struct trap w = TRAP_OF(write_width(at, width, 0));
				bool aligned = is_aligned(at, width);

				check(aligned ? r.n == 0 : trap_ec(r) == EC_DABT);
				check(aligned ? w.n == 0 : trap_ec(w) == EC_DABT);
			}
		}
	}
}

/* ---- every register page with every width ---------------------------------------------------- */

static void sweep_page(u64 page, u64 size, u64 *seed)
{
	for (u32 off = 0; off < size; off += 4) {
		u32 width = 1u << (random_next(seed) & 3);
		u64 at = page + align_down(off + (random_next(seed) & 7), width);

		if (at + width > page + size)
			continue;
		check_eq(TRAP_OF(read_width(at, width)).n, 0);
		check_eq(TRAP_OF(write_width(at, width, random_next(seed))).n, 0);
		check_eq(TRAP_OF(read_width(page + align_down(off, 8), 8)).n, 0);
		check_eq(TRAP_OF(read8(page + off)).n, 0);
	}
}

static void gic_every_register(void)
{
	u64 seed = now() | 1;

	sweep_page(GICD_BASE, is_gicv2() ? GICD2_SIZE : GICD_SIZE, &seed);
	if (is_gicv2())
		sweep_page(GICC_BASE, GICC_SIZE, &seed);
	/* What was acknowledged meanwhile. */
	for (u32 i = 0; i < 256 && ci_read(CI_RPR) != RPR_IDLE; i++)
		ci_write(CI_EOIR1, 1019 - i);
	for (u32 i = 0; i < n_cpus() && !is_gicv2(); i++) {
		sweep_page(GICR_BASE + i * GICR_STRIDE, GICR_SGI, &seed);
		sweep_page(GICR_BASE + i * GICR_STRIDE + GICR_SGI, GICR_SGI, &seed);
	}
	irq_reset();
	check_eq(ci_read(CI_RPR), RPR_IDLE);
	irq_raise(40, 0x40);
	check_eq(irq_ack(), 40);
	irq_end(40);
}

/* ---- instructions that are not for devices --------------------------------------------------- */

#define DEVICE_INSN(insn)                                                                       \
	({                                                                                      \
		struct trap t_ = TRAP_OF(__asm__ volatile(insn ::"r"(at)                        \
							  : "x0", "x1", "x2", "x3", "memory")); \
		check_harmless(t_, insn);                                                       \
	})

static void device_instructions_at(u64 at)
{
	DEVICE_INSN("ldp x0, x1, [%0]");
	DEVICE_INSN("ldp w0, w1, [%0]");
	DEVICE_INSN("stp xzr, xzr, [%0]");
	DEVICE_INSN("mov x3, %0\n\tldr w0, [x3], #4\n\tnop");
	DEVICE_INSN("mov x3, %0\n\tstr wzr, [x3, #0]!\n\tnop");
	DEVICE_INSN("ldxr w0, [%0]");
	DEVICE_INSN("stxr w0, wzr, [%0]");
	DEVICE_INSN("ldxp x0, x1, [%0]");
	DEVICE_INSN("stlxp w0, xzr, xzr, [%0]");
	DEVICE_INSN("ldaxr x0, [%0]");
	DEVICE_INSN("stlxr w0, xzr, [%0]");
	DEVICE_INSN("ldar w0, [%0]");
	DEVICE_INSN("stlr wzr, [%0]");
	DEVICE_INSN("ldtr w0, [%0]");
	DEVICE_INSN("sttr wzr, [%0]");
	DEVICE_INSN("ldnp x0, x1, [%0]");
	DEVICE_INSN("ldpsw x0, x1, [%0]");
	DEVICE_INSN("prfm pldl1keep, [%0]");
	DEVICE_INSN("prfm pstl1strm, [%0]");
	DEVICE_INSN(".arch_extension lse\n\tldadd w0, w1, [%0]\n\t.arch_extension nolse");
	DEVICE_INSN(".arch_extension lse\n\tswpal x0, x1, [%0]\n\t.arch_extension nolse");
	DEVICE_INSN(".arch_extension lse\n\tcas w0, w1, [%0]\n\t.arch_extension nolse");
	DEVICE_INSN(".arch_extension lse\n\tcaspal x0, x1, x2, x3, [%0]\n\t.arch_extension nolse");
	DEVICE_INSN(".arch armv8-a+simd\n\tldr q0, [%0]\n\t.arch armv8-a");
	DEVICE_INSN(".arch armv8-a+simd\n\tstr d0, [%0]\n\t.arch armv8-a");
	DEVICE_INSN(".arch armv8-a+simd\n\tld4 {v0.16b-v3.16b}, [%0]\n\t.arch armv8-a");
	DEVICE_INSN(".arch armv8-a+simd\n\tst1 {v0.2d}, [%0]\n\t.arch armv8-a");
	DEVICE_INSN("dc zva, %0");
}

static void device_instructions(void)
{
	static const u64 views[] = { VIEW_PLAIN, VIEW_NORMAL };

	for (u32 v = 0; v < array_size(views); v++) {
		device_instructions_at(views[v] + UART_BASE + UART_IMSC - 0x38 + 0x40);
		device_instructions_at(views[v] + GICD_BASE + GIC_IPRIORITYR + 0x40);
		device_instructions_at(views[v] + irq_private_base(0) + GIC_IPRIORITYR);
		device_instructions_at(views[v] + NOWHERE);
	}
}

static void cache_operations(void)
{
	static const u64 places[] = {
		UART_BASE, GICD_BASE,	  VIEW_NORMAL + UART_BASE, VIEW_NORMAL + NOWHERE,
		NOWHERE,   READONLY_BASE, UINT64_C(0x1fffffff00),  RAM_BASE
	};

	for (u32 p = 0; p < array_size(places); p++) {
		u64 at = places[p];

		DEVICE_INSN("dc cvac, %0");
		DEVICE_INSN("dc cvau, %0");
		DEVICE_INSN("dc civac, %0");
		DEVICE_INSN("dc ivac, %0");
		DEVICE_INSN("ic ivau, %0");
		DEVICE_INSN("at s1e1r, %0");
		DEVICE_INSN("at s1e1w, %0");
		DEVICE_INSN("at s1e0r, %0");
		DEVICE_INSN("at s12e1r, %0");
		DEVICE_INSN("tlbi vae1is, %0");
		DEVICE_INSN("tlbi vaae1, %0");
		DEVICE_INSN("tlbi ipas2e1is, %0");
	}
	for (u64 at = 0; at < 64; at++) {
		u64 set_way = at << 28 | at << 6;

		__asm__ volatile("dc isw, %0\n\tdc csw, %0\n\tdc cisw, %0" ::"r"(set_way)
				 : "memory");
	}
	__asm__ volatile("ic iallu\n\tic ialluis\n\tdsb sy\n\tisb" ::: "memory");
}

/* Beyond what stage 2 translates, and beyond what the CPU has wires for. */
static void huge_addresses(void)
{
	static const u64 bases[] = { UINT64_C(0xffc0000000), BIT(40), BIT(43), BIT(44),
				     UINT64_C(0xffffc0000000) };
	u64 at = UINT64_C(127) << 30;
	u64 old = view_get(127);
	u64 tcr = reg_read(tcr_el1);

	for (u32 ips = 2; ips <= 5; ips += 3) {
		reg_write(tcr_el1, (tcr & ~BITS(34, 32)) | (u64)ips << 32);
		for (u32 i = 0; i < array_size(bases); i++) {
			view_set(127, (view_get(2) & BITS(11, 0)) | bases[i]);
			struct trap t = TRAP_OF(read64(at));

			check(t.n == 1 && trap_ec(t) == EC_DABT && t.far == at);
			t = TRAP_OF(write8(at + 1, 0));
			check(t.n == 1 && trap_ec(t) == EC_DABT);
			t = TRAP_OF(call_at(at));
			check(t.n == 1 && trap_ec(t) == EC_IABT && t.far == at);
		}
	}
	reg_write(tcr_el1, tcr);
	view_set(127, old);
}

/* Page tables where there is no memory: the second range of addresses gets the bad ones. */
static void tables_outside(void)
{
	static const u64 tables[] = {
		NOWHERE, UART_BASE,	    GICD_BASE, READONLY_BASE, UINT64_C(0xfffffff000),
		BIT(42), RAM_BASE + MIB(16)
	};
	u64 at = UINT64_C(0xffffff8000000000);
	u64 tcr = reg_read(tcr_el1);

	/* 39 bits, write-back walks, 4 KiB granule */
	reg_write(tcr_el1, (tcr & ~BIT(23)) | UINT64_C(25) << 16 | 1u << 24 | 1u << 26 | 3u << 28 |
				   UINT64_C(2) << 30);
	for (u32 i = 0; i < array_size(tables); i++) {
		reg_write(ttbr1_el1, tables[i]);
		__asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
		struct trap t = TRAP_OF(read64(at));

		check(t.n == 1 && trap_ec(t) == EC_DABT && t.far == at);
		t = TRAP_OF(write64(at + 8, 1));
		check(t.n == 1 && trap_ec(t) == EC_DABT && t.far == at + 8);
		t = TRAP_OF(call_at(at));
		check(t.n == 1 && trap_ec(t) == EC_IABT && t.far == at);
		/* Asked for, it is a fault in PAR_EL1 or the walk's own abort (DDI 0487, D8.15.2). */
		t = TRAP_OF(__asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(at) : "memory"));
		check(trap_ec(t) == EC_DABT || (reg_read(par_el1) & 1));
	}
	reg_write(tcr_el1, tcr);
	reg_write(ttbr1_el1, 0);
	__asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
}

/* With the other stack pointer, exceptions have their own entry. */
static void on_other_stack(void)
{
	struct trap t = TRAP_OF(
		__asm__ volatile("msr spsel, #0\n\tldr xzr, [%0]\n\tmsr spsel, #1" ::"r"(NOWHERE)
				 : "memory"));

	check_abort(t, EC_DABT, NOWHERE);
	t = TRAP_OF(__asm__ volatile("msr spsel, #0\n\tmrs x0, S3_3_C9_C12_0\n\tmsr spsel, #1" ::
					     : "x0", "memory"));
	check_eq(trap_ec(t), EC_UNKNOWN);
}

/* Complaints have an end, accesses have not. */
static void fault_flood(void)
{
	u64 end = now() + ms_to_ticks(STORM_MS);
	u32 n = 0;

	while (now() < end) {
		check_eq(TRAP_OF(write32(NOWHERE + n % 4096 * 4, n)).n, 1);
		n++;
	}
	check(n > 10);
}

static const struct test modes[] = {
	{ "unmapped_read", unmapped_read },
	{ "unmapped_write", unmapped_write },
	{ "unmapped_fetch", unmapped_fetch },
	{ "device_fetch", device_fetch },
	{ "readonly_write", readonly_write },
	{ "noexec_fetch", noexec_fetch },
	{ "ram_end", ram_end },
	{ "window_end", window_end },
	{ "misaligned_device", misaligned_device },
	{ "gic_every_register", gic_every_register },
	{ "device_instructions", device_instructions },
	{ "cache_operations", cache_operations },
	{ "huge_addresses", huge_addresses },
	{ "tables_outside", tables_outside },
	{ "on_other_stack", on_other_stack },
	{ "fault_flood", fault_flood },
};

const struct modes modes_faults = { modes, array_size(modes) };
