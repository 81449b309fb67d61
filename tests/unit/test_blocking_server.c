/* SPDX-License-Identifier: MIT */
/* machine/blocking_server.c over the real stack: accepting, sending, and waiting for several sockets. */
#include "machine/blocking.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static struct tk t;
static unsigned turns;
static void (*script)(unsigned turn); /* what the peer does in each turn */

static uint64_t kit_now(void *ctx)
{
	(void)ctx;
	return t.k.now_ns;
}

/* Sleeps ten milliseconds, or until the deadline. */
static void turn(void *ctx, uint64_t deadline_ns)
{
	(void)ctx;
	if (++turns > 10000)
		kit_fail("the machine turns for ever");
	if (script != NULL)
		script(turns);
	t.k.now_ns = MIN(t.k.now_ns + 10 * NS_PER_MS, deadline_ns);
	kit_poll(&t.k);
}

static struct machine machine = {.now_ns = kit_now, .turn = turn};

static const struct net_options small = {.sndbuf = 4096};

static void setup(void)
{
	turns = 0;
	script = NULL;
	tk_open_with(&t, &small);
	machine.stack = t.k.stack;
}

static void teardown(void)
{
	kit_sent_clear(&t.k);
	tk_close(&t);
}

FIXTURE(setup, teardown);

static uint64_t in_a_second(void)
{
	return t.k.now_ns + NS_PER_S;
}

/* --- accept ------------------------------------------------------------------------------------ */

static void peer_connects_in_turn_3(unsigned n)
{
	if (n != 3)
		return;
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
}

TEST(accept_waits_for_a_connection)
{
	struct net_endpoint remote;
	int fd;

	tk_listen(&t, 1);
	script = peer_connects_in_turn_3;
	fd = blocking_accept(&machine, t.listener, &remote, in_a_second());
	assert_true(fd > t.listener);
	assert_int_equal(remote.port, TK_PEER_PORT);
	assert_int_equal(turns, 3);
}

TEST(accept_gives_up_at_the_deadline)
{
	uint64_t deadline_ns = in_a_second();

	tk_listen(&t, 1);
	assert_int_equal(blocking_accept(&machine, t.listener, NULL, deadline_ns), ERR_TIMEDOUT);
	assert_int_equal(t.k.now_ns, deadline_ns);
	turns = 0;
	assert_int_equal(blocking_accept(&machine, 99, NULL, in_a_second()), ERR_BADF);
	assert_int_equal(turns, 0);
}

/* --- send -------------------------------------------------------------------------------------- */

static void peer_acks_in_turn_2(unsigned n)
{
	if (n == 2)
		tk_peer_ack(&t, 1 + TK_FULL);
}

TEST(send_waits_for_room)
{
	static char text[8192];

	tk_establish(&t);
	script = peer_acks_in_turn_2;
	assert_int_equal(blocking_send(&machine, t.fd, text, sizeof(text), in_a_second()), 4096);
	assert_int_equal(turns, 0);
	assert_int_equal(blocking_send(&machine, t.fd, text, sizeof(text), in_a_second()), TK_FULL);
	assert_int_equal(turns, 2);
	assert_int_equal(blocking_send(&machine, t.fd, text, 1, t.k.now_ns + 100), ERR_TIMEDOUT);
}

static void peer_resets(unsigned n)
{
	if (n == 2)
		TK_SEND(&t, .seq = 1, .flags = TCP_RST);
}

TEST(send_reports_a_reset)
{
	static char text[8192];

	tk_establish(&t);
	script = peer_resets;
	assert_int_equal(blocking_send(&machine, t.fd, text, sizeof(text), in_a_second()), 4096);
	assert_int_equal(blocking_send(&machine, t.fd, text, 1, in_a_second()), ERR_CONNRESET);
}

static void device_has_room_in_turn_2(unsigned n)
{
	if (n == 2)
		t.k.send_result = ERR_OK;
}

