/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reading a machine's device tree needs to know of its ISA. One implementation of each is
 * linked (components).
 */
#pragma once

#include <lib/fdt.h>
#include <lib/hostdesc.h>

/*
 * A line of the root interrupt controller from its specifier. E_UNSUP: not a controller of this
 * kind, or an interrupt of a kind we do not use; E_FORMAT: its numbers make no sense.
 */
enum status hostdesc_isa_irq(const struct dt *t, const struct dt_irq *irq, struct hd_irq *out);

/* What guests get of the root interrupt controller: guest_intc, guest_intc_cpu. */
void hostdesc_isa_intc(struct hostdesc *hd);

/* Nodes that only this ISA has: how firmware is called, which lines the CPU's timers use. */
void hostdesc_isa_nodes(const struct dt *t, struct hostdesc *hd);
