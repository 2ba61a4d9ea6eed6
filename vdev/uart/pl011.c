/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PL011 r1p5 (Arm DDI 0183) without a baud rate: what is written has been sent when the write
 * returns, so the transmit FIFO is always empty and its interrupt rises with every write (its
 * level is crossed downwards at once). Input never overruns: bytes stay with the console until
 * the receive FIFO has room. The receive timeout has elapsed as soon as bytes wait below the
 * trigger level. Lenient where guests are: output needs neither UARTEN nor TXE, input only RXE,
 * because guests inherit an enabled UART from firmware that a VM does not have.
 */
#include <base/bits.h>
#include <port/vdev.h>
#include <vdev/regs.h>

enum pl011_off {
	PL011_DR = 0x00,
	PL011_RSR = 0x04,
	PL011_FR = 0x18,
	PL011_ILPR = 0x20,
	PL011_IBRD = 0x24,
	PL011_FBRD = 0x28,
	PL011_LCR_H = 0x2c,
	PL011_CR = 0x30,
	PL011_IFLS = 0x34,
	PL011_IMSC = 0x38,
	PL011_RIS = 0x3c,
	PL011_MIS = 0x40,
	PL011_ICR = 0x44,
	PL011_DMACR = 0x48,
	PL011_PERIPH_ID = 0xfe0,
	PL011_PCELL_ID = 0xff0,
};

#define PL011_FIFO_LEN 32u

#define DR_DATA 0x0ffu
#define DR_FE	0x100u
#define DR_BE	0x400u
#define DR_OE	0x800u
#define RSR_OE	0x08u

#define FR_CTS	0x001u
#define FR_DSR	0x002u
#define FR_DCD	0x004u
#define FR_RXFE 0x010u
#define FR_RXFF 0x040u
#define FR_TXFE 0x080u
#define FR_RI	0x100u
/* The far end of the cable is always there and ready. */
#define FR_PLUGGED (FR_CTS | FR_DSR | FR_DCD)

#define LCR_H_BRK 0x01u
#define LCR_H_FEN 0x10u

#define CR_LBE	0x0080u
#define CR_RXE	0x0200u
#define CR_DTR	0x0400u
#define CR_RTS	0x0800u
#define CR_OUT1 0x1000u
#define CR_OUT2 0x2000u

#define IFLS_RX BITS(5, 3)

#define INT_RI	0x001u
#define INT_CTS 0x002u
#define INT_DCD 0x004u
#define INT_DSR 0x008u
#define INT_RX	0x010u
#define INT_TX	0x020u
#define INT_RT	0x040u
#define INT_FE	0x080u
#define INT_BE	0x200u
#define INT_OE	0x400u
#define INT_ALL 0x7ffu

struct pl011 {
	struct vdev dev;
	u32 ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, dmacr; /* as the registers of these names */
	u32 rsr;
	u32 ris;
	u32 modem;    /* modem bits of FR as last seen */
	bool in_brk;  /* a break is being sent */
	bool overrun; /* to be marked in the next character that finds room (2.4.3) */
	u8 head, count;
	u16 fifo[PL011_FIFO_LEN]; /* as DR reads: data and its error bits */
};

static_assert(offsetof(struct pl011, dev) == 0, "an instance begins with its base");

static void pl011_set_line_control(struct vdev *d);
static void pl011_set_control(struct vdev *d);
static void pl011_set_levels(struct vdev *d);
static void pl011_set_mask(struct vdev *d);

#define HOME(member) offsetof(struct pl011, member)

static const struct vdev_reg pl011_table[] = {
	/* off		    shadow		   reset	writable then */
	{ PL011_ILPR, HOME(ilpr), 0x0, 0xff, NULL },
	{ PL011_IBRD, HOME(ibrd), 0x0, 0xffff, NULL },
	{ PL011_FBRD, HOME(fbrd), 0x0, 0x3f, NULL },
	{ PL011_LCR_H, HOME(lcr_h), 0x0, 0xff, pl011_set_line_control },
	{ PL011_CR, HOME(cr), 0x300, 0xff87, pl011_set_control },
	{ PL011_IFLS, HOME(ifls), 0x12, 0x3f, pl011_set_levels },
	{ PL011_IMSC, HOME(imsc), 0x0, INT_ALL, pl011_set_mask },
	{ PL011_DMACR, HOME(dmacr), 0x0, 0x7, NULL },
	{ PL011_PERIPH_ID + 0x0, VDEV_REG_CONST, 0x11, 0, NULL },
	{ PL011_PERIPH_ID + 0x4, VDEV_REG_CONST, 0x10, 0, NULL },
	{ PL011_PERIPH_ID + 0x8, VDEV_REG_CONST, 0x34, 0, NULL },
	{ PL011_PERIPH_ID + 0xc, VDEV_REG_CONST, 0x00, 0, NULL },
	{ PL011_PCELL_ID + 0x0, VDEV_REG_CONST, 0x0d, 0, NULL },
	{ PL011_PCELL_ID + 0x4, VDEV_REG_CONST, 0xf0, 0, NULL },
	{ PL011_PCELL_ID + 0x8, VDEV_REG_CONST, 0x05, 0, NULL },
	{ PL011_PCELL_ID + 0xc, VDEV_REG_CONST, 0xb1, 0, NULL },
};

