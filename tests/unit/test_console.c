/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console mux in front of a UART that is sometimes full. The console is one object with state
 * from boot to power-off, so every scene plays in a process of its own and a failed CHECK ends it.
 */
#include "scene.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <core/console.h>
#include <port/driver.h>

#define SHOWN(text) check_shown(__LINE__, text)

/* In what is typed, \030 is Ctrl+X. */

/* ---- the UART --------------------------------------------------------------------------------- */

#define OUT_MAX (1u << 22)

static struct {
	char out[OUT_MAX];
	u32 n_out;
	u32 checked; /* what SHOWN has seen */
	int room;    /* bytes taken before it is full; negative: never full */
	u32 refusals;
	char in[4096];
	u32 in_at, in_end;
} uart;

static bool uart_putc(void *ctx, u8 c)
{
	(void)ctx;
	if (uart.room == 0) {
		uart.refusals++;
		return false;
	}
	if (uart.room > 0)
		uart.room--;
	CHECK(uart.n_out < OUT_MAX);
	uart.out[uart.n_out++] = (char)c;
	return true;
}

static bool uart_getc(void *ctx, u8 *c)
{
	(void)ctx;
	if (uart.in_at == uart.in_end)
		return false;
	*c = (u8)uart.in[uart.in_at++];
	return true;
}

static void uart_rx_enable(void *ctx)
{
	(void)ctx;
}

static const struct uart_ops uart_ops = {
	.name = "fake",
	.putc = uart_putc,
	.getc = uart_getc,
	.rx_enable = uart_rx_enable,
};

static void check_shown(int line, const char *want)
{
	size_t len = strlen(want);

	uart.out[uart.n_out] = '\0';
	if (uart.n_out - uart.checked != len || memcmp(uart.out + uart.checked, want, len) != 0) {
		fprintf(stderr, "%s:%d: want \"%s\"\ngot \"%s\"\n", __FILE__, line, want,
			uart.out + uart.checked);
		_exit(1);
	}
	uart.checked = uart.n_out;
}

/* What came out since SHOWN, not to be looked at any further. */
static const char *shown_since(void)
{
	const char *text = uart.out + uart.checked;

	uart.out[uart.n_out] = '\0';
	uart.checked = uart.n_out;
	return text;
}

static void type(const char *keys)
{
	size_t n = strlen(keys);

	uart.in_at = 0;
	memcpy(uart.in, keys, n);
	uart.in_end = (u32)n;
	while (uart.in_at < uart.in_end)
		console_poll();
}

/* ---- ports ------------------------------------------------------------------------------------ */

static struct console_port port[CONSOLE_MAX_PORTS + 1];
static u32 n_inputs[CONSOLE_MAX_PORTS + 1];

static void on_input(struct console_port *p)
{
	n_inputs[p - port]++;
}

static const char *state_of(const struct console_port *p)
{
	return p->id == 1 ? "running" : "off";
}

static void add_ports(u32 n)
{
	static const char *const names[] = { "linux-a", "linux-b", "c" };

	for (u32 i = 0; i < n; i++) {
		port[i].name = names[i % 3];
		port[i].id = i + 1;
		port[i].out = malloc(CONSOLE_OUT_RING);
		port[i].input = on_input;
		port[i].state = state_of;
		CHECK(console_add_port(&port[i]) == OK);
	}
}

static void port_puts(u32 i, const char *text)
{
	for (; *text; text++)
		console_port_write(&port[i], (u8)*text);
}

static void port_got(int line, u32 i, const char *want)
{
	char got[512];
	u32 n = 0;
	u8 c;

	while (console_port_read(&port[i], &c))
		got[n++] = (char)c;
	got[n] = '\0';
	if (strcmp(got, want) != 0) {
		fprintf(stderr, "%s:%d: port %u: want \"%s\", got \"%s\"\n", __FILE__, line, i,
			want, got);
		_exit(1);
	}
}

#define GOT(i, text) port_got(__LINE__, i, text)

static void boot(u32 n_ports, int room)
{
	uart.room = room;
	console_attach(&uart_ops, NULL);
	add_ports(n_ports);
	shown_since();
}

/* ---- scenes ----------------------------------------------------------------------------------- */

static void early_lines_come_out_later(void)
{
	console_write_line("one");
	console_write_line("two");
	CHECK(!console_busy());
	console_poll();
	uart.room = -1;
	console_attach(&uart_ops, NULL);
	SHOWN("one\r\ntwo\r\n");
	console_write_line("three");
	SHOWN("three\r\n");
	console_attach(NULL, NULL); /* the first stays */
	console_write_line("a\nb\x1b[31m");
	SHOWN("a\r\nb?[31m\r\n");
}

