/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the short lane's assembly knows by number; asserted in firmware.c and exit.c.
 */
#pragma once

#define ESR_EC_HVC64	   0x16
#define SMCCC_PSCI_VERSION 0x84000000
#define PSCI_VERSION_MAJOR 1
#define PSCI_VERSION_MINOR 1
#define TIMER_VIRT_INTID   27 /* INTID of the EL1 virtual timer (BSA, Arm ARM D11.2.4) */
#define TIMER_PHYS_INTID   30

#define ICC_IAR1_EL1  S3_0_C12_C12_0
#define ICC_EOIR1_EL1 S3_0_C12_C12_1
#define ICH_LR0_EL2   S3_4_C12_C12_0
