/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three kinds of ring meet here: each port's output, the hypervisor's own lines (a port of ours),
 * each port's input. The transmitter is only ever tried: who does not get it leaves its bytes to
 * the one who has it, and that one looks again after giving it back. So nobody waits for a UART,
 * and a guest's storm costs nobody else any time.
 */
#include <core/console.h>

#include <base/bits.h>
#include <base/fmt.h>
#include <base/spinlock.h>
#include <base/str.h>
#include <core/console_ring.h>
#include <core/locks.h>
#include <port/arch.h>
#include <port/driver.h>

#define CTRL_X	    0x18
#define ESC	    0x1b
#define CAN	    0x18    /* ends a control sequence that is not complete, since the VT100 */
#define TX_BUDGET   64	    /* bytes pushed by a guest's write or by a poll */
#define LINE_BUDGET 1024    /* bytes taken from one line of ours, and pushed by it */
#define RX_BUDGET   64	    /* bytes taken by one poll */
#define SLACK	    128	    /* what a port may write while a note tells what it has lost */
#define DEAF_S	    2	    /* a guest that has read nothing for so long is not waited for */
#define PANIC_TRIES 1000000 /* for one byte; more than a slow UART needs for it */

static_assert((CONSOLE_IN_RING & (CONSOLE_IN_RING - 1)) == 0, "indexes wrap with it");
static_assert(CONSOLE_MAX_PORTS <= 64, "one bit each in struct keys");

struct rx_locked {
	struct spinlock *lock;
};

struct tx_locked {
	struct spinlock *lock;
};

struct lines_locked {
	struct spinlock *lock;
};

enum tx_result {
	TX_SENT,    /* go on */
	TX_DRAINED, /* nothing is waiting */
	TX_LATER,   /* the UART is full, or the rest of a line is just being written */
};

/* What the terminal takes the next byte for. */
enum tx_parsing {
	TX_TEXT,
	TX_ESCAPE,   /* behind ESC */
	TX_SEQUENCE, /* behind ESC [ */
};

/* What keys asked for, to be done when no lock is held. */
struct keys {
	u64 input; /* ports that have got some, by place */
	bool list;
	bool help;
};

static not_cleared u8 own_out[OUT_RING];

static struct {
	const struct uart_ops *_Atomic uart;
	void *uart_ctx;
	atomic_bool last_words; /* set: the UART belongs to the panic */

	struct console_port *port[CONSOLE_MAX_PORTS];
	_Atomic u32 n_ports;
	_Atomic u32 focus;	 /* place; changes under lines_lock */
	struct console_port own; /* lines of ours; written under lines_lock */
	_Atomic u32 own_after;	 /* they come when the focus's tail is here */
	struct spinlock lines_lock;

	struct spinlock rx_lock;
	bool prefix;	     /* rx: the last key was Ctrl+X */
	atomic_bool rx_left; /* the UART may have more, and its interrupt is off */

	struct spinlock tx_lock;
	char note[48]; /* tx: "[... n bytes dropped ...]" */
	u32 note_len;
	_Atomic u32 note_left;
	bool in_line;		 /* tx: the last byte of ours was not the end of a line */
	bool dirty;		 /* tx: something stands on the line of the cursor */
	bool indented;		 /* tx: the cursor is not in column 0 */
	enum tx_parsing parsing; /* tx */
	struct console_port *_Atomic shown; /* the port that bytes came from since it has the focus */
} console = {
	.own = { .name = "hypervisor", .out = own_out },
};

/* ---- locks: core/locks.h says in which order ------------------------------------------------ */

static struct lines_locked lines_lock(void)
{
	spin_lock(&console.lines_lock);
	return (struct lines_locked){ &console.lines_lock };
}

static void lines_unlock(struct lines_locked *l)
{
	spin_unlock(l->lock);
	l->lock = NULL;
}

static struct rx_locked rx_lock(void)
{
	spin_lock(&console.rx_lock);
	return (struct rx_locked){ &console.rx_lock };
}

static void rx_unlock(struct rx_locked *l)
{
	spin_unlock(l->lock);
	l->lock = NULL;
}

static bool tx_trylock(struct tx_locked *l)
{
	l->lock = &console.tx_lock;
	return spin_trylock(l->lock);
}

static void tx_unlock(struct tx_locked *l)
{
	spin_unlock(l->lock);
	l->lock = NULL;
}

/* ---- ports in order -------------------------------------------------------------------------- */

static struct console_port *port_at(u32 place)
{
	return place < atomic_load_explicit(&console.n_ports, memory_order_acquire) ?
		       console.port[place] :
		       NULL;
}

