/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qvm's language at its edges: numbers in every form, tokens, parts, and what a hostile file costs.
 * What each rule says of a whole file is tested by tests/golden/qvmconf.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include <lib/qvmconf.h>

#include <../config/qvmconf_priv.h>
#include "config_fixture.h"

const struct config_lang *const config_langs[] = { &config_qvmconf, NULL };

/* ---- numbers ---------------------------------------------------------------------------------- */

static void number_is(const char *text, enum qvm_base base, u64 want)
{
	const char *doubt;
	u64 v = 0;

	assert_null(qvm_read_number(str_of(text), base, &v, &doubt));
	assert_true(v == want);
}

static void number_fails(const char *text, enum qvm_base base, const char *why)
{
	const char *doubt;
	const char *wrong;
	u64 v;

	wrong = qvm_read_number(str_of(text), base, &v, &doubt);
	assert_non_null(wrong);
	assert_non_null(strstr(wrong, why));
}

static bool is_doubted(const char *text, enum qvm_base base)
{
	const char *doubt;
	u64 v;

	assert_null(qvm_read_number(str_of(text), base, &v, &doubt));
	return doubt != NULL;
}

static void test_numbers(void **state)
{
	(void)state;
	number_is("10", QVM_BASE_ADDRESS, 0x10);
	number_is("10", QVM_BASE_SIZE, 10);
	number_is("10", QVM_BASE_NUMBER, 10);
	number_is("0x10", QVM_BASE_NUMBER, 16);
	number_is("0X1f", QVM_BASE_SIZE, 31);
	number_is("0d10", QVM_BASE_ADDRESS, 10);
	number_is("fF", QVM_BASE_ADDRESS, 255);
	number_is("0", QVM_BASE_ADDRESS, 0);
	number_is("010", QVM_BASE_NUMBER, 10); /* no octal */
	number_is("0b1", QVM_BASE_ADDRESS, 0xb1);
	number_is("ffffffffffffffff", QVM_BASE_ADDRESS, UINT64_MAX);
	number_is("18446744073709551615", QVM_BASE_SIZE, UINT64_MAX);
	number_is("0x8000_0000", QVM_BASE_ADDRESS, 0x80000000);
}

static void test_units(void **state)
{
	(void)state;
	number_is("4K", QVM_BASE_ADDRESS, 0x1000);
	number_is("1k", QVM_BASE_SIZE, 0x400);
	number_is("512M", QVM_BASE_SIZE, MIB(512));
	number_is("2g", QVM_BASE_SIZE, GIB(2));
	number_is("0x10M", QVM_BASE_ADDRESS, MIB(16));
	number_is("0d4096M", QVM_BASE_ADDRESS, GIB(4));
	number_is("4096M", QVM_BASE_ADDRESS, GIB(4));
	number_is("aM", QVM_BASE_ADDRESS, MIB(10));
	assert_true(is_doubted("4096M", QVM_BASE_ADDRESS));
	assert_true(is_doubted("8_0", QVM_BASE_SIZE));
	assert_false(is_doubted("4K", QVM_BASE_ADDRESS));
	assert_false(is_doubted("aaM", QVM_BASE_ADDRESS));
	assert_false(is_doubted("4096M", QVM_BASE_SIZE));
	assert_false(is_doubted("0x4096M", QVM_BASE_ADDRESS));
}

static void test_no_numbers(void **state)
{
	static const char *const bad[] = { "x",	    "0x", "-1", "1.5", "1 ",
					   "512MB", "1T", "_1", "1_",  "K" };

	(void)state;
	for (u32 i = 0; i < array_size(bad); i++)
		number_fails(bad[i], QVM_BASE_SIZE, "is no decimal number");
	number_fails("", QVM_BASE_SIZE, "missing");
	number_fails("8K", QVM_BASE_NUMBER, "is no decimal number");
	number_fails("80g0", QVM_BASE_ADDRESS, "is no hexadecimal number");
	number_fails("10000000000000000", QVM_BASE_ADDRESS, "too large");
	number_fails("18446744073709551616", QVM_BASE_SIZE, "too large");
	number_fails("17179869184G", QVM_BASE_SIZE, "too large");
}

/* ---- tokens ----------------------------------------------------------------------------------- */

static bool variable(void *ctx, struct str name, struct str *out)
{
	(void)ctx;
	*out = STR("a b");
	return str_eq_c(name, "V");
}

static struct qvm *lexer(struct arena *a, struct sink *s, struct config_input *in)
{
	struct qvm *q;

	arena_new_of(a, KIB(64));
	sink_reset(s);
	q = arena_new(a, struct qvm);
	q->arena = a;
	q->diag = &s->d;
	q->max_errors = 100;
	q->in = in;
	q->vd = vmdesc_new(a, "t");
	qvm_lex_start(q);
	return q;
}

/* The tokens of @text, each in [], broken ones as [!]. */
static void tokens_are(const char *text, const char *want)
{
	const struct config_env env = { .variable = variable };
	struct config_part part = { text_span(text), "t", false };
	struct config_input in = { &part, 1, &env };
	struct sink s;
	struct arena a;
	struct qvm *q = lexer(&a, &s, &in);
	char got[256] = "";

	while (qvm_next(q)) {
		strcat(got, "[");
		strncat(got, q->tok.broken ? "!" : q->tok.text.p,
			q->tok.broken ? 1 : q->tok.text.n);
		strcat(got, "]");
	}
	assert_string_equal(got, want);
	free(a.base);
}

