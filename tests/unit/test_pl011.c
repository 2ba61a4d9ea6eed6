/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev/uart/pl011.c register by register against the manual (Arm DDI 0183), and its data path:
 * output, input, FIFO, interrupts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pl011_model.h"

static void test_class(void **state)
{
	(void)state;
	assert_string_equal(vdev_pl011.info.name, "pl011");
	assert_int_equal(vdev_pl011.info.n_win, 1);
	assert_int_equal(vdev_pl011.info.n_irq, 1);
	assert_int_equal(vdev_pl011.info.min_window, 0x1000);
	assert_true(vdev_pl011.info.is_console);
	assert_false(vdev_pl011.info.is_intc);
	assert_null(vdev_pl011.intc);
	board_clear(1);
	board.char_answer = E_EXISTS;
	assert_int_equal(board_make(&vdev_pl011), E_EXISTS);
	board_clear(1);
	board.map_answer = E_RANGE;
	assert_int_equal(board_make(&vdev_pl011), E_RANGE);
}

/* Table 3-1: reset value and width of every register. */
static void test_register_table(void **state)
{
	static const struct {
		u32 off, reset, writable;
	} t[] = {
		{ RSR, 0, 0 },	    { FR, 0x97, 0 },	{ ILPR, 0, 0xff },     { IBRD, 0, 0xffff },
		{ FBRD, 0, 0x3f },  { LCR_H, 0, 0xff }, { CR, 0x300, 0xff87 }, { IFLS, 0x12, 0x3f },
		{ IMSC, 0, 0x7ff }, { RIS, 0, 0 },	{ MIS, 0, 0 },	       { ICR, 0, 0 },
		{ DMACR, 0, 0x7 },  { 0xfe0, 0x11, 0 }, { 0xfe4, 0x10, 0 },    { 0xfe8, 0x34, 0 },
		{ 0xfec, 0x00, 0 }, { 0xff0, 0x0d, 0 }, { 0xff4, 0xf0, 0 },    { 0xff8, 0x05, 0 },
		{ 0xffc, 0xb1, 0 },
	};

	(void)state;
	for (u32 i = 0; i < array_size(t); i++) {
		fresh();
		assert_int_equal(r(t[i].off), t[i].reset);
		w(t[i].off, 0xffffffff);
		if (t[i].writable)
			assert_int_equal(r(t[i].off), t[i].writable);
		w(t[i].off, 0);
		assert_int_equal(r(t[i].off) & t[i].writable, 0);
		if (!t[i].writable)
			assert_int_equal(r(t[i].off), t[i].reset);
		board.dev->class->reset(board.dev);
		assert_int_equal(r(t[i].off), t[i].reset);
	}
}

static void test_reserved(void **state)
{
	(void)state;
	fresh();
	for (u32 off = 0; off < 0x2000; off += 4) {
		bool known = off <= RSR || (off >= FR && off <= DMACR && off != 0x1c) ||
			     (off >= 0xfe0 && off < 0x1000);

		if (known)
			continue;
		w(off, 0xffffffff);
		assert_int_equal(r(off), 0);
	}
	assert_int_equal(board.n_out, 0);
}

static void test_access_sizes(void **state)
{
	(void)state;
	fresh();
	board_write(0, IBRD, 2, 0x1234);
	assert_int_equal(r(IBRD), 0x1234);
	assert_int_equal(board_read(0, IBRD, 2), 0x1234);
	assert_int_equal(board_read(0, IBRD, 1), 0x34);
	/* A narrow write drives zeros above: the bus has no byte strobes for the device. */
	board_write(0, IBRD, 1, 0x56);
	assert_int_equal(r(IBRD), 0x56);
	board_write(0, DR, 1, 'a');
	board_write(0, DR, 2, 'b');
	board_write(0, DR, 4, 'c');
	assert_int_equal(board.n_out, 3);
	assert_memory_equal(board.out, "abc", 3);
	/* Not a register's own offset, or wider than a register. */
	board_write(0, DR + 1, 1, 'x');
	board_write(0, DR + 2, 2, 'x');
	board_write(0, DR, 8, 'x');
	assert_int_equal(board.n_out, 3);
	type(1);
	assert_int_equal(board_read(0, DR + 1, 1), 0);
	assert_int_equal(board_read(0, DR, 8), 0);
	assert_int_equal(board_read(0, FR, 1), 0xc7);
	assert_int_equal(board_read(0, DR, 1), 'T');
}

