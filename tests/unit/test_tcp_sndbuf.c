/*
 * SPDX-License-Identifier: MIT
 *
 * SO_SNDBUF of a connection that is under way: larger, smaller, without memory; and what is in the
 * device and in the peer's hands meanwhile.
 */
#include <limits.h>

#include "net/tcp/limits.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static const struct net_options small = {.congestion = NET_CONGESTION_NEWRENO, .sndbuf = 4096};

static int set(struct tk *t, int64_t size)
{
	return sock_setsockopt(t->k.stack, t->fd, SOCK_SO_SNDBUF, size, t->k.now_ns);
}

static int64_t get(struct tk *t)
{
	int64_t value;

	assert_int_equal(sock_getsockopt(t->k.stack, t->fd, SOCK_SO_SNDBUF, &value), ERR_OK);
	return value;
}

/* As much as is taken at `offset` of the pattern. */
static int write_some(struct tk *t, size_t offset, size_t len)
{
	static uint8_t buf[1u << 20];

	for (size_t i = 0; i < len; i++)
		buf[i] = tk_byte(offset + i);
	return sock_send(t->k.stack, t->fd, buf, len, t->k.now_ns);
}

static unsigned writable(struct tk *t)
{
	return (unsigned)sock_poll(t->k.stack, t->fd, SOCK_POLLOUT);
}

/* The full buffer becomes larger, takes more at once, and what was in it arrives as it was. */
TEST(larger_while_it_is_full)
{
	struct tk t;

	tk_open_with(&t, &small);
	tk_establish(&t);
	assert_int_equal(write_some(&t, 0, 100000), 4096);
	assert_int_equal(write_some(&t, 4096, 1), ERR_AGAIN);
	assert_int_equal(writable(&t), 0);
	assert_int_equal(set(&t, 20000), ERR_OK);
	assert_int_equal(get(&t), 20000);
	assert_int_equal(writable(&t), SOCK_POLLOUT);
	assert_int_equal(write_some(&t, 4096, 100000), 20000 - 4096);
	tk_expect_segments(&t, 0, 10); /* the first two out of the old ring */
	TK_SACK(&t, 1, TK_SEG(1), TK_SEG(10)); /* and again, out of the new one */
	tk_expect_segments(&t, 0, 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* A limit: what waits goes out, and nothing is taken until there is room below it. */
TCP_TEST(smaller_than_what_waits)
{
	tk_establish(t);
	tk_write(t, 0, 40 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	assert_int_equal(set(t, 4096), ERR_OK);
	assert_int_equal(get(t), 4096);
	assert_int_equal(writable(t), 0);
	for (unsigned at = 10; at <= 38; at++) {
		assert_int_equal(write_some(t, 40 * TK_FULL, 1), ERR_AGAIN);
		tk_peer_ack(t, TK_SEG(MIN(at, 37)));
		kit_sent_clear(&t->k);
	}
	tk_peer_ack(t, TK_SEG(38));
	assert_int_equal(writable(t), SOCK_POLLOUT);
	assert_int_equal(write_some(t, 40 * TK_FULL, 100000), 4096 - 2 * TK_FULL);
	assert_int_equal(set(t, 1), ERR_OK);
	assert_int_equal(get(t), TCP_BUFFER_MIN);
	assert_int_equal(set(t, 1 << 30), ERR_OK);
	assert_int_equal(get(t), TCP_BUFFER_MAX);
	assert_int_equal(write_some(t, 40 * TK_FULL + 4096 - 2 * TK_FULL, 1), 1);
	kit_sent_clear(&t->k);
}

TEST(without_memory_it_stays)
{
	struct tk t;

	tk_open_with(&t, &small);
	tk_establish(&t);
	assert_int_equal(write_some(&t, 0, 3000), 3000);
	t.k.kp.fail_after = 0;
	assert_int_equal(set(&t, 100000), ERR_NOBUFS);
	assert_int_equal(get(&t), 4096);
	assert_int_equal(write_some(&t, 3000, 5000), 1096);
	t.k.kp.fail_after = UINT_MAX;
	assert_int_equal(set(&t, 100000), ERR_OK);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* An empty buffer has gone back; the next one has the size that was chosen meanwhile. */
TEST(chosen_at_rest)
{
	struct tk t;

	tk_open_with(&t, &small);
	tk_establish(&t);
	assert_int_equal(write_some(&t, 0, 10), 10);
	kit_sent_clear(&t.k);
	tk_peer_ack(&t, 11);
	tk_advance(&t, TCP_BUFFER_KEEP_NS);
	assert_null(tk_inspect(&t).snd_buf);
	assert_int_equal(set(&t, 50000), ERR_OK);
	assert_int_equal(write_some(&t, 10, 100000), 50000);
	kit_sent_clear(&t.k);
	tk_close(&t);
}
