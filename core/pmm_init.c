/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From ranges of memory to the record of the page pool. The ranges are as firmware gave them: in
 * any order, overlapping, ragged. A page counts when all of it is memory and none of it is taken.
 * Only the record itself and the owner tables of ragged blocks are written to.
 */
#include <core/pmm_pool.h>

#include <base/bits.h>
#include <base/str.h>
#include <core/panic.h>
#include <port/arch.h>

struct draft {
	const struct range *mem;
	const struct range *taken;
	struct range record;
	u32 n_mem;
	u32 n_taken;
	enum pmm_content content;
};

/* The whole pages in @r; empty when there is none or @r makes no sense. */
static struct range whole_pages(struct range r)
{
	u64 base, end;

	if (!range_ok(r.base, r.len, UINT64_MAX - BLOCK_SIZE))
		return (struct range){ 0 };
	base = align_up(r.base, PAGE_SIZE);
	end = align_down(r.base + r.len, PAGE_SIZE);
	return (struct range){ base, end > base ? end - base : 0 };
}

/* ---- banks ------------------------------------------------------------------------------------ */

/* In order of address; blocks that touch or overlap become one bank. */
static void banks_sort(struct pool *p)
{
	u32 n = 0;

	for (u32 i = 1; i < p->n_banks; i++) {
		for (u32 j = i; j > 0 && p->bank[j].base < p->bank[j - 1].base; j--) {
			struct bank t = p->bank[j];

			p->bank[j] = p->bank[j - 1];
			p->bank[j - 1] = t;
		}
	}
	for (u32 i = 1; i < p->n_banks; i++) {
		struct bank *last = &p->bank[n];
		u64 end = block_at(&p->bank[i], p->bank[i].n);

		if (p->bank[i].base > block_at(last, last->n))
			p->bank[++n] = p->bank[i];
		else if (end > block_at(last, last->n))
			last->n = (end - last->base) / BLOCK_SIZE;
	}
	p->n_banks = n + 1;
}

static enum status banks_find(struct pool *p, const struct draft *d)
{
	for (u32 i = 0; i < d->n_mem; i++) {
		struct range r = whole_pages(d->mem[i]);
		u64 base = align_down(r.base, BLOCK_SIZE);
		u64 end = align_up(r.base + r.len, BLOCK_SIZE);

		if (!r.len)
			continue;
		if (p->n_banks == PMM_MAX_BANKS)
			return E_RANGE;
		p->bank[p->n_banks++] = (struct bank){ base, (end - base) / BLOCK_SIZE, NULL };
	}
	if (!p->n_banks)
		return E_NOMEM;
	banks_sort(p);
	return OK;
}

/* ---- the record's place ----------------------------------------------------------------------- */

/* The end of a taken range that is in the way of @r; 0: none is. */
static u64 obstacle_end(const struct draft *d, struct range r)
{
	for (u32 i = 0; i < d->n_taken; i++) {
		const struct range *t = &d->taken[i];

		if (range_overlaps(r.base, r.len, t->base, t->len))
			return range_valid(t->base, t->len) ? t->base + t->len : UINT64_MAX;
	}
	return 0;
}

/* The first place for the record in @mem. Each obstacle is passed at most once. */
static bool record_place(const struct draft *d, struct range mem, u64 len, struct range *out)
{
	struct range r = { mem.base, len };

	for (u32 tries = 0; tries <= d->n_taken; tries++) {
		u64 end;

		if (!range_inside(r.base, r.len, mem.base, mem.len))
			return false;
		end = obstacle_end(d, r);
		if (!end) {
			*out = r;
			return true;
		}
		if (end > UINT64_MAX - PAGE_SIZE)
			return false;
		r.base = align_up(end, PAGE_SIZE);
	}
	return false;
}

static enum status record_find(struct pool *p, struct draft *d)
{
	struct block *at;
	u64 n = 0;

	for (u32 k = 0; k < p->n_banks; k++)
		n += p->bank[k].n;
	for (u32 i = 0; i < d->n_mem && d->record.len == 0; i++) {
		if (record_place(d, whole_pages(d->mem[i]), align_up(n * sizeof(*at), PAGE_SIZE),
				 &d->record))
			break;
	}
	if (!d->record.len)
		return E_NOMEM;
	at = arch_phys_to_virt(HPA(d->record.base));
	memset(at, 0, d->record.len);
	for (u32 k = 0; k < p->n_banks; k++) {
		p->bank[k].block = at;
		at += p->bank[k].n;
	}
	p->record = d->record;
	return OK;
}

/* ---- blocks ----------------------------------------------------------------------------------- */

/* What of @r lies in the block at @at, as numbers of pages; no pages: nothing does. */
static struct range pages_in(struct range r, u64 at)
{
	u64 base = MAX(r.base, at);
	u64 end = MIN(r.base + r.len, at + BLOCK_SIZE);

	if (base >= end)
		return (struct range){ 0 };
	base = align_down(base - at, PAGE_SIZE) / PAGE_SIZE;
	return (struct range){ base, align_up(end - at, PAGE_SIZE) / PAGE_SIZE - base };
}

/* A taken range as far as it can be counted: what wraps reaches to the end of everything. */
static struct range taken_range(const struct draft *d, u32 i)
{
	struct range r = d->taken[i];

