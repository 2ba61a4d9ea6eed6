/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSCI 1.1 (Arm DEN0022) and SMCCC 1.1 (DEN0028): the host's firmware below us, and ourselves as
 * the firmware of guests. A guest reaches nothing of the machine's firmware: its calls end here.
 */
#include <arch/fast_regs.h>
#include <arch/firmware.h>
#include <arch/sysreg.h>

/* Function identifiers; the 64-bit form has bit 30 set. */
#define FN_64		   BIT(30)
#define PSCI_VERSION	   UINT64_C(0x84000000)
#define PSCI_CPU_SUSPEND   UINT64_C(0x84000001)
#define PSCI_CPU_OFF	   UINT64_C(0x84000002)
#define PSCI_CPU_ON	   UINT64_C(0x84000003)
#define PSCI_AFFINITY_INFO UINT64_C(0x84000004)
#define PSCI_MIGRATE_TYPE  UINT64_C(0x84000006)
#define PSCI_SYSTEM_OFF	   UINT64_C(0x84000008)
#define PSCI_SYSTEM_RESET  UINT64_C(0x84000009)
#define PSCI_FEATURES	   UINT64_C(0x8400000a)
#define SMCCC_VERSION	   UINT64_C(0x80000000)
#define SMCCC_FEATURES	   UINT64_C(0x80000001)

#define PSCI_SUCCESS		UINT64_C(0)
#define PSCI_NOT_SUPPORTED	(~UINT64_C(0)) /* -1 */
#define PSCI_INVALID		(~UINT64_C(1)) /* -2 */
#define PSCI_ALREADY_ON		(~UINT64_C(3)) /* -4 */
#define PSCI_ON_PENDING		(~UINT64_C(4)) /* -5 */
#define PSCI_INVALID_ADDRESS	(~UINT64_C(8)) /* -9 */
#define PSCI_MIGRATE_NOT_NEEDED UINT64_C(2)

#define VERSION_1_1 (UINT64_C(1) << 16 | 1)

#define HW_ID_BITS (BITS(39, 32) | BITS(23, 0))

static_assert(PSCI_VERSION == SMCCC_PSCI_VERSION, "short lane");
static_assert(VERSION_1_1 == (PSCI_VERSION_MAJOR << 16 | PSCI_VERSION_MINOR), "short lane");

static enum hd_conduit host_conduit;

void firmware_init(enum hd_conduit conduit)
{
	host_conduit = conduit;
}

static u64 host_call(u64 fn, u64 a1, u64 a2, u64 a3)
{
	register u64 x0 __asm__("x0") = fn;
	register u64 x1 __asm__("x1") = a1;
	register u64 x2 __asm__("x2") = a2;
	register u64 x3 __asm__("x3") = a3;

	if (host_conduit == HD_CONDUIT_NONE)
		return PSCI_NOT_SUPPORTED;
	if (host_conduit == HD_CONDUIT_SMC)
		__asm__ volatile("smc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7",
				   "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
				   "x17", "memory");
	else
		__asm__ volatile("hvc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7",
				   "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
				   "x17", "memory");
	return x0;
}

enum status firmware_cpu_on(u64 hw_id, u64 entry, u64 context)
{
	return host_call(PSCI_CPU_ON | FN_64, hw_id, entry, context) == PSCI_SUCCESS ? OK : E_IO;
}

void firmware_power_off(void)
{
	host_call(PSCI_SYSTEM_OFF, 0, 0, 0);
}

/* ---- the guest's side ----------------------------------------------------------------------- */

