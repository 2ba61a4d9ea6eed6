/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/config/axvisor*.c: what each key becomes, where it is said to stand, and that nothing is
 * dropped in silence. The texts of messages are compared by tests/golden.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <base/bits.h>

#include "config_fixture.h"

#define ARENA KIB(512)

extern const struct config_lang config_axvisor;
const struct config_lang *const config_langs[] = { &config_axvisor, NULL };

static struct sink sink;
static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_new_of(&arena, ARENA);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(arena.base);
	return 0;
}

static struct vmdesc *read_vm(const char *text, enum status want)
{
	struct vmdesc *vd;

	sink_reset(&sink);
	arena_init(&arena, arena.base, ARENA);
	if (config_parse_file(&config_axvisor, text_span(text), "vm.toml", &arena, &sink.d, &vd) !=
	    want)
		fail_msg("%s", sink.text);
	assert_non_null(vd);
	return vd;
}

static void assert_at(struct src_pos at, u32 line, u32 col)
{
	assert_string_equal(at.file, "vm.toml");
	assert_int_equal(at.line, line);
	assert_int_equal(at.col, col);
}

static void test_sample(void **state)
{
	const struct vmdesc *vd = read_vm(VM_BASE VM_KERNEL VM_DEVICES, OK);
	const struct vd_image *initrd = vmdesc_image(vd, VD_IMG_INITRD);
	const struct vd_image *kernel = vmdesc_image(vd, VD_IMG_KERNEL);

	(void)state;
	assert_int_equal(vd->id, 1);
	assert_true(str_eq_c(vd->name, "linux"));
	assert_int_equal(vd->intc, VM_INTC_EMULATED);
	assert_int_equal(vd->abi, VM_BOOT_AUTO);
	assert_int_equal(vd->vcpus.n, 2);
	for (u32 i = 0; i < 2; i++) {
		assert_int_equal(vd->vcpus.v[i].hw_id, i);
		assert_true(vd->vcpus.v[i].has_hw_id);
		assert_true(vd->vcpus.v[i].has_host_hw_id);
		assert_int_equal(vd->vcpus.v[i].host_hw_id, i);
		assert_int_equal(vd->vcpus.v[i].cpu_mask, 0);
	}
	assert_true(vd->entry.given);
	assert_int_equal(vd->entry.gpa.v, 0x80200000);
	assert_int_equal(vd->images.n, 2);
	assert_true(str_eq_c(kernel->path, "Image"));
	assert_int_equal(kernel->source, VD_SRC_FS);
	assert_int_equal(kernel->load.gpa.v, 0x80200000);
	assert_true(str_eq_c(initrd->path, "initramfs.cpio.gz"));
	assert_int_equal(initrd->load.gpa.v, 0x88000000);
	assert_null(vmdesc_image(vd, VD_IMG_DTB));
	assert_true(str_eq_c(vd->cmdline, "console=ttyAMA0 rdinit=/init"));
	assert_int_equal(vd->mems.n, 1);
	assert_int_equal(vd->mems.v[0].base.v, 0x80000000);
	assert_int_equal(vd->mems.v[0].size, 0x20000000);
	assert_int_equal(vd->mems.v[0].prot, VD_R | VD_W | VD_X);
	assert_int_equal(vd->mems.v[0].backing, VD_MEM_ALLOC);
	assert_int_equal(vd->devs.n, 0);
	assert_int_equal(vd->reported, 0);
	assert_string_equal(sink.text, "");
}

static void test_provenance(void **state)
{
	const struct vmdesc *vd =
		read_vm(VM_BASE "phys_cpu_sets = [ 1,\n 2]\n" VM_KERNEL VM_DEVICES, OK);

	(void)state;
	assert_string_equal(vd->file, "vm.toml");
	assert_at(vd->id_at, 2, 6);
	assert_at(vd->name_at, 3, 8);
	assert_at(vd->vcpus_at, 5, 11);
	assert_at(vd->vcpus.v[0].at, 6, 17);
	assert_at(vd->vcpus.v[1].at, 6, 20);
	assert_at(vd->vcpus.v[0].mask_at, 7, 19);
	assert_at(vd->vcpus.v[1].mask_at, 8, 2);
	assert_at(vd->entry.at, 10, 15);
	assert_at(vmdesc_image(vd, VD_IMG_KERNEL)->at, 12, 15);
	assert_at(vmdesc_image(vd, VD_IMG_KERNEL)->load.at, 13, 20);
	assert_at(vd->cmdline_at, 16, 11);
	assert_at(vd->mems_at, 17, 18);
	assert_at(vd->mems.v[0].at, 18, 3);
}

