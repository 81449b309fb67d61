/*
 * SPDX-License-Identifier: MIT
 *
 * Two stacks in one process, joined by a wire made of two queues, with a clock that this program
 * moves by hand: what docs/library.md tells, as a program that runs.  It is compiled against
 * build/lib alone, as anybody's program would be.
 *
 * TCP: one side listens, the other connects, sends, and is answered; then UDP; then a port where
 * nobody listens.  Exit status 0: all went as it should, and every byte of memory came back.
 * With an argument the wire is cut, and then it must fail: `two_stacks cut`.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "net/net.h"
#include "net/socket.h"

/* --- what the stack asks of its surroundings ------------------------------------------------- */

static size_t live_bytes;

static void *take(void *ctx, size_t size)
{
	(void)ctx;
	live_bytes += size;
	return malloc(size);
}

static void give_back(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	live_bytes -= ptr != NULL ? size : 0;
	free(ptr);
}

static void fill_random(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	if (getrandom(buf, len, 0) != (ssize_t)len)
		abort();
}

static const struct net_port port = {.alloc = take, .free = give_back, .random = fill_random};

/* A programming error inside the stack, or in how it is called. */
void assert_failed(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s does not hold\n", file, line, expr);
	abort();
}

static void check(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "two_stacks: %s\n", what);
	exit(1);
}

/* --- a wire ---------------------------------------------------------------------------------- */

struct end {
	struct stack *stack;
	struct netif netif;
	struct pktbuf_pool pool;   /* what this end receives into */
	struct pktbuf_queue inbox; /* frames that have arrived */
	struct end *other;
	bool cut;
};

/* The stack gives a frame away: it is ours now, and leaves as a copy in the other end's memory. */
static int wire_send(struct netif *netif, struct pktbuf *frame)
{
	struct end *end = netif->driver;
	struct pktbuf *copy = end->cut ? NULL : pktbuf_alloc(&end->other->pool, 0);
	void *at = copy != NULL ? pktbuf_put(copy, pktbuf_len(frame)) : NULL;

	if (at != NULL) {
		memcpy(at, frame->data, pktbuf_len(frame));
		pktbuf_queue_push(&end->other->inbox, copy);
	} else {
		pktbuf_free(copy);
	}
	pktbuf_free(frame);
	return ERR_OK;
}

/* The frames that have arrived go up: from then on they are the stack's. */
static unsigned wire_poll(struct netif *netif, uint64_t now_ns)
{
	struct end *end = netif->driver;
	struct pktbuf *frame;
	unsigned n = 0;

	for (; n < 64 && (frame = pktbuf_queue_pop(&end->inbox)) != NULL; n++) {
		frame->netif = netif;
		netif_input(netif, frame, now_ns);
	}
	return n;
}

static unsigned wire_room(struct netif *netif)
{
	(void)netif;
	return 64;
}

static const struct netif_ops wire_ops = {
	.send = wire_send, .poll = wire_poll, .tx_room = wire_room};

/* --- two stacks ------------------------------------------------------------------------------ */

#define NETMASK 0xffffff00u
#define SERVER_IP 0x0a000001u /* 10.0.0.1: addresses are host-order integers */
#define CLIENT_IP 0x0a000002u

static struct end server, client;
static uint64_t now_ns = 1000000000; /* the clock: nobody moves it but run() */

static void start(struct end *end, struct end *other, uint8_t number, uint32_t ipv4)
{
	end->other = other;
	end->netif = (struct netif){
		.name = "wire0",
		.ops = &wire_ops,
		.driver = end,
		.mac = {0x52, 0x54, 0, 0, 0, number},
		.mtu = 1500,
		.link_up = true,
	};
	pktbuf_pool_init(&end->pool, &port, 1514, 512);
	end->stack = net_create(&port, NULL, now_ns);
	check(end->stack != NULL, "no memory");
	net_attach(end->stack, &end->netif);
	check(net_set_ipv4(end->stack, &end->netif, ipv4, NETMASK) == ERR_OK, "address");
}

static void stop(struct end *end)
{
	net_destroy(end->stack);
	pktbuf_queue_free(&end->inbox);
	pktbuf_pool_destroy(&end->pool);
}

/* One turn: frames in, timers and answers out.  The clock stands still as long as something moves,
 * and then jumps to when the next thing is due. */
static void turn(void)
{
	uint64_t next;

	if (wire_poll(&server.netif, now_ns) + wire_poll(&client.netif, now_ns) > 0) {
		net_poll(server.stack, now_ns);
		net_poll(client.stack, now_ns);
		return;
	}
	next = MIN(net_next_deadline(server.stack), net_next_deadline(client.stack));
	if (next != TIME_NEVER)
		now_ns = MAX(now_ns, next);
	net_poll(server.stack, now_ns);
	net_poll(client.stack, now_ns);
}

/* Until the descriptor is ready for one of `events`: what a blocking call would do. */
static void wait_for(struct end *end, int fd, unsigned events)
{
	for (unsigned turns = 0; turns < 1000; turns++) {
		if (sock_poll(end->stack, fd, events) != 0)
			return;
		turn();
	}
	check(false, "waited in vain");
}

