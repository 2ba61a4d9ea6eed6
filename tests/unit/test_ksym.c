/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address to name: bounds, exact starts, the empty table.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <core/ksym.h>

#define BASE UINT64_C(0x400000000800)

static const u8 pairs[][2] = { { 't', 'h' }, { 'o', 128 }, { 129, 'e' } };
static const u8 stream[] = {
	0,    'f', 'i', 'r', 's', 't', 0, /* 0 */
	4,    130, 'r', 0,		  /* 0x10 */
	5,    'c', 0,			  /* 0x24 */
	0xf7, 7,   'l', 'a', 's', 't', 0, /* 0x1000 */
};
static const struct ksym_table four = {
	.base = BASE,
	.len = 0x1080,
	.n = 4,
	.unit = 4,
	.stream = stream,
	.pairs = pairs,
};

/* Stands in for the generated table. */
const struct ksym_table ksym_table = {
	.base = 0x1000,
	.len = 0x10,
	.n = 1,
	.unit = 1,
	.stream = (const u8[]){ 0, 'o', 'n', 'l', 'y', 0 },
	.pairs = pairs,
};

static void check(u64 addr, const char *name, u64 at)
{
	struct ksym s;

	assert_true(ksym_lookup_in(&four, addr, &s));
	assert_string_equal(s.name, name);
	assert_int_equal(s.off, at);
}

static void finds_the_function_around(void **state)
{
	(void)state;
	check(BASE, "first", 0);
	check(BASE + 0xf, "first", 0xf);
	check(BASE + 0x10, "other", 0);
	check(BASE + 0x23, "other", 0x13);
	check(BASE + 0x24, "c", 0);
	check(BASE + 0xfff, "c", 0xfdb);
	check(BASE + 0x1000, "last", 0);
	check(BASE + 0x107f, "last", 0x7f);
}

static void knows_nothing_outside(void **state)
{
	struct ksym s;

	(void)state;
	assert_false(ksym_lookup_in(&four, BASE - 1, &s));
	assert_false(ksym_lookup_in(&four, BASE + 0x1080, &s));
	assert_false(ksym_lookup_in(&four, 0, &s));
	assert_false(ksym_lookup_in(&four, UINT64_MAX, &s));
	/* 4 GiB above: a 32-bit offset would wrap to the first function. */
	assert_false(ksym_lookup_in(&four, BASE + (UINT64_C(1) << 32), &s));
}

static void lives_with_an_empty_table(void **state)
{
	static const struct ksym_table none = { .unit = 4, .stream = stream, .pairs = pairs };
	static const struct ksym_table late = {
		.base = BASE,
		.len = 0x100,
		.n = 1,
		.unit = 4,
		.stream = &stream[7],
		.pairs = pairs,
	};
	struct ksym s;

	(void)state;
	assert_false(ksym_lookup_in(&none, 0, &s));
	assert_false(ksym_lookup_in(&none, BASE, &s));
	assert_false(ksym_lookup_in(&late, BASE + 0xf, &s));
	assert_true(ksym_lookup_in(&late, BASE + 0x10, &s));
}

static void cuts_long_names(void **state)
{
	static const u8 deep[][2] = { { 'a', 'b' }, { 128, 128 }, { 129, 129 },
				      { 130, 130 }, { 131, 131 }, { 132, 132 } };
	static const u8 one[] = { 0, 133, 0 };
	const struct ksym_table t = { .len = 16, .n = 1, .unit = 4, .stream = one, .pairs = deep };
	struct ksym s;

	(void)state;
	assert_true(ksym_lookup_in(&t, 3, &s));
	assert_int_equal(strlen(s.name), KSYM_NAME_MAX - 1);
	for (u32 i = 0; i < KSYM_NAME_MAX - 1; i++)
		assert_int_equal(s.name[i], i % 2 ? 'b' : 'a');
}

/* Folded code has moved since its names were taken; between it and other code nothing has a name. */
static void follows_folded_code(void **state)
{
	static const u8 names[] = { 0, 'f', 0, 4, 0, 12, 'g', 0 };
	const struct ksym_table t = { .base = 0x1000,
				      .len = 0x50,
				      .n = 3,
				      .unit = 4,
				      .stream = names,
				      .pairs = pairs,
				      .folded = (const u8 *)0x9000,
				      .folded_was = 0x1040 };
	struct ksym s;

	(void)state;
	assert_true(ksym_lookup_in(&t, 0x100f, &s));
	assert_string_equal(s.name, "f");
	assert_false(ksym_lookup_in(&t, 0x1010, &s));
	assert_true(ksym_lookup_in(&t, 0x9008, &s));
	assert_string_equal(s.name, "g");
	assert_int_equal(s.off, 8);
	assert_false(ksym_lookup_in(&t, 0x9010, &s));
}

static void looks_into_the_generated_table(void **state)
{
	struct ksym s;

	(void)state;
	assert_true(ksym_lookup(0x100f, &s));
	assert_string_equal(s.name, "only");
	assert_int_equal(s.off, 0xf);
	assert_false(ksym_lookup(0x1010, &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_function_around),
		cmocka_unit_test(knows_nothing_outside),
		cmocka_unit_test(lives_with_an_empty_table),
		cmocka_unit_test(cuts_long_names),
		cmocka_unit_test(follows_folded_code),
		cmocka_unit_test(looks_into_the_generated_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
