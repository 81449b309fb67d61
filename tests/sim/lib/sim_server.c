/*
 * SPDX-License-Identifier: MIT
 *
 * The server's scene; see tests/sim/lib/sim_server.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/lib/sim_server.h"

#include "config/config.h"
#include "net/counters.h"

struct scene scene;

/* --- visitors ------------------------------------------------------------------------------------- */

uint64_t scene_now(void)
{
	return scene.sim.now_ns;
}

static void come(struct visitor *v)
{
	struct net_endpoint server = net_endpoint_ipv4(scene.host->ip, SCENE_PORT);
	struct stack *stack = scene.guests->stack;

	v->fd = sock_socket(stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_true(v->fd >= 0);
	if (v->rcvbuf != 0)
		assert_int_equal(sock_setsockopt(stack, v->fd, SOCK_SO_RCVBUF, v->rcvbuf, scene_now()), ERR_OK);
	assert_int_equal(sock_connect(stack, v->fd, &server, scene_now()), ERR_INPROGRESS);
	v->came = true;
	v->end = 1;
}

static void leave(struct visitor *v, int end)
{
	v->end = end;
	v->end_ns = scene_now() - scene.begun_ns - v->comes_ns;
	if (end <= 0)
		(void)sock_close(scene.guests->stack, v->fd, scene_now());
	v->fd = -1;
}

/* True: it is done. */
static bool do_deed(struct visitor *v, const struct deed *d)
{
	struct stack *stack = scene.guests->stack;
	int n;

	switch (d->kind) {
	case SAY:
		n = sock_send(stack, v->fd, d->text + v->said, strlen(d->text + v->said), scene_now());
		if (n == ERR_AGAIN)
			return false;
		if (n < 0)
			return true;
		v->said += (size_t)n;
		return d->text[v->said] == '\0';
	case FIN:
		return sock_shutdown(stack, v->fd, SOCK_SHUT_WR, scene_now()) != ERR_AGAIN;
	case RESET:
		(void)sock_abort(stack, v->fd, scene_now());
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
		if (scene_now() < at_ns) {
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
		n = sock_recv(scene.guests->stack, v->fd, v->got + v->got_len, room, scene_now());
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

		if (!v->came && scene_now() < comes_ns) {
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

void scene_visit(void)
{
	visit(scene.guests, NULL);
}

/* --- the server's machine --------------------------------------------------------------------------- */

static uint64_t machine_now(void *ctx)
{
	(void)ctx;
	return scene_now();
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
	bool was_due = scene_now() >= t->due_ns;

	t->due_ns = net_next_deadline(scene.host->stack);
	return was_due || frames_in() != t->frames;
}

static void machine_turn(void *ctx, uint64_t deadline_ns)
{
	struct turn t = {.frames = frames_in(), .due_ns = net_next_deadline(scene.host->stack)};

	(void)ctx;
	(void)sim_run(&scene.sim, deadline_ns, something_happened, &t);
}

static void *machine_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return scene.memory_is_short && size < 100000 ? NULL : malloc(size);
}

static void machine_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	(void)size;
	free(ptr);
}

/* Its seconds begin in the middle of ours. */
static uint64_t machine_unix(void *ctx)
{
	uint64_t ns = scene.clock_runs ? scene_now() - scene.begun_ns + NS_PER_S / 2 : 0;

	(void)ctx;
	return 784111777 + ns / NS_PER_S; /* RFC 9110's example */
}

static void machine_memory(void *ctx, uint64_t *total, uint64_t *available)
{
	(void)ctx;
	*total = *available = scene.memory;
}

void scene_open(const char *name)
{
	static const struct sim_host_options many = {.net = {.max_sockets = 1500}, .tx_ring = 1024};

	memset(&scene, 0, sizeof(scene));
	sim_open(&scene.sim, name, 1);
	scene.host = sim_host(&scene.sim, &many);
	scene.guests = sim_host(&scene.sim, &many);
	sim_set_delay(scene.guests, NS_PER_MS);
	scene.visitors = calloc(SCENE_VISITORS_MAX, sizeof(scene.visitors[0]));
	sim_add_app(scene.guests, visit, NULL);
}

struct visitor *scene_visitor(void)
{
	return &scene.visitors[scene.n_visitors++];
}

enum status scene_serve(const char *config, double hold_s)
{
	struct event_sink *events = &scene.host->kp.sink;
	struct config_tables tables = {0};
	struct app_env env = {
		.machine = {.stack = scene.host->stack, .now_ns = machine_now, .turn = machine_turn,
			    .alloc = machine_alloc, .free = machine_free, .unix_s = machine_unix,
			    .memory = scene.memory != 0 ? machine_memory : NULL},
		.events = events,
		.platform = &scene.platform,
		.deadline_ns = scene_now() + S(30),
	};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "test", config, strlen(config), NULL), 0);
	assert_int_equal(app_config_check(events), 0);
	assert_int_equal(app_check(events), STATUS_OK);
	scene.platform.hold_ns = (uint64_t)(hold_s * 1e9);
	scene.begun_ns = scene_now();
	sim_wake(scene.guests, scene_now());
	return app_main(&env);
}

void scene_close(void)
{
	for (unsigned i = 0; i < scene.n_visitors; i++) {
		if (scene.visitors[i].fd > 0)
			(void)sock_abort(scene.guests->stack, scene.visitors[i].fd, scene_now());
	}
	sim_settle(&scene.sim);
	sim_close(&scene.sim);
	free(scene.visitors);
}

/* --- what is looked at ------------------------------------------------------------------------------ */

unsigned scene_occurrences(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

void visitor_got(const struct visitor *v, const char *text)
{
	if (strstr(v->got, text) == NULL)
		fail_msg("no \"%s\" in:\n%s", text, v->got);
}

unsigned visitor_answers(const struct visitor *v)
{
	return scene_occurrences(v->got, "HTTP/1.1 ");
}

const char *scene_said(enum event_id id, const char *key)
{
	const struct kit_event *ev = kit_event(&scene.host->kp, id, 0);
	const char *value = ev != NULL ? kit_event_field(ev, key) : NULL;

	return value != NULL ? value : "(absent)";
}

void visitor_last_is_whole(const struct visitor *v)
{
	const char *last = v->got, *next;

	while ((next = strstr(last + 1, "HTTP/1.1 ")) != NULL)
		last = next;
	assert_int_equal(atoi(strstr(last, "Content-Length: ") + 16),
			 strlen(strstr(last, "\r\n\r\n") + 4));
}

void visitor_ended_after(const struct visitor *v, double s)
{
	assert_int_equal(v->end, 0);
	assert_in_range(v->end_ns, (uint64_t)(s * 1e9), (uint64_t)(s * 1e9) + NS_PER_S / 5);
}

unsigned scene_answered(unsigned from, unsigned until)
{
	unsigned n = 0;

	for (unsigned i = from; i < until; i++)
		n += visitor_answers(&scene.visitors[i]) > 0;
	return n;
}