static void early_lines_that_are_too_many(void)
{
	char line[32];
	const char *text;

	for (int i = 0; i < 2000; i++) { /* 10 bytes each with the line's end */
		snprintf(line, sizeof(line), "line%04d", i);
		console_write_line(line);
	}
	boot(0, -1);
	text = uart.out;
	CHECK(strncmp(text, "[... 3617 bytes dropped ...]\r\n", 30) == 0);
	CHECK(uart.n_out == 30 + CONSOLE_OUT_RING - 1);
	CHECK(strcmp(text + uart.n_out - 10, "line1999\r\n") == 0);
}

static void lines_stand_on_their_own(void)
{
	boot(1, -1);
	port_puts(0, "~ # ");
	console_write_line("info");
	SHOWN("~ # \r\ninfo\r\n");
	port_puts(0, "x\r\n");
	console_write_line("info");
	SHOWN("x\r\ninfo\r\n");
	port_puts(0, "x\n"); /* the cursor is on a new line, not in column 0 */
	console_write_line("info");
	SHOWN("x\n\rinfo\r\n");
	port_puts(0, "50%\r"); /* in column 0, not on a new line */
	console_write_line("info");
	SHOWN("50%\r\ninfo\r\n");
}

static void raw_to_the_port_in_focus(void)
{
	char all[256];

	boot(1, -1);
	for (int c = 1; c < 256; c++)
		all[c - 1] = (char)c;
	all[255] = '\0';
	port_puts(0, all);
	SHOWN(all);
	CHECK(!console_busy());
}

static void a_full_uart_is_served_later(void)
{
	boot(1, 3);
	port_puts(0, "hello");
	SHOWN("hel");
	CHECK(console_busy());
	uart.room = 1;
	console_poll();
	SHOWN("l");
	console_write_line("line"); /* behind what the guest wrote before it */
	port_puts(0, "world");
	uart.room = 4;
	console_poll();
	SHOWN("o\r\nl");
	uart.room = -1;
	console_poll();
	SHOWN("ine\r\nworld");
	CHECK(!console_busy());
}

static void focus_moves(void)
{
	boot(3, -1);
	port_puts(1, "b");
	port_puts(2, "c");
	SHOWN("");
	type("\0302");
	SHOWN("--- console of VM 2 \"linux-b\" ---\r\nb");
	type("\030n");
	SHOWN("\r\n--- console of VM 3 \"c\" ---\r\nc");
	type("\030n");
	SHOWN("\r\n--- console of VM 1 \"linux-a\" ---\r\n");
	type("\030p");
	SHOWN("--- console of VM 3 \"c\" ---\r\n");
	type("\030p");
	SHOWN("--- console of VM 2 \"linux-b\" ---\r\n");
	port_puts(0, "a");
	port_puts(1, "B");
	SHOWN("B");
	type("\0301");
	SHOWN("\r\n--- console of VM 1 \"linux-a\" ---\r\na");
}

static void focus_moves_while_the_uart_is_full(void)
{
	boot(2, -1);
	uart.room = 0;
	port_puts(0, "old");
	port_puts(1, "new");
	type("\0302");
	uart.room = -1;
	console_poll();
	SHOWN("--- console of VM 2 \"linux-b\" ---\r\nnew");
	type("\0301");
	SHOWN("\r\n--- console of VM 1 \"linux-a\" ---\r\nold");
}

static void input_goes_to_the_focus(void)
{
	boot(2, -1);
	type("ls\r");
	GOT(0, "ls\r");
	GOT(1, "");
	CHECK(n_inputs[0] && !n_inputs[1]);
	type("a\0302bc\0301d");
	GOT(0, "ad");
	GOT(1, "bc");
	type("\030\030x");
	GOT(0, "\030x");
}

static void input_beyond_the_ring_is_dropped(void)
{
	char keys[CONSOLE_IN_RING + 11];

	boot(1, -1);
	memset(keys, 'k', sizeof(keys));
	keys[sizeof(keys) - 1] = '\0';
	type(keys);
	CHECK(port[0].in_dropped == 10);
	keys[CONSOLE_IN_RING] = '\0';
	GOT(0, keys);
	type("again");
	GOT(0, "again");
}