static u64 answer_features(u64 fn)
{
	switch (fn) {
	case PSCI_VERSION:
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND | FN_64:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | FN_64:
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | FN_64:
	case PSCI_MIGRATE_TYPE:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_FEATURES:
	case SMCCC_VERSION:
		return PSCI_SUCCESS;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

/* CPU_ON and AFFINITY_INFO: 32-bit calls use the low halves of their arguments. */
static void cpu_call(const struct arch_vcpu *v, struct vcpu_exit *x, enum exit_kind kind)
{
	u64 mask = v->x[0] & FN_64 ? ~UINT64_C(0) : UINT32_MAX;
	u64 target = v->x[1] & mask;

	x->kind = kind;
	x->cpu = (struct exit_cpu){
		.hw_id = target & HW_ID_BITS,
		.entry = v->x[2] & mask,
		.context = v->x[3] & mask,
		.result = CPU_NO_SUCH,
	};
	if (target & ~HW_ID_BITS)
		x->cpu.hw_id = UINT64_MAX; /* reserved bits set: nobody's id */
}

static void affinity_info(struct arch_vcpu *v, struct vcpu_exit *x)
{
	/* DEN0022 5.7.1: levels above 0 need not be supported from PSCI 1.0 on. */
	if (v->x[2] != 0)
		v->x[0] = PSCI_INVALID;
	else
		cpu_call(v, x, EXIT_CPU_STATE);
}

/*
 * A power-down request is treated as stand-by: DEN0022 5.4.5 allows a shallower state, and then
 * the call returns like a stand-by.
 */
static void cpu_suspend(struct arch_vcpu *v, struct vcpu_exit *x)
{
	v->x[0] = PSCI_SUCCESS;
	x->kind = EXIT_IDLE;
}

/* Calls with a neutral meaning. False: answered, or not known here. */
static bool call_surfaces(struct arch_vcpu *v, struct vcpu_exit *x, u64 fn)
{
	switch (fn) {
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND | FN_64:
		cpu_suspend(v, x);
		return true;
	case PSCI_CPU_OFF:
		x->kind = EXIT_CPU_OFF;
		return true;
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | FN_64:
		cpu_call(v, x, EXIT_CPU_ON);
		return true;
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | FN_64:
		affinity_info(v, x);
		return true;
	case PSCI_SYSTEM_OFF:
		x->kind = EXIT_POWER_OFF;
		return true;
	case PSCI_SYSTEM_RESET:
		x->kind = EXIT_RESET;
		return true;
	default:
		return false;
	}
}

static u64 answer_call(const struct arch_vcpu *v, u64 fn)
{
	switch (fn) {
	case PSCI_VERSION:
	case SMCCC_VERSION:
		return VERSION_1_1;
	case PSCI_MIGRATE_TYPE:
		return PSCI_MIGRATE_NOT_NEEDED;
	case PSCI_FEATURES:
		return answer_features(v->x[1] & UINT32_MAX);
	case SMCCC_FEATURES:
		return (v->x[1] & UINT32_MAX) == SMCCC_VERSION ? 0 : PSCI_NOT_SUPPORTED;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

void firmware_guest_call(struct arch_vcpu *v, struct vcpu_exit *x)
{
	u64 fn = v->x[0] & UINT32_MAX;

	x->kind = EXIT_NONE;
	if (!call_surfaces(v, x, fn))
		v->x[0] = answer_call(v, fn);
}

void firmware_guest_answer(struct arch_vcpu *v, const struct vcpu_exit *x)
{
	static const u64 on[] = {
		[CPU_OK] = PSCI_SUCCESS,
		[CPU_STATE_OFF] = PSCI_INVALID,
		[CPU_STATE_PENDING] = PSCI_ON_PENDING,
		[CPU_ALREADY_ON] = PSCI_ALREADY_ON,
		[CPU_NO_SUCH] = PSCI_INVALID,
		[CPU_BAD_ADDRESS] = PSCI_INVALID_ADDRESS,
	};
	static const u64 state[] = {
		[CPU_OK] = 0,
		[CPU_STATE_OFF] = 1,
		[CPU_STATE_PENDING] = 2,
		[CPU_ALREADY_ON] = 0,
		[CPU_NO_SUCH] = PSCI_INVALID,
		[CPU_BAD_ADDRESS] = PSCI_INVALID,
	};

	v->x[0] = x->kind == EXIT_CPU_ON ? on[x->cpu.result] : state[x->cpu.result];
}
