/* SPDX-License-Identifier: MIT */
/* What the server's own files share; no other file includes it. */
#ifndef APP_SERVER_INTERNAL_H
#define APP_SERVER_INTERNAL_H

#include "app/http/http_date.h"
#include "app/server/state.h"
#include "base/strbuf.h"

/* Places: connections that are attended to at a time, as memory allows. */
#define SERVER_PLACES_MOST 1024u
#define SERVER_PLACES_FEWEST 64u
#define SERVER_SNDBUF (8u * 1024 - 128) /* with its head a whole piece of the kernel's heap */
#define SERVER_RCVBUF (4u * 1024)

/* Time-outs. */
#define SERVER_IDLE_NS (60 * NS_PER_S)     /* between two requests */
#define SERVER_REQUEST_NS (10 * NS_PER_S)  /* from a request's first byte to its last */
#define SERVER_SEND_NS (30 * NS_PER_S)     /* without progress */
/* While all places are taken and a connection waits, timeouts are shorter; see crowd.c. */
#define SERVER_IDLE_CROWDED_NS NS_PER_S
#define SERVER_RATE_NS (2 * NS_PER_S)      /* the time over which the two rates are measured */
#define SERVER_RATE_IN 64u                 /* bytes a second of a request */
#define SERVER_RATE_TAKEN 1024u            /* bytes a second of an answer */
#define SERVER_WAIT_NS (2 * NS_PER_S)      /* a newcomer waits so long for its own address's sake */
#define SERVER_LINGER_NS (2 * NS_PER_S)    /* from our FIN, acknowledged, to the peer's */
#define SERVER_STOP_NS (5 * NS_PER_S)      /* at the end, for all of them */

/* --- session.c ------------------------------------------------------------------------------- */

/* It waits for a place. */
void session_begin(struct server *s, struct session *c, int fd, const struct net_endpoint *peer,
		   uint64_t now_ns);
/* It has one: requests are read from now on. */
void session_seat(struct server *s, struct session *c, uint64_t now_ns);
/* Goes on as far as it can without waiting.  True: there is more to do at once. */
bool session_run(struct server *s, struct session *c, uint64_t now_ns);
/* When it has to be checked again even if nothing comes. */
uint64_t session_deadline(const struct server *s, const struct session *c);
bool session_is_idle(const struct session *c);
/* It has a connection, and a place. */
static inline bool session_has_place(const struct session *c)
{
	return c->fd >= 0 && c->phase != SESSION_WAITING;
}
/* No more requests: closes in order what is idle, and lets the others finish. */
void session_stop(struct server *s, struct session *c, uint64_t now_ns);
/* At once, with a RST. */
void session_abort(struct server *s, struct session *c, uint64_t now_ns);

/* --- crowd.c --------------------------------------------------------------------------------- */

/* So many places fit into the memory. */
unsigned crowd_places(const struct machine *m);
/* The tables; false: no memory. */
bool crowd_open(struct server *s);
void crowd_close(struct server *s);
/* Admits newcomers, gives places away, and reports which wait. */
void crowd_let_in(struct server *s, uint64_t now_ns);
/* The connection is over: its session is free. */
void crowd_left(struct server *s, struct session *c);
/* Whose place a newcomer gets; NULL: none has one. */
struct session *crowd_whose_place(const struct server *s);
/* It waits and may have another's place now. */
bool crowd_may_replace(const struct server *s, const struct session *c, unsigned most, uint64_t now_ns);
/* The most places that one address has. */
unsigned crowd_most_places(const struct server *s);
/* It has more to do at once, after the others; and the next such one, perhaps of a connection that is
 * over, or NULL. */
void crowd_run_again(struct server *s, struct session *c);
struct session *crowd_next_again(struct server *s);
/* What has moved, from the socket; the rate, where it is time for that. */
void crowd_measure(struct server *s, struct session *c, uint64_t now_ns);
void crowd_window_begin(struct session *c, uint64_t now_ns);
/* It loses its place: counts it. */
void crowd_note_loss(struct server *s, const struct session *c, enum loss why);
/* The same, with a RST. */
void crowd_lose(struct server *s, struct session *c, enum loss why, uint64_t now_ns);
/* For want of memory: another than this one loses its place.  False: it is the first to go itself. */
bool crowd_make_room(struct server *s, const struct session *for_it, uint64_t now_ns);
const char *crowd_loss_name(enum loss why);

/* --- answer.c -------------------------------------------------------------------------------- */

/* c->answer to c->request as it stands, done or bad; `last`: the connection ends with it. */
void answer_make(struct server *s, struct session *c, bool last, uint64_t now_ns);
void answer_free(struct server *s, struct answer *a);
/* Index of a code in SERVER_CODES, and its words. */
unsigned answer_code_index(unsigned code);
const char *answer_reason(unsigned index, unsigned *code);

/* --- pages.c, metrics.c ------------------------------------------------------------------------ */

/* What a page is made of, as of one moment: written twice it is the same twice. */
struct view {
	const struct server *server;
	struct net_endpoint local;   /* where it was asked */
	uint64_t now_ns;
	uint64_t unix_s;             /* 0 if unknown */
	uint64_t entry_unix_s;       /* of the kernel's entry; 0: the same */
	bool has_memory;
	uint64_t memory_total, memory_available; /* bytes */
};

struct page {
	const char *path, *type;
	void (*write)(struct strbuf *sb, const struct view *view);
};

/* NULL: there is no such page. */
const struct page *page_find(const char *path, size_t len);
void metrics_write(struct strbuf *sb, const struct view *view);

/* --- traffic.c ------------------------------------------------------------------------------- */

/* An answer has been given (`sent`: all of it was taken): counts it, and says it or not. */
void traffic_answered(struct server *s, const struct session *c, uint64_t now_ns);
/* Logs once a second what was suppressed; returns when to call again. */
uint64_t traffic_tick(struct server *s, uint64_t now_ns);
void traffic_summary(const struct server *s, uint64_t now_ns);

#endif
