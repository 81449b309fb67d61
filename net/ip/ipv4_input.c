/*
 * SPDX-License-Identifier: MIT
 *
 * IPv4, incoming (RFC 791, RFC 1122 3.2.1): checks everything that later code relies on, in the
 * order length, checksum, source, destination, options; fragments wait for the rest
 * (ipv4_reassembly.c); then the transport gets it.
 *
 * A host accepts TTL 0 (RFC 1122 3.2.1.7) and never forwards (3.3.1): what is not for us is dropped.
 */
#include "net/ip/ipv4.h"

#include "net/checksum.h"
#include "net/ip/icmp.h"
#include "net/ip/ipv4_output.h"
#include "net/ip/ipv4_reassembly.h"
#include "net/ip/route.h"
#include "net/ip/transport.h"
#include "net/link/link.h"
#include "net/stack.h"
#include "net/wire/eth.h"
#include "net/wire/icmp.h"
#include "net/wire/ipv4.h"

static void drop(struct pktbuf *pkt, uint64_t *counter)
{
	++*counter;
	pktbuf_free(pkt);
}

static bool is_net_broadcast(const struct netif *netif, uint32_t a)
{
	uint32_t hosts = ~netif->ipv4_mask;

	return hosts > 1 && ((a ^ netif->ipv4) & netif->ipv4_mask) == 0 && (a & hosts) == hosts;
}

/* RFC 1122 3.2.1.3: no broadcast, multicast or loopback source; and not our own, which is either a
 * forgery (LAND) or our own frame coming back. */
static bool source_is_sane(const struct netif *netif, uint32_t src)
{
	return ipv4_addr_is_host(src) && src != netif->ipv4 && !is_net_broadcast(netif, src);
}

enum for_us { FOR_NOBODY_HERE, FOR_US, FOR_EVERYBODY };

static enum for_us destination_of(const struct pktbuf *pkt, uint32_t dst)
{
	const struct netif *netif = pkt->netif;

	if (netif->ipv4 == 0)
		return FOR_NOBODY_HERE;
	/* RFC 1122 3.3.6: a link broadcast may not carry a packet for one host. */
	if (dst == netif->ipv4)
		return pkt->flags & PKTBUF_LINK_BROADCAST ? FOR_NOBODY_HERE : FOR_US;
	if (dst == IPV4_ADDR_BROADCAST || dst == IPV4_ADDR_ALL_HOSTS ||
	    is_net_broadcast(netif, dst))
		return FOR_EVERYBODY;
	return FOR_NOBODY_HERE;
}

enum options_verdict { OPTIONS_FINE, OPTIONS_MALFORMED, OPTIONS_SOURCE_ROUTE };

/* RFC 791 3.1: options are walked so that a broken one is noticed, and otherwise skipped (RFC 1122
 * 3.2.1.8: unknown ones must be; RFC 9293 3.9.2.1, MUST-50).  *at is the octet where that ended.
 * DEVIATION: RFC 1122 3.2.1.8 (c) has source routes accepted; they have been a way around filters
 * ever since, and every packet with one is dropped.
 * NOT DONE: source routes that the user chooses, or that a connection returns by (RFC 9293 3.9.2.1,
 * MUST-51, MUST-52, MUST-53, SHLD-24), for the same reason; options are not passed up (MAY-10). */
static enum options_verdict check_options(const uint8_t *p, size_t len, size_t *at)
{
	enum options_verdict verdict = OPTIONS_FINE;
	size_t off = 0;

	while (off < len && p[off] != IPV4_OPT_END) {
		size_t n = 1;

		if (p[off] != IPV4_OPT_NOP) {
			bool has_len = len - off >= 2;

			*at = off + has_len;
			if (!has_len || p[off + 1] < 2 || p[off + 1] > len - off)
				return OPTIONS_MALFORMED;
			n = p[off + 1];
		}
		if (p[off] == IPV4_OPT_LSRR || p[off] == IPV4_OPT_SSRR)
			verdict = OPTIONS_SOURCE_ROUTE;
		off += n;
	}
	return verdict;
}