static struct console_port *focus_port(void)
{
	return port_at(atomic_load_explicit(&console.focus, memory_order_acquire));
}

/* ---- transmitter --------------------------------------------------------------------------- */

static void tx_follow(struct tx_locked l, u8 c)
{
	(void)l;
	if (c == ESC)
		console.parsing = TX_ESCAPE;
	else if (console.parsing == TX_ESCAPE && c == '[')
		console.parsing = TX_SEQUENCE;
	else if (console.parsing == TX_ESCAPE || c == CAN || (c >= '@' && c <= '~'))
		console.parsing = TX_TEXT;
	if (c == '\n')
		console.dirty = false;
	else if (c == '\r')
		console.indented = false;
	else if (c >= ' ' || c == '\t')
		console.dirty = console.indented = true;
}

static enum tx_result tx_put(struct tx_locked l, u8 c)
{
	if (!atomic_load(&console.uart)->putc(console.uart_ctx, c))
		return TX_LATER;
	tx_follow(l, c);
	return TX_SENT;
}

static bool tx_line_is_used(struct tx_locked l)
{
	(void)l;
	return console.dirty || console.indented || console.parsing != TX_TEXT;
}

/* One byte towards an empty line with the cursor in column 0. */
static enum tx_result tx_fresh_line(struct tx_locked l)
{
	if (console.parsing != TX_TEXT)
		return tx_put(l, CAN);
	return tx_put(l, console.indented ? '\r' : '\n');
}

static enum tx_result tx_note(struct tx_locked l)
{
	u32 left = atomic_load_explicit(&console.note_left, memory_order_relaxed);
	enum tx_result r;

	if (left == console.note_len && tx_line_is_used(l))
		return tx_fresh_line(l);
	r = tx_put(l, (u8)console.note[console.note_len - left]);
	if (r == TX_SENT)
		atomic_store_explicit(&console.note_left, left - 1, memory_order_relaxed);
	return r;
}

/* A port that outruns the UART before our eyes loses half a ring at once, or notes would be all
 * there is to see. */
static void tx_skip(struct tx_locked l, struct console_port *p)
{
	u32 keep = atomic_load(&console.shown) == p ? OUT_RING / 2 : OUT_RING - SLACK;
	u32 tail = atomic_load_explicit(&p->out_head, memory_order_acquire) - keep;
	u32 lost = tail - atomic_load_explicit(&p->out_tail, memory_order_relaxed);

	(void)l;
	atomic_store_explicit(&p->out_tail, tail, memory_order_relaxed);
	console.note_len = (u32)fmt_snprintf(console.note, sizeof(console.note),
					     "[... %u bytes dropped ...]\r\n", lost);
	atomic_store_explicit(&console.note_left, console.note_len, memory_order_relaxed);
}

/* Our lines wait for what the focus wrote before them, as long as there is some of it. */
static bool tx_own_is_due(struct tx_locked l, const struct console_port *focus)
{
	u32 after = atomic_load_explicit(&console.own_after, memory_order_relaxed);

	(void)l;
	if (console.in_line)
		return true;
	if (!ring_pending(&console.own))
		return false;
	return !focus || !ring_pending(focus) ||
	       (s32)(atomic_load_explicit(&focus->out_tail, memory_order_relaxed) - after) >= 0;
}

static struct console_port *tx_source(struct tx_locked l)
{
	struct console_port *focus = focus_port();

	if (tx_own_is_due(l, focus))
		return &console.own;
	return focus && ring_pending(focus) ? focus : NULL;
}

static enum tx_result tx_step(struct tx_locked l)
{
	struct console_port *p;
	enum tx_result r;
	u8 c;

	if (atomic_load_explicit(&console.note_left, memory_order_relaxed))
		return tx_note(l);
	p = tx_source(l);
	if (!p)
		return TX_DRAINED;
	if (!ring_pending(p))
		return TX_LATER;
	if (p == &console.own && !console.in_line && tx_line_is_used(l))
		return tx_fresh_line(l);
	if (!ring_peek(p, &c)) {
		tx_skip(l, p);
		return TX_SENT;
	}
	r = tx_put(l, c);
	if (r != TX_SENT)
		return r;
	atomic_fetch_add_explicit(&p->out_tail, 1, memory_order_relaxed);
	if (p == &console.own)
		console.in_line = c != '\n';
	else
		atomic_store(&console.shown, p);
	return TX_SENT;
}

static bool tx_busy(void)
{
	const struct console_port *focus = focus_port();

	if (!atomic_load(&console.uart) || atomic_load(&console.last_words))
		return false;
	return atomic_load_explicit(&console.note_left, memory_order_relaxed) ||
	       ring_pending(&console.own) || (focus && ring_pending(focus));
}

