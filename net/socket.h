/*
 * SPDX-License-Identifier: MIT
 *
 * The socket interface of the stack, non-blocking: every call returns at once.  Words, values and
 * errors are those of POSIX sockets as Linux has them; errors come back as negative enum err, whose
 * numbers are errno's.  Every call says ERR_BADF for what is no descriptor.  Where Linux and POSIX
 * differ, and where these differ from Linux, tests/unit/test_socket_states.c says so.
 *
 * The stack does not block: machine/blocking.h waits by running the machine's idle loop.
 * `now_ns` is the current time of the monotonic clock that drives net_poll().
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "base/compiler.h"
#include "base/err.h"
#include "base/net_addr.h"
#include "base/refused.h"
#include "net/congestion.h"

struct stack;

enum sock_type { SOCK_TYPE_STREAM = 1, SOCK_TYPE_DGRAM = 2 };
enum sock_protocol { SOCK_PROTO_DEFAULT = 0, SOCK_PROTO_ICMP = 1, SOCK_PROTO_TCP = 6,
		     SOCK_PROTO_UDP = 17 };
enum sock_how { SOCK_SHUT_RD = 0, SOCK_SHUT_WR = 1, SOCK_SHUT_RDWR = 2 };

enum sock_events {
	SOCK_POLLIN = 0x01,  /* recv() will not say ERR_AGAIN: data, end of stream, or an error */
	SOCK_POLLPRI = 0x02, /* the peer has announced urgent data that is not read yet */
	SOCK_POLLOUT = 0x04, /* send() will take something, or connect() has ended */
	SOCK_POLLERR = 0x08, /* an error waits: SOCK_SO_ERROR */
	SOCK_POLLHUP = 0x10, /* both directions are finished, or there never was a connection */
	SOCK_POLLNVAL = 0x20, /* in sock_pollfd.revents: no descriptor */
	SOCK_POLLRDHUP = 0x2000, /* the peer has finished; what it sent may still wait to be read */
};

/* A row of sock_poll_fds(). */
struct sock_pollfd {
	int fd;            /* < 0: the row is skipped */
	uint16_t events;   /* wanted */
	uint16_t revents;  /* what holds */
};

enum sock_msg_flags {
	SOCK_MSG_PEEK = 0x02,  /* in: what is read stays to be read again */
	SOCK_MSG_TRUNC = 0x20, /* out: the datagram was longer; in: its real length is returned */
	SOCK_MSG_MORE = 0x8000, /* sending, streams: more follows; as SOCK_TCP_CORK until the next send */
};

struct sock_msg {
	void *buf;
	size_t len;
	struct net_endpoint from; /* out, datagrams: who sent it */
	unsigned flags;           /* out: SOCK_MSG_TRUNC */
	uint8_t tos, ttl;         /* out, datagrams: as they came */
};

enum sock_pmtu { /* SOCK_IP_MTU_DISCOVER; the values of Linux's IP_MTU_DISCOVER */
	SOCK_PMTU_DONT, /* routers and we may cut datagrams; the default here */
	SOCK_PMTU_WANT, /* DF on what fits the path as far as it is known; we cut what does not */
	SOCK_PMTU_DO,   /* DF on all; ERR_MSGSIZE for what does not fit */
};

