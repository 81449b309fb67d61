/* SPDX-License-Identifier: MIT */
/* Addresses of both families (base/net_addr.h), and what net/ip/ip.h makes of them. */
#include "base/net_addr.h"
#include "net/checksum.h"
#include "net/ip/ip.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

#define V4(a, b, c, d) {.family = NET_FAMILY_IPV4, .bytes = {a, b, c, d}}
#define V6(first, second, last) \
	{.family = NET_FAMILY_IPV6, .bytes = {[0] = (first), [1] = (second), [15] = (last)}}

enum { ANY = 1, MULTICAST = 2, LOOPBACK = 4, BROADCAST = 8, HOST = 16, LINK_LOCAL = 32 };

/* --- predicates -------------------------------------------------------------------------------------- */

static const struct row {
	const char *name;
	struct net_addr addr;
	unsigned is;
} rows[] = {
	{"none", {.family = NET_FAMILY_NONE}, ANY},
	{"0.0.0.0", V4(0, 0, 0, 0), ANY},
	{"0.0.0.1", V4(0, 0, 0, 1), 0},
	{"10.0.0.1", V4(10, 0, 0, 1), HOST},
	{"126.255.255.255", V4(126, 255, 255, 255), HOST},
	{"127.0.0.1", V4(127, 0, 0, 1), LOOPBACK},
	{"127.255.0.0", V4(127, 255, 0, 0), LOOPBACK},
	{"128.0.0.0", V4(128, 0, 0, 0), HOST},
	{"169.253.1.1", V4(169, 253, 1, 1), HOST},
	{"169.254.1.1", V4(169, 254, 1, 1), HOST | LINK_LOCAL},
	{"223.255.255.255", V4(223, 255, 255, 255), HOST},
	{"224.0.0.1", V4(224, 0, 0, 1), MULTICAST},
	{"239.255.255.255", V4(239, 255, 255, 255), MULTICAST},
	{"240.0.0.1", V4(240, 0, 0, 1), 0},
	{"254.128.0.0", V4(254, 128, 0, 0), 0},
	{"255.255.255.254", V4(255, 255, 255, 254), 0},
	{"255.255.255.255", V4(255, 255, 255, 255), BROADCAST},
	{"::", V6(0, 0, 0), ANY},
	{"::1", V6(0, 0, 1), LOOPBACK},
	{"::2", V6(0, 0, 2), HOST},
	{"7f00::1", V6(0x7f, 0, 1), HOST},
	{"2001::1", V6(0x20, 1, 1), HOST},
	{"a9fe::1", V6(0xa9, 0xfe, 1), HOST},
	{"e000::1", V6(0xe0, 0, 1), HOST},
	{"f000::1", V6(0xf0, 0, 1), HOST},
	{"fe7f::1", V6(0xfe, 0x7f, 1), HOST},
	{"fe80::1", V6(0xfe, 0x80, 1), HOST | LINK_LOCAL},
	{"febf::1", V6(0xfe, 0xbf, 1), HOST | LINK_LOCAL},
	{"fec0::1", V6(0xfe, 0xc0, 1), HOST},
	{"ff02::1", V6(0xff, 2, 1), MULTICAST},
	{"ffff:ffff::", {.family = NET_FAMILY_IPV6, .bytes = {0xff, 0xff, 0xff, 0xff}}, MULTICAST},
};

static void an_address_is_what_its_family_makes_of_it(const struct row *r)
{
	const struct net_addr *a = &r->addr;

	assert_int_equal(net_addr_is_any(a), !!(r->is & ANY));
	assert_int_equal(net_addr_is_multicast(a), !!(r->is & MULTICAST));
	assert_int_equal(net_addr_is_loopback(a), !!(r->is & LOOPBACK));
	assert_int_equal(net_addr_is_broadcast(a), !!(r->is & BROADCAST));
	assert_int_equal(net_addr_is_host(a), !!(r->is & HOST));
	assert_int_equal(net_addr_is_link_local(a), !!(r->is & LINK_LOCAL));
}
TEST_ROWS(an_address_is_what_its_family_makes_of_it, rows);

TEST(equal_addresses_have_the_family_and_each_byte_in_common)
{
	const struct net_addr a = V6(0x20, 1, 1), v4 = V4(0x20, 1, 0, 0);
	const struct net_addr v6_of_the_same_bytes = V6(0x20, 1, 0);

	for (unsigned i = 0; i < sizeof(a.bytes); i++) {
		struct net_addr b = a;

		assert_true(net_addr_equal(&a, &b));
		b.bytes[i] ^= 0x80;
		assert_false(net_addr_equal(&a, &b));
		assert_false(net_addr_is_any(&b));
	}
	assert_false(net_addr_equal(&v4, &v6_of_the_same_bytes));
}

