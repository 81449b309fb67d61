/*
 * SPDX-License-Identifier: MIT
 *
 * Receiving.  Each buffer is a struct pktbuf whose headroom takes the virtio header, so the frame
 * lies where the stack wants it and nothing is copied.  Virtio 1.1, 5.1.6.3 and 5.1.6.4.
 *
 * The device starts with a few buffers and gets one more per received frame up to the limit: a
 * short run never pays for filling a ring that it does not use.
 *
 * NOT DONE: mergeable buffers and large receive segments; num_buffers is ignored, as 5.1.6.4
 * wants it without MRG_RXBUF.
 */
#include "drivers/virtio/net/private.h"

#include "base/assert.h"
#include "kernel/time/clock.h"
#include "kernel/mm/memory.h"

/* The frame begins 2 behind a multiple of 16, so that the IP header behind it is aligned. */
#define FRAME_OFF 18
#define LINK_HEADER_LEN (14 + 4) /* Ethernet and a VLAN tag */
#define MTU_MIN 1500             /* others on the wire do not know of a smaller one */

#define RX_FIRST 16   /* buffers at the start: a server's first window and some noise */
#define RX_LEAST 8    /* buffers, however little memory there is */
#define RX_BATCH 8    /* frames between two refills */
#define RX_BUDGET 256 /* frames a poll */

#define SILENT_POLLS_MAX 3

/* Half of an eighth of the memory for the device, the other half for frames the stack holds. */
static void size_pool(struct virtio_net *net, const struct net_port *port)
{
	size_t frame_len = LINK_HEADER_LEN + MAX(net->netif.mtu, MTU_MIN);
	size_t buf_len = ALIGN_UP(FRAME_OFF + frame_len, (size_t)16);
	uint64_t budget = pages_available() * PAGE_SIZE / 8;
	uint64_t half = budget / (buf_len + sizeof(struct pktbuf)) / 2;

	net->rx_limit = (uint16_t)MIN((uint64_t)virtq_size(net->rx), MAX(half, (uint64_t)RX_LEAST));
	net->rx_target = MIN(net->rx_limit, RX_FIRST);
	net->rx_batch = RX_BATCH;
	net->rx_budget = RX_BUDGET;
	pktbuf_pool_init(&net->rx_pool, port, buf_len, 2u * net->rx_limit);
}

static bool post_buffer(struct virtio_net *net)
{
	struct pktbuf *pkt = pktbuf_alloc(&net->rx_pool, FRAME_OFF);

	if (pkt == NULL)
		return false;

	uint8_t *hdr = pkt->data - VIRTIO_NET_HDR_LEN;
	struct virtq_fragment buffer = {.addr = phys_of(hdr), .len = (uint32_t)(pkt->end - hdr)};

	if (virtq_add(net->rx, &buffer, 0, 1, pkt) != ERR_OK) {
		pktbuf_free(pkt);
		return false;
	}
	return true;
}

/* When memory is short the device gets fewer; the next poll tries again. */
static void fill(struct virtio_net *net)
{
	while (virtq_in_flight(net->rx) < net->rx_target && post_buffer(net))
		continue;
}

int virtio_net_rx_open(struct virtio_net *net, const struct net_port *port, uint16_t interrupt)
{
	int err = virtio_queue_open(net->dev, &net->rx, VIRTIO_NET_RX_QUEUE, VIRTQ_SIZE_MAX,
				    interrupt);

	if (err != ERR_OK)
		return err;
	size_pool(net, port);
	fill(net);
	if (virtq_in_flight(net->rx) == 0) {
		(void)virtio_abort(net->dev, "no memory for receive buffers");
		return ERR_NOMEM;
	}
	return ERR_OK;
}

/*
 * Virtio 1.1, 5.1.6.4.1: what the header says about the checksum.  False: it has something that
 * was not agreed on, or that points outside of the frame.
 */
