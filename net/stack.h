/*
 * SPDX-License-Identifier: MIT
 *
 * struct stack: everything that one stack knows.  Private to net/; callers see net/net.h.
 */
#ifndef NET_STACK_H
#define NET_STACK_H

#include "base/rate.h"
#include "net/ip/path_mtu.h"
#include "net/ip/ipv4_reassembly.h"
#include "net/net.h"
#include "net/pktbuf.h"
#include "net/ip/route.h"
#include "net/ip/transport.h"
#include "net/link/link.h"
#include "net/timer.h"

struct tcp_layer;
struct udp_layer;
struct socket;
struct socket_table;
struct neigh_table;
struct acd;
struct dhcp_client;

/* X(name): one counter each; the names are what net_counter() reports.  The first list is what was
 * thrown away because it was wrong or there was no room: the end of a run says each of them that
 * is not 0.  The second is everything else, what was merely for others included. */
#define NET_DROP_COUNTERS(X)                                                                    \
	X(eth_short) X(eth_bad_source) X(arp_malformed) X(arp_queue_dropped)                    \
	X(arp_table_full) X(ip_malformed) X(ip_bad_checksum) X(ip_bad_source)                   \
	X(ip_source_routed)                                                                     \
	X(ip_fragments_dropped) X(ip_fragments_tiny) X(ip_fragments_overlapped)                 \
	X(ip_reassembly_timeouts) X(ip_reassembly_evicted) X(ip_reassembly_no_memory)           \
	X(icmp_malformed) X(icmp_bad_checksum) X(icmp_queue_full)                                                \
	X(udp_malformed) X(udp_bad_checksum) X(udp_queue_full) X(tcp_malformed)                 \
	X(tcp_bad_checksum) X(tcp_paws_dropped) X(tcp_reassembly_dropped) X(tcp_syn_dropped)    \
	X(tcp_accept_overflows) X(tcp_no_memory) X(dhcp_malformed) X(dhcp_refused)
#define NET_EVENT_COUNTERS(X)                                                                   \
	X(eth_in) X(eth_vlan) X(eth_unknown_type) X(eth_for_others) X(arp_in) X(arp_ignored)    \
	X(arp_requests_out) X(arp_replies_out) X(arp_probes_out) X(arp_announcements_out)        \
	X(arp_conflicts) X(arp_unresolved) X(arp_claims) X(arp_claims_refuted) X(arp_moved)      \
	X(arp_doubts) X(ip_in)                                                                  \
	X(ip_fragments_in) X(ip_reassembled) X(ip_fragments_repeated)                           \
	X(ip_fragments_out) X(ip_pmtu_lowered) X(ip_pmtu_ignored)             \
	X(tcp_black_holes)                                                                      \
	X(ip_out) X(ip_for_others) X(ip_unknown_protocol) X(ip_no_route) X(ip_too_big)          \
	X(icmp_in) X(icmp_echo_answered) X(icmp_errors_in) X(icmp_errors_out)                   \
	X(icmp_ignored) X(icmp_rate_limited) X(icmp_echo_out) X(icmp_echo_replies_in)           \
	X(udp_in) X(udp_out) X(udp_no_port) X(dhcp_in) X(dhcp_out) X(dhcp_ignored)              \
	X(dhcp_naks) X(dhcp_declined) X(tcp_in)                                                 \
	X(tcp_out) X(tcp_bad_options) X(tcp_no_connection) X(tcp_rst_out) X(tcp_rst_in)         \
	X(tcp_retransmits) X(tcp_timeouts) X(tcp_fast_retransmits) X(tcp_out_of_window)         \
	X(tcp_out_of_order) X(tcp_duplicate_acks) X(tcp_challenge_acks)                         \
	X(tcp_challenge_limited) X(tcp_keep_alives) X(tcp_ecn_marks) X(tcp_ecn_reductions)      \
	X(tcp_time_wait_reused) X(tcp_time_wait_evicted) X(tcp_time_wait_rst)                   \
	X(tcp_cookies_sent) X(tcp_cookies_taken) X(tcp_urgent_in) X(tcp_tail_probes)            \
	X(tcp_sack_ignored) X(tcp_sack_reneged)                                                 \
	X(tcp_dsacks_in) X(tcp_dsacks_out) X(tcp_undos) X(tcp_connections)
#define NET_COUNTERS(X) NET_DROP_COUNTERS(X) NET_EVENT_COUNTERS(X)

struct net_counters {
#define NET_COUNTER_FIELD(name) uint64_t name;
	NET_COUNTERS(NET_COUNTER_FIELD)
#undef NET_COUNTER_FIELD
};

struct stack {
	const struct net_port *port;
	struct net_options options;
	struct netif *netifs;
	struct ipv4_routes routes;

	struct timer_heap timers;
	struct pktbuf_pool pool; /* what the stack builds: headers and small payloads */
	struct pktbuf_pool frame_pool; /* whole frames: datagrams, ICMP, linearised segments */
	struct pktbuf_pool big_pool; /* datagrams larger than a frame, in both directions */
	struct pktbuf_pool kept_pool; /* what waits for its reader while a device's buffers are few */
	struct net_counters counters;
	uint8_t secret[16]; /* keys what outsiders see: ISN (RFC 6528), timestamps, cookies, IPv4 ids */
	uint64_t generation; /* of the machine, when it was drawn */
	uint64_t secret_used_ns; /* the last connection's begin; 0: none has been keyed with it */
	uint8_t lookup_secret[16]; /* keys the tables of connections and ports */
	uint16_t ipv4_ids[64]; /* ipv4_choose_id() */
	struct ip_path_mtus pmtu;
	struct ipv4_reassembly reassembly;
	struct rate_limit arp_conflict_limit, icmp_error_limit, icmp_event_limit;
	struct rate_limit arp_moved_limit, arp_refuted_limit; /* lines about neighbours */
	struct rate_limit rst_event_limit; /* RSTs to segments of no connection */

	/* What lies above each layer, registered by net.c. */
	struct link_protocol link_protocols[LINK_PROTOCOLS_MAX]; /* copies: each frame looks here */
	unsigned n_link_protocols;
	struct ip_transport ip_transports[IP_TRANSPORTS_MAX];
	unsigned n_ip_transports;
	const struct acd_source *acd_source;

	struct neigh_table *neigh;
	struct acd *acd;
	struct dhcp_client *dhcp; /* one for each interface that asks; NULL: none does */
	struct udp_layer *udp;
	struct tcp_layer *tcp;
	struct socket_table *sockets;
	/* Watched streams that something has happened to (socket/watch.c). */
	struct socket *active_first, **active_last;
};

/* Before each connection, opened by either side: draws `secret` anew where this machine may be a copy
 * (net_port.generation), and where nobody can remember what the last one was used for: a copy of a machine
 * that was at rest then has another one, although nothing told it that it is a copy. */
void stack_renew_secret(struct stack *stack, uint64_t now_ns);
/* random number below `bound` (> 0), without modulo bias that matters */
uint32_t stack_random_below(struct stack *stack, uint32_t bound);

#endif
