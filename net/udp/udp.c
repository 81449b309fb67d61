/*
 * SPDX-License-Identifier: MIT
 *
 * UDP (RFC 768, RFC 1122 4.1): datagrams in and out, and errors handed to who sent.  Ports are in
 * net/udp/ports.c.
 *
 * Received datagrams stay in the driver's buffers until they are read, or in memory of the stack
 * while those are few; how many each port can hold back is bounded by their number and by the memory
 * that they really occupy.
 */
#include "net/udp/udp.h"

#include "base/assert.h"
#include "base/string.h"
#include "net/awaited.h"
#include "net/checksum.h"
#include "net/ip/transport.h"
#include "net/ip/path_mtu.h"
#include "net/stack.h"
#include "net/wire/udp.h"

#define DOUBT_MS 1000u /* an answer would have come: within NEIGH_DOUBT_NS one doubt counts anyway */
#define DOUBT_DOUBLINGS_MAX 6u

/* --- out ------------------------------------------------------------------------------------------ */

/* The checksum is left to the device, or to netif_send(): the pseudo-header's sum is prepared. */
static void push_header(struct pktbuf *pkt, uint16_t src_port, const struct net_addr *src,
			const struct net_endpoint *dst)
{
	size_t len = pktbuf_len(pkt) + UDP_HEADER_LEN;
	const struct udp_header h = {
		.src_port = src_port,
		.dst_port = dst->port,
		.len = (uint16_t)len,
		.checksum = checksum_fold(ip_pseudo_sum(src, &dst->addr, IP_PROTO_UDP, (uint32_t)len)),
	};

	udp_header_write(pktbuf_push(pkt, UDP_HEADER_LEN), &h);
	pkt->flags |= PKTBUF_CSUM_PARTIAL;
	pkt->csum_start = 0;
	pkt->csum_off = UDP_OFF_CHECKSUM;
}

static uint8_t protocol_of(const struct udp_pcb *pcb)
{
	return pcb->echo ? IP_PROTO_ICMP : IP_PROTO_UDP;
}

static bool forbids_fragments(const struct stack *stack, const struct udp_pcb *pcb,
			      const struct ip_route *route, const struct net_addr *dst, size_t len,
			      uint64_t now_ns)
{
	struct ip_path path;

	if (pcb->pmtu != UDP_PMTU_WANT)
		return pcb->pmtu == UDP_PMTU_DO;
	path = ip_path_find(stack, dst, protocol_of(pcb), route->netif->mtu, now_ns);
	return !path.narrow && len + ip_header_len(dst) <= path.mtu;
}

struct ip_send udp_how(const struct stack *stack, const struct udp_pcb *pcb,
		       const struct ip_route *route, const struct net_addr *dst, size_t len,
		       uint64_t now_ns)
{
	return (struct ip_send){
		/* RFC 1122 4.1.3.5 lets the application choose the address it speaks from. */
		.src = net_addr_is_any(&pcb->local.addr) ? &route->src : &pcb->local.addr,
		.dst = dst,
		.protocol = protocol_of(pcb),
		.tos = pcb->tos,
		.ttl = pcb->ttl,
		.broadcast = route->broadcast,
		.resolve_until_ns = pcb->resolve_ms != 0 ? now_ns + pcb->resolve_ms * NS_PER_MS : 0,
		.dont_fragment = forbids_fragments(stack, pcb, route, dst, len, now_ns),
	};
}

struct pktbuf *udp_packet_of(struct stack *stack, const void *buf, size_t len)
{
	struct pktbuf *pkt = ip_alloc(stack, len);
	void *at = pkt != NULL ? pktbuf_put(pkt, len) : NULL;

	if (at != NULL && len > 0)
		memcpy(at, buf, len);
	return pkt;
}

