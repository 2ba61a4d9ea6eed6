/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the boot loader to C. The flat image begins with the header of Linux's arm64 boot protocol
 * (Documentation/arch/arm64/booting.rst there), so QEMU -kernel and U-Boot booti can start it, at
 * any 2 MiB-aligned address: code before `mapped` runs where it was loaded, with the MMU off, and
 * uses PC-relative addresses only. The early tables map the image at its link address, writable
 * and executable, for the few thousand instructions until kmap_init() has made the W^X ones.
 */
#include <asm-offsets.h>
#include <arch/boot_regs.h>

	.section .head, "ax"
	.global image_head
image_head:
	b	primary_entry
	.long	0
	.quad	0			/* text_offset */
	.quad	image_mem_size		/* with .bss: linker script */
	.quad	0xa			/* little endian, 4 KiB pages, anywhere in memory */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

/* dst = physical address of sym; needs the PC to be physical */
.macro	phys dst, sym
	adrp	\dst, \sym
	add	\dst, \dst, :lo12:\sym
.endm

/* The same state for every CPU: EL2, no VHE, MMU off, all exceptions masked. x0 kept. */
.macro	enter_el2_plain
	msr	daifset, #0xf
	msr	spsel, #1
	mrs	x1, CurrentEL
	cmp	x1, #(2 << 2)
	b.ne	wrong_level
	mov_q	x1, HCR_BOOT		/* E2H clear: the registers keep their EL2 meaning */
	msr	hcr_el2, x1
	isb
	mrs	x1, hcr_el2
	tbnz	x1, #34, wrong_level	/* a CPU that has VHE only */
	mov_q	x1, SCTLR_OFF
	msr	sctlr_el2, x1
	isb
.endm

.macro	mov_q dst, val
	movz	\dst, #(((\val) >> 48) & 0xffff), lsl #48
	movk	\dst, #(((\val) >> 32) & 0xffff), lsl #32
	movk	\dst, #(((\val) >> 16) & 0xffff), lsl #16
	movk	\dst, #((\val) & 0xffff)
.endm

/* Turn the MMU on with the tables at x1 and TCR in x2; code must be mapped one to one. */
.macro	mmu_on
	mov_q	x3, MAIR_BOOT
	msr	mair_el2, x3
	msr	tcr_el2, x2
	msr	ttbr0_el2, x1
	tlbi	alle2
	ic	iallu
	dsb	nsh
	isb
	mov_q	x3, SCTLR_ON
	msr	sctlr_el2, x3
	isb
.endm

	.section .text.boot, "ax"
/* Linux's protocol: x0 = device tree (physical), x1..x3 = 0, MMU off, image cleaned to memory. */
primary_entry:
	mov	x20, x0
	enter_el2_plain
	phys	x21, image_head
	bl	early_tables
	mrs	x2, id_aa64mmfr0_el1	/* PS: what the CPU has, at most 48 bits */
	and	x2, x2, #0xf
	mov	x3, #5
	cmp	x2, x3
	csel	x2, x2, x3, lo
	mov_q	x3, TCR_BOOT
	orr	x2, x3, x2, lsl #16
	mov	x22, x2
	phys	x1, early_l0
	mmu_on
	ldr	x1, =mapped
	br	x1
mapped:
	ldr	x1, =arch_stacks + STACK_TOP0
	mov	sp, x1
	msr	tpidr_el2, xzr		/* no struct arch_cpu yet */
	ldr	x1, =vectors_neutral
	msr	vbar_el2, x1
	ldr	x0, =image_folds_start
	ldr	x1, =image_folded_start
	ldr	x2, =image_folded_end
	bl	unfold
	ldr	x0, =image_folded_start
	ldr	x1, =image_folded_end
	sub	x1, x1, x0
	bl	arch_cache_clean	/* it is code */
	ldr	x1, =image_bss_start
	ldr	x2, =image_bss_end
