/*
 * SPDX-License-Identifier: MIT
 *
 * IPv4 reassembly (RFC 791 3.2, RFC 1122 3.3.2).  Each datagram under way is one buffer that the
 * fragments are copied into, and a list of the runs of bytes that have come: RFC 815 turned round,
 * which lists the holes.
 *
 * Fragments are a common attack, so: a fragment that overlaps another spoils the whole
 * datagram, those still to come included (RFC 5722, made for IPv6, holds here too); one that only
 * repeats bytes is harmless (networks duplicate); datagrams, memory, runs and time are bounded, and
 * under pressure the oldest datagram gives way.  An unfragmented packet never comes here.
 */
#include "net/ip/ipv4_reassembly.h"

#include "base/string.h"
#include "net/checksum.h"
#include "net/ip/icmp.h"
#include "net/ip/ipv4.h"
#include "net/ip/transport.h"
#include "net/stack.h"
#include "net/wire/icmp.h"
#include "net/wire/tcp.h"
#include "net/wire/udp.h"

/* In front of the bytes: the header of fragment zero comes here when all is complete. */
#define HEADROOM IPV4_HEADER_MAX

/* [start, end) of the payload has come. */
struct run {
	uint16_t start, end;
};

struct ipv4_datagram {
	struct ipv4_datagram *next; /* younger */
	uint64_t deadline_ns;
	uint32_t src, dst; /* RFC 791: with protocol and id, what belongs together */
	uint16_t id;
	uint8_t protocol;
	bool spoilt;         /* what else comes of it is thrown away */
	uint8_t ecn_seen;    /* 1 << codepoint of each fragment */
	uint8_t header_len;  /* of fragment zero; 0: it has not come */
	uint16_t first_len;  /* payload of fragment zero */
	uint16_t end;        /* payload length of the whole; 0: not known yet */
	uint16_t pkt_flags;  /* of all fragments */
	uint16_t n_runs;
	struct netif *netif;
	struct pktbuf *pkt;  /* the bytes, from head + HEADROOM on; NULL: none yet, or spoilt */
	struct run runs[IPV4_REASSEMBLY_RUNS]; /* ascending, not touching */
	uint8_t header[IPV4_HEADER_MAX];
};

/* A fragment, as far as its payload is concerned. */
struct piece {
	const uint8_t *bytes;
	uint32_t start, end; /* < 65536 once judged */
	bool last;           /* no MF */
};

/* --- the table -------------------------------------------------------------------------------- */

static size_t memory_of(const struct ipv4_datagram *d)
{
	return sizeof(*d) + (d->pkt != NULL ? pktbuf_block_size(d->pkt) : 0);
}

static void unlink_datagram(struct ipv4_reassembly *table, const struct ipv4_datagram *d)
{
	struct ipv4_datagram **link = &table->oldest, *before = NULL;

	while (*link != d) {
		before = *link;
		link = &before->next;
	}
	*link = d->next;
	if (table->newest == d)
		table->newest = before;
	table->count--;
}

/* Its buffer goes to the caller, where there is one. */
static struct pktbuf *remove_datagram(struct stack *stack, struct ipv4_datagram *d)
{
	struct ipv4_reassembly *table = &stack->reassembly;
	struct pktbuf *pkt = d->pkt;

	unlink_datagram(table, d);
	table->bytes -= memory_of(d);
	if (table->oldest == NULL)
		timer_cancel(&stack->timers, &table->timer); /* an idle machine may sleep */
	stack->port->free(stack->port->ctx, d, sizeof(*d));
	return pkt;
}

static void evict_oldest(struct stack *stack)
{
	if (!stack->reassembly.oldest->spoilt)
		stack->counters.ip_reassembly_evicted++;
	pktbuf_free(remove_datagram(stack, stack->reassembly.oldest));
}

/* Whatever is wrong with it was counted; it stays, without its bytes, so that what is still on its
 * way does not begin it again. */
static void spoil(struct stack *stack, struct ipv4_datagram *d)
{
	stack->reassembly.bytes -= memory_of(d);
	pktbuf_free(d->pkt);
	d->pkt = NULL;
	d->spoilt = true;
	stack->reassembly.bytes += memory_of(d);
}

static struct ipv4_datagram *find(const struct stack *stack, const struct ipv4_header *h)
{
	struct ipv4_datagram *d = stack->reassembly.oldest;

	while (d != NULL && (d->src != h->src || d->dst != h->dst || d->id != h->id ||
			     d->protocol != h->protocol))
		d = d->next;
	return d;
}

