/*
 * SPDX-License-Identifier: MIT
 *
 * TCP as its neighbours in the stack see it (RFC 9293).  What is inside stands in net/tcp/ and is
 * included from nowhere else.
 *
 * Two neighbours: IP below hands in segments and errors; the socket layer above makes the user
 * calls of RFC 9293 3.10.1-3.10.6.  A `struct tcb` belongs to TCP.  The socket layer holds a
 * pointer from tcp_create() or tcp_accept() until tcp_release(); until then the TCB stays, in
 * CLOSED with its error when the connection is over.
 */
#ifndef NET_TCP_TCP_H
#define NET_TCP_TCP_H

#include "base/compiler.h"
#include "base/err.h"
#include "base/net_addr.h"
#include "base/refused.h"
#include "net/congestion.h"
#include "net/pktbuf.h"

struct stack;
struct sock_tcp_info;
struct ip_error;
struct ip_facts;
struct tcp_layer; /* every connection and listener of one stack */
struct tcb;       /* transmission control block: one connection or listener */

/* RFC 9293 3.3.2 */
enum tcp_state {
	TCP_CLOSED,
	TCP_LISTEN,
	TCP_SYN_SENT,
	TCP_SYN_RECEIVED,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_CLOSE_WAIT,
	TCP_CLOSING,
	TCP_LAST_ACK,
	TCP_TIME_WAIT,
};

/* "ESTABLISHED"; never NULL. */
const char *tcp_state_name(enum tcp_state state);

struct tcp_layer *tcp_layer_create(struct stack *stack) MUST_CHECK;
void tcp_layer_destroy(struct stack *stack, struct tcp_layer *layer);

/* --- from below ------------------------------------------------------------------------------ */

/* Registers TCP with IP. */
void tcp_init(struct stack *stack);

/* Sends what connections held back while frames were coming in (ACKs, window updates, data). */
void tcp_poll(struct stack *stack, uint64_t now_ns);
/* True when tcp_poll() has something to do now. */
bool tcp_has_work(const struct stack *stack);

/* --- from above: the user calls -------------------------------------------------------------- */

/* The user of a connection, embedded in a socket. */
struct tcp_user {
	int fd; /* named in the events of a listener */
	/* Step 15: called once, when the connection that this user opened is established.
	 * `rtt_ns`: from our (last) SYN to its answer. */
	void (*connected)(struct stack *stack, struct tcp_user *user, uint64_t rtt_ns);
	/* A segment of the connection has come, or its state has changed: to be checked once the stack
	 * is through with what it does.  NULL: not wanted. */
	void (*active)(struct stack *stack, struct tcp_user *user);
};

/* The number of the next connection (from 1). */
uint32_t tcp_next_conn(const struct stack *stack);
size_t tcp_control_size(void); /* bytes of one TCB */

