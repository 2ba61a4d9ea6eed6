/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short lane: exits finished before the guest's registers are saved, with the same observable
 * state as the neutral lane (arch_set_lane() turns it off). What is here has a figure that says
 * why (instructions of the whole operation, guest's part included, neutral lane -> here):
 *	PSCI_VERSION by HVC	bench: hvc_psci_version
 *	virtual timer interrupt	bench: vtimer_irq
 */
#include <arch/fast_regs.h>

/* 128 bytes are 32 instructions: both fit their vector slot. */
.macro	short_sync
	stp	x0, x1, [sp, #-16]!
	mrs	x1, esr_el2
	lsr	x1, x1, #26
	cmp	x1, #ESR_EC_HVC64
	b.ne	1f
	movz	w1, #(SMCCC_PSCI_VERSION >> 16), lsl #16
	cmp	w0, w1
	b.ne	1f
	movz	w0, #PSCI_VERSION_MINOR
	movk	w0, #PSCI_VERSION_MAJOR, lsl #16
	ldr	x1, [sp, #8]
	add	sp, sp, #16
	eret
1:	mov	x0, #EXIT_BY_SYNC
	b	guest_leave
.endm

/*
 * The guest's virtual timer: timer_lr is what list register 0 (kept for it) has to hold, with the
 * host's interrupt tied to it, so that the guest's end of interrupt deactivates both (GIC
 * architecture, section 6.3.4). The interrupt cannot have come again while list register 0 is in
 * use, because it stays active on the host until the guest has ended it.
 */
.macro	short_irq
	stp	x0, x1, [sp, #-16]!
	mrs	x0, ICC_IAR1_EL1
	cmp	w0, #TIMER_VIRT_INTID
	b.ne	1f
	ldr	x1, [sp, #(16 + FRAME_VCPU)]
	ldr	x1, [x1, #VCPU_TIMER_LR]
	cbz	x1, 1f
	msr	ICH_LR0_EL2, x1
	msr	ICC_EOIR1_EL1, x0
	ldp	x0, x1, [sp], #16
	eret
1:	lsl	x0, x0, #8
	orr	x0, x0, #EXIT_BY_ACKED
	b	guest_leave
.endm
