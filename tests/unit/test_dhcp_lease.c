/* SPDX-License-Identifier: MIT */
/* net/dhcp: from the address on (RFC 2131 4.4.5): renewing, rebinding, the lease's end, a server that
 * says no. */
#include <stdio.h>
#include <string.h>

#include "net/link/neigh.h"
#include "net/socket.h"
#include "tests/lib/dhcp_test.h"

FIXTURE(dhcp_bound, dhcp_close);

/* --- renewing and rebinding ---------------------------------------------------------------------- */

TEST(at_t1_the_server_is_asked)
{
	uint32_t xid = s.said.xid;

	ds_wait(&s, DK_REQUEST, LEASE_NS);
	assert_in_range(since_bound(), T1_NS * 15 / 16, T1_NS);
	assert_true(s.said.xid != xid);
	assert_int_equal(s.said.src, KIT_IP);
	assert_int_equal(s.said.dst, DHCP_KIT_SERVER);
	assert_false(s.said.broadcast_dst);
	assert_int_equal(s.said.ciaddr, KIT_IP);
	assert_int_equal(s.said.requested | s.said.server_id, 0); /* 4.3.6, table 4 */
	assert_int_equal(s.said.secs, 0);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REQUEST, "reason"), "renewing");
	bound_ns = s.said.t_ns; /* the next lease counts from here */
	kit_advance(&s.k, NS_PER_S);
	ds_ack(&s, KIT_IP, LEASE);
	assert_int_equal(ds_reached(&s), NET_DHCP_BOUND);
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_ADDR_SET), 1); /* the first time */
	ds_wait(&s, DK_REQUEST, LEASE_NS);
	assert_in_range(since_bound(), T1_NS * 15 / 16, T1_NS);
}

/* The next of our REQUESTs to everybody, or to the server; 0: the lease is over before it. */
static uint64_t next_request(bool broadcast_dst)
{
	while (s.k.netif.ipv4 != 0) {
		struct kit_sent *sent = kit_take(&s.k);
		bool dhcp = sent != NULL && dk_read(sent, &s.said);

		kit_sent_free(sent);
		if (dhcp) {
			assert_int_equal(s.said.type, DK_REQUEST);
			assert_int_equal(s.said.ciaddr, KIT_IP);
			assert_int_equal(s.said.requested | s.said.server_id, 0);
			assert_int_equal(s.said.src, KIT_IP);
			assert_int_equal(s.said.broadcast_dst, broadcast_dst || s.said.broadcast_dst);
			return since_bound();
		}
		if (sent == NULL)
			kit_advance(&s.k, net_next_deadline(s.k.stack) - s.k.now_ns);
	}
	return 0;
}

/* Waits between `before` and `at` as RFC 2131 4.4.5 has it for a state that ends at `end`. */
static void expect_half_of_the_rest(uint64_t before_ns, uint64_t at_ns, uint64_t end_ns)
{
	uint64_t left_ns = end_ns - before_ns;
	uint64_t wait_ns = MIN(MAX(left_ns / 2, 60 * NS_PER_S), left_ns);

	assert_in_range(at_ns - before_ns, wait_ns - 2 * NS_PER_S, wait_ns + wait_ns / 16 + NS_PER_S);
}

/* 4.4.5: T1 is fuzzy, so that machines that began together do not renew together. */
TEST(no_two_machines_renew_in_step)
{
	uint64_t seen[8];

	for (unsigned i = 0; i < ARRAY_LEN(seen); i++) {
		struct dhcp_scene one;

		ds_open(&one, 100 + i, NULL);
		one.k.answer_arp = true;
		ds_bind(&one, KIT_IP, LEASE);
		ds_wait(&one, DK_REQUEST, LEASE_NS);
		seen[i] = one.said.t_ns;
		ds_close(&one);
		for (unsigned j = 0; j < i; j++)
			assert_true(seen[j] != seen[i]);
	}
}