enum sock_option {
	SOCK_SO_ERROR,    /* get: the pending error (negative enum err), and clears it */
	SOCK_SO_SNDBUF,   /* streams, at any time: bytes that may be written and not acknowledged yet, 2
			   * KiB to 1 MiB (clamped).  get: the same number (Linux says twice as much,
			   * since it counts what keeping them costs).  A smaller one than is waiting
			   * lets nothing in until enough has gone; ERR_NOBUFS: there is no memory for
			   * a larger one, and the old one stays */
	SOCK_SO_RCVBUF,   /* bytes at most.  A stream's is set before connect(); not set, the buffer
			   * begins with 64 KiB and grows with the transfer; set, it has that size
			   * at once.  A datagram socket's bounds its queue */
	SOCK_SO_TYPE,     /* get: enum sock_type */
	SOCK_SO_PROTOCOL, /* get: enum sock_protocol */
	SOCK_SO_ACCEPTCONN, /* get: 1 after listen() */
	SOCK_SO_REUSEADDR, /* 0 or 1: bind() takes a port that only others with 1 use and none
	                    * listens on */
	SOCK_SO_BROADCAST, /* 0 or 1: datagrams may go to broadcast addresses */
	SOCK_IP_MTU_DISCOVER, /* datagrams: enum sock_pmtu */
	SOCK_IP_ERROR_BY, /* get, datagrams: sock_error_by() as a number, an IPv4 address in host
			   * order; 0: this stack */
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
	/* Streams and datagrams. */
	SOCK_IP_TOS,           /* the Diffserv field; a stream's two ECN bits are TCP's own */
	SOCK_IP_TTL,           /* 1 to 255; 64 */
	SOCK_RESOLVE_TIMEOUT,  /* milliseconds that the next hop is asked for its link address (ARP),
				* once a second, before a connect() or a datagram fails with
				* ERR_HOSTUNREACH; 0: three requests in three seconds.  Set before */
	/* Streams. */
	SOCK_TCP_MAXSEG, /* 88 to 32767 bytes of text and options in a segment, 0: no wish.  Before
			  * connect(): neither offered nor sent are larger ones; a listener's choice
			  * goes over.  Later: none sent is larger (nor than what was agreed on).  get:
			  * the choice, or 536, before; text in a full segment as it is, after */
	SOCK_TCP_CORK,   /* 0 or 1: a last segment that is not full waits for more, for 200 ms at most,
			  * also with SOCK_TCP_NODELAY (but what waits when that is set goes), or
			  * until it fills the send buffer; full ones leave.  0 sends what waits at once
			  * (as far as the windows let it), and so does shutdown() or close() */
};

/* The number under which events of the next created stream socket are logged (from 1). */
uint32_t sock_next_conn(const struct stack *stack);

/* The number under which a stream's events are logged; 0: it is none. */
uint32_t sock_conn(const struct stack *stack, int fd);

/* SOCK_TYPE_DGRAM with SOCK_PROTO_ICMP is what Linux calls a ping socket: it sends ICMP echo requests
 * and receives the replies to them, both from the ICMP header on.  Its port is the identifier of all
 * of them; it, and the checksum, are filled in.  Peers' ports mean nothing and are 0.  What is no echo
 * request is ERR_INVAL.
 * The lowest free descriptor, >= 3.  ERR_AFNOSUPPORT, ERR_PROTONOSUPPORT, ERR_MFILE, ERR_NOMEM. */
int sock_socket(struct stack *stack, enum net_family family, enum sock_type type,
		enum sock_protocol protocol) MUST_CHECK;
/* Address 0 is any of ours, port 0 an ephemeral one, chosen now.  ERR_ADDRINUSE (see
 * SOCK_SO_REUSEADDR), ERR_ADDRNOTAVAIL (not our address), ERR_INVAL (bound already). */
int sock_bind(struct stack *stack, int fd, const struct net_endpoint *local) MUST_CHECK;
/* Stream: starts the three-way handshake; ERR_INPROGRESS is the normal answer, then wait for
 * SOCK_POLLOUT and read SOCK_SO_ERROR.  ERR_ISCONN (also when the connection is over), ERR_ALREADY,
 * ERR_OPNOTSUPP (it listens), ERR_NETUNREACH, ERR_ADDRNOTAVAIL, ERR_ADDRINUSE, ERR_NOMEM (not even
 * small buffers).  Later: ERR_CONNREFUSED, ERR_TIMEDOUT (after three minutes: a shorter timeout is
 * the caller's), ERR_HOSTUNREACH, ERR_NETUNREACH.  After an attempt that failed the next call
 * returns its error if it was not read yet, and the one after that makes a new attempt.
 * Datagram: remembers the peer: only its datagrams are received from then on, and ICMP errors about it come back.
 * ERR_ACCES: a broadcast address without SOCK_SO_BROADCAST.
 * NET_FAMILY_NONE (AF_UNSPEC) undoes it: a datagram socket has no peer, a connection is reset, and
 * the socket is as good as new; what it was bound to stays. */
