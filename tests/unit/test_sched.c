/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/sched.c: who has the CPU. Guests compute by writing to a device, which moves the clock on
 * and leaves the writer's name; the host timer fires when the clock has passed what it was armed
 * for. A slice is 1000 cycles; four vCPUs of two VMs are called a, b, c, d.
 */
#include "core_fixture.h"

#define SLICE 1000
#define BEGIN 1000000 /* of each scene */

static struct vm *vm_ab, *vm_cd;
static char order[256];

static struct vcpu *vcpu_of(char name)
{
	return name < 'c' ? &vm_ab->vcpus[name - 'a'] : &vm_cd->vcpus[name - 'c'];
}

static void fire_what_is_due(void)
{
	if (fake_clock.now < cpus[0].arch.timer_at || n_host_pending)
		return;
	host_raise(HOST_TIMER);
}

static void compute(u32 off, u64 cycles)
{
	strncat(order, (const char[]){ (char)('a' + off / 8), '\0' }, 1);
	fake_clock.now += cycles;
	fire_what_is_due();
}

/* The clock has gone on to the host timer's deadline. With nothing due the machine sleeps. */
static void asleep(void)
{
	strcat(order, "-");
	if (cpus[0].arch.timer_at == ARCH_NEVER)
		arch_halt();
	fire_what_is_due();
}

static void push(char name, enum exit_kind kind)
{
	fake_script_push_to(&vcpu_of(name)->arch,
			    (struct vcpu_exit){ .kind = kind, .irq = EXIT_IRQ_UNACKED });
}

/* @n times @cycles, each followed by a look at interrupts; then it waits. */
static void computes(char name, u32 n, u64 cycles)
{
	struct vcpu_exit x = { .kind = EXIT_MMIO };

	x.io = (struct io_access){ PROBE_BASE + 8 * (u64)(name - 'a'), cycles, 8, true };
	for (u32 i = 0; i < n; i++) {
		fake_script_push_to(&vcpu_of(name)->arch, x);
		push(name, EXIT_IRQ);
	}
	push(name, EXIT_IDLE);
}

/* All four are on, on CPU 0, and have nothing to do. */
static void setup(void)
{
	struct exit_cpu req = { .hw_id = 1, .entry = GUEST_RAM };

	machine_up();
	fake_clock.step = 0;
	fake.on_idle = asleep;
	on_write = compute;
	vm_ab = make_running_vm(0, 0);
	vm_cd = make_running_vm(0, 0);
	CHECK(vm_cpu_on(vm_ab, &req) == CPU_OK && vm_cpu_on(vm_cd, &req) == CPU_OK);
	for (char name = 'a'; name <= 'd'; name++) {
		one_exit(vcpu_of(name), (struct vcpu_exit){ .kind = EXIT_NONE });
		CHECK(vcpu_of(name)->state == VCPU_WAITING);
	}
	vm_boot_done();
	fake_clock.now = BEGIN;
}

static void begins(char name)
{
	vcpu_of(name)->state = VCPU_READY;
}

static void run(void *ctx)
{
	(void)ctx;
	sched_run();
}

/* Until all sleep for good. */
static void played(int line, const char *want)
{
	enum fake_end end;

	order[0] = '\0';
	end = fake_run_to_end(run, NULL);
	if (end == FAKE_HALT && strcmp(order, want) == 0 && fake_script_left() == 0)
		return;
	fprintf(stderr, "line %d: order \"%s\", expected \"%s\"; ended by %d, %u exits left, %s\n",
		line, order, want, (int)end, fake_script_left(), said);
	_exit(1);
}

#define PLAYED(want) played(__LINE__, want)

/* ---- one alone ------------------------------------------------------------------------------- */

static u64 armed_for[2]; /* before the first write, and after it */

static void look_at_timer(u32 off, u64 cycles)
{
	armed_for[order[0] != '\0'] = cpus[0].arch.timer_at;
	compute(off, cycles);
}

