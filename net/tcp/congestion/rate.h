/*
 * SPDX-License-Identifier: MIT
 *
 * What a rate-based congestion control needs: delivery rate samples
 * (draft-cheng-iccrg-delivery-rate-estimation) and pacing.  Memory is taken only while the
 * connection's algorithm has on_sample(); no memory: no samples and no pacing.
 *
 * The draft stores P.delivered, P.delivered_time, P.first_sent_time and P.is_app_limited with each
 * packet.  They are the same for all packets that leave between two ACKs, so one snapshot is taken for
 * those of one moment and found again by the time at which a segment's record says it was sent.
 */
#ifndef NET_TCP_CONGESTION_RATE_H
#define NET_TCP_CONGESTION_RATE_H

#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/tcb.h"

/* Snapshots; a segment older than all of them brings no sample. */
#define TCP_RATE_SNAPSHOTS 64u

struct tcp_rate_sample {
	uint64_t delivered;   /* bytes, in interval_ns */
	uint64_t interval_ns; /* the longer of the send and the ACK phase; 0: no sample */
	uint64_t rtt_ns;      /* of the segment that the sample is about */
	bool is_app_limited;  /* less was sent than could have been */
	bool is_retransmitted;
};

struct tcp_rate_snapshot {
	uint64_t sent_ns;
	uint64_t delivered, delivered_ns; /* C.delivered, C.delivered_time when it was sent */
	uint64_t first_sent_ns;
	bool app_limited;
};

struct tcp_rate {
	uint64_t delivered, delivered_ns, first_sent_ns; /* C.delivered ...: of the connection */
	uint64_t app_limited; /* C.app_limited: until so much is delivered; 0: not */
	/* The ACK being processed. */
	bool has_sample;
	struct tcp_rate_snapshot prior; /* of the newest segment that it delivers */
	uint64_t send_ns;               /* the send phase */
	struct tcp_rate_sample sample;
	/* Pacing. */
	uint64_t pacing_bytes_s; /* 0: none */
	uint64_t next_send_ns;
	/* A ring, the oldest first. */
	uint32_t first, count;
	struct tcp_rate_snapshot ring[TCP_RATE_SNAPSHOTS];
};

/* Before anything is sent: memory where the algorithm asks for it, and none where it does not. */
void tcp_rate_settle(struct stack *stack, struct tcb *tcb);
void tcp_rate_end(struct stack *stack, struct tcb *tcb);
void tcp_rate_sent_slow(struct tcb *tcb, uint32_t len, uint64_t now_ns);
void tcp_rate_delivered_slow(struct tcb *tcb, const struct sent_segment *s, uint32_t len, uint64_t now_ns);
void tcp_rate_acked_slow(struct tcb *tcb, uint64_t now_ns);

/* Data may not go yet; a timer will send it. */
bool tcp_pacing_holds(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* All was sent that may be: was it all that the user gave, though the window would take more? */
void tcp_rate_check_app_limited(struct tcb *tcb);

/* How fast the sender may be from now on; bytes a second, 0: as fast as the window allows. */
void tcp_pacing_set(struct tcb *tcb, uint64_t bytes_s);

/* `len` bytes have left, and have a record. */
static inline void tcp_rate_sent(struct tcb *tcb, uint32_t len, uint64_t now_ns)
{
	if (tcb->cc.rate != NULL)
		tcp_rate_sent_slow(tcb, len, now_ns);
}

/* `len` bytes of a segment were delivered that had not been before. */
static inline void tcp_rate_delivered(struct tcb *tcb, const struct sent_segment *s, uint32_t len,
				      uint64_t now_ns)
{
	if (tcb->cc.rate != NULL)
		tcp_rate_delivered_slow(tcb, s, len, now_ns);
}

/* The scoreboard has seen all of an ACK: the algorithm gets its sample. */
static inline void tcp_rate_acked(struct tcb *tcb, uint64_t now_ns)
{
	if (tcb->cc.rate != NULL)
		tcp_rate_acked_slow(tcb, now_ns);
}

#endif
