/* SPDX-License-Identifier: MIT */
/* net/link/arp and net/link/neigh: resolving with a queue, retries, giving up, ageing; and what nobody asked
 * for (HOSTILE: Ethernet, ARP). */
#include "tests/unit/neigh_kit.h"

FIXTURE(setup, teardown);

/* --- resolving -------------------------------------------------------------------------------------- */

TEST(packets_wait_and_leave_in_order)
{
	const struct kit_event *ev;

	send_number(NEIGHBOUR_IP, 1);
	send_number(NEIGHBOUR_IP, 2);
	assert_int_equal(k.n_sent, 1);
	expect_request(NEIGHBOUR_IP, KIT_BROADCAST_MAC);
	ev = kit_event(&k.kp, EVENT_ARP_REQUEST, 0);
	assert_string_equal(kit_event_field(ev, "ip"), "192.168.77.9");
	assert_string_equal(kit_event_field(ev, "src_ip"), "192.168.77.2");
	assert_string_equal(kit_event_field(ev, "attempt"), "1");

	k.now_ns += 250 * NS_PER_US;
	inject_reply(NEIGHBOUR_IP, other_mac);
	expect_number(1, other_mac);
	expect_number(2, other_mac);
	ev = kit_event(&k.kp, EVENT_ARP_REPLY, 0);
	assert_string_equal(kit_event_field(ev, "ip"), "192.168.77.9");
	assert_string_equal(kit_event_field(ev, "mac"), "52:54:00:00:99:99");
	assert_string_equal(kit_event_field(ev, "rtt_us"), "250");

	send_number(NEIGHBOUR_IP, 3);
	expect_number(3, other_mac);
	assert_int_equal(k.n_sent, 0);
	assert_true(net_next_deadline(k.stack) == TIME_NEVER);
}

/* What waited is not thrown at a device that has no room for it. */
TEST(packets_wait_for_the_device_too)
{
	send_number(NEIGHBOUR_IP, 1);
	send_number(NEIGHBOUR_IP, 2);
	expect_request(NEIGHBOUR_IP, KIT_BROADCAST_MAC);
	k.tx_room = 0;
	inject_reply(NEIGHBOUR_IP, other_mac);
	send_number(NEIGHBOUR_IP, 3); /* not in front of them */
	assert_int_equal(k.n_sent, 0);
	kit_advance(&k, 5 * NS_PER_MS);
	assert_int_equal(k.n_sent, 0);
	k.tx_room = UINT_MAX;
	kit_advance(&k, NS_PER_MS);
	expect_number(1, other_mac);
	expect_number(2, other_mac);
	expect_number(3, other_mac);
	assert_int_equal(k.n_sent, 0);
	assert_true(net_next_deadline(k.stack) == TIME_NEVER);
}

/* One that has died never has room again: nobody looks after it every millisecond. */
TEST(packets_do_not_wait_for_a_dead_device)
{
	send_number(NEIGHBOUR_IP, 1);
	expect_request(NEIGHBOUR_IP, KIT_BROADCAST_MAC);
	k.tx_room = 0;
	inject_reply(NEIGHBOUR_IP, other_mac);
	assert_int_equal(k.stack->frame_pool.in_use, 1);
	k.netif.link_up = false;
	k.send_result = ERR_NETDOWN;
	kit_advance(&k, NEIGH_DEVICE_RETRY_NS);
	assert_int_equal(k.stack->frame_pool.in_use, 0);
	assert_int_equal(k.netif.counters.tx_dropped, 1);
	assert_true(net_next_deadline(k.stack) == TIME_NEVER);
}

/* And is given back when the neighbour goes away meanwhile. */
TEST(packets_that_waited_for_the_device_in_vain)
{
	send_number(NEIGHBOUR_IP, 1);
	expect_request(NEIGHBOUR_IP, KIT_BROADCAST_MAC);
	k.tx_room = 0;
	inject_reply(NEIGHBOUR_IP, other_mac);
	k.now_ns += NEIGH_REACHABLE_NS + 1;
	send_number(NEIGHBOUR_IP, 2); /* asks it directly */
	kit_advance(&k, 5 * NS_PER_S);
	assert_int_equal(kit_counter(&k, "arp_queue_dropped"), 2);
	kit_sent_clear(&k); /* teardown finds no packet left */
}

