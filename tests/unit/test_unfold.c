/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tools/fold.c folds is unfolded as it was, and nothing beyond the slack is touched. That it
 * becomes small is seen, too.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/unfold.h>

int fold_main(int argc, char **argv);

static char folder[] = "/tmp/trivet-fold-XXXXXX";
static char in_path[64], out_path[64];

static void file_write(const char *path, const u8 *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

/* Folded into @room bytes 16 bytes into the image; what fold says. */
static int fold(const u8 *p, size_t n, u8 *image, size_t room)
{
	char size[24];
	char *words[] = { "fold", in_path, out_path, "16", size, NULL };
	int status;
	FILE *f;

	memset(image, 0xee, room + 32);
	snprintf(size, sizeof(size), "%zu", room);
	file_write(in_path, p, n);
	file_write(out_path, image, room + 32);
	status = fold_main(5, words);
	f = fopen(out_path, "rb");
	assert_non_null(f);
	assert_int_equal(fread(image, 1, room + 32, f), room + 32);
	fclose(f);
	return status;
}

static void round_trip(const u8 *p, size_t n, size_t room)
{
	u8 *image = malloc(room + 32), *out = malloc(n + 2 * UNFOLD_SLACK);

	assert_int_equal(fold(p, n, image, room), 0);
	for (u32 i = 0; i < 16; i++) {
		assert_int_equal(image[i], 0xee);
		assert_int_equal(image[16 + room + i], 0xee);
	}
	memset(out, 0x77, n + 2 * UNFOLD_SLACK);
	unfold(image + 16, out, out + n);
	assert_memory_equal(out, p, n);
	for (u32 i = 0; i < UNFOLD_SLACK; i++)
		assert_int_equal(out[n + UNFOLD_SLACK + i], 0x77);
	free(image);
	free(out);
}

static void test_kinds(void **state)
{
	static u8 p[80000];
	u32 seed = 1;

	(void)state;
	round_trip((const u8 *)"abc", 3, 8);
	round_trip(p, sizeof(p), 4000); /* zeros */
	for (u32 i = 0; i < sizeof(p); i++)
		p[i] = (u8)((seed = seed * 1664525 + 1013904223) >> 24);
	round_trip(p, sizeof(p), sizeof(p) + 2000); /* nothing repeats */
	for (u32 i = 66000; i < sizeof(p); i++) /* as far back as a distance can say, and farther */
		p[i] = i % 3 ? p[i - 65535] : p[i - 65537];
	round_trip(p, sizeof(p), sizeof(p) + 2000);
	for (u32 period = 1; period < 20; period++) {
		for (u32 i = period; i < 900; i++)
			p[i] = p[i - period];
		for (u32 n = 895; n < 900; n++)
			round_trip(p, n, 100);
	}
}

/* Words of which many are alike, in lengths around every limit of the format. */
static void test_mixed(void **state)
{
	static u8 p[30000];
	u32 seed = 7, n = 0;

	(void)state;
	while (n < sizeof(p) - 600) {
		u32 fresh = (seed = seed * 1664525 + 1013904223) >> 24, again = seed >> 12 & 0xff;

		for (; fresh; fresh--)
			p[n++] = (u8)((seed = seed * 1664525 + 1013904223) >> 24);
		for (u32 back = 1 + seed % n; again; again--, n++)
			p[n] = p[n - back];
	}
	round_trip(p, n, n);
	for (u32 i = 1; i < 100; i++)
		round_trip(p, i, 500);
}

static void test_no_room(void **state)
{
	u8 image[64];

	(void)state;
	assert_int_equal(fold((const u8 *)"0123456789", 10, image, 11), 0);
	assert_int_equal(fold((const u8 *)"0123456789", 10, image, 10), 1);
}

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(in_path, sizeof(in_path), "%s/in", folder);
	snprintf(out_path, sizeof(out_path), "%s/out", folder);
	return 0;
}

static int end(void **state)
{
	(void)state;
	return unlink(in_path) || unlink(out_path) || rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
