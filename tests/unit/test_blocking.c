/* SPDX-License-Identifier: MIT */
/* machine/blocking: waiting for sockets, to the deadline and not past it. */
#include "tests/runner/unit.h"
#include "tests/unit/fake_sock.h"

static struct machine *const m = &fake_machine;
static const struct net_endpoint remote = {.port = 80};

static void fresh(void)
{
	fake_reset();
}

FIXTURE(fresh, NULL);

TEST(connect_waits_for_its_end)
{
	assert_int_equal(blocking_connect(m, 3, &remote, NS_PER_S), ERR_OK);
	assert_int_equal(fake.now_ns, NS_PER_MS);
}

TEST(connect_gives_the_error)
{
	fake.connect_error = ERR_CONNREFUSED;
	assert_int_equal(blocking_connect(m, 3, &remote, NS_PER_S), ERR_CONNREFUSED);
}

TEST(connect_fails_at_once)
{
	fake.connect_result = ERR_NETUNREACH;
	assert_int_equal(blocking_connect(m, 3, &remote, NS_PER_S), ERR_NETUNREACH);
	assert_int_equal(fake.turns, 0);
}

TEST(connect_times_out_at_the_deadline)
{
	fake.connect_at_ns = TIME_NEVER;
	assert_int_equal(blocking_connect(m, 3, &remote, 2 * NS_PER_S), ERR_TIMEDOUT);
	assert_int_equal(fake.now_ns, 2 * NS_PER_S);
}

/* What is ready when the deadline comes counts as in time. */
TEST(ready_at_the_deadline_is_in_time)
{
	fake.connect_at_ns = 2 * NS_PER_S;
	assert_int_equal(blocking_connect(m, 3, &remote, 2 * NS_PER_S), ERR_OK);
}

TEST(send_all_sends_all)
{
	fake.now_ns = NS_PER_MS;
	fake.send_room = 4;
	fake.send_room_at_ns = 5 * NS_PER_MS;
	assert_int_equal(blocking_send_all(m, 3, "0123456789", 10, NS_PER_S), ERR_OK);
	assert_int_equal(fake.sent_len, 10);
	assert_memory_equal(fake.sent, "0123456789", 10);
	assert_int_equal(fake.now_ns, 5 * NS_PER_MS);
}

TEST(send_times_out_or_fails)
{
	fake.now_ns = NS_PER_MS;
	fake.send_room = 4;
	assert_int_equal(blocking_send_all(m, 3, "0123456789", 10, NS_PER_S), ERR_TIMEDOUT);
	assert_int_equal(fake.now_ns, NS_PER_S);
	fake.send_error = ERR_PIPE;
	assert_int_equal(blocking_send_all(m, 3, "x", 1, 2 * NS_PER_S), ERR_PIPE);
	assert_int_equal(blocking_send_all(m, 4, "x", 1, 2 * NS_PER_S), ERR_BADF);
}

/* A datagram socket is always ready to send, and yet the device may have no room: the machine has
 * to turn, or it never will. */
TEST(send_without_room_in_the_device_turns_and_times_out)
{
	fake.now_ns = NS_PER_MS;
	fake.send_error = ERR_AGAIN;
	assert_int_equal(blocking_send_all(m, 3, "x", 1, NS_PER_S), ERR_TIMEDOUT);
	assert_int_equal(fake.now_ns, NS_PER_S);
}

TEST(recv_waits_for_bytes)
{
	static const struct fake_arrival arrivals[] = {
		{.at_ns = NS_PER_MS, .bytes = "hello", .len = 5},
		{.at_ns = 3 * NS_PER_MS, .err = ERR_CONNRESET},
	};
	char buf[4];

	fake.arrivals = arrivals;
	fake.n_arrivals = 2;
	assert_int_equal(blocking_recv(m, 3, buf, sizeof(buf), NS_PER_S), 4);
	assert_int_equal(fake.now_ns, NS_PER_MS);
	assert_int_equal(blocking_recv(m, 3, buf, sizeof(buf), NS_PER_S), 1);
	assert_int_equal(buf[0], 'o');
	assert_int_equal(blocking_recv(m, 3, buf, sizeof(buf), 2 * NS_PER_MS), ERR_TIMEDOUT);
	assert_int_equal(fake.now_ns, 2 * NS_PER_MS);
	assert_int_equal(blocking_recv(m, 3, buf, sizeof(buf), NS_PER_S), ERR_CONNRESET);
	assert_int_equal(blocking_recv(m, 4, buf, sizeof(buf), NS_PER_S), ERR_BADF);
}

TEST(recvfrom_waits_for_a_datagram)
{
	static const struct fake_arrival arrivals[] = {{.at_ns = NS_PER_MS, .bytes = "hi", .len = 2}};
	struct net_endpoint from;
	char buf[4];

	fake.arrivals = arrivals;
	fake.n_arrivals = 1;
	fake.remote = net_endpoint_ipv4(0x0a000001, 7);
	assert_int_equal(blocking_recvfrom(m, 3, buf, sizeof(buf), &from, NS_PER_S), 2);
	assert_int_equal(from.port, 7);
	assert_int_equal(blocking_recvfrom(m, 3, buf, sizeof(buf), &from, NS_PER_S), ERR_TIMEDOUT);
}

TEST(close_waits_for_the_ack_of_our_fin)
{
	fake.fin_acked_at_ns = 7 * NS_PER_MS;
	assert_int_equal(blocking_close(m, 3, NS_PER_S), ERR_OK);
	assert_int_equal(fake.now_ns, 7 * NS_PER_MS);
	assert_true(fake.shut_down && fake.closed && !fake.aborted);
}

TEST(close_that_times_out_aborts)
{
	fake.fin_acked_at_ns = TIME_NEVER;
	assert_int_equal(blocking_close(m, 3, NS_PER_S), ERR_TIMEDOUT);
	assert_int_equal(fake.now_ns, NS_PER_S);
	assert_true(fake.closed && fake.aborted);
}

TEST(close_of_what_is_gone_does_not_wait)
{
	fake.fin_acked_at_ns = TIME_NEVER;
	fake.over_at_ns = 4 * NS_PER_MS;
	assert_int_equal(blocking_close(m, 3, NS_PER_S), ERR_CONNRESET);
	assert_int_equal(fake.now_ns, 4 * NS_PER_MS);
	assert_true(fake.closed);
}

TEST(close_that_is_reset_ends)
{
	fake.fin_acked_at_ns = TIME_NEVER;
	fake.reset_at_ns = 2 * NS_PER_MS;
	assert_int_equal(blocking_close(m, 3, NS_PER_S), ERR_CONNRESET);
	assert_int_equal(fake.now_ns, 2 * NS_PER_MS);
	assert_true(fake.closed);
}

/* The RST has to leave the machine before it ends: one turn, without sleep. */
TEST(abort_takes_a_turn_without_sleep)
{
	fake.now_ns = 5;
	blocking_abort(m, 3);
	assert_true(fake.aborted);
	assert_int_equal(fake.turns, 1);
	assert_int_equal(fake.now_ns, 5);
}

TEST(sleep_runs_the_machine)
{
	blocking_sleep_until(m, 3 * NS_PER_S);
	assert_int_equal(fake.now_ns, 3 * NS_PER_S);
	assert_true(fake.turns >= 2); /* one ended by the script's event */
	blocking_sleep_until(m, NS_PER_S); /* past already */
	assert_int_equal(fake.now_ns, 3 * NS_PER_S);
}
