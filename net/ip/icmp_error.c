/*
 * SPDX-License-Identifier: MIT
 *
 * ICMP errors about packets of ours (RFC 792, RFC 1122 3.2.2 and 4.2.3.9): reads the quoted packet,
 * says in the log what was said, and tells the transport, which alone can judge whether the quoted
 * packet was ever sent (RFC 5927).
 */
#include "net/ip/icmp_error.h"

#include "base/string.h"
#include "net/ip/ipv4.h"
#include "net/ip/transport.h"
#include "net/port.h"
#include "net/stack.h"
#include "net/wire/ipv4.h"
#include "net/wire/tcp.h"
#include "net/wire/udp.h"

#define QUOTED_TRANSPORT_MIN 8 /* RFC 792: ports, and TCP's sequence number */

struct meaning {
	const char *what;
	int err;     /* enum err for the transport */
	bool hard;   /* RFC 1122 4.2.3.9 */
};

#define MEANING(what_, err_, hard_) \
	((struct meaning){.what = (what_), .err = (err_), .hard = (hard_)})

static struct meaning unreachable_meaning(uint8_t code)
{
	switch (code) {
	/* RFC 1122 4.2.3.9: codes 0, 1, 5 are soft, 2-4 hard (4 belongs to path MTU discovery). */
	case ICMP_UNREACH_NET:
		return MEANING("network unreachable", ERR_NETUNREACH, false);
	case ICMP_UNREACH_HOST:
		return MEANING("host unreachable", ERR_HOSTUNREACH, false);
	case ICMP_UNREACH_PROTOCOL:
		return MEANING("protocol unreachable", ERR_NOPROTOOPT, true);
	case ICMP_UNREACH_PORT:
		return MEANING("port unreachable", ERR_CONNREFUSED, true);
	case ICMP_UNREACH_FRAG_NEEDED:
		return MEANING("fragmentation needed", ERR_MSGSIZE, false);
	case ICMP_UNREACH_SOURCE_ROUTE:
		return MEANING("source route failed", ERR_HOSTUNREACH, false);
	case ICMP_UNREACH_NET_UNKNOWN:
		return MEANING("network unknown", ERR_NETUNREACH, false);
	case ICMP_UNREACH_HOST_UNKNOWN:
		return MEANING("host unknown", ERR_HOSTUNREACH, false);
	case ICMP_UNREACH_ISOLATED:
		return MEANING("we are isolated", ERR_NETUNREACH, false);
	case ICMP_UNREACH_NET_TOS: /* RFC 1122 3.2.2.1: 11 and 12 are like 0 and 1 */
		return MEANING("network unreachable for this service", ERR_NETUNREACH, false);
	case ICMP_UNREACH_HOST_TOS:
		return MEANING("host unreachable for this service", ERR_HOSTUNREACH, false);
	/* A filter said no, and will again. */
	case ICMP_UNREACH_NET_PROHIBITED:
		return MEANING("network prohibited", ERR_NETUNREACH, true);
	case ICMP_UNREACH_HOST_PROHIBITED:
		return MEANING("host prohibited", ERR_HOSTUNREACH, true);
	case ICMP_UNREACH_ADMIN:
		return MEANING("communication prohibited", ERR_HOSTUNREACH, true);
	case ICMP_UNREACH_PRECEDENCE: /* RFC 1812 5.2.7.1 */
		return MEANING("host precedence violation", ERR_HOSTUNREACH, true);
	case ICMP_UNREACH_PRECEDENCE_CUTOFF:
		return MEANING("precedence cutoff in effect", ERR_HOSTUNREACH, true);
	default:
		return MEANING("destination unreachable", ERR_HOSTUNREACH, false);
	}
}

static const char *time_exceeded_text(uint8_t code)
{
	switch (code) {
	case ICMP_TIME_EXCEEDED_TRANSIT: return "time exceeded";
	case ICMP_TIME_EXCEEDED_REASSEMBLY: return "fragment reassembly time exceeded";
	default: return "time exceeded, of an unknown kind";
	}
}

/* RFC 792, RFC 1108 and RFC 1122 3.2.2.5 */
static const char *parameter_problem_text(uint8_t code)
{
	switch (code) {
	case 0: return "parameter problem";
	case 1: return "parameter problem, a required option is missing";
	case 2: return "parameter problem, bad length";
	default: return "parameter problem, of an unknown kind";
	}
}

static struct meaning meaning_of(const struct icmp_header *h)
{
	if (h->type == ICMP_UNREACHABLE)
		return unreachable_meaning(h->code);
	if (h->type == ICMP_TIME_EXCEEDED)
		return MEANING(time_exceeded_text(h->code), ERR_HOSTUNREACH, false);
	return MEANING(parameter_problem_text(h->code), ERR_PROTO, false);
}

/* The packet that the error is about, as far as it is quoted. */
struct quoted {
	struct ipv4_header ip;
	const uint8_t *l4; /* QUOTED_TRANSPORT_MIN bytes */
	uint16_t src_port, dst_port; /* 0 where the protocol has none; an echo request's identifier, 0 */
	bool echo;
};

static bool read_quoted(const uint8_t *p, size_t len, struct quoted *q)
{
	if (!ipv4_header_read_quoted(p, len, &q->ip) ||
	    len - q->ip.header_len < QUOTED_TRANSPORT_MIN)
		return false;
	q->l4 = p + q->ip.header_len;
	q->src_port = q->dst_port = 0;
	q->echo = q->ip.protocol == IP_PROTO_ICMP && q->l4[ICMP_OFF_TYPE] == ICMP_ECHO;
	if (q->echo)
		q->src_port = load_be16(q->l4 + ICMP_OFF_ID);
	if (q->ip.protocol == IP_PROTO_TCP || q->ip.protocol == IP_PROTO_UDP) {
		q->src_port = load_be16(q->l4 + TCP_OFF_SRC);
		q->dst_port = load_be16(q->l4 + TCP_OFF_DST);
	}
	return true;
}

static void log_error(struct stack *stack, const struct icmp_header *h, const struct quoted *q,
		      const char *what, const struct net_addr *src)
{
	const struct net_endpoint about = net_endpoint_ipv4(q->ip.dst, q->dst_port);

	event_emit(stack->port->events, EVENT_ICMP_ERROR, 0, 0, EV_IPV4("src", net_addr_to_ipv4(src)),
		   EV_STR("what", what), EV_U64("type", h->type), EV_U64("code", h->code),
		   q->dst_port != 0 ? EV_ENDPOINT("dst", about) : EV_ADDR("dst", about.addr));
}

static bool is_too_big(const struct icmp_header *h)
{
	return h->type == ICMP_UNREACHABLE && h->code == ICMP_UNREACH_FRAG_NEEDED;
}

/* RFC 1191: a router had to drop a packet of ours; without DF none has to. */
static bool is_sane(const struct quoted *q, const struct ip_error *error)
{
	return error->err != ERR_MSGSIZE || (q->ip.fragment & IPV4_DF);
}

static void report(struct stack *stack, const struct quoted *q, const struct ip_error *error,
		   uint64_t now_ns)
{
	const struct ip_transport *above = ip_transport(stack, error->protocol);
	bool ours = error->protocol != IP_PROTO_ICMP || q->echo;

	if (above != NULL && ours && is_sane(q, error))
		above->error(stack, error, now_ns);
	else if (error->err == ERR_MSGSIZE)
		stack->counters.ip_pmtu_ignored++;
	else
		stack->counters.icmp_ignored++;
}

static struct ip_error error_of(const struct icmp_header *h, const struct quoted *q,
				const struct meaning *m, const struct net_addr *reporter)
{
	return (struct ip_error){
		.local = net_endpoint_ipv4(q->ip.src, q->src_port),
		.remote = net_endpoint_ipv4(q->ip.dst, q->dst_port),
		.protocol = q->ip.protocol,
		.hard = m->hard,
		.err = is_too_big(h) ? ERR_MSGSIZE : m->err,
		.seq = load_be32(q->l4 + TCP_OFF_SEQ),
		.what = m->what,
		.reporter = *reporter,
		.mtu = (uint16_t)(h->rest & 0xffff),
		.quoted_len = q->ip.total_len,
	};
}

void icmp_error_input(struct stack *stack, const struct pktbuf *pkt, const struct icmp_header *h,
		      const struct ip_facts *facts, uint64_t now_ns)
{
	struct meaning m = meaning_of(h);
	struct ip_error error;
	struct quoted q;

	stack->counters.icmp_errors_in++;
	if (!read_quoted(pkt->data + ICMP_HEADER_LEN, pktbuf_len(pkt) - ICMP_HEADER_LEN, &q)) {
		stack->counters.icmp_malformed++;
		return;
	}
	/* We send from this address only; and only a datagram's first fragment has ports. */
	if (q.ip.src != net_addr_to_ipv4(&facts->dst) || (q.ip.fragment & IPV4_FRAGMENT_OFFSET) != 0) {
		stack->counters.icmp_ignored++;
		return;
	}
	if (icmp_may_log(stack, now_ns))
		log_error(stack, h, &q, m.what, &facts->src);
	error = error_of(h, &q, &m, &facts->src);
	report(stack, &q, &error, now_ns);
}
