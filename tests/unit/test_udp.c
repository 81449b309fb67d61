/* SPDX-License-Identifier: MIT */
/* net/udp: ports, datagrams both ways, and what is dropped (HOSTILE: UDP). */
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

static struct kit k;
static struct kit_frame f;
static struct udp_pcb pcb, other;

static void setup(void)
{
	kit_open(&k, 1, NULL);
	kit_teach_peer(&k);
	pcb = other = (struct udp_pcb){0};
	assert_int_equal(kit_udp_bind(k.stack, &pcb, 0, 5000), ERR_OK);
}

static void teardown(void)
{
	udp_unbind(k.stack, &pcb);
	udp_unbind(k.stack, &other);
	kit_close(&k);
}

FIXTURE(setup, teardown);

static void inject(uint16_t src_port, uint16_t dst_port, const char *text)
{
	kit_build_udp(&f, NULL, src_port, dst_port, text, strlen(text));
	kit_inject_frame(&k, &f);
}

static void expect_text(struct udp_pcb *from, const char *text, uint16_t expected_port)
{
	uint32_t src = 0;
	uint16_t src_port = 0;
	struct pktbuf *pkt = kit_udp_receive(from, &src, &src_port);

	assert_non_null(pkt);
	assert_int_equal(src, KIT_PEER_IP);
	assert_int_equal(src_port, expected_port);
	assert_int_equal(pktbuf_len(pkt), strlen(text));
	assert_memory_equal(pkt->data, text, strlen(text));
	pktbuf_free(pkt);
}

static void expect_dropped(const char *counter)
{
	uint64_t before = kit_counter(&k, counter);

	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, counter), before + 1);
	assert_int_equal(pcb.received.count, 0);
	assert_int_equal(k.n_sent, 0);
}

/* --- out --------------------------------------------------------------------------------------------- */

TEST(a_datagram_on_the_wire)
{
	struct kit_sent *s;

	assert_int_equal(kit_udp_send(k.stack, &pcb, "odd", 3, KIT_PEER_IP, 7, k.now_ns), ERR_OK);
	s = kit_expect(&k);
	assert_true(s->is_udp);
	assert_true(s->l4_checksum_ok);
	assert_int_equal(s->udp.src_port, 5000);
	assert_int_equal(s->udp.dst_port, 7);
	assert_int_equal(s->udp.len, 11);
	assert_int_not_equal(s->udp.checksum, 0);
	assert_memory_equal(s->payload, "odd", 3);
	assert_int_equal(s->ip.src, KIT_IP);
	kit_sent_free(s);
	assert_int_equal(kit_udp_send(k.stack, &pcb, NULL, 0, KIT_PEER_IP, 7, k.now_ns), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->payload_len, 0);
	assert_true(s->l4_checksum_ok);
	kit_sent_free(s);
	assert_int_equal(kit_counter(&k, "udp_out"), 2);
}

TEST(an_offloading_device_gets_the_pseudo_header_s_sum)
{
	static const uint8_t pseudo[12] = {192, 168, 77, 2, 192, 168, 77, 1, 0, 17, 0, 8 + 4};
	struct kit_sent *s;

	k.netif.features = NETIF_TX_CSUM;
	assert_int_equal(kit_udp_send(k.stack, &pcb, "abcd", 4, KIT_PEER_IP, 7, k.now_ns), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->flags, PKTBUF_CSUM_PARTIAL);
	assert_int_equal(s->csum_start, 14 + 20);
	assert_int_equal(s->csum_off, 6);
	assert_int_equal(s->udp.checksum, (uint16_t)~kit_checksum(kit_sum(0, pseudo, 12)));
	kit_sent_free(s);
}