void ipv4_facts(const struct pktbuf *pkt, const struct ipv4_header *h, struct ip_facts *facts)
{
	*facts = (struct ip_facts){
		.src = net_addr_ipv4(h->src),
		.dst = net_addr_ipv4(h->dst),
		.netif = pkt->netif,
		.protocol = h->protocol,
		.tos = h->tos,
		.ttl = h->ttl,
		.unicast = h->dst == pkt->netif->ipv4 && !(pkt->flags & PKTBUF_LINK_BROADCAST),
	};
}

static void deliver(struct stack *stack, struct pktbuf *pkt, const struct ipv4_header *h,
		    uint64_t now_ns)
{
	const struct ip_transport *above = &stack->ip_transports[0]; /* nearly always */
	struct ip_facts facts;

	ipv4_facts(pkt, h, &facts);
	pktbuf_pull(pkt, h->header_len);
	pkt->l4_off = pktbuf_data_off(pkt);
	if (h->protocol == IP_PROTO_ICMP) {
		icmp_input(stack, pkt, &facts, now_ns);
		return;
	}
	if (h->protocol != above->protocol)
		above = ip_transport(stack, h->protocol);
	if (above != NULL) {
		above->input(stack, pkt, &facts, now_ns);
		return;
	}
	/* RFC 1122 3.2.2.1: also for tunnels (4, 41), which nothing here unpacks. */
	icmp_send_error(stack, pkt, ICMP_UNREACHABLE, ICMP_UNREACH_PROTOCOL, now_ns);
	drop(pkt, &stack->counters.ip_unknown_protocol);
}

/* It is for no address of ours, and all the same for a transport that waits for one (RFC 2131 4.1).
 * NOT DONE: such a message in fragments, or with IP options; none that says something needs either. */
static bool is_expected(const struct stack *stack, const struct pktbuf *pkt,
			const struct ipv4_header *h)
{
	const struct ip_transport *above = ip_transport(stack, h->protocol);
	struct ip_facts facts;

	if (above == NULL || above->expects == NULL || h->header_len != IPV4_HEADER_LEN ||
	    (h->fragment & (IPV4_MF | IPV4_FRAGMENT_OFFSET)) != 0)
		return false;
	ipv4_facts(pkt, h, &facts);
	return above->expects(stack, &facts, pkt->data + IPV4_HEADER_LEN,
			      pktbuf_len(pkt) - IPV4_HEADER_LEN);
}

/* Why a packet is dropped. */
struct fault {
	uint64_t *counter; /* NULL: it is not */
	struct refused_reason why;
};

#define FAULT(counter_, text_) ((struct fault){.counter = (counter_), .why = REFUSED(text_)})

/* What is wrong with a packet whose lengths are right. */
static struct fault find_fault(struct stack *stack, const struct pktbuf *pkt,
			       const struct ipv4_header *h, enum for_us whom, uint64_t now_ns)
{
	struct net_counters *count = &stack->counters;
	const uint8_t *p = pkt->data;
	size_t at = 0;

	if (checksum_finish(checksum_sum(p, h->header_len)) != 0)
		return FAULT(&count->ip_bad_checksum, "had a bad IP header checksum");
	if (!source_is_sane(pkt->netif, h->src))
		return FAULT(&count->ip_bad_source, "had a sender address that no other host has");
	if (whom == FOR_NOBODY_HERE)
		return FAULT(&count->ip_for_others,
			     pkt->flags & PKTBUF_LINK_BROADCAST
				     ? "came as a broadcast on the link, for one host"
				     : "went to another IP address");
	switch (check_options(p + IPV4_OFF_OPTIONS, h->header_len - IPV4_HEADER_LEN, &at)) {
	case OPTIONS_MALFORMED:
		/* RFC 1122 3.2.2.5 */
		icmp_send_parameter_problem(stack, pkt, (uint8_t)(IPV4_OFF_OPTIONS + at), now_ns);
		return FAULT(&count->ip_malformed, "had malformed IP options");
	case OPTIONS_SOURCE_ROUTE:
		return FAULT(&count->ip_source_routed, "had a source route");
	case OPTIONS_FINE:
		break;
	}
	return (struct fault){0};
}

