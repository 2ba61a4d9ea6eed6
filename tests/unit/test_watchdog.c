/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/watchdog.c: what stands still is told once, after two seconds and not before; what goes on
 * again is told as well; a guest that computes is asked twice and then left alone.
 */
#include "core_fixture.h"

#include <core/log.h>
#include <core/watchdog.h>

#define SECOND (fake_clock.hz)

static struct vm *vm;
static struct vcpu *v0, *v1;

static u32 n_said(const char *text)
{
	u32 n = 0;

	for (const char *at = said; (at = strstr(at, text)); at++)
		n++;
	return n;
}

static u32 n_noted(const char *text)
{
	u32 n = 0;

	for (const char *at = notes; (at = strstr(at, text)); at++)
		n++;
	return n;
}

/* @n looks, a second apart; @between happens before each. */
static void looks(u32 n, void (*between)(void))
{
	for (u32 i = 0; i < n; i++) {
		fake_clock.now += SECOND + 1;
		if (between)
			between();
		watchdog_poll(fake_clock.now);
	}
}

/* vCPU 0 waits on CPU 0, which looks; vCPU 1 runs on CPU 1, without an exit from now on. */
static void setup(void)
{
	struct exit_cpu req = { .hw_id = 1, .entry = GUEST_RAM };

	machine_up();
	fake_clock.step = 0;
	fake_clock.hz = 1000000;
	fake_clock.now = 1000;
	vm = make_running_vm(0, 1);
	v0 = &vm->vcpus[0];
	v1 = &vm->vcpus[1];
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(vm_cpu_on(vm, &req) == CPU_OK);
	on_cpu(1);
	one_exit(v1, (struct vcpu_exit){ .kind = EXIT_NONE });
	v1->state = VCPU_READY;
	cpus[1].turn = v1;
	on_cpu(0);
	notes[0] = said[0] = '\0';
	watchdog_start();
}

/* The kick's interrupt, as CPU 1 handles it; its vCPU has had an exit for that. */
static void cpu1_answers(void)
{
	if (!strstr(notes, "kick 1"))
		return;
	notes[0] = '\0';
	on_cpu(1);
	cpu_kicked();
	cpus[1].resched = false;
	v1->n_exits[EXIT_IRQ]++;
	on_cpu(0);
}

static void not_before_it_is_started(void)
{
	CHECK(atomic_load(&watchdog_next) == ARCH_NEVER);
	machine_up();
	fake_clock.hz = 0;
	watchdog_start();
	CHECK(atomic_load(&watchdog_next) == ARCH_NEVER);
}

static void one_look_a_second(void)
{
	u64 signs;

	setup();
	signs = cpus[0].signs;
	watchdog_poll(fake_clock.now);
	CHECK(cpus[0].signs == signs);
	looks(1, NULL);
	CHECK(cpus[0].signs == signs + 1);
	watchdog_poll(fake_clock.now);
	CHECK(cpus[0].signs == signs + 1);
}

static void who_computes_is_left_alone(void)
{
	u32 n_kicks = 0;

	setup();
	for (u32 i = 0; i < 100; i++) {
		looks(1, NULL);
		n_kicks += n_noted("kick 1");
		cpu1_answers();
	}
	CHECK(n_kicks == 2 && said[0] == '\0');
	/* An exit, then it computes again: asked again, since it may be in there. */
	v1->n_exits[EXIT_MMIO]++;
	for (u32 i = 0; i < 100; i++) {
		looks(1, NULL);
		n_kicks += n_noted("kick 1");
		cpu1_answers();
	}
	CHECK(n_kicks == 4 && said[0] == '\0');
}

static void who_exits_is_not_even_asked(void)
{
	setup();
	for (u32 i = 0; i < 20; i++) {
		looks(1, NULL);
		v1->n_exits[EXIT_MMIO]++;
	}
	CHECK(n_noted("kick 1") == 0 && said[0] == '\0');
}

static void cpu_that_does_not_come_back(void)
{
	setup();
	looks(1, NULL);
	v1->n_exits[EXIT_MMIO]++;
	v1->last_exit = EXIT_MMIO;
	looks(2, NULL);
	CHECK(said[0] == '\0' && n_noted("kick 1") == 1);
	looks(50, NULL);
	CHECK(n_said("\n") == 1 && n_noted("kick 1") == 1);
	CHECK(was_said(
		"error: CPU 1 does not leave the hypervisor for 2 s: VM 1 \"guest\" vCPU 1 at "
		"0x40000000, last exit: device access"));
	v1->n_exits[EXIT_MMIO]++;
	looks(1, NULL);
	CHECK(n_said("\n") == 2 && was_said("warning: CPU 1 goes on after "));
	/* Once more is another incident. */
	looks(10, NULL);
	CHECK(n_said("does not leave") == 2);
}

static void loses_a_kick(void)
{
	atomic_store(&v1->posts, POST_VIRQ);
}

static void interrupt_that_nobody_takes(void)
{
	setup();
	for (u32 i = 0; i < 10; i++) { /* computes, known as such */
		looks(1, NULL);
		cpu1_answers();
	}
	CHECK(said[0] == '\0');
	looks(2, loses_a_kick);
	CHECK(said[0] == '\0');
	looks(1, NULL);
	CHECK(was_said(
		"warning: VM 1 \"guest\" vCPU 1 (ready): an interrupt for it is not delivered "
		"for 2 s; CPU 1 has VM 1 \"guest\" vCPU 1 at 0x40000000"));
	CHECK(n_noted("kick 1") == 1); /* if that was all it needed */
	looks(20, NULL);
	CHECK(n_said("not delivered") == 1);
	atomic_store(&v1->posts, 0);
	looks(1, NULL);
	CHECK(was_said("warning: VM 1 \"guest\" vCPU 1 goes on"));
}

