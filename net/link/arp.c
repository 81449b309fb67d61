/*
 * SPDX-License-Identifier: MIT
 *
 * ARP (RFC 826, RFC 1122 2.3.2): answers requests for our address, asks for others', and feeds the
 * neighbour cache.  net/link/neigh.c holds what waits for an answer.
 *
 * Nothing that comes in unasked makes an entry, except a request for our own address from a
 * neighbour on our own network: that neighbour is about to talk to us.  What names other hardware
 * than an entry has changes it (RFC 826's merge), but not before the old one has been asked where the
 * entry is in use: net/link/neigh.h.  Who can send frames on the link can answer our broadcasts as well;
 * against that nothing here helps.
 *
 * net/link/acd.c detects other users of our address.
 */
#include "net/link/arp.h"

#include "base/err.h"
#include "net/link/acd.h"
#include "net/link/eth.h"
#include "net/link/link.h"
#include "net/link/neigh.h"
#include "net/port.h"
#include "net/stack.h"
#include "net/wire/arp.h"
#include "net/wire/eth.h"
#include "net/wire/ipv4.h"

#define CONFLICT_INTERVAL_NS (10 * NS_PER_S) /* as RFC 5227's DEFEND_INTERVAL */
#define UNASKED_BURST 4u                     /* lines about what was not asked for, at once */

