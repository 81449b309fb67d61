/*
 * SPDX-License-Identifier: MIT
 *
 * The split virtqueue; see split.h.  Virtio 1.1, 2.6; the layouts are those of
 * <linux/virtio_ring.h>.
 *
 * Two indices run freely through 16 bits on each side, so all comparisons are differences modulo
 * 65536.  Shared words are read and written once each, through the two helpers below, with the
 * barrier that the place needs: the compiler may neither repeat nor tear them.
 *
 * NOT DONE: big-endian machines (virtio 1.x rings are little-endian), indirect descriptors.
 */
#include "drivers/virtio/queue/split.h"

#include "base/assert.h"
#include "base/barrier.h"

static uint16_t shared_load(const __virtio16 *word)
{
	return *(const volatile uint16_t *)word;
}

static void shared_store(__virtio16 *word, uint16_t value)
{
	*(volatile uint16_t *)word = value;
}

/* Where each part begins, from the start of the shared memory. */
static size_t avail_offset(uint16_t size)
{
	return ALIGN_UP((size_t)size * sizeof(struct vring_desc), (size_t)VIRTQ_ALIGN);
}

/* One entry past the ring is the used_event (or avail_event) word. */
static size_t used_offset(uint16_t size)
{
	size_t avail_len = sizeof(struct vring_avail) + (size_t)(size + 1) * sizeof(__virtio16);

	return avail_offset(size) + ALIGN_UP(avail_len, (size_t)VIRTQ_ALIGN);
}

size_t virtq_memory_len(uint16_t size)
{
	return used_offset(size) + sizeof(struct vring_used) +
	       (size_t)size * sizeof(struct vring_used_elem) + sizeof(__virtio16);
}

/* Virtio 1.1, 2.6.7.1: the driver says here when it wants an interrupt. */
static __virtio16 *used_event(const struct virtq *q)
{
	return &q->avail->ring[q->size];
}

/* Virtio 1.1, 2.6.10: the device says here when it wants a notification. */
static const __virtio16 *avail_event(const struct virtq *q)
{
	return (const __virtio16 *)&q->used->ring[q->size];
}

int virtq_init(struct virtq *q, uint16_t size, void *memory, struct virtq_slot *slots,
	       bool event_idx)
{
	char *base = memory;

	if (size == 0 || size > VIRTQ_SIZE_MAX || (size & (size - 1)) != 0)
		return ERR_INVAL;
	ASSERT((uintptr_t)memory % VIRTQ_ALIGN == 0);
	*q = (struct virtq){
		.desc = memory,
		.avail = (struct vring_avail *)(base + avail_offset(size)),
		.used = (struct vring_used *)(base + used_offset(size)),
		.slots = slots,
		.size = size,
		.free_count = size,
		.event_idx = event_idx,
	};
	for (uint16_t i = 0; i < size; i++)
		slots[i] = (struct virtq_slot){.next = (uint16_t)(i + 1)};
	virtq_interrupts_off(q);
	return ERR_OK;
}

/* --- driver to device ---------------------------------------------------------------------- */

static uint16_t desc_flags(unsigned i, unsigned n_out, unsigned n_total)
{
	return (uint16_t)((i >= n_out ? VRING_DESC_F_WRITE : 0) |
			  (i + 1 < n_total ? VRING_DESC_F_NEXT : 0));
}

/* Fills the first n descriptors of the free list, which is already linked as the chain needs it;
 * returns how many bytes the device may write. */
static uint32_t fill_chain(struct virtq *q, const struct virtq_piece *pieces, unsigned n_out,
			   unsigned n)
{
	uint16_t at = q->free_head;
	uint64_t in_len = 0;

	for (unsigned i = 0; i < n; i++) {
		ASSERT(pieces[i].len > 0);
		q->desc[at] = (struct vring_desc){
			.addr = pieces[i].addr,
			.len = pieces[i].len,
			.flags = desc_flags(i, n_out, n),
			.next = i + 1 < n ? q->slots[at].next : 0,
		};
		if (i >= n_out)
			in_len += pieces[i].len;
		at = q->slots[at].next;
	}
	q->free_head = at;
	q->free_count = (uint16_t)(q->free_count - n);
	ASSERT(in_len <= UINT32_MAX);
	return (uint32_t)in_len;
}

int virtq_add(struct virtq *q, const struct virtq_piece *pieces, unsigned n_out, unsigned n_in,
	      void *cookie)
{
	unsigned n = n_out + n_in;
	uint16_t head = q->free_head;

	ASSERT(n > 0 && cookie != NULL);
	if (virtq_broken(q))
		return ERR_IO;
	if (n > q->free_count)
		return ERR_NOBUFS;

	uint32_t in_len = fill_chain(q, pieces, n_out, n);
	struct virtq_slot *slot = &q->slots[head];

	slot->cookie = cookie;
	slot->in_len = in_len;
	slot->count = (uint16_t)n;
	shared_store(&q->avail->ring[q->avail_idx & (q->size - 1)], head);
	q->avail_idx++;
	q->in_flight++;
	return ERR_OK;
}

