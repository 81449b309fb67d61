/*
 * SPDX-License-Identifier: MIT
 *
 * A network interface: what a driver offers to the stack, and the two functions between them.
 *
 * A driver fills a struct netif (mac, mtu, features, ops), hands frames it received to
 * netif_input() and gets frames to transmit by ops->send().  It knows this header and
 * net/pktbuf.h and nothing else of the stack.
 */
#ifndef NET_NETIF_H
#define NET_NETIF_H

#include "base/compiler.h"
#include "base/net_addr.h"
#include "net/pktbuf.h"

struct stack;

#define NETIF_MAC_LEN 6

enum netif_features {
	NETIF_TX_CSUM = 1u << 0, /* takes PKTBUF_CSUM_PARTIAL */
	NETIF_RX_CSUM = 1u << 1, /* marks frames PKTBUF_CSUM_VALID where that is true */
	NETIF_TX_SG = 1u << 2,   /* takes pieces; without it netif_send() linearises (one copy) */
	NETIF_TX_TSO4 = 1u << 3, /* takes gso_size > 0 for TCP over IPv4 */
};

/* What an interface can do.  No other code knows its driver: what a machine or a program wants of one it
 * asks for here.  The first three are required, the others may be NULL where that is said. */
struct netif_ops {
	/* Transmits one Ethernet frame (no FCS).  Consumes pkt, also on failure.
	 * Headers of its own go into the headroom; no byte of the frame is changed, and none has come
	 * in by netif_input() before it returns.
	 * ERR_OK: the device has it.  ERR_AGAIN: no room.  ERR_NETDOWN: no link, or a dead device. */
	int (*send)(struct netif *netif, struct pktbuf *pkt);
	/* Collects what the device has finished: hands received frames to netif_input(), frees
	 * transmitted ones, notices link changes.  Returns the number of frames received; one
	 * call is bounded, so after a number > 0 there may be more.  It does not ask for
	 * interrupts: a machine that halts arms its devices itself (dialtone's: kernel/irq/irq.h). */
	unsigned (*poll)(struct netif *netif, uint64_t now_ns);
	/* How many more frames send() takes now, whatever their pieces.  0 is noted: a machine that
	 * halts is woken when there is room again.  It and send() may call pieces_release of
	 * frames sent before. */
	unsigned (*tx_room)(struct netif *netif);
	/* Before a machine sleeps: asks the device for an interrupt for all that poll() could find, and
	 * checks after that whether there is something already.  Returns when poll() must be called
	 * although no interrupt comes: now_ns or earlier, there is something now; TIME_NEVER, an
	 * interrupt reports everything.  NULL: as TIME_NEVER. */
	uint64_t (*poll_by)(struct netif *netif, uint64_t now_ns);
	/* True when the device holds no frame any more of what send() took, or will never transmit
	 * it.  NULL: what send() took is sent. */
	bool (*sent_all)(struct netif *netif);
	/* The run does not use the interface: its device is no longer polled, and its interrupts mean
	 * nothing.  Not undone.  NULL: nothing to do. */
	void (*deactivate)(struct netif *netif);
};

struct netif_counters {
	uint64_t rx_frames, rx_bytes;
	uint64_t tx_frames, tx_bytes;
	uint64_t rx_dropped; /* malformed, or no buffer */
	uint64_t tx_dropped; /* no room, no link, or no memory */
	uint64_t rx_csum_bad; /* transport checksums found wrong by the stack */
};

/* One of an interface's addresses. */
struct netif_addr {
	struct net_addr addr;
	uint8_t prefix_len;      /* bits that neighbours have in common */
	uint64_t valid_until_ns; /* TIME_NEVER: its owner takes it away */
};

#define NETIF_ADDRS_MAX 8 /* of all families */

struct netif {
	/* --- filled by the driver ------------------------------------------------------- */
	const char *name;
	const struct netif_ops *ops;
	void *driver; /* the driver's own */
	uint8_t mac[NETIF_MAC_LEN];
	uint16_t mtu; /* bytes of network-layer packet: 1500 on Ethernet */
	uint32_t features; /* enum netif_features */
	bool link_up;

	/* --- filled by the stack (net_attach) ------------------------------------------ */
	struct stack *stack;
	struct netif *next;
	struct netif_addr addrs[NETIF_ADDRS_MAX]; /* the first n_addrs; written by net/ip/address.c alone */
	uint8_t n_addrs;
	uint32_t ipv4;      /* the IPv4 address among them, host order; 0: none */
	uint32_t ipv4_mask; /* the mask of its prefix, host order */

	struct netif_counters counters;
};

/* The operations that an interface need not have. */
static inline uint64_t netif_poll_by(struct netif *netif, uint64_t now_ns)
{
	return netif->ops->poll_by != NULL ? netif->ops->poll_by(netif, now_ns) : TIME_NEVER;
}

static inline bool netif_sent_all(struct netif *netif)
{
	return netif->ops->sent_all == NULL || netif->ops->sent_all(netif);
}

static inline void netif_deactivate(struct netif *netif)
{
	if (netif->ops->deactivate != NULL)
		netif->ops->deactivate(netif);
}

/* Driver -> stack: one Ethernet frame in [data, tail), FCS stripped, pkt->netif set.  Consumes.
 * Without a stack attached the frame is freed and counted. */
void netif_input(struct netif *netif, struct pktbuf *pkt, uint64_t now_ns);

/* Stack -> driver: one Ethernet frame.  Consumes.  Completes what the device cannot do itself
 * (checksum, pieces) and counts.  Returns what ops->send() returned. */
int netif_send(struct netif *netif, struct pktbuf *pkt);

#endif
