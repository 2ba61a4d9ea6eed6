/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's life: off -> scrub -> load -> running -> ending -> off, or scrub again. Its vCPUs end by
 * themselves (POST_STOP); the home CPU does the rest in slices, so neighbours do not notice.
 */
#include <core/vm.h>

#include <base/str.h>
#include <core/log.h>
#include <core/panic.h>
#include <core/pass.h>
#include <port/arch.h>

struct vm *vms[VM_MAX];
_Atomic u32 n_vms;

static bool power_off_when_done;
static _Atomic u32 n_alive = 1; /* VMs started and not off; one more while booting */

static const char *const reason_text[] = {
	[VM_END_NONE] = "",
	[VM_END_POWER_OFF] = "powered off",
	[VM_END_RESET] = "restarts",
	[VM_END_FAULT] = "was stopped",
};

const char *vm_phase_name(const struct vm *vm)
{
	static const char *const name[] = {
		[VM_OFF] = "off",	  [VM_SCRUB] = "loading", [VM_LOAD] = "loading",
		[VM_RUNNING] = "running", [VM_ENDING] = "ending",
	};

	return name[atomic_load(&vm->phase)];
}

void vm_set_power_off_when_done(bool yes)
{
	power_off_when_done = yes;
}

/* The last reference to "something still runs" is gone. */
static void alive_put(void)
{
	if (atomic_fetch_sub(&n_alive, 1) != 1)
		return;
	log_info("no VM is left%s", power_off_when_done ? ": switching the machine off" : "");
	if (!power_off_when_done)
		return;
	console_flush();
	arch_power_off(); /* or halts, where firmware cannot: nothing runs any more */
}

void vm_boot_done(void)
{
	alive_put();
}

/* It has work now, perhaps: said after the change that makes it so. */
static void wake_home(struct vm *vm)
{
	atomic_store(&vm->home->work, true);
	cpu_kick(vm->home);
}

void vm_start(struct vm *vm)
{
	atomic_fetch_add(&n_alive, 1);
	vm->load = (struct vm_load){ .began = arch_cycles() };
	atomic_store(&vm->phase, VM_SCRUB);
	wake_home(vm);
}

/* ---- vCPUs on and off ------------------------------------------------------------------------- */

static struct vcpu *vcpu_by_hw_id(struct vm *vm, u64 hw_id)
{
	for (u32 i = 0; i < vm->n_vcpus; i++) {
		if (vm->vcpus[i].hw_id == hw_id)
			return &vm->vcpus[i];
	}
	return NULL;
}

/* Its power is PENDING, by us alone. */
static void vcpu_begin(struct vcpu *v, gpa_t entry, u64 arg)
{
	v->start_entry = entry;
	v->start_arg = arg;
	atomic_fetch_add(&v->vm->n_live, 1);
	vcpu_post(v, POST_START);
	/* vm_end() may have looked at this vCPU's power just before it changed. */
	if (atomic_load(&v->vm->phase) == VM_ENDING)
		vcpu_post(v, POST_STOP);
}

static bool may_execute(struct vm *vm, gpa_t at)
{
	hpa_t to;
	u64 run;
	u32 prot;

	return stage2_lookup(&vm->mem, at, &to, &run, &prot) == OK && (prot & PT_X);
}

enum cpu_answer vm_cpu_on(struct vm *vm, const struct exit_cpu *req)
{
	struct vcpu *v = vcpu_by_hw_id(vm, req->hw_id);
	u32 off = VCPU_POWER_OFF;

	if (!v)
		return CPU_NO_SUCH;
	if (!may_execute(vm, GPA(req->entry)))
		return CPU_BAD_ADDRESS;
	if (!atomic_compare_exchange_strong(&v->power, &off, VCPU_POWER_PENDING))
		return off == VCPU_POWER_ON ? CPU_ALREADY_ON : CPU_STATE_PENDING;
	vcpu_begin(v, GPA(req->entry), req->context);
	return CPU_OK;
}

enum cpu_answer vm_cpu_state(struct vm *vm, const struct exit_cpu *req)
{
	struct vcpu *v = vcpu_by_hw_id(vm, req->hw_id);

	if (!v)
		return CPU_NO_SUCH;
	switch (atomic_load(&v->power)) {
	case VCPU_POWER_ON:
		return CPU_OK;
	case VCPU_POWER_PENDING:
		return CPU_STATE_PENDING;
	default:
		return CPU_STATE_OFF;
	}
}

void vm_vcpu_off(struct vcpu *v)
{
	struct vm *vm = v->vm;
	u32 phase;

	if (atomic_load(&v->power) == VCPU_POWER_OFF)
		return; /* asked twice */
	vcpu_unload(v);
	v->state = VCPU_OFF;
	/* Before others may think that all are off: then it may soon be running anew. */
	phase = atomic_load(&vm->phase);
	atomic_store(&v->power, VCPU_POWER_OFF);
	if (atomic_fetch_sub(&vm->n_live, 1) != 1)
		return;
	if (phase == VM_RUNNING && vm_end(vm, VM_END_POWER_OFF))
		log_warn("VM %u \"%s\": the last vCPU has turned itself off", vm->desc->id,
			 vm->name);
	wake_home(vm);
}

