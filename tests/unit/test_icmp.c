/* SPDX-License-Identifier: MIT */
/* net/ip/icmp and net/ip/icmp_error: echoes answered, errors understood, errors sent; and what must be
 * ignored (HOSTILE: ICMP). */
#include "net/ip/icmp.h"
#include "net/socket.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

static struct kit k;
static struct kit_frame f;
static struct udp_pcb pcb; /* port 5000, connected to the peer's port 7 */

static void setup(void)
{
	kit_open(&k, 1, NULL);
	kit_teach_peer(&k);
	pcb = (struct udp_pcb){0};
	assert_int_equal(kit_udp_bind(k.stack, &pcb, 0, 5000), ERR_OK);
	kit_udp_connect(k.stack, &pcb, KIT_IP, KIT_PEER_IP, 7);
}

static void teardown(void)
{
	udp_unbind(k.stack, &pcb);
	kit_close(&k);
}

FIXTURE(setup, teardown);

/* --- echo -------------------------------------------------------------------------------------------- */

TEST(an_echo_is_answered_byte_for_byte)
{
	uint8_t payload[1472];
	static const size_t lens[] = {0, 1, 56, 57, 1472};

	for (unsigned i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 31 + 7);
	for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
		struct kit_sent *s;

		kit_build_icmp(&f, NULL, ICMP_ECHO, 0, 0x12340001 + i, payload, lens[i]);
		kit_inject_frame(&k, &f);
		s = kit_expect(&k);
		assert_true(s->is_icmp);
		assert_true(s->ip_checksum_ok);
		assert_true(s->l4_checksum_ok);
		assert_memory_equal(s->eth.dst, KIT_PEER_MAC, 6);
		assert_int_equal(s->ip.src, KIT_IP);
		assert_int_equal(s->ip.dst, KIT_PEER_IP);
		assert_int_equal(s->icmp.type, ICMP_ECHO_REPLY);
		assert_int_equal(s->icmp.code, 0);
		assert_int_equal(s->icmp.rest, 0x12340001 + i);
		assert_int_equal(s->payload_len, lens[i]);
		assert_memory_equal(s->payload, payload, lens[i]);
		kit_sent_free(s);
	}
	assert_int_equal(kit_counter(&k, "icmp_echo_answered"), ARRAY_LEN(lens));
}

/* RFC 1122 3.2.2.6: "MUST be prepared to reassemble and return the maximum-size": in pieces and back
 * in pieces. */
TEST(a_large_echo_comes_and_goes_in_fragments)
{
	static uint8_t message[8 + 5000], back[8 + 5000];
	size_t len = 0;

	message[0] = ICMP_ECHO;
	for (unsigned i = 4; i < sizeof(message); i++)
		message[i] = (uint8_t)(i * 13 + i / 256);
	store_be16(message + 2, kit_checksum(kit_sum(0, message, sizeof(message))));
	for (size_t at = 0; at < sizeof(message); at += 1480) {
		size_t n = MIN(sizeof(message) - at, 1480u);
		bool more = at + n < sizeof(message);
		const struct kit_ipv4 ip = {
			.fragment = (uint16_t)((more ? IPV4_MF : 0) | at / 8), .id = 3, .no_flags = true,
		};

		kit_build_ipv4(&f, &ip, IP_PROTO_ICMP, message + at, n);
		kit_inject_frame(&k, &f);
	}
	while (k.n_sent > 0) {
		struct kit_sent *s = kit_expect(&k);

		assert_int_equal((s->ip.fragment & IPV4_FRAGMENT_OFFSET) * 8, len);
		memcpy(back + len, s->l3 + 20, s->ip.total_len - 20u);
		len += s->ip.total_len - 20u;
		kit_sent_free(s);
	}
	assert_int_equal(len, sizeof(back));
	assert_int_equal(back[0], ICMP_ECHO_REPLY);
	assert_int_equal(kit_checksum(kit_sum(0, back, len)), 0);
	assert_memory_equal(back + 4, message + 4, len - 4);
}

TEST(an_answered_echo_is_logged)
{
	const struct kit_event *ev;

	kit_build_icmp(&f, NULL, ICMP_ECHO, 0, 0x12340005, "abcdefgh", 8);
	kit_inject_frame(&k, &f);
	kit_sent_clear(&k);
	ev = kit_event(&k.kp, EVENT_ICMP_ECHO, 0);
	assert_non_null(ev);
	assert_string_equal(kit_event_field(ev, "src"), "192.168.77.1");
	assert_string_equal(kit_event_field(ev, "id"), "4660");
	assert_string_equal(kit_event_field(ev, "icmp_seq"), "5");
	assert_string_equal(kit_event_field(ev, "len"), "16");
}