TEST(far_addresses_resolve_the_gateway)
{
	send_number(KIT_FAR_IP, 1);
	expect_request(KIT_PEER_IP, KIT_BROADCAST_MAC);
	inject_reply(KIT_PEER_IP, KIT_PEER_MAC);
	expect_number(1, KIT_PEER_MAC);
}

TEST(three_requests_a_second_apart_then_it_is_over)
{
	const struct kit_event *ev;
	uint64_t start = k.now_ns;

	kit_udp_connect(k.stack, &pcb, KIT_IP, NEIGHBOUR_IP, 7);
	send_number(NEIGHBOUR_IP, 1);
	for (unsigned i = 0; i < 3; i++) {
		struct kit_sent *s = kit_expect(&k);

		assert_true(s->is_arp);
		assert_int_equal(s->t_ns, start + i * NS_PER_S);
		kit_sent_free(s);
		assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_UNRESOLVED), 0);
		assert_int_equal(pcb.error, 0);
		kit_advance(&k, NS_PER_S);
	}
	assert_int_equal(k.n_sent, 0);
	ev = kit_event(&k.kp, EVENT_ARP_UNRESOLVED, 0);
	assert_non_null(ev);
	assert_int_equal(ev->t_ns, start + 3 * NS_PER_S);
	assert_string_equal(kit_event_field(ev, "ip"), "192.168.77.9");
	assert_string_equal(kit_event_field(ev, "attempts"), "3");
	assert_string_equal(kit_event_field(kit_event(&k.kp, EVENT_ARP_REQUEST, 2), "attempt"), "3");
	assert_int_equal(pcb.error, ERR_HOSTUNREACH);
	assert_int_equal(kit_counter(&k, "arp_unresolved"), 1);
	assert_null(entry(NEIGHBOUR_IP));
	assert_int_equal(k.stack->frame_pool.in_use, 0);
	assert_true(net_next_deadline(k.stack) == TIME_NEVER);

	send_number(NEIGHBOUR_IP, 2); /* the next packet starts again */
	expect_request(NEIGHBOUR_IP, KIT_BROADCAST_MAC);
}

TEST(an_answer_to_the_last_request_still_counts)
{
	send_number(NEIGHBOUR_IP, 1);
	kit_advance(&k, 3 * NS_PER_S - 1);
	kit_sent_clear(&k);
	inject_reply(NEIGHBOUR_IP, other_mac);
	expect_number(1, other_mac);
	kit_advance(&k, 10 * NS_PER_S);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_UNRESOLVED), 0);
}

TEST(a_request_that_no_device_took_is_not_reported)
{
	k.send_result = ERR_NETDOWN;
	send_number(NEIGHBOUR_IP, 1);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_REQUEST), 0);
	assert_int_equal(kit_counter(&k, "arp_requests_out"), 0);
	k.send_result = ERR_OK;
	kit_advance(&k, NS_PER_S);
	assert_string_equal(kit_event_field(kit_event(&k.kp, EVENT_ARP_REQUEST, 0), "attempt"), "2");
}

TEST(no_memory_for_a_request_is_survived)
{
	send_number(KIT_PEER_IP, 1); /* so that the frame pool has a block */
	inject_reply(KIT_PEER_IP, KIT_PEER_MAC);
	kit_sent_clear(&k);
	/* Everything that is left of the header pool is taken away. */
	k.stack->pool.max = k.stack->pool.allocated;
	struct pktbuf *held = pktbuf_alloc(&k.stack->pool, 0);
	assert_non_null(held);
	send_number(NEIGHBOUR_IP, 2);
	assert_int_equal(k.n_sent, 0);
	pktbuf_free(held);
	kit_advance(&k, NS_PER_S);
	expect_request(NEIGHBOUR_IP, KIT_BROADCAST_MAC);
}

/* --- the queue -------------------------------------------------------------------------------------- */

TEST(the_queue_is_bounded_and_drops_the_oldest)
{
	for (unsigned i = 0; i < NEIGH_QUEUE_MAX + 5; i++)
		send_number(NEIGHBOUR_IP, (uint8_t)i);
	assert_int_equal(kit_counter(&k, "arp_queue_dropped"), 5);
	assert_int_equal(k.stack->frame_pool.in_use, NEIGH_QUEUE_MAX);
	kit_sent_clear(&k);
	inject_reply(NEIGHBOUR_IP, other_mac);
	for (unsigned i = 5; i < NEIGH_QUEUE_MAX + 5; i++)
		expect_number((uint8_t)i, other_mac);
}

