/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List registers: what the CPU's virtual interface holds for the loaded vCPU. Register 0 is kept
 * for the guest's virtual timer, so that the short lane can present it without looking. Register 1
 * is the short lane's, too, unless all others are filled. While presented, the register is the
 * truth: nobody keeps a copy. Here they are a GICv3's; a GICv2's are gich.c's.
 */
#include <arch/exit.h>
#include <arch/fast_regs.h>
#include <arch/gich.h>
#include <arch/sysreg.h>
#include <port/arch.h>

#define SLOT_TIMER 0
#define SLOT_SHORT 1
#define SLOT_FIRST 2 /* of the others */
/* The short lane may have filled them by itself. */
#define SLOTS_SHORT (BIT(SLOT_TIMER) | BIT(SLOT_SHORT))

static_assert(SLOT_SHORT == LR_USED_SHORT, "short lane");

#define LR_LO(n) S3_4_C12_C12_##n
#define LR_HI(n) S3_4_C12_C13_##n

/* clang-format off */
#define LR_CASES(X) \
	X(0, LR_LO(0)) X(1, LR_LO(1)) X(2, LR_LO(2)) X(3, LR_LO(3)) \
	X(4, LR_LO(4)) X(5, LR_LO(5)) X(6, LR_LO(6)) X(7, LR_LO(7)) \
	X(8, LR_HI(0)) X(9, LR_HI(1)) X(10, LR_HI(2)) X(11, LR_HI(3)) \
	X(12, LR_HI(4)) X(13, LR_HI(5)) X(14, LR_HI(6)) X(15, LR_HI(7))
/* clang-format on */

static u64 lr_read_any(u32 n)
{
	switch (n) {
#define READ(i, reg) \
	case i:      \
		return sysreg_read(reg);
		LR_CASES(READ)
#undef READ
	default:
		return 0;
	}
}

static void lr_write_any(u32 n, u64 value)
{
	switch (n) {
#define WRITE(i, reg)                     \
	case i:                           \
		sysreg_write(reg, value); \
		break;
		LR_CASES(WRITE)
#undef WRITE
	default:
		break;
	}
}

/* Most of the time it is the first ones, and their numbers are known when we are compiled. */
static inline u64 lr_read(u32 n)
{
	if (n == SLOT_TIMER)
		return sysreg_read(ICH_LR0_EL2);
	return n == SLOT_SHORT ? sysreg_read(ICH_LR1_EL2) : lr_read_any(n);
}

static inline void lr_write(u32 n, u64 value)
{
	if (n == SLOT_TIMER)
		sysreg_write(ICH_LR0_EL2, value);
	else if (n == SLOT_SHORT)
		sysreg_write(ICH_LR1_EL2, value);
	else
		lr_write_any(n, value);
}

void virq_clear_lrs(void)
{
	for (u32 i = 0; i < arch_this_cpu()->n_lrs; i++)
		lr_write(i, 0);
}

u32 arch_virq_slots(void)
{
	return (u32)arch_this_cpu()->n_lrs - 1;
}

/*
 * With a host interrupt behind it, "active and pending" is not allowed and not needed: the host
 * interrupt comes again after the guest's end of interrupt (IHI 0069 12.4.5, HW bit).
 */
static u64 lr_value(const struct virq_entry *e)
{
	u64 lr = field_put(ICH_LR_INTID, e->intid) | field_put(ICH_LR_PRIO, e->prio) |
		 field_put(ICH_LR_GROUP, e->group) | field_put(ICH_LR_STATE, e->state);

	if (!e->hw_irq)
		return e->notify ? lr | ICH_LR_EOI : lr;
	if (e->state == (VIRQ_PENDING | VIRQ_ACTIVE))
		lr &= ~field_put(ICH_LR_STATE, VIRQ_PENDING);
	return lr | ICH_LR_HW | field_put(ICH_LR_PINTID, e->hw_irq);
}

void arch_virq_present(struct arch_vcpu *v, const struct virq_entry *list, u32 n, bool more)
{
	u32 next = SLOT_FIRST;
	bool pending = false, active = false;
	u64 hcr = ICH_HCR_EN;

	if (unlikely(v->lr_used & LR_USED_GICH)) {
		gich_virq_present(v, list, n, more);
		return;
	}
	for (u32 i = 0; i < n; i++) {
		u32 slot = list[i].intid == TIMER_VIRT_INTID ? SLOT_TIMER : next++;

		if (slot == arch_this_cpu()->n_lrs)
			slot = SLOT_SHORT;
		lr_write(slot, lr_value(&list[i]));
		v->lr_used |= BIT(slot);
		pending |= list[i].state == VIRQ_PENDING;
		active |= list[i].state & VIRQ_ACTIVE;
	}
	/*
	 * Others wait: ask to be called when few registers are in use, and when none is pending
	 * (nested active ones may fill the rest). Both pending and active does not count as pending
	 * there, and the call would come at once, again and again (IHI 0069, ICH_MISR_EL2.NP).
	 * Active ones may be among them, and the guest end them by ICC_DIR_EL1 in any order.
	 */
	if (more)
		hcr |= ICH_HCR_UIE | (pending ? ICH_HCR_NPIE : 0) | (active ? ICH_HCR_TDIR : 0);
	sysreg_write(ICH_HCR_EL2, hcr);
}

