/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One panic is told, the first: the CPU that comes second, and the one that fails while telling,
 * end without adding to it (the latter with one line, once). Nothing here takes a lock or trusts
 * more than the console's transmitter.
 */
#include <core/panic.h>

#include <stdatomic.h>

#include <base/fmt.h>
#include <core/console.h>
#include <core/cpu.h>
#include <core/ksym.h>
#include <port/arch.h>

#define MAX_FRAMES 32

static enum panic_end panic_end;
static const char *version;
static _Atomic uintptr_t owner; /* the panicking CPU's mark, 0: none */
static atomic_uint depth;	/* entries by the owner */

void panic_set_power_off(enum panic_end end)
{
	panic_end = end;
}

void panic_set_version(const char *text)
{
	version = text;
}

static void say(const char *format, ...) printf_like(1, 2);
static void say(const char *format, ...)
{
	char line[320];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	console_panic_write(line);
	console_panic_write("\n");
}

static noreturn_fn void stop(void)
{
	if (panic_end == PANIC_POWER_OFF)
		arch_power_off();
	arch_halt();
}

/* Returns for the first panic only. */
static void enter(const char *text)
{
	uintptr_t me = (uintptr_t)arch_this_cpu() | 1; /* not 0 before there is a CPU */
	uintptr_t none = 0;

	if (!atomic_compare_exchange_strong(&owner, &none, me) && none != me)
		arch_halt();
	switch (atomic_fetch_add(&depth, 1)) {
	case 0:
		cpus_stop_others();
		return;
	case 1:
		say("trivet: panic while panicking: %s", text);
		stop();
	default:
		arch_halt();
	}
}

static void say_head(const char *text)
{
	if (arch_this_cpu())
		say("trivet: panic on CPU %u: %s", this_cpu()->index, text);
	else
		say("trivet: panic in early boot: %s", text);
}

/* A call that does not return may be a function's last instruction, so its return address may lie
 * in the next one: names are looked up for the byte before. Not so where the innermost frame is
 * the very start of a function: a fault there has no call behind it. */
static void say_frame(u32 index, u64 addr)
{
	struct ksym s;

	if (index == 0 && ksym_lookup(addr, &s) && s.off == 0)
		say("  #%u 0x%016llx %s+0x0", index, (unsigned long long)addr, s.name);
	else if (ksym_lookup(addr - 1, &s))
		say("  #%u 0x%016llx %s+0x%llx", index, (unsigned long long)addr, s.name,
		    (unsigned long long)s.off + 1);
	else
		say("  #%u 0x%016llx", index, (unsigned long long)addr);
}

static noreturn_fn void say_frames_and_stop(const u64 *frames, u32 n)
{
	for (u32 i = 0; i < n && i < MAX_FRAMES; i++)
		say_frame(i, frames[i]);
	if (version)
		say("%s", version);
	stop();
}

void panic_at(const char *file, int line, const char *format, ...)
{
	u64 frames[MAX_FRAMES];
	char text[256];
	va_list ap;
	int n;

	n = fmt_snprintf(text, sizeof(text), "%s:%d: ", file, line);
	if (n < (int)sizeof(text)) {
		va_start(ap, format);
		fmt_vsnprintf(text + n, sizeof(text) - (size_t)n, format, ap);
		va_end(ap);
	}
	enter(text);
	say_head(text);
	say_frames_and_stop(frames, arch_backtrace(frames, MAX_FRAMES));
}

static void sink_line(struct arch_sink *s, const char *text)
{
	(void)s;
	say("%s", text);
}

void core_host_fault(const char *what, void (*dump)(struct arch_sink *s), const u64 *frames,
		     u32 n_frames)
{
	struct arch_sink sink = { .line = sink_line };

	enter(what);
	say_head(what);
	dump(&sink);
	say_frames_and_stop(frames, n_frames);
}
