/*
 * SPDX-License-Identifier: MIT
 *
 * Packet buffers: pools of equal blocks, the accessors that check, and the FIFO queue.  The
 * contract stands in net/pktbuf.h.
 *
 * A block is one allocation, struct first, bytes behind it.  Freed blocks stay in the pool: after
 * the first packets no memory is asked for any more.  The blocks of a sized pool differ; those go
 * back to the port.
 */
#include "net/pktbuf.h"

#include "base/assert.h"
#include "base/string.h"
#include "net/port.h"

/* The bytes start on a cache line of their own, whatever the struct grows to. */
#define PKTBUF_BYTES_OFF ALIGN_UP(sizeof(struct pktbuf), 64)

/* A kept packet has room for those that follow to be copied behind it. */
#define PKTBUF_KEPT_ROOM 256

/* --- pools --------------------------------------------------------------------------------- */

void pktbuf_pool_init(struct pktbuf_pool *pool, const struct net_port *port, size_t buf_size,
		      uint32_t max)
{
	*pool = (struct pktbuf_pool){
		.port = port,
		.block_size = PKTBUF_BYTES_OFF + buf_size,
		.max = max,
	};
}

void pktbuf_pool_init_sized(struct pktbuf_pool *pool, const struct net_port *port, size_t max_bytes)
{
	*pool = (struct pktbuf_pool){.port = port, .max_bytes = max_bytes, .max = UINT32_MAX};
}

void pktbuf_pool_destroy(struct pktbuf_pool *pool)
{
	ASSERT(pool->in_use == 0);
	while (pool->free_list != NULL) {
		struct pktbuf *pkt = pool->free_list;

		pool->free_list = pkt->next;
		pool->port->free(pool->port->ctx, pkt, pool->block_size);
		pool->allocated--;
	}
}

static struct pktbuf *pool_take(struct pktbuf_pool *pool)
{
	struct pktbuf *pkt = pool->free_list;

	if (pkt != NULL) {
		pool->free_list = pkt->next;
		return pkt;
	}
	if (pool->allocated == pool->max)
		return NULL;
	pkt = pool->port->alloc(pool->port->ctx, pool->block_size);
	if (pkt != NULL)
		pool->allocated++;
	return pkt;
}

/* A fresh block's fields. */
static struct pktbuf *set_up(struct pktbuf_pool *pool, struct pktbuf *pkt, size_t buf_size,
			     size_t headroom)
{
	uint8_t *head = (uint8_t *)pkt + PKTBUF_BYTES_OFF;

	pool->in_use++;

	/* Field by field: pieces[] is guarded by n_pieces and need not be cleared per packet. */
	pkt->next = NULL;
	pkt->head = head;
	pkt->data = pkt->tail = head + headroom;
	pkt->end = head + buf_size;
	pkt->pool = pool;
	pkt->netif = NULL;
	pkt->flags = pkt->csum_start = pkt->csum_off = pkt->gso_size = 0;
	pkt->l3_off = pkt->l4_off = 0;
	pkt->l2_len = pkt->n_pieces = pkt->held = 0;
	pkt->sent = NULL;
	pkt->pieces_release = NULL;
	pkt->pieces_owner = NULL;
	pkt->resolve_until_ns = pkt->pieces_cookie = 0;
	return pkt;
}

struct pktbuf *pktbuf_alloc(struct pktbuf_pool *pool, size_t headroom)
{
	size_t buf_size = pool->block_size - PKTBUF_BYTES_OFF;
	struct pktbuf *pkt = pool_take(pool);

	ASSERT(headroom <= buf_size);
	return pkt != NULL ? set_up(pool, pkt, buf_size, headroom) : NULL;
}

struct pktbuf *pktbuf_alloc_sized(struct pktbuf_pool *pool, size_t headroom, size_t len)
{
	size_t size = PKTBUF_BYTES_OFF + headroom + len;
	struct pktbuf *pkt;

	ASSERT(pool->block_size == 0);
	if (size > pool->max_bytes - pool->bytes)
		return NULL;
	pkt = pool->port->alloc(pool->port->ctx, size);
	if (pkt == NULL)
		return NULL;
	pool->bytes += size;
	return set_up(pool, pkt, headroom + len, headroom);
}

size_t pktbuf_block_size(const struct pktbuf *pkt)
{
	return (size_t)(pkt->end - (const uint8_t *)pkt);
}

/* A quarter of a device's buffers, or half of what the reassembly works with, is for what is on its
 * way: no queue gets it. */
static bool is_scarce(const struct pktbuf_pool *pool)
{
	return pool->block_size != 0 ? pool->in_use > pool->max - pool->max / 4
				     : pool->bytes > pool->max_bytes / 2;
}

