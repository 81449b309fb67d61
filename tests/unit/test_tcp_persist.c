/*
 * SPDX-License-Identifier: MIT
 *
 * The closed window: RFC 9293 3.8.6.1 (probes, and how long) and 3.8.6.2.1 (silly windows).
 */
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

/* HOSTILE-INPUTS: a zero window held for ever.  MUST-36, MUST-37. */
TCP_TEST(a_closed_window_is_probed_for_ever)
{
	unsigned probes = 0;

	t->window = 0;
	tk_establish(t);
	tk_write(t, 0, 100);
	TK_EXPECT_NOTHING(t);
	assert_string_equal(tk_field(t, EVENT_TCP_ZERO_WINDOW, 0, "unsent"), "100");
	for (uint64_t s = 0; s < 3600; s++) {
		struct kit_sent *probe;

		tk_advance(t, NS_PER_S);
		while ((probe = tk_take(t)) != NULL) {
			assert_int_equal(probe->payload_len, 0);
			assert_int_equal(probe->tcp.seq, TK_ISS);
			probes++;
			kit_sent_free(probe);
			tk_peer_ack(t, 1); /* still closed */
		}
	}
	assert_true(probes > 60 && probes < 90); /* a minute apart in the end */
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	assert_int_equal(tk_events(t, EVENT_TCP_ZERO_WINDOW), 1);
	t->window = 1000;
	tk_peer_ack(t, 1);
	TK_EXPECT(t, TCP_ACK, 1, 1, 100);
	tk_peer_ack(t, 101);
	tk_advance(t, 100 * NS_PER_S); /* open: no more questions */
	TK_EXPECT_NOTHING(t);
}

/* MUST-37, MUST-34: what is in flight is the probe, and its answer as good as a probe's. */
TCP_TEST(a_window_closed_over_text_in_flight)
{
	tk_establish(t);
	tk_write(t, 0, 100);
	TK_EXPECT(t, TCP_ACK, 1, 1, 100);
	t->window = 0;
	tk_peer_ack(t, 1);
	for (unsigned s = 0; s < 900; s++) {
		struct kit_sent *again;

		tk_advance(t, NS_PER_S);
		while ((again = tk_take(t)) != NULL) {
			kit_sent_free(again);
			tk_peer_ack(t, 1);
		}
	}
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	tk_advance(t, 2 * TCP_USER_TIMEOUT_NS); /* but silence is still silence */
	assert_int_equal(tk_state(t), TCP_CLOSED);
	kit_sent_clear(&t->k);
}

TCP_TEST(a_closed_window_and_no_answer)
{
	t->window = 0;
	tk_establish(t);
	tk_write(t, 0, 100);
	tk_advance(t, 400 * NS_PER_S);
	kit_sent_clear(&t->k);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(tk_events(t, EVENT_TCP_ABORTED), 1);
}

/* The five minutes count from when there was something to ask for. */
TEST(a_closed_window_after_silence)
{
	for (unsigned fin = 0; fin < 2; fin++) {
		struct tk t;

		tk_open(&t);
		tk_establish(&t);
		t.window = 0;
		tk_peer_ack(&t, 1);
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
TCP_TEST(an_orphan_does_not_probe_for_ever)
{
	t->window = 0;
	tk_establish(t);
	tk_write(t, 0, 100);
	assert_int_equal(sock_close(t->k.stack, t->fd, t->k.now_ns), ERR_OK);
	for (unsigned i = 0; i < 600 && tk_events(t, EVENT_TCP_ABORTED) == 0; i++) {
		tk_advance(t, NS_PER_S);
		kit_sent_clear(&t->k);
		tk_peer_ack(t, 1);
	}
	assert_int_equal(tk_events(t, EVENT_TCP_ABORTED), 1);
	assert_int_equal(tk_events(t, EVENT_TCP_SUMMARY), 1);
}

/* 3.8.6.2.1, (3) and (4): half of the largest window at once, less of it after the override
 * time. */
TCP_TEST(a_silly_window_is_used_late)
{
	t->window = 400;
	tk_establish(t);
	tk_write(t, 0, 1000);
	TK_EXPECT(t, TCP_ACK, 1, 1, 400);
	t->window = 199;
	tk_peer_ack(t, 401);
	TK_EXPECT_NOTHING(t);
	tk_advance(t, TCP_OVERRIDE_NS);
	TK_EXPECT(t, TCP_ACK, 401, 1, 199);
	t->window = 200;
	tk_peer_ack(t, 600);
	TK_EXPECT(t, TCP_ACK, 600, 1, 200);
}

TCP_TEST(the_override_ends_the_probing)
{
	t->window = 1000;
	tk_establish(t);
	t->window = 0;
	tk_peer_ack(t, 1);
	tk_write(t, 0, 1000);
	tk_advance(t, 2 * NS_PER_S);
	assert_true(tk_inspect(t).attempts > 1);
	kit_sent_clear(&t->k);
	t->window = 199; /* open, but silly */
	tk_peer_ack(t, 1);
	TK_EXPECT_NOTHING(t);
	while (t->k.sent_first == NULL)
		tk_advance(t, 10 * NS_PER_MS);
	TK_EXPECT(t, TCP_ACK, 1, 1, 199);
	assert_int_equal(tk_inspect(t).attempts, 0);
	assert_false(tcp_timer_is_set(tk_tcb(t), TCP_TIMER_PERSIST));
}

/* However long the window was closed before: the override time is the same. */
TCP_TEST(a_closed_window_becomes_a_silly_one)
{
	t->window = 1000;
	tk_establish(t);
	t->window = 0;
	tk_peer_ack(t, 1);
	tk_write(t, 0, 1000);
	tk_advance(t, 100 * NS_PER_S);
	kit_sent_clear(&t->k);
	t->window = 199;
	tk_peer_ack(t, 1);
	tk_advance(t, TCP_OVERRIDE_NS - 1);
	TK_EXPECT_NOTHING(t);
	tk_peer_ack(t, 1); /* said twice */
	tk_advance(t, 1);
	TK_EXPECT(t, TCP_ACK, 1, 1, 199);
	tk_peer_ack(t, 200);
	kit_sent_clear(&t->k);
}

/* The last byte filled the window: the FIN has no room, and needs what every byte needs. */
TCP_TEST(a_fin_waits_for_the_window)
{
	t->window = 100;
	tk_establish(t);
	tk_write(t, 0, 100);
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
	TK_EXPECT(t, TCP_ACK, 1, 1, 100);
	t->window = 0;
	tk_peer_ack(t, 101);
	TK_EXPECT_NOTHING(t);
	tk_advance(t, 200 * NS_PER_MS);
	TK_EXPECT(t, TCP_ACK, 100, 1, 0); /* the probe */
	t->window = 100;
	tk_peer_ack(t, 101);
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 101, 1, 0);
}

/* The same, where one ACK takes everything and opens the window: there is no probe to wait for. */
TCP_TEST(a_fin_goes_when_the_full_window_opens)
{
	t->window = 1000;
	tk_establish(t);
	tk_write(t, 0, 1000);
	TK_EXPECT(t, TCP_ACK, 1, 1, 1000);
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
	TK_EXPECT_NOTHING(t);
	tk_peer_ack(t, 1001);
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 1001, 1, 0);
}
