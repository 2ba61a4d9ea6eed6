/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/range.h and base/span.h against the same questions asked in 128-bit arithmetic, where
 * nothing wraps, over the values at which 64-bit arithmetic likes to go wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/range.h>
#include <base/span.h>

__extension__ typedef unsigned __int128 wide;

static const u64 edges[] = {
	0,
	1,
	2,
	3,
	0xfff,
	0x1000,
	0x1001,
	0x7fffffffffffffff,
	0x8000000000000000,
	UINT64_MAX - 0x1000,
	UINT64_MAX - 2,
	UINT64_MAX - 1,
	UINT64_MAX,
};

#define N array_size(edges)

static void test_ok(void **state)
{
	(void)state;
	for (u32 i = 0; i < N; i++) {
		for (u32 j = 0; j < N; j++) {
			for (u32 k = 0; k < N; k++)
				assert_int_equal(range_ok(edges[i], edges[j], edges[k]),
						 (wide)edges[i] + edges[j] <= edges[k]);
		}
	}
}

static bool inside(u64 a, u64 a_len, u64 b, u64 b_len)
{
	return a >= b && (wide)a + a_len <= (wide)b + b_len;
}

static bool overlap(u64 a, u64 a_len, u64 b, u64 b_len)
{
	return a_len && b_len && a < (wide)b + b_len && b < (wide)a + a_len;
}

static void test_inside_and_overlaps(void **state)
{
	(void)state;
	for (u32 i = 0; i < N * N; i++) {
		u64 a = edges[i / N], a_len = edges[i % N];

		for (u32 j = 0; j < N * N; j++) {
			u64 b = edges[j / N], b_len = edges[j % N];

			assert_int_equal(range_inside(a, a_len, b, b_len),
					 inside(a, a_len, b, b_len));
			assert_int_equal(range_overlaps(a, a_len, b, b_len),
					 overlap(a, a_len, b, b_len));
		}
	}
}

static void test_valid(void **state)
{
	(void)state;
	for (u32 i = 0; i < N; i++) {
		for (u32 j = 0; j < N; j++)
			assert_int_equal(range_valid(edges[i], edges[j]),
					 (wide)edges[i] + edges[j] <= (wide)UINT64_MAX + 1);
	}
}

static void test_span_take(void **state)
{
	static const u8 bytes[10] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct span s = span_of(bytes, sizeof(bytes)), out = { 0 };

	(void)state;
	assert_int_equal(span_take(&s, 4, &out), OK);
	assert_ptr_equal(out.p, bytes);
	assert_int_equal(out.n, 4);
	assert_ptr_equal(s.p, bytes + 4);
	assert_int_equal(s.n, 6);
	assert_int_equal(span_take(&s, 7, &out), E_RANGE);
	assert_int_equal(span_take(&s, SIZE_MAX, &out), E_RANGE);
	assert_int_equal(s.n, 6); /* a refusal takes nothing */
	assert_int_equal(span_take(&s, 6, &out), OK);
	assert_int_equal(s.n, 0);
	assert_int_equal(span_take(&s, 0, &out), OK);
	assert_int_equal(out.n, 0);
}

static void test_span_at(void **state)
{
	static const u8 bytes[10];
	struct span s = span_of(bytes, sizeof(bytes)), out = { 0 };

	(void)state;
	assert_int_equal(span_at(s, 3, 7, &out), OK);
	assert_ptr_equal(out.p, bytes + 3);
	assert_int_equal(out.n, 7);
	assert_int_equal(span_at(s, 10, 0, &out), OK);
	assert_int_equal(span_at(s, 4, 7, &out), E_RANGE);
	assert_int_equal(span_at(s, 11, 0, &out), E_RANGE);
	assert_int_equal(span_at(s, UINT64_MAX, 1, &out), E_RANGE);
	assert_int_equal(span_at(s, 1, UINT64_MAX, &out), E_RANGE);
	assert_int_equal(span_at(s, UINT64_MAX - 1, 2, &out), E_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ok),	cmocka_unit_test(test_inside_and_overlaps),
		cmocka_unit_test(test_valid),	cmocka_unit_test(test_span_take),
		cmocka_unit_test(test_span_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
