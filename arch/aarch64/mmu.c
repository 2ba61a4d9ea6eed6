/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page-table entries of both stages (Arm ARM D8.3), TLB and cache maintenance. The walker is
 * core/pt.c; here is only what one entry looks like.
 */
#include <arch/image.h>
#include <arch/mmu.h>
#include <arch/sysreg.h>
#include <port/arch.h>

#define PTE_VALID    BIT(0)
#define PTE_TABLE    BIT(1) /* in a table entry; in a last-level page entry as well */
#define PTE_ATTR     BITS(4, 2)
#define PTE_AP_RES1  BIT(6)
#define PTE_AP_RO    BIT(7)
#define PTE_S2_ATTR  BITS(5, 2)
#define PTE_S2_R     BIT(6)
#define PTE_S2_W     BIT(7)
#define PTE_SH_INNER field_put(BITS(9, 8), 3)
#define PTE_AF	     BIT(10)
#define PTE_XN	     BIT(54)
#define PTE_ADDR     BITS(47, 12)

#define S2_ATTR_NORMAL 0xf /* write-back, inner and outer */
#define S2_ATTR_DEVICE 0x1 /* nGnRE */

#define GUEST_MAX_BITS 40

static const struct pt_format host_format = {
	.n_levels = 4,
	.root_pages = 1,
	.max_leaf = 2,
	.input_bits = 48,
};

static struct pt_format guest_format;

const struct pt_format *arch_pt_format(enum pt_whose whose)
{
	return whose == PT_GUEST ? &guest_format : &host_format;
}

/* Bits of a physical address, by ID_AA64MMFR0_EL1.PARange; more than 48 need LPA: not used. */
static u32 physical_bits(void)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48 };
	u64 range = sysreg_read(id_aa64mmfr0_el1) & 0xf;

	return bits[MIN(range, array_size(bits) - 1)];
}

/*
 * Guests see up to 40 bits: a three-level walk whose root is two concatenated tables (Arm ARM
 * D8.2.8), or one table where the CPU has fewer.
 */
void mmu_guest_format_init(void)
{
	u32 bits = MIN(physical_bits(), (u32)GUEST_MAX_BITS);

	guest_format = (struct pt_format){
		.n_levels = 3,
		.root_pages = bits > 39 ? 2 : 1,
		.max_leaf = 2,
		.input_bits = bits,
		.is_guest = true,
	};
}

u64 mmu_vtcr(void)
{
	u64 ps = MIN(sysreg_read(id_aa64mmfr0_el1) & 0xf, UINT64_C(5));

	return BIT(31) | ps << 16 | UINT64_C(3) << 12 | 1 << 10 | 1 << 8 |
	       /* SL0: level 1 */ 1 << 6 | (64 - guest_format.input_bits);
}

static u64 leaf_kind(u32 level)
{
	return level == 0 ? PTE_VALID | PTE_TABLE : PTE_VALID;
}

static u64 guest_leaf(u32 prot, enum pt_type type)
{
	u64 pte = PTE_AF | PTE_SH_INNER;

	pte |= field_put(PTE_S2_ATTR, type == PT_NORMAL ? S2_ATTR_NORMAL : S2_ATTR_DEVICE);
	pte |= prot & PT_R ? PTE_S2_R : 0;
	pte |= prot & PT_W ? PTE_S2_W : 0;
	return prot & PT_X ? pte : pte | PTE_XN;
}

static u64 host_leaf(u32 prot, enum pt_type type)
{
	u64 pte = PTE_AF | PTE_SH_INNER | PTE_AP_RES1;

	pte |= field_put(PTE_ATTR, type == PT_NORMAL ? MAIR_NORMAL : MAIR_DEVICE);
	pte |= prot & PT_W ? 0 : PTE_AP_RO;
	return prot & PT_X ? pte : pte | PTE_XN;
}

u64 arch_pte_leaf(const struct pt_format *f, u32 level, hpa_t target, u32 prot, enum pt_type type)
{
	u64 attr = f->is_guest ? guest_leaf(prot, type) : host_leaf(prot, type);

	return (target.v & PTE_ADDR) | leaf_kind(level) | attr;
}

u64 arch_pte_table(const struct pt_format *f, hpa_t table)
{
	(void)f;
	return (table.v & PTE_ADDR) | PTE_VALID | PTE_TABLE;
}

static u32 decode_prot(const struct pt_format *f, u64 pte)
{
	u32 prot = pte & PTE_XN ? 0 : PT_X;

	if (!f->is_guest)
		return prot | PT_R | (pte & PTE_AP_RO ? 0 : PT_W);
	return prot | (pte & PTE_S2_R ? PT_R : 0) | (pte & PTE_S2_W ? PT_W : 0);
}

struct pte_info arch_pte_decode(const struct pt_format *f, u32 level, u64 pte)
{
	struct pte_info info = { .valid = pte & PTE_VALID, .target = HPA(pte & PTE_ADDR) };
	u64 attr = f->is_guest ? field_get(PTE_S2_ATTR, pte) : field_get(PTE_ATTR, pte);
	u64 normal = f->is_guest ? S2_ATTR_NORMAL : MAIR_NORMAL;

	info.leaf = level == 0 || !(pte & PTE_TABLE);
	info.prot = decode_prot(f, pte);
	info.type = attr == normal ? PT_NORMAL : PT_DEVICE;
	return info;
}

void arch_kmap_activate(hpa_t root)
{
	__asm__ volatile(
		"dsb ish\n\tmsr ttbr0_el2, %0\n\tisb\n\ttlbi alle2\n\tdsb nsh\n\tisb" ::"r"(root.v)
		: "memory");
	sysreg_write(sctlr_el2, sysreg_read(sctlr_el2) | SCTLR_WXN);
	isb();
}

void arch_pt_publish(void)
{
	__asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}

void arch_tlb_flush_host(const void *va, u64 len)
{
	u64 end = (u64)va + len;

	__asm__ volatile("dsb ishst" ::: "memory");
	for (u64 p = (u64)va; p < end; p += 4096)
		__asm__ volatile("tlbi vae2is, %0" ::"r"(p >> 12) : "memory");
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

/* TLB maintenance by VMID acts on the VMID in VTTBR_EL2 (Arm ARM D8.14.5): borrow it. */
void arch_tlb_flush_guest(const struct arch_vm *vm)
{
	u64 mine = sysreg_read(vttbr_el2);

	__asm__ volatile("dsb ishst" ::: "memory");
	sysreg_write(vttbr_el2, vm->vttbr);
	isb();
	__asm__ volatile("tlbi vmalls12e1is\n\tdsb ish\n\tisb" ::: "memory");
	sysreg_write(vttbr_el2, mine);
	isb();
}

void arch_cache_clean(const void *p, u64 len)
{
	u64 line = 4u << (sysreg_read(ctr_el0) >> 16 & 0xf); /* CTR_EL0.DminLine, in words */
	u64 end = (u64)p + len;

	for (u64 a = align_down((u64)p, line); a < end; a += line)
		__asm__ volatile("dc civac, %0" ::"r"(a) : "memory");
	/* "sy": a CPU with its caches off is not in our shareability domain. */
	__asm__ volatile("dsb sy\n\tic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}