/* A mask says where a vCPU runs; its id is then only what the guest sees. */
static void test_masks(void **state)
{
	const struct vmdesc *vd = read_vm(VM_BASE "phys_cpu_sets = [1, 0b110]\n" VM_KERNEL, OK);

	(void)state;
	assert_int_equal(vd->vcpus.v[0].cpu_mask, 1);
	assert_int_equal(vd->vcpus.v[1].cpu_mask, 6);
	assert_false(vd->vcpus.v[1].has_host_hw_id);
	assert_int_equal(vd->vcpus.v[1].hw_id, 1);
}

static void test_no_ids(void **state)
{
	struct vmdesc *vd = read_vm("[base]\nid = 1\nname = \"x\"\ncpu_num = 3\n" VM_KERNEL, OK);

	(void)state;
	assert_false(vd->vcpus.v[2].has_hw_id);
	assert_false(vd->vcpus.v[2].has_host_hw_id);
	assert_int_equal(vmdesc_add_default_board(vd, &arena), OK);
	assert_int_equal(vd->vcpus.v[2].hw_id, 2);
}

static void test_memory_rows(void **state)
{
	const struct vmdesc *vd = read_vm(
		VM_BASE
		"[kernel]\nentry_point = 0\nkernel_path = \"k\"\nkernel_load_addr = 0\n"
		"image_location = \"memory\"\nmemory_regions = [\n"
		"[0, 0x1000, 0xf, 0], { size = 0x2000, gpa = 0x1000, flags = 5, map_type = 1 }]\n",
		OK);

	(void)state;
	assert_int_equal(vd->mems.n, 2);
	assert_int_equal(vd->mems.v[0].prot, 7);
	assert_int_equal(vd->mems.v[1].base.v, 0x1000);
	assert_int_equal(vd->mems.v[1].size, 0x2000);
	assert_int_equal(vd->mems.v[1].prot, VD_R | VD_X);
	assert_int_equal(vd->mems.v[1].backing, VD_MEM_CLAIMED);
	assert_int_equal(vd->images.v[0].source, VD_SRC_MEMORY);
}

static void test_devices(void **state)
{
	struct vmdesc *vd =
		read_vm(VM_BASE VM_KERNEL
			"[devices]\nemu_devices = [\n"
			"[\"gic\", 0x0a00_0000, 0x1_0000, 0, 1, [0x0b00_0000, 0x10_0000]],\n"
			"[\"none\", 0, 0, 0, 0, []],\n"
			"[\"con\", 0x0c00_0000, 0x1000, 40, 2, []],\n]\n",
			OK);
	const struct vd_dev *intc = vmdesc_dev(vd, vmdesc_board.intc.class);
	const struct vd_dev *con = vmdesc_dev(vd, vmdesc_board.console.class);

	(void)state;
	assert_int_equal(vd->devs.n, 2);
	assert_true(str_eq_c(intc->name, "gic"));
	assert_int_equal(intc->n_win, 2);
	assert_int_equal(intc->win[0].base.v, 0x0a000000);
	assert_int_equal(intc->win[1].base.v, 0x0b000000);
	assert_int_equal(intc->win[1].size, 0x100000);
	assert_int_equal(intc->n_irq, 0);
	assert_true(str_eq_c(con->name, "con"));
	assert_int_equal(con->win[0].base.v, 0x0c000000);
	assert_int_equal(con->irq[0].line, 40);
	assert_int_equal(con->irq[0].trigger, VD_TRIGGER_LEVEL);
	assert_false(con->is_default);
	assert_at(con->at, 22, 1);
	/* The board adds nothing that is listed. */
	assert_int_equal(vmdesc_add_default_board(vd, &arena), OK);
	assert_int_equal(vd->devs.n, 2);
}

/* The second window of the controller follows the number of vCPUs when it is not written. */
static void test_second_window(void **state)
{
	const struct vmdesc *vd =
		read_vm(VM_BASE VM_KERNEL
			"[devices]\nemu_devices = [[\"gic\", 0x0800_0000, 0x1_0000, 0, 1]]\n",
			OK);

	(void)state;
	assert_int_equal(vd->devs.v[0].win[1].base.v, 0x080a0000);
	assert_int_equal(vd->devs.v[0].win[1].size, 2 * 0x20000);
}

