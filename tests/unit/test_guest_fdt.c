/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guests are told of their boards: read back as a machine would read it, looked at by dtc,
 * and put into trees that a user gave.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <lib/fdt.h>
#include <lib/guestfw.h>
#include <lib/hostdesc.h>

#include "dtbdata.h"

static u8 memory[1 << 20];
static struct arena arena;
static alignas(8) u8 out[GUEST_FDT_MAX];

static struct vd_vcpu vcpus[] = { { .hw_id = 0 }, { .hw_id = 1 } };
static struct vd_vcpu far_vcpus[] = { { .hw_id = 0x100 }, { .hw_id = 0x200000003 } };

static struct vd_mem mems[] = {
	{ .base = { 0x80000000 }, .size = 0x20000000, .prot = VD_R | VD_W | VD_X },
	{ .base = { 0x1000 }, .size = 0x1000, .prot = VD_R | VD_X },
	{ .base = { 0x880000000 }, .size = 0x100000000, .prot = VD_R | VD_W },
};

static struct vd_dev devs[] = {
	{ .class = { "gicv3", 5 },
	  .win = { { { 0x8000000 }, 0x10000 }, { { 0x80a0000 }, 0x40000 } },
	  .n_win = 2 },
	{ .class = { "pl011", 5 },
	  .win = { { { 0x9000000 }, 0x1000 } },
	  .n_win = 1,
	  .irq = { { 33, VD_TRIGGER_LEVEL } },
	  .n_irq = 1 },
	{ .class = { "nobody", 6 }, .win = { { { 0xa000000 }, 0x1000 } }, .n_win = 1 },
};

static struct vmdesc usual(void)
{
	struct vmdesc vd = {
		.vcpus = { vcpus, 2, 2 },
		.mems = { mems, 3, 3 },
		.devs = { devs, 3, 3 },
		.cmdline = STR("console=ttyAMA0 rdinit=/init"),
	};

	return vd;
}

static const struct guest_fw_info info = {
	.initrd = { 0x88000000 },
	.initrd_len = 0x123456,
};

static struct span write_ok(const struct vmdesc *vd, const struct guest_fw_info *fw,
			    struct span base)
{
	size_t len = 0;

	memset(out, 0x5a, sizeof(out));
	assert_int_equal(guest_fdt_write(vd, fw, base, out, sizeof(out), &len), OK);
	return span_of(out, len);
}

static struct dt open_ok(struct span s)
{
	const char *why = NULL;
	struct dt t;

	arena_init(&arena, memory, sizeof(memory));
	assert_int_equal(dt_open(s, &arena, &t, &why), OK);
	return t;
}

static u32 node_at(const struct dt *t, const char *path)
{
	u32 n = dt_find(t, str_of(path));

	assert_int_not_equal(n, DT_NONE);
	return n;
}

static void assert_prop_str(const struct dt *t, const char *path, const char *prop, const char *v)
{
	struct str s;

	assert_true(dt_str(t, node_at(t, path), prop, 0, &s));
	assert_string_equal(s.p, v);
}

static void assert_cells(const struct dt *t, const char *path, const char *prop, const u32 *v,
			 u32 n)
{
	u32 node = node_at(t, path), cell;

	for (u32 i = 0; i < n; i++) {
		assert_true(dt_u32(t, node, prop, i, &cell));
		assert_int_equal(cell, v[i]);
	}
	assert_false(dt_u32(t, node, prop, n, &cell));
}

#define CELLS(t, path, prop, ...)                                       \
	assert_cells((t), (path), (prop), (const u32[]){ __VA_ARGS__ }, \
		     array_size(((const u32[]){ __VA_ARGS__ })))

static void a_machine_reads_it_back(void **state)
{
	struct vmdesc vd = usual();
	struct hostdesc hd;
	const char *why;

	(void)state;
	arena_init(&arena, memory, sizeof(memory));
	assert_int_equal(
		hostdesc_from_fdt(write_ok(&vd, &info, (struct span){ 0 }), &arena, &hd, &why), OK);
	assert_int_equal(hd.n_cpus, 2);
	assert_int_equal(hd.cpu_hw_id[1], 1);
	assert_int_equal(hd.n_mem, 2); /* the read-only page is none */
	assert_int_equal(hd.mem[0].base, 0x80000000);
	assert_int_equal(hd.mem[1].len, 0x100000000);
	assert_int_equal(hd.conduit, HD_CONDUIT_HVC);
	assert_int_equal(hd.irq_timer_guest_virt, 27);
	assert_int_equal(hd.irq_timer_guest_phys, 30);
	assert_non_null(hd.intc);
	assert_true(hd_dev_is(hd.intc, "arm,gic-v3"));
	assert_int_equal(hd.intc->win[1].len, 0x40000);
	assert_non_null(hd.console);
	assert_true(hd_dev_is(hd.console, "arm,primecell"));
	assert_int_equal(hd.console->irq[0].line, 33);
	assert_int_equal(hd.console->clock_hz, 24000000);
	assert_true(str_eq_c(hd.bootargs, "console=ttyAMA0 rdinit=/init"));
	assert_true(str_eq_c(hd.model, "Trivet virtual board"));
}

