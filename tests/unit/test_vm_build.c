/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/vm_build.c: memory from wherever there is some, vCPUs where they may run, devices on the
 * bus; what cannot be given is told with its place, and then nothing has been taken.
 */
#include "core_fixture.h"

#include <core/own.h>
#include <core/gmem.h>

static char told[1024]; /* diagnostics */

static void tell(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	size_t n = strlen(told);

	(void)d;
	(void)level;
	(void)at;
	snprintf(told + n, sizeof(told) - n, "%s\n", text);
}

static struct diag d = { .emit = tell };
static struct vm *vm;
static struct vmdesc *vd;
static u64 free_before;

static void setup(void)
{
	machine_up();
	free_before = pmm_stats().free;
	vm = vm_new();
	CHECK(vm && vm->tag == 1);
	vd = describe(vm, 0, 1);
}

static void refused(enum status want, const char *why)
{
	enum status st = vm_build(vm, vd, &d);

	if (st != want || !strstr(told, why)) {
		fprintf(stderr, "status %d, \"%s\" is not in: %s\n", st, why, told);
		_exit(1);
	}
	CHECK(d.n_errors == 1 && n_vms == 0 && !cpus[0].vcpus && !cpus[1].vcpus);
	for (u32 i = 0; i < n_cpus; i++)
		CHECK(cpus[i].n_planned == 0 && cpus[i].n_vcpus == 0);
	vm_free(vm);
	CHECK(pmm_stats().free == free_before);
}

/* ---- memory ----------------------------------------------------------------------------------- */

static void writes_and_reads_back(u64 base, u64 len)
{
	u8 b = 0x5a;

	for (u64 off = 0; off < len; off += MIB(1) + 4096) {
		CHECK(gmem_write(&vm->mem, GPA(base + off), &b, 1) == OK);
		b ^= (u8)(off >> 12);
	}
	b = 0;
	CHECK(gmem_read(&vm->mem, GPA(base + len - 1), &b, 1) == OK);
	CHECK(gmem_read(&vm->mem, GPA(base - 1), &b, 1) == E_RANGE);
	CHECK(gmem_read(&vm->mem, GPA(base + len), &b, 1) == E_RANGE);
}

static void memory_begins_and_ends_anywhere(void)
{
	setup();
	vd->mems.v[0].base = GPA(GUEST_RAM + 0x3000);
	vd->mems.v[0].host = HPA(GUEST_RAM + 0x3000);
	vd->mems.v[0].size = MIB(5) + 0x2000;
	CHECK(vm_build(vm, vd, &d) == OK);
	writes_and_reads_back(GUEST_RAM + 0x3000, MIB(5) + 0x2000);
}

static void memory_in_pieces(void)
{
	enum pmm_content content;
	hpa_t at;

	setup();
	/* Every second block is somebody else's. */
	for (u64 off = 0; off < MIB(64); off += 2 * BLOCK_SIZE)
		(void)!pmm_claim(PMM_VM(9), HPA(FAKE_RAM_BASE + off), BLOCK_SIZE, &content);
	vd->mems.v[0].size = MIB(16);
	CHECK(vm_build(vm, vd, &d) == OK);
	writes_and_reads_back(GUEST_RAM, MIB(16));
	for (u64 off = 0; off < MIB(16); off += BLOCK_SIZE) {
		u64 run;
		u32 prot;

		CHECK(stage2_lookup(&vm->mem, GPA(GUEST_RAM + off), &at, &run, &prot) == OK);
		CHECK(at.v % (2 * BLOCK_SIZE) != 0 && prot == (PT_R | PT_W | PT_X));
	}
}

static void memory_as_dirty_as_the_pool(void)
{
	enum pmm_content content;
	hpa_t at;

	setup();
	CHECK(!vm->dirty);
	CHECK(pmm_alloc_blocks(PMM_VM(9), 20, BLOCK_SIZE, &at, &content) == OK);
	pmm_free_owner(PMM_VM(9));
	vd->mems.v[0].size = MIB(40);
	CHECK(vm_build(vm, vd, &d) == OK);
	CHECK(vm->dirty);
}

