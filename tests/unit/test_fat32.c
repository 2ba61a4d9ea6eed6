/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes made by mkfs.vfat and mtools, read through the store; then the same volumes damaged.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/endian.h>

#include "filedisk.h"
#include "testdata.h"

#define SLICE	 KIB(256)
#define BIG_SIZE MIB(40)

static struct filedisk disk;
static struct store st;

static void mount(const char *image)
{
	filedisk_open(&disk, testdata_open(image));
	assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
	assert_string_equal(st.name, "disk");
}

/* In memory, to be damaged. */
static void load(const char *image)
{
	size_t n;
	u8 *bytes = testdata_load(image, &n);

	filedisk_of(&disk, bytes, n);
}

static int teardown(void **state)
{
	(void)state;
	filedisk_close(&disk);
	return 0;
}

static enum status opened(const char *path, struct store_file *f)
{
	return st.ops->open(&st, path, f);
}

static void assert_file(const char *path, u64 first, u64 size)
{
	struct store_file f;
	char buf[8192];

	assert_int_equal(opened(path, &f), OK);
	assert_ptr_equal(f.store, &st);
	assert_int_equal(f.size, size);
	assert_int_equal(st.ops->read(&f, 0, buf, size), OK);
	assert_true(testdata_same(buf, first, 0, size));
}

static void assert_small_files(void)
{
	struct store_file f;

	assert_file("SHORT.TXT", 500, 1024);
	assert_file("/short.txt", 500, 1024);
	assert_file("./A long file name, with spaces.toml", 500, 1024);
	assert_file("/a LONG file name, WITH spaces.TOML", 500, 1024);
	assert_file("/Ger\xc3\xa4t gr\xc3\xb6\xc3\x9f"
		    "er.txt",
		    500, 1024);
	assert_file("/guest/vm_default/linux-aarch64-qemu-smp2.toml", 500, 1024);
	assert_file("guest//vm_default/second.toml", 900, 1501);
	assert_int_equal(opened("empty.bin", &f), OK);
	assert_int_equal(f.size, 0);
	assert_int_equal(st.ops->read(&f, 0, NULL, 0), OK);
	assert_int_equal(st.ops->read(&f, 0, &f, 1), E_RANGE);
}

static void assert_volume(const char *image)
{
	mount(image);
	assert_small_files();
	filedisk_close(&disk);
}

static void test_all_kinds(void **state)
{
	(void)state;
	assert_volume("mbr.img");
	assert_volume("gpt.img");
	assert_volume("fat16.img");
	assert_volume("fat12.img");
	mount("fat32.img");
	assert_small_files();
}

static void test_not_there(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"guest",
		"/guest/",
		"nothing",
		"guest/nothing",
		"SHORT.TXT/x",
		"nowhere/x",
		"../SHORT.TXT",
		"0:/SHORT.TXT",
		"1:/SHORT.TXT",
		"a:b",
		"*",
		"SHORT.TX?",
		"\xff\xfe",
		"x\x01y",
	};
	struct store_file f;
	char path[600];

	(void)state;
	mount("fat32.img");
	for (u32 i = 0; i < array_size(paths); i++)
		assert_int_equal(opened(paths[i], &f), E_NOTFOUND);
	for (size_t n = 100; n < sizeof(path); n += 100) {
		memset(path, 'n', n);
		path[n - 1] = '\0';
		assert_int_equal(opened(path, &f), E_NOTFOUND);
	}
}

static enum status collect(void *ctx, const char *name, u64 size)
{
	char *text = (char *)ctx;

	sprintf(text + strlen(text), "%s=%llu ", name, (unsigned long long)size);
	return strcmp(name, "empty.bin") == 0 ? E_BUSY : OK;
}

static void test_list(void **state)
{
	char text[1024] = "";

	(void)state;
	mount("fat32.img");
	assert_int_equal(st.ops->list(&st, "/guest/vm_default", collect, text), OK);
	assert_string_equal(text, "linux-aarch64-qemu-smp2.toml=1024 second.toml=1501 ");
	text[0] = '\0';
	assert_int_equal(st.ops->list(&st, "", collect, text), E_BUSY);
	assert_string_equal(text, "SHORT.TXT=1024 A long file name, with spaces.toml=1024 "
				  "Ger\xc3\xa4t gr\xc3\xb6\xc3\x9f"
				  "er.txt=1024 empty.bin=0 ");
	text[0] = '\0';
	assert_int_equal(st.ops->list(&st, "./guest/empty/", collect, text), OK);
	assert_string_equal(text, "");
	assert_int_equal(st.ops->list(&st, "nothing", collect, text), E_NOTFOUND);
	assert_int_equal(st.ops->list(&st, "SHORT.TXT", collect, text), E_NOTFOUND);
}

