/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packed form: what a description says comes back, the same bytes are packed again, and of what is
 * damaged nothing is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <base/bits.h>
#include <base/endian.h>
#include <lib/fdt.h>
#include <lib/packed.h>
#include "config_fixture.h"

#define FILES(n)                       \
	(struct src_pos)               \
	{                              \
		"vms/a.camkes", (n), 3 \
	}

extern const struct config_lang config_packed;

static alignas(8) u8 blob[KIB(32)], again[KIB(32)];
static u8 memory[2][KIB(256)];
static struct arena arena, other;
static char printed[8192];
static size_t n_blob;

static int fresh(void **state)
{
	(void)state;
	arena_init(&arena, memory[0], sizeof(memory[0]));
	arena_init(&other, memory[1], sizeof(memory[1]));
	memset(blob, 0, sizeof(blob));
	printed[0] = '\0';
	return 0;
}

static void put(void *ctx, const char *line)
{
	(void)ctx;
	strcat(printed, line);
	strcat(printed, "\n");
}

static void fill_devices(struct vmdesc *vd)
{
	struct vd_dev *d = vmdesc_add_dev(vd, &arena, FILES(40));
	struct vd_pass *p = vmdesc_add_pass(vd, &arena, FILES(50));
	struct vd_option *o;

	d->class = STR("virtio-blk");
	d->name = STR("disk");
	d->n_win = 2;
	d->win[1] = (struct vd_window){ GPA(0x0a000000), 0x200 };
	d->n_irq = 1;
	d->irq[0] = (struct vd_irq){ 48, VD_TRIGGER_EDGE };
	for (u32 i = 0; i < 6; i++) {
		o = vd_dev_add_option(d, &arena, FILES(41 + i));
		o->key = STR("key");
		o->value = i ? STR("value\0with a zero") : STR("");
	}
	p->name = STR("row");
	p->n_win = 1;
	p->win[0] = (struct vd_pass_window){ GPA(1), HPA(2), 3, VD_R, VD_PASS_FORWARD };
	p->n_irq = 2;
	p->irq[1] = (struct vd_pass_irq){ 4, 5, VD_TRIGGER_EDGE };
	vmdesc_add_pass_path(vd, &arena, FILES(60))->path = STR("/soc");
	vmdesc_add_pass_except(vd, &arena, FILES(61))->path = STR("/soc/x");
	vmdesc_add_reserve(vd, &arena, FILES(62))->win = (struct vd_window){ GPA(7), 8 };
	vmdesc_add_reserve(vd, &arena, FILES(63))->irq = 39;
}

static struct vmdesc *full(void)
{
	struct vmdesc *vd = vmdesc_new(&arena, "vms/a.camkes");
	struct vd_vcpu *v = vmdesc_add_vcpu(vd, &arena, FILES(20));

	vd->lang = "camkes";
	vd->isa = "aarch64";
	vd->isa_at = FILES(1);
	vd->id = 7;
	vd->id_at = (struct src_pos){ "vms/b.h", 2, 2 };
	vd->name = STR("guest");
	vd->abi = VM_BOOT_RAW;
	vd->intc = VM_INTC_NONE;
	vd->policy.unsupported[VD_UNSUP_REGISTER] = VD_ABORT;
	vd->policy.at[VD_UNSUP_REGISTER] = FILES(3);
	vd->absent = BIT(VD_PART_CONSOLE);
	vd->cmdline = STR("console=ttyAMA0");
	vd->entry = (struct vd_addr){ GPA(0), true, FILES(4) };
	*v = (struct vd_vcpu){ 1, true, 0xf000000000, 2, true, 9, FILES(20), FILES(21) };
	*vmdesc_add_mem(vd, &arena, FILES(30)) =
		(struct vd_mem){ GPA(0x80000000), MIB(2),    VD_R,
				 VD_MEM_CLAIMED,  FILES(30), HPA(0x40000000) };
	*vmdesc_add_image(vd, &arena, FILES(31)) = (struct vd_image){
		VD_IMG_DATA, VD_SRC_HOME, STR("x"), { GPA(0x80000000), true, FILES(32) }, FILES(31)
	};
	fill_devices(vd);
	vd->next = vmdesc_new(&arena, "vms/a.camkes");
	vd->next->name = STR("second");
	return vd;
}

