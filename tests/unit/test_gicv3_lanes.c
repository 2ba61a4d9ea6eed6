/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev/intc/gicv3.c where two have a say about an interrupt: the host behind a timer, the ISA's
 * short lane, more interrupts than list registers, software that writes states.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gicv3_model.h"

static void test_hw_line(void **state)
{
	struct virq_entry how;

	(void)state;
	fresh(4);
	set_up(1, TIMER, 0x60);
	intc()->bind_hw(board.dev, 1, TIMER, TIMER_HW);
	line(1, TIMER, true);
	assert_int_equal(board.notified, 2);
	assert_false(ready(1, TIMER, &how));
	/* Given out: only its successor can fire, so the short lane may have that one. */
	cpu_before_run(1);
	assert_true(ready(1, TIMER, &how));
	assert_int_equal(how.state, VIRQ_PENDING);
	assert_int_equal(run_ack(1), TIMER);
	assert_int_equal(cpu_lr(1, TIMER)->e.hw_irq, TIMER_HW);
	assert_false(cpu_lr(1, TIMER)->e.notify);
	/* Collected and presented again in between: as active, with its host interrupt. */
	cpu_sync(1);
	assert_int_equal(cpu_lr(1, TIMER)->e.state, VIRQ_ACTIVE);
	assert_int_equal(cpu_lr(1, TIMER)->e.hw_irq, TIMER_HW);
	assert_false(ready(1, TIMER, &how));
	assert_int_equal(run_eoi(1), TIMER);
	assert_int_equal(n_completed_hw[1], 1);
	/* The level went with it. */
	cpu_sync(1);
	assert_int_equal(run_ack(1), 1023);
	/* The host's interrupt fires again before the completion was reported. */
	line(1, TIMER, true);
	assert_int_equal(run_ack(1), TIMER);
	assert_int_equal(run_eoi(1), TIMER);
	line(1, TIMER, true);
	assert_int_equal(board.notified, 2);
	assert_int_equal(run_ack(1), TIMER);
	assert_int_equal(run_eoi(1), TIMER);
	cpu_sync(1);
	assert_int_equal(run_ack(1), 1023);
}

/* The ISA's short lane presents the timer on its own and tells only when it is collected. */
static void test_short_lane(void **state)
{
	struct virq_entry how;

	(void)state;
	fresh(4);
	intc()->bind_hw(board.dev, 0, TIMER, TIMER_HW);
	assert_false(ready(0, TIMER, &how));
	set_up(0, TIMER, 0x60);
	assert_true(ready(0, TIMER, &how));
	assert_int_equal(how.intid, TIMER);
	assert_int_equal(how.prio, 0x60);
	assert_int_equal(how.group, 1);
	assert_int_equal(how.state, VIRQ_PENDING);
	assert_int_equal(how.hw_irq, TIMER_HW);
	assert_false(ready(0, 32, &how));
	d_write(0, 1);
	assert_false(ready(0, TIMER, &how));
	d_write(0, 3);

	/* Collected while pending. */
	cpu_sync(0);
	cpus[0].lr[0] = (struct lr){ .e = how, .full = true };
	assert_true(bit_read(0, 0x200, TIMER));
	assert_int_equal(run_ack(0), TIMER);
	/* Collected while active. */
	assert_true(bit_read(0, 0x300, TIMER));
	assert_int_equal(run_eoi(0), TIMER);
	cpu_sync(0);
	assert_int_equal(run_ack(0), 1023);
	/* Gone before it was ever collected, and fired again through the core. */
	assert_true(ready(0, TIMER, &how));
	how.state = 0;
	cpus[0].lr[0] = (struct lr){ .e = how, .full = true };
	line(0, TIMER, true);
	assert_int_equal(run_ack(0), TIMER);
	assert_int_equal(run_eoi(0), TIMER);
	cpu_sync(0);
	/* Taken again while an old copy's end is still to be told, and is told last. */
	assert_true(ready(0, TIMER, &how));
	how.state = VIRQ_ACTIVE;
	cpus[0].lr[0] = (struct lr){ .e = how, .full = true };
	how.state = 0;
	cpus[0].lr[1] = (struct lr){ .e = how, .full = true };
	cpu_sync(0);
	assert_int_equal(cpu_lr(0, TIMER)->e.state, VIRQ_ACTIVE);
}

