/*
 * SPDX-License-Identifier: MIT
 *
 * Round-trip time and time-outs, what an ACK says about what is out, and what a loss leads to.
 */
#ifndef NET_TCP_LOSS_LOSS_H
#define NET_TCP_LOSS_LOSS_H

#include "net/tcp/segment.h"
#include "net/tcp/tcb.h"

/* --- rto.c: RFC 6298 ------------------------------------------------------------------------- */

void tcp_rto_init(struct tcb *tcb);
void tcp_rto_sample(struct tcb *tcb, uint64_t rtt_ns);
void tcp_rto_back_off(struct tcb *tcb);
/* Times our SYN. */
void tcp_rtt_start(struct tcb *tcb, uint64_t now_ns);
/* Karn: what is retransmitted cannot be timed. */
void tcp_rtt_cancel(struct tcb *tcb);
/* SND.UNA is about to move to seg->ack.  `rtt_ns`: since the first segment that it acknowledges
 * was sent, once; 0 if unknown. */
void tcp_rtt_acked(struct tcb *tcb, const struct tcp_segment *seg, uint64_t rtt_ns);

/* --- sack.c: RFC 6675, RFC 2883 --------------------------------------------------------------- */

/* What one ACK says about the scoreboard. */
struct tcp_ack_info {
	uint32_t acked;        /* SND.UNA moves by so much */
	uint32_t delivered;    /* RFC 9937 DeliveredData: acknowledged or SACKed for the first time */
	uint32_t sacked;       /* of it, by SACK */
	uint32_t segments;     /* of it, ended so */
	uint64_t rtt_ns;       /* of the first segment acknowledged, sent once; 0 if unknown */
	bool lost;             /* RACK found something lost */
	bool has_sack;         /* blocks of its own, a D-SACK not counted */
	bool has_dsack;
	struct tcp_sack_block dsack; /* what arrived twice */
};

/* Enters the ACK and its blocks into the scoreboard; SEG.ACK =< SND.NXT.  One before SND.UNA (within
 * RFC 5961 5) brings its blocks alone. */
void tcp_sack_process(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		   struct tcp_ack_info *ack_info);

/* --- recovery.c: what a loss leads to -------------------------------------------------------- */

/* SND.UNA has moved, or it is a duplicate, or SACK blocks came. */
void tcp_recovery_acked(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
			struct tcp_ack_info *ack_info, bool duplicate);
