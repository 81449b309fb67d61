/*
 * SPDX-License-Identifier: MIT
 *
 * Goldens of the stack alone: connections, datagrams, echoes and errors between hosts, frames that no
 * host would send, and worlds drawn at random, of which only a hash is kept.  See docs/testing.md.
 */
#include <stdio.h>
#include <string.h>

#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_dgram.h"
#include "tests/sim/lib/sim_golden.h"
#include "tests/sim/lib/sim_talk.h"
#include "tests/sim/lib/sim_world.h"

#define WORLDS 150
#define LATEST (4000 * NS_PER_S)

/* --- conversations --------------------------------------------------------------------------------- */

struct scene {
	struct sim sim;
	struct sim_host *client, *server;
	struct sim_talk talk;
};

/* 20 Mbit/s, 10 ms there and back. */
static struct scene *scene_open(const char *name, const struct sim_host_options *options)
{
	struct scene *s = test_calloc(1, sizeof(*s));

	golden_begin(1);
	sim_open(&s->sim, name, 1);
	s->client = sim_host(&s->sim, options);
	s->server = sim_host(&s->sim, options);
	s->client->out.rate_bps = s->server->out.rate_bps = 20 * 1000 * 1000;
	sim_set_delay(s->client, 5 * NS_PER_MS);
	sim_set_delay(s->server, 5 * NS_PER_MS);
	s->talk.client.to_send = 200;
	s->talk.server.to_send = 40000;
	s->talk.server.close_first = true;
	return s;
}

static void scene_talk(struct scene *s)
{
	sim_talk_start(&s->talk, &s->sim, s->client, s->server);
	(void)sim_run(&s->sim, LATEST, sim_talk_is_over, &s->talk);
	sim_talk_judge(&s->talk);
	sim_talk_abandon(&s->talk);
	sim_settle(&s->sim);
}

static void scene_close(struct scene *s)
{
	sim_close(&s->sim);
	golden_compare(s->sim.name);
	test_free(s);
}

static void marks(const char *name, enum net_ecn ecn, enum net_congestion congestion)
{
	struct sim_host_options options = {.net = {.ecn = (uint8_t)ecn, .congestion = (uint8_t)congestion},
					   .features = NETIF_TX_SG | NETIF_TX_CSUM};
	struct scene *s = scene_open(name, &options);

	s->server->out.rate_bps = 3 * 1000 * 1000;
	s->server->out.mark_bytes = 6000;
	scene_talk(s);
	scene_close(s);
}

TEST(ecn)
{
	marks("tcp-ecn", NET_ECN_ASK, NET_CONGESTION_CUBIC);
}

TEST(accurate_ecn)
{
	marks("tcp-ecn-accurate", NET_ECN_ACCURATE, NET_CONGESTION_NEWRENO);
}

/* A reader who stops for seconds, with room for little. */
TEST(a_closed_window)
{
	static const struct sim_host_options small = {.net = {.rcvbuf = 4096}};
	struct scene *s = scene_open("tcp-zero-window", &small);

	s->talk.server.to_send = 12000;
	s->talk.client.read_pause_ns = 3 * NS_PER_S;
	s->talk.client.chunk = 5000;
	scene_talk(s);
	scene_close(s);
}

/* The server is gone while the client asks whether it still is there. */
TEST(keep_alive)
{
	struct scene *s = scene_open("tcp-keep-alive", NULL);

	s->talk.client.keepalive = true;
	s->talk.client.idle_at = 100;
	s->talk.client.idle_ns = 12 * NS_PER_S;
	s->server->in.truncated_span = (struct sim_span){20 * NS_PER_S, TIME_NEVER};
	s->talk.server.idle_at = 1000;
	s->talk.server.idle_ns = 1000 * NS_PER_S;
	s->talk.server.close_first = false;
	s->talk.may_end_badly = true;
	scene_talk(s);
	scene_close(s);
}

TEST(both_open)
{
	struct scene *s = scene_open("tcp-both-open", NULL);

	s->talk.simultaneous = true;
	s->talk.client.half_close = s->talk.client.close_first = true;
	s->talk.server.to_send = 3000;
	scene_talk(s);
	scene_close(s);
}

