/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walker over the fake ISA's formats, against a reference that knows every page by itself.
 */
#include "expect_bug.h"

#include <string.h>

#include <arch/fake.h>
#include <base/bits.h>
#include <core/pt.h>

#define VM PMM_VM(1)

static u64 rng_state;

static u64 rng(u64 below)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state % below;
}

static int setup(void **state)
{
	const struct range mem = { FAKE_RAM_BASE, MIB(32) };

	(void)state;
	fake_init(MIB(32));
	return pmm_init(&mem, 1, NULL, 0, PMM_DIRTY);
}

static struct pt new_pt(const struct pt_format *f)
{
	struct pt pt;

	assert_int_equal(pt_init(&pt, f, VM), OK);
	return pt;
}

static void check_at(const struct pt *pt, u64 va, u64 pa, u64 run)
{
	struct pte_info info;
	u64 got;

	assert_int_equal(pt_lookup(pt, va, &info, &got), OK);
	assert_true(info.valid && info.leaf);
	assert_int_equal(info.target.v, pa);
	assert_int_equal(got, run);
}

static void check_hole(const struct pt *pt, u64 va, u64 run)
{
	struct pte_info info;
	u64 got;

	assert_int_equal(pt_lookup(pt, va, &info, &got), E_NOTFOUND);
	assert_false(info.valid);
	assert_int_equal(got, run);
}

/* ---- leaves ----------------------------------------------------------------------------------- */

static void test_largest_leaves(void **state)
{
	struct pt pt = new_pt(arch_pt_format(PT_HOST));

	(void)state;
	assert_int_equal(pmm_owned(VM), 1);
	/* 1 GiB whole: tables of two more levels would be a waste. */
	assert_int_equal(pt_map(&pt, GIB(4), HPA(GIB(7)), GIB(2), PT_R, PT_NORMAL), OK);
	assert_int_equal(pmm_owned(VM), 2);
	check_at(&pt, GIB(4), GIB(7), GIB(1));
	check_at(&pt, GIB(6) - 1, GIB(9) - 1, 1);
	check_hole(&pt, GIB(6), GIB(1));
	check_hole(&pt, GIB(512), GIB(512));
	/* From a page before 2 MiB to a page behind 1 GiB and 2 MiB: each size in its place. */
	assert_int_equal(pt_map(&pt, GIB(9) - MIB(2) - KIB(4), HPA(GIB(1) - MIB(2) - KIB(4)),
				GIB(1) + MIB(4) + KIB(8), PT_R | PT_W, PT_DEVICE),
			 OK);
	check_at(&pt, GIB(9) - MIB(2) - KIB(4), GIB(1) - MIB(2) - KIB(4), KIB(4));
	check_at(&pt, GIB(9) - MIB(2), GIB(1) - MIB(2), MIB(2));
	check_at(&pt, GIB(9) + 0x123456, GIB(1) + 0x123456, GIB(1) - 0x123456);
	check_at(&pt, GIB(10), GIB(2), MIB(2));
	check_at(&pt, GIB(10) + MIB(2) + 8, GIB(2) + MIB(2) + 8, KIB(4) - 8);
	check_hole(&pt, GIB(10) + MIB(2) + KIB(4), KIB(4));
	assert_int_equal(pmm_owned(VM), 2 + 4);
}

static void test_alignment_of_both_sides(void **state)
{
	struct pt pt = new_pt(arch_pt_format(PT_HOST));

	(void)state;
	/* Aligned here, but not there. */
	assert_int_equal(pt_map(&pt, GIB(1), HPA(GIB(1) + KIB(4)), MIB(2), PT_R, PT_NORMAL), OK);
	check_at(&pt, GIB(1), GIB(1) + KIB(4), KIB(4));
	assert_int_equal(pt_map(&pt, GIB(2), HPA(GIB(1) + MIB(2)), GIB(1), PT_R, PT_NORMAL), OK);
	check_at(&pt, GIB(2), GIB(1) + MIB(2), MIB(2));
}

