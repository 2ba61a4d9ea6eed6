/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev/uart/pl011.c in use: loopback and what only shows there (overrun, break, modem lines), the
 * sequence of a known driver, restart, and a storm of random accesses that keeps the properties
 * any state has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pl011_model.h"

/* ---- loopback ------------------------------------------------------------------------------ */

static void test_loopback(void **state)
{
	(void)state;
	fresh_fifo();
	w(CR, 0x381);
	board_type("waits", 5);
	w(DR, 'x');
	assert_int_equal(board.n_out, 0);
	assert_int_equal(r(DR), 'x');
	assert_int_equal(r(FR) & RXFE, RXFE);
	w(DR, 0xf41);
	assert_int_equal(r(DR), 0x41);
	/* The receiver must be enabled. */
	w(CR, 0x181);
	w(DR, 'y');
	assert_int_equal(r(FR) & RXFE, RXFE);
	/* What was typed meanwhile is still there. */
	w(CR, 0x301);
	assert_int_equal(r(DR), 'w');
}

static void test_overrun(void **state)
{
	(void)state;
	fresh_fifo();
	w(CR, 0x381);
	w(IMSC, I_OE);
	for (u32 i = 0; i < 32; i++)
		w(DR, i);
	assert_false(board.irq[0]);
	assert_int_equal(r(RSR), 0);
	w(DR, 0x77);
	assert_true(board.irq[0]);
	assert_int_equal(r(RSR), 8);
	/* The FIFO's contents remain valid; the mark comes with the next character that fits. */
	assert_int_equal(r(DR), 0);
	assert_int_equal(r(RSR), 8);
	w(DR, 0x55);
	w(RSR, 0);
	assert_int_equal(r(RSR), 0);
	w(ICR, I_OE);
	assert_false(board.irq[0]);
	for (u32 i = 1; i < 32; i++)
		assert_int_equal(r(DR), i);
	assert_int_equal(r(DR), 0x855);
	assert_int_equal(r(FR) & RXFE, RXFE);
	w(DR, 0x56);
	assert_int_equal(r(DR), 0x56);
}

static void test_break(void **state)
{
	(void)state;
	fresh_fifo();
	w(CR, 0x381);
	w(IMSC, I_BE | I_FE);
	w(LCR_H, 0x71);
	assert_int_equal(r(RIS) & (I_BE | I_FE), I_BE | I_FE);
	assert_true(board.irq[0]);
	/* Held, it is one character. */
	w(LCR_H, 0x71);
	assert_int_equal(r(DR), 0x500);
	assert_int_equal(r(RSR), 5);
	assert_int_equal(r(FR) & RXFE, RXFE);
	w(LCR_H, 0x70);
	w(DR, 'z');
	assert_int_equal(r(DR), 'z');
	assert_int_equal(r(RSR), 0);
	/* Without loopback the far end sees it, not we. */
	w(CR, 0x301);
	w(ICR, 0x7ff);
	w(LCR_H, 0x71);
	assert_int_equal(r(FR) & RXFE, RXFE);
	assert_int_equal(r(RIS), 0);
}

static void test_modem(void **state)
{
	static const struct {
		u32 cr, fr, ris;
	} t[] = {
		{ 0x0400, 0x002, 0x8 }, /* DTR -> DSR */
		{ 0x0800, 0x001, 0x2 }, /* RTS -> CTS */
		{ 0x1000, 0x004, 0x4 }, /* Out1 -> DCD */
		{ 0x2000, 0x100, 0x1 }, /* Out2 -> RI */
	};

	(void)state;
	fresh();
	/* A cable is plugged in; what we drive does not come back. */
	w(CR, 0x3f01);
	assert_int_equal(r(FR), 0x97);
	assert_int_equal(r(RIS), 0);
	for (u32 i = 0; i < array_size(t); i++) {
		w(CR, 0x380);
		w(ICR, 0x7ff);
		w(IMSC, 0xf);
		assert_int_equal(r(FR), 0x90);
		assert_false(board.irq[0]);
		w(CR, 0x380 | t[i].cr);
		assert_int_equal(r(FR), 0x90 | t[i].fr);
		assert_int_equal(r(RIS), t[i].ris);
		assert_true(board.irq[0]);
		w(ICR, t[i].ris);
		assert_false(board.irq[0]);
		w(CR, 0x380);
		assert_int_equal(r(RIS), t[i].ris);
		w(ICR, 0x7ff);
	}
}

/* ---- drivers ------------------------------------------------------------------------------- */

