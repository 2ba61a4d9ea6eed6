/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev/intc/gicv3.c with interrupts of the host behind SPIs. Whatever the guest does to its
 * controller, the host's interrupt is active only while the guest still has something to end, so
 * that a device is never heard for the last time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gicv3_model.h"

#define LINE 40u
#define HOST 75u

/* ---- model of the device and of the host's controller ----------------------------------------- */

static struct {
	bool edge;
	bool up; /* a level's source */
	bool pending, active, on;
	u32 cpu;
	u32 n_fired;
} host;

static void host_ended(u32 hw_irq)
{
	assert_int_equal(hw_irq, HOST);
	host.active = false;
}

/* Let the host's interrupt come, if it can. */
static bool host_step(void)
{
	if (board.n_host_lines) {
		host.on = board.host_on;
		if (board.host_vcpu != VINTC_NOBODY)
			host.cpu = board.host_vcpu;
	}
	if (!host.on || host.active || !(host.edge ? host.pending : host.up))
		return false;
	host.pending = false;
	host.active = true;
	host.n_fired++;
	line(0, LINE, true);
	return true;
}

/* The guest ends what it took last on @v. */
static u32 guest_end(u32 v)
{
	u32 n = n_completed_hw[v];
	bool found;
	u32 intid;

	cpu_before_run(v);
	intid = cpu_eoi(v, &found);
	if (n_completed_hw[v] != n)
		host.active = false;
	return intid;
}

static void begin(bool edge)
{
	fresh(4);
	memset(&host, 0, sizeof(host));
	board.host_ended = host_ended;
	intc()->bind_hw(board.dev, 0, LINE, HOST);
	host.edge = edge;
	edge_write(0, LINE, edge);
	set_up(0, LINE, 0x80);
}

static void begin_level(void)
{
	begin(false);
}

static void begin_edge(void)
{
	begin(true);
}

static void device(bool up)
{
	host.up = up;
	host.pending |= up;
}

/* ---- one interrupt ---------------------------------------------------------------------------- */

static void test_level_life(void **state)
{
	(void)state;
	begin_level();
	assert_true(board.n_host_lines == 1 && board.host_on && board.host_vcpu == 0);
	assert_int_equal(board.host_irq, HOST);
	device(true);
	assert_true(host_step());
	assert_false(host_step()); /* active */
	assert_int_equal(run_ack(0), LINE);
	assert_int_equal(cpu_lr(0, LINE)->e.hw_irq, HOST);
	assert_int_equal(guest_end(0), LINE);
	assert_false(host.active);
	assert_true(host_step()); /* still up: once more */
	assert_int_equal(run_ack(0), LINE);
	device(false);
	assert_int_equal(guest_end(0), LINE);
	assert_false(host_step());
	assert_int_equal(run_ack(0), 1023);
	assert_int_equal(board.n_host_ends, 0);
}

static void test_edge_life(void **state)
{
	(void)state;
	begin_edge();
	device(true);
	assert_true(host_step());
	assert_int_equal(run_ack(0), LINE);
	device(true); /* while it is handled: not lost */
	assert_false(host_step());
	assert_int_equal(guest_end(0), LINE);
	assert_true(host_step());
	assert_int_equal(run_ack(0), LINE);
	assert_int_equal(guest_end(0), LINE);
	assert_false(host_step());
	assert_int_equal(run_ack(0), 1023);
	assert_int_equal(host.n_fired, 2);
}

/* Ended by the guest on a CPU that has not been looked at yet when it fires again. */
static void again_unseen(bool edge)
{
	begin(edge);
	device(true);
	assert_true(host_step());
	assert_int_equal(run_ack(0), LINE);
	device(true);
	assert_int_equal(guest_end(0), LINE);
	assert_true(host_step());
	assert_true(board.notified & 1);
	assert_int_equal(run_ack(0), LINE);
	assert_int_equal(guest_end(0), LINE);
	assert_false(host.active);
}

static void test_fires_again_unseen(void **state)
{
	(void)state;
	again_unseen(false);
	again_unseen(true);
}

