/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page pool. What is true of a page is in its block's record or, when the block is split, in
 * the owner table inside the block. The counters of struct pool always equal what a count over
 * the records would give. All of it is behind one lock; memory is zeroed outside of it, while it
 * belongs to somebody already.
 */
#include <core/pmm_pool.h>

#include <base/bits.h>
#include <base/str.h>
#include <core/panic.h>
#include <port/arch.h>

static struct pool pmm_pool;

struct pmm_locked {
	struct pool *pool;
};

static struct pmm_locked pmm_lock(void)
{
	spin_lock(&pmm_pool.lock);
	return (struct pmm_locked){ &pmm_pool };
}

static void pmm_unlock(struct pmm_locked *l)
{
	spin_unlock(&l->pool->lock);
	l->pool = NULL;
}

/* What failed is worth another try while a CPU scrubs: its block will be free in a moment. */
static bool pmm_unlock_again(struct pmm_locked *l, bool failed)
{
	bool again = failed && l->pool->n_scrubbing != 0;

	pmm_unlock(l);
	if (again)
		arch_cpu_relax();
	return again;
}

enum status pmm_init(const struct range *mem, u32 n_mem, const struct range *taken, u32 n_taken,
		     enum pmm_content content)
{
	return pool_draw_up(&pmm_pool, mem, n_mem, taken, n_taken, content);
}

/* ---- one block -------------------------------------------------------------------------------- */

static bool block_is_split(const struct block *b)
{
	return b->state == BLOCK_SPLIT || b->state == BLOCK_RAGGED;
}

static pmm_owner_t *block_owners(const struct bank *k, u64 i)
{
	return arch_phys_to_virt(HPA(block_at(k, i) + k->block[i].table * PAGE_SIZE));
}

static void count_taken(struct pmm_locked l, pmm_owner_t owner, u64 n_pages)
{
	l.pool->stats.free -= n_pages;
	if (owner == PMM_HYPERVISOR)
		l.pool->stats.hypervisor += n_pages;
}

static void count_freed(struct pmm_locked l, pmm_owner_t owner, u64 n_pages)
{
	l.pool->stats.free += n_pages;
	if (owner == PMM_HYPERVISOR)
		l.pool->stats.hypervisor -= n_pages;
}

static void block_take(struct pmm_locked l, struct block *b, pmm_owner_t owner)
{
	if (b->content == PMM_DIRTY)
		l.pool->stats.dirty -= BLOCK_PAGES;
	b->state = BLOCK_WHOLE;
	b->owner = owner;
	count_taken(l, owner, BLOCK_PAGES);
}

/* The caller counts. */
static void block_release(struct pmm_locked l, struct block *b)
{
	b->state = BLOCK_FREE;
	b->owner = PMM_FREE;
	b->content = PMM_DIRTY;
	l.pool->stats.dirty += BLOCK_PAGES;
}

static void block_split(struct pmm_locked l, const struct bank *k, u64 i)
{
	struct block *b = &k->block[i];
	pmm_owner_t *owners;

	if (b->content == PMM_DIRTY)
		l.pool->stats.dirty -= BLOCK_PAGES;
	b->state = BLOCK_SPLIT;
	b->table = 0;
	b->n_free = (u16)(BLOCK_PAGES - 1);
	count_taken(l, PMM_HYPERVISOR, 1);
	owners = block_owners(k, i);
	memset(owners, 0, BLOCK_PAGES * sizeof(*owners)); /* PMM_FREE */
	owners[0] = PAGE_TABLE;
}

static void block_join(struct pmm_locked l, struct block *b)
{
	/* A ragged block never gets there: one page is its table, at least one is not ours. */
	if (b->n_free != BLOCK_PAGES - 1)
		return;
	count_freed(l, PMM_HYPERVISOR, 1);
	block_release(l, b);
}

/* ---- pages ------------------------------------------------------------------------------------ */

/* @n free entries in a row; those of a power of two begin at a multiple of it. */
static bool owners_find(const pmm_owner_t *owners, u32 n, u32 *at)
{
	u32 align = is_pow2(n) ? n : 1;
	u32 run = 0;

	for (u32 i = 0; i < BLOCK_PAGES; i++) {
		if (owners[i] != PMM_FREE || (run == 0 && i % align != 0)) {
			run = 0;
			continue;
		}
		if (++run == n) {
			*at = i + 1 - n;
			return true;
		}
	}
	return false;
}