/* Takes the first frames of a flush and looks for the SYN among them. */
static unsigned count_syns(void)
{
	unsigned n = 0;
	struct kit_sent *s;

	while ((s = kit_take(&k)) != NULL) {
		n += s->is_tcp && (s->tcp.flags & TCP_SYN) != 0;
		kit_sent_free(s);
	}
	return n;
}

static void start_connect(int *fd)
{
	const struct net_endpoint peer = net_endpoint_ipv4(NEIGHBOUR_IP, 80);

	*fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_true(*fd >= 0);
	assert_int_equal(sock_connect(k.stack, *fd, &peer, k.now_ns), ERR_INPROGRESS);
	kit_poll(&k);
}

/* The first SYN of a connection waits for ARP; step 8 is logged when it leaves, not before. */
TEST(the_first_syn_is_not_lost)
{
	const struct kit_event *reply, *sent;
	int fd;

	start_connect(&fd);
	expect_request(NEIGHBOUR_IP, KIT_BROADCAST_MAC);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(kit_event_count(&k.kp, EVENT_TCP_SYN_BUILT), 1);
	assert_int_equal(kit_event_count(&k.kp, EVENT_TCP_SYN_SENT), 0);
	k.now_ns += NS_PER_MS;
	inject_reply(NEIGHBOUR_IP, other_mac);
	assert_int_equal(count_syns(), 1);
	reply = kit_event(&k.kp, EVENT_ARP_REPLY, 0);
	sent = kit_event(&k.kp, EVENT_TCP_SYN_SENT, 0);
	assert_non_null(sent);
	assert_int_equal(sent->t_ns, k.now_ns);
	assert_true(reply < sent); /* in the order of the log */
}

TEST(a_burst_of_datagrams_does_not_push_out_the_syn)
{
	int fd;

	start_connect(&fd);
	for (unsigned i = 0; i < 2 * NEIGH_QUEUE_MAX; i++)
		send_number(NEIGHBOUR_IP, (uint8_t)i);
	assert_int_equal(kit_counter(&k, "arp_queue_dropped"), NEIGH_QUEUE_MAX + 1);
	kit_sent_clear(&k);
	inject_reply(NEIGHBOUR_IP, other_mac);
	assert_int_equal(k.n_sent, NEIGH_QUEUE_MAX);
	assert_int_equal(count_syns(), 1);
}

TEST(a_connection_learns_that_no_host_answers)
{
	int64_t err = 0;
	int fd;

	start_connect(&fd);
	kit_advance(&k, 4 * NS_PER_S);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_REQUEST), 3);
	assert_int_equal(kit_event_count(&k.kp, EVENT_TCP_SYN_SENT), 0);
	assert_int_equal(sock_getsockopt(k.stack, fd, SOCK_SO_ERROR, &err), ERR_OK);
	assert_int_equal(err, ERR_HOSTUNREACH);
}

/* --- answering -------------------------------------------------------------------------------------- */

TEST(a_request_for_us_is_answered_and_learnt)
{
	struct kit_sent *s;

	inject_arp(&(struct kit_arp){.eth_dst = KIT_BROADCAST_MAC,
				     .op = ARP_OP_REQUEST,
				     .spa = KIT_PEER_IP,
				     .tpa = KIT_IP});
	s = kit_expect(&k);
	assert_true(s->is_arp);
	assert_int_equal(s->arp.op, ARP_OP_REPLY);
	assert_memory_equal(s->eth.dst, KIT_PEER_MAC, 6);
	assert_memory_equal(s->arp.sha, KIT_MAC, 6);
	assert_int_equal(s->arp.spa, KIT_IP);
	assert_memory_equal(s->arp.tha, KIT_PEER_MAC, 6);
	assert_int_equal(s->arp.tpa, KIT_PEER_IP);
	kit_sent_free(s);
	assert_non_null(entry(KIT_PEER_IP));
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_REPLY), 0);
	send_number(KIT_PEER_IP, 1);
	expect_number(1, KIT_PEER_MAC);
}

