/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform file's memory window cuts banks, drops those outside, and is off when empty.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lib/hostdesc.h>

static struct hostdesc banks(struct range window)
{
	return (struct hostdesc){
		.mem = { { 0x40000000, 0x40000000 }, { 0x100000000, 0x80000000 } },
		.n_mem = 2,
		.window = window,
	};
}

static void no_window_leaves_all(void **state)
{
	struct hostdesc hd = banks((struct range){ 0, 0 });

	(void)state;
	hostdesc_apply_window(&hd);
	assert_int_equal(hd.n_mem, 2);
	assert_int_equal(hd.mem[1].len, 0x80000000);
}

static void window_cuts_both_ends(void **state)
{
	struct hostdesc hd = banks((struct range){ 0x60000000, 0xb0000000 });

	(void)state;
	hostdesc_apply_window(&hd);
	assert_int_equal(hd.n_mem, 2);
	assert_int_equal(hd.mem[0].base, 0x60000000);
	assert_int_equal(hd.mem[0].len, 0x20000000);
	assert_int_equal(hd.mem[1].base, 0x100000000);
	assert_int_equal(hd.mem[1].len, 0x10000000);
}

static void banks_outside_are_dropped(void **state)
{
	struct hostdesc hd = banks((struct range){ 0x100000000, 0x1000000 });

	(void)state;
	hostdesc_apply_window(&hd);
	assert_int_equal(hd.n_mem, 1);
	assert_int_equal(hd.mem[0].base, 0x100000000);
	assert_int_equal(hd.mem[0].len, 0x1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_window_leaves_all),
		cmocka_unit_test(window_cuts_both_ends),
		cmocka_unit_test(banks_outside_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
