/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev/intc/gicv3.c on random walks, compared at every step with an ideal controller that has one
 * copy of every state, no list registers, and does everything at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gicv3_model.h"

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

static bool timer_out[N_CPUS];	/* the guest timer's output */
static bool timer_busy[N_CPUS]; /* its host interrupt is active */
static u32 n_acks, n_shorts, n_short_ipis, n_let_go;

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
	if (rnd(2) && !(board.notified >> v & 1) && cpu_may(v, TIMER, &how)) {
		struct lr *l = free_for_timer(v);

		if (l) {
			*l = (struct lr){ .e = how, .full = true, .lane = true };
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

		if ((targets >> v & 1) && (group || !s->group1))
			s->latch = true;
	}
}

/* The short lane's list register, if it is free: one for all but the timer. */
static struct lr *free_for_ipi(u32 v)
{
	struct lr *best = NULL;

	for (u32 i = 0; i < n_lrs; i++) {
		struct lr *l = &cpus[v].lr[i];

		if (l->full && l->lane && l->e.intid != TIMER)
			return l->e.state ? NULL : l;
		if (!l->full)
			best = l;
	}
	return best;
}

/* A vCPU sends an SGI to itself, and what the short lane may do of that, it does. */
static void walk_own_ipi(void)
{
	u32 v = rnd(N_CPUS), intid = rnd(16);
	struct virq_entry how;
	struct lr *l;

	cpu_before_run(v);
	l = free_for_ipi(v);
	if (l && cpu_may(v, intid, &how)) {
		*l = (struct lr){ .e = how, .full = true, .lane = true };
		n_short_ipis++;
	} else {
		intc()->ipi(board.dev, v, 1u << v, intid, 1);
	}
	ideal_private[v][intid].latch = true;
}

static void walk_bit(void)
{
	static const u32 regs[] = { 0x100, 0x100, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380 };
	u32 v = rnd(N_CPUS), reg = regs[rnd(array_size(regs))], intid = some_intid();
	struct ideal *s = ideal_at(v, intid);
	bool lets_go;

	if (reg == 0x300) {
		if (rnd(8))
			return;
		forced_active = true;
	}
	/* Half of the time another CPU writes, that cannot end this one's timer. */
	board.current = rnd(2) ? v : (v + 1) % N_CPUS;
	lets_go = intid == TIMER && board.current == v && s->line &&
		  reg == (s->active ? 0x380 : 0x280);
	bit_write(v, reg, intid);
	ideal_write_bit(s, reg);
	if (!lets_go)
		return;
	timer_busy[v] = false;
	s->line = false;
	n_let_go++;
	fire_timer(v);
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
		walk_line, walk_timer,	 walk_line,    walk_ack,   walk_ack,	 walk_ack,
		walk_eoi,  walk_eoi,	 walk_eoi,     walk_ipi,   walk_own_ipi, walk_bit,
		walk_bit,  walk_group,	 walk_config,  walk_prio,  walk_route,	 walk_read,
		walk_read, walk_control, walk_pending, walk_reset, walk_choice,
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
	n_shorts = n_let_go = 0;
	n_short_ipis = 0;
	walk(4, 1, 200000);
	walk(2, 2, 100000);
	walk(16, 3, 100000);
	walk(3, 4, 100000);
	/* It went somewhere. */
	print_message("%u interrupts taken, %u timers and %u SGIs by the short lane\n", n_acks,
		      n_shorts, n_short_ipis);
	assert_true(n_acks > 10000);
	assert_true(n_shorts > 100);
	assert_true(n_let_go > 20);
	assert_true(n_short_ipis > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
