/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev/intc/gicv3.c: the state machine, seen through the port. CPUs are models of the hardware's
 * virtual CPU interface (list registers, running priority); the core is a model that looks at a
 * CPU before it runs whenever the controller asked for it. Random walks compare with an ideal
 * controller that has one copy of every state and no list registers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vdev_fixture.h"

extern const struct vdev_class vdev_gicv3;

#define N_LRS_MAX 16
#define N_INTIDS  256u
#define N_CPUS	  4u
#define TIMER	  27u
#define TIMER_HW  59u
#define IDLE_PRIO 0x100u

enum {
	GICD,
	GICR
};

/* ---- model of a CPU and of the core -------------------------------------------------------- */

struct lr {
	struct virq_entry e;
	bool full; /* written since the last collection, whatever became of it */
};

struct cpu {
	struct lr lr[N_LRS_MAX];
	u32 taken[64]; /* INTIDs acknowledged and not yet ended, with their priorities */
	u32 taken_prio[64];
	u32 n_taken;
	bool more;
	bool had_pending;
	bool running; /* on another host CPU: cannot be collected */
	bool fell;    /* a notifying interrupt was completed: the core must look */
};

static struct cpu cpus[N_CPUS];
static u32 n_lrs;
static u32 n_completed_hw[N_CPUS]; /* deactivations of host interrupts */

static const struct vintc_ops *intc(void)
{
	return board.dev->class->intc;
}

static void cpu_collect(u32 v)
{
	for (u32 i = 0; i < n_lrs; i++) {
		struct lr *l = &cpus[v].lr[i];

		if (!l->full)
			continue;
		l->full = false;
		intc()->done(board.dev, v, &l->e);
	}
}

/* What the core does before a vCPU runs. */
static void cpu_sync(u32 v)
{
	struct virq_entry list[N_LRS_MAX];
	u32 n;

	cpu_collect(v);
	n = intc()->next(board.dev, v, list, n_lrs, &cpus[v].more);
	cpus[v].had_pending = false;
	assert_true(n <= n_lrs);
	for (u32 i = 0; i < n; i++) {
		assert_true(list[i].state >= VIRQ_PENDING && list[i].state <= 3);
		assert_false(list[i].hw_irq && list[i].state == 3);
		assert_false(list[i].hw_irq && list[i].notify);
		cpus[v].lr[i] = (struct lr){ .e = list[i], .full = true };
		cpus[v].had_pending |= list[i].state == VIRQ_PENDING;
	}
	cpus[v].fell = false;
	board.notified &= ~(UINT64_C(1) << v);
}

/*
 * The maintenance interrupts of an overflow: at most one list register is valid (underflow), or
 * the last pending one was taken (no pending).
 */
static bool cpu_runs_low(u32 v)
{
	u32 n_valid = 0, n_pending = 0;

	if (!cpus[v].more)
		return false;
	for (u32 i = 0; i < n_lrs; i++) {
		const struct lr *l = &cpus[v].lr[i];

		n_valid += l->full && l->e.state;
		n_pending += l->full && l->e.state == VIRQ_PENDING;
	}
	return n_valid <= 1 || (cpus[v].had_pending && !n_pending);
}

static void cpu_before_run(u32 v)
{
	if ((board.notified >> v & 1) || cpus[v].fell || cpu_runs_low(v))
		cpu_sync(v);
}

static struct lr *cpu_lr(u32 v, u32 intid)
{
	for (u32 i = 0; i < n_lrs; i++) {
		struct lr *l = &cpus[v].lr[i];

		if (l->full && l->e.state && l->e.intid == intid)
			return l;
	}
	return NULL;
}

static u32 cpu_running_prio(u32 v)
{
	const struct cpu *c = &cpus[v];

	return c->n_taken ? c->taken_prio[c->n_taken - 1] : IDLE_PRIO;
}

