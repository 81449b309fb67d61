/*
 * SPDX-License-Identifier: MIT
 *
 * Constants: sizes, times, counts, and where they come from.
 */
#ifndef NET_TCP_LIMITS_H
#define NET_TCP_LIMITS_H

#include "base/compiler.h"
#include "net/port.h"

#define TCP_MSS_DEFAULT 536u /* RFC 9293 3.7.1, MUST-15: the peer sent no MSS option */
/* DEVIATION: RFC 9293 3.7.1, MUST-16, takes any offer; a smaller one counts as this here, since
 * tiny segments are an attack on the sender. */
#define TCP_MSS_MIN 216u

#define TCP_BUFFER_DEFAULT (256u * 1024)
#define TCP_BUFFER_MIN (2u * 1024)
#define TCP_BUFFER_MAX (1024u * 1024) /* fits a window scale of 7 eight times over */
#define TCP_RCVBUF_FIRST (64u * 1024) /* of a receive buffer that grows: tune.c */
#define TCP_WINDOW_SCALE 7u           /* granularity 128 bytes, room for 8 MiB */
_Static_assert(TCP_BUFFER_MAX <= UINT32_C(0xffff) << TCP_WINDOW_SCALE, "no window says it");

#define TCP_RTO_INITIAL_NS (1 * NS_PER_S) /* RFC 6298 2.1 */
/* DEVIATION: RFC 6298 2.4 asks for a floor of one second; 200 ms is what every current stack uses
 * and what its peers' delayed acknowledgements are made for. */
#define TCP_RTO_MIN_NS (200 * NS_PER_MS)
#define TCP_RTO_MAX_NS (60 * NS_PER_S) /* RFC 6298 2.5 */
#define TCP_RTO_AFTER_SYN_LOSS_NS (3 * NS_PER_S) /* RFC 6298 5.7 */
#define TCP_CLOCK_GRANULARITY_NS NS_PER_MS

#define TCP_DELAYED_ACK_NS (40 * NS_PER_MS) /* RFC 9293 3.8.6.3, MUST-40: under half a second */
#define TCP_QUICK_ACKS 16 /* data segments acknowledged at once when a connection is young */
#define TCP_PERSIST_MIN_NS (200 * NS_PER_MS)
#define TCP_OVERRIDE_NS (200 * NS_PER_MS) /* RFC 9293 3.8.6.2.1, (4): 0.1 to 1 s */
#define TCP_CORK_NS (200 * NS_PER_MS) /* as long as in Linux, tcp(7) */
#define TCP_MSL_NS (30 * NS_PER_S)
#define TCP_TIME_WAIT_NS (2 * TCP_MSL_NS)
/* DEVIATION: a FIN-WAIT-2 that no user waits for ends after this; RFC 9293 lets it stay for
 * ever. */
#define TCP_FIN_WAIT_2_NS (60 * NS_PER_S)
#define TCP_USER_TIMEOUT_NS (300 * NS_PER_S) /* RFC 9293 3.9.1.1: five minutes */
#define TCP_SYN_TIMEOUT_NS (180 * NS_PER_S)  /* RFC 9293 3.8.3, MUST-23: R2 of a SYN */
#define TCP_SYN_RECEIVED_TIMEOUT_NS (60 * NS_PER_S)
#define TCP_KEEP_IDLE_S 7200u /* RFC 9293 3.8.4, MUST-28: at least two hours */
#define TCP_KEEP_INTERVAL_S 75u
#define TCP_KEEP_COUNT 9u
#define TCP_R1 3u /* RFC 9293 3.8.3, SHLD-10: retransmissions before IP is asked for another way */
#define TCP_DEVICE_RETRY_NS NS_PER_MS
#define TCP_BUFFER_KEEP_NS NS_PER_S /* an empty send buffer is given back after this */
#define TCP_PAWS_SHIFT 30 /* about seconds, for this */
#define TCP_PAWS_IDLE_NS (24 * 24 * 3600 * NS_PER_S) /* RFC 7323 5.5: 24 days */

#define TCP_INITIAL_WINDOW_SEGMENTS 10u /* RFC 6928 */
#define TCP_INITIAL_WINDOW_BYTES 14600u
#define TCP_CWND_MAX (UINT32_C(1) << 30)

#endif
