/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fake machine itself: what the tests of the core lean on. That it aborts where its rules are
 * broken is seen in a child process.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arch/fake.h>
#include <base/bits.h>

static struct arch_vm vm;
static struct arch_vcpu a, b;

static int setup(void **state)
{
	(void)state;
	fake_init(MIB(4));
	arch_vm_init(&vm, 3, HPA(FAKE_RAM_BASE));
	arch_vcpu_init(&a, &vm, 0);
	arch_vcpu_init(&b, &vm, 1);
	return 0;
}

static bool aborts(void (*fn)(void))
{
	int how;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(0);
		signal(SIGABRT, SIG_DFL);
		fn();
		_exit(0);
	}
	waitpid(child, &how, 0);
	return WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT;
}

/* ---- vCPUs ------------------------------------------------------------------------------------ */

static struct vcpu_exit exit_of(enum exit_kind kind)
{
	return (struct vcpu_exit){ .kind = kind };
}

static void test_script(void **state)
{
	struct vcpu_exit x;

	(void)state;
	fake_script_push(exit_of(EXIT_IDLE));
	fake_script_push_to(&b, exit_of(EXIT_RESET));
	fake_script_push(exit_of(EXIT_CPU_OFF));
	assert_int_equal(fake_script_left(), 3);
	arch_vcpu_load(&a);
	arch_vcpu_run(&a, &x);
	assert_int_equal(x.kind, EXIT_IDLE);
	arch_vcpu_run(&a, &x);
	assert_int_equal(x.kind, EXIT_CPU_OFF);
	arch_vcpu_run(&a, &x); /* the rest is not its own */
	assert_int_equal(x.kind, EXIT_STOP);
	arch_vcpu_put(&a);
	arch_vcpu_load(&b);
	arch_vcpu_run(&b, &x);
	assert_int_equal(x.kind, EXIT_RESET);
	assert_int_equal(fake_script_left(), 0);
	assert_int_equal(a.n_runs, 3);
	fake_script_push(exit_of(EXIT_IDLE));
	fake_init(MIB(4));
	assert_int_equal(fake_script_left(), 0);
}

static void test_records(void **state)
{
	struct vcpu_exit x = { .kind = EXIT_MMIO,
			       .io = { .addr = 0x1234, .value = 7, .width = 4 } };

	(void)state;
	arch_vcpu_boot(&a, GPA(0x8000), 42);
	assert_int_equal(arch_vcpu_pc(&a), 0x8000);
	assert_int_equal(a.arg, 42);
	arch_vcpu_complete(&a, &x);
	assert_int_equal(arch_vcpu_pc(&a), 0x8004);
	assert_int_equal(a.completed.io.value, 7);
	x.kind = EXIT_MEM_FAULT;
	arch_vcpu_inject_fault(&a, &x);
	assert_int_equal(a.n_faulted, 1);
	assert_int_equal(arch_vcpu_pc(&a), 0x8004);
	arch_tlb_flush_guest(&vm);
	assert_int_equal(fake.n_guest_flushes, 1);
	assert_int_equal(fake.guest_flushed, 3);
}

static void run_unloaded(void)
{
	struct vcpu_exit x;

	arch_vcpu_run(&a, &x);
}

static void load_two(void)
{
	arch_vcpu_load(&a);
	arch_vcpu_load(&b);
}

static void put_uncollected(void)
{
	const struct virq_entry e = { .intid = 40, .state = VIRQ_PENDING };

	arch_vcpu_load(&a);
	arch_virq_present(&a, &e, 1, false);
	arch_vcpu_put(&a);
}

static void present_twice(void)
{
	const struct virq_entry e = { .intid = 40, .state = VIRQ_PENDING };

	arch_vcpu_load(&a);
	arch_virq_present(&a, &e, 1, false);
	arch_virq_present(&a, &e, 1, false);
}

static void fault_for_idle(void)
{
	const struct vcpu_exit x = { .kind = EXIT_IDLE };

	arch_vcpu_inject_fault(&a, &x);
}

static void test_rules(void **state)
{
	(void)state;
	assert_true(aborts(run_unloaded));
	assert_true(aborts(load_two));
	assert_true(aborts(put_uncollected));
	assert_true(aborts(present_twice));
	assert_true(aborts(fault_for_idle));
	assert_true(aborts(arch_power_off));
}

/* ---- interrupts ------------------------------------------------------------------------------- */

