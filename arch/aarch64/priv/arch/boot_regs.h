/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register values of the boot path, for assembly; cpu.c asserts that they equal what sysreg.h
 * builds from fields.
 */
#pragma once

#define HCR_BOOT	   0x80000000 /* RW: EL1 is AArch64 */
#define SCTLR_OFF	   0x30c50830 /* RES1 */
#define SCTLR_ON	   0x30c5183d /* RES1 | M | C | SA | I */
#define SCTLR_FINAL	   0x30cd183d /* and WXN */
#define TCR_BOOT	   0x80803510 /* without PS */
#define MAIR_BOOT	   0x4ff      /* 0: write-back, 1: device nGnRE */
#define PTE_BLOCK_NORMAL   0x741      /* AF, inner shareable, AP RES1, attribute 0, block */
#define ARCH_IMAGE_VA_BITS 0x0000400000000000
#define ARCH_FDT_VA_BITS   0x0000500000000000
