/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev/intc/gicv3.c: what becomes of one interrupt - level or edge, masked, routed, sent by a
 * vCPU - from the line to its completion by a model CPU.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gicv3_model.h"

static void test_level_life(void **state)
{
	(void)state;
	fresh(4);
	set_up(0, 33, 0xa0);
	assert_false(intc()->pending(board.dev, 0));
	line(0, 33, true);
	assert_int_equal(board.notified, 1);
	assert_true(intc()->pending(board.dev, 0));
	assert_false(intc()->pending(board.dev, 1));
	assert_int_equal(run_ack(0), 33);
	assert_true(cpu_lr(0, 33)->e.notify);
	assert_int_equal(cpu_lr(0, 33)->e.group, 1);
	assert_int_equal(cpu_lr(0, 33)->e.prio, 0xa0);
	/* Still up when completed: it comes again. */
	assert_int_equal(run_eoi(0), 33);
	assert_int_equal(run_ack(0), 33);
	/* The handler quiets the device: nothing more, and no need to be told of completion. */
	line(0, 33, false);
	cpu_before_run(0);
	assert_int_equal(run_eoi(0), 33);
	assert_int_equal(run_ack(0), 1023);
	assert_false(intc()->pending(board.dev, 0));
	/* Completed long ago but not yet reported: a new level still gets through. */
	line(0, 33, true);
	assert_int_equal(run_ack(0), 33);
}

static void test_level_falls_before_taken(void **state)
{
	(void)state;
	fresh(4);
	set_up(0, 40, 0x80);
	line(0, 40, true);
	cpu_sync(0);
	assert_non_null(cpu_lr(0, 40));
	line(0, 40, false);
	assert_int_equal(board.notified, 1);
	assert_int_equal(run_ack(0), 1023);
	/* A pending bit that software wrote survives the line. */
	line(0, 40, true);
	bit_write(0, 0x200, 40);
	cpu_sync(0);
	line(0, 40, false);
	assert_int_equal(run_ack(0), 40);
	assert_int_equal(run_eoi(0), 40);
	assert_int_equal(run_ack(0), 1023);
}

static void test_level_rises_while_active(void **state)
{
	(void)state;
	fresh(4);
	set_up(0, 40, 0x80);
	bit_write(0, 0x200, 40);
	assert_int_equal(run_ack(0), 40);
	cpu_sync(0);
	assert_int_equal(cpu_lr(0, 40)->e.state, VIRQ_ACTIVE);
	assert_false(cpu_lr(0, 40)->e.notify);
	line(0, 40, true);
	assert_int_equal(board.notified, 1);
	cpu_before_run(0);
	/* Never both for a level: its completion could not be seen. */
	assert_int_equal(cpu_lr(0, 40)->e.state, VIRQ_ACTIVE);
	assert_true(cpu_lr(0, 40)->e.notify);
	assert_int_equal(run_eoi(0), 40);
	assert_int_equal(run_ack(0), 40);
}

static void test_edge_again_while_active(void **state)
{
	(void)state;
	fresh(4);
	edge_write(0, 50, true);
	set_up(0, 50, 0x80);
	line(0, 50, true);
	assert_int_equal(run_ack(0), 50);
	line(0, 50, false);
	line(0, 50, true);
	assert_int_equal(board.notified, 1);
	cpu_before_run(0);
	assert_int_equal(cpu_lr(0, 50)->e.state, VIRQ_PENDING | VIRQ_ACTIVE);
	assert_true(bit_read(0, 0x200, 50));
	assert_true(bit_read(0, 0x300, 50));
	assert_int_equal(run_eoi(0), 50);
	assert_int_equal(run_ack(0), 50);
	assert_int_equal(run_eoi(0), 50);
	assert_int_equal(run_ack(0), 1023);
	/* Edges while pending are one. */
	line(0, 50, false);
	line(0, 50, true);
	cpu_sync(0);
	line(0, 50, false);
	line(0, 50, true);
	assert_int_equal(run_ack(0), 50);
	assert_int_equal(run_eoi(0), 50);
	assert_int_equal(run_ack(0), 1023);
}

