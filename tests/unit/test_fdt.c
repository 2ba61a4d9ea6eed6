/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/fdt on sound trees, on every truncation of one, and on thousands with flipped bytes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/endian.h>
#include <lib/fdt.h>
#include <libfdt.h>

#include "dtbdata.h"

#define N_FLIPPED 20000

static u8 memory[1 << 20];
static struct arena arena;

static struct dt open_ok(struct span s)
{
	const char *why = NULL;
	struct dt t;

	arena_init(&arena, memory, sizeof(memory));
	assert_int_equal(dt_open(s, &arena, &t, &why), OK);
	assert_null(why);
	return t;
}

static u32 find(const struct dt *t, const char *path)
{
	return dt_find(t, str_of(path));
}

static void finds_nodes(void **state)
{
	struct span s = dtb_load("soc");
	struct dt t = open_ok(s);
	u32 uart = find(&t, "/soc@10000000/apb@200000/serial@4000");

	(void)state;
	assert_int_not_equal(uart, DT_NONE);
	assert_int_equal(find(&t, "/"), 0);
	assert_int_equal(find(&t, "serial0"), uart);
	assert_int_equal(find(&t, "/soc/apb/serial"), uart);
	assert_string_equal(dt_path(&t, uart, &arena), "/soc@10000000/apb@200000/serial@4000");
	assert_string_equal(dt_path(&t, 0, &arena), "/");
	assert_true(dt_is_compatible(&t, uart, "arm,primecell"));
	assert_false(dt_is_compatible(&t, uart, "arm,prime"));
	assert_int_equal(dt_find_compatible(&t, 0, "arm,pl011"), uart);
	assert_int_equal(find(&t, "/soc/apb/nobody"), DT_NONE);
	assert_int_equal(find(&t, "serial1"), DT_NONE);
	assert_int_equal(find(&t, ""), DT_NONE);
	assert_int_equal(dt_parent(&t, 0), DT_NONE);
	assert_int_equal(dt_end(&t, 0), t.n_nodes);
	dtb_free(s);
}

static void status_is_inherited(void **state)
{
	struct span s = dtb_load("soc");
	struct dt t = open_ok(s);

	(void)state;
	assert_true(dt_enabled(&t, find(&t, "/soc/apb/serial")));
	assert_false(dt_enabled(&t, find(&t, "/soc/apb/off")));
	assert_false(dt_enabled(&t, find(&t, "/soc/sleeping/child")));
	dtb_free(s);
}

static void reads_values(void **state)
{
	struct span s = dtb_load("soc");
	struct dt t = open_ok(s);
	u32 uart = find(&t, "serial0"), timer = find(&t, "/timer");
	struct str str;
	u32 v;

	(void)state;
	assert_true(dt_u32(&t, uart, "reg-shift", 0, &v));
	assert_int_equal(v, 2);
	assert_false(dt_u32(&t, uart, "reg-shift", 1, &v));
	assert_true(dt_str(&t, timer, "interrupt-names", 2, &str));
	assert_true(str_eq_c(str, "hyp-phys"));
	assert_false(dt_str(&t, timer, "interrupt-names", 3, &str));
	assert_false(dt_str(&t, timer, "interrupts", 0, &str) && str.n > 4);
	assert_false(dt_has(&t, uart, "no-such"));
	dtb_free(s);
}

static void translates_addresses(void **state)
{
	struct span s = dtb_load("soc");
	struct dt t = open_ok(s);
	struct range r;
	u64 id;

	(void)state;
	assert_int_equal(dt_reg(&t, find(&t, "serial0"), 0, &r), OK);
	assert_int_equal(r.base, 0x10204000);
	assert_int_equal(r.len, 0x1000);
	assert_int_equal(dt_reg(&t, find(&t, "serial0"), 1, &r), E_NOTFOUND);
	assert_int_equal(dt_reg(&t, find(&t, "/soc/far"), 0, &r), OK);
	assert_int_equal(r.base, 0x908000000);
	assert_int_equal(dt_reg(&t, find(&t, "/soc/outside"), 0, &r), E_UNSUP);
	assert_int_equal(dt_reg(&t, find(&t, "/soc/straddles"), 0, &r), E_UNSUP);
	assert_int_equal(dt_reg(&t, find(&t, "/soc/i2c/sensor"), 0, &r), E_UNSUP);
	assert_int_equal(dt_reg(&t, find(&t, "/psci"), 0, &r), E_NOTFOUND);
	assert_int_equal(dt_reg(&t, 0, 0, &r), E_NOTFOUND);
	assert_int_equal(dt_reg_id(&t, find(&t, "/cpus/cpu@100000101"), 0, &id), OK);
	assert_int_equal(id, 0x100000101);
	dtb_free(s);
}