static void lists_and_help(void)
{
	boot(2, -1);
	port_puts(1, "12345");
	type("\030l");
	SHOWN("--- 2 consoles, * has the focus ---\r\n"
	      "*  1  VM 1 \"linux-a\": running, 0 bytes not shown\r\n"
	      "   2  VM 2 \"linux-b\": off, 5 bytes not shown\r\n");
	type("\030h");
	CHECK(strstr(shown_since(), "Ctrl+X, then 1..9"));
	type("\030z");
	CHECK(strstr(shown_since(), "Ctrl+X, then 1..9"));
	type("\0303"); /* there is no third */
	CHECK(strstr(shown_since(), "Ctrl+X, then 1..9"));
	GOT(0, "");
}

static void without_ports(void)
{
	boot(0, -1);
	type("x\030n\030p\0301\030\030");
	shown_since();
	type("\030l");
	SHOWN("--- 0 consoles ---\r\n");
}

static void one_hint_when_there_are_several(void)
{
	uart.room = -1;
	console_attach(&uart_ops, NULL);
	add_ports(3);
	SHOWN("--- several consoles: Ctrl+X h shows the keys ---\r\n");
}

static void ports_have_a_limit(void)
{
	boot(CONSOLE_MAX_PORTS, -1);
	port[CONSOLE_MAX_PORTS] = port[0];
	CHECK(console_add_port(&port[CONSOLE_MAX_PORTS]) == E_NOMEM);
	port[CONSOLE_MAX_PORTS].out = NULL;
	CHECK(console_add_port(&port[CONSOLE_MAX_PORTS]) == E_INVAL);
	type("\030px");
	GOT(CONSOLE_MAX_PORTS - 1, "x");
	type("\030l");
	CHECK(strstr(shown_since(), "*     VM 64 "));
}

/* The newest 16 KiB (less the byte that is being written) are kept, and the gap is shown. */
static void check_kept(u32 total, const char *note)
{
	const u32 kept = total < CONSOLE_OUT_RING ? total : (u32)CONSOLE_OUT_RING - 1;
	char want[96];
	const char *text;

	boot(2, -1);
	for (u32 i = 0; i < total; i++)
		console_port_write(&port[1], (u8)('a' + i % 26));
	type("\0302");
	while (console_busy())
		console_poll();
	snprintf(want, sizeof(want), "--- console of VM 2 \"linux-b\" ---\r\n%s", note);
	text = shown_since();
	CHECK(strncmp(text, want, strlen(want)) == 0);
	text += strlen(want);
	CHECK(strlen(text) == kept);
	for (u32 i = 0; i < kept; i++)
		CHECK(text[i] == (char)('a' + (total - kept + i) % 26));
}

static void a_ring_just_not_full(void)
{
	check_kept(CONSOLE_OUT_RING - 1, "");
}

static void a_ring_just_full(void)
{
	check_kept(CONSOLE_OUT_RING, "[... 1 bytes dropped ...]\r\n");
}

static void a_ring_keeps_the_newest(void)
{
	check_kept(CONSOLE_OUT_RING + 4000, "[... 4001 bytes dropped ...]\r\n");
}

