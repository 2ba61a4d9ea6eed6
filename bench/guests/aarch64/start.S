/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark guest's first instructions, its vectors, and the code that is measured. Three
 * registers belong to this file for good (the C part is compiled without them):
 *	x26	where to go on after the time was taken
 *	x27	where an interrupt goes: into the sled, so many instructions before its end
 *	x28	the time taken at the end of the sled
 * Interrupts are masked but where a shot waits for one.
 */
#define GICD_BASE 0x08000000
#define GICR_BASE 0x080a0000
#define UART_BASE 0x09000000
#define RTC_BASE  0x09010000
#define RTC_IMSC  0x10

#define ICC_PMR_EL1	S3_0_C4_C6_0
#define ICC_SRE_EL1	S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_IAR1_EL1  S3_0_C12_C12_0
#define ICC_EOIR1_EL1 S3_0_C12_C12_1
#define ICC_SGI1R_EL1 S3_0_C12_C11_5

#define PSTATE_EL1H_MASKED 0x3c5

	.section .text.start, "ax"
	.global _start
_start:
	mrs	x19, cntpct_el0		/* counts from the machine's reset */
	adr	x0, vectors
	msr	vbar_el1, x0
	mov	x0, #(3 << 20)		/* FP and SIMD free */
	msr	cpacr_el1, x0
	isb
	ldr	x0, =stack_top
	mov	sp, x0
	ldr	x1, =bss_start
	ldr	x2, =bss_end
1:	cmp	x1, x2
	b.hs	2f
	str	xzr, [x1], #8
	b	1b
2:	mov	x0, x19
	bl	main
3:	mov	x0, #0x84000000		/* PSCI SYSTEM_OFF */
	add	x0, x0, #8
	hvc	#0
	b	3b
	.ltorg

	.text
	.balign	2048
vectors:
	.rept	4
	.balign	128
	b	unexpected
	.endr
	.balign	128
	b	unexpected
	.balign	128
	br	x27
	.rept	10
	.balign	128
	b	unexpected
	.endr
	.balign	128

unexpected:
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	mrs	x2, far_el1
	b	guest_failed

/*
 * The counter ticks once in many instructions. A time taken after 0, 1, ... nops, one shot each
 * from the same start, adds up to the exact number of instructions (README.md).
 */
sled:
	.rept	16
	nop
	.endr
sled_end:
	mrs	x28, cntvct_el0
	br	x26

.macro	take_time_after nops, at
	adr	x27, sled_end
	sub	x27, x27, \nops, lsl #2
	adr	x26, \at
.endm

/*
 * x10: the counter, read in the very instruction in which it ticked. Reads are 17 instructions
 * apart, so where a tick has 16 they move against it by one until two ticks lie between two reads.
 */
.macro	align_to_tick
	mrs	x9, cntvct_el0
1:	.rept	12
	nop
	.endr
	mrs	x10, cntvct_el0
	sub	x11, x10, x9
	mov	x9, x10
	cmp	x11, #2
	b.lt	1b
.endm

/* Where bench/trace.py begins. */
.macro	mark name
	.global	at_\name
at_\name:
.endm

/* ---- loops: u64 loop_NAME(u64 n), the ticks n times took ---------------------------------- */

.macro	loop_begin name
	.global	loop_\name
	.balign	64
loop_\name:
	mov	x9, x0
.endm
.macro	loop_body name
	isb
	mrs	x10, cntvct_el0
	mark	\name
1:
.endm
.macro	loop_end
	subs	x9, x9, #1
	b.ne	1b
	mrs	x11, cntvct_el0
	sub	x0, x11, x10
	ret