static void resolves_interrupts(void **state)
{
	struct span s = dtb_load("soc");
	struct dt t = open_ok(s);
	u32 gic = find(&t, "/interrupt-controller@2f000000"), gpio = find(&t, "/soc/gpio");
	u32 mixed = find(&t, "/soc/apb/mixed");
	struct dt_irq irq;

	(void)state;
	assert_int_equal(dt_irq(&t, mixed, 0, &irq), OK);
	assert_int_equal(irq.controller, gpio);
	assert_int_equal(irq.n_cells, 2);
	assert_int_equal(irq.cell[0], 3);
	assert_int_equal(dt_irq(&t, mixed, 1, &irq), OK);
	assert_int_equal(irq.controller, gic);
	assert_int_equal(irq.cell[1], 40);
	assert_int_equal(dt_irq(&t, mixed, 2, &irq), OK);
	assert_int_equal(irq.cell[1], 5);
	assert_int_equal(dt_irq(&t, mixed, 3, &irq), E_NOTFOUND);
	assert_int_equal(dt_irq(&t, find(&t, "/soc/far"), 1, &irq), OK);
	assert_int_equal(irq.controller, gic);
	assert_int_equal(irq.cell[1], 9);
	assert_int_equal(dt_irq(&t, find(&t, "/psci"), 0, &irq), E_NOTFOUND);
	dtb_free(s);
}

static void reads_reservations(void **state)
{
	struct span s = dtb_load("soc");
	struct dt t = open_ok(s);
	struct range r;

	(void)state;
	assert_int_equal(dt_reservation(&t, 0, &r), OK);
	assert_int_equal(r.base, 0x80000000);
	assert_int_equal(r.len, 0x10000);
	assert_int_equal(dt_reservation(&t, 1, &r), E_NOTFOUND);
	dtb_free(s);
}

/* Everything that can be asked of a tree. */
static void ask_everything(const struct dt *t)
{
	struct arena scratch;
	static u8 scratch_mem[4096];
	struct range r;
	struct dt_irq irq;
	struct str str;
	u64 id;
	u32 v;

	for (u32 n = 0; n < t->n_nodes; n++) {
		arena_init(&scratch, scratch_mem, sizeof(scratch_mem));
		(void)dt_path(t, n, &scratch);
		(void)dt_find_phandle(t, n);
		(void)dt_enabled(t, n);
		(void)dt_irq_parent(t, n);
		(void)dt_str(t, n, "compatible", 1, &str);
		(void)dt_u32(t, n, "clocks", 1, &v);
		for (u32 i = 0; i < 5; i++) {
			enum status st[] = { dt_reg(t, n, i, &r), dt_irq(t, n, i, &irq),
					     dt_reg_id(t, n, i, &id), dt_reservation(t, i, &r) };

			(void)st;
		}
	}
	(void)dt_find(t, STR("/cpus/cpu@0"));
	(void)dt_find(t, STR("serial0/x"));
	(void)dt_find_compatible(t, 0, "arm,gic-v3");
}

static bool try_open(struct span s)
{
	const char *why = NULL;
	struct dt t;
	enum status st;

	arena_init(&arena, memory, sizeof(memory));
	st = dt_open(s, &arena, &t, &why);
	if (st == OK)
		ask_everything(&t);
	else
		assert_true(st == E_NOMEM || why != NULL);
	return st == OK;
}

