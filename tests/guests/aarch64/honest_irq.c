/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts taken as exceptions: order, nesting, more of them than the CPU has list registers,
 * a device's level.
 */
#include "honest.h"

#define N_MANY 20u
#define FIRST  40u

/* ---- order ----------------------------------------------------------------------------------- */

/* SPI number @i of a sequence, and a priority of its own: neither in order of the other. */
static u32 spi_of(u32 i, u32 n)
{
	return FIRST + i * 7 % n;
}

static u32 prio_of(u32 i)
{
	return (i * 13 % 29 + 1) * 8;
}

static void expect_order(u32 n)
{
	const struct cpu *c = this_cpu();
	u64 seen[4] = { 0 };
	u32 last = 0;

	check_eq(c->n_irqs, n);
	for (u32 i = 0; i < c->n_irqs && i < IRQ_NOTES; i++) {
		u32 intid = c->note[i].intid;

		check(intid >= FIRST && intid < FIRST + n);
		check_at(!(seen[intid / 64 % 4] >> intid % 64 & 1), __FILE_NAME__, __LINE__,
			 "SPI %u came twice", intid);
		seen[intid / 64 % 4] |= BIT(intid % 64);
		check_at(c->note[i].rpr >= last, __FILE_NAME__, __LINE__,
			 "SPI %u of priority 0x%x came after 0x%x", intid, c->note[i].rpr, last);
		last = c->note[i].rpr;
	}
}

/* More pending at once than list registers: all come, once each, the most urgent first. */
static void many_pending(void)
{
	irq_reset();
	for (u32 i = 0; i < N_MANY; i++)
		irq_raise(spi_of(i, N_MANY), prio_of(i));
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs >= N_MANY, LONG_MS));
	irq_off();
	expect_order(N_MANY);
	check_eq(ci_read(CI_RPR), RPR_IDLE);
}

/* The same as levels: held by the latch that ISPENDR sets. */
static void many_levels(void)
{
	irq_reset();
	for (u32 i = 0; i < N_MANY; i++) {
		irq_set_prio(spi_of(i, N_MANY), prio_of(i));
		irq_enable(spi_of(i, N_MANY));
		irq_pend(spi_of(i, N_MANY));
	}
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs >= N_MANY, LONG_MS));
	irq_off();
	expect_order(N_MANY);
}

/* All lines of the controller at once, in eight priorities. */
static void all_pending(void)
{
	u32 n = MIN(irq_lines(), 256u) - FIRST;

	irq_reset();
	for (u32 i = 0; i < n; i++)
		irq_raise(FIRST + i, i * 5 % 8 * 0x18 + 8);
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs >= n, LONG_MS));
	irq_off();
	expect_order(n);
}

/* ---- nesting --------------------------------------------------------------------------------- */

#define DEPTH 12u

static volatile u32 nest_depth, nest_over[DEPTH];

static void nest(u32 intid)
{
	u32 level = intid - FIRST;

	check_eq(level, nest_depth);
	nest_depth = nest_depth + 1;
	if (level + 1 < DEPTH) {
		irq_raise(intid + 1, 0xe0 - (level + 1) * 0x10);
		irq_on();
		check(WAIT_FOR(nest_over[level + 1], LONG_MS)); /* it comes in between */
		irq_off();
	}
	nest_over[level] = 1;
}

/* Deeper than list registers: each is preempted by the next, all end in turn. */
static void nested(void)
{
	irq_reset();
	nest_depth = 0;
	for (u32 i = 0; i < DEPTH; i++)
		nest_over[i] = 0;
	this_cpu()->on_irq = nest;
	irq_raise(FIRST, 0xe0);
	irq_on();
	check(WAIT_FOR(nest_over[0], LONG_MS));
	irq_off();
	check_eq(nest_depth, DEPTH);
	check_eq(this_cpu()->n_irqs, DEPTH);
	for (u32 i = 0; i < DEPTH; i++)
		check_eq(this_cpu()->note[i].rpr, 0xe0 - i * 0x10);
	check_eq(ci_read(CI_RPR), RPR_IDLE);
	for (u32 i = 0; i < DEPTH; i++)
		check(!irq_is_active(FIRST + i));
}

static volatile u32 order[4], n_order;

static void peer(u32 intid)
{
	if (intid == FIRST) {
		irq_raise(FIRST + 1, 0x80); /* as urgent as this one */
		irq_raise(FIRST + 2, 0xc0); /* less */
		irq_on();
		sync_all();
		irq_off();
		check_eq(n_order, 0);
	}
	if (n_order < array_size(order))
		order[n_order] = intid;
	n_order = n_order + 1;
}

static void equals_do_not_nest(void)
{
	irq_reset();
	n_order = 0;
	this_cpu()->on_irq = peer;
	irq_raise(FIRST, 0x80);
	irq_on();
	check(WAIT_FOR(n_order == 3, LONG_MS));
	irq_off();
	check_eq(order[0], FIRST);
	check_eq(order[1], FIRST + 1);
	check_eq(order[2], FIRST + 2);
}

/* Many pending ones, and a more urgent one that comes while the first is handled. */
static void late_urgent(u32 intid)
{
	if (this_cpu()->n_irqs == 1) {
		irq_raise(FIRST + 60, 0x10);
		irq_on();
		check(WAIT_FOR(this_cpu()->n_irqs >= 2, LONG_MS));
		irq_off();
		check_eq(this_cpu()->n_irqs, 2);
		check_eq(this_cpu()->note[1].intid, FIRST + 60);
	}
	(void)intid;
}

