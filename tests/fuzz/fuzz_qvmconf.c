/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qvm's language from bytes to a checked description. A byte from 0x80 on stands for a piece of a
 * configuration; the first byte says into how many parts the text is cut, and whether the last of
 * them are words. Always: nothing refused without a message, no message that a terminal could not
 * show, positions inside of the text, and what is accepted is a VM as the core relies on.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <base/bits.h>
#include <base/range.h>
#include <lib/qvmconf.h>

#define TEXT_MAX   KIB(32)
#define ARENA_SIZE MIB(8)
#define MAX_PARTS  4

static const char *const pieces[] = {
	"system a\n",
	"ram 0x80000000,512M\n",
	"ram ",
	"rom 64K ",
	"load 0x80200000,Image\n",
	"load ",
	"initrd ",
	"fdt ",
	"data ",
	"guest ",
	"acpi ",
	"cmdline \"a b\"\n",
	"cmdline ",
	"cpu ",
	"sched 10r ",
	"sched 20,10,5,1000,500s ",
	"runmask 0,1 ",
	"cluster _cpu-1 ",
	"partition p ",
	"vdev gic ",
	"version 2 ",
	"gicd 0x2f000000 ",
	"gicr 0x2f100000 ",
	"gicc 0x2c000000 ",
	"name intc ",
	"vdev pl011 ",
	"vdev ser8250 ",
	"loc 0x1c090000 ",
	"loc mem:0x20000000,0x1000,rwn=0x30000000 ",
	"loc pci:0:1.0 ",
	"intr gic:37 ",
	"intr intc:38 ",
	"intr gic:44,t,u=179 ",
	"hostdev >- ",
	"vdev virtio-net peer /dev/vp0 ",
	"vdev shmem create a,64K ",
	"vdev ioapic intr apic ",
	"vdev wdt-sp805 ",
	"pass ",
	"loc mem:0x40000000,0x200000,rwxcm ",
	"reserve ",
	"intr 39 ",
	"set exit-on-halt on ",
	"set trivet-id 2 ",
	"set trivet-phys_cpu_ids \"[0]\" ",
	"set ",
	"logger fatal,error,warn stderr ",
	"unsupported register ignore ",
	"dump |x ",
	"dryrun ",
	"safety none ",
	"$env{A}",
	"$asinfo_start{A}",
	"$asinfo_length{A}",
	"$env{",
	"\"",
	"\\\n",
	"# c\n",
	"addr=",
	",",
	"=",
	"0x80000000",
	"4096M",
	"18446744073709551615",
};

static const u64 cpu_ids[] = { 0, 1, 2, 3 };

static const struct vd_class_info classes[] = {
	{ .name = "gicv2", .min_window = KIB(4), .n_win = 2, .is_intc = true },
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

static size_t expand(const uint8_t *data, size_t n, char *text)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		char raw[2] = { (char)data[i], '\0' };
		const char *piece = data[i] < 0x80 ? raw : pieces[data[i] % array_size(pieces)];
		size_t len = data[i] < 0x80 ? 1 : strlen(piece);

		if (used + len > TEXT_MAX)
			break;
		memcpy(text + used, piece, len);
		used += len;
	}
	return used;
}

static bool variable(void *ctx, struct str name, struct str *out)
{
	(void)ctx;
	*out = STR("x 0x80000000\n\"");
	return name.n == 1;
}

static bool area(void *ctx, struct str name, struct range *out)
{
	(void)ctx;
	*out = (struct range){ 0x60000000, MIB(16) };
	return name.n == 1;
}

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	(void)d;
	(void)level;
	fuzz_check(at->line <= TEXT_MAX + 1 && at->col <= TEXT_MAX + 1);
	fuzz_check(strlen(text) < 512 && !strpbrk(text, "\n\r\x1b"));
}

static void put(void *ctx, const char *line)
{
	(void)ctx;
	fuzz_check(strlen(line) < 160 && !strpbrk(line, "\n\r\x1b"));
}

static void check_vm(const struct vmdesc *vd)
{
	u32 n_intc = 0;

	fuzz_check(vd->name.n >= 1 && vd->name.n <= VD_NAME_MAX && !vd->reported);
	fuzz_check(vd->vcpus.n >= 1 && vd->vcpus.n <= VD_MAX_VCPUS && vd->mems.n);
	fuzz_check(vmdesc_image(vd, VD_IMG_KERNEL) != NULL);
	for (u32 i = 0; i < vd->vcpus.n; i++)
		fuzz_check(!(vd->vcpus.v[i].cpu_mask & ~UINT64_C(0xf)));
	for (u32 i = 0; i < vd->mems.n; i++) {
		const struct vd_mem *m = &vd->mems.v[i];

		fuzz_check(m->size && is_aligned(m->base.v | m->size, KIB(4)));
		fuzz_check(range_ok(m->base.v, m->size, target.gpa_limit));
		for (u32 k = 0; k < i; k++)
			fuzz_check(!range_overlaps(m->base.v, m->size, vd->mems.v[k].base.v,
						   vd->mems.v[k].size));
	}
	for (u32 i = 0; i < vd->devs.n; i++) {
		n_intc += str_starts(vd->devs.v[i].class, "gicv");
		fuzz_check(vd->devs.v[i].n_win >= 1);
	}
	fuzz_check(n_intc == 1);
}

/* Parts as large as their text, so that a read behind it is seen. */
static u32 cut(const char *text, size_t n, u8 how, struct config_part *part)
{
	u32 n_parts = how % MAX_PARTS + 1;
	size_t each = n / n_parts + 1;

	for (u32 i = 0; i < n_parts; i++) {
		size_t from = MIN(i * each, n), len = MIN(each, n - from);
		char *copy = malloc(len ? len : 1);

		if (!copy)
			abort();
		memcpy(copy, text + from, len);
		part[i] = (struct config_part){ span_of(copy, len), "a.qvmconf",
						i && how & 0x40 << (i & 1) };
	}
	return n_parts;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static u8 memory[ARENA_SIZE];
	static char text[TEXT_MAX];
	const struct config_env env = { .variable = variable, .area = area };
	struct config_part part[MAX_PARTS];
	struct config_input in = { part, 0, &env };
	struct diag d = { .emit = emit };
	struct vmdesc *vd;
	struct arena a;
	enum status st;

	if (!n)
		return 0;
	in.n_parts = cut(text, expand(data + 1, n - 1, text), data[0], part);
	arena_init(&a, memory, sizeof(memory));
	st = config_qvmconf.parse(&in, &a, &d, &vd);
	for (u32 i = 0; i < in.n_parts; i++)
		free((void *)part[i].text.p);
	fuzz_check(vd && (st == OK || st == E_INVAL));
	fuzz_check((st == OK) == (d.n_errors == 0));
	fuzz_check(vmdesc_add_default_board(vd, &a) == OK);
	st = vmdesc_validate(vd, &target, &d);
	fuzz_check(st == OK || d.n_errors);
	if (!d.n_errors && !(vd->isa && strcmp(vd->isa, "x86_64") == 0))
		check_vm(vd);
	vmdesc_print(vd, put, NULL);
	return 0;
}
