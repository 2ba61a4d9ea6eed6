/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/virq.c between a controller and a CPU that note what they are told: everything the CPU
 * held is reported before anything new is asked for, a guest's timer is let go of with the CPU,
 * and no post is lost.
 */
#include "core_fixture.h"

static struct vm *vm;
static struct vcpu *v0, *v1;

static void setup(void)
{
	machine_up();
	vm = make_running_vm(0, 1);
	v0 = &vm->vcpus[0];
	v1 = &vm->vcpus[1];
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(cpus[0].loaded == v0);
	notes[0] = '\0';
}

static void present(u32 vcpu, struct virq_entry e)
{
	to_present[vcpu][n_to_present[vcpu]++] = e;
}

static void nothing_more(void)
{
	n_to_present[0] = n_to_present[1] = 0;
}

static const struct virq_entry shared_line = { .intid = 40, .prio = 8, .state = VIRQ_PENDING };
static const struct virq_entry timer = { .intid = GUEST_TIMER,
					 .prio = 4,
					 .state = VIRQ_PENDING,
					 .hw_irq = GUEST_TIMER };

static void timer_fires(void)
{
	CHECK(irq_dispatch(GUEST_TIMER));
}

/* ---- presenting ------------------------------------------------------------------------------ */

static void sync_both_ways(void)
{
	setup();
	present(0, shared_line);
	present(0, timer);
	more_to_present = true;
	vcpu_post(v0, POST_VIRQ);
	virq_sync(v0);
	NOTED("next 0; ");
	CHECK(atomic_load(&v0->posts) == 0);
	CHECK(v0->arch.n_virqs == 2 && v0->arch.more);
	CHECK(v0->arch.virq[1].hw_irq == GUEST_TIMER);
	CHECK(fake_guest_ack(&v0->arch) == GUEST_TIMER);
	CHECK(fake_guest_ack(&v0->arch) == 40);
	fake_guest_eoi(&v0->arch, 40);
	nothing_more();
	more_to_present = false;
	virq_sync(v0);
	NOTED("done 0.40/0; done 0.27/2; next 0; ");
	CHECK(v0->arch.n_virqs == 0 && !v0->arch.more);
}

/* Other posts are not its own. */
static void sync_leaves_other_posts(void)
{
	setup();
	vcpu_post(v0, POST_VIRQ | POST_STOP);
	virq_sync(v0);
	CHECK(atomic_load(&v0->posts) == POST_STOP);
}

static void short_lane_is_told(void)
{
	setup();
	ready_changed = true;
	virq_sync(v0);
	CHECK(v0->arch.ready.ipis == 6);
	ready_changed = false;
	v0->arch.ready.ipis = 9;
	virq_sync(v0);
	CHECK(v0->arch.ready.ipis == 9);
}

static void loading_presents(void)
{
	setup();
	vcpu_unload(v0);
	notes[0] = '\0';
	present(0, shared_line);
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_IRQ, .irq = HOST_TIMER });
	CHECK(v0->arch.n_virqs == 1);
	NOTED("next 0; drop 26; deactivate 26; ");
}

static void unload(void)
{
	setup();
	present(0, shared_line);
	virq_sync(v0);
	CHECK(fake_guest_ack(&v0->arch) == 40);
	notes[0] = '\0';
	vcpu_unload(v0);
	NOTED("done 0.40/2; "); /* still active: the controller keeps that */
	CHECK(!v0->arch.on && cpus[0].loaded == NULL);
	vcpu_unload(v0);
	NOTED("");
}

static void maintenance(void)
{
	setup();
	present(0, shared_line);
	CHECK(irq_dispatch(MAINTENANCE));
	NOTED("drop 25; next 0; deactivate 25; ");
	vcpu_unload(v0);
	notes[0] = '\0';
	CHECK(irq_dispatch(MAINTENANCE)); /* late: nobody is there any more */
	NOTED("drop 25; deactivate 25; ");
}

static void pending(void)
{
	setup();
	CHECK(!virq_pending(v1));
	present(1, shared_line);
	CHECK(virq_pending(v1) && !virq_pending(v0));
}

/* ---- the guests' timers ----------------------------------------------------------------------- */

