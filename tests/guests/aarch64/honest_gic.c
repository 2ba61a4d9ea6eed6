/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers of the GICv3, and its state machine stepped by hand: interrupts stay masked in
 * PSTATE, acknowledge and end are written out.
 */
#include "honest.h"

static u32 gicd(u32 off)
{
	return read32(GICD_BASE + off);
}

/* One page, four bytes of identification; SGIs are not routed but have senders. */
static void distributor_v2(void)
{
	u32 typer = gicd(GICD_TYPER);

	check_eq(typer >> 5 & 7, n_cpus() - 1);
	check_eq(typer >> 10 & 1, 0); /* no Security Extensions */
	check_eq(gicd(GICD_CTLR), GICD_CTLR_GRP1);
	check_eq(gicd(0xfe8) >> 4 & 0xf, 2);
	check_eq(gicd(0xff0), 0x0d);
	check_eq(gicd(0xffc), 0xb1);
	write32(GICD_BASE + GICD_TYPER, 0);
	check_eq(gicd(GICD_TYPER), typer);
	check_eq(gicd(GICD_SGIR), 0);
	/* Who reads its own targets reads who it is, where there is more than one. */
	check_eq(gicd(GICD_ITARGETSR), n_cpus() == 1 ? 0 : 0x01010101);
	write8(GICD_BASE + GICD_SPENDSGIR + 3, 1);
	check_eq(read32(GICD_BASE + GICD_CPENDSGIR), 1u << 24);
	check(irq_is_pending(3));
	write32(GICD_BASE + GIC_ICPENDR, UINT32_MAX); /* not for SGIs */
	check(irq_is_pending(3));
	write8(GICD_BASE + GICD_CPENDSGIR + 3, 1);
	check(!irq_is_pending(3));
}

/* An SGI from two senders comes twice; here one of them is only said to have sent it. */
static void senders_v2(void)
{
	u32 first, second;

	if (!is_gicv2() || n_cpus() < 2)
		return;
	irq_reset();
	write8(GICD_BASE + GICD_SPENDSGIR + 5, 3);
	check_eq(irq_ack(), 5);
	first = this_cpu()->sgi_taken[5] >> 10;
	check_eq(irq_ack(), INTID_SPURIOUS);
	irq_end(5);
	check_eq(irq_ack(), 5);
	second = this_cpu()->sgi_taken[5] >> 10;
	irq_end(5);
	check_eq(1u << first | 1u << second, 3);
	check_eq(irq_ack(), INTID_SPURIOUS);
}

static u32 gicr(u32 cpu, u32 off)
{
	return read32(GICR_BASE + cpu * GICR_STRIDE + off);
}

/* ---- registers ------------------------------------------------------------------------------- */

static void distributor(void)
{
	u32 typer = gicd(GICD_TYPER);

	irq_reset();
	check(irq_lines() >= 64 && irq_lines() <= 1024);
	if (is_gicv2()) {
		distributor_v2();
		return;
	}
	check_eq(typer >> 10 & 1, 0);		     /* one security state */
	check_eq(typer >> 16 & 1, 0);		     /* no message-based SPIs */
	check_eq(typer >> 17 & 1, 0);		     /* no LPIs */
	check_eq((typer >> 19 & 0x1f) + 1 >= 10, 1); /* INTID bits */
	check_eq(gicd(GICD_CTLR), GICD_CTLR_ARE | GICD_CTLR_DS | GICD_CTLR_GRP1);
	check_eq(gicd(GIC_PIDR2) >> 4 & 0xf, 3);
	check_eq(gicd(0xfff0), 0x0d);
	check_eq(gicd(0xfff4), 0xf0);
	check_eq(gicd(0xfff8), 0x05);
	check_eq(gicd(0xfffc), 0xb1);
}