/* Every property of every node, in order, as another reader sees them. */
static void agrees_with_libfdt(void **state)
{
	static const char *const names[] = { "soc", "virt4", "small" };

	(void)state;
	for (u32 i = 0; i < array_size(names); i++) {
		struct span s = dtb_load(names[i]), v;
		struct dt t = open_ok(s);
		int off = 0, depth = 0, prop, len;

		for (u32 n = 0; n < t.n_nodes; n++) {
			const char *name = fdt_get_name(s.p, off, &len), *ours;
			u32 at = 0;

			assert_ptr_equal(dt_name(&t, n).p, name);
			assert_int_equal(dt_name(&t, n).n, len);
			fdt_for_each_property_offset(prop, s.p, off) {
				const void *p = fdt_getprop_by_offset(s.p, prop, &name, &len);

				assert_true(dt_prop_next(&t, n, &at, &ours, &v));
				assert_string_equal(ours, name);
				assert_ptr_equal(v.p, p);
				assert_int_equal(v.n, len);
				assert_true(dt_prop(&t, n, name, &v) && v.p == p);
			}
			assert_false(dt_prop_next(&t, n, &at, &ours, &v));
			off = fdt_next_node(s.p, off, &depth);
		}
		assert_true(off < 0 || depth < 0);
		dtb_free(s);
	}
}

static void refuses_truncated(void **state)
{
	struct span whole = dtb_load("virt4");

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		struct span cut = dtb_copy(span_of(whole.p, n));

		assert_false(try_open(cut));
		/* ... also when the header agrees with the cut. */
		if (n >= 8)
			store_be32((void *)(uintptr_t)(cut.p + 4), (u32)n);
		(void)try_open(cut);
		dtb_free(cut);
	}
	assert_true(try_open(whole));
	dtb_free(whole);
}

static void refuses_short_old_headers(void **state)
{
	(void)state;
	for (u32 version = 0; version < 20; version++)
		for (size_t n = 8; n <= 64; n += 4) {
			u8 raw[64] = { 0 };
			struct span s;

			store_be32(raw, 0xd00dfeed);
			store_be32(raw + 4, (u32)n);
			if (n >= 24)
				store_be32(raw + 20, version);
			s = dtb_copy(span_of(raw, n));
			assert_false(try_open(s));
			dtb_free(s);
		}
}

static void refuses_misaligned(void **state)
{
	struct span s = dtb_load("small");
	static alignas(8) u8 raw[4096];
	const char *why = NULL;
	struct dt t;

	(void)state;
	memcpy(raw + 4, s.p, s.n);
	arena_init(&arena, memory, sizeof(memory));
	assert_int_equal(dt_open(span_of(raw + 4, s.n), &arena, &t, &why), E_FORMAT);
	assert_non_null(why);
	dtb_free(s);
}

/* The same tree with @gap bytes put in at @at, and every offset behind that corrected. */
static struct span widen(struct span s, u32 at, u32 gap)
{
	static const u8 offsets[] = { 8, 12, 16 }; /* structure, strings, reservations */
	struct span wide = dtb_copy(span_of(s.p, s.n));
	u8 *p = realloc((void *)(uintptr_t)wide.p, s.n + gap);

	memmove(p + at + gap, p + at, s.n - at);
	store_be32(p + 4, (u32)s.n + gap);
	for (u32 i = 0; i < array_size(offsets); i++)
		if (load_be32(p + offsets[i]) >= at)
			store_be32(p + offsets[i], load_be32(p + offsets[i]) + gap);
	return span_of(p, s.n + gap);
}

static void refuses_misaligned_blocks(void **state)
{
	struct span s = dtb_load("small");
	const u32 at[] = { load_be32(s.p + 8), load_be32(s.p + 16) };

	(void)state;
	for (u32 i = 0; i < array_size(at); i++)
		for (u32 gap = 1; gap <= 8; gap++) {
			struct span wide = widen(s, at[i], gap);

			assert_int_equal(try_open(wide), gap % (i ? 8 : 4) == 0);
			dtb_free(wide);
		}
	dtb_free(s);
}

static void survives_flipped(void **state)
{
	static const char *const names[] = { "soc", "virt1", "small" };
	u32 seed = 20240607, opened = 0;

	(void)state;
	for (u32 i = 0; i < N_FLIPPED; i++) {
		struct span good = dtb_load(names[i % 3]);
		u8 *p = (u8 *)(uintptr_t)good.p;

		for (u32 k = dtb_random(&seed) % 4 + 1; k; k--)
			p[dtb_random(&seed) % good.n] = (u8)dtb_random(&seed);
		opened += try_open(good);
		dtb_free(good);
	}
	/* Flips in values leave a sound tree: both ways are taken. */
	assert_in_range(opened, N_FLIPPED / 10, N_FLIPPED * 9 / 10);
}

