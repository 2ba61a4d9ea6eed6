/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's 16550 and DesignWare UARTs: what the driver leaves of firmware's settings, what it
 * makes of them, and how it lives with their peculiarities.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <port/driver.h>

#include "ns16550_chip.h"

extern const struct driver driver_uart_ns16550;

static const struct uart_ops *uart;
static void *uart_ctx;
static u32 waited_us;
static u32 n_logged;

enum status driver_map(struct range win, struct mmio *out)
{
	*out = (struct mmio){ NULL, win.len };
	return OK;
}

void driver_delay_us(u32 us)
{
	waited_us += us;
	chip_run(us);
}

void driver_log(const char *format, ...)
{
	(void)format;
	n_logged++;
}

enum status register_uart(const struct uart_ops *ops, void *ctx, const struct hd_dev *dev)
{
	(void)dev;
	uart = ops;
	uart_ctx = ctx;
	return OK;
}

#define PLAIN	   "ns16550a"
#define DESIGNWARE "rockchip,rk3588-uart\0snps,dw-apb-uart"

static struct hd_dev dev;

static void board(const char *compatible, size_t len)
{
	dev = (struct hd_dev){
		.path = STR("/uart"),
		.compatible = { compatible, len },
		.win = { { 0xfeb50000, 0x100 } },
		.n_win = 1,
		.reg_shift = chip.shift,
		.reg_io_width = chip.width,
		.reg_offset = chip.offset,
	};
}

/* As on Rockchip: words, four bytes apart, running at firmware's rate. */
static void designware_board(void)
{
	chip_reset(CHIP_DESIGNWARE);
	chip.shift = 2;
	chip.width = 4;
	chip.dll = 1;
	chip.lcr = 0x03;
	chip.fcr = 0x01;
	chip.mcr = 0x03;
	board(DESIGNWARE, sizeof(DESIGNWARE));
}

static void plain_board(void)
{
	chip_reset(CHIP_16550);
	chip.dll = 12;
	chip.lcr = 0x03;
	board(PLAIN, sizeof(PLAIN));
}

static enum status probe(u32 clock_hz, u32 baud)
{
	struct hostdesc hd = { .console = &dev, .console_baud = baud };

	waited_us = 0;
	n_logged = 0;
	dev.clock_hz = clock_hz;
	return driver_uart_ns16550.probe(&dev, &hd);
}

/* Runs first: the driver serves four, and a failed probe takes none. */
static void refuses_layouts(void **state)
{
	(void)state;
	plain_board();
	dev.reg_io_width = 8;
	assert_int_equal(probe(0, 0), E_INVAL);
	plain_board();
	dev.reg_io_width = 4; /* words, a byte apart */
	assert_int_equal(probe(0, 0), E_INVAL);
	plain_board();
	dev.reg_shift = 9;
	assert_int_equal(probe(0, 0), E_INVAL);
	plain_board();
	dev.win[0].len = 7;
	assert_int_equal(probe(0, 0), E_RANGE);
	designware_board();
	dev.win[0].len = 0x7c; /* USR lies behind it */
	assert_int_equal(probe(0, 0), E_RANGE);
	dev.n_win = 0;
	assert_int_equal(probe(0, 0), E_INVAL);
}

/* What firmware has queued is sent at its rate; then nothing but the interrupts is changed. */
static void keeps_firmwares_line(void **state)
{
	(void)state;
	designware_board();
	chip.ier = 0x8f;
	memcpy(chip.tx, "firmware", 8);
	chip.n_tx = 8;
	assert_int_equal(probe(0, 1500000), OK);
	assert_int_equal(chip.n_sent, 8);
	assert_memory_equal(chip.sent, "firmware", 8);
	assert_int_equal(chip.n_refused, 0);
	assert_int_equal(chip.dll, 1);
	assert_int_equal(chip.lcr, 0x03);
	assert_int_equal(chip.ier, 0);
	assert_int_equal(chip.fcr, 0x01);
	assert_int_equal(chip.mcr, 0x0b);
	assert_false(chip_irq());
	assert_int_equal(n_logged, 0);
}

static void fills_the_fifo(void **state)
{
	(void)state;
	for (u32 i = 0; i < 16; i++)
		assert_true(uart->putc(uart_ctx, (u8)('a' + i)));
	assert_false(uart->putc(uart_ctx, 'x'));
	chip_run(20 * chip.char_us);
	assert_int_equal(chip.n_sent, 24);
	assert_memory_equal(chip.sent + 8, "abcdefghijklmnop", 16);
	assert_true(uart->putc(uart_ctx, 'q'));
}

