/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page-table walker for every format: our own tables and guests'. Uses the largest leaf that
 * fits. Tables belong to the owner the table was made for and are given back only with all of
 * that owner's pages. Nothing of ours is ever mapped writable and executable.
 */
#pragma once

#include <core/pmm.h>
#include <port/arch.h>

/* Where tables come from. */
struct pt_pages {
	/* @n contiguous zeroed pages, aligned to their size. E_NOMEM. */
	enum status (*alloc)(pmm_owner_t owner, u32 n, hpa_t *out);
	/* Our address of a table; each holds 512 entries of 8 bytes. */
	u64 *(*at)(hpa_t table);
};

struct pt {
	const struct pt_format *format;
	const struct pt_pages *pages;
	hpa_t root;
	pmm_owner_t owner;
};

/* A root without entries, from the page pool. E_NOMEM. */
enum status pt_init(struct pt *pt, const struct pt_format *f, pmm_owner_t owner);
/* The same with tables from elsewhere. */
enum status pt_init_from(struct pt *pt, const struct pt_format *f, const struct pt_pages *pages,
			 pmm_owner_t owner);
/* Map [va, va + len) to [pa, ...), all multiples of 4 KiB (else E_INVAL, also for no right at
 * all). E_EXISTS when something is there, E_NOMEM, E_RANGE beyond input_bits. Nothing is undone
 * on failure: the owner is torn down. */
enum status pt_map(struct pt *pt, u64 va, hpa_t pa, u64 len, u32 prot, enum pt_type type);
/* Addresses still to be mapped. */
struct pt_stretch {
	u64 va;
	hpa_t pa;
	u64 len;
	u32 prot;
	enum pt_type type;
};
/* The same, with @s left as what was not mapped: on E_EXISTS something is at its beginning. */
enum status pt_map_stretch(struct pt *pt, struct pt_stretch *s);
/* Unmap; holes are fine. Splits larger leaves, which no CPU may be translating by then. The
 * caller flushes the TLB. E_INVAL, E_NOMEM, E_RANGE as above. */
enum status pt_unmap(struct pt *pt, u64 va, u64 len);
/* What @va maps to: info of its leaf, with info->target the very byte; *run bytes from va to the
 * leaf's end. E_NOTFOUND: *run bytes from va on are certainly not mapped. */
enum status pt_lookup(const struct pt *pt, u64 va, struct pte_info *info, u64 *run);
