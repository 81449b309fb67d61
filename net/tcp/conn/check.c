/*
 * SPDX-License-Identifier: MIT
 *
 * RFC 9293 3.10.7.4, first: is the segment inside the receive window?  With it the test of RFC 7323
 * against old duplicates (PAWS), and the tailoring: what the later steps see begins at RCV.NXT or
 * behind it and does not reach beyond the window.
 */
#include "net/tcp/congestion/ecn.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/reset.h"
#include "net/tcp/conn/steps.h"
#include "net/tcp/limits.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/receive/sequence.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/output.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#include "net/awaited.h"

bool tcp_segment_acceptable(const struct tcb *tcb, const struct tcp_segment *seg)
{
	uint32_t wnd = tcp_receive_window(tcb);
	uint32_t len = segment_len(seg);

	if (wnd == 0)
		return len == 0 && seg->seq == tcb->rcv.nxt;
	if (seq_in_window(seg->seq, tcb->rcv.nxt, wnd))
		return true;
	return len > 0 && seq_in_window(seg->seq + len - 1, tcb->rcv.nxt, wnd);
}

/* RFC 7323 5.3, R1.  A RST is never judged by its timestamp.
 * DEVIATION: RFC 7323 3.2 would drop a segment without the option on a connection that uses it; as
 * middleboxes strip options, and a damaged list must not end a connection, it is taken. */
static bool is_old_duplicate(const struct tcb *tcb, const struct tcp_segment *seg)
{
	if (!tcb->agreed.timestamps || !seg->opt.has_timestamps || (seg->flags & TCP_RST))
		return false;
	if ((uint32_t)(seg->now_ns >> TCP_PAWS_SHIFT) - tcb->agreed.ts_recent_at >
	    TCP_PAWS_IDLE_NS >> TCP_PAWS_SHIFT) /* RFC 7323 5.5 */
		return false;
	return (int32_t)(seg->opt.ts_val - tcb->agreed.ts_recent) < 0;
}

/* An ACK that a later one has overtaken looks as old as a duplicate from a lap of the number space
 * ago.  But it has nothing for the stream, its window is not used, and what it reports of ours is
 * checked by number (RFC 5961 5.2): only its blocks and that it is a duplicate count.
 * DEVIATION: RFC 7323 5.3, R1, would drop it, and the blocks with it; taken is what is older by no
 * more than a retransmission timeout, as in Linux. */
static bool is_overtaken_ack(const struct tcb *tcb, const struct tcp_segment *seg)
{
	bool reports_nothing_new = seq_lt(seg->ack, tcb->snd.una) ||
				 (seg->ack == tcb->snd.una && seg->wnd == tcb->snd.wnd);

	return (seg->flags & TCP_ACK) && segment_len(seg) == 0 && seg->seq == tcb->rcv.nxt &&
	       reports_nothing_new && tcb_synchronized(tcb) &&
	       (tcb->agreed.ts_recent - seg->opt.ts_val) * NS_PER_MS <= tcb->loss.rto_ns;
}

/* RFC 7323 4.3, (2): only a segment that spans what we acknowledged last moves TS.Recent; and not
 * before its ACK is believed too (RFC 5961 5), or one forged timestamp from far ahead would make
 * everything look old that the peer still has to say. */
static bool moves_timestamp(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return tcb->agreed.timestamps && seg->opt.has_timestamps && seq_leq(seg->seq,
									    tcb->rcv.acked);
}

void tcp_note_timestamp(struct tcb *tcb, const struct tcp_segment *seg)
{
	if (!seg->moves_timestamp)
		return;
	tcb->agreed.ts_recent = seg->opt.ts_val;
	tcb->agreed.ts_recent_at = (uint32_t)(seg->now_ns >> TCP_PAWS_SHIFT);
}

/* RFC 2883 4: what was acknowledged has come again. */
static void count_old_payload(struct tcb *tcb, const struct tcp_segment *seg)
{
	uint32_t end = seq_min(seg->seq + seg->data_len, tcb->rcv.nxt);

	if (seg->data_len > 0 && seq_lt(seg->seq, end))
		tcp_duplicate_payload(tcb, seg->seq, end);
}

/* "If an incoming segment is not acceptable, an acknowledgment should be sent in reply (unless the
 * RST bit is set)." */