/* What a listing calls may open and read files. */
static enum status open_listed(void *ctx, const char *name, u64 size)
{
	struct store_file f;
	char path[300], buf[2048];

	snprintf(path, sizeof(path), "guest/vm_default/%s", name);
	if (opened(path, &f) != OK || f.size != size || st.ops->read(&f, 0, buf, size) != OK)
		return E_IO;
	++*(u32 *)ctx;
	return OK;
}

static void test_open_while_listing(void **state)
{
	u32 n = 0;

	(void)state;
	mount("fat32.img");
	assert_int_equal(st.ops->list(&st, "guest/vm_default", open_listed, &n), OK);
	assert_int_equal(n, 2);
}

/*
 * The cost of a 40 MiB file on a volume of one sector per cluster, contiguous: one request for
 * each slice and each sector of the FAT, though FatFs asks for each cluster by itself.
 */
static void test_slices_are_cheap(void **state)
{
	u8 *buf = malloc(SLICE);
	struct store_file f;
	u32 before;

	(void)state;
	mount("fat32.img");
	assert_int_equal(opened("big.bin", &f), OK);
	assert_int_equal(f.size, BIG_SIZE);
	before = disk.n_requests;
	for (u64 off = 0; off < BIG_SIZE; off += SLICE) {
		assert_int_equal(st.ops->read(&f, off, buf, SLICE), OK);
		assert_true(testdata_same(buf, 0, off, SLICE));
	}
	assert_in_range(disk.n_requests - before, 160, 160 + 81920 / 128 + 170);
	free(buf);
}

static void test_any_offset(void **state)
{
	static const u64 offs[] = { 0,	     1,	      511,     512,	 513,	 BIG_SIZE - 3000,
				    7777777, 1048576, 1048575, 30000000, 262144, 5 };
	static const size_t lens[] = { 1, 2, 511, 512, 513, 1024, 2999 };
	struct store_file f;
	char buf[3000];

	(void)state;
	mount("fat32.img");
	assert_int_equal(opened("big.bin", &f), OK);
	for (u32 i = 0; i < array_size(offs); i++) {
		for (u32 j = 0; j < array_size(lens); j++) {
			memset(buf, 0xee, sizeof(buf));
			assert_int_equal(st.ops->read(&f, offs[i], buf, lens[j]), OK);
			assert_true(testdata_same(buf, 0, offs[i], lens[j]));
			if (lens[j] < sizeof(buf))
				assert_int_equal((u8)buf[lens[j]], 0xee);
		}
	}
	assert_int_equal(st.ops->read(&f, BIG_SIZE - 1, buf, 1), OK);
	assert_int_equal(st.ops->read(&f, BIG_SIZE - 1, buf, 2), E_RANGE);
	assert_int_equal(st.ops->read(&f, BIG_SIZE, buf, 0), OK);
	assert_int_equal(st.ops->read(&f, BIG_SIZE + 1, buf, 0), E_RANGE);
	assert_int_equal(st.ops->read(&f, UINT64_MAX, buf, 1), E_RANGE);
	assert_int_equal(st.ops->read(&f, 0x100000000, buf, 1), E_RANGE);
}

static void test_fragmented(void **state)
{
	size_t size = 7800 * 16;
	char *buf = malloc(size);
	struct store_file f;
	u32 before;

	(void)state;
	mount("frag.img");
	assert_int_equal(opened("frag.bin", &f), OK);
	assert_int_equal(f.size, size);
	before = disk.n_requests;
	assert_int_equal(st.ops->read(&f, 0, buf, size), OK);
	assert_true(testdata_same(buf, 7000000, 0, size));
	assert_in_range(disk.n_requests - before, size / 512, size / 512 + 300);
	for (u64 off = 0; off + 700 < size; off += 700) {
		assert_int_equal(st.ops->read(&f, off, buf, 700), OK);
		assert_true(testdata_same(buf, 7000000, off, 700));
	}
	for (u64 off = size; off > 700; off -= 700) {
		assert_int_equal(st.ops->read(&f, off - 700, buf, 700), OK);
		assert_true(testdata_same(buf, 7000000, off - 700, 700));
	}
	free(buf);
}