static void test_tokens(void **state)
{
	(void)state;
	tokens_are("", "");
	tokens_are(" \t\r\n\v\f", "");
	tokens_are("a b\tc\nd", "[a][b][c][d]");
	tokens_are("a # b\nc", "[a][c]");
	tokens_are("a#b", "[a#b]");
	tokens_are("#", "");
	tokens_are("\"a b\"c\"d\"", "[a bcd]");
	tokens_are("\"\" \"#\"", "[][#]");
	tokens_are("\"a\n  b\\\n\tc\"", "[a b c]");
	tokens_are("\"a\\\"b\\\\c\\d\"", "[a\"b\\c\\d]");
	tokens_are("a \\\nb \\\r\nc", "[a][b][c]");
	tokens_are("\xef\xbb\xbf"
		   "a",
		   "[a]");
	tokens_are("$ $x $(y)", "[$][$x][$(y)]");
	tokens_are("x$env{V}y\"$env{V}\"", "[xa bya b]");
	tokens_are("$env{W} b", "[!][b]");
	tokens_are("$env{V b", "[!][b]");
	tokens_are("${V} b", "[!][b]");
	tokens_are("a \"b c\nd", "[a][!][d]");
	tokens_are("'a b' c", "[!][c]");
}

static void test_places(void **state)
{
	struct config_part part[] = { { text_span("a\n  bc"), "f", false },
				      { span_of("x\0y z\0\0", 7), "w", true },
				      { text_span("\n\nd"), "g", false } };
	struct config_input in = { part, 3, &config_env_empty };
	static const struct {
		const char *text, *file;
		u32 line, col;
	} want[] = { { "a", "f", 1, 1 },   { "bc", "f", 2, 3 }, { "x", "w", 1, 1 },
		     { "y z", "w", 1, 2 }, { "", "w", 1, 3 },	{ "d", "g", 3, 1 } };
	struct sink s;
	struct arena a;
	struct qvm *q = lexer(&a, &s, &in);

	(void)state;
	for (u32 i = 0; i < array_size(want); i++) {
		assert_true(qvm_next(q));
		assert_true(str_eq_c(q->tok.text, want[i].text));
		assert_string_equal(q->tok.at.file, want[i].file);
		assert_int_equal(q->tok.at.line, want[i].line);
		assert_int_equal(q->tok.at.col, want[i].col);
	}
	assert_false(qvm_next(q));
	free(a.base);
}

/* ---- what it costs ---------------------------------------------------------------------------- */

#define HOSTILE MIB(1)

/* A megabyte of @piece: bounded in memory, time and words. */
static void costs_little(const char *piece)
{
	char *text = malloc(HOSTILE);
	size_t n = strlen(piece);
	clock_t begin = clock();
	struct sink s;
	struct arena a;
	struct vmdesc *vd;
	enum status st;

	assert_non_null(text);
	for (size_t i = 0; i < HOSTILE; i++)
		text[i] = piece[i % n];
	arena_new_of(&a, MIB(64));
	sink_reset(&s);
	st = config_parse_file(&config_qvmconf, span_of(text, HOSTILE), "a.qvmconf", &a, &s.d, &vd);
	assert_true(st == OK || st == E_INVAL);
	assert_non_null(vd);
	assert_true(s.d.n_errors <= QVM_MAX_ERRORS + 1);
	/* Sanitized and not optimized, on a machine that does other things as well. */
	assert_true(clock() - begin < 4 * CLOCKS_PER_SEC);
	free(text);
	free(a.base);
}

static void test_hostile(void **state)
{
	static const char *const pieces[] = {
		"a ",
		"0 ",
		"\"",
		"\"a\" ",
		"\\",
		"cpu ",
		"ram 1M ",
		"ram ",
		"load a ",
		"cpu set a b ",
		"vdev pl011 ",
		"vdev x ",
		"pass ",
		"reserve intr 1 ",
		"system a ",
		"$env{a}",
		"$env{",
		"cmdline a ",
		"'",
		"vdev gic ",
		"#",
		"cpu sched 1 ",
		"initrd ",
		"vdev shmem allow a ",
		"set trivet-id 1 ",
		"set debug on ",
		"vdev hpet intr a:1 ",
		"debug ",
	};

	(void)state;
	for (u32 i = 0; i < array_size(pieces); i++)
		costs_little(pieces[i]);
}

/* However little memory there is, nothing but E_NOMEM comes of it. */
static void test_no_memory(void **state)
{
	static const char text[] = "system a\nram 0x80000000,512M\nload Image\ncmdline b\n"
				   "cpu sched 10 runmask 0\n"
				   "vdev shmem create a,1 allow b\nset trivet-id 2\n"
				   "pass loc 0x20000000,0x1000,rw\nreserve intr 1\n";
	struct sink s;
	struct arena a;
	struct vmdesc *vd;

	(void)state;
	for (size_t size = 0; size < KIB(32); size += 56) {
		enum status st;

		arena_new_of(&a, size);
		sink_reset(&s);
		st = config_parse_file(&config_qvmconf, text_span(text), "a", &a, &s.d, &vd);
		assert_true(st == E_NOMEM ? !vd : st == OK && vd);
		free(a.base);
	}
}

static void test_variables(void **state)
{
	const char *name, *type;
	u32 n = 0;

	(void)state;
	while (qvmconf_variable(n, &name, &type))
		n++;
	assert_int_equal(n, QVM_SETS);
	assert_true(qvmconf_variable(0, &name, &type));
	assert_string_equal(name, "exit-on-halt");
	assert_string_equal(type, "boolean");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	   cmocka_unit_test(test_units),
		cmocka_unit_test(test_no_numbers), cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_places),	   cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_no_memory),  cmocka_unit_test(test_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
