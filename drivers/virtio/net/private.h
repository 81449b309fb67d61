/*
 * SPDX-License-Identifier: MIT
 *
 * What the files of the virtio network driver share: net.c (setup, link, poll), rx.c, tx.c.
 */
#ifndef DRIVERS_VIRTIO_NET_PRIVATE_H
#define DRIVERS_VIRTIO_NET_PRIVATE_H

#include <linux/virtio_net.h>

#include "drivers/virtio/virtio.h"
#include "kernel/irq/irq.h"
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
	struct virtq *rx; /* NULL: not made yet */
	struct virtq *tx;

	struct pktbuf_pool rx_pool;
	uint16_t rx_target; /* receive buffers to keep with the device: grows with the traffic */
	uint16_t rx_limit;  /* and never over this */
	uint16_t rx_batch;  /* frames between two refills */
	uint16_t rx_budget; /* frames a poll */
	bool tx_wanted;     /* the stack was refused for lack of room and is to be woken */
	bool unreported;    /* the link changed, or sent frames came back, and no poll has reported it */

	struct irq_source source;
	struct irq_line queue_irq;
	struct irq_line config_irq;
	/* Which of them reports a change of the configuration; NULL: checked by the clock. */
	struct irq_line *config_line;
	uint64_t next_check_ns; /* of the configuration, although no interrupt came */

	/* Whether interrupts arrive; see rx.c. */
	bool polled;           /* none does, or none is possible */
	bool armed;            /* the receive interrupt, with nothing there */
	bool took_armed;       /* frames came while it was */
	bool silence_reported;
	uint64_t armed_count;  /* queue_irq.count when it was armed */
	unsigned silent_polls; /* in a row that found frames no interrupt had reported */
};

#define VIRTIO_NET_POLL_NS (1 * NS_PER_MS) /* where no interrupt reports frames */

/* Opens the queue and fills it; the kick comes after DRIVER_OK. */
int virtio_net_rx_open(struct virtio_net *net, const struct net_port *port,
		       uint16_t interrupt) MUST_CHECK;
/* Takes what was received, at most a budget of frames (and a batch more); returns how many. */
unsigned virtio_net_rx_poll(struct virtio_net *net);
/* This queue's part of irq_source.arm. */
uint64_t virtio_net_rx_arm(struct virtio_net *net, uint64_t now_ns);

int virtio_net_tx_open(struct virtio_net *net, uint16_t interrupt) MUST_CHECK;
int virtio_net_tx_send(struct virtio_net *net, struct pktbuf *pkt);
/* Frees what was transmitted. */
void virtio_net_tx_reclaim(struct virtio_net *net);
unsigned virtio_net_tx_room(struct virtio_net *net);
/* This queue's part of irq_source.arm. */
uint64_t virtio_net_tx_arm(struct virtio_net *net, uint64_t now_ns);

/* Aborts the device because of a violation; its buffers are freed. */
void virtio_net_fail(struct virtio_net *net, const char *what, const char *problem);

#endif
