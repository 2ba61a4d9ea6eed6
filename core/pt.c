/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walker. Every loop goes down level by level and is bounded by the format's n_levels. A new
 * table is complete before an entry points to it; an entry, once valid, is changed only by
 * pt_unmap(). What an entry looks like is the ISA's business (arch_pte_*).
 */
#include <core/pt.h>

#include <base/bits.h>
#include <base/range.h>
#include <core/panic.h>

#define TABLE_ENTRIES 512u

struct pt_slot {
	u64 *entry;
	u32 level;
	struct pte_info info;
};

static u64 *pool_table(hpa_t table)
{
	return arch_phys_to_virt(table);
}

static const struct pt_pages pool_pages = { pmm_alloc_pages, pool_table };

static u32 level_shift(u32 level)
{
	return 12 + 9 * level;
}

static u64 level_size(u32 level)
{
	return BIT(level_shift(level));
}

static u64 entry_load(const u64 *entry)
{
	return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

/* Table walks of other CPUs see what was written before, or not this. */
static void entry_store(u64 *entry, u64 pte)
{
	__atomic_store_n(entry, pte, __ATOMIC_RELEASE);
}

enum status pt_init_from(struct pt *pt, const struct pt_format *f, const struct pt_pages *pages,
			 pmm_owner_t owner)
{
	BUG_ON(f->n_levels == 0 || f->root_pages == 0 || f->input_bits >= 64);
	BUG_ON(BIT(f->input_bits) >
	       UINT64_C(1) * f->root_pages * TABLE_ENTRIES * level_size(f->n_levels - 1));
	*pt = (struct pt){ f, pages, HPA(0), owner };
	return pages->alloc(owner, f->root_pages, &pt->root);
}

enum status pt_init(struct pt *pt, const struct pt_format *f, pmm_owner_t owner)
{
	return pt_init_from(pt, f, &pool_pages, owner);
}

/* The entry for @va at level @stop, or above where the walk ends earlier. */
static struct pt_slot pt_walk(const struct pt *pt, u64 va, u32 stop)
{
	u32 level = pt->format->n_levels - 1;
	u64 index = va >> level_shift(level); /* a root of several pages has more than 512 */
	hpa_t table = pt->root;
	struct pt_slot s;

	for (;;) {
		s.entry = pt->pages->at(table) + index;
		s.level = level;
		s.info = arch_pte_decode(pt->format, level, entry_load(s.entry));
		if (!s.info.valid || s.info.leaf || level == stop)
			return s;
		table = s.info.target;
		level--;
		index = (va >> level_shift(level)) % TABLE_ENTRIES;
	}
}

static enum status add_table(struct pt *pt, u64 *entry)
{
	hpa_t table;

	TRY(pt->pages->alloc(pt->owner, 1, &table));
	entry_store(entry, arch_pte_table(pt->format, table));
	return OK;
}

/* The highest level whose leaf fits at the beginning of @s. */
static u32 level_fitting(const struct pt *pt, const struct pt_stretch *s)
{
	u32 level = MIN(pt->format->max_leaf, pt->format->n_levels - 1);

	while (level > 0 &&
	       (s->len < level_size(level) || !is_aligned(s->va | s->pa.v, level_size(level))))
		level--;
	return level;
}

/*
 * Leaves of @level from @entry on, which is empty, to the end of its table, of the stretch, or of
 * what is empty; they are cut off @s. An entry is 0 from the beginning and after pt_unmap().
 */
static void put_leaves(const struct pt *pt, u64 *entry, u32 level, struct pt_stretch *s)
{
	u64 size = level_size(level);
	u64 left = TABLE_ENTRIES - (uintptr_t)entry / sizeof(*entry) % TABLE_ENTRIES;
	u64 max = MIN(left, s->len / size), n = 0;
	u64 pte = arch_pte_leaf(pt->format, level, s->pa, s->prot, s->type);
	u64 step =
		max < 2 ? 0 :
			  arch_pte_leaf(pt->format, level, hpa_add(s->pa, size), s->prot, s->type) -
				  pte;

	do {
		entry_store(&entry[n++], pte);
		pte += step;
	} while (n < max && entry_load(&entry[n]) == 0);
	s->va += n * size;
	s->pa = hpa_add(s->pa, n * size);
	s->len -= n * size;
}

/* Map leaves at the beginning of @s and cut them off. */
static enum status map_leaves(struct pt *pt, struct pt_stretch *s)
{
	u32 level = level_fitting(pt, s);
	struct pt_slot slot = pt_walk(pt, s->va, level);

	while (slot.info.valid || slot.level != level) {
		if (slot.info.valid && slot.info.leaf)
			return E_EXISTS;
		if (slot.info.valid)
			level--; /* smaller leaves are, or were, in its place */
		else
			TRY(add_table(pt, slot.entry));
		slot = pt_walk(pt, s->va, level);
	}
	put_leaves(pt, slot.entry, level, s);
	return OK;
}

static enum status check_range(const struct pt *pt, u64 va, u64 len)
{
	if (!is_aligned(va | len, PAGE_SIZE))
		return E_INVAL;
	return range_ok(va, len, BIT(pt->format->input_bits)) ? OK : E_RANGE;
}

enum status pt_map_stretch(struct pt *pt, struct pt_stretch *s)
{
	u32 prot = s->prot;

	BUG_ON(!pt->format->is_guest && (prot & PT_X) && ((prot & PT_W) || s->type == PT_DEVICE));
	TRY(check_range(pt, s->va, s->len));
	if (!is_aligned(s->pa.v, PAGE_SIZE) || !(prot & (PT_R | PT_W | PT_X)))
		return E_INVAL;
	if (!range_valid(s->pa.v, s->len))
		return E_RANGE;
	while (s->len)
		TRY(map_leaves(pt, s));
	arch_pt_publish();
	return OK;
}

enum status pt_map(struct pt *pt, u64 va, hpa_t pa, u64 len, u32 prot, enum pt_type type)
{
	struct pt_stretch s = { va, pa, len, prot, type };

	return pt_map_stretch(pt, &s);
}

/* Put a table of smaller leaves in the place of the leaf in @slot. */
static enum status split_leaf(struct pt *pt, const struct pt_slot *slot)
{
	const struct pte_info *was = &slot->info;
	u32 level = slot->level - 1;
	u64 *entries;
	hpa_t table;

	TRY(pt->pages->alloc(pt->owner, 1, &table));
	entries = pt->pages->at(table);
	for (u32 i = 0; i < TABLE_ENTRIES; i++) {
		hpa_t to = hpa_add(was->target, i * level_size(level));

		entries[i] = arch_pte_leaf(pt->format, level, to, was->prot, was->type);
	}
	entry_store(slot->entry, arch_pte_table(pt->format, table));
	return OK;
}

enum status pt_unmap(struct pt *pt, u64 va, u64 len)
{
	u64 end = va + len;

	TRY(check_range(pt, va, len));
	while (va < end) {
		struct pt_slot s = pt_walk(pt, va, 0);
		u64 size = level_size(s.level);

		if (s.info.valid && (!is_aligned(va, size) || end - va < size)) {
			TRY(split_leaf(pt, &s));
			continue;
		}
		if (s.info.valid)
			entry_store(s.entry, 0);
		va = MIN(end, align_down(va, size) + size);
	}
	arch_pt_publish();
	return OK;
}

enum status pt_lookup(const struct pt *pt, u64 va, struct pte_info *info, u64 *run)
{
	struct pt_slot s;
	u64 into;

	*info = (struct pte_info){ 0 };
	if (va >= BIT(pt->format->input_bits)) {
		*run = 0 - va; /* up to 2^64 */
		return E_NOTFOUND;
	}
	s = pt_walk(pt, va, 0);
	into = va % level_size(s.level);
	*run = level_size(s.level) - into;
	if (!s.info.valid)
		return E_NOTFOUND;
	*info = s.info;
	info->target = hpa_add(s.info.target, into);
	return OK;
}
