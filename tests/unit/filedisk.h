/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks for tests: a file, or bytes in memory. Both count requests and can be told to fail.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/store.h>

struct filedisk {
	struct block_reader reader;
	FILE *file; /* NULL: bytes */
	u8 *bytes;
	u32 n_requests;
	u64 n_sectors_read;
	u32 fail_after; /* that many requests succeed (0: all) */
};

static inline enum status filedisk_read(void *ctx, u64 sector, u32 count, void *buf)
{
	struct filedisk *d = (struct filedisk *)ctx;

	/* Staying inside of the disk is the reader's duty. */
	if (!count || sector >= d->reader.n_sectors || count > d->reader.n_sectors - sector)
		abort();
	d->n_requests++;
	d->n_sectors_read += count;
	if (d->fail_after && d->n_requests > d->fail_after)
		return E_IO;
	if (!d->file) {
		memcpy(buf, d->bytes + sector * STORE_SECTOR, (size_t)count * STORE_SECTOR);
		return OK;
	}
	if (fseek(d->file, (long)(sector * STORE_SECTOR), SEEK_SET) != 0 ||
	    fread(buf, STORE_SECTOR, count, d->file) != count)
		abort();
	return OK;
}

static inline void filedisk_open(struct filedisk *d, FILE *f)
{
	*d = (struct filedisk){ .file = f };
	fseek(f, 0, SEEK_END);
	d->reader = (struct block_reader){
		.read = filedisk_read,
		.ctx = d,
		.n_sectors = (u64)ftell(f) / STORE_SECTOR,
	};
}

/* Takes over @bytes. */
static inline void filedisk_of(struct filedisk *d, u8 *bytes, size_t n)
{
	*d = (struct filedisk){ .bytes = bytes };
	d->reader = (struct block_reader){
		.read = filedisk_read,
		.ctx = d,
		.n_sectors = n / STORE_SECTOR,
	};
}

static inline void filedisk_close(struct filedisk *d)
{
	if (d->file)
		fclose(d->file);
	free(d->bytes);
}
