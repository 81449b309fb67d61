/* SPDX-License-Identifier: MIT */
/* Signs of life; see machine/progress.h. */
#include "machine/progress.h"

#include "base/string.h"

void progress_init(struct progress *p, struct event_sink *events)
{
	*p = (struct progress){.events = events, .next_ns = TIME_NEVER};
}

static void describe(const struct progress *p, struct progress_line *line)
{
	memset(line, 0, sizeof(*line));
	p->work.describe(p->work.ctx, line);
}

void progress_begin(struct progress *p, const struct progress_work *work, uint64_t now_ns)
{
	struct progress_line line;

	if (p == NULL)
		return;
	p->work = *work;
	p->begun_ns = p->bytes_ns = now_ns;
	describe(p, &line);
	p->bytes = line.bytes;
	p->next_ns = now_ns + PROGRESS_SILENCE_NS; /* and so a second or more after any line before */
}

static void name_it(const void *ctx, struct progress_line *line)
{
	line->what = ctx;
}

void progress_begin_wait(struct progress *p, const char *what, uint64_t deadline_ns, uint64_t now_ns)
{
	const struct progress_work work = {
		.describe = name_it, .ctx = what, .deadline_ns = deadline_ns};

	progress_begin(p, &work, now_ns);
}

void progress_end(struct progress *p)
{
	if (p != NULL)
		p->next_ns = TIME_NEVER;
}

/* Bytes a second since the line before, or since it began: how fast it is now. */
static uint64_t rate(const struct progress *p, const struct progress_line *line, uint64_t now_ns)
{
	uint64_t us = (now_ns - p->bytes_ns) / NS_PER_US;
	uint64_t bytes = line->bytes - p->bytes;

	if (us == 0 || bytes > UINT64_MAX / 1000000)
		return 0;
	return bytes * 1000000 / us;
}

static void say(const struct progress *p, const struct progress_line *line, uint64_t now_ns)
{
	const struct net_endpoint dst = line->dst != NULL ? *line->dst : net_endpoint_ipv4(0, 0);
	bool has_ip = line->dst != NULL && dst.port == 0;
	uint64_t end_ns = p->work.deadline_ns;
	bool ends = end_ns != TIME_NEVER;

	event_emit(p->events, EVENT_PROGRESS, line->conn, 0, EV_STR("what", line->what),
		   EV_IF(dst.port != 0, EV_ENDPOINT("dst", dst)), EV_IF(has_ip, EV_ADDR("ip", dst.addr)),
		   EV_IF(line->name != NULL, EV_STR("name", line->name != NULL ? line->name : "")),
		   EV_IF(line->has_bytes, EV_U64("bytes", line->bytes)),
		   EV_IF(line->has_of, EV_U64("of", line->of)),
		   EV_IF(line->has_bytes, EV_U64("rate", rate(p, line, now_ns))),
		   EV_SECONDS("time_so_far", now_ns - p->begun_ns),
		   EV_IF(ends, EV_SECONDS("time_left", end_ns > now_ns ? end_ns - now_ns : 0)));
}

void progress_speak(struct progress *p, uint64_t now_ns)
{
	struct progress_line line;

	describe(p, &line);
	say(p, &line, now_ns);
	p->bytes = line.bytes;
	p->bytes_ns = now_ns;
	/* From now, not from when it was due: a late line is not followed by an early one. */
	p->next_ns = now_ns + PROGRESS_INTERVAL_NS;
}
