/*
 * SPDX-License-Identifier: MIT
 *
 * The transmission control block: everything TCP knows about one connection or one listener
 * (RFC 9293 3.3.1, whose variable names are kept: SND.UNA is snd.una).  It is made of parts.  Which
 * shelf of net/tcp owns a part stands beside it; the others read freely and write only through the
 * owner's functions.
 */
#ifndef NET_TCP_TCB_H
#define NET_TCP_TCB_H

#include "net/ip/ip.h"
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
	uint8_t last_field;     /* enum ip_ecn of the packet that came last */
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
	uint32_t trial_end;   /* behind a segment of snd.mss, where on_trial */
	uint32_t claim_seq;   /* what `claim` is about */
	uint16_t claim;       /* an MTU that a time-out would confirm; 0: none */
	uint16_t mss_max;     /* what the link and the peer take */
	uint16_t mss_proven;  /* segments of that size have arrived */
	uint8_t timeouts : 6; /* of full segments, in a row */
	bool on_trial : 1;
	bool may_fragment : 1; /* DF is clear */
	bool guessed : 1;     /* snd.mss, and may_fragment: nobody has said so (black holes) */
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
	uint64_t heard_ns;    /* when a segment came whose ACK could be the peer's */
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

/* The send sequence space, and what waits in it: send/. */
struct tcp_snd {
	uint32_t iss;
	uint32_t una, nxt;
	uint32_t wnd, wl1, wl2;
	uint32_t wnd_max;   /* the largest window the peer offered: RFC 9293 MAX(SND.WND) */
	uint32_t end;       /* behind the last byte the user gave: the FIN's sequence number */
	struct send_buffer *buf; /* NULL while nothing is buffered */
	uint32_t buf_size;  /* the buffer's size, told or taken */
	uint32_t up;        /* SND.UP: behind the last urgent byte, where `urgent` */
	uint16_t mss;       /* payload and options that the path and the peer take (pmtu.c) */
	uint16_t mss_agreed; /* what link and peer take: pmtu.mss_max, but for the user's choice */
	bool urgent;
	bool fin_queued;    /* the user has closed: a FIN at `end` */
	bool nodelay;
	uint8_t cork;       /* enum tcp_cork; 0 nearly always */
	uint8_t limit;      /* enum tcp_limit (meter.c) */
	uint8_t attempts;   /* time-outs in a row without progress; zero-window probes */
	bool buf_full : 1;  /* the user had more than there was room for */
	bool syn_waits : 1; /* our SYN is built and queued, and no device has it: ARP asks */
	uint32_t again_ms;  /* when something was sent again last: milliseconds, which wrap */
	uint64_t last_sent_ns;
	uint64_t progress_ns; /* when the peer last acknowledged something, or had nothing to */
	struct tcp_pmtu pmtu;
	uint32_t segs, data_segs, retransmits; /* data_segs: with text */
	uint64_t bytes, bytes_again;
};

/* The receive sequence space, what is held of it, and acknowledging: receive/. */
struct tcp_rcv {
	uint32_t irs;
	uint32_t nxt;
	uint32_t adv;       /* right edge that we have announced; never moves back */
	uint32_t acked;     /* `nxt` in the last ACK sent: RFC 7323 Last.ACK.sent */
	bool ack_now;         /* tcp_poll() sends one unless something carries it before */
	uint8_t ack_segments; /* data segments received since the last ACK */
	uint8_t quick_acks;   /* how many more are acknowledged at once */
	bool fin_known;
	bool urgent;        /* `up` is ahead of what the user has read */
	bool closed;        /* the user will not read any more */
	uint16_t rtt_ms;    /* the last round of tune.c */
	struct tcp_sack_block dsack; /* RFC 2883: came twice, not reported yet; empty: nothing */
	uint32_t buf_size;  /* now, and as far as it may grow (tune.c) */
	uint32_t buf_max;
	uint32_t unread;    /* bytes in `queue` */
	uint32_t memory;    /* what all held packets really occupy */
	uint32_t fin;       /* the peer's FIN, where fin_known */
	uint32_t up;        /* RCV.UP */
	struct pktbuf_queue queue;
	struct tcp_reassembly *reassembly; /* NULL while nothing is out of order */
	uint32_t tune_mark, tune_read, tune_start_ms;
	uint32_t data_came; /* tcp_tick() when text was taken last; 0: never */
	uint32_t segs, data_segs; /* data_segs: with text */
	uint64_t bytes;
};

