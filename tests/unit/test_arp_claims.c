/* SPDX-License-Identifier: MIT */
/* net/link/neigh: other hardware claims a neighbour's address, by a forged frame or because the neighbour
 * moved, and a neighbour that moved without a word (HOSTILE: ARP). */
#include <limits.h>

#include "net/link/neigh.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

static const uint8_t evil_mac[6] = {0x52, 0x54, 0, 0, 0x66, 0x66};
static const uint8_t third_mac[6] = {0x52, 0x54, 0, 0, 0x33, 0x33};
static struct kit k;
static struct udp_pcb pcb;

/* The peer is known, and was sent to just now. */
static void setup(void)
{
	kit_open_with_port(&k, &pcb, 5000);
}

static void teardown(void)
{
	kit_close_with_port(&k, &pcb);
}

FIXTURE(setup, teardown);

static void expect_number(uint8_t number, const uint8_t *eth_dst)
{
	struct kit_sent *s = kit_expect(&k);

	assert_true(s->is_udp);
	assert_int_equal(s->payload[0], number);
	assert_memory_equal(s->eth.dst, eth_dst, 6);
	kit_sent_free(s);
}

/* One datagram to the peer, which must go to that hardware. */
static void send_to(const uint8_t *eth_dst)
{
	static uint8_t number;

	number++;
	assert_int_equal(kit_udp_send(k.stack, &pcb, &number, 1, KIT_PEER_IP, 7, k.now_ns), ERR_OK);
	expect_number(number, eth_dst);
}

static void expect_request(const uint8_t *eth_dst)
{
	struct kit_sent *s = kit_expect(&k);

	assert_true(s->is_arp);
	assert_int_equal(s->arp.op, ARP_OP_REQUEST);
	assert_int_equal(s->arp.tpa, KIT_PEER_IP);
	assert_memory_equal(s->eth.dst, eth_dst, 6);
	kit_sent_free(s);
}

static void expect_silence(void)
{
	assert_int_equal(k.n_sent, 0);
}

static void inject(const struct kit_arp *arp)
{
	struct kit_frame f;

	kit_build_arp(&f, arp);
	kit_inject_frame(&k, &f);
}

/* The ways to say "192.168.77.1 is mine". */
static void gratuitous_reply(const uint8_t *mac)
{
	inject(&(struct kit_arp){.eth_dst = KIT_BROADCAST_MAC, .eth_src = mac, .op = ARP_OP_REPLY,
				 .spa = KIT_PEER_IP, .tpa = KIT_PEER_IP, .sha = mac});
}

static void gratuitous_request(const uint8_t *mac)
{
	inject(&(struct kit_arp){.eth_dst = KIT_BROADCAST_MAC, .eth_src = mac, .op = ARP_OP_REQUEST,
				 .spa = KIT_PEER_IP, .tpa = KIT_PEER_IP, .sha = mac});
}

static void request_for_a_third(const uint8_t *mac)
{
	inject(&(struct kit_arp){.eth_dst = KIT_BROADCAST_MAC, .eth_src = mac, .op = ARP_OP_REQUEST,
				 .spa = KIT_PEER_IP, .tpa = KIT_IP + 40, .sha = mac});
}

static void reply(const uint8_t *mac)
{
	inject(&(struct kit_arp){.eth_src = mac, .op = ARP_OP_REPLY, .spa = KIT_PEER_IP,
				 .tpa = KIT_IP, .sha = mac, .tha = KIT_MAC});
}

static const struct neigh *peer(void)
{
	const struct net_addr addr = net_addr_ipv4(KIT_PEER_IP);

	return neigh_find(k.stack, &k.netif, &addr);
}

static const char *field(enum event_id id, const char *key)
{
	return kit_event_field(kit_event(&k.kp, id, 0), key);
}

static void expect_at(const uint8_t *mac)
{
	assert_int_equal(peer()->state, NEIGH_REACHABLE);
	assert_memory_equal(peer()->mac, mac, 6);
}