static void redistributors(void)
{
	u32 n = n_cpus();

	for (u32 i = 0; i < n && !is_gicv2(); i++) {
		u64 typer = read64(GICR_BASE + i * GICR_STRIDE + GICR_TYPER);

		check_eq(typer >> 32, i);	      /* affinity */
		check_eq(typer >> 8 & 0xffff, i);     /* processor number */
		check_eq(typer >> 4 & 1, i == n - 1); /* last */
		check_eq(typer & 3, 0);		      /* no LPIs */
		check_eq(gicr(i, GICR_TYPER), (u32)typer);
		check_eq(gicr(i, GIC_PIDR2) >> 4 & 0xf, 3);
		check_eq(gicr(i, 0xfffc), 0xb1);
	}
	check_eq(is_gicv2() ? 0 : gicr(0, GICR_WAKER) & 6, 0);
}

/* Affinity routing: private interrupts are not in the distributor; the rest was never there. */
static void distributor_reserved(void)
{
	static const u32 offs[] = {
		0x0010, 0x0014, 0x0020, 0x0040, 0x0048, 0x0080, 0x0100, 0x0180,
		0x0200, 0x0280, 0x0300, 0x0380, 0x0400, 0x041c, 0x0800, 0x0820,
		0x0c00, 0x0c04, 0x0d00, 0x0e00, 0x0f00, 0x0f10, 0x0f20, 0x1000,
		0x5ffc, 0x6000, 0x60fc, 0x7fe0, 0x8000, 0xc000, 0xffcc,
	};

	if (is_gicv2())
		return;
	for (u32 i = 0; i < array_size(offs); i++) {
		write32(GICD_BASE + offs[i], UINT32_MAX);
		check_at(gicd(offs[i]) == 0, __FILE_NAME__, __LINE__, "GICD+0x%x is 0x%x", offs[i],
			 gicd(offs[i]));
	}
	/* Identification cannot be written. */
	write32(GICD_BASE + GICD_TYPER, 0);
	check(irq_lines() >= 64);
	check_eq(gicd(GICD_CTLR), GICD_CTLR_ARE | GICD_CTLR_DS | GICD_CTLR_GRP1);
}

/* Bits of interrupts beyond the last line do not stick. */
static void beyond_last_line(void)
{
	u32 n = irq_lines();

	if (n >= 1020)
		return;
	write32(GICD_BASE + GIC_ISENABLER + n / 8, UINT32_MAX);
	check_eq(gicd(GIC_ISENABLER + n / 8), 0);
	write32(GICD_BASE + GIC_IPRIORITYR + n, UINT32_MAX);
	check_eq(gicd(GIC_IPRIORITYR + n), 0);
	irq_route(n, 1);
	check_eq(irq_routed(n), 0);
}

static void fields(void)
{
	irq_reset();
	irq_enable(40);
	check_eq(gicd(GIC_ISENABLER + 4), 1u << 8);
	check_eq(gicd(GIC_ICENABLER + 4), 1u << 8);
	irq_disable(40);
	check_eq(gicd(GIC_ISENABLER + 4), 0);
	/* At least 16 levels of priority; what is not implemented reads as zero (4.8). */
	write32(GICD_BASE + GIC_IPRIORITYR + 40, UINT32_MAX);
	check_eq(gicd(GIC_IPRIORITYR + 40) & 0xf0f0f0f0, 0xf0f0f0f0);
	write8(GICD_BASE + GIC_IPRIORITYR + 41, 0x50);
	check_eq(read8(GICD_BASE + GIC_IPRIORITYR + 41), 0x50);
	check_eq(read8(GICD_BASE + GIC_IPRIORITYR + 40) & 0xf0, 0xf0);
	write32(GICD_BASE + GIC_ICFGR + 8, UINT32_MAX);
	check_eq(gicd(GIC_ICFGR + 8) & 0xaaaaaaaa, 0xaaaaaaaa);
	irq_route(40, 1);
	check_eq(irq_routed(40), !is_gicv2() ? 1 : n_cpus() == 1 ? 0 : 2);
	irq_reset();
}

static void private_fields(void)
{
	u64 sgi = irq_private_base(0);

	check_eq(read32(sgi + GIC_ICFGR) & 0xaaaaaaaa, 0xaaaaaaaa); /* SGIs are edges */
	write32(sgi + GIC_ICFGR, 0);
	check_eq(read32(sgi + GIC_ICFGR) & 0xaaaaaaaa, 0xaaaaaaaa);
	irq_enable(20);
	check(irq_bit(20, GIC_ICENABLER));
	irq_disable(20);
	check(!irq_bit(20, GIC_ISENABLER));
	irq_set_prio(20, 0x40);
	check_eq(read8(sgi + GIC_IPRIORITYR + 20), 0x40);
	irq_set_prio(20, 0xa0);
}

