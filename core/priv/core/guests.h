/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From VM files to running VMs.
 */
#pragma once

/* Where VM files are looked for, in the archive and on the disk. */
#define GUESTS_FOLDER "guest/vm_default"

/*
 * Read every VM file there is, report every mistake, start what has none, in the order of ids.
 * Boot CPU, once.
 */
void guests_start(void);
