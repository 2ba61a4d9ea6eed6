/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/diag.c: one report is one line that begins with its place; nothing a configuration file
 * contains can break the line, reach the terminal as a control, or overrun the buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <base/diag.h>

struct heard {
	struct diag d; /* first member */
	char text[2048];
	enum diag_level level;
	struct src_pos at;
	u32 n;
};

static void hear(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	struct heard *h = container_of(d, struct heard, d);

	strncpy(h->text, text, sizeof(h->text) - 1);
	h->level = level;
	h->at = *at;
	h->n++;
}

static struct heard fresh(void)
{
	return (struct heard){ .d.emit = hear };
}

static const struct src_pos place = { "vm.toml", 14, 3 };

static void test_prefix(void **state)
{
	static const struct {
		enum diag_level level;
		struct src_pos at;
		const char *want;
	} cases[] = {
		{ DIAG_ERROR, { "vm.toml", 14, 3 }, "vm.toml:14:3: error: " },
		{ DIAG_WARNING, { "vm.toml", 14, 3 }, "vm.toml:14:3: warning: " },
		{ DIAG_NOTE, { "a/b", 1, 1 }, "a/b:1:1: note: " },
		{ DIAG_FIX, { "vm.toml", 14, 0 }, "vm.toml:14: fix: " },
		{ DIAG_ERROR, { "vm.toml", 0, 0 }, "vm.toml: error: " },
		{ DIAG_ERROR, { NULL, 3, 3 }, "error: " },
	};
	char buf[64];

	(void)state;
	for (u32 i = 0; i < array_size(cases); i++) {
		int n = diag_prefix(buf, sizeof(buf), cases[i].level, &cases[i].at);

		assert_string_equal(buf, cases[i].want);
		assert_int_equal(n, strlen(cases[i].want));
	}
	assert_int_equal(diag_prefix(buf, sizeof(buf), DIAG_NOTE, NULL), 6);
	assert_string_equal(buf, "note: ");
	assert_int_equal(diag_prefix(buf, 4, DIAG_ERROR, &place), 21);
	assert_string_equal(buf, "vm.");
}

static void test_report(void **state)
{
	struct heard h = fresh();

	(void)state;
	diag_report_cold(&h.d, DIAG_ERROR, place, "VM \"%s\": %s = 0x%x", "linux", "entry",
			 0x1000u);
	assert_string_equal(h.text, "vm.toml:14:3: error: VM \"linux\": entry = 0x1000");
	assert_int_equal(h.level, DIAG_ERROR);
	assert_int_equal(h.at.line, 14);
	assert_int_equal(h.n, 1);
}

static void test_counts(void **state)
{
	struct heard h = fresh();

	(void)state;
	diag_report_cold(&h.d, DIAG_ERROR, place, "one");
	diag_report_cold(&h.d, DIAG_FIX, place, "fix one");
	diag_report_cold(&h.d, DIAG_WARNING, place, "two");
	diag_report_cold(&h.d, DIAG_NOTE, place, "three");
	diag_report_cold(&h.d, DIAG_ERROR, place, "four");
	assert_int_equal(h.d.n_errors, 2);
	assert_int_equal(h.d.n_warnings, 1);
	assert_int_equal(h.n, 5);
}

static void test_without_a_listener(void **state)
{
	struct diag d = { 0 };

	(void)state;
	diag_report_cold(&d, DIAG_ERROR, place, "nobody reads this");
	assert_int_equal(d.n_errors, 1);
}

static void test_foreign_bytes_stay_on_the_line(void **state)
{
	struct heard h = fresh();

	(void)state;
	diag_report_cold(&h.d, DIAG_ERROR, place, "key \"%s\"", "a\nb\x1b[31mc\td\x7f\xc3\xa4");
	assert_string_equal(h.text, "vm.toml:14:3: error: key \"a?b?[31mc?d?\xc3\xa4\"");
}

static void test_a_long_line_is_cut_with_dots(void **state)
{
	struct heard h = fresh();
	char longer[1500];
	size_t n;

	(void)state;
	memset(longer, 'y', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	diag_report_cold(&h.d, DIAG_ERROR, place, "%s", longer);
	n = strlen(h.text);
	assert_true(n > 200 && n < 1024);
	assert_string_equal(h.text + n - 4, "y...");
	diag_report_cold(&h.d, DIAG_ERROR, (struct src_pos){ longer, 1, 1 }, "what");
	n = strlen(h.text);
	assert_string_equal(h.text + n - 4, "y...");
}

/* A line that just fits is not cut. */
static void test_the_edge_of_the_line(void **state)
{
	char text[600];

	(void)state;
	for (int n = 480; n < 500; n++) {
		struct heard h = fresh();
		size_t len;

		memset(text, 'z', sizeof(text));
		diag_report_cold(&h.d, DIAG_ERROR, place, "%.*s", n, text);
		len = strlen(h.text);
		if (21 + n < 512)
			assert_int_equal(len, 21 + n);
		else
			assert_int_equal(len, 511);
		assert_string_equal(h.text + len - 3, 21 + n < 512 ? "zzz" : "...");
	}
}

/* Nor can the place alone overrun it. */
static void test_long_file_names(void **state)
{
	char name[600];

	(void)state;
	memset(name, 'n', sizeof(name));
	for (u32 n = 480; n < 540; n++) {
		struct heard h = fresh();

		name[n] = '\0';
		diag_report_cold(&h.d, DIAG_ERROR, (struct src_pos){ name, 1, 1 }, "message");
		name[n] = 'n';
		assert_int_equal(strlen(h.text), MIN(n + 20, 511));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_without_a_listener),
		cmocka_unit_test(test_foreign_bytes_stay_on_the_line),
		cmocka_unit_test(test_a_long_line_is_cut_with_dots),
		cmocka_unit_test(test_the_edge_of_the_line),
		cmocka_unit_test(test_long_file_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
