/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integer names and address types. A guest-physical and a host-physical address are different
 * types: mixing them is a compile error. Neither converts to a pointer except in core/gmem.c
 * (guest) and core/kmap.c (host).
 */
#pragma once

#include <base/compiler.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

typedef struct {
	u64 v;
} gpa_t; /* guest-physical address */

typedef struct {
	u64 v;
} hpa_t; /* host-physical address */

#define GPA(x) ((gpa_t){ (x) })
#define HPA(x) ((hpa_t){ (x) })

static inline gpa_t gpa_add(gpa_t a, u64 n)
{
	return GPA(a.v + n);
}

static inline hpa_t hpa_add(hpa_t a, u64 n)
{
	return HPA(a.v + n);
}
