/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines as their device trees describe them: one emulated, one of our own with everything
 * awkward in it (tests/data/soc.dts), and damaged ones.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <lib/fdt.h>
#include <lib/hostdesc.h>

#include "dtbdata.h"

#define N_FLIPPED 20000

static u8 memory[1 << 20];
static struct arena arena;

static enum status read_tree(struct span s, struct hostdesc *hd, const char **why)
{
	arena_init(&arena, memory, sizeof(memory));
	return hostdesc_from_fdt(s, &arena, hd, why);
}

/* The tree's bytes are gone when this returns: nothing may point into them. */
static struct hostdesc read_ok(const char *name)
{
	struct span s = dtb_load(name);
	const char *why = NULL;
	struct hostdesc hd;

	assert_int_equal(read_tree(s, &hd, &why), OK);
	assert_null(why);
	memset((void *)(uintptr_t)s.p, 0xa5, s.n);
	dtb_free(s);
	return hd;
}

static const struct hd_dev *dev_of(const struct hostdesc *hd, const char *compatible)
{
	for (u32 i = 0; i < hd->n_devs; i++)
		if (hd_dev_is(&hd->devs[i], compatible))
			return &hd->devs[i];
	return NULL;
}

static void assert_range(struct range r, u64 base, u64 len)
{
	assert_int_equal(r.base, base);
	assert_int_equal(r.len, len);
}

static void reads_an_emulated_machine(void **state)
{
	struct hostdesc hd = read_ok("virt4");
	u32 n_slots = 0;

	(void)state;
	assert_true(str_eq_c(hd.model, "linux,dummy-virt"));
	assert_int_equal(hd.n_cpus, 4);
	assert_int_equal(hd.n_cpus_found, 4);
	assert_int_equal(hd.cpu_hw_id[3], 3);
	assert_int_equal(hd.n_mem, 1);
	assert_range(hd.mem[0], 0x40000000, 0x80000000);
	assert_int_equal(hd.n_reserved, 0);
	assert_int_equal(hd.conduit, HD_CONDUIT_SMC);
	assert_int_equal(hd.irq_timer_guest_virt, 27);
	assert_int_equal(hd.irq_timer_guest_phys, 30);
	assert_int_equal(hd.irq_timer_host, 26);
	assert_int_equal(hd.timer_hz, 0);
	assert_non_null(hd.console);
	assert_true(str_eq_c(hd.console->path, "/pl011@9000000"));
	assert_range(hd.console->win[0], 0x9000000, 0x1000);
	assert_int_equal(hd.console->irq[0].line, 33);
	assert_int_equal(hd.console->irq[0].trigger, HD_TRIGGER_LEVEL);
	assert_int_equal(hd.console->clock_hz, 24000000);
	assert_int_equal(hd.console_baud, 0);
	assert_non_null(hd.intc);
	assert_int_equal(hd.intc->n_win, 2);
	assert_range(hd.intc->win[1], 0x80a0000, 0xf60000);
	assert_int_equal(hd.intc->irq[0].line, 25);
	for (u32 i = 0; i < hd.n_devs; i++)
		n_slots += hd_dev_is(&hd.devs[i], "virtio,mmio");
	assert_int_equal(n_slots, 32);
	assert_int_equal(dev_of(&hd, "virtio,mmio")->irq[0].trigger, HD_TRIGGER_EDGE);
	assert_null(dev_of(&hd, "arm,cortex-a76"));
}

/* A GICv2's guests' interface is the first page of its fourth window; where it has none, nothing. */
static void reads_a_gicv2(void **state)
{
	struct hostdesc hd = read_ok("gicv2");

	(void)state;
	assert_true(hd_dev_is(hd.intc, "arm,cortex-a15-gic"));
	assert_int_equal(hd.intc->n_win, 4);
	assert_string_equal(hd.guest_intc, "gicv2");
	assert_range(hd.guest_intc_cpu, hd.intc->win[3].base, 0x1000);
	assert_int_equal(hd.intc->irq[0].line, 25);
	assert_int_equal(hd.irq_timer_guest_virt, 27);
	hd = read_ok("virt4");
	assert_string_equal(hd.guest_intc, "gicv3");
	assert_int_equal(hd.guest_intc_cpu.len, 0);
}

static void reads_cpus_in_clusters(void **state)
{
	struct hostdesc hd = read_ok("soc");

	(void)state;
	assert_int_equal(hd.n_cpus, 3);
	assert_int_equal(hd.cpu_hw_id[0], 0);
	assert_int_equal(hd.cpu_hw_id[1], 0x100);
	assert_int_equal(hd.cpu_hw_id[2], 0x100000101);
}

