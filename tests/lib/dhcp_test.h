/*
 * SPDX-License-Identifier: MIT
 *
 * What the tests of the DHCP client begin with: one client, `s`, in the state that a file's FIXTURE
 * names, an answer `a` to be filled in, and the words that these tests use.
 *
 *      FIXTURE(dhcp_started, dhcp_close)               it has been started and not polled
 *      FIXTURE(dhcp_waits_for_offers, dhcp_close_bound) its first DISCOVER is out
 *      FIXTURE(dhcp_bound, dhcp_close)                 it has KIT_IP for LEASE, since bound_ns
 */
#ifndef TESTS_LIB_DHCP_TEST_H
#define TESTS_LIB_DHCP_TEST_H

#include <string.h>

#include "tests/lib/dhcp_scene.h"
#include "tests/runner/unit.h"

#define LEASE 3600u
#define T1_NS (LEASE / 2 * NS_PER_S)
#define T2_NS (LEASE / 8 * 7 * NS_PER_S)
#define LEASE_NS (LEASE * NS_PER_S)

static struct dhcp_scene s;
static struct dk_answer a __attribute__((unused));
static uint64_t bound_ns;

static const uint8_t other_mac[6] = {0x52, 0x54, 0, 0, 0x99, 0x99};

static inline void dhcp_started(void)
{
	ds_open(&s, 1, NULL);
}

static inline void dhcp_waits_for_offers(void)
{
	ds_open(&s, 1, NULL);
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
}

static inline void dhcp_bound(void)
{
	ds_open(&s, 1, NULL);
	ds_bind(&s, KIT_IP, LEASE);
	bound_ns = s.k.now_ns;
	s.k.answer_arp = true;
}

static inline void dhcp_close(void)
{
	ds_close(&s);
}

/* After all that it is still to be had for the right answers. */
static inline void dhcp_close_bound(void)
{
	kit_sent_clear(&s.k);
	if (s.k.netif.ipv4 == 0) {
		kit_advance(&s.k, 100 * NS_PER_S); /* back to asking, whatever it was about */
		kit_sent_clear(&s.k);
		ds_bind(&s, KIT_IP, LEASE);
	}
	ds_close(&s);
}

static inline uint64_t counter(const char *name)
{
	return kit_counter(&s.k, name);
}

/* From the lease's start to the client's latest message. */
static inline uint64_t since_bound(void)
{
	return s.said.t_ns - bound_ns;
}

/* Everything sent so far is of no interest any more, nor are the events. */
static inline void forget(void)
{
	kit_sent_clear(&s.k);
	kit_events_clear(&s.k.kp);
}

/* The answer `a` comes, by broadcast. */
static inline void send(void)
{
	dk_send(&s.k, &a, NULL);
}

/* Another host announces that it has this address (RFC 5227). */
static inline void claim(uint32_t address)
{
	struct kit_frame f;

	kit_build_arp(&f, &(struct kit_arp){.eth_dst = KIT_BROADCAST_MAC, .eth_src = other_mac,
					    .op = ARP_OP_REPLY, .spa = address, .tpa = address,
					    .sha = other_mac});
	kit_inject_frame(&s.k, &f);
}

#endif
