/*
 * SPDX-License-Identifier: MIT
 *
 * Goodput on lossy links, both congestion controls beside the theoretical bound: 10 Mbit/s, 50 ms,
 * a queue of one bandwidth-delay product, random loss of 0 to 3 %.  Virtual time: a minute takes a
 * fraction of a second, and every run can be had again.
 *
 *      goodput [seeds [seconds]]
 */
#include "tests/sim/lib/sim_goodput.h"

#include <stdio.h>
#include <stdlib.h>

struct mean {
	double bps, timeouts, retransmits;
};

static struct mean measure(struct sim_goodput g, unsigned seeds)
{
	struct mean m = {0};

	for (unsigned seed = 1; seed <= seeds; seed++) {
		sim_goodput_run(&g, "goodput", seed);
		m.bps += g.bps / seeds;
		m.timeouts += (double)g.timeouts / seeds;
		m.retransmits += (double)g.retransmits / seeds;
	}
	return m;
}

static void print_row(unsigned loss_ppm, bool ecn, unsigned seeds, unsigned seconds)
{
	struct sim_goodput g = {
		.rate_bps = 10000000, .rtt_ns = 50 * NS_PER_MS, .loss_ppm = loss_ppm,
		.seconds = seconds, .ecn = ecn,
	};
	double bound = sim_goodput_bound_bps(&g);
	struct mean cubic, newreno;

	g.congestion = NET_CONGESTION_CUBIC;
	cubic = measure(g, seeds);
	g.congestion = NET_CONGESTION_NEWRENO;
	newreno = measure(g, seeds);
	printf("  %4.1f %%%s %6.2f %10.2f (%3.0f %%) %10.2f (%3.0f %%) %11.2f %12.1f %8.1f\n",
	       loss_ppm / 1e4, ecn ? " ECN" : "    ", bound / 1e6, cubic.bps / 1e6,
	       100 * cubic.bps / bound, newreno.bps / 1e6, 100 * newreno.bps / bound,
	       cubic.bps / newreno.bps, cubic.timeouts, newreno.timeouts);
}

int main(int argc, char **argv)
{
	static const unsigned losses_ppm[] = {0, 1000, 10000, 30000};
	unsigned seeds = argc > 1 ? (unsigned)atoi(argv[1]) : 20;
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 60;

	printf("goodput of one connection, Mbit/s: 10 Mbit/s, 50 ms, a queue of one bandwidth-delay "
	       "product,\n  random loss, mean of %u seeds of %u s; the bound is the least of the "
	       "link's payload rate\n  and MSS/RTT * 1.22/sqrt(p)\n", seeds, seconds);
	printf("  loss       bound            CUBIC          NewReno  CUBIC/NewReno  time-outs: CUBIC, "
	       "NewReno\n");
	for (unsigned i = 0; i < ARRAY_LEN(losses_ppm); i++)
		print_row(losses_ppm[i], false, seeds, seconds);
	print_row(0, true, seeds, seconds);
	return 0;
}