/* More files in turn than positions are kept for. */
static void test_many_files(void **state)
{
	struct store_file f[12], copy;
	char name[8], buf[160];

	(void)state;
	mount("fat32.img");
	for (u32 i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "f%02u", i);
		assert_int_equal(opened(name, &f[i]), OK);
		assert_int_equal(f[i].size, 6400);
	}
	for (u64 off = 0; off < 6400; off += sizeof(buf)) {
		for (u32 i = 0; i < 12; i++) {
			assert_int_equal(st.ops->read(&f[i], off, buf, sizeof(buf)), OK);
			assert_true(testdata_same(buf, 100000 + i * 1000 + 0, off, sizeof(buf)));
		}
	}
	copy = f[3];
	assert_int_equal(st.ops->read(&copy, 6399, buf, 1), OK);
	assert_true(testdata_same(buf, 103000, 6399, 1));
}

/* The position of a file that is in use outlives others that are only looked at. */
static void test_position_is_kept(void **state)
{
	struct store_file f, other;
	char buf[512], name[8];
	u32 before;

	(void)state;
	mount("fat32.img");
	assert_int_equal(opened("big.bin", &f), OK);
	assert_int_equal(st.ops->read(&f, 30000128, buf, 512), OK);
	for (u32 i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "f%02u", i);
		assert_int_equal(opened(name, &other), OK);
		before = disk.n_requests;
		assert_int_equal(st.ops->read(&f, 30000640 + i * 512, buf, 512), OK);
		assert_true(testdata_same(buf, 0, 30000640 + i * 512, 512));
		assert_in_range(disk.n_requests - before, 1, 4);
	}
}

static void test_mounted_again(void **state)
{
	struct store_file f;
	char buf[16];

	(void)state;
	mount("fat32.img");
	assert_int_equal(opened("SHORT.TXT", &f), OK);
	assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
	assert_int_equal(st.ops->read(&f, 0, buf, 16), E_INVAL);
	assert_small_files();
}

/* An error of the disk is told once, wherever it strikes, and does no lasting harm. */
static void test_disk_errors(void **state)
{
	u8 *buf = malloc(SLICE);
	struct store_file f;
	enum status result = E_IO;
	char text[1024];

	(void)state;
	mount("fat32.img");
	for (u32 n = 1; n < 60 && result != OK; n++) {
		disk.fail_after = disk.n_requests + n;
		result = opened("guest/vm_default/second.toml", &f);
		assert_true(result == OK || result == E_IO);
	}
	assert_int_equal(result, OK);
	disk.fail_after = 0;
	assert_int_equal(opened("big.bin", &f), OK);
	result = E_IO;
	for (u32 n = 1; n < 80 && result != OK; n++) {
		disk.fail_after = disk.n_requests + n;
		result = st.ops->read(&f, 1000000, buf, SLICE);
		assert_true(result == OK || result == E_IO);
	}
	assert_int_equal(result, OK);
	assert_true(testdata_same(buf, 0, 1000000, SLICE));
	disk.fail_after = disk.n_requests + 1;
	assert_int_equal(st.ops->list(&st, "guest/vm_default", collect, text), E_IO);
	assert_int_equal(fat_store_mount(&disk.reader, &st), E_IO);
	free(buf);
}

/* ---- damaged volumes ------------------------------------------------------------------------ */

static void test_hostile_boot_sectors(void **state)
{
	static const struct {
		u32 at, value;
		enum status result;
	} bad[] = {
		{ 13, 0, E_NOTFOUND }, /* sectors per cluster */
		{ 13, 0x03, E_NOTFOUND },
		{ 14, 0, E_NOTFOUND }, /* reserved sectors */
		{ 16, 0, E_NOTFOUND }, /* FATs */
		{ 17, 512, E_FORMAT }, /* root entries: none in FAT32 */
		{ 32, 0, E_NOTFOUND }, /* sectors */
		{ 32, 100, E_FORMAT },
		{ 32, 0xffffffff, E_FORMAT }, /* more than its FAT can say */
		{ 36, 1, E_FORMAT },	      /* sectors per FAT */
		{ 36, 0xffffffff, E_FORMAT },
		{ 42, 7, E_FORMAT },	      /* version */
		{ 82, 0x20202020, E_FORMAT }, /* "FAT32" */
	};

	(void)state;
	load("fat32.img");
	for (u32 i = 0; i < array_size(bad); i++) {
		u8 saved[STORE_SECTOR], *s = disk.bytes;

		memcpy(saved, s, sizeof(saved));
		s[bad[i].at] = (u8)bad[i].value;
		if (bad[i].at != 13 && bad[i].at != 16)
			s[bad[i].at + 1] = (u8)(bad[i].value >> 8);
		if (bad[i].at >= 32)
			store_le32(s + bad[i].at, bad[i].value);
		assert_int_equal(fat_store_mount(&disk.reader, &st), bad[i].result);
		memcpy(s, saved, sizeof(saved));
	}
	assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
	assert_small_files();
}

