/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 16550A (National PC16550D data sheet) without a baud rate: what is written has been sent when
 * the write returns, so THR and shift register are always empty. Input never overruns: bytes stay
 * with the console until the FIFO has room. The character timeout has elapsed as soon as bytes
 * wait below the trigger level. Options: "reg-shift" (0 to 3) is how far apart registers lie.
 */
#include <base/bits.h>
#include <port/vdev.h>
#include <vdev/regs.h>

#define MAX_SHIFT 3
#define FIFO_LEN  16u

enum ns16550_reg {
	NS_DATA = 0, /* RBR, THR */
	NS_IER = 1,
	NS_IIR = 2, /* FCR when written */
	NS_LCR = 3,
	NS_MCR = 4,
	NS_LSR = 5,
	NS_MSR = 6,
	NS_SCR = 7,
	NS_DLL = 8, /* in place of the first two while LCR_DLAB is set */
	NS_DLM = 9,
};

#define IER_RX	  0x01u
#define IER_THRE  0x02u
#define IER_LINE  0x04u
#define IER_MODEM 0x08u
#define IER_ALL	  0x0fu

/* In order of priority (table IV). */
#define IIR_LINE    0x06u
#define IIR_RX	    0x04u
#define IIR_TIMEOUT 0x0cu
#define IIR_THRE    0x02u
#define IIR_MODEM   0x00u
#define IIR_NONE    0x01u
#define IIR_FIFO    0xc0u

#define FCR_ENABLE   0x01u
#define FCR_CLEAR_RX 0x02u
#define FCR_TRIGGER  BITS(7, 6)

#define LCR_BREAK 0x40u
#define LCR_DLAB  0x80u

#define MCR_DTR	 0x01u
#define MCR_RTS	 0x02u
#define MCR_OUT1 0x04u
#define MCR_OUT2 0x08u
#define MCR_LOOP 0x10u

#define LSR_DR	    0x01u
#define LSR_OE	    0x02u
#define LSR_FE	    0x08u
#define LSR_BI	    0x10u
#define LSR_ERRORS  0x1eu
#define LSR_EMPTY   0x60u /* THRE, TEMT */
#define LSR_IN_FIFO 0x80u

#define MSR_CTS	    0x10u
#define MSR_DSR	    0x20u
#define MSR_RI	    0x40u
#define MSR_DCD	    0x80u
#define MSR_LINES   0xf0u
#define MSR_CHANGES 0x0fu
#define MSR_TERI    0x04u
/* The far end of the cable is always there and ready. */
#define MSR_PLUGGED (MSR_CTS | MSR_DSR | MSR_DCD)

struct ns16550 {
	struct vdev dev;
	u32 shift;
	u32 ier, lcr, mcr, scr, dll, dlm; /* as the registers of these names */
	u32 fcr;			  /* enable and trigger level */
	u32 msr;
	u32 lsr;	/* errors that have not been read */
	bool thre_told; /* THRE's interrupt is not pending: IIR was read, or it is not wanted */
	bool in_break;
	u8 head, count;
	u16 fifo[FIFO_LEN]; /* a character, its LSR bits above */
};

static_assert(offsetof(struct ns16550, dev) == 0, "an instance begins with its base");

static void ns16550_set_enable(struct vdev *d);
static void ns16550_set_line(struct vdev *d);
static void ns16550_set_modem(struct vdev *d);

#define HOME(member) offsetof(struct ns16550, member)

static const struct vdev_reg ns16550_table[] = {
	/* number shadow	reset	writable then */
	{ NS_IER, HOME(ier), 0x0, IER_ALL, ns16550_set_enable },
	{ NS_LCR, HOME(lcr), 0x0, 0xff, ns16550_set_line },
	{ NS_MCR, HOME(mcr), 0x0, 0x1f, ns16550_set_modem },
	{ NS_SCR, HOME(scr), 0x0, 0xff, NULL },
	{ NS_DLL, HOME(dll), 0x0, 0xff, NULL },
	{ NS_DLM, HOME(dlm), 0x0, 0xff, NULL },
};

static struct ns16550 *ns16550_of(struct vdev *d)
{
	return container_of(d, struct ns16550, dev);
}

/* ---- interrupts ----------------------------------------------------------------------------- */

static bool fifo_is_on(const struct ns16550 *u)
{
	return u->fcr & FCR_ENABLE;
}

static u32 rx_level(const struct ns16550 *u)
{
	static const u8 level[4] = { 1, 4, 8, 14 };

	return fifo_is_on(u) ? level[field_get(FCR_TRIGGER, u->fcr)] : 1;
}