int sock_connect(struct stack *stack, int fd, const struct net_endpoint *remote,
		 uint64_t now_ns) MUST_CHECK;
/* Passive open; at most `backlog` connections wait; again: a new backlog.  Unbound, it takes an
 * ephemeral port.  ERR_INVAL (connected, or has been), ERR_ADDRINUSE, ERR_OPNOTSUPP (datagram). */
int sock_listen(struct stack *stack, int fd, unsigned backlog) MUST_CHECK;
/* A descriptor of an established connection; ERR_AGAIN when there is none; ERR_INVAL: it does not
 * listen; ERR_MFILE, ERR_NOMEM: the connection stays in the queue. */
int sock_accept(struct stack *stack, int fd, struct net_endpoint *remote) MUST_CHECK;

/* Bytes taken (> 0), or ERR_AGAIN (no room, or still connecting), ERR_PIPE (shut down, or over),
 * ERR_NOTCONN, ERR_NOBUFS (no memory for a buffer); the pending error where there is one.  A
 * datagram goes to the connected peer; ERR_DESTADDRREQ: there is none. */
int sock_send(struct stack *stack, int fd, const void *buf, size_t len, uint64_t now_ns) MUST_CHECK;
/* The same with SOCK_MSG_MORE or 0.  ERR_INVAL: another flag; ERR_OPNOTSUPP: MORE for a datagram. */
int sock_send_flags(struct stack *stack, int fd, const void *buf, size_t len, unsigned flags,
		    uint64_t now_ns) MUST_CHECK;
/* Stream: as sock_send, and the last byte ends urgent data (MSG_OOB); it stays in line. */
int sock_send_oob(struct stack *stack, int fd, const void *buf, size_t len,
		  uint64_t now_ns) MUST_CHECK;
/* Stream: 1 when the last byte of urgent data is the next to be read (as POSIX sockatmark), else 0.
 * One sock_recv() never goes across that mark. */
int sock_atmark(struct stack *stack, int fd) MUST_CHECK;
/* Bytes (> 0), 0 at the end of the stream, ERR_AGAIN, ERR_NOTCONN, or the pending error:
 * ERR_CONNRESET, ERR_TIMEDOUT, ...  What came before an error is given first, the end included. */
int sock_recv(struct stack *stack, int fd, void *buf, size_t len, uint64_t now_ns) MUST_CHECK;
/* Datagrams: one each, possibly empty.  recvfrom truncates a longer one to `len`.  ERR_MSGSIZE (more
 * than 65,507 bytes, or than can be sent), ERR_CONNREFUSED (an ICMP error came back), ERR_ACCES (a
 * broadcast address without SOCK_SO_BROADCAST), ERR_INVAL (port 0), ERR_NETUNREACH, ERR_NOBUFS,
 * ERR_AGAIN.  `to` wins over the connected peer; NULL is the peer.  Streams: as send and recv, the
 * address is not used. */
int sock_sendto(struct stack *stack, int fd, const void *buf, size_t len,
		const struct net_endpoint *to, uint64_t now_ns) MUST_CHECK;
int sock_recvfrom(struct stack *stack, int fd, void *buf, size_t len, struct net_endpoint *from,
		  uint64_t now_ns) MUST_CHECK;
/* recv and recvfrom with enum sock_msg_flags, `len` bytes of msg->buf. */
int sock_recvmsg(struct stack *stack, int fd, struct sock_msg *msg, unsigned flags,
		 uint64_t now_ns) MUST_CHECK;

/* SHUT_WR: a stream sends a FIN after what is queued.  SHUT_RD: what has come and comes is thrown
 * away.  ERR_NOTCONN; a stream that is still connecting gives up (SOCK_SO_ERROR: ERR_CONNRESET), a
 * listener stops listening with SHUT_RD. */
int sock_shutdown(struct stack *stack, int fd, enum sock_how how, uint64_t now_ns) MUST_CHECK;
/* Frees the descriptor.  A stream with unread data is reset (RFC 2525 2.17), any other closes in
 * order in the background. */
int sock_close(struct stack *stack, int fd, uint64_t now_ns);
/* Stream: a RST at once (RFC 9293 ABORT), then as close. */
int sock_abort(struct stack *stack, int fd, uint64_t now_ns);

