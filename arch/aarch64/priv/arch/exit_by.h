/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why guest_enter() returned; shared by C and assembly.
 */
#pragma once

#define EXIT_BY_SYNC   0
#define EXIT_BY_IRQ    1
#define EXIT_BY_SERROR 2
#define EXIT_BY_ACKED  3 /* an interrupt that the short lane has acknowledged already */
