/*
 * SPDX-License-Identifier: MIT
 *
 * The programs on both ends of a stream of datagrams.  See tests/sim/lib/sim_dgram.h.
 */
#include "tests/sim/lib/sim_dgram.h"

#define PORT 5353
#define EVERY_NS (20 * NS_PER_MS)
#define DGRAM_MAX 2000u

/* Number, then bytes that follow from it; the length follows from it too. */
static size_t dgram_make(const struct sim_dgram *d, uint32_t number, uint8_t *bytes)
{
	size_t len = 4 + (size_t)number * 131 % d->len;

	store_be32(bytes, number);
	for (size_t i = 4; i < len; i++)
		bytes[i] = (uint8_t)(number * 31 + i);
	return len;
}

static void send_program(struct sim_host *host, void *ctx)
{
	struct sim_dgram *d = ctx;
	struct net_endpoint to = net_endpoint_ipv4(d->receiver->ip, PORT);
	uint8_t bytes[DGRAM_MAX];

	if (d->out_fd < 0 || d->sent == d->to_send)
		return;
	if (host->sim->now_ns >= d->next_ns) {
		size_t len = dgram_make(d, d->sent++, bytes);
		int n = sock_sendto(host->stack, d->out_fd, bytes, len, &to, host->sim->now_ns);

		if (n > 0 && (size_t)n != len)
			sim_fail(host->sim, "sendto took %d of %zu bytes", n, len);
		d->next_ns = host->sim->now_ns + EVERY_NS;
	}
	sim_wake(host, d->next_ns);
}

static void receive_program(struct sim_host *host, void *ctx)
{
	struct sim_dgram *d = ctx;
	uint8_t bytes[DGRAM_MAX], wanted[DGRAM_MAX];
	struct net_endpoint from;
	int n;

	if (d->in_fd < 0)
		return;
	while ((n = sock_recvfrom(host->stack, d->in_fd, bytes, sizeof(bytes), &from,
				  host->sim->now_ns)) >= 0) {
		uint32_t number = n >= 4 ? load_be32(bytes) : UINT32_MAX;

		if (number >= d->sent || dgram_make(d, number, wanted) != (size_t)n ||
		    memcmp(bytes, wanted, (size_t)n) != 0)
			sim_fail(host->sim, "a datagram of %d bytes arrived that nobody sent", n);
		d->received++;
	}
}

static int new_socket(struct sim_host *host, uint16_t port)
{
	struct net_endpoint local = net_endpoint_ipv4(host->ip, port);
	int fd = sock_socket(host->stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_DEFAULT);

	if (fd < 0 || sock_bind(host->stack, fd, &local) != ERR_OK)
		sim_fail(host->sim, "no datagram socket");
	return fd;
}

void sim_dgram_start(struct sim_dgram *d, struct sim_host *sender, struct sim_host *receiver,
		     uint32_t to_send, uint32_t len)
{
	*d = (struct sim_dgram){
		.sender = sender, .receiver = receiver, .to_send = to_send, .len = len,
	};
	d->out_fd = new_socket(sender, 0);
	d->in_fd = new_socket(receiver, PORT);
	sim_add_app(sender, send_program, d);
	sim_add_app(receiver, receive_program, d);
	send_program(sender, d);
}

void sim_dgram_stop(struct sim_dgram *d)
{
	uint64_t now_ns = d->sender->sim->now_ns;

	(void)sock_close(d->sender->stack, d->out_fd, now_ns);
	(void)sock_close(d->receiver->stack, d->in_fd, now_ns);
	d->out_fd = d->in_fd = -1;
}
