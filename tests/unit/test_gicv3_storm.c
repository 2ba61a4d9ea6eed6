/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev/intc/gicv3.c while other CPUs run and cannot be asked: their copies are stale, writes to
 * them race. What must hold all the same, and that an operating system finds order afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gicv3_model.h"

/* However stale the copies are: no shared interrupt is in two CPUs at once. */
static void check_once(void)
{
	for (u32 intid = 32; intid < N_INTIDS; intid++) {
		u32 n = 0;

		for (u32 v = 0; v < N_CPUS; v++)
			n += cpu_lr(v, intid) != NULL;
		assert_true(n <= 1);
	}
}

static void storm(u32 steps)
{
	static const u32 regs[] = { 0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380 };

	for (u32 i = 0; i < steps; i++) {
		u32 v = rnd(N_CPUS), intid = some_intid();
		bool found;

		for (u32 c = 0; c < N_CPUS; c++)
			cpus[c].running = c != v && rnd(4);
		switch (rnd(8)) {
		case 0:
			line(v, intid, rnd(2));
			break;
		case 1:
			bit_write(v, regs[rnd(array_size(regs))], intid);
			break;
		case 2:
			if (intid >= 32)
				route_write(intid, rnd(N_CPUS + 1));
			break;
		case 3:
			edge_write(v, intid, rnd(2));
			prio_write(v, rnd(64), (u8)rnd(256));
			break;
		case 4:
			intc()->ipi(board.dev, v, rnd(16), rnd(16), 1);
			break;
		case 5:
			cpu_before_run(v);
			cpu_eoi(v, &found);
			break;
		default:
			cpu_before_run(v);
			cpu_ack(v);
			break;
		}
		check_once();
	}
}

/* An operating system takes the machine over: everything off, then set up anew. */
static void take_over(void)
{
	for (u32 v = 0; v < N_CPUS; v++) {
		cpus[v].running = false;
		cpus[v].n_taken = 0;
	}
	for (u32 v = 0; v < N_CPUS; v++) {
		for (u32 i = 0; i < array_size(some_intids); i++) {
			u32 intid = some_intids[i];

			line(v, intid, false);
			bit_write(v, 0x180, intid);
			bit_write(v, 0x280, intid);
			bit_write(v, 0x380, intid);
			edge_write(v, intid, false);
			set_up(v, intid, 0xa0);
			if (intid >= 32)
				route_write(intid, intid % N_CPUS);
		}
	}
	d_write(0, 3);
}

/* Every interrupt arrives once, where it is routed. */
static void check_all_arrive(void)
{
	for (u32 i = 0; i < array_size(some_intids); i++) {
		if (some_intids[i] >= 32)
			line(0, some_intids[i], true);
	}
	for (u32 v = 0; v < N_CPUS; v++) {
		u32 want = 0, got = 0;

		for (u32 i = 0; i < array_size(some_intids); i++)
			want += some_intids[i] >= 32 && some_intids[i] % N_CPUS == v;
		for (u32 intid; (intid = run_ack(v)) != 1023; got++) {
			assert_true(intid >= 32 && intid % N_CPUS == v);
			line(0, intid, false);
			assert_int_equal(run_eoi(v), intid);
		}
		assert_int_equal(got, want);
	}
}

static void test_running_cpus(void **state)
{
	(void)state;
	seed = 5;
	fresh(4);
	for (u32 i = 0; i < 60; i++) {
		storm(500);
		take_over();
		check_all_arrive();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
