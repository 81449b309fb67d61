/*
 * SPDX-License-Identifier: MIT
 *
 * The parts of the TCB that this shelf owns: its files alone write them (tools/check_tcb.py).
 */
#ifndef NET_TCP_CONGESTION_PART_H
#define NET_TCP_CONGESTION_PART_H

#include "net/tcp/congestion/congestion_past.h"

/* RFC 9937 6; prr.c */
struct tcp_prr {
	uint32_t delivered, out; /* bytes since the recovery began */
	uint32_t recover_fs;     /* RecoverFS: bytes out when it began */
};

enum tcp_ecn { /* RFC 3168 6.1.1 */
	TCP_ECN_OFF,
	TCP_ECN_ACCEPTS, /* will answer a SYN that asks */
	TCP_ECN_ASKS,    /* our SYN asks */
	TCP_ECN_ECHOES,  /* a SYN asked and a later one did not: the peer's marks are answered */
	TCP_ECN_ON,
	TCP_ECN_ASKS_ACCURATE, /* RFC 9768: our SYN asks for that, and takes RFC 3168 */
	TCP_ECN_ACCURATE,      /* AccECN mode */
};

/* RFC 9768 3.2: what is counted in AccECN mode; accurate.c */
struct tcp_accurate {
	/* As receiver, of what comes: r.cep, r.e0b, r.e1b, r.ceb; and as the last option said it */
	uint32_t r_cep, r_e0b, r_e1b, r_ceb;
	uint32_t reported_e0b, reported_e1b, reported_ceb;
	/* As sender, what the peer says: s.cep, s.e0b, s.e1b, s.ceb */
	uint32_t s_cep, s_e0b, s_e1b, s_ceb;
	uint32_t reported_ts;       /* the latest timestamp that came with it */
	uint8_t last_field;     /* enum ip_ecn of the packet that came last */
	uint8_t marks_unreported;   /* CE since our last ACK */
	bool no_ect : 1;        /* what we send is not ECN-capable any more */
	bool deaf : 1;          /* nor does what the peer says count */
	bool handshake_ack : 1; /* 3.2.2.1: our next pure ACK says how the SYN-ACK came */
	bool awaits_first : 1;  /* 3.2.2.4: no ACE came yet behind the handshake */
	bool options_off : 1;   /* 3.2.3.2.2: ours do not get through */
	bool options_bad : 1;   /* 3.2.3.2.4: the peer's are zeroed */
	bool option_seen : 1;
	bool first_had_one : 1;    /* 3.2.3.2.2: the first payload had one */
};

/* Where the first slow start is (hystart.c; RFC 9406 4.2). */
struct tcp_hystart {
	uint32_t round_end;            /* windowEnd */
	uint32_t rtt_us, last_rtt_us;  /* smallest of this round, and of the one before */
	uint32_t css_baseline_us;      /* UINT32_MAX: not in conservative slow start */
	uint8_t n_samples, css_rounds;
};

struct tcp_congestion_ops;
struct tcp_rate;

/* Congestion control, and explicit notification of congestion: congestion/. */
struct tcp_cc {
	uint32_t cwnd, ssthresh;
	uint32_t bytes_acked;   /* RFC 3465, byte counting: not turned into cwnd yet */
	uint32_t limited_until; /* `cc.cwnd_limited` counts for what was out: up to here */
	uint32_t reduced_at;    /* SND.NXT at the last reduction */
	uint8_t algorithm;      /* enum net_congestion */
	bool cwnd_limited; /* the window was full */
	uint8_t ecn;       /* enum tcp_ecn (ecn.c) */
	bool ecn_echo;     /* a mark came: ECE in what we send, until the peer's CWR */
	bool ecn_reduced;  /* cwnd was reduced: CWR on the next new data */
	bool ece_received;     /* the ACK being processed has ECE */
	bool rated;        /* ops has on_sample(), or had it and `rate` is still to be freed */
	bool ecn_cwr : 1;  /* the last reduction was because of a mark */
	bool ecn_seen : 1; /* a segment came that was ECN-capable, or marked */
	uint8_t syn_ecn : 2; /* enum ip_ecn of the peer's SYN or SYN-ACK, the last that came */
	uint32_t delivered_ce;  /* of loss.delivered */
	uint64_t acked_ns;      /* when cwnd was checked last */
	const struct tcp_congestion_ops *ops; /* the algorithm */
	struct tcp_rate *rate; /* for an algorithm that asks for it (rate.h); else NULL */
	struct tcp_accurate *accurate; /* in AccECN mode, and while our SYN asks for it */
	union tcp_congestion_state state; /* the algorithm's */
	struct tcp_hystart hystart;
	struct tcp_prr prr;
};

#endif