/* The same with a GICv2: two windows, and private interrupts that say for which CPUs. */
static void a_gicv2_is_one(void **state)
{
	static struct vd_dev gicv2 = {
		.class = { "gicv2", 5 },
		.win = { { { 0x8000000 }, 0x1000 }, { { 0x8010000 }, 0x2000 } },
		.n_win = 2,
	};
	struct vmdesc vd = usual();
	struct hostdesc hd;
	struct span tree;
	const char *why;
	struct dt t;

	(void)state;
	vd.devs.v = &gicv2;
	vd.devs.n = 1;
	arena_init(&arena, memory, sizeof(memory));
	tree = write_ok(&vd, &info, (struct span){ 0 });
	assert_int_equal(dt_open(tree, &arena, &t, &why), OK);
	assert_prop_str(&t, "/intc@8000000", "compatible", "arm,cortex-a15-gic");
	CELLS(&t, "/intc@8000000", "reg", 0, 0x8000000, 0, 0x1000, 0, 0x8010000, 0, 0x2000);
	CELLS(&t, "/timer", "interrupts", 1, 13, 0x308, 1, 14, 0x308, 1, 11, 0x308, 1, 10, 0x308);
	assert_int_equal(hostdesc_from_fdt(tree, &arena, &hd, &why), OK);
	assert_true(hd_dev_is(hd.intc, "arm,cortex-a15-gic"));
	assert_null(hd.guest_intc); /* it has nothing for guests of guests */
	assert_int_equal(hd.irq_timer_guest_virt, 27);
}

static void says_what_linux_needs(void **state)
{
	struct vmdesc vd = usual();
	struct dt t = open_ok(write_ok(&vd, &info, (struct span){ 0 }));

	(void)state;
	CELLS(&t, "/chosen", "linux,initrd-start", 0, 0x88000000);
	CELLS(&t, "/chosen", "linux,initrd-end", 0, 0x88123456);
	assert_prop_str(&t, "/chosen", "stdout-path", "/pl011@9000000");
	assert_prop_str(&t, "/cpus/cpu@1", "enable-method", "psci");
	assert_prop_str(&t, "/cpus/cpu@1", "device_type", "cpu");
	assert_prop_str(&t, "/cpus/cpu@1", "compatible", "arm,armv8");
	assert_prop_str(&t, "/psci", "method", "hvc");
	assert_prop_str(&t, "/psci", "compatible", "arm,psci-1.0");
	CELLS(&t, "/timer", "interrupts", 1, 13, 8, 1, 14, 8, 1, 11, 8, 1, 10, 8);
	CELLS(&t, "/pl011", "interrupts", 0, 1, 4);
	CELLS(&t, "/intc", "reg", 0, 0x8000000, 0, 0x10000, 0, 0x80a0000, 0, 0x40000);
	CELLS(&t, "/memory@880000000", "reg", 8, 0x80000000, 1, 0);
	assert_int_equal(dt_find(&t, STR("/memory@1000")), DT_NONE);
	assert_int_equal(dt_find_compatible(&t, 0, "nobody"), DT_NONE);
	assert_false(dt_has(&t, node_at(&t, "/timer"), "clock-frequency"));
}

static void knows_a_16550(void **state)
{
	static struct vd_option shift = { .key = STR("reg-shift"), .value = STR("0") };
	struct vd_dev two[] = { devs[0], devs[1] };
	struct vmdesc vd = usual();
	struct dt t;

	(void)state;
	two[1].class = STR("ns16550");
	vd.devs.v = two;
	vd.devs.n = 2;
	t = open_ok(write_ok(&vd, &info, (struct span){ 0 }));
	assert_prop_str(&t, "/chosen", "stdout-path", "/serial@9000000");
	assert_prop_str(&t, "/aliases", "serial0", "/serial@9000000");
	assert_prop_str(&t, "/serial", "compatible", "ns16550a");
	CELLS(&t, "/serial", "reg", 0, 0x9000000, 0, 0x1000);
	CELLS(&t, "/serial", "reg-shift", 2);
	CELLS(&t, "/serial", "reg-io-width", 4);
	CELLS(&t, "/serial", "interrupts", 0, 1, 4);
	two[1].options.v = &shift;
	two[1].options.n = 1;
	t = open_ok(write_ok(&vd, &info, (struct span){ 0 }));
	CELLS(&t, "/serial", "reg-shift", 0);
	CELLS(&t, "/serial", "reg-io-width", 1);
}

