/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The modes of the hostile guest.
 */
#pragma once

#include <machine/machine.h>

struct modes {
	const struct test *mode;
	u32 n;
};

extern const struct modes modes_faults, modes_devices, modes_below, modes_calls, modes_regs,
	modes_storms, modes_ends, modes_pass, modes_rules;

/* How long a storm lasts. */
#define STORM_MS 500

/* An abort of @ec (0: any data abort) that the hypervisor gave for @far. */
#define check_abort(trap, ec, at) check_abort_at(trap, ec, at, __LINE__)
void check_abort_at(struct trap t, u32 ec, u64 far, u32 line);
/* Whatever a register's owner may answer: nothing, or an exception of this kind. */
#define check_harmless(trap, what) check_harmless_at(trap, what, __FILE_NAME__, __LINE__)
void check_harmless_at(struct trap t, const char *what, const char *file, u32 line);
