/*
 * SPDX-License-Identifier: MIT
 *
 * retry=: what is tried again, and when.  Transient are, as curl has it: time-outs, a name that was not
 * resolved, the statuses 408, 429, 500, 502, 503 and 504; with retry-connrefused=yes a refused
 * connection too.  Ours beside them: no ARP answer, no address (yet) from DHCP, no link (yet).
 * The waits are 1 s, 2 s, 4 s and so on up to 10 minutes, or what the server's Retry-After says.
 */
#ifndef APP_PROBE_RETRY_H
#define APP_PROBE_RETRY_H

#include "app/probe/check.h"

/* Waits for the next try of client->transfer; `tries` have failed before this one.  False: there is none - it passed, it
 * would fail again, it was the last, or the wait would be longer than the run. */
bool retry_wait(struct client *client, unsigned tries) MUST_CHECK;

#endif