/* Acknowledge the most urgent pending interrupt; 1023 when none can be taken. */
static u32 cpu_ack(u32 v)
{
	struct cpu *c = &cpus[v];
	struct lr *best = NULL;

	for (u32 i = 0; i < n_lrs; i++) {
		struct lr *l = &c->lr[i];

		if (!l->full || l->e.state != VIRQ_PENDING)
			continue;
		if (!best || l->e.prio < best->e.prio ||
		    (l->e.prio == best->e.prio && l->e.intid < best->e.intid))
			best = l;
	}
	if (!best || best->e.prio >= cpu_running_prio(v) || c->n_taken == 64)
		return 1023;
	best->e.state = VIRQ_ACTIVE;
	c->taken[c->n_taken] = best->e.intid;
	c->taken_prio[c->n_taken++] = best->e.prio;
	return best->e.intid;
}

/* End the interrupt taken last; its INTID, or 1023. *found: a list register was deactivated. */
static u32 cpu_eoi(u32 v, bool *found)
{
	struct cpu *c = &cpus[v];
	struct lr *l;
	u32 intid;

	*found = false;
	if (!c->n_taken)
		return 1023;
	intid = c->taken[--c->n_taken];
	l = cpu_lr(v, intid);
	if (!l || !(l->e.state & VIRQ_ACTIVE))
		return intid;
	*found = true;
	l->e.state &= (u8)~VIRQ_ACTIVE;
	if (!l->e.state && l->e.notify)
		c->fell = true;
	if (l->e.hw_irq)
		n_completed_hw[v]++;
	return intid;
}

/* ---- short spellings ----------------------------------------------------------------------- */

static void d_write(u32 off, u32 value)
{
	board_write(GICD, off, 4, value);
}

static u32 r_off(u32 v, u32 off)
{
	return v * 0x20000 + 0x10000 + off;
}

/* Registers with a bit per INTID, wherever they are. */
static void bit_write(u32 v, u32 reg, u32 intid)
{
	if (intid < 32)
		board_write(GICR, r_off(v, reg), 4, 1u << intid);
	else
		board_write(GICD, reg + intid / 32 * 4, 4, 1u << intid % 32);
}

static bool bit_read(u32 v, u32 reg, u32 intid)
{
	u64 word = intid < 32 ? board_read(GICR, r_off(v, reg), 4) :
				board_read(GICD, reg + intid / 32 * 4, 4);

	return word >> intid % 32 & 1;
}

static void prio_write(u32 v, u32 intid, u8 prio)
{
	if (intid < 32)
		board_write(GICR, r_off(v, 0x400 + intid), 1, prio);
	else
		board_write(GICD, 0x400 + intid, 1, prio);
}

static void edge_write(u32 v, u32 intid, bool edge)
{
	u32 off = 0xc00 + intid / 16 * 4;
	u32 win = intid < 32 ? GICR : GICD;
	u32 bit = 2u << intid % 16 * 2;
	u64 old;

	if (intid < 32)
		off = r_off(v, off);
	old = board_read(win, off, 4);
	board_write(win, off, 4, edge ? old | bit : old & ~bit);
}

static void route_write(u32 intid, u64 value)
{
	board_write(GICD, 0x6000 + 8 * intid, 8, value);
}

/* Group 1, enabled, at @prio: how an operating system sets up an interrupt. */
static void set_up(u32 v, u32 intid, u8 prio)
{
	u32 win = intid < 32 ? GICR : GICD;
	u32 off = intid < 32 ? r_off(v, 0x80) : 0x80 + intid / 32 * 4;

	board_write(win, off, 4, board_read(win, off, 4) | 1u << intid % 32);
	prio_write(v, intid, prio);
	bit_write(v, 0x100, intid);
}

static void line(u32 v, u32 intid, bool level)
{
	intc()->line(board.dev, v, intid, level);
}

static u32 run_ack(u32 v)
{
	cpu_before_run(v);
	return cpu_ack(v);
}

static u32 run_eoi(u32 v)
{
	bool found;
	u32 intid;

	cpu_before_run(v);
	intid = cpu_eoi(v, &found);
	cpu_before_run(v);
	return intid;
}

