/* SPDX-License-Identifier: MIT */
/* net/dhcp/names: search domains, as text (RFC 2132 3.17) and as a list (RFC 3397). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "net/dhcp/message.h"
#include "tests/runner/unit.h"

#define XID 0x11223344u

static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
static uint8_t msg[1500];
static size_t len;
static struct dhcp_reply reply;

static void begin(uint8_t type)
{
	memset(msg, 0, sizeof(msg));
	memcpy(msg, "\2\1\6\0", 4);
	store_be32(msg + 4, XID);
	store_be32(msg + 16, 0x0a000005);
	memcpy(msg + 28, mac, 6);
	store_be32(msg + 236, 0x63825363);
	len = 240;
	msg[len++] = 53;
	msg[len++] = 1;
	msg[len++] = type;
}

static void option(uint8_t code, const void *data, size_t n)
{
	msg[len++] = code;
	msg[len++] = (uint8_t)n;
	memcpy(msg + len, data, n);
	len += n;
}

/* From a copy of the exact length, so that AddressSanitizer sees a read past it. */
static enum dhcp_verdict read_all(void)
{
	uint8_t *copy = malloc(len);
	enum dhcp_verdict verdict;

	memcpy(copy, msg, len);
	verdict = dhcp_read(copy, len, XID, mac, &reply);
	free(copy);
	return verdict;
}

static unsigned noted(uint8_t code, const char *problem)
{
	unsigned n = 0;

	for (unsigned i = 0; i < reply.n_oddities; i++)
		n += reply.oddities[i].option == code &&
		     strcmp(reply.oddities[i].problem, problem) == 0;
	return n;
}

TEST(domains_as_text)
{
	static const struct {
		const char *text, *good, *rest;
	} cases[] = {
		{"example.org", "example.org", ""},
		{"example.org.", "example.org", ""},
		{".example.org", "example.org", ""},
		{"a.example b.example", "a.example b.example", ""},
		{" a.example, b.example ;c\n", "a.example b.example c", ""},
		{"a.example a.example a.example.", "a.example", ""},
		{"a.example/x b.example", "b.example", "a.example/x"},
		{"a..b c .d- -", "c d- -", "a..b"},
		{"\xc3\xa9.example lan", "lan", "??.example"},
		{"\x1b[2J", "", "?[2J"},
		{"a b c d e f g h", "a b c d e f", "g h"},
		{".", "", "."},
		{"", "", ""},
		{"   ", "", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(DHCP_ACK);
		option(15, cases[i].text, strlen(cases[i].text));
		assert_int_equal(read_all(), DHCP_GOOD);
		assert_string_equal(reply.search.good, cases[i].good);
		assert_string_equal(reply.search.rest, cases[i].rest);
		assert_int_equal(noted(15, "not all of it is used"), cases[i].rest[0] != '\0');
	}
}

TEST(domains_that_are_too_long)
{
	char text[255];

	memset(text, 'x', sizeof(text));
	begin(DHCP_ACK);
	option(15, text, 64); /* a label of more than 63 */
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_string_equal(reply.search.good, "");
	assert_int_equal(strlen(reply.search.rest), 64);
	for (size_t i = 49; i < sizeof(text); i += 50)
		text[i] = '.';
	begin(DHCP_ACK);
	option(15, text, 253);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(strlen(reply.search.good), 253);
	option(15, ".xxx", 4); /* in a second piece: 257 */
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_string_equal(reply.search.good, "");
	assert_string_equal(reply.search.rest, "...");
}

/* RFC 3397's own example, in two pieces: eng.apple.com., marketing.apple.com. */
TEST(a_list_of_domains)
{
	begin(DHCP_ACK);
	option(15, "not.this", 8);
	option(119, "\3eng\5apple\3com\0\x09mar", 19);
	option(119, "keting\xc0\x04\4Beta\0", 14);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_string_equal(reply.search.good, "eng.apple.com marketing.apple.com Beta");
	assert_int_equal(reply.n_oddities, 0);
}

/* Which option it was that a text was not used of. */
TEST(what_is_not_used_has_its_option)
{
	begin(DHCP_ACK);
	option(119, "\3a b\0", 5);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.rest_option, 119);
	assert_string_equal(reply.search.rest, "a?b");
	option(15, "c/d", 3);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.n_oddities, 2);
	assert_int_equal(reply.rest_option, 15);
	assert_string_equal(reply.search.rest, "c/d");
	begin(DHCP_ACK);
	option(119, "\1c\0\3a b\0", 8);
	option(15, "c/d", 3);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.rest_option, 119);
	assert_string_equal(reply.search.rest, "a?b");
}

/* Pointers to anywhere end; what is before the fault counts, and without any the one name does. */
TEST(lists_of_domains_that_are_broken)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *good;
	} cases[] = {
		{"\1a\0\1b\xc0\5", 7, "a"},           /* a pointer to itself */
		{"\1a\0\1b\xc0\3", 7, "a"},           /* to the name that it is in */
		{"\1a\0\1b\xc0\x30", 7, "a"},         /* forward */
		{"\1a\0\1b\xc0", 6, "a"},             /* cut */
		{"\1a\0\x05" "b", 5, "a"},
		{"\1a\0\1b", 5, "a"},                  /* without its end */
		{"\1a\0\x41" "b\0", 6, "a"},           /* a label of no kind that there is */
		{"\xc0\0", 2, "one.name"},
		{"\0\0\0", 3, "one.name"},
		{"", 0, "one.name"},
		{"\3a b\0\1c\0", 8, "c"},
	};
	uint8_t longest[255];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(DHCP_ACK);
		option(119, cases[i].bytes, cases[i].len);
		option(15, "one.name", 8);
		assert_int_equal(read_all(), DHCP_GOOD);
		assert_string_equal(reply.search.good, cases[i].good);
		assert_int_equal(reply.n_oddities > 0, cases[i].len > 3 || cases[i].len == 2);
	}
	memset(longest, 1, sizeof(longest)); /* a name of more than 253 characters */
	begin(DHCP_ACK);
	option(119, longest, sizeof(longest));
	option(119, "\1a\0", 3);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_string_equal(reply.search.good, "");
}
