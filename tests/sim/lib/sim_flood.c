/*
 * SPDX-License-Identifier: MIT
 *
 * Patient strangers; see tests/sim/lib/sim_flood.h.
 */
#include "tests/sim/lib/sim_flood.h"

#include <stdlib.h>
#include <string.h>

#define TICK_NS NS_PER_S
#define LOOK_NS (20 * NS_PER_MS)
#define AGAIN_NS NS_PER_S
#define HOST "Host: 10.0.0.1\r\n"

const struct sim_stranger sim_strangers[] = {
	{"idle", "", 0, "", STRANGER_READS_ALL},
	{"half a request", "GET / HTTP/1.1\r\nHo", 0, "", STRANGER_READS_ALL},
	{"drip", "GET / HTTP/1.1\r\n", 0, "X: y\r\n", STRANGER_READS_ALL},
	{"empty lines", "\r\n", 0, "\r\n", STRANGER_READS_ALL},
	{"body drip", "PUT / HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n", 0, "x", STRANGER_READS_ALL},
	{"pipelined and unread", "GET /metrics HTTP/1.1\r\n" HOST "\r\n", 100, "", STRANGER_READS_NOTHING},
	{"byte-wise reader", "GET /metrics HTTP/1.1\r\n" HOST "\r\n", 1, "", STRANGER_READS_BYTES},
};
const unsigned sim_n_strangers = ARRAY_LEN(sim_strangers);

struct stranger {
	int fd;               /* -1: it comes again at next_ns */
	uint64_t next_ns;     /* when it says or reads its next byte */
	unsigned times;       /* said `first` so often */
	size_t said;          /* bytes of it, or of `then` */
};

static struct sim_flood {
	struct sim_host *host;
	struct net_endpoint server;
	const struct sim_stranger *kind;
	struct stranger *all;
	unsigned n, came_again;
	uint64_t tick_ns;
} flood;

static uint64_t now(void)
{
	return flood.host->sim->now_ns;
}

static void come(struct stranger *p)
{
	struct stack *stack = flood.host->stack;
	bool is_deaf = flood.kind->reads != STRANGER_READS_ALL;

	p->fd = sock_socket(stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	p->times = 0;
	p->said = 0;
	if (p->fd < 0 || sock_setsockopt(stack, p->fd, SOCK_SO_SNDBUF, 16384, now()) != ERR_OK ||
	    (is_deaf && sock_setsockopt(stack, p->fd, SOCK_SO_RCVBUF, 2048, now()) != ERR_OK) ||
	    sock_watch(stack, p->fd, p) != ERR_OK ||
	    sock_connect(stack, p->fd, &flood.server, now()) != ERR_INPROGRESS)
		abort();
	p->next_ns = now() + TICK_NS;
}

static void go(struct stranger *p)
{
	(void)sock_abort(flood.host->stack, p->fd, now());
	p->fd = -1;
	p->next_ns = now() + AGAIN_NS;
	flood.came_again++;
}

/* What it begins with, as far as the socket takes it. */
static bool report_first(struct stranger *p)
{
	const char *text = flood.kind->first;
	unsigned times = MAX(flood.kind->first_times, 1u);

	while (p->times < times) {
		size_t len = strlen(text) - p->said;
		int n = len > 0 ? sock_send(flood.host->stack, p->fd, text + p->said, len, now()) : 0;

		if (n < 0)
			return n == ERR_AGAIN;
		p->said += (size_t)n;
		if (text[p->said] != '\0')
			return true;
		p->said = 0;
		p->times++;
	}
	return true;
}

static bool report_a_byte(struct stranger *p)
{
	const char *text = flood.kind->then;
	int n;

	if (text[0] == '\0')
		return true;
	n = sock_send(flood.host->stack, p->fd, &text[p->said++ % strlen(text)], 1, now());
	return n > 0 || n == ERR_AGAIN;
}

/* False: the connection is over. */
static bool read_some(struct stranger *p, size_t len)
{
	char waste[4096];
	int n = 1;

	while (n > 0) {
		n = sock_recv(flood.host->stack, p->fd, waste, MIN(len, sizeof(waste)), now());
		if (len == 1)
			break;
	}
	return n == ERR_AGAIN || n > 0;
}

static void act(struct stranger *p)
{
	struct stack *stack = flood.host->stack;
	bool alive;

	if (p->fd < 0 || (sock_poll(stack, p->fd, SOCK_POLLOUT | SOCK_POLLIN)) == 0)
		return;
	alive = !sock_is_over(stack, p->fd) && report_first(p);
	if (alive && flood.kind->reads == STRANGER_READS_ALL)
		alive = read_some(p, SIZE_MAX);
	if (alive && now() >= p->next_ns) {
		p->next_ns = now() + TICK_NS;
		alive = report_a_byte(p);
		if (alive && flood.kind->reads == STRANGER_READS_BYTES)
			alive = read_some(p, 1);
	}
	if (!alive)
		go(p);
}

static void flood_run(struct sim_host *host, void *ctx)
{
	struct stranger *p;

	(void)ctx;
	if (flood.all == NULL)
		return;
	for (unsigned i = 0; i < flood.n && now() >= flood.tick_ns; i++) {
		p = &flood.all[i];
		if (p->fd < 0 && now() >= p->next_ns)
			come(p);
		else if (now() >= p->next_ns)
			act(p);
	}
	if (now() >= flood.tick_ns)
		flood.tick_ns = now() + LOOK_NS;
	while ((p = sock_next_active(host->stack)) != NULL)
		act(p);
	sim_wake(host, flood.tick_ns);
}

void sim_flood_start(struct sim_host *host, uint32_t server, const struct sim_stranger *kind, unsigned n)
{
	flood = (struct sim_flood){.host = host, .kind = kind, .n = n,
				   .server = net_endpoint_ipv4(server, 80),
				   .all = calloc(n, sizeof(flood.all[0]))};
	if (flood.all == NULL)
		abort();
	for (unsigned i = 0; i < n; i++) /* one each 2 ms: their SYNs are not to be lost at home */
		flood.all[i] = (struct stranger){.fd = -1, .next_ns = now() + i * 2 * NS_PER_MS};
	sim_add_app(host, flood_run, NULL);
	sim_wake(host, now());
}

unsigned sim_flood_stop(void)
{
	for (unsigned i = 0; i < flood.n; i++) {
		if (flood.all[i].fd >= 0)
			(void)sock_abort(flood.host->stack, flood.all[i].fd, now());
	}
	free(flood.all);
	flood.all = NULL;
	return flood.came_again;
}
