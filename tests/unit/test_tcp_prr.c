/*
 * SPDX-License-Identifier: MIT
 *
 * Proportional rate reduction: RFC 9937.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/tcb.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

/* A TCB in fast recovery with twenty segments of 1000 bytes out, the first of them lost. */
static struct tcb tcb;
static struct kit_port kp;

static void begin(uint32_t ssthresh)
{
	bool no_memory;

	kit_port_open(&kp, 1);
	tcb = (struct tcb){.snd.mss = 1000, .cc.cwnd = 20000, .cc.ssthresh = ssthresh, .snd.una =
			   1};
	for (unsigned i = 0; i < 20; i++) {
		assert_true(scoreboard_reserve(&tcb.loss.sent, &kp.port, 1, SCOREBOARD_MAX,
					       &no_memory));
		scoreboard_sent(tcb.loss.sent, 1 + 1000 * i, 1001 + 1000 * i, i);
	}
	tcb.snd.nxt = 20001;
	tcb.loss.recovery = TCP_RECOVERY_FAST;
}

static void end(void)
{
	scoreboard_free(tcb.loss.sent, &kp.port);
	kit_port_close(&kp);
}

static void nobody(void *ctx, const struct sent_segment *s)
{
	(void)ctx;
	(void)s;
}

static void sacked(unsigned from, unsigned to)
{
	(void)scoreboard_sack(tcb.loss.sent, 1 + 1000 * from, 1 + 1000 * to, nobody, NULL);
}

static void lost(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		scoreboard_mark_lost(tcb.loss.sent, scoreboard_at(tcb.loss.sent, i));
}

/* What may be sent now, of which `sent` bytes are. */
static void expect(uint32_t room, uint32_t sent)
{
	assert_int_equal(tcb.cc.cwnd - tcp_pipe(&tcb), room);
	tcb.cc.prr.out += sent;
	tcb.loss.sent->pipe += sent;
}

/* RecoverFS is what was out and undelivered before the ACK. */
TEST(what_was_out)
{
	begin(10000);
	sacked(1, 4);
	tcp_prr_begin(&tcb, &(struct tcp_ack_info){.sacked = 1000, .delivered = 1000});
	assert_int_equal(tcb.cc.prr.recover_fs, 18000);
	tcp_prr_begin(&tcb, &(struct tcp_ack_info){.sacked = 3000, .acked = 2000});
	assert_int_equal(tcb.cc.prr.recover_fs, 22000);
	end();
}

/* More is in flight than ssthresh: one segment for every two that are delivered. */
TEST(in_proportion)
{
	struct tcp_ack_info first = {.sacked = 3000, .delivered = 3000, .lost = true};
	struct tcp_ack_info one = {.sacked = 1000, .delivered = 1000};

	begin(10000);
	lost(0, 1);
	sacked(1, 4);
	tcp_prr_begin(&tcb, &first);
	assert_int_equal(tcb.cc.prr.recover_fs, 20000);
	tcp_prr_acked(&tcb, &first);
	expect(1500, 1000); /* the retransmission */
	sacked(4, 5);
	tcp_prr_acked(&tcb, &one);
	expect(1000, 1000);
	sacked(5, 6);
	tcp_prr_acked(&tcb, &one);
	expect(500, 0);
	sacked(6, 7);
	tcp_prr_acked(&tcb, &one);
	expect(1000, 1000);
	end();
}

/* "Force a fast retransmit upon entering recovery" */
TEST(the_first_goes_at_once)
{
	struct tcp_ack_info one = {.sacked = 1000, .delivered = 1000, .lost = true};

	begin(10000);
	lost(0, 1);
	sacked(1, 2);
	tcp_prr_begin(&tcb, &one);
	tcp_prr_acked(&tcb, &one);
	expect(1000, 1000);
	tcp_prr_acked(&tcb, &(struct tcp_ack_info){.acked = 0});
	expect(0, 0);
	end();
}

/* Heavy losses: less than ssthresh is in flight.  What is delivered may be sent again (CRB); with
 * each ACK that moves SND.UNA and finds nothing lost, a segment more (SSRB), up to ssthresh. */
TEST(below_ssthresh)
{
	struct tcp_ack_info bad = {.sacked = 2000, .delivered = 2000, .lost = true};
	struct tcp_ack_info good = {.acked = 1000, .delivered = 1000};

	begin(10000);
	lost(0, 15);
	sacked(18, 20);
	tcp_prr_begin(&tcb, &bad);
	tcp_prr_acked(&tcb, &bad); /* 3000 are in flight */
	expect(2000, 2000);
	tcp_prr_acked(&tcb, &good); /* safe */
	expect(2000, 2000);
	good.lost = true;
	tcp_prr_acked(&tcb, &good); /* SND.UNA moved, and more is lost: not safe */
	expect(1000, 1000);
	good.lost = false;
	tcb.loss.sent->pipe = 9500;
	tcp_prr_acked(&tcb, &good);
	expect(500, 0);
	end();
}

/* Everything is lost again, so no ACK will come: one goes, or only the time-out would help. */
TEST(nothing_in_flight)
{
	struct tcp_ack_info none = {.acked = 0};

	begin(10000);
	tcp_prr_begin(&tcb, &none);
	tcb.cc.prr.out = 5000;
	lost(0, 20);
	tcp_prr_acked(&tcb, &none);
	expect(1000, 0);
	end();
}
