/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/vmdesc/validate*.c on descriptions made by hand: edges that no file can express, targets
 * that are not fully known, and that one mistake gives one message. Whole texts are compared by
 * tests/golden.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/bits.h>
#include <lib/vmdesc.h>

#include "config_fixture.h"

#define ARENA KIB(512)

static const u64 cpu_ids[] = { 0x0, 0x100, 0x200, 0x300 };

static const struct vd_class_info classes[] = {
	{ .name = "gicv3", .min_window = KIB(64), .n_win = 2, .is_intc = true },
	{ .name = "pl011", .min_window = KIB(4), .n_win = 1, .n_irq = 1, .is_console = true },
};

static struct sink sink;
static struct arena arena;
static struct vd_target target;
static struct vmdesc *vd;
static const struct src_pos here = { "vm.toml", 7, 3 };

/* A sound VM of two vCPUs before every test. */
static int fresh(void **state)
{
	struct vd_image *kernel;
	struct vd_mem *m;

	(void)state;
	if (!arena.base)
		arena_new_of(&arena, ARENA);
	sink_reset(&sink);
	arena_init(&arena, arena.base, ARENA);
	target = (struct vd_target){ .gpa_limit = UINT64_C(1) << 40,
				     .n_cpus = array_size(cpu_ids),
				     .cpu_hw_id = cpu_ids,
				     .free_ram = GIB(2),
				     .classes = classes,
				     .n_classes = array_size(classes) };
	vd = vmdesc_new(&arena, "vm.toml");
	vd->id = 1;
	vd->name = STR("x");
	vd->id_at = vd->name_at = vd->vcpus_at = vd->mems_at = vd->cmdline_at = here;
	vmdesc_add_vcpu(vd, &arena, here);
	vmdesc_add_vcpu(vd, &arena, here);
	m = vmdesc_add_mem(vd, &arena, here);
	*m = (struct vd_mem){ .base = GPA(0x80000000), .size = 0x20000000, .prot = 7, .at = here };
	kernel = vmdesc_add_image(vd, &arena, here);
	kernel->path = STR("Image");
	kernel->load = (struct vd_addr){ GPA(0x80200000), true, here };
	vd->entry = kernel->load;
	return vmdesc_add_default_board(vd, &arena) == OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(arena.base);
	arena.base = NULL;
	return 0;
}

static void sound(void)
{
	if (vmdesc_validate(vd, &target, &sink.d) != OK || sink.d.n_errors)
		fail_msg("%s", sink.text);
}

/* Exactly @n errors, one of which says @text. */
static void refused(u32 n, const char *text)
{
	assert_int_equal(vmdesc_validate(vd, &target, &sink.d), E_INVAL);
	if (sink.d.n_errors != n || !strstr(sink.text, text))
		fail_msg("expected %u errors with: %s\n%s", n, text, sink.text);
}

static struct vd_dev *dev(const char *class)
{
	for (u32 i = 0; i < vd->devs.n; i++) {
		if (str_eq_c(vd->devs.v[i].class, class))
			return &vd->devs.v[i];
	}
	fail_msg("no %s", class);
	return NULL;
}

static void test_sound(void **state)
{
	(void)state;
	sound();
	assert_string_equal(sink.text, "");
}

/* What is not known of the target is not judged. */
static void test_unknown_target(void **state)
{
	(void)state;
	target = (struct vd_target){ 0 };
	vd->vcpus.v[0].has_host_hw_id = true;
	vd->vcpus.v[0].host_hw_id = 77;
	vd->vcpus.v[1].cpu_mask = UINT64_C(1) << 63;
	vd->vcpus.v[1].mask_at = here;
	vd->mems.v[0].base = GPA(UINT64_C(1) << 50);
	vd->images.v[0].load.gpa = vd->mems.v[0].base;
	vd->entry.gpa = vd->mems.v[0].base;
	dev("pl011")->class = STR("something-else");
	sound();
}

static void test_name(void **state)
{
	static const char longest[] = "abcdefghijklmnopqrstuvwxyz0123456";

	(void)state;
	vd->name = (struct str){ longest, VD_NAME_MAX };
	sound();
	vd->name = STR("a.b_c-d@e+f9Z");
	sound();
	vd->name = STR("a\0b");
	refused(1, "has a character that names do not have");
	fresh(state);
	vd->name = (struct str){ longest, VD_NAME_MAX + 1 };
	refused(1, "base.name: too long");
}

static void test_no_vcpus(void **state)
{
	(void)state;
	vd->vcpus.n = 0;
	refused(1, "base.cpu_num = 0: a VM needs a vCPU");
}

