/* SPDX-License-Identifier: MIT */
/* net/tcp/conn/reachability: what makes TCP doubt that its segments arrive, or that the peer's do (RFC 1122 3.3.1.4);
 * and the same of datagrams (net/udp). */
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static unsigned doubts(const struct tk *t)
{
	return (unsigned)kit_counter(&t->k, "arp_doubts");
}

/* The neighbour answers; the handshake is over. */
static void open_established(struct tk *t)
{
	tk_open(t);
	t->k.answer_arp = true;
	tk_establish(t);
	tk_advance(t, 10 * NS_PER_S);
	assert_int_equal(doubts(t), 0);
}

static int wait_to_read(struct tk *t)
{
	char buf[64];

	return sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns);
}

static void end(struct tk *t)
{
	kit_sent_clear(&t->k);
	tk_close(t);
}

/* Our acknowledgements do not arrive. */
TEST(three_old_segments)
{
	struct tk t;

	open_established(&t);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "text", .len = 4);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(doubts(&t), 0);
		TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "text", .len = 4);
	}
	assert_int_equal(doubts(&t), 1);
	end(&t);
}

/* In a row: what is new says that the one before was acknowledged. */
TEST(old_segments_with_news_between)
{
	struct tk t;

	open_established(&t);
	for (uint32_t i = 0; i < 10; i++)
		for (unsigned again = 0; again < 3; again++)
			TK_SEND(&t, .seq = 1 + i, .ack = 1, .flags = TCP_ACK, .data = "x", .len = 1);
	TK_SEND(&t, .seq = 11, .ack = 1, .flags = TCP_ACK); /* not old, and again */
	TK_SEND(&t, .seq = 10, .ack = 1, .flags = TCP_ACK); /* old, and empty */
	assert_int_equal(doubts(&t), 0);
	end(&t);
}

/* After three seconds, and again after twice the time; a segment ends it. */
TEST(a_reader_and_a_silent_peer)
{
	struct tk t;

	open_established(&t);
	assert_int_equal(wait_to_read(&t), ERR_AGAIN);
	tk_advance(&t, 3 * NS_PER_S - 1);
	assert_int_equal(doubts(&t), 0);
	tk_advance(&t, 1);
	assert_int_equal(doubts(&t), 1);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	tk_advance(&t, 1000 * NS_PER_S);
	assert_in_range(doubts(&t), 6, 9); /* 3, 6, 12, ... 768 s */
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "text", .len = 4);
	assert_int_equal(wait_to_read(&t), 4);
	tk_advance(&t, 10000 * NS_PER_S);
	assert_in_range(doubts(&t), 6, 9); /* nobody waits any more */
	assert_true(net_next_deadline(t.k.stack) == TIME_NEVER);
	end(&t);
}

TEST(no_reader_waits_for_payload)
{
	struct tk t;

	open_established(&t);
	tk_advance(&t, 100 * NS_PER_S);
	assert_int_equal(doubts(&t), 0);
	end(&t);
}

/* Who was called waits for the next request, which may never come: the machine sleeps. */
TEST(a_server_s_peer_may_be_silent)
{
	struct tk t;

	tk_open(&t);
	t.k.answer_arp = true;
	tk_listen(&t, 4);
	tk_accept(&t);
	assert_int_equal(wait_to_read(&t), ERR_AGAIN);
	tk_advance(&t, 100 * NS_PER_S);
	assert_int_equal(doubts(&t), 0);
	end(&t);
}

/* Text that nobody acknowledges: at R1, and with each try from the third second on. */
TEST(nothing_is_acknowledged)
{
	struct tk t;

	open_established(&t);
	tk_write(&t, 0, 100);
	tk_advance(&t, 7 * NS_PER_S);
	assert_in_range(doubts(&t), 1, 3);
	tk_advance(&t, 30 * NS_PER_S);
	assert_in_range(doubts(&t), 3, 6);
	end(&t);
}

/* The second SYN after the first, at the third second. */
TEST(a_syn_that_no_host_answers)
{
	struct tk t;

	tk_open(&t);
	t.k.answer_arp = true;
	tk_connect(&t);
	tk_advance(&t, 2900 * NS_PER_MS);
	assert_int_equal(doubts(&t), 0);
	tk_advance(&t, 200 * NS_PER_MS);
	assert_int_equal(doubts(&t), 1);
	end(&t);
}

/* --- datagrams ---------------------------------------------------------------------------------- */

static int ask(struct tk *t, uint16_t port)
{
	const struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, port);
	int fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);

	assert_int_equal(sock_connect(t->k.stack, fd, &peer, t->k.now_ns), ERR_OK);
	assert_int_equal(sock_send(t->k.stack, fd, "?", 1, t->k.now_ns), 1);
	return fd;
}

static void open_idle(struct tk *t)
{
	tk_open(t);
	t->k.answer_arp = true;
	kit_teach_peer(&t->k);
	tk_advance(t, 10 * NS_PER_S);
}

/* A second later it is asked again, by the same socket or by another. */
TEST(a_question_without_an_answer)
{
	struct tk t;
	int fd;

	open_idle(&t);
	fd = ask(&t, 53);
	tk_advance(&t, 999 * NS_PER_MS);
	assert_int_equal(sock_send(t.k.stack, fd, "?", 1, t.k.now_ns), 1);
	assert_int_equal(doubts(&t), 0);
	tk_advance(&t, NS_PER_MS);
	sock_close(t.k.stack, fd, t.k.now_ns);
	assert_int_equal(doubts(&t), 1);
	tk_advance(&t, 3 * NS_PER_S);
	fd = ask(&t, 53);
	tk_advance(&t, NS_PER_S);
	assert_int_equal(sock_send(t.k.stack, fd, "?", 1, t.k.now_ns), 1);
	assert_int_equal(doubts(&t), 2);
	sock_close(t.k.stack, fd, t.k.now_ns);
	end(&t);
}

TEST(a_question_with_an_answer)
{
	struct net_endpoint local;
	struct kit_frame f;
	struct tk t;
	int fd;

	open_idle(&t);
	fd = ask(&t, 53);
	assert_int_equal(sock_getsockname(t.k.stack, fd, &local), ERR_OK);
	kit_build_udp(&f, &(struct kit_ipv4){0}, 53, local.port, "!", 1);
	kit_inject_frame(&t.k, &f);
	tk_advance(&t, 10 * NS_PER_S);
	sock_close(t.k.stack, fd, t.k.now_ns);
	assert_int_equal(doubts(&t), 0);
	end(&t);
}

/* Who sends and wants no answer is doubted for less and less. */
TEST(a_stream_of_datagrams)
{
	struct tk t;
	int fd;

	open_idle(&t);
	fd = ask(&t, 514);
	for (unsigned i = 0; i < 3600; i++) {
		tk_advance(&t, 500 * NS_PER_MS);
		assert_int_equal(sock_send(t.k.stack, fd, "log", 3, t.k.now_ns), 3);
		kit_sent_clear(&t.k);
	}
	assert_in_range(doubts(&t), 5, 36); /* of 600 */
	sock_close(t.k.stack, fd, t.k.now_ns);
	end(&t);
}
