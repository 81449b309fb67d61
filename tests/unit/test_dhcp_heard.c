/* SPDX-License-Identifier: MIT */
/* net/dhcp: what a stack without an address hears (RFC 2131 4.1). */
#include <string.h>

#include "net/socket.h"
#include "tests/lib/dhcp_test.h"

FIXTURE(dhcp_started, dhcp_close);

TEST(answers_by_broadcast_and_by_unicast)
{
	static const struct dk_way ways[] = {
		{.dst = IPV4_ADDR_BROADCAST, .eth_dst = KIT_BROADCAST_MAC},
		{.dst = IPV4_ADDR_BROADCAST},
		{.dst = KIT_IP},
		{.dst = KIT_IP, .eth_dst = KIT_BROADCAST_MAC},
		{.dst = KIT_IP, .src = KIT_FAR_IP}, /* a relay's neighbour is not where the server is */
	};

	for (unsigned i = 0; i < ARRAY_LEN(ways); i++) {
		struct dhcp_scene one;

		ds_open(&one, 1, NULL);
		kit_poll(&one.k);
		ds_expect(&one, DK_DISCOVER);
		dk_usual(&a, &one.said, DK_OFFER, KIT_IP);
		dk_send(&one.k, &a, &ways[i]);
		ds_expect(&one, DK_REQUEST);
		dk_usual(&a, &one.said, DK_ACK, KIT_IP);
		dk_send(&one.k, &a, &ways[i]);
		assert_int_equal(one.k.netif.ipv4, KIT_IP);
		ds_close(&one);
	}
}

static void inject_udp(uint32_t src, uint32_t dst, uint16_t src_port, uint16_t dst_port)
{
	struct kit_frame f;

	kit_build_udp(&f, &(struct kit_ipv4){.src = src, .dst = dst}, src_port, dst_port, "x", 1);
	kit_inject_frame(&s.k, &f);
}

/* A server behind what translates ports: other clients look at the port that it is sent to alone. */
TEST(an_answer_from_another_port)
{
	static const struct dk_way ways[] = {{.src_port = 1067}, {.src_port = 1067, .dst = KIT_IP}};

	for (unsigned i = 0; i < ARRAY_LEN(ways); i++) {
		struct dhcp_scene one;

		ds_open(&one, 1, NULL);
		kit_poll(&one.k);
		ds_expect(&one, DK_DISCOVER);
		dk_usual(&a, &one.said, DK_OFFER, KIT_IP);
		dk_send(&one.k, &a, &ways[i]);
		ds_expect(&one, DK_REQUEST);
		assert_string_equal(ds_event(&one, EVENT_DHCP_ODD, "problem"),
				    "it is not from a server's port (67)");
		dk_usual(&a, &one.said, DK_ACK, KIT_IP);
		a.bytes[4] ^= 1; /* of another transaction: not even looked at */
		dk_send(&one.k, &a, &ways[i]);
		assert_int_equal(one.k.netif.ipv4, 0);
		assert_int_equal(kit_counter(&one.k, "dhcp_in"), 1);
		a.bytes[4] ^= 1;
		dk_send(&one.k, &a, &ways[i]);
		assert_int_equal(one.k.netif.ipv4, KIT_IP);
		ds_close(&one);
	}
}

TEST(nothing_else_is_received)
{
	struct kit_frame f;

	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	inject_udp(0, KIT_IP, 67, 69);
	inject_udp(0, KIT_IP, 66, 68);
	inject_udp(0, IPV4_ADDR_BROADCAST, 53, 53);
	inject_udp(0, UINT32_C(0xe0000001), 67, 68);
	kit_build_icmp(&f, &(struct kit_ipv4){.dst = KIT_IP}, ICMP_ECHO, 0, 0, "ping", 4);
	kit_inject_frame(&s.k, &f);
	kit_build_tcp(&f, &(struct kit_ipv4){.dst = KIT_IP},
		      &(struct kit_tcp){.src_port = 67, .dst_port = 68, .flags = TCP_SYN}, NULL, 0);
	kit_inject_frame(&s.k, &f);
	assert_int_equal(counter("ip_for_others"), 6);
	/* fragments of what would be ours, and IP options before it, whose bytes look like the ports */
	dk_usual(&a, &s.said, DK_OFFER, KIT_IP);
	kit_build_udp(&f, &(struct kit_ipv4){.dst = KIT_IP, .fragment = IPV4_MF}, 67, 68, a.bytes,
		      a.len);
	kit_inject_frame(&s.k, &f);
	kit_build_udp(&f, &(struct kit_ipv4){.dst = KIT_IP, .options = "\0\x43\0\x44", .options_len = 4}, 67,
		      68, a.bytes, a.len);
	kit_inject_frame(&s.k, &f);
	assert_int_equal(counter("ip_for_others"), 8);
	kit_build_udp(&f, &(struct kit_ipv4){.dst = KIT_IP}, 67, 68, a.bytes, a.len);
	f.bytes[f.len - 1] ^= 1;
	kit_inject_frame(&s.k, &f);
	assert_int_equal(counter("udp_bad_checksum"), 1);
	inject_udp(0, KIT_IP, 67, 68); /* a message of one byte is none */
	assert_int_equal(counter("dhcp_ignored"), 1);
	assert_int_equal(s.k.n_sent, 0);
	assert_int_equal(counter("icmp_errors_out"), 0);
}

/* And nothing at all from a machine that does not ask: before, without a client, after. */
TEST(only_the_asking_socket_receives)
{
	struct kit bare;
	struct kit_frame f;

	inject_udp(0, KIT_IP, 67, 68); /* not polled yet */
	assert_int_equal(counter("ip_for_others"), 1);
	kit_open_bare(&bare, 1, NULL);
	kit_build_udp(&f, &(struct kit_ipv4){.dst = KIT_IP}, 67, 68, "x", 1);
	kit_inject_frame(&bare, &f);
	assert_int_equal(kit_counter(&bare, "ip_for_others"), 1);
	assert_true(net_next_deadline(bare.stack) == TIME_NEVER);
	kit_close(&bare);
	ds_bind(&s, KIT_IP, 3600);
	inject_udp(0, KIT_IP + 1, 67, 68);
	assert_int_equal(counter("ip_for_others"), 2);
	/* A late copy of the ACK is for us, and is no port unreachable either. */
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(counter("dhcp_ignored"), 1);
	ds_expect_silence(&s);
}

/* A socket of the user's at port 68 does not get what is the client's, but all else. */
TEST(a_socket_at_port_68)
{
	const struct net_endpoint local = net_endpoint_ipv4(0, 68);
	struct net_endpoint from;
	char buf[8];
	int fd = sock_socket(s.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);

	assert_int_equal(sock_bind(s.k.stack, fd, &local), ERR_OK);
	ds_bind(&s, KIT_IP, 3600);
	inject_udp(0, KIT_IP, 67, 68);
	assert_int_equal(sock_recvfrom(s.k.stack, fd, buf, sizeof(buf), &from, s.k.now_ns), ERR_AGAIN);
	inject_udp(0, KIT_IP, 1067, 68);
	assert_int_equal(sock_recvfrom(s.k.stack, fd, buf, sizeof(buf), &from, s.k.now_ns), 1);
}

/* The event names the server. */
TEST(who_sent_what_was_refused)
{
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	dk_begin(&a, &s.said, DK_OFFER, 0); /* of no address */
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 51, LEASE);
	dk_end(&a);
	send();
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_REFUSED), 1);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REFUSED, "server"), "192.168.77.1");
}
