/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations that have to be exactly the instruction they are named after: accesses a test
 * expects to trap (and that read as zero when they are skipped), calls with every register in
 * view, registers held over a switch of vCPUs.
 */
	.macro	function name
	.global	\name
\name:
	.endm

	.text
function read8
	mov	x1, x0
	mov	w0, wzr
	ldrb	w0, [x1]
	ret
function read16
	mov	x1, x0
	mov	w0, wzr
	ldrh	w0, [x1]
	ret
function read32
	mov	x1, x0
	mov	w0, wzr
	ldr	w0, [x1]
	ret
function read64
	mov	x1, x0
	mov	x0, xzr
	ldr	x0, [x1]
	ret
function write8
	strb	w1, [x0]
	ret
function write16
	strh	w1, [x0]
	ret
function write32
	str	w1, [x0]
	ret
function write64
	str	x1, [x0]
	ret

/* A fetch from nowhere returns to behind the call. */
function call_at
	stp	x29, x30, [sp, #-16]!
	blr	x0
	ldp	x29, x30, [sp], #16
	ret

/* ---- calls ----------------------------------------------------------------------------------- */

function hvc
	hvc	#0
	ret
function smc
	smc	#0
	ret

	.macro	full_call name insn
function \name
	stp	x29, x30, [sp, #-32]!
	str	x0, [sp, #16]
	mov	x30, x0
	ldp	x0, x1, [x30]
	ldp	x2, x3, [x30, #16]
	ldp	x4, x5, [x30, #32]
	ldp	x6, x7, [x30, #48]
	ldp	x8, x9, [x30, #64]
	ldp	x10, x11, [x30, #80]
	ldp	x12, x13, [x30, #96]
	ldp	x14, x15, [x30, #112]
	ldp	x16, x17, [x30, #128]
	\insn	#0
	ldr	x30, [sp, #16]
	stp	x0, x1, [x30]
	stp	x2, x3, [x30, #16]
	stp	x4, x5, [x30, #32]
	stp	x6, x7, [x30, #48]
	stp	x8, x9, [x30, #64]
	stp	x10, x11, [x30, #80]
	stp	x12, x13, [x30, #96]
	stp	x14, x15, [x30, #112]
	stp	x16, x17, [x30, #128]
	ldp	x29, x30, [sp], #32
	ret
	.endm
	full_call hvc_call, hvc
	full_call smc_call, smc

/* ---- registers held -------------------------------------------------------------------------- */

/* u64 hold_gprs(u64 seed, u64 rounds): x2 to x30 hold numbers from the seed, looked at @rounds
   times; 1 when one was wrong. */
	.macro	each_gpr op
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	\op	\n
	.endr
	.endm
	.macro	fill_gpr n
	add	x\n, x0, #(\n * 64 + 1)
	.endm
	.macro	test_gpr n
	sub	x\n, x\n, #(\n * 64 + 1)
	cmp	x\n, x0
	b.ne	9f
	add	x\n, x\n, #(\n * 64 + 1)
	.endm
function hold_gprs
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	each_gpr fill_gpr
1:	each_gpr test_gpr
	subs	x1, x1, #1
	b.ne	1b
	mov	x0, xzr
	b	8f
9:	mov	x0, #1
8:	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret

	.arch	armv8-a+fp+simd
	.macro	each_q op
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	\n
	.endr
	.endm
	.macro	load_q n
	ldr	q\n, [x0, #(\n * 16)]
	.endm
	.macro	save_q n
	str	q\n, [x0, #(\n * 16)]
	.endm
/* void fp_load(const u64 v[64]); void fp_store(u64 v[64]) */
function fp_load
	each_q	load_q
	ret
function fp_store
	each_q	save_q
	ret

/* ---- below us -------------------------------------------------------------------------------- */

	.arch	armv8-a
/* void below_run(u64 pc, u64 spsr): leave by ERET; whoever catches the exception returns to
   below_back. Exceptions use our stack, which is as we left it. */
function below_run
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	isb
	eret
	.global	below_back
below_back:
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret

/* The last act of a guest: fill [x0, x1) with x2, ourselves included. */
	.global	wipe
	.balign	64
wipe:	str	x2, [x0], #8
	cmp	x0, x1
	b.lo	wipe
1:	b	1b

/* Nothing left to take an exception with. */
function stackless
	mov	sp, x0
	brk	#1
	b	.
