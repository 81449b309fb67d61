/*
 * SPDX-License-Identifier: MIT
 *
 * The descriptor table of one stack, and the socket itself.  Private to net/: net.c creates and
 * destroys the table, the files beside it look descriptors up in it; applications see net/socket.h.
 */
#ifndef NET_SOCKET_TABLE_H
#define NET_SOCKET_TABLE_H

#include "net/socket.h"
#include "net/tcp/tcp.h"
#include "net/udp/udp.h"

/* 0, 1 and 2 have a meaning of their own to every user of descriptors. */
#define SOCKET_FD_FIRST 3

struct socket {
	int fd;
	uint8_t type;      /* enum sock_type */
	uint8_t last_step; /* stream: of the sixteen, as far as the socket layer knows */
	bool bound;        /* datagram: by bind(), so that it stays without a peer */
	bool any_address;  /* datagram: without a peer it is spoken to at any address of ours */
	bool broadcast;    /* datagram: SO_BROADCAST */
	bool shut_write, shut_read; /* datagram; TCP knows by itself */
	void *watcher;     /* stream: of sock_watch(); NULL: not watched */
	struct socket *active_next, **active_prev; /* the list of those; prev NULL: not on it */
	union {
		struct {
			struct tcp_user user;
			struct tcb *tcb;
		};
		struct udp_pcb udp; /* udp.local.port is 0 until it is bound */
	};
};

static inline bool socket_is_echo(const struct socket *sock)
{
	return sock->type == SOCK_TYPE_DGRAM && sock->udp.echo;
}

/* Room for options.max_sockets descriptors; NULL: no memory. */
struct socket_table *socket_table_create(struct stack *stack) MUST_CHECK;
/* Frees every socket without a word on the wire; before tcp_layer_destroy(). */
void socket_table_destroy(struct stack *stack, struct socket_table *table);

/* The socket of a descriptor, or NULL: ERR_BADF. */
struct socket *socket_find(const struct stack *stack, int fd);
/* The same where it is of that type; else NULL, *err says ERR_BADF or ERR_OPNOTSUPP. */
struct socket *socket_find_type(const struct stack *stack, int fd, enum sock_type type, int *err);
/* A new socket on the lowest free descriptor; *err: ERR_MFILE, ERR_NOMEM. */
struct socket *socket_create(struct stack *stack, enum sock_type type, int *err);
/* Bytes of memory that one occupies, of that enum sock_type. */
size_t socket_size(uint8_t type);
/* Frees descriptor and socket. */
void socket_free(struct stack *stack, struct socket *sock);

/* Streams (socket/stream.c) and datagrams (socket/dgram.c), behind the calls that serve both. */
int stream_create(struct stack *stack, struct socket *sock);
int stream_bind(struct stack *stack, struct socket *sock, const struct net_endpoint *local);
int stream_connect(struct stack *stack, struct socket *sock, const struct net_endpoint *remote,
		   uint64_t now_ns);
int stream_disconnect(struct stack *stack, struct socket *sock, uint64_t now_ns);
int stream_shutdown(struct stack *stack, struct socket *sock, enum sock_how how, uint64_t now_ns);
void stream_close(struct stack *stack, struct socket *sock, uint64_t now_ns);
unsigned stream_poll(const struct socket *sock);

int dgram_bind(struct stack *stack, struct socket *sock, const struct net_endpoint *local);
int dgram_connect(struct stack *stack, struct socket *sock, const struct net_endpoint *remote);
int dgram_disconnect(struct stack *stack, struct socket *sock);
int dgram_send(struct stack *stack, struct socket *sock, const void *buf, size_t len,
	       const struct net_endpoint *to, uint64_t now_ns);
int dgram_receive(struct socket *sock, struct sock_msg *msg, unsigned flags);
int dgram_shutdown(struct socket *sock, enum sock_how how);
void dgram_close(struct stack *stack, struct socket *sock);
/* The same by its user, who may have waited in vain. */
void dgram_end(struct stack *stack, struct socket *sock, uint64_t now_ns);
/* socket/watch.c: it is watched no longer. */
void socket_unwatch(struct stack *stack, struct socket *sock);
unsigned dgram_poll(const struct socket *sock);

#endif