static void rights(void)
{
	u8 b = 1;

	setup();
	vd->mems.v[0].prot = VD_R;
	CHECK(vm_build(vm, vd, &d) == OK);
	CHECK(gmem_read(&vm->mem, GPA(GUEST_RAM), &b, 1) == OK);
	CHECK(gmem_write(&vm->mem, GPA(GUEST_RAM), &b, 1) == E_RANGE);
}

static void identity(void)
{
	hpa_t at;
	u64 run;
	u32 prot;

	setup();
	vd->mems.v[0].backing = VD_MEM_CLAIMED;
	vd->mems.v[0].base = GPA(FAKE_RAM_BASE + MIB(32) + 0x1000);
	vd->mems.v[0].host = HPA(FAKE_RAM_BASE + MIB(32) + 0x1000);
	vd->mems.v[0].size = MIB(2);
	CHECK(vm_build(vm, vd, &d) == OK);
	CHECK(stage2_lookup(&vm->mem, vd->mems.v[0].base, &at, &run, &prot) == OK);
	CHECK(at.v == vd->mems.v[0].base.v);
	CHECK(pmm_owned(PMM_VM(1)) >= 1024); /* both blocks it lies in */
}

/* What the guest has at one address is the machine's at another. */
static void claimed_elsewhere(void)
{
	hpa_t at;
	u64 run;
	u32 prot;

	setup();
	vd->mems.v[0].backing = VD_MEM_CLAIMED;
	vd->mems.v[0].host = HPA(FAKE_RAM_BASE + MIB(32) + 0x1000);
	vd->mems.v[0].prot = VD_R | VD_X;
	CHECK(vm_build(vm, vd, &d) == OK);
	CHECK(stage2_lookup(&vm->mem, GPA(GUEST_RAM + 0x2000), &at, &run, &prot) == OK);
	CHECK(at.v == FAKE_RAM_BASE + MIB(32) + 0x3000 && prot == (PT_R | PT_X));
}

static void identity_that_is_taken(void)
{
	enum pmm_content content;

	setup();
	vd->mems.v[0].backing = VD_MEM_CLAIMED;
	vd->mems.v[0].base = GPA(FAKE_RAM_BASE + MIB(32));
	vd->mems.v[0].host = HPA(FAKE_RAM_BASE + MIB(32));
	CHECK(pmm_claim(PMM_VM(9), HPA(FAKE_RAM_BASE + MIB(34)), BLOCK_SIZE, &content) == OK);
	free_before -= BLOCK_SIZE / PAGE_SIZE;
	refused(E_BUSY,
		"a.toml:1: error: VM \"guest\": kernel.memory_regions: 0x42000000, 0x400000 "
		"bytes: that memory of the machine is in use");
}

static void identity_where_nothing_is(void)
{
	setup();
	vd->mems.v[0].backing = VD_MEM_CLAIMED;
	vd->mems.v[0].base = GPA(GIB(16));
	vd->mems.v[0].host = HPA(GIB(16));
	refused(E_NOTFOUND, "the machine has no memory at these addresses");
}

static void reserved_at_the_same_address(void)
{
	hpa_t at;
	u64 run;
	u32 prot;

	setup();
	vd->mems.v[0].backing = VD_MEM_RESERVED;
	vd->mems.v[0].base = GPA(GIB(16));
	vd->mems.v[0].host = HPA(GIB(16));
	CHECK(vm_build(vm, vd, &d) == OK);
	CHECK(stage2_lookup(&vm->mem, GPA(GIB(16)), &at, &run, &prot) == OK);
	CHECK(at.v == GIB(16));
}

static void reserved_that_is_ours(void)
{
	static const struct hd_dev disk = { .win = { { GIB(16) + 0x2000, 0x200 } }, .n_win = 1 };

	setup();
	own_device(&disk, OWN_DISK);
	vd->mems.v[0].backing = VD_MEM_RESERVED;
	vd->mems.v[0].base = GPA(GIB(16));
	vd->mems.v[0].host = HPA(GIB(16));
	refused(E_BUSY, "that memory of the machine is in use");
}

