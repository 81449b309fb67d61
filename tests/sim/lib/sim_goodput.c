/*
 * SPDX-License-Identifier: MIT
 *
 * One connection that sends all it can.  See tests/sim/lib/sim_goodput.h.
 */
#include "tests/sim/lib/sim_goodput.h"

#define PORT 5001
#define BUFFER (1024u * 1024)
#define MSS 1448
#define FRAME_LEN (MSS + 32 + 20 + 14)

struct transfer {
	int fd, listener;
	uint64_t received;
};

static void send_all(struct sim_host *host, void *ctx)
{
	static const uint8_t bytes[16 * 1024];
	struct transfer *t = ctx;

	while (sock_send(host->stack, t->fd, bytes, sizeof(bytes), host->sim->now_ns) > 0)
		;
}

static void receive_all(struct sim_host *host, void *ctx)
{
	static uint8_t bytes[64 * 1024];
	struct transfer *t = ctx;
	int n;

	if (t->fd < 0)
		t->fd = sock_accept(host->stack, t->listener, NULL);
	if (t->fd < 0)
		return;
	while ((n = sock_recv(host->stack, t->fd, bytes, sizeof(bytes), host->sim->now_ns)) > 0)
		t->received += (uint64_t)n;
}

static void make_way(struct sim_goodput *g, struct sim_host *sender, struct sim_host *receiver)
{
	uint64_t bdp = g->rate_bps / 8 * (g->rtt_ns / NS_PER_US) / 1000000;

	sim_set_delay(sender, g->rtt_ns / 2);
	sim_set_delay(receiver, g->rtt_ns / 2);
	receiver->in.rate_bps = g->rate_bps;
	receiver->in.queue_bytes = (uint32_t)bdp;
	receiver->in.loss_ppm = g->loss_ppm;
	receiver->in.mark_bytes = g->ecn ? (uint32_t)bdp / 3 : 0;
}

static void start(struct transfer *from, struct transfer *to, struct sim_host *sender,
		  struct sim_host *receiver)
{
	struct net_endpoint at = net_endpoint_ipv4(receiver->ip, PORT);

	to->fd = -1;
	to->listener = sock_socket(receiver->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM,
				   SOCK_PROTO_DEFAULT);
	from->fd = sock_socket(sender->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_DEFAULT);
	if (sock_bind(receiver->stack, to->listener, &at) != ERR_OK ||
	    sock_listen(receiver->stack, to->listener, 1) != ERR_OK ||
	    sock_connect(sender->stack, from->fd, &at, sender->sim->now_ns) != ERR_INPROGRESS)
		sim_fail(sender->sim, "cannot connect");
	sim_add_app(sender, send_all, from);
	sim_add_app(receiver, receive_all, to);
}

void sim_goodput_run(struct sim_goodput *g, const char *name, uint64_t seed)
{
	const struct sim_host_options options = {
		.net = {.sndbuf = BUFFER, .rcvbuf = BUFFER, .congestion = (uint8_t)g->congestion,
			.ecn = !g->ecn ? NET_ECN_OFF : g->accurate ? NET_ECN_ACCURATE : NET_ECN_ASK},
		.tx_ring = 1024,
	};
	struct sim_host *sender, *receiver;
	struct transfer from = {0}, to = {0};
	struct sim sim;

	sim_open(&sim, name, seed);
	sender = sim_host(&sim, &options);
	receiver = sim_host(&sim, &options);
	make_way(g, sender, receiver);
	start(&from, &to, sender, receiver);
	sim_run(&sim, sim.now_ns + g->seconds * NS_PER_S, NULL, NULL);
	g->bps = (double)to.received * 8 / (double)g->seconds;
	g->marked = receiver->in.marked;
	g->dropped_full = receiver->in.dropped_full;
	g->lost = receiver->in.lost;
	g->timeouts = sim_counter(sender, "tcp_timeouts");
	g->retransmits = sim_counter(sender, "tcp_retransmits");
	if (sock_tcp_info(sender->stack, from.fd, &g->sender, sim.now_ns) != ERR_OK ||
	    sock_tcp_info(receiver->stack, to.fd, &g->receiver, sim.now_ns) != ERR_OK)
		sim_fail(&sim, "no numbers");
	sim_close(&sim);
}

double sim_goodput_link_bps(const struct sim_goodput *g)
{
	return (double)g->rate_bps * MSS / FRAME_LEN;
}

/* Newton, so that no test needs the mathematical library. */
static double square_root(double x)
{
	double r = x > 1 ? x : 1;

	for (unsigned i = 0; i < 100; i++)
		r = (r + x / r) / 2;
	return r;
}

double sim_goodput_bound_bps(const struct sim_goodput *g)
{
	double link = sim_goodput_link_bps(g);
	double p = g->loss_ppm / 1e6;
	double rtt = (double)g->rtt_ns / 1e9;
	double mathis = p > 0 ? MSS * 8 / rtt * 1.22 / square_root(p) : link;

	return MIN(link, mathis);
}
