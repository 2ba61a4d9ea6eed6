/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's PL011: what the driver leaves of firmware's settings and what it makes of them.
 * Registers are plain memory; "busy" passes while the driver waits.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/endian.h>
#include <port/driver.h>

extern const struct driver driver_uart_pl011;

enum {
	DR = 0x00,
	FR = 0x18,
	IBRD = 0x24,
	FBRD = 0x28,
	LCR = 0x2c,
	CR = 0x30,
	IMSC = 0x38,
	RIS = 0x3c,
	ICR = 0x44,
};

#define FR_BUSY 0x08
#define FR_RXFE 0x10
#define FR_TXFF 0x20

static u8 regs[0x1000];
static u32 waited_us;
static u32 busy_us;	  /* how long the transmitter has bytes of firmware's */
static u32 cr_while_busy; /* what CR was when the wait ended */

static const struct uart_ops *uart;
static void *uart_ctx;

static u32 reg(u32 off)
{
	return load_le32(regs + off);
}

static void set(u32 off, u32 v)
{
	store_le32(regs + off, v);
}

enum status driver_map(struct range win, struct mmio *out)
{
	*out = (struct mmio){ regs, win.len };
	return OK;
}

void driver_delay_us(u32 us)
{
	waited_us += us;
	cr_while_busy = reg(CR);
	if (waited_us >= busy_us)
		set(FR, reg(FR) & ~(u32)FR_BUSY);
}

enum status register_uart(const struct uart_ops *ops, void *ctx, const struct hd_dev *dev)
{
	(void)dev;
	uart = ops;
	uart_ctx = ctx;
	return OK;
}

/* As firmware leaves it: running at a rate of its own. */
static void firmware_sets_up(void)
{
	memset(regs, 0, sizeof(regs));
	set(FR, FR_RXFE);
	set(IBRD, 9);
	set(FBRD, 7);
	set(LCR, 0x70);
	set(CR, 0x301);
	set(IMSC, 0x7ff);
	waited_us = 0;
	busy_us = 0;
}

static enum status probe(const char *compatible, u32 clock_hz, u32 baud)
{
	static struct hd_dev dev;
	const struct hostdesc hd = { .console = &dev, .console_baud = baud };

	dev = (struct hd_dev){
		.path = STR("/uart"),
		.compatible = { compatible, strlen(compatible) + 1 },
		.win = { { 0x9000000, sizeof(regs) } },
		.n_win = 1,
		.clock_hz = clock_hz,
	};
	return driver_uart_pl011.probe(&dev, &hd);
}

/* Runs first: the driver serves four, and every test makes one. */
static void keeps_firmwares_rate(void **state)
{
	(void)state;
	firmware_sets_up();
	set(FR, FR_RXFE | FR_BUSY);
	busy_us = 2000;
	assert_int_equal(probe("arm,pl011", 0, 115200), OK); /* clock not known */
	assert_int_equal(reg(IBRD), 9);
	assert_int_equal(reg(FBRD), 7);
	assert_int_equal(reg(LCR), 0x70);
	assert_int_equal(reg(CR), 0x301);
	assert_int_equal(reg(IMSC), 0);
	assert_int_equal(reg(ICR), 0x7ff);
	/* what was queued was sent first, with the line as it was */
	assert_in_range(waited_us, 2000, 2010);
	assert_int_equal(cr_while_busy, 0x301);
	/* a clock alone is no reason to change a rate that is there */
	firmware_sets_up();
	assert_int_equal(probe("arm,pl011", 24000000, 0), OK);
	assert_int_equal(reg(IBRD), 9);
}

static void programs_a_rate(void **state)
{
	(void)state;
	firmware_sets_up();
	set(FR, FR_RXFE | FR_BUSY);
	busy_us = UINT32_MAX; /* a peer that holds us: waiting has an end */
	assert_int_equal(probe("arm,pl011", 24000000, 115200), OK);
	assert_in_range(waited_us, 1, 1000000);
	assert_int_equal(reg(IBRD), 13); /* 24 MHz / 16 / 115200 = 13 + 1/64 */
	assert_int_equal(reg(FBRD), 1);
	assert_int_equal(reg(CR), 0x301);
}

static void moves_bytes(void **state)
{
	u8 c = 0;

	(void)state;
	firmware_sets_up();
	assert_int_equal(probe("arm,sbsa-uart", 24000000, 9600), OK);
	assert_int_equal(reg(IBRD), 9); /* has no such registers */
	assert_true(uart->putc(uart_ctx, 'x'));
	assert_int_equal(reg(DR), 'x');
	set(FR, FR_RXFE | FR_TXFF);
	assert_false(uart->putc(uart_ctx, 'y'));
	assert_int_equal(reg(DR), 'x');
	uart->rx_enable(uart_ctx);
	assert_int_equal(reg(IMSC), 0x50);
	uart->rx_disable(uart_ctx);
	assert_int_equal(reg(IMSC), 0);
	set(ICR, 0);
	assert_false(uart->getc(uart_ctx, &c));
	assert_int_equal(reg(ICR), 0);
	set(RIS, 0x10); /* an interrupt for nothing would never end */
	assert_false(uart->getc(uart_ctx, &c));
	assert_int_equal(reg(ICR), 0x50);
	set(ICR, 0);
	set(FR, 0);
	set(DR, 'z');
	assert_true(uart->getc(uart_ctx, &c));
	assert_int_equal(c, 'z');
	assert_int_equal(reg(ICR), 0); /* there is more: it may not come again */
	set(DR, 0x400);		       /* a break; for ever, but not for us */
	assert_false(uart->getc(uart_ctx, &c));
	set(DR, 0x800 | 'o'); /* overrun: others were lost, this one is good */
	assert_true(uart->getc(uart_ctx, &c));
	assert_int_equal(c, 'o');
}

/* Four instances are taken by now. */
static void bounds_instances(void **state)
{
	(void)state;
	firmware_sets_up();
	assert_int_equal(probe("arm,pl011", 0, 0), E_NOMEM);
	assert_int_equal(reg(IMSC), 0x7ff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_firmwares_rate),
		cmocka_unit_test(programs_a_rate),
		cmocka_unit_test(moves_bytes),
		cmocka_unit_test(bounds_instances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
