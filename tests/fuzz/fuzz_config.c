/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's file from bytes to a checked description. The first byte says how the rest becomes text:
 * as other values for the keys of a sound VM, or freely, where a byte from 0x80 on stands for a
 * piece of a configuration. Always: nothing refused without a message; and what is accepted is a VM that can
 * be built: the invariants below are those the core relies on.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <base/bits.h>
#include <base/range.h>
#include <lib/config.h>
#include <lib/hostdesc.h>

#define TEXT_MAX   KIB(32)
#define ARENA_SIZE MIB(16)

extern const struct config_lang config_axvisor;

static const char *const pieces[] = {
	"[base]\nid = 1\nname = \"a\"\ncpu_num = 2\n",
	"[kernel]\nentry_point = 0x8020_0000\nimage_location = \"fs\"\n",
	"kernel_path = \"Image\"\nkernel_load_addr = 0x8020_0000\n",
	"memory_regions = [[0x8000_0000, 0x2000_0000, 7, 0]]\n",
	"memory_regions = [[",
	"[devices]\nemu_devices = [",
	"[\"u\", 0x0900_0000, 0x1000, 33, 2, []],",
	"[\"i\", 0x0800_0000, 0x1_0000, 0, 1, [0x080a_0000, 0x4_0000]],",
	"phys_cpu_ids = [0, 1]\n",
	"phys_cpu_sets = [1, 2]\n",
	"id = ",
	"name = ",
	"cpu_num = ",
	"entry_point = ",
	"kernel_load_addr = ",
	"ramdisk_path = \"r\"\n",
	"ramdisk_load_addr = ",
	"dtb_path = \"d\"\n",
	"cmdline = \"c\"\n",
	"interrupt_mode = \"emu\"\n",
	"passthrough_devices = []\n",
	"0x8000_0000, ",
	"0x1000, ",
	"0x20_0000, ",
	"0x7fff_ffff_ffff_f000, ",
	"7, ",
	"1, ",
	"0, ",
	"32, ",
	"]",
	"],\n[",
	"\n",
	"guest_type = \"virtualized\"\n",
	"[[devices.virtual]]\nid = \"a\"\nmodel = \"pl011-mmio\"\n",
	"boot_protocol = \"uefi\"\nbios_load_addr = 0x8400_0000\nuefi_firmware_path = \"f\"\n",
	"enable_bios = ",
	"[trivet]\n",
	"[[trivet.data]]\npath = \"d\"\naddress = ",
	"disabled = [{ path = \"/a\" }]\n",
	"passthrough = [{ path = \"/a\" }]\n",
	"{ gpa = 0, size = 0x1000, flags = 7, map_type = 1 }, ",
	"[platform]\nname = \"p\"\n[memory]\nwindow = [0, 0x1000]\n[scheduler]\nslice_us = 1000\n",
};

static const u64 cpu_ids[] = { 0, 1, 2, 3 };

static const struct vd_class_info classes[] = {
	{ .name = "gicv3", .min_window = KIB(64), .n_win = 2, .is_intc = true },
	{ .name = "ns16550", .min_window = KIB(4), .n_win = 1, .n_irq = 1, .is_console = true },
	{ .name = "pl011", .min_window = KIB(4), .n_win = 1, .n_irq = 1, .is_console = true },
};

static const struct vd_target target = {
	.gpa_limit = UINT64_C(1) << 40,
	.n_cpus = array_size(cpu_ids),
	.cpu_hw_id = cpu_ids,
	.free_ram = GIB(4),
	.classes = classes,
	.n_classes = array_size(classes),
};