/* Every ping is answered; the log says ten a second at most. */
TEST(a_flood_of_pings_does_not_flood_the_log)
{
	for (unsigned i = 0; i < 1000; i++) {
		kit_build_icmp(&f, NULL, ICMP_ECHO, 0, i, NULL, 0);
		kit_inject_frame(&k, &f);
		k.now_ns += NS_PER_MS;
	}
	assert_int_equal(k.n_sent, 1000);
	assert_in_range(kit_event_count(&k.kp, EVENT_ICMP_ECHO), 10, 20);
	kit_sent_clear(&k);
}

/* The length is IPv4's: what lies behind it in the frame is not sent back. */
TEST(an_echo_shorter_than_its_frame_leaks_nothing)
{
	struct kit_sent *s;

	kit_build_icmp(&f, NULL, ICMP_ECHO, 0, 1, "1234", 4);
	memset(f.bytes + f.len, 0xee, 100);
	f.len += 100;
	kit_inject_frame(&k, &f);
	s = kit_expect(&k);
	assert_int_equal(s->payload_len, 4);
	assert_int_equal(s->len, 14 + 20 + 8 + 4);
	assert_memory_equal(s->payload, "1234", 4);
	kit_sent_free(s);
}

TEST(an_answer_waits_for_arp)
{
	const struct kit_ipv4 stranger = {.src = KIT_PEER_IP + 50};
	struct kit_sent *s;

	kit_build_icmp(&f, &stranger, ICMP_ECHO, 0, 1, NULL, 0);
	kit_inject_frame(&k, &f);
	s = kit_expect(&k);
	assert_true(s->is_arp);
	kit_sent_free(s);
	kit_advance(&k, 4 * NS_PER_S); /* nobody answers: nobody is told, nothing is kept */
	kit_sent_clear(&k);
	assert_int_equal(k.stack->frame_pool.in_use, 0);
}

TEST(broadcast_pings_are_not_answered)
{
	static const uint32_t destinations[] = {0xffffffff, KIT_NET_BROADCAST, IPV4_ADDR_ALL_HOSTS};

	for (unsigned i = 0; i < ARRAY_LEN(destinations); i++) {
		const struct kit_ipv4 ip = {.eth_dst = KIT_BROADCAST_MAC, .dst = destinations[i]};

		kit_build_icmp(&f, &ip, ICMP_ECHO, 0, 1, NULL, 0);
		kit_inject_frame(&k, &f);
	}
	assert_int_equal(kit_counter(&k, "icmp_ignored"), ARRAY_LEN(destinations));
	assert_int_equal(k.n_sent, 0);
}

TEST(no_memory_for_an_answer_is_survived)
{
	k.kp.fail_after = 0;
	kit_build_icmp(&f, NULL, ICMP_ECHO, 0, 1, NULL, 0);
	kit_inject_frame(&k, &f);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(kit_counter(&k, "icmp_echo_answered"), 0);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ICMP_ECHO), 0);
}

/* --- malformed and ignored ---------------------------------------------------------------------------- */

TEST(a_header_under_8_bytes_is_dropped)
{
	static const uint8_t echo[8] = {ICMP_ECHO};

	for (size_t len = 0; len < 8; len++) {
		kit_build_ipv4(&f, NULL, IP_PROTO_ICMP, echo, len);
		kit_fix_transport(&f);
		kit_inject_frame(&k, &f);
	}
	assert_int_equal(kit_counter(&k, "icmp_malformed"), 8);
	assert_int_equal(k.n_sent, 0);
}

TEST(a_bad_checksum_is_dropped)
{
	kit_build_icmp(&f, NULL, ICMP_ECHO, 0, 1, "abc", 3);
	f.bytes[f.len - 1] ^= 1;
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "icmp_bad_checksum"), 1);
	assert_int_equal(k.netif.counters.rx_csum_bad, 1);
	assert_int_equal(k.n_sent, 0);
}