static u8 *fat_entry(u32 cluster)
{
	return disk.bytes + load_le16(disk.bytes + 14) * STORE_SECTOR + cluster * 4;
}

static u8 *cluster_bytes(u32 cluster)
{
	u64 data = load_le16(disk.bytes + 14) + 2 * (u64)load_le32(disk.bytes + 36);

	return disk.bytes + (data + cluster - 2) * STORE_SECTOR;
}

/* The directory entry of an 8.3 name in the root folder's first clusters. */
static u8 *root_entry(const char *name)
{
	u32 cluster = load_le32(disk.bytes + 44);

	while (cluster < 0x0ffffff7) {
		for (u32 i = 0; i < STORE_SECTOR; i += 32) {
			if (memcmp(cluster_bytes(cluster) + i, name, 11) == 0)
				return cluster_bytes(cluster) + i;
		}
		cluster = load_le32(fat_entry(cluster));
	}
	abort();
}

static u32 first_cluster(const u8 *entry)
{
	return (u32)load_le16(entry + 26) | (u32)load_le16(entry + 20) << 16;
}

static void test_root_outside(void **state)
{
	static const u32 clusters[] = { 0, 1, 0x0fffffff, 0x00ffffff, 0xffffffff };
	struct store_file f;
	char text[64];

	(void)state;
	load("fat32.img");
	for (u32 i = 0; i < array_size(clusters); i++) {
		store_le32(disk.bytes + 44, clusters[i]);
		assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
		assert_int_equal(opened("SHORT.TXT", &f), E_FORMAT);
		assert_int_equal(st.ops->list(&st, "/", collect, text), E_FORMAT);
	}
}

static enum status count(void *ctx, const char *name, u64 size)
{
	(void)name, (void)size;
	++*(u32 *)ctx;
	return OK;
}

/* A folder whose chain runs in a circle: many names, then an end. */
static void test_cyclic_folder(void **state)
{
	u32 n = 0, root;
	struct store_file f;

	(void)state;
	load("fat32.img");
	root = load_le32(disk.bytes + 44);
	store_le32(fat_entry(root), root);
	assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
	assert_int_equal(opened("nothing", &f), E_NOTFOUND);
	assert_int_equal(st.ops->list(&st, "/", count, &n), OK);
	assert_in_range(n, 1000, 65536);
}

/* big.bin's chain: cut, free, bad, out of the volume, a circle. */
static void test_damaged_chains(void **state)
{
	static const u32 links[] = { 0x0fffffff, 0, 1, 0x0ffffff7, 0x01000000 };
	u8 *buf = malloc(SLICE * 2);
	struct store_file f;
	u32 cluster, saved;

	(void)state;
	load("fat32.img");
	cluster = first_cluster(root_entry("BIG     BIN")) + 1000;
	saved = load_le32(fat_entry(cluster));
	for (u32 i = 0; i < array_size(links); i++) {
		store_le32(fat_entry(cluster), links[i]);
		assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
		assert_int_equal(opened("big.bin", &f), OK);
		assert_int_equal(st.ops->read(&f, 0, buf, 512512), OK);
		assert_int_equal(st.ops->read(&f, 512512 - 512, buf, 1024), E_FORMAT);
		assert_int_equal(st.ops->read(&f, 30000000, buf, 16), E_FORMAT);
		assert_int_equal(st.ops->read(&f, 512512 - 16, buf, 16), OK);
		assert_true(testdata_same(buf, 0, 512512 - 16, 16));
	}
	store_le32(fat_entry(cluster), cluster - 1000);
	assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
	assert_int_equal(opened("big.bin", &f), OK);
	assert_int_equal(st.ops->read(&f, BIG_SIZE - SLICE, buf, SLICE), OK);
	store_le32(fat_entry(cluster), saved);
	free(buf);
}

static void test_impossible_size(void **state)
{
	struct store_file f;
	u8 *entry;

	(void)state;
	load("fat32.img");
	entry = root_entry("SHORT   TXT");
	store_le32(entry + 28, 0xffffffff);
	assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
	assert_int_equal(opened("SHORT.TXT", &f), E_FORMAT);
	store_le32(entry + 28, 1025); /* one byte more than its chain has */
	assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
	assert_int_equal(opened("SHORT.TXT", &f), OK);
	assert_int_equal(st.ops->read(&f, 1024, &f, 1), E_FORMAT);
}

