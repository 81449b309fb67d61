/*
 * SPDX-License-Identifier: MIT
 *
 * The whole client - application, sockets, TCP, IP, ARP - against a web server that follows a
 * script, over good and bad links: page, chunks, loss, and every way a server can spoil it.  What
 * is looked at is what a person sees: the exit status, the sixteen steps, the result.
 */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/http/crc32.h"
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim.h"

#define PORT 80

enum last_deed {
	DEED_CLOSE,      /* FIN behind the answer */
	DEED_WAIT,       /* answers and waits for the client's FIN */
	DEED_RESET,      /* RST behind the answer, once it has arrived */
	DEED_HANG,       /* answers and never does anything again */
};

struct server {
	struct sim_host *host;
	const char *head;      /* what it answers ... */
	const uint8_t *body;   /* ... and then this */
	size_t body_len;
	enum last_deed deed;
	bool at_once;          /* does its deed before it has read the request */
	size_t piece;          /* bytes a send, and only when the ones before are on their way */

	int listener, fd;
	char request[4096];
	size_t request_len;
	size_t sent;
	bool done;
};

struct scene {
	struct sim sim;
	struct sim_host *client;
	struct server server;
	struct config_platform platform;
};

/* --- the server ----------------------------------------------------------------------------------- */

static void do_last_deed(struct server *s)
{
	uint64_t now_ns = s->host->sim->now_ns;
	uint8_t rest[64];

	switch (s->deed) {
	case DEED_CLOSE:
		(void)sock_close(s->host->stack, s->fd, now_ns);
		break;
	case DEED_WAIT:
		if (sock_recv(s->host->stack, s->fd, rest, sizeof(rest), now_ns) != 0)
			return;
		(void)sock_close(s->host->stack, s->fd, now_ns);
		break;
	case DEED_RESET:
		(void)sock_abort(s->host->stack, s->fd, now_ns);
		break;
	case DEED_HANG:
		return;
	}
	s->done = true;
}

static bool read_request(struct server *s)
{
	size_t room = sizeof(s->request) - 1 - s->request_len;
	int n = sock_recv(s->host->stack, s->fd, s->request + s->request_len, room,
			  s->host->sim->now_ns);

	if (n > 0)
		s->request_len += (size_t)n;
	return strstr(s->request, "\r\n\r\n") != NULL;
}

static bool send_answer(struct server *s)
{
	size_t head_len = strlen(s->head), total = head_len + s->body_len;

	while (s->sent < total) {
		const uint8_t *at = s->sent < head_len ? (const uint8_t *)s->head + s->sent
						       : s->body + (s->sent - head_len);
		size_t n = s->sent < head_len ? head_len - s->sent : total - s->sent;
		int took;

		if (s->piece > 0)
			n = MIN(n, s->piece);
		took = sock_send(s->host->stack, s->fd, at, n, s->host->sim->now_ns);
		if (took < 0)
			return false;
		s->sent += (size_t)took;
	}
	return true;
}

static void serve(struct sim_host *host, void *ctx)
{
	struct server *s = ctx;
	struct net_endpoint peer;

	if (s->fd < 0)
		s->fd = sock_accept(host->stack, s->listener, &peer);
	if (s->fd < 0 || s->done)
		return;
	if (!s->at_once && (!read_request(s) || !send_answer(s)))
		return;
	do_last_deed(s);
}

