/*
 * SPDX-License-Identifier: MIT
 *
 * One frame is lost, once: the first SYN, the SYN-ACK, the handshake's last ACK, a segment of data,
 * a FIN, the last ACK.  The connection must come through as if nothing had been, and the log must
 * name what was sent again.
 */
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_talk.h"

#define LATEST (1000 * NS_PER_S)

static bool is_syn(const struct sim_frame *f)
{
	return f->is_tcp && (f->tcp.flags & TCP_SYN);
}

static bool is_pure_ack(const struct sim_frame *f)
{
	return f->is_tcp && f->tcp.flags == TCP_ACK && f->payload_len == 0;
}

static bool is_data(const struct sim_frame *f)
{
	return f->is_tcp && f->payload_len > 0;
}

static bool is_fin(const struct sim_frame *f)
{
	return f->is_tcp && (f->tcp.flags & TCP_FIN);
}

struct scene {
	struct sim sim;
	struct sim_host *client, *server;
	struct sim_talk talk;
};

/* 200 KiB down over 50 Mbit/s and 20 ms, with a loss on one of the links. */
static struct scene *play(const char *name, bool at_client, sim_match *match, unsigned nth)
{
	struct scene *s = test_calloc(1, sizeof(*s));
	struct sim_link *link;

	sim_open(&s->sim, name, 1);
	s->client = sim_host(&s->sim, NULL);
	s->server = sim_host(&s->sim, NULL);
	s->client->out.rate_bps = s->server->out.rate_bps = 50 * 1000 * 1000;
	s->client->out.delay_ns = s->server->out.delay_ns = 10 * NS_PER_MS;
	link = at_client ? &s->client->out : &s->server->out;
	link->drop_match = match;
	link->drop_nth = nth;
	s->talk.client.to_send = 200;
	s->talk.server.to_send = 200 * 1024;
	s->talk.server.close_first = true;
	sim_talk_start(&s->talk, &s->sim, s->client, s->server);
	sim_talk_finish(&s->talk, LATEST);
	sim_talk_expect_nothing_left(&s->talk);
	if (link->lost != 1)
		sim_fail(&s->sim, "%llu frames were lost, not one", (unsigned long long)link->lost);
	return s;
}

static void end(struct scene *s)
{
	sim_close(&s->sim);
	test_free(s);
}

static const char *field(const struct sim_host *host, enum event_id id, unsigned nth,
			 const char *key)
{
	const struct kit_event *ev = kit_event(&host->kp, id, nth);

	assert_non_null(ev);
	assert_non_null(kit_event_field(ev, key));
	return kit_event_field(ev, key);
}

static unsigned events(const struct sim_host *host, enum event_id id)
{
	return kit_event_count(&host->kp, id);
}

TEST(the_first_syn)
{
	struct scene *s = play("first-syn", true, is_syn, 1);

	assert_int_equal(events(s->client, EVENT_TCP_SYN_SENT), 1);
	assert_int_equal(events(s->client, EVENT_TCP_RETRANSMIT), 1);
	assert_string_equal(field(s->client, EVENT_TCP_RETRANSMIT, 0, "flags"), "SYN");
	assert_int_equal(kit_event(&s->client->kp, EVENT_TCP_RETRANSMIT, 0)->at_step, 8);
	/* It costs the initial time-out: one second (the clock began at one). */
	assert_in_range(s->talk.connected_ns, 2 * NS_PER_S, 2 * NS_PER_S + 100 * NS_PER_MS);
	end(s);
}

TEST(the_synack)
{
	struct scene *s = play("synack", false, is_syn, 1);

	assert_int_equal(events(s->client, EVENT_TCP_SYNACK_RCVD), 1);
	assert_int_equal(events(s->client, EVENT_TCP_RETRANSMIT), 1);
	assert_int_equal(events(s->server, EVENT_SRV_SYNACK_SENT), 1);
	end(s);
}

/* The request that follows carries the same news. */
TEST(the_last_ack_of_the_handshake)
{
	struct scene *s = play("handshake-ack", true, is_pure_ack, 1);

	assert_int_equal(events(s->client, EVENT_TCP_ACK_SENT), 1);
	assert_int_equal(events(s->client, EVENT_TCP_RETRANSMIT), 0);
	end(s);
}

TEST(the_request)
{
	struct scene *s = play("request", true, is_data, 1);

	assert_int_equal(events(s->client, EVENT_TCP_RETRANSMIT), 1);
	assert_string_equal(field(s->client, EVENT_TCP_RETRANSMIT, 0, "payload_len"), "200");
	assert_string_equal(field(s->client, EVENT_TCP_RETRANSMIT, 0, "reason"), "time-out");
	end(s);
}