TEST(sending_reports_why_it_cannot)
{
	static uint8_t big[70000];

	assert_int_equal(kit_udp_send(k.stack, &pcb, big, 1472, KIT_PEER_IP, 7, k.now_ns), ERR_OK);
	kit_sent_clear(&k);
	pcb.pmtu = UDP_PMTU_DO;
	assert_int_equal(kit_udp_send(k.stack, &pcb, big, 1473, KIT_PEER_IP, 7, k.now_ns), ERR_MSGSIZE);
	pcb.pmtu = UDP_PMTU_DONT;
	assert_int_equal(kit_udp_send(k.stack, &pcb, big, 65508, KIT_PEER_IP, 7, k.now_ns), ERR_MSGSIZE);
	assert_int_equal(kit_udp_send(k.stack, &pcb, big, 70000, KIT_PEER_IP, 7, k.now_ns), ERR_MSGSIZE);
	assert_int_equal(kit_udp_send(k.stack, &pcb, big, 1, KIT_PEER_IP, 0, k.now_ns), ERR_INVAL);
	assert_int_equal(kit_udp_send(k.stack, &pcb, big, 1, 0xffffffff, 7, k.now_ns), ERR_ACCES);
	assert_int_equal(kit_udp_send(k.stack, &pcb, big, 1, KIT_IP, 7, k.now_ns), ERR_ADDRNOTAVAIL);
	k.stack->frame_pool.max = k.stack->frame_pool.allocated;
	struct pktbuf *held = pktbuf_alloc(&k.stack->frame_pool, 0);
	assert_non_null(held);
	assert_int_equal(kit_udp_send(k.stack, &pcb, big, 1, KIT_PEER_IP, 7, k.now_ns), ERR_NOBUFS);
	pktbuf_free(held);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(k.stack->frame_pool.in_use, 0);
	assert_int_equal(kit_counter(&k, "udp_out"), 1);
}

/* A jumbo interface carries jumbo datagrams. */
TEST(datagrams_may_be_as_long_as_a_larger_mtu_allows)
{
	static uint8_t big[8973];
	struct kit jumbo;
	struct kit_sent *s;
	struct udp_pcb p = {.pmtu = UDP_PMTU_DO};

	kit_open_bare(&jumbo, 1, NULL);
	net_destroy(jumbo.stack);
	jumbo.netif.mtu = 9000;
	jumbo.stack = net_create(&jumbo.kp.port, NULL, jumbo.now_ns);
	net_attach(jumbo.stack, &jumbo.netif);
	assert_int_equal(net_set_ipv4(jumbo.stack, &jumbo.netif, KIT_IP, KIT_MASK), ERR_OK);
	kit_teach_peer(&jumbo);
	assert_int_equal(kit_udp_bind(jumbo.stack, &p, 0, 1), ERR_OK);
	assert_int_equal(kit_udp_send(jumbo.stack, &p, big, 8973, KIT_PEER_IP, 7, jumbo.now_ns),
			 ERR_MSGSIZE);
	assert_int_equal(kit_udp_send(jumbo.stack, &p, big, 8972, KIT_PEER_IP, 7, jumbo.now_ns), ERR_OK);
	s = kit_expect(&jumbo);
	assert_int_equal(s->len, 9014);
	assert_true(s->l4_checksum_ok);
	kit_sent_free(s);
	udp_unbind(jumbo.stack, &p);
	kit_close(&jumbo);
}

/* --- in ---------------------------------------------------------------------------------------------- */

TEST(datagrams_arrive_in_order_one_by_one)
{
	uint32_t src;
	uint16_t port;

	assert_null(kit_udp_receive(&pcb, &src, &port));
	inject(4000, 5000, "first");
	inject(4001, 5000, "second, longer");
	inject(4000, 5000, "");
	assert_int_equal(kit_counter(&k, "udp_in"), 3);
	expect_text(&pcb, "first", 4000);
	expect_text(&pcb, "second, longer", 4001);
	expect_text(&pcb, "", 4000);
	assert_null(kit_udp_receive(&pcb, &src, &port));
}

