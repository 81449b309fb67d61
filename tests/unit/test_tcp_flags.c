/*
 * SPDX-License-Identifier: MIT
 *
 * Every combination of flags in every state (RFC 9293 3.10.7), and what may come beside a SYN: a FIN,
 * text.
 */
#include <limits.h>
#include <stdlib.h>

#include "tests/runner/unit.h"
#include "tests/unit/receive_kit.h"

FIXTURE_ONCE(fill_pattern);

#define SYN_FIN (TCP_SYN | TCP_FIN)

/* --- the RFC, written down once more ----------------------------------------------------------- */

/* The state after a segment at RCV.NXT that acknowledges all that was sent. */
static enum tcp_state after(enum tcp_state state, unsigned flags)
{
	bool fin = flags & TCP_FIN;

	if (flags & TCP_RST)
		return state == TCP_TIME_WAIT ? state : TCP_CLOSED; /* RFC 1337 */
	if ((flags & TCP_SYN) || !(flags & TCP_ACK))
		return state;
	switch (state) {
	case TCP_SYN_RECEIVED:
	case TCP_ESTABLISHED: return fin ? TCP_CLOSE_WAIT : TCP_ESTABLISHED;
	case TCP_FIN_WAIT_1: /* the ACK is of our FIN */
	case TCP_FIN_WAIT_2: return fin ? TCP_TIME_WAIT : TCP_FIN_WAIT_2;
	case TCP_CLOSING: return TCP_TIME_WAIT;
	case TCP_LAST_ACK: return TCP_CLOSED;
	default: return state;
	}
}

static enum tcp_state after_syn_sent(unsigned flags)
{
	bool ack = flags & TCP_ACK;

	if (flags & TCP_RST)
		return ack ? TCP_CLOSED : TCP_SYN_SENT;
	if (!(flags & TCP_SYN))
		return TCP_SYN_SENT;
	if (!ack)
		return TCP_SYN_RECEIVED;
	return flags & TCP_FIN ? TCP_CLOSE_WAIT : TCP_ESTABLISHED;
}

/* --- every combination ------------------------------------------------------------------------- */

static uint8_t answer_of(struct tk *t)
{
	struct kit_sent *s = tk_take(t);
	uint8_t flags = s != NULL ? s->tcp.flags & (uint8_t)~(TCP_PSH | TCP_CWR | TCP_ECE) : 0;

	kit_sent_free(s);
	kit_sent_clear(&t->k);
	return flags;
}

static void one_combination(enum tcp_state state, unsigned flags)
{
	enum tcp_state expected = state == TCP_SYN_SENT ? after_syn_sent(flags) : after(state, flags);
	struct tcp_inside was;
	uint8_t answer;
	struct tk t;

	tk_open(&t);
	tk_reach(&t, state);
	was = tk_inspect(&t);
	TK_SEND(&t, .seq = state == TCP_SYN_SENT ? 0 : was.rcv_nxt - TK_IRS,
		.ack = was.snd_nxt - TK_ISS, .flags = (uint16_t)flags);
	if (tk_state(&t) != expected)
		kit_fail("%s, flags %02x: %s, not %s", tcp_state_name(state), flags,
			 tcp_state_name(tk_state(&t)), tcp_state_name(expected));
	answer = answer_of(&t);
	if ((flags & TCP_SYN) && !(flags & TCP_RST)) /* RFC 5961 4.2: a challenge, but in SYN-SENT */
		assert_int_equal(answer, expected == TCP_SYN_RECEIVED && state == TCP_SYN_SENT
						 ? TCP_SYN | TCP_ACK : TCP_ACK);
	if (flags & TCP_RST)
		assert_int_equal(answer, 0);
	tk_close(&t);
}

TEST(every_combination_in_every_state)
{
	for (unsigned flags = 0; flags < 512; flags++)
		for (enum tcp_state s = TCP_SYN_SENT; s <= TCP_TIME_WAIT; s++)
			one_combination(s, flags);
}

/* 3.10.7.2; and a SYN with FIN is dropped. */
static uint8_t listener_s_answer(unsigned flags)
{
	if (flags & TCP_RST)
		return 0;
	if (flags & TCP_ACK)
		return TCP_RST;
	return (flags & SYN_FIN) == TCP_SYN ? TCP_SYN | TCP_ACK : 0;
}

/* 3.10.7.1 */
static uint8_t answer_of_closed(unsigned flags)
{
	if (flags & TCP_RST)
		return 0;
	return flags & TCP_ACK ? TCP_RST : TCP_RST | TCP_ACK;
}

TEST(every_combination_without_a_connection)
{
	for (unsigned flags = 0; flags < 64; flags++) {
		struct tk t;

		tk_open(&t);
		TK_SEND(&t, .seq = 0, .ack = 1, .flags = (uint8_t)flags);
		assert_int_equal(answer_of(&t), answer_of_closed(flags));
		tk_listen(&t, 4);
		TK_SEND(&t, .seq = 0, .ack = 1, .flags = (uint8_t)flags);
		assert_int_equal(answer_of(&t), listener_s_answer(flags));
		tk_close(&t);
	}
}