TEST(an_abort)
{
	struct scene *s = scene_open("tcp-abort", NULL);

	s->talk.client.abort_at = 20000;
	s->talk.may_end_badly = true;
	scene_talk(s);
	scene_close(s);
}

/* The last segments are lost: a tail loss probe, and a time-out with its doubling. */
static bool is_late_text(const struct sim_frame *f)
{
	return f->is_tcp && f->payload_len > 0 && f->payload_len < 1448 && f->payload_len != 200;
}

TEST(a_lost_tail)
{
	struct scene *s = scene_open("tcp-lost-tail", NULL);

	s->talk.server.to_send = 10000;
	s->server->out.drop_match = is_late_text;
	s->server->out.truncated_span = (struct sim_span){1000 * NS_PER_S, 1000 * NS_PER_S};
	s->server->out.drop_nth = 1;
	scene_talk(s);
	scene_close(s);
}

TEST(an_outage)
{
	struct scene *s = scene_open("tcp-outage", NULL);

	s->client->in.truncated_span = (struct sim_span){1040 * NS_PER_MS, 9 * NS_PER_S};
	s->server->in.stall_span = (struct sim_span){9 * NS_PER_S, 12 * NS_PER_S};
	s->talk.server.to_send = 15000;
	scene_talk(s);
	scene_close(s);
}

static void narrow_path(const char *name, uint16_t mtu, bool silent)
{
	struct scene *s = scene_open(name, NULL);

	s->client->in.mtu = s->server->in.mtu = mtu;
	s->client->in.mtu_silent = s->server->in.mtu_silent = silent;
	s->talk.server.to_send = 12000;
	scene_talk(s);
	scene_close(s);
}

TEST(path_mtu)
{
	narrow_path("pmtu-told", 1200, false);
	narrow_path("pmtu-silent", 1200, true);
	narrow_path("pmtu-fragments", 296, false);
}

/* --- urgent data ------------------------------------------------------------------------------------ */

struct urgent {
	int listener, fd;
	char got[200];
	size_t got_len;
	unsigned marks;
};

static void read_urgent(struct sim_host *host, void *ctx)
{
	struct urgent *u = ctx;
	struct net_endpoint peer;
	uint64_t now_ns = host->sim->now_ns;
	int n = 1;

	if (u->fd < 0)
		u->fd = sock_accept(host->stack, u->listener, &peer);
	while (u->fd >= 0 && n > 0 && u->got_len < sizeof(u->got)) {
		u->marks += sock_atmark(host->stack, u->fd) == 1;
		n = sock_recv(host->stack, u->fd, u->got + u->got_len, sizeof(u->got) - u->got_len, now_ns);
		u->got_len += n > 0 ? (size_t)n : 0;
	}
	if (u->fd >= 0 && n == 0) {
		(void)sock_close(host->stack, u->fd, now_ns);
		u->fd = -1;
	}
}

TEST(urgent_data)
{
	struct scene *s = scene_open("tcp-urgent", NULL);
	struct stack *stack = s->client->stack;
	struct urgent u = {.fd = -1};
	const struct net_endpoint at = net_endpoint_ipv4(0, 21), to = net_endpoint_ipv4(s->server->ip, 21);
	int fd = sock_socket(stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);

	u.listener = sock_socket(s->server->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_bind(s->server->stack, u.listener, &at), ERR_OK);
	assert_int_equal(sock_listen(s->server->stack, u.listener, 1), ERR_OK);
	sim_add_app(s->server, read_urgent, &u);
	assert_int_equal(sock_connect(stack, fd, &to, s->sim.now_ns), ERR_INPROGRESS);
	(void)sim_run(&s->sim, s->sim.now_ns + NS_PER_S, NULL, NULL);
	assert_int_equal(sock_send(stack, fd, "before", 6, s->sim.now_ns), 6);
	assert_int_equal(sock_send_oob(stack, fd, "urgent!", 7, s->sim.now_ns), 7);
	assert_int_equal(sock_send(stack, fd, "after", 5, s->sim.now_ns), 5);
	(void)sim_run(&s->sim, s->sim.now_ns + NS_PER_S, NULL, NULL);
	assert_int_equal(u.got_len, 18);
	assert_int_equal(u.marks, 1);
	(void)sock_close(stack, fd, s->sim.now_ns);
	(void)sock_close(s->server->stack, u.listener, s->sim.now_ns);
	(void)sim_run(&s->sim, s->sim.now_ns + NS_PER_S, NULL, NULL);
	(void)sock_close(s->server->stack, u.listener, s->sim.now_ns);
	sim_settle(&s->sim);
	scene_close(s);
}