static void reads_memory_in_banks(void **state)
{
	struct hostdesc hd = read_ok("soc");

	(void)state;
	assert_int_equal(hd.n_mem, 3);
	assert_range(hd.mem[0], 0x80000000, 0x3f000000);
	assert_range(hd.mem[1], 0xc0000000, 0x20000000); /* behind what nobody may map */
	assert_range(hd.mem[2], 0x800000000, 0x100000000);
	assert_int_equal(hd.n_mem_found, 2);
	assert_int_equal(hd.n_reserved, 2);
	assert_range(hd.reserved[0], 0x80000000, 0x10000);
	assert_range(hd.reserved[1], 0xbf000000, 0x1000000);
	assert_non_null(hostdesc_area(&hd, STR("secure")));
	assert_range(hostdesc_area(&hd, STR("secure"))->at, 0xbf000000, 0x1000000);
	assert_null(hostdesc_area(&hd, STR("pool"))); /* has no place */
	assert_string_equal(hostdesc_near_area(&hd, STR("secur")), "secure");
	assert_null(hostdesc_near_area(&hd, STR("teapot")));
}

static void reads_devices_behind_buses(void **state)
{
	struct hostdesc hd = read_ok("soc");
	const struct hd_dev *d;

	(void)state;
	d = dev_of(&hd, "trivet,far");
	assert_range(d->win[0], 0x908000000, 0x1000);
	assert_int_equal(d->n_irq, 2);
	assert_int_equal(d->irq[0].line, 40);
	assert_int_equal(d->irq[0].trigger, HD_TRIGGER_EDGE);
	assert_int_equal(d->irq[1].trigger, HD_TRIGGER_LEVEL);
	d = dev_of(&hd, "trivet,mixed");
	assert_int_equal(d->n_win, 2);
	assert_int_equal(d->n_irq, 2); /* the third is the GPIO controller's */
	assert_int_equal(d->irq[0].line, 72);
	assert_int_equal(d->irq[1].line, 21);
	assert_null(dev_of(&hd, "trivet,off"));
	assert_null(dev_of(&hd, "trivet,child"));
	assert_null(dev_of(&hd, "trivet,sensor"));
	assert_null(dev_of(&hd, "trivet,outside"));
	assert_null(dev_of(&hd, "trivet,secure"));
}

static void reads_the_console(void **state)
{
	struct hostdesc hd = read_ok("soc");

	(void)state;
	assert_non_null(hd.console);
	assert_true(hd_dev_is(hd.console, "arm,pl011"));
	assert_true(hd_dev_is(hd.console, "arm,primecell"));
	assert_false(hd_dev_is(hd.console, "arm"));
	assert_range(hd.console->win[0], 0x10204000, 0x1000);
	assert_int_equal(hd.console->irq[0].line, 37);
	assert_int_equal(hd.console->clock_hz, 48000000);
	assert_int_equal(hd.console->reg_shift, 2);
	assert_int_equal(hd.console->reg_io_width, 4);
	assert_int_equal(hd.console_baud, 57600);
	assert_true(str_eq_c(hd.bootargs, "loglevel=debug"));
	assert_true(str_eq_c(hd.loader, "2023.01"));
}

static void reads_controller_timer_firmware(void **state)
{
	struct hostdesc hd = read_ok("soc");

	(void)state;
	assert_non_null(hd.intc);
	assert_int_equal(hd.intc->n_win, 4);
	assert_int_equal(hd.intc->n_redist, 2);
	assert_int_equal(hd.intc->redist_stride, 0x40000);
	assert_int_equal(hd.conduit, HD_CONDUIT_HVC);
	assert_int_equal(hd.irq_timer_guest_phys, 30);
	assert_int_equal(hd.irq_timer_guest_virt, 27);
	assert_int_equal(hd.irq_timer_host, 26);
	assert_int_equal(hd.timer_hz, 25000000);
}

static void reads_the_smallest(void **state)
{
	struct hostdesc hd = read_ok("small");

	(void)state;
	assert_int_equal(hd.n_cpus, 1);
	assert_int_equal(hd.cpu_hw_id[0], 3);
	assert_range(hd.mem[0], 0x40000000, 0x8000000);
	assert_int_equal(hd.n_devs, 0);
	assert_null(hd.console);
	assert_null(hd.intc);
	assert_int_equal(hd.conduit, HD_CONDUIT_NONE);
	assert_int_equal(hd.model.n, 0);
}

