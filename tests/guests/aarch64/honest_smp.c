/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts between two vCPUs, and SPIs that are sent from one to the other. vCPU 1 is a servant:
 * it does what `order` says and counts.
 */
#include "honest.h"

#define SPI  50u
#define CALL 15u /* the SGI that fetches vCPU 1 from its sleep */

enum order {
	REST,	/* wait with interrupts on */
	MASKED, /* spin with interrupts masked */
	ASLEEP, /* wait for an interrupt with interrupts masked */
	LEAVE,
};

static volatile enum order order, obeyed;

static void serve(u64 arg)
{
	(void)arg;
	while (order != LEAVE) {
		enum order now_do = order;

		obeyed = now_do;
		if (now_do == REST) {
			irq_on();
			wait_irq();
			irq_off();
		} else if (now_do == ASLEEP) {
			irq_unpend(CALL); /* what called it here must not keep it awake */
			wait_irq();
		} else {
			wait_event();
		}
	}
	irq_off();
}

static void command(enum order what)
{
	order = what;
	sync_all();
	__asm__ volatile("sev" ::: "memory");
	check(WAIT_FOR((sgi_send(1, CALL), obeyed == what), LONG_MS));
}

static void begin(void)
{
	irq_reset();
	order = REST;
	obeyed = LEAVE;
	check_eq(cpu_start(1, serve, 0), PSCI_OK);
	check(WAIT_FOR(obeyed == REST, LONG_MS));
}

/* One call is not enough: the servant may take it just before it goes to sleep. */
static void finish(void)
{
	order = LEAVE;
	sync_all();
	__asm__ volatile("sev" ::: "memory");
	check(WAIT_FOR((sgi_send(1, CALL), cpu_is_off(1)), LONG_MS));
}

/* Interrupts of vCPU 1 but those of command(). */
static u32 n_taken(u32 intid)
{
	const volatile struct cpu *c = &cpus[1];
	u32 n = 0;

	for (u32 i = 0; i < c->n_irqs && i < IRQ_NOTES; i++)
		n += c->note[i].intid == intid;
	return n;
}

static void sgis(void)
{
	begin();
	for (u32 i = 0; i < 15; i++) {
		sgi_send(1, i);
		check(WAIT_FOR(n_taken(i) == 1, LONG_MS));
	}
	for (u32 i = 0; i < 15; i++)
		check_eq(n_taken(i), 1);
	check_eq(this_cpu()->n_irqs, 0);
	finish();
}

static void sgi_to_all_others(void)
{
	begin();
	irq_on();
	sgi_send_others(4);
	check(WAIT_FOR(n_taken(4) == 1, LONG_MS));
	delay_ms(1);
	irq_off();
	check_eq(this_cpu()->n_irqs, 0);
	/* To oneself and the other by list. */
	sgi_send_list(3, 6);
	check(WAIT_FOR(n_taken(6) == 1, LONG_MS));
	check_eq(irq_ack(), 6);
	irq_end(6);
	/* To nobody: another cluster, no bits, a vCPU that is not there. */
	sgi_send_list(0, 7);
	sgi_send_list(0xfff0, 7);
	if (!is_gicv2()) {
		reg_write(ICC_SGI1R, 7ull << 24 | BIT(16) | 3);
		reg_write(ICC_SGI0R, 7ull << 24 | 3); /* it is of group 1 */
	}
	delay_ms(2);
	check_eq(n_taken(7), 0);
	check_eq(irq_ack(), INTID_SPURIOUS);
	finish();
}

#define ROUNDS 500u

static void answer(u32 intid)
{
	if (intid == 1)
		sgi_send(0, 2);
}

/* There and back: nothing is lost, nothing comes twice. */
static void ping_pong(void)
{
	u32 n = 0;

	begin();
	cpus[1].on_irq = answer;
	for (; n < ROUNDS; n++) {
		sgi_send(1, 1);
		if (!check(WAIT_FOR(irq_ack() == 2, LONG_MS)))
			break;
		irq_end(2);
	}
	check_eq(n, ROUNDS);
	check_eq(n_taken(1), MIN(ROUNDS, IRQ_NOTES));
	check_eq(irq_ack(), INTID_SPURIOUS);
	finish();
}

