/* SPDX-License-Identifier: MIT */
/* app/dns/dns_message: names, the question, and answers that may say anything (RFC 9267). */
#include <stdlib.h>
#include <string.h>

#include "app/dns/dns_message.h"
#include "base/bytes.h"
#include "tests/runner/unit.h"

#define ID 0x1234

static struct dns_name name_of(const char *text)
{
	struct dns_name name;

	assert_true(dns_name_from_text(&name, text, strlen(text)));
	return name;
}

static bool is_name(const char *text)
{
	struct dns_name name;
	char *copy = malloc(strlen(text) + 1);
	bool good;

	memcpy(copy, text, strlen(text)); /* without its terminator */
	good = dns_name_from_text(&name, copy, strlen(text));
	free(copy);
	return good;
}

/* --- names ------------------------------------------------------------------------------------- */

TEST(names_from_text)
{
	char text[300], back[DNS_NAME_MAX];
	struct dns_name name = name_of("WWW.Example.org.");

	assert_int_equal(name.len, 17);
	assert_memory_equal(name.wire, "\3www\7example\3org", 17);
	dns_name_to_text(&name, back);
	assert_string_equal(back, "www.example.org");
	assert_true(is_name("a"));
	assert_true(is_name("_x-1.b"));
	assert_false(is_name(""));
	assert_false(is_name("."));
	assert_false(is_name("a..b"));
	assert_false(is_name(".a"));
	assert_false(is_name("a.."));
	assert_false(is_name("a b"));
	assert_false(is_name("\xfc.example"));

	memset(text, 'x', sizeof(text));
	text[63] = '\0';
	assert_true(is_name(text));
	text[63] = 'x', text[64] = '\0';
	assert_false(is_name(text)); /* a label of 64 */
	memset(text, 'x', sizeof(text));
	for (size_t i = 49; i < sizeof(text); i += 50)
		text[i] = '.';
	text[253] = '\0';
	assert_true(is_name(text)); /* 255 bytes on the wire */
	name = name_of(text);
	dns_name_to_text(&name, back);
	assert_string_equal(back, text);
	text[253] = 'x', text[254] = '\0';
	assert_false(is_name(text));
}

TEST(the_question)
{
	uint8_t buf[DNS_QUERY_MAX];
	struct dns_name name = name_of("a.bc");

	assert_int_equal(dns_write_query(buf, ID, &name, false), 22);
	assert_memory_equal(buf, "\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\2bc\0\0\1\0\1", 22);
	assert_int_equal(dns_write_query(buf, ID, &name, true), 33); /* 1232 bytes, version 0 */
	assert_memory_equal(buf, "\x12\x34\1\0\0\1\0\0\0\0\0\1\1a\2bc\0\0\1\0\1"
				 "\0\0\x29\x04\xd0\0\0\0\0\0\0", 33);
}

/* --- answers ----------------------------------------------------------------------------------- */

static uint8_t msg[4096];
static size_t len;
static struct dns_answer answer;

static void put(const void *bytes, size_t n)
{
	assert_true(len + n <= sizeof(msg));
	memcpy(msg + len, bytes, n);
	len += n;
}

static void put16(uint16_t v)
{
	uint8_t b[2];

	store_be16(b, v);
	put(b, 2);
}

/* A header with a question for "www.x.org" (name at 12, "x.org" at 16). */
static void begin(uint16_t flags, uint16_t answers)
{
	len = 0;
	put16(ID);
	put16(flags);
	put16(1);
	put16(answers);
	put16(0);
	put16(0);
	put("\3www\1x\3org\0\0\1\0\1", 15);
}

static void record(const char *owner, size_t owner_len, uint16_t type, uint32_t ttl,
		   const void *data, uint16_t data_len)
{
	uint8_t b[4];

	put(owner, owner_len);
	put16(type);
	put16(1);
	store_be32(b, ttl);
	put(b, 4);
	put16(data_len);
	put(data, data_len);
}

#define OWNER "\xc0\x0c", 2

static enum dns_outcome read_len(size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	struct dns_name name = name_of("www.x.org");
	enum dns_outcome outcome;

	memcpy(copy, msg, n);
	outcome = dns_read_answer(copy, n, ID, &name, &answer);
	free(copy);
	return outcome;
}

static enum dns_outcome read_all(void)
{
	return read_len(len);
}