static void test_mask_of_all(void **state)
{
	(void)state;
	vd->vcpus.v[0].cpu_mask = 0xf;
	vd->vcpus.v[0].mask_at = here;
	sound();
	vd->vcpus.v[0].cpu_mask = 0x1f;
	refused(1, "base.phys_cpu_sets = 0x1f: vCPU 0: the machine has only 4 CPUs");
}

static void test_64_cpus(void **state)
{
	static u64 many[64];

	(void)state;
	target.n_cpus = 64;
	target.cpu_hw_id = many;
	vd->vcpus.v[0].cpu_mask = UINT64_MAX;
	sound();
}

static void test_host_cpu(void **state)
{
	(void)state;
	vd->vcpus.v[1].has_host_hw_id = true;
	vd->vcpus.v[1].host_hw_id = 0x300;
	sound();
	vd->vcpus.v[1].host_hw_id = 3;
	refused(1, "write one of 0x0, 0x100, 0x200, 0x300, or say");
}

static void test_hw_id_shape(void **state)
{
	(void)state;
	vd->vcpus.v[1].hw_id = UINT64_C(0xff00ffff0f);
	sound();
	vd->vcpus.v[1].hw_id = UINT64_C(1) << 40;
	refused(1, "no affinity value");
}

static void test_entry_edges(void **state)
{
	(void)state;
	vd->entry.gpa = GPA(0x80000000);
	sound();
	vd->entry.gpa = GPA(0x9ffffffc);
	sound();
	vd->entry.gpa = GPA(0x7ffffffc);
	refused(1, "outside of every memory region");
	fresh(state);
	vd->entry.given = false;
	vd->entry.gpa = GPA(1);
	sound();
}

static void test_no_kernel(void **state)
{
	(void)state;
	vd->images.n = 0;
	refused(1, "kernel.kernel_path: a VM needs a kernel image");
}

/* What the front-end has refused is not judged again, nor what depends on it. */
static void test_reported(void **state)
{
	(void)state;
	vd->images.n = 0;
	vd->mems.n = 0;
	vd->vcpus.n = 0;
	vd->id = 0;
	vd->name = (struct str){ NULL, 0 };
	vd->reported = BIT(VD_F_KERNEL_PATH) | BIT(VD_F_MEMORY_REGIONS) | BIT(VD_F_CPU_NUM) |
		       BIT(VD_F_ID) | BIT(VD_F_NAME);
	sound();
}

static void test_region_wraps(void **state)
{
	struct vd_mem *m = vmdesc_add_mem(vd, &arena, here);

	(void)state;
	*m = (struct vd_mem){ GPA(UINT64_MAX - 0xfff), 0x2000, 7, VD_MEM_ALLOC, here, HPA(0) };
	refused(1, "0xffff_ffff_ffff_f000 and 0x2000 more: ends beyond 2^64");
}

static void test_region_up_to_the_limit(void **state)
{
	struct vd_mem *m = vmdesc_add_mem(vd, &arena, here);

	(void)state;
	*m = (struct vd_mem){
		GPA(target.gpa_limit - MIB(2)), MIB(2), 7, VD_MEM_ALLOC, here, HPA(0)
	};
	sound();
	m->size = MIB(4);
	refused(1, "beyond what a guest can address");
}

static void test_regions_touch(void **state)
{
	struct vd_mem *m = vmdesc_add_mem(vd, &arena, here);

	(void)state;
	*m = (struct vd_mem){ GPA(0xa0000000), MIB(2), 7, VD_MEM_ALLOC, here, HPA(0) };
	sound();
	m->base = GPA(0xa0000000 - MIB(2));
	refused(1, "overlaps another region");
}

static void test_total(void **state)
{
	(void)state;
	target.free_ram = 0x20000000;
	sound();
	target.free_ram = 0x20000000 - 1;
	refused(1, "512 MiB in all, but guests can have only 536870911 bytes");
}

/* Sums do not wrap: nothing passes by being enormous. */
static void test_total_saturates(void **state)
{
	struct vd_mem *m = vmdesc_add_mem(vd, &arena, here);

	(void)state;
	target.gpa_limit = 0;
	target.n_classes = 0;
	vd->devs.n = 0;
	*m = (struct vd_mem){
		GPA(UINT64_C(1) << 63), UINT64_C(1) << 63, 7, VD_MEM_ALLOC, here, HPA(0)
	};
	vd->mems.v[0].base = GPA(0);
	vd->mems.v[0].size = UINT64_C(1) << 63;
	refused(1, "in all, but guests can have only 2 GiB");
}

static void test_unknown_class(void **state)
{
	struct vd_dev *d = vmdesc_add_dev(vd, &arena, here);

	(void)state;
	d->class = STR("pl01l");
	d->name = STR("u");
	refused(1, "did you mean 'pl011'?");
}

static void test_class_needs(void **state)
{
	(void)state;
	dev("pl011")->n_irq = 0;
	refused(1, "has 1 windows and 0 interrupts, needs 1 and 1");
}

