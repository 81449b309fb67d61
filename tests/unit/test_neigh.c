/* SPDX-License-Identifier: MIT */
/* net/neigh: how entries grow old, and who gives way in a full table. */
#include "tests/unit/neigh_kit.h"

FIXTURE(setup, teardown);

/* --- ageing ----------------------------------------------------------------------------------------- */

TEST(a_stale_entry_is_asked_directly_while_it_is_used)
{
	kit_teach_peer(&k);
	kit_advance(&k, NEIGH_REACHABLE_NS);
	send_number(KIT_PEER_IP, 1);
	expect_number(1, KIT_PEER_MAC);
	assert_int_equal(k.n_sent, 0); /* not yet stale */
	kit_advance(&k, 1);
	send_number(KIT_PEER_IP, 2);
	expect_request(KIT_PEER_IP, KIT_PEER_MAC); /* unicast */
	expect_number(2, KIT_PEER_MAC);
	send_number(KIT_PEER_IP, 3);
	expect_number(3, KIT_PEER_MAC);
	inject_reply(KIT_PEER_IP, KIT_PEER_MAC);
	kit_advance(&k, 10 * NS_PER_S);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(entry(KIT_PEER_IP)->state, NEIGH_REACHABLE);
}

TEST(a_neighbour_that_went_away_is_forgotten)
{
	kit_teach_peer(&k);
	kit_advance(&k, NEIGH_REACHABLE_NS + 1);
	send_number(KIT_PEER_IP, 1);
	expect_request(KIT_PEER_IP, KIT_PEER_MAC); /* it alone, ... */
	expect_number(1, KIT_PEER_MAC);
	kit_advance(&k, NEIGH_POLL_NS);
	expect_request(KIT_PEER_IP, KIT_PEER_MAC);
	kit_advance(&k, NEIGH_POLLED_NS - NEIGH_POLL_NS);
	expect_request(KIT_PEER_IP, KIT_BROADCAST_MAC); /* ... then whoever has its address now */
	kit_advance(&k, NS_PER_S);
	expect_request(KIT_PEER_IP, KIT_BROADCAST_MAC);
	send_number(KIT_PEER_IP, 2);
	expect_number(2, KIT_PEER_MAC);
	kit_advance(&k, NS_PER_S);
	assert_null(entry(KIT_PEER_IP));
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_UNRESOLVED), 0);
	send_number(KIT_PEER_IP, 3);
	expect_request(KIT_PEER_IP, KIT_BROADCAST_MAC);
}

/* --- the table -------------------------------------------------------------------------------------- */

TEST(strangers_cannot_push_out_who_is_in_use)
{
	kit_teach_peer(&k);
	send_number(KIT_PEER_IP, 1);
	kit_sent_clear(&k);
	for (unsigned i = 0; i < 200; i++) {
		k.now_ns += NS_PER_MS;
		inject_arp(&(struct kit_arp){.op = ARP_OP_REQUEST,
					     .spa = KIT_IP + 5 + i % 240,
					     .tpa = KIT_IP,
					     .sha = other_mac});
	}
	assert_int_equal(kit_counter(&k, "arp_replies_out"), 201);
	assert_in_range(kit_counter(&k, "arp_table_full"), 1, 200);
	assert_non_null(entry(KIT_PEER_IP));
	kit_sent_clear(&k);
	send_number(KIT_PEER_IP, 2);
	expect_number(2, KIT_PEER_MAC);
}

/* Not even when every entry is in use; the stranger is answered all the same. */
TEST(a_stranger_gets_no_entry_in_a_busy_table)
{
	k.now_ns += 10 * NEIGH_REACHABLE_NS; /* a clock that has gone on for long */
	for (unsigned i = 0; i < NEIGH_MAX; i++) {
		send_number(KIT_IP + 1 + i, (uint8_t)i);
		inject_reply(KIT_IP + 1 + i, other_mac);
	}
	kit_sent_clear(&k);
	k.now_ns += NS_PER_S;
	inject_arp(&(struct kit_arp){
		.op = ARP_OP_REQUEST, .spa = KIT_IP + 200, .tpa = KIT_IP, .sha = other_mac});
	assert_null(entry(KIT_IP + 200));
	for (unsigned i = 0; i < NEIGH_MAX; i++)
		assert_non_null(entry(KIT_IP + 1 + i));
	assert_int_equal(k.n_sent, 1);
	k.now_ns += NEIGH_REACHABLE_NS; /* nobody was sent to for long: now one gives way */
	inject_arp(&(struct kit_arp){
		.op = ARP_OP_REQUEST, .spa = KIT_IP + 200, .tpa = KIT_IP, .sha = other_mac});
	assert_non_null(entry(KIT_IP + 200));
	kit_sent_clear(&k);
}

TEST(the_least_recently_used_gives_way)
{
	for (unsigned i = 0; i <= NEIGH_MAX; i++) {
		k.now_ns += NS_PER_MS;
		send_number(KIT_IP + 1 + i, (uint8_t)i);
		inject_reply(KIT_IP + 1 + i, other_mac);
	}
	assert_null(entry(KIT_IP + 1));
	assert_non_null(entry(KIT_IP + 2));
	assert_non_null(entry(KIT_IP + 1 + NEIGH_MAX));
	assert_int_equal(kit_counter(&k, "arp_table_full"), 1);
}
