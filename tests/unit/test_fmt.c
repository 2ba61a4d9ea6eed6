/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/fmt.c against the C library's snprintf, byte for byte and with its return value: every
 * combination of flags, width, precision, length and conversion over telling values, in buffers
 * from nothing to enough. What C leaves undefined (a flag that has no meaning for a conversion)
 * is left out, unless we say in base/fmt.h what happens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <base/fmt.h>

/* The formats here are made at run time; that is the point. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

#define BUF 160

static u32 n_compared;

static void printf_like(2, 3) compare(size_t size, const char *format, ...)
{
	char ours[BUF], theirs[BUF];
	va_list ap;
	int a, b;

	memset(ours, '~', sizeof(ours));
	memset(theirs, '~', sizeof(theirs));
	va_start(ap, format);
	a = fmt_vsnprintf(ours, size, format, ap);
	va_end(ap);
	va_start(ap, format);
	b = vsnprintf(theirs, size, format, ap);
	va_end(ap);
	if (a != b || memcmp(ours, theirs, sizeof(ours)) != 0) {
		ours[BUF - 1] = theirs[BUF - 1] = '\0';
		fail_msg("\"%s\" in %zu: ours \"%s\" %d, theirs \"%s\" %d", format, size, ours, a,
			 theirs, b);
	}
	n_compared++;
}

static const char *const flag_sets[] = {
	"", "-", "0", "+", " ", "-0", "-+", "0+", "0 ", "- ", "+ ", "-0+ ",
};
static const char *const alt_sets[] = { "", "-", "0", "#", "-#", "0#", "-0#" };
static const char *const widths[] = { "", "1", "2", "5", "12", "25" };
static const char *const precs[] = { "", ".", ".0", ".1", ".5", ".21" };

static const u64 values[] = {
	0,
	1,
	7,
	8,
	9,
	10,
	127,
	128,
	255,
	256,
	4095,
	32767,
	32768,
	65535,
	65536,
	INT32_MAX,
	0x80000000,
	UINT32_MAX,
	0x100000000,
	0x123456789abcdef,
	INT64_MAX,
	(u64)INT64_MIN,
	UINT64_MAX - 1,
	UINT64_MAX,
};

/* One value through one format in every length; the length decides the argument's type. */
static void compare_lengths(const char *spec, char conv, u64 v)
{
	char f[64];

	snprintf(f, sizeof(f), "<%%%shh%c>", spec, conv);
	compare(BUF, f, (int)v);
	snprintf(f, sizeof(f), "<%%%sh%c>", spec, conv);
	compare(BUF, f, (int)v);
	snprintf(f, sizeof(f), "<%%%s%c>", spec, conv);
	compare(BUF, f, (int)v);
	snprintf(f, sizeof(f), "<%%%sl%c>", spec, conv);
	compare(BUF, f, (long)v);
	snprintf(f, sizeof(f), "<%%%sll%c>", spec, conv);
	compare(BUF, f, (long long)v);
	snprintf(f, sizeof(f), "<%%%sz%c>", spec, conv);
	compare(BUF, f, (size_t)v);
	snprintf(f, sizeof(f), "<%%%sj%c>", spec, conv);
	compare(BUF, f, (intmax_t)v);
	snprintf(f, sizeof(f), "<%%%st%c>", spec, conv);
	compare(BUF, f, (ptrdiff_t)v);
}

static void compare_values(const char *flags, const char *conversions)
{
	char spec[32];

	for (u32 w = 0; w < array_size(widths); w++) {
		for (u32 p = 0; p < array_size(precs); p++) {
			snprintf(spec, sizeof(spec), "%s%s%s", flags, widths[w], precs[p]);
			for (const char *c = conversions; *c; c++) {
				for (u32 v = 0; v < array_size(values); v++)
					compare_lengths(spec, *c, values[v]);
			}
		}
	}
}

static void test_signed(void **state)
{
	(void)state;
	for (u32 i = 0; i < array_size(flag_sets); i++)
		compare_values(flag_sets[i], "di");
}

static void test_unsigned(void **state)
{
	(void)state;
	for (u32 i = 0; i < array_size(alt_sets); i++)
		compare_values(alt_sets[i], strchr(alt_sets[i], '#') ? "xXo" : "uxXo");
}

