/* SPDX-License-Identifier: MIT */
/* Expectations; see app/probe/expect.h. */
#include "app/probe/expect.h"

#include "app/http/text.h"
#include "base/chars.h"
#include "base/ipv4_text.h"
#include "base/string.h"

/* --- the keys ------------------------------------------------------------------------------------ */

static bool parse_code(const char *text, size_t len, uint16_t *code)
{
	uint64_t v;

	if (len != 3 || !decimal_parse(text, len, 999, &v) || v < 100)
		return false;
	*code = (uint16_t)v;
	return true;
}

/* 204 or 300-399 */
static bool parse_range(const char *text, size_t len, struct expect_range *range)
{
	const char *dash = len > 0 ? memchr(text, '-', len) : NULL;
	size_t first_len = dash != NULL ? (size_t)(dash - text) : len;

	if (!parse_code(text, first_len, &range->first))
		return false;
	range->last = range->first;
	return dash == NULL ||
	       (parse_code(dash + 1, len - first_len - 1, &range->last) && range->first <= range->last);
}

const char *expect_set_status(void *dst_http_expect, const char *value, size_t len)
{
	struct http_expect *expect = dst_http_expect;
	struct expect_range ranges[EXPECT_RANGES_MAX];
	size_t n = 0, at = 0;

	_Static_assert(EXPECT_RANGES_MAX == 16, "the message says so");
	do {
		const char *comma = at < len ? memchr(value + at, ',', len - at) : NULL;
		size_t end = comma != NULL ? (size_t)(comma - value) : len;

		if (n == EXPECT_RANGES_MAX)
			return "more than 16 codes or ranges";
		if (!parse_range(value + at, end - at, &ranges[n++]))
			return "not a list of status codes and ranges";
		at = end + 1;
	} while (at <= len);
	memcpy(expect->status, ranges, sizeof(ranges));
	expect->n_status = n;
	return config_set_text(expect->status_text, value, len);
}

const char *expect_set_body(void *dst_http_expect, const char *value, size_t len)
{
	struct http_expect *expect = dst_http_expect;

	expect->body_len = len;
	return config_set_text(expect->body, value, len);
}

const char *expect_set_sha256(void *dst_http_expect, const char *value, size_t len)
{
	struct http_expect *expect = dst_http_expect;
	uint8_t digest[SHA256_LEN];

	if (len != 2 * sizeof(digest))
		return "not 64 hexadecimal digits";
	for (size_t i = 0; i < sizeof(digest); i++) {
		int high = char_hex_value(value[2 * i]), low = char_hex_value(value[2 * i + 1]);

		if (high < 0 || low < 0)
			return "not 64 hexadecimal digits";
		digest[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(expect->sha256, digest, sizeof(digest));
	expect->has_sha256 = true;
	return NULL;
}

/* --- the status ---------------------------------------------------------------------------------- */

bool expect_allows_status(const struct http_expect *expect, unsigned code)
{
	if (expect->n_status == 0)
		return code >= 200 && code <= 399;
	for (size_t i = 0; i < expect->n_status; i++) {
		if (code >= expect->status[i].first && code <= expect->status[i].last)
			return true;
	}
	return false;
}

const char *expect_status_words(const struct http_expect *expect)
{
	return expect->n_status == 0 ? "200 to 399" : expect->status_text;
}

/* --- the body ------------------------------------------------------------------------------------ */

/* fallback[i]: how long the longest beginning of the words is that also ends their first i + 1
 * bytes, those themselves aside. */
static void prepare_search(struct expect_body *body)
{
	const char *words = body->expect->body;
	size_t known = 0;

	body->fallback[0] = 0;
	for (size_t i = 1; i < body->expect->body_len; i++) {
		while (known > 0 && words[i] != words[known])
			known = body->fallback[known - 1];
		if (words[i] == words[known])
			known++;
		body->fallback[i] = (uint16_t)known;
	}
}

void expect_body_begin(struct expect_body *body, const struct http_expect *expect)
{
	body->expect = expect;
	body->matched = 0;
	body->found = expect->body_len == 0;
	prepare_search(body);
	sha256_init(&body->sha256);
}

static void search(struct expect_body *body, const uint8_t *data, size_t len)
{
	const char *words = body->expect->body;

	for (size_t i = 0; i < len && !body->found; i++) {
		while (body->matched > 0 && (uint8_t)words[body->matched] != data[i])
			body->matched = body->fallback[body->matched - 1];
		if ((uint8_t)words[body->matched] == data[i])
			body->matched++;
		body->found = body->matched == body->expect->body_len;
	}
}

void expect_body_take(struct expect_body *body, const uint8_t *data, size_t len)
{
	search(body, data, len);
	if (body->expect->has_sha256)
		sha256_update(&body->sha256, data, len);
}

void expect_body_end(struct expect_body *body)
{
	sha256_value(&body->sha256, body->digest);
}

const char *expect_body_problem(const struct expect_body *body)
{
	const struct http_expect *expect = body->expect;

	if (!body->found)
		return "the body does not hold what expect.body= says";
	if (expect->has_sha256 && memcmp(body->digest, expect->sha256, SHA256_LEN) != 0)
		return "the body's SHA-256 is not that of expect.sha256=";
	return NULL;
}
