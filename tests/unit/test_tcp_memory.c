/*
 * SPDX-License-Identifier: MIT
 *
 * What a connection costs that is open and says nothing: at most 1 KiB in all, counted by what the
 * stack has taken from its port.
 */
#include "net/socket/table.h"
#include "net/tcp/tcb.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define IDLE_MAX 1024u
#define MANY 40u

static void segment(struct tk *t, uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack,
		    const void *data, size_t len)
{
	struct kit_frame f;

	kit_build_tcp(&f, &(struct kit_ipv4){0},
		      &(struct kit_tcp){.src_port = port, .dst_port = TK_PORT, .seq = seq,
					.ack = ack, .flags = flags, .window = 60000}, data, len);
	kit_inject_frame(&t->k, &f);
	kit_poll(&t->k);
}

/* Opened by the peer, used both ways with a hole on the way, acknowledged, read. */
static int talk_from(struct tk *t, uint16_t port)
{
	struct kit_sent *s;
	uint32_t iss;
	char buf[16];

	segment(t, port, TCP_SYN, 7, 0, NULL, 0);
	s = tk_take(t);
	iss = s->tcp.seq;
	kit_sent_free(s);
	segment(t, port, TCP_ACK, 11, iss + 1, "late", 4);
	segment(t, port, TCP_ACK, 8, iss + 1, "abc", 3);
	segment(t, port, TCP_ACK, 8, iss + 1, "abc", 3);
	t->fd = sock_accept(t->k.stack, t->listener, NULL);
	assert_true(t->fd > 0);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), 7);
	tk_write(t, 0, 400);
	segment(t, port, TCP_ACK, 15, iss + 401, NULL, 0);
	kit_sent_clear(&t->k);
	return t->fd;
}

TEST(an_idle_connection_costs_a_kibibyte)
{
	static const struct net_options options = {.max_sockets = MANY + 2};
	size_t before, idle, talking;
	struct tk t;

	tk_open_with(&t, &options);
	tk_listen(&t, 4);
	talk_from(&t, 1000); /* the pools are filled */
	tk_advance(&t, 10 * NS_PER_S);
	kit_sent_clear(&t.k);
	before = t.k.kp.live_bytes;
	for (uint16_t i = 1; i <= MANY; i++)
		talk_from(&t, 1000 + i);
	talking = t.k.kp.live_bytes - before;
	tk_advance(&t, 10 * NS_PER_S); /* the send buffers go back */
	idle = t.k.kp.live_bytes - before;
	assert_true(talking > MANY * 100000u);
	assert_true(idle >= MANY * sizeof(struct tcb));
	assert_in_range(idle / MANY, sizeof(struct tcb) + socket_size(SOCK_TYPE_STREAM), IDLE_MAX);
	tk_close(&t);
}
