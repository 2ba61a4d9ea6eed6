/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/guests.c with the real front-end, validator, planner and devices: what is sound starts in
 * the order of ids, what is not is told with its place and takes nothing with it.
 */
#include "machine_fixture.h"

#include <core/guests.h>
#include <lib/config.h>
#include <lib/packed.h>

#define AT(name) GUESTS_FOLDER "/" name

static char text_of[4][1024];
static const char kernel[4096] = "code";

/* A sound VM of 4 MiB, its kernel on the disk. */
static const char *sound(u32 slot, u32 id, const char *name, const char *more)
{
	snprintf(text_of[slot], sizeof(text_of[slot]),
		 "[base]\nid = %u\nname = \"%s\"\ncpu_num = 1\n"
		 "[kernel]\nentry_point = 0x8000_0000\nimage_location = \"fs\"\n"
		 "kernel_path = \"/kernel.bin\"\nkernel_load_addr = 0x8000_0000\n"
		 "memory_regions = [[0x8000_0000, 0x40_0000, 0x7, 0]]\n%s\n[devices]\n",
		 id, name, more);
	return text_of[slot];
}

static void setup(void)
{
	machine_up();
	put_file(VD_SRC_FS, "kernel.bin", kernel, sizeof(kernel));
}

static void start(void *ctx)
{
	static const struct hostdesc nothing;

	(void)ctx;
	guests_start(&nothing);
}

static void started(void)
{
	CHECK(fake_run_to_end(start, NULL) == FAKE_RUNNING);
}

static void one(void)
{
	setup();
	put_text(VD_SRC_FS, AT("a.toml"), sound(0, 7, "first", ""));
	put_text(VD_SRC_FS, AT("notes.txt"), "not for us");
	started();
	CHECK(n_vms == 1 && vms[0]->desc->id == 7 && strcmp(vms[0]->name, "first") == 0);
	CHECK(atomic_load(&vms[0]->phase) == VM_SCRUB && vms[0]->fit.entry.v == 0x80000000);
	CHECK(was_said("VM 7 \"first\" from disk:/guest/vm_default/a.toml"));
	CHECK(was_said("memory  0x080000000..0x080400000     4 MiB rwx allocated"));
	CHECK(was_said("device  0x009000000..0x009001000  pl011 interrupt 33 (default)"));
	CHECK(was_said("kernel  0x080000000  /kernel.bin, 4096 bytes"));
	CHECK(was_said("dtb     0x080200000  generated"));
	while (atomic_load(&vms[0]->phase) != VM_RUNNING)
		CHECK(vm_work(vms[0]->home));
}

/* No address is given: the kernel begins the memory, the initrd and the tree end it. */
static void places_left_to_us(void)
{
	setup();
	put_file(VD_SRC_FS, "initrd", kernel, 3000);
	put_file(VD_SRC_FS, "fw", kernel, 2000);
	snprintf(text_of[0], sizeof(text_of[0]),
		 "[base]\nid = 1\nname = \"a\"\ncpu_num = 1\n"
		 "[kernel]\nimage_location = \"fs\"\nkernel_path = \"/kernel.bin\"\n"
		 "ramdisk_path = \"/initrd\"\nbios_path = \"/fw\"\nbios_load_addr = 0x8060_0000\n"
		 "memory_regions = [[0x8010_0000, 0xf0_0000, 0x7, 0]]\n[devices]\n");
	put_text(VD_SRC_FS, AT("a.toml"), text_of[0]);
	started();
	CHECK(n_vms == 1 && vms[0]->fit.entry.v == 0x80200000);
	CHECK(was_said("kernel  0x080200000  /kernel.bin"));
	CHECK(was_said("bios    0x080600000  /fw"));
	CHECK(was_said("initrd  0x080e00000  /initrd"));
	CHECK(was_said("dtb     0x080c00000  generated"));
}