TEST(behind_ip_options_the_ports_are_still_right)
{
	static const uint8_t nops[40] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
					 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

	kit_build_udp(&f, &(struct kit_ipv4){.options = nops, .options_len = 40}, 4000, 5000, "x", 1);
	kit_inject_frame(&k, &f);
	expect_text(&pcb, "x", 4000);
}

TEST(a_length_under_8_or_over_the_packet_is_dropped)
{
	static const uint16_t lens[] = {0, 1, 7, 8 + 6, 100, 0xffff};

	for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
		kit_build_udp(&f, NULL, 4000, 5000, "hello", 5);
		store_be16(kit_l4(&f) + UDP_OFF_LEN, lens[i]);
		kit_fix_transport(&f);
		expect_dropped("udp_malformed");
	}
}

TEST(every_truncated_header_is_dropped)
{
	static const uint8_t header[8] = {0x0f, 0xa0, 0x13, 0x88, 0, 8, 0, 0};

	for (size_t len = 0; len < 8; len++) {
		kit_build_ipv4(&f, NULL, IP_PROTO_UDP, header, len);
		expect_dropped("udp_malformed");
	}
}

/* RFC 768 lets a datagram end before its packet: the rest is nobody's. */
TEST(a_length_under_the_packet_trims)
{
	kit_build_udp(&f, NULL, 4000, 5000, "hello", 5);
	store_be16(kit_l4(&f) + UDP_OFF_LEN, 8 + 2);
	store_be16(kit_l4(&f) + UDP_OFF_CHECKSUM, 0);
	kit_inject_frame(&k, &f);
	expect_text(&pcb, "he", 4000);
}

TEST(checksum_0_is_accepted_a_bad_one_not)
{
	kit_build_udp(&f, NULL, 4000, 5000, "hello", 5);
	store_be16(kit_l4(&f) + UDP_OFF_CHECKSUM, 0);
	kit_inject_frame(&k, &f);
	expect_text(&pcb, "hello", 4000);
	kit_build_udp(&f, NULL, 4000, 5000, "hello", 5);
	f.bytes[f.len - 1] ^= 1;
	expect_dropped("udp_bad_checksum");
	assert_int_equal(k.netif.counters.rx_csum_bad, 1);
	/* The pseudo-header counts: the same bytes from somebody else are wrong. */
	kit_build_udp(&f, NULL, 4000, 5000, "hello", 5);
	store_be32(kit_l3(&f) + IPV4_OFF_SRC, KIT_PEER_IP + 9);
	kit_fix_ipv4(&f);
	expect_dropped("udp_bad_checksum");
}

TEST(what_the_device_verified_is_not_verified_again)
{
	k.rx_flags = PKTBUF_CSUM_VALID;
	kit_build_udp(&f, NULL, 4000, 5000, "hello", 5);
	store_be16(kit_l4(&f) + UDP_OFF_CHECKSUM, 0x1234); /* partial, from a neighbour VM */
	kit_inject_frame(&k, &f);
	expect_text(&pcb, "hello", 4000);
}

TEST(destination_port_0_is_dropped_source_0_is_legal)
{
	kit_build_udp(&f, NULL, 4000, 0, "x", 1);
	expect_dropped("udp_malformed");
	inject(0, 5000, "anonymous");
	expect_text(&pcb, "anonymous", 0);
}

TEST(a_closed_port_to_all_is_silent)
{
	kit_build_udp(&f,
		      &(struct kit_ipv4){.eth_dst = KIT_BROADCAST_MAC, .dst = KIT_NET_BROADCAST},
		      4000, 9999, "x", 1);
	expect_dropped("udp_no_port");
}

TEST(the_queue_is_bounded)
{
	for (unsigned i = 0; i < UDP_QUEUE_MAX + 10; i++)
		inject(4000, 5000, "x");
	assert_int_equal(pcb.received.count, UDP_QUEUE_MAX);
	assert_int_equal(kit_counter(&k, "udp_queue_full"), 10);
	expect_text(&pcb, "x", 4000);
	inject(4000, 5000, "y");
	assert_int_equal(pcb.received.count, UDP_QUEUE_MAX);
}

