/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A FAT volume, read by FatFs; this file is all that stands between it and us. FatFs sees one
 * drive whose sector 0 is the volume's first, and never reads outside of the partition, whatever
 * the volume says about itself.
 *
 * FatFs reads cluster by cluster, and finds a cluster by following the chain from the file's last
 * position. So positions are kept for the files read last, which makes reading in slices linear,
 * and reads that continue each other on disk and in memory leave as one request.
 */
#include "internal.h"

#include <base/range.h>

#include <ff.h>

#include <diskio.h>

#define N_CURSORS 8

/* Where one file stands. A file is known by its first cluster and size: nothing of it changes. */
struct cursor {
	FIL file;
	u64 last_use;
	bool used;
};

/* A read of FatFs into the caller's buffer that may still grow. */
struct pending {
	u8 *buf;
	u64 sector;
	u32 n;
	u8 *dst; /* the caller's buffer */
	size_t dst_len;
};

struct volume {
	FATFS fs;
	struct block_reader disk;
	struct partition part;
	struct pending pending;
	struct cursor cursor[N_CURSORS];
	u64 n_uses;
	u64 n_mounts;
	enum status disk_status; /* why the last request to the disk failed */
};

/* FatFs keeps its volume in a static table, too. */
static struct volume the_volume;

/* ---- under FatFs --------------------------------------------------------------------------- */

static enum status sectors_read(struct volume *v, u64 sector, u32 n, void *buf)
{
	if (!range_ok(sector, n, v->part.n_sectors))
		return E_FORMAT;
	return v->disk.read(v->disk.ctx, v->part.first_sector + sector, n, buf);
}

static enum status pending_flush(struct volume *v)
{
	struct pending *p = &v->pending;
	u32 n = p->n;

	p->n = 0;
	return n ? sectors_read(v, p->sector, n, p->buf) : OK;
}

static bool pending_wanted(const struct pending *p, const u8 *buf, size_t len)
{
	return range_inside((uintptr_t)buf, len, (uintptr_t)p->dst, p->dst_len);
}

static enum status pending_add(struct volume *v, u64 sector, u32 n, u8 *buf)
{
	struct pending *p = &v->pending;

	if (p->n && p->sector + p->n == sector && p->buf + (size_t)p->n * STORE_SECTOR == buf) {
		p->n += n;
		return OK;
	}
	TRY(pending_flush(v));
	p->buf = buf;
	p->sector = sector;
	p->n = n;
	return OK;
}

DSTATUS disk_status(BYTE drive)
{
	return drive == 0 ? 0 : STA_NOINIT;
}

DSTATUS disk_initialize(BYTE drive)
{
	return disk_status(drive);
}

DRESULT disk_read(BYTE drive, BYTE *buf, LBA_t sector, UINT n)
{
	struct volume *v = &the_volume;
	enum status st;

	(void)drive;
	if (pending_wanted(&v->pending, buf, (size_t)n * STORE_SECTOR))
		st = pending_add(v, sector, n, buf);
	else
		st = sectors_read(v, sector, n, buf);
	if (st == OK)
		return RES_OK;
	v->disk_status = st;
	return RES_ERROR;
}

/* ---- over FatFs ---------------------------------------------------------------------------- */

static enum status status_of(const struct volume *v, FRESULT res)
{
	switch (res) {
	case FR_OK:
		return OK;
	case FR_DISK_ERR:
	case FR_NOT_READY:
		return v->disk_status;
	case FR_NO_FILE:
	case FR_NO_PATH:
	case FR_INVALID_NAME:
	case FR_INVALID_DRIVE:
		return E_NOTFOUND;
	case FR_INT_ERR:
	case FR_NO_FILESYSTEM:
		return E_FORMAT;
	case FR_DENIED:
	case FR_EXIST:
	case FR_INVALID_OBJECT:
	case FR_WRITE_PROTECTED:
	case FR_NOT_ENABLED:
	case FR_MKFS_ABORTED:
	case FR_TIMEOUT:
	case FR_LOCKED:
	case FR_NOT_ENOUGH_CORE:
	case FR_TOO_MANY_OPEN_FILES:
	case FR_INVALID_PARAMETER:
		break;
	}
	return E_INVAL;
}

/* The cursor used longest ago, as an empty one. */
static struct cursor *cursor_take(struct volume *v)
{
	struct cursor *c = &v->cursor[0];

	for (u32 i = 0; i < N_CURSORS; i++) {
		struct cursor *other = &v->cursor[i];

		if (!other->used) {
			c = other;
			break;
		}
		if (other->last_use < c->last_use)
			c = other;
	}
	*c = (struct cursor){ .used = true, .last_use = ++v->n_uses };
	return c;
}

static struct cursor *cursor_find(struct volume *v, u64 cluster, u64 size)
{
	for (u32 i = 0; i < N_CURSORS; i++) {
		struct cursor *c = &v->cursor[i];

		if (c->used && c->file.obj.sclust == cluster && c->file.obj.objsize == size) {
			c->last_use = ++v->n_uses;
			return c;
		}
	}
	return NULL;
}

