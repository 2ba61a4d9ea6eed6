/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device tree printed as source is the same tree: what the compiler makes of the source is what
 * it makes of the blob, byte by byte. Trees of machines and boards, and one of odd properties.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <lib/fdt.h>

#include "dtbdata.h"
#include "dts.h"
#include "tool_memory.h"

static char folder[] = "/tmp/trivet-dts-XXXXXX";

static void write_file(const char *name, struct span s)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
	fclose(f);
}

static bool compiles_to_the_same(struct span source, struct span blob)
{
	char command[256];

	write_file("a.dts", source);
	write_file("b.dtb", blob);
	snprintf(command, sizeof(command),
		 "cd %s && dtc -q -I dts -O dtb -o a.out a.dts && "
		 "dtc -q -I dtb -O dtb -o b.out b.dtb && cmp -s a.out b.out",
		 folder);
	return system(command) == 0;
}

static void round_trip(struct span blob)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	const char *why = NULL;

	assert_int_equal(dts_print(f, blob, &why), OK);
	fclose(f);
	assert_true(compiles_to_the_same(span_of(text, n), blob));
	free(text);
}

static void trees_of_machines(void **state)
{
	static const char *const names[] = { "host",  "small", "soc",	   "narrow",
					     "virt1", "virt4", "phytiumpi" };

	(void)state;
	for (u32 i = 0; i < array_size(names); i++) {
		struct span blob = dtb_load(names[i]);

		round_trip(blob);
		dtb_free(blob);
	}
}

static void odd_properties(void **state)
{
	static const char *const values[] = { "a",	"a\0b", "\0",	"a\0\0b", "\x7f",
					      "a\xff",	"\"\\", "a\tb", "abc",	  "\x01\x02",
					      "1234\0", "\0a",	" ",	"/*x*/",  "//" };
	static const size_t lengths[] = { 2, 4, 1, 5, 2, 3, 3, 4, 4, 2, 6, 3, 2, 6, 3 };
	_Alignas(8) u8 buf[KIB(4)];
	struct dt_out o;
	size_t n;

	(void)state;
	dt_out_begin(&o, buf, sizeof(buf));
	for (u32 i = 0; i < array_size(values); i++) {
		char name[16];

		snprintf(name, sizeof(name), "odd,prop-%u", i);
		dt_out_bytes(&o, name, span_of(values[i], lengths[i]));
	}
	dt_out_str(&o, "reg", STR("abc")); /* cells by its name, text by its bytes */
	dt_out_flag(&o, "flag");
	dt_out_node(&o, "child");
	dt_out_node(&o, "in,child");
	dt_out_u32(&o, "#size-cells", 0x41424300);
	dt_out_end_node(&o);
	dt_out_end_node(&o);
	dt_out_node_at(&o, "last", 0x1000);
	dt_out_end_node(&o);
	assert_int_equal(dt_out_finish(&o, &n), OK);
	round_trip(span_of(buf, n));
}

static void damage_is_refused(void **state)
{
	_Alignas(8) u8 buf[64] = { 0xd0, 0x0d, 0xfe, 0xed };
	const char *why = NULL;

	(void)state;
	assert_int_not_equal(dts_print(stderr, span_of(buf, sizeof(buf)), &why), OK);
	assert_non_null(why);
}

static int make_folder(void **state)
{
	if (dtb_setup(state) != 0)
		return -1;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) | dtb_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_of_machines),
		cmocka_unit_test(odd_properties),
		cmocka_unit_test(damage_is_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
