/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's side of an AArch64 board: vCPUs with their exceptions and interrupts, one address
 * space, the GICv3, timers, PSCI. Every vCPU owns its struct cpu; others only read it.
 *
 * Address space (39 bits): four views of the guest-physical addresses below 128 GiB.
 */
#pragma once

#include <inmate/inmate.h>
#include <machine/regs.h>

#define MAX_CPUS 4

#define VIEW_PLAIN  UINT64_C(0)		   /* devices below 1 GiB, memory above */
#define VIEW_NORMAL UINT64_C(0x2000000000) /* everything as memory */
#define VIEW_USER   UINT64_C(0x4000000000) /* everything as memory that EL0 may use, too */
#define VIEW_DEVICE UINT64_C(0x6000000000) /* everything as device */

/* A range of guest-physical addresses that the test's VM files have nothing at. */
#define NOWHERE UINT64_C(0x20000000)
/* Memory regions of the VM files besides the first. */
#define RAM_BASE      UINT64_C(0x80000000)
#define READONLY_BASE UINT64_C(0xa0000000)
#define NOEXEC_BASE   UINT64_C(0xb0000000)
#define EXTRA_SIZE    UINT64_C(0x200000)

/* ---- exceptions ------------------------------------------------------------------------------ */

struct frame {
	u64 x[31];
	u64 sp_el0;
	u64 elr, spsr, esr, far;
};

/* What an exception said, and how many there were. */
struct trap {
	u32 n;
	u64 esr, far, elr;
};

/*
 * Between trap_begin() and trap_end() a synchronous exception is noted and the instruction behind
 * goes on: the next one, or after a fetch from nowhere the one its call returns to.
 */
void trap_begin(void);
struct trap trap_end(void);

#define TRAP_OF(stmt)         \
	({                    \
		trap_begin(); \
		stmt;         \
		trap_end();   \
	})

static inline u32 trap_ec(struct trap t)
{
	return t.n ? (u32)field_get(ESR_EC, t.esr) : UINT32_MAX;
}

/* ---- vCPUs ----------------------------------------------------------------------------------- */

struct entry_state {
	u64 x[31];
	u64 sp, current_el, daif, sctlr, mpidr, spsel, cpacr;
};

#define IRQ_NOTES 512

struct irq_note {
	u32 intid;
	u32 rpr; /* running priority while it was handled */
};

struct cpu {
	u64 stack;
	void (*fn)(u64 arg);
	struct entry_state entry;
	u64 arg;
	u32 index;
	volatile bool armed;
	volatile struct trap trap;
	/* Takes a synchronous exception instead of the above; returns to the frame. */
	void (*on_sync)(struct frame *f);
	/* Between acknowledge and end of an interrupt. */
	void (*on_irq)(u32 intid);
	bool keep_active; /* EOImode 1: only drop the priority */
	volatile u32 n_irqs, n_fiqs, n_spurious, n_serrors;
	struct irq_note note[IRQ_NOTES];
	u32 sgi_taken[16]; /* GICv2: as acknowledged, with the sender */
};

extern struct cpu cpus[MAX_CPUS];
extern u8 image_start[], file_end[], image_end[], bss_start[], bss_end[];
/* 8-byte words of bss that were not zero when the guest began. */
extern u32 n_bss_dirty;

/* Devices and timers as they were found. Bits of interrupts are of all of them, or-ed. */
struct board_state {
	u32 gicd_ctlr, enabled, pending, active, prio, config, routed;
	u32 uart_cr, uart_imsc, uart_lcr;
	u64 virt_ctl, phys_ctl, pmr, igrpen, rpr;
};

extern struct board_state board_found;
void board_note(struct board_state *b);

static inline struct cpu *this_cpu(void)
{
	return &cpus[reg_read(mpidr_el1) & 0xff];
}

/* vCPUs of this VM, by its tree. */
u32 n_cpus(void);
/* Start vCPU @index at @fn(@arg); the answer of CPU_ON. It goes off when @fn returns. */
u64 cpu_start(u32 index, void (*fn)(u64 arg), u64 arg);
bool cpu_is_off(u32 index);
/* Wait until it is off. False: it does not go off. */
bool cpu_join(u32 index);
void secondary_entry(void);
/* Also for a secondary that was started by hand. */
void cpu_setup(struct cpu *c);
/* A block of 1 GiB of the address space, to be changed for a test; flushes. */
void view_set(u32 gib, u64 descriptor);
u64 view_get(u32 gib);

static inline void irq_on(void)
{
	__asm__ volatile("msr daifclr, #3\n\tisb" ::: "memory");
}

static inline void irq_off(void)
{
	__asm__ volatile("msr daifset, #3" ::: "memory");
}

