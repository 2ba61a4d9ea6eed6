/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `trivet diff` sees whatever differs: every byte of every structure of the model is turned, one
 * after the other, and has to be reported. What is no difference stands in a list of holes here, so
 * a member that is added later and forgotten there, and in diff_items.c, makes this test fail.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "diff.h"
#include "tool_memory.h"

#define POS(l)                 \
	{                      \
		"a.toml", l, 3 \
	}

/* ---- a board on which everything means something -------------------------------------------- */

struct scene {
	struct vd_vcpu vcpus[3];
	struct vd_mem mems[2];
	struct vd_image images[3];
	struct vd_option options[2];
	struct vd_dev devs[2];
	struct vd_pass passes[2];
	struct vd_path paths[1], except[1];
	struct vd_reserve reserves[2];
	u8 fdt[32];
	struct vmdesc vd;
};

#define FILL(list, array)                                  \
	do {                                               \
		(list).v = (array);                        \
		(list).n = (list).cap = array_size(array); \
	} while (0)

static void fill_lists(struct scene *s)
{
	FILL(s->vd.vcpus, s->vcpus);
	FILL(s->vd.mems, s->mems);
	FILL(s->vd.images, s->images);
	FILL(s->vd.devs, s->devs);
	FILL(s->devs[0].options, s->options);
	FILL(s->vd.passes, s->passes);
	FILL(s->vd.pass_paths, s->paths);
	FILL(s->vd.pass_except, s->except);
	FILL(s->vd.reserves, s->reserves);
}

static void set_devs(struct scene *s)
{
	s->options[0] = (struct vd_option){ STR("reg-shift"), STR("2"), POS(30) };
	s->options[1] = (struct vd_option){ STR("reg-shift"), STR("3"), POS(31) };
	s->devs[0] =
		(struct vd_dev){ .class = STR("ns16550"), .name = STR("uart0"), .at = POS(29) };
	s->devs[1] = (struct vd_dev){ .class = STR("gicv3"), .name = STR("intc"), .at = POS(28) };
	for (u32 i = 0; i < 2; i++) {
		s->devs[i].n_win = VD_DEV_WINDOWS;
		s->devs[i].n_irq = VD_DEV_IRQS;
		for (u32 k = 0; k < 4; k++)
			s->devs[i].win[k] = (struct vd_window){ { 0x1000 * (i + 1) }, 0x100 + k };
		s->passes[i].name = i ? STR("eth") : STR("/soc/uart");
		s->passes[i].path = i ? STR("") : STR("/soc/uart");
		s->passes[i].n_win = VD_DEV_WINDOWS;
		s->passes[i].n_irq = VD_PASS_IRQS;
		for (u32 k = 0; k < 4; k++)
			s->passes[i].win[k].prot = VD_R | VD_X;
	}
}

static void set_scene(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	set_devs(s);
	fill_lists(s);
	s->vcpus[1].cpu_mask = 6;
	s->vcpus[2].has_host_hw_id = true;
	s->mems[0] =
		(struct vd_mem){ { 0x80000000 }, MIB(512), VD_R, VD_MEM_CLAIMED, POS(9), { 0 } };
	s->mems[1] =
		(struct vd_mem){ { 0x40000000 }, MIB(1), VD_R, VD_MEM_RESERVED, POS(9), { 5 } };
	for (u32 i = 0; i < 3; i++)
		s->images[i] = (struct vd_image){ .path = STR("Image"), .load.given = true };
	s->images[1].role = VD_IMG_INITRD;
	s->images[1].source = VD_SRC_HOME;
	s->images[2].role = VD_IMG_DATA;
	s->paths[0].path = s->except[0].path = STR("/soc");
	s->reserves[0].win.size = 16;
	s->vd.file = "a.toml";
	s->vd.lang = "axvisor";
	s->vd.name = STR("linux");
	s->vd.id = 4;
	s->vd.id_at = (struct src_pos)POS(3);
	s->vd.cmdline = STR("root=/dev/vda");
	s->vd.entry.given = s->vd.tree.given = true;
	s->vd.pass_tree.fdt = span_of(s->fdt, sizeof(s->fdt));
}

