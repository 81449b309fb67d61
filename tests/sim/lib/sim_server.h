/*
 * SPDX-License-Identifier: MIT
 *
 * The server's scene: a machine that serves (application, sockets, TCP) and visitors on another host that
 * follow scripts: how they ask, how slowly, how rudely they leave, and how many of them come at once.
 */
#ifndef TESTS_SIM_SIM_SERVER_H
#define TESTS_SIM_SIM_SERVER_H

#include "app/app.h"
#include "tests/sim/lib/sim.h"

#define SCENE_PORT 80
#define SCENE_VISITORS_MAX 200
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

extern struct scene {
	struct sim sim;
	struct sim_host *host, *guests; /* 10.0.0.1, 10.0.0.2 */
	struct config_platform platform;
	struct visitor *visitors;
	unsigned n_visitors;
	uint64_t begun_ns;

	/* set by the test behind scene_open() */
	bool memory_is_short;  /* for all but the table of sessions */
	bool clock_runs;       /* the wall clock; it stands otherwise */
	uint64_t memory;       /* bytes that the machine says it has; 0: it does not say */
} scene;

void scene_open(const char *name);
/* The next visitor: fill in its script. */
struct visitor *scene_visitor(void);
/* The application's run, with `config` and hold= so many seconds (0: none). */
enum status scene_serve(const char *config, double hold_s);
void scene_close(void);
uint64_t scene_now(void);
/* The visitors do what they can now. */
void scene_visit(void);

/* --- what is looked at ------------------------------------------------------------------------ */

unsigned scene_occurrences(const char *text, const char *what);
/* Fails where the visitor did not get that text. */
void visitor_got(const struct visitor *v, const char *text);
unsigned visitor_answers(const struct visitor *v);
/* The last answer has as many bytes as it says. */
void visitor_last_is_whole(const struct visitor *v);
/* The visitor's end came by the server's FIN, about so many seconds after it came. */
void visitor_ended_after(const struct visitor *v, double s);
/* So many of visitors [from, until) have an answer. */
unsigned scene_answered(unsigned from, unsigned until);
/* A field of the first such event of the server; "(absent)". */
const char *scene_said(enum event_id id, const char *key);

#endif
