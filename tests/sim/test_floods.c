/*
 * SPDX-License-Identifier: MIT
 *
 * A reader who does not read, and senders who would make that expensive: what is received stays in
 * device buffers of 2 KiB, so tiny segments could occupy a thousand times their size.
 */
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim.h"

#define RCVBUF 60000u
#define BLOCK 2300u /* one receive buffer and its struct, about */

struct flood {
	struct sim sim;
	struct sim_host *sender, *reader;
	int fd;
	uint32_t smallest, largest; /* bytes of each segment */
	uint64_t sent;
};

static uint8_t byte_at(uint64_t offset)
{
	return (uint8_t)(offset * 7 + offset / 256);
}

/* One segment for each call to send(): Nagle is off. */
static void send_segments(struct sim_host *host, void *ctx)
{
	struct flood *f = ctx;
	uint8_t buf[1448];

	for (;;) {
		uint32_t span = f->largest - f->smallest + 1;
		uint32_t len = f->smallest + (uint32_t)(sim_random(&f->sim) % span);
		int n;

		for (uint32_t i = 0; i < len; i++)
			buf[i] = byte_at(f->sent + i);
		n = sock_send(host->stack, f->fd, buf, len, host->sim->now_ns);
		if (n < 0)
			return;
		f->sent += (uint64_t)n;
	}
}

static int open_flood(struct flood *f, uint32_t smallest, uint32_t largest)
{
	struct sim_host_options options = {.net = {.rcvbuf = RCVBUF, .sndbuf = RCVBUF}};
	struct net_endpoint local, remote;
	int listener;

	sim_open(&f->sim, "flood", 1);
	f->smallest = smallest;
	f->largest = largest;
	f->sender = sim_host(&f->sim, &options);
	f->reader = sim_host(&f->sim, &options);
	local = net_endpoint_ipv4(0, 9);
	remote = net_endpoint_ipv4(f->reader->ip, 9);
	listener = sock_socket(f->reader->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, 0);
	assert_int_equal(sock_bind(f->reader->stack, listener, &local), ERR_OK);
	assert_int_equal(sock_listen(f->reader->stack, listener, 1), ERR_OK);
	f->fd = sock_socket(f->sender->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, 0);
	assert_int_equal(sock_setsockopt(f->sender->stack, f->fd, SOCK_TCP_NODELAY, 1, 0), ERR_OK);
	assert_int_equal(sock_connect(f->sender->stack, f->fd, &remote, f->sim.now_ns),
			 ERR_INPROGRESS);
	sim_add_app(f->sender, send_segments, f);
	(void)sim_run(&f->sim, f->sim.now_ns + 30 * NS_PER_S, NULL, NULL);
	return sock_accept(f->reader->stack, listener, NULL);
}

/* Everything that was promised is there, in order. */
static void expect_all(struct flood *f, int fd)
{
	uint64_t at = 0;
	uint8_t buf[1000];
	int n;

	while ((n = sock_recv(f->reader->stack, fd, buf, sizeof(buf), f->sim.now_ns)) > 0)
		for (int i = 0; i < n; i++)
			assert_int_equal(buf[i], byte_at(at++));
	assert_true(at > RCVBUF - 2000 && at <= RCVBUF);
}

static void flood(uint32_t smallest, uint32_t largest, size_t most)
{
	struct flood *f = test_calloc(1, sizeof(*f));
	int fd = open_flood(f, smallest, largest);

	assert_true(fd > 0);
	if (sim_rx_memory(f->reader) > most)
		sim_fail(&f->sim, "%zu bytes are held for a window of %u", sim_rx_memory(f->reader),
			 RCVBUF);
	expect_all(f, fd);
	assert_int_equal(sim_rx_memory(f->reader), 0);
	sim_close(&f->sim);
	test_free(f);
}

TEST(one_byte_at_a_time)
{
	flood(1, 1, 2 * RCVBUF);
}

TEST(small_segments)
{
	flood(1, 400, 4 * RCVBUF + BLOCK);
}

/* The worst there is: just too long to be copied together. */
TEST(segments_that_are_not_quite_small)
{
	flood(580, 600, 4 * RCVBUF + BLOCK);
}

TEST(full_segments)
{
	flood(1448, 1448, 2 * RCVBUF);
}
