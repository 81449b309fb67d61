/*
 * SPDX-License-Identifier: MIT
 *
 * The watcher on the wire: sees every frame when a stack sends it and when a stack gets it.  It
 * knows nothing of the stacks, so it cannot share their mistakes.  Of each direction of each
 * connection it checks:
 *
 *   - nothing is sent beyond the highest window that has reached the sender;
 *   - new text follows the text before without a gap (but for what ARP has lost);
 *   - no text or FIN is sent again once the sender knows that it has arrived (but what waited for
 *     ARP meanwhile, which it looks up in the neighbour cache);
 *   - no segment is longer than the MSS that the peer's SYN announced, options counted;
 *   - the acknowledgement never goes back, and never beyond what the peer has sent;
 *   - the window's right edge never goes back;
 *   - and over the whole run: no more bare ACKs than segments and reading explain.
 */
#include "net/wire/arp.h"
#include "net/wire/ipv4.h"
#include "tests/sim/lib/sim.h"

#include <stdlib.h>

#define BUCKETS 1024u
#define MSS_WITHOUT_OPTION 536u /* RFC 9293 3.7.1, MUST-15 */
#define MSS_LEAST 216u          /* docs/tcp.md, DEVIATION: a smaller offer counts as this */

/* One direction of a connection: what its sender, src, has sent, and what has reached src. */
struct flow {
	struct flow *next, *reverse;
	uint32_t src, dst;
	uint16_t src_port, dst_port;

	/* src's SYN */
	bool syn_seen, scale_offered;
	uint8_t scale; /* how the windows that src announces are to be read */
	uint32_t mss;
	uint32_t iss;
	uint64_t arp_lost; /* what src's ARP had lost by then */

	/* sent by src */
	uint32_t end;      /* behind the highest sequence number */
	bool ack_seen;
	uint32_t ack, edge_announced;
	uint64_t segments, bare_acks;
	uint64_t text, text_again;
	uint64_t first_ns, last_ns;

	/* got by src */
	bool edge_known, acked_known;
	uint32_t edge;  /* highest ACK + window */
	uint32_t acked; /* src must know that everything before has arrived */
	uint64_t segments_in;
};

struct sim_watch {
	struct flow *buckets[BUCKETS];
};

/* --- flows ----------------------------------------------------------------------------------- */

static struct flow *find_or_make(struct sim *sim, uint32_t src, uint16_t src_port, uint32_t dst,
				 uint16_t dst_port)
{
	uint32_t hash = (src * 31 + dst) * 31 + src_port * 7919u + dst_port;
	struct flow **bucket = &sim->watch->buckets[(hash ^ hash >> 10) % BUCKETS];
	struct flow *flow = *bucket;

	while (flow != NULL && !(flow->src == src && flow->dst == dst &&
				 flow->src_port == src_port && flow->dst_port == dst_port))
		flow = flow->next;
	if (flow != NULL)
		return flow;
	flow = calloc(1, sizeof(*flow));
	flow->src = src;
	flow->dst = dst;
	flow->src_port = src_port;
	flow->dst_port = dst_port;
	flow->next = *bucket;
	*bucket = flow;
	return flow;
}

/* The flow that the frame belongs to. */
static struct flow *flow_of(struct sim *sim, const struct sim_frame *f)
{
	struct flow *flow = find_or_make(sim, f->ip.src, f->tcp.src_port, f->ip.dst,
					 f->tcp.dst_port);

	if (flow->reverse == NULL) {
		flow->reverse = find_or_make(sim, f->ip.dst, f->tcp.dst_port, f->ip.src,
					     f->tcp.src_port);
		flow->reverse->reverse = flow;
	}
	return flow;
}

static uint32_t options_len(const struct sim_frame *f)
{
	return f->tcp.header_len - TCP_HEADER_LEN;
}

/* Behind the last sequence number that the segment occupies. */
static uint32_t end_of(const struct sim_frame *f)
{
	return f->tcp.seq + f->payload_len + !!(f->tcp.flags & TCP_SYN) +
	       !!(f->tcp.flags & TCP_FIN);
}

