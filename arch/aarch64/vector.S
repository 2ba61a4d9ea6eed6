/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Into the guest and back. guest_enter() is an ordinary C function: it keeps the caller's
 * registers on the stack, loads the guest's and leaves by ERET; the exception that ends the guest
 * stores the guest's registers and returns from it. While a guest runs, SP_EL2 points at the
 * frame that guest_enter() made, so a vector finds its vCPU there without a spare register.
 *
 * Two vector tables differ only in the short lane (fast.S): the neutral one does without.
 */
#include <asm-offsets.h>
#include <arch/exit_by.h>
#include <arch/fast_regs.h>

/* guest_enter's frame: x29, x30, x19..x28, the vCPU, padding */
#define FRAME_VCPU 96
#define FRAME_SIZE 112

	.text
	.global guest_enter
guest_enter:
	stp	x29, x30, [sp, #-FRAME_SIZE]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	str	x0, [sp, #FRAME_VCPU]
	ldp	x1, x2, [x0, #VCPU_PC]
	msr	elr_el2, x1
	msr	spsr_el2, x2
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x18, x19, [x0, #144]
	ldp	x20, x21, [x0, #160]
	ldp	x22, x23, [x0, #176]
	ldp	x24, x25, [x0, #192]
	ldp	x26, x27, [x0, #208]
	ldp	x28, x29, [x0, #224]
	ldr	x30, [x0, #240]
	ldp	x0, x1, [x0]
	eret

/* Return from guest_enter(). On the stack: the guest's x0, x1; x0: what to return. */
guest_leave:
	ldr	x1, [sp, #(16 + FRAME_VCPU)]
	stp	x2, x3, [x1, #16]
	ldp	x2, x3, [sp], #16
	stp	x4, x5, [x1, #32]
	stp	x6, x7, [x1, #48]
	stp	x8, x9, [x1, #64]
	stp	x10, x11, [x1, #80]
	stp	x12, x13, [x1, #96]
	stp	x14, x15, [x1, #112]
	stp	x16, x17, [x1, #128]
	stp	x18, x19, [x1, #144]
	stp	x20, x21, [x1, #160]
	stp	x22, x23, [x1, #176]
	stp	x24, x25, [x1, #192]
	stp	x26, x27, [x1, #208]
	stp	x28, x29, [x1, #224]
	str	x30, [x1, #240]
	stp	x2, x3, [x1]
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	stp	x2, x3, [x1, #VCPU_PC]
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #FRAME_SIZE
	ret

.macro	leave why
	stp	x0, x1, [sp, #-16]!
	mov	x0, #\why
	b	guest_leave
.endm

/*
 * An exception in the hypervisor itself: always fatal. The stack may be what is broken, so the
 * CPU's panic stack is used; the two scratch registers are the guest's thread pointers, which
 * nobody will miss.
 */
.macro	host_fault
	msr	tpidr_el0, x0
	msr	tpidrro_el0, x1
	b	host_fault_entry
.endm

host_fault_entry:
	mrs	x0, elr_el2
	adr	x1, mmio_access_begin
	sub	x0, x0, x1
	cmp	x0, #(mmio_access_end - mmio_access_begin)
	b.lo	mmio_access_failed
host_fault_known:
	mov	x1, sp
	mrs	x0, tpidr_el2
	cbz	x0, 1f
	ldr	x0, [x0, #CPU_PANIC_STACK]
	b	2f
1:	ldr	x0, =arch_stacks + PANIC_STACK_TOP0	/* before the CPU has its struct */
2:	mov	sp, x0
	sub	sp, sp, #HOST_FRAME_SIZE
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	stp	x30, x1, [sp, #240]
	mrs	x0, tpidr_el0
	mrs	x1, tpidrro_el0
	stp	x0, x1, [sp]
	mrs	x0, elr_el2
	mrs	x1, spsr_el2
	stp	x0, x1, [sp, #256]
	mrs	x0, esr_el2
	mrs	x1, far_el2
	stp	x0, x1, [sp, #272]
	mov	x0, sp
	b	host_fault_report
	.ltorg

/*
 * u64 mmio_access(at, *value, kind): one access of a kind, two instructions for each. An abort in
 * here, which took x0 and x1, is not fatal: the answer is then 0, and all else as before it.
 */
	.global	mmio_access
mmio_access:
	mrs	x9, tpidr_el0
	mrs	x10, tpidrro_el0
	mrs	x11, far_el2
	ldr	x3, [x1]
	adr	x4, mmio_access_begin
	add	x4, x4, x2, lsl #3
	br	x4
mmio_access_begin:
	ldrb	w3, [x0]
	b	1f
	ldrh	w3, [x0]
	b	1f
	ldr	w3, [x0]
	b	1f
	ldr	x3, [x0]
	b	1f
	strb	w3, [x0]
	b	1f
	strh	w3, [x0]
	b	1f
	str	w3, [x0]
	b	1f
	str	x3, [x0]
mmio_access_end:
1:	str	x3, [x1]
	mov	x0, #1
	ret

mmio_access_failed:
	mrs	x0, esr_el2
	lsr	x0, x0, #26
	cmp	x0, #ESR_EC_DABT_SAME
	b.ne	host_fault_known
	adr	x0, 1f
	msr	elr_el2, x0
	eret
1:	msr	tpidr_el0, x9
	msr	tpidrro_el0, x10
	msr	far_el2, x11
	mov	x0, #0
	ret

.macro	vector_table name, on_sync, on_irq
	.balign	2048
	.global	\name
\name:
	.rept	8			/* current EL, SP_EL0 and SP_ELx */
	.balign	128
	host_fault
	.endr
	.rept	2			/* lower EL: AArch64, AArch32 */
	.balign	128
	\on_sync
	.balign	128
	\on_irq
	.balign	128
	leave	EXIT_BY_IRQ		/* FIQ: nobody routes group 0 here; let ack() find out */
	.balign	128
	leave	EXIT_BY_SERROR
	.endr
	.balign	128
.endm

.macro	neutral_sync
	leave	EXIT_BY_SYNC
.endm
.macro	neutral_irq
	leave	EXIT_BY_IRQ
.endm

#include "fast.S"

	vector_table vectors_neutral, neutral_sync, neutral_irq
	vector_table vectors_short, short_sync, short_irq