/* As f_open would leave it; nothing else of FatFs remembers a file that is only read. */
static struct cursor *cursor_reopen(struct volume *v, u64 cluster, u64 size)
{
	struct cursor *c = cursor_take(v);

	c->file.obj.fs = &v->fs;
	c->file.obj.id = v->fs.id;
	c->file.obj.sclust = (DWORD)cluster;
	c->file.obj.objsize = (FSIZE_t)size;
	c->file.flag = FA_READ;
	return c;
}

/* FatFs looks for a drive number before a colon. */
static enum status path_of(const char *path, const char **out)
{
	struct str p = store_path_trim(str_of(path));

	if (p.n >= STORE_PATH_MAX || memchr(p.p, ':', p.n))
		return E_NOTFOUND;
	*out = p.p;
	return OK;
}

static enum status fat_open(const struct store *st, const char *path, struct store_file *out)
{
	struct volume *v = (struct volume *)st->priv;
	struct cursor *c;
	u64 size;
	enum status result;

	TRY(path_of(path, &path));
	c = cursor_take(v);
	result = status_of(v, f_open(&c->file, path, FA_READ));
	size = f_size(&c->file);
	/* A chain can only be longer than the volume by running in a circle. */
	if (result == OK && size / STORE_SECTOR > v->part.n_sectors)
		result = E_FORMAT;
	if (result != OK) {
		c->used = false;
		return result;
	}
	*out = (struct store_file){ .store = st, .size = size };
	out->priv[0] = c->file.obj.sclust;
	out->priv[1] = v->n_mounts;
	return OK;
}

static enum status cursor_read(struct volume *v, struct cursor *c, u64 off, void *buf, u32 n)
{
	UINT done = 0;
	enum status st = OK, last;

	if (f_tell(&c->file) != off)
		st = status_of(v, f_lseek(&c->file, (FSIZE_t)off));
	if (st != OK)
		return st;
	v->pending = (struct pending){ .dst = (u8 *)buf, .dst_len = n };
	st = status_of(v, f_read(&c->file, buf, n, &done));
	last = pending_flush(v);
	v->pending.dst_len = 0;
	if (st == OK)
		st = last;
	return st == OK && done != n ? E_FORMAT : st;
}

static enum status fat_read(const struct store_file *f, u64 off, void *buf, size_t n)
{
	struct volume *v = (struct volume *)f->store->priv;
	struct cursor *c;
	enum status st;

	if (f->priv[1] != v->n_mounts)
		return E_INVAL;
	if (!range_ok(off, n, f->size))
		return E_RANGE;
	if (!n)
		return OK;
	c = cursor_find(v, f->priv[0], f->size);
	if (!c)
		c = cursor_reopen(v, f->priv[0], f->size);
	st = cursor_read(v, c, off, buf, (u32)n);
	/* FatFs refuses a file for ever after one error; the next attempt begins afresh. */
	if (st != OK)
		c->used = false;
	return st;
}

static enum status folder_list(struct volume *v, DIR *dir,
			       enum status (*each)(void *ctx, const char *name, u64 size),
			       void *ctx)
{
	FILINFO info;

	for (;;) {
		TRY(status_of(v, f_readdir(dir, &info)));
		if (!info.fname[0])
			return OK;
		if (!(info.fattrib & AM_DIR))
			TRY(each(ctx, info.fname, info.fsize));
	}
}

static enum status fat_list(const struct store *st, const char *folder,
			    enum status (*each)(void *ctx, const char *name, u64 size), void *ctx)
{
	struct volume *v = (struct volume *)st->priv;
	DIR dir;

	TRY(path_of(folder, &folder));
	TRY(status_of(v, f_opendir(&dir, folder)));
	return folder_list(v, &dir, each, ctx);
}

static const struct store_ops fat_ops = {
	.open = fat_open,
	.read = fat_read,
	.list = fat_list,
};

enum status fat_store_mount(const struct block_reader *disk, struct store *out)
{
	struct volume *v = &the_volume;
	u64 n_mounts = v->n_mounts + 1;
	enum status st;

	(void)f_mount(NULL, "", 0);
	*v = (struct volume){ .disk = *disk, .n_mounts = n_mounts };
	TRY(partition_find_fat(disk, &v->part));
	st = status_of(v, f_mount(&v->fs, "", 1));
	/* FatFs computes where the data begin in 32 bits, and a FAT of 2^32 sectors gets past it. */
	if (st == OK && (u64)v->fs.n_fats * v->fs.fsize >= v->part.n_sectors)
		st = E_FORMAT;
	if (st != OK) {
		(void)f_mount(NULL, "", 0);
		return st;
	}
	*out = (struct store){ .ops = &fat_ops, .name = "disk", .priv = v };
	return OK;
}