/* A driver with interrupts, in the order of the manual and as Linux does it. */
static void test_driver_with_interrupts(void **state)
{
	const char *text = "a line longer than one FIFO is deep, sent by interrupts\r\n";
	size_t sent = 0;

	(void)state;
	fresh();
	board_type("stale", 5);
	w(ICR, 0x7d0);
	w(IMSC, 0);
	w(IBRD, 13);
	w(FBRD, 1);
	w(LCR_H, 0x70);
	w(CR, 0xb01);
	w(ICR, I_RT | I_RX);
	for (u32 i = 0; i < 64 && !(r(FR) & RXFE); i++)
		(void)r(DR);
	w(IMSC, I_RT | I_RX);
	assert_false(board.irq[0]);
	/* Send: fill, then go on with every interrupt. */
	while (sent < 16)
		w(DR, (u8)text[sent++]);
	w(IMSC, I_RT | I_RX | I_TX);
	while (board.irq[0]) {
		assert_int_equal(r(MIS), I_TX);
		w(ICR, I_TX);
		for (u32 i = 0; i < 16 && text[sent]; i++)
			w(DR, (u8)text[sent++]);
		if (!text[sent])
			w(IMSC, I_RT | I_RX);
	}
	assert_int_equal(board.n_out, strlen(text));
	assert_memory_equal(board.out, text, strlen(text));
	/* A key. */
	board_type("\r", 1);
	assert_true(board.irq[0]);
	assert_int_equal(r(MIS), I_RT);
	while (!(r(FR) & RXFE))
		assert_int_equal(r(DR), '\r');
	assert_false(board.irq[0]);
}

static void test_reset(void **state)
{
	(void)state;
	fresh_fifo();
	w(CR, 0xb81);
	w(IMSC, 0x7ff);
	for (u32 i = 0; i < 40; i++)
		w(DR, i);
	w(LCR_H, 0x71);
	assert_true(board.irq[0]);
	board.dev->class->reset(board.dev);
	assert_false(board.irq[0]);
	assert_int_equal(r(FR), 0x97);
	assert_int_equal(r(RIS), 0);
	assert_int_equal(r(RSR), 0);
	assert_int_equal(r(DR), 0);
	/* Nothing lingers in what cannot be read: overrun mark, break, modem lines. */
	w(CR, 0x381);
	w(ICR, 0x7ff);
	w(LCR_H, 0x71);
	assert_int_equal(r(DR), 0x500);
	w(ICR, 0x7ff);
	w(CR, 0x301);
	w(ICR, 0x7ff);
	type(1);
	assert_int_equal(r(DR), 'T');
	assert_int_equal(r(RIS), 0);
	/* What is typed while the VM restarts is not lost. */
	board.dev->class->reset(board.dev);
	board_type("q", 1);
	assert_int_equal(r(DR), 'q');
}

/* ---- anything ------------------------------------------------------------------------------ */

static void test_storm(void **state)
{
	static const u32 offs[] = { DR,	  DR,	RSR, FR,  ILPR, IBRD,  FBRD,  LCR_H, CR,
				    IFLS, IMSC, RIS, MIS, ICR,	DMACR, 0xfe0, 0x100 };
	u64 random = 7;
	bool quieted = false;

	(void)state;
	fresh();
	for (u32 i = 0; i < 300000; i++) {
		u32 off = offs[board_random(&random) % array_size(offs)];
		u32 width = 1u << board_random(&random) % 4;
		u32 what = board_random(&random) % 8;

		if (what < 3)
			board_write(0, off, width, board_random(&random));
		else if (what < 6)
			(void)board_read(0, off, width);
		else if (what == 6)
			type(board_random(&random) % 50);
		else if (board_random(&random) % 100 == 0)
			board.dev->class->reset(board.dev);
		/* What holds in every state. */
		assert_int_equal(r(MIS), r(RIS) & r(IMSC));
		assert_int_equal(board.irq[0], r(MIS) != 0);
		assert_int_equal(r(FR) & 0xa8, 0x80);
		assert_int_not_equal(r(FR) & (RXFE | RXFF), RXFE | RXFF);
		assert_int_equal(r(RIS) & ~0x7ffu, 0);
		if (r(FR) & RXFE)
			assert_int_equal(r(RIS) & (I_RX | I_RT), 0);
		/* A driver that waits for an interrupt is told of what waits for it, unless it
		 * cleared that away itself. */
		quieted = !(r(FR) & RXFE) && (quieted || (off == ICR && what < 3));
		if (!(r(FR) & RXFE) && !quieted && (r(IMSC) & (I_RX | I_RT)) == (I_RX | I_RT))
			assert_int_not_equal(r(MIS) & (I_RX | I_RT), 0);
		/* Nothing stays at the console that would fit. */
		if (board.in_pos < board.in_len && (r(CR) & 0x280) == 0x200)
			assert_int_equal(r(FR) & RXFF, RXFF);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_break),
		cmocka_unit_test(test_modem),
		cmocka_unit_test(test_driver_with_interrupts),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