static struct scene left, right;

static u32 n_changes(void)
{
	struct diff_changes all = { 0 };

	diff_boards(&all, &left.vd, &right.vd, DIFF_ASKED);
	return all.n;
}

static int set_up(void **state)
{
	(void)state;
	set_scene(&left);
	set_scene(&right);
	return 0;
}

/* ---- every byte ---------------------------------------------------------------------------- */

struct hole {
	size_t at, n;
};

#define HOLE(type, member)                                          \
	{                                                           \
		offsetof(type, member), sizeof(((type *)0)->member) \
	}
#define END          \
	{            \
		0, 0 \
	}

/* Padding is no member. Where the compiler cannot tell, all bytes are taken for members'. */
#if defined(__GNUC__) && !defined(__clang__)
#define clear_padding(p) __builtin_clear_padding(p)
#else
#define clear_padding(p) ((void)(p))
#endif

static bool in_hole(const struct hole *holes, size_t at)
{
	for (; holes->n; holes++)
		if (at >= holes->at && at - holes->at < holes->n)
			return true;
	return false;
}

static u32 n_turned;

static void turn_bytes(void *object, size_t n, const u8 *mask, const struct hole *holes)
{
	u8 *p = object;

	for (size_t i = 0; i < n; i++) {
		if (!mask[i] || in_hole(holes, i))
			continue;
		p[i] ^= 1;
		if (!n_changes())
			fail_msg("byte %zu of %zu: is not seen to differ", i, n);
		p[i] ^= 1;
		assert_int_equal(n_changes(), 0);
		n_turned++;
	}
}

#define TURN(type, object, ...)                                               \
	do {                                                                  \
		static const struct hole holes[] = { __VA_ARGS__, END };      \
		type full;                                                    \
		memset(&full, 0xff, sizeof(full));                            \
		clear_padding(&full);                                         \
		turn_bytes((object), sizeof(type), (const u8 *)&full, holes); \
	} while (0)

static void every_byte_of_cpus_and_memory(void **state)
{
	(void)state;
	/* has_hw_id: who chose the id. A mask is the last word on where to run. */
	TURN(struct vd_vcpu, &right.vcpus[0], HOLE(struct vd_vcpu, at),
	     HOLE(struct vd_vcpu, mask_at), HOLE(struct vd_vcpu, has_hw_id),
	     HOLE(struct vd_vcpu, host_hw_id));
	TURN(struct vd_vcpu, &right.vcpus[2], HOLE(struct vd_vcpu, at),
	     HOLE(struct vd_vcpu, mask_at), HOLE(struct vd_vcpu, has_hw_id));
	TURN(struct vd_mem, &right.mems[0], HOLE(struct vd_mem, at));
	TURN(struct vd_mem, &right.mems[1], HOLE(struct vd_mem, at));
}

static void every_byte_of_images_and_devices(void **state)
{
	(void)state;
	TURN(struct vd_image, &right.images[0], HOLE(struct vd_image, at),
	     HOLE(struct vd_image, path), HOLE(struct vd_image, load.at));
	TURN(struct vd_image, &right.images[1], HOLE(struct vd_image, at),
	     HOLE(struct vd_image, path), HOLE(struct vd_image, load.at));
	/* is_default, is_placed_by_us: who chose. Counts: below. */
	TURN(struct vd_dev, &right.devs[0], HOLE(struct vd_dev, at), HOLE(struct vd_dev, class),
	     HOLE(struct vd_dev, name), HOLE(struct vd_dev, options),
	     HOLE(struct vd_dev, is_default), HOLE(struct vd_dev, is_placed_by_us),
	     HOLE(struct vd_dev, n_win), HOLE(struct vd_dev, n_irq));
	TURN(struct vd_option, &right.options[1], HOLE(struct vd_option, key),
	     HOLE(struct vd_option, value), HOLE(struct vd_option, at));
}

