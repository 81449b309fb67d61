/*
 * The sending side: RFC 9293 3.10.7.4 fifth (ACKs, the send window), 3.8.6 (Nagle, silly windows,
 * window probes), RFC 6298 (time-outs), RFC 5681, 6582, 3042 and 6928 (congestion, recovery).
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/tcp/internal.h"
#include "tests/lib/tcp_kit.h"

#define MSS 1448u /* 1460 less timestamps */

static void peer_ack(struct tk *t, uint32_t ack)
{
	TK_SEND(t, .seq = 1, .ack = ack, .flags = TCP_ACK);
}

/* Takes `n` full segments that begin at byte `from` of the stream. */
static void expect_segments(struct tk *t, uint32_t from, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		TK_EXPECT(t, TCP_ACK, 1 + from + i * MSS, 1, MSS);
}

/* --- what goes when -------------------------------------------------------------------------- */

static void text_leaves_in_full_segments(void **state)
{
	struct kit_sent *s;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 3000);
	expect_segments(&t, 0, 2);
	TK_EXPECT_NOTHING(&t); /* Nagle: 104 bytes wait, something is out */
	peer_ack(&t, 1 + 2 * MSS);
	s = tk_take(&t);
	assert_int_equal(s->payload_len, 104);
	assert_true(s->tcp.flags & TCP_PSH); /* the last of what there is */
	kit_sent_free(s);
	tk_close(&t);
}

/* RFC 1191 is not done: nobody would learn that a full segment was too big for the path. */
static void routers_may_fragment(void **state)
{
	struct kit_sent *s;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, MSS);
	s = tk_take(&t);
	assert_int_equal(s->payload_len, MSS);
	assert_int_equal(s->ip.fragment, 0);
	kit_sent_free(s);
	tk_close(&t);
}

/* RFC 9293 3.7.4, MUST-17: and how to switch it off. */
static void nagle_and_nodelay(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 10);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 10); /* nothing is out: at once */
	tk_write(&t, 10, 10);
	tk_write(&t, 20, 10);
	TK_EXPECT_NOTHING(&t);
	peer_ack(&t, 11);
	TK_EXPECT(&t, TCP_ACK, 11, 1, 20); /* together */
	tk_write(&t, 30, 10);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(sock_setsockopt(t.k.stack, t.fd, SOCK_TCP_NODELAY, 1, t.k.now_ns), ERR_OK);
	TK_EXPECT(&t, TCP_ACK, 31, 1, 10);
	tk_write(&t, 40, 10);
	TK_EXPECT(&t, TCP_ACK, 41, 1, 10);
	tk_close(&t);
}

static void the_fin_goes_with_the_last_text(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 10);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 10);
	tk_write(&t, 10, 10); /* Nagle holds it, until the user says that this was all */
	assert_int_equal(sock_shutdown(t.k.stack, t.fd, SOCK_SHUT_WR, t.k.now_ns), ERR_OK);
	TK_EXPECT(&t, TCP_FIN | TCP_ACK, 11, 1, 10);
	assert_string_equal(tk_field(&t, EVENT_TCP_FIN_SENT, 0, "tcp_seq"), "5");
	assert_int_equal(sock_send(t.k.stack, t.fd, "x", 1, t.k.now_ns), ERR_PIPE);
	tk_close(&t);
}

/* RFC 6928: ten segments, then as many as are acknowledged and one more each (slow start). */
static void the_initial_window_and_slow_start(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 60 * MSS);
	expect_segments(&t, 0, 10);
	TK_EXPECT_NOTHING(&t);
	peer_ack(&t, 1 + 2 * MSS);
	expect_segments(&t, 10 * MSS, 4); /* two left, two more are allowed */
	peer_ack(&t, 1 + 10 * MSS); /* RFC 3465: a stretch ACK counts for two */
	expect_segments(&t, 14 * MSS, 10);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* RFC 5681 4.1 */
