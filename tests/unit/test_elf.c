/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ELF files built here field by field, right ones and all the wrong ones.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "memfile.h"

extern const struct image_format image_elf, image_linux_arm64, image_raw;
const struct image_format *const image_formats[] = { &image_elf, &image_linux_arm64, &image_raw,
						     NULL };

#define FILE_SIZE 4096
#define PH	  64

static u8 elf[FILE_SIZE];
static struct load_plan plan;
static const char *why;

static void store16(u8 *at, u16 v)
{
	at[0] = (u8)v;
	at[1] = (u8)(v >> 8);
}

struct segment {
	u32 type;
	u64 off, vaddr, paddr, file_len, mem_len;
};

static void segment_put(u32 i, struct segment s)
{
	u8 *p = elf + load_le64(elf + 32) + i * 56;

	store_le32(p, s.type);
	store_le32(p + 4, 7);
	store_le64(p + 8, s.off);
	store_le64(p + 16, s.vaddr);
	store_le64(p + 24, s.paddr);
	store_le64(p + 32, s.file_len);
	store_le64(p + 40, s.mem_len);
	store_le64(p + 48, 4096);
}

/* Text and data as a linker would place them: virtual addresses high, physical low. */
static void elf_good(void)
{
	memset(elf, 0, sizeof(elf));
	memcpy(elf, "\177ELF\2\1\1", 7);
	store16(elf + 16, 2);
	store16(elf + 18, 183);
	store_le32(elf + 20, 1);
	store_le64(elf + 24, 0xffff000000000104);
	store_le64(elf + 32, PH);
	store16(elf + 52, 64);
	store16(elf + 54, 56);
	store16(elf + 56, 3);
	segment_put(0, (struct segment){ 1, 0x400, 0xffff000000000000, 0x80000000, 0x800, 0x800 });
	segment_put(1, (struct segment){ 1, 0xc00, 0xffff000000001000, 0x80001000, 0x100, 0x900 });
	segment_put(2, (struct segment){ 4, 0xd00, 0, 0, 0x100, 0x100 });
}

static enum status planned(void)
{
	return memfile_plan(elf, sizeof(elf), 0x40000000, &plan, &why);
}

static int setup(void **state)
{
	(void)state;
	elf_good();
	return 0;
}

static void test_good(void **state)
{
	(void)state;
	assert_int_equal(planned(), OK);
	assert_int_equal(plan.kind, IMAGE_ELF);
	assert_int_equal(plan.machine, 183);
	assert_int_equal(plan.n, 2);
	assert_int_equal(plan.step[0].kind, LOAD_COPY);
	assert_int_equal(plan.step[0].file_off, 0x400);
	assert_int_equal(plan.step[0].file_len, 0x800);
	assert_int_equal(plan.step[0].dst.v, 0x80000000);
	assert_int_equal(plan.step[1].mem_len, 0x900);
	assert_int_equal(plan.entry.v, 0x80000104);
	assert_int_equal(plan.mem_size, 0x1900);
	assert_int_equal(plan.align, 0);
	assert_false(plan.gzip);
}

static void test_other_machine_and_dyn(void **state)
{
	(void)state;
	store16(elf + 16, 3);
	store16(elf + 18, 243);
	assert_int_equal(planned(), OK);
	assert_int_equal(plan.machine, 243);
}

static void test_headers_at_the_end(void **state)
{
	(void)state;
	store_le64(elf + 32, FILE_SIZE - 56 * 3);
	memcpy(elf + FILE_SIZE - 56 * 3, elf + PH, 56 * 3);
	assert_int_equal(planned(), OK);
	store_le64(elf + 32, FILE_SIZE - 56 * 3 + 1);
	assert_int_equal(planned(), E_FORMAT);
	store_le64(elf + 32, UINT64_MAX - 55);
	assert_int_equal(planned(), E_FORMAT);
	assert_non_null(strstr(why, "program headers"));
}

static void test_ident(void **state)
{
	(void)state;
	elf[4] = 1;
	assert_int_equal(planned(), E_UNSUP);
	assert_non_null(strstr(why, "32-bit"));
	elf_good();
	elf[5] = 2;
	assert_int_equal(planned(), E_UNSUP);
	assert_non_null(strstr(why, "big-endian"));
	elf_good();
	elf[6] = 0;
	assert_int_equal(planned(), E_FORMAT);
	elf_good();
	store16(elf + 16, 1);
	assert_int_equal(planned(), E_FORMAT);
	elf_good();
	elf[0] = 0; /* no ELF at all: raw */
	assert_int_equal(planned(), OK);
	assert_int_equal(plan.kind, IMAGE_RAW);
}

static void test_header_counts(void **state)
{
	(void)state;
	store16(elf + 54, 55);
	assert_int_equal(planned(), E_FORMAT);
	store16(elf + 54, 0);
	assert_int_equal(planned(), E_FORMAT);
	elf_good();
	store16(elf + 56, 0);
	assert_int_equal(planned(), E_FORMAT);
	store16(elf + 56, 0xffff);
	assert_int_equal(planned(), E_FORMAT);
}

