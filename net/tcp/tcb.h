/*
 * SPDX-License-Identifier: MIT
 *
 * The transmission control block: everything TCP knows about one connection or one listener
 * (RFC 9293 3.3.1, whose variable names are kept: SND.UNA is snd_una).  Which file owns which part
 * stands beside it; other files read freely and write only through the owner's functions.
 */
#ifndef NET_TCP_TCB_H
#define NET_TCP_TCB_H

#include "net/stack.h"
#include "net/tcp/tcp.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/send/send_buffer.h"
#include "net/tcp/seq.h"
#include "net/timer.h"
#include "net/wire/tcp.h"

#define TCP_MSS_DEFAULT 536u /* RFC 9293 3.7.1, MUST-15: the peer sent no MSS option */
/* DEVIATION: RFC 9293 3.7.1, MUST-16, takes any offer; a smaller one counts as this here, since
 * tiny segments are an attack on the sender. */
#define TCP_MSS_MIN 216u

#define IPV4_TCP_OVERHEAD 40u /* headers without options: RFC 9293 3.7.1, MUST-67 */

#define TCP_BUFFER_DEFAULT (256u * 1024)
#define TCP_BUFFER_MIN (2u * 1024)
#define TCP_BUFFER_MAX (1024u * 1024) /* fits a window scale of 7 eight times over */
#define TCP_RCVBUF_FIRST (64u * 1024) /* of a receive buffer that grows: tune.c */
#define TCP_WINDOW_SCALE 7u           /* granularity 128 bytes, room for 8 MiB */
_Static_assert(TCP_BUFFER_MAX <= UINT32_C(0xffff) << TCP_WINDOW_SCALE, "no window says it");

#define TCP_RTO_INITIAL_NS (1 * NS_PER_S) /* RFC 6298 2.1 */
/* DEVIATION: RFC 6298 2.4 asks for a floor of one second; 200 ms is what every current stack uses
 * and what its peers' delayed acknowledgements are made for. */
#define TCP_RTO_MIN_NS (200 * NS_PER_MS)
#define TCP_RTO_MAX_NS (60 * NS_PER_S) /* RFC 6298 2.5 */
#define TCP_RTO_AFTER_SYN_LOSS_NS (3 * NS_PER_S) /* RFC 6298 5.7 */
#define TCP_CLOCK_GRANULARITY_NS NS_PER_MS

#define TCP_DELAYED_ACK_NS (40 * NS_PER_MS) /* RFC 9293 3.8.6.3, MUST-40: under half a second */
#define TCP_QUICK_ACKS 16 /* data segments acknowledged at once when a connection is young */
#define TCP_PERSIST_MIN_NS (200 * NS_PER_MS)
#define TCP_OVERRIDE_NS (200 * NS_PER_MS) /* RFC 9293 3.8.6.2.1, (4): 0.1 to 1 s */
#define TCP_CORK_NS (200 * NS_PER_MS) /* as long as in Linux, tcp(7) */
#define TCP_MSL_NS (30 * NS_PER_S)
#define TCP_TIME_WAIT_NS (2 * TCP_MSL_NS)
/* DEVIATION: a FIN-WAIT-2 that no user waits for ends after this; RFC 9293 lets it stay for
 * ever. */
#define TCP_FIN_WAIT_2_NS (60 * NS_PER_S)
#define TCP_USER_TIMEOUT_NS (300 * NS_PER_S) /* RFC 9293 3.9.1.1: five minutes */
#define TCP_SYN_TIMEOUT_NS (180 * NS_PER_S)  /* RFC 9293 3.8.3, MUST-23: R2 of a SYN */
#define TCP_SYN_RECEIVED_TIMEOUT_NS (60 * NS_PER_S)
#define TCP_KEEP_IDLE_S 7200u /* RFC 9293 3.8.4, MUST-28: at least two hours */
#define TCP_KEEP_INTERVAL_S 75u
#define TCP_KEEP_COUNT 9u
#define TCP_R1 3u /* RFC 9293 3.8.3, SHLD-10: retransmissions before IP is asked for another way */
#define TCP_DEVICE_RETRY_NS NS_PER_MS
#define TCP_BUFFER_KEEP_NS NS_PER_S /* an empty send buffer is given back after this */
#define TCP_PAWS_SHIFT 30 /* about seconds, for this */
#define TCP_PAWS_IDLE_NS (24 * 24 * 3600 * NS_PER_S) /* RFC 7323 5.5: 24 days */

