/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a guest begins: registers, memory, its own image, the board its device tree tells of.
 */
#include "honest.h"

#define DEFAULT_MEM MIB(16)

extern const u64 boot_pattern[];
extern const u64 boot_pattern_end[];

/* "Booting AArch64 Linux", and what PSCI says of a CPU that starts. */
static void registers(void)
{
	const struct entry_state *e = &cpus[0].entry;

	check(e->x[0] != 0 && is_aligned(e->x[0], 8));
	for (u32 i = 1; i <= 3; i++)
		check_eq(e->x[i], 0);
	check_eq(e->current_el, 1 << 2);
	check_eq(e->spsel, 1);
	check_eq(e->daif, PSTATE_DAIF);
	check_eq(e->sctlr & (SCTLR_M | SCTLR_C), 0);
	check_eq(e->mpidr, BIT(31));
	check_eq(e->cpacr & (3u << 20), 0);
}

static void bss_is_zero(void)
{
	check_eq(n_bss_dirty, 0);
}

/* Behind the image and around the tree nothing of a former owner is left. */
static void memory_is_zero(void)
{
	u64 end = RAM_BASE + arg_u64("mem", DEFAULT_MEM);
	u64 tree = align_down(cpus[0].entry.x[0], 4096);
	u64 tree_end = align_up(cpus[0].entry.x[0] + tree_size(), 4096);
	u64 head = (u64)image_start - arg_u64("head", 0); /* an image's header before us */
	u64 n_dirty = 0, first = 0;

	for (u64 at = RAM_BASE; at < end; at += 8) {
		bool ours = (at >= head && at < (u64)image_end) || (at >= tree && at < tree_end);

		if (ours || *(const volatile u64 *)at == 0)
			continue;
		if (n_dirty++ == 0)
			first = at;
	}
	check_at(n_dirty == 0, __FILE_NAME__, __LINE__,
		 "%llu words are not zero, the first at 0x%llx", (unsigned long long)n_dirty,
		 (unsigned long long)first);
}

/* At the first start as after a restart: nothing enabled, pending, active, routed elsewhere. */
static void devices_are_reset(void)
{
	const struct board_state *b = &board_found;

	check_eq(b->gicd_ctlr, is_gicv2() ? 0 : GICD_CTLR_ARE | GICD_CTLR_DS);
	check_eq(b->enabled, 0);
	check_eq(b->pending, 0);
	check_eq(b->active, 0);
	check_eq(b->prio, 0);
	check_eq(b->config, 0);
	check_eq(b->routed, 0);
	check_eq(b->uart_cr, 0x300);
	check_eq(b->uart_imsc, 0);
	check_eq(b->uart_lcr, 0);
	check_eq(b->virt_ctl & (TIMER_ENABLE | TIMER_IMASK), 0);
	check_eq(b->phys_ctl & (TIMER_ENABLE | TIMER_IMASK), 0);
	check_eq(b->pmr, 0);
	check_eq(b->igrpen, 0);
	check_eq(b->rpr, RPR_IDLE);
}

/* A pattern larger than what is loaded in one piece. */
static void image_is_whole(void)
{
	u64 want = 0, n_wrong = 0;

	for (const u64 *p = boot_pattern; p < boot_pattern_end; p++) {
		n_wrong += *p != want;
		want += UINT64_C(0x9e3779b97f4a7c15);
	}
	check_eq(n_wrong, 0);
	check(boot_pattern_end - boot_pattern >= 32768);
}

/* Leave something in all of memory that a restart must clear. */
static void memory_is_writable(void)
{
	u64 end = RAM_BASE + arg_u64("mem", DEFAULT_MEM);
	u64 tree = align_down(cpus[0].entry.x[0], 4096);
	u64 wrong = 0;

	for (u64 at = align_up((u64)image_end, 4096); at < end; at += 8) {
		if (at >= tree && at < tree + MIB(1) / 4)
			continue;
		*(volatile u64 *)at = ~at;
	}
	for (u64 at = align_up((u64)image_end, 4096); at < end; at += 8) {
		if (at >= tree && at < tree + MIB(1) / 4)
			continue;
		wrong += *(volatile u64 *)at != ~at;
	}
	check_eq(wrong, 0);
}

void leave_traces(void)
{
	for (u32 i = FIRST_SPI; i < irq_lines(); i++) {
		irq_raise(i, 0x50);
		irq_route(i, i & 1);
	}
	irq_enable(INTID_VTIMER);
	irq_enable(INTID_PTIMER);
	timer_virt.set_cval(0);
	timer_phys.set_cval(0);
	timer_virt.set_ctl(TIMER_ENABLE);
	timer_phys.set_ctl(TIMER_ENABLE);
	irq_ack();
	irq_ack();
	write32(UART_BASE + UART_LCR, 0x70);
	write32(UART_BASE + UART_CR, 0xb01);
	write32(UART_BASE + UART_IMSC, 0x7ff);
	write32(UART_BASE + UART_DR, '\r');
}