/* --- datagrams, echoes, errors ---------------------------------------------------------------------- */

static void send_large(struct scene *s, int fd, const struct net_endpoint *to)
{
	static const size_t lens[] = {0, 1, 1472, 1473, 4000, 9000};
	static uint8_t bytes[9000];

	for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
		memset(bytes, (int)i + 1, sizeof(bytes));
		(void)!sock_sendto(s->client->stack, fd, bytes, lens[i], to, s->sim.now_ns);
		(void)sim_run(&s->sim, s->sim.now_ns + NS_PER_S, NULL, NULL);
	}
}

TEST(datagrams)
{
	struct scene *s = scene_open("udp", NULL);
	struct sim_dgram d;
	struct net_endpoint listens = net_endpoint_ipv4(s->server->ip, 5000),
			    deaf = net_endpoint_ipv4(s->server->ip, 5001),
			    nobody = net_endpoint_ipv4(s->server->ip + 50, 5000);
	int in = sock_socket(s->server->stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_DEFAULT);
	int out = sock_socket(s->client->stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_DEFAULT);

	assert_int_equal(sock_bind(s->server->stack, in, &listens), ERR_OK);
	send_large(s, out, &listens);
	send_large(s, out, &deaf);
	send_large(s, out, &nobody);
	s->server->in.mtu = 600;
	assert_int_equal(sock_setsockopt(s->client->stack, out, SOCK_IP_MTU_DISCOVER, SOCK_PMTU_WANT,
					 s->sim.now_ns), ERR_OK);
	send_large(s, out, &listens);
	sim_dgram_start(&d, s->client, s->server, 10, 1400);
	(void)sim_run(&s->sim, s->sim.now_ns + 5 * NS_PER_S, NULL, NULL);
	sim_dgram_stop(&d);
	(void)sock_close(s->server->stack, in, s->sim.now_ns);
	(void)sock_close(s->client->stack, out, s->sim.now_ns);
	sim_settle(&s->sim);
	scene_close(s);
}

TEST(echoes)
{
	static const uint8_t request[3000] = {8};
	static const size_t lens[] = {8, 64, 1480, 3000};
	struct scene *s = scene_open("icmp-echo", NULL);
	struct net_endpoint to = net_endpoint_ipv4(s->server->ip, 0), near = net_endpoint_ipv4(s->client->ip, 0);
	int fd = sock_socket(s->client->stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_ICMP);
	uint8_t answer[3000];
	struct net_endpoint from;

	for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
		(void)!sock_sendto(s->client->stack, fd, request, lens[i], i == 1 ? &near : &to, s->sim.now_ns);
		(void)sim_run(&s->sim, s->sim.now_ns + NS_PER_S, NULL, NULL);
		(void)!sock_recvfrom(s->client->stack, fd, answer, sizeof(answer), &from, s->sim.now_ns);
	}
	(void)sock_close(s->client->stack, fd, s->sim.now_ns);
	sim_settle(&s->sim);
	scene_close(s);
}

/* --- frames that no host would send ----------------------------------------------------------------- */

static void deliver(struct scene *s, const struct kit_frame *f)
{
	struct sim_frame *frame = sim_frame_make(NULL, f->bytes, f->len);

	frame->to = s->server;
	frame->on_in_link = true;
	sim_link_enter(&s->sim, &s->server->in, frame);
	(void)sim_run(&s->sim, s->sim.now_ns + 20 * NS_PER_MS, NULL, NULL);
}

