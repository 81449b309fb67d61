/* SPDX-License-Identifier: MIT */
/* One question, one answer; see app/dns/exchange.h. */
#include "app/dns/exchange.h"

#include "base/bytes.h"
#include "base/strbuf.h"

#define DNS_HEADER_LEN 12u
#define DNS_RESPONSE 0x80u /* QR, of the third byte */
#define TCP_TIMEOUT_NS (5 * NS_PER_S)

static uint64_t exchange_now(const struct dns_exchange *x)
{
	return x->machine->now_ns(x->machine->ctx);
}

const char *dns_rcode_name(uint16_t rcode)
{
	static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
					    "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
					    "NXRRSET", "NOTAUTH", "NOTZONE"};

	if (rcode == DNS_RCODE_BADVERS)
		return "BADVERS";
	return rcode < ARRAY_LEN(names) ? names[rcode] : "an unknown code";
}

/* --- the log ----------------------------------------------------------------------------------- */

static void log_query(const struct dns_exchange *x, uint16_t id, const char *over)
{
	event_emit(x->events, EVENT_DNS_QUERY, 0, 0, EV_STR("name", x->text),
		   EV_IPV4("server", net_addr_to_ipv4(&x->server)), EV_U64("id", id), EV_STR("over", over),
		   EV_IF(x->edns, EV_U64("udp_size", DNS_UDP_MAX)),
		   EV_IF(x->attempt > 1, EV_U64("attempt", x->attempt)));
}

static const char *outcome_text(const struct dns_exchange *x)
{
	switch (x->outcome) {
	case DNS_FOUND: return "found";
	case DNS_ALIAS: return "is an alias";
	case DNS_NO_ADDRESS: return "has no IPv4 address";
	case DNS_EMPTY: return x->answer.recursion ? "has no IPv4 address as far as is known there"
						   : "is not known there, and nobody else is asked";
	case DNS_NO_NAME: return "does not exist (NXDOMAIN)";
	case DNS_SERVER_FAILS: return dns_rcode_name(x->answer.rcode);
	case DNS_TRUNCATED: return "did not fit, again over TCP";
	case DNS_ALIAS_LOOP: return "aliases lead in a circle";
	default: return "no sensible answer";
	}
}

static void log_answer(const struct dns_exchange *x, uint64_t asked_ns)
{
	const struct dns_answer *a = &x->answer;
	bool found = x->outcome == DNS_FOUND;
	bool aliased = a->n_aliases > 0 && (found || x->outcome == DNS_ALIAS);
	char alias[DNS_NAME_MAX] = "";

	if (aliased)
		dns_name_to_text(&a->alias, alias);
	event_emit(x->events, EVENT_DNS_ANSWER, 0, 0, EV_STR("name", x->text),
		   EV_IF(found, EV_IPV4("ip", a->addresses[0])),
		   EV_IF(a->n_addresses > 1, EV_U64("more", a->n_addresses - 1u)),
		   EV_IF(!found, EV_STR("problem", outcome_text(x))),
		   EV_IF(aliased, EV_STR("alias", alias)),
		   EV_IF(found, EV_U64("ttl", a->ttl_s)), EV_IPV4("server", net_addr_to_ipv4(&x->server)),
		   EV_U64("rtt_us", (exchange_now(x) - asked_ns) / NS_PER_US));
}

static void log_failure(const struct dns_exchange *x)
{
	bool any = x->refused.count > 0;
	char why[REFUSED_TEXT_MAX];

	event_emit(x->events, EVENT_DNS_FAILED, 0, 0, EV_STR("name", x->text),
		   EV_IPV4("server", net_addr_to_ipv4(&x->server)),
		   EV_STR("problem", x->err == ERR_TIMEDOUT ? "no answer" : err_text(x->err)),
		   EV_IF(any, EV_U64("refused", x->refused.count)),
		   EV_IF(any, EV_STR("refused_why", refused_why(why, &x->refused))));
}

/* --- UDP --------------------------------------------------------------------------------------- */

/* What the socket dropped. */
static void note_awaited(struct dns_exchange *x, int fd)
{
	struct sock_awaited awaited;

	sock_awaited(x->machine->stack, fd, exchange_now(x), &awaited);
	refused_merge(&x->refused, &awaited.refused);
	refused_merge(&x->said, &awaited.said);
}

/* Why a datagram of the server's is no answer to the question with that id. */
static const char *not_ours_because(const uint8_t *msg, size_t len, uint16_t id)
{
	if (len < DNS_HEADER_LEN)
		return "had fewer than 12 bytes";
	if (load_be16(msg) != id)
		return "had another id";
	return msg[2] & DNS_RESPONSE ? "answered another question" : "carried no response";
}

/* Until an answer to this question comes; forged ones that miss are no reason to stop waiting. */
static int await_datagram(struct dns_exchange *x, int fd, uint16_t id, uint64_t until_ns)
{
	for (;;) {
		int n = blocking_recv(x->machine, fd, x->answer_buf, DNS_ANSWER_MAX, until_ns);

		if (n < 0)
			return n;
		x->outcome = dns_read_answer(x->answer_buf, (size_t)n, id, x->name, &x->answer);
		if (x->outcome != DNS_NOT_OURS)
			return ERR_OK;
		refused_add(&x->refused, REFUSED(not_ours_because(x->answer_buf, (size_t)n, id)));
		if (exchange_now(x) >= until_ns)
			return ERR_TIMEDOUT;
	}
}

