/*
 * SPDX-License-Identifier: MIT
 *
 * What the files of the virtio network driver share: net.c (setup, link, poll), net_rx.c, net_tx.c.
 */
#ifndef DRIVERS_VIRTIO_NET_PRIVATE_H
#define DRIVERS_VIRTIO_NET_PRIVATE_H

#include <linux/virtio_net.h>

#include "drivers/virtio/virtio.h"
#include "kernel/irq.h"
#include "net/netif.h"

/* Virtio 1.1, 5.1.6: with VERSION_1 the header always has num_buffers, merged or not. */
#define VIRTIO_NET_HDR_LEN ((uint32_t)sizeof(struct virtio_net_hdr_v1))

enum {
	VIRTIO_NET_RX_QUEUE = 0,
	VIRTIO_NET_TX_QUEUE = 1,
};

struct virtio_net {
	struct netif netif;
	struct virtio_device *dev;
	struct virtio_queue rx;
	struct virtio_queue tx;

	struct pktbuf_pool rx_pool;
	uint16_t rx_target; /* receive buffers to keep with the device: grows with the traffic */
	uint16_t rx_limit;  /* and never over this */
	bool tx_wake;       /* an interrupt was asked for since there was no room */

	struct irq_line queue_irq;
	struct irq_line config_irq;
	/* Which of them tells of a change of the configuration; NULL: looked for by the clock. */
	struct irq_line *config_line;
	uint64_t next_look_ns;
	bool polled;           /* no interrupt at all */
	uint64_t armed_count;  /* queue_irq.count when the interrupt was last asked for */
	unsigned silent_polls; /* in a row that found frames no interrupt had told of */
};

/* Opens the queue and fills it; the kick comes after DRIVER_OK. */
int virtio_net_rx_open(struct virtio_net *net, const struct net_port *port,
		       uint16_t vector) MUST_CHECK;
/* Takes what was received; returns the number of frames. */
unsigned virtio_net_rx_poll(struct virtio_net *net);

int virtio_net_tx_open(struct virtio_net *net, uint16_t vector) MUST_CHECK;
int virtio_net_tx_send(struct virtio_net *net, struct pktbuf *pkt);
/* Frees what was transmitted. */
void virtio_net_tx_reclaim(struct virtio_net *net);
unsigned virtio_net_tx_room(struct virtio_net *net);

/* The device broke its promises: no more of it.  Its buffers come home. */
void virtio_net_fail(struct virtio_net *net, const char *what, const char *problem);

#endif
