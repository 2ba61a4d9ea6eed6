/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One loop per CPU, no threads. A vCPU alone on its CPU runs without any tick: the host timer is
 * armed only while somebody else wants the CPU, or waits for a time. Work for VMs (loading,
 * scrubbing) gets a slice when nothing runs, and after each turn while something does.
 */
#include <core/sched.h>

#include <core/console.h>
#include <core/irq.h>
#include <core/pmm.h>
#include <core/vcpu.h>
#include <core/vm.h>
#include <core/watchdog.h>

#define DEFAULT_SLICE_US 10000

static u64 slice_cycles;
static u64 retry; /* a UART that is full, or a store that is taken, is asked again after this */

static void timer_fired(void *ctx)
{
	(void)ctx;
	arch_timer_arm(ARCH_NEVER);
	this_cpu()->resched = true;
	this_cpu()->signs++;
	watchdog_poll(arch_cycles());
}

enum status sched_init(const struct hostdesc *hd)
{
	struct hd_irq irq = { hd->irq_timer_host, HD_TRIGGER_LEVEL };
	u64 us = hd->slice_us ? hd->slice_us : DEFAULT_SLICE_US;

	slice_cycles = arch_cycles_hz() * us / 1000000;
	retry = arch_cycles_hz() / 1000;
	return irq_request(irq, IRQ_COMPLETE, timer_fired, NULL);
}

void sched_add(struct cpu *c, struct vcpu *v)
{
	struct vcpu **end = &c->vcpus;

	while (*end)
		end = &(*end)->next_on_cpu;
	v->cpu = c;
	v->next_on_cpu = NULL;
	/* Its CPU may be walking the list. */
	__atomic_store_n(end, v, __ATOMIC_RELEASE);
	c->n_vcpus++;
	for (v = c->vcpus; v && c->n_vcpus > 1; v = v->next_on_cpu)
		arch_vcpu_set_sharing(&v->arch, ARCH_SHARED);
}

/* @a rather than @b: priority first, then who has not had the CPU for longer. */
static bool better(const struct vcpu *a, const struct vcpu *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return a->last_turn < b->last_turn;
}

/*
 * The next to run, and when the host timer has to call: at the end of the turn if another one is
 * runnable, and when a waiting one's timer is due.
 */
static struct vcpu *pick(struct cpu *c, u64 now, u64 *alarm)
{
	struct vcpu *best = NULL;
	u32 n_runnable = 0;

	*alarm = ARCH_NEVER;
	for (struct vcpu *v = c->vcpus; v; v = v->next_on_cpu) {
		if (!vcpu_runnable(v, now)) {
			if (v->state == VCPU_WAITING)
				*alarm = MIN(*alarm, v->wake_at);
			continue;
		}
		n_runnable++;
		if (!best || better(v, best))
			best = v;
	}
	if (n_runnable > 1 && c->turn && c->turn->priority == best->priority &&
	    now < c->slice_end && vcpu_runnable(c->turn, now))
		best = c->turn;
	if (best != c->turn || now >= c->slice_end)
		c->slice_end = now + slice_cycles;
	if (n_runnable > 1)
		*alarm = MIN(*alarm, c->slice_end);
	c->turn = best;
	if (best)
		best->last_turn = now;
	return best;
}

bool sched_give_way(struct vcpu *v)
{
	struct cpu *c = v->cpu;
	u64 now = arch_cycles();

	for (struct vcpu *o = c->vcpus; o; o = o->next_on_cpu) {
		if (o != v && o->priority >= v->priority && vcpu_runnable(o, now)) {
			c->slice_end = now;
			return true;
		}
	}
	return false;
}

bool sched_wait(struct cpu *c)
{
	if (c->n_vcpus != 1 || c->resched || vm_has_work(c) || console_busy() || pmm_is_dirty())
		return false;
	arch_timer_arm(atomic_load_explicit(&watchdog_next, memory_order_relaxed));
	arch_cpu_idle();
	return true;
}

static void idle(struct cpu *c, u64 alarm)
{
	if (c->resched)
		return;
	/* Who sleeps has time to look at the others now and then. */
	arch_timer_arm(MIN(alarm, atomic_load_explicit(&watchdog_next, memory_order_relaxed)));
	arch_cpu_idle();
	while (irq_dispatch(EXIT_IRQ_UNACKED))
		;
}

/* Who is next, and when to look again; whoever has to make room is off the hardware. */
static struct vcpu *choose(struct cpu *c, u64 *alarm)
{
	u64 now = arch_cycles();
	struct vcpu *v = pick(c, now, alarm);

	if (v && c->loaded && c->loaded != v) {
		/* Its timer leaves the hardware with it: from now on the alarm has to watch it. */
		vcpu_unload(c->loaded);
		v = pick(c, now, alarm);
	}
	if (console_busy())
		*alarm = MIN(*alarm, now + retry);
	return v;
}

/* A turn with work waiting ends like one with a competitor. */
static void run_one(struct cpu *c)
{
	bool turn_over = !c->turn || arch_cycles() >= c->slice_end;
	bool worked = turn_over && vm_work(c);
	struct vcpu *v;
	u64 alarm;

	if (console_busy())
		console_poll();
	v = choose(c, &alarm);
	if (v) {
		arch_timer_arm(vm_has_work(c) ? MIN(alarm, c->slice_end) : alarm);
		vcpu_run(v);
	} else if (!worked && !vm_work(c) && !pmm_scrub_slice(1)) {
		idle(c, vm_has_work(c) ? MIN(alarm, arch_cycles() + retry) : alarm);
	} else {
		while (irq_dispatch(EXIT_IRQ_UNACKED))
			;
	}
}

void sched_run(void)
{
	struct cpu *c = this_cpu();

	for (;;) {
		c->resched = false;
		run_one(c);
	}
}
