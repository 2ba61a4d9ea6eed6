/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of our own functions, for backtraces. The table is generated from the first link
 * (tools/ksyms.py) and linked in by the second; it lies behind the code in section .ksyms, so
 * that no function moves between the two. An empty table is a table.
 */
#pragma once

#include <base/types.h>

/*
 * For each function, in ascending order: how far it begins behind the one before (behind @base for
 * the first), in units, 7 bits to a byte, low ones first, bit 7 set in all but the last; then its
 * name, ended by 0. A byte of a name from 128 on stands for two others, pairs[byte - 128].
 */
struct ksym_table {
	u64 base; /* link address of the first function */
	u64 len;  /* [base, base + len) is code */
	/* Folded code, which lies behind things that differ from link to link: where it is, and was. */
	const u8 *folded;
	u64 folded_was;
	u32 n;
	u32 unit;
	const u8 *stream;
	const u8 (*pairs)[2];
};

#define KSYM_NAME_MAX 40

struct ksym {
	u64 off; /* of the address, from the start of the function */
	char name[KSYM_NAME_MAX];
};

/* The function that @addr lies in; false when it lies in none we know. */
bool ksym_lookup(u64 addr, struct ksym *out);
/* The same in any table. */
bool ksym_lookup_in(const struct ksym_table *t, u64 addr, struct ksym *out);

/* Generated. */
extern const struct ksym_table ksym_table;
