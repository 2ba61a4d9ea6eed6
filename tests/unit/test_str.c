/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/str.c: bounded strings never look past their length (the buffers here have no terminator,
 * and the address sanitizer watches), and the edit distance agrees with the plain recursive
 * definition.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <base/str.h>

/* @n bytes on the heap with no terminator behind them. */
static struct str bare(const char *s, size_t n)
{
	char *p = malloc(n ? n : 1);

	assert_non_null(p);
	memcpy(p, s, n);
	return (struct str){ p, n };
}

static void drop(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

static void test_of(void **state)
{
	(void)state;
	assert_int_equal(str_of("abc").n, 3);
	assert_int_equal(str_of("").n, 0);
	assert_int_equal(str_of(NULL).n, 0);
	assert_non_null(str_of(NULL).p);
	assert_int_equal(STR("four").n, 4);
}

static void test_eq(void **state)
{
	struct str s = bare("abc", 3);

	(void)state;
	assert_true(str_eq(s, STR("abc")));
	assert_true(str_eq_c(s, "abc"));
	assert_false(str_eq_c(s, "abcd"));
	assert_false(str_eq_c(s, "ab"));
	assert_false(str_eq_c(s, "abd"));
	assert_false(str_eq_c(s, NULL));
	assert_true(str_eq_c((struct str){ NULL, 0 }, ""));
	assert_true(str_eq((struct str){ "a\0b", 3 }, (struct str){ "a\0b", 3 }));
	assert_false(str_eq((struct str){ "a\0b", 3 }, (struct str){ "a\0c", 3 }));
	drop(s);
}

static void test_starts_and_ends(void **state)
{
	struct str s = bare("vm.toml", 7);

	(void)state;
	assert_true(str_starts(s, "vm."));
	assert_true(str_starts(s, "vm.toml"));
	assert_true(str_starts(s, ""));
	assert_false(str_starts(s, "vm.toml.bak"));
	assert_false(str_starts(s, "wm"));
	assert_true(str_ends(s, ".toml"));
	assert_true(str_ends(s, "vm.toml"));
	assert_true(str_ends(s, ""));
	assert_false(str_ends(s, "/vm.toml"));
	assert_false(str_ends(s, ".tom"));
	assert_true(str_ends((struct str){ NULL, 0 }, ""));
	assert_false(str_ends((struct str){ NULL, 0 }, "x"));
	drop(s);
}

static void test_distance_of_names(void **state)
{
	(void)state;
	assert_int_equal(str_distance(STR("kernel_path"), STR("kernel_path"), 3), 0);
	assert_int_equal(str_distance(STR("kernel_pth"), STR("kernel_path"), 3), 1);
	assert_int_equal(str_distance(STR("kernal_paht"), STR("kernel_path"), 3), 3);
	assert_int_equal(str_distance(STR("kitten"), STR("sitting"), 9), 3);
	assert_int_equal(str_distance(STR(""), STR("abc"), 9), 3);
	assert_int_equal(str_distance(STR("abc"), STR(""), 9), 3);
	assert_int_equal(str_distance(STR(""), STR(""), 0), 0);
}

static void test_distance_is_limited(void **state)
{
	(void)state;
	assert_int_equal(str_distance(STR("aaaaaaaa"), STR("bbbbbbbb"), 2), 3);
	assert_int_equal(str_distance(STR("aaaaaaaa"), STR(""), 2), 3);
	assert_int_equal(str_distance(STR("a"), STR("b"), 0), 1);
	assert_int_equal(str_distance(STR("ab"), STR("ba"), UINT32_MAX), 2);
}

static void test_distance_of_long_names(void **state)
{
	char x[300], y[300];

	(void)state;
	memset(x, 'x', sizeof(x));
	memset(y, 'y', sizeof(y));
	assert_int_equal(str_distance((struct str){ x, 300 }, (struct str){ y, 300 }, 200), 63);
	assert_int_equal(str_distance((struct str){ x, 300 }, (struct str){ x, 200 }, 200), 0);
	assert_int_equal(str_distance((struct str){ x, 300 }, (struct str){ x, 60 }, 200), 3);
}

/* The definition, word for word; exponential, so for very short words only. */
static u32 plain_distance(const char *a, const char *b)
{
	u32 change, insert, drop_one;

	if (!*a || !*b)
		return (u32)(strlen(a) + strlen(b));
	change = plain_distance(a + 1, b + 1) + (*a == *b ? 0 : 1);
	insert = plain_distance(a, b + 1) + 1;
	drop_one = plain_distance(a + 1, b) + 1;
	return MIN(change, MIN(insert, drop_one));
}

static void word_of(char *out, u32 seed)
{
	u32 n = seed % 6;

	for (u32 i = 0; i < n; i++) {
		seed = seed * 1103515245u + 12345u;
		out[i] = (char)('a' + (seed >> 16) % 3);
	}
	out[n] = '\0';
}

static void test_distance_agrees_with_the_definition(void **state)
{
	char a[8], b[8];

	(void)state;
	for (u32 i = 0; i < 3000; i++) {
		u32 limit = i % 5, want;

		word_of(a, i * 2654435761u);
		word_of(b, i * 40503u + 7);
		want = plain_distance(a, b);
		assert_int_equal(str_distance(str_of(a), str_of(b), limit), MIN(want, limit + 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of),
		cmocka_unit_test(test_eq),
		cmocka_unit_test(test_starts_and_ends),
		cmocka_unit_test(test_distance_of_names),
		cmocka_unit_test(test_distance_is_limited),
		cmocka_unit_test(test_distance_of_long_names),
		cmocka_unit_test(test_distance_agrees_with_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
