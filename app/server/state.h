/*
 * SPDX-License-Identifier: MIT
 *
 * What a server knows: its sessions, those that wait, what it has counted.  Only app/server/ looks into it;
 * the owner of a server owns the struct.
 */
#ifndef APP_SERVER_STATE_H
#define APP_SERVER_STATE_H

#include "app/app.h"
#include "app/http/request_parse.h"
#include "app/monitor.h"
#include "app/server/settings.h"
#include "base/rate.h"

#define SERVER_PIECE 2048u
#define SERVER_SMALL_MAX 1024u /* bytes: a header, and a body of a few words */

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
	SESSION_WAITING,   /* for a place */
	SESSION_READING,   /* a request, or waiting for one */
	SESSION_ANSWERING,
	SESSION_CLOSING,   /* nothing but our FIN follows; what comes is thrown away until the peer's */
};

/* What has moved since a moment; a rate is measured when SERVER_RATE_NS have passed. */
struct rate_window {
	uint64_t from_ns, in, taken;
	bool slow;         /* the latest one that was whole was below what is asked for in a crowd */
};

/* One connection. */
struct session {
	int fd;            /* -1: none */
	struct session *next;       /* link of the free ones, or of those that wait */
	struct session *next_again; /* link of those that have more to do at once */
	bool again;                 /* on that list */
	unsigned guest;    /* row of the address it is from */
	uint64_t came_ns;  /* was accepted */
	uint64_t sent;     /* bytes that the socket has taken */
	uint64_t in, taken; /* bytes that have come, and that the peer has acknowledged */
	struct rate_window window;
	uint64_t retry_ns; /* ask the socket again then, nothing else will tell; 0: it will */
	uint32_t conn;
	struct net_endpoint peer, local;
	enum session_phase phase;
	bool peer_ended;   /* it has sent its FIN */
	bool promised;     /* "100 Continue" was sent for this request */
	uint64_t since_ns; /* it entered the phase, or since then the last progress that the peer let us make */
	uint32_t unacked;  /* closing: bytes that the peer does not have yet, as far as we know */
	bool fin_acked;
	uint64_t begun_ns; /* when the request's first byte was seen */
	struct request request;
	struct answer answer;
};

/* Why a connection has lost its place; the order of the names in crowd.c. */
enum loss {
	LOSS_NEWCOMER, /* to one who waited */
	LOSS_SLOW_IN,
	LOSS_SLOW_OUT,
	LOSS_IDLE,
	LOSS_MEMORY,   /* an answer needs what it holds */
	LOSS_COUNT,
};

/* An address that has connections here. */
struct guest {
	struct net_addr addr;
	unsigned connections; /* 0: the row is free */
	unsigned places;      /* of those, not waiting */
};

struct server {
	struct background background;
	struct app_env *env;
	struct machine *m;
	const struct server_settings *settings;
	struct monitor *monitor; /* of checks that this machine makes; NULL: it makes none */
	int listener;       /* -1: no longer */
	struct net_endpoint local;
	uint64_t begun_ns, end_ns; /* end: hold= has passed */
	uint64_t entry_unix_s;     /* the kernel's entry; 0: not known yet */
	bool stopping;
	bool crowded;       /* all places are taken and a connection waits */
	uint64_t stop_by_ns;

	/* Each connection has a session: `places` of them at most are attended to, `room` more wait. */
	struct session *sessions;  /* places + room */
	unsigned places, room;
	unsigned n_open, n_waiting; /* open: waiting ones included */
	struct session *free;
	struct session *waiting, **waiting_last;
	struct session *again, **again_last;
	struct guest *guests;      /* one for each address, as many rows as sessions */
	unsigned n_guests;         /* rows up to the last that is used */
	uint64_t scan_ns;          /* no session has a deadline before */
	uint64_t next_takeover_ns; /* one that waits may take a place over then */
	bool takeover_is_due;      /* the same, now: a connection has come, or gone */
	uint64_t lost[LOSS_COUNT], logged_lost[LOSS_COUNT];
	struct guest busiest;      /* of those that lost one since that was logged, as it was then */

	uint64_t connections, requests, bytes_out; /* bytes of answers, headers included */
	uint64_t by_code[SERVER_CODES_COUNT];

	/* What was suppressed in the log (traffic.c). */
	struct rate_limit logged; /* requests */
	uint64_t next_tick_ns;
	uint64_t unlogged_requests, logged_connections, logged_requests;
	bool tick_set;
	struct rate_limit logged_crowd;
	uint8_t piece[SERVER_PIECE]; /* of what comes, while it is checked */
};

#endif