TEST(redirect_quench_mask_and_others_are_ignored)
{
	static const uint8_t types[] = {ICMP_ECHO_REPLY, ICMP_SOURCE_QUENCH, ICMP_REDIRECT,
					6, 9, 10, 13, 14, 15, 16, 17, 18, 30, 255};
	struct ipv4_route before, after;
	uint8_t quoted[28] = {0x45};

	assert_int_equal(ipv4_route(k.stack, KIT_FAR_IP, &before), ERR_OK);
	for (unsigned i = 0; i < ARRAY_LEN(types); i++) {
		kit_build_icmp(&f, NULL, types[i], 1, KIT_PEER_IP + 9, quoted, sizeof(quoted));
		kit_inject_frame(&k, &f);
	}
	kit_build_icmp(&f, NULL, ICMP_ECHO, 3, 1, NULL, 0); /* an echo with a code is no echo */
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "icmp_ignored"), ARRAY_LEN(types) + 1);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(ipv4_route(k.stack, KIT_FAR_IP, &after), ERR_OK);
	assert_int_equal(before.next_hop, after.next_hop);
}

/* --- errors that come in ------------------------------------------------------------------------------ */

/* What the stack really sent to the peer's port 7, as it would be quoted. */
static size_t sent_datagram(uint8_t quoted[64])
{
	struct kit_sent *s;
	size_t len;

	assert_int_equal(kit_udp_send(k.stack, &pcb, "abcd", 4, KIT_PEER_IP, 7, k.now_ns), ERR_OK);
	s = kit_expect(&k);
	len = s->len - ETH_HEADER_LEN;
	assert_true(len <= 64);
	memcpy(quoted, s->l3, len);
	kit_sent_free(s);
	return len;
}

static void inject_error(uint8_t type, uint8_t code, const void *quoted, size_t len)
{
	kit_build_icmp(&f, NULL, type, code, 0, quoted, len);
	kit_inject_frame(&k, &f);
}

TEST(each_error_means_what_rfc_1122_says)
{
	static const struct {
		uint8_t type, code;
		int err;
	} rows[] = {
		{ICMP_UNREACHABLE, 0, ERR_NETUNREACH},  {ICMP_UNREACHABLE, 1, ERR_HOSTUNREACH},
		{ICMP_UNREACHABLE, 2, ERR_NOPROTOOPT},  {ICMP_UNREACHABLE, 3, ERR_CONNREFUSED},
		{ICMP_UNREACHABLE, 5, ERR_HOSTUNREACH}, {ICMP_UNREACHABLE, 6, ERR_NETUNREACH},
		{ICMP_UNREACHABLE, 7, ERR_HOSTUNREACH}, {ICMP_UNREACHABLE, 9, ERR_NETUNREACH},
		{ICMP_UNREACHABLE, 8, ERR_NETUNREACH},  {ICMP_UNREACHABLE, 10, ERR_HOSTUNREACH},
		{ICMP_UNREACHABLE, 11, ERR_NETUNREACH}, {ICMP_UNREACHABLE, 12, ERR_HOSTUNREACH},
		{ICMP_UNREACHABLE, 13, ERR_HOSTUNREACH}, {ICMP_UNREACHABLE, 14, ERR_HOSTUNREACH},
		{ICMP_UNREACHABLE, 15, ERR_HOSTUNREACH},
		{ICMP_UNREACHABLE, 200, ERR_HOSTUNREACH}, {ICMP_TIME_EXCEEDED, 0, ERR_HOSTUNREACH},
		{ICMP_TIME_EXCEEDED, 1, ERR_HOSTUNREACH}, {ICMP_PARAMETER_PROBLEM, 0, ERR_PROTO},
	};
	uint8_t quoted[64];
	size_t len = sent_datagram(quoted);

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		pcb.error = 0;
		inject_error(rows[i].type, rows[i].code, quoted, len);
		assert_int_equal(pcb.error, rows[i].err);
	}
	assert_int_equal(kit_counter(&k, "icmp_errors_in"), ARRAY_LEN(rows));
	assert_int_equal(k.n_sent, 0); /* never an error about an error */
}

