/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/vcpu.c: what each kind of exit leads to, what posts do and in which order, and that a vCPU
 * that is off never runs, whatever others leave behind for it.
 */
#include "core_fixture.h"

static struct vm *vm;
static struct vcpu *v0, *v1;

/* vCPU 0 runs on CPU 0, vCPU 1 is off on CPU 1. */
static void setup(void)
{
	machine_up();
	vm = make_running_vm(0, 1);
	v0 = &vm->vcpus[0];
	v1 = &vm->vcpus[1];
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(v0->state == VCPU_WAITING && cpus[0].loaded == v0);
	notes[0] = said[0] = '\0';
	cpus[0].resched = false;
}

static struct vcpu_exit mmio(u64 addr, u8 width, bool write, u64 value)
{
	return (struct vcpu_exit){ .kind = EXIT_MMIO, .io = { addr, value, width, write } };
}

/* ---- exits ----------------------------------------------------------------------------------- */

static void device_access(void)
{
	setup();
	probe_answer = UINT64_C(0x1122334455667788);
	one_exit(v0, mmio(PROBE_BASE + 8, 4, false, 0));
	NOTED("probe read 0x8/4; ");
	CHECK(v0->arch.n_completed == 1 && v0->arch.completed.io.value == 0x55667788);
	one_exit(v0, mmio(PROBE_BASE + 16, 2, true, 0xabcdef));
	NOTED("probe write 0x10/2 0xcdef; ");
	CHECK(v0->arch.n_completed == 2 && v0->arch.n_faulted == 0);
	CHECK(v0->n_exits[EXIT_MMIO] == 2);
	CHECK(said[0] == '\0');
}

static void access_to_nothing(void)
{
	setup();
	one_exit(v0, mmio(PROBE_BASE + 0x1000, 4, true, 1));
	CHECK(v0->arch.n_faulted == 1 && v0->arch.n_completed == 0);
	CHECK(v0->arch.faulted.io.addr == PROBE_BASE + 0x1000);
	CHECK(was_said("warning: VM 1 \"guest\" vCPU 0 at 0x40000000: 4-byte write at 0x9001000: "
		       "nothing is there (nearest device: probe0 at 0x9000000)"));
	one_exit(v0, mmio(PROBE_BASE + 2, 4, false, 0));
	CHECK(v0->arch.n_faulted == 2);
	CHECK(was_said("4-byte read at 0x9000002: misaligned device access"));
	NOTED("");
	/* A guest that goes on like that runs on, but is not heard for ever. */
	for (u32 i = 0; i < 100; i++)
		one_exit(v0, mmio(0x1000, 1, false, 0));
	CHECK(v0->arch.n_faulted == 102);
	CHECK(was_said("(no more of these)") && strlen(said) < 8 * 200);
}

static void fault(void)
{
	setup();
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_MEM_FAULT,
					 .fault = { GPA(0x1234), FAULT_FETCH, FAULT_NOTHING,
						    "from nowhere" } });
	CHECK(v0->arch.n_faulted == 1);
	CHECK(was_said("fetch at 0x1234: from nowhere (nearest device: intc at 0x8000000)"));
	CHECK(atomic_load(&vm->phase) == VM_RUNNING);
}

/* ---- what is unsupported ---------------------------------------------------------------------- */

static void rule(enum vd_unsupported what, enum vd_action action)
{
	((struct vmdesc *)vm->desc)->policy.unsupported[what] = action;
}

static struct vcpu_exit data_fault(enum fault_cause cause)
{
	return (struct vcpu_exit){ .kind = EXIT_MEM_FAULT,
				   .fault = { GPA(0x1234), FAULT_WRITE, cause, "odd" } };
}

static struct vcpu_exit unknown(bool is_register)
{
	return (struct vcpu_exit){ .kind = EXIT_UNKNOWN, .unknown = { is_register, 0x77 } };
}