static void test_window_at_the_end(void **state)
{
	(void)state;
	dev("pl011")->win[0].base = GPA(target.gpa_limit - 0x1000);
	sound();
	dev("pl011")->win[0].base = GPA(UINT64_MAX - 0x7ff);
	refused(1, "beyond what a guest can address");
}

static void test_spi_range(void **state)
{
	static const u32 good[] = { 32, 1019 };
	static const u32 wrong[] = { 0, 31, 1020, UINT32_MAX };

	(void)state;
	for (u32 i = 0; i < array_size(good); i++) {
		dev("pl011")->irq[0].line = good[i];
		sound();
	}
	for (u32 i = 0; i < array_size(wrong); i++) {
		fresh(state);
		dev("pl011")->irq[0].line = wrong[i];
		refused(1, "interrupt ");
	}
	/* A controller that has fewer. */
	fresh(state);
	target.n_lines = 256;
	dev("pl011")->irq[0].line = 255;
	sound();
	dev("pl011")->irq[0].line = 256;
	refused(1, "the interrupt controller has no such interrupt");
	assert_non_null(strstr(sink.text, "from 32 to 255"));
}

static void test_same_interrupt(void **state)
{
	struct vd_dev *d = vmdesc_add_dev(vd, &arena, here);

	(void)state;
	target.n_classes = 0;
	d->class = STR("other");
	d->name = STR("other");
	d->n_win = 0;
	d->n_irq = 2;
	d->irq[0].line = 40;
	d->irq[1].line = 33;
	refused(1, "interrupt 33 is taken");
	/* The device from the file is the one to change, not the board's. */
	assert_non_null(strstr(sink.text, "device \"other\" (other): interrupt 33"));
}

static void test_no_controller(void **state)
{
	(void)state;
	vd->devs.n = 0;
	refused(1, "a VM needs an interrupt controller");
}

static void test_cmdline(void **state)
{
	static char line[2048];

	(void)state;
	memset(line, 'x', sizeof(line));
	vd->cmdline = (struct str){ line, 2047 };
	sound();
	vd->cmdline.n = 2048;
	refused(1, "kernel.cmdline: 2048 bytes long");
}

static enum status validate(const struct vmdesc *const *vds, u32 n, bool *marks)
{
	const struct vd_set set = { vds, n, &target };
	size_t used = arena.used;
	enum status st = vmdesc_validate_set(&set, marks, &arena, &sink.d);

	assert_int_equal(arena.used, used);
	return st;
}

static void test_set(void **state)
{
	struct vmdesc *a = vd;
	struct vmdesc b = *vd;
	struct vmdesc c = *vd;
	const struct vmdesc *set[] = { a, &b, &c };
	bool marks[3] = { false, false, false };

	(void)state;
	b.id = 2;
	b.name = STR("y");
	c.id = 3;
	c.name = STR("z");
	assert_int_equal(validate(set, 3, marks), OK);
	assert_int_equal(validate(set, 0, marks), OK);
	b.id = 1;
	c.name = STR("y");
	assert_int_equal(validate(set, 3, marks), E_INVAL);
	assert_int_equal(sink.d.n_errors, 2);
	assert_false(marks[0]);
	assert_true(marks[1]);
	assert_true(marks[2]);
}

static void test_set_identity(void **state)
{
	struct vd_mem other = vd->mems.v[0];
	struct vmdesc b = *vd;
	const struct vmdesc *set[] = { vd, &b };
	bool marks[2] = { false, false };

	(void)state;
	b.id = 2;
	b.name = STR("y");
	b.mems.v = &other;
	/* The same guest addresses are no conflict; the same host memory is. */
	assert_int_equal(validate(set, 2, marks), OK);
	other.backing = VD_MEM_CLAIMED;
	other.host = HPA(0x40000000);
	assert_int_equal(validate(set, 2, marks), OK);
	vd->mems.v[0].backing = VD_MEM_CLAIMED;
	vd->mems.v[0].host = HPA(0x50000000);
	assert_int_equal(validate(set, 2, marks), E_INVAL);
	assert_true(marks[1] && !marks[0]);
	assert_non_null(
		strstr(sink.text, "= 0x4000_0000..0x6000_0000: this host memory is claimed"));
	marks[1] = false;
	other.host = HPA(0x70000000);
	assert_int_equal(validate(set, 2, marks), OK);
}