static void test_short_lane_waits_its_turn(void **state)
{
	struct virq_entry how;

	(void)state;
	fresh(4);
	intc()->bind_hw(board.dev, 0, TIMER, TIMER_HW);
	set_up(0, TIMER, 0x60);
	assert_true(ready(0, TIMER, &how));
	set_up(0, 33, 0x40);
	line(0, 33, true);
	assert_false(ready(0, TIMER, &how));
	cpu_sync(0);
	assert_true(ready(0, TIMER, &how));
	/* Without a host interrupt behind it, what is out is not ready. */
	set_up(0, 20, 0x60);
	line(0, 20, true);
	cpu_sync(0);
	assert_false(ready(0, 20, &how));
	/* What it presents obeys the guest's registers though we do not know it is out. */
	board.notified = 0;
	bit_write(0, 0x180, TIMER);
	assert_int_equal(board.notified, 1);
}

/* SGIs of a vCPU to itself: alike in priority, enabled, of group 1, at rest. */
static void test_short_lane_ipis(void **state)
{
	struct virq_entry how;

	(void)state;
	fresh(4);
	assert_false(ready(0, 1, &how));
	set_up(0, 1, 0x60);
	set_up(0, 3, 0x60);
	set_up(0, 5, 0x40);
	bit_write(0, 0x100, 7); /* of group 0 */
	assert_true(ready(0, 1, &how));
	assert_int_equal(how.prio, 0x60);
	assert_int_equal(how.group, 1);
	assert_int_equal(how.state, VIRQ_PENDING);
	assert_int_equal(cpus[0].ready.ipis, 1u << 1 | 1u << 3);
	assert_false(ready(1, 1, &how));
	/* Sent by it; we learn of it only now, and it is still what the guest has pending. */
	cpus[0].lr[1] = (struct lr){ .e = how, .full = true, .lane = true };
	cpus[0].lr[1].e.intid = 1;
	assert_true(bit_read(0, 0x200, 1));
	assert_int_equal(run_ack(0), 1);
	/* Sent again meanwhile by another: both arrive. */
	assert_false(ready(0, 1, &how));
	intc()->ipi(board.dev, 1, 1, 1, 1);
	assert_int_equal(run_eoi(0), 1);
	assert_int_equal(run_ack(0), 1);
	assert_int_equal(run_eoi(0), 1);
	cpu_sync(0);
	assert_true(ready(0, 1, &how));
	/* Told when it may no longer: disabled, of another group or priority. */
	board.notified = 0;
	bit_write(0, 0x180, 1);
	assert_int_equal(board.notified, 1);
	assert_false(ready(0, 1, &how));
	bit_write(0, 0x100, 1);
	board.notified = 0;
	prio_write(0, 1, 0x20);
	assert_int_equal(board.notified, 1);
	assert_true(ready(0, 1, &how) && how.prio == 0x20 && cpus[0].ready.ipis == 2);
	board.notified = 0;
	d_write(0, 0);
	assert_int_equal(board.notified & 1, 1);
	assert_false(ready(0, 1, &how));
}

