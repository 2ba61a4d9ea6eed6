/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suites of the honest guest.
 */
#pragma once

#include <machine/machine.h>

/* Devices in use, interrupts pending and active: what a restart must not find. */
void leave_traces(void);

extern const struct suite suite_boot, suite_id, suite_mem, suite_gic, suite_irq, suite_hold,
	suite_timer, suite_psci, suite_smp, suite_switch, suite_pass;
