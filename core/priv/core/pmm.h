/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host pages. Every page of the pool has exactly one owner, recorded: nobody (free), the
 * hypervisor, or a VM. Memory is kept in 2 MiB blocks; a block that serves 4 KiB pages is split
 * and keeps the owners of its pages in a page of its own, so 511 of 512 are of use. Free memory
 * is clean (zero) or dirty; what is handed out by page is zeroed.
 */
#pragma once

#include <base/range.h>
#include <base/status.h>
#include <base/types.h>

#define PAGE_SIZE  KIB(4)
#define BLOCK_SIZE MIB(2)

typedef u16 pmm_owner_t;
#define PMM_FREE       ((pmm_owner_t)0)
#define PMM_HYPERVISOR ((pmm_owner_t)1)
#define PMM_VM(tag)    ((pmm_owner_t)(1 + (tag))) /* tag counts from 1 */

enum pmm_content {
	PMM_CLEAN,
	PMM_DIRTY
};

#define PMM_MAX_BANKS 16

/*
 * Take over the memory in @mem except what @taken covers (image, device tree, reserved memory).
 * Ranges may come in any order, overlap, and end anywhere: whole 4 KiB pages count. Of a block
 * that is not all ours the pages are used one by one; if that is a single page it is given up.
 * Needs the direct map of it. Boot CPU, once. E_NOMEM when nothing is left, E_RANGE for more than
 * PMM_MAX_BANKS of memory. Our own record takes 8 bytes for each 2 MiB, from the pool.
 */
enum status pmm_init(const struct range *mem, u32 n_mem, const struct range *taken, u32 n_taken,
		     enum pmm_content content);

/* @n contiguous zeroed 4 KiB pages, aligned to their size when @n is a power of two. E_NOMEM,
 * also for @n > 511. */
enum status pmm_alloc_pages(pmm_owner_t owner, u32 n, hpa_t *out);
/* The same, with whatever was in them: for the hypervisor's own use only. */
enum status pmm_alloc_pages_dirty(pmm_owner_t owner, u32 n, hpa_t *out);
/* @n contiguous 2 MiB blocks, the first at a multiple of @align (a power of two >= BLOCK_SIZE).
 * *content says whether they still have to be zeroed. */
enum status pmm_alloc_blocks(pmm_owner_t owner, u64 n, u64 align, hpa_t *out,
			     enum pmm_content *content);
/* Exactly [base, base + len), multiples of BLOCK_SIZE. E_BUSY: (partly) taken; E_NOTFOUND: no
 * RAM; E_INVAL: no such multiples. */
enum status pmm_claim(pmm_owner_t owner, hpa_t base, u64 len, enum pmm_content *content);
/* Give back what came from pmm_alloc_pages(), all or a part of it. */
void pmm_free_pages(pmm_owner_t owner, hpa_t base, u32 n);
/* Everything of @owner (a VM) goes back to the pool, dirty. Returns the number of 4 KiB pages. */
u64 pmm_free_owner(pmm_owner_t owner);

/* Some free block is, as far as can be seen without waiting. */
bool pmm_is_dirty(void);
/* Zero up to @max_blocks dirty free blocks; false when none was left. From the idle loop. */
bool pmm_scrub_slice(u32 max_blocks);

/* total = free + hypervisor + what VMs own. */
struct pmm_stats {
	u64 total; /* 4 KiB pages */
	u64 free;
	u64 hypervisor; /* the pool's own record included */
	u64 dirty;	/* of the free: what pmm_scrub_slice() still has to do */
};
struct pmm_stats pmm_stats(void);
/* Counted page by page; the records of split blocks are the hypervisor's. */
u64 pmm_owned(pmm_owner_t owner);
/* The longest run of free blocks, in bytes: for messages. */
u64 pmm_largest_free(void);