/* Errors of the character that would be read next, and what has been lost. */
static u32 line_errors(const struct ns16550 *u)
{
	return u->lsr & LSR_ERRORS;
}

static u32 ns16550_cause(const struct ns16550 *u)
{
	if ((u->ier & IER_LINE) && line_errors(u))
		return IIR_LINE;
	if ((u->ier & IER_RX) && u->count)
		return u->count >= rx_level(u) ? IIR_RX : IIR_TIMEOUT;
	if ((u->ier & IER_THRE) && !u->thre_told)
		return IIR_THRE;
	if ((u->ier & IER_MODEM) && (u->msr & MSR_CHANGES))
		return IIR_MODEM;
	return IIR_NONE;
}

static void update_irq(struct ns16550 *u)
{
	vdev_irq_set(&u->dev, 0, ns16550_cause(u) != IIR_NONE);
}

/* ---- receiver ------------------------------------------------------------------------------- */

static u32 rx_depth(const struct ns16550 *u)
{
	return fifo_is_on(u) ? FIFO_LEN : 1;
}

/* The errors of a character are told when it comes to the top (LSR, bits 2 to 4). */
static void show_top(struct ns16550 *u)
{
	if (u->count)
		u->lsr |= (u32)u->fifo[u->head] >> 8;
}

static void receive(struct ns16550 *u, u32 c)
{
	if (u->count >= rx_depth(u)) {
		u->lsr |= LSR_OE;
		return;
	}
	u->fifo[(u->head + u->count) % FIFO_LEN] = (u16)c;
	u->count++;
	if (u->count == 1)
		show_top(u);
}

/* Take over what the console has, as far as there is room. */
static void fill(struct ns16550 *u)
{
	u8 c;

	if (u->mcr & MCR_LOOP)
		return;
	while (u->count < rx_depth(u) && vdev_char_read(&u->dev, &c))
		receive(u, c);
}

static void ns16550_input(struct vdev *d)
{
	fill(ns16550_of(d));
	update_irq(ns16550_of(d));
}

static u32 read_data(struct ns16550 *u)
{
	u32 c = 0;

	if (u->count) {
		c = u->fifo[u->head] & 0xff;
		u->head = (u8)((u->head + 1) % FIFO_LEN);
		u->count--;
		show_top(u);
	}
	fill(u);
	update_irq(u);
	return c;
}

static void clear_rx(struct ns16550 *u)
{
	u->count = 0;
	u->lsr &= LSR_OE;
}

/* ---- transmitter ---------------------------------------------------------------------------- */

/* Empty again at once, and that is worth an interrupt each time. */
static void write_data(struct ns16550 *u, u32 c)
{
	if (u->mcr & MCR_LOOP)
		receive(u, c & 0xff);
	else
		vdev_char_write(&u->dev, (u8)c);
	u->thre_told = false;
	update_irq(u);
}

/* ---- modem lines ---------------------------------------------------------------------------- */

