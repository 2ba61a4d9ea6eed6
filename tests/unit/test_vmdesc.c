/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/vmdesc/build.c, board_aarch64.c, fields.c, print.c and lib/config/words.c: lists keep what
 * they were given and their bounds, the board adds what is missing and nothing else, text fits
 * its buffers whatever a description holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <base/bits.h>
#include <lib/vmdesc.h>

#include "config_fixture.h"

#define ARENA KIB(256)

static struct arena arena;
static const struct src_pos here = { "a", 1, 2 };

static int fresh(void **state)
{
	(void)state;
	if (!arena.base)
		arena_new_of(&arena, ARENA);
	arena_init(&arena, arena.base, ARENA);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(arena.base);
	arena.base = NULL;
	return 0;
}

static void test_lists(void **state)
{
	struct vmdesc *vd = vmdesc_new(&arena, "a.toml");
	struct vd_dev *d;

	(void)state;
	assert_string_equal(vd->file, "a.toml");
	for (u32 i = 0; i < VD_MAX_VCPUS; i++)
		vmdesc_add_vcpu(vd, &arena, here)->hw_id = i;
	for (u32 i = 0; i < VD_MAX_LIST; i++) {
		vmdesc_add_mem(vd, &arena, here)->size = i;
		vmdesc_add_image(vd, &arena, here)->load.gpa.v = i;
		vmdesc_add_dev(vd, &arena, here)->n_irq = i;
	}
	assert_null(vmdesc_add_vcpu(vd, &arena, here));
	assert_null(vmdesc_add_mem(vd, &arena, here));
	assert_null(vmdesc_add_image(vd, &arena, here));
	assert_null(vmdesc_add_dev(vd, &arena, here));
	assert_int_equal(vd->vcpus.n, VD_MAX_VCPUS);
	for (u32 i = 0; i < VD_MAX_VCPUS; i++)
		assert_int_equal(vd->vcpus.v[i].hw_id, i);
	for (u32 i = 0; i < VD_MAX_LIST; i++) {
		assert_int_equal(vd->mems.v[i].size, i);
		assert_int_equal(vd->images.v[i].load.gpa.v, i);
		assert_int_equal(vd->devs.v[i].n_irq, i);
		assert_int_equal(vd->devs.v[i].at.col, 2);
	}
	d = &vd->devs.v[0];
	for (u32 i = 0; i < VD_MAX_LIST; i++)
		assert_non_null(vd_dev_add_option(d, &arena, here));
	assert_null(vd_dev_add_option(d, &arena, here));
	assert_false(arena.exhausted);
}

static void test_no_memory(void **state)
{
	(void)state;
	for (size_t size = 0; size < KIB(16); size += 64) {
		struct arena small;
		struct vmdesc *vd;

		arena_new_of(&small, size);
		vd = vmdesc_new(&small, "a");
		while (vd && vmdesc_add_dev(vd, &small, here))
			;
		if (vd) {
			assert_true(vd->devs.n <= VD_MAX_LIST);
			/* Full: the board cannot be added, and says so. */
			assert_int_equal(vmdesc_add_default_board(vd, &small), E_NOMEM);
		}
		free(small.base);
	}
}

static void test_board(void **state)
{
	struct vmdesc *vd = vmdesc_new(&arena, "a.toml");
	const struct vd_dev *intc;
	const struct vd_dev *con;

	(void)state;
	for (u32 i = 0; i < 3; i++)
		vmdesc_add_vcpu(vd, &arena, here);
	vd->vcpus.v[1].hw_id = 0x100;
	vd->vcpus.v[1].has_hw_id = true;
	assert_int_equal(vmdesc_add_default_board(vd, &arena), OK);
	assert_int_equal(vd->vcpus.v[0].hw_id, 0);
	assert_int_equal(vd->vcpus.v[1].hw_id, 0x100);
	assert_int_equal(vd->vcpus.v[2].hw_id, 2);
	intc = vmdesc_dev(vd, "gicv3");
	con = vmdesc_dev(vd, "pl011");
	assert_int_equal(vd->devs.n, 2);
	assert_true(intc->is_default && con->is_default);
	assert_int_equal(intc->n_win, 2);
	assert_int_equal(intc->win[0].base.v, 0x08000000);
	assert_int_equal(intc->win[0].size, 0x10000);
	assert_int_equal(intc->win[1].base.v, 0x080a0000);
	assert_int_equal(intc->win[1].size, 3 * 0x20000);
	assert_int_equal(con->win[0].base.v, 0x09000000);
	assert_int_equal(con->win[0].size, 0x1000);
	assert_int_equal(con->n_irq, 1);
	assert_int_equal(con->irq[0].line, 33);
	assert_int_equal(con->irq[0].trigger, VD_TRIGGER_LEVEL);
	assert_int_equal(con->at.line, 0);
	/* Twice does no more. */
	assert_int_equal(vmdesc_add_default_board(vd, &arena), OK);
	assert_int_equal(vd->devs.n, 2);
}

