/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/vbus.c: windows are found whatever the order they came in, an access reaches one device or
 * none, and the window remembered from the last access answers for no other address.
 */
#include "expect_bug.h"

#include <string.h>

#include <arch/fake.h>
#include <base/bits.h>
#include <core/vbus.h>
#include <core/vcpu.h>
#include <core/vm.h>

static struct {
	u32 n_reads, n_writes;
	struct vdev *dev;
	u32 off, width;
	u64 value;
	u64 answer;
	bool locked; /* the device's lock was held when it was called */
} seen;

static struct vm vm;
static struct vcpu vcpu, vcpu2;
static struct vdev devs[VBUS_MAX_WINDOWS + 1];
static struct vdev_host hosts[VBUS_MAX_WINDOWS + 1];

static void look(struct vdev *d, u32 off, u32 width)
{
	seen.dev = d;
	seen.off = off;
	seen.width = width;
	seen.locked = !spin_trylock(&d->host->lock);
	if (!seen.locked)
		spin_unlock(&d->host->lock);
}

static u64 read_reg(struct vdev *d, u32 off, u32 width)
{
	look(d, off, width);
	seen.n_reads++;
	return seen.answer;
}

static void write_reg(struct vdev *d, u32 off, u32 width, u64 value)
{
	look(d, off, width);
	seen.n_writes++;
	seen.value = value;
}

static const struct vdev_window_ops ops = { read_reg, write_reg };

static int setup(void **state)
{
	(void)state;
	vm.bus = (struct vbus){ 0 };
	vcpu = (struct vcpu){ .vm = &vm };
	vcpu2 = (struct vcpu){ .vm = &vm };
	memset(&seen, 0, sizeof(seen));
	for (u32 i = 0; i <= VBUS_MAX_WINDOWS; i++) {
		hosts[i] = (struct vdev_host){ .dev = &devs[i], .vm = &vm };
		devs[i].host = &hosts[i];
	}
	return 0;
}

static enum status add(u32 dev, u64 base, u64 len)
{
	struct vbus_window w = { base, len, &ops, &hosts[dev] };

	return vbus_add(&vm.bus, &w);
}

static enum status read_at(struct vcpu *v, u64 addr, u8 width, u64 *value)
{
	struct io_access io = { .addr = addr, .width = width };
	enum status st = vbus_access(v, &io);

	*value = io.value;
	return st;
}

/* The device that answers at @addr; -1: none. */
static int who(u64 addr)
{
	u64 value;

	seen.dev = NULL;
	if (read_at(&vcpu, addr, 1, &value) != OK) {
		assert_null(seen.dev);
		return -1;
	}
	return (int)(seen.dev - devs);
}

static void test_order(void **state)
{
	static const u32 order[] = { 3, 0, 4, 1, 2 };

	(void)state;
	for (u32 i = 0; i < array_size(order); i++)
		assert_int_equal(add(order[i], 0x1000 + 0x2000 * order[i], 0x1000), OK);
	for (u32 i = 0; i < 5; i++) {
		u64 base = 0x1000 + 0x2000 * i;

		assert_int_equal(vm.bus.win[i].base, base);
		assert_int_equal(who(base), i);
		assert_int_equal(who(base + 0xfff), i);
		assert_int_equal(seen.off, 0xfff);
		assert_int_equal(who(base + 0x1000), -1);
		assert_int_equal(who(base - 1), -1);
	}
	assert_int_equal(who(0), -1);
	assert_int_equal(who(UINT64_MAX), -1);
}

static void test_overlap(void **state)
{
	(void)state;
	assert_int_equal(add(0, 0x4000, 0x1000), OK);
	assert_int_equal(add(1, 0x4000, 0x1000), E_EXISTS);
	assert_int_equal(add(1, 0x3fff, 2), E_EXISTS);
	assert_int_equal(add(1, 0x4fff, 1), E_EXISTS);
	assert_int_equal(add(1, 0x4800, 8), E_EXISTS);
	assert_int_equal(add(1, 0x3000, 0x4000), E_EXISTS);
	assert_int_equal(vm.bus.n, 1);
	assert_int_equal(add(1, 0x5000, 0x1000), OK);
	assert_int_equal(add(2, 0x3000, 0x1000), OK);
	assert_int_equal(who(0x3fff), 2);
	assert_int_equal(who(0x4000), 0);
	assert_int_equal(who(0x5000), 1);
}

static void test_full(void **state)
{
	u32 n = VBUS_MAX_WINDOWS;

	(void)state;
	for (u32 i = 0; i < n; i++)
		assert_int_equal(add(i, UINT64_C(0x100) * (n - i), 0x100), OK);
	assert_int_equal(add(n, 0, 0x100), E_NOMEM);
	for (u32 i = 0; i < n; i++)
		assert_int_equal(who(UINT64_C(0x100) * (n - i) + 0x80), i);
	assert_int_equal(who(0xff), -1);
}

static void test_sealed(void **state)
{
	(void)state;
	assert_int_equal(add(0, 0x1000, 0x1000), OK);
	vbus_seal(&vm.bus);
	expect_bug((void)add(1, 0x8000, 0x1000));
	assert_int_equal(who(0x1000), 0);
	assert_int_equal(who(0x8000), -1);
}

