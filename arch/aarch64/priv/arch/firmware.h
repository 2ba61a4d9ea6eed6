/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSCI and the SMC Calling Convention, both sides: what we ask of the machine's firmware, and
 * what guests ask of us.
 */
#pragma once

#include <arch/types.h>
#include <lib/hostdesc.h>
#include <port/exit.h>

/* How the machine's firmware is called; before the first of the others. */
void firmware_init(enum hd_conduit conduit);
enum status firmware_cpu_on(u64 hw_id, u64 entry, u64 context);
/* Returns only when the firmware cannot. */
void firmware_power_off(void);

/*
 * A call of the guest by HVC or SMC (DEN0022, DEN0028). What the ISA can answer is answered in
 * the vCPU's registers and EXIT_NONE; the rest becomes a neutral exit. Calls nobody knows get
 * NOT_SUPPORTED, as SMCCC demands.
 */
void firmware_guest_call(struct arch_vcpu *v, struct vcpu_exit *x);
/* The core's answer to EXIT_CPU_ON, EXIT_CPU_STATE: into the guest's x0. */
void firmware_guest_answer(struct arch_vcpu *v, const struct vcpu_exit *x);
