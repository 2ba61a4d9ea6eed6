/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/config/toml*.c: positions, recovery, bounds. What is accepted and which values come out is
 * compared with another reader by tests/golden/toml/oracle.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config_fixture.h"

#define ARENA KIB(256)

static struct sink sink;
static struct arena arena;

static const struct toml *read_span(struct span text, enum status want)
{
	struct toml *root;

	sink_reset(&sink);
	arena_init(&arena, arena.base, ARENA);
	assert_int_equal(toml_parse(text, "a.toml", &arena, &sink.d, &root), want);
	assert_non_null(root);
	assert_int_equal(sink.d.n_errors == 0, want == OK);
	return root;
}

static const struct toml *read_text(const char *text, enum status want)
{
	return read_span(text_span(text), want);
}

static int setup(void **state)
{
	(void)state;
	arena_new_of(&arena, ARENA);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(arena.base);
	return 0;
}

static void assert_at(struct src_pos at, u32 line, u32 col)
{
	assert_string_equal(at.file, "a.toml");
	assert_int_equal(at.line, line);
	assert_int_equal(at.col, col);
}

static void test_values(void **state)
{
	const struct toml *root = read_text("s = 'x'\ni = -0x7\n", E_INVAL);

	(void)state;
	root = read_text("s = \"a\\tb\"\ni = 0x8020_0000\nf = 1.50\nb = true\nd = 1979-05-27\n"
			 "a = [1, [2]]\nt = {x.y = 1}\n",
			 OK);
	assert_true(str_eq_c(toml_get(root, "s")->text, "a\tb"));
	assert_int_equal(toml_get(root, "i")->integer, 0x80200000);
	assert_true(str_eq_c(toml_get(root, "i")->text, "0x8020_0000"));
	assert_int_equal(toml_get(root, "f")->type, TOML_FLOAT);
	assert_true(str_eq_c(toml_get(root, "f")->text, "1.50"));
	assert_int_equal(toml_get(root, "b")->integer, 1);
	assert_int_equal(toml_get(root, "d")->type, TOML_DATETIME);
	assert_int_equal(toml_get(root, "a")->n, 2);
	assert_int_equal(toml_get(root, "a")->child->next->child->integer, 2);
	assert_int_equal(toml_get(toml_get(toml_get(root, "t"), "x"), "y")->integer, 1);
	assert_null(toml_get(root, "nothing"));
	assert_null(toml_get(toml_get(root, "i"), "x"));
	assert_null(toml_get(NULL, "x"));
}

/* Columns count bytes from 1, not characters; lines end at LF, with or without CR. */
static void test_positions(void **state)
{
	const struct toml *root = read_text("\xef\xbb\xbf"
					    "a = 1\r\n"
					    "\t\"\xc3\xa9\" = 2 \r\n"
					    "m = '''\r\n"
					    "\r\n"
					    "''' \r\n"
					    "[t.u]\r\n"
					    "  k = [ 1,\r\n"
					    "    22 ]\r\n"
					    "[[v]]\r\n"
					    "q.r = {s = 3}\r\n",
					    OK);
	const struct toml *k;
	const struct toml *r;

	(void)state;
	assert_at(toml_get(root, "a")->key_at, 1, 1);
	assert_at(toml_get(root, "a")->at, 1, 5);
	assert_at(toml_get(root, "\xc3\xa9")->key_at, 2, 2);
	assert_at(toml_get(root, "\xc3\xa9")->at, 2, 9);
	assert_at(toml_get(root, "m")->at, 3, 5);
	assert_true(str_eq_c(toml_get(root, "m")->text, "\n"));
	assert_at(toml_get(toml_get(root, "t"), "u")->at, 6, 4);
	k = toml_get(toml_get(toml_get(root, "t"), "u"), "k");
	assert_at(k->key_at, 7, 3);
	assert_at(k->at, 7, 7);
	assert_at(k->child->next->at, 8, 5);
	assert_at(toml_get(root, "v")->child->at, 9, 3);
	r = toml_get(toml_get(toml_get(root, "v")->child, "q"), "r");
	assert_at(r->key_at, 10, 3);
	assert_at(toml_get(r, "s")->at, 10, 12);
}

static void test_order(void **state)
{
	const struct toml *root = read_text("b = 1\na = 2\n[c]\n[a2]\n[[d]]\n[[d]]\n", OK);
	const char *want[] = { "b", "a", "c", "a2", "d" };
	u32 i = 0;

	(void)state;
	for (const struct toml *v = root->child; v; v = v->next)
		assert_true(str_eq_c(v->key, want[i++]));
	assert_int_equal(i, 5);
	assert_int_equal(root->n, 5);
	assert_int_equal(toml_get(root, "d")->n, 2);
}

