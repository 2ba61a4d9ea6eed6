/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands still is told once. Looking takes no lock that it would have to wait for, and reads
 * others' fields as they are: a look that comes too early sees it the next time.
 */
#include <core/watchdog.h>

#include <base/fmt.h>
#include <base/spinlock.h>
#include <core/ksym.h>
#include <core/log.h>
#include <core/panic.h>
#include <core/virq.h>
#include <core/vm.h>

#define PERIOD_MS     1000 /* between two looks */
#define LIMIT_MS      2000
#define LOCK_PANIC_MS 10000 /* of a lock without which nothing can be told */
#define MAX_ANSWERS   2
#define MAX_NAMES     5

_Atomic u64 watchdog_next = ARCH_NEVER;

static const char *_Atomic stage;
static struct watched stage_watch, vm_watch[VM_MAX];

/* A CPU is asked, by a kick, before it is believed to be lost: its guest may just compute. */
static struct cpu_watch {
	struct watched w;
	bool asked;
	u32 n_answers; /* to questions only, with nothing else done in between */
} cpu_watch[HD_MAX_CPUS];

static struct lock_wait {
	u64 since;
	bool told;
	bool telling; /* and waits for a lock in the course of that */
} lock_wait[HD_MAX_CPUS];

static const char *const exit_names[] = {
	[EXIT_NONE] = "none",
	[EXIT_IRQ] = "host interrupt",
	[EXIT_MMIO] = "device access",
	[EXIT_MMIO_LIST] = "device accesses",
	[EXIT_MEM_FAULT] = "memory fault",
	[EXIT_IDLE] = "wait for interrupt",
	[EXIT_YIELD] = "spin hint",
	[EXIT_IPI] = "IPI",
	[EXIT_IRQ_DONE] = "end of interrupt",
	[EXIT_CPU_ON] = "start of a CPU",
	[EXIT_CPU_OFF] = "end of a CPU",
	[EXIT_CPU_STATE] = "state of a CPU",
	[EXIT_POWER_OFF] = "power off",
	[EXIT_RESET] = "reset",
	[EXIT_UNKNOWN] = "unknown to us",
	[EXIT_STOP] = "stop",
};

static u64 ms_to_cycles(u64 ms)
{
	return arch_cycles_hz() / 1000 * ms;
}

static unsigned long long seconds(u64 cycles)
{
	return cycles / arch_cycles_hz();
}

/* ---- standing still --------------------------------------------------------------------------- */

enum found {
	FINE,
	STANDS, /* for too long, and nobody was told so far */
	GOES_ON /* after that was told; *@stood is for how long it had not */
};

static enum found watch(struct watched *w, u64 mark, u64 now, u64 *stood)
{
	bool told = w->told;

	*stood = now - w->since;
	if (w->mark != mark || !w->since) {
		*w = (struct watched){ mark, now, false };
		return told ? GOES_ON : FINE;
	}
	if (told || *stood < ms_to_cycles(LIMIT_MS))
		return FINE;
	w->told = true;
	return STANDS;
}

/* ---- the boot --------------------------------------------------------------------------------- */

/* A stage that says something is not silent, at whatever level. */
static void look_at_stage(const char *name, u64 now)
{
	u64 stood;

	switch (watch(&stage_watch, log_count(), now, &stood)) {
	case STANDS:
		log_error("boot stage \"%s\" makes no progress for %llu s", name, seconds(stood));
		stage_watch.mark = log_count();
		break;
	case GOES_ON:
		log_warn("boot stage \"%s\" goes on after %llu s", name, seconds(stood));
		break;
	case FINE:
	default:
		break;
	}
}

void watchdog_stage(const char *name)
{
	const char *before = atomic_exchange(&stage, name);

	if (before && stage_watch.told)
		log_warn("boot stage \"%s\" is done after all", before);
	stage_watch = (struct watched){ 0 }; /* new to whoever looks next */
}

/* ---- VMs that load or end --------------------------------------------------------------------- */

