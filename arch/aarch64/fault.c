/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exception taken in the hypervisor: registers and return addresses for the core's last words.
 */
#include <arch/fast_regs.h>
#include <arch/image.h>
#include <arch/sysreg.h>
#include <base/fmt.h>
#include <port/arch.h>

#define MAX_FRAMES 24

static_assert(EC_DABT_SAME == ESR_EC_DABT_SAME, "vector.S");

noreturn_fn void host_fault_report(const struct host_frame *f);
u64 mmio_access(void *at, u64 *value, u64 kind);

static const struct host_frame *fault_frame;

static void line(struct arch_sink *s, const char *format, u64 a, u64 b, u64 c)
{
	char text[96];

	fmt_snprintf(text, sizeof(text), format, a, b, c);
	s->line(s, text);
}

static void dump_host(struct arch_sink *s)
{
	const struct host_frame *f = fault_frame;

	line(s, "  pc  %016lx  sp   %016lx  spsr %016lx", f->elr, f->sp, f->spsr);
	line(s, "  esr %016lx  far  %016lx  lr   %016lx", f->esr, f->far, f->x[30]);
	for (u32 i = 0; i < 30; i += 3)
		line(s, "      %016lx       %016lx       %016lx", f->x[i], f->x[i + 1],
		     f->x[i + 2]);
}

static bool is_stack(u64 at)
{
	u64 stacks = (u64)image_stacks_start;

	return is_aligned(at, 8) && at >= stacks && at < (u64)image_stacks_end - 16;
}

/* Frame records {next, return address} linked through x29 (AAPCS64 6.4.6); ours end with 0. */
static u32 walk(u64 fp, u64 *frames, u32 max)
{
	u32 n = 0;

	while (n < max && is_stack(fp)) {
		const u64 *record = (const u64 *)fp;

		if (record[1])
			frames[n++] = record[1];
		if (record[0] <= fp)
			break;
		fp = record[0];
	}
	return n;
}

u32 arch_backtrace(u64 *frames, u32 max)
{
	return walk((u64)__builtin_frame_address(0), frames, max);
}

static const char *fault_name(u64 esr)
{
	switch (field_get(ESR_EC, esr)) {
	case EC_IABT_SAME:
		return "instruction abort in the hypervisor";
	case EC_DABT_SAME:
		return "data abort in the hypervisor";
	case EC_UNKNOWN:
		return "undefined instruction in the hypervisor";
	default:
		return "unexpected exception in the hypervisor";
	}
}

void host_fault_report(const struct host_frame *f)
{
	u64 frames[MAX_FRAMES];
	u32 n;

	fault_frame = f;
	frames[0] = f->elr;
	n = 1 + walk(f->x[29], frames + 1, MAX_FRAMES - 1);
	core_host_fault(fault_name(f->esr), dump_host, frames, n);
}

/* A write that the bus refuses late is an SError, and not seen here. */
bool arch_mmio_access(void *at, struct io_access *io)
{
	return mmio_access(at, &io->value, bit_lowest(io->width) + (io->write ? 4 : 0));
}
