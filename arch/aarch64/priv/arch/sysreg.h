/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System registers of AArch64 by name, and their fields. Registers newer than the oldest
 * assembler we use are given by encoding. Section numbers: Arm DDI 0487 (Arm ARM), Arm IHI 0069
 * (GIC architecture).
 */
#pragma once

#include <base/bits.h>

#define SYSREG_STR_(x) #x
#define SYSREG_STR(x)  SYSREG_STR_(x)

#define sysreg_read(reg)                                                        \
	({                                                                      \
		u64 sysreg_v_;                                                  \
		__asm__ volatile("mrs %0, " SYSREG_STR(reg) : "=r"(sysreg_v_)); \
		sysreg_v_;                                                      \
	})

#define sysreg_write(reg, v) \
	__asm__ volatile("msr " SYSREG_STR(reg) ", %x0" ::"rZ"((u64)(v)) : "memory")

static inline void isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

/* By their numbers: assemblers know the names only where they may use floating point. */
#define FPCR S3_3_C4_C4_0
#define FPSR S3_3_C4_C4_1

/* GIC CPU interface (IHI 0069 section 12.2) */
#define ICC_PMR_EL1	S3_0_C4_C6_0
#define ICC_IAR0_EL1	S3_0_C12_C8_0
#define ICC_DIR_EL1	S3_0_C12_C11_1
#define ICC_SGI1R_EL1	S3_0_C12_C11_5
#define ICC_IAR1_EL1	S3_0_C12_C12_0
#define ICC_EOIR1_EL1	S3_0_C12_C12_1
#define ICC_BPR1_EL1	S3_0_C12_C12_3
#define ICC_CTLR_EL1	S3_0_C12_C12_4
#define ICC_SRE_EL1	S3_0_C12_C12_5
#define ICC_IGRPEN0_EL1 S3_0_C12_C12_6
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_SRE_EL2	S3_4_C12_C9_5

#define ICC_SRE_ALL 0x7 /* SRE, no FIQ bypass, no IRQ bypass */

/* GIC virtual interface (IHI 0069 section 12.4) */
#define ICH_HCR_EL2  S3_4_C12_C11_0
#define ICH_VTR_EL2  S3_4_C12_C11_1
#define ICH_VMCR_EL2 S3_4_C12_C11_7

#define ICH_HCR_EN    BIT(0)
#define ICH_HCR_UIE   BIT(1)
#define ICH_HCR_NPIE  BIT(3)
#define ICH_HCR_TDIR  BIT(14)
#define ICH_VMCR_EOIM BIT(9)

#define ICH_VTR_LIST_REGS BITS(4, 0)
#define ICH_VTR_PRE_BITS  BITS(28, 26)

#define ICH_LR_INTID  BITS(31, 0)
#define ICH_LR_PINTID BITS(44, 32)
#define ICH_LR_EOI    BIT(41)
#define ICH_LR_PRIO   BITS(55, 48)
#define ICH_LR_GROUP  BIT(60)
#define ICH_LR_HW     BIT(61)
#define ICH_LR_STATE  BITS(63, 62)

/* ICC_SGI1R_EL1 as written by guests (IHI 0069 section 12.2.20) */
#define SGIR_TARGETS BITS(15, 0)
#define SGIR_AFF1    BITS(23, 16)
#define SGIR_INTID   BITS(27, 24)
#define SGIR_AFF2    BITS(39, 32)
#define SGIR_IRM     BIT(40)
#define SGIR_RS	     BITS(47, 44)
#define SGIR_AFF3    BITS(55, 48)

#define VDISR_EL2	S3_4_C12_C1_1
#define ID_AA64PFR0_RAS BITS(31, 28)
#define TPIDR2_EL0	S3_3_C13_C0_5
#define ID_AA64PFR1_SME BITS(27, 24)

/* HCR_EL2 (Arm ARM D19.2.48) */
#define HCR_VM	   BIT(0)
#define HCR_SWIO   BIT(1)
#define HCR_FMO	   BIT(3)
#define HCR_IMO	   BIT(4)
#define HCR_AMO	   BIT(5)
#define HCR_VSE	   BIT(8)
#define HCR_FB	   BIT(9)
#define HCR_BSU_IS BIT(10)
#define HCR_TWI	   BIT(13)
#define HCR_TWE	   BIT(14)
#define HCR_TID3   BIT(18)
#define HCR_TSC	   BIT(19)
#define HCR_TIDCP  BIT(20)
#define HCR_TACR   BIT(21)
#define HCR_TSW	   BIT(22)
#define HCR_RW	   BIT(31)
#define HCR_TLOR   BIT(35)
#define HCR_TERR   BIT(36)

