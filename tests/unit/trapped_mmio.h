/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read before a driver's source: its register accesses become calls of one function of the test's,
 * so that a model can answer them as the device would. The rest of port/driver.h is as always.
 */
#pragma once

#define mmio_read8   memory_read8
#define mmio_read16  memory_read16
#define mmio_read32  memory_read32
#define mmio_write8  memory_write8
#define mmio_write16 memory_write16
#define mmio_write32 memory_write32
#include <port/driver.h>
#undef mmio_read8
#undef mmio_read16
#undef mmio_read32
#undef mmio_write8
#undef mmio_write16
#undef mmio_write32

u32 trapped_read(u64 off, u32 width);
void trapped_write(u64 off, u32 width, u32 v);

#define mmio_read8(m, off)	((void)(m), (u8)trapped_read(off, 1))
#define mmio_read16(m, off)	((void)(m), (u16)trapped_read(off, 2))
#define mmio_read32(m, off)	((void)(m), trapped_read(off, 4))
#define mmio_write8(m, off, v)	((void)(m), trapped_write(off, 1, v))
#define mmio_write16(m, off, v) ((void)(m), trapped_write(off, 2, v))
#define mmio_write32(m, off, v) ((void)(m), trapped_write(off, 4, v))