TEST(equal_endpoints_have_the_port_in_common_too)
{
	struct net_endpoint a = net_endpoint_ipv4(KIT_IP, 80), b = a;

	assert_true(net_endpoint_equal(&a, &b));
	b.port = 81;
	assert_false(net_endpoint_equal(&a, &b));
	b = net_endpoint_ipv4(KIT_IP + 1, 80);
	assert_false(net_endpoint_equal(&a, &b));
}

/* --- the pseudo-header ---------------------------------------------------------------------------------- */

/* RFC 9293 3.1: addresses, a zero byte, the protocol, two bytes of length. */
TEST(the_pseudo_header_of_ipv4)
{
	static const struct net_addr src = V4(192, 0, 2, 1), dst = V4(198, 51, 100, 255);
	static const uint8_t header[] = {192, 0, 2, 1, 198, 51, 100, 255, 0, IP_PROTO_TCP, 5, 0xdc};

	assert_int_equal(checksum_fold(ip_pseudo_sum(&src, &dst, IP_PROTO_TCP, 1500)),
			 checksum_fold(checksum_sum(header, sizeof(header))));
}

/* RFC 8200 8.1: addresses, four bytes of length, three zero bytes, the next header. */
TEST(the_pseudo_header_of_ipv6)
{
	struct net_addr src = {.family = NET_FAMILY_IPV6}, dst = src;
	uint8_t header[40] = {0};

	for (unsigned i = 0; i < 16; i++) {
		header[i] = src.bytes[i] = (uint8_t)(0x20 + 7 * i);
		header[16 + i] = dst.bytes[i] = (uint8_t)(0xff - 3 * i);
	}
	store_be32(header + 32, 70000);
	header[39] = IP_PROTO_UDP;
	assert_int_equal(checksum_fold(ip_pseudo_sum(&src, &dst, IP_PROTO_UDP, 70000)),
			 checksum_fold(checksum_sum(header, sizeof(header))));
}

/* --- a stack ------------------------------------------------------------------------------------------------ */

TEST(only_an_address_of_an_interface_is_ours)
{
	struct kit k;
	const struct net_addr ours = net_addr_ipv4(KIT_IP), other = net_addr_ipv4(KIT_IP + 1);
	struct net_addr in_six = ours;

	in_six.family = NET_FAMILY_IPV6;
	kit_open(&k, 1, NULL);
	assert_true(ip_is_ours(k.stack, &ours));
	assert_false(ip_is_ours(k.stack, &other));
	assert_false(ip_is_ours(k.stack, &in_six));
	net_clear_ipv4(k.stack, &k.netif);
	assert_false(ip_is_ours(k.stack, &ours));
	kit_close(&k);
}

/* --- an interface's addresses ------------------------------------------------------------------------------- */

TEST(an_interface_has_addresses_of_both_families)
{
	struct kit k;
	const struct netif_addr six = {.addr = V6(0x20, 1, 1), .prefix_len = 64, .valid_until_ns = 5};
	const struct net_addr four = net_addr_ipv4(KIT_IP);
	const struct netif_addr *first;

	kit_open(&k, 1, NULL);
	assert_int_equal(ip_add_address(&k.netif, &six), ERR_OK);
	assert_int_equal(k.netif.n_addrs, 2);
	assert_true(ip_is_ours(k.stack, &six.addr));
	assert_true(ip_is_ours(k.stack, &four));
	first = ip_first_address(&k.netif, NET_FAMILY_IPV6);
	assert_int_equal(first->valid_until_ns, 5);
	first = ip_first_address(&k.netif, NET_FAMILY_IPV4);
	assert_true(net_addr_equal(&first->addr, &four));
	assert_int_equal(first->prefix_len, 24);
	assert_true(first->valid_until_ns == TIME_NEVER);
	net_clear_ipv4(k.stack, &k.netif);
	assert_int_equal(k.netif.ipv4 | k.netif.ipv4_mask, 0);
	assert_false(ip_is_ours(k.stack, &four));
	assert_true(ip_is_ours(k.stack, &six.addr));
	assert_null(ip_first_address(&k.netif, NET_FAMILY_IPV4));
	ip_remove_address(&k.netif, &six.addr);
	ip_remove_address(&k.netif, &six.addr);
	assert_int_equal(k.netif.n_addrs, 0);
	kit_close(&k);
}

