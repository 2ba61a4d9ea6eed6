/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console mux, scene by scene: what comes out, what waits, what is lost and told so.
 */
#include "console_fixture.h"

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
	CHECK(strncmp(text, "[... 3744 bytes dropped ...]\r\n", 30) == 0);
	CHECK(uart.n_out == 30 + CONSOLE_OUT_RING - 128);
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

/* A terminal in the middle of a control sequence would swallow the beginning of our line. */
static void lines_do_not_get_into_control_sequences(void)
{
	boot(1, -1);
	port_puts(0, "\033[6n");
	console_write_line("a");
	SHOWN("\033[6n\r\na\r\n");
	port_puts(0, "\033[1;3");
	console_write_line("b");
	SHOWN("\033[1;3\030\r\nb\r\n");
	port_puts(0, "1m\033");
	console_write_line("c");
	SHOWN("1m\033\030\r\nc\r\n");
	port_puts(0, "c\r\n\0337\r\n"); /* two bytes are a whole one */
	console_write_line("d");
	SHOWN("c\r\n\0337\r\nd\r\n");
}

static void nothing_waits_after_a_flush(void)
{
	boot(2, -1);
	for (u32 i = 0; i < 5000; i++)
		console_port_write(&port[1], 'x');
	type("\0302");
	CHECK(console_busy());
	console_flush();
	CHECK(!console_busy());
	uart.room = 0;
	port_puts(1, "dead");
	console_flush(); /* does not hang */
	CHECK(console_busy());
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

/* A ring and ten bytes more of the same key. */
static const char *many_keys(void)
{
	static char keys[CONSOLE_IN_RING + 11];

	memset(keys, 'k', sizeof(keys) - 1);
	return keys;
}

static void poll_often(void)
{
	for (u32 i = 0; i < CONSOLE_IN_RING; i++)
		console_poll();
}

static void input_beyond_the_ring_waits_in_the_uart(void)
{
	u32 n = 0;
	u8 c;

	boot(1, -1);
	GOT(0, ""); /* somebody reads */
	receive(many_keys());
	poll_often();
	CHECK(uart.in_at == CONSOLE_IN_RING && uart.rx_off && console_busy());
	for (; n < 8; n++)
		CHECK(console_port_read(&port[0], &c));
	poll_often();
	CHECK(uart.in_at == CONSOLE_IN_RING + 8 && uart.rx_off && console_busy());
	for (; n < CONSOLE_IN_RING + 8; n++)
		CHECK(console_port_read(&port[0], &c));
	poll_often();
	CHECK(!uart.rx_off && !console_busy());
	GOT(0, "kk");
	CHECK(port[0].in_dropped == 0);
}

/* Else our own keys would wait behind what it never reads. */
static void a_deaf_guest_is_not_waited_for(void)
{
	boot(2, -1);
	GOT(0, "");
	receive(many_keys());
	poll_often();
	CHECK(uart.rx_off);
	fake_clock.now += 10 * fake_clock.hz;
	poll_often();
	CHECK(!uart.rx_off && !console_busy());
	CHECK(port[0].in_dropped == 10);
	type("\0302more");
	GOT(1, "more");
	shown_since();
	type("\030l");
	CHECK(strstr(shown_since(),
		     "\"linux-a\": running, 0 bytes not shown, 10 typed bytes lost"));
	n_inputs[0] = 0;
	type("\0301again");
	CHECK(n_inputs[0] && port[0].in_dropped == 15);
	GOT(0, many_keys() + 10);
	type("again");
	GOT(0, "again");
}

/* Its interrupt may not come again for bytes that were there before, so there is no waiting for it. */
static void what_one_poll_leaves_the_next_takes(void)
{
	boot(1, -1);
	receive(many_keys() + CONSOLE_IN_RING - 90); /* 100 of them */
	console_poll();
	CHECK(uart.in_at < 100 && uart.rx_off && console_busy());
	console_poll();
	console_poll();
	CHECK(uart.in_at == 100 && !uart.rx_off && !console_busy());
	GOT(0, many_keys() + CONSOLE_IN_RING - 90);
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

/* The newest 16 KiB (less what may come while that is told) are kept, and the gap is shown. */
static void check_kept(u32 total, const char *note)
{
	const u32 kept = total < CONSOLE_OUT_RING ? total : (u32)CONSOLE_OUT_RING - 128;
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
	check_kept(CONSOLE_OUT_RING, "[... 128 bytes dropped ...]\r\n");
}

static void a_ring_keeps_the_newest(void)
{
	check_kept(CONSOLE_OUT_RING + 4000, "[... 4128 bytes dropped ...]\r\n");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(early_lines_come_out_later),
		SCENE(early_lines_that_are_too_many),
		SCENE(lines_stand_on_their_own),
		SCENE(lines_do_not_get_into_control_sequences),
		SCENE(nothing_waits_after_a_flush),
		SCENE(raw_to_the_port_in_focus),
		SCENE(a_full_uart_is_served_later),
		SCENE(focus_moves),
		SCENE(focus_moves_while_the_uart_is_full),
		SCENE(input_goes_to_the_focus),
		SCENE(input_beyond_the_ring_waits_in_the_uart),
		SCENE(a_deaf_guest_is_not_waited_for),
		SCENE(what_one_poll_leaves_the_next_takes),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