/* A tree of our own writer with @n nodes inside each other or beside each other. */
static struct span make_nodes(u32 n, bool nested, u8 *buf, size_t size)
{
	struct dt_out o;
	size_t len = 0;

	dt_out_begin(&o, buf, size);
	for (u32 i = 0; i < n; i++) {
		dt_out_node_at(&o, "n", i);
		if (!nested)
			dt_out_end_node(&o);
	}
	for (u32 i = 0; nested && i < n; i++)
		dt_out_end_node(&o);
	assert_int_equal(dt_out_finish(&o, &len), OK);
	return span_of(buf, len);
}

static void bounds_nodes(void **state)
{
	static alignas(8) u8 buf[512 * 1024];

	(void)state;
	assert_true(try_open(make_nodes(DT_MAX_DEPTH - 1, true, buf, sizeof(buf))));
	assert_false(try_open(make_nodes(DT_MAX_DEPTH, true, buf, sizeof(buf))));
	assert_true(try_open(make_nodes(DT_MAX_NODES - 1, false, buf, sizeof(buf))));
	assert_false(try_open(make_nodes(DT_MAX_NODES, false, buf, sizeof(buf))));
}

static void reports_a_full_arena(void **state)
{
	struct span s = dtb_load("soc");
	const char *why = NULL;
	struct dt t;

	(void)state;
	arena_init(&arena, memory, 64);
	assert_int_equal(dt_open(s, &arena, &t, &why), E_NOMEM);
	dtb_free(s);
}

static void writes_what_it_reads(void **state)
{
	static const u32 cells[] = { 1, 2, 0xdeadbeef };
	static alignas(8) u8 buf[1024];
	struct str str;
	struct dt_out o;
	struct dt t;
	size_t len;
	u32 n, v;

	(void)state;
	dt_out_begin(&o, buf, sizeof(buf));
	dt_out_u32(&o, "#address-cells", 2);
	dt_out_node_at(&o, "uart", 0x123456789);
	dt_out_str(&o, "compatible", STR("a,b\0c,d"));
	dt_out_cells(&o, "cells", cells, 3);
	dt_out_u64(&o, "wide", 0x1122334455667788);
	dt_out_flag(&o, "flag");
	dt_out_end_node(&o);
	assert_int_equal(dt_out_finish(&o, &len), OK);
	t = open_ok(span_of(buf, len));
	n = find(&t, "/uart@123456789");
	assert_int_not_equal(n, DT_NONE);
	assert_true(dt_is_compatible(&t, n, "c,d"));
	assert_true(dt_str(&t, n, "compatible", 1, &str) && str_eq_c(str, "c,d"));
	assert_true(dt_u32(&t, n, "cells", 2, &v) && v == 0xdeadbeef);
	assert_true(dt_u32(&t, n, "wide", 1, &v) && v == 0x55667788);
	assert_true(dt_has(&t, n, "flag"));
}

static void refuses_what_nobody_would_find(void **state)
{
	static alignas(8) u8 buf[1024];
	struct dt_out o;
	size_t len;

	(void)state;
	dt_out_begin(&o, buf, sizeof(buf));
	dt_out_node(&o, "child");
	dt_out_end_node(&o);
	dt_out_flag(&o, "late");
	assert_int_equal(dt_out_finish(&o, &len), E_INVAL);
	dt_out_begin(&o, buf, sizeof(buf));
	dt_out_node(&o, "open");
	assert_int_equal(dt_out_finish(&o, &len), E_INVAL);
	dt_out_begin(&o, buf, sizeof(buf));
	dt_out_end_node(&o);
	assert_int_equal(dt_out_finish(&o, &len), E_INVAL);
}

