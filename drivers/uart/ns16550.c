/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 16550 UARTs (National's PC16550D) and the DesignWare APB UART that is built after them, as on
 * Rockchip's chips. What firmware set up keeps working: bytes it has queued are sent before the
 * line is touched, and its baud rate stays unless there is none, or the tree asks for another and
 * says how fast the clock is. Only the receive interrupt is ever enabled.
 *
 * DesignWare's differences (DW_apb_uart databook, chapters 5 and 6): while characters move, LCR
 * and the divisor cannot be written; the attempt is answered by the "busy detect" interrupt, which
 * ends when USR is read. A character timeout may stand although nothing is left to read.
 */
#include <port/driver.h>

#include <base/bits.h>

#define MAX_UARTS 4
#define MAX_SHIFT 8
#define N_REGS	  8

/* Numbers of registers; where they lie is for reg-offset and reg-shift to say. */
#define RBR 0 /* read */
#define THR 0 /* write */
#define DLL 0 /* while LCR_DLAB is set */
#define IER 1
#define DLM 1 /* while LCR_DLAB is set */
#define IIR 2 /* read */
#define FCR 2 /* write */
#define LCR 3
#define MCR 4
#define LSR 5
#define USR 31 /* DesignWare's */

#define IER_RX BIT(0)

#define IIR_ID	    BITS(3, 0)
#define IIR_BUSY    0x7 /* DesignWare's */
#define IIR_TIMEOUT 0xc
#define IIR_FIFO    BITS(7, 6)
#define FCR_ENABLE  BIT(0) /* and an interrupt for each byte received */
#define FCR_CLEAR   BITS(2, 1)

#define LCR_8N1	 0x03
#define LCR_DLAB BIT(7)

#define MCR_READY (BIT(0) | BIT(1)) /* DTR, RTS: the peer may send */
#define MCR_OUT2  BIT(3)	    /* lets the interrupt out on machines built like a PC */
#define MCR_LOOP  BIT(4)

#define LSR_READY BIT(0)
#define LSR_ERROR BITS(4, 2) /* parity, framing, break: the byte is none */
#define LSR_THRE  BIT(5)
#define LSR_IDLE  BIT(6)

#define FIFO_LEN     16
#define DEFAULT_BAUD 115200
#define DRAIN_US     100000 /* a full FIFO at 9600 baud takes 17 ms, a long one of 64 bytes 67 ms */
#define LCR_TRIES    20

struct ns16550 {
	struct mmio m;
	u32 offset;
	u32 shift;
	u32 width;
	bool is_designware;
	u32 fifo_len; /* bytes that may be written when the transmitter is empty */
	u32 room;     /* how many of them are left */
};

static struct ns16550 uarts[MAX_UARTS];
static u32 n_uarts;

static u32 get(const struct ns16550 *u, u32 reg)
{
	u64 off = u->offset + ((u64)reg << u->shift);

	switch (u->width) {
	case 4:
		return mmio_read32(u->m, off);
	case 2:
		return mmio_read16(u->m, off);
	default:
		return mmio_read8(u->m, off);
	}
}

static void put(const struct ns16550 *u, u32 reg, u32 v)
{
	u64 off = u->offset + ((u64)reg << u->shift);

	switch (u->width) {
	case 4:
		mmio_write32(u->m, off, v);
		break;
	case 2:
		mmio_write16(u->m, off, (u16)v);
		break;
	default:
		mmio_write8(u->m, off, (u8)v);
	}
}

/* ---- bytes ---------------------------------------------------------------------------------- */

/* THRE says that all of the FIFO is empty: its length may follow without another look. */
static bool ns16550_putc(void *ctx, u8 c)
{
	struct ns16550 *u = ctx;

	if (!u->room) {
		if (!(get(u, LSR) & LSR_THRE))
			return false;
		u->room = u->fifo_len;
	}
	u->room--;
	put(u, THR, c);
	return true;
}

/* An interrupt that stands although there is no byte would come for ever. */
static void end_empty_interrupt(const struct ns16550 *u)
{
	u32 id = get(u, IIR) & IIR_ID;

	if (!u->is_designware)
		return;
	if (id == IIR_BUSY)
		(void)get(u, USR);
	else if (id == IIR_TIMEOUT && !(get(u, LSR) & LSR_READY))
		(void)get(u, RBR);
}

static bool ns16550_getc(void *ctx, u8 *c)
{
	const struct ns16550 *u = ctx;

	for (u32 i = 0; i < FIFO_LEN; i++) {
		u32 status = get(u, LSR);
		u32 v;

		if (!(status & LSR_READY)) {
			end_empty_interrupt(u);
			return false;
		}
		v = get(u, RBR);
		if (status & LSR_ERROR)
			continue;
		*c = (u8)v;
		return true;
	}
	return false;
}

static void ns16550_rx_enable(void *ctx)
{
	put(ctx, IER, IER_RX);
}

static void ns16550_rx_disable(void *ctx)
{
	put(ctx, IER, 0);
}

static const struct uart_ops ns16550_ops = {
	.name = "ns16550",
	.putc = ns16550_putc,
	.getc = ns16550_getc,
	.rx_enable = ns16550_rx_enable,
	.rx_disable = ns16550_rx_disable,
};

/* ---- the line ------------------------------------------------------------------------------- */

/* Let the line finish what it has; a transmitter stopped by its peer is given up on. */
static void drain(const struct ns16550 *u)
{
	for (u32 us = 0; us < DRAIN_US && !(get(u, LSR) & LSR_IDLE); us += 10)
		driver_delay_us(10);
}

/* Bytes that wait to be read keep a DesignWare busy, too: after a refusal they are dropped. */
static bool set_lcr(const struct ns16550 *u, u32 v)
{
	for (u32 i = 0; i < LCR_TRIES; i++) {
		put(u, LCR, v);
		if (get(u, LCR) == v)
			return true;
		if (!u->is_designware)
			break;
		put(u, FCR, FCR_ENABLE | FCR_CLEAR);
		(void)get(u, RBR);
		(void)get(u, USR);
		driver_delay_us(100);
	}
	return false;
}

/* 0: leave firmware's. */
static u32 wanted_divisor(u32 clock_hz, u32 baud, u32 old)
{
	u64 div;

	if (!baud && old)
		return 0;
	if (!baud)
		baud = DEFAULT_BAUD;
	div = ((u64)clock_hz + UINT64_C(8) * baud) / (UINT64_C(16) * baud);
	return div >= 1 && div <= UINT16_MAX && div != old ? (u32)div : 0;
}

static void set_rate(const struct ns16550 *u, u32 clock_hz, u32 baud)
{
	u32 div;

	if (!clock_hz || !set_lcr(u, LCR_8N1 | LCR_DLAB))
		return;
	div = wanted_divisor(clock_hz, baud, get(u, DLM) << 8 | get(u, DLL));
	if (div) {
		put(u, DLL, div & 0xff);
		put(u, DLM, div >> 8);
	}
}

static void line_setup(struct ns16550 *u, u32 clock_hz, u32 baud)
{
	drain(u);
	set_rate(u, clock_hz, baud);
	if (get(u, LCR) != LCR_8N1 && !set_lcr(u, LCR_8N1))
		driver_log("ns16550: the line is never at rest: it stays as firmware left it");
	put(u, IER, 0);
	put(u, FCR, FCR_ENABLE);
	put(u, MCR, (get(u, MCR) & (u32)~MCR_LOOP) | MCR_READY | MCR_OUT2);
	u->fifo_len = (get(u, IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_LEN : 1;
}

/* Not known is the binding's default: bytes, side by side. */
static enum status layout(struct ns16550 *u, const struct hd_dev *dev)
{
	u64 last;

	u->offset = dev->reg_offset;
	u->shift = dev->reg_shift;
	u->width = dev->reg_io_width ? dev->reg_io_width : 1;
	u->is_designware = hd_dev_is(dev, "snps,dw-apb-uart");
	if (u->shift > MAX_SHIFT || (u->width != 1 && u->width != 2 && u->width != 4) ||
	    (u->width > 1 && u->width > BIT(u->shift)) || u->offset % u->width)
		return E_INVAL;
	last = u->is_designware ? USR : N_REGS - 1;
	return u->m.len < u->offset + (last << u->shift) + u->width ? E_RANGE : OK;
}

static enum status ns16550_probe(const struct hd_dev *dev, const struct hostdesc *hd)
{
	struct ns16550 *u = &uarts[n_uarts];

	if (n_uarts == MAX_UARTS)
		return E_NOMEM;
	if (dev->n_win == 0)
		return E_INVAL;
	*u = (struct ns16550){ 0 };
	TRY(driver_map(dev->win[0], &u->m));
	TRY(layout(u, dev));
	line_setup(u, dev->clock_hz, dev == hd->console ? hd->console_baud : 0);
	n_uarts++;
	return register_uart(&ns16550_ops, u, dev);
}

static const char *const ns16550_compatible[] = { "snps,dw-apb-uart", "ns16550a", "ns16550", NULL };

const struct driver driver_uart_ns16550 = {
	.name = "ns16550",
	.stage = DRIVER_CONSOLE,
	.compatible = ns16550_compatible,
	.probe = ns16550_probe,
};