static void start_server(struct scene *scene, const char *head)
{
	struct server *s = &scene->server;
	struct net_endpoint any = net_endpoint_ipv4(0, PORT);

	s->head = head;
	s->fd = -1;
	s->listener = sock_socket(s->host->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_true(s->listener >= 0);
	assert_int_equal(sock_bind(s->host->stack, s->listener, &any), ERR_OK);
	assert_int_equal(sock_listen(s->host->stack, s->listener, 4), ERR_OK);
	if (s->piece > 0)
		assert_int_equal(sock_setsockopt(s->host->stack, s->listener, SOCK_TCP_NODELAY, 1,
						 scene->sim.now_ns), ERR_OK);
	sim_add_app(s->host, serve, s);
}

/* --- the client's machine ------------------------------------------------------------------------- */

static uint64_t machine_now(void *ctx)
{
	struct scene *scene = ctx;

	return scene->sim.now_ns;
}

static bool second_look(void *ctx)
{
	unsigned *looks = ctx;

	return (*looks)++ > 0;
}

/* One event of the simulated world, or the deadline. */
static void machine_turn(void *ctx, uint64_t deadline_ns)
{
	struct scene *scene = ctx;
	unsigned looks = 0;

	(void)sim_run(&scene->sim, deadline_ns, second_look, &looks);
}

static struct scene *open_scene(const char *name, uint64_t seed)
{
	struct scene *scene = test_calloc(1, sizeof(*scene));

	sim_open(&scene->sim, name, seed);
	scene->client = sim_host(&scene->sim, NULL);
	scene->server.host = sim_host(&scene->sim, NULL);
	sim_set_delay(scene->client, 2 * NS_PER_MS);
	return scene;
}

static void close_scene(struct scene *scene)
{
	sim_close(&scene->sim);
	test_free(scene);
}

static enum status run_client(struct scene *scene, const char *config)
{
	struct event_sink *events = &scene->client->kp.sink;
	struct config_tables tables = {0};
	struct app_env env = {
		.machine = {.stack = scene->client->stack, .ctx = scene, .now_ns = machine_now,
			    .turn = machine_turn},
		.events = events,
		.platform = &scene->platform,
		.deadline_ns = scene->sim.now_ns + 30 * NS_PER_S,
	};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "test", config, strlen(config), NULL), 0);
	assert_int_equal(app_config_check(events), 0);
	assert_int_equal(app_check(events), STATUS_OK);
	return app_main(&env);
}

static const char *said(const struct scene *scene, enum event_id id, const char *key)
{
	const struct kit_event *ev = kit_event(&scene->client->kp, id, 0);
	const char *value = ev != NULL ? kit_event_field(ev, key) : NULL;

	return value != NULL ? value : "(absent)";
}

static void result_must_be(const struct scene *scene, enum status status, const char *failed_step)
{
	char exitcode[8];

	snprintf(exitcode, sizeof(exitcode), "%d", status);
	assert_int_equal(kit_event_count(&scene->client->kp, EVENT_RESULT), 1);
	assert_string_equal(said(scene, EVENT_RESULT, "exitcode"), exitcode);
	assert_string_equal(said(scene, EVENT_RESULT, "failed_step"), failed_step);
}

/* Steps 1 to `last` once each and in order, without 9 to 11, and none beyond. */
static void steps_must_end_at(const struct scene *scene, unsigned last)
{
	const struct kit_port *kp = &scene->client->kp;
	unsigned expected = 1;

	for (unsigned i = 0; i < kp->n_events; i++) {
		static const uint8_t steps[EVENT_COUNT] = {
#define EVENT(id, name, speaker, step, arrow, text) [EVENT_##id] = step,
#include "log/events.def"
#undef EVENT
		};
		unsigned step = steps[kp->events[i].id];

		if (step == 0)
			continue;
		if (step != expected || step > last)
			fail_msg("step %u where %u was expected, the last being %u", step, expected, last);
		expected = step == 8 ? 12 : step + 1;
	}
	assert_int_equal(expected, last == 8 ? 12 : last + 1);
}

#define URL "url=http://10.0.0.2/ "
#define OK_LINE "HTTP/1.1 200 OK\r\n"

/* --- what works ----------------------------------------------------------------------------------- */

TEST(a_page_with_all_its_steps)
{
	struct scene *scene = open_scene("page", 1);

	start_server(scene, OK_LINE "Content-Length: 9\r\n\r\n123456789");
	assert_int_equal(run_client(scene, URL), STATUS_OK);
	result_must_be(scene, STATUS_OK, "(absent)");
	steps_must_end_at(scene, 16);
	assert_string_equal(said(scene, EVENT_HTTP_BODY, "crc32"), "cbf43926");
	assert_string_equal(said(scene, EVENT_RESULT, "remote_ip"), "10.0.0.2");
	assert_string_equal(said(scene, EVENT_RESULT, "local_ip"), "10.0.0.1");
	assert_int_equal(kit_event_count(&scene->client->kp, EVENT_TCP_FIN_ACKED), 1);
	assert_non_null(strstr(scene->server.request, "GET / HTTP/1.1\r\nHost: 10.0.0.2\r\n"));
	close_scene(scene);
}

