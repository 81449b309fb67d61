/* SPDX-License-Identifier: MIT */
/* net/dhcp: what servers may do to the client (HOSTILE: DHCP).  Each message comes where its like is
 * waited for; what is wrong is counted, changes nothing, and the right answer behind it is taken. */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/dhcp_test.h"

FIXTURE(dhcp_waits_for_offers, dhcp_close_bound);

/* What was sent last is dropped for that reason, in SELECTING and, as an ACK, in REQUESTING. */
static void expect_dropped_as_offer_and_ack(const char *counter_name,
					    void (*make)(uint8_t type, unsigned which), unsigned which)
{
	uint64_t before = counter(counter_name);
	struct dhcp_scene one;

	make(DK_OFFER, which);
	send();
	ds_expect_silence(&s);
	assert_int_equal(counter(counter_name), before + 1);

	one = s; /* the other stage, with a client of its own */
	ds_open(&s, 2, NULL);
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	make(DK_ACK, which);
	send();
	assert_int_equal(s.k.netif.ipv4, 0);
	ds_expect_silence(&s);
	assert_int_equal(counter(counter_name), 1);
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	ds_close(&s);
	s = one;
}

/* --- form ---------------------------------------------------------------------------------------- */

/* It is not there, and what is before it is. */
TEST(an_option_past_the_end)
{
	for (uint8_t type = DK_OFFER; type <= DK_ACK; type += DK_ACK - DK_OFFER) {
		dk_usual(&a, &s.said, type, KIT_IP);
		a.bytes[a.len++] = 6;
		if (type == DK_ACK)
			a.bytes[a.len++] = 4;
		send();
		if (type == DK_OFFER)
			ds_expect(&s, DK_REQUEST);
	}
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(ds_lease(&s)->n_dns, 0);
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_ODD), 2);
	assert_string_equal(ds_event(&s, EVENT_DHCP_ODD, "problem"),
			    "an option reaches past the end, and what is before it counts");
}

TEST(no_end_is_forgiven)
{
	dk_usual(&a, &s.said, DK_OFFER, KIT_IP);
	send();
	ds_expect(&s, DK_REQUEST);
	dk_usual(&a, &s.said, DK_ACK, KIT_IP);
	send();
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

/* Every length of an ACK for an address that no host has: nothing is read behind it
 * (AddressSanitizer), and without a type it is malformed. */
TEST(every_length)
{
	size_t whole;

	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	dk_usual(&a, &s.said, DK_ACK, 0);
	whole = a.len;
	for (a.len = 0; a.len < whole; a.len++) {
		send();
		assert_int_equal(s.k.netif.ipv4, 0);
	}
	assert_int_equal(counter("dhcp_in"), whole + 1);
	assert_int_equal(counter("dhcp_ignored") + counter("dhcp_malformed") + counter("dhcp_refused"),
			 whole);
	assert_int_equal(counter("dhcp_ignored"), 240);
	assert_int_equal(counter("dhcp_malformed"), 3);
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

TEST(length_0)
{
	static const uint8_t codes[] = {1, 3, 6, 12, 15, 26, 58, 59, 121};

	dk_begin(&a, &s.said, DK_OFFER, KIT_IP);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	dk_option_u32(&a, 51, 3600);
	for (unsigned i = 0; i < ARRAY_LEN(codes); i++)
		dk_option(&a, codes[i], "", 0);
	send();
	ds_expect(&s, DK_REQUEST);
	a.bytes[242] = DK_ACK;
	send();
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(ds_lease(&s)->gateway, 0);
	assert_int_equal(ds_lease(&s)->n_dns, 0);
	assert_string_equal(ds_lease(&s)->domain, "");
}

static void type_of_length_0(uint8_t type, unsigned which)
{
	dk_begin(&a, &s.said, type, KIT_IP);
	a.len = 240; /* 53 is not there at all */
	if (which > 0)
		dk_option(&a, 53, "", 0);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	dk_option_u32(&a, 51, 3600);
}

/* Without a type that can be understood it is nothing; the log knows the two apart. */
TEST(length_0_of_what_must_be_there)
{
	expect_dropped_as_offer_and_ack("dhcp_malformed", type_of_length_0, 0);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REFUSED, "problem"), "it has no type (option 53)");
	expect_dropped_as_offer_and_ack("dhcp_malformed", type_of_length_0, 1);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REFUSED, "problem"),
			    "its type (option 53) is not understood");
}

TEST(lists_that_are_no_multiple_of_4)
{
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	dk_begin(&a, &s.said, DK_ACK, KIT_IP);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	dk_option_u32(&a, 51, 3600);
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option(&a, 3, "\xc0\xa8\x4d\1\xc0", 5);
	dk_option(&a, 6, "\x0a\0\0\1\x0a\0\0", 7);
	dk_option(&a, 121, "\x08\x0a\xc0\xa8\x4d\1\x08", 7);
	send();
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(ds_lease(&s)->gateway, KIT_PEER_IP); /* what is whole, as with other clients */
	assert_int_equal(ds_lease(&s)->n_dns, 1);
	assert_int_equal(ds_lease(&s)->n_routes, 0);
	assert_int_equal(s.k.stack->routes.n, 1);
}