/* --- ports ------------------------------------------------------------------------------------------- */

TEST(a_port_is_taken_once)
{
	assert_int_equal(kit_udp_bind(k.stack, &other, 0, 5000), ERR_ADDRINUSE);
	assert_int_equal(kit_udp_bind(k.stack, &other, KIT_IP, 5000), ERR_ADDRINUSE);
	assert_int_equal(kit_udp_bind(k.stack, &other, KIT_PEER_IP, 5001), ERR_ADDRNOTAVAIL);
	assert_int_equal(kit_udp_bind(k.stack, &other, KIT_IP, 5001), ERR_OK);
	udp_unbind(k.stack, &pcb);
	assert_int_equal(kit_udp_bind(k.stack, &pcb, 0, 5000), ERR_OK);
	inject(4000, 5001, "x");
	expect_text(&other, "x", 4000);
}

/* RFC 6056: somebody who saw one port cannot tell the next. */
TEST(ephemeral_ports_are_spread)
{
	enum { N = 200 };
	static struct udp_pcb many[N];
	unsigned steps = 0;

	memset(many, 0, sizeof(many));
	for (unsigned i = 0; i < N; i++) {
		assert_int_equal(kit_udp_bind(k.stack, &many[i], 0, 0), ERR_OK);
		assert_true(many[i].local.port >= 49152);
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(many[i].local.port, many[j].local.port);
		steps += i > 0 && many[i].local.port - many[i - 1].local.port < 16 &&
			 many[i].local.port > many[i - 1].local.port;
	}
	assert_true(steps < 5);
	for (unsigned i = 0; i < N; i++)
		udp_unbind(k.stack, &many[i]);
}

TEST(a_connected_port_receives_its_peer_only)
{
	kit_udp_connect(k.stack, &pcb, KIT_IP, KIT_PEER_IP, 7);
	inject(7, 5000, "peer");
	expect_text(&pcb, "peer", 7);
	kit_build_udp(&f, NULL, 8, 5000, "x", 1);
	kit_inject_frame(&k, &f);
	assert_int_equal(pcb.received.count, 0);
	kit_build_udp(&f, &(struct kit_ipv4){.src = KIT_PEER_IP + 9}, 7, 5000, "x", 1);
	kit_inject_frame(&k, &f);
	assert_int_equal(pcb.received.count, 0);
	assert_int_equal(kit_counter(&k, "udp_no_port"), 2);
	kit_sent_clear(&k); /* the port is closed to that sender, and it is told so */
}

TEST(errors_reach_the_connected_port_only)
{
	assert_int_equal(kit_udp_bind(k.stack, &other, 0, 6000), ERR_OK);
	kit_udp_connect(k.stack, &pcb, KIT_IP, KIT_PEER_IP, 7);
	kit_udp_unreachable(k.stack, KIT_IP, 5000, KIT_PEER_IP, 8, ERR_CONNREFUSED);
	kit_udp_unreachable(k.stack, KIT_IP, 5000, KIT_PEER_IP + 9, 7, ERR_CONNREFUSED);
	kit_udp_unreachable(k.stack, KIT_IP, 6000, KIT_PEER_IP, 7, ERR_CONNREFUSED);
	assert_int_equal(pcb.error, 0);
	assert_int_equal(other.error, 0);
	kit_udp_unreachable(k.stack, KIT_IP, 5000, KIT_PEER_IP, 7, ERR_CONNREFUSED);
	assert_int_equal(pcb.error, ERR_CONNREFUSED);
}

TEST(unbinding_frees_what_was_not_read)
{
	inject(4000, 5000, "never read");
	udp_unbind(k.stack, &pcb); /* kit_close finds a frame that is still held */
	assert_int_equal(pcb.received.count, 0);
	inject(4000, 5000, "x");
	assert_int_equal(kit_counter(&k, "udp_no_port"), 1);
	kit_sent_clear(&k);
}

