/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The result of everything that can fail. The attribute sits on the type, so every function that
 * returns it is must-check, also through a function pointer.
 */
#pragma once

#include <base/compiler.h>

/* clang-format 14 does not know attributes on an enum. */
/* clang-format off */
enum [[nodiscard]] status {
	OK = 0,
	E_NOMEM = -1,	 /* an arena or the page pool is exhausted */
	E_INVAL = -2,	 /* an argument or value makes no sense */
	E_RANGE = -3,	 /* outside of its bounds */
	E_NOTFOUND = -4, /* no such file, device, key */
	E_UNSUP = -5,	 /* known, and not given here */
	E_BUSY = -6,	 /* in use; trying later may work */
	E_IO = -7,	 /* a device said no */
	E_FORMAT = -8,	 /* bytes that do not follow their format */
	E_DENIED = -9,	 /* not allowed to this caller */
	E_EXISTS = -10,	 /* taken already */
};
/* clang-format on */

/* "no memory", "bad value", ...: for messages; never NULL. */
const char *status_str(enum status st);

/* Pass a failure on to the caller. Only where nothing has to be undone. */
#define TRY(expr)                          \
	do {                               \
		enum status try_ = (expr); \
		if (try_ != OK)            \
			return try_;       \
	} while (0)
