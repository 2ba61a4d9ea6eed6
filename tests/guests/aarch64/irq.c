/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest driver of a GICv3 or GICv2, and the timers. Distributor state is written by one vCPU at a
 * time: tests see to that.
 */
#include <machine/machine.h>

#define DEFAULT_PRIO 0xa0u

/* ---- registers of one bit for each interrupt ------------------------------------------------- */

u64 irq_private_base(u32 cpu)
{
	if (is_gicv2())
		return GICD_BASE; /* each vCPU sees its own */
	return GICR_BASE + cpu * GICR_STRIDE + GICR_SGI;
}

static u64 bit_reg(u32 intid, u32 reg)
{
	if (intid < FIRST_SPI)
		return irq_private_base(this_cpu()->index) + reg;
	return GICD_BASE + reg + intid / 32 * 4;
}

bool irq_bit(u32 intid, u32 reg)
{
	return read32(bit_reg(intid, reg)) >> intid % 32 & 1;
}

void irq_set_bit(u32 intid, u32 reg)
{
	write32(bit_reg(intid, reg), 1u << intid % 32);
}

void irq_enable(u32 intid)
{
	irq_set_bit(intid, GIC_ISENABLER);
}

void irq_disable(u32 intid)
{
	irq_set_bit(intid, GIC_ICENABLER);
}

void irq_pend(u32 intid)
{
	if (is_gicv2() && intid < 16) {
		write8(GICD_BASE + GICD_SPENDSGIR + intid, (u8)(1u << this_cpu()->index));
		return;
	}
	irq_set_bit(intid, GIC_ISPENDR);
}

void irq_unpend(u32 intid)
{
	if (is_gicv2() && intid < 16) {
		write8(GICD_BASE + GICD_CPENDSGIR + intid, 0xff);
		return;
	}
	irq_set_bit(intid, GIC_ICPENDR);
}

bool irq_is_pending(u32 intid)
{
	return irq_bit(intid, GIC_ISPENDR);
}

bool irq_is_active(u32 intid)
{
	return irq_bit(intid, GIC_ISACTIVER);
}

/* ---- other registers ------------------------------------------------------------------------- */

static u64 base_of(u32 intid)
{
	return intid < FIRST_SPI ? irq_private_base(this_cpu()->index) : GICD_BASE;
}

void irq_set_prio(u32 intid, u32 prio)
{
	write8(base_of(intid) + GIC_IPRIORITYR + intid, (u8)prio);
}

void irq_set_edge(u32 intid)
{
	u64 at = base_of(intid) + GIC_ICFGR + intid / 16 * 4;

	write32(at, read32(at) | 2u << intid % 16 * 2);
}

void irq_set_group(u32 intid, u32 group)
{
	u64 at = bit_reg(intid, GIC_IGROUPR);
	u32 m = 1u << intid % 32;

	write32(at, group ? read32(at) | m : read32(at) & ~m);
}

void irq_route(u32 intid, u64 affinity)
{
	if (is_gicv2())
		write8(GICD_BASE + GICD_ITARGETSR + intid, (u8)(1u << affinity));
	else
		write64(GICD_BASE + GICD_IROUTER + 8 * (u64)intid, affinity);
}

u64 irq_routed(u32 intid)
{
	if (is_gicv2())
		return read8(GICD_BASE + GICD_ITARGETSR + intid);
	return read64(GICD_BASE + GICD_IROUTER + 8 * (u64)intid);
}

void irq_raise(u32 intid, u32 prio)
{
	irq_set_prio(intid, prio);
	irq_set_edge(intid);
	irq_enable(intid);
	irq_pend(intid);
}

void sgi_send_list(u32 list, u32 intid)
{
	__asm__ volatile("dsb ishst" ::: "memory");
	if (is_gicv2())
		write32(GICD_BASE + GICD_SGIR, (list & 0xff) << 16 | intid);
	else
		reg_write(ICC_SGI1R, (u64)intid << 24 | list);
}

void sgi_send(u32 cpu, u32 intid)
{
	sgi_send_list(1u << cpu, intid);
}

void sgi_send_others(u32 intid)
{
	__asm__ volatile("dsb ishst" ::: "memory");
	if (is_gicv2())
		write32(GICD_BASE + GICD_SGIR, 1u << 24 | intid);
	else
		reg_write(ICC_SGI1R, SGIR_ALL_OTHERS | (u64)intid << 24);
}

void irq_forget(void)
{
	struct cpu *c = this_cpu();

	c->n_irqs = c->n_fiqs = c->n_spurious = 0;
}

u32 irq_lines(void)
{
	return ((read32(GICD_BASE + GICD_TYPER) & 0x1f) + 1) * 32;
}

/* ---- known states ---------------------------------------------------------------------------- */

