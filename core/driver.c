/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port/driver.h, as the core keeps it: what a host driver may ask for. (Interrupt controllers
 * register in irq.c, disks in stores.c.)
 */
#include <base/fmt.h>
#include <core/console.h>
#include <core/cpu.h>
#include <core/driver.h>
#include <core/kmap.h>
#include <core/log.h>
#include <core/own.h>
#include <core/pmm.h>
#include <core/watchdog.h>
#include <port/driver.h>

static struct {
	const struct hd_dev *dev;
	const struct uart_ops *ops;
	void *ctx;
} console;

enum status driver_map(struct range win, struct mmio *out)
{
	void *va;

	TRY(kmap_device(win, &va));
	*out = (struct mmio){ va, win.len };
	return OK;
}

enum status driver_dma_alloc(size_t size, void **out)
{
	u64 n = size / PAGE_SIZE + (size % PAGE_SIZE != 0);
	hpa_t at;

	TRY(pmm_alloc_pages(PMM_HYPERVISOR, (u32)MIN(n, UINT32_MAX), &at));
	*out = arch_phys_to_virt(at);
	return OK;
}

hpa_t driver_dma_addr(const void *p)
{
	return kmap_phys(p);
}

void driver_dma_barrier(void)
{
	arch_dma_barrier();
}

u64 driver_now_us(void)
{
	u64 t = arch_cycles(), hz = arch_cycles_hz();

	watchdog_poll(t); /* who asks for the time again and again, waits */
	return t / hz * 1000000 + t % hz * 1000000 / hz;
}

u64 driver_this_cpu(void)
{
	return this_cpu()->arch.hw_id;
}

void driver_delay_us(u32 us)
{
	u64 end = driver_now_us() + us;

	while (driver_now_us() < end)
		arch_cpu_relax();
}

void driver_log(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_vprint(LOG_WARN, format, ap);
	va_end(ap);
}

static void uart_rx(void *ctx)
{
	(void)ctx;
	console_poll();
	/* The scheduler comes back to what is left. */
	if (console_busy())
		this_cpu()->resched = true;
}

/* Only the machine's console is ours; other UARTs are for guests. */
enum status register_uart(const struct uart_ops *ops, void *ctx, const struct hd_dev *dev)
{
	if (console.dev)
		return E_EXISTS;
	console.dev = dev;
	console.ops = ops;
	console.ctx = ctx;
	console_attach(ops, ctx);
	own_device(dev, OWN_CONSOLE);
	log_info("console: %s at 0x%llx", ops->name, (unsigned long long)dev->win[0].base);
	return OK;
}

enum status driver_console_listen(void)
{
	if (!console.dev || !console.dev->n_irq)
		return E_NOTFOUND;
	TRY(driver_irq_request(console.dev->irq[0], uart_rx, NULL));
	console.ops->rx_enable(console.ctx);
	return OK;
}
