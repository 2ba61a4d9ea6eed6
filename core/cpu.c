/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host CPUs: starting them and getting their attention.
 */
#include <core/cpu.h>

#include <core/irq.h>
#include <core/log.h>
#include <core/panic.h>
#include <core/sched.h>

#define START_TIMEOUT_MS 1000

struct cpu cpus[HD_MAX_CPUS];
u32 n_cpus = 1;

static const struct hostdesc *machine;
static _Atomic bool stop_all;

struct cpu *cpu_by_hw_id(u64 hw_id)
{
	for (u32 i = 0; i < n_cpus; i++) {
		if (cpus[i].arch.hw_id == hw_id)
			return &cpus[i];
	}
	return NULL;
}

static bool wait_online(struct cpu *c)
{
	u64 end = arch_cycles() + arch_cycles_hz() / 1000 * START_TIMEOUT_MS;

	while (!atomic_load(&c->online)) {
		if (arch_cycles() > end)
			return false;
		arch_cpu_relax();
	}
	return true;
}

/*
 * A CPU that does not come is left out: the machine is what runs. False: it was let go and has not
 * arrived; it may yet, so its record and its stack cannot be given to another one.
 */
static bool start_one(u64 hw_id)
{
	struct cpu *c = &cpus[n_cpus];
	enum status st;

	c->index = n_cpus;
	st = arch_cpu_start(&c->arch, hw_id, n_cpus);
	if (st == OK && wait_online(c)) {
		n_cpus++;
		return true;
	}
	log_error("CPU 0x%llx does not start: going on without it%s", (unsigned long long)hw_id,
		  st == OK ? ", and without those after it" : "");
	return st != OK;
}

void cpus_start(const struct hostdesc *hd)
{
	u64 mine = this_cpu()->arch.hw_id;

	machine = hd;
	for (u32 i = 0; i < hd->n_cpus && n_cpus < HD_MAX_CPUS; i++) {
		if (hd->cpu_hw_id[i] != mine && !start_one(hd->cpu_hw_id[i]))
			return;
	}
}

void core_cpu_boot(struct arch_cpu *ac)
{
	struct cpu *c = (struct cpu *)(void *)ac;
	const char *why = "";

	if (arch_cpu_init(ac, machine, &why) != OK || irq_cpu_init() != OK) {
		log_error("CPU %u cannot run guests: %s", c->index, why);
		arch_halt();
	}
	atomic_store(&c->online, true);
	sched_run();
}

void cpu_kick(struct cpu *c)
{
	if (c == this_cpu())
		c->resched = true;
	else
		irq_send_ipi(c->arch.hw_id);
}

void cpu_kicked(void)
{
	if (atomic_load_explicit(&stop_all, memory_order_relaxed))
		arch_halt();
	this_cpu()->resched = true;
	this_cpu()->signs++;
}

void cpus_stop_others(void)
{
	struct cpu *me = this_cpu();

	atomic_store(&stop_all, true);
	for (u32 i = 0; i < n_cpus && irq_present(); i++) {
		if (&cpus[i] != me)
			irq_send_ipi(cpus[i].arch.hw_id);
	}
}
