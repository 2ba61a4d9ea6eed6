/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives made by cpio(1), and archives that no honest tool makes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/str.h>
#include <lib/store.h>

#include "testdata.h"

/* An archive under construction. */
struct maker {
	u8 bytes[8192];
	size_t n;
};

static void maker_pad(struct maker *m)
{
	while (m->n % 4)
		m->bytes[m->n++] = 0;
}

struct maker_entry {
	const char *name;
	const char *data;
	u32 mode;
	u32 ino;
	u32 n_links;
	u32 name_size; /* 0: as it is */
	u32 file_size; /* 0: as it is */
};

static void maker_add(struct maker *m, struct maker_entry e)
{
	u32 name_size = e.name_size ? e.name_size : (u32)strlen(e.name) + 1;
	u32 file_size = e.file_size ? e.file_size : (u32)strlen(e.data);

	m->n += (size_t)sprintf((char *)m->bytes + m->n,
				"070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", e.ino,
				e.mode ? e.mode : 0100644, 0u, 0u, e.n_links ? e.n_links : 1, 0u,
				file_size, 0u, 0u, 0u, 0u, name_size, 0u);
	memcpy(m->bytes + m->n, e.name, strlen(e.name) + 1);
	m->n += strlen(e.name) + 1;
	maker_pad(m);
	memcpy(m->bytes + m->n, e.data, strlen(e.data));
	m->n += strlen(e.data);
	maker_pad(m);
}

static void maker_end(struct maker *m)
{
	maker_add(m, (struct maker_entry){ "TRAILER!!!", "", 0, 0, 1, 0, 0 });
}

/* In memory of just this size, so that a byte too many is seen. */
static enum status init_exact(struct cpio_store *c, const void *bytes, size_t n, void **mem)
{
	*mem = malloc(n ? n : 1);
	memcpy(*mem, bytes, n);
	return cpio_store_init(c, span_of(*mem, n));
}

static void assert_file(const struct store *st, const char *path, u64 first, u64 size)
{
	struct store_file f;
	char buf[2048];

	assert_int_equal(st->ops->open(st, path, &f), OK);
	assert_int_equal(f.size, size);
	assert_int_equal(st->ops->read(&f, 0, buf, size), OK);
	assert_true(testdata_same(buf, first, 0, size));
	assert_int_equal(cpio_file_bytes(&f).n, size);
	assert_memory_equal(cpio_file_bytes(&f).p, buf, size);
}

static void test_tool_archive(void **state)
{
	struct cpio_store c;
	const struct store *st = &c.store;
	struct store_file f;
	size_t n;
	u8 *bytes = testdata_load("dot.cpio", &n);

	(void)state;
	assert_int_equal(cpio_store_init(&c, span_of(bytes, n)), OK);
	assert_string_equal(st->name, "archive");
	assert_file(st, "hello", 500, 1024);
	assert_file(st, "/hello", 500, 1024);
	assert_file(st, "./hello", 500, 1024);
	assert_file(st, "/guest/vm_default/second.toml", 900, 1501);
	assert_file(st, "guest//vm_default/./second.toml", 900, 1501);
	assert_int_equal(st->ops->open(st, "guest/vm_default/empty", &f), OK);
	assert_int_equal(f.size, 0);
	assert_int_equal(st->ops->open(st, "guest", &f), E_NOTFOUND);
	assert_int_equal(st->ops->open(st, "symlink", &f), E_NOTFOUND);
	assert_int_equal(st->ops->open(st, "hell", &f), E_NOTFOUND);
	assert_int_equal(st->ops->open(st, "hello/x", &f), E_NOTFOUND);
	assert_int_equal(st->ops->open(st, "", &f), E_NOTFOUND);
	assert_int_equal(st->ops->open(st, "/", &f), E_NOTFOUND);
	free(bytes);
}

/* Names without "./" in front; and a file with two names, of which one has the data. */
static void test_plain_names_and_links(void **state)
{
	struct cpio_store c;
	size_t n;
	u8 *bytes = testdata_load("plain.cpio", &n);

	(void)state;
	assert_int_equal(cpio_store_init(&c, span_of(bytes, n)), OK);
	assert_file(&c.store, "hello", 500, 1024);
	assert_file(&c.store, "./guest/vm_default/second.toml", 900, 1501);
	free(bytes);
	bytes = testdata_load("dot.cpio", &n);
	assert_int_equal(cpio_store_init(&c, span_of(bytes, n)), OK);
	assert_file(&c.store, "hello", 500, 1024);
	assert_file(&c.store, "zlink", 500, 1024);
	free(bytes);
}

static void test_read_bounds(void **state)
{
	struct cpio_store c;
	struct store_file f;
	char buf[2048];
	size_t n;
	u8 *bytes = testdata_load("plain.cpio", &n);

	(void)state;
	assert_int_equal(cpio_store_init(&c, span_of(bytes, n)), OK);
	assert_int_equal(c.store.ops->open(&c.store, "guest/vm_default/second.toml", &f), OK);
	assert_int_equal(f.store->ops->read(&f, 1500, buf, 1), OK);
	assert_true(testdata_same(buf, 900, 1500, 1));
	assert_int_equal(f.store->ops->read(&f, 1501, buf, 0), OK);
	assert_int_equal(f.store->ops->read(&f, 1500, buf, 2), E_RANGE);
	assert_int_equal(f.store->ops->read(&f, 1502, buf, 0), E_RANGE);
	assert_int_equal(f.store->ops->read(&f, UINT64_MAX, buf, 2), E_RANGE);
	f.size = UINT64_MAX;
	assert_int_equal(cpio_file_bytes(&f).n, 0);
	free(bytes);
}

