/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual and the physical timer: the same tests for both. And waiting: WFI ends for an
 * interrupt that is pending, whether PSTATE masks it or not.
 */
#include "honest.h"

static const struct timer_regs *t;
static u32 n_left; /* interrupts that leave the timer as it is */
static u64 deadline, n_early, period;

static void stop(u32 intid)
{
	n_early += t->now() < deadline;
	check_eq(intid, t->intid);
	check(t->ctl() & TIMER_ISTATUS);
	if (n_left)
		n_left--;
	else
		t->set_ctl(0);
}

static void begin(const struct timer_regs *timer)
{
	t = timer;
	t->set_ctl(0);
	irq_reset();
	irq_enable(t->intid);
	this_cpu()->on_irq = stop;
	n_left = 0;
	n_early = 0;
	deadline = 0;
}

static void arm_in(u64 us)
{
	deadline = t->now() + reg_read(cntfrq_el0) * us / 1000000;
	t->set_cval(deadline);
	t->set_ctl(TIMER_ENABLE);
}

static void finish(u32 n_irqs)
{
	irq_off();
	check_eq(this_cpu()->n_irqs, n_irqs);
	check_eq(n_early, 0);
	t->set_ctl(0);
}

static void fires(const struct timer_regs *timer)
{
	begin(timer);
	arm_in(2000);
	check(!(t->ctl() & TIMER_ISTATUS) || t->now() >= deadline);
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs == 1, LONG_MS));
	finish(1);
}

static void fires_late(const struct timer_regs *timer)
{
	begin(timer);
	t->set_cval(0);
	t->set_ctl(TIMER_ENABLE);
	check(t->ctl() & TIMER_ISTATUS);
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs == 1, LONG_MS));
	finish(1);
	/* A downcount below zero is the same. */
	begin(timer);
	t->set_tval(UINT32_MAX);
	t->set_ctl(TIMER_ENABLE);
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs == 1, LONG_MS));
	finish(1);
}

/* A level: comes again as long as nobody stops the timer. */
static void comes_again(const struct timer_regs *timer)
{
	begin(timer);
	n_left = 5;
	arm_in(500);
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs == 6, LONG_MS));
	delay_ms(2);
	finish(6);
}

static void masked(const struct timer_regs *timer)
{
	begin(timer);
	t->set_cval(0);
	t->set_ctl(TIMER_ENABLE | TIMER_IMASK);
	irq_on();
	delay_ms(5);
	check(t->ctl() & TIMER_ISTATUS);
	check_eq(this_cpu()->n_irqs, 0);
	t->set_ctl(TIMER_ENABLE);
	check(WAIT_FOR(this_cpu()->n_irqs == 1, LONG_MS));
	finish(1);
}

static void disabled_in_gic(const struct timer_regs *timer)
{
	begin(timer);
	irq_disable(t->intid);
	t->set_cval(0);
	t->set_ctl(TIMER_ENABLE);
	irq_on();
	delay_ms(5);
	check_eq(this_cpu()->n_irqs, 0);
	irq_enable(t->intid);
	check(WAIT_FOR(this_cpu()->n_irqs == 1, LONG_MS));
	finish(1);
}

static void never(const struct timer_regs *timer)
{
	begin(timer);
	t->set_cval(UINT64_MAX);
	t->set_ctl(TIMER_ENABLE);
	irq_on();
	delay_ms(10);
	finish(0);
}

static void next_period(u32 intid)
{
	(void)intid;
	deadline += period;
	t->set_cval(deadline);
}

/* Periods too short to be met by all hosts: deadlines in the past are caught up with. */
static void many(const struct timer_regs *timer)
{
	begin(timer);
	this_cpu()->on_irq = next_period;
	period = reg_read(cntfrq_el0) / 10000;
	arm_in(100);
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs >= 300, LONG_MS));
	irq_off();
	check(t->now() >= deadline - period);
	t->set_ctl(0);
}

