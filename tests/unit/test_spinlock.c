/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/spinlock.h: four threads count to a known number under one lock; a lock that is taken is
 * refused to trylock; tickets still work when their 32-bit counters wrap.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/spinlock.h>

#define THREADS 4
#define ROUNDS	5000

static struct spinlock lock;
static volatile u32 count; /* read and written apart, so that a missing lock loses counts */

static void test_trylock(void **state)
{
	struct spinlock l = { 0 };

	(void)state;
	assert_true(spin_trylock(&l));
	assert_false(spin_trylock(&l));
	spin_unlock(&l);
	assert_true(spin_trylock(&l));
	spin_unlock(&l);
	spin_lock(&l);
	assert_false(spin_trylock(&l));
	spin_unlock(&l);
}

static void test_tickets_wrap(void **state)
{
	struct spinlock l = { UINT32_MAX, UINT32_MAX };

	(void)state;
	spin_lock(&l);
	assert_false(spin_trylock(&l));
	spin_unlock(&l);
	assert_int_equal(l.owner, 0);
	assert_true(spin_trylock(&l));
	spin_unlock(&l);
	assert_int_equal(l.next, 1);
}

static void *count_up(void *how)
{
	for (u32 i = 0; i < ROUNDS; i++) {
		u32 seen;

		if (how) {
			while (!spin_trylock(&lock))
				sched_yield();
		} else {
			spin_lock(&lock);
		}
		seen = count;
		if (i % 64 == 0)
			sched_yield(); /* let somebody in, if the lock does */
		count = seen + 1;
		spin_unlock(&lock);
	}
	return NULL;
}

static void test_counting_with_trylock(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	count = 0;
	for (u32 i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, count_up, &lock), 0);
	for (u32 i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(count, THREADS * ROUNDS);
}

/* Only two takers: a ticket lock among more threads than CPUs waits for the scheduler. */
static void test_counting_with_lock(void **state)
{
	pthread_t other;

	(void)state;
	count = 0;
	assert_int_equal(pthread_create(&other, NULL, count_up, NULL), 0);
	count_up(NULL);
	assert_int_equal(pthread_join(other, NULL), 0);
	assert_int_equal(count, 2 * ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trylock),
		cmocka_unit_test(test_tickets_wrap),
		cmocka_unit_test(test_counting_with_trylock),
		cmocka_unit_test(test_counting_with_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