/* The client closes first: its TIME-WAIT is abandoned, and the log says so. */
TEST(time_wait_is_abandoned)
{
	struct scene *scene = open_scene("time-wait", 1);

	scene->server.deed = DEED_WAIT;
	start_server(scene, OK_LINE "Content-Length: 2\r\n\r\nhi");
	/* hold= leaves the time in which the server's FIN arrives. */
	scene->platform.hold_ns = NS_PER_S;
	assert_int_equal(run_client(scene, URL), STATUS_OK);
	assert_int_equal(kit_event_count(&scene->client->kp, EVENT_TCP_TIME_WAIT_ABANDONED), 1);
	close_scene(scene);
}

TEST(answers_in_pieces_of_one_byte)
{
	struct scene *scene = open_scene("pieces", 1);

	scene->server.piece = 1;
	start_server(scene, OK_LINE "Transfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n");
	assert_int_equal(run_client(scene, URL), STATUS_OK);
	assert_string_equal(said(scene, EVENT_HTTP_BODY, "crc32"), "cbf43926");
	close_scene(scene);
}

/* A quarter of a mebibyte over links that lose, double and reorder: every byte, and its checksum. */
TEST(a_body_over_bad_links)
{
	enum { LEN = 256 * 1024 };
	uint8_t *body = test_malloc(LEN);
	struct sim_seeds seeds = sim_seeds(5);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed)) {
		struct scene *scene = open_scene("bad-links", seed);
		struct crc32 crc;
		char digits[9];

		for (size_t i = 0; i < LEN; i++)
			body[i] = (uint8_t)(sim_random(&scene->sim) >> 11);
		crc32_init(&crc);
		crc32_update(&crc, body, LEN);
		snprintf(digits, sizeof(digits), "%08x", crc32_value(&crc));
		scene->server.body = body;
		scene->server.body_len = LEN;
		start_server(scene, OK_LINE "\r\n");
		sim_set_loss(scene->client, 10000);
		scene->client->in.duplicate_ppm = scene->client->in.reorder_ppm = 20000;
		scene->client->in.reorder_ns = 3 * NS_PER_MS;
		assert_int_equal(run_client(scene, URL), STATUS_OK);
		assert_string_equal(said(scene, EVENT_HTTP_BODY, "size_download"), "262144");
		assert_string_equal(said(scene, EVENT_HTTP_BODY, "crc32"), digits);
		steps_must_end_at(scene, 16);
		close_scene(scene);
	}
	test_free(body);
}

/* --- could not connect ----------------------------------------------------------------------------- */

TEST(refused)
{
	struct scene *scene = open_scene("refused", 1);

	assert_int_equal(run_client(scene, "url=http://10.0.0.2:81/"), STATUS_COULD_NOT_CONNECT);
	result_must_be(scene, STATUS_COULD_NOT_CONNECT, "12");
	steps_must_end_at(scene, 8);
	assert_string_equal(said(scene, EVENT_RESULT, "errormsg"), "connection refused");
	close_scene(scene);
}

TEST(nobody_answers_arp)
{
	struct scene *scene = open_scene("no-arp", 1);

	assert_int_equal(run_client(scene, "url=http://10.0.0.77/"), STATUS_COULD_NOT_CONNECT);
	result_must_be(scene, STATUS_COULD_NOT_CONNECT, "8");
	steps_must_end_at(scene, 7);
	assert_int_equal(kit_event_count(&scene->client->kp, EVENT_ARP_REQUEST), 3);
	assert_string_equal(said(scene, EVENT_RESULT, "errormsg"), "no ARP answer from the next hop");
	/* Three requests a second apart, and not the whole connect-timeout. */
	assert_in_range(scene->sim.now_ns, 2 * NS_PER_S, 4 * NS_PER_S);
	close_scene(scene);
}

TEST(no_route)
{
	struct scene *scene = open_scene("no-route", 1);

	assert_int_equal(run_client(scene, "url=http://192.0.2.1/"), STATUS_COULD_NOT_CONNECT);
	assert_string_equal(said(scene, EVENT_RESULT, "errormsg"), "no route: there is no gateway");
	close_scene(scene);
}

