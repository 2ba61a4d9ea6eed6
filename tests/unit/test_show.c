/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `trivet show` draws with: the scale of the picture's axis, its labels, the JSON writer, and
 * tables. What comes out for whole boards is in tests/tool/show.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "board.h"
#include "json.h"
#include "svg_layout.h"
#include "table.h"
#include "tool_memory.h"

/* ---- scale --------------------------------------------------------------------------------- */

static struct axis axis_of(struct axis_area *areas, u32 n)
{
	return (struct axis){ .areas = areas, .n = n, .least = 10, .most = 30 };
}

static void areas_are_to_one_scale(void **state)
{
	struct axis_area areas[] = { { 0, MIB(512), 0, 0 }, { MIB(512), MIB(256), 0, 0 } };
	struct axis a = axis_of(areas, 2);

	(void)state;
	axis_fit(&a, 300);
	assert_int_equal(areas[0].y, 0);
	assert_in_range(areas[0].h, 199, 200);
	assert_in_range(areas[1].h, 99, 100);
	assert_int_equal(areas[1].y, areas[0].h); /* no gap */
	assert_int_equal(a.height, areas[0].h + areas[1].h);
}

static void small_areas_are_enlarged(void **state)
{
	struct axis_area areas[] = { { 0, KIB(4), 0, 0 }, { KIB(4), GIB(1), 0, 0 } };
	struct axis a = axis_of(areas, 2);

	(void)state;
	axis_fit(&a, 300);
	assert_int_equal(areas[0].h, 10);
	assert_in_range(areas[1].h, 288, 290);
}

static void large_gaps_are_cut(void **state)
{
	struct axis_area areas[] = { { 0, MIB(64), 0, 0 },
				     { MIB(72), MIB(64), 0, 0 },
				     { GIB(8), MIB(64), 0, 0 } };
	struct axis a = axis_of(areas, 3);
	bool broken;
	s32 gap;

	(void)state;
	axis_fit(&a, 400);
	gap = axis_gap(&a, 1, &broken);
	assert_false(broken);
	assert_in_range(gap, areas[0].h / 8 - 1, areas[0].h / 8 + 1); /* 8 MiB of 64 */
	assert_int_equal(axis_gap(&a, 2, &broken), 30);
	assert_true(broken);
	assert_int_equal(areas[2].y, areas[1].y + areas[1].h + 30);
	assert_int_equal(axis_gap(&a, 0, &broken), 0);
}

static void an_address_has_its_place(void **state)
{
	struct axis_area areas[] = { { GIB(2), MIB(512), 0, 0 } };
	struct axis a = axis_of(areas, 1);

	(void)state;
	axis_fit(&a, 256);
	assert_int_equal(axis_at(&a, 0, GIB(2)), 0);
	assert_in_range(axis_at(&a, 0, GIB(2) + MIB(256)), 127, 128);
	assert_int_equal(axis_at(&a, 0, 0), 0); /* before it */
	assert_int_equal(axis_at(&a, 0, UINT64_MAX), areas[0].h - 1);
}

static void extremes_have_a_picture(void **state)
{
	struct axis_area areas[] = { { 0, UINT64_MAX, 0, 0 },
				     { UINT64_MAX - 1, 1, 0, 0 },
				     { UINT64_MAX, UINT64_MAX, 0, 0 } };
	struct axis none = axis_of(areas, 0), all = axis_of(areas, 3);

	(void)state;
	axis_fit(&none, 300);
	assert_int_equal(none.height, 0);
	axis_fit(&all, 300);
	assert_in_range(all.height, 30, 300);
	axis_fit(&all, 5); /* cannot be: as small as can be */
	assert_int_equal(all.height, 30);
}

static u64 seed;

static u64 chance(u64 n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (seed >> 16) % n;
}

/* Whatever the board: in order, nothing thinner than the least, no higher than was asked for. */
static void every_board_fits(void **state)
{
	(void)state;
	for (u32 round = 0; round < 2000; round++) {
		struct axis_area areas[20];
		u32 n = (u32)chance(20) + 1;
		struct axis a = axis_of(areas, n);
		u64 base = chance(GIB(4));

		for (u32 i = 0; i < n; i++) {
			areas[i] =
				(struct axis_area){ base, chance(UINT64_C(1) << chance(40)), 0, 0 };
			base += areas[i].size + chance(2) * chance(UINT64_C(1) << chance(42));
		}
		axis_fit(&a, 1000);
		assert_in_range(a.height, 10 * n, 1000);
		for (u32 i = 0; i < n; i++) {
			bool broken;
			s32 above = i ? areas[i - 1].y + areas[i - 1].h : 0;

			assert_true(areas[i].h >= 10);
			assert_int_equal(areas[i].y, above + axis_gap(&a, i, &broken));
		}
	}
}

/* ---- labels -------------------------------------------------------------------------------- */

static void labels_stand_where_they_want(void **state)
{
	struct axis_label l[] = { { 50, 20, 0 }, { 100, 20, 0 } };

	(void)state;
	assert_int_equal(axis_place(l, 2, 0, 5), 110);
	assert_int_equal(l[0].y, 40);
	assert_int_equal(l[1].y, 90);
}

static void crowded_labels_share_the_room(void **state)
{
	struct axis_label l[] = { { 100, 20, 0 }, { 100, 20, 0 }, { 100, 20, 0 } };

	(void)state;
	axis_place(l, 3, 0, 5);
	assert_int_equal(l[0].y, 65); /* the three of them around 100 */
	assert_int_equal(l[1].y, 90);
	assert_int_equal(l[2].y, 115);
	axis_place(l, 3, 80, 5);
	assert_int_equal(l[0].y, 80);
	assert_int_equal(axis_place(l, 0, 7, 5), 7);
}

