/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page pool against a model that knows the owner of every page and nothing of blocks.
 */
#include "expect_bug.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <arch/fake.h>
#include <base/bits.h>
#include <core/pmm.h>

#define PAGES_PER_BLOCK (BLOCK_SIZE / PAGE_SIZE)

static u64 rng_state;

static u64 rng(u64 below)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state % below;
}

static bool all_are(const void *p, u8 value, u64 len)
{
	const u8 *b = p;

	return len == 0 || (b[0] == value && memcmp(b, b + 1, len - 1) == 0);
}

static bool all_zero(hpa_t at, u64 len)
{
	return all_are(arch_phys_to_virt(at), 0, len);
}

/* The counters, as a count finds them. */
static void check_counts(void)
{
	struct pmm_stats s = pmm_stats();

	assert_int_equal(s.free, pmm_owned(PMM_FREE));
	assert_int_equal(s.hypervisor, pmm_owned(PMM_HYPERVISOR));
}

static void init_simple(u64 len, enum pmm_content content)
{
	struct range mem = { FAKE_RAM_BASE, len };

	fake_init(len);
	assert_int_equal(pmm_init(&mem, 1, NULL, 0, content), OK);
}

/* ---- beginning -------------------------------------------------------------------------------- */

static void test_counts_at_start(void **state)
{
	(void)state;
	init_simple(MIB(64), PMM_DIRTY);
	/* 32 blocks: one page for the record, and one for the owners of the block it is in. */
	assert_int_equal(pmm_stats().total, 32 * PAGES_PER_BLOCK);
	assert_int_equal(pmm_stats().hypervisor, 2);
	assert_int_equal(pmm_stats().free, 32 * PAGES_PER_BLOCK - 2);
	assert_int_equal(pmm_largest_free(), MIB(62));
	check_counts();
}

static void test_budget_of_8_gib(void **state)
{
	(void)state;
	init_simple(GIB(8), PMM_CLEAN);
	assert_true(pmm_stats().hypervisor * PAGE_SIZE <= KIB(60)); /* and 4 KiB of .bss */
	check_counts();
}

static void test_ragged_banks(void **state)
{
	const u64 b = FAKE_RAM_BASE;
	/* Out of order, touching, overlapping, ending within pages and blocks. */
	const struct range mem[] = {
		{ b + MIB(20) + 0x123, MIB(3) + 0x1000 }, /* pages [20M + 1, 23M + 1) */
		{ b, MIB(4) + KIB(12) },
		{ b + MIB(4) + KIB(12), MIB(2) - KIB(12) }, /* completes the block */
		{ b + MIB(5), MIB(2) },			    /* overlaps */
		{ b + MIB(40) + KIB(8), KIB(4) },	    /* a page alone: given up */
		{ b + MIB(44), 0xfff },			    /* not even a page */
		{ UINT64_MAX - 0xffff, 0x20000 },	    /* nonsense */
	};
	const struct range taken[] = {
		{ b + MIB(1) + 1, 0x1000 }, /* touches two pages */
		{ b + MIB(2), MIB(2) },	    /* a whole block */
		{ b + MIB(100), MIB(1) },   /* elsewhere */
	};
	enum pmm_content c;
	u64 pages;

	(void)state;
	fake_init(MIB(64));
	fake_soil(HPA(b), MIB(64));
	assert_int_equal(pmm_init(mem, array_size(mem), taken, array_size(taken), PMM_DIRTY), OK);
	/* 0..2M less two, 4..7M, 20M+1..23M+1 */
	pages = (512 - 2) + 512 + 256 + 768;
	assert_int_equal(pmm_stats().total, pages);
	/* record; tables in blocks 0, 3, 10, 11 */
	assert_int_equal(pmm_stats().hypervisor, 5);
	assert_int_equal(pmm_largest_free(), MIB(2));
	check_counts();
	assert_int_equal(pmm_claim(PMM_VM(1), HPA(b), MIB(2), &c), E_BUSY);
	assert_int_equal(pmm_claim(PMM_VM(1), HPA(b + MIB(2)), MIB(2), &c), E_BUSY);
	assert_int_equal(pmm_claim(PMM_VM(1), HPA(b + MIB(6)), MIB(2), &c), E_NOTFOUND);
	assert_int_equal(pmm_claim(PMM_VM(1), HPA(b + MIB(20)), MIB(2), &c), E_NOTFOUND);
	assert_int_equal(pmm_claim(PMM_VM(1), HPA(b + MIB(30)), MIB(2), &c), E_NOTFOUND);
	assert_int_equal(pmm_claim(PMM_VM(1), HPA(b + MIB(40)), MIB(2), &c), E_NOTFOUND);
	assert_int_equal(pmm_claim(PMM_VM(1), HPA(b + MIB(4)), MIB(4), &c), E_NOTFOUND);
	assert_int_equal(pmm_claim(PMM_VM(1), HPA(b + MIB(4)), MIB(2), &c), OK);
	assert_int_equal(c, PMM_DIRTY);
	/* What is not ours was not touched. */
	assert_true(all_are(arch_phys_to_virt(HPA(b + MIB(1))), 0xa5, 0x2000));
	assert_true(all_are(arch_phys_to_virt(HPA(b + MIB(2))), 0xa5, MIB(2)));
	assert_true(all_are(arch_phys_to_virt(HPA(b + MIB(7))), 0xa5, MIB(13) + 0x1000));
	assert_true(all_are(arch_phys_to_virt(HPA(b + MIB(23) + 0x1000)), 0xa5, MIB(41) - 0x1000));
}

