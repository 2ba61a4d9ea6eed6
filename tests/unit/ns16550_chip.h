/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 16550 as its data sheet (National PC16550D) describes it, and what the DW_apb_uart databook
 * says differs, for tests of drivers. Time passes only when the driver waits, or by chip_run().
 * An access that no such chip answers as meant (wrong width or place, a full FIFO written to)
 * fails the test. Included by one file of a program, after cmocka.h.
 */
#pragma once

#include <string.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/types.h>

#define CHIP_FIFO  16
#define CHIP_QUEUE 256

enum chip_kind {
	CHIP_16550,
	CHIP_16450, /* no FIFO */
	CHIP_DESIGNWARE,
};

struct chip {
	enum chip_kind kind;
	u32 offset, shift, width;
	u8 ier, fcr, lcr, mcr, dll, dlm;
	u8 tx[CHIP_FIFO];
	u32 n_tx;
	bool shifting;
	u8 shift_reg;
	bool peer_holds; /* nothing leaves the shift register */
	u32 char_us, spent_us;
	u8 sent[CHIP_QUEUE];
	u32 n_sent;
	u16 rx[CHIP_QUEUE]; /* error bits of LSR above the byte */
	u32 n_rx;
	bool rx_line_busy; /* a character is coming in that never ends */
	bool stuck_timeout;
	bool busy_detect;
	u32 n_refused; /* writes of LCR */
};

static struct chip chip;

static inline void chip_reset(enum chip_kind kind)
{
	chip = (struct chip){ .kind = kind, .width = 1, .char_us = 87 };
}

static inline bool chip_fifo_on(void)
{
	return chip.kind != CHIP_16450 && chip.fcr & 1;
}

static inline bool chip_busy(void)
{
	return chip.shifting || chip.n_tx || chip.n_rx || chip.rx_line_busy;
}

static inline void chip_load(void)
{
	if (chip.shifting || !chip.n_tx)
		return;
	chip.shift_reg = chip.tx[0];
	memmove(chip.tx, chip.tx + 1, --chip.n_tx);
	chip.shifting = true;
}

static inline void chip_run(u32 us)
{
	for (chip.spent_us += us; chip.spent_us >= chip.char_us; chip.spent_us -= chip.char_us) {
		if (chip.shifting && !chip.peer_holds) {
			assert_true(chip.n_sent < CHIP_QUEUE);
			chip.sent[chip.n_sent++] = chip.shift_reg;
			chip.shifting = false;
		}
		chip_load();
	}
}

static inline void chip_receive(u8 c, u8 errors)
{
	assert_true(chip.n_rx < CHIP_QUEUE);
	chip.rx[chip.n_rx++] = (u16)(c | errors << 8);
}

static inline u8 chip_lsr(void)
{
	u8 v = 0;

	if (chip.n_rx)
		v |= 0x01 | (u8)(chip.rx[0] >> 8);
	if (!chip.n_tx)
		v |= 0x20;
	if (!chip.n_tx && !chip.shifting)
		v |= 0x40;
	return v;
}

static inline u8 chip_iir(void)
{
	u8 fifo = chip_fifo_on() ? 0xc0 : 0;

	if (chip.ier & 0x04 && chip.n_rx && chip.rx[0] >> 8)
		return fifo | 0x06;
	if (chip.ier & 0x01 && chip.n_rx)
		return fifo | 0x04;
	if (chip.ier & 0x01 && chip.stuck_timeout)
		return fifo | 0x0c;
	if (chip.ier & 0x02 && !chip.n_tx)
		return fifo | 0x02;
	return fifo | (chip.busy_detect ? 0x07 : 0x01);
}

static inline bool chip_irq(void)
{
	return !(chip_iir() & 1) || chip.busy_detect;
}

static inline u8 chip_read_rbr(void)
{
	u8 c = (u8)chip.rx[0];

	chip.stuck_timeout = false;
	if (chip.n_rx)
		memmove(chip.rx, chip.rx + 1, --chip.n_rx * sizeof(chip.rx[0]));
	return c;
}

static inline void chip_write_thr(u8 c)
{
	if (chip.n_tx >= (chip_fifo_on() ? CHIP_FIFO : 1u))
		fail_msg("byte 0x%02x: the transmitter is full", c);
	chip.tx[chip.n_tx++] = c;
	chip_load();
}

static inline void chip_write_fcr(u8 v)
{
	if (chip.kind == CHIP_16450)
		return;
	if ((v ^ chip.fcr) & 1 || v & 0x02)
		chip.n_rx = 0;
	if ((v ^ chip.fcr) & 1 || v & 0x04)
		chip.n_tx = 0;
	chip.fcr = v;
}

static inline void chip_write_lcr(u8 v)
{
	if (chip.kind == CHIP_DESIGNWARE && chip_busy()) {
		chip.busy_detect = true;
		chip.n_refused++;
		return;
	}
	chip.lcr = v;
}

static inline u32 chip_reg(u64 off, u32 width)
{
	assert_int_equal(width, chip.width);
	assert_true(off >= chip.offset);
	off -= chip.offset;
	assert_int_equal(off & (BIT(chip.shift) - 1), 0);
	return (u32)(off >> chip.shift);
}

u32 trapped_read(u64 off, u32 width);
u32 trapped_read(u64 off, u32 width)
{
	bool dlab = chip.lcr & 0x80;

	switch (chip_reg(off, width)) {
	case 0:
		return dlab ? chip.dll : chip_read_rbr();
	case 1:
		return dlab ? chip.dlm : chip.ier;
	case 2:
		return chip_iir();
	case 3:
		return chip.lcr;
	case 4:
		return chip.mcr;
	case 5:
		return chip_lsr();
	case 31:
		assert_int_equal(chip.kind, CHIP_DESIGNWARE);
		chip.busy_detect = false;
		return chip_busy();
	default:
		fail_msg("a read of register %u", chip_reg(off, width));
		return 0;
	}
}

void trapped_write(u64 off, u32 width, u32 v);
void trapped_write(u64 off, u32 width, u32 v)
{
	bool dlab = chip.lcr & 0x80;

	assert_true(v <= 0xff);
	switch (chip_reg(off, width)) {
	case 0:
		if (dlab)
			chip.dll = (u8)v;
		else
			chip_write_thr((u8)v);
		break;
	case 1:
		*(dlab ? &chip.dlm : &chip.ier) = (u8)v;
		break;
	case 2:
		chip_write_fcr((u8)v);
		break;
	case 3:
		chip_write_lcr((u8)v);
		break;
	case 4:
		chip.mcr = (u8)v;
		break;
	default:
		fail_msg("a write of register %u", chip_reg(off, width));
	}
}
