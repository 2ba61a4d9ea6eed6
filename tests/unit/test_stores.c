/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/stores.c with an archive where the linker would have put it and a FAT32 disk: where a VM's
 * paths are looked for, and what happens without a disk, or with one too many.
 */
#include "scene.h"

#include <string.h>

#include "filedisk.h"
#include "testdata.h"

#include <core/log.h>
#include <core/own.h>
#include <core/stores.h>

__asm__(".pushsection .data\n"
	".balign 8\n"
	".globl image_archive_start, image_archive_end\n"
	"image_archive_start: .space 2048\n"
	"image_archive_end:\n"
	".popsection\n");
extern char image_archive_start[], image_archive_end[];

static char said[1024];

void log_print(enum log_level level, const char *format, ...)
{
	size_t n = strlen(said);
	va_list ap;

	(void)level;
	va_start(ap, format);
	vsnprintf(said + n, sizeof(said) - n, format, ap);
	va_end(ap);
}

/* ---- the archive ------------------------------------------------------------------------------ */

static size_t archive_len;

static void add(const char *name, const char *text)
{
	char *at = image_archive_start + archive_len;
	size_t n;

	snprintf(at, 2048 - archive_len,
		 "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1u, 0100644u, 0u, 0u,
		 1u, 0u, (u32)strlen(text), 0u, 0u, 0u, 0u, (u32)strlen(name) + 1, 0u);
	n = 110;
	strcpy(at + n, name);
	n = (n + strlen(name) + 1 + 3) / 4 * 4;
	memcpy(at + n, text, strlen(text));
	archive_len += (n + strlen(text) + 3) / 4 * 4;
}

static const struct vmdesc desc = { .folder = STR("guest/vm_default") };

static void setup(void)
{
	add("guest/vm_default/both", "in the folder");
	add("both", "in the root");
	add("kernel", "only in the root");
	add("TRAILER!!!", "");
	CHECK(stores_init() == OK);
}

static bool holds(enum vd_source source, const char *path, const char *text)
{
	struct store_file f;
	char buf[64] = "";

	if (stores_open(&desc, source, str_of(path), &f) != OK)
		return false;
	CHECK(f.size < sizeof(buf) && f.store == stores_get(source));
	CHECK(f.store->ops->read(&f, 0, buf, f.size) == OK);
	return strcmp(buf, text) == 0;
}

static void paths_of_the_archive(void)
{
	struct store_file f;
	char longest[STORE_PATH_MAX + 1];

	setup();
	CHECK(holds(VD_SRC_MEMORY, "both", "in the folder"));
	CHECK(holds(VD_SRC_MEMORY, "/both", "in the root"));
	CHECK(holds(VD_SRC_MEMORY, "kernel", "only in the root"));
	CHECK(holds(VD_SRC_MEMORY, "guest/vm_default/both", "in the folder"));
	CHECK(stores_open(&desc, VD_SRC_MEMORY, STR("none"), &f) == E_NOTFOUND);
	CHECK(stores_open(&desc, VD_SRC_MEMORY, STR(""), &f) != OK);
	memset(longest, 'x', sizeof(longest));
	CHECK(stores_open(&desc, VD_SRC_MEMORY, (struct str){ longest, sizeof(longest) }, &f) ==
	      E_RANGE);
	CHECK(stores_open(&desc, VD_SRC_MEMORY, (struct str){ longest, 200 }, &f) == E_NOTFOUND);
}

static void damaged_archive(void)
{
	add("TRAILER!!!", "");
	image_archive_start[0] = 'x';
	CHECK(stores_init() == E_FORMAT);
	CHECK(!stores_get(VD_SRC_MEMORY));
}

/* ---- the disk --------------------------------------------------------------------------------- */

static struct filedisk disk;

static enum status disk_read(void *ctx, u64 sector, u32 count, void *buf)
{
	return filedisk_read(ctx, sector, count, buf);
}