bool virtq_publish(struct virtq *q)
{
	uint16_t old = q->published_idx;

	if (virtq_broken(q) || q->avail_idx == old)
		return false;
	barrier_store(); /* descriptors and ring entries before the index that shows them */
	shared_store(&q->avail->idx, q->avail_idx);
	q->published_idx = q->avail_idx;
	/* The index before the look at the device's wish: without it both sides could read the
	 * other's old value, and the buffer would lie there unnoticed. */
	barrier_full();
	if (q->event_idx)
		return vring_need_event(shared_load(avail_event(q)), q->published_idx, old) != 0;
	return (shared_load(&q->used->flags) & VRING_USED_F_NO_NOTIFY) == 0;
}

/* --- device to driver ---------------------------------------------------------------------- */

static void *break_queue(struct virtq *q, enum virtq_fault fault)
{
	q->fault = (uint8_t)fault;
	return NULL;
}

/* Reads the device's index again; true when there is something to take. */
static bool refresh_used(struct virtq *q)
{
	uint16_t idx = shared_load(&q->used->idx);
	uint16_t unpublished = (uint16_t)(q->avail_idx - q->published_idx);

	if ((uint16_t)(idx - q->taken_idx) > q->in_flight - unpublished) {
		break_queue(q, VIRTQ_FAULT_INDEX_JUMP);
		return false;
	}
	q->used_idx = idx;
	barrier_load(); /* the index before the entries it covers */
	return idx != q->taken_idx;
}

static void free_chain(struct virtq *q, uint16_t head)
{
	struct virtq_slot *slot = &q->slots[head];
	uint16_t last = head;

	for (unsigned i = 1; i < slot->count; i++)
		last = q->slots[last].next;
	q->slots[last].next = q->free_head;
	q->free_head = head;
	q->free_count = (uint16_t)(q->free_count + slot->count);
	q->in_flight--;
	slot->cookie = NULL;
}

void *virtq_take(struct virtq *q, uint32_t *written_len)
{
	if (virtq_broken(q) || (q->taken_idx == q->used_idx && !refresh_used(q)))
		return NULL;

	const volatile struct vring_used_elem *elem =
		&q->used->ring[q->taken_idx & (q->size - 1)];
	uint32_t id = elem->id;
	uint32_t len = elem->len;

	if (id >= q->size)
		return break_queue(q, VIRTQ_FAULT_ID_RANGE);
	if (q->slots[id].cookie == NULL)
		return break_queue(q, VIRTQ_FAULT_NOT_IN_FLIGHT);
	/* Where the device may write nothing, its length says nothing; several devices leave
	 * the length of what they read there. */
	if (q->slots[id].in_len == 0)
		len = 0;
	if (len > q->slots[id].in_len)
		return break_queue(q, VIRTQ_FAULT_LENGTH);

	void *cookie = q->slots[id].cookie;

	free_chain(q, (uint16_t)id);
	q->taken_idx++;
	if (written_len != NULL)
		*written_len = len;
	return cookie;
}

bool virtq_interrupt_after(struct virtq *q, uint16_t after)
{
	ASSERT(after >= 1);
	if (virtq_broken(q))
		return false;
	if (q->event_idx)
		shared_store(used_event(q), (uint16_t)(q->taken_idx + after - 1));
	else
		shared_store(&q->avail->flags, 0);
	/* The wish before the look: what is used from here on sees it, what was used before is
	 * seen here. */
	barrier_full();
	return q->taken_idx != q->used_idx || refresh_used(q);
}

void virtq_interrupts_off(struct virtq *q)
{
	/* With event-idx there is no off: an index just behind the last one taken is reached
	 * again only after 65535 more. */
	if (q->event_idx)
		shared_store(used_event(q), (uint16_t)(q->taken_idx - 1));
	else
		shared_store(&q->avail->flags, VRING_AVAIL_F_NO_INTERRUPT);
}

/* --- the end ------------------------------------------------------------------------------- */

void *virtq_abandon(struct virtq *q)
{
	for (uint16_t i = 0; i < q->size && q->in_flight > 0; i++) {
		void *cookie = q->slots[i].cookie;

		if (cookie != NULL) {
			free_chain(q, i);
			return cookie;
		}
	}
	return NULL;
}

const char *virtq_fault_text(const struct virtq *q)
{
	switch ((enum virtq_fault)q->fault) {
	case VIRTQ_OK: return "no fault";
	case VIRTQ_FAULT_INDEX_JUMP: return "used index jumped past what is in flight";
	case VIRTQ_FAULT_ID_RANGE: return "used id outside the queue";
	case VIRTQ_FAULT_NOT_IN_FLIGHT: return "used id that is not in flight";
	case VIRTQ_FAULT_LENGTH: return "used length over the buffer";
	}
	return "unknown fault";
}