/* Firmware beside the kernel is what is started when the entry is in it; nobody wonders. */
static void firmware_is_started(void)
{
	setup();
	put_file(VD_SRC_FS, "fw", kernel, 2000);
	put_text(VD_SRC_FS, AT("a.toml"),
		 sound(0, 1, "a", "bios_path = \"/fw\"\nbios_load_addr = 0x8001_0000"));
	memcpy(strstr(text_of[0], "0x8000_0000"), "0x8001_0040", 11);
	started();
	CHECK(n_vms == 1 && vms[0]->fit.entry.v == 0x80010040);
	CHECK(!was_said("wants to be entered"));
}

static void from_both_stores_by_id(void)
{
	setup();
	put_text(VD_SRC_MEMORY, AT("c.toml"), sound(0, 3, "three", ""));
	put_text(VD_SRC_FS, AT("b.toml"), sound(1, 9, "nine", ""));
	put_text(VD_SRC_FS, AT("a.toml"), sound(2, 1, "one", ""));
	started();
	CHECK(n_vms == 3);
	CHECK(vms[0]->desc->id == 1 && vms[1]->desc->id == 3 && vms[2]->desc->id == 9);
	CHECK(vms[0]->tag != vms[1]->tag && vms[1]->tag != vms[2]->tag);
	CHECK(vms[0]->home != vms[1]->home); /* two CPUs, and no wishes */
}

/* Several VMs of one file, each in memory of its own; a number nobody gave is found. */
static void two_of_one_file(void)
{
	extern const struct config_lang config_axvisor;
	static alignas(8) u8 memory[2][KIB(128)], blob[KIB(16)];
	struct diag nobody = { 0 };
	struct vmdesc *vd[2];
	struct arena a;
	size_t n;

	setup();
	for (u32 i = 0; i < 2; i++) {
		const char *text = sound(i, i + 4, i ? "second" : "first", "");

		arena_init(&a, memory[i], sizeof(memory[i]));
		CHECK(config_parse_file(&config_axvisor, span_of(text, strlen(text)), "a.toml", &a,
					&nobody, &vd[i]) == OK);
	}
	vd[0]->next = vd[1];
	vd[0]->id = 0;
	vd[0]->id_at.line = 0;
	vd[1]->entry.gpa = GPA(0x80000002);
	CHECK(vmdesc_pack(vd[0], blob, sizeof(blob), &n) == OK);
	put_file(VD_SRC_FS, AT("a.vmb"), blob, n);
	started();
	CHECK(n_vms == 1 && vms[0]->desc->id == 1 && strcmp(vms[0]->name, "first") == 0);
	CHECK(was_said("a.toml:6:15: error: VM \"second\": kernel.entry_point = 0x8000_0002"));
}

static void made_for_another_machine(void)
{
	setup();
	sound(0, 1, "a", "");
	strcat(text_of[0], "[trivet]\nisa = \"x86_64\"\n");
	put_text(VD_SRC_FS, AT("a.toml"), text_of[0]);
	CHECK(fake_run_to_end(start, NULL) == FAKE_POWER_OFF);
	CHECK(was_said("VM \"a\": is made for x86_64, and this machine is aarch64"));
	CHECK(!was_said("interrupt controller"));
}

static void none(void)
{
	setup();
	CHECK(fake_run_to_end(start, NULL) == FAKE_POWER_OFF);
	CHECK(was_said("in /guest/vm_default in the archive and on the disk"));
}

static void none_and_no_disk(void)
{
	setup();
	there_is_no_disk = true;
	CHECK(fake_run_to_end(start, NULL) == FAKE_POWER_OFF);
	CHECK(was_said("in the archive; there is no disk"));
}

static void mistakes_beside_a_sound_one(void)
{
	u64 free_before;

	setup();
	free_before = pmm_stats().free;
	put_text(VD_SRC_FS, AT("bad.toml"), sound(0, 2, "bad", "cpu = 4\nentry = 1"));
	put_text(VD_SRC_FS, AT("empty.toml"), "");
	put_text(VD_SRC_FS, AT("good.toml"), sound(1, 1, "good", ""));
	put_text(VD_SRC_FS, AT("torn.toml"), "[base\n");
	started();
	CHECK(n_vms == 1 && strcmp(vms[0]->name, "good") == 0);
	CHECK(was_said("disk:/guest/vm_default/bad.toml:11:1: error: "));
	CHECK(was_said("disk:/guest/vm_default/bad.toml:12:1: error: "));
	CHECK(was_said("disk:/guest/vm_default/torn.toml:1:"));
	CHECK(was_said("disk:/guest/vm_default/empty.toml"));
	CHECK(was_said("VM \"bad\" is not started"));
	/* Only the good one has taken memory: its own, its tables', and its arena. */
	CHECK(pmm_owned(PMM_VM(vms[0]->tag)) >= 1024);
	vm_free_memory(vms[0]);
	CHECK(pmm_stats().free == free_before - VM_ARENA_PAGES);
}