static void leaves_out_what_is_not_there(void **state)
{
	const struct guest_fw_info nothing = { .timer_hz = 62500000 };
	struct vmdesc vd = usual();
	struct dt t;

	(void)state;
	vd.cmdline = (struct str){ 0 };
	vd.devs.v = devs + 1; /* no interrupt controller */
	vd.devs.n = 1;
	t = open_ok(write_ok(&vd, &nothing, (struct span){ 0 }));
	assert_false(dt_has(&t, node_at(&t, "/chosen"), "bootargs"));
	assert_false(dt_has(&t, node_at(&t, "/chosen"), "linux,initrd-start"));
	assert_false(dt_has(&t, node_at(&t, "/pl011"), "interrupts"));
	assert_false(dt_has(&t, 0, "interrupt-parent"));
	assert_int_equal(dt_find(&t, STR("/timer")), DT_NONE);
	vd.devs.n = 0;
	t = open_ok(write_ok(&vd, &nothing, (struct span){ 0 }));
	assert_false(dt_has(&t, node_at(&t, "/chosen"), "stdout-path"));
	vd = usual();
	t = open_ok(write_ok(&vd, &nothing, (struct span){ 0 }));
	CELLS(&t, "/timer", "clock-frequency", 62500000);
}

static void writes_wide_cpu_ids(void **state)
{
	struct vmdesc vd = usual();
	struct dt t;
	u64 id;

	(void)state;
	vd.vcpus.v = far_vcpus;
	t = open_ok(write_ok(&vd, &info, (struct span){ 0 }));
	CELLS(&t, "/cpus", "#address-cells", 2);
	assert_int_equal(dt_reg_id(&t, node_at(&t, "/cpus/cpu@200000003"), 0, &id), OK);
	assert_int_equal(id, 0x200000003);
}

static void gives_the_same_bytes_twice(void **state)
{
	struct vmdesc vd = usual();
	struct span first = dtb_copy(write_ok(&vd, &info, (struct span){ 0 }));
	struct span second = write_ok(&vd, &info, (struct span){ 0 });

	(void)state;
	assert_int_equal(first.n, second.n);
	assert_memory_equal(first.p, second.p, first.n);
	dtb_free(first);
}

