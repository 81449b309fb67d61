/*
 * SPDX-License-Identifier: MIT
 *
 * IPv4, outgoing (RFC 791, RFC 1122 3.2.1 and 3.3): the header, the length check, the next hop.
 * What is too long for the path is cut in ipv4_fragment.c, unless its sender forbids that.
 */
#include "net/ip/ipv4.h"

#include "net/checksum.h"
#include "net/link/eth.h"
#include "net/ip/ipv4_output.h"
#include "net/link/neigh.h"
#include "net/stack.h"
#include "net/tcp/tcp.h"
#include "net/wire/eth.h"
#include "net/wire/icmp.h"
#include "net/wire/ipv4.h"
#include "net/wire/tcp.h"
#include "net/wire/udp.h"

uint32_t ipv4_pseudo_sum(uint32_t src, uint32_t dst, uint8_t protocol, uint32_t len)
{
	return (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + protocol +
	       (len >> 16) + (len & 0xffff);
}

static int send_by(struct stack *stack, const struct ipv4_route *route, struct pktbuf *pkt,
		   uint64_t now_ns)
{
	static const uint8_t everybody[NETIF_MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct net_addr next_hop = net_addr_ipv4(route->next_hop);
	const struct eth_send broadcast = {
		.netif = route->netif,
		.dst = everybody,
		.type = ETH_TYPE_IPV4,
	};

	if (route->broadcast)
		return eth_output(stack, pkt, &broadcast, now_ns);
	return neigh_output(stack, route->netif, &next_hop, pkt, now_ns);
}

int ipv4_send_one(struct stack *stack, struct pktbuf *pkt, const struct ipv4_send *how,
		  const struct ipv4_route *route, uint16_t id, uint16_t fragment, uint64_t now_ns)
{
	const struct ipv4_header h = {
		.tos = how->tos,
		.total_len = (uint16_t)(IPV4_HEADER_LEN + pktbuf_total_len(pkt)),
		.id = id,
		.fragment = fragment,
		.ttl = how->ttl != 0 ? how->ttl : IPV4_TTL,
		.protocol = how->protocol,
		.src = how->src,
		.dst = how->dst,
	};
	uint8_t *p = pktbuf_push(pkt, IPV4_HEADER_LEN);

	ipv4_header_write(p, &h);
	store_be16(p + IPV4_OFF_CHECKSUM, checksum_finish(checksum_sum(p, IPV4_HEADER_LEN)));
	pkt->resolve_until_ns = how->resolve_until_ns;
	stack->counters.ip_out++;
	return send_by(stack, route, pkt, now_ns);
}

/* As long as a packet may be.  TCP has looked at the path when it chose its segments. */
static uint16_t mtu_for(const struct stack *stack, const struct ipv4_send *how,
			const struct ipv4_route *route, uint64_t now_ns)
{
	if (how->protocol == IP_PROTO_TCP)
		return route->netif->mtu;
	return ipv4_path_find(stack, how->dst, how->protocol, route->netif->mtu, now_ns).mtu;
}

static bool is_our_address(const struct stack *stack, uint32_t ipv4)
{
	for (const struct netif *netif = stack->netifs; netif != NULL; netif = netif->next)
		if (netif->ipv4 == ipv4)
			return true;
	return false;
}

int ipv4_output(struct stack *stack, struct pktbuf *pkt, const struct ipv4_send *how,
		uint64_t now_ns)
{
	size_t total_len = IPV4_HEADER_LEN + pktbuf_total_len(pkt);
	struct ipv4_route route;
	uint16_t mtu;
	int err = how->broadcast ? ipv4_route_broadcast(stack, how->dst, &route)
				 : ipv4_route(stack, how->dst, &route);

	if (err == ERR_OK && how->src != route.src && !is_our_address(stack, how->src)) {
		stack->counters.ip_no_route++; /* it was, and the network has taken it back */
		err = ERR_ADDRNOTAVAIL;
	}
	if (err != ERR_OK)
		goto refuse;
	mtu = mtu_for(stack, how, &route, now_ns);
	/* A large segment is cut by the device; its parts were sized by TCP. */
	if (total_len > UINT16_MAX ||
	    (total_len > mtu && pkt->gso_size == 0 && how->dont_fragment)) {
		stack->counters.ip_too_big++;
		err = ERR_MSGSIZE;
		goto refuse;
	}
	if (total_len > mtu && pkt->gso_size == 0)
		return ipv4_output_fragments(stack, pkt, how, &route, mtu, now_ns);
	/* RFC 6864 4.1: nobody looks at the id of what cannot be cut, so it tells nothing either */
	return ipv4_send_one(stack, pkt, how, &route,
			     how->dont_fragment ? 0 : ipv4_choose_id(stack, how),
			     how->dont_fragment ? IPV4_DF : 0, now_ns);

refuse:
	pktbuf_free(pkt);
	return err;
}

int ipv4_output_everybody(struct stack *stack, struct netif *netif, struct pktbuf *pkt,
			  const struct ipv4_send *how, uint64_t now_ns)
{
	const struct ipv4_route route = {
		.netif = netif,
		.src = how->src,
		.next_hop = how->dst,
		.broadcast = true,
	};

	if (IPV4_HEADER_LEN + pktbuf_total_len(pkt) > netif->mtu) {
		stack->counters.ip_too_big++;
		pktbuf_free(pkt);
		return ERR_MSGSIZE;
	}
	return ipv4_send_one(stack, pkt, how, &route, ipv4_choose_id(stack, how), 0, now_ns);
}

void ip_unlink_owner(struct stack *stack, const void *owner)
{
	neigh_unlink_owner(stack, owner);
}

struct net_addr ip_destination(const struct pktbuf *pkt)
{
	return net_addr_ipv4(load_be32(pkt->head + pkt->l3_off + IPV4_OFF_DST));
}

struct pktbuf *ipv4_alloc(struct stack *stack, size_t len)
{
	struct pktbuf *pkt = pktbuf_alloc(&stack->frame_pool, PKTBUF_HEADROOM);

	if (pkt != NULL && len > pktbuf_tailroom(pkt)) {
		pktbuf_free(pkt);
		pkt = pktbuf_alloc_sized(&stack->big_pool, PKTBUF_HEADROOM, len);
	}
	return pkt;
}

/* The neighbour cache gave a packet of ours back: its header is our own work. */
void ipv4_undeliverable(struct stack *stack, struct pktbuf *pkt, const struct refused *refused,
			uint64_t now_ns)
{
	const uint8_t *p = pkt->data, *l4 = p + IPV4_HEADER_LEN;
	uint32_t src = load_be32(p + IPV4_OFF_SRC), dst = load_be32(p + IPV4_OFF_DST);
	struct udp_trouble udp = {
		.local = src, .remote = dst, .err = ERR_HOSTUNREACH, .refused = refused};
	struct tcp_trouble trouble;

	if ((load_be16(p + IPV4_OFF_FRAGMENT) & IPV4_FRAGMENT_OFFSET) != 0) {
		pktbuf_free(pkt); /* no ports in it; the first fragment will tell */
		return;
	}
	switch (p[IPV4_OFF_PROTOCOL]) {
	case IP_PROTO_TCP:
		trouble = (struct tcp_trouble){
			.local = src,
			.remote = dst,
			.local_port = load_be16(l4 + TCP_OFF_SRC),
			.remote_port = load_be16(l4 + TCP_OFF_DST),
			.err = ERR_HOSTUNREACH,
			.local_only = true,
			.refused = refused,
		};
		pktbuf_free(pkt);
		tcp_unreachable(stack, &trouble, now_ns);
		return;
	case IP_PROTO_UDP:
		udp.local_port = load_be16(l4 + UDP_OFF_SRC);
		udp.remote_port = load_be16(l4 + UDP_OFF_DST);
		break;
	default:
		if (l4[ICMP_OFF_TYPE] != ICMP_ECHO)
			break; /* an answer of ICMP's own: nobody waits for it */
		udp.echo = true;
		udp.local_port = load_be16(l4 + ICMP_OFF_ID);
		break;
	}
	pktbuf_free(pkt);
	udp_unreachable(stack, &udp);
}
