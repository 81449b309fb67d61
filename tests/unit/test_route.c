/* SPDX-License-Identifier: MIT */
/* net/ip/route and the address configuration of net/net: who is a neighbour, who is behind which router,
 * and which addresses and routes are refused. */
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

#define A(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static struct kit k;
static struct ipv4_route route;

static void setup(void)
{
	kit_open_bare(&k, 1, NULL);
}

static void teardown(void)
{
	kit_close(&k);
}

FIXTURE(setup, teardown);

static int set(uint32_t ipv4, uint32_t mask)
{
	return net_set_ipv4(k.stack, &k.netif, ipv4, mask);
}

static int set_gateway(uint32_t gateway)
{
	return net_set_gateway(k.stack, &k.netif, gateway);
}

TEST(without_an_address_there_is_no_route)
{
	assert_int_equal(ipv4_route(k.stack, KIT_PEER_IP, &route), ERR_ADDRNOTAVAIL);
	assert_int_equal(kit_counter(&k, "ip_no_route"), 1);
}

TEST(neighbours_are_reached_directly)
{
	assert_int_equal(set(A(10, 1, 2, 3), 0xffff0000), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, A(10, 1, 200, 9), &route), ERR_OK);
	assert_ptr_equal(route.netif, &k.netif);
	assert_int_equal(route.src, A(10, 1, 2, 3));
	assert_int_equal(route.next_hop, A(10, 1, 200, 9));
	assert_int_equal(ipv4_route(k.stack, A(10, 2, 0, 1), &route), ERR_NETUNREACH);
}

TEST(all_others_are_behind_the_gateway)
{
	assert_int_equal(set(A(10, 1, 2, 3), 0xffff0000), ERR_OK);
	assert_int_equal(set_gateway(A(10, 1, 0, 1)), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, A(10, 2, 0, 1), &route), ERR_OK);
	assert_int_equal(route.next_hop, A(10, 1, 0, 1));
	assert_int_equal(route.src, A(10, 1, 2, 3));
	assert_int_equal(ipv4_route(k.stack, A(223, 255, 255, 255), &route), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, A(10, 1, 0, 1), &route), ERR_OK);
	assert_int_equal(route.next_hop, A(10, 1, 0, 1));
}

TEST(the_host_part_decides_at_the_mask_s_edge)
{
	assert_int_equal(set(A(192, 0, 2, 130), 0xffffffc0), ERR_OK); /* /26: .128-.191 */
	assert_int_equal(set_gateway(A(192, 0, 2, 129)), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, A(192, 0, 2, 190), &route), ERR_OK);
	assert_int_equal(route.next_hop, A(192, 0, 2, 190));
	assert_int_equal(ipv4_route(k.stack, A(192, 0, 2, 192), &route), ERR_OK);
	assert_int_equal(route.next_hop, A(192, 0, 2, 129));
	assert_int_equal(ipv4_route(k.stack, A(192, 0, 2, 127), &route), ERR_OK);
	assert_int_equal(route.next_hop, A(192, 0, 2, 129));
	assert_int_equal(ipv4_route(k.stack, A(192, 0, 2, 191), &route), ERR_ACCES);
	assert_int_equal(ipv4_route(k.stack, A(192, 0, 2, 128), &route), ERR_ACCES);
}

TEST(broadcast_multicast_and_loopback_are_not_sent)
{
	assert_int_equal(set(KIT_IP, KIT_MASK), ERR_OK);
	assert_int_equal(set_gateway(KIT_PEER_IP), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, 0xffffffff, &route), ERR_ACCES);
	assert_int_equal(ipv4_route(k.stack, KIT_NET_BROADCAST, &route), ERR_ACCES);
	assert_int_equal(ipv4_route(k.stack, A(224, 0, 0, 1), &route), ERR_NETUNREACH);
	assert_int_equal(ipv4_route(k.stack, A(240, 0, 0, 1), &route), ERR_NETUNREACH);
	assert_int_equal(ipv4_route(k.stack, A(127, 0, 0, 1), &route), ERR_NETUNREACH);
	assert_int_equal(ipv4_route(k.stack, 0, &route), ERR_NETUNREACH);
}

TEST(our_own_address_is_refused)
{
	assert_int_equal(set(KIT_IP, KIT_MASK), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, KIT_IP, &route), ERR_ADDRNOTAVAIL);
}

