/*
 * SPDX-License-Identifier: MIT
 *
 * Where a queue's memory comes from, and which layout it gets; see queue.h.  Today the split one:
 * a second layout is a struct virtq_layout beside split.c and a case here.
 */
#include "drivers/virtio/queue/queue.h"

#include "base/assert.h"
#include "drivers/virtio/queue/split.h"
#include "kernel/mm/memory.h"

static size_t pages_of(size_t len)
{
	return (len + PAGE_SIZE - 1) / PAGE_SIZE;
}

struct memory {
	struct virtq_split *split;
	struct virtq_split_slot *slots;
	void *shared;
};

static bool alloc_memory(struct memory *m, uint16_t size)
{
	m->shared = pages_alloc(pages_of(virtq_split_shared_len(size)));
	m->slots = heap_alloc(size * sizeof(*m->slots));
	m->split = heap_alloc(sizeof(*m->split));
	return m->shared != NULL && m->slots != NULL && m->split != NULL;
}

static void free_memory(const struct memory *m, uint16_t size)
{
	if (m->shared != NULL)
		pages_free(m->shared, pages_of(virtq_split_shared_len(size)));
	heap_free(m->slots, size * sizeof(*m->slots));
	heap_free(m->split, sizeof(*m->split));
}

int virtq_create(struct virtq **q, uint16_t offered, uint16_t limit, uint64_t features)
{
	uint16_t size = MIN(offered, limit);
	struct memory m;

	ASSERT(size > 0 && limit <= VIRTQ_SIZE_MAX);
	*q = NULL;
	if ((offered & (offered - 1)) != 0)
		return ERR_PROTO;
	if (!alloc_memory(&m, size)) {
		free_memory(&m, size);
		return ERR_NOMEM;
	}
	virtq_split_init(m.split, size, m.shared, m.slots, (features >> VIRTQ_F_EVENT_IDX & 1) != 0);
	*q = &m.split->q;
	return ERR_OK;
}
