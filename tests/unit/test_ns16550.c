/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev/uart/ns16550.c register by register against National's PC16550D data sheet, and its data
 * path: output, input, FIFO, loopback, the priorities of its interrupts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vdev_fixture.h"

extern const struct vdev_class vdev_ns16550;

enum {
	DATA,
	IER,
	IIR,
	LCR,
	MCR,
	LSR,
	MSR,
	SCR,
	FCR = IIR,
	DLL = DATA,
	DLM = IER,
};

static u32 r(u32 reg)
{
	return (u32)board_read(0, reg << 2, 4);
}

static void w(u32 reg, u32 v)
{
	board_write(0, reg << 2, 4, v);
}

static void fresh(void)
{
	board_clear(1);
	assert_int_equal(board_make(&vdev_ns16550), OK);
}

static void type(u32 n)
{
	static const u8 text[64] = "The quick brown fox jumps over the lazy dog, twice or thrice.";

	board_type(text, n);
}

static void test_class(void **state)
{
	(void)state;
	assert_string_equal(vdev_ns16550.info.name, "ns16550");
	assert_true(vdev_ns16550.info.is_console);
	assert_int_equal(vdev_ns16550.info.n_win, 1);
	assert_int_equal(vdev_ns16550.info.n_irq, 1);
	board_clear(1);
	board.char_answer = E_EXISTS;
	assert_int_equal(board_make(&vdev_ns16550), E_EXISTS);
	board_clear(1);
	board.map_answer = E_RANGE;
	assert_int_equal(board_make(&vdev_ns16550), E_RANGE);
	board_clear(1);
	board.has_shift = true;
	board.shift = 4;
	assert_int_equal(board_make(&vdev_ns16550), E_INVAL);
}

/* Table III (reset), table II (which bits there are). */
static void test_register_table(void **state)
{
	static const struct {
		u32 reg, reset, after;
	} t[] = {
		{ IER, 0, 0x0f },    { IIR, 0x01, 0xc1 }, { LCR, 0, 0x7f }, { MCR, 0, 0x1f },
		{ LSR, 0x60, 0x60 }, { MSR, 0xb0, 0xb0 }, { SCR, 0, 0xff },
	};

	(void)state;
	for (u32 i = 0; i < array_size(t); i++) {
		fresh();
		assert_int_equal(r(t[i].reg), t[i].reset);
		w(t[i].reg, t[i].reg == LCR ? 0x7f : 0xffffffff);
		if (t[i].reg == MCR) /* not as a modem: the lines change with it */
			assert_int_equal(r(MSR) & 0xf0, 0xf0);
		assert_int_equal(r(t[i].reg), t[i].after);
		board.dev->class->reset(board.dev);
		assert_int_equal(r(t[i].reg), t[i].reset);
	}
	/* The divisor is behind LCR bit 7, and hides data and IER. */
	fresh();
	w(LCR, 0x83);
	w(DLL, 0x10d);
	w(DLM, 0x02);
	assert_int_equal(r(DLL), 0x0d);
	assert_int_equal(r(DLM), 0x02);
	assert_int_equal(board.n_out, 0);
	w(LCR, 0x03);
	assert_int_equal(r(IER), 0);
	type(1);
	assert_int_equal(r(DATA), 'T');
}

static void test_layouts(void **state)
{
	(void)state;
	for (u32 shift = 0; shift <= 3; shift++) {
		board_clear(1);
		board.has_shift = true;
		board.shift = shift;
		assert_int_equal(board_make(&vdev_ns16550), OK);
		board_write(0, (u32)SCR << shift, 1, 0x5a);
		assert_int_equal(board_read(0, (u32)SCR << shift, 1), 0x5a);
		/* words only where they are one register's */
		assert_int_equal(board_read(0, (u32)SCR << shift & ~3u, 4), shift >= 2 ? 0x5a : 0);
		assert_int_equal(board_read(0, (u32)SCR << shift & ~7u, 8), 0);
		/* between registers, and behind them */
		if (shift)
			assert_int_equal(board_read(0, ((u32)SCR << shift) + 1, 1), 0);
		for (u32 off = 8u << shift; off < 0x1000; off++) {
			board_write(0, off, 1, 0xff);
			assert_int_equal(board_read(0, off, 1), 0);
		}
		assert_int_equal(board.n_out, 0);
		assert_int_equal(board_read(0, (u32)SCR << shift, 1), 0x5a);
	}
}

static void test_transmit(void **state)
{
	(void)state;
	fresh();
	for (const char *p = "hello\n"; *p; p++) {
		assert_int_equal(r(LSR), 0x60);
		w(DATA, 0xffffff00u | (u8)*p);
	}
	assert_int_equal(board.n_out, 6);
	assert_memory_equal(board.out, "hello\n", 6);
	assert_false(board.irq[0]);
	/* Enabling it while THR is empty brings it; reading IIR ends it, once (table IV). */
	w(IER, 0x02);
	assert_true(board.irq[0]);
	assert_int_equal(r(IIR), 0x02);
	assert_false(board.irq[0]);
	assert_int_equal(r(IIR), 0x01);
	w(IER, 0x02); /* already */
	assert_false(board.irq[0]);
	w(DATA, 'x');
	assert_true(board.irq[0]);
	/* Another cause is told first, and does not use it up. */
	w(IER, 0x03);
	type(1);
	assert_int_equal(r(IIR), 0x04);
	assert_int_equal(r(DATA), 'T');
	assert_int_equal(r(IIR), 0x02);
	assert_int_equal(r(IIR), 0x01);
	w(IER, 0);
	w(IER, 0x02);
	assert_true(board.irq[0]);
	w(IER, 0);
	assert_false(board.irq[0]);
}

