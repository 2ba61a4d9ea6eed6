/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes only an aarch64 tree has: PSCI's conduit and the architected timer's interrupts.
 */
#include <base/compiler.h>

#include "isa.h"

#define MAX_NAMES 16 /* of the timer's interrupts: the binding knows five */

static void read_psci(const struct dt *t, struct hostdesc *hd)
{
	static const char *const known[] = { "arm,psci-1.0", "arm,psci-0.2" };
	u32 n = DT_NONE;
	struct str method;

	for (size_t i = 0; i < array_size(known) && n == DT_NONE; i++)
		n = dt_find_compatible(t, 0, known[i]);
	if (n == DT_NONE || !dt_str(t, n, "method", 0, &method))
		return;
	if (str_eq_c(method, "smc"))
		hd->conduit = HD_CONDUIT_SMC;
	else if (str_eq_c(method, "hvc"))
		hd->conduit = HD_CONDUIT_HVC;
}

/* By name where the tree gives names, else by the binding's order. */
static u32 timer_line(const struct dt *t, u32 n, const char *name, u32 position)
{
	struct dt_irq irq;
	struct hd_irq line;
	struct str s;

	if (dt_has(t, n, "interrupt-names"))
		for (position = 0;; position++) {
			if (position == MAX_NAMES || !dt_str(t, n, "interrupt-names", position, &s))
				return 0;
			if (str_eq_c(s, name))
				break;
		}
	if (dt_irq(t, n, position, &irq) != OK || hostdesc_isa_irq(t, &irq, &line) != OK)
		return 0;
	return line.line;
}

static void read_timer(const struct dt *t, struct hostdesc *hd)
{
	u32 n = dt_find_compatible(t, 0, "arm,armv8-timer");
	u32 hz;

	if (n == DT_NONE || !dt_enabled(t, n))
		return;
	hd->irq_timer_guest_phys = timer_line(t, n, "phys", 1);
	hd->irq_timer_guest_virt = timer_line(t, n, "virt", 2);
	hd->irq_timer_host = timer_line(t, n, "hyp-phys", 3);
	/* Only firmware that forgot to set the counter's frequency register writes this. */
	if (dt_u32(t, n, "clock-frequency", 0, &hz))
		hd->timer_hz = hz;
}

void hostdesc_isa_nodes(const struct dt *t, struct hostdesc *hd)
{
	read_psci(t, hd);
	read_timer(t, hd);
}
