/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores of A64 (Arm ARM C4.1.94, "Loads and Stores"). Encodings that are reserved, that
 * belong to extensions which guests are not given, and loads and stores of vector structures are
 * INSN_OTHER. Only what an access needs is decoded: exclusives and atomics have no operands here.
 */
#include <lib/insn.h>

#include <base/bits.h>

#define RT   BITS(4, 0)
#define RN   BITS(9, 5)
#define RT2  BITS(14, 10)
#define RM   BITS(20, 16)
#define SIZE BITS(31, 30)
#define VEC  BIT(26)
#define OPC  BITS(23, 22)
#define LOAD BIT(22)

static u32 bits(u64 field, u32 word)
{
	return (u32)field_get(field, word);
}

static s32 sign_extend(u32 value, u32 width)
{
	return (s32)(value << (32 - width)) >> (32 - width);
}

static bool is(u64 word, u64 mask, u64 value)
{
	return (word & mask) == value;
}

static struct insn of_kind(enum insn_kind kind)
{
	return (struct insn){ .kind = kind, .index = INSN_NO_INDEX };
}

static struct insn access(u32 word, u32 size)
{
	return (struct insn){
		.kind = INSN_ACCESS,
		.vector = word & VEC,
		.n_regs = 1,
		.size = (u8)size,
		.reg = { (u8)bits(RT, word), (u8)bits(RT2, word) },
		.base = (u8)bits(RN, word),
		.index = INSN_NO_INDEX,
	};
}

/* ---- one register ----------------------------------------------------------------------------- */

/* Direction and width of vector registers: opc<1> makes a byte sixteen. */
static struct insn one_vector(u32 word)
{
	u32 opc = bits(OPC, word), size = bits(SIZE, word);
	struct insn i = access(word, opc & 2 ? 16 : 1u << size);

	if (opc & 2 && size)
		return of_kind(INSN_OTHER);
	i.write = !(opc & 1);
	return i;
}

/* opc: store, load, load signed to 64 bits, load signed to 32 bits; or a prefetch. */
static struct insn one_general(u32 word)
{
	u32 opc = bits(OPC, word), size = bits(SIZE, word);
	struct insn i = access(word, 1u << size);

	if (opc == 2 && size == 3)
		return of_kind(INSN_NOTHING);
	if (opc == 3 && size >= 2)
		return of_kind(INSN_OTHER);
	i.write = opc == 0;
	i.sign = opc == 2 ? 64 : opc == 3 ? 32 : 0;
	return i;
}

static struct insn one(u32 word)
{
	return word & VEC ? one_vector(word) : one_general(word);
}

static struct insn unsigned_offset(u32 word)
{
	struct insn i = one(word);

	i.offset = (s32)(bits(BITS(21, 10), word) * i.size);
	return i;
}

/* Bits 11 and 10: unscaled, post-index, unprivileged, pre-index. */
static struct insn short_offset(u32 word)
{
	static const enum insn_mode modes[] = { INSN_OFFSET, INSN_POST, INSN_OFFSET, INSN_PRE };
	u32 how = bits(BITS(11, 10), word);
	struct insn i = one(word);

	if (how == 2 && (word & VEC))
		return of_kind(INSN_OTHER);
	if (i.kind == INSN_NOTHING)
		return of_kind(how == 0 ? INSN_NOTHING : INSN_OTHER);
	i.mode = modes[how];
	i.offset = sign_extend(bits(BITS(20, 12), word), 9);
	return i;
}

static struct insn register_offset(u32 word)
{
	struct insn i = one(word);
	u32 extend = bits(BITS(15, 13), word);

	if (!(extend & 2))
		return of_kind(INSN_OTHER);
	if (i.kind != INSN_ACCESS)
		return i;
	i.index = (u8)bits(RM, word);
	i.extend = (u8)extend;
	i.shift = word & BIT(12) ? (u8)bit_lowest(i.size) : 0;
	return i;
}

/* Size is in opc's place here, and a prefetch where a quadword would be. */
static struct insn literal(u32 word)
{
	u32 opc = bits(SIZE, word);
	struct insn i = access(word, 4u << opc);

	if (opc == 3)
		return of_kind(word & VEC ? INSN_OTHER : INSN_NOTHING);
	if (!(word & VEC) && opc == 2) {
		i.size = 4;
		i.sign = 64;
	}
	i.mode = INSN_LITERAL;
	i.offset = sign_extend(bits(BITS(23, 5), word), 19) * 4;
	return i;
}

/* LDAPUR and friends: as the unscaled ones. */
static struct insn ordered_offset(u32 word)
{
	struct insn i = one_general(word);

	if (i.kind != INSN_ACCESS || !is(word, BIT(21) | BITS(11, 10), 0))
		return of_kind(INSN_OTHER);
	i.offset = sign_extend(bits(BITS(20, 12), word), 9);
	return i;
}

/* Read-modify-write; among them LDAPR, which is a plain load. */
static struct insn atomic(u32 word)
{
	bool o3 = word & BIT(15);
	u32 opc = bits(BITS(14, 12), word);