static void refuse(struct stack *stack, struct pktbuf *pkt, uint64_t *counter,
		   struct refused_reason why)
{
	link_refuse(stack, pkt->netif, ETH_TYPE_IPV4, pkt->data, pktbuf_len(pkt), why);
	drop(pkt, counter);
}

/* The packet's header promises more than has come, or is none. */
static void refuse_malformed(struct stack *stack, struct pktbuf *pkt)
{
	struct ipv4_header h;
	bool truncated = ipv4_header_read_quoted(pkt->data, pktbuf_len(pkt), &h);

	refuse(stack, pkt, &stack->counters.ip_malformed,
	       truncated ? REFUSED("came truncated") : REFUSED("had a malformed IP header"));
}

static void ipv4_input(struct stack *stack, struct pktbuf *pkt, uint64_t now_ns)
{
	struct ipv4_header h;
	enum for_us whom;
	struct fault fault;

	stack->counters.ip_in++;
	if (!ipv4_header_read(pkt->data, pktbuf_len(pkt), &h)) {
		refuse_malformed(stack, pkt);
		return;
	}
	pktbuf_trim(pkt, h.total_len); /* Ethernet's padding */
	pkt->l3_off = (uint16_t)(pkt->data - pkt->head);
	whom = destination_of(pkt, h.dst);
	if (whom == FOR_NOBODY_HERE && is_expected(stack, pkt, &h))
		whom = FOR_EVERYBODY; /* it is to become ours */
	fault = find_fault(stack, pkt, &h, whom, now_ns);
	if (fault.counter != NULL) {
		refuse(stack, pkt, fault.counter, fault.why);
		return;
	}
	if (h.fragment & (IPV4_MF | IPV4_FRAGMENT_OFFSET)) {
		pkt = ipv4_reassemble(stack, pkt, &h, now_ns);
		if (pkt == NULL)
			return;
		if (!ipv4_header_read(pkt->data, pktbuf_len(pkt), &h)) {
			drop(pkt, &stack->counters.ip_malformed);
			return;
		}
	}
	deliver(stack, pkt, &h, now_ns);
}

/* A fragment but the first has no ports. */
struct refused *ipv4_awaits(struct stack *stack, struct netif *netif, const uint8_t *p, size_t len)
{
	const struct ip_transport *above;
	struct ipv4_header h;
	struct ip_facts facts;

	if (!ipv4_header_read_quoted(p, len, &h) || (h.fragment & IPV4_FRAGMENT_OFFSET) != 0)
		return NULL;
	above = ip_transport(stack, h.protocol);
	if (above == NULL)
		return NULL;
	facts = (struct ip_facts){
		.src = net_addr_ipv4(h.src),
		.dst = net_addr_ipv4(h.dst),
		.netif = netif,
		.protocol = h.protocol,
	};
	return above->awaits(stack, &facts, p + h.header_len, len - h.header_len);
}

static bool is_on_link(const struct stack *stack, const struct netif *netif,
		       const struct net_addr *addr)
{
	return ipv4_is_on_link(stack, netif, net_addr_to_ipv4(addr));
}

void ipv4_init(struct stack *stack)
{
	static const struct link_protocol protocol = {
		.type = ETH_TYPE_IPV4,
		.input = ipv4_input,
		.awaits = ipv4_awaits,
		.undeliverable = ipv4_undeliverable,
		.is_on_link = is_on_link,
	};

	link_register(stack, &protocol);
}