static void an_idle_connection_starts_small_again(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_tcb(&t)->cwnd = 40 * MSS;
	tk_write(&t, 0, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 100);
	peer_ack(&t, 101);
	tk_advance(&t, 2 * NS_PER_S);
	kit_sent_clear(&t.k);
	tk_write(&t, 100, 45 * MSS);
	for (unsigned i = 0; i < 10; i++)
		TK_EXPECT(&t, TCP_ACK, 101 + i * MSS, 1, MSS);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* HOSTILE-INPUTS: MSS 0, 1, 48: clamp.  RFC 9293 3.7.1: never more than the peer takes. */
static void the_peer_s_mss(void **state)
{
	static const struct {
		uint16_t offered;
		uint32_t payload;
	} rows[] = {{1, 204}, {48, 204}, {216, 204}, {536, 524}, {1000, 988}, {65535, 1448}};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct tk t;

		tk_open(&t);
		t.mss = rows[i].offered;
		tk_establish(&t);
		tk_write(&t, 0, 2000);
		TK_EXPECT(&t, TCP_ACK, 1, 1, rows[i].payload);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

static void an_mss_of_zero(void **state)
{
	static const uint8_t mss_0[] = {2, 4, 0, 0};
	struct kit_sent *s;
	struct tk t;

	(void)state;
	tk_open(&t);
	t.timestamps = false;
	tk_reach(&t, TCP_SYN_SENT);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 1, .options = mss_0, .options_len = 4);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
	tk_write(&t, 0, 1000);
	s = tk_take(&t);
	assert_int_equal(s->payload_len, 216);
	kit_sent_free(s);
	tk_close(&t);
}

/* --- the send window ------------------------------------------------------------------------- */

static void nothing_goes_beyond_the_window(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.window = 3000;
	tk_establish(&t);
	tk_write(&t, 0, 10000);
	expect_segments(&t, 0, 2);
	TK_EXPECT_NOTHING(&t); /* 104 bytes of window: not worth a segment while something is out */
	peer_ack(&t, 1 + MSS);
	expect_segments(&t, 2 * MSS, 1);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* RFC 7323 2.3 */
static void the_window_is_scaled(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.scale = 3;
	t.window = 1000; /* unscaled in the SYN-ACK, 8000 afterwards */
	tk_establish(&t);
	assert_int_equal(tk_tcb(&t)->snd_wnd, 1000);
	peer_ack(&t, 1);
	assert_int_equal(tk_tcb(&t)->snd_wnd, 8000);
	tk_close(&t);
}

/* "SND.WL1 < SEG.SEQ or (SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK)" */
static void an_old_segment_does_not_update_the_window(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 20);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 20);
	t.window = 500;
	TK_SEND(&t, .seq = 1, .ack = 11, .flags = TCP_ACK, .data = "abc", .len = 3);
	assert_int_equal(tk_tcb(&t)->snd_wnd, 500);
	t.window = 400;
	TK_SEND(&t, .seq = 4, .ack = 11, .flags = TCP_ACK);
	assert_int_equal(tk_tcb(&t)->snd_wnd, 400);
	t.window = 900; /* the same sequence number, an older ACK */
	TK_SEND(&t, .seq = 4, .ack = 1, .flags = TCP_ACK);
	assert_int_equal(tk_tcb(&t)->snd_wnd, 400);
	t.window = 700;
	TK_SEND(&t, .seq = 4, .ack = 21, .flags = TCP_ACK);
	assert_int_equal(tk_tcb(&t)->snd_wnd, 700);
	tk_close(&t);
}

/* An old segment with a new ACK (our bytes crossed a retransmission of the peer's): the right edge
 * stays where the peer put it. */
static void an_old_segment_does_not_move_the_edge(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 1000);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 1000);
	t.window = 3000;
	TK_SEND(&t, .seq = 11, .ack = 1, .flags = TCP_ACK); /* from behind a hole */
	assert_int_equal(tk_tcb(&t)->snd_wnd, 3000);
	TK_SEND(&t, .seq = 1, .ack = 1001, .flags = TCP_ACK, .data = "abcdefghij", .len = 10);
	assert_int_equal(tk_tcb(&t)->snd_una + tk_tcb(&t)->snd_wnd - TK_ISS, 3001);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* HOSTILE-INPUTS: a shrinking window. */
static void a_window_that_shrinks(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 10 * MSS);
	expect_segments(&t, 0, 10);
	t.window = 100;
	peer_ack(&t, 1 + MSS);
	tk_write(&t, 10 * MSS, 100);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	tk_advance(&t, 300 * NS_PER_MS); /* what is out may be sent again: MUST-34 */
	TK_EXPECT(&t, TCP_ACK, 1 + MSS, 1, MSS);
	t.window = 65535;
	peer_ack(&t, 1 + 10 * MSS);
	TK_EXPECT(&t, TCP_ACK, 1 + 10 * MSS, 1, 100);
	tk_close(&t);
}

/* HOSTILE-INPUTS: ACK above SND.NXT; and far below SND.UNA (RFC 5961 5.2). */
static void acks_that_cannot_be(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 10);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 10);
	TK_SEND(&t, .seq = 1, .ack = 12, .flags = TCP_ACK, .data = "evil", .len = 4);
	TK_EXPECT(&t, TCP_ACK, 11, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = -70000u, .flags = TCP_ACK, .data = "evil", .len = 4);
	TK_EXPECT(&t, TCP_ACK, 11, 1, 0);
	assert_int_equal(tk_tcb(&t)->rcv_unread, 0);
	assert_int_equal(tk_tcb(&t)->snd_una - TK_ISS, 1);
	assert_int_equal(kit_counter(&t.k, "tcp_challenge_acks"), 2);
	TK_SEND(&t, .seq = 1, .ack = -5u, .flags = TCP_ACK, .data = "good", .len = 4); /* just old */
	assert_int_equal(tk_tcb(&t)->rcv_unread, 4);
	TK_SEND(&t, .seq = 5, .flags = 0, .data = "none", .len = 4); /* no ACK bit: dropped */
	assert_int_equal(tk_tcb(&t)->rcv_unread, 4);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* --- the closed window ----------------------------------------------------------------------- */

