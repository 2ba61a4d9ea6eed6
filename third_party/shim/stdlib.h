/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C's <stdlib.h> as far as libfdt names it. Only its overlay code calls strtoul, and that is not
 * built (third_party/rules.mk); there is no heap to declare.
 */
#pragma once

#include <stddef.h>

unsigned long strtoul(const char *restrict s, char **restrict end, int base);