static void test_receive_character_mode(void **state)
{
	(void)state;
	fresh();
	w(IER, 0x01);
	type(3);
	assert_int_equal(board.in_pos, 1); /* one holding register; the rest waits */
	assert_int_equal(r(LSR), 0x61);
	assert_int_equal(r(IIR), 0x04);
	assert_true(board.irq[0]);
	assert_int_equal(r(DATA), 'T');
	assert_int_equal(r(DATA), 'h');
	assert_int_equal(r(DATA), 'e');
	assert_false(board.irq[0]);
	assert_int_equal(r(LSR), 0x60);
	assert_int_equal(r(DATA), 0);
}

static void test_receive_levels(void **state)
{
	static const u32 level[4] = { 1, 4, 8, 14 };

	(void)state;
	for (u32 sel = 0; sel < 4; sel++) {
		fresh();
		w(FCR, 0x01 | sel << 6);
		w(IER, 0x01);
		if (level[sel] > 1) {
			type(level[sel] - 1);
			assert_int_equal(r(IIR), 0xcc); /* the timeout tells */
			assert_true(board.irq[0]);
		}
		type(1);
		assert_int_equal(r(IIR), 0xc4);
		(void)r(DATA);
		assert_int_equal(r(IIR), level[sel] > 1 ? 0xcc : 0xc1);
	}
	/* Full, and around the ring. */
	type(40);
	assert_int_equal(board.in_pos, 3); /* 13 were in it, and it holds 16 */
	for (u32 i = 0; r(LSR) & 1; i++)
		(void)r(DATA);
	for (u32 i = 0; i < 100; i++) {
		board_type(&(u8){ (u8)i }, 1);
		assert_int_equal(r(DATA), (u8)i);
	}
	assert_int_equal(r(IIR), 0xc1);
}

static void test_fifo_control(void **state)
{
	(void)state;
	fresh();
	w(FCR, 0xc0); /* without the enable bit nothing else counts */
	w(IER, 0x01);
	type(1);
	assert_int_equal(r(IIR), 0x04);
	/* Both directions of the switch empty it. */
	w(FCR, 0x01);
	assert_int_equal(r(LSR), 0x60);
	type(5);
	w(FCR, 0x01); /* no switch */
	assert_int_equal(r(LSR), 0x61);
	w(FCR, 0x03); /* "clear" clears itself */
	assert_int_equal(r(LSR), 0x60);
	type(1);
	assert_int_equal(r(LSR), 0x61);
	w(FCR, 0x05); /* the transmitter's is always empty */
	assert_int_equal(r(LSR), 0x61);
	w(FCR, 0x00);
	assert_int_equal(r(LSR), 0x60);
	assert_int_equal(r(IIR), 0x01);
}

static void test_loopback(void **state)
{
	(void)state;
	fresh();
	w(MCR, 0x10);
	assert_int_equal(r(MSR), 0x0b); /* DCD, DSR, CTS fell */
	assert_int_equal(r(MSR), 0x00);
	w(MCR, 0x1f);
	assert_int_equal(r(MSR), 0xfb); /* all four rose; of RI only the end counts */
	w(IER, 0x08);
	w(MCR, 0x1b);
	assert_int_equal(r(IIR), 0x00);
	assert_true(board.irq[0]);
	assert_int_equal(r(MSR), 0xb4);
	assert_false(board.irq[0]);
	type(1); /* from outside: waits */
	assert_int_equal(r(LSR), 0x60);
	w(DATA, 'x');
	assert_int_equal(board.n_out, 0);
	assert_int_equal(r(LSR), 0x61);
	/* Without a FIFO the second is lost; that it was is told once. */
	w(IER, 0x04);
	w(DATA, 'y');
	assert_true(board.irq[0]);
	assert_int_equal(r(IIR), 0x06);
	assert_int_equal(r(LSR), 0x63);
	assert_false(board.irq[0]);
	assert_int_equal(r(LSR), 0x61);
	assert_int_equal(r(DATA), 'x');
	/* Back: what waited outside comes in. */
	w(MCR, 0x0b);
	assert_int_equal(r(DATA), 'T');
}

static void test_break(void **state)
{
	(void)state;
	fresh();
	w(LCR, 0x43); /* to the outside: nobody sees it */
	w(LCR, 0x03);
	assert_int_equal(r(LSR), 0x60);
	w(FCR, 0x01);
	w(MCR, 0x10);
	w(DATA, 'a');
	w(LCR, 0x43);
	w(LCR, 0x47); /* still the same break */
	w(LCR, 0x03);
	w(DATA, 'b');
	/* Its marks are told when it comes to the top; that something is wrong, at once. */
	assert_int_equal(r(LSR), 0xe1);
	assert_int_equal(r(DATA), 'a');
	w(IER, 0x05);
	assert_int_equal(r(IIR), 0xc6);
	assert_int_equal(r(LSR), 0xf9);
	assert_int_equal(r(LSR), 0x61);
	assert_int_equal(r(IIR), 0xc4);
	assert_int_equal(r(DATA), 0);
	assert_int_equal(r(DATA), 'b');
	assert_int_equal(r(LSR), 0x60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_class),
		cmocka_unit_test(test_register_table),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_transmit),
		cmocka_unit_test(test_receive_character_mode),
		cmocka_unit_test(test_receive_levels),
		cmocka_unit_test(test_fifo_control),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_break),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
