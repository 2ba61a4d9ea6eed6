/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MRS and MSR are made at run time, a block of encodings at a time: making instructions visible
 * is dear, executing them is not.
 */
#include "sweep.h"

#include <base/fmt.h>

#define BLOCK 1024u

struct thunk {
	u32 read, read_ret, write, write_ret;
};

in_section(".data") alignas(64) static struct thunk thunks[BLOCK];
in_section(".data") static u32 block_made = UINT32_MAX;

#define INSN_MRS 0xd5200000u /* op0 in bits 20:19 */
#define INSN_MSR 0xd5000000u
#define INSN_RET 0xd65f03c0u

/* The key's fields lie as in the instruction, five bits lower. */
static void make_block(u32 first)
{
	for (u32 i = 0; i < BLOCK; i++) {
		u32 fields = (first + i) << 5;

		thunks[i] =
			(struct thunk){ INSN_MRS | fields, INSN_RET, INSN_MSR | fields, INSN_RET };
	}
	for (u64 at = (u64)thunks; at < (u64)(thunks + BLOCK); at += 16)
		__asm__ volatile("dc cvau, %0" ::"r"(at) : "memory");
	__asm__ volatile("dsb ish" ::: "memory");
	for (u64 at = (u64)thunks; at < (u64)(thunks + BLOCK); at += 16)
		__asm__ volatile("ic ivau, %0" ::"r"(at) : "memory");
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
	block_made = first;
}

static const struct thunk *thunk_of(u32 key)
{
	u32 first = key & ~(BLOCK - 1);

	if (first != block_made)
		make_block(first);
	return &thunks[key - first];
}

struct trap insn_run(u32 insn)
{
	register u64 x0 __asm__("x0") = (u64)thunks;

	block_made = UINT32_MAX;
	thunks[0].read = insn;
	thunks[0].read_ret = INSN_RET;
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(thunks)
			 : "memory");
	trap_begin();
	__asm__ volatile("blr %1"
			 : "+r"(x0)
			 : "r"(thunks)
			 : "x1", "x2", "x3", "x4", "x5", "x30", "memory", "cc");
	return trap_end();
}

struct trap sweep_read(u32 key, u64 *value)
{
	const u32 *at = &thunk_of(key)->read;
	struct trap t;
	u64 got;

	trap_begin();
	__asm__ volatile("mov x0, xzr\n\tblr %1\n\tmov %0, x0"
			 : "=&r"(got)
			 : "r"(at)
			 : "x0", "x30", "memory", "cc");
	t = trap_end();
	if (t.n == 0)
		*value = got;
	return t;
}

struct trap sweep_write(u32 key, u64 value)
{
	const u32 *at = &thunk_of(key)->write;

	trap_begin();
	__asm__ volatile("mov x0, %1\n\tblr %0" ::"r"(at), "r"(value)
			 : "x0", "x30", "memory", "cc");
	return trap_end();
}

bool sweep_is_vital(u32 key)
{
	switch (key) {
	case SWEEP_KEY(3, 0, 1, 0, 0):	/* SCTLR_EL1 */
	case SWEEP_KEY(3, 0, 1, 0, 3):	/* SCTLR2_EL1 */
	case SWEEP_KEY(3, 0, 2, 0, 0):	/* TTBR0_EL1 */
	case SWEEP_KEY(3, 0, 2, 0, 2):	/* TCR_EL1 */
	case SWEEP_KEY(3, 0, 2, 0, 3):	/* TCR2_EL1 */
	case SWEEP_KEY(3, 0, 10, 2, 0): /* MAIR_EL1 */
	case SWEEP_KEY(3, 0, 10, 2, 3): /* PIR_EL1 */
	case SWEEP_KEY(3, 0, 12, 0, 0): /* VBAR_EL1 */
	case SWEEP_KEY(3, 0, 4, 2, 0):	/* SPSel */
	case SWEEP_KEY(3, 3, 4, 2, 1):	/* DAIF */
		return true;
	default:
		return false;
	}
}

const char *sweep_name(u32 key)
{
	static char name[24];

	fmt_snprintf(name, sizeof(name), "S%u_%u_C%u_C%u_%u", key >> 14, key >> 11 & 7,
		     key >> 7 & 15, key >> 3 & 15, key & 7);
	return name;
}
