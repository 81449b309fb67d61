/*
 * SPDX-License-Identifier: MIT
 *
 * The whole server - application, sockets, TCP - against visitors that follow scripts: how they ask,
 * how slowly, how rudely they leave, and how many of them come at once.  What is looked at is what a
 * visitor gets, and what the log and the exit status say in the end.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/app.h"
#include "app/server/settings.h"
#include "kernel/config.h"
#include "net/counters.h"
#include "tests/sim/lib/sim.h"

#define PORT 80
#define VISITORS_MAX 200
#define HOST "Host: 10.0.0.1\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"
#define S(n) ((n) * NS_PER_S)

enum deed_kind { SAY, FIN, RESET, LISTEN };

struct deed {
	uint64_t at_ns;       /* after the visitor has come */
	enum deed_kind kind;
	const char *text;
};

struct visitor {
	/* the script */
	uint64_t comes_ns;
	struct deed deeds[8]; /* up to the first of all zeroes */
	bool is_deaf;         /* reads nothing before it is told to LISTEN */
	uint32_t rcvbuf;

	/* what became of it */
	int fd;               /* -1: not yet, or no longer */
	bool came, left, connected;
	size_t said;          /* of the deed that is being done */
	unsigned next;
	int end;              /* 0: FIN; an error; 1: it is still there */
	uint64_t end_ns;
	size_t got_len;
	char got[96 * 1024];
};

static struct scene {
	struct sim sim;
	struct sim_host *host, *guests;
	struct config_platform platform;
	struct visitor *visitors;
	unsigned n_visitors;
	uint64_t begun_ns;
} scene;

/* --- visitors ------------------------------------------------------------------------------------- */

static uint64_t now(void)
{
	return scene.sim.now_ns;
}

static void come(struct visitor *v)
{
	struct net_endpoint server = net_endpoint_ipv4(scene.host->ip, PORT);
	struct stack *stack = scene.guests->stack;

	v->fd = sock_socket(stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_true(v->fd >= 0);
	if (v->rcvbuf != 0)
		assert_int_equal(sock_setsockopt(stack, v->fd, SOCK_SO_RCVBUF, v->rcvbuf, now()), ERR_OK);
	assert_int_equal(sock_connect(stack, v->fd, &server, now()), ERR_INPROGRESS);
	v->came = true;
	v->end = 1;
}

static void leave(struct visitor *v, int end)
{
	v->end = end;
	v->end_ns = now() - scene.begun_ns - v->comes_ns;
	if (end <= 0)
		(void)sock_close(scene.guests->stack, v->fd, now());
	v->fd = -1;
}

/* True: it is done. */
static bool do_deed(struct visitor *v, const struct deed *d)
{
	struct stack *stack = scene.guests->stack;
	int n;

	switch (d->kind) {
	case SAY:
		n = sock_send(stack, v->fd, d->text + v->said, strlen(d->text + v->said), now());
		if (n == ERR_AGAIN)
			return false;
		if (n < 0)
			return true;
		v->said += (size_t)n;
		return d->text[v->said] == '\0';
	case FIN:
		return sock_shutdown(stack, v->fd, SOCK_SHUT_WR, now()) != ERR_AGAIN;
	case RESET:
		(void)sock_abort(stack, v->fd, now());
		leave(v, 1);
		return true;
	case LISTEN:
		v->is_deaf = false;
		break;
	}
	return true;
}

static void do_deeds(struct visitor *v)
{
	while (v->fd >= 0 && v->next < ARRAY_LEN(v->deeds)) {
		const struct deed *d = &v->deeds[v->next];
		uint64_t at_ns = scene.begun_ns + v->comes_ns + d->at_ns;

		if (d->kind == SAY && d->text == NULL)
			return;
		if (now() < at_ns) {
			sim_wake(scene.guests, at_ns);
			return;
		}
		if (!do_deed(v, d))
			return;
		v->next++;
		v->said = 0;
	}
}

static void hear(struct visitor *v)
{
	int n = 1;

	while (v->fd >= 0 && !v->is_deaf && n > 0) {
		size_t room = sizeof(v->got) - 1 - v->got_len;

		assert_true(room > 0);
		n = sock_recv(scene.guests->stack, v->fd, v->got + v->got_len, room, now());
		if (n > 0)
			v->got_len += (size_t)n;
		else if (n != ERR_AGAIN)
			leave(v, n);
	}
}

static void visit(struct sim_host *host, void *ctx)
{
	(void)host;
	(void)ctx;
	for (unsigned i = 0; i < scene.n_visitors; i++) {
		struct visitor *v = &scene.visitors[i];
		uint64_t comes_ns = scene.begun_ns + v->comes_ns;

		if (!v->came && now() < comes_ns) {
			sim_wake(scene.guests, comes_ns);
			continue;
		}
		if (!v->came)
			come(v);
		if (v->fd < 0)
			continue;
		v->connected |= (sock_poll(scene.guests->stack, v->fd, SOCK_POLLOUT) & SOCK_POLLOUT) != 0;
		if (v->connected)
			do_deeds(v);
		hear(v);
	}
}

/* --- the server's machine --------------------------------------------------------------------------- */

static uint64_t machine_now(void *ctx)
{
	(void)ctx;
	return now();
}

/* What ends a turn before its deadline, as in kernel/main.c: a frame, or a timer of the stack that was
 * due.  What happens elsewhere in the world wakes nobody here. */
struct turn {
	uint64_t frames, due_ns;
};

static uint64_t frames_in(void)
{
	const char *device, *name;
	uint64_t value = 0;

	(void)net_interface_counter(scene.host->stack, 0, 0, &device, &name, &value);
	return value;
}

static bool something_happened(void *ctx)
{
	struct turn *t = ctx;
	bool was_due = now() >= t->due_ns;

	t->due_ns = net_next_deadline(scene.host->stack);
	return was_due || frames_in() != t->frames;
}

static void machine_turn(void *ctx, uint64_t deadline_ns)
{
	struct turn t = {.frames = frames_in(), .due_ns = net_next_deadline(scene.host->stack)};

	(void)ctx;
	(void)sim_run(&scene.sim, deadline_ns, something_happened, &t);
}

static bool memory_is_short;

static void *machine_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return memory_is_short && size < 100000 ? NULL : malloc(size);
}