static void every_byte_of_passes(void **state)
{
	(void)state;
	TURN(struct vd_pass, &right.passes[0], HOLE(struct vd_pass, at), HOLE(struct vd_pass, name),
	     HOLE(struct vd_pass, path), HOLE(struct vd_pass, n_win), HOLE(struct vd_pass, n_irq));
	TURN(struct vd_path, &right.paths[0], HOLE(struct vd_path, path), HOLE(struct vd_path, at));
	/* An interrupt of the first, which reserves addresses, means nothing. */
	TURN(struct vd_reserve, &right.reserves[0], HOLE(struct vd_reserve, at),
	     HOLE(struct vd_reserve, irq));
	TURN(struct vd_reserve, &right.reserves[1], HOLE(struct vd_reserve, at),
	     HOLE(struct vd_reserve, win.base));
	TURN(struct vd_pass_tree, &right.vd.pass_tree, HOLE(struct vd_pass_tree, fdt));
}

#define VM(member) HOLE(struct vmdesc, member)

/* Lists and text: below. Not of the board: where it came from, and what messages need. */
static void every_byte_of_the_vm(void **state)
{
	(void)state;
	TURN(struct vmdesc, &right.vd, VM(next), VM(lang), VM(isa), VM(isa_at), VM(file), VM(home),
	     VM(folder), VM(id_at), VM(name), VM(name_at), VM(vcpus_at), VM(mems_at), VM(vcpus),
	     VM(mems), VM(images), VM(devs), VM(passes), VM(pass_paths), VM(pass_except),
	     VM(reserves), VM(policy.at), VM(absent), VM(pass_tree.fdt), VM(cmdline),
	     VM(cmdline_at), VM(entry.at), VM(tree.at), VM(reported));
	assert_true(n_turned > 500);
}

/* ---- lists and text ------------------------------------------------------------------------ */

static void every_list_has_its_length(void **state)
{
	u32 *const n[] = { &right.vd.vcpus.n,	     &right.vd.mems.n,
			   &right.vd.images.n,	     &right.vd.devs.n,
			   &right.vd.passes.n,	     &right.vd.pass_paths.n,
			   &right.vd.pass_except.n,  &right.vd.reserves.n,
			   &right.devs[0].n_win,     &right.devs[0].n_irq,
			   &right.devs[0].options.n, &right.passes[0].n_win,
			   &right.passes[0].n_irq };

	(void)state;
	for (u32 i = 0; i < array_size(n); i++) {
		(*n[i])--;
		assert_true(n_changes() > 0);
		(*n[i])++;
		assert_int_equal(n_changes(), 0);
	}
}

static void every_text_is_compared(void **state)
{
	struct str *const text[] = { &right.vd.name,	      &right.vd.cmdline,
				     &right.images[0].path,   &right.devs[0].class,
				     &right.devs[0].name,     &right.options[0].key,
				     &right.options[1].value, &right.passes[0].name,
				     &right.passes[0].path,   &right.paths[0].path,
				     &right.except[0].path };
	static const struct str other[] = { STR(""), STR("x"), STR("\x01"), STR("\xff") };

	(void)state;
	for (u32 i = 0; i < array_size(text); i++) {
		struct str kept = *text[i];

		for (u32 k = 0; k < array_size(other); k++) {
			*text[i] = other[k];
			assert_true(n_changes() > 0);
		}
		*text[i] = kept;
		assert_int_equal(n_changes(), 0);
	}
}

/* Two bytes that both have no place in a line are two different bytes. */
static void odd_bytes_differ(void **state)
{
	(void)state;
	left.vd.name = STR("\x01");
	right.vd.name = STR("\x02");
	assert_int_equal(n_changes(), 1);
	left.vd.name = STR("\\x01");
	right.vd.name = STR("\x01");
	assert_int_equal(n_changes(), 1);
	left.devs[0].name = STR("\xfe");
	left.devs[0].name = STR("\xff");
	assert_int_equal(n_changes(), 2);
}

