/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validator over descriptions that no front-end would make: every byte of the input chooses a
 * member of up to three VMs. Nothing is refused without a word; what is accepted is apart from
 * everything else; and packed and unpacked it gets the same answer.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <base/range.h>
#include <lib/packed.h>

#define MAX_VMS 3

static u8 memory[MIB(8)];
static alignas(8) u8 blob[KIB(256)];

struct input {
	const u8 *p;
	size_t n;
};

static u8 next(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->p++;
}

/* Numbers at which something changes. */
static u64 number(struct input *in)
{
	static const u64 known[] = { 0,
				     1,
				     0x1000,
				     0x200000,
				     0x08000000,
				     0x080a0000,
				     0x09000000,
				     0x0a000000,
				     0x40000000,
				     0x80000000,
				     0x80200000,
				     UINT64_C(1) << 40,
				     UINT64_MAX - 0xfff,
				     UINT64_MAX };
	u8 b = next(in);
	u64 v = known[b % array_size(known)];

	return b & 0x80 ? v + ((u64)next(in) << 12) : b & 0x40 ? v - next(in) : v;
}

static struct str word(struct input *in)
{
	static const char *const known[] = { "",      "a",	    "pl011",   "gicv3", "gicv2",
					     "Image", "virtio-blk", "ns16550", "a b",	"\x1b[2J" };

	return str_of(known[next(in) % array_size(known)]);
}

static struct src_pos pos(struct input *in)
{
	return (struct src_pos){ "fuzz", next(in) % 4, 1 };
}

static void add_dev(struct vmdesc *vd, struct arena *a, struct input *in)
{
	struct vd_dev *d = vmdesc_add_dev(vd, a, pos(in));

	if (!d)
		return;
	d->class = word(in);
	d->name = word(in);
	d->n_win = next(in) % (VD_DEV_WINDOWS + 1);
	d->n_irq = next(in) % (VD_DEV_IRQS + 1);
	for (u32 i = 0; i < d->n_win; i++)
		d->win[i] = (struct vd_window){ GPA(number(in)), number(in) };
	for (u32 i = 0; i < d->n_irq; i++)
		d->irq[i].line = next(in);
	d->is_default = next(in) & 1;
}

static void add_pass(struct vmdesc *vd, struct arena *a, struct input *in)
{
	struct vd_pass *p = vmdesc_add_pass(vd, a, pos(in));

	if (!p)
		return;
	p->name = word(in);
	p->n_win = next(in) % (VD_DEV_WINDOWS + 1);
	p->n_irq = next(in) % (VD_PASS_IRQS + 1);
	for (u32 i = 0; i < p->n_win; i++)
		p->win[i] = (struct vd_pass_window){ GPA(number(in)), HPA(number(in)), number(in),
						     next(in) % 16, VD_PASS_MAP };
	for (u32 i = 0; i < p->n_irq; i++)
		p->irq[i].host = p->irq[i].guest = next(in);
}

static void add_mem(struct vmdesc *vd, struct arena *a, struct input *in)
{
	struct vd_mem *m = vmdesc_add_mem(vd, a, pos(in));

	if (!m)
		return;
	m->base = GPA(number(in));
	m->size = number(in);
	m->prot = next(in) % 8;
	m->backing = (enum vd_mem_backing)(next(in) % 3);
	m->host = HPA(number(in));
}

static void add_rest(struct vmdesc *vd, struct arena *a, struct input *in, u8 what)
{
	struct vd_image *image;
	struct vd_vcpu *v;
	struct vd_reserve *r;

	if (what == 0 && (v = vmdesc_add_vcpu(vd, a, pos(in))) != NULL) {
		v->hw_id = number(in);
		v->cpu_mask = number(in);
		v->mask_at = pos(in);
		v->has_host_hw_id = next(in) & 1;
		v->host_hw_id = next(in);
	} else if (what == 1 && (image = vmdesc_add_image(vd, a, pos(in))) != NULL) {
		image->role = (enum vd_image_role)(next(in) % VD_IMG_ROLES);
		image->path = word(in);
		image->load = (struct vd_addr){ GPA(number(in)), next(in) & 1, pos(in) };
	} else if (what == 2 && (r = vmdesc_add_reserve(vd, a, pos(in))) != NULL) {
		r->win = (struct vd_window){ GPA(number(in)), number(in) };
		r->irq = next(in);
	} else if (what == 3) {
		vd->entry = (struct vd_addr){ GPA(number(in)), next(in) & 1, pos(in) };
	} else if (what == 4) {
		vd->id = next(in) % 4;
		vd->id_at = pos(in);
	}
}

