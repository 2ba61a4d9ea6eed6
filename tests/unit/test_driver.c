/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/driver.c: what a host driver may ask of the core.
 */
#include "machine_fixture.h"

#include <core/driver.h>
#include <core/kmap.h>

static const void *attached_ctx;
static u32 n_listens;

void console_attach(const struct uart_ops *ops, void *ctx)
{
	CHECK(strcmp(ops->name, "test uart") == 0);
	attached_ctx = ctx;
}

static void listen_to_it(void *ctx)
{
	CHECK(ctx == attached_ctx);
	n_listens++;
}

static const struct uart_ops uart = { .name = "test uart", .rx_enable = listen_to_it };
static const struct hd_dev uart_dev = { .win[0] = { 0x9000000, 0x1000 },
					.n_win = 1,
					.irq[0] = { 33, HD_TRIGGER_LEVEL },
					.n_irq = 1 };

static void memory_for_devices(void)
{
	u64 before;
	u8 *a, *b;
	void *p;

	machine_up();
	before = pmm_stats().free;
	CHECK(driver_dma_alloc(5000, &p) == OK);
	a = p;
	CHECK(driver_dma_alloc(1, &p) == OK);
	b = p;
	CHECK(((u64)arch_virt_to_phys(a).v & (PAGE_SIZE - 1)) == 0 && b != a);
	CHECK(pmm_stats().free <= before - 3);
	for (u32 i = 0; i < 2 * PAGE_SIZE; i++)
		CHECK(a[i] == 0);
	CHECK(driver_dma_alloc(MIB(3), &p) == E_NOMEM);
	CHECK(driver_dma_alloc(SIZE_MAX, &p) == E_NOMEM);
	CHECK(driver_dma_alloc(GIB(16) * 1024 + 4096, &p) == E_NOMEM);
}

static void console(void)
{
	u32 ctx, other;

	machine_up();
	CHECK(driver_console_listen() == E_NOTFOUND);
	CHECK(register_uart(&uart, &ctx, &uart_dev) == OK);
	CHECK(attached_ctx == &ctx && was_said("console: test uart at 0x9000000"));
	CHECK(register_uart(&uart, &other, &uart_dev) == E_EXISTS && attached_ctx == &ctx);
	CHECK(driver_console_listen() == OK && n_listens == 1);
	NOTED("enable 33; ");
	console_to_do = 2;
	CHECK(irq_dispatch(33));
	NOTED("drop 33; deactivate 33; ");
	CHECK(console_to_do == 1); /* polled, once */
}

static void console_without_an_interrupt(void)
{
	struct hd_dev dev = uart_dev;

	machine_up();
	dev.n_irq = 0;
	CHECK(register_uart(&uart, NULL, &dev) == OK);
	CHECK(driver_console_listen() == E_NOTFOUND && n_listens == 0);
}

static void time_passes(void)
{
	u64 begin;

	machine_up();
	fake_clock.hz = 62500000;
	fake_clock.step = 0;
	fake_clock.now = UINT64_C(62500000) * 86400 * 365; /* a year is no reason to wrap */
	CHECK(driver_now_us() == UINT64_C(1000000) * 86400 * 365);
	fake_clock.step = 625;
	begin = fake_clock.now;
	driver_delay_us(100);
	CHECK(fake_clock.now >= begin + 6250 && fake_clock.now <= begin + 6250 + 3 * 625);
}

static void log_of_drivers(void)
{
	machine_up();
	driver_log("pin %u is loose", 7);
	CHECK(was_said("warning: pin 7 is loose\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(memory_for_devices),
		SCENE(console),
		SCENE(console_without_an_interrupt),
		SCENE(time_passes),
		SCENE(log_of_drivers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
