/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/mem.c against the C library's functions of the same names, at every alignment of both ends
 * and every short length. The file under test is compiled with -Dmemcpy=t_memcpy and so on for
 * each name (see the Makefile), so that the two can stand side by side in one program; guard
 * bytes around the buffers show a write outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <base/types.h>

void *t_memcpy(void *restrict dst, const void *restrict src, size_t n);
void *t_memmove(void *dst, const void *src, size_t n);
void *t_memset(void *dst, int c, size_t n);
int t_memcmp(const void *a, const void *b, size_t n);
void *t_memchr(const void *s, int c, size_t n);
size_t t_strlen(const char *s);
size_t t_strnlen(const char *s, size_t max);
int t_strcmp(const char *a, const char *b);
int t_strncmp(const char *a, const char *b, size_t n);
char *t_strchr(const char *s, int c);
char *t_strrchr(const char *s, int c);

#define ALIGNS	9
#define LENGTHS 76
#define ROOM	128

static _Alignas(16) u8 src[ROOM], ours[ROOM], theirs[ROOM];

static void fill(u8 *p, u32 seed)
{
	for (u32 i = 0; i < ROOM; i++)
		p[i] = (u8)(seed + i * 7);
}

static void start(void)
{
	fill(src, 1);
	fill(ours, 100);
	fill(theirs, 100);
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void test_memcpy(void **state)
{
	(void)state;
	for (u32 d = 0; d < ALIGNS; d++) {
		for (u32 s = 0; s < ALIGNS; s++) {
			for (u32 n = 0; n < LENGTHS; n++) {
				start();
				memcpy(theirs + d, src + s, n);
				assert_ptr_equal(t_memcpy(ours + d, src + s, n), ours + d);
				assert_memory_equal(ours, theirs, ROOM);
			}
		}
	}
}

static void test_memmove_within_one_buffer(void **state)
{
	(void)state;
	for (u32 d = 0; d < 2 * ALIGNS; d++) {
		for (u32 s = 0; s < 2 * ALIGNS; s++) {
			for (u32 n = 0; n < LENGTHS; n++) {
				start();
				memmove(theirs + d, theirs + s, n);
				assert_ptr_equal(t_memmove(ours + d, ours + s, n), ours + d);
				assert_memory_equal(ours, theirs, ROOM);
			}
		}
	}
}

static void test_memset(void **state)
{
	(void)state;
	for (u32 d = 0; d < ALIGNS; d++) {
		for (u32 n = 0; n < LENGTHS; n++) {
			int c = (int)(n * 37) - 300; /* C converts it to unsigned char */

			start();
			memset(theirs + d, c, n);
			assert_ptr_equal(t_memset(ours + d, c, n), ours + d);
			assert_memory_equal(ours, theirs, ROOM);
		}
	}
}

static void test_memcmp(void **state)
{
	(void)state;
	for (u32 a = 0; a < ALIGNS; a++) {
		for (u32 n = 1; n < LENGTHS; n++) {
			for (u32 at = 0; at <= n; at++) {
				u32 b = (a * 5 + n) % ALIGNS;

				start();
				memcpy(ours + b, src + a, n);
				if (at < n)
					ours[b + at] ^= 0x80; /* signed and unsigned differ */
				assert_int_equal(sign(t_memcmp(src + a, ours + b, n)),
						 sign(memcmp(src + a, ours + b, n)));
			}
		}
	}
	assert_int_equal(t_memcmp("a", "b", 0), 0);
	assert_int_equal(t_memcmp("a\0x", "a\0x", 3), 0);
	assert_true(t_memcmp("a\0x", "a\0y", 3) < 0);
}

/* The first difference decides, not the last in its word. */
static void test_memcmp_order_in_a_word(void **state)
{
	_Alignas(8) static const u8 a[8] = { 0, 0, 1, 0, 0, 0, 0, 0 };
	_Alignas(8) static const u8 b[8] = { 0, 0, 0, 0, 0, 0, 0, 9 };

	(void)state;
	assert_true(t_memcmp(a, b, 8) > 0);
	assert_true(t_memcmp(b, a, 8) < 0);
}

static void test_memchr(void **state)
{
	(void)state;
	start();
	for (u32 n = 0; n < LENGTHS; n++) {
		for (int c = -1; c < 300; c++)
			assert_ptr_equal(t_memchr(src, c, n), memchr(src, c, n));
	}
}

static void test_lengths(void **state)
{
	char s[LENGTHS];

	(void)state;
	for (u32 n = 0; n < LENGTHS; n++) {
		memset(s, 'x', sizeof(s));
		s[n] = '\0';
		assert_int_equal(t_strlen(s), n);
		for (u32 max = 0; max < LENGTHS; max++)
			assert_int_equal(t_strnlen(s, max), MIN(n, max));
	}
	memset(s, 'x', sizeof(s)); /* no terminator: the bound alone ends the search */
	assert_int_equal(t_strnlen(s, sizeof(s)), sizeof(s));
}

static const char *const words[] = {
	"", "a", "b", "ab", "abc", "abd", "abcd", "ABC", "\x80", "a\xff", "a\x7f", "zzz",
};

static void test_strcmp(void **state)
{
	(void)state;
	for (u32 i = 0; i < array_size(words); i++) {
		for (u32 j = 0; j < array_size(words); j++) {
			assert_int_equal(sign(t_strcmp(words[i], words[j])),
					 sign(strcmp(words[i], words[j])));
			for (size_t n = 0; n < 6; n++)
				assert_int_equal(sign(t_strncmp(words[i], words[j], n)),
						 sign(strncmp(words[i], words[j], n)));
		}
	}
	assert_int_equal(t_strncmp("abc", "abc", SIZE_MAX), 0);
}

static void test_strchr(void **state)
{
	static const char s[] = "/guest/vm_default/\xe9";

	(void)state;
	for (int c = 0; c < 256; c++) {
		assert_ptr_equal(t_strchr(s, c), strchr(s, c));
		assert_ptr_equal(t_strrchr(s, c), strrchr(s, c));
	}
	assert_ptr_equal(t_strchr(s, 'g' + 256), s + 1);
	assert_null(t_strrchr("", 'x'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy),
		cmocka_unit_test(test_memmove_within_one_buffer),
		cmocka_unit_test(test_memset),
		cmocka_unit_test(test_memcmp),
		cmocka_unit_test(test_memcmp_order_in_a_word),
		cmocka_unit_test(test_memchr),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_strcmp),
		cmocka_unit_test(test_strchr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
