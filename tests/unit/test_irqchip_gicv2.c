/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's GICv2: what the driver writes where. Registers are plain memory, so what was written
 * last is what is read.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/endian.h>
#include <port/driver.h>

extern const struct driver driver_irqchip_gicv2;

#define DIST 0x08000000u
#define CPU  0x08010000u
#define GICH 0x08030000u

static u8 dist[0x1000];
static u8 cpu[0x20000];
static u8 gich[0x1000];
static u32 n_gich_maps;
static u64 this_cpu_id;
static u32 n_barriers;
static const struct irqchip_ops *chip;

static u32 d(u32 off)
{
	return load_le32(dist + off);
}

static u32 c(u32 off)
{
	return load_le32(cpu + off);
}

static void set(u8 *regs, u32 off, u32 v)
{
	store_le32(regs + off, v);
}

/* ---- the port ------------------------------------------------------------------------------ */

enum status driver_map(struct range win, struct mmio *out)
{
	u8 *at = win.base == DIST ? dist : win.base == CPU ? cpu : gich;

	n_gich_maps += win.base == GICH;
	*out = (struct mmio){ at, win.len };
	return OK;
}

u64 driver_this_cpu(void)
{
	return this_cpu_id;
}

void driver_dma_barrier(void)
{
	n_barriers++;
}

enum status register_irqchip(const struct irqchip_ops *ops, const struct hd_dev *dev)
{
	(void)dev;
	chip = ops;
	return OK;
}

/* ---- machines ------------------------------------------------------------------------------ */

static const struct hd_dev board = {
	.win = { { DIST, 0x1000 }, { CPU, 0x2000 }, { GICH, 0x1000 }, { 0x08040000, 0x2000 } },
	.n_win = 4,
};

static const struct hostdesc machine = {
	.cpu_hw_id = { 0, 1, 0x100 },
	.n_cpus = 3,
	.guest_intc_cpu = { 0x08040000, 0x1000 },
};

/* 96 lines, as firmware leaves it: something enabled, an interface with bypasses of its own. */
static void firmware_sets_up(void)
{
	memset(dist, 0, sizeof(dist));
	memset(cpu, 0, sizeof(cpu));
	set(dist, 0x004, 2 | 2 << 5);
	set(dist, 0x000, 3);
	set(dist, 0x800, 0x01010101);
	set(cpu, 0x0fc, 0x0202143b);
	set(cpu, 0x000, 0x1e1);
}

/* What cannot be driven is refused; before the one that is, for it is never forgotten. */
static void test_refused(void **state)
{
	struct hd_dev dev = board;

	(void)state;
	firmware_sets_up();
	dev.n_win = 1;
	assert_int_equal(driver_irqchip_gicv2.probe(&dev, &machine), E_INVAL);
	dev = board;
	dev.win[0].len = 0x800;
	assert_int_equal(driver_irqchip_gicv2.probe(&dev, &machine), E_RANGE);
	dev = board;
	dev.win[1].len = 0x1000; /* no GICC_DIR */
	assert_int_equal(driver_irqchip_gicv2.probe(&dev, &machine), E_RANGE);
	set(cpu, 0x0fc, 0x0001043b); /* GICv1 */
	assert_int_equal(driver_irqchip_gicv2.probe(&board, &machine), E_UNSUP);
	assert_null(chip);
}

static void test_probe(void **state)
{
	(void)state;
	firmware_sets_up();
	assert_int_equal(driver_irqchip_gicv2.probe(&board, &machine), OK);
	assert_non_null(chip);
	assert_true(n_gich_maps > 0);
	assert_int_equal(chip->n_lines(), 96);
	assert_int_equal(d(0x000), 1);
	for (u32 i = 1; i < 3; i++) {
		assert_int_equal(d(0x180 + 4 * i), 0xffffffff);
		assert_int_equal(d(0x280 + 4 * i), 0xffffffff);
		assert_int_equal(d(0x380 + 4 * i), 0xffffffff);
	}
	for (u32 off = 32; off < 96; off += 4) {
		assert_int_equal(d(0x400 + off), 0xa0a0a0a0);
		assert_int_equal(d(0x800 + off), 0x01010101);
	}
	assert_int_equal(d(0x180), 0); /* each CPU's own: cpu_init() */
	assert_int_equal(driver_irqchip_gicv2.probe(&board, &machine), E_EXISTS);
}

