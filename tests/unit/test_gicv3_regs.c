/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The register faces of the virtual GICv3 against Arm IHI 0069 (12.9 to 12.11): every register
 * with its reset value and its writable bits, every access size, and everything that is not there.
 * Interrupts that result are test_gicv3's subject.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vdev_fixture.h"

extern const struct vdev_class vdev_gicv3;

enum {
	GICD,
	GICR
};

#define SGI   0x10000u
#define FRAME 0x20000u

static void fresh(u32 n_vcpus)
{
	board_clear(n_vcpus);
	assert_int_equal(board_make(&vdev_gicv3), OK);
}

/* All ones written, then all zeros: the bits that hold what is written. */
static u64 writable(u32 win, u32 off, u32 width)
{
	u64 ones, zeros;

	board_write(win, off, width, ~UINT64_C(0));
	ones = board_read(win, off, width);
	board_write(win, off, width, 0);
	zeros = board_read(win, off, width);
	return ones & ~zeros;
}

static void assert_absent(u32 win, u32 off, u32 width)
{
	if (board_read(win, off, width) != 0)
		fail_msg("window %u offset 0x%x width %u reads 0x%llx", win, off, width,
			 (unsigned long long)board_read(win, off, width));
	board_write(win, off, width, ~UINT64_C(0));
	if (board_read(win, off, width) != 0)
		fail_msg("window %u offset 0x%x width %u holds a value", win, off, width);
}

static void test_class(void **state)
{
	(void)state;
	assert_string_equal(vdev_gicv3.info.name, "gicv3");
	assert_int_equal(vdev_gicv3.info.n_win, 2);
	assert_int_equal(vdev_gicv3.info.n_irq, 0);
	assert_int_equal(vdev_gicv3.info.min_window, 0x10000);
	assert_true(vdev_gicv3.info.is_intc);
	assert_false(vdev_gicv3.info.is_console);
	assert_true(vdev_gicv3.instance_size < 0x10000);
	assert_non_null(vdev_gicv3.intc);
}

static void test_dist_identity(void **state)
{
	(void)state;
	fresh(4);
	/* ITLinesNumber 7, CPUNumber 0, IDbits 9, No1N; neither security, MBIS, LPIs nor A3V. */
	assert_int_equal(board_read(GICD, 0x4, 4), 0x02480007);
	assert_int_equal(board_read(GICD, 0x8, 4), 0x5400043b);
	assert_int_equal(board_read(GICD, 0xc, 4), 0);
	assert_int_equal(board_read(GICD, 0x10, 4), 0);
	for (u32 off = 0x4; off < 0x14; off += 4) {
		u64 was = board_read(GICD, off, 4);

		board_write(GICD, off, 4, ~was);
		assert_int_equal(board_read(GICD, off, 4), was);
	}
}

static void test_dist_control(void **state)
{
	(void)state;
	fresh(4);
	/* ARE and DS are fixed at one. */
	assert_int_equal(board_read(GICD, 0, 4), 0x50);
	assert_int_equal(writable(GICD, 0, 4), 0x3);
	board_write(GICD, 0, 4, 0xffffffff);
	assert_int_equal(board_read(GICD, 0, 4), 0x53);
	board_write(GICD, 0, 4, 2);
	assert_int_equal(board_read(GICD, 0, 4), 0x52);
}