/* Once more is another lifetime of the same one. */
TEST(an_address_is_in_the_list_once_and_the_list_is_short)
{
	struct netif n = {0};
	struct netif_addr a = {.addr = V6(0x20, 1, 1), .prefix_len = 64};

	assert_int_equal(ip_add_address(&n, &a), ERR_OK);
	a.prefix_len = 48;
	assert_int_equal(ip_add_address(&n, &a), ERR_OK);
	assert_int_equal(n.n_addrs, 1);
	assert_int_equal(ip_find_address(&n, &a.addr)->prefix_len, 48);
	for (unsigned i = 1; i < NETIF_ADDRS_MAX; i++) {
		a.addr.bytes[15]++;
		assert_int_equal(ip_add_address(&n, &a), ERR_OK);
	}
	assert_int_equal(ip_add_address(&n, &a), ERR_OK); /* the last again */
	a.addr.bytes[15]++;
	assert_int_equal(ip_add_address(&n, &a), ERR_NOSPC);
	assert_null(ip_find_address(&n, &a.addr));
	assert_int_equal(n.n_addrs, NETIF_ADDRS_MAX);
}

TEST(a_mask_is_a_prefix_length)
{
	static const uint32_t masks[] = {0xffffffff, 0xfffffffe, 0xffffff00, 0xfffff800, 0x80000000, 0};

	for (unsigned i = 0; i < ARRAY_LEN(masks); i++) {
		struct kit k;

		kit_open_bare(&k, 1, NULL);
		assert_int_equal(net_set_ipv4(k.stack, &k.netif, 0x0a0102fd, masks[i]), ERR_OK);
		assert_int_equal(k.netif.ipv4, 0x0a0102fd);
		assert_int_equal(k.netif.ipv4_mask, masks[i]);
		assert_int_equal(k.netif.n_addrs, 1);
		kit_close(&k);
	}
}

TEST(a_prefix_is_so_many_bits)
{
	struct net_addr a = V6(0x20, 0, 0), b = a, four = V4(0x20, 0, 0, 0);

	for (unsigned bit = 0; bit < 128; bit++) {
		b.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		for (unsigned len = 0; len <= 128; len++)
			assert_int_equal(ip_prefix_equal(&a, &b, (uint8_t)len), len <= bit);
		b = a;
	}
	assert_false(ip_prefix_equal(&a, &four, 8));
}

/* Nothing is sent in a family that there is no code for, and no packet is lost in it. */
TEST(an_unknown_family_is_refused)
{
	struct kit k;
	const struct net_addr six = V6(0x20, 1, 1), ours = V6(0x20, 1, 2);
	const struct ip_send how = {.src = &ours, .dst = &six, .protocol = IP_PROTO_UDP};
	struct ip_next_hop hop;
	struct ip_route route;

	kit_open(&k, 1, NULL);
	assert_int_equal(ip_route(k.stack, &six, &route), ERR_AFNOSUPPORT);
	assert_int_equal(ip_route_broadcast(k.stack, &six, &route), ERR_AFNOSUPPORT);
	assert_int_equal(ip_output(k.stack, ip_alloc(k.stack, 8), &how, 0), ERR_AFNOSUPPORT);
	assert_int_equal(ip_output_on_link(k.stack, &k.netif, ip_alloc(k.stack, 8), &how, 0),
			 ERR_AFNOSUPPORT);
	assert_false(ip_next_hop(k.stack, &six, 0, &hop));
	ip_negative_advice(k.stack, &six, 0);
	assert_int_equal(k.n_sent, 0);
	kit_close(&k); /* and every buffer is home */
}

TEST(a_next_hop_that_is_asked_for_shows_for_how_long)
{
	struct kit k;
	const struct net_addr ours = net_addr_ipv4(KIT_IP), peer = net_addr_ipv4(KIT_PEER_IP);
	const struct ip_send how = {.src = &ours, .dst = &peer, .protocol = IP_PROTO_UDP};
	struct ip_next_hop hop;

	kit_open(&k, 1, NULL);
	assert_true(ip_next_hop(k.stack, &peer, NS_PER_S, &hop));
	assert_int_equal(hop.unresolved_ns, 0);
	assert_int_equal(ip_output(k.stack, ip_alloc(k.stack, 8), &how, NS_PER_S), ERR_OK);
	assert_true(ip_next_hop(k.stack, &peer, NS_PER_S + 500, &hop));
	assert_int_equal(hop.unresolved_ns, 500);
	assert_non_null(hop.refused);
	kit_close(&k);
}