.endm

	loop_begin empty
	loop_body empty
	loop_end

	loop_begin hvc_psci_version
	mov	x12, #0x84000000
	loop_body hvc_psci_version
	mov	x0, x12
	hvc	#0
	loop_end

	loop_begin hvc_unknown
	mov	x12, #0x86000000	/* vendor service nobody has */
	movk	x12, #0xff00
	loop_body hvc_unknown
	mov	x0, x12
	hvc	#0
	loop_end

	loop_begin gicd_typer
	mov	x12, #GICD_BASE
	loop_body gicd_typer
	ldr	w13, [x12, #0x4]
	loop_end

	loop_begin gicd_isenabler1
	mov	x12, #GICD_BASE
	loop_body gicd_isenabler1
	ldr	w13, [x12, #0x104]
	loop_end

	loop_begin gicr_typer
	ldr	x12, =GICR_BASE
	loop_body gicr_typer
	ldr	x13, [x12, #0x8]
	loop_end

	loop_begin uart_fr
	mov	x12, #UART_BASE
	loop_body uart_fr
	ldr	w13, [x12, #0x18]
	loop_end

	loop_begin uart_imsc
	mov	x12, #UART_BASE
	loop_body uart_imsc
	str	wzr, [x12, #0x38]
	loop_end

	loop_begin gicd_ispendr
	mov	x12, #GICD_BASE
	loop_body gicd_ispendr
	ldr	w13, [x12, #0x204]
	yield				/* to the other one, which was asked */
	loop_end

	loop_begin two_devices
	mov	x12, #GICD_BASE
	mov	x14, #UART_BASE
	loop_body two_devices
	ldr	w13, [x12, #0x4]
	ldr	w13, [x14, #0x18]
	loop_end

	loop_begin id_register
	loop_body id_register
	mrs	x13, id_aa64pfr0_el1
	loop_end

	loop_begin touch_page
	ldr	x12, =touch_area
	loop_body touch_page
	str	x9, [x12]
	add	x12, x12, #4096
	loop_end

	loop_begin fp
	fmov	d0, #1.0
	loop_body fp
	fadd	d0, d0, d0
	loop_end
	.ltorg

/* ---- shots: one event each ------------------------------------------------------------------ */

/* Takes the interrupt away, goes on behind the call. x5: its INTID. */
.macro	end_interrupt
	mrs	x5, ICC_IAR1_EL1
	msr	cntv_ctl_el0, xzr
	isb
	msr	ICC_EOIR1_EL1, x5
	isb
.endm

	.balign	64
irq_taken:
	end_interrupt
irq_return:
	mov	x6, #PSTATE_EL1H_MASKED
	msr	spsr_el1, x6
	adr	x6, shot_done
	msr	elr_el1, x6
	eret
shot_done:
	mov	x1, x5
	sub	x0, x28, x3
	ret

/* All return in x0 the ticks from the event to the time taken, in x1 the INTID. */
.macro	shot name
	.global	shot_\name
	.balign	64
shot_\name:
.endm

.macro	arm_timer			/* deadline: x0 ticks from now */
	add	x3, x10, x0
	msr	cntv_cval_el0, x3
	mov	x4, #1
	msr	cntv_ctl_el0, x4
	isb
.endm

/* (delta, nops): virtual timer to handler, while the guest computes */
	shot timer
	take_time_after x1, irq_taken
	align_to_tick
	arm_timer
	mark timer
	msr	daifclr, #2
2:	b	2b

/* (delta, nops, first): the same while the guest reads a device register again and again,
 * beginning after @first instructions */
	shot timer_busy
	take_time_after x1, irq_taken
	adr	x12, 3f
	sub	x12, x12, x2, lsl #2
	mov	x13, #GICD_BASE
	align_to_tick
	arm_timer
	mark timer_busy
	msr	daifclr, #2
	br	x12
	.rept	16
	nop
	.endr
3:	ldr	w14, [x13, #0x104]
	b	3b

/* (delta, nops): WFI with interrupts masked, timer deadline to the instruction behind */
	shot wfi
	take_time_after x1, wfi_taken
	align_to_tick
	arm_timer
	mark wfi
	wfi
	br	x27
wfi_taken:
	end_interrupt
	b	shot_done

/* (delta, nops): WFI with interrupts open, timer deadline to handler */
	shot wfi_irq
	take_time_after x1, irq_taken
	align_to_tick
	arm_timer
	mark wfi_irq
	msr	daifclr, #2
2:	wfi
	b	2b

/* (unused, nops): SGI to itself, from the write to handler */
	shot sgi
	take_time_after x1, irq_taken
	mov	x12, #1			/* INTID 0 to Aff0 = 0 */
	align_to_tick
	mov	x3, x10
	msr	daifclr, #2
	mark sgi
	msr	ICC_SGI1R_EL1, x12
2:	b	2b

/* (unused, nops): a device's interrupt, from the write that lets it through to handler; its cause
 * is there already */
	shot pass
	take_time_after x1, pass_taken
	ldr	x12, =RTC_BASE
	mov	w13, #1
	align_to_tick
	mov	x3, x10
	msr	daifclr, #2
	mark pass
	str	w13, [x12, #RTC_IMSC]
2:	b	2b
pass_taken:
	mrs	x5, ICC_IAR1_EL1
	str	wzr, [x12, #RTC_IMSC]
	dsb	sy
	msr	ICC_EOIR1_EL1, x5
	isb
	b	irq_return
	.ltorg

/* (unused, nops): what shot_sgi takes without the SGI */
	shot sgi_base
	take_time_after x1, base_taken
	mov	x12, #1
	align_to_tick
	mov	x3, x10
	msr	daifclr, #2
	br	x27
base_taken:
	msr	daifset, #2
	mov	x5, xzr
	b	shot_done

/* ---- the other vCPU ------------------------------------------------------------------------- */

/* It does what `mode` says when `go` changes, and tells so in `ready`: what it takes then, in `done`. */
#define REMOTE_NOPS  0
#define REMOTE_MODE  8
#define REMOTE_GO    16
#define REMOTE_READY 24
#define REMOTE_TIME  32
#define REMOTE_DONE  40

#define MODE_RUN  0
#define MODE_WAIT 1

	.global	secondary
secondary:
	adr	x0, vectors
	msr	vbar_el1, x0
	mov	x0, #7
	msr	ICC_SRE_EL1, x0
	isb
	mov	x0, #0xff
	msr	ICC_PMR_EL1, x0
	mov	x0, #1
	msr	ICC_IGRPEN1_EL1, x0
	isb
	adr	x26, remote_taken
	ldr	x19, =remote
remote_loop:
	msr	daifset, #2
1:	yield
	ldr	x0, [x19, #REMOTE_GO]
	ldr	x1, [x19, #REMOTE_READY]
	cmp	x0, x1
	b.eq	1b
	ldr	x2, [x19, #REMOTE_NOPS]
	adr	x27, sled_end
	sub	x27, x27, x2, lsl #2
	ldr	x3, [x19, #REMOTE_MODE]
	str	x0, [x19, #REMOTE_READY]
	cmp	x3, #MODE_WAIT
	b.hi	remote_loop		/* with interrupts masked */
	msr	daifclr, #2
	b.eq	3f
2:	yield
	b	2b
3:	wfi
	b	3b
remote_taken:
	mrs	x5, ICC_IAR1_EL1
	msr	ICC_EOIR1_EL1, x5
	isb
	str	x28, [x19, #REMOTE_TIME]
	ldr	x0, [x19, #REMOTE_READY]
	str	x0, [x19, #REMOTE_DONE]
	mov	x6, #PSTATE_EL1H_MASKED
	msr	spsr_el1, x6
	adr	x6, remote_loop
	msr	elr_el1, x6
	eret

/* (unused, nops): SGI to the other vCPU, from the write to its handler. Our own waiting costs
 * nothing: a yield gives the emulator's only thread to the other CPU. */
.macro	shot_remote name, mode
	shot \name
	ldr	x12, =remote
	str	x1, [x12, #REMOTE_NOPS]
	mov	x3, #\mode
	str	x3, [x12, #REMOTE_MODE]
	ldr	x4, [x12, #REMOTE_GO]
	add	x4, x4, #1
	str	x4, [x12, #REMOTE_GO]
1:	yield
	ldr	x5, [x12, #REMOTE_READY]
	cmp	x4, x5
	b.ne	1b
	yield
	mov	x13, #(1 << 24)		/* INTID 1 to Aff0 = 1 */
	orr	x13, x13, #2
	align_to_tick
	mov	x3, x10
	nop
	mark \name
	msr	ICC_SGI1R_EL1, x13
2:	yield
	ldr	x5, [x12, #REMOTE_DONE]
	cmp	x4, x5
	b.ne	2b
	ldr	x0, [x12, #REMOTE_TIME]
	sub	x0, x0, x3
	mov	x1, #1
	ret
.endm

	shot_remote sgi_running, MODE_RUN
	shot_remote sgi_waiting, MODE_WAIT
	.ltorg

	.bss
	.balign	16
	.global	remote
remote:
	.space	48
	.space	16384
stack_top:
