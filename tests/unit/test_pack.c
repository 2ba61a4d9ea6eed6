/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `trivet pack` writes, read back by the hypervisor's own stores: archives, and FAT32 volumes
 * with and without a partition table.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "filedisk.h"
#include "pack.h"
#include "trivet.h"

#define OUT "test_pack.out"

static char complaint[512];

void tool_complain(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(complaint, sizeof(complaint), format, ap);
	va_end(ap);
}

/* The tool never frees; the test does, at its end. */
static void *taken[20000];
static unsigned n_taken;

void *tool_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	assert_non_null(p);
	return p;
}

static void *forget(size_t n)
{
	assert_true(n_taken < array_size(taken));
	return taken[n_taken++] = tool_alloc(n);
}

static int teardown(void **state)
{
	(void)state;
	while (n_taken)
		free(taken[--n_taken]);
	unlink(OUT);
	return 0;
}

/* ---- files ----------------------------------------------------------------------------------- */

static struct span some_bytes(u32 seed, size_t n)
{
	u8 *p = forget(n);

	for (size_t i = 0; i < n; i++)
		p[i] = (u8)(seed + i / 256 + i);
	return span_of(p, n);
}

static const struct {
	const char *name;
	size_t size;
} samples[] = {
	{ "platform.toml", 700 },
	{ "guest/vm_default/linux-aarch64-qemu-smp2.toml", 800 },
	{ "guest/vm_default/linux-aarch64-qemu-smp1.toml", 801 },
	{ "/Image", 300000 },
	{ "EMPTY", 0 },
	{ "A long name, with spaces and.dots.bin", 4096 },
	{ "a/b/c/d/e", 1 },
	{ "Ger\xc3\xa4t gr\xc3\xb6\xc3\x9f"
	  "er \xf0\x9f\x90\xa7.txt",
	  4097 },
	{ ".hidden", 5 },
	{ "exactly13char", 13 },
	{ "exactly26characters-long.x", 26 },
	{ "SHORT.TXT", 9 },
};

static struct pack_list sample_list(void)
{
	struct pack_list l = { 0 };

	for (u32 i = 0; i < array_size(samples); i++)
		assert_true(pack_add(&l, samples[i].name, some_bytes(i, samples[i].size), "test"));
	return l;
}

static void assert_files(const struct store *st, const struct pack_list *l)
{
	for (u32 i = 0; i < l->n; i++) {
		struct span want = l->v[i].bytes;
		struct store_file f;
		u8 *buf;

		if (st->ops->open(st, l->v[i].name, &f) != OK)
			fail_msg("%s is not there", l->v[i].name);
		assert_int_equal(f.size, want.n);
		buf = malloc(want.n + 1);
		assert_non_null(buf);
		assert_int_equal(st->ops->read(&f, 0, buf, want.n), OK);
		assert_memory_equal(buf, want.p, want.n);
		free(buf);
	}
}

/* ---- archives --------------------------------------------------------------------------------- */

static struct span load(void)
{
	FILE *f = fopen(OUT, "rb");
	long n;
	u8 *p;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	p = forget((size_t)n);
	assert_int_equal(fread(p, 1, (size_t)n, f), n);
	fclose(f);
	return span_of(p, (size_t)n);
}

static void test_archive(void **state)
{
	struct pack_list l = sample_list();
	struct cpio_store c;
	struct span one;

	(void)state;
	assert_true(cpio_write(OUT, &l));
	one = load();
	assert_int_equal(cpio_store_init(&c, one), OK);
	assert_files(&c.store, &l);
	unlink(OUT);
	assert_true(cpio_write(OUT, &l));
	assert_memory_equal(load().p, one.p, one.n);
	free(l.v);
}

static void test_names_are_once(void **state)
{
	struct pack_list l = { 0 };
	struct span a = some_bytes(1, 10), b = some_bytes(2, 10);

	(void)state;
	assert_true(pack_add(&l, "Image", a, "one/Image"));
	assert_true(pack_add(&l, "/Image", a, "one/Image"));
	assert_int_equal(l.n, 1);
	assert_false(pack_add(&l, "Image", b, "two/Image"));
	assert_string_equal(complaint,
			    "one/Image and two/Image would both be Image: give one another name");
	free(l.v);
}

/* ---- disks ------------------------------------------------------------------------------------ */

struct disk {
	struct filedisk disk;
	struct store st;
};