TEST(a_request_for_another_host_is_not_ours)
{
	inject_arp(&(struct kit_arp){.eth_dst = KIT_BROADCAST_MAC,
				     .op = ARP_OP_REQUEST,
				     .spa = KIT_PEER_IP,
				     .tpa = NEIGHBOUR_IP});
	assert_int_equal(k.n_sent, 0);
	assert_null(entry(KIT_PEER_IP));
	assert_int_equal(kit_counter(&k, "arp_ignored"), 1);
}

/* RFC 5227 2.1.1: somebody asks whether our address is free: it is not. */
TEST(an_address_probe_is_answered_and_not_learnt)
{
	struct kit_sent *s;

	inject_arp(&(struct kit_arp){
		.eth_dst = KIT_BROADCAST_MAC, .op = ARP_OP_REQUEST, .spa = 0, .tpa = KIT_IP});
	s = kit_expect(&k);
	assert_int_equal(s->arp.op, ARP_OP_REPLY);
	assert_int_equal(s->arp.tpa, 0);
	kit_sent_free(s);
	assert_null(entry(0));
}

TEST(a_stack_without_an_address_is_silent)
{
	struct kit bare;

	kit_open_bare(&bare, 1, NULL);
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REQUEST, .spa = KIT_PEER_IP, .tpa = 0});
	kit_inject_frame(&bare, &f);
	assert_int_equal(bare.n_sent, 0);
	assert_int_equal(kit_counter(&bare, "arp_ignored"), 1);
	kit_close(&bare);
}

/* --- hostile: nobody asked for this ---------------------------------------------------------------- */

TEST(malformed_packets_are_dropped)
{
	for (size_t len = 0; len < ARP_PACKET_LEN; len++) {
		kit_build_arp(&f, &(struct kit_arp){
					  .op = ARP_OP_REQUEST, .spa = KIT_PEER_IP, .tpa = KIT_IP});
		kit_inject(&k, f.bytes, ETH_HEADER_LEN + len);
	}
	assert_int_equal(kit_counter(&k, "arp_malformed"), ARP_PACKET_LEN);
	assert_int_equal(k.n_sent, 0);
	assert_null(entry(KIT_PEER_IP));
}

TEST(wrong_lengths_and_types_are_dropped)
{
	static const struct {
		unsigned off;
		uint8_t value;
	} faults[] = {
		{ARP_OFF_HLN, 0}, {ARP_OFF_HLN, 5}, {ARP_OFF_HLN, 7}, {ARP_OFF_HLN, 255},
		{ARP_OFF_PLN, 0}, {ARP_OFF_PLN, 3}, {ARP_OFF_PLN, 16}, {ARP_OFF_PLN, 255},
		{ARP_OFF_HRD + 1, 6}, {ARP_OFF_PRO, 0x86},
	};

	for (unsigned i = 0; i < ARRAY_LEN(faults); i++) {
		kit_build_arp(&f, &(struct kit_arp){
					  .op = ARP_OP_REQUEST, .spa = KIT_PEER_IP, .tpa = KIT_IP});
		kit_l3(&f)[faults[i].off] = faults[i].value;
		kit_inject_frame(&k, &f);
		assert_int_equal(kit_counter(&k, "arp_malformed"), i + 1);
	}
	assert_int_equal(k.n_sent, 0);
}

TEST(rarp_and_unknown_operations_are_ignored)
{
	static const uint16_t ops[] = {0, 3, 4, 8, 9, 0xffff};

	for (unsigned i = 0; i < ARRAY_LEN(ops); i++)
		inject_arp(&(struct kit_arp){.op = ops[i], .spa = KIT_PEER_IP, .tpa = KIT_IP});
	assert_int_equal(kit_counter(&k, "arp_ignored"), ARRAY_LEN(ops));
	assert_int_equal(k.n_sent, 0);
	assert_null(entry(KIT_PEER_IP));
}

