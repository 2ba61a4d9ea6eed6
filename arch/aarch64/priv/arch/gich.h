/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual interface of a GICv2 (gich.c), where virq.c and vcpu.c have that of a GICv3 in
 * system registers. Which one a machine has is found out once; each vCPU carries it in a bit of
 * lr_used, which is at hand wherever list registers are.
 */
#pragma once

#include <arch/types.h>
#include <lib/hostdesc.h>
#include <port/virq.h>

#define LR_USED_GICH BIT(63)

/* Of this machine: registers in memory, reached through the direct map; false: none. */
bool gich_present(void);
/* On the boot CPU: adopt what the machine has, which its driver has mapped. */
void gich_adopt(const struct hostdesc *hd);
/* On each CPU, before its first guest. Returns how many list registers there are. */
u64 gich_cpu_init(void);

/* What virq.c does for port/arch.h, in the other registers. */
void gich_virq_present(struct arch_vcpu *v, const struct virq_entry *list, u32 n, bool more);
u32 gich_virq_collect(struct arch_vcpu *v, struct virq_entry *list);
bool gich_virq_pending(const struct arch_vcpu *v);

/* The vCPU's share of the interface, but for list registers: onto the CPU and off it. */
void gich_load(const struct arch_vcpu *v);
void gich_put(struct arch_vcpu *v);
