/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/insn: what follows from a decoded instruction, and every word there is in classes where that
 * can be tried. Encodings themselves are compared with the assembler's in tests/golden/insn.py.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/bits.h>
#include <lib/insn.h>

static void pieces_of(u32 word, u32 n, const struct insn_piece *want)
{
	struct insn i = insn_decode(word);
	struct insn_piece got[INSN_MAX_PIECES];

	assert_int_equal(i.kind, INSN_ACCESS);
	assert_int_equal(insn_pieces(&i, got), n);
	for (u32 k = 0; k < n; k++) {
		assert_int_equal(got[k].reg, want[k].reg);
		assert_int_equal(got[k].half, want[k].half);
		assert_int_equal(got[k].width, want[k].width);
		assert_int_equal(got[k].at, want[k].at);
	}
}

static void pieces(void **state)
{
	(void)state;
	pieces_of(0xb8004420, 1, (struct insn_piece[]){ { 0, 0, 4, 0 } }); /* str w0, [x1], #4 */
	pieces_of(0xa9400420, 2,					   /* ldp x0, x1, [x1] */
		  (struct insn_piece[]){ { 0, 0, 8, 0 }, { 1, 0, 8, 8 } });
	pieces_of(0x3dc00025, 2, /* ldr q5, [x1] */
		  (struct insn_piece[]){ { 5, 0, 8, 0 }, { 5, 1, 8, 8 } });
	pieces_of(0xad000825, 4, /* stp q5, q2, [x1] */
		  (struct insn_piece[]){
			  { 5, 0, 8, 0 }, { 5, 1, 8, 8 }, { 2, 0, 8, 16 }, { 2, 1, 8, 24 } });
}

static void offsets(void **state)
{
	struct insn i = insn_decode(0xb8245820); /* str w0, [x1, w4, uxtw #2] */
	u64 minus = UINT64_C(0xfffffffffffffffe);

	(void)state;
	assert_true(insn_offset(&i, minus) == UINT64_C(0x3fffffff8));
	i.extend = 6; /* sxtw */
	assert_true(insn_offset(&i, UINT64_C(0x12345678fffffffe)) == (u64)-8);
	i.extend = 3; /* lsl */
	assert_true(insn_offset(&i, minus) == (u64)-8);
	i = insn_decode(0xa9ff0420); /* ldp x0, x1, [x1, #-16]! */
	assert_int_equal(i.mode, INSN_PRE);
	assert_true(insn_offset(&i, 77) == (u64)-16);
}

static void signs(void **state)
{
	struct insn i = insn_decode(0x38c00420); /* ldrsb w0, [x1], #0 */

	(void)state;
	assert_true(insn_loaded(&i, 0x80) == 0xffffff80);
	assert_true(insn_loaded(&i, 0x7f) == 0x7f);
	i = insn_decode(0x38800420); /* ldrsb x0, [x1], #0 */
	assert_true(insn_loaded(&i, 0x80) == UINT64_C(0xffffffffffffff80));
	i = insn_decode(0x69400420); /* ldpsw x0, x1, [x1] */
	assert_true(insn_loaded(&i, 0x80000000) == UINT64_C(0xffffffff80000000));
	i = insn_decode(0xf8408420); /* ldr x0, [x1], #8 */
	assert_true(insn_loaded(&i, UINT64_MAX) == UINT64_MAX);
}

/* All of the top 22 bits, with registers that differ from each other: at most so much is done. */
static void every_class(void **state)
{
	struct insn_piece p[INSN_MAX_PIECES];
	u32 n_accesses = 0;

	(void)state;
	for (u32 top = 0; top < BIT(22); top++) {
		struct insn i = insn_decode(top << 10 | 0x62);

		if (i.kind != INSN_ACCESS)
			continue;
		n_accesses++;
		assert_in_range(insn_pieces(&i, p), 1, INSN_MAX_PIECES);
		assert_int_equal(i.reg[0], 2);
		assert_true(i.mode == INSN_LITERAL || i.base == 3);
	}
	assert_true(n_accesses > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces),
		cmocka_unit_test(offsets),
		cmocka_unit_test(signs),
		cmocka_unit_test(every_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
