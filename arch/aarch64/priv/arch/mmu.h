/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmu.c as the rest of the ISA folder sees it.
 */
#pragma once

#include <base/types.h>

/* Once, on the boot CPU, before the first arch_pt_format(PT_GUEST). */
void mmu_guest_format_init(void);
/* VTCR_EL2 for the guest format. */
u64 mmu_vtcr(void);