/* ESR_EL2 (Arm ARM D19.2.37) */
#define ESR_EC	     BITS(31, 26)
#define ESR_IL	     BIT(25)
#define ESR_ISS	     BITS(24, 0)
#define ISS_DA_ISV   BIT(24)
#define ISS_DA_SAS   BITS(23, 22)
#define ISS_DA_SSE   BIT(21)
#define ISS_DA_SRT   BITS(20, 16)
#define ISS_DA_SF    BIT(15)
#define ISS_DA_FNV   BIT(10)
#define ISS_DA_CM    BIT(8)
#define ISS_DA_S1PTW BIT(7)
#define ISS_DA_WNR   BIT(6)
#define ISS_DA_DFSC  BITS(5, 0)
#define ISS_WFX_TI   BITS(1, 0)
#define ISS_SYS_OP0  BITS(21, 20)
#define ISS_SYS_OP2  BITS(19, 17)
#define ISS_SYS_OP1  BITS(16, 14)
#define ISS_SYS_CRN  BITS(13, 10)
#define ISS_SYS_RT   BITS(9, 5)
#define ISS_SYS_CRM  BITS(4, 1)
#define ISS_SYS_READ BIT(0)

enum esr_ec {
	EC_UNKNOWN = 0x00,
	EC_WFX = 0x01,
	EC_FP = 0x07,
	EC_HVC64 = 0x16,
	EC_SMC64 = 0x17,
	EC_SYS64 = 0x18,
	EC_IABT_LOWER = 0x20,
	EC_IABT_SAME = 0x21,
	EC_DABT_LOWER = 0x24,
	EC_DABT_SAME = 0x25,
};

static_assert(field_get(ESR_EC, 0x93800007u) == EC_DABT_LOWER, "sample ESR of a data abort");

/* Fault status (Arm ARM table of ISS encodings for data aborts), level in the low two bits */
#define FSC_KIND	       BITS(5, 2)
#define FSC_TRANSLATION	       1
#define FSC_PERMISSION	       3
#define FSC_SYNC_EXTERNAL      0x10
#define FSC_SYNC_EXTERNAL_WALK 0x14
#define FSC_ALIGNMENT	       0x21
#define FSC_TLB_CONFLICT       0x30
#define FSC_UNSUPPORTED_ATOMIC 0x35
#define FSC_LEVEL	       BITS(1, 0)

#define HPFAR_FIPA BITS(43, 4)
#define PAR_F	   BIT(0)
#define PAR_PA	   BITS(51, 12)

/* PSTATE as in SPSR_EL2 */
#define PSTATE_MODE BITS(4, 0)
#define PSTATE_EL0  0x0
#define PSTATE_EL1T 0x4
#define PSTATE_EL1H 0x5
#define PSTATE_AA32 BIT(4)
#define PSTATE_DAIF BITS(9, 6)

/* CNT*_CTL_EL0 */
#define CNT_CTL_ENABLE BIT(0)
#define CNT_CTL_IMASK  BIT(1)

/* PTE attribute indexes in MAIR_EL2 */
#define MAIR_NORMAL 0
#define MAIR_DEVICE 1
#define MAIR_VALUE  (UINT64_C(0xff) << (8 * MAIR_NORMAL) | UINT64_C(0x04) << (8 * MAIR_DEVICE))

/* SCTLR_EL2: RES1 bits (Arm ARM D19.2.117), MMU, caches, stack alignment; WXN once W^X holds */
#define SCTLR_RES1 UINT64_C(0x30c50830)
#define SCTLR_M	   BIT(0)
#define SCTLR_C	   BIT(2)
#define SCTLR_SA   BIT(3)
#define SCTLR_I	   BIT(12)
#define SCTLR_WXN  BIT(19)

/* TCR_EL2 without PS: 48-bit input, 4 KiB granule, inner shareable write-back walks */
#define TCR_RES1  (BIT(31) | BIT(23))
#define TCR_VALUE (TCR_RES1 | 16 | 1 << 8 | 1 << 10 | 3 << 12)
