/*
 * SPDX-License-Identifier: MIT
 *
 * IPv4 reassembly (RFC 791 3.2, RFC 815, RFC 1122 3.3.2).  Private to net/: ipv4_input.c hands over
 * fragments and gets whole datagrams.
 */
#ifndef NET_IP_IPV4_REASSEMBLY_H
#define NET_IP_IPV4_REASSEMBLY_H

#include "net/pktbuf.h"
#include "net/timer.h"
#include "net/wire/ipv4.h"

#define IPV4_REASSEMBLY_MAX 64               /* datagrams under way; the oldest gives way */
#define IPV4_REASSEMBLY_BYTES (512u * 1024)  /* what they occupy together */
#define IPV4_REASSEMBLY_RUNS 64              /* pieces with holes between them, per datagram */
/* DEVIATION: RFC 1122 3.3.2 would wait 60 to 120 s.  A host that fills the table could do so for that
 * long; a fragment that is half a minute late is not coming. */
#define IPV4_REASSEMBLY_NS (30 * NS_PER_S)

struct ipv4_datagram; /* one that is incomplete */

struct ipv4_reassembly {
	struct ipv4_datagram *oldest, *newest;
	uint32_t count;
	size_t bytes;
	struct timer timer; /* the oldest one's timeout */
};

void ipv4_reassembly_init(struct stack *stack);
void ipv4_reassembly_destroy(struct stack *stack);

/* A fragment: [data, tail) is the packet, `h` its header, both judged by ipv4_input.c.  Consumes.
 * The whole datagram when this was the last piece, [data, tail) from its header on and l3_off set;
 * else NULL. */
struct pktbuf *ipv4_reassemble(struct stack *stack, struct pktbuf *pkt,
			       const struct ipv4_header *h, uint64_t now_ns) MUST_CHECK;

#endif
