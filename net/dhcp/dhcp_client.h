/*
 * SPDX-License-Identifier: MIT
 *
 * The DHCP client as its neighbours in the stack see it.  Those who start it use net/dhcp.h.
 *
 * Messages to port 68 from port 67 of an interface that has a client are the client's, whichever other socket
 * is bound to that port.
 */
#ifndef NET_DHCP_DHCP_CLIENT_H
#define NET_DHCP_DHCP_CLIENT_H

#include "base/compiler.h"

struct stack;

/* Registers DHCP with UDP, whose layer exists already, and with conflict detection. */
void dhcp_init(struct stack *stack);

/* A link went up or down: the client is to be notified at once. */
bool dhcp_has_work(const struct stack *stack);
void dhcp_poll(struct stack *stack, uint64_t now_ns);
void dhcp_destroy(struct stack *stack);

#endif