static bool take_from_split(struct pmm_locked l, const struct bank *k, u64 i, pmm_owner_t owner,
			    u32 n, hpa_t *out)
{
	pmm_owner_t *owners = block_owners(k, i);
	u32 at;

	if (!owners_find(owners, n, &at))
		return false;
	for (u32 p = at; p < at + n; p++)
		owners[p] = owner;
	k->block[i].n_free = (u16)(k->block[i].n_free - n);
	count_taken(l, owner, n);
	*out = HPA(block_at(k, i) + at * PAGE_SIZE);
	return true;
}

/* From the top, to leave long runs below for guests. */
static bool split_one(struct pmm_locked l, const struct bank **bank, u64 *index)
{
	for (u32 k = l.pool->n_banks; k-- > 0;) {
		*bank = &l.pool->bank[k];
		for (u64 i = (*bank)->n; i-- > 0;) {
			if ((*bank)->block[i].state != BLOCK_FREE)
				continue;
			block_split(l, *bank, i);
			*index = i;
			return true;
		}
	}
	return false;
}

static bool take_pages(struct pmm_locked l, pmm_owner_t owner, u32 n, hpa_t *out)
{
	const struct bank *k;
	u64 i;

	for (u32 b = 0; b < l.pool->n_banks; b++) {
		k = &l.pool->bank[b];
		for (i = 0; i < k->n; i++) {
			if (block_is_split(&k->block[i]) && k->block[i].n_free >= n &&
			    take_from_split(l, k, i, owner, n, out))
				return true;
		}
	}
	return split_one(l, &k, &i) && take_from_split(l, k, i, owner, n, out);
}

enum status pmm_alloc_pages_dirty(pmm_owner_t owner, u32 n, hpa_t *out)
{
	bool found, again;

	BUG_ON(owner == PMM_FREE || n == 0);
	if (n > BLOCK_PAGES - 1)
		return E_NOMEM;
	do {
		struct pmm_locked l = pmm_lock();

		found = take_pages(l, owner, n, out);
		again = pmm_unlock_again(&l, !found);
	} while (again);
	return found ? OK : E_NOMEM;
}

enum status pmm_alloc_pages(pmm_owner_t owner, u32 n, hpa_t *out)
{
	TRY(pmm_alloc_pages_dirty(owner, n, out));
	memset(arch_phys_to_virt(*out), 0, n * PAGE_SIZE);
	return OK;
}

static const struct bank *bank_of(const struct pool *p, u64 at)
{
	for (u32 k = 0; k < p->n_banks; k++) {
		if (range_inside(at, 1, p->bank[k].base, p->bank[k].n * BLOCK_SIZE))
			return &p->bank[k];
	}
	return NULL;
}

void pmm_free_pages(pmm_owner_t owner, hpa_t base, u32 n)
{
	struct pmm_locked l = pmm_lock();
	const struct bank *k = bank_of(l.pool, base.v);
	u32 first = (u32)(base.v % BLOCK_SIZE / PAGE_SIZE);
	pmm_owner_t *owners;
	struct block *b;
	u64 i;

	BUG_ON(owner == PMM_FREE || !is_aligned(base.v, PAGE_SIZE) || k == NULL);
	i = (base.v - k->base) / BLOCK_SIZE;
	b = &k->block[i];
	BUG_ON(!block_is_split(b) || !range_ok(first, n, BLOCK_PAGES));
	owners = block_owners(k, i);
	for (u32 p = first; p < first + n; p++) {
		BUG_ON(owners[p] != owner);
		owners[p] = PMM_FREE;
	}
	b->n_free = (u16)(b->n_free + n);
	count_freed(l, owner, n);
	block_join(l, b);
	pmm_unlock(&l);
}

/* ---- blocks ----------------------------------------------------------------------------------- */

static bool find_run(const struct bank *k, u64 n, u64 align, u64 *at)
{
	u64 run = 0;

	for (u64 i = 0; i < k->n; i++) {
		if (k->block[i].state != BLOCK_FREE ||
		    (run == 0 && !is_aligned(block_at(k, i), align))) {
			run = 0;
			continue;
		}
		if (++run == n) {
			*at = i + 1 - n;
			return true;
		}
	}
	return false;
}

static void take_run(struct pmm_locked l, const struct bank *k, struct range blocks,
		     pmm_owner_t owner, enum pmm_content *content)
{
	*content = PMM_CLEAN;
	for (u64 i = blocks.base; i < blocks.base + blocks.len; i++) {
		if (k->block[i].content == PMM_DIRTY)
			*content = PMM_DIRTY;
		block_take(l, &k->block[i], owner);
	}
}

