/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the short lane's assembly knows by number; asserted in firmware.c and exit.c.
 */
#pragma once

#define ESR_EC_HVC64	   0x16
#define ESR_SGI1R	   0x623a3016 /* MSR ICC_SGI1R_EL1, X0 */
#define ESR_SYS_RT_LOW	   5
#define ESR_SYS_RT	   0x3e0
#define SGIR_INTID_LOW	   24
#define SGIR_INTID_MASK	   0xf000000
#define SPI_FIRST	   32
#define LR_PINTID_LOW	   32
#define LR_PINTID_LEN	   13
#define LR_STATE_LOW	   62
#define LR_USED_SHORT	   1 /* bit of lr_used: list register 1 */
#define ESR_EC_DABT_SAME   0x25
#define SMCCC_PSCI_VERSION 0x84000000
#define PSCI_VERSION_MAJOR 1
#define PSCI_VERSION_MINOR 1
#define TIMER_VIRT_INTID   27 /* INTID of the EL1 virtual timer (BSA, Arm ARM D11.2.4) */
#define TIMER_PHYS_INTID   30

#define ICC_IAR1_EL1  S3_0_C12_C12_0
#define ICC_EOIR1_EL1 S3_0_C12_C12_1
#define ICH_LR0_EL2   S3_4_C12_C12_0
#define ICH_LR1_EL2   S3_4_C12_C12_1
