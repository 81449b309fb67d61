/* SPDX-License-Identifier: MIT */
/* net/dhcp/message: what we say, and what servers may say back. */
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

/* --- writing ------------------------------------------------------------------------------------- */

static const uint8_t *find(const uint8_t *p, size_t n, uint8_t code)
{
	for (size_t at = 240; at + 1 < n && p[at] != 255; at += 2u + p[at + 1])
		if (p[at] == code)
			return p + at;
	return NULL;
}

TEST(a_discover)
{
	uint8_t buf[DHCP_MESSAGE_MAX];
	struct dhcp_request r = {.type = DHCP_DISCOVER, .xid = XID, .secs = 3, .hostname = "me",
				 .max_size = 1500, .broadcast = true};
	size_t n;

	memcpy(r.mac, mac, 6);
	memset(buf, 0xee, sizeof(buf));
	n = dhcp_write(buf, &r);
	assert_int_equal(n, 300);
	assert_memory_equal(buf, "\1\1\6\0\x11\x22\x33\x44\0\3\x80\0", 12);
	assert_memory_equal(buf + 28, mac, 6);
	assert_memory_equal(buf + 236, "\x63\x82\x53\x63\x35\1\1", 7);
	assert_memory_equal(find(buf, n, 61), "\x3d\7\1\x52\x54\0\x12\x34\x56", 9);
	assert_memory_equal(find(buf, n, 12), "\x0c\2me", 4);
	assert_memory_equal(find(buf, n, 57), "\x39\2\5\xdc", 4);
	assert_null(find(buf, n, 50));
	assert_null(find(buf, n, 54));
	assert_non_null(find(buf, n, 55));
	for (size_t i = 34; i < 236; i++) /* nothing stale */
		assert_int_equal(buf[i], 0);
}

TEST(a_request_and_a_decline)
{
	uint8_t buf[DHCP_MESSAGE_MAX];
	struct dhcp_request r = {.type = DHCP_REQUEST, .xid = XID, .requested_ip = 0x0a000005,
				 .server_id = 0x0a000001, .max_size = 1500};
	size_t n = dhcp_write(buf, &r);

	assert_memory_equal(find(buf, n, 50), "\x32\4\x0a\0\0\5", 6);
	assert_memory_equal(find(buf, n, 54), "\x36\4\x0a\0\0\1", 6);
	assert_int_equal(load_be16(buf + 10), 0);
	assert_null(find(buf, n, 56)); /* SHOULD NOT */
	r.type = DHCP_DECLINE;
	r.text = "because";
	n = dhcp_write(buf, &r);
	assert_memory_equal(find(buf, n, 53), "\x35\1\4", 3);
	assert_null(find(buf, n, 55)); /* RFC 2131 table 5: must not */
	assert_null(find(buf, n, 57));
	assert_memory_equal(find(buf, n, 56), "\x38\7because", 9);
}

TEST(a_long_host_name_is_cut)
{
	uint8_t buf[DHCP_MESSAGE_MAX];
	char name[200];
	struct dhcp_request r = {.type = DHCP_DISCOVER, .hostname = name};

	memset(name, 'x', sizeof(name));
	name[199] = '\0';
	assert_true(dhcp_write(buf, &r) <= DHCP_MESSAGE_MAX);
	assert_int_equal(find(buf, sizeof(buf), 12)[1], 63);
}

/* --- reading ------------------------------------------------------------------------------------- */

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
static enum dhcp_verdict read_len(size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	enum dhcp_verdict verdict;

	memcpy(copy, msg, n);
	verdict = dhcp_read(copy, n, XID, mac, &reply);
	free(copy);
	return verdict;
}

static enum dhcp_verdict read_all(void)
{
	return read_len(len);
}

static unsigned noted(uint8_t code, const char *problem)
{
	unsigned n = 0;

	for (unsigned i = 0; i < reply.n_oddities; i++)
		n += reply.oddities[i].option == code &&
		     strcmp(reply.oddities[i].problem, problem) == 0;
	return n;
}