static struct pl011 *pl011_of(struct vdev *d)
{
	return container_of(d, struct pl011, dev);
}

static void pl011_update_irq(struct pl011 *u)
{
	vdev_irq_set(&u->dev, 0, (u->ris & u->imsc) != 0);
}

/* ---- receiver ------------------------------------------------------------------------------ */

static u32 pl011_rx_depth(const struct pl011 *u)
{
	return u->lcr_h & LCR_H_FEN ? PL011_FIFO_LEN : 1;
}

/* Characters at which the receive interrupt rises. Reserved selectors behave as the highest. */
static u32 pl011_rx_level(const struct pl011 *u)
{
	static const u8 level[8] = { 4, 8, 16, 24, 28, 28, 28, 28 };

	return u->lcr_h & LCR_H_FEN ? level[field_get(IFLS_RX, u->ifls)] : 1;
}

/*
 * The receive timeout: something waits and the receive interrupt does not tell. RIS cannot show
 * it unless it is enabled (note to table 3-15).
 */
static void pl011_check_timeout(struct pl011 *u)
{
	if (u->count && !(u->ris & INT_RX) && (u->imsc & INT_RT))
		u->ris |= INT_RT;
}

static void pl011_receive(struct pl011 *u, u32 c)
{
	if (u->count >= pl011_rx_depth(u)) {
		u->overrun = true;
		u->rsr |= RSR_OE;
		u->ris |= INT_OE;
		return;
	}
	if (u->overrun)
		c |= DR_OE;
	u->overrun = false;
	u->fifo[(u->head + u->count) % PL011_FIFO_LEN] = (u16)c;
	u->count++;
	if (u->count >= pl011_rx_level(u))
		u->ris |= INT_RX;
}

/* Take over what the console has, as far as there is room. */
static void pl011_fill(struct pl011 *u)
{
	u8 c;

	if (!(u->cr & CR_RXE) || (u->cr & CR_LBE))
		return;
	while (u->count < pl011_rx_depth(u) && vdev_char_read(&u->dev, &c))
		pl011_receive(u, c);
}

static u32 pl011_read_data(struct pl011 *u)
{
	u32 c = 0;

	if (u->count) {
		c = u->fifo[u->head];
		u->head = (u8)((u->head + 1) % PL011_FIFO_LEN);
		u->count--;
		/* RSR's overrun bit is not this character's: only ECR clears it (3.3.2). */
		u->rsr = (u->rsr & RSR_OE) | (u32)field_get(BITS(10, 8), c);
	}
	if (u->count < pl011_rx_level(u))
		u->ris &= ~INT_RX;
	if (!u->count)
		u->ris &= ~INT_RT;
	pl011_fill(u);
	pl011_check_timeout(u);
	pl011_update_irq(u);
	return c;
}

static void pl011_input(struct vdev *d)
{
	struct pl011 *u = pl011_of(d);

	pl011_fill(u);
	pl011_check_timeout(u);
	pl011_update_irq(u);
}

/* ---- transmitter --------------------------------------------------------------------------- */

static void pl011_write_data(struct pl011 *u, u32 c)
{
	c &= DR_DATA;
	if (u->cr & CR_LBE) {
		if (u->cr & CR_RXE)
			pl011_receive(u, c);
		pl011_check_timeout(u);
	} else {
		vdev_char_write(&u->dev, (u8)c);
	}
	u->ris |= INT_TX;
	pl011_update_irq(u);
}

/* ---- modem lines --------------------------------------------------------------------------- */

/* In loopback the outputs are fed to the inputs, as between two terminals (table 2-2). */
static u32 pl011_modem(const struct pl011 *u)
{
	if (!(u->cr & CR_LBE))
		return FR_PLUGGED;
	return (u->cr & CR_RTS ? FR_CTS : 0) | (u->cr & CR_DTR ? FR_DSR : 0) |
	       (u->cr & CR_OUT1 ? FR_DCD : 0) | (u->cr & CR_OUT2 ? FR_RI : 0);
}

