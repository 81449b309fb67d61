/* SPDX-License-Identifier: MIT */
/* net/udp/ports.c and UDP's queues: whose a datagram is, who may share a port, and how much may wait;
 * with very many ports too. */
#include <string.h>

#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

#define MANY 5000

static struct kit k;
static struct kit_frame f;
static struct udp_pcb any, ours, connected, many[MANY];

static void setup(void)
{
	kit_open(&k, 1, NULL);
	kit_teach_peer(&k);
	any = ours = connected = (struct udp_pcb){0};
	memset(many, 0, sizeof(many));
}

static void teardown(void)
{
	udp_unbind(k.stack, &any);
	udp_unbind(k.stack, &ours);
	udp_unbind(k.stack, &connected);
	kit_close(&k);
}

FIXTURE(setup, teardown);

static void inject(uint16_t src_port, uint16_t dst_port, size_t len)
{
	static const uint8_t zeros[1990];

	kit_build_udp(&f, NULL, src_port, dst_port, zeros, len);
	kit_inject_frame(&k, &f);
}

static void share(struct udp_pcb *pcb, uint32_t local, uint16_t port)
{
	pcb->reuse = true;
	assert_int_equal(kit_udp_bind(k.stack, pcb, local, port), ERR_OK);
}

static void read_one(struct udp_pcb *pcb)
{
	uint32_t src;
	uint16_t port;

	pktbuf_free(kit_udp_receive(pcb, &src, &port));
}

TEST(the_closest_match_has_it)
{
	share(&any, 0, 5000);
	share(&ours, KIT_IP, 5000);
	share(&connected, 0, 5000);
	kit_udp_connect(k.stack, &connected, KIT_IP, KIT_PEER_IP, 7);
	inject(7, 5000, 1);
	assert_int_equal(connected.received.count, 1);
	inject(8, 5000, 1);
	assert_int_equal(ours.received.count, 1);
	udp_unbind(k.stack, &ours);
	inject(8, 5000, 1);
	assert_int_equal(any.received.count, 1);
	kit_udp_connect(k.stack, &connected, 0, 0, 0); /* hears everybody again, and was there last */
	inject(7, 5000, 1);
	inject(8, 5000, 1);
	assert_int_equal(connected.received.count, 3);
	assert_int_equal(any.received.count, 1);
}

TEST(a_broadcast_is_for_who_is_bound_to_any_address)
{
	share(&any, 0, 5000);
	share(&ours, KIT_IP, 5000);
	kit_build_udp(&f, &(struct kit_ipv4){.eth_dst = KIT_BROADCAST_MAC, .dst = KIT_NET_BROADCAST}, 7,
		      5000, "x", 1);
	kit_inject_frame(&k, &f);
	assert_int_equal(any.received.count, 1);
	assert_int_equal(ours.received.count, 0);
}

TEST(only_who_shares_may_share)
{
	assert_int_equal(kit_udp_bind(k.stack, &any, 0, 5000), ERR_OK);
	ours.reuse = true;
	assert_int_equal(kit_udp_bind(k.stack, &ours, KIT_IP, 5000), ERR_ADDRINUSE);
	any.reuse = true;
	assert_int_equal(kit_udp_bind(k.stack, &ours, KIT_IP, 5000), ERR_OK);
	assert_int_equal(kit_udp_bind(k.stack, &connected, KIT_IP, 5000), ERR_ADDRINUSE);
	assert_int_equal(kit_udp_bind(k.stack, &connected, KIT_PEER_IP, 5001), ERR_ADDRNOTAVAIL);
}

/* The tables grow and every port is still found, by datagrams, errors and bind(). */
TEST(five_thousand_ports)
{
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(kit_udp_bind(k.stack, &many[i], 0, (uint16_t)(1000 + i)), ERR_OK);
		if (i % 2 == 1)
			kit_udp_connect(k.stack, &many[i], KIT_IP, KIT_PEER_IP, 7);
	}
	for (unsigned i = 0; i < MANY; i++) {
		inject(7, (uint16_t)(1000 + i), 1);
		assert_int_equal(many[i].received.count, 1);
		read_one(&many[i]);
		kit_udp_unreachable(k.stack, KIT_IP, (uint16_t)(1000 + i), KIT_PEER_IP, 7,
				ERR_HOSTUNREACH);
		assert_int_equal(many[i].error, i % 2 == 1 ? ERR_HOSTUNREACH : ERR_OK);
		assert_int_equal(kit_udp_bind(k.stack, &any, 0, (uint16_t)(1000 + i)), ERR_ADDRINUSE);
	}
	for (unsigned i = 0; i < MANY; i++)
		udp_unbind(k.stack, &many[(i * 7) % MANY]);
	assert_int_equal(kit_udp_bind(k.stack, &any, 0, 1000), ERR_OK);
	assert_int_equal(kit_counter(&k, "udp_no_port"), 0);
}

/* Where many share one port each datagram still finds its own in one look. */
TEST(a_thousand_peers_on_one_port)
{
	for (unsigned i = 0; i < 1000; i++) {
		share(&many[i], 0, 5000);
		kit_udp_connect(k.stack, &many[i], KIT_IP, KIT_PEER_IP, (uint16_t)(2000 + i));
	}
	for (unsigned i = 0; i < 1000; i++) {
		inject((uint16_t)(2000 + i), 5000, 1);
		assert_int_equal(many[i].received.count, 1);
	}
	for (unsigned i = 0; i < 1000; i++)
		udp_unbind(k.stack, &many[i]);
}

/* No memory for larger tables: they stay as they are. */
TEST(the_tables_live_without_growing)
{
	k.kp.fail_after = 0;
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(kit_udp_bind(k.stack, &many[i], 0, (uint16_t)(1000 + i)), ERR_OK);
	k.kp.fail_after = UINT32_MAX;
	for (unsigned i = 0; i < 200; i++) {
		inject(7, (uint16_t)(1000 + i), 1);
		assert_int_equal(many[i].received.count, 1);
	}
	for (unsigned i = 0; i < 200; i++)
		udp_unbind(k.stack, &many[i]);
}

/* --- how much may wait -------------------------------------------------------------------------------- */

TEST(the_queue_is_bounded_in_bytes)
{
	unsigned n;

	assert_int_equal(kit_udp_bind(k.stack, &any, 0, 5000), ERR_OK);
	any.rcvbuf = 10000;
	for (n = 0; kit_counter(&k, "udp_queue_full") == 0; n++)
		inject(7, 5000, 1400);
	assert_in_range(any.received_memory, 1400 * (n - 1), 10000);
	assert_int_equal(any.received.count, n - 1);
	read_one(&any);
	inject(7, 5000, 1400);
	assert_int_equal(kit_counter(&k, "udp_queue_full"), 1);
	for (unsigned i = 0; i < n; i++)
		read_one(&any);
	assert_int_equal(any.received_memory, 0);
}

TEST(one_datagram_always_fits)
{
	assert_int_equal(kit_udp_bind(k.stack, &any, 0, 5000), ERR_OK);
	any.rcvbuf = 1;
	assert_int_equal(udp_rcvbuf(&any), UDP_RCVBUF_MIN);
	inject(7, 5000, 1990);
	inject(7, 5000, 1990);
	assert_int_equal(any.received.count, 1);
	assert_int_equal(kit_counter(&k, "udp_queue_full"), 1);
}