static void cpu_interface(void)
{
	u64 ctlr = ci_read(CI_CTLR);

	if (!is_gicv2())
		check_eq(reg_read(ICC_SRE) & 1, 1);
	check(field_get(BITS(10, 8), ctlr) >= 3); /* priority bits - 1 */
	ci_write(CI_PMR, 0x80);
	check_eq(ci_read(CI_PMR), 0x80);
	ci_write(CI_PMR, 0xff);
	check_eq(ci_read(CI_PMR) & 0xf0, 0xf0);
	check_eq(ci_read(CI_RPR), RPR_IDLE);
	check_eq(ci_read(CI_HPPIR1), INTID_SPURIOUS);
	check_eq(irq_ack(), INTID_SPURIOUS);
	ci_write(CI_BPR1, 7);
	check_eq(ci_read(CI_BPR1), 7);
	ci_write(CI_BPR1, 0);
	check(ci_read(CI_BPR1) <= 4);
}

/* ---- by hand --------------------------------------------------------------------------------- */

static bool isr_irq(void)
{
	return reg_read(isr_el1) & BIT(7);
}

static void sgi_life(void)
{
	irq_reset();
	irq_set_prio(5, 0x40);
	check(!isr_irq());
	sgi_send(0, 5);
	check(isr_irq());
	check(irq_is_pending(5) && !irq_is_active(5));
	check_eq(ci_read(CI_HPPIR1), 5);
	check_eq(irq_ack(), 5);
	check_eq(ci_read(CI_RPR), 0x40);
	check(!irq_is_pending(5) && irq_is_active(5));
	check(!isr_irq());
	check_eq(irq_ack(), INTID_SPURIOUS);
	irq_end(5);
	check(!irq_is_pending(5) && !irq_is_active(5));
	check_eq(ci_read(CI_RPR), RPR_IDLE);
}

/* Pending and active at once: an edge that came while its predecessor was handled. */
static void edge_while_active(void)
{
	irq_reset();
	irq_raise(40, 0x60);
	irq_pend(40); /* already pending: still one */
	check_eq(irq_ack(), 40);
	irq_pend(40);
	check(irq_is_pending(40) && irq_is_active(40));
	check_eq(irq_ack(), INTID_SPURIOUS); /* not while active */
	irq_end(40);
	check(irq_is_pending(40) && !irq_is_active(40));
	check_eq(irq_ack(), 40);
	irq_end(40);
	check_eq(irq_ack(), INTID_SPURIOUS);
}

/* A level-sensitive one made pending by hand is handled once, and again if that is repeated. */
static void level_by_hand(void)
{
	irq_reset();
	irq_set_prio(41, 0x60);
	irq_enable(41);
	irq_pend(41);
	check_eq(irq_ack(), 41);
	check_eq(irq_ack(), INTID_SPURIOUS);
	irq_pend(41);
	irq_end(41);
	check_eq(irq_ack(), 41);
	irq_end(41);
	check_eq(irq_ack(), INTID_SPURIOUS);
}

/* An end finds its interrupt, however many more urgent ones have become pending meanwhile. */
static void ended_below_urgent(void)
{
	irq_reset();
	irq_raise(40, 0x80);
	check_eq(irq_ack(), 40);
	for (u32 i = 1; i <= 20; i++)
		irq_raise(40 + i, 0x40);
	irq_end(40);
	check(!irq_is_active(40));
	check_eq(ci_read(CI_RPR), RPR_IDLE);
	for (u32 i = 1; i <= 20; i++) {
		u32 intid = irq_ack();

		check(intid > 40 && intid <= 60);
		irq_end(intid);
	}
	irq_pend(40);
	check_eq(irq_ack(), 40);
	irq_end(40);
	check_eq(irq_ack(), INTID_SPURIOUS);
}

static void disabled_in_flight(void)
{
	irq_reset();
	irq_raise(40, 0x60);
	check(isr_irq());
	irq_disable(40);
	check(!isr_irq());
	check_eq(irq_ack(), INTID_SPURIOUS);
	check(irq_is_pending(40));
	irq_enable(40);
	check_eq(irq_ack(), 40);
	irq_end(40);
}