static void test_max_leaf(void **state)
{
	struct pt pt;

	(void)state;
	fake.host_format.max_leaf = 1;
	pt = new_pt(arch_pt_format(PT_HOST));
	assert_int_equal(pt_map(&pt, 0, HPA(0), GIB(1), PT_R, PT_NORMAL), OK);
	check_at(&pt, 0, 0, MIB(2));
	fake.host_format.max_leaf = 0;
	assert_int_equal(pt_map(&pt, GIB(1), HPA(0), MIB(2), PT_R, PT_NORMAL), OK);
	check_at(&pt, GIB(1), 0, KIB(4));
	/* More than there are levels. */
	fake.guest_format = (struct pt_format){
		.n_levels = 1, .root_pages = 1, .max_leaf = 2, .input_bits = 21
	};
	pt = new_pt(arch_pt_format(PT_GUEST));
	fake.guest_format.max_leaf = 0; /* as the entries are checked */
	assert_int_equal(pt_map(&pt, KIB(8), HPA(0), KIB(8), PT_R, PT_NORMAL), OK);
	check_at(&pt, KIB(12), KIB(4), KIB(4));
}

static void test_rights_and_types(void **state)
{
	struct pte_info info;
	struct pt pt = new_pt(arch_pt_format(PT_GUEST));
	u64 run;

	(void)state;
	for (u32 prot = 1; prot <= (PT_R | PT_W | PT_X); prot++) {
		for (u32 type = PT_NORMAL; type <= PT_DEVICE; type++) {
			u64 va = KIB(64) * (2 * prot + type);

			assert_int_equal(pt_map(&pt, va, HPA(va), KIB(4), prot, (enum pt_type)type),
					 OK);
			assert_int_equal(pt_lookup(&pt, va, &info, &run), OK);
			assert_int_equal(info.prot, prot);
			assert_int_equal(info.type, type);
		}
	}
	assert_int_equal(pt_map(&pt, 0, HPA(0), KIB(4), 0, PT_NORMAL), E_INVAL);
}

static void test_never_writable_and_executable(void **state)
{
	struct pt pt = new_pt(arch_pt_format(PT_HOST));

	(void)state;
	expect_bug((void)pt_map(&pt, 0, HPA(0), KIB(4), PT_W | PT_X, PT_NORMAL));
	expect_bug((void)pt_map(&pt, 0, HPA(0), KIB(4), PT_R | PT_W | PT_X, PT_NORMAL));
	expect_bug((void)pt_map(&pt, 0, HPA(0), KIB(4), PT_R | PT_X, PT_DEVICE));
	check_hole(&pt, 0, GIB(512));
	assert_int_equal(pt_map(&pt, 0, HPA(0), KIB(4), PT_R | PT_X, PT_NORMAL), OK);
	assert_int_equal(pt_map(&pt, KIB(4), HPA(0), KIB(4), PT_R | PT_W, PT_NORMAL), OK);
}

/* ---- refusals --------------------------------------------------------------------------------- */

static void test_exists(void **state)
{
	struct pt pt = new_pt(arch_pt_format(PT_HOST));

	(void)state;
	assert_int_equal(pt_map(&pt, GIB(1), HPA(0), GIB(1), PT_R, PT_NORMAL), OK);
	assert_int_equal(pt_map(&pt, GIB(1) + MIB(6), HPA(0), KIB(4), PT_R, PT_NORMAL), E_EXISTS);
	assert_int_equal(pt_map(&pt, GIB(1) + MIB(6), HPA(0), MIB(2), PT_R, PT_NORMAL), E_EXISTS);
	assert_int_equal(pt_map(&pt, GIB(1), HPA(0), GIB(1), PT_R, PT_NORMAL), E_EXISTS);
	assert_int_equal(pt_map(&pt, GIB(1) - KIB(4), HPA(0), KIB(8), PT_R, PT_NORMAL), E_EXISTS);
	/* A page in the middle of what would be a large leaf. */
	assert_int_equal(pt_map(&pt, GIB(3) + MIB(1), HPA(0), KIB(4), PT_R, PT_NORMAL), OK);
	assert_int_equal(pt_map(&pt, GIB(3), HPA(0), GIB(1), PT_R, PT_NORMAL), E_EXISTS);
	check_at(&pt, GIB(3) + MIB(1), 0, KIB(4));
}