/*
 * Disarmed while its interrupt was pending and masked: the line is down. At most a trace of it
 * may come; the timer works on.
 */
static void disarmed_in_flight(const struct timer_regs *timer)
{
	begin(timer);
	arm_in(100);
	check(WAIT_FOR(irq_is_pending(t->intid), LONG_MS));
	check(reg_read(isr_el1) & BIT(7));
	t->set_ctl(0);
	this_cpu()->on_irq = NULL;
	irq_on();
	delay_ms(2);
	irq_off();
	check(this_cpu()->n_irqs <= 1);
	fires(timer);
}

/* The same, then switched off and cleared at the controller: nothing is left of it. */
static void cleared_in_flight(const struct timer_regs *timer)
{
	begin(timer);
	arm_in(100);
	check(WAIT_FOR(irq_is_pending(t->intid), LONG_MS));
	t->set_ctl(0);
	irq_disable(t->intid);
	irq_set_bit(t->intid, GIC_ICPENDR);
	check(!irq_is_pending(t->intid));
	irq_enable(t->intid);
	irq_on();
	delay_ms(2);
	irq_off();
	check_eq(this_cpu()->n_irqs, 0);
	fires(timer);
}

static void wfi_wakes(const struct timer_regs *timer)
{
	begin(timer);
	for (u32 i = 1; i <= 5; i++) {
		arm_in(1000);
		/* Looked at while masked, or it might come between the look and the sleep. */
		while (this_cpu()->n_irqs < i) {
			wait_irq();
			irq_on();
			sync_all();
			irq_off();
		}
	}
	finish(5);
}

static void wfi_wakes_masked(const struct timer_regs *timer)
{
	begin(timer);
	for (u32 i = 0; i < 5; i++) {
		arm_in(1000);
		while (!(t->ctl() & TIMER_ISTATUS))
			wait_irq();
		check(WAIT_FOR(reg_read(isr_el1) & BIT(7), LONG_MS));
		t->set_ctl(TIMER_ENABLE | TIMER_IMASK);
		check_eq(irq_ack(), t->intid);
		irq_end(t->intid);
	}
	finish(0);
}

/* With the priority drop alone the line stays quiet until it is deactivated. */
static void split_end(const struct timer_regs *timer)
{
	begin(timer);
	ci_write(CI_CTLR, ICC_CTLR_EOIMODE);
	this_cpu()->keep_active = true;
	n_left = 1;
	arm_in(100);
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs == 1, LONG_MS));
	delay_ms(2);
	irq_off();
	check_eq(this_cpu()->n_irqs, 1);
	this_cpu()->keep_active = false;
	ci_write(CI_DIR, t->intid);
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs == 2, LONG_MS));
	finish(2);
	ci_write(CI_CTLR, 0);
}

/* Ended by the distributor's register instead of the CPU's: it can come again. */
static void ended_in_gic(const struct timer_regs *timer)
{
	begin(timer);
	ci_write(CI_CTLR, ICC_CTLR_EOIMODE);
	this_cpu()->keep_active = true;
	arm_in(100);
	irq_on();
	check(WAIT_FOR(this_cpu()->n_irqs == 1, LONG_MS));
	irq_off();
	check(irq_is_active(t->intid));
	irq_set_bit(t->intid, GIC_ICACTIVER);
	check(!irq_is_active(t->intid));
	this_cpu()->keep_active = false;
	this_cpu()->on_irq = NULL;
	irq_on();
	delay_ms(2);
	irq_off();
	check(this_cpu()->n_irqs <= 2); /* a trace of the old one may come */
	fires(timer);
	ci_write(CI_CTLR, 0);
}

#define BOTH(name)                    \
	static void virt_##name(void) \
	{                             \
		name(&timer_virt);    \
	}                             \
	static void phys_##name(void) \
	{                             \
		name(&timer_phys);    \
	}