static void timer_once_around(void)
{
	setup();
	timer_fires();
	/* Not deactivated: the guest's end of interrupt does that. */
	NOTED("drop 27; line 0.27=1; ");
	CHECK(v0->timers_held == 1 && atomic_load(&v0->posts) == POST_VIRQ);
	present(0, timer);
	virq_sync(v0);
	CHECK(fake_guest_ack(&v0->arch) == GUEST_TIMER);
	fake_guest_eoi(&v0->arch, GUEST_TIMER);
	nothing_more();
	virq_sync(v0);
	NOTED("next 0; done 0.27/0; next 0; ");
	CHECK(v0->timers_held == 0);
	vcpu_unload(v0);
	NOTED("");
}

/* What the guest has completed is reported first, or the new edge would be lost with the old. */
static void timer_again_before_anybody_looked(void)
{
	setup();
	timer_fires();
	present(0, timer);
	virq_sync(v0);
	fake_guest_ack(&v0->arch);
	fake_guest_eoi(&v0->arch, GUEST_TIMER);
	notes[0] = '\0';
	timer_fires();
	NOTED("drop 27; done 0.27/0; line 0.27=1; ");
	CHECK(v0->timers_held == 1);
}

static void timer_not_taken_before_the_cpu_changes(void)
{
	setup();
	timer_fires();
	notes[0] = '\0';
	vcpu_unload(v0);
	NOTED("deactivate 27; line 0.27=0; ");
	CHECK(v0->timers_held == 0);
}

/* Presented, not completed: the host's interrupt must be free for the next one here. */
static void timer_presented_when_the_cpu_changes(void)
{
	setup();
	timer_fires();
	present(0, timer);
	virq_sync(v0);
	notes[0] = '\0';
	vcpu_unload(v0);
	NOTED("done 0.27/1; deactivate 27; line 0.27=0; ");
	CHECK(v0->timers_held == 0);
}

static void timer_completed_when_the_cpu_changes(void)
{
	setup();
	timer_fires();
	present(0, timer);
	virq_sync(v0);
	fake_guest_ack(&v0->arch);
	fake_guest_eoi(&v0->arch, GUEST_TIMER);
	notes[0] = '\0';
	vcpu_unload(v0);
	NOTED("done 0.27/0; "); /* that has deactivated it already */
}

static void timer_in_its_handler_when_the_cpu_changes(void)
{
	setup();
	timer_fires();
	present(0, timer);
	virq_sync(v0);
	fake_guest_ack(&v0->arch);
	notes[0] = '\0';
	vcpu_unload(v0);
	NOTED("done 0.27/2; deactivate 27; line 0.27=0; ");
}

/* The short lane presented it: we see it for the first time when it comes back. */
static void timer_that_the_isa_presented(void)
{
	setup();
	v0->arch.virq[0] = timer;
	v0->arch.virq[0].state = VIRQ_ACTIVE;
	v0->arch.n_virqs = 1;
	virq_sync(v0);
	NOTED("done 0.27/2; next 0; ");
	CHECK(v0->timers_held == 1);
	vcpu_unload(v0);
	NOTED("deactivate 27; line 0.27=0; ");
}

/* The guest ends by itself what had to stay behind; a timer's host interrupt ends with it. */
static void ended_by_the_guest(void)
{
	setup();
	was_active = true;
	virq_end(v0, 40);
	NOTED("end 0.40; ");
	CHECK(atomic_load(&v0->posts) == POST_VIRQ);
	timer_fires();
	notes[0] = '\0';
	virq_end(v0, 27);
	NOTED("end 0.27; deactivate 27; ");
	CHECK(v0->timers_held == 0);
	timer_fires();
	notes[0] = '\0';
	was_active = false;
	virq_end(v0, 27);
	NOTED("end 0.27; ");
	CHECK(v0->timers_held == 1);
}

static void timer_of_nobody(void)
{
	setup();
	vcpu_unload(v0);
	notes[0] = '\0';
	timer_fires();
	NOTED("drop 27; deactivate 27; ");
	CHECK(atomic_load(&v0->posts) == 0);
}

/* An interrupt of a device with a host number that is no timer's holds no timer. */
static void other_hardware_interrupt(void)
{
	struct virq_entry e = shared_line;

	setup();
	e.hw_irq = 99;
	present(0, e);
	virq_sync(v0);
	virq_sync(v0);
	CHECK(v0->timers_held == 0);
}