static void test_ranges(void **state)
{
	struct pt pt = new_pt(arch_pt_format(PT_HOST));
	u64 top = BIT(48);

	(void)state;
	assert_int_equal(pt_map(&pt, top, HPA(0), KIB(4), PT_R, PT_NORMAL), E_RANGE);
	assert_int_equal(pt_map(&pt, top - KIB(4), HPA(0), KIB(8), PT_R, PT_NORMAL), E_RANGE);
	assert_int_equal(pt_map(&pt, 0 - KIB(4), HPA(0), KIB(8), PT_R, PT_NORMAL), E_RANGE);
	assert_int_equal(pt_map(&pt, 0, HPA(0 - KIB(4)), KIB(8), PT_R, PT_NORMAL), E_RANGE);
	assert_int_equal(pt_map(&pt, 1, HPA(0), KIB(4), PT_R, PT_NORMAL), E_INVAL);
	assert_int_equal(pt_map(&pt, 0, HPA(1), KIB(4), PT_R, PT_NORMAL), E_INVAL);
	assert_int_equal(pt_map(&pt, 0, HPA(0), KIB(4) + 1, PT_R, PT_NORMAL), E_INVAL);
	assert_int_equal(pt_unmap(&pt, top, KIB(4)), E_RANGE);
	assert_int_equal(pt_unmap(&pt, 0, 1), E_INVAL);
	assert_int_equal(pt_map(&pt, 0, HPA(0), 0, PT_R, PT_NORMAL), OK);
	assert_int_equal(pt_unmap(&pt, 0, 0), OK);
	assert_int_equal(pt_map(&pt, top - KIB(4), HPA(0), KIB(4), PT_R, PT_NORMAL), OK);
	check_at(&pt, top - 1, KIB(4) - 1, 1);
	check_hole(&pt, top, 0 - top);
	check_hole(&pt, UINT64_MAX, 1);
	assert_int_equal(pmm_owned(VM), 4);
}

static void test_out_of_tables(void **state)
{
	u64 n = pmm_stats().free;
	struct pt pt = new_pt(arch_pt_format(PT_HOST));
	hpa_t at;

	(void)state;
	while (pmm_alloc_pages(PMM_VM(2), 1, &at) == OK)
		;
	assert_int_equal(pt_map(&pt, 0, HPA(0), KIB(4), PT_R, PT_NORMAL), E_NOMEM);
	pmm_free_pages(PMM_VM(2), at, 1);
	assert_int_equal(pt_map(&pt, 0, HPA(0), KIB(4), PT_R, PT_NORMAL), E_NOMEM);
	pmm_free_owner(VM);
	pmm_free_owner(PMM_VM(2));
	assert_int_equal(pmm_stats().free, n);
}

/* ---- publishing ------------------------------------------------------------------------------- */

static void test_publishes(void **state)
{
	struct pt pt = new_pt(arch_pt_format(PT_HOST));
	u32 n = fake.n_publishes;

	(void)state;
	assert_int_equal(pt_map(&pt, 0, HPA(0), GIB(1), PT_R, PT_NORMAL), OK);
	assert_true(fake.n_publishes > n);
	n = fake.n_publishes;
	assert_int_equal(pt_unmap(&pt, 0, GIB(1)), OK);
	assert_true(fake.n_publishes > n);
	assert_int_equal(fake.n_host_flushes + fake.n_guest_flushes, 0); /* the caller's business */
}

/* ---- unmapping -------------------------------------------------------------------------------- */

static void test_unmap_splits(void **state)
{
	struct pt pt = new_pt(arch_pt_format(PT_HOST));
	struct pte_info info;
	u64 run;

	(void)state;
	assert_int_equal(pt_map(&pt, GIB(1), HPA(GIB(5)), GIB(1), PT_R | PT_X, PT_NORMAL), OK);
	assert_int_equal(pt_unmap(&pt, GIB(1) + MIB(4) + KIB(4), KIB(4)), OK);
	check_at(&pt, GIB(1), GIB(5), MIB(2));
	check_at(&pt, GIB(1) + MIB(4), GIB(5) + MIB(4), KIB(4));
	check_hole(&pt, GIB(1) + MIB(4) + KIB(4), KIB(4));
	check_at(&pt, GIB(1) + MIB(4) + KIB(8), GIB(5) + MIB(4) + KIB(8), KIB(4));
	check_at(&pt, GIB(2) - MIB(2), GIB(6) - MIB(2), MIB(2));
	assert_int_equal(pt_lookup(&pt, GIB(2) - KIB(4), &info, &run), OK);
	assert_int_equal(info.prot, PT_R | PT_X);
	/* Holes are fine, and so is the whole space. */
	assert_int_equal(pt_unmap(&pt, 0, BIT(48)), OK);
	for (u64 va = GIB(1); va < GIB(2); va += MIB(1))
		assert_int_equal(pt_lookup(&pt, va, &info, &run), E_NOTFOUND);
	/* Where tables are left, smaller leaves do. */
	assert_int_equal(pt_map(&pt, GIB(1), HPA(GIB(5)), GIB(1), PT_R, PT_NORMAL), OK);
	check_at(&pt, GIB(1), GIB(5), MIB(2));
	check_at(&pt, GIB(1) + MIB(4), GIB(5) + MIB(4), KIB(4));
}