static const uint8_t broadcast_mac[ETH_ADDR_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t unknown[ETH_ADDR_LEN];

/* --- out ----------------------------------------------------------------------------------------- */

/* RFC 3927 2.5: what comes from such an address is sent by broadcast. */
static bool is_for_all_to_see(uint32_t spa)
{
	return spa >> 16 == IPV4_LINK_LOCAL_NET >> 16;
}

static int send_arp(struct stack *stack, struct netif *netif, const uint8_t *dst,
		    const struct arp_packet *arp, uint64_t now_ns)
{
	struct eth_send how = {.netif = netif, .dst = dst, .type = ETH_TYPE_ARP};
	struct pktbuf *pkt = pktbuf_alloc(&stack->pool, PKTBUF_HEADROOM);
	uint8_t *at;

	if (pkt == NULL)
		return ERR_NOBUFS;
	at = pktbuf_put(pkt, ARP_PACKET_LEN);
	if (at == NULL) {
		pktbuf_free(pkt);
		return ERR_NOBUFS;
	}
	arp_packet_write(at, arp);
	if (is_for_all_to_see(arp->spa))
		how.dst = broadcast_mac;
	return eth_output(stack, pkt, &how, now_ns);
}

/* The resolver's ask(): a broadcast, or RFC 1122 2.3.2.1 (2), a unicast poll of a known address. */
static int arp_ask(struct stack *stack, const struct neigh *n, uint64_t now_ns)
{
	uint32_t target = net_addr_to_ipv4(&n->addr);
	const struct arp_packet request = {
		.op = ARP_OP_REQUEST,
		.sha = n->netif->mac,
		.spa = n->netif->ipv4,
		.tha = unknown,
		.tpa = target,
	};
	bool poll = neigh_is_poll(n);
	int err = send_arp(stack, n->netif, poll ? n->mac : broadcast_mac, &request, now_ns);

	if (err != ERR_OK)
		return err;
	stack->counters.arp_requests_out++;
	event_emit(stack->port->events, EVENT_ARP_REQUEST, 0, 0, EV_IPV4("ip", target),
		   EV_IPV4("src_ip", request.spa), EV_IF(poll && !is_for_all_to_see(request.spa), EV_MAC("mac", n->mac)),
		   EV_U64("attempt", n->attempts));
	return ERR_OK;
}

/* It was not asked for: such lines are limited. */
static void log_moved(struct stack *stack, const struct net_addr *addr, const uint8_t *mac,
		      const uint8_t *old, uint64_t now_ns)
{
	if (rate_take(&stack->arp_moved_limit, NS_PER_S, UNASKED_BURST, now_ns))
		event_emit(stack->port->events, EVENT_ARP_REPLY, 0, 0, EV_ADDR("ip", *addr),
			   EV_MAC("mac", mac), EV_MAC("was", old));
}

static void arp_moved(struct stack *stack, const struct neigh *n, const uint8_t *old,
		      uint64_t now_ns)
{
	log_moved(stack, &n->addr, n->mac, old, now_ns);
}

/* A request for our own address. */
static bool ask_for_our_own(struct stack *stack, struct netif *netif, uint32_t spa, uint64_t now_ns)
{
	const struct arp_packet request = {
		.op = ARP_OP_REQUEST,
		.sha = netif->mac,
		.spa = spa,
		.tha = unknown,
		.tpa = netif->ipv4,
	};

	return send_arp(stack, netif, broadcast_mac, &request, now_ns) == ERR_OK;
}

/* With no sender address, so that it changes no cache. */
void arp_probe(struct stack *stack, struct netif *netif, uint64_t now_ns)
{
	stack->counters.arp_probes_out += ask_for_our_own(stack, netif, 0, now_ns);
}

void arp_announce(struct stack *stack, struct netif *netif, uint64_t now_ns)
{
	stack->counters.arp_announcements_out += ask_for_our_own(stack, netif, netif->ipv4, now_ns);
}

static void arp_gave_up(struct stack *stack, const struct neigh *n)
{
	char why[REFUSED_TEXT_MAX];
	bool any = n->refused.count > 0;

	event_emit(stack->port->events, EVENT_ARP_UNRESOLVED, 0, 0, EV_ADDR("ip", n->addr),
		   EV_U64("attempts", n->attempts), EV_IF(any, EV_U64("refused", n->refused.count)),
		   EV_IF(any, EV_STR("refused_why", refused_why(why, &n->refused))));
}

/* --- in ------------------------------------------------------------------------------------------ */

static void answer(struct stack *stack, struct netif *netif, const struct arp_packet *request,
		   uint64_t now_ns)
{
	const struct arp_packet reply = {
		.op = ARP_OP_REPLY,
		.sha = netif->mac,
		.spa = netif->ipv4,
		.tha = request->sha,
		.tpa = request->spa,
	};

	if (send_arp(stack, netif, request->sha, &reply, now_ns) == ERR_OK)
		stack->counters.arp_replies_out++;
}

/* An address that a neighbour on this interface's link can have. */
static bool is_neighbour(const struct stack *stack, const struct netif *netif, uint32_t ipv4)
{
	const struct net_addr addr = net_addr_ipv4(ipv4);
	uint32_t host = ipv4 & ~netif->ipv4_mask;

	if (!ipv4_addr_is_host(ipv4) ||
	    !link_protocol(stack, ETH_TYPE_IPV4)->is_on_link(stack, netif, &addr))
		return false;
	if (((ipv4 ^ netif->ipv4) & netif->ipv4_mask) != 0)
		return true; /* by a route, which has no broadcast address */
	return ~netif->ipv4_mask <= 1 || (host != 0 && host != ~netif->ipv4_mask);
}

static void log_refuted(struct stack *stack, const struct net_addr *addr, const uint8_t *holder,
			const uint8_t *claimant, uint64_t now_ns)
{
	if (rate_take(&stack->arp_refuted_limit, CONFLICT_INTERVAL_NS, UNASKED_BURST, now_ns))
		event_emit(stack->port->events, EVENT_ARP_CONFLICT, 0, 0, EV_MAC("mac", claimant),
			   EV_IPV4("ip", net_addr_to_ipv4(addr)), EV_STR("whose", "a neighbour's"),
			   EV_MAC("holder", holder), EV_STR("action", "it answered there and stays"));
}

/* A request that taught us an address is not called a reply in the log. */
static void report(struct stack *stack, const struct net_addr *addr, const uint8_t *mac,
		   const struct neigh_learned *learned, uint64_t now_ns)
{
	if (learned->answered)
		event_emit(stack->port->events, EVENT_ARP_REPLY, 0, 0, EV_ADDR("ip", *addr),
			   EV_MAC("mac", mac), EV_IF(learned->moved, EV_MAC("was", learned->old)),
			   EV_U64("rtt_us", learned->rtt_ns / NS_PER_US));
	else if (learned->moved)
		log_moved(stack, addr, mac, learned->old, now_ns);
	if (learned->refuted)
		log_refuted(stack, addr, mac, learned->claimant, now_ns);
}

/* RFC 826, packet reception: merge, then make an entry where we are the target. */
static void learn(struct stack *stack, struct netif *netif, const struct arp_packet *arp,
		  bool for_us, uint64_t now_ns)
{
	const struct net_addr addr = net_addr_ipv4(arp->spa);
	bool may_create = for_us && arp->op == ARP_OP_REQUEST;
	struct neigh_learned learned =
		neigh_learn(stack, netif, &addr, arp->sha,
			    may_create ? NEIGH_HINT_LEARN : NEIGH_HINT_UPDATE, now_ns);

	if (learned.entry == NULL) {
		stack->counters.arp_ignored++;
		return;
	}
	report(stack, &addr, arp->sha, &learned, now_ns);
	neigh_flush(stack, learned.entry, now_ns);
}

static void ignore(struct stack *stack, struct netif *netif, const struct arp_packet *arp,
		   struct refused_reason why)
{
	const struct net_addr addr = net_addr_ipv4(arp->spa);
	struct refused *refused = neigh_awaits(stack, netif, &addr);

	stack->counters.arp_ignored++;
	if (refused != NULL)
		refused_add(refused, why);
}

/* The packet lies in memory that pkt owns; nothing of it is used after this returns. */
static void process(struct stack *stack, struct netif *netif, const struct arp_packet *arp,
		    uint64_t now_ns)
{
	bool for_us = arp->tpa == netif->ipv4;

	if (netif->ipv4 == 0 || eth_addr_equal(arp->sha, netif->mac)) {
		stack->counters.arp_ignored++;
		return;
	}
	if (arp->op != ARP_OP_REQUEST && arp->op != ARP_OP_REPLY) {
		ignore(stack, netif, arp, REFUSED_WITH("had the ARP operation", REFUSED_NUMBER, arp->op));
		return;
	}
	if (arp->spa == netif->ipv4) {
		acd_conflict(stack, netif, arp->sha, now_ns); /* RFC 5227 2.1.1, 2.4 */
		return;
	}
	/* RFC 5227 1.1: an address probe comes from 0.0.0.0; it is answered, nothing is learnt. */
	if (is_neighbour(stack, netif, arp->spa))
		learn(stack, netif, arp, for_us, now_ns);
	else
		ignore(stack, netif, arp, REFUSED("had an address that is not on this link"));
	if (for_us && arp->op == ARP_OP_REQUEST)
		answer(stack, netif, arp, now_ns);
}

static void malformed(struct stack *stack, const struct pktbuf *pkt, const char *why)
{
	stack->counters.arp_malformed++;
	link_refuse(stack, pkt->netif, ETH_TYPE_ARP, pkt->data, pktbuf_len(pkt), REFUSED(why));
}

static void arp_input(struct stack *stack, struct pktbuf *pkt, uint64_t now_ns)
{
	struct arp_packet arp;

	stack->counters.arp_in++;
	/* A group address as sender would make us send unicast packets to a group. */
	if (!arp_packet_read(pkt->data, pktbuf_len(pkt), &arp))
		malformed(stack, pkt, "had a malformed ARP packet");
	else if (eth_addr_is_multicast(arp.sha) || eth_addr_is_zero(arp.sha))
		malformed(stack, pkt, "had a hardware address that no host has");
	else
		process(stack, pkt->netif, &arp, now_ns);
	pktbuf_free(pkt);
}

/* Whatever else is wrong with it: it says that it is from the neighbour that is being asked for. */
static struct refused *arp_awaits(struct stack *stack, struct netif *netif, const uint8_t *p,
				  size_t len)
{
	struct net_addr addr;

	if (len < ARP_OFF_SPA + ARP_PLEN)
		return NULL;
	addr = net_addr_ipv4(load_be32(p + ARP_OFF_SPA));
	return neigh_awaits(stack, netif, &addr);
}

void arp_init(struct stack *stack)
{
	static const struct neigh_resolver resolver = {
		.family = NET_FAMILY_IPV4,
		.eth_type = ETH_TYPE_IPV4,
		.ask = arp_ask,
		.moved = arp_moved,
		.gave_up = arp_gave_up,
	};
	static const struct link_protocol protocol = {
		.type = ETH_TYPE_ARP,
		.input = arp_input,
		.awaits = arp_awaits,
	};

	neigh_set_resolver(stack, &resolver);
	link_register(stack, &protocol);
}
