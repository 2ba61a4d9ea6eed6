/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writers of `trivet convert`: whatever a description holds, what a writer says without a loss is
 * read back as the same board, and what it cannot say is told, never dropped.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <base/bits.h>
#include <lib/config.h>

#include "writer.h"

#define ARENA_SIZE MIB(8)

/* ---- descriptions at random ---------------------------------------------------------------- */

struct gen {
	struct arena *a;
	struct vmdesc *vd;
	u64 state;
};

/* xorshift64* */
static u64 next(struct gen *g)
{
	g->state ^= g->state >> 12;
	g->state ^= g->state << 25;
	g->state ^= g->state >> 27;
	return g->state * UINT64_C(0x2545f4914f6cdd1d);
}

static u64 below(struct gen *g, u64 n)
{
	return (next(g) >> 11) % n;
}

static bool one_in(struct gen *g, u64 n)
{
	return below(g, n) == 0;
}

static const struct src_pos here = { "random", 7, 3 };

static struct str keep(struct gen *g, const char *text, size_t n)
{
	char *p = arena_array(g->a, n + 1, 1, 1);

	assert_non_null(p);
	memcpy(p, text, n);
	p[n] = 0;
	return (struct str){ p, n };
}

/* Words as people write them, with here and there what a language may trip over. */
static struct str some_text(struct gen *g, u32 words)
{
	static const char *const odd[] = { "\"",
					   "'",
					   "#",
					   "$",
					   "\\",
					   "\t",
					   "\n",
					   "\r",
					   "{",
					   "//",
					   "\x01",
					   "\x7f",
					   "gr\xc3\xbc\xc3\x9f",
					   "$env{HOME}",
					   "\\n",
					   "a\\" };
	static const char *const word[] = { "console=ttyAMA0", "rdinit=/init", "quiet",	  "x",
					    "root=/dev/vda1",  "Image",	       "a.b-c_d", "16" };
	char text[4096];
	size_t n = 0;

	for (u32 i = 0; i < words; i++) {
		const char *p = one_in(g, 40) ? odd[below(g, array_size(odd))] :
						word[below(g, array_size(word))];

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? " " : "", p);
		if (one_in(g, 30))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "  ");
	}
	return keep(g, text, n);
}

static struct str some_name(struct gen *g, const char *stem)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%s%u", stem, (u32)below(g, 1000));

	return keep(g, text, (size_t)n);
}

static u64 some_page(struct gen *g)
{
	return below(g, 1 << 20) << 12;
}

static struct vd_addr some_addr(struct gen *g)
{
	return one_in(g, 3) ? (struct vd_addr){ 0 } :
			      (struct vd_addr){ GPA(some_page(g)), true, here };
}

static void add_vcpus(struct gen *g)
{
	u32 n = 1 + (u32)below(g, 8);
	bool ids = one_in(g, 2), masks = one_in(g, 2), mixed = one_in(g, 10);

	for (u32 i = 0; i < n; i++) {
		struct vd_vcpu *v = vmdesc_add_vcpu(g->vd, g->a, here);

		v->hw_id = ids ? i * 0x100 : i;
		v->has_hw_id = ids;
		v->host_hw_id = v->hw_id;
		v->has_host_hw_id = ids && !masks && !one_in(g, 40);
		if (masks && !(mixed && one_in(g, 2)))
			v->cpu_mask = 1 + below(g, 15);
		v->priority = one_in(g, 6) ? (u32)below(g, 64) : 0;
	}
}

static void add_mems(struct gen *g)
{
	u32 n = 1 + (u32)below(g, 4);

	for (u32 i = 0; i < n; i++) {
		struct vd_mem *m = vmdesc_add_mem(g->vd, g->a, here);

		m->base = GPA(some_page(g));
		m->size = (1 + below(g, 1 << 18)) << 12;
		m->prot = one_in(g, 4) ? 1 + (u32)below(g, 7) : VD_R | VD_W | VD_X;
		if (one_in(g, 4))
			m->backing = one_in(g, 2) ? VD_MEM_CLAIMED : VD_MEM_RESERVED;
		if (m->backing != VD_MEM_ALLOC)
			m->host = HPA(one_in(g, 3) ? some_page(g) : m->base.v);
	}
}

