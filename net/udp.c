/*
 * UDP (RFC 768, RFC 1122 4.1): ports, datagrams in and out, and errors handed to who sent.
 *
 * Received datagrams stay in the driver's buffers until they are read; UDP_QUEUE_MAX bounds how
 * many each port can hold back.
 */
#include "net/udp.h"

#include "base/assert.h"
#include "base/string.h"
#include "net/checksum.h"
#include "net/icmp.h"
#include "net/ipv4.h"
#include "net/stack.h"
#include "net/wire/icmp.h"
#include "net/wire/ipv4.h"
#include "net/wire/udp.h"

/* RFC 6335 6: the dynamic ports. */
#define UDP_EPHEMERAL_FIRST 49152u
#define UDP_EPHEMERAL_COUNT 16384u

/* --- binding -------------------------------------------------------------------------------------- */

static bool port_is_taken(const struct stack *stack, uint32_t local, uint16_t port)
{
	for (const struct udp_pcb *p = stack->udp; p != NULL; p = p->next)
		if (p->local_port == port && (p->local == 0 || local == 0 || p->local == local))
			return true;
	return false;
}

/* RFC 6056 3.3.2, algorithm 2: each candidate is drawn afresh; 0 when the range seems full. */
static uint16_t pick_port(struct stack *stack, uint32_t local)
{
	for (unsigned tries = 0; tries < 256; tries++) {
		uint16_t port = (uint16_t)(UDP_EPHEMERAL_FIRST +
					   stack_random_below(stack, UDP_EPHEMERAL_COUNT));

		if (!port_is_taken(stack, local, port))
			return port;
	}
	return 0;
}

static bool is_our_address(const struct stack *stack, uint32_t ipv4)
{
	for (const struct netif *netif = stack->netifs; netif != NULL; netif = netif->next)
		if (netif->ipv4 == ipv4)
			return true;
	return false;
}

int udp_bind(struct stack *stack, struct udp_pcb *pcb, uint32_t local, uint16_t port)
{
	if (local != 0 && !is_our_address(stack, local))
		return ERR_ADDRNOTAVAIL;
	if (port == 0)
		port = pick_port(stack, local);
	else if (port_is_taken(stack, local, port))
		port = 0;
	if (port == 0)
		return ERR_ADDRINUSE;
	pcb->local = local;
	pcb->local_port = port;
	pcb->next = stack->udp;
	stack->udp = pcb;
	return ERR_OK;
}

void udp_unbind(struct stack *stack, struct udp_pcb *pcb)
{
	struct udp_pcb **link = &stack->udp;

	while (*link != NULL && *link != pcb)
		link = &(*link)->next;
	if (*link != NULL)
		*link = pcb->next;
	pcb->next = NULL;
	pcb->local_port = 0;
	pktbuf_queue_free(&pcb->received);
}

/* --- out ------------------------------------------------------------------------------------------ */

/* The checksum is left to the device, or to netif_send(): the pseudo-header's sum is prepared. */
static void push_header(struct pktbuf *pkt, const struct udp_pcb *pcb, uint32_t src, uint32_t dst,
			uint16_t dst_port)
{
	size_t len = pktbuf_len(pkt) + UDP_HEADER_LEN;
	const struct udp_header h = {
		.src_port = pcb->local_port,
		.dst_port = dst_port,
		.len = (uint16_t)len,
		.checksum = checksum_fold(ipv4_pseudo_sum(src, dst, IPV4_PROTO_UDP, (uint32_t)len)),
	};

	udp_header_write(pktbuf_push(pkt, UDP_HEADER_LEN), &h);
	pkt->flags |= PKTBUF_CSUM_PARTIAL;
	pkt->csum_start = 0;
	pkt->csum_off = UDP_OFF_CHECKSUM;
}