/* More than there is, all together; who is refused anyway takes none. */
static void test_set_memory(void **state)
{
	struct vd_target small = target;
	struct vmdesc b = *vd, c = *vd;
	const struct vmdesc *vds[] = { vd, &b, &c };
	const struct vd_set set = { vds, 3, &small };
	bool marks[3] = { false };

	(void)state;
	b.id = 2;
	b.name = STR("b");
	c.id = 3;
	c.name = STR("c");
	small.free_ram = 2 * vd->mems.v[0].size;
	assert_int_equal(vmdesc_validate_set(&set, marks, &arena, &sink.d), E_INVAL);
	assert_true(!marks[0] && !marks[1] && marks[2]);
	assert_non_null(
		strstr(sink.text, "512 MiB, but other VMs leave only 0 bytes of the machine's"));
	marks[2] = false;
	marks[0] = true;
	assert_int_equal(vmdesc_validate_set(&set, marks, &arena, &sink.d), OK);
}

/* One device's windows and lines in two VMs are one mistake; a CPU for both is worth a word. */
static void test_set_hardware(void **state)
{
	struct vmdesc b = *vd;
	const struct vmdesc *set[] = { vd, &b };
	struct vd_pass x = { .name = STR("x"), .n_win = 2, .n_irq = 1, .irq = { { .host = 40 } } };
	struct vd_pass y = x;
	struct vd_vcpu vcpu = { .cpu_mask = 2, .mask_at = here };
	bool marks[2] = { false };

	(void)state;
	b.id = 2;
	b.name = STR("b");
	x.win[0] = (struct vd_pass_window){ .hpa = HPA(0x1000), .size = 0x3000 };
	x.win[1] = (struct vd_pass_window){ .hpa = HPA(0x8000), .size = 0x1000 };
	y.win[0] = (struct vd_pass_window){ .hpa = HPA(0x3000), .size = 0x10000 };
	y.win[1] = (struct vd_pass_window){ .hpa = HPA(0x100000), .size = 0x1000 };
	vd->passes.v = &x;
	b.passes.v = &y;
	vd->passes.n = b.passes.n = 1;
	vd->vcpus.v = b.vcpus.v = &vcpu;
	vd->vcpus.n = b.vcpus.n = 1;
	assert_int_equal(validate(set, 2, marks), E_INVAL);
	assert_int_equal(sink.d.n_errors, 1);
	assert_int_equal(sink.d.n_warnings, 1);
	assert_true(marks[1] && !marks[0]);
	assert_non_null(strstr(sink.text, "they take turns"));
}

static u32 lcg(u32 *x)
{
	return *x = *x * 1664525 + 1013904223;
}

/* The same mistakes as by comparing everybody with everybody, of a thousand, in no time. */
static void test_set_of_a_thousand(void **state)
{
	static struct vmdesc vms[1000];
	static struct vd_mem mems[1000];
	static const struct vmdesc *set[1000];
	static bool marks[1000], want[1000];
	u32 x = 1;

	(void)state;
	for (u32 i = 0; i < 1000; i++) {
		mems[i] = (struct vd_mem){ .size = 0x1000 * (1 + lcg(&x) % 4),
					   .backing = VD_MEM_CLAIMED,
					   .host = HPA(lcg(&x) & UINT64_C(0xfffff000)) };
		vms[i] = *vd;
		vms[i].id = i + 1;
		vms[i].name = (struct str){ arena_strdup(&arena, "vm-0000", 7), 7 };
		for (u32 k = 0, n = i; k < 4; k++, n /= 10)
			((char *)vms[i].name.p)[6 - k] = (char)('0' + n % 10);
		vms[i].mems.v = &mems[i];
		vms[i].vcpus.n = 0;
		set[i] = &vms[i];
	}
	vms[500].id = 3;
	vms[501].name = vms[2].name;
	mems[700].host = mems[3].host;
	for (u32 j = 0; j < 1000; j++) {
		for (u32 i = 0; i < j; i++)
			want[j] |= vms[i].id == vms[j].id || str_eq(vms[i].name, vms[j].name) ||
				   range_overlaps(mems[i].host.v, mems[i].size, mems[j].host.v,
						  mems[j].size);
	}
	assert_int_equal(validate(set, 1000, marks), E_INVAL);
	for (u32 i = 0; i < 1000; i++)
		assert_int_equal(marks[i], want[i]);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
		T(test_sound),
		T(test_unknown_target),
		T(test_name),
		T(test_no_vcpus),
		T(test_mask_of_all),
		T(test_64_cpus),
		T(test_host_cpu),
		T(test_hw_id_shape),
		T(test_entry_edges),
		T(test_no_kernel),
		T(test_reported),
		T(test_region_wraps),
		T(test_region_up_to_the_limit),
		T(test_regions_touch),
		T(test_total),
		T(test_total_saturates),
		T(test_unknown_class),
		T(test_class_needs),
		T(test_window_at_the_end),
		T(test_spi_range),
		T(test_same_interrupt),
		T(test_no_controller),
		T(test_cmdline),
		T(test_set),
		T(test_set_identity),
		T(test_set_memory),
		T(test_set_hardware),
		T(test_set_of_a_thousand),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