static void test_masking(void **state)
{
	(void)state;
	fresh(4);
	set_up(0, 34, 0x80);
	bit_write(0, 0x180, 34);
	line(0, 34, true);
	assert_int_equal(board.notified, 0);
	assert_true(bit_read(0, 0x200, 34));
	assert_false(intc()->pending(board.dev, 0));
	bit_write(0, 0x100, 34);
	assert_int_equal(board.notified, 1);
	cpu_sync(0);
	assert_non_null(cpu_lr(0, 34));
	/* Disabled while presented: taken back. */
	bit_write(0, 0x180, 34);
	assert_int_equal(run_ack(0), 1023);
	bit_write(0, 0x100, 34);
	cpu_sync(0);
	/* So with the group. */
	d_write(0, 1);
	assert_int_equal(run_ack(0), 1023);
	d_write(0, 2);
	assert_int_equal(run_ack(0), 34);
	/* What is active stays, disabled or not: its completion must find it. */
	bit_write(0, 0x180, 34);
	d_write(0, 0);
	cpu_sync(0);
	assert_int_equal(cpu_lr(0, 34)->e.state, VIRQ_ACTIVE);
	assert_int_equal(run_eoi(0), 34);
	assert_false(bit_read(0, 0x300, 34));
}

static void test_groups(void **state)
{
	(void)state;
	fresh(4);
	set_up(0, 34, 0x80);
	d_write(0x80 + 4, 0);
	bit_write(0, 0x200, 34);
	cpu_sync(0);
	assert_int_equal(cpu_lr(0, 34)->e.group, 0);
	board.notified = 0;
	d_write(0x80 + 4, 4);
	assert_int_equal(board.notified, 1);
	cpu_before_run(0);
	assert_int_equal(cpu_lr(0, 34)->e.group, 1);
}

static void test_priority_change_reaches_cpu(void **state)
{
	(void)state;
	fresh(4);
	set_up(0, 34, 0x80);
	bit_write(0, 0x200, 34);
	cpu_sync(0);
	prio_write(0, 34, 0x2f);
	assert_int_equal(board.notified, 1);
	cpu_before_run(0);
	assert_int_equal(cpu_lr(0, 34)->e.prio, 0x28);
	/* The same value again is no news. */
	board.notified = 0;
	prio_write(0, 34, 0x28);
	assert_int_equal(board.notified, 0);
}

static void test_sgi(void **state)
{
	(void)state;
	fresh(4);
	for (u32 v = 0; v < N_CPUS; v++)
		set_up(v, 5, 0x40);
	assert_int_equal(board.notified, 0xf); /* the short lane may have it from now on */
	board.notified = 0;
	intc()->ipi(board.dev, 0, 0xe, 5, 1);
	assert_int_equal(board.notified, 0xe);
	for (u32 v = 1; v < N_CPUS; v++) {
		assert_int_equal(run_ack(v), 5);
		/* Again while active. */
		intc()->ipi(board.dev, 0, 1u << v, 5, 1);
		assert_int_equal(run_eoi(v), 5);
		assert_int_equal(run_ack(v), 5);
		assert_int_equal(run_eoi(v), 5);
		assert_int_equal(run_ack(v), 1023);
	}
	assert_int_equal(run_ack(0), 1023);
	/* For group 0: not where it is of group 1. For group 1: either. */
	intc()->ipi(board.dev, 0, 1, 5, 0);
	assert_int_equal(run_ack(0), 1023);
	board_write(GICR, r_off(0, 0x80), 4, 0);
	intc()->ipi(board.dev, 0, 1, 5, 1);
	assert_int_equal(run_ack(0), 5);
	assert_int_equal(run_eoi(0), 5);
	intc()->ipi(board.dev, 0, 1, 5, 0);
	assert_int_equal(run_ack(0), 5);
	/* No such SGI, no such vCPU. */
	intc()->ipi(board.dev, 0, ~UINT64_C(0), 16, 1);
	intc()->ipi(board.dev, 0, UINT64_C(1) << 63, 5, 1);
	assert_int_equal(board.notified, 0);
}

static void test_routing(void **state)
{
	(void)state;
	fresh(4);
	set_up(0, 60, 0x80);
	route_write(60, 2);
	line(0, 60, true);
	assert_int_equal(board.notified, 4);
	cpu_sync(2);
	/* Moved while presented: taken from one CPU, given to the other. */
	route_write(60, 1);
	assert_true(board.notified & 4);
	cpu_before_run(2);
	assert_null(cpu_lr(2, 60));
	assert_true(board.notified & 2);
	assert_int_equal(run_ack(1), 60);
	/* Moved while active: completed where it was taken, then at the new place. */
	route_write(60, 3);
	cpu_sync(1);
	assert_int_equal(cpu_lr(1, 60)->e.state, VIRQ_ACTIVE);
	assert_int_equal(run_ack(3), 1023);
	assert_int_equal(run_eoi(1), 60);
	assert_int_equal(run_ack(1), 1023);
	assert_int_equal(run_ack(3), 60);
	assert_int_equal(run_eoi(3), 60);
	/* To nobody: pending and nowhere. */
	route_write(60, 0x100);
	cpu_sync(3);
	for (u32 v = 0; v < N_CPUS; v++) {
		assert_false(intc()->pending(board.dev, v));
		assert_int_equal(run_ack(v), 1023);
	}
	assert_true(bit_read(0, 0x200, 60));
	route_write(60, 0);
	assert_int_equal(run_ack(0), 60);
}

