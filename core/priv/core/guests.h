/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From VM files to running VMs.
 */
#pragma once

#include <lib/hostdesc.h>

/* Where VM files are looked for, in the archive and on the disk. */
#define GUESTS_FOLDER "guest/vm_default"

/*
 * Read every VM file there is, report every mistake, start what has none, in the order of ids.
 * Boot CPU, once. @hd stays as long as VMs do: what they are given of the machine is named there.
 */
void guests_start(const struct hostdesc *hd);