TEST(a_segment_in_the_middle)
{
	struct scene *s = play("middle", false, is_data, 60);

	assert_int_equal(sim_counter(s->server, "tcp_retransmits"), 1);
	assert_int_equal(sim_counter(s->server, "tcp_fast_retransmits"), 1);
	assert_int_equal(sim_counter(s->server, "tcp_timeouts"), 0);
	assert_string_equal(field(s->server, EVENT_TCP_RETRANSMIT, 0, "reason"),
			    "SACK of a later one");
	end(s);
}

TEST(an_ack_in_the_middle)
{
	struct scene *s = play("ack", true, is_pure_ack, 30);

	assert_int_equal(sim_counter(s->server, "tcp_retransmits"), 0);
	end(s);
}

TEST(the_server_s_fin)
{
	struct scene *s = play("server-fin", false, is_fin, 1);

	assert_int_equal(events(s->server, EVENT_TCP_FIN_SENT), 1);
	assert_int_equal(events(s->server, EVENT_TCP_FIN_ACKED), 1);
	assert_true(events(s->server, EVENT_TCP_RETRANSMIT) >= 1);
	end(s);
}

TEST(the_client_s_fin)
{
	struct scene *s = play("client-fin", true, is_fin, 1);

	assert_int_equal(events(s->client, EVENT_TCP_RETRANSMIT), 1);
	assert_int_equal(events(s->client, EVENT_TCP_FIN_ACKED), 1);
	end(s);
}

/* --- openings that fail ---------------------------------------------------------------------- */

struct attempt {
	struct sim sim;
	struct sim_host *client, *server;
	int fd;
};

static void connect_to(struct attempt *a, uint32_t ip)
{
	struct net_endpoint remote = net_endpoint_ipv4(ip, 81);

	a->fd = sock_socket(a->client->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(a->client->stack, a->fd, &remote, a->sim.now_ns),
			 ERR_INPROGRESS);
}

static bool has_ended(void *ctx)
{
	struct attempt *a = ctx;

	return sock_poll(a->client->stack, a->fd, 0) != 0;
}

static void expect_error(struct attempt *a, int want, uint64_t within_ns)
{
	int64_t err;

	assert_true(sim_run(&a->sim, a->sim.now_ns + within_ns, has_ended, a));
	assert_int_equal(sock_getsockopt(a->client->stack, a->fd, SOCK_SO_ERROR, &err), ERR_OK);
	assert_int_equal(err, want);
	assert_int_equal(sock_close(a->client->stack, a->fd, a->sim.now_ns), ERR_OK);
}

TEST(no_socket_listens)
{
	struct attempt *a = test_calloc(1, sizeof(*a));

	sim_open(&a->sim, "refused", 1);
	a->client = sim_host(&a->sim, NULL);
	a->server = sim_host(&a->sim, NULL);
	connect_to(a, a->server->ip);
	expect_error(a, ERR_CONNREFUSED, NS_PER_S);
	assert_int_equal(sim_counter(a->server, "tcp_rst_out"), 1);
	sim_close(&a->sim);
	test_free(a);
}

TEST(no_host_has_the_address)
{
	struct attempt *a = test_calloc(1, sizeof(*a));

	sim_open(&a->sim, "no-arp", 1);
	a->client = sim_host(&a->sim, NULL);
	a->server = sim_host(&a->sim, NULL);
	connect_to(a, a->server->ip + 7);
	expect_error(a, ERR_HOSTUNREACH, 4 * NS_PER_S);
	assert_int_equal(events(a->client, EVENT_TCP_SYN_SENT), 0);
	sim_close(&a->sim);
	test_free(a);
}

/* The neighbour answers ARP and swallows everything else. */
static bool is_ip(const struct sim_frame *f)
{
	return f->is_tcp;
}

TEST(a_black_hole)
{
	struct attempt *a = test_calloc(1, sizeof(*a));

	sim_open(&a->sim, "black-hole", 1);
	a->client = sim_host(&a->sim, NULL);
	a->server = sim_host(&a->sim, NULL);
	a->server->in.drop_match = is_ip;
	a->server->in.drop_nth = 0; /* every one */
	connect_to(a, a->server->ip);
	expect_error(a, ERR_TIMEDOUT, 300 * NS_PER_S);
	assert_int_equal(events(a->client, EVENT_TCP_SYN_SENT), 1);
	assert_int_equal(events(a->client, EVENT_TCP_RETRANSMIT), 7);
	sim_close(&a->sim);
	test_free(a);
}
