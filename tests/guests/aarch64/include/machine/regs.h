/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers as a guest sees them: system registers, the GICv3 and PL011 of the default board.
 * Written down from the manuals again, not taken from the hypervisor's headers: a number that is
 * wrong there shall be found here.
 */
#pragma once

#include <base/bits.h>

#define REG_STR_(x) #x
#define REG_STR(x)  REG_STR_(x)

#define reg_read(reg)                                                               \
	({                                                                          \
		u64 reg_v_;                                                         \
		__asm__ volatile("mrs %0, " REG_STR(reg) : "=r"(reg_v_)::"memory"); \
		reg_v_;                                                             \
	})
#define reg_write(reg, v) \
	__asm__ volatile("msr " REG_STR(reg) ", %x0\n\tisb" ::"rZ"((u64)(v)) : "memory")

/* ---- GIC CPU interface (IHI 0069, 12.2) ------------------------------------------------------ */

#define ICC_PMR	    S3_0_C4_C6_0
#define ICC_IAR0    S3_0_C12_C8_0
#define ICC_EOIR0   S3_0_C12_C8_1
#define ICC_BPR0    S3_0_C12_C8_3
#define ICC_DIR	    S3_0_C12_C11_1
#define ICC_RPR	    S3_0_C12_C11_3
#define ICC_SGI1R   S3_0_C12_C11_5
#define ICC_ASGI1R  S3_0_C12_C11_6
#define ICC_SGI0R   S3_0_C12_C11_7
#define ICC_IAR1    S3_0_C12_C12_0
#define ICC_EOIR1   S3_0_C12_C12_1
#define ICC_HPPIR1  S3_0_C12_C12_2
#define ICC_BPR1    S3_0_C12_C12_3
#define ICC_CTLR    S3_0_C12_C12_4
#define ICC_SRE	    S3_0_C12_C12_5
#define ICC_IGRPEN0 S3_0_C12_C12_6
#define ICC_IGRPEN1 S3_0_C12_C12_7

#define ICC_CTLR_EOIMODE BIT(1)
#define SGIR_ALL_OTHERS	 BIT(40)

#define INTID_SPURIOUS 1023u
#define RPR_IDLE       0xffu

/* ---- the default board ----------------------------------------------------------------------- */

#define GICD_BASE   UINT64_C(0x08000000)
#define GICD_SIZE   UINT64_C(0x10000)
#define GICR_BASE   UINT64_C(0x080a0000)
#define GICR_STRIDE UINT64_C(0x20000)
#define GICR_SGI    UINT64_C(0x10000)
#define UART_BASE   UINT64_C(0x09000000)
#define UART_SIZE   UINT64_C(0x1000)

/* ... and where there is a GICv2 (IHI 0048) */
#define GICD2_SIZE UINT64_C(0x1000)
#define GICC_BASE  UINT64_C(0x08010000)
#define GICC_SIZE  UINT64_C(0x2000)
#define GICC_CTLR  0x0000u
#define GICC_PMR   0x0004u
#define GICC_BPR   0x0008u
#define GICC_IAR   0x000cu
#define GICC_EOIR  0x0010u
#define GICC_RPR   0x0014u
#define GICC_HPPIR 0x0018u
#define GICC_ABPR  0x001cu
#define GICC_DIR   0x1000u

#define GICC_CTLR_GRP0	  BIT(0)
#define GICC_CTLR_GRP1	  BIT(1)
#define GICC_CTLR_ACKCTL  BIT(2)
#define GICC_CTLR_FIQEN	  BIT(3)
#define GICC_CTLR_EOIMODE BIT(9)

#define GICD_ITARGETSR 0x0800u
#define GICD_SGIR      0x0f00u
#define GICD_CPENDSGIR 0x0f10u
#define GICD_SPENDSGIR 0x0f20u

#define INTID_VTIMER 27u
#define INTID_PTIMER 30u
#define INTID_UART   33u
#define FIRST_SPI    32u

#define GICD_CTLR      0x0000u
#define GICD_TYPER     0x0004u
#define GICD_IIDR      0x0008u
#define GIC_IGROUPR    0x0080u
#define GIC_ISENABLER  0x0100u
#define GIC_ICENABLER  0x0180u
#define GIC_ISPENDR    0x0200u
#define GIC_ICPENDR    0x0280u
#define GIC_ISACTIVER  0x0300u
#define GIC_ICACTIVER  0x0380u
#define GIC_IPRIORITYR 0x0400u
#define GIC_ICFGR      0x0c00u
#define GICD_IROUTER   0x6000u
#define GIC_PIDR2      0xffe8u
#define GICR_TYPER     0x0008u
#define GICR_WAKER     0x0014u

#define GICD_CTLR_GRP0 BIT(0)
#define GICD_CTLR_GRP1 BIT(1)
#define GICD_CTLR_ARE  BIT(4)
#define GICD_CTLR_DS   BIT(6)

/* PL011 (DDI 0183) */
#define UART_DR	  0x00u
#define UART_FR	  0x18u
#define UART_LCR  0x2cu
#define UART_CR	  0x30u
#define UART_IMSC 0x38u
#define UART_RIS  0x3cu
#define UART_MIS  0x40u
#define UART_ICR  0x44u

#define UART_FR_RXFE BIT(4)
#define UART_FR_TXFF BIT(5)
#define UART_INT_RX  BIT(4)
#define UART_INT_TX  BIT(5)
#define UART_INT_RT  BIT(6)

/* ---- processor state ------------------------------------------------------------------------- */

#define PSTATE_EL0T UINT64_C(0x0)
#define PSTATE_EL1H UINT64_C(0x5)
#define PSTATE_AA32 BIT(4)
#define PSTATE_DAIF BITS(9, 6)

#define SCTLR_M BIT(0)
#define SCTLR_A BIT(1)
#define SCTLR_C BIT(2)
#define SCTLR_I BIT(12)

#define ESR_EC	BITS(31, 26)
#define ESR_WNR BIT(6)
#define ESR_FSC BITS(5, 0)

#define FSC_EXTERNAL  0x10u
#define FSC_ALIGNMENT 0x21u

enum ec {
	EC_UNKNOWN = 0x00,
	EC_WFX = 0x01,
	EC_ILLEGAL = 0x0e,
	EC_SVC32 = 0x11,
	EC_SVC64 = 0x15,
	EC_SYS64 = 0x18,
	EC_IABT_EL0 = 0x20,
	EC_IABT = 0x21,
	EC_PC_ALIGN = 0x22,
	EC_DABT_EL0 = 0x24,
	EC_DABT = 0x25,
	EC_SP_ALIGN = 0x26,
	EC_BRK = 0x3c,
};

#define TIMER_ENABLE  BIT(0)
#define TIMER_IMASK   BIT(1)
#define TIMER_ISTATUS BIT(2)