TEST(each_error_is_called_by_its_name)
{
	static const struct {
		uint8_t type, code;
		const char *what;
	} rows[] = {
		{ICMP_UNREACHABLE, 0, "network unreachable"}, {ICMP_UNREACHABLE, 1, "host unreachable"},
		{ICMP_UNREACHABLE, 2, "protocol unreachable"}, {ICMP_UNREACHABLE, 5, "source route failed"},
		{ICMP_UNREACHABLE, 6, "network unknown"}, {ICMP_UNREACHABLE, 7, "host unknown"},
		{ICMP_UNREACHABLE, 8, "we are isolated"}, {ICMP_UNREACHABLE, 9, "network prohibited"},
		{ICMP_UNREACHABLE, 10, "host prohibited"},
		{ICMP_UNREACHABLE, 11, "network unreachable for this service"},
		{ICMP_UNREACHABLE, 12, "host unreachable for this service"},
		{ICMP_UNREACHABLE, 13, "communication prohibited"},
		{ICMP_UNREACHABLE, 14, "host precedence violation"},
		{ICMP_UNREACHABLE, 15, "precedence cutoff in effect"},
		{ICMP_UNREACHABLE, 16, "destination unreachable"},
		{ICMP_TIME_EXCEEDED, 0, "time exceeded"},
		{ICMP_TIME_EXCEEDED, 1, "fragment reassembly time exceeded"},
		{ICMP_TIME_EXCEEDED, 2, "time exceeded, of an unknown kind"},
		{ICMP_PARAMETER_PROBLEM, 0, "parameter problem"},
		{ICMP_PARAMETER_PROBLEM, 1, "parameter problem, a required option is missing"},
		{ICMP_PARAMETER_PROBLEM, 2, "parameter problem, bad length"},
		{ICMP_PARAMETER_PROBLEM, 3, "parameter problem, of an unknown kind"},
	};
	uint8_t quoted[64];
	size_t len = sent_datagram(quoted);

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		kit_events_clear(&k.kp);
		k.now_ns += 10 * NS_PER_S; /* or they would be too many for the log */
		inject_error(rows[i].type, rows[i].code, quoted, len);
		assert_int_equal(kit_event_count(&k.kp, EVENT_ICMP_ERROR), 1);
		assert_string_equal(kit_event_field(kit_event(&k.kp, EVENT_ICMP_ERROR, 0), "what"),
				    rows[i].what);
	}
}

TEST(an_error_is_logged_with_what_it_is_about)
{
	const struct kit_event *ev;
	uint8_t quoted[64];

	sent_datagram(quoted);
	inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_PORT, quoted, 28); /* header and 8 bytes */
	ev = kit_event(&k.kp, EVENT_ICMP_ERROR, 0);
	assert_non_null(ev);
	assert_string_equal(kit_event_field(ev, "src"), "192.168.77.1");
	assert_string_equal(kit_event_field(ev, "what"), "port unreachable");
	assert_string_equal(kit_event_field(ev, "type"), "3");
	assert_string_equal(kit_event_field(ev, "code"), "3");
	assert_string_equal(kit_event_field(ev, "dst"), "192.168.77.1:7");
}

/* A SYN that somebody on the way refuses ends the connect; one about another port does not. */
TEST(a_refused_syn_ends_the_connect)
{
	const struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, 80);
	int fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	int64_t err;
	struct kit_sent *s;

	assert_true(fd >= 0);
	assert_int_equal(sock_connect(k.stack, fd, &peer, k.now_ns), ERR_INPROGRESS);
	kit_poll(&k);
	s = kit_expect(&k);
	assert_true(s->is_tcp);
	store_be16((uint8_t *)s->l4 + TCP_OFF_SRC, s->tcp.src_port ^ 1);
	inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_PORT, s->l3, 28);
	assert_int_equal(sock_getsockopt(k.stack, fd, SOCK_SO_ERROR, &err), ERR_OK);
	assert_int_equal(err, 0);
	store_be16((uint8_t *)s->l4 + TCP_OFF_SRC, s->tcp.src_port);
	inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_PORT, s->l3, 28);
	assert_int_equal(sock_getsockopt(k.stack, fd, SOCK_SO_ERROR, &err), ERR_OK);
	assert_int_equal(err, ERR_CONNREFUSED);
	kit_sent_free(s);
}

TEST(errors_with_a_truncated_inner_packet_are_dropped)
{
	uint8_t quoted[64];

	sent_datagram(quoted);
	for (size_t len = 0; len < 28; len++)
		inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_PORT, quoted, len);
	assert_int_equal(kit_counter(&k, "icmp_malformed"), 28);
	assert_int_equal(pcb.error, 0);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ICMP_ERROR), 0);
	inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_PORT, quoted, 28);
	assert_int_equal(pcb.error, ERR_CONNREFUSED);
}