/* --- a forged one ------------------------------------------------------------------------------- */

static void the_owner_answers_and_stays(void (*say)(const uint8_t *mac))
{
	send_to(KIT_PEER_MAC);
	say(evil_mac);
	expect_request(KIT_PEER_MAC);
	send_to(KIT_PEER_MAC); /* meanwhile */
	k.now_ns += NS_PER_MS;
	reply(KIT_PEER_MAC);
	kit_advance(&k, NS_PER_S);
	expect_silence(); /* no second request */
	send_to(KIT_PEER_MAC);
	expect_at(KIT_PEER_MAC);
	assert_string_equal(field(EVENT_ARP_CONFLICT, "mac"), "52:54:00:00:66:66");
	assert_string_equal(field(EVENT_ARP_CONFLICT, "holder"), "52:54:00:00:77:01");
	assert_string_equal(field(EVENT_ARP_CONFLICT, "ip"), "192.168.77.1");
	assert_string_equal(field(EVENT_ARP_CONFLICT, "whose"), "a neighbour's");
	assert_int_equal(kit_counter(&k, "arp_claims"), 1);
	assert_int_equal(kit_counter(&k, "arp_claims_refuted"), 1);
	assert_int_equal(kit_counter(&k, "arp_moved"), 0);
}

TEST(a_forged_gratuitous_reply)
{
	the_owner_answers_and_stays(gratuitous_reply);
}

TEST(a_forged_gratuitous_request)
{
	the_owner_answers_and_stays(gratuitous_request);
}

TEST(a_forged_request_for_a_third)
{
	the_owner_answers_and_stays(request_for_a_third);
}

TEST(a_forged_reply_to_us)
{
	the_owner_answers_and_stays(reply);
}

/* The first answer may be lost. */
TEST(the_second_request_is_answered)
{
	send_to(KIT_PEER_MAC);
	gratuitous_reply(evil_mac);
	expect_request(KIT_PEER_MAC);
	kit_advance(&k, NEIGH_POLL_NS - 1);
	expect_silence();
	kit_advance(&k, 1);
	expect_request(KIT_PEER_MAC);
	kit_advance(&k, NEIGH_POLLED_NS - NEIGH_POLL_NS - 1);
	reply(KIT_PEER_MAC);
	kit_advance(&k, 30 * NS_PER_S);
	expect_silence();
	expect_at(KIT_PEER_MAC);
}

/* The claimant answers our poll as well: that was not for it. */
TEST(the_claimant_cannot_answer_for_the_owner)
{
	send_to(KIT_PEER_MAC);
	gratuitous_reply(evil_mac);
	for (unsigned i = 0; i < 100; i++)
		reply(evil_mac);
	expect_request(KIT_PEER_MAC);
	reply(KIT_PEER_MAC);
	expect_silence();
	expect_at(KIT_PEER_MAC);
}

/* Nor the poll of an entry that has grown old. */
TEST(nor_the_poll_of_an_old_entry)
{
	kit_advance(&k, NEIGH_REACHABLE_NS + NS_PER_S);
	assert_int_equal(kit_udp_send(k.stack, &pcb, "", 1, KIT_PEER_IP, 7, k.now_ns), ERR_OK);
	expect_request(KIT_PEER_MAC);
	expect_number(0, KIT_PEER_MAC);
	reply(evil_mac);
	send_to(KIT_PEER_MAC);
	reply(KIT_PEER_MAC);
	expect_at(KIT_PEER_MAC);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_CONFLICT), 1);
}