/* The top of the address space is an address like others. */
static void test_top(void **state)
{
	u64 value;

	(void)state;
	assert_int_equal(add(0, UINT64_MAX - 0xfff, 0x1000), OK);
	assert_int_equal(who(UINT64_MAX), 0);
	assert_int_equal(who(UINT64_MAX - 0x1000), -1);
	assert_int_equal(read_at(&vcpu, UINT64_MAX - 7, 8, &value), OK);
	assert_int_equal(seen.off, 0xff8);
	assert_int_equal(who(0), -1);
}

static void test_misaligned(void **state)
{
	static const struct {
		u64 off;
		u8 width;
		enum status want;
	} cases[] = {
		{ 0, 8, OK },	      { 4, 8, E_INVAL }, { 2, 4, E_INVAL }, { 1, 2, E_INVAL },
		{ 3, 1, OK },	      { 0x14, 4, OK },	 { 0x16, 2, OK },   { 0x16, 4, E_INVAL },
		{ 0x18, 4, E_INVAL }, /* the window ends at 0x19: across its end */
		{ 0x18, 1, OK },
	};

	(void)state;
	assert_int_equal(add(0, 0x1000, 0x19), OK);
	assert_int_equal(add(1, 0x1019, 0x100), OK);
	for (u32 i = 0; i < array_size(cases); i++) {
		u32 before = seen.n_reads;
		u64 value;

		assert_int_equal(read_at(&vcpu, 0x1000 + cases[i].off, cases[i].width, &value),
				 cases[i].want);
		assert_int_equal(seen.n_reads, before + (cases[i].want == OK));
	}
	/* Alignment counts from the window's begin: that is what the device sees. */
	assert_int_equal(who(0x1019), 1);
	assert_int_equal(seen.off, 0);
}

static void test_trimmed(void **state)
{
	u64 value;

	(void)state;
	assert_int_equal(add(0, 0x1000, 0x1000), OK);
	seen.answer = UINT64_C(0x8877665544332211);
	assert_int_equal(read_at(&vcpu, 0x1000, 1, &value), OK);
	assert_int_equal(value, 0x11);
	assert_int_equal(read_at(&vcpu, 0x1002, 2, &value), OK);
	assert_int_equal(value, 0x2211);
	assert_int_equal(read_at(&vcpu, 0x1004, 4, &value), OK);
	assert_int_equal(value, 0x44332211);
	assert_int_equal(read_at(&vcpu, 0x1008, 8, &value), OK);
	assert_true(value == seen.answer);
	for (u32 width = 1; width <= 8; width *= 2) {
		struct io_access io = { 0x1000, seen.answer, (u8)width, true };

		assert_int_equal(vbus_access(&vcpu, &io), OK);
		assert_true(seen.value == (seen.answer & bits_below(8 * width)));
		assert_int_equal(seen.width, width);
		assert_true(seen.locked);
	}
	assert_int_equal(seen.n_writes, 4);
	assert_int_equal(seen.n_reads, 4);
	assert_true(spin_trylock(&hosts[0].lock));
}

/* Each vCPU remembers its own last window, and nothing is answered from it that lies elsewhere. */
static void test_last_hit(void **state)
{
	u64 value;

	(void)state;
	assert_int_equal(add(0, 0x1000, 0x1000), OK);
	assert_int_equal(add(1, 0x4000, 0x1000), OK);
	assert_int_equal(who(0x1004), 0);
	assert_ptr_equal(vcpu.bus_hit, &vm.bus.win[0]);
	assert_null(vcpu2.bus_hit);
	assert_int_equal(read_at(&vcpu2, 0x4000, 4, &value), OK);
	assert_ptr_equal(vcpu2.bus_hit, &vm.bus.win[1]);
	assert_int_equal(who(0x1ffc), 0);
	assert_int_equal(who(0x2000), -1);
	assert_int_equal(who(0xfff), -1);
	assert_int_equal(who(0x4fff), 1);
	assert_ptr_equal(vcpu.bus_hit, &vm.bus.win[1]);
	assert_int_equal(who(0x1000), 0);
}

static void test_nearest(void **state)
{
	(void)state;
	assert_null(vbus_nearest(&vm.bus, 0x1000));
	assert_int_equal(add(0, 0x1000, 0x1000), OK);
	assert_int_equal(add(1, 0x9000, 0x1000), OK);
	assert_ptr_equal(vbus_nearest(&vm.bus, 0)->host, &hosts[0]);
	assert_ptr_equal(vbus_nearest(&vm.bus, 0x1800)->host, &hosts[0]);
	assert_ptr_equal(vbus_nearest(&vm.bus, 0x2100)->host, &hosts[0]);
	assert_ptr_equal(vbus_nearest(&vm.bus, 0x8ff0)->host, &hosts[1]);
	/* What lies in a window is nearest to that, however near the next one begins. */
	assert_int_equal(add(2, 0xa000, 4), OK);
	assert_ptr_equal(vbus_nearest(&vm.bus, 0x9fff)->host, &hosts[1]);
	assert_ptr_equal(vbus_nearest(&vm.bus, 0xa000)->host, &hosts[2]);
	assert_ptr_equal(vbus_nearest(&vm.bus, 0x9000)->host, &hosts[1]);
	assert_ptr_equal(vbus_nearest(&vm.bus, UINT64_MAX)->host, &hosts[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_overlap, setup),
		cmocka_unit_test_setup(test_full, setup),
		cmocka_unit_test_setup(test_sealed, setup),
		cmocka_unit_test_setup(test_top, setup),
		cmocka_unit_test_setup(test_misaligned, setup),
		cmocka_unit_test_setup(test_trimmed, setup),
		cmocka_unit_test_setup(test_last_hit, setup),
		cmocka_unit_test_setup(test_nearest, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
