/*
 * SPDX-License-Identifier: MIT
 *
 * machine/blocking.c over the real stack, where a scripted socket layer (test_blocking.c) would only
 * show what its author thought of.
 */
#include "machine/blocking.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static struct tk t;
static unsigned turns;

static uint64_t kit_now(void *ctx)
{
	(void)ctx;
	return t.k.now_ns;
}

/* The server answers our FIN with a RST in the second turn. */
static void turn(void *ctx, uint64_t deadline_ns)
{
	(void)ctx;
	kit_poll(&t.k);
	if (turns++ == 1)
		TK_SEND(&t, .seq = 2, .ack = 2, .flags = TCP_RST | TCP_ACK);
	else
		t.k.now_ns = MAX(t.k.now_ns, MIN(deadline_ns, net_next_deadline(t.k.stack)));
}

TEST(a_rst_that_answers_our_fin_ends_the_wait)
{
	struct machine machine = {.now_ns = kit_now, .turn = turn};
	uint64_t before_ns;

	tk_open(&t);
	tk_reach(&t, TCP_CLOSE_WAIT);
	machine.stack = t.k.stack;
	before_ns = t.k.now_ns;
	assert_int_equal(blocking_close(&machine, t.fd, before_ns + 30 * NS_PER_S), ERR_CONNRESET);
	assert_true(t.k.now_ns - before_ns < NS_PER_S);
	kit_sent_clear(&t.k);
	tk_close(&t);
}
