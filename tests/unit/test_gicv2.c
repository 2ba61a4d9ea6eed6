/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual GICv2: what differs from a GICv3 whose state machine it shares. Registers of 32
 * interrupts that each vCPU has of its own, targets, and software-generated interrupts that know
 * who sent them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gicv3_model.h"

extern const struct vdev_class vdev_gicv2;

#define GICC 1u

static void new_board(u32 n_vcpus)
{
	board_clear(n_vcpus);
	memset(cpus, 0, sizeof(cpus));
	memset(n_completed_hw, 0, sizeof(n_completed_hw));
	n_lrs = 4;
	board.desc.win[0].size = 0x1000;
	board.desc.win[1].size = 0x2000;
	board.collect = cpu_collect;
}

static void fresh2(u32 n_vcpus)
{
	new_board(n_vcpus);
	assert_int_equal(board_make(&vdev_gicv2), OK);
	d_write(0, 3);
	for (u32 v = 0; v < n_vcpus; v++) {
		board.current = v;
		d_write(0x100, 0xffffffff);
		for (u32 i = 0; i < 32; i++)
			board_write(GICD, 0x400 + i, 1, 0xa0);
	}
	board.current = 0;
	board.notified = 0;
}

static u32 d_read(u32 off)
{
	return (u32)board_read(GICD, off, 4);
}

static void send(u32 from, u32 value)
{
	board.current = from;
	d_write(0xf00, value);
}

/* The interrupt that @v takes, with its sender in bits 12..10 as GICC_IAR has it. */
static u32 take(u32 v)
{
	u32 intid = run_ack(v);
	const struct lr *l = cpu_lr(v, intid);

	return l ? intid | l->e.source << 10 : intid;
}

static void test_class(void **state)
{
	(void)state;
	new_board(9);
	assert_int_equal(board_make(&vdev_gicv2), E_RANGE);
	new_board(2);
	board.desc.win[1].size = 0x1000;
	assert_int_equal(board_make(&vdev_gicv2), E_RANGE);
	assert_non_null(strstr(board.log, "0x2000"));
	new_board(2);
	board.cpu_interface_answer = E_UNSUP;
	assert_int_equal(board_make(&vdev_gicv2), E_UNSUP);
	assert_non_null(strstr(board.log, "no CPU interface"));
	new_board(8);
	assert_int_equal(board_make(&vdev_gicv2), OK);
	assert_true(vdev_gicv2.info.is_intc);
}

static void test_identity(void **state)
{
	(void)state;
	fresh2(3);
	assert_int_equal(d_read(0x004) & 0xff, 7 | 2 << 5); /* 256 lines, 3 CPUs */
	assert_int_equal(d_read(0x004) >> 10 & 1, 0);	    /* no Security Extensions */
	assert_int_equal(d_read(0x008), 0x5400043b);
	assert_int_equal(d_read(0xfe8) >> 4 & 0xf, 2);
	assert_int_equal(d_read(0xff0), 0x0d);
	assert_int_equal(d_read(0xffc), 0xb1);
	d_write(0, 0xffffffff);
	assert_int_equal(d_read(0), 3);
	d_write(0, 0);
	assert_int_equal(d_read(0), 0);
}

/* Whatever is written to each word, only these have something to read; other widths nothing. */
static void test_every_word(void **state)
{
	(void)state;
	fresh2(2);
	for (u32 off = 0; off < 0x1000; off += 4) {
		bool bits = off >= 0x080 && off < 0x400 && off % 0x80 < 32;
		bool bytes = off >= 0x400 && off < 0xa00 && off % 0x400 < 256;
		bool config = off >= 0xc00 && off < 0xc40;
		bool senders = off >= 0xf20 && off < 0xf30; /* set; clearing them left none */
		bool id = off == 4 || off == 8 || off >= 0xfd0;
		u32 was = d_read(off);

		assert_int_equal(board_read(GICD, off, 2), 0);
		if (off % 8 == 0)
			assert_int_equal(board_read(GICD, off, 8), 0);
		board_write(GICD, off, 2, 0xffff);
		d_write(off, 0xffffffff);
		if (off && !bits && !bytes && !config && !senders)
			assert_int_equal(d_read(off), was);
		if (!bits && !bytes && !config && !senders && !id && off)
			assert_int_equal(d_read(off), 0);
	}
}

static void test_fields(void **state)
{
	(void)state;
	fresh2(2);
	d_write(0x400 + 40, 0xffffffff);
	assert_int_equal(d_read(0x400 + 40), 0xf8f8f8f8);
	board_write(GICD, 0x400 + 41, 1, 0x50);
	assert_int_equal(board_read(GICD, 0x400 + 41, 1), 0x50);
	assert_int_equal(d_read(0xc00), 0xaaaaaaaa); /* SGIs are edges */
	d_write(0xc00, 0);
	assert_int_equal(d_read(0xc00), 0xaaaaaaaa);
	d_write(0xc08, 0xffffffff);
	assert_int_equal(d_read(0xc08), 0xaaaaaaaa);
	/* SGIs are not made pending, nor let go of, by the registers of the others. */
	d_write(0x200, 0xffff);
	assert_int_equal(d_read(0x200), 0);
	board_write(GICD, 0xf23, 1, 1);
	assert_int_equal(d_read(0x200), 8);
	d_write(0x280, 0xffffffff);
	assert_int_equal(d_read(0x280), 8);
	board_write(GICD, 0xf13, 1, 1);
	assert_int_equal(d_read(0x280), 0);
}