static void posts_that_come_and_go(void)
{
	setup();
	for (u32 i = 0; i < 20; i++) {
		atomic_store(&v1->posts, POST_VIRQ);
		v1->n_exits[EXIT_IRQ]++;
		looks(1, NULL);
	}
	CHECK(said[0] == '\0');
}

/* It waits, the controller has something for it, and nobody has left a post. */
static void lost_wake_up(void)
{
	setup();
	looks(5, cpu1_answers);
	CHECK(said[0] == '\0');
	n_to_present[0] = 1;
	looks(10, cpu1_answers); /* in its CPU's hands, as far as anybody knows */
	CHECK(said[0] == '\0');
	vcpu_unload(v0);
	looks(4, cpu1_answers);
	CHECK(n_said("vCPU 0 (waiting): an interrupt for it is not delivered") == 1);
}

static void timer_that_is_due(void)
{
	setup();
	vcpu_unload(v0);
	v0->wake_at = fake_clock.now + 5 * SECOND;
	looks(5, cpu1_answers);
	CHECK(said[0] == '\0');
	looks(5, cpu1_answers);
	CHECK(n_said("vCPU 0 (waiting): an interrupt for it is not delivered") == 1);
	v0->wake_at = ARCH_NEVER;
	looks(1, cpu1_answers);
	CHECK(was_said("vCPU 0 goes on"));
}

/* A controller whose lock is taken is not waited for. */
static void lock_of_a_controller(void)
{
	struct vdev_locked l;

	setup();
	n_to_present[0] = 1;
	vcpu_unload(v0);
	l = vdev_lock(vm->intc);
	looks(10, cpu1_answers);
	CHECK(n_said("not delivered") == 0);
	vdev_unlock(&l);
}

static void vm_that_does_not_load(void)
{
	setup();
	atomic_store(&vm->phase, VM_LOAD);
	looks(2, cpu1_answers);
	CHECK(said[0] == '\0');
	looks(20, cpu1_answers);
	CHECK(n_said("makes no progress") == 1);
	CHECK(was_said("error: VM 1 \"guest\" is loading and makes no progress for 2 s: "));
	vm->load.off += 4096;
	looks(1, cpu1_answers);
	CHECK(was_said("warning: VM 1 \"guest\" goes on after "));
	for (u32 i = 0; i < 20; i++) {
		vm->load.off += 4096;
		looks(1, cpu1_answers);
	}
	CHECK(n_said("makes no progress") == 1);
	/* It waits for the store, which gives others what they want. */
	for (u32 i = 0; i < 20; i++) {
		vm->load.line++;
		looks(1, cpu1_answers);
	}
	CHECK(n_said("makes no progress") == 1);
	atomic_store(&vm->phase, VM_RUNNING);
	looks(20, cpu1_answers);
	CHECK(n_said("makes no progress") == 1);
}

static void log_a_line(void)
{
	log_debug("something"); /* which is not shown, and is a sign of life all the same */
}

static void boot_stage(void)
{
	setup();
	watchdog_stage("devices");
	on_cpu(1);
	looks(10, log_a_line);
	CHECK(said[0] == '\0');
	looks(10, NULL);
	CHECK(n_said("boot stage \"devices\" makes no progress for 2 s") == 1);
	log_a_line();
	looks(1, NULL);
	CHECK(was_said("warning: boot stage \"devices\" goes on after "));
	looks(5, NULL);
	CHECK(n_said("makes no progress") == 2);
	watchdog_stage("guests");
	CHECK(was_said("warning: boot stage \"devices\" is done after all"));
	watchdog_stage(NULL);
	looks(1, NULL);
	CHECK(n_said("makes no progress") == 2);
	/* Nor is CPU 0 asked while its stages tell how it is. */
	CHECK(n_noted("kick 0") == 0);
}

static void rounds(u32 from, u32 to)
{
	for (u32 i = from; i <= to; i++) {
		spin_on_wait(i);
		fake_clock.now += SECOND / 10;
	}
}

static void wait_for_a_lock(void)
{
	setup();
	rounds(0, 19);
	CHECK(said[0] == '\0');
	rounds(20, 200);
	CHECK(n_said("CPU 0 waits for a lock for 2 s") == 1);
	CHECK(was_said("VM 1 \"guest\" vCPU 0 at 0x40000000, last exit: wait for interrupt"));
	rounds(0, 30); /* another one */
	CHECK(n_said("CPU 0 waits for a lock for 2 s") == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(not_before_it_is_started),
		SCENE(one_look_a_second),
		SCENE(who_computes_is_left_alone),
		SCENE(who_exits_is_not_even_asked),
		SCENE(cpu_that_does_not_come_back),
		SCENE(interrupt_that_nobody_takes),
		SCENE(posts_that_come_and_go),
		SCENE(lost_wake_up),
		SCENE(timer_that_is_due),
		SCENE(lock_of_a_controller),
		SCENE(vm_that_does_not_load),
		SCENE(boot_stage),
		SCENE(wait_for_a_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