static void spi_to_other(void)
{
	begin();
	irq_route(SPI, 1);
	irq_on();
	irq_raise(SPI, 0x60);
	check(WAIT_FOR(n_taken(SPI) == 1, LONG_MS));
	irq_off();
	check_eq(this_cpu()->n_irqs, 0);
	irq_route(SPI, 0);
	irq_pend(SPI);
	check(WAIT_FOR(irq_ack() == SPI, LONG_MS)); /* when the other has ended it */
	irq_end(SPI);
	check_eq(n_taken(SPI), 1);
	finish();
}

/* Pending here, masked; then it is the other's. */
static void rerouted_away(void)
{
	begin();
	irq_raise(SPI, 0x60);
	check(irq_is_pending(SPI));
	irq_route(SPI, 1);
	check(WAIT_FOR(n_taken(SPI) == 1, LONG_MS));
	check_eq(irq_ack(), INTID_SPURIOUS);
	finish();
}

/* Pending at the other, which has interrupts masked or sleeps; then it is ours. */
static void fetched_back(enum order state)
{
	begin();
	irq_route(SPI, 1);
	command(state);
	irq_raise(SPI, 0x60);
	check(irq_is_pending(SPI));
	irq_route(SPI, 0);
	check(WAIT_FOR(irq_ack() == SPI, LONG_MS));
	irq_end(SPI);
	command(REST);
	delay_ms(1);
	check_eq(n_taken(SPI), 0);
	finish();
}

static void fetched_from_masked(void)
{
	fetched_back(MASKED);
}

static void fetched_from_asleep(void)
{
	fetched_back(ASLEEP);
}

/* Taken away while it waits at the other's CPU. */
static void withdrawn_from_other(void)
{
	begin();
	irq_route(SPI, 1);
	irq_route(SPI + 1, 1);
	command(MASKED);
	irq_raise(SPI, 0x60);
	irq_raise(SPI + 1, 0x60);
	check(irq_is_pending(SPI));
	delay_ms(1);
	irq_disable(SPI);
	irq_unpend(SPI + 1);
	delay_ms(1);
	command(REST);
	delay_ms(1);
	check_eq(n_taken(SPI), 0);
	check_eq(n_taken(SPI + 1), 0);
	irq_enable(SPI);
	check(WAIT_FOR(n_taken(SPI) == 1, LONG_MS));
	finish();
}

static void sleeper_wakes(void)
{
	begin();
	for (u32 i = 0; i < 20; i++) {
		command(REST);
		delay_ms(1); /* it sleeps by now */
		sgi_send(1, 9);
		check(WAIT_FOR(n_taken(9) == i + 1, LONG_MS));
	}
	finish();
}

/* An interrupt for a vCPU that is off stays pending until it is on and wants it. */
static volatile u32 found;

static void look(u64 arg)
{
	(void)arg;
	found = irq_ack();
	if (found < 1020)
		irq_end(found);
}

static void pending_while_off(void)
{
	irq_reset();
	found = 0;
	irq_route(SPI, 1);
	irq_raise(SPI, 0x60);
	delay_ms(1);
	check_eq(cpu_start(1, look, 0), PSCI_OK);
	check(cpu_join(1));
	check_eq(found, SPI);
}

static const struct test tests[] = {
	{ "sgis", sgis },
	{ "sgi_to_all_others", sgi_to_all_others },
	{ "ping_pong", ping_pong },
	{ "spi_to_other", spi_to_other },
	{ "rerouted_away", rerouted_away },
	{ "fetched_from_masked", fetched_from_masked },
	{ "fetched_from_asleep", fetched_from_asleep },
	{ "withdrawn_from_other", withdrawn_from_other },
	{ "sleeper_wakes", sleeper_wakes },
	{ "pending_while_off", pending_while_off },
};

const struct suite suite_smp = { "smp", tests, array_size(tests) };