/* Interrupts 0 to 31 and their registers are each vCPU's own. */
static void test_banked(void **state)
{
	(void)state;
	fresh2(3);
	for (u32 v = 0; v < 3; v++) {
		board.current = v;
		d_write(0x180, 0xffffffff);
		d_write(0x100, 1u << (20 + v));
		assert_int_equal(d_read(0x800), 0x01010101u << v);
	}
	for (u32 v = 0; v < 3; v++) {
		board.current = v;
		assert_int_equal(d_read(0x100), 1u << (20 + v));
	}
	intc()->line(board.dev, 1, 21, true);
	board.current = 0;
	assert_int_equal(d_read(0x200), 0);
	board.current = 1;
	assert_int_equal(d_read(0x200), 1u << 21);
	assert_int_equal(take(0), 1023);
	assert_int_equal(take(1), 21);
}

/* ---- targets ------------------------------------------------------------------------------- */

static void test_targets(void **state)
{
	(void)state;
	fresh2(3);
	d_write(0x104, 1u << 8);
	intc()->line(board.dev, 0, 40, true);
	for (u32 v = 0; v < 3; v++)
		assert_int_equal(take(v), 1023); /* to nobody as yet */
	board_write(GICD, 0x800 + 40, 1, 0xfe);
	assert_int_equal(board_read(GICD, 0x800 + 40, 1), 6); /* two there are */
	assert_int_equal(take(2), 1023);
	assert_int_equal(take(1), 40);
	/* Moved while active: it stays until it is ended. */
	board_write(GICD, 0x800 + 40, 1, 4);
	assert_int_equal(run_eoi(1), 40);
	assert_int_equal(take(1), 1023);
	assert_int_equal(take(2), 40);
	/* Private ones and those that are not there. */
	d_write(0x800, 0);
	assert_int_equal(d_read(0x800), 0x01010101);
	d_write(0x800 + 512, 0xffffffff);
	assert_int_equal(d_read(0x800 + 512), 0);
}

static void test_alone(void **state)
{
	(void)state;
	fresh2(1);
	assert_int_equal(d_read(0x800), 0);
	d_write(0x800 + 40, 0xffffffff);
	assert_int_equal(d_read(0x800 + 40), 0);
	d_write(0x104, 1u << 8);
	intc()->line(board.dev, 0, 40, true);
	assert_int_equal(take(0), 40);
}

/* ---- software-generated ones --------------------------------------------------------------- */

static void test_sgi_targets(void **state)
{
	(void)state;
	fresh2(3);
	send(1, 0x050000 | 7);
	assert_int_equal(take(0), 7 | 1 << 10);
	assert_int_equal(take(1), 1023);
	assert_int_equal(take(2), 7 | 1 << 10);
	send(2, 1u << 24 | 8); /* all others */
	assert_int_equal(run_eoi(0), 7);
	assert_int_equal(take(0), 8 | 2 << 10);
	assert_int_equal(take(1), 8 | 2 << 10);
	assert_int_equal(run_eoi(2), 7);
	assert_int_equal(take(2), 1023);
	send(2, 2u << 24 | 0xff0000 | 9); /* oneself */
	assert_int_equal(take(2), 9 | 2 << 10);
	assert_int_equal(run_eoi(0), 8);
	send(0, 3u << 24 | 0xff0000 | 10); /* reserved */
	assert_int_equal(take(0), 1023);
	send(0, 0xf80000 | 10); /* nobody who is there */
	assert_int_equal(board.notified, 0);
}

/* One number from two senders is two interrupts, one after the other. */
static void test_two_senders(void **state)
{
	(void)state;
	fresh2(3);
	send(1, 0x010000 | 3);
	send(2, 0x010000 | 3);
	send(2, 0x010000 | 3);
	board.current = 0;
	assert_int_equal(board_read(GICD, 0xf13, 1), 6);
	assert_int_equal(take(0), 3 | 1 << 10);
	assert_int_equal(board_read(GICD, 0xf13, 1), 4);
	assert_int_equal(d_read(0x300), 8); /* active, */
	assert_int_equal(d_read(0x200), 8); /* and pending from the other */
	assert_int_equal(take(0), 1023);
	send(1, 0x010000 | 3);
	cpu_before_run(0);
	assert_int_equal(cpu_lr(0, 3)->e.source, 1);
	assert_int_equal(cpu_lr(0, 3)->e.state, VIRQ_ACTIVE);
	assert_true(cpu_lr(0, 3)->e.notify);
	assert_int_equal(run_eoi(0), 3);
	assert_int_equal(take(0), 3 | 1 << 10);
	assert_int_equal(run_eoi(0), 3);
	assert_int_equal(take(0), 3 | 2 << 10);
	assert_int_equal(run_eoi(0), 3);
	assert_int_equal(take(0), 1023);
}