static void test_strings(void **state)
{
	static const char *const texts[] = { "", "a", "trivet", "longer than any width here" };
	char f[32];

	(void)state;
	for (u32 left = 0; left < 2; left++) {
		for (u32 w = 0; w < array_size(widths); w++) {
			for (u32 p = 0; p < array_size(precs); p++) {
				snprintf(f, sizeof(f), "[%%%s%s%ss]", left ? "-" : "", widths[w],
					 precs[p]);
				for (u32 t = 0; t < array_size(texts); t++)
					compare(BUF, f, texts[t]);
				compare(BUF, f, (const char *)NULL);
			}
		}
	}
}

/* Precision bounds the read as well: no terminator is needed behind it. */
static void test_string_without_terminator(void **state)
{
	static const char four[4] = { 'a', 'b', 'c', 'd' };

	(void)state;
	compare(BUF, "%.4s|%.*s", four, 3, four);
}

static void test_characters_and_percent(void **state)
{
	(void)state;
	compare(BUF, "%c%c%c", 'a', 0xe9, '%');
	compare(BUF, "[%5c][%-5c]", 'x', 'y');
	compare(BUF, "100%% of %%d");
	compare(BUF, "%c", 0);
	compare(BUF, "plain");
	compare(BUF, "%s", "");
}

static void test_pointers(void **state)
{
	(void)state;
	compare(BUF, "%p", NULL);
	compare(BUF, "[%20p][%-20p]", NULL, (void *)8);
	compare(BUF, "%p %p", (void *)UINTPTR_MAX, (void *)0x1234);
}

static void test_stars(void **state)
{
	(void)state;
	for (int w = -20; w <= 20; w++) {
		compare(BUF, "[%*d][%0*x]", w, 42, w, 0xabu);
		for (int p = -3; p <= 20; p++) {
			compare(BUF, "[%*.*d]", w, p, -1234);
			compare(BUF, "[%-*.*s]", w, p, "star");
			compare(BUF, "[%#*.*llo]", w, p, 0777ull);
		}
	}
}

static void test_every_size(void **state)
{
	(void)state;
	for (size_t size = 0; size < 60; size++) {
		compare(size, "vm.toml:%d:%d: error: %s = 0x%llx", 14, 3, "entry", 0x80200000ull);
		compare(size, "[%40d]", 7);
		compare(size, "[%-40d]", 7);
		compare(size, "[%040d]", 7);
		compare(size, "%.45x", 7u);
	}
	assert_int_equal(fmt_snprintf(NULL, 0, "%s", "only the length"), 15);
}

static void test_long_texts(void **state)
{
	(void)state;
	compare(10, "%1000000d", 1);
	compare(10, "%.1000000d", 1);
}

/* Without the compiler's look at the format. */
static int unchecked(char *buf, size_t size, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = fmt_vsnprintf(buf, size, format, ap);
	va_end(ap);
	return n;
}

/* A length beyond int cannot be told in an int: C's answer is an error, ours the largest int. */
static void test_lengths_beyond_int(void **state)
{
	char b[8];

	(void)state;
	assert_int_equal(unchecked(b, sizeof(b), "%*d%*d", INT32_MAX, 1, INT32_MAX, 2), INT32_MAX);
	assert_string_equal(b, "       ");
	assert_int_equal(unchecked(b, sizeof(b), "%*d", INT32_MIN, 1), INT32_MAX);
	assert_string_equal(b, "1      ");
}

static void test_what_we_do_not_know(void **state)
{
	char b[32];

	(void)state;
	assert_int_equal(unchecked(b, sizeof(b), "a%qb"), 4);
	assert_string_equal(b, "a%qb");
	assert_int_equal(unchecked(b, sizeof(b), "end%"), 3);
	assert_string_equal(b, "end");
	assert_int_equal(unchecked(b, sizeof(b), "end%-08.3l"), 3);
	assert_string_equal(b, "end");
}

static void test_it_was_thousands(void **state)
{
	(void)state;
	assert_true(n_compared > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_unsigned),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_string_without_terminator),
		cmocka_unit_test(test_characters_and_percent),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_stars),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_lengths_beyond_int),
		cmocka_unit_test(test_what_we_do_not_know),
		cmocka_unit_test(test_it_was_thousands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
