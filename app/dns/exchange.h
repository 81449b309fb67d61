/*
 * SPDX-License-Identifier: MIT
 *
 * One question to one name server and its answer: over UDP, again over TCP where the answer did not
 * fit (RFC 1035 4.2, RFC 7766), and again without EDNS where that is refused (RFC 6891 6.2.2).
 */
#ifndef APP_DNS_EXCHANGE_H
#define APP_DNS_EXCHANGE_H

#include "machine/blocking.h"
#include "app/dns/dns_message.h"
#include "log/event.h"

/* Bytes; an answer with one address is a hundred.  Over UDP as well: a server may send more than it
 * was offered, and what came is read. */
#define DNS_ANSWER_MAX (16u * 1024)

struct dns_exchange {
	/* in */
	struct machine *machine;
	struct event_sink *events;
	struct net_addr server;
	const struct dns_name *name;
	const char *text;       /* the name for the log */
	unsigned attempt;       /* from 1, for the log */
	uint64_t timeout_ns;   /* for an answer over UDP; TCP gets more */
	uint64_t deadline_ns;
	uint8_t *answer_buf;    /* DNS_ANSWER_MAX bytes, the caller's, for what comes */
	/* in and out: offer EDNS (RFC 6891); false afterwards where the server does not take it */
	bool edns;
	/* out */
	int err; /* ERR_OK: there is an outcome; ERR_TIMEDOUT: no answer; what the sockets said */
	enum dns_outcome outcome;
	struct dns_answer answer;
	struct refused refused; /* what came while there was no answer, and was none */
	struct refused said;    /* and ICMP errors about the question */
};

void dns_exchange(struct dns_exchange *x);

/* "SERVFAIL" (RFC 1035 4.1.1, RFC 2136 2.2, RFC 6891 9); never NULL. */
const char *dns_rcode_name(uint16_t rcode);

#endif