/* ---- output -------------------------------------------------------------------------------- */

static void test_transmit(void **state)
{
	(void)state;
	/* A guest that sets up nothing. */
	fresh();
	for (const char *p = "hello\n"; *p; p++) {
		assert_int_equal(r(FR) & 0x28, 0);
		w(DR, (u8)*p);
	}
	assert_int_equal(board.n_out, 6);
	assert_memory_equal(board.out, "hello\n", 6);
	assert_int_equal(r(FR), 0x97);
	/* Only the character is sent. */
	w(DR, 0xffffff41);
	assert_int_equal(board.out[6], 0x41);
	assert_false(board.irq[0]);
}

static void test_transmit_interrupt(void **state)
{
	(void)state;
	fresh_fifo();
	/* Enabling alone does not raise it: no level was crossed (2.8.3, note). */
	w(IMSC, I_TX);
	assert_int_equal(r(RIS), 0);
	assert_false(board.irq[0]);
	w(DR, 'a');
	assert_int_equal(r(RIS), I_TX);
	assert_int_equal(r(MIS), I_TX);
	assert_true(board.irq[0]);
	w(ICR, I_TX);
	assert_int_equal(r(RIS), 0);
	assert_false(board.irq[0]);
	w(DR, 'b');
	assert_true(board.irq[0]);
	/* Masked: still in RIS, not in MIS. */
	w(IMSC, 0);
	assert_int_equal(r(RIS), I_TX);
	assert_int_equal(r(MIS), 0);
	assert_false(board.irq[0]);
	w(IMSC, I_TX);
	assert_true(board.irq[0]);
	/* In character mode too. */
	w(ICR, 0x7ff);
	w(LCR_H, 0x60);
	w(DR, 'c');
	assert_true(board.irq[0]);
}

/* ---- input --------------------------------------------------------------------------------- */

static void test_receive_character_mode(void **state)
{
	(void)state;
	fresh();
	w(IMSC, I_RX);
	type(3);
	/* One holding register; the rest waits at the console. */
	assert_int_equal(r(FR) & (RXFE | RXFF), RXFF);
	assert_int_equal(board.in_pos, 1);
	assert_true(board.irq[0]);
	assert_int_equal(r(DR), 'T');
	/* A single read makes room for the next, which raises it again. */
	assert_int_equal(board.in_pos, 2);
	assert_true(board.irq[0]);
	assert_int_equal(r(DR), 'h');
	assert_int_equal(r(DR), 'e');
	assert_int_equal(r(FR) & (RXFE | RXFF), RXFE);
	assert_false(board.irq[0]);
	assert_int_equal(r(RIS), 0);
	assert_int_equal(r(DR), 0);
}

static void test_receive_levels(void **state)
{
	static const u32 level[8] = { 4, 8, 16, 24, 28, 28, 28, 28 };

	(void)state;
	for (u32 sel = 0; sel < 8; sel++) {
		fresh_fifo();
		w(IFLS, sel << 3);
		w(IMSC, I_RX);
		type(level[sel] - 1);
		assert_int_equal(r(RIS), 0);
		assert_false(board.irq[0]);
		type(1);
		assert_int_equal(r(RIS), I_RX);
		assert_true(board.irq[0]);
		/* One below the level: gone; up again: back. */
		(void)r(DR);
		assert_int_equal(r(RIS), 0);
		assert_false(board.irq[0]);
		type(2);
		assert_int_equal(r(RIS), I_RX);
		/* Cleared by software it stays away until something more arrives. */
		w(ICR, I_RX);
		assert_false(board.irq[0]);
		type(1);
		assert_true(board.irq[0]);
	}
}