TEST(point_to_point_masks_have_no_broadcast)
{
	assert_int_equal(set(A(10, 0, 0, 0), 0xfffffffe), ERR_OK); /* RFC 3021 */
	assert_int_equal(ipv4_route(k.stack, A(10, 0, 0, 1), &route), ERR_OK);
	assert_int_equal(route.next_hop, A(10, 0, 0, 1));
	assert_int_equal(set(A(10, 0, 0, 5), 0xffffffff), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, A(10, 0, 0, 1), &route), ERR_NETUNREACH);
}

TEST(addresses_that_no_host_has_are_refused)
{
	static const uint32_t bad[] = {
		0, A(0, 1, 2, 3), A(127, 0, 0, 1), A(224, 0, 0, 5), A(240, 0, 0, 1), 0xffffffff,
		A(192, 168, 1, 0), A(192, 168, 1, 255),
	};

	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(set(bad[i], 0xffffff00), ERR_INVAL);
		assert_int_equal(k.netif.ipv4, 0);
	}
}

TEST(masks_with_holes_are_refused)
{
	static const uint32_t bad[] = {0x000000ff, 0xff00ff00, 0xfffffffd, 0x7fffffff, 1};

	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(set(KIT_IP, bad[i]), ERR_INVAL);
	assert_int_equal(set(KIT_IP, 0x80000000), ERR_OK);
}

TEST(the_gateway_must_be_a_host)
{
	static const uint32_t bad[] = {KIT_IP, 0, 0xffffffff, A(127, 0, 0, 1), A(224, 0, 0, 1),
				       A(0, 0, 0, 1), A(240, 0, 0, 1), KIT_IP & KIT_MASK, KIT_IP | ~KIT_MASK};

	assert_int_equal(set_gateway(KIT_PEER_IP), ERR_NETUNREACH); /* no address yet */
	assert_int_equal(set(KIT_IP, KIT_MASK), ERR_OK);
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(set_gateway(bad[i]), ERR_NETUNREACH);
	assert_int_equal(ipv4_route(k.stack, KIT_FAR_IP, &route), ERR_NETUNREACH);
	assert_int_equal(set_gateway(KIT_PEER_IP), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, KIT_FAR_IP, &route), ERR_OK);
}

/* --- more routes than one -------------------------------------------------------------------------- */

static int add(uint32_t dst, uint32_t mask, uint32_t router)
{
	return net_add_route(k.stack, &k.netif, dst, mask, router);
}

static uint32_t next_hop(uint32_t dst)
{
	return ipv4_route(k.stack, dst, &route) == ERR_OK ? route.next_hop : 0;
}

TEST(the_longest_prefix_is_taken)
{
	assert_int_equal(set(A(10, 1, 0, 5), 0xffffff00), ERR_OK);
	assert_int_equal(add(A(172, 16, 0, 0), 0xfff00000, A(10, 1, 0, 2)), ERR_OK);
	assert_int_equal(set_gateway(A(10, 1, 0, 1)), ERR_OK); /* the order does not matter */
	assert_int_equal(add(A(172, 16, 9, 9), 0xffffffff, A(10, 1, 0, 4)), ERR_OK);
	assert_int_equal(add(A(172, 16, 9, 0), 0xffffff00, A(10, 1, 0, 3)), ERR_OK);
	assert_int_equal(next_hop(A(172, 16, 9, 9)), A(10, 1, 0, 4));
	assert_int_equal(next_hop(A(172, 16, 9, 8)), A(10, 1, 0, 3));
	assert_int_equal(next_hop(A(172, 31, 255, 255)), A(10, 1, 0, 2));
	assert_int_equal(next_hop(A(172, 32, 0, 0)), A(10, 1, 0, 1));
	assert_int_equal(next_hop(A(10, 1, 0, 77)), A(10, 1, 0, 77));
}

/* Of the interface's own network a part may be behind a router; never what has a meaning of its own. */
TEST(a_part_of_our_own_network)
{
	assert_int_equal(set(A(10, 1, 0, 5), 0xffff0000), ERR_OK);
	assert_int_equal(add(A(10, 1, 8, 0), 0xfffff800, A(10, 1, 0, 2)), ERR_OK);
	assert_int_equal(add(A(10, 1, 0, 0), 0xffff0000, A(10, 1, 0, 3)), ERR_OK);
	assert_int_equal(add(A(10, 1, 255, 0), 0xffffff00, A(10, 1, 0, 3)), ERR_OK);
	assert_int_equal(next_hop(A(10, 1, 8, 1)), A(10, 1, 0, 2));
	assert_int_equal(next_hop(A(10, 1, 16, 1)), A(10, 1, 16, 1)); /* as long as ours: ours */
	assert_int_equal(ipv4_route(k.stack, A(10, 1, 255, 255), &route), ERR_ACCES);
	assert_int_equal(ipv4_route_broadcast(k.stack, A(10, 1, 255, 255), &route), ERR_OK);
	assert_true(route.broadcast);
	assert_int_equal(ipv4_route(k.stack, A(10, 1, 0, 5), &route), ERR_ADDRNOTAVAIL);
}

/* RFC 3442 as clouds use it: an address alone, and a gateway that the mask does not reach. */
TEST(a_gateway_outside_the_mask)
{
	assert_int_equal(set(A(10, 128, 0, 7), 0xffffffff), ERR_OK);
	assert_int_equal(add(A(10, 128, 0, 1), 0xffffffff, 0), ERR_OK);
	assert_int_equal(set_gateway(A(10, 128, 0, 1)), ERR_OK);
	assert_int_equal(next_hop(A(10, 128, 0, 1)), A(10, 128, 0, 1));
	assert_int_equal(next_hop(A(10, 128, 0, 2)), A(10, 128, 0, 1));
	assert_int_equal(next_hop(KIT_FAR_IP), A(10, 128, 0, 1));
	assert_int_equal(route.src, A(10, 128, 0, 7));
}

/* As hosters use it: nothing says that the gateway is on the link, but that it is the gateway. */
TEST(a_far_gateway)
{
	static const struct {
		uint32_t address, mask, gateway;
	} cases[] = {
		{A(203, 0, 113, 9), 0xffffffff, A(169, 254, 0, 1)}, /* link-local */
		{A(203, 0, 113, 9), 0xffffffff, A(10, 0, 0, 1)},
		{A(203, 0, 113, 9), 0xffffffff, A(203, 0, 113, 1)},
		{A(192, 168, 77, 2), 0xffffff00, A(192, 168, 78, 1)},
		{A(192, 168, 77, 2), 0xfffffffe, A(10, 0, 0, 1)},
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(set(cases[i].address, cases[i].mask), ERR_OK);
		assert_int_equal(set_gateway(cases[i].gateway), ERR_OK);
		assert_int_equal(next_hop(KIT_FAR_IP), cases[i].gateway);
		assert_int_equal(route.src, cases[i].address);
		assert_int_equal(next_hop(cases[i].gateway), cases[i].gateway);
		assert_true(ipv4_is_on_link(k.stack, &k.netif, cases[i].gateway));
		assert_false(ipv4_is_on_link(k.stack, &k.netif, cases[i].gateway + 1));
		net_clear_ipv4(k.stack, &k.netif);
	}
}

/* It is a neighbour whatever other route covers its address, but for one to it alone. */
TEST(far_routers_of_several_routes)
{
	assert_int_equal(set(A(203, 0, 113, 9), 0xffffffff), ERR_OK);
	assert_int_equal(set_gateway(A(10, 0, 0, 1)), ERR_OK);
	assert_int_equal(add(A(10, 0, 0, 0), 0xff000000, A(172, 16, 0, 1)), ERR_OK);
	assert_int_equal(next_hop(A(10, 0, 0, 1)), A(10, 0, 0, 1));
	assert_int_equal(next_hop(A(172, 16, 0, 1)), A(172, 16, 0, 1));
	assert_int_equal(next_hop(A(10, 0, 0, 2)), A(172, 16, 0, 1));
	assert_int_equal(add(A(10, 0, 0, 1), 0xffffffff, A(172, 16, 0, 1)), ERR_OK);
	assert_int_equal(next_hop(A(10, 0, 0, 1)), A(172, 16, 0, 1));
}

/* Who is on the link only by a route is asked, believed and answered like a neighbour. */
TEST(arp_with_a_gateway_outside_the_mask)
{
	struct kit_frame f;
	struct kit_sent *s;
	struct udp_pcb pcb = {.local.port = 5000};

	assert_int_equal(set(KIT_IP, 0xffffffff), ERR_OK);
	assert_int_equal(set_gateway(KIT_PEER_IP), ERR_OK);
	assert_int_equal(kit_udp_send(k.stack, &pcb, "x", 1, KIT_FAR_IP, 9, k.now_ns), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->arp.tpa, KIT_PEER_IP);
	kit_sent_free(s);
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REPLY, .spa = KIT_PEER_IP, .tpa = KIT_IP,
					    .tha = KIT_MAC});
	kit_inject_frame(&k, &f);
	s = kit_expect(&k);
	assert_true(s->is_udp);
	assert_memory_equal(s->eth.dst, KIT_PEER_MAC, 6);
	kit_sent_free(s);
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REQUEST, .spa = KIT_PEER_IP + 7,
					    .tpa = KIT_IP}); /* no neighbour by any route */
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "arp_ignored"), 1);
	kit_sent_clear(&k);
}

TEST(routes_that_make_no_sense)
{
	assert_int_equal(add(0, 0, KIT_PEER_IP), ERR_NETUNREACH); /* no address yet */
	assert_int_equal(add(A(10, 0, 0, 0), 0xff000000, 0), ERR_NETUNREACH);
	assert_int_equal(set(KIT_IP, KIT_MASK), ERR_OK);
	assert_int_equal(add(A(10, 0, 0, 0), 0xff00ff00, KIT_PEER_IP), ERR_INVAL);
	assert_int_equal(add(A(10, 0, 0, 1), 0xff000000, KIT_PEER_IP), ERR_INVAL);
	assert_int_equal(add(A(10, 0, 0, 0), 0xff000000, KIT_IP), ERR_NETUNREACH);
	assert_int_equal(add(A(10, 0, 0, 0), 0xff000000, A(127, 0, 0, 1)), ERR_NETUNREACH);
	assert_int_equal(add(A(10, 0, 0, 0), 0xff000000, 0xffffffff), ERR_NETUNREACH);
	assert_int_equal(k.stack->routes.n, 0);
}

TEST(the_table_is_bounded)
{
	assert_int_equal(set(KIT_IP, KIT_MASK), ERR_OK);
	for (uint32_t i = 0; i < IPV4_ROUTES_MAX; i++)
		assert_int_equal(add(A(10, i, 0, 0), 0xffff0000, KIT_PEER_IP), ERR_OK);
	assert_int_equal(set_gateway(KIT_PEER_IP), ERR_NOSPC);
	assert_int_equal(add(A(10, 7, 0, 0), 0xffff0000, KIT_PEER_IP + 5), ERR_OK); /* instead */
	assert_int_equal(next_hop(A(10, 7, 1, 1)), KIT_PEER_IP + 5);
	assert_int_equal(next_hop(A(10, 19, 1, 1)), KIT_PEER_IP);
	assert_int_equal(k.stack->routes.n, IPV4_ROUTES_MAX);
}

TEST(another_address_keeps_what_it_can_reach)
{
	assert_int_equal(set(KIT_IP, KIT_MASK), ERR_OK);
	assert_int_equal(set_gateway(KIT_PEER_IP), ERR_OK);
	assert_int_equal(set(KIT_IP + 1, KIT_MASK), ERR_OK);
	assert_int_equal(next_hop(KIT_FAR_IP), KIT_PEER_IP);
	assert_int_equal(set(KIT_PEER_IP, KIT_MASK), ERR_OK); /* we are the gateway now */
	assert_int_equal(next_hop(KIT_FAR_IP), 0);
	assert_int_equal(set(KIT_IP, KIT_MASK), ERR_OK);
	assert_int_equal(set_gateway(KIT_PEER_IP), ERR_OK);
	assert_int_equal(set(A(10, 0, 0, 5), KIT_MASK), ERR_OK);
	assert_int_equal(next_hop(KIT_FAR_IP), 0);
	assert_int_equal(set_gateway(A(10, 128, 0, 1)), ERR_OK); /* a far one was not on the old network */
	assert_int_equal(set(A(10, 0, 0, 6), KIT_MASK), ERR_OK);
	assert_int_equal(next_hop(KIT_FAR_IP), A(10, 128, 0, 1));
	assert_int_equal(set(A(10, 128, 0, 1), KIT_MASK), ERR_OK);
	assert_int_equal(next_hop(KIT_FAR_IP), 0);
}