/* HOSTILE-INPUTS: a zero window held for ever.  MUST-36, MUST-37. */
static void a_closed_window_is_probed_for_ever(void **state)
{
	unsigned probes = 0;
	struct tk t;

	(void)state;
	tk_open(&t);
	t.window = 0;
	tk_establish(&t);
	tk_write(&t, 0, 100);
	TK_EXPECT_NOTHING(&t);
	assert_string_equal(tk_field(&t, EVENT_TCP_ZERO_WINDOW, 0, "unsent"), "100");
	for (uint64_t s = 0; s < 3600; s++) {
		struct kit_sent *probe;

		tk_advance(&t, NS_PER_S);
		while ((probe = tk_take(&t)) != NULL) {
			assert_int_equal(probe->payload_len, 0);
			assert_int_equal(probe->tcp.seq, TK_ISS);
			probes++;
			kit_sent_free(probe);
			peer_ack(&t, 1); /* still closed */
		}
	}
	assert_true(probes > 60 && probes < 90); /* a minute apart in the end */
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	assert_int_equal(tk_events(&t, EVENT_TCP_ZERO_WINDOW), 1);
	t.window = 1000;
	peer_ack(&t, 1);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 100);
	peer_ack(&t, 101);
	tk_advance(&t, 100 * NS_PER_S); /* open: no more questions */
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* MUST-37, MUST-34: what is in flight is the probe, and its answer as good as a probe's. */
static void a_window_closed_over_text_in_flight(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 100);
	t.window = 0;
	peer_ack(&t, 1);
	for (unsigned s = 0; s < 900; s++) {
		struct kit_sent *again;

		tk_advance(&t, NS_PER_S);
		while ((again = tk_take(&t)) != NULL) {
			kit_sent_free(again);
			peer_ack(&t, 1);
		}
	}
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	tk_advance(&t, 2 * TCP_USER_TIMEOUT_NS); /* but silence is still silence */
	assert_int_equal(tk_state(&t), TCP_CLOSED);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

static void a_closed_window_and_no_answer(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.window = 0;
	tk_establish(&t);
	tk_write(&t, 0, 100);
	tk_advance(&t, 400 * NS_PER_S);
	kit_sent_clear(&t.k);
	assert_int_equal(tk_state(&t), TCP_CLOSED);
	assert_int_equal(tk_events(&t, EVENT_TCP_ABORTED), 1);
	tk_close(&t);
}

/* The five minutes count from when there was something to ask for. */
static void a_closed_window_after_silence(void **state)
{
	(void)state;
	for (unsigned fin = 0; fin < 2; fin++) {
		struct tk t;

		tk_open(&t);
		tk_establish(&t);
		t.window = 0;
		peer_ack(&t, 1);
		tk_advance(&t, 600 * NS_PER_S);
		if (fin)
			assert_int_equal(sock_shutdown(t.k.stack, t.fd, SOCK_SHUT_WR, t.k.now_ns),
					 ERR_OK);
		else
			tk_write(&t, 0, 100);
		tk_advance(&t, TCP_USER_TIMEOUT_NS - NS_PER_S);
		assert_int_equal(tk_state(&t), fin ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED);
		tk_advance(&t, 2 * TCP_RTO_MAX_NS);
		assert_int_equal(tk_state(&t), TCP_CLOSED);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

/* Nobody waits for an orphan: its peer may not hold it for ever. */
static void an_orphan_does_not_probe_for_ever(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.window = 0;
	tk_establish(&t);
	tk_write(&t, 0, 100);
	assert_int_equal(sock_close(t.k.stack, t.fd, t.k.now_ns), ERR_OK);
	for (unsigned i = 0; i < 600 && tk_events(&t, EVENT_TCP_ABORTED) == 0; i++) {
		tk_advance(&t, NS_PER_S);
		kit_sent_clear(&t.k);
		peer_ack(&t, 1);
	}
	assert_int_equal(tk_events(&t, EVENT_TCP_ABORTED), 1);
	assert_int_equal(tk_events(&t, EVENT_TCP_SUMMARY), 1);
	tk_close(&t);
}

/* 3.8.6.2.1, (3) and (4): half of the largest window at once, less of it after the override
 * time. */
static void a_silly_window_is_used_late(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.window = 400;
	tk_establish(&t);
	tk_write(&t, 0, 1000);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 400);
	t.window = 199;
	peer_ack(&t, 401);
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, TCP_OVERRIDE_NS);
	TK_EXPECT(&t, TCP_ACK, 401, 1, 199);
	t.window = 200;
	peer_ack(&t, 600);
	TK_EXPECT(&t, TCP_ACK, 600, 1, 200);
	tk_close(&t);
}