static enum status collect(void *ctx, const char *name, u64 size)
{
	char *text = (char *)ctx;

	sprintf(text + strlen(text), "%s=%llu ", name, (unsigned long long)size);
	return strcmp(name, "stop") == 0 ? E_BUSY : OK;
}

static void test_list(void **state)
{
	struct cpio_store c;
	const struct store *st = &c.store;
	char text[1024] = "";
	size_t n;
	u8 *bytes = testdata_load("dot.cpio", &n);

	(void)state;
	assert_int_equal(cpio_store_init(&c, span_of(bytes, n)), OK);
	assert_int_equal(st->ops->list(st, "/", collect, text), OK);
	assert_string_equal(text, "hello=1024 zlink=1024 ");
	text[0] = '\0';
	assert_int_equal(st->ops->list(st, "guest/vm_default/", collect, text), OK);
	assert_string_equal(text, "empty=0 second.toml=1501 ");
	text[0] = '\0';
	assert_int_equal(st->ops->list(st, "guest/vm", collect, text), OK);
	assert_string_equal(text, "");
	free(bytes);
}

static void test_list_stops(void **state)
{
	static struct maker m;
	struct cpio_store c;
	char text[256] = "";
	void *mem;

	(void)state;
	maker_add(&m, (struct maker_entry){ "a", "1", 0, 0, 0, 0, 0 });
	maker_add(&m, (struct maker_entry){ "stop", "22", 0, 0, 0, 0, 0 });
	maker_add(&m, (struct maker_entry){ "z", "333", 0, 0, 0, 0, 0 });
	maker_end(&m);
	assert_int_equal(init_exact(&c, m.bytes, m.n, &mem), OK);
	assert_int_equal(c.store.ops->list(&c.store, "", collect, text), E_BUSY);
	assert_string_equal(text, "a=1 stop=2 ");
	free(mem);
}

/* Cut anywhere, an archive is refused; whole, with whatever behind it, it is taken. */
static void test_truncated(void **state)
{
	struct cpio_store c;
	void *mem;
	size_t n, used;
	u8 *bytes = testdata_load("dot.cpio", &n);

	(void)state;
	for (used = n; bytes[used - 1] == 0; used--)
		;
	used++; /* the trailer's terminator */
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(init_exact(&c, bytes, i, &mem), i < used ? E_FORMAT : OK);
		free(mem);
	}
	free(bytes);
}

static enum status init_one(struct maker_entry e)
{
	static struct maker m;
	struct cpio_store c;
	enum status st;
	void *mem;

	m.n = 0;
	maker_add(&m, e);
	maker_end(&m);
	st = init_exact(&c, m.bytes, m.n, &mem);
	free(mem);
	return st;
}

static void test_hostile_sizes(void **state)
{
	static const u32 sizes[] = { 5, 0x1000, 0x7fffffff, 0xfffffffc, 0xfffffffd, 0xffffffff };

	(void)state;
	assert_int_equal(init_one((struct maker_entry){ "a", "data", 0, 0, 0, 0, 0 }), OK);
	for (u32 i = 0; i < array_size(sizes); i++) {
		assert_int_equal(
			init_one((struct maker_entry){ "a", "data", 0, 0, 0, 0, sizes[i] }),
			E_FORMAT);
		assert_int_equal(
			init_one((struct maker_entry){ "a", "data", 0, 0, 0, sizes[i], 0 }),
			E_FORMAT);
	}
}

static void test_hostile_names(void **state)
{
	char name[600];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[STORE_PATH_MAX - 1] = '\0';
	assert_int_equal(init_one((struct maker_entry){ name, "", 0, 0, 0, 0, 0 }), OK);
	name[STORE_PATH_MAX - 1] = 'n';
	name[STORE_PATH_MAX] = '\0';
	assert_int_equal(init_one((struct maker_entry){ name, "", 0, 0, 0, 0, 0 }), E_FORMAT);
	/* one byte short: the name is not terminated; one too many: ends too early */
	assert_int_equal(init_one((struct maker_entry){ "name", "", 0, 0, 0, 4, 0 }), E_FORMAT);
	assert_int_equal(init_one((struct maker_entry){ "name", "", 0, 0, 0, 6, 0 }), E_FORMAT);
}

static void test_hostile_header(void **state)
{
	static struct maker m;
	struct cpio_store c;

	(void)state;
	maker_add(&m, (struct maker_entry){ "a", "data", 0, 0, 0, 0, 0 });
	maker_end(&m);
	for (size_t i = 0; i < 6; i++) {
		m.bytes[i] ^= 1;
		assert_int_equal(cpio_store_init(&c, span_of(m.bytes, m.n)), E_FORMAT);
		m.bytes[i] ^= 1;
	}
	m.bytes[54] = 'g'; /* file size */
	assert_int_equal(cpio_store_init(&c, span_of(m.bytes, m.n)), E_FORMAT);
	m.bytes[54] = '0';
	assert_int_equal(cpio_store_init(&c, span_of(m.bytes, m.n)), OK);
	m.bytes[5] = '2'; /* "crc" format: not ours */
	assert_int_equal(cpio_store_init(&c, span_of(m.bytes, m.n)), E_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tool_archive),   cmocka_unit_test(test_plain_names_and_links),
		cmocka_unit_test(test_read_bounds),    cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_stops),     cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_hostile_sizes),  cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_hostile_header),
	};

	return cmocka_run_group_tests(tests, testdata_setup, testdata_teardown);
}