static void nothing_is_ignored(void)
{
	struct vcpu_exit list = { .kind = EXIT_MMIO_LIST, .list = { .n = 2 } };

	setup();
	rule(VD_UNSUP_REFERENCE, VD_IGNORE);
	one_exit(v0, mmio(PROBE_BASE + 0x1000, 2, false, 0));
	CHECK(v0->arch.n_completed == 1 && v0->arch.completed.io.value == 0xffff);
	one_exit(v0, mmio(PROBE_BASE + 0x1000, 8, true, 5));
	list.list.io[0] = mmio(0x5000, 8, false, 0).io;
	list.list.io[1] = mmio(0x5008, 1, false, 0).io;
	one_exit(v0, list);
	CHECK(v0->arch.n_completed == 3 && v0->arch.completed.list.io[0].value == UINT64_MAX);
	CHECK(v0->arch.completed.list.io[1].value == 0xff);
	CHECK(said[0] == '\0' && v0->arch.n_faulted == 0);
	/* A device that is there has its own rules, and a fetch cannot be ignored. */
	one_exit(v0, mmio(PROBE_BASE + 2, 4, false, 0));
	one_exit(v0, data_fault(FAULT_NOTHING));
	one_exit(v0, data_fault(FAULT_UNDECODED));
	CHECK(v0->arch.n_faulted == 3);
}

static void nothing_stops_the_vm(void)
{
	setup();
	rule(VD_UNSUP_REFERENCE, VD_ABORT);
	one_exit(v0, data_fault(FAULT_FORBIDDEN));
	CHECK(v0->arch.n_faulted == 1);
	one_exit(v0, mmio(PROBE_BASE + 0x1000, 4, false, 0));
	CHECK(was_said("4-byte read at 0x9001000: nothing is there (nearest device: probe0 at "
		       "0x9000000): the VM is stopped"));
	CHECK(atomic_load(&vm->reason) == VM_END_FAULT);
}

static void fetch_from_nothing_stops_the_vm(void)
{
	setup();
	rule(VD_UNSUP_REFERENCE, VD_ABORT);
	one_exit(v0, data_fault(FAULT_NOTHING));
	CHECK(was_said("write at 0x1234: odd (nearest device: intc at 0x8000000): the VM is"));
}

static void unknown_ones_by_the_rules(void)
{
	setup();
	one_exit(v0, unknown(false));
	one_exit(v0, unknown(true));
	CHECK(v0->arch.n_faulted == 2 && said[0] == '\0');
	rule(VD_UNSUP_INSTRUCTION, VD_IGNORE);
	one_exit(v0, unknown(false));
	one_exit(v0, data_fault(FAULT_UNDECODED));
	CHECK(v0->arch.n_completed == 2 && v0->arch.n_faulted == 2);
	one_exit(v0, unknown(true));
	CHECK(v0->arch.n_faulted == 3);
	rule(VD_UNSUP_REGISTER, VD_IGNORE);
	one_exit(v0, unknown(true));
	CHECK(v0->arch.n_completed == 3);
	rule(VD_UNSUP_REGISTER, VD_ABORT);
	one_exit(v0, unknown(true));
	CHECK(was_said("a system register that the board does not have (0x77): the VM is stopped"));
}

static void unknown_instruction_stops_the_vm(void)
{
	setup();
	rule(VD_UNSUP_INSTRUCTION, VD_ABORT);
	one_exit(v0, unknown(false));
	CHECK(was_said("an instruction that the board does not have (0x77): the VM is stopped"));
}

static void host_interrupt(void)
{
	struct vcpu_exit irq = { .kind = EXIT_IRQ, .irq = EXIT_IRQ_UNACKED };
	u32 runs;

	setup();
	runs = v0->arch.n_runs;
	one_exit(v0, irq); /* nothing was pending after all: the guest runs on */
	CHECK(v0->arch.n_runs == runs + 2);
	host_raise(HOST_TIMER);
	one_exit(v0, irq);
	NOTED("drop 26; deactivate 26; ");
	CHECK(cpus[0].resched && v0->state == VCPU_READY);
	CHECK(v0->arch.n_runs == runs + 3);
}

