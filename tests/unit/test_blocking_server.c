/* SPDX-License-Identifier: MIT */
/* machine/blocking_server.c over the real stack: accepting, sending, and waiting for several sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine/blocking.h"
#include "tests/lib/tcp_kit.h"

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

static int setup(void **state)
{
	(void)state;
	turns = 0;
	script = NULL;
	tk_open_with(&t, &small);
	machine.stack = t.k.stack;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_sent_clear(&t.k);
	tk_close(&t);
	return 0;
}

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

static void accept_waits_for_a_connection(void **state)
{
	struct net_endpoint remote;
	int fd;

	(void)state;
	tk_listen(&t, 1);
	script = peer_connects_in_turn_3;
	fd = blocking_accept(&machine, t.listener, &remote, in_a_second());
	assert_true(fd > t.listener);
	assert_int_equal(remote.port, TK_PEER_PORT);
	assert_int_equal(turns, 3);
}

static void accept_gives_up_at_the_deadline(void **state)
{
	uint64_t deadline_ns = in_a_second();

	(void)state;
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

static void send_waits_for_room(void **state)
{
	static char text[8192];

	(void)state;
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

static void send_hears_of_a_reset(void **state)
{
	static char text[8192];

	(void)state;
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

static void sendto_waits_for_the_device(void **state)
{
	const struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, 7);
	int fd = sock_socket(t.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);

	(void)state;
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

static void poll_waits_for_any_of_them(void **state)
{
	const struct net_endpoint local = net_endpoint_ipv4(0, 500);
	struct sock_pollfd fds[2];
	uint64_t deadline_ns;

	(void)state;
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
static void the_background_runs_in_every_wait(void **state)
{
	struct companion c = {.background = {companion_runs}, .every_ns = 3 * NS_PER_MS};
	uint64_t begun_ns, deadline_ns;

	(void)state;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(accept_waits_for_a_connection),
		TEST(accept_gives_up_at_the_deadline),
		TEST(send_waits_for_room),
		TEST(send_hears_of_a_reset),
		TEST(sendto_waits_for_the_device),
		TEST(poll_waits_for_any_of_them),
		TEST(the_background_runs_in_every_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
