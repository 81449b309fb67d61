/* SPDX-License-Identifier: MIT */
/* net/dhcp/choice: whose offer is taken, and what comes of one that leads to nothing (RFC 2131 3.1 (3),
 * (5)). */
#include <string.h>

#include "tests/lib/dhcp_test.h"

#define OTHER_SERVER (KIT_PEER_IP + 8)

FIXTURE(dhcp_started, dhcp_close);

TEST(the_first_good_offer_is_taken)
{
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	dk_usual(&a, &s.said, DK_OFFER, DHCP_KIT_SERVER); /* of no use */
	dk_end(&a);
	dk_send(&s.k, &a, NULL);
	ds_expect_silence(&s);
	assert_int_equal(counter("dhcp_refused"), 1);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REFUSED, "problem"),
			    "the address is the server's own");
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	assert_int_equal(s.said.requested, KIT_IP);
	ds_answer(&s, DK_OFFER, KIT_IP + 9); /* too late */
	ds_expect_silence(&s);
	assert_int_equal(counter("dhcp_ignored"), 1);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REFUSED, "problem"), "another offer was there first");
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

static void answer_from(uint32_t server, uint8_t type, uint32_t yiaddr)
{
	dk_begin(&a, &s.said, type, type == DK_NAK ? 0 : yiaddr);
	dk_option_u32(&a, 54, server);
	if (type != DK_NAK) {
		dk_option_u32(&a, 1, KIT_MASK);
		dk_option_u32(&a, 51, 3600);
	}
	dk_end(&a);
	dk_send(&s.k, &a, &(struct dk_way){.src = server});
}

/* Two REQUESTs in three seconds, and everybody is asked again, at once. */
TEST(an_offer_without_an_acknowledgment)
{
	uint64_t first_ns;
	uint32_t xid;

	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	kit_advance(&s.k, 700 * NS_PER_MS);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	xid = s.said.xid;
	first_ns = s.said.t_ns;
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	assert_in_range(s.said.t_ns - first_ns, 750 * NS_PER_MS, 1250 * NS_PER_MS);
	assert_int_equal(s.said.secs, 0); /* the DISCOVER's */
	assert_int_equal(s.said.xid, xid);
	assert_int_equal(s.said.server_id, DHCP_KIT_SERVER);
	assert_string_equal(ds_describe(&s), "192.168.77.1 offered 192.168.77.2, but no acknowledgment "
					     "after 2 REQUESTs");
	ds_wait(&s, DK_DISCOVER, 10 * NS_PER_S);
	assert_true(s.said.xid != xid);
	assert_int_equal(s.said.t_ns - first_ns, 3 * NS_PER_S);
	assert_string_equal(ds_event(&s, EVENT_DHCP_NO_ACK, "attempts"), "2");
	assert_null(ds_event(&s, EVENT_DHCP_NO_ACK, "refused"));
	assert_null(ds_event(&s, EVENT_DHCP_NO_ACK, "refused_why"));
	assert_int_equal(ds_reached(&s), NET_DHCP_NO_ACK); /* as far as it got */
}

/* Its next offer waits for another server's, which is taken at once, also when it comes later. */
TEST(a_server_that_does_not_acknowledge_is_put_last)
{
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect(&s, DK_REQUEST);
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	ds_wait(&s, DK_DISCOVER, 3 * NS_PER_S);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect_silence(&s);
	assert_string_equal(ds_event(&s, EVENT_DHCP_HELD, "server"), "192.168.77.9");
	kit_advance(&s.k, 1200 * NS_PER_MS); /* a server that sends a ping before it offers */
	ds_expect(&s, DK_DISCOVER);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_HELD), 1);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	assert_int_equal(s.said.server_id, DHCP_KIT_SERVER);
	assert_int_equal(s.said.requested, KIT_IP);
	assert_true(s.said.t_ns < 6 * NS_PER_S);
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

