/*
 * SPDX-License-Identifier: MIT
 *
 * The parts of the TCB that this shelf owns: its files alone write them (tools/check_tcb.py).
 */
#ifndef NET_TCP_CONN_PART_H
#define NET_TCP_CONN_PART_H

#include "base/net_addr.h"
#include "net/timer.h"
#include "net/tcp/tcp.h"

struct awaited;
struct tcb;

/* Each connection has one timer in the stack's heap, set to the earliest of these. */
enum tcp_timer {
	TCP_TIMER_RETRANSMIT,  /* RFC 6298 5 */
	TCP_TIMER_PROBE,       /* RFC 8985 7: tail loss probe */
	TCP_TIMER_REORDER,     /* RFC 8985 6.2: what is late now counts as lost then */
	TCP_TIMER_PERSIST,     /* RFC 9293 3.8.6.1; never together with the one before */
	TCP_TIMER_DELAYED_ACK, /* RFC 9293 3.8.6.3 */
	TCP_TIMER_CLOSE,       /* 2 MSL of TIME-WAIT; orphans in FIN-WAIT-2 */
	TCP_TIMER_DEVICE,      /* a device had no room, or there was no memory: try again */
	TCP_TIMER_BUFFER,      /* an empty send buffer goes back */
	TCP_TIMER_KEEP_ALIVE,  /* RFC 9293 3.8.4 */
	TCP_TIMER_REACHABILITY,       /* a reader waits, and the peer is silent */
	TCP_TIMER_CORK,        /* what is corked has waited long enough */
	TCP_TIMER_PACING,      /* the next segment may leave */
	TCP_TIMER_COUNT,
};

/* What the user may choose (user_options.c); a listener's become those of what it accepts. */
struct tcp_user_options {
	uint32_t user_timeout_ms; /* 0: TCP_USER_TIMEOUT_NS and its kin */
	uint16_t keep_idle_s, keep_interval_s;
	uint8_t keep_count;
	bool keep_alive;
	uint8_t tos; /* the Diffserv field, ECN bits 0 */
	uint8_t ttl; /* 0: IP's own choice */
	uint32_t resolve_ms; /* the SYN's next hop is asked for so long at least; 0: as usual */
	uint16_t mss; /* of what is offered and sent, 0: no wish */
};

/* Who it is, and where the layer finds it: demux.c, ports.c. */
struct tcp_identity {
	struct tcb *hash_next;
	struct net_endpoint local, remote;
	uint32_t number; /* in the events */
	bool hashed;
	bool bound;
	bool bound_listed; /* on the layer's list of those that are bound and nothing else yet */
	bool reuse;        /* SO_REUSEADDR */
};

/* Where it is between its first SYN and its end: state.c; keep_alive.c, reset.c, reachability.c. */
struct tcp_life {
	uint8_t state; /* enum tcp_state; written by tcp_set_state() only */
	bool owned;    /* a user or an accept queue will still look at it */
	bool opened;   /* a SYN was sent or received: there is something to sum up */
	bool used;     /* one TCB makes one connection, if any */
	bool connected;
	bool passive;  /* by a listener */
	uint8_t last_step;
	uint8_t keep_probes; /* sent since the peer was heard last */
	int error;      /* why it ended: the user reads it once */
	int soft_error; /* what an ICMP error or ARP said meanwhile; named when we give up */
	struct awaited *awaited; /* what came and was dropped since the last progress; NULL: nothing */
	struct tcp_user *user;
	struct tcb *work_next, **work_prev; /* the layer's list; work_prev NULL: not on it */
	uint64_t last_received_ns;    /* when a segment came whose ACK could be the peer's */
	uint64_t challenge_until_ns;
	uint32_t old_segments_at; /* RCV.NXT when the latest of old_segments came */
	uint8_t challenge_left;
	uint8_t old_segments : 7; /* of what was acknowledged, in a row */
	uint8_t reader_waits : 1; /* the user has read all there was */
};

/* The places it has in lists of its kind: listen.c, time_wait.c. */
struct tcp_places {
	struct tcb *listener;    /* of a connection that its user has not accepted yet */
	struct tcb *accept_next; /* link of the listener's queue */
	union { /* none is a listener and in TIME-WAIT */
		struct {
			struct tcb *accept_first, *accept_last;
		};
		struct { /* the layer's list */
			struct tcb *time_wait_next, **time_wait_prev;
		};
	};
};

/* A listener's connections: listen.c. */
struct tcp_backlog {
	uint32_t half_open, accepted; /* accepted: those that wait for accept() */
	uint32_t max;
	uint64_t cookies_until_ns; /* when the last SYN cookie is not good any more */
};

/* Options agreed on in the handshake; timestamps (RFC 7323): handshake.c, check.c. */
struct tcp_agreed {
	uint32_t ts_offset;
	uint32_t ts_recent;
	uint32_t ts_recent_at; /* when ts_recent was noted: TCP_PAWS_SHIFT */
	bool window_scale, sack, timestamps;
	uint8_t snd_wscale, rcv_wscale;
	uint16_t mss_offered; /* by our SYN */
};

/* timers.c */
struct tcp_timers {
	struct timer timer; /* in the stack's heap */
	uint64_t deadline_ns[TCP_TIMER_COUNT]; /* TIME_NEVER: not set */
	uint16_t set; /* a bit for each, so that not all deadlines have to be checked */
};

#endif