static u64 vm_mark(const struct vm *vm)
{
	const u64 parts[] = { atomic_load(&vm->phase),
			      vm->load.region,
			      vm->load.image,
			      vm->load.step,
			      vm->load.off,
			      vm->load.out,
			      atomic_load(&vm->n_live),
			      vm->n_restarts,
			      vm->load.line };
	u64 mark = 0;

	for (u32 i = 0; i < array_size(parts); i++)
		mark = mark * 31 + parts[i];
	return mark;
}

static void tell_vm(const struct vm *vm, u64 stood)
{
	log_error("VM %u \"%s\" is %s and makes no progress for %llu s: image %u of %u, step %u, "
		  "byte %llu; %u vCPUs on; CPU %u works for it",
		  vm->desc->id, vm->name, vm_phase_name(vm), seconds(stood),
		  MIN(vm->load.image + 1, vm->fit.n), vm->fit.n, vm->load.step,
		  (unsigned long long)vm->load.off, atomic_load(&vm->n_live), vm->home->index);
}

static void look_at_vm(const struct vm *vm, struct watched *w, u64 now)
{
	u32 phase = atomic_load(&vm->phase);
	u64 stood;

	if (phase != VM_SCRUB && phase != VM_LOAD && phase != VM_ENDING && !w->told) {
		w->since = 0;
		return;
	}
	switch (watch(w, vm_mark(vm), now, &stood)) {
	case STANDS:
		tell_vm(vm, stood);
		break;
	case GOES_ON:
		log_warn("VM %u \"%s\" goes on after %llu s", vm->desc->id, vm->name,
			 seconds(stood));
		break;
	case FINE:
	default:
		break;
	}
}

/* ---- interrupts on their way ------------------------------------------------------------------ */

static u64 vcpu_mark(const struct vcpu *v)
{
	u64 n = v->last_turn;

	for (u32 i = 0; i < array_size(v->n_exits); i++)
		n += v->n_exits[i];
	return n;
}

/* Something is there for the vCPU that its CPU has not taken to it. What is presented, the guest
 * takes when it likes: with its interrupts masked it merely computes. */
static bool something_waits(struct vcpu *v, u64 now)
{
	if (atomic_load(&v->power) != VCPU_POWER_ON)
		return false;
	if (atomic_load(&v->posts))
		return true;
	/* While it is loaded its CPU holds the truth, and takes care of it by hardware. */
	if (v->state != VCPU_WAITING || v->cpu->loaded == v)
		return false;
	return now >= v->wake_at || virq_seems_pending(v);
}

static void name_vcpu(char *buf, size_t size, const struct vcpu *v)
{
	if (!v)
		fmt_snprintf(buf, size, "no vCPU");
	else
		fmt_snprintf(buf, size, "VM %u \"%s\" vCPU %u at 0x%llx, last exit: %s",
			     v->vm->desc->id, v->vm->name, v->index,
			     (unsigned long long)arch_vcpu_pc(&v->arch),
			     exit_names[MIN(v->last_exit, array_size(exit_names) - 1)]);
}

static void look_at_vcpu(struct vcpu *v, u64 now)
{
	static const char *const states[] = { "off", "ready", "waiting" };
	char who[128];
	u64 stood;

	if (!something_waits(v, now)) {
		if (v->watched.told)
			log_warn("VM %u \"%s\" vCPU %u goes on", v->vm->desc->id, v->vm->name,
				 v->index);
		v->watched = (struct watched){ 0 };
		return;
	}
	if (watch(&v->watched, vcpu_mark(v), now, &stood) != STANDS)
		return;
	name_vcpu(who, sizeof(who), v->cpu->turn);
	log_warn(
		"VM %u \"%s\" vCPU %u (%s): an interrupt for it is not delivered for %llu s; CPU %u "
		"has %s",
		v->vm->desc->id, v->vm->name, v->index, states[v->state], seconds(stood),
		v->cpu->index, who);
	cpu_kick(v->cpu);
}

/* ---- CPUs in the hypervisor ------------------------------------------------------------------- */

static u64 cpu_mark(const struct cpu *c)
{
	u64 n = __atomic_load_n(&c->signs, __ATOMIC_RELAXED);

	for (const struct vcpu *v = c->vcpus; v; v = v->next_on_cpu)
		n += vcpu_mark(v);
	return n;
}

