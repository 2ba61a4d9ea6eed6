/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From syndrome to struct vcpu_exit, and back: completing an access, injecting a fault. What only
 * AArch64 knows is finished here and the guest resumed; the rest surfaces in neutral words.
 */
#include <arch/exit.h>
#include <arch/exit_by.h>
#include <arch/fast_regs.h>
#include <arch/firmware.h>
#include <arch/image.h>
#include <arch/sysreg.h>
#include <port/arch.h>

void exit_skip(struct arch_vcpu *v)
{
	v->pc += 2 + 2 * field_get(ESR_IL, v->esr);
}

/* ---- injecting exceptions (Arm ARM D1.3) ----------------------------------------------------- */

/* Offsets into the guest's vector table for synchronous exceptions. */
static u64 vector_offset(u64 pstate)
{
	if (pstate & PSTATE_AA32)
		return 0x600;
	switch (pstate & PSTATE_MODE) {
	case PSTATE_EL0:
		return 0x400;
	case PSTATE_EL1T:
		return 0x000;
	default:
		return 0x200;
	}
}

#define SCTLR_EL1_SPAN	BIT(23)
#define PSTATE_PAN	BIT(22)
#define PSTATE_NZCV	BITS(31, 28)
#define PSTATE_DIT	BIT(24)
#define PSTATE_SSBS	BIT(12)
#define SCTLR_EL1_DSSBS BIT(44)

/* The vCPU is loaded: its EL1 registers are in the CPU. */
static void inject_sync(struct arch_vcpu *v, u64 esr)
{
	u64 kept = PSTATE_NZCV | PSTATE_PAN | PSTATE_DIT;
	u64 pstate = PSTATE_EL1H | PSTATE_DAIF | (v->pstate & kept);
	u64 has_pan = field_get(BITS(23, 20), sysreg_read(id_aa64mmfr1_el1));

	if (has_pan && !(sysreg_read(sctlr_el1) & SCTLR_EL1_SPAN))
		pstate |= PSTATE_PAN;
	if (sysreg_read(sctlr_el1) & SCTLR_EL1_DSSBS)
		pstate |= PSTATE_SSBS;
	sysreg_write(elr_el1, v->pc);
	sysreg_write(spsr_el1, v->pstate);
	sysreg_write(esr_el1, esr | (v->esr & ESR_IL));
	v->pc = sysreg_read(vbar_el1) + vector_offset(v->pstate);
	v->pstate = pstate;
}

void exit_inject_undefined(struct arch_vcpu *v)
{
	inject_sync(v, field_put(ESR_EC, EC_UNKNOWN));
}

static bool from_el0(const struct arch_vcpu *v)
{
	return (v->pstate & PSTATE_AA32) || (v->pstate & PSTATE_MODE) == PSTATE_EL0;
}

/*
 * An abort at the address the guest used. Where nobody answers it is what a bus says then, a
 * synchronous external one; a device that is accessed misaligned is Device memory to the guest,
 * and those accesses are alignment faults (Arm ARM B2.7.2).
 */
void arch_vcpu_inject_fault(struct arch_vcpu *v, const struct vcpu_exit *x)
{
	bool fetch = x->kind == EXIT_MEM_FAULT && x->fault.access == FAULT_FETCH;
	u64 ec = fetch ? EC_IABT_LOWER : EC_DABT_LOWER;
	u64 far = sysreg_read(far_el2);
	u64 fsc = v->fsc;

	if (x->kind == EXIT_UNKNOWN) {
		exit_inject_undefined(v);
		return;
	}
	if (x->kind == EXIT_MMIO) {
		fsc = is_aligned(x->io.addr, x->io.width) ? FSC_SYNC_EXTERNAL : FSC_ALIGNMENT;
		far = (far & ~IN_PAGE) | (x->io.addr & IN_PAGE);
	}
	if (!from_el0(v))
		ec++; /* "same level" */
	sysreg_write(far_el1, far);
	inject_sync(v, field_put(ESR_EC, ec) | fsc | (v->esr & ISS_DA_WNR));
}

/* ---- aborts ----------------------------------------------------------------------------------- */

bool exit_translate(u64 va, gpa_t *out)
{
	u64 saved = sysreg_read(par_el1);

	__asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(va) : "memory");
	u64 par = sysreg_read(par_el1);
	sysreg_write(par_el1, saved);
	*out = GPA((par & PAR_PA) | (va & IN_PAGE));
	return !(par & PAR_F);
}

/*
 * The guest-physical address of a stage-2 fault. HPFAR_EL2 holds it for translation faults and
 * for faults on stage-1 walks; for permission faults the guest's own translation is asked
 * (Arm ARM D19.2.58).
 */
static bool fault_address(u64 esr, gpa_t *out)
{
	u64 far = sysreg_read(far_el2);
	u64 page;

	if (field_get(FSC_KIND, esr) >= FSC_PERMISSION && !(esr & ISS_DA_S1PTW))
		return exit_translate(far, out);
	page = field_get(HPFAR_FIPA, sysreg_read(hpfar_el2)) << 12;
	*out = GPA(page | (esr & ISS_DA_S1PTW ? 0 : far & IN_PAGE));
	return true;
}

