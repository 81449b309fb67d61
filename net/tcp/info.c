/*
 * SPDX-License-Identifier: MIT
 *
 * What a connection is doing, in numbers, for those who watch it (RFC 9293 3.10.6 STATUS leaves the
 * choice to the implementation).
 */
#include "net/tcp/internal.h"

#include "net/socket.h"

void tcp_info(const struct tcb *tcb, struct sock_tcp_info *info)
{
	*info = (struct sock_tcp_info){
		.state = tcb->state,
		.snd_mss = tcb->snd_mss,
		.rcv_mss = tcb->rcv_mss,
		.snd_cwnd = tcb->cwnd,
		.snd_ssthresh = tcb->ssthresh,
		.snd_wnd = tcb->snd_wnd,
		.rcv_wnd = tcb_synchronized(tcb) ? tcb->rcv_adv - tcb->rcv_nxt : 0,
		.unacked = tcb_flight(tcb),
		.notsent = seq_gt(tcb->snd_end, tcb->snd_nxt) ? tcb->snd_end - tcb->snd_nxt : 0,
		.unread = tcb->rcv_unread,
		.retransmits = tcb->retransmits,
		.segs_out = tcb->segs_out,
		.segs_in = tcb->segs_in,
		.bytes_sent = tcb->bytes_sent,
		.bytes_received = tcb->bytes_received,
		.srtt_us = tcb->srtt_ns / NS_PER_US,
		.rttvar_us = tcb->rttvar_ns / NS_PER_US,
		.rto_us = tcb->srtt_ns != 0 ? tcb->rto_ns / NS_PER_US : 0,
	};
}