/* In loopback the outputs are fed to the inputs (MCR, bit 4). */
static u32 modem_lines(const struct ns16550 *u)
{
	if (!(u->mcr & MCR_LOOP))
		return MSR_PLUGGED;
	return (u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
	       (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0);
}

/* Of the ring only its end counts (MSR, bit 2). */
static void update_modem(struct ns16550 *u)
{
	u32 now = modem_lines(u);
	u32 changed = (now ^ u->msr) & MSR_LINES;

	if (now & MSR_RI)
		changed &= ~MSR_RI;
	u->msr = now | (u->msr & MSR_CHANGES) | changed >> 4;
}

/* ---- consequences of register writes -------------------------------------------------------- */

/* Asking for THRE's interrupt while THR is empty, and it is always, brings one. */
static void ns16550_set_enable(struct vdev *d)
{
	update_irq(ns16550_of(d));
}

/* However long a break is held, one zero character arrives (LCR, bit 6; LSR, bit 4). */
static void ns16550_set_line(struct vdev *d)
{
	struct ns16550 *u = ns16550_of(d);
	bool now = u->lcr & LCR_BREAK;

	if (now && !u->in_break && (u->mcr & MCR_LOOP))
		receive(u, (LSR_BI | LSR_FE) << 8);
	u->in_break = now;
	update_irq(u);
}

static void ns16550_set_modem(struct vdev *d)
{
	update_modem(ns16550_of(d));
	ns16550_input(d);
}

/* Changing the mode empties the FIFOs; other bits only count while it is on (FCR, bit 0). */
static void write_fcr(struct ns16550 *u, u32 v)
{
	if ((v ^ u->fcr) & FCR_ENABLE || v & FCR_CLEAR_RX)
		clear_rx(u);
	u->fcr = v & FCR_ENABLE ? v & (FCR_ENABLE | FCR_TRIGGER) : 0;
	ns16550_input(&u->dev);
}

static void write_ier(struct ns16550 *u, u32 v)
{
	if (v & ~u->ier & IER_THRE)
		u->thre_told = false;
	vdev_regs_write(&u->dev, VDEV_REGS(ns16550_table), NS_IER, v);
}

/* ---- the window ----------------------------------------------------------------------------- */

static bool has_errors(const struct ns16550 *u)
{
	for (u32 i = 0; i < u->count; i++)
		if (u->fifo[(u->head + i) % FIFO_LEN] >> 8)
			return true;
	return false;
}

/* Reading it clears what it tells of errors. */
static u32 read_lsr(struct ns16550 *u)
{
	u32 v = LSR_EMPTY | line_errors(u) | (u->count ? LSR_DR : 0);

	if (fifo_is_on(u) && has_errors(u))
		v |= LSR_IN_FIFO;
	u->lsr = 0;
	if (u->count)
		u->fifo[u->head] &= 0xff;
	update_irq(u);
	return v;
}

static u32 read_iir(struct ns16550 *u)
{
	u32 v = ns16550_cause(u);

	if (v == IIR_THRE) {
		u->thre_told = true;
		update_irq(u);
	}
	return v | (fifo_is_on(u) ? IIR_FIFO : 0);
}

static u32 read_msr(struct ns16550 *u)
{
	u32 v = u->msr;

	u->msr &= MSR_LINES;
	update_irq(u);
	return v;
}

/* The register at @off; one that is not there: no register lies there, or the access is wider. */
static u32 ns16550_decode(const struct ns16550 *u, u32 off, u32 width)
{
	u32 reg = off >> u->shift;

	if (reg << u->shift != off || width > 4 || (width > 1 && width > 1u << u->shift) ||
	    reg > NS_SCR)
		return UINT32_MAX;
	return reg <= NS_IER && (u->lcr & LCR_DLAB) ? reg + NS_DLL : reg;
}

static u64 ns16550_read(struct vdev *d, u32 off, u32 width)
{
	struct ns16550 *u = ns16550_of(d);
	u32 reg = ns16550_decode(u, off, width);

	switch (reg) {
	case NS_DATA:
		return read_data(u);
	case NS_IIR:
		return read_iir(u);
	case NS_LSR:
		return read_lsr(u);
	case NS_MSR:
		return read_msr(u);
	default:
		return vdev_regs_read(d, VDEV_REGS(ns16550_table), reg);
	}
}

static void ns16550_write(struct vdev *d, u32 off, u32 width, u64 value)
{
	struct ns16550 *u = ns16550_of(d);
	u32 reg = ns16550_decode(u, off, width);

	switch (reg) {
	case NS_DATA:
		write_data(u, (u32)value);
		break;
	case NS_IER:
		write_ier(u, (u32)value);
		break;
	case NS_IIR:
		write_fcr(u, (u32)value);
		break;
	default: /* LSR and MSR are for reading */
		vdev_regs_write(d, VDEV_REGS(ns16550_table), reg, (u32)value);
		break;
	}
}

static const struct vdev_window_ops ns16550_window = { ns16550_read, ns16550_write };

/* ---- class ---------------------------------------------------------------------------------- */

static enum status ns16550_init(struct vdev *d, const struct vdev_setup *setup)
{
	u64 shift = opt_u64(setup->desc, "reg-shift", 2);

	if (shift > MAX_SHIFT)
		return E_INVAL;
	ns16550_of(d)->shift = (u32)shift;
	TRY(vdev_map_mmio(d, 0, &ns16550_window));
	return vdev_char_open(d);
}

static void ns16550_reset(struct vdev *d)
{
	struct ns16550 *u = ns16550_of(d);

	vdev_regs_reset(d, VDEV_REGS(ns16550_table));
	u->fcr = 0;
	u->lsr = 0;
	u->msr = modem_lines(u);
	u->thre_told = true;
	u->in_break = false;
	u->head = 0;
	u->count = 0;
	ns16550_input(d);
}

const struct vdev_class vdev_ns16550 = {
	.info = {
		.name = "ns16550",
		.min_window = 0x1000,
		.n_win = 1,
		.n_irq = 1,
		.is_console = true,
	},
	.instance_size = sizeof(struct ns16550),
	.init = ns16550_init,
	.reset = ns16550_reset,
	.input = ns16550_input,
};
