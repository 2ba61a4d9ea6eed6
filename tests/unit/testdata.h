/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files made by tests/data/make_fat.sh, for tests of stores and images. TRIVET_TEST_DATA names
 * their folder; without it one is made for this run and removed at its end.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/types.h>

static char testdata_dir[256];
static bool testdata_is_ours;

/* A cmocka group setup. The script lies beside us, wherever the test was compiled from. */
static inline int testdata_setup(void **state)
{
	const char *given = getenv("TRIVET_TEST_DATA");
	char script[512] = __FILE__, command[1024];
	char *slash = strrchr(script, '/');

	(void)state;
	snprintf(slash ? slash : script, 64, "/../data/make_fat.sh");
	if (given) {
		snprintf(testdata_dir, sizeof(testdata_dir), "%s", given);
	} else {
		strcpy(testdata_dir, "/tmp/trivet-test-XXXXXX");
		if (!mkdtemp(testdata_dir))
			return -1;
		testdata_is_ours = true;
	}
	snprintf(command, sizeof(command), "TRIVET_TEST_DATA='%s' sh '%s'", testdata_dir, script);
	return system(command);
}

static inline int testdata_teardown(void **state)
{
	char command[512];

	(void)state;
	if (!testdata_is_ours)
		return 0;
	snprintf(command, sizeof(command), "rm -r '%s'", testdata_dir);
	return system(command);
}

static inline FILE *testdata_open(const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", testdata_dir, name);
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		abort();
	}
	return f;
}

/* The whole file, to be freed. */
static inline u8 *testdata_load(const char *name, size_t *n)
{
	FILE *f = testdata_open(name);
	u8 *bytes;

	fseek(f, 0, SEEK_END);
	*n = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(*n ? *n : 1);
	if (!bytes || fread(bytes, 1, *n, f) != *n)
		abort();
	fclose(f);
	return bytes;
}

/* @n bytes at @off of such a file are right. */
static inline bool testdata_same(const void *buf, u64 first, u64 off, size_t n)
{
	const char *p = (const char *)buf;
	char line[32];

	for (size_t i = 0; i < n;) {
		size_t from = (size_t)((off + i) % 16);
		size_t len = 16 - from < n - i ? 16 - from : n - i;

		snprintf(line, sizeof(line), "%015llu\n",
			 (unsigned long long)(first + (off + i) / 16));
		if (memcmp(p + i, line + from, len) != 0)
			return false;
		i += len;
	}
	return true;
}