static void waiting(void)
{
	setup();
	CHECK(v0->state == VCPU_WAITING);
	/* Something it would take is there: it does not wait. */
	to_present[0][0] = (struct virq_entry){ .intid = 40, .state = VIRQ_PENDING };
	n_to_present[0] = 1;
	vcpu_post(v0, POST_VIRQ);
	CHECK(cpus[0].resched);
	cpus[0].resched = false;
	fake_script_push((struct vcpu_exit){ .kind = EXIT_IDLE });
	fake_script_push((struct vcpu_exit){ .kind = EXIT_IRQ, .irq = HOST_TIMER });
	vcpu_run(v0);
	CHECK(fake_script_left() == 0 && v0->state == VCPU_READY);
	NOTED("next 0; drop 26; deactivate 26; ");
	CHECK(fake_guest_ack(&v0->arch) == 40);
	/* Active, not pending: now it does. */
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(v0->state == VCPU_WAITING && cpus[0].loaded == v0);
}

static u32 n_sleeps;

static void count_sleep(void)
{
	n_sleeps++;
	/* Something that is not the guest's ends the third. */
	if (n_sleeps == 3)
		this_cpu()->resched = true;
}

/* Alone on its CPU, a vCPU sleeps there and goes on; not when somebody needs the CPU. */
static void waiting_in_place(void)
{
	setup();
	cpus[0].n_vcpus = 1;
	pmm_scrub_slice(UINT32_MAX);
	fake.on_idle = count_sleep;
	for (u32 i = 0; i < 4; i++)
		fake_script_push_to(&v0->arch, (struct vcpu_exit){ .kind = EXIT_IDLE });
	vcpu_run(v0);
	CHECK(n_sleeps == 3 && v0->state == VCPU_READY && fake_script_left() == 1);
	/* Asked for meanwhile: the scheduler decides. */
	cpus[0].resched = false;
	vm->home->work = true;
	atomic_store(&vm->phase, VM_SCRUB);
	vcpu_run(v0);
	CHECK(n_sleeps == 3 && v0->state == VCPU_WAITING);
}

static void yielding_alone(void)
{
	u32 runs;

	setup();
	runs = v0->arch.n_runs;
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_YIELD });
	CHECK(v0->arch.n_runs == runs + 2); /* nobody else wants the CPU */
}

static void ipi(void)
{
	struct vcpu_exit x = { .kind = EXIT_IPI, .ipi = { .line = 3, .group = 1, .targets = 3 } };

	setup();
	one_exit(v0, x);
	NOTED("ipi 0->3 line 3 group 1; ");
	x.ipi.all_others = true;
	one_exit(v0, x);
	NOTED("ipi 0->2 line 3 group 1; ");
}

static struct vcpu_exit cpu_request(enum exit_kind kind, u64 hw_id, u64 entry)
{
	return (struct vcpu_exit){ .kind = kind,
				   .cpu = { .hw_id = hw_id, .entry = entry, .context = 77 } };
}

static enum cpu_answer ask(enum exit_kind kind, u64 hw_id, u64 entry)
{
	one_exit(v0, cpu_request(kind, hw_id, entry));
	return v0->arch.completed.cpu.result;
}

