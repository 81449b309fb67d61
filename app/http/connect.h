/*
 * SPDX-License-Identifier: MIT
 *
 * One attempt to connect to line->remote, in the textbook's steps: create a socket, connect.  All that
 * it knows is in its struct connection, so that several may be on their way at once: begin them, check
 * each when something has happened, end each.  connect_to() has one, and waits for it.
 */
#ifndef APP_HTTP_CONNECT_H
#define APP_HTTP_CONNECT_H

#include "app/http/transfer.h"

/* A socket, and its SYN; until line->connect_by_ns (given with connect_began_ns).  ERR_INPROGRESS,
 * ERR_OK, or an error. */
int connect_begin(struct transfer *t, struct connection *connection) MUST_CHECK;
/* Has it come to something?  As above. */
int connect_check(const struct transfer *t, const struct connection *connection) MUST_CHECK;
/* It has, or its time is over (ERR_TIMEDOUT): into the report.  False: the transfer has failed. */
bool connect_end(struct transfer *t, struct connection *connection, int err) MUST_CHECK;

/* All of it.  False: the transfer has failed and says why. */
bool connect_to(struct transfer *t, struct connection *connection) MUST_CHECK;

#endif
