/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of log lines: time, level, text; what is too long, what is too chatty.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <regex.h>
#include <stdio.h>
#include <string.h>

#include <arch/fake.h>
#include <core/console.h>
#include <core/log.h>

static char last[1024];
static int n_lines;

/* Stands in for the console. */
void console_write_line(const char *text)
{
	snprintf(last, sizeof(last), "%s", text);
	n_lines++;
}

static int reset(void **state)
{
	(void)state;
	last[0] = '\0';
	n_lines = 0;
	log_set_level(LOG_INFO);
	fake_clock = (struct fake_clock){ .now = 0, .step = 1, .hz = 62500000 };
	return 0;
}

/* The text behind the time, or NULL when there is no time before it. */
static const char *text_of_last(void)
{
	regex_t re;
	regmatch_t m;
	int r;

	assert_int_equal(regcomp(&re, "^\\[ {0,4}[0-9]+\\.[0-9]{6}\\] ", REG_EXTENDED), 0);
	r = regexec(&re, last, 1, &m, 0);
	regfree(&re);
	return r == 0 ? last + m.rm_eo : NULL;
}

static void time_is_seconds_and_microseconds(void **state)
{
	(void)state;
	fake_clock.step = 0;
	log_info("x");
	assert_string_equal(last, "[    0.000000] x");
	fake_clock.now = 62500000 + 438; /* 7.008 us */
	log_info("x");
	assert_string_equal(last, "[    1.000007] x");
	fake_clock.now = UINT64_C(62500000) * 86400 * 365 - 1;
	log_info("x");
	assert_string_equal(last, "[31535999.999999] x");
	fake_clock.hz = 0; /* not known yet */
	log_info("x");
	assert_string_equal(last, "[    ?.??????] x");
}

static void levels_have_names(void **state)
{
	(void)state;
	log_info("machine has %d CPUs", 4);
	assert_string_equal(text_of_last(), "machine has 4 CPUs");
	log_warn("odd");
	assert_string_equal(text_of_last(), "warning: odd");
	log_error("bad %s", "thing");
	assert_string_equal(text_of_last(), "error: bad thing");
	log_set_level(LOG_DEBUG);
	log_debug("fine print");
	assert_string_equal(text_of_last(), "debug: fine print");
}

static void higher_levels_are_dropped(void **state)
{
	(void)state;
	log_debug("no");
	assert_int_equal(n_lines, 0);
	log_set_level(LOG_ERROR);
	log_info("no");
	log_warn("no");
	assert_int_equal(n_lines, 0);
	log_error("yes");
	assert_int_equal(n_lines, 1);
}

static void long_lines_are_cut_with_a_mark(void **state)
{
	char text[600];
	size_t room;

	(void)state;
	log_info("x");
	room = 255 - (strlen(last) - 1);
	memset(text, 'a', sizeof(text));

	text[room] = '\0';
	log_info("%s", text);
	assert_int_equal(strlen(last), 255);
	assert_string_equal(last + 252, "aaa");

	text[room] = 'a';
	text[room + 1] = '\0';
	log_info("%s", text);
	assert_int_equal(strlen(last), 255);
	assert_string_equal(last + 251, "a...");

	text[room + 1] = 'a';
	text[sizeof(text) - 1] = '\0';
	log_error("%s", text);
	assert_int_equal(strlen(last), 255);
	assert_string_equal(last + 251, "a...");
}

static void a_newline_at_the_end_is_one_too_many(void **state)
{
	(void)state;
	log_info("text\n");
	assert_string_equal(text_of_last(), "text");
	log_info("%s", "");
	assert_string_equal(text_of_last(), "");
}

static void level_names_are_read(void **state)
{
	enum log_level level;

	(void)state;
	assert_true(log_level_from_name("error", &level) && level == LOG_ERROR);
	assert_true(log_level_from_name("warn", &level) && level == LOG_WARN);
	assert_true(log_level_from_name("info", &level) && level == LOG_INFO);
	assert_true(log_level_from_name("debug", &level) && level == LOG_DEBUG);
	assert_false(log_level_from_name("", &level));
	assert_false(log_level_from_name("warning", &level));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(time_is_seconds_and_microseconds, reset),
		cmocka_unit_test_setup(levels_have_names, reset),
		cmocka_unit_test_setup(higher_levels_are_dropped, reset),
		cmocka_unit_test_setup(long_lines_are_cut_with_a_mark, reset),
		cmocka_unit_test_setup(a_newline_at_the_end_is_one_too_many, reset),
		cmocka_unit_test_setup(level_names_are_read, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
