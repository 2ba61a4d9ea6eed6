/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts rounds of a loop from one time of the counter to another, so that guests of one CPU can
 * compare what they got: all see the same counter, and a round is always as many instructions. Or,
 * with again=1, restarts as soon as it is there, until there is a key.
 */
#include <machine/machine.h>

#define DEFAULT_FROM_MS 1000
#define DEFAULT_FOR_MS	1000
#define CHUNK		256 /* rounds between two looks at the counter */

/* The instructions of a round, the same ones in every guest. */
static void work(u64 rounds)
{
	__asm__ volatile("1:\tsubs %0, %0, #1\n\tnop\n\tnop\n\tb.ne 1b" : "+r"(rounds)::"cc");
}

static u64 count(u64 from, u64 to)
{
	u64 n = 0;

	while (now() < from)
		;
	for (; now() < to; n++)
		work(CHUNK);
	return n;
}

static void restart_or_end(void)
{
	char c;

	if (uart_get(&c))
		power_off();
	hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
}

void guest_main(void)
{
	u64 from = ms_to_ticks(arg_u64("from", DEFAULT_FROM_MS));
	u64 n;

	if (arg_u64("again", 0))
		restart_or_end();
	n = count(from, from + ms_to_ticks(arg_u64("for", DEFAULT_FOR_MS)));
	say("counted %llu;", (unsigned long long)n);
	key_wait();
	power_off();
}
