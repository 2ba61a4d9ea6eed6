/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last words: their form, their end, and that only one panic is told.
 */
#include "scene.h"

#include <string.h>

#include <arch/fake.h>
#include <core/console.h>
#include <core/cpu.h>
#include <core/ksym.h>
#include <core/panic.h>

static char said[8192];
static u32 n_stops;
static struct cpu two[2];
static void (*on_write)(void); /* something that happens while a panic is told */

static const u8 pairs[][2] = { { 'l', 'l' } };
static const u8 stream[] = {
	0,    'c', 'a', 128, 'e', 'r', 0, /* 0 */
	0x40, 'c', 'a', 128, 'e', 'e', 0, /* 0x100 */
	0x20, 'l', 'a', 's', 't', 0,	  /* 0x180 */
};

/* Stands in for the generated table. */
const struct ksym_table ksym_table = {
	.base = 0x10000,
	.len = 0x200,
	.n = 3,
	.unit = 4,
	.stream = stream,
	.pairs = pairs,
};

/* Stand in for the console and for other CPUs. */
void console_panic_write(const char *text)
{
	void (*event)(void) = on_write;

	strncat(said, text, sizeof(said) - strlen(said) - 1);
	on_write = NULL;
	if (event)
		event();
}

void cpus_stop_others(void)
{
	n_stops++;
}

static void begin(void)
{
	fake_init(MIB(2));
	two[0].index = 0;
	two[1].index = 1;
	arch_cpu_adopt(&two[1].arch);
}

static void go_wrong(void *ctx)
{
	panic_at("core/x.c", 12, "BUG: %s", (const char *)ctx);
}

static void dump(struct arch_sink *s)
{
	s->line(s, "  pc 1234");
	s->line(s, "  lr 5678");
}

static void fault(void *ctx)
{
	/* In the middle; a call that was the last thing its function did; the start; nowhere. */
	static const u64 frames[] = { 0x10108, 0x10180, 0x10180, 0x77 };

	(void)ctx;
	core_host_fault("data abort", dump, frames, 4);
}

static void a_bug_is_told(void)
{
	char want[128];
	const char *text = "trivet: panic on CPU 1: core/x.c:12: BUG: a > b\n  #0 0x";

	begin();
	panic_set_version("Trivet 0.1 test");
	CHECK(fake_run_to_end(go_wrong, "a > b") == FAKE_HALT);
	CHECK(strncmp(said, text, strlen(text)) == 0);
	snprintf(want, sizeof(want), "\nTrivet 0.1 test\n");
	CHECK(strcmp(said + strlen(said) - strlen(want), want) == 0);
	CHECK(n_stops == 1);
}

static void a_fault_is_told(void)
{
	begin();
	CHECK(fake_run_to_end(fault, NULL) == FAKE_HALT);
	CHECK(strcmp(said, "trivet: panic on CPU 1: data abort\n"
			   "  pc 1234\n"
			   "  lr 5678\n"
			   "  #0 0x0000000000010108 callee+0x8\n"
			   "  #1 0x0000000000010180 callee+0x80\n"
			   "  #2 0x0000000000010180 callee+0x80\n"
			   "  #3 0x0000000000000077\n") == 0);
}

static void fault_at_start(void *ctx)
{
	static const u64 at = 0x10180;

	(void)ctx;
	core_host_fault("jump", dump, &at, 1);
}

static void a_fault_at_a_function_s_start(void)
{
	begin();
	CHECK(fake_run_to_end(fault_at_start, NULL) == FAKE_HALT);
	CHECK(strstr(said, "  #0 0x0000000000010180 last+0x0\n"));
}

static void an_emulator_is_switched_off(void)
{
	begin();
	panic_set_power_off(PANIC_POWER_OFF);
	CHECK(fake_run_to_end(go_wrong, "x") == FAKE_POWER_OFF);
}

static void before_there_is_a_cpu(void)
{
	begin();
	fake_this_cpu = NULL;
	CHECK(fake_run_to_end(go_wrong, "x") == FAKE_HALT);
	CHECK(strstr(said, "trivet: panic in early boot: core/x.c:12: BUG: x\n"));
}

static void the_second_cpu_ends_silently(void)
{
	size_t len;

	begin();
	panic_set_power_off(PANIC_POWER_OFF);
	CHECK(fake_run_to_end(go_wrong, "first") == FAKE_POWER_OFF);
	len = strlen(said);
	arch_cpu_adopt(&two[0].arch);
	CHECK(fake_run_to_end(go_wrong, "second") == FAKE_HALT);
	CHECK(strlen(said) == len);
	CHECK(n_stops == 1);
}

static void go_wrong_again(void)
{
	go_wrong("inner");
}

static void a_panic_while_panicking_is_one_line(void)
{
	begin();
	panic_set_power_off(PANIC_POWER_OFF);
	on_write = go_wrong_again;
	CHECK(fake_run_to_end(go_wrong, "outer") == FAKE_POWER_OFF);
	CHECK(strstr(said, "trivet: panic while panicking: core/x.c:12: BUG: inner\n"));
	CHECK(!strstr(said, "#0"));
}

static void the_third_panic_ends_silently(void)
{
	size_t len;

	begin();
	panic_set_power_off(PANIC_POWER_OFF);
	on_write = go_wrong_again;
	CHECK(fake_run_to_end(go_wrong, "outer") == FAKE_POWER_OFF);
	len = strlen(said);
	CHECK(fake_run_to_end(go_wrong, "third") == FAKE_HALT);
	CHECK(strlen(said) == len);
}

static void long_texts_are_cut(void)
{
	char text[1000];

	begin();
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	CHECK(fake_run_to_end(go_wrong, text) == FAKE_HALT);
	CHECK(strchr(said, '\n') - said < 320);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(a_bug_is_told),
		SCENE(a_fault_is_told),
		SCENE(a_fault_at_a_function_s_start),
		SCENE(an_emulator_is_switched_off),
		SCENE(before_there_is_a_cpu),
		SCENE(the_second_cpu_ends_silently),
		SCENE(a_panic_while_panicking_is_one_line),
		SCENE(the_third_panic_ends_silently),
		SCENE(long_texts_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