/* Priority drop and end are apart; firmware's bypasses stay. */
static void test_cpu_init(void **state)
{
	(void)state;
	for (u32 i = 0; i < 3; i++) {
		this_cpu_id = machine.cpu_hw_id[i];
		set(dist, 0x800, 0x01010101u << i);
		set(cpu, 0x0d0, 0xffffffff);
		assert_int_equal(chip->cpu_init(), OK);
		assert_int_equal(c(0x000), 0x1e0 | 1 << 9 | 1);
		assert_int_equal(c(0x004), 0xff);
		assert_int_equal(c(0x0d0), 0);
		assert_int_equal(d(0x180), 0xffffffff);
		assert_int_equal(d(0x100), 0xff); /* IPIs */
	}
	this_cpu_id = 0x200;
	assert_int_equal(chip->cpu_init(), E_NOTFOUND);
}

/* To the CPU by its own bit, whatever its hardware id. */
static void test_ipi(void **state)
{
	(void)state;
	n_barriers = 0;
	chip->ipi(0x100, 3);
	assert_int_equal(d(0xf00), 4u << 16 | 3);
	assert_int_equal(n_barriers, 1);
	chip->ipi(1, 0);
	assert_int_equal(d(0xf00), 2u << 16);
	chip->ipi(0x300, 0); /* nobody */
	assert_int_equal(d(0xf00), 0);
}

static void test_ack(void **state)
{
	(void)state;
	set(cpu, 0x00c, 1023);
	assert_int_equal(chip->ack(), IRQ_NONE);
	set(cpu, 0x00c, 40);
	set(cpu, 0x010, 0xffff);
	set(cpu, 0x1000, 0xffff);
	assert_int_equal(chip->ack(), 40);
	assert_int_equal(c(0x010), 0xffff);
	chip->drop(40);
	assert_int_equal(c(0x010), 40);
	assert_int_equal(c(0x1000), 0xffff);
	chip->deactivate(40);
	assert_int_equal(c(0x1000), 40);
	/* The end of an IPI names who sent it. */
	set(cpu, 0x00c, 2 << 10 | 3);
	assert_int_equal(chip->ack(), 3);
	assert_int_equal(c(0x010), 2 << 10 | 3);
	assert_int_equal(c(0x1000), 2 << 10 | 3);
	chip->drop(3);
	chip->deactivate(3);
	assert_int_equal(c(0x010), 2 << 10 | 3);
}

static void test_lines(void **state)
{
	(void)state;
	this_cpu_id = 1;
	set(dist, 0xc08, 0);
	assert_int_equal(chip->enable((struct hd_irq){ 40, HD_TRIGGER_EDGE }), OK);
	assert_int_equal(d(0xc08), 2u << 16);
	assert_int_equal(dist[0x800 + 40], 2);
	assert_int_equal(dist[0x800 + 41], 1);
	assert_int_equal(d(0x184), 1u << 8); /* off while it changes */
	assert_int_equal(d(0x104), 1u << 8);
	assert_int_equal(chip->enable((struct hd_irq){ 40, HD_TRIGGER_LEVEL }), OK);
	assert_int_equal(d(0xc08), 0);
	assert_int_equal(chip->enable((struct hd_irq){ 27, HD_TRIGGER_LEVEL }), OK);
	assert_int_equal(d(0x100), 1u << 27);
	assert_int_equal(chip->enable((struct hd_irq){ 96, HD_TRIGGER_LEVEL }), E_RANGE);
	set(dist, 0x188, 0);
	chip->disable(70);
	assert_int_equal(d(0x188), 1u << 6);
	chip->disable(1000); /* not there */
}

/* A line for a guest: at rest, then switched and routed as the guest's is. */
static void test_lent(void **state)
{
	(void)state;
	set(dist, 0x104, 0);
	assert_int_equal(chip->claim((struct hd_irq){ 41, HD_TRIGGER_EDGE }), OK);
	assert_int_equal(d(0x184), 1u << 9);
	assert_int_equal(d(0x284), 1u << 9);
	assert_int_equal(d(0x384), 1u << 9);
	assert_int_equal(d(0xc08), 2u << 18);
	assert_int_equal(d(0x104), 0);
	chip->unmask(41);
	assert_int_equal(d(0x104), 1u << 9);
	chip->route(41, 0x100);
	assert_int_equal(dist[0x800 + 41], 4);
	assert_int_equal(chip->claim((struct hd_irq){ 27, HD_TRIGGER_EDGE }), E_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),	 cmocka_unit_test(test_probe),
		cmocka_unit_test(test_cpu_init), cmocka_unit_test(test_ipi),
		cmocka_unit_test(test_ack),	 cmocka_unit_test(test_lines),
		cmocka_unit_test(test_lent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