TEST(addresses)
{
	begin(0x8180, 3);
	record(OWNER, 1, 300, "\x0a\0\0\1", 4);
	record("\3WWW\xc0\x10", 6, 1, 60, "\x0a\0\0\2", 4); /* another case, compressed otherwise */
	record("\xc0\x10", 2, 1, 5, "\x0a\0\0\3", 4);         /* somebody else's */
	assert_int_equal(read_all(), DNS_FOUND);
	assert_int_equal(answer.n_addresses, 2);
	assert_int_equal(answer.addresses[0], 0x0a000001);
	assert_int_equal(answer.addresses[1], 0x0a000002);
	assert_int_equal(answer.ttl_s, 60);
	assert_int_equal(answer.n_aliases, 0);
}

TEST(more_addresses_than_are_kept)
{
	begin(0x8180, 20);
	for (unsigned i = 0; i < 20; i++)
		record(OWNER, 1, 300, "\x0a\0\0\1", 4);
	assert_int_equal(read_all(), DNS_FOUND);
	assert_int_equal(answer.n_addresses, DNS_ADDRESSES_MAX);
}

TEST(aliases)
{
	begin(0x8180, 3); /* in an order that no server should use */
	record("\1b\xc0\x10", 4, 1, 40, "\x0a\0\0\7", 4);
	record("\1a\xc0\x10", 4, 5, 30, "\1b\xc0\x10", 4);
	record(OWNER, 5, 50, "\1a\xc0\x10", 4);
	assert_int_equal(read_all(), DNS_FOUND);
	assert_int_equal(answer.n_addresses, 1);
	assert_int_equal(answer.addresses[0], 0x0a000007);
	assert_int_equal(answer.n_aliases, 2);
	assert_int_equal(answer.ttl_s, 30);
}

TEST(an_alias_without_its_address)
{
	char text[DNS_NAME_MAX];

	begin(0x8180, 1);
	record(OWNER, 5, 50, "\3far\4away\0", 10);
	assert_int_equal(read_all(), DNS_ALIAS);
	dns_name_to_text(&answer.alias, text);
	assert_string_equal(text, "far.away");
}

TEST(alias_loops)
{
	begin(0x8180, 1);
	record(OWNER, 5, 50, OWNER);
	assert_int_equal(read_all(), DNS_ALIAS_LOOP);
	begin(0x8180, 2);
	record(OWNER, 5, 50, "\1a\xc0\x10", 4);
	record("\1a\xc0\x10", 4, 5, 50, OWNER);
	assert_int_equal(read_all(), DNS_ALIAS_LOOP);
}

TEST(what_servers_report_instead)
{
	begin(0x8183, 0);
	assert_int_equal(read_all(), DNS_NO_NAME);
	begin(0x8182, 0);
	assert_int_equal(read_all(), DNS_SERVER_FAILS);
	assert_int_equal(answer.rcode, 2);
	begin(0x8185, 0);
	assert_int_equal(read_all(), DNS_SERVER_FAILS);
	begin(0x8189, 0); /* NOTAUTH */
	assert_int_equal(read_all(), DNS_SERVER_FAILS);
	begin(0x8580, 0);
	assert_int_equal(read_all(), DNS_NO_ADDRESS);
	begin(0x8580, 1);
	record(OWNER, 28, 50, "0123456789abcdef", 16); /* an IPv6 address */
	assert_int_equal(read_all(), DNS_NO_ADDRESS);
	begin(0x8380, 1); /* TC: the record is cut away */
	assert_int_equal(read_all(), DNS_TRUNCATED);
}

#define SOA "\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1", 22

/* Who may say that there is none: with AA, or with RA and the zone's SOA (RFC 2308 2.2).  A referral
 * has neither, nor has a server that knows nothing and asks nobody. */
