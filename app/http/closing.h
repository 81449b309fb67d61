/*
 * SPDX-License-Identifier: MIT
 *
 * Connections that are being closed in order, beside whatever comes next: our FIN has been given to
 * the socket, and the server has two seconds to acknowledge it (less where the run ends before); then
 * it is reset, and the log says so.  No transfer and no round waits for that, only the end of the run.
 */
#ifndef APP_HTTP_CLOSING_H
#define APP_HTTP_CLOSING_H

#include "app/app.h"

#define CLOSING_TIMEOUT_NS (2 * NS_PER_S)

#define CLOSING_MAX 8u

struct closing_conn {
	int fd;
	uint32_t conn;
	struct net_endpoint remote;
	uint64_t since_ns, until_ns;
};

/* The connections of one client; zeroes: none.  The oldest comes first. */
struct closing {
	struct background background; /* first: run() finds the rest by it */
	struct stack *stack;
	struct event_sink *events;
	unsigned n;
	struct closing_conn conns[CLOSING_MAX];
};

/* Takes over the descriptor of a connection (its number in the log, and whom it leads to).  Where too
 * many are closing already, the oldest of them is reset before its two seconds are over. */
void closing_begin(struct closing *c, struct app_env *env, int fd, uint32_t conn,
		   const struct net_endpoint *remote);
/* Until none is left. */
void closing_finish(struct closing *c, struct app_env *env);

#endif