static void the_override_ends_the_probing(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.window = 1000;
	tk_establish(&t);
	t.window = 0;
	peer_ack(&t, 1);
	tk_write(&t, 0, 1000);
	tk_advance(&t, 2 * NS_PER_S);
	assert_true(tk_tcb(&t)->attempts > 1);
	kit_sent_clear(&t.k);
	t.window = 199; /* open, but silly */
	peer_ack(&t, 1);
	TK_EXPECT_NOTHING(&t);
	while (t.k.sent_first == NULL)
		tk_advance(&t, 10 * NS_PER_MS);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 199);
	assert_int_equal(tk_tcb(&t)->attempts, 0);
	assert_false(tcp_timer_is_set(tk_tcb(&t), TCP_TIMER_PERSIST));
	tk_close(&t);
}

/* The last byte filled the window: the FIN has no room, and needs what every byte needs. */
static void a_fin_waits_for_the_window(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.window = 100;
	tk_establish(&t);
	tk_write(&t, 0, 100);
	assert_int_equal(sock_shutdown(t.k.stack, t.fd, SOCK_SHUT_WR, t.k.now_ns), ERR_OK);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 100);
	t.window = 0;
	peer_ack(&t, 101);
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, 200 * NS_PER_MS);
	TK_EXPECT(&t, TCP_ACK, 100, 1, 0); /* the probe */
	t.window = 100;
	peer_ack(&t, 101);
	TK_EXPECT(&t, TCP_FIN | TCP_ACK, 101, 1, 0);
	tk_close(&t);
}

/* The same, where one ACK takes everything and opens the window: there is no probe to wait for. */
static void a_fin_goes_when_the_full_window_opens(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.window = 1000;
	tk_establish(&t);
	tk_write(&t, 0, 1000);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 1000);
	assert_int_equal(sock_shutdown(t.k.stack, t.fd, SOCK_SHUT_WR, t.k.now_ns), ERR_OK);
	TK_EXPECT_NOTHING(&t);
	peer_ack(&t, 1001);
	TK_EXPECT(&t, TCP_FIN | TCP_ACK, 1001, 1, 0);
	tk_close(&t);
}

/* --- time-outs: RFC 6298 --------------------------------------------------------------------- */

static void the_estimator(void **state)
{
	struct tcb tcb = {0};

	(void)state;
	tcp_rto_init(&tcb);
	assert_int_equal(tcb.rto_ns, NS_PER_S);
	tcp_rto_sample(&tcb, 400 * NS_PER_MS); /* 2.2 */
	assert_int_equal(tcb.srtt_ns, 400 * NS_PER_MS);
	assert_int_equal(tcb.rttvar_ns, 200 * NS_PER_MS);
	assert_int_equal(tcb.rto_ns, 1200 * NS_PER_MS);
	tcp_rto_sample(&tcb, 480 * NS_PER_MS); /* 2.3 */
	assert_int_equal(tcb.rttvar_ns, 170 * NS_PER_MS);
	assert_int_equal(tcb.srtt_ns, 410 * NS_PER_MS);
	assert_int_equal(tcb.rto_ns, 1090 * NS_PER_MS);
	tcp_rto_back_off(&tcb);
	assert_int_equal(tcb.rto_ns, 2180 * NS_PER_MS);
	for (unsigned i = 0; i < 10; i++)
		tcp_rto_back_off(&tcb);
	assert_int_equal(tcb.rto_ns, 60 * NS_PER_S); /* 2.5 */
	for (unsigned i = 0; i < 100; i++)
		tcp_rto_sample(&tcb, 100 * NS_PER_US);
	assert_int_equal(tcb.rto_ns, 200 * NS_PER_MS); /* the floor */
	tcp_rto_sample(&tcb, 0);
	assert_true(tcb.srtt_ns > 0);
}

/* 5.4-5.6: the earliest segment, twice as long each time, all of it again as slow start allows. */
static void a_time_out_sends_everything_again(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 4 * MSS);
	expect_segments(&t, 0, 4);
	tk_advance(&t, 200 * NS_PER_MS);
	expect_segments(&t, 0, 1);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_tcb(&t)->cwnd, MSS);
	assert_int_equal(tk_tcb(&t)->ssthresh, 2 * MSS);
	tk_advance(&t, 400 * NS_PER_MS);
	expect_segments(&t, 0, 1);
	assert_int_equal(tk_tcb(&t)->ssthresh, 2 * MSS); /* once per loss */
	peer_ack(&t, 1 + MSS);
	expect_segments(&t, MSS, 2);
	peer_ack(&t, 1 + 3 * MSS);
	expect_segments(&t, 3 * MSS, 1);
	peer_ack(&t, 1 + 4 * MSS);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_tcb(&t)->recovery, TCP_RECOVERY_NONE);
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 0, "tcp_seq"), "4294967281");
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 0, "payload_len"), "1448");
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 0, "rto_ms"), "400");
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 1, "attempt"), "2");
	tk_advance(&t, 10 * NS_PER_S);
	TK_EXPECT_NOTHING(&t); /* 5.2: all is acknowledged, the timer is off */
	tk_close(&t);
}

