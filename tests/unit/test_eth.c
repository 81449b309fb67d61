/* SPDX-License-Identifier: MIT */
/* net/link/eth and net/netif: what is let in, what goes out, and what TCP is told about it. */
#include "base/strbuf.h"
#include "net/link/eth.h"
#include "net/socket.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

static struct kit k;
static struct kit_frame f;

static void setup(void)
{
	kit_open(&k, 1, NULL);
}

static void teardown(void)
{
	kit_close(&k);
}

FIXTURE(setup, teardown);

/* --- in: hostile rows first ------------------------------------------------------------------------ */

TEST(a_frame_under_14_bytes_is_dropped)
{
	static const uint8_t bytes[14];

	for (size_t len = 0; len < 14; len++)
		kit_inject(&k, bytes, len);
	assert_int_equal(kit_counter(&k, "eth_in"), 14);
	assert_int_equal(kit_counter(&k, "eth_short"), 14);
	assert_int_equal(k.netif.counters.rx_dropped, 14);
	assert_int_equal(k.netif.counters.rx_frames, 14);
}

TEST(frames_in_a_vlan_are_dropped_also_truncated_ones)
{
	uint8_t payload[50] = {0x00, 0x07, 0x08, 0x00};

	for (size_t len = 0; len <= 5; len++) {
		kit_build_eth(&f, NULL, NULL, ETH_TYPE_VLAN, payload, len);
		kit_inject_frame(&k, &f);
	}
	assert_int_equal(kit_counter(&k, "eth_short"), 4);
	kit_build_eth(&f, NULL, NULL, ETH_TYPE_QINQ, payload, sizeof(payload));
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "eth_vlan"), 3);
	assert_int_equal(kit_counter(&k, "ip_in"), 0);
}

/* Puts a tag in front of what the frame holds. */
static void tag(uint16_t type, uint16_t tci)
{
	memmove(f.bytes + ETH_OFF_TYPE + ETH_TAG_LEN, f.bytes + ETH_OFF_TYPE, f.len - ETH_OFF_TYPE);
	store_be16(f.bytes + ETH_OFF_TYPE, type);
	store_be16(f.bytes + ETH_OFF_TYPE + 2, tci);
	f.len += ETH_TAG_LEN;
}

/* IEEE 802.1Q: VID 0 says that the frame is in no VLAN, and the rest of the tag is a priority. */
TEST(a_tag_without_a_vlan_is_no_tag)
{
	static const uint16_t types[] = {ETH_TYPE_VLAN, ETH_TYPE_QINQ};
	struct kit_sent *sent;

	kit_teach_peer(&k);
	for (unsigned i = 0; i < ARRAY_LEN(types); i++) {
		kit_build_icmp(&f, &(struct kit_ipv4){0}, ICMP_ECHO, 0, 0x00010001, "ping", 4);
		tag(types[i], 0xe000);
		tag(ETH_TYPE_VLAN, 0x3000);
		kit_inject_frame(&k, &f);
		kit_poll(&k);
		sent = kit_take(&k);
		assert_non_null(sent);
		kit_sent_free(sent);
	}
	assert_int_equal(kit_counter(&k, "icmp_echo_answered"), 2);
	tag(ETH_TYPE_VLAN, 0x2007);
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "eth_vlan"), 1);
	assert_int_equal(kit_counter(&k, "icmp_echo_answered"), 2);
}

TEST(a_group_address_as_sender_is_dropped)
{
	static const uint8_t multicast[6] = {0x01, 0, 0x5e, 0, 0, 1};

	kit_build_icmp(&f, &(struct kit_ipv4){.eth_src = KIT_BROADCAST_MAC}, ICMP_ECHO, 0, 1, NULL, 0);
	kit_inject_frame(&k, &f);
	kit_build_icmp(&f, &(struct kit_ipv4){.eth_src = multicast}, ICMP_ECHO, 0, 1, NULL, 0);
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "eth_bad_source"), 2);
	assert_int_equal(kit_counter(&k, "ip_in"), 0);
}

