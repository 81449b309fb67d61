/*
 * SPDX-License-Identifier: MIT
 *
 * ICMP (RFC 792, RFC 1122 3.2.2): answers echo requests, and sends errors, never about an error, a
 * broadcast or a later fragment, and never more than a trickle.  Errors that come in are read in
 * net/ip/icmp_error.c, answers to our own echo requests go up, to net/udp/echo.c.
 */
#include "net/ip/icmp.h"

#include "base/string.h"
#include "net/checksum.h"
#include "net/ip/icmp_error.h"
#include "net/ip/transport.h"
#include "net/ip/ipv4.h"
#include "net/port.h"
#include "net/stack.h"
#include "net/wire/icmp.h"
#include "net/wire/ipv4.h"

/* RFC 1812 4.3.2.3: as much of the packet as fits, with the whole error in 576 bytes. */
#define ICMP_ERROR_MAX (576 - IPV4_HEADER_LEN)
#define ICMP_ERROR_INTERVAL_NS (100 * NS_PER_MS)
#define ICMP_ERROR_BURST 10
#define ICMP_EVENT_INTERVAL_NS (100 * NS_PER_MS)
#define ICMP_EVENT_BURST 10

bool icmp_may_log(struct stack *stack, uint64_t now_ns)
{
	return rate_take(&stack->icmp_event_limit, ICMP_EVENT_INTERVAL_NS, ICMP_EVENT_BURST,
			 now_ns);
}

/* Header, body, checksum, and out.  `src` is our address. */
static int send_message(struct stack *stack, const struct icmp_header *h, const void *body,
			size_t len, const struct net_addr *src, const struct net_addr *dst,
			uint64_t now_ns)
{
	const struct ip_send how = {.src = src, .dst = dst, .protocol = IP_PROTO_ICMP};
	struct pktbuf *pkt = ip_alloc(stack, ICMP_HEADER_LEN + len);
	uint8_t *p;

	if (pkt == NULL)
		return ERR_NOBUFS;
	p = pktbuf_put(pkt, ICMP_HEADER_LEN + len);
	if (p == NULL) {
		pktbuf_free(pkt);
		return ERR_MSGSIZE;
	}
	icmp_header_write(p, h);
	memcpy(p + ICMP_HEADER_LEN, body, len);
	store_be16(p + ICMP_OFF_CHECKSUM,
		   checksum_finish(checksum_sum(p, ICMP_HEADER_LEN + len)));
	return ipv4_output(stack, pkt, &how, now_ns);
}

/* --- echo ---------------------------------------------------------------------------------------- */

/* RFC 1122 3.2.2.6.  DEVIATION: it would have the answer go back by the request's source route, and
 * with its record route and timestamp options; no option is ever reflected.  The answer is a copy
 * in a buffer of ours: the received one goes back to its
 * driver at once.  The length is what IPv4 says, so nothing stale can be in it. */
static void answer_echo(struct stack *stack, const struct pktbuf *pkt, const struct icmp_header *in,
			const struct ip_facts *facts, uint64_t now_ns)
{
	const struct icmp_header out = {.type = ICMP_ECHO_REPLY, .rest = in->rest};
	size_t len = pktbuf_len(pkt);
	int err = send_message(stack, &out, pkt->data + ICMP_HEADER_LEN, len - ICMP_HEADER_LEN,
			       &facts->dst, &facts->src, now_ns);

	if (err != ERR_OK) {
		stack->counters.icmp_ignored++;
		return;
	}
	stack->counters.icmp_echo_answered++;
	if (icmp_may_log(stack, now_ns))
		event_emit(stack->port->events, EVENT_ICMP_ECHO, 0, 0, EV_IPV4("src", net_addr_to_ipv4(&facts->src)),
			   EV_U64("id", in->rest >> 16), EV_U64("icmp_seq", in->rest & 0xffff),
			   EV_U64("len", len));
}

/* --- in ------------------------------------------------------------------------------------------ */

static void dispatch(struct stack *stack, const struct pktbuf *pkt, const struct icmp_header *h,
		     const struct ip_facts *facts, uint64_t now_ns)
{
	switch (h->type) {
	case ICMP_ECHO:
		if (h->code == 0) {
			answer_echo(stack, pkt, h, facts, now_ns);
			return;
		}
		break;
	case ICMP_UNREACHABLE:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETER_PROBLEM:
		icmp_error_input(stack, pkt, h, facts, now_ns);
		return;
	default:
		/* DEVIATION: RFC 1122 3.2.2.2 has redirects obeyed; anybody on the link could
		 * forge them, and routes come from the configuration alone.
		 * Source quench is ignored (RFC 6633); timestamps (a MAY, 3.2.2.8) are not
		 * answered, nor are masks (3.2.2.9: only by who is authorised). */
		break;
	}
	stack->counters.icmp_ignored++;
}

void icmp_input(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts,
		uint64_t now_ns)
{
	struct net_counters *count = &stack->counters;
	struct icmp_header h;

	count->icmp_in++;
	if (!icmp_header_read(pkt->data, pktbuf_len(pkt), &h)) {
		count->icmp_malformed++;
		ip_refuse(stack, pkt, REFUSED("had a malformed ICMP header"));
	} else if (checksum_finish(checksum_sum(pkt->data, pktbuf_len(pkt))) != 0) {
		count->icmp_bad_checksum++;
		ip_refuse(stack, pkt, REFUSED("had a bad ICMP checksum"));
		pkt->netif->counters.rx_csum_bad++;
	} else if (!facts->unicast) {
		/* RFC 1122 3.2.2.6: a broadcast echo may be ignored; it would amplify. */
		count->icmp_ignored++;
	} else if (h.type == ICMP_ECHO_REPLY) {
		ip_transport(stack, IP_PROTO_ICMP)->input(stack, pkt, facts, now_ns);
		return;
	} else {
		dispatch(stack, pkt, &h, facts, now_ns);
	}
	pktbuf_free(pkt);
}

/* --- errors out ---------------------------------------------------------------------------------- */

/* RFC 1122 3.2.2: what must not be answered by an error: "an ICMP error message", and here all of
 * ICMP but what is surely none. */
static bool error_is_allowed(const struct pktbuf *pkt, const struct ipv4_header *h, size_t len)
{
	const uint8_t *l4 = pkt->head + pkt->l3_off + h->header_len;
	bool query = h->protocol != IP_PROTO_ICMP ||
		     (len > h->header_len && l4[ICMP_OFF_TYPE] == ICMP_ECHO);

	return query && !(pkt->flags & PKTBUF_LINK_BROADCAST) && h->dst == pkt->netif->ipv4 &&
	       (h->fragment & IPV4_FRAGMENT_OFFSET) == 0;
}

/* RFC 1812 4.3.2.8.  How many go out in a burst cannot be foreseen, or a stranger could count what
 * is left of it, and so learn which of his forged packets were answered (CVE-2020-25705). */
static bool may_send_error(struct stack *stack, uint64_t now_ns)
{
	struct rate_limit *limit = &stack->icmp_error_limit;

	if (!rate_take(limit, ICMP_ERROR_INTERVAL_NS, ICMP_ERROR_BURST, now_ns))
		return false;
	limit->empty_until_ns += stack_random_below(stack, ICMP_ERROR_INTERVAL_NS);
	return true;
}

static void send_error(struct stack *stack, const struct pktbuf *pkt, const struct icmp_header *out,
		       uint64_t now_ns)
{
	const uint8_t *packet = pkt->head + pkt->l3_off;
	size_t len = (size_t)(pkt->tail - packet);
	struct net_addr src, dst;
	struct ipv4_header h;

	if (!ipv4_header_read_quoted(packet, len, &h) || !error_is_allowed(pkt, &h, len))
		return;
	if (!may_send_error(stack, now_ns)) {
		stack->counters.icmp_rate_limited++;
		return;
	}
	len = MIN(len, (size_t)(ICMP_ERROR_MAX - ICMP_HEADER_LEN));
	src = net_addr_ipv4(h.dst);
	dst = net_addr_ipv4(h.src);
	if (send_message(stack, out, packet, len, &src, &dst, now_ns) == ERR_OK)
		stack->counters.icmp_errors_out++;
}

void icmp_send_error(struct stack *stack, const struct pktbuf *pkt, uint8_t type, uint8_t code,
		     uint64_t now_ns)
{
	const struct icmp_header out = {.type = type, .code = code};

	send_error(stack, pkt, &out, now_ns);
}

void icmp_send_parameter_problem(struct stack *stack, const struct pktbuf *pkt, uint8_t pointer,
				 uint64_t now_ns)
{
	const struct icmp_header out = {
		.type = ICMP_PARAMETER_PROBLEM,
		.rest = (uint32_t)pointer << 24,
	};

	send_error(stack, pkt, &out, now_ns);
}