static void unpended_in_flight(void)
{
	irq_reset();
	irq_raise(40, 0x60);
	sgi_send(0, 3);
	check(irq_is_pending(40) && irq_is_pending(3));
	irq_unpend(40);
	irq_unpend(3);
	check(!irq_is_pending(40) && !irq_is_pending(3));
	check_eq(irq_ack(), INTID_SPURIOUS);
}

/* ISACTIVER keeps an interrupt from coming, ICACTIVER lets it. */
static void activated_by_hand(void)
{
	irq_reset();
	irq_set_bit(40, GIC_ISACTIVER);
	check(irq_is_active(40));
	irq_raise(40, 0x60);
	check_eq(irq_ack(), INTID_SPURIOUS);
	irq_set_bit(40, GIC_ICACTIVER);
	check_eq(irq_ack(), 40);
	irq_set_bit(40, GIC_ICACTIVER);
	check(!irq_is_active(40));
	irq_end(40);
	check_eq(ci_read(CI_RPR), RPR_IDLE);
}

static void group_disabled(void)
{
	irq_reset();
	irq_raise(40, 0x60);
	write32(GICD_BASE + GICD_CTLR, 0);
	check_eq(irq_ack(), INTID_SPURIOUS);
	write32(GICD_BASE + GICD_CTLR, GICD_CTLR_GRP1);
	ci_write(CI_IGRPEN1, 0);
	check(!isr_irq());
	check_eq(irq_ack(), INTID_SPURIOUS);
	ci_write(CI_IGRPEN1, 1);
	check(isr_irq());
	check_eq(irq_ack(), 40);
	irq_end(40);
}

/* Only priorities above the mask, which is not itself above itself. */
static void priority_mask(void)
{
	irq_reset();
	irq_raise(40, 0x80);
	ci_write(CI_PMR, 0x80);
	check(!isr_irq());
	check_eq(irq_ack(), INTID_SPURIOUS);
	irq_raise(41, 0x70);
	check_eq(irq_ack(), 41);
	irq_end(41);
	ci_write(CI_PMR, 0x90);
	check_eq(irq_ack(), 40);
	irq_end(40);
	ci_write(CI_PMR, 0xff);
}

/*
 * The more urgent one preempts by acknowledge; the binary point takes that away within half of
 * the priorities (7, of group 1: only the uppermost bit counts, IHI 0069, 4.8.2).
 */
static void binary_point(void)
{
	irq_reset();
	if (is_gicv2()) /* QEMU's hardware looks at the binary point when one is taken, only */
		return;
	irq_raise(40, 0xc0);
	check_eq(irq_ack(), 40);
	ci_write(CI_BPR1, 7);
	irq_raise(41, 0x90);
	check(!isr_irq());
	check_eq(irq_ack(), INTID_SPURIOUS);
	ci_write(CI_BPR1, 0);
	check(isr_irq());
	check_eq(irq_ack(), 41);
	check_eq(ci_read(CI_RPR), 0x90);
	irq_end(41);
	check_eq(ci_read(CI_RPR), 0xc0);
	irq_end(40);
}

static const struct test tests[] = {
	{ "distributor", distributor },
	{ "redistributors", redistributors },
	{ "distributor_reserved", distributor_reserved },
	{ "beyond_last_line", beyond_last_line },
	{ "fields", fields },
	{ "private_fields", private_fields },
	{ "cpu_interface", cpu_interface },
	{ "sgi_life", sgi_life },
	{ "edge_while_active", edge_while_active },
	{ "level_by_hand", level_by_hand },
	{ "ended_below_urgent", ended_below_urgent },
	{ "disabled_in_flight", disabled_in_flight },
	{ "unpended_in_flight", unpended_in_flight },
	{ "activated_by_hand", activated_by_hand },
	{ "group_disabled", group_disabled },
	{ "priority_mask", priority_mask },
	{ "binary_point", binary_point },
	{ "senders_v2", senders_v2 },
};

const struct suite suite_gic = { "gic", tests, array_size(tests) };