static void test_board_without(void **state)
{
	struct vmdesc *vd = vmdesc_new(&arena, "a.toml");

	(void)state;
	vd->absent = BIT(VD_PART_CONSOLE);
	assert_int_equal(vmdesc_add_default_board(vd, &arena), OK);
	assert_int_equal(vd->devs.n, 1);
	assert_non_null(vmdesc_dev(vd, "gicv3"));
	vd->devs.n = 0;
	vd->absent = BIT(VD_PART_INTC);
	assert_int_equal(vmdesc_add_default_board(vd, &arena), OK);
	assert_int_equal(vd->devs.n, 1);
	assert_non_null(vmdesc_dev(vd, "pl011"));
	/* A file that lists the other controller has one. */
	vd->devs.n = 0;
	vd->absent = 0;
	vmdesc_add_dev(vd, &arena, here)->class = STR("gicv2");
	assert_int_equal(vmdesc_add_default_board(vd, &arena), OK);
	assert_int_equal(vd->devs.n, 2);
	assert_null(vmdesc_dev(vd, "gicv3"));
}

/* On a machine whose CPUs can do a GICv2 only: the usual board, or where the file has it. */
static void test_board_follows_the_machine(void **state)
{
	struct vmdesc *vd = vmdesc_new(&arena, "a.toml");
	struct vd_dev *d;

	(void)state;
	vmdesc_add_vcpu(vd, &arena, here);
	assert_int_equal(vmdesc_add_default_board(vd, &arena), OK);
	vmdesc_use_intc(vd, "gicv3");
	vmdesc_use_intc(vd, NULL);
	assert_non_null(vmdesc_dev(vd, "gicv3"));
	vmdesc_use_intc(vd, "gicv2");
	assert_null(vmdesc_dev(vd, "gicv3"));
	d = (struct vd_dev *)vmdesc_dev(vd, "gicv2");
	assert_int_equal(vd->devs.n, 2);
	assert_true(d->is_default && str_eq_c(d->name, "intc"));
	assert_int_equal(d->n_win, 2);
	assert_int_equal(d->win[0].base.v, 0x08000000);
	assert_int_equal(d->win[0].size, 0x1000);
	assert_int_equal(d->win[1].base.v, 0x08010000);
	assert_int_equal(d->win[1].size, 0x2000);
	vd_dev_from_board(d, &vmdesc_board.intc, 1);
	d->win[0].base.v = 0x10000000;
	d->win[1].base.v = 0x10020000;
	vmdesc_use_intc(vd, "gicv2");
	assert_true(str_eq_c(d->class, "gicv2"));
	assert_int_equal(d->win[0].base.v, 0x10000000);
	assert_int_equal(d->win[1].base.v, 0x10020000);
	assert_int_equal(d->win[1].size, 0x2000);
}

/* Whatever becomes of the host's interrupts: vCPUs have timers. */
static void test_board_has_controller(void **state)
{
	struct vmdesc *vd = vmdesc_new(&arena, "a.toml");

	(void)state;
	vd->intc = VM_INTC_NONE;
	assert_int_equal(vmdesc_add_default_board(vd, &arena), OK);
	assert_non_null(vmdesc_dev(vd, "gicv3"));
	assert_non_null(vmdesc_dev(vd, "pl011"));
}

