/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Priority drop and deactivation apart (EOImode 1): many interrupts may be active at once, more
 * than list registers, and end in any order.
 */
#include "honest.h"

#define FIRST 40u
#define N     10u

static void begin(void)
{
	irq_reset();
	ci_write(CI_CTLR, ICC_CTLR_EOIMODE);
	check_eq(ci_read(CI_CTLR) & ICC_CTLR_EOIMODE, ICC_CTLR_EOIMODE);
}

static void end(void)
{
	ci_write(CI_CTLR, 0);
}

static void deactivate(u32 intid)
{
	ci_write(CI_DIR, intid);
}

/* End drops the priority; the interrupt stays active and does not come again until DIR. */
static void split(void)
{
	begin();
	irq_raise(FIRST, 0x60);
	check_eq(irq_ack(), FIRST);
	irq_end(FIRST);
	check_eq(ci_read(CI_RPR), RPR_IDLE);
	check(irq_is_active(FIRST));
	irq_pend(FIRST);
	check_eq(irq_ack(), INTID_SPURIOUS);
	deactivate(FIRST);
	check(!irq_is_active(FIRST));
	check_eq(irq_ack(), FIRST);
	irq_end(FIRST);
	deactivate(FIRST);
	check(!irq_is_active(FIRST) && !irq_is_pending(FIRST));
	end();
}

/* Acknowledge one and drop its priority; its bit, in order of INTIDs. */
static u64 take(void)
{
	u32 intid = irq_ack();

	check(intid >= FIRST && intid < FIRST + N);
	if (intid >= 1020)
		return 0;
	irq_end(intid);
	return BIT((intid - FIRST) % 64);
}

/* Others of the same priority come while one is active but dropped. */
static void take_all(void)
{
	u64 seen = 0;

	begin();
	for (u32 i = 0; i < N; i++)
		irq_raise(FIRST + i, 0x60);
	for (u32 i = 0; i < N; i++)
		seen |= take();
	check_eq(seen, bits_below(N));
	check_eq(irq_ack(), INTID_SPURIOUS);
	for (u32 i = 0; i < N; i++)
		check(irq_is_active(FIRST + i));
}

static void all_are_idle_again(void)
{
	u32 n_active = 0;
	u64 seen = 0;

	for (u32 i = 0; i < N; i++)
		n_active += irq_is_active(FIRST + i);
	check_eq(n_active, 0);
	/* and come once more, each */
	for (u32 i = 0; i < N; i++)
		irq_pend(FIRST + i);
	for (u32 i = 0; i < N; i++) {
		u64 bit = take();

		seen |= bit;
		if (bit)
			deactivate(FIRST + bit_lowest(bit));
	}
	check_eq(seen, bits_below(N));
	end();
}

static void many_active_first_to_last(void)
{
	take_all();
	for (u32 i = 0; i < N; i++)
		deactivate(FIRST + i);
	all_are_idle_again();
}

static void many_active_last_to_first(void)
{
	take_all();
	for (u32 i = N; i > 0; i--)
		deactivate(FIRST + i - 1);
	all_are_idle_again();
}

static void many_active_mixed(void)
{
	take_all();
	for (u32 i = 0; i < N; i++) {
		deactivate(FIRST + i * 7 % N);
		/* whatever else is done to the controller meanwhile */
		sgi_send(0, 1);
		check_eq(irq_ack(), 1);
		irq_end(1);
		deactivate(1);
	}
	all_are_idle_again();
}

/* Held ones do not keep new ones from coming. */
static void held_block_nobody(void)
{
	take_all();
	sgi_send(0, 2);
	check_eq(irq_ack(), 2);
	irq_end(2);
	deactivate(2);
	irq_raise(FIRST + N, 0xa0);
	check_eq(irq_ack(), FIRST + N);
	irq_end(FIRST + N);
	deactivate(FIRST + N);
	for (u32 i = 0; i < N; i++)
		irq_set_bit(FIRST + i, GIC_ICACTIVER); /* the distributor's way */
	all_are_idle_again();
}

static const struct test tests[] = {
	{ "split", split },
	{ "many_active_first_to_last", many_active_first_to_last },
	{ "many_active_last_to_first", many_active_last_to_first },
	{ "many_active_mixed", many_active_mixed },
	{ "held_block_nobody", held_block_nobody },
};

const struct suite suite_hold = { "hold", tests, array_size(tests) };
