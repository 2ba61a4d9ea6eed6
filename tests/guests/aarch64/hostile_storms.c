/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Much of something for half a second, from both vCPUs where that helps. The guest then works as
 * before; what its neighbour felt of it, that one tells.
 */
#include "hostile.h"

static volatile u32 storm_over, n_helper;
static u64 storm_end;

static void begin(void)
{
	storm_over = 0;
	n_helper = 0;
	storm_end = now() + ms_to_ticks(STORM_MS);
}

static bool goes_on(void)
{
	return now() < storm_end;
}

static void finish(void)
{
	storm_over = 1;
	sync_all();
	__asm__ volatile("sev" ::: "memory");
	check(WAIT_FOR((sgi_send(1, 8), hvc(PSCI_AFFINITY_INFO, 1, 0, 0) == 1), LONG_MS));
	irq_reset();
}

/* Still a controller that gives one interrupt for one. */
static void works_as_before(void)
{
	irq_reset();
	irq_raise(44, 0x50);
	check_eq(irq_ack(), 44);
	irq_end(44);
	check_eq(irq_ack(), INTID_SPURIOUS);
	sgi_send(0, 4);
	check_eq(irq_ack(), 4);
	irq_end(4);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void sgis_to_all(u64 arg)
{
	(void)arg;
	irq_on();
	while (!storm_over) {
		for (u64 i = 0; i < 16; i++) {
			sgi_send_list(0xffff, (u32)i);
			sgi_send_others((u32)i);
			if (!is_gicv2())
				reg_write(ICC_ASGI1R, i << 24 | 0xffff);
		}
		n_helper = n_helper + 1;
	}
	irq_off();
}

static void sgi_storm(void)
{
	u32 n_rounds = 0;

	begin();
	check_eq(cpu_start(1, sgis_to_all, 0), PSCI_OK);
	irq_on();
	while (goes_on()) {
		n_rounds++;
		for (u64 i = 0; i < 16; i++)
			sgi_send_list(0xffff, (u32)i);
	}
	irq_off();
	check_at(
		this_cpu()->n_irqs > 10, __FILE_NAME__, __LINE__,
		"only %u SGIs came, rpr 0x%llx pmr 0x%llx hppir %llu pend 0x%x act 0x%x rounds %u ",
		this_cpu()->n_irqs, (unsigned long long)ci_read(CI_RPR),
		(unsigned long long)ci_read(CI_PMR), (unsigned long long)ci_read(CI_HPPIR1),
		read32(irq_private_base(0) + GIC_ISPENDR),
		read32(irq_private_base(0) + GIC_ISACTIVER), n_rounds);
	finish();
	works_as_before();
}

/* Nothing but interrupts is executed, so the handler has to see the end. */
static void until_the_end(u32 intid)
{
	(void)intid;
	if (goes_on())
		return;
	timer_virt.set_ctl(0);
	timer_phys.set_ctl(0);
	write32(UART_BASE + UART_IMSC, 0);
}

/* A deadline in the past, and nobody who stops the timer: interrupts without end. */
static void timer_storm(void)
{
	begin();
	this_cpu()->on_irq = until_the_end;
	irq_enable(INTID_VTIMER);
	irq_enable(INTID_PTIMER);
	timer_virt.set_cval(0);
	timer_phys.set_cval(0);
	timer_virt.set_ctl(TIMER_ENABLE);
	timer_phys.set_ctl(TIMER_ENABLE);
	irq_on();
	while (goes_on())
		;
	irq_off();
	check(this_cpu()->n_irqs > 10);
	works_as_before();
}

/* Acknowledged and never ended; or not even acknowledged. */
static void timer_never_ended(void)
{
	begin();
	irq_enable(INTID_VTIMER);
	timer_virt.set_cval(0);
	timer_virt.set_ctl(TIMER_ENABLE);
	while (goes_on())
		wait_irq();
	check_eq(irq_ack(), INTID_VTIMER);
	begin();
	while (goes_on())
		timer_virt.set_cval(now() - 1);
	timer_virt.set_ctl(0);
	irq_end(INTID_VTIMER);
	works_as_before();
}

static void level_storm(void)
{
	begin();
	this_cpu()->on_irq = until_the_end;
	irq_enable(INTID_UART);
	write32(UART_BASE + UART_IMSC, UART_INT_TX);
	write32(UART_BASE + UART_DR, '\r');
	irq_on();
	while (goes_on())
		;
	irq_off();
	check(this_cpu()->n_irqs > 10);
	works_as_before();
}

/* A level that is up, and nobody who takes it: it does not let the guest sleep, nor us work. */
static void level_never_taken(void)
{
	u32 n = 0;

	begin();
	irq_enable(INTID_UART);
	write32(UART_BASE + UART_IMSC, UART_INT_TX);
	write32(UART_BASE + UART_DR, '\r');
	for (; goes_on(); n++)
		wait_irq();
	write32(UART_BASE + UART_IMSC, 0);
	check(n > 10);
	works_as_before();
}

/* Acknowledged and dropped at once, never deactivated; and ends of what never was. */
static void ends_of_nothing(void)
{
	u64 seed = now() | 1;

	begin();
	while (goes_on()) {
		ci_write(CI_EOIR1, random_next(&seed));
		ci_write(CI_EOIR1, random_next(&seed) % 1024);
		ci_write(CI_EOIR0, random_next(&seed) % 1024);
		ci_write(CI_DIR, random_next(&seed));
		ci_write(CI_CTLR, random_next(&seed) & ICC_CTLR_EOIMODE);
	}
	ci_write(CI_CTLR, 0);
	works_as_before();
}

/* Each set and way of caches that are everybody's. */
static void set_way_storm(void)
{
	u64 set_way = 0;

	begin();
	while (goes_on()) {
		__asm__ volatile("dc isw, %0\n\tdc csw, %0\n\tdc cisw, %0" ::"r"(set_way)
				 : "memory");
		set_way = (set_way + 0x10000040) & 0xfffffffe;
	}
}

static void faults_below(u64 arg)
{
	(void)arg;
	while (!storm_over) {
		trap_begin();
		read64(NOWHERE + n_helper % 512 * 8);
		__asm__ volatile("ldp x0, x1, [%0]" ::"r"(NOWHERE) : "x0", "x1", "memory");
		trap_end();
		n_helper = n_helper + 1;
	}
}

/* Nothing but faults, from both vCPUs. */
static void fault_storm(void)
{
	begin();
	check_eq(cpu_start(1, faults_below, 0), PSCI_OK);
	while (goes_on())
		check_eq(TRAP_OF(write32(NOWHERE, 1)).n, 1);
	check(n_helper > 10);
	finish();
}

/* All lines pending and active, in both vCPUs' hands, never to be ended. */
static void all_active(void)
{
	u32 n = MIN(irq_lines(), 1020u);

	begin();
	ci_write(CI_CTLR, ICC_CTLR_EOIMODE);
	for (u32 i = FIRST_SPI; i < n; i++)
		irq_raise(i, i & 0xf8);
	irq_on();
	this_cpu()->keep_active = true;
	check(WAIT_FOR(this_cpu()->n_irqs > 0, LONG_MS));
	while (goes_on()) {
		for (u32 i = FIRST_SPI; i < n; i += 7)
			irq_pend(i);
	}
	irq_off();
	ci_write(CI_CTLR, 0);
	works_as_before();
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void waits(u64 arg)
{
	while (!storm_over) {
		if (arg)
			wait_event();
		else
			__asm__ volatile("yield\n\twfe\n\tsev" ::: "memory");
	}
}

static void wait_storm(void)
{
	begin();
	check_eq(cpu_start(1, waits, 1), PSCI_OK);
	/* Something is always pending, so it never sleeps. */
	irq_raise(44, 0x50);
	while (goes_on()) {
		wait_irq();
		wait_event();
		__asm__ volatile("sev" ::: "memory");
	}
	finish();
	works_as_before();
}

/* Asleep until an interrupt is pending, which is taken only then: none is missed. */
static void sleep_once(void)
{
	wait_irq();
	irq_on();
	sync_all();
	irq_off();
}

/* Sleep and be woken by the other, thousands of times. */
static void wakes(u64 arg)
{
	(void)arg;
	while (!storm_over) {
		sgi_send(0, 5);
		sleep_once();
		n_helper = n_helper + 1;
	}
}

static void wake_storm(void)
{
	begin();
	check_eq(cpu_start(1, wakes, 0), PSCI_OK);
	while (goes_on()) {
		sgi_send(1, 6);
		sleep_once();
	}
	check(n_helper > 10);
	finish();
	works_as_before();
}

/* ---- devices --------------------------------------------------------------------------------- */

static void uart_storm(void)
{
	begin();
	while (goes_on()) {
		for (char c = 'a'; c <= 'z'; c++)
			uart_put(c);
		uart_put('\n');
	}
	say("|");
}

static void gic_writes(u64 arg)
{
	u64 seed = now() | 1;

	(void)arg;
	while (!storm_over) {
		u64 off = random_next(&seed) % 0x8000 & ~3ull;
		u64 gic2 = is_gicv2() ? GICC_BASE + (off & 1) * GICC_DIR :
					GICR_BASE + (random_next(&seed) & 3) * 0x10000;
		u64 page = random_next(&seed) & 1 ? GICD_BASE : gic2;

		write32(page + off % 0x1000, (u32)random_next(&seed));
		if (!is_gicv2())
			write64(GICD_BASE + GICD_IROUTER + off % 0x2000 / 8 * 8,
				random_next(&seed) & 3);
		if (random_next(&seed) % 64 == 0)
			irq_ack();
	}
}

/* Both vCPUs write all over the controller while interrupts are taken and ended. */
static void gic_storm(void)
{
	u64 seed = now() | 1;

	begin();
	check_eq(cpu_start(1, gic_writes, 0), PSCI_OK);
	while (goes_on()) {
		u64 off = random_next(&seed) % 0x1000 & ~3ull;
		u32 intid;

		write32(GICD_BASE + off, (u32)random_next(&seed));
		write32(irq_private_base(0) + off, (u32)random_next(&seed));
		ci_write(CI_PMR, random_next(&seed));
		intid = irq_ack();
		if (random_next(&seed) & 1)
			irq_end(intid);
		if (random_next(&seed) % 16 == 0)
			irq_end((u32)random_next(&seed) % 1024);
		if (random_next(&seed) % 16 == 0)
			ci_write(CI_DIR, random_next(&seed) % 1024);
		if (random_next(&seed) % 256 == 0)
			ci_write(CI_CTLR, random_next(&seed) & 2);
		ci_write(CI_IGRPEN0, random_next(&seed) & 1);
		ci_write(CI_IGRPEN1, random_next(&seed) & 1);
	}
	ci_write(CI_CTLR, 0);
	storm_over = 1;
	irq_reset();
	check(WAIT_FOR(hvc(PSCI_AFFINITY_INFO, 1, 0, 0) == 1, LONG_MS));
	/* Priorities that are still active fall one by one, whatever interrupt is named. */
	for (u32 i = 0; i < 256 && ci_read(CI_RPR) != RPR_IDLE; i++) {
		ci_write(CI_EOIR1, 1019 - i);
		ci_write(CI_EOIR0, 1019 - i);
	}
	irq_reset();
	check_eq(irq_lines() >= 64, 1);
}

/* Every access is another window. */
static void device_storm(void)
{
	u64 seed = now() | 1;
	u32 n = 0;

	begin();
	while (goes_on()) {
		read32(UART_BASE + UART_FR);
		read32(GICD_BASE + GICD_TYPER);
		read32(irq_private_base(0) + GIC_ISENABLER);
		write32(UART_BASE + 0x24 + (random_next(&seed) & 3) * 4 % 12,
			(u32)random_next(&seed));
		n++;
	}
	write32(UART_BASE + 0x30, 0x301); /* receiver and transmitter on, no loop-back */
	write32(UART_BASE + 0x2c, 0x70);
	check(n > 10);
}

/* ---- vCPUs ----------------------------------------------------------------------------------- */

static void nothing(u64 arg)
{
	n_helper = n_helper + 1;
	(void)arg;
}

static void on_off_storm(void)
{
	begin();
	while (goes_on()) {
		s64 r = (s64)cpu_start(1, nothing, 0);

		check(r == PSCI_OK || r == PSCI_ALREADY_ON || r == PSCI_ON_PENDING);
		hvc(PSCI_CPU_ON, 0, (u64)secondary_entry, 0);
		sgi_send(1, 3);
	}
	check(n_helper > 3);
	check(cpu_join(1));
	works_as_before();
}

static void call_storm(void)
{
	u32 n = 0;

	begin();
	for (; goes_on(); n++) {
		hvc(PSCI_VERSION, 0, 0, 0);
		smc(PSCI_AFFINITY_INFO, 1, 0, 0);
		hvc(0xc6000000 + n % 4096, n, n, n);
		reg_read(id_aa64pfr0_el1);
	}
	check(n > 10);
}

static void flushes(u64 arg)
{
	(void)arg;
	while (!storm_over)
		__asm__ volatile("tlbi vmalle1is\n\tdsb ish\n\tic ialluis\n\tdsb ish\n\tisb" ::
					 : "memory");
}

static void flush_storm(void)
{
	begin();
	check_eq(cpu_start(1, flushes, 0), PSCI_OK);
	while (goes_on())
		__asm__ volatile("tlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	finish();
}

static void spins(u64 arg)
{
	(void)arg;
	while (!storm_over)
		;
}

/* Interrupts masked, no exit at all. */
static void spin_masked(void)
{
	begin();
	check_eq(cpu_start(1, spins, 0), PSCI_OK);
	while (goes_on())
		;
	finish();
	works_as_before();
}

static const struct test modes[] = {
	{ "sgi_storm", sgi_storm },
	{ "timer_storm", timer_storm },
	{ "timer_never_ended", timer_never_ended },
	{ "level_storm", level_storm },
	{ "all_active", all_active },
	{ "level_never_taken", level_never_taken },
	{ "ends_of_nothing", ends_of_nothing },
	{ "set_way_storm", set_way_storm },
	{ "fault_storm", fault_storm },
	{ "wait_storm", wait_storm },
	{ "wake_storm", wake_storm },
	{ "uart_storm", uart_storm },
	{ "gic_storm", gic_storm },
	{ "device_storm", device_storm },
	{ "on_off_storm", on_off_storm },
	{ "call_storm", call_storm },
	{ "flush_storm", flush_storm },
	{ "spin_masked", spin_masked },
};

const struct modes modes_storms = { modes, array_size(modes) };