TEST(the_destination_filter)
{
	static const uint8_t other[6] = {0x52, 0x54, 0, 0, 0x77, 0x03};
	static const uint8_t all_hosts[6] = {0x01, 0, 0x5e, 0, 0, 1};

	kit_build_icmp(&f, &(struct kit_ipv4){.eth_dst = other}, ICMP_ECHO, 0, 1, NULL, 0);
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "eth_for_others"), 1);
	assert_int_equal(kit_counter(&k, "ip_in"), 0);

	kit_build_icmp(&f, &(struct kit_ipv4){0}, ICMP_ECHO, 0, 1, NULL, 0);
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "ip_in"), 1);
	kit_build_icmp(&f, &(struct kit_ipv4){.eth_dst = KIT_BROADCAST_MAC, .dst = KIT_NET_BROADCAST},
		       ICMP_ECHO, 0, 1, NULL, 0);
	kit_inject_frame(&k, &f);
	kit_build_icmp(&f, &(struct kit_ipv4){.eth_dst = all_hosts, .dst = IPV4_ADDR_ALL_HOSTS},
		       ICMP_ECHO, 0, 1, NULL, 0);
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "ip_in"), 3);
	assert_int_equal(kit_counter(&k, "eth_for_others"), 1);
}

TEST(unknown_types_are_counted)
{
	static const uint16_t types[] = {ETH_TYPE_IPV6, ETH_TYPE_RARP, 0x0000, 0x05dc, 0xffff};
	uint8_t payload[46] = {0};

	for (unsigned i = 0; i < ARRAY_LEN(types); i++) {
		kit_build_eth(&f, NULL, NULL, types[i], payload, sizeof(payload));
		kit_inject_frame(&k, &f);
	}
	assert_int_equal(kit_counter(&k, "eth_unknown_type"), ARRAY_LEN(types));
	assert_int_equal(k.n_sent, 0);
}

TEST(a_type_without_payload_reaches_its_layer)
{
	kit_build_eth(&f, NULL, NULL, ETH_TYPE_ARP, NULL, 0);
	kit_inject_frame(&k, &f);
	kit_build_eth(&f, NULL, NULL, ETH_TYPE_IPV4, NULL, 0);
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "arp_malformed"), 1);
	assert_int_equal(kit_counter(&k, "ip_malformed"), 1);
}

TEST(a_netif_without_a_stack_frees_and_counts)
{
	struct netif alone = {.name = "alone"};
	struct pktbuf *pkt = pktbuf_alloc(&k.stack->pool, 16);

	netif_input(&alone, pkt, 0);
	assert_int_equal(alone.counters.rx_dropped, 1);
	assert_int_equal(k.stack->pool.in_use, 0);
}

/* --- out ------------------------------------------------------------------------------------------- */

#define TYPE_TEST 0x88b5 /* IEEE 802 local experimental: nobody looks inside */

static struct pktbuf *packet_with_pieces(bool partial)
{
	static const uint8_t a[5] = "abcde", b[3] = "fgh";
	struct pktbuf *pkt = pktbuf_alloc(&k.stack->pool, PKTBUF_HEADROOM);
	uint8_t *p = pktbuf_put(pkt, 21);

	for (unsigned i = 0; i < 21; i++)
		p[i] = (uint8_t)i;
	assert_true(pktbuf_add_piece(pkt, a, sizeof(a)));
	assert_true(pktbuf_add_piece(pkt, b, sizeof(b)));
	if (partial) {
		pkt->flags = PKTBUF_CSUM_PARTIAL;
		pkt->csum_start = 1;
		pkt->csum_off = 2;
	}
	return pkt;
}

static int output(struct pktbuf *pkt)
{
	const struct eth_send how = {.netif = &k.netif, .dst = KIT_PEER_MAC, .type = TYPE_TEST};

	return eth_output(k.stack, pkt, &how, k.now_ns);
}

static void assert_pieces_arrived(const struct kit_sent *s)
{
	static const uint8_t header[14] = {0x52, 0x54, 0, 0, 0x77, 1, 0x52, 0x54,
					   0, 0, 0x77, 2, 0x88, 0xb5};

	assert_int_equal(s->len, 14 + 21 + 8);
	assert_memory_equal(s->bytes, header, sizeof(header));
	assert_int_equal(s->bytes[14], 0);
	assert_int_equal(s->bytes[14 + 20], 20);
	assert_memory_equal(s->bytes + 14 + 21, "abcdefgh", 8);
}