static const u8 id_dist[12] = { 0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

static void test_id_registers(void **state)
{
	(void)state;
	fresh(2);
	for (u32 i = 0; i < 12; i++) {
		u32 redist = i == 4 ? 0x93 : id_dist[i];

		assert_int_equal(board_read(GICD, 0xffd0 + 4 * i, 4), id_dist[i]);
		assert_int_equal(board_read(GICR, 0xffd0 + 4 * i, 4), redist);
		assert_int_equal(board_read(GICR, FRAME + 0xffd0 + 4 * i, 4), redist);
		board_write(GICD, 0xffd0 + 4 * i, 4, 0xff);
		assert_int_equal(board_read(GICD, 0xffd0 + 4 * i, 4), id_dist[i]);
	}
	/* PIDR2.ArchRev: GICv3. */
	assert_int_equal(board_read(GICD, 0xffe8, 4) >> 4, 3);
}

/* Registers with a bit per INTID, word by word: all SPIs there, INTIDs 0..31 and beyond not. */
static void test_dist_bits(void **state)
{
	static const u32 regs[] = { 0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380 };

	(void)state;
	fresh(2);
	for (u32 r = 0; r < array_size(regs); r++) {
		for (u32 w = 0; w < 32; w++) {
			u32 off = regs[r] + 4 * w;

			assert_int_equal(board_read(GICD, off, 4), 0);
			if (w == 0 || w >= 8)
				assert_absent(GICD, off, 4);
		}
	}
	for (u32 w = 1; w < 8; w++) {
		u64 v = 0x80000001u << (w & 1 ? 0 : 3) | 0x0f0f0f0eu;

		v &= 0xffffffff;
		assert_int_equal(writable(GICD, 0x80 + 4 * w, 4), 0xffffffff);
		for (u32 r = 1; r < array_size(regs); r += 2) {
			u32 set = regs[r] + 4 * w, clear = regs[r + 1] + 4 * w;

			board_write(GICD, set, 4, v);
			board_write(GICD, set, 4, 0);
			assert_int_equal(board_read(GICD, set, 4), v);
			assert_int_equal(board_read(GICD, clear, 4), v);
			board_write(GICD, clear, 4, 0x0f000001);
			assert_int_equal(board_read(GICD, set, 4), v & ~UINT64_C(0x0f000001));
			board_write(GICD, clear, 4, 0xffffffff);
			assert_int_equal(board_read(GICD, clear, 4), 0);
		}
	}
}

static void test_dist_priority(void **state)
{
	(void)state;
	fresh(2);
	for (u32 i = 0; i < 0x400; i += 4) {
		if (i < 32 || i >= 256) {
			assert_absent(GICD, 0x400 + i, 4);
			assert_absent(GICD, 0x400 + i, 1);
			continue;
		}
		assert_int_equal(board_read(GICD, 0x400 + i, 4), 0);
		/* Five bits. */
		assert_int_equal(writable(GICD, 0x400 + i, 4), 0xf8f8f8f8);
		assert_int_equal(writable(GICD, 0x400 + i + 3, 1), 0xf8);
	}
	board_write(GICD, 0x400 + 40, 4, 0x40302010);
	assert_int_equal(board_read(GICD, 0x400 + 40, 1), 0x10);
	assert_int_equal(board_read(GICD, 0x400 + 43, 1), 0x40);
	board_write(GICD, 0x400 + 42, 1, 0xa7);
	assert_int_equal(board_read(GICD, 0x400 + 40, 4), 0x40a02010);
	assert_int_equal(board_read(GICD, 0x400 + 44, 4), 0);
}

static void test_dist_config(void **state)
{
	(void)state;
	fresh(2);
	for (u32 n = 0; n < 64; n++) {
		if (n < 2 || n >= 16)
			assert_absent(GICD, 0xc00 + 4 * n, 4);
		else
			assert_int_equal(writable(GICD, 0xc00 + 4 * n, 4), 0xaaaaaaaa);
	}
	board_write(GICD, 0xc08, 4, 0x80000002);
	assert_int_equal(board_read(GICD, 0xc08, 4), 0x80000002);
	assert_int_equal(board_read(GICD, 0xc0c, 4), 0);
	board_write(GICD, 0xc0c, 4, 0x55555557);
	assert_int_equal(board_read(GICD, 0xc0c, 4), 0x00000002);
	assert_int_equal(board_read(GICD, 0xc08, 4), 0x80000002);
}

static void test_dist_route(void **state)
{
	(void)state;
	fresh(2);
	for (u32 n = 0; n < 1024; n++) {
		u32 off = 0x6000 + 8 * n;

		if (n < 32 || n >= 256) {
			assert_absent(GICD, off, 8);
			assert_absent(GICD, off, 4);
			assert_absent(GICD, off + 4, 4);
			continue;
		}
		/* No 1-of-N, so no IRM; no Aff3 where GICD_TYPER.A3V is 0. */
		assert_int_equal(writable(GICD, off, 8), 0x00ffffff);
		assert_int_equal(writable(GICD, off, 4), 0x00ffffff);
		assert_int_equal(writable(GICD, off + 4, 4), 0);
		assert_absent(GICD, off, 2);
		assert_absent(GICD, off, 1);
	}
	board_write(GICD, 0x6000 + 8 * 33, 8, 0x123456);
	assert_int_equal(board_read(GICD, 0x6000 + 8 * 33, 8), 0x123456);
	assert_int_equal(board_read(GICD, 0x6000 + 8 * 33, 2), 0);
	assert_int_equal(board_read(GICD, 0x6000 + 8 * 33, 1), 0);
	assert_int_equal(board_read(GICD, 0x6000 + 8 * 34, 8), 0);
}

static void test_affinity_levels(void **state)
{
	(void)state;
	board_clear(3);
	board.hw_id[0] = 0x80000000 | 0x000012;
	board.hw_id[1] = 0x0500000301;
	board.hw_id[2] = 0x020304;
	assert_int_equal(board_make(&vdev_gicv3), OK);
	/* A3V, because there is an Aff3; RSS, because there is an Aff0 above 15. */
	assert_int_equal(board_read(GICD, 4, 4), 0x07480007);
	assert_int_equal(board_read(GICR, 0x8, 8), UINT64_C(0x00000012) << 32);
	assert_int_equal(board_read(GICR, FRAME + 0x8, 8), UINT64_C(0x05000301) << 32 | 0x100);
	assert_int_equal(board_read(GICR, 2 * FRAME + 0x8, 8), UINT64_C(0x020304) << 32 | 0x210);
	assert_int_equal(writable(GICD, 0x6000 + 8 * 40, 8), UINT64_C(0xff00ffffff));
	assert_int_equal(writable(GICD, 0x6000 + 8 * 40 + 4, 4), 0xff);
	/* Two halves make a whole; the second write routes. */
	board_write(GICD, 0x104, 4, 0x100);
	board_write(GICD, 0x84, 4, 0x100);
	board_write(GICD, 0, 4, 2);
	board.notified = 0;
	board_write(GICD, 0x204, 4, 0x100);
	assert_int_equal(board.notified, 0);
	board_write(GICD, 0x6000 + 8 * 40 + 4, 4, 5);
	assert_int_equal(board.notified, 0);
	board_write(GICD, 0x6000 + 8 * 40, 4, 0x301);
	assert_int_equal(board.notified, 2);
	board.notified = 0;
	/* IRM is RES0: the affinity counts. */
	board_write(GICD, 0x6000 + 8 * 40, 8, 0x80020304);
	assert_int_equal(board.notified, 4);
	assert_int_equal(board_read(GICD, 0x6000 + 8 * 40, 8), 0x20304);
}

/* Ones in all that is there, so that a register seen twice shows. */
static void fill(void)
{
	for (u32 off = 0x80; off < 0x400; off += 4) {
		if (off % 0x100 >= 0x80 && off > 0x100)
			continue;
		board_write(GICD, off, 4, 0xffffffff);
		board_write(GICR, SGI + off, 4, 0xffffffff);
	}
	for (u32 off = 0x400; off < 0x800; off += 4) {
		board_write(GICD, off, 4, 0xffffffff);
		board_write(GICR, SGI + off, 4, 0xffffffff);
	}
	assert_int_equal(board_read(GICD, 0x11c, 4), 0xffffffff);
	assert_int_equal(board_read(GICD, 0x39c, 4), 0xffffffff);
	assert_int_equal(board_read(GICR, SGI + 0x380, 4), 0xffffffff);
}

/* With affinity routing and one security state these do not exist. */
static void test_dist_absent(void **state)
{
	(void)state;
	fresh(2);
	fill();
	for (u32 off = 0x14; off < 0x80; off += 4)
		assert_absent(GICD, off, 4);
	for (u32 off = 0x800; off < 0xc00; off += 4) {
		assert_absent(GICD, off, 4);
		assert_absent(GICD, off, 1);
	}
	for (u32 off = 0xd00; off < 0x6000; off += 4)
		assert_absent(GICD, off, 4);
	for (u32 off = 0x8000; off < 0xffd0; off += 4)
		assert_absent(GICD, off, 4);
}

static void test_access_sizes(void **state)
{
	static const u32 words[] = {
		0x0, 0x4, 0x8, 0x84, 0x104, 0x184, 0x204, 0x304, 0xc08, 0xffe8
	};

	(void)state;
	fresh(2);
	board_write(GICD, 0x84, 4, 0xffffffff);
	board_write(GICD, 0x104, 4, 0xffffffff);
	board_write(GICD, 0x204, 4, 0xffffffff);
	board_write(GICD, 0x304, 4, 0xffffffff);
	board_write(GICD, 0xc08, 4, 0xffffffff);
	for (u32 i = 0; i < array_size(words); i++) {
		u64 was = board_read(GICD, words[i], 4);

		assert_true(was != 0);
		for (u32 width = 1; width <= 8; width *= 2) {
			if (width == 4 || words[i] % width)
				continue;
			assert_int_equal(board_read(GICD, words[i], width), 0);
			board_write(GICD, words[i], width, 0);
			board_write(GICD, words[i], width, ~UINT64_C(0));
		}
		assert_int_equal(board_read(GICD, words[i], 4), was);
	}
	board_write(GICD, 0x400 + 40, 4, 0x40302010);
	assert_absent(GICD, 0x400 + 56, 2);
	assert_int_equal(board_read(GICD, 0x400 + 40, 2), 0);
	assert_int_equal(board_read(GICD, 0x400 + 40, 8), 0);
	board_write(GICD, 0x400 + 40, 8, 0);
	board_write(GICD, 0x400 + 40, 2, 0);
	assert_int_equal(board_read(GICD, 0x400 + 40, 4), 0x40302010);
	/* Bytes within a word register. */
	assert_int_equal(board_read(GICD, 0x5, 1), 0);
	assert_int_equal(board_read(GICD, 0x106, 2), 0);
}

static void test_redist_control(void **state)
{
	(void)state;
	fresh(4);
	for (u32 v = 0; v < 4; v++) {
		u32 f = v * FRAME;
		u64 typer = (u64)v << 32 | v << 8 | (v == 3 ? 0x10 : 0);

		assert_absent(GICR, f + 0x0, 4);
		assert_int_equal(board_read(GICR, f + 0x4, 4), 0x5400043b);
		assert_int_equal(board_read(GICR, f + 0x8, 8), typer);
		assert_int_equal(board_read(GICR, f + 0x8, 4), typer & 0xffffffff);
		assert_int_equal(board_read(GICR, f + 0xc, 4), typer >> 32);
		assert_int_equal(board_read(GICR, f + 0x8, 2), 0);
		assert_int_equal(board_read(GICR, f + 0x8, 1), 0);
		assert_absent(GICR, f + 0x10, 4);
		/* GICR_WAKER: asleep at reset; ChildrenAsleep follows ProcessorSleep. */
		assert_int_equal(board_read(GICR, f + 0x14, 4), 0x6);
		board_write(GICR, f + 0x14, 4, 0xfffffffd);
		assert_int_equal(board_read(GICR, f + 0x14, 4), 0);
		board_write(GICR, f + 0x14, 4, 2);
		assert_int_equal(board_read(GICR, f + 0x14, 4), 0x6);
		board_write(GICR, f + 0x14, 8, 0);
		assert_int_equal(board_read(GICR, f + 0x14, 4), 0x6);
		assert_int_equal(board_read(GICR, f + 0x14, 1), 0);
		for (u32 off = 0x18; off < 0xffd0; off += 4)
			assert_absent(GICR, f + off, 4);
		/* No LPIs: their tables are not there in either size. */
		assert_absent(GICR, f + 0x70, 8);
		assert_absent(GICR, f + 0x78, 8);
	}
}

static void test_redist_private(void **state)
{
	static const u32 regs[] = { 0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380 };
	u32 f = FRAME + SGI;

	(void)state;
	fresh(2);
	assert_int_equal(writable(GICR, f + 0x80, 4), 0xffffffff);
	for (u32 r = 1; r < array_size(regs); r += 2) {
		board_write(GICR, f + regs[r], 4, 0xf0f0f0f1);
		assert_int_equal(board_read(GICR, f + regs[r], 4), 0xf0f0f0f1);
		board_write(GICR, f + regs[r + 1], 4, 0xf0);
		assert_int_equal(board_read(GICR, f + regs[r + 1], 4), 0xf0f0f001);
		/* The neighbour's are its own. */
		assert_int_equal(board_read(GICR, SGI + regs[r], 4), 0);
	}
	for (u32 i = 0; i < 32; i++)
		assert_int_equal(writable(GICR, f + 0x400 + i, 1), 0xf8);
	for (u32 i = 0; i < 32; i += 4)
		assert_int_equal(writable(GICR, f + 0x400 + i, 4), 0xf8f8f8f8);
	/* SGIs are edges; PPIs are what the guest says. */
	assert_int_equal(board_read(GICR, f + 0xc00, 4), 0xaaaaaaaa);
	board_write(GICR, f + 0xc00, 4, 0);
	assert_int_equal(board_read(GICR, f + 0xc00, 4), 0xaaaaaaaa);
	assert_int_equal(board_read(GICR, f + 0xc04, 4), 0);
	assert_int_equal(writable(GICR, f + 0xc04, 4), 0xaaaaaaaa);
	board_write(GICR, f + 0xc04, 4, 0x0a0a0a0a);
	board_write(GICR, f + 0xc00, 4, 0);
	assert_int_equal(board_read(GICR, f + 0xc00, 4), 0xaaaaaaaa);
	assert_int_equal(board_read(GICR, f + 0xc04, 4), 0x0a0a0a0a);
}

static void test_redist_absent(void **state)
{
	u32 f = SGI;

	(void)state;
	fresh(2);
	fill();
	for (u32 off = 0; off < 0x10000; off += 4) {
		bool bits = off >= 0x80 && off < 0x400 && off % 0x80 == 0;
		bool prio = off >= 0x400 && off < 0x420;

		if (!bits && !prio && off != 0xc00 && off != 0xc04)
			assert_absent(GICR, f + off, 4);
		if (!prio)
			assert_absent(GICR, f + off, 1);
		assert_absent(GICR, f + off, 2);
		if (off % 8 == 0)
			assert_absent(GICR, f + off, 8);
	}
}

/* A window with room for more redistributors than there are vCPUs. */
static void test_redist_beyond_last(void **state)
{
	(void)state;
	board_clear(2);
	board.desc.win[1].size = 8 * FRAME;
	assert_int_equal(board_make(&vdev_gicv3), OK);
	for (u32 off = 2 * FRAME; off < 8 * FRAME; off += 0x1004) {
		assert_absent(GICR, off & ~7u, 8);
		assert_absent(GICR, off, 4);
	}
	assert_absent(GICR, 2 * FRAME + 0x4, 4);
	assert_absent(GICR, 2 * FRAME + 0xffe8, 4);
	assert_absent(GICR, 2 * FRAME + 0x14, 4);
	assert_absent(GICR, 2 * FRAME + SGI + 0x100, 4);
	assert_absent(GICR, 2 * FRAME + SGI + 0x200, 4);
	assert_int_equal(board.notified, 0);
}

static void test_number_of_spis(void **state)
{
	static const struct {
		u64 spis, host;
		enum status st;
		u32 itlines;
	} t[] = {
		{ 32, 0, OK, 1 },      { 33, 0, OK, 2 },       { 960, 0, OK, 30 },
		{ 31, 0, E_RANGE, 0 }, { 961, 0, E_RANGE, 0 }, { ~UINT64_C(0), 0, E_RANGE, 0 },
		{ 0, 0, OK, 7 },       { 0, 100, OK, 7 },      { 0, 288, OK, 8 },
		{ 0, 290, OK, 9 },     { 0, 5000, OK, 30 },
	};

	(void)state;
	for (u32 i = 0; i < array_size(t); i++) {
		u32 last;

		board_clear(1);
		board.has_spis = t[i].spis != 0;
		board.spis = t[i].spis;
		board.setup.host_intids = (u32)t[i].host;
		assert_int_equal(board_make(&vdev_gicv3), t[i].st);
		if (t[i].st != OK) {
			assert_true(strlen(board.log) > 0);
			continue;
		}
		assert_int_equal(board_read(GICD, 4, 4) & 0x1f, t[i].itlines);
		last = 32 * (t[i].itlines + 1) - 1;
		assert_int_equal(writable(GICD, 0x80 + last / 32 * 4, 4), 0xffffffff);
		assert_int_equal(writable(GICD, 0x6000 + 8 * last, 8), 0xffffff);
		assert_absent(GICD, 0x6000 + 8 * (last + 1), 8);
		assert_absent(GICD, 0x400 + last + 1, 1);
	}
}

static void test_refused(void **state)
{
	(void)state;
	board_clear(4);
	board.desc.win[1].size = 4 * FRAME - 1;
	assert_int_equal(board_make(&vdev_gicv3), E_RANGE);
	assert_non_null(strstr(board.log, "0x80000"));
	board_clear(4);
	board.desc.n_win = 1;
	assert_int_equal(board_make(&vdev_gicv3), E_RANGE);
	board_clear(4);
	board.setup.n_vcpus = VD_MAX_VCPUS + 1;
	assert_int_equal(board_make(&vdev_gicv3), E_RANGE);
	board_clear(4);
	board.map_answer = E_EXISTS;
	assert_int_equal(board_make(&vdev_gicv3), E_EXISTS);
	board_clear(VD_MAX_VCPUS);
	assert_int_equal(board_make(&vdev_gicv3), OK);
	assert_int_equal(board_read(GICR, 31 * FRAME + 8, 8), UINT64_C(31) << 32 | 31 << 8 | 0x10);
}

/* Everything readable, after everything was written and the VM restarted, is as new. */
static void test_reset_of_all(void **state)
{
	u64 random = 1;

	(void)state;
	fresh(2);
	board.dev->class->intc->bind_hw(board.dev, 0, 27, 59);
	for (u32 i = 0; i < 20000; i++) {
		u32 win = board_random(&random) % 2;
		u32 width = 1u << board_random(&random) % 4;
		u32 off = board_random(&random) % (win ? 2 * FRAME : 0x10000) & ~(width - 1);

		board_write(win, off, width, board_random(&random));
		board.dev->class->intc->line(board.dev, off % 2, off % 256, width & 1);
	}
	board_write(GICD, 0, 4, 3);
	board_write(GICR, 0x14, 4, 0);
	board.dev->class->reset(board.dev);
	for (u32 off = 0; off < 0x10000; off += 4) {
		u64 v = board_read(GICD, off, 4);

		if (off >= 0x14 && off < 0xffd0)
			assert_int_equal(v, 0);
	}
	assert_int_equal(board_read(GICD, 0, 4), 0x50);
	for (u32 off = SGI; off < FRAME; off += 4)
		assert_int_equal(board_read(GICR, off, 4), off == SGI + 0xc00 ? 0xaaaaaaaa : 0);
	assert_int_equal(board_read(GICR, 0x14, 4), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_class),
		cmocka_unit_test(test_dist_identity),
		cmocka_unit_test(test_dist_control),
		cmocka_unit_test(test_id_registers),
		cmocka_unit_test(test_dist_bits),
		cmocka_unit_test(test_dist_priority),
		cmocka_unit_test(test_dist_config),
		cmocka_unit_test(test_dist_route),
		cmocka_unit_test(test_affinity_levels),
		cmocka_unit_test(test_dist_absent),
		cmocka_unit_test(test_access_sizes),
		cmocka_unit_test(test_redist_control),
		cmocka_unit_test(test_redist_private),
		cmocka_unit_test(test_redist_absent),
		cmocka_unit_test(test_redist_beyond_last),
		cmocka_unit_test(test_number_of_spis),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_reset_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