/* Half of what is left, at least a minute; then everybody, the same way; then the end. */
TEST(a_server_that_is_gone)
{
	uint64_t t_ns[32] = {0}, t2_ns = 0, first_ns;
	unsigned renewals = 0, rebinds = 0;

	while ((t_ns[renewals] = next_request(false)) != 0 && !s.said.broadcast_dst)
		assert_true(++renewals < 16);
	first_ns = t_ns[0];
	t2_ns = t_ns[renewals];
	assert_in_range(first_ns, T1_NS * 15 / 16, T1_NS);
	assert_in_range(t2_ns, T2_NS - (T2_NS - T1_NS) / 16, T2_NS);
	for (unsigned i = 1; i < renewals; i++)
		expect_half_of_the_rest(t_ns[i - 1], t_ns[i], t2_ns);
	assert_in_range(renewals, 4, 6);

	for (t_ns[0] = t2_ns; t_ns[rebinds] != 0; t_ns[rebinds] = next_request(true)) {
		assert_int_equal(s.said.secs, (since_bound() - first_ns) / NS_PER_S);
		assert_int_equal(s.said.dst, 0xffffffff);
		assert_true(++rebinds < 16);
	}
	for (unsigned i = 1; i < rebinds; i++)
		expect_half_of_the_rest(t_ns[i - 1], t_ns[i], LEASE_NS);
	assert_in_range(rebinds, 3, 5);
	assert_int_equal(s.k.now_ns - bound_ns, LEASE_NS);
	ds_wait(&s, DK_DISCOVER, 0); /* at once, and for the same address */
	assert_int_equal(s.said.requested, KIT_IP);
	assert_int_equal(s.said.src, 0);
	assert_null(ds_lease(&s));
	assert_int_equal(ds_reached(&s), NET_DHCP_NO_OFFER);
	assert_string_equal(ds_event(&s, EVENT_DHCP_EXPIRED, "server"), "192.168.77.1");
	assert_string_equal(ds_event(&s, EVENT_ADDR_LOST, "reason"), "its lease is over");
}

/* REBINDING takes the answer of any server. */
TEST(another_server_renews)
{
	struct ipv4_route route;

	do
		ds_wait(&s, DK_REQUEST, LEASE_NS);
	while (!s.said.broadcast_dst);
	dk_begin(&a, &s.said, DK_ACK, KIT_IP);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER + 5);
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 51, LEASE);
	dk_end(&a);
	dk_send(&s.k, &a, &(struct dk_way){.dst = KIT_IP, .src = DHCP_KIT_SERVER + 5});
	assert_int_equal(ds_reached(&s), NET_DHCP_BOUND);
	assert_int_equal(ds_lease(&s)->server, DHCP_KIT_SERVER + 5);
	assert_int_equal(ds_lease(&s)->gateway, 0); /* what it does not say is no longer so */
	assert_int_equal(ipv4_route(s.k.stack, KIT_FAR_IP, &route), ERR_NETUNREACH);
	bound_ns = s.said.t_ns;
	ds_wait(&s, DK_REQUEST, LEASE_NS);
	assert_int_equal(s.said.dst, DHCP_KIT_SERVER + 5);
	assert_in_range(since_bound(), T1_NS * 15 / 16, T1_NS);
}

/* A lease for ever is never asked for again. */
TEST(a_lease_for_ever)
{
	net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
	assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
	ds_bind(&s, KIT_IP, UINT32_MAX);
	assert_int_equal(ds_lease(&s)->lease_s, UINT32_MAX);
	assert_int_equal(ds_lease(&s)->t1_s, UINT32_MAX);
	kit_advance(&s.k, 20 * NS_PER_S); /* conflict detection */
	forget();
	kit_advance(&s.k, UINT64_C(400) * 365 * 86400 * NS_PER_S);
	assert_int_equal(s.k.n_sent, 0);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_true(net_next_deadline(s.k.stack) == TIME_NEVER);
}

#define SAID_0 UINT32_C(0xfffffff0)