static void same_id_twice(void)
{
	setup();
	put_text(VD_SRC_FS, AT("a.toml"), sound(0, 1, "a", ""));
	put_text(VD_SRC_FS, AT("b.toml"), sound(1, 1, "b", ""));
	put_text(VD_SRC_FS, AT("c.toml"), sound(2, 2, "c", ""));
	started();
	CHECK(was_said("a.toml:2:") && was_said("b.toml:2:"));
	CHECK(n_vms >= 1 && strcmp(vms[n_vms - 1]->name, "c") == 0);
	for (u32 i = 1; i < n_vms; i++)
		CHECK(vms[i]->desc->id != vms[i - 1]->desc->id);
}

static void files_that_cannot_be_read(void)
{
	static const char large[KIB(64) + 1];

	setup();
	put_file(VD_SRC_FS, AT("large.toml"), large, sizeof(large));
	CHECK(fake_run_to_end(start, NULL) == FAKE_POWER_OFF);
	CHECK(was_said("large.toml: error: cannot be read: more than 64 KiB is not a VM file"));
}

static void disk_that_fails(void)
{
	setup();
	put_text(VD_SRC_FS, AT("a.toml"), sound(0, 1, "a", ""));
	file_read = E_IO;
	CHECK(fake_run_to_end(start, NULL) == FAKE_POWER_OFF);
	CHECK(was_said("a.toml: error: cannot be read: "));
}

static void more_memory_than_there_is(void)
{
	setup();
	put_text(VD_SRC_FS, AT("a.toml"), sound(0, 1, "a", ""));
	snprintf(strstr(text_of[0], "0x40_0000"), 60, "0x3c0_0000, 0x7, 0]]\n[devices]\n");
	put_text(VD_SRC_FS, AT("b.toml"), sound(1, 2, "b", ""));
	started();
	CHECK(n_vms == 1);
	CHECK(was_said("4 MiB, but other VMs leave only"));
	CHECK(was_said("VM \"b\" is not started"));
}

static char paths[MAX_FILES][40];

/* More than we have room for, though neither store has too many. */
static void too_many_in_both(void)
{
	setup();
	for (u32 i = 0; i < 100; i++) {
		snprintf(paths[i], sizeof(paths[i]), AT("%u.toml"), i);
		put_text(i < 50 ? VD_SRC_MEMORY : VD_SRC_FS, paths[i], "");
	}
	CHECK(fake_run_to_end(start, NULL) == FAKE_POWER_OFF);
	CHECK(n_vms == 0);
	CHECK(was_said("archive:/guest/vm_default/49.toml"));
	CHECK(was_said("disk:/guest/vm_default/63.toml"));
	CHECK(was_said("disk:/guest/vm_default/64.toml: no room for another VM"));
	CHECK(was_said("disk:/guest/vm_default/99.toml: no room for another VM"));
}

static void too_many_in_one(void)
{
	setup();
	for (u32 i = 0; i < 70; i++) {
		snprintf(paths[i], sizeof(paths[i]), AT("%u.toml"), i);
		put_text(VD_SRC_FS, paths[i], "");
	}
	CHECK(fake_run_to_end(start, NULL) == FAKE_POWER_OFF);
	CHECK(was_said("disk:/guest/vm_default/69.toml: too many VM files, or too long a name"));
}

/* ---- images ----------------------------------------------------------------------------------- */

static void refused_for(const char *vm_file, const char *why)
{
	put_text(VD_SRC_FS, AT("a.toml"), vm_file);
	CHECK(fake_run_to_end(start, NULL) == FAKE_POWER_OFF);
	if (!was_said(why)) {
		fprintf(stderr, "expected \"%s\" in\n%s", why, said);
		_exit(1);
	}
	CHECK(n_vms == 0);
}

