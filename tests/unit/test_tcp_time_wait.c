/*
 * SPDX-License-Identifier: MIT
 *
 * TIME-WAIT (RFC 9293 3.6.1): what opens a new connection out of it (RFC 6191), from either side,
 * what must not, and that no RST ends it early (RFC 1337).
 */
#include "net/socket/table.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/limits.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

/* The peer connects to our listener and both close, we first: the listener is still there. */
static void reach_behind_a_listener(struct tk *t)
{
	tk_listen(t, 4);
	tk_accept(t);
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 1, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_ACK);
	TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_FIN | TCP_ACK);
	TK_EXPECT(t, TCP_ACK, 2, 2, 0);
	assert_int_equal(tk_state(t), TCP_TIME_WAIT);
}

/* The SYN with that number and timestamp opens a new connection, or is answered with an ACK of the
 * old one. */
static void syn_opens(struct tk *t, uint32_t seq, bool opens)
{
	uint32_t old_next = t->iss + 2;
	struct kit_sent *s;

	TK_SEND(t, .seq = seq, .flags = TCP_SYN);
	s = tk_take(t);
	assert_non_null(s);
	if (opens) {
		assert_int_equal(s->tcp.flags, TCP_SYN | TCP_ACK);
		assert_int_equal(s->tcp.ack - TK_IRS, seq + 1);
		assert_true(seq_gt(s->tcp.seq, old_next + 65535)); /* MAY-2, (1) */
		assert_int_equal(tk_state(t), TCP_CLOSED);
		assert_int_equal(kit_counter(&t->k, "tcp_time_wait_reused"), 1);
		TK_SEND(t, .seq = seq + 1, .ack = 1, .flags = TCP_ACK, .data = "hi", .len = 2);
		t->fd = sock_accept(t->k.stack, t->listener, NULL);
		assert_true(t->fd > 0);
		assert_int_equal(tk_state(t), TCP_ESTABLISHED);
		assert_int_equal(tk_inspect(t).rcv_unread, 2);
	} else {
		assert_int_equal(s->tcp.flags, TCP_ACK);
		assert_int_equal(s->tcp.ack - TK_IRS, 2);
		assert_int_equal(tk_state(t), TCP_TIME_WAIT);
	}
	kit_sent_free(s);
}