/* Banks that touch at the end of a block are one: what is contiguous may be had in one piece. */
static void test_touching_banks(void **state)
{
	const struct range mem[] = { { FAKE_RAM_BASE, MIB(8) },
				     { FAKE_RAM_BASE + MIB(8), MIB(8) } };
	enum pmm_content c;
	hpa_t at;

	(void)state;
	fake_init(MIB(16));
	assert_int_equal(pmm_init(mem, 2, NULL, 0, PMM_DIRTY), OK);
	assert_int_equal(pmm_largest_free(), MIB(14));
	assert_int_equal(pmm_alloc_blocks(PMM_VM(1), 5, BLOCK_SIZE, &at, &c), OK);
	pmm_free_owner(PMM_VM(1));
	assert_int_equal(pmm_claim(PMM_VM(1), HPA(FAKE_RAM_BASE + MIB(6)), MIB(4), &c), OK);
}

static void test_record_avoids_taken(void **state)
{
	const u64 b = FAKE_RAM_BASE;
	const struct range mem[] = { { b, KIB(8) }, { b + MIB(2), MIB(30) } };
	const struct range taken[] = {
		{ b + MIB(3), KIB(4) },
		{ b + MIB(2), MIB(1) + 100 },
		{ b + KIB(4), 1 },
		{ b, 1 },
	};

	(void)state;
	fake_init(MIB(32));
	fake_soil(HPA(b), MIB(32));
	assert_int_equal(pmm_init(mem, 2, taken, array_size(taken), PMM_DIRTY), OK);
	assert_true(all_are(arch_phys_to_virt(HPA(b)), 0xa5, MIB(3) + KIB(4)));
	assert_int_equal(pmm_stats().total, 15 * 512 - 257);
	check_counts();
}

static void test_nothing_left(void **state)
{
	const struct range all = { FAKE_RAM_BASE, MIB(4) };
	const struct range wraps = { FAKE_RAM_BASE, UINT64_MAX };
	struct range many[PMM_MAX_BANKS + 1];

	(void)state;
	fake_init(MIB(128));
	assert_int_equal(pmm_init(&all, 0, NULL, 0, PMM_DIRTY), E_NOMEM);
	assert_int_equal(pmm_init(&all, 1, &all, 1, PMM_DIRTY), E_NOMEM);
	assert_int_equal(pmm_init(&all, 1, &wraps, 1, PMM_DIRTY), E_NOMEM);
	for (u32 i = 0; i < array_size(many); i++)
		many[i] = (struct range){ FAKE_RAM_BASE + i * MIB(4), MIB(2) };
	assert_int_equal(pmm_init(many, PMM_MAX_BANKS + 1, NULL, 0, PMM_DIRTY), E_RANGE);
	assert_int_equal(pmm_init(many, PMM_MAX_BANKS, NULL, 0, PMM_DIRTY), OK);
	check_counts();
}

/* ---- pages and blocks ------------------------------------------------------------------------- */