static int stream(struct end *end)
{
	int fd = sock_socket(end->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_DEFAULT);

	check(fd >= 0, "socket");
	return fd;
}

/* --- TCP ------------------------------------------------------------------------------------- */

static int listening_on(struct end *end, uint16_t number)
{
	struct net_endpoint local = net_endpoint_ipv4(0, number);
	int fd = stream(end);

	check(sock_bind(end->stack, fd, &local) == ERR_OK, "bind");
	check(sock_listen(end->stack, fd, 8) == ERR_OK, "listen");
	return fd;
}

static int connecting_to(struct end *end, uint32_t ipv4, uint16_t number)
{
	struct net_endpoint remote = net_endpoint_ipv4(ipv4, number);
	int fd = stream(end);

	check(sock_connect(end->stack, fd, &remote, now_ns) == ERR_INPROGRESS, "connect");
	return fd;
}

/* How the attempt ended: 0, or a negative errno number. */
static int connected(struct end *end, int fd)
{
	int64_t error;

	wait_for(end, fd, SOCK_POLLOUT);
	check(sock_getsockopt(end->stack, fd, SOCK_SO_ERROR, &error) == ERR_OK, "SO_ERROR");
	return (int)error;
}

/* Everything the peer sends until it closes. */
static size_t receive_all(struct end *end, int fd, char *buf, size_t size)
{
	size_t len = 0;

	for (;;) {
		int n = sock_recv(end->stack, fd, buf + len, size - len, now_ns);

		if (n == ERR_AGAIN) {
			wait_for(end, fd, SOCK_POLLIN);
			continue;
		}
		check(n >= 0, "recv");
		if (n == 0)
			return len;
		len += (size_t)n;
	}
}

static void say(struct end *end, int fd, const char *text)
{
	int len = (int)strlen(text);

	check(sock_send(end->stack, fd, text, strlen(text), now_ns) == len, "send");
	check(sock_shutdown(end->stack, fd, SOCK_SHUT_WR, now_ns) == ERR_OK, "shutdown");
}

static void a_call(void)
{
	int listener = listening_on(&server, 80);
	int caller = connecting_to(&client, SERVER_IP, 80);
	struct net_endpoint from;
	char buf[64];
	int called;
	size_t n;

	check(connected(&client, caller) == ERR_OK, "not connected");
	wait_for(&server, listener, SOCK_POLLIN);
	called = sock_accept(server.stack, listener, &from);
	check(called >= 0 && net_addr_to_ipv4(&from.addr) == CLIENT_IP, "accept");

	say(&client, caller, "who is there?");
	n = receive_all(&server, called, buf, sizeof(buf));
	check(n == 13 && memcmp(buf, "who is there?", n) == 0, "the question");
	say(&server, called, "a stack");
	n = receive_all(&client, caller, buf, sizeof(buf));
	check(n == 7 && memcmp(buf, "a stack", n) == 0, "the answer");

	check(sock_close(client.stack, caller, now_ns) == ERR_OK, "close");
	check(sock_close(server.stack, called, now_ns) == ERR_OK, "close");
	check(sock_close(server.stack, listener, now_ns) == ERR_OK, "close");
}

/* The numbers are those of <errno.h>. */
static void a_refused_call(void)
{
	int caller = connecting_to(&client, SERVER_IP, 81);

	check(connected(&client, caller) == -ECONNREFUSED, "not refused");
	check(strcmp(err_text(ERR_CONNREFUSED), "connection refused") == 0, "text");
	check(sock_close(client.stack, caller, now_ns) == ERR_OK, "close");
}

/* --- UDP ------------------------------------------------------------------------------------- */

static void datagrams(void)
{
	int a = sock_socket(server.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	int b = sock_socket(client.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	struct net_endpoint local = net_endpoint_ipv4(0, 7);
	struct net_endpoint to = net_endpoint_ipv4(SERVER_IP, 7), from;
	char buf[64];

	check(a >= 0 && b >= 0 && sock_bind(server.stack, a, &local) == ERR_OK, "bind");
	check(sock_sendto(client.stack, b, "hello", 5, &to, now_ns) == 5, "sendto");
	wait_for(&server, a, SOCK_POLLIN);
	check(sock_recvfrom(server.stack, a, buf, sizeof(buf), &from, now_ns) == 5, "recvfrom");
	check(sock_sendto(server.stack, a, buf, 5, &from, now_ns) == 5, "sendto");
	wait_for(&client, b, SOCK_POLLIN);
	check(sock_recvfrom(client.stack, b, buf, sizeof(buf), &from, now_ns) == 5, "recvfrom");
	check(memcmp(buf, "hello", 5) == 0 && from.port == 7, "the echo");
	check(sock_close(server.stack, a, now_ns) == ERR_OK, "close");
	check(sock_close(client.stack, b, now_ns) == ERR_OK, "close");
}

int main(int argc, char **argv)
{
	start(&server, &client, 1, SERVER_IP);
	start(&client, &server, 2, CLIENT_IP);
	server.cut = argc > 1 && strcmp(argv[1], "cut") == 0;

	a_call();
	a_refused_call();
	datagrams();

	stop(&client);
	stop(&server);
	check(live_bytes == 0, "memory was not given back");
	return 0;
}
