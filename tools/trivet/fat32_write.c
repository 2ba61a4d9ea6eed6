/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk image with one FAT32 volume (Microsoft FAT32 File System Specification 1.03). Every file
 * and folder lies in one piece, in the order of the list, so the table is written as it is
 * counted. The image is sparse, and appears whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/bits.h>

#include "pack.h"
#include "trivet.h"

#define RESERVED     32
#define N_FATS	     2
#define MIN_CLUSTERS 66900 /* below 65525 it is no FAT32; some room, as others count otherwise */
#define MIN_BYTES    MIB(272)
#define MAX_PER	     64 /* sectors of a cluster */
#define END_OF_CHAIN 0x0fffffff
#define SERIAL	     0x54524956
#define PIECE	     KIB(64)

struct volume {
	int fd;
	u64 base; /* of the volume, in bytes */
	u64 n_sectors;
	u32 per; /* sectors of a cluster */
	u32 fat_sectors;
	u32 n_clusters;
	u32 n_used;
	struct fat_tree tree;
};

static u64 cluster_bytes(const struct volume *v)
{
	return (u64)v->per * DISK_SECTOR;
}

static u64 cluster_at(const struct volume *v, u32 cluster)
{
	return v->base + (RESERVED + (u64)N_FATS * v->fat_sectors) * DISK_SECTOR +
	       (cluster - 2) * cluster_bytes(v);
}

/* ---- how large ------------------------------------------------------------------------------- */

/* Each file rounded up for the largest cluster, and the entries of its folder. */
static u64 bytes_wanted(const struct pack_list *l)
{
	u64 n = MIB(1);

	for (u32 i = 0; i < l->n; i++)
		n += l->v[i].bytes.n + KIB(64);
	n += n / 16;
	return MAX(align_up(n, MIB(1)), MIN_BYTES);
}

/* A reader gets one cluster at a time, so the largest that leaves enough of them. */
static void choose_geometry(struct volume *v, const struct pack_list *l)
{
	v->n_sectors = bytes_wanted(l) / DISK_SECTOR;
	v->per = MAX_PER;
	while (v->per > 1 && v->n_sectors / v->per < MIN_CLUSTERS)
		v->per /= 2;
	/* Each sector of a table tells of 128 clusters; the tables themselves take some away. */
	v->fat_sectors = (u32)((v->n_sectors / v->per + 2 + 127) / 128);
	v->n_clusters = (u32)((v->n_sectors - RESERVED - (u64)N_FATS * v->fat_sectors) / v->per);
}

/* ---- where everything is --------------------------------------------------------------------- */

static bool place(struct volume *v)
{
	u32 next = 2;

	for (u32 i = 0; i < v->tree.n; i++) {
		struct fat_node *node = &v->tree.v[i];
		u64 size = node->file ? node->file->bytes.n : fat_folder_size(&v->tree, i);

		node->n_clusters = (u32)((size + cluster_bytes(v) - 1) / cluster_bytes(v));
		node->cluster = node->n_clusters ? next : 0;
		next += node->n_clusters;
	}
	v->n_used = next - 2;
	if (v->n_used <= v->n_clusters)
		return true;
	tool_complain("the disk is too small for its files");
	return false;
}

/* ---- what the volume says of itself ---------------------------------------------------------- */

static void make_boot_sector(const struct volume *v, u8 *s)
{
	memcpy(s, "\xeb\x58\x90TRIVET  ", 11);
	store_le16(s + 11, DISK_SECTOR);
	s[13] = (u8)v->per;
	store_le16(s + 14, RESERVED);
	s[16] = N_FATS;
	s[21] = 0xf8; /* a fixed disk */
	store_le16(s + 24, 32);
	store_le16(s + 26, 64);
	store_le32(s + 28, (u32)(v->base / DISK_SECTOR));
	store_le32(s + 32, (u32)v->n_sectors);
	store_le32(s + 36, v->fat_sectors);
	store_le32(s + 44, 2); /* cluster of the root */
	store_le16(s + 48, 1); /* sector of FSInfo */
	store_le16(s + 50, 6); /* of the copy of this one */
	s[64] = 0x80;
	s[66] = 0x29;
	store_le32(s + 67, SERIAL);
	memcpy(s + 71, "TRIVET     FAT32   ", 19);
	s[90] = 0xeb; /* whoever starts it stays here */
	s[91] = 0xfe;
	store_le16(s + 510, 0xaa55);
}

