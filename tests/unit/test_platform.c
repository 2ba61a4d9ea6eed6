/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/hostdesc/platform.c: the file overrides what discovery found, one key at a time; a wrong
 * value changes nothing; what only the build reads is left alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <lib/hostdesc.h>

#include "config_fixture.h"

#define ARENA KIB(64)

static struct sink sink;
static struct arena arena;
static struct hostdesc hd;

static int fresh(void **state)
{
	(void)state;
	if (!arena.base)
		arena_new_of(&arena, ARENA);
	arena_init(&arena, arena.base, ARENA);
	sink_reset(&sink);
	hd = (struct hostdesc){ .model = STR("linux,dummy-virt"),
				.slice_us = 1,
				.timer_hz = 2,
				.window = { 3, 4 },
				.console_path = STR("/old"),
				.memory_is_clean = true,
				.power_off_when_done = true };
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(arena.base);
	arena.base = NULL;
	return 0;
}

static enum status apply(const char *text)
{
	return hostdesc_apply_platform(text_span(text), "p.toml", &arena, &hd, &sink.d);
}

static void assert_untouched(void)
{
	assert_true(str_eq_c(hd.model, "linux,dummy-virt"));
	assert_int_equal(hd.slice_us, 1);
	assert_int_equal(hd.timer_hz, 2);
	assert_int_equal(hd.window.base, 3);
	assert_true(str_eq_c(hd.console_path, "/old"));
	assert_true(hd.memory_is_clean && hd.power_off_when_done);
}

static void test_all(void **state)
{
	(void)state;
	assert_int_equal(apply("[platform]\nname = \"n\"\nisa = \"i\"\n"
			       "[memory]\nwindow = [0x1000, 0x2000]\nclean = false\n"
			       "[console]\npath = \"/new\"\n[timer]\nhz = 62_500_000\n"
			       "[scheduler]\nslice_us = 10_000\n[power]\noff_when_done = false\n"
			       "[build]\nvdev = [1]\nunknown = 1\n[emulator]\nx.y = 1\n"),
			 OK);
	assert_string_equal(sink.text, "");
	/* The device tree's name of the machine is the better one. */
	assert_true(str_eq_c(hd.model, "linux,dummy-virt"));
	assert_int_equal(hd.window.base, 0x1000);
	assert_int_equal(hd.window.len, 0x2000);
	assert_false(hd.memory_is_clean);
	assert_true(str_eq_c(hd.console_path, "/new"));
	assert_int_equal(hd.timer_hz, 62500000);
	assert_int_equal(hd.slice_us, 10000);
	assert_false(hd.power_off_when_done);
}

static void test_console_is_a_device(void **state)
{
	static struct hd_dev devs[] = { { .path = STR("/a") }, { .path = STR("/b") } };

	(void)state;
	hd.devs = devs;
	hd.n_devs = array_size(devs);
	hd.console = &devs[0];
	hd.console_baud = 9600;
	assert_int_equal(apply("[console]\npath = \"/a\"\n"), OK);
	assert_ptr_equal(hd.console, &devs[0]);
	assert_int_equal(hd.console_baud, 9600);
	assert_int_equal(apply("[console]\npath = \"/c\"\n"), E_INVAL);
	assert_non_null(strstr(sink.text, "no such device"));
	assert_ptr_equal(hd.console, &devs[0]);
	assert_int_equal(apply("[console]\npath = \"/b\"\n"), OK);
	assert_ptr_equal(hd.console, &devs[1]);
	assert_int_equal(hd.console_baud, 0);
}

static void test_reserved(void **state)
{
	char text[1024] = "[memory]\nreserved = [";

	(void)state;
	hd.n_reserved = 1;
	assert_int_equal(apply("[memory]\nreserved = [[0x1000, 0x2000], [0x8000, 1]]\n"), OK);
	assert_int_equal(hd.n_reserved, 3);
	assert_int_equal(hd.reserved[1].base, 0x1000);
	assert_int_equal(hd.reserved[1].len, 0x2000);
	assert_int_equal(hd.reserved[2].base, 0x8000);
	for (u32 i = 0; i < HD_MAX_MEM - 2; i++)
		strcat(text, "[0x1000, 1], ");
	assert_int_equal(apply(strcat(text, "]\n")), E_INVAL);
	assert_int_equal(hd.n_reserved, HD_MAX_MEM);
}

