/*
 * SPDX-License-Identifier: MIT
 *
 * Time-outs: RFC 6298, with Karn's rule and the echoes of RFC 7323.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/tcb.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

TEST(the_estimator)
{
	struct tcb tcb = {0};

	tcp_rto_init(&tcb);
	assert_int_equal(tcb.loss.rto_ns, NS_PER_S);
	tcp_rto_sample(&tcb, 400 * NS_PER_MS); /* 2.2 */
	assert_int_equal(tcb.loss.srtt_ns, 400 * NS_PER_MS);
	assert_int_equal(tcb.loss.rttvar_ns, 200 * NS_PER_MS);
	assert_int_equal(tcb.loss.rto_ns, 1200 * NS_PER_MS);
	tcp_rto_sample(&tcb, 480 * NS_PER_MS); /* 2.3 */
	assert_int_equal(tcb.loss.rttvar_ns, 170 * NS_PER_MS);
	assert_int_equal(tcb.loss.srtt_ns, 410 * NS_PER_MS);
	assert_int_equal(tcb.loss.rto_ns, 1090 * NS_PER_MS);
	tcp_rto_back_off(&tcb);
	assert_int_equal(tcb.loss.rto_ns, 2180 * NS_PER_MS);
	for (unsigned i = 0; i < 10; i++)
		tcp_rto_back_off(&tcb);
	assert_int_equal(tcb.loss.rto_ns, 60 * NS_PER_S); /* 2.5 */
	for (unsigned i = 0; i < 100; i++)
		tcp_rto_sample(&tcb, 100 * NS_PER_US);
	assert_int_equal(tcb.loss.rto_ns, 200 * NS_PER_MS); /* the floor */
	tcp_rto_sample(&tcb, 0);
	assert_true(tcb.loss.srtt_ns > 0);
}

/* 5.4-5.6: the earliest segment, twice as long each time, all of it again as slow start allows. */
TCP_TEST(a_time_out_sends_everything_again)
{
	t->sack = false; /* or a probe would come first */
	tk_establish(t);
	tk_turn(t, TCP_KNOB_MSS_PROVEN, TK_MSS); /* or the second time-out would look like a black hole */
	tk_write(t, 0, 4 * TK_FULL);
	tk_expect_segments(t, 0, 4);
	tk_advance(t, 200 * NS_PER_MS);
	tk_expect_segments(t, 0, 1);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_inspect(t).cwnd, TK_FULL);
	assert_int_equal(tk_inspect(t).ssthresh, 2 * TK_FULL);
	tk_advance(t, 400 * NS_PER_MS);
	tk_expect_segments(t, 0, 1);
	assert_int_equal(tk_inspect(t).ssthresh, 2 * TK_FULL); /* once per loss */
	tk_peer_ack(t, 1 + TK_FULL);
	tk_expect_segments(t, TK_FULL, 2);
	tk_peer_ack(t, 1 + 3 * TK_FULL);
	tk_expect_segments(t, 3 * TK_FULL, 1);
	tk_peer_ack(t, 1 + 4 * TK_FULL);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_NONE);
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 0, "tcp_seq"), "4294967281");
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 0, "payload_len"), "1448");
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 0, "rto_ms"), "400");
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 1, "attempt"), "2");
	tk_advance(t, 10 * NS_PER_S);
	TK_EXPECT_NOTHING(t); /* 5.2: all is acknowledged, the timer is off */
}

/* What the device did not take was not sent, and no event says so. */
TCP_TEST(no_event_without_a_frame)
{
	tk_establish(t);
	tk_write(t, 0, 100);
	TK_EXPECT(t, TCP_ACK, 1, 1, 100);
	t->k.send_result = ERR_NETDOWN;
	tk_advance(t, NS_PER_S);
	assert_int_equal(tk_events(t, EVENT_TCP_RETRANSMIT), 0);
	t->k.send_result = ERR_OK;
	tk_advance(t, 5 * NS_PER_S);
	assert_true(tk_events(t, EVENT_TCP_RETRANSMIT) > 0);
	kit_sent_clear(&t->k);
}

/* A device without room is asked again soon, not after a time-out. */
TCP_TEST(a_full_device)
{
	tk_establish(t);
	t->k.send_result = ERR_AGAIN;
	tk_write(t, 0, 100);
	assert_int_equal(tk_inspect(t).snd_nxt - TK_ISS, 1);
	assert_int_equal(tk_inspect(t).bytes_sent, 0);
	tk_advance(t, 2 * TCP_DEVICE_RETRY_NS);
	t->k.send_result = ERR_OK;
	tk_advance(t, TCP_DEVICE_RETRY_NS);
	TK_EXPECT(t, TCP_ACK, 1, 1, 100);
}

