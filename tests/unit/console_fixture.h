/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console mux between ports of ours and a UART that is full when we say so. The console is one
 * object with state from boot to power-off, so every scene plays in a process of its own.
 */
#pragma once

#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include <core/console.h>
#include <port/arch.h>
#include <port/driver.h>

/* Exactly @text came out since the last look. */
#define SHOWN(text) check_shown(__LINE__, text)
/* Exactly @text waits as input of port @i. In what is typed, \030 is Ctrl+X. */
#define GOT(i, text) port_got(__LINE__, i, text)

/* ---- the UART ------------------------------------------------------------------------------ */

#define OUT_MAX (1u << 22)

static struct {
	char out[OUT_MAX];
	u32 n_out;
	u32 checked; /* what SHOWN has seen */
	int room;    /* bytes taken before it is full; negative: never full */
	u32 refusals;
	char in[4096];
	u32 in_at, in_end;
	bool rx_off; /* its interrupt */
} uart;

static inline bool uart_putc(void *ctx, u8 c)
{
	(void)ctx;
	if (uart.room == 0) {
		uart.refusals++;
		return false;
	}
	if (uart.room > 0)
		uart.room--;
	CHECK(uart.n_out < OUT_MAX);
	uart.out[uart.n_out++] = (char)c;
	return true;
}

static inline bool uart_getc(void *ctx, u8 *c)
{
	(void)ctx;
	if (uart.in_at == uart.in_end)
		return false;
	*c = (u8)uart.in[uart.in_at++];
	return true;
}

static inline void uart_rx_enable(void *ctx)
{
	(void)ctx;
	uart.rx_off = false;
}

static inline void uart_rx_disable(void *ctx)
{
	(void)ctx;
	uart.rx_off = true;
}

static const struct uart_ops uart_ops = {
	.name = "fake",
	.putc = uart_putc,
	.getc = uart_getc,
	.rx_enable = uart_rx_enable,
	.rx_disable = uart_rx_disable,
};

static inline void check_shown(int line, const char *want)
{
	size_t len = strlen(want);

	uart.out[uart.n_out] = '\0';
	if (uart.n_out - uart.checked != len || memcmp(uart.out + uart.checked, want, len) != 0) {
		fprintf(stderr, "%s:%d: want \"%s\"\ngot \"%s\"\n", __FILE__, line, want,
			uart.out + uart.checked);
		_exit(1);
	}
	uart.checked = uart.n_out;
}

/* What came out since SHOWN, not to be looked at any further. */
static inline const char *shown_since(void)
{
	const char *text = uart.out + uart.checked;

	uart.out[uart.n_out] = '\0';
	uart.checked = uart.n_out;
	return text;
}

/* The UART has received @keys; nobody has looked yet. */
static inline void receive(const char *keys)
{
	size_t n = strlen(keys);

	CHECK(uart.in_at == uart.in_end && n <= sizeof(uart.in));
	uart.in_at = 0;
	memcpy(uart.in, keys, n);
	uart.in_end = (u32)n;
}

static inline void type(const char *keys)
{
	receive(keys);
	do
		console_poll();
	while (uart.in_at < uart.in_end);
}

/* ---- ports --------------------------------------------------------------------------------- */

static struct console_port port[CONSOLE_MAX_PORTS + 1];
static u32 n_inputs[CONSOLE_MAX_PORTS + 1];

static inline void on_input(struct console_port *p)
{
	n_inputs[p - port]++;
}

static inline const char *state_of(const struct console_port *p)
{
	return p->id == 1 ? "running" : "off";
}

static inline void add_ports(u32 n)
{
	static const char *const names[] = { "linux-a", "linux-b", "c" };

	for (u32 i = 0; i < n; i++) {
		port[i].name = names[i % 3];
		port[i].id = i + 1;
		port[i].out = malloc(CONSOLE_OUT_RING);
		port[i].input = on_input;
		port[i].state = state_of;
		CHECK(console_add_port(&port[i]) == OK);
	}
}

static inline void port_puts(u32 i, const char *text)
{
	for (; *text; text++)
		console_port_write(&port[i], (u8)*text);
}

static inline void port_got(int line, u32 i, const char *want)
{
	char got[512];
	u32 n = 0;
	u8 c;

	while (console_port_read(&port[i], &c))
		got[n++] = (char)c;
	got[n] = '\0';
	if (strcmp(got, want) != 0) {
		fprintf(stderr, "%s:%d: port %u: want \"%s\", got \"%s\"\n", __FILE__, line, i,
			want, got);
		_exit(1);
	}
}

static inline void boot(u32 n_ports, int room)
{
	uart.room = room;
	fake_clock = (struct fake_clock){ .now = 1000000, .hz = 1000 };
	console_attach(&uart_ops, NULL);
	add_ports(n_ports);
	shown_since();
}
