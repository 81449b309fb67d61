/* SPDX-License-Identifier: MIT */
/* A frame without offloads, and what the tests of the network driver ask. */
#ifndef TESTS_UNIT_VIRTIO_NET_WORDS_H
#define TESTS_UNIT_VIRTIO_NET_WORDS_H

#include <string.h>

#include "kernel/irq/irq_source.h"
#include "tests/lib/virtio_net_kit.h"
#include "tests/runner/unit.h"

#define HDR_LEN sizeof(struct virtio_net_hdr_v1)

void netif_input(struct netif *netif, struct pktbuf *pkt, uint64_t now_ns)
{
	/* The clock was looked at for this frame, not for the batch: each look moves it. */
	assert_int_equal(now_ns, fake_machine.now_ns);
	assert_true(now_ns > net_kit.last_frame_ns);
	net_kit.last_frame_ns = now_ns;
	net_kit_input(netif, pkt);
}

static const struct virtio_net_hdr_v1 plain = {.num_buffers = 1};

static inline int send(struct pktbuf *pkt)
{
	return net_kit.netif->ops->send(net_kit.netif, pkt);
}

/* No interrupt tells of received frames: the idle loop has to look. */
static inline bool is_polled(void)
{
	net_kit_idle();
	return net_kit_arm() == net_kit.now_ns + NS_PER_MS;
}

static inline unsigned tx_room(void)
{
	return net_kit.netif->ops->tx_room(net_kit.netif);
}

static inline unsigned fill_tx(unsigned n_pieces)
{
	unsigned sent = 0;

	while (tx_room() > 0) {
		assert_int_equal(send(net_kit_packet(54, n_pieces)), ERR_OK);
		sent++;
		assert_true(sent < 1000);
	}
	return sent;
}

#endif
