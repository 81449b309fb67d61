/* SPDX-License-Identifier: MIT */
/* app/http/http_date: the three formats of RFC 9110 5.6.7, against the C library and our own writer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/http/http_date.h"
#include "tests/runner/unit.h"

/* From a copy of the exact length, so that AddressSanitizer sees a read past it. */
static bool parse(const char *text, uint64_t *unix_s)
{
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);
	bool good;

	memcpy(copy, text, len);
	good = http_date_parse(copy, len, unix_s);
	free(copy);
	return good;
}

TEST(the_three_formats)
{
	static const char *const formats[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
					      "%a %b %e %H:%M:%S %Y"};

	/* Every ninth day, up to 2069: two digits of a year say no more. */
	for (time_t t = 0; t < (time_t)100 * 365 * 86400; t += 9 * 86400 + 3661) {
		for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
			char text[64];
			struct tm tm;
			uint64_t unix_s = 1;

			assert_true(strftime(text, sizeof(text), formats[i], gmtime_r(&t, &tm)) > 0);
			if (!parse(text, &unix_s) || unix_s != (uint64_t)t)
				fail_msg("%s: %llu, not %lld", text, (unsigned long long)unix_s, (long long)t);
		}
	}
}

TEST(our_own_are_understood)
{
	for (uint64_t t = 0; t < UINT64_C(8000) * 365 * 86400; t += 400 * 86400 + 7919) {
		char text[64];
		struct strbuf sb = strbuf_on(text, sizeof(text));
		uint64_t unix_s;

		http_date_write(&sb, t);
		assert_true(parse(text, &unix_s));
		assert_true(unix_s == t);
	}
}

TEST(what_is_no_date)
{
	static const char *const rows[] = {
		"", ",", " ", "Sun", "Sun,", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov -994 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov 06 08:49:37 94",
		"1994-11-06T08:49:37Z", "784111777", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun Nov  0 08:49:37 1994",
	};
	uint64_t unix_s;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (parse(rows[i], &unix_s))
			fail_msg("%s is taken", rows[i]);
	}
}
