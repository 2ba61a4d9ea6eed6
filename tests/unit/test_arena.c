/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/arena.c: memory comes back zeroed, aligned and inside of what was handed down, or not at
 * all; a refused allocation changes nothing but the mark of exhaustion.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <base/arena.h>

static _Alignas(64) u8 room[1024];

static void test_zeroed_and_inside(void **state)
{
	struct arena a;
	u8 *p;

	(void)state;
	memset(room, 0xa5, sizeof(room));
	arena_init(&a, room, sizeof(room));
	p = arena_alloc(&a, 100, 8);
	assert_ptr_equal(p, room);
	for (u32 i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	assert_int_equal(room[100], 0xa5);
	assert_false(a.exhausted);
}

static void test_alignment_is_of_the_address(void **state)
{
	(void)state;
	for (u32 skew = 0; skew < 64; skew++) {
		for (size_t align = 1; align <= 64; align *= 2) {
			struct arena a;
			u8 *first, *second;

			arena_init(&a, room + skew, sizeof(room) - skew);
			first = arena_alloc(&a, 3, align);
			second = arena_alloc(&a, 5, align);
			assert_int_equal((uintptr_t)first % align, 0);
			assert_int_equal((uintptr_t)second % align, 0);
			assert_true(first >= room + skew && second >= first + 3);
			assert_true(second < first + 3 + align);
			assert_int_equal(a.used, (size_t)(second + 5 - (room + skew)));
		}
	}
}

static void test_full(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, room, 64);
	assert_non_null(arena_alloc(&a, 64, 1));
	assert_false(a.exhausted);
	assert_null(arena_alloc(&a, 1, 1));
	assert_true(a.exhausted);
	assert_int_equal(a.used, 64);
}

static void test_padding_alone_can_be_too_much(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, room, 10);
	assert_non_null(arena_alloc(&a, 9, 1));
	assert_null(arena_alloc(&a, 1, 64));
	assert_null(arena_alloc(&a, 0, 64));
	assert_int_equal(a.used, 9);
	assert_non_null(arena_alloc(&a, 1, 1));
}

static void test_sizes_that_wrap(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, room, sizeof(room));
	assert_non_null(arena_alloc(&a, 1, 1));
	assert_null(arena_alloc(&a, SIZE_MAX, 1));
	assert_null(arena_alloc(&a, SIZE_MAX - 7, 8));
	assert_null(arena_array(&a, SIZE_MAX / 2, 4, 1));
	assert_null(arena_array(&a, (size_t)1 << 32, (size_t)1 << 32, 1));
	assert_null(arena_strdup(&a, "x", SIZE_MAX));
	assert_int_equal(a.used, 1);
	assert_true(a.exhausted);
}

static void test_an_empty_arena(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, NULL, 0);
	assert_null(arena_alloc(&a, 1, 1));
	assert_true(a.exhausted);
}

static void test_strdup(void **state)
{
	struct arena a;
	char *s;

	(void)state;
	memset(room, 0xff, sizeof(room));
	arena_init(&a, room, 16);
	s = arena_strdup(&a, "abcdef", 3);
	assert_string_equal(s, "abc");
	assert_string_equal(arena_strdup(&a, NULL, 0), "");
	assert_null(arena_strdup(&a, "0123456789abcdef", 16));
	assert_string_equal(s, "abc");
}

static void test_rewind_drops_and_zeroes_again(void **state)
{
	struct arena a;
	size_t mark;
	u8 *p;

	(void)state;
	arena_init(&a, room, sizeof(room));
	assert_non_null(arena_alloc(&a, 10, 1));
	mark = arena_mark(&a);
	p = arena_alloc(&a, 10, 1);
	memset(p, 0x77, 10);
	arena_rewind(&a, mark);
	assert_int_equal(a.used, mark);
	assert_ptr_equal(arena_alloc(&a, 10, 1), p);
	assert_int_equal(p[9], 0);
	arena_rewind(&a, sizeof(room)); /* a mark from the future is ignored */
	assert_int_equal(a.used, mark + 10);
}

static void test_typed(void **state)
{
	struct wide {
		_Alignas(32) u64 v;
	};
	struct arena a;
	struct wide *w;
	u32 *n;

	(void)state;
	arena_init(&a, room, sizeof(room));
	assert_non_null(arena_alloc(&a, 1, 1));
	w = arena_new(&a, struct wide);
	assert_int_equal((uintptr_t)w % 32, 0);
	n = arena_new_n(&a, u32, 7);
	assert_ptr_equal(n, w + 1);
	assert_int_equal(a.used, (size_t)((u8 *)(n + 7) - room));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed_and_inside),
		cmocka_unit_test(test_alignment_is_of_the_address),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_padding_alone_can_be_too_much),
		cmocka_unit_test(test_sizes_that_wrap),
		cmocka_unit_test(test_an_empty_arena),
		cmocka_unit_test(test_strdup),
		cmocka_unit_test(test_rewind_drops_and_zeroes_again),
		cmocka_unit_test(test_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