/* Watches a stream for its owner: from now on, until it is closed, sock_next_active() gives `owner`
 * (not NULL) after each segment that came for it and each change of its state, so that a caller that has a
 * thousand of them need not ask each.  It is given once at first.  ERR_OPNOTSUPP: no stream. */
int sock_watch(struct stack *stack, int fd, void *owner) MUST_CHECK;
/* The owner of a watched stream that something has happened to since it was given last, the longest
 * ago first; NULL: there is none.  What happened is for the other calls to tell: perhaps nothing that
 * matters.  Room in a send buffer that a device gives back late is not reported. */
void *sock_next_active(struct stack *stack) MUST_CHECK;

/* The enum sock_events among `wanted` (POLLERR and POLLHUP always) that hold now, or < 0. */
int sock_poll(struct stack *stack, int fd, unsigned wanted) MUST_CHECK;
/* The same for each row; returns how many rows have revents that are not 0. */
int sock_poll_fds(struct stack *stack, struct sock_pollfd *fds, unsigned n) MUST_CHECK;
/* ERR_NOPROTOOPT: no such option of this kind of socket, or not to be set. */
int sock_getsockopt(struct stack *stack, int fd, enum sock_option option, int64_t *value) MUST_CHECK;
int sock_setsockopt(struct stack *stack, int fd, enum sock_option option, int64_t value,
		    uint64_t now_ns) MUST_CHECK;
/* Datagrams: who sent the latest ICMP error; of no family: this stack, as its next hop did not answer. */
struct net_addr sock_error_by(struct stack *stack, int fd) MUST_CHECK;
/* Address and port 0 as long as it has none. */
int sock_getsockname(struct stack *stack, int fd, struct net_endpoint *local) MUST_CHECK;
/* ERR_NOTCONN before the connection is established and once it is over. */
int sock_getpeername(struct stack *stack, int fd, struct net_endpoint *remote) MUST_CHECK;

/* struct sock_tcp_info.ca_state: the numbers of Linux' tcpi_ca_state. */
enum sock_ca_state {
	SOCK_CA_OPEN,     /* nothing unusual */
	SOCK_CA_DISORDER, /* SACK blocks or duplicate ACKs, and nothing counts as lost yet */
	SOCK_CA_CWR,      /* a mark (ECN) has reduced the window, within the last round trip */
	SOCK_CA_RECOVERY, /* fast recovery */
	SOCK_CA_LOSS,     /* a time-out, until all that was out then is acknowledged */
};
/* .options: the bits of Linux' tcpi_options. */
enum sock_tcp_agreed {
	SOCK_TCPI_TIMESTAMPS = 0x01,
	SOCK_TCPI_SACK = 0x02,
	SOCK_TCPI_WSCALE = 0x04,
	SOCK_TCPI_ECN = 0x08,      /* RFC 3168 or RFC 9768 */
	SOCK_TCPI_ECN_SEEN = 0x10, /* and something came that a router could have marked */
};

enum sock_ecn_mode { SOCK_ECN_NONE, SOCK_ECN_RFC3168, SOCK_ECN_ACCURATE /* RFC 9768 */ };

/* What a connection is doing: the numbers of Linux' TCP_INFO, by its names without `tcpi_`.  Of units:
 * a name in _us is microseconds, in _ms milliseconds; where Linux counts segments of what is out
 * (unacked, sacked, lost, retrans, notsent, cwnd, ssthresh), these are bytes.  Segments are segments.
 * There are none of tcpi_fackets (always 0), tcpi_ato, tcpi_advmss (rcv_mss), tcpi_rcv_ssthresh
 * (rcv_wnd) and the pacing rates (nothing is paced). */
struct sock_tcp_info {
	uint8_t state; /* see sock_state_name() */
	uint32_t snd_mss, rcv_mss;          /* bytes of text and options in a segment */
	uint32_t snd_cwnd, snd_ssthresh;    /* bytes; UINT32_MAX: no threshold yet */
	uint32_t snd_wnd, rcv_wnd;          /* the windows as they stand */
	uint32_t unacked, notsent, unread;  /* bytes sent, waiting to be sent, waiting to be read */
	uint32_t retransmits, segs_out, segs_in; /* segments; retransmits: Linux' tcpi_total_retrans */
	uint64_t bytes_sent, bytes_received; /* of the stream: text that went again counts once */
	uint64_t srtt_us, rttvar_us, rto_us; /* 0: no sample yet */