TEST(an_offer)
{
	begin(DHCP_OFFER);
	option(0, "", 0), len--; /* padding is one byte */
	option(54, "\x0a\0\0\1", 4);
	option(51, "\0\0\x0e\x10", 4);
	option(58, "\0\0\7\x08", 4);
	option(59, "\0\0\xc\x4e", 4);
	option(1, "\xff\xff\xff\0", 4);
	option(3, "\x0a\0\0\1\x0a\0\0\2\x0a\0\0\3", 12);
	option(6, "\x0a\0\0\x35", 4);
	option(15, "example.org", 12); /* with its terminator, as some do */
	option(12, "me\x01!", 4);
	option(26, "\5\x78", 2);
	msg[len++] = 255;
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.type, DHCP_OFFER);
	assert_int_equal(reply.yiaddr, 0x0a000005);
	assert_int_equal(reply.server_id, 0x0a000001);
	assert_int_equal(reply.lease_s, 3600);
	assert_int_equal(reply.t1_s, 1800);
	assert_int_equal(reply.t2_s, 3150);
	assert_int_equal(reply.mask, 0xffffff00);
	assert_int_equal(reply.n_routers, 2);
	assert_int_equal(reply.routers[0], 0x0a000001);
	assert_int_equal(reply.n_dns, 1);
	assert_int_equal(reply.dns[0], 0x0a000035);
	assert_string_equal(reply.search.good, "example.org");
	assert_string_equal(reply.hostname, "me?!");
	assert_int_equal(reply.mtu, 1400);
	assert_false(reply.has_routes);
}

TEST(a_nak_reports_why)
{
	begin(DHCP_NAK);
	option(56, "wrong network", 13);
	assert_int_equal(read_all(), DHCP_GOOD); /* without END: forgiven */
	assert_int_equal(reply.type, DHCP_NAK);
	assert_string_equal(reply.text, "wrong network");
}

TEST(classless_routes)
{
	begin(DHCP_ACK);
	option(121, "\x18\xc0\0\2\x0a\0\0\1" "\0\x0a\0\0\2" "\x11\xac\x10\x80\0\0\0\0", 21);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.n_routes, 3);
	assert_int_equal(reply.routes[0].dst, 0xc0000200);
	assert_int_equal(reply.routes[0].mask, 0xffffff00);
	assert_int_equal(reply.routes[0].router, 0x0a000001);
	assert_int_equal(reply.routes[1].mask, 0);
	assert_int_equal(reply.routes[1].router, 0x0a000002);
	assert_int_equal(reply.routes[2].dst, 0xac108000);
	assert_int_equal(reply.routes[2].router, 0); /* on the link */

	begin(DHCP_ACK);
	option(121, "\x18\xc0\0\2\x0a\0\0", 7); /* cut */
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_false(reply.has_routes);
	begin(DHCP_ACK);
	option(121, "\x21\xc0\0\2\x0a\0\0\1\1\1", 10); /* a mask of 33 */
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.n_routes, 0);
}

/* RFC 3396 */
TEST(a_value_in_two_pieces)
{
	begin(DHCP_ACK);
	option(15, "exam", 4);
	option(54, "\x0a\0\0\1", 4);
	option(15, "ple.org", 7);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_string_equal(reply.search.good, "example.org");
}

/* What a server says twice because its administrator has said it as well. */
static const struct {
	uint8_t code, len;
	const char *first, *second;
} fixed[] = {
	{1, 4, "\xff\xff\xff\0", "\xff\xff\0\0"}, {26, 2, "\5\x78", "\5\xdc"},
	{51, 4, "\0\0\x0e\x10", "\0\0\0\1"},     {54, 4, "\x0a\0\0\1", "\x0a\0\0\2"},
	{58, 4, "\0\0\7\x08", "\0\0\0\1"},       {59, 4, "\0\0\xc\x4e", "\0\0\0\1"},
};

