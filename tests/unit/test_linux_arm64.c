/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of arm64 Linux kernels: where they may lie and how much memory they need.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "memfile.h"

extern const struct image_format image_linux_arm64, image_raw;
const struct image_format *const image_formats[] = { &image_linux_arm64, &image_raw, NULL };

static u8 image[4096];
static struct load_plan plan;
static const char *why;

static int setup(void **state)
{
	(void)state;
	memset(image, 0, sizeof(image));
	store_le32(image, 0x91005a4d);
	store_le64(image + 16, 0x3000);
	store_le64(image + 24, 0xa); /* 4 KiB pages, anywhere */
	memcpy(image + 56, "ARM\x64", 4);
	return 0;
}

static enum status planned(u64 load)
{
	return memfile_plan(image, sizeof(image), load, &plan, &why);
}

static void test_good(void **state)
{
	(void)state;
	assert_int_equal(planned(0x80200000), OK);
	assert_int_equal(plan.kind, IMAGE_LINUX);
	assert_int_equal(plan.machine, 183);
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.step[0].kind, LOAD_COPY);
	assert_int_equal(plan.step[0].file_off, 0);
	assert_int_equal(plan.step[0].file_len, sizeof(image));
	assert_int_equal(plan.step[0].mem_len, 0x3000);
	assert_int_equal(plan.step[0].dst.v, 0x80200000);
	assert_int_equal(plan.entry.v, 0x80200000);
	assert_int_equal(plan.mem_size, 0x3000);
	assert_int_equal(plan.align, MIB(2));
	assert_false(plan.gzip);
}

static void test_file_longer_than_image(void **state)
{
	(void)state;
	store_le64(image + 16, 0x800);
	assert_int_equal(planned(0), OK);
	assert_int_equal(plan.mem_size, sizeof(image));
}

static void test_misplaced(void **state)
{
	(void)state;
	assert_int_equal(planned(0x80080000), E_FORMAT);
	assert_non_null(strstr(why, "not at 0x80080000; use 0x80000000"));
	assert_int_equal(planned(0x80100000), E_FORMAT);
	assert_non_null(strstr(why, "use 0x80200000"));
	assert_int_equal(planned(0x80000001), E_FORMAT);
	assert_non_null(strstr(why, "use 0x80000000"));
	assert_int_equal(planned(0xfffffffffffffff0), E_FORMAT);
	assert_non_null(strstr(why, "use 0xffffffffffe00000"));
}

static void test_text_offset(void **state)
{
	(void)state;
	store_le64(image + 8, 0x80000);
	assert_int_equal(planned(0x40080000), OK);
	assert_int_equal(plan.align, 0x80000);
	assert_int_equal(planned(0x40200000), E_FORMAT);
	assert_non_null(strstr(why, "must lie 0x80000 above"));
	assert_non_null(strstr(why, "use 0x40280000"));
	assert_int_equal(planned(0x40000), E_FORMAT); /* would begin below 0 */
	assert_non_null(strstr(why, "use 0x80000"));
	store_le64(image + 8, 0x280000);
	assert_int_equal(planned(0x80000), E_FORMAT); /* 2 MiB below 0 */
	assert_int_equal(planned(0x280000), OK);
	store_le64(image + 8, 0xffffffffffe00000);
	assert_int_equal(planned(0x40200000), E_FORMAT);
	assert_non_null(strstr(why, "text_offset"));
}

/* Before 3.17: image_size 0, and text_offset is 0x80000 whatever its bytes say. */
static void test_old_kernel(void **state)
{
	(void)state;
	store_le64(image + 16, 0);
	store_le64(image + 8, 0x0000080000000000);
	assert_int_equal(planned(0x40080000), OK);
	assert_int_equal(plan.mem_size, sizeof(image));
	assert_int_equal(planned(0x40000000), E_FORMAT);
}

static void test_big_endian(void **state)
{
	(void)state;
	image[24] |= 1;
	assert_int_equal(planned(0x80200000), E_UNSUP);
	assert_non_null(strstr(why, "big-endian"));
}

static void test_hostile_size(void **state)
{
	(void)state;
	store_le64(image + 16, UINT64_MAX);
	assert_int_equal(planned(0x80200000), E_FORMAT);
	assert_non_null(strstr(why, "address space"));
}

static void test_truncated(void **state)
{
	(void)state;
	assert_int_equal(memfile_plan(image, 64, 0x80200000, &plan, &why), E_FORMAT);
	assert_int_equal(memfile_plan(image, 63, 0x80200000, &plan, &why), OK);
	assert_int_equal(plan.kind, IMAGE_RAW);
}

static void test_other(void **state)
{
	(void)state;
	image[56] = 'R';
	assert_int_equal(planned(0x80080000), OK);
	assert_int_equal(plan.kind, IMAGE_RAW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, setup),
		cmocka_unit_test_setup(test_file_longer_than_image, setup),
		cmocka_unit_test_setup(test_misplaced, setup),
		cmocka_unit_test_setup(test_text_offset, setup),
		cmocka_unit_test_setup(test_old_kernel, setup),
		cmocka_unit_test_setup(test_big_endian, setup),
		cmocka_unit_test_setup(test_hostile_size, setup),
		cmocka_unit_test_setup(test_truncated, setup),
		cmocka_unit_test_setup(test_other, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