	return (struct range){ r.base, range_valid(r.base, r.len) ? r.len : UINT64_MAX - r.base };
}

static void owners_set(pmm_owner_t *owners, struct range pages, pmm_owner_t owner)
{
	for (u64 i = pages.base; i < pages.base + pages.len; i++)
		if (owners[i] != PAGE_ABSENT)
			owners[i] = owner;
}

#define FOUR_OWNERS UINT64_C(0x0001000100010001)

/* Most pages have the owner of those beside them. */
static u64 owners_four(const pmm_owner_t *owners)
{
	return *(const u64 *)(const void *)owners;
}

/* Who has the pages of the block at @at. */
static void owners_draw(const struct draft *d, u64 at, pmm_owner_t *owners)
{
	memset(owners, 0xff, BLOCK_PAGES * sizeof(*owners)); /* PAGE_ABSENT */
	for (u32 i = 0; i < d->n_mem; i++) {
		struct range pages = pages_in(whole_pages(d->mem[i]), at);

		memset(owners + pages.base, 0, pages.len * sizeof(*owners)); /* PMM_FREE */
	}
	for (u32 i = 0; i < d->n_taken; i++)
		owners_set(owners, pages_in(taken_range(d, i), at), PAGE_TAKEN);
	owners_set(owners, pages_in(d->record, at), PAGE_RECORD);
}

/* @b is no longer free as a whole; it has been counted as such. */
static void block_draw_ragged(struct pool *p, struct block *b, u64 at, pmm_owner_t *owners)
{
	b->state = BLOCK_RAGGED;
	b->n_free--;
	owners[b->table] = PAGE_TABLE;
	memcpy(arch_phys_to_virt(HPA(at + b->table * PAGE_SIZE)), owners,
	       BLOCK_PAGES * sizeof(*owners));
	p->stats.free += b->n_free;
	p->stats.hypervisor++;
}

/* A block that the edge of something lies in, or something that is taken. */
static void block_redraw(struct pool *p, const struct draft *d, struct block *b, u64 at)
{
	alignas(8) pmm_owner_t owners[BLOCK_PAGES];
	u32 n_absent = 0, n_free = 0;

	if (b->state != BLOCK_FREE)
		return; /* has been drawn for its other edge */
	owners_draw(d, at, owners);
	for (u32 i = BLOCK_PAGES, n; i; i -= n) {
		pmm_owner_t owner = owners[i - 1];

		n = i % 4 == 0 && owners_four(&owners[i - 4]) == owner * FOUR_OWNERS ? 4 : 1;
		n_absent += owner == PAGE_ABSENT ? n : 0;
		n_free += owner == PMM_FREE ? n : 0;
		b->table = owner == PMM_FREE ? (u16)(i - n) : b->table;
	}
	if (n_free == BLOCK_PAGES)
		return;
	p->stats.free -= BLOCK_PAGES;
	p->stats.dirty -= b->content == PMM_DIRTY ? BLOCK_PAGES : 0;
	b->content = 0;
	b->n_free = (u16)n_free;
	if (n_free > 1)
		block_draw_ragged(p, b, at, owners);
	else
		b->state = n_absent ? BLOCK_ABSENT : BLOCK_TAKEN;
}

/* The blocks that @r touches. */
static void blocks_redraw(struct pool *p, const struct draft *d, struct range r)
{
	for (u32 k = 0; k < p->n_banks; k++) {
		struct bank *bank = &p->bank[k];
		u64 end = block_at(bank, bank->n);
		u64 from = MAX(align_down(r.base, BLOCK_SIZE), bank->base);

		for (u64 at = from; at < end && at < r.base + r.len; at += BLOCK_SIZE)
			block_redraw(p, d, &bank->block[(at - bank->base) / BLOCK_SIZE], at);
	}
}

static void blocks_draw(struct pool *p, const struct draft *d)
{
	for (u32 k = 0; k < p->n_banks; k++) {
		struct bank *bank = &p->bank[k];

		for (u64 i = 0; i < bank->n; i++)
			bank->block[i] =
				(struct block){ .state = BLOCK_FREE, .content = (u8)d->content };
		p->stats.free += bank->n * BLOCK_PAGES;
	}
	p->stats.dirty = d->content == PMM_DIRTY ? p->stats.free : 0;
	for (u32 i = 0; i < d->n_mem; i++) {
		struct range r = whole_pages(d->mem[i]);

		if (!r.len)
			continue;
		blocks_redraw(p, d, (struct range){ r.base, 1 });
		blocks_redraw(p, d, (struct range){ r.base + r.len - 1, 1 });
	}
	for (u32 i = 0; i < d->n_taken; i++)
		blocks_redraw(p, d, taken_range(d, i));
	blocks_redraw(p, d, d->record);
}

enum status pool_draw_up(struct pool *p, const struct range *mem, u32 n_mem,
			 const struct range *taken, u32 n_taken, enum pmm_content content)
{
	struct draft d = { mem, taken, { 0 }, n_mem, n_taken, content };

	*p = (struct pool){ 0 };
	TRY(banks_find(p, &d));
	TRY(record_find(p, &d));
	blocks_draw(p, &d);
	p->stats.hypervisor += d.record.len / PAGE_SIZE;
	p->stats.total = p->stats.free + p->stats.hypervisor;
	return p->stats.free ? OK : E_NOMEM;
}