TEST(strings_without_a_terminator)
{
	char name[255];

	memset(name, 'x', sizeof(name));
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	dk_usual(&a, &s.said, DK_ACK, KIT_IP);
	dk_option(&a, 15, name, 255);
	dk_option(&a, 15, name, 255);
	dk_option(&a, 12, "a\nb\0c", 5);
	send();
	assert_string_equal(ds_lease(&s)->domain, ""); /* no name is that long */
	assert_string_equal(ds_lease(&s)->hostname, "a?b");
}

/* Options in sname and file: read where overload says so, bounded there, and nowhere else. */
TEST(overloaded_fields)
{
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	dk_begin(&a, &s.said, DK_ACK, KIT_IP);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	memcpy(a.bytes + 108, "\x33\4\0\0\x0e\x10\xff", 7);
	memcpy(a.bytes + 44, "\1\4\xff\xff\xff\0\xff", 7);
	store_be32(a.bytes + 16, 0);
	send(); /* without option 52 they are a file's name and a server's */
	assert_int_equal(counter("dhcp_refused"), 1);
	store_be32(a.bytes + 16, KIT_IP);
	dk_option(&a, 52, "\3", 1);
	a.bytes[108 + 1] = 200; /* past the end of file, and nothing behind it is read */
	store_be32(a.bytes + 16, 0);
	send();
	assert_int_equal(counter("dhcp_refused"), 2);
	store_be32(a.bytes + 16, KIT_IP);
	a.bytes[108 + 1] = 4;
	memcpy(a.bytes + 44, "\1\4\xff\xff\0\0\xff", 7);
	send();
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(s.k.netif.ipv4_mask, 0xffff0000);
	assert_int_equal(ds_lease(&s)->lease_s, 3600);
}

/* --- whose it is --------------------------------------------------------------------------------- */

static void another_s(uint8_t type, unsigned which)
{
	/* hlen, xid, chaddr, cookie */
	static const uint16_t offsets[] = {2, 4, 7, 28, 33, 236, 239};

	dk_usual(&a, &s.said, type, KIT_IP);
	dk_end(&a);
	a.bytes[offsets[which]] ^= 3;
}

TEST(wrong_xid_or_chaddr)
{
	for (unsigned i = 0; i < 7; i++)
		expect_dropped_as_offer_and_ack("dhcp_ignored", another_s, i);
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_REFUSED), 7);
	assert_string_equal(kit_event_field(kit_event(&s.k.kp, EVENT_DHCP_REFUSED, 1), "problem"),
			    "its transaction (xid) is not the one that is under way");
	assert_string_equal(kit_event_field(kit_event(&s.k.kp, EVENT_DHCP_REFUSED, 3), "problem"),
			    "its hardware address (chaddr) is another's");
}

/* Who was not asked cannot say no, nor who does not say who it is; the log says that it was said. */
TEST(a_nak_of_who_was_not_asked)
{
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	dk_begin(&a, &s.said, DK_NAK, 0);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER + 1);
	send();
	assert_string_equal(ds_event(&s, EVENT_DHCP_REFUSED, "problem"),
			    "it is not from the server that was asked");
	dk_begin(&a, &s.said, DK_NAK, 0);
	send();
	assert_string_equal(ds_event(&s, EVENT_DHCP_REFUSED, "problem"),
			    "it does not say which server it is from");
	assert_string_equal(ds_event(&s, EVENT_DHCP_REFUSED, "what"), "the NAK");
	assert_int_equal(counter("dhcp_ignored"), 2);
	assert_int_equal(counter("dhcp_naks"), 0);
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

/* The exchange that is over is over: what belonged to it is not for the next one. */
TEST(the_last_exchange_s_answer)
{
	struct dk_said old;

	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	old = s.said;
	ds_wait(&s, DK_REQUEST, 20 * NS_PER_S);
	ds_wait(&s, DK_DISCOVER, 20 * NS_PER_S);
	ds_answer(&s, DK_OFFER, KIT_IP + 1);
	ds_wait(&s, DK_DISCOVER, 2 * NS_PER_S);
	ds_wait(&s, DK_REQUEST, 3 * NS_PER_S);
	dk_usual(&a, &old, DK_ACK, KIT_IP);
	send();
	assert_int_equal(counter("dhcp_ignored"), 1);
	assert_int_equal(s.k.netif.ipv4, 0);
}

/* --- values -------------------------------------------------------------------------------------- */

static const struct {
	uint32_t yiaddr, mask;
} bad_addresses[] = {
	{0, KIT_MASK},
	{0xffffffff, KIT_MASK},
	{0x7f000001, 0xff000000},    /* loopback */
	{0xe0000001, 0xf0000000},    /* multicast */
	{0xf0000001, 0xff000000},
	{0x00000005, 0xff000000},
	{0xc0a84d00, KIT_MASK},      /* the network itself */
	{0xc0a84dff, KIT_MASK},      /* everybody on it */
	{DHCP_KIT_SERVER, KIT_MASK}, /* the server's own */
};

