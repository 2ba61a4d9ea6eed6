/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partition tables made by sgdisk and by hand, and damaged ones.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/endian.h>

#include "filedisk.h"
#include "testdata.h"

#define N_SECTORS 512
#define ENTRIES	  2

static struct filedisk disk;
static struct partition part;

static u8 *sector(u64 n)
{
	return disk.bytes + n * STORE_SECTOR;
}

static u32 crc32(const u8 *p, size_t n)
{
	u32 crc = ~0u;

	while (n--) {
		crc ^= *p++;
		for (u32 bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void boot_sector_put(u64 at)
{
	u8 *s = sector(at);

	memcpy(s, "\xeb\x3c\x90mkfs.fat", 11);
	s[11] = 0, s[12] = 2; /* bytes per sector */
	s[13] = 1;	      /* sectors per cluster */
	s[14] = 1;	      /* reserved */
	s[16] = 1;	      /* FATs */
	s[19] = 200;	      /* sectors */
	s[22] = 1;	      /* sectors per FAT */
	s[510] = 0x55, s[511] = 0xaa;
}

static void mbr_put(u32 i, u8 type, u32 first, u32 n)
{
	u8 *e = sector(0) + 446 + i * 16;

	e[4] = type;
	store_le32(e + 8, first);
	store_le32(e + 12, n);
	sector(0)[510] = 0x55, sector(0)[511] = 0xaa;
}

static void gpt_entry_put(u64 table, u32 size, u32 i, u64 first, u64 last)
{
	u8 *e = sector(table) + i * size;

	memset(e, 0x11, 16);
	store_le64(e + 32, first);
	store_le64(e + 40, last);
}

static void gpt_header_put(u64 at, u64 table, u32 n, u32 size)
{
	u8 *h = sector(at);

	memset(h, 0, STORE_SECTOR);
	memcpy(h, "EFI PART\0\0\1\0", 12);
	store_le32(h + 12, 92);
	store_le64(h + 24, at);
	store_le64(h + 72, table);
	store_le32(h + 80, n);
	store_le32(h + 84, size);
	if ((u64)n * size <= (N_SECTORS - 4) * STORE_SECTOR)
		store_le32(h + 88, crc32(sector(table), (size_t)n * size));
	store_le32(h + 16, crc32(h, 92));
}

/* 128 entries; the FAT volume is the third partition. */
static void gpt_put(void)
{
	mbr_put(0, 0xee, 1, N_SECTORS - 1);
	gpt_entry_put(ENTRIES, 128, 0, 40, 49);
	gpt_entry_put(ENTRIES, 128, 4, 50, 59);
	gpt_entry_put(ENTRIES, 128, 9, 100, 299);
	boot_sector_put(100);
	gpt_header_put(1, ENTRIES, 128, 128);
}

static int setup(void **state)
{
	(void)state;
	filedisk_of(&disk, calloc(N_SECTORS, STORE_SECTOR), (size_t)N_SECTORS * STORE_SECTOR);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	filedisk_close(&disk);
	return 0;
}

static enum status found(void)
{
	part = (struct partition){ 0 };
	return partition_find_fat(&disk.reader, &part);
}

static void assert_found(u64 first, u64 n)
{
	assert_int_equal(found(), OK);
	assert_int_equal(part.first_sector, first);
	assert_int_equal(part.n_sectors, n);
}

static void assert_image(const char *name, u64 first, u64 n)
{
	struct filedisk d;

	filedisk_open(&d, testdata_open(name));
	assert_int_equal(partition_find_fat(&d.reader, &part), OK);
	assert_int_equal(part.first_sector, first);
	assert_int_equal(part.n_sectors, n ? n : d.reader.n_sectors);
	filedisk_close(&d);
}

static void test_images(void **state)
{
	(void)state;
	assert_image("fat32.img", 0, 0);
	assert_image("fat12.img", 0, 0);
	assert_image("mbr.img", 2048, 96256);
	assert_image("gpt.img", 4096, 98270 - 4096 + 1);
}

static void test_nothing(void **state)
{
	struct block_reader none = { .n_sectors = 0 };

	(void)state;
	assert_int_equal(found(), E_NOTFOUND);
	assert_int_equal(partition_find_fat(&none, &part), E_NOTFOUND);
	sector(0)[510] = 0x55, sector(0)[511] = 0xaa;
	assert_int_equal(found(), E_NOTFOUND);
}

static void test_bare(void **state)
{
	(void)state;
	boot_sector_put(0);
	assert_found(0, N_SECTORS);
	/* code of a boot sector may look like a table, even like one that protects a GPT */
	mbr_put(1, 0xee, 1, 5);
	mbr_put(2, 0x0c, 7, 5);
	assert_found(0, N_SECTORS);
}

static void test_bare_damaged(void **state)
{
	static const struct {
		u32 at;
		u8 value;
	} bad[] = { { 0, 0x33 }, { 11, 1 }, { 12, 16 }, { 13, 0 }, { 13, 3 }, { 14, 0 },
		    { 16, 0 },	 { 16, 3 }, { 19, 0 },	{ 22, 0 }, { 510, 0 } };

	(void)state;
	for (u32 i = 0; i < array_size(bad); i++) {
		boot_sector_put(0);
		assert_found(0, N_SECTORS);
		sector(0)[bad[i].at] = bad[i].value;
		assert_int_equal(found(), E_NOTFOUND);
	}
}

static void test_mbr(void **state)
{
	(void)state;
	mbr_put(0, 0x83, 10, 20); /* holds none */
	mbr_put(1, 0x0c, 100, 200);
	mbr_put(3, 0x0c, 400, 100);
	boot_sector_put(100);
	boot_sector_put(400);
	assert_found(100, 200);
	mbr_put(0, 0x83, 400, 100); /* the type is not asked */
	assert_found(400, 100);
	mbr_put(0, 0, 400, 100); /* unused */
	assert_found(100, 200);
}

static void test_mbr_hostile(void **state)
{
	(void)state;
	boot_sector_put(100);
	mbr_put(0, 0x0c, 100, N_SECTORS - 100 + 1);
	assert_int_equal(found(), E_FORMAT);
	mbr_put(0, 0x0c, N_SECTORS, 1);
	assert_int_equal(found(), E_FORMAT);
	mbr_put(0, 0x0c, 0xffffffff, 0xffffffff);
	assert_int_equal(found(), E_FORMAT);
	mbr_put(0, 0x0c, 100, 0);
	assert_int_equal(found(), E_NOTFOUND);
	mbr_put(0, 0x0c, 0xffffffff, 0xffffffff);
	mbr_put(1, 0x0c, 100, N_SECTORS - 100); /* the next one is good */
	assert_found(100, N_SECTORS - 100);
	disk.fail_after = disk.n_requests + 1;
	assert_int_equal(found(), E_IO);
}

static void test_gpt(void **state)
{
	(void)state;
	gpt_put();
	assert_found(100, 200);
	sector(100)[0] = 0;
	assert_int_equal(found(), E_NOTFOUND);
	disk.fail_after = disk.n_requests + 1;
	assert_int_equal(found(), E_IO);
}

static void test_gpt_entry_sizes(void **state)
{
	(void)state;
	gpt_put();
	for (u32 size = 256; size <= 512; size *= 2) {
		memset(sector(ENTRIES), 0, 32 * STORE_SECTOR);
		gpt_entry_put(ENTRIES, size, 3, 100, 299);
		gpt_header_put(1, ENTRIES, 32, size);
		assert_found(100, 200);
	}
}

static void test_gpt_insane_tables(void **state)
{
	static const struct {
		u64 table;
		u32 n, size;
	} bad[] = {
		{ ENTRIES, 128, 0 },
		{ ENTRIES, 128, 64 },
		{ ENTRIES, 128, 129 },
		{ ENTRIES, 128, 192 },
		{ ENTRIES, 128, 0x80000000 },
		{ ENTRIES, 16, 8192 },
		{ ENTRIES, 0, 128 },
		{ ENTRIES, 0xffffffff, 128 },
		{ ENTRIES, 0x02000000, 128 },
		{ ENTRIES, 1025, 128 },
		{ N_SECTORS - 31, 128, 128 },
		{ UINT64_MAX, 128, 128 },
		{ UINT64_MAX - 31, 128, 128 },
		{ 0, 128, 128 },
		{ 1, 128, 128 },
	};

	(void)state;
	for (u32 i = 0; i < array_size(bad); i++) {
		gpt_put();
		if (bad[i].table < N_SECTORS - 32)
			gpt_header_put(1, bad[i].table, bad[i].n, bad[i].size);
		store_le64(sector(1) + 72, bad[i].table);
		store_le32(sector(1) + 16, 0);
		store_le32(sector(1) + 16, crc32(sector(1), 92));
		assert_int_equal(found(), E_FORMAT);
	}
}

static void test_gpt_checksums(void **state)
{
	(void)state;
	gpt_put();
	sector(1)[40] ^= 1;
	assert_int_equal(found(), E_FORMAT);
	gpt_put();
	sector(ENTRIES)[127 * 128 + 100] ^= 1;
	assert_int_equal(found(), E_FORMAT);
	gpt_put();
	store_le64(sector(1) + 24, 7); /* claims to be elsewhere, checksum right */
	store_le32(sector(1) + 16, 0);
	store_le32(sector(1) + 16, crc32(sector(1), 92));
	assert_int_equal(found(), E_FORMAT);
	gpt_put();
	store_le32(sector(1) + 12, 513);
	assert_int_equal(found(), E_FORMAT);
	store_le32(sector(1) + 12, 0);
	assert_int_equal(found(), E_FORMAT);
}

static void test_gpt_backup(void **state)
{
	(void)state;
	gpt_put();
	memcpy(sector(N_SECTORS - 33), sector(ENTRIES), 32 * STORE_SECTOR);
	gpt_header_put(N_SECTORS - 1, N_SECTORS - 33, 128, 128);
	sector(1)[0] = 0;
	assert_found(100, 200);
	gpt_put();
	sector(ENTRIES)[5 * 128] ^= 1; /* the first table, under a good header */
	assert_found(100, 200);
}

static void test_gpt_hostile_entries(void **state)
{
	static const struct {
		u64 first, last;
	} bad[] = { { 100, 99 }, { 100, N_SECTORS }, { 0, UINT64_MAX }, { UINT64_MAX, UINT64_MAX } };

	(void)state;
	for (u32 i = 0; i < array_size(bad); i++) {
		gpt_put();
		gpt_entry_put(ENTRIES, 128, 9, bad[i].first, bad[i].last);
		gpt_header_put(1, ENTRIES, 128, 128);
		assert_int_equal(found(), E_FORMAT);
	}
	gpt_entry_put(ENTRIES, 128, 10, 100, 299);
	gpt_header_put(1, ENTRIES, 128, 128);
	assert_found(100, 200);
}

/* An old GPT header alone does not count: the disk was formatted again without a table. */
static void test_stale_gpt(void **state)
{
	(void)state;
	gpt_put();
	memset(sector(0), 0, STORE_SECTOR);
	boot_sector_put(0);
	assert_found(0, N_SECTORS);
}

static void test_tiny_disks(void **state)
{
	(void)state;
	gpt_put();
	for (u64 n = 1; n < N_SECTORS; n++) {
		disk.reader.n_sectors = n;
		assert_int_equal(found(), n < 300 ? E_FORMAT : OK);
	}
	disk.reader.n_sectors = N_SECTORS;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_images),
		cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bare, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bare_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mbr, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mbr_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gpt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gpt_entry_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gpt_insane_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gpt_checksums, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gpt_backup, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gpt_hostile_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale_gpt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tiny_disks, setup, teardown),
	};

	return cmocka_run_group_tests(tests, testdata_setup, testdata_teardown);
}