static void test_pages_zero_and_aligned(void **state)
{
	hpa_t at;

	(void)state;
	init_simple(MIB(16), PMM_DIRTY);
	fake_soil(HPA(FAKE_RAM_BASE + MIB(2)), MIB(14));
	for (u32 n = 1; n <= 511; n += n < 20 ? 1 : 41) {
		assert_int_equal(pmm_alloc_pages(PMM_VM(1), n, &at), OK);
		assert_true(all_zero(at, n * PAGE_SIZE));
		assert_true(is_aligned(at.v, is_pow2(n) ? n * PAGE_SIZE : PAGE_SIZE));
		memset(arch_phys_to_virt(at), 0xff, n * PAGE_SIZE);
		pmm_free_pages(PMM_VM(1), at, n);
	}
	assert_int_equal(pmm_alloc_pages(PMM_VM(1), 512, &at), E_NOMEM);
	assert_int_equal(pmm_stats().hypervisor, 2);
	assert_int_equal(pmm_largest_free(), MIB(14));
}

static void test_blocks_aligned(void **state)
{
	enum pmm_content c;
	hpa_t at;

	(void)state;
	init_simple(MIB(64), PMM_CLEAN);
	assert_int_equal(pmm_alloc_blocks(PMM_VM(1), 2, MIB(16), &at, &c), OK);
	assert_int_equal(at.v, FAKE_RAM_BASE + MIB(16));
	assert_int_equal(c, PMM_CLEAN);
	assert_int_equal(pmm_alloc_blocks(PMM_VM(1), 23, MIB(2), &at, &c), E_NOMEM); /* 22 are */
	assert_int_equal(pmm_alloc_blocks(PMM_VM(2), 7, MIB(2), &at, &c), OK);
	assert_int_equal(at.v, FAKE_RAM_BASE + MIB(2));
	assert_int_equal(pmm_owned(PMM_VM(1)), 2 * 512);
	assert_int_equal(pmm_owned(PMM_VM(2)), 7 * 512);
	assert_int_equal(pmm_free_owner(PMM_VM(1)), 2 * 512);
	assert_int_equal(pmm_owned(PMM_VM(1)), 0);
	assert_int_equal(pmm_claim(PMM_VM(3), HPA(FAKE_RAM_BASE + MIB(14)), MIB(2), &c), E_BUSY);
	assert_int_equal(pmm_claim(PMM_VM(3), HPA(FAKE_RAM_BASE + MIB(14)), MIB(4), &c), E_BUSY);
	assert_int_equal(pmm_claim(PMM_VM(3), HPA(FAKE_RAM_BASE + MIB(16)), MIB(48), &c), OK);
	assert_int_equal(c, PMM_DIRTY); /* some of it was used before */
	assert_int_equal(pmm_claim(PMM_VM(3), HPA(FAKE_RAM_BASE + MIB(62)), MIB(4), &c),
			 E_NOTFOUND);
	assert_int_equal(pmm_claim(PMM_VM(3), HPA(FAKE_RAM_BASE + 1), MIB(2), &c), E_INVAL);
	assert_int_equal(pmm_claim(PMM_VM(3), HPA(FAKE_RAM_BASE), 0, &c), E_INVAL);
	assert_int_equal(pmm_claim(PMM_VM(3), HPA(0 - MIB(2)), MIB(4), &c), E_NOTFOUND);
	check_counts();
}

static void test_scrub(void **state)
{
	enum pmm_content c;
	hpa_t at;
	u32 slices = 0;

	(void)state;
	init_simple(MIB(32), PMM_DIRTY);
	fake_soil(HPA(FAKE_RAM_BASE + MIB(2)), MIB(30));
	while (pmm_scrub_slice(4))
		slices++;
	assert_int_equal(slices, 3); /* 15 blocks */
	assert_false(pmm_scrub_slice(1));
	assert_int_equal(pmm_stats().dirty, 0);
	assert_int_equal(pmm_alloc_blocks(PMM_VM(1), 15, MIB(2), &at, &c), OK);
	assert_int_equal(c, PMM_CLEAN);
	assert_true(all_zero(at, MIB(30)));
	pmm_free_owner(PMM_VM(1));
	assert_true(pmm_scrub_slice(14));
	assert_int_equal(pmm_alloc_blocks(PMM_VM(1), 15, MIB(2), &at, &c), OK);
	assert_int_equal(c, PMM_DIRTY); /* one is */
	check_counts();
}

static void test_out_of_pages(void **state)
{
	struct pmm_stats s;
	hpa_t at;
	u64 n = 0;

	(void)state;
	init_simple(MIB(8), PMM_DIRTY);
	s = pmm_stats();
	while (pmm_alloc_pages(PMM_VM(1), 1, &at) == OK)
		n++;
	assert_int_equal(n, 510 + 3 * 511);
	assert_int_equal(pmm_stats().free, 0);
	check_counts();
	assert_int_equal(pmm_free_owner(PMM_VM(1)), n);
	assert_int_equal(pmm_stats().free, s.free);
	assert_int_equal(pmm_stats().hypervisor, s.hypervisor);
	assert_int_equal(pmm_largest_free(), MIB(6));
}

