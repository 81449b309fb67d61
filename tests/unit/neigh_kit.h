/* SPDX-License-Identifier: MIT */
/* What the tests of ARP and of the neighbour cache share: a stack with a UDP port, and neighbours that answer. */
#ifndef TESTS_UNIT_NEIGH_KIT_H
#define TESTS_UNIT_NEIGH_KIT_H

#include <limits.h>

#include "net/link/neigh.h"
#include "net/socket.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

#define NEIGHBOUR_IP UINT32_C(0xc0a84d09) /* 192.168.77.9: on the link, unknown */

static const uint8_t other_mac[6] = {0x52, 0x54, 0, 0, 0x99, 0x99};
static struct kit k;
static struct kit_frame f;
static struct udp_pcb pcb;

static inline void setup(void)
{
	kit_open(&k, 1, NULL);
	pcb = (struct udp_pcb){0};
	assert_int_equal(kit_udp_bind(k.stack, &pcb, 0, 5000), ERR_OK);
}

static inline void teardown(void)
{
	udp_unbind(k.stack, &pcb);
	kit_close(&k);
}

/* Something to send: one datagram that carries a number. */
static inline void send_number(uint32_t dst, uint8_t number)
{
	assert_int_equal(kit_udp_send(k.stack, &pcb, &number, 1, dst, 7, k.now_ns), ERR_OK);
}

static inline void inject_arp(const struct kit_arp *arp)
{
	kit_build_arp(&f, arp);
	kit_inject_frame(&k, &f);
}

static inline void inject_reply(uint32_t spa, const uint8_t *sha)
{
	inject_arp(&(struct kit_arp){
		.op = ARP_OP_REPLY, .spa = spa, .sha = sha, .tpa = KIT_IP, .tha = KIT_MAC});
}

static const struct neigh *entry(uint32_t ipv4)
{
	const struct net_addr addr = net_addr_ipv4(ipv4);

	return neigh_find(k.stack, &k.netif, &addr);
}

static inline void expect_request(uint32_t target, const uint8_t *eth_dst)
{
	struct kit_sent *s = kit_expect(&k);
	static const uint8_t zeros[6];

	assert_true(s->is_arp);
	assert_memory_equal(s->eth.dst, eth_dst, 6);
	assert_memory_equal(s->eth.src, KIT_MAC, 6);
	assert_int_equal(s->len, 14 + 28);
	assert_int_equal(s->arp.op, ARP_OP_REQUEST);
	assert_memory_equal(s->arp.sha, KIT_MAC, 6);
	assert_int_equal(s->arp.spa, KIT_IP);
	assert_memory_equal(s->arp.tha, zeros, 6);
	assert_int_equal(s->arp.tpa, target);
	kit_sent_free(s);
}

static inline void expect_number(uint8_t number, const uint8_t *eth_dst)
{
	struct kit_sent *s = kit_expect(&k);

	assert_true(s->is_udp);
	assert_memory_equal(s->eth.dst, eth_dst, 6);
	assert_int_equal(s->payload_len, 1);
	assert_int_equal(s->payload[0], number);
	kit_sent_free(s);
}

#endif
