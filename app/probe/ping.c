/*
 * SPDX-License-Identifier: MIT
 *
 * ping=: echo requests and the reply that is right (RFC 792, RFC 1122 3.2.2.6).  Each check has a
 * socket of its own, and so an identifier of its own, and unpredictable bytes as its payload:
 * a reply that repeats them was made from the request.
 */
#include "app/probe/ping.h"

#include "app/dns/resolver.h"
#include "base/bytes.h"
#include "base/string.h"

#define HEADER_LEN 8
#define PAYLOAD_LEN 56u /* 64 bytes with the header, as ping's default */
#define MESSAGE_LEN (HEADER_LEN + PAYLOAD_LEN)
#define TYPE_ECHO 8
#define OFF_ID 4
#define OFF_SEQ 6
#define INTERVAL_NS NS_PER_S

struct ping {
	struct transfer *t;
	int fd;
	uint16_t first_seq;
	unsigned sent;                      /* requests */
	uint64_t sent_ns[PING_REQUESTS_MAX];
	uint64_t began_ns, deadline_ns;
	struct refused other;               /* replies to no request of ours */
	uint8_t request[MESSAGE_LEN];
};

uint64_t ping_round_trip_ns(const struct report *r)
{
	return r->time_starttransfer_ns - r->time_pretransfer_ns;
}

/* --- what went wrong ------------------------------------------------------------------------------- */

static const char waiting_for_reply[] = "waiting for the echo reply";

static void describe_wait(const void *ctx, struct progress_line *line)
{
	const struct ping *p = ctx;

	line->what = waiting_for_reply;
	line->dst = &p->t->report.remote;
}

/* What the socket dropped, and the replies that were none to a request of ours. */
static struct sock_awaited ping_awaited(const struct ping *p)
{
	struct sock_awaited awaited;

	sock_awaited(p->t->m->stack, p->fd, transfer_now(p->t), &awaited);
	refused_merge(&awaited.refused, &p->other);
	return awaited;
}

static void explain_timeout(const struct ping *p)
{
	struct strbuf sb = transfer_fail_timed_out(p->t);
	const struct sock_awaited awaited = ping_awaited(p);

	strbuf_str(&sb, waiting_for_reply);
	if (p->sent > 1) {
		strbuf_str(&sb, " (");
		strbuf_u64(&sb, p->sent);
		strbuf_str(&sb, " requests)");
	}
	transfer_explain(p->t, &sb, &awaited);
}

static const char *unreachable_sentence(int err)
{
	switch (err) {
	case ERR_HOSTUNREACH: return "host unreachable";
	case ERR_NETUNREACH: return "network unreachable";
	case ERR_CONNREFUSED: return "port unreachable";
	case ERR_NOPROTOOPT: return "protocol unreachable";
	default: return err_text(err);
	}
}

/* The ICMP error's own words, where the socket has kept them and all said the same. */
static const char *words_of(const struct refused *said, int err)
{
	return said->count > 0 && said->kept[0].count == said->count ? said->kept[0].reason.text
								      : unreachable_sentence(err);
}

/* An error that came back: a router or host sent it, or our own stack had no ARP answer. */
static void explain_unreachable(const struct ping *p, int err)
{
	struct sock_awaited awaited = ping_awaited(p);
	const struct net_addr by = sock_error_by(p->t->m->stack, p->fd);
	struct strbuf sb;

	if (by.family == NET_FAMILY_NONE) {
		if (err == ERR_HOSTUNREACH)
			transfer_fail_no_arp(p->t, p->fd, p->began_ns);
		else
			transfer_fail(p->t, STATUS_COULD_NOT_CONNECT, unreachable_sentence(err));
		return;
	}
	sb = transfer_fail(p->t, STATUS_COULD_NOT_CONNECT, words_of(&awaited.said, err));
	strbuf_str(&sb, ", says ");
	strbuf_addr(&sb, &by);
	awaited.said = (struct refused){0}; /* it is the sentence */
	transfer_explain(p->t, &sb, &awaited);
}

