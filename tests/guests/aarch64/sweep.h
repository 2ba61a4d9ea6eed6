/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every system register by its encoding: 2048 of one op0, op1 at a time.
 */
#pragma once

#include <machine/machine.h>

#define SWEEP_KEY(op0, op1, crn, crm, op2) \
	((u32)(op0) << 14 | (u32)(op1) << 11 | (u32)(crn) << 7 | (u32)(crm) << 3 | (u32)(op2))
#define SWEEP_ALL SWEEP_KEY(4, 0, 0, 0, 0)

/* Read, or write, the register; what happened. A read that trapped leaves *@value alone. */
struct trap sweep_read(u32 key, u64 *value);
struct trap sweep_write(u32 key, u64 value);
/* Writing something else there is the end of this guest: translation, vectors, masks. */
bool sweep_is_vital(u32 key);
/* Execute one instruction; x0 is an address of memory. */
struct trap insn_run(u32 insn);
/* "S3_0_C1_C0_0" */
const char *sweep_name(u32 key);
