/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first instructions of a vCPU: note every register as it was found, then go to C with a
 * stack. Runs with the MMU off; addresses are the ones we are linked at.
 */
#include "offsets.h"

	.section .text.start, "ax"
	.global _start
_start:
	msr	tpidr_el1, x1
	ldr	x1, =cpus
	add	x1, x1, #CPU_ENTRY
	str	x0, [x1]
	mrs	x0, tpidr_el1
	str	x0, [x1, #8]
	bl	note_entry
	ldr	x0, =stack_top0
	mov	sp, x0
	bl	first_main
1:	wfi
	b	1b

/* Secondaries: x0 is the struct cpu. */
	.global secondary_entry
secondary_entry:
	msr	tpidr_el1, x1
	add	x1, x0, #CPU_ENTRY
	str	x0, [x1]
	mrs	x2, tpidr_el1
	str	x2, [x1, #8]
	bl	note_entry
	ldr	x0, [x1]
	ldr	x2, [x0, #CPU_STACK]
	mov	sp, x2
	b	secondary_main

/* x1: struct entry_state, with x0 and x1 filled in. x30 is ours by now: noted as 0. */
note_entry:
	stp	x2, x3, [x1, #16]
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
	mov	x2, sp
	stp	xzr, x2, [x1, #240]
	mrs	x2, CurrentEL
	mrs	x3, daif
	stp	x2, x3, [x1, #256]
	mrs	x2, sctlr_el1
	mrs	x3, mpidr_el1
	stp	x2, x3, [x1, #272]
	mrs	x2, spsel
	mrs	x3, cpacr_el1
	stp	x2, x3, [x1, #288]
	ret

/* ---- exceptions ------------------------------------------------------------------------------ */

#define FRAME_SIZE 288

	.macro	vector kind
	.balign	128
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp]
	mov	x1, #\kind
	b	take_exception
	.endm

	.text
	.balign	2048
	.global vectors
vectors:
	.rept	4
	vector	0
	vector	1
	vector	2
	vector	3
	.endr
	.balign	128

take_exception:
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
	mrs	x2, sp_el0
	stp	x30, x2, [sp, #240]
	mrs	x2, elr_el1
	mrs	x3, spsr_el1
	stp	x2, x3, [sp, #256]
	mrs	x2, esr_el1
	mrs	x3, far_el1
	stp	x2, x3, [sp, #272]
	mov	x0, sp
	bl	exception_taken
	.global leave_exception
leave_exception:
	ldp	x2, x3, [sp, #256]
	msr	elr_el1, x2
	msr	spsr_el1, x3
	ldp	x30, x2, [sp, #240]
	msr	sp_el0, x2
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	ldp	x0, x1, [sp], #16
	add	sp, sp, #(FRAME_SIZE - 16)
	eret
