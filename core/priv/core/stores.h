/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where VM files and images come from: the archive linked into our image, and the disk. Reading
 * is not reentrant (one disk, one FAT reader), so there is a lock, only ever tried: who does not
 * get it does something else for a slice.
 */
#pragma once

#include <base/spinlock.h>
#include <lib/store.h>
#include <lib/vmdesc.h>
#include <port/driver.h>

struct stores_locked {
	bool held;
};

/* Open the archive. Boot CPU, before the disk's driver is probed. */
enum status stores_init(void);
/* Say so when there are disks, but none with VM files. After their drivers were probed. */
void stores_check_disk(void);
/* NULL when there is no such store. */
const struct store *stores_get(enum vd_source source);
const char *stores_name(enum vd_source source);

struct stores_locked stores_trylock(void);
void stores_unlock(struct stores_locked *l);

/*
 * Open @path of @desc's store: an absolute path as it is, a relative one in the VM file's folder,
 * else in the root.
 */
enum status stores_open(const struct vmdesc *desc, enum vd_source source, struct str path,
			struct store_file *out);