static int send_datagram(struct stack *stack, const struct udp_pcb *pcb, const void *buf, size_t len,
			 const struct net_endpoint *to, const struct ip_route *route,
			 uint64_t now_ns)
{
	struct ip_send how;
	struct pktbuf *pkt;
	int err;

	ASSERT(pcb->local.port != 0);
	if (to->port == 0)
		return ERR_INVAL;
	if (len > ip_payload_max(&to->addr) - UDP_HEADER_LEN)
		return ERR_MSGSIZE;
	how = udp_how(stack, pcb, route, &to->addr, UDP_HEADER_LEN + len, now_ns);
	pkt = udp_packet_of(stack, buf, len);
	if (pkt == NULL)
		return ERR_NOBUFS;
	push_header(pkt, pcb->local.port, how.src, to);
	err = ip_output(stack, pkt, &how, now_ns);
	if (err == ERR_OK)
		stack->counters.udp_out++;
	return err;
}

int udp_send(struct stack *stack, const struct udp_pcb *pcb, const void *buf, size_t len,
	     const struct net_endpoint *to, uint64_t now_ns)
{
	struct ip_route route;
	int err = ip_route(stack, &to->addr, &route);

	return err != ERR_OK ? err : send_datagram(stack, pcb, buf, len, to, &route, now_ns);
}

int udp_send_broadcast(struct stack *stack, const struct udp_pcb *pcb, const void *buf, size_t len,
		       const struct net_endpoint *to, uint64_t now_ns)
{
	struct ip_route route;
	int err = ip_route_broadcast(stack, &to->addr, &route);

	return err != ERR_OK ? err : send_datagram(stack, pcb, buf, len, to, &route, now_ns);
}

int udp_send_on_link(struct stack *stack, const struct udp_flow *flow, const void *buf, size_t len,
		     uint64_t now_ns)
{
	const struct ip_send how = {
		.src = &flow->src.addr,
		.dst = &flow->dst.addr,
		.protocol = IP_PROTO_UDP,
		.broadcast = true,
	};
	struct pktbuf *pkt = udp_packet_of(stack, buf, len);
	int err;

	if (pkt == NULL)
		return ERR_NOBUFS;
	push_header(pkt, flow->src.port, how.src, &flow->dst);
	err = ip_output_on_link(stack, flow->netif, pkt, &how, now_ns);
	if (err == ERR_OK)
		stack->counters.udp_out++;
	return err;
}

/* --- doubt ---------------------------------------------------------------------------------------- */

static uint32_t in_ms(uint64_t ns)
{
	return (uint32_t)(ns / NS_PER_MS);
}

/* A datagram's sender does not say whether it waits for one, or for how long: those who do ask again
 * after about a second.  Who never gets an answer, and does not want any, doubts less and less. */
void udp_gave_up(struct stack *stack, struct udp_pcb *pcb, uint64_t now_ns)
{
	uint32_t patience_ms = DOUBT_MS << MIN(pcb->doubts, DOUBT_DOUBLINGS_MAX);

	if (!pcb->asked || in_ms(now_ns) - pcb->asked_ms < patience_ms)
		return;
	pcb->asked = false;
	if (pcb->doubts < UINT8_MAX)
		pcb->doubts++;
	ip_negative_advice(stack, &pcb->remote.addr, now_ns);
}

void udp_asked(struct stack *stack, struct udp_pcb *pcb, uint64_t now_ns)
{
	udp_gave_up(stack, pcb, now_ns);
	if (pcb->asked)
		return;
	pcb->asked = true;
	pcb->asked_ms = in_ms(now_ns);
}

static void answered(struct udp_pcb *pcb)
{
	pcb->asked = false;
	pcb->doubts = 0;
}

/* --- in ------------------------------------------------------------------------------------------- */

/* RFC 768: a checksum of 0 means that the sender made none. */
static bool checksum_is_bad(const struct pktbuf *pkt, const struct udp_header *h,
			    const struct ip_facts *facts)
{
	uint32_t sum;

	if (h->checksum == 0 || (pkt->flags & PKTBUF_CSUM_VALID))
		return false;
	sum = ip_pseudo_sum(&facts->src, &facts->dst, IP_PROTO_UDP, h->len) +
	      checksum_sum(pkt->data, h->len);
	return checksum_finish(sum) != 0;
}

/* It came to a port connected to another peer: a server that answers from another address, for
 * one. */
