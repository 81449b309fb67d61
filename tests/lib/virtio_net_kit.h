/*
 * SPDX-License-Identifier: MIT
 *
 * The virtio network driver on a made-up device: brought up, frames received and transmitted.  The
 * test itself defines netif_input(), the stack's door, and calls net_kit_input() there.
 */
#ifndef TESTS_LIB_VIRTIO_NET_KIT_H
#define TESTS_LIB_VIRTIO_NET_KIT_H

#include <linux/virtio_net.h>

#include "drivers/virtio/net/net.h"
#include "tests/lib/fake_machine.h"
#include "tests/lib/fake_virtio.h"

#define NET_KIT_FRAME_MAX 2048
#define NET_KIT_ALL                                                                            \
	(VIRTIO_FEATURE(VIRTIO_NET_F_CSUM) | VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_CSUM) |         \
	 VIRTIO_FEATURE(VIRTIO_NET_F_MAC) | VIRTIO_FEATURE(VIRTIO_NET_F_MTU) |                 \
	 VIRTIO_FEATURE(VIRTIO_NET_F_STATUS) | VIRTIO_FEATURE(VIRTQ_F_EVENT_IDX) |       \
	 VIRTIO_FEATURE(VIRTIO_NET_F_MRG_RXBUF) | VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO4) |    \
	 VIRTIO_FEATURE(VIRTIO_NET_F_HOST_TSO4) | VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ))

struct net_kit {
	struct fake_virtio fake;
	struct netif *netif;
	struct pktbuf_pool pool; /* of what the "stack" sends */
	uint64_t now_ns;
	uint64_t last_frame_ns; /* when the last frame was delivered */

	unsigned received;       /* frames that came through netif_input() */
	uint8_t frame[NET_KIT_FRAME_MAX]; /* the last one */
	size_t frame_len;
	uint16_t frame_flags;
	unsigned released;       /* calls of pieces_release */
	bool hold;               /* the stack keeps what it receives, in `held` */
	struct pktbuf_queue held;
	bool deaf;               /* the device's interrupts do not arrive */
	unsigned flood;          /* each received frame makes the device receive one more */
};

extern struct net_kit net_kit;

/* A fresh machine with a device that offers `features`, not yet brought up. */
void net_kit_reset(uint64_t features);
/* Brings the driver up; NULL when it refuses. */
struct netif *net_kit_open(void);
void net_kit_setup(void);    /* reset with NET_KIT_ALL, and up */
void net_kit_teardown(void); /* checks that no packet was lost */

void net_kit_input(struct netif *netif, struct pktbuf *pkt);
/* The device receives a frame of `len` bytes with this header; then the driver is net_kit_idle(). */
unsigned net_kit_receive(const struct virtio_net_hdr_v1 *hdr, uint32_t len);
/* One poll: the frames. */
unsigned net_kit_poll(void);
/* What the driver says before a halt: when it wants to be polled. */
uint64_t net_kit_arm(void);
/* Polled until there is nothing more and armed, as before a halt: all frames. */
unsigned net_kit_idle(void);

/* A packet to send: `len` bytes of head and up to `n_pieces` of 100 bytes each. */
struct pktbuf *net_kit_packet(size_t len, unsigned n_pieces);
/* The device takes the next transmitted chain: false when there is none. */
bool net_kit_transmitted(struct fake_chain *chain);

#endif
