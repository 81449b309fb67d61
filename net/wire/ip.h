/*
 * SPDX-License-Identifier: MIT
 *
 * What the headers of both IP families share: the numbers of the protocols above (RFC 8200 3: "same
 * values as the IPv4 Protocol field") and the two bits of congestion notification.
 */
#ifndef NET_WIRE_IP_H
#define NET_WIRE_IP_H

enum ip_protocol { IP_PROTO_ICMP = 1, IP_PROTO_TCP = 6, IP_PROTO_UDP = 17 };

enum ip_ecn { /* RFC 3168 5: the low bits of IPv4's TOS byte, and of IPv6's traffic class */
	IP_ECN_NOT_ECT = 0,
	IP_ECN_ECT1 = 1,
	IP_ECN_ECT0 = 2,
	IP_ECN_CE = 3,
	IP_ECN_MASK = 3,
};

#endif
