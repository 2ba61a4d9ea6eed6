/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the virtual GICv3: models of the hardware's virtual CPU interface (list
 * registers, running priority) and of the core, which looks at a CPU before it runs whenever the
 * controller asked for it. Included by one file of a program, after cmocka.h.
 */
#pragma once

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
	bool lane; /* by the short lane */
};

struct cpu {
	struct lr lr[N_LRS_MAX];
	u32 taken[64]; /* INTIDs acknowledged and not yet ended, with their priorities */
	u32 taken_prio[64];
	u32 n_taken;
	bool more;
	bool had_pending;
	bool running;		 /* on another host CPU: cannot be collected */
	bool fell;		 /* a notifying interrupt was completed: the core must look */
	struct virq_ready ready; /* what the short lane was told last */
};

static struct cpu cpus[N_CPUS];
static u32 n_lrs;
static u32 n_completed_hw[N_CPUS]; /* deactivations of host interrupts */

static inline const struct vintc_ops *intc(void)
{
	return board.dev->class->intc;
}

static inline void cpu_collect(u32 v)
{
	for (u32 i = 0; i < n_lrs; i++) {
		struct lr *l = &cpus[v].lr[i];

		if (!l->full)
			continue;
		l->full = false;
		intc()->done(board.dev, v, &l->e);
	}
}

static inline void cpu_tell_ready(u32 v)
{
	struct virq_ready r;

	if (intc()->ready(board.dev, v, &r))
		cpus[v].ready = r;
}

/* May the short lane present @intid, as far as it was told? */
static inline bool cpu_may(u32 v, u32 intid, struct virq_entry *how)
{
	const struct virq_ready *r = &cpus[v].ready;

	if (intid < 16 && (r->ipis >> intid & 1)) {
		*how = r->ipi;
		how->intid = intid;
		return true;
	}
	for (u32 i = 0; i < r->n_hw; i++) {
		if (r->hw[i].intid == intid) {
			*how = r->hw[i];
			return true;
		}
	}
	return false;
}

/* The same, as the controller would say right now. */
static inline bool ready(u32 v, u32 intid, struct virq_entry *how)
{
	cpu_tell_ready(v);
	return cpu_may(v, intid, how);
}

/* What the core does before a vCPU runs. */
static inline void cpu_sync(u32 v)
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
	cpu_tell_ready(v);
	cpus[v].fell = false;
	board.notified &= ~(UINT64_C(1) << v);
}

/*
 * The maintenance interrupts of an overflow: at most one list register is valid (underflow), or
 * the last pending one was taken (no pending).
 */
static inline bool cpu_runs_low(u32 v)
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

static inline void cpu_before_run(u32 v)
{
	if ((board.notified >> v & 1) || cpus[v].fell || cpu_runs_low(v))
		cpu_sync(v);
}

static inline struct lr *cpu_lr(u32 v, u32 intid)
{
	for (u32 i = 0; i < n_lrs; i++) {
		struct lr *l = &cpus[v].lr[i];

		if (l->full && l->e.state && l->e.intid == intid)
			return l;
	}
	return NULL;
}

static inline u32 cpu_running_prio(u32 v)
{
	const struct cpu *c = &cpus[v];

	return c->n_taken ? c->taken_prio[c->n_taken - 1] : IDLE_PRIO;
}

/* Acknowledge the most urgent pending interrupt; 1023 when none can be taken. */
static inline u32 cpu_ack(u32 v)
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
static inline u32 cpu_eoi(u32 v, bool *found)
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

static inline void d_write(u32 off, u32 value)
{
	board_write(GICD, off, 4, value);
}

static inline u32 r_off(u32 v, u32 off)
{
	return v * 0x20000 + 0x10000 + off;
}

/* Registers with a bit per INTID, wherever they are. */
static inline void bit_write(u32 v, u32 reg, u32 intid)
{
	if (intid < 32)
		board_write(GICR, r_off(v, reg), 4, 1u << intid);
	else
		board_write(GICD, reg + intid / 32 * 4, 4, 1u << intid % 32);
}

static inline bool bit_read(u32 v, u32 reg, u32 intid)
{
	u64 word = intid < 32 ? board_read(GICR, r_off(v, reg), 4) :
				board_read(GICD, reg + intid / 32 * 4, 4);

	return word >> intid % 32 & 1;
}

static inline void prio_write(u32 v, u32 intid, u8 prio)
{
	if (intid < 32)
		board_write(GICR, r_off(v, 0x400 + intid), 1, prio);
	else
		board_write(GICD, 0x400 + intid, 1, prio);
}

static inline void edge_write(u32 v, u32 intid, bool edge)
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

static inline void route_write(u32 intid, u64 value)
{
	board_write(GICD, 0x6000 + 8 * intid, 8, value);
}

/* Group 1, enabled, at @prio: how an operating system sets up an interrupt. */
static inline void set_up(u32 v, u32 intid, u8 prio)
{
	u32 win = intid < 32 ? GICR : GICD;
	u32 off = intid < 32 ? r_off(v, 0x80) : 0x80 + intid / 32 * 4;

	board_write(win, off, 4, board_read(win, off, 4) | 1u << intid % 32);
	prio_write(v, intid, prio);
	bit_write(v, 0x100, intid);
}

static inline void line(u32 v, u32 intid, bool level)
{
	intc()->line(board.dev, v, intid, level);
}

static inline u32 run_ack(u32 v)
{
	cpu_before_run(v);
	return cpu_ack(v);
}

static inline u32 run_eoi(u32 v)
{
	bool found;
	u32 intid;

	cpu_before_run(v);
	intid = cpu_eoi(v, &found);
	cpu_before_run(v);
	return intid;
}

static inline void collect_stopped(u32 v)
{
	if (!cpus[v].running)
		cpu_collect(v);
}

/* A controller with 4 vCPUs and @lrs list registers each, groups enabled. */
static inline void fresh(u32 lrs)
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

/* ---- numbers ------------------------------------------------------------------------------- */

/* INTIDs of every kind and place; few enough to meet often. */
static const u32 some_intids[] = { 0,  1,  7,  15, 16, 20,  TIMER, 30,	32, 33,
				   34, 47, 63, 64, 95, 128, 200,   254, 255 };
static u64 seed;

static inline u32 rnd(u32 n)
{
	return board_random(&seed) % n;
}

static inline u32 some_intid(void)
{
	return some_intids[rnd(array_size(some_intids))];
}
