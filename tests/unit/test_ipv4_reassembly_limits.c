/* SPDX-License-Identifier: MIT */
/* net/ipv4_reassembly: how long fragments are kept, and how many. */
#include "tests/unit/fragment_kit.h"

FIXTURE(setup, teardown);

/* --- time ---------------------------------------------------------------------------------------------- */

/* RFC 1122 3.3.2 */
TEST(time_exceeded_is_said_of_fragment_zero)
{
	struct kit_sent *s;
	uint8_t first[1500];
	size_t first_len;

	build_whole(4000);
	inject(1480, 2960);
	inject(0, 1480);
	first_len = f.len - ETH_HEADER_LEN;
	memcpy(first, kit_l3(&f), first_len);
	kit_advance(&k, IPV4_REASSEMBLY_NS - 1);
	assert_int_equal(k.n_sent, 0);
	kit_advance(&k, 1);
	s = kit_expect(&k);
	assert_true(s->is_icmp);
	assert_true(s->l4_checksum_ok);
	assert_int_equal(s->icmp.type, ICMP_TIME_EXCEEDED);
	assert_int_equal(s->icmp.code, ICMP_TIME_EXCEEDED_REASSEMBLY);
	assert_int_equal(s->ip.dst, KIT_PEER_IP);
	assert_int_equal(s->payload_len, 548);
	assert_memory_equal(s->payload, first, 548);
	kit_sent_free(s);
	assert_int_equal(kit_counter(&k, "ip_reassembly_timeouts"), 1);
	expect_nothing_held();
	assert_int_equal(k.n_sent, 0);
}

TEST(a_short_fragment_zero_is_quoted_whole)
{
	struct kit_sent *s;

	build_whole(4000);
	inject(0, 16);
	inject(16, 1480); /* in the buffer behind it, and not quoted */
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	s = kit_expect(&k);
	assert_int_equal(s->payload_len, 20 + 16);
	assert_memory_equal(s->payload + 20, whole, 16);
	kit_sent_free(s);
}

TEST(without_fragment_zero_nothing_is_said)
{
	build_whole(4000);
	inject(1480, 2960);
	inject(2960, 4008);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	assert_int_equal(kit_counter(&k, "ip_reassembly_timeouts"), 1);
	assert_int_equal(k.n_sent, 0);
	expect_nothing_held();
}

TEST(a_broadcast_s_fragments_are_not_answered)
{
	const struct kit_ipv4 all = {.eth_dst = KIT_BROADCAST_MAC, .dst = KIT_NET_BROADCAST};

	build_whole(4000);
	inject_as(&all, 0, 1480, true);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	assert_int_equal(kit_counter(&k, "ip_reassembly_timeouts"), 1);
	assert_int_equal(k.n_sent, 0);
}

/* A late fragment must not meet those of a datagram whose id has come round again. */
TEST(the_late_do_not_meet_the_early)
{
	build_whole(2000);
	inject(1480, 2008);
	k.now_ns += IPV4_REASSEMBLY_NS; /* and nobody polls */
	inject(0, 1480);
	assert_int_equal(pcb.received.count, 0);
	assert_int_equal(kit_counter(&k, "ip_reassembly_timeouts"), 1);
	assert_int_equal(k.stack->reassembly.count, 1);
}

/* --- floods -------------------------------------------------------------------------------------------- */

static void expect_bounded(void)
{
	assert_true(k.stack->reassembly.count <= IPV4_REASSEMBLY_MAX);
	assert_true(k.stack->reassembly.bytes <= IPV4_REASSEMBLY_BYTES);
	assert_true(k.stack->big_pool.bytes <= IPV4_REASSEMBLY_BYTES);
}

TEST(a_flood_of_beginnings_is_bounded)
{
	build_whole(60000);
	for (unsigned i = 0; i < 3000; i++) {
		inject_as(&(struct kit_ipv4){.id = (uint16_t)i}, 0, 1480, true);
		expect_bounded();
	}
	assert_int_equal(k.stack->reassembly.count, IPV4_REASSEMBLY_MAX);
	assert_int_equal(kit_counter(&k, "ip_reassembly_evicted"), 3000 - IPV4_REASSEMBLY_MAX);
	/* The youngest can still be completed ... */
	inject_as(&(struct kit_ipv4){.id = 2999}, 1480, 2960, true);
	assert_int_equal(k.stack->reassembly.count, IPV4_REASSEMBLY_MAX);
	/* ... and what follows is received. */
	build_whole(2000);
	inject_as(&(struct kit_ipv4){.id = 4000}, 0, 1480, true);
	inject_as(&(struct kit_ipv4){.id = 4000}, 1480, 2008, false);
	expect_datagram(2000);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	kit_sent_clear(&k);
	expect_nothing_held();
}

