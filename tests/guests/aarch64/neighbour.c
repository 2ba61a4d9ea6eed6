/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The neighbour of hostile guests: keeps a timer, a piece of memory, its registers and its
 * interrupt controller, and looks at all of them without end. Keys: ? tells how it is and begins
 * anew, q switches it off. Words of the command line: late=N, ticks that a tick may be late.
 */
#include <machine/machine.h>

#define TICK_MS	     10
#define DEFAULT_LATE 30
#define AREA	     UINT64_C(0x80800000)
#define AREA_WORDS   (MIB(1) / 8)
#define SPI	     77u /* enabled, of a priority of its own, never pending */

u64 hold_gprs(u64 seed, u64 rounds);
void fp_load(const u64 v[64]);
void fp_store(u64 v[64]);

static volatile u64 n_ticks, n_late, worst, n_strange, next_tick;
static u64 n_rounds, n_beats, late_limit;
static const char *wrong;

static void complain(const char *what)
{
	if (!wrong)
		wrong = what;
}

/* Every period has its tick: a late one is made up for at once. */
static void tick(u32 intid)
{
	u64 period = ms_to_ticks(TICK_MS);
	u64 late = (now() - next_tick) / period;

	if (intid != INTID_VTIMER) {
		n_strange = n_strange + 1;
		return;
	}
	if (now() < next_tick)
		complain("a tick came early");
	n_ticks = n_ticks + 1;
	n_late = n_late + (late > late_limit);
	if (late > worst)
		worst = late;
	next_tick = next_tick + period;
	timer_virt.set_cval(next_tick);
}

/* ---- what it keeps --------------------------------------------------------------------------- */

static void keep_memory(void)
{
	volatile u64 *area = (volatile u64 *)AREA;
	u64 state = n_rounds * 2 + 1;

	for (u64 i = 0; i < AREA_WORDS; i++)
		area[i] = random_next(&state) ^ i;
	state = n_rounds * 2 + 1;
	for (u64 i = 0; i < AREA_WORDS; i++) {
		if (area[i] != (random_next(&state) ^ i))
			complain("its memory has changed");
	}
}

#define EACH_KEPT(X)                       \
	X(tpidr_el0, 0x1111222233334444)   \
	X(tpidrro_el0, 0x2222333344445555) \
	X(tpidr_el1, 0x3333444455556666)   \
	X(contextidr_el1, 0x77778888)      \
	X(afsr0_el1, 0) X(ttbr1_el1, 0x12345000) X(cntkctl_el1, 3) X(sp_el0, 0x5555666677770)

static void set_registers(void)
{
	u64 v[64];

#define SET(reg, value) reg_write(reg, value);
	EACH_KEPT(SET)
#undef SET
	for (u32 i = 0; i < 64; i++)
		v[i] = 0x0102030405060708 * (i + 1);
	fp_load(v);
	reg_write(fpcr, 0x00c00000);
}

static void look_at_registers(void)
{
	u64 v[64];

#define LOOK(reg, value)              \
	if (reg_read(reg) != (value)) \
		complain("its " #reg " has changed");
	EACH_KEPT(LOOK)
#undef LOOK
	fp_store(v);
	for (u32 i = 0; i < 64; i++) {
		if (v[i] != 0x0102030405060708 * (i + 1))
			complain("its FP registers have changed");
	}
	if (reg_read(fpcr) != 0x00c00000)
		complain("its FPCR has changed");
	if (hold_gprs(0x1234000012340000, 2000))
		complain("its general registers have changed");
}

static void look_at_gic(void)
{
	u32 ctlr =
		(u32)(is_gicv2() ? GICD_CTLR_GRP1 : GICD_CTLR_ARE | GICD_CTLR_DS | GICD_CTLR_GRP1);

	if (read32(GICD_BASE + GICD_CTLR) != ctlr)
		complain("its GICD_CTLR has changed");
	if (!irq_bit(SPI, GIC_ISENABLER) || irq_is_pending(SPI) || irq_is_active(SPI))
		complain("its SPI has changed");
	if (read8(GICD_BASE + GIC_IPRIORITYR + SPI) != 0x30)
		complain("its SPI's priority has changed");
	if (irq_routed(SPI) != 0) /* a GICv2 has no targets to choose from for one vCPU */
		complain("its SPI's route has changed");
	if (ci_read(CI_PMR) != 0xf8 || ci_read(CI_RPR) != RPR_IDLE)
		complain("its CPU interface has changed");
}

static void look_at_time(void)
{
	u64 behind = (now() - next_tick) / ms_to_ticks(TICK_MS);

	if (now() > next_tick && behind > late_limit + 100)
		complain("its ticks do not come");
	if (n_late)
		complain("a tick came too late");
	if (n_strange || this_cpu()->n_fiqs || this_cpu()->n_serrors)
		complain("an interrupt came that it did not ask for");
}

/* ---- the console ----------------------------------------------------------------------------- */

static void report(void)
{
	if (wrong)
		say("neighbour WRONG: %s;", wrong);
	say("neighbour %s: %llu ticks, worst %llu late, %llu rounds;", wrong ? "BAD" : "ok",
	    (unsigned long long)n_ticks, (unsigned long long)worst, (unsigned long long)n_rounds);
	wrong = NULL;
	worst = 0;
	n_late = 0;
	n_strange = 0;
}

static void look_at_keys(void)
{
	char c;

	while (uart_get(&c)) {
		if (c == '?')
			report();
		else if (c == 'q')
			power_off();
	}
}

static void beat(void)
{
	if (n_ticks < n_beats * 100)
		return;
	say("beat %llu;", (unsigned long long)n_beats);
	n_beats++;
}

static void begin(void)
{
	late_limit = arg_u64("late", DEFAULT_LATE);
	irq_set_edge(SPI);
	irq_set_prio(SPI, 0x30);
	irq_enable(SPI);
	ci_write(CI_PMR, 0xf8);
	this_cpu()->on_irq = tick;
	irq_enable(INTID_VTIMER);
	next_tick = now() + ms_to_ticks(TICK_MS);
	timer_virt.set_cval(next_tick);
	timer_virt.set_ctl(TIMER_ENABLE);
	set_registers();
	irq_on();
}

void guest_main(void)
{
	begin();
	say("neighbour begins;");
	for (;;) {
		keep_memory();
		look_at_registers();
		look_at_gic();
		look_at_time();
		n_rounds++;
		beat();
		for (u32 i = 0; i < 5; i++) {
			look_at_keys();
			wait_irq();
		}
	}
}