static enum status unpack_to(struct arena *a, size_t n, struct vmdesc **out)
{
	const char *why = NULL;
	enum status st = vmdesc_unpack(span_of(blob, n), a, out, &why);

	assert_true(st == OK || st == E_FORMAT || st == E_NOMEM);
	assert_true(st == OK ? *out != NULL : *out == NULL);
	assert_true(st != E_FORMAT || why);
	return st;
}

static void pack_full(void)
{
	assert_int_equal(vmdesc_pack(full(), blob, sizeof(blob), &n_blob), OK);
}

static void test_round_trip(void **state)
{
	char before[sizeof(printed)];
	struct vmdesc *vd = full(), *back;
	size_t n;

	(void)state;
	vmdesc_print(vd, put, NULL);
	strcpy(before, printed);
	pack_full();
	assert_int_equal(unpack_to(&other, n_blob, &back), OK);
	assert_int_equal(vmdesc_pack(back, again, sizeof(again), &n), OK);
	assert_int_equal(n, n_blob);
	assert_memory_equal(blob, again, n);
	memset(blob, '#', sizeof(blob)); /* nothing points into it */
	printed[0] = '\0';
	vmdesc_print(back, put, NULL);
	assert_string_equal(printed, before);
	assert_string_equal(back->lang, "camkes");
	assert_string_equal(back->id_at.file, "vms/b.h");
	assert_int_equal(back->id_at.line, 2);
	assert_int_equal(back->devs.v[0].options.n, 6);
	assert_int_equal(back->devs.v[0].options.v[5].value.n, 17);
	assert_int_equal(back->devs.v[0].options.v[5].at.line, 46);
	assert_int_equal(back->vcpus.v[0].mask_at.col, 3);
	assert_int_equal(back->policy.at[VD_UNSUP_REGISTER].line, 3);
	assert_true(back->entry.given && back->entry.at.line == 4);
	assert_string_equal(back->next->name.p, "second");
	assert_null(back->next->next);
	/* Lists go on as any. */
	assert_non_null(vmdesc_add_dev(back, &other, FILES(99)));
	assert_int_equal(back->devs.n, 2);
}

/* Every byte, changed: refused or understood, and what is understood can be used. */
static void test_damaged(void **state)
{
	static u8 sound[sizeof(blob)];

	(void)state;
	pack_full();
	memcpy(sound, blob, n_blob);
	for (size_t i = 0; i < n_blob; i++) {
		for (u32 bit = 0; bit < 8; bit++) {
			struct vmdesc *vd;

			memcpy(blob, sound, n_blob);
			blob[i] ^= (u8)(1u << bit);
			arena_init(&other, memory[1], sizeof(memory[1]));
			if (unpack_to(&other, n_blob, &vd) != OK)
				continue;
			printed[0] = '\0';
			vmdesc_print(vd, put, NULL);
		}
	}
	for (size_t n = 0; n < n_blob; n++) {
		struct vmdesc *vd;

		memcpy(blob, sound, n_blob);
		arena_init(&other, memory[1], sizeof(memory[1]));
		assert_int_equal(unpack_to(&other, n, &vd), E_FORMAT);
	}
}

/* A tree with one VM of one property, or of one child node. */
static enum status with(const char *node, const char *prop, const void *value, size_t n)
{
	struct dt_out o;
	struct vmdesc *vd;
	size_t len;

	dt_out_begin(&o, blob, sizeof(blob));
	dt_out_str(&o, "compatible", STR(PACKED_COMPATIBLE));
	dt_out_str(&o, "files", STR("a\0b"));
	dt_out_node(&o, "vm@0");
	if (node)
		dt_out_node(&o, node);
	if (prop)
		dt_out_bytes(&o, prop, span_of(value, n));
	if (node)
		dt_out_end_node(&o);
	dt_out_end_node(&o);
	assert_int_equal(dt_out_finish(&o, &len), OK);
	arena_init(&other, memory[1], sizeof(memory[1]));
	return unpack_to(&other, len, &vd);
}

static enum status with_u32(const char *node, const char *prop, u32 v)
{
	u8 cell[4];

	store_be32(cell, v);
	return with(node, prop, cell, sizeof(cell));
}