/* ---- trees of our own making ---------------------------------------------------------------- */

struct made {
	u32 n_cpus;
	u32 n_banks;
	u64 bank_gap;
	u32 n_reserved;
	u32 cpu_reg_cells;
	u64 forbidden; /* bytes from 0 on that nobody may map */
};

static void make_cpus(struct dt_out *o, const struct made *m)
{
	static const u32 zero[4];

	dt_out_node(o, "cpus");
	dt_out_u32(o, "#address-cells", 1);
	dt_out_u32(o, "#size-cells", 0);
	for (u32 i = 0; i < m->n_cpus; i++) {
		dt_out_node_at(o, "cpu", i);
		if (m->cpu_reg_cells)
			dt_out_cells(o, "reg", zero, m->cpu_reg_cells);
		else
			dt_out_u32(o, "reg", i);
		dt_out_end_node(o);
	}
	dt_out_end_node(o);
}

static void make_range(struct dt_out *o, const char *name, u64 base, u64 len)
{
	u32 reg[] = { (u32)(base >> 32), (u32)base, (u32)(len >> 32), (u32)len };

	dt_out_node_at(o, name, base);
	if (strcmp(name, "memory") == 0)
		dt_out_str(o, "device_type", STR("memory"));
	if (strcmp(name, "forbidden") == 0)
		dt_out_flag(o, "no-map");
	dt_out_cells(o, "reg", reg, 4);
	dt_out_end_node(o);
}

static struct span make(struct made m)
{
	static alignas(8) u8 buf[16384];
	struct dt_out o;
	size_t len = 0;

	dt_out_begin(&o, buf, sizeof(buf));
	dt_out_u32(&o, "#address-cells", 2);
	dt_out_u32(&o, "#size-cells", 2);
	make_cpus(&o, &m);
	for (u32 i = m.n_banks; i-- > 0;)
		make_range(&o, "memory", MIB(64) * i, MIB(64) - m.bank_gap);
	dt_out_node(&o, "reserved-memory");
	dt_out_u32(&o, "#address-cells", 2);
	dt_out_u32(&o, "#size-cells", 2);
	dt_out_flag(&o, "ranges");
	for (u32 i = 0; i < m.n_reserved; i++)
		make_range(&o, "r", MIB(2) * i, MIB(1));
	if (m.forbidden)
		make_range(&o, "forbidden", 0, m.forbidden);
	dt_out_end_node(&o);
	assert_int_equal(dt_out_finish(&o, &len), OK);
	return span_of(buf, len);
}

static void counts_cpus_beyond_ours(void **state)
{
	const char *why;
	struct hostdesc hd;

	(void)state;
	assert_int_equal(read_tree(make((struct made){ .n_cpus = 20, .n_banks = 1 }), &hd, &why),
			 OK);
	assert_int_equal(hd.n_cpus, HD_MAX_CPUS);
	assert_int_equal(hd.n_cpus_found, 20);
}

static void joins_neighbours(void **state)
{
	const char *why;
	struct hostdesc hd;

	(void)state;
	assert_int_equal(read_tree(make((struct made){ .n_cpus = 1, .n_banks = 40 }), &hd, &why),
			 OK);
	assert_int_equal(hd.n_mem, 1);
	assert_range(hd.mem[0], 0, MIB(64) * 40);
}

static void bounds_banks(void **state)
{
	const struct made m = { .n_cpus = 1, .n_banks = 20, .bank_gap = MIB(1) };
	const char *why;
	struct hostdesc hd;

	(void)state;
	assert_int_equal(read_tree(make(m), &hd, &why), OK);
	assert_int_equal(hd.n_mem, HD_MAX_MEM);
	assert_int_equal(hd.n_mem_found, 20);
	for (u32 i = 1; i < hd.n_mem; i++)
		assert_true(hd.mem[i - 1].base < hd.mem[i].base);
}