bool vm_end(struct vm *vm, enum vm_end_reason why)
{
	u32 none = VM_END_NONE;
	u32 running = VM_RUNNING;

	if (!atomic_compare_exchange_strong(&vm->reason, &none, why))
		return false;
	if (!atomic_compare_exchange_strong(&vm->phase, &running, VM_ENDING)) {
		atomic_store(&vm->reason, VM_END_NONE);
		return false;
	}
	for (u32 i = 0; i < vm->n_vcpus; i++) {
		if (atomic_load(&vm->vcpus[i].power) != VCPU_POWER_OFF)
			vcpu_post(&vm->vcpus[i], POST_STOP);
	}
	wake_home(vm);
	return true;
}

/* What comes and goes with VMs must come out even. */
static void tell_memory(void)
{
	struct pmm_stats s = pmm_stats();

	log_debug("memory: %llu pages free, %llu ours", (unsigned long long)s.free,
		  (unsigned long long)s.hypervisor);
}

/* ---- phases, on the home CPU ------------------------------------------------------------------ */

static void run(struct vm *vm)
{
	struct vcpu *v = &vm->vcpus[0];
	u64 ms = (arch_cycles() - vm->load.began) / (arch_cycles_hz() / 1000);

	log_info("VM %u \"%s\": %s after %llu ms, entry 0x%llx", vm->desc->id, vm->name,
		 vm->n_restarts ? "started again" : "started", (unsigned long long)ms,
		 (unsigned long long)vm->fit.entry.v);
	tell_memory();
	atomic_store(&vm->reason, VM_END_NONE);
	atomic_store(&v->power, VCPU_POWER_PENDING);
	atomic_store(&vm->phase, VM_RUNNING);
	vcpu_begin(v, vm->fit.entry, vm->fit.fdt.v);
}

static void fail(struct vm *vm, const char *doing, enum status st)
{
	log_error("VM %u \"%s\": %s failed: %s", vm->desc->id, vm->name, doing, status_str(st));
	vm_load_end(vm);
	vm_free_memory(vm);
	atomic_store(&vm->phase, VM_OFF);
	alive_put();
}

static void scrubbed(struct vm *vm, enum status st)
{
	if (st == OK)
		st = vm_load_begin(vm);
	if (st != OK)
		fail(vm, "preparing to load its images", st);
	else
		atomic_store(&vm->phase, VM_LOAD);
}

static void loaded(struct vm *vm, enum status st)
{
	if (st != OK) {
		fail(vm, "loading its images", st);
		return;
	}
	vm_load_end(vm);
	run(vm);
}

static void reset_devices(struct vm *vm)
{
	for (u32 i = 0; i < vm->n_devs; i++) {
		struct vdev_locked l = vdev_lock(vm->devs[i]);

		vm->devs[i]->irq_levels = 0;
		vm->devs[i]->n_complaints = 0;
		vm->devs[i]->dev->class->reset(vm->devs[i]->dev);
		vdev_unlock(&l);
	}
}

static void ended(struct vm *vm)
{
	enum vm_end_reason why = (enum vm_end_reason)atomic_load(&vm->reason);

	log_info("VM %u \"%s\" %s", vm->desc->id, vm->name, reason_text[why]);
	pass_stop(vm);
	for (u32 i = 0; i < vm->n_vcpus; i++) {
		atomic_store(&vm->vcpus[i].posts, 0);
		vm->vcpus[i].n_complaints = 0;
	}
	if (why == VM_END_RESET) {
		vm->n_restarts++;
		arch_tlb_flush_guest(&vm->arch); /* as a reset of the board does */
		reset_devices(vm);
		vm->load = (struct vm_load){ .began = arch_cycles() };
		vm->dirty = true;
		atomic_store(&vm->phase, VM_SCRUB);
		return;
	}
	vm_free_memory(vm);
	tell_memory();
	atomic_store(&vm->phase, VM_OFF);
	alive_put();
}

static bool has_work(const struct vm *vm)
{
	u32 phase = atomic_load(&vm->phase);

	return phase == VM_SCRUB || phase == VM_LOAD ||
	       (phase == VM_ENDING && atomic_load(&vm->n_live) == 0);
}

/* The flag spares the walk, so that what a turn costs does not grow with VMs that just run. */
bool vm_has_work(const struct cpu *c)
{
	if (!atomic_load(&c->work))
		return false;
	for (u32 i = 0; i < n_vms; i++) {
		if (vms[i]->home == c && has_work(vms[i]))
			return true;
	}
	return false;
}

static void work(struct vm *vm)
{
	enum status st;

	switch (atomic_load(&vm->phase)) {
	case VM_SCRUB:
		st = vm_scrub_slice(vm);
		if (st != E_BUSY)
			scrubbed(vm, st);
		break;
	case VM_LOAD:
		st = vm_load_slice(vm);
		if (st != E_BUSY)
			loaded(vm, st);
		break;
	case VM_ENDING:
		ended(vm);
		break;
	default:
		break;
	}
}

bool vm_work(struct cpu *c)
{
	bool any = false, blocked = false;

	if (!atomic_load_explicit(&c->work, memory_order_relaxed))
		return false;
	/* First: what changes during the walk sets it again. */
	atomic_store(&c->work, false);
	for (u32 i = 0; i < n_vms; i++) {
		if (vms[i]->home == c && has_work(vms[i])) {
			work(vms[i]);
			any |= !vms[i]->load.blocked;
			blocked |= vms[i]->load.blocked;
		}
	}
	if (any)
		watchdog_poll(arch_cycles());
	if (any || blocked)
		atomic_store(&c->work, true);
	return any;
}
