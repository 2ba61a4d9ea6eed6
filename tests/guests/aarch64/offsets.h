/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets in struct cpu that start.S uses; cpu.c asserts them. */
#pragma once

#define CPU_STACK 0
#define CPU_ENTRY 16