static void make_info_sector(const struct volume *v, u8 *s)
{
	store_le32(s, 0x41615252);
	store_le32(s + 484, 0x61417272);
	store_le32(s + 488, v->n_clusters - v->n_used);
	store_le32(s + 492, v->n_used + 2);
	store_le32(s + 508, 0xaa550000);
}

static bool put_heads(const struct volume *v)
{
	u8 s[2 * DISK_SECTOR] = { 0 };

	make_boot_sector(v, s);
	make_info_sector(v, s + DISK_SECTOR);
	return disk_put(v->fd, v->base, s, sizeof(s)) &&
	       disk_put(v->fd, v->base + UINT64_C(6) * DISK_SECTOR, s, sizeof(s));
}

static bool put_tables(const struct volume *v)
{
	size_t size = align_up((v->n_used + 2) * sizeof(u32), DISK_SECTOR);
	u8 *fat = tool_alloc(size);
	bool ok = true;

	store_le32(fat, 0x0ffffff8);
	store_le32(fat + 4, END_OF_CHAIN);
	for (u32 i = 0; i < v->tree.n; i++) {
		const struct fat_node *node = &v->tree.v[i];

		for (u32 k = 0; k < node->n_clusters; k++)
			store_le32(fat + (node->cluster + k) * sizeof(u32),
				   k + 1 < node->n_clusters ? node->cluster + k + 1 : END_OF_CHAIN);
	}
	for (u32 i = 0; i < N_FATS; i++)
		ok = ok &&
		     disk_put(v->fd, v->base + (RESERVED + (u64)i * v->fat_sectors) * DISK_SECTOR,
			      fat, size);
	free(fat);
	return ok;
}

/* ---- contents -------------------------------------------------------------------------------- */

static bool put_folder(const struct volume *v, u32 folder)
{
	const struct fat_node *node = &v->tree.v[folder];
	size_t size = node->n_clusters * cluster_bytes(v);
	u8 *entries = tool_alloc(size);
	bool ok;

	fat_folder_put(&v->tree, folder, entries);
	ok = disk_put(v->fd, cluster_at(v, node->cluster), entries, size);
	free(entries);
	return ok;
}

static bool is_zero(const u8 *p, size_t n)
{
	return !n || (!*p && memcmp(p, p + 1, n - 1) == 0);
}

/* What is zero stays a hole. */
static bool put_file(const struct volume *v, const struct fat_node *node)
{
	struct span bytes = node->file->bytes;
	bool ok = true;

	for (size_t at = 0; ok && at < bytes.n; at += PIECE) {
		size_t n = MIN(bytes.n - at, (size_t)PIECE);

		ok = is_zero(bytes.p + at, n) ||
		     disk_put(v->fd, cluster_at(v, node->cluster) + at, bytes.p + at, n);
	}
	return ok;
}

static bool put_all(const struct volume *v)
{
	bool ok = put_heads(v) && put_tables(v);

	for (u32 i = 0; ok && i < v->tree.n; i++)
		ok = v->tree.v[i].file ? put_file(v, &v->tree.v[i]) : put_folder(v, i);
	return ok;
}

static bool write_to(const char *path, const struct pack_list *l, enum pack_table table)
{
	struct volume v = { .base = disk_first_sector(table) * DISK_SECTOR };
	bool ok;

	choose_geometry(&v, l);
	if (!fat_tree_build(&v.tree, l) || !place(&v)) {
		free(v.tree.v);
		return false;
	}
	v.fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
	if (v.fd < 0) {
		tool_complain("%s: %s", path, strerror(errno));
		return false;
	}
	ok = ftruncate(v.fd, (off_t)(disk_sectors(table, v.n_sectors) * DISK_SECTOR)) == 0;
	if (!ok)
		tool_complain("%s: %s", path, strerror(errno));
	ok = ok && disk_put_table(v.fd, table, v.n_sectors) && put_all(&v);
	free(v.tree.v);
	if (close(v.fd) != 0 && ok) {
		tool_complain("%s: cannot be written", path);
		ok = false;
	}
	return ok;
}

bool disk_write(const char *out, const struct pack_list *l, enum pack_table table)
{
	size_t size = strlen(out) + sizeof(".new");
	char *new = tool_alloc(size);
	bool ok;

	snprintf(new, size, "%s.new", out);
	ok = write_to(new, l, table);
	if (ok && rename(new, out) != 0) {
		tool_complain("%s: %s", out, strerror(errno));
		ok = false;
	}
	if (!ok)
		unlink(new);
	free(new);
	return ok;
}
