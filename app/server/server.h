/*
 * SPDX-License-Identifier: MIT
 *
 * The web server: a small page, metrics for a Prometheus, and a word that it lives.  It runs in the
 * background of whatever the application waits for (machine/machine.h), so that a probe and its metrics
 * share one machine without a second thread.
 *
 *   server_begin(s, ...)     listens; from here on requests are answered in every wait
 *   server_is_over(s, when)  hold= has passed, or requests= have been answered: it takes no more
 *   server_serve(s)          waits for that end
 *   server_end(s)            finishes what is under way; nothing is answered any more
 */
#ifndef APP_SERVER_SERVER_H
#define APP_SERVER_SERVER_H

#include "app/server/state.h"

/* STATUS_OK; or what went wrong, in `problem`, with nothing to undo.  The settings, and the monitor
 * (NULL: there are no checks to show), stay until server_end(). */
enum status server_begin(struct server *s, struct app_env *env, const struct server_settings *settings,
			 struct monitor *monitor, const char **problem) MUST_CHECK;
bool server_is_over(const struct server *s, uint64_t at_ns); /* by then, as far as is known now */
/* False: env->deadline_ns came before the end. */
bool server_serve(struct server *s) MUST_CHECK;
/* Takes no more, answers what has been asked, closes in order; bounded in time. */
void server_end(struct server *s);
/* Requests answered so far. */
uint64_t server_requests(const struct server *s);

#endif