static void labels_never_cover_each_other(void **state)
{
	(void)state;
	for (u32 round = 0; round < 2000; round++) {
		struct axis_label l[24];
		u32 n = (u32)chance(24) + 1;
		s32 want = 0;

		for (u32 i = 0; i < n; i++) {
			want += (s32)(chance(3) * chance(60));
			l[i] = (struct axis_label){ want, 14 + (s32)chance(40), 0 };
		}
		axis_place(l, n, 12, 6);
		assert_true(l[0].y >= 12);
		for (u32 i = 1; i < n; i++)
			assert_true(l[i].y >= l[i - 1].y + l[i - 1].h + 6);
	}
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void json_is_well_formed(void **state)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct json j;

	(void)state;
	json_begin(&j, f);
	json_object(&j, NULL);
	json_text(&j, "a", "q\"\\\n\x01");
	json_str(&j, "b", STR("\xc3\xa4\xff\xed\xa0\x80"));
	json_array(&j, "c");
	json_end_array(&j);
	json_array(&j, "d");
	json_u64(&j, NULL, UINT64_MAX);
	json_bool(&j, NULL, false);
	json_null(&j, NULL);
	json_end_array(&j);
	json_addr(&j, "e", 0x80000000);
	json_text(&j, "f", NULL);
	json_end_object(&j);
	json_end(&j);
	fclose(f);
	assert_string_equal(text,
			    "{\n  \"a\": \"q\\\"\\\\\\u000a\\u0001\",\n"
			    "  \"b\": \"\xc3\xa4\\ufffd\\ufffd\\ufffd\\ufffd\",\n"
			    "  \"c\": [],\n"
			    "  \"d\": [\n    18446744073709551615,\n    false,\n    null\n  ],\n"
			    "  \"e\": \"0x80000000\",\n  \"f\": null\n}\n");
	free(text);
}

static void utf8_is_told_from_other_bytes(void **state)
{
	static const struct {
		struct str s;
		u32 n;
	} cases[] = {
		{ STR("a"), 1 },
		{ STR("\xc2\x80"), 2 },
		{ STR("\xc1\xbf"), 0 },
		{ STR("\xe0\xa0\x80"), 3 },
		{ STR("\xe0\x9f\xbf"), 0 },
		{ STR("\xed\x9f\xbf"), 3 },
		{ STR("\xed\xa0\x80"), 0 },
		{ STR("\xf0\x90\x80\x80"), 4 },
		{ STR("\xf0\x8f\xbf\xbf"), 0 },
		{ STR("\xf4\x8f\xbf\xbf"), 4 },
		{ STR("\xf4\x90\x80\x80"), 0 },
		{ STR("\xf5\x80\x80\x80"), 0 },
		{ STR("\xc3"), 0 },
		{ STR("\xc3"
		      "a"),
		  0 },
		{ STR("\x80"), 0 },
	};

	(void)state;
	for (u32 i = 0; i < array_size(cases); i++)
		assert_int_equal(utf8_length(cases[i].s), cases[i].n);
}

/* ---- tables, words ------------------------------------------------------------------------- */

static void tables_fit_the_page(void **state)
{
	char longest[400];
	struct table t = { .n_cols = 3, .flex = 2, .indent = 2, .right = 1 };
	u32 width[TABLE_MAX_COLS];
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	memcpy(longest + 396, "end", 4);
	table_add(&t, TABLE_PLAIN, "1", longest, "last");
	table_add(&t, TABLE_DIM, "22", "", "");
	table_widths(&t, width);
	assert_int_equal(2 + width[0] + 2 + width[1] + 2 + width[2], TABLE_WIDTH);
	table_print(&t, f, false);
	fclose(f);
	assert_memory_equal(text, "   1  ...x", 10);
	assert_non_null(strstr(text, "xend  last\n  22\n"));
	assert_int_equal(strchr(text, '\n') - text, TABLE_WIDTH);
	free(text);
}

static void sizes_are_for_people(void **state)
{
	static const struct {
		u64 bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1 KiB" },
		{ 1536, "1.5 KiB" },
		{ MIB(512), "512 MiB" },
		{ GIB(2) - 1, "1.9 GiB" },
		{ MIB(100) + KIB(512), "100 MiB" },
		{ UINT64_MAX, "15 EiB" },
	};

	(void)state;
	for (u32 i = 0; i < array_size(cases); i++)
		assert_string_equal(tool_size(cases[i].bytes), cases[i].text);
}

static void foreign_text_stays_on_its_line(void **state)
{
	(void)state;
	assert_string_equal(tool_clean(STR("a\nb\x1b[31m\xff\xc3\xa4")), "a?b?[31m?\xc3\xa4");
	assert_int_equal(tool_columns("\xc3\xa4"
				      "bc"),
			 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(areas_are_to_one_scale),
		cmocka_unit_test(small_areas_are_enlarged),
		cmocka_unit_test(large_gaps_are_cut),
		cmocka_unit_test(an_address_has_its_place),
		cmocka_unit_test(extremes_have_a_picture),
		cmocka_unit_test(every_board_fits),
		cmocka_unit_test(labels_stand_where_they_want),
		cmocka_unit_test(crowded_labels_share_the_room),
		cmocka_unit_test(labels_never_cover_each_other),
		cmocka_unit_test(json_is_well_formed),
		cmocka_unit_test(utf8_is_told_from_other_bytes),
		cmocka_unit_test(tables_fit_the_page),
		cmocka_unit_test(sizes_are_for_people),
		cmocka_unit_test(foreign_text_stays_on_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