static void mount(struct disk *d)
{
	FILE *f = fopen(OUT, "rb");

	assert_non_null(f);
	filedisk_open(&d->disk, f);
	assert_int_equal(fat_store_mount(&d->disk.reader, &d->st), OK);
}

static void unmount(struct disk *d)
{
	filedisk_close(&d->disk);
}

static void disk_holds(enum pack_table table)
{
	struct pack_list l = sample_list();
	struct partition part;
	struct disk d;

	assert_true(disk_write(OUT, &l, table));
	mount(&d);
	assert_int_equal(partition_find_fat(&d.disk.reader, &part), OK);
	assert_int_equal(part.first_sector, table == PACK_NO_TABLE ? 0 : 2048);
	assert_files(&d.st, &l);
	unmount(&d);
	free(l.v);
}

static void test_disk_whole(void **state)
{
	(void)state;
	disk_holds(PACK_NO_TABLE);
}

static void test_disk_mbr(void **state)
{
	(void)state;
	disk_holds(PACK_MBR);
}

static void test_disk_gpt(void **state)
{
	(void)state;
	disk_holds(PACK_GPT);
}

static enum status count(void *ctx, const char *name, u64 size)
{
	(void)name;
	(void)size;
	++*(u32 *)ctx;
	return OK;
}

/* Short names of many files that begin alike are all different; folders have several clusters. */
static void test_many_alike(void **state)
{
	struct pack_list l = { 0 };
	struct disk d;
	u32 n = 0;

	(void)state;
	for (u32 i = 0; i < 300; i++) {
		char *name = forget(64);

		snprintf(name, 64, "guest/vm_default/linux-aarch64-number-%u.toml", i);
		assert_true(pack_add(&l, name, some_bytes(i, 100 + i), name));
	}
	assert_true(disk_write(OUT, &l, PACK_NO_TABLE));
	mount(&d);
	assert_files(&d.st, &l);
	assert_int_equal(d.st.ops->list(&d.st, "guest/vm_default", count, &n), OK);
	assert_int_equal(n, 300);
	unmount(&d);
	free(l.v);
}

static void refused(const char *one, const char *other, const char *why)
{
	struct pack_list l = { 0 };

	complaint[0] = 0;
	assert_true(pack_add(&l, one, some_bytes(1, 10), one));
	if (other)
		assert_true(pack_add(&l, other, some_bytes(2, 10), other));
	assert_false(disk_write(OUT, &l, PACK_NO_TABLE));
	assert_string_equal(complaint, why);
	assert_int_not_equal(access(OUT, F_OK), 0);
	free(l.v);
}

static void test_names_fat_has_not(void **state)
{
	(void)state;
	refused("a:b", NULL, "\"a:b\": a FAT disk cannot have a file of this name");
	refused("x/a?", NULL, "\"a?\": a FAT disk cannot have a file of this name");
	refused("dot.", NULL, "\"dot.\": a FAT disk cannot have a file of this name");
	refused("\xff", NULL, "\"\xff\": a FAT disk cannot have a file of this name");
	refused("a\nb", NULL, "\"a\nb\": a FAT disk cannot have a file of this name");
	refused("Image", "image", "image is on the disk twice: names there ignore case");
	refused("a", "a/b", "a/b: a part of it is a file already");
}

static void test_platform_text(void **state)
{
	static const char in[] = "# head\n[memory]\nclean = true\n[build]\nvdev = [\n  [1, 2],\n"
				 "  [\"x\"],\n]\n\n[ emulator ] # how\nsmp = 1\n[power]\noff = 1\n"
				 "[[desk.cpu]]\nx = 1\n";
	static const char want[] =
		"# head\n[memory]\nclean = true\n\n\n\n\n\n\n\n\n[power]\noff = 1\n";
	struct span out = platform_text(span_of(in, sizeof(in) - 1));

	(void)state;
	assert_int_equal(out.n, sizeof(want) - 1);
	assert_memory_equal(out.p, want, out.n);
	free((void *)out.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_archive, teardown),
		cmocka_unit_test_teardown(test_names_are_once, teardown),
		cmocka_unit_test_teardown(test_disk_whole, teardown),
		cmocka_unit_test_teardown(test_disk_mbr, teardown),
		cmocka_unit_test_teardown(test_disk_gpt, teardown),
		cmocka_unit_test_teardown(test_many_alike, teardown),
		cmocka_unit_test_teardown(test_names_fat_has_not, teardown),
		cmocka_unit_test_teardown(test_platform_text, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