/* A sound VM, key by key, and values to put in place of its own. */
static const struct {
	const char *key;
	const char *value;
} sound[] = {
	{ "[base]\nid = ", "1" },
	{ "name = ", "\"a\"" },
	{ "cpu_num = ", "2" },
	{ "phys_cpu_ids = ", "[0, 1]" },
	{ "phys_cpu_sets = ", "[1, 2]" },
	{ "[kernel]\nentry_point = ", "0x8020_0000" },
	{ "image_location = ", "\"fs\"" },
	{ "kernel_path = ", "\"Image\"" },
	{ "kernel_load_addr = ", "0x8020_0000" },
	{ "ramdisk_path = ", "\"r\"" },
	{ "ramdisk_load_addr = ", "0x8800_0000" },
	{ "dtb_path = ", "\"d\"" },
	{ "cmdline = ", "\"c\"" },
	{ "memory_regions = ", "[[0x8000_0000, 0x2000_0000, 7, 0]]" },
	{ "[devices]\nemu_devices = ", "[]" },
	{ "interrupt_mode = ", "\"emu\"" },
	{ "virtual = ", "[]" },
	{ "passthrough = ", "[]" },
	{ "disabled = ", "[]" },
	{ "passthrough_devices = ", "[]" },
	{ "passthrough_addresses = ", "[]" },
	{ "passthrough_ports = ", "[]" },
	{ "address_space_policy = ", "\"virtual\"" },
	{ "[trivet]\ncpu_priorities = ", "[0, 0]" },
	{ "unsupported_reference = ", "\"fail\"" },
	{ "reserved = ", "[]" },
	{ "reserved_interrupts = ", "[]" },
	{ "console = ", "true" },
	{ "boot = ", "\"auto\"" },
	{ "data = ", "[]" },
	{ "device = ", "[]" },
	{ "pass = ", "[]" },
	{ "host_cpu_ids = ", "[1, 0]" },
};

static const char *const values[] = {
	"0",
	"1",
	"2",
	"3",
	"4",
	"20",
	"32",
	"33",
	"0x1000",
	"0x8000_0000",
	"0x8020_0004",
	"0x9fff_fffc",
	"0xa000_0000",
	"0xff_ffff_f000",
	"0x7fff_ffff_ffff_ffff",
	"-1",
	"\"\"",
	"\"b\"",
	"\"memory\"",
	"[]",
	"[0]",
	"[0, 0x100]",
	"[15, 15]",
	"[0, 16]",
	"[1, 2, 3]",
	"[0, 0]",
	"[3]",
	"[[0x8000_0000, 0x1000_0000, 7, 0], [0x9000_0000, 0x1000_0000, 3, 1]]",
	"[[0x8000_0000, 0x1000_0000, 5, 0], [0x8fff_f000, 0x1000, 7, 0]]",
	"[[0, 0x1_0000_0000, 7, 0]]",
	"[[0x8000_0000, 0x100_0000_0000, 7, 0]]",
	"[{ gpa = 0x8000_0000, size = 0x2000_0000, flags = 0xf, map_type = 1 }]",
	"[[\"u\", 0x0900_0000, 0x1000, 33, 2, []]]",
	"[[\"u\", 0x0a00_0000, 0x1_0000, 1019, 2]]",
	"[[\"u\", 0x0800_0000, 0x1000, 40, 2, []]]",
	"[[\"u\", 0x8000_0000, 0x1000, 40, 2, []]]",
	"[[\"i\", 0x0800_0000, 0x1_0000, 0, 1, [0x080a_0000, 0x4_0000]]]",
	"[[\"i\", 0x2f00_0000, 0x1_0000, 0, 1, [0x2f10_0000, 0x40_0000]]]",
	"[[\"i\", 0x0800_0000, 0x1_0000, 0, 1]]",
	"[[\"d\", 0, 0, 0, 0, []]]",
	"[[\"u\", 0xff_ffff_f000, 0x1000, 40, 2, []]]",
	"[{ id = \"a\", model = \"pl011-mmio\" }]",
	"[{ id = \"b\", model = \"uart16550-mmio\", register_shift = 0 }]",
	"[[\"c\", \"virtio-blk\", { type = \"ramdisk\" }], [\"d\", \"virtio-net\"]]",
	"[{ path = \"/uart@1\" }]",
	"[{ path = \"d\", address = 0x8100_0000 }]",
	"[[0x0b00_0000, 0x1000], [0x0b00_2000, 0x4ff_e000]]",
	"[[0x0b00_0000, 0x500_0000]]",
	"[32, 33, 34]",
	"[[\"pl011\", \"u\", [0xb00_0000, 0x1000], [50], [50], { a = 1, b = \"c\" }]]",
	"[[\"w\", [0xb00_0000, 0xa00_1000, 0x1000, 9], [41, 0], 1], [\"l\", [], [42, 60]]]",
	"\"passthrough\"",
	"\"ignore\"",
	"\"linux\"",
	"\"home\"",
	"false",
	"1.5",
	"true",
	"{}",
	"1979-05-27",
};

