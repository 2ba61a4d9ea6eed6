/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hardware of the host that the VM got: its registers where the VM file puts them, its interrupt
 * for as long as its cause is there, masked and routed by the guest's own controller.
 */
#include "honest.h"

#include <machine/passed.h>

static volatile u32 n_handled; /* by whichever vCPU: one at a time has it */

static void begin(void)
{
	irq_reset();
	n_handled = 0;
	rtc_quiet();
	irq_enable(INTID_RTC);
}

static void end(void)
{
	rtc_quiet();
	write32(RTC_BASE + RTC_IMSC, 0);
	irq_disable(INTID_RTC);
}

/* ---- windows --------------------------------------------------------------------------------- */

static void mapped(void)
{
	static const u8 id[] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
	u32 value = 0x5a5a0001;

	for (u32 i = 0; i < 8; i++)
		check_eq(read32(RTC_BASE + RTC_PERIPHID0 + 4 * i) & 0xff, id[i]);
	write32(RTC_BASE + RTC_MR, value);
	check_eq(read32(RTC_BASE + RTC_MR), value);
}

static void forwarded(void)
{
	check_eq(read32(SLOT_BASE), 0x74726976); /* "virt" */
	check_eq(read32(SLOT_BASE + 8), 0);	 /* nothing in it */
	/* Its selector: big-endian, 16 bits. Item 0 is "QEMU". */
	write16(FW_CFG_BASE + 8, 0);
	check_eq(read8(FW_CFG_BASE), 'Q');
	check_eq(read16(FW_CFG_BASE), 'E' | 'M' << 8);
	check_eq(read8(FW_CFG_BASE), 'U');
	write16(FW_CFG_BASE + 8, 0);
	check_eq(read32(FW_CFG_BASE), 'Q' | 'E' << 8 | 'M' << 16 | (u32)'U' << 24);
}

/* What the device on the host's bus does not take is zero to us, and no harm to anybody. */
static void refused_by_the_bus(void)
{
	struct trap t = TRAP_OF(check_eq(read16(FW_CFG_BASE + 8), 0));

	check_eq(t.n, 0);
	check_eq(TRAP_OF(write8(FW_CFG_BASE + 8, 1)).n, 0);
	write16(FW_CFG_BASE + 8, 0);
	check_eq(read8(FW_CFG_BASE), 'Q');
}

/* ---- the interrupt --------------------------------------------------------------------------- */

/* As long as the cause is there it comes again and again, and no longer. */
static void level(void)
{
	begin();
	check(!irq_is_pending(INTID_RTC));
	rtc_raise();
	for (u32 i = 0; i < 3; i++) {
		check(WAIT_FOR(irq_is_pending(INTID_RTC), LONG_MS));
		check_eq(irq_ack(), INTID_RTC);
		check(irq_is_active(INTID_RTC));
		check_eq(irq_ack(), INTID_SPURIOUS);
		if (i == 2)
			rtc_quiet();
		irq_end(INTID_RTC);
	}
	delay_ms(1);
	check(!irq_is_pending(INTID_RTC) && !irq_is_active(INTID_RTC));
	check_eq(irq_ack(), INTID_SPURIOUS);
	end();
}

static void quiet(u32 intid)
{
	u32 n = n_handled + 1;

	check_eq(intid, INTID_RTC);
	if (n % 5 == 0)
		rtc_quiet();
	n_handled = n;
}

/* As exceptions: five for each time it is raised. */
static void handled(void)
{
	begin();
	this_cpu()->on_irq = quiet;
	irq_on();
	for (u32 i = 1; i <= 20; i++) {
		rtc_raise();
		check(WAIT_FOR(n_handled == 5 * i, LONG_MS));
	}
	delay_ms(1);
	irq_off();
	check_eq(n_handled, 100);
	end();
}

static void wakes_from_sleep(void)
{
	begin();
	check_eq(irq_ack(), INTID_SPURIOUS);
	write32(RTC_BASE + RTC_MR, read32(RTC_BASE + RTC_DR) + 1);
	write32(RTC_BASE + RTC_IMSC, 1);
	while (!irq_is_pending(INTID_RTC))
		wait_irq();
	check_eq(irq_ack(), INTID_RTC);
	rtc_quiet();
	irq_end(INTID_RTC);
	end();
}

static void masked(void)
{
	begin();
	irq_disable(INTID_RTC);
	rtc_raise();
	delay_ms(1);
	check_eq(irq_ack(), INTID_SPURIOUS);
	irq_enable(INTID_RTC);
	check(WAIT_FOR(irq_is_pending(INTID_RTC), LONG_MS));
	irq_disable(INTID_RTC); /* before it is taken */
	check_eq(irq_ack(), INTID_SPURIOUS);
	rtc_quiet();
	irq_enable(INTID_RTC);
	delay_ms(1);
	check_eq(irq_ack(), INTID_SPURIOUS); /* the cause has gone meanwhile */
	end();
}

