/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of the page pool, between core/pmm.c, which keeps it, and core/pmm_init.c, which
 * draws it up: one struct block for each 2 MiB, bank by bank.
 */
#pragma once

#include <base/spinlock.h>
#include <core/pmm.h>

#define BLOCK_PAGES ((u32)(BLOCK_SIZE / PAGE_SIZE))

enum block_state {
	BLOCK_ABSENT, /* no RAM, or too little of it */
	BLOCK_TAKEN,  /* RAM that was never given to the pool */
	BLOCK_FREE,
	BLOCK_SCRUB,  /* free, and being zeroed: not to be given out now */
	BLOCK_WHOLE,  /* all of it is `owner`'s */
	BLOCK_SPLIT,  /* page by page, until all pages are free */
	BLOCK_RAGGED, /* page by page for ever: some of its pages are not ours to give */
};

struct block {
	pmm_owner_t owner; /* BLOCK_WHOLE */
	u16 n_free;	   /* split or ragged: pages */
	u16 table;	   /* split or ragged: which page keeps the owners, a pmm_owner_t each */
	u8 state;	   /* enum block_state */
	u8 content;	   /* BLOCK_FREE: enum pmm_content */
};
static_assert(sizeof(struct block) == 8, "the record's price is 8 bytes for 2 MiB");

/* What else a page of a split block may be, beside somebody's. */
#define PAGE_ABSENT ((pmm_owner_t)0xffff)
#define PAGE_TAKEN  ((pmm_owner_t)0xfffe)
#define PAGE_TABLE  ((pmm_owner_t)0xfffd) /* the block's owner table */
#define PAGE_RECORD ((pmm_owner_t)0xfffc) /* struct blocks */

struct bank {
	u64 base;
	u64 n; /* blocks */
	struct block *block;
};

struct pool {
	struct spinlock lock;
	struct bank bank[PMM_MAX_BANKS]; /* ascending, apart from each other */
	u32 n_banks;
	u32 n_scrubbing;     /* blocks */
	struct range record; /* where the struct blocks lie */
	struct pmm_stats stats;
};

static inline u64 block_at(const struct bank *k, u64 i)
{
	return k->base + i * BLOCK_SIZE;
}

/* Draw up @p, all of it, from nothing; see pmm_init(). */
enum status pool_draw_up(struct pool *p, const struct range *mem, u32 n_mem,
			 const struct range *taken, u32 n_taken, enum pmm_content content);
