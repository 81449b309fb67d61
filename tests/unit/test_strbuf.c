/* SPDX-License-Identifier: MIT */
/* base/strbuf: bounds at every capacity, numbers at their limits, escapes that no byte survives. */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "tests/runner/unit.h"

#define CHECK(expected, call)                                                                  \
	do {                                                                                   \
		char text_[256];                                                               \
		struct strbuf sb = strbuf_on(text_, sizeof(text_));                            \
		call;                                                                          \
		assert_string_equal(text_, expected);                                          \
		assert_int_equal(sb.len, strlen(expected));                                    \
	} while (0)

TEST(numbers)
{
	CHECK("0", strbuf_u64(&sb, 0));
	CHECK("18446744073709551615", strbuf_u64(&sb, UINT64_MAX));
	CHECK("-9223372036854775808", strbuf_i64(&sb, INT64_MIN));
	CHECK("9223372036854775807", strbuf_i64(&sb, INT64_MAX));
	CHECK("  7", strbuf_u64_width(&sb, 7, 3, ' '));
	CHECK("1234", strbuf_u64_width(&sb, 1234, 3, ' '));
	CHECK("0", strbuf_hex(&sb, 0, 0));
	CHECK("00ff", strbuf_hex(&sb, 255, 4));
	CHECK("ffffffffffffffff", strbuf_hex(&sb, UINT64_MAX, 2));
	CHECK("0.000000", strbuf_seconds(&sb, 999));
	CHECK("12.000001", strbuf_seconds(&sb, 12 * NS_PER_S + 1999));
}

TEST(addresses)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0x0a, 0xbc, 0xff};
	struct net_endpoint v4 = net_endpoint_ipv4(0xc0a84d01, 80);
	struct net_endpoint v6 = {.addr = {.family = NET_FAMILY_IPV6, .bytes = {[15] = 1}}, .port = 443};

	CHECK("52:54:00:0a:bc:ff", strbuf_mac(&sb, mac));
	CHECK("255.0.255.1", strbuf_ipv4(&sb, 0xff00ff01));
	CHECK("192.168.77.1:80", strbuf_endpoint(&sb, &v4));
	CHECK("[0:0:0:0:0:0:0:1]:443", strbuf_endpoint(&sb, &v6));
}

TEST(hex_bytes_of_any_length)
{
	uint8_t bytes[100];
	char text[256], expected[256] = "";

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 5);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct strbuf sb = strbuf_on(text, sizeof(text));

		strbuf_hex_bytes(&sb, bytes, n);
		assert_string_equal(text, expected);
		if (n < sizeof(bytes)) {
			static const char digits[] = "0123456789abcdef";
			expected[2 * n] = digits[bytes[n] / 16];
			expected[2 * n + 1] = digits[bytes[n] % 16];
			expected[2 * n + 2] = '\0';
		}
	}
}

/* Whatever is written, nothing lands past `cap` (AddressSanitizer watches the exact allocation),
 * the text is terminated, the length wanted is right, and what is stored is a prefix. */
TEST(never_past_its_capacity)
{
	static const char full[] = "ab-12345000042\\x0a\\u0007\\\"  long enough to be copied in one go:1";

	for (size_t cap = 0; cap <= sizeof(full) + 2; cap++) {
		char *mem = malloc(cap > 0 ? cap : 1);
		struct strbuf sb = strbuf_on(mem, cap);

		strbuf_char(&sb, 'a');
		strbuf_str(&sb, "b");
		strbuf_i64(&sb, -12345);
		strbuf_u64_width(&sb, 42, 6, '0');
		strbuf_escaped_text(&sb, "\n", 1);
		strbuf_escaped_json(&sb, "\x07\"", 2);
		strbuf_pad_to(&sb, 28);
		strbuf_str(&sb, "long enough to be copied in one go");
		strbuf_mem(&sb, ":1", 2);
		assert_int_equal(sb.len, sizeof(full) - 1);
		assert_int_equal(strbuf_truncated(&sb), cap < sizeof(full));
		if (cap > 0) {
			assert_int_equal(strlen(mem), strbuf_stored(&sb));
			assert_memory_equal(mem, full, strbuf_stored(&sb));
		}
		free(mem);
	}
}

TEST(escapes_leave_only_printable_ascii)
{
	for (int byte = 0; byte < 256; byte++) {
		char c = (char)byte, text[16], json[16];
		struct strbuf t = strbuf_on(text, sizeof(text)), j = strbuf_on(json, sizeof(json));

		strbuf_escaped_text(&t, &c, 1);
		strbuf_escaped_json(&j, &c, 1);
		for (size_t i = 0; i < t.len; i++)
			assert_in_range(text[i], 0x20, 0x7e);
		for (size_t i = 0; i < j.len; i++)
			assert_in_range(json[i], 0x20, 0x7e);
		if (byte < 0x20 || byte > 0x7e) {
			assert_int_equal(t.len, 4);
			assert_int_equal(j.len, 6);
		}
	}
	CHECK("a\\x00b\\x5c\\xff\"", strbuf_escaped_text(&sb, "a\0b\\\xff\"", 6));
	CHECK("a\\u0000b\\\\\\u00ff\\\"", strbuf_escaped_json(&sb, "a\0b\\\xff\"", 6));
}
