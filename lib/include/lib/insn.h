/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a load or store instruction would do, for accesses to devices that the CPU's syndrome does
 * not describe. Pure: an instruction word gives a value, and nothing is read or written here. A
 * word that is not understood is INSN_OTHER, never a guess.
 */
#pragma once

#include <base/types.h>

enum insn_kind {
	INSN_OTHER,	 /* no load or store, or one that nobody uses on devices */
	INSN_ACCESS,	 /* loads or stores that a device can answer one after the other */
	INSN_NOTHING,	 /* a hint or cache maintenance: nothing happens to a device */
	INSN_EXCLUSIVE,	 /* one half of an exclusive pair */
	INSN_ATOMIC,	 /* reads and writes at once */
	INSN_ZERO_BLOCK, /* zeroes a cache line */
};

enum insn_mode {
	INSN_OFFSET,  /* at base + offset */
	INSN_PRE,     /* there, and the base becomes that */
	INSN_POST,    /* at base, which then becomes base + offset */
	INSN_LITERAL, /* at the instruction's own address + offset */
};

#define INSN_MAX_PIECES 4
#define INSN_NO_INDEX	0xff

/* Registers are numbered as in the instruction; 31 is the stack pointer as base, zero as data. */
struct insn {
	enum insn_kind kind;
	enum insn_mode mode;
	bool write;
	bool vector; /* data is in vector registers */
	u8 n_regs;   /* 1 or 2, one behind the other in memory */
	u8 size;     /* bytes of each there: 1, 2, 4, 8, 16 */
	u8 reg[2];
	u8 base;
	u8 sign;   /* sign-extended to so many bits, 32 or 64; 0: zero-extended */
	u8 index;  /* INSN_NO_INDEX: none */
	u8 extend; /* of the index, as instructions number it */
	u8 shift;  /* of the extended index */
	s32 offset;
};

/* One access to a device: part of a register. */
struct insn_piece {
	u8 reg;
	u8 half;  /* of a vector register: 0 low, 1 high */
	u8 width; /* 1, 2, 4, 8 */
	u8 at;	  /* bytes behind the address */
};

struct insn insn_decode(u32 word);
/* What the base changes by, or the address differs from it; @index: value of the index register. */
u64 insn_offset(const struct insn *i, u64 index);
/* Of an INSN_ACCESS: its accesses in order. Returns how many. */
u32 insn_pieces(const struct insn *i, struct insn_piece piece[INSN_MAX_PIECES]);
/* What a general register holds after @value was read for it. */
u64 insn_loaded(const struct insn *i, u64 value);
