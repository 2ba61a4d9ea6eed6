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

#include "validate_fixture.h"

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

/* Who wrote it there is told; the default board may not be there. */
static void test_reserves(void **state)
{
	static const struct vd_image initrd = { .role = VD_IMG_INITRD,
						.path = STR("r"),
						.load = { GPA(0x88000000), true, here },
						.at = here };

	(void)state;
	*vmdesc_add_image(vd, &arena, here) = initrd;
	vmdesc_add_reserve(vd, &arena, here)->win = (struct vd_window){ GPA(0x87fff000), 0x2000 };
	vmdesc_add_reserve(vd, &arena, here)->irq = 40;
	assert_int_equal(vmdesc_validate(vd, &target, &sink.d), OK);
	assert_int_equal(sink.d.n_warnings, 1);
	assert_non_null(
		strstr(sink.text, "kernel.ramdisk_load_addr: r is in what the description"));
	assert_non_null(strstr(sink.text, "note: 0x87ff_f000..0x8800_1000 is reserved"));
	vd->devs.v[1].is_default = false;
	vd->reserves.v[1].irq = vd->devs.v[1].irq[0].line;
	assert_int_equal(vmdesc_validate(vd, &target, &sink.d), OK);
	assert_int_equal(sink.d.n_warnings, 3);
	vd->devs.v[1].is_default = true;
	assert_int_equal(vmdesc_validate(vd, &target, &sink.d), E_INVAL);
	assert_non_null(strstr(sink.text, "trivet.reserved_interrupts: default device \"uart0\" "
					  "(pl011) has its place there"));
	vd->reserves.v[1].irq = 0;
	vd->reserves.v[0].win.base = vd->devs.v[0].win[1].base;
	assert_int_equal(vmdesc_validate(vd, &target, &sink.d), E_INVAL);
	assert_non_null(strstr(sink.text, "trivet.reserved: default device \"intc\" (gicv3)"));
}

/* Two regions of one VM in the same memory of the machine. */
static void test_host_memory_twice(void **state)
{
	struct vd_mem *m = vmdesc_add_mem(vd, &arena, here);

	(void)state;
	*m = (struct vd_mem){ GPA(0xc0000000), MIB(2), 7, VD_MEM_CLAIMED, here, HPA(0x40200000) };
	vd->mems.v[0].backing = VD_MEM_CLAIMED;
	vd->mems.v[0].host = HPA(0x40000000);
	vd->mems.v[0].size = MIB(2);
	vd->images.n = 0;
	vd->reported = BIT(VD_F_KERNEL_PATH) | BIT(VD_F_ENTRY_POINT);
	assert_int_equal(vmdesc_validate(vd, &target, &sink.d), OK);
	vd->mems.v[1].host = HPA(0x401ff000);
	assert_int_equal(vmdesc_validate(vd, &target, &sink.d), E_INVAL);
	assert_non_null(strstr(sink.text, "this host memory is that of another region"));
	vd->mems.v[1].host = HPA(0x40200800);
	assert_int_equal(vmdesc_validate(vd, &target, &sink.d), E_INVAL);
	assert_non_null(strstr(sink.text, "the host's address is no multiple of 4 KiB"));
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
		T(test_reserves),
		T(test_host_memory_twice),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
