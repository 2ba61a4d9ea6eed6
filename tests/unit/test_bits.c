/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/bits.h and base/endian.h: fields as manuals write them, at both ends of a word; loads and
 * stores of both byte orders at odd addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <base/bits.h>
#include <base/endian.h>

/* Constant expressions, also over the whole width. */
static_assert(BITS(63, 0) == UINT64_MAX, "the whole word");
static_assert(BITS(31, 26) == 0xfc000000, "a field in the middle");
static_assert(BITS(0, 0) == 1 && BITS(63, 63) == BIT(63), "single bits");
static_assert(field_get(BITS(31, 26), 0x93800007u) == 0x24, "a sample value");
static_assert(field_put(BITS(31, 26), 0x24) == 0x90000000, "and back");

static void test_fields_round_trip(void **state)
{
	(void)state;
	for (u32 lo = 0; lo < 64; lo++) {
		for (u32 hi = lo; hi < 64; hi++) {
			u64 mask = BITS(hi, lo);
			u64 top = bits_below(hi - lo + 1);

			assert_int_equal(bits_count(mask), hi - lo + 1);
			assert_true(field_get(mask, UINT64_MAX) == top);
			assert_true(field_put(mask, top) == mask);
			assert_true(field_get(mask, field_put(mask, 1)) == 1);
			assert_true(field_get(mask, ~mask) == 0);
		}
	}
}

static void test_a_value_too_big_is_cut(void **state)
{
	(void)state;
	assert_int_equal(field_put(BITS(7, 4), 0x1f), 0xf0);
}

static void test_alignment(void **state)
{
	(void)state;
	for (u64 p = 1; p <= 4096; p *= 2) {
		for (u64 v = 0; v < 9000; v += 13) {
			assert_true(is_aligned(align_up(v, p), p));
			assert_true(is_aligned(align_down(v, p), p));
			assert_true(align_up(v, p) >= v && align_up(v, p) - v < p);
			assert_true(align_down(v, p) <= v && v - align_down(v, p) < p);
		}
	}
	assert_true(is_aligned(0, 4096));
	assert_false(is_aligned(4095, 4096));
}

static void test_powers_of_two(void **state)
{
	(void)state;
	assert_false(is_pow2(0));
	for (u32 i = 0; i < 64; i++) {
		assert_true(is_pow2(BIT(i)));
		assert_int_equal(bit_lowest(BIT(i)), i);
		assert_int_equal(bit_highest(BIT(i)), i);
		if (i > 1)
			assert_false(is_pow2(BIT(i) - 1));
		if (i > 0)
			assert_false(is_pow2(BIT(i) + 1));
	}
	assert_int_equal(bit_lowest(0xf0), 4);
	assert_int_equal(bit_highest(0xf0), 7);
}

static void test_counts(void **state)
{
	(void)state;
	assert_int_equal(bits_count(0), 0);
	assert_int_equal(bits_count(UINT64_MAX), 64);
	assert_int_equal(bits_count(0x8000000000000001), 2);
	assert_true(bits_below(0) == 0);
	assert_true(bits_below(1) == 1);
	assert_true(bits_below(63) == UINT64_MAX >> 1);
	assert_true(bits_below(64) == UINT64_MAX);
	assert_true(bits_below(65) == UINT64_MAX);
}

static void test_loads(void **state)
{
	static const u8 b[9] = { 0xee, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88 };
	const u8 *p = b + 1;

	(void)state;
	assert_true(load_le16(p) == 0x8281);
	assert_true(load_le32(p) == 0x84838281);
	assert_true(load_le64(p) == 0x8887868584838281);
	assert_true(load_be16(p) == 0x8182);
	assert_true(load_be32(p) == 0x81828384);
	assert_true(load_be64(p) == 0x8182838485868788);
}

static void test_stores(void **state)
{
	u8 b[17];

	(void)state;
	for (u32 off = 0; off < 8; off++) {
		memset(b, 0x55, sizeof(b));
		store_le32(b + off, 0x84838281);
		assert_true(load_le32(b + off) == 0x84838281);
		assert_int_equal(b[off], 0x81);
		assert_int_equal(b[off + 4], 0x55);
		store_be32(b + off, 0x84838281);
		assert_true(load_be32(b + off) == 0x84838281);
		store_le64(b + off, 0x8887868584838281);
		assert_true(load_le64(b + off) == 0x8887868584838281);
		assert_int_equal(b[off + 8], 0x55);
		store_be64(b + off, 0x8887868584838281);
		assert_true(load_be64(b + off) == 0x8887868584838281);
		assert_int_equal(b[off], 0x88);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_round_trip),
		cmocka_unit_test(test_a_value_too_big_is_cut),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_powers_of_two),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_stores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