void tcp_recovery_timeout(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* The reordering timer: what was late is lost. */
void tcp_recovery_reorder_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* snd.mss has become smaller: what is too large for it is retransmitted in smaller segments, which is
 * not taken for congestion (RFC 1191 6.4, RFC 8899 3). */
void tcp_recovery_mtu_reduced(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* Bytes went out, new or again. */
void tcp_recovery_sent(struct tcb *tcb, uint32_t len, bool again, uint64_t now_ns);
/* How many bytes the congestion window allows now. */
uint32_t tcp_congestion_room(const struct tcb *tcb);
/* Bytes in flight: RFC 6675 4, "pipe". */
static inline uint32_t tcp_pipe(const struct tcb *tcb)
{
	return tcb->loss.sent != NULL ? tcb->loss.sent->pipe : 0;
}
/* Something is to be retransmitted. */
static inline bool tcp_has_lost(const struct tcb *tcb)
{
	return tcb->loss.sent != NULL && tcb->loss.sent->lost.first != SCOREBOARD_NONE;
}
/* Fast recovery begins: `flight` bytes for the congestion control. */
void tcp_recovery_enter(struct stack *stack, struct tcb *tcb, uint32_t flight, uint64_t now_ns);

/* --- duplicates.c: RFC 6582 and RFC 3042, where the peer has no SACK ----------------------------- */

void tcp_duplicates_one(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* An ACK of new data in fast recovery, but not of all of it. */
void tcp_duplicates_partial(struct stack *stack, struct tcb *tcb, uint32_t acked, uint64_t now_ns);

/* --- rack.c: RFC 8985 6 ----------------------------------------------------------------------- */

/* One segment was delivered that was not before; called in sequence order. */
void tcp_rack_delivered(struct tcb *tcb, const struct sent_segment *s,
			const struct tcp_segment *seg);
/* Step 4: D-SACKs widen the reordering window. */
void tcp_rack_dsack(struct tcb *tcb);
/* A recovery is over: a widened window does not last for ever. */
void tcp_rack_recovered(struct tcb *tcb);
/* RACK.reo_wnd as it is now. */
uint64_t tcp_rack_window(const struct tcb *tcb);
/* Step 5; true when something was found lost.  Sets the timer for what may be later. */
bool tcp_rack_detect(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

/* --- tlp.c: RFC 8985 7 ------------------------------------------------------------------------ */

/* 7.2: new data was sent, or some was acknowledged. */
void tcp_tlp_schedule(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_tlp_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* 7.4.2; true when the probe has repaired a loss that the congestion control must react to. */
bool tcp_tlp_acked(struct tcb *tcb, const struct tcp_segment *seg, const struct tcp_ack_info *ack_info,
		   bool duplicate);

/* --- undo.c: RFC 3522 and RFC 4015 (Eifel), RFC 5682 (F-RTO), D-SACK -------------------------- */

void tcp_undo_begin(struct tcb *tcb, bool timeout);
void tcp_undo_retransmitted(struct tcb *tcb, uint64_t now_ns);
/* True when the recovery was for nothing; it has been undone. */
bool tcp_undo_acked(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		    const struct tcp_ack_info *ack_info, bool duplicate);
/* RFC 5682: nothing is retransmitted until the second ACK has told. */
static inline bool tcp_undo_holds_back(const struct tcb *tcb)
{
	return tcb->loss.spurious.frto == 2;
}

/* --- what the other shelves have to say ---------------------------------------------------------- */

/* Our sequence numbers begin at `iss`. */
static inline void tcp_loss_begin(struct tcb *tcb, uint32_t iss)
{
	tcb->loss.rtt_seq = iss;
	tcb->loss.recover = iss; /* RFC 6582 3.2, step 1 */
}

static inline void tcp_loss_delivered(struct tcb *tcb, uint32_t segments)
{
	tcb->loss.delivered += segments;
}

/* Room for `n` more records (scoreboard_reserve()). */
static inline bool tcp_loss_reserve(struct stack *stack, struct tcb *tcb, uint32_t n, uint32_t max,
				    bool *no_memory)
{
	return scoreboard_reserve(&tcb->loss.sent, stack->port, n, max, no_memory);
}

/* Nothing is out, and will not be soon. */
static inline void tcp_loss_free_records(struct stack *stack, struct tcb *tcb)
{
	scoreboard_free(tcb->loss.sent, stack->port);
	tcb->loss.sent = NULL;
}

/* RFC 6298 5.7 */
static inline void tcp_rto_after_syn_loss(struct tcb *tcb)
{
	tcb->loss.rto_ns = TCP_RTO_AFTER_SYN_LOSS_NS;
}

/* A device has taken our SYN. */
static inline void tcp_rtt_syn_left(struct tcb *tcb, uint64_t now_ns)
{
	tcb->loss.syn_sent_ns = now_ns;
}

/* RFC 5682 2.1, step 2b: there is no new data that could bring the second ACK. */
static inline void tcp_undo_stop_frto(struct tcb *tcb)
{
	tcb->loss.spurious.frto = 0;
}

/* Where congestion control keeps what the last reduction has changed: with what is out, which it is
 * about.  NULL: nothing is. */
static inline struct tcp_congestion_undo *tcp_loss_undo_state(struct tcb *tcb)
{
	return tcb->loss.sent != NULL ? &tcb->loss.sent->undo : NULL;
}

#endif
