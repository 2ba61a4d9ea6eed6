/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/vm.c and core/vm_load.c: a VM's way from off to running, round again by a reset, and off,
 * in slices; what it had goes back to the pool, whatever ends it.
 */
#include "core_fixture.h"

#include <core/gmem.h>

static struct vm *vm;

static void step(u32 expected_phase)
{
	CHECK(vm_has_work(vm->home));
	CHECK(vm_work(vm->home));
	CHECK(atomic_load(&vm->phase) == expected_phase);
}

/* One image, copied to the begin of the VM's memory. */
static void give_image(struct vm *to)
{
	static struct fit_image images[VM_MAX];
	struct fit_image *img = &images[to->tag];
	static const struct vd_image desc = { .role = VD_IMG_KERNEL };

	*img = (struct fit_image){ .desc = &desc };
	to->fit.image = img;
	to->fit.n = 1;
	img->file = (struct store_file){ .store = &disk_store, .size = FILE_SIZE };
	img->plan.n = 1;
	img->plan.step[0] = (struct load_step){ .kind = LOAD_COPY,
						.file_len = FILE_SIZE,
						.dst = GPA(GUEST_RAM),
						.mem_len = FILE_SIZE };
}

static void setup(void)
{
	machine_up();
	vm = make_vm(0, 1);
	give_image(vm);
}

static u8 guest_byte(u64 off)
{
	u8 b;

	CHECK(gmem_read(&vm->mem, GPA(GUEST_RAM + off), &b, 1) == OK);
	return b;
}

static void soil_guest(void)
{
	void *p;
	u64 n;

	for (u64 off = 0; off < GUEST_MEM; off += n) {
		n = GUEST_MEM - off;
		CHECK(gmem_view(&vm->mem, GPA(GUEST_RAM + off), &p, &n) == OK);
		memset(p, 0xa5, n);
	}
}

static void check_loaded(void)
{
	u8 magic[4];

	for (u64 off = 0; off < FILE_SIZE; off += 4093)
		CHECK(guest_byte(off) == file_byte(off));
	CHECK(guest_byte(FILE_SIZE - 1) == file_byte(FILE_SIZE - 1));
	CHECK(guest_byte(FILE_SIZE) == 0 && guest_byte(GUEST_MEM - 1) == 0);
	CHECK(gmem_read(&vm->mem, vm->fit.fdt, magic, sizeof(magic)) == OK);
	CHECK(memcmp(magic, "\xd0\x0d\xfe\xed", 4) == 0);
}

static void start_and_load(void)
{
	vm_start(vm);
	while (atomic_load(&vm->phase) != VM_RUNNING)
		CHECK(vm_work(vm->home));
	one_exit(&vm->vcpus[0], (struct vcpu_exit){ .kind = EXIT_NONE });
	notes[0] = said[0] = '\0';
}

/* ---- to running ------------------------------------------------------------------------------- */

