/*
 * SPDX-License-Identifier: MIT
 *
 * Carrying out one check, redirects and retries included.
 */
#ifndef APP_PROBE_CHECK_H
#define APP_PROBE_CHECK_H

#include "app/http/client.h"
#include "app/http/exchange.h"
#include "app/http/transfer.h"
#include "app/probe/reader.h"
#include "app/probe/targets.h"

/* What goes from one check to the next. */
struct client {
	struct app_env *env;
	const struct probe_settings *settings;
	/* Is the run over at that time, as far as is known now?  NULL: it ends with its checks. */
	bool (*is_over)(const void *ctx, uint64_t at_ns);
	const void *is_over_ctx;
	struct connection connection; /* to a web server; it may be kept */
	struct connection tcp_line; /* of tcp=: the one that is kept would prove nothing */
	struct transfer transfer; /* the last one */
	struct probe_reader reader;
	char hop_text[2][CONFIG_TEXT_MAX]; /* where a redirect leads, and where that one does */
	char text[HTTP_URL_MAX + 1];
	struct http_client http;
	struct http_exchange exchange; /* last: its buffers need not be cleared */
};

/* A try of a check: what all of its transfers have in common. */
struct attempt {
	unsigned check, probe, next;
	unsigned number;      /* 0: the first */
	uint64_t start_ns, deadline_ns;
};

/* All zeroes up to its `exchange`. */
void client_begin(struct client *client, struct app_env *env, const struct probe_settings *settings);
bool client_is_over(const struct client *client, uint64_t at_ns);

/* Does it; client->transfer is what counts.  `probe` is the round's number, 0 where it is the only one;
 * `next` is the check that follows at once, CHECKS_MAX for none. */
void check_run(struct client *client, unsigned check, unsigned probe, unsigned next);
/* What counts for the times of a series: a ping's round trip, the whole of everything else. */
uint64_t check_time_ns(const struct client *client, unsigned check, const struct report *r);
/* Closes the connection that was kept for a check that will not come. */
void check_end(struct client *client);

/* --- between check.c and fetch.c ---------------------------------------------------------------------- */

/* The transfer of an attempt begins, over that line; `text` is what is configured. */
struct transfer *attempt_begin(struct client *client, const struct attempt *a, struct connection *connection,
			       const char *text);
/* url=, with its redirects. */
void fetch_url(struct client *client, const struct attempt *a);

#endif