static void nodes_are_compared(void **state)
{
	(void)state;
	right.fdt[31] ^= 1;
	assert_int_equal(n_changes(), 1);
	right.vd.pass_tree.fdt.n = 0;
	assert_int_equal(n_changes(), 1);
}

/* ---- what is no difference ----------------------------------------------------------------- */

static void an_id_may_be_left_open(void **state)
{
	(void)state;
	right.vd.id = 9;
	assert_int_equal(n_changes(), 1);
	right.vd.id_at = (struct src_pos){ 0 };
	assert_int_equal(n_changes(), 0);
	right.vd.isa = "aarch64";
	assert_int_equal(n_changes(), 0);
	left.vd.isa = "riscv64";
	assert_int_equal(n_changes(), 1);
}

static void the_order_of_lists_is_no_difference(void **state)
{
	struct vd_mem m = right.mems[0];
	struct vd_dev d = right.devs[0];

	(void)state;
	right.mems[0] = right.mems[1];
	right.mems[1] = m;
	right.devs[0] = right.devs[1];
	right.devs[1] = d;
	assert_int_equal(n_changes(), 0);
}

static void rights_not_said_are_the_usual(void **state)
{
	(void)state;
	left.passes[0].win[0].prot = 0;
	right.passes[0].win[0].prot = VD_R | VD_W;
	assert_int_equal(n_changes(), 0);
	right.passes[0].win[0].prot |= VD_NO_DMA;
	assert_int_equal(n_changes(), 1);
	left.passes[0].win[0].prot = VD_NO_DMA;
	assert_int_equal(n_changes(), 0);
	left.passes[0].win[0].prot = 16; /* a later one */
	assert_int_equal(n_changes(), 1);
}

/* ---- how it is said ------------------------------------------------------------------------ */

static void expect(const char *subject, const char *fact, const char *a, const char *b)
{
	struct diff_changes all = { 0 };

	diff_boards(&all, &left.vd, &right.vd, DIFF_ASKED);
	assert_int_equal(all.n, 1);
	assert_string_equal(all.v[0].subject, subject);
	assert_string_equal(all.v[0].fact, fact);
	assert_string_equal(all.v[0].a, a);
	assert_string_equal(all.v[0].b, b);
}

static void changes_are_in_terms_of_the_board(void **state)
{
	(void)state;
	right.mems[0].size = GIB(1);
	expect("memory 0x8000_0000", "size", "512 MiB", "1 GiB");
	right.mems[0] = left.mems[0];
	left.devs[0].irq[0].line = 33;
	right.devs[0].irq[0].line = 34;
	expect("device uart0", "interrupt", "33", "34");
	right.devs[0].irq[0].line = 33;
	right.mems[0].base.v = 0xc0000000; /* moved, not removed and added */
	expect("memory 0x8000_0000", "base", "0x8000_0000", "0xc000_0000");
	right.mems[0] = left.mems[0];
	right.devs[0].name = STR("console"); /* renamed */
	expect("device uart0", "name", "uart0", "console");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_byte_of_cpus_and_memory, set_up),
		cmocka_unit_test_setup(every_byte_of_images_and_devices, set_up),
		cmocka_unit_test_setup(every_byte_of_passes, set_up),
		cmocka_unit_test_setup(every_byte_of_the_vm, set_up),
		cmocka_unit_test_setup(every_list_has_its_length, set_up),
		cmocka_unit_test_setup(every_text_is_compared, set_up),
		cmocka_unit_test_setup(odd_bytes_differ, set_up),
		cmocka_unit_test_setup(nodes_are_compared, set_up),
		cmocka_unit_test_setup(an_id_may_be_left_open, set_up),
		cmocka_unit_test_setup(the_order_of_lists_is_no_difference, set_up),
		cmocka_unit_test_setup(rights_not_said_are_the_usual, set_up),
		cmocka_unit_test_setup(changes_are_in_terms_of_the_board, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