/* --- SYN with FIN ------------------------------------------------------------------------------ */

TCP_TEST(a_listener_drops_it)
{
	tk_listen(t, 4);
	TK_SEND(t, .flags = SYN_FIN);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(kit_counter(&t->k, "tcp_malformed"), 1);
	assert_int_equal(kit_counter(&t->k, "tcp_connections"), 0);
}

/* Both count in SEG.LEN. */
TCP_TEST(nowhere_resets_it)
{
	TK_SEND(t, .seq = 10, .flags = SYN_FIN, .data = "abc", .len = 3);
	TK_EXPECT(t, TCP_RST | TCP_ACK, (uint32_t)-TK_ISS, 15, 0);
}

/* 3.10.7.3: "if there are other controls or text in the segment, then continue processing at the
 * sixth step": a whole answer in one segment. */
TCP_TEST(an_answer_in_one_segment)
{
	tk_reach(t, TCP_SYN_SENT);
	TK_SEND(t, .flags = SYN_FIN | TCP_ACK, .ack = 1, .data = pattern, .len = 5);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	TK_EXPECT(t, TCP_ACK, 1, 7, 0);
	assert_int_equal(tk_state(t), TCP_CLOSE_WAIT);
	expect_read(t, 0, 5);
}

/* What does not fit into the window of our SYN is cut, and a FIN behind it has not come. */
TCP_TEST(an_answer_beyond_the_window)
{
	tk_reach(t, TCP_SYN_SENT);
	tk_turn(t, TCP_KNOB_RCVBUF, 1000);
	tk_turn(t, TCP_KNOB_RCVBUF_MAX, 1000);
	TK_SEND(t, .flags = SYN_FIN | TCP_ACK, .ack = 1, .data = pattern, .len = 1400);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	expect_read(t, 0, 1000);
	kit_sent_clear(&t->k);
}

/* --- text and FIN on a SYN that crosses ours --------------------------------------------------- */

static void crossing(struct tk *t, uint8_t flags, uint32_t len)
{
	tk_open(t);
	tk_reach(t, TCP_SYN_SENT);
	TK_SEND(t, .flags = TCP_SYN | flags, .data = pattern, .len = len);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(tk_state(t), TCP_SYN_RECEIVED);
	assert_int_equal(tk_inspect(t).rcv_unread, 0);
}

/* 3.10.7.3: "queue them for processing after the ESTABLISHED state has been reached". */
TEST(crossing_text_waits)
{
	struct kit_sent *s;
	struct tk t;

	crossing(&t, 0, 100);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 1); /* no SACK block of what is queued */
	s = tk_take(&t);
	assert_int_equal(s->tcp.header_len, 32);
	kit_sent_free(s);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT(&t, TCP_ACK, 1, 101, 0);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	assert_null(tk_inspect(&t).reassembly);
	expect_read(&t, 0, 100);
	assert_int_equal(tk_inspect(&t).rcv_memory, 0);
	tk_close(&t);
}

/* What establishes has text itself: the same and more; behind it; behind a hole. */
TEST(crossing_text_and_more)
{
	static const struct {
		uint32_t from, len, ack;
	} more[] = {{0, 150, 151}, {0, 50, 101}, {100, 50, 151}, {50, 100, 151}, {150, 50, 101}};
	struct tk t;

	for (unsigned i = 0; i < ARRAY_LEN(more); i++) {
		crossing(&t, 0, 100);
		peer_data(&t, more[i].from, more[i].len);
		TK_EXPECT(&t, TCP_ACK, 1, more[i].ack, 0);
		assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
		expect_read(&t, 0, more[i].ack - 1);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

TEST(crossing_fin_waits)
{
	struct tk t;

	crossing(&t, TCP_FIN, 100);
	TK_SEND(&t, .seq = 102, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT(&t, TCP_ACK, 1, 102, 0);
	assert_int_equal(tk_state(&t), TCP_CLOSE_WAIT);
	expect_read(&t, 0, 100);
	tk_close(&t);
	crossing(&t, TCP_FIN, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT(&t, TCP_ACK, 1, 2, 0);
	assert_int_equal(tk_state(&t), TCP_CLOSE_WAIT);
	tk_close(&t);
}

/* It is given back with the connection, and where there is no memory the peer sends it again. */
TEST(crossing_text_goes_with_the_connection)
{
	struct tk t;

	crossing(&t, 0, 100);
	TK_SEND(&t, .seq = 1, .flags = TCP_RST);
	assert_int_equal(tk_state(&t), TCP_CLOSED);
	tk_close(&t);
	tk_open(&t);
	tk_reach(&t, TCP_SYN_SENT);
	t.k.kp.fail_after = 0;
	TK_SEND(&t, .flags = TCP_SYN, .data = pattern, .len = 100);
	t.k.kp.fail_after = UINT_MAX;
	kit_sent_clear(&t.k);
	peer_data(&t, 0, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 101, 0);
	expect_read(&t, 0, 100);
	tk_close(&t);
}