/* Hardware's SPIs: at the vCPU they are routed to, told to both when that changes. */
static void test_short_lane_spis(void **state)
{
	struct virq_entry how;

	(void)state;
	fresh(4);
	intc()->bind_hw(board.dev, 0, 40, 77);
	set_up(0, 40, 0x60);
	assert_true(ready(0, 40, &how));
	assert_int_equal(how.hw_irq, 77);
	assert_false(ready(1, 40, &how));
	/* Presented by the short lane, then looked at, taken and ended. */
	cpus[0].lr[1] = (struct lr){ .e = how, .full = true, .lane = true };
	assert_true(bit_read(0, 0x200, 40));
	assert_int_equal(run_ack(0), 40);
	assert_int_equal(run_eoi(0), 40);
	assert_int_equal(n_completed_hw[0], 1);
	cpu_sync(0);
	assert_true(ready(0, 40, &how));
	/* Presented here and not taken, then routed away: it goes with its route. */
	cpus[0].lr[1] = (struct lr){ .e = how, .full = true, .lane = true };
	board.notified = 0;
	route_write(40, 2);
	assert_int_equal(board.notified & 5, 5);
	assert_false(ready(0, 40, &how));
	assert_int_equal(run_ack(0), 1023);
	assert_int_equal(run_ack(2), 40);
	assert_int_equal(run_eoi(2), 40);
	cpu_sync(2);
	assert_true(ready(2, 40, &how));
}

static void test_overflow_order(void **state)
{
	bool more;
	struct virq_entry list[4];

	(void)state;
	fresh(4);
	for (u32 i = 0; i < 8; i++) {
		set_up(0, 40 + i, (u8)(0xf8 - 0x10 * i));
		edge_write(0, 40 + i, true);
	}
	set_up(0, 3, 0x88);
	for (u32 i = 0; i < 8; i++)
		line(0, 40 + i, true);
	bit_write(0, 0x200, 3);
	assert_int_equal(intc()->next(board.dev, 0, list, 4, &more), 4);
	assert_true(more);
	assert_int_equal(list[0].intid, 3);
	assert_int_equal(list[1].intid, 47);
	assert_int_equal(list[2].intid, 46);
	assert_int_equal(list[3].intid, 45);
	/* Not offered twice. */
	assert_int_equal(intc()->next(board.dev, 0, list, 4, &more), 4);
	assert_true(more);
	assert_int_equal(list[0].intid, 44);
	assert_int_equal(intc()->next(board.dev, 0, list, 4, &more), 1);
	assert_false(more);
	assert_int_equal(intc()->next(board.dev, 0, list, 4, &more), 0);
	assert_false(more);
	/* No room at all. */
	set_up(0, 4, 0x88);
	bit_write(0, 0x200, 4);
	assert_int_equal(intc()->next(board.dev, 0, list, 0, &more), 0);
	assert_true(more);
}

/* Six handlers nest on four list registers; each completion finds its interrupt. */
static void test_overflow_nesting(void **state)
{
	bool found;

	(void)state;
	fresh(4);
	for (u32 i = 0; i < 6; i++) {
		set_up(0, 40 + i, (u8)(0xf0 - 0x20 * i));
		line(0, 40 + i, true);
		assert_int_equal(run_ack(0), 40 + i);
		line(0, 40 + i, false);
	}
	for (u32 i = 6; i-- > 0;) {
		cpu_before_run(0);
		assert_int_equal(cpu_eoi(0, &found), 40 + i);
		assert_true(found);
	}
	assert_int_equal(run_ack(0), 1023);
}

/* Completed priority drop (EOImode 1): many active ones block nobody and must not fill the CPU. */
static void test_overflow_of_active(void **state)
{
	(void)state;
	fresh(4);
	for (u32 i = 0; i < 6; i++) {
		set_up(0, 40 + i, 0x20);
		bit_write(0, 0x300, 40 + i);
	}
	set_up(0, 50, 0xa0);
	bit_write(0, 0x200, 50);
	cpu_sync(0);
	assert_true(cpus[0].more);
	assert_int_equal(run_ack(0), 50);
}

/* Ended by the guest while the CPU holds others: it is told by itself, and can come again. */
static void test_end_of_left_behind(void **state)
{
	(void)state;
	fresh(4);
	for (u32 i = 0; i < 6; i++) {
		set_up(0, 40 + i, 0x20);
		bit_write(0, 0x300, 40 + i);
	}
	cpu_sync(0);
	for (u32 i = 0; i < 6; i++) {
		cpu_collect(0);
		assert_true(intc()->end(board.dev, 0, 45 - i));
		assert_false(intc()->end(board.dev, 0, 45 - i));
		assert_false(bit_read(0, 0x300, 45 - i));
		cpu_sync(0);
	}
	assert_false(cpus[0].more);
	assert_false(intc()->end(board.dev, 0, 50));
	assert_false(intc()->end(board.dev, 0, 5000));
	bit_write(0, 0x200, 45);
	cpu_sync(0);
	assert_int_equal(run_ack(0), 45);
}