/* What the device did not take was not sent, and no event says so. */
static void no_event_without_a_frame(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 100);
	t.k.send_result = ERR_NETDOWN;
	tk_advance(&t, NS_PER_S);
	assert_int_equal(tk_events(&t, EVENT_TCP_RETRANSMIT), 0);
	t.k.send_result = ERR_OK;
	tk_advance(&t, 5 * NS_PER_S);
	assert_true(tk_events(&t, EVENT_TCP_RETRANSMIT) > 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* A device without room is asked again soon, not after a time-out. */
static void a_full_device(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	t.k.send_result = ERR_AGAIN;
	tk_write(&t, 0, 100);
	assert_int_equal(tk_tcb(&t)->snd_nxt - TK_ISS, 1);
	assert_int_equal(tk_tcb(&t)->bytes_sent, 0);
	tk_advance(&t, 2 * TCP_DEVICE_RETRY_NS);
	t.k.send_result = ERR_OK;
	tk_advance(&t, TCP_DEVICE_RETRY_NS);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 100);
	tk_close(&t);
}

static void no_memory_for_a_packet(void **state)
{
	struct pktbuf_queue taken = {0};
	struct pktbuf *pkt;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	while ((pkt = pktbuf_alloc(&t.k.stack->pool, 0)) != NULL)
		pktbuf_queue_push(&taken, pkt);
	tk_write(&t, 0, 100);
	TK_EXPECT_NOTHING(&t);
	assert_true(kit_counter(&t.k, "tcp_no_memory") > 0);
	pktbuf_queue_free(&taken);
	tk_advance(&t, TCP_DEVICE_RETRY_NS);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 100);
	tk_close(&t);
}

/* 3.8.3: R2, and the error the user gets. */
static void nobody_acknowledges(void **state)
{
	char buf[4];
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 100);
	tk_advance(&t, 250 * NS_PER_S);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	tk_advance(&t, 150 * NS_PER_S);
	kit_sent_clear(&t.k);
	assert_int_equal(tk_state(&t), TCP_CLOSED);
	assert_int_equal(sock_recv(t.k.stack, t.fd, buf, sizeof(buf), t.k.now_ns), ERR_TIMEDOUT);
	assert_int_equal(sock_recv(t.k.stack, t.fd, buf, sizeof(buf), t.k.now_ns), 0);
	assert_int_equal(sock_send(t.k.stack, t.fd, "x", 1, t.k.now_ns), ERR_PIPE);
	assert_string_equal(tk_field(&t, EVENT_TCP_ABORTED, 0, "state"), "ESTABLISHED");
	tk_close(&t);
}

/* Patience is counted from when something was sent, not from when the peer was last heard. */
static void silence_before_sending_does_not_count(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_advance(&t, 3600 * NS_PER_S);
	tk_write(&t, 0, 100);
	tk_advance(&t, 10 * NS_PER_S);
	kit_sent_clear(&t.k);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	tk_close(&t);
}

/* RFC 5681 3.1: one segment for each window that was acknowledged. */
static void congestion_avoidance(void **state)
{
	struct tcb tcb = {.snd_mss = 1000, .cwnd = 10000, .ssthresh = 10000, .cwnd_limited = true};

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(tcb.cwnd, 10000);
		tcp_congestion_acked(&tcb, 1000);
	}
	for (unsigned i = 0; i < 11; i++) {
		assert_int_equal(tcb.cwnd, 11000);
		tcp_congestion_acked(&tcb, 1000);
	}
	assert_int_equal(tcb.cwnd, 12000);
	tcb.cwnd_limited = false; /* a window that was not filled does not grow */
	for (unsigned i = 0; i < 50; i++)
		tcp_congestion_acked(&tcb, 1000);
	assert_int_equal(tcb.cwnd, 12000);
}

/* Karn: without timestamps, the answer to what was sent twice tells no round trip. */
static void karn(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.timestamps = false;
	tk_establish(&t);
	tk_write(&t, 0, 100);
	tk_advance(&t, 500 * NS_PER_MS); /* one time-out on the way */
	kit_sent_clear(&t.k);
	assert_true(tk_tcb(&t)->srtt_ns < NS_PER_MS);
	peer_ack(&t, 101);
	assert_true(tk_tcb(&t)->srtt_ns < NS_PER_MS);
	assert_int_equal(tk_tcb(&t)->rto_ns, 400 * NS_PER_MS); /* the backed-off value stays */
	tk_close(&t);
}

/* RFC 7323 4: with timestamps the echo tells which of the two was answered. */
static void the_echo_tells_the_round_trip(void **state)
{
	struct kit_sent *s;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 100);
	tk_advance(&t, 200 * NS_PER_MS);
	s = tk_take(&t);
	assert_non_null(s);
	kit_sent_free(s);
	t.k.now_ns += 50 * NS_PER_MS;
	peer_ack(&t, 101);
	assert_in_range(tk_tcb(&t)->srtt_ns, 6 * NS_PER_MS, 7 * NS_PER_MS); /* 1/8 of 50 ms */
	tk_close(&t);
}

