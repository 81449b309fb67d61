/*
 * IPv4, outgoing (RFC 791, RFC 1122 3.2.1 and 3.3): the header, the length check, the next hop.
 *
 * NOT DONE: fragmenting.  A packet longer than the interface's MTU is refused; TCP chooses its
 * segments so that this does not happen.
 */
#include "net/ipv4.h"

#include "net/checksum.h"
#include "net/neigh.h"
#include "net/stack.h"
#include "net/tcp.h"
#include "net/wire/ipv4.h"
#include "net/wire/tcp.h"
#include "net/wire/udp.h"

uint32_t ipv4_pseudo_sum(uint32_t src, uint32_t dst, uint8_t protocol, uint32_t len)
{
	return (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + protocol +
	       (len >> 16) + (len & 0xffff);
}

static void push_header(struct stack *stack, struct pktbuf *pkt, const struct ipv4_send *how,
			size_t total_len)
{
	uint8_t *p = pktbuf_push(pkt, IPV4_HEADER_LEN);
	const struct ipv4_header h = {
		.tos = how->tos,
		.total_len = (uint16_t)total_len,
		.id = stack->ipv4_id++,
		.fragment = how->dont_fragment ? IPV4_DF : 0,
		.ttl = how->ttl != 0 ? how->ttl : IPV4_TTL,
		.protocol = how->protocol,
		.src = how->src,
		.dst = how->dst,
	};

	ipv4_header_write(p, &h);
	store_be16(p + IPV4_OFF_CHECKSUM, checksum_finish(checksum_sum(p, IPV4_HEADER_LEN)));
}

int ipv4_output(struct stack *stack, struct pktbuf *pkt, const struct ipv4_send *how,
		uint64_t now_ns)
{
	size_t total_len = IPV4_HEADER_LEN + pktbuf_total_len(pkt);
	struct ipv4_route route;
	struct net_addr next_hop;
	int err = ipv4_route(stack, how->dst, &route);

	if (err != ERR_OK)
		goto refuse;
	/* A large segment is cut by the device; its parts were sized by TCP. */
	if (total_len > UINT16_MAX || (pkt->gso_size == 0 && total_len > route.netif->mtu)) {
		stack->counters.ip_too_big++;
		err = ERR_MSGSIZE;
		goto refuse;
	}
	push_header(stack, pkt, how, total_len);
	stack->counters.ip_out++;
	next_hop = net_addr_ipv4(route.next_hop);
	return neigh_output(stack, route.netif, &next_hop, pkt, now_ns);

refuse:
	pktbuf_free(pkt);
	return err;
}

/* The neighbour cache gave a packet of ours back: its header is our own work. */
void ipv4_undeliverable(struct stack *stack, struct pktbuf *pkt, uint64_t now_ns)
{
	const uint8_t *p = pkt->data, *l4 = p + IPV4_HEADER_LEN;
	uint32_t src = load_be32(p + IPV4_OFF_SRC), dst = load_be32(p + IPV4_OFF_DST);
	struct tcp_trouble trouble;

	switch (p[IPV4_OFF_PROTOCOL]) {
	case IPV4_PROTO_TCP:
		trouble = (struct tcp_trouble){
			.local = src,
			.remote = dst,
			.local_port = load_be16(l4 + TCP_OFF_SRC),
			.remote_port = load_be16(l4 + TCP_OFF_DST),
			.err = ERR_HOSTUNREACH,
			.local_only = true,
		};
		pktbuf_free(pkt);
		tcp_unreachable(stack, &trouble, now_ns);
		return;
	case IPV4_PROTO_UDP:
		udp_unreachable(stack, src, load_be16(l4 + UDP_OFF_SRC), dst,
				load_be16(l4 + UDP_OFF_DST), ERR_HOSTUNREACH);
		break;
	default: /* an answer of ICMP's own: nobody waits for it */
		break;
	}
	pktbuf_free(pkt);
}
