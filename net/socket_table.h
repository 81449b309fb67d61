/*
 * The descriptor table of one stack, and the socket itself.  Private to net/: net.c creates and
 * destroys the table, net/socket_*.c look descriptors up in it; applications see net/socket.h.
 */
#ifndef NET_SOCKET_TABLE_H
#define NET_SOCKET_TABLE_H

#include "net/socket.h"
#include "net/tcp.h"
#include "net/udp.h"

/* Room for options.max_sockets descriptors; NULL: no memory. */
struct socket_table *socket_table_create(struct stack *stack) MUST_CHECK;
/* Frees every socket without a word on the wire; before tcp_layer_destroy(). */
void socket_table_destroy(struct stack *stack, struct socket_table *table);

#endif
