/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtqueue against a device that does what the specification says, in any order, and against
 * devices that lie.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <lib/vring.h>

#define SIZE 8

static struct vring vr;
static u8 *mem;

static int setup(void **state)
{
	(void)state;
	mem = aligned_alloc(VRING_ALIGN, vring_bytes(SIZE));
	if (!mem)
		return -1;
	memset(mem, 0, vring_bytes(SIZE));
	return vring_init(&vr, mem, vring_bytes(SIZE), SIZE) == OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	free(mem);
	return 0;
}

/* A request of @n buffers, the last of which the device may write 16 bytes into. */
static enum status add(u32 n, u16 *head)
{
	struct vring_buf bufs[SIZE + 1];

	for (u32 i = 0; i < n; i++)
		bufs[i] = (struct vring_buf){ 0x1000 * (i + 1), 16,
					      i + 1 < n ? VRING_TO_DEVICE : VRING_FROM_DEVICE };
	return vring_add(&vr, bufs, n, head);
}

static void device_completes(u32 id, u32 len)
{
	vr.used->ring[vr.used->idx % SIZE].id = id;
	vr.used->ring[vr.used->idx % SIZE].len = len;
	vr.used->idx++;
}

static void refuses_bad_sizes(void **state)
{
	struct vring other;

	(void)state;
	assert_int_equal(vring_init(&other, mem, 1 << 20, 0), E_INVAL);
	assert_int_equal(vring_init(&other, mem, 1 << 20, 6), E_INVAL);
	assert_int_equal(vring_init(&other, mem, 1 << 20, 2 * VRING_MAX), E_INVAL);
	assert_int_equal(vring_init(&other, mem, vring_bytes(SIZE) - 1, SIZE), E_RANGE);
	/* The layout of legacy devices (virtio 1.2, 2.7.2), for 8 and for 256. */
	assert_int_equal(vring_avail_off(SIZE), 128);
	assert_int_equal(vring_used_off(SIZE), 4096);
	assert_int_equal(vring_bytes(SIZE), 8192);
	assert_int_equal(vring_used_off(256), 8192);
}

static void writes_chains(void **state)
{
	u16 head;

	(void)state;
	assert_int_equal(add(3, &head), OK);
	assert_int_equal(vr.avail->idx, 0);
	vring_publish(&vr);
	assert_int_equal(vr.avail->idx, 1);
	assert_int_equal(vr.avail->ring[0], head);
	assert_int_equal(vr.desc[head].flags, 1);
	assert_int_equal(vr.desc[head].addr, 0x1000);
	head = vr.desc[head].next;
	assert_int_equal(vr.desc[head].flags, 1);
	head = vr.desc[head].next;
	assert_int_equal(vr.desc[head].flags, 2);
	assert_int_equal(vr.desc[head].addr, 0x3000);
	assert_int_equal(vr.desc[head].len, 16);
}

static void takes_what_is_finished(void **state)
{
	u16 a, b, head;
	u32 len;

	(void)state;
	assert_int_equal(add(3, &a), OK);
	assert_int_equal(add(2, &b), OK);
	vring_publish(&vr);
	assert_int_equal(vring_poll(&vr), E_NOTFOUND);
	assert_int_equal(vring_take(&vr, &head, &len), E_NOTFOUND);
	device_completes(b, 16);
	assert_int_equal(vring_poll(&vr), OK);
	assert_int_equal(vring_take(&vr, &head, &len), OK);
	assert_int_equal(head, b);
	assert_int_equal(len, 16);
	assert_int_equal(vring_poll(&vr), E_NOTFOUND);
	device_completes(a, 0);
	assert_int_equal(vring_poll(&vr), OK);
	assert_int_equal(vring_take(&vr, &head, &len), OK);
	assert_int_equal(head, a);
	assert_int_equal(vr.n_free, SIZE);
}

static void bounds_descriptors(void **state)
{
	const struct vring_buf wrong[] = { { 0, 1, VRING_FROM_DEVICE }, { 0, 1, VRING_TO_DEVICE } };
	const struct vring_buf huge[] = { { 0, UINT32_MAX, VRING_FROM_DEVICE },
					  { 0, 1, VRING_FROM_DEVICE } };
	u16 head;

	(void)state;
	assert_int_equal(add(SIZE + 1, &head), E_BUSY);
	assert_int_equal(vring_add(&vr, wrong, 2, &head), E_INVAL);
	assert_int_equal(vring_add(&vr, huge, 2, &head), E_INVAL);
	assert_int_equal(vring_add(&vr, huge, 0, &head), E_INVAL);
	assert_int_equal(add(SIZE, &head), OK);
	assert_int_equal(add(1, &head), E_BUSY);
}