static void one_alone_has_no_tick(void)
{
	setup();
	on_write = look_at_timer;
	computes('b', 5, 3 * SLICE);
	begins('b');
	PLAYED("bbbbb-");
	CHECK(armed_for[0] == ARCH_NEVER && armed_for[1] == ARCH_NEVER);
	CHECK(vcpu_of('b')->state == VCPU_WAITING && cpus[0].loaded == vcpu_of('b'));
}

/* ---- turns ----------------------------------------------------------------------------------- */

static void equals_take_turns(void)
{
	setup();
	for (char name = 'a'; name <= 'c'; name++) {
		computes(name, 4, 400);
		begins(name);
	}
	/* Three steps are more than a slice; the fourth each has alone. */
	PLAYED("aaabbbcccabc-");
}

static void two_vms_share_evenly(void)
{
	setup();
	computes('a', 6, 600);
	computes('d', 6, 600);
	begins('a');
	begins('d');
	PLAYED("aaddaaddaadd-");
}

static void higher_priority_first(void)
{
	setup();
	vcpu_of('c')->priority = 5;
	vcpu_of('b')->priority = 2;
	computes('a', 2, 600);
	computes('b', 4, 600);
	computes('c', 4, 600);
	begins('a');
	begins('b');
	begins('c');
	PLAYED("ccccbbbbaa-");
}

static void turns_within_a_priority(void)
{
	setup();
	vcpu_of('c')->priority = vcpu_of('b')->priority = 2;
	computes('a', 2, 1200);
	computes('b', 2, 1200);
	computes('c', 2, 1200);
	begins('a');
	begins('b');
	begins('c');
	PLAYED("bcbcaa-");
}

/* Who waits gives the rest of its turn away; the other one begins a whole one. */
static void waiting_ends_a_turn(void)
{
	setup();
	computes('a', 1, 900);
	computes('b', 3, 450);
	computes('c', 1, 450);
	begins('a');
	begins('b');
	begins('c');
	PLAYED("abbbc-");
}

/* ---- being woken ----------------------------------------------------------------------------- */

static void wakes_at(char name, u64 when)
{
	struct vcpu *v = vcpu_of(name);

	CHECK(cpus[0].loaded != v && v->state == VCPU_WAITING);
	v->wake_at = BEGIN + when;
}

static void deadline_while_all_sleep(void)
{
	setup();
	computes('a', 1, 10);
	computes('b', 1, 10);
	wakes_at('a', 5000);
	wakes_at('b', 300);
	PLAYED("-b-a-");
	CHECK(fake_clock.now == BEGIN + 5010);
}

static void an_equal_waits_for_its_turn(void)
{
	setup();
	computes('a', 5, 250);
	computes('b', 1, 250);
	begins('a');
	wakes_at('b', 300);
	PLAYED("aaaaba-"); /* due at 300, and a's turn ends at 1000 */
}

static void a_higher_one_does_not_wait(void)
{
	setup();
	vcpu_of('b')->priority = 1;
	computes('a', 5, 250);
	computes('b', 1, 250);
	begins('a');
	wakes_at('b', 300);
	PLAYED("aabaaa-");
}

static void a_lower_one_waits_for_all(void)
{
	setup();
	vcpu_of('a')->priority = 1;
	computes('a', 8, 250);
	computes('b', 1, 250);
	begins('a');
	wakes_at('b', 300);
	PLAYED("aaaaaaaab-");
}

/* Its timer is in the hardware while it has the CPU, and leaves with it. */
static void deadline_of_who_makes_room(void)
{
	setup();
	CHECK(cpus[0].loaded == vcpu_of('d'));
	vcpu_of('d')->arch.timer_deadline = BEGIN + 600;
	vcpu_of('d')->priority = 1;
	computes('a', 4, 250);
	computes('d', 1, 250);
	begins('a');
	PLAYED("aaada-");
}

static void post_for_a_sleeper(void)
{
	setup();
	computes('c', 1, 10);
	vcpu_post(vcpu_of('c'), POST_VIRQ);
	CHECK(cpus[0].resched);
	PLAYED("c-");
}

/* ---- yielding -------------------------------------------------------------------------------- */