static void check_fixed(void)
{
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.type, DHCP_ACK);
	assert_int_equal(reply.mask, 0xffffff00);
	assert_int_equal(reply.mtu, 1400);
	assert_int_equal(reply.lease_s, 3600);
	assert_int_equal(reply.server_id, 0x0a000001);
	assert_int_equal(reply.t1_s, 1800);
	assert_int_equal(reply.t2_s, 3150);
}

/* Nothing that has a fixed length is joined: the first copy counts, and both are noted. */
TEST(the_first_copy_of_a_fixed_length_counts)
{
	static const char twice[] = "it came more than once, and the first good copy counts";

	begin(DHCP_ACK);
	option(53, "\2", 1);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		option(fixed[i].code, fixed[i].first, fixed[i].len);
		option(fixed[i].code, fixed[i].second, fixed[i].len);
	}
	check_fixed();
	assert_int_equal(reply.n_oddities, ARRAY_LEN(fixed) + 1);
	assert_int_equal(noted(53, twice), 1);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		assert_int_equal(noted(fixed[i].code, twice), 1);

	begin(DHCP_ACK); /* a bad copy before it, and one between */
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		option(fixed[i].code, fixed[i].first, 1);
		option(fixed[i].code, "", 0);
		option(fixed[i].code, fixed[i].first, fixed[i].len);
		option(fixed[i].code, fixed[i].second, fixed[i].len);
	}
	check_fixed();
}

/* The second copy stands in an overloaded field; so does option 52, where it means nothing. */
TEST(copies_in_overloaded_fields)
{
	begin(DHCP_ACK);
	option(52, "\1", 1);
	option(52, "\3", 1);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		option(fixed[i].code, fixed[i].first, fixed[i].len);
	memcpy(msg + 108, "\x36\4\x0a\0\0\2\x33\4\0\0\0\1\x34\1\3\xff", 16);
	memset(msg + 44, 7, 64); /* a server's name: not read, or it would be odd */
	check_fixed();
	assert_int_equal(reply.n_oddities, 3);
}

/* What was sent and is not understood is noted, and is not there all the same. */
TEST(what_is_not_understood_is_noted)
{
	static const char bad[] = "its length is wrong, so it is not understood";
	static const char odd[] = "its length is wrong, and the whole addresses in it count";

	begin(DHCP_ACK);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		option(fixed[i].code, "\1\2\3\4\5", i % 2 ? 5 : 0);
	option(3, "\x0a\0\0", 3);
	option(6, "\x0a\0\0\1\x0a", 5);
	option(121, "\x18\xc0", 2);
	assert_int_equal(read_all(), DHCP_GOOD);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		assert_int_equal(noted(fixed[i].code, bad), 1);
	assert_int_equal(noted(3, bad) + noted(6, odd), 2);
	assert_int_equal(reply.n_routers, 0);
	assert_int_equal(reply.n_dns, 1);
	assert_int_equal(noted(121, "its routes are not whole, so none is understood"), 1);
	assert_int_equal(reply.n_oddities, ARRAY_LEN(fixed) + 3);
	begin(DHCP_ACK);
	assert_int_equal(read_all(), DHCP_GOOD); /* what was not sent is not noted */
	assert_int_equal(reply.n_oddities, 0);
}

/* Texts and lists are joined; but not what only says the same again. */
TEST(copies_without_new_data)
{
	begin(DHCP_ACK);
	option(15, "lan", 3);
	option(15, "lan", 3);
	option(12, "me", 2);
	option(12, "me", 2);
	option(6, "\x0a\0\0\1", 4);
	option(6, "\x0a\0\0\2", 4);
	option(3, "\x0a\0\0\1", 4);
	option(3, "\x0a\0\0\1", 4);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_string_equal(reply.search.good, "lan");
	assert_string_equal(reply.hostname, "me");
	assert_int_equal(reply.n_dns, 2);
	assert_int_equal(reply.n_routers, 1);
}