static void refuses_what_it_cannot_keep(void **state)
{
	static const struct made bad[] = {
		{ .n_cpus = 0, .n_banks = 1 },
		{ .n_cpus = 1, .n_banks = 0 },
		{ .n_cpus = 1, .n_banks = 1, .forbidden = MIB(64) },
		{ .n_cpus = 1, .n_banks = 1, .cpu_reg_cells = 3 },
	};
	const struct made many = { .n_cpus = 1, .n_banks = 1, .n_reserved = HD_MAX_MEM + 1 };
	struct hostdesc hd;
	const char *why;

	(void)state;
	for (u32 i = 0; i < 3; i++) {
		why = NULL;
		assert_int_equal(read_tree(make(bad[i]), &hd, &why), E_FORMAT);
		assert_non_null(why);
	}
	/* three ids in one reg: the first one counts */
	assert_int_equal(read_tree(make(bad[3]), &hd, &why), OK);
	why = NULL;
	assert_int_equal(read_tree(make(many), &hd, &why), E_UNSUP);
	assert_non_null(why);
}

static void reports_a_full_arena(void **state)
{
	struct span s = dtb_load("soc");
	struct hostdesc hd;
	const char *why;
	enum status st = E_NOMEM;
	size_t size;

	(void)state;
	for (size = 0; st != OK && size < sizeof(memory); size += 64) {
		arena_init(&arena, memory, size);
		st = hostdesc_from_fdt(s, &arena, &hd, &why);
		assert_true(st == OK || st == E_NOMEM);
	}
	assert_in_range(size, 1024, 8192);
	dtb_free(s);
}

static void put_nothing(void *ctx, const char *line)
{
	u32 *n = ctx;

	++*n;
	assert_true(strlen(line) < 160);
}

static void survives_damage(void **state)
{
	static const char *const names[] = { "soc", "virt1", "small" };
	u32 seed = 777, sound = 0;

	(void)state;
	for (u32 i = 0; i < N_FLIPPED; i++) {
		struct span s = dtb_load(names[i % 3]);
		u8 *p = (u8 *)(uintptr_t)s.p;
		const char *why = NULL;
		struct hostdesc hd;
		u32 lines = 0;

		for (u32 k = dtb_random(&seed) % 8 + 1; k; k--)
			p[dtb_random(&seed) % s.n] ^= (u8)(1u << dtb_random(&seed) % 8);
		if (read_tree(s, &hd, &why) == OK) {
			hostdesc_print(&hd, put_nothing, &lines);
			sound++;
		} else {
			assert_non_null(why);
		}
		dtb_free(s);
	}
	assert_in_range(sound, 100, N_FLIPPED);
}

static void keep_line(void *ctx, const char *line)
{
	char *text = ctx;

	strcat(text, line);
	strcat(text, "\n");
}

static void prints_the_machine(void **state)
{
	static const char expected[] =
		"machine    Trivet test board\n"
		"CPUs       3, hardware ids 0x0 0x100 0x100000101\n"
		"memory     0x80000000-0xbeffffff 1008 MiB\n"
		"           0xc0000000-0xdfffffff 512 MiB\n"
		"           0x800000000-0x8ffffffff 4096 MiB\n"
		"reserved   0x80000000-0x8000ffff 64 KiB\n"
		"           0xbf000000-0xbfffffff 16 MiB\n"
		"interrupts /interrupt-controller@2f000000, arm,gic-v3 at 0x2f000000, 0x2f100000, "
		"0x2f400000, 0x2c000000, interrupt 25\n"
		"timers     interrupts: host 26, guest virtual 27, guest physical 30\n"
		"console    /soc@10000000/apb@200000/serial@4000, arm,pl011 at 0x10204000, "
		"interrupt 37\n"
		"firmware   calls by HVC\n"
		"devices    7 described\n"
		"loader     U-Boot 2023.01\n"
		"arguments  loglevel=debug\n";
	struct hostdesc hd = read_ok("soc");
	char text[2048] = "";

	(void)state;
	hostdesc_print(&hd, keep_line, text);
	assert_string_equal(text, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_an_emulated_machine),
		cmocka_unit_test(reads_a_gicv2),
		cmocka_unit_test(reads_cpus_in_clusters),
		cmocka_unit_test(reads_memory_in_banks),
		cmocka_unit_test(reads_devices_behind_buses),
		cmocka_unit_test(reads_the_console),
		cmocka_unit_test(reads_controller_timer_firmware),
		cmocka_unit_test(reads_the_smallest),
		cmocka_unit_test(counts_cpus_beyond_ours),
		cmocka_unit_test(joins_neighbours),
		cmocka_unit_test(bounds_banks),
		cmocka_unit_test(refuses_what_it_cannot_keep),
		cmocka_unit_test(reports_a_full_arena),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(prints_the_machine),
	};

	return cmocka_run_group_tests(tests, dtb_setup, dtb_teardown);
}