static void spinning(void)
{
	setup();
	push('a', EXIT_YIELD);
	computes('a', 1, 100);
	computes('b', 2, 100);
	begins('a');
	begins('b');
	PLAYED("bba-");
}

static void spinning_for_a_lower_one(void)
{
	setup();
	vcpu_of('a')->priority = 1;
	push('a', EXIT_YIELD);
	computes('a', 1, 100);
	computes('b', 1, 100);
	begins('a');
	begins('b');
	CHECK(!sched_give_way(vcpu_of('a')) && sched_give_way(vcpu_of('b')));
	PLAYED("ab-"); /* it would only get in the way again */
}

static void all_spin(void)
{
	setup();
	for (u32 i = 0; i < 3; i++) {
		for (char name = 'a'; name <= 'c'; name++) {
			struct vcpu_exit x = { .kind = EXIT_MMIO };

			x.io = (struct io_access){ PROBE_BASE + 8 * (u64)(name - 'a'), 10, 8,
						   true };
			fake_script_push_to(&vcpu_of(name)->arch, x);
			push(name, EXIT_YIELD);
		}
	}
	for (char name = 'a'; name <= 'c'; name++) {
		push(name, EXIT_IDLE);
		begins(name);
	}
	PLAYED("abcabcabc-");
}

/* ---- work for VMs ---------------------------------------------------------------------------- */

/* Another VM is loaded at the ends of turns, so that neither waits for the other. */
static void work_gets_slices(void)
{
	struct vm *vm;
	u32 restarts;

	setup();
	restarts = vm_cd->n_restarts;
	vm_end(vm_cd, VM_END_RESET);
	vcpu_run(vcpu_of('c'));
	vcpu_run(vcpu_of('d'));
	vm = vm_cd;
	CHECK(atomic_load(&vm->phase) == VM_ENDING && vm_has_work(&cpus[0]));
	computes('a', 12, 500);
	computes('c', 1, 500);
	begins('a');
	PLAYED("aaaaaacaaaaaa-"); /* ended, zeroed, found zero, loaded: one after each turn */
	CHECK(atomic_load(&vm->phase) == VM_RUNNING && vm->n_restarts == restarts + 1);
}

static void sleeps_only_without_work(void)
{
	setup();
	vm_end(vm_cd, VM_END_RESET);
	vcpu_run(vcpu_of('c'));
	vcpu_run(vcpu_of('d'));
	fake_script_push_to(&vcpu_of('c')->arch, (struct vcpu_exit){ .kind = EXIT_IDLE });
	PLAYED("-");
	CHECK(atomic_load(&vm_cd->phase) == VM_RUNNING);
}

static void machine_ends_with_its_last_vm(void)
{
	setup();
	push('a', EXIT_POWER_OFF);
	push('c', EXIT_POWER_OFF);
	begins('a');
	begins('c');
	CHECK(fake_run_to_end(run, NULL) == FAKE_POWER_OFF);
	CHECK(fake_script_left() == 0);
	CHECK(was_said("no VM is left"));
}

/* A full UART is asked again: it has no interrupt that would say when it has room. */
static void console_that_is_full(void)
{
	setup();
	console_to_do = 4;
	PLAYED("----");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(one_alone_has_no_tick),
		SCENE(equals_take_turns),
		SCENE(two_vms_share_evenly),
		SCENE(higher_priority_first),
		SCENE(turns_within_a_priority),
		SCENE(waiting_ends_a_turn),
		SCENE(deadline_while_all_sleep),
		SCENE(an_equal_waits_for_its_turn),
		SCENE(a_higher_one_does_not_wait),
		SCENE(a_lower_one_waits_for_all),
		SCENE(deadline_of_who_makes_room),
		SCENE(post_for_a_sleeper),
		SCENE(spinning),
		SCENE(spinning_for_a_lower_one),
		SCENE(all_spin),
		SCENE(work_gets_slices),
		SCENE(sleeps_only_without_work),
		SCENE(machine_ends_with_its_last_vm),
		SCENE(console_that_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
