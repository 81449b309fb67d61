/*
 * SPDX-License-Identifier: MIT
 *
 * What the other shelves ask of the receiver: payload in and out of order, FIN, urgent data, the window,
 * the size of the receive buffer.
 */
#ifndef NET_TCP_RECEIVE_RECEIVE_H
#define NET_TCP_RECEIVE_RECEIVE_H

#include "net/tcp/segment.h"
#include "net/tcp/tcb.h"

/* --- deliver.c: seventh and eighth; reassembly.c --------------------------------------------- */

enum tcp_verdict tcp_process_payload(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
void tcp_check_fin(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
/* What came with a SYN that crossed ours waits for ESTABLISHED (3.10.7.3): the payload among what is out
 * of order, though it is not; it takes the packet.  Then it is delivered. */
void tcp_queue_payload(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
void tcp_deliver_queued(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* Drops what has not been read. */
void tcp_discard_received(struct tcb *tcb);
/* Bytes a packet really occupies. */
uint32_t tcp_packet_memory(const struct pktbuf *pkt);

/* Keeps [seg->seq, + data_len) for later; takes the packet or lets it drop. */
void tcp_reassembly_insert(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
/* Text in order, before it is appended, while something is held: what of it was held already stays
 * as it came, and is reported (RFC 2883). */
void tcp_reassembly_meets(struct tcb *tcb, const struct tcp_segment *seg);
/* The packets of the first range, as a chain, when the range begins at or before RCV.NXT; else NULL.
 * *range tells its range. */
struct pktbuf *tcp_reassembly_remove_first(struct stack *stack, struct tcb *tcb, struct tcp_range *range);
void tcp_reassembly_free(struct stack *stack, struct tcb *tcb);
/* RFC 2018 4: the blocks to report, the most recent first; RFC 2883: before them what came twice,
 * which is reported once. */
uint8_t tcp_reassembly_sack(struct tcb *tcb, struct tcp_sack_block *blocks, uint8_t max);
/* [start, end) came twice. */
void tcp_duplicate_payload(struct tcb *tcb, uint32_t start, uint32_t end);
/* Appends `pkt`'s payload to the last packet of a queue when it is small for the memory it occupies
 * and fits; true: pkt is gone. */
bool tcp_coalesce(struct tcb *tcb, struct pktbuf *last, struct pktbuf *pkt);

/* --- urgent.c: sixth ------------------------------------------------------------------------- */

void tcp_check_urgent(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
/* Bytes that the user has to read up to the end of the urgent data; 0: none is announced. */
uint32_t tcp_urgent_left(const struct tcb *tcb);
/* Of `len` bytes, how many one read may take. */
size_t tcp_readable_before_mark(const struct tcb *tcb, size_t len);
/* The user has read. */
void tcp_urgent_read(struct tcb *tcb);

/* --- window.c -------------------------------------------------------------------------------- */

/* RCV.WND: what the peer may send from RCV.NXT on. */
uint32_t tcp_receive_window(const struct tcb *tcb);
/* The value for the next segment's window field; moves rcv.adv. */
uint16_t tcp_announce_window(struct tcb *tcb, bool syn);
/* The user has read: is the larger window worth a segment of its own? */
bool tcp_window_update_due(const struct tcb *tcb);

/* --- tune.c ---------------------------------------------------------------------------------- */

/* A round trip begins whose payload will be counted. */
void tcp_tune_start(struct tcb *tcb, uint64_t now_ns);
/* Text has come, and the receive buffer may still grow. */
void tcp_tune(struct tcb *tcb, const struct tcp_segment *seg);

#endif
