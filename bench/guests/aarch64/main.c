/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark guest: everything is measured first and printed afterwards, so that no output is
 * under way while something is measured. It prints what it counted; bench/run.py makes figures of
 * that. Runs on the bare machine as well, for the "native" column.
 */
typedef unsigned int u32;
typedef unsigned long long u64;

#define GICD_BASE 0x08000000
#define GICR_BASE 0x080a0000
#define UART_BASE 0x09000000
#define RTC_BASE  0x09010000

#define GICD_CTLR	0x0000
#define GICD_IGROUPR1	0x0084
#define GICD_ISENABLER1 0x0104
#define GICD_ISPENDR1	0x0204
#define GICD_IROUTER34	0x6110
#define GICD_IROUTER41	0x6148
#define GICR_FRAME	0x20000
#define GICR_WAKER	0x0014
#define GICR_IGROUPR0	0x10080
#define GICR_ISENABLER0 0x10100

#define RTC_DR	0x00
#define RTC_MR	0x04
#define RTC_RIS 0x14

#define TIMER_INTID 27
#define RTC_INTID   34
#define HELD_INTID  41 /* an SPI that the other vCPU has pending and does not take */
#define MODE_MASKED 2  /* start.S */
#define NS_PER_S    1000000000
#define MAX_TICK_NS 16 /* as long as the sled in start.S */

#define N_LOOP	    4096
#define N_TOUCH	    1024
#define PHASES	    64
#define BUSY_PHASES 1024

#define sysreg_write(reg, v) __asm__ volatile("msr " reg ", %0\n\tisb" ::"r"((u64)(v)))
#define sysreg_read(reg)                                     \
	({                                                   \
		u64 v_;                                      \
		__asm__ volatile("mrs %0, " reg : "=r"(v_)); \
		v_;                                          \
	})

struct shot {
	u64 ticks;
	u64 intid;
};

struct loop {
	const char *name;
	u64 (*fn)(u64 n);
	u64 n;
	u64 ticks;
};

/* Instructions of each phase: the sum, the least, the most; and of the very first. */
struct series {
	const char *name;
	struct shot (*fn)(u64 delta, u64 nops, u64 first);
	u64 intid;
	u64 delta;
	u32 n_phases;
	u64 sum, min, max, first;
};

/* The operations, in start.S. */
typedef u64 loop_fn(u64 n);
typedef struct shot shot_fn(u64 delta, u64 nops, u64 first);
loop_fn loop_empty, loop_hvc_psci_version, loop_hvc_unknown, loop_gicd_typer, loop_gicd_isenabler1,
	loop_gicr_typer, loop_uart_fr, loop_uart_imsc, loop_id_register, loop_touch_page, loop_fp,
	loop_gicd_ispendr, loop_two_devices;
shot_fn shot_timer, shot_timer_busy, shot_wfi, shot_wfi_irq, shot_sgi, shot_sgi_base, shot_pass,
	shot_sgi_running, shot_sgi_waiting;
void secondary(void);

/* Shared with the other vCPU (start.S). */
extern volatile struct {
	u64 nops, mode, go, ready, time, done;
} remote;

void guest_failed(u64 esr, u64 pc, u64 far);
void main(u64 entry);

static struct loop loops[] = {
	{ "empty", loop_empty, N_LOOP, 0 },
	{ "hvc_psci_version", loop_hvc_psci_version, N_LOOP, 0 },
	{ "hvc_unknown", loop_hvc_unknown, N_LOOP, 0 },
	{ "gicd_typer", loop_gicd_typer, N_LOOP, 0 },
	{ "gicd_isenabler1", loop_gicd_isenabler1, N_LOOP, 0 },
	{ "gicr_typer", loop_gicr_typer, N_LOOP, 0 },
	{ "uart_fr", loop_uart_fr, N_LOOP, 0 },
	{ "uart_imsc", loop_uart_imsc, N_LOOP, 0 },
	{ "two_devices", loop_two_devices, N_LOOP, 0 },
	{ "id_register", loop_id_register, N_LOOP, 0 },
	{ "touch_page", loop_touch_page, N_TOUCH, 0 },
	{ "fp", loop_fp, N_LOOP, 0 },
};