TEST(empty_answers)
{
	static const struct {
		uint16_t flags, authority; /* the type of a record there; 0: none */
		enum dns_outcome outcome;
	} rows[] = {
		{0x8580, 0, DNS_NO_ADDRESS}, {0x8500, 0, DNS_NO_ADDRESS}, {0x8500, 6, DNS_NO_ADDRESS},
		{0x8180, 6, DNS_NO_ADDRESS}, {0x8180, 0, DNS_EMPTY},      {0x8100, 6, DNS_EMPTY},
		{0x8100, 0, DNS_EMPTY},      {0x8100, 2, DNS_EMPTY},      {0x8180, 2, DNS_EMPTY},
		{0x8183, 0, DNS_NO_NAME},    {0x8503, 6, DNS_NO_NAME},    {0x8103, 6, DNS_EMPTY},
		{0x8103, 0, DNS_EMPTY},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		begin(rows[i].flags, 0);
		store_be16(msg + 8, rows[i].authority != 0);
		if (rows[i].authority == 6)
			record("\xc0\x10", 2, 6, 60, SOA);
		else if (rows[i].authority == 2)
			record("\xc0\x10", 2, 2, 60, "\2ns\xc0\x10", 5);
		assert_int_equal(read_all(), rows[i].outcome);
		assert_int_equal(answer.recursion, (rows[i].flags & 0x80) != 0);
	}
	begin(0x8180, 0); /* a SOA that is cut is none, and does no harm */
	store_be16(msg + 8, 1);
	record("\xc0\x10", 2, 6, 60, SOA);
	len -= 5;
	assert_int_equal(read_all(), DNS_EMPTY);
	begin(0x8100, 1); /* who has an address is believed: RA does not matter then */
	record(OWNER, 1, 300, "\x0a\0\0\1", 4);
	assert_int_equal(read_all(), DNS_FOUND);
}

/* An OPT record: the upper bits of the RCODE, the root as its owner, behind the others. */
static void opt(uint8_t upper, uint8_t version)
{
	put("\0\0\x29\x04\xd0", 5);
	put(&upper, 1);
	put(&version, 1);
	put("\0\0\0\0", 4);
}

TEST(answers_with_edns)
{
	begin(0x8180, 1);
	store_be16(msg + 10, 1);
	record(OWNER, 1, 300, "\x0a\0\0\1", 4);
	opt(0, 0);
	assert_int_equal(read_all(), DNS_FOUND);
	assert_int_equal(answer.rcode, 0);
	begin(0x8180, 0);
	store_be16(msg + 10, 1);
	opt(1, 0);
	assert_int_equal(read_all(), DNS_SERVER_FAILS);
	assert_int_equal(answer.rcode, DNS_RCODE_BADVERS);
	begin(0x8183, 0); /* 3 + 16 is another code than NXDOMAIN */
	store_be16(msg + 10, 1);
	opt(1, 0);
	assert_int_equal(read_all(), DNS_SERVER_FAILS);
	assert_int_equal(answer.rcode, 19);
	begin(0x8180, 1); /* twice: the first counts */
	store_be16(msg + 10, 2);
	record(OWNER, 1, 300, "\x0a\0\0\1", 4);
	opt(0, 0);
	opt(1, 0);
	assert_int_equal(read_all(), DNS_FOUND);
	begin(0x8180, 2); /* among the answers it is a record like any other */
	record(OWNER, 1, 300, "\x0a\0\0\1", 4);
	opt(1, 0);
	assert_int_equal(read_all(), DNS_FOUND);
	begin(0x8180, 1); /* a name has none */
	store_be16(msg + 10, 1);
	record(OWNER, 1, 300, "\x0a\0\0\1", 4);
	put(OWNER);
	opt(1, 0);
	assert_int_equal(read_all(), DNS_FOUND);
}

/* From before EDNS: twelve bytes, without the question. */
TEST(bare_refusals)
{
	for (uint16_t rcode = 0; rcode < 16; rcode++) {
		begin((uint16_t)(0x8180 | rcode), 0);
		store_be16(msg + 4, 0);
		assert_int_equal(read_len(12),
				 rcode == 1 || rcode == 4 ? DNS_SERVER_FAILS : DNS_NOT_OURS);
	}
}