static void pl011_update_modem(struct pl011 *u)
{
	u32 now = pl011_modem(u);
	u32 changed = now ^ u->modem;

	u->ris |= (changed & FR_CTS ? INT_CTS : 0) | (changed & FR_DSR ? INT_DSR : 0) |
		  (changed & FR_DCD ? INT_DCD : 0) | (changed & FR_RI ? INT_RI : 0);
	u->modem = now;
}

/* ---- consequences of register writes ------------------------------------------------------- */

/* The trigger level moved. The interrupt is of a level being reached, so here it only falls. */
static void pl011_set_levels(struct vdev *d)
{
	struct pl011 *u = pl011_of(d);

	if (u->count < pl011_rx_level(u))
		u->ris &= ~INT_RX;
	pl011_input(d);
}

static void pl011_set_line_control(struct vdev *d)
{
	struct pl011 *u = pl011_of(d);
	bool brk = u->lcr_h & LCR_H_BRK;

	/* However long a break is held, one zero character arrives (3.3.1). */
	if (brk && !u->in_brk && (u->cr & CR_LBE) && (u->cr & CR_RXE)) {
		pl011_receive(u, DR_BE | DR_FE);
		u->ris |= INT_BE | INT_FE;
	}
	u->in_brk = brk;
	pl011_set_levels(d);
}

static void pl011_set_control(struct vdev *d)
{
	pl011_update_modem(pl011_of(d));
	pl011_input(d);
}

static void pl011_set_mask(struct vdev *d)
{
	struct pl011 *u = pl011_of(d);

	if (!(u->imsc & INT_RT))
		u->ris &= ~INT_RT;
	pl011_check_timeout(u);
	pl011_update_irq(u);
}

/* ---- the window ---------------------------------------------------------------------------- */

static u32 pl011_flags(const struct pl011 *u)
{
	return u->modem | FR_TXFE | (u->count ? 0 : FR_RXFE) |
	       (u->count >= pl011_rx_depth(u) ? FR_RXFF : 0);
}

/* Accesses of 8, 16 and 32 bits, to a register's own offset; anything else reads zero. */
static u64 pl011_read(struct vdev *d, u32 off, u32 width)
{
	struct pl011 *u = pl011_of(d);

	if (width > 4)
		return 0;
	switch (off) {
	case PL011_DR:
		return pl011_read_data(u);
	case PL011_RSR:
		return u->rsr;
	case PL011_FR:
		return pl011_flags(u);
	case PL011_RIS:
		return u->ris;
	case PL011_MIS:
		return u->ris & u->imsc;
	default:
		return vdev_regs_read(d, VDEV_REGS(pl011_table), off);
	}
}

static void pl011_write(struct vdev *d, u32 off, u32 width, u64 value)
{
	struct pl011 *u = pl011_of(d);

	if (width > 4)
		return;
	switch (off) {
	case PL011_DR:
		pl011_write_data(u, (u32)value);
		break;
	case PL011_RSR:
		u->rsr = 0;
		break;
	case PL011_ICR:
		u->ris &= ~(u32)value;
		pl011_update_irq(u);
		break;
	case PL011_IMSC: /* not by the table: drivers write it around every character sent */
		u->imsc = (u32)value & INT_ALL;
		pl011_set_mask(d);
		break;
	default:
		vdev_regs_write(d, VDEV_REGS(pl011_table), off, (u32)value);
		break;
	}
}

static const struct vdev_window_ops pl011_window = { pl011_read, pl011_write };

/* ---- class --------------------------------------------------------------------------------- */

static enum status pl011_init(struct vdev *d, const struct vdev_setup *setup)
{
	(void)setup;
	TRY(vdev_map_mmio(d, 0, &pl011_window));
	return vdev_char_open(d);
}

static void pl011_reset(struct vdev *d)
{
	struct pl011 *u = pl011_of(d);

	vdev_regs_reset(d, VDEV_REGS(pl011_table));
	u->rsr = 0;
	u->ris = 0;
	u->modem = pl011_modem(u);
	u->in_brk = false;
	u->overrun = false;
	u->head = 0;
	u->count = 0;
	pl011_input(d);
}

const struct vdev_class vdev_pl011 = {
	.info = {
		.name = "pl011",
		.min_window = 0x1000,
		.n_win = 1,
		.n_irq = 1,
		.is_console = true,
	},
	.instance_size = sizeof(struct pl011),
	.init = pl011_init,
	.reset = pl011_reset,
	.input = pl011_input,
};
