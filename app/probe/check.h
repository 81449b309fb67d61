/*
 * SPDX-License-Identifier: MIT
 *
 * The checks of a run: what is configured to be tried, one after the other, the lowest layer first,
 * so that the verdict names what is wrong at the bottom: ping=, then tcp=, then url=.
 */
#ifndef APP_PROBE_CHECK_H
#define APP_PROBE_CHECK_H

#include "app/probe/settings.h"
#include "app/probe/show.h"
#include "app/http/transfer.h"

#define CHECKS_MAX (HTTP_URLS_MAX + HTTP_TCP_MAX + HTTP_PING_MAX)

/* What goes from one check to the next. */
struct client {
	struct app_env *env;
	struct connection line; /* to a web server; it may be kept */
	struct transfer transfer; /* the last one */
	struct show show;
};

unsigned check_count(void);
/* "http://host/path", as it may be shown. */
const char *check_name(unsigned check, char *buf, size_t cap);
bool check_is_url(unsigned check);

/* Does it, redirects and retries included; client->transfer is what counts.  `probe` is the round's
 * number, 0 where it is the only one; `next` is the check that follows at once, CHECKS_MAX for
 * none. */
void check_run(struct client *client, unsigned check, unsigned probe, unsigned next);
/* What counts for the times of a series: a ping's round trip, the whole of everything else. */
uint64_t check_time_ns(unsigned check, const struct report *r);
/* Closes the connection that was kept for a check that will not come. */
void check_end(struct client *client);

#endif
