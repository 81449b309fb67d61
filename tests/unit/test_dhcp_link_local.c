/* SPDX-License-Identifier: MIT */
/* net/dhcp/link_local: an address without a server (RFC 3927), for who asked for it. */
#include <string.h>

#include "net/socket.h"
#include "net/link/neigh.h"
#include "tests/lib/dhcp_test.h"

static void setup(void)
{
	ds_open(&s, 1, &(struct net_dhcp_options){.link_local = true});
}

FIXTURE(setup, dhcp_close);

static bool is_link_local(uint32_t address)
{
	return address >= 0xa9fe0100 && address <= 0xa9fefeff;
}

/* Until it has taken one. */
static void wait_for_address(uint64_t within_ns)
{
	for (uint64_t t = 0; s.k.netif.ipv4 == 0 && t < within_ns; t += NS_PER_S / 10)
		kit_advance(&s.k, NS_PER_S / 10);
	assert_true(s.k.netif.ipv4 >> 16 == 0xa9fe);
}

TEST(after_some_discovers_without_an_offer)
{
	const struct net_lease *l;

	kit_advance(&s.k, 5200 * NS_PER_MS);
	assert_int_equal(s.k.netif.ipv4, 0);
	kit_advance(&s.k, 4 * NS_PER_S);
	l = ds_lease(&s);
	assert_non_null(l);
	assert_true(l->link_local && is_link_local(l->address));
	assert_int_equal(l->mask, 0xffff0000);
	assert_int_equal(l->gateway | l->server | l->n_dns, 0);
	assert_int_equal(s.k.netif.ipv4, l->address);
	assert_int_equal(ds_reached(&s), NET_DHCP_NO_OFFER);
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_LINK_LOCAL), 1);
	assert_string_equal(ds_event(&s, EVENT_ADDR_SET, "prefix"), "16");
	kit_sent_clear(&s.k);
	kit_advance(&s.k, 20 * NS_PER_S);
	assert_int_equal(kit_counter(&s.k, "arp_probes_out"), 3);
	ds_expect(&s, DK_DISCOVER); /* it goes on asking, as somebody without an address */
	assert_int_equal(s.said.src, 0);
	assert_int_equal(s.said.requested | s.said.ciaddr, 0);
}

/* It offers, and does not acknowledge: nobody gives an address either. */
TEST(a_server_that_offers_and_no_more)
{
	for (unsigned i = 0; i < 60 && s.k.netif.ipv4 == 0; i++) {
		struct kit_sent *sent;

		kit_advance(&s.k, NS_PER_S / 2);
		while ((sent = kit_take(&s.k)) != NULL) {
			if (dk_read(sent, &s.said) && s.said.type == DK_DISCOVER)
				ds_answer(&s, DK_OFFER, KIT_IP);
			kit_sent_free(sent);
		}
	}
	assert_true(is_link_local(s.k.netif.ipv4));
	assert_true(s.k.now_ns > 18 * NS_PER_S); /* after all the patience that such a server has */
}

/* Nor does one that refuses whatever it has offered. */
TEST(a_server_that_refuses_all)
{
	for (unsigned i = 0; i < 20 && s.k.netif.ipv4 == 0; i++) {
		struct kit_sent *sent;

		kit_advance(&s.k, NS_PER_S / 2);
		while ((sent = kit_take(&s.k)) != NULL) {
			if (dk_read(sent, &s.said))
				ds_answer(&s, s.said.type == DK_DISCOVER ? DK_OFFER : DK_NAK,
					  s.said.type == DK_DISCOVER ? KIT_IP : 0);
			kit_sent_free(sent);
		}
	}
	assert_true(is_link_local(s.k.netif.ipv4));
	assert_in_range(s.k.now_ns, 2 * NS_PER_S, 8 * NS_PER_S); /* it had a second chance */
}

TEST(not_unless_asked_for)
{
	struct dhcp_scene plain;

	ds_open(&plain, 1, NULL);
	kit_advance(&plain.k, 600 * NS_PER_S);
	assert_int_equal(plain.k.netif.ipv4, 0);
	ds_close(&plain);
}

/* 2.1: the same again for one machine, another for another. */
TEST(the_mac_address_chooses)
{
	uint32_t seen[4];

	for (unsigned i = 0; i < ARRAY_LEN(seen); i++) {
		struct dhcp_scene one;

		ds_open(&one, 10 + i, &(struct net_dhcp_options){.link_local = true});
		one.k.netif.mac[5] = (uint8_t)(i / 2);
		kit_advance(&one.k, 10 * NS_PER_S);
		seen[i] = one.k.netif.ipv4;
		assert_true(is_link_local(seen[i]));
		ds_close(&one);
	}
	assert_int_equal(seen[0], seen[1]);
	assert_int_equal(seen[2], seen[3]);
	assert_true(seen[0] != seen[2]);
}

/* 2.2.1: another one at once, ten times; then one a minute. */
TEST(others_have_them_all)
{
	uint32_t last = 0;
	uint64_t tenth_ns;

	wait_for_address(10 * NS_PER_S);
	for (unsigned i = 0; i < 10; i++) {
		uint32_t address = s.k.netif.ipv4;

		assert_true(is_link_local(address) && address != last);
		last = address;
		kit_poll(&s.k);
		claim(address);
		assert_true(s.k.netif.ipv4 != address);
	}
	tenth_ns = s.k.now_ns;
	assert_int_equal(s.k.netif.ipv4, 0);
	wait_for_address(200 * NS_PER_S);
	assert_in_range(s.k.now_ns - tenth_ns, 60 * NS_PER_S, 130 * NS_PER_S);
	assert_int_equal(kit_counter(&s.k, "dhcp_declined"), 0); /* no server is told */
}

