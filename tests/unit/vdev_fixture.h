/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board for one virtual device at a time: the port's functions (port/vdev.h, port/vintc.h) as
 * recorders, for the unit tests of vdev/ and for the fuzzer. Included by exactly one file of a
 * program, because it defines those functions.
 */
#pragma once

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <port/vintc.h>

#define BOARD_INPUT 4096

struct board {
	struct vdev *dev;
	struct vd_dev desc;
	struct vdev_setup setup;
	u64 hw_id[VD_MAX_VCPUS];

	const struct vdev_window_ops *win[VD_DEV_WINDOWS];
	enum status map_answer;

	bool irq[VD_DEV_IRQS];
	u32 n_irq_calls;

	enum status char_answer;
	u8 out[BOARD_INPUT]; /* written by the device; the first ones */
	size_t n_out;
	u8 in[BOARD_INPUT]; /* waiting to be read */
	size_t in_pos, in_len;

	u64 notified; /* bit per vCPU */
	u32 n_notified[VD_MAX_VCPUS];
	void (*collect)(u32 vcpu); /* NULL: nothing can be had */
	u32 n_collected;

	/* What the host's interrupts behind SPIs are told; the last, and how many. */
	u32 host_irq, host_vcpu;
	bool host_on;
	u32 n_host_lines, n_host_ends;
	void (*host_ended)(u32 hw_irq); /* NULL: just counted */
	u32 current;			/* vCPU that accesses registers */
	u32 ended_hw[8];
	u32 n_ended_hw;
	enum status cpu_interface_answer;

	bool has_spis; /* the option "spis" of the description */
	u64 spis;
	bool has_shift; /* the option "reg-shift" */
	u64 shift;
	char log[256];
};

static struct board board;

/* ---- the port ------------------------------------------------------------------------------ */

enum status vdev_map_mmio(struct vdev *d, u32 index, const struct vdev_window_ops *ops)
{
	if (board.map_answer != OK)
		return board.map_answer;
	if (d != board.dev || index >= VD_DEV_WINDOWS)
		abort();
	board.win[index] = ops;
	return OK;
}

void vdev_irq_set(struct vdev *d, u32 index, bool level)
{
	if (d != board.dev || index >= VD_DEV_IRQS)
		abort();
	board.irq[index] = level;
	board.n_irq_calls++;
}

enum status vdev_char_open(struct vdev *d)
{
	(void)d;
	return board.char_answer;
}

void vdev_char_write(struct vdev *d, u8 c)
{
	(void)d;
	if (board.n_out < sizeof(board.out))
		board.out[board.n_out] = c;
	board.n_out++;
}

bool vdev_char_read(struct vdev *d, u8 *c)
{
	(void)d;
	if (board.in_pos == board.in_len)
		return false;
	*c = board.in[board.in_pos++];
	return true;
}

void vdev_log(struct vdev *d, const char *format, ...)
{
	va_list ap;

	(void)d;
	va_start(ap, format);
	vsnprintf(board.log, sizeof(board.log), format, ap);
	va_end(ap);
}

void vdev_no_input(struct vdev *d)
{
	(void)d;
}

u64 opt_u64(const struct vd_dev *desc, const char *key, u64 fallback)
{
	(void)desc;
	if (board.has_shift && strcmp(key, "reg-shift") == 0)
		return board.shift;
	return board.has_spis && strcmp(key, "spis") == 0 ? board.spis : fallback;
}

void vintc_notify(struct vdev *d, u32 vcpu)
{
	if (d != board.dev || vcpu >= board.setup.n_vcpus)
		abort();
	board.notified |= UINT64_C(1) << vcpu;
	board.n_notified[vcpu]++;
}

void vintc_collect(struct vdev *d, u32 vcpu)
{
	if (d != board.dev || vcpu >= board.setup.n_vcpus)
		abort();
	board.n_collected++;
	if (board.collect)
		board.collect(vcpu);
}

void vintc_host_line(struct vdev *d, u32 hw_irq, enum vintc_switch on, u32 vcpu)
{
	if (d != board.dev)
		abort();
	board.host_irq = hw_irq;
	board.host_on = on == VINTC_ON;
	board.host_vcpu = vcpu;
	board.n_host_lines++;
}

void vintc_host_end(struct vdev *d, u32 hw_irq)
{
	if (d != board.dev)
		abort();
	board.host_irq = hw_irq;
	board.n_host_ends++;
	if (board.host_ended)
		board.host_ended(hw_irq);
}

bool vintc_end_hw(struct vdev *d, u32 vcpu, u32 irq)
{
	if (d != board.dev || vcpu >= board.setup.n_vcpus)
		abort();
	if (vcpu != board.current)
		return false;
	board.ended_hw[board.n_ended_hw++ % array_size(board.ended_hw)] = irq;
	return true;
}

u32 vintc_current(struct vdev *d)
{
	if (d != board.dev || board.current >= board.setup.n_vcpus)
		abort();
	return board.current;
}

enum status vintc_map_cpu_interface(struct vdev *d, u32 index)
{
	if (d != board.dev || index != 1)
		abort();
	return board.cpu_interface_answer;
}

/* ---- the board ----------------------------------------------------------------------------- */

/* An empty board for @n_vcpus with windows of the usual sizes; change what matters, then make. */
static inline void board_clear(u32 n_vcpus)
{
	free(board.dev);
	memset(&board, 0, sizeof(board));
	for (u32 v = 0; v < n_vcpus; v++)
		board.hw_id[v] = v;
	board.desc.n_win = 2;
	board.desc.win[0].size = 0x10000;
	board.desc.win[1].size = n_vcpus * UINT64_C(0x20000);
	board.desc.n_irq = 1;
	board.setup.desc = &board.desc;
	board.setup.n_vcpus = n_vcpus;
	board.setup.vcpu_hw_id = board.hw_id;
}

static inline enum status board_make(const struct vdev_class *class)
{
	size_t size = (class->instance_size + 63) / 64 * 64;
	enum status st;

	board.dev = (struct vdev *)aligned_alloc(64, size);
	if (!board.dev)
		abort();
	memset(board.dev, 0, size);
	board.dev->class = class;
	st = class->init(board.dev, &board.setup);
	if (st == OK)
		class->reset(board.dev);
	board.notified = 0;
	return st;
}

/* As the bus does: what does not lie in the window or is not aligned never gets here. */
static inline u64 board_read(u32 win, u32 off, u32 width)
{
	u64 v = board.win[win]->read(board.dev, off, width);

	return width == 8 ? v : v & ((UINT64_C(1) << 8 * width) - 1);
}

static inline void board_write(u32 win, u32 off, u32 width, u64 value)
{
	if (width < 8)
		value &= (UINT64_C(1) << 8 * width) - 1;
	board.win[win]->write(board.dev, off, width, value);
}

/* Characters arrive at the console. */
static inline void board_type(const void *bytes, size_t n)
{
	if (board.in_pos == board.in_len)
		board.in_pos = board.in_len = 0;
	if (n > sizeof(board.in) - board.in_len)
		n = sizeof(board.in) - board.in_len;
	memcpy(board.in + board.in_len, bytes, n);
	board.in_len += n;
	board.dev->class->input(board.dev);
}

/* The same numbers in every run. */
static inline u32 board_random(u64 *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (u32)(*state >> 33);
}