/* dtc knows the rules of the specification and of many bindings. */
static void assert_dtc_is_silent(struct span s, const char *options)
{
	static const char format[] = "x=$(dtc %s -I dtb -O dts -o /dev/null '%s' 2>&1) && "
				     "test -z \"$x\" || { echo \"$x\"; false; }";
	char path[300], command[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/guest-XXXXXX", dtb_dir);
	f = fdopen(mkstemp(path), "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
	fclose(f);
	snprintf(command, sizeof(command), format, options, path);
	assert_int_equal(system(command), 0);
	assert_int_equal(unlink(path), 0);
}

static void dtc_has_nothing_to_say(void **state)
{
	struct vmdesc vd = usual();

	(void)state;
	assert_dtc_is_silent(write_ok(&vd, &info, (struct span){ 0 }), "");
	vd.vcpus.v = far_vcpus;
	assert_dtc_is_silent(write_ok(&vd, &info, (struct span){ 0 }), "");
}

static void reports_a_small_buffer(void **state)
{
	struct vmdesc vd = usual();
	struct span s = write_ok(&vd, &info, (struct span){ 0 });
	struct span base = dtb_load("virt1");
	size_t len, need = s.n;
	u32 fit = 0;

	(void)state;
	for (size_t size = 0; size < 2 * need; size += 8) {
		u8 *exact = malloc(size ? size : 1);
		enum status st;

		st = guest_fdt_write(&vd, &info, (struct span){ 0 }, exact, size, &len);
		if (st == OK)
			fit++;
		else
			assert_true(st == E_RANGE && fit == 0);
		free(exact);
	}
	assert_int_not_equal(fit, 0);
	fit = 0;
	for (size_t size = 0; size < base.n + 1024; size += 64) {
		u8 *exact = malloc(size ? size : 1);
		enum status st;

		st = guest_fdt_write(&vd, &info, base, exact, size, &len);
		if (st == OK)
			fit++;
		else
			assert_true(st == E_RANGE && fit == 0);
		free(exact);
	}
	assert_int_not_equal(fit, 0);
	dtb_free(base);
}

/* ---- a tree of the user's ------------------------------------------------------------------- */

static void completes_the_users_tree(void **state)
{
	struct vmdesc vd = usual();
	struct span base = dtb_load("soc");
	struct dt t = open_ok(write_ok(&vd, &info, base));

	(void)state;
	assert_prop_str(&t, "/", "model", "Trivet test board");
	assert_prop_str(&t, "/soc/i2c/sensor", "compatible", "trivet,sensor");
	assert_prop_str(&t, "/chosen", "bootargs", "console=ttyAMA0 rdinit=/init");
	assert_prop_str(&t, "/chosen", "stdout-path", "serial0:57600n8");
	CELLS(&t, "/chosen", "linux,initrd-end", 0, 0x88123456);
	CELLS(&t, "/memory@80000000", "reg", 0, 0x80000000, 0, 0x20000000);
	CELLS(&t, "/memory@880000000", "reg", 8, 0x80000000, 1, 0);
	assert_int_equal(dt_find(&t, STR("/memory@800000000")), DT_NONE);
	assert_dtc_is_silent(span_of(t.blob, t.size), "-q");
	dtb_free(base);
}

static void drops_a_stale_initrd(void **state)
{
	const struct guest_fw_info nothing = { 0 };
	struct vmdesc vd = usual();
	struct span soc = dtb_load("soc"), base;
	struct dt t;

	(void)state;
	base = dtb_copy(write_ok(&vd, &info, soc)); /* has an initrd now */
	vd.cmdline = (struct str){ 0 };
	t = open_ok(write_ok(&vd, &nothing, base));
	assert_false(dt_has(&t, node_at(&t, "/chosen"), "linux,initrd-start"));
	assert_false(dt_has(&t, node_at(&t, "/chosen"), "linux,initrd-end"));
	assert_prop_str(&t, "/chosen", "bootargs", "console=ttyAMA0 rdinit=/init");
	dtb_free(base);
	dtb_free(soc);
}

static void respects_the_roots_cells(void **state)
{
	struct vmdesc vd = usual();
	struct span base = dtb_load("small"); /* 2 and 1, by default */
	struct dt t;
	size_t len;

	(void)state;
	vd.mems.n = 2;
	t = open_ok(write_ok(&vd, &info, base));
	CELLS(&t, "/memory@80000000", "reg", 0, 0x80000000, 0x20000000);
	assert_int_equal(dt_find(&t, STR("/memory@40000000")), DT_NONE);
	vd.mems.n = 3; /* 4 GiB cannot be said in one cell */
	assert_int_equal(guest_fdt_write(&vd, &info, base, out, sizeof(out), &len), E_FORMAT);
	dtb_free(base);
}

static void survives_damaged_trees(void **state)
{
	struct vmdesc vd = usual();
	struct span good = dtb_load("soc");
	u32 seed = 4711, done = 0;
	size_t len;

	(void)state;
	for (size_t n = 1; n < good.n; n++) {
		struct span cut = dtb_copy(span_of(good.p, n));

		assert_int_equal(guest_fdt_write(&vd, &info, cut, out, sizeof(out), &len),
				 E_FORMAT);
		dtb_free(cut);
	}
	for (u32 i = 0; i < 10000; i++) {
		struct span s = dtb_copy(good);
		u8 *p = (u8 *)(uintptr_t)s.p;
		enum status st;

		for (u32 k = dtb_random(&seed) % 4 + 1; k; k--)
			p[dtb_random(&seed) % s.n] = (u8)dtb_random(&seed);
		st = guest_fdt_write(&vd, &info, s, out, 8192, &len);
		if (st == OK) {
			(void)open_ok(span_of(out, len));
			done++;
		}
		dtb_free(s);
	}
	assert_in_range(done, 1000, 9999);
	dtb_free(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_reads_it_back),
		cmocka_unit_test(a_gicv2_is_one),
		cmocka_unit_test(says_what_linux_needs),
		cmocka_unit_test(knows_a_16550),
		cmocka_unit_test(leaves_out_what_is_not_there),
		cmocka_unit_test(writes_wide_cpu_ids),
		cmocka_unit_test(gives_the_same_bytes_twice),
		cmocka_unit_test(dtc_has_nothing_to_say),
		cmocka_unit_test(reports_a_small_buffer),
		cmocka_unit_test(completes_the_users_tree),
		cmocka_unit_test(drops_a_stale_initrd),
		cmocka_unit_test(respects_the_roots_cells),
		cmocka_unit_test(survives_damaged_trees),
	};

	return cmocka_run_group_tests(tests, dtb_setup, dtb_teardown);
}