/* RFC 3927 2.5 (b), where no server decides: one that is ours is defended once in ten seconds. */
TEST(it_is_defended_once)
{
	uint32_t address;

	wait_for_address(10 * NS_PER_S);
	address = s.k.netif.ipv4;
	kit_advance(&s.k, 20 * NS_PER_S);
	claim(address);
	assert_int_equal(s.k.netif.ipv4, address);
	claim(address);
	assert_true(s.k.netif.ipv4 != address);
}

/* A server that comes back later has the better address. */
TEST(a_server_comes_back)
{
	const struct net_endpoint peer = net_endpoint_ipv4(0xa9fe2020, 80);
	int fd;

	wait_for_address(10 * NS_PER_S);
	s.k.answer_arp = true;
	fd = sock_socket(s.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(s.k.stack, fd, &peer, s.k.now_ns), ERR_INPROGRESS);
	kit_poll(&s.k);
	kit_sent_clear(&s.k);
	ds_bind(&s, KIT_IP, 3600); /* its answers come to yiaddr, not to the address we have */
	assert_false(ds_lease(&s)->link_local);
	assert_int_equal(ds_reached(&s), NET_DHCP_BOUND);
	assert_string_equal(ds_event(&s, EVENT_ADDR_LOST, "reason"), "another one takes its place");
	assert_int_equal(sock_send(s.k.stack, fd, "x", 1, s.k.now_ns), ERR_ADDRNOTAVAIL);
	/* And when that lease is over, without a server, it is the old one again. */
	kit_sent_clear(&s.k);
	kit_advance(&s.k, 3620 * NS_PER_S);
	assert_non_null(ds_lease(&s));
	assert_true(ds_lease(&s)->link_local);
	assert_int_equal(s.k.netif.ipv4 >> 16, 0xa9fe);
}

/* 2.5: ARP from such an address is for everybody, replies too. */
/* Also where only one neighbour is asked, and the log says so; the claimant's answer is none all the same. */
TEST(its_polls_are_broadcast)
{
	static const uint8_t evil[6] = {0x52, 0x54, 0, 0, 0x66, 0x66};
	struct kit_arp claim = {.op = ARP_OP_REPLY, .spa = 0xa9fe2020, .sha = evil, .tha = KIT_MAC};
	const struct net_addr peer = net_addr_ipv4(0xa9fe2020);
	struct kit_frame f;

	kit_advance(&s.k, 10 * NS_PER_S);
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REQUEST, .spa = 0xa9fe2020,
					    .tpa = s.k.netif.ipv4});
	kit_inject_frame(&s.k, &f);
	kit_build_icmp(&f, &(struct kit_ipv4){.src = 0xa9fe2020, .dst = s.k.netif.ipv4}, ICMP_ECHO, 0, 0,
		       "ping", 4);
	kit_inject_frame(&s.k, &f); /* its answer makes the entry one in use */
	kit_sent_clear(&s.k);
	claim.tpa = s.k.netif.ipv4;
	kit_build_arp(&f, &claim);
	for (unsigned i = 0; i < 2; i++) {
		struct kit_sent *sent;

		kit_inject_frame(&s.k, &f); /* the second one answers the poll that it has seen */
		if (i == 1)
			break;
		sent = kit_expect(&s.k);
		assert_true(sent->is_arp);
		assert_memory_equal(sent->eth.dst, KIT_BROADCAST_MAC, 6);
		assert_int_equal(sent->arp.tpa, 0xa9fe2020);
		kit_sent_free(sent);
	}
	assert_null(ds_event(&s, EVENT_ARP_REQUEST, "mac"));
	assert_memory_equal(neigh_find(s.k.stack, &s.k.netif, &peer)->mac, KIT_PEER_MAC, 6);
}

TEST(its_arp_is_broadcast)
{
	struct kit_frame f;
	struct kit_sent *sent;

	kit_advance(&s.k, 10 * NS_PER_S);
	kit_sent_clear(&s.k);
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REQUEST, .spa = 0xa9fe2020,
					    .tpa = s.k.netif.ipv4});
	kit_inject_frame(&s.k, &f);
	sent = kit_expect(&s.k);
	assert_int_equal(sent->arp.op, ARP_OP_REPLY);
	assert_memory_equal(sent->eth.dst, KIT_BROADCAST_MAC, 6);
	assert_memory_equal(sent->arp.tha, KIT_PEER_MAC, 6);
	kit_sent_free(sent);
}

TEST(the_link_goes_and_comes)
{
	uint32_t address;

	kit_advance(&s.k, 10 * NS_PER_S);
	address = s.k.netif.ipv4;
	kit_sent_clear(&s.k);
	s.k.netif.link_up = false;
	kit_advance(&s.k, 50 * NS_PER_S);
	s.k.netif.link_up = true;
	ds_wait(&s, DK_DISCOVER, 0); /* there is no lease to ask for */
	assert_int_equal(s.k.netif.ipv4, address);
}