static void urgent_overtakes(void)
{
	irq_reset();
	this_cpu()->on_irq = late_urgent;
	for (u32 i = 0; i < N_MANY; i++)
		irq_raise(FIRST + i, 0x80);
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs == N_MANY + 1, LONG_MS));
	irq_off();
	check_eq(this_cpu()->n_irqs, N_MANY + 1);
}

/* ---- a device's level ------------------------------------------------------------------------ */

static volatile u32 level_rounds;

static void uart_twice(u32 intid)
{
	check_eq(intid, INTID_UART);
	level_rounds = level_rounds + 1;
	if (level_rounds == 3)
		write32(UART_BASE + UART_ICR, UART_INT_TX);
}

/* The transmit interrupt of the PL011: comes again until its cause is cleared, then no more. */
static void uart_level(void)
{
	irq_reset();
	level_rounds = 0;
	this_cpu()->on_irq = uart_twice;
	irq_enable(INTID_UART);
	write32(UART_BASE + UART_ICR, 0x7ff);
	write32(UART_BASE + UART_IMSC, UART_INT_TX);
	check(!irq_is_pending(INTID_UART));
	write32(UART_BASE + UART_DR, '\r');
	check_eq(read32(UART_BASE + UART_MIS), UART_INT_TX);
	check(irq_is_pending(INTID_UART));
	irq_unpend(INTID_UART); /* no help against a level */
	check(irq_is_pending(INTID_UART));
	irq_on();
	check(WAIT_FOR(level_rounds >= 3, LONG_MS));
	sync_all();
	irq_off();
	check_eq(level_rounds, 3);
	check(!irq_is_pending(INTID_UART));
	write32(UART_BASE + UART_IMSC, 0);
}

/* Cause and cure while interrupts are masked: nothing comes. */
static void uart_level_falls(void)
{
	irq_reset();
	irq_enable(INTID_UART);
	write32(UART_BASE + UART_ICR, 0x7ff);
	write32(UART_BASE + UART_IMSC, UART_INT_TX);
	write32(UART_BASE + UART_DR, '\r');
	check(irq_is_pending(INTID_UART));
	check(reg_read(isr_el1) & BIT(7));
	write32(UART_BASE + UART_IMSC, 0); /* the mask lowers the line, too */
	check(!irq_is_pending(INTID_UART));
	write32(UART_BASE + UART_IMSC, UART_INT_TX);
	check(irq_is_pending(INTID_UART));
	write32(UART_BASE + UART_ICR, UART_INT_TX);
	check(!irq_is_pending(INTID_UART));
	irq_on();
	delay_ms(1);
	irq_off();
	check_eq(this_cpu()->n_irqs, 0);
	write32(UART_BASE + UART_IMSC, 0);
}

/* As an edge the same line counts its rises. */
static void uart_edge(void)
{
	irq_reset();
	irq_set_edge(INTID_UART);
	irq_enable(INTID_UART);
	write32(UART_BASE + UART_ICR, 0x7ff);
	write32(UART_BASE + UART_IMSC, UART_INT_TX);
	write32(UART_BASE + UART_DR, '\r');
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs >= 1, LONG_MS));
	delay_ms(1);
	check_eq(this_cpu()->n_irqs, 1); /* still up, but no new edge */
	write32(UART_BASE + UART_ICR, UART_INT_TX);
	write32(UART_BASE + UART_DR, '\r');
	check(WAIT_FOR(this_cpu()->n_irqs >= 2, LONG_MS));
	irq_off();
	check_eq(this_cpu()->n_irqs, 2);
	write32(UART_BASE + UART_IMSC, 0);
	write32(UART_BASE + UART_ICR, 0x7ff);
}

/* ---- group 0 --------------------------------------------------------------------------------- */

static void group0_is_fiq(void)
{
	irq_reset();
	irq_set_group(FIRST, 0);
	write32(GICD_BASE + GICD_CTLR, GICD_CTLR_GRP0 | GICD_CTLR_GRP1);
	ci_write(CI_IGRPEN0, 1);
	irq_raise(FIRST, 0x60);
	irq_raise(FIRST + 1, 0x60);
	irq_on();
	check(WAIT_FOR(this_cpu()->n_fiqs >= 1 && this_cpu()->n_irqs >= 1, LONG_MS));
	irq_off();
	check_eq(this_cpu()->n_fiqs, 1);
	check_eq(this_cpu()->n_irqs, 1);
	check_eq(this_cpu()->note[0].intid, FIRST + 1);
	irq_reset();
}

static const struct test tests[] = {
	{ "many_pending", many_pending },
	{ "many_levels", many_levels },
	{ "all_pending", all_pending },
	{ "nested", nested },
	{ "equals_do_not_nest", equals_do_not_nest },
	{ "urgent_overtakes", urgent_overtakes },
	{ "uart_level", uart_level },
	{ "uart_level_falls", uart_level_falls },
	{ "uart_edge", uart_edge },
	{ "group0_is_fiq", group0_is_fiq },
};

const struct suite suite_irq = { "irq", tests, array_size(tests) };
