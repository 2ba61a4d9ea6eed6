/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CAmkES' language by what comes out of it: expressions, places through the preprocessor's line
 * markers, imports, images, regular expressions; and that hostile texts cost little. What each rule
 * says of good and bad input is in tests/golden/camkes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <lib/config.h>

#define ARENA MIB(64)

extern const struct config_lang config_camkes;
int ck_regex_search(struct str pattern, struct str text);
bool ck_pattern_fits(const char *pattern, struct str text);

static u8 *memory;
static struct arena arena;
static char said[4096];
static struct diag diag;

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	size_t n = strlen(said);

	(void)d;
	(void)level;
	(void)at;
	snprintf(said + n, sizeof(said) - n, "%s\n", text);
}

static struct vmdesc *parse_in(const struct config_env *env, const char *text, enum status *st)
{
	struct config_part part = { span_of(text, strlen(text)), "t.camkes", false };
	struct config_input in = { &part, 1, env };
	struct vmdesc *vd;

	said[0] = '\0';
	diag = (struct diag){ .emit = emit };
	arena_init(&arena, memory, ARENA);
	*st = config_camkes.parse(&in, &arena, &diag, &vd);
	return vd;
}

static struct vmdesc *parse(const char *text, enum status *st)
{
	return parse_in(&config_env_empty, text, st);
}

