/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPIO reader: whatever it lists lies inside of the archive and can be opened and read.
 */
#include <string.h>

#include "fuzz.h"

#include <lib/store.h>

struct listing {
	const struct store *st;
	const char *folder;
	struct span bytes;
};

static enum status open_listed(void *ctx, const char *name, u64 size)
{
	const struct listing *l = (const struct listing *)ctx;
	char path[2 * STORE_PATH_MAX];
	struct store_file f;
	struct span got;
	u8 buf[64];
	size_t n = size < sizeof(buf) ? (size_t)size : sizeof(buf);

	fuzz_check(strlen(name) > 0 && strlen(name) < STORE_PATH_MAX && !strchr(name, '/'));
	strcpy(path, l->folder);
	strcat(path, name);
	fuzz_check(l->st->ops->open(l->st, path, &f) == OK);
	got = cpio_file_bytes(&f);
	fuzz_check(got.n == f.size && got.n <= l->bytes.n);
	if (f.size < n) /* the first of two files of this name was opened */
		n = (size_t)f.size;
	fuzz_check(f.store->ops->read(&f, f.size - n, buf, n) == OK);
	fuzz_check(!n || f.store->ops->read(&f, f.size - n, buf, n + 1) == E_RANGE);
	return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const folders[] = { "", "guest/vm_default/", "a/" };
	struct cpio_store c;
	struct listing l = { &c.store, NULL, span_of(data, n) };

	if (cpio_store_init(&c, l.bytes) != OK)
		return 0;
	for (u32 i = 0; i < array_size(folders); i++) {
		l.folder = folders[i];
		fuzz_check(c.store.ops->list(&c.store, l.folder, open_listed, &l) == OK);
	}
	return 0;
}