/* A CPU that cannot be asked keeps a stale copy; nothing is lost when it is at last looked at. */
static void test_route_away_from_running_cpu(void **state)
{
	(void)state;
	fresh(4);
	edge_write(0, 60, true);
	set_up(0, 60, 0x80);
	cpus[0].running = true;
	line(0, 60, true);
	assert_int_equal(run_ack(0), 60);
	assert_int_equal(run_eoi(0), 60);
	route_write(60, 1);
	line(0, 60, false);
	line(0, 60, true);
	assert_int_equal(run_ack(1), 1023);
	cpu_before_run(0);
	assert_int_equal(run_ack(1), 60);
	assert_int_equal(run_eoi(1), 60);
	/* Pending there, not taken: moves on when it comes home. */
	line(0, 60, false);
	line(0, 60, true);
	cpus[1].running = true;
	cpu_sync(1);
	route_write(60, 2);
	assert_int_equal(board.notified, 2);
	cpu_before_run(1);
	assert_int_equal(board.notified, 4);
	assert_int_equal(run_ack(2), 60);
}

/* One of two that come home together has nowhere to go. */
static void test_recall_of_unrouted(void **state)
{
	(void)state;
	fresh(4);
	for (u32 intid = 60; intid < 62; intid++) {
		set_up(0, intid, 0x80);
		bit_write(0, 0x200, intid);
	}
	cpus[0].running = true;
	cpu_sync(0);
	route_write(61, 0x100);
	cpus[0].running = false;
	assert_true(bit_read(0, 0x200, 60));
	assert_true(bit_read(0, 0x200, 61));
	assert_int_equal(run_ack(0), 60);
}

static void test_reset(void **state)
{
	(void)state;
	fresh(4);
	set_up(0, 33, 0x80);
	set_up(0, TIMER, 0x80);
	intc()->bind_hw(board.dev, 0, TIMER, TIMER_HW);
	line(0, 33, true);
	line(0, TIMER, true);
	cpu_sync(0);
	route_write(34, 3);
	board.dev->class->reset(board.dev);
	memset(cpus, 0, sizeof(cpus));
	board.notified = 0;
	assert_int_equal(board_read(GICD, 0, 4), 0x50);
	assert_int_equal(board_read(GICD, 0x104, 4), 0);
	assert_int_equal(board_read(GICD, 0x204, 4), 0);
	assert_int_equal(board_read(GICD, 0x6000 + 8 * 34, 8), 0);
	d_write(0, 3);
	cpu_sync(0);
	assert_int_equal(run_ack(0), 1023);
	/* The wiring stayed. */
	set_up(0, TIMER, 0x80);
	line(0, TIMER, true);
	cpu_sync(0);
	assert_int_equal(cpu_lr(0, TIMER)->e.hw_irq, TIMER_HW);
	set_up(0, 33, 0x40);
	line(0, 33, true);
	assert_int_equal(run_ack(0), 33);
}

static void test_strangers(void **state)
{
	struct virq_entry e = { .intid = 5000, .state = VIRQ_ACTIVE };
	bool more;

	(void)state;
	fresh(4);
	intc()->done(board.dev, 0, &e);
	line(0, 5000, true);
	line(99, 27, true);
	intc()->bind_hw(board.dev, 99, 27, 1);
	intc()->bind_hw(board.dev, 0, 1023, 1);
	assert_int_equal(board.notified, 0);
	/* Another CPU has no say about what is out in one. */
	set_up(0, 33, 0x80);
	line(0, 33, true);
	cpu_sync(0);
	e = (struct virq_entry){ .intid = 33, .state = 0 };
	intc()->done(board.dev, 1, &e);
	assert_int_equal(board.notified, 0);
	assert_int_equal(intc()->next(board.dev, 0, &e, 1, &more), 0);
	assert_int_equal(run_ack(0), 33);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level_life),
		cmocka_unit_test(test_level_falls_before_taken),
		cmocka_unit_test(test_level_rises_while_active),
		cmocka_unit_test(test_edge_again_while_active),
		cmocka_unit_test(test_masking),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_priority_change_reaches_cpu),
		cmocka_unit_test(test_sgi),
		cmocka_unit_test(test_routing),
		cmocka_unit_test(test_route_away_from_running_cpu),
		cmocka_unit_test(test_recall_of_unrouted),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
