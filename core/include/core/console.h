/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One physical UART, many guests: the port in focus is connected raw, the output of the others is
 * kept in a ring and shown when they get the focus. Ctrl+X is the way to us: then 1..9 (VM by
 * place), n, p move the focus, l lists, h helps, Ctrl+X sends the key itself to the guest.
 *
 * Nobody ever waits for the UART (but last words): writers fill rings and push what it takes now;
 * the rest goes out with the next write or console_poll(). A ring that is full loses its oldest
 * bytes, and says so where they are missing. What is typed faster than the guest reads stays in
 * the UART, and so with the sender; only a guest that has stopped reading loses it, and then our
 * own keys still work.
 */
#pragma once

#include <stdatomic.h>

#include <base/status.h>
#include <base/types.h>

#define CONSOLE_OUT_RING  KIB(16)
#define CONSOLE_IN_RING	  256
#define CONSOLE_MAX_PORTS 64

/* The owner sets name, id, out, input, state before console_add_port(); the rest starts as 0. */
struct console_port {
	const char *name;		/* the VM's */
	u32 id;				/* the VM's */
	u8 *out;			/* ring of CONSOLE_OUT_RING bytes, from the VM's arena */
	_Atomic u32 out_head, out_tail; /* run freely; what lies between has not been shown */
	u8 in[CONSOLE_IN_RING];
	_Atomic u32 in_head, in_tail;
	_Atomic u32 in_dropped; /* bytes of input that found the ring full */
	_Atomic u64 in_read_at; /* when the guest last asked for input (arch_cycles) */
	/* Input has arrived; called on the CPU that took the UART's interrupt, no lock held. */
	void (*input)(struct console_port *p);
	/* One word for the list: "running", "off", ... Called with no lock held. */
	const char *(*state)(const struct console_port *p);
};

/* Ports are added once, in order of id; the first gets the focus. E_NOMEM: too many. */
enum status console_add_port(struct console_port *p);
/*
 * From the VM's devices, one CPU at a time per port (the device's lock); reading the same.
 * Bounded: what the UART does not take now stays in the ring.
 */
void console_port_write(struct console_port *p, u8 c);
bool console_port_read(struct console_port *p, u8 *c);

/*
 * The hypervisor's own lines (log): shown on a line of their own, whoever has the focus, after
 * what the guest in focus wrote before. LF inside begins another line; other control characters
 * are shown as '?'.
 */
void console_write_line(const char *text);
/*
 * Last words: takes no lock, waits for the UART (bounded). LF becomes CR LF. From the first call
 * on nothing but last words comes out any more.
 */
void console_panic_write(const char *text);

struct uart_ops;
/* The physical UART is there: what was written before comes out now. The first one stays. */
void console_attach(const struct uart_ops *ops, void *ctx);
/* Take what the UART has received (from its interrupt); give it what is waiting (any time). */
void console_poll(void);
/* Something waits for the UART's transmitter or in its receiver: call console_poll() again soon. */
bool console_busy(void);
/* Wait (bounded) until nothing does: before the machine is switched off. */
void console_flush(void);