static void image_is_missing(void)
{
	machine_up();
	refused_for(sound(0, 1, "a", ""), "kernel.kernel_path = \"/kernel.bin\": ");
	CHECK(was_said("there is no such file"));
}

/* Without a place to look at, there is nothing to say of what is not there. */
static void place_of_images_is_none(void)
{
	sound(0, 1, "a", "");
	memcpy(strstr(text_of[0], "\"fs\""), "\"xy\"", 4);
	machine_up();
	refused_for(text_of[0], "kernel.image_location = \"xy\": ");
	CHECK(!was_said("there is no such file"));
}

static void image_is_too_large(void)
{
	static const u8 large[MIB(5)];

	machine_up();
	put_file(VD_SRC_FS, "kernel.bin", large, sizeof(large));
	refused_for(sound(0, 1, "a", ""), "which is not inside of one memory region");
}

static void images_overlap(void)
{
	setup();
	refused_for(sound(0, 1, "a",
			  "ramdisk_path = \"/kernel.bin\"\nramdisk_load_addr = 0x8000_0800"),
		    "overlaps \"/kernel.bin\" at 0x80000000..0x80001000");
}

static void tree_is_none(void)
{
	setup();
	refused_for(sound(0, 1, "a", "dtb_path = \"/kernel.bin\"\ndtb_load_addr = 0x8010_0000"),
		    "is not a sound device tree");
}

/* Of a generated tree as well; and when the first region has no room, another one may. */
static void tree_goes_where_it_is_wished(void)
{
	setup();
	put_text(VD_SRC_FS, AT("a.toml"), sound(0, 1, "a", "dtb_load_addr = 0x8010_0000"));
	started();
	CHECK(n_vms == 1 && vms[0]->fit.fdt.v == 0x80100000);
	while (atomic_load(&vms[0]->phase) != VM_RUNNING)
		CHECK(vm_work(vms[0]->home));
	CHECK(vms[0]->fdt_len > 0);
}

static void tree_is_wished_over_an_image(void)
{
	setup();
	refused_for(sound(0, 1, "a", "dtb_load_addr = 0x8000_0000"),
		    "kernel.dtb_load_addr = 0x80000000: the tree and what we add to it need");
}

static void tree_goes_into_the_second_region(void)
{
	const char *text = sound(0, 1, "a", "");

	setup();
	snprintf(strstr(text_of[0], "[[0x8000"), 200,
		 "[[0x8000_0000, 0x20_0000, 0x7, 0], [0x9000_0000, 0x20_0000, 0x7, 0]]\n");
	put_text(VD_SRC_FS, AT("a.toml"), text);
	started();
	CHECK(n_vms == 1 && vms[0]->fit.fdt.v == 0x90000000);
}

static void no_room_for_the_tree(void)
{
	static const u8 large[MIB(3)];

	machine_up();
	put_file(VD_SRC_FS, "kernel.bin", large, sizeof(large));
	refused_for(sound(0, 1, "a", ""), "device tree");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(one),
		SCENE(places_left_to_us),
		SCENE(firmware_is_started),
		SCENE(from_both_stores_by_id),
		SCENE(two_of_one_file),
		SCENE(made_for_another_machine),
		SCENE(none),
		SCENE(none_and_no_disk),
		SCENE(mistakes_beside_a_sound_one),
		SCENE(same_id_twice),
		SCENE(files_that_cannot_be_read),
		SCENE(disk_that_fails),
		SCENE(more_memory_than_there_is),
		SCENE(too_many_in_both),
		SCENE(too_many_in_one),
		SCENE(image_is_missing),
		SCENE(place_of_images_is_none),
		SCENE(image_is_too_large),
		SCENE(images_overlap),
		SCENE(tree_is_none),
		SCENE(tree_goes_where_it_is_wished),
		SCENE(tree_is_wished_over_an_image),
		SCENE(tree_goes_into_the_second_region),
		SCENE(no_room_for_the_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
