/* SPDX-License-Identifier: MIT */
/* base/ipv4_text: strict dotted quads and decimals. */
#include <stdlib.h>
#include <string.h>

#include "base/ipv4_text.h"
#include "tests/runner/unit.h"

TEST(addresses_accepted)
{
	static const struct {
		const char *text;
		uint32_t ipv4;
	} rows[] = {
		{"0.0.0.0", 0},
		{"10.0.2.15", 0x0a00020f},
		{"255.255.255.255", 0xffffffff},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t ipv4 = 0x5a5a5a5a;

		assert_true(ipv4_parse(rows[i].text, strlen(rows[i].text), &ipv4));
		assert_int_equal(ipv4, rows[i].ipv4);
	}
}

TEST(addresses_refused)
{
	static const char *const rows[] = {
		"", ".", "1", "1.2.3", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.", "1.2.3.4.5", "256.1.1.1",
		"1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "1.2.3.+4",
		"1.2.3.4a", "0x1.2.3.4", "1.2.3.99999999999999999999", "1,2,3,4", "a.b.c.d",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		/* A copy of the exact length, so that a read past the end is seen. */
		size_t len = strlen(rows[i]);
		char *text = malloc(len > 0 ? len : 1);
		uint32_t ipv4 = 0x5a5a5a5a;

		memcpy(text, rows[i], len);
		assert_false(ipv4_parse(text, len, &ipv4));
		assert_int_equal(ipv4, 0x5a5a5a5a);
		free(text);
	}
}

TEST(decimals)
{
	uint64_t v = 7;

	assert_true(decimal_parse("18446744073709551615", 20, UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	v = 7;
	assert_false(decimal_parse("18446744073709551616", 20, UINT64_MAX, &v));
	assert_false(decimal_parse("99999999999999999999999", 23, UINT64_MAX, &v));
	assert_false(decimal_parse("", 0, 10, &v));
	assert_false(decimal_parse("11", 2, 10, &v));
	assert_false(decimal_parse("-1", 2, 10, &v));
	assert_false(decimal_parse("1 ", 2, 10, &v));
	assert_int_equal(v, 7);
	assert_true(decimal_parse("0010", 4, 10, &v));
	assert_int_equal(v, 10);
}