static struct ipv4_datagram *begin(struct stack *stack, const struct ipv4_header *h,
				   uint64_t now_ns)
{
	struct ipv4_reassembly *table = &stack->reassembly;
	struct ipv4_datagram *d;

	if (table->count == IPV4_REASSEMBLY_MAX)
		evict_oldest(stack);
	d = stack->port->alloc(stack->port->ctx, sizeof(*d));
	if (d == NULL)
		return NULL;
	memset(d, 0, sizeof(*d));
	d->src = h->src;
	d->dst = h->dst;
	d->id = h->id;
	d->protocol = h->protocol;
	d->deadline_ns = now_ns + IPV4_REASSEMBLY_NS;
	if (table->newest != NULL)
		table->newest->next = d;
	else
		table->oldest = d;
	table->newest = d;
	table->count++;
	table->bytes += memory_of(d);
	if (!timer_is_set(&table->timer))
		timer_set(&stack->timers, &table->timer, d->deadline_ns);
	return d;
}

/* --- time ------------------------------------------------------------------------------------- */

/* RFC 1122 3.3.2: "an ICMP Time Exceeded message MUST be sent to the source host (if fragment zero
 * has been received)".  What is quoted is that fragment, as it came. */
static void send_time_exceeded(struct stack *stack, struct ipv4_datagram *d, uint64_t now_ns)
{
	struct pktbuf *pkt = d->pkt;

	if (d->spoilt || d->header_len == 0)
		return;
	pkt->data = pkt->head + HEADROOM;
	pkt->tail = pkt->data + d->first_len;
	memcpy(pktbuf_push(pkt, d->header_len), d->header, d->header_len);
	pkt->l3_off = (uint16_t)(pkt->data - pkt->head);
	pkt->netif = d->netif;
	pkt->flags = d->pkt_flags;
	icmp_send_error(stack, pkt, ICMP_TIME_EXCEEDED, ICMP_TIME_EXCEEDED_REASSEMBLY, now_ns);
}

/* All have the same timeout, so the oldest expires first. */
static void expire(struct stack *stack, uint64_t now_ns)
{
	struct ipv4_reassembly *table = &stack->reassembly;

	while (table->oldest != NULL && table->oldest->deadline_ns <= now_ns) {
		struct ipv4_datagram *d = table->oldest;

		if (!d->spoilt)
			stack->counters.ip_reassembly_timeouts++;
		send_time_exceeded(stack, d, now_ns);
		pktbuf_free(remove_datagram(stack, d));
	}
}

static void fire(struct stack *stack, struct timer *timer, uint64_t now_ns)
{
	struct ipv4_reassembly *table = CONTAINER_OF(timer, struct ipv4_reassembly, timer);

	expire(stack, now_ns);
	if (table->oldest != NULL)
		timer_set(&stack->timers, timer, table->oldest->deadline_ns);
}

/* The first fragment of an answer is counted as refused until the whole is there: the party that waits for the
 * whole may give up before the rest is overdue. */
static const struct refused_reason in_fragments =
	REFUSED("came in fragments that did not make a whole");

/* --- one more piece --------------------------------------------------------------------------- */

static size_t transport_header_len(uint8_t protocol)
{
	switch (protocol) {
	case IP_PROTO_TCP: return TCP_HEADER_LEN;
	case IP_PROTO_UDP: return UDP_HEADER_LEN;
	case IP_PROTO_ICMP: return ICMP_HEADER_LEN;
	default: return 0;
	}
}

/* RFC 791 3.1: pieces but the last are a multiple of 8 bytes, and nothing ends past 65,535. */
static bool piece_is_possible(const struct piece *piece, const struct ipv4_header *h)
{
	uint32_t len = piece->end - piece->start;

	return len > 0 && (piece->last || len % 8 == 0) &&
	       h->header_len + piece->end <= UINT16_MAX;
}

/* RFC 1858 3 and RFC 3128: a transport header in two pieces, the second of which could say
 * something else than a filter saw. */
static bool piece_is_tiny(const struct piece *piece, uint8_t protocol)
{
	if (piece->start == 0)
		return piece->end < transport_header_len(protocol);
	return protocol == IP_PROTO_TCP && piece->start < TCP_HEADER_LEN;
}

/* Does it agree with what is known of the datagram's end?  Notes the end. */
static bool end_agrees(struct ipv4_datagram *d, const struct piece *piece)
{
	if (d->end != 0)
		return piece->last ? piece->end == d->end : piece->end < d->end;
	if (!piece->last)
		return true;
	if (d->n_runs > 0 && d->runs[d->n_runs - 1].end >= piece->end)
		return false;
	d->end = (uint16_t)piece->end;
	return true;
}

/* The first run that ends at or behind `start`; n_runs when there is none. */
static unsigned first_run_at(const struct ipv4_datagram *d, uint32_t start)
{
	unsigned i = 0;

	while (i < d->n_runs && d->runs[i].end < start)
		i++;
	return i;
}

enum overlap { OVERLAP_NONE, OVERLAP_REPEATS, OVERLAP_DIFFERS };

