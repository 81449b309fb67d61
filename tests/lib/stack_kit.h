/*
 * SPDX-License-Identifier: MIT
 *
 * The test kit of the stack: one stack with everything it sees of the world, under the test's
 * control.
 *
 *   - a host net_port: memory that is counted (a leak fails the test in kit_close) and that can be
 *     made to run out; random bytes from a seed; a recorder that keeps every event as text;
 *   - a capture interface: frames the stack sends are kept in a list, frames are injected as if a
 *     wire had brought them, each in a heap block of exactly its size, so that AddressSanitizer
 *     sees one byte read too far;
 *   - frames built field by field, with right checksums made by code of the kit's own;
 *   - a clock that moves only when the test says so.
 *
 * Trouble inside the kit itself (a field that is not there, a leak) prints a line and aborts, which
 * the runner reports with the test's name.
 */
#ifndef TESTS_LIB_STACK_KIT_H
#define TESTS_LIB_STACK_KIT_H

#include "log/event.h"
#include "net/ip/ipv4.h"
#include "net/net.h"
#include "net/netif.h"
#include "net/pktbuf.h"
#include "net/port.h"
#include "net/stack.h"
#include "net/wire/arp.h"
#include "net/wire/eth.h"
#include "net/wire/icmp.h"
#include "net/wire/ipv4.h"
#include "net/wire/tcp.h"
#include "net/wire/udp.h"
#include "tests/lib/ipv4_kit.h"

#define KIT_IP UINT32_C(0xc0a84d02)      /* the stack under test: 192.168.77.2/24 */
#define KIT_PEER_IP UINT32_C(0xc0a84d01) /* the neighbour and gateway: 192.168.77.1 */
#define KIT_MASK UINT32_C(0xffffff00)
#define KIT_NET_BROADCAST UINT32_C(0xc0a84dff)
#define KIT_FAR_IP UINT32_C(0xc6336407) /* behind the gateway: 198.51.100.7 */
extern const uint8_t KIT_MAC[6];      /* 52:54:00:00:77:02 */
extern const uint8_t KIT_PEER_MAC[6]; /* 52:54:00:00:77:01 */
extern const uint8_t KIT_BROADCAST_MAC[6];

/* Prints and aborts. */
__attribute__((noreturn, format(printf, 1, 2))) void kit_fail(const char *format, ...);

/* --- port: memory, randomness, events ---------------------------------------------------------- */

#define KIT_EVENT_FIELDS_MAX 48

struct kit_event {
	enum event_id id;
	const char *name; /* the catalogue's: "arp.request" */
	uint32_t conn;
	uint8_t at_step;
	uint64_t t_ns; /* the kit's clock when it came */
	unsigned n_fields;
	const char *keys[KIT_EVENT_FIELDS_MAX];
	char *values[KIT_EVENT_FIELDS_MAX]; /* as text: 80, 10.0.0.1:80, true, 52:54:.., hex */
};

struct kit_port {
	struct net_port port; /* hand &port to the code under test */
	struct event_sink sink;
	uint64_t random_state;
	const uint64_t *clock; /* stamps events; may be NULL */

	size_t live_bytes;
	unsigned live_blocks;
	unsigned allocations;       /* ever */
	unsigned fail_after;        /* allocations that still succeed; UINT_MAX: all */

	struct kit_event *events;
	unsigned n_events, cap_events;
};

void kit_port_open(struct kit_port *kp, uint64_t seed);
/* Fails the test when memory taken from the port was not given back. */
void kit_port_close(struct kit_port *kp);

/* The recorded events.  `nth` counts from 0 among those with that id; NULL when there is none. */
const struct kit_event *kit_event(const struct kit_port *kp, enum event_id id, unsigned nth);
unsigned kit_event_count(const struct kit_port *kp, enum event_id id);
/* A field's value as text, or NULL when the event does not have it. */
const char *kit_event_field(const struct kit_event *ev, const char *key);
/* "name key=value key=value ..." of every event, to stderr: for people who debug a test. */
void kit_events_print(const struct kit_port *kp);
void kit_events_clear(struct kit_port *kp);

/* --- frames -------------------------------------------------------------------------------- */

#define KIT_FRAME_MAX 2048

/* A frame under construction; one that a test may then damage. */
struct kit_frame {
	size_t len;
	uint8_t bytes[KIT_FRAME_MAX];
};

struct kit_arp {
	const uint8_t *eth_dst, *eth_src; /* NULL: KIT_MAC, KIT_PEER_MAC */
	uint16_t op;
	const uint8_t *sha, *tha; /* NULL: KIT_PEER_MAC, zeros */
	uint32_t spa, tpa;        /* 0 is 0 */
};

/* What a test does not say: from the peer to the stack under test, TTL 64, DF. */
struct kit_ipv4 {
	const uint8_t *eth_dst, *eth_src; /* NULL: KIT_MAC, KIT_PEER_MAC */
	uint32_t src, dst;                /* 0: KIT_PEER_IP, KIT_IP */
	bool src_is_zero;                 /* for a source of 0.0.0.0 */
	uint8_t tos, ttl;                 /* ttl 0: 64 (ttl_is_zero for 0) */
	bool ttl_is_zero;
	uint16_t id;
	uint16_t fragment;   /* flags and offset as on the wire; 0: IPV4_DF */
	bool no_flags;       /* `fragment` 0 means 0 */
	const void *options; /* padded by the caller to a multiple of 4 */
	size_t options_len;
};

