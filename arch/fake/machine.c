/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPUs, clock, physical memory and the end of the fake machine. Physical addresses up to the end
 * of RAM are one mapping of the host, with a hole that may not be touched behind it.
 */
#include <arch/fake.h>

#include <sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FAKE_HOLE MIB(4)

_Thread_local struct arch_cpu *fake_this_cpu;
struct fake_clock fake_clock;
struct fake_machine fake;
u8 *fake_phys;

static jmp_buf end_jump;
static bool end_armed;

extern char __executable_start[], etext[], end[];

static const struct pt_format host_format = { .n_levels = 4,
					      .root_pages = 1,
					      .max_leaf = 2,
					      .input_bits = 48,
					      .is_guest = false };
static const struct pt_format guest_format = { .n_levels = 3,
					       .root_pages = 2,
					       .max_leaf = 2,
					       .input_bits = 40,
					       .is_guest = true };

static void describe(struct hostdesc *hd, u64 ram_len)
{
	*hd = (struct hostdesc){ .model = STR("fake machine") };
	hd->n_cpus = hd->n_cpus_found = FAKE_CPUS;
	for (u32 i = 0; i < FAKE_CPUS; i++)
		hd->cpu_hw_id[i] = i;
	hd->mem[0] = (struct range){ FAKE_RAM_BASE, ram_len };
	hd->n_mem = 1;
}

void fake_init(u64 ram_len)
{
	u64 len = FAKE_RAM_BASE + ram_len;
	void *p;

	fake_fini();
	p = mmap(NULL, len + FAKE_HOLE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		 0);
	if (p == MAP_FAILED || mprotect(p, len, PROT_READ | PROT_WRITE) != 0) {
		perror("fake machine: memory");
		abort();
	}
	fake_phys = p;
	fake = (struct fake_machine){ .ram_len = ram_len,
				      .boot_cpu.timer_at = ARCH_NEVER,
				      .host_format = host_format,
				      .guest_format = guest_format,
				      .n_slots = 4,
				      .timers = { { 27, 27 } },
				      .n_timers = 1 };
	fake_clock = (struct fake_clock){ .now = 0, .step = 1, .hz = 1000000 };
	fake_this_cpu = &fake.boot_cpu;
	describe(&fake.hostdesc, ram_len);
}

void fake_fini(void)
{
	if (fake_phys)
		munmap(fake_phys, FAKE_RAM_BASE + fake.ram_len + FAKE_HOLE);
	fake_phys = NULL;
	fake_script_clear();
}

/* The host has fewer CPUs than a test has threads: who waits lets the others go on. */
void fake_relax(void)
{
	if (fake.on_relax)
		fake.on_relax();
	sched_yield();
}

void fake_soil(hpa_t at, u64 len)
{
	memset(arch_phys_to_virt(at), 0xa5, len);
}

void fake_image(hpa_t at, struct arch_boot *boot)
{
	u64 start = (u64)__executable_start & ~(KIB(4) - 1);
	u64 code_end = ((u64)etext + KIB(4) - 1) & ~(KIB(4) - 1);
	u64 image_end = ((u64)end + KIB(4) - 1) & ~(KIB(4) - 1);
	u64 data = code_end + KIB(4);

	fake.parts[0] =
		(struct arch_image_part){ "code", (void *)start, code_end - start, PT_R | PT_X };
	fake.parts[1] = (struct arch_image_part){ "guard", (void *)code_end, KIB(4), 0 };
	fake.parts[2] =
		(struct arch_image_part){ "data", (void *)data, image_end - data, PT_R | PT_W };
	fake.n_parts = 3;
	*boot = (struct arch_boot){ .image = at, .image_len = image_end - start };
}

/* ---- port/arch.h ------------------------------------------------------------------------------ */

enum status arch_hostdesc(const struct arch_boot *boot, struct arena *a, struct hostdesc *hd,
			  const char **why)
{
	(void)boot;
	(void)a;
	(void)why;
	*hd = fake.hostdesc;
	return OK;
}

enum status arch_cpu_init(struct arch_cpu *c, const struct hostdesc *hd, const char **why)
{
	(void)hd;
	*why = "the fake CPU was told to refuse";
	c->n_inits++;
	return fake.init_result;
}

enum status arch_cpu_start(struct arch_cpu *c, u64 hw_id, u32 index)
{
	if (fake.start_result != OK)
		return fake.start_result;
	c->hw_id = hw_id;
	c->timer_at = ARCH_NEVER;
	if (fake.n_starts < FAKE_RECORDS)
		fake.start[fake.n_starts] = (struct fake_cpu_start){ c, hw_id, index };
	fake.n_starts++;
	return OK;
}

void arch_cpu_adopt(struct arch_cpu *c)
{
	c->timer_at = ARCH_NEVER;
	fake_this_cpu = c;
}

void arch_cpu_idle(void)
{
	u64 at = fake_this_cpu->timer_at;

	fake_this_cpu->n_idles++;
	if (at != ARCH_NEVER && at > fake_clock.now)
		fake_clock.now = at;
	if (fake.on_idle)
		fake.on_idle();
}

static noreturn_fn void machine_ends(enum fake_end how, const char *name)
{
	if (!end_armed) {
		fprintf(stderr, "fake machine: %s, and nobody waited for that\n", name);
		abort();
	}
	end_armed = false;
	longjmp(end_jump, (int)how);
}

void arch_power_off(void)
{
	machine_ends(FAKE_POWER_OFF, "power off");
}

void arch_halt(void)
{
	machine_ends(FAKE_HALT, "halt");
}

enum fake_end fake_run_to_end(void (*fn)(void *ctx), void *ctx)
{
	enum fake_end how = (enum fake_end)setjmp(end_jump);

	if (how != FAKE_RUNNING)
		return how;
	end_armed = true;
	fn(ctx);
	end_armed = false;
	return FAKE_RUNNING;
}

u32 arch_backtrace(u64 *frames, u32 max)
{
	if (max == 0)
		return 0;
	frames[0] = (u64)__builtin_return_address(0);
	return 1;
}

u32 arch_image_parts(struct arch_image_part *parts, u32 max)
{
	u32 n = MIN(fake.n_parts, max);

	memcpy(parts, fake.parts, n * sizeof(*parts));
	return n;
}
