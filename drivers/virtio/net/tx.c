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

#define PIECES_MAX (1 + PKTBUF_PIECES_MAX)
#define ROOM_LOW 8 /* frames; below it completions are collected first */
#define COLLECT_NS (10 * NS_PER_MS)

int virtio_net_tx_open(struct virtio_net *net, uint16_t vector)
{
	int err = virtio_queue_open(net->dev, &net->tx, VIRTIO_NET_TX_QUEUE, VIRTQ_SIZE_MAX,
				    vector);

	if (err == ERR_OK && net->tx.ring.size < PIECES_MAX) {
		(void)virtio_give_up(net->dev, "its transmit queue is too short for one frame");
		return ERR_NODEV;
	}
	return err;
}

void virtio_net_tx_reclaim(struct virtio_net *net)
{
	struct virtq *ring = &net->tx.ring;
	bool any = false;
	struct pktbuf *pkt;

	while ((pkt = virtq_take(ring, NULL)) != NULL) {
		pktbuf_free(pkt);
		any = true;
	}
	if (virtq_broken(ring))
		virtio_net_fail(net, "transmit queue", virtq_fault_text(ring));
	if (!any)
		return;
	net->unreported = true;
	net->tx_wanted &= ring->free_count < MAX(ring->size / 2, PIECES_MAX);
	/* Said again each time, since the event index would come round after 65536 frames. */
	virtq_interrupts_off(ring);
}

/* The stack is woken when half of what is in flight has gone: not for each frame. */
uint64_t virtio_net_tx_arm(struct virtio_net *net, uint64_t now_ns)
{
	struct virtq *ring = &net->tx.ring;
	uint16_t half = (uint16_t)MAX(ring->in_flight / 2, 1);

	if (net->tx_wanted && (virtq_interrupt_after(ring, half) || virtq_broken(ring)))
		return now_ns;
	return ring->in_flight > 0 ? now_ns + COLLECT_NS : TIME_NEVER;
}

unsigned virtio_net_tx_room(struct virtio_net *net)
{
	struct virtq *ring = &net->tx.ring;

	if (!net->dev->dead && ring->free_count < ROOM_LOW * PIECES_MAX)
		virtio_net_tx_reclaim(net);
	if (net->dev->dead)
		return 0;
	net->tx_wanted |= ring->free_count < PIECES_MAX;
	return ring->free_count / PIECES_MAX;
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

static unsigned describe(const struct pktbuf *pkt, struct virtq_piece pieces[PIECES_MAX])
{
	unsigned n = 1;

	pieces[0].addr = phys_of(pkt->data);
	pieces[0].len = (uint32_t)pktbuf_len(pkt);
	for (unsigned i = 0; i < pkt->n_pieces; i++) {
		if (pkt->pieces[i].len == 0)
			continue;
		pieces[n].addr = phys_of(pkt->pieces[i].base);
		pieces[n].len = pkt->pieces[i].len;
		n++;
	}
	return n;
}

int virtio_net_tx_send(struct virtio_net *net, struct pktbuf *pkt)
{
	struct virtq_piece pieces[PIECES_MAX];
	int err = ERR_NETDOWN;

	if (net->dev->dead || !net->netif.link_up)
		goto drop;
	if (net->tx.ring.free_count < PIECES_MAX && virtio_net_tx_room(net) == 0) {
		err = net->dev->dead ? ERR_NETDOWN : ERR_AGAIN;
		goto drop;
	}
	push_header(net, pkt);
	err = virtq_add(&net->tx.ring, pieces, describe(pkt, pieces), 0, pkt);
	if (err != ERR_OK)
		goto drop;
	virtio_queue_kick(net->dev, &net->tx);
	return ERR_OK;
drop:
	pktbuf_free(pkt);
	return err;
}
