/* SPDX-License-Identifier: MIT */
/* app/probe/expect.c and sha256.c: what is looked for in an answer, in pieces of every size. */
#include <stdio.h>
#include <string.h>

#include "app/probe/expect.h"
#include "tests/runner/unit.h"

static const char *set(const char *(*setter)(void *, const char *, size_t), struct http_expect *e,
		       const char *value)
{
	return setter(e, value, strlen(value));
}

TEST(statuses)
{
	struct http_expect e = {0};

	for (unsigned code = 100; code < 1000; code++)
		assert_int_equal(expect_allows_status(&e, code), code >= 200 && code <= 399);
	assert_string_equal(expect_status_words(&e), "200 to 399");
	assert_null(set(expect_set_status, &e, "404,500-502,204"));
	for (unsigned code = 100; code < 1000; code++)
		assert_int_equal(expect_allows_status(&e, code),
				 code == 404 || code == 204 || (code >= 500 && code <= 502));
	assert_string_equal(expect_status_words(&e), "404,500-502,204");
	assert_null(set(expect_set_status, &e, "200"));
	assert_false(expect_allows_status(&e, 404));
}

TEST(statuses_that_make_no_sense)
{
	static const char *const bad[] = {"", ",", "200,", ",200", "20", "2000", "200-", "-200", "300-200",
					  "099", "2xx", "200 ", "200--300", "200-300-400", "0x1"};
	struct http_expect e = {0};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (set(expect_set_status, &e, bad[i]) == NULL)
			fail_msg("%s is taken", bad[i]);
	}
	assert_int_equal(e.n_status, 0);
	assert_null(set(expect_set_status, &e,
			"200,201,202,203,204,205,206,207,208,209,210,211,212,213,214,215"));
	assert_non_null(set(expect_set_status, &e,
			    "200,201,202,203,204,205,206,207,208,209,210,211,212,213,214,215,216"));
	assert_int_equal(e.n_status, 16);
}

/* The body in pieces of `piece` bytes. */
static const char *judge(struct http_expect *e, const char *text, size_t piece)
{
	static struct expect_body body;
	size_t len = strlen(text);

	expect_body_begin(&body, e);
	for (size_t at = 0; at < len; at += piece)
		expect_body_take(&body, (const uint8_t *)text + at, MIN(piece, len - at));
	expect_body_end(&body);
	return expect_body_problem(&body);
}

TEST(words_across_pieces)
{
	static const struct {
		const char *words, *text;
		bool found;
	} rows[] = {
		{"hello", "well, hello there", true}, {"hello", "hell o", false}, {"hello", "hello", true},
		{"aab", "aaab", true}, {"abab\xff", "ababab\xff", true}, {"aabaaa", "aabaabaaa", true},
		{"abcabd", "abcabcabd", true}, {"abcabd", "abcabcab", false}, {"x", "", false},
		{"", "", true}, {"aaaa", "aaa", false}, {"abacabab", "abacabacabab", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_expect e = {0};

		assert_null(set(expect_set_body, &e, rows[i].words));
		for (size_t piece = 1; piece < 8; piece++) {
			const char *problem = judge(&e, rows[i].text, piece);

			if ((problem == NULL) != rows[i].found)
				fail_msg("%s in %s by %zu", rows[i].words, rows[i].text, piece);
		}
	}
}

/* Against a search that cannot be wrong, over a small alphabet where beginnings repeat. */
TEST(words_against_a_plain_search)
{
	uint32_t seed = 1;

	for (unsigned round = 0; round < 20000; round++) {
		char words[8], text[24];
		struct http_expect e = {0};
		size_t n = 1 + round % (sizeof(words) - 1), m = round % sizeof(text);

		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = "ab"[seed >> 31];
			if (i < sizeof(words))
				words[i] = "ab"[seed >> 30 & 1];
		}
		words[n] = text[m] = '\0';
		assert_null(set(expect_set_body, &e, words));
		assert_int_equal(judge(&e, text, 1 + round % 5) == NULL, strstr(text, words) != NULL);
	}
}

/* FIPS 180-4's examples, as NIST publishes them, and the empty text. */
TEST(sha256_vectors)
{
	static const struct {
		const char *text, *digest;
	} rows[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248D6A61D20638B8E5C026930C3E6039A33CE45964FF2167F6ECEDD419DB06C1"},
	};
	struct http_expect e = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_null(set(expect_set_sha256, &e, rows[i].digest));
		for (size_t piece = 1; piece < 66; piece += 13)
			assert_null(judge(&e, rows[i].text, piece));
		assert_string_equal(judge(&e, "abd", 3), "the body's SHA-256 is not that of expect.sha256=");
	}
}

TEST(a_million_times_a)
{
	static const char digest[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
	static char text[1000001];
	struct http_expect e = {0};

	memset(text, 'a', sizeof(text) - 1);
	assert_null(set(expect_set_sha256, &e, digest));
	assert_null(judge(&e, text, 9999));
}

TEST(digests_that_make_no_sense)
{
	static const char good[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
	struct http_expect e = {0};
	char bad[66];

	assert_non_null(set(expect_set_sha256, &e, ""));
	assert_non_null(expect_set_sha256(&e, good, 63));
	strcpy(bad, good);
	bad[63] = 'g';
	assert_non_null(set(expect_set_sha256, &e, bad));
	strcat(strcpy(bad, good), "0");
	assert_non_null(set(expect_set_sha256, &e, bad));
	assert_false(e.has_sha256);
}

/* The search comes first. */
TEST(both)
{
	struct http_expect e = {0};

	assert_null(set(expect_set_sha256, &e,
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	assert_null(set(expect_set_body, &e, "bc"));
	assert_null(judge(&e, "abc", 1));
	assert_non_null(judge(&e, "bc", 1));
	assert_string_equal(judge(&e, "b", 1), "the body does not hold what expect.body= says");
}
