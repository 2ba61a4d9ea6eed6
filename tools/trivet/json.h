/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as the program prints it: well-formed whatever the names hold, two spaces for each depth, the
 * order is the caller's. In an object every value has a key; in an array, and outside, @key is NULL.
 * Addresses are strings ("0x80000000"), because readers keep only 53 bits of a number.
 */
#pragma once

#include <stdio.h>

#include <base/str.h>
#include <base/types.h>

#define JSON_MAX_DEPTH 16

struct json {
	FILE *f;
	u32 depth;
	bool used[JSON_MAX_DEPTH + 1]; /* something stands at this depth already */
};

void json_begin(struct json *j, FILE *f);
/* The last newline. Everything has to be closed. */
void json_end(struct json *j);

void json_object(struct json *j, const char *key);
void json_end_object(struct json *j);
void json_array(struct json *j, const char *key);
void json_end_array(struct json *j);

/* Control characters are escaped, what is not UTF-8 becomes U+FFFD. */
void json_str(struct json *j, const char *key, struct str s);
void json_text(struct json *j, const char *key, const char *text); /* NULL: null */
void json_u64(struct json *j, const char *key, u64 v);
void json_addr(struct json *j, const char *key, u64 v);
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);

/* The length of the UTF-8 character at the head of @s; 0: it is none. @s is not empty. */
u32 utf8_length(struct str s);