static void test_type_names(void **state)
{
	(void)state;
	assert_string_equal(toml_type_name(TOML_STRING), "a string");
	assert_string_equal(toml_type_name(TOML_INT), "an integer");
	assert_string_equal(toml_type_name(TOML_FLOAT), "a floating-point number");
	assert_string_equal(toml_type_name(TOML_BOOL), "a boolean");
	assert_string_equal(toml_type_name(TOML_DATETIME), "a date or time");
	assert_string_equal(toml_type_name(TOML_ARRAY), "an array");
	assert_string_equal(toml_type_name(TOML_TABLE), "a table");
	assert_non_null(toml_type_name((enum toml_type)99));
}

/* One mistake on each line: each is found, and what is right in between is kept. */
static void test_recovery(void **state)
{
	const struct toml *root = read_text("a = \"x\nb = 2\nc 3\nd = [1,\n  2\ne = 5\n"
					    "f = [\n  [1, 2]\n  [3, 4],\n]\ng = 7\n"
					    "h = {x = 1,}\ni = 9 9\nj = \"\\q\"\nk = 11\n",
					    E_INVAL);

	(void)state;
	assert_string_equal(
		sink.text,
		"a.toml:1:5: error: string is not closed; expected \" before the end of the line\n"
		"a.toml:3:3: error: expected '=' after the key 'c'\n"
		"a.toml:6:1: error: array is not closed; expected ']'\n"
		"a.toml:4:5: note: the array begins here\n"
		"a.toml:9:3: error: expected ',' or ']' after an element of the array\n"
		"a.toml:12:12: error: an inline table has no ',' before its '}'\n"
		"a.toml:13:7: error: expected the end of the line or a comment after the value\n"
		"a.toml:14:6: error: \\q is no escape; write \\\\ for a backslash, or '...' quotes\n");
	assert_int_equal(toml_get(root, "b")->integer, 2);
	assert_int_equal(toml_get(root, "e")->integer, 5);
	assert_int_equal(toml_get(root, "g")->integer, 7);
	assert_int_equal(toml_get(root, "k")->integer, 11);
	/* What is not whole is not there. */
	assert_null(toml_get(root, "a"));
	assert_null(toml_get(root, "d"));
	assert_null(toml_get(root, "f"));
	assert_null(toml_get(root, "h"));
}

/* Keys after a header that is wrong go nowhere, but their mistakes are told. */
static void test_lost_table(void **state)
{
	const struct toml *root =
		read_text("[a]\nx = 1\n[b\ny = 2\ny = 3\nz = \n[c]\nw = 4\n", E_INVAL);

	(void)state;
	assert_string_equal(sink.text,
			    "a.toml:3:3: error: expected ']' after the name of the table\n"
			    "a.toml:5:1: error: key 'y' is given twice\n"
			    "a.toml:4:1: note: 'y' is first given here\n"
			    "a.toml:6:5: error: expected a value after '='\n");
	assert_int_equal(toml_get(root, "a")->n, 1);
	assert_null(toml_get(root, "b"));
	assert_int_equal(toml_get(toml_get(root, "c"), "w")->integer, 4);
}

static void test_messages(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
		{ "a = bc", "1:5: error: 'bc' is no value; a string needs quotes: \"bc\"" },
		{ "a = True", "1:5: error: 'True' is no value; booleans are true and false" },
		{ "a = 01", "1:5: error: '01': leading zeros are not allowed" },
		{ "a = 0X1", "1:5: error: '0X1': the prefix is written in lower case" },
		{ "a = 0xg", "1:5: error: '0xg': digits are missing" },
		{ "a = 0x1g", "1:5: error: '0x1g': not a hexadecimal number" },
		{ "a = 1__2", "1:5: error: '1__2': an underscore must stand between two digits" },
		{ "a = 9223372036854775808", "does not fit into 64 bits" },
		{ "a = 1.", "1:5: error: '1.': a decimal point needs digits on both sides" },
		{ "a = 1979-02-30", "1:5: error: '1979-02-30': this month has no such day" },
		{ "a = 25:00:00", "an hour is 00 to 23" },
		{ "a = 10:00", "a time is written HH:MM:SS, with seconds" },
		{ "a = \"\\ud800\"", "1:6: error: \\ud800 is not a Unicode character" },
		{ "a = \"\\u12\"", "1:6: error: \\u needs 4 hexadecimal digits" },
		{ "a = '''x", "1:5: error: string is not closed; expected ''' after it" },
		{ "\"\"\"a\"\"\" = 1", "1:1: error: a key cannot be a multi-line string" },
		{ "\xc3\xa9 = 1", "1:1: error: a key with letters outside of A-Z" },
		{ "a = \"\x01\"", "1:6: error: control character 0x01 is not allowed here" },
		{ "a = 1\rb = 2", "1:6: error: a carriage return must be followed by" },
		{ "# \xff", "1:3: error: byte 0xff is not valid UTF-8" },
		{ "a = 1\n[a]", "2:2: error: 'a' is already an integer" },
		{ "[a]\n[a]", "2:2: error: table 'a' is defined twice" },
		{ "a = {}\na.b = 1", "2:1: error: inline table 'a' is closed" },
		{ "[a.b]\n[a]\nb.c = 1", "3:1: error: table 'b' is already defined" },
		{ "a = [\n1\n", "3:1: error: array is not closed; expected ']'" },
		{ "a = {b = 1\n}", "1:11: error: inline table is not closed" },
		{ "[[a]", "1:4: error: expected ']]' after the name of the array" },
		{ "= 1", "1:1: error: expected a key, found '='" },
	};

	(void)state;
	for (u32 i = 0; i < array_size(cases); i++) {
		read_text(cases[i].text, E_INVAL);
		if (!strstr(sink.text, cases[i].want))
			fail_msg("%s: %s", cases[i].want, sink.text);
	}
}

