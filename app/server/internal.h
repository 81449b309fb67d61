/* SPDX-License-Identifier: MIT */
/* What the server's own files share; nobody else includes it. */
#ifndef APP_SERVER_INTERNAL_H
#define APP_SERVER_INTERNAL_H

#include "app/app.h"
#include "app/server/request.h"
#include "base/rate.h"
#include "base/strbuf.h"

#define SERVER_SESSIONS_MAX 64u
#define SERVER_HEAD_MAX 512u     /* bytes of an answer's header */
#define SERVER_SMALL_MAX 768u    /* a header, and a body of a few words */

/* Time-outs.  While the table is full and somebody waits at the door, less patience is had. */
#define SERVER_IDLE_NS (60 * NS_PER_S)     /* between two requests */
#define SERVER_IDLE_CROWDED_NS NS_PER_S
#define SERVER_REQUEST_NS (10 * NS_PER_S)  /* from a request's first byte to its last */
#define SERVER_REQUEST_CROWDED_NS (2 * NS_PER_S)
#define SERVER_SEND_NS (30 * NS_PER_S)     /* without progress */
#define SERVER_SEND_CROWDED_NS (5 * NS_PER_S) /* all of it, with progress or without */
#define SERVER_LINGER_NS (2 * NS_PER_S)    /* from our FIN, acknowledged, to the peer's */
#define SERVER_STOP_NS (5 * NS_PER_S)      /* at the end, for all of them */

/* The status codes that are given. */
#define SERVER_CODES(X)                                                                         \
	X(200, "OK") X(400, "Bad Request") X(404, "Not Found") X(405, "Method Not Allowed")     \
	X(408, "Request Timeout") X(411, "Length Required") X(413, "Content Too Large")         \
	X(414, "URI Too Long") X(417, "Expectation Failed")                                     \
	X(431, "Request Header Fields Too Large") X(501, "Not Implemented")                     \
	X(503, "Service Unavailable") X(505, "HTTP Version Not Supported")
#define SERVER_CODE_ONE(code, reason) +1
#define SERVER_CODES_COUNT (0 SERVER_CODES(SERVER_CODE_ONE))

/* An answer on its way: header and body in one piece of memory. */
struct answer {
	unsigned code;
	const char *bytes;
	size_t len, at;   /* at: how much of it the socket has taken */
	size_t body_len;  /* of `len` */
	void *memory;     /* NULL: it stands in `small` */
	size_t memory_size;
	char small[SERVER_SMALL_MAX];
};

enum session_phase {
	SESSION_READING,   /* a request, or waiting for one */
	SESSION_ANSWERING,
	SESSION_CLOSING,   /* nothing but our FIN follows; what comes is thrown away until the peer's */
};

/* One connection. */
struct session {
	int fd;            /* -1: nobody's */
	uint32_t conn;
	struct net_endpoint peer, local;
	enum session_phase phase;
	bool peer_ended;   /* it has sent its FIN */
	bool promised;     /* "100 Continue" was sent for this request */
	uint64_t entered_ns; /* the phase */
	uint64_t since_ns; /* the same, or since then the last progress that the peer let us make */
	uint32_t unacked;  /* closing: bytes that the peer does not have yet, as far as we know */
	bool fin_acked;
	uint64_t begun_ns; /* when the request's first byte was seen */
	struct request request;
	struct answer answer;
};

struct server {
	struct background background;
	struct app_env *env;
	struct machine *m;
	int listener;       /* -1: no longer */
	struct net_endpoint local;
	uint64_t begun_ns, end_ns; /* end: hold= has passed */
	uint64_t entry_unix_s;     /* the kernel's entry; 0: not known yet */
	bool stopping, crowded;
	uint64_t stop_by_ns;
	struct session *sessions;  /* SERVER_SESSIONS_MAX of them */
	unsigned n_open;

	uint64_t connections, requests, bytes_out; /* bytes of answers, headers included */
	uint64_t by_code[SERVER_CODES_COUNT];

	/* What the log has not been told one by one (traffic.c). */
	struct rate_limit told; /* requests */
	uint64_t next_tick_ns;
	uint64_t unlogged_requests, told_connections, told_requests;
	bool tick_set;
};

/* --- session.c ------------------------------------------------------------------------------- */

void session_begin(struct server *s, struct session *c, int fd, const struct net_endpoint *peer,
		   uint64_t now_ns);
/* Goes on as far as it can without waiting.  True: there is more to do at once. */
bool session_run(struct server *s, struct session *c, uint64_t now_ns);
/* When it has to be looked at again even if nothing comes. */
uint64_t session_deadline(const struct server *s, const struct session *c);
bool session_is_idle(const struct session *c);
/* No more requests: closes in order what is idle, and lets the others finish. */
void session_stop(struct server *s, struct session *c, uint64_t now_ns);
/* At once, with a RST. */
void session_abort(struct server *s, struct session *c, uint64_t now_ns);

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
	uint64_t unix_s;             /* 0: nobody knows what time it is */
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
/* The part about the checks that this machine makes (probe_metrics.c). */
void probe_metrics_write(struct strbuf *sb, const struct view *view);
void metrics_family(struct strbuf *sb, const char *name, const char *type, const char *help);
/* A label's value, with \ and " and line ends escaped. */
void metrics_label(struct strbuf *sb, const char *value);

/* --- traffic.c ------------------------------------------------------------------------------- */

/* An answer has been given (`sent`: all of it was taken): counts it, and says it or not. */
void traffic_answered(struct server *s, const struct session *c, uint64_t now_ns);
/* Says once a second what was not said one by one; when to call again. */
uint64_t traffic_tick(struct server *s, uint64_t now_ns);
void traffic_summary(const struct server *s, uint64_t now_ns);

/* --- http_date.c ------------------------------------------------------------------------------- */

/* RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". */
void http_date_write(struct strbuf *sb, uint64_t unix_s);

#endif
