/* SPDX-License-Identifier: MIT */
/* What is true of a stack and its frames whatever it is sent; see tests/fuzz/lib/fuzz.h. */
#include "net/tcp/conn/layer.h"
#include "tests/fuzz/lib/fuzz.h"

#include <string.h>


void fuzz_stack_events(struct kit *k)
{
	static struct fuzz_sink sink;

	fuzz_sink_open(&sink);
	kit_events_clear(&k->kp);
	k->kp.port.events = &sink.sink;
}

static void check_ipv4(const struct kit *k, const struct kit_sent *s)
{
	FUZZ_CHECK(s->ip_checksum_ok, "wrong IPv4 checksum");
	FUZZ_CHECK(s->ip.src == k->netif.ipv4, "sent from %08x", s->ip.src);
	FUZZ_CHECK(s->ip.dst != 0 && s->ip.dst < 0xe0000000 && s->ip.dst >> 24 != 127 &&
			   s->ip.dst != KIT_NET_BROADCAST,
		   "sent to %08x", s->ip.dst);
	FUZZ_CHECK(s->ip.ttl > 0, "sent with a TTL of 0");
	if (s->ip.fragment & (IPV4_MF | IPV4_FRAGMENT_OFFSET)) {
		FUZZ_CHECK((s->ip.fragment & IPV4_MF) == 0 ||
				   (s->ip.total_len - s->ip.header_len) % 8 == 0,
			   "a fragment of %u bytes, and more behind it", s->ip.total_len);
		return;
	}
	FUZZ_CHECK(s->is_icmp || s->is_udp || s->is_tcp, "protocol %u, or no header of it",
		   s->ip.protocol);
	FUZZ_CHECK(s->l4_checksum_ok, "wrong transport checksum, protocol %u", s->ip.protocol);
	FUZZ_CHECK(s->len == ETH_HEADER_LEN + (size_t)s->ip.total_len || s->len <= 60,
		   "%zu bytes for a packet of %u", s->len, s->ip.total_len);
}

void fuzz_check_frame(const struct kit *k, const struct kit_sent *s)
{
	FUZZ_CHECK(s->len <= ETH_HEADER_LEN + (size_t)k->netif.mtu, "%zu bytes", s->len);
	FUZZ_CHECK(memcmp(s->eth.src, k->netif.mac, sizeof(k->netif.mac)) == 0, "not our MAC");
	FUZZ_CHECK(s->is_arp || s->is_ipv4, "type %04x, or no header of it", s->eth.type);
	if (s->is_ipv4)
		check_ipv4(k, s);
}

void fuzz_check_idle(struct kit *k)
{
	struct stack *stack = k->stack;

	FUZZ_CHECK(stack->tcp->n_connections == 0, "%u connections", stack->tcp->n_connections);
	FUZZ_CHECK(stack->tcp->listeners == NULL, "a listener");
	FUZZ_CHECK(stack->pool.in_use == 0, "%u packets", stack->pool.in_use);
	FUZZ_CHECK(stack->frame_pool.in_use == 0, "%u frames", stack->frame_pool.in_use);
}
