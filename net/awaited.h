/*
 * SPDX-License-Identifier: MIT
 *
 * Whose answer was it?  A frame that is dropped may be what a caller waits for: the layer that drops
 * it reports that here, and the reason is counted with the waiting party (base/refused.h).
 */
#ifndef NET_AWAITED_H
#define NET_AWAITED_H

#include "base/refused.h"
#include "net/netif.h"

/* What came in place of what a port or a connection waits for.  It is seldom there, so it has memory of
 * its own. */
struct awaited {
	struct refused refused; /* dropped, and might have been the answer */
	struct refused said;    /* ICMP errors about what was sent, and who said them */
};

/* The one at *slot, which is made where there is none; NULL: no memory. */
struct awaited *awaited_make(struct stack *stack, struct awaited **slot);
void awaited_free(struct stack *stack, struct awaited **slot);
/* Counts it at *slot, where there is memory. */
void awaited_add(struct stack *stack, struct awaited **slot, struct refused_reason why);
/* The same of a packet from a host that was not asked. */
void awaited_add_stranger(struct stack *stack, struct awaited **slot, const struct net_addr *from);
/* An error about what was sent: an ICMP error in words (static; NULL: it is none) and who said it, or
 * what came in place of an ARP answer (NULL: not known). */
void awaited_note(struct stack *stack, struct awaited **slot, const char *what, const struct net_addr *reporter,
		  const struct refused *refused);

#endif
