/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform file's memory window cuts banks, drops those outside, and is off when empty. What may
 * not be mapped is cut out of them, in whole pages.
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

static void assert_bank(const struct hostdesc *hd, u32 i, u64 base, u64 len)
{
	assert_true(i < hd->n_mem);
	assert_int_equal(hd->mem[i].base, base);
	assert_int_equal(hd->mem[i].len, len);
}

static void holes_are_cut(void **state)
{
	struct hostdesc hd = banks((struct range){ 0, 0 });

	(void)state;
	hostdesc_cut(&hd, (struct range){ 0x50000010, 0x20 }); /* a page inside */
	assert_int_equal(hd.n_mem, 3);
	assert_bank(&hd, 0, 0x40000000, 0x10000000);
	assert_bank(&hd, 1, 0x50001000, 0x2ffff000);
	assert_bank(&hd, 2, 0x100000000, 0x80000000);
	hostdesc_cut(&hd, (struct range){ 0x50000fff, 0x2 }); /* the begin of one */
	assert_bank(&hd, 1, 0x50002000, 0x2fffe000);
	hostdesc_cut(&hd, (struct range){ 0x4ffff001, 1 }); /* the end of one */
	assert_bank(&hd, 0, 0x40000000, 0xffff000);
	hostdesc_cut(&hd, (struct range){ 0x4fff0000, 0xb0010001 }); /* over three */
	assert_int_equal(hd.n_mem, 2);
	assert_bank(&hd, 0, 0x40000000, 0xfff0000);
	assert_bank(&hd, 1, 0x100001000, 0x7ffff000);
	hostdesc_cut(&hd, (struct range){ 0x200000000, 0x1000 }); /* elsewhere */
	hostdesc_cut(&hd, (struct range){ 0x40000000, 0 });
	assert_int_equal(hd.n_mem, 2);
	hostdesc_cut(&hd, (struct range){ 0, UINT64_MAX - KIB(8) });
	assert_int_equal(hd.n_mem, 0);
}

static void holes_find_no_place(void **state)
{
	struct hostdesc hd = { .n_mem = HD_MAX_MEM };

	(void)state;
	for (u32 i = 0; i < HD_MAX_MEM; i++)
		hd.mem[i] = (struct range){ i * UINT64_C(0x1000000), 0x800000 };
	hostdesc_cut(&hd, (struct range){ 0x1200000, 0x1000 });
	assert_int_equal(hd.n_mem, HD_MAX_MEM);
	assert_bank(&hd, 1, 0x1201000, 0x5ff000); /* the larger part */
	assert_bank(&hd, 2, 0x2000000, 0x800000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_window_leaves_all),
		cmocka_unit_test(window_cuts_both_ends),
		cmocka_unit_test(banks_outside_are_dropped),
		cmocka_unit_test(holes_are_cut),
		cmocka_unit_test(holes_find_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
