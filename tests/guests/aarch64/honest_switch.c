/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two vCPUs that hold different things in the same registers. On one CPU each sees the other's
 * turn; on two CPUs the tests are easy. vCPU 1 runs the same function as vCPU 0.
 */
#include "honest.h"
#include "sweep.h"

#define TURNS_MS 150 /* several slices */

u64 hold_gprs(u64 seed, u64 rounds);
void fp_load(const u64 v[64]);
void fp_store(u64 v[64]);

static volatile u32 n_ready, n_done;

/* Both begin together, so that they take turns. */
static void rendezvous(volatile u32 *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_SEQ_CST);
	__asm__ volatile("sev" ::: "memory");
	while (*n < 2)
		wait_event();
}

static void on_both(void (*fn)(u64 me))
{
	irq_reset();
	n_ready = n_done = 0;
	check_eq(cpu_start(1, fn, 1), PSCI_OK);
	fn(0);
	check(cpu_join(1));
}

/* ---- registers ------------------------------------------------------------------------------- */

static void hold_general(u64 me)
{
	u64 end, n_wrong = 0;

	rendezvous(&n_ready);
	end = now() + ms_to_ticks(TURNS_MS);
	while (now() < end)
		n_wrong += hold_gprs(me ? 0x5555000055550000 : 0x123400001234, 5000);
	check_eq(n_wrong, 0);
	rendezvous(&n_done);
}

static void general_registers(void)
{
	on_both(hold_general);
}

static void hold_fp(u64 me)
{
	u64 mine[64], seen[64], n_wrong = 0, end;
	u64 fpcr = me ? 0x00400000 : 0x00800000; /* rounding modes */
	u64 fpsr = me ? 0x1 : 0x8;

	for (u32 i = 0; i < 64; i++)
		mine[i] = (i + 1) * (me ? 0x0123456789abcdef : 0xfedcba9876543211);
	rendezvous(&n_ready);
	fp_load(mine);
	reg_write(fpcr, fpcr);
	reg_write(fpsr, fpsr);
	end = now() + ms_to_ticks(TURNS_MS);
	for (u32 n = 0; now() < end; n++) {
		fp_store(seen);
		n_wrong += memcmp(mine, seen, sizeof(mine)) != 0;
		n_wrong += reg_read(fpcr) != fpcr || reg_read(fpsr) != fpsr;
		if (n % 64 == 0)
			wait_event();
	}
	check_eq(n_wrong, 0);
	reg_write(fpcr, 0);
	rendezvous(&n_done);
}

static void fp_registers(void)
{
	on_both(hold_fp);
}

/* clang-format off */
#define EACH_REG(X) \
	X(tpidr_el0) X(tpidrro_el0) X(tpidr_el1) X(contextidr_el1) X(afsr0_el1) \
	X(afsr1_el1) X(esr_el1) X(far_el1) X(elr_el1) X(spsr_el1) \
	X(sp_el0) X(amair_el1) X(ttbr1_el1) X(cntkctl_el1) X(par_el1) \
	X(csselr_el1) X(cntv_cval_el0) X(cntp_cval_el0) X(cpacr_el1)
#define EACH_CI(X) X(CI_PMR) X(CI_BPR1) X(CI_BPR0)
/* clang-format on */

