/*
 * SPDX-License-Identifier: MIT
 *
 * What tests know of the inside of a connection: the one place that says where it stands in the
 * control block, so that this can be rearranged without a change in the tests.  Names are those of
 * the RFCs; numbers are as in the control block, sequence numbers absolute.
 */
#ifndef TESTS_LIB_TCP_INSPECT_H
#define TESTS_LIB_TCP_INSPECT_H

#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/send/send_buffer.h"
#include "net/tcp/tcb.h"

struct tk;

struct tcp_inside {
	/* What is sent. */
	uint32_t iss, snd_una, snd_nxt, snd_wnd, snd_end;
	uint32_t snd_mss;
	uint8_t snd_wscale;
	bool snd_urgent;
	struct scoreboard *sent;           /* NULL: nothing was in flight for a while */
	const struct send_buffer *snd_buf; /* NULL: nothing is buffered */
	bool may_fragment;                 /* DF is clear */
	/* What is received. */
	uint32_t rcv_nxt, rcv_adv, rcv_unread, rcv_memory, rcvbuf, rcvbuf_max;
	uint32_t rcv_mss;
	bool rcv_urgent;
	struct pktbuf *rcv_first; /* of what the user has not read */
	const struct tcp_reassembly *reassembly;
	/* What was agreed upon. */
	bool use_window_scale, use_sack, use_timestamps;
	uint32_t ts_recent;
	uint8_t ecn;                         /* enum tcp_ecn */
	const struct tcp_accurate *accurate; /* NULL: RFC 9768 is not in use */
	/* Time, loss, congestion. */
	uint64_t srtt_ns, rto_ns;
	uint8_t attempts;
	uint8_t recovery; /* enum tcp_recovery */
	uint32_t recover, reduced_at;
	uint32_t retransmits, delivered_ce;
	uint32_t cwnd, ssthresh;
	bool has_rate; /* memory for rate samples and pacing */
	bool reordering_seen; /* RFC 8985 */
	uint8_t reo_wnd_mult;
	uint32_t fack, dsack_round;
	uint64_t rack_sent_ns, min_rtt_ns;
	bool tlp_open;
	/* The rest. */
	uint64_t bytes_sent;
	uint16_t local_port;
	int soft_error;
	uint32_t backlog, half_open, accept_count; /* of a listener; 0 else */
	bool timer_is_set; /* any of its timers */
	uint64_t close_deadline_ns; /* of TIME-WAIT */
};

struct tcp_inside tcp_inspect(const struct tcb *tcb);
struct tcp_inside tk_inspect(struct tk *t);

/* What a test may change behind the stack's back, to get where segments alone lead too slowly. */
enum tcp_knob {
	TCP_KNOB_CWND,
	TCP_KNOB_SND_MSS,
	TCP_KNOB_SND_NXT,
	TCP_KNOB_SND_BUF_LIMIT,
	TCP_KNOB_MSS_PROVEN, /* that segments of this size arrive: no black hole is suspected */
	TCP_KNOB_NODELAY,
	TCP_KNOB_RCVBUF,
	TCP_KNOB_RCVBUF_MAX,
	TCP_KNOB_RCV_ADV,
	TCP_KNOB_QUICK_ACKS,
	TCP_KNOB_SRTT_NS,
	TCP_KNOB_RECOVER,
	TCP_KNOB_REDUCED_AT,
	TCP_KNOB_TLP_OPEN,
	TCP_KNOB_REORDERING_SEEN,
	TCP_KNOB_REO_WND_MULT,
	TCP_KNOB_DSACK_ROUND,
	TCP_KNOB_R_E1B, /* RFC 9768 */
	TCP_KNOB_S_CEB,
	TCP_KNOB_ACCEPT_COUNT, /* of a listener */
	TCP_KNOB_COOKIES_UNTIL_NS,
};

/* As when nothing has been in flight for a while. */
void tk_lose_records(struct tk *t);
void tcp_turn(struct tcb *tcb, enum tcp_knob knob, uint64_t value);
void tk_turn(struct tk *t, enum tcp_knob knob, uint64_t value);

/* The TCB behind a descriptor, for functions that are given one: a test does not look inside. */
struct tcb *tk_tcb(struct tk *t);
struct tcb *tk_listener(struct tk *t);

#endif
