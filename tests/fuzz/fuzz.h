/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fuzz targets share: the entry point's declaration, and the check of a property that must
 * hold for every input.
 */
#pragma once

#include <base/types.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static inline void fuzz_check(bool holds)
{
	if (!holds)
		__builtin_trap();
}