/* Repeating is saying again, byte for byte, what has been said whole. */
static enum overlap find_overlap(const struct ipv4_datagram *d, const struct piece *piece)
{
	unsigned i = first_run_at(d, piece->start + 1);
	const struct run *run = &d->runs[i];

	if (i == d->n_runs || run->start >= piece->end)
		return OVERLAP_NONE;
	if (piece->start < run->start || piece->end > run->end ||
	    memcmp(d->pkt->head + HEADROOM + piece->start, piece->bytes,
		   piece->end - piece->start) != 0)
		return OVERLAP_DIFFERS;
	return OVERLAP_REPEATS;
}

/* Joins what touches; false when that would make too many runs. */
static bool add_run(struct ipv4_datagram *d, const struct piece *piece)
{
	unsigned i = first_run_at(d, piece->start);
	bool before = i < d->n_runs && d->runs[i].end == piece->start;
	unsigned next = i + before;
	bool after = next < d->n_runs && d->runs[next].start == piece->end;

	if (before && after) {
		d->runs[i].end = d->runs[next].end;
		d->n_runs--;
		memmove(&d->runs[next], &d->runs[next + 1],
			(d->n_runs - next) * sizeof(struct run));
	} else if (before) {
		d->runs[i].end = (uint16_t)piece->end;
	} else if (after) {
		d->runs[i].start = (uint16_t)piece->start;
	} else {
		if (d->n_runs == IPV4_REASSEMBLY_RUNS)
			return false;
		memmove(&d->runs[i + 1], &d->runs[i], (d->n_runs - i) * sizeof(struct run));
		d->runs[i] = (struct run){(uint16_t)piece->start, (uint16_t)piece->end};
		d->n_runs++;
	}
	return true;
}

/* --- room for it ------------------------------------------------------------------------------ */

static size_t capacity(const struct ipv4_datagram *d)
{
	return d->pkt != NULL ? (size_t)(d->pkt->end - d->pkt->head) - HEADROOM : 0;
}

/* The oldest go, but not `d`; false: there is no other left. */
static bool make_room(struct stack *stack, struct ipv4_datagram *d, size_t bytes)
{
	struct ipv4_reassembly *table = &stack->reassembly;

	while (table->bytes + bytes > IPV4_REASSEMBLY_BYTES && table->oldest != d)
		evict_oldest(stack);
	return table->bytes + bytes <= IPV4_REASSEMBLY_BYTES;
}

/* Room for payload up to `end`: exactly as much as it will be where that is known, else twice as
 * much, so that bytes are copied once or twice whatever the fragments' size. */
static bool reserve(struct stack *stack, struct ipv4_datagram *d, uint32_t end)
{
	size_t have = capacity(d);
	size_t wanted = d->end != 0 ? d->end : MIN(2 * (size_t)end, (size_t)UINT16_MAX);
	struct pktbuf *pkt;

	if (end <= have)
		return true;
	if (!make_room(stack, d, wanted))
		return false;
	pkt = pktbuf_alloc_sized(&stack->big_pool, HEADROOM, wanted);
	if (pkt == NULL)
		return false;
	if (d->pkt != NULL)
		memcpy(pkt->data, d->pkt->head + HEADROOM, have);
	stack->reassembly.bytes -= memory_of(d);
	pktbuf_free(d->pkt);
	d->pkt = pkt;
	stack->reassembly.bytes += memory_of(d);
	return true;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* RFC 3168 5.3: a mark on one fragment is a mark on the datagram, unless another one says that the
 * transport knows no marks.  False: it must be dropped. */
static bool combine_ecn(const struct ipv4_datagram *d, uint8_t *tos)
{
	if (!(d->ecn_seen & 1u << IP_ECN_CE))
		return true;
	if (d->ecn_seen & 1u << IP_ECN_NOT_ECT)
		return false;
	*tos |= IP_ECN_CE;
	return true;
}

static bool is_complete(const struct ipv4_datagram *d)
{
	return d->end != 0 && d->n_runs == 1 && d->runs[0].start == 0 && d->runs[0].end == d->end;
}

/* The header of fragment zero, as it would have been without fragmenting. */
static void write_header(const struct ipv4_datagram *d, struct pktbuf *pkt, uint8_t tos)
{
	uint8_t *p = pktbuf_push(pkt, d->header_len);

	memcpy(p, d->header, d->header_len);
	p[IPV4_OFF_TOS] = tos;
	store_be16(p + IPV4_OFF_TOTAL_LEN, (uint16_t)(d->header_len + d->end));
	store_be16(p + IPV4_OFF_FRAGMENT, 0);
	store_be16(p + IPV4_OFF_CHECKSUM, 0);
	store_be16(p + IPV4_OFF_CHECKSUM, checksum_finish(checksum_sum(p, d->header_len)));
}

static struct pktbuf *finish(struct stack *stack, struct ipv4_datagram *d)
{
	uint8_t tos = d->header[IPV4_OFF_TOS];
	struct pktbuf *pkt = d->pkt;

	if (!combine_ecn(d, &tos) || d->header_len + d->end > UINT16_MAX) {
		stack->counters.ip_fragments_dropped++;
		pktbuf_free(remove_datagram(stack, d));
		return NULL;
	}
	pkt->data = pkt->head + HEADROOM;
	pkt->tail = pkt->data + d->end;
	write_header(d, pkt, tos);
	/* What looks for an Ethernet header in front finds none. */
	memset(pkt->head, 0, pktbuf_headroom(pkt));
	pkt->l3_off = (uint16_t)pktbuf_headroom(pkt);
	pkt->netif = d->netif;
	pkt->flags = d->pkt_flags; /* no device has seen the transport's checksum */
	stack->counters.ip_reassembled++;
	ip_refuse_undo(stack, pkt, in_fragments);
	return remove_datagram(stack, d);
}

static void note_fragment(struct ipv4_datagram *d, const struct pktbuf *pkt,
			  const struct ipv4_header *h, const struct piece *piece)
{
	d->netif = pkt->netif;
	d->pkt_flags |= pkt->flags & PKTBUF_LINK_BROADCAST;
	d->ecn_seen |= (uint8_t)(1u << (h->tos & IP_ECN_MASK));
	memcpy(d->pkt->head + HEADROOM + piece->start, piece->bytes, piece->end - piece->start);
	if (piece->start > 0)
		return;
	d->first_len = (uint16_t)piece->end;
	d->header_len = h->header_len;
	memcpy(d->header, pkt->data, h->header_len);
}

/* NULL, or the counter of why the piece, and perhaps the datagram, is thrown away. */
static uint64_t *copy_fragment(struct stack *stack, struct ipv4_datagram *d, const struct pktbuf *pkt,
			    const struct ipv4_header *h, const struct piece *piece)
{
	struct net_counters *count = &stack->counters;
	enum overlap overlap;

	if (d->spoilt)
		return &count->ip_fragments_dropped;
	if (!end_agrees(d, piece)) {
		spoil(stack, d);
		return &count->ip_fragments_dropped;
	}
	overlap = find_overlap(d, piece);
	if (overlap == OVERLAP_REPEATS)
		return &count->ip_fragments_repeated;
	if (overlap == OVERLAP_DIFFERS) {
		spoil(stack, d);
		return &count->ip_fragments_overlapped;
	}
	if (!reserve(stack, d, piece->end) || !add_run(d, piece)) {
		spoil(stack, d);
		return &count->ip_reassembly_no_memory;
	}
	note_fragment(d, pkt, h, piece);
	return NULL;
}

/* The fragment's payload, or the counter of what is wrong with it. */
static uint64_t *read_piece(struct stack *stack, const struct pktbuf *pkt,
			    const struct ipv4_header *h, struct piece *piece)
{
	piece->bytes = pkt->data + h->header_len;
	piece->start = (h->fragment & IPV4_FRAGMENT_OFFSET) * 8u;
	piece->end = piece->start + h->total_len - h->header_len;
	piece->last = !(h->fragment & IPV4_MF);
	if (!piece_is_possible(piece, h))
		return &stack->counters.ip_fragments_dropped;
	if (piece_is_tiny(piece, h->protocol))
		return &stack->counters.ip_fragments_tiny;
	return NULL;
}

struct pktbuf *ipv4_reassemble(struct stack *stack, struct pktbuf *pkt,
			       const struct ipv4_header *h, uint64_t now_ns)
{
	struct ipv4_datagram *d = NULL;
	struct piece piece;
	uint64_t *fault = read_piece(stack, pkt, h, &piece);

	stack->counters.ip_fragments_in++;
	expire(stack, now_ns);
	if (fault == NULL) {
		d = find(stack, h);
		if (d == NULL)
			d = begin(stack, h, now_ns);
		fault = d != NULL ? copy_fragment(stack, d, pkt, h, &piece)
				  : &stack->counters.ip_reassembly_no_memory;
	}
	if (fault != NULL)
		++*fault;
	if (fault == NULL || fault != &stack->counters.ip_fragments_repeated)
		ip_refuse(stack, pkt, in_fragments);
	pktbuf_free(pkt);
	return fault == NULL && is_complete(d) ? finish(stack, d) : NULL;
}

void ipv4_reassembly_init(struct stack *stack)
{
	timer_init(&stack->reassembly.timer, fire);
}

void ipv4_reassembly_destroy(struct stack *stack)
{
	while (stack->reassembly.oldest != NULL)
		pktbuf_free(remove_datagram(stack, stack->reassembly.oldest));
}
