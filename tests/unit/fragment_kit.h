/* SPDX-License-Identifier: MIT */
/* Fragments of one datagram, and what must have become of it. */
#ifndef TESTS_UNIT_FRAGMENT_KIT_H
#define TESTS_UNIT_FRAGMENT_KIT_H

#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

static struct kit k;
static struct kit_frame f;
static struct udp_pcb pcb;

static inline void setup(void)
{
	kit_open_with_port(&k, &pcb, 7);
}

static inline void teardown(void)
{
	kit_close_with_port(&k, &pcb);
}

/* --- a whole datagram, and pieces of it ------------------------------------------------------------ */

#define WHOLE_MAX 65515 /* what is left for the payload of IPv4 */

static uint8_t whole[WHOLE_MAX + 8]; /* UDP header and text */
static size_t whole_len;

static inline uint8_t text_byte(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static inline void build_whole(size_t text_len)
{
	uint8_t pseudo[12] = {0};

	whole_len = UDP_HEADER_LEN + text_len;
	store_be16(whole + UDP_OFF_SRC, 4000);
	store_be16(whole + UDP_OFF_DST, 7);
	store_be16(whole + UDP_OFF_LEN, (uint16_t)whole_len);
	store_be16(whole + UDP_OFF_CHECKSUM, 0);
	for (size_t i = 0; i < text_len; i++)
		whole[UDP_HEADER_LEN + i] = text_byte(i);
	store_be32(pseudo, KIT_PEER_IP);
	store_be32(pseudo + 4, KIT_IP);
	pseudo[9] = IP_PROTO_UDP;
	store_be16(pseudo + 10, (uint16_t)whole_len);
	store_be16(whole + UDP_OFF_CHECKSUM,
		   kit_checksum(kit_sum(kit_sum(0, pseudo, 12), whole, whole_len)));
}

/* Bytes [from, to) of the datagram come in; `more`: MF. */
static inline void inject_as(const struct kit_ipv4 *like, size_t from, size_t to, bool more)
{
	struct kit_ipv4 ip = *like;

	ip.fragment = (uint16_t)((more ? IPV4_MF : 0) | from / 8);
	ip.no_flags = true;
	kit_build_ipv4(&f, &ip, IP_PROTO_UDP, whole + from, to - from);
	kit_inject_frame(&k, &f);
}

static inline void inject(size_t from, size_t to)
{
	inject_as(&(struct kit_ipv4){.id = 77}, from, to, to < whole_len);
}

static inline void expect_datagram(size_t text_len)
{
	struct pktbuf *pkt;
	uint32_t src;
	uint16_t port;

	assert_int_equal(pcb.received.count, 1);
	pkt = kit_udp_receive(&pcb, &src, &port);
	assert_int_equal(src, KIT_PEER_IP);
	assert_int_equal(port, 4000);
	assert_int_equal(pktbuf_len(pkt), text_len);
	for (size_t i = 0; i < text_len; i++)
		assert_int_equal(pkt->data[i], text_byte(i));
	pktbuf_free(pkt);
}

/* All memory of the stack's reassembly is back. */
static inline void expect_nothing_held(void)
{
	assert_int_equal(k.stack->reassembly.count, 0);
	assert_int_equal(k.stack->reassembly.bytes, 0);
	assert_int_equal(k.stack->big_pool.in_use, 0);
	assert_int_equal(k.stack->big_pool.bytes, 0);
	assert_false(timer_is_set(&k.stack->reassembly.timer));
}

/* The datagram is spoilt: neither the good pieces now nor anything else makes it whole. */
static inline void expect_spoilt(void)
{
	for (size_t at = 0; at < whole_len; at += 1480)
		inject(at, MIN(at + 1480, whole_len));
	assert_int_equal(pcb.received.count, 0);
	assert_int_equal(k.stack->big_pool.bytes, 0);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	expect_nothing_held();
	assert_int_equal(k.n_sent, 0); /* and nobody is told */
}

#endif
