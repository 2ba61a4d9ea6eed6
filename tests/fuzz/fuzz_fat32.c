/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FAT volumes: mount, list, open and read. The first byte of the input chooses how the rest
 * becomes a disk: as its first sectors, or folded (a real FAT32 has at least 65525 clusters, far
 * too large for an input): sector 0, then one sector that stands for all of the FAT, then sectors
 * that stand for the data area over and over.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <base/range.h>
#include <lib/store.h>

#define N_SECTORS 80000
#define FOLD_DATA 514	 /* where the data area begins when folded */
#define READS_MAX 200000 /* a chain is followed over the whole volume, and no further */
#define FILES_MAX 16

struct fuzz_disk {
	const u8 *bytes;
	size_t n; /* whole sectors */
	bool folded;
	u32 n_reads;
	struct block_reader reader;
};

static u64 fold(const struct fuzz_disk *d, u64 sector)
{
	if (!d->folded || sector == 0)
		return sector;
	if (sector < FOLD_DATA)
		return 1;
	return d->n > 2 ? 2 + (sector - FOLD_DATA) % (d->n - 2) : 1;
}

static enum status fuzz_disk_read(void *ctx, u64 sector, u32 count, void *buf)
{
	struct fuzz_disk *d = (struct fuzz_disk *)ctx;

	fuzz_check(count && range_ok(sector, count, d->reader.n_sectors));
	fuzz_check(++d->n_reads < READS_MAX); /* the work for one request is bounded */
	for (u32 i = 0; i < count; i++) {
		u64 at = fold(d, sector + i);
		u8 *to = (u8 *)buf + (size_t)i * STORE_SECTOR;

		if (at < d->n)
			memcpy(to, d->bytes + at * STORE_SECTOR, STORE_SECTOR);
		else
			memset(to, 0, STORE_SECTOR);
	}
	return OK;
}

struct listing {
	const struct store *st;
	const char *folder;
	u32 n_files;
	struct fuzz_disk *disk;
};

static void read_somewhere(struct listing *l, const struct store_file *f, u64 off)
{
	size_t n = f->size - off < 3000 ? (size_t)(f->size - off) : 3000;
	u8 *buf = malloc(n + 1);
	enum status st;

	l->disk->n_reads = 0;
	st = f->store->ops->read(f, off, buf + 1, n);
	fuzz_check(st == OK || st == E_FORMAT);
	free(buf);
}

static enum status open_listed(void *ctx, const char *name, u64 size)
{
	struct listing *l = (struct listing *)ctx;
	char path[1024];
	struct store_file f;

	if (++l->n_files > FILES_MAX)
		return E_BUSY;
	fuzz_check(strlen(name) > 0 && strlen(name) <= 255);
	(void)size;
	strcpy(path, l->folder);
	strcat(path, name);
	l->disk->n_reads = 0;
	if (l->st->ops->open(l->st, path, &f) != OK)
		return OK;
	read_somewhere(l, &f, 0);
	read_somewhere(l, &f, f.size / 2);
	read_somewhere(l, &f, f.size / 3);
	return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const folders[] = { "", "guest/vm_default/", "a/" };
	struct fuzz_disk d = { .reader = { .read = fuzz_disk_read, .n_sectors = N_SECTORS } };
	struct store st;

	if (n < 1 + STORE_SECTOR)
		return 0;
	d.folded = data[0] & 1;
	d.bytes = data + 1;
	d.n = (n - 1) / STORE_SECTOR;
	d.reader.ctx = &d;
	if (fat_store_mount(&d.reader, &st) != OK)
		return 0;
	for (u32 i = 0; i < array_size(folders); i++) {
		struct listing l = { &st, folders[i], 0, &d };
		enum status result = st.ops->list(&st, l.folder, open_listed, &l);

		fuzz_check(result == OK || result == E_NOTFOUND || result == E_FORMAT ||
			   result == E_BUSY);
	}
	return 0;
}