/* An ACK was lost: what answers the second copy echoes the first one (RFC 7323 4.3), whose age is
 * the time-out, not the round trip. */
static void the_echo_of_the_first_copy_tells_nothing(void **state)
{
	struct tk t;
	uint32_t at = 0;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	for (unsigned i = 0; i < 8; i++, at += 100) {
		uint32_t first;

		tk_write(&t, at, 100);
		TK_EXPECT(&t, TCP_ACK, 1 + at, 1, 100);
		first = t.ts_echo;
		tk_advance(&t, tk_tcb(&t)->rto_ns);
		TK_EXPECT(&t, TCP_ACK, 1 + at, 1, 100);
		tk_advance(&t, 10 * NS_PER_MS);
		t.ts_echo = first;
		t.tsval++;
		peer_ack(&t, 101 + at);
		assert_true(tk_tcb(&t)->srtt_ns < 10 * NS_PER_MS);
		/* and a clean exchange ends the backing off (RFC 6298 5.5) */
		at += 100;
		tk_write(&t, at, 100);
		TK_EXPECT(&t, TCP_ACK, 1 + at, 1, 100);
		peer_ack(&t, 101 + at);
		assert_int_equal(tk_tcb(&t)->rto_ns, TCP_RTO_MIN_NS);
	}
	tk_close(&t);
}

/* One byte is timed at a time, the first of those on their way. */
static void the_first_byte_is_timed(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	assert_int_equal(sock_setsockopt(t.k.stack, t.fd, SOCK_TCP_NODELAY, 1, t.k.now_ns), ERR_OK);
	tk_tcb(&t)->srtt_ns = 0;
	tk_write(&t, 0, 10);
	t.k.now_ns += 10 * NS_PER_MS;
	tk_write(&t, 10, 10);
	t.k.now_ns += 20 * NS_PER_MS;
	peer_ack(&t, 21);
	assert_int_equal(tk_tcb(&t)->srtt_ns, 30 * NS_PER_MS);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* A user who sends little does not earn a larger window. */
static void a_window_that_is_not_filled_does_not_grow(void **state)
{
	uint32_t cwnd;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 12 * MSS); /* fills the window once */
	peer_ack(&t, 1 + 10 * MSS);
	peer_ack(&t, 1 + 12 * MSS);
	cwnd = tk_tcb(&t)->cwnd;
	assert_true(cwnd > 10 * MSS);
	for (unsigned i = 0; i < 20; i++) {
		tk_write(&t, 12 * MSS + i * 100, 100);
		peer_ack(&t, 1 + 12 * MSS + (i + 1) * 100);
	}
	assert_int_equal(tk_tcb(&t)->cwnd, cwnd);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* RFC 6298 5.7, RFC 5681 3.1: the SYN was lost. */
static void after_a_lost_syn(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.timestamps = false;
	tk_connect(&t);
	tk_advance(&t, NS_PER_S);
	kit_sent_clear(&t.k);
	t.k.now_ns += 10 * NS_PER_MS;
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
	assert_int_equal(tk_tcb(&t)->srtt_ns, 0); /* Karn */
	assert_int_equal(tk_tcb(&t)->rto_ns, 3 * NS_PER_S);
	tk_write(&t, 0, 5 * MSS);
	assert_int_equal(tk_tcb(&t)->cwnd, tcb_eff_mss(tk_tcb(&t)));
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* --- recovery: RFC 5681 3.2, RFC 6582, RFC 3042 ---------------------------------------------- */

static void three_duplicates(struct tk *t, uint32_t ack)
{
	for (unsigned i = 0; i < 3; i++)
		peer_ack(t, ack);
}

static void fast_retransmit(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 20 * MSS);
	expect_segments(&t, 0, 10);
	peer_ack(&t, 1);
	expect_segments(&t, 10 * MSS, 1); /* RFC 3042: one new for each of the first two */
	peer_ack(&t, 1);
	expect_segments(&t, 11 * MSS, 1);
	peer_ack(&t, 1);
	expect_segments(&t, 0, 1);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_tcb(&t)->ssthresh, 6 * MSS);
	assert_int_equal(tk_tcb(&t)->cwnd, 9 * MSS);
	for (unsigned i = 0; i < 6; i++) /* six more have left: the window grows to 15 */
		peer_ack(&t, 1);
	expect_segments(&t, 12 * MSS, 3);
	peer_ack(&t, 1 + 12 * MSS); /* all that was out when it was noticed: over */
	assert_int_equal(tk_tcb(&t)->recovery, TCP_RECOVERY_NONE);
	assert_int_equal(tk_tcb(&t)->cwnd, 4 * MSS); /* no burst: what is out, and one */
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 0, "reason"), "three duplicate ACKs");
	assert_int_equal(kit_counter(&t.k, "tcp_fast_retransmits"), 1);
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* RFC 6582 3.2, step 2: `recover` must not fall behind so far that it lies ahead. */
static void fast_retransmit_after_gigabytes(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	for (unsigned i = 0; i < 2; i++) {
		tk_write(&t, i * 100, 100);
		TK_EXPECT(&t, TCP_ACK, 1 + i * 100, 1, 100);
		/* stands for as much sent and acknowledged as makes it old, but not yet the future */
		tk_tcb(&t)->recover -= UINT32_C(0x7fffff00);
		peer_ack(&t, 101 + i * 100);
	}
	tk_write(&t, 200, 4 * MSS);
	kit_sent_clear(&t.k);
	three_duplicates(&t, 201);
	assert_int_equal(kit_counter(&t.k, "tcp_fast_retransmits"), 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* RFC 6582 3.2, step 3: a partial ACK names the next hole. */
static void two_losses_in_one_window(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 10 * MSS);
	expect_segments(&t, 0, 10);
	three_duplicates(&t, 1);
	expect_segments(&t, 0, 1);
	assert_int_equal(tk_tcb(&t)->cwnd, 8 * MSS);
	peer_ack(&t, 1 + 4 * MSS);
	expect_segments(&t, 4 * MSS, 1);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_tcb(&t)->recovery, TCP_RECOVERY_FAST);
	assert_int_equal(tk_tcb(&t)->cwnd, 5 * MSS); /* four have left, one is added */
	peer_ack(&t, 1 + 10 * MSS);
	assert_int_equal(tk_tcb(&t)->recovery, TCP_RECOVERY_NONE);
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 0);
	tk_close(&t);
}

