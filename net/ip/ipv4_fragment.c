/*
 * SPDX-License-Identifier: MIT
 *
 * IPv4 fragmentation (RFC 791 3.2) of datagrams of ours that are longer than the path's MTU, and the
 * ids by which their receiver tells them apart.
 */
#include "net/ip/ipv4_output.h"

#include "base/string.h"
#include "net/checksum.h"
#include "net/port.h"
#include "net/siphash.h"
#include "net/stack.h"
#include "net/wire/ipv4.h"

#define ID_STEP_MAX 8

/* RFC 7739 5.3, made for IPv6: a counter for each group of destinations, which begins elsewhere for
 * each of them and moves by steps that cannot be foreseen.  So ids do not repeat soon, nobody can
 * forge a fragment of what he does not see, and one destination learns nothing of what another
 * gets. */
uint16_t ipv4_choose_id(struct stack *stack, const struct ip_send *how)
{
	uint8_t key[9];
	uint64_t hash;
	uint16_t *counter;

	memcpy(key, how->src->bytes, 4);
	memcpy(key + 4, how->dst->bytes, 4);
	key[8] = how->protocol;
	hash = siphash(stack->secret, key, sizeof(key));
	counter = &stack->ipv4_ids[hash % ARRAY_LEN(stack->ipv4_ids)];
	*counter = (uint16_t)(*counter + 1 + stack_random_below(stack, ID_STEP_MAX));
	return (uint16_t)(*counter + (hash >> 32));
}

/* Copies `len` bytes from `off` on, which may lie in fragments. */
static void copy_out(const struct pktbuf *pkt, size_t off, uint8_t *to, size_t len)
{
	const uint8_t *base = pkt->data;
	size_t there = pktbuf_len(pkt);

	for (unsigned i = 0; len > 0; i++) {
		if (off < there) {
			size_t n = MIN(len, there - off);

			memcpy(to, base + off, n);
			to += n;
			off += n;
			len -= n;
		}
		off -= there;
		if (i == pkt->n_pieces)
			return;
		base = pkt->pieces[i].base;
		there = pkt->pieces[i].len;
	}
}

/* All fragments, or none: half a datagram is useless. */
static int cut(struct stack *stack, const struct pktbuf *pkt, size_t chunk,
	       struct pktbuf_queue *fragments)
{
	size_t total = pktbuf_total_len(pkt);

	for (size_t off = 0; off < total; off += chunk) {
		size_t len = MIN(chunk, total - off);
		struct pktbuf *part = pktbuf_alloc(&stack->frame_pool, PKTBUF_HEADROOM);
		uint8_t *at = part != NULL ? pktbuf_put(part, len) : NULL;

		if (at == NULL) {
			pktbuf_free(part);
			pktbuf_queue_free(fragments);
			return ERR_NOBUFS;
		}
		copy_out(pkt, off, at, len);
		pktbuf_queue_push(fragments, part);
	}
	return ERR_OK;
}

int ipv4_output_fragments(struct stack *stack, struct pktbuf *pkt, const struct ip_send *how,
			  const struct ipv4_route *route, uint16_t mtu, uint64_t now_ns)
{
	size_t chunk = ALIGN_DOWN((size_t)mtu - IPV4_HEADER_LEN, 8); /* offsets count in eights */
	uint16_t id = ipv4_choose_id(stack, how);
	struct pktbuf_queue fragments = {0};
	size_t off = 0;
	int err;

	/* No device can sum up what it sees as fragments. */
	if (pkt->flags & PKTBUF_CSUM_PARTIAL)
		checksum_complete(pkt);
	err = cut(stack, pkt, chunk, &fragments);
	pktbuf_free(pkt);
	while (err == ERR_OK && fragments.count > 0) {
		struct pktbuf *part = pktbuf_queue_pop(&fragments);
		uint16_t field = (uint16_t)((fragments.count > 0 ? IPV4_MF : 0) | off / 8);

		off += pktbuf_len(part);
		stack->counters.ip_fragments_out++;
		err = ipv4_send_one(stack, part, how, route, id, field, now_ns);
	}
	pktbuf_queue_free(&fragments);
	return err;
}