static void test_moves_while_pending(void **state)
{
	(void)state;
	begin_level();
	device(true);
	assert_true(host_step());
	cpu_sync(0);
	assert_non_null(cpu_lr(0, LINE));
	route_write(LINE, 2);
	assert_int_equal(board.host_vcpu, 2);
	cpu_before_run(0);
	assert_int_equal(run_ack(0), 1023);
	assert_int_equal(run_ack(2), LINE);
	assert_int_equal(guest_end(2), LINE);
	assert_false(host.active);
	route_write(LINE, 77); /* nobody */
	assert_int_equal(board.host_vcpu, VINTC_NOBODY);
}

static void test_leaves_its_cpu_active(void **state)
{
	(void)state;
	begin_level();
	device(true);
	assert_true(host_step());
	assert_int_equal(run_ack(0), LINE);
	cpu_collect(0); /* the vCPU leaves */
	assert_true(host.active && board.n_host_ends == 0);
	cpu_sync(0); /* and is back */
	assert_int_equal(cpu_lr(0, LINE)->e.state, VIRQ_ACTIVE);
	assert_int_equal(cpu_lr(0, LINE)->e.hw_irq, HOST);
	assert_int_equal(guest_end(0), LINE);
	assert_false(host.active);
}

/* ---- masking ---------------------------------------------------------------------------------- */

static void test_masked_before(void **state)
{
	(void)state;
	begin_level();
	bit_write(0, 0x180, LINE);
	assert_int_equal(board.n_host_lines, 2);
	bit_write(0, 0x180, LINE); /* is off already */
	assert_int_equal(board.n_host_lines, 2);
	device(true);
	assert_false(host_step());
	bit_write(0, 0x100, LINE);
	assert_true(host_step());
	assert_int_equal(run_ack(0), LINE);
}

/* Taken by the host just before it was masked: a level is let go of, an edge kept. */
static void masked_late(bool edge)
{
	begin(edge);
	device(true);
	host.active = true;
	host.pending = false;
	bit_write(0, 0x180, LINE);
	line(0, LINE, true);
	assert_int_equal(host.active, edge);
	assert_false(host_step());
	assert_int_equal(run_ack(0), 1023);
	bit_write(0, 0x100, LINE);
	assert_int_equal(host_step(), !edge);
	assert_int_equal(run_ack(0), LINE);
	assert_int_equal(guest_end(0), LINE);
	assert_false(host.active);
}

static void test_masked_late(void **state)
{
	(void)state;
	masked_late(false);
	masked_late(true);
}

static void test_masked_in_a_list_register(void **state)
{
	(void)state;
	begin_level();
	device(true);
	assert_true(host_step());
	cpu_sync(0);
	bit_write(0, 0x180, LINE);
	assert_int_equal(run_ack(0), 1023);
	assert_false(host.active);
	device(false);
	bit_write(0, 0x100, LINE);
	assert_false(host_step());
	assert_int_equal(run_ack(0), 1023); /* nothing stale */
}

/* As Linux does for threaded handlers: mask, end, handle, unmask. */
static void test_masked_while_active(void **state)
{
	(void)state;
	begin_level();
	device(true);
	assert_true(host_step());
	assert_int_equal(run_ack(0), LINE);
	bit_write(0, 0x180, LINE);
	cpu_before_run(0);
	assert_true(host.active); /* the guest's end is still to come */
	assert_int_equal(guest_end(0), LINE);
	assert_false(host.active);
	assert_false(host_step());
	device(false);
	bit_write(0, 0x100, LINE);
	assert_false(host_step());
	assert_int_equal(board.n_host_ends, 0);
}

/* ---- other ways to an end --------------------------------------------------------------------- */

static void test_pending_is_cleared(void **state)
{
	(void)state;
	begin_edge();
	device(true);
	assert_true(host_step());
	bit_write(0, 0x280, LINE);
	assert_int_equal(run_ack(0), 1023);
	assert_false(host.active);
	device(true);
	assert_true(host_step());
	assert_int_equal(run_ack(0), LINE);
}

static void active_is_cleared(bool edge)
{
	begin(edge);
	device(true);
	assert_true(host_step());
	assert_int_equal(run_ack(0), LINE);
	bit_write(0, 0x380, LINE);
	assert_false(host.active);
	device(false);
	cpu_before_run(0);
	assert_false(bit_read(0, 0x300, LINE));
	assert_false(bit_read(0, 0x200, LINE));
}

