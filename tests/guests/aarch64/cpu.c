/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vCPUs: the address space they share, how they come up, what they do with exceptions. What is
 * written before the MMU is on is in the image's data, so that bss can be looked at untouched.
 */
#include <machine/machine.h>

#include "offsets.h"

#define STACK_SIZE 16384

#define GIB_ENTRIES 512
#define PTE_BLOCK   BIT(0)
#define PTE_ATTR(n) ((u64)(n) << 2)
#define PTE_USER    BIT(6)
#define PTE_INNER   (UINT64_C(3) << 8)
#define PTE_AF	    BIT(10)
#define ATTR_NORMAL 0
#define ATTR_DEVICE 1

/* Attributes: write-back memory, device nGnRE */
#define MAIR_VALUE UINT64_C(0x04ff)
/* 39 bits below, nothing above; write-back inner shareable walks; 40-bit output */
#define TCR_VALUE (UINT64_C(25) | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | UINT64_C(2) << 32)

#define CPACR_FP (UINT64_C(3) << 20)

static_assert(offsetof(struct cpu, stack) == CPU_STACK, "offsets.h");
static_assert(offsetof(struct cpu, entry) == CPU_ENTRY, "offsets.h");
static_assert(sizeof(struct frame) == 288, "start.S");

in_section(".data") struct cpu cpus[MAX_CPUS];
in_section(".data") alignas(4096) static u64 level1[GIB_ENTRIES];
in_section(".data") u32 n_bss_dirty;
struct board_state board_found;
in_section(".stacks") alignas(16) u8 stacks[MAX_CPUS][STACK_SIZE];
extern u8 stack_top0[];
__asm__(".global stack_top0\n\t.set stack_top0, stacks + 16384");

extern u8 vectors[];
noreturn_fn void first_main(void);
noreturn_fn void secondary_main(struct cpu *c);
void exception_taken(struct frame *f, u64 kind);

/* ---- address space --------------------------------------------------------------------------- */

static u64 block(u64 gib, u32 attr, u64 more)
{
	u64 shareable = attr == ATTR_NORMAL ? PTE_INNER : 0;

	return gib << 30 | PTE_BLOCK | PTE_ATTR(attr) | shareable | PTE_AF | more;
}

static void build_tables(void)
{
	for (u64 i = 0; i < 128; i++) {
		level1[i] = block(i, i == 0 ? ATTR_DEVICE : ATTR_NORMAL, 0);
		level1[128 + i] = block(i, ATTR_NORMAL, 0);
		level1[256 + i] = block(i, ATTR_NORMAL, PTE_USER);
		level1[384 + i] = block(i, ATTR_DEVICE, 0);
	}
}

static void mmu_on(void)
{
	reg_write(mair_el1, MAIR_VALUE);
	reg_write(tcr_el1, TCR_VALUE);
	reg_write(ttbr0_el1, (u64)level1);
	__asm__ volatile("tlbi vmalle1\n\tic iallu\n\tdsb sy\n\tisb" ::: "memory");
	reg_write(sctlr_el1, reg_read(sctlr_el1) | SCTLR_M | SCTLR_C | SCTLR_I);
}