static inline void wait_irq(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

static inline void wait_event(void)
{
	__asm__ volatile("wfe" ::: "memory");
}

static inline void sync_all(void)
{
	__asm__ volatile("dsb sy\n\tisb" ::: "memory");
}

/* ---- memory accesses, each exactly one instruction ------------------------------------------- */

u8 read8(u64 at);
u16 read16(u64 at);
u32 read32(u64 at);
u64 read64(u64 at);
void write8(u64 at, u8 v);
void write16(u64 at, u16 v);
void write32(u64 at, u32 v);
void write64(u64 at, u64 v);
/* Of @width bytes. */
u64 read_width(u64 at, u32 width);
void write_width(u64 at, u32 width, u64 v);
/* Call the address. */
void call_at(u64 at);

/* ---- calls to the firmware ------------------------------------------------------------------- */

#define PSCI_VERSION	   0x84000000u
#define PSCI_CPU_SUSPEND   0xc4000001u
#define PSCI_CPU_OFF	   0x84000002u
#define PSCI_CPU_ON	   0xc4000003u
#define PSCI_CPU_ON_32	   0x84000003u
#define PSCI_AFFINITY_INFO 0xc4000004u
#define PSCI_MIGRATE_TYPE  0x84000006u
#define PSCI_SYSTEM_OFF	   0x84000008u
#define PSCI_SYSTEM_RESET  0x84000009u
#define PSCI_FEATURES	   0x8400000au
#define SMCCC_VERSION	   0x80000000u

enum psci_answer {
	PSCI_OK = 0,
	PSCI_NOT_SUPPORTED = -1,
	PSCI_INVALID_PARAMETERS = -2,
	PSCI_ALREADY_ON = -4,
	PSCI_ON_PENDING = -5,
	PSCI_INVALID_ADDRESS = -9,
};

struct call {
	u64 x[18];
};

s64 hvc(u64 fn, u64 a1, u64 a2, u64 a3);
s64 smc(u64 fn, u64 a1, u64 a2, u64 a3);
/* All argument registers in, all back out. */
void hvc_call(struct call *c);
void smc_call(struct call *c);

/* ---- interrupts ------------------------------------------------------------------------------ */

/* The distributor and this vCPU's interface in a known state: nothing enabled, pending, active. */
void irq_reset(void);
void irq_cpu_init(void);
u32 irq_lines(void);
void irq_enable(u32 intid);
void irq_disable(u32 intid);
void irq_pend(u32 intid);
void irq_unpend(u32 intid);
bool irq_is_pending(u32 intid);
bool irq_is_active(u32 intid);
void irq_set_prio(u32 intid, u32 prio);
void irq_set_edge(u32 intid);
void irq_set_group(u32 intid, u32 group);
void irq_route(u32 intid, u64 affinity);
/* Priority, edge, enabled, pending: an SPI ready to come. */
void irq_raise(u32 intid, u32 prio);
/* The bit of a private or shared interrupt in registers of one bit each. */
bool irq_bit(u32 intid, u32 reg);
void irq_set_bit(u32 intid, u32 reg);
/* Forget what has come, on this vCPU. */
void irq_forget(void);
void sgi_send(u32 cpu, u32 intid);

void sgi_send_list(u32 list, u32 intid);
void sgi_send_others(u32 intid);
/* Where an SPI goes, as the register says: IROUTER, or the byte of ITARGETSR. */
u64 irq_routed(u32 intid);
/* Where a vCPU's private interrupts have their registers. */
u64 irq_private_base(u32 cpu);

/*
 * The CPU interface by the names of a GICv3's registers; of a GICv2 the same is in GICC_*. There
 * groups are told apart by what they signal, as on a GICv3, but not by the register that is read.
 */
enum ci {
	CI_PMR,
	CI_RPR,
	CI_HPPIR1,
	CI_BPR0,
	CI_BPR1,
	CI_IAR0,
	CI_EOIR0,
	CI_IAR1,
	CI_EOIR1,
	CI_DIR,
	CI_CTLR, /* of it, EOImode only */
	CI_IGRPEN0,
	CI_IGRPEN1,
};

u64 ci_read(enum ci reg);
void ci_write(enum ci reg, u64 v);
/* The machine has a GICv2: no system registers for it. */
bool is_gicv2(void);

static inline u32 irq_ack(void)
{
	return (u32)ci_read(CI_IAR1);
}

static inline void irq_end(u32 intid)
{
	ci_write(CI_EOIR1, intid);
}

/* ---- time ------------------------------------------------------------------------------------ */

struct timer_regs {
	const char *name;
	u32 intid;
	u64 (*now)(void);
	void (*set_ctl)(u64 v);
	u64 (*ctl)(void);
	void (*set_cval)(u64 v);
	void (*set_tval)(u64 v);
};

extern const struct timer_regs timer_virt, timer_phys;

static inline u64 now(void)
{
	u64 t;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(t)::"memory");
	return t;
}

static inline u64 ms_to_ticks(u64 ms)
{
	return reg_read(cntfrq_el0) * ms / 1000;
}

/* Spin until @cond, at most @ms; whether it came. */
#define WAIT_FOR(cond, ms)                                \
	({                                                \
		u64 end_ = now() + ms_to_ticks(ms);       \
		bool came_ = false;                       \
		while (!(came_ = (cond)) && now() < end_) \
			;                                 \
		came_ || (cond);                          \
	})
/* As long as a test waits for what must come; a busy machine may need a while. */
#define LONG_MS 5000

void delay_ms(u64 ms);