/* A TCB in CLOSED, or NULL without memory. */
struct tcb *tcp_create(struct stack *stack, struct tcp_user *user) MUST_CHECK;
/* The user forgets the TCB.  What is going on goes on without it: call tcp_close() before. */
void tcp_release(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

/* As tcp_release, but nothing is sent: the stack is about to be destroyed. */
void tcp_drop(struct stack *stack, struct tcb *tcb);

uint32_t tcp_conn(const struct tcb *tcb);

/* Sizes for the buffers, before tcp_alloc_buffers(): 2 KiB to 1 MiB (clamped); 0 leaves one as it
 * is.  A receive buffer that is sized here has that size at once; else it grows up to the stack's. */
void tcp_set_buffers(struct tcb *tcb, uint32_t sndbuf, uint32_t rcvbuf);
/* The send buffer's at any time: what is in it stays, and beyond the new size nothing is taken until
 * there is room again.  ERR_NOBUFS: it is as it was. */
int tcp_resize_send_buffer(struct tcb *tcb, uint32_t size) MUST_CHECK;
/* Takes the buffer memory of an active open, half as much as often as memory is short, and says
 * what it got.  ERR_NOMEM below 4 KiB. */
int tcp_alloc_buffers(struct stack *stack, struct tcb *tcb, uint32_t *sndbuf,
		     uint32_t *rcvbuf) MUST_CHECK;

/* The next tcp_bind() shares its port with others that would. */
void tcp_set_reuse(struct tcb *tcb, bool on);
/* What its user chose goes over from one TCB to a new one. */
void tcp_inherit(struct tcb *tcb, const struct tcb *from);
/* The same, and what it is bound to: `from` is about to be released. */
void tcp_succeed(struct stack *stack, struct tcb *tcb, struct tcb *from);
/* Port 0 takes an ephemeral one.  ERR_ADDRINUSE, ERR_ADDRNOTAVAIL, ERR_INVAL. */
int tcp_bind(struct stack *stack, struct tcb *tcb, const struct net_endpoint *local) MUST_CHECK;
/* 3.10.1 OPEN, active, once for each TCB (see tcp_status: CLOSED and not used): sends a SYN.
 * ERR_INPROGRESS when it went well; ERR_NETUNREACH, ERR_ADDRNOTAVAIL, ERR_ADDRINUSE. */
int tcp_connect(struct stack *stack, struct tcb *tcb, const struct net_endpoint *remote,
		uint64_t now_ns) MUST_CHECK;
/* 3.10.1 OPEN, passive: at most `backlog` connections wait for tcp_accept().  Takes an ephemeral
 * port where there is none. */
int tcp_listen(struct stack *stack, struct tcb *tcb, unsigned backlog) MUST_CHECK;
/* No longer: those that wait are reset; it is bound as before. */
void tcp_unlisten(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* The oldest connection that waits, or NULL.  It has no user until tcp_attach(). */
struct tcb *tcp_accept(struct tcb *listener) MUST_CHECK;
bool tcp_accept_waiting(const struct tcb *listener);
void tcp_attach(struct tcb *tcb, struct tcp_user *user);

/* 3.10.2 SEND: bytes taken (> 0), or ERR_AGAIN, ERR_PIPE, ERR_NOTCONN, ERR_NOBUFS. */
int tcp_send(struct stack *stack, struct tcb *tcb, const void *buf, size_t len,
	     uint64_t now_ns) MUST_CHECK;
/* The same, and more follows: as corked until the next one. */
int tcp_send_more(struct stack *stack, struct tcb *tcb, const void *buf, size_t len,
		  uint64_t now_ns) MUST_CHECK;
/* The same, and the last byte ends urgent data (3.8.5). */
int tcp_send_urgent(struct stack *stack, struct tcb *tcb, const void *buf, size_t len,
		    uint64_t now_ns) MUST_CHECK;
/* 3.10.3 RECEIVE: bytes (> 0), 0 at the end of the stream, ERR_AGAIN, or the connection's error. */
int tcp_receive(struct stack *stack, struct tcb *tcb, void *buf, size_t len,
		uint64_t now_ns) MUST_CHECK;
/* As tcp_receive, but what is read stays.  0 bytes of room and something to read: 0. */
int tcp_peek(struct tcb *tcb, void *buf, size_t len) MUST_CHECK;
/* 3.10.4 CLOSE: no more data from us; a FIN follows what is queued.  ERR_NOTCONN. */
int tcp_close(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* A SYN-SENT ends with ERR_CONNRESET, as shutdown() has it elsewhere. */
void tcp_end_opening(struct stack *stack, struct tcb *tcb);
/* The user will not receive any more: what comes is acknowledged and thrown away. */
void tcp_close_read(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* 3.10.5 ABORT: a RST where the state asks for one; then CLOSED.  `unread`: because the user closes
 * with data unread (RFC 2525 2.17). */
void tcp_abort(struct stack *stack, struct tcb *tcb, bool unread, uint64_t now_ns);

/* 3.10.6 STATUS */
struct tcp_status {
	enum tcp_state state;
	struct net_endpoint local, remote;
	uint32_t sndbuf, rcvbuf;
	uint32_t unread;    /* bytes that tcp_receive() would give now */
	uint32_t urgent_left; /* bytes to read up to the end of urgent data; 0: there is none */
	uint64_t srtt_ns;   /* 0: none yet */
	int error;          /* how it ended; ERR_OK in good order, or not over yet */
	uint8_t last_step;  /* of the sixteen */
	bool used;          /* tcp_connect() was called, with success or not */
	bool connected;     /* ESTABLISHED was reached */
	bool readable;      /* tcp_receive() has data, the end of the stream, or an error */
	bool writable;      /* tcp_send() takes at least one byte, or fails */
	bool write_closed;  /* tcp_close() or the end of the connection */
	bool read_ended;    /* the peer's FIN, or the end, and nothing is left to read */
	bool peer_closed;   /* the same, with or without something left */
	bool fin_acked;
	bool nodelay, corked;
	enum net_congestion congestion;
	bool reuse;
};
void tcp_status(const struct tcb *tcb, struct tcp_status *status);
void tcp_info(const struct tcb *tcb, struct sock_tcp_info *info, uint64_t now_ns);
/* Since the connection's last progress: what was dropped, and the ICMP errors.  Borrowed; NULL:
 * nothing. */
const struct refused *tcp_refused(const struct tcb *tcb);
const struct refused *tcp_refused_meanwhile(const struct tcb *tcb);
/* Reads and clears the error that ended the connection. */
int tcp_consume_error(struct tcb *tcb);
void tcp_set_nodelay(struct stack *stack, struct tcb *tcb, bool on, uint64_t now_ns);
/* While corked a last segment that is not full waits, for 200 ms at most. */
void tcp_set_cork(struct stack *stack, struct tcb *tcb, bool on, uint64_t now_ns);
void tcp_set_congestion(struct tcb *tcb, enum net_congestion which);

/* What a user may choose, at any time; a listener's choice goes over to what it accepts. */
enum tcp_user_option {
	TCP_OPTION_KEEP_ALIVE,      /* 0 or 1 */
	TCP_OPTION_KEEP_IDLE_S,     /* 1 to 32767: silence before the first probe */
	TCP_OPTION_KEEP_INTERVAL_S, /* 1 to 32767: from probe to probe */
	TCP_OPTION_KEEP_COUNT,      /* 1 to 127: unanswered probes that end it */
	TCP_OPTION_USER_TIMEOUT_MS, /* 0: the defaults */
	TCP_OPTION_TOS,             /* 0 to 255, of which the ECN bits are TCP's own */
	TCP_OPTION_TTL,             /* 1 to 255 */
	TCP_OPTION_RESOLVE_MS,      /* how long the next hop is asked for before a SYN can leave; 0: the
				     * usual three requests */
	TCP_OPTION_MSS,             /* 88 to 32767; 0: no wish */
};
/* ERR_INVAL: out of range. */
int tcp_choose(struct stack *stack, struct tcb *tcb, enum tcp_user_option option,
	       int64_t value) MUST_CHECK;
int64_t tcp_chosen(const struct tcb *tcb, enum tcp_user_option option);

/* Drops every connection in TIME-WAIT, with an event each. */
void tcp_abandon_time_wait(struct stack *stack, uint64_t now_ns);

#endif