static void collect_stopped(u32 v)
{
	if (!cpus[v].running)
		cpu_collect(v);
}

/* A controller with 4 vCPUs and @lrs list registers each, groups enabled. */
static void fresh(u32 lrs)
{
	board_clear(N_CPUS);
	memset(cpus, 0, sizeof(cpus));
	memset(n_completed_hw, 0, sizeof(n_completed_hw));
	n_lrs = lrs;
	assert_int_equal(board_make(&vdev_gicv3), OK);
	board.collect = collect_stopped;
	d_write(0, 3);
	board.notified = 0;
}

/* ---- one thing at a time ------------------------------------------------------------------- */

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
	/* For the other group: not delivered. */
	intc()->ipi(board.dev, 0, 1, 5, 0);
	assert_int_equal(run_ack(0), 1023);
	board_write(GICR, r_off(0, 0x80), 4, 0);
	intc()->ipi(board.dev, 0, 1, 5, 1);
	assert_int_equal(run_ack(0), 1023);
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

static void test_hw_line(void **state)
{
	struct virq_entry how;

	(void)state;
	fresh(4);
	set_up(1, TIMER, 0x60);
	intc()->bind_hw(board.dev, 1, TIMER, TIMER_HW);
	line(1, TIMER, true);
	assert_int_equal(board.notified, 2);
	assert_false(intc()->private_ready(board.dev, 1, TIMER, &how));
	/* Given out: only its successor can fire, so the short lane may have that one. */
	cpu_before_run(1);
	assert_true(intc()->private_ready(board.dev, 1, TIMER, &how));
	assert_int_equal(how.state, VIRQ_PENDING);
	assert_int_equal(run_ack(1), TIMER);
	assert_int_equal(cpu_lr(1, TIMER)->e.hw_irq, TIMER_HW);
	assert_false(cpu_lr(1, TIMER)->e.notify);
	/* Collected and presented again in between: as active, with its host interrupt. */
	cpu_sync(1);
	assert_int_equal(cpu_lr(1, TIMER)->e.state, VIRQ_ACTIVE);
	assert_int_equal(cpu_lr(1, TIMER)->e.hw_irq, TIMER_HW);
	assert_false(intc()->private_ready(board.dev, 1, TIMER, &how));
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
	assert_false(intc()->private_ready(board.dev, 0, TIMER, &how));
	set_up(0, TIMER, 0x60);
	assert_true(intc()->private_ready(board.dev, 0, TIMER, &how));
	assert_int_equal(how.intid, TIMER);
	assert_int_equal(how.prio, 0x60);
	assert_int_equal(how.group, 1);
	assert_int_equal(how.state, VIRQ_PENDING);
	assert_int_equal(how.hw_irq, TIMER_HW);
	assert_false(intc()->private_ready(board.dev, 0, 32, &how));
	d_write(0, 1);
	assert_false(intc()->private_ready(board.dev, 0, TIMER, &how));
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
	assert_true(intc()->private_ready(board.dev, 0, TIMER, &how));
	how.state = 0;
	cpus[0].lr[0] = (struct lr){ .e = how, .full = true };
	line(0, TIMER, true);
	assert_int_equal(run_ack(0), TIMER);
	assert_int_equal(run_eoi(0), TIMER);
	cpu_sync(0);
	/* Taken again while an old copy's end is still to be told, and is told last. */
	assert_true(intc()->private_ready(board.dev, 0, TIMER, &how));
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
	set_up(0, TIMER, 0x60);
	assert_true(intc()->private_ready(board.dev, 0, TIMER, &how));
	set_up(0, 33, 0x40);
	line(0, 33, true);
	assert_false(intc()->private_ready(board.dev, 0, TIMER, &how));
	cpu_sync(0);
	assert_true(intc()->private_ready(board.dev, 0, TIMER, &how));
	/* Without a host interrupt behind it, what is out is not ready. */
	set_up(0, 20, 0x60);
	line(0, 20, true);
	cpu_sync(0);
	assert_false(intc()->private_ready(board.dev, 0, 20, &how));
	/* What it presents obeys the guest's registers though we do not know it is out. */
	intc()->bind_hw(board.dev, 0, TIMER, TIMER_HW);
	board.notified = 0;
	bit_write(0, 0x180, TIMER);
	assert_int_equal(board.notified, 1);
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

/* ---- an ideal controller ------------------------------------------------------------------- */

/* One INTID of one vCPU (private) or of all (shared). */
struct ideal {
	bool enabled, group1, edge, line, latch, active;
	u8 prio;
	u32 target; /* or NOBODY */
	u32 owner;  /* while active */
	u32 hw;
};

#define NOBODY 99u

static struct ideal ideal_private[N_CPUS][32];
static struct ideal ideal_shared[N_INTIDS];
static u32 ideal_ctlr;
static u64 seed;

static u32 rnd(u32 n)
{
	return board_random(&seed) % n;
}

static struct ideal *ideal_at(u32 v, u32 intid)
{
	return intid < 32 ? &ideal_private[v][intid] : &ideal_shared[intid];
}

static bool ideal_pending(const struct ideal *s)
{
	return s->latch || (s->line && !s->edge);
}

static bool ideal_ready(const struct ideal *s)
{
	return ideal_pending(s) && s->enabled && (ideal_ctlr >> s->group1 & 1);
}

/* The INTID that vCPU @v would take now. */
static u32 ideal_ack(u32 v)
{
	u32 best = 1023;

	for (u32 i = 0; i < N_INTIDS; i++) {
		const struct ideal *s = ideal_at(v, i);

		if (!ideal_ready(s) || s->active || s->target != v)
			continue;
		if (s->prio < cpu_running_prio(v) &&
		    (best == 1023 || s->prio < ideal_at(v, best)->prio))
			best = i;
	}
	return best;
}

static void ideal_reset(void)
{
	memset(ideal_private, 0, sizeof(ideal_private));
	memset(ideal_shared, 0, sizeof(ideal_shared));
	ideal_ctlr = 0;
	for (u32 v = 0; v < N_CPUS; v++) {
		for (u32 i = 0; i < 32; i++) {
			ideal_private[v][i].edge = i < 16;
			ideal_private[v][i].target = v;
		}
		ideal_private[v][TIMER].hw = TIMER_HW;
	}
}

static void ideal_set_line(struct ideal *s, bool level)
{
	if (level && !s->line && s->edge)
		s->latch = true;
	s->line = level;
}

static u32 ideal_rank(const struct virq_entry *e)
{
	return (e->state & VIRQ_ACTIVE ? 0 : 1u << 20) | (u32)e->prio << 10 | e->intid;
}

/* What a CPU should hold, worked out the plain way: everything, sorted, cut. */
static u32 ideal_choice(u32 v, struct virq_entry *list, u32 max, bool *more)
{
	static struct virq_entry all[N_INTIDS];
	u32 n = 0, pure = 0;

	for (u32 i = 0; i < N_INTIDS; i++) {
		const struct ideal *s = ideal_at(v, i);
		bool act = s->active && s->owner == v;
		bool both = act && ideal_ready(s) && s->edge && !s->hw && s->target == v;

		if (!act && !(ideal_ready(s) && !s->active && s->target == v))
			continue;
		all[n++] = (struct virq_entry){
			.intid = i,
			.prio = s->prio,
			.group = s->group1,
			.hw_irq = s->hw,
			.state = both ? 3 :
				 act  ? VIRQ_ACTIVE :
					VIRQ_PENDING,
			.notify = !s->hw && ((s->line && !s->edge) || (act && s->latch && !both)),
		};
	}
	for (u32 i = 0; i < n; i++) {
		for (u32 j = i + 1; j < n; j++) {
			struct virq_entry t = all[i];

			if (ideal_rank(&all[i]) > ideal_rank(&all[j])) {
				all[i] = all[j];
				all[j] = t;
			}
		}
	}
	*more = n > max;
	for (u32 i = 0; i < MIN(n, max); i++)
		pure += all[i].state == VIRQ_PENDING;
	for (u32 i = max; i < n && !pure; i++) {
		if (all[i].state == VIRQ_PENDING) {
			all[max - 1] = all[i];
			break;
		}
	}
	n = MIN(n, max);
	memcpy(list, all, n * sizeof(*list));
	return n;
}

/* ---- random walk --------------------------------------------------------------------------- */

static const u32 some_intids[] = { 0,  1,  7,  15, 16, 20,  TIMER, 30,	32, 33,
				   34, 47, 63, 64, 95, 128, 200,   254, 255 };
static bool timer_out[N_CPUS];	/* the guest timer's output */
static bool timer_busy[N_CPUS]; /* its host interrupt is active */
static u32 n_acks, n_shorts;

static u32 some_intid(void)
{
	return some_intids[rnd(array_size(some_intids))];
}

static void check_choice(u32 v)
{
	struct virq_entry want[N_LRS_MAX];
	bool more;
	u32 n;

	cpu_sync(v);
	n = ideal_choice(v, want, n_lrs, &more);
	assert_int_equal(more, cpus[v].more);
	for (u32 i = 0; i < n_lrs; i++) {
		const struct lr *l = &cpus[v].lr[i];

		assert_int_equal(l->full, i < n);
		if (i >= n)
			break;
		assert_int_equal(l->e.intid, want[i].intid);
		assert_int_equal(l->e.prio, want[i].prio);
		assert_int_equal(l->e.group, want[i].group);
		assert_int_equal(l->e.state, want[i].state);
		assert_int_equal(l->e.hw_irq, want[i].hw_irq);
		assert_int_equal(l->e.notify, want[i].notify);
	}
}

/* Where the short lane presents: over the timer's last entry, or in a free register. */
static struct lr *free_for_timer(u32 v)
{
	struct lr *best = NULL;

	for (u32 i = 0; i < n_lrs; i++) {
		struct lr *l = &cpus[v].lr[i];

		if (l->full && l->e.intid == TIMER) {
			assert_int_equal(l->e.state, 0);
			return l;
		}
		if (!l->full)
			best = l;
	}
	return best;
}

/* The host's timer interrupt, by the short lane or through the core. */
static void fire_timer(u32 v)
{
	struct virq_entry how;

	if (!timer_out[v] || timer_busy[v])
		return;
	timer_busy[v] = true;
	ideal_set_line(&ideal_private[v][TIMER], true);
	if (rnd(2) && !(board.notified >> v & 1) &&
	    intc()->private_ready(board.dev, v, TIMER, &how)) {
		struct lr *l = free_for_timer(v);

		if (l) {
			*l = (struct lr){ .e = how, .full = true };
			n_shorts++;
			return;
		}
	}
	line(v, TIMER, true);
}

static void walk_line(void)
{
	u32 v = rnd(N_CPUS);
	u32 intid = some_intid();
	bool level = rnd(2);

	if (intid < 16)
		return;
	if (intid == TIMER) {
		timer_out[v] = level;
		fire_timer(v);
		return;
	}
	line(v, intid, level);
	ideal_set_line(ideal_at(v, intid), level);
}

static void ideal_write_bit(struct ideal *s, u32 reg)
{
	switch (reg) {
	case 0x100:
		s->enabled = true;
		break;
	case 0x180:
		s->enabled = false;
		break;
	case 0x200:
		s->latch = true;
		break;
	case 0x280:
		s->latch = false;
		break;
	case 0x300:
		if (!s->active)
			s->owner = s->target;
		s->active = true;
		break;
	case 0x380:
		s->active = false;
		break;
	default:
		break;
	}
}

/* A timer's usual life: set up, fires, is quieted by its handler. */
static void walk_timer(void)
{
	u32 v = rnd(N_CPUS);
	struct ideal *s = &ideal_private[v][TIMER];

	if (!s->enabled) {
		bit_write(v, 0x100, TIMER);
		ideal_write_bit(s, 0x100);
	}
	timer_out[v] = !s->active;
	fire_timer(v);
}

static void walk_ack(void)
{
	u32 v = rnd(N_CPUS);
	u32 want = ideal_ack(v);
	struct ideal *s;

	cpu_before_run(v);
	if (cpus[v].n_taken == 64)
		return;
	assert_int_equal(cpu_ack(v), want);
	if (want == 1023)
		return;
	n_acks++;
	s = ideal_at(v, want);
	s->active = true;
	s->latch = false;
	s->owner = v;
}

static bool forced_active; /* ISACTIVER was used: completions may miss what was left behind */

static void walk_eoi(void)
{
	u32 v = rnd(N_CPUS);
	bool found;
	u32 intid;
	struct ideal *s;

	cpu_before_run(v);
	intid = cpu_eoi(v, &found);
	if (intid == 1023)
		return;
	s = ideal_at(v, intid);
	if (!s->active || s->owner != v) {
		assert_false(found);
		return;
	}
	if (!found) {
		struct virq_entry e = { .intid = intid, .state = 0 };

		/* Left behind: only what software made active can push a handler's own out. */
		assert_true(forced_active);
		if (s->hw)
			return;
		intc()->done(board.dev, v, &e);
	}
	s->active = false;
	if (s->hw) {
		timer_busy[v] = false;
		s->line = false;
		/* Not told of a host interrupt's completion: pended by software, it waits. */
		if (s->latch)
			cpu_sync(v);
		fire_timer(v);
	}
	/* The maintenance interrupt of a completed level does not wait. */
	if (cpus[v].fell)
		cpu_sync(v);
}

static void walk_ipi(void)
{
	u32 targets = rnd(16), intid = rnd(16);
	u8 group = (u8)rnd(2);

	intc()->ipi(board.dev, rnd(N_CPUS), targets, intid, group);
	for (u32 v = 0; v < N_CPUS; v++) {
		struct ideal *s = &ideal_private[v][intid];

		if ((targets >> v & 1) && s->group1 == group)
			s->latch = true;
	}
}

static void walk_bit(void)
{
	static const u32 regs[] = { 0x100, 0x100, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380 };
	u32 v = rnd(N_CPUS), reg = regs[rnd(array_size(regs))], intid = some_intid();

	if (reg == 0x300) {
		if (rnd(8))
			return;
		forced_active = true;
	}
	bit_write(v, reg, intid);
	ideal_write_bit(ideal_at(v, intid), reg);
}

static void walk_group(void)
{
	u32 v = rnd(N_CPUS), intid = some_intid();
	u32 win = intid < 32 ? GICR : GICD;
	u32 off = intid < 32 ? r_off(v, 0x80) : 0x80 + intid / 32 * 4;
	u64 old = board_read(win, off, 4);
	bool group1 = rnd(4) != 0;
	u64 m = UINT64_C(1) << intid % 32;

	board_write(win, off, 4, group1 ? old | m : old & ~m);
	ideal_at(v, intid)->group1 = group1;
}

static void walk_config(void)
{
	u32 v = rnd(N_CPUS), intid = some_intid();
	bool edge = rnd(2);

	/* What becomes of a level that is up is nobody's to say (IHI 0069, GICD_ICFGR<n>). */
	if (intid == TIMER && ideal_at(v, intid)->line)
		return;
	edge_write(v, intid, edge);
	if (intid >= 16)
		ideal_at(v, intid)->edge = edge;
}

/* A priority that changes under a handler is the guest's own mistake; not walked. */
static void walk_prio(void)
{
	u32 v = rnd(N_CPUS), intid = some_intid();
	u8 prio = (u8)rnd(256);

	if (ideal_at(v, intid)->active)
		return;
	prio_write(v, intid, prio);
	ideal_at(v, intid)->prio = prio & 0xf8;
}

static void walk_route(void)
{
	u32 intid = some_intid(), aff = rnd(N_CPUS + 1);
	struct ideal *s;

	if (intid < 32)
		return;
	route_write(intid, aff);
	s = &ideal_shared[intid];
	s->target = aff < N_CPUS ? aff : NOBODY;
	if (s->active && s->owner == NOBODY)
		s->owner = s->target;
}

static void walk_control(void)
{
	ideal_ctlr = rnd(8) ? 3 : rnd(4);
	d_write(0, ideal_ctlr);
}

static void walk_read(void)
{
	u32 v = rnd(N_CPUS), intid = some_intid();
	const struct ideal *s = ideal_at(v, intid);

	assert_int_equal(bit_read(v, 0x200, intid), ideal_pending(s));
	assert_int_equal(bit_read(v, 0x280, intid), ideal_pending(s));
	assert_int_equal(bit_read(v, 0x300, intid), s->active);
	assert_int_equal(bit_read(v, 0x380, intid), s->active);
	assert_int_equal(bit_read(v, 0x100, intid), s->enabled);
	assert_int_equal(bit_read(v, 0x80, intid), s->group1);
}

static void walk_pending(void)
{
	u32 v = rnd(N_CPUS);
	bool want = false;

	for (u32 i = 0; i < N_INTIDS; i++) {
		const struct ideal *s = ideal_at(v, i);

		want |= ideal_ready(s) && !s->active && s->target == v;
	}
	/* Exact when all is home, and never false for what waits. */
	cpu_sync(v);
	if (want)
		assert_true(intc()->pending(board.dev, v));
	for (u32 c = 0; c < N_CPUS; c++)
		cpu_collect(c);
	assert_int_equal(intc()->pending(board.dev, v), want);
	for (u32 c = 0; c < N_CPUS; c++)
		cpu_sync(c);
}

static void walk_reset(void)
{
	if (rnd(200))
		return;
	board.dev->class->reset(board.dev);
	memset(cpus, 0, sizeof(cpus));
	memset(timer_out, 0, sizeof(timer_out));
	memset(timer_busy, 0, sizeof(timer_busy));
	ideal_reset();
	forced_active = false;
}

static void walk_choice(void)
{
	check_choice(rnd(N_CPUS));
}

static void walk(u32 lrs, u64 start, u32 steps)
{
	static void (*const step[])(void) = {
		walk_line,    walk_timer,   walk_line,	walk_ack,    walk_ack,	walk_ack,
		walk_eoi,     walk_eoi,	    walk_eoi,	walk_ipi,    walk_bit,	walk_bit,
		walk_group,   walk_config,  walk_prio,	walk_route,  walk_read, walk_read,
		walk_control, walk_pending, walk_reset, walk_choice,
	};

	seed = start;
	fresh(lrs);
	d_write(0, 0);
	for (u32 v = 0; v < N_CPUS; v++)
		intc()->bind_hw(board.dev, v, TIMER, TIMER_HW);
	memset(timer_out, 0, sizeof(timer_out));
	memset(timer_busy, 0, sizeof(timer_busy));
	ideal_reset();
	forced_active = false;
	for (u32 i = 0; i < steps; i++)
		step[rnd(array_size(step))]();
}

static void test_random_walk(void **state)
{
	(void)state;
	n_acks = 0;
	n_shorts = 0;
	walk(4, 1, 200000);
	walk(2, 2, 100000);
	walk(16, 3, 100000);
	walk(3, 4, 100000);
	/* It went somewhere. */
	print_message("%u interrupts taken, %u by the short lane\n", n_acks, n_shorts);
	assert_true(n_acks > 10000);
	assert_true(n_shorts > 100);
}

/* ---- CPUs that cannot be asked ------------------------------------------------------------- */

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
		cmocka_unit_test(test_hw_line),
		cmocka_unit_test(test_short_lane),
		cmocka_unit_test(test_short_lane_waits_its_turn),
		cmocka_unit_test(test_overflow_order),
		cmocka_unit_test(test_overflow_nesting),
		cmocka_unit_test(test_overflow_of_active),
		cmocka_unit_test(test_software_pending_and_active),
		cmocka_unit_test(test_software_state_of_running_cpu),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_random_walk),
		cmocka_unit_test(test_running_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
