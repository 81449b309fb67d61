/*
 * SPDX-License-Identifier: MIT
 *
 * The neighbour cache: which link address a network address on our own link has.  Generic over the
 * protocol that asks (the resolver: ARP for IPv4), bounded in entries and in waiting packets.
 *
 *   INCOMPLETE   asked, no answer yet; packets wait in the entry's queue
 *   REACHABLE    known.  Older than NEIGH_REACHABLE_NS it is stale: still used, and the next use
 *                starts a probe
 *   PROBE        stale and being asked directly (RFC 1122 2.3.2.1 (2)); still used meanwhile
 *
 * An entry that nobody confirms is removed; the next packet then starts from the beginning.
 */
#ifndef NET_NEIGH_H
#define NET_NEIGH_H

#include "base/net_addr.h"
#include "net/netif.h"
#include "net/timer.h"

#define NEIGH_MAX 64                         /* entries; the least recently used one gives way */
#define NEIGH_QUEUE_MAX 64                   /* packets that wait for one unresolved neighbour; a
                                              * datagram can have 45 fragments */
#define NEIGH_WAITING_MAX 512                /* packets that wait for all of them: half of the
                                              * frames there are, or whoever pings us in the names
                                              * of neighbours that do not exist has them all */
#define NEIGH_ATTEMPTS 3                     /* requests before giving up */
#define NEIGH_RETRY_NS NS_PER_S              /* between them, and after the last one */
#define NEIGH_REACHABLE_NS (60 * NS_PER_S)   /* how long an answer is believed without a look */
#define NEIGH_DEVICE_RETRY_NS NS_PER_MS      /* the device had no room for all that waited */

enum neigh_state { NEIGH_FREE, NEIGH_INCOMPLETE, NEIGH_REACHABLE, NEIGH_PROBE };

struct neigh {
	struct timer timer; /* the next request, or giving up */
	struct netif *netif;
	struct net_addr addr;
	uint8_t state; /* enum neigh_state */
	uint8_t attempts; /* requests so far */
	uint8_t mac[NETIF_MAC_LEN]; /* valid unless INCOMPLETE */
	uint64_t asked_ns; /* the latest request */
	uint64_t confirmed_ns;
	uint64_t used_ns; /* the last time we sent to it, 0: never */
	struct pktbuf_queue queue;
};

/* What a protocol of address resolution does for the cache. */
struct neigh_resolver {
	uint16_t eth_type; /* of the packets that are resolved */
	/* Sends one request: to everybody while INCOMPLETE, to n->mac while probing. */
	void (*ask)(struct stack *stack, const struct neigh *n, uint64_t now_ns);
	/* Nobody answered n->attempts requests. */
	void (*gave_up)(struct stack *stack, const struct neigh *n);
	/* A packet that waited will not be sent: tells its transport.  Consumes. */
	void (*undeliverable)(struct stack *stack, struct pktbuf *pkt, uint64_t now_ns);
};

/* NULL: no memory. */
struct neigh_table *neigh_table_create(struct stack *stack) MUST_CHECK;
void neigh_table_destroy(struct stack *stack, struct neigh_table *table);
void neigh_set_resolver(struct stack *stack, const struct neigh_resolver *resolver);

/* Sends a network-layer packet to the neighbour `addr` of `netif`, now or once it is resolved.
 * Consumes.  ERR_OK also when the packet waits; ERR_NOBUFS: no entry could be had. */
int neigh_output(struct stack *stack, struct netif *netif, const struct net_addr *addr,
		 struct pktbuf *pkt, uint64_t now_ns);

/* A transport hears nothing from beyond the neighbour (RFC 1122 3.3.1.4): it is asked directly
 * whether it is still there, and forgotten where it does not answer. */
void neigh_doubt(struct stack *stack, struct netif *netif, const struct net_addr *addr,
		 uint64_t now_ns);

/* The interface has no address any more: its entries go, and what waits in them. */
void neigh_forget(struct stack *stack, const struct netif *netif);

enum neigh_news {
	NEIGH_NEWS_UPDATE, /* changes an entry that exists (RFC 826: merge) */
	NEIGH_NEWS_LEARN,  /* may also make one: the neighbour wants to talk to us */
};

struct neigh_heard {
	struct neigh *entry; /* NULL: the news was of no interest */
	bool answered;       /* a request of ours was open */
	bool changed;        /* the link address is new */
	uint64_t rtt_ns;     /* since the latest request, where `answered` */
};

/* The neighbour said its link address.  Tells what was new in that.  The resolver then says so and
 * calls neigh_flush(), in this order: the answer stands in the log before what it set free. */
struct neigh_heard neigh_learn(struct stack *stack, struct netif *netif,
			       const struct net_addr *addr, const uint8_t *mac,
			       enum neigh_news news, uint64_t now_ns);
/* Sends the packets that waited for the entry, those that the device has no room for a little later. */
void neigh_flush(struct stack *stack, struct neigh *n, uint64_t now_ns);

/* The entry, or NULL; for tests and reports. */
const struct neigh *neigh_find(const struct stack *stack, const struct netif *netif,
			       const struct net_addr *addr);

#endif
