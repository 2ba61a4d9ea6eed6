/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For main.c.
 */
#pragma once

#include <base/str.h>

/* Returns (false) only when @kind is none we know. */
bool crash(struct str kind);
