/* SPDX-License-Identifier: MIT */
/* The virtio network driver on a made-up device; see virtio_net_kit.h. */
#include "tests/lib/virtio_net_kit.h"

#include <string.h>

#include "base/assert.h"
#include "kernel/irq/irq_source.h"

struct net_kit net_kit;

static const uint8_t piece_bytes[100] = {0xbb};
static uint8_t pattern[NET_KIT_FRAME_MAX];

/* The interface before this one is gone, and its memory with it. */
static void clear_netif(void)
{
	if (net_kit.netif != NULL)
		netif_deactivate(net_kit.netif);
	net_kit.netif = NULL;
}

void net_kit_reset(uint64_t features)
{
	clear_netif();
	fake_machine_reset();
	memset(&net_kit, 0, sizeof(net_kit));
	fake_virtio_net_init(&net_kit.fake, features);
	pktbuf_pool_init(&net_kit.pool, &fake_machine.port, 512, 1024);
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7 + 1);
}

struct netif *net_kit_open(void)
{
	clear_netif();
	net_kit.netif = virtio_net_open(&net_kit.fake.dev, &fake_machine.port, "eth0");
	if (net_kit.netif != NULL && !net_kit.fake.dev.dead)
		fake_ring_want_notify(&net_kit.fake.rings[1], true);
	return net_kit.netif;
}

void net_kit_setup(void)
{
	net_kit_reset(NET_KIT_ALL);
	ASSERT(net_kit_open() != NULL);
}

void net_kit_teardown(void)
{
	pktbuf_queue_free(&net_kit.held);
	/* Whatever is still out must be in the device's hands. */
	while (net_kit.netif != NULL && !net_kit.fake.dev.dead) {
		struct fake_chain chain;

		if (!net_kit_transmitted(&chain))
			break;
	}
	if (net_kit.netif != NULL)
		net_kit.netif->ops->poll(net_kit.netif, net_kit.now_ns);
	ASSERT(net_kit.pool.in_use == 0);
	clear_netif();
	fake_machine_off();
}

void net_kit_input(struct netif *netif, struct pktbuf *pkt)
{
	struct virtio_net_hdr_v1 plain = {0};

	ASSERT(pkt->netif == netif && netif == net_kit.netif);
	net_kit.received++;
	net_kit.frame_len = pktbuf_len(pkt);
	net_kit.frame_flags = pkt->flags;
	ASSERT(net_kit.frame_len <= sizeof(net_kit.frame));
	memcpy(net_kit.frame, pkt->data, net_kit.frame_len);
	if (net_kit.hold)
		pktbuf_queue_push(&net_kit.held, pkt);
	else
		pktbuf_free(pkt);
	if (net_kit.flood > 0) {
		net_kit.flood--;
		fake_virtio_receive(&net_kit.fake, &plain, pattern, 60);
	}
}

/* The interrupts that the device raised have arrived. */
static void deliver_interrupts(void)
{
	struct irq_line *line = net_kit.fake.lines[0];
	uint64_t raised = net_kit.fake.rings[0].interrupts + net_kit.fake.rings[1].interrupts;

	if (line == NULL || net_kit.deaf || net_kit.fake.dev.dead)
		return;
	if (raised != line->count)
		line->fired = 1;
	line->count = raised;
}

unsigned net_kit_poll(void)
{
	deliver_interrupts();
	return net_kit.netif->ops->poll(net_kit.netif, net_kit.now_ns);
}

uint64_t net_kit_arm(void)
{
	deliver_interrupts();
	return irq_arm_sources(net_kit.now_ns);
}

unsigned net_kit_idle(void)
{
	unsigned before = net_kit.received;

	do {
		do
			deliver_interrupts();
		while (irq_poll_sources(net_kit.now_ns));
	} while (net_kit_arm() <= net_kit.now_ns);
	return net_kit.received - before;
}

unsigned net_kit_receive(const struct virtio_net_hdr_v1 *hdr, uint32_t len)
{
	ASSERT(fake_virtio_receive(&net_kit.fake, hdr, pattern, len));
	return net_kit_idle();
}

static void count_release(struct pktbuf *pkt)
{
	(void)pkt;
	net_kit.released++;
}

struct pktbuf *net_kit_packet(size_t len, unsigned n_pieces)
{
	struct pktbuf *pkt = pktbuf_alloc(&net_kit.pool, PKTBUF_HEADROOM);
	uint8_t *at;

	ASSERT(pkt != NULL);
	at = pktbuf_put(pkt, len);
	ASSERT(at != NULL);
	memcpy(at, pattern, len);
	for (unsigned i = 0; i < n_pieces; i++)
		ASSERT(pktbuf_add_piece(pkt, piece_bytes, sizeof(piece_bytes)));
	pkt->pieces_release = count_release;
	return pkt;
}

bool net_kit_transmitted(struct fake_chain *chain)
{
	struct fake_ring *ring = &net_kit.fake.rings[1];

	if (!fake_ring_next(ring, chain))
		return false;
	fake_ring_use(ring, chain->head, 0);
	return true;
}
