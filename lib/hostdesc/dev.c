/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions about one device of the machine.
 */
#include <lib/hostdesc.h>

bool hd_dev_is(const struct hd_dev *dev, const char *compatible)
{
	struct str rest = dev->compatible;

	while (rest.n) {
		size_t len = strnlen(rest.p, rest.n);

		if (str_eq_c((struct str){ rest.p, len }, compatible))
			return true;
		if (len == rest.n)
			break;
		rest.p += len + 1;
		rest.n -= len + 1;
	}
	return false;
}
