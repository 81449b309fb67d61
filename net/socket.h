/*
 * The socket interface of the stack, non-blocking: every call returns at once.  Words, values and
 * errors are those of POSIX/Linux sockets; errors come back as negative enum err.
 *
 * Blocking is not the stack's affair: app/blocking.h waits by running the machine's idle loop.
 * `now_ns` is the current time of the monotonic clock that drives net_poll().
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "base/compiler.h"
#include "base/err.h"
#include "base/net_addr.h"
#include "net/congestion.h"

struct stack;

enum sock_type { SOCK_TYPE_STREAM = 1, SOCK_TYPE_DGRAM = 2 };
enum sock_protocol { SOCK_PROTO_DEFAULT = 0, SOCK_PROTO_TCP = 6, SOCK_PROTO_UDP = 17 };
enum sock_how { SOCK_SHUT_RD = 0, SOCK_SHUT_WR = 1, SOCK_SHUT_RDWR = 2 };

enum sock_events {
	SOCK_POLLIN = 0x01,  /* recv() will not say ERR_AGAIN: data, end of stream, or an error */
	SOCK_POLLPRI = 0x02, /* the peer has announced urgent data that is not read yet */
	SOCK_POLLOUT = 0x04, /* send() will take something, or connect() has ended */
	SOCK_POLLERR = 0x08, /* an error waits: SOCK_SO_ERROR */
	SOCK_POLLHUP = 0x10, /* both directions are finished */
};

enum sock_option {
	SOCK_SO_ERROR,    /* get: the pending error (negative enum err), and clears it */
	SOCK_SO_SNDBUF,   /* bytes; set before connect() */
	SOCK_SO_RCVBUF,   /* bytes at most; set before connect().  Not set, the buffer begins with
			   * 64 KiB and grows with the transfer; set, it has that size at once */
	SOCK_TCP_NODELAY, /* 0 or 1 */
	SOCK_TCP_STATE,   /* get: enum tcp_state as a number; see sock_state_name() */
	SOCK_TCP_CONGESTION, /* enum net_congestion; at any time, a listener's is inherited */
	SOCK_TCP_SRTT_US, /* get: smoothed round-trip time, microseconds, 0 before the first */

	/* Streams, at any time; a listening socket's choice goes over to what it accepts. */
	SOCK_SO_KEEPALIVE,     /* 0 or 1: ask a silent peer whether it is still there; 0 at first */
	SOCK_TCP_KEEPIDLE,     /* seconds of silence before the first probe; 7200 */
	SOCK_TCP_KEEPINTVL,    /* seconds from probe to probe; 75 */
	SOCK_TCP_KEEPCNT,      /* probes without an answer that end it with ERR_TIMEDOUT; 9 */
	SOCK_TCP_USER_TIMEOUT, /* milliseconds that what was sent (a SYN, text, a question for a
				* closed window) may stay unacknowledged; 0: the defaults */
	SOCK_TCP_URGENT,       /* get: bytes to read up to the end of urgent data; 0: there is none */
	SOCK_IP_TOS,           /* the Diffserv field; its two ECN bits are TCP's own */
	SOCK_IP_TTL,           /* 1 to 255; 64 */
};

/* The number under which events of the next created stream socket are logged (from 1). */
uint32_t sock_next_conn(const struct stack *stack);

/* A descriptor >= 0.  ERR_AFNOSUPPORT, ERR_PROTONOSUPPORT, ERR_MFILE, ERR_NOMEM. */
int sock_socket(struct stack *stack, enum net_family family, enum sock_type type,
		enum sock_protocol protocol) MUST_CHECK;
/* Port 0 takes an ephemeral one at connect() or the first sendto(). ERR_ADDRINUSE,
 * ERR_ADDRNOTAVAIL, ERR_INVAL (bound already). */
int sock_bind(struct stack *stack, int fd, const struct net_endpoint *local) MUST_CHECK;
/* Stream: starts the three-way handshake; ERR_INPROGRESS is the normal answer, then wait for
 * SOCK_POLLOUT and read SOCK_SO_ERROR.  ERR_ISCONN, ERR_ALREADY, ERR_NETUNREACH,
 * ERR_ADDRNOTAVAIL, ERR_ADDRINUSE, ERR_NOMEM (not even small buffers).  Later: ERR_CONNREFUSED,
 * ERR_TIMEDOUT (after three minutes: shorter patience is the caller's), ERR_HOSTUNREACH,
 * ERR_NETUNREACH.  One socket makes one attempt: after a failure it says ERR_CONNABORTED.
 * Datagram: remembers the peer. */
