/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GIC's CPU interface: system registers of a GICv3, or a GICv2's in memory.
 */
#include <machine/machine.h>

static u32 kind; /* 0: not known yet */

bool is_gicv2(void)
{
	if (!kind)
		kind = field_get(BITS(27, 24), reg_read(id_aa64pfr0_el1)) ? 3 : 2;
	return kind == 2;
}

/* clang-format off */
#define CI_REGS(X) \
	X(PMR) X(RPR) X(HPPIR1) X(BPR0) X(BPR1) X(IAR0) X(IAR1) X(CTLR) X(IGRPEN0) X(IGRPEN1)
#define CI_WRITES(X) \
	X(PMR) X(BPR0) X(BPR1) X(EOIR0) X(EOIR1) X(DIR) X(CTLR) X(IGRPEN0) X(IGRPEN1)
/* clang-format on */

static u64 read_v3(enum ci reg)
{
	switch ((u32)reg) {
#define READ(name)      \
	case CI_##name: \
		return reg_read(ICC_##name);
		CI_REGS(READ)
#undef READ
	default:
		return 0;
	}
}

static void write_v3(enum ci reg, u64 v)
{
	switch ((u32)reg) {
#define WRITE(name)                       \
	case CI_##name:                   \
		reg_write(ICC_##name, v); \
		break;
		CI_WRITES(WRITE)
#undef WRITE
	default:
		break;
	}
}

static const u32 gicc[] = {
	[CI_PMR] = GICC_PMR,	  [CI_RPR] = GICC_RPR,	 [CI_HPPIR1] = GICC_HPPIR,
	[CI_BPR0] = GICC_BPR,	  [CI_BPR1] = GICC_ABPR, [CI_IAR0] = GICC_IAR,
	[CI_EOIR0] = GICC_EOIR,	  [CI_IAR1] = GICC_IAR,	 [CI_EOIR1] = GICC_EOIR,
	[CI_DIR] = GICC_DIR,	  [CI_CTLR] = GICC_CTLR, [CI_IGRPEN0] = GICC_CTLR,
	[CI_IGRPEN1] = GICC_CTLR,
};

/* An SGI's number is the lower part of what is read: its sender is kept for the end. */
static u32 ack_v2(void)
{
	u32 iar = read32(GICC_BASE + GICC_IAR);
	u32 intid = iar & 0x3ff;

	if (intid < 16)
		this_cpu()->sgi_taken[intid] = iar;
	return intid;
}

static u64 read_v2(enum ci reg)
{
	u32 v;

	if (reg == CI_IAR0 || reg == CI_IAR1)
		return ack_v2();
	v = read32(GICC_BASE + gicc[reg]);
	switch ((u32)reg) {
	case CI_HPPIR1:
		return v & 0x3ff;
	case CI_CTLR: /* as a GICv3 says it, with five bits of priority */
		return (v & GICC_CTLR_EOIMODE ? ICC_CTLR_EOIMODE : 0) | 4u << 8;
	case CI_IGRPEN0:
		return v & 1;
	case CI_IGRPEN1:
		return v >> 1 & 1;
	default:
		return v;
	}
}

static void write_control(u32 bit, bool on)
{
	u32 v = read32(GICC_BASE + GICC_CTLR) | (u32)(GICC_CTLR_ACKCTL | GICC_CTLR_FIQEN);

	write32(GICC_BASE + GICC_CTLR, on ? v | bit : v & ~bit);
}

static void write_v2(enum ci reg, u64 v)
{
	switch ((u32)reg) {
	case CI_CTLR:
		write_control((u32)GICC_CTLR_EOIMODE, v & ICC_CTLR_EOIMODE);
		break;
	case CI_IGRPEN0:
		write_control((u32)GICC_CTLR_GRP0, v & 1);
		break;
	case CI_IGRPEN1:
		write_control((u32)GICC_CTLR_GRP1, v & 1);
		break;
	case CI_EOIR0:
	case CI_EOIR1:
	case CI_DIR:
		if (v < 16)
			v = this_cpu()->sgi_taken[v];
		write32(GICC_BASE + gicc[reg], (u32)v);
		break;
	default:
		write32(GICC_BASE + gicc[reg], (u32)v);
		break;
	}
	sync_all();
}

u64 ci_read(enum ci reg)
{
	return is_gicv2() ? read_v2(reg) : read_v3(reg);
}

void ci_write(enum ci reg, u64 v)
{
	if (is_gicv2())
		write_v2(reg, v);
	else
		write_v3(reg, v);
}
