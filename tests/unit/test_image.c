/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a format is chosen, what is common to all, and compressed kernels. gzip(1) makes the streams.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "memfile.h"

extern const struct image_format image_elf, image_linux_arm64, image_raw;
const struct image_format *const image_formats[] = { &image_elf, &image_linux_arm64, &image_raw,
						     NULL };

static struct load_plan plan;
static const char *why;

/* What gzip(1) makes of @in; returns its length. */
static size_t gzip(const u8 *in, size_t n, u8 *out, size_t max)
{
	char name[] = "/tmp/trivet-test-XXXXXX", command[64];
	int fd = mkstemp(name);
	FILE *f = fdopen(fd, "wb");
	size_t got;

	if (!f || fwrite(in, 1, n, f) != n || fclose(f) != 0)
		abort();
	snprintf(command, sizeof(command), "gzip -n <%s", name);
	f = popen(command, "r");
	if (!f)
		abort();
	got = fread(out, 1, max, f);
	assert_int_equal(pclose(f), 0);
	remove(name);
	return got;
}

static void kernel_make(u8 *image, size_t n, u64 image_size)
{
	for (size_t i = 0; i < n; i++)
		image[i] = (u8)(i * i >> 7);
	memset(image, 0, 64);
	store_le64(image + 16, image_size);
	memcpy(image + 56, "ARM\x64", 4);
}

static void test_raw(void **state)
{
	(void)state;
	assert_int_equal(memfile_plan("hello", 5, 0x1234, &plan, &why), OK);
	assert_int_equal(plan.kind, IMAGE_RAW);
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.entry.v, 0x1234);
	assert_int_equal(plan.mem_size, 5);
	assert_int_equal(plan.step[0].dst.v, 0x1234);
	assert_int_equal(plan.step[0].mem_len, 5);
	assert_int_equal(memfile_plan("hello", 5, UINT64_MAX - 3, &plan, &why), E_RANGE);
	assert_non_null(why);
	assert_int_equal(memfile_plan("", 0, 0, &plan, &why), E_FORMAT);
	assert_string_equal(why, "is empty");
}

static void test_blob(void **state)
{
	struct memfile m;

	(void)state;
	memfile_init(&m, "blob", 4);
	assert_int_equal(image_plan_blob(&m.reader, GPA(0x8000), &plan), OK);
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.mem_size, 4);
	assert_int_equal(image_plan_blob(&m.reader, GPA(UINT64_MAX - 2), &plan), E_RANGE);
	assert_int_equal(image_plan_blob(&m.reader, GPA(UINT64_MAX - 3), &plan), OK);
	m.reader.size = 0;
	assert_int_equal(image_plan_blob(&m.reader, GPA(0), &plan), E_FORMAT);
	memfile_free(&m);
}

static enum status broken_read(void *ctx, u64 off, void *buf, size_t n)
{
	(void)ctx, (void)off, (void)buf, (void)n;
	return E_IO;
}

static void test_read_error(void **state)
{
	struct image_reader r = { .read = broken_read, .size = 100 };

	(void)state;
	assert_int_equal(image_plan(&r, GPA(0), &plan, &why), E_IO);
	assert_non_null(why);
}

static void test_gzip_kernel(void **state)
{
	static u8 image[100000], packed[120000];
	size_t n;

	(void)state;
	kernel_make(image, sizeof(image), 0x40000);
	n = gzip(image, sizeof(image), packed, sizeof(packed));
	assert_int_equal(memfile_plan(packed, n, 0x80200000, &plan, &why), OK);
	assert_int_equal(plan.kind, IMAGE_LINUX);
	assert_true(plan.gzip);
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.step[0].kind, LOAD_INFLATE);
	assert_int_equal(plan.step[0].file_off, 0);
	assert_int_equal(plan.step[0].file_len, n);
	assert_int_equal(plan.step[0].dst.v, 0x80200000);
	assert_int_equal(plan.step[0].mem_len, 0x40000);
	assert_int_equal(plan.mem_size, 0x40000);
	assert_int_equal(plan.align, MIB(2));
	/* the placement rule of what is inside holds */
	assert_int_equal(memfile_plan(packed, n, 0x80210000, &plan, &why), E_FORMAT);
	assert_non_null(strstr(why, "use 0x80200000"));
}

static void test_gzip_raw(void **state)
{
	static u8 raw[20000], packed[30000];
	size_t n;

	(void)state;
	memset(raw, 'r', sizeof(raw));
	n = gzip(raw, sizeof(raw), packed, sizeof(packed));
	assert_int_equal(memfile_plan(packed, n, 0x1000, &plan, &why), OK);
	assert_int_equal(plan.kind, IMAGE_RAW);
	assert_true(plan.gzip);
	assert_int_equal(plan.step[0].mem_len, sizeof(raw));
	assert_int_equal(plan.mem_size, sizeof(raw));
	/* smaller than what is looked at */
	n = gzip(raw, 10, packed, sizeof(packed));
	assert_int_equal(memfile_plan(packed, n, 0x1000, &plan, &why), OK);
	assert_int_equal(plan.mem_size, 10);
}