BOTH(fires)
BOTH(fires_late)
BOTH(comes_again)
BOTH(masked)
BOTH(disabled_in_gic)
BOTH(never)
BOTH(many)
BOTH(disarmed_in_flight)
BOTH(cleared_in_flight)
BOTH(wfi_wakes)
BOTH(wfi_wakes_masked)
BOTH(split_end)
BOTH(ended_in_gic)

/* ---- together -------------------------------------------------------------------------------- */

static u32 n_of[2];

static void stop_either(u32 intid)
{
	const struct timer_regs *timer = intid == INTID_VTIMER ? &timer_virt : &timer_phys;

	n_of[intid == INTID_VTIMER]++;
	timer->set_cval(timer->now() + reg_read(cntfrq_el0) / 2000);
}

static void both_at_once(void)
{
	begin(&timer_phys);
	irq_enable(INTID_VTIMER);
	n_of[0] = n_of[1] = 0;
	this_cpu()->on_irq = stop_either;
	timer_virt.set_cval(0);
	timer_phys.set_cval(0);
	timer_virt.set_ctl(TIMER_ENABLE);
	timer_phys.set_ctl(TIMER_ENABLE);
	irq_on();
	check(WAIT_FOR(*(volatile u32 *)&n_of[0] >= 20 && *(volatile u32 *)&n_of[1] >= 20,
		       LONG_MS));
	irq_off();
	timer_virt.set_ctl(0);
	timer_phys.set_ctl(0);
}

static void counters_run(void)
{
	u64 virt = timer_virt.now(), phys = timer_phys.now();
	u64 n_back = 0;

	for (u32 i = 0; i < 20000; i++) {
		u64 v = timer_virt.now(), p = timer_phys.now();

		n_back += v < virt || p < phys;
		virt = v;
		phys = p;
	}
	check_eq(n_back, 0);
	check(reg_read(cntfrq_el0) > 0);
}

static void wfe_and_yield_return(void)
{
	for (u32 i = 0; i < 100; i++) {
		__asm__ volatile("sevl" ::: "memory");
		wait_event(); /* has its event: returns at once */
		__asm__ volatile("yield" ::: "memory");
	}
	/* Without an event it may wait for the event stream or an interrupt; one is due. */
	begin(&timer_virt);
	arm_in(1000);
	irq_on();
	while (this_cpu()->n_irqs < 1)
		wait_event();
	finish(1);
}

static const struct test tests[] = {
	{ "counters_run", counters_run },
	{ "virt_fires", virt_fires },
	{ "virt_fires_late", virt_fires_late },
	{ "virt_comes_again", virt_comes_again },
	{ "virt_masked", virt_masked },
	{ "virt_disabled_in_gic", virt_disabled_in_gic },
	{ "virt_never", virt_never },
	{ "virt_many", virt_many },
	{ "virt_disarmed_in_flight", virt_disarmed_in_flight },
	{ "virt_cleared_in_flight", virt_cleared_in_flight },
	{ "virt_wfi_wakes", virt_wfi_wakes },
	{ "virt_wfi_wakes_masked", virt_wfi_wakes_masked },
	{ "virt_split_end", virt_split_end },
	{ "virt_ended_in_gic", virt_ended_in_gic },
	{ "phys_fires", phys_fires },
	{ "phys_fires_late", phys_fires_late },
	{ "phys_comes_again", phys_comes_again },
	{ "phys_masked", phys_masked },
	{ "phys_disabled_in_gic", phys_disabled_in_gic },
	{ "phys_never", phys_never },
	{ "phys_many", phys_many },
	{ "phys_disarmed_in_flight", phys_disarmed_in_flight },
	{ "phys_cleared_in_flight", phys_cleared_in_flight },
	{ "phys_wfi_wakes", phys_wfi_wakes },
	{ "phys_wfi_wakes_masked", phys_wfi_wakes_masked },
	{ "phys_split_end", phys_split_end },
	{ "phys_ended_in_gic", phys_ended_in_gic },
	{ "both_at_once", both_at_once },
	{ "wfe_and_yield_return", wfe_and_yield_return },
};

const struct suite suite_timer = { "timer", tests, array_size(tests) };
