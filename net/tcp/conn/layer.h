/*
 * SPDX-License-Identifier: MIT
 *
 * What the stack has of TCP: the lists and tables that connections stand in (layer.c, demux.c, ports.c).
 */
#ifndef NET_TCP_CONN_LAYER_H
#define NET_TCP_CONN_LAYER_H

#include "net/tcp/tcb.h"

/* --- layer.c --------------------------------------------------------------------------------- */

#define TCP_BOUND_LISTS 64u
#define TCP_PORT_GROUPS 512u

struct tcp_layer {
	struct tcb **buckets; /* connections by four-tuple, keyed hash */
	uint32_t n_buckets;   /* a power of two */
	uint32_t n_connections;
	struct tcb *listeners;
	struct tcb *bound[TCP_BOUND_LISTS]; /* by local port */
	uint32_t port_users[TCP_PORT_GROUPS]; /* connections whose local port is of the group */
	struct tcb *work_first, **work_last;
	struct tcb *time_wait_first, **time_wait_last; /* those in TIME-WAIT, the oldest first */
	uint32_t n_time_wait;
	uint32_t next_conn;
};

/* From IP (net/ip/transport.h): input.c, delivery_error.c, send/pmtu.c. */
void tcp_input(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts, uint64_t now_ns);
/* A segment we sent could not be delivered. */
void tcp_unreachable(struct stack *stack, const struct ip_error *error, uint64_t now_ns);
/* A router could not send on a segment of ours whole: RFC 1191. */
void tcp_too_big(struct stack *stack, const struct ip_error *error, uint64_t now_ns);
/* The address is ours no longer: connections from it end, with ERR_ADDRNOTAVAIL and no RST. */
void tcp_address_gone(struct stack *stack, const struct net_addr *local);
struct refused *tcp_awaits(struct stack *stack, const struct ip_facts *facts, const uint8_t *l4,
			   size_t len);

/* Puts the connection on the list that tcp_poll() works off. */
void tcp_work_add(struct stack *stack, struct tcb *tcb);
void tcp_work_remove(struct stack *stack, struct tcb *tcb);

/* --- demux.c, ports.c ------------------------------------------------------------------------ */

struct tcb *tcp_find_connection(const struct stack *stack, const struct net_endpoint *local,
				const struct net_endpoint *remote);
struct tcb *tcp_find_listener(const struct stack *stack, const struct net_endpoint *local);
void tcp_hash_insert(struct stack *stack, struct tcb *tcb);
void tcp_hash_remove(struct stack *stack, struct tcb *tcb);
void tcp_listener_insert(struct stack *stack, struct tcb *tcb);
void tcp_listener_remove(struct stack *stack, struct tcb *tcb);
/* The count of connections that the port is counted in (ports.c). */
uint32_t *tcp_port_users(const struct stack *stack, uint16_t port);
/* bind() may not have it: a socket listens there, or uses it and does not share. */
bool tcp_port_is_taken(const struct stack *stack, const struct net_endpoint *local, bool reuse);
/* An unused port; 0 if none was found. */
uint16_t tcp_free_port(struct stack *stack, const struct net_addr *local);
void tcp_bound_insert(struct stack *stack, struct tcb *tcb);
void tcp_bound_remove(struct stack *stack, struct tcb *tcb);
/* RFC 6056: an unpredictable free local port for `remote`; 0: there is none. */
uint16_t tcp_ephemeral_port(struct stack *stack, const struct net_addr *local,
			    const struct net_endpoint *remote, uint64_t now_ns);

#endif
