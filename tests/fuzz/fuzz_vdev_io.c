/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a guest writes to the virtual GICv2 and v3, PL011 and 16550, in whatever order with lines,
 * input, and what CPUs report of presented interrupts (lies included): no device leaves its
 * memory, presents an interrupt twice, more than was asked for, or in a state that the CPU
 * forbids; and after a reset all is as new.
 */
#include "fuzz.h"

#include "vdev_fixture.h"

extern const struct vdev_class vdev_gicv2;
extern const struct vdev_class vdev_gicv3;
extern const struct vdev_class vdev_ns16550;
extern const struct vdev_class vdev_pl011;

#define N_CPUS 3u
#define N_LRS  4u
/* SPIs from 36 on have interrupts of the host behind them. */
#define FIRST_HOST 100u
#define N_HOST	   8u

struct input {
	const u8 *p;
	size_t n;
};

static struct virq_entry held[N_CPUS][N_LRS];
static u32 n_held[N_CPUS];

/* The next @n bytes, little end first; zeros when the input is used up. */
static u32 take(struct input *in, u32 n)
{
	u32 v = 0;

	for (u32 i = 0; i < n && in->n; i++, in->p++, in->n--)
		v |= (u32)*in->p << 8 * i;
	return v;
}

static bool is_v3(void)
{
	return board.dev->class == &vdev_gicv3;
}

static void access_window(struct input *in, u32 window, u32 size)
{
	u32 how = take(in, 1);
	u32 width = 1u << (how & 3);
	u32 off = take(in, 3) % size & ~(width - 1);

	if (how & 4)
		board_write(window, off, width, (u64)take(in, 4) << (how >> 3));
	else
		(void)board_read(window, off, width);
}

/* ---- the interrupt controller -------------------------------------------------------------- */

static void collect(u32 v)
{
	u32 n = n_held[v];

	n_held[v] = 0;
	for (u32 i = 0; i < n; i++)
		board.dev->class->intc->done(board.dev, v, &held[v][i]);
}

static bool is_held(u32 v, u32 intid)
{
	for (u32 i = 0; i < n_held[v]; i++) {
		if (held[v][i].intid == intid && held[v][i].state)
			return true;
	}
	return false;
}

static bool is_held_elsewhere(u32 v, u32 intid)
{
	for (u32 c = 0; c < N_CPUS; c++) {
		if (c != v && intid >= 32 && is_held(c, intid))
			return true;
	}
	return false;
}

static void sync_cpu(u32 v, u32 max)
{
	bool more = false;

	collect(v);
	n_held[v] = board.dev->class->intc->next(board.dev, v, held[v], max, &more);
	fuzz_check(n_held[v] <= max);
	for (u32 i = 0; i < n_held[v]; i++) {
		const struct virq_entry *e = &held[v][i];

		fuzz_check(e->intid < 256 && (e->prio & 7) == 0 && e->group <= 1);
		fuzz_check(e->state >= 1 && e->state <= 3);
		fuzz_check(!e->hw_irq || (e->state != 3 && !e->notify));
		fuzz_check(!is_held_elsewhere(v, e->intid));
		for (u32 j = 0; j < i; j++)
			fuzz_check(held[v][j].intid != e->intid);
	}
}

/* The CPU moves on by itself, as the architecture allows: pending, active, gone. */
static void run_cpu(struct input *in, u32 v)
{
	for (u32 i = 0; i < n_held[v]; i++) {
		u32 what = take(in, 1) % 4;

		if (what == 1 && held[v][i].state == VIRQ_PENDING)
			held[v][i].state = VIRQ_ACTIVE;
		else if (what == 2)
			held[v][i].state &= (u8)~VIRQ_ACTIVE;
		else if (what == 3)
			held[v][i].state = 0;
	}
}

static void lie(struct input *in)
{
	struct virq_entry e = { .intid = take(in, 2), .state = take(in, 1) & 3 };
	u32 v = take(in, 1) % N_CPUS;

	/* Not of what a CPU holds and goes on holding: that would be our own mistake. */
	if (!is_held(v, e.intid) && !is_held_elsewhere(v, e.intid))
		board.dev->class->intc->done(board.dev, v, &e);
}

/* A register with a bit per INTID, by one byte. */
static void access_bits(struct input *in)
{
	u32 what = take(in, 1);
	u32 off = 0x80 * (1 + what % 8) + 4 * (what >> 3 & 7);
	u32 bits = take(in, 1);

	bits = bits >> 5 ? 1u << bits % 32 : ~0u;
	if (off % 0x80 == 0 && is_v3())
		board_write(1, what % N_CPUS * 0x20000 + 0x10000 + off, 4, bits);
	else if (what & 0x40)
		board_write(0, off, 4, bits);
	else
		(void)board_read(0, off, 4);
}