TCP_TEST(no_memory_for_a_packet)
{
	struct pktbuf_queue taken = {0};
	struct pktbuf *pkt;

	tk_establish(t);
	while ((pkt = pktbuf_alloc(&t->k.stack->pool, 0)) != NULL)
		pktbuf_queue_push(&taken, pkt);
	tk_write(t, 0, 100);
	TK_EXPECT_NOTHING(t);
	assert_true(kit_counter(&t->k, "tcp_no_memory") > 0);
	pktbuf_queue_free(&taken);
	tk_advance(t, TCP_DEVICE_RETRY_NS);
	TK_EXPECT(t, TCP_ACK, 1, 1, 100);
}

/* 3.8.3: R2, and the error the user gets. */
TCP_TEST(nothing_is_acknowledged)
{
	char buf[4];

	tk_establish(t);
	tk_write(t, 0, 100);
	tk_advance(t, 250 * NS_PER_S);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	tk_advance(t, 150 * NS_PER_S);
	kit_sent_clear(&t->k);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), ERR_TIMEDOUT);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), 0);
	assert_int_equal(sock_send(t->k.stack, t->fd, "x", 1, t->k.now_ns), ERR_PIPE);
	assert_string_equal(tk_field(t, EVENT_TCP_ABORTED, 0, "state"), "ESTABLISHED");
}

/* MUST-20 (b), SHLD-9, SHLD-10: after three retransmissions the log says so, and the next hop is
 * asked whether it is there; once. */
TCP_TEST(r1_asks_for_another_way)
{
	uint64_t asked;

	tk_establish(t);
	tk_write(t, 0, 100);
	asked = net_counter_by_name(t->k.stack, "arp_requests_out");
	while (tk_events(t, EVENT_TCP_NO_ANSWER) == 0) {
		assert_int_equal(net_counter_by_name(t->k.stack, "arp_requests_out"), asked);
		assert_true(tk_events(t, EVENT_TCP_RETRANSMIT) < 3);
		tk_advance(t, 50 * NS_PER_MS);
	}
	assert_int_equal(tk_events(t, EVENT_TCP_RETRANSMIT), 3);
	assert_string_equal(tk_field(t, EVENT_TCP_NO_ANSWER, 0, "attempts"), "3");
	assert_int_equal(net_counter_by_name(t->k.stack, "arp_requests_out"), asked + 1);
	tk_advance(t, 200 * NS_PER_S);
	assert_int_equal(tk_events(t, EVENT_TCP_NO_ANSWER), 1);
	kit_sent_clear(&t->k);
}

/* Patience is counted from when something was sent, not from when the peer was last heard. */
TCP_TEST(silence_before_sending_does_not_count)
{
	tk_establish(t);
	tk_advance(t, 3600 * NS_PER_S);
	tk_write(t, 0, 100);
	tk_advance(t, 10 * NS_PER_S);
	kit_sent_clear(&t->k);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
}

/* RFC 5681 3.1: one segment for each window that was acknowledged. */
TEST(congestion_avoidance)
{
	struct tcb tcb = {.snd.mss = 1000, .cc.cwnd = 10000, .cc.ssthresh = 10000,
			  .cc.cwnd_limited = true};

	tcp_congestion_preset(&tcb, NET_CONGESTION_CUBIC);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(tcb.cc.cwnd, 10000);
		tcp_congestion_acked(&tcb, 1000, 0);
	}
	for (unsigned i = 0; i < 11; i++) {
		assert_int_equal(tcb.cc.cwnd, 11000);
		tcp_congestion_acked(&tcb, 1000, 0);
	}
	assert_int_equal(tcb.cc.cwnd, 12000);
	tcb.cc.cwnd_limited = false; /* a window that was not filled does not grow */
	for (unsigned i = 0; i < 50; i++)
		tcp_congestion_acked(&tcb, 1000, 0);
	assert_int_equal(tcb.cc.cwnd, 12000);
}

