/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of handlers by line, filled at boot and read without a lock afterwards. Private lines
 * are requested once and enabled on every CPU; shared ones of guests (pass.c) bring their record.
 */
#include <core/irq.h>

#include <core/console.h>
#include <core/cpu.h>
#include <core/log.h>
#include <core/own.h>
#include <port/arch.h>

#define MAX_ACTIONS 32
#define MAX_LINES   1024
#define N_PRIVATE   32 /* lines below are private to each CPU: enabled on each */
#define HOST_IPI    0

static struct irq_action actions[MAX_ACTIONS];
static u32 n_actions;
static const struct irq_action *by_line[MAX_LINES];
static const struct irqchip_ops *chip;

enum status register_irqchip(const struct irqchip_ops *ops, const struct hd_dev *dev)
{
	if (chip)
		return E_EXISTS;
	if (ops->n_lines() > MAX_LINES)
		return E_RANGE;
	chip = ops;
	own_device(dev, OWN_IRQCHIP);
	log_info("interrupts: %s at 0x%llx, %u lines", ops->name,
		 (unsigned long long)(dev->n_win ? dev->win[0].base : 0), ops->n_lines());
	return OK;
}

bool irq_present(void)
{
	return chip;
}

u32 irq_n_lines(void)
{
	return chip->n_lines();
}

static enum status take_line(const struct irq_action *a)
{
	if (a->irq.line >= MAX_LINES)
		return E_RANGE;
	if (by_line[a->irq.line])
		return E_EXISTS;
	by_line[a->irq.line] = a;
	return OK;
}

enum status irq_request(struct hd_irq irq, enum irq_end end, void (*fn)(void *ctx), void *ctx)
{
	struct irq_action *a = &actions[n_actions];

	if (n_actions == MAX_ACTIONS)
		return E_NOMEM;
	*a = (struct irq_action){ irq, end, fn, ctx };
	TRY(take_line(a));
	n_actions++;
	return chip->enable(irq);
}

enum status driver_irq_request(struct hd_irq irq, void (*handler)(void *ctx), void *ctx)
{
	if (!chip)
		return E_BUSY;
	return irq_request(irq, IRQ_COMPLETE, handler, ctx);
}

enum status irq_cpu_init(void)
{
	TRY(chip->cpu_init());
	for (u32 i = 0; i < n_actions; i++) {
		if (actions[i].irq.line < N_PRIVATE)
			TRY(chip->enable(actions[i].irq));
	}
	return OK;
}

bool irq_dispatch(u32 irq)
{
	const struct irq_action *a;

	if (irq == EXIT_IRQ_UNACKED)
		irq = chip->ack();
	if (irq >= chip->n_lines())
		return false; /* nothing pending any more: "spurious" */
	chip->drop(irq);
	if (irq < chip->n_ipis) {
		chip->deactivate(irq);
		cpu_kicked();
		return true;
	}
	a = by_line[irq];
	if (!a) {
		log_warn("interrupt %u has no handler: switched off", irq);
		chip->disable(irq);
	} else {
		a->fn(a->ctx);
	}
	if (!a || a->end == IRQ_COMPLETE)
		chip->deactivate(irq);
	return true;
}

void irq_deactivate(u32 irq)
{
	chip->deactivate(irq);
}

/* ---- lines of guests --------------------------------------------------------------------------- */

enum status irq_claim(struct irq_action *a)
{
	enum status st;

	TRY(take_line(a));
	st = a->irq.line < N_PRIVATE ? E_RANGE : chip->claim(a->irq);
	if (st != OK)
		by_line[a->irq.line] = NULL;
	return st;
}

void irq_quiet(const struct irq_action *a)
{
	if (chip->claim(a->irq) != OK)
		log_warn("interrupt %u may still come", a->irq.line);
}

void irq_release(const struct irq_action *a)
{
	irq_quiet(a);
	by_line[a->irq.line] = NULL;
}

void irq_mask(u32 irq)
{
	chip->disable(irq);
}

void irq_unmask(u32 irq)
{
	chip->unmask(irq);
}

void irq_route(u32 irq, u64 cpu_hw_id)
{
	chip->route(irq, cpu_hw_id);
}

const struct irq_action *irq_action_of(u32 irq)
{
	return irq < MAX_LINES ? by_line[irq] : NULL;
}

void irq_send_ipi(u64 cpu_hw_id)
{
	chip->ipi(cpu_hw_id, HOST_IPI);
}