TEST(a_plain_device_gets_linear_frames_with_checksums)
{
	struct kit_sent *s;
	uint8_t expected[28];

	assert_int_equal(output(packet_with_pieces(true)), ERR_OK);
	s = kit_expect(&k);
	assert_pieces_arrived(s);
	assert_int_equal(s->n_pieces, 0);
	assert_int_equal(s->flags, 0);
	for (unsigned i = 0; i < 20; i++)
		expected[i] = (uint8_t)(i + 1);
	memcpy(expected + 20, "abcdefgh", 8);
	assert_int_equal(load_be16(s->bytes + 14 + 3), kit_checksum(kit_sum(0, expected, 28)));
	assert_int_equal(k.netif.counters.tx_frames, 1);
	assert_int_equal(k.netif.counters.tx_bytes, s->len);
	kit_sent_free(s);
}

TEST(a_capable_device_gets_pieces_and_partial_checksums)
{
	struct kit_sent *s;

	k.netif.features = NETIF_TX_CSUM | NETIF_TX_SG;
	assert_int_equal(output(packet_with_pieces(true)), ERR_OK);
	s = kit_expect(&k);
	assert_pieces_arrived(s);
	assert_int_equal(s->n_pieces, 2);
	assert_int_equal(s->flags, PKTBUF_CSUM_PARTIAL);
	assert_int_equal(s->csum_start, 14 + 1);
	assert_int_equal(s->csum_off, 2);
	assert_int_equal(load_be16(s->bytes + 14 + 3), 0x0304); /* untouched */
	kit_sent_free(s);
}

/* Checksums yes, pieces no: the copy must not lose where the checksum goes. */
TEST(a_device_without_pieces_still_gets_the_checksum_s_place)
{
	struct kit_sent *s;

	k.netif.features = NETIF_TX_CSUM;
	assert_int_equal(output(packet_with_pieces(true)), ERR_OK);
	s = kit_expect(&k);
	assert_pieces_arrived(s);
	assert_int_equal(s->n_pieces, 0);
	assert_int_equal(s->flags, PKTBUF_CSUM_PARTIAL);
	assert_int_equal(s->csum_start, 14 + 1);
	assert_int_equal(s->csum_off, 2);
	kit_sent_free(s);
}

static unsigned released;

static void count_release(struct pktbuf *pkt)
{
	(void)pkt;
	released++;
}

TEST(linearising_without_memory_is_a_counted_loss)
{
	struct pktbuf *pkt = packet_with_pieces(false);

	released = 0;
	pkt->pieces_release = count_release;
	k.kp.fail_after = 0;
	assert_int_equal(output(pkt), ERR_NOBUFS);
	assert_int_equal(released, 1);
	assert_int_equal(k.netif.counters.tx_dropped, 1);
	assert_int_equal(k.netif.counters.tx_frames, 0);
	assert_int_equal(k.stack->pool.in_use, 0);
}

TEST(a_frame_too_long_to_linearise_is_refused)
{
	static const uint8_t big[4000];
	struct pktbuf *pkt = packet_with_pieces(false);

	assert_true(pktbuf_add_piece(pkt, big, sizeof(big)));
	assert_int_equal(output(pkt), ERR_NOBUFS);
	assert_int_equal(k.netif.counters.tx_dropped, 1);
	assert_int_equal(k.stack->frame_pool.in_use, 0);
}

TEST(what_the_device_refuses_is_counted)
{
	k.send_result = ERR_AGAIN;
	assert_int_equal(output(packet_with_pieces(false)), ERR_AGAIN);
	k.send_result = ERR_NETDOWN;
	assert_int_equal(output(packet_with_pieces(false)), ERR_NETDOWN);
	assert_int_equal(k.netif.counters.tx_dropped, 2);
	assert_int_equal(k.netif.counters.tx_frames, 0);
	assert_int_equal(k.n_sent, 0);
}