/* Every field of the schema is either read, or refused with a reason: none is ignored. */
static void test_every_key(void **state)
{
	static const char *const sound[] = {
		[VD_KIND_UINT] = "1",	 [VD_KIND_STRING] = "\"x\"", [VD_KIND_BOOL] = "true",
		[VD_KIND_UINTS] = "[1]", [VD_KIND_ROWS] = "[[1]]",
	};
	static const char *const unsound[] = {
		[VD_KIND_UINT] = "\"x\"", [VD_KIND_STRING] = "1",  [VD_KIND_BOOL] = "1",
		[VD_KIND_UINTS] = "1",	  [VD_KIND_ROWS] = "true",
	};
	char text[256];
	char key[64];

	(void)state;
	for (u32 f = 0; f < VD_FIELDS; f++) {
		const struct vd_field_info *info = vmdesc_field((enum vd_field)f);

		snprintf(key, sizeof(key), "%s.%s", info->table, info->key);
		snprintf(text, sizeof(text), "[%s]\n%s = %s\n", info->table, info->key,
			 unsound[info->kind]);
		read_vm(text, E_INVAL);
		assert_non_null(strstr(sink.text, key));
		assert_non_null(strstr(sink.text, ": expected a"));
		snprintf(text, sizeof(text), "[%s]\n%s = %s\n", info->table, info->key,
			 sound[info->kind]);
		read_vm(text, E_INVAL);
		assert_null(strstr(sink.text, "unknown key"));
		if (info->need != VD_NEED_LATER)
			continue;
		assert_non_null(strstr(sink.text, "known, not supported yet"));
		assert_non_null(strstr(sink.text, info->instead));
	}
}

/* Cells are told apart by their place in the row; the schema's order is the reader's. */
static void test_columns(void **state)
{
	static const char *const mem[] = { "gpa", "size", "flags", "map_type", "host_pa" };
	static const char *const dev[] = { "name",   "base_gpa", "length",
					   "irq_id", "emu_type", "cfg_list" };
	const struct vd_column *c;
	u32 n;

	(void)state;
	c = vmdesc_columns(VD_F_MEMORY_REGIONS, &n);
	assert_int_equal(n, array_size(mem));
	for (u32 i = 0; i < n; i++)
		assert_string_equal(c[i].name, mem[i]);
	c = vmdesc_columns(VD_F_EMU_DEVICES, &n);
	assert_int_equal(n, array_size(dev));
	for (u32 i = 0; i < n; i++)
		assert_string_equal(c[i].name, dev[i]);
	vmdesc_columns(VD_F_ID, &n);
	assert_int_equal(n, 0);
}

/* A description is given also of a file with mistakes; what was refused is marked. */
static void test_reported(void **state)
{
	const struct vmdesc *vd =
		read_vm("[base]\nid = 1\nname = \"x\"\ncpu_num = \"2\"\n" VM_KERNEL, E_INVAL);

	(void)state;
	assert_int_equal(vd->reported, BIT(VD_F_CPU_NUM));
	assert_int_equal(vd->vcpus.n, 0);
	assert_int_equal(vd->mems.n, 1);
	vd = read_vm("", E_INVAL);
	assert_int_equal(vd->reported, BIT(VD_F_ID) | BIT(VD_F_NAME) | BIT(VD_F_CPU_NUM) |
					       BIT(VD_F_IMAGE_LOCATION) | BIT(VD_F_KERNEL_PATH) |
					       BIT(VD_F_MEMORY_REGIONS));
}

/* A key in a line that cannot be read is not called missing. */
static void test_broken_line(void **state)
{
	(void)state;
	read_vm("[base]\nid = 1\nname = \"x\ncpu_num = 2\n" VM_KERNEL, E_INVAL);
	assert_string_equal(
		sink.text,
		"vm.toml:3:8: error: string is not closed; expected \" before the end of the line\n");
}

/* The strings of a description outlive the text they were read from. */
static void test_text_may_go(void **state)
{
	char *copy = strdup(VM_BASE VM_KERNEL VM_DEVICES);
	struct vmdesc *vd;

	(void)state;
	sink_reset(&sink);
	arena_init(&arena, arena.base, ARENA);
	assert_int_equal(config_parse_file(&config_axvisor, text_span(copy), "vm.toml", &arena,
					   &sink.d, &vd),
			 OK);
	free(copy);
	assert_true(str_eq_c(vd->name, "linux"));
	assert_true(str_eq_c(vd->images.v[0].path, "Image"));
	assert_true(str_eq_c(vd->cmdline, "console=ttyAMA0 rdinit=/init"));
}

