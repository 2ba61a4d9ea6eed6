/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CPIO archive in memory, "newc" format: entries of a 110-byte header in hexadecimal, a name and
 * the data, each padded to 4 bytes, up to an entry named TRAILER!!!. The archive is walked once at
 * the start; what was found whole then is walked again, with the same checks, at each look-up.
 */
#include "internal.h"

#include <base/bits.h>

#define HEADER_SIZE 110
#define MAGIC	    "070701"
#define TRAILER	    "TRAILER!!!"

#define MODE_TYPE 0170000u
#define MODE_FILE 0100000u

/* Where the fields of the header stand; all are eight digits. */
enum cpio_field {
	FIELD_INO = 6,
	FIELD_MODE = 14,
	FIELD_NLINK = 38,
	FIELD_FILESIZE = 54,
	FIELD_DEV_MAJOR = 62,
	FIELD_DEV_MINOR = 70,
	FIELD_NAMESIZE = 94,
};

struct cpio_entry {
	struct str name;
	struct span data;
	u32 mode;
	u32 n_links;
	u32 ino;
	u32 dev[2];
};

static int hex_digit(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static enum status field_read(struct span header, enum cpio_field at, u32 *out)
{
	struct span digits;
	u32 v = 0;

	TRY(span_at(header, at, 8, &digits));
	for (u32 i = 0; i < 8; i++) {
		int d = hex_digit(digits.p[i]);

		if (d < 0)
			return E_FORMAT;
		v = v << 4 | (u32)d;
	}
	*out = v;
	return OK;
}

/* Padding is relative to the archive's begin, and so to what is left of @total. */
static enum status padding_skip(struct span *s, size_t total)
{
	size_t done = total - s->n;
	struct span pad;

	return span_take(s, (size_t)align_up(done, 4) - done, &pad);
}

static enum status name_take(struct span *s, struct span header, struct str *out)
{
	struct span bytes;
	u32 n;

	TRY(field_read(header, FIELD_NAMESIZE, &n));
	if (!n || n > STORE_PATH_MAX)
		return E_FORMAT;
	TRY(span_take(s, n, &bytes));
	if (memchr(bytes.p, 0, n) != bytes.p + n - 1)
		return E_FORMAT;
	*out = (struct str){ (const char *)bytes.p, n - 1 };
	return OK;
}

static enum status ids_read(struct span header, struct cpio_entry *e)
{
	TRY(field_read(header, FIELD_INO, &e->ino));
	TRY(field_read(header, FIELD_MODE, &e->mode));
	TRY(field_read(header, FIELD_NLINK, &e->n_links));
	TRY(field_read(header, FIELD_DEV_MAJOR, &e->dev[0]));
	return field_read(header, FIELD_DEV_MINOR, &e->dev[1]);
}

/* E_NOTFOUND at the trailer; another failure when the archive is damaged here. */
static enum status entry_take(struct span *s, size_t total, struct cpio_entry *e)
{
	struct span header;
	u32 len;

	TRY(span_take(s, HEADER_SIZE, &header));
	if (memcmp(header.p, MAGIC, sizeof(MAGIC) - 1) != 0)
		return E_FORMAT;
	TRY(ids_read(header, e));
	TRY(field_read(header, FIELD_FILESIZE, &len));
	TRY(name_take(s, header, &e->name));
	if (str_eq_c(e->name, TRAILER))
		return E_NOTFOUND;
	TRY(padding_skip(s, total));
	TRY(span_take(s, len, &e->data));
	return padding_skip(s, total);
}

static bool entry_is_file(const struct cpio_entry *e)
{
	return (e->mode & MODE_TYPE) == MODE_FILE;
}

/* Of several links to one file, only the last in the archive carries the data. */
static void link_follow(struct span rest, size_t total, struct cpio_entry *e)
{
	struct cpio_entry other;

	if (e->n_links < 2 || e->data.n)
		return;
	while (entry_take(&rest, total, &other) == OK) {
		if (entry_is_file(&other) && other.data.n && other.ino == e->ino &&
		    other.dev[0] == e->dev[0] && other.dev[1] == e->dev[1]) {
			e->data = other.data;
			return;
		}
	}
}

static enum status cpio_open(const struct store *st, const char *path, struct store_file *out)
{
	const struct cpio_store *c = container_of(st, const struct cpio_store, store);
	struct str wanted = str_of(path);
	struct span rest = c->bytes;
	struct cpio_entry e;

	while (entry_take(&rest, c->bytes.n, &e) == OK) {
		if (!entry_is_file(&e) || !store_path_same(e.name, wanted))
			continue;
		link_follow(rest, c->bytes.n, &e);
		*out = (struct store_file){ .store = st, .size = e.data.n };
		out->priv[0] = (u64)(e.data.p - c->bytes.p);
		return OK;
	}
	return E_NOTFOUND;
}

struct span cpio_file_bytes(const struct store_file *f)
{
	const struct cpio_store *c = container_of(f->store, const struct cpio_store, store);
	struct span bytes;

	if (span_at(c->bytes, f->priv[0], f->size, &bytes) != OK)
		return span_of(c->bytes.p, 0);
	return bytes;
}

static enum status cpio_read(const struct store_file *f, u64 off, void *buf, size_t n)
{
	struct span bytes;

	TRY(span_at(cpio_file_bytes(f), off, n, &bytes));
	memcpy(buf, bytes.p, n);
	return OK;
}

/* Names in an archive are not terminated where a folder's part of them ends. */
static enum status entry_report(struct str name, const struct cpio_entry *e,
				enum status (*each)(void *ctx, const char *name, u64 size),
				void *ctx)
{
	char text[STORE_PATH_MAX];

	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	return each(ctx, text, e->data.n);
}

static enum status cpio_list(const struct store *st, const char *folder,
			     enum status (*each)(void *ctx, const char *name, u64 size), void *ctx)
{
	const struct cpio_store *c = container_of(st, const struct cpio_store, store);
	struct span rest = c->bytes;
	struct cpio_entry e;

	while (entry_take(&rest, c->bytes.n, &e) == OK) {
		struct str name = store_path_within(e.name, str_of(folder));

		if (!name.n || !entry_is_file(&e))
			continue;
		link_follow(rest, c->bytes.n, &e);
		TRY(entry_report(name, &e, each, ctx));
	}
	return OK;
}

static const struct store_ops cpio_ops = {
	.open = cpio_open,
	.read = cpio_read,
	.list = cpio_list,
};

enum status cpio_store_init(struct cpio_store *c, struct span bytes)
{
	struct span rest = bytes;
	struct cpio_entry e;
	enum status st;

	*c = (struct cpio_store){
		.store = { .ops = &cpio_ops, .name = "archive" },
		.bytes = bytes,
	};
	do
		st = entry_take(&rest, bytes.n, &e);
	while (st == OK);
	return st == E_NOTFOUND ? OK : E_FORMAT;
}
