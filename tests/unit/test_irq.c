/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/irq.c and the kicks of core/cpu.c: every interrupt that was acknowledged is dropped and
 * deactivated exactly once, unless its handler's owner holds it; what nobody handles is switched
 * off; a kick makes its CPU look around.
 */
#include "core_fixture.h"

static u32 calls[128];

static void count(void *ctx)
{
	u32 *n = ctx;

	(*n)++;
	note("handler; ");
}

static enum status request(u32 line, enum irq_end end)
{
	return irq_request((struct hd_irq){ line, HD_TRIGGER_LEVEL }, end, count, &calls[line]);
}

static void dispatch(void)
{
	machine_up();
	CHECK(request(40, IRQ_COMPLETE) == OK);
	CHECK(request(20, IRQ_HOLD) == OK);
	NOTED("enable 40; enable 20; ");
	host_raise(40);
	host_raise(20);
	CHECK(irq_dispatch(EXIT_IRQ_UNACKED));
	NOTED("drop 40; handler; deactivate 40; ");
	CHECK(irq_dispatch(EXIT_IRQ_UNACKED));
	NOTED("drop 20; handler; ");
	irq_deactivate(20);
	NOTED("deactivate 20; ");
	CHECK(!irq_dispatch(EXIT_IRQ_UNACKED));
	NOTED("");
	CHECK(calls[40] == 1 && calls[20] == 1);
	/* Acknowledged by the ISA already. */
	CHECK(irq_dispatch(40));
	NOTED("drop 40; handler; deactivate 40; ");
}

static void nobodys(void)
{
	machine_up();
	host_raise(50);
	host_raise(21);
	CHECK(irq_dispatch(EXIT_IRQ_UNACKED));
	NOTED("drop 50; disable 50; deactivate 50; ");
	CHECK(was_said("interrupt 50 has no handler"));
	CHECK(irq_dispatch(EXIT_IRQ_UNACKED));
	NOTED("drop 21; disable 21; deactivate 21; ");
	/* Numbers beyond all lines mean that nothing was pending. */
	CHECK(!irq_dispatch(128));
	CHECK(!irq_dispatch(1023));
	NOTED("");
}

static void one_handler_each(void)
{
	machine_up();
	CHECK(request(20, IRQ_COMPLETE) == OK);
	CHECK(request(90, IRQ_COMPLETE) == OK);
	CHECK(request(20, IRQ_COMPLETE) == E_EXISTS);
	CHECK(request(90, IRQ_COMPLETE) == E_EXISTS);
	NOTED("enable 20; enable 90; ");
	CHECK(register_irqchip(&chip, &host_intc) == E_EXISTS);
	CHECK(irq_n_lines() == 128);
}

static void table_is_full(void)
{
	u32 n = 0;

	machine_up();
	for (u32 line = 32; line < 128 && request(line, IRQ_COMPLETE) == OK; line++)
		n++;
	CHECK(n < 96);
	CHECK(request(20, IRQ_COMPLETE) == E_NOMEM);
	CHECK(irq_dispatch(32 + n - 1));
	CHECK(calls[32 + n - 1] == 1);
}

/* Lines of guests bring their record, so there may be as many as the chip has. */
static void claimed_lines(void)
{
	static struct irq_action a[128];

	machine_up();
	for (u32 line = 32; line < 128; line++) {
		a[line] = (struct irq_action){
			{ line, HD_TRIGGER_EDGE }, IRQ_HOLD, count, &calls[line]
		};
		CHECK(irq_claim(&a[line]) == OK);
	}
	notes[0] = '\0';
	CHECK(irq_claim(&a[40]) == E_EXISTS && request(40, IRQ_COMPLETE) == E_EXISTS);
	NOTED("");
	CHECK(irq_action_of(40) == &a[40] && !irq_action_of(20) && !irq_action_of(1020));
	CHECK(irq_dispatch(127));
	NOTED("drop 127; handler; ");
	irq_unmask(127);
	irq_mask(127);
	irq_route(127, 1);
	irq_quiet(&a[127]);
	NOTED("unmask 127; disable 127; route 127 to 1; claim 127 edge; ");
	irq_release(&a[40]);
	NOTED("claim 40 edge; ");
	CHECK(!irq_action_of(40) && irq_claim(&a[40]) == OK);
}