static void add_images(struct gen *g)
{
	enum vd_source source = (enum vd_source)below(g, 3);

	for (u32 role = 0; role < VD_IMG_ROLES; role++) {
		struct vd_image *image;

		if (role != VD_IMG_KERNEL && one_in(g, 2))
			continue;
		image = vmdesc_add_image(g->vd, g->a, here);
		image->role = (enum vd_image_role)role;
		image->source = one_in(g, 60) ? VD_SRC_FS : source;
		image->path = one_in(g, 5) ? some_text(g, 2) : some_name(g, "images/file");
		image->load = some_addr(g);
		if (role >= VD_IMG_BIOS)
			image->load = (struct vd_addr){ GPA(some_page(g)), true, here };
	}
	if (!vmdesc_image(g->vd, VD_IMG_DTB))
		g->vd->tree = some_addr(g);
}

static void add_option(struct gen *g, struct vd_dev *d, const char *key, const char *value)
{
	struct vd_option *o = vd_dev_add_option(d, g->a, here);

	o->key = str_of(key);
	o->value = str_of(value);
}

static void add_console(struct gen *g)
{
	struct vd_dev *d = vmdesc_add_dev(g->vd, g->a, here);
	bool is_16550 = one_in(g, 3);

	vd_dev_from_board(d, &vmdesc_board.console, 1);
	d->class = is_16550 ? STR("ns16550") : STR("pl011");
	d->name = some_name(g, is_16550 ? "ns16550-" : "uart");
	d->win[0].base = GPA(some_page(g));
	d->irq[0].line = 32 + (u32)below(g, 200);
	d->irq[0].trigger = one_in(g, 40) ? VD_TRIGGER_EDGE : VD_TRIGGER_LEVEL;
	if (is_16550)
		add_option(g, d, "reg-shift", one_in(g, 2) ? "2" : "0");
}

static void add_devs(struct gen *g)
{
	struct vd_dev *d;

	if (one_in(g, 2)) {
		d = vmdesc_add_dev(g->vd, g->a, here);
		vd_dev_from_board(d, &vmdesc_board.intc, g->vd->vcpus.n);
		d->name = some_name(g, "gic");
		d->win[0].base = GPA(some_page(g));
		d->win[1].base = GPA(some_page(g));
	}
	if (one_in(g, 2))
		add_console(g);
	else if (one_in(g, 3))
		g->vd->absent = BIT(VD_PART_CONSOLE);
}

static void add_passes(struct gen *g)
{
	for (u64 n = below(g, 3); n; n--) {
		struct vd_pass *p = vmdesc_add_pass(g->vd, g->a, here);

		p->name = one_in(g, 3) ? (struct str){ "", 0 } : some_name(g, "dev");
		p->n_win = 1;
		p->win[0].gpa = GPA(some_page(g));
		p->win[0].hpa = HPA(one_in(g, 2) ? p->win[0].gpa.v : some_page(g));
		p->win[0].size = (1 + below(g, 16)) << 12;
		p->n_irq = one_in(g, 2);
		p->irq[0].host = p->n_irq ? 32 + (u32)below(g, 100) : 0;
	}
	for (u64 n = below(g, 3); n; n--)
		vmdesc_add_pass_path(g->vd, g->a, here)->path = some_name(g, "/soc/node@");
	for (u64 n = below(g, 2); n; n--)
		vmdesc_add_pass_except(g->vd, g->a, here)->path = some_name(g, "/soc/other@");
}

static void add_rest(struct gen *g)
{
	struct vmdesc *vd = g->vd;

	for (u64 n = below(g, 3); n; n--) {
		struct vd_reserve *r = vmdesc_add_reserve(vd, g->a, here);

		r->win.size = one_in(g, 2) ? (1 + below(g, 16)) << 12 : 0;
		r->win.base = GPA(r->win.size ? some_page(g) : 0);
		r->irq = r->win.size ? 0 : 32 + (u32)below(g, 200);
	}
	for (u32 i = 0; i < VD_UNSUPPORTED; i++)
		vd->policy.unsupported[i] = one_in(g, 4) ? (enum vd_action)below(g, 3) : VD_FAIL;
	vd->intc = (enum vm_intc_mode)below(g, 3);
	vd->abi = one_in(g, 3) ? (enum vm_boot_abi)below(g, 3) : VM_BOOT_AUTO;
	vd->isa = one_in(g, 3) ? "aarch64" : NULL;
	vd->entry = some_addr(g);
	vd->cmdline = one_in(g, 5) ? (struct str){ "", 0 } : some_text(g, 1 + (u32)below(g, 60));
}

static struct vmdesc *model_random(struct arena *a, u64 seed)
{
	struct gen g = { .a = a, .vd = vmdesc_new(a, "random"), .state = seed };

	for (int i = 0; i < 8; i++)
		(void)next(&g);
	g.vd->id = 1 + (u32)below(&g, 100);
	g.vd->name = some_name(&g, "vm-");
	add_vcpus(&g);
	add_mems(&g);
	add_images(&g);
	add_devs(&g);
	add_passes(&g);
	add_rest(&g);
	return g.vd;
}

/* ---- the property ---------------------------------------------------------------------------- */

static char last_error[512];

static void remember(struct diag *d, enum diag_level level, const struct src_pos *at,
		     const char *text)
{
	(void)d;
	(void)at;
	if (level == DIAG_ERROR)
		snprintf(last_error, sizeof(last_error), "%s", text);
}

static char *write_one(const struct dialect *to, const struct vmdesc *vd, bool lossy, u32 *n_lost,
		       u32 *n_errors)
{
	struct diag d = { .emit = remember };
	struct writer w;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	writer_begin(&w, to, f, &d, lossy);
	to->write(&w, &vd, 1);
	writer_end(&w);
	fclose(f);
	*n_lost = w.n_lost;
	*n_errors = d.n_errors;
	return text;
}

static const struct config_lang *language_of(const struct dialect *to)
{
	u32 i = 0;

	while (config_langs[i] && strcmp(config_langs[i]->name, to->lang) != 0)
		i++;
	return config_langs[i];
}

/* NULL: it was refused. */
static char *read_one(const struct dialect *to, const char *text, struct arena *a)
{
	struct diag d = { .emit = remember };
	struct vmdesc *vd;

	if (config_parse_file(language_of(to), span_of(text, strlen(text)), "written", a, &d,
			      &vd) != OK)
		return NULL;
	assert_int_equal(vmdesc_add_default_board(vd, a), OK);
	return model_text(vd);
}

/* The lines of @a that @b has not. */
static void print_others(const char *mark, const char *a, const char *b)
{
	for (const char *p = a; *p; p = strchr(p, '\n') + 1) {
		char line[8192];

		snprintf(line, sizeof(line), "%.*s\n", (int)(strchr(p, '\n') - p), p);
		if (!strstr(b, line))
			print_message("%s %s", mark, line);
	}
}

static void compare(const char *was, const char *is, const char *text, u64 seed)
{
	if (is && strcmp(was, is) == 0)
		return;
	print_others("was", was, is ? is : "");
	print_others("is ", is ? is : "", was);
	print_message("%s\n", is ? "" : last_error);
	print_message("written: %s\n", text);
	fail_msg("seed %llu", (unsigned long long)seed);
}

/* Random descriptions survive: all that a writer says without a loss is read as it was. */
static void survives(const struct dialect *to, void *memory)
{
	const u64 n = 1500;
	u32 whole = 0;

	for (u64 seed = 1; seed <= n; seed++) {
		struct arena a;
		struct vmdesc *vd;
		u32 lost, errors, again;
		char *text, *was, *is;

		arena_init(&a, memory, ARENA_SIZE);
		vd = model_random(&a, seed);
		/* Between languages the whole board is written; here sometimes. */
		if (seed % 2 || to != &dialect_toml)
			assert_int_equal(vmdesc_add_default_board(vd, &a), OK);
		text = write_one(to, vd, seed % 3 == 0, &lost, &errors);
		assert_int_equal(errors, seed % 3 == 0 ? 0 : lost);
		assert_int_equal(vmdesc_add_default_board(vd, &a), OK);
		was = model_text(vd);
		is = !lost || seed % 3 == 0 ? read_one(to, text, &a) : NULL;
		if (!lost)
			compare(was, is, text, seed);
		else if (seed % 3 == 0 && !is)
			fail_msg("seed %llu: with a loss it cannot be read: %s\n%s",
				 (unsigned long long)seed, last_error, text);
		free(text);
		text = write_one(to, vd, true, &again, &errors);
		free(text);
		free(was);
		free(is);
		whole += !lost;
	}
	print_message("%s: %u of %llu without a loss\n", to->name, whole, (unsigned long long)n);
	assert_true(whole > n / 4);
}

static void *memory;

static void test_qvmconf_survives(void **state)
{
	(void)state;
	survives(&dialect_qvmconf, memory);
}

static void test_camkes_survives(void **state)
{
	(void)state;
	survives(&dialect_camkes, memory);
}

static void test_toml_survives(void **state)
{
	(void)state;
	survives(&dialect_toml, memory);
}

/* Several VMs of one file, some of one name. */
static void test_camkes_several(void **state)
{
	u32 compared = 0;

	(void)state;
	for (u64 seed = 1; seed < 300; seed += 3) {
		struct diag d = { .emit = remember };
		const struct vmdesc *vms[3];
		struct vmdesc *is;
		struct writer w;
		struct arena a;
		char *text;
		size_t len;
		FILE *f = open_memstream(&text, &len);

		arena_init(&a, memory, ARENA_SIZE);
		for (u32 i = 0; i < 3; i++) {
			struct vmdesc *vd = model_random(&a, seed + i);

			vd->name = i < 2 ? STR("same") : vd->name;
			assert_int_equal(vmdesc_add_default_board(vd, &a), OK);
			vms[i] = vd;
		}
		writer_begin(&w, &dialect_camkes, f, &d, true);
		dialect_camkes.write(&w, vms, 3);
		writer_end(&w);
		fclose(f);
		assert_int_equal(config_parse_file(language_of(&dialect_camkes), span_of(text, len),
						   "written", &a, &d, &is),
				 OK);
		for (u32 i = 0; i < 3; i++, is = is->next) {
			char *was = model_text(vms[i]), *now;

			assert_non_null(is);
			assert_int_equal(vmdesc_add_default_board(is, &a), OK);
			now = model_text(is);
			if (!w.n_lost)
				compare(was, now, text, seed + i);
			free(was);
			free(now);
		}
		assert_null(is);
		compared += !w.n_lost;
		free(text);
	}
	assert_true(compared > 20);
}

/* ---- what is lost ----------------------------------------------------------------------------- */

static void test_loss_is_told(void **state)
{
	struct arena a;
	struct vmdesc *vd;
	u32 lost, errors;
	char *text;

	(void)state;
	arena_init(&a, memory, ARENA_SIZE);
	vd = vmdesc_new(&a, "x.toml");
	vd->name = STR("linux");
	vmdesc_add_pass(vd, &a, here)->n_win = 2;
	text = write_one(&dialect_toml, vd, false, &lost, &errors);
	assert_int_equal(errors, 1);
	assert_string_equal(last_error,
			    "random:7:3: error: VM \"linux\": passed through \"\": all but one "
			    "window and one interrupt: AxVisor TOML cannot say it");
	free(text);
	text = write_one(&dialect_toml, vd, true, &lost, &errors);
	assert_int_equal(errors, 0);
	assert_non_null(strstr(text, "# lost: passed through \"\": all but one window"));
	free(text);
}

/* The text of two boards differs in whatever differs. */
static void test_model_text_tells_apart(void **state)
{
	struct arena a;

	(void)state;
	for (u64 seed = 1; seed < 200; seed++) {
		char *one, *other, *same;

		arena_init(&a, memory, ARENA_SIZE);
		one = model_text(model_random(&a, seed));
		same = model_text(model_random(&a, seed));
		other = model_text(model_random(&a, seed + 1));
		assert_string_equal(one, same);
		assert_string_not_equal(one, other);
		free(one);
		free(same);
		free(other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_toml_survives),
		cmocka_unit_test(test_qvmconf_survives),
		cmocka_unit_test(test_camkes_survives),
		cmocka_unit_test(test_camkes_several),
		cmocka_unit_test(test_loss_is_told),
		cmocka_unit_test(test_model_text_tells_apart),
	};
	int failed;

	memory = malloc(ARENA_SIZE);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(memory);
	return failed;
}
