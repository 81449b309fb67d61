/* SPDX-License-Identifier: MIT */
/* net/ip/ipv4_input and net/ip/ipv4_output: what is accepted, what is dropped under which name (HOSTILE:
 * IPv4), and what the header of a sent packet says. */
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

static struct kit k;
static struct kit_frame f;
static struct udp_pcb pcb;

static void setup(void)
{
	kit_open_with_port(&k, &pcb, 7);
}

static void teardown(void)
{
	kit_close_with_port(&k, &pcb);
}

FIXTURE(setup, teardown);

static void build(const struct kit_ipv4 *ip)
{
	kit_build_udp(&f, ip, 4000, 7, "hello", 5);
}

/* The frame came through to the application with these five bytes. */
static void expect_accepted(void)
{
	unsigned before = pcb.received.count;
	struct pktbuf *pkt;
	uint32_t src;
	uint16_t port;

	kit_inject_frame(&k, &f);
	assert_int_equal(pcb.received.count, before + 1);
	pkt = kit_udp_receive(&pcb, &src, &port);
	assert_int_equal(pktbuf_len(pkt), 5);
	assert_memory_equal(pkt->data, "hello", 5);
	pktbuf_free(pkt);
}

/* The frame was dropped under this name, and nothing was said about it. */
static void expect_dropped(const char *counter)
{
	uint64_t before = kit_counter(&k, counter);

	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, counter), before + 1);
	assert_int_equal(pcb.received.count, 0);
	assert_int_equal(k.n_sent, 0);
}

static void set16(unsigned off, uint16_t value)
{
	store_be16(kit_l3(&f) + off, value);
	kit_fix_ipv4(&f);
}

static void set_ihl(unsigned words)
{
	uint8_t *p = kit_l3(&f);

	p[0] = (uint8_t)(0x40 | words);
	if (f.len >= ETH_HEADER_LEN + words * 4)
		kit_fix_ipv4(&f);
}

/* --- lengths ----------------------------------------------------------------------------------------- */

TEST(a_good_packet_is_accepted)
{
	build(NULL);
	expect_accepted();
	assert_int_equal(kit_counter(&k, "ip_in"), 1);
}

TEST(every_truncation_is_dropped)
{
	build(NULL);
	for (size_t len = ETH_HEADER_LEN; len < f.len; len++)
		kit_inject(&k, f.bytes, len);
	assert_int_equal(kit_counter(&k, "ip_malformed"), f.len - ETH_HEADER_LEN);
	assert_int_equal(pcb.received.count, 0);
	assert_int_equal(k.n_sent, 0);
}

TEST(another_version_is_dropped)
{
	for (unsigned version = 0; version < 16; version++) {
		if (version == 4)
			continue;
		build(NULL);
		kit_l3(&f)[0] = (uint8_t)(version << 4 | 5);
		kit_fix_ipv4(&f);
		expect_dropped("ip_malformed");
	}
}

TEST(ihl_under_5_is_dropped)
{
	for (unsigned ihl = 0; ihl < 5; ihl++) {
		build(NULL);
		set_ihl(ihl);
		expect_dropped("ip_malformed");
	}
}

TEST(ihl_15_in_a_52_byte_packet_is_dropped)
{
	uint8_t payload[32] = {0};

	kit_build_ipv4(&f, NULL, IP_PROTO_TCP, payload, sizeof(payload));
	assert_int_equal(f.len, ETH_HEADER_LEN + 52);
	set_ihl(15);
	expect_dropped("ip_malformed");
}

TEST(total_len_under_the_header_is_dropped)
{
	static const uint16_t lens[] = {0, 1, 19};

	for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
		build(NULL);
		set16(IPV4_OFF_TOTAL_LEN, lens[i]);
		expect_dropped("ip_malformed");
	}
	kit_build_udp(&f, &(struct kit_ipv4){.options = "\1\1\1\1", .options_len = 4}, 1, 7, "x", 1);
	set16(IPV4_OFF_TOTAL_LEN, 23);
	expect_dropped("ip_malformed");
}

TEST(total_len_over_the_frame_is_dropped)
{
	build(NULL);
	set16(IPV4_OFF_TOTAL_LEN, 20 + 8 + 5 + 1);
	expect_dropped("ip_malformed");
	set16(IPV4_OFF_TOTAL_LEN, 0xffff);
	expect_dropped("ip_malformed");
}

