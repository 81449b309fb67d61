/*
 * SPDX-License-Identifier: MIT
 *
 * The checks of a run, in their order: the lowest layer first, so that the verdict names what is wrong
 * at the bottom: ping=, then tcp=, then url=.  A check is known by its place in that order.
 */
#ifndef APP_PROBE_TARGETS_H
#define APP_PROBE_TARGETS_H

#include "app/probe/settings.h"

#define CHECKS_MAX (HTTP_URLS_MAX + HTTP_TCP_MAX + HTTP_PING_MAX)

unsigned check_count(const struct probe_settings *s);
bool check_is_ping(const struct probe_settings *s, unsigned check);
bool check_is_url(const struct probe_settings *s, unsigned check);
/* What the check is of its own kind: the row in s->tcps or s->urls. */
unsigned check_tcp_row(const struct probe_settings *s, unsigned check);
unsigned check_url_row(const struct probe_settings *s, unsigned check);
/* "http://host/path", as it may be shown. */
const char *check_name(const struct probe_settings *s, unsigned check, char *buf, size_t cap);

#endif