/* --- completions ----------------------------------------------------------------------------------- */

static struct {
	unsigned calls;
	struct pktbuf_sent facts;
	uint8_t frame[64]; /* what the packet held */
	size_t l3_at, l4_at;
	void *owner;
	uint32_t arg;
} told;

static void tell(struct stack *stack, const struct pktbuf *pkt, const struct pktbuf_sent *facts)
{
	const uint8_t *frame = pktbuf_frame(pkt);

	assert_ptr_equal(stack, k.stack);
	told.calls++;
	told.facts = *facts;
	memcpy(told.frame, frame, MIN((size_t)(pkt->tail - frame), sizeof(told.frame)));
	told.l3_at = (size_t)(pkt->head + pkt->l3_off - frame);
	told.l4_at = (size_t)(pkt->head + pkt->l4_off - frame);
	told.owner = pkt->sent_owner;
	told.arg = pkt->sent_arg;
}

/* 21 bytes and two pieces, the first 8 bytes of which are some network layer's. */
static struct pktbuf *watched_packet(void)
{
	struct pktbuf *pkt = packet_with_pieces(false);

	memset(&told, 0, sizeof(told));
	pkt->l4_off = (uint16_t)(pktbuf_data_off(pkt) + 8);
	pkt->sent = tell;
	pkt->sent_owner = &told;
	pkt->sent_arg = 77;
	return pkt;
}

/* The device has freed the packet when the completion is called (the kit's does so at once), and the
 * stack has sent a copy where it takes no pieces: the bytes and the offsets are those of the frame. */
static void assert_frame_was_reported(uint32_t features)
{
	struct kit_sent *s;

	k.netif.features = features;
	released = 0;
	struct pktbuf *pkt = watched_packet();

	pkt->pieces_release = count_release;
	assert_int_equal(output(pkt), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.facts.len, s->len);
	assert_int_equal(told.facts.next_hop.family, NET_FAMILY_NONE);
	assert_true(told.facts.now_ns == k.now_ns);
	assert_memory_equal(told.frame, s->bytes, 14 + 21);
	assert_int_equal(told.l3_at, 14);
	assert_int_equal(told.l4_at, 14 + 8);
	assert_ptr_equal(told.owner, &told);
	assert_int_equal(told.arg, 77);
	assert_int_equal(released, 1);
	assert_int_equal(k.stack->pool.in_use, 0);
	kit_sent_free(s);
}

TEST(a_completion_sees_the_packet_that_the_device_has_taken)
{
	assert_frame_was_reported(NETIF_TX_SG);
	assert_frame_was_reported(0);
}

TEST(a_completion_is_not_called_where_no_device_takes_the_packet)
{
	struct pktbuf *pkt = watched_packet();

	k.netif.features = NETIF_TX_SG;
	k.send_result = ERR_AGAIN;
	assert_int_equal(output(pkt), ERR_AGAIN);
	pkt = watched_packet();
	k.netif.features = 0;
	k.kp.fail_after = 0; /* no buffer for the copy without pieces */
	assert_int_equal(output(pkt), ERR_NOBUFS);
	assert_int_equal(told.calls, 0);
	assert_int_equal(k.stack->pool.in_use, 0);
}

/* As many bytes as there are in a large segment: nobody has to look at them. */
TEST(a_completion_of_a_large_segment)
{
	static uint8_t text[60000];
	struct pktbuf *pkt = watched_packet();
	const struct eth_send how = {.netif = &k.netif, .dst = KIT_PEER_MAC, .type = ETH_TYPE_IPV6,
				     .next_hop = &(struct net_addr){.family = NET_FAMILY_IPV6,
								    .bytes = {0xfe, 0x80}}};

	k.netif.features = NETIF_TX_CSUM | NETIF_TX_SG | NETIF_TX_TSO4;
	assert_true(pktbuf_add_piece(pkt, text, sizeof(text)));
	pkt->gso_size = 1448;
	assert_int_equal(eth_output(k.stack, pkt, &how, k.now_ns), ERR_OK);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.facts.len, 14 + 21 + 8 + sizeof(text));
	assert_int_equal(told.facts.next_hop.family, NET_FAMILY_IPV6);
	assert_int_equal(told.facts.next_hop.bytes[0], 0xfe);
	kit_sent_clear(&k);
}

