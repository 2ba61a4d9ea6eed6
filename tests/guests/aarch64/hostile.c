/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hostile guest: does one evil thing after another, by name, as typed on its console or as
 * mode=NAME says on its command line. What ends well is told as a test; some modes do not end.
 */
#include "hostile.h"

static const struct modes *const all[] = { &modes_faults, &modes_devices, &modes_below,
					   &modes_calls,  &modes_regs,	  &modes_storms,
					   &modes_ends,	  &modes_pass,	  &modes_rules };

void check_abort_at(struct trap t, u32 ec, u64 far, u32 line)
{
	check_at(t.n == 1 && trap_ec(t) == (ec ? ec : EC_DABT) && t.far == far &&
			 field_get(ESR_FSC, t.esr) == FSC_EXTERNAL,
		 "hostile", line, "at 0x%llx: %u traps, esr 0x%llx, far 0x%llx",
		 (unsigned long long)far, t.n, (unsigned long long)t.esr,
		 (unsigned long long)t.far);
}

void check_harmless_at(struct trap t, const char *what, const char *file, u32 line)
{
	u32 ec = trap_ec(t);

	check_at(t.n == 0 || ec == EC_UNKNOWN || ec == EC_DABT || ec == EC_ILLEGAL, file, line,
		 "%s: esr 0x%llx", what, (unsigned long long)t.esr);
}

static const struct test *find(struct str name)
{
	for (u32 i = 0; i < array_size(all); i++) {
		for (u32 k = 0; k < all[i]->n; k++) {
			if (str_eq_c(name, all[i]->mode[k].name))
				return &all[i]->mode[k];
		}
	}
	return NULL;
}

static void run(struct str name)
{
	const struct test *t = find(name);

	if (!t) {
		say("not ok 0 %.*s - there is no such mode;", STR_ARG(name));
		return;
	}
	irq_reset();
	test_run(t->name, t->fn);
	irq_reset();
}

void guest_main(void)
{
	char line[64];

	if (arg_get("mode").n)
		run(arg_get("mode"));
	say("ready;");
	for (;;) {
		line_read(line, sizeof(line));
		if (strcmp(line, "quit") == 0)
			return;
		if (line[0])
			run(str_of(line));
	}
}
