/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's address space: which guest-physical pages are memory, and with which rights.
 */
#pragma once

#include <core/pt.h>

struct stage2 {
	struct pt pt;
};

enum status stage2_init(struct stage2 *s2, pmm_owner_t owner);
/* @prot: enum pt_prot bits. E_EXISTS when part of the range is mapped. */
enum status stage2_map(struct stage2 *s2, gpa_t at, hpa_t to, u64 len, u32 prot, enum pt_type type);
/* Host address behind @at and how many bytes follow contiguously (at most to the leaf's end). */
enum status stage2_lookup(const struct stage2 *s2, gpa_t at, hpa_t *to, u64 *run, u32 *prot);
