/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive in the "newc" format: for each file a header of 110 characters, its name, its bytes,
 * each ending on a multiple of four. No folders are written: readers need none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/bits.h>

#include "pack.h"
#include "trivet.h"

#define BLOCK	  MIB(1)
#define MODE_FILE 0100644
#define TRAILER	  "TRAILER!!!"

static void put_padding(FILE *f, u64 n)
{
	fwrite("\0\0\0", 1, (size_t)(-n & 3), f);
}

static void put_header(FILE *f, u32 inode, u32 mode, u64 size, const char *name)
{
	size_t n = strlen(name) + 1;

	fprintf(f, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", inode, mode, 0, 0,
		1, 0, (u32)size, 0, 0, 0, 0, (u32)n, 0);
	fwrite(name, 1, n, f);
	put_padding(f, 110 + n);
}

static bool put_all(FILE *f, const struct pack_list *l)
{
	for (u32 i = 0; i < l->n; i++) {
		struct span bytes = l->v[i].bytes;

		put_header(f, i + 1, MODE_FILE, bytes.n, l->v[i].name);
		if (bytes.n)
			fwrite(bytes.p, 1, bytes.n, f);
		put_padding(f, bytes.n);
	}
	put_header(f, 0, 0, 0, TRAILER);
	return !ferror(f);
}

static bool is_same(const char *a, const char *b)
{
	FILE *one = fopen(a, "rb"), *other = fopen(b, "rb");
	u8 *block = tool_alloc((size_t)2 * BLOCK);
	size_t n = 1, m;
	bool same = one && other;

	while (same && n) {
		n = fread(block, 1, BLOCK, one);
		m = fread(block + BLOCK, 1, BLOCK, other);
		same = n == m && memcmp(block, block + BLOCK, n) == 0;
	}
	if (one)
		fclose(one);
	if (other)
		fclose(other);
	free(block);
	return same;
}

/* What is made of an archive is made again only when it has changed. */
static bool put_in_place(const char *new, const char *out)
{
	if (is_same(new, out))
		return unlink(new) == 0;
	if (rename(new, out) == 0)
		return true;
	tool_complain("%s: %s", out, strerror(errno));
	unlink(new);
	return false;
}

bool cpio_write(const char *out, const struct pack_list *l)
{
	size_t size = strlen(out) + sizeof(".new");
	char *new = tool_alloc(size);
	FILE *f;
	bool ok;

	snprintf(new, size, "%s.new", out);
	f = fopen(new, "wb");
	if (!f) {
		tool_complain("%s: %s", new, strerror(errno));
		return false;
	}
	ok = put_all(f, l);
	ok = fclose(f) == 0 && ok;
	if (!ok)
		tool_complain("%s: cannot be written", new);
	ok = ok ? put_in_place(new, out) : unlink(new) != 0 && false;
	free(new);
	return ok;
}