/* Behind a gateway that swallows everything. */
TEST(a_black_hole)
{
	struct scene *scene = open_scene("black-hole", 1);

	assert_int_equal(net_set_gateway(scene->client->stack, &scene->client->netif,
					 scene->server.host->ip), ERR_OK);
	assert_int_equal(run_client(scene, "url=http://192.0.2.1/ connect-timeout=4"), STATUS_TIMED_OUT);
	result_must_be(scene, STATUS_TIMED_OUT, "12");
	steps_must_end_at(scene, 8);
	assert_int_equal(kit_event_count(&scene->client->kp, EVENT_TCP_RETRANSMIT), 2);
	assert_string_equal(said(scene, EVENT_RESULT, "errormsg"),
			    "timed out after 4.000 s, waiting for the server's SYN-ACK");
	close_scene(scene);
}

/* --- servers that spoil it ------------------------------------------------------------------------- */

struct spoiler {
	const char *name, *head;
	enum last_deed deed;
	bool at_once;
	enum status status;
	const char *errormsg;
};

static const struct spoiler spoilers[] = {
	/* With the request unread: that is a reset (RFC 2525 2.17). */
	{"closes_at_once", "", DEED_CLOSE, true, STATUS_RECEIVE_FAILED,
	 "the server reset the connection without an answer"},
	{"resets_at_once", "", DEED_RESET, true, STATUS_RECEIVE_FAILED, NULL},
	{"closes_without_an_answer", "", DEED_CLOSE, false, STATUS_EMPTY_REPLY,
	 "the server closed without an answer"},
	{"never_answers", "", DEED_HANG, false, STATUS_TIMED_OUT,
	 "timed out after 30.000 s, waiting for the first byte of the answer"},
	{"stops_in_the_header", OK_LINE "Content-", DEED_HANG, false, STATUS_TIMED_OUT,
	 "timed out after 30.000 s, waiting for the rest of the header"},
	{"stops_in_the_body", OK_LINE "Content-Length: 9\r\n\r\nhello", DEED_HANG, false, STATUS_TIMED_OUT,
	 "timed out after 30.000 s, waiting for the rest of the body (5 of 9 bytes)"},
	{"body_too_short", OK_LINE "Content-Length: 9\r\n\r\nhello", DEED_CLOSE, false, STATUS_PARTIAL_BODY,
	 "the body is shorter than its Content-Length (5 of 9 bytes)"},
	{"two_lengths", OK_LINE "Content-Length: 9\r\nContent-Length: 8\r\n\r\n", DEED_CLOSE, false,
	 STATUS_WEIRD_REPLY, "two different Content-Lengths"},
	{"not_http", "220 mail.example ESMTP\r\n", DEED_HANG, false, STATUS_UNSUPPORTED_PROTOCOL,
	 "the answer is not HTTP"},
	{"not_found", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", DEED_CLOSE, false,
	 STATUS_HTTP_STATUS, "the server answered 404, not 200 to 399"},
	{"bad_chunk", OK_LINE "Transfer-Encoding: chunked\r\n\r\nzz\r\n", DEED_CLOSE, false,
	 STATUS_RECEIVE_FAILED, "a chunk's size is nonsense"},
};

static void spoiled(const struct spoiler *spoiler)
{
	struct scene *scene = open_scene(spoiler->name, 1);

	scene->server.deed = spoiler->deed;
	scene->server.at_once = spoiler->at_once;
	start_server(scene, spoiler->head);
	assert_int_equal(run_client(scene, URL), spoiler->status);
	result_must_be(scene, spoiler->status, "(absent)");
	steps_must_end_at(scene, 16);
	if (spoiler->errormsg != NULL)
		assert_string_equal(said(scene, EVENT_RESULT, "errormsg"), spoiler->errormsg);
	close_scene(scene);
}

/* The RST is right behind the body's first bytes, in the same instant: those count all the same. */
TEST(reset_in_the_body)
{
	struct scene *scene = open_scene("reset-in-body", 1);

	scene->server.deed = DEED_RESET;
	start_server(scene, OK_LINE "Content-Length: 9\r\n\r\nhello");
	assert_int_equal(run_client(scene, URL), STATUS_RECEIVE_FAILED);
	result_must_be(scene, STATUS_RECEIVE_FAILED, "(absent)");
	assert_string_equal(said(scene, EVENT_RESULT, "errormsg"),
			    "the server reset the connection (5 of 9 bytes)");
	close_scene(scene);
}

TEST_ROWS(spoiled, spoilers);