struct kit_tcp {
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint16_t flags;
	uint16_t window, urgent;
	const void *options; /* padded by the kit with END to a multiple of 4 */
	size_t options_len;
};

void kit_build_eth(struct kit_frame *f, const uint8_t *dst, const uint8_t *src, uint16_t type,
		   const void *payload, size_t len);
void kit_build_arp(struct kit_frame *f, const struct kit_arp *arp);
void kit_build_ipv4(struct kit_frame *f, const struct kit_ipv4 *ip, uint8_t protocol,
		    const void *payload, size_t len);
void kit_build_icmp(struct kit_frame *f, const struct kit_ipv4 *ip, uint8_t type, uint8_t code,
		    uint32_t rest, const void *payload, size_t len);
void kit_build_udp(struct kit_frame *f, const struct kit_ipv4 *ip, uint16_t src_port,
		   uint16_t dst_port, const void *payload, size_t len);
void kit_build_tcp(struct kit_frame *f, const struct kit_ipv4 *ip, const struct kit_tcp *tcp,
		   const void *payload, size_t len);
/* After a test changed bytes: the IPv4 header's checksum, and the transport's. */
void kit_fix_ipv4(struct kit_frame *f);
void kit_fix_transport(struct kit_frame *f);
/* Where things are in an IPv4 frame. */
uint8_t *kit_l3(struct kit_frame *f);
uint8_t *kit_l4(struct kit_frame *f);

/* The one's-complement sum of RFC 1071, byte by byte; `sum` chains calls (even lengths first). */
uint32_t kit_sum(uint32_t sum, const void *p, size_t len);
uint16_t kit_checksum(uint32_t sum);

/* --- a frame that the stack sent ----------------------------------------------------------- */

struct kit_sent {
	struct kit_sent *next;
	uint64_t t_ns;
	size_t len;
	uint16_t flags;    /* enum pktbuf_flags as handed to the device */
	uint16_t gso_size, csum_start, csum_off;
	unsigned n_pieces; /* as handed to the device */
	/* Decoded, as far as it goes; a NULL pointer where the frame is not that. */
	struct eth_header eth;
	bool is_arp, is_ipv4, is_icmp, is_udp, is_tcp;
	struct arp_packet arp;
	struct ipv4_header ip;
	struct icmp_header icmp;
	struct udp_header udp;
	struct tcp_header tcp;
	bool ip_checksum_ok, l4_checksum_ok; /* a partial checksum counts as not ok */
	const uint8_t *l3, *l4;
	const uint8_t *tcp_options; /* tcp.header_len - 20 bytes */
	const uint8_t *payload;     /* behind the transport header, payload_len bytes */
	size_t payload_len;
	uint8_t *bytes;
};

/* --- the whole ------------------------------------------------------------------------------- */

struct kit_rx_block;

struct kit {
	struct kit_port kp;
	struct netif netif;
	struct stack *stack;
	uint64_t now_ns;

	struct kit_sent *sent_first, *sent_last;
	unsigned n_sent;    /* in the list */
	unsigned sent_ever;
	int send_result;    /* ERR_OK; anything else: frames are refused with it */
	unsigned tx_room;   /* what the netif says; UINT_MAX */
	bool answer_arp;    /* answer the stack's ARP requests, for every address but its own, with KIT_PEER_MAC */

	uint16_t rx_flags;  /* enum pktbuf_flags for injected frames */
	struct pktbuf_pool *rx_pool; /* where injected frames lie; NULL: a block for each */
	unsigned rx_lost;            /* frames for which rx_pool had no buffer */
	struct kit_rx_block *rx_blocks;
	struct kit_frame arp_answers[8];
	unsigned n_arp_answers;
};

/* A stack at KIT_IP with the gateway KIT_PEER_IP on a capture interface without features; the
 * clock starts at one second.  `options` may be NULL.  kit_open_bare: no address, no gateway. */
void kit_open(struct kit *k, uint64_t seed, const struct net_options *options);
void kit_open_bare(struct kit *k, uint64_t seed, const struct net_options *options);
/* Destroys the stack and fails the test when it leaked memory or kept a received frame. */
void kit_close(struct kit *k);

/* A frame comes in from the wire now; the stack is not polled. */
void kit_inject(struct kit *k, const void *frame, size_t len);
void kit_inject_frame(struct kit *k, const struct kit_frame *f);
/* Net_poll now; with `answer_arp`, the answers come in first. */
void kit_poll(struct kit *k);
/* The same with a UDP port that listens at every address, and a peer whose MAC is known. */
void kit_open_with_port(struct kit *k, struct udp_pcb *pcb, uint16_t port);
void kit_close_with_port(struct kit *k, struct udp_pcb *pcb);
/* As ICMP does when it has read an error about a datagram. */
void kit_udp_unreachable(struct stack *stack, uint32_t local, uint16_t local_port, uint32_t remote,
			 uint16_t remote_port, int err);
/* Moves the clock, stopping (and polling) at each of the stack's deadlines on the way. */
void kit_advance(struct kit *k, uint64_t ns);
/* Makes the stack know the peer's MAC: the peer asks for ours.  Frames this caused are thrown away. */
void kit_teach_peer(struct kit *k);

/* The oldest frame the stack sent, or NULL; the caller frees it with kit_sent_free(). */
struct kit_sent *kit_take(struct kit *k);
/* As kit_take, but a missing frame fails the test. */
struct kit_sent *kit_expect(struct kit *k);
void kit_sent_free(struct kit_sent *s);
void kit_sent_clear(struct kit *k);

uint64_t kit_counter(const struct kit *k, const char *name);

#endif