static void explain_wait_error(const struct ping *p, int err)
{
	if (err == ERR_TIMEDOUT && transfer_gave_up_on_arp(p->t, p->fd, err))
		transfer_fail_no_arp(p->t, p->fd, p->began_ns);
	else if (err == ERR_TIMEDOUT)
		explain_timeout(p);
	else
		explain_unreachable(p, err);
}

/* --- out -------------------------------------------------------------------------------------------- */

static void build_request(struct ping *p)
{
	struct machine *m = p->t->m;

	memset(p->request, 0, sizeof(p->request));
	p->request[0] = TYPE_ECHO; /* identifier and checksum are the stack's */
	m->random(m->ctx, p->request + HEADER_LEN, PAYLOAD_LEN);
}

static uint16_t own_id(const struct ping *p)
{
	struct net_endpoint local;

	if (sock_getsockname(p->t->m->stack, p->fd, &local) != ERR_OK)
		return 0;
	p->t->report.has_local = true;
	p->t->report.local = (struct net_endpoint){local.addr, 0};
	return local.port;
}

static bool send_request(struct ping *p)
{
	struct transfer *t = p->t;
	uint16_t seq = (uint16_t)(p->first_seq + p->sent);
	int err;

	store_be16(p->request + OFF_SEQ, seq);
	p->sent_ns[p->sent] = transfer_now(t);
	err = blocking_send_all(t->m, p->fd, p->request, sizeof(p->request), p->deadline_ns);
	if (err != ERR_OK) {
		explain_wait_error(p, err);
		return false;
	}
	p->sent++;
	t->report.size_request += sizeof(p->request);
	event_emit(t->events, EVENT_ICMP_ECHO_SENT, 0, 0, EV_ADDR("dst", t->report.remote.addr),
		   EV_U64("id", own_id(p)), EV_U64("icmp_seq", seq),
		   EV_U64("len", sizeof(p->request)), EV_IF(p->sent > 1, EV_U64("attempt", p->sent)));
	return true;
}

/* --- in --------------------------------------------------------------------------------------------- */

struct reply {
	uint8_t bytes[2048];
	size_t len;
	uint8_t ttl;
	unsigned number; /* of the request that it answers, from 0 */
};

/* A payload that is not the request's was not made by a host that answers pings properly. */
static void judge(struct ping *p, const struct reply *r)
{
	size_t same = HEADER_LEN;
	struct strbuf sb;

	while (same < MIN(r->len, sizeof(p->request)) && r->bytes[same] == p->request[same])
		same++;
	if (same == sizeof(p->request) && r->len == same)
		return;
	sb = transfer_fail(p->t, STATUS_WEIRD_REPLY, "the echo reply is not the request's: ");
	if (r->len != sizeof(p->request)) {
		strbuf_u64(&sb, r->len - HEADER_LEN);
		strbuf_str(&sb, " bytes of payload, sent were ");
		strbuf_u64(&sb, PAYLOAD_LEN);
		return;
	}
	strbuf_str(&sb, "byte ");
	strbuf_u64(&sb, same - HEADER_LEN + 1);
	strbuf_str(&sb, " of the payload is another");
}

static void accept_reply(struct ping *p, const struct reply *r)
{
	struct transfer *t = p->t;
	uint64_t now_ns = transfer_now(t), sent_ns = p->sent_ns[r->number];

	t->report.time_pretransfer_ns = sent_ns - t->start_ns;
	t->report.time_starttransfer_ns = now_ns - t->start_ns;
	t->report.size_download = r->len - HEADER_LEN;
	t->report.reply_ttl = r->ttl;
	event_emit(t->events, EVENT_ICMP_ECHO_REPLY, 0, 0, EV_ADDR("src", t->report.remote.addr),
		   EV_U64("id", load_be16(r->bytes + OFF_ID)),
		   EV_U64("icmp_seq", load_be16(r->bytes + OFF_SEQ)), EV_U64("len", r->len),
		   EV_U64("ttl", r->ttl), EV_U64("rtt_us", (now_ns - sent_ns) / NS_PER_US));
	judge(p, r);
}

