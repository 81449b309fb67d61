/*
 * SPDX-License-Identifier: MIT
 *
 * IPv4 address conflict detection (RFC 5227): is another host on the link using our address?  The
 * machine behind it is the timer of each address; ARP hands in what it hears.
 */
#ifndef NET_LINK_ACD_H
#define NET_LINK_ACD_H

#include "net/netif.h"

struct stack;
struct acd; /* one interface's address */

/* What gives interfaces addresses that the network chose, as conflict detection asks it: registered when
 * the stack is made (stack->acd_source). */
struct acd_source {
	/* The interface's address is one that it put there. */
	bool (*gave_address)(const struct stack *stack, const struct netif *netif);
	/* ... and that is a server's. */
	bool (*leases_address)(const struct stack *stack, const struct netif *netif);
	/* Another host claims a leased address while we use it: it stays, and the server is asked. */
	void (*disputed)(struct stack *stack, struct netif *netif, uint64_t now_ns);
	/* Another host has that address: it goes, and the server is notified.  Borrows `mac`. */
	void (*in_use)(struct stack *stack, struct netif *netif, const uint8_t *mac, uint64_t now_ns);
};

/* The interface has (another) address: probing begins with the next net_poll(). */
void acd_start(struct stack *stack, struct netif *netif);
/* The interface has no address any more. */
void acd_stop(struct stack *stack, struct netif *netif);
/* As if no host had answered, long ago: neither probes nor announcements are to come. */
void acd_settle(struct stack *stack, struct netif *netif);
/* Another host claims our address.  Borrows `mac`. */
void acd_conflict(struct stack *stack, struct netif *netif, const uint8_t *mac, uint64_t now_ns);
/* Of all interfaces. */
void acd_destroy(struct stack *stack);

#endif