struct text {
	char *p;
	size_t n;
};

static void append(struct text *t, const char *s, size_t n)
{
	if (n > TEXT_MAX - t->n)
		return;
	memcpy(t->p + t->n, s, n);
	t->n += n;
}

/* A sound VM with the value of key @data[i] replaced by @data[i + 1], and so on. */
static void make_variant(const uint8_t *data, size_t n, struct text *t)
{
	for (size_t k = 0; k < array_size(sound); k++) {
		const char *value = sound[k].value;

		for (size_t i = 0; i + 1 < n; i += 2) {
			if (data[i] % array_size(sound) == k)
				value = values[data[i + 1] % array_size(values)];
		}
		append(t, sound[k].key, strlen(sound[k].key));
		append(t, value, strlen(value));
		append(t, "\n", 1);
	}
}

static void make_free(const uint8_t *data, size_t n, struct text *t)
{
	for (size_t i = 0; i < n; i++) {
		const char *piece = pieces[data[i] % array_size(pieces)];

		if (data[i] < 0x80)
			append(t, (const char *)&data[i], 1);
		else
			append(t, piece, strlen(piece));
	}
}

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	fuzz_check(strlen(text) < 512 && !strpbrk(text, "\n\r\x1b"));
}

static void put(void *ctx, const char *line)
{
	(void)ctx;
	fuzz_check(strlen(line) < 160 && !strpbrk(line, "\n\r\x1b"));
}

static bool in_memory(const struct vmdesc *vd, u64 gpa, u32 prot)
{
	for (u32 i = 0; i < vd->mems.n; i++) {
		const struct vd_mem *m = &vd->mems.v[i];

		if (range_inside(gpa, 1, m->base.v, m->size) && (m->prot & prot) == prot)
			return true;
	}
	return false;
}

static void check_memory(const struct vmdesc *vd)
{
	u64 total = 0;

	fuzz_check(vd->mems.n >= 1);
	for (u32 i = 0; i < vd->mems.n; i++) {
		const struct vd_mem *m = &vd->mems.v[i];

		fuzz_check(m->size && is_aligned(m->base.v | m->size, KIB(4)) && m->prot & VD_R);
		fuzz_check(range_ok(m->base.v, m->size, target.gpa_limit));
		total += m->size;
		for (u32 j = 0; j < i; j++)
			fuzz_check(!range_overlaps(m->base.v, m->size, vd->mems.v[j].base.v,
						   vd->mems.v[j].size));
	}
	fuzz_check(total <= target.free_ram);
}

static void check_devices(const struct vmdesc *vd)
{
	u32 n_intc = 0;

	for (u32 i = 0; i < vd->devs.n; i++) {
		const struct vd_dev *d = &vd->devs.v[i];

		n_intc += str_eq_c(d->class, "gicv3");
		for (u32 k = 0; k < d->n_irq; k++)
			fuzz_check(d->irq[k].line >= 32 && d->irq[k].line <= 1019);
		for (u32 w = 0; w < d->n_win; w++) {
			fuzz_check(d->win[w].size >= KIB(4));
			fuzz_check(range_ok(d->win[w].base.v, d->win[w].size, target.gpa_limit));
			for (u32 m = 0; m < vd->mems.n; m++)
				fuzz_check(!range_overlaps(d->win[w].base.v, d->win[w].size,
							   vd->mems.v[m].base.v,
							   vd->mems.v[m].size));
		}
	}
	fuzz_check(n_intc == 1);
}