static void machine_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	(void)size;
	free(ptr);
}

static bool the_clock_runs;

/* Its seconds begin in the middle of ours. */
static uint64_t machine_unix(void *ctx)
{
	uint64_t ns = the_clock_runs ? now() - scene.begun_ns + NS_PER_S / 2 : 0;

	(void)ctx;
	return 784111777 + ns / NS_PER_S; /* RFC 9110's example */
}

static void open_scene(const char *name)
{
	static const struct sim_host_options many = {.net = {.max_sockets = 300}};

	memset(&scene, 0, sizeof(scene));
	memory_is_short = the_clock_runs = false;
	sim_open(&scene.sim, name, 1);
	scene.host = sim_host(&scene.sim, &many);
	scene.guests = sim_host(&scene.sim, &many);
	sim_set_delay(scene.guests, NS_PER_MS);
	scene.visitors = calloc(VISITORS_MAX, sizeof(scene.visitors[0]));
	sim_add_app(scene.guests, visit, NULL);
}

static struct visitor *visitor(void)
{
	return &scene.visitors[scene.n_visitors++];
}

static enum status serve(const char *config, double hold_s)
{
	struct event_sink *events = &scene.host->kp.sink;
	struct config_tables tables = {0};
	struct app_env env = {
		.machine = {.stack = scene.host->stack, .now_ns = machine_now, .turn = machine_turn,
			    .alloc = machine_alloc, .free = machine_free, .unix_s = machine_unix},
		.events = events,
		.platform = &scene.platform,
		.deadline_ns = now() + S(30),
	};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "test", config, strlen(config), NULL), 0);
	assert_int_equal(app_config_check(events), 0);
	assert_int_equal(app_check(events), STATUS_OK);
	scene.platform.hold_ns = (uint64_t)(hold_s * 1e9);
	scene.begun_ns = now();
	sim_wake(scene.guests, now());
	return app_main(&env);
}

static void close_scene(void)
{
	for (unsigned i = 0; i < scene.n_visitors; i++) {
		if (scene.visitors[i].fd > 0)
			(void)sock_abort(scene.guests->stack, scene.visitors[i].fd, now());
	}
	sim_settle(&scene.sim);
	sim_close(&scene.sim);
	free(scene.visitors);
}

/* --- what is looked at ------------------------------------------------------------------------------ */

