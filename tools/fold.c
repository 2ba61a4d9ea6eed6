/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packs the folded part of the image (docs/adr/0023): LZ4's block format, with the cheapest
 * sequences that a search from the end finds.
 *
 *	fold FOLDED			prints how many bytes it becomes
 *	fold FOLDED IMAGE OFFSET ROOM	and puts them there; 1 when there is too little room
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIZE   (1u << 22)
#define WINDOW	   65535u
#define MIN_MATCH  4u
#define MAX_MATCH  256u
#define MAX_TRIED  256u
#define HASH_BITS  16
#define NIBBLE_MAX 15u
/* Of a byte; a sequence costs time as well, which is worth a byte. */
#define BYTE_PRICE     8u
#define SEQUENCE_PRICE (4 * BYTE_PRICE)

static uint8_t in[MAX_SIZE + 8], out[MAX_SIZE * 2];
static uint32_t n_in, n_out;
/* For each place: the longest match and where, the cheapest way on from it, and its price. */
static uint32_t match_len[MAX_SIZE + 1], match_at[MAX_SIZE + 1];
static uint32_t way[MAX_SIZE + 1], price[MAX_SIZE + 1];
static uint32_t head[1u << HASH_BITS], previous[MAX_SIZE + 1];

static uint32_t load(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void find_match(uint32_t at, uint32_t candidate)
{
	for (uint32_t n = 0; candidate && n < MAX_TRIED && match_len[at] < MAX_MATCH;
	     n++, candidate = previous[candidate]) {
		uint32_t from = candidate - 1, len = 0;

		if (at - from > WINDOW)
			return;
		while (len < MAX_MATCH && at + len < n_in && in[from + len] == in[at + len])
			len++;
		if (len >= MIN_MATCH && len > match_len[at]) {
			match_len[at] = len;
			match_at[at] = from;
		}
	}
}

static void find_matches(void)
{
	for (uint32_t at = 0; at + MIN_MATCH <= n_in; at++) {
		uint32_t h = load(in + at) * 2654435761u >> (32 - HASH_BITS);

		find_match(at, head[h]);
		previous[at + 1] = head[h];
		head[h] = at + 1;
	}
}

static uint32_t sequence_price(uint32_t len)
{
	uint32_t more = len - MIN_MATCH < NIBBLE_MAX ? 0 : (len - MIN_MATCH - NIBBLE_MAX) / 255 + 1;

	return SEQUENCE_PRICE + more * BYTE_PRICE;
}

static void find_way(void)
{
	for (uint32_t at = n_in; at--;) {
		way[at] = 1;
		price[at] = price[at + 1] + BYTE_PRICE;
		for (uint32_t len = MIN_MATCH; len <= match_len[at]; len++) {
			uint32_t p = price[at + len] + sequence_price(len);

			if (p < price[at]) {
				price[at] = p;
				way[at] = len;
			}
		}
	}
}

static void put_more(uint32_t n)
{
	if (n < NIBBLE_MAX)
		return;
	for (n -= NIBBLE_MAX; n >= 255; n -= 255)
		out[n_out++] = 255;
	out[n_out++] = (uint8_t)n;
}

static uint32_t nibble(uint32_t n)
{
	return n < NIBBLE_MAX ? n : NIBBLE_MAX;
}

/* Literals, and a match of @len (0: the end). */
static void put_sequence(uint32_t literals, uint32_t n, uint32_t at, uint32_t len)
{
	uint32_t extra = len ? len - MIN_MATCH : 0;

	out[n_out++] = (uint8_t)(nibble(n) << 4 | nibble(extra));
	put_more(n);
	memcpy(out + n_out, in + literals, n);
	n_out += n;
	if (!len)
		return;
	out[n_out++] = (uint8_t)(at - match_at[at]);
	out[n_out++] = (uint8_t)((at - match_at[at]) >> 8);
	put_more(extra);
}

static void pack(void)
{
	uint32_t literals = 0;

	n_out = 0;
	memset(head, 0, sizeof(head));
	memset(match_len, 0, (n_in + 1) * sizeof(*match_len));
	price[n_in] = 0;
	find_matches();
	find_way();
	for (uint32_t at = 0; at < n_in; at += way[at]) {
		if (way[at] == 1)
			continue;
		put_sequence(literals, at - literals, at, way[at]);
		literals = at + way[at];
	}
	if (literals < n_in)
		put_sequence(literals, n_in - literals, 0, 0);
}

static int put(const char *image, long offset, unsigned long room)
{
	FILE *f;

	if (n_out > room) {
		fprintf(stderr, "fold: %u bytes, and room for %lu\n", n_out, room);
		return 1;
	}
	f = fopen(image, "r+b");
	if (!f || fseek(f, offset, SEEK_SET) || fwrite(out, 1, n_out, f) != n_out || fclose(f)) {
		perror(image);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 || argc == 5 ? fopen(argv[1], "rb") : NULL;

	if (!f) {
		fprintf(stderr, "usage: fold FOLDED [IMAGE OFFSET ROOM]\n");
		return 2;
	}
	n_in = (uint32_t)fread(in, 1, MAX_SIZE, f);
	if (!feof(f) && getc(f) != EOF) {
		fprintf(stderr, "fold: more than %u bytes\n", MAX_SIZE);
		return 1;
	}
	fclose(f);
	pack();
	if (argc == 2)
		return printf("%u\n", n_out) < 0;
	return put(argv[2], strtol(argv[3], NULL, 0), strtoul(argv[4], NULL, 0));
}