/* Until a reply to one of our requests, or an error; the socket receives nothing but replies of
 * that host with our identifier. */
static int await_reply(struct ping *p, struct reply *r, uint64_t until_ns)
{
	struct sock_msg msg = {.buf = r->bytes, .len = sizeof(r->bytes)};

	for (;;) {
		int n = blocking_recvmsg(p->t->m, p->fd, &msg, until_ns);

		if (n < 0)
			return n;
		r->len = (size_t)n;
		r->ttl = msg.ttl;
		r->number = (uint16_t)(load_be16(r->bytes + OFF_SEQ) - p->first_seq);
		if (r->number < p->sent)
			return ERR_OK;
		refused_add(&p->other, REFUSED("had another sequence number"));
		if (transfer_now(p->t) >= until_ns)
			return ERR_TIMEDOUT;
	}
}

/* --- one address ------------------------------------------------------------------------------------ */

static void ping_ask(struct ping *p, unsigned requests)
{
	struct reply reply;
	uint64_t until_ns;
	int err;

	do {
		if (!send_request(p))
			return;
		until_ns = p->deadline_ns;
		if (p->sent < requests)
			until_ns = MIN(until_ns, p->sent_ns[p->sent - 1] + INTERVAL_NS);
		err = await_reply(p, &reply, until_ns);
	} while (err == ERR_TIMEDOUT && transfer_now(p->t) < p->deadline_ns);
	if (err == ERR_OK)
		accept_reply(p, &reply);
	else
		explain_wait_error(p, err);
}

static void explain_socket_error(struct transfer *t, int err)
{
	struct strbuf sb = transfer_fail(t, STATUS_OUT_OF_MEMORY, "no socket: ");

	strbuf_str(&sb, err_text(err));
}

static void ping_address(struct transfer *t, unsigned requests, uint16_t icmp_seq)
{
	struct stack *stack = t->m->stack;
	struct ping p = {.t = t, .first_seq = icmp_seq, .began_ns = transfer_now(t)};
	int err;

	p.fd = sock_socket(stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_ICMP);
	if (p.fd < 0) {
		explain_socket_error(t, p.fd);
		return;
	}
	p.deadline_ns = MIN(t->deadline_ns, transfer_now(t) + t->client->options.connect_timeout_ns);
	build_request(&p);
	transfer_set_timeouts(t, p.fd, p.deadline_ns);
	transfer_begin_wait(t, describe_wait, &p, p.deadline_ns);
	err = sock_connect(stack, p.fd, &t->report.remote, transfer_now(t));
	if (err == ERR_OK)
		ping_ask(&p, requests);
	else
		transfer_fail(t, STATUS_COULD_NOT_CONNECT, connection_no_way(t, err));
	transfer_end_wait(t);
	sock_close(stack, p.fd, transfer_now(t));
}

/* --- the interface ---------------------------------------------------------------------------------- */

/* As with a connection: the next address of a name where one does not answer. */
void ping_host(struct transfer *t, struct span host, unsigned requests, uint16_t icmp_seq)
{
	const struct resolved *resolved = &t->client->resolved;

	if (!connection_resolve(t, host))
		return;
	for (unsigned i = 0; i < resolved->n; i++) {
		t->report.has_remote = true;
		t->report.remote = (struct net_endpoint){resolved->addr[i], 0};
		ping_address(t, requests, icmp_seq);
		if (t->report.exitcode != STATUS_COULD_NOT_CONNECT &&
		    t->report.exitcode != STATUS_TIMED_OUT)
			return;
		if (i + 1 == resolved->n || transfer_now(t) >= t->deadline_ns)
			return;
		event_emit(t->events, EVENT_HTTP_NEXT_ADDRESS, 0, 0,
			   EV_ADDR("ip", t->report.remote.addr), EV_STR("problem", t->errormsg));
		transfer_clear_failure(t);
	}
}