static void test_fields(void **state)
{
	(void)state;
	for (u32 f = 0; f < VD_FIELDS; f++) {
		const struct vd_field_info *info = vmdesc_field((enum vd_field)f);
		u32 n;

		assert_true(strlen(info->table) && strlen(info->key));
		assert_int_equal(info->need == VD_NEED_LATER, info->instead && *info->instead);
		if (info->need == VD_NEED_REQUIRED)
			assert_true(strlen(info->example));
		vmdesc_columns((enum vd_field)f, &n);
		assert_true(n <= VD_MAX_COLUMNS);
		assert_true(n == 0 || info->kind == VD_KIND_ROWS);
		for (u32 g = 0; g < f; g++) {
			const struct vd_field_info *o = vmdesc_field((enum vd_field)g);

			assert_false(!strcmp(info->table, o->table) && !strcmp(info->key, o->key));
		}
	}
}

static char printed[8192];

static void put(void *ctx, const char *line)
{
	assert_ptr_equal(ctx, printed);
	assert_true(strlen(line) < 160);
	assert_null(strpbrk(line, "\n\x1b"));
	strcat(printed, line);
	strcat(printed, "\n");
}

static void test_print(void **state)
{
	struct vmdesc *vd = vmdesc_new(&arena, "a.toml");
	struct vd_vcpu *v = vmdesc_add_vcpu(vd, &arena, here);
	struct vd_mem *m = vmdesc_add_mem(vd, &arena, here);
	struct vd_dev *d = vmdesc_add_dev(vd, &arena, here);
	struct vd_option *o = vd_dev_add_option(d, &arena, here);

	(void)state;
	vd->id = 4294967295;
	vd->name = STR("na\x1bme");
	v->hw_id = 0x100;
	v->priority = 7;
	*m = (struct vd_mem){ GPA(UINT64_MAX - 0xfff), 0x1000, VD_R,
			      VD_MEM_RESERVED,	       here,   HPA(UINT64_MAX - 0xfff) };
	d->class = STR("class");
	d->name = STR("name");
	d->n_irq = 1;
	d->irq[0] = (struct vd_irq){ 99, VD_TRIGGER_EDGE };
	o->key = STR("key");
	o->value = STR("12");
	printed[0] = '\0';
	vmdesc_print(vd, put, printed);
	assert_string_equal(printed,
			    "vm 4294967295 \"na?me\"\n"
			    "  starts as its image says at the image's entry, interrupts emulated\n"
			    "  vcpu 0: id 0x100, on any host CPU, priority 7\n"
			    "  memory 0xffff_ffff_ffff_f000..2^64: 4 KiB r--, "
			    "reserved host memory of the same address\n"
			    "  device class \"name\"\n"
			    "    interrupt 99, edge\n"
			    "    key = 12\n");
}

static void test_print_what_is_rare(void **state)
{
	struct vmdesc *vd = vmdesc_new(&arena, "a.toml");
	struct vd_mem *m = vmdesc_add_mem(vd, &arena, here);
	struct vd_image *image = vmdesc_add_image(vd, &arena, here);
	struct vd_pass *p = vmdesc_add_pass(vd, &arena, here);

	(void)state;
	vd->isa = "aarch64";
	m->size = MIB(2);
	m->prot = VD_R | VD_X;
	m->backing = VD_MEM_CLAIMED;
	m->host = HPA(0x40000000);
	*image = (struct vd_image){
		VD_IMG_DATA, VD_SRC_HOME, STR("x"), { GPA(4), true, here }, here
	};
	p->name = STR("p");
	p->n_win = 1;
	p->win[0] = (struct vd_pass_window){ GPA(0x1000), HPA(0x1000), 0x1000, VD_R, VD_PASS_MAP };
	vmdesc_add_reserve(vd, &arena, here)->win = (struct vd_window){ GPA(0x2000), 0x1000 };
	vmdesc_add_reserve(vd, &arena, here)->irq = 39;
	vd->policy.unsupported[VD_UNSUP_REFERENCE] = VD_IGNORE;
	vd->policy.unsupported[VD_UNSUP_REGISTER] = VD_ABORT;
	vd->absent = BIT(VD_PART_INTC) | BIT(VD_PART_CONSOLE);
	printed[0] = '\0';
	vmdesc_print(vd, put, printed);
	assert_string_equal(printed,
			    "vm 0 \"\"\n"
			    "  made for aarch64\n"
			    "  starts as its image says at the image's entry, interrupts emulated\n"
			    "  memory 0x0..0x0020_0000: 2 MiB r-x, host memory at 0x4000_0000\n"
			    "  data \"x\" from where its file is, at 0x4\n"
			    "  passed through \"p\"\n"
			    "    window 0x1000..0x2000, mapped, read only\n"
			    "  reserved 0x2000..0x3000\n"
			    "  reserved interrupt 39\n"
			    "  accesses to nothing are ignored\n"
			    "  unknown registers stop the VM\n"
			    "  no interrupt controller unless listed\n"
			    "  no console unless listed\n");
	assert_ptr_equal(vmdesc_reserve_at(vd, 0x2fff, 1), &vd->reserves.v[0]);
	assert_null(vmdesc_reserve_at(vd, 0x3000, 1));
}