static void test_areas(void **state)
{
	char text[1024] = "[areas]\n";

	(void)state;
	assert_true(hostdesc_add_area(&hd, STR("ivi"), (struct range){ 1, 2 }));
	hd.n_reserved = 1;
	assert_int_equal(apply("[areas]\nivi = [0x8000_0000, 0x1000]\n\"a b\" = [0x9000_0000, "
			       "0x2000]\n"),
			 OK);
	assert_int_equal(hd.n_areas, 2);
	assert_int_equal(hostdesc_area(&hd, STR("ivi"))->at.base, 0x80000000);
	assert_int_equal(hostdesc_area(&hd, STR("a b"))->at.len, 0x2000);
	/* Nobody gets it who does not ask. */
	assert_int_equal(hd.n_reserved, 3);
	assert_int_equal(hd.reserved[2].base, 0x90000000);
	assert_int_equal(apply("[areas]\nx = [1, 0x1000]\n"), E_INVAL);
	assert_int_equal(apply("[areas]\nx = true\n"), E_INVAL);
	assert_non_null(strstr(sink.text, "platform: areas.x: expected two multiples of 4 KiB"));
	assert_int_equal(hd.n_reserved, 3);
	for (u32 i = 0; i < HD_MAX_MEM; i++)
		snprintf(text + strlen(text), 64, "n%u = [0x1000, 0x1000]\n", i);
	assert_int_equal(apply(text), E_INVAL);
	assert_int_equal(hd.n_reserved, HD_MAX_MEM);
}

static void test_name_completes(void **state)
{
	(void)state;
	hd.model = (struct str){ NULL, 0 };
	assert_int_equal(apply("[platform]\nname = \"n\"\n"), OK);
	assert_true(str_eq_c(hd.model, "n"));
}

static void test_absent(void **state)
{
	(void)state;
	assert_int_equal(apply(""), OK);
	assert_untouched();
}

static void test_refused(void **state)
{
	static const char *const cases[] = {
		"[platform]\nname = \"\"\n",
		"[platform]\nname = 1\n",
		"[platform]\nisa = \"\"\n",
		"[memory]\nwindow = []\n",
		"[memory]\nwindow = [1]\n",
		"[memory]\nwindow = [0x1000, 0]\n",
		"[memory]\nwindow = [0x1000, 0x1000, 0x1000]\n",
		"[memory]\nwindow = [0x1001, 0x1000]\n",
		"[memory]\nwindow = [0x1000, 0x1001]\n",
		"[memory]\nwindow = [-4096, 0x1000]\n",
		"[memory]\nwindow = [\"0\", 0x1000]\n",
		"[memory]\nwindow = [0x1000, [1]]\n",
		"[memory]\nclean = 0\n",
		"[memory]\nreserved = 1\n",
		"[memory]\nreserved = [1, 2]\n",
		"[memory]\nreserved = [[1]]\n",
		"[memory]\nreserved = [[1, 0]]\n",
		"[memory]\nreserved = [[-1, 1]]\n",
		"[memory]\nreserved = [[1, 1, 1]]\n",
		"[console]\npath = \"uart\"\n",
		"[console]\npath = \"\"\n",
		"[timer]\nhz = 999_999\n",
		"[timer]\nhz = 10_000_000_001\n",
		"[timer]\nhz = -1\n",
		"[timer]\nhz = 1e9\n",
		"[scheduler]\nslice_us = 99\n",
		"[scheduler]\nslice_us = 1_000_001\n",
		"[scheduler]\nslice_us = -10_000\n",
		"[power]\noff_when_done = \"no\"\n",
		"[powr]\noff_when_done = false\n",
		"[power]\noff_when_don = false\n",
		"slice_us = 10_000\n",
		"memory = false\n",
		"[memory\n",
	};

	for (u32 i = 0; i < array_size(cases); i++) {
		fresh(state);
		if (apply(cases[i]) != E_INVAL || sink.d.n_errors != 1)
			fail_msg("%s: %s", cases[i], sink.text);
		assert_untouched();
	}
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(apply("[timer]\nhz = 1_000_000\n[scheduler]\nslice_us = 100\n"), OK);
	assert_int_equal(hd.timer_hz, 1000000);
	assert_int_equal(hd.slice_us, 100);
	assert_int_equal(apply("[timer]\nhz = 0\n[scheduler]\nslice_us = 1_000_000\n"), OK);
	assert_int_equal(hd.timer_hz, 0);
	assert_int_equal(hd.slice_us, 1000000);
}

static void test_no_memory(void **state)
{
	struct arena none;

	(void)state;
	arena_init(&none, arena.base, 0);
	assert_int_equal(hostdesc_apply_platform(text_span("[timer]\nhz = 0\n"), "p", &none, &hd,
						 &sink.d),
			 E_NOMEM);
	assert_untouched();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
		T(test_all),
		T(test_console_is_a_device),
		T(test_reserved),
		T(test_areas),
		T(test_name_completes),
		T(test_absent),
		T(test_refused),
		T(test_limits),
		T(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