static struct vmdesc *describe(struct arena *a, struct input *in)
{
	static const char *const languages[] = { "axvisor", "qvmconf", "camkes", NULL };
	struct vmdesc *vd = vmdesc_new(a, "fuzz");

	vd->lang = languages[next(in) % 4];
	vd->name = word(in);
	vd->cmdline = STR("c");
	for (u8 n = next(in) % 24; n; n--) {
		u8 what = next(in) % 8;

		if (what == 5)
			add_dev(vd, a, in);
		else if (what == 6)
			add_pass(vd, a, in);
		else if (what == 7)
			add_mem(vd, a, in);
		else
			add_rest(vd, a, in, what);
	}
	return vd;
}

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	for (; *text; text++)
		fuzz_check((u8)*text >= 0x20 && *text != 0x7f);
}

static const u64 cpu_ids[] = { 0, 1, 2, 3 };
static const struct vd_class_info classes[] = {
	{ .name = "gicv2", .min_window = KIB(4), .n_win = 2, .is_intc = true },
	{ .name = "gicv3", .min_window = KIB(64), .n_win = 2, .is_intc = true },
	{ .name = "pl011", .min_window = KIB(4), .n_win = 1, .n_irq = 1, .is_console = true },
};
static const struct vd_target target = { .isa = "aarch64",
					 .gpa_limit = UINT64_C(1) << 40,
					 .n_cpus = 4,
					 .cpu_hw_id = cpu_ids,
					 .free_ram = GIB(4),
					 .n_lines = 256,
					 .classes = classes,
					 .n_classes = array_size(classes) };

/* What the core relies on. */
static void check_accepted(const struct vmdesc *vd)
{
	fuzz_check(vd->vcpus.n && vd->mems.n && vmdesc_image(vd, VD_IMG_KERNEL));
	for (u32 i = 0; i < vd->mems.n; i++) {
		const struct vd_mem *m = &vd->mems.v[i];

		fuzz_check(m->size && range_ok(m->base.v, m->size, target.gpa_limit));
		fuzz_check(m->size % 0x1000 == 0 && m->host.v % 0x1000 == 0);
		for (u32 k = 0; k < i; k++)
			fuzz_check(!range_overlaps(m->base.v, m->size, vd->mems.v[k].base.v,
						   vd->mems.v[k].size));
		for (u32 k = 0; k < vd->devs.n; k++) {
			for (u32 w = 0; w < vd->devs.v[k].n_win; w++)
				fuzz_check(!range_overlaps(m->base.v, m->size,
							   vd->devs.v[k].win[w].base.v,
							   vd->devs.v[k].win[w].size));
		}
	}
}

static u32 judge(const struct vmdesc *vd)
{
	struct diag d = { .emit = emit };
	enum status st = vmdesc_validate(vd, &target, &d);

	fuzz_check((st == OK) == !d.n_errors);
	if (st == OK)
		check_accepted(vd);
	return d.n_errors;
}

static void judge_set(struct vmdesc *const *vms, u32 n, struct arena *a)
{
	const struct vd_set set = { (const struct vmdesc *const *)vms, n, &target };
	bool refused[MAX_VMS] = { false };
	struct diag d = { .emit = emit };
	enum status st = vmdesc_validate_set(&set, refused, a, &d);

	fuzz_check((st == OK) == !d.n_errors);
	fuzz_check((st == OK) == !(refused[0] | refused[1] | refused[2]));
	for (u32 j = 0; j < n; j++) {
		for (u32 i = 0; i < j; i++)
			fuzz_check(!vms[i]->id || vms[i]->id != vms[j]->id || refused[j]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = { data, n };
	struct vmdesc *vms[MAX_VMS], *back;
	const char *why = NULL;
	struct arena a;
	size_t len;

	arena_init(&a, memory, sizeof(memory));
	for (u32 i = 0; i < MAX_VMS; i++) {
		vms[i] = describe(&a, &in);
		fuzz_check(vmdesc_pack(vms[i], blob, sizeof(blob), &len) == OK);
		fuzz_check(vmdesc_unpack(span_of(blob, len), &a, &back, &why) == OK);
		fuzz_check(judge(vms[i]) == judge(back));
	}
	judge_set(vms, MAX_VMS, &a);
	return 0;
}