/* What ICC_DIR_EL1 would have done, had it not been trapped (IHI 0069, 12.4.5 of the HW bit). */
bool virq_deactivate(const struct arch_vcpu *v, u32 intid)
{
	u64 active = field_put(ICH_LR_STATE, VIRQ_ACTIVE);

	for (u64 used = v->lr_used | SLOTS_SHORT; used; used &= used - 1) {
		u32 slot = bit_lowest(used);
		u64 lr = lr_read(slot);

		if (!(lr & active) || field_get(ICH_LR_INTID, lr) != intid)
			continue;
		lr_write(slot, lr & ~active);
		if (lr & ICH_LR_HW)
			sysreg_write(ICC_DIR_EL1, field_get(ICH_LR_PINTID, lr));
		return true;
	}
	return false;
}

static struct virq_entry entry_of(u64 lr)
{
	return (struct virq_entry){
		.intid = (u32)field_get(ICH_LR_INTID, lr),
		.prio = (u8)field_get(ICH_LR_PRIO, lr),
		.group = lr & ICH_LR_GROUP ? 1 : 0,
		.state = (u8)field_get(ICH_LR_STATE, lr),
		.hw_irq = lr & ICH_LR_HW ? (u32)field_get(ICH_LR_PINTID, lr) : 0,
	};
}

static inline u32 take(u32 slot, struct virq_entry *list, u32 n)
{
	u64 lr = lr_read(slot);

	if (lr == 0)
		return n;
	list[n] = entry_of(lr);
	lr_write(slot, 0);
	return n + 1;
}

u32 arch_virq_collect(struct arch_vcpu *v, struct virq_entry *list)
{
	u64 used = v->lr_used & ~SLOTS_SHORT;
	u32 n;

	if (unlikely(used & LR_USED_GICH))
		return gich_virq_collect(v, list);
	n = take(SLOT_TIMER, list, 0);
	n = take(SLOT_SHORT, list, n);
	for (; used; used &= used - 1)
		n = take(bit_lowest(used), list, n);
	v->lr_used = 0;
	return n;
}

bool arch_virq_pending(const struct arch_vcpu *v)
{
	u64 pending = field_put(ICH_LR_STATE, VIRQ_PENDING);

	if (unlikely(v->lr_used & LR_USED_GICH))
		return gich_virq_pending(v);
	if ((lr_read(SLOT_TIMER) | lr_read(SLOT_SHORT)) & pending)
		return true;
	for (u64 used = v->lr_used & ~SLOTS_SHORT; used; used &= used - 1) {
		if (lr_read(bit_lowest(used)) & pending)
			return true;
	}
	return false;
}

/* ---- timers that the hardware gives to guests ------------------------------------------------ */

u32 arch_guest_timers(const struct hostdesc *hd, struct arch_guest_timer *out)
{
	u32 n = 0;

	if (hd->irq_timer_guest_virt)
		out[n++] = (struct arch_guest_timer){ hd->irq_timer_guest_virt, TIMER_VIRT_INTID };
	if (hd->irq_timer_guest_phys)
		out[n++] = (struct arch_guest_timer){ hd->irq_timer_guest_phys, TIMER_PHYS_INTID };
	return n;
}

u64 virq_sgi_to(u64 hw_id)
{
	u64 aff0 = field_get(BITS(7, 0), hw_id);

	return field_put(SGIR_AFF3, field_get(BITS(39, 32), hw_id)) |
	       field_put(SGIR_AFF2, field_get(BITS(23, 16), hw_id)) |
	       field_put(SGIR_AFF1, field_get(BITS(15, 8), hw_id)) | field_put(SGIR_RS, aff0 / 16) |
	       field_put(SGIR_TARGETS, BIT(aff0 % 16));
}

/*
 * Of the timers only the virtual one, and only where the host numbers it as the short lane
 * expects; of passed-through interrupts those that find a place by their number.
 */
void arch_virq_ready(struct arch_vcpu *v, const struct virq_ready *r)
{
	v->timer_lr = 0;
	for (u32 i = 0; i < array_size(v->pass_lr); i++)
		v->pass_lr[i] = 0;
	for (u32 i = 0; i < r->n_hw; i++) {
		const struct virq_entry *e = &r->hw[i];

		if (e->hw_irq >= SPI_FIRST)
			v->pass_lr[e->hw_irq % array_size(v->pass_lr)] = lr_value(e);
		else if (e->hw_irq == TIMER_VIRT_INTID && e->intid == TIMER_VIRT_INTID)
			v->timer_lr = lr_value(e);
	}
	v->sgi_ready = r->ipis && r->ipi.group ? r->ipis : 0;
	v->sgi_lr = lr_value(&r->ipi);
}

static_assert(ESR_SGI1R == (field_put(ESR_EC, EC_SYS64) | ESR_IL | field_put(ISS_SYS_OP0, 3) |
			    field_put(ISS_SYS_CRN, 12) | field_put(ISS_SYS_CRM, 11) |
			    field_put(ISS_SYS_OP2, 5)),
	      "short lane");
static_assert(ESR_SYS_RT == ISS_SYS_RT && SGIR_INTID_MASK == SGIR_INTID, "short lane");
static_assert(field_put(ICH_LR_STATE, 1) == BIT(LR_STATE_LOW) &&
		      ICH_LR_PINTID == BITS(LR_PINTID_LOW + LR_PINTID_LEN - 1, LR_PINTID_LOW),
	      "short lane");
static_assert(array_size(((struct arch_vcpu *)0)->pass_lr) == 8, "short lane");

static u64 timer_deadline(u64 ctl, u64 cval)
{
	return (ctl & (CNT_CTL_ENABLE | CNT_CTL_IMASK)) == CNT_CTL_ENABLE ? cval : ARCH_NEVER;
}

u64 arch_guest_timer_deadline(const struct arch_vcpu *v)
{
	u64 virt = timer_deadline(v->sys.cntv_ctl, v->sys.cntv_cval);
	u64 phys = timer_deadline(v->sys.cntp_ctl, v->sys.cntp_cval);

	return MIN(virt, phys);
}
