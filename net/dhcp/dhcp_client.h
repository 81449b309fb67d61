/*
 * SPDX-License-Identifier: MIT
 *
 * The DHCP client as its neighbours in the stack see it.  Those who start it use net/dhcp.h.
 *
 * Messages to port 68 from port 67 of an interface that has a client are the client's, whoever else
 * is bound to that port.
 */
#ifndef NET_DHCP_DHCP_CLIENT_H
#define NET_DHCP_DHCP_CLIENT_H

#include "base/refused.h"
#include "net/ip/ip.h"
#include "net/wire/ipv4.h"
#include "net/wire/udp.h"

/* Its packet is not for any address of ours, and all the same for the client, which has none yet: UDP
 * from a server's port to a client's, to everybody or to whatever address the server has in mind, on
 * an interface that is asking now.  pkt->data is the IPv4 header `h`. */
bool dhcp_awaits(const struct stack *stack, const struct pktbuf *pkt, const struct ipv4_header *h);
/* UDP -> DHCP: true where it took the datagram, which it then consumes; pkt->data is the header `h`,
 * `facts` what IP has read. */
bool dhcp_input(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts,
		const struct udp_header *h, uint64_t now_ns);

/* UDP is dropped, and may be what the client waits for: where to count it; NULL: it is not.  `udp`: the
 * header, as far as there are `len` bytes from there on.  The message must have the transaction's
 * number or the client's hardware address, unless it ends before them. */
struct refused *dhcp_awaits_message(const struct stack *stack, const struct netif *netif,
				    const uint8_t *udp, size_t len);

/* Registers DHCP with conflict detection. */
void dhcp_init(struct stack *stack);

/* A link went up or down: the client wants to hear of it now. */
bool dhcp_has_work(const struct stack *stack);
void dhcp_poll(struct stack *stack, uint64_t now_ns);
void dhcp_destroy(struct stack *stack);

#endif
