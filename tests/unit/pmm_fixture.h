/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the page pool have in common.
 */
#pragma once

#include "expect_bug.h"

#include <string.h>

#include <arch/fake.h>
#include <base/bits.h>
#include <core/pmm.h>

#define PAGES_PER_BLOCK (BLOCK_SIZE / PAGE_SIZE)

static inline bool all_are(const void *p, u8 value, u64 len)
{
	const u8 *b = p;

	return len == 0 || (b[0] == value && memcmp(b, b + 1, len - 1) == 0);
}

static inline bool all_zero(hpa_t at, u64 len)
{
	return all_are(arch_phys_to_virt(at), 0, len);
}

/* The counters, as a count finds them. */
static inline void check_counts(void)
{
	struct pmm_stats s = pmm_stats();

	assert_int_equal(s.free, pmm_owned(PMM_FREE));
	assert_int_equal(s.hypervisor, pmm_owned(PMM_HYPERVISOR));
}

static inline void init_simple(u64 len, enum pmm_content content)
{
	struct range mem = { FAKE_RAM_BASE, len };

	fake_init(len);
	assert_int_equal(pmm_init(&mem, 1, NULL, 0, content), OK);
}
