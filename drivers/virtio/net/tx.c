/*
 * SPDX-License-Identifier: MIT
 *
 * Transmitting.  The virtio header goes into the packet's headroom, right before the frame, so a
 * frame without pieces is one descriptor; each piece of payload is one more and is read by the
 * device where it lies.  Virtio 1.1, 5.1.6.1 and 5.1.6.2.
 *
 * Completions raise no interrupt: they are collected when the interface is polled or when room
 * gets short, and where nothing else wakes the machine by the clock, since the stack may wait for
 * the memory of what it sent.  Only when there is no room left is an interrupt asked for, so that
 * the stack is woken to go on.  Doorbells are rung per frame, since a lone SYN must not wait; the device holds
 * them off (event index) while it is busy with the frames before, so a batch costs one.
 *
 * NOT DONE: segmentation offload (gso_size), indirect descriptors.
 */
#include "drivers/virtio/net/private.h"

#include "base/assert.h"
#include "kernel/mm/memory.h"

#define FRAGMENTS_MAX (1 + PKTBUF_PIECES_MAX)
#define ROOM_LOW 8 /* frames; below it completions are collected first */
#define COLLECT_NS (10 * NS_PER_MS)

int virtio_net_tx_open(struct virtio_net *net, uint16_t interrupt)
{
	int err = virtio_queue_open(net->dev, &net->tx, VIRTIO_NET_TX_QUEUE, VIRTQ_SIZE_MAX,
				    interrupt);

	if (err == ERR_OK && virtq_size(net->tx) < FRAGMENTS_MAX) {
		(void)virtio_abort(net->dev, "its transmit queue is too short for one frame");
		return ERR_NODEV;
	}
	return err;
}

void virtio_net_tx_reclaim(struct virtio_net *net)
{
	struct virtq *queue = net->tx;
	bool any = false;
	struct pktbuf *pkt;

	while ((pkt = virtq_take(queue, NULL)) != NULL) {
		pktbuf_free(pkt);
		any = true;
	}
	if (virtq_broken(queue))
		virtio_net_fail(net, "transmit queue", virtq_fault_text(queue));
	if (!any)
		return;
	net->unreported = true;
	net->tx_wanted &= virtq_room(queue) < MAX(virtq_size(queue) / 2, FRAGMENTS_MAX);
	/* Said again each time, since the event index would come round after 65536 frames. */
	virtq_interrupts_off(queue);
}

/* The stack is woken when half of what is in flight has gone: not for each frame. */
uint64_t virtio_net_tx_arm(struct virtio_net *net, uint64_t now_ns)
{
	struct virtq *queue = net->tx;
	uint16_t half = (uint16_t)MAX(virtq_in_flight(queue) / 2, 1);

	if (net->tx_wanted && (virtq_interrupt_after(queue, half) || virtq_broken(queue)))
		return now_ns;
	return virtq_in_flight(queue) > 0 ? now_ns + COLLECT_NS : TIME_NEVER;
}

unsigned virtio_net_tx_room(struct virtio_net *net)
{
	struct virtq *queue = net->tx;

	if (!net->dev->dead && virtq_room(queue) < ROOM_LOW * FRAGMENTS_MAX)
		virtio_net_tx_reclaim(net);
	if (net->dev->dead)
		return 0;
	net->tx_wanted |= virtq_room(queue) < FRAGMENTS_MAX;
	return virtq_room(queue) / FRAGMENTS_MAX;
}

/* Virtio 1.1, 5.1.6.2: csum_start counts from the frame, not from this header. */
static void push_header(struct virtio_net *net, struct pktbuf *pkt)
{
	struct virtio_net_hdr_v1 hdr = {.gso_type = VIRTIO_NET_HDR_GSO_NONE};

	ASSERT(pkt->gso_size == 0);
	if ((pkt->flags & PKTBUF_CSUM_PARTIAL) != 0) {
		ASSERT(virtio_has(net->dev, VIRTIO_NET_F_CSUM));
		hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr.csum_start = pkt->csum_start;
		hdr.csum_offset = pkt->csum_off;
	}
	*(struct virtio_net_hdr_v1 *)pktbuf_push(pkt, VIRTIO_NET_HDR_LEN) = hdr;
}

static unsigned describe(const struct pktbuf *pkt, struct virtq_fragment fragments[FRAGMENTS_MAX])
{
	unsigned n = 1;

	fragments[0].addr = phys_of(pkt->data);
	fragments[0].len = (uint32_t)pktbuf_len(pkt);
	for (unsigned i = 0; i < pkt->n_pieces; i++) {
		if (pkt->pieces[i].len == 0)
			continue;
		fragments[n].addr = phys_of(pkt->pieces[i].base);
		fragments[n].len = pkt->pieces[i].len;
		n++;
	}
	return n;
}

int virtio_net_tx_send(struct virtio_net *net, struct pktbuf *pkt)
{
	struct virtq_fragment fragments[FRAGMENTS_MAX];
	int err = ERR_NETDOWN;

	if (net->dev->dead || !net->netif.link_up)
		goto drop;
	if (virtq_room(net->tx) < FRAGMENTS_MAX && virtio_net_tx_room(net) == 0) {
		err = net->dev->dead ? ERR_NETDOWN : ERR_AGAIN;
		goto drop;
	}
	push_header(net, pkt);
	err = virtq_add(net->tx, fragments, describe(pkt, fragments), 0, pkt);
	if (err != ERR_OK)
		goto drop;
	virtio_queue_kick(net->dev, net->tx);
	return ERR_OK;
drop:
	pktbuf_free(pkt);
	return err;
}
