/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the VM files with passthrough_devices give of QEMU's virt: its clock (a PL031, Arm DDI 0224)
 * mapped, an empty virtio slot and the fw-cfg device forwarded, all elsewhere than the host has them.
 */
#pragma once

#include <machine/machine.h>

#define RTC_BASE    UINT64_C(0x0b010000)
#define INTID_RTC   34u
#define SLOT_BASE   UINT64_C(0x0b020200) /* the second of a page */
#define SLOT_SIZE   UINT64_C(0x200)
#define FW_CFG_BASE UINT64_C(0x0b030000)
#define FW_CFG_SIZE UINT64_C(0x18)

enum rtc_reg {
	RTC_DR = 0x00, /* seconds */
	RTC_MR = 0x04, /* raises the interrupt when they are the same */
	RTC_LR = 0x08,
	RTC_CR = 0x0c,
	RTC_IMSC = 0x10,
	RTC_RIS = 0x14,
	RTC_MIS = 0x18,
	RTC_ICR = 0x1c,
	RTC_PERIPHID0 = 0xfe0,
	RTC_CELLID0 = 0xff0,
};

/* Its interrupt rises now, and stays until rtc_quiet(). */
static inline void rtc_raise(void)
{
	u32 second;

	write32(RTC_BASE + RTC_IMSC, 1);
	do {
		second = read32(RTC_BASE + RTC_DR);
		write32(RTC_BASE + RTC_MR, second);
	} while (read32(RTC_BASE + RTC_DR) != second);
}

static inline void rtc_quiet(void)
{
	write32(RTC_BASE + RTC_ICR, 1);
}