TEST(times_that_make_no_sense)
{
	static const struct {
		uint32_t lease, t1, t2; /* 0: not said; SAID_0: 0 */
		uint32_t is_t1, is_t2;
	} cases[] = {
		{100, 10, 20, 10, 20},     {1000, 0, 0, 500, 875}, {1000, 900, 0, 500, 875},
		{1000, 400, 0, 400, 875},  {1000, 0, 600, 500, 600},
		{1000, 0, 400, 500, 875},  {1000, 500, 1000, 500, 875}, {1000, 300, 300, 500, 875},
		{1000, 2000, 3000, 500, 875}, {1000, UINT32_MAX, UINT32_MAX, 500, 875},
		{1000, SAID_0, 600, 500, 875}, {1000, SAID_0, SAID_0, 500, 875},
		{4294967294u, 0, 0, 2147483647u, 3758096382u},
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
		assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
		ds_wait(&s, DK_DISCOVER, NS_PER_S);
		ds_answer(&s, DK_OFFER, KIT_IP);
		ds_expect(&s, DK_REQUEST);
		dk_begin(&a, &s.said, DK_ACK, KIT_IP);
		dk_option_u32(&a, 54, DHCP_KIT_SERVER);
		dk_option_u32(&a, 1, KIT_MASK);
		dk_option_u32(&a, 51, cases[i].lease);
		if (cases[i].t1 != 0)
			dk_option_u32(&a, 58, cases[i].t1 == SAID_0 ? 0 : cases[i].t1);
		if (cases[i].t2 != 0)
			dk_option_u32(&a, 59, cases[i].t2 == SAID_0 ? 0 : cases[i].t2);
		dk_end(&a);
		dk_send(&s.k, &a, NULL);
		assert_int_equal(ds_lease(&s)->t1_s, cases[i].is_t1);
		assert_in_range(ds_lease(&s)->t2_s, cases[i].is_t2, cases[i].is_t2 + 1);
		assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_ODD),
				 (cases[i].t1 != 0 && cases[i].t1 != cases[i].is_t1) ||
					 (cases[i].t2 != 0 && cases[i].t2 != cases[i].is_t2));
		kit_advance(&s.k, 30 * NS_PER_S);
		forget();
		bound_ns = s.k.now_ns - 30 * NS_PER_S;
		if (cases[i].is_t1 < 30)
			continue;
		ds_wait(&s, DK_REQUEST, TIME_NEVER / 2);
		assert_in_range(since_bound(), cases[i].is_t1 * NS_PER_S * 15 / 16,
				cases[i].is_t1 * NS_PER_S + NS_PER_S);
	}
}

/* The shortest of leases do not make us ask without end. */
TEST(leases_of_a_second)
{
	net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
	assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
	ds_bind(&s, KIT_IP, 1);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t before_ns = s.k.now_ns;

		ds_wait(&s, DK_REQUEST, NS_PER_S);
		assert_in_range(s.k.now_ns - before_ns, 450 * NS_PER_MS, 500 * NS_PER_MS);
		ds_ack(&s, KIT_IP, 1);
	}
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

/* A lease of two minutes, dnsmasq's shortest, survives a lost message in each state. */
TEST(short_leases_have_several_tries)
{
	unsigned to_server = 0, broadcast_dst = 0;

	net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
	assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
	ds_bind(&s, KIT_IP, 120);
	while (next_request(false) != 0) {
		to_server += !s.said.broadcast_dst;
		broadcast_dst += s.said.broadcast_dst;
	}
	assert_in_range(to_server, 3, 6);
	assert_in_range(broadcast_dst, 2, 3);
}

TEST(the_routes_follow_the_renewal)
{
	struct ipv4_route route;

	assert_int_equal(ipv4_route(s.k.stack, KIT_FAR_IP, &route), ERR_OK);
	assert_int_equal(route.next_hop, KIT_PEER_IP);
	ds_wait(&s, DK_REQUEST, LEASE_NS);
	dk_begin(&a, &s.said, DK_ACK, KIT_IP);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 3, KIT_PEER_IP + 3);
	dk_option_u32(&a, 51, LEASE);
	dk_option(&a, 26, "\5\0", 2);
	dk_end(&a);
	dk_send(&s.k, &a, NULL);
	assert_int_equal(ipv4_route(s.k.stack, KIT_FAR_IP, &route), ERR_OK);
	assert_int_equal(route.next_hop, KIT_PEER_IP + 3);
	assert_int_equal(s.k.netif.mtu, 1500); /* the next address' affair */
}