static int32_t distance(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

/* --- what a SYN says ------------------------------------------------------------------------- */

/* The place of an option's value, or NULL. */
static const uint8_t *find_option(const struct sim_frame *f, enum tcp_option_kind kind)
{
	const uint8_t *p = f->bytes + ETH_HEADER_LEN + f->ip.header_len;
	unsigned at = TCP_HEADER_LEN;

	while (at < f->tcp.header_len && p[at] != TCP_OPT_END) {
		if (p[at] == kind)
			return p + at + 2;
		at += p[at] == TCP_OPT_NOP ? 1 : p[at + 1];
	}
	return NULL;
}

/* Everything but the name and the counts. */
static void forget(struct flow *flow)
{
	flow->syn_seen = flow->ack_seen = flow->edge_known = flow->acked_known = false;
}

/* The same SYN again changes nothing; a new one begins a new connection, maybe on old ports.  A
 * listener that has forgotten the first SYN may answer the second with another number. */
static uint64_t arp_lost(const struct sim_host *from)
{
	return sim_counter(from, "arp_unresolved") + sim_counter(from, "arp_queue_dropped");
}

static void note_syn(struct flow *flow, const struct sim_frame *f)
{
	const uint8_t *scale = find_option(f, TCP_OPT_WINDOW_SCALE);
	const uint8_t *mss = find_option(f, TCP_OPT_MSS);

	if (flow->syn_seen && flow->iss == f->tcp.seq)
		return;
	if (flow->syn_seen && !(f->tcp.flags & TCP_ACK))
		forget(flow->reverse);
	forget(flow);
	flow->reverse->ack_seen = false;
	flow->syn_seen = true;
	flow->iss = f->tcp.seq;
	flow->arp_lost = arp_lost(f->from);
	flow->end = f->tcp.seq;
	flow->scale_offered = scale != NULL;
	flow->scale = scale != NULL ? *scale : 0;
	flow->mss = mss != NULL ? load_be16(mss) : MSS_WITHOUT_OPTION;
}

static uint32_t edge_of(const struct flow *flow, const struct sim_frame *f)
{
	bool scaled = !(f->tcp.flags & TCP_SYN) && flow->scale_offered &&
		      flow->reverse->scale_offered;

	return f->tcp.ack + ((uint32_t)f->tcp.window << (scaled ? flow->scale : 0));
}

/* --- a stack sends --------------------------------------------------------------------------- */

/* What waited for a neighbour that did not answer was sent, as far as TCP can know, and was never on
 * the wire: an excuse for connections that were there then. */
static bool may_have_lost_before_the_wire(const struct flow *flow, const struct sim_host *from)
{
	return arp_lost(from) > flow->arp_lost;
}

/* What waited for a neighbour leaves with the answer.  Meanwhile it may have been acknowledged, if it
 * went for the second time, and nobody takes it back from that queue.  Each leaves it once. */
static bool has_waited_for_arp(const struct sim_frame *f)
{
	struct sim_host *from = f->from;

	for (unsigned i = 0; i < from->n_held; i++) {
		const struct sim_held *h = &from->held[i];

		if (h->dst != f->ip.dst || h->src_port != f->tcp.src_port ||
		    h->dst_port != f->tcp.dst_port || h->seq != f->tcp.seq || h->end != end_of(f))
			continue;
		from->held[i] = from->held[--from->n_held];
		return true;
	}
	return false;
}

static void note_held(struct sim_host *host, const struct pktbuf *pkt)
{
	size_t len = (size_t)(pkt->tail - pkt->data);
	struct ipv4_header ip;
	struct tcp_header tcp;
	uint32_t text;

	if (host->n_held == ARRAY_LEN(host->held) || !ipv4_header_read_quoted(pkt->data, len, &ip) ||
	    ip.protocol != IP_PROTO_TCP || len < ip.header_len ||
	    !tcp_header_read(pkt->data + ip.header_len, len - ip.header_len, &tcp))
		return;
	text = (uint32_t)(ip.total_len - ip.header_len - tcp.header_len);
	host->held[host->n_held++] = (struct sim_held){
		.dst = ip.dst, .src_port = tcp.src_port, .dst_port = tcp.dst_port, .seq = tcp.seq,
		.end = tcp.seq + text + !!(tcp.flags & TCP_SYN) + !!(tcp.flags & TCP_FIN)};
}

/* ARP says something to the host, whose stack is about to read it. */
static void note_all_held(struct sim_host *host, const struct sim_frame *f)
{
	struct net_addr addr;
	const struct neigh *n;
	struct arp_packet arp;

	if (!arp_packet_read(f->bytes + ETH_HEADER_LEN, f->len - ETH_HEADER_LEN, &arp))
		return;
	addr = net_addr_ipv4(arp.spa);
	n = neigh_find(host->stack, &host->netif, &addr);
	host->n_held = 0;
	for (const struct pktbuf *pkt = n != NULL ? n->queue.first : NULL; pkt != NULL; pkt = pkt->next)
		note_held(host, pkt);
}

static void check_text(struct sim *sim, const struct flow *flow, const struct sim_frame *f)
{
	uint32_t end = end_of(f);
	uint32_t most = MAX(flow->reverse->mss, MSS_LEAST);
	bool has_waited = has_waited_for_arp(f);

	if (end == f->tcp.seq || !flow->syn_seen)
		return;
	if (flow->edge_known && distance(flow->edge, end) > 0)
		sim_fail(sim, "sent up to %u, %d bytes beyond the peer's window", end,
			 distance(flow->edge, end));
	if (distance(flow->end, f->tcp.seq) > 0 && !may_have_lost_before_the_wire(flow, f->from))
		sim_fail(sim, "sent from %u, %d bytes behind the text before", f->tcp.seq,
			 distance(flow->end, f->tcp.seq));
	if (flow->acked_known && distance(f->tcp.seq, flow->acked) > 0 && !has_waited)
		sim_fail(sim, "sent %u to %u again, though all up to %u is acknowledged",
			 f->tcp.seq, end, flow->acked);
	if (flow->reverse->syn_seen && f->payload_len + options_len(f) > most)
		sim_fail(sim, "a segment of %u bytes and %u of options for an MSS of %u",
			 f->payload_len, options_len(f), most);
}

static void check_ack(struct sim *sim, struct flow *flow, const struct sim_frame *f)
{
	uint32_t edge = edge_of(flow, f), waver = 1u << flow->scale; /* RFC 7323 2.3: rounding */

	if (!(f->tcp.flags & TCP_ACK))
		return;
	if (flow->reverse->syn_seen && distance(flow->reverse->end, f->tcp.ack) > 0)
		sim_fail(sim, "acknowledges %u, and the peer has sent up to %u", f->tcp.ack,
			 flow->reverse->end);
	if (flow->ack_seen && distance(flow->ack, f->tcp.ack) < 0)
		sim_fail(sim, "acknowledges %u after %u", f->tcp.ack, flow->ack);
	if (flow->ack_seen && !(f->tcp.flags & TCP_SYN) && /* whose window is not scaled */
	    distance(flow->edge_announced, edge) <= -(int32_t)waver)
		sim_fail(sim, "the window's edge went back by %d to %u",
			 distance(edge, flow->edge_announced), edge);
	if (!flow->ack_seen || distance(flow->edge_announced, edge) > 0)
		flow->edge_announced = edge;
	flow->ack = f->tcp.ack;
	flow->ack_seen = true;
}

static void note_sent(struct sim *sim, struct flow *flow, const struct sim_frame *f)
{
	uint32_t end = end_of(f);

	if (flow->segments++ == 0)
		flow->first_ns = sim->now_ns;
	flow->last_ns = sim->now_ns;
	flow->bare_acks += end == f->tcp.seq;
	flow->text += f->payload_len;
	if (distance(f->tcp.seq, flow->end) > 0)
		flow->text_again += MIN((uint32_t)distance(f->tcp.seq, flow->end), f->payload_len);
	if (distance(flow->end, end) > 0)
		flow->end = end;
}

void sim_watch_sent(struct sim *sim, const struct sim_frame *f)
{
	struct flow *flow;

	sim_pcap_record(sim, f);
	if (f->len - ETH_HEADER_LEN > f->from->netif.mtu)
		sim_fail(sim, "%zu bytes on an interface with an MTU of %u",
			 f->len - ETH_HEADER_LEN, f->from->netif.mtu);
	if (!f->is_tcp || (f->tcp.flags & TCP_RST))
		return;
	flow = flow_of(sim, f);
	if (f->tcp.flags & TCP_SYN)
		note_syn(flow, f);
	else
		check_text(sim, flow, f);
	check_ack(sim, flow, f);
	note_sent(sim, flow, f);
}

/* --- a stack gets ---------------------------------------------------------------------------- */

/* Of a part of a packet the rest may come too: it counts as an allowance at once. */
void sim_watch_received(struct sim *sim, const struct sim_frame *f)
{
	struct flow *flow, *sender;
	uint32_t edge;

	if (load_be16(f->bytes + ETH_OFF_TYPE) == ETH_TYPE_ARP)
		note_all_held(f->to, f);
	if (!f->is_tcp || f->is_corrupt || (f->tcp.flags & TCP_RST))
		return;
	sender = flow_of(sim, f);
	flow = sender->reverse;
	flow->segments_in++;
	if (!(f->tcp.flags & TCP_ACK))
		return;
	edge = edge_of(sender, f);
	if (!flow->edge_known || distance(flow->edge, edge) > 0)
		flow->edge = edge;
	flow->edge_known = true;
	/* A segment that is not acceptable is answered and dropped with what it acknowledges (RFC
	 * 9293 3.10.7.4), so only one that begins where all that its sender ever sent has been
	 * acknowledged is sure to have been read. */
	if (f->is_fragment || f->payload_len > 0 || f->tcp.seq != sender->end ||
	    !flow->ack_seen || flow->ack != sender->end)
		return;
	if (!flow->acked_known || distance(flow->acked, f->tcp.ack) > 0)
		flow->acked = f->tcp.ack;
	flow->acked_known = true;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* A bare ACK answers a segment, or opens the window for at least half a small segment of text that
 * was read, or asks from time to time. */
static void check_bare_acks(struct sim *sim, const struct flow *flow)
{
	uint64_t seconds = (flow->last_ns - flow->first_ns) / NS_PER_S;
	uint64_t most = flow->segments_in + flow->reverse->text / (MSS_WITHOUT_OPTION / 2) +
			seconds + 50;

	if (flow->bare_acks > most)
		sim_fail(sim, "%llu bare ACKs from port %u; %llu at most had a reason",
			 (unsigned long long)flow->bare_acks, flow->src_port,
			 (unsigned long long)most);
}

uint64_t sim_watch_text(const struct sim *sim, uint64_t *again)
{
	uint64_t text = 0;

	*again = 0;
	for (unsigned i = 0; i < BUCKETS; i++)
		for (const struct flow *flow = sim->watch->buckets[i]; flow; flow = flow->next) {
			text += flow->text;
			*again += flow->text_again;
		}
	return text;
}

void sim_watch_open(struct sim *sim)
{
	sim->watch = calloc(1, sizeof(*sim->watch));
	if (sim->watch == NULL)
		abort();
}

void sim_watch_close(struct sim *sim)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct flow *flow = sim->watch->buckets[i]; flow; flow = flow->next)
			check_bare_acks(sim, flow);
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct flow *flow = sim->watch->buckets[i], *next; flow; flow = next) {
			next = flow->next;
			free(flow);
		}
	free(sim->watch);
	sim->watch = NULL;
}