/* Karn: without timestamps, the answer to what was sent twice tells no round trip. */
TCP_TEST(karn)
{
	t->timestamps = false;
	tk_establish(t);
	tk_write(t, 0, 100);
	tk_advance(t, 500 * NS_PER_MS); /* one time-out on the way */
	kit_sent_clear(&t->k);
	assert_true(tk_inspect(t).srtt_ns < NS_PER_MS);
	tk_peer_ack(t, 101);
	assert_true(tk_inspect(t).srtt_ns < NS_PER_MS);
	assert_int_equal(tk_inspect(t).rto_ns, 400 * NS_PER_MS); /* the backed-off value stays */
}

/* RFC 7323 4: with timestamps the echo tells which of the two was answered. */
TCP_TEST(the_echo_reports_the_round_trip)
{
	struct kit_sent *s;

	tk_establish(t);
	tk_write(t, 0, 100);
	TK_EXPECT(t, TCP_ACK, 1, 1, 100);
	tk_advance(t, 200 * NS_PER_MS);
	s = tk_take(t);
	assert_non_null(s);
	kit_sent_free(s);
	t->k.now_ns += 50 * NS_PER_MS;
	tk_peer_ack(t, 101);
	assert_in_range(tk_inspect(t).srtt_ns, 6 * NS_PER_MS, 7 * NS_PER_MS); /* 1/8 of 50 ms */
}

/* An ACK was lost: what answers the second copy echoes the first one (RFC 7323 4.3), whose age is
 * the time-out, not the round trip. */
TCP_TEST(the_echo_of_the_first_copy_reports_nothing)
{
	uint32_t at = 0;

	tk_establish(t);
	for (unsigned i = 0; i < 8; i++, at += 100) {
		uint32_t first;

		tk_write(t, at, 100);
		TK_EXPECT(t, TCP_ACK, 1 + at, 1, 100);
		first = t->ts_echo;
		tk_advance(t, tk_inspect(t).rto_ns);
		TK_EXPECT(t, TCP_ACK, 1 + at, 1, 100);
		tk_advance(t, 10 * NS_PER_MS);
		t->ts_echo = first;
		t->tsval++;
		tk_peer_ack(t, 101 + at);
		assert_true(tk_inspect(t).srtt_ns < 10 * NS_PER_MS);
		/* and a clean exchange ends the backing off (RFC 6298 5.5) */
		at += 100;
		tk_write(t, at, 100);
		TK_EXPECT(t, TCP_ACK, 1 + at, 1, 100);
		tk_peer_ack(t, 101 + at);
		assert_int_equal(tk_inspect(t).rto_ns, TCP_RTO_MIN_NS);
	}
}

/* One byte is timed at a time, the first of those on their way. */
TCP_TEST(the_first_byte_is_timed)
{
	tk_establish(t);
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, SOCK_TCP_NODELAY, 1, t->k.now_ns), ERR_OK);
	tk_turn(t, TCP_KNOB_SRTT_NS, 0);
	tk_write(t, 0, 10);
	t->k.now_ns += 10 * NS_PER_MS;
	tk_write(t, 10, 10);
	t->k.now_ns += 20 * NS_PER_MS;
	tk_peer_ack(t, 21);
	assert_int_equal(tk_inspect(t).srtt_ns, 30 * NS_PER_MS);
	kit_sent_clear(&t->k);
}

/* RFC 6298 3: ten ACKs for one flight are one sample, or the estimator would forget in no time. */
TCP_TEST(one_sample_a_round_trip)
{
	uint64_t srtt_ns;

	tk_establish_over(t, 80 * NS_PER_MS);
	tk_write(t, 0, 10 * TK_FULL);
	t->k.now_ns += 160 * NS_PER_MS;
	tk_peer_ack(t, TK_SEG(1));
	srtt_ns = tk_inspect(t).srtt_ns;
	assert_int_equal(srtt_ns, 90 * NS_PER_MS);
	for (unsigned i = 2; i <= 10; i++)
		tk_peer_ack(t, TK_SEG(i));
	assert_int_equal(tk_inspect(t).srtt_ns, srtt_ns);
	kit_sent_clear(&t->k);
	tk_write(t, 10 * TK_FULL, TK_FULL);
	t->k.now_ns += 10 * NS_PER_MS;
	tk_peer_ack(t, TK_SEG(11));
	assert_int_equal(tk_inspect(t).srtt_ns, 80 * NS_PER_MS);
	kit_sent_clear(&t->k);
}

