/*
 * SPDX-License-Identifier: MIT
 *
 * What an answer is expected to be: its status (expect.status=), words in its body (expect.body=,
 * which may lie across any pieces it comes in), the SHA-256 of its body (expect.sha256=).
 */
#ifndef APP_PROBE_EXPECT_H
#define APP_PROBE_EXPECT_H

#include "app/probe/sha256.h"
#include "base/compiler.h"
#include "base/strbuf.h"
#include "config/config.h"

#define EXPECT_RANGES_MAX 16u

struct expect_range {
	uint16_t first, last;
};

struct http_expect {
	struct expect_range status[EXPECT_RANGES_MAX]; /* none: 200 to 399 */
	size_t n_status;
	char status_text[CONFIG_TEXT_MAX]; /* as it was written */
	char body[CONFIG_TEXT_MAX];        /* "": nothing is expected */
	size_t body_len;
	bool has_sha256;
	uint8_t sha256[SHA256_LEN];
};

/* Parsers for the table of keys, into a struct http_expect. */
const char *expect_set_status(void *dst_http_expect, const char *value, size_t len);
const char *expect_set_body(void *dst_http_expect, const char *value, size_t len);
const char *expect_set_sha256(void *dst_http_expect, const char *value, size_t len);

bool expect_allows_status(const struct http_expect *expect, unsigned code);
/* "200 to 399", or expect.status= as it was written. */
const char *expect_status_words(const struct http_expect *expect);

/* One body while it comes. */
struct expect_body {
	const struct http_expect *expect;
	uint16_t fallback[CONFIG_TEXT_MAX]; /* of the words sought (Knuth, Morris and Pratt) */
	size_t matched;                     /* bytes of them that the last bytes are */
	bool found;
	struct sha256 sha256;
	uint8_t digest[SHA256_LEN];  /* after expect_body_end() */
};

void expect_body_begin(struct expect_body *body, const struct http_expect *expect);
void expect_body_take(struct expect_body *body, const uint8_t *data, size_t len);
void expect_body_end(struct expect_body *body);
/* NULL, or a sentence about what is missing; only after the end. */
const char *expect_body_problem(const struct expect_body *body);

#endif