TEST(sendto_waits_for_the_device)
{
	const struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, 7);
	int fd = sock_socket(t.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);

	t.k.send_result = ERR_AGAIN;
	script = device_has_room_in_turn_2;
	assert_int_equal(blocking_sendto(&machine, fd, "x", 1, &peer, in_a_second()), 1);
	assert_int_equal(turns, 2);
	t.k.send_result = ERR_AGAIN;
	script = NULL;
	assert_int_equal(blocking_sendto(&machine, fd, "x", 1, &peer, in_a_second()), ERR_TIMEDOUT);
	assert_int_equal(sock_connect(t.k.stack, fd, &peer, t.k.now_ns), ERR_OK);
	assert_int_equal(blocking_send(&machine, fd, "x", 1, in_a_second()), ERR_TIMEDOUT);
}

/* --- several ------------------------------------------------------------------------------------ */

static void datagram_in_turn_4(unsigned n)
{
	struct kit_frame f;

	if (n != 4)
		return;
	kit_build_udp(&f, NULL, 7, 500, "x", 1);
	kit_inject_frame(&t.k, &f);
}

TEST(poll_waits_for_any_of_them)
{
	const struct net_endpoint local = net_endpoint_ipv4(0, 500);
	struct sock_pollfd fds[2];
	uint64_t deadline_ns;

	tk_establish(&t);
	fds[0] = (struct sock_pollfd){.fd = t.fd, .events = SOCK_POLLIN};
	fds[1] = (struct sock_pollfd){.events = SOCK_POLLIN};
	fds[1].fd = sock_socket(t.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	assert_int_equal(sock_bind(t.k.stack, fds[1].fd, &local), ERR_OK);
	script = datagram_in_turn_4;
	assert_int_equal(blocking_poll(&machine, fds, 2, in_a_second()), 1);
	assert_int_equal(turns, 4);
	assert_int_equal(fds[0].revents, 0);
	assert_int_equal(fds[1].revents, SOCK_POLLIN);
	deadline_ns = in_a_second();
	assert_int_equal(blocking_poll(&machine, fds, 1, deadline_ns), 0);
	assert_int_equal(t.k.now_ns, deadline_ns);
	assert_int_equal(blocking_poll(&machine, fds, 2, 0), 1); /* a look, no wait */
}

/* --- beside it ---------------------------------------------------------------------------------- */

struct companion {
	struct background background;
	unsigned runs;
	uint64_t every_ns, last_ns;
};

static uint64_t companion_runs(struct background *background, uint64_t now_ns)
{
	struct companion *c = (struct companion *)background;

	c->runs++;
	c->last_ns = now_ns;
	return now_ns + c->every_ns;
}

/* It is called before each sleep, which lasts no longer than it wants. */
TEST(the_background_runs_in_every_wait)
{
	struct companion c = {.background = {companion_runs}, .every_ns = 3 * NS_PER_MS};
	uint64_t begun_ns, deadline_ns;

	tk_listen(&t, 1);
	machine.background = &c.background;
	begun_ns = t.k.now_ns;
	deadline_ns = begun_ns + 30 * NS_PER_MS;
	assert_int_equal(blocking_accept(&machine, t.listener, NULL, deadline_ns), ERR_TIMEDOUT);
	assert_int_equal(c.runs, 10);
	assert_int_equal(c.last_ns, begun_ns + 27 * NS_PER_MS);
	c.every_ns = NS_PER_S; /* it does not prolong the wait */
	blocking_sleep_until(&machine, deadline_ns + 5 * NS_PER_MS);
	assert_int_equal(t.k.now_ns, deadline_ns + 5 * NS_PER_MS);
	assert_int_equal(c.runs, 11);
	machine.background = NULL;
	blocking_turn(&machine, t.k.now_ns + 5 * NS_PER_MS);
	assert_int_equal(c.runs, 11);
}