/*
 * What changes the mark is an exit, a turn, or a kick that was answered. A CPU that has answered
 * twice and done nothing else runs its guest: until its mark changes again there is nothing to ask.
 */
static void look_at_cpu(struct cpu *c, struct cpu_watch *cw, u64 now)
{
	u64 mark = cpu_mark(c), stood = now - cw->w.since;
	char who[128];

	if (mark != cw->w.mark) {
		if (cw->w.told)
			log_warn("CPU %u goes on after %llu s", c->index, seconds(stood));
		cw->n_answers = cw->asked ? cw->n_answers + 1 : 0;
		cw->asked = false;
		cw->w = (struct watched){ mark, now, false };
	} else if (!cw->asked && cw->n_answers < MAX_ANSWERS) {
		cw->asked = true;
		cpu_kick(c);
	} else if (cw->asked && !cw->w.told && stood >= ms_to_cycles(LIMIT_MS)) {
		cw->w.told = true;
		name_vcpu(who, sizeof(who), c->loaded);
		log_error("CPU %u does not leave the hypervisor for %llu s: %s", c->index,
			  seconds(stood), who);
	}
}

/* ---- locks ------------------------------------------------------------------------------------ */

static void tell_lock(const struct cpu *c, u64 stood)
{
	char names[200] = "";
	u64 frames[MAX_NAMES + 3];
	u32 n = arch_backtrace(frames, array_size(frames));
	size_t at = 0;
	char who[128];
	struct ksym s;

	/* The first three are ours: who waits is what matters. */
	for (u32 i = MIN(n, 3u); i < n && at < sizeof(names); i++) {
		if (ksym_lookup(frames[i] - 1, &s))
			at += (size_t)fmt_snprintf(names + at, sizeof(names) - at, " < %s", s.name);
	}
	name_vcpu(who, sizeof(who), c->loaded);
	log_error("CPU %u waits for a lock for %llu s%s; %s", c->index, seconds(stood), names, who);
}

/* Of a wait that is not short; @round counts on from 0 in each. */
static void lock_waits(u32 round)
{
	struct cpu *c = this_cpu();
	struct lock_wait *lw = &lock_wait[c->index];
	u64 now = arch_cycles();
	bool telling = lw->telling;

	if (round == 0) {
		lw->since = now;
		lw->told = telling;
		return;
	}
	if (telling && now - lw->since > ms_to_cycles(LOCK_PANIC_MS))
		panic("nothing can be told: the console's lock is not given back");
	if (lw->told || now - lw->since < ms_to_cycles(LIMIT_MS))
		return;
	lw->told = true;
	lw->telling = true;
	tell_lock(c, now - lw->since);
	lw->telling = false;
	lw->told = true;
}

/* ---- all of it -------------------------------------------------------------------------------- */

void watchdog_start(void)
{
	if (!arch_cycles_hz())
		return;
	spin_on_wait = lock_waits;
	atomic_store(&watchdog_next, arch_cycles() + ms_to_cycles(PERIOD_MS));
}

static void look_at_vms(u64 now)
{
	for (u32 i = 0; i < n_vms; i++) {
		struct vm *vm = vms[i];
		u32 phase = atomic_load(&vm->phase);

		look_at_vm(vm, &vm_watch[i], now);
		for (u32 k = 0; phase == VM_RUNNING && k < vm->n_vcpus; k++)
			look_at_vcpu(&vm->vcpus[k], now);
	}
}

void watchdog_look(u64 now)
{
	u64 due = atomic_load(&watchdog_next);
	const char *name = atomic_load(&stage);

	if (now < due ||
	    !atomic_compare_exchange_strong(&watchdog_next, &due, now + ms_to_cycles(PERIOD_MS)))
		return;
	this_cpu()->signs++;
	if (name)
		look_at_stage(name, now);
	/* While it boots, the first CPU is watched by its stages. */
	for (u32 i = name ? 1 : 0; i < n_cpus; i++) {
		if (&cpus[i] != this_cpu())
			look_at_cpu(&cpus[i], &cpu_watch[i], now);
	}
	look_at_vms(now);
}