1:	stp	xzr, xzr, [x1]
	stp	xzr, xzr, [x1, #16]
	stp	xzr, xzr, [x1, #32]
	stp	xzr, xzr, [x1, #48]
	add	x1, x1, #64
	cmp	x1, x2
	b.lo	1b
	mov	x29, xzr		/* the end of every backtrace */
	mov	x30, xzr
	mov	x0, x20
	mov	x1, x21
	mov	x2, x22
	bl	arch_boot_main
	b	.

/* PSCI CPU_ON brings us here with x0 = struct arch_cpu (physical). */
	.global secondary_entry
secondary_entry:
	enter_el2_plain
	ldr	x22, [x0, #CPU_BOOT_TTBR]
	ldr	x2, [x0, #CPU_TCR]
	ldr	x20, [x0, #CPU_SELF]
	ldr	x21, [x0, #CPU_BOOT_STACK]
	phys	x1, early_l0
	mmu_on
	ldr	x1, =secondary_mapped
	br	x1
secondary_mapped:
	msr	ttbr0_el2, x22
	isb
	tlbi	alle2
	dsb	nsh
	isb
	mov_q	x3, SCTLR_FINAL
	msr	sctlr_el2, x3
	isb
	mov	sp, x21
	msr	tpidr_el2, x20
	ldr	x1, =vectors_neutral
	msr	vbar_el2, x1
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x20
	bl	core_cpu_boot
	b	.

/* Not at EL2: there is no console yet to say so. Park where a debugger sees it. */
wrong_level:
	wfe
	b	wrong_level

/*
 * Seven tables: L0; image L1 and L2 (2 MiB blocks, at most 1 GiB); device tree L1 and L2 (two
 * blocks); one-to-one L1 and L2 (the block with this code). Written with caches off, so lines
 * that may stand in a cache are dropped afterwards. In: x20 device tree, x21 image.
 */
early_tables:
	phys	x0, early_l0
	add	x1, x0, #(7 * 4096)
	mov	x2, x0
1:	stp	xzr, xzr, [x2]
	stp	xzr, xzr, [x2, #16]
	stp	xzr, xzr, [x2, #32]
	stp	xzr, xzr, [x2, #48]
	add	x2, x2, #64
	cmp	x2, x1
	b.lo	1b

	mov	x5, #3			/* table descriptor */
	mov_q	x6, PTE_BLOCK_NORMAL
	add	x2, x0, #(1 * 4096)	/* image L1 */
	add	x3, x0, #(2 * 4096)	/* image L2 */
	orr	x7, x2, x5
	str	x7, [x0, #(8 * (ARCH_IMAGE_VA_BITS >> 39))]
	orr	x7, x3, x5
	str	x7, [x2]
	ldr	x4, =image_mem_size
	orr	x7, x21, x6
2:	str	x7, [x3], #8
	add	x7, x7, #0x200000
	subs	x4, x4, #0x200000
	b.hi	2b

	add	x2, x0, #(3 * 4096)	/* device tree L1, L2: never executed */
	add	x3, x0, #(4 * 4096)
	orr	x7, x2, x5
	str	x7, [x0, #(8 * (ARCH_FDT_VA_BITS >> 39))]
	orr	x7, x3, x5
	str	x7, [x2]
	bic	x7, x20, #0x1fffff
	orr	x7, x7, x6
	orr	x7, x7, #(1 << 54)
	str	x7, [x3]
	add	x7, x7, #0x200000
	str	x7, [x3, #8]

	add	x2, x0, #(5 * 4096)	/* one to one L1, L2 */
	add	x3, x0, #(6 * 4096)
	ubfx	x4, x21, #39, #9
	orr	x7, x2, x5
	str	x7, [x0, x4, lsl #3]
	ubfx	x4, x21, #30, #9
	orr	x7, x3, x5
	str	x7, [x2, x4, lsl #3]
	ubfx	x4, x21, #21, #9
	bic	x7, x21, #0x1fffff
	orr	x7, x7, x6
	str	x7, [x3, x4, lsl #3]

	dmb	sy
	mrs	x3, ctr_el0
	ubfx	x3, x3, #16, #4		/* DminLine: of the shortest line, in words */
	mov	x4, #4
	lsl	x4, x4, x3
	mov	x2, x0
3:	dc	ivac, x2
	add	x2, x2, x4
	cmp	x2, x1
	b.lo	3b
	dsb	sy
	ret
	.ltorg

	.section .early, "aw", %nobits
	.balign	4096
	.global	early_l0
early_l0:
	.skip	7 * 4096