static enum status try_blocks(struct pmm_locked l, pmm_owner_t owner, struct range want, hpa_t *out,
			      enum pmm_content *content)
{
	u64 i;

	for (u32 b = 0; b < l.pool->n_banks; b++) {
		const struct bank *k = &l.pool->bank[b];

		if (!find_run(k, want.len, want.base, &i))
			continue;
		take_run(l, k, (struct range){ i, want.len }, owner, content);
		*out = HPA(block_at(k, i));
		return OK;
	}
	return E_NOMEM;
}

enum status pmm_alloc_blocks(pmm_owner_t owner, u64 n, u64 align, hpa_t *out,
			     enum pmm_content *content)
{
	enum status st;
	bool again;

	BUG_ON(owner == PMM_FREE || n == 0 || !is_pow2(align) || align < BLOCK_SIZE);
	do {
		struct pmm_locked l = pmm_lock();

		st = try_blocks(l, owner, (struct range){ align, n }, out, content);
		again = pmm_unlock_again(&l, st != OK);
	} while (again);
	return st;
}

static bool owners_have(const pmm_owner_t *owners, pmm_owner_t owner)
{
	for (u32 p = 0; p < BLOCK_PAGES; p++) {
		if (owners[p] == owner)
			return true;
	}
	return false;
}

static enum status block_claimable(const struct bank *k, u64 i)
{
	switch ((enum block_state)k->block[i].state) {
	case BLOCK_FREE:
		return OK;
	case BLOCK_ABSENT:
		return E_NOTFOUND;
	case BLOCK_RAGGED:
		return owners_have(block_owners(k, i), PAGE_ABSENT) ? E_NOTFOUND : E_BUSY;
	case BLOCK_TAKEN:
	case BLOCK_SCRUB:
	case BLOCK_WHOLE:
	case BLOCK_SPLIT:
		break;
	}
	return E_BUSY;
}

static enum status try_claim(struct pmm_locked l, pmm_owner_t owner, struct range want,
			     enum pmm_content *content)
{
	const struct bank *k = bank_of(l.pool, want.base);
	u64 n = want.len / BLOCK_SIZE;
	u64 first;

	if (!k || !range_inside(want.base, want.len, k->base, k->n * BLOCK_SIZE))
		return E_NOTFOUND;
	first = (want.base - k->base) / BLOCK_SIZE;
	for (u64 i = first; i < first + n; i++)
		TRY(block_claimable(k, i));
	take_run(l, k, (struct range){ first, n }, owner, content);
	return OK;
}

enum status pmm_claim(pmm_owner_t owner, hpa_t base, u64 len, enum pmm_content *content)
{
	enum status st;
	bool again;

	BUG_ON(owner == PMM_FREE);
	if (len == 0 || !is_aligned(base.v | len, BLOCK_SIZE))
		return E_INVAL;
	do {
		struct pmm_locked l = pmm_lock();

		st = try_claim(l, owner, (struct range){ base.v, len }, content);
		again = pmm_unlock_again(&l, st == E_BUSY);
	} while (again);
	return st;
}

/* ---- owners ----------------------------------------------------------------------------------- */

static u64 free_split_of(struct pmm_locked l, const struct bank *k, u64 i, pmm_owner_t owner)
{
	pmm_owner_t *owners = block_owners(k, i);
	struct block *b = &k->block[i];
	u32 n = 0;

	for (u32 p = 0; p < BLOCK_PAGES; p++) {
		if (owners[p] != owner)
			continue;
		owners[p] = PMM_FREE;
		n++;
	}
	b->n_free = (u16)(b->n_free + n);
	count_freed(l, owner, n);
	block_join(l, b);
	return n;
}

static u64 free_block_of(struct pmm_locked l, const struct bank *k, u64 i, pmm_owner_t owner)
{
	struct block *b = &k->block[i];

	if (block_is_split(b))
		return free_split_of(l, k, i, owner);
	if (b->state != BLOCK_WHOLE || b->owner != owner)
		return 0;
	count_freed(l, owner, BLOCK_PAGES);
	block_release(l, b);
	return BLOCK_PAGES;
}

u64 pmm_free_owner(pmm_owner_t owner)
{
	struct pmm_locked l;
	u64 n = 0;

	BUG_ON(owner == PMM_FREE || owner == PMM_HYPERVISOR);
	l = pmm_lock();
	for (u32 k = 0; k < l.pool->n_banks; k++) {
		for (u64 i = 0; i < l.pool->bank[k].n; i++)
			n += free_block_of(l, &l.pool->bank[k], i, owner);
	}
	pmm_unlock(&l);
	return n;
}