static void check_vm(const struct vmdesc *vd)
{
	const struct vd_image *kernel = vmdesc_image(vd, VD_IMG_KERNEL);

	fuzz_check(vd->name.n >= 1 && vd->name.n <= VD_NAME_MAX);
	fuzz_check(vd->vcpus.n >= 1 && vd->vcpus.n <= VD_MAX_VCPUS);
	for (u32 i = 0; i < vd->vcpus.n; i++) {
		fuzz_check(!(vd->vcpus.v[i].cpu_mask & ~UINT64_C(0xf)));
		for (u32 j = 0; j < i; j++)
			fuzz_check(vd->vcpus.v[i].hw_id != vd->vcpus.v[j].hw_id);
	}
	fuzz_check(kernel && kernel->path.n);
	fuzz_check(!kernel->load.given || in_memory(vd, kernel->load.gpa.v, 0));
	fuzz_check(!vd->entry.given || in_memory(vd, vd->entry.gpa.v, VD_X));
	fuzz_check(vd->cmdline.n <= 2047);
	check_memory(vd);
	check_devices(vd);
}

/* The same keys over another language's description, without their tables; and one bare value. */
static void extend(const struct text *t, struct arena *a)
{
	struct diag d = { .emit = emit };
	struct vmdesc *vd = vmdesc_new(a, "other.conf");
	struct src_pos at = { "other.conf", 1, 7 };
	struct vd_dev *dev;
	struct toml *root, *v;
	enum status st;

	fuzz_check(vd && vmdesc_add_vcpu(vd, a, at));
	dev = vmdesc_add_dev(vd, a, at);
	fuzz_check(dev);
	dev->class = STR("gicv2");
	fuzz_check(toml_parse(span_of(t->p, t->n), "x", a, &d, &root) != E_NOMEM);
	for (const struct toml *table = root->child; table; table = table->next) {
		u32 before = d.n_errors;

		if (table->type != TOML_TABLE)
			continue;
		st = config_extend(vd, table, a, &d);
		fuzz_check((st == OK) == (d.n_errors == before));
	}
	d.n_errors = 0;
	st = toml_parse_value((struct str){ t->p, t->n }, STR("k"), at, a, &d, &v);
	fuzz_check((st == OK) == (d.n_errors == 0) && st != E_NOMEM);
	vmdesc_print(vd, put, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static u8 memory[ARENA_SIZE];
	static char text[TEXT_MAX];
	struct diag d = { .emit = emit };
	struct hostdesc hd = { 0 };
	struct text t = { text, 0 };
	struct vmdesc *vd;
	struct arena a;
	enum status st;

	if (!n)
		return 0;
	if (data[0] & 1)
		make_variant(data + 1, n - 1, &t);
	else
		make_free(data + 1, n - 1, &t);
	arena_init(&a, memory, sizeof(memory));
	st = config_parse_file(&config_axvisor, span_of(t.p, t.n), "vm.toml", &a, &d, &vd);
	fuzz_check(vd && (st == OK || st == E_INVAL));
	fuzz_check((st == OK) == (d.n_errors == 0));
	fuzz_check(vmdesc_add_default_board(vd, &a) == OK);
	st = vmdesc_place_devices(vd, &d);
	fuzz_check(st == OK || d.n_errors);
	st = vmdesc_validate(vd, &target, &d);
	fuzz_check(st == OK || d.n_errors);
	if (!d.n_errors)
		check_vm(vd);
	vmdesc_print(vd, put, NULL);

	extend(&t, &a);
	arena_init(&a, memory, sizeof(memory));
	d = (struct diag){ .emit = emit };
	st = hostdesc_apply_platform(span_of(t.p, t.n), "p.toml", &a, &hd, &d);
	fuzz_check((st == OK) == (d.n_errors == 0));
	fuzz_check(hd.window.len == 0 || range_valid(hd.window.base, hd.window.len));
	return 0;
}
