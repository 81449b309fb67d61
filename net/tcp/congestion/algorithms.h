/*
 * SPDX-License-Identifier: MIT
 *
 * The algorithms of congestion control, for congestion.c.
 */
#ifndef NET_TCP_CONGESTION_ALGORITHMS_H
#define NET_TCP_CONGESTION_ALGORITHMS_H

#include "net/tcp/congestion/control.h"

extern const struct tcp_congestion_ops tcp_cubic;   /* RFC 9438 */
extern const struct tcp_congestion_ops tcp_newreno; /* RFC 5681 */

#endif