/* ---- our own mistakes ------------------------------------------------------------------------- */

static void test_bugs(void **state)
{
	enum pmm_content c;
	hpa_t at;

	(void)state;
	init_simple(MIB(16), PMM_DIRTY);
	assert_int_equal(pmm_alloc_pages(PMM_VM(1), 3, &at), OK);
	pmm_free_pages(PMM_VM(1), at, 1);
	expect_bug(pmm_free_pages(PMM_VM(1), at, 1)); /* twice */

	init_simple(MIB(16), PMM_DIRTY);
	assert_int_equal(pmm_alloc_pages(PMM_VM(1), 3, &at), OK);
	expect_bug(pmm_free_pages(PMM_VM(2), at, 1)); /* somebody else's */

	init_simple(MIB(16), PMM_DIRTY);
	assert_int_equal(pmm_alloc_pages(PMM_VM(1), 3, &at), OK);
	expect_bug(pmm_free_pages(PMM_VM(1), at, 4)); /* one too many */

	init_simple(MIB(16), PMM_DIRTY);
	assert_int_equal(pmm_alloc_blocks(PMM_VM(1), 1, MIB(2), &at, &c), OK);
	expect_bug(pmm_free_pages(PMM_VM(1), at, 1)); /* a page of a block */

	init_simple(MIB(16), PMM_DIRTY);
	expect_bug(pmm_free_pages(PMM_VM(1), HPA(0x1000), 1)); /* no RAM */

	init_simple(MIB(16), PMM_DIRTY);
	expect_bug(pmm_free_pages(PMM_HYPERVISOR, HPA(FAKE_RAM_BASE), 1)); /* the record */

	init_simple(MIB(16), PMM_DIRTY);
	expect_bug(pmm_free_pages(PMM_HYPERVISOR, HPA(FAKE_RAM_BASE + PAGE_SIZE), 1)); /* a table */

	init_simple(MIB(16), PMM_DIRTY);
	expect_bug(pmm_free_owner(PMM_HYPERVISOR));
	expect_bug(pmm_free_owner(PMM_FREE));
	expect_bug((void)pmm_alloc_pages(PMM_FREE, 1, &at));
	expect_bug((void)pmm_alloc_pages(PMM_VM(1), 0, &at));
	expect_bug((void)pmm_alloc_blocks(PMM_VM(1), 1, KIB(4), &at, &c));
	expect_bug((void)pmm_alloc_blocks(PMM_VM(1), 1, MIB(3), &at, &c));
}

/* ---- the model -------------------------------------------------------------------------------- */

#define MODEL_LEN    MIB(48)
#define MODEL_PAGES  (MODEL_LEN / PAGE_SIZE)
#define MODEL_BLOCKS (MODEL_LEN / BLOCK_SIZE)
#define MODEL_OWNERS 6
#define MODEL_GONE   0xffff /* never to be given out */

enum how {
	BY_PAGE,
	BY_BLOCK
};

static pmm_owner_t model[MODEL_PAGES];
static bool by_page[MODEL_PAGES]; /* what may be freed page by page */
static u64 model_total;
static const struct range model_taken[] = {
	{ FAKE_RAM_BASE + KIB(40), KIB(100) + 7 },
	{ FAKE_RAM_BASE + MIB(9), MIB(3) },
};
static const struct range model_mem[] = {
	{ FAKE_RAM_BASE, MIB(17) + KIB(20) },
	{ FAKE_RAM_BASE + MIB(19), MIB(29) },
};

static struct {
	u32 pages, no_pages, blocks, no_blocks, claims, no_claims, frees, owners;
} seen; /* the test must not do nothing */

static u64 page_of(hpa_t at)
{
	assert_true(range_inside(at.v, PAGE_SIZE, FAKE_RAM_BASE, MODEL_LEN));
	assert_true(is_aligned(at.v, PAGE_SIZE));
	return (at.v - FAKE_RAM_BASE) / PAGE_SIZE;
}

static u64 *first_word(u64 page)
{
	return arch_phys_to_virt(HPA(FAKE_RAM_BASE + page * PAGE_SIZE));
}