/* The timer restarts with the first partial ACK and not again: a window full of holes is left to
 * the time-out. */
static void many_losses_in_one_window(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 10 * MSS);
	expect_segments(&t, 0, 10);
	three_duplicates(&t, 1);
	for (unsigned i = 1; i <= 4; i++) {
		t.k.now_ns += 60 * NS_PER_MS;
		peer_ack(&t, 1 + i * MSS);
	}
	kit_sent_clear(&t.k);
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 0);
	tk_advance(&t, 20 * NS_PER_MS); /* 200 after the first partial ACK */
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 1);
	expect_segments(&t, 4 * MSS, 1);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* A time-out for nothing: the ACK that comes covers more than what was sent again. */
static void the_ack_overtakes_the_repetition(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 6 * MSS);
	expect_segments(&t, 0, 6);
	tk_advance(&t, 200 * NS_PER_MS);
	expect_segments(&t, 0, 1);
	peer_ack(&t, 1 + 3 * MSS);
	expect_segments(&t, 3 * MSS, 2);
	peer_ack(&t, 1 + 6 * MSS);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* PSH stands on the last byte of the stream so far, and nowhere else, also the second time. */
static void psh_when_sent_again(void **state)
{
	struct kit_sent *s;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, MSS + 100);
	assert_int_equal(sock_setsockopt(t.k.stack, t.fd, SOCK_TCP_NODELAY, 1, t.k.now_ns), ERR_OK);
	kit_sent_clear(&t.k);
	tk_advance(&t, 200 * NS_PER_MS);
	s = tk_take(&t);
	assert_int_equal(s->tcp.flags, TCP_ACK);
	kit_sent_free(s);
	peer_ack(&t, 1 + MSS);
	s = tk_take(&t);
	assert_int_equal(s->tcp.flags, TCP_ACK | TCP_PSH);
	kit_sent_free(s);
	tk_close(&t);
}

