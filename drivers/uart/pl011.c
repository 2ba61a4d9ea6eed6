/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARM PL011 UART (DDI 0183), and the SBSA generic UART that is a subset of it. What firmware set
 * up keeps working: bytes it has queued are sent before the line is touched, and its baud rate
 * stays unless there is none, or the tree asks for another and says how fast the clock is.
 * Only the receive interrupts are ever unmasked.
 */
#include <port/driver.h>

#include <base/bits.h>

#define MAX_UARTS 4

#define DR   0x000
#define FR   0x018
#define IBRD 0x024
#define FBRD 0x028
#define LCR  0x02c
#define CR   0x030
#define IFLS 0x034
#define IMSC 0x038
#define RIS  0x03c
#define ICR  0x044

#define DR_DATA	 BITS(7, 0)
#define DR_ERROR BITS(10, 8) /* framing, parity, break: the byte is none */

#define FR_BUSY BIT(3)
#define FR_RXFE BIT(4)
#define FR_TXFF BIT(5)

#define LCR_FIFO  BIT(4)
#define LCR_8BITS BITS(6, 5)

#define CR_ENABLE BIT(0)
#define CR_TX	  BIT(8)
#define CR_RX	  BIT(9)

#define IFLS_RX field_put(BITS(5, 3), 0) /* at 1/8: leave room for a paste while we are busy */
#define IFLS_TX field_put(BITS(2, 0), 2)

#define INT_RX	       BIT(4)
#define INT_RX_TIMEOUT BIT(6)
#define INT_ALL	       BITS(10, 0)

#define DEFAULT_BAUD 115200
#define DRAIN_US     100000 /* a full FIFO at 9600 baud takes 33 ms */
#define FIFO_LEN     32	    /* the longest of any revision */

struct pl011 {
	struct mmio m;
};

static struct pl011 uarts[MAX_UARTS];
static u32 n_uarts;

static bool pl011_putc(void *ctx, u8 c)
{
	const struct pl011 *u = ctx;

	if (mmio_read32(u->m, FR) & FR_TXFF)
		return false;
	mmio_write32(u->m, DR, c);
	return true;
}

/*
 * Reading the last byte ends the interrupt. Where it has not, it is ended by hand, and never while
 * bytes are there: some models raise it with the first byte only, so it would not come again.
 * Hence the last look: a byte that came in between has raised it for the last time.
 */
static bool receiver_is_empty(const struct pl011 *u)
{
	if (!(mmio_read32(u->m, FR) & FR_RXFE))
		return false;
	if (!(mmio_read32(u->m, RIS) & (INT_RX | INT_RX_TIMEOUT)))
		return true;
	if (mmio_read32(u->m, FR) & FR_RXFE)
		mmio_write32(u->m, ICR, INT_RX | INT_RX_TIMEOUT);
	return mmio_read32(u->m, FR) & FR_RXFE;
}

static bool pl011_getc(void *ctx, u8 *c)
{
	const struct pl011 *u = ctx;

	for (u32 i = 0; i < FIFO_LEN && !receiver_is_empty(u); i++) {
		u32 v = mmio_read32(u->m, DR);

		if (v & DR_ERROR)
			continue;
		*c = (u8)(v & DR_DATA);
		return true;
	}
	return false;
}

static void pl011_rx_enable(void *ctx)
{
	const struct pl011 *u = ctx;

	mmio_write32(u->m, IMSC, INT_RX | INT_RX_TIMEOUT);
}

static void pl011_rx_disable(void *ctx)
{
	const struct pl011 *u = ctx;

	mmio_write32(u->m, IMSC, 0);
}

static const struct uart_ops pl011_ops = {
	.name = "pl011",
	.putc = pl011_putc,
	.getc = pl011_getc,
	.rx_enable = pl011_rx_enable,
	.rx_disable = pl011_rx_disable,
};

/* Let the line finish what it has; a transmitter stopped by its peer is given up on. */
static void drain(const struct pl011 *u)
{
	for (u32 us = 0; us < DRAIN_US && mmio_read32(u->m, FR) & FR_BUSY; us += 10)
		driver_delay_us(10);
}

/* The divisor of the baud rate in 1/64 (DDI 0183, 3.3.6); 0: leave firmware's. */
static u32 wanted_divisor(const struct pl011 *u, u32 clock_hz, u32 baud)
{
	u64 div;

	if (!clock_hz || (!baud && mmio_read32(u->m, IBRD)))
		return 0;
	if (!baud)
		baud = DEFAULT_BAUD;
	div = ((u64)clock_hz * 4 + baud / 2) / baud;
	return div >= 64 && div <= UINT64_C(65535) * 64 ? (u32)div : 0;
}

static void line_setup(const struct pl011 *u, u32 clock_hz, u32 baud)
{
	u32 div = wanted_divisor(u, clock_hz, baud);

	drain(u);
	mmio_write32(u->m, CR, 0);
	if (div) {
		mmio_write32(u->m, IBRD, div >> 6);
		mmio_write32(u->m, FBRD, div & 63);
	}
	/* Also latches the divisor. Never clears the FIFO bit on the way: that would flush. */
	mmio_write32(u->m, LCR, LCR_FIFO | LCR_8BITS);
	mmio_write32(u->m, IFLS, IFLS_RX | IFLS_TX);
	mmio_write32(u->m, CR, CR_ENABLE | CR_TX | CR_RX);
}

static enum status pl011_probe(const struct hd_dev *dev, const struct hostdesc *hd)
{
	struct pl011 *u = &uarts[n_uarts];
	bool is_console = dev == hd->console;

	if (n_uarts == MAX_UARTS)
		return E_NOMEM;
	if (dev->n_win == 0)
		return E_INVAL;
	TRY(driver_map(dev->win[0], &u->m));
	if (u->m.len < ICR + 4)
		return E_RANGE;
	mmio_write32(u->m, IMSC, 0);
	mmio_write32(u->m, ICR, INT_ALL);
	if (!hd_dev_is(dev, "arm,sbsa-uart")) /* its line is firmware's alone */
		line_setup(u, dev->clock_hz, is_console ? hd->console_baud : 0);
	n_uarts++;
	return register_uart(&pl011_ops, u, dev);
}

static const char *const pl011_compatible[] = { "arm,pl011", "arm,sbsa-uart", NULL };

const struct driver driver_uart_pl011 = {
	.name = "pl011",
	.stage = DRIVER_CONSOLE,
	.compatible = pl011_compatible,
	.probe = pl011_probe,
};
