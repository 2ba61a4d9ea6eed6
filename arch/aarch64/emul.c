/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trapped system registers. ID registers tell the guest what we really give: a table of fields
 * that pass, some up to a value, everything else reads as "not implemented" -- so a CPU newer than
 * this file does not offer its guests what nobody switches. Registers nobody gives are undefined.
 */
#include <arch/exit.h>
#include <arch/gich.h>
#include <arch/sysreg.h>

/* A register by its encoding, as the ISS of EC 0x18 packs it (without Rt and direction). */
#define SYS(op0, op1, crn, crm, op2)                                                               \
	(field_put(ISS_SYS_OP0, op0) | field_put(ISS_SYS_OP1, op1) | field_put(ISS_SYS_CRN, crn) | \
	 field_put(ISS_SYS_CRM, crm) | field_put(ISS_SYS_OP2, op2))
#define SYS_KEY (ISS_SYS_OP0 | ISS_SYS_OP1 | ISS_SYS_CRN | ISS_SYS_CRM | ISS_SYS_OP2)

#define SYS_ICC_DIR    SYS(3, 0, 12, 11, 1)
#define SYS_ICC_SGI1R  SYS(3, 0, 12, 11, 5)
#define SYS_ICC_ASGI1R SYS(3, 0, 12, 11, 6)
#define SYS_ICC_SGI0R  SYS(3, 0, 12, 11, 7)
#define SYS_ICC_SRE    SYS(3, 0, 12, 12, 5)
#define SYS_ACTLR_EL1  SYS(3, 0, 1, 0, 1)
#define SYS_DC_ISW     SYS(1, 0, 7, 6, 2)
#define SYS_DC_CSW     SYS(1, 0, 7, 10, 2)
#define SYS_DC_CISW    SYS(1, 0, 7, 14, 2)

/* All four-bit ID fields of a register are named by their lowest bit. */
#define F(lo) BITS((lo) + 3, lo)

/*
 * ID register: what passes from the CPU, and what is set on top of that. Reading it on the host
 * is a macro because MRS takes no variable. Not listed: reads as zero.
 */
struct id_reg {
	u64 key;
	u64 pass;
	u64 set;
};

enum id_index {
	PFR0,
	PFR1,
	DFR0,
	ISAR0,
	ISAR1,
	MMFR0,
	MMFR1,
	MMFR2,
	N_ID
};

static const struct id_reg id_regs[N_ID] = {
	/* EL0 and EL1 are AArch64 only; FP, SIMD, system-register GIC, DIT, CSV2, CSV3 */
	[PFR0] = { SYS(3, 0, 0, 4, 0), F(16) | F(20) | F(24) | F(48) | F(56) | F(60), 0x11 },
	/* BTI, SSBS; no MTE, no SME */
	[PFR1] = { SYS(3, 0, 0, 4, 1), F(0) | F(4), 0 },
	/* Armv8.0 debug with the least of breakpoints; no PMU, no trace */
	[DFR0] = { SYS(3, 0, 0, 5, 0), 0, 0x101006 },
	/* Crypto, CRC32, atomics, RDM, dot product, flag and TLB-range instructions, RNDR */
	[ISAR0] = { SYS(3, 0, 0, 6, 0), ~(F(24) | F(0)), 0 },
	/* DPB, JSCVT, FCMA, LRCPC, FRINT, SB, BF16, DGH, I8MM; no pointer authentication */
	[ISAR1] = { SYS(3, 0, 0, 6, 1),
		    F(0) | F(12) | F(16) | F(20) | F(32) | F(36) | F(44) | F(48) | F(52), 0 },
	/* ASID size, endianness; PARange, granules: id_mmfr0() */
	[MMFR0] = { SYS(3, 0, 0, 7, 0), F(4) | F(8) | F(16) | F(20) | F(24), 0 },
	/* Hardware access and dirty flags, HPDS, PAN */
	[MMFR1] = { SYS(3, 0, 0, 7, 1), F(0) | F(12) | F(20) | F(36), 0 },
	/* CnP, UAO, LSM, CCIDX, ST, AT, IDS, TTL, BBM, E0PD */
	[MMFR2] = { SYS(3, 0, 0, 7, 2),
		    F(0) | F(4) | F(8) | F(20) | F(28) | F(32) | F(36) | F(48) | F(52) | F(60), 0 },
};

static u64 id_read_host(enum id_index i)
{
	switch (i) {
	case PFR0:
		return sysreg_read(id_aa64pfr0_el1);
	case PFR1:
		return sysreg_read(id_aa64pfr1_el1);
	case ISAR0:
		return sysreg_read(id_aa64isar0_el1);
	case ISAR1:
		return sysreg_read(id_aa64isar1_el1);
	case MMFR0:
		return sysreg_read(id_aa64mmfr0_el1);
	case MMFR1:
		return sysreg_read(id_aa64mmfr1_el1);
	case MMFR2:
		return sysreg_read(id_aa64mmfr2_el1);
	case DFR0:
	case N_ID:
	default:
		return 0;
	}
}

/* Fields whose higher values promise registers or tables that guests are not given. */
static const struct id_cap {
	enum id_index reg;
	u64 field;
	u64 max;
} id_caps[] = {
	{ PFR0, F(56), 1 },  /* CSV2: 2 has SCXTNUM_ELx */
	{ ISAR0, F(20), 2 }, /* Atomic: 3 has 128-bit ones */
	{ MMFR0, F(20), 1 }, /* TGran16: 2 has 52-bit addresses */
	{ MMFR1, F(0), 2 },  /* HAFDBS: flags of pages, not of tables */
	{ MMFR1, F(20), 3 }, /* PAN */
};

