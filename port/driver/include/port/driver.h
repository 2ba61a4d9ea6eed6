/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host driver -> core. A driver serves the machine: it is given a device of hostdesc, maps its
 * registers and offers what it found (interrupt controller, UART, disk). It knows no VM.
 * Register code never blocks without a bound.
 */
#pragma once

#include <base/status.h>
#include <base/types.h>
#include <lib/hostdesc.h>

/* ---- registers ---------------------------------------------------------------------------- */

struct mmio {
	volatile u8 *base;
	u64 len;
};

static inline u32 mmio_read32(struct mmio m, u64 off)
{
	return *(volatile u32 *)(volatile void *)(m.base + off);
}

static inline void mmio_write32(struct mmio m, u64 off, u32 v)
{
	*(volatile u32 *)(volatile void *)(m.base + off) = v;
}

static inline u64 mmio_read64(struct mmio m, u64 off)
{
	return *(volatile u64 *)(volatile void *)(m.base + off);
}

static inline void mmio_write64(struct mmio m, u64 off, u64 v)
{
	*(volatile u64 *)(volatile void *)(m.base + off) = v;
}

static inline u16 mmio_read16(struct mmio m, u64 off)
{
	return *(volatile u16 *)(volatile void *)(m.base + off);
}

static inline void mmio_write16(struct mmio m, u64 off, u16 v)
{
	*(volatile u16 *)(volatile void *)(m.base + off) = v;
}

static inline u8 mmio_read8(struct mmio m, u64 off)
{
	return m.base[off];
}

static inline void mmio_write8(struct mmio m, u64 off, u8 v)
{
	m.base[off] = v;
}

/* ---- resources ---------------------------------------------------------------------------- */

/* Map a register window (device memory, not executable). E_RANGE, E_NOMEM. */
enum status driver_map(struct range win, struct mmio *out);

/*
 * Call @handler(@ctx) for a host interrupt, on the boot CPU, with all interrupts masked; it is
 * enabled from now on and completed after the handler returned.
 */
enum status driver_irq_request(struct hd_irq irq, void (*handler)(void *ctx), void *ctx);

/* Physically contiguous, zeroed, page-aligned memory the device may reach. */
enum status driver_dma_alloc(size_t size, void **out);
/* The bus address of memory that a device may reach: from driver_dma_alloc, or guest RAM. */
hpa_t driver_dma_addr(const void *p);
/* Make all writes so far visible to devices, and device writes visible to us. */
void driver_dma_barrier(void);

void driver_delay_us(u32 us);
u64 driver_now_us(void);
/* Hardware id of the calling CPU, as in hostdesc. */
u64 driver_this_cpu(void);
void driver_log(const char *format, ...) printf_like(1, 2);

/* ---- offers ------------------------------------------------------------------------------- */

#define IRQ_NONE UINT32_MAX /* ack(): nothing was pending */

struct irqchip_ops {
	const char *name;
	/* The calling CPU's part: once on each CPU, before its first interrupt. */
	enum status (*cpu_init)(void);
	/* Take the most urgent pending interrupt of this CPU; IRQ_NONE when there is none. */
	u32 (*ack)(void);
	/* Priority drop: other interrupts may come, this one not before deactivate(). */
	void (*drop)(u32 irq);
	void (*deactivate)(u32 irq);
	/* Enable for the calling CPU (private lines) or route to the boot CPU (shared lines). */
	enum status (*enable)(struct hd_irq irq);
	void (*disable)(u32 irq);
	/*
	 * For shared lines that are lent to guests. claim: its trigger is set; it is off, not pending
	 * and not active, whatever it was. unmask: what disable() has masked may come again. route: it
	 * comes to the CPU with that hardware id from now on.
	 */
	enum status (*claim)(struct hd_irq irq);
	void (*unmask)(u32 irq);
	void (*route)(u32 irq, u64 cpu_hw_id);
	/* Send the host IPI @n (0..7) to the CPU with that hardware id. */
	void (*ipi)(u64 cpu_hw_id, u32 n);
	/* ack() numbers of IPIs are below this; they equal n. */
	u32 n_ipis;
	/* Number of interrupt lines, for the log and for guests' controllers. */
	u32 (*n_lines)(void);
};

struct uart_ops {
	const char *name;
	/* True when the byte was taken; false when the transmitter is full. */
	bool (*putc)(void *ctx, u8 c);
	/* The next received byte; false when there is none. */
	bool (*getc)(void *ctx, u8 *c);
	/*
	 * Enable the receive interrupt. The driver calls the handler given to driver_irq_request. It
	 * stays asserted as long as getc() has not said that there is nothing.
	 */
	void (*rx_enable)(void *ctx);
	/* Disable it: for as long as bytes are left in the UART. */
	void (*rx_disable)(void *ctx);
};

struct block_ops {
	const char *name;
	/* Read @count sectors of 512 bytes into @buf (driver_dma_addr works on it). Polls, bounded. */
	enum status (*read)(void *ctx, u64 sector, u32 count, void *buf);
};

enum status register_irqchip(const struct irqchip_ops *ops, const struct hd_dev *dev);
enum status register_uart(const struct uart_ops *ops, void *ctx, const struct hd_dev *dev);
/* E_NOTFOUND: nothing for us is on it; it is a guest's, reset it. */
enum status register_block(const struct block_ops *ops, void *ctx, const struct hd_dev *dev,
			   u64 n_sectors);

/* ---- a driver ------------------------------------------------------------------------------ */

/* Probed in this order, so that each can use what those before it offered. */
enum driver_stage {
	DRIVER_CONSOLE,
	DRIVER_IRQCHIP,
	DRIVER_DEVICE,
	DRIVER_STAGES
};

struct driver {
	const char *name;
	enum driver_stage stage;
	const char *const *compatible; /* NULL-terminated */
	/* E_NOTFOUND: looked, nothing behind it (an empty virtio slot): not worth a word. */
	enum status (*probe)(const struct hd_dev *dev, const struct hostdesc *hd);
};

/* Generated from the component list: drivers-y. NULL-terminated, sorted by name. */
extern const struct driver *const drivers[];

/*
 * drivers/match.c: probe every device of @hd for which a driver of @stage is there. A device
 * that fails is reported and skipped. Returns how many were taken.
 */
u32 drivers_probe(const struct hostdesc *hd, enum driver_stage stage);