/* RFC 6582 3.2, step 2: echoes of a time-out's retransmissions start no fast retransmit. */
static void echoes_after_a_time_out(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 5 * MSS);
	expect_segments(&t, 0, 5);
	tk_advance(&t, 200 * NS_PER_MS);
	expect_segments(&t, 0, 1);
	peer_ack(&t, 1 + 5 * MSS);
	tk_write(&t, 5 * MSS, 5 * MSS);
	tk_write(&t, 10 * MSS, 20 * MSS);
	kit_sent_clear(&t.k);
	for (unsigned i = 0; i < 8; i++)
		peer_ack(&t, 1 + 5 * MSS);
	assert_int_equal(t.k.n_sent, 2); /* limited transmit stays limited */
	assert_int_equal(kit_counter(&t.k, "tcp_fast_retransmits"), 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* RFC 5681 2: what does not count as a duplicate. */
static void what_is_no_duplicate(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	peer_ack(&t, 1); /* nothing is out */
	tk_write(&t, 0, 100);
	kit_sent_clear(&t.k);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "x", .len = 1); /* it has text */
	t.window--;
	TK_SEND(&t, .seq = 2, .ack = 1, .flags = TCP_ACK); /* a new window */
	assert_int_equal(kit_counter(&t.k, "tcp_duplicate_acks"), 0);
	TK_SEND(&t, .seq = 2, .ack = 1, .flags = TCP_ACK);
	assert_int_equal(kit_counter(&t.k, "tcp_duplicate_acks"), 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* --- memory ---------------------------------------------------------------------------------- */

/* A connection at rest costs a kibibyte at most. */
static void an_idle_connection_is_small(void **state)
{
	size_t with_buffer;
	struct tk t;

	(void)state;
	assert_true(tcp_control_size() <= 1024 - 160); /* and a socket beside it */
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 100);
	kit_sent_clear(&t.k);
	with_buffer = t.k.kp.live_bytes;
	peer_ack(&t, 101);
	tk_advance(&t, TCP_BUFFER_KEEP_NS);
	assert_true(with_buffer - t.k.kp.live_bytes >= 256 * 1024);
	assert_null(tk_tcb(&t)->snd_buf);
	tk_write(&t, 100, 100); /* it comes back when it is needed */
	TK_EXPECT(&t, TCP_ACK, 101, 1, 100);
	peer_ack(&t, 201);
	tk_close(&t);
}

/* With nothing to do it asks for no time: the machine may sleep for ever. */
static void an_idle_connection_has_no_timer(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 100);
	TK_SEND(&t, .seq = 1, .ack = 101, .flags = TCP_ACK, .data = "x", .len = 1);
	tk_advance(&t, 2 * TCP_BUFFER_KEEP_NS);
	assert_false(timer_is_set(&tk_tcb(&t)->timer));
	kit_sent_clear(&t.k);
	tk_close(&t);
}

static void no_memory_for_the_buffer_later(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 10);
	kit_sent_clear(&t.k);
	peer_ack(&t, 11);
	tk_advance(&t, TCP_BUFFER_KEEP_NS);
	t.k.kp.fail_after = 0;
	assert_int_equal(sock_send(t.k.stack, t.fd, "x", 1, t.k.now_ns), ERR_NOBUFS);
	t.k.kp.fail_after = UINT_MAX;
	tk_write(&t, 10, 1);
	TK_EXPECT(&t, TCP_ACK, 11, 1, 1);
	tk_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_leaves_in_full_segments),
		cmocka_unit_test(routers_may_fragment),
		cmocka_unit_test(nagle_and_nodelay),
		cmocka_unit_test(the_fin_goes_with_the_last_text),
		cmocka_unit_test(the_initial_window_and_slow_start),
		cmocka_unit_test(an_idle_connection_starts_small_again),
		cmocka_unit_test(the_peer_s_mss),
		cmocka_unit_test(an_mss_of_zero),
		cmocka_unit_test(nothing_goes_beyond_the_window),
		cmocka_unit_test(the_window_is_scaled),
		cmocka_unit_test(an_old_segment_does_not_update_the_window),
		cmocka_unit_test(an_old_segment_does_not_move_the_edge),
		cmocka_unit_test(a_window_that_shrinks),
		cmocka_unit_test(acks_that_cannot_be),
		cmocka_unit_test(a_closed_window_is_probed_for_ever),
		cmocka_unit_test(a_window_closed_over_text_in_flight),
		cmocka_unit_test(a_closed_window_and_no_answer),
		cmocka_unit_test(a_closed_window_after_silence),
		cmocka_unit_test(an_orphan_does_not_probe_for_ever),
		cmocka_unit_test(a_silly_window_is_used_late),
		cmocka_unit_test(the_override_ends_the_probing),
		cmocka_unit_test(a_fin_waits_for_the_window),
		cmocka_unit_test(a_fin_goes_when_the_full_window_opens),
		cmocka_unit_test(the_estimator),
		cmocka_unit_test(a_time_out_sends_everything_again),
		cmocka_unit_test(no_event_without_a_frame),
		cmocka_unit_test(a_full_device),
		cmocka_unit_test(no_memory_for_a_packet),
		cmocka_unit_test(nobody_acknowledges),
		cmocka_unit_test(silence_before_sending_does_not_count),
		cmocka_unit_test(congestion_avoidance),
		cmocka_unit_test(karn),
		cmocka_unit_test(the_echo_tells_the_round_trip),
		cmocka_unit_test(the_echo_of_the_first_copy_tells_nothing),
		cmocka_unit_test(the_first_byte_is_timed),
		cmocka_unit_test(a_window_that_is_not_filled_does_not_grow),
		cmocka_unit_test(after_a_lost_syn),
		cmocka_unit_test(fast_retransmit),
		cmocka_unit_test(fast_retransmit_after_gigabytes),
		cmocka_unit_test(two_losses_in_one_window),
		cmocka_unit_test(many_losses_in_one_window),
		cmocka_unit_test(the_ack_overtakes_the_repetition),
		cmocka_unit_test(psh_when_sent_again),
		cmocka_unit_test(echoes_after_a_time_out),
		cmocka_unit_test(what_is_no_duplicate),
		cmocka_unit_test(an_idle_connection_is_small),
		cmocka_unit_test(an_idle_connection_has_no_timer),
		cmocka_unit_test(no_memory_for_the_buffer_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