static void refuse_stranger(struct stack *stack, const struct net_endpoint *remote,
			    const struct net_endpoint *local)
{
	struct udp_pcb *pcb = udp_find_connected(stack, false, local);

	if (pcb == NULL)
		return;
	if (!net_addr_equal(&pcb->remote.addr, &remote->addr))
		awaited_add_stranger(stack, &pcb->awaited, &remote->addr);
	else
		awaited_add(stack, &pcb->awaited,
			    REFUSED_WITH("came from port", REFUSED_NUMBER, remote->port));
}

/* What is wrong with the datagram: its counter, or NULL. */
static uint64_t *find_fault(struct stack *stack, const struct pktbuf *pkt,
			    const struct ip_facts *facts, struct udp_header *h)
{
	if (!udp_header_read(pkt->data, pktbuf_len(pkt), h) || h->dst_port == 0) {
		ip_refuse(stack, pkt, REFUSED("had a malformed UDP header"));
		return &stack->counters.udp_malformed;
	}
	if (checksum_is_bad(pkt, h, facts)) {
		ip_refuse(stack, pkt, REFUSED("had a bad UDP checksum"));
		pkt->netif->counters.rx_csum_bad++;
		return &stack->counters.udp_bad_checksum;
	}
	return NULL;
}

static uint32_t memory_of(const struct pktbuf *pkt)
{
	return (uint32_t)pktbuf_block_size(pkt);
}

uint32_t udp_rcvbuf(const struct udp_pcb *pcb)
{
	return pcb->rcvbuf == 0 ? UDP_RCVBUF_DEFAULT : MAX(pcb->rcvbuf, UDP_RCVBUF_MIN);
}

/* One datagram always fits, however small the buffer. */
static bool has_room(const struct udp_pcb *pcb, const struct pktbuf *pkt)
{
	return pcb->received.count == 0 ||
	       (pcb->received.count < UDP_QUEUE_MAX &&
		pcb->received_memory + memory_of(pkt) <= udp_rcvbuf(pcb));
}

bool udp_queue(struct stack *stack, struct udp_pcb *pcb, struct pktbuf *pkt)
{
	answered(pcb);
	if (!has_room(pcb, pkt)) {
		pktbuf_free(pkt);
		return false;
	}
	pkt = pktbuf_retain(&stack->kept_pool, pkt);
	if (pkt == NULL)
		return false;
	pcb->received_memory += memory_of(pkt);
	pktbuf_queue_push(&pcb->received, pkt);
	return true;
}

static void udp_input(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts, uint64_t now_ns)
{
	const struct udp_service *service = udp_service(stack);
	struct net_endpoint remote, local;
	struct udp_header h;
	struct udp_pcb *pcb;
	uint64_t *fault;

	stack->counters.udp_in++;
	fault = find_fault(stack, pkt, facts, &h);
	if (fault != NULL)
		goto drop;
	if (service != NULL && h.dst_port == service->port &&
	    service->input(stack, pkt, facts, &h, now_ns))
		return;
	remote = (struct net_endpoint){.addr = facts->src, .port = h.src_port};
	local = (struct net_endpoint){.addr = facts->dst, .port = h.dst_port};
	pcb = udp_find(stack, &remote, &local);
	if (pcb == NULL) {
		refuse_stranger(stack, &remote, &local);
		/* RFC 1122 4.1.3.1 */
		ip_port_unreachable(stack, pkt, now_ns);
		fault = &stack->counters.udp_no_port;
		goto drop;
	}
	pktbuf_trim(pkt, h.len);
	pktbuf_pull(pkt, UDP_HEADER_LEN);
	if (!udp_queue(stack, pcb, pkt)) {
		stack->counters.udp_queue_full++;
		awaited_add(stack, &pcb->awaited, REFUSED("found no room in the socket"));
	}
	return;

drop:
	++*fault;
	pktbuf_free(pkt);
}

struct net_endpoint udp_source(const struct pktbuf *pkt)
{
	struct ip_facts facts;

	ip_facts_of(pkt, &facts);
	return (struct net_endpoint){
		.addr = facts.src,
		.port = load_be16(pkt->head + pkt->l4_off + UDP_OFF_SRC),
	};
}

struct pktbuf *udp_receive(struct udp_pcb *pcb)
{
	struct pktbuf *pkt = pktbuf_queue_pop(&pcb->received);