static void test_keys(void **state)
{
	struct vmdesc *vd = vmdesc_new(&arena, "a");

	(void)state;
	assert_string_equal(vmdesc_key(vd, VD_F_KERNEL_PATH).s, "kernel.kernel_path");
	assert_string_equal(vmdesc_key_is(vd, VD_F_KERNEL_PATH).s, "kernel.kernel_path = ");
	vd->lang = "qvmconf";
	assert_string_equal(vmdesc_key(vd, VD_F_KERNEL_PATH).s, "load");
	assert_string_equal(vmdesc_key_is(vd, VD_F_KERNEL_PATH).s, "load ");
	assert_string_equal(vmdesc_key_is(vd, VD_F_ID).s, "set trivet-id ");
	vd->lang = "camkes";
	assert_string_equal(vmdesc_key_is(vd, VD_F_CPU_NUM).s, "num_vcpus = ");
	assert_string_equal(vmdesc_key(vd, VD_F_ID).s, "trivet.id");
}

static void test_hex(void **state)
{
	static const struct {
		u64 v;
		const char *want;
	} cases[] = {
		{ 0, "0x0" },
		{ 0x1f, "0x1f" },
		{ 0xffff, "0xffff" },
		{ 0x10000, "0x0001_0000" },
		{ 0x9000000, "0x0900_0000" },
		{ 0x80000000, "0x8000_0000" },
		{ 0x100000000, "0x0001_0000_0000" },
		{ UINT64_MAX, "0xffff_ffff_ffff_ffff" },
	};

	(void)state;
	for (u32 i = 0; i < array_size(cases); i++)
		assert_string_equal(show_hex(cases[i].v).s, cases[i].want);
}

static void test_range_and_size(void **state)
{
	(void)state;
	assert_string_equal(show_range(0x1000, 0x1000).s, "0x1000..0x2000");
	assert_string_equal(show_range(0, 0).s, "0x0..0x0");
	assert_string_equal(show_range(UINT64_MAX, 1).s, "0xffff_ffff_ffff_ffff..2^64");
	assert_string_equal(show_range(UINT64_MAX, UINT64_MAX).s,
			    "0xffff_ffff_ffff_ffff and 0xffff_ffff_ffff_ffff more");
	assert_string_equal(show_size(0).s, "0 bytes");
	assert_string_equal(show_size(1023).s, "1023 bytes");
	assert_string_equal(show_size(0x20000000).s, "512 MiB");
	assert_string_equal(show_size(UINT64_C(3) << 40).s, "3 TiB");
	assert_string_equal(show_size(UINT64_C(1) << 63).s, "8388608 TiB");
}

static void test_text(void **state)
{
	char longest[100];

	(void)state;
	assert_string_equal(show_text(STR("")).s, "");
	assert_string_equal(show_text(STR("a\nb\x1b\x7f\xc3\xa9")).s, "a?b??\xc3\xa9");
	assert_string_equal(show_text((struct str){ NULL, 0 }).s, "");
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(strlen(show_text((struct str){ longest, 59 }).s), 59);
	assert_int_equal(strlen(show_text((struct str){ longest, 60 }).s), 62);
	assert_string_equal(show_text((struct str){ longest, 100 }).s + 57, "xx...");
}