static void mem_fault(struct arch_vcpu *v, struct vcpu_exit *x, gpa_t gpa, enum fault_access access,
		      const char *what)
{
	x->kind = EXIT_MEM_FAULT;
	x->fault = (struct exit_fault){ gpa, access, FAULT_FORBIDDEN, what };
	if (access == FAULT_FETCH && field_get(FSC_KIND, v->esr) != FSC_PERMISSION)
		x->fault.cause = FAULT_NOTHING;
	v->fsc = FSC_SYNC_EXTERNAL;
	/* Of a table walk that left the guest's memory: "on walk", with the level it was at. */
	if (v->esr & ISS_DA_S1PTW)
		v->fsc = FSC_SYNC_EXTERNAL_WALK | (v->esr & FSC_LEVEL);
}

void exit_mem_fault(struct arch_vcpu *v, struct vcpu_exit *x, gpa_t gpa, const char *what)
{
	mem_fault(v, x, gpa, v->esr & ISS_DA_WNR ? FAULT_WRITE : FAULT_READ, what);
}

void exit_abort(struct arch_vcpu *v, struct vcpu_exit *x, gpa_t gpa, u32 fsc, const char *what)
{
	exit_mem_fault(v, x, gpa, what);
	v->fsc = fsc;
}

/*
 * Aborts that are no question of translation. What fails on a walk of stage 2 is our memory, and
 * an access to the guest's memory that fails comes here only when the machine says so: there is
 * nothing that the guest could do about either.
 */
static void other_abort(struct arch_vcpu *v, struct vcpu_exit *x)
{
	u64 fsc = field_get(ISS_DA_DFSC, v->esr);
	gpa_t gpa;

	x->kind = EXIT_NONE;
	if (fsc == FSC_TLB_CONFLICT) {
		__asm__ volatile("tlbi vmalls12e1\n\tdsb nsh\n\tisb" ::: "memory");
	} else if (fsc == FSC_ALIGNMENT || fsc == FSC_UNSUPPORTED_ATOMIC) {
		if (fault_address(v->esr, &gpa))
			exit_abort(v, x, gpa, (u32)fsc, "access this memory is not made for");
	} else {
		x->kind = EXIT_STOP;
		x->why = "the machine's memory fails (external abort)";
	}
}

static bool is_translation_kind(u64 esr)
{
	return field_get(FSC_KIND, esr) <= FSC_PERMISSION;
}

static void decode_data_abort(struct arch_vcpu *v, struct vcpu_exit *x)
{
	u64 esr = v->esr;
	gpa_t gpa;

	if (!is_translation_kind(esr)) {
		other_abort(v, x);
	} else if (!fault_address(esr, &gpa)) {
		x->kind = EXIT_NONE; /* its tables changed meanwhile: let it try again */
	} else if (esr & ISS_DA_S1PTW) {
		exit_mem_fault(v, x, gpa, "page-table walk outside of its memory");
	} else if (field_get(FSC_KIND, esr) == FSC_PERMISSION) {
		exit_mem_fault(v, x, gpa, "access its memory region does not allow");
	} else if (esr & ISS_DA_CM) {
		x->kind = EXIT_NONE; /* nothing is cached of what is not memory */
		exit_skip(v);
	} else {
		insn_access(v, x, gpa);
		if (x->kind == EXIT_MEM_FAULT)
			x->fault.cause = FAULT_UNDECODED;
	}
}

/* A load or store of one register to where no memory is, fully described by the syndrome. */
#define ISS_DA_PLAIN_MASK (ISS_DA_ISV | ISS_DA_CM | ISS_DA_S1PTW | FSC_KIND)
#define ISS_DA_PLAIN	  (ISS_DA_ISV | field_put(FSC_KIND, FSC_TRANSLATION))

static inline bool is_device_access(u64 esr)
{
	u64 mask = ESR_EC | ISS_DA_PLAIN_MASK;

	return (esr & mask) == (field_put(ESR_EC, EC_DABT_LOWER) | ISS_DA_PLAIN);
}

static inline void decode_device_access(const struct arch_vcpu *v, struct vcpu_exit *x)
{
	u64 esr = v->esr;
	/* FIPA is in bits 47..4, and the only other field is bit 63 (Arm ARM D19.2.58). */
	u64 page = sysreg_read(hpfar_el2) << 8;

	x->kind = EXIT_MMIO;
	x->io.addr = page | (sysreg_read(far_el2) & 0xfff);
	x->io.width = (u8)(1u << field_get(ISS_DA_SAS, esr));
	x->io.write = esr & ISS_DA_WNR;
	if (x->io.write)
		x->io.value = vcpu_reg_get(v, (u32)field_get(ISS_DA_SRT, esr));
}