static u64 id_cap(enum id_index reg, u64 value)
{
	for (u32 i = 0; i < array_size(id_caps); i++) {
		const struct id_cap *c = &id_caps[i];

		if (c->reg == reg && field_get(c->field, value) > c->max)
			value = (value & ~c->field) | field_put(c->field, c->max);
	}
	return value;
}

#define PARANGE_40  UINT64_C(2)
#define TGRAN4_NONE UINT64_C(0xf)

/* Physical addresses as large as stage 2 is; 4 KiB pages without the 52-bit form of them. */
static u64 id_mmfr0(u64 host)
{
	u64 tgran4 = field_get(F(28), host) == TGRAN4_NONE ? TGRAN4_NONE : 0;

	return MIN(host & F(0), PARANGE_40) | field_put(F(28), tgran4);
}

/* A CPU may have a GICv3's registers before a GICv2: guests get none then (cpu.c). */
static u64 id_pass(enum id_index reg)
{
	return id_regs[reg].pass & ~(reg == PFR0 && gich_present() ? F(24) : 0);
}

static u64 id_value(u64 key)
{
	for (u32 i = 0; i < N_ID; i++) {
		const struct id_reg *r = &id_regs[i];
		u64 host;

		if (r->key != key)
			continue;
		host = id_read_host((enum id_index)i);
		return id_cap((enum id_index)i, host & id_pass((enum id_index)i)) | r->set |
		       (i == MMFR0 ? id_mmfr0(host) : 0);
	}
	return 0;
}

/* One answer for all time: registers that guests may read, and whose writes change nothing. */
static bool read_fixed(u64 key, u64 *value)
{
	if (key != SYS_ICC_SRE || gich_present())
		return false;
	*value = ICC_SRE_ALL;
	return true;
}

static bool is_id_space(u64 iss)
{
	u64 mask = ISS_SYS_OP0 | ISS_SYS_OP1 | ISS_SYS_CRN;

	return (iss & mask) == SYS(3, 0, 0, 0, 0);
}

/* External debug, breakpoints, watchpoints, OS lock: read as zero, writes ignored. */
static bool is_debug_space(u64 iss)
{
	return (iss & (ISS_SYS_OP0 | ISS_SYS_OP1)) == SYS(2, 0, 0, 0, 0);
}

static bool reads_as_zero(u64 key)
{
	switch (key) {
	case SYS_ACTLR_EL1:
	/*
	 * Set/way maintenance cannot be honoured for one guest alone and need not be: our stage 2
	 * is write-back everywhere, and what we load is cleaned to memory beforehand.
	 */
	case SYS_DC_ISW:
	case SYS_DC_CSW:
	case SYS_DC_CISW:
		return true;
	default:
		return is_debug_space(key);
	}
}

/* ICC_SGI1R_EL1 and friends (IHI 0069 12.2.20). With one security state, ASGI1R is group 0. */
static void send_ipi(struct arch_vcpu *v, struct vcpu_exit *x, u64 key)
{
	u64 r = vcpu_reg_get(v, (u32)field_get(ISS_SYS_RT, v->esr));
	u64 cluster = field_get(SGIR_AFF3, r) << 32 | field_get(SGIR_AFF2, r) << 16 |
		      field_get(SGIR_AFF1, r) << 8;

	x->kind = EXIT_IPI;
	x->ipi = (struct exit_ipi){
		.line = (u32)field_get(SGIR_INTID, r),
		.group = key == SYS_ICC_SGI1R ? 1 : 0,
		.all_others = r & SGIR_IRM,
		.cluster = cluster,
		.first = (u32)field_get(SGIR_RS, r) * 16,
		.targets = (u16)field_get(SGIR_TARGETS, r),
	};
	exit_skip(v);
}

/*
 * Trapped while active interrupts had to stay behind (arch_virq_present()). Without EOImode the
 * end of interrupt deactivates, and this write has no effect (IHI 0069, ICC_DIR_EL1).
 */
static void deactivate(struct arch_vcpu *v, struct vcpu_exit *x)
{
	u64 r = vcpu_reg_get(v, (u32)field_get(ISS_SYS_RT, v->esr));

	exit_skip(v);
	x->irq = (u32)field_get(BITS(23, 0), r);
	if ((sysreg_read(ICH_VMCR_EL2) & ICH_VMCR_EOIM) && !virq_deactivate(v, x->irq))
		x->kind = EXIT_IRQ_DONE;
}

static bool is_ipi(u64 key)
{
	return key == SYS_ICC_SGI1R || key == SYS_ICC_ASGI1R || key == SYS_ICC_SGI0R;
}

void emul_sysreg(struct arch_vcpu *v, struct vcpu_exit *x)
{
	u64 key = v->esr & SYS_KEY;
	bool read = v->esr & ISS_SYS_READ;
	u32 rt = (u32)field_get(ISS_SYS_RT, v->esr);
	u64 value = 0;

	x->kind = EXIT_NONE;
	/* Before a GICv3's, there are no such registers. */
	if (is_ipi(key) && !read && likely(!(v->lr_used & LR_USED_GICH))) {
		send_ipi(v, x, key);
		return;
	}
	if (key == SYS_ICC_DIR && !read && !(v->lr_used & LR_USED_GICH)) {
		deactivate(v, x);
		return;
	}
	if (is_id_space(key) && read)
		vcpu_reg_set(v, rt, id_value(key));
	else if (read_fixed(key, &value) || reads_as_zero(key))
		vcpu_reg_set(v, read ? rt : 31, value);
	else {
		x->kind = EXIT_UNKNOWN;
		x->unknown = (struct exit_unknown){ .is_register = true, .code = v->esr };
		return;
	}
	exit_skip(v);
}
