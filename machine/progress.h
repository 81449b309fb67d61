/*
 * SPDX-License-Identifier: MIT
 *
 * Signs of life.  Code that begins something that may be long reports it here; when it has lasted two
 * seconds the log gets a `progress` line, and another one each second from then on, never more: how
 * many bytes and how fast, or what is waited for, and how long still.
 *
 * The rule stands in progress_tick(), which every turn of a wait goes through (machine/blocking.h).  It
 * compares two numbers; what the line says is asked of its owner when it is due.
 */
#ifndef MACHINE_PROGRESS_H
#define MACHINE_PROGRESS_H

#include "log/event.h"

#define PROGRESS_SILENCE_NS (2 * NS_PER_S)  /* what takes no longer needs no line */
#define PROGRESS_INTERVAL_NS NS_PER_S

/* What a line says beside the times. */
struct progress_line {
	const char *what;             /* "waiting for the server's SYN-ACK" */
	uint32_t conn;                /* 0: not about a connection */
	const struct net_endpoint *dst; /* whom it waits for; NULL, or port 0: an address alone */
	const char *name;             /* whose address is being looked up; NULL */
	bool has_bytes, has_of;
	uint64_t bytes, of;           /* so far; in all */
};

/* Something that may be long.  `describe` is called for each line. */
struct progress_work {
	void (*describe)(const void *ctx, struct progress_line *line);
	const void *ctx;
	uint64_t deadline_ns;         /* when its timeout is; TIME_NEVER: never */
};

struct progress {
	struct event_sink *events;
	struct progress_work work;
	uint64_t begun_ns;
	uint64_t next_ns;             /* when to speak; TIME_NEVER: there is nothing to say */
	uint64_t bytes, bytes_ns;     /* as they stood at the latest line, or when it began */
};

void progress_init(struct progress *p, struct event_sink *events);
/* It begins, in the place of what was before; `p` may be NULL.  The work is copied. */
void progress_begin(struct progress *p, const struct progress_work *work, uint64_t now_ns);
/* A wait that needs no more than its name; the string stays. */
void progress_begin_wait(struct progress *p, const char *what, uint64_t deadline_ns, uint64_t now_ns);
void progress_end(struct progress *p);

/* Says the line that is due; see progress_tick(). */
void progress_speak(struct progress *p, uint64_t now_ns);

/* Speaks if it is time to, and returns when it will be next: a wait sleeps no longer than that. */
static inline uint64_t progress_tick(struct progress *p, uint64_t now_ns)
{
	if (p == NULL)
		return TIME_NEVER;
	if (now_ns >= p->next_ns)
		progress_speak(p, now_ns);
	return p->next_ns;
}

#endif