bool console_busy(void)
{
	return atomic_load_explicit(&console.rx_left, memory_order_relaxed) || tx_busy();
}

/* The fences order "bytes are in the ring" against "the transmitter is free", on both sides: one
 * of the two who meet sees the other. */
static void tx_pump(u32 budget)
{
	enum tx_result r;
	struct tx_locked l;

	if (!atomic_load(&console.uart))
		return;
	do {
		atomic_thread_fence(memory_order_seq_cst);
		if (atomic_load(&console.last_words) || !tx_trylock(&l))
			return;
		for (r = TX_SENT; r == TX_SENT && budget; budget--)
			r = tx_step(l);
		tx_unlock(&l);
		atomic_thread_fence(memory_order_seq_cst);
	} while (r == TX_DRAINED && budget && tx_busy());
}

/* ---- our own lines ------------------------------------------------------------------------- */

static void lines_add(struct lines_locked l, const char *text)
{
	const struct console_port *focus = focus_port();

	(void)l;
	if (!ring_pending(&console.own))
		atomic_store_explicit(&console.own_after, focus ? focus->out_head : 0,
				      memory_order_relaxed);
	for (u32 i = 0; i < LINE_BUDGET && text[i]; i++) {
		u8 c = (u8)text[i];

		if (c == '\n')
			ring_put(&console.own, '\r');
		else if ((c < ' ' && c != '\t') || c == 0x7f)
			c = '?';
		ring_put(&console.own, c);
	}
	ring_put(&console.own, '\r');
	ring_put(&console.own, '\n');
}

void console_write_line(const char *text)
{
	struct lines_locked l = lines_lock();

	lines_add(l, text);
	lines_unlock(&l);
	tx_pump(LINE_BUDGET);
}

static void write_linef(const char *format, ...) printf_like(1, 2);
static void write_linef(const char *format, ...)
{
	char line[160];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	console_write_line(line);
}

/* ---- ports --------------------------------------------------------------------------------- */

enum status console_add_port(struct console_port *p)
{
	struct lines_locked l;
	u32 n;

	if (!p->out || !p->name)
		return E_INVAL;
	l = lines_lock();
	n = console.n_ports;
	if (n < CONSOLE_MAX_PORTS) {
		console.port[n] = p;
		atomic_store_explicit(&console.n_ports, n + 1, memory_order_release);
	}
	lines_unlock(&l);
	if (n == 1)
		console_write_line("--- several consoles: Ctrl+X h shows the keys ---");
	return n < CONSOLE_MAX_PORTS ? OK : E_NOMEM;
}

void console_port_write(struct console_port *p, u8 c)
{
	ring_put(p, c);
	if (p == focus_port())
		tx_pump(TX_BUDGET);
}

bool console_port_read(struct console_port *p, u8 *c)
{
	atomic_store_explicit(&p->in_read_at, arch_cycles(), memory_order_relaxed);
	return input_take(p, c);
}

/* The separator belongs before what the port has kept, so our lines are due at once. */
static void focus_set(u32 place)
{
	const struct console_port *p = port_at(place);
	struct lines_locked l;
	char line[160];

	fmt_snprintf(line, sizeof(line), "--- console of VM %u \"%s\" ---", p->id, p->name);
	l = lines_lock();
	atomic_store(&console.shown, NULL);
	atomic_store_explicit(&console.focus, place, memory_order_release);
	lines_add(l, line);
	atomic_store_explicit(&console.own_after, p->out_tail, memory_order_relaxed);
	lines_unlock(&l);
}

static void list_port(const struct console_port *p, u32 place)
{
	u32 dropped = atomic_load_explicit(&p->in_dropped, memory_order_relaxed);
	char digit[4] = "", lost[40] = "";

	if (place < 9)
		fmt_snprintf(digit, sizeof(digit), "%u", place + 1);
	if (dropped)
		fmt_snprintf(lost, sizeof(lost), ", %u typed bytes lost", dropped);
	write_linef("%c %2s  VM %u \"%s\": %s, %u bytes not shown%s", p == focus_port() ? '*' : ' ',
		    digit, p->id, p->name, p->state(p), ring_pending(p), lost);
}

static void list_ports(void)
{
	u32 n = console.n_ports;

	write_linef("--- %u console%s%s ---", n, n == 1 ? "" : "s", n ? ", * has the focus" : "");
	for (u32 i = 0; i < n; i++)
		list_port(console.port[i], i);
}

static void show_help(void)
{
	console_write_line("--- Ctrl+X, then 1..9: that console, n: next, p: previous, l: list, "
			   "Ctrl+X: the key itself ---");
}

/* ---- receiver ------------------------------------------------------------------------------ */

