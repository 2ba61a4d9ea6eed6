/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page pool against a model that knows the owner of every page and nothing of blocks.
 */
#include "pmm_fixture.h"

static u64 rng_state;

static u64 rng(u64 below)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state % below;
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_against_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