static void model_take(hpa_t at, u64 n, pmm_owner_t owner, enum how how)
{
	u64 first = page_of(at);

	assert_true(first + n <= MODEL_PAGES);
	for (u64 p = first; p < first + n; p++) {
		assert_int_equal(model[p], PMM_FREE);
		model[p] = owner;
		by_page[p] = how == BY_PAGE;
		first_word(p)[0] = first_word(p)[511] = p << 16 | owner;
	}
}

static void model_drop(u64 p)
{
	/* Nobody wrote here meanwhile: it was given out only once. */
	assert_int_equal(first_word(p)[0], p << 16 | model[p]);
	assert_int_equal(first_word(p)[511], p << 16 | model[p]);
	model[p] = PMM_FREE;
	by_page[p] = false;
}

static bool model_block_free(u64 b)
{
	for (u64 p = b * PAGES_PER_BLOCK; p < (b + 1) * PAGES_PER_BLOCK; p++) {
		if (model[p] != PMM_FREE)
			return false;
	}
	return true;
}

static bool model_has_run(u64 n, u64 align)
{
	for (u64 b = 0; b + n <= MODEL_BLOCKS; b++) {
		u64 i = 0;

		if (!is_aligned(FAKE_RAM_BASE + b * BLOCK_SIZE, align))
			continue;
		while (i < n && model_block_free(b + i))
			i++;
		if (i == n)
			return true;
	}
	return false;
}

static void model_init(void)
{
	fake_init(MODEL_LEN);
	fake_soil(HPA(FAKE_RAM_BASE), MODEL_LEN);
	assert_int_equal(pmm_init(model_mem, 2, model_taken, 2, PMM_DIRTY), OK);
	model_total = pmm_stats().total;
	for (u64 p = 0; p < MODEL_PAGES; p++) {
		u64 at = FAKE_RAM_BASE + p * PAGE_SIZE;
		bool gone =
			range_overlaps(at, PAGE_SIZE, model_taken[0].base, model_taken[0].len) ||
			range_overlaps(at, PAGE_SIZE, model_taken[1].base, model_taken[1].len) ||
			(!range_inside(at, PAGE_SIZE, model_mem[0].base, model_mem[0].len) &&
			 !range_inside(at, PAGE_SIZE, model_mem[1].base, model_mem[1].len));

		model[p] = gone ? MODEL_GONE : PMM_FREE;
		model_total -= !gone;
	}
	assert_int_equal(model_total, 0);
}

static pmm_owner_t any_vm(void)
{
	return PMM_VM(1 + rng(MODEL_OWNERS - 1));
}

static pmm_owner_t any_owner(void)
{
	return rng(MODEL_OWNERS) ? any_vm() : PMM_HYPERVISOR;
}

static void step_alloc_pages(void)
{
	u32 n = (u32)(rng(8) ? 1 + rng(4) : 1 + rng(511));
	pmm_owner_t owner = any_owner();
	hpa_t at;
	enum status st = pmm_alloc_pages(owner, n, &at);

	if (st == OK) {
		assert_true(all_zero(at, n * PAGE_SIZE));
		assert_true(!is_pow2(n) || is_aligned(at.v, n * PAGE_SIZE));
		model_take(at, n, owner, BY_PAGE);
		seen.pages++;
		return;
	}
	seen.no_pages++;
	assert_int_equal(st, E_NOMEM);
	assert_false(n == 1 && pmm_stats().free != 0);
	assert_false(model_has_run(1, BLOCK_SIZE));
}

static void step_alloc_blocks(void)
{
	u64 n = 1 + rng(3), align = BLOCK_SIZE << rng(3);
	pmm_owner_t owner = any_vm();
	enum pmm_content c;
	hpa_t at;

	if (pmm_alloc_blocks(owner, n, align, &at, &c) != OK) {
		assert_false(model_has_run(n, align));
		seen.no_blocks++;
		return;
	}
	assert_true(is_aligned(at.v, align));
	if (c == PMM_CLEAN)
		assert_true(all_zero(at, n * BLOCK_SIZE));
	model_take(at, n * PAGES_PER_BLOCK, owner, BY_BLOCK);
	seen.blocks++;
}

