/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For main.c.
 */
#pragma once

#include <base/str.h>

/* Before guests are started, and after: nothing unless @kind says so. False: none we know. */
bool stall_before_guests(struct str kind);
void stall_after_guests(struct str kind);
