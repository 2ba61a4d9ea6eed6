/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the virtual PL011: its registers by their names in Arm DDI 0183, and a device
 * in the states that tests begin with. Included by one file of a program, after cmocka.h.
 */
#pragma once

#include "vdev_fixture.h"

extern const struct vdev_class vdev_pl011;

#define DR    0x00u
#define RSR   0x04u
#define FR    0x18u
#define ILPR  0x20u
#define IBRD  0x24u
#define FBRD  0x28u
#define LCR_H 0x2cu
#define CR    0x30u
#define IFLS  0x34u
#define IMSC  0x38u
#define RIS   0x3cu
#define MIS   0x40u
#define ICR   0x44u
#define DMACR 0x48u

#define RXFE 0x10u
#define RXFF 0x40u
#define FEN  0x10u

#define I_RX 0x010u
#define I_TX 0x020u
#define I_RT 0x040u
#define I_FE 0x080u
#define I_BE 0x200u
#define I_OE 0x400u

static inline u32 r(u32 off)
{
	return (u32)board_read(0, off, 4);
}

static inline void w(u32 off, u32 v)
{
	board_write(0, off, 4, v);
}

static inline void fresh(void)
{
	board_clear(1);
	assert_int_equal(board_make(&vdev_pl011), OK);
}

/* FIFOs on, everything enabled, no interrupt. */
static inline void fresh_fifo(void)
{
	fresh();
	w(LCR_H, 0x70);
	w(CR, 0x301);
}

static inline void type(u32 n)
{
	static const u8 text[64] = "The quick brown fox jumps over the lazy dog, twice or thrice.";

	board_type(text, n);
}
