/*
 * SPDX-License-Identifier: MIT
 *
 * The neighbour cache: which link address a network address on our own link has.  Generic over the
 * protocol that asks (the resolver: ARP for IPv4), bounded in entries and in waiting packets.
 *
 *   INCOMPLETE   asked, no answer yet; packets wait in the entry's queue
 *   REACHABLE    known.  Older than NEIGH_REACHABLE_NS it is stale: still used, and the next use
 *                starts a probe
 *   PROBE        stale, doubted or claimed by other hardware, and being asked: by two polls to the
 *                address that we know (RFC 1122 2.3.2.1 (2)), then by broadcasts; still used
 *                meanwhile
 *
 * An unconfirmed entry is removed; the next packet then starts from the beginning.
 *
 * Two link addresses for one neighbour.  An answer to a broadcast of ours is believed, the first one
 * where several come.  Whatever else names another link address than the entry has is a claim:
 *
 *   not sent to within NEIGH_IN_USE_NS   the entry changes at once (RFC 826)
 *   in use                               the old address is polled.  It answers: it stays, and the
 *                                        claim is refuted.  It is silent for NEIGH_POLLED_NS: the
 *                                        claimant has it; where several claim, a broadcast decides
 *   lately refuted                       polled again after a pause, which grows from 1 s to 8 s
 *
 * DEVIATION: RFC 826 (packet reception) changes the entry at once in each case: one forged frame then
 * takes a connection's packets away until it is asked for again, a minute later.  A neighbour that
 * moves and says so costs NEIGH_POLLED_NS more.
 */
#ifndef NET_LINK_NEIGH_H
#define NET_LINK_NEIGH_H

#include "base/net_addr.h"
#include "base/refused.h"
#include "net/netif.h"
#include "net/timer.h"

#define NEIGH_MAX 64                         /* entries; the least recently used one gives way */
#define NEIGH_QUEUE_MAX 64                   /* packets that wait for one unresolved neighbour; a
                                              * datagram can have 45 fragments */
#define NEIGH_WAITING_MAX 512                /* packets that wait for all of them: half of the
                                              * frames there are, or a host that pings us in the names
                                              * of neighbours that do not exist has them all */
#define NEIGH_ATTEMPTS 3                     /* requests before giving up */
#define NEIGH_RETRY_NS NS_PER_S              /* between them, and after the last one */
#define NEIGH_POLLS 2                        /* PROBE: requests to the known address alone ... */
#define NEIGH_POLL_NS (100 * NS_PER_MS)      /* ... so far apart */
#define NEIGH_POLLED_NS (250 * NS_PER_MS)    /* an answer to either comes within that of the first */
#define NEIGH_PROBE_ATTEMPTS 4               /* polls, and the broadcasts behind them */
#define NEIGH_IN_USE_NS (10 * NS_PER_S)      /* sent to within: a claim is checked before it counts */
#define NEIGH_CLAIM_PAUSE_NS NS_PER_S        /* behind a refuted claim; doubled three times */
#define NEIGH_DOUBT_NS (3 * NS_PER_S)        /* a transport's doubt starts one probe in that time */
#define NEIGH_REACHABLE_NS (60 * NS_PER_S)   /* how long an answer is believed without a check */
#define NEIGH_DEVICE_RETRY_NS NS_PER_MS      /* the device had no room for all that waited */

enum neigh_state { NEIGH_FREE, NEIGH_INCOMPLETE, NEIGH_REACHABLE, NEIGH_PROBE };

struct neigh_resolver;

struct neigh {
	struct timer timer; /* the next request, or giving up */
	const struct neigh_resolver *resolver; /* of its family */
	struct netif *netif;
	struct net_addr addr;
	uint8_t state; /* enum neigh_state */
	uint8_t attempts; /* requests so far */
	bool polled;      /* PROBE: a device has taken one of the polls */
	uint8_t mac[NETIF_MAC_LEN]; /* valid unless INCOMPLETE */
	uint8_t claimant[NETIF_MAC_LEN]; /* the first one that waits to be checked */
	uint8_t claims;   /* 0: none; 1: `claimant`; 2: others as well */
	uint8_t refuted;  /* claims in a row that the neighbour has refuted */
	uint64_t refuted_ns; /* the latest of them */
	uint64_t asked_ns; /* the latest request */
	uint64_t confirmed_ns;
	uint64_t used_ns; /* the last time we sent to it, 0: never */
	uint64_t began_ns; /* INCOMPLETE: the first request */
	uint64_t until_ns; /* INCOMPLETE: it is asked for until then at least; 0: the usual number of times */
	struct refused refused; /* INCOMPLETE: what came and could have been its answer */
	struct pktbuf_queue queue;
};

