/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host interrupts: who handles which. All handlers run with interrupts masked, on the CPU that
 * took the interrupt, in a few microseconds.
 */
#pragma once

#include <port/driver.h>

enum irq_end {
	IRQ_COMPLETE, /* done when the handler returned */
	IRQ_HOLD,     /* stays active on the host until somebody deactivates it */
};

/* Who handles a line. */
struct irq_action {
	struct hd_irq irq;
	enum irq_end end;
	void (*fn)(void *ctx);
	void *ctx;
};

/* Enabled from now on, on the boot CPU; private lines on every CPU. */
enum status irq_request(struct hd_irq irq, enum irq_end end, void (*fn)(void *ctx), void *ctx);
/* The calling CPU's part of the controller, and its private lines requested so far. */
enum status irq_cpu_init(void);
/* Handle the interrupt the ISA acknowledged, or acknowledge one. False: there was none. */
bool irq_dispatch(u32 irq);
void irq_deactivate(u32 irq);

/*
 * A shared line to be lent: off, idle and configured, and @a (kept by the caller) handles it.
 * E_EXISTS: somebody has it; E_RANGE: there is no such line. Boot CPU.
 */
enum status irq_claim(struct irq_action *a);
/* Off and idle again, whatever it was; still the caller's. */
void irq_quiet(const struct irq_action *a);
/* The same, and nobody's. Boot CPU. */
void irq_release(const struct irq_action *a);
void irq_mask(u32 irq);
void irq_unmask(u32 irq);
void irq_route(u32 irq, u64 cpu_hw_id);
/* What irq_claim() was given for @irq; NULL. */
const struct irq_action *irq_action_of(u32 irq);

void irq_send_ipi(u64 cpu_hw_id);
u32 irq_n_lines(void);
bool irq_present(void);