#define TCP_INITIAL_WINDOW_SEGMENTS 10u /* RFC 6928 */
#define TCP_INITIAL_WINDOW_BYTES 14600u
#define TCP_CWND_MAX (UINT32_C(1) << 30)

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
	TCP_TIMER_DOUBT,       /* a reader waits, and the peer is silent */
	TCP_TIMER_CORK,        /* what is corked has waited long enough */
	TCP_TIMER_COUNT,
};

enum tcp_recovery {
	TCP_RECOVERY_NONE,
	TCP_RECOVERY_FAST, /* a loss was noticed by ACKs; until `recover` is acknowledged */
	TCP_RECOVERY_LOSS, /* RFC 5681 3.1: after a time-out, all up to `recover` goes again */
};

/* RFC 8985 5.2 and 5.3; rack.c */
struct tcp_rack {
	uint64_t sent_ns;       /* RACK.xmit_ts: of the most recently sent segment delivered */
	uint64_t rtt_ns;        /* its round trip */
	uint64_t min_rtt_ns;    /* 0: none yet */
	uint64_t min_rtt_at_ns;
	uint32_t end;           /* RACK.end_seq */
	uint32_t fack;          /* highest sequence number delivered */
	uint32_t dsack_round;   /* SND.NXT when a D-SACK widened the window, where in_dsack_round */
	uint8_t reo_wnd_mult;   /* quarters of the minimum round trip */
	uint8_t reo_wnd_persist; /* recoveries until it is 1 again */
	bool reordering_seen;
	bool in_dsack_round;
	bool valid;             /* something was delivered: sent_ns, rtt_ns, end, fack */
	uint16_t reordering;    /* segments that one was late by, at most */
	uint32_t reordered;     /* how many were late */
};

/* RFC 8985 7.1; tlp.c */
struct tcp_tlp {
	uint32_t end;  /* TLP.end_seq: SND.NXT when the probe was sent */
	bool open;     /* what became of it is not known yet */
	bool is_again; /* TLP.is_retrans */
};

/* RFC 9937 6; prr.c */
struct tcp_prr {
	uint32_t delivered, out; /* bytes since the recovery began */
	uint32_t recover_fs;     /* RecoverFS: bytes out when it began */
};

/* What a recovery rests on, and whether it was for nothing; undo.c */
struct tcp_spurious {
	uint32_t marker, end; /* SND.UNA and SND.NXT when it began */
	uint32_t again;   /* retransmissions that no D-SACK has reported yet */
	uint32_t first_ts; /* RFC 3522 RetransmitTS */
	bool armed;
	bool eifel;       /* the ACK that is to be looked at has not come */
	bool sent_again;  /* something was */
	uint8_t frto;     /* RFC 5682: the step that is next; 0: not in it */
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
	uint32_t told_e0b, told_e1b, told_ceb;
	/* As sender, what the peer says: s.cep, s.e0b, s.e1b, s.ceb */
	uint32_t s_cep, s_e0b, s_e1b, s_ceb;
	uint32_t told_ts;       /* the latest timestamp that came with it */
	uint8_t last_field;     /* enum ipv4_ecn of the packet that came last */
	uint8_t marks_unsaid;   /* CE since our last ACK */
	bool no_ect : 1;        /* what we send is not ECN-capable any more */
	bool deaf : 1;          /* nor does what the peer says count */
	bool handshake_ack : 1; /* 3.2.2.1: our next pure ACK says how the SYN-ACK came */
	bool awaits_first : 1;  /* 3.2.2.4: no ACE came yet behind the handshake */
	bool options_off : 1;   /* 3.2.3.2.2: ours do not get through */
	bool options_bad : 1;   /* 3.2.3.2.4: the peer's are zeroed */
	bool option_seen : 1;
	bool first_had_one : 1;    /* 3.2.3.2.2: the first text had one */
};

/* Out-of-order data: one run of bytes without holes (reassembly.c). */
struct tcp_run {
	uint32_t start, end; /* [start, end) */
	struct pktbuf *first, *last;
};

#define TCP_RUNS_MAX 64