/* --- what TCP is told ------------------------------------------------------------------------------ */

static int begin_to_connect(void)
{
	const struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, 80);
	int fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);

	assert_true(fd >= 0);
	assert_int_equal(sock_connect(k.stack, fd, &peer, k.now_ns), ERR_INPROGRESS);
	return fd;
}

static void connect_to_peer(void)
{
	(void)begin_to_connect();
	kit_poll(&k);
}

/* Step 8 shows the very frame that the device took, with its checksum complete, whatever the
 * device could have done itself. */
TEST(a_taken_syn_is_reported_byte_for_byte)
{
	const struct kit_event *ev;
	struct kit_sent *s;
	struct strbuf sb;
	char hex[512];

	k.netif.features = NETIF_TX_CSUM | NETIF_TX_SG;
	kit_teach_peer(&k);
	connect_to_peer();
	s = kit_expect(&k);
	assert_true(s->is_tcp);
	assert_int_equal(s->tcp.flags & TCP_SYN, TCP_SYN);
	assert_true(s->l4_checksum_ok);
	ev = kit_event(&k.kp, EVENT_TCP_SYN_SENT, 0);
	assert_non_null(ev);
	sb = strbuf_on(hex, sizeof(hex));
	strbuf_hex_bytes(&sb, s->bytes, s->len);
	assert_string_equal(kit_event_field(ev, "frame"), hex);
	assert_string_equal(kit_event_field(ev, "next_hop"), "192.168.77.1");
	kit_sent_free(s);
}

TEST(a_refused_syn_is_not_reported)
{
	kit_teach_peer(&k);
	k.send_result = ERR_NETDOWN;
	connect_to_peer();
	assert_int_equal(kit_event_count(&k.kp, EVENT_TCP_SYN_BUILT), 1);
	assert_int_equal(kit_event_count(&k.kp, EVENT_TCP_SYN_SENT), 0);
}

/* The connection that the SYN was for is no more: the frame goes, and nothing is said of it. */
TEST(a_syn_that_outlives_its_connection_is_not_reported)
{
	struct kit_sent *s;
	int fd;

	k.answer_arp = true;
	fd = begin_to_connect(); /* the answer comes with the next poll */
	kit_sent_clear(&k);
	assert_int_equal(sock_close(k.stack, fd, k.now_ns), ERR_OK);
	kit_poll(&k);
	s = kit_expect(&k);
	assert_true(s->is_tcp);
	assert_int_equal(kit_event_count(&k.kp, EVENT_TCP_SYN_BUILT), 1);
	assert_int_equal(kit_event_count(&k.kp, EVENT_TCP_SYN_SENT), 0);
	kit_sent_free(s);
}

/* Where its headers are the packet says itself, so that a tag moves nothing. */
TEST(a_received_syn_ack_is_shown_with_the_tag_that_it_came_with)
{
	struct kit_tcp answer = {.src_port = 80, .flags = TCP_SYN | TCP_ACK, .seq = 5, .window = 1000};
	const struct kit_event *ev;
	struct kit_sent *s;
	struct strbuf sb;
	char hex[512];

	kit_teach_peer(&k);
	connect_to_peer();
	s = kit_expect(&k);
	answer.dst_port = s->tcp.src_port;
	answer.ack = s->tcp.seq + 1;
	kit_build_tcp(&f, NULL, &answer, NULL, 0);
	tag(ETH_TYPE_VLAN, 0x2000);
	kit_inject_frame(&k, &f);
	ev = kit_event(&k.kp, EVENT_TCP_SYNACK_RCVD, 0);
	assert_non_null(ev);
	sb = strbuf_on(hex, sizeof(hex));
	strbuf_hex_bytes(&sb, f.bytes, f.len);
	assert_string_equal(kit_event_field(ev, "frame"), hex);
	assert_string_equal(kit_event_field(ev, "src"), "192.168.77.1:80");
	kit_sent_free(s);
}