static const struct block_ops ops = { .name = "test disk", .read = disk_read };
static const struct hd_dev dev = { .path = STR("/disk@1"),
				   .win = { { 0x1000, 0x200 } },
				   .n_win = 1 };

static enum status inserted;

static void insert(const char *image)
{
	filedisk_open(&disk, testdata_open(image));
	inserted = register_block(&ops, &disk, &dev, disk.reader.n_sectors);
}

static void no_disk(void)
{
	struct store_file f;

	setup();
	stores_check_disk();
	CHECK(!stores_get(VD_SRC_FS) && said[0] == '\0');
	CHECK(stores_open(&desc, VD_SRC_FS, STR("kernel"), &f) == E_NOTFOUND);
}

static void paths_of_the_disk(void)
{
	struct store_file f;
	u64 size;

	setup();
	insert("fat32.img");
	CHECK(inserted == OK && strstr(said, "disk: test disk at /disk@1, 80 MiB"));
	stores_check_disk();
	CHECK(stores_get(VD_SRC_FS) && stores_get(VD_SRC_FS) != stores_get(VD_SRC_MEMORY));
	CHECK(stores_open(&desc, VD_SRC_FS, STR("second.toml"), &f) == OK);
	size = f.size;
	CHECK(stores_open(&desc, VD_SRC_FS, STR("/guest/vm_default/second.toml"), &f) == OK);
	CHECK(f.size == size);
	CHECK(stores_open(&desc, VD_SRC_FS, STR("SHORT.TXT"), &f) == OK);
	CHECK(stores_open(&desc, VD_SRC_FS, STR("/second.toml"), &f) == E_NOTFOUND);
	CHECK(stores_open(&desc, VD_SRC_MEMORY, STR("second.toml"), &f) == E_NOTFOUND);
	CHECK(register_block(&ops, &disk, &dev, 1) == E_NOTFOUND);
	CHECK(strstr(said, "/disk@1, 0 MiB: left to guests"));
}

static void disk_without_a_volume(void)
{
	setup();
	insert("plain.cpio");
	stores_check_disk();
	CHECK(inserted == E_NOTFOUND && !stores_get(VD_SRC_FS));
	CHECK(strstr(said, "disk: no FAT32 volume to read VMs from ("));
}

/* A guest's disk may come first. */
static void second_disk(void)
{
	setup();
	insert("plain.cpio");
	insert("fat32.img");
	CHECK(inserted == OK && stores_get(VD_SRC_FS));
	said[0] = '\0';
	stores_check_disk();
	CHECK(said[0] == '\0' && own_use_of((struct range){ 0x1000, 4 }));
}

static void disk_that_fails(void)
{
	struct store_file f;

	setup();
	insert("fat32.img");
	stores_check_disk();
	disk.fail_after = disk.n_requests;
	CHECK(stores_open(&desc, VD_SRC_FS, STR("second.toml"), &f) == E_IO);
}

/* ---- one at a time ---------------------------------------------------------------------------- */

static void lock(void)
{
	struct stores_locked a = stores_trylock(), b = stores_trylock();

	CHECK(a.held && !b.held);
	stores_unlock(&b);
	b = stores_trylock();
	CHECK(!b.held);
	stores_unlock(&a);
	stores_unlock(&a);
	b = stores_trylock();
	CHECK(b.held);
	CHECK(strcmp(stores_name(VD_SRC_FS), "disk") == 0);
	CHECK(strcmp(stores_name(VD_SRC_MEMORY), "archive") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(paths_of_the_archive),
		SCENE(damaged_archive),
		SCENE(no_disk),
		SCENE(paths_of_the_disk),
		SCENE(disk_without_a_volume),
		SCENE(second_disk),
		SCENE(disk_that_fails),
		SCENE(lock),
	};

	return cmocka_run_group_tests(tests, testdata_setup, testdata_teardown);
}
