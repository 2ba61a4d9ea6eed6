/* SPDX-License-Identifier: Apache-2.0 */
/* What a platform file tells the desk, and the hypervisor finds by itself. */
#pragma once

#include <base/diag.h>
#include <base/span.h>
#include <lib/hostdesc.h>

/* Said for the desk: goes before what a tree says, which a boot loader would have completed. */
enum {
	FACT_CPUS = 1,
	FACT_MEMORY = 2,
};

struct facts {
	u32 said;
	u64 cpu[HD_MAX_CPUS]; /* hardware ids */
	u32 n_cpus;	      /* 0: not known */
	u64 memory;	      /* bytes; 0: not known */
	u32 n_lines;	      /* of the interrupt controller; 0: not said */
	struct str tree;      /* a path, relative to the platform file; empty: not said */
	const char *isa;      /* NULL: not said */
};

/* @f stays empty where the file says nothing. Strings are in @a. */
void facts_read(struct span text, const char *file, struct arena *a, struct facts *f,
		struct diag *d);

/*
 * A number as people write it: decimal, 0x..., with _ between digits, and K, M, G, T (also KiB,
 * MB, ...: all of 1024) behind it. False: it is none, or more than 64 bits.
 */
bool tool_parse_size(struct str s, u64 *out);
