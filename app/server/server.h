/*
 * SPDX-License-Identifier: MIT
 *
 * The web server: a small page, metrics for a Prometheus, and a word that it lives.  It runs in the
 * background of whatever the application waits for (machine/blocking.h), so that a probe and its metrics
 * share one machine without a second thread.
 *
 *   server_begin(env)        listens; from here on requests are answered in every wait
 *   server_is_over(when)     hold= has passed, or requests= have been answered: it takes no more
 *   server_serve()           waits for that end
 *   server_end()             finishes what is under way; nothing is answered any more
 */
#ifndef APP_SERVER_SERVER_H
#define APP_SERVER_SERVER_H

#include "app/app.h"

/* STATUS_OK; or what went wrong, in `problem`, with nothing to undo. */
enum status server_begin(struct app_env *env, const char **problem) MUST_CHECK;
bool server_is_over(uint64_t at_ns); /* by then, as far as is known now; without a server never */
/* False: env->deadline_ns came before the end. */
bool server_serve(void) MUST_CHECK;
/* Takes no more, answers what has been asked, closes in order; bounded in time. */
void server_end(void);
/* Requests answered so far. */
uint64_t server_requests(void);

#endif
