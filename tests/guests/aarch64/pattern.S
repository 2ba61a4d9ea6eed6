/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that make the image larger than one piece of loading, and tell when a piece is missing
 * or stands in the wrong place.
 */
	.section .rodata.pattern, "a"
	.balign	8
	.global	boot_pattern, boot_pattern_end
boot_pattern:
	.set	number, 0
	.rept	40960
	.quad	number
	.set	number, number + 0x9e3779b97f4a7c15
	.endr
boot_pattern_end:
