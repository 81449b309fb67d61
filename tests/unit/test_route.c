/* net/route and the address configuration of net/net: who is a neighbour, who is behind the
 * gateway, and which addresses are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/stack_kit.h"

#define A(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static struct kit k;
static struct ipv4_route route;

static int setup(void **state)
{
	(void)state;
	kit_open_bare(&k, 1, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_close(&k);
	return 0;
}

static int set(uint32_t ipv4, uint32_t mask)
{
	return net_set_ipv4(k.stack, &k.netif, ipv4, mask);
}

static int set_gateway(uint32_t gateway)
{
	return net_set_gateway(k.stack, &k.netif, gateway);
}

static void without_an_address_there_is_no_route(void **state)
{
	(void)state;
	assert_int_equal(ipv4_route(k.stack, KIT_PEER_IP, &route), ERR_ADDRNOTAVAIL);
	assert_int_equal(kit_counter(&k, "ip_no_route"), 1);
}

static void neighbours_are_reached_directly(void **state)
{
	(void)state;
	assert_int_equal(set(A(10, 1, 2, 3), 0xffff0000), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, A(10, 1, 200, 9), &route), ERR_OK);
	assert_ptr_equal(route.netif, &k.netif);
	assert_int_equal(route.src, A(10, 1, 2, 3));
	assert_int_equal(route.next_hop, A(10, 1, 200, 9));
	assert_int_equal(ipv4_route(k.stack, A(10, 2, 0, 1), &route), ERR_NETUNREACH);
}

static void everybody_else_is_behind_the_gateway(void **state)
{
	(void)state;
	assert_int_equal(set(A(10, 1, 2, 3), 0xffff0000), ERR_OK);
	assert_int_equal(set_gateway(A(10, 1, 0, 1)), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, A(10, 2, 0, 1), &route), ERR_OK);
	assert_int_equal(route.next_hop, A(10, 1, 0, 1));
	assert_int_equal(route.src, A(10, 1, 2, 3));
	assert_int_equal(ipv4_route(k.stack, A(223, 255, 255, 255), &route), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, A(10, 1, 0, 1), &route), ERR_OK);
	assert_int_equal(route.next_hop, A(10, 1, 0, 1));
}

static void the_host_part_decides_at_the_mask_s_edge(void **state)
{
	(void)state;
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

static void broadcast_multicast_and_loopback_are_not_sent(void **state)
{
	(void)state;
	assert_int_equal(set(KIT_IP, KIT_MASK), ERR_OK);
	assert_int_equal(set_gateway(KIT_PEER_IP), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, 0xffffffff, &route), ERR_ACCES);
	assert_int_equal(ipv4_route(k.stack, KIT_NET_BROADCAST, &route), ERR_ACCES);
	assert_int_equal(ipv4_route(k.stack, A(224, 0, 0, 1), &route), ERR_NETUNREACH);
	assert_int_equal(ipv4_route(k.stack, A(240, 0, 0, 1), &route), ERR_NETUNREACH);
	assert_int_equal(ipv4_route(k.stack, A(127, 0, 0, 1), &route), ERR_NETUNREACH);
	assert_int_equal(ipv4_route(k.stack, 0, &route), ERR_NETUNREACH);
}

static void our_own_address_is_refused(void **state)
{
	(void)state;
	assert_int_equal(set(KIT_IP, KIT_MASK), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, KIT_IP, &route), ERR_ADDRNOTAVAIL);
}

static void point_to_point_masks_have_no_broadcast(void **state)
{
	(void)state;
	assert_int_equal(set(A(10, 0, 0, 0), 0xfffffffe), ERR_OK); /* RFC 3021 */
	assert_int_equal(ipv4_route(k.stack, A(10, 0, 0, 1), &route), ERR_OK);
	assert_int_equal(route.next_hop, A(10, 0, 0, 1));
	assert_int_equal(set(A(10, 0, 0, 5), 0xffffffff), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, A(10, 0, 0, 1), &route), ERR_NETUNREACH);
}

static void addresses_that_no_host_has_are_refused(void **state)
{
	static const uint32_t bad[] = {
		0, A(0, 1, 2, 3), A(127, 0, 0, 1), A(224, 0, 0, 5), A(240, 0, 0, 1), 0xffffffff,
		A(192, 168, 1, 0), A(192, 168, 1, 255),
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(set(bad[i], 0xffffff00), ERR_INVAL);
		assert_int_equal(k.netif.ipv4, 0);
	}
}

static void masks_with_holes_are_refused(void **state)
{
	static const uint32_t bad[] = {0x000000ff, 0xff00ff00, 0xfffffffd, 0x7fffffff, 1};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(set(KIT_IP, bad[i]), ERR_INVAL);
	assert_int_equal(set(KIT_IP, 0x80000000), ERR_OK);
}

static void the_gateway_must_be_a_neighbour(void **state)
{
	(void)state;
	assert_int_equal(set_gateway(KIT_PEER_IP), ERR_NETUNREACH); /* no address yet */
	assert_int_equal(set(KIT_IP, KIT_MASK), ERR_OK);
	assert_int_equal(set_gateway(A(192, 168, 78, 1)), ERR_NETUNREACH);
	assert_int_equal(set_gateway(KIT_IP), ERR_NETUNREACH);
	assert_int_equal(set_gateway(0), ERR_NETUNREACH);
	assert_int_equal(ipv4_route(k.stack, KIT_FAR_IP, &route), ERR_NETUNREACH);
	assert_int_equal(set_gateway(KIT_PEER_IP), ERR_OK);
	assert_int_equal(ipv4_route(k.stack, KIT_FAR_IP, &route), ERR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_an_address_there_is_no_route),
		TEST(neighbours_are_reached_directly),
		TEST(everybody_else_is_behind_the_gateway),
		TEST(the_host_part_decides_at_the_mask_s_edge),
		TEST(broadcast_multicast_and_loopback_are_not_sent),
		TEST(our_own_address_is_refused),
		TEST(point_to_point_masks_have_no_broadcast),
		TEST(addresses_that_no_host_has_are_refused),
		TEST(masks_with_holes_are_refused),
		TEST(the_gateway_must_be_a_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
