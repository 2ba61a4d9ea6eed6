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

enum status irq_request(struct hd_irq irq, enum irq_end end, void (*fn)(void *ctx), void *ctx);
/* The calling CPU's part of the controller, and its private lines requested so far. */
enum status irq_cpu_init(void);
/* Handle the interrupt the ISA acknowledged, or acknowledge one. False: there was none. */
bool irq_dispatch(u32 irq);
void irq_deactivate(u32 irq);
void irq_send_ipi(u64 cpu_hw_id);
u32 irq_n_lines(void);
bool irq_present(void);
