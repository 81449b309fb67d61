/* SPDX-License-Identifier: MIT */
/* net/dhcp/lease: mask, routers, routes and MTU, onto the interface (RFC 2132 3.3, 3.5, 5.1, RFC 3442). */
#include <string.h>

#include "tests/lib/dhcp_test.h"

FIXTURE(dhcp_started, dhcp_close);

/* Binds with this ACK's options behind server, and lease. */
static void bind_with(uint32_t yiaddr, void (*options)(void))
{
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	for (uint8_t type = DK_OFFER; type <= DK_ACK; type += DK_ACK - DK_OFFER) {
		dk_begin(&a, &s.said, type, yiaddr);
		dk_option_u32(&a, 54, DHCP_KIT_SERVER);
		dk_option_u32(&a, 51, 3600);
		options();
		dk_end(&a);
		dk_send(&s.k, &a, NULL);
		if (type == DK_OFFER)
			ds_expect(&s, DK_REQUEST);
	}
	assert_int_equal(s.k.netif.ipv4, yiaddr);
}

static uint32_t next_hop(uint32_t dst)
{
	struct ipv4_route route;

	return ipv4_route(s.k.stack, dst, &route) == ERR_OK ? route.next_hop : 0;
}

static void options_of_a_cloud(void)
{
	dk_option_u32(&a, 1, UINT32_MAX);
	dk_option_u32(&a, 3, UINT32_C(0x0a800001));
	/* 10.128.0.1/32 on the link, 0/0 by it; not in that order */
	dk_option(&a, 121, "\0\x0a\x80\0\1" "\x20\x0a\x80\0\1\0\0\0\0", 14);
}

TEST(a_gateway_outside_the_mask)
{
	bind_with(UINT32_C(0x0a800007), options_of_a_cloud);
	assert_int_equal(s.k.netif.ipv4_mask, UINT32_MAX);
	assert_int_equal(ds_lease(&s)->gateway, UINT32_C(0x0a800001));
	assert_int_equal(ds_lease(&s)->n_routes, 2);
	assert_int_equal(next_hop(UINT32_C(0x0a800001)), UINT32_C(0x0a800001));
	assert_int_equal(next_hop(UINT32_C(0x0a800009)), UINT32_C(0x0a800001));
	assert_int_equal(next_hop(KIT_FAR_IP), UINT32_C(0x0a800001));
}

static void options_of_a_host_mask(void)
{
	dk_option_u32(&a, 1, UINT32_MAX);
	dk_option_u32(&a, 3, KIT_PEER_IP);
}

TEST(a_host_mask_and_a_router)
{
	bind_with(KIT_IP, options_of_a_host_mask);
	assert_int_equal(ds_lease(&s)->gateway, KIT_PEER_IP);
	assert_int_equal(next_hop(KIT_FAR_IP), KIT_PEER_IP);
	assert_int_equal(next_hop(KIT_IP + 1), KIT_PEER_IP);
}

static void options_of_a_terse_cloud(void)
{
	dk_option_u32(&a, 1, UINT32_MAX);
	dk_option(&a, 121, "\0\x0a\x80\0\1", 5); /* 0/0 by 10.128.0.1, and how that is reached is not said */
}

TEST(a_host_mask_and_a_classless_route)
{
	bind_with(UINT32_C(0x0a800007), options_of_a_terse_cloud);
	assert_int_equal(ds_lease(&s)->gateway, UINT32_C(0x0a800001));
	assert_int_equal(ds_lease(&s)->n_routes, 1);
	assert_int_equal(next_hop(UINT32_C(0x0a800001)), UINT32_C(0x0a800001));
	assert_int_equal(next_hop(KIT_FAR_IP), UINT32_C(0x0a800001));
}

static void options_classless_and_a_router(void)
{
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 3, KIT_PEER_IP);
	/* 10.0.0.0/8 by .9; 172.16.0.0/12 by somebody who is not on the link */
	dk_option(&a, 121, "\x08\x0a\xc0\xa8\x4d\x09" "\x0c\xac\x10\x0a\0\0\1", 13);
}

/* RFC 3442: "MUST ignore the Router option". */
TEST(classless_routes_stand_for_the_router)
{
	bind_with(KIT_IP, options_classless_and_a_router);
	assert_int_equal(ds_lease(&s)->gateway, 0);
	assert_int_equal(ds_lease(&s)->n_routes, 2);
	assert_int_equal(next_hop(UINT32_C(0x0a010203)), KIT_PEER_IP + 8);
	assert_int_equal(next_hop(UINT32_C(0xac100001)), UINT32_C(0x0a000001)); /* a far one */
	assert_int_equal(next_hop(UINT32_C(0x0a000001)), UINT32_C(0x0a000001));
	assert_int_equal(next_hop(KIT_FAR_IP), 0);
}

static void options_classless_by_none(void)
{
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option(&a, 121, "\x08\x0a\xe0\0\0\1" "\x08\x0b\xc0\xa8\x4d\2", 12);
}