/* --- the address goes ---------------------------------------------------------------------------- */

static int connect_to_far(void)
{
	const struct net_endpoint far = net_endpoint_ipv4(KIT_FAR_IP, 80);
	int fd = sock_socket(s.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);

	assert_int_equal(sock_connect(s.k.stack, fd, &far, s.k.now_ns), ERR_INPROGRESS);
	return fd;
}

/* No frame with this address in it is sent from now on. */
static void expect_not_from(uint32_t address)
{
	struct kit_sent *sent;

	while ((sent = kit_take(&s.k)) != NULL) {
		assert_false(sent->is_ipv4 && sent->ip.src == address);
		assert_false(sent->is_arp && (sent->arp.spa == address ||
					      (sent->arp.spa == 0 && sent->arp.tpa == address)));
		kit_sent_free(sent);
	}
}

/* Connections hear of it, and nothing leaves from the old address: no segment, no datagram, no ARP,
 * nothing that waited. */
TEST(an_address_that_is_gone)
{
	const struct net_endpoint far = net_endpoint_ipv4(KIT_FAR_IP, 9);
	struct kit_frame f;
	int fd, udp;

	s.k.answer_arp = false;
	kit_advance(&s.k, 20 * NS_PER_S);
	fd = connect_to_far();
	udp = sock_socket(s.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	assert_int_equal(sock_connect(s.k.stack, udp, &far, s.k.now_ns), ERR_OK);
	assert_int_equal(sock_send(s.k.stack, udp, "x", 1, s.k.now_ns), 1);
	forget();
	/* Somebody else's NAK ends it while the SYN and the datagram wait for ARP. */
	s.k.netif.link_up = false;
	kit_poll(&s.k);
	s.k.netif.link_up = true;
	kit_poll(&s.k);
	ds_expect(&s, DK_REQUEST);
	ds_answer(&s, DK_NAK, 0);
	assert_int_equal(s.k.netif.ipv4, 0);
	assert_string_equal(ds_event(&s, EVENT_TCP_ABORTED, "reason"), "our address is gone");
	assert_int_equal(sock_send(s.k.stack, fd, "x", 1, s.k.now_ns), ERR_ADDRNOTAVAIL);
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REPLY, .spa = KIT_PEER_IP, .tpa = KIT_IP});
	kit_inject_frame(&s.k, &f);
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REQUEST, .spa = KIT_PEER_IP, .tpa = KIT_IP});
	kit_inject_frame(&s.k, &f);
	kit_advance(&s.k, 0);
	expect_not_from(KIT_IP);
	ds_bind(&s, KIT_IP + 4, LEASE); /* and with another address neither */
	assert_int_equal(sock_send(s.k.stack, udp, "x", 1, s.k.now_ns), ERR_ADDRNOTAVAIL);
	s.k.answer_arp = true;
	kit_advance(&s.k, 200 * NS_PER_S);
	expect_not_from(KIT_IP);
	assert_int_equal(s.k.netif.ipv4, KIT_IP + 4);
}

/* Nor does its MTU stay. */
TEST(what_came_with_the_address_goes_with_it)
{
	net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
	assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
	ds_wait(&s, DK_DISCOVER, 0);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	dk_usual(&a, &s.said, DK_ACK, KIT_IP);
	dk_option(&a, 26, "\5\0", 2);
	dk_end(&a);
	dk_send(&s.k, &a, NULL);
	assert_int_equal(s.k.netif.mtu, 1280);
	ds_wait(&s, DK_REQUEST, LEASE_NS);
	ds_answer(&s, DK_NAK, 0);
	assert_int_equal(s.k.netif.mtu, 1500);
	assert_int_equal(s.k.stack->routes.n, 0);
	assert_null(ds_lease(&s));
}

/* --- a server says no ---------------------------------------------------------------------------- */

