/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The honest guest: what the manuals promise, looked at from inside a VM. Words of the command
 * line: run=SUITE,... (default: all), mem=BYTES and cpus=N of the VM's file, end=ask to be told
 * by a key how to end: r restarts, everything else switches off.
 */
#include "honest.h"

static const struct suite *const suites[] = {
	&suite_boot,  &suite_id,   &suite_mem, &suite_gic,    &suite_irq,  &suite_hold,
	&suite_timer, &suite_psci, &suite_smp, &suite_switch, &suite_pass,
};

static bool is_chosen(const struct suite *s)
{
	struct str run = arg_get("run");

	/* Passed-through devices are for VM files that say so. */
	return run.n == 0 ? s != &suite_pass : list_has(run, s->name);
}

void guest_main(void)
{
	u32 n = 0;

	for (u32 i = 0; i < array_size(suites); i++)
		n += is_chosen(suites[i]) ? suites[i]->n : 0;
	say("1..%u;", n);
	for (u32 i = 0; i < array_size(suites); i++) {
		if (is_chosen(suites[i]))
			suite_run(suites[i]);
	}
	say("done: %s;", tests_passed() ? "all passed" : "some failed");
	if (str_eq_c(arg_get("end"), "ask") && key_wait() == 'r') {
		leave_traces();
		hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
	}
}