TEST(total_len_20_with_protocol_tcp_is_dropped_by_tcp)
{
	kit_build_ipv4(&f, NULL, IP_PROTO_TCP, NULL, 0);
	expect_dropped("tcp_malformed");
}

TEST(padding_is_trimmed)
{
	build(NULL);
	memset(f.bytes + f.len, 0xee, 60 - f.len);
	f.len = 60; /* the shortest frame of a real Ethernet */
	expect_accepted();
}

/* --- checksum, TTL, addresses -------------------------------------------------------------------------- */

TEST(every_spoilt_header_byte_is_noticed)
{
	for (unsigned off = 1; off < IPV4_HEADER_LEN; off++) {
		if (off == IPV4_OFF_TOTAL_LEN || off == IPV4_OFF_TOTAL_LEN + 1)
			continue; /* noticed by the length checks first */
		build(NULL);
		kit_l3(&f)[off] ^= 0x10;
		expect_dropped("ip_bad_checksum");
	}
}

/* A checksum of the header is never the device's affair: PKTBUF_CSUM_VALID is the transport's. */
TEST(an_offloading_device_does_not_vouch_for_the_header)
{
	k.rx_flags = PKTBUF_CSUM_VALID;
	build(NULL);
	kit_l3(&f)[IPV4_OFF_TTL] ^= 1;
	expect_dropped("ip_bad_checksum");
}

/* RFC 1122 3.2.1.7: a host does not drop for TTL. */
TEST(ttl_0_is_accepted)
{
	build(&(struct kit_ipv4){.ttl_is_zero = true});
	expect_accepted();
	build(&(struct kit_ipv4){.ttl = 1});
	expect_accepted();
}

TEST(impossible_sources_are_dropped)
{
	static const uint32_t sources[] = {
		0x7f000001, 0x7fffffff, 0xe0000001, 0xefffffff, 0xf0000001, 0xffffffff,
		KIT_NET_BROADCAST, 0x00000001,
	};

	for (unsigned i = 0; i < ARRAY_LEN(sources); i++) {
		build(&(struct kit_ipv4){.src = sources[i]});
		expect_dropped("ip_bad_source");
	}
	build(&(struct kit_ipv4){.src_is_zero = true});
	expect_dropped("ip_bad_source");
}

TEST(land_our_own_address_as_source_is_dropped)
{
	const struct kit_ipv4 land = {.src = KIT_IP};

	build(&land);
	expect_dropped("ip_bad_source");
	kit_build_tcp(&f, &land, &(struct kit_tcp){.src_port = 80, .dst_port = 80, .flags = TCP_SYN},
		      NULL, 0);
	expect_dropped("ip_bad_source");
	kit_build_icmp(&f, &land, ICMP_ECHO, 0, 1, NULL, 0);
	expect_dropped("ip_bad_source");
}

TEST(packets_for_others_are_not_forwarded)
{
	static const uint32_t destinations[] = {
		KIT_PEER_IP, KIT_IP + 1, KIT_FAR_IP, 0xe0000002, 0xe00000fb, 0x7f000001, 0x0a0000ff,
		0xc0a84d00,
	};

	for (unsigned i = 0; i < ARRAY_LEN(destinations); i++) {
		build(&(struct kit_ipv4){.src = KIT_PEER_IP + 40, .dst = destinations[i]});
		expect_dropped("ip_for_others");
	}
}

TEST(broadcasts_are_accepted)
{
	static const uint32_t destinations[] = {0xffffffff, KIT_NET_BROADCAST, IPV4_ADDR_ALL_HOSTS};

	for (unsigned i = 0; i < ARRAY_LEN(destinations); i++) {
		build(&(struct kit_ipv4){.eth_dst = KIT_BROADCAST_MAC, .dst = destinations[i]});
		expect_accepted();
	}
}

/* RFC 1122 3.3.6 */
TEST(a_link_broadcast_may_not_carry_a_unicast_packet)
{
	build(&(struct kit_ipv4){.eth_dst = KIT_BROADCAST_MAC});
	expect_dropped("ip_for_others");
}

/* RFC 9293 3.9.2.3, MUST-57 */
TEST(tcp_to_a_broadcast_is_dropped)
{
	const struct kit_ipv4 ip = {.eth_dst = KIT_BROADCAST_MAC, .dst = KIT_NET_BROADCAST};

	kit_build_tcp(&f, &ip, &(struct kit_tcp){.src_port = 1, .dst_port = 2, .flags = TCP_SYN},
		      NULL, 0);
	expect_dropped("ip_for_others");
}