static void test_senders_cleared(void **state)
{
	(void)state;
	fresh2(3);
	send(1, 0x010000 | 3);
	send(2, 0x010000 | 3);
	cpu_sync(0); /* one is with the CPU */
	board.current = 0;
	d_write(0xf10, 0x02000000);
	assert_int_equal(d_read(0xf20), 0x04000000);
	assert_int_equal(take(0), 3 | 2 << 10);
	assert_int_equal(run_eoi(0), 3);
	board_write(GICD, 0xf23, 1, 0xff);
	assert_int_equal(board_read(GICD, 0xf23, 1), 7);
	board_write(GICD, 0xf13, 1, 0xff);
	assert_int_equal(take(0), 1023);
}

/* Sent and taken in any order, with synchronisations between: each (number, sender) once. */
static void test_sgi_walk(void **state)
{
	u8 want[3][16] = { { 0 } };
	u32 active[3] = { 16, 16, 16 };
	u64 dice = 7;

	(void)state;
	fresh2(3);
	for (u32 n = 0; n < 200000; n++) {
		u32 what = board_random(&dice) % 8, v = board_random(&dice) % 3;
		u32 sgi = board_random(&dice) % 4 * 5, from = board_random(&dice) % 3, got;

		if (what < 3) {
			send(from, 1u << (16 + v) | sgi);
			want[v][sgi] |= (u8)(1u << from);
		} else if (what < 5 && active[v] == 16) {
			got = take(v);
			assert_true(got == 1023 || want[v][got & 15] >> (got >> 10) & 1);
			if (got == 1023) {
				for (u32 i = 0; i < 16; i++)
					assert_int_equal(want[v][i], 0);
				continue;
			}
			active[v] = got & 15;
			want[v][got & 15] &= (u8) ~(1u << (got >> 10));
		} else if (what < 6 && active[v] < 16) {
			assert_int_equal(run_eoi(v), active[v]);
			active[v] = 16;
		} else if (what == 6) {
			cpu_sync(v);
		} else {
			board.current = v;
			assert_int_equal(board_read(GICD, 0xf10 + sgi, 1), want[v][sgi]);
		}
	}
}

/* ---- ends ---------------------------------------------------------------------------------- */

static void test_deactivate(void **state)
{
	(void)state;
	fresh2(2);
	intc()->bind_hw(board.dev, 1, 27, 59);
	intc()->line(board.dev, 1, 27, true);
	assert_int_equal(take(1), 27);
	board.current = 1;
	board_write(GICC, 0x1000, 2, 27);
	board_write(GICC, 0x1004, 4, 27);
	assert_int_equal(board.n_ended_hw, 0);
	assert_int_equal(board_read(GICC, 0x1000, 4), 0);
	board_write(GICC, 0x1000, 4, 27);
	assert_int_equal(board.n_ended_hw, 1);
	assert_int_equal(board.ended_hw[0], 27);
	assert_int_equal(d_read(0x300), 0);
	/* One that is not active, one that is not there. */
	board_write(GICC, 0x1000, 4, 27);
	board_write(GICC, 0x1000, 4, 700);
	assert_int_equal(board.n_ended_hw, 1);
	/* An SPI has none, and comes again. */
	d_write(0x104, 1u << 8);
	board_write(GICD, 0x800 + 40, 1, 2);
	cpus[1].n_taken = 0;
	intc()->line(board.dev, 0, 40, true);
	assert_int_equal(take(1), 40);
	cpus[1].n_taken = 0; /* its priority dropped */
	assert_int_equal(take(1), 1023);
	board_write(GICC, 0x1000, 4, 40);
	assert_int_equal(board.n_ended_hw, 1);
	assert_int_equal(take(1), 40);
}

static void test_reset(void **state)
{
	(void)state;
	fresh2(2);
	send(1, 0x010000 | 3);
	board_write(GICD, 0x800 + 40, 1, 3);
	board.dev->class->reset(board.dev);
	memset(cpus, 0, sizeof(cpus));
	board.current = 0;
	for (u32 off = 0; off < 0xfd0; off += 4) {
		bool fixed = off == 4 || off == 8 || (off >= 0x800 && off < 0x820) || off == 0xc00;

		if (!fixed)
			assert_int_equal(d_read(off), 0);
	}
	d_write(0, 3);
	d_write(0x100, 0xffff);
	assert_int_equal(take(0), 1023);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_class),	    cmocka_unit_test(test_identity),
		cmocka_unit_test(test_every_word),  cmocka_unit_test(test_fields),
		cmocka_unit_test(test_banked),	    cmocka_unit_test(test_targets),
		cmocka_unit_test(test_alone),	    cmocka_unit_test(test_sgi_targets),
		cmocka_unit_test(test_two_senders), cmocka_unit_test(test_senders_cleared),
		cmocka_unit_test(test_sgi_walk),    cmocka_unit_test(test_deactivate),
		cmocka_unit_test(test_reset),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(board.dev);
	return failed;
}