/* Round-trip time, what is out, and what of it is lost: loss/. */
struct tcp_loss {
	struct scoreboard *sent; /* NULL while nothing is in flight for a while */
	uint64_t srtt_ns, rttvar_ns; /* 0: no sample yet */
	uint64_t rto_ns;
	uint64_t syn_sent_ns; /* our SYN, the last time */
	uint32_t rtt_seq;   /* the next sample is what acknowledges more than this */
	uint32_t recover;   /* RFC 6582: highest sequence number sent when the loss was noticed */
	uint8_t recovery;   /* enum tcp_recovery */
	uint8_t duplicate_acks;
	bool partial_ack_seen;
	bool syn_timed;     /* it was sent once */
	uint32_t delivered; /* segments */
	struct tcp_rack rack;
	struct tcp_tlp tlp;
	struct tcp_spurious spurious;
	uint32_t dsacks;    /* that came */
};

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
	bool ecn_told;     /* the ACK being processed has ECE */
	bool ecn_cwr : 1;  /* the last reduction was because of a mark */
	bool ecn_seen : 1; /* a segment came that was ECN-capable, or marked */
	uint8_t syn_ecn : 2; /* enum ip_ecn of the peer's SYN or SYN-ACK, the last that came */
	uint32_t delivered_ce;  /* of loss.delivered */
	uint64_t acked_ns;      /* when cwnd was looked at last */
	struct tcp_accurate *accurate; /* in AccECN mode, and while our SYN asks for it */
	struct tcp_cubic cubic;
	struct tcp_hystart hystart;
	struct tcp_prr prr;
};

/* timers.c */
struct tcp_timers {
	struct timer timer; /* in the stack's heap */
	uint64_t deadline_ns[TCP_TIMER_COUNT]; /* TIME_NEVER: not set */
	uint16_t set; /* a bit for each, so that nobody has to look at all deadlines */
};

struct tcb {
	struct tcp_identity id;
	struct tcp_life life;
	struct tcp_snd snd;
	struct tcp_rcv rcv;
	struct tcp_cc cc;
	struct tcp_loss loss;
	struct tcp_agreed agreed;
	struct tcp_user_options chosen;
	struct tcp_timers timers;
	struct tcp_places places;
	union { /* no listener sends */
		struct tcp_backlog backlog;
		struct tcp_meter meter; /* from tcp_prepare() on */
	};
};
/* With its socket an idle connection takes a kilobyte at most (tests/unit/test_tcp_memory.c). */
_Static_assert(sizeof(struct tcb) <= 864, "a connection has become larger");

/* A clock for what wants no more than milliseconds: ticks of 2^20 ns, which wrap after 52 days; never
 * 0, which stands for never. */
#define TCP_TICK_SHIFT 20
static inline uint32_t tcp_tick(uint64_t now_ns)
{
	return (uint32_t)(now_ns >> TCP_TICK_SHIFT) | 1u;
}

/* Headers without options: RFC 9293 3.7.1, MUST-67. */
static inline uint32_t tcb_header_len(const struct tcb *tcb)
{
	return ip_header_len(&tcb->id.remote.addr) + TCP_HEADER_LEN;
}

/* FlightSize of RFC 5681: sent and not acknowledged, SYN and FIN included. */
static inline uint32_t tcb_flight(const struct tcb *tcb)
{
	return tcb->snd.nxt - tcb->snd.una;
}

static inline bool tcb_fin_sent(const struct tcb *tcb)
{
	return tcb->snd.fin_queued && seq_gt(tcb->snd.nxt, tcb->snd.end);
}

static inline bool tcb_fin_acked(const struct tcb *tcb)
{
	return tcb->snd.fin_queued && seq_gt(tcb->snd.una, tcb->snd.end);
}

/* RFC 9293 Eff.snd.MSS: payload bytes of a segment without SACK blocks. */
static inline uint32_t tcb_eff_mss(const struct tcb *tcb)
{
	return tcb->snd.mss - (tcb->agreed.timestamps ? TCP_TIMESTAMPS_LEN : 0u);
}

/* No larger than the user wants it (SOCK_TCP_MAXSEG). */
static inline uint16_t tcb_within_choice(const struct tcb *tcb, uint16_t mss)
{
	return tcb->chosen.mss != 0 ? MIN(mss, tcb->chosen.mss) : mss;
}

/* Urgent data that was never sent. */
static inline bool tcb_urgent_waits(const struct tcb *tcb)
{
	return tcb->snd.urgent && seq_gt(tcb->snd.up, tcb->snd.nxt);
}

/* ESTABLISHED and everything after it, except CLOSED. */
static inline bool tcb_synchronized(const struct tcb *tcb)
{
	return tcb->life.state >= TCP_ESTABLISHED;
}

#endif