static unsigned occurrences(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void got(const struct visitor *v, const char *text)
{
	if (strstr(v->got, text) == NULL)
		fail_msg("no \"%s\" in:\n%s", text, v->got);
}

static unsigned answers(const struct visitor *v)
{
	return occurrences(v->got, "HTTP/1.1 ");
}

static const char *said(enum event_id id, const char *key)
{
	const struct kit_event *ev = kit_event(&scene.host->kp, id, 0);
	const char *value = ev != NULL ? kit_event_field(ev, key) : NULL;

	return value != NULL ? value : "(absent)";
}

/* The last answer has as many bytes as it says. */
static void last_is_whole(const struct visitor *v)
{
	const char *last = v->got, *next;

	while ((next = strstr(last + 1, "HTTP/1.1 ")) != NULL)
		last = next;
	assert_int_equal(atoi(strstr(last, "Content-Length: ") + 16),
			 strlen(strstr(last, "\r\n\r\n") + 4));
}

/* The visitor's end came by the server's FIN, about so many seconds after it came. */
static void ended_after(const struct visitor *v, double s)
{
	assert_int_equal(v->end, 0);
	assert_in_range(v->end_ns, (uint64_t)(s * 1e9), (uint64_t)(s * 1e9) + NS_PER_S / 5);
}

/* --- what is served --------------------------------------------------------------------------------- */

static void a_page_with_its_steps(void **state)
{
	struct visitor *v;

	(void)state;
	open_scene("page");
	v = visitor();
	*v = (struct visitor){.deeds = {{0, SAY, GET("/")}}};
	assert_int_equal(serve("mode=server requests=1", 0), STATUS_OK);
	got(v, "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: dialtone/host\r\n"
	       "Content-Type: text/html; charset=utf-8\r\nContent-Length: ");
	got(v, "Cache-Control: no-store\r\nConnection: close\r\n\r\n<!DOCTYPE html>");
	got(v, "<td>10.0.0.1:80</td>");
	assert_string_equal(v->got + v->got_len - 8, "</html>\n");
	last_is_whole(v);
	assert_int_equal(v->end, 0);
	for (enum event_id id = EVENT_SRV_FOUND; id <= EVENT_SRV_SYNACK_BUILT; id++)
		assert_int_equal(kit_event_count(&scene.host->kp, id), 1);
	assert_int_equal(kit_event_count(&scene.host->kp, EVENT_SRV_SYNACK_SENT), 1);
	assert_string_equal(said(EVENT_SRV_FOUND, "port"), "80");
	assert_string_equal(said(EVENT_SRV_FOUND, "fd"), said(EVENT_SRV_LISTENING, "fd"));
	assert_string_equal(said(EVENT_HTTP_SERVED, "target"), "/");
	assert_string_equal(said(EVENT_HTTP_SERVED, "http_code"), "200");
	assert_string_equal(said(EVENT_RESULT, "requests"), "1");
	close_scene();
}

static void pages_and_their_absence(void **state)
{
	static const struct {
		const char *request, *first, *then;
	} rows[] = {
		{GET("/healthz?x=y"), "200 OK", "Content-Length: 3\r\n"},
		{GET("/metrics"), "200 OK", "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"},
		{GET("http://x/healthz"), "200 OK", "\r\n\r\nok\n"},
		{GET("/nope"), "404 Not Found", "404 Not Found: there is no such page\n"},
		{GET("/healthz/"), "404 Not Found", ""},
		{GET("/Healthz"), "404 Not Found", ""},
		{"HEAD /healthz HTTP/1.1\r\n" HOST "\r\n", "200 OK", "Content-Length: 3\r\n"},
		{"HEAD /nope HTTP/1.1\r\n" HOST "\r\n", "404 Not Found", "Content-Length: 37\r\n"},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab", "405 Method Not Allowed",
		 "Allow: GET, HEAD\r\n"},
		{"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "405 Method Not Allowed", "Allow: GET, HEAD\r\n"},
		{"BREW / HTTP/1.1\r\n" HOST "\r\n", "501 Not Implemented", ""},
		{GET("/healthz") GET("/healthz"), "200 OK", "ok\nHTTP/1.1 200 OK"}, /* pipelined */
	};

	(void)state;
	open_scene("pages");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		*visitor() = (struct visitor){.deeds = {{0, SAY, rows[i].request}}};
	assert_int_equal(serve("mode=server", 1), STATUS_OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct visitor *v = &scene.visitors[i];

		got(v, rows[i].first);
		got(v, rows[i].then);
		assert_null(strstr(v->got, "Connection: ")); /* HTTP/1.1 keeps it without a word */
		ended_after(v, 1); /* in order, when the server ends */
		if (strncmp(rows[i].request, "HEAD", 4) == 0)
			assert_string_equal(v->got + v->got_len - 4, "\r\n\r\n");
	}
	close_scene();
}

static void what_is_no_request_ends_the_connection(void **state)
{
	static const struct {
		const char *request;
		const char *first;
	} rows[] = {
		{"\x16\x03\x01\x02", "400 Bad Request"},
		{"GET /\r\n", "400 Bad Request"},
		{"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
		{"GET / HTTP/3.0\r\n", "505 HTTP Version Not Supported"},
		{"HEAD / HTTP/1.1\r\n\r\n", "400 Bad Request"},
		{"PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "411 Length Required"},
		{"PUT / HTTP/1.1\r\n" HOST "Content-Length: 99999\r\n\r\n", "413 Content Too Large"},
		{"PUT / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
		 "0\r\n\r\n" GET("/healthz"), "400 Bad Request"}, /* nothing is smuggled */
	};

	(void)state;
	open_scene("no-request");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		*visitor() = (struct visitor){.deeds = {{0, SAY, rows[i].request}}};
	assert_int_equal(serve("mode=server", 5), STATUS_OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct visitor *v = &scene.visitors[i];

		got(v, rows[i].first);
		got(v, "Connection: close\r\n");
		assert_int_equal(answers(v), 1);
		ended_after(v, 0);
		if (strncmp(rows[i].request, "HEAD", 4) == 0) /* RFC 9110 9.3.2 */
			assert_string_equal(v->got + v->got_len - 4, "\r\n\r\n");
	}
	assert_string_equal(said(EVENT_HTTP_SERVED, "problem"),
			    "not HTTP: NUL, a lone CR, or a first byte that no method has");
	close_scene();
}

/* --- how long a connection lasts ---------------------------------------------------------------------- */

static void http_1_0_closes_unless_asked(void **state)
{
	struct visitor *old, *kept;

	(void)state;
	open_scene("http-1.0");
	old = visitor();
	kept = visitor();
	*old = (struct visitor){.deeds = {{0, SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
	*kept = (struct visitor){.deeds = {
		{0, SAY, "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
		{S(1), SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
	assert_int_equal(serve("mode=server", 5), STATUS_OK);
	got(old, "Connection: close\r\n");
	ended_after(old, 0);
	got(kept, "Connection: keep-alive\r\n");
	assert_int_equal(answers(kept), 2);
	ended_after(kept, 1);
	close_scene();
}

static void an_idle_connection_is_closed_after_a_minute(void **state)
{
	struct visitor *silent, *idle;

	(void)state;
	open_scene("idle");
	silent = visitor();
	idle = visitor();
	idle->deeds[0] = (struct deed){S(50), SAY, GET("/healthz")};
	assert_int_equal(serve("mode=server", 200), STATUS_OK);
	ended_after(silent, 60);
	assert_int_equal(silent->got_len, 0);
	ended_after(idle, 110);
	assert_int_equal(answers(idle), 1);
	close_scene();
}

/* A byte now and then does not keep a connection: the whole request has ten seconds. */
static void a_request_that_dawdles_is_408(void **state)
{
	struct visitor *loris, *body, *twice;

	(void)state;
	open_scene("loris");
	loris = visitor();
	body = visitor();
	twice = visitor();
	for (unsigned i = 0; i < ARRAY_LEN(loris->deeds); i++)
		loris->deeds[i] = (struct deed){i * S(2) + S(3), SAY, i == 0 ? "GET / HTTP/1.1\r\n" : "X: y\r\n"};
	*body = (struct visitor){.deeds = {{0, SAY, "GET / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nab"}}};
	/* The clock begins anew with each request. */
	*twice = (struct visitor){.deeds = {{S(1), SAY, "GET /healthz HTTP/1.1\r\n"},
					    {S(10), SAY, HOST "\r\nGET /healthz"},
					    {S(19), SAY, " HTTP/1.1\r\n" HOST "\r\n"}}};
	assert_int_equal(serve("mode=server", 40), STATUS_OK);
	got(loris, "408 Request Timeout");
	got(loris, "Connection: close\r\n");
	ended_after(loris, 13);
	got(body, "408 Request Timeout");
	ended_after(body, 10);
	assert_int_equal(answers(twice), 2);
	assert_int_equal(occurrences(twice->got, "200 OK"), 2);
	close_scene();
}

static void who_expects_100_gets_it(void **state)
{
	struct visitor *waits, *refused;

	(void)state;
	open_scene("expect");
	waits = visitor();
	refused = visitor();
	*waits = (struct visitor){.deeds = {
		{0, SAY, "GET /healthz HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"},
		{S(1), SAY, "body" GET("/healthz")}}};
	*refused = (struct visitor){.deeds = {
		{0, SAY, "PUT / HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"}}};
	assert_int_equal(serve("mode=server", 3), STATUS_OK);
	assert_int_equal(strncmp(waits->got, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", 42), 0);
	assert_int_equal(answers(waits), 3);
	assert_int_equal(strncmp(refused->got, "HTTP/1.1 405 ", 13), 0);
	got(refused, "Connection: close\r\n");
	ended_after(refused, 0);
	close_scene();
}

/* --- rude ones ---------------------------------------------------------------------------------------- */

static void half_closed_ones_get_their_answer(void **state)
{
	struct visitor *v, *half;

	(void)state;
	open_scene("half-close");
	v = visitor();
	half = visitor();
	*v = (struct visitor){.deeds = {{0, SAY, GET("/healthz") GET("/metrics")}, {0, FIN, ""}}};
	*half = (struct visitor){.deeds = {{0, SAY, "GET /hea"}, {0, FIN, ""}}};
	assert_int_equal(serve("mode=server", 5), STATUS_OK);
	assert_int_equal(answers(v), 2);
	ended_after(v, 0);
	assert_int_equal(half->got_len, 0);
	ended_after(half, 0);
	assert_string_equal(said(EVENT_SRV_SUMMARY, "requests"), "2");
	close_scene();
}

static void who_resets_is_forgotten(void **state)
{
	(void)state;
	open_scene("reset");
	*visitor() = (struct visitor){.deeds = {{NS_PER_MS * 10, RESET, ""}}};
	*visitor() = (struct visitor){.deeds = {{0, SAY, "GET /"}, {NS_PER_MS * 10, RESET, ""}}};
	*visitor() = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {
		{0, SAY, GET("/metrics") GET("/metrics") GET("/metrics")}, {S(1), RESET, ""}}};
	*visitor() = (struct visitor){.comes_ns = S(2), .deeds = {{0, SAY, GET("/metrics")}}};
	assert_int_equal(serve("mode=server", 3), STATUS_OK);
	got(&scene.visitors[3], "\ndialtone_http_connections 1\n");
	got(&scene.visitors[3], "\ndialtone_tcp_connections{state=\"ESTABLISHED\"} 1\n");
	got(&scene.visitors[3], "\ndialtone_net_tcp_rst_in_total 3\n");
	close_scene();
}

/* Who does not read is waited for as long as something moves, and then reset; what is kept for it is
 * bounded: nothing of what it asks for further is even read. */
static void who_does_not_read(void **state)
{
	static char flood[40 * sizeof(GET("/metrics"))];
	struct visitor *deaf, *slow;

	(void)state;
	open_scene("deaf");
	flood[0] = '\0';
	for (unsigned i = 0; i < 4; i++)
		strcat(flood, GET("/metrics"));
	deaf = visitor();
	slow = visitor();
	*deaf = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {{0, SAY, flood}}};
	*slow = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {{0, SAY, flood}, {S(20), LISTEN, ""}}};
	assert_int_equal(serve("mode=server", 60), STATUS_OK);
	assert_int_equal(answers(slow), 4);
	assert_int_equal(slow->end, 0);
	deaf->is_deaf = false;
	visit(scene.guests, NULL);
	assert_int_equal(deaf->end, ERR_CONNRESET);
	assert_int_equal(kit_event_count(&scene.host->kp, EVENT_TCP_RST_SENT), 1);
	close_scene();
}

/* Closing with bytes unread would be a RST, which can overtake the answer. */
static void who_says_too_much_gets_the_answer_all_the_same(void **state)
{
	static char text[200 * 1024];
	struct visitor *v;

	(void)state;
	open_scene("too-much");
	strcpy(text, "PUT / HTTP/1.1\r\n" HOST "Content-Length: 9999999\r\n\r\n");
	memset(text + strlen(text), 'x', sizeof(text) - 1 - strlen(text));
	v = visitor();
	*v = (struct visitor){.deeds = {{0, SAY, text}, {0, FIN, ""}}};
	assert_int_equal(serve("mode=server", 5), STATUS_OK);
	got(v, "413 Content Too Large");
	ended_after(v, 0);
	assert_int_equal(kit_event_count(&scene.host->kp, EVENT_TCP_RST_SENT), 0);
	close_scene();
}

/* --- many of them ------------------------------------------------------------------------------------- */

static unsigned answered(unsigned from, unsigned until)
{
	unsigned n = 0;

	for (unsigned i = from; i < until; i++)
		n += answers(&scene.visitors[i]) > 0;
	return n;
}

/* So many at once, behind a first one for whom ARP asks. */
static void crowd(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		visitor()->comes_ns = i == 0 ? 0 : 100 * NS_PER_MS;
}

/* A hundred silent ones fill the table and the queue; whoever asks is served in seconds, not minutes. */
static void silent_ones_give_way(void **state)
{
	(void)state;
	open_scene("silent");
	crowd(100);
	for (unsigned i = 0; i < 20; i++)
		*visitor() = (struct visitor){.comes_ns = S(1), .deeds = {{0, SAY, GET("/healthz")}}};
	assert_int_equal(serve("mode=server", 8), STATUS_OK);
	assert_int_equal(answered(100, 120), 20);
	close_scene();
}

/* Busy ones, too: while others wait, an answer is the last one of its connection. */
static void kept_connections_give_way(void **state)
{
	(void)state;
	open_scene("kept");
	crowd(100);
	for (unsigned i = 0; i < 100; i++) {
		struct visitor *v = &scene.visitors[i];

		for (unsigned n = 0; n < ARRAY_LEN(v->deeds); n++)
			v->deeds[n] = (struct deed){n * NS_PER_MS * 300 + NS_PER_MS * 10, SAY, GET("/healthz")};
	}
	assert_int_equal(serve("mode=server", 3), STATUS_OK);
	assert_int_equal(answered(0, 100), 100);
	assert_true(answers(&scene.visitors[99]) > 1); /* and is kept once nobody waits */
	close_scene();
}

/* A place that becomes free is given away at once, though nothing else happens then. */
static void who_waits_is_let_in_at_once(void **state)
{
	struct visitor *v;

	(void)state;
	open_scene("let-in");
	crowd(64);
	for (unsigned i = 1; i < 64; i++)
		scene.visitors[i].deeds[0] = (struct deed){NS_PER_MS * 800, SAY, "GET / HTTP/1.1\r\n"};
	v = visitor();
	*v = (struct visitor){.comes_ns = S(1), .deeds = {{0, SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
	assert_int_equal(serve("mode=server", 8), STATUS_OK);
	assert_int_equal(answers(v), 1);
	assert_in_range(v->end_ns, 0, 50 * NS_PER_MS);
	close_scene();
}

/* Those who do not read what they have asked for. */
static void who_does_not_read_gives_way(void **state)
{
	struct visitor *v;

	(void)state;
	open_scene("deaf-ones");
	crowd(64);
	for (unsigned i = 0; i < 64; i++) {
		struct visitor *deaf = &scene.visitors[i];

		deaf->is_deaf = true;
		deaf->rcvbuf = 2048;
		deaf->deeds[0] = (struct deed){0, SAY, GET("/metrics") GET("/metrics") GET("/metrics")};
	}
	v = visitor();
	*v = (struct visitor){.comes_ns = S(1), .deeds = {{0, SAY, GET("/healthz")}}};
	assert_int_equal(serve("mode=server", 8), STATUS_OK);
	assert_int_equal(answers(v), 1);
	close_scene();
}

/* Two thousand short ones, one after the other: nothing of them is left but what TIME-WAIT is given. */
static void two_thousand_connections(void **state)
{
	size_t after_500 = 0;

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		open_scene("two-thousand");
		for (unsigned i = 0; i < (round == 0 ? 50 : VISITORS_MAX); i++)
			*visitor() = (struct visitor){.comes_ns = i * NS_PER_MS * 20,
						      .deeds = {{0, SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
		assert_int_equal(serve("mode=server", 10), STATUS_OK);
		assert_int_equal(answered(0, scene.n_visitors), scene.n_visitors);
		if (round == 0)
			after_500 = scene.host->kp.live_bytes;
		else
			assert_in_range(scene.host->kp.live_bytes, 0, after_500 + 64 * 1024);
		close_scene();
	}
}

/* --- the end ------------------------------------------------------------------------------------------ */

static void after_so_many_requests(void **state)
{
	struct visitor *v, *late;

	(void)state;
	open_scene("requests");
	v = visitor();
	late = visitor();
	*v = (struct visitor){.deeds = {{0, SAY, GET("/healthz") GET("/healthz") GET("/healthz") GET("/healthz")}}};
	*late = (struct visitor){.comes_ns = S(1), .deeds = {{0, SAY, GET("/healthz")}}};
	assert_int_equal(serve("mode=server requests=3", 0), STATUS_OK);
	assert_int_equal(answers(v), 3);
	assert_int_equal(occurrences(v->got, "Connection: close"), 1);
	assert_false(late->came);
	assert_true(now() - scene.begun_ns < S(1));
	assert_string_equal(said(EVENT_SRV_STOPPING, "reason"), "requests= have been answered");
	assert_string_equal(said(EVENT_RESULT, "requests"), "3");
	close_scene();
}

/* Where the last connection was the only thing that went on, nothing else tells that it is over. */
static void the_last_connections_end_is_noticed_at_once(void **state)
{
	struct visitor *v;

	(void)state;
	open_scene("last");
	v = visitor();
	*v = (struct visitor){.deeds = {{0, SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
	assert_int_equal(serve("mode=server requests=1", 0), STATUS_OK);
	assert_true(now() - scene.begun_ns < S(0.004)); /* its FIN came after 3.5 ms */
	close_scene();
}

/* What has begun is finished, within five seconds. */
static void what_is_under_way_is_finished(void **state)
{
	struct visitor *slow, *never;

	(void)state;
	open_scene("under-way");
	slow = visitor();
	never = visitor();
	*slow = (struct visitor){.deeds = {{0, SAY, "GET /healthz HTTP/1.1\r\n"}, {S(4), SAY, HOST "\r\n"}}};
	*never = (struct visitor){.deeds = {{S(1), SAY, "GET /healthz HTTP/1.1\r\n"}}};
	assert_int_equal(serve("mode=server", 2), STATUS_OK);
	got(slow, "200 OK");
	got(slow, "Connection: close\r\n");
	assert_int_equal(slow->end, 0);
	assert_int_equal(never->got_len, 0);
	assert_in_range(now() - scene.begun_ns, S(7), S(7) + NS_PER_S / 10);
	(void)sim_run(&scene.sim, now() + NS_PER_S, NULL, NULL);
	assert_int_equal(never->end, ERR_CONNRESET);
	assert_string_equal(said(EVENT_SRV_STOPPING, "open"), "2");
	close_scene();
}

/* An answer that is under way when the end comes is the last one of its connection, though its header
 * could not say so. */
static void an_answer_that_lasts_beyond_the_end(void **state)
{
	struct visitor *v;

	(void)state;
	open_scene("lasts");
	v = visitor();
	*v = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {
		{0, SAY, GET("/metrics") GET("/metrics") GET("/metrics")}, {S(3), LISTEN, ""}}};
	assert_int_equal(serve("mode=server", 2), STATUS_OK);
	assert_in_range(answers(v), 1, 2);
	assert_int_equal(v->end, 0);
	last_is_whole(v);
	assert_in_range(now() - scene.begun_ns, S(3), S(4));
	close_scene();
}

/* The last answer stands in the send buffer, and the connection ends with it: it is not over before the
 * peer has it. */
static void an_answer_that_is_not_yet_acknowledged(void **state)
{
	struct visitor *v, *deaf;

	(void)state;
	open_scene("unacknowledged");
	v = visitor();
	*v = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {
		{0, SAY, "GET /metrics HTTP/1.0\r\n\r\n"}, {S(4), LISTEN, ""}}};
	assert_int_equal(serve("mode=server", 3), STATUS_OK);
	got(v, "200 OK");
	last_is_whole(v);
	assert_int_equal(v->end, 0);
	assert_in_range(now() - scene.begun_ns, S(4), S(5));
	close_scene();
	/* Nor is it kept for ever. */
	open_scene("never");
	deaf = visitor();
	*deaf = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {
		{0, SAY, "GET /metrics HTTP/1.0\r\n\r\n"}, {S(31), LISTEN, ""}}};
	assert_int_equal(serve("mode=server", 40), STATUS_OK);
	assert_int_equal(deaf->end, ERR_CONNRESET);
	close_scene();
}

/* Nothing but its own clock tells it: the next thing to happen would be the end of TIME-WAIT. */
static void the_end_is_noticed_at_once(void **state)
{
	(void)state;
	open_scene("at-once");
	*visitor() = (struct visitor){.deeds = {{0, SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
	assert_int_equal(serve("mode=server", 2), STATUS_OK);
	assert_int_equal(kit_event_count(&scene.host->kp, EVENT_TCP_TIME_WAIT_ABANDONED), 1);
	assert_int_equal(now() - scene.begun_ns, S(2));
	close_scene();
}

/* timeout= was given, and nobody came. */
static void a_timeout_that_was_asked_for(void **state)
{
	(void)state;
	open_scene("timeout");
	scene.platform.timeout_given = true;
	assert_int_equal(serve("mode=server requests=2", 0), STATUS_TIMED_OUT);
	assert_string_equal(said(EVENT_RESULT, "errormsg"),
			    "timed out after 30.000 s, with 0 of 2 requests answered");
	close_scene();
}

static void no_such_place_to_listen(void **state)
{
	(void)state;
	open_scene("address");
	assert_int_equal(serve("listen=10.0.0.9:80", 1), STATUS_BAD_CONFIG);
	assert_string_equal(said(EVENT_RESULT, "errormsg"), "listen=: that is no address of this machine");
	close_scene();
	open_scene("memory");
	assert_int_equal(sock_socket(scene.host->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, 0), 3);
	scene.host->kp.fail_after = 0;
	assert_int_equal(serve("mode=server", 1), STATUS_OUT_OF_MEMORY);
	scene.host->kp.fail_after = UINT_MAX;
	assert_int_equal(sock_close(scene.host->stack, 3, now()), ERR_OK);
	close_scene();
}

static void without_memory_for_a_page(void **state)
{
	struct visitor *v;

	(void)state;
	open_scene("no-memory");
	memory_is_short = true; /* but for the table of sessions */
	v = visitor();
	*v = (struct visitor){.deeds = {{0, SAY, GET("/metrics")}, {S(1), SAY, GET("/nope")}}};
	assert_int_equal(serve("listen=10.0.0.1:80", 3), STATUS_OK);
	got(v, "503 Service Unavailable");
	got(v, "Retry-After: 1\r\n");
	got(v, "404 Not Found");
	close_scene();
}

/* --- a probe that stays ------------------------------------------------------------------------------- */

/* It calls itself: the answer is given while the question waits for it. */
static void it_answers_while_it_asks(void **state)
{
	struct visitor *v, *reader;

	(void)state;
	open_scene("probe");
	v = visitor();
	reader = visitor();
	*reader = (struct visitor){.comes_ns = S(6), .deeds = {{0, SAY, GET("/")}}};
	*v = (struct visitor){.comes_ns = S(5), .deeds = {{0, SAY, GET("/metrics")}}};
	/* 10.0.0.77 answers no ARP: three seconds of waiting, in which the scrape comes. */
	assert_int_equal(serve("mode=server interval=2 url=http://10.0.0.77/a&b tcp=10.0.0.2:9", 20),
			 STATUS_COULD_NOT_CONNECT);
	ended_after(v, 15);
	got(reader, "<code>http://10.0.0.77/a&amp;b</code>");
	got(reader, "<span class=\"bad\">failed, status 7</span>");
	got(v, "\nprobe_success{target=\"tcp://10.0.0.2:9\"} 0\nprobe_success{target=\"http://10.0.0.77/a&b\"} 0\n");
	got(v, "\ndialtone_probe_exit_status{target=\"http://10.0.0.77/a&b\"} 7\n");
	got(v, "\nprobe_http_duration_seconds{target=\"http://10.0.0.77/a&b\",phase=\"connect\"} ");
	assert_int_equal(occurrences(v->got, "# TYPE probe_success "), 1);
	assert_in_range(strtoul(said(EVENT_HTTP_SUMMARY, "sent"), NULL, 10), 4, 8);
	assert_string_equal(said(EVENT_RESULT, "url"), "tcp://10.0.0.2:9");
	close_scene();
}

/* The next round would begin in the very moment in which the machine stays no longer. */
static void no_round_begins_with_the_end(void **state)
{
	(void)state;
	open_scene("end");
	assert_int_equal(serve("mode=server interval=1 tcp=10.0.0.2:9", 3), STATUS_COULD_NOT_CONNECT);
	assert_string_equal(said(EVENT_HTTP_SUMMARY, "sent"), "3");
	close_scene();
}

/* Each sample of a name has labels of its own. */
static void the_same_target_twice(void **state)
{
	struct visitor *v;

	(void)state;
	open_scene("twice");
	v = visitor();
	*v = (struct visitor){.comes_ns = S(1), .deeds = {{0, SAY, GET("/metrics")}}};
	assert_int_equal(serve("mode=server tcp=10.0.0.2:9 tcp=10.0.0.2:8 tcp=10.0.0.2:9 tcp=10.0.0.2:9", 2),
			 STATUS_COULD_NOT_CONNECT);
	got(v, "\nprobe_success{target=\"tcp://10.0.0.2:9\"} 0\n"
	       "probe_success{target=\"tcp://10.0.0.2:8\"} 0\n"
	       "probe_success{target=\"tcp://10.0.0.2:9 #2\"} 0\n"
	       "probe_success{target=\"tcp://10.0.0.2:9 #3\"} 0\n#");
	close_scene();
}

/* A start that moves would be told as a restart. */
static void it_has_started_once(void **state)
{
	struct visitor *early, *late;
	const char *line;

	(void)state;
	open_scene("started");
	the_clock_runs = true;
	early = visitor();
	late = visitor();
	*early = (struct visitor){.deeds = {{NS_PER_MS * 100, SAY, GET("/metrics")}}};
	*late = (struct visitor){.deeds = {{NS_PER_MS * 600, SAY, GET("/metrics")}}};
	assert_int_equal(serve("mode=server", 2), STATUS_OK);
	line = strstr(early->got, "\nprocess_start_time_seconds ");
	assert_non_null(line);
	assert_int_equal(strncmp(line, strstr(late->got, "\nprocess_start_time_seconds "), 39), 0);
	close_scene();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_with_its_steps),
		cmocka_unit_test(pages_and_their_absence),
		cmocka_unit_test(what_is_no_request_ends_the_connection),
		cmocka_unit_test(http_1_0_closes_unless_asked),
		cmocka_unit_test(an_idle_connection_is_closed_after_a_minute),
		cmocka_unit_test(a_request_that_dawdles_is_408),
		cmocka_unit_test(who_expects_100_gets_it),
		cmocka_unit_test(half_closed_ones_get_their_answer),
		cmocka_unit_test(who_resets_is_forgotten),
		cmocka_unit_test(who_does_not_read),
		cmocka_unit_test(who_says_too_much_gets_the_answer_all_the_same),
		cmocka_unit_test(silent_ones_give_way),
		cmocka_unit_test(kept_connections_give_way),
		cmocka_unit_test(who_waits_is_let_in_at_once),
		cmocka_unit_test(who_does_not_read_gives_way),
		cmocka_unit_test(two_thousand_connections),
		cmocka_unit_test(after_so_many_requests),
		cmocka_unit_test(the_last_connections_end_is_noticed_at_once),
		cmocka_unit_test(what_is_under_way_is_finished),
		cmocka_unit_test(an_answer_that_lasts_beyond_the_end),
		cmocka_unit_test(an_answer_that_is_not_yet_acknowledged),
		cmocka_unit_test(the_end_is_noticed_at_once),
		cmocka_unit_test(a_timeout_that_was_asked_for),
		cmocka_unit_test(no_such_place_to_listen),
		cmocka_unit_test(without_memory_for_a_page),
		cmocka_unit_test(it_answers_while_it_asks),
		cmocka_unit_test(no_round_begins_with_the_end),
		cmocka_unit_test(the_same_target_twice),
		cmocka_unit_test(it_has_started_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