int sock_connect(struct stack *stack, int fd, const struct net_endpoint *remote,
		 uint64_t now_ns) MUST_CHECK;
/* Passive open; at most `backlog` connections wait.  ERR_DESTADDRREQ: not bound. */
int sock_listen(struct stack *stack, int fd, unsigned backlog) MUST_CHECK;
/* A descriptor of an established connection; ERR_AGAIN when there is none. */
int sock_accept(struct stack *stack, int fd, struct net_endpoint *remote) MUST_CHECK;

/* Bytes taken (> 0), or ERR_AGAIN (no room, or still connecting), ERR_PIPE (shut down or reset),
 * ERR_NOTCONN, ERR_NOBUFS (no memory for a buffer).  A datagram goes to the connected peer. */
int sock_send(struct stack *stack, int fd, const void *buf, size_t len, uint64_t now_ns) MUST_CHECK;
/* Stream: as sock_send, and the last byte ends urgent data (MSG_OOB); it stays in line. */
int sock_send_oob(struct stack *stack, int fd, const void *buf, size_t len,
		  uint64_t now_ns) MUST_CHECK;
/* Stream: 1 when the last byte of urgent data is the next to be read (as POSIX sockatmark), else 0.
 * One sock_recv() never goes across that mark. */
int sock_atmark(struct stack *stack, int fd) MUST_CHECK;
/* Bytes (> 0), 0 at the end of the stream, ERR_AGAIN, ERR_CONNRESET, ERR_TIMEDOUT, ...  What came
 * before an error is given first. */
int sock_recv(struct stack *stack, int fd, void *buf, size_t len, uint64_t now_ns) MUST_CHECK;
/* Datagrams: one each.  recvfrom cuts a longer one to `len`.  ERR_MSGSIZE, ERR_CONNREFUSED (an
 * ICMP error came back), ERR_AGAIN. */
int sock_sendto(struct stack *stack, int fd, const void *buf, size_t len,
		const struct net_endpoint *to, uint64_t now_ns) MUST_CHECK;
int sock_recvfrom(struct stack *stack, int fd, void *buf, size_t len, struct net_endpoint *from,
		  uint64_t now_ns) MUST_CHECK;

/* Stream: SHUT_WR sends a FIN after what is queued. */
int sock_shutdown(struct stack *stack, int fd, enum sock_how how, uint64_t now_ns) MUST_CHECK;
/* Frees the descriptor.  A stream with unread data is reset (RFC 2525 2.17), any other closes in
 * order in the background. */
int sock_close(struct stack *stack, int fd, uint64_t now_ns);
/* Stream: a RST at once (RFC 9293 ABORT), then as close. */
int sock_abort(struct stack *stack, int fd, uint64_t now_ns);

/* The enum sock_events among `wanted` (POLLERR and POLLHUP always) that hold now, or < 0. */
int sock_poll(struct stack *stack, int fd, unsigned wanted) MUST_CHECK;
int sock_getsockopt(struct stack *stack, int fd, enum sock_option option, int64_t *value) MUST_CHECK;
int sock_setsockopt(struct stack *stack, int fd, enum sock_option option, int64_t value,
		    uint64_t now_ns) MUST_CHECK;
int sock_getsockname(struct stack *stack, int fd, struct net_endpoint *local) MUST_CHECK;
int sock_getpeername(struct stack *stack, int fd, struct net_endpoint *remote) MUST_CHECK;

/* "ESTABLISHED" for the number that SOCK_TCP_STATE gave; RFC 9293's names. */
const char *sock_state_name(int64_t state);
/* True once a FIN of ours has been acknowledged (states FIN-WAIT-2, TIME-WAIT, or gone after
 * LAST-ACK): the peer knows that we are done, and a run may end. */
bool sock_fin_acked(struct stack *stack, int fd);
/* True once there is no connection any more (CLOSED): nothing that is waited for will come. */
bool sock_is_over(struct stack *stack, int fd);

/* The last of the sixteen steps (docs/steps.md) that this socket reached below the application:
 * 0, 2, 3, 6, 7, 8, 12, 13, 14, 15; a passive one 9-12. */
unsigned sock_last_step(struct stack *stack, int fd);

/* Ends a run: every connection still in TIME-WAIT is dropped, with an event each; and each counter of
 * dropped packets that is not 0 is said. */
void sock_end_run(struct stack *stack, uint64_t now_ns);

#endif
