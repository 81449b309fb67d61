/*
 * SPDX-License-Identifier: MIT
 *
 * One transfer while it runs: what the files that carry it out share - its clock, its report, and
 * the sentence about what went wrong.
 */
#ifndef APP_HTTP_TRANSFER_H
#define APP_HTTP_TRANSFER_H

#include "app/app.h"
#include "app/http/connection.h"
#include "app/http/http_parse.h"
#include "app/report.h"
#include "base/strbuf.h"
#include "kernel/config.h"

#define TRANSFER_ERRORMSG_MAX 512u

struct transfer {
	struct app_env *env;
	struct machine *m;
	struct event_sink *events;
	struct connection *line;
	uint64_t deadline_ns;
	uint64_t start_ns, start_idle_ns;
	uint32_t conn;           /* the last connection it had; 0: none */
	bool reused;             /* that one was there before */
	uint64_t retry_after_s;  /* the server asks to be left alone for so long; 0: it does not */
	bool refused;            /* it could not connect because the host said so */
	struct report report;    /* its texts point to the next members */
	char url[CONFIG_TEXT_MAX];           /* as it may be shown */
	char url_effective[CONFIG_TEXT_MAX + 2]; /* what was asked for in the end */
	char redirect_url[CONFIG_TEXT_MAX];  /* where nobody followed */
	char content_type[HTTP_TEXT_KEPT];
	char errormsg[TRANSFER_ERRORMSG_MAX];
};

/* `url` is shown without a password. */
void transfer_begin(struct transfer *t, struct app_env *env, struct connection *line,
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
/* A wait of this transfer begins (app/progress.h); `describe` gets the transfer, or what it is in. */
void transfer_begin_wait(const struct transfer *t,
			 void (*describe)(const void *ctx, struct progress_line *line),
			 const void *ctx, uint64_t deadline_ns);
void transfer_end_wait(const struct transfer *t);
/* It failed as one may that has lost the machine's address. */
bool transfer_failed_by_network(const struct transfer *t);
/* As if nothing had gone wrong: it is tried another way. */
void transfer_forget_failure(struct transfer *t);

#endif