/* ---- the tree -------------------------------------------------------------------------------- */

static void check_string(const char *path, const char *prop, const char *want)
{
	struct span v;

	check_at(tree_prop(path, prop, &v) && tree_has_string(v, want), __FILE_NAME__, __LINE__,
		 "%s of %s does not say \"%s\"", prop, path, want);
}

static void check_cells(const char *path, const char *prop, const u32 *want, u32 n)
{
	struct span v;

	if (!check_at(tree_prop(path, prop, &v) && v.n >= n * 4u, __FILE_NAME__, __LINE__,
		      "%s has no %s of %u cells", path, prop, n))
		return;
	for (u32 i = 0; i < n; i++)
		check_at(tree_cell(v, i) == want[i], __FILE_NAME__, __LINE__,
			 "cell %u of %s of %s is 0x%x, not 0x%x", i, prop, path, tree_cell(v, i),
			 want[i]);
}

#define CELLS(path, prop, ...)                                       \
	({                                                           \
		const u32 cells_[] = { __VA_ARGS__ };                \
		check_cells(path, prop, cells_, array_size(cells_)); \
	})

static void tree_is_there(void)
{
	check(tree_size() > 0);
	CELLS("", "#address-cells", 2);
	CELLS("", "#size-cells", 2);
	check(arg_get("mem").n > 0);
}

static void tree_memory(void)
{
	const u32 reg[] = { 0, (u32)RAM_BASE, 0, (u32)arg_u64("mem", 0) };

	check_string("/memory@80000000", "device_type", "memory");
	check_cells("/memory@80000000", "reg", reg, 4);
	/* What cannot be written is no memory to an operating system. */
	check_eq(tree_count("/memory@"), arg_u64("extra", 0) ? 2 : 1);
}

static void tree_cpus(void)
{
	u32 n = (u32)arg_u64("cpus", 1);

	check_eq(tree_count("/cpus/cpu@"), n);
	for (u32 i = 0; i < n && i < 8; i++) {
		char path[] = "/cpus/cpu@0";

		path[sizeof(path) - 2] = (char)('0' + i);
		check_cells(path, "reg", &i, 1);
		check_string(path, "enable-method", "psci");
		check_string(path, "device_type", "cpu");
	}
	check_string("/psci", "method", "hvc");
	check_string("/psci", "compatible", "arm,psci-1.0");
}

/* Addresses and interrupts that the documentation gives for the default board. */
static void tree_devices(void)
{
	u32 frames = (u32)(arg_u64("cpus", 1) * GICR_STRIDE);
	const u32 gicv3[] = { 0, GICD_BASE, 0, GICD_SIZE, 0, GICR_BASE, 0, frames };
	const u32 gicv2[] = { 0, GICD_BASE, 0, GICD2_SIZE, 0, GICC_BASE, 0, GICC_SIZE };
	u32 flags = is_gicv2() ? 8 | ((1u << n_cpus()) - 1) << 8 : 8; /* level low, and for whom */

	check_string("/intc@8000000", "compatible",
		     is_gicv2() ? "arm,cortex-a15-gic" : "arm,gic-v3");
	check_cells("/intc@8000000", "reg", is_gicv2() ? gicv2 : gicv3, 8);
	CELLS("/intc@8000000", "#interrupt-cells", 3);
	CELLS("/pl011@9000000", "reg", 0, UART_BASE, 0, UART_SIZE);
	CELLS("/pl011@9000000", "interrupts", 0, INTID_UART - FIRST_SPI, 4);
	check_string("/pl011@9000000", "compatible", "arm,pl011");
	check_string("/timer", "compatible", "arm,armv8-timer");
	/* secure, physical, virtual; each PPI, number, flags */
	CELLS("/timer", "interrupts", 1, 13, flags, 1, INTID_PTIMER - 16, flags, 1,
	      INTID_VTIMER - 16, flags);
	check_string("/chosen", "stdout-path", "/pl011@9000000");
}

static const struct test tests[] = {
	{ "registers", registers },	      { "bss_is_zero", bss_is_zero },
	{ "memory_is_zero", memory_is_zero }, { "devices_are_reset", devices_are_reset },
	{ "image_is_whole", image_is_whole }, { "tree_is_there", tree_is_there },
	{ "tree_memory", tree_memory },	      { "tree_cpus", tree_cpus },
	{ "tree_devices", tree_devices },     { "memory_is_writable", memory_is_writable },
};

const struct suite suite_boot = { "boot", tests, array_size(tests) };