static void step_intc(struct input *in)
{
	const struct vintc_ops *ops = board.dev->class->intc;
	struct virq_ready ready;
	u32 what = take(in, 1);
	u32 v = (what >> 4) % N_CPUS;

	switch (what & 15) {
	case 0:
		access_bits(in);
		break;
	case 1:
	case 2:
		access_window(in, 0, is_v3() ? 0x10000 : 0x1000);
		break;
	case 3:
	case 4:
		board.current = v;
		access_window(in, 1, is_v3() ? N_CPUS * 0x20000 : 0x2000);
		break;
	case 5:
	case 6:
		what = take(in, 2);
		ops->line(board.dev, v, what & 0x3ff, what >> 15);
		break;
	case 7:
		what = take(in, 2);
		ops->ipi(board.dev, v, what >> 8, what & 31, what >> 7 & 1);
		break;
	case 8:
	case 9:
		sync_cpu(v, N_LRS);
		break;
	case 10:
	case 11:
		run_cpu(in, v);
		break;
	case 12:
		sync_cpu(v, take(in, 1) % (N_LRS + 1));
		break;
	case 13:
		lie(in);
		break;
	case 14:
		(void)ops->pending(board.dev, v);
		if (ops->ready(board.dev, v, &ready))
			fuzz_check(ready.n_hw <= VIRQ_READY_HW && ready.ipis < 1u << 16 &&
				   (!ready.ipis || ready.ipi.state == VIRQ_PENDING));
		break;
	default:
		board.dev->class->reset(board.dev);
		memset(n_held, 0, sizeof(n_held));
		fuzz_check(board_read(0, 0, 4) == (is_v3() ? 0x50 : 0));
		sync_cpu(v, N_LRS);
		fuzz_check(n_held[v] == 0);
		break;
	}
}

/* What an operating system does first; random bytes seldom find it. */
static void set_up_intc(void)
{
	board_write(0, 0, 4, 3);
	for (u32 w = 1; w < 8; w++)
		board_write(0, 0x100 + 4 * w, 4, 0xffffffff);
	for (u32 i = 32; i < 256; i++) {
		board_write(0, 0x400 + i, 1, i * 37);
		if (is_v3())
			board_write(0, 0x6000 + 8 * i, 8, i % N_CPUS);
		else
			board_write(0, 0x800 + i, 1, i % 8);
	}
	for (u32 v = 0; v < N_CPUS && is_v3(); v++)
		board_write(1, v * 0x20000 + 0x10100, 4, 0xffffffff);
}

static void host_ended(u32 hw_irq)
{
	fuzz_check(hw_irq >= FIRST_HOST && hw_irq < FIRST_HOST + N_HOST);
}

static void fuzz_intc(struct input *in, const struct vdev_class *class)
{
	u32 how = take(in, 1);

	board_clear(N_CPUS);
	board.collect = collect;
	memset(n_held, 0, sizeof(n_held));
	fuzz_check(board_make(class) == OK);
	if (how & 1)
		set_up_intc();
	for (u32 v = 0; v < N_CPUS; v++)
		board.dev->class->intc->bind_hw(board.dev, v, 27, 59);
	board.host_ended = host_ended;
	for (u32 i = 0; i < N_HOST; i++)
		board.dev->class->intc->bind_hw(board.dev, 0, 36 + i, FIRST_HOST + i);
	while (in->n)
		step_intc(in);
}

/* ---- the UART ------------------------------------------------------------------------------ */

static void step_uart(struct input *in)
{
	u8 bytes[64] = { 0 };
	u32 what = take(in, 1);

	if (what < 0xd0) {
		access_window(in, 0, what & 1 ? 0x50 : 0x1000);
	} else if (what < 0xf8) {
		board_type(bytes, what & 63);
	} else {
		board.dev->class->reset(board.dev);
		/* Input that waited may have been taken at once (RX). */
		fuzz_check(board_read(0, 0x38, 4) == 0 && (board_read(0, 0x3c, 4) & ~0x10u) == 0);
	}
	/* The line is the masked status; empty and full exclude each other. */
	fuzz_check(board.irq[0] == (board_read(0, 0x40, 4) != 0));
	fuzz_check((board_read(0, 0x18, 4) & 0x50) != 0x50);
}

static void fuzz_uart(struct input *in)
{
	board_clear(1);
	fuzz_check(board_make(&vdev_pl011) == OK);
	while (in->n)
		step_uart(in);
}

static void step_16550(struct input *in)
{
	u8 bytes[64] = { 0 };
	u32 what = take(in, 1);
	bool line;

	if (what < 0xd0) {
		access_window(in, 0, what & 1 ? 8u << board.shift : 0x1000);
	} else if (what < 0xf8) {
		board_type(bytes, what & 63);
	} else {
		board.dev->class->reset(board.dev);
		fuzz_check(!board.irq[0] && board_read(0, 1u << board.shift, 1) == 0);
	}
	/* The line is what IIR tells, and what is always empty stays so. */
	line = board.irq[0];
	fuzz_check(line == !(board_read(0, 2u << board.shift, 1) & 1));
	if (what & 1)
		fuzz_check((board_read(0, 5u << board.shift, 1) & 0x60) == 0x60);
}

static void fuzz_16550(struct input *in)
{
	board_clear(1);
	board.has_shift = true;
	board.shift = take(in, 1) & 3;
	fuzz_check(board_make(&vdev_ns16550) == OK);
	while (in->n)
		step_16550(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = { data, n };

	switch (take(&in, 1) % 4) {
	case 0:
		fuzz_uart(&in);
		break;
	case 1:
		fuzz_intc(&in, &vdev_gicv2);
		break;
	case 2:
		fuzz_16550(&in);
		break;
	default:
		fuzz_intc(&in, &vdev_gicv3);
		break;
	}
	return 0;
}