TEST(unsolicited_replies_make_no_entry)
{
	inject_reply(KIT_PEER_IP, other_mac);
	/* gratuitous: sender and target are the same */
	inject_arp(&(struct kit_arp){
		.op = ARP_OP_REPLY, .spa = KIT_PEER_IP, .tpa = KIT_PEER_IP, .sha = other_mac});
	inject_arp(&(struct kit_arp){.eth_dst = KIT_BROADCAST_MAC,
				     .op = ARP_OP_REQUEST,
				     .spa = KIT_PEER_IP,
				     .tpa = KIT_PEER_IP,
				     .sha = other_mac});
	assert_null(entry(KIT_PEER_IP));
	assert_int_equal(kit_counter(&k, "arp_ignored"), 3);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_REPLY), 0);
}

/* RFC 826's merge: a gateway that moved to other hardware tells everybody. */
TEST(a_gratuitous_reply_updates_an_entry)
{
	const struct kit_event *ev;

	kit_teach_peer(&k);
	inject_arp(&(struct kit_arp){.eth_dst = KIT_BROADCAST_MAC,
				     .op = ARP_OP_REPLY,
				     .spa = KIT_PEER_IP,
				     .tpa = KIT_PEER_IP,
				     .sha = other_mac});
	send_number(KIT_PEER_IP, 1);
	expect_number(1, other_mac);
	ev = kit_event(&k.kp, EVENT_ARP_REPLY, 0);
	assert_non_null(ev);
	assert_null(kit_event_field(ev, "rtt_us")); /* nothing was asked */
}

TEST(our_own_frame_coming_back_is_no_conflict)
{
	inject_arp(&(struct kit_arp){
		.op = ARP_OP_REQUEST, .spa = KIT_IP, .tpa = KIT_PEER_IP, .sha = KIT_MAC});
	assert_int_equal(kit_counter(&k, "arp_conflicts"), 0);
	assert_int_equal(kit_counter(&k, "arp_ignored"), 1);
}

TEST(group_and_zero_sender_addresses_are_dropped)
{
	static const uint8_t multicast[6] = {0x01, 0, 0x5e, 0, 0, 1}, zeros[6];

	send_number(KIT_PEER_IP, 1);
	kit_sent_clear(&k);
	inject_reply(KIT_PEER_IP, KIT_BROADCAST_MAC);
	inject_reply(KIT_PEER_IP, multicast);
	inject_reply(KIT_PEER_IP, zeros);
	assert_int_equal(kit_counter(&k, "arp_malformed"), 3);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(entry(KIT_PEER_IP)->state, NEIGH_INCOMPLETE);
}

TEST(senders_that_are_no_neighbours_are_not_learnt)
{
	static const uint32_t senders[] = {
		0, 0x7f000001, 0xe0000001, 0xffffffff, KIT_NET_BROADCAST, 0xc0a84d00, KIT_FAR_IP,
	};

	for (unsigned i = 0; i < ARRAY_LEN(senders); i++) {
		inject_arp(&(struct kit_arp){.op = ARP_OP_REQUEST,
					     .spa = senders[i],
					     .tpa = KIT_IP,
					     .sha = other_mac});
		assert_null(entry(senders[i]));
	}
	assert_int_equal(kit_counter(&k, "arp_ignored"), ARRAY_LEN(senders));
}

/* Pings in the names of neighbours that do not exist: the answers wait for ARP, but not so many of
 * them that nothing is left to send with; and who waits with one packet keeps it. */
TEST(all_queues_together_are_bounded)
{
	struct kit_sent *s;

	send_number(NEIGHBOUR_IP, 42);
	for (unsigned i = 0; i < 50 * NEIGH_QUEUE_MAX; i++) {
		const struct kit_ipv4 ip = {.src = KIT_IP + 20 + i % 50};

		kit_build_icmp(&f, &ip, ICMP_ECHO, 0, i, "x", 1);
		kit_inject_frame(&k, &f);
	}
	assert_int_equal(k.stack->frame_pool.in_use, NEIGH_WAITING_MAX);
	assert_int_equal(kit_counter(&k, "arp_queue_dropped"),
			 50 * NEIGH_QUEUE_MAX + 1 - NEIGH_WAITING_MAX);
	kit_sent_clear(&k);
	inject_reply(NEIGHBOUR_IP, other_mac);
	s = kit_expect(&k);
	assert_true(s->is_udp);
	assert_int_equal(s->payload[0], 42);
	kit_sent_free(s);
	kit_teach_peer(&k);
	send_number(KIT_PEER_IP, 1);
	assert_int_equal(k.n_sent, 1);
}