/* RFC 6191 2, the table. */
TEST(a_syn_that_is_newer_opens_again)
{
	static const struct {
		bool before, now; /* timestamps */
		int32_t later;    /* than TS.Recent */
		uint32_t seq;     /* the FIN was 1 */
		bool opens;
	} rows[] = {
		{true, true, 1, 2, true},        {true, true, 1, 0x80001000, true},
		{true, true, 0, 2, true},        {true, true, 0, 1, false},
		{true, true, -1, 500000, false}, {true, false, 0, 2, true},
		{true, false, 0, 1, false},      {false, false, 0, 2, true},
		{false, false, 0, 1, false},     {false, true, 1000, 1, false},
		{false, true, 1000, 2, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tk t;

		tk_open(&t);
		t.timestamps = rows[i].before;
		reach_behind_a_listener(&t);
		t.timestamps = rows[i].now;
		t.tsval += (uint32_t)rows[i].later;
		syn_opens(&t, rows[i].seq, rows[i].opens);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

TCP_TEST(a_syn_with_fin_does_nothing)
{
	uint64_t deadline_ns;

	reach_behind_a_listener(t);
	deadline_ns = tk_inspect(t).close_deadline_ns;
	t->k.now_ns += NS_PER_S;
	t->tsval += 1000;
	TK_SEND(t, .seq = 100000, .flags = TCP_SYN | TCP_FIN);
	TK_EXPECT(t, TCP_ACK, 2, 2, 0);
	TK_SEND(t, .seq = 1, .flags = TCP_SYN | TCP_FIN);
	TK_EXPECT(t, TCP_ACK, 2, 2, 0);
	assert_int_equal(tk_state(t), TCP_TIME_WAIT);
	assert_int_equal(tk_inspect(t).close_deadline_ns, deadline_ns);
}

TCP_TEST(no_listener_no_new_connection)
{
	tk_reach(t, TCP_TIME_WAIT); /* by connect() */
	t->tsval += 10;
	syn_opens(t, 5000, false);
}

/* A listener that can take no more: the SYN is dropped, and what was stays. */
TCP_TEST(no_room_no_new_connection)
{
	reach_behind_a_listener(t);
	tcp_turn(tk_listener(t), TCP_KNOB_ACCEPT_COUNT, 1000);
	TK_SEND(t, .seq = 5000, .flags = TCP_SYN);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(kit_counter(&t->k, "tcp_syn_dropped"), 1);
	assert_int_equal(tk_state(t), TCP_TIME_WAIT);
	tcp_turn(tk_listener(t), TCP_KNOB_ACCEPT_COUNT, 0);
}

/* --- from our side --------------------------------------------------------------------------- */

/* Without it bind() refuses a port that anybody is on. */
static void share(struct tk *t, int fd)
{
	assert_int_equal(sock_setsockopt(t->k.stack, fd, SOCK_SO_REUSEADDR, 1, 0), ERR_OK);
}

static int connect_again(struct tk *t, int *fd)
{
	struct net_endpoint local = net_endpoint_ipv4(KIT_IP, TK_PORT);
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT);

	*fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	share(t, t->fd);
	share(t, *fd);
	assert_int_equal(sock_bind(t->k.stack, *fd, &local), ERR_OK);
	return sock_connect(t->k.stack, *fd, &remote, t->k.now_ns);
}

TCP_TEST(an_active_open_takes_its_place_after_a_second)
{
	struct kit_sent *s;
	uint32_t old_next;
	int fd;

	tk_reach(t, TCP_TIME_WAIT);
	/* As fast as it may have sent: the clock of RFC 6528 is behind. */
	old_next = tk_inspect(t).snd_nxt + 100000000;
	tk_turn(t, TCP_KNOB_SND_NXT, old_next);
	assert_int_equal(connect_again(t, &fd), ERR_ADDRINUSE);
	assert_int_equal(sock_close(t->k.stack, fd, t->k.now_ns), ERR_OK);
	tk_advance(t, NS_PER_S);
	assert_int_equal(connect_again(t, &fd), ERR_INPROGRESS);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	s = tk_take(t);
	assert_int_equal(s->tcp.flags, TCP_SYN);
	assert_true(seq_gt(s->tcp.seq, old_next + 65535));
	t->iss = s->tcp.seq;
	kit_sent_free(s);
	t->fd = fd;
	t->tsval += 1000;
	TK_SEND(t, .seq = 70000, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(t, TCP_ACK, 1, 70001, 0);
	tk_write(t, 0, 10);
	TK_EXPECT(t, TCP_ACK, 1, 70001, 10);
}

/* Without timestamps nothing tells the peer which segments are old. */
TEST(not_without_timestamps_and_not_while_it_lives)
{
	struct tk t;
	int fd;

	tk_open(&t);
	t.timestamps = false;
	tk_reach(&t, TCP_TIME_WAIT);
	tk_advance(&t, 10 * NS_PER_S);
	assert_int_equal(connect_again(&t, &fd), ERR_ADDRINUSE);
	tk_close(&t);
	tk_open(&t);
	tk_reach(&t, TCP_FIN_WAIT_2);
	share(&t, t.fd);
	assert_int_equal(sock_close(t.k.stack, t.fd, t.k.now_ns), ERR_OK); /* it has a timer too */
	tk_advance(&t, 10 * NS_PER_S);
	assert_int_equal(connect_again(&t, &fd), ERR_ADDRINUSE);
	tk_close(&t);
}

/* --- what must not end or prolong it --------------------------------------------------------- */

/* RFC 1337: an old duplicate provokes an ACK, the peer's RST in answer is exact, and ignored. */
TCP_TEST(an_old_duplicate_does_not_assassinate)
{
	tk_reach(t, TCP_TIME_WAIT);
	TK_SEND(t, .seq = 0xfffff000, .ack = 2, .flags = TCP_ACK, .data = "old", .len = 3);
	TK_EXPECT(t, TCP_ACK, 2, 2, 0);
	TK_SEND(t, .seq = 2, .flags = TCP_RST);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_state(t), TCP_TIME_WAIT);
	assert_int_equal(kit_counter(&t->k, "tcp_time_wait_rst"), 1);
	tk_advance(t, TCP_TIME_WAIT_NS);
	assert_int_equal(tk_state(t), TCP_CLOSED);
}

/* Only the peer's own FIN begins the two MSL anew. */
TCP_TEST(a_made_up_fin_does_not_prolong)
{
	tk_reach(t, TCP_TIME_WAIT);
	tk_advance(t, TCP_TIME_WAIT_NS / 2);
	TK_SEND(t, .seq = 0xfffff000, .ack = 2, .flags = TCP_FIN | TCP_ACK);
	TK_EXPECT(t, TCP_ACK, 2, 2, 0);
	tk_advance(t, TCP_TIME_WAIT_NS / 2);
	assert_int_equal(tk_state(t), TCP_CLOSED);
}

/* All that is left is the control block. */
TCP_TEST(it_keeps_no_buffers)
{
	size_t before;

	tk_establish(t);
	tk_write(t, 0, 1000);
	TK_EXPECT(t, TCP_ACK, 1, 1, 1000);
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 1001, 1, 0);
	before = t->k.kp.live_bytes;
	TK_SEND(t, .seq = 1, .ack = 1002, .flags = TCP_FIN | TCP_ACK);
	TK_EXPECT(t, TCP_ACK, 1002, 2, 0);
	assert_int_equal(tk_state(t), TCP_TIME_WAIT);
	assert_null(tk_inspect(t).snd_buf);
	assert_true(t->k.kp.live_bytes + 200 * 1024 < before);
}

/* --- how many ------------------------------------------------------------------------------------ */

static struct net_endpoint local_of(unsigned i)
{
	return net_endpoint_ipv4(KIT_IP, (uint16_t)(1000 + i));
}

static bool is_there(struct kit *k, unsigned i)
{
	struct net_endpoint local = local_of(i), remote = net_endpoint_ipv4(KIT_PEER_IP, 80);

	return tcp_find_connection(k->stack, &local, &remote) != NULL;
}

/* A connection of nobody's in TIME-WAIT. */
static struct tcb *enter(struct kit *k, unsigned i)
{
	struct tcb *tcb = tcp_create(k->stack, NULL);

	assert_non_null(tcb);
	tcb->id.local = local_of(i);
	tcb->id.remote = net_endpoint_ipv4(KIT_PEER_IP, 80);
	tcb->life.owned = false;
	tcp_hash_insert(k->stack, tcb);
	tcp_set_state(k->stack, tcb, TCP_FIN_WAIT_2);
	tcp_enter_time_wait(k->stack, tcb, k->now_ns);
	return tcb;
}

TEST(the_oldest_gives_way)
{
	static const struct net_options three = {.max_time_wait = 3};
	struct tcb *tcb[4];
	struct kit k;

	kit_open(&k, 1, &three);
	for (unsigned i = 0; i < 3; i++)
		tcb[i] = enter(&k, i);
	tcp_enter_time_wait(k.stack, tcb[0], k.now_ns); /* begins anew, and is the youngest */
	assert_int_equal(kit_counter(&k, "tcp_time_wait_evicted"), 0);
	enter(&k, 3);
	assert_int_equal(kit_counter(&k, "tcp_time_wait_evicted"), 1);
	assert_true(is_there(&k, 0) && !is_there(&k, 1) && is_there(&k, 2) && is_there(&k, 3));
	tcp_end(k.stack, tcb[0], ERR_OK); /* out of the middle: there is room again */
	enter(&k, 4);
	assert_int_equal(kit_counter(&k, "tcp_time_wait_evicted"), 1);
	enter(&k, 5);
	assert_true(!is_there(&k, 2) && is_there(&k, 3) && is_there(&k, 4) && is_there(&k, 5));
	kit_advance(&k, TCP_TIME_WAIT_NS);
	assert_true(!is_there(&k, 3) && !is_there(&k, 4) && !is_there(&k, 5));
	for (unsigned i = 0; i < 3; i++) /* it is empty, not full */
		enter(&k, i);
	assert_int_equal(kit_counter(&k, "tcp_time_wait_evicted"), 2);
	kit_close(&k);
}
