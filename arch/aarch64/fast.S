/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short lane: exits finished before the guest's registers are saved, with the same observable
 * state as the neutral lane (arch_set_lane() turns it off). What is here has a figure that says
 * why (instructions of the whole operation, guest's part included, neutral lane -> here):
 *	PSCI_VERSION by HVC		bench: hvc_psci_version
 *	virtual timer interrupt		bench: timer
 *	SGI of a vCPU to itself		bench: sgi
 *	passed-through interrupt	bench: pass
 */
#include <arch/fast_regs.h>

/*
 * 128 bytes are 32 instructions: what is hot fits the vector's slot. Aborts, which are most of
 * what comes here, are told from all else by the highest bit of their class.
 */
.macro	short_sync
	stp	x0, x1, [sp, #-16]!
	mrs	x1, esr_el2
	tbnz	w1, #31, short_sync_leave
	lsr	x1, x1, #26
	cmp	x1, #ESR_EC_HVC64
	b.ne	short_sgi
	movz	w1, #(SMCCC_PSCI_VERSION >> 16), lsl #16
	cmp	w0, w1
	b.ne	short_sync_leave
	movz	w0, #PSCI_VERSION_MINOR
	movk	w0, #PSCI_VERSION_MAJOR, lsl #16
	ldr	x1, [sp, #8]
	add	sp, sp, #16
	eret
.endm

short_sync_leave:
	mov	x0, #EXIT_BY_SYNC
	b	guest_leave

/*
 * List register 1 is the short lane's for SGIs and passed-through interrupts, as long as the
 * neutral lane has not filled it. What the guest has completed there nobody else knows of.
 * x0 and x1 of the guest are on the stack; \at: where the frame is; scratch is changed.
 */
.macro	short_lr_is_taken vcpu, scratch, then
	ldr	\scratch, [\vcpu, #VCPU_LR_USED]
	tbnz	\scratch, #LR_USED_SHORT, \then
	mrs	\scratch, ICH_LR1_EL2
	lsr	\scratch, \scratch, #LR_STATE_LOW
	cbnz	\scratch, \then
.endm

/* A write to ICC_SGI1R_EL1 that names nobody but the sender, of an SGI that is ready. */
short_sgi:
	mrs	x1, esr_el2
	and	w1, w1, #~ESR_SYS_RT
	movz	w0, #(ESR_SGI1R & 0xffff)
	movk	w0, #(ESR_SGI1R >> 16), lsl #16
	cmp	w0, w1
	b.ne	short_sync_leave
	mrs	x1, esr_el2
	ubfx	x1, x1, #ESR_SYS_RT_LOW, #5
	adr	x0, 1f
	add	x0, x0, x1, lsl #3
	br	x0
1:	ldr	x0, [sp]
	b	2f
	ldr	x0, [sp, #8]
	b	2f
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
		24, 25, 26, 27, 28, 29, 30
	mov	x0, x\n
	b	2f
	.endr
	mov	x0, xzr
2:	stp	x2, x3, [sp, #-16]!
	ldr	x2, [sp, #(32 + FRAME_VCPU)]
	ldr	x1, [x2, #VCPU_SGI_SELF]
	eor	x0, x0, x1
	tst	x0, #~SGIR_INTID_MASK
	b.ne	3f
	lsr	x0, x0, #SGIR_INTID_LOW
	ldr	x1, [x2, #VCPU_SGI_READY]
	lsr	x1, x1, x0
	tbz	w1, #0, 3f
	short_lr_is_taken x2, x1, 3f
	ldr	x1, [x2, #VCPU_SGI_LR]
	orr	x0, x0, x1
	msr	ICH_LR1_EL2, x0
	mrs	x0, elr_el2
	add	x0, x0, #4
	msr	elr_el2, x0
	ldp	x2, x3, [sp], #16
	ldp	x0, x1, [sp], #16
	eret
3:	ldp	x2, x3, [sp], #16
	b	short_sync_leave

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
	b.ne	short_pass
	ldr	x1, [sp, #(16 + FRAME_VCPU)]
	ldr	x1, [x1, #VCPU_TIMER_LR]
	cbz	x1, short_irq_leave
	msr	ICH_LR0_EL2, x1
	msr	ICC_EOIR1_EL1, x0
	ldp	x0, x1, [sp], #16
	eret
.endm

short_irq_leave:
	lsl	x0, x0, #8
	orr	x0, x0, #EXIT_BY_ACKED
	b	guest_leave

/* The same for a passed-through interrupt: its value has the host's INTID in it. w0: acknowledged. */
short_pass:
	cmp	w0, #SPI_FIRST
	b.lo	short_irq_leave
	stp	x2, x3, [sp, #-16]!
	ldr	x2, [sp, #(32 + FRAME_VCPU)]
	and	x1, x0, #7
	add	x1, x2, x1, lsl #3
	ldr	x1, [x1, #VCPU_PASS_LR]
	ubfx	x3, x1, #LR_PINTID_LOW, #LR_PINTID_LEN
	cmp	w3, w0
	b.ne	1f
	short_lr_is_taken x2, x3, 1f
	msr	ICH_LR1_EL2, x1
	msr	ICC_EOIR1_EL1, x0
	ldp	x2, x3, [sp], #16
	ldp	x0, x1, [sp], #16
	eret
1:	ldp	x2, x3, [sp], #16
	b	short_irq_leave