static void decode_fetch_abort(struct arch_vcpu *v, struct vcpu_exit *x)
{
	gpa_t gpa;

	if (!is_translation_kind(v->esr)) {
		other_abort(v, x);
		return;
	}
	if (!fault_address(v->esr, &gpa)) {
		x->kind = EXIT_NONE;
		return;
	}
	mem_fault(v, x, gpa, FAULT_FETCH,
		  field_get(FSC_KIND, v->esr) == FSC_PERMISSION ?
			  "instruction fetch from memory that is not executable" :
			  "instruction fetch from an address that is not memory");
}

static_assert(EC_HVC64 == ESR_EC_HVC64, "short lane");

/* ---- the rest of the syndromes ---------------------------------------------------------------- */

static void decode_wait(struct arch_vcpu *v, struct vcpu_exit *x)
{
	/* WFI, WFIT: wait. WFE, WFET: others may use the CPU, that is what the trap is for. */
	x->kind = EXIT_IDLE;
	if (field_get(ISS_WFX_TI, v->esr) & 1)
		x->kind = EXIT_YIELD;
	exit_skip(v);
}

static void decode_sync(struct arch_vcpu *v, struct vcpu_exit *x)
{
	switch (field_get(ESR_EC, v->esr)) {
	case EC_DABT_LOWER:
		decode_data_abort(v, x);
		break;
	case EC_SYS64:
		emul_sysreg(v, x);
		break;
	case EC_HVC64:
		firmware_guest_call(v, x);
		break;
	case EC_SMC64:
		/* Trapped before it executes, unlike HVC: the PC is still at the SMC. */
		exit_skip(v);
		firmware_guest_call(v, x);
		break;
	case EC_WFX:
		decode_wait(v, x);
		break;
	case EC_IABT_LOWER:
		decode_fetch_abort(v, x);
		break;
	default:
		/* Extensions we do not give and AArch32 system registers: not there. */
		x->kind = EXIT_UNKNOWN;
		x->unknown = (struct exit_unknown){ .code = v->esr };
		break;
	}
}

static void decode_async(u64 by, struct vcpu_exit *x)
{
	switch (by & 0xff) {
	case EXIT_BY_IRQ:
		x->kind = EXIT_IRQ;
		x->irq = EXIT_IRQ_UNACKED;
		break;
	case EXIT_BY_ACKED:
		/* The handler must not overtake the acknowledge (IHI 0069, ICC_IAR1_EL1). */
		__asm__ volatile("dsb sy" ::: "memory");
		x->kind = EXIT_IRQ;
		x->irq = (u32)(by >> 8);
		break;
	default:
		/* Some access failed long after it was made; whose it was, nobody can tell. */
		x->kind = EXIT_STOP;
		x->why = "asynchronous external abort (SError)";
		break;
	}
}

static inline bool enter(struct arch_vcpu *v, struct vcpu_exit *x, u64 *by)
{
	*by = guest_enter(v);
	v->esr = sysreg_read(esr_el2);
	if (unlikely(*by != EXIT_BY_SYNC || !is_device_access(v->esr)))
		return false;
	decode_device_access(v, x);
	return true;
}

/* All but device accesses: apart from the way that those take, so that it needs few registers. */
static __attribute__((noinline)) void finish(struct arch_vcpu *v, struct vcpu_exit *x, u64 by)
{
	do {
		if (by == EXIT_BY_SYNC)
			decode_sync(v, x);
		else
			decode_async(by, x);
	} while (x->kind == EXIT_NONE && !enter(v, x, &by));
}

void arch_vcpu_run(struct arch_vcpu *v, struct vcpu_exit *x)
{
	u64 by;

	if (unlikely(!enter(v, x, &by)))
		finish(v, x, by);
}

static u64 sign_extend(u64 value, u32 width, u64 esr)
{
	u32 shift = 64 - 8 * width;

	value = (u64)((s64)(value << shift) >> shift);
	return esr & ISS_DA_SF ? value : value & UINT32_MAX;
}

void arch_vcpu_complete(struct arch_vcpu *v, const struct vcpu_exit *x)
{
	u64 value;

	if (likely(x->kind == EXIT_MMIO)) {
		exit_skip(v);
		if (x->io.write)
			return;
		value = x->io.value;
		if (unlikely(v->esr & ISS_DA_SSE))
			value = sign_extend(value, x->io.width, v->esr);
		vcpu_reg_set(v, (u32)field_get(ISS_DA_SRT, v->esr), value);
	} else if (x->kind == EXIT_MMIO_LIST) {
		insn_complete(v, x);
	} else if (x->kind == EXIT_CPU_ON || x->kind == EXIT_CPU_STATE) {
		firmware_guest_answer(v, x);
	} else if (x->kind == EXIT_UNKNOWN || x->kind == EXIT_MEM_FAULT) {
		exit_skip(v);
		if (x->kind == EXIT_UNKNOWN && x->unknown.is_register && v->esr & ISS_SYS_READ)
			vcpu_reg_set(v, (u32)field_get(ISS_SYS_RT, v->esr), UINT64_MAX);
	}
}