/* A file that is no TOML at all does not flood the console. */
static void test_error_cap(void **state)
{
	char text[4096];

	(void)state;
	memset(text, '%', sizeof(text));
	for (size_t i = 1; i < sizeof(text); i += 2)
		text[i] = '\n';
	read_span(span_of(text, sizeof(text)), E_INVAL);
	assert_int_equal(sink.d.n_errors, 65);
	assert_non_null(strstr(sink.text, "too many mistakes; the rest is not shown"));
}

/* Nesting is bounded, in every way to nest. */
static void test_depth(void **state)
{
	static const char *const open[] = { "[", "{k = ", "{a.b = ", "[{k = " };
	static const char *const close[] = { "]", "}", "}", "}]" };
	static const u32 levels[] = { 1, 1, 2, 2 };
	char text[4096];

	(void)state;
	for (u32 k = 0; k < array_size(open); k++) {
		for (u32 n = 1; n < 80; n++) {
			strcpy(text, "v = ");
			for (u32 i = 0; i < n; i++)
				strcat(text, open[k]);
			strcat(text, "1");
			for (u32 i = 0; i < n; i++)
				strcat(text, close[k]);
			read_text(text, n * levels[k] <= TOML_MAX_DEPTH ? OK : E_INVAL);
		}
	}
}

/* Whatever the size of the arena: success, or E_NOMEM and no tree; never a crash. */
static void test_no_memory(void **state)
{
	static const char text[] = "a = \"x\\ty\"\nb.c = [1, 2]\n[[d]]\ne = {f = 1.5}\n[d.g]\n";
	bool succeeded = false;

	(void)state;
	for (size_t size = 0; size < 4096; size += 8) {
		struct arena small;
		struct toml *root;
		enum status st;

		sink_reset(&sink);
		arena_new_of(&small, size);
		st = toml_parse(text_span(text), "a.toml", &small, &sink.d, &root);
		assert_int_equal(root != NULL, st == OK);
		assert_true(st == OK || st == E_NOMEM);
		assert_false(succeeded && st != OK);
		succeeded = st == OK;
		free(small.base);
	}
	assert_true(succeeded);
}

/* Every prefix of a document is read without touching a byte behind it. */
static void test_prefixes(void **state)
{
	static const char text[] = "\xef\xbb\xbf# c\r\na.\"b\" = \"\"\"x\\\r\n \\u00e9\"\"\"\"\n"
				   "[[t]]\nd = [1979-05-27 07:32:00.5Z, -inf, 0x1f, {e = 'f'}]\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		u8 *copy = malloc(n ? n : 1);
		struct toml *root;
		enum status st;

		memcpy(copy, text, n);
		sink_reset(&sink);
		arena_init(&arena, arena.base, ARENA);
		st = toml_parse(span_of(copy, n), "a.toml", &arena, &sink.d, &root);
		assert_true(st == OK || st == E_INVAL);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	 cmocka_unit_test(test_positions),
		cmocka_unit_test(test_order),	 cmocka_unit_test(test_type_names),
		cmocka_unit_test(test_recovery), cmocka_unit_test(test_lost_table),
		cmocka_unit_test(test_messages), cmocka_unit_test(test_error_cap),
		cmocka_unit_test(test_depth),	 cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_prefixes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