static void receives(void **state)
{
	u8 c = 0;

	(void)state;
	assert_false(uart->getc(uart_ctx, &c));
	uart->rx_enable(uart_ctx);
	assert_int_equal(chip.ier, 0x01);
	chip_receive('a', 0);
	chip_receive('!', 0x08); /* framing error */
	chip_receive(0, 0x10);	 /* break */
	chip_receive('b', 0x02); /* overrun: others were lost, this one is good */
	assert_true(chip_irq());
	assert_true(uart->getc(uart_ctx, &c));
	assert_int_equal(c, 'a');
	assert_true(uart->getc(uart_ctx, &c));
	assert_int_equal(c, 'b');
	assert_false(uart->getc(uart_ctx, &c));
	assert_false(chip_irq());
	/* a storm of noise has an end, and is gone on with at the next interrupt */
	for (u32 i = 0; i < 40; i++)
		chip_receive(0xff, 0x04);
	assert_false(uart->getc(uart_ctx, &c));
	assert_in_range(chip.n_rx, 1, 39);
	assert_true(chip_irq());
	while (chip.n_rx)
		assert_false(uart->getc(uart_ctx, &c));
	uart->rx_disable(uart_ctx);
	chip_receive('c', 0);
	assert_false(chip_irq());
}

/* Databook: a timeout without a byte ends by reading one, "busy" by reading USR. */
static void ends_empty_interrupts(void **state)
{
	u8 c = 0;

	(void)state;
	chip.n_rx = 0;
	uart->rx_enable(uart_ctx);
	chip.stuck_timeout = true;
	assert_true(chip_irq());
	assert_false(uart->getc(uart_ctx, &c));
	assert_false(chip_irq());
	chip.busy_detect = true;
	assert_false(uart->getc(uart_ctx, &c));
	assert_false(chip_irq());
}

/* LCR has to be written while bytes wait that nobody read: the first try is refused. */
static void writes_a_busy_line(void **state)
{
	(void)state;
	designware_board();
	chip.lcr = 0x1b; /* parity */
	chip.dll = 26;
	chip.dlm = 1;
	chip_receive('x', 0);
	assert_int_equal(probe(24000000, 1500000), OK);
	assert_int_equal(chip.n_refused, 1);
	assert_false(chip.busy_detect);
	assert_int_equal(chip.lcr, 0x03);
	assert_int_equal(chip.dll, 1);
	assert_int_equal(chip.dlm, 0);
	/* a line that never rests is given up on, soon, and its divisor is no byte of ours */
	designware_board();
	chip.lcr = 0x1b;
	chip.rx_line_busy = true;
	assert_int_equal(probe(24000000, 115200), OK);
	assert_int_equal(n_logged, 1);
	assert_int_equal(chip.lcr, 0x1b);
	assert_int_equal(chip.dll, 1);
	assert_int_equal(chip.n_tx, 0);
	assert_in_range(waited_us, 1, 10000);
}

/* One without a FIFO, and without a rate: firmware has never used it. */
static void programs_a_rate(void **state)
{
	(void)state;
	plain_board();
	chip.kind = CHIP_16450;
	chip.dll = 0;
	chip.peer_holds = true; /* waiting has an end */
	chip.shifting = true;
	assert_int_equal(probe(1843200 * 300, 0), OK);
	assert_int_equal(chip.dll, 300 & 0xff);
	assert_int_equal(chip.dlm, 300 >> 8);
	chip.peer_holds = false;
	chip_run(chip.char_us);
	for (u32 i = 0; i < 3; i++) {
		assert_true(uart->putc(uart_ctx, 'a'));
		assert_true(uart->putc(uart_ctx, 'b'));
		assert_false(uart->putc(uart_ctx, 'c'));
		chip_run(2 * chip.char_us);
	}
	assert_in_range(waited_us, 1, 1000000);
	assert_int_equal(chip.ier, 0);
	assert_int_equal(chip.mcr, 0x0b);
}

/* The four are taken by now. */
static void bounds_instances(void **state)
{
	(void)state;
	plain_board();
	chip.ier = 0x0f;
	assert_int_equal(probe(0, 0), E_NOMEM);
	assert_int_equal(chip.ier, 0x0f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_layouts),	 cmocka_unit_test(keeps_firmwares_line),
		cmocka_unit_test(fills_the_fifo),	 cmocka_unit_test(receives),
		cmocka_unit_test(ends_empty_interrupts), cmocka_unit_test(writes_a_busy_line),
		cmocka_unit_test(programs_a_rate),	 cmocka_unit_test(bounds_instances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
