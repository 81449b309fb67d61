/*
 * SPDX-License-Identifier: MIT
 *
 * The parts of the TCB that this shelf owns: its files alone write them (tools/check_tcb.py).
 */
#ifndef NET_TCP_LOSS_PART_H
#define NET_TCP_LOSS_PART_H

#include "net/tcp/loss/scoreboard.h"

enum tcp_recovery {
	TCP_RECOVERY_NONE,
	TCP_RECOVERY_FAST, /* a loss was noticed by ACKs; until `recover` is acknowledged */
	TCP_RECOVERY_LOSS, /* RFC 5681 3.1: after a timeout, all up to `recover` goes again */
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
	bool is_retransmission; /* TLP.is_retrans */
};

/* What a recovery rests on, and whether it was for nothing; undo.c */
struct tcp_spurious {
	uint32_t marker, end; /* SND.UNA and SND.NXT when it began */
	uint32_t again;   /* retransmissions that no D-SACK has reported yet */
	uint32_t first_ts; /* RFC 3522 RetransmitTS */
	bool armed;
	bool eifel;       /* the ACK that is to be checked has not come */
	bool retransmitted;  /* something was */
	uint8_t frto;     /* RFC 5682: the step that is next; 0: not in it */
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

#endif