static void answer_unacceptable(struct stack *stack, struct tcb *tcb,
				const struct tcp_segment *seg)
{
	if (seg->flags & TCP_RST)
		return;
	tcp_reachability_old_segment(stack, tcb, seg);
	tcp_accurate_synack_again(tcb, seg);
	/* TIME-WAIT: the peer's FIN again, our last ACK was lost */
	if (tcb->life.state == TCP_TIME_WAIT && (seg->flags & (TCP_FIN | TCP_SYN)) == TCP_FIN &&
	    seg->fin_seq == tcb->rcv.fin)
		tcp_enter_time_wait(stack, tcb, seg->now_ns);
	/* An empty segment gets an ACK within limits, or two confused ends would answer each other
	 * for ever; a SYN too (RFC 5961 4.2, 7).
	 * DEVIATION: payload and FIN get theirs at once; RFC 5961 7 would have all limited, but a
	 * sender who lost our ACK waits for it, and it is smaller than what it answers. */
	if (segment_len(seg) > 0 && !(seg->flags & TCP_SYN)) {
		count_old_payload(tcb, seg);
		tcp_send_ack(stack, tcb, seg->now_ns);
	} else {
		tcp_challenge_ack(stack, tcb, seg->now_ns);
		tcp_accurate_synack_unanswered(tcb);
	}
}

/* Our SYN-ACK was lost, or the network doubled the SYN, with or without payload.  (A SYN with ACK is a
 * simultaneous open: there an ACK is what the peer waits for.) */
static bool is_syn_again(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return tcb->life.state == TCP_SYN_RECEIVED && seg->seq == tcb->rcv.irs &&
	       (seg->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

void tcp_trim_front(struct tcp_segment *seg, uint32_t n)
{
	n = MIN(n, seg->data_len);
	pktbuf_pull(seg->pkt, n);
	seg->seq += n;
	seg->data_len -= n;
}

static void trim_tail(struct tcp_segment *seg, uint32_t n)
{
	seg->data_len -= n;
	pktbuf_trim(seg->pkt, seg->data_len);
	seg->flags &= (uint16_t)~TCP_FIN; /* it was behind what is trimmed */
}

/* "The segment may be trimmed": old payload off its front, payload beyond the window off its end. */
static void tailor(struct tcb *tcb, struct tcp_segment *seg)
{
	uint32_t edge = tcb->rcv.nxt + tcp_receive_window(tcb);

	if (seq_lt(seg->seq, tcb->rcv.nxt)) {
		count_old_payload(tcb, seg);
		tcp_trim_front(seg, tcb->rcv.nxt - seg->seq);
		/* RFC 5681 4.2: the peer sends again, so it misses our ACK */
		tcp_rcv_owe_ack(tcb);
	}
	if (seg->data_len > 0 && seq_gt(seg->seq + seg->data_len, edge))
		trim_tail(seg, MIN(seg->data_len, seg->seq + seg->data_len - edge));
}

/* "If the RCV.WND is zero, no segments will be acceptable, but special allowance should be made to
 * accept valid ACKs": a segment at RCV.NXT is taken without its payload. */
static bool accept_into_zero_window(struct tcb *tcb, struct tcp_segment *seg)
{
	if (tcp_receive_window(tcb) != 0 || seg->seq != tcb->rcv.nxt || (seg->flags & TCP_SYN))
		return false;
	if (seg->data_len > 0)
		trim_tail(seg, seg->data_len);
	tcp_rcv_owe_ack(tcb);
	return true;
}

enum tcp_verdict tcp_check_sequence(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg)
{
	bool old;

	/* RFC 5961 3.2 compares SEG.SEQ as it came; payload on a RST is a remark, no part of the
	 * stream, and must not stretch into the window what lies before it. */
	if (seg->flags & TCP_RST)
		seg->data_len = 0;
	if (is_syn_again(tcb, seg)) { /* an ACK alone would not help it */
		if (!tcp_ecn_reread_syn(tcb, seg))
			tcp_abort_with(stack, tcb, TCP_RESET_ECN, seg->now_ns);
		else if (!tcb->snd.syn_waits)
			tcp_send_syn(stack, tcb, TCP_RETRANSMIT_SYN_AGAIN, seg->now_ns);
		return TCP_DONE;
	}
	old = is_old_duplicate(tcb, seg);
	if (old && !is_overtaken_ack(tcb, seg)) {
		stack->counters.tcp_paws_dropped++;
		awaited_add(stack, &tcb->life.awaited, REFUSED("had an old timestamp (PAWS)"));
		answer_unacceptable(stack, tcb, seg);
		return TCP_DONE;
	}
	if (!tcp_segment_acceptable(tcb, seg) && !accept_into_zero_window(tcb, seg)) {
		stack->counters.tcp_out_of_window++;
		answer_unacceptable(stack, tcb, seg);
		return TCP_DONE;
	}
	seg->moves_timestamp = !old && moves_timestamp(tcb, seg);
	if (!(seg->flags & TCP_SYN)) /* a SYN here is handled whole in the fourth step */
		tailor(tcb, seg);
	if (tcb->rcv.ack_now)
		tcp_work_add(stack, tcb);
	return TCP_CONTINUE;
}
