/* SPDX-License-Identifier: MIT */
/* net/dhcp and net/link/acd: somebody else has the leased address (RFC 2131 3.1 (5), RFC 5227 2.4), or says
 * so. */
#include <string.h>

#include "tests/lib/dhcp_test.h"

FIXTURE(dhcp_bound, dhcp_close);

static void expect_decline(uint32_t address)
{
	ds_expect(&s, DK_DECLINE);
	assert_int_equal(s.said.src, 0);
	assert_true(s.said.broadcast_dst);
	assert_int_equal(s.said.requested, address);
	assert_int_equal(s.said.server_id, DHCP_KIT_SERVER);
	assert_int_equal(s.said.ciaddr, 0);
	assert_int_equal(s.k.netif.ipv4, 0);
}

TEST(another_host_had_it_before_us)
{
	uint64_t declined_ns;

	kit_poll(&s.k); /* the first probe */
	claim(KIT_IP);
	expect_decline(KIT_IP);
	assert_string_equal(ds_event(&s, EVENT_ARP_CONFLICT, "action"),
			    "it had it before us: given up");
	assert_string_equal(ds_event(&s, EVENT_DHCP_DECLINE, "mac"), "52:54:00:00:99:99");
	assert_string_equal(ds_event(&s, EVENT_ADDR_LOST, "reason"), "somebody else has it");
	assert_int_equal(ds_reached(&s), NET_DHCP_IN_USE);
	assert_string_equal(ds_describe(&s), "192.168.77.2 from 192.168.77.1 is in use by "
					     "52:54:00:00:99:99, and was declined");
	assert_int_equal(counter("dhcp_declined"), 1);
	declined_ns = s.k.now_ns;
	forget();
	ds_wait(&s, DK_DISCOVER, 2 * NS_PER_S);
	assert_int_equal(s.k.now_ns - declined_ns, NS_PER_S);
	assert_int_equal(s.said.requested, 0); /* not that one again */
	assert_int_equal(ds_reached(&s), NET_DHCP_IN_USE);

	ds_answer(&s, DK_OFFER, KIT_IP + 1);
	ds_expect(&s, DK_REQUEST);
	ds_answer(&s, DK_ACK, KIT_IP + 1);
	kit_poll(&s.k);
	claim(KIT_IP + 1);
	expect_decline(KIT_IP + 1);
	declined_ns = s.k.now_ns;
	ds_wait(&s, DK_DISCOVER, 20 * NS_PER_S); /* the second time: the RFC's ten seconds */
	assert_int_equal(s.k.now_ns - declined_ns, 10 * NS_PER_S);
}

/* An address that was renewed has been ours: a conflict after that is the first one again. */
TEST(a_conflict_long_after)
{
	uint64_t declined_ns;

	kit_poll(&s.k);
	claim(KIT_IP);
	expect_decline(KIT_IP);
	ds_bind(&s, KIT_IP + 1, LEASE);
	ds_wait(&s, DK_REQUEST, LEASE_NS);
	ds_ack(&s, KIT_IP + 1, LEASE);
	ds_wait(&s, DK_REQUEST, LEASE_NS);
	ds_answer(&s, DK_NAK, 0);
	ds_bind(&s, KIT_IP + 2, LEASE);
	claim(KIT_IP + 2);
	expect_decline(KIT_IP + 2);
	declined_ns = s.k.now_ns;
	ds_wait(&s, DK_DISCOVER, 20 * NS_PER_S);
	assert_int_equal(s.k.now_ns - declined_ns, NS_PER_S);
}

/* RFC 5227 2.4 (c): an address that has become ours is kept, and defended once in ten seconds; its
 * server is asked as often. */
TEST(it_is_defended_and_the_server_asked)
{
	kit_advance(&s.k, 20 * NS_PER_S);
	forget();
	for (unsigned i = 0; i < 100; i++)
		claim(KIT_IP);
	assert_string_equal(ds_event(&s, EVENT_ARP_CONFLICT, "action"),
			    "defended, and its server is asked");
	assert_int_equal(counter("arp_announcements_out"), 1 + 2 + 1);
	ds_wait(&s, DK_REQUEST, NS_PER_MS);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REQUEST, "reason"), "somebody else claims it");
	ds_expect_silence(&s);
	ds_ack(&s, KIT_IP, LEASE);
	for (unsigned i = 0; i < 9; i++) {
		kit_advance(&s.k, NS_PER_S);
		claim(KIT_IP);
	}
	ds_expect_silence(&s);
	kit_advance(&s.k, NS_PER_S);
	claim(KIT_IP);
	ds_wait(&s, DK_REQUEST, NS_PER_MS);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(counter("dhcp_declined"), 0);
	assert_int_equal(counter("arp_conflicts"), 110);
}

