/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where files come from: a FAT32 volume on a disk, or a CPIO archive in memory. Both look the
 * same: open a name, read at an offset, list a folder. Nothing here allocates.
 */
#pragma once

#include <base/span.h>
#include <base/status.h>
#include <base/types.h>

#define STORE_PATH_MAX 256
#define STORE_SECTOR   512

/* A disk, as lib sees it: reads whole 512-byte sectors into @buf. */
struct block_reader {
	enum status (*read)(void *ctx, u64 sector, u32 count, void *buf);
	void *ctx;
	u64 n_sectors;
};

struct store;

struct store_file {
	const struct store *store;
	u64 size;
	u64 priv[4]; /* the store's own: where the file begins, ... */
};

struct store_ops {
	/* Open @path ('/'-separated, absolute or not: the root is meant). E_NOTFOUND, E_IO. */
	enum status (*open)(const struct store *st, const char *path, struct store_file *out);
	/*
	 * Read exactly @n bytes at @off. E_RANGE when the file is shorter. The caller bounds @n so
	 * that one call stays short (slices of at most 256 KiB).
	 */
	enum status (*read)(const struct store_file *f, u64 off, void *buf, size_t n);
	/* Call @each for every file (not folder) directly in @folder, in the store's order. */
	enum status (*list)(const struct store *st, const char *folder,
			    enum status (*each)(void *ctx, const char *name, u64 size), void *ctx);
};

struct store {
	const struct store_ops *ops;
	const char *name; /* "disk", "archive": for messages */
	void *priv;
};

/* ---- CPIO ("newc") archive in memory ----------------------------------------------------- */

struct cpio_store {
	struct store store;
	struct span bytes;
};

/* E_FORMAT when @bytes is no newc archive that is whole up to its trailer. */
enum status cpio_store_init(struct cpio_store *c, struct span bytes);

/* The bytes of a file that lies in memory anyway (cpio only), without copying. */
struct span cpio_file_bytes(const struct store_file *f);

/* ---- FAT32 on a disk, with MBR, GPT or no partition table -------------------------------- */

/* One volume may be mounted (the glue under FatFs has one disk). Not reentrant. */
enum status fat_store_mount(const struct block_reader *disk, struct store *out);

/* ---- finding the volume ------------------------------------------------------------------ */

struct partition {
	u64 first_sector;
	u64 n_sectors;
};

/*
 * The first partition of @disk that may hold a FAT volume: GPT first, then MBR, else the whole
 * disk. E_NOTFOUND, E_IO, E_FORMAT.
 */
enum status partition_find_fat(const struct block_reader *disk, struct partition *out);