/* So is one that refuses what it has offered. */
TEST(a_server_that_refuses_its_own_offer_is_put_last)
{
	uint64_t nak_ns;

	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect(&s, DK_REQUEST);
	answer_from(OTHER_SERVER, DK_NAK, 0);
	nak_ns = s.k.now_ns;
	ds_wait(&s, DK_DISCOVER, NS_PER_S);
	assert_int_equal(s.said.t_ns, nak_ns); /* at once */
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect_silence(&s);
	answer_from(OTHER_SERVER + 1, DK_OFFER, KIT_IP + 6);
	ds_expect(&s, DK_REQUEST);
	assert_int_equal(s.said.server_id, OTHER_SERVER + 1);
	answer_from(OTHER_SERVER + 1, DK_NAK, 0);
	ds_wait(&s, DK_DISCOVER, NS_PER_S);
	assert_int_equal(s.said.t_ns, nak_ns); /* of another one: at once again */
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

/* There is no other: it is asked again, and has all the time that it had before. */
TEST(a_slow_server_that_is_alone)
{
	uint64_t first_ns, before_ns, wait_ns = NS_PER_S;

	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	ds_wait(&s, DK_DISCOVER, 3 * NS_PER_S);
	first_ns = s.said.t_ns;
	ds_answer(&s, DK_OFFER, KIT_IP + 1);
	ds_wait(&s, DK_DISCOVER, NS_PER_S);
	ds_answer(&s, DK_OFFER, KIT_IP + 2); /* the latest counts */
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	assert_in_range(s.said.t_ns - first_ns, 2 * NS_PER_S, 3 * NS_PER_S);
	assert_int_equal(s.said.requested, KIT_IP + 2);
	assert_int_equal(s.said.server_id, DHCP_KIT_SERVER);
	before_ns = s.said.t_ns;
	for (unsigned i = 0; i < 3; i++) {
		ds_wait(&s, DK_REQUEST, 10 * NS_PER_S);
		assert_in_range(s.said.t_ns - before_ns, wait_ns * 3 / 4, wait_ns * 5 / 4);
		before_ns = s.said.t_ns;
		wait_ns *= 2;
	}
	ds_answer(&s, DK_ACK, KIT_IP + 2);
	assert_int_equal(s.k.netif.ipv4, KIT_IP + 2);
}

/* All are last: the one that has failed the longest ago is the next. */
TEST(two_servers_that_do_not_acknowledge)
{
	const uint32_t servers[] = {OTHER_SERVER, OTHER_SERVER + 1};

	kit_poll(&s.k);
	for (unsigned i = 0; i < 2; i++) {
		ds_wait(&s, DK_DISCOVER, NS_PER_S);
		answer_from(servers[i], DK_OFFER, KIT_IP + i);
		ds_expect(&s, DK_REQUEST);
		ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
		kit_advance(&s.k, 2 * NS_PER_S);
	}
	for (unsigned i = 0; i < 4; i++) {
		ds_wait(&s, DK_DISCOVER, 10 * NS_PER_S);
		answer_from(servers[i % 2], DK_OFFER, KIT_IP);
		answer_from(servers[(i + 1) % 2], DK_OFFER, KIT_IP);
		answer_from(servers[i % 2], DK_OFFER, KIT_IP);
		ds_wait(&s, DK_DISCOVER, 2 * NS_PER_S);
		ds_wait(&s, DK_REQUEST, 3 * NS_PER_S);
		assert_int_equal(s.said.server_id, servers[i % 2]);
		for (unsigned tries = 1; tries < 4; tries++)
			ds_wait(&s, DK_REQUEST, 10 * NS_PER_S);
	}
}

/* What waits can come without end: it is not said without end. */
TEST(a_flood_of_offers_that_wait)
{
	unsigned offers;

	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect(&s, DK_REQUEST);
	answer_from(OTHER_SERVER, DK_NAK, 0);
	ds_wait(&s, DK_DISCOVER, NS_PER_S);
	offers = kit_event_count(&s.k.kp, EVENT_DHCP_OFFER);
	for (unsigned i = 0; i < 2000; i++)
		answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5 + i % 90);
	assert_in_range(kit_event_count(&s.k.kp, EVENT_DHCP_OFFER) - offers, 1, 20);
	ds_expect_silence(&s);
	ds_wait(&s, DK_DISCOVER, 2 * NS_PER_S);
	ds_wait(&s, DK_REQUEST, 3 * NS_PER_S);
	assert_int_equal(s.said.requested, KIT_IP + 5 + 1999 % 90); /* the latest counts */
	ds_answer(&s, DK_ACK, s.said.requested);
}