static struct series series[] = {
	{ "sgi_base", shot_sgi_base, 0, 0, PHASES, 0, 0, 0, 0 },
	{ "sgi", shot_sgi, 0, 0, PHASES, 0, 0, 0, 0 },
	{ "timer", shot_timer, TIMER_INTID, 256, PHASES, 0, 0, 0, 0 },
	{ "timer_busy", shot_timer_busy, TIMER_INTID, 256, BUSY_PHASES, 0, 0, 0, 0 },
	{ "wfi", shot_wfi, TIMER_INTID, 4096, PHASES, 0, 0, 0, 0 },
	{ "wfi_irq", shot_wfi_irq, TIMER_INTID, 4096, PHASES, 0, 0, 0, 0 },
};

/* Where the VM has a device of the host: everything but that is measured without. */
static struct series pass_series[] = {
	{ "sgi_base", shot_sgi_base, 0, 0, PHASES, 0, 0, 0, 0 },
	{ "pass", shot_pass, RTC_INTID, 0, PHASES, 0, 0, 0, 0 },
};

/* With a second vCPU. */
static struct series more_series[] = {
	{ "sgi_running", shot_sgi_running, 1, 0, PHASES, 0, 0, 0, 0 },
	{ "sgi_waiting", shot_sgi_waiting, 1, 0, PHASES, 0, 0, 0, 0 },
};
static struct loop more_loop = { "gicd_ispendr", loop_gicd_ispendr, N_LOOP / 4, 0 };

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* ---- output ----------------------------------------------------------------------------------- */

static void put(char c)
{
	*(volatile u32 *)UART_BASE = (u32)c;
}

static void put_text(const char *s)
{
	while (*s)
		put(*s++);
}

static void put_number(u64 v)
{
	char digits[20];
	u32 n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	put(' ');
	while (n)
		put(digits[--n]);
}

static void power_off(void)
{
	register u64 x0 __asm__("x0") = 0x84000008;

	__asm__ volatile("hvc #0" : "+r"(x0)::"memory");
}

void guest_failed(u64 esr, u64 pc, u64 far)
{
	put_text("@failed exception");
	put_number(esr);
	put_number(pc);
	put_number(far);
	put_text("\r\n");
	power_off();
}

/* ---- measuring -------------------------------------------------------------------------------- */

static u32 tick_ns(void)
{
	return (u32)(NS_PER_S / sysreg_read("cntfrq_el0"));
}

static void wrong(const struct series *s, u64 intid)
{
	put_text("@failed ");
	put_text(s->name);
	put_text(": unexpected interrupt");
	put_number(intid);
	put_text("\r\n");
	power_off();
}

/* The exact number of instructions: one shot for each number of nops. */
static u64 measure_phase(const struct series *s, u32 phase, u32 n_shots)
{
	u64 sum = 0;

	for (u32 nops = 0; nops < n_shots; nops++) {
		struct shot r = s->fn(s->delta + phase / MAX_TICK_NS, nops, phase % MAX_TICK_NS);

		if (r.intid != s->intid)
			wrong(s, r.intid);
		sum += r.ticks;
	}
	return sum;
}

static void measure_series(struct series *s, u32 n_shots)
{
	s->first = measure_phase(s, 0, n_shots);
	s->min = ~0ull;
	for (u32 i = 0; i < s->n_phases; i++) {
		u64 v = measure_phase(s, i, n_shots);

		s->sum += v;
		s->min = v < s->min ? v : s->min;
		s->max = v > s->max ? v : s->max;
	}
}

#define reg32(at) (*(volatile u32 *)(u64)(at))

static void start_redistributor(u64 at)
{
	reg32(at + GICR_WAKER) = 0;
	while (reg32(at + GICR_WAKER) & 4)
		;
	reg32(at + GICR_IGROUPR0) = ~0u;
	reg32(at + GICR_ISENABLER0) = 1u << TIMER_INTID | 3u;
}

