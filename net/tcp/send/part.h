/*
 * SPDX-License-Identifier: MIT
 *
 * The parts of the TCB that this shelf owns: its files alone write them (tools/check_tcb.py).
 */
#ifndef NET_TCP_SEND_PART_H
#define NET_TCP_SEND_PART_H

#include "base/compiler.h"
#include "net/tcp/send/send_buffer.h"

/* What is known of the path's MTU (pmtu.c). */
struct tcp_pmtu {
	uint32_t until_s;     /* a larger one is tried then; UINT32_MAX: it is as large as can be */
	uint32_t trial_end;   /* behind a segment of snd.mss, where on_trial */
	uint32_t candidate_seq;   /* what `claim` is about */
	uint16_t candidate;       /* an MTU that a timeout would confirm; 0: none */
	uint16_t mss_max;     /* what the link and the peer take */
	uint16_t mss_proven;  /* segments of that size have arrived */
	uint8_t timeouts : 6; /* of full segments, in a row */
	bool on_trial : 1;
	bool may_fragment : 1; /* DF is clear */
	bool guessed : 1;     /* snd.mss, and may_fragment: no router reported it (black holes) */
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
	bool buf_full;      /* the user had more than there was room for */
	bool syn_waits;     /* our SYN is built and queued, and no device has it: ARP asks */
	uint32_t retransmitted_ms;  /* when something was retransmitted last: milliseconds, which wrap */
	uint64_t last_sent_ns;
	uint64_t progress_ns; /* when the peer last acknowledged something, or had nothing to */
	struct tcp_pmtu pmtu;
	uint32_t segs, data_segs, retransmits; /* data_segs: with payload */
	uint64_t bytes, bytes_retransmitted;
};

#endif