static u64 split_owned(const struct bank *k, u64 i, pmm_owner_t owner)
{
	const pmm_owner_t *owners = block_owners(k, i);
	u64 n = owner == PMM_HYPERVISOR ? 1 : 0; /* the table */

	for (u32 p = 0; p < BLOCK_PAGES; p++) {
		if (owners[p] == owner)
			n++;
	}
	return n;
}

static u64 block_owned(const struct bank *k, u64 i, pmm_owner_t owner)
{
	const struct block *b = &k->block[i];

	switch ((enum block_state)b->state) {
	case BLOCK_ABSENT:
	case BLOCK_TAKEN:
		break;
	case BLOCK_FREE:
	case BLOCK_SCRUB:
		return owner == PMM_FREE ? BLOCK_PAGES : 0;
	case BLOCK_WHOLE:
		return owner == b->owner ? BLOCK_PAGES : 0;
	case BLOCK_SPLIT:
	case BLOCK_RAGGED:
		return split_owned(k, i, owner);
	}
	return 0;
}

u64 pmm_owned(pmm_owner_t owner)
{
	struct pmm_locked l = pmm_lock();
	u64 n = owner == PMM_HYPERVISOR ? l.pool->record.len / PAGE_SIZE : 0;

	for (u32 k = 0; k < l.pool->n_banks; k++) {
		for (u64 i = 0; i < l.pool->bank[k].n; i++)
			n += block_owned(&l.pool->bank[k], i, owner);
	}
	pmm_unlock(&l);
	return n;
}

struct pmm_stats pmm_stats(void)
{
	struct pmm_locked l = pmm_lock();
	struct pmm_stats s = l.pool->stats;

	pmm_unlock(&l);
	return s;
}

static u64 bank_largest(const struct bank *k)
{
	u64 run = 0, best = 0;

	for (u64 i = 0; i < k->n; i++) {
		bool is_free = k->block[i].state == BLOCK_FREE || k->block[i].state == BLOCK_SCRUB;

		run = is_free ? run + 1 : 0;
		best = MAX(best, run);
	}
	return best;
}

u64 pmm_largest_free(void)
{
	struct pmm_locked l = pmm_lock();
	u64 best = 0;

	for (u32 k = 0; k < l.pool->n_banks; k++) {
		u64 n = bank_largest(&l.pool->bank[k]);

		best = MAX(best, n);
	}
	pmm_unlock(&l);
	return best * BLOCK_SIZE;
}

/* ---- scrubbing -------------------------------------------------------------------------------- */

/* A dirty block, marked so that nobody gets it while it is zeroed. */
static struct block *scrub_begin(hpa_t *at)
{
	struct pmm_locked l = pmm_lock();
	struct block *found = NULL;

	for (u32 k = 0; l.pool->stats.dirty != 0 && found == NULL && k < l.pool->n_banks; k++) {
		const struct bank *bank = &l.pool->bank[k];

		for (u64 i = 0; found == NULL && i < bank->n; i++) {
			struct block *b = &bank->block[i];

			if (b->state != BLOCK_FREE || b->content != PMM_DIRTY)
				continue;
			found = b;
			*at = HPA(block_at(bank, i));
		}
	}
	if (found) {
		found->state = BLOCK_SCRUB;
		l.pool->stats.dirty -= BLOCK_PAGES;
		l.pool->n_scrubbing++;
	}
	pmm_unlock(&l);
	return found;
}

static void scrub_end(struct block *b)
{
	struct pmm_locked l = pmm_lock();

	b->state = BLOCK_FREE;
	b->content = PMM_CLEAN;
	l.pool->n_scrubbing--;
	pmm_unlock(&l);
}

/* A look without the lock: what is missed now is there next time. */
bool pmm_is_dirty(void)
{
	return __atomic_load_n(&pmm_pool.stats.dirty, __ATOMIC_RELAXED) != 0;
}

bool pmm_scrub_slice(u32 max_blocks)
{
	for (u32 n = 0; n < max_blocks; n++) {
		hpa_t at;
		struct block *b = scrub_begin(&at);

		if (!b)
			return false;
		memset(arch_phys_to_virt(at), 0, BLOCK_SIZE);
		/* A guest begins with its caches off: zero has to be in memory. */
		arch_cache_clean(arch_phys_to_virt(at), BLOCK_SIZE);
		scrub_end(b);
	}
	return true;
}