/* More requests than a 16-bit index can count, finished in an order of chance. */
static void goes_round_and_round(void **state)
{
	u16 flying[SIZE];
	u32 n = 0, seed = 99;

	(void)state;
	for (u32 i = 0; i < 200000; i++) {
		u16 head;
		u32 len;

		seed = seed * 1664525 + 1013904223;
		if (seed >> 31 && add(1 + (seed >> 28) % 3, &head) == OK) {
			flying[n++] = head;
			vring_publish(&vr);
		} else if (n) {
			u32 pick = (seed >> 16) % n;

			device_completes(flying[pick], seed >> 28);
			assert_int_equal(vring_poll(&vr), OK);
			assert_int_equal(vring_take(&vr, &head, &len), OK);
			assert_int_equal(head, flying[pick]);
			assert_int_equal(len, seed >> 28);
			flying[pick] = flying[--n];
		}
	}
	assert_true(vr.avail_idx != vr.avail_idx % SIZE);
}

static void assert_broken(void)
{
	u16 head;
	u32 len;

	assert_int_equal(vring_poll(&vr), E_FORMAT);
	assert_int_equal(vring_take(&vr, &head, &len), E_FORMAT);
	assert_int_equal(add(1, &head), E_BUSY);
}

static void sees_a_wild_index(void **state)
{
	u16 head;

	(void)state;
	assert_int_equal(add(1, &head), OK);
	vring_publish(&vr);
	vr.used->idx = 2; /* one is in flight */
	assert_int_equal(vring_poll(&vr), E_FORMAT);
	vr.used->idx = 1;
	assert_broken();
}

static void sees_an_index_going_back(void **state)
{
	(void)state;
	vr.used->idx = 0xffff;
	assert_int_equal(vring_poll(&vr), E_FORMAT);
	assert_broken();
}

static void sees_a_wild_id(void **state)
{
	static const u32 ids[] = { SIZE, UINT32_MAX, 0x10000, 1 };

	(void)state;
	for (u32 i = 0; i < array_size(ids); i++) {
		u16 head;
		u32 len;

		assert_int_equal(vring_init(&vr, mem, vring_bytes(SIZE), SIZE), OK);
		vr.used->idx = 0;
		assert_int_equal(add(2, &head), OK); /* 0, and 1 in the middle of it */
		vring_publish(&vr);
		device_completes(ids[i], 0);
		assert_int_equal(vring_poll(&vr), OK);
		assert_int_equal(vring_take(&vr, &head, &len), E_FORMAT);
		assert_broken();
	}
}

static void sees_a_chain_finished_twice(void **state)
{
	u16 a, b, head;
	u32 len;

	(void)state;
	assert_int_equal(add(2, &a), OK);
	assert_int_equal(add(2, &b), OK);
	vring_publish(&vr);
	device_completes(a, 0);
	device_completes(a, 0);
	assert_int_equal(vring_poll(&vr), OK);
	assert_int_equal(vring_take(&vr, &head, &len), OK);
	assert_int_equal(vring_take(&vr, &head, &len), E_FORMAT);
	assert_broken();
}

static void sees_too_long_a_write(void **state)
{
	u16 head;
	u32 len;

	(void)state;
	assert_int_equal(add(2, &head), OK);
	vring_publish(&vr);
	device_completes(head, 17);
	assert_int_equal(vring_poll(&vr), OK);
	assert_int_equal(vring_take(&vr, &head, &len), E_FORMAT);
	assert_broken();
}

/* What the device does to descriptors must not matter to us. */
static void keeps_its_own_chains(void **state)
{
	u16 head, next;
	u32 len;

	(void)state;
	assert_int_equal(add(4, &head), OK);
	vring_publish(&vr);
	memset(mem, 0xff, vring_used_off(SIZE));
	device_completes(head, 3);
	assert_int_equal(vring_poll(&vr), OK);
	assert_int_equal(vring_take(&vr, &next, &len), OK);
	assert_int_equal(next, head);
	assert_int_equal(vr.n_free, SIZE);
	assert_int_equal(add(SIZE, &head), OK);
	for (u32 i = 0, at = head; i < SIZE; i++, at = vr.desc[at].next)
		assert_in_range(at, 0, SIZE - 1);
}

#define RING_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RING_TEST(refuses_bad_sizes),		RING_TEST(writes_chains),
		RING_TEST(takes_what_is_finished),	RING_TEST(bounds_descriptors),
		RING_TEST(goes_round_and_round),	RING_TEST(sees_a_wild_index),
		RING_TEST(sees_an_index_going_back),	RING_TEST(sees_a_wild_id),
		RING_TEST(sees_a_chain_finished_twice), RING_TEST(sees_too_long_a_write),
		RING_TEST(keeps_its_own_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
