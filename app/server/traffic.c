/*
 * SPDX-License-Identifier: MIT
 *
 * What the log gets of the server's traffic.  The serial line is slower than the network by orders
 * of magnitude, so not everything can be logged: of the connections log/mute.c lets the first
 * log.connections= through whole and one a second after; of the requests the same number are logged
 * here, as far as their connection is.  What was left out is counted, and said once a second.
 */
#include "app/server/internal.h"

#include "base/string.h"
#include "log/log.h"

#define TICK_NS NS_PER_S

static bool may_be_logged(struct server *s, const struct session *c, uint64_t now_ns)
{
	uint32_t burst = s->settings->log_connections;

	return !log_is_muted(c->conn) && burst > 0 &&
	       rate_take(&s->logged, NS_PER_S, burst, now_ns);
}

static void say(struct server *s, const struct session *c)
{
	const struct request *r = &c->request;
	bool bad = r->phase == REQUEST_BAD;

	event_emit(s->env->events, EVENT_HTTP_SERVED, c->conn, 0, EV_ENDPOINT("src", c->peer),
		   EV_IF(r->method_len > 0, EV_TEXT("method", r->method_text, r->method_len)),
		   EV_IF(r->target_len > 0, EV_TEXT("target", r->target, r->target_len)),
		   EV_U64("http_code", c->answer.code),
		   EV_U64("size_request", r->size_header + r->size_body),
		   EV_U64("size_body", c->answer.body_len),
		   EV_SECONDS("time_total", s->m->now_ns(s->m->ctx) - c->begun_ns),
		   EV_IF(bad, EV_STR("problem", bad ? r->problem : "")));
}

void traffic_answered(struct server *s, const struct session *c, uint64_t now_ns)
{
	bool logged = may_be_logged(s, c, now_ns);

	s->requests++;
	s->by_code[answer_code_index(c->answer.code)]++;
	if (logged)
		say(s, c);
	else
		s->unlogged_requests++;
}

static uint64_t lost_since(const struct server *s, enum loss why)
{
	return s->lost[why] - s->logged_lost[why];
}

static void log_crowd(struct server *s)
{
	event_emit(s->env->events, EVENT_SRV_CROWDED, 0, 0,
		   EV_U64("open", s->n_open - s->n_waiting), EV_U64("waiting", s->n_waiting),
		   EV_U64("displaced", lost_since(s, LOSS_NEWCOMER)),
		   EV_U64("slow", lost_since(s, LOSS_SLOW_IN) + lost_since(s, LOSS_SLOW_OUT)),
		   EV_U64("idle", lost_since(s, LOSS_IDLE)),
		   EV_U64("memory", lost_since(s, LOSS_MEMORY)),
		   EV_ADDR("ip", s->busiest.addr), EV_U64("connections", s->busiest.places));
	s->busiest = (struct guest){0};
	memcpy(s->logged_lost, s->lost, sizeof(s->logged_lost));
}

/* One line a second for all who lose their place. */
static uint64_t tick_crowd(struct server *s, uint64_t now_ns)
{
	if (memcmp(s->logged_lost, s->lost, sizeof(s->lost)) == 0)
		return TIME_NEVER;
	if (!rate_take(&s->logged_crowd, TICK_NS, 1, now_ns))
		return s->logged_crowd.empty_until_ns;
	log_crowd(s);
	return TIME_NEVER;
}

static uint64_t tick_traffic(struct server *s, uint64_t now_ns)
{
	uint64_t connections = log_muted_connections() - s->logged_connections;
	uint64_t requests = s->unlogged_requests - s->logged_requests;

	if (connections == 0 && requests == 0)
		return TIME_NEVER;
	if (!s->tick_set) {
		s->tick_set = true;
		s->next_tick_ns = now_ns + TICK_NS;
	}
	if (now_ns < s->next_tick_ns)
		return s->next_tick_ns;
	event_emit(s->env->events, EVENT_SRV_TRAFFIC, 0, 0, EV_U64("connections", connections),
		   EV_U64("requests", requests), EV_U64("open", s->n_open));
	s->logged_connections += connections;
	s->logged_requests += requests;
	s->tick_set = false;
	return TIME_NEVER;
}

uint64_t traffic_tick(struct server *s, uint64_t now_ns)
{
	uint64_t crowd_ns = tick_crowd(s, now_ns);

	return MIN(crowd_ns, tick_traffic(s, now_ns));
}

void traffic_summary(const struct server *s, uint64_t now_ns)
{
	event_emit(s->env->events, EVENT_SRV_SUMMARY, 0, 0, EV_U64("connections", s->connections),
		   EV_U64("requests", s->requests), EV_U64("bytes", s->bytes_out),
		   EV_SECONDS("time_total", now_ns - s->begun_ns));
}
