/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flattened device tree as source: what the device tree compiler makes of it is the same tree,
 * byte for byte of every property, in the same order.
 */
#pragma once

#include <stdio.h>

#include <base/span.h>
#include <base/status.h>

/* @blob is 8-byte aligned. *why is set on failure. */
enum status dts_print(FILE *f, struct span blob, const char **why);
