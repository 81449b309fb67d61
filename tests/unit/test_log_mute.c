/* SPDX-License-Identifier: MIT */
/* Which of a server's connections the log tells (log/mute.c). */
#include "log/log.h"
#include "log/mute.h"
#include "tests/runner/unit.h"

static uint32_t next_conn;

static bool wants(enum event_id id, uint32_t conn, uint64_t t_ns)
{
	const struct event ev = {.id = id, .conn = conn};

	return log_mute_wants(&ev, t_ns);
}

/* A connection that somebody opens: all of its events have one fate. */
static bool told(uint64_t t_ns)
{
	uint32_t conn = ++next_conn;
	bool begins = wants(EVENT_SRV_FOUND, conn, t_ns);

	assert_int_equal(wants(EVENT_TCP_STATE, conn, t_ns), begins);
	assert_int_equal(wants(EVENT_TCP_SUMMARY, conn, t_ns + 90 * NS_PER_S), begins);
	assert_int_equal(log_is_muted(conn), !begins);
	return begins;
}

static unsigned told_of(unsigned n, uint64_t t_ns)
{
	unsigned how_many = 0;

	while (n-- > 0)
		how_many += told(t_ns);
	return how_many;
}

TEST(without_a_limit_all_are_logged)
{
	assert_int_equal(told_of(100, NS_PER_S), 100);
	assert_int_equal(log_muted_connections(), 0);
}

TEST(the_first_and_then_one_a_second)
{
	uint64_t t_ns = 5 * NS_PER_S;

	log_limit_connections(20);
	assert_int_equal(told_of(100, t_ns), 20);
	assert_int_equal(log_muted_connections(), 80);
	assert_int_equal(told_of(5, t_ns + NS_PER_S - 1), 0);
	assert_int_equal(told_of(5, t_ns + NS_PER_S), 1);
	assert_int_equal(told_of(100, t_ns + 4 * NS_PER_S), 3);
	assert_int_equal(told_of(100, t_ns + 1000 * NS_PER_S), 20); /* after a long silence */
	log_limit_connections(0);
	assert_int_equal(told_of(3, t_ns + 2000 * NS_PER_S), 0);
	log_limit_connections(UINT32_MAX);
	assert_int_equal(told_of(1000, 0), 1000);
}

/* What is about no connection, or about one that this machine opens, is always told. */
TEST(our_own_are_logged)
{
	log_limit_connections(1);
	assert_int_equal(told_of(10, NS_PER_S), 1);
	assert_true(wants(EVENT_ARP_REQUEST, 0, NS_PER_S));
	assert_true(wants(EVENT_APP_SOCKET, next_conn + 1, NS_PER_S));
	assert_true(wants(EVENT_SOCK_ALLOC, next_conn + 1, NS_PER_S));
	next_conn++;
	assert_int_equal(told_of(10, NS_PER_S), 0);
	assert_true(wants(EVENT_TRANSFER, next_conn - 10, NS_PER_S));
	/* Numbers are remembered modulo 65536: the new one is not taken for the old. */
	next_conn += 65536 - 1;
	assert_true(wants(EVENT_APP_SOCKET, next_conn, NS_PER_S));
	assert_true(wants(EVENT_TCP_STATE, next_conn, NS_PER_S));
}