static void lines_that_cannot_be_claimed(void)
{
	static struct irq_action a = { { 20, HD_TRIGGER_LEVEL }, IRQ_HOLD, count, &calls[20] };

	machine_up();
	CHECK(irq_claim(&a) == E_RANGE && !irq_action_of(20));
	a.irq.line = 5000;
	CHECK(irq_claim(&a) == E_RANGE);
	a.irq.line = 40;
	claim_result = E_IO;
	CHECK(irq_claim(&a) == E_IO && !irq_action_of(40));
	irq_quiet(&a);
	CHECK(was_said("interrupt 40 may still come"));
}

static void private_lines_of_another_cpu(void)
{
	machine_up();
	CHECK(request(40, IRQ_COMPLETE) == OK);
	CHECK(request(20, IRQ_COMPLETE) == OK);
	notes[0] = '\0';
	on_cpu(1);
	CHECK(irq_cpu_init() == OK);
	NOTED("cpu_init; enable 26; enable 27; enable 25; enable 20; ");
}

static void kicks(void)
{
	machine_up();
	cpu_kick(&cpus[1]);
	NOTED("kick 1; ");
	CHECK(!cpus[1].resched);
	cpu_kick(&cpus[0]);
	NOTED("");
	CHECK(cpus[0].resched);
	on_cpu(1);
	host_raise(0);
	CHECK(irq_dispatch(EXIT_IRQ_UNACKED));
	NOTED("drop 0; deactivate 0; ");
	CHECK(cpus[1].resched);
}

static void receive_kick(void *ctx)
{
	(void)ctx;
	irq_dispatch(0);
}

static void stopping_the_others(void)
{
	machine_up();
	cpus_stop_others();
	NOTED("kick 1; ");
	on_cpu(1);
	CHECK(fake_run_to_end(receive_kick, NULL) == FAKE_HALT);
	NOTED("drop 0; deactivate 0; ");
}

/* ---- starting CPUs ---------------------------------------------------------------------------- */

static struct hostdesc machine;

static void cpus_that_come(void)
{
	machine_up();
	n_cpus = 1;
	machine = fake.hostdesc;
	for (u32 i = 1; i < FAKE_CPUS; i++)
		atomic_store(&cpus[i].online, true); /* they are quick */
	cpus_start(&machine);
	CHECK(n_cpus == FAKE_CPUS && fake.n_starts == FAKE_CPUS - 1);
	for (u32 i = 1; i < FAKE_CPUS; i++) {
		CHECK(cpus[i].index == i && cpus[i].arch.hw_id == i);
		CHECK(cpu_by_hw_id(i) == &cpus[i]);
	}
	CHECK(!cpu_by_hw_id(FAKE_CPUS));
}

static void cpus_that_firmware_refuses(void)
{
	machine_up();
	n_cpus = 1;
	fake.start_result = E_IO;
	cpus_start(&fake.hostdesc);
	CHECK(n_cpus == 1);
	CHECK(was_said("CPU 0x1 does not start") && was_said("CPU 0x3 does not start"));
}

/* It may still come: what it was given (stack, record) is nobody else's. */
static void a_cpu_that_comes_late(void)
{
	machine_up();
	n_cpus = 1;
	fake_clock.step = 1000;
	cpus_start(&fake.hostdesc);
	CHECK(n_cpus == 1);
	CHECK(was_said("CPU 0x1 does not start"));
	for (u32 i = 0; i < fake.n_starts; i++) {
		for (u32 j = 0; j < i; j++)
			CHECK(fake.start[i].cpu != fake.start[j].cpu &&
			      fake.start[i].index != fake.start[j].index);
	}
}

/* The tree lists more than we use, and not the CPU we run on. */
static void more_cpus_than_room(void)
{
	machine_up();
	n_cpus = 1;
	machine = fake.hostdesc;
	machine.n_cpus = HD_MAX_CPUS;
	for (u32 i = 0; i < HD_MAX_CPUS; i++) {
		machine.cpu_hw_id[i] = 100 + i;
		atomic_store(&cpus[i].online, true);
	}
	cpus_start(&machine);
	CHECK(n_cpus == HD_MAX_CPUS);
	CHECK(fake.n_starts == HD_MAX_CPUS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(dispatch),
		SCENE(nobodys),
		SCENE(one_handler_each),
		SCENE(table_is_full),
		SCENE(claimed_lines),
		SCENE(lines_that_cannot_be_claimed),
		SCENE(private_lines_of_another_cpu),
		SCENE(kicks),
		SCENE(stopping_the_others),
		SCENE(cpus_that_come),
		SCENE(cpus_that_firmware_refuses),
		SCENE(a_cpu_that_comes_late),
		SCENE(more_cpus_than_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