static void test_virqs(void **state)
{
	const struct virq_entry list[] = {
		{ .intid = 40, .prio = 0xa0, .state = VIRQ_PENDING },
		{ .intid = 27, .prio = 0x80, .state = VIRQ_PENDING },
		{ .intid = 41, .prio = 0x10, .state = VIRQ_ACTIVE },
	};
	struct virq_entry back[ARCH_MAX_VIRQS];

	(void)state;
	arch_vcpu_load(&a);
	assert_false(arch_virq_pending(&a));
	arch_virq_present(&a, list, 3, true);
	assert_true(a.more);
	assert_true(arch_virq_pending(&a));
	assert_int_equal(fake_guest_ack(&a), 27);
	assert_int_equal(fake_guest_ack(&a), 40);
	assert_int_equal(fake_guest_ack(&a), UINT32_MAX);
	assert_false(arch_virq_pending(&a));
	fake_guest_eoi(&a, 40);
	assert_int_equal(arch_virq_collect(&a, back), 3);
	assert_int_equal(back[0].state, 0);
	assert_int_equal(back[1].state, VIRQ_ACTIVE);
	assert_int_equal(back[2].state, VIRQ_ACTIVE);
	assert_int_equal(arch_virq_collect(&a, back), 0);
	arch_virq_present(&a, list, 1, false);
	a.irqs_masked = true;
	assert_false(arch_virq_pending(&a));
}

static void test_guest_timer(void **state)
{
	const struct virq_ready r = { .hw = { { .intid = 27, .state = VIRQ_PENDING } }, .n_hw = 1 };
	struct arch_guest_timer t[ARCH_GUEST_TIMERS];

	(void)state;
	assert_int_equal(arch_guest_timers(&fake.hostdesc, t), 1);
	assert_int_equal(arch_guest_timer_deadline(&a), ARCH_NEVER);
	arch_virq_ready(&a, &r);
	assert_int_equal(a.ready.n_hw, 1);
	assert_int_equal(a.ready.hw[0].intid, 27);
}

/* ---- page-table entries ----------------------------------------------------------------------- */

static void test_entries_of_levels_differ(void **state)
{
	static const u32 sizes[] = { 12, 21, 30 };

	(void)state;
	fake.tolerate = true;
	for (u32 level = 0; level <= 2; level++) {
		hpa_t to = HPA(BIT(sizes[level]) * 77);
		u64 pte = arch_pte_leaf(arch_pt_format(PT_HOST), level, to, PT_R | PT_X, PT_NORMAL);
		struct pte_info info = arch_pte_decode(arch_pt_format(PT_HOST), level, pte);

		assert_true(info.valid && info.leaf && info.type == PT_NORMAL);
		assert_int_equal(info.target.v, to.v);
		assert_int_equal(info.prot, PT_R | PT_X);
		for (u32 other = 0; other <= 3; other++) {
			if (other != level)
				assert_false(
					arch_pte_decode(arch_pt_format(PT_HOST), other, pte).valid);
		}
		if (level < 3)
			assert_false(arch_pte_decode(arch_pt_format(PT_GUEST), level, pte).valid);
	}
	assert_int_equal(fake.n_mixups, 3 * 4);
}

static void test_table_entries(void **state)
{
	u64 pte = arch_pte_table(arch_pt_format(PT_GUEST), HPA(0x123456789000));

	(void)state;
	fake.tolerate = true;
	for (u32 level = 1; level < 3; level++) {
		struct pte_info info = arch_pte_decode(arch_pt_format(PT_GUEST), level, pte);

		assert_true(info.valid && !info.leaf);
		assert_int_equal(info.target.v, 0x123456789000);
	}
	assert_false(arch_pte_decode(arch_pt_format(PT_GUEST), 0, pte).valid);
	assert_false(arch_pte_decode(arch_pt_format(PT_HOST), 1, pte).valid);
	assert_false(arch_pte_decode(arch_pt_format(PT_HOST), 1, 0).valid);
	assert_int_equal(fake.n_mixups, 2);
}

static void leaf_of_root(void)
{
	(void)arch_pte_leaf(arch_pt_format(PT_HOST), 3, HPA(0), PT_R, PT_NORMAL);
}

static void leaf_misaligned(void)
{
	(void)arch_pte_leaf(arch_pt_format(PT_HOST), 1, HPA(KIB(4)), PT_R, PT_NORMAL);
}