static void step_claim(void)
{
	u64 b = rng(MODEL_BLOCKS + 1), n = 1 + rng(2);
	hpa_t at = HPA(FAKE_RAM_BASE + b * BLOCK_SIZE);
	pmm_owner_t owner = any_vm();
	enum pmm_content c;
	enum status st = pmm_claim(owner, at, n * BLOCK_SIZE, &c);

	if (st == OK) {
		if (c == PMM_CLEAN)
			assert_true(all_zero(at, n * BLOCK_SIZE));
		model_take(at, n * PAGES_PER_BLOCK, owner, BY_BLOCK);
		seen.claims++;
		return;
	}
	seen.no_claims++;
	assert_true(st == E_BUSY || st == E_NOTFOUND);
	for (u64 i = 0; i < n; i++) {
		if (b + i >= MODEL_BLOCKS || !model_block_free(b + i))
			return;
	}
	fail_msg("claim of free blocks at %u refused", (u32)b);
}

static void step_free_pages(void)
{
	u64 p = rng(MODEL_PAGES);
	pmm_owner_t owner = model[p];
	u32 n = 0;

	if (!by_page[p])
		return;
	while (n < 8 && (p + n) % PAGES_PER_BLOCK >= p % PAGES_PER_BLOCK && p + n < MODEL_PAGES &&
	       model[p + n] == owner && by_page[p + n])
		n++;
	for (u64 i = p; i < p + n; i++)
		model_drop(i);
	pmm_free_pages(owner, HPA(FAKE_RAM_BASE + p * PAGE_SIZE), n);
	seen.frees++;
}

static void free_all_of(pmm_owner_t owner)
{
	u64 n = 0;

	for (u64 p = 0; p < MODEL_PAGES; p++) {
		if (model[p] != owner)
			continue;
		model_drop(p);
		if (owner == PMM_HYPERVISOR)
			pmm_free_pages(owner, HPA(FAKE_RAM_BASE + p * PAGE_SIZE), 1);
		n++;
	}
	if (owner == PMM_HYPERVISOR)
		return;
	assert_int_equal(pmm_owned(owner), n);
	assert_int_equal(pmm_free_owner(owner), n);
	seen.owners += n != 0;
}

static void free_all(void)
{
	for (u32 o = 1; o <= MODEL_OWNERS; o++)
		free_all_of((pmm_owner_t)o);
}

static void step_scrub(void)
{
	u64 dirty = pmm_stats().dirty;

	assert_int_equal(pmm_scrub_slice(1), dirty != 0);
	assert_int_equal(pmm_stats().dirty, dirty ? dirty - PAGES_PER_BLOCK : 0);
}

static void model_check(u64 base_hypervisor)
{
	u64 owned[MODEL_OWNERS + 1] = { 0 };
	struct pmm_stats s = pmm_stats();
	u64 vms = 0;

	check_counts();
	for (u64 p = 0; p < MODEL_PAGES; p++) {
		if (model[p] != MODEL_GONE)
			owned[model[p]]++;
	}
	for (u32 o = 2; o <= MODEL_OWNERS; o++) {
		assert_int_equal(pmm_owned((pmm_owner_t)o), owned[o]);
		vms += owned[o];
	}
	assert_int_equal(s.free + s.hypervisor + vms, s.total);
	assert_true(s.hypervisor >= owned[PMM_HYPERVISOR] + base_hypervisor);
	assert_true(s.free <= owned[PMM_FREE]);
}

static void model_step(void)
{
	switch (rng(16)) {
	case 0:
		step_alloc_blocks();
		break;
	case 1:
		step_claim();
		break;
	case 2:
		if (!rng(8))
			free_all_of(any_vm());
		else if (!rng(40))
			free_all();
		break;
	case 3:
		if (!rng(4))
			step_scrub();
		break;
	case 4 ... 8:
		step_alloc_pages();
		break;
	default:
		step_free_pages();
	}
}

static void test_random_against_model(void **state)
{
	struct pmm_stats begin, finish;
	u64 largest;

	(void)state;
	model_init();
	begin = pmm_stats();
	largest = pmm_largest_free();
	rng_state = 0x5eed;
	for (u32 i = 0; i < 200000; i++) {
		model_step();
		if (i % 256 == 0)
			model_check(begin.hypervisor);
	}
	assert_true(seen.pages > 1000 && seen.no_pages > 1000 && seen.blocks > 200 &&
		    seen.no_blocks > 1000 && seen.claims > 200 && seen.no_claims > 1000 &&
		    seen.frees > 1000 && seen.owners > 200);
	print_message("pages %u/%u blocks %u/%u claims %u/%u frees %u owners %u\n", seen.pages,
		      seen.no_pages, seen.blocks, seen.no_blocks, seen.claims, seen.no_claims,
		      seen.frees, seen.owners);
	free_all();
	while (pmm_scrub_slice(1))
		;
	finish = pmm_stats();
	assert_int_equal(finish.dirty, 0);
	finish.dirty = begin.dirty;
	assert_memory_equal(&begin, &finish, sizeof(begin));
	assert_int_equal(pmm_largest_free(), largest);
	check_counts();
	/* What was taken from the beginning is as it was. */
	for (u32 i = 0; i < 2; i++)
		assert_true(all_are(arch_phys_to_virt(HPA(model_taken[i].base)), 0xa5,
				    model_taken[i].len));
}