TEST(without_an_address_nothing_is_for_us)
{
	struct kit bare;

	kit_open_bare(&bare, 1, NULL);
	build(&(struct kit_ipv4){.eth_dst = KIT_BROADCAST_MAC, .dst = 0xffffffff});
	kit_inject_frame(&bare, &f);
	assert_int_equal(kit_counter(&bare, "ip_for_others"), 1);
	kit_close(&bare);
}

/* --- options -------------------------------------------------------------------------------------------- */

static void build_with_options(const void *options, size_t len)
{
	build(&(struct kit_ipv4){.options = options, .options_len = len});
}

TEST(harmless_options_are_skipped)
{
	static const uint8_t record_route[8] = {7, 7, 4, 0, 0, 0, 0, 0};
	static const uint8_t unknown[8] = {0x5e, 5, 1, 2, 3, 1, 1, 0};
	static const uint8_t nops[40] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
					 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	static const uint8_t end_then_rubbish[8] = {0, 131, 1, 0, 0xff, 0xff, 0xff, 0xff};

	build_with_options(record_route, sizeof(record_route));
	expect_accepted();
	build_with_options(unknown, sizeof(unknown));
	expect_accepted();
	build_with_options(nops, sizeof(nops));
	expect_accepted();
	build_with_options(end_then_rubbish, sizeof(end_then_rubbish));
	expect_accepted();
}

/* Dropped, and RFC 1122 3.2.2.5: the sender is told where the trouble is, in an answer without
 * options, which quotes the packet as it came. */
static void expect_parameter_problem(uint8_t pointer)
{
	uint64_t before = kit_counter(&k, "ip_malformed");
	struct kit_sent *s;

	k.now_ns += NS_PER_S; /* such errors are a trickle */
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "ip_malformed"), before + 1);
	assert_int_equal(pcb.received.count, 0);
	s = kit_expect(&k);
	assert_true(s->is_icmp);
	assert_true(s->l4_checksum_ok);
	assert_int_equal(s->ip.header_len, IPV4_HEADER_LEN);
	assert_int_equal(s->icmp.type, ICMP_PARAMETER_PROBLEM);
	assert_int_equal(s->icmp.code, 0);
	assert_int_equal(s->icmp.rest, (uint32_t)pointer << 24);
	assert_int_equal(s->payload_len, f.len - ETH_HEADER_LEN);
	assert_memory_equal(s->payload, kit_l3(&f), s->payload_len);
	kit_sent_free(s);
	assert_int_equal(k.n_sent, 0);
}

TEST(option_lengths_0_1_and_past_the_end_are_dropped)
{
	static const struct {
		uint8_t bytes[4];
		uint8_t pointer;
	} bad[] = {
		{{7, 0, 0, 0}, 21},    /* length 0: an endless loop elsewhere */
		{{7, 1, 0, 0}, 21},    /* length 1 */
		{{7, 5, 0, 0}, 21},    /* one past the end */
		{{7, 255, 0, 0}, 21},
		{{1, 1, 1, 7}, 23},    /* no room for its length */
		{{1, 7, 4, 0}, 22},    /* one past the end, not at the start */
		{{131, 0, 4, 0}, 21},
	};

	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		const struct kit_ipv4 ip = {.options = bad[i].bytes, .options_len = 4};

		build_with_options(bad[i].bytes, 4);
		expect_parameter_problem(bad[i].pointer);
		/* What follows looks like the end of the options ... */
		kit_build_udp(&f, &ip, 0, 7, NULL, 0);
		expect_parameter_problem(bad[i].pointer);
		/* ... and here nothing follows: one byte further is outside the frame. */
		kit_build_ipv4(&f, &ip, 200, NULL, 0);
		expect_parameter_problem(bad[i].pointer);
	}
}