/* Whatever the size of the arena: success, or E_NOMEM and no description; never a crash. */
static void test_no_memory(void **state)
{
	bool succeeded = false;

	(void)state;
	for (size_t size = 0; size < KIB(24); size += 16) {
		struct arena small;
		struct vmdesc *vd;
		enum status st;

		sink_reset(&sink);
		arena_new_of(&small, size);
		st = config_parse_file(&config_axvisor, text_span(VM_BASE VM_KERNEL VM_DEVICES),
				       "vm.toml", &small, &sink.d, &vd);
		assert_true(st == OK || st == E_NOMEM);
		assert_int_equal(vd != NULL, st == OK);
		assert_false(succeeded && st != OK);
		succeeded = st == OK;
		free(small.base);
	}
	assert_true(succeeded);
}

static void test_detect(void **state)
{
	(void)state;
	assert_ptr_equal(config_detect("/guest/vm_default/a.toml"), &config_axvisor);
	assert_null(config_detect("a.qvmconf"));
	assert_null(config_detect("toml"));
}

/* ---- config_extend --------------------------------------------------------------------------- */

/* Keys as another language gives them: each text is one value at column 20 of line 7. */
static enum status extend(struct vmdesc *vd, const char *const (*keys)[2], u32 n)
{
	struct toml table = { .type = TOML_TABLE };

	sink_reset(&sink);
	for (u32 i = 0; i < n; i++) {
		struct src_pos at = { "other.conf", 7, 20 };
		struct toml *v;
		enum status st = toml_parse_value(str_of(keys[i][1]), str_of(keys[i][0]), at,
						  &arena, &sink.d, &v);

		if (st != OK)
			return st;
		if (table.last)
			table.last->next = v;
		else
			table.child = v;
		table.last = v;
		table.n++;
	}
	return config_extend(vd, &table, &arena, &sink.d);
}

static void test_extend(void **state)
{
	static const char *const keys[][2] = {
		{ "id", "7" },
		{ "cpu_num", "3" },
		{ "phys_cpu_ids", "[0, 1, 0x100]" },
		{ "cpu_priorities", "[3, 2, 1]" },
		{ "kernel_path", "/boot/other" },
		{ "ramdisk_load_addr", "0x8900_0000" },
		{ "image_location", "home" },
		{ "memory_regions", "[[0x4000_0000, 0x20_0000, 7, 1, 0x6000_0000]]" },
		{ "emu_devices", "[[\"u\", 0x0a00_0000, 0x1000, 40, 2]]" },
		{ "console", "false" },
		{ "unsupported_register", "abort" },
		{ "reserved", "[[0x1000, 0x2000]]" },
		{ "reserved_interrupts", "[50]" },
		{ "data", "[{ path = \"d\", address = 0x4001_0000 }]" },
	};
	struct vmdesc *vd = read_vm(VM_BASE VM_KERNEL VM_DEVICES, OK);

	(void)state;
	if (extend(vd, keys, array_size(keys)) != OK)
		fail_msg("%s", sink.text);
	assert_string_equal(sink.text, "");
	assert_int_equal(vd->id, 7);
	assert_string_equal(vd->id_at.file, "other.conf");
	assert_int_equal(vd->id_at.line, 7);
	assert_int_equal(vd->id_at.col, 20);
	assert_true(str_eq_c(vd->name, "linux"));
	assert_int_equal(vd->vcpus.n, 3);
	assert_int_equal(vd->vcpus.v[2].hw_id, 0x100);
	assert_int_equal(vd->vcpus.v[2].at.col, 27);
	assert_int_equal(vd->vcpus.v[0].priority, 3);
	assert_int_equal(vd->images.n, 3);
	assert_true(str_eq_c(vmdesc_image(vd, VD_IMG_KERNEL)->path, "/boot/other"));
	assert_int_equal(vmdesc_image(vd, VD_IMG_KERNEL)->load.gpa.v, 0x80200000);
	assert_int_equal(vmdesc_image(vd, VD_IMG_INITRD)->load.gpa.v, 0x89000000);
	assert_true(str_eq_c(vmdesc_image(vd, VD_IMG_INITRD)->path, "initramfs.cpio.gz"));
	for (u32 i = 0; i < vd->images.n; i++)
		assert_int_equal(vd->images.v[i].source, VD_SRC_HOME);
	assert_true(str_eq_c(vmdesc_image(vd, VD_IMG_DATA)->path, "d"));
	assert_int_equal(vd->mems.n, 1);
	assert_int_equal(vd->mems.v[0].base.v, 0x40000000);
	assert_int_equal(vd->mems.v[0].host.v, 0x60000000);
	assert_int_equal(vd->mems.v[0].backing, VD_MEM_CLAIMED);
	assert_int_equal(vd->devs.n, 1);
	assert_int_equal(vd->devs.v[0].irq[0].line, 40);
	assert_int_equal(vd->absent, BIT(VD_PART_CONSOLE));
	assert_int_equal(vd->policy.unsupported[VD_UNSUP_REGISTER], VD_ABORT);
	assert_int_equal(vd->policy.unsupported[VD_UNSUP_REFERENCE], VD_FAIL);
	assert_int_equal(vd->reserves.n, 2);
	assert_int_equal(vd->reserves.v[0].win.size, 0x2000);
	assert_int_equal(vd->reserves.v[1].win.size, 0);
	assert_int_equal(vd->reserves.v[1].irq, 50);
}

