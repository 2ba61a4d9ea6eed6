/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A physical CPU: what it must have, how it is set up to run guests, started, put to sleep, and
 * how the machine ends. Runs at EL2 with HCR_EL2.E2H clear, so CPUs with and without VHE are the
 * same to us.
 */
#include <arch/boot_regs.h>
#include <arch/exit.h>
#include <arch/firmware.h>
#include <arch/gich.h>
#include <arch/image.h>
#include <arch/mmu.h>
#include <arch/sysreg.h>
#include <port/arch.h>

static_assert(SCTLR_ON == (SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_I), "boot_regs.h");
static_assert(SCTLR_FINAL == (SCTLR_ON | SCTLR_WXN), "boot_regs.h");
static_assert(TCR_BOOT == TCR_VALUE, "boot_regs.h");
static_assert(MAIR_BOOT == MAIR_VALUE, "boot_regs.h");
static_assert(ARCH_IMAGE_VA_BITS == ARCH_IMAGE_VA && ARCH_FDT_VA_BITS == ARCH_FDT_VA, "boot");
static_assert(HCR_BOOT == HCR_RW, "boot_regs.h");
static_assert(ARCH_MAX_CPUS == HD_MAX_CPUS, "struct arch_vm");

alignas(4096) struct arch_stacks arch_stacks[HD_MAX_CPUS] in_section(".stacks");

u64 arch_counter_hz;

static enum arch_lane cpu_lane;
static u64 cpu_boot_tcr;
static u64 cpu_image_phys;

/* Traps that every guest gets; vcpu.c adds what differs. */
#define CPTR_TRAPS	 0x33ffu /* RES1 bits, SVE, SME; FP and SIMD are free */
#define CPTR_TTA	 BIT(20)
#define CPTR_TAM	 BIT(30)
#define MDCR_TPMCR	 BIT(5)
#define MDCR_TPM	 BIT(6)
#define MDCR_TDA	 BIT(9)
#define MDCR_TDOSA	 BIT(10)
#define MDCR_TDRA	 BIT(11)
#define MDCR_TPMS	 BIT(14)
#define MDCR_TTRF	 BIT(19)
#define CNTHCTL_EL1PCTEN BIT(0)
#define CNTHCTL_EL1PCEN	 BIT(1)

#define ID_AA64PFR0_GIC	 BITS(27, 24)
#define ID_AA64MMFR0_FGT BITS(59, 56)
#define ID_AA64MMFR1_HCX BITS(43, 40)
#define ID_AA64MMFR1_VH	 BITS(11, 8)

#define ID_AA64PFR0_MPAM      BITS(43, 40)
#define ID_AA64PFR1_MPAM_FRAC BITS(19, 16)
#define MPAMIDR_EL1	      S3_0_C10_C4_4
#define MPAMIDR_HAS_HCR	      BIT(17)
#define MPAMHCR_EL2	      S3_4_C10_C4_0
#define MPAMHCR_TRAP_MPAMIDR  BIT(31)
#define MPAM2_EL2	      S3_4_C10_C5_0
#define MPAM2_TRAPS	      (BIT(48) | BIT(49) | BIT(58)) /* MPAM0, MPAM1, MPAMIDR */

noreturn_fn void arch_boot_main(u64 fdt, u64 image, u64 tcr);

void arch_cpu_adopt(struct arch_cpu *c)
{
	u64 mpidr = sysreg_read(mpidr_el1);

	c->self = c;
	c->hw_id = mpidr & (BITS(39, 32) | BITS(23, 0));
	c->panic_stack = (u64)(&arch_stacks[0] + 1);
	sysreg_write(tpidr_el2, (u64)c);
}

/*
 * The first C function: the MMU is on with the early tables. The device tree is mapped at
 * ARCH_FDT_VA, two blocks of 2 MiB; a tree may be at most 2 MiB long (boot protocol).
 */
void arch_boot_main(u64 fdt, u64 image, u64 tcr)
{
	struct arch_boot boot = {
		.image = HPA(image),
		.image_len = (u64)(image_end - image_start),
		.desc = span_of((void *)(ARCH_FDT_VA + (fdt & (MIB(2) - 1))), MIB(2)),
		.desc_at = HPA(fdt),
	};

	cpu_boot_tcr = tcr;
	cpu_image_phys = image;
	arch_counter_hz = sysreg_read(cntfrq_el0);
	core_boot(&boot);
}