static int setup(void **state)
{
	(void)state;
	memory = malloc(ARENA);
	return memory ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

#define VM    "component VM { attribute int trivet_is_vm; }\n"
#define BEGIN VM "assembly { composition { component VM vm0; }\nconfiguration {\n"
#define ADDRESS \
	"vm0.vm_address_config = {\"ram_base\" : \"0x40000000\", \"ram_size\" : \"0x1000\"};\n"
#define END "} }\n"

/* ---- expressions --------------------------------------------------------------------------- */

static bool value_of(const char *expr, u64 *out)
{
	char text[1024];
	enum status st;
	struct vmdesc *vd;

	snprintf(text, sizeof(text),
		 BEGIN "vm0.vm_address_config = {\"ram_base\" : %s, \"ram_size\" : 1};\n" END,
		 expr);
	vd = parse(text, &st);
	if (st != OK || !vd->mems.n)
		return false;
	*out = vd->mems.v[0].base.v;
	return true;
}

static void expressions_have_their_value(void **state)
{
	static const struct {
		const char *text;
		u64 value;
	} cases[] = {
		{ "1", 1 },
		{ "0x10", 16 },
		{ "0XfF", 255 },
		{ "06", 6 },
		{ "\"010\"", 10 },
		{ "\"0x40000000UL\"", 0x40000000 },
		{ "\"1ull\"", 1 },
		{ "1 + 2 * 3", 7 },
		{ "(1 + 2) * 3", 9 },
		{ "10 - 3 - 2", 5 },
		{ "20 / 3 / 2", 3 },
		{ "17 % 5", 2 },
		{ "2 ** 3 ** 2", 512 },
		{ "1 << 2 + 1", 8 },
		{ "256 >> 2 >> 1", 32 },
		{ "1 | 2 ^ 3 & 2", 1 },
		{ "5 & 6", 4 },
		{ "5 ^ 6", 3 },
		{ "1 == 1", 1 },
		{ "1 != 1", 0 },
		{ "1 < 2", 1 },
		{ "2 <= 2", 1 },
		{ "1 > 2", 0 },
		{ "2 >= 3", 0 },
		{ "1 && 0", 0 },
		{ "1 || 0", 1 },
		{ "!0 + !5", 1 },
		{ "-(-5)", 5 },
		{ "+5", 5 },
		{ "~-6", 5 },
		{ "1 ? 2 : 3", 2 },
		{ "0 ? 2 : 0 ? 3 : 4", 4 },
		{ "\"0x10000000 + 0x20000000 - 0x1000000\"", 0x2f000000 },
		{ "\"0x4\" \"0\" \"0\"", 0x400 },
		{ "0x7fffffffffffffff", INT64_MAX },
		{ "3 > 2 == 1", 1 },
		{ "\"(1 << 12) * (4 - 2)\"", 8192 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		u64 v = ~UINT64_C(0);

		if (!value_of(cases[i].text, &v) || v != cases[i].value)
			fail_msg("%s is %llu: %s", cases[i].text, (unsigned long long)v, said);
	}
}

static void expressions_are_refused(void **state)
{
	static const char *const cases[] = {
		"1 +",
		"(1",
		"1 / 0",
		"1 % 0",
		"0x8000000000000000",
		"1 << 63",
		"2 << 62",
		"1 << -1",
		"1 >> 64",
		"2 ** 63",
		"2 ** -1",
		"0x7fffffffffffffff + 1",
		"-0x7fffffffffffffff - 2",
		"0x7fffffffffffffff * 2",
		"1.5",
		"1.5 + 1",
		"\"1.5\"",
		"\"\"",
		"\"a\"",
		"\"1 2\"",
		"\"1 ? 2\"",
		"12ab",
		"0x",
		"0xg",
		"a",
		"-1",
		"\"-1\"",
		"-(~0x7fffffffffffffff)",
		"\"0x1000\\\"",
		"(~0x7fffffffffffffff) / -1",
	};
	u64 v;

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		if (value_of(cases[i], &v))
			fail_msg("%s is %llu", cases[i], (unsigned long long)v);
		assert_non_null(strstr(said, "error: "));
		assert_non_null(strstr(said, "fix: "));
	}
}

/* ---- places -------------------------------------------------------------------------------- */

static void places_come_from_markers(void **state)
{
	enum status st;

	(void)state;
	parse("# 1 \"a.camkes\"\n# 1 \"<built-in>\" 1\n#pragma once\n# 7 \"dir/b.camkes\" 2\n" VM
	      "assembly {\n  composition { component VN vm0; }\n}\n",
	      &st);
	assert_int_equal(st, E_INVAL);
	assert_non_null(strstr(said, "dir/b.camkes:9:30: error: component VN"));
	/* #line, no file, numbers that are none. */
	parse("#line 40\n# x\n#\n#line 99999999999999999999 \"c\"\n#line 5 \"d\n}", &st);
	assert_non_null(strstr(said, ":5:1: error: expected"));
	/* A '#' that does not begin its line is no marker. */
	parse("\n  # 3 \"x\"\n", &st);
	assert_non_null(strstr(said, "t.camkes:2:3: error: expected"));
}

static void places_in_strings(void **state)
{
	enum status st;

	(void)state;
	parse(BEGIN
	      "vm0.vm_address_config = {\"ram_base\" : \"0x10 + x\", \"ram_size\" : 1};\n" END,
	      &st);
	assert_non_null(strstr(said, "t.camkes:4:47: error: VM \"vm0\": ram_base: the name 'x'"));
}

static void comments_and_strings_end(void **state)
{
	enum status st;

	(void)state;
	parse(VM "\n /* what", &st);
	assert_non_null(strstr(said, "t.camkes:3:2: error: a comment that does not end"));
	parse(VM "import \"abc;\n", &st);
	assert_non_null(strstr(said, "t.camkes:2:8: error: a string that does not end"));
	parse(VM "import <abc;\n", &st);
	assert_non_null(strstr(said, "t.camkes:2:8: error: a string that does not end"));
	/* One mistake is one message. */
	assert_int_equal(diag.n_errors, 1);
}

static void every_mistake_is_told(void **state)
{
	enum status st;

	(void)state;
	parse(BEGIN ADDRESS
	      "vm0.a = ;\nvm0.b = {\"c\" : [1,, 2]};\nvm0 c = 1;\nvm0.num_vcpus = \"x\";\n" END,
	      &st);
	assert_int_equal(diag.n_errors, 4);
}

/* ---- what is around ------------------------------------------------------------------------ */

static u32 n_imports;

static enum status import(void *ctx, struct str name, bool angled, const char *from,
			  struct config_part *out)
{
	static const char again[] = "import \"again.camkes\";\n";
	static const char vm[] = BEGIN ADDRESS END;

	(void)ctx;
	(void)from;
	n_imports++;
	if (str_eq_c(name, "vm.camkes")) {
		*out = (struct config_part){ span_of(vm, strlen(vm)), "vm.camkes", false };
		return angled ? OK : E_BUSY;
	}
	*out = (struct config_part){ span_of(again, strlen(again)), "again.camkes", false };
	return str_eq_c(name, "again.camkes") ? OK : E_NOTFOUND;
}

static bool has_image(void *ctx, struct str name)
{
	return str_eq_c(name, ctx);
}

static void imports_are_asked_for(void **state)
{
	struct config_env env = { .import = import };
	enum status st;
	struct vmdesc *vd = parse_in(&env, "import <vm.camkes>;\nimport \"vm.camkes\";\n", &st);

	(void)state;
	assert_int_equal(st, OK);
	assert_non_null(vd);
	assert_null(vd->next);
	vd = parse_in(&env, "import \"x.camkes\";\n", &st);
	assert_int_equal(st, E_INVAL);
	assert_non_null(strstr(said, "import \"x.camkes\": there is no such file"));
	/* Who gives it again and again is stopped. */
	n_imports = 0;
	parse_in(&env, "import \"again.camkes\";\n", &st);
	assert_int_equal(st, E_INVAL);
	assert_true(n_imports < 32);
	assert_non_null(strstr(said, "more than 16 files that import each other"));
}

static void images_of_the_older_spelling_are_there_or_not(void **state)
{
	static const char text[] = BEGIN ADDRESS "vm0.linux_image_config = {};\n" END;
	struct config_env env = { .has_image = has_image, .ctx = (void *)"linux-initrd" };
	enum status st;
	struct vmdesc *vd = parse_in(&env, text, &st);

	(void)state;
	assert_int_equal(st, OK);
	assert_non_null(vmdesc_image(vd, VD_IMG_INITRD));
	assert_null(vmdesc_image(vd, VD_IMG_DTB));
	env.ctx = (void *)"linux-dtb";
	vd = parse_in(&env, text, &st);
	assert_null(vmdesc_image(vd, VD_IMG_INITRD));
	assert_non_null(vmdesc_image(vd, VD_IMG_DTB));
	vd = parse(text, &st);
	assert_null(vmdesc_image(vd, VD_IMG_INITRD));
}

static void paths_stand_for_themselves_without_a_tree(void **state)
{
	enum status st;
	struct vmdesc *vd =
		parse(BEGIN ADDRESS "vm0.dtb = dtb([{\"path\" : \"/soc/uart@0\"}]);\n" END, &st);

	(void)state;
	assert_int_equal(st, OK);
	assert_int_equal(vd->pass_paths.n, 1);
	assert_true(str_eq_c(vd->pass_paths.v[0].path, "/soc/uart@0"));
	parse(BEGIN ADDRESS "vm0.dtb = dtb([{\"aliases\" : \"serial0\"}]);\n" END, &st);
	assert_int_equal(st, E_INVAL);
	assert_non_null(strstr(said, "the machine's tree is not known"));
}

/* A dataport is one device; events go with the peer's, or as crossvm says. */
static void events_go_with_their_memory(void **state)
{
	static const char decl[] =
		"component P { control; }\n"
		"component VM { attribute int trivet_is_vm; dataport Buf(8192) d1; dataport Buf d2; }\n"
		"assembly { composition { component VM vm0; component P p; component P q;\n"
		"connection seL4SharedDataWithCaps c1(from p.x, to vm0.d1);\n"
		"connection seL4SharedDataWithCaps c2(from p.y, to vm0.d2);\n"
		"connection seL4SharedDataWithCaps c3(from q.y, to vm0.d3);\n"
		"connection seL4Notification e1(from vm0.go, to p.go);\n"
		"connection seL4Notification e2(from p.done, to vm0.done);\n"
		"connection seL4GlobalAsynch e3(from q.tick, to vm0.tick);\n"
		"} configuration {\n" ADDRESS "c2.size = 0x3000;\n";
	char text[2048];
	enum status st;
	struct vmdesc *vd;

	(void)state;
	snprintf(text, sizeof(text), "%s" END, decl);
	vd = parse(text, &st);
	assert_int_equal(st, OK);
	assert_int_equal(vd->devs.n, 4); /* and the interrupt controller */
	assert_true(str_eq_c(vd->devs.v[0].options.v[1].value, "8192"));
	assert_true(str_eq_c(vd->devs.v[0].options.v[3].key, "emits"));
	assert_true(str_eq_c(vd->devs.v[1].options.v[1].value, "12288"));
	assert_true(str_eq_c(vd->devs.v[1].options.v[3].key, "consumes"));
	assert_true(str_eq_c(vd->devs.v[2].options.v[1].value, "4096"));
	assert_true(str_eq_c(vd->devs.v[2].options.v[3].value, "tick"));
	snprintf(
		text, sizeof(text),
		"%svm0.crossvm = [{\"dataport\" : \"d1\", \"consume\" : \"done\"}, {\"dataport\" : \"d2\", "
		"\"emit\" : \"go\"}];" END,
		decl);
	vd = parse(text, &st);
	assert_int_equal(st, OK);
	assert_true(str_eq_c(vd->devs.v[0].options.v[3].key, "consumes"));
	assert_true(str_eq_c(vd->devs.v[1].options.v[3].key, "emits"));
}

/* ---- regular expressions ------------------------------------------------------------------- */

static void regular_expressions(void **state)
{
	static const struct {
		const char *pattern, *text;
		int fits;
	} cases[] = {
		{ "", "", 1 },
		{ "abc", "xxABCxx", 1 },
		{ "abc", "ab", 0 },
		{ "^/soc", "/soc/x", 1 },
		{ "^soc", "/soc", 0 },
		{ "soc$", "/soc", 1 },
		{ "soc$", "/soc/", 0 },
		{ "^$", "", 1 },
		{ "^$", "a", 0 },
		{ "a.c", "abc", 1 },
		{ "a.c", "ac", 0 },
		{ "ab*c", "ac", 1 },
		{ "ab*c", "abbbc", 1 },
		{ "ab+c", "ac", 0 },
		{ "ab+c", "abbc", 1 },
		{ "ab?c", "abc", 1 },
		{ "ab?c", "abbc", 0 },
		{ "[a-c]x", "bx", 1 },
		{ "[a-c]x", "dx", 0 },
		{ "[^a-c]x", "dx", 1 },
		{ "[^a-c]x", "Bx", 0 },
		{ "[]]", "]", 1 },
		{ "[a-]", "-", 1 },
		{ "\\.", ".", 1 },
		{ "\\.", "a", 0 },
		{ "a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", 0 },
		{ "/uart@9000000", "/pl011/UART@9000000", 1 },
		{ "$a", "$a", 1 },
		{ "(a)", "a", -1 },
		{ "a|b", "a", -1 },
		{ "a{2}", "aa", -1 },
		{ "*a", "a", -1 },
		{ "a**", "a", -1 },
		{ "[a", "a", -1 },
		{ "\\", "a", -1 },
		{ "\\d", "1", -1 },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a", -1 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		int fits = ck_regex_search(str_of(cases[i].pattern), str_of(cases[i].text));

		if (fits != cases[i].fits)
			fail_msg("%s in %s: %d", cases[i].pattern, cases[i].text, fits);
	}
}

static void patterns_of_names(void **state)
{
	(void)state;
	assert_true(ck_pattern_fits("a*b", STR("ab")));
	assert_true(ck_pattern_fits("a*b", STR("axxb")));
	assert_true(ck_pattern_fits("ab*", STR("ab")));
	assert_true(ck_pattern_fits("*", STR("")));
	assert_true(ck_pattern_fits("ab", STR("ab")));
	assert_false(ck_pattern_fits("ab", STR("abc")));
	assert_false(ck_pattern_fits("a*c", STR("ab")));
	/* What begins and what ends it may not be the same character. */
	assert_false(ck_pattern_fits("ab*bc", STR("abc")));
}

/* ---- hostile texts ------------------------------------------------------------------------- */

struct hostile {
	const char *head;
	const char *repeated; /* with %u, where it has one */
	const char *tail;
};

static char *make_hostile(const struct hostile *h)
{
	size_t size = MIB(1), n = strlen(h->head);
	char *text = malloc(size + 256);

	assert_non_null(text);
	strcpy(text, h->head);
	for (u32 i = 0; n + 128 + strlen(h->tail) < size; i++) {
		/* The patterns are the table's. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
		n += (size_t)snprintf(text + n, 128, h->repeated, i, i, i);
#pragma GCC diagnostic pop
	}
	strcpy(text + n, h->tail);
	return text;
}

static const struct hostile hostile_cases[] = {
	{ "", "(", "" },
	{ "", "[", "" },
	{ "", "{", "" },
	{ "", "}", "" },
	{ "", "\"\" ", "" },
	{ "", "/", "" },
	{ "", "a%u ", "" },
	{ "", "a%u;", "" },
	{ "", "# %u \"f%u\"\n", "" },
	{ "", "component ", "" },
	{ "", "component C%u {", "" },
	{ "", "component { composition { component {", "" },
	{ "", "component C%u { control; }\n", "" },
	{ "", "assembly { composition { component { composition {", "" },
	{ "", "assembly { configuration { ", "" },
	{ "", "import \"x%u\";\n", "" },
	{ "component A {", "dataport Buf(%u) d%u;", "}" },
	{ "component A { attribute int trivet_is_vm;", "attribute int d%u = %u;",
	  "} assembly { composition { component A a; } }" },
	{ "assembly { composition {", "component A%u a%u;", "} }" },
	{ "assembly { composition {", "connection c x%u(from a%u.b, to c.d);", "} }" },
	{ "assembly { composition {", "connection c x(from a.b", "} }" },
	{ BEGIN, "vm0.a%u = 1;", END },
	{ BEGIN, "vm0.a = 1;", END },
	{ BEGIN, "v%u.a = 1;", END },
	{ BEGIN, "vm0.a%u <- vm0.a%u;", END },
	{ BEGIN "vm0.a = [", "1,", "];" END },
	{ BEGIN "vm0.a = [", "[],", "];" END },
	{ BEGIN "vm0.a = {", "\"k%u\":1,", "};" END },
	{ BEGIN "vm0.vm_address_config = {", "\"k%u\":1,", "};" END },
	{ BEGIN "vm0.a = ", "\"x\" ", ";" END },
	{ BEGIN "vm0.a = ", "1+", "1;" END },
	{ BEGIN "vm0.a = ", "1?1:", "1;" END },
	{ BEGIN "vm0.a = ", "1**", "1;" END },
	{ BEGIN "vm0.a = ", "-", "1;" END },
	{ BEGIN "vm0.a = ", "!(", "1;" END },
	{ BEGIN "vm0.a = ", "f(%u)", "1;" END },
	{ BEGIN "vm0.dtb = dtb([", "{\"path\":\"a.*b.*c%u\"},", "]);" END },
	{ BEGIN "vm0.untyped_mmios = [", "\"%u:12\",", "];" END },
	{ BEGIN "vm0.dtb_irqs = [", "%u,", "];" END },
	{ BEGIN "vm0.exclude_paddr = [", "[%u,1],", "]; vm0.guest_ram_mb = 1;" END },
};

static void hostile_texts_cost_little(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(hostile_cases); i++) {
		const struct hostile *h = &hostile_cases[i];
		char *text = make_hostile(h);
		clock_t begin = clock();
		enum status st;
		double seconds;

		parse(text, &st);
		seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
		/* With sanitizers ten times what it takes without. */
		if (seconds > 10 || st == E_NOMEM)
			fail_msg("%s%s: %.1f s, status %d", h->head, h->repeated, seconds, (int)st);
		free(text);
	}
}

/* Compounds that double at every level: told, and no more than that. */
static void compounds_do_not_explode(void **state)
{
	char text[4096];
	size_t n = (size_t)snprintf(text, sizeof(text), VM "component C0 { composition {");
	enum status st;

	(void)state;
	for (int i = 0; i < 16; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "component VM v%d;", i);
	for (int c = 1; c < 8; c++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "} }\ncomponent C%d { composition {", c);
		for (int i = 0; i < 16; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "component C%d v%d;",
					      c - 1, i);
	}
	snprintf(text + n, sizeof(text) - n, "} }\nassembly { composition { component C7 c; } }");
	assert_null(parse(text, &st));
	assert_int_equal(st, E_INVAL);
	assert_int_equal(diag.n_errors, 1);
}

static void a_small_arena_is_told(void **state)
{
	static const char text[] = BEGIN ADDRESS END;
	struct config_part part = { span_of(text, strlen(text)), "t.camkes", false };
	struct config_input in = { &part, 1, &config_env_empty };

	(void)state;
	for (size_t size = 0; size < KIB(96); size += 24) {
		struct vmdesc *vd;
		enum status st;

		diag = (struct diag){ .emit = emit };
		said[0] = '\0';
		arena_init(&arena, memory, size);
		st = config_camkes.parse(&in, &arena, &diag, &vd);
		assert_true(st == OK || st == E_NOMEM);
		if (st == OK)
			assert_non_null(vd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_have_their_value),
		cmocka_unit_test(expressions_are_refused),
		cmocka_unit_test(places_come_from_markers),
		cmocka_unit_test(places_in_strings),
		cmocka_unit_test(comments_and_strings_end),
		cmocka_unit_test(every_mistake_is_told),
		cmocka_unit_test(imports_are_asked_for),
		cmocka_unit_test(images_of_the_older_spelling_are_there_or_not),
		cmocka_unit_test(paths_stand_for_themselves_without_a_tree),
		cmocka_unit_test(events_go_with_their_memory),
		cmocka_unit_test(regular_expressions),
		cmocka_unit_test(patterns_of_names),
		cmocka_unit_test(hostile_texts_cost_little),
		cmocka_unit_test(compounds_do_not_explode),
		cmocka_unit_test(a_small_arena_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
