/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual interrupt on its way from the VM's interrupt controller to the CPU that runs a vCPU,
 * and back: the word both sides share.
 */
#pragma once

#include <base/types.h>

/* State of a presented interrupt; bits. */
#define VIRQ_PENDING 1u
#define VIRQ_ACTIVE  2u

struct virq_entry {
	u32 intid;
	u8 prio;
	u8 group;    /* as the controller numbers groups; GIC: 0 or 1 */
	u8 state;    /* VIRQ_* bits */
	bool notify; /* tell us when the guest has completed it (a level that may still be up) */
	u32 hw_irq;  /* host interrupt to be deactivated with it; 0: none */
	u32 source;  /* vCPU that sent it, where guests are told: GICv2, software-generated ones */
};

/* What may be presented to a vCPU without asking its controller: for the ISA's short lane. */
#define VIRQ_READY_HW 8u
struct virq_ready {
	struct virq_entry hw[VIRQ_READY_HW]; /* when the host interrupt behind it fires */
	u32 n_hw;
	u32 ipis;	       /* lines that it may send to itself in group ipi.group; bits */
	struct virq_entry ipi; /* what they become, but for the line */
};
