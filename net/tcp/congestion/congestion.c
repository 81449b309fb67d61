/*
 * SPDX-License-Identifier: MIT
 *
 * Congestion control (RFC 5681): how much may be on its way.  Here is what all algorithms share:
 * slow start by bytes (RFC 3465), the initial and the restart window, taking a reduction back.  How
 * the window grows after slow start, and what a loss leaves of it, is the algorithm's: cubic.c,
 * newreno.c.  Loss detection and retransmission are handled in loss/recovery.c.
 *
 *      ssthresh   ... above it congestion avoidance, below it slow start
 *      cwnd       ... what tcp_congestion_room() counts against what is out
 */
#include "net/tcp/congestion/algorithms.h"
#include "net/tcp/congestion/congestion_past.h"
#include "net/tcp/congestion/control.h"
#include "net/tcp/limits.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#define WINDOW_MIN_SEGMENTS 2 /* RFC 5681, (4); RFC 9438 4.6 */

/* --- which ----------------------------------------------------------------------------------- */

static const struct tcp_congestion_ops *const algorithms[NET_CONGESTION_COUNT] = {
	[NET_CONGESTION_CUBIC] = &tcp_cubic,
	[NET_CONGESTION_NEWRENO] = &tcp_newreno,
};

static inline const struct tcp_congestion_ops *ops_of(const struct tcb *tcb)
{
	return tcb->cc.ops;
}

void tcp_congestion_preset(struct tcb *tcb, uint8_t algorithm)
{
	tcb->cc.algorithm = algorithm;
	tcb->cc.ops = algorithms[algorithm];
}

/* Nothing is to be taken back any more. */
static void clear_past(struct tcb *tcb)
{
	struct tcp_congestion_undo *past = tcp_loss_undo_state(tcb);

	if (past != NULL)
		past->cwnd = 0;
}

void tcp_congestion_use(struct tcb *tcb, const struct tcp_congestion_ops *ops)
{
	tcb->cc.ops = ops;
	tcb->cc.rated = ops->on_sample != NULL || tcb->cc.rate != NULL;
	tcb->cc.bytes_acked = 0;
	clear_past(tcb); /* the state of the previous algorithm is meaningless here */
	ops->init(tcb);
}

void tcp_congestion_choose(struct tcb *tcb, enum net_congestion which)
{
	tcb->cc.algorithm = (uint8_t)which;
	tcp_congestion_use(tcb, algorithms[which]);
}

/* --- where it begins ------------------------------------------------------------------------- */

/* RFC 6928 2: ten segments, as long as they are no longer than 1,460 bytes; RFC 5681 3.1: one
 * when the SYN or SYN-ACK was lost. */
static uint32_t initial_window(const struct tcb *tcb)
{
	uint32_t mss = tcb_eff_mss(tcb);

	return MIN(TCP_INITIAL_WINDOW_SEGMENTS * mss, MAX(2 * mss, TCP_INITIAL_WINDOW_BYTES));
}

void tcp_congestion_init(struct tcb *tcb, bool syn_was_lost)
{
	tcb->cc.cwnd = syn_was_lost ? tcb_eff_mss(tcb) : initial_window(tcb);
	tcb->cc.ssthresh = UINT32_MAX; /* "arbitrarily high" */
	tcb->cc.reduced_at = tcb->snd.una;
	tcp_hystart_begin(tcb);
	tcp_congestion_choose(tcb, (enum net_congestion)tcb->cc.algorithm);
}

/* --- growing --------------------------------------------------------------------------------- */

/* RFC 3465 2.2, 2.3: L = 2, and 1 after a timeout.  The first slow start may take larger ACKs for
 * whole (RFC 9406 4.2, L = 8): a receiver that acknowledges in batches would slow it down. */
static void slow_start(struct tcb *tcb, uint32_t acked)
{
	uint32_t mss = tcb_eff_mss(tcb);

	if (tcb->cc.ssthresh == UINT32_MAX) {
		tcb->cc.cwnd += tcp_hystart_growth(tcb, MIN(acked, 8 * mss));
		return;
	}
	tcb->cc.cwnd += MIN(acked, tcb->loss.recovery == TCP_RECOVERY_LOSS ? mss : 2 * mss);
	tcb->cc.cwnd = MIN(tcb->cc.cwnd, tcb->cc.ssthresh);
}

/* Time in which the sender had less to send than it might have: it teaches nothing, and CUBIC's
 * clock stands still.  So it does when nothing at all was acknowledged for longer than it could
 * have taken. */
static void count_pause(struct tcb *tcb, uint64_t now_ns)
{
	uint64_t since = now_ns - MIN(tcb->cc.acked_ns, now_ns);

	tcb->cc.acked_ns = now_ns;
	if ((!tcb->cc.cwnd_limited || since > tcb->loss.rto_ns) && ops_of(tcb)->on_pause != NULL)
		ops_of(tcb)->on_pause(tcb, since);
}

