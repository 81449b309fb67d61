/*
 * SPDX-License-Identifier: MIT
 *
 * What congestion control remembers of a connection's past.  What a reduction has changed is needed
 * only as long as something is out, and stands with what is out: in the scoreboard.
 */
#ifndef NET_TCP_CONGESTION_CONGESTION_PAST_H
#define NET_TCP_CONGESTION_CONGESTION_PAST_H

#include "base/compiler.h"

/* What CUBIC knows of the window's past (cubic.c; RFC 9438 4.1.2); bytes. */
struct tcp_cubic {
	uint64_t epoch_ns;   /* t_epoch; 0: the next acknowledgement begins a stage */
	uint32_t w_max;      /* 0: not known */
	uint32_t cwnd_prior; /* before the last reduction */
	uint32_t w_est;      /* what Reno would have */
	uint32_t est_acked;  /* bytes acknowledged that w_est does not know of yet */
	uint32_t k_ms;       /* until W_max is reached again */
};

/* What an algorithm knows of a connection: its own member, or `other` for one of tests or of tomorrow.
 * No other file looks into it. */
union tcp_congestion_state {
	struct tcp_cubic cubic;
	uint64_t other[4];
};

/* What was before the last reduction (congestion.c). */
struct tcp_congestion_undo {
	uint32_t cwnd; /* 0: nothing to take back */
	uint32_t ssthresh;
	union tcp_congestion_state state;
};

#endif
