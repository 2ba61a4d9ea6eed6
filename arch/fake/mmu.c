/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page-table entries that give every confusion away: a leaf's bits are rotated by an amount of
 * its level's own and carry the level and the kind of table, so that an entry read at another
 * level, or as another kind, is recognised. What the hardware would do is counted.
 *
 *   leaf, before rotation in its 63 bits: 0 valid, 1-3 rights, 4 device, 5-8 level + 1, 9 guest,
 *   12-51 address. Table: 63 set, 56-59 mark, 52 guest, 5-44 address >> 7.
 */
#include <arch/fake.h>

#include <stdio.h>
#include <stdlib.h>

#include <base/bits.h>

#define LEAF_BITS   63
#define LEAF_VALID  BIT(0)
#define LEAF_PROT   BITS(3, 1)
#define LEAF_DEVICE BIT(4)
#define LEAF_LEVEL  BITS(8, 5)
#define LEAF_GUEST  BIT(9)
#define LEAF_ADDR   BITS(51, 12)

#define TABLE_FLAG  BIT(63)
#define TABLE_MARK  BITS(59, 56)
#define TABLE_GUEST BIT(52)
#define TABLE_ADDR  BITS(44, 5)
#define MARK	    0x5u

static noreturn_fn void mmu_bug(const char *what, u32 level, u64 value)
{
	fprintf(stderr, "fake machine: %s (level %u, 0x%llx)\n", what, level,
		(unsigned long long)value);
	abort();
}

static u64 rotate(u64 v, u32 by)
{
	return ((v << by) | (v >> (LEAF_BITS - by))) & bits_below(LEAF_BITS);
}

static u32 leaf_shift(u32 level)
{
	return 5 + 11 * level;
}

const struct pt_format *arch_pt_format(enum pt_whose whose)
{
	return whose == PT_GUEST ? &fake.guest_format : &fake.host_format;
}

u64 arch_pte_leaf(const struct pt_format *f, u32 level, hpa_t target, u32 prot, enum pt_type type)
{
	u64 leaf = LEAF_VALID | field_put(LEAF_PROT, prot) | field_put(LEAF_LEVEL, level + 1);

	if (level > f->max_leaf || level >= f->n_levels)
		mmu_bug("no leaves at this level", level, target.v);
	if (!is_aligned(target.v, BIT(12 + 9 * level)) || (target.v & ~LEAF_ADDR))
		mmu_bug("a leaf cannot point there", level, target.v);
	if (!f->is_guest && (prot & PT_W) && (prot & PT_X))
		mmu_bug("writable and executable", level, target.v);
	if (type == PT_DEVICE)
		leaf |= LEAF_DEVICE;
	if (f->is_guest)
		leaf |= LEAF_GUEST;
	return rotate(leaf | target.v, leaf_shift(level));
}

u64 arch_pte_table(const struct pt_format *f, hpa_t table)
{
	if (table.v & ~LEAF_ADDR)
		mmu_bug("a table cannot be there", 0, table.v);
	return TABLE_FLAG | field_put(TABLE_MARK, MARK) | (f->is_guest ? TABLE_GUEST : 0) |
	       field_put(TABLE_ADDR, table.v >> 12);
}

static struct pte_info mixup(u32 level, u64 pte)
{
	if (!fake.tolerate)
		mmu_bug("an entry of another level or kind of table", level, pte);
	fake.n_mixups++;
	return (struct pte_info){ 0 };
}

static struct pte_info decode_table(const struct pt_format *f, u32 level, u64 pte)
{
	if (level == 0 || field_get(TABLE_MARK, pte) != MARK ||
	    !!(pte & TABLE_GUEST) != f->is_guest)
		return mixup(level, pte);
	return (struct pte_info){ .valid = true, .target = HPA(field_get(TABLE_ADDR, pte) << 12) };
}

struct pte_info arch_pte_decode(const struct pt_format *f, u32 level, u64 pte)
{
	u64 leaf;

	if (pte == 0)
		return (struct pte_info){ 0 };
	if (level >= f->n_levels)
		mmu_bug("no such level", level, pte);
	if (pte & TABLE_FLAG)
		return decode_table(f, level, pte);
	leaf = rotate(pte, LEAF_BITS - leaf_shift(level));
	if (!(leaf & LEAF_VALID) || field_get(LEAF_LEVEL, leaf) != level + 1 ||
	    !!(leaf & LEAF_GUEST) != f->is_guest || level > f->max_leaf)
		return mixup(level, pte);
	return (struct pte_info){ .valid = true,
				  .leaf = true,
				  .target = HPA(leaf & LEAF_ADDR),
				  .prot = (u32)field_get(LEAF_PROT, leaf),
				  .type = leaf & LEAF_DEVICE ? PT_DEVICE : PT_NORMAL };
}

void arch_kmap_activate(hpa_t root)
{
	fake.kmap_root = root;
	fake.n_activations++;
}

void arch_pt_publish(void)
{
	fake.n_publishes++;
}

void arch_tlb_flush_host(const void *va, u64 len)
{
	fake.host_flushed = (struct range){ (u64)va, len };
	fake.n_host_flushes++;
}

void arch_tlb_flush_guest(const struct arch_vm *vm)
{
	fake.guest_flushed = vm->tag;
	fake.n_guest_flushes++;
}

void arch_cache_clean(const void *p, u64 len)
{
	(void)p;
	(void)len;
	fake.n_cache_cleans++;
}

bool arch_mmio_access(void *at, struct io_access *io)
{
	if (fake.bus_refuses)
		return false;
	if (io->write)
		memcpy(at, &io->value, io->width);
	else
		io->value = 0, memcpy(&io->value, at, io->width);
	return true;
}