/* The level of a line with a host interrupt behind it falls with its end. */
static void test_end_of_hw_line(void **state)
{
	(void)state;
	fresh(4);
	intc()->bind_hw(board.dev, 0, TIMER, TIMER_HW);
	set_up(0, TIMER, 0x20);
	intc()->line(board.dev, 0, TIMER, true);
	cpu_sync(0);
	assert_int_equal(run_ack(0), TIMER);
	cpu_collect(0);
	assert_true(bit_read(0, 0x300, TIMER));
	assert_true(intc()->end(board.dev, 0, TIMER));
	assert_false(bit_read(0, 0x200, TIMER));
	cpu_sync(0);
	assert_null(cpu_lr(0, TIMER));
}

static void test_software_pending_and_active(void **state)
{
	(void)state;
	fresh(4);
	set_up(0, 70, 0x80);
	edge_write(0, 70, true);
	bit_write(0, 0x200, 70);
	cpu_sync(0);
	/* Cleared while presented. */
	bit_write(0, 0x280, 70);
	assert_false(bit_read(0, 0x200, 70));
	assert_int_equal(run_ack(0), 1023);
	/* Active by software; the CPU knows it too. */
	bit_write(0, 0x300, 70);
	assert_true(bit_read(0, 0x300, 70));
	cpu_before_run(0);
	assert_int_equal(cpu_lr(0, 70)->e.state, VIRQ_ACTIVE);
	bit_write(0, 0x380, 70);
	assert_false(bit_read(0, 0x300, 70));
	cpu_before_run(0);
	assert_null(cpu_lr(0, 70));
}

/* Written for a CPU that runs elsewhere: takes effect when it is looked at. */
static void test_software_state_of_running_cpu(void **state)
{
	bool found;

	(void)state;
	fresh(4);
	set_up(0, 70, 0x80);
	edge_write(0, 70, true);
	cpus[0].running = true;
	line(0, 70, true);
	assert_int_equal(run_ack(0), 70);
	cpu_sync(0);
	assert_true(bit_read(1, 0x300, 70));
	bit_write(1, 0x380, 70);
	assert_false(bit_read(1, 0x300, 70));
	cpu_before_run(0);
	assert_null(cpu_lr(0, 70));
	cpus[0].n_taken = 0;

	bit_write(1, 0x200, 70);
	cpu_before_run(0);
	assert_true(bit_read(1, 0x200, 70));
	bit_write(1, 0x280, 70);
	assert_false(bit_read(1, 0x200, 70));
	assert_int_equal(run_ack(0), 1023);

	/* Set active while it is active there: one completion is enough. */
	bit_write(1, 0x200, 70);
	assert_int_equal(run_ack(0), 70);
	cpu_sync(0);
	assert_int_equal(cpu_lr(0, 70)->e.state, VIRQ_ACTIVE);
	bit_write(1, 0x300, 70);
	assert_int_equal(cpu_eoi(0, &found), 70);
	cpu_sync(0);
	assert_false(bit_read(1, 0x300, 70));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hw_line),
		cmocka_unit_test(test_short_lane),
		cmocka_unit_test(test_short_lane_waits_its_turn),
		cmocka_unit_test(test_short_lane_ipis),
		cmocka_unit_test(test_short_lane_spis),
		cmocka_unit_test(test_overflow_order),
		cmocka_unit_test(test_overflow_nesting),
		cmocka_unit_test(test_overflow_of_active),
		cmocka_unit_test(test_end_of_left_behind),
		cmocka_unit_test(test_end_of_hw_line),
		cmocka_unit_test(test_software_pending_and_active),
		cmocka_unit_test(test_software_state_of_running_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