static struct pktbuf *copy_received(struct pktbuf_pool *own, const struct pktbuf *pkt)
{
	const uint8_t *from = pkt->head + pkt->l3_off;
	size_t len = (size_t)(pkt->tail - from);
	struct pktbuf *copy = pktbuf_alloc_sized(own, 0, MAX(len, (size_t)PKTBUF_KEPT_ROOM));

	if (copy == NULL)
		return NULL;
	memcpy(copy->head, from, len);
	copy->data = copy->head + (pkt->data - from);
	copy->tail = copy->head + len;
	copy->netif = pkt->netif;
	copy->flags = pkt->flags;
	copy->l4_off = (uint16_t)(pkt->l4_off - pkt->l3_off);
	return copy;
}

struct pktbuf *pktbuf_retain(struct pktbuf_pool *own, struct pktbuf *pkt)
{
	struct pktbuf *copy;

	ASSERT(pkt->n_pieces == 0);
	if (!is_scarce(pkt->pool))
		return pkt;
	copy = copy_received(own, pkt);
	pktbuf_free(pkt);
	return copy;
}

bool pktbuf_may_retain_more(const struct pktbuf_pool *own, const struct pktbuf *pkt)
{
	return !is_scarce(pkt->pool) || own->bytes <= own->max_bytes - own->max_bytes / 4;
}

void pktbuf_free(struct pktbuf *pkt)
{
	struct pktbuf_pool *pool;

	if (pkt == NULL)
		return;
	if (pkt->held) {
		pkt->held = false;
		return;
	}
	if (pkt->pieces_release != NULL)
		pkt->pieces_release(pkt);
	pool = pkt->pool;
	ASSERT(pool != NULL); /* NULL: freed before */
	pkt->pool = NULL;
	pool->in_use--;
	if (pool->block_size == 0) {
		size_t size = pktbuf_block_size(pkt);

		pool->bytes -= size;
		pool->port->free(pool->port->ctx, pkt, size);
		return;
	}
	pkt->next = pool->free_list;
	pool->free_list = pkt;
}

void pktbuf_release(struct pktbuf *pkt)
{
	bool still_owned = pkt->held;

	pkt->held = false;
	if (!still_owned)
		pktbuf_free(pkt);
}

/* --- accessors ------------------------------------------------------------------------------ */

size_t pktbuf_total_len(const struct pktbuf *pkt)
{
	size_t len = pktbuf_len(pkt);

	for (unsigned i = 0; i < pkt->n_pieces; i++)
		len += pkt->pieces[i].len;
	return len;
}

void *pktbuf_push(struct pktbuf *pkt, size_t len)
{
	ASSERT(len <= pktbuf_headroom(pkt));
	pkt->data -= len;
	/* csum_start counts from data, so it moves with each header put before it. */
	if (pkt->flags & PKTBUF_CSUM_PARTIAL)
		pkt->csum_start = (uint16_t)(pkt->csum_start + len);
	return pkt->data;
}

void *pktbuf_pull(struct pktbuf *pkt, size_t len)
{
	ASSERT(len <= pktbuf_len(pkt));
	pkt->data += len;
	return pkt->data;
}

void *pktbuf_put(struct pktbuf *pkt, size_t len)
{
	uint8_t *at = pkt->tail;

	if (len > pktbuf_tailroom(pkt))
		return NULL;
	pkt->tail += len;
	return at;
}

void pktbuf_trim(struct pktbuf *pkt, size_t len)
{
	ASSERT(len <= pktbuf_len(pkt));
	pkt->tail = pkt->data + len;
}

bool pktbuf_add_piece(struct pktbuf *pkt, const void *base, uint32_t len)
{
	if (pkt->n_pieces == PKTBUF_PIECES_MAX)
		return false;
	pkt->pieces[pkt->n_pieces++] = (struct pktbuf_piece){.base = base, .len = len};
	return true;
}

/* --- queue ---------------------------------------------------------------------------------- */

void pktbuf_queue_push(struct pktbuf_queue *q, struct pktbuf *pkt)
{
	pkt->next = NULL;
	if (q->last != NULL)
		q->last->next = pkt;
	else
		q->first = pkt;
	q->last = pkt;
	q->count++;
}

struct pktbuf *pktbuf_queue_pop(struct pktbuf_queue *q)
{
	struct pktbuf *pkt = q->first;

	if (pkt == NULL)
		return NULL;
	q->first = pkt->next;
	if (q->first == NULL)
		q->last = NULL;
	q->count--;
	pkt->next = NULL;
	return pkt;
}

void pktbuf_queue_free(struct pktbuf_queue *q)
{
	struct pktbuf *pkt;

	while ((pkt = pktbuf_queue_pop(q)) != NULL)
		pktbuf_free(pkt);
}
