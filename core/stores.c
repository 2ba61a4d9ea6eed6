/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two stores, and how a VM file's paths are found in them.
 */
#include <core/stores.h>

#include <base/fmt.h>
#include <core/log.h>
#include <core/own.h>

extern const u8 image_archive_start[], image_archive_end[]; /* linker script */

static struct cpio_store archive;
static struct store disk;
static const struct store *stores[2];
static struct spinlock store_lock;

static struct {
	struct block_reader reader;
	const struct block_ops *ops;
	void *ctx;
	enum status mounted;
} block;
static u32 n_disks;

enum status stores_init(void)
{
	size_t n = (size_t)(image_archive_end - image_archive_start);

	TRY(cpio_store_init(&archive, span_of(image_archive_start, n)));
	stores[VD_SRC_MEMORY] = &archive.store;
	return OK;
}

static enum status read_block(void *ctx, u64 sector, u32 count, void *buf)
{
	(void)ctx;
	return block.ops->read(block.ctx, sector, count, buf);
}

/* Ours is the first with VM files' file system on it. */
enum status register_block(const struct block_ops *ops, void *ctx, const struct hd_dev *dev,
			   u64 n_sectors)
{
	unsigned long long mib = n_sectors / 2048;

	n_disks++;
	if (!stores[VD_SRC_FS]) {
		block.ops = ops;
		block.ctx = ctx;
		block.reader = (struct block_reader){ read_block, NULL, n_sectors };
		block.mounted = fat_store_mount(&block.reader, &disk);
		if (block.mounted == OK) {
			stores[VD_SRC_FS] = &disk;
			own_device(dev, OWN_DISK);
			log_info("disk: %s at %.*s, %llu MiB", ops->name, STR_ARG(dev->path), mib);
			return OK;
		}
	}
	log_info("disk: %s at %.*s, %llu MiB: left to guests", ops->name, STR_ARG(dev->path), mib);
	return E_NOTFOUND;
}

void stores_check_disk(void)
{
	if (n_disks && !stores[VD_SRC_FS])
		log_warn("disk: no FAT32 volume to read VMs from (%s)", status_str(block.mounted));
}

const struct store *stores_get(enum vd_source source)
{
	return stores[source];
}

const char *stores_name(enum vd_source source)
{
	return source == VD_SRC_FS ? "disk" : "archive";
}

struct stores_locked stores_trylock(void)
{
	return (struct stores_locked){ spin_trylock(&store_lock) };
}

void stores_unlock(struct stores_locked *l)
{
	if (l->held)
		spin_unlock(&store_lock);
	l->held = false;
}

enum status stores_open(const struct vmdesc *desc, enum vd_source source, struct str path,
			struct store_file *out)
{
	const struct store *st = stores[source];
	char full[STORE_PATH_MAX];
	enum status found;

	if (!st)
		return E_NOTFOUND;
	if (path.n + desc->folder.n + 2 > sizeof(full))
		return E_RANGE;
	if (path.n && path.p[0] != '/') {
		fmt_snprintf(full, sizeof(full), "%.*s/%.*s", STR_ARG(desc->folder), STR_ARG(path));
		found = st->ops->open(st, full, out);
		if (found != E_NOTFOUND)
			return found;
	}
	fmt_snprintf(full, sizeof(full), "%.*s", STR_ARG(path));
	return st->ops->open(st, full, out);
}