/* ---- a root of several pages ------------------------------------------------------------------ */

static void test_concatenated_root(void **state)
{
	struct pt pt;
	hpa_t odd;

	(void)state;
	/* Make the pool's next page one at an odd place. */
	assert_int_equal(pmm_alloc_pages(PMM_VM(2), 1, &odd), OK);
	pt = new_pt(arch_pt_format(PT_GUEST));
	assert_int_equal(pmm_owned(VM), 2);
	assert_true(is_aligned(pt.root.v, KIB(8)));
	assert_int_equal(pt_map(&pt, GIB(3), HPA(GIB(5)), GIB(1), PT_R, PT_NORMAL), OK);
	assert_int_equal(pt_map(&pt, GIB(512 + 3), HPA(GIB(9)), GIB(1), PT_R, PT_NORMAL), OK);
	assert_int_equal(pt_map(&pt, GIB(1024) - KIB(4), HPA(KIB(4)), KIB(4), PT_R, PT_NORMAL), OK);
	check_at(&pt, GIB(3), GIB(5), GIB(1));
	check_at(&pt, GIB(512 + 3), GIB(9), GIB(1));
	check_at(&pt, GIB(1024) - KIB(4), KIB(4), KIB(4));
	assert_int_equal(pt_map(&pt, GIB(1024), HPA(0), KIB(4), PT_R, PT_NORMAL), E_RANGE);
	/* Across the middle of the root. */
	assert_int_equal(pt_map(&pt, GIB(511), HPA(GIB(20)), GIB(2), PT_R, PT_NORMAL), OK);
	check_at(&pt, GIB(512), GIB(21), GIB(1));
}

static void test_format_must_fit(void **state)
{
	struct pt pt;

	(void)state;
	fake.guest_format.root_pages = 1; /* of 40 bits with three levels */
	expect_bug((void)pt_init(&pt, arch_pt_format(PT_GUEST), VM));
}

/* A guest's table read as one of ours, and the other way round, gives itself away. */
static void test_mixups_show(void **state)
{
	struct pt pt = new_pt(arch_pt_format(PT_GUEST));
	struct pte_info info;
	u64 run;

	(void)state;
	assert_int_equal(pt_map(&pt, GIB(3), HPA(GIB(5)), KIB(4), PT_R, PT_NORMAL), OK);
	fake.tolerate = true;
	pt.format = arch_pt_format(PT_HOST);
	assert_int_equal(pt_lookup(&pt, GIB(512) * 3, &info, &run), E_NOTFOUND);
	assert_int_equal(fake.n_mixups, 1);
	pt.format = arch_pt_format(PT_GUEST);
	assert_int_equal(pt_lookup(&pt, GIB(3), &info, &run), OK);
	assert_int_equal(fake.n_mixups, 1);
}

/* ---- the reference ---------------------------------------------------------------------------- */

#define WINDOWS	     4
#define WINDOW_LEN   MIB(16)
#define WINDOW_PAGES (WINDOW_LEN / PAGE_SIZE)

struct ref_page {
	u64 pa;
	u32 prot; /* 0: not mapped */
	enum pt_type type;
};

static struct ref_page ref[WINDOWS][WINDOW_PAGES];
/* At the bottom, over a boundary of 1 GiB, over the two pages of the guest's root, at the top. */
static const u64 window_at[WINDOWS] = { 0, GIB(1) - MIB(6), GIB(512) - MIB(8),
					GIB(1024) - MIB(16) };

static struct range any_pages(void)
{
	u64 grain = rng(2) ? KIB(4) : rng(2) ? MIB(2) : KIB(64);
	u64 n = WINDOW_LEN / grain;
	u64 first = rng(n);
	u64 most = 1 + rng(rng(4) ? 4 : n);

	most = MIN(most, n - first);
	return (struct range){ first * grain / PAGE_SIZE, most * grain / PAGE_SIZE };
}

static bool ref_is_free(const struct ref_page *w, struct range r)
{
	for (u64 p = r.base; p < r.base + r.len; p++) {
		if (w[p].prot)
			return false;
	}
	return true;
}