struct tcp_reassembly {
	uint32_t sack_recent[TCP_SACK_BLOCKS_MAX - 1]; /* a byte of each block reported last */
	uint8_t n_sack_recent;
	uint32_t n_runs;
	struct tcp_run runs[TCP_RUNS_MAX]; /* ascending, not touching */
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

/* Where the first slow start is (hystart.c; RFC 9406 4.2). */
struct tcp_hystart {
	uint32_t round_end;            /* windowEnd */
	uint32_t rtt_us, last_rtt_us;  /* smallest of this round, and of the one before */
	uint32_t css_baseline_us;      /* UINT32_MAX: not in conservative slow start */
	uint8_t n_samples, css_rounds;
};

/* What is known of the path's MTU (pmtu.c). */
struct tcp_pmtu {
	uint32_t until_s;     /* a larger one is tried then; UINT32_MAX: it is as large as can be */
	uint32_t trial_end;   /* behind a segment of snd_mss, where on_trial */
	uint32_t claim_seq;   /* what `claim` is about */
	uint16_t claim;       /* an MTU that a time-out would confirm; 0: none */
	uint16_t mss_max;     /* what the link and the peer take */
	uint16_t mss_proven;  /* segments of that size have arrived */
	uint8_t timeouts : 6; /* of full segments, in a row */
	bool on_trial : 1;
	bool may_fragment : 1; /* DF is clear */
	bool guessed : 1;     /* snd_mss, and may_fragment: nobody has said so (black holes) */
};

/* What keeps the peer from having more; meter.c */
enum tcp_limit {
	TCP_LIMIT_NONE,   /* there is nothing to send */
	TCP_LIMIT_BUSY,   /* the network, or Nagle, or a cork */
	TCP_LIMIT_RWND,   /* the peer's window */
	TCP_LIMIT_SNDBUF, /* all is sent, and the user has more than the send buffer takes */
	TCP_LIMITS,
};

/* Numbers for sock_tcp_info(); meter.c.  Ticks: see tcp_tick(). */
struct tcp_meter {
	uint32_t since;               /* when `limit` began to hold */
	uint32_t ticks[TCP_LIMITS];   /* how long each held */
	uint32_t rcv_space;           /* what the user has read in the last round that tune.c has seen */
};

enum tcp_cork { /* cork.c */
	TCP_CORK_ON = 1u << 0,    /* the user wants full segments */
	TCP_CORK_MORE = 1u << 1,  /* what was written last is to be followed by more */
	TCP_CORK_FLUSH = 1u << 2, /* what waits has waited long enough: all of it may go */
};

struct tcb {
	/* --- identity (demux.c) ------------------------------------------------------------- */
	struct tcb *hash_next;
	struct net_endpoint local, remote;
	uint32_t conn; /* its number in the events */
	bool hashed;
	bool bound;
	bool bound_listed; /* on the layer's list of those that are bound and nothing else yet */
	bool reuse;        /* SO_REUSEADDR */

	/* --- life (state.c) ----------------------------------------------------------------- */
	uint8_t state; /* enum tcp_state; written by tcp_set_state() only */
	bool owned;    /* a user or an accept queue will still look at it */
	bool opened;   /* a SYN was sent or received: there is something to sum up */
	bool used;     /* one TCB makes one connection, if any */
	bool connected;
	bool passive;  /* by a listener */
	uint8_t last_step;
	uint8_t keep_probes; /* sent since the peer was heard last (keep_alive.c) */
	int error;      /* why it ended: the user reads it once */
	int soft_error; /* what an ICMP error or ARP said meanwhile; named when we give up */
	struct awaited *awaited; /* what came and was dropped since the last progress; NULL: nothing */
	struct tcp_user *user;
	struct tcb *work_next, **work_prev; /* the layer's list; work_prev NULL: not on it */

	/* --- what the user chose (user_options.c), keep-alive (keep_alive.c) ------------------ */
	struct tcp_user_options chosen;
	uint32_t data_came;   /* tcp_tick() when text was taken last; 0: never */
	uint64_t heard_ns;    /* when a segment came whose ACK could be the peer's */

	/* --- listener (listen.c) ------------------------------------------------------------ */
	struct tcb *listener;    /* of a connection that its user has not accepted yet */
	struct tcb *accept_next; /* link of the listener's queue */
	union { /* none is a listener and in TIME-WAIT */
		struct {
			struct tcb *accept_first, *accept_last;
		};
		struct { /* the layer's list (time_wait.c) */
			struct tcb *time_wait_next, **time_wait_prev;
		};
	};
	union { /* nor is a listener one that sends */
		struct {
			uint32_t half_open, accept_count, backlog;
			uint64_t cookies_until_ns; /* when the last SYN cookie is not good any more */
		};
		struct tcp_meter meter; /* from tcp_prepare() on (meter.c) */
	};
	uint32_t retransmits;