/* One fragment each that makes the buffer as large as can be. */
TEST(a_flood_of_far_ends_is_bounded)
{
	build_whole(65507);
	for (unsigned i = 0; i < 500; i++) {
		inject_as(&(struct kit_ipv4){.id = (uint16_t)i}, 65504, 65512, true);
		expect_bounded();
	}
	assert_int_equal(kit_counter(&k, "ip_reassembly_no_memory"), 0); /* the old ones give way */
	build_whole(2000);
	inject(0, 1480);
	inject(1480, 2008);
	expect_datagram(2000);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	expect_nothing_held();
}

TEST(holes_without_end_are_bounded)
{
	build_whole(60000);
	for (unsigned i = 0; i < 3000; i++)
		inject(i * 16 + 8, i * 16 + 16);
	assert_int_equal(kit_counter(&k, "ip_reassembly_no_memory"), 1);
	assert_int_equal(kit_counter(&k, "ip_fragments_dropped"), 3000 - IPV4_REASSEMBLY_RUNS - 1);
	expect_spoilt();
}

TEST(without_memory_nothing_breaks)
{
	build_whole(4000);
	k.kp.fail_after = 0;
	inject(0, 1480);
	assert_int_equal(kit_counter(&k, "ip_reassembly_no_memory"), 1);
	expect_nothing_held();
	k.kp.fail_after = 1; /* for the datagram, not for its bytes */
	inject(0, 1480);
	assert_int_equal(kit_counter(&k, "ip_reassembly_no_memory"), 2);
	k.kp.fail_after = UINT32_MAX;
	expect_spoilt();
	inject(0, 1480);
	k.kp.fail_after = 0;
	inject(2960, 4008); /* no room for more */
	assert_int_equal(kit_counter(&k, "ip_reassembly_no_memory"), 3);
	k.kp.fail_after = UINT32_MAX;
	expect_spoilt();
}

/* Whole datagrams that nobody reads hold memory too: all together no more than the pool has. */
TEST(unread_datagrams_are_bounded)
{
	pcb.rcvbuf = UINT32_MAX; /* the port itself would hold less */
	build_whole(65507);
	for (unsigned i = 0; i < UDP_QUEUE_MAX; i++)
		for (size_t at = 0; at < whole_len; at += 1480)
			inject_as(&(struct kit_ipv4){.id = (uint16_t)i}, at,
				  MIN(at + 1480, whole_len), at + 1480 < whole_len);
	assert_true(pcb.received.count >= 8);
	assert_true(pcb.received.count < UDP_QUEUE_MAX);
	assert_true(k.stack->big_pool.bytes <= k.stack->big_pool.max_bytes);
	pktbuf_queue_free(&pcb.received);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	kit_sent_clear(&k);
	expect_nothing_held();
}

/* Fragments at random, few ids, small offsets: everything meets everything. */
TEST(rubbish_is_survived)
{
	build_whole(1000);
	for (unsigned round = 0; round < 30000; round++) {
		uint8_t dice[6];
		size_t from, len;

		k.kp.port.random(k.kp.port.ctx, dice, sizeof(dice));
		from = dice[0] % 24 * 8u;
		len = dice[1] % 6 * 8u + (dice[2] % 4 == 0 ? dice[2] % 8 : 0);
		inject_as(&(struct kit_ipv4){.id = dice[3] % 80, .tos = dice[5] % 4}, from,
			  from + len, dice[4] % 3 != 0);
		kit_sent_clear(&k);
		if (pcb.received.count > 0)
			pktbuf_queue_free(&pcb.received);
		expect_bounded();
		k.now_ns += NS_PER_MS * 50;
	}
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	kit_sent_clear(&k);
	expect_nothing_held();
}