static bool read_header(struct virtio_net *net, struct pktbuf *pkt)
{
	const struct virtio_net_hdr_v1 *hdr =
		(const struct virtio_net_hdr_v1 *)(pkt->data - VIRTIO_NET_HDR_LEN);

	if (hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return false;
	if (!virtio_has(net->dev, VIRTIO_NET_F_GUEST_CSUM))
		return true; /* the flags mean nothing: the stack verifies */
	if ((hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0) {
		/* The sender is on this host and left the sum to a device that was never in the
		 * way: the bytes have not seen a wire. */
		if ((size_t)hdr->csum_start + hdr->csum_offset + sizeof(uint16_t) > pktbuf_len(pkt))
			return false;
		pkt->flags |= PKTBUF_CSUM_VALID;
	} else if ((hdr->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0) {
		pkt->flags |= PKTBUF_CSUM_VALID;
	}
	return true;
}

static void deliver(struct virtio_net *net, struct pktbuf *pkt, uint32_t written_len,
		    uint64_t now_ns)
{
	/* The queue has checked that written_len fits the buffer. */
	if (written_len <= VIRTIO_NET_HDR_LEN ||
	    pktbuf_put(pkt, written_len - VIRTIO_NET_HDR_LEN) == NULL || !read_header(net, pkt)) {
		net->netif.counters.rx_dropped++;
		pktbuf_free(pkt);
		return;
	}
	pkt->netif = &net->netif;
	netif_input(&net->netif, pkt, now_ns);
}

/* Each frame has its own time: the answer to what the stack sends about one frame can be the next
 * one already, and round-trip times are made of the difference. */
static unsigned receive_batch(struct virtio_net *net)
{
	unsigned frames = 0;
	struct pktbuf *pkt;
	uint32_t len;

	while (frames < net->rx_batch && (pkt = virtq_take(net->rx, &len)) != NULL) {
		deliver(net, pkt, len, clock_now_ns());
		frames++;
	}
	return frames;
}

static void refill(struct virtio_net *net, unsigned received)
{
	if (received == 0 && LIKELY(virtq_in_flight(net->rx) >= net->rx_target))
		return;
	net->rx_target = (uint16_t)MIN(net->rx_limit, net->rx_target + received);
	if (virtq_in_flight(net->rx) >= net->rx_target)
		return;
	fill(net);
	virtio_queue_kick(net->dev, net->rx);
}

/* The interrupt is not needed while there are frames to take.  It is asked for when the machine is
 * about to sleep, and only then (virtio_net_rx_arm): whatever ends this loop, the machine cannot. */
unsigned virtio_net_rx_poll(struct virtio_net *net)
{
	unsigned frames = 0, batch;

	do {
		batch = receive_batch(net);
		frames += batch;
		if (net->dev->dead)
			return frames; /* broke while the stack was answering */
		refill(net, batch);
	} while (batch > 0 && frames < net->rx_budget);
	if (frames > 0) {
		virtq_interrupts_off(net->rx);
		net->took_armed |= net->armed;
		net->armed = false;
	}
	if (virtq_broken(net->rx))
		virtio_net_fail(net, "receive queue", virtq_fault_text(net->rx));
	return frames;
}

/*
 * Frames came while the interrupt was armed: has it come as well?  Asked when it is armed the next
 * time, so that one on its way has arrived; and since even then it may be late, only three in a row
 * mean that none is coming.  If one comes later all the same, the polling ends.
 */
static void judge_interrupts(struct virtio_net *net)
{
	if (!net->took_armed)
		return;
	net->took_armed = false;
	if (net->queue_irq.count != net->armed_count) {
		net->silent_polls = 0;
		net->polled = false;
		return;
	}
	if (net->polled || ++net->silent_polls < SILENT_POLLS_MAX)
		return;
	net->polled = true;
	net->next_check_ns = 0; /* nor will one report the link */
	if (!net->silence_reported)
		virtio_complain(net->dev, "its interrupts do not arrive; it is polled");
	net->silence_reported = true;
}

/* A device without a single buffer raises no interrupt: that memory is there again is found by the
 * clock. */
uint64_t virtio_net_rx_arm(struct virtio_net *net, uint64_t now_ns)
{
	struct virtq *queue = net->rx;

	judge_interrupts(net);
	refill(net, 0);
	net->armed = !virtq_interrupt_after(queue, 1) && !virtq_broken(queue);
	net->armed_count = net->queue_irq.count;
	if (!net->armed)
		return now_ns;
	return net->polled || virtq_in_flight(queue) == 0 ? now_ns + VIRTIO_NET_POLL_NS : TIME_NEVER;
}
