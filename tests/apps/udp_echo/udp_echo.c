/*
 * SPDX-License-Identifier: MIT
 *
 * Test application: UDP both ways.  With peer=A.B.C.D:port it sends a datagram there and expects
 * the same bytes back (again after a second, five times: nobody promises that UDP arrives); then it
 * sends back what comes to port=, count= times.
 */
#include "app/app.h"
#include "app/report.h"
#include "base/ipv4_text.h"
#include "base/string.h"

#define DATAGRAM_MAX 1472u /* what an Ethernet frame carries */
#define TRIES 5u

static struct {
	bool has_peer;
	struct net_endpoint peer;
	uint16_t port;
	uint64_t count, size;
} settings;

static struct {
	struct machine *m;
	struct event_sink *events;
	uint64_t deadline_ns;
	int fd;
	struct net_endpoint local;
} echo;

/* --- configuration -------------------------------------------------------------------------------- */

static const char *set_peer(void *dst, const char *value, size_t len)
{
	const char *colon = memchr(value, ':', len);
	struct net_endpoint *peer = dst;
	uint32_t ipv4;
	uint64_t port;

	if (colon == NULL || !ipv4_parse(value, (size_t)(colon - value), &ipv4) ||
	    !decimal_parse(colon + 1, len - (size_t)(colon + 1 - value), 65535, &port) || port == 0)
		return "not an address and a port";
	*peer = net_endpoint_ipv4(ipv4, (uint16_t)port);
	settings.has_peer = true;
	return NULL;
}

const struct config_key *app_config_keys(size_t *count)
{
	static const struct config_key keys[] = {
		{"peer", "A.B.C.D:port", "", "who is to echo us", set_peer, &settings.peer,
		 NULL, 0},
		{"port", "a port", "7", "where we echo", config_set_port, &settings.port, NULL, 0},
		{"count", "a number", "1", "how many datagrams we echo", config_set_u64, &settings.count,
		 NULL, 0},
		{"size", "0 to 1472", "64", "bytes of our own datagram", config_set_u64, &settings.size,
		 NULL, 0},
	};

	settings.port = 7;
	settings.count = 1;
	settings.size = 64;
	*count = ARRAY_LEN(keys);
	return keys;
}

unsigned app_config_check(struct event_sink *events)
{
	if (settings.size <= DATAGRAM_MAX)
		return 0;
	config_report_missing("size", "too large", "0 to 1472", events);
	return 1;
}

enum status app_check(struct event_sink *events)
{
	(void)events;
	return STATUS_OK;
}

/* --- datagrams ------------------------------------------------------------------------------------ */

static uint64_t now(void)
{
	return echo.m->now_ns(echo.m->ctx);
}

static void say(const char *direction, size_t len, const struct net_endpoint *src,
		const struct net_endpoint *dst)
{
	event_emit(echo.events, EVENT_UDP_ECHO, 0, 0, EV_STR("direction", direction),
		   EV_U64("len", len), EV_ENDPOINT("src", *src), EV_ENDPOINT("dst", *dst));
}

static int send_datagram(const void *buf, size_t len, const struct net_endpoint *to)
{
	int n = sock_sendto(echo.m->stack, echo.fd, buf, len, to, now());

	if (n >= 0)
		say("sent", len, &echo.local, to);
	return MIN(n, 0);
}

/* The length, or an error. */
static int receive_datagram(void *buf, size_t len, struct net_endpoint *from, uint64_t deadline_ns)
{
	int n = blocking_recvfrom(echo.m, echo.fd, buf, len, from, deadline_ns);

	if (n >= 0)
		say("received", (size_t)n, from, &echo.local);
	return n;
}

static void fill(uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(i * 7 + 1);
}

/* Sends ours and compares what comes back. */
static int be_echoed(void)
{
	uint8_t ours[DATAGRAM_MAX], theirs[DATAGRAM_MAX];
	struct net_endpoint from;
	int n = ERR_TIMEDOUT;

	fill(ours, settings.size);
	for (unsigned i = 0; i < TRIES && n == ERR_TIMEDOUT; i++) {
		n = send_datagram(ours, settings.size, &settings.peer);
		if (n == ERR_OK)
			n = receive_datagram(theirs, sizeof(theirs), &from,
					     MIN(echo.deadline_ns, now() + NS_PER_S));
	}
	if (n < 0)
		return n;
	return (size_t)n == settings.size && memcmp(ours, theirs, settings.size) == 0 ? ERR_OK
										    : ERR_PROTO;
}

static int echo_others(void)
{
	uint8_t buf[DATAGRAM_MAX];
	struct net_endpoint from;

	for (uint64_t i = 0; i < settings.count; i++) {
		int n = receive_datagram(buf, sizeof(buf), &from, echo.deadline_ns);

		if (n >= 0)
			n = send_datagram(buf, (size_t)n, &from);
		if (n < 0)
			return n;
	}
	return ERR_OK;
}

static int open_socket(struct app_env *env)
{
	struct net_endpoint any = net_endpoint_ipv4(0, settings.port);

	echo.m = &env->machine;
	echo.events = env->events;
	echo.deadline_ns = env->deadline_ns;
	echo.fd = sock_socket(echo.m->stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	if (echo.fd < 0)
		return echo.fd;
	echo.local = net_endpoint_ipv4(env->platform->ip.client, settings.port);
	return sock_bind(echo.m->stack, echo.fd, &any);
}

static enum status status_of(int err)
{
	switch (err) {
	case ERR_OK: return STATUS_OK;
	case ERR_TIMEDOUT: return STATUS_TIMED_OUT;
	case ERR_PROTO: return STATUS_EXPECT_FAILED;
	case ERR_CONNREFUSED:
	case ERR_HOSTUNREACH:
	case ERR_NETUNREACH: return STATUS_COULD_NOT_CONNECT;
	default: return STATUS_SEND_FAILED;
	}
}

bool app_stays(const struct config_platform *platform)
{
	(void)platform;
	return false;
}

enum status app_main(struct app_env *env)
{
	struct report report = {.method = "ECHO", .url = "udp:"};
	uint64_t start = env->machine.now_ns(env->machine.ctx);
	int err = open_socket(env);

	if (err == ERR_OK && settings.has_peer)
		err = be_echoed();
	if (err == ERR_OK)
		err = echo_others();
	/* The last answer leaves before the machine ends. */
	app_hold(env);
	echo.m->turn(echo.m->ctx, now());
	report.exitcode = status_of(err);
	report.errormsg = err != ERR_OK ? err_text(err) : NULL;
	report.time_total_ns = now() - start;
	report_result(env->events, &report);
	return report.exitcode;
}