void view_set(u32 gib, u64 descriptor)
{
	level1[gib] = descriptor;
	__asm__ volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

u64 view_get(u32 gib)
{
	return level1[gib];
}

/* ---- coming up ------------------------------------------------------------------------------- */

void cpu_setup(struct cpu *c)
{
	mmu_on();
	reg_write(vbar_el1, (u64)vectors);
	reg_write(cpacr_el1, CPACR_FP);
	reg_write(tpidr_el1, 0);
	c->index = (u32)(c - cpus);
}

static void count_dirty_bss(void)
{
	for (const u64 *p = (const u64 *)bss_start; p < (const u64 *)bss_end; p++)
		n_bss_dirty += *(const volatile u64 *)p != 0;
}

noreturn_fn void first_main(void)
{
	count_dirty_bss();
	build_tables();
	cpu_setup(&cpus[0]);
	board_note(&board_found);
	tree_attach((const void *)cpus[0].entry.x[0]);
	irq_reset();
	guest_main();
	power_off();
}

noreturn_fn void secondary_main(struct cpu *c)
{
	cpu_setup(c);
	irq_cpu_init();
	c->fn(c->arg);
	hvc(PSCI_CPU_OFF, 0, 0, 0);
	for (;;)
		wait_irq();
}

u32 n_cpus(void)
{
	return MIN(tree_count("/cpus/cpu@"), (u32)MAX_CPUS);
}

u64 cpu_start(u32 index, void (*fn)(u64 arg), u64 arg)
{
	struct cpu *c = &cpus[index];

	c->fn = fn;
	c->arg = arg;
	c->stack = (u64)(stacks[index] + STACK_SIZE);
	c->armed = false;
	c->on_sync = NULL;
	c->on_irq = NULL;
	c->keep_active = false;
	c->n_irqs = c->n_fiqs = c->n_spurious = 0;
	sync_all();
	return (u64)hvc(PSCI_CPU_ON, index, (u64)secondary_entry, (u64)c);
}

bool cpu_is_off(u32 index)
{
	return hvc(PSCI_AFFINITY_INFO, index, 0, 0) == 1;
}

bool cpu_join(u32 index)
{
	return WAIT_FOR(cpu_is_off(index), LONG_MS);
}

noreturn_fn void power_off(void)
{
	hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		wait_irq();
}

/* ---- exceptions ------------------------------------------------------------------------------ */

void trap_begin(void)
{
	struct cpu *c = this_cpu();

	c->trap.n = 0;
	c->trap.esr = 0;
	c->trap.far = 0;
	c->trap.elr = 0;
	c->armed = true;
}

struct trap trap_end(void)
{
	struct cpu *c = this_cpu();

	sync_all();
	c->armed = false;
	return (struct trap){ c->trap.n, c->trap.esr, c->trap.far, c->trap.elr };
}

/* A guest's test is over: nobody foresaw this. */
static noreturn_fn void unexpected(const struct frame *f, u64 kind)
{
	say("not ok 0 unexpected exception %llu on vCPU %u: esr 0x%llx elr 0x%llx far 0x%llx "
	    "spsr 0x%llx lr 0x%llx;",
	    (unsigned long long)kind, this_cpu()->index, (unsigned long long)f->esr,
	    (unsigned long long)f->elr, (unsigned long long)f->far, (unsigned long long)f->spsr,
	    (unsigned long long)f->x[30]);
	power_off();
}

static void sync_taken(struct cpu *c, struct frame *f)
{
	u64 ec = field_get(ESR_EC, f->esr);

	if (c->on_sync) {
		c->on_sync(f);
		return;
	}
	if (!c->armed)
		unexpected(f, 0);
	c->trap.n = c->trap.n + 1;
	c->trap.esr = f->esr;
	c->trap.far = f->far;
	c->trap.elr = f->elr;
	if (ec == EC_IABT || ec == EC_PC_ALIGN)
		f->elr = f->x[30];
	else
		f->elr += 4;
}

static void note(struct cpu *c, u32 intid)
{
	if (c->n_irqs < IRQ_NOTES)
		c->note[c->n_irqs] = (struct irq_note){ intid, (u32)ci_read(CI_RPR) };
	c->n_irqs = c->n_irqs + 1;
}

static void irq_taken(struct cpu *c)
{
	u32 intid = irq_ack();

	if (intid >= 1020) {
		c->n_spurious = c->n_spurious + 1;
		return;
	}
	note(c, intid);
	if (c->on_irq)
		c->on_irq(intid);
	irq_end(intid);
	if ((ci_read(CI_CTLR) & ICC_CTLR_EOIMODE) && !c->keep_active)
		ci_write(CI_DIR, intid);
}

static void fiq_taken(struct cpu *c)
{
	u32 intid = (u32)ci_read(CI_IAR0);

	if (intid >= 1020)
		return;
	c->n_fiqs = c->n_fiqs + 1;
	if (c->on_irq)
		c->on_irq(intid);
	ci_write(CI_EOIR0, intid);
}

void exception_taken(struct frame *f, u64 kind)
{
	struct cpu *c = this_cpu();

	switch (kind) {
	case 0:
		sync_taken(c, f);
		break;
	case 1:
		irq_taken(c);
		break;
	case 2:
		fiq_taken(c);
		break;
	default:
		c->n_serrors = c->n_serrors + 1;
		break;
	}
}

/* ---- the UART -------------------------------------------------------------------------------- */

void uart_put(char c)
{
	write32(UART_BASE + UART_DR, (u8)c);
}

bool uart_get(char *c)
{
	if (read32(UART_BASE + UART_FR) & UART_FR_RXFE)
		return false;
	*c = (char)read32(UART_BASE + UART_DR);
	return true;
}

/* Masked in PSTATE: it wakes, nobody takes it. */
void uart_listen(bool on)
{
	write32(UART_BASE + UART_IMSC, on ? UART_INT_RX | UART_INT_RT : 0);
	if (on)
		irq_enable(INTID_UART);
	else
		irq_disable(INTID_UART);
}

void uart_wait(void)
{
	wait_irq();
}

/* ---- accesses by width ----------------------------------------------------------------------- */

u64 read_width(u64 at, u32 width)
{
	switch (width) {
	case 1:
		return read8(at);
	case 2:
		return read16(at);
	case 4:
		return read32(at);
	default:
		return read64(at);
	}
}

void write_width(u64 at, u32 width, u64 v)
{
	switch (width) {
	case 1:
		write8(at, (u8)v);
		break;
	case 2:
		write16(at, (u16)v);
		break;
	case 4:
		write32(at, (u32)v);
		break;
	default:
		write64(at, v);
		break;
	}
}
