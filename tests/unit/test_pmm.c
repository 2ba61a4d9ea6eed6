/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page pool: how it begins, what it gives and takes, and our own mistakes with it.
 */
#include "pmm_fixture.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