/* Its refusals do not make us deaf to a server whose port of a switch forwards late: in the first minute there
 * are at most four seconds between DISCOVERs all the same, and the last one leaves before the deadline. */
TEST(a_server_that_refuses_and_another_that_is_late)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct dhcp_scene one;
		uint64_t discover_ns = 0;

		ds_open(&one, seed, &(struct net_dhcp_options){.deadline_ns = 61 * NS_PER_S});
		while (one.k.now_ns < 61 * NS_PER_S) {
			struct kit_sent *sent = kit_take(&one.k);

			if (sent == NULL) {
				kit_advance(&one.k, 10 * NS_PER_MS);
				continue;
			}
			assert_true(dk_read(sent, &one.said));
			kit_sent_free(sent);
			if (one.said.type == DK_DISCOVER) {
				assert_in_range(one.said.t_ns - (discover_ns != 0 ? discover_ns : one.said.t_ns), 0,
						4 * NS_PER_S);
				discover_ns = one.said.t_ns;
			}
			ds_answer(&one, one.said.type == DK_DISCOVER ? DK_OFFER : DK_NAK,
				  one.said.type == DK_DISCOVER ? KIT_IP : 0);
		}
		assert_in_range(61 * NS_PER_S - discover_ns, 0, 5 * NS_PER_S);
		assert_in_range(kit_counter(&one.k, "dhcp_out"), 20, 70);
		ds_close(&one);
	}
}

/* A server that is to answer only where others have not for so long (RFC 2131 4.4.1: secs). */
TEST(secs_go_on_behind_an_offer_that_came_to_nothing)
{
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect(&s, DK_REQUEST);
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	ds_wait(&s, DK_DISCOVER, 3 * NS_PER_S);
	assert_int_equal(s.said.secs, 3);
	answer_from(OTHER_SERVER + 1, DK_OFFER, KIT_IP + 6);
	ds_expect(&s, DK_REQUEST);
	assert_int_equal(s.said.secs, 3);
	kit_advance(&s.k, NS_PER_S / 2);
	answer_from(OTHER_SERVER + 1, DK_NAK, 0);
	kit_sent_clear(&s.k);
	ds_wait(&s, DK_DISCOVER, 2 * NS_PER_S);
	assert_in_range(s.said.secs, 3, 5);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	ds_answer(&s, DK_ACK, KIT_IP);
	kit_advance(&s.k, 3600 * NS_PER_S);
	kit_sent_clear(&s.k);
	s.k.netif.link_up = false;
	kit_poll(&s.k);
	s.k.netif.link_up = true;
	ds_wait(&s, DK_DISCOVER, NS_PER_S); /* and begin with each loss of an address, or link */
	assert_int_equal(s.said.secs, 0);
}

/* With a lease all that is forgotten. */
TEST(a_lease_forgets_who_was_put_last)
{
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	ds_wait(&s, DK_DISCOVER, 3 * NS_PER_S);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect(&s, DK_REQUEST);
	answer_from(OTHER_SERVER, DK_ACK, KIT_IP + 5);
	kit_advance(&s.k, 3600 * NS_PER_S);
	kit_sent_clear(&s.k);
	ds_wait(&s, DK_DISCOVER, 20 * NS_PER_S);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
}

/* 4.4.1: the lease counts from the first REQUEST, whichever is answered. */
TEST(the_lease_counts_from_the_request)
{
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	kit_advance(&s.k, 500 * NS_PER_MS);
	ds_ack(&s, KIT_IP, 10);
	kit_sent_clear(&s.k);
	kit_advance(&s.k, NS_PER_S + 10 * NS_PER_S - s.k.now_ns - 1);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	kit_advance(&s.k, 1);
	assert_int_equal(s.k.netif.ipv4, 0);
	kit_sent_clear(&s.k);
}

