/*
 * SPDX-License-Identifier: MIT
 *
 * The two interfaces between drivers and the stack: counts what passes, and completes on the way out
 * what the device cannot do itself.  Segmenting is never done here: the sender of large segments has
 * asked for NETIF_TX_TSO4 first.
 */
#include "net/netif.h"

#include "base/assert.h"
#include "base/err.h"
#include "base/string.h"
#include "net/checksum.h"
#include "net/link/eth.h"
#include "net/stack.h"

void netif_input(struct netif *netif, struct pktbuf *pkt, uint64_t now_ns)
{
	if (netif->stack == NULL) {
		netif->counters.rx_dropped++;
		pktbuf_free(pkt);
		return;
	}
	netif->counters.rx_frames++;
	netif->counters.rx_bytes += pktbuf_len(pkt);
	pkt->netif = netif;
	eth_input(netif->stack, pkt, now_ns);
}

/* One contiguous copy of a packet with pieces.  Consumes; NULL when there is no buffer for it. */
static struct pktbuf *linearise(struct stack *stack, struct pktbuf *pkt)
{
	struct pktbuf *flat = pktbuf_alloc(&stack->frame_pool, pktbuf_headroom(pkt));
	uint8_t *at;

	if (flat == NULL)
		goto out;
	at = pktbuf_put(flat, pktbuf_total_len(pkt));
	if (at == NULL) {
		pktbuf_free(flat);
		flat = NULL;
		goto out;
	}
	memcpy(at, pkt->data, pktbuf_len(pkt));
	at += pktbuf_len(pkt);
	for (unsigned i = 0; i < pkt->n_pieces; at += pkt->pieces[i++].len)
		memcpy(at, pkt->pieces[i].base, pkt->pieces[i].len);
	flat->flags = pkt->flags;
	flat->csum_start = pkt->csum_start;
	flat->csum_off = pkt->csum_off;
	flat->gso_size = pkt->gso_size;
out:
	pktbuf_free(pkt);
	return flat;
}

int netif_send(struct netif *netif, struct pktbuf *pkt)
{
	size_t len = pktbuf_total_len(pkt);
	int err = ERR_NOBUFS;

	ASSERT(pkt->gso_size == 0 || (netif->features & NETIF_TX_TSO4));
	if ((pkt->flags & PKTBUF_CSUM_PARTIAL) && !(netif->features & NETIF_TX_CSUM))
		checksum_complete(pkt);
	if (pkt->n_pieces > 0 && !(netif->features & NETIF_TX_SG))
		pkt = linearise(netif->stack, pkt);
	if (pkt != NULL)
		err = netif->ops->send(netif, pkt);
	if (err == ERR_OK) {
		netif->counters.tx_frames++;
		netif->counters.tx_bytes += len;
	} else {
		netif->counters.tx_dropped++;
	}
	return err;
}