/* ---- from devices ----------------------------------------------------------------------------- */

static struct vdev *probe_dev(void)
{
	return device_of(vm, &probe)->dev;
}

static void lines_of_devices(void)
{
	setup();
	vdev_irq_set(probe_dev(), 0, false);
	NOTED("");
	vdev_irq_set(probe_dev(), 0, true);
	NOTED("line 0.33=1; ");
	vdev_irq_set(probe_dev(), 0, true);
	NOTED("");
	vdev_irq_set(probe_dev(), 0, false);
	NOTED("line 0.33=0; ");
	vdev_irq_set(probe_dev(), 1, true); /* its description has one */
	NOTED("");
}

static void controller_notifies(void)
{
	struct vdev *intc;

	setup();
	intc = device_of(vm, &fake_intc)->dev;
	vintc_notify(intc, 1);
	NOTED("kick 1; ");
	CHECK(atomic_load(&v1->posts) == POST_VIRQ && atomic_load(&v0->posts) == 0);
	vintc_notify(intc, 1);
	NOTED("");
}

static void controller_collects(void)
{
	struct vdev_locked l;
	struct vdev *intc;

	setup();
	intc = device_of(vm, &fake_intc)->dev;
	present(0, shared_line);
	virq_sync(v0);
	notes[0] = '\0';
	l = vdev_lock(intc->host);
	vintc_collect(intc, 1); /* runs elsewhere, or not at all */
	NOTED("");
	vintc_collect(intc, 0);
	NOTED("done 0.40/1; ");
	vdev_unlock(&l);
	/* It holds nothing now, so it has to be presented again before it runs. */
	CHECK(v0->arch.n_virqs == 0 && (atomic_load(&v0->posts) & POST_VIRQ));
}

/* ---- IPIs ------------------------------------------------------------------------------------- */

static struct exit_ipi to(u64 cluster, u32 first, u16 targets)
{
	return (struct exit_ipi){
		.line = 5, .cluster = cluster, .first = first, .targets = targets
	};
}

static void ipi_targets(void)
{
	struct exit_ipi all = { .line = 5, .all_others = true };
	struct exit_ipi x;

	setup();
	virq_ipi(v1, &all);
	NOTED("ipi 1->1 line 5 group 0; ");
	x = to(0, 0, 2);
	virq_ipi(v0, &x);
	NOTED("ipi 0->2 line 5 group 0; ");
	x = to(0x100, 0, 3); /* another cluster */
	virq_ipi(v0, &x);
	NOTED("ipi 0->0 line 5 group 0; ");
	x = to(0, 16, 3); /* beyond ours */
	virq_ipi(v0, &x);
	NOTED("ipi 0->0 line 5 group 0; ");
	v1->hw_id = 0x100000203;
	x = to(0x100000200, 0, 8);
	virq_ipi(v0, &x);
	NOTED("ipi 0->2 line 5 group 0; ");
	v1->hw_id = 0x21;
	x = to(0, 0x20, 0xfffd);
	virq_ipi(v0, &x);
	NOTED("ipi 0->0 line 5 group 0; ");
	x = to(0, 0x20, 2);
	virq_ipi(v0, &x);
	NOTED("ipi 0->2 line 5 group 0; ");
	x = to(0, 1, 0xffff); /* far above the sixteen it names */
	virq_ipi(v0, &x);
	NOTED("ipi 0->0 line 5 group 0; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(sync_both_ways),
		SCENE(sync_leaves_other_posts),
		SCENE(short_lane_is_told),
		SCENE(loading_presents),
		SCENE(unload),
		SCENE(maintenance),
		SCENE(pending),
		SCENE(timer_once_around),
		SCENE(timer_again_before_anybody_looked),
		SCENE(timer_not_taken_before_the_cpu_changes),
		SCENE(timer_presented_when_the_cpu_changes),
		SCENE(timer_completed_when_the_cpu_changes),
		SCENE(timer_in_its_handler_when_the_cpu_changes),
		SCENE(timer_that_the_isa_presented),
		SCENE(ended_by_the_guest),
		SCENE(timer_of_nobody),
		SCENE(other_hardware_interrupt),
		SCENE(lines_of_devices),
		SCENE(controller_notifies),
		SCENE(controller_collects),
		SCENE(ipi_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
