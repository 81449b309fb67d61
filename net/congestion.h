/*
 * SPDX-License-Identifier: MIT
 *
 * What can be chosen about congestion: for a stack (net/net.h) and for a socket (net/socket.h).
 */
#ifndef NET_CONGESTION_H
#define NET_CONGESTION_H

/* How much a connection puts on its way. */
enum net_congestion {
	NET_CONGESTION_CUBIC,   /* RFC 9438 */
	NET_CONGESTION_NEWRENO, /* RFC 5681 */
	NET_CONGESTION_COUNT,
};

/* Explicit congestion notification (RFC 3168): routers mark packets instead of dropping them.  A peer
 * that asks for accurate feedback (RFC 9768) gets it, unless all of it is off. */
enum net_ecn {
	NET_ECN_ACCEPT, /* when the peer asks for it; our own SYN does not ask */
	NET_ECN_ASK,    /* our SYN asks, once: a SYN that is sent again does not (6.1.1.1) */
	NET_ECN_OFF,
	NET_ECN_ACCURATE, /* our SYN asks for accurate feedback, and takes RFC 3168 */
};

#endif
