/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests' address spaces: built, looked up, and given back to the last page.
 */
#include "expect_bug.h"

#include <string.h>

#include <arch/fake.h>
#include <base/bits.h>
#include <core/stage2.h>

static int setup(void **state)
{
	const struct range mem = { FAKE_RAM_BASE, MIB(64) };

	(void)state;
	fake_init(MIB(64));
	return pmm_init(&mem, 1, NULL, 0, PMM_DIRTY);
}

static void test_map_and_lookup(void **state)
{
	const u32 rwx = PT_R | PT_W | PT_X;
	struct stage2 s2;
	u64 run;
	u32 prot;
	hpa_t to;

	(void)state;
	assert_int_equal(stage2_init(&s2, PMM_VM(7)), OK);
	assert_int_equal(pmm_owned(PMM_VM(7)), arch_pt_format(PT_GUEST)->root_pages);
	assert_int_equal(stage2_map(&s2, GPA(MIB(2048)), HPA(FAKE_RAM_BASE + MIB(8)), MIB(4), rwx,
				    PT_NORMAL),
			 OK);
	assert_int_equal(
		stage2_map(&s2, GPA(MIB(2052)), HPA(FAKE_RAM_BASE), KIB(4), PT_R, PT_NORMAL), OK);
	assert_int_equal(stage2_lookup(&s2, GPA(MIB(2048) + 5), &to, &run, &prot), OK);
	assert_int_equal(to.v, FAKE_RAM_BASE + MIB(8) + 5);
	assert_int_equal(run, MIB(2) - 5);
	assert_int_equal(prot, rwx);
	assert_int_equal(stage2_lookup(&s2, GPA(MIB(2052) + 5), &to, &run, &prot), OK);
	assert_int_equal(to.v, FAKE_RAM_BASE + 5);
	assert_int_equal(prot, PT_R);
	assert_int_equal(stage2_lookup(&s2, GPA(MIB(2048) - 1), &to, &run, &prot), E_NOTFOUND);
	assert_int_equal(stage2_lookup(&s2, GPA(BIT(40)), &to, &run, &prot), E_NOTFOUND);
	assert_int_equal(stage2_lookup(&s2, GPA(UINT64_MAX), &to, &run, &prot), E_NOTFOUND);
	assert_int_equal(stage2_map(&s2, GPA(MIB(2050)), HPA(FAKE_RAM_BASE), KIB(4), PT_R,
				    PT_NORMAL),
			 E_EXISTS);
	assert_int_equal(stage2_map(&s2, GPA(BIT(40) - KIB(4)), HPA(FAKE_RAM_BASE), KIB(8), PT_R,
				    PT_NORMAL),
			 E_RANGE);
}

static void test_two_guests_are_apart(void **state)
{
	struct stage2 a, b;
	u64 run;
	u32 prot;
	hpa_t to;

	(void)state;
	assert_int_equal(stage2_init(&a, PMM_VM(1)), OK);
	assert_int_equal(stage2_init(&b, PMM_VM(2)), OK);
	assert_int_equal(stage2_map(&a, GPA(0), HPA(FAKE_RAM_BASE), KIB(4), PT_R, PT_NORMAL), OK);
	assert_int_equal(stage2_lookup(&b, GPA(0), &to, &run, &prot), E_NOTFOUND);
	assert_true(pmm_owned(PMM_VM(1)) > pmm_owned(PMM_VM(2)));
}

static void build(struct stage2 *s2, pmm_owner_t owner, u64 seed)
{
	enum pmm_content content;
	hpa_t ram, rom;

	assert_int_equal(stage2_init(s2, owner), OK);
	assert_int_equal(pmm_alloc_blocks(owner, 4 + seed % 3, MIB(2), &ram, &content), OK);
	assert_int_equal(pmm_alloc_pages(owner, 17, &rom), OK);
	/* Not aligned alike, so that tables of all levels are needed. */
	assert_int_equal(stage2_map(s2, GPA(GIB(1) - MIB(4) + KIB(4) * (seed % 7)), ram, MIB(8),
				    PT_R | PT_W | PT_X, PT_NORMAL),
			 OK);
	assert_int_equal(stage2_map(s2, GPA(GIB(600)), rom, 17 * KIB(4), PT_R | PT_X, PT_NORMAL),
			 OK);
	memset(arch_phys_to_virt(ram), 0xee, MIB(1));
}

static void test_1000_lives(void **state)
{
	struct pmm_stats before = pmm_stats(), after;
	u64 largest = pmm_largest_free();
	struct stage2 s2[2];

	(void)state;
	for (u64 i = 0; i < 1000; i++) {
		u64 owned;

		build(&s2[0], PMM_VM(1 + i % 200), i);
		build(&s2[1], PMM_VM(201), i + 1);
		owned = pmm_owned(PMM_VM(201));
		assert_int_equal(pmm_free_owner(PMM_VM(201)), owned);
		assert_true(pmm_free_owner(PMM_VM(1 + i % 200)) > 4 * 512 + 17);
		if (i % 3 == 0)
			pmm_scrub_slice(3);
		assert_int_equal(pmm_stats().free, before.free);
	}
	after = pmm_stats();
	after.dirty = before.dirty;
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(pmm_largest_free(), largest);
	assert_int_equal(pmm_owned(PMM_FREE), before.free);
	assert_int_equal(fake.n_mixups, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_map_and_lookup, setup),
		cmocka_unit_test_setup(test_two_guests_are_apart, setup),
		cmocka_unit_test_setup(test_1000_lives, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
