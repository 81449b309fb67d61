/*
 * SPDX-License-Identifier: MIT
 *
 * From what the layers above ask of IP to the family that does it.  This is the one place where a
 * family is chosen: one comparison for a packet.
 */
#include "net/ip/ip.h"

#include "net/ip/icmp.h"
#include "net/ip/ipv4.h"
#include "net/link/neigh.h"
#include "net/stack.h"
#include "net/wire/icmp.h"
#include "net/wire/ipv4.h"

/* --- addresses ---------------------------------------------------------------------------------- */

bool ip_is_ours(const struct stack *stack, const struct net_addr *addr)
{
	for (const struct netif *n = stack->netifs; n != NULL; n = n->next)
		if (ip_find_address(n, addr) != NULL)
			return true;
	return false;
}

/* The 16 bits at a time that a checksum adds, of 4 bytes. */
static uint32_t sum_of_4(const uint8_t *p)
{
	uint32_t word = load_be32(p);

	return (word >> 16) + (word & 0xffff);
}

static uint32_t sum_of_addr(const struct net_addr *a)
{
	uint32_t sum = sum_of_4(a->bytes);

	if (a->family == NET_FAMILY_IPV6)
		sum += sum_of_4(a->bytes + 4) + sum_of_4(a->bytes + 8) + sum_of_4(a->bytes + 12);
	return sum;
}

uint32_t ip_pseudo_sum(const struct net_addr *src, const struct net_addr *dst, uint8_t protocol,
		       uint32_t len)
{
	return sum_of_addr(src) + sum_of_addr(dst) + protocol + (len >> 16) + (len & 0xffff);
}

/* --- where to ------------------------------------------------------------------------------------ */

static int find_route(struct stack *stack, const struct net_addr *dst, struct ip_route *route,
		      bool may_broadcast)
{
	struct ipv4_route found;
	uint32_t ipv4 = net_addr_to_ipv4(dst);
	int err;

	if (!ip_family_is_known(dst->family))
		return ERR_AFNOSUPPORT;
	err = may_broadcast ? ipv4_route_broadcast(stack, ipv4, &found)
			    : ipv4_route(stack, ipv4, &found);
	if (err == ERR_OK)
		*route = (struct ip_route){
			.netif = found.netif,
			.src = net_addr_ipv4(found.src),
			.next_hop = net_addr_ipv4(found.next_hop),
			.broadcast = found.broadcast,
		};
	return err;
}

int ip_route(struct stack *stack, const struct net_addr *dst, struct ip_route *route)
{
	return find_route(stack, dst, route, false);
}

int ip_route_broadcast(struct stack *stack, const struct net_addr *dst, struct ip_route *route)
{
	return find_route(stack, dst, route, true);
}

bool ip_next_hop(struct stack *stack, const struct net_addr *dst, uint64_t now_ns,
		 struct ip_next_hop *hop)
{
	struct ip_route route;
	const struct neigh *n;

	if (net_addr_is_any(dst) || ip_route(stack, dst, &route) != ERR_OK || route.broadcast)
		return false;
	*hop = (struct ip_next_hop){.link_up = route.netif->link_up};
	n = neigh_find(stack, route.netif, &route.next_hop);
	if (n == NULL || n->state != NEIGH_INCOMPLETE)
		return true;
	hop->refused = &n->refused;
	hop->unresolved_ns = MAX(now_ns - n->began_ns, UINT64_C(1));
	return true;
}

void ip_negative_advice(struct stack *stack, const struct net_addr *dst, uint64_t now_ns)
{
	if (ip_family_is_known(dst->family))
		ipv4_negative_advice(stack, net_addr_to_ipv4(dst), now_ns);
}

/* --- sending ------------------------------------------------------------------------------------- */

static int refuse_family(struct pktbuf *pkt)
{
	pktbuf_free(pkt);
	return ERR_AFNOSUPPORT;
}

int ip_output(struct stack *stack, struct pktbuf *pkt, const struct ip_send *how, uint64_t now_ns)
{
	if (!ip_family_is_known(how->dst->family))
		return refuse_family(pkt);
	return ipv4_output(stack, pkt, how, now_ns);
}

int ip_output_on_link(struct stack *stack, struct netif *netif, struct pktbuf *pkt,
		      const struct ip_send *how, uint64_t now_ns)
{
	if (!ip_family_is_known(how->dst->family))
		return refuse_family(pkt);
	return ipv4_output_on_link(stack, netif, pkt, how, now_ns);
}

void ip_unlink_owner(struct stack *stack, const void *owner)
{
	neigh_unlink_owner(stack, owner);
}

struct net_addr ip_destination(const struct pktbuf *pkt)
{
	return net_addr_ipv4(load_be32(pkt->head + pkt->l3_off + IPV4_OFF_DST));
}

struct pktbuf *ip_alloc(struct stack *stack, size_t len)
{
	struct pktbuf *pkt = pktbuf_alloc(&stack->frame_pool, PKTBUF_HEADROOM);

	if (pkt != NULL && len > pktbuf_tailroom(pkt)) {
		pktbuf_free(pkt);
		pkt = pktbuf_alloc_sized(&stack->big_pool, PKTBUF_HEADROOM, len);
	}
	return pkt;
}

/* --- what arrives -------------------------------------------------------------------------------- */

void ip_facts_of(const struct pktbuf *pkt, struct ip_facts *facts)
{
	struct ipv4_header h;
	const uint8_t *p = pkt->head + pkt->l3_off;

	/* It was read before the packet was handed up: nothing is missing. */
	(void)ipv4_header_read_quoted(p, (size_t)(pkt->tail - p), &h);
	ipv4_facts(pkt, &h, facts);
}

void ip_port_unreachable(struct stack *stack, const struct pktbuf *pkt, uint64_t now_ns)
{
	icmp_send_error(stack, pkt, ICMP_UNREACHABLE, ICMP_UNREACH_PORT, now_ns);
}
