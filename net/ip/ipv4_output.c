/*
 * SPDX-License-Identifier: MIT
 *
 * IPv4, outgoing (RFC 791, RFC 1122 3.2.1 and 3.3): the header, the length check, the next hop.
 * What is too long for the path is fragmented in ipv4_fragment.c, unless its sender forbids that.
 */
#include "net/ip/ipv4.h"

#include "net/checksum.h"
#include "net/link/eth.h"
#include "net/ip/ipv4_output.h"
#include "net/ip/transport.h"
#include "net/link/neigh.h"
#include "net/stack.h"
#include "net/wire/eth.h"
#include "net/wire/icmp.h"
#include "net/wire/ipv4.h"
#include "net/wire/tcp.h"

static int send_by(struct stack *stack, const struct ipv4_route *route, struct pktbuf *pkt,
		   uint64_t now_ns)
{
	static const uint8_t broadcast_mac[NETIF_MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct net_addr next_hop = net_addr_ipv4(route->next_hop);
	const struct eth_send broadcast = {
		.netif = route->netif,
		.dst = broadcast_mac,
		.type = ETH_TYPE_IPV4,
	};

	if (route->broadcast)
		return eth_output(stack, pkt, &broadcast, now_ns);
	return neigh_output(stack, route->netif, &next_hop, pkt, now_ns);
}

int ipv4_send_one(struct stack *stack, struct pktbuf *pkt, const struct ip_send *how,
		  const struct ipv4_route *route, uint16_t id, uint16_t fragment, uint64_t now_ns)
{
	const struct ipv4_header h = {
		.tos = how->tos,
		.total_len = (uint16_t)(IPV4_HEADER_LEN + pktbuf_total_len(pkt)),
		.id = id,
		.fragment = fragment,
		.ttl = how->ttl != 0 ? how->ttl : IP_TTL,
		.protocol = how->protocol,
		.src = net_addr_to_ipv4(how->src),
		.dst = net_addr_to_ipv4(how->dst),
	};
	uint8_t *p = pktbuf_push(pkt, IPV4_HEADER_LEN);

	ipv4_header_write(p, &h);
	store_be16(p + IPV4_OFF_CHECKSUM, checksum_finish(checksum_sum(p, IPV4_HEADER_LEN)));
	pkt->resolve_until_ns = how->resolve_until_ns;
	stack->counters.ip_out++;
	return send_by(stack, route, pkt, now_ns);
}

/* As long as a packet may be.  TCP has checked the path when it chose its segments. */
static uint16_t mtu_for(const struct stack *stack, const struct ip_send *how,
			const struct ipv4_route *route, uint64_t now_ns)
{
	if (how->protocol == IP_PROTO_TCP)
		return route->netif->mtu;
	return ip_path_find(stack, how->dst, how->protocol, route->netif->mtu, now_ns).mtu;
}

int ipv4_output(struct stack *stack, struct pktbuf *pkt, const struct ip_send *how,
		uint64_t now_ns)
{
	size_t total_len = IPV4_HEADER_LEN + pktbuf_total_len(pkt);
	struct ipv4_route route;
	uint16_t mtu;
	uint32_t dst = net_addr_to_ipv4(how->dst);
	int err = how->broadcast ? ipv4_route_broadcast(stack, dst, &route)
				 : ipv4_route(stack, dst, &route);

	if (err == ERR_OK && net_addr_to_ipv4(how->src) != route.src && !ip_is_ours(stack, how->src)) {
		stack->counters.ip_no_route++; /* it was, and the network has taken it back */
		err = ERR_ADDRNOTAVAIL;
	}
	if (err != ERR_OK)
		goto refuse;
	mtu = mtu_for(stack, how, &route, now_ns);
	/* A large segment is split by the device; its parts were sized by TCP. */
	if (total_len > UINT16_MAX ||
	    (total_len > mtu && pkt->gso_size == 0 && how->dont_fragment)) {
		stack->counters.ip_too_big++;
		err = ERR_MSGSIZE;
		goto refuse;
	}
	if (total_len > mtu && pkt->gso_size == 0)
		return ipv4_output_fragments(stack, pkt, how, &route, mtu, now_ns);
	/* RFC 6864 4.1: the id of an atomic datagram is not used, so it reveals nothing either */
	return ipv4_send_one(stack, pkt, how, &route,
			     how->dont_fragment ? 0 : ipv4_choose_id(stack, how),
			     how->dont_fragment ? IPV4_DF : 0, now_ns);

refuse:
	pktbuf_free(pkt);
	return err;
}

int ipv4_output_on_link(struct stack *stack, struct netif *netif, struct pktbuf *pkt,
			const struct ip_send *how, uint64_t now_ns)
{
	const struct ipv4_route route = {
		.netif = netif,
		.src = net_addr_to_ipv4(how->src),
		.next_hop = net_addr_to_ipv4(how->dst),
		.broadcast = true,
	};

	if (IPV4_HEADER_LEN + pktbuf_total_len(pkt) > netif->mtu) {
		stack->counters.ip_too_big++;
		pktbuf_free(pkt);
		return ERR_MSGSIZE;
	}
	return ipv4_send_one(stack, pkt, how, &route, ipv4_choose_id(stack, how), 0, now_ns);
}

/* The ports of a packet of ours, or the identifier of its echo request.  False: it has none, or no transport
 * waits for it. */
static bool read_ports(const uint8_t *l4, uint8_t protocol, struct ip_error *error)
{
	switch (protocol) {
	case IP_PROTO_TCP:
	case IP_PROTO_UDP: /* its ports are where TCP's are */
		error->local.port = load_be16(l4 + TCP_OFF_SRC);
		error->remote.port = load_be16(l4 + TCP_OFF_DST);
		return true;
	default:
		error->local.port = load_be16(l4 + ICMP_OFF_ID);
		return l4[ICMP_OFF_TYPE] == ICMP_ECHO; /* else an answer of ICMP's own */
	}
}

/* The neighbour cache gave a packet of ours back: its header is our own work. */
void ipv4_undeliverable(struct stack *stack, struct pktbuf *pkt, const struct refused *refused,
			uint64_t now_ns)
{
	const uint8_t *p = pkt->data;
	struct ip_error error = {
		.local = net_endpoint_ipv4(load_be32(p + IPV4_OFF_SRC), 0),
		.remote = net_endpoint_ipv4(load_be32(p + IPV4_OFF_DST), 0),
		.protocol = p[IPV4_OFF_PROTOCOL],
		.local_only = true,
		.err = ERR_HOSTUNREACH,
		.refused = refused,
	};
	/* A later fragment has no ports; the first one will tell. */
	bool known = (load_be16(p + IPV4_OFF_FRAGMENT) & IPV4_FRAGMENT_OFFSET) == 0 &&
		     read_ports(p + IPV4_HEADER_LEN, error.protocol, &error);

	pktbuf_free(pkt);
	if (known)
		ip_transport(stack, error.protocol)->error(stack, &error, now_ns);
}