static void test_suggest(void **state)
{
	static const struct {
		const char *word;
		const char *want;
	} cases[] = {
		{ "nmae", "name" }, { "name", "name" }, { "nam", "name" },
		{ "xyz", NULL },    { "", NULL },	{ "id", "id" },
		{ "i", "id" },	    { "colour", NULL }, { "kernelpath", "kernel_path" },
	};

	(void)state;
	for (u32 i = 0; i < array_size(cases); i++) {
		struct suggest s = { .word = str_of(cases[i].word) };

		suggest_try(&s, "id");
		suggest_try(&s, "name");
		suggest_try(&s, "kernel_path");
		if (cases[i].want)
			assert_string_equal(s.best, cases[i].want);
		else
			assert_null(s.best);
	}
}

static void test_label(void **state)
{
	struct vmdesc *vd = vmdesc_new(&arena, "a.toml");
	char longest[100];

	(void)state;
	assert_string_equal(vmdesc_label(vd).s, "VM");
	vd->id = 7;
	assert_string_equal(vmdesc_label(vd).s, "VM 7");
	vd->name = STR("x");
	assert_string_equal(vmdesc_label(vd).s, "VM \"x\"");
	memset(longest, 'y', sizeof(longest));
	vd->name = (struct str){ longest, sizeof(longest) };
	assert_int_equal(strlen(vmdesc_label(vd).s), 45);
}

static struct vd_dev *add_unplaced(struct vmdesc *vd, const char *name, u64 size)
{
	struct vd_dev *d = vmdesc_add_dev(vd, &arena, here);

	d->name = str_of(name);
	d->win[0].size = d->win[1].size = size;
	d->n_win = d->n_irq = 2;
	d->is_placed_by_us = true;
	return d;
}

/* Lowest free first, in the order of names, at multiples of the size; done once. */
static void test_place(void **state)
{
	const u64 base = vmdesc_board.pool.base.v;
	const u32 line = vmdesc_board.first_line;
	struct sink sink;
	struct vmdesc *vd;

	(void)state;
	for (u32 turn = 0; turn < 2; turn++) {
		const struct vd_dev *a, *b;

		sink_reset(&sink);
		vd = vmdesc_new(&arena, "a.toml");
		vmdesc_add_mem(vd, &arena, here)->base = GPA(base);
		vd->mems.v[0].size = 0x1000;
		add_unplaced(vd, turn ? "b" : "ab", turn ? 0x2000 : 0x1000);
		add_unplaced(vd, turn ? "ab" : "b", turn ? 0x1000 : 0x2000);
		vmdesc_add_reserve(vd, &arena, here)->irq = line + 1;
		assert_int_equal(vmdesc_place_devices(vd, &sink.d), OK);
		assert_int_equal(vmdesc_place_devices(vd, &sink.d), OK);
		a = &vd->devs.v[turn];
		b = &vd->devs.v[!turn];
		assert_int_equal(a->win[0].base.v, base + 0x1000);
		assert_int_equal(a->win[1].base.v, base + 0x2000);
		assert_int_equal(b->win[0].base.v, base + 0x4000);
		assert_int_equal(b->win[1].base.v, base + 0x6000);
		assert_int_equal(a->irq[0].line, line);
		assert_int_equal(a->irq[1].line, line + 2);
		assert_int_equal(b->irq[0].line, line + 3);
		assert_int_equal(a->n_irq, 2);
		assert_int_equal(b->n_win, 2);
	}
	add_unplaced(vd, "large", vmdesc_board.pool.size);
	assert_int_equal(vmdesc_place_devices(vd, &sink.d), E_INVAL);
	assert_non_null(strstr(sink.text, "there is no free place for it"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
		T(test_lists),
		T(test_no_memory),
		T(test_board),
		T(test_board_has_controller),
		T(test_board_without),
		T(test_board_follows_the_machine),
		T(test_fields),
		T(test_print),
		T(test_print_what_is_rare),
		T(test_keys),
		T(test_place),
		T(test_hex),
		T(test_range_and_size),
		T(test_text),
		T(test_suggest),
		T(test_label),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