static void bad_address(uint8_t type, unsigned which)
{
	dk_begin(&a, &s.said, type, bad_addresses[which].yiaddr);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	dk_option_u32(&a, 1, bad_addresses[which].mask);
	dk_option_u32(&a, 51, 3600);
}

TEST(addresses_that_no_host_has)
{
	for (unsigned i = 0; i < ARRAY_LEN(bad_addresses); i++)
		expect_dropped_as_offer_and_ack("dhcp_refused", bad_address, i);
	assert_string_equal(kit_event_field(kit_event(&s.k.kp, EVENT_DHCP_REFUSED, 0), "problem"),
			    "the address is not one of a host");
	assert_string_equal(ds_describe(&s),
			    "no offer after 1 DISCOVER in 0.0 s (9 answers refused: "
			    "6 because the address is not one of a host, "
			    "2 because the address and the mask do not go together, "
			    "1 because the address is the server's own)");
}

/* RFC 3021: a network of two has neither a network's address nor a broadcast one. */
TEST(a_network_of_two)
{
	for (uint8_t type = DK_OFFER; type <= DK_ACK; type += DK_ACK - DK_OFFER) {
		dk_begin(&a, &s.said, type, 0xc0a84d00);
		dk_option_u32(&a, 54, 0xc0a84d01);
		dk_option_u32(&a, 1, 0xfffffffe);
		dk_option_u32(&a, 3, 0xc0a84d01);
		dk_option_u32(&a, 51, 3600);
		send();
	}
	assert_int_equal(s.k.netif.ipv4, 0xc0a84d00);
	assert_int_equal(ds_lease(&s)->gateway, 0xc0a84d01);
}

static void no_lease(uint8_t type, unsigned which)
{
	(void)which;
	dk_begin(&a, &s.said, type, KIT_IP);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 51, 0);
}

TEST(lease_0)
{
	expect_dropped_as_offer_and_ack("dhcp_refused", no_lease, 0);
	ds_bind(&s, KIT_IP, 100);
	ds_wait(&s, DK_REQUEST, 100 * NS_PER_S);
	ds_ack(&s, KIT_IP, 0); /* in RENEWING too: the old one runs on */
	assert_int_equal(ds_lease(&s)->lease_s, 100);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

TEST(lease_infinite)
{
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	dk_begin(&a, &s.said, DK_ACK, KIT_IP);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 51, UINT32_MAX);
	dk_option_u32(&a, 58, 1); /* of no lease that has no end */
	dk_option_u32(&a, 59, 2);
	send();
	kit_advance(&s.k, 20 * NS_PER_S);
	kit_sent_clear(&s.k);
	kit_advance(&s.k, UINT64_C(1000000) * 3600 * NS_PER_S);
	ds_expect_silence(&s);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

TEST(the_longest_lease_that_ends)
{
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	ds_ack(&s, KIT_IP, UINT32_MAX - 1);
	kit_advance(&s.k, UINT64_C(3600) * 24 * 365 * 60 * NS_PER_S);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

/* NAKs of every stage stand in test_dhcp_lease: a_nak_at_every_stage; a NAK needs no address, and one
 * with an address is a NAK all the same. */
TEST(a_nak_with_an_address)
{
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	dk_usual(&a, &s.said, DK_NAK, KIT_IP);
	send();
	assert_int_equal(counter("dhcp_naks"), 1);
	assert_int_equal(s.k.netif.ipv4, 0);
}

/* More routes than there is room for, nested, twice, to anywhere: the table is bounded, the address
 * works. */
TEST(a_flood_of_routes)
{
	uint8_t routes[255];
	size_t n = 0;

	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	dk_begin(&a, &s.said, DK_ACK, KIT_IP);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 51, 3600);
	for (uint8_t i = 0; n + 9 <= sizeof(routes); i++, n += 9)
		memcpy(routes + n, (const uint8_t[]){32, 10, 0, 0, i, 192, 168, 77, 1}, 9);
	dk_option(&a, 121, routes, n);
	dk_option(&a, 121, routes, n);
	send();
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_in_range(s.k.stack->routes.n, 1, IPV4_ROUTES_MAX);
}

/* Any bytes where an answer is waited for. */
TEST(any_bytes)
{
	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		uint8_t type = (uint8_t)(rand() % 3 == 0 ? DK_OFFER : rand() % 2 ? DK_ACK : DK_NAK);

		dk_begin(&a, &s.said, type, rand() % 2 ? KIT_IP : (uint32_t)rand() * 2);
		for (unsigned i = (unsigned)rand() % 60; i > 0; i--)
			a.bytes[a.len++] = rand() % 2 ? (uint8_t)(rand() % 8) : (uint8_t)rand();
		send();
		kit_sent_clear(&s.k);
		assert_true(s.k.netif.ipv4 == 0 ||
			    ipv4_is_address_of_host(s.k.netif.ipv4, s.k.netif.ipv4_mask));
	}
}