TEST(only_a_nak_takes_it)
{
	kit_advance(&s.k, 20 * NS_PER_S);
	forget();
	claim(KIT_IP);
	ds_wait(&s, DK_REQUEST, NS_PER_MS);
	ds_answer(&s, DK_NAK, 0);
	assert_null(ds_lease(&s));
	assert_int_equal(counter("dhcp_declined"), 0);
	ds_wait(&s, DK_DISCOVER, NS_PER_S);
}

/* A message can be lost: three in ten seconds.  Then the lease runs as if nobody had been asked, and T1
 * comes when it would have come. */
TEST(a_dispute_that_no_server_answers)
{
	uint64_t first_ns, before_ns;

	kit_advance(&s.k, 20 * NS_PER_S);
	forget();
	claim(KIT_IP);
	ds_wait(&s, DK_REQUEST, NS_PER_MS);
	first_ns = before_ns = s.said.t_ns;
	for (unsigned i = 1; i < 3; i++, before_ns = s.said.t_ns) {
		ds_wait(&s, DK_REQUEST, 10 * NS_PER_S);
		assert_in_range(s.said.t_ns - before_ns, i * 750 * NS_PER_MS, i * 1250 * NS_PER_MS);
		assert_string_equal(ds_event(&s, EVENT_DHCP_REQUEST, "reason"), "somebody else claims it");
	}
	kit_advance(&s.k, first_ns + 11 * NS_PER_S - s.k.now_ns);
	ds_expect_silence(&s);
	ds_wait(&s, DK_REQUEST, LEASE_NS);
	assert_in_range(s.k.now_ns - bound_ns, T1_NS - T1_NS / 16, T1_NS);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REQUEST, "reason"), "renewing");
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

/* The first REQUEST is lost; the answer to another one counts as well, and ends it. */
TEST(a_dispute_whose_first_request_is_lost)
{
	for (uint8_t type = DK_ACK; type <= DK_NAK; type++) {
		kit_advance(&s.k, 20 * NS_PER_S);
		forget();
		claim(KIT_IP);
		ds_wait(&s, DK_REQUEST, NS_PER_MS);
		ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
		ds_answer(&s, type, type == DK_ACK ? KIT_IP : 0);
		if (type == DK_NAK)
			continue;
		kit_advance(&s.k, 20 * NS_PER_S);
		ds_expect_silence(&s);
	}
	assert_null(ds_lease(&s));
	ds_wait(&s, DK_DISCOVER, NS_PER_S);
	assert_int_equal(counter("dhcp_declined"), 0);
}

/* T2 comes while the server is asked: everybody is, from then on; and the lease ends when it ends. */
TEST(a_dispute_just_before_t2)
{
	bool broadcast_addr = false;

	kit_advance(&s.k, 20 * NS_PER_S);
	while (s.said.t_ns < bound_ns + T1_NS * 15 / 16)
		ds_wait(&s, DK_REQUEST, LEASE_NS);
	kit_advance(&s.k, bound_ns + T2_NS * 31 / 32 - s.k.now_ns);
	forget();
	while (s.k.netif.ipv4 != 0) {
		claim(KIT_IP);
		kit_advance(&s.k, NS_PER_S);
	}
	assert_in_range(s.k.now_ns - bound_ns, LEASE_NS - NS_PER_S, LEASE_NS + NS_PER_S);
	for (unsigned i = 0; i < kit_event_count(&s.k.kp, EVENT_DHCP_REQUEST); i++)
		broadcast_addr |= kit_event_field(kit_event(&s.k.kp, EVENT_DHCP_REQUEST, i), "server") == NULL;
	assert_true(broadcast_addr);
	kit_sent_clear(&s.k);
}

/* Its server has been silent since T1: whoever else there is is asked. */
TEST(a_dispute_while_rebinding)
{
	kit_advance(&s.k, T2_NS + NS_PER_S);
	forget();
	claim(KIT_IP);
	ds_wait(&s, DK_REQUEST, NS_PER_MS);
	assert_true(s.said.broadcast_dst);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REQUEST, "reason"), "somebody else claims it");
	ds_answer(&s, DK_NAK, 0);
	assert_null(ds_lease(&s));
}

