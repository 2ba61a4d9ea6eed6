/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's side of host drivers, beyond port/driver.h.
 */
#pragma once

#include <port/driver.h>

/* Take input by interrupt from now on: when the interrupt controller is there. */
enum status driver_console_listen(void);
