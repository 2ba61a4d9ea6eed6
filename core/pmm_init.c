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

static bool overlaps_any(struct range r, const struct range *set, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		if (range_overlaps(r.base, r.len, set[i].base, set[i].len))
			return true;
	}
	return false;
}

static bool inside_any(struct range r, const struct range *set, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		if (range_inside(r.base, r.len, set[i].base, set[i].len))
			return true;
	}
	return false;
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

static pmm_owner_t page_initially(const struct draft *d, u64 at)
{
	struct range page = { at, PAGE_SIZE };

	if (!inside_any(page, d->mem, d->n_mem))
		return PAGE_ABSENT;
	if (range_overlaps(page.base, page.len, d->record.base, d->record.len))
		return PAGE_RECORD;
	return overlaps_any(page, d->taken, d->n_taken) ? PAGE_TAKEN : PMM_FREE;
}

static void block_draw_free(struct pool *p, const struct draft *d, struct block *b)
{
	b->state = BLOCK_FREE;
	b->content = (u8)d->content;
	if (d->content == PMM_DIRTY)
		p->stats.dirty += BLOCK_PAGES;
	p->stats.free += BLOCK_PAGES;
}

static void block_draw_ragged(struct pool *p, const struct draft *d, struct block *b, u64 at)
{
	pmm_owner_t *owners = arch_phys_to_virt(HPA(at + b->table * PAGE_SIZE));

	b->state = BLOCK_RAGGED;
	b->n_free--;
	for (u32 i = 0; i < BLOCK_PAGES; i++)
		owners[i] = page_initially(d, at + i * PAGE_SIZE);
	owners[b->table] = PAGE_TABLE;
	p->stats.free += b->n_free;
	p->stats.hypervisor++;
}

static void block_draw(struct pool *p, const struct draft *d, struct block *b, u64 at)
{
	struct range r = { at, BLOCK_SIZE };
	u32 n_absent = 0;

	if (inside_any(r, d->mem, d->n_mem) && !overlaps_any(r, d->taken, d->n_taken) &&
	    !range_overlaps(at, BLOCK_SIZE, d->record.base, d->record.len)) {
		block_draw_free(p, d, b);
		return;
	}
	for (u32 i = BLOCK_PAGES; i-- > 0;) {
		pmm_owner_t page = page_initially(d, at + i * PAGE_SIZE);

		if (page == PAGE_ABSENT)
			n_absent++;
		if (page != PMM_FREE)
			continue;
		b->n_free++;
		b->table = (u16)i;
	}
	if (b->n_free == BLOCK_PAGES)
		block_draw_free(p, d, b);
	else if (b->n_free > 1)
		block_draw_ragged(p, d, b, at);
	else
		b->state = n_absent ? BLOCK_ABSENT : BLOCK_TAKEN;
}

enum status pool_draw_up(struct pool *p, const struct range *mem, u32 n_mem,
			 const struct range *taken, u32 n_taken, enum pmm_content content)
{
	struct draft d = { mem, taken, { 0 }, n_mem, n_taken, content };

	*p = (struct pool){ 0 };
	TRY(banks_find(p, &d));
	TRY(record_find(p, &d));
	p->stats.hypervisor = d.record.len / PAGE_SIZE;
	for (u32 k = 0; k < p->n_banks; k++) {
		struct bank *bank = &p->bank[k];

		for (u64 i = 0; i < bank->n; i++)
			block_draw(p, &d, &bank->block[i], block_at(bank, i));
	}
	p->stats.total = p->stats.free + p->stats.hypervisor;
	return p->stats.free ? OK : E_NOMEM;
}
