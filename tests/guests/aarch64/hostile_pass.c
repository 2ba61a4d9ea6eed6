/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Misdeeds with hardware that the VM was given: reaching for the registers beside it, and making the
 * host's interrupts a plague. They end with this guest.
 */
#include "hostile.h"

#include <machine/passed.h>

static u64 storm_end;

static void begin(void)
{
	irq_reset();
	rtc_quiet();
	irq_enable(INTID_RTC);
	storm_end = now() + ms_to_ticks(STORM_MS);
}

static bool goes_on(void)
{
	return now() < storm_end;
}

static void end(void)
{
	rtc_quiet();
	write32(RTC_BASE + RTC_IMSC, 0);
	irq_reset();
}

/* The other slots of the page, and of the pages around it; each by every width. */
static void pass_neighbours(void)
{
	for (u32 width = 1; width <= 8; width *= 2) {
		check_abort(TRAP_OF(read_width(SLOT_BASE - width, width)), EC_DABT,
			    SLOT_BASE - width);
		check_abort(TRAP_OF(write_width(SLOT_BASE + SLOT_SIZE, width, 0)), EC_DABT,
			    SLOT_BASE + SLOT_SIZE);
		check_abort(TRAP_OF(read_width(RTC_BASE - width, width)), EC_DABT,
			    RTC_BASE - width);
		check_abort(TRAP_OF(read_width(FW_CFG_BASE + FW_CFG_SIZE, width)), EC_DABT,
			    FW_CFG_BASE + FW_CFG_SIZE);
	}
	check_abort(TRAP_OF(read32(RTC_BASE + 0x1000)), EC_DABT, RTC_BASE + 0x1000);
	/* Where the host has them nothing is. */
	check_abort(TRAP_OF(read32(UINT64_C(0x09010000))), EC_DABT, UINT64_C(0x09010000));
	check_abort(TRAP_OF(read32(UINT64_C(0x0a000200))), EC_DABT, UINT64_C(0x0a000200));
	/* Across the end of the window, and by instructions that the CPU does not describe. */
	check(TRAP_OF(read64(SLOT_BASE + SLOT_SIZE - 4)).n == 1);
	check(TRAP_OF(write16(SLOT_BASE - 1, 0)).n == 1);
	check_harmless(TRAP_OF(__asm__ volatile("ldp x0, x1, [%0]" ::"r"(SLOT_BASE + SLOT_SIZE - 8)
						: "x0", "x1", "memory")),
		       "a pair across the end of the window");
	check_abort(TRAP_OF(call_at(RTC_BASE)), EC_IABT, RTC_BASE);
	check_eq(read32(SLOT_BASE), 0x74726976);
}

/* Every register of the window by every width, with nonsense; most of it the bus refuses. */
static void pass_window_storm(void)
{
	u64 state = 7;

	begin();
	while (goes_on()) {
		u64 r = random_next(&state);
		u32 width = 1u << (r & 3);
		u64 slot = SLOT_BASE + ((r >> 8) % SLOT_SIZE & ~(u64)(width - 1));
		u64 cfg = FW_CFG_BASE + ((r >> 8) % 16 & ~(u64)(width - 1));

		if (r & 16) /* not to its DMA address: that one reaches memory */
			write_width(r & 32 ? slot : FW_CFG_BASE + 8, r & 32 ? width : 1, r >> 20);
		else
			read_width(r & 32 ? slot : cfg, width);
	}
	check_eq(read32(SLOT_BASE), 0x74726976);
	end();
}

static void never(u32 intid)
{
	(void)intid;
	if (!goes_on())
		rtc_quiet();
}

/* A level whose cause nobody takes away: one interrupt after the other. */
static void pass_level_storm(void)
{
	begin();
	this_cpu()->on_irq = never;
	rtc_raise();
	irq_on();
	while (goes_on())
		;
	delay_ms(1);
	irq_off();
	check(this_cpu()->n_irqs > 10);
	end();
}

/* Acknowledged and never ended, or not even acknowledged; then a reset of the controller. */
static void pass_never_ended(void)
{
	begin();
	rtc_raise();
	while (goes_on())
		wait_event();
	check(WAIT_FOR(irq_ack() == INTID_RTC, LONG_MS));
	begin();
	while (goes_on())
		check_eq(irq_ack(), INTID_SPURIOUS);
	irq_end(INTID_RTC);
	end();
}

/* On and off, here and there, pending and active by hand, while it is up. */
static void pass_switch_storm(void)
{
	static const u32 reg[] = { GIC_ISENABLER, GIC_ICENABLER, GIC_ISPENDR,
				   GIC_ICPENDR,	  GIC_ISACTIVER, GIC_ICACTIVER };
	bool taken = false;
	u64 state = 11;

	begin();
	rtc_raise();
	while (goes_on()) {
		u64 r = random_next(&state);

		irq_set_bit(INTID_RTC, reg[r % array_size(reg)]);
		irq_route(INTID_RTC, r >> 8 & 3);
		if (r & 1 << 12)
			irq_set_edge(INTID_RTC);
		taken = taken || irq_ack() == INTID_RTC;
		if (taken && r & 1 << 13) {
			irq_end(INTID_RTC);
			taken = false;
		}
	}
	if (taken)
		irq_end(INTID_RTC);
	end();
	/* And it is heard as before. */
	begin();
	rtc_raise();
	check(WAIT_FOR(irq_ack() == INTID_RTC, LONG_MS));
	rtc_quiet();
	irq_end(INTID_RTC);
	end();
}

static const struct test modes[] = {
	{ "pass_neighbours", pass_neighbours },	    { "pass_window_storm", pass_window_storm },
	{ "pass_level_storm", pass_level_storm },   { "pass_never_ended", pass_never_ended },
	{ "pass_switch_storm", pass_switch_storm },
};

const struct modes modes_pass = { modes, array_size(modes) };