/* Two names for one chain, of different sizes. */
static void test_cross_linked(void **state)
{
	struct store_file a, b;
	u8 *first, *second, buf[1024];

	(void)state;
	load("fat32.img");
	first = root_entry("SHORT   TXT");
	second = root_entry("ALONGF~1TOM");
	memcpy(second + 20, first + 20, 2);
	memcpy(second + 26, first + 26, 2);
	store_le32(first + 28, 512);
	assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
	assert_int_equal(opened("SHORT.TXT", &a), OK);
	assert_int_equal(opened("A long file name, with spaces.toml", &b), OK);
	assert_int_equal(st.ops->read(&a, 0, buf, 512), OK);
	assert_int_equal(st.ops->read(&a, 500, buf, 100), E_RANGE);
	assert_int_equal(st.ops->read(&b, 0, buf, 1024), OK);
	assert_true(testdata_same(buf, 500, 0, 1024));
}

static void test_first_cluster_outside(void **state)
{
	static const u32 clusters[] = { 0, 1, 0x0ffffff0, 0x7fffffff, 0xffffffff };
	struct store_file f;
	char buf[1024];
	u8 *entry;

	(void)state;
	load("fat32.img");
	entry = root_entry("SHORT   TXT");
	for (u32 i = 0; i < array_size(clusters); i++) {
		entry[26] = (u8)clusters[i], entry[27] = (u8)(clusters[i] >> 8);
		entry[20] = (u8)(clusters[i] >> 16), entry[21] = (u8)(clusters[i] >> 24);
		assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
		assert_int_equal(opened("SHORT.TXT", &f), OK);
		assert_int_equal(st.ops->read(&f, 0, buf, 1024), E_FORMAT);
		assert_int_equal(st.ops->read(&f, 600, buf, 10), E_FORMAT);
	}
}

/* The disk ends before the volume does. */
static void test_truncated_disk(void **state)
{
	struct store_file f;
	char text[64];

	(void)state;
	load("fat32.img");
	disk.reader.n_sectors = 20000;
	assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
	assert_int_equal(opened("SHORT.TXT", &f), OK);
	assert_int_equal(opened("big.bin", &f), E_FORMAT);
	disk.reader.n_sectors = 3000; /* before the root folder */
	store_le32(disk.bytes + 44, 10000);
	assert_int_equal(fat_store_mount(&disk.reader, &st), OK);
	assert_int_equal(opened("SHORT.TXT", &f), E_FORMAT);
	assert_int_equal(st.ops->list(&st, "", collect, text), E_FORMAT);
	disk.reader.n_sectors = 500; /* within the FAT */
	assert_int_equal(fat_store_mount(&disk.reader, &st), E_FORMAT);
	disk.reader.n_sectors = 1;
	assert_int_equal(fat_store_mount(&disk.reader, &st), E_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_all_kinds, teardown),
		cmocka_unit_test_teardown(test_not_there, teardown),
		cmocka_unit_test_teardown(test_list, teardown),
		cmocka_unit_test_teardown(test_open_while_listing, teardown),
		cmocka_unit_test_teardown(test_slices_are_cheap, teardown),
		cmocka_unit_test_teardown(test_any_offset, teardown),
		cmocka_unit_test_teardown(test_fragmented, teardown),
		cmocka_unit_test_teardown(test_many_files, teardown),
		cmocka_unit_test_teardown(test_position_is_kept, teardown),
		cmocka_unit_test_teardown(test_mounted_again, teardown),
		cmocka_unit_test_teardown(test_disk_errors, teardown),
		cmocka_unit_test_teardown(test_hostile_boot_sectors, teardown),
		cmocka_unit_test_teardown(test_root_outside, teardown),
		cmocka_unit_test_teardown(test_cyclic_folder, teardown),
		cmocka_unit_test_teardown(test_damaged_chains, teardown),
		cmocka_unit_test_teardown(test_impossible_size, teardown),
		cmocka_unit_test_teardown(test_cross_linked, teardown),
		cmocka_unit_test_teardown(test_first_cluster_outside, teardown),
		cmocka_unit_test_teardown(test_truncated_disk, teardown),
	};

	return cmocka_run_group_tests(tests, testdata_setup, testdata_teardown);
}
