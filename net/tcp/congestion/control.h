/*
 * SPDX-License-Identifier: MIT
 *
 * Congestion control as the other shelves see it (congestion.c, prr.c), and what its algorithms offer.
 */
#ifndef NET_TCP_CONGESTION_CONTROL_H
#define NET_TCP_CONGESTION_CONTROL_H

#include "net/tcp/tcb.h"

struct tcp_ack_info;
struct tcp_rate_sample;

/* --- congestion.c: RFC 5681; cubic.c, newreno.c, hystart.c ----------------------------------- */

/* What an algorithm decides; bytes.  Tables without state: that is in tcb->cc.state.  Only what is
 * said to be optional may be NULL.  congestion.c has what all share: slow start, the smallest window,
 * idle connections, and taking a reduction back. */
struct tcp_congestion_ops {
	/* Forgets what it knew. */
	void (*init)(struct tcb *tcb);
	/* Congestion avoidance: `acked` bytes were acknowledged, and the window was full. */
	void (*on_ack)(struct tcb *tcb, uint32_t acked, uint64_t now_ns);
	/* What a loss with `flight` bytes out leaves: the new ssthresh.  cwnd is still the old. */
	uint32_t (*on_loss)(struct tcb *tcb, uint32_t flight);
	/* The same for a mark (RFC 3168). */
	uint32_t (*on_ecn)(struct tcb *tcb, uint32_t flight);
	/* After on_loss. */
	void (*on_timeout)(struct tcb *tcb);
	/* Optional.  The last on_loss() was for nothing; before it the state was `before`. */
	void (*undo)(struct tcb *tcb, const union tcp_congestion_state *before);
	/* Optional.  Nothing was sent for longer than the RTO; cwnd is the restart window. */
	void (*after_idle)(struct tcb *tcb);
	/* Optional.  For so long the window was not what limited us. */
	void (*on_pause)(struct tcb *tcb, uint64_t ns);
	/* Optional.  After each ACK that delivers something.  An algorithm with it gets memory for
	 * samples and pacing (rate.h); it may set cwnd and tcp_pacing_set(). */
	void (*on_sample)(struct tcb *tcb, const struct tcp_rate_sample *sample);
};

/* Another algorithm from now on, which need not be one of enum net_congestion. */
void tcp_congestion_use(struct tcb *tcb, const struct tcp_congestion_ops *ops);
/* At any time; the window stays. */
void tcp_congestion_choose(struct tcb *tcb, enum net_congestion which);
void tcp_congestion_init(struct tcb *tcb, bool syn_was_lost);
/* `acked` new bytes were acknowledged outside of fast recovery: cwnd may grow. */
void tcp_congestion_acked(struct tcb *tcb, uint32_t acked, uint64_t now_ns);
/* A loss was noticed with `flight` bytes out: sets ssthresh, (4) of RFC 5681, and remembers what was
 * before it.  cwnd is left to the caller: fast recovery brings it down to ssthresh in its own way,
 * tcp_congestion_timeout() at once.  Called once for each episode of loss; when one is noticed
 * while another is being repaired, the later call is the one that can be undone. */
void tcp_congestion_loss(struct tcb *tcb, uint32_t flight, uint64_t now_ns);
/* A timeout, after tcp_congestion_loss() unless it is another one in a row: one segment. */
void tcp_congestion_timeout(struct tcb *tcb, uint64_t now_ns);
/* The last tcp_congestion_loss() was about nothing: cwnd, ssthresh and what the algorithm knew are
 * as before it.  Nothing happens when there is nothing to undo. */
void tcp_congestion_undo(struct tcb *tcb);
/* Nothing was sent for longer than the RTO: RFC 5681 4.1. */
void tcp_congestion_idle(struct tcb *tcb, uint64_t now_ns);

/* RFC 3168: a mark instead of a loss: cwnd comes down at once. */
void tcp_congestion_marked(struct tcb *tcb, uint32_t flight, uint64_t now_ns);

/* RFC 9406, for the first slow start. */
void tcp_hystart_begin(struct tcb *tcb);
/* A round trip was measured: as many as there are, up to one for each ACK. */
void tcp_congestion_rtt(struct tcb *tcb, uint64_t rtt_ns);
/* SND.UNA has moved: perhaps a round is over. */
void tcp_hystart_round(struct tcb *tcb);
/* What of `acked` bytes the window grows by. */
uint32_t tcp_hystart_growth(const struct tcb *tcb, uint32_t acked);

/* --- prr.c: RFC 9937 -------------------------------------------------------------------------- */

/* Recovery begins; ssthresh is set.  `ack_info`: of the ACK that caused it. */
void tcp_prr_begin(struct tcb *tcb, const struct tcp_ack_info *ack_info);
/* Sets cwnd. */
void tcp_prr_acked(struct tcb *tcb, const struct tcp_ack_info *ack_info);

static inline void tcp_prr_sent(struct tcb *tcb, uint32_t len)
{
	tcb->cc.prr.out += len;
}

/* --- window.c: the window while a loss is repaired ------------------------------------------------- */

/* RFC 5681 3.2, step 3: `segments` have left the network; step 4: another one has. */
void tcp_window_begin_inflation(struct tcb *tcb, uint32_t segments);
void tcp_window_inflate(struct tcb *tcb);
/* RFC 6582 3.2, step 3: in a partial ACK, and in a full one. */
void tcp_window_partial_ack(struct tcb *tcb, uint32_t acked);
void tcp_window_deflate(struct tcb *tcb);
void tcp_window_to_ssthresh(struct tcb *tcb);
void tcp_window_at_most_ssthresh(struct tcb *tcb);
void tcp_window_of_segments(struct tcb *tcb, uint32_t segments);

/* --- what the other shelves have to say ------------------------------------------------------------ */

/* Before the connection is established: the algorithm that it will have. */
void tcp_congestion_preset(struct tcb *tcb, uint8_t algorithm);

/* RFC 7661 4.3, RFC 9438 5.8: the window was used, and so it was for all that is out now. */
static inline void tcp_congestion_window_used(struct tcb *tcb)
{
	tcb->cc.cwnd_limited = true;
	tcb->cc.limited_until = tcb->snd.nxt;
}

/* Segments that came while the peer echoed a mark. */
static inline void tcp_congestion_delivered_marked(struct tcb *tcb, uint32_t segments)
{
	tcb->cc.delivered_ce += segments;
}

#endif