static int ask_over_udp(struct dns_exchange *x, const uint8_t *query, size_t len, uint16_t id)
{
	const struct net_endpoint server = {x->server, DNS_PORT};
	uint64_t until_ns = MIN(exchange_now(x) + x->timeout_ns, x->deadline_ns);
	int fd = sock_socket(x->machine->stack, (enum net_family)x->server.family, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	int err;

	if (fd < 0)
		return fd;
	/* connected, so that only the server's datagrams come, and ICMP errors about ours */
	err = sock_connect(x->machine->stack, fd, &server, exchange_now(x));
	if (err == ERR_OK)
		err = blocking_send_all(x->machine, fd, query, len, until_ns);
	if (err == ERR_OK)
		err = await_datagram(x, fd, id, until_ns);
	if (err != ERR_OK)
		note_awaited(x, fd);
	sock_close(x->machine->stack, fd, exchange_now(x));
	return err;
}

/* --- TCP --------------------------------------------------------------------------------------- */

static int receive_all(struct dns_exchange *x, int fd, uint8_t *buf, size_t len, uint64_t until_ns)
{
	while (len > 0) {
		int n = blocking_recv(x->machine, fd, buf, len, until_ns);

		if (n <= 0)
			return n < 0 ? n : ERR_CONNRESET;
		buf += n;
		len -= (size_t)n;
	}
	return ERR_OK;
}

/* RFC 1035 4.2.2: two bytes of length before each message. */
static int talk_over_tcp(struct dns_exchange *x, int fd, const uint8_t *query, size_t len,
			 uint16_t id, uint64_t until_ns)
{
	const struct net_endpoint server = {x->server, DNS_PORT};
	int err = blocking_connect(x->machine, fd, &server, until_ns);
	uint8_t prefix[2];
	size_t answer_len;

	store_be16(prefix, (uint16_t)len);
	if (err == ERR_OK)
		err = blocking_send_all(x->machine, fd, prefix, sizeof(prefix), until_ns);
	if (err == ERR_OK)
		err = blocking_send_all(x->machine, fd, query, len, until_ns);
	if (err == ERR_OK)
		err = receive_all(x, fd, prefix, sizeof(prefix), until_ns);
	if (err != ERR_OK)
		return err;
	answer_len = load_be16(prefix);
	if (answer_len > DNS_ANSWER_MAX)
		return ERR_MSGSIZE;
	err = receive_all(x, fd, x->answer_buf, answer_len, until_ns);
	if (err != ERR_OK)
		return err;
	x->outcome = dns_read_answer(x->answer_buf, answer_len, id, x->name, &x->answer);
	if (x->outcome == DNS_TRUNCATED || x->outcome == DNS_NOT_OURS)
		x->outcome = DNS_MALFORMED; /* here it makes no sense */
	return ERR_OK;
}

static int ask_over_tcp(struct dns_exchange *x, const uint8_t *query, size_t len, uint16_t id)
{
	uint64_t until_ns = MIN(exchange_now(x) + TCP_TIMEOUT_NS, x->deadline_ns);
	int fd = sock_socket(x->machine->stack, (enum net_family)x->server.family, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	int err;

	if (fd < 0)
		return fd;
	err = talk_over_tcp(x, fd, query, len, id, until_ns);
	if (err != ERR_OK) {
		note_awaited(x, fd);
		blocking_abort(x->machine, fd);
		return err;
	}
	/* The answer is here: the stack closes in order and no caller waits for it. */
	return sock_close(x->machine->stack, fd, exchange_now(x));
}

/* --- both -------------------------------------------------------------------------------------- */

static uint16_t draw_id(const struct dns_exchange *x)
{
	uint16_t id;

	x->machine->random(x->machine->ctx, &id, sizeof(id));
	return id;
}

static void ask_once(struct dns_exchange *x)
{
	uint8_t query[DNS_QUERY_MAX];
	uint16_t id = draw_id(x);
	size_t len = dns_write_query(query, id, x->name, x->edns);
	uint64_t asked_ns = exchange_now(x);

	log_query(x, id, "UDP");
	x->err = ask_over_udp(x, query, len, id);
	if (x->err == ERR_OK)
		log_answer(x, asked_ns);
	if (x->err == ERR_OK && x->outcome == DNS_TRUNCATED) {
		id = draw_id(x);
		store_be16(query, id);
		asked_ns = exchange_now(x);
		log_query(x, id, "TCP");
		x->err = ask_over_tcp(x, query, len, id);
		if (x->err == ERR_OK)
			log_answer(x, asked_ns);
	}
	if (x->err != ERR_OK)
		log_failure(x);
}

/* RFC 6891 6.2.2 and 7: what a server says that does not know EDNS, or not this version. */
static bool refuses_edns(const struct dns_exchange *x)
{
	return x->edns && x->err == ERR_OK && x->outcome == DNS_SERVER_FAILS &&
	       (x->answer.rcode == DNS_RCODE_FORMERR || x->answer.rcode == DNS_RCODE_NOTIMP ||
		x->answer.rcode == DNS_RCODE_BADVERS);
}

void dns_exchange(struct dns_exchange *x)
{
	ask_once(x);
	if (!refuses_edns(x))
		return;
	x->edns = false;
	ask_once(x);
}