	/* --- send sequence space (ack.c, output.c) ------------------------------------------ */
	uint32_t iss;
	uint32_t snd_una, snd_nxt;
	uint32_t snd_wnd, snd_wl1, snd_wl2;
	uint32_t snd_wnd_max; /* the largest window the peer offered: RFC 9293 MAX(SND.WND) */
	uint32_t snd_end;     /* behind the last byte the user gave: the FIN's sequence number */
	uint32_t data_segs_out; /* with text; as the others at the end */
	struct scoreboard *sent; /* NULL while nothing is in flight for a while */
	struct send_buffer *snd_buf; /* NULL while nothing is buffered */
	uint32_t sndbuf;      /* its size, told or taken */
	uint32_t snd_up;      /* SND.UP: behind the last urgent byte, where snd_urgent */
	uint16_t snd_mss;     /* payload and options that the path and the peer take (pmtu.c) */
	uint8_t snd_wscale;
	bool snd_urgent;
	bool fin_queued;      /* the user has closed: a FIN at snd_end */
	bool nodelay;
	uint8_t cork;         /* enum tcp_cork; 0 nearly always */
	uint8_t limit;        /* enum tcp_limit (meter.c) */
	bool sndbuf_full;     /* the user had more than there was room for */
	uint16_t rcv_rtt_ms;  /* the last round of tune.c; here, where there is a hole */
	bool cwnd_limited;    /* the congestion window was full, which counts for what was out: up to ... */
	uint32_t limited_until;
	struct tcp_pmtu pmtu;
	uint32_t delivered;   /* segments */
	uint64_t last_sent_ns;

	/* --- receive sequence space (window.c, deliver.c, reassembly.c) --------------------- */
	uint32_t irs;
	uint32_t rcv_nxt;
	uint32_t rcv_adv;    /* right edge that we have announced; never moves back */
	uint32_t rcv_acked;  /* rcv_nxt in the last ACK sent: RFC 7323 Last.ACK.sent */
	struct tcp_sack_block dsack; /* RFC 2883: came twice, not reported yet; empty: nothing */
	uint32_t rcvbuf;     /* now, and as far as it may grow (tune.c) */
	uint32_t rcvbuf_max;
	uint32_t tune_mark, tune_read, tune_start_ms;
	uint32_t rcv_fin;    /* the peer's FIN, where rcv_fin_known */
	uint32_t rcv_unread; /* bytes in rcv_queue */
	uint32_t rcv_memory; /* what all held packets really occupy */
	struct pktbuf_queue rcv_queue;
	struct tcp_reassembly *reassembly; /* NULL while nothing is out of order */
	uint8_t rcv_wscale;
	uint16_t rcv_mss;    /* what our SYN offered */
	uint16_t mss_agreed; /* what link and peer take: pmtu.mss_max, but for the user's choice (pmtu.c) */
	bool rcv_fin_known;
	bool rcv_urgent;     /* rcv_up is ahead of what the user has read */
	uint32_t rcv_up;     /* RCV.UP */
	bool rcv_closed;     /* the user will not read any more */

	/* --- acknowledging (deliver.c, output.c) -------------------------------------------- */
	bool ack_now;         /* tcp_poll() sends one unless something carries it before */
	uint8_t ack_segments; /* data segments received since the last ACK */
	uint8_t quick_acks;   /* how many more are acknowledged at once */

	/* --- options agreed on (handshake.c) ------------------------------------------------ */
	bool use_window_scale, use_sack, use_timestamps;
	bool ecn_cwr : 1;  /* ecn.c: the last reduction was because of a mark */
	bool ecn_seen : 1; /* a segment came that was ECN-capable, or marked */
	uint8_t syn_ecn : 2; /* enum ipv4_ecn of the peer's SYN or SYN-ACK, the last that came */
	uint32_t ts_offset;
	uint32_t ts_recent;
	uint32_t data_segs_in; /* with text */
	uint32_t ts_recent_at; /* when ts_recent was noted: TCP_PAWS_SHIFT */
	uint32_t again_ms;     /* when something was sent again last: milliseconds, which wrap */

	/* --- round-trip time (rto.c) -------------------------------------------------------- */
	uint64_t srtt_ns, rttvar_ns; /* 0: no sample yet */
	uint64_t rto_ns;
	uint64_t syn_sent_ns;  /* our SYN, the last time */
	uint32_t rtt_seq;      /* the next sample is what acknowledges more than this */
	bool syn_timed;        /* it was sent once */
	bool syn_waits;        /* our SYN is built and queued, and no device has it: ARP asks */