/* A console and a controller take the places of those that are there; other devices are added. */
static void test_extend_replaces(void **state)
{
	static const char *const keys[][2] = {
		{ "emu_devices",
		  "[[\"ns16550\", 0xb00_0000, 0x1000, 41, 2],"
		  " [\"gic\", 0x800_0000, 0x1_0000, 0, 1, [0x80a_0000, 0x4_0000]]]" },
	};
	struct vmdesc *vd = read_vm(VM_BASE VM_KERNEL VM_DEVICES, OK);
	struct vd_dev *dev;

	(void)state;
	for (u32 i = 0; i < 3; i++) {
		static const char *const class[] = { "gicv2", "other", "pl011" };

		dev = vmdesc_add_dev(vd, &arena, (struct src_pos){ 0 });
		dev->class = str_of(class[i]);
		dev->n_win = 4;
	}
	if (extend(vd, keys, 1) != OK)
		fail_msg("%s", sink.text);
	assert_int_equal(vd->devs.n, 3);
	assert_true(str_eq_c(vd->devs.v[0].class, "gicv3"));
	assert_int_equal(vd->devs.v[0].win[1].size, 0x40000);
	assert_int_equal(vd->devs.v[0].n_win, 2);
	assert_true(str_eq_c(vd->devs.v[1].class, "other"));
	assert_true(str_eq_c(vd->devs.v[2].class, "ns16550"));
	assert_int_equal(vd->devs.v[2].irq[0].line, 41);
}

static void test_extend_mistakes(void **state)
{
	static const struct {
		const char *key, *value, *text;
	} cases[] = {
		{ "console", "[1",
		  "other.conf:7:22: error: array is not closed; expected ']'\n"
		  "other.conf:7:20: note: the array begins here\n" },
		{ "id", "1 2", "other.conf:7:22: error: expected the end of the value\n" },
		{ "id", "-1",
		  "other.conf:7:20: error: VM \"linux\": id = -1: a negative number has "
		  "no meaning here\nother.conf:7:20: fix: write a number from 0 on\n" },
		{ "cpu_prioritys", "[1]",
		  "other.conf:7:20: error: VM \"linux\": unknown key "
		  "'cpu_prioritys'\n"
		  "other.conf:7:20: fix: did you mean 'cpu_priorities'?\n" },
		{ "phys_cpu_sets", "[1]",
		  "other.conf:7:20: error: VM \"linux\": phys_cpu_sets: its "
		  "length is 1, but cpu_num is 2\n"
		  "other.conf:7:20: fix: write one entry for each vCPU\n" },
	};

	(void)state;
	for (u32 i = 0; i < array_size(cases); i++) {
		const char *const key[1][2] = { { cases[i].key, cases[i].value } };
		struct vmdesc *vd = read_vm(VM_BASE VM_KERNEL VM_DEVICES, OK);

		assert_int_equal(extend(vd, key, 1), E_INVAL);
		assert_string_equal(sink.text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),		cmocka_unit_test(test_provenance),
		cmocka_unit_test(test_masks),		cmocka_unit_test(test_no_ids),
		cmocka_unit_test(test_memory_rows),	cmocka_unit_test(test_devices),
		cmocka_unit_test(test_second_window),	cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_columns),		cmocka_unit_test(test_reported),
		cmocka_unit_test(test_extend),		cmocka_unit_test(test_extend_replaces),
		cmocka_unit_test(test_extend_mistakes), cmocka_unit_test(test_broken_line),
		cmocka_unit_test(test_text_may_go),	cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_detect),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
