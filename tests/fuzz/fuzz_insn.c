/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any four bytes as an instruction. What is decoded fits what the hypervisor does with it: at most
 * four accesses of at most eight bytes, one behind the other; registers that exist; a base that is
 * where the architecture has it. Input: words, each with an index register's value.
 */
#include <string.h>

#include "fuzz.h"

#include <base/bits.h>
#include <lib/insn.h>

#define RN BITS(9, 5)

static bool is_load_store_space(u32 word)
{
	return field_get(BITS(27, 25), word) == 4 || field_get(BITS(27, 25), word) == 6;
}

static void check_pieces(const struct insn *i)
{
	struct insn_piece piece[INSN_MAX_PIECES + 1];
	u32 n, at = 0;

	memset(piece, 0xee, sizeof(piece));
	n = insn_pieces(i, piece);
	fuzz_check(n >= 1 && n <= INSN_MAX_PIECES && piece[INSN_MAX_PIECES].width == 0xee);
	for (u32 k = 0; k < n; k++) {
		fuzz_check(piece[k].at == at && is_pow2(piece[k].width) && piece[k].width <= 8);
		fuzz_check(piece[k].reg == i->reg[0] || piece[k].reg == i->reg[1]);
		fuzz_check(piece[k].half == 0 || (piece[k].half == 1 && i->vector));
		at += piece[k].width;
	}
	fuzz_check(at == (u32)i->n_regs * i->size);
}

static void check_access(const struct insn *i, u64 index)
{
	u64 loaded;

	fuzz_check(i->n_regs == 1 || i->n_regs == 2);
	fuzz_check(is_pow2(i->size) && i->size <= (i->vector ? 16 : 8));
	fuzz_check(i->reg[0] < 32 && i->reg[1] < 32 && i->base < 32);
	fuzz_check(!i->sign || (!i->write && !i->vector && 8u * i->size < i->sign));
	fuzz_check(i->index == INSN_NO_INDEX ||
		   (i->index < 32 && i->mode == INSN_OFFSET && i->offset == 0));
	fuzz_check(i->shift <= 4 && (i->extend == 0 || i->extend == 2 || i->extend == 3 ||
				     i->extend == 6 || i->extend == 7));
	if (i->index == INSN_NO_INDEX)
		fuzz_check(insn_offset(i, index) == (u64)(s64)i->offset);
	check_pieces(i);
	loaded = insn_loaded(i, index & bits_below(8u * MIN(i->size, 8u)));
	fuzz_check(i->sign != 32 || loaded <= UINT32_MAX);
	fuzz_check(i->size == 16 || ((loaded ^ index) & bits_below(8u * i->size)) == 0);
}

static bool same(const struct insn *a, const struct insn *b)
{
	return a->kind == b->kind && a->mode == b->mode && a->write == b->write &&
	       a->vector == b->vector && a->n_regs == b->n_regs && a->size == b->size &&
	       a->reg[0] == b->reg[0] && a->reg[1] == b->reg[1] && a->sign == b->sign &&
	       a->index == b->index && a->extend == b->extend && a->shift == b->shift &&
	       a->offset == b->offset;
}

static void check_word(u32 word, u64 index)
{
	struct insn i = insn_decode(word);
	struct insn other = insn_decode(word ^ (u32)RN);

	if (!is_load_store_space(word)) {
		fuzz_check(i.kind == INSN_OTHER ||
			   ((word & 0xfff80000) == 0xd5080000 &&
			    (i.kind == INSN_NOTHING || i.kind == INSN_ZERO_BLOCK)));
		return;
	}
	if (i.kind == INSN_ACCESS)
		check_access(&i, index);
	/* The base is nothing but the base; a literal's number lies over its place. */
	if (i.mode != INSN_LITERAL) {
		fuzz_check(same(&i, &other));
		fuzz_check(i.kind != INSN_ACCESS ||
			   (i.base == field_get(RN, word) && other.base == (i.base ^ 31)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	while (n >= 12) {
		u64 index;
		u32 word;

		memcpy(&word, data, 4);
		memcpy(&index, data + 4, 8);
		check_word(word, index);
		data += 12;
		n -= 12;
	}
	return 0;
}
