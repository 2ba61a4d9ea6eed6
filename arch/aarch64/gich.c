/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List registers of a GICv2 (Arm IHI 0048, chapter 5): banked for each CPU at one place in memory.
 * Register 0 is the guest's virtual timer's as in virq.c, so that both fill them alike. Guests end
 * interrupts in hardware (GICV); GICC_DIR, which hardware would lose for one that stands in no
 * list register, is trapped (vdev/intc/gicv2.c).
 */
#include <arch/fast_regs.h>
#include <arch/gich.h>
#include <base/bits.h>
#include <port/arch.h>

#define GICH_HCR   0x000
#define GICH_VTR   0x004
#define GICH_VMCR  0x008
#define GICH_APR   0x0f0
#define GICH_LR(n) (0x100 + 4 * (u64)(n))

#define HCR_EN	 BIT(0)
#define HCR_UIE	 BIT(1)
#define HCR_NPIE BIT(3)

#define VTR_LIST_REGS BITS(5, 0)

#define LR_INTID  BITS(9, 0)
#define LR_PINTID BITS(19, 10) /* with LR_HW */
#define LR_SOURCE BITS(12, 10) /* without it: the CPU that sent a software-generated one */
#define LR_EOI	  BIT(19)      /* without it */
#define LR_PRIO	  BITS(27, 23) /* the upper five bits of eight */
#define LR_STATE  BITS(29, 28)
#define LR_GROUP  BIT(30)
#define LR_HW	  BIT(31)

#define GICD_IIDR	0x008
#define IIDR_CORTEX_A15 0x43b
#define GICC_DIR	0x1000

static volatile u8 *gich;
/*
 * Where the host's interrupt has to be ended by us: QEMU's model (to 10.0 at least) does not look
 * at a level again that a guest's end of interrupt has deactivated. It names itself a Cortex-A15's,
 * which is no AArch64 CPU.
 */
static volatile u8 *gicc_dir;

static u32 gich_read(u64 off)
{
	return *(volatile u32 *)(volatile void *)(gich + off);
}

static void gich_write(u64 off, u64 v)
{
	*(volatile u32 *)(volatile void *)(gich + off) = (u32)v;
}

bool gich_present(void)
{
	return gich != NULL;
}

void gich_adopt(const struct hostdesc *hd)
{
	const volatile u32 *iidr;

	if (!hd->guest_intc_cpu.len)
		return;
	gich = arch_phys_to_virt(HPA(hd->intc->win[2].base));
	iidr = arch_phys_to_virt(HPA(hd->intc->win[0].base + GICD_IIDR));
	if (*iidr == IIDR_CORTEX_A15)
		gicc_dir = arch_phys_to_virt(HPA(hd->intc->win[1].base + GICC_DIR));
}

u64 gich_cpu_init(void)
{
	u64 n = field_get(VTR_LIST_REGS, gich_read(GICH_VTR)) + 1;

	gich_write(GICH_HCR, 0);
	/* Unknown at reset. No more than the core's lists hold. */
	for (u64 i = 0; i < n; i++)
		gich_write(GICH_LR(i), 0);
	return MIN(n, (u64)ARCH_MAX_VIRQS);
}

/* ---- port/arch.h's, as virq.c has them ------------------------------------------------------- */

static u64 lr_value(const struct virq_entry *e)
{
	u64 lr = field_put(LR_INTID, e->intid) | field_put(LR_PRIO, e->prio >> 3) |
		 field_put(LR_STATE, e->state) | (e->group ? LR_GROUP : 0);

	if (e->hw_irq && gicc_dir)
		return lr | LR_EOI;
	if (e->hw_irq)
		return lr | LR_HW | field_put(LR_PINTID, e->hw_irq);
	return lr | field_put(LR_SOURCE, e->source) | (e->notify ? LR_EOI : 0);
}

static struct virq_entry entry_of(u64 lr)
{
	bool hw = lr & LR_HW;

	return (struct virq_entry){
		.intid = (u32)field_get(LR_INTID, lr),
		.prio = (u8)(field_get(LR_PRIO, lr) << 3),
		.group = lr & LR_GROUP ? 1 : 0,
		.state = (u8)field_get(LR_STATE, lr),
		.hw_irq = hw ? (u32)field_get(LR_PINTID, lr) : 0,
		.source = hw ? 0 : (u32)field_get(LR_SOURCE, lr),
	};
}

/* The conditions to be called at are virq.c's; an end of one not here cannot come (gicv2.c). */
void gich_virq_present(struct arch_vcpu *v, const struct virq_entry *list, u32 n, bool more)
{
	bool pending = false;
	u32 next = 1;

	for (u32 i = 0; i < n; i++) {
		u32 slot = list[i].intid == TIMER_VIRT_INTID ? 0 : next++;

		gich_write(GICH_LR(slot), lr_value(&list[i]));
		v->lr_host[slot] = list[i].hw_irq;
		v->lr_used |= BIT(slot);
		pending |= list[i].state == VIRQ_PENDING;
	}
	gich_write(GICH_HCR, HCR_EN | (more ? HCR_UIE : 0) | (more && pending ? HCR_NPIE : 0));
}

/* What the hardware does elsewhere: the guest's end is the host's. */
static void end_host(struct virq_entry *e, u32 host)
{
	if (!host)
		return;
	e->hw_irq = host;
	e->source = 0;
	if (!e->state)
		*(volatile u32 *)(volatile void *)gicc_dir = host;
}

u32 gich_virq_collect(struct arch_vcpu *v, struct virq_entry *list)
{
	u64 used = v->lr_used & ~LR_USED_GICH;
	u32 n = 0;

	for (; used; used &= used - 1) {
		u32 slot = bit_lowest(used);

		list[n] = entry_of(gich_read(GICH_LR(slot)));
		gich_write(GICH_LR(slot), 0);
		if (gicc_dir)
			end_host(&list[n], v->lr_host[slot]);
		n++;
	}
	v->lr_used = LR_USED_GICH;
	return n;
}

bool gich_virq_pending(const struct arch_vcpu *v)
{
	u64 pending = field_put(LR_STATE, VIRQ_PENDING);

	for (u64 used = v->lr_used & ~LR_USED_GICH; used; used &= used - 1) {
		if (gich_read(GICH_LR(bit_lowest(used))) & pending)
			return true;
	}
	return false;
}

/* ---- with the vCPU --------------------------------------------------------------------------- */

void gich_load(const struct arch_vcpu *v)
{
	gich_write(GICH_VMCR, v->sys.ich_vmcr);
	gich_write(GICH_APR, v->sys.ich_ap0r[0]);
	gich_write(GICH_HCR, HCR_EN);
}

void gich_put(struct arch_vcpu *v)
{
	gich_write(GICH_HCR, 0);
	v->sys.ich_vmcr = gich_read(GICH_VMCR);
	v->sys.ich_ap0r[0] = gich_read(GICH_APR);
}