	if (pkt != NULL)
		pcb->received_memory -= memory_of(pkt);
	return pkt;
}

/* RFC 1122 4.1.3.3: errors go up, soft ones too.  Only to a connected port: one that speaks to many
 * could not tell which of them is meant. */
static void udp_unreachable(struct stack *stack, const struct ip_error *error)
{
	struct udp_pcb *pcb = udp_find_sender(stack, error);

	if (pcb == NULL)
		return;
	if (!error->local_only)
		answered(pcb); /* by a router, but the way there is good */
	pcb->error = error->err;
	pcb->error_by = error->reporter;
	awaited_note(stack, &pcb->awaited, error->what, &error->reporter, error->refused);
}

/* Connected or not: a datagram's sender may speak to many. */
static struct udp_pcb *find_any_sender(const struct stack *stack, const struct ip_error *error)
{
	if (error->protocol == IP_PROTO_ICMP)
		return udp_find_echo(stack, &error->remote.addr, &error->local);
	return udp_find(stack, &error->remote, &error->local);
}

/* RFC 1191, as far as UDP can tell a true report: there must be a port of ours that sends with DF
 * and, where it is connected, to that peer.  The cache then speaks for UDP alone, or for
 * echoes alone. */
static void udp_too_big(struct stack *stack, const struct ip_error *error, uint64_t now_ns)
{
	struct udp_pcb *pcb = find_any_sender(stack, error);
	const struct net_addr *dst = &error->remote.addr;
	struct ip_route route;
	uint16_t candidate;

	if (pcb == NULL || pcb->pmtu == UDP_PMTU_DONT || ip_route(stack, dst, &route) != ERR_OK)
		goto ignore;
	candidate = ip_path_candidate(dst, error->mtu, error->quoted_len,
			      ip_path_find(stack, dst, error->protocol, route.netif->mtu, now_ns).mtu);
	if (candidate == 0)
		goto ignore;
	(void)ip_path_lower(stack, dst, error->protocol, candidate, now_ns);
	if (pcb->pmtu == UDP_PMTU_DO && udp_is_connected(pcb)) {
		pcb->error = ERR_MSGSIZE; /* RFC 1122 4.1.3.3 */
		pcb->error_by = error->reporter;
	}
	return;

ignore:
	stack->counters.ip_pmtu_ignored++;
}

void udp_error(struct stack *stack, const struct ip_error *error, uint64_t now_ns)
{
	if (error->err == ERR_MSGSIZE)
		udp_too_big(stack, error, now_ns);
	else
		udp_unreachable(stack, error);
}

/* --- IP's side ------------------------------------------------------------------------------------ */

struct refused *udp_tally(struct stack *stack, struct udp_pcb *pcb)
{
	struct awaited *a = pcb != NULL && udp_is_connected(pcb)
				    ? awaited_make(stack, &pcb->awaited) : NULL;

	return a != NULL ? &a->refused : NULL;
}

static struct refused *udp_awaits(struct stack *stack, const struct ip_facts *facts,
				  const uint8_t *l4, size_t len)
{
	const struct udp_service *service = udp_service(stack);
	struct refused *refused = service != NULL ? service->awaits(stack, facts, l4, len) : NULL;
	struct net_endpoint remote = {.addr = facts->src}, local = {.addr = facts->dst};

	if (refused != NULL || len < UDP_OFF_LEN)
		return refused;
	remote.port = load_be16(l4 + UDP_OFF_SRC);
	local.port = load_be16(l4 + UDP_OFF_DST);
	return udp_tally(stack, udp_find(stack, &remote, &local));
}

static bool udp_expects(const struct stack *stack, const struct ip_facts *facts, const uint8_t *l4,
			size_t len)
{
	const struct udp_service *service = udp_service(stack);

	return service != NULL && len >= UDP_HEADER_LEN &&
	       load_be16(l4 + UDP_OFF_DST) == service->port &&
	       service->expects(stack, facts, l4, len);
}

void udp_init(struct stack *stack)
{
	static const struct ip_transport transport = {
		.protocol = IP_PROTO_UDP,
		.input = udp_input,
		.error = udp_error,
		.awaits = udp_awaits,
		.expects = udp_expects,
	};

	ip_register(stack, &transport);
}
