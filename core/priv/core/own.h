/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the machine is the hypervisor's own, and so no guest's.
 */
#pragma once

#include <lib/hostdesc.h>

enum own_use {
	OWN_CONSOLE,
	OWN_IRQCHIP,
	OWN_DISK,
	OWN_USES
};

/* @dev is ours from now on. Boot CPU. */
void own_device(const struct hd_dev *dev, enum own_use use);
/* What we use registers in @r for; NULL: we do not. */
const char *own_use_of(struct range r);