enum status arch_hostdesc(const struct arch_boot *boot, struct arena *a, struct hostdesc *hd,
			  const char **why)
{
	TRY(hostdesc_from_fdt(boot->desc, a, hd, why));
	hd->fdt.base = boot->desc_at.v;
	firmware_init(hd->conduit);
	mmu_guest_format_init();
	return OK;
}

/* Whose memory traffic is whose is not for guests to say. */
static void hide_partitions(void)
{
	if (!(sysreg_read(id_aa64pfr0_el1) & ID_AA64PFR0_MPAM) &&
	    !(sysreg_read(id_aa64pfr1_el1) & ID_AA64PFR1_MPAM_FRAC))
		return;
	if (sysreg_read(MPAMIDR_EL1) & MPAMIDR_HAS_HCR)
		sysreg_write(MPAMHCR_EL2, MPAMHCR_TRAP_MPAMIDR);
	sysreg_write(MPAM2_EL2, MPAM2_TRAPS);
}

/* Registers of newer extensions have unknown reset values: guests must find them trapping. */
static void disable_extension_traps(void)
{
	u64 fgt = field_get(ID_AA64MMFR0_FGT, sysreg_read(id_aa64mmfr0_el1));

	if (fgt) {
		sysreg_write(S3_4_C1_C1_4, 0); /* HFGRTR_EL2 */
		sysreg_write(S3_4_C1_C1_5, 0); /* HFGWTR_EL2 */
		sysreg_write(S3_4_C1_C1_6, 0); /* HFGITR_EL2 */
		sysreg_write(S3_4_C3_C1_4, 0); /* HDFGRTR_EL2 */
		sysreg_write(S3_4_C3_C1_5, 0); /* HDFGWTR_EL2 */
	}
	if (fgt >= 2) {
		sysreg_write(S3_4_C3_C1_0, 0); /* HDFGRTR2_EL2 */
		sysreg_write(S3_4_C3_C1_1, 0); /* HDFGWTR2_EL2 */
		sysreg_write(S3_4_C3_C1_2, 0); /* HFGRTR2_EL2 */
		sysreg_write(S3_4_C3_C1_3, 0); /* HFGWTR2_EL2 */
		sysreg_write(S3_4_C3_C1_7, 0); /* HFGITR2_EL2 */
	}
	hide_partitions();
	if (sysreg_read(id_aa64mmfr1_el1) & ID_AA64MMFR1_HCX)
		sysreg_write(S3_4_C1_C2_2, 0); /* HCRX_EL2: nothing new enabled */
}

/* MDCR_EL2.HPMN: all counters the CPU has; fewer than one is unpredictable (Arm ARM D19.3.20). */
static u64 pmu_counters(void)
{
	u64 pmu = field_get(BITS(11, 8), sysreg_read(id_aa64dfr0_el1));

	return pmu == 0 || pmu == 0xf ? 0 : field_get(BITS(15, 11), sysreg_read(pmcr_el0));
}

static void setup_traps(void)
{
	u64 debug = MDCR_TDA | MDCR_TDOSA | MDCR_TDRA | MDCR_TPMS | MDCR_TTRF;

	sysreg_write(cptr_el2, CPTR_TRAPS | CPTR_TTA | CPTR_TAM);
	sysreg_write(mdcr_el2, MDCR_TPMCR | MDCR_TPM | debug | pmu_counters());
	sysreg_write(hstr_el2, 0);
	sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN);
	sysreg_write(cnthp_ctl_el2, 0);
	sysreg_write(cntvoff_el2, 0);
	sysreg_write(cntv_ctl_el0, 0);
	sysreg_write(cntp_ctl_el0, 0);
	sysreg_write(vtcr_el2, mmu_vtcr());
	sysreg_write(vttbr_el2, 0);
	/* Nothing of who ran here before. */
	__asm__ volatile("isb\n\ttlbi alle1\n\tdsb nsh\n\tisb" ::: "memory");
	disable_extension_traps();
}

static void set_vectors(void)
{
	/* The short lane acknowledges in system registers. */
	bool lane = cpu_lane == ARCH_LANE_SHORT && !gich_present();

	sysreg_write(vbar_el2, lane ? (u64)vectors_short : (u64)vectors_neutral);
	isb();
}

