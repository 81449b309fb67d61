/*
 * SPDX-License-Identifier: MIT
 *
 * ping=: an echo request to a host, and its reply (net/socket.h's ping sockets).
 */
#ifndef APP_PROBE_PING_H
#define APP_PROBE_PING_H

#include "app/http/transfer.h"
#include "app/http/url.h"

#define PING_REQUESTS_MAX 3u

/* The reply passes; what went wrong is in the report.  A request that is lost is followed by another
 * a second later, up to `requests` in all; the first has the sequence number `icmp_seq`. */
void ping_host(struct transfer *t, struct span host, unsigned requests, uint16_t icmp_seq);

/* The time from the request that was answered to its reply. */
uint64_t ping_round_trip_ns(const struct report *r);

#endif