TEST(broken_options_of_errors_and_broadcasts_are_not_answered)
{
	const struct kit_ipv4 ip = {.options = "\7\0\0\0", .options_len = 4};
	struct kit_ipv4 all = ip;

	kit_build_icmp(&f, &ip, ICMP_UNREACHABLE, 1, 0, NULL, 0);
	expect_dropped("ip_malformed");
	kit_build_ipv4(&f, &ip, IP_PROTO_ICMP, NULL, 0); /* nobody knows what it is */
	expect_dropped("ip_malformed");
	all.eth_dst = KIT_BROADCAST_MAC;
	all.dst = KIT_NET_BROADCAST;
	build(&all);
	expect_dropped("ip_malformed");
}

TEST(source_routes_are_dropped_however_they_look)
{
	static const uint8_t routes[][12] = {
		{131, 7, 4, 10, 0, 0, 1, 0, 0, 0, 0, 0},  /* a right LSRR */
		{137, 7, 4, 10, 0, 0, 1, 0, 0, 0, 0, 0},  /* a right SSRR */
		{131, 7, 3, 10, 0, 0, 1, 0, 0, 0, 0, 0},  /* pointer under 4 */
		{131, 7, 0, 10, 0, 0, 1, 0, 0, 0, 0, 0},
		{137, 7, 200, 10, 0, 0, 1, 0, 0, 0, 0, 0},  /* pointer past the length */
		{131, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0},     /* no pointer at all */
		{131, 3, 4, 131, 3, 4, 137, 3, 4, 0, 0, 0}, /* duplicates */
		{1, 131, 7, 8, 10, 0, 0, 1, 0, 0, 0, 0},    /* used up, behind a NOP */
	};

	for (unsigned i = 0; i < ARRAY_LEN(routes); i++) {
		build_with_options(routes[i], 12);
		expect_dropped("ip_source_routed");
	}
}

/* The known attack: an error about such a packet copies its routes.  Here nothing is said. */
TEST(source_routes_provoke_no_icmp_error)
{
	static const uint8_t twice[16] = {131, 7, 4, 10, 0, 0, 1, 131, 7, 4, 10, 0, 0, 1, 0, 0};
	const struct kit_ipv4 ip = {.options = twice, .options_len = sizeof(twice)};

	kit_build_udp(&f, &ip, 4000, 9999, "x", 1); /* to a closed port */
	expect_dropped("ip_source_routed");
	kit_build_ipv4(&f, &ip, 200, "12345678", 8); /* an unknown protocol */
	expect_dropped("ip_source_routed");
	assert_int_equal(kit_counter(&k, "icmp_errors_out"), 0);
}

/* --- fragments and protocols ----------------------------------------------------------------------------- */

TEST(no_fragment_bits_at_all_is_fine)
{
	build(&(struct kit_ipv4){.no_flags = true});
	expect_accepted();
}

/* Protocol 4 and 41, nested: not unpacked; the sender is told once each. */
TEST(tunnels_are_not_unpacked)
{
	uint8_t inner[60];
	static const uint8_t protocols[] = {4, 41};

	build(NULL);
	memcpy(inner, kit_l3(&f), f.len - ETH_HEADER_LEN);
	for (unsigned i = 0; i < ARRAY_LEN(protocols); i++) {
		struct kit_sent *s;

		kit_build_ipv4(&f, NULL, protocols[i], inner, 33);
		kit_inject_frame(&k, &f);
		assert_int_equal(pcb.received.count, 0);
		assert_int_equal(kit_counter(&k, "ip_unknown_protocol"), i + 1);
		s = kit_expect(&k);
		assert_true(s->is_icmp);
		assert_int_equal(s->icmp.type, ICMP_UNREACHABLE);
		assert_int_equal(s->icmp.code, ICMP_UNREACH_PROTOCOL);
		kit_sent_free(s);
	}
	assert_int_equal(k.n_sent, 0);
}

/* Bytes without meaning, of every length, with a right first byte: no crash, nothing said. */
TEST(rubbish_is_survived)
{
	for (unsigned round = 0; round < 20000; round++) {
		uint8_t bytes[128];
		size_t len;

		k.kp.port.random(k.kp.port.ctx, bytes, sizeof(bytes));
		len = bytes[0] % 100;
		bytes[0] = (uint8_t)(0x45 + (round % 8 == 0 ? bytes[1] % 11 : 0));
		store_be16(bytes + 2, (uint16_t)(round % 3 == 0 ? len : load_be16(bytes + 2) % 120));
		store_be16(bytes + 6, round % 5 == 0 ? load_be16(bytes + 6) : 0);
		bytes[9] = (uint8_t)(round % 4 == 0 ? 17 : round % 4 == 1 ? 6 : 1);
		store_be32(bytes + 12, KIT_PEER_IP);
		store_be32(bytes + 16, KIT_IP);
		kit_build_eth(&f, NULL, NULL, ETH_TYPE_IPV4, bytes, len);
		if (len >= 20 && len >= (bytes[0] & 0xfu) * 4 && (bytes[0] & 0xf) >= 5) {
			kit_fix_ipv4(&f);
			if (round % 2 == 0)
				kit_fix_transport(&f);
		}
		kit_inject_frame(&k, &f);
		kit_sent_clear(&k);
		if (pcb.received.count > 0)
			pktbuf_queue_free(&pcb.received);
	}
	assert_int_equal(kit_counter(&k, "ip_in"), 20000);
}

