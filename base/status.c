/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One phrase per status, short enough to follow a colon in a message. The switch has no default,
 * so a new status without a phrase does not compile.
 */
#include <base/status.h>

const char *status_str(enum status st)
{
	switch (st) {
	case OK:
		return "ok";
	case E_NOMEM:
		return "no memory";
	case E_INVAL:
		return "bad value";
	case E_RANGE:
		return "out of range";
	case E_NOTFOUND:
		return "not found";
	case E_UNSUP:
		return "not supported";
	case E_BUSY:
		return "busy";
	case E_IO:
		return "input/output error";
	case E_FORMAT:
		return "bad format";
	case E_DENIED:
		return "not allowed";
	case E_EXISTS:
		return "exists already";
	}
	return "unknown status";
}
