/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/stores.h for tests: an archive and a disk whose files stand in a table, and one nameless
 * file of FILE_SIZE bytes that can be computed. Reading is noted. Included by machine_fixture.h.
 */
#pragma once

#include <core/stores.h>

#define FILE_SIZE KIB(600)
#define MAX_FILES 160

static bool store_taken;      /* stores_trylock() fails */
static enum status file_read; /* what reading answers */
static const u8 *file_bytes;  /* what is in the nameless file; NULL: file_byte() of each place */

static struct test_file {
	enum vd_source source;
	const char *path;
	const void *bytes;
	size_t n;
} files[MAX_FILES];
static u32 n_files;
static bool there_is_no_disk;

static inline u8 file_byte(u64 off)
{
	return (u8)(off / 256 + off);
}

static inline void put_file(enum vd_source source, const char *path, const void *bytes, size_t n)
{
	CHECK(n_files < MAX_FILES);
	files[n_files++] = (struct test_file){ source, path, bytes, n };
}

static inline void put_text(enum vd_source source, const char *path, const char *text)
{
	put_file(source, path, text, strlen(text));
}

static inline enum status store_read(const struct store_file *f, u64 off, void *buf, size_t n)
{
	u8 *to = buf;

	note("read %u+%u; ", (u32)off, (u32)n);
	if (f->priv[0]) {
		CHECK(off + n <= f->size);
		memcpy(buf, (const u8 *)files[f->priv[0] - 1].bytes + off, n);
		return file_read;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = file_bytes ? file_bytes[off + i] : file_byte(off + i);
	return file_read;
}

static inline enum vd_source source_of(const struct store *st)
{
	return strcmp(st->name, "disk") == 0 ? VD_SRC_FS : VD_SRC_MEMORY;
}

static inline enum status store_open(const struct store *st, const char *path,
				     struct store_file *out)
{
	path += *path == '/';
	for (u32 i = 0; i < n_files; i++) {
		if (files[i].source == source_of(st) && strcmp(files[i].path, path) == 0) {
			*out = (struct store_file){ st, files[i].n, { i + 1 } };
			return OK;
		}
	}
	return E_NOTFOUND;
}

static inline enum status store_list(const struct store *st, const char *folder,
				     enum status (*each)(void *ctx, const char *name, u64 size),
				     void *ctx)
{
	size_t n = strlen(folder);

	for (u32 i = 0; i < n_files; i++) {
		const char *path = files[i].path;

		if (files[i].source == source_of(st) && strncmp(path, folder, n) == 0 &&
		    path[n] == '/' && !strchr(path + n + 1, '/'))
			TRY(each(ctx, path + n + 1, files[i].n));
	}
	return OK;
}

static const struct store_ops store_ops = { store_open, store_read, store_list };
static const struct store archive_store = { .ops = &store_ops, .name = "archive" };
static const struct store disk_store = { .ops = &store_ops, .name = "disk" };

struct stores_locked stores_trylock(void)
{
	return (struct stores_locked){ !store_taken };
}

void stores_unlock(struct stores_locked *l)
{
	l->held = false;
}

const struct store *stores_get(enum vd_source source)
{
	if (source == VD_SRC_FS && there_is_no_disk)
		return NULL;
	return source == VD_SRC_FS ? &disk_store : &archive_store;
}

const char *stores_name(enum vd_source source)
{
	return source == VD_SRC_FS ? "disk" : "archive";
}

/* A path is one from the root here. */
enum status stores_open(const struct vmdesc *desc, enum vd_source source, struct str path,
			struct store_file *out)
{
	const struct store *st = stores_get(source);
	char text[STORE_PATH_MAX];

	(void)desc;
	if (!st)
		return E_NOTFOUND;
	CHECK(path.n < sizeof(text));
	memcpy(text, path.p, path.n);
	text[path.n] = '\0';
	return store_open(st, text, out);
}