	uint8_t ca_state;             /* enum sock_ca_state */
	uint8_t backoff;              /* time-outs in a row; Linux' tcpi_retransmits, too */
	uint8_t probes;               /* of a closed window, unanswered */
	uint8_t options;              /* enum sock_tcp_agreed */
	uint8_t snd_wscale, rcv_wscale; /* shifts; 0 without the option */
	uint32_t total_retrans;       /* as `retransmits` */
	uint32_t sacked;              /* bytes: RFC 2018 blocks tell that they arrived */
	uint32_t lost;                /* bytes that count as lost and were not sent again yet */
	uint32_t retrans;             /* bytes that were sent again and are out */
	uint32_t reordering;          /* segments that one was late by, at most; at least 3 (DupThresh) */
	uint32_t reord_seen;          /* segments that were late */
	uint32_t reo_wnd_us;          /* what RACK waits for late ones (RFC 8985 6.2) */
	uint32_t last_data_sent_ms;   /* since text, SYN or FIN was sent; UINT32_MAX: never */
	uint32_t last_data_recv_ms;   /* since text was taken; to about a millisecond */
	uint32_t last_ack_recv_ms;    /* since an acceptable ACK came */
	uint32_t pmtu;                /* the longest IP packet that is sent, in bytes: what of the path, the
				       * peer's MSS and SOCK_TCP_MAXSEG takes least */
	uint32_t rcv_rtt_us, rcv_space; /* the round trip as the receiver sees it, while its buffer may
				       * grow, and bytes that the user read in it; 0: none yet */
	uint32_t delivered;           /* segments that have arrived: acknowledged or SACKed */
	uint32_t delivered_ce;        /* of them marked, as the peer reports; RFC 3168: those reported by
				       * ACKs with ECE */
	uint32_t dsack_dups;          /* D-SACKs: what arrived twice */
	uint32_t data_segs_out, data_segs_in; /* segments with text, of segs_out and segs_in */
	uint64_t min_rtt_us;          /* of the last five minutes; 0: no sample */
	uint64_t bytes_acked;         /* of the stream */
	uint64_t bytes_retrans;       /* bytes sent again */
	uint64_t busy_us;             /* there was something to send, ... */
	uint64_t rwnd_limited_us;     /* ... and the peer's window did not let it go */
	uint64_t sndbuf_limited_us;   /* ... all was sent, and the user had more than SO_SNDBUF takes;
				       * these three to about a millisecond */
	/* Of an open connection with SOCK_ECN_ACCURATE; bytes of text modulo 2^32. */
	uint8_t ecn_mode;             /* enum sock_ecn_mode */
	bool ecn_sending_off;         /* what we send is not ECN-capable: the peer's marks are mangled */
	uint32_t received_ce;         /* packets that came marked */
	uint32_t received_e0_bytes, received_e1_bytes, received_ce_bytes; /* by how they came */
	uint32_t delivered_e0_bytes, delivered_e1_bytes, delivered_ce_bytes; /* as the peer says */
};
/* ERR_OPNOTSUPP: no stream. */
int sock_tcp_info(struct stack *stack, int fd, struct sock_tcp_info *info,
		  uint64_t now_ns) MUST_CHECK;

/* What came in place of what a socket waits for: a connection since it last got on, a datagram socket
 * since it has its peer. */
struct sock_awaited {
	struct refused refused; /* dropped, and might have been the answer */
	struct refused said;    /* ICMP errors about what was sent, by whom (refused_write_said()) */
	uint64_t unresolved_ns; /* the next hop has been asked so long for its link address, and has
				 * not answered; 0: it is not being asked */
	bool link_down;         /* the interface on the way there has no link */
};
void sock_awaited(struct stack *stack, int fd, uint64_t now_ns, struct sock_awaited *awaited);

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