/* Bits that exist are different at each vCPU, whatever the register's layout. */
static void hold_system(u64 me)
{
	u64 pattern = me ? 0x0000080000310ec6 : 0x0000040000310aa5;
	u64 n_wrong = 0, end;

	rendezvous(&n_ready);
	irq_off();
#define SET(reg)                 \
	reg_write(reg, pattern); \
	u64 is_##reg = reg_read(reg);
	EACH_REG(SET)
#undef SET
#define SET(reg)                \
	ci_write(reg, pattern); \
	u64 is_##reg = ci_read(reg);
	EACH_CI(SET)
#undef SET
	end = now() + ms_to_ticks(TURNS_MS);
	for (u32 n = 0; now() < end; n++) {
#define LOOK(read, reg)                                                       \
	check_at(read(reg) == is_##reg || n_wrong++, __FILE_NAME__, __LINE__, \
		 "vCPU %u: " #reg " is 0x%llx, not 0x%llx", (u32)me,          \
		 (unsigned long long)read(reg), (unsigned long long)is_##reg);
#define LOOK_REG(reg) LOOK(reg_read, reg)
#define LOOK_CI(reg)  LOOK(ci_read, reg)
		EACH_REG(LOOK_REG)
		EACH_CI(LOOK_CI)
#undef LOOK
		if (n % 16 == 0)
			wait_event();
	}
	reg_write(par_el1, 0);
	reg_write(cpacr_el1, 3u << 20);
	reg_write(ttbr1_el1, 0);
	reg_write(cntkctl_el1, 0);
	irq_cpu_init();
	check_eq(n_wrong, 0);
	rendezvous(&n_done);
}

static void system_registers(void)
{
	on_both(hold_system);
}

/* One handles an interrupt, the other handles none. */
static void hold_active(u64 me)
{
	u64 n_wrong = 0, end;
	u32 want = me ? 0x60 : RPR_IDLE;

	rendezvous(&n_ready);
	if (me) {
		irq_set_prio(3, 0x60);
		sgi_send(1, 3);
		check(WAIT_FOR(irq_ack() == 3, LONG_MS));
	}
	end = now() + ms_to_ticks(TURNS_MS);
	while (now() < end) {
		n_wrong += ci_read(CI_RPR) != want;
		wait_event();
	}
	if (me) {
		irq_end(3);
		check_eq(ci_read(CI_RPR), RPR_IDLE);
	}
	check_eq(n_wrong, 0);
	rendezvous(&n_done);
}

static void active_priority(void)
{
	on_both(hold_active);
}

/* ---- what nobody thought of ------------------------------------------------------------------ */

static u64 before[SWEEP_ALL], left[SWEEP_ALL], seen_by_other[SWEEP_ALL];
static volatile u32 leak_step;

/* ESR, ELR, FAR, SPSR: what traps themselves write. */
static bool is_of_traps(u32 key)
{
	return key == SWEEP_KEY(3, 0, 5, 2, 0) || key == SWEEP_KEY(3, 0, 6, 0, 0) ||
	       key == SWEEP_KEY(3, 0, 4, 0, 0) || key == SWEEP_KEY(3, 0, 4, 0, 1);
}

/* Registers with effects that a test must not have: sending and taking interrupts. */
static bool is_action(u32 key)
{
	return (key >= SWEEP_KEY(3, 0, 12, 8, 0) && key <= SWEEP_KEY(3, 0, 12, 12, 2)) ||
	       sweep_is_vital(key) || is_of_traps(key);
}

#define FIRST_KEY SWEEP_KEY(2, 0, 0, 0, 0)

static void read_all(u64 *to)
{
	for (u32 key = FIRST_KEY; key < SWEEP_ALL; key++) {
		to[key] = 0;
		if (!is_action(key))
			sweep_read(key, &to[key]);
	}
}

static void write_all(void)
{
	for (u32 key = FIRST_KEY; key < SWEEP_ALL; key++) {
		left[key] = before[key];
		if (is_action(key) || sweep_write(key, 0x5a5aa5a53c3cc3c3).n)
			continue;
		sweep_read(key, &left[key]);
	}
}

static void restore_all(void)
{
	for (u32 key = FIRST_KEY; key < SWEEP_ALL; key++) {
		if (!is_action(key) && left[key] != before[key])
			sweep_write(key, before[key]);
	}
}

static void next_step(u32 step)
{
	leak_step = step;
	sync_all();
	__asm__ volatile("sev" ::: "memory");
}

static void await_step(u32 step)
{
	while (leak_step < step)
		wait_event();
}

/* vCPU 1 reads everything, vCPU 0 writes everything, vCPU 1 reads everything again. */
static void leak_reader(u64 arg)
{
	(void)arg;
	read_all(seen_by_other);
	next_step(1);
	await_step(2);
	read_all(seen_by_other);
	next_step(3);
}

static void nothing_leaks(void)
{
	u32 n_leaks = 0;

	irq_reset();
	leak_step = 0;
	check_eq(cpu_start(1, leak_reader, 0), PSCI_OK);
	await_step(1);
	read_all(before);
	write_all();
	next_step(2);
	await_step(3);
	restore_all();
	check(cpu_join(1));
	for (u32 key = FIRST_KEY; key < SWEEP_ALL; key++) {
		if (left[key] == before[key] || seen_by_other[key] != left[key])
			continue;
		n_leaks++;
		say("# leaks: %s = 0x%llx", sweep_name(key), (unsigned long long)left[key]);
	}
	check_eq(n_leaks, 0);
	irq_reset();
}

/* ---- translations ---------------------------------------------------------------------------- */

#define OWN_GIB 100u

in_section(".data") alignas(4096) static u64 own_level1[2][512];
in_section(".data") alignas(4096) static u64 own_level2[2][512];

/* The same virtual address, another page, the same ASID: each vCPU has tables of its own. */
static void hold_translation(u64 me)
{
	volatile u64 *view = (volatile u64 *)(OWN_GIB * GIB(1));
	u64 page = RAM_BASE + me * MIB(8);
	u64 old = reg_read(ttbr0_el1);
	u64 n_wrong = 0, end;

	*(volatile u64 *)page = 0xabcd0000 + me;
	for (u32 i = 0; i < 512; i++)
		own_level1[me][i] = view_get(i);
	own_level1[me][OWN_GIB] = (u64)own_level2[me] | 3;
	own_level2[me][0] = page | 0xf01; /* block, inner shareable, accessed, not global */
	sync_all();
	reg_write(ttbr0_el1, (u64)own_level1[me]);
	__asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory");
	rendezvous(&n_ready);
	end = now() + ms_to_ticks(TURNS_MS);
	for (u32 n = 0; now() < end; n++) {
		n_wrong += *view != 0xabcd0000 + me;
		if (n % 64 == 0)
			wait_event();
	}
	rendezvous(&n_done);
	reg_write(ttbr0_el1, old);
	__asm__ volatile("tlbi vmalle1is\n\tdsb sy\n\tisb" ::: "memory");
	check_eq(n_wrong, 0);
}

static void own_translations(void)
{
	on_both(hold_translation);
}

/* ---- timers ---------------------------------------------------------------------------------- */

static volatile u32 n_ticks[2];

static void tick(u32 intid)
{
	u32 me = this_cpu()->index;

	n_ticks[me] = n_ticks[me] + 1;
	check_eq(intid, INTID_VTIMER);
	check(timer_virt.now() >= reg_read(cntv_cval_el0));
	timer_virt.set_cval(timer_virt.now() + ms_to_ticks(me ? 3 : 2));
}

/* Each has its own timer, and sleeps in between. */
static void hold_timer(u64 me)
{
	this_cpu()->on_irq = tick;
	irq_enable(INTID_VTIMER);
	rendezvous(&n_ready);
	timer_virt.set_cval(now());
	timer_virt.set_ctl(TIMER_ENABLE);
	irq_on();
	while (n_ticks[me] < 30)
		wait_irq();
	irq_off();
	timer_virt.set_ctl(0);
	rendezvous(&n_done);
}

static void own_timers(void)
{
	n_ticks[0] = n_ticks[1] = 0;
	on_both(hold_timer);
	irq_reset();
}

static const struct test tests[] = {
	{ "general_registers", general_registers },
	{ "fp_registers", fp_registers },
	{ "system_registers", system_registers },
	{ "active_priority", active_priority },
	{ "nothing_leaks", nothing_leaks },
	{ "own_translations", own_translations },
	{ "own_timers", own_timers },
};

const struct suite suite_switch = { "switch", tests, array_size(tests) };