/* A guest in focus that outruns the UART loses half a ring at a time, in pieces that are whole. */
static void a_storm_in_focus(void)
{
	u32 last = 0, n_notes = 0, n_lines = 0;
	char *line, *save = NULL;

	boot(1, 0);
	for (u32 i = 0; i < 20000; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%08u\r\n", i);
		uart.room = 2;
		port_puts(0, text);
	}
	uart.room = -1;
	while (console_busy())
		console_poll();
	for (line = strtok_r(uart.out, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
		n_lines++;
		if (line[0] == '[') {
			n_notes++;
		} else if (strlen(line) == 8) {
			CHECK((u32)atoi(line) >= last);
			last = (u32)atoi(line);
		}
	}
	CHECK(last == 19999);
	CHECK(n_notes > 2 && n_notes < n_lines / 100);
}

/* What one call pushes is bounded, whatever waits. */
static void one_call_is_bounded(void)
{
	boot(2, -1);
	for (u32 i = 0; i < 16000; i++)
		console_port_write(&port[1], 'x');
	type("\0302");
	CHECK(uart.n_out - uart.checked <= 128);
	shown_since();
	console_poll();
	CHECK(uart.n_out - uart.checked <= 64);
	shown_since();
	console_port_write(&port[1], 'x');
	CHECK(uart.n_out - uart.checked <= 64);
	CHECK(console_busy());
}

static void last_words_come_out_alone(void)
{
	boot(1, 3);
	port_puts(0, "guest");
	console_write_line("why");
	SHOWN("gue");
	uart.room = -1;
	console_panic_write("panic\n at x\n");
	SHOWN("\r\nwhy\r\npanic\r\n at x\r\n");
	port_puts(0, "more");
	console_write_line("line");
	type("");
	console_poll();
	SHOWN("");
	CHECK(!console_busy());
}

static void last_words_do_not_wait_for_ever(void)
{
	boot(1, 0);
	console_panic_write("into the void\n");
	uart.refusals = 0;
	console_panic_write("and once more\n");
	CHECK(uart.refusals == 0);
}

/* ---- random keys and output against a model ---------------------------------------------------- */

#define MODEL_PORTS 3

static u32 random_state = 12345;

static u32 random_below(u32 n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

static struct {
	u32 focus;
	bool prefix;
	u8 in[MODEL_PORTS][1 << 16];
	u32 n_in[MODEL_PORTS];
	u32 n_read[MODEL_PORTS];
} model;

static void model_key(u8 c)
{
	if (!model.prefix && c == 0x18) {
		model.prefix = true;
		return;
	}
	if (!model.prefix || c == 0x18)
		model.in[model.focus][model.n_in[model.focus]++] = c;
	else if (c >= '1' && c < '1' + MODEL_PORTS)
		model.focus = (u32)(c - '1');
	else if (c == 'n')
		model.focus = (model.focus + 1) % MODEL_PORTS;
	else if (c == 'p')
		model.focus = (model.focus + MODEL_PORTS - 1) % MODEL_PORTS;
	model.prefix = false;
}

static void model_read_all(void)
{
	u8 c;

	for (u32 i = 0; i < MODEL_PORTS; i++) {
		while (console_port_read(&port[i], &c))
			CHECK(c == model.in[i][model.n_read[i]++]);
		CHECK(model.n_read[i] == model.n_in[i]);
	}
}

static u8 model_byte(u32 i, u32 n)
{
	return i == 2 ? (u8)('0' + n % 10) : (u8)((i ? 'a' : 'A') + n % 26);
}

/* Each port writes its own alphabet; what came out of it must be all of it, in sequence. */
static void model_check_output(const u32 *written)
{
	u32 seen[MODEL_PORTS] = { 0 };
	bool line_begins = true, ours = false;

	for (u32 at = 0; at < uart.n_out; at++) {
		u8 c = (u8)uart.out[at];

		if (line_begins)
			ours = strchr("-* ", c);
		line_begins = c == '\n';
		if (ours || c == '\r' || c == '\n')
			continue;
		for (u32 i = 0; i < MODEL_PORTS; i++) {
			if (c >= model_byte(i, 0) && c <= model_byte(i, i == 2 ? 9 : 25)) {
				CHECK(c == model_byte(i, seen[i]));
				seen[i]++;
			}
		}
	}
	for (u32 i = 0; i < MODEL_PORTS; i++)
		CHECK(seen[i] == written[i]);
}

static void model_step(u32 *written)
{
	static const char keys[] = "\030\030\030123456789nplhxyz\r";
	u32 i = random_below(MODEL_PORTS);
	char key[2] = { keys[random_below(sizeof(keys) - 1)], '\0' };

	uart.room = random_below(8) ? -1 : (int)random_below(20);
	switch (random_below(4)) {
	case 0:
		model_key((u8)key[0]);
		type(key);
		break;
	case 1:
		model_read_all();
		break;
	case 2:
		console_poll();
		break;
	default:
		console_port_write(&port[i], model_byte(i, written[i]));
		written[i]++;
	}
}

static void random_keys_and_output(void)
{
	u32 written[MODEL_PORTS] = { 0 };

	boot(MODEL_PORTS, -1);
	uart.n_out = 0;
	for (u32 step = 0; step < 60000; step++)
		model_step(written);
	uart.room = -1;
	if (model.prefix)
		type("h");
	for (u32 i = 0; i < MODEL_PORTS; i++) {
		type("\030n");
		while (console_busy())
			console_poll();
	}
	model_check_output(written);
}

/* ---- several CPUs ------------------------------------------------------------------------------ */

#define LONG_TEXT                                                         \
	"the quick brown fox jumps over the lazy dog, and the lazy dog, " \
	"having seen many a fox in its time, sleeps on in the afternoon's sun, undisturbed"
#define STORM_BYTES 200000u
#define STORM_LINES 50u /* few enough for our ring, so that none may be lost */

static atomic_bool storm_over;
static char one_line[] = "# 1 " LONG_TEXT;
static char other_line[] = "# 2 " LONG_TEXT;

static void *storm_writer(void *arg)
{
	for (u32 n = 0; n < STORM_BYTES; n++)
		console_port_write(arg, arg == &port[0] ? (u8)('a' + n % 26) : '.');
	return NULL;
}

static void *storm_lines(void *arg)
{
	for (u32 n = 0; n < STORM_LINES; n++)
		console_write_line(arg);
	return NULL;
}

static void *storm_poller(void *arg)
{
	while (!atomic_load(&storm_over))
		console_poll();
	return arg;
}

/* Lines of ours are whole and complete; the guest's bytes are in sequence but for told gaps. */
static void storm_check(void)
{
	u32 n_lines = 0, n_bytes = 0, gap;
	char *save = NULL;

	uart.out[uart.n_out] = '\0';
	for (char *line = strtok_r(uart.out, "\r\n", &save); line;
	     line = strtok_r(NULL, "\r\n", &save)) {
		if (sscanf(line, "[... %u bytes dropped ...]", &gap) == 1) {
			n_bytes += gap;
		} else if (line[0] == '#') {
			CHECK(!strcmp(line, one_line) || !strcmp(line, other_line));
			n_lines++;
		} else {
			for (; *line; line++)
				CHECK(*line == (char)('a' + n_bytes++ % 26));
		}
	}
	CHECK(n_lines == 2 * STORM_LINES);
	CHECK(n_bytes == STORM_BYTES);
}

static void a_storm_from_all_sides(void)
{
	pthread_t t[5];

	boot(2, -1);
	uart.n_out = 0;
	pthread_create(&t[0], NULL, storm_poller, NULL);
	pthread_create(&t[1], NULL, storm_writer, &port[0]);
	pthread_create(&t[2], NULL, storm_writer, &port[1]);
	pthread_create(&t[3], NULL, storm_lines, one_line);
	pthread_create(&t[4], NULL, storm_lines, other_line);
	for (int i = 1; i < 5; i++)
		pthread_join(t[i], NULL);
	/* Whoever came last pushed what waited, up to its budget: no poll is needed for a little. */
	atomic_store(&storm_over, true);
	pthread_join(t[0], NULL);
	while (console_busy())
		console_poll();
	storm_check();
}

#define ROUNDS 200000u

static atomic_uint round_begun, round_written, round_done;

static void *poll_in_rounds(void *arg)
{
	for (u32 n = 1; n <= ROUNDS; n++) {
		while (atomic_load(&round_begun) < n)
			;
		do
			console_poll();
		while (atomic_load(&round_written) < n);
		atomic_store(&round_done, n);
	}
	return arg;
}

/* Of two who push at once, one sees what the other could not. */
static void no_byte_is_left_behind(void)
{
	pthread_t t;

	boot(1, -1);
	pthread_create(&t, NULL, poll_in_rounds, NULL);
	for (u32 n = 1; n <= ROUNDS; n++) {
		atomic_store(&round_begun, n);
		console_port_write(&port[0], '.');
		atomic_store(&round_written, n);
		while (atomic_load(&round_done) < n)
			;
		CHECK(!console_busy());
	}
	pthread_join(t, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(early_lines_come_out_later),
		SCENE(early_lines_that_are_too_many),
		SCENE(lines_stand_on_their_own),
		SCENE(raw_to_the_port_in_focus),
		SCENE(a_full_uart_is_served_later),
		SCENE(focus_moves),
		SCENE(focus_moves_while_the_uart_is_full),
		SCENE(input_goes_to_the_focus),
		SCENE(input_beyond_the_ring_is_dropped),
		SCENE(lists_and_help),
		SCENE(without_ports),
		SCENE(one_hint_when_there_are_several),
		SCENE(ports_have_a_limit),
		SCENE(a_ring_just_not_full),
		SCENE(a_ring_just_full),
		SCENE(a_ring_keeps_the_newest),
		SCENE(a_storm_in_focus),
		SCENE(one_call_is_bounded),
		SCENE(last_words_come_out_alone),
		SCENE(last_words_do_not_wait_for_ever),
		SCENE(random_keys_and_output),
		SCENE(a_storm_from_all_sides),
		SCENE(no_byte_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