static void step_map(struct pt *pt, u32 w, struct range r)
{
	static const u32 prots[] = { PT_R, PT_R | PT_W, PT_R | PT_X };
	u64 va = window_at[w] + r.base * PAGE_SIZE;
	u64 pa = GIB(rng(64)) + (rng(2) ? va % GIB(1) : rng(1000) * KIB(4));
	u32 prot = prots[rng(3)];
	enum pt_type type = prot & PT_X ? PT_NORMAL : (enum pt_type)rng(2);

	if (!ref_is_free(ref[w], r)) {
		/* A failed map may have mapped what lies before: not tried on the reference. */
		if (ref[w][r.base].prot)
			assert_int_equal(pt_map(pt, va, HPA(pa), PAGE_SIZE, prot, type), E_EXISTS);
		return;
	}
	assert_int_equal(pt_map(pt, va, HPA(pa), r.len * PAGE_SIZE, prot, type), OK);
	for (u64 i = 0; i < r.len; i++)
		ref[w][r.base + i] = (struct ref_page){ pa + i * PAGE_SIZE, prot, type };
}

static void step_unmap(struct pt *pt, u32 w, struct range r)
{
	u64 va = window_at[w] + r.base * PAGE_SIZE;

	assert_int_equal(pt_unmap(pt, va, r.len * PAGE_SIZE), OK);
	for (u64 p = r.base; p < r.base + r.len; p++)
		ref[w][p] = (struct ref_page){ 0 };
}

/* Looks @page up; returns how many pages further the run goes. */
static u64 check_page(const struct pt *pt, u32 w, u64 page)
{
	const struct ref_page *r = &ref[w][page];
	u64 into = rng(PAGE_SIZE), run, n;
	struct pte_info info;
	enum status st = pt_lookup(pt, window_at[w] + page * PAGE_SIZE + into, &info, &run);

	assert_int_equal(st, r->prot ? OK : E_NOTFOUND);
	assert_int_equal((run + into) % PAGE_SIZE, 0);
	n = MIN((run + into) / PAGE_SIZE, WINDOW_PAGES - page);
	assert_true(n >= 1);
	if (r->prot)
		assert_int_equal(info.target.v, r->pa + into);
	for (u64 i = 0; i < n; i++) {
		assert_int_equal(r[i].prot, info.prot);
		assert_true(!r->prot ||
			    (r[i].pa == r->pa + i * PAGE_SIZE && r[i].type == info.type));
	}
	return n;
}

static void check_window(const struct pt *pt, u32 w)
{
	u64 page = 0;

	while (page < WINDOW_PAGES)
		page += check_page(pt, w, page);
}

static void random_against_reference(const struct pt_format *f, u64 seed)
{
	struct pt pt = new_pt(f);

	memset(ref, 0, sizeof(ref));
	rng_state = seed;
	for (u32 i = 0; i < 20000; i++) {
		u32 w = (u32)rng(WINDOWS);

		if (rng(5) < 3)
			step_map(&pt, w, any_pages());
		else
			step_unmap(&pt, w, any_pages());
		check_page(&pt, (u32)rng(WINDOWS), rng(WINDOW_PAGES));
		if (i % 64 == 0)
			check_window(&pt, w);
	}
	assert_int_equal(fake.n_mixups, 0);
}

static void test_random_host(void **state)
{
	(void)state;
	random_against_reference(arch_pt_format(PT_HOST), 0x5eed);
}

static void test_random_guest(void **state)
{
	(void)state;
	random_against_reference(arch_pt_format(PT_GUEST), 0xf00d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_largest_leaves, setup),
		cmocka_unit_test_setup(test_alignment_of_both_sides, setup),
		cmocka_unit_test_setup(test_max_leaf, setup),
		cmocka_unit_test_setup(test_rights_and_types, setup),
		cmocka_unit_test_setup(test_never_writable_and_executable, setup),
		cmocka_unit_test_setup(test_exists, setup),
		cmocka_unit_test_setup(test_ranges, setup),
		cmocka_unit_test_setup(test_out_of_tables, setup),
		cmocka_unit_test_setup(test_publishes, setup),
		cmocka_unit_test_setup(test_unmap_splits, setup),
		cmocka_unit_test_setup(test_concatenated_root, setup),
		cmocka_unit_test_setup(test_format_must_fit, setup),
		cmocka_unit_test_setup(test_mixups_show, setup),
		cmocka_unit_test_setup(test_random_host, setup),
		cmocka_unit_test_setup(test_random_guest, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