static bool forbids_fragments(const struct stack *stack, const struct udp_pcb *pcb,
			      const struct ipv4_route *route, uint32_t dst, size_t len,
			      uint64_t now_ns)
{
	struct ipv4_path path;

	if (pcb->pmtu != UDP_PMTU_WANT)
		return pcb->pmtu == UDP_PMTU_DO;
	path = ipv4_path_find(stack, dst, IPV4_PROTO_UDP, route->netif->mtu, now_ns);
	return !path.narrow && len + UDP_HEADER_LEN + IPV4_HEADER_LEN <= path.mtu;
}

/* A copy of the bytes in a packet of its own. */
static struct pktbuf *datagram_of(struct stack *stack, const void *buf, size_t len)
{
	struct pktbuf *pkt = ipv4_alloc(stack, len);
	void *at = pkt != NULL ? pktbuf_put(pkt, len) : NULL;

	if (at != NULL && len > 0)
		memcpy(at, buf, len);
	return pkt;
}

int udp_send(struct stack *stack, struct udp_pcb *pcb, const void *buf, size_t len, uint32_t dst,
	     uint16_t dst_port, uint64_t now_ns)
{
	struct ipv4_route route;
	struct ipv4_send how;
	struct pktbuf *pkt;
	int err;

	ASSERT(pcb->local_port != 0);
	if (dst_port == 0)
		return ERR_INVAL;
	if (len > UINT16_MAX - IPV4_HEADER_LEN - UDP_HEADER_LEN)
		return ERR_MSGSIZE;
	err = ipv4_route(stack, dst, &route);
	if (err != ERR_OK)
		return err;
	/* RFC 1122 4.1.3.5 lets the application choose the address it speaks from. */
	how = (struct ipv4_send){
		.src = pcb->local != 0 ? pcb->local : route.src,
		.dst = dst,
		.protocol = IPV4_PROTO_UDP,
		.dont_fragment = forbids_fragments(stack, pcb, &route, dst, len, now_ns),
	};
	pkt = datagram_of(stack, buf, len);
	if (pkt == NULL)
		return ERR_NOBUFS;
	push_header(pkt, pcb, how.src, dst, dst_port);
	err = ipv4_output(stack, pkt, &how, now_ns);
	if (err == ERR_OK)
		stack->counters.udp_out++;
	return err;
}

/* --- in ------------------------------------------------------------------------------------------- */

/* RFC 768: a checksum of 0 means that the sender made none. */
static bool checksum_is_bad(const struct pktbuf *pkt, const struct udp_header *h, uint32_t src,
			    uint32_t dst)
{
	uint32_t sum;

	if (h->checksum == 0 || (pkt->flags & PKTBUF_CSUM_VALID))
		return false;
	sum = ipv4_pseudo_sum(src, dst, IPV4_PROTO_UDP, h->len) + checksum_sum(pkt->data, h->len);
	return checksum_finish(sum) != 0;
}

/* 0: not this one's datagram; else the more the better it fits. */
static unsigned match(const struct udp_pcb *pcb, uint32_t src, uint16_t src_port, uint32_t dst,
		      uint16_t dst_port)
{
	unsigned score = 1;

	if (pcb->local_port != dst_port || (pcb->local != 0 && pcb->local != dst))
		return 0;
	score += pcb->local != 0;
	if (pcb->remote_port != 0) {
		if (pcb->remote != src || pcb->remote_port != src_port)
			return 0;
		score += 2;
	}
	return score;
}

static struct udp_pcb *find_pcb(const struct stack *stack, uint32_t src, uint16_t src_port,
				uint32_t dst, uint16_t dst_port)
{
	struct udp_pcb *best = NULL;
	unsigned best_score = 0;

	for (struct udp_pcb *p = stack->udp; p != NULL; p = p->next) {
		unsigned score = match(p, src, src_port, dst, dst_port);

		if (score > best_score) {
			best = p;
			best_score = score;
		}
	}
	return best;
}

