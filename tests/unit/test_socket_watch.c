/* SPDX-License-Identifier: MIT */
/* Watched streams: each is given once for whatever happened to it, in order, and no others. */
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

TCP_TEST(a_stream_is_given_when_something_happens)
{
	int owner;
	char text[4];

	tk_establish(t);
	assert_null(sock_next_active(t->k.stack));
	assert_int_equal(sock_watch(t->k.stack, t->fd, &owner), ERR_OK);
	assert_ptr_equal(sock_next_active(t->k.stack), &owner); /* it may have been ready before */
	assert_null(sock_next_active(t->k.stack));
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "a", .len = 1);
	TK_SEND(t, .seq = 2, .ack = 1, .flags = TCP_ACK, .data = "b", .len = 1);
	assert_ptr_equal(sock_next_active(t->k.stack), &owner);
	assert_null(sock_next_active(t->k.stack)); /* once for both */
	assert_int_equal(sock_recv(t->k.stack, t->fd, text, sizeof(text), t->k.now_ns), 2);
	TK_SEND(t, .seq = 3, .ack = 1, .flags = TCP_RST);
	assert_ptr_equal(sock_next_active(t->k.stack), &owner);
	assert_true(sock_is_over(t->k.stack, t->fd));
}

TCP_TEST(its_end_by_a_timer_is_one)
{
	int owner;

	tk_establish(t);
	assert_int_equal(sock_watch(t->k.stack, t->fd, &owner), ERR_OK);
	assert_ptr_equal(sock_next_active(t->k.stack), &owner);
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, SOCK_TCP_USER_TIMEOUT, 1000, t->k.now_ns), ERR_OK);
	assert_int_equal(sock_send(t->k.stack, t->fd, "x", 1, t->k.now_ns), 1);
	assert_null(sock_next_active(t->k.stack)); /* what we do ourselves is none */
	for (unsigned i = 0; i < 100 && !sock_is_over(t->k.stack, t->fd); i++) {
		t->k.now_ns += 100 * NS_PER_MS;
		kit_poll(&t->k);
	}
	assert_ptr_equal(sock_next_active(t->k.stack), &owner);
	kit_sent_clear(&t->k);
}

/* Closed in the middle of the list, at its end, and with the stack. */
TCP_TEST(who_is_closed_is_on_no_list)
{
	int owner[4], fd[4];

	for (unsigned i = 0; i < 4; i++) {
		fd[i] = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
		assert_int_equal(sock_watch(t->k.stack, fd[i], &owner[i]), ERR_OK);
	}
	assert_int_equal(sock_close(t->k.stack, fd[1], 0), ERR_OK);
	assert_int_equal(sock_close(t->k.stack, fd[3], 0), ERR_OK);
	assert_int_equal(sock_watch(t->k.stack, fd[2], &owner[3]), ERR_OK); /* another owner */
	assert_ptr_equal(sock_next_active(t->k.stack), &owner[0]);
	assert_ptr_equal(sock_next_active(t->k.stack), &owner[3]);
	assert_null(sock_next_active(t->k.stack));
	assert_int_equal(sock_watch(t->k.stack, fd[0], &owner[0]), ERR_OK);
}

TCP_TEST(only_streams_are_watched)
{
	int owner, fd;

	fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	assert_int_equal(sock_watch(t->k.stack, fd, &owner), ERR_OPNOTSUPP);
	assert_int_equal(sock_watch(t->k.stack, 77, &owner), ERR_BADF);
	assert_null(sock_next_active(t->k.stack));
}
