/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console mux under fire: random keys and output against a model, then several CPUs at once.
 */
#include "console_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- random keys and output against a model ------------------------------------------------- */

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

/* ---- several CPUs --------------------------------------------------------------------------- */

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
		SCENE(random_keys_and_output),
		SCENE(a_storm_from_all_sides),
		SCENE(no_byte_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