static void test_receive_fifo(void **state)
{
	u32 n = 0;

	(void)state;
	fresh_fifo();
	type(40);
	/* 32 deep; no overrun: what does not fit waits. */
	assert_int_equal(board.in_pos, 32);
	assert_int_equal(r(FR) & (RXFE | RXFF), RXFF);
	assert_int_equal(r(RIS) & I_OE, 0);
	while (!(r(FR) & RXFE)) {
		assert_int_equal(r(DR), board.in[n]);
		n++;
	}
	assert_int_equal(n, 40);
	assert_int_equal(r(RSR), 0);
	/* Around the ring many times. */
	for (u32 i = 0; i < 200; i++) {
		board_type(&(u8){ (u8)i }, 1);
		if (i % 3 == 2) {
			assert_int_equal(r(DR), (u8)(i - 2));
			assert_int_equal(r(DR), (u8)(i - 1));
			assert_int_equal(r(DR), (u8)i);
		}
	}
}

static void test_receive_timeout(void **state)
{
	(void)state;
	fresh_fifo();
	type(1);
	/* RIS cannot show it unless it is enabled (table 3-15, note). */
	assert_int_equal(r(RIS), 0);
	w(IMSC, I_RX | I_RT);
	assert_int_equal(r(RIS), I_RT);
	assert_true(board.irq[0]);
	w(IMSC, I_RX);
	assert_int_equal(r(RIS), 0);
	assert_false(board.irq[0]);
	w(IMSC, I_RX | I_RT);
	/* Cleared when the FIFO is read empty. */
	type(1);
	(void)r(DR);
	assert_true(board.irq[0]);
	(void)r(DR);
	assert_false(board.irq[0]);
	/* Or by software, until something happens. */
	type(1);
	assert_true(board.irq[0]);
	w(ICR, I_RT);
	assert_false(board.irq[0]);
	type(1);
	assert_true(board.irq[0]);
	/* What is left below the level after a burst is not forgotten. */
	while (!(r(FR) & RXFE))
		(void)r(DR);
	type(20);
	assert_int_equal(r(RIS), I_RX);
	for (u32 i = 0; i < 8; i++)
		(void)r(DR);
	assert_int_equal(r(RIS), I_RT);
}

static void test_receive_disabled(void **state)
{
	(void)state;
	fresh_fifo();
	w(CR, 0x101);
	type(5);
	assert_int_equal(board.in_pos, 0);
	assert_int_equal(r(FR) & RXFE, RXFE);
	/* Enabled later: nothing was lost. */
	w(CR, 0x301);
	assert_int_equal(board.in_pos, 5);
	assert_int_equal(r(DR), 'T');
}

static void test_fifo_enable_moves_level(void **state)
{
	(void)state;
	fresh();
	w(IMSC, I_RX | I_RT);
	type(10);
	assert_int_equal(r(RIS), I_RX);
	/* To FIFO mode: more is taken, the level is 16, the timeout tells. */
	w(LCR_H, FEN);
	assert_int_equal(board.in_pos, 10);
	assert_int_equal(r(RIS), I_RT);
	/* Back: flags of a full holding register, nothing lost. */
	w(LCR_H, 0);
	assert_int_equal(r(FR) & (RXFE | RXFF), RXFF);
	for (u32 i = 0; i < 10; i++)
		assert_int_equal(r(DR), board.in[i]);
	assert_int_equal(r(FR) & RXFE, RXFE);
}

static void test_level_selection_moves_level(void **state)
{
	(void)state;
	fresh_fifo();
	w(IMSC, I_RX);
	type(16);
	assert_true(board.irq[0]);
	w(IFLS, 3 << 3);
	assert_false(board.irq[0]);
	/* Lowering it is not reaching it. */
	w(IFLS, 0);
	assert_false(board.irq[0]);
	type(1);
	assert_true(board.irq[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_class),
		cmocka_unit_test(test_register_table),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_access_sizes),
		cmocka_unit_test(test_transmit),
		cmocka_unit_test(test_transmit_interrupt),
		cmocka_unit_test(test_receive_character_mode),
		cmocka_unit_test(test_receive_levels),
		cmocka_unit_test(test_receive_fifo),
		cmocka_unit_test(test_receive_timeout),
		cmocka_unit_test(test_receive_disabled),
		cmocka_unit_test(test_fifo_enable_moves_level),
		cmocka_unit_test(test_level_selection_moves_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