/* However many frames come, for however long. */
TEST(a_flood_of_claims)
{
	uint64_t end_ns = k.now_ns + 60 * NS_PER_S;
	size_t before = k.kp.live_bytes;
	unsigned requests = 0;

	for (unsigned i = 0; k.now_ns < end_ns; i++) {
		uint8_t mac[6] = {0x52, 0x54, 1, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		struct kit_sent *s;

		kit_advance(&k, 5 * NS_PER_MS);
		assert_int_equal(kit_udp_send(k.stack, &pcb, "x", 1, KIT_PEER_IP, 7, k.now_ns), ERR_OK);
		gratuitous_reply(mac);
		while ((s = kit_take(&k)) != NULL) {
			assert_memory_equal(s->eth.dst, KIT_PEER_MAC, 6);
			requests += s->is_arp;
			if (s->is_arp)
				reply(KIT_PEER_MAC);
			kit_sent_free(s);
		}
	}
	assert_int_equal(kit_counter(&k, "arp_claims"), 12000);
	assert_in_range(requests, 8, 12); /* 0, 1, 3, 7, 15, 23, 31, ... s */
	assert_in_range(kit_event_count(&k.kp, EVENT_ARP_CONFLICT), 4, 12);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_REPLY), requests);
	assert_true(k.kp.live_bytes <= before + 16384);
	expect_at(KIT_PEER_MAC);
}

/* Nothing was sent to it lately, so that nothing is at stake; but the log is not to be flooded. */
TEST(a_flood_of_claims_to_an_unused_entry)
{
	kit_advance(&k, NEIGH_IN_USE_NS);
	for (unsigned i = 0; i < 1000; i++) {
		gratuitous_reply(i & 1 ? evil_mac : third_mac);
		k.now_ns += NS_PER_MS;
	}
	expect_silence();
	assert_int_equal(kit_counter(&k, "arp_moved"), 1000);
	assert_in_range(kit_event_count(&k.kp, EVENT_ARP_REPLY), 1, 5);
}

/* --- one that moved ----------------------------------------------------------------------------- */

TEST(a_failover_that_announces_itself)
{
	send_to(KIT_PEER_MAC);
	gratuitous_reply(third_mac);
	expect_request(KIT_PEER_MAC);
	kit_advance(&k, NEIGH_POLLED_NS - 1);
	expect_request(KIT_PEER_MAC);
	send_to(KIT_PEER_MAC);
	kit_advance(&k, 1);
	send_to(third_mac);
	expect_at(third_mac);
	assert_string_equal(field(EVENT_ARP_REPLY, "mac"), "52:54:00:00:33:33");
	assert_string_equal(field(EVENT_ARP_REPLY, "was"), "52:54:00:00:77:01");
	assert_null(field(EVENT_ARP_REPLY, "rtt_us"));
	assert_int_equal(kit_counter(&k, "arp_moved"), 1);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_CONFLICT), 0);
	kit_advance(&k, 30 * NS_PER_S);
	expect_silence();
}

/* VRRP: the new master's first announcement meets an old one that still answers for a moment. */
TEST(the_old_one_still_answers)
{
	send_to(KIT_PEER_MAC);
	gratuitous_reply(third_mac);
	expect_request(KIT_PEER_MAC);
	reply(KIT_PEER_MAC); /* not for long */
	gratuitous_reply(third_mac);
	expect_silence(); /* checked when the pause is over, without a third one */
	kit_advance(&k, NEIGH_CLAIM_PAUSE_NS);
	expect_request(KIT_PEER_MAC);
	kit_advance(&k, NEIGH_POLLED_NS);
	kit_sent_clear(&k);
	send_to(third_mac);
}

/* What the owner says of itself meanwhile is no answer to a poll that was not sent yet. */
TEST(the_owner_speaks_in_the_pause)
{
	send_to(KIT_PEER_MAC);
	gratuitous_reply(third_mac);
	expect_request(KIT_PEER_MAC);
	reply(KIT_PEER_MAC);
	gratuitous_reply(third_mac);
	gratuitous_reply(KIT_PEER_MAC);
	kit_advance(&k, NEIGH_CLAIM_PAUSE_NS);
	expect_request(KIT_PEER_MAC);
	reply(KIT_PEER_MAC);
	assert_int_equal(kit_counter(&k, "arp_claims_refuted"), 2);
}