/* More names than are remembered: some are written twice, all can be read. */
static void writes_many_names(void **state)
{
	static alignas(8) u8 buf[32768];
	struct dt_out o;
	char name[16];
	struct dt t;
	size_t len;
	u32 v;

	(void)state;
	dt_out_begin(&o, buf, sizeof(buf));
	for (u32 round = 0; round < 2; round++) {
		dt_out_node_at(&o, "n", round);
		for (u32 i = 0; i < 300; i++) {
			snprintf(name, sizeof(name), "p%u", i * 37);
			dt_out_u32(&o, name, i + round);
		}
		dt_out_end_node(&o);
	}
	assert_int_equal(dt_out_finish(&o, &len), OK);
	assert_int_equal(fdt_check_full(buf, len), 0);
	t = open_ok(span_of(buf, len));
	for (u32 i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "p%u", i * 37);
		assert_true(dt_u32(&t, 1, name, 0, &v) && v == i);
		assert_true(dt_u32(&t, 2, name, 0, &v) && v == i + 1);
	}
}

static void edits_a_copy(void **state)
{
	static alignas(8) u8 buf[16384];
	struct span s = dtb_load("soc"), v;
	struct dt_edit e;
	struct str str;
	struct dt t;
	size_t len;
	int node;

	(void)state;
	assert_int_equal(dt_edit_begin(&e, s, buf, sizeof(buf)), OK);
	node = dt_edit_node(&e, 0, "fresh@1");
	dt_edit_set(&e, node, "reg", "\0\0\0\1", 4);
	dt_edit_set_str(&e, node, "model", STR("short"));
	dt_edit_set_str(&e, node, "model", STR("rather a long one"));
	dt_edit_set_str(&e, node, "gone", STR("x"));
	dt_edit_unset(&e, node, "gone");
	dt_edit_unset(&e, node, "never was");
	assert_int_equal(dt_edit_node(&e, 0, "fresh"), node);
	node = dt_edit_node(&e, node, "inside");
	dt_edit_set(&e, node, "empty", NULL, 0);
	dt_edit_delete_type(&e, "memory");
	assert_int_equal(dt_edit_finish(&e, &len), OK);
	assert_int_equal(fdt_check_full(buf, len), 0);
	t = open_ok(span_of(buf, len));
	node = (int)find(&t, "/fresh@1");
	assert_true(dt_str(&t, (u32)node, "model", 0, &str) && str_eq_c(str, "rather a long one"));
	assert_true(dt_prop(&t, (u32)node, "reg", &v) && v.n == 4 && v.p[3] == 1);
	assert_false(dt_has(&t, (u32)node, "gone"));
	assert_true(dt_has(&t, find(&t, "/fresh/inside"), "empty"));
	assert_int_equal(find(&t, "/memory"), DT_NONE);
	reads_reservations(state); /* of the base; the copy's: */
	assert_int_equal(t.reservations.n, 16);
	dtb_free(s);
}

static void reports_a_full_buffer(void **state)
{
	static alignas(8) u8 buf[1024];
	u32 fit = 0;

	(void)state;
	for (size_t size = 0; size <= sizeof(buf); size += 8) {
		struct dt_out o;
		size_t len;

		dt_out_begin(&o, buf, size);
		dt_out_str(&o, "model", STR("something that takes a little room"));
		for (u32 i = 0; i < 8; i++)
			dt_out_u64(&o, "number", i);
		if (dt_out_finish(&o, &len) == OK)
			fit++;
		else
			assert_int_equal(fit, 0);
	}
	assert_int_not_equal(fit, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nodes),
		cmocka_unit_test(status_is_inherited),
		cmocka_unit_test(reads_values),
		cmocka_unit_test(translates_addresses),
		cmocka_unit_test(resolves_interrupts),
		cmocka_unit_test(reads_reservations),
		cmocka_unit_test(agrees_with_libfdt),
		cmocka_unit_test(refuses_truncated),
		cmocka_unit_test(refuses_short_old_headers),
		cmocka_unit_test(refuses_misaligned),
		cmocka_unit_test(refuses_misaligned_blocks),
		cmocka_unit_test(survives_flipped),
		cmocka_unit_test(bounds_nodes),
		cmocka_unit_test(reports_a_full_arena),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(refuses_what_nobody_would_find),
		cmocka_unit_test(writes_many_names),
		cmocka_unit_test(edits_a_copy),
		cmocka_unit_test(reports_a_full_buffer),
	};

	return cmocka_run_group_tests(tests, dtb_setup, dtb_teardown);
}