/* At every stage, and each time it begins anew; again and again, but not without end. */
TEST(a_nak_at_every_stage)
{
	uint64_t nak_ns;

	ds_wait(&s, DK_REQUEST, LEASE_NS); /* RENEWING */
	ds_answer(&s, DK_NAK, 0);
	assert_int_equal(s.k.netif.ipv4, 0);
	assert_int_equal(ds_reached(&s), NET_DHCP_REFUSED);
	assert_string_equal(ds_event(&s, EVENT_ADDR_LOST, "reason"), "the server takes it back");

	ds_wait(&s, DK_DISCOVER, 0); /* at once */
	assert_int_equal(s.said.requested, 0);
	ds_answer(&s, DK_NAK, 0); /* in SELECTING it means nothing */
	assert_int_equal(counter("dhcp_ignored"), 1);
	ds_answer(&s, DK_OFFER, KIT_IP + 1);
	ds_expect(&s, DK_REQUEST); /* REQUESTING */
	ds_answer(&s, DK_NAK, 0);
	assert_int_equal(counter("dhcp_naks"), 2);
	ds_bind(&s, KIT_IP + 1, LEASE);

	do /* REBINDING */
		ds_wait(&s, DK_REQUEST, LEASE_NS);
	while (!s.said.broadcast_dst);
	ds_answer(&s, DK_NAK, 0);
	assert_int_equal(s.k.netif.ipv4, 0);
	nak_ns = s.k.now_ns;
	ds_bind(&s, KIT_IP, LEASE);
	assert_int_equal(s.k.now_ns, nak_ns); /* the refusals before the last lease are forgotten */

	s.k.netif.link_up = false; /* after a link was away */
	kit_poll(&s.k);
	s.k.netif.link_up = true;
	kit_poll(&s.k);
	ds_expect(&s, DK_REQUEST);
	ds_answer(&s, DK_NAK, 0);
	assert_int_equal(s.k.netif.ipv4, 0);
	assert_int_equal(counter("dhcp_naks"), 4);
	ds_answer(&s, DK_NAK, 0); /* INIT */
	ds_bind(&s, KIT_IP, LEASE);
	ds_answer(&s, DK_NAK, 0); /* BOUND */
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(counter("dhcp_naks"), 4);
}

TEST(a_server_that_always_refuses)
{
	uint64_t began_ns;
	unsigned rounds = 0;

	ds_wait(&s, DK_REQUEST, LEASE_NS);
	ds_answer(&s, DK_NAK, 0);
	began_ns = s.k.now_ns;
	while (s.k.now_ns - began_ns < 300 * NS_PER_S) {
		ds_offer(&s, KIT_IP);
		dk_begin(&a, &s.said, DK_NAK, 0);
		dk_option_u32(&a, 54, DHCP_KIT_SERVER);
		dk_option(&a, 56, "go \"away\"\x1b", 10);
		dk_end(&a);
		dk_send(&s.k, &a, NULL);
		rounds++;
	}
	assert_in_range(rounds, 8, 22); /* a minute as often as DISCOVERs leave, then up to 64 s apart */
	assert_int_equal(ds_reached(&s), NET_DHCP_REFUSED);
	assert_string_equal(ds_describe(&s), "192.168.77.1 refused 192.168.77.2: go \"away\"?");
	assert_string_equal(ds_event(&s, EVENT_DHCP_NAK, "text"), "go \"away\"?");
}

/* Who we did not ask cannot say no: in RENEWING and REQUESTING a NAK of another server is ignored. */
TEST(a_nak_of_another_server)
{
	ds_wait(&s, DK_REQUEST, LEASE_NS);
	dk_begin(&a, &s.said, DK_NAK, 0);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER + 1);
	dk_send(&s.k, &a, NULL);
	dk_begin(&a, &s.said, DK_NAK, 0); /* nor who does not say who it is */
	dk_send(&s.k, &a, NULL);
	assert_int_equal(counter("dhcp_ignored"), 2);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

/* Each REQUEST of a renewal says the how manieth it is. */
TEST(renewals_are_counted)
{
	for (unsigned attempt = 1; attempt <= 3; attempt++) {
		char text[4];

		ds_wait(&s, DK_REQUEST, LEASE_NS);
		snprintf(text, sizeof(text), "%u", attempt);
		if (attempt > 1)
			assert_string_equal(ds_event(&s, EVENT_DHCP_REQUEST, "attempt"), text);
	}
}