/* A user who sends little does not earn a larger window. */
TCP_TEST(a_window_that_is_not_filled_does_not_grow)
{
	uint32_t cwnd;

	tk_establish(t);
	tk_write(t, 0, 12 * TK_FULL); /* fills the window once */
	tk_peer_ack(t, 1 + 10 * TK_FULL);
	tk_peer_ack(t, 1 + 12 * TK_FULL);
	cwnd = tk_inspect(t).cwnd;
	assert_true(cwnd > 10 * TK_FULL);
	for (unsigned i = 0; i < 20; i++) {
		tk_write(t, 12 * TK_FULL + i * 100, 100);
		tk_peer_ack(t, 1 + 12 * TK_FULL + (i + 1) * 100);
	}
	assert_int_equal(tk_inspect(t).cwnd, cwnd);
	kit_sent_clear(&t->k);
}

/* RFC 6298 5.7, RFC 5681 3.1: the SYN was lost. */
TCP_TEST(after_a_lost_syn)
{
	t->timestamps = false;
	tk_connect(t);
	tk_advance(t, NS_PER_S);
	kit_sent_clear(&t->k);
	t->k.now_ns += 10 * NS_PER_MS;
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	assert_int_equal(tk_inspect(t).srtt_ns, 0); /* Karn */
	assert_int_equal(tk_inspect(t).rto_ns, 3 * NS_PER_S);
	tk_write(t, 0, 5 * TK_FULL);
	assert_int_equal(tk_inspect(t).cwnd, tcb_eff_mss(tk_tcb(t)));
	kit_sent_clear(&t->k);
}

/* The heap's timer is there as long as one of the connection's is, and no longer. */
TCP_TEST(no_timer_is_left_behind)
{
	struct stack *stack;
	struct tcb *tcb;

	tk_establish(t);
	tk_advance(t, 2 * NS_PER_S); /* the send buffer's */
	stack = t->k.stack;
	tcb = tk_tcb(t);
	assert_false(tcp_inspect(tcb).timer_is_set);
	tcp_timer_set(stack, tcb, TCP_TIMER_DEVICE, t->k.now_ns + NS_PER_S);
	tcp_timer_set(stack, tcb, TCP_TIMER_CLOSE, t->k.now_ns + 2 * NS_PER_S);
	tcp_timer_clear(stack, tcb, TCP_TIMER_DEVICE);
	assert_true(tcp_inspect(tcb).timer_is_set);
	tcp_timer_clear(stack, tcb, TCP_TIMER_DEVICE); /* again */
	assert_true(tcp_inspect(tcb).timer_is_set);
	tcp_timer_clear(stack, tcb, TCP_TIMER_CLOSE);
	assert_false(tcp_inspect(tcb).timer_is_set);
	tcp_timer_set(stack, tcb, TCP_TIMER_DEVICE, t->k.now_ns + NS_PER_S);
	tk_advance(t, 2 * NS_PER_S); /* it fires */
	assert_false(tcp_inspect(tcb).timer_is_set);
	tcp_timer_set(stack, tcb, TCP_TIMER_CLOSE, t->k.now_ns + NS_PER_S);
	tcp_timer_clear(stack, tcb, TCP_TIMER_CLOSE);
	assert_false(tcp_inspect(tcb).timer_is_set);
}

/* RFC 6298 2.3, with numbers. */
TEST(deviations_to_both_sides)
{
	struct tcb longer = {0}, shorter = {0};

	tcp_rto_sample(&longer, 800 * NS_PER_MS);
	tcp_rto_sample(&shorter, 800 * NS_PER_MS);
	tcp_rto_sample(&longer, 1200 * NS_PER_MS);
	tcp_rto_sample(&shorter, 400 * NS_PER_MS);
	/* RTTVAR (3 * 400 + 400) / 4, SRTT (7 * 800 + R) / 8 */
	assert_int_equal(tcp_inspect(&longer).rto_ns, (850 + 4 * 400) * NS_PER_MS);
	assert_int_equal(tcp_inspect(&shorter).rto_ns, (750 + 4 * 400) * NS_PER_MS);
}

TEST(no_timer_outlives_the_connection)
{
	for (enum tcp_timer which = 0; which < TCP_TIMER_COUNT; which++) {
		struct tk t;

		tk_open(&t);
		tk_establish(&t);
		tcp_timer_set(t.k.stack, tk_tcb(&t), which, t.k.now_ns + NS_PER_S);
		tcp_timers_clear(t.k.stack, tk_tcb(&t));
		assert_false(tcp_timer_is_set(tk_tcb(&t), which));
		assert_false(tk_inspect(&t).timer_is_set);
		tk_close(&t);
	}
}
