/*
 * SPDX-License-Identifier: MIT
 *
 * From a name to addresses: the stub resolver of RFC 1034 5.3.1, blocking like the calls of
 * machine/blocking.h.  An address stays what it is, `hosts` come first, then the servers are asked.
 *
 * Every query leaves from a port of its own with an id of its own, both drawn at random (RFC 5452);
 * answers that are not to that query are ignored.  A truncated answer is fetched again over
 * TCP (RFC 7766).  A server that knows nothing and does not recurse does not have the last word: the next
 * is asked.  No answer is cached.
 *
 * No server is asked about the names under onion (RFC 7686) and localhost (RFC 6761 6.3), nor about
 * what ends in a number, be it an alias or a domain that makes a name so.
 */
#ifndef APP_DNS_RESOLVER_H
#define APP_DNS_RESOLVER_H

#include "machine/blocking.h"
#include "app/dns/dns_message.h"
#include "log/event.h"
#include "base/status.h"

#define RESOLVER_SERVERS_MAX 3u
#define RESOLVER_PROBLEM_MAX 800u

/* One line of a hosts file. */
struct resolver_host {
	char name[DNS_NAME_MAX];
	struct net_addr addr;
};

/* What is remembered from one look-up to the next; zeroes: nothing. */
struct resolver_memory {
	struct net_addr without_edns[RESOLVER_SERVERS_MAX]; /* servers that answer only where none is offered */
	unsigned n;
};

struct resolver {
	struct machine *machine;
	struct event_sink *events;
	struct net_addr servers[RESOLVER_SERVERS_MAX]; /* the first is asked first */
	unsigned n_servers;
	const char *search; /* the domains of names without a dot, separated by spaces; NULL or "": none */
	const struct resolver_host *hosts;
	size_t n_hosts;
	struct resolver_memory *memory; /* NULL: none */
	uint8_t *answer_buf; /* DNS_ANSWER_MAX bytes (exchange.h), for what servers send */
};

struct resolved {
	unsigned n; /* addresses; 0 unless STATUS_OK */
	struct net_addr addr[DNS_ADDRESSES_MAX];
	char problem[RESOLVER_PROBLEM_MAX]; /* a sentence, where there is no address */
	struct refused refused; /* and what came in place of an answer, from all servers */
};

/* STATUS_OK; STATUS_NAME_NOT_RESOLVED; STATUS_COULD_NOT_CONNECT for localhost; STATUS_TIMED_OUT where
 * `deadline_ns` came first; STATUS_OUT_OF_MEMORY. */
enum status resolver_lookup(const struct resolver *r, const char *name, size_t len,
			    uint64_t deadline_ns, struct resolved *result) MUST_CHECK;

#endif