/* ---- several CPUs ----------------------------------------------------------------------------- */

/* Waiting for a lock does not yield: more threads than the host has CPUs would take for ever. */
#define THREADS 2

static bool hammer_once(pmm_owner_t me)
{
	enum pmm_content c;
	hpa_t pages, more, block;

	if (pmm_alloc_pages(me, 3, &pages) != OK)
		return false;
	memset(arch_phys_to_virt(pages), (int)me, 3 * PAGE_SIZE);
	/* There is one for everybody: what is being scrubbed is waited for. */
	if (pmm_alloc_blocks(me, 1, BLOCK_SIZE, &block, &c) != OK)
		return false;
	memset(arch_phys_to_virt(block), (int)me, BLOCK_SIZE);
	for (u32 i = 0; i < 20; i++) {
		if (pmm_alloc_pages(me, 2, &more) != OK || !all_zero(more, 2 * PAGE_SIZE))
			return false;
		*(u64 *)arch_phys_to_virt(more) = me;
		pmm_free_pages(me, more, 2);
	}
	if (!all_are(arch_phys_to_virt(pages), (u8)me, 3 * PAGE_SIZE) ||
	    !all_are(arch_phys_to_virt(block), (u8)me, BLOCK_SIZE))
		return false;
	if (pmm_free_owner(me) != 3 + PAGES_PER_BLOCK)
		return false;
	pmm_scrub_slice(1);
	return true;
}

static void *hammer(void *arg)
{
	for (u32 i = 0; i < 200; i++) {
		if (!hammer_once(PMM_VM((size_t)arg)))
			return arg;
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct pmm_stats begin, finish;
	pthread_t t[THREADS];

	(void)state;
	/* The record's block, which serves pages, and just one for each. */
	init_simple(MIB(2) * (1 + THREADS), PMM_DIRTY);
	begin = pmm_stats();
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, hammer, (void *)(i + 1)), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;

		assert_int_equal(pthread_join(t[i], &failed), 0);
		assert_null(failed);
	}
	finish = pmm_stats();
	finish.dirty = begin.dirty;
	assert_memory_equal(&begin, &finish, sizeof(begin));
	check_counts();
}

/*
 * A CPU is stopped in the middle of scrubbing, by a page fault of the host: who needs the block
 * waits, nobody gets it meanwhile.
 */
static sem_t stopped, go_on;
static u32 n_waits;

#define SCRUBBED (FAKE_RAM_BASE + MIB(2))

static void on_fault(int sig)
{
	(void)sig;
	sem_post(&stopped);
	sem_wait(&go_on);
}

static void on_wait(void)
{
	if (n_waits++)
		return;
	mprotect(arch_phys_to_virt(HPA(SCRUBBED)), MIB(2), PROT_READ | PROT_WRITE);
	sem_post(&go_on);
}

static void *scrub(void *arg)
{
	pmm_scrub_slice(1);
	return arg;
}

static pthread_t stop_in_scrub(void)
{
	struct sigaction sa = { .sa_handler = on_fault };
	pthread_t t;

	init_simple(MIB(4), PMM_DIRTY);
	fake_soil(HPA(SCRUBBED), MIB(2));
	n_waits = 0;
	fake.on_relax = on_wait;
	sem_init(&stopped, 0, 0);
	sem_init(&go_on, 0, 0);
	mprotect(arch_phys_to_virt(HPA(SCRUBBED)), MIB(2), PROT_NONE);
	sigaction(SIGSEGV, &sa, NULL);
	assert_int_equal(pthread_create(&t, NULL, scrub, NULL), 0);
	sem_wait(&stopped);
	assert_int_equal(pmm_stats().dirty, 0);
	assert_int_equal(pmm_stats().free, 512 + 510);
	assert_int_equal(pmm_largest_free(), MIB(2));
	assert_false(pmm_scrub_slice(1));
	check_counts();
	return t;
}