static void input_put(struct rx_locked l, u8 c, struct keys *keys)
{
	struct console_port *p = focus_port();

	(void)l;
	if (!p)
		return;
	if (input_is_full(p))
		atomic_fetch_add_explicit(&p->in_dropped, 1, memory_order_relaxed);
	else
		input_add(p, c);
	keys->input |= BIT(console.focus);
}

/* A key after Ctrl+X. */
static void take_command(struct rx_locked l, u8 c, struct keys *keys)
{
	u32 n = console.n_ports;

	if (c == CTRL_X)
		input_put(l, c, keys);
	else if (c == 'l')
		keys->list = true;
	else if (c >= '1' && c <= '9' && (u32)(c - '1') < n)
		focus_set((u32)(c - '1'));
	else if (c == 'n' && n)
		focus_set((console.focus + 1) % n);
	else if (c == 'p' && n)
		focus_set((console.focus + n - 1) % n);
	else
		keys->help = true;
}

static void take_key(struct rx_locked l, u8 c, struct keys *keys)
{
	if (console.prefix) {
		console.prefix = false;
		take_command(l, c, keys);
	} else if (c == CTRL_X) {
		console.prefix = true;
	} else {
		input_put(l, c, keys);
	}
}

/* No room for another byte, and a guest that makes some. */
static bool rx_has_to_wait(struct rx_locked l)
{
	const struct console_port *p = focus_port();

	(void)l;
	return p && input_is_full(p) &&
	       arch_cycles() - atomic_load_explicit(&p->in_read_at, memory_order_relaxed) <
		       arch_cycles_hz() * DEAF_S;
}

/* While bytes are left the interrupt would not end; who sees console_busy() asks again instead. */
static void rx_leave(struct rx_locked l, const struct uart_ops *uart, bool left)
{
	(void)l;
	if (atomic_exchange(&console.rx_left, left) == left)
		return;
	if (left)
		uart->rx_disable(console.uart_ctx);
	else
		uart->rx_enable(console.uart_ctx);
}

static struct keys take_keys(const struct uart_ops *uart)
{
	struct rx_locked l = rx_lock();
	struct keys keys = { 0 };
	u32 n = 0;
	u8 c;

	while (n < RX_BUDGET && !rx_has_to_wait(l) && uart->getc(console.uart_ctx, &c)) {
		take_key(l, c, &keys);
		n++;
	}
	rx_leave(l, uart, n == RX_BUDGET || rx_has_to_wait(l));
	rx_unlock(&l);
	return keys;
}

static void serve_keys(struct keys keys)
{
	for (; keys.input; keys.input &= keys.input - 1) {
		struct console_port *p = console.port[bit_lowest(keys.input)];

		p->input(p);
	}
	if (keys.list)
		list_ports();
	if (keys.help)
		show_help();
}

/* ---- the UART ------------------------------------------------------------------------------ */

void console_attach(const struct uart_ops *ops, void *ctx)
{
	if (atomic_load(&console.uart))
		return;
	console.uart_ctx = ctx;
	atomic_store(&console.uart, ops);
	tx_pump(OUT_RING + LINE_BUDGET);
}

void console_poll(void)
{
	const struct uart_ops *uart = atomic_load(&console.uart);

	if (!uart || atomic_load(&console.last_words))
		return;
	serve_keys(take_keys(uart));
	tx_pump(TX_BUDGET);
}

void console_flush(void)
{
	for (u32 i = 0; i < PANIC_TRIES && tx_busy(); i++)
		tx_pump(TX_BUDGET);
}

static void panic_put(u8 c)
{
	static bool dead;
	const struct uart_ops *uart = atomic_load(&console.uart);

	for (u32 i = 0; uart && !dead && i < PANIC_TRIES; i++) {
		if (uart->putc(console.uart_ctx, c))
			return;
	}
	dead = true;
}

static void panic_newline(void)
{
	panic_put('\r');
	panic_put('\n');
}

/* Lines of ours that still wait may tell why it came to this. */
static void panic_drain(void)
{
	struct console_port *own = &console.own;
	bool open = console.in_line;
	u8 c;

	if (!open && console.dirty)
		panic_newline();
	for (u32 i = 0; i < OUT_RING && ring_pending(own); i++) {
		if (ring_peek(own, &c)) {
			panic_put(c);
			open = c != '\n';
		}
		atomic_fetch_add(&own->out_tail, 1);
	}
	if (open)
		panic_newline();
}

void console_panic_write(const char *text)
{
	if (!atomic_exchange(&console.last_words, true))
		panic_drain();
	for (; *text; text++) {
		if (*text == '\n')
			panic_put('\r');
		panic_put((u8)*text);
	}
}
