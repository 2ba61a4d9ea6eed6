/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to guest memory: what may pass, what may not, and that nothing passes half.
 */
#include "expect_bug.h"

#include <string.h>

#include <arch/fake.h>
#include <base/bits.h>
#include <core/gmem.h>

/*
 * The guest's board, page by page from A:
 *   0, 1: read and write, two host pages in the wrong order; 2: read only; 3: nothing;
 *   4: write only; 5: a device; 6: read and execute
 * and from B: 4 MiB in two leaves that lie one after the other, then one that lies elsewhere.
 */
#define A MIB(1024)
#define B GIB(520)
#define P KIB(4)
#define H FAKE_RAM_BASE

static struct stage2 s2;

static u8 *host(u64 at)
{
	return arch_phys_to_virt(HPA(H + MIB(16) + at));
}

static void map(u64 at, u64 to, u64 len, u32 prot, enum pt_type type)
{
	assert_int_equal(stage2_map(&s2, GPA(at), HPA(H + MIB(16) + to), len, prot, type), OK);
}

static int setup(void **state)
{
	const struct range mem = { H, MIB(16) };

	(void)state;
	fake_init(MIB(64));
	assert_int_equal(pmm_init(&mem, 1, NULL, 0, PMM_DIRTY), OK);
	assert_int_equal(stage2_init(&s2, PMM_VM(1)), OK);
	map(A, P, P, PT_R | PT_W, PT_NORMAL);
	map(A + P, 0, P, PT_R | PT_W, PT_NORMAL);
	map(A + 2 * P, 2 * P, P, PT_R, PT_NORMAL);
	map(A + 4 * P, 4 * P, P, PT_W, PT_NORMAL);
	map(A + 5 * P, 5 * P, P, PT_R | PT_W, PT_DEVICE);
	map(A + 6 * P, 6 * P, P, PT_R | PT_X, PT_NORMAL);
	map(B, MIB(2), MIB(4), PT_R | PT_W, PT_NORMAL);
	map(B + MIB(4), MIB(10), MIB(2), PT_R | PT_W, PT_NORMAL);
	map(BIT(40) - P, 8 * P, P, PT_R | PT_W, PT_NORMAL);
	for (u64 i = 0; i < 10 * P; i++)
		host(0)[i] = (u8)(i * 7 + i / P);
	return 0;
}

static void test_read(void **state)
{
	u8 buf[2 * P];

	(void)state;
	assert_int_equal(gmem_read(&s2, GPA(A + 3), buf, 5), OK);
	assert_memory_equal(buf, host(P + 3), 5);
	/* Over the seam: the pages lie the other way round here. */
	assert_int_equal(gmem_read(&s2, GPA(A), buf, 2 * P), OK);
	assert_memory_equal(buf, host(P), P);
	assert_memory_equal(buf + P, host(0), P);
	assert_int_equal(gmem_read(&s2, GPA(A + P - 1), buf, 2), OK);
	assert_int_equal(buf[0], host(2 * P - 1)[0]);
	assert_int_equal(buf[1], host(0)[0]);
	assert_int_equal(gmem_read(&s2, GPA(A + 2 * P), buf, P), OK);
	assert_int_equal(gmem_read(&s2, GPA(A + 6 * P), buf, P), OK);
	assert_memory_equal(buf, host(6 * P), P);
}

static void test_read_refused(void **state)
{
	u8 buf[4 * P];

	(void)state;
	memset(buf, 0x77, sizeof(buf));
	assert_int_equal(gmem_read(&s2, GPA(A + 3 * P), buf, 1), E_RANGE);
	assert_int_equal(gmem_read(&s2, GPA(A + 3 * P - 1), buf, 2), E_RANGE);
	assert_int_equal(gmem_read(&s2, GPA(A), buf, 4 * P), E_RANGE);
	assert_int_equal(gmem_read(&s2, GPA(A - 1), buf, 2), E_RANGE);
	assert_int_equal(gmem_read(&s2, GPA(A + 4 * P), buf, 1), E_RANGE); /* write only */
	assert_int_equal(gmem_read(&s2, GPA(A + 5 * P), buf, 1), E_RANGE); /* a device */
	assert_int_equal(gmem_read(&s2, GPA(BIT(40)), buf, 1), E_RANGE);
	assert_int_equal(gmem_read(&s2, GPA(BIT(40) - 1), buf, 2), E_RANGE);
	assert_int_equal(gmem_read(&s2, GPA(UINT64_MAX), buf, 2), E_RANGE);
	assert_int_equal(gmem_read(&s2, GPA(A), buf, SIZE_MAX), E_RANGE);
	assert_int_equal(gmem_read(&s2, GPA(A), buf, SIZE_MAX - A + 1), E_RANGE);
	for (size_t i = 0; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0x77);
	assert_int_equal(gmem_read(&s2, GPA(A + 3 * P), NULL, 0), OK);
}

