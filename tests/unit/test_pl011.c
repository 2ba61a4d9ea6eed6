/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev/uart/pl011.c register by register against the manual (Arm DDI 0183), its FIFO and
 * interrupts, the sequences of known drivers, and a storm of random accesses that keeps the
 * properties any state has. Also vdev/regs.c, which the simple registers live in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <vdev/regs.h>

#include "vdev_fixture.h"

extern const struct vdev_class vdev_pl011;

#define DR    0x00u
#define RSR   0x04u
#define FR    0x18u
#define ILPR  0x20u
#define IBRD  0x24u
#define FBRD  0x28u
#define LCR_H 0x2cu
#define CR    0x30u
#define IFLS  0x34u
#define IMSC  0x38u
#define RIS   0x3cu
#define MIS   0x40u
#define ICR   0x44u
#define DMACR 0x48u

#define RXFE 0x10u
#define RXFF 0x40u
#define FEN  0x10u

#define I_RX 0x010u
#define I_TX 0x020u
#define I_RT 0x040u
#define I_FE 0x080u
#define I_BE 0x200u
#define I_OE 0x400u

static u32 r(u32 off)
{
	return (u32)board_read(0, off, 4);
}

static void w(u32 off, u32 v)
{
	board_write(0, off, 4, v);
}

static void fresh(void)
{
	board_clear(1);
	assert_int_equal(board_make(&vdev_pl011), OK);
}

/* FIFOs on, everything enabled, no interrupt. */
static void fresh_fifo(void)
{
	fresh();
	w(LCR_H, 0x70);
	w(CR, 0x301);
}

static void type(u32 n)
{
	static const u8 text[64] = "The quick brown fox jumps over the lazy dog, twice or thrice.";

	board_type(text, n);
}

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

/* ---- vdev/regs.c --------------------------------------------------------------------------- */

struct toy {
	struct vdev dev;
	u32 a, b;
	u32 n_then;
};

static void toy_then(struct vdev *d)
{
	((struct toy *)d)->n_then++;
}

static void test_regs(void **state)
{
	static const struct vdev_reg table[] = {
		{ 0x0, offsetof(struct toy, a), 0x11, 0xf0, toy_then },
		{ 0x8, offsetof(struct toy, b), 0x22, 0xffffffff, NULL },
		{ 0xc, VDEV_REG_CONST, 0x33, 0xffffffff, toy_then },
	};
	struct toy t = { .a = 9, .b = 9 };

	(void)state;
	vdev_regs_reset(&t.dev, VDEV_REGS(table));
	assert_int_equal(t.a, 0x11);
	assert_int_equal(t.b, 0x22);
	assert_int_equal(t.n_then, 0);
	assert_int_equal(vdev_regs_read(&t.dev, VDEV_REGS(table), 0x8), 0x22);
	assert_int_equal(vdev_regs_read(&t.dev, VDEV_REGS(table), 0xc), 0x33);
	assert_int_equal(vdev_regs_read(&t.dev, VDEV_REGS(table), 0x4), 0);
	/* Bits that are not writable keep their value. */
	vdev_regs_write(&t.dev, VDEV_REGS(table), 0x0, 0xffffff2f);
	assert_int_equal(t.a, 0x21);
	assert_int_equal(t.n_then, 1);
	vdev_regs_write(&t.dev, VDEV_REGS(table), 0x8, 0xdeadbeef);
	assert_int_equal(t.b, 0xdeadbeef);
	/* Neither a constant nor nothing can be written. */
	vdev_regs_write(&t.dev, VDEV_REGS(table), 0xc, 0);
	vdev_regs_write(&t.dev, VDEV_REGS(table), 0x4, 0);
	assert_int_equal(vdev_regs_read(&t.dev, VDEV_REGS(table), 0xc), 0x33);
	assert_int_equal(t.n_then, 1);
	assert_int_equal(t.a, 0x21);
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
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_break),
		cmocka_unit_test(test_modem),
		cmocka_unit_test(test_driver_with_interrupts),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_regs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