static void test_values(void **state)
{
	u8 rows[5 * 16] = { 0 };
	u8 at[12] = { 0 };

	(void)state;
	assert_int_equal(with(NULL, NULL, NULL, 0), OK);
	assert_int_equal(with_u32(NULL, "abi", VM_BOOT_RAW), OK);
	assert_int_equal(with_u32(NULL, "abi", VM_BOOT_RAW + 1), E_FORMAT);
	assert_int_equal(with(NULL, "abi", rows, 8), E_FORMAT);
	assert_int_equal(with_u32(NULL, "unheard-of", 0), E_FORMAT);
	assert_int_equal(with(NULL, "name", "abc", 4), OK);
	assert_int_equal(with(NULL, "name", "abc", 3), E_FORMAT);
	assert_int_equal(with(NULL, "name", "", 0), E_FORMAT);
	assert_int_equal(with("memory@0", NULL, NULL, 0), OK);
	assert_int_equal(with("memory", NULL, NULL, 0), E_FORMAT);
	assert_int_equal(with("teapot@0", NULL, NULL, 0), E_FORMAT);
	assert_int_equal(with_u32("image@0", "role", VD_IMG_ROLES - 1), OK);
	assert_int_equal(with_u32("image@0", "role", VD_IMG_ROLES), E_FORMAT);
	assert_int_equal(with("vcpu@0", "id-given", "", 0), OK);
	assert_int_equal(with("vcpu@0", "id-given", "\1", 1), E_FORMAT);
	assert_int_equal(with("device@0", "windows", rows, 4 * 16), OK);
	assert_int_equal(with("device@0", "windows", rows, 5 * 16), E_FORMAT);
	assert_int_equal(with("device@0", "windows", rows, 17), E_FORMAT);
	assert_int_equal(with("device@0", "irqs", "\0\0\0\0\0\0\0\1", 8), OK);
	assert_int_equal(with("device@0", "irqs", "\0\0\0\0\0\0\0\2", 8), E_FORMAT);
	assert_int_equal(with("pass@0", "windows", rows, 2 * 32), OK);
	at[3] = 2;
	assert_int_equal(with(NULL, "id-at", at, 12), OK);
	at[3] = 3;
	assert_int_equal(with(NULL, "id-at", at, 12), E_FORMAT);
}

/* More than a list can have, and memory that ends anywhere. */
static void test_bounds(void **state)
{
	struct vmdesc *vd = vmdesc_new(&arena, "a");
	struct arena small;
	struct dt_out o;
	size_t len;

	(void)state;
	dt_out_begin(&o, blob, sizeof(blob));
	dt_out_str(&o, "compatible", STR(PACKED_COMPATIBLE));
	dt_out_node(&o, "vm@0");
	for (u32 i = 0; i < VD_MAX_VCPUS + 1; i++) {
		dt_out_node_at(&o, "vcpu", i);
		dt_out_end_node(&o);
	}
	dt_out_end_node(&o);
	assert_int_equal(dt_out_finish(&o, &len), OK);
	assert_int_equal(unpack_to(&other, len, &vd), E_FORMAT);
	pack_full();
	for (size_t n = 0;; n += 64) {
		enum status st;

		small = (struct arena){ .base = memory[1], .size = n };
		st = unpack_to(&small, n_blob, &vd);
		if (st == OK)
			break;
		assert_int_equal(st, E_NOMEM);
	}
	assert_int_equal(vmdesc_pack(vd, again, n_blob - 1, &len), E_RANGE);
}

/* As a configuration language: at any address, with a message that says what to do. */
static void test_language(void **state)
{
	struct config_part part = { .file = "a.vmb" };
	struct config_input in = { &part, 1, &config_env_empty };
	static struct sink sink;
	struct vmdesc *vd;

	(void)state;
	pack_full();
	memmove(blob + 1, blob, n_blob);
	part.text = span_of(blob + 1, n_blob);
	sink_reset(&sink);
	assert_int_equal(config_packed.parse(&in, &other, &sink.d, &vd), OK);
	assert_string_equal(vd->name.p, "guest");
	blob[1]++;
	assert_int_equal(config_packed.parse(&in, &other, &sink.d, &vd), E_INVAL);
	assert_null(vd);
	assert_non_null(strstr(sink.text, "a.vmb: error: the file "));
	assert_non_null(strstr(sink.text, "a.vmb: fix: pack it again"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
		T(test_round_trip), T(test_damaged),  T(test_values),
		T(test_bounds),	    T(test_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
