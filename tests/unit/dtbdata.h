/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device trees made by tests/data/make_dtb.sh. TRIVET_TEST_DATA names their folder, where they
 * are made unless they are there; without it a folder is made for this run and removed at its
 * end. dtb_load() gives memory of exactly the tree's size, so that reading past it is seen.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/span.h>

static char dtb_dir[256];
static bool dtb_dir_is_ours;

static inline int dtb_setup(void **state)
{
	const char *given = getenv("TRIVET_TEST_DATA");
	char file[512] = __FILE__, probe[512], command[1536];
	char *slash = strrchr(file, '/');

	(void)state;
	if (slash)
		*slash = '\0';
	if (given) {
		snprintf(dtb_dir, sizeof(dtb_dir), "%s", given);
	} else {
		strcpy(dtb_dir, "/tmp/trivet-dtb-XXXXXX");
		if (!mkdtemp(dtb_dir))
			return -1;
		dtb_dir_is_ours = true;
	}
	snprintf(probe, sizeof(probe), "%s/gicv2.dtb", dtb_dir);
	if (access(probe, R_OK) == 0)
		return 0;
	snprintf(command, sizeof(command), "sh '%s/../data/make_dtb.sh' '%s'", slash ? file : ".",
		 dtb_dir);
	return system(command);
}

static inline int dtb_teardown(void **state)
{
	char command[512];

	(void)state;
	if (!dtb_dir_is_ours)
		return 0;
	snprintf(command, sizeof(command), "rm -r '%s'", dtb_dir);
	return system(command);
}

/* malloc() gives the 16-byte alignment that trees want. To be freed. */
static inline struct span dtb_copy(struct span s)
{
	u8 *p = malloc(s.n ? s.n : 1);

	if (!p)
		abort();
	if (s.n)
		memcpy(p, s.p, s.n);
	return span_of(p, s.n);
}

static inline void dtb_free(struct span s)
{
	free((void *)(uintptr_t)s.p);
}

static inline struct span dtb_load(const char *name)
{
	static u8 buf[256 * 1024];
	char path[512];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s.dtb", dtb_dir, name);
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		abort();
	}
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	return dtb_copy(span_of(buf, n));
}

/* A small generator: the same run everywhere. */
static inline u32 dtb_random(u32 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}