static void too_much_memory(void)
{
	setup();
	vd->mems.v[0].size = MIB(66);
	refused(E_NOMEM, "the machine has not that much memory left");
	CHECK(strstr(told, "fix: write a size of at most 0x"));
}

/* ---- vCPUs ------------------------------------------------------------------------------------ */

static void anywhere(void)
{
	setup();
	vd->vcpus.v[0].cpu_mask = vd->vcpus.v[1].cpu_mask = 0;
	CHECK(vm_build(vm, vd, &d) == OK);
	CHECK(vm->vcpus[0].cpu != vm->vcpus[1].cpu && vm->home == vm->vcpus[0].cpu);
	CHECK(cpus[0].n_vcpus == 1 && cpus[1].n_vcpus == 1 && cpus[0].n_planned == 0);
	CHECK(vm->vcpus[0].arch.sharing == ARCH_ALONE);
}

static void where_they_may(void)
{
	setup();
	vd->vcpus.v[0].cpu_mask = BIT(1) | BIT(5);
	vd->vcpus.v[1].cpu_mask = 0;
	vd->vcpus.v[1].has_host_hw_id = true;
	vd->vcpus.v[1].host_hw_id = 1;
	vd->vcpus.v[1].priority = 9;
	CHECK(vm_build(vm, vd, &d) == OK);
	CHECK(vm->vcpus[0].cpu == &cpus[1] && vm->vcpus[1].cpu == &cpus[1]);
	CHECK(cpus[1].vcpus == &vm->vcpus[0] && vm->vcpus[0].next_on_cpu == &vm->vcpus[1]);
	CHECK(vm->vcpus[1].priority == 9 && vm->vcpus[1].arch.sharing == ARCH_SHARED);
}

static void on_no_cpu_that_runs(void)
{
	setup();
	vd->vcpus.v[1].cpu_mask = BIT(2) | BIT(3);
	refused(E_NOTFOUND, "VM \"guest\": vCPU 1: none of the host CPUs it may run on is running");
}

/* ---- devices ---------------------------------------------------------------------------------- */

static void device_nobody_knows(void)
{
	setup();
	vd->devs.v[1].class = STR("teapot");
	refused(E_NOTFOUND, "VM \"guest\": device \"probe0\" (teapot): ");
}

static void device_without_a_window(void)
{
	setup();
	vd->devs.v[1].n_win = 0;
	refused(E_RANGE, "device \"probe0\" (probe): ");
}

static void devices_that_overlap(void)
{
	setup();
	vd->devs.v[1].win[0].base = GPA(INTC_BASE + 0x8000);
	refused(E_EXISTS, "device \"probe0\" (probe): ");
}

static void no_interrupt_controller(void)
{
	setup();
	vd->devs.v[0].class = STR("probe");
	refused(E_INVAL, "VM \"guest\" cannot be built: ");
}

/* What it takes on the way to its last device comes back. */
static void arena_is_full(void)
{
	setup();
	vm->arena.used = vm->arena.size - 1024;
	refused(E_NOMEM, "VM \"guest\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(memory_begins_and_ends_anywhere),
		SCENE(memory_in_pieces),
		SCENE(memory_as_dirty_as_the_pool),
		SCENE(rights),
		SCENE(identity),
		SCENE(claimed_elsewhere),
		SCENE(identity_that_is_taken),
		SCENE(identity_where_nothing_is),
		SCENE(reserved_at_the_same_address),
		SCENE(reserved_that_is_ours),
		SCENE(too_much_memory),
		SCENE(anywhere),
		SCENE(where_they_may),
		SCENE(on_no_cpu_that_runs),
		SCENE(device_nobody_knows),
		SCENE(device_without_a_window),
		SCENE(devices_that_overlap),
		SCENE(no_interrupt_controller),
		SCENE(arena_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