/* Microsoft's number for it. */
TEST(option_249_stands_in_for_121)
{
	begin(DHCP_ACK);
	option(249, "\x18\xc0\0\2\x0a\0\0\1", 8);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_true(reply.has_routes);
	assert_int_equal(reply.routes[0].dst, 0xc0000200);
	option(121, "\0\x0a\0\0\2", 5);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.n_routes, 1);
	assert_int_equal(reply.routes[0].router, 0x0a000002);
}

TEST(overloaded_fields)
{
	begin(DHCP_ACK);
	option(52, "\3", 1);
	memcpy(msg + 108, "\x0f\4exam\xff", 7); /* file first, then sname */
	memcpy(msg + 44, "\x0f\7ple.org\x33\4\0\0\1\0", 15);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_string_equal(reply.search.good, "example.org");
	assert_int_equal(reply.lease_s, 256);

	msg[108 + 1] = 127; /* an option past the field's end: what is before it counts */
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_string_equal(reply.search.good, "ple.org");
	assert_int_equal(noted(0, "an option reaches past the end, and what is before it counts"), 1);
	begin(DHCP_ACK);
	option(52, "\1", 1); /* what the other field holds is none of our options */
	memcpy(msg + 44, "\x0f\3org\xff", 6);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_string_equal(reply.search.good, "");
	begin(DHCP_ACK);
	option(52, "\2", 1);
	memcpy(msg + 108, "\x0f\3org\xff", 6);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_string_equal(reply.search.good, "");
	begin(DHCP_ACK);
	option(52, "\2", 1);
	memset(msg + 44, 1, 63);
	assert_int_equal(read_all(), DHCP_GOOD); /* masks of one byte are none */
	assert_int_equal(reply.mask, 0);
}

TEST(what_is_not_ours)
{
	static const char xid[] = "its transaction (xid) is not the one that is under way";
	static const char chaddr[] = "its hardware address (chaddr) is another's";
	static const struct {
		size_t at;
		const char *fault;
	} cases[] = {{4, xid},    {7, xid}, {2, chaddr}, {28, chaddr},
		     {33, chaddr}, {236, "it is no DHCP message"}, {239, "it is no DHCP message"}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(DHCP_OFFER);
		msg[cases[i].at] ^= 3;
		assert_int_equal(read_all(), DHCP_NOT_OURS);
		assert_string_equal(reply.fault, cases[i].fault);
	}
	for (unsigned what = 0; what < 2; what++) { /* our own, back again, also a later one */
		begin(DHCP_DISCOVER);
		msg[0] = 1;
		msg[4] ^= what;
		assert_int_equal(read_all(), DHCP_NOT_OURS);
		assert_null(reply.fault);
	}
	begin(DHCP_OFFER); /* another client's answer in another exchange is nothing to speak of */
	msg[4] ^= 1;
	msg[28] ^= 1;
	assert_int_equal(read_all(), DHCP_NOT_OURS);
	assert_null(reply.fault);
	begin(DHCP_OFFER);
	for (size_t n = 0; n < 240; n++) {
		assert_int_equal(read_len(n), DHCP_NOT_OURS);
		if (n < 34)
			assert_null(reply.fault); /* whose it is cannot be told */
		else
			assert_string_equal(reply.fault, "it is too short to be a DHCP message");
	}
}

/* The six bytes are ours, and the type is an answer's, whatever the message says of them. */
TEST(odd_header_fields_are_harmless)
{
	begin(DHCP_OFFER);
	msg[0] = 1;
	msg[1] = 6;
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.n_oddities, 2);
}

