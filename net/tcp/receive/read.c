/*
 * SPDX-License-Identifier: MIT
 *
 * The user reads.
 */
#include "net/tcp/receive/receive.h"
#include "net/tcp/receive/sequence.h"
#include "net/tcp/tcb.h"

#include "base/string.h"
#include "net/pktbuf.h"

size_t tcp_rcv_read(struct tcb *tcb, uint8_t *buf, size_t len)
{
	size_t done = 0;

	while (done < len && tcb->rcv.queue.first != NULL) {
		struct pktbuf *pkt = tcb->rcv.queue.first;
		size_t n = MIN(len - done, pktbuf_len(pkt));

		memcpy(buf + done, pkt->data, n);
		pktbuf_pull(pkt, n);
		done += n;
		if (pktbuf_len(pkt) > 0)
			break;
		tcb->rcv.memory -= tcp_packet_memory(pkt);
		pktbuf_free(pktbuf_queue_pop(&tcb->rcv.queue));
	}
	tcb->rcv.unread -= (uint32_t)done;
	return done;
}
