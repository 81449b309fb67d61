/*
 * SPDX-License-Identifier: MIT
 *
 * What the layers above IP take in struct net_addr, for tests that speak IPv4 anyhow: addresses as
 * host-order integers.
 */
#ifndef TESTS_LIB_IPV4_KIT_H
#define TESTS_LIB_IPV4_KIT_H

#include "net/ip/ip.h"
#include "net/ip/path_mtu.h"
#include "net/udp/udp.h"

/* --- UDP: 0 is any address, or no peer ------------------------------------------------------------ */

static inline int kit_udp_bind(struct stack *stack, struct udp_pcb *pcb, uint32_t local, uint16_t port)
{
	const struct net_endpoint at = net_endpoint_ipv4(local, port);

	return udp_bind(stack, pcb, &at);
}

static inline void kit_udp_connect(struct stack *stack, struct udp_pcb *pcb, uint32_t local,
				   uint32_t remote, uint16_t remote_port)
{
	const struct net_endpoint peer = net_endpoint_ipv4(remote, remote_port);
	const struct net_addr ours = local != 0 ? net_addr_ipv4(local) : (struct net_addr){0};

	if (remote == 0)
		udp_disconnect(stack, pcb, &ours);
	else
		udp_connect(stack, pcb, &ours, &peer);
}

static inline int kit_udp_send(struct stack *stack, const struct udp_pcb *pcb, const void *buf,
			       size_t len, uint32_t dst, uint16_t dst_port, uint64_t now_ns)
{
	const struct net_endpoint to = net_endpoint_ipv4(dst, dst_port);

	return udp_send(stack, pcb, buf, len, &to, now_ns);
}

static inline struct pktbuf *kit_udp_receive(struct udp_pcb *pcb, uint32_t *src, uint16_t *src_port)
{
	struct pktbuf *pkt = udp_receive(pcb);

	if (pkt != NULL) {
		const struct net_endpoint from = udp_source(pkt);

		*src = net_addr_to_ipv4(&from.addr);
		*src_port = from.port;
	}
	return pkt;
}

/* --- IP ------------------------------------------------------------------------------------------------ */

struct kit_send {
	uint32_t src, dst;
	uint8_t protocol, tos, ttl;
	bool dont_fragment;
};

static inline int kit_output(struct stack *stack, struct pktbuf *pkt, const struct kit_send *how,
			     uint64_t now_ns)
{
	const struct net_addr src = net_addr_ipv4(how->src), dst = net_addr_ipv4(how->dst);
	const struct ip_send ip = {
		.src = &src,
		.dst = &dst,
		.protocol = how->protocol,
		.tos = how->tos,
		.ttl = how->ttl,
		.dont_fragment = how->dont_fragment,
	};

	return ip_output(stack, pkt, &ip, now_ns);
}

static inline struct ip_path kit_path_find(const struct stack *stack, uint32_t dst, uint8_t protocol,
					   uint16_t link_mtu, uint64_t now_ns)
{
	const struct net_addr to = net_addr_ipv4(dst);

	return ip_path_find(stack, &to, protocol, link_mtu, now_ns);
}

static inline struct ip_path kit_path_lower(struct stack *stack, uint32_t dst, uint8_t protocol,
					    uint16_t claim, uint64_t now_ns)
{
	const struct net_addr to = net_addr_ipv4(dst);

	return ip_path_lower(stack, &to, protocol, claim, now_ns);
}

#endif