static void leaf_w_and_x(void)
{
	(void)arch_pte_leaf(arch_pt_format(PT_HOST), 0, HPA(0), PT_W | PT_X, PT_NORMAL);
}

static void entry_of_nonsense(void)
{
	(void)arch_pte_decode(arch_pt_format(PT_HOST), 0, 0xdeadbeef);
}

static void test_entry_rules(void **state)
{
	(void)state;
	assert_true(aborts(leaf_of_root));
	assert_true(aborts(leaf_misaligned));
	assert_true(aborts(leaf_w_and_x));
	assert_true(aborts(entry_of_nonsense));
}

/* ---- machine ---------------------------------------------------------------------------------- */

static void ends(void *ctx)
{
	switch (*(enum fake_end *)ctx) {
	case FAKE_POWER_OFF:
		arch_power_off();
	case FAKE_HALT:
		arch_halt();
	case FAKE_RUNNING:
		break;
	}
}

static void test_ends(void **state)
{
	(void)state;
	for (enum fake_end how = FAKE_RUNNING; how <= FAKE_HALT; how++)
		assert_int_equal(fake_run_to_end(ends, &how), how);
}

static u32 n_idle_calls;

static void count_idle(void)
{
	n_idle_calls++;
}

static void test_clock_and_idle(void **state)
{
	u64 t = arch_cycles();

	(void)state;
	assert_int_equal(arch_cycles(), t + 1);
	fake_clock.step = 10;
	assert_int_equal(arch_cycles(), t + 11);
	arch_timer_arm(5000);
	assert_int_equal(arch_this_cpu()->timer_at, 5000);
	fake.on_idle = count_idle;
	arch_cpu_idle();
	assert_int_equal(fake_clock.now, 5000);
	assert_int_equal(n_idle_calls, 1);
	arch_timer_arm(ARCH_NEVER);
	arch_cpu_idle();
	assert_int_equal(fake_clock.now, 5000);
}

static void test_cpus(void **state)
{
	struct arch_cpu c = { 0 }, other = { 0 };
	struct hostdesc hd;
	const char *why;

	(void)state;
	assert_int_equal(arch_hostdesc(NULL, NULL, &hd, &why), OK);
	assert_int_equal(hd.n_cpus, FAKE_CPUS);
	assert_int_equal(hd.mem[0].base, FAKE_RAM_BASE);
	arch_cpu_adopt(&c);
	assert_ptr_equal(arch_this_cpu(), &c);
	assert_int_equal(arch_cpu_init(&c, &hd, &why), OK);
	assert_int_equal(arch_cpu_start(&other, 2, 1), OK);
	assert_int_equal(fake.n_starts, 1);
	assert_ptr_equal(fake.start[0].cpu, &other);
	assert_int_equal(fake.start[0].hw_id, 2);
	fake.start_result = E_IO;
	assert_int_equal(arch_cpu_start(&other, 3, 2), E_IO);
	fake.init_result = E_UNSUP;
	assert_int_equal(arch_cpu_init(&c, &hd, &why), E_UNSUP);
}

static void test_memory(void **state)
{
	u8 *p = arch_phys_to_virt(HPA(FAKE_RAM_BASE + 5));

	(void)state;
	assert_int_equal(*p, 0);
	assert_int_equal(arch_virt_to_phys(p).v, FAKE_RAM_BASE + 5);
	fake_soil(HPA(FAKE_RAM_BASE), KIB(4));
	assert_int_not_equal(*p, 0);
	fake_init(MIB(4));
	p = arch_phys_to_virt(HPA(FAKE_RAM_BASE + 5));
	assert_int_equal(*p, 0);
	/* Device registers, as many as a test likes. */
	*(volatile u32 *)arch_phys_to_virt(HPA(0x09000000)) = 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_script, setup),
		cmocka_unit_test_setup(test_records, setup),
		cmocka_unit_test_setup(test_rules, setup),
		cmocka_unit_test_setup(test_virqs, setup),
		cmocka_unit_test_setup(test_guest_timer, setup),
		cmocka_unit_test_setup(test_entries_of_levels_differ, setup),
		cmocka_unit_test_setup(test_table_entries, setup),
		cmocka_unit_test_setup(test_entry_rules, setup),
		cmocka_unit_test_setup(test_ends, setup),
		cmocka_unit_test_setup(test_clock_and_idle, setup),
		cmocka_unit_test_setup(test_cpus, setup),
		cmocka_unit_test_setup(test_memory, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