/* Two want it and the old one is silent: everybody is asked, and the first answer counts. */
TEST(two_claimants)
{
	send_to(KIT_PEER_MAC);
	gratuitous_reply(evil_mac);
	gratuitous_reply(third_mac);
	expect_request(KIT_PEER_MAC);
	kit_advance(&k, NEIGH_POLL_NS);
	expect_request(KIT_PEER_MAC);
	kit_advance(&k, NEIGH_POLLED_NS - NEIGH_POLL_NS);
	expect_request(KIT_BROADCAST_MAC);
	send_to(KIT_PEER_MAC);
	reply(third_mac);
	send_to(third_mac);
	assert_string_equal(field(EVENT_ARP_REPLY, "was"), "52:54:00:00:77:01");
	gratuitous_reply(evil_mac); /* and is defended from then on */
	expect_request(third_mac);
	reply(third_mac);
	expect_at(third_mac);
}

TEST(an_unused_entry_changes_at_once)
{
	gratuitous_reply(third_mac); /* known, never sent to */
	expect_silence();
	expect_at(third_mac);
	send_to(third_mac);
	kit_advance(&k, NEIGH_IN_USE_NS - 1);
	gratuitous_reply(evil_mac);
	expect_request(third_mac);
	reply(third_mac);
	kit_advance(&k, 1);
	gratuitous_reply(evil_mac);
	expect_silence();
	expect_at(evil_mac);
}

/* --- answers to our own requests ---------------------------------------------------------------- */

/* As Linux: the first answer is taken; the second is a claim. */
TEST(two_answers_to_a_broadcast)
{
	const struct net_addr other = net_addr_ipv4(KIT_IP + 7);
	struct kit_sent *s;

	assert_int_equal(kit_udp_send(k.stack, &pcb, "", 1, KIT_IP + 7, 7, k.now_ns), ERR_OK);
	s = kit_expect(&k);
	assert_memory_equal(s->eth.dst, KIT_BROADCAST_MAC, 6);
	kit_sent_free(s);
	for (unsigned i = 0; i < 2; i++)
		inject(&(struct kit_arp){.op = ARP_OP_REPLY, .spa = KIT_IP + 7, .tpa = KIT_IP,
					 .sha = i == 0 ? third_mac : evil_mac, .tha = KIT_MAC});
	expect_number(0, third_mac);
	s = kit_expect(&k);
	assert_true(s->is_arp);
	assert_memory_equal(s->eth.dst, third_mac, 6);
	kit_sent_free(s);
	inject(&(struct kit_arp){.op = ARP_OP_REPLY, .spa = KIT_IP + 7, .tpa = KIT_IP,
				 .sha = third_mac, .tha = KIT_MAC});
	assert_memory_equal(neigh_find(k.stack, &k.netif, &other)->mac, third_mac, 6);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_CONFLICT), 1);
}

/* Packets that wait go to who answers, forged frames before that or not: there is nobody to ask. */
TEST(a_claim_while_it_is_resolved)
{
	kit_advance(&k, NEIGH_REACHABLE_NS + 5 * NS_PER_S);
	assert_int_equal(kit_udp_send(k.stack, &pcb, "", 1, KIT_PEER_IP, 7, k.now_ns), ERR_OK);
	kit_advance(&k, 5 * NS_PER_S);
	kit_sent_clear(&k);
	assert_null(peer());
	assert_int_equal(kit_udp_send(k.stack, &pcb, "", 1, KIT_PEER_IP, 7, k.now_ns), ERR_OK);
	expect_request(KIT_BROADCAST_MAC);
	gratuitous_reply(third_mac);
	expect_number(0, third_mac);
	reply(KIT_PEER_MAC);
	expect_request(third_mac);
	kit_advance(&k, NEIGH_POLLED_NS);
	expect_at(KIT_PEER_MAC); /* the first one was nobody */
	kit_sent_clear(&k);
}