static void cpu_on(void)
{
	setup();
	CHECK(ask(EXIT_CPU_STATE, 1, 0) == CPU_STATE_OFF);
	CHECK(ask(EXIT_CPU_ON, 5, GUEST_RAM) == CPU_NO_SUCH);
	CHECK(ask(EXIT_CPU_STATE, 5, 0) == CPU_NO_SUCH);
	CHECK(ask(EXIT_CPU_ON, 1, PROBE_BASE) == CPU_BAD_ADDRESS);
	CHECK(ask(EXIT_CPU_ON, 1, UINT64_MAX) == CPU_BAD_ADDRESS);
	CHECK(ask(EXIT_CPU_ON, 0, GUEST_RAM) == CPU_ALREADY_ON);
	NOTED("");
	CHECK(ask(EXIT_CPU_ON, 1, GUEST_RAM + 64) == CPU_OK);
	NOTED("kick 1; ");
	CHECK(ask(EXIT_CPU_STATE, 1, 0) == CPU_STATE_PENDING);
	CHECK(ask(EXIT_CPU_ON, 1, GUEST_RAM) == CPU_STATE_PENDING);
	on_cpu(1);
	CHECK(vcpu_runnable(v1, 0));
	one_exit(v1, (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(v1->arch.n_boots == 1 && v1->arch.pc == GUEST_RAM + 64 && v1->arch.arg == 77);
	NOTED("next 1; ");
	on_cpu(0);
	CHECK(ask(EXIT_CPU_STATE, 1, 0) == CPU_OK);
	CHECK(ask(EXIT_CPU_ON, 1, GUEST_RAM) == CPU_ALREADY_ON);
	CHECK(atomic_load(&vm->n_live) == 2);
}

static void cpu_off_and_on_again(void)
{
	setup();
	CHECK(ask(EXIT_CPU_ON, 1, GUEST_RAM) == CPU_OK);
	on_cpu(1);
	one_exit(v1, (struct vcpu_exit){ .kind = EXIT_CPU_OFF });
	CHECK(v1->state == VCPU_OFF && cpus[1].loaded == NULL && !vcpu_runnable(v1, UINT64_MAX));
	CHECK(atomic_load(&vm->n_live) == 1 && atomic_load(&vm->phase) == VM_RUNNING);
	on_cpu(0);
	CHECK(ask(EXIT_CPU_STATE, 1, 0) == CPU_STATE_OFF);
	CHECK(ask(EXIT_CPU_ON, 1, GUEST_RAM + 4) == CPU_OK);
	on_cpu(1);
	one_exit(v1, (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(v1->arch.n_boots == 2 && v1->arch.pc == GUEST_RAM + 4);
}

static void last_cpu_off(void)
{
	setup();
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_CPU_OFF });
	CHECK(was_said("the last vCPU has turned itself off"));
	CHECK(atomic_load(&vm->phase) == VM_ENDING);
	CHECK(atomic_load(&vm->reason) == VM_END_POWER_OFF);
	CHECK(vm_has_work(&cpus[0]));
}

static void end_by(enum exit_kind kind, enum vm_end_reason why)
{
	struct vcpu_exit x = { .kind = kind };

	if (kind == EXIT_STOP)
		x.why = "it did what it must not";
	setup();
	CHECK(ask(EXIT_CPU_ON, 1, GUEST_RAM) == CPU_OK);
	on_cpu(1);
	one_exit(v1, (struct vcpu_exit){ .kind = EXIT_NONE });
	on_cpu(0);
	notes[0] = '\0';
	one_exit(v0, x);
	CHECK(atomic_load(&vm->reason) == why && atomic_load(&vm->phase) == VM_ENDING);
	CHECK(v0->state == VCPU_OFF && cpus[0].loaded == NULL);
	NOTED("kick 1; ");
	CHECK(!vm_has_work(&cpus[0])); /* the other one still runs */
	on_cpu(1);
	CHECK(vcpu_runnable(v1, 0));
	vcpu_run(v1);
	CHECK(v1->state == VCPU_OFF && cpus[1].loaded == NULL && v1->arch.n_runs == 2);
	NOTED("kick 0; ");
	CHECK(vm_has_work(&cpus[0]));
}

static void power_off(void)
{
	end_by(EXIT_POWER_OFF, VM_END_POWER_OFF);
	CHECK(said[0] == '\0');
}

static void reset(void)
{
	end_by(EXIT_RESET, VM_END_RESET);
	CHECK(said[0] == '\0');
}

static void stopped_for_a_mistake(void)
{
	end_by(EXIT_STOP, VM_END_FAULT);
	CHECK(was_said("vCPU 0 at 0x40000004: it did what it must not: the VM is stopped"));
}

/* ---- posts ----------------------------------------------------------------------------------- */

static void start_and_stop_at_once(void)
{
	setup();
	CHECK(ask(EXIT_CPU_ON, 1, GUEST_RAM) == CPU_OK);
	vm_end(vm, VM_END_POWER_OFF);
	on_cpu(1);
	vcpu_run(v1);
	CHECK(v1->arch.n_boots == 0 && v1->arch.n_runs == 0);
	CHECK(v1->state == VCPU_OFF && atomic_load(&v1->power) == VCPU_POWER_OFF);
	CHECK(atomic_load(&v1->posts) == 0 && atomic_load(&vm->n_live) == 1);
}

/* Whoever asks for the end just before has looked at a vCPU that was still off. */
static void started_while_the_vm_ends(void)
{
	struct exit_cpu req = { .hw_id = 1, .entry = GUEST_RAM };

	setup();
	vm_end(vm, VM_END_RESET);
	CHECK(atomic_load(&v1->posts) == 0);
	CHECK(vm_cpu_on(vm, &req) == CPU_OK);
	CHECK(atomic_load(&v1->posts) == (POST_START | POST_STOP));
	on_cpu(1);
	vcpu_run(v1);
	CHECK(v1->arch.n_boots == 0 && v1->state == VCPU_OFF);
	on_cpu(0);
	vcpu_run(v0);
	CHECK(atomic_load(&vm->n_live) == 0 && vm_has_work(&cpus[0]));
}

/* CPU_ON has claimed the vCPU and not counted it yet when the VM ends: the stop waits its turn. */
static void stop_overtakes_start(void)
{
	setup();
	atomic_store(&v1->power, VCPU_POWER_PENDING);
	vm_end(vm, VM_END_POWER_OFF);
	on_cpu(1);
	vcpu_run(v1);
	CHECK(atomic_load(&v1->posts) == POST_STOP && atomic_load(&vm->n_live) == 1);
	CHECK(atomic_load(&v1->power) == VCPU_POWER_PENDING);
	atomic_fetch_add(&vm->n_live, 1);
	vcpu_post(v1, POST_START);
	vcpu_run(v1);
	CHECK(v1->arch.n_boots == 0 && atomic_load(&v1->power) == VCPU_POWER_OFF);
	CHECK(atomic_load(&v1->posts) == 0 && atomic_load(&vm->n_live) == 1);
}

static void stopped_twice(void)
{
	setup();
	vm_end(vm, VM_END_POWER_OFF);
	vcpu_run(v0);
	CHECK(v0->state == VCPU_OFF && atomic_load(&vm->n_live) == 0);
	vcpu_post(v0, POST_STOP);
	CHECK(vcpu_runnable(v0, 0));
	vcpu_run(v0);
	CHECK(!vcpu_runnable(v0, 0) && atomic_load(&vm->n_live) == 0);
	/* Only the first reason counts. */
	vm_end(vm, VM_END_RESET);
	CHECK(atomic_load(&vm->reason) == VM_END_POWER_OFF);
}

/* The post that made it runnable was for a VM that has ended; its home CPU has just wiped it. */
static void off_without_posts(void)
{
	setup();
	on_cpu(1);
	vcpu_run(v1);
	CHECK(v1->arch.n_runs == 0 && cpus[1].loaded == NULL);
}

static void interrupt_for_one_that_is_off(void)
{
	setup();
	vcpu_post(v1, POST_VIRQ);
	NOTED("kick 1; ");
	vcpu_post(v1, POST_VIRQ);
	NOTED(""); /* it has been told */
	on_cpu(1);
	vcpu_run(v1);
	CHECK(v1->arch.n_runs == 0 && atomic_load(&v1->posts) == 0);
	NOTED("");
}

static void interrupt_for_one_that_runs(void)
{
	setup();
	on_cpu(1);
	v0->state = VCPU_READY;
	vcpu_post(v0, POST_VIRQ);
	NOTED("kick 0; ");
	on_cpu(0);
	cpus[0].resched = false;
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_NONE });
	NOTED("next 0; ");
	/* From its own exits (a device's line): looked at before the next instruction. */
	v0->state = VCPU_READY;
	vcpu_post(v0, POST_VIRQ);
	NOTED("");
	CHECK(!cpus[0].resched);
}