/* One of the frames that hosts do send, from the client to the server. */
static void build(struct scene *s, struct kit_frame *f)
{
	struct kit_ipv4 ip = {.eth_dst = s->server->mac, .eth_src = s->client->mac, .src = s->client->ip,
			      .dst = s->server->ip, .ttl = 64};
	struct kit_tcp tcp = {.src_port = 4000, .seq = 1000, .ack = 77, .window = 1000};
	uint64_t r = sim_random(&s->sim); /* drawn apart: compilers differ in which argument comes first */
	size_t len = sim_random(&s->sim) % 64;
	uint8_t payload[64];

	for (unsigned i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)sim_random(&s->sim);
	switch (sim_random(&s->sim) % 5) {
	case 0:
		tcp.dst_port = r % 2 ? 80 : 81;
		tcp.flags = (uint16_t)(r >> 8 & 0x1ff);
		kit_build_tcp(f, &ip, &tcp, payload, len);
		break;
	case 1:
		kit_build_udp(f, &ip, 4000, 5000, payload, len);
		break;
	case 2:
		kit_build_icmp(f, &ip, (uint8_t)(r % 20), (uint8_t)(r >> 8 & 3), (uint32_t)(r >> 32), payload, len);
		break;
	case 3:
		kit_build_arp(f, &(struct kit_arp){.eth_dst = s->server->mac, .eth_src = s->client->mac,
				.sha = s->client->mac, .op = (uint16_t)(r % 4),
				.spa = s->client->ip, .tpa = s->server->ip});
		break;
	default:
		ip.fragment = (uint16_t)(IPV4_MF | r % 8);
		ip.id = (uint16_t)(r >> 8 & 1);
		kit_build_ipv4(f, &ip, IP_PROTO_UDP, payload, len / 8 * 8);
	}
}

/* Bits of its headers turn, and with luck its checksums are mended. */
static void spoil(struct scene *s, struct kit_frame *f)
{
	unsigned n = (unsigned)(sim_random(&s->sim) % 4);

	while (n-- > 0) {
		size_t at = 12 + sim_random(&s->sim) % MIN(f->len - 12, (size_t)50);

		f->bytes[at] ^= (uint8_t)(1u << sim_random(&s->sim) % 8);
	}
	if (sim_random(&s->sim) % 8 == 0)
		f->len = 14 + sim_random(&s->sim) % (f->len - 13);
	else if (f->bytes[12] == 8 && f->bytes[13] == 0 && (f->bytes[14] & 15) == 5 && sim_random(&s->sim) % 4 != 0)
		kit_fix_ipv4(f);
}

TEST(odd_frames)
{
	struct scene *s = scene_open("odd-frames", NULL);
	const struct net_endpoint at = net_endpoint_ipv4(0, 80);
	int fd = sock_socket(s->server->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);

	assert_int_equal(sock_bind(s->server->stack, fd, &at), ERR_OK);
	assert_int_equal(sock_listen(s->server->stack, fd, 4), ERR_OK);
	for (unsigned i = 0; i < 500; i++) {
		struct kit_frame f;

		build(s, &f);
		spoil(s, &f);
		deliver(s, &f);
	}
	net_report_drops(s->server->stack);
	(void)sock_close(s->server->stack, fd, s->sim.now_ns);
	(void)sim_run(&s->sim, s->sim.now_ns + 400 * NS_PER_S, NULL, NULL);
	sim_close(&s->sim);
	golden_compare(s->sim.name);
	test_free(s);
}

/* --- worlds ----------------------------------------------------------------------------------------- */

TEST(worlds)
{
	char *all = test_calloc(WORLDS, 100), *at = all, name[32];

	for (unsigned seed = 1; seed <= WORLDS; seed++) {
		snprintf(name, sizeof(name), "world-%u", seed);
		golden_begin(SIM_HOSTS_MAX);
		sim_world_play(seed);
		at += snprintf(at, 100, "%s", golden_digest(name));
	}
	golden_compare_text("worlds", all);
	test_free(all);
}