TEST(errors_with_a_wrong_inner_ihl_are_dropped)
{
	static const uint8_t firsts[] = {0x40, 0x44, 0x46, 0x4f, 0x55, 0x05};
	uint8_t quoted[64];

	sent_datagram(quoted);
	for (unsigned i = 0; i < ARRAY_LEN(firsts); i++) {
		quoted[0] = firsts[i]; /* 0x46: its eight bytes of transport are past the end */
		inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_PORT, quoted, 28);
	}
	assert_int_equal(kit_counter(&k, "icmp_malformed"), ARRAY_LEN(firsts));
	assert_int_equal(pcb.error, 0);
}

TEST(errors_about_what_we_did_not_send_are_ignored)
{
	uint8_t quoted[64], changed[64];

	sent_datagram(quoted);
	memcpy(changed, quoted, sizeof(changed));
	store_be32(changed + IPV4_OFF_SRC, KIT_PEER_IP); /* another sender */
	inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_PORT, changed, 32);
	assert_int_equal(kit_counter(&k, "icmp_ignored"), 1);
	memcpy(changed, quoted, sizeof(changed));
	store_be16(changed + IPV4_OFF_FRAGMENT, 5); /* the ports would be payload */
	inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_PORT, changed, 32);
	assert_int_equal(kit_counter(&k, "icmp_ignored"), 2);
	memcpy(changed, quoted, sizeof(changed));
	store_be16(changed + 20 + UDP_OFF_SRC, 5001); /* a port we do not have */
	inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_PORT, changed, 32);
	memcpy(changed, quoted, sizeof(changed));
	store_be16(changed + 20 + UDP_OFF_DST, 8); /* not who we talk to */
	inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_PORT, changed, 32);
	assert_int_equal(pcb.error, 0);
}

/* Our datagrams go with DF clear, so nobody can have had to drop one. */
TEST(fragmentation_needed_without_df_is_ignored)
{
	static const uint16_t mtus[] = {0, 1, 67, 68, 576, 1499, 1500, 9000, 0xffff};
	uint8_t quoted[64];
	size_t len = sent_datagram(quoted);

	for (unsigned i = 0; i < ARRAY_LEN(mtus); i++) {
		kit_build_icmp(&f, NULL, ICMP_UNREACHABLE, ICMP_UNREACH_FRAG_NEEDED, mtus[i], quoted,
			       len);
		kit_inject_frame(&k, &f);
	}
	assert_int_equal(pcb.error, 0);
	assert_int_equal(kit_counter(&k, "ip_pmtu_ignored"), ARRAY_LEN(mtus));
	assert_int_equal(k.netif.mtu, 1500);
}

TEST(a_flood_of_errors_does_not_flood_the_log)
{
	uint8_t quoted[64];
	size_t len = sent_datagram(quoted);

	for (unsigned i = 0; i < 1000; i++)
		inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_HOST, quoted, len);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ICMP_ERROR), 10);
	assert_int_equal(kit_counter(&k, "icmp_errors_in"), 1000);
}

/* --- errors that go out ---------------------------------------------------------------------------------- */

TEST(a_closed_udp_port_is_said_with_a_quote)
{
	struct kit_sent *s;

	kit_build_udp(&f, NULL, 4000, 9999, "payload", 7);
	kit_inject_frame(&k, &f);
	s = kit_expect(&k);
	assert_true(s->is_icmp);
	assert_true(s->ip_checksum_ok);
	assert_true(s->l4_checksum_ok);
	assert_int_equal(s->icmp.type, ICMP_UNREACHABLE);
	assert_int_equal(s->icmp.code, ICMP_UNREACH_PORT);
	assert_int_equal(s->icmp.rest, 0);
	assert_int_equal(s->ip.src, KIT_IP);
	assert_int_equal(s->ip.dst, KIT_PEER_IP);
	assert_int_equal(s->payload_len, f.len - ETH_HEADER_LEN);
	assert_memory_equal(s->payload, kit_l3(&f), s->payload_len);
	kit_sent_free(s);
	assert_int_equal(kit_counter(&k, "icmp_errors_out"), 1);
}

/* RFC 1812 4.3.2.3: at most 576 bytes in all. */
TEST(a_long_packet_is_quoted_in_part)
{
	static uint8_t payload[1400];
	struct kit_sent *s;

	kit_build_udp(&f, NULL, 4000, 9999, payload, sizeof(payload));
	kit_inject_frame(&k, &f);
	s = kit_expect(&k);
	assert_int_equal(s->ip.total_len, 576);
	assert_memory_equal(s->payload, kit_l3(&f), 548);
	kit_sent_free(s);
}

