/*
 * SPDX-License-Identifier: MIT
 *
 * Which of a server's connections the log tells: the serial line takes some hundred kilobytes a second,
 * and a connection is a dozen lines.  So many are logged whole at once, and one more each second; of the
 * others there is no line at all, and their number is known.  Connections that this machine opens
 * itself are always told.
 */
#ifndef LOG_MUTE_H
#define LOG_MUTE_H

#include "base/compiler.h"
#include "log/event.h"

/* Called once for each event, in their order: false where nothing is to be said of it. */
bool log_mute_wants(const struct event *ev, uint64_t t_ns);

#endif