/* What others leave out without a word. */
TEST(what_is_left_out_is_noted)
{
	uint8_t routes[17 * 9];

	begin(DHCP_ACK);
	option(1, "\0\0\0\0", 4);
	option(6, "\x7f\0\0\1\x0a\0\0\1\xe0\0\0\1\x0a\0\0\2\x0a\0\0\3", 20);
	option(3, "\xff\xff\xff\xff\xf0\0\0\1\x0a\0\0\1", 12);
	for (uint8_t i = 0; i < 17; i++)
		memcpy(routes + i * 9u, (const uint8_t[]){32, 10, 0, 0, i, 192, 168, 77, 1}, 9);
	option(121, routes, sizeof(routes));
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(noted(1, "it is 0.0.0.0, so it is not understood"), 1);
	assert_int_equal(noted(6, "what cannot be a host's address is left out"), 1);
	assert_int_equal(noted(3, "what cannot be a host's address is left out"), 1);
	assert_int_equal(noted(121, "there are more routes than there is room for"), 1);
	assert_int_equal(reply.n_dns, 3);
	assert_int_equal(reply.dns[0], 0x0a000001);
	assert_int_equal(reply.n_routers, 1);
	assert_int_equal(reply.n_routes, DHCP_ROUTES_MAX);
	begin(DHCP_ACK);
	option(121, routes, 16 * 9);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.n_oddities, 0);
}

TEST(what_makes_no_sense)
{
	begin(DHCP_OFFER);
	msg[len++] = 51; /* a code, and the packet ends */
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.n_oddities, 1);
	msg[len++] = 4; /* a length, and the packet ends */
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.n_oddities, 1);
	assert_false(reply.has_lease);
	begin(DHCP_OFFER); /* a mask with holes is none */
	option(1, "\xff\0\xff\0", 4);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.mask, 0);
	assert_int_equal(noted(1, "it has holes, so it is not understood"), 1);
	begin(DHCP_DISCOVER); /* no server says that */
	assert_int_equal(read_all(), DHCP_MALFORMED);
	begin(DHCP_OFFER);
	len = 240; /* no type */
	assert_int_equal(read_all(), DHCP_MALFORMED);

	begin(DHCP_OFFER); /* lists and numbers of the wrong length are not there */
	option(3, "\x0a\0\0", 3);
	option(6, "", 0);
	option(51, "\0\0\1", 3);
	option(1, "\xff\xff\xff\0\0", 5);
	option(26, "\5", 1);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.n_routers, 0);
	assert_int_equal(reply.n_dns, 0);
	assert_false(reply.has_lease);
	assert_int_equal(reply.mask, 0);
	assert_int_equal(reply.mtu, 0);

	begin(DHCP_OFFER); /* addresses that are none */
	option(3, "\0\0\0\0\xff\xff\xff\xff\x0a\0\0\1", 12);
	assert_int_equal(read_all(), DHCP_GOOD);
	assert_int_equal(reply.n_routers, 1);
}

TEST(any_bytes)
{
	srand(1);
	for (unsigned round = 0; round < 50000; round++) {
		begin((uint8_t)(rand() % 8));
		for (unsigned i = (unsigned)rand() % 100; i > 0; i--)
			msg[len++] = rand() % 3 ? (uint8_t)(rand() % 8) : (uint8_t)rand();
		if (rand() % 4 == 0)
			for (unsigned i = 44; i < 236; i++)
				msg[i] = (uint8_t)(rand() % 8);
		(void)read_all();
		assert_true(reply.n_routes <= DHCP_ROUTES_MAX && reply.n_dns <= DHCP_SERVERS_MAX);
		assert_true(strlen(reply.search.good) < DHCP_SEARCH_MAX && strlen(reply.search.rest) < DHCP_SEARCH_MAX);
	}
}

/* What is worth a word in the log: all that is for us and our transaction, and replies that are one of both. */
TEST(what_may_be_ours)
{
	begin(DHCP_OFFER);
	for (unsigned which = 0; which < 8; which++) {
		bool our_xid = which & 1, our_mac = which & 2, is_reply = which & 4;
		bool expected = (our_xid && our_mac) || ((our_xid || our_mac) && is_reply);
		uint8_t other[6] = {0x52, 0x54, 0, 0, 0, 1};

		msg[0] = is_reply ? 2 : 1;
		assert_int_equal(dhcp_may_be_ours(msg, sizeof(msg), our_xid ? XID : XID + 1,
						  our_mac ? mac : other), expected);
	}
}
