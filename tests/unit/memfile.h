/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image_reader over bytes in memory of just their size, for tests of image planners.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <base/endian.h>
#include <lib/image.h>

struct memfile {
	struct image_reader reader;
	u8 *bytes;
	u32 n_reads;
};

static inline enum status memfile_read(void *ctx, u64 off, void *buf, size_t n)
{
	struct memfile *m = (struct memfile *)ctx;

	m->n_reads++;
	/* The planners' duty, so breaking it is not forgiven. */
	if (off > m->reader.size || n > m->reader.size - off)
		abort();
	memcpy(buf, m->bytes + off, n);
	return OK;
}

static inline void memfile_init(struct memfile *m, const void *bytes, size_t n)
{
	m->bytes = malloc(n ? n : 1);
	memcpy(m->bytes, bytes, n);
	m->n_reads = 0;
	m->reader = (struct image_reader){ .read = memfile_read, .ctx = m, .size = n };
}

static inline void memfile_free(struct memfile *m)
{
	free(m->bytes);
}

/* Plan from bytes. *why is NULL when the plan succeeds. */
static inline enum status memfile_plan(const void *bytes, size_t n, u64 load,
				       struct load_plan *plan, const char **why)
{
	struct memfile m;
	enum status st;

	*why = NULL;
	memfile_init(&m, bytes, n);
	st = image_plan(&m.reader, GPA(load), plan, why);
	memfile_free(&m);
	return st;
}
