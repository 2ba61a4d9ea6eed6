/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files on their way into an archive or onto a disk. The same files in the same order give the same
 * bytes: times, owners, serial numbers are fixed.
 */
#pragma once

#include <base/endian.h>
#include <base/span.h>
#include <base/types.h>

struct pack_file {
	const char *name; /* its path there, without a leading '/' */
	struct span bytes;
	const char *from; /* for messages */
};

struct pack_list {
	struct pack_file *v;
	u32 n;
	u32 cap;
};

enum pack_table {
	PACK_NO_TABLE, /* the file system has the whole disk */
	PACK_MBR,
	PACK_GPT,
};

/*
 * Add @bytes, which stay, as @name. False: another file has that name, or it is too large; that has
 * been said. The same bytes once more are fine.
 */
bool pack_add(struct pack_list *l, const char *name, struct span bytes, const char *from);

/* By name: whoever packs the same files in another order gets the same bytes. */
void pack_sort(struct pack_list *l);

/* What of a platform file goes into archives. Malloc's memory. */
struct span platform_text(struct span text);

/* A newc archive. An archive that would not change is left as it is. */
bool cpio_write(const char *out, const struct pack_list *l);

/* A disk with one FAT32 volume. Sparse: what nobody wrote takes no room. */
bool disk_write(const char *out, const struct pack_list *l, enum pack_table table);

/* ---- between the parts of disk_write() ------------------------------------------------------- */

#define DISK_SECTOR 512

static inline void store_le16(u8 *at, u32 v)
{
	at[0] = (u8)v;
	at[1] = (u8)(v >> 8);
}

/* The partition table and where the volume of @n_sectors begins (disk_table.c). */
u64 disk_first_sector(enum pack_table table);
u64 disk_sectors(enum pack_table table, u64 n_sectors);
bool disk_put_table(int fd, enum pack_table table, u64 n_sectors);

/* All of @n bytes at @off. */
bool disk_put(int fd, u64 off, const void *buf, size_t n);

/* Folders and files as the volume has them (fat32_dir.c). */
struct fat_node {
	const char *name; /* of a file: the last part of its path */
	size_t len;
	u32 parent;		      /* of the root: itself, 0 */
	const struct pack_file *file; /* NULL: a folder */
	u8 short_name[11];
	bool has_long;
	u32 cluster; /* 0: an empty file has none */
	u32 n_clusters;
};

struct fat_tree {
	struct fat_node *v; /* [0]: the root; folders before what is in them */
	u32 n;
	u32 cap;
};

/* False: a name that FAT cannot have, or two that are one to it: said. */
bool fat_tree_build(struct fat_tree *t, const struct pack_list *l);
/* Bytes of a folder's entries. */
u64 fat_folder_size(const struct fat_tree *t, u32 folder);
/* Its entries into @buf, which is zeroed and has room for them. */
void fat_folder_put(const struct fat_tree *t, u32 folder, u8 *buf);