TEST(no_error_about_errors_broadcasts_and_fragments)
{
	static const uint8_t all_hosts[6] = {0x01, 0, 0x5e, 0, 0, 1};
	const struct kit_ipv4 broadcast = {.eth_dst = KIT_BROADCAST_MAC, .dst = KIT_NET_BROADCAST};
	const struct kit_ipv4 limited = {.eth_dst = KIT_BROADCAST_MAC, .dst = 0xffffffff};
	const struct kit_ipv4 sneaky = {.dst = KIT_NET_BROADCAST}; /* in a unicast frame */
	const struct kit_ipv4 multicast = {.eth_dst = all_hosts, .dst = IPV4_ADDR_ALL_HOSTS};
	const struct kit_ipv4 fragment = {.fragment = 8};
	const struct kit_ipv4 *const all[] = {&broadcast, &limited, &sneaky, &multicast, &fragment};

	for (unsigned i = 0; i < ARRAY_LEN(all); i++) {
		kit_build_udp(&f, all[i], 4000, 9999, "x", 1);
		kit_inject_frame(&k, &f);
		kit_build_ipv4(&f, all[i], 200, "12345678", 8);
		kit_inject_frame(&k, &f);
	}
	inject_error(ICMP_UNREACHABLE, ICMP_UNREACH_PORT, "short", 5);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(kit_counter(&k, "icmp_errors_out"), 0);
}

/* The same by hand, past ipv4_input, which drops most of these before. */
TEST(the_sender_of_errors_checks_for_itself)
{
	struct pktbuf *pkt = pktbuf_alloc(&k.stack->frame_pool, PKTBUF_HEADROOM);

	kit_build_udp(&f, NULL, 4000, 9999, "x", 1);
	memcpy(pktbuf_put(pkt, f.len - ETH_HEADER_LEN), kit_l3(&f), f.len - ETH_HEADER_LEN);
	pkt->netif = &k.netif;
	pkt->l3_off = PKTBUF_HEADROOM;
	pkt->flags = PKTBUF_LINK_BROADCAST;
	icmp_send_error(k.stack, pkt, ICMP_UNREACHABLE, ICMP_UNREACH_PORT, k.now_ns);
	assert_int_equal(k.n_sent, 0);
	pkt->flags = 0;
	pkt->data[IPV4_OFF_PROTOCOL] = IP_PROTO_ICMP;
	icmp_send_error(k.stack, pkt, ICMP_UNREACHABLE, ICMP_UNREACH_PORT, k.now_ns);
	assert_int_equal(k.n_sent, 0);
	pkt->data[IPV4_OFF_PROTOCOL] = IP_PROTO_UDP;
	store_be16(pkt->data + IPV4_OFF_FRAGMENT, 1);
	icmp_send_error(k.stack, pkt, ICMP_UNREACHABLE, ICMP_UNREACH_PORT, k.now_ns);
	assert_int_equal(k.n_sent, 0);
	store_be16(pkt->data + IPV4_OFF_FRAGMENT, 0);
	icmp_send_error(k.stack, pkt, ICMP_UNREACHABLE, ICMP_UNREACH_PORT, k.now_ns);
	assert_int_equal(k.n_sent, 1);
	kit_sent_clear(&k);
	pktbuf_free(pkt);
}

/* How many get through says nothing of how many were asked for: between half of the burst and all
 * of it, as the random source wills. */
TEST(errors_are_a_trickle)
{
	unsigned sent[20], different = 0, total = 0;

	kit_build_udp(&f, NULL, 4000, 9999, "x", 1);
	for (unsigned i = 0; i < ARRAY_LEN(sent); i++) {
		for (unsigned n = 0; n < 1000; n++)
			kit_inject_frame(&k, &f);
		sent[i] = k.n_sent;
		total += sent[i];
		assert_in_range(sent[i], 5, 10);
		different += sent[i] != sent[0];
		kit_sent_clear(&k);
		k.now_ns += 2 * NS_PER_S;
	}
	assert_true(different > 0);
	assert_int_equal(kit_counter(&k, "icmp_errors_out"), total);
	assert_int_equal(kit_counter(&k, "icmp_rate_limited"), ARRAY_LEN(sent) * 1000 - total);
}