static void start_interrupts(void)
{
	reg32(GICD_BASE + GICD_CTLR) = 0x12; /* group 1, affinity routing */
	start_redistributor(GICR_BASE);
	sysreg_write("S3_0_C12_C12_5", 7);  /* ICC_SRE_EL1 */
	sysreg_write("S3_0_C4_C6_0", 0xff); /* ICC_PMR_EL1 */
	sysreg_write("S3_0_C12_C12_7", 1);  /* ICC_IGRPEN1_EL1 */
}

/* The clock's alarm is due, and masked in the clock alone. */
static void start_device(void)
{
	*(volatile u64 *)(GICD_BASE + GICD_IROUTER34) = 0;
	reg32(GICD_BASE + GICD_IGROUPR1) = 1u << RTC_INTID % 32;
	reg32(GICD_BASE + GICD_ISENABLER1) = 1u << RTC_INTID % 32;
	while (!reg32(RTC_BASE + RTC_RIS))
		reg32(RTC_BASE + RTC_MR) = reg32(RTC_BASE + RTC_DR);
}

static void print_series(const struct series *s, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		put_text("@series ");
		put_text(s[i].name);
		put_number(s[i].n_phases);
		put_number(s[i].sum);
		put_number(s[i].min);
		put_number(s[i].max);
		put_number(s[i].first);
		put_text("\r\n");
	}
}

static u64 cpu_on(void)
{
	register u64 x0 __asm__("x0") = 0xc4000003;
	register u64 x1 __asm__("x1") = 1;
	register u64 x2 __asm__("x2") = (u64)secondary;
	register u64 x3 __asm__("x3") = 0;

	__asm__ volatile("hvc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

/* False: there is no second vCPU. */
static int measure_more(u32 n_shots)
{
	if (cpu_on() != 0)
		return 0;
	start_redistributor(GICR_BASE + GICR_FRAME);
	for (u32 i = 0; i < N_OF(more_series); i++)
		measure_series(&more_series[i], n_shots);
	remote.mode = MODE_MASKED;
	remote.go = remote.go + 1;
	while (remote.ready != remote.go)
		__asm__ volatile("yield");
	*(volatile u64 *)(GICD_BASE + GICD_IROUTER41) = 1;
	reg32(GICD_BASE + GICD_IGROUPR1) = 1u << HELD_INTID % 32;
	reg32(GICD_BASE + GICD_ISENABLER1) = 1u << HELD_INTID % 32;
	reg32(GICD_BASE + GICD_ISPENDR1) = 1u << HELD_INTID % 32;
	more_loop.ticks = more_loop.fn(more_loop.n);
	return 1;
}

static void print_loop(const struct loop *l)
{
	put_text("@loop ");
	put_text(l->name);
	put_number(l->n);
	put_number(l->ticks);
	put_text("\r\n");
}

static void print_results(u64 entry, int more)
{
	put_text("@hz");
	put_number(sysreg_read("cntfrq_el0"));
	put_text("\r\n@entry");
	put_number(entry);
	put_text("\r\n");
	for (u32 i = 0; i < N_OF(loops); i++)
		print_loop(&loops[i]);
	print_series(series, N_OF(series));
	if (more) {
		print_series(more_series, N_OF(more_series));
		print_loop(&more_loop);
	}
	put_text("@done\r\n");
}

void main(u64 entry)
{
	u32 n_shots = tick_ns();
	int more;

	if (n_shots == 0 || n_shots > MAX_TICK_NS) {
		put_text("@failed counter frequency\r\n");
		return;
	}
	start_interrupts();
	if (WITH_DEVICE) {
		start_device();
		for (u32 i = 0; i < N_OF(pass_series); i++)
			measure_series(&pass_series[i], n_shots);
		put_text("@hz");
		put_number(sysreg_read("cntfrq_el0"));
		put_text("\r\n");
		print_series(pass_series, N_OF(pass_series));
		put_text("@done\r\n");
		return;
	}
	for (u32 i = 0; i < N_OF(loops); i++)
		loops[i].ticks = loops[i].fn(loops[i].n);
	for (u32 i = 0; i < N_OF(series); i++)
		measure_series(&series[i], n_shots);
	more = measure_more(n_shots);
	print_results(entry, more);
}
