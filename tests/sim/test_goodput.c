/*
 * SPDX-License-Identifier: MIT
 *
 * What a connection gets out of a link, as parts of what is possible: `make goodput` prints the
 * figures, these are the lines they must not fall below.
 */
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_goodput.h"

#define SEEDS 3

static double mean_bps(struct sim_goodput *g, const char *name)
{
	double sum = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) { /* these and no others: it is a mean */
		sim_goodput_run(g, name, seed);
		sum += g->bps;
	}
	return sum / SEEDS;
}

static struct sim_goodput ten_mbit(enum net_congestion congestion, uint32_t loss_ppm)
{
	return (struct sim_goodput){
		.congestion = congestion, .rate_bps = 10000000, .rtt_ns = 50 * NS_PER_MS,
		.loss_ppm = loss_ppm, .seconds = 20,
	};
}

static double expect_share(enum net_congestion congestion, uint32_t loss_ppm, double share)
{
	struct sim_goodput g = ten_mbit(congestion, loss_ppm);
	double bps = mean_bps(&g, "goodput");
	double bound = sim_goodput_bound_bps(&g);

	if (bps < share * bound)
		fail_msg("%.2f Mbit/s of %.2f at %u losses in a million", bps / 1e6, bound / 1e6,
			 loss_ppm);
	return bps;
}

TEST(a_clean_link_is_used)
{
	expect_share(NET_CONGESTION_CUBIC, 0, 0.95);
	expect_share(NET_CONGESTION_NEWRENO, 0, 0.95);
}

TEST(losses_do_not_make_it_collapse)
{
	double cubic, newreno;

	cubic = expect_share(NET_CONGESTION_CUBIC, 10000, 0.8);
	newreno = expect_share(NET_CONGESTION_NEWRENO, 10000, 0.8);
	assert_true(cubic >= 0.95 * newreno);
	expect_share(NET_CONGESTION_CUBIC, 30000, 0.65);
	expect_share(NET_CONGESTION_NEWRENO, 30000, 0.65);
}

/* A queue that marks where it would soon drop: nothing is lost, nothing goes twice. */
TEST(marks_replace_losses)
{
	for (unsigned which = 0; which < NET_CONGESTION_COUNT; which++) {
		struct sim_goodput g = ten_mbit((enum net_congestion)which, 0);

		g.ecn = true;
		sim_goodput_run(&g, "marks", 1);
		assert_true(g.marked > 0);
		assert_int_equal(g.dropped_full, 0);
		assert_int_equal(g.retransmits, 0);
		assert_true(g.bps > 0.8 * sim_goodput_link_bps(&g));
	}
}

/* RFC 9768: what the link has marked the sender knows packet by packet, as far as it was acknowledged,
 * and does what it does without. */
TEST(marks_are_counted_one_by_one)
{
	for (unsigned loss = 0; loss <= 10000; loss += 10000) {
		struct sim_goodput g = ten_mbit(NET_CONGESTION_CUBIC, loss);

		g.ecn = g.accurate = true;
		sim_goodput_run(&g, "accurate marks", 1);
		assert_int_equal(g.sender.ecn_mode, SOCK_ECN_ACCURATE);
		assert_false(g.sender.ecn_sending_off);
		assert_true(g.marked > 10);
		assert_in_range(g.receiver.received_ce, g.marked - 3, g.marked);
		assert_in_range(g.sender.delivered_ce, g.marked - 10, g.marked);
		assert_in_range(g.sender.delivered_ce_bytes, (g.marked - 10) * 1400,
				g.marked * 1460);
		assert_true(loss > 0 || g.bps > 0.8 * sim_goodput_link_bps(&g));
	}
}
