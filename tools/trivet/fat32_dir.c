/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders of a FAT volume (Microsoft FAT32 File System Specification 1.03). Every name that is no
 * plain 8.3 one in capitals has its long form in front of it; the short form is made unique within
 * its folder. Names that differ in case only are one name to FAT, so they are refused.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <base/bits.h>

#include "pack.h"
#include "trivet.h"

#define ENTRY	     32
#define LONG_UNITS   13 /* of UTF-16 in an entry of a long name */
#define LONG_MAX     255
#define ATTR_LABEL   0x08
#define ATTR_FOLDER  0x10
#define ATTR_ARCHIVE 0x20
#define ATTR_LONG    0x0f
#define LAST_LONG    0x40
#define DATE	     (20 << 9 | 1 << 5 | 1) /* 2000-01-01 */

/* ---- names ----------------------------------------------------------------------------------- */

/* One character of UTF-8 at @p; 0: it is none. */
static u32 decode(const char *p, size_t n, size_t *len)
{
	u8 c = (u8)*p;
	size_t want = c < 0x80		    ? 1 :
		      c >= 0xc2 && c < 0xe0 ? 2 :
		      c >= 0xe0 && c < 0xf0 ? 3 :
		      c >= 0xf0 && c < 0xf5 ? 4 :
					      0;
	u32 v = want == 1 ? c : want ? (u32)c & 0x7fu >> want : 0;

	if (!want || want > n)
		return 0;
	for (size_t i = 1; i < want; i++) {
		if (((u8)p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | ((u8)p[i] & 0x3f);
	}
	*len = want;
	return v;
}

/* UTF-16 of a name into @out, 0 units when FAT cannot have it. */
static size_t utf16_of(const struct fat_node *node, u16 out[LONG_MAX])
{
	size_t units = 0, len = 0;

	for (size_t i = 0; i < node->len; i += len) {
		u32 c = decode(node->name + i, node->len - i, &len);

		if (c < 0x20 || c == 0x7f || (c < 0x80 && strchr("\\/:*?\"<>|", (int)c)))
			return 0;
		if (units + 1 + (c > 0xffff) > LONG_MAX)
			return 0;
		if (c > 0xffff) {
			out[units++] = (u16)(0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		out[units++] = (u16)c;
	}
	/* Blanks and dots at the end are cut off by those who read. */
	return units && strchr(" .", node->name[node->len - 1]) ? 0 : units;
}

static bool is_short_char(char c)
{
	return isdigit((u8)c) || isupper((u8)c) || (c && strchr("!#$%&'()-@^_`{}~", c));
}

/* Up to @max characters of @p as a short name has them; *exact: they stand for themselves. */
static size_t shorten(const char *p, size_t n, u8 *out, size_t max, bool *exact)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		char c = (char)toupper((u8)p[i]);

		if (c == ' ' || c == '.' || used == max) {
			*exact = false;
			continue;
		}
		if (!is_short_char(c)) {
			c = '_';
			*exact = false;
		}
		out[used++] = (u8)c;
	}
	return used;
}

static bool is_taken(const struct fat_tree *t, u32 index, const u8 *name)
{
	for (u32 i = 1; i < index; i++) {
		if (t->v[i].parent == t->v[index].parent &&
		    memcmp(t->v[i].short_name, name, sizeof(t->v[i].short_name)) == 0)
			return true;
	}
	return false;
}

/* Bytes in front of the last dot; all when it begins the name, or there is none. */
static size_t stem_of(const struct fat_node *node)
{
	size_t n = node->len;

	while (n && node->name[n - 1] != '.')
		n--;
	return n > 1 ? n - 1 : node->len;
}

/* "LINUX-~1.TOM" */
static void make_short(const struct fat_tree *t, u32 index)
{
	struct fat_node *node = &t->v[index];
	size_t stem = stem_of(node);
	u8 name[11], tail[12];
	bool exact = true;
	size_t n;

	memset(name, ' ', sizeof(name));
	n = shorten(node->name, stem, name, 8, &exact);
	if (stem < node->len)
		shorten(node->name + stem + 1, node->len - stem - 1, name + 8, 3, &exact);
	memcpy(node->short_name, name, sizeof(name));
	for (u32 i = 1; !exact || !n || is_taken(t, index, node->short_name); i++) {
		size_t tail_len = (size_t)snprintf((char *)tail, sizeof(tail), "~%u", i);

		memcpy(node->short_name, name, sizeof(name));
		memcpy(node->short_name + MIN(n, 8 - tail_len), tail, tail_len);
		exact = true;
		n = n ? n : 1;
	}
	node->has_long = false;
	for (size_t i = 0; i < node->len; i++)
		node->has_long |= islower((u8)node->name[i]) != 0;
	node->has_long |= memcmp(name, node->short_name, sizeof(name)) != 0;
}

/* ---- the tree -------------------------------------------------------------------------------- */

static u32 append(struct fat_tree *t, const struct fat_node *node)
{
	if (t->n == t->cap) {
		struct fat_node *v;

		t->cap = t->cap ? 2 * t->cap : 16;
		v = tool_alloc(t->cap * sizeof(*v));
		if (t->n)
			memcpy(v, t->v, t->n * sizeof(*v));
		free(t->v);
		t->v = v;
	}
	t->v[t->n] = *node;
	return t->n++;
}

static u32 find(const struct fat_tree *t, u32 parent, const char *name, size_t len)
{
	for (u32 i = 1; i < t->n; i++) {
		if (t->v[i].parent == parent && t->v[i].len == len &&
		    strncasecmp(t->v[i].name, name, len) == 0)
			return i;
	}
	return 0;
}

static bool add_node(struct fat_tree *t, u32 parent, const char *name, size_t len,
		     const struct pack_file *file)
{
	struct fat_node node = { .name = name, .len = len, .parent = parent, .file = file };
	u16 units[LONG_MAX];

	if (!utf16_of(&node, units)) {
		tool_complain("\"%.*s\": a FAT disk cannot have a file of this name", (int)len,
			      name);
		return false;
	}
	make_short(t, append(t, &node));
	return true;
}

/* Folders on the way are made when they are met first. */
static bool add_file(struct fat_tree *t, const struct pack_file *file)
{
	const char *p = file->name;
	u32 folder = 0;

	for (const char *slash; (slash = strchr(p, '/')) != NULL; p = slash + 1) {
		size_t len = (size_t)(slash - p);
		u32 there = len ? find(t, folder, p, len) : folder;

		if (!len || (len == 1 && *p == '.'))
			continue;
		if (there && t->v[there].file) {
			tool_complain("%s: a part of it is a file already", file->name);
			return false;
		}
		if (!there && !add_node(t, folder, p, len, NULL))
			return false;
		folder = there ? there : t->n - 1;
	}
	if (find(t, folder, p, strlen(p))) {
		tool_complain("%s is on the disk twice: names there ignore case", file->name);
		return false;
	}
	return add_node(t, folder, p, strlen(p), file);
}

bool fat_tree_build(struct fat_tree *t, const struct pack_list *l)
{
	*t = (struct fat_tree){ 0 };
	append(t, &(struct fat_node){ .name = "" });
	for (u32 i = 0; i < l->n; i++) {
		if (!add_file(t, &l->v[i]))
			return false;
	}
	return true;
}

/* ---- entries ---------------------------------------------------------------------------------- */

static size_t long_entries(const struct fat_node *node)
{
	u16 units[LONG_MAX];

	return node->has_long ? (utf16_of(node, units) + LONG_UNITS - 1) / LONG_UNITS : 0;
}

u64 fat_folder_size(const struct fat_tree *t, u32 folder)
{
	u64 n = folder ? 2 : 1; /* . and .., or the label */

	for (u32 i = 1; i < t->n; i++) {
		if (t->v[i].parent == folder)
			n += 1 + long_entries(&t->v[i]);
	}
	return n * ENTRY;
}

static u8 *put_entry(u8 *at, const u8 *name, u8 attr, u32 cluster, u64 size)
{
	memcpy(at, name, 11);
	at[11] = attr;
	store_le16(at + 16, DATE);
	store_le16(at + 18, DATE);
	store_le16(at + 20, cluster >> 16);
	store_le16(at + 24, DATE);
	store_le16(at + 26, cluster);
	store_le32(at + 28, (u32)size);
	return at + ENTRY;
}

/* Of the short name, so that a long one that is not its own is seen. */
static u8 checksum(const u8 *name)
{
	u8 sum = 0;

	for (int i = 0; i < 11; i++)
		sum = (u8)((sum >> 1 | sum << 7) + name[i]);
	return sum;
}

/* The last piece comes first. Behind the end of the name a 0, then all ones. */
static u8 *put_long(u8 *at, const struct fat_node *node)
{
	static const u8 place[LONG_UNITS] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	size_t pieces = long_entries(node);
	u16 units[LONG_MAX];
	size_t n = utf16_of(node, units);

	for (size_t piece = pieces; piece; piece--, at += ENTRY) {
		at[0] = (u8)(piece | (piece == pieces ? LAST_LONG : 0));
		at[11] = ATTR_LONG;
		at[13] = checksum(node->short_name);
		for (size_t k = 0; k < LONG_UNITS; k++) {
			size_t i = (piece - 1) * LONG_UNITS + k;

			store_le16(at + place[k], i < n ? units[i] : i == n ? 0 : 0xffff);
		}
	}
	return at;
}

void fat_folder_put(const struct fat_tree *t, u32 folder, u8 *at)
{
	const struct fat_node *self = &t->v[folder];

	if (folder) {
		at = put_entry(at, (const u8 *)".          ", ATTR_FOLDER, self->cluster, 0);
		/* The root is 0 here, whatever its cluster is. */
		at = put_entry(at, (const u8 *)"..         ", ATTR_FOLDER,
			       self->parent ? t->v[self->parent].cluster : 0, 0);
	} else {
		at = put_entry(at, (const u8 *)"TRIVET     ", ATTR_LABEL, 0, 0);
	}
	for (u32 i = 1; i < t->n; i++) {
		const struct fat_node *node = &t->v[i];

		if (node->parent != folder)
			continue;
		if (node->has_long)
			at = put_long(at, node);
		at = put_entry(at, node->short_name, node->file ? ATTR_ARCHIVE : ATTR_FOLDER,
			       node->cluster, node->file ? node->file->bytes.n : 0);
	}
}