static void test_write(void **state)
{
	u8 buf[2 * P];

	(void)state;
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)(i * 3);
	assert_int_equal(gmem_write(&s2, GPA(A + 1), buf, 2 * P - 2), OK);
	assert_memory_equal(host(P + 1), buf, P - 1);
	assert_memory_equal(host(0), buf + P - 1, P - 1);
	assert_int_equal(host(P)[0], (u8)(P * 7 + 1));	     /* before */
	assert_int_equal(host(P - 1)[0], (u8)((P - 1) * 7)); /* behind */
	assert_int_equal(gmem_write(&s2, GPA(A + 4 * P), buf, 4), OK);
	assert_memory_equal(host(4 * P), buf, 4);
}

static void test_write_refused(void **state)
{
	u8 buf[4 * P], before[10 * P];

	(void)state;
	memset(buf, 0x77, sizeof(buf));
	memcpy(before, host(0), sizeof(before));
	assert_int_equal(gmem_write(&s2, GPA(A + 2 * P), buf, 1), E_RANGE); /* read only */
	assert_int_equal(gmem_write(&s2, GPA(A + P), buf, P + 1), E_RANGE); /* its end is */
	assert_int_equal(gmem_write(&s2, GPA(A), buf, 4 * P), E_RANGE);
	assert_int_equal(gmem_write(&s2, GPA(A + 3 * P), buf, 1), E_RANGE);
	assert_int_equal(gmem_write(&s2, GPA(A + 4 * P), buf, P + 1),
			 E_RANGE); /* into the device */
	assert_int_equal(gmem_write(&s2, GPA(A + 5 * P), buf, 1), E_RANGE);
	assert_int_equal(gmem_write(&s2, GPA(A + 6 * P), buf, 1), E_RANGE);
	assert_int_equal(gmem_write(&s2, GPA(BIT(40) - 1), buf, 2), E_RANGE);
	assert_int_equal(gmem_write(&s2, GPA(0), buf, 1), E_RANGE);
	assert_memory_equal(before, host(0), sizeof(before));
	assert_int_equal(gmem_write(&s2, GPA(A + 3 * P), NULL, 0), OK);
}

static void test_view(void **state)
{
	u64 len = 100;
	void *p;

	(void)state;
	assert_int_equal(gmem_view(&s2, GPA(A + 2 * P + 8), &p, &len),
			 OK); /* rights do not count */
	assert_ptr_equal(p, host(2 * P + 8));
	assert_int_equal(len, 100);
	len = 3 * P;
	assert_int_equal(gmem_view(&s2, GPA(A), &p, &len), OK);
	assert_ptr_equal(p, host(P));
	assert_int_equal(len, P); /* what follows lies elsewhere */
	len = MIB(6);
	assert_int_equal(gmem_view(&s2, GPA(B + 5), &p, &len), OK);
	assert_ptr_equal(p, host(MIB(2) + 5));
	assert_int_equal(len, MIB(4) - 5);
	len = MIB(1);
	assert_int_equal(gmem_view(&s2, GPA(B + MIB(5)), &p, &len), OK);
	assert_ptr_equal(p, host(MIB(11)));
	assert_int_equal(len, MIB(1));
}

static void test_view_refused(void **state)
{
	u64 len = 1;
	void *p;

	(void)state;
	assert_int_equal(gmem_view(&s2, GPA(A + 3 * P), &p, &len), E_RANGE);
	assert_int_equal(gmem_view(&s2, GPA(A + 5 * P), &p, &len), E_RANGE);
	assert_int_equal(gmem_view(&s2, GPA(BIT(40)), &p, &len), E_RANGE);
	len = 2;
	assert_int_equal(gmem_view(&s2, GPA(UINT64_MAX), &p, &len), E_RANGE);
	len = UINT64_MAX; /* whatever there is */
	assert_int_equal(gmem_view(&s2, GPA(BIT(40) - P + 1), &p, &len), OK);
	assert_int_equal(len, P - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_read, setup),
		cmocka_unit_test_setup(test_read_refused, setup),
		cmocka_unit_test_setup(test_write, setup),
		cmocka_unit_test_setup(test_write_refused, setup),
		cmocka_unit_test_setup(test_view, setup),
		cmocka_unit_test_setup(test_view_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