TEST(what_is_not_ours)
{
	for (unsigned bit = 0; bit < 16; bit++) { /* another id */
		begin(0x8180, 1);
		record(OWNER, 1, 300, "\x0a\0\0\1", 4);
		msg[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(read_all(), DNS_NOT_OURS);
	}
	begin(0x0100, 0); /* QR = 0 */
	assert_int_equal(read_all(), DNS_NOT_OURS);
	begin(0x8980, 0); /* another opcode */
	assert_int_equal(read_all(), DNS_NOT_OURS);
	begin(0x8180, 0);
	msg[13] = 'v'; /* another name */
	assert_int_equal(read_all(), DNS_NOT_OURS);
	begin(0x8180, 0);
	msg[24] = 28; /* another type */
	assert_int_equal(read_all(), DNS_NOT_OURS);
	begin(0x8180, 0);
	msg[26] = 3; /* another class */
	assert_int_equal(read_all(), DNS_NOT_OURS);
	begin(0x8180, 0);
	msg[5] = 0; /* no question */
	assert_int_equal(read_all(), DNS_NOT_OURS);
	begin(0x8180, 1);
	msg[5] = 2; /* two: ours among them */
	put("\3www\1x\3org\0\0\1\0\1", 15);
	record(OWNER, 1, 300, "\x0a\0\0\1", 4);
	assert_int_equal(read_all(), DNS_NOT_OURS);
}

TEST(pointers_that_lead_nowhere)
{
	static const struct { const char *owner; size_t len; } owners[] = {
		{"\xc0\x1b", 2},       /* to itself */
		{"\xc0\x1d", 2},       /* forward */
		{"\xff\xff", 2},       /* past the packet */
		{"\1a\xc0\x1b", 4},    /* into a loop */
		{"\x40", 1}, {"\x80", 1}, /* no labels */
		{"\x3f", 1},           /* a label past the end */
	};

	for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
		begin(0x8180, 1);
		record(owners[i].owner, owners[i].len, 1, 300, "\x0a\0\0\1", 4);
		assert_int_equal(read_all(), DNS_MALFORMED);
	}
}

/* Each leads back, and there is an end, after so many that reading names costs more than the message:
 * no name has more labels than 127. */
TEST(pointers_to_pointers_have_an_end)
{
	for (unsigned n = 100; n <= 200; n += 100) {
		begin(0x8180, 2);
		record(OWNER, 99, 300, "", 0);
		store_be16(msg + len - 2, (uint16_t)(2 * n));
		put16(0xc00c);
		for (unsigned i = 1; i < n; i++)
			put16((uint16_t)(0xc000 | (len - 2)));
		put16((uint16_t)(0xc000 | (len - 2)));
		record("", 0, 1, 300, "\x0a\0\0\1", 4);
		assert_int_equal(read_all(), n == 100 ? DNS_FOUND : DNS_MALFORMED);
	}
}

TEST(a_name_over_255_bytes)
{
	begin(0x8180, 1);
	for (unsigned i = 0; i < 8; i++) /* 8 * 40, no label too long */
		put("\x27xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 40);
	record("", 1, 1, 300, "\x0a\0\0\1", 4);
	assert_int_equal(read_all(), DNS_MALFORMED);
}

TEST(lengths_that_make_no_sense)
{
	begin(0x8180, 1);
	record(OWNER, 1, 300, "\x0a\0\0", 3); /* an A of three bytes */
	assert_int_equal(read_all(), DNS_MALFORMED);
	begin(0x8180, 1);
	record(OWNER, 1, 300, "\x0a\0\0\1\2", 5);
	assert_int_equal(read_all(), DNS_MALFORMED);
	begin(0x8180, 5); /* more records than there are */
	record(OWNER, 1, 300, "\x0a\0\0\1", 4);
	assert_int_equal(read_all(), DNS_MALFORMED);
	begin(0x8180, 1);
	record(OWNER, 5, 300, "\1a\xc0\x10zz", 6); /* something behind the alias */
	assert_int_equal(read_all(), DNS_MALFORMED);
	begin(0x8180, 1);
	record(OWNER, 1, 300, "\x0a\0\0\1", 4);
	store_be16(msg + len - 6, 500); /* RDLENGTH past the end */
	assert_int_equal(read_all(), DNS_MALFORMED);
	assert_int_equal(answer.n_addresses, 0);
}

TEST(messages_truncated_anywhere)
{
	begin(0x8180, 2);
	record(OWNER, 5, 50, "\1a\xc0\x10", 4);
	record("\1a\xc0\x10", 4, 1, 40, "\x0a\0\0\7", 4);
	for (size_t n = 0; n < len; n++) {
		enum dns_outcome outcome = read_len(n);

		assert_true(outcome == DNS_NOT_OURS || outcome == DNS_MALFORMED);
		assert_int_equal(answer.n_addresses, 0);
	}
}

TEST(any_bytes)
{
	srand(1);
	for (unsigned round = 0; round < 50000; round++) {
		begin(0x8180, (uint16_t)(rand() % 6));
		for (unsigned i = (unsigned)rand() % 80; i > 0; i--) {
			uint8_t b = rand() % 2 ? (uint8_t)(rand() % 20) : (uint8_t)rand();

			if (rand() % 8)
				put(&b, 1);
			else
				put("\xc0\x0c", 2);
		}
		(void)read_all();
		assert_true(answer.n_addresses <= DNS_ADDRESSES_MAX);
	}
}