/* What a protocol of address resolution does for the cache: one for each family. */
struct neigh_resolver {
	uint8_t family;    /* enum net_family, of the addresses that it resolves */
	uint16_t eth_type; /* of the packets that are resolved: their protocol (net/link/link.h) has
			    * undeliverable() */
	/* Sends one request: to n->mac alone where neigh_is_poll(), else by broadcast.  ERR_OK: a
	 * device has it. */
	int (*ask)(struct stack *stack, const struct neigh *n, uint64_t now_ns);
	/* The neighbour was at `old`, does not answer there, and is now at n->mac. */
	void (*moved)(struct stack *stack, const struct neigh *n, const uint8_t *old,
		      uint64_t now_ns);
	/* No host answered n->attempts requests; n->refused came. */
	void (*gave_up)(struct stack *stack, const struct neigh *n);
};

/* The latest request is for n->mac alone. */
static inline bool neigh_is_poll(const struct neigh *n)
{
	return n->state == NEIGH_PROBE && n->attempts <= NEIGH_POLLS;
}

/* NULL: no memory. */
struct neigh_table *neigh_table_create(struct stack *stack) MUST_CHECK;
void neigh_table_destroy(struct stack *stack, struct neigh_table *table);
/* In place of the one that the family had.  Borrowed for as long as the stack lives. */
void neigh_set_resolver(struct stack *stack, const struct neigh_resolver *resolver);

/* Sends a network-layer packet to the neighbour `addr` of `netif`, now or once it is resolved.
 * Consumes.  ERR_OK also when the packet waits; ERR_AFNOSUPPORT: its family has no
 * resolver. */
int neigh_output(struct stack *stack, struct netif *netif, const struct net_addr *addr,
		 struct pktbuf *pkt, uint64_t now_ns);

/* Where to count what could have been the answer of a neighbour that is being asked for; NULL: it is
 * not. */
struct refused *neigh_awaits(struct stack *stack, const struct netif *netif,
			     const struct net_addr *addr);

/* A transport receives nothing from beyond the neighbour, or what says that nothing of ours arrives (RFC
 * 1122 3.3.1.4): it is asked whether it is still there, and removed where it does not answer; at most
 * once in NEIGH_DOUBT_NS. */
void neigh_doubt(struct stack *stack, struct netif *netif, const struct net_addr *addr,
		 uint64_t now_ns);

/* The owner of completions (pktbuf.sent_owner) is about to be freed: its packets that wait for a
 * neighbour are sent all the same, and their completions are called without an owner. */
void neigh_unlink_owner(struct stack *stack, const void *owner);

/* The interface has no address of that family any more: its entries of it go, and what waits in them. */
void neigh_remove_all(struct stack *stack, const struct netif *netif, uint8_t family);

enum neigh_hint {
	NEIGH_HINT_UPDATE, /* changes an entry that exists (RFC 826: merge) */
	NEIGH_HINT_LEARN,  /* may also make one: the neighbour wants to talk to us */
};

struct neigh_learned {
	struct neigh *entry; /* NULL: the packet was of no interest */
	bool answered;       /* a request of ours was open */
	bool changed;        /* the link address is new */
	bool moved;          /* ... and was `old` before */
	bool refuted;        /* the neighbour is where it was: `claimant` is not believed */
	uint64_t rtt_ns;     /* since the latest request, where `answered` */
	uint8_t old[NETIF_MAC_LEN], claimant[NETIF_MAC_LEN];
};

/* The neighbour said its link address.  Tells what was new in that.  The resolver then says so and
 * calls neigh_flush(), in this order: the answer stands in the log before what it set free. */
struct neigh_learned neigh_learn(struct stack *stack, struct netif *netif,
			       const struct net_addr *addr, const uint8_t *mac,
			       enum neigh_hint hint, uint64_t now_ns);
/* Sends the packets that waited for the entry, those that the device has no room for a little later. */
void neigh_flush(struct stack *stack, struct neigh *n, uint64_t now_ns);

/* The entry, or NULL; for tests and reports. */
const struct neigh *neigh_find(const struct stack *stack, const struct netif *netif,
			       const struct net_addr *addr);

#endif