/* --- the device, the clock ---------------------------------------------------------------------- */

/* Nobody heard our polls: that nobody answered says nothing, and everybody is asked. */
TEST(polls_that_no_device_took)
{
	send_to(KIT_PEER_MAC);
	k.send_result = ERR_AGAIN;
	gratuitous_reply(evil_mac);
	kit_advance(&k, NEIGH_POLLED_NS - 1);
	k.send_result = ERR_OK;
	kit_advance(&k, 1);
	expect_request(KIT_BROADCAST_MAC);
	reply(KIT_PEER_MAC);
	expect_at(KIT_PEER_MAC);
	assert_int_equal(kit_counter(&k, "arp_moved"), 0);
}

/* A machine that slept between the two requests gives the second one its time all the same. */
TEST(the_clock_jumps_during_the_check)
{
	send_to(KIT_PEER_MAC);
	gratuitous_reply(evil_mac);
	expect_request(KIT_PEER_MAC);
	k.now_ns += 3600 * NS_PER_S;
	kit_poll(&k);
	expect_request(KIT_PEER_MAC);
	kit_poll(&k);
	expect_silence();
	reply(KIT_PEER_MAC);
	expect_at(KIT_PEER_MAC);
}

/* The entry goes with the address, and nothing of the check is left. */
TEST(the_address_goes_during_the_check)
{
	send_to(KIT_PEER_MAC);
	gratuitous_reply(evil_mac);
	expect_request(KIT_PEER_MAC);
	neigh_remove_all(k.stack, &k.netif, NET_FAMILY_IPV4);
	assert_null(peer());
	kit_advance(&k, 10 * NS_PER_S);
	expect_silence();
	assert_true(net_next_deadline(k.stack) == TIME_NEVER);
}

/* --- one that moved without a word -------------------------------------------------------------- */

static void doubt(void)
{
	const struct net_addr addr = net_addr_ipv4(KIT_PEER_IP);

	neigh_doubt(k.stack, &k.netif, &addr, k.now_ns);
}

TEST(a_silent_move_is_found_by_doubt)
{
	send_to(KIT_PEER_MAC);
	doubt();
	expect_request(KIT_PEER_MAC);
	kit_advance(&k, NEIGH_POLLED_NS);
	expect_request(KIT_PEER_MAC);
	expect_request(KIT_BROADCAST_MAC);
	send_to(KIT_PEER_MAC);
	k.now_ns += NS_PER_MS;
	reply(third_mac);
	send_to(third_mac);
	assert_string_equal(field(EVENT_ARP_REPLY, "rtt_us"), "1000");
	assert_string_equal(field(EVENT_ARP_REPLY, "was"), "52:54:00:00:77:01");
	assert_int_equal(kit_counter(&k, "arp_doubts"), 1);
}

TEST(doubt_is_limited)
{
	for (unsigned i = 0; i < 2999; i++) {
		doubt();
		if (k.n_sent > 0) {
			expect_request(KIT_PEER_MAC);
			reply(KIT_PEER_MAC);
		}
		kit_advance(&k, NS_PER_MS);
	}
	assert_int_equal(kit_counter(&k, "arp_doubts"), 1);
	kit_advance(&k, NS_PER_MS);
	doubt();
	assert_int_equal(kit_counter(&k, "arp_doubts"), 2);
	expect_request(KIT_PEER_MAC);
	reply(KIT_PEER_MAC);
}

/* An attacker who is quick when we doubt: he cannot answer the poll. */
TEST(a_claim_while_we_doubt)
{
	doubt();
	expect_request(KIT_PEER_MAC);
	reply(evil_mac);
	reply(KIT_PEER_MAC);
	expect_at(KIT_PEER_MAC);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_CONFLICT), 1);
}