	if (word & VEC)
		return of_kind(INSN_OTHER);
	if (!o3 || opc == 0)
		return of_kind(INSN_ATOMIC);
	if (opc == 4 && is(word, BITS(23, 22) | RM, BIT(23) | RM))
		return access(word, 1u << bits(SIZE, word));
	return of_kind(INSN_OTHER);
}

static struct insn single(u32 word)
{
	if (word & BIT(24))
		return unsigned_offset(word);
	if (!(word & BIT(21)))
		return short_offset(word);
	switch (bits(BITS(11, 10), word)) {
	case 0:
		return atomic(word);
	case 2:
		return register_offset(word);
	default:
		return of_kind(INSN_OTHER); /* pointer authentication */
	}
}

/* ---- two registers ---------------------------------------------------------------------------- */

static struct insn pair(u32 word)
{
	/* Bits 24 and 23: without allocation, post-index, offset, pre-index. */
	static const enum insn_mode modes[] = { INSN_OFFSET, INSN_POST, INSN_OFFSET, INSN_PRE };
	u32 opc = bits(SIZE, word), how = bits(BITS(24, 23), word);
	struct insn i = access(word, word & VEC ? 4u << opc : opc == 2 ? 8 : 4);

	if (opc == 3)
		return of_kind(INSN_OTHER);
	if (!(word & VEC) && opc == 1) { /* signed words; the store of that shape is of tags */
		if (!(word & LOAD) || how == 0)
			return of_kind(INSN_OTHER);
		i.sign = 64;
	}
	i.n_regs = 2;
	i.write = !(word & LOAD);
	i.mode = modes[how];
	i.offset = sign_extend(bits(BITS(21, 15), word), 7) * i.size;
	return i;
}

/* ---- ordered and exclusive ones --------------------------------------------------------------- */

#define O2 BIT(23)
#define O1 BIT(21)

static struct insn exclusive(u32 word)
{
	bool wide = bits(SIZE, word) >= 2;
	struct insn i;

	if (word & O1) {
		if (!(word & O2) && wide)
			return of_kind(INSN_EXCLUSIVE); /* pairs */
		return of_kind(bits(RT2, word) == 31 ? INSN_ATOMIC : INSN_OTHER);
	}
	if (!(word & O2))
		return of_kind(INSN_EXCLUSIVE);
	if (!is(word, RM | RT2, RM | RT2))
		return of_kind(INSN_OTHER);
	i = access(word, 1u << bits(SIZE, word));
	i.write = !(word & LOAD);
	return i;
}

/* ---- system instructions ---------------------------------------------------------------------- */

/* SYS #op1, C7, CRm, #op2, Xt: maintenance by address, and DC ZVA. */
static struct insn maintenance(u32 word)
{
	u32 op1 = bits(BITS(18, 16), word), crm = bits(BITS(11, 8), word);
	u32 op2 = bits(BITS(7, 5), word);

	if (op1 == 3 && crm == 4)
		return of_kind(op2 == 1 ? INSN_ZERO_BLOCK : INSN_OTHER);
	if (op1 == 0 && crm == 6 && op2 == 1)
		return of_kind(INSN_NOTHING); /* DC IVAC */
	/* IC IVAU; DC CVAC, CVAU, CVAP, CVADP, CIVAC */
	if (op1 == 3 && op2 == 1 && (crm == 5 || (crm >= 10 && crm <= 14)))
		return of_kind(INSN_NOTHING);
	return of_kind(INSN_OTHER);
}

struct insn insn_decode(u32 word)
{
	if (is(word, 0x3f000000, 0x08000000))
		return exclusive(word);
	if (is(word, 0x3b000000, 0x18000000))
		return literal(word);
	if (is(word, 0x3f000000, 0x19000000))
		return ordered_offset(word);
	if (is(word, 0x3a000000, 0x28000000))
		return pair(word);
	if (is(word, 0x3a000000, 0x38000000))
		return single(word);
	if (is(word, 0xfff8f000, 0xd5087000))
		return maintenance(word);
	return of_kind(INSN_OTHER);
}

/* ---- what follows from it --------------------------------------------------------------------- */

/* ExtendReg() (Arm ARM J1): UXTW, LSL, SXTW, SXTX. */
u64 insn_offset(const struct insn *i, u64 index)
{
	if (i->index == INSN_NO_INDEX)
		return (u64)(s64)i->offset;
	if (i->extend == 2)
		index = (u32)index;
	else if (i->extend == 6)
		index = (u64)(s64)(s32)(u32)index;
	return index << i->shift;
}

u32 insn_pieces(const struct insn *i, struct insn_piece piece[INSN_MAX_PIECES])
{
	u32 halves = i->size == 16 ? 2 : 1;
	u32 width = i->size / halves;
	u32 n = 0;

	for (u32 r = 0; r < i->n_regs; r++) {
		for (u32 h = 0; h < halves; h++, n++)
			piece[n] =
				(struct insn_piece){ i->reg[r], (u8)h, (u8)width, (u8)(n * width) };
	}
	return n;
}

u64 insn_loaded(const struct insn *i, u64 value)
{
	u32 unused = 64 - 8u * i->size;

	if (!i->sign)
		return value;
	value = (u64)((s64)(value << unused) >> unused);
	return i->sign == 32 ? (u32)value : value;
}
