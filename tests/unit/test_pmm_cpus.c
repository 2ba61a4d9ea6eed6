/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page pool, used by several CPUs at once: at random, and with one CPU stopped where it hurts.
 */
#include "pmm_fixture.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

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
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_blocks_wait_for_scrubbing),
		cmocka_unit_test(test_claims_wait_for_scrubbing),
		cmocka_unit_test(test_pages_wait_for_scrubbing),
		cmocka_unit_test(test_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
