/*
 * SPDX-License-Identifier: MIT
 *
 * The simulated network device, with the manners of a real one: it keeps a frame it was given until
 * the last bit has left, reads its pieces "by DMA" all that time (so a changed byte is a failure),
 * has a ring of finite size, and collects what is finished when it is polled.
 */
#include "tests/sim/lib/sim.h"

#include <stdlib.h>

#define RX_BUF_SIZE 2048

struct sent_frame {
	struct pktbuf *pkt;
	uint64_t done_ns;
	size_t len;
	uint8_t *bytes; /* as they were when the device got them */
};

struct sim_device {
	struct kit_port kp; /* memory of the driver: must outlive the stack */
	struct pktbuf_pool rx_pool;
	struct sent_frame *ring;
	uint32_t ring_size, first, count;
	struct sim_frame *rx_first, **rx_last;
};

/* --- out ------------------------------------------------------------------------------------- */

static uint8_t *flatten(const struct pktbuf *pkt, size_t *len)
{
	uint8_t *bytes, *at;

	*len = pktbuf_total_len(pkt);
	at = bytes = malloc(*len);
	memcpy(at, pkt->data, pktbuf_len(pkt));
	at += pktbuf_len(pkt);
	for (unsigned i = 0; i < pkt->n_pieces; at += pkt->pieces[i++].len)
		memcpy(at, pkt->pieces[i].base, pkt->pieces[i].len);
	return bytes;
}

/* What a device with NETIF_TX_CSUM does. */
static void complete_checksum(const struct pktbuf *pkt, uint8_t *bytes, size_t len)
{
	uint8_t *field = bytes + pkt->csum_start + pkt->csum_off;

	if (!(pkt->flags & PKTBUF_CSUM_PARTIAL))
		return;
	store_be16(field, kit_checksum(kit_sum(0, bytes + pkt->csum_start, len - pkt->csum_start)));
}

static int device_send(struct netif *netif, struct pktbuf *pkt)
{
	struct sim_host *host = netif->driver;
	struct sim_device *dev = host->device;
	struct sent_frame *slot;
	uint8_t *wire;

	if (dev->count == dev->ring_size) {
		pktbuf_free(pkt);
		return ERR_AGAIN;
	}
	slot = &dev->ring[(dev->first + dev->count++) % dev->ring_size];
	slot->pkt = pkt;
	slot->bytes = flatten(pkt, &slot->len);
	wire = malloc(slot->len);
	memcpy(wire, slot->bytes, slot->len);
	complete_checksum(pkt, wire, slot->len);
	slot->done_ns = sim_link_send(host->sim, host, wire, slot->len);
	free(wire);
	return ERR_OK;
}

/* The last bit has left: the bytes must still be what they were. */
static void finish(struct sim_host *host, struct sent_frame *slot)
{
	size_t len;
	uint8_t *now = flatten(slot->pkt, &len);

	if (len != slot->len || memcmp(now, slot->bytes, len) != 0)
		sim_fail(host->sim, "bytes changed while the device was reading them");
	free(now);
	free(slot->bytes);
	pktbuf_free(slot->pkt);
}

static void collect_sent(struct sim_host *host, uint64_t now_ns)
{
	struct sim_device *dev = host->device;

	while (dev->count > 0 && dev->ring[dev->first].done_ns <= now_ns) {
		finish(host, &dev->ring[dev->first]);
		dev->first = (dev->first + 1) % dev->ring_size;
		dev->count--;
	}
}

static unsigned device_tx_room(struct netif *netif)
{
	const struct sim_host *host = netif->driver;

	return host->device->ring_size - host->device->count;
}

/* --- in -------------------------------------------------------------------------------------- */

void sim_device_deliver(struct sim_host *host, struct sim_frame *frame)
{
	struct sim_device *dev = host->device;

	frame->next = NULL;
	*dev->rx_last = frame;
	dev->rx_last = &frame->next;
}