/* What list registers there are, all of them empty; guests cannot change the kind. */
static enum status setup_cpu_interface(struct arch_cpu *c, const struct hostdesc *hd,
				       const char **why)
{
	bool has_sysregs = sysreg_read(id_aa64pfr0_el1) & ID_AA64PFR0_GIC;

	gich_adopt(hd);
	if (gich_present()) {
		if (has_sysregs)
			sysreg_write(ICC_SRE_EL2, 0);
		c->n_lrs = gich_cpu_init();
		return OK;
	}
	if (!has_sysregs) {
		*why = "neither the CPU nor the interrupt controller has an interface for guests";
		return E_UNSUP;
	}
	/* System registers for us and for guests, who cannot change that (Enable stays 0). */
	sysreg_write(ICC_SRE_EL2, ICC_SRE_ALL);
	isb();
	sysreg_write(ICC_SRE_EL1, ICC_SRE_ALL);
	c->n_lrs = field_get(ICH_VTR_LIST_REGS, sysreg_read(ICH_VTR_EL2)) + 1;
	sysreg_write(ICH_HCR_EL2, 0);
	virq_clear_lrs();
	return OK;
}

enum status arch_cpu_init(struct arch_cpu *c, const struct hostdesc *hd, const char **why)
{
	if (hd->timer_hz)
		arch_counter_hz = hd->timer_hz;
	if (arch_counter_hz < 1000000) {
		*why = "the CPU does not know its timer's frequency: write timer.hz in platform.toml";
		return E_UNSUP;
	}
	setup_traps();
	TRY(setup_cpu_interface(c, hd, why));
	set_vectors();
	return OK;
}

enum status arch_cpu_start(struct arch_cpu *c, u64 hw_id, u32 index)
{
	u64 entry = (u64)(secondary_entry - image_start) + cpu_image_phys;
	u64 at = (u64)((u8 *)c - image_start) + cpu_image_phys;

	c->self = c;
	c->hw_id = hw_id;
	c->index = index;
	c->panic_stack = (u64)(&arch_stacks[index] + 1);
	c->boot_stack = (u64)(arch_stacks[index].stack + STACK_SIZE);
	c->boot_ttbr = sysreg_read(ttbr0_el2);
	c->boot_tcr = cpu_boot_tcr;
	arch_cache_clean(c, sizeof(*c));
	arch_cache_clean(early_l0, KIB(28));
	return firmware_cpu_on(hw_id, entry, at);
}

void arch_cpu_idle(void)
{
	__asm__ volatile("dsb sy\n\twfi\n\tisb" ::: "memory");
}

void arch_set_lane(enum arch_lane lane)
{
	cpu_lane = lane;
	set_vectors();
}

void arch_halt(void)
{
	for (;;)
		__asm__ volatile("wfe");
}

void arch_power_off(void)
{
	firmware_power_off();
	arch_halt();
}

static u32 part_add(struct arch_image_part *p, const char *name, u8 *from, u8 *to, u32 prot)
{
	*p = (struct arch_image_part){ name, from, (u64)(to - from), prot };
	return from != to;
}

/* Guards are in the list so that it has no gaps. The archive is part of the read-only data. */
u32 arch_image_parts(struct arch_image_part *p, u32 max)
{
	u32 n = 0;

	if (max < 9 + 4 * HD_MAX_CPUS)
		return 0;
	n += part_add(&p[n], "text", image_start, image_text_end, PT_R | PT_X);
	n += part_add(&p[n], "rodata", image_text_end, image_rodata_end, PT_R);
	n += part_add(&p[n], "data", image_rodata_end, image_folded_start, PT_R | PT_W);
	n += part_add(&p[n], "folded text", image_folded_start, image_folded_text_end, PT_R | PT_X);
	n += part_add(&p[n], "folded rodata", image_folded_text_end, image_rest_start, PT_R);
	n += part_add(&p[n], "more data", image_rest_start, image_stacks_start, PT_R | PT_W);
	for (u32 i = 0; i < HD_MAX_CPUS; i++) {
		struct arch_stacks *s = &arch_stacks[i];

		n += part_add(&p[n], "guard", s->guard, s->stack, 0);
		n += part_add(&p[n], "stack", s->stack, s->panic_guard, PT_R | PT_W);
		n += part_add(&p[n], "guard", s->panic_guard, s->panic_stack, 0);
		n += part_add(&p[n], "panic stack", s->panic_stack, (u8 *)(s + 1), PT_R | PT_W);
	}
	n += part_add(&p[n], "early", image_stacks_end, image_end, PT_R | PT_W);
	return n;
}
