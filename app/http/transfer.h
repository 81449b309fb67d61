/*
 * SPDX-License-Identifier: MIT
 *
 * One transfer while it runs: what the files that carry it out share - its clock, its report, and
 * the sentence about what went wrong.
 */
#ifndef APP_HTTP_TRANSFER_H
#define APP_HTTP_TRANSFER_H

#include "app/app.h"
#include "app/http/client.h"
#include "app/http/connection.h"
#include "app/http/response_parse.h"
#include "app/report.h"
#include "base/strbuf.h"
#include "config/config.h"

#define TRANSFER_ERRORMSG_MAX 1024u

struct transfer {
	struct http_client *client;
	struct app_env *env;
	struct machine *m;
	struct event_sink *events;
	struct connection *connection;
	uint64_t deadline_ns;
	uint64_t start_ns, start_idle_ns;
	uint32_t conn;           /* the last connection it had; 0: none */
	bool reused;             /* that one was there before */
	uint64_t retry_after_s;  /* the server asks to be left alone for so long; 0: it does not */
	bool refused;            /* it could not connect because the host said so */
	bool unresolved;         /* it could not because no host answered ARP */
	struct report report;    /* its texts point to the next members */
	char url[CONFIG_TEXT_MAX];           /* as it may be shown */
	char url_effective[CONFIG_TEXT_MAX + 2]; /* what was asked for in the end */
	char redirect_url[CONFIG_TEXT_MAX];  /* where it was not followed */
	char content_type[HTTP_TEXT_KEPT];
	char errormsg[TRANSFER_ERRORMSG_MAX];
};

/* `url` is shown without a password. */
void transfer_begin(struct transfer *t, struct http_client *client, struct connection *connection,
		    uint64_t deadline_ns, const char *url, size_t len);
/* Measures, and says `transfer`. */
void transfer_end(struct transfer *t);
/* A copy that stands alone. */
void transfer_copy(struct transfer *dst, const struct transfer *src);

uint64_t transfer_now(const struct transfer *t);
uint64_t transfer_elapsed(const struct transfer *t);

/* Ends it with a status and begins the sentence; the caller may go on writing it. */
struct strbuf transfer_fail(struct transfer *t, enum status status, const char *sentence);
/* "timed out after 10.000 s, ": goes on as the progress lines of that wait begin, "waiting for ..." */
struct strbuf transfer_fail_timed_out(struct transfer *t);
/* A wait of this transfer begins (machine/progress.h); `describe` gets the transfer, or what it is in. */
void transfer_begin_wait(const struct transfer *t,
			 void (*describe)(const void *ctx, struct progress_line *line),
			 const void *ctx, uint64_t deadline_ns);
void transfer_end_wait(const struct transfer *t);
/* It failed as one may that has lost the machine's address. */
bool transfer_failed_by_network(const struct transfer *t);

/* --- transfer_wait.c: what a wait that failed says ------------------------------------------------- */

/* Before connect(): where connect-timeout=, retry= or timeout= was given, the next hop is asked for its
 * link address until `deadline_ns`, else as long as the stack does by itself. */
void transfer_set_timeouts(const struct transfer *t, int fd, uint64_t deadline_ns);
/* Behind the sentence, and into the report: what came to the socket meanwhile and was not what was
 * waited for. */
void transfer_explain_awaited(struct transfer *t, struct strbuf *sb, int fd);
/* The same of what the caller knows. */
void transfer_explain(struct transfer *t, struct strbuf *sb, const struct sock_awaited *awaited);
/* The wait of a socket that has sent nothing yet ended with `err`: because the next hop did not answer
 * ARP, for three seconds at least. */
bool transfer_gave_up_on_arp(const struct transfer *t, int fd, int err);
/* And that is what the transfer ends with. */
void transfer_fail_no_arp(struct transfer *t, int fd, uint64_t began_ns);

/* As if nothing had gone wrong: it is tried another way. */
void transfer_clear_failure(struct transfer *t);

#endif
