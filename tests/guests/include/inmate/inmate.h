/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every test guest has, whatever its ISA: a console, tests that are told one by one, the
 * words of its command line, its device tree. A test says what it found and goes on; only an
 * exception that nobody expected ends a guest early, and it says so.
 */
#pragma once

#include <base/bits.h>
#include <base/compiler.h>
#include <base/span.h>
#include <base/str.h>
#include <base/types.h>

/* ---- console --------------------------------------------------------------------------------- */

/* One line, in one piece whatever other vCPUs print. */
void say(const char *format, ...) printf_like(1, 2);
/* One key, waited for. */
char key_wait(void);
/* A line without its end, waited for and cut to @size - 1 bytes. */
void line_read(char *buf, size_t size);

/* ---- tests ----------------------------------------------------------------------------------- */

struct test {
	const char *name;
	void (*fn)(void);
};

struct suite {
	const char *name;
	const struct test *tests;
	u32 n;
};

/*
 * "ok N SUITE_TEST;", or "not ok N SUITE_TEST - why;"; N counts on from one suite to the next. What
 * a reader waits for ends with a semicolon: a line of the hypervisor's may come in between.
 */
void suite_run(const struct suite *s);
/* The same for one test. False: it failed. */
bool test_run(const char *name, void (*fn)(void));
/* Whether no test has failed. */
bool tests_passed(void);
/* What the running test found; the first thing that is wrong is told. Returns @ok. */
bool check_at(bool ok, const char *file, u32 line, const char *format, ...) printf_like(4, 5);

#define check(cond) check_at((cond), __FILE_NAME__, __LINE__, "%s", #cond)
#define check_eq(got, expected)                                                                    \
	({                                                                                         \
		unsigned long long got_ = (unsigned long long)(got);                               \
		unsigned long long want_ = (unsigned long long)(expected);                         \
		check_at(got_ == want_, __FILE_NAME__, __LINE__, "%s is 0x%llx, not 0x%llx", #got, \
			 got_, want_);                                                             \
	})

/* ---- the command line: words KEY=VALUE ------------------------------------------------------- */

/* The value of @key, empty when it is not there. */
struct str arg_get(const char *key);
u64 arg_u64(const char *key, u64 fallback);
/* Whether @word is one of the comma-separated words of @list. */
bool list_has(struct str list, const char *word);

/* ---- the device tree ------------------------------------------------------------------------- */

/* Remember where it is; false when there is none. */
bool tree_attach(const void *at);
/* A property by the whole path of its node, such as "/cpus/cpu@0". */
bool tree_prop(const char *path, const char *prop, struct span *out);
/* Nodes whose path begins with @prefix and has no further slash. */
u32 tree_count(const char *prefix);
u32 tree_size(void);
/* Cell @i of a property; all ones when it is shorter. */
u32 tree_cell(struct span prop, u32 i);
bool tree_has_string(struct span prop, const char *s);

/* ---- one at a time --------------------------------------------------------------------------- */

struct lock {
	u32 taken;
};

static inline void lock_take(struct lock *l)
{
	while (__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE))
		;
}

static inline void lock_give(struct lock *l)
{
	__atomic_store_n(&l->taken, 0, __ATOMIC_RELEASE);
}

/* ---- chance ---------------------------------------------------------------------------------- */

/* The next of a sequence of numbers, never 0 from a state that is not. */
static inline u64 random_next(u64 *state)
{
	u64 x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

/* ---- given by the ISA's folder --------------------------------------------------------------- */

void uart_put(char c);
bool uart_get(char *c);
/* Between uart_listen(true) and uart_listen(false) uart_wait() may sleep until there is a key. */
void uart_listen(bool on);
void uart_wait(void);
/* End this guest. */
noreturn_fn void power_off(void);
/* The program: called on the first vCPU with everything set up. */
void guest_main(void);