/* What is wrong with the datagram: its counter, or NULL. */
static uint64_t *find_fault(struct stack *stack, const struct pktbuf *pkt, uint32_t src,
			    uint32_t dst, struct udp_header *h)
{
	if (!udp_header_read(pkt->data, pktbuf_len(pkt), h) || h->dst_port == 0)
		return &stack->counters.udp_malformed;
	if (checksum_is_bad(pkt, h, src, dst)) {
		pkt->netif->counters.rx_csum_bad++;
		return &stack->counters.udp_bad_checksum;
	}
	return NULL;
}

void udp_input(struct stack *stack, struct pktbuf *pkt, uint32_t src, uint32_t dst, uint64_t now_ns)
{
	struct udp_header h;
	struct udp_pcb *pcb;
	uint64_t *fault;

	stack->counters.udp_in++;
	fault = find_fault(stack, pkt, src, dst, &h);
	if (fault != NULL)
		goto drop;
	pcb = find_pcb(stack, src, h.src_port, dst, h.dst_port);
	if (pcb == NULL) {
		/* RFC 1122 4.1.3.1 */
		icmp_send_error(stack, pkt, ICMP_UNREACHABLE, ICMP_UNREACH_PORT, now_ns);
		fault = &stack->counters.udp_no_port;
		goto drop;
	}
	if (pcb->received.count == UDP_QUEUE_MAX) {
		fault = &stack->counters.udp_queue_full;
		goto drop;
	}
	pktbuf_trim(pkt, h.len);
	pktbuf_pull(pkt, UDP_HEADER_LEN);
	pktbuf_queue_push(&pcb->received, pkt);
	return;

drop:
	++*fault;
	pktbuf_free(pkt);
}

struct pktbuf *udp_receive(struct udp_pcb *pcb, uint32_t *src, uint16_t *src_port)
{
	struct pktbuf *pkt = pktbuf_queue_pop(&pcb->received);

	if (pkt == NULL)
		return NULL;
	*src = load_be32(pkt->head + pkt->l3_off + IPV4_OFF_SRC);
	*src_port = load_be16(pkt->head + pkt->l4_off + UDP_OFF_SRC);
	return pkt;
}

/* RFC 1122 4.1.3.3: errors go up.  Only to a connected port: one that speaks to many could not tell
 * which of them is meant. */
void udp_unreachable(struct stack *stack, uint32_t local, uint16_t local_port, uint32_t remote,
		     uint16_t remote_port, int err)
{
	for (struct udp_pcb *p = stack->udp; p != NULL; p = p->next)
		if (p->local_port == local_port && (p->local == 0 || p->local == local) &&
		    p->remote == remote && p->remote_port == remote_port)
			p->error = err;
}

/* RFC 1191, as far as UDP can tell a true report: there must be a port of ours that sends with DF
 * and, where it is connected, to that peer.  The cache then speaks for UDP alone. */
void udp_too_big(struct stack *stack, const struct ipv4_too_big *report, uint64_t now_ns)
{
	struct udp_pcb *pcb = find_pcb(stack, report->remote, report->remote_port, report->local,
				       report->local_port);
	struct ipv4_route route;
	uint16_t claim;

	if (pcb == NULL || pcb->pmtu == UDP_PMTU_DONT ||
	    ipv4_route(stack, report->remote, &route) != ERR_OK)
		goto ignore;
	claim = ipv4_pmtu_claim(report->said, report->quoted_len,
				ipv4_path_find(stack, report->remote, IPV4_PROTO_UDP,
					       route.netif->mtu, now_ns).mtu);
	if (claim == 0)
		goto ignore;
	(void)ipv4_pmtu_lower(stack, report->remote, IPV4_PROTO_UDP, claim, now_ns);
	if (pcb->pmtu == UDP_PMTU_DO && pcb->remote_port != 0)
		pcb->error = ERR_MSGSIZE; /* RFC 1122 4.1.3.3 */
	return;

ignore:
	stack->counters.ip_pmtu_ignored++;
}