static void reset_spis(void)
{
	for (u32 i = FIRST_SPI; i < irq_lines(); i += 32) {
		u64 at = GICD_BASE + i / 8;

		write32(at + GIC_ICENABLER, UINT32_MAX);
		write32(at + GIC_ICPENDR, UINT32_MAX);
		write32(at + GIC_ICACTIVER, UINT32_MAX);
		write32(at + GIC_IGROUPR, UINT32_MAX);
		write32(GICD_BASE + GIC_ICFGR + i / 4, 0);
		write32(GICD_BASE + GIC_ICFGR + i / 4 + 4, 0);
		for (u32 k = 0; k < 32; k += 4)
			write32(GICD_BASE + GIC_IPRIORITYR + i + k, DEFAULT_PRIO * 0x01010101u);
		for (u32 k = 0; k < 32; k++)
			irq_route(i + k, 0);
	}
}

/* Before anybody has touched it. */
void board_note(struct board_state *b)
{
	u64 sgi = irq_private_base(0);

	*b = (struct board_state){ .gicd_ctlr = read32(GICD_BASE + GICD_CTLR) };
	for (u32 i = 0; i < irq_lines(); i++) {
		u64 frame = i < FIRST_SPI ? sgi : GICD_BASE;

		b->enabled |= read32(frame + GIC_ISENABLER + i / 32 * 4);
		b->pending |= read32(frame + GIC_ISPENDR + i / 32 * 4);
		b->active |= read32(frame + GIC_ISACTIVER + i / 32 * 4);
		b->prio |= read8(frame + GIC_IPRIORITYR + i);
		b->config |= i < FIRST_SPI ? 0 : read32(frame + GIC_ICFGR + i / 16 * 4);
		b->routed |= i < FIRST_SPI ? 0 : (u32)irq_routed(i);
	}
	b->uart_cr = read32(UART_BASE + UART_CR);
	b->uart_imsc = read32(UART_BASE + UART_IMSC);
	b->uart_lcr = read32(UART_BASE + UART_LCR);
	b->virt_ctl = reg_read(cntv_ctl_el0);
	b->phys_ctl = reg_read(cntp_ctl_el0);
	b->pmr = ci_read(CI_PMR);
	b->igrpen = ci_read(CI_IGRPEN0) | ci_read(CI_IGRPEN1);
	b->rpr = ci_read(CI_RPR);
}

void irq_cpu_init(void)
{
	u32 cpu = this_cpu()->index;
	u64 sgi = irq_private_base(cpu);
	u64 waker = GICR_BASE + cpu * GICR_STRIDE + GICR_WAKER;

	if (!is_gicv2())
		write32(waker, 0);
	write32(sgi + GIC_ICENABLER, UINT32_MAX);
	write32(sgi + GIC_ICPENDR, UINT32_MAX);
	for (u32 k = 0; k < 16 && is_gicv2(); k += 4)
		write32(sgi + GICD_CPENDSGIR + k, UINT32_MAX);
	write32(sgi + GIC_ICACTIVER, UINT32_MAX);
	write32(sgi + GIC_IGROUPR, UINT32_MAX);
	for (u32 k = 0; k < 32; k += 4)
		write32(sgi + GIC_IPRIORITYR + k, DEFAULT_PRIO * 0x01010101u);
	write32(sgi + GIC_ISENABLER, 0xffff); /* SGIs */
	if (!is_gicv2())
		reg_write(ICC_SRE, 7);
	ci_write(CI_PMR, 0xff);
	ci_write(CI_BPR1, 0);
	ci_write(CI_BPR0, 0);
	ci_write(CI_CTLR, 0);
	ci_write(CI_IGRPEN0, 0);
	ci_write(CI_IGRPEN1, 1);
}

void irq_reset(void)
{
	struct cpu *c = this_cpu();

	irq_off();
	write32(GICD_BASE + GICD_CTLR, 0);
	reset_spis();
	irq_cpu_init();
	write32(GICD_BASE + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
	c->on_irq = NULL;
	c->keep_active = false;
	irq_forget();
}

/* ---- timers ---------------------------------------------------------------------------------- */

#define TIMER(name, reg, count, line)                                                         \
	static u64 name##_now(void)                                                           \
	{                                                                                     \
		__asm__ volatile("isb" ::: "memory");                                         \
		return reg_read(count);                                                       \
	}                                                                                     \
	static void name##_set_ctl(u64 v)                                                     \
	{                                                                                     \
		reg_write(reg##_ctl_el0, v);                                                  \
	}                                                                                     \
	static u64 name##_ctl(void)                                                           \
	{                                                                                     \
		return reg_read(reg##_ctl_el0);                                               \
	}                                                                                     \
	static void name##_set_cval(u64 v)                                                    \
	{                                                                                     \
		reg_write(reg##_cval_el0, v);                                                 \
	}                                                                                     \
	static void name##_set_tval(u64 v)                                                    \
	{                                                                                     \
		reg_write(reg##_tval_el0, v);                                                 \
	}                                                                                     \
	const struct timer_regs timer_##name = { #name,		 line,	     name##_now,      \
						 name##_set_ctl, name##_ctl, name##_set_cval, \
						 name##_set_tval }

TIMER(virt, cntv, cntvct_el0, INTID_VTIMER);
TIMER(phys, cntp, cntpct_el0, INTID_PTIMER);

void delay_ms(u64 ms)
{
	u64 end = now() + ms_to_ticks(ms);

	while (now() < end)
		;
}
