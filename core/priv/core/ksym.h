/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of our own functions, for backtraces. The table is generated from the first link
 * (tools/ksyms.py) and linked in by the second; it lies behind the code in section .ksyms, so
 * that no function moves between the two. An empty table is a table.
 */
#pragma once

#include <base/types.h>

struct ksym_table {
	u64 base; /* link address of the first function */
	u64 len;  /* [base, base + len) is code */
	u32 n;
	const u32 *off;	     /* n of them, ascending, from base */
	const u32 *name_off; /* n of them, into names */
	const char *names;   /* each terminated */
};

struct ksym {
	const char *name;
	u64 off; /* of the address, from the start of the function */
};

/* The function that @addr lies in; false when it lies in none we know. */
bool ksym_lookup(u64 addr, struct ksym *out);
/* The same in any table. */
bool ksym_lookup_in(const struct ksym_table *t, u64 addr, struct ksym *out);

/* Generated. */
extern const struct ksym_table ksym_table;
