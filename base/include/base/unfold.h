/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folded part of the image: code and constants that are linked to a place behind the flat
 * binary, which carries them packed in LZ4's block format (docs/adr/0023). It is made with the
 * image (tools/fold.c) and trusted as its code is.
 */
#pragma once

#include <base/types.h>

/* What is copied behind the end may be as much. */
#define UNFOLD_SLACK 16

/* @packed into [to, end). Uses no memory of ours but the stack. */
void unfold(const u8 *packed, u8 *to, const u8 *end);