/* The window was full once, but none of what is acknowledged now was out then. */
static void clear_limit(struct tcb *tcb, uint32_t acked)
{
	if (seq_geq(tcb->snd.una - acked, tcb->cc.limited_until))
		tcb->cc.cwnd_limited = false;
}

void tcp_congestion_acked(struct tcb *tcb, uint32_t acked, uint64_t now_ns)
{
	tcp_hystart_round(tcb);
	clear_limit(tcb, acked);
	count_pause(tcb, now_ns);
	/* A window that was not full proves nothing about a larger one (RFC 9438 5.8); and RFC 3168
	 * 6.1.2: "should not increase the congestion window" when the ACK tells of a mark. */
	if (!tcb->cc.cwnd_limited || tcb->cc.ece_received)
		return;
	if (tcb->cc.cwnd < tcb->cc.ssthresh)
		slow_start(tcb, acked);
	else /* RFC 5681 3.1, (2): a window's growth at most, though the ACK may fill an old hole */
		ops_of(tcb)->on_ack(tcb, MIN(acked, tcb->cc.cwnd), now_ns);
	tcb->cc.cwnd = MIN(tcb->cc.cwnd, TCP_CWND_MAX);
}

/* --- shrinking ------------------------------------------------------------------------------- */

/* RFC 5681 3.2, step 2: what limited transmit sent beyond the window does not count */
static uint32_t within_window(const struct tcb *tcb, uint32_t flight)
{
	return MIN(flight, tcb->cc.cwnd);
}

static void reduce(struct tcb *tcb, uint32_t left)
{
	tcb->cc.ssthresh = MAX(left, WINDOW_MIN_SEGMENTS * tcb_eff_mss(tcb));
	tcb->cc.bytes_acked = 0;
	tcb->cc.reduced_at = tcb->snd.nxt;
	tcb->cc.ecn_cwr = false;
	tcb->cc.ecn_reduced = true; /* RFC 3168 6.1.2: "for any reason" */
}

void tcp_congestion_loss(struct tcb *tcb, uint32_t flight, uint64_t now_ns)
{
	struct tcp_congestion_undo *past = tcp_loss_undo_state(tcb);

	(void)now_ns;
	if (past != NULL)
		*past = (struct tcp_congestion_undo){
			.cwnd = tcb->cc.cwnd, .ssthresh = tcb->cc.ssthresh, .state = tcb->cc.state,
		};
	reduce(tcb, ops_of(tcb)->on_loss(tcb, within_window(tcb, flight)));
}

/* DEVIATION: RFC 3168 6.1.2 would go down to one segment, and then send one for each timeout; here
 * a mark leaves two segments, as a loss does. */
void tcp_congestion_marked(struct tcb *tcb, uint32_t flight, uint64_t now_ns)
{
	(void)now_ns;
	reduce(tcb, ops_of(tcb)->on_ecn(tcb, within_window(tcb, flight)));
	tcb->cc.ecn_cwr = true;
	tcb->cc.cwnd = MIN(tcb->cc.cwnd, tcb->cc.ssthresh);
	clear_past(tcb); /* a mark is no mistake */
}

void tcp_congestion_timeout(struct tcb *tcb, uint64_t now_ns)
{
	(void)now_ns;
	ops_of(tcb)->on_timeout(tcb);
	tcb->cc.cwnd = tcb_eff_mss(tcb); /* RFC 5681 3.1: the loss window */
	tcb->cc.bytes_acked = 0;
}

/* RFC 9438 4.9: "restore the original values" of all that the reduction has changed. */
void tcp_congestion_undo(struct tcb *tcb)
{
	struct tcp_congestion_undo *past = tcp_loss_undo_state(tcb);

	if (past == NULL || past->cwnd == 0)
		return;
	tcb->cc.cwnd = MAX(tcb->cc.cwnd, past->cwnd);
	tcb->cc.ssthresh = MAX(tcb->cc.ssthresh, past->ssthresh);
	if (ops_of(tcb)->undo != NULL)
		ops_of(tcb)->undo(tcb, &past->state);
	past->cwnd = 0;
}

/* RFC 5681 4.1: "cwnd to no more than RW"; what was learned before stays in ssthresh, so that it is
 * reached again in slow start. */
void tcp_congestion_idle(struct tcb *tcb, uint64_t now_ns)
{
	uint32_t restart = MIN(tcb->cc.cwnd, initial_window(tcb));

	(void)now_ns;
	if (tcb->cc.ssthresh != UINT32_MAX)
		tcb->cc.ssthresh = MAX(tcb->cc.ssthresh, tcb->cc.cwnd / 4 * 3);
	tcb->cc.cwnd = restart;
	tcb->cc.bytes_acked = 0;
	if (ops_of(tcb)->after_idle != NULL)
		ops_of(tcb)->after_idle(tcb);
}