static void test_truncated(void **state)
{
	(void)state;
	for (size_t n = 4; n < 0xd00; n++) {
		assert_int_equal(memfile_plan(elf, n, 0, &plan, &why), E_FORMAT);
		assert_non_null(why);
	}
	assert_int_equal(memfile_plan(elf, 0xd00, 0, &plan, &why), OK);
	assert_int_equal(memfile_plan(elf, 3, 0, &plan, &why), OK); /* raw */
	assert_int_equal(plan.kind, IMAGE_RAW);
}

static void test_hostile_segments(void **state)
{
	static const struct segment bad[] = {
		{ 1, 0xf00, 0x2000, 0x2000, 0x101, 0x200 }, /* beyond the file */
		{ 1, UINT64_MAX, 0x2000, 0x2000, 2, 2 },    /* wraps in the file */
		{ 1, 2, 0x2000, 0x2000, UINT64_MAX, UINT64_MAX },
		{ 1, 0, 0x2000, 0x2000, 0x100, 0xff },	      /* more file than memory */
		{ 1, 0, 0x2000, UINT64_MAX - 1, 0x10, 0x10 }, /* destination wraps */
		{ 1, 0, UINT64_MAX - 1, 0x2000, 0x10, 0x10 }, /* source wraps */
		{ 1, 0, 0x2000, 0x800007ff, 0x10, 0x10 },     /* overlaps the first */
		{ 1, 0, 0x2000, 0x7fffffff, 0x10, 2 + UINT64_C(0xfffff) },
		{ 1, 0, 0x2000, 0x80001800, 0x10, 0x101 }, /* overlaps bss */
		{ 1, 0, 0x2000, 0, 0x10, 0x80000001 },
		{ 1, 0, 0x2000, 0, 0x10, UINT64_MAX },
	};

	(void)state;
	for (u32 i = 0; i < array_size(bad); i++) {
		elf_good();
		segment_put(2, bad[i]);
		assert_int_equal(planned(), E_FORMAT);
		assert_non_null(why);
	}
	elf_good();
	segment_put(2, (struct segment){ 1, 0, 0, 0x80001900, 0x10, 0x10 }); /* touches only */
	assert_int_equal(planned(), OK);
	segment_put(2, (struct segment){ 1, 0, 0, UINT64_MAX - 15, 0x10, 0x10 }); /* ends at 2^64 */
	assert_int_equal(planned(), OK);
	segment_put(2, (struct segment){ 3, 0, 0, 0, 0x10, 0x10 });
	assert_int_equal(planned(), E_UNSUP);
}

static void test_entry(void **state)
{
	static const u64 outside[] = { 0, 0x80000000, 0xffff000000000800, 0xffff000000001900,
				       UINT64_MAX };

	(void)state;
	for (u32 i = 0; i < array_size(outside); i++) {
		store_le64(elf + 24, outside[i]);
		assert_int_equal(planned(), E_FORMAT);
		assert_non_null(strstr(why, "entry"));
	}
	store_le64(elf + 24, 0xffff0000000018ff);
	assert_int_equal(planned(), OK);
	assert_int_equal(plan.entry.v, 0x800018ff);
}

static void test_whole_space(void **state)
{
	(void)state;
	segment_put(0, (struct segment){ 1, 0, 0xffff000000000000, 0, 0x10, 0x1000 });
	segment_put(1, (struct segment){ 1, 0, 0, UINT64_MAX - 15, 0x10, 0x10 });
	assert_int_equal(planned(), E_FORMAT);
	assert_non_null(strstr(why, "whole address space"));
}

static void test_number_of_segments(void **state)
{
	(void)state;
	store16(elf + 56, 18);
	for (u32 i = 0; i < 18; i++)
		segment_put(i, (struct segment){ i < 16 ? 1 : 0, 0xf00,
						 0xffff000000000000 + i * 0x1000,
						 0x80000000 + i * 0x1000, 4, 0x1000 });
	assert_int_equal(planned(), OK);
	assert_int_equal(plan.n, LOAD_MAX_STEPS);
	assert_int_equal(plan.mem_size, 0x10000);
	store_le32(elf + PH + 56 * 17, 1);
	assert_int_equal(planned(), E_FORMAT);
	assert_non_null(strstr(why, "16 segments"));
}

static void test_nothing_to_load(void **state)
{
	(void)state;
	store_le32(elf + PH, 0);
	store_le64(elf + PH + 56 + 40, 0); /* empty in memory */
	assert_int_equal(planned(), E_FORMAT);
	assert_non_null(strstr(why, "nothing to load"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, setup),
		cmocka_unit_test_setup(test_other_machine_and_dyn, setup),
		cmocka_unit_test_setup(test_headers_at_the_end, setup),
		cmocka_unit_test_setup(test_ident, setup),
		cmocka_unit_test_setup(test_header_counts, setup),
		cmocka_unit_test_setup(test_truncated, setup),
		cmocka_unit_test_setup(test_hostile_segments, setup),
		cmocka_unit_test_setup(test_entry, setup),
		cmocka_unit_test_setup(test_whole_space, setup),
		cmocka_unit_test_setup(test_number_of_segments, setup),
		cmocka_unit_test_setup(test_nothing_to_load, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