static void phases(void)
{
	struct vcpu *v;

	setup();
	v = &vm->vcpus[0];
	CHECK(strcmp(vm_phase_name(vm), "off") == 0);
	CHECK(!vm_has_work(&cpus[0]) && !vm_work(&cpus[0]));
	vm_start(vm);
	CHECK(cpus[0].resched && atomic_load(&vm->phase) == VM_SCRUB);
	CHECK(strcmp(vm_phase_name(vm), "loading") == 0);
	CHECK(!vm_has_work(&cpus[1]) && !vm_work(&cpus[1])); /* its home is elsewhere */
	step(VM_LOAD); /* emulator's memory is clean: nothing to zero */
	NOTED("");
	step(VM_LOAD);
	NOTED("read 0+262144; ");
	step(VM_LOAD);
	NOTED("read 262144+262144; ");
	step(VM_LOAD);
	NOTED("read 524288+90112; ");
	CHECK(!vcpu_runnable(v, 0));
	step(VM_RUNNING);
	NOTED("");
	CHECK(was_said("VM 1 \"guest\": started after 0 ms, entry 0x40000000"));
	CHECK(strcmp(vm_phase_name(vm), "running") == 0);
	check_loaded();
	CHECK(atomic_load(&v->power) == VCPU_POWER_PENDING && vcpu_runnable(v, 0));
	CHECK(!vcpu_runnable(&vm->vcpus[1], UINT64_MAX) && !vm_has_work(&cpus[0]));
	one_exit(v, (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(v->arch.pc == GUEST_RAM && v->arch.arg == vm->fit.fdt.v);
}

static void home_is_elsewhere(void)
{
	machine_up();
	vm = make_vm(1, 0);
	vm_start(vm);
	NOTED("kick 1; ");
	CHECK(!vm_has_work(&cpus[0]) && !vm_work(&cpus[0]));
	on_cpu(1);
	while (atomic_load(&vm->phase) != VM_RUNNING)
		CHECK(vm_work(&cpus[1]));
	CHECK(cpus[1].resched && atomic_load(&vm->vcpus[0].posts) == POST_START);
}

static void dirty_memory(void)
{
	setup();
	soil_guest();
	vm->dirty = true;
	vm_start(vm);
	step(VM_SCRUB);
	step(VM_LOAD);
	CHECK(!vm->dirty);
	for (u64 off = 0; off < GUEST_MEM; off += 4095)
		CHECK(guest_byte(off) == 0);
	CHECK(guest_byte(GUEST_MEM - 1) == 0);
	CHECK(fake.n_cache_cleans > 0);
}

static void store_is_taken(void)
{
	setup();
	vm_start(vm);
	step(VM_LOAD);
	store_taken = true;
	/* There is work, but none that could be done: the CPU may sleep. */
	CHECK(!vm_work(vm->home) && !vm_work(vm->home));
	CHECK(vm_has_work(vm->home) && atomic_load(&vm->phase) == VM_LOAD);
	NOTED("");
	store_taken = false;
	step(VM_LOAD);
	NOTED("read 0+262144; ");
}

static void end_while_loading(void)
{
	setup();
	vm_start(vm);
	step(VM_LOAD);
	vm_end(vm, VM_END_RESET);
	CHECK(atomic_load(&vm->phase) == VM_LOAD && atomic_load(&vm->reason) == VM_END_NONE);
}

/* ---- ends ------------------------------------------------------------------------------------- */

static u64 free_before;

static void setup_counting_pages(void)
{
	machine_up();
	free_before = pmm_stats().free;
	vm = make_vm(0, 1);
	give_image(vm);
	vm_start(vm); /* another one, so that the machine stays on */
	atomic_store(&vm->phase, VM_OFF);
	vm_boot_done();
}

/* All but the arena, which stays for lists. */
static void check_all_given_back(void)
{
	CHECK(pmm_owned(PMM_VM(vm->tag)) == 0);
	CHECK(pmm_stats().free == free_before - VM_ARENA_PAGES);
	CHECK(atomic_load(&vm->phase) == VM_OFF && !vm_has_work(vm->home));
}

static void image_cannot_be_read(void)
{
	setup_counting_pages();
	file_read = E_IO;
	vm_start(vm);
	step(VM_LOAD);
	step(VM_OFF);
	CHECK(was_said("error: VM 1 \"guest\": loading its images failed: "));
	check_all_given_back();
}

static void no_room_to_load(void)
{
	enum pmm_content content;
	hpa_t at;

	setup_counting_pages();
	while (pmm_alloc_blocks(PMM_VM(9), 1, BLOCK_SIZE, &at, &content) == OK)
		;
	while (pmm_alloc_pages(PMM_VM(9), 1, &at) == OK)
		;
	vm_start(vm);
	step(VM_OFF);
	CHECK(was_said("error: VM 1 \"guest\": preparing to load its images failed: "));
	pmm_free_owner(PMM_VM(9));
	check_all_given_back();
}

static void power_off(void)
{
	setup_counting_pages();
	start_and_load();
	one_exit(&vm->vcpus[0], (struct vcpu_exit){ .kind = EXIT_POWER_OFF });
	CHECK(strcmp(vm_phase_name(vm), "ending") == 0);
	step(VM_OFF);
	CHECK(was_said("VM 1 \"guest\" powered off"));
	CHECK(fake.n_guest_flushes == 1 && fake.guest_flushed == vm->tag);
	check_all_given_back();
}

static void stopped(void)
{
	setup_counting_pages();
	start_and_load();
	one_exit(&vm->vcpus[0], (struct vcpu_exit){ .kind = EXIT_STOP, .why = "enough" });
	step(VM_OFF);
	CHECK(was_said("VM 1 \"guest\" was stopped"));
	check_all_given_back();
}

static void reset(void)
{
	struct vcpu *v;

	setup();
	start_and_load();
	v = &vm->vcpus[0];
	soil_guest();
	vdev_irq_set(device_of(vm, &probe)->dev, 0, true);
	one_exit(v, (struct vcpu_exit){ .kind = EXIT_RESET });
	vcpu_post(v, POST_VIRQ); /* a device that did not hear of it yet */
	notes[0] = '\0';
	step(VM_SCRUB);
	NOTED("reset gicv3; reset probe; ");
	CHECK(was_said("VM 1 \"guest\" restarts"));
	CHECK(atomic_load(&v->posts) == 0 && device_of(vm, &probe)->irq_levels == 0);
	while (atomic_load(&vm->phase) != VM_RUNNING)
		CHECK(vm_work(vm->home));
	CHECK(was_said("VM 1 \"guest\": started again after"));
	check_loaded();
	CHECK(atomic_load(&vm->reason) == VM_END_NONE && vm->n_restarts == 1);
	one_exit(v, (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(v->arch.n_boots == 2 && v->arch.pc == GUEST_RAM);
	/* And it can end again. */
	one_exit(v, (struct vcpu_exit){ .kind = EXIT_RESET });
	step(VM_SCRUB);
	CHECK(vm->n_restarts == 2);
}

static void thousand_resets(void)
{
	struct pmm_stats running, now;

	setup_counting_pages();
	start_and_load();
	running = pmm_stats();
	for (u32 i = 1; i <= 1000; i++) {
		notes[0] = said[0] = '\0';
		one_exit(&vm->vcpus[0], (struct vcpu_exit){ .kind = EXIT_RESET });
		while (atomic_load(&vm->phase) != VM_RUNNING)
			CHECK(vm_work(vm->home));
		one_exit(&vm->vcpus[0], (struct vcpu_exit){ .kind = EXIT_NONE });
		now = pmm_stats();
		CHECK(now.free == running.free && now.hypervisor == running.hypervisor);
		CHECK(vm->n_restarts == i);
	}
	one_exit(&vm->vcpus[0], (struct vcpu_exit){ .kind = EXIT_POWER_OFF });
	step(VM_OFF);
	check_all_given_back();
}

/* Not before the last vCPU is off, wherever that runs. */
static void waits_for_all_vcpus(void)
{
	struct exit_cpu req = { .hw_id = 1, .entry = GUEST_RAM };

	setup();
	start_and_load();
	CHECK(vm_cpu_on(vm, &req) == CPU_OK);
	one_exit(&vm->vcpus[0], (struct vcpu_exit){ .kind = EXIT_RESET });
	CHECK(atomic_load(&vm->phase) == VM_ENDING && !vm_work(&cpus[0]));
	on_cpu(1);
	vcpu_run(&vm->vcpus[1]);
	on_cpu(0);
	step(VM_SCRUB);
}

/* ---- the last one ----------------------------------------------------------------------------- */

static void work_of_home(void *ctx)
{
	(void)ctx;
	vm_work(vm->home);
}

static bool machine_ends(struct vm *this)
{
	vm = this;
	one_exit(&vm->vcpus[0], (struct vcpu_exit){ .kind = EXIT_POWER_OFF });
	return fake_run_to_end(work_of_home, NULL) == FAKE_POWER_OFF;
}

static void last_of_two(void)
{
	struct vm *a, *b;

	machine_up();
	a = make_running_vm(0, 0);
	b = make_running_vm(0, 0);
	vm_boot_done();
	one_exit(&a->vcpus[0], (struct vcpu_exit){ .kind = EXIT_NONE });
	one_exit(&b->vcpus[0], (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(!machine_ends(a));
	CHECK(!was_said("no VM is left"));
	CHECK(machine_ends(b));
	CHECK(was_said("no VM is left: switching the machine off"));
}

/* While booting, the first to end is not yet the last. */
static void ends_while_others_are_still_started(void)
{
	struct vm *a;

	machine_up();
	a = make_running_vm(0, 0);
	one_exit(&a->vcpus[0], (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(!machine_ends(a));
	CHECK(!was_said("no VM is left"));
}

static void machine_stays_on(void)
{
	struct vm *a, *b;

	machine_without_platform_file_up();
	a = make_running_vm(0, 0);
	b = make_running_vm(0, 0);
	vm_boot_done();
	one_exit(&a->vcpus[0], (struct vcpu_exit){ .kind = EXIT_NONE });
	one_exit(&b->vcpus[0], (struct vcpu_exit){ .kind = EXIT_NONE });
	CHECK(!machine_ends(a));
	CHECK(!was_said("no VM is left"));
	CHECK(!machine_ends(b));
	CHECK(was_said("no VM is left"));
}

static void boot_is_done(void *ctx)
{
	(void)ctx;
	vm_boot_done();
}

static void no_vm_at_all(void)
{
	machine_up();
	CHECK(fake_run_to_end(boot_is_done, NULL) == FAKE_POWER_OFF);
}

/* ---- compressed images ------------------------------------------------------------------------ */

#define PLAIN_SIZE 150000u
#define BLOCK	   50000u

static u8 gz[PLAIN_SIZE + 64];
static u32 gz_len;

static void put_le(u64 v, u32 n)
{
	for (u32 i = 0; i < n; i++)
		gz[gz_len++] = (u8)(v >> 8 * i);
}

static u32 crc_of_plain(void)
{
	u32 crc = UINT32_MAX;

	for (u32 i = 0; i < PLAIN_SIZE; i++) {
		crc ^= file_byte(i);
		for (u32 bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* Stored blocks (RFC 1951, 3.2.4) in a gzip member (RFC 1952): larger than what is read at once. */
static void give_compressed_image(u32 mem_len)
{
	static const u8 head[10] = { 0x1f, 0x8b, 8 };

	memcpy(gz, head, sizeof(head));
	gz_len = sizeof(head);
	for (u32 at = 0; at < PLAIN_SIZE; at += BLOCK) {
		put_le(at + BLOCK == PLAIN_SIZE, 1);
		put_le(BLOCK, 2);
		put_le(0xffff - BLOCK, 2);
		for (u32 i = 0; i < BLOCK; i++)
			gz[gz_len++] = file_byte(at + i);
	}
	put_le(crc_of_plain(), 4);
	put_le(PLAIN_SIZE, 4);
	setup();
	file_bytes = gz;
	vm->fit.image[0].file.size = gz_len;
	vm->fit.image[0].plan.step[0].kind = LOAD_INFLATE;
	vm->fit.image[0].plan.step[0].file_len = gz_len;
	vm->fit.image[0].plan.step[0].mem_len = mem_len;
}

static bool loads(void)
{
	vm_start(vm);
	while (vm_work(vm->home))
		;
	return atomic_load(&vm->phase) == VM_RUNNING;
}

static void inflated(void)
{
	give_compressed_image(PLAIN_SIZE);
	CHECK(loads());
	NOTED("read 0+65536; read 65536+65536; read 131072+18961; ");
	for (u32 off = 0; off < PLAIN_SIZE; off += 997)
		CHECK(guest_byte(off) == file_byte(off));
	CHECK(guest_byte(PLAIN_SIZE - 1) == file_byte(PLAIN_SIZE - 1));
	CHECK(guest_byte(PLAIN_SIZE) == 0);
}

static void inflates_to_more_than_planned(void)
{
	give_compressed_image(PLAIN_SIZE - 1);
	CHECK(!loads());
	CHECK(was_said("loading its images failed"));
}

static void stream_is_damaged(void)
{
	give_compressed_image(PLAIN_SIZE);
	gz[gz_len - 8] ^= 1;
	CHECK(!loads());
	CHECK(was_said("loading its images failed"));
}

static void stream_has_no_end(void)
{
	give_compressed_image(PLAIN_SIZE);
	vm->fit.image[0].plan.step[0].file_len = gz_len - 1;
	CHECK(!loads());
	CHECK(was_said("loading its images failed"));
}

static void bytes_behind_the_stream(void)
{
	give_compressed_image(PLAIN_SIZE);
	vm->fit.image[0].plan.step[0].file_len = gz_len + 5;
	CHECK(loads());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(phases),
		SCENE(home_is_elsewhere),
		SCENE(dirty_memory),
		SCENE(store_is_taken),
		SCENE(end_while_loading),
		SCENE(image_cannot_be_read),
		SCENE(no_room_to_load),
		SCENE(power_off),
		SCENE(stopped),
		SCENE(reset),
		SCENE(thousand_resets),
		SCENE(waits_for_all_vcpus),
		SCENE(last_of_two),
		SCENE(ends_while_others_are_still_started),
		SCENE(machine_stays_on),
		SCENE(no_vm_at_all),
		SCENE(inflated),
		SCENE(inflates_to_more_than_planned),
		SCENE(stream_is_damaged),
		SCENE(stream_has_no_end),
		SCENE(bytes_behind_the_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