/* As a system with handlers in threads does: mask, end; handle later; unmask. */
static void masked_while_active(void)
{
	begin();
	rtc_raise();
	for (u32 i = 0; i < 3; i++) {
		check(WAIT_FOR(irq_is_pending(INTID_RTC), LONG_MS));
		check_eq(irq_ack(), INTID_RTC);
		irq_disable(INTID_RTC);
		irq_end(INTID_RTC);
		check(!irq_is_active(INTID_RTC));
		delay_ms(1);
		check_eq(irq_ack(), INTID_SPURIOUS);
		if (i == 2)
			rtc_quiet();
		irq_enable(INTID_RTC);
	}
	delay_ms(1);
	check_eq(irq_ack(), INTID_SPURIOUS);
	end();
}

/* Priority drop and deactivation apart: it does not come before the latter. */
static void split_end(void)
{
	begin();
	ci_write(CI_CTLR, ICC_CTLR_EOIMODE);
	rtc_raise();
	check(WAIT_FOR(irq_is_pending(INTID_RTC), LONG_MS));
	check_eq(irq_ack(), INTID_RTC);
	irq_end(INTID_RTC);
	delay_ms(1);
	check_eq(irq_ack(), INTID_SPURIOUS);
	ci_write(CI_DIR, INTID_RTC);
	check(WAIT_FOR(irq_is_pending(INTID_RTC), LONG_MS));
	check_eq(irq_ack(), INTID_RTC);
	rtc_quiet();
	irq_end(INTID_RTC);
	ci_write(CI_DIR, INTID_RTC);
	ci_write(CI_CTLR, 0);
	end();
}

/* Deactivated in the distributor, as an operating system that takes over does. */
static void cleared(void)
{
	begin();
	rtc_raise();
	check(WAIT_FOR(irq_is_pending(INTID_RTC), LONG_MS));
	check_eq(irq_ack(), INTID_RTC);
	irq_set_bit(INTID_RTC, GIC_ICACTIVER);
	check(!irq_is_active(INTID_RTC));
	irq_end(INTID_RTC);
	check(WAIT_FOR(irq_is_pending(INTID_RTC), LONG_MS)); /* still up: once more */
	check_eq(irq_ack(), INTID_RTC);
	rtc_quiet();
	irq_end(INTID_RTC);
	delay_ms(1);
	check(!irq_is_pending(INTID_RTC));
	end();
}

/* ---- on two vCPUs ---------------------------------------------------------------------------- */

static volatile bool other_ready, other_stop;

static void other(u64 arg)
{
	(void)arg;
	this_cpu()->on_irq = quiet;
	irq_on();
	other_ready = true;
	while (!other_stop)
		wait_event();
	irq_off();
}

static void routed(void)
{
	u32 intid;

	begin();
	other_ready = other_stop = false;
	check_eq(cpu_start(1, other, 0), PSCI_OK);
	check(WAIT_FOR(other_ready, LONG_MS));
	irq_route(INTID_RTC, 1);
	for (u32 i = 1; i <= 4; i++) {
		rtc_raise();
		check(WAIT_FOR(n_handled == 5 * i, LONG_MS));
	}
	check_eq(irq_ack(), INTID_SPURIOUS);
	irq_route(INTID_RTC, 0);
	rtc_raise();
	/* It may still be ending over there. */
	check(WAIT_FOR((intid = irq_ack()) == INTID_RTC, LONG_MS));
	rtc_quiet();
	irq_end(INTID_RTC);
	check_eq(n_handled, 20);
	other_stop = true;
	sync_all();
	__asm__ volatile("sev" ::: "memory");
	check(cpu_join(1));
	end();
}

/* Pending at a vCPU that does not take it: comes to the one it is routed to then. */
static void moved_while_pending(void)
{
	begin();
	other_ready = other_stop = false;
	rtc_raise();
	check(WAIT_FOR(irq_is_pending(INTID_RTC), LONG_MS));
	check_eq(cpu_start(1, other, 0), PSCI_OK);
	check(WAIT_FOR(other_ready, LONG_MS));
	irq_route(INTID_RTC, 1);
	check(WAIT_FOR(n_handled == 5, LONG_MS));
	irq_route(INTID_RTC, 0);
	other_stop = true;
	sync_all();
	__asm__ volatile("sev" ::: "memory");
	check(cpu_join(1));
	end();
}

static const struct test tests[] = {
	{ "mapped", mapped },
	{ "forwarded", forwarded },
	{ "refused_by_the_bus", refused_by_the_bus },
	{ "level", level },
	{ "handled", handled },
	{ "wakes_from_sleep", wakes_from_sleep },
	{ "masked", masked },
	{ "masked_while_active", masked_while_active },
	{ "split_end", split_end },
	{ "cleared", cleared },
	{ "routed", routed },
	{ "moved_while_pending", moved_while_pending },
};

const struct suite suite_pass = { "pass", tests, array_size(tests) };