/* What is no host's address, or our own, is no router. */
TEST(a_route_by_what_is_no_router)
{
	bind_with(KIT_IP, options_classless_by_none);
	assert_int_equal(ds_lease(&s)->n_routes, 0);
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_UNUSABLE), 2);
	assert_string_equal(ds_event(&s, EVENT_DHCP_UNUSABLE, "problem"),
			    "the router of a route cannot be one");
}

static void options_router_off_the_link(void)
{
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option(&a, 3, "\x0a\0\0\1\xc0\xa8\x4d\xfe", 8);
}

static void options_only_a_router_off_the_link(void)
{
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 3, UINT32_C(0x0a000001));
}

static void options_a_host_mask_and_a_link_local_router(void)
{
	dk_option_u32(&a, 1, UINT32_MAX);
	dk_option_u32(&a, 3, UINT32_C(0xa9fe0001));
}

static void options_a_router_that_is_ourselves(void)
{
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 3, KIT_IP);
}

static void begin_anew(void)
{
	net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
	assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
}

/* One that is on our network goes first; else the first, through the interface that it came on. */
TEST(a_router_that_is_not_on_the_link)
{
	bind_with(KIT_IP, options_router_off_the_link);
	assert_int_equal(ds_lease(&s)->gateway, UINT32_C(0xc0a84dfe)); /* the next one */
	begin_anew();
	bind_with(KIT_IP, options_only_a_router_off_the_link);
	assert_int_equal(ds_lease(&s)->gateway, UINT32_C(0x0a000001));
	assert_int_equal(next_hop(KIT_FAR_IP), UINT32_C(0x0a000001));
	assert_int_equal(next_hop(UINT32_C(0x0a000001)), UINT32_C(0x0a000001));
	assert_int_equal(next_hop(KIT_IP + 1), KIT_IP + 1);
	begin_anew();
	bind_with(KIT_IP, options_a_host_mask_and_a_link_local_router);
	assert_int_equal(ds_lease(&s)->gateway, UINT32_C(0xa9fe0001));
	assert_int_equal(next_hop(KIT_FAR_IP), UINT32_C(0xa9fe0001));
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_UNUSABLE), 0);
	begin_anew();
	bind_with(KIT_IP, options_a_router_that_is_ourselves);
	assert_int_equal(ds_lease(&s)->gateway, 0);
	assert_string_equal(ds_event(&s, EVENT_DHCP_UNUSABLE, "problem"), "the router cannot be one");
	assert_string_equal(ds_event(&s, EVENT_DHCP_UNUSABLE, "ip"), "192.168.77.2");
}

static void options_none(void)
{
}

static void options_a_wide_router(void)
{
	dk_option_u32(&a, 3, UINT32_C(0xc0a80001));
}

static void options_a_router_elsewhere(void)
{
	dk_option_u32(&a, 3, UINT32_C(0x0a000001));
}

/* An address that ends as a broadcast does in the network that is usual: it is of a larger one. */
TEST(without_a_mask_at_the_end_of_a_network)
{
	static const struct {
		uint32_t address, mask;
	} cases[] = {
		{UINT32_C(0x0a0100ff), 0xfffffe00}, {UINT32_C(0x0a0101ff), 0xfffffc00},
		{UINT32_C(0x0a010100), 0xfffffe00},
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		bind_with(cases[i].address, options_none);
		assert_int_equal(s.k.netif.ipv4_mask, cases[i].mask);
		begin_anew();
	}
}

TEST(without_a_mask)
{
	static const struct {
		void (*options)(void);
		uint32_t mask, gateway;
	} cases[] = {
		{options_none, 0xffffff00, 0},
		{options_a_wide_router, 0xffff8000, UINT32_C(0xc0a80001)},
		{options_a_router_elsewhere, 0xffffff00, UINT32_C(0x0a000001)},
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		bind_with(KIT_IP, cases[i].options);
		assert_int_equal(s.k.netif.ipv4_mask, cases[i].mask);
		assert_int_equal(ds_lease(&s)->gateway, cases[i].gateway);
		net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
		assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
	}
}

static uint16_t said_mtu;

static void options_mtu(void)
{
	uint8_t bytes[2];

	store_be16(bytes, said_mtu);
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option(&a, 26, bytes, 2);
}

TEST(mtus_and_their_bounds)
{
	static const struct {
		uint16_t said, usable;
	} cases[] = {{1400, 1400}, {576, 576}, {575, 1500}, {68, 1500}, {0, 1500}, {1500, 1500},
		     {1501, 1500}, {9000, 1500}, {65535, 1500}};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		said_mtu = cases[i].said;
		bind_with(KIT_IP, options_mtu);
		assert_int_equal(s.k.netif.mtu, cases[i].usable);
		assert_int_equal(ds_lease(&s)->mtu,
				 cases[i].said == cases[i].usable ? cases[i].said : 0);
		assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_ODD),
				 cases[i].said != cases[i].usable && cases[i].said != 0);
		kit_events_clear(&s.k.kp);
		net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
		assert_int_equal(s.k.netif.mtu, 1500);
		assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
	}
}