/* Not when it was on the last link while the host's address changed: the stack throws it away. */
static bool is_for(const struct sim_host *host, const struct sim_frame *f)
{
	return (f->bytes[0] & 1) || memcmp(f->bytes, host->netif.mac, 6) == 0;
}

static unsigned collect_received(struct sim_host *host, uint64_t now_ns)
{
	struct sim_device *dev = host->device;
	unsigned n = 0;

	while (dev->rx_first != NULL) {
		struct sim_frame *r = dev->rx_first;
		struct pktbuf *pkt = pktbuf_alloc(&dev->rx_pool, 0);
		void *at = pkt != NULL ? pktbuf_put(pkt, r->len) : NULL;

		dev->rx_first = r->next;
		if (dev->rx_first == NULL)
			dev->rx_last = &dev->rx_first;
		if (at != NULL) {
			memcpy(at, r->bytes, r->len);
			if (is_for(host, r))
				sim_watch_received(host->sim, r);
			if (host->sim->on_received != NULL)
				host->sim->on_received(host->sim->on_ctx, host, r->bytes, r->len);
			netif_input(&host->netif, pkt, now_ns);
			n++;
		} else {
			host->netif.counters.rx_dropped++;
			pktbuf_free(pkt);
		}
		free(r);
	}
	return n;
}

static unsigned device_poll(struct netif *netif, uint64_t now_ns)
{
	struct sim_host *host = netif->driver;

	collect_sent(host, now_ns);
	return collect_received(host, now_ns);
}

size_t sim_rx_memory(const struct sim_host *host)
{
	return host->device->rx_pool.in_use * host->device->rx_pool.block_size;
}

/* --- life ------------------------------------------------------------------------------------ */

static uint64_t device_poll_by(struct netif *netif, uint64_t now_ns)
{
	const struct sim_host *host = netif->driver;
	const struct sim_device *dev = host->device;

	if (dev->rx_first != NULL)
		return now_ns;
	return dev->count > 0 ? dev->ring[dev->first].done_ns : TIME_NEVER;
}

static bool device_sent_all(struct netif *netif)
{
	const struct sim_host *host = netif->driver;

	return host->device->count == 0;
}

void sim_device_open(struct sim_host *host, const struct sim_host_options *options)
{
	static const struct netif_ops ops = {
		.send = device_send, .poll = device_poll, .tx_room = device_tx_room,
		.poll_by = device_poll_by, .sent_all = device_sent_all,
	};
	struct sim_device *dev = calloc(1, sizeof(*dev));

	kit_port_open(&dev->kp, 1);
	pktbuf_pool_init(&dev->rx_pool, &dev->kp.port, RX_BUF_SIZE,
			 options->rx_max != 0 ? options->rx_max : 4096);
	dev->ring_size = options->tx_ring != 0 ? options->tx_ring : 64;
	dev->ring = calloc(dev->ring_size, sizeof(dev->ring[0]));
	dev->rx_last = &dev->rx_first;
	host->device = dev;
	host->netif = (struct netif){
		.name = "sim0",
		.ops = &ops,
		.driver = host,
		.mtu = options->mtu != 0 ? options->mtu : 1500,
		.features = options->features,
		.link_up = true,
	};
	memcpy(host->netif.mac, host->mac, 6);
}

/* Every frame leaves now: the stack is about to be destroyed, and wants its packets back. */
void sim_device_flush(struct sim_host *host)
{
	collect_sent(host, TIME_NEVER);
}

void sim_device_close(struct sim_host *host)
{
	struct sim_device *dev = host->device;

	if (dev->count > 0)
		sim_fail(host->sim, "the stack was destroyed with %u frames in the device",
			 dev->count);
	while (dev->rx_first != NULL) {
		struct sim_frame *r = dev->rx_first;

		dev->rx_first = r->next;
		free(r);
	}
	pktbuf_pool_destroy(&dev->rx_pool);
	kit_port_close(&dev->kp);
	free(dev->ring);
	free(dev);
}
