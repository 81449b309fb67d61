/* SPDX-License-Identifier: MIT */
/* net/dhcp: a link that was away (RFC 2131 3.2, 4.4.2). */
#include <string.h>

#include "tests/lib/dhcp_test.h"

FIXTURE(dhcp_bound, dhcp_close);

static void flap(uint64_t away_ns)
{
	kit_advance(&s.k, 30 * NS_PER_S);
	s.k.netif.link_up = false;
	kit_advance(&s.k, away_ns);
	forget();
	s.k.netif.link_up = true;
	kit_poll(&s.k);
}

/* 3.2: is it still good?  At once, from no address, to everybody, naming no server. */
TEST(a_link_that_was_away)
{
	flap(5 * NS_PER_S);
	ds_expect(&s, DK_REQUEST);
	assert_int_equal(s.said.src, 0);
	assert_true(s.said.broadcast_dst);
	assert_int_equal(s.said.requested, KIT_IP);
	assert_int_equal(s.said.ciaddr | s.said.server_id, 0);
	assert_int_equal(s.said.secs, 0);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REQUEST, "reason"), "the link was away");
	assert_int_equal(s.k.netif.ipv4, KIT_IP); /* in use meanwhile */
	bound_ns = s.said.t_ns;
	kit_sent_clear(&s.k);
	ds_ack(&s, KIT_IP, LEASE);
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_ADDR_SET), 0); /* it is the same */
	kit_advance(&s.k, 20 * NS_PER_S);
	assert_int_equal(counter("arp_probes_out"), 6); /* RFC 5227 2.1: probed again */
	ds_wait(&s, DK_REQUEST, LEASE_NS);
	assert_in_range(since_bound(), T1_NS * 15 / 16, T1_NS);
}

/* 3.2 (3): without an answer the lease is used as long as it lasts. */
TEST(a_link_that_was_away_and_no_host_answers)
{
	uint64_t t_ns[3];

	flap(5 * NS_PER_S);
	for (unsigned i = 0; i < 3; i++) {
		ds_wait(&s, DK_REQUEST, 10 * NS_PER_S);
		t_ns[i] = s.said.t_ns;
		assert_int_equal(s.said.requested, KIT_IP);
	}
	assert_in_range(t_ns[1] - t_ns[0], 750 * NS_PER_MS, 1250 * NS_PER_MS);
	assert_in_range(t_ns[2] - t_ns[1], 1500 * NS_PER_MS, 2500 * NS_PER_MS);
	ds_wait(&s, DK_REQUEST, LEASE_NS); /* T1 */
	assert_in_range(since_bound(), T1_NS * 15 / 16, T1_NS);
	assert_int_equal(s.said.ciaddr, KIT_IP);
	assert_string_equal(ds_event(&s, EVENT_DHCP_NO_ACK, "keeps"), "true");
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

/* The lease ends while nobody can be asked. */
TEST(a_link_that_stays_away)
{
	s.k.netif.link_up = false;
	kit_poll(&s.k);
	forget();
	kit_advance(&s.k, LEASE_NS - (s.k.now_ns - bound_ns) - 1);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	ds_expect_silence(&s);
	kit_advance(&s.k, 1);
	assert_int_equal(s.k.netif.ipv4, 0);
	ds_expect_silence(&s);
	assert_string_equal(ds_describe(&s), "no DISCOVER could be sent: the link is down");
	s.k.netif.link_up = true;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	assert_int_equal(s.said.requested, KIT_IP);
}

/* It goes in the middle of asking: what is asked then begins anew. */
TEST(a_link_that_goes_while_asking)
{
	uint32_t xid;

	net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
	assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
	ds_wait(&s, DK_DISCOVER, 0);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	xid = s.said.xid;
	s.k.netif.link_up = false;
	kit_advance(&s.k, 100 * NS_PER_S);
	ds_expect_silence(&s);
	ds_answer(&s, DK_ACK, KIT_IP); /* for nobody */
	assert_int_equal(s.k.netif.ipv4, 0);
	s.k.netif.link_up = true;
	ds_wait(&s, DK_DISCOVER, 0);
	assert_true(s.said.xid != xid);
}

/* The lease is over before anybody has answered the question whether it is. */
TEST(a_lease_that_ends_while_the_link_is_new)
{
	s.k.netif.link_up = false;
	kit_poll(&s.k);
	forget();
	kit_advance(&s.k, LEASE_NS - (s.k.now_ns - bound_ns) - 500 * NS_PER_MS);
	s.k.netif.link_up = true;
	kit_poll(&s.k);
	ds_expect(&s, DK_REQUEST);
	kit_advance(&s.k, 500 * NS_PER_MS - 1);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	kit_advance(&s.k, 1);
	assert_int_equal(s.k.netif.ipv4, 0);
	ds_expect(&s, DK_DISCOVER);
}