	/* --- loss (recovery.c and what it calls, congestion.c) ------------------------------ */
	uint8_t recovery; /* enum tcp_recovery */
	uint8_t duplicate_acks;
	uint8_t attempts; /* time-outs in a row without progress; zero-window probes */
	bool partial_ack_seen;
	uint8_t congestion; /* enum net_congestion */
	uint32_t recover; /* RFC 6582: highest sequence number sent when the loss was noticed */
	struct tcp_rack rack;
	struct tcp_tlp tlp;
	struct tcp_prr prr;
	struct tcp_spurious spurious;
	uint32_t cwnd, ssthresh;
	uint64_t acked_ns;    /* when cwnd was looked at last */
	struct tcp_cubic cubic;
	struct tcp_hystart hystart;
	uint32_t bytes_acked; /* RFC 3465, byte counting: not turned into cwnd yet */

	/* --- explicit congestion notification (ecn.c) --------------------------------------- */
	struct tcp_accurate *accurate; /* in AccECN mode, and while our SYN asks for it */
	uint8_t ecn;      /* enum tcp_ecn */
	bool ecn_echo;    /* a mark came: ECE in what we send, until the peer's CWR */
	bool ecn_reduced; /* cwnd was reduced: CWR on the next new data */
	bool ecn_told;    /* the ACK being processed has ECE */
	uint32_t reduced_at; /* SND.NXT at the last reduction (congestion.c) */
	uint64_t progress_ns; /* when the peer last acknowledged something, or had nothing to */

	/* --- attacks (reset.c) -------------------------------------------------------------- */
	uint64_t challenge_until_ns;
	uint8_t challenge_left;

	/* --- whether what we send arrives (reachability.c) ------------------------------------------ */
	uint8_t old_segments : 7; /* of what was acknowledged, in a row ... */
	uint8_t reader_waits : 1; /* the user has read all there was */

	/* --- timers (timers.c) -------------------------------------------------------------- */
	uint16_t timers_set; /* a bit for each, so that nobody has to look at all deadlines */
	uint32_t old_segments_at; /* reachability.c: ... RCV.NXT when the latest of them came */
	struct timer timer;
	uint64_t deadline_ns[TCP_TIMER_COUNT]; /* TIME_NEVER: not set */

	/* --- what the summary says, and sock_tcp_info() ------------------------------------- */
	uint64_t bytes_sent, bytes_received, bytes_again;
	uint32_t segs_out, segs_in;
	uint32_t delivered_ce; /* of `delivered` */
	uint32_t dsacks;       /* that came */
};

/* A clock for what wants no more than milliseconds: ticks of 2^20 ns, which wrap after 52 days; never
 * 0, which stands for never. */
#define TCP_TICK_SHIFT 20
static inline uint32_t tcp_tick(uint64_t now_ns)
{
	return (uint32_t)(now_ns >> TCP_TICK_SHIFT) | 1u;
}

/* FlightSize of RFC 5681: sent and not acknowledged, SYN and FIN included. */
static inline uint32_t tcb_flight(const struct tcb *tcb)
{
	return tcb->snd_nxt - tcb->snd_una;
}

static inline bool tcb_fin_sent(const struct tcb *tcb)
{
	return tcb->fin_queued && seq_gt(tcb->snd_nxt, tcb->snd_end);
}

static inline bool tcb_fin_acked(const struct tcb *tcb)
{
	return tcb->fin_queued && seq_gt(tcb->snd_una, tcb->snd_end);
}

/* RFC 9293 Eff.snd.MSS: payload bytes of a segment without SACK blocks. */
static inline uint32_t tcb_eff_mss(const struct tcb *tcb)
{
	return tcb->snd_mss - (tcb->use_timestamps ? TCP_TIMESTAMPS_LEN : 0u);
}

/* No larger than the user wants it (SOCK_TCP_MAXSEG). */
static inline uint16_t tcb_within_choice(const struct tcb *tcb, uint16_t mss)
{
	return tcb->chosen.mss != 0 ? MIN(mss, tcb->chosen.mss) : mss;
}

/* Urgent data that was never sent. */
static inline bool tcb_urgent_waits(const struct tcb *tcb)
{
	return tcb->snd_urgent && seq_gt(tcb->snd_up, tcb->snd_nxt);
}

/* ESTABLISHED and everything after it, except CLOSED. */
static inline bool tcb_synchronized(const struct tcb *tcb)
{
	return tcb->state >= TCP_ESTABLISHED;
}

#endif