static void test_active_is_cleared(void **state)
{
	(void)state;
	active_is_cleared(false);
	active_is_cleared(true);
}

static void test_ended_where_no_list_register_has_it(void **state)
{
	(void)state;
	begin_level();
	device(true);
	assert_true(host_step());
	assert_int_equal(run_ack(0), LINE);
	cpu_collect(0);
	assert_true(intc()->end(board.dev, 0, LINE));
	assert_false(host.active);
	assert_int_equal(board.n_host_ends, 1);
	device(false);
	assert_int_equal(run_ack(0), 1023);
}

static void test_overflow(void **state)
{
	(void)state;
	begin_level();
	n_lrs = 2;
	prio_write(0, LINE, 0xc0);
	for (u32 i = 50; i < 56; i++) {
		set_up(0, i, 0x40);
		edge_write(0, i, true);
		line(0, i, true);
	}
	device(true);
	assert_true(host_step());
	for (u32 i = 50; i < 56; i++) {
		assert_int_equal(run_ack(0), i);
		assert_int_equal(guest_end(0), i);
	}
	assert_int_equal(run_ack(0), LINE);
	assert_int_equal(guest_end(0), LINE);
	assert_false(host.active);
}

/* ---- anything --------------------------------------------------------------------------------- */

static void one_of_anything(u32 v)
{
	static const u32 regs[] = { 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x100, 0x100 };

	switch (rnd(10)) {
	case 0:
		device(rnd(2));
		break;
	case 1:
		bit_write(v, regs[rnd(array_size(regs))], LINE);
		break;
	case 2:
		route_write(LINE, rnd(N_CPUS + 1));
		break;
	case 3:
		cpu_collect(v);
		board.notified |= UINT64_C(1) << v;
		break;
	case 4:
		line(0, 33, rnd(2));
		break;
	case 5:
		d_write(0, rnd(4));
		break;
	case 6:
	case 7:
		guest_end(v);
		break;
	case 8:
		cpu_before_run(v);
		cpu_ack(v);
		break;
	default:
		host_step();
		break;
	}
}

/* The guest ends all it took, and the device speaks once more: it is heard. */
static void hears_again(void)
{
	for (u32 v = 0; v < N_CPUS; v++)
		cpus[v].running = false;
	d_write(0, 3);
	bit_write(0, 0x180, 33);
	bit_write(0, 0x380, LINE); /* as an operating system begins */
	bit_write(0, 0x280, LINE);
	bit_write(0, 0x100, LINE);
	route_write(LINE, 1);
	for (u32 round = 0; round < 4; round++) {
		for (u32 v = 0; v < N_CPUS; v++) {
			while (cpus[v].n_taken)
				guest_end(v);
			cpu_sync(v);
			while (run_ack(v) != 1023)
				guest_end(v);
		}
		host.up = false; /* quieted by its handler */
		host_step();
	}
	assert_int_equal(run_ack(1), 1023);
	assert_false(host.active);
	device(true);
	assert_true(host_step());
	assert_int_equal(run_ack(1), LINE);
	assert_int_equal(guest_end(1), LINE);
	assert_false(host.active);
}

static void anything(bool edge)
{
	begin(edge);
	set_up(0, 33, 0x80);
	for (u32 i = 0; i < 60; i++) {
		u32 v = rnd(N_CPUS);

		for (u32 c = 0; c < N_CPUS; c++)
			cpus[c].running = c != v && rnd(4);
		one_of_anything(v);
	}
	hears_again();
}

static void test_anything(void **state)
{
	(void)state;
	for (seed = 1; seed < 4000;) {
		u64 next = seed + 1;

		anything(seed & 1);
		seed = next;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level_life),
		cmocka_unit_test(test_edge_life),
		cmocka_unit_test(test_fires_again_unseen),
		cmocka_unit_test(test_moves_while_pending),
		cmocka_unit_test(test_leaves_its_cpu_active),
		cmocka_unit_test(test_masked_before),
		cmocka_unit_test(test_masked_late),
		cmocka_unit_test(test_masked_in_a_list_register),
		cmocka_unit_test(test_masked_while_active),
		cmocka_unit_test(test_pending_is_cleared),
		cmocka_unit_test(test_active_is_cleared),
		cmocka_unit_test(test_ended_where_no_list_register_has_it),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