/* ---- sharing a CPU --------------------------------------------------------------------------- */

static void two_on_one_cpu(void)
{
	machine_up();
	vm = make_running_vm(0, 0);
	v0 = &vm->vcpus[0];
	v1 = &vm->vcpus[1];
	CHECK(v0->arch.sharing == ARCH_SHARED && v1->arch.sharing == ARCH_SHARED);
	one_exit(v0, cpu_request(EXIT_CPU_ON, 1, GUEST_RAM));
	CHECK(v0->arch.completed.cpu.result == CPU_OK && v0->state == VCPU_READY);
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(v0->state == VCPU_WAITING);
	v0->arch.timer_deadline = 500;
	notes[0] = '\0';
	one_exit(v1, (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(cpus[0].loaded == v1 && v0->arch.on == NULL && v0->arch.n_puts == 1);
	NOTED("next 1; ");
	CHECK(v0->wake_at == 500 && v1->wake_at == ARCH_NEVER);
	CHECK(!vcpu_runnable(v0, 499) && vcpu_runnable(v0, 500));
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(cpus[0].loaded == v0 && v0->wake_at == ARCH_NEVER);
	NOTED("next 0; ");
	/* It is due on the hardware now, which says so by an interrupt. */
	CHECK(!vcpu_runnable(v0, 1000));
}

/* Who gives another vCPU of its own CPU something to do makes room for it, at every exit. */
static void work_for_another_here(void)
{
	struct vcpu_exit x = cpu_request(EXIT_CPU_ON, 1, GUEST_RAM);

	machine_up();
	vm = make_running_vm(0, 0);
	v0 = &vm->vcpus[0];
	v1 = &vm->vcpus[1];
	fake_script_push_to(&v0->arch, x);
	fake_script_push_to(&v0->arch, x); /* never met: it would spin for ever */
	cpus[0].resched = false;
	vcpu_run(v0);
	CHECK(v0->arch.completed.cpu.result == CPU_OK && cpus[0].resched);
	CHECK(v0->state == VCPU_READY && vcpu_runnable(v1, 0));
	CHECK(v0->arch.n_completed == 1);
	fake_script_clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(device_access),
		SCENE(access_to_nothing),
		SCENE(fault),
		SCENE(nothing_is_ignored),
		SCENE(nothing_stops_the_vm),
		SCENE(fetch_from_nothing_stops_the_vm),
		SCENE(unknown_ones_by_the_rules),
		SCENE(unknown_instruction_stops_the_vm),
		SCENE(host_interrupt),
		SCENE(waiting),
		SCENE(waiting_in_place),
		SCENE(yielding_alone),
		SCENE(ipi),
		SCENE(cpu_on),
		SCENE(cpu_off_and_on_again),
		SCENE(last_cpu_off),
		SCENE(power_off),
		SCENE(reset),
		SCENE(stopped_for_a_mistake),
		SCENE(start_and_stop_at_once),
		SCENE(started_while_the_vm_ends),
		SCENE(stop_overtakes_start),
		SCENE(stopped_twice),
		SCENE(off_without_posts),
		SCENE(interrupt_for_one_that_is_off),
		SCENE(interrupt_for_one_that_runs),
		SCENE(two_on_one_cpu),
		SCENE(work_for_another_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
