/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of the desk's program, with sanitizers under it: options, numbers as people write them,
 * a line of a file with the mark under its place. What whole commands print is in tests/tool.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "facts.h"
#include "source.h"
#include "tool_memory.h"

static char complaint[256];

void tool_complain(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(complaint, sizeof(complaint), format, ap);
	va_end(ap);
}

struct span tool_read_quietly(const char *path, const char **why)
{
	(void)path;
	*why = "no files here";
	return (struct span){ NULL, 0 };
}

/* ---- numbers ------------------------------------------------------------------------------- */

static void sizes(void **state)
{
	static const struct {
		const char *text;
		u64 value;
	} good[] = {
		{ "0", 0 },	     { "512M", MIB(512) }, { "1g", GIB(1) },
		{ "3KiB", KIB(3) },  { "2TB", GIB(2048) }, { "0x8000_0000", 0x80000000 },
		{ "0X10", 16 },	     { "1_000", 1000 },	   { "18446744073709551615", UINT64_MAX },
		{ "0xfK", KIB(15) },
	};
	static const char *const bad[] = {
		"",
		"x",
		"0x",
		"_1",
		"-1",
		"1.5G",
		"1 M",
		"12Q",
		"1MiBs",
		"1Mi",
		"0x_1G",
		"G",
		"18446744073709551616",
		"16777216T",
	};
	u64 v;

	(void)state;
	for (size_t i = 0; i < array_size(good); i++) {
		assert_true(tool_parse_size(str_of(good[i].text), &v));
		assert_int_equal(v, good[i].value);
	}
	for (size_t i = 0; i < array_size(bad); i++) {
		if (tool_parse_size(str_of(bad[i]), &v))
			fail_msg("\"%s\" is taken for %llu", bad[i], (unsigned long long)v);
	}
}

/* ---- options ------------------------------------------------------------------------------- */

static struct tool_options o;
static const char *vm, *svg;

static bool read_words(const char *words)
{
	static const struct tool_own_option own[] = { { "--vm", true, &vm },
						      { "--svg", false, &svg },
						      { 0 } };
	static char text[256], *argv[32];
	int argc = 0;

	vm = svg = NULL;
	complaint[0] = 0;
	snprintf(text, sizeof(text), "check %s", words);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	return tool_options_read(&o, argc, argv, own);
}

static void options_anywhere(void **state)
{
	(void)state;
	assert_true(
		read_words("a.toml --platform p --svg b.toml --vm=two -Ifolder -I other -DX=1 - "
			   "-- --json"));
	assert_int_equal(o.n_files, 4);
	assert_string_equal(o.files[1], "b.toml");
	assert_string_equal(o.files[2], "-");
	assert_string_equal(o.files[3], "--json");
	assert_string_equal(o.platform, "p");
	assert_string_equal(vm, "two");
	assert_string_equal(svg, "--svg");
	assert_int_equal(o.includes.n, 2);
	assert_string_equal(o.includes.v[0], "folder");
	assert_string_equal(o.defines.v[0], "X=1");
	assert_false(o.json);
}

static void options_refused(void **state)
{
	static const char *const words[] = { "--platform",   "--nothing", "--jso", "--json=1",
					     "--color=blue", "--svg=1",	  "--vm",  "-x" };

	(void)state;
	for (size_t i = 0; i < array_size(words); i++) {
		assert_false(read_words(words[i]));
		assert_true(strlen(complaint) > 5);
	}
	assert_false(read_words("--platfrom=x"));
	assert_non_null(strstr(complaint, "did you mean '--platform'?"));
	assert_false(read_words("--vmm x"));
	assert_non_null(strstr(complaint, "did you mean '--vm'?"));
}

static void options_color(void **state)
{
	(void)state;
	assert_true(read_words("x"));
	assert_int_equal(o.color, TOOL_COLOR_AUTO);
	assert_true(read_words("--color never"));
	assert_int_equal(o.color, TOOL_COLOR_NEVER);
	assert_true(read_words("--color=always"));
	assert_int_equal(o.color, TOOL_COLOR_ALWAYS);
}

/* ---- lines --------------------------------------------------------------------------------- */

static const char *shown(const char *text, u32 line, u32 col, u32 width)
{
	static const struct source_paint none = { "", "" };
	struct src_pos at = { "f", line, col };
	static char out[1024];
	FILE *f = fmemopen(out, sizeof(out), "w");

	assert_non_null(f);
	memset(out, 0, sizeof(out));
	source_add("f", span_of(text, strlen(text)));
	source_show(f, &at, width, &none);
	fclose(f);
	return out;
}

static void lines(void **state)
{
	(void)state;
	assert_string_equal(shown("a\nbcd = 1\n", 2, 1, 80), "    2 | bcd = 1\n      | ^~~\n");
	assert_string_equal(shown("x = \"a\\\"b\" # c", 1, 5, 80),
			    "    1 | x = \"a\\\"b\" # c\n      |     ^~~~~~\n");
	assert_string_equal(shown("x = [1, [2]] y", 1, 5, 80),
			    "    1 | x = [1, [2]] y\n      |     ^~~~~~~~\n");
	assert_string_equal(shown("x = 'a", 1, 5, 80), "    1 | x = 'a\n      |     ^~\n");
	assert_string_equal(shown("ab", 1, 3, 80), "    1 | ab\n      |   ^\n");
	assert_string_equal(shown("ab", 1, 99, 80), "    1 | ab\n");
	assert_string_equal(shown("ab", 1, 0, 80), "    1 | ab\n");
	assert_string_equal(shown("ab\n", 3, 1, 80), "");
	assert_string_equal(shown("ab\r\ncd", 1, 2, 80), "    1 | ab\n      |  ^\n");
	assert_string_equal(shown("", 1, 1, 80), "");
}

static void columns(void **state)
{
	(void)state;
	assert_string_equal(shown("\tx\ty", 1, 4, 80),
			    "    1 |         x       y\n      |                 ^\n");
	assert_string_equal(shown("日 x", 1, 5, 80), "    1 | 日 x\n      |    ^\n");
	assert_string_equal(shown("e\xcc\x81 x", 1, 5, 80), "    1 | e\xcc\x81 x\n      |   ^\n");
	assert_string_equal(shown("\xff\x1b\xe2\x80\xae x", 1, 7, 80),
			    "    1 | ??? x\n      |     ^\n");
	assert_string_equal(shown("\xe2\x80", 1, 1, 80), "    1 | ??\n      | ^~\n");
}

static void long_lines(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + 200, " bcd ", 5);
	text[sizeof(text) - 1] = 0;
	assert_string_equal(
		shown(text, 1, 202, 30),
		"    1 | ...aaaaaaaaa bcd aaaaaaaaaaaaaaaa...\n      |              ^~~\n");
	assert_string_equal(shown(text, 1, 1, 10), "    1 | aaaaaaaaaa...\n      | ^~~~~~~~~~\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),	   cmocka_unit_test(options_anywhere),
		cmocka_unit_test(options_refused), cmocka_unit_test(options_color),
		cmocka_unit_test(lines),	   cmocka_unit_test(columns),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