static void finish_scrub(pthread_t t)
{
	assert_int_equal(pthread_join(t, NULL), 0);
	signal(SIGSEGV, SIG_DFL);
	assert_true(n_waits > 0);
	check_counts();
}

static void test_blocks_wait_for_scrubbing(void **state)
{
	pthread_t t = stop_in_scrub();
	enum pmm_content c;
	hpa_t at;

	(void)state;
	assert_int_equal(pmm_alloc_blocks(PMM_VM(1), 1, BLOCK_SIZE, &at, &c), OK);
	assert_int_equal(c, PMM_CLEAN);
	assert_true(all_zero(at, BLOCK_SIZE));
	finish_scrub(t);
	assert_int_equal(pmm_alloc_blocks(PMM_VM(1), 1, BLOCK_SIZE, &at, &c), E_NOMEM);
}

static void test_claims_wait_for_scrubbing(void **state)
{
	pthread_t t = stop_in_scrub();
	enum pmm_content c;

	(void)state;
	assert_int_equal(pmm_claim(PMM_VM(1), HPA(SCRUBBED), BLOCK_SIZE, &c), OK);
	assert_int_equal(c, PMM_CLEAN);
	finish_scrub(t);
	assert_int_equal(pmm_claim(PMM_VM(1), HPA(SCRUBBED), BLOCK_SIZE, &c), E_BUSY);
}

static void test_pages_wait_for_scrubbing(void **state)
{
	pthread_t t = stop_in_scrub();
	hpa_t at;

	(void)state;
	assert_int_equal(pmm_alloc_pages(PMM_VM(1), 510, &at), OK);
	assert_int_equal(n_waits, 0); /* there were others */
	assert_int_equal(pmm_alloc_pages(PMM_VM(1), 511, &at), OK);
	assert_int_equal(at.v, SCRUBBED + PAGE_SIZE);
	finish_scrub(t);
	assert_int_equal(pmm_alloc_pages(PMM_VM(1), 1, &at), E_NOMEM);
}

/* The same inside of the lock: nobody else gets in. */
static _Atomic bool b_is_through;

static void *alloc_one(void *arg)
{
	hpa_t at;

	return pmm_alloc_pages(PMM_VM(1), 1, &at) == OK ? NULL : arg;
}

static void *ask(void *arg)
{
	(void)pmm_stats();
	b_is_through = true;
	return arg;
}

static void test_lock(void **state)
{
	/* The first block's owner table, behind the record. */
	const hpa_t table = HPA(FAKE_RAM_BASE + PAGE_SIZE);
	struct sigaction sa = { .sa_handler = on_fault };
	pthread_t a, b;

	(void)state;
	init_simple(MIB(4), PMM_DIRTY);
	b_is_through = false;
	sem_init(&stopped, 0, 0);
	sem_init(&go_on, 0, 0);
	mprotect(arch_phys_to_virt(table), PAGE_SIZE, PROT_NONE);
	sigaction(SIGSEGV, &sa, NULL);
	assert_int_equal(pthread_create(&a, NULL, alloc_one, NULL), 0);
	sem_wait(&stopped);
	assert_int_equal(pthread_create(&b, NULL, ask, NULL), 0);
	usleep(50000);
	assert_false(b_is_through);
	mprotect(arch_phys_to_virt(table), PAGE_SIZE, PROT_READ | PROT_WRITE);
	sem_post(&go_on);
	assert_int_equal(pthread_join(a, NULL), 0);
	assert_int_equal(pthread_join(b, NULL), 0);
	signal(SIGSEGV, SIG_DFL);
	assert_true(b_is_through);
	assert_int_equal(pmm_owned(PMM_VM(1)), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_at_start),
		cmocka_unit_test(test_budget_of_8_gib),
		cmocka_unit_test(test_ragged_banks),
		cmocka_unit_test(test_touching_banks),
		cmocka_unit_test(test_record_avoids_taken),
		cmocka_unit_test(test_nothing_left),
		cmocka_unit_test(test_pages_zero_and_aligned),
		cmocka_unit_test(test_blocks_aligned),
		cmocka_unit_test(test_scrub),
		cmocka_unit_test(test_out_of_pages),
		cmocka_unit_test(test_bugs),
		cmocka_unit_test(test_random_against_model),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_blocks_wait_for_scrubbing),
		cmocka_unit_test(test_claims_wait_for_scrubbing),
		cmocka_unit_test(test_pages_wait_for_scrubbing),
		cmocka_unit_test(test_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