static void test_gzip_elf(void **state)
{
	static u8 elf[8192], packed[9000];
	size_t n;

	(void)state;
	memcpy(elf, "\177ELF\2\1\1", 7);
	n = gzip(elf, sizeof(elf), packed, sizeof(packed));
	assert_int_equal(memfile_plan(packed, n, 0x1000, &plan, &why), E_UNSUP);
	assert_non_null(strstr(why, "unpack"));
}

static void test_gzip_hostile(void **state)
{
	static u8 image[50000], packed[60000];
	size_t n;

	(void)state;
	kernel_make(image, sizeof(image), 0x40000);
	n = gzip(image, sizeof(image), packed, sizeof(packed) - 100);
	for (size_t i = 3; i < 2000; i++)
		assert_int_equal(memfile_plan(packed, i, 0x80200000, &plan, &why), E_FORMAT);
	store_le32(packed + n, 0); /* bytes behind the end */
	assert_int_equal(memfile_plan(packed, n + 4, 0x80200000, &plan, &why), E_FORMAT);
	assert_non_null(strstr(why, "behind its end"));
	store_le32(packed + n - 4, 0xffffffff); /* a length no such stream can have */
	assert_int_equal(memfile_plan(packed, n, 0x80200000, &plan, &why), E_FORMAT);
	n = gzip(image, 0, packed, sizeof(packed));
	assert_int_equal(memfile_plan(packed, n, 0x80200000, &plan, &why), E_FORMAT);
	assert_string_equal(why, "is empty");
}

static void test_zboot(void **state)
{
	static u8 image[50000], file[60000];
	size_t n;

	(void)state;
	kernel_make(image, sizeof(image), 0x40000);
	n = gzip(image, sizeof(image), file + 512, sizeof(file) - 512);
	memcpy(file, "MZ\0\0zimg", 8);
	store_le32(file + 8, 512);
	store_le32(file + 12, (u32)n);
	memcpy(file + 24, "gzip", 5);
	assert_int_equal(memfile_plan(file, 512 + n, 0x80200000, &plan, &why), OK);
	assert_int_equal(plan.kind, IMAGE_LINUX);
	assert_int_equal(plan.step[0].kind, LOAD_INFLATE);
	assert_int_equal(plan.step[0].file_off, 512);
	assert_int_equal(plan.step[0].file_len, n);
	assert_int_equal(memfile_plan(file, 511 + n, 0x80200000, &plan, &why), E_FORMAT);
	store_le32(file + 12, 0xffffffff);
	assert_int_equal(memfile_plan(file, 512 + n, 0x80200000, &plan, &why), E_FORMAT);
	store_le32(file + 12, 17);
	assert_int_equal(memfile_plan(file, 512 + n, 0x80200000, &plan, &why), E_FORMAT);
	store_le32(file + 12, (u32)n);
	memcpy(file + 24, "zstd", 5);
	assert_int_equal(memfile_plan(file, 512 + n, 0x80200000, &plan, &why), E_UNSUP);
	assert_non_null(strstr(why, "zboot"));
}

/* Looking inside needs the one scratch area; it is given back after every kind of failure. */
static void test_scratch_is_returned(void **state)
{
	static const u8 bad[32] = { 0x1f, 0x8b, 8, 0xff };
	u8 packed[200];
	size_t n = gzip((const u8 *)"abc", 3, packed, sizeof(packed));

	(void)state;
	for (u32 i = 0; i < 3; i++) {
		assert_int_equal(memfile_plan(bad, sizeof(bad), 0, &plan, &why), E_FORMAT);
		assert_int_equal(memfile_plan(packed, n, 0, &plan, &why), OK);
	}
}

/* A second caller while the first still reads. */
static enum status nested_read(void *ctx, u64 off, void *buf, size_t n)
{
	struct memfile *m = (struct memfile *)ctx;
	struct image_reader inner = { .read = memfile_read, .ctx = m, .size = m->reader.size };
	struct load_plan other;
	const char *text;
	enum status expected = m->n_reads ? E_BUSY : OK; /* the first look needs no scratch area */

	assert_int_equal(image_plan(&inner, GPA(0), &other, &text), expected);
	return memfile_read(ctx, off, buf, n);
}

static void test_scratch_is_not_shared(void **state)
{
	struct memfile m;
	u8 packed[200];
	size_t n = gzip((const u8 *)"abc", 3, packed, sizeof(packed));

	(void)state;
	memfile_init(&m, packed, n);
	m.reader.read = nested_read;
	assert_int_equal(image_plan(&m.reader, GPA(0), &plan, &why), OK);
	memfile_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_blob),
		cmocka_unit_test(test_read_error),
		cmocka_unit_test(test_gzip_kernel),
		cmocka_unit_test(test_gzip_raw),
		cmocka_unit_test(test_gzip_elf),
		cmocka_unit_test(test_gzip_hostile),
		cmocka_unit_test(test_zboot),
		cmocka_unit_test(test_scratch_is_returned),
		cmocka_unit_test(test_scratch_is_not_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
