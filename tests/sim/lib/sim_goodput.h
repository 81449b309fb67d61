/*
 * SPDX-License-Identifier: MIT
 *
 * How much a single connection gets out of a link: one side sends for so many seconds all it can,
 * the other reads at once; buffers are so large that only the congestion window limits.
 *
 *      sender --- rate, a queue of one bandwidth-delay product, loss ---> receiver
 */
#ifndef TESTS_SIM_SIM_GOODPUT_H
#define TESTS_SIM_SIM_GOODPUT_H

#include "net/socket.h"
#include "tests/sim/lib/sim.h"

struct sim_goodput {
	enum net_congestion congestion;
	uint64_t rate_bps;
	uint64_t rtt_ns;
	uint32_t loss_ppm; /* of what the sender sends */
	uint64_t seconds;
	bool ecn; /* the queue marks from a third of its length on, and both ends ask for it, */
	bool accurate; /* as RFC 9768 has it */

	/* what came of it */
	double bps; /* payload that arrived in order */
	uint64_t marked, dropped_full, lost, timeouts, retransmits;
	struct sock_tcp_info sender, receiver;
};

void sim_goodput_run(struct sim_goodput *g, const char *name, uint64_t seed);

/* What the link carries of payload, in segments of 1448 bytes with timestamps. */
double sim_goodput_link_bps(const struct sim_goodput *g);
/* The least of that and MSS / RTT * 1.22 / sqrt(p): Mathis et al., 1997, for an ACK each segment. */
double sim_goodput_bound_bps(const struct sim_goodput *g);

#endif