/* --- out ------------------------------------------------------------------------------------------------- */

static struct pktbuf *packet(size_t len)
{
	struct pktbuf *pkt = pktbuf_alloc(&k.stack->frame_pool, PKTBUF_HEADROOM);

	memset(pktbuf_put(pkt, len), 0x42, len);
	return pkt;
}

static const struct kit_send to_peer = {
	.src = KIT_IP,
	.dst = KIT_PEER_IP,
	.protocol = 99,
	.tos = 0x10,
	.dont_fragment = true,
};

TEST(the_header_of_a_sent_packet)
{
	struct kit_sent *s;

	assert_int_equal(kit_output(k.stack, packet(11), &to_peer, k.now_ns), ERR_OK);
	s = kit_expect(&k);
	assert_true(s->is_ipv4);
	assert_true(s->ip_checksum_ok);
	assert_memory_equal(s->eth.dst, KIT_PEER_MAC, 6);
	assert_int_equal(s->ip.header_len, 20);
	assert_int_equal(s->ip.total_len, 31);
	assert_int_equal(s->ip.tos, 0x10);
	assert_int_equal(s->ip.ttl, 64);
	assert_int_equal(s->ip.protocol, 99);
	assert_int_equal(s->ip.fragment, IPV4_DF);
	assert_int_equal(s->ip.src, KIT_IP);
	assert_int_equal(s->ip.dst, KIT_PEER_IP);
	assert_int_equal(s->ip.id, 0); /* RFC 6864 4.1 */
	kit_sent_free(s);
	assert_int_equal(kit_counter(&k, "ip_out"), 1);
}

TEST(longer_than_the_mtu_with_df_is_refused)
{
	struct kit_sent *s;

	assert_int_equal(kit_output(k.stack, packet(1480), &to_peer, k.now_ns), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->len, 1514);
	kit_sent_free(s);
	assert_int_equal(kit_output(k.stack, packet(1481), &to_peer, k.now_ns), ERR_MSGSIZE);
	assert_int_equal(kit_counter(&k, "ip_too_big"), 1);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(k.stack->frame_pool.in_use, 0);
}

/* A large segment is measured by what IPv4's length field holds, not by the MTU. */
TEST(large_segments_go_to_the_device_whole)
{
	static const uint8_t payload[65000];
	struct pktbuf *pkt = packet(20);
	struct kit_sent *s;

	k.netif.features = NETIF_TX_CSUM | NETIF_TX_SG | NETIF_TX_TSO4;
	assert_true(pktbuf_add_piece(pkt, payload, sizeof(payload)));
	pkt->gso_size = 1448;
	assert_int_equal(kit_output(k.stack, pkt, &to_peer, k.now_ns), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->len, 14 + 20 + 20 + 65000);
	assert_int_equal(s->gso_size, 1448);
	kit_sent_free(s);
	pkt = packet(600);
	assert_true(pktbuf_add_piece(pkt, payload, sizeof(payload)));
	pkt->gso_size = 1448;
	assert_int_equal(kit_output(k.stack, pkt, &to_peer, k.now_ns), ERR_MSGSIZE);
}

TEST(no_route_frees_the_packet)
{
	struct kit_send how = to_peer;

	how.dst = 0xffffffff;
	assert_int_equal(kit_output(k.stack, packet(10), &how, k.now_ns), ERR_ACCES);
	assert_int_equal(k.stack->frame_pool.in_use, 0);
	assert_int_equal(kit_counter(&k, "ip_no_route"), 1);
	assert_int_equal(kit_counter(&k, "ip_out"), 0);
}

