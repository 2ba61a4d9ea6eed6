/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/spinlock.h: four threads count to a known number under one lock; a lock that is taken is
 * refused to trylock; who has waited for long goes first, and is no hurdle afterwards.
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

/* A newcomer lets the urgent go first, but does not wait for them for ever: it becomes one. */
static void test_newcomer_lets_urgent_go_first(void **state)
{
	struct spinlock l = { .urgent = 1 };

	(void)state;
	assert_false(spin_trylock(&l));
	spin_lock(&l);
	assert_int_equal(l.held, 1);
	assert_int_equal(l.urgent, 1);
	spin_unlock(&l);
	l.urgent = 0;
	assert_true(spin_trylock(&l));
}

static void *wait_and_note(void *had_it)
{
	spin_lock(&lock);
	*(volatile bool *)had_it = true;
	spin_unlock(&lock);
	return NULL;
}

static void test_who_waits_long_goes_first(void **state)
{
	volatile bool had_it = false;
	pthread_t waiter;

	(void)state;
	spin_lock(&lock);
	assert_int_equal(pthread_create(&waiter, NULL, wait_and_note, (void *)&had_it), 0);
	while (!atomic_load(&lock.urgent))
		sched_yield();
	spin_unlock(&lock);
	while (!spin_trylock(&lock))
		sched_yield();
	assert_true(had_it);
	assert_int_equal(lock.urgent, 0);
	spin_unlock(&lock);
	assert_int_equal(pthread_join(waiter, NULL), 0);
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

static void count_with(void *how)
{
	pthread_t t[THREADS];

	count = 0;
	for (u32 i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, count_up, how), 0);
	for (u32 i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(count, THREADS * ROUNDS);
}

static void test_counting_with_trylock(void **state)
{
	(void)state;
	count_with(&lock);
}

static void test_counting_with_lock(void **state)
{
	(void)state;
	count_with(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trylock),
		cmocka_unit_test(test_newcomer_lets_urgent_go_first),
		cmocka_unit_test(test_who_waits_long_goes_first),
		cmocka_unit_test(test_counting_with_trylock),
		cmocka_unit_test(test_counting_with_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
