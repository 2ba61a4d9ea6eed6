/* SPDX-License-Identifier: Apache-2.0 */
/* The guest of VMs that are just there: it waits for ever. */
	.section .text.start, "ax"
	.global _start
_start:
	wfi
	b	_start
