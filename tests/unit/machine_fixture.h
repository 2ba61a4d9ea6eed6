/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine with two CPUs, a console, stores (store_fixture.h), and an interrupt controller that
 * notes what it is told. What was done stands in the notes, a line of words in the order of
 * events; NOTED() compares and begins a new line.
 */
#pragma once

#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include <arch/fake.h>
#include <base/bits.h>
#include <core/console.h>
#include <core/irq.h>
#include <core/ksym.h>
#include <core/panic.h>
#include <core/pmm.h>
#include <core/sched.h>
#include <core/virq.h>
#include <core/vm.h>

/* Host interrupts. */
#define HOST_TIMER  26
#define GUEST_TIMER 27 /* host interrupt and guest line alike */
#define MAINTENANCE 25

#define NOTED(text) check_noted(__LINE__, text)

/* ---- notes ----------------------------------------------------------------------------------- */

static char notes[8192];
static char said[65536]; /* lines of the log, without their times */

static inline void note(const char *format, ...) printf_like(1, 2);
static inline void note(const char *format, ...)
{
	size_t n = strlen(notes);
	va_list ap;

	va_start(ap, format);
	vsnprintf(notes + n, sizeof(notes) - n, format, ap);
	va_end(ap);
}

static inline void check_noted(int line, const char *text)
{
	if (strcmp(notes, text) != 0) {
		fprintf(stderr, "line %d: noted    \"%s\"\n       expected \"%s\"\n", line, notes,
			text);
		_exit(1);
	}
	notes[0] = '\0';
}

static inline bool was_said(const char *text)
{
	return strstr(said, text) != NULL;
}

#include "store_fixture.h"

const struct ksym_table ksym_table; /* generated in a hypervisor */

/* A BUG() is never expected here. */
void panic_at(const char *file, int line, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: ", file, line);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	_exit(1);
}

/* ---- the console ----------------------------------------------------------------------------- */

static u32 console_to_do; /* console_busy() for so many polls */

void console_write_line(const char *text)
{
	const char *end = *text == '[' ? strstr(text, "] ") : NULL;
	size_t n = strlen(said);

	snprintf(said + n, sizeof(said) - n, "%s\n", end ? end + 2 : text);
}

void console_panic_write(const char *text)
{
	fputs(text, stderr);
}

enum status console_add_port(struct console_port *p)
{
	(void)p;
	return OK;
}

void console_port_write(struct console_port *p, u8 c)
{
	(void)p;
	note("put %c; ", c);
}

bool console_port_read(struct console_port *p, u8 *c)
{
	(void)p;
	(void)c;
	return false;
}

void console_flush(void)
{
	console_to_do = 0;
}

bool console_busy(void)
{
	return console_to_do != 0;
}

void console_poll(void)
{
	if (console_to_do)
		console_to_do--;
}

/* ---- the machine's interrupt controller ------------------------------------------------------ */

static u32 host_pending[16]; /* taken by ack(), first come first served */
static u32 n_host_pending;

static inline void host_raise(u32 irq)
{
	host_pending[n_host_pending++] = irq;
}

static inline enum status chip_cpu_init(void)
{
	note("cpu_init; ");
	return OK;
}

static inline u32 chip_ack(void)
{
	u32 irq = host_pending[0];

	if (!n_host_pending)
		return IRQ_NONE;
	n_host_pending--;
	memmove(host_pending, host_pending + 1, n_host_pending * sizeof(u32));
	return irq;
}

static inline void chip_drop(u32 irq)
{
	note("drop %u; ", irq);
}

static inline void chip_deactivate(u32 irq)
{
	note("deactivate %u; ", irq);
}

static inline enum status chip_enable(struct hd_irq irq)
{
	note("enable %u; ", irq.line);
	return OK;
}

static inline void chip_disable(u32 irq)
{
	note("disable %u; ", irq);
}

static enum status claim_result = OK;

static inline enum status chip_claim(struct hd_irq irq)
{
	note("claim %u %s; ", irq.line, irq.trigger == HD_TRIGGER_EDGE ? "edge" : "level");
	return claim_result;
}

static inline void chip_unmask(u32 irq)
{
	note("unmask %u; ", irq);
}

static inline void chip_route(u32 irq, u64 cpu_hw_id)
{
	note("route %u to %u; ", irq, (u32)cpu_hw_id);
}

static inline void chip_ipi(u64 cpu_hw_id, u32 n)
{
	note("kick %u; ", (u32)cpu_hw_id);
	(void)n;
}

static inline u32 chip_lines(void)
{
	return 128;
}

static const struct irqchip_ops chip = {
	.name = "fake chip",
	.cpu_init = chip_cpu_init,
	.ack = chip_ack,
	.drop = chip_drop,
	.deactivate = chip_deactivate,
	.enable = chip_enable,
	.disable = chip_disable,
	.claim = chip_claim,
	.unmask = chip_unmask,
	.route = chip_route,
	.ipi = chip_ipi,
	.n_ipis = 8,
	.n_lines = chip_lines,
};

/* ---- putting it together --------------------------------------------------------------------- */

static struct hd_dev host_intc = { .path = STR("/intc"),
				   .irq = { { MAINTENANCE, 0 } },
				   .n_irq = 1 };

/* The calling CPU is from now on CPU @i. */
static inline void on_cpu(u32 i)
{
	fake_this_cpu = &cpus[i].arch;
}

static inline void machine_without_platform_file_up(void)
{
	static const struct range ram = { FAKE_RAM_BASE, MIB(64) };

	fake_init(MIB(64));
	fake.hostdesc.irq_timer_host = HOST_TIMER;
	fake.hostdesc.intc = &host_intc;
	fake.hostdesc.slice_us = 1000;
	arch_cpu_adopt(&cpus[0].arch);
	n_cpus = 2;
	cpus[1].index = 1;
	cpus[1].arch.hw_id = 1;
	cpus[1].arch.timer_at = ARCH_NEVER;
	CHECK(pmm_init(&ram, 1, NULL, 0, PMM_CLEAN) == OK);
	CHECK(register_irqchip(&chip, &host_intc) == OK);
	CHECK(sched_init(&fake.hostdesc) == OK);
	CHECK(virq_init(&fake.hostdesc) == OK);
	NOTED("enable 26; enable 27; enable 25; ");
}

static inline void machine_up(void)
{
	machine_without_platform_file_up();
	vm_set_power_off_when_done(true);
}
