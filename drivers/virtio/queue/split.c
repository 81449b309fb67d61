/*
 * SPDX-License-Identifier: MIT
 *
 * The split virtqueue; see split.h and queue.h.  Virtio 1.1, 2.6; the layouts are those of
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
#include "kernel/arch/barrier.h"

_Static_assert((int)VIRTQ_F_EVENT_IDX == VIRTIO_RING_F_EVENT_IDX, "queue.h repeats its number");

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
	return ALIGN_UP((size_t)size * sizeof(struct vring_desc), (size_t)VIRTQ_SPLIT_ALIGN);
}

/* One entry past the ring is the used_event (or avail_event) word. */
static size_t used_offset(uint16_t size)
{
	size_t avail_len = sizeof(struct vring_avail) + (size_t)(size + 1) * sizeof(__virtio16);

	return avail_offset(size) + ALIGN_UP(avail_len, (size_t)VIRTQ_SPLIT_ALIGN);
}

size_t virtq_split_shared_len(uint16_t size)
{
	return used_offset(size) + sizeof(struct vring_used) +
	       (size_t)size * sizeof(struct vring_used_elem) + sizeof(__virtio16);
}

static struct virtq_split *split_of(struct virtq *q)
{
	return CONTAINER_OF(q, struct virtq_split, q);
}

static struct vring_desc *desc_of(const struct virtq_split *s)
{
	return s->q.descriptor_area;
}

static struct vring_avail *avail_of(const struct virtq_split *s)
{
	return s->q.driver_area;
}

static struct vring_used *used_of(const struct virtq_split *s)
{
	return s->q.device_area;
}

/* Virtio 1.1, 2.6.7.1: the driver writes here when it wants an interrupt. */
static __virtio16 *used_event(const struct virtq_split *s)
{
	return &avail_of(s)->ring[s->q.size];
}

/* Virtio 1.1, 2.6.10: the device writes here when it wants a notification. */
static const __virtio16 *avail_event(const struct virtq_split *s)
{
	return (const __virtio16 *)&used_of(s)->ring[s->q.size];
}

/* --- driver to device ---------------------------------------------------------------------- */

/* Fills the first n descriptors of the free list, which is already linked as the chain needs it;
 * returns how many bytes the device may write. */
static uint32_t fill_chain(struct virtq_split *s, const struct virtq_fragment *fragments,
			   unsigned n_out, unsigned n)
{
	struct vring_desc *desc = NULL;
	uint16_t at = s->free_head, flags = VRING_DESC_F_NEXT;
	uint64_t in_len = 0;

	for (unsigned i = 0; i < n; i++) {
		uint32_t len = fragments[i].len;

		ASSERT(len > 0);
		if (i >= n_out) {
			flags = VRING_DESC_F_WRITE | VRING_DESC_F_NEXT;
			in_len += len;
		}
		desc = &desc_of(s)[at];
		at = s->slots[at].next;
		*desc = (struct vring_desc){
			.addr = fragments[i].addr, .len = len, .flags = flags, .next = at};
	}
	desc->flags = (uint16_t)(flags & ~VRING_DESC_F_NEXT);
	s->free_head = at;
	s->q.free_count = (uint16_t)(s->q.free_count - n);
	ASSERT(in_len <= UINT32_MAX);
	return (uint32_t)in_len;
}

static int split_add(struct virtq *q, const struct virtq_fragment *fragments, unsigned n_out,
		     unsigned n_in, void *cookie)
{
	struct virtq_split *s = split_of(q);
	unsigned n = n_out + n_in;
	uint16_t head = s->free_head;

	ASSERT(n > 0 && cookie != NULL);
	if (virtq_broken(q))
		return ERR_IO;
	if (n > q->free_count)
		return ERR_NOBUFS;

	uint32_t in_len = fill_chain(s, fragments, n_out, n);
	struct virtq_split_slot *slot = &s->slots[head];

	slot->cookie = cookie;
	slot->in_len = in_len;
	slot->count = (uint16_t)n;
	shared_store(&avail_of(s)->ring[s->avail_idx & (q->size - 1)], head);
	s->avail_idx++;
	q->in_flight++;
	return ERR_OK;
}

static bool split_publish(struct virtq *q)
{
	struct virtq_split *s = split_of(q);
	uint16_t old = s->published_idx;

	if (virtq_broken(q) || s->avail_idx == old)
		return false;
	barrier_store(); /* descriptors and ring entries before the index that shows them */
	shared_store(&avail_of(s)->idx, s->avail_idx);
	s->published_idx = s->avail_idx;
	/* The index before the device's wish is read: without it both sides could read the
	 * other's old value, and the buffer would lie there unnoticed. */
	barrier_full();
	if (s->event_idx)
		return vring_need_event(shared_load(avail_event(s)), s->published_idx, old) != 0;
	return (shared_load(&used_of(s)->flags) & VRING_USED_F_NO_NOTIFY) == 0;
}

/* --- device to driver ---------------------------------------------------------------------- */

static void *break_queue(struct virtq_split *s, const char *fault)
{
	s->q.fault = fault;
	return NULL;
}

/* Reads the device's index again; true when there is something to take. */
static bool refresh_used(struct virtq_split *s)
{
	uint16_t idx = shared_load(&used_of(s)->idx);
	uint16_t used = (uint16_t)(idx - s->taken_idx);
	uint16_t shown = (uint16_t)(s->published_idx - s->taken_idx);

	if (used > shown) {
		break_queue(s, "used index jumped past what is in flight");
		return false;
	}
	s->used_idx = idx;
	barrier_load(); /* the index before the entries it covers */
	return used != 0;
}

static void free_chain(struct virtq_split *s, uint16_t head)
{
	struct virtq_split_slot *slot = &s->slots[head];
	uint16_t last = head;

	for (unsigned i = 1; i < slot->count; i++)
		last = s->slots[last].next;
	s->slots[last].next = s->free_head;
	s->free_head = head;
	s->q.free_count = (uint16_t)(s->q.free_count + slot->count);
	s->q.in_flight--;
	slot->cookie = NULL;
}

static void *split_take(struct virtq *q, uint32_t *written_len)
{
	struct virtq_split *s = split_of(q);

	if (virtq_broken(q) || (s->taken_idx == s->used_idx && !refresh_used(s)))
		return NULL;

	const volatile struct vring_used_elem *elem =
		&used_of(s)->ring[s->taken_idx & (q->size - 1)];
	uint32_t id = elem->id;
	uint32_t len = elem->len;

	if (id >= q->size)
		return break_queue(s, "used id outside the queue");

	const struct virtq_split_slot *slot = &s->slots[id];
	void *cookie = slot->cookie;

	if (cookie == NULL)
		return break_queue(s, "used id that is not in flight");
	/* Where the device may write nothing, its length says nothing; several devices leave
	 * the length of what they read there. */
	if (slot->in_len == 0)
		len = 0;
	if (len > slot->in_len)
		return break_queue(s, "used length over the buffer");
	free_chain(s, (uint16_t)id);
	s->taken_idx++;
	if (written_len != NULL)
		*written_len = len;
	return cookie;
}

static bool split_interrupt_after(struct virtq *q, uint16_t after)
{
	struct virtq_split *s = split_of(q);

	ASSERT(after >= 1);
	if (virtq_broken(q))
		return false;
	if (s->event_idx)
		shared_store(used_event(s), (uint16_t)(s->taken_idx + after - 1));
	else
		shared_store(&avail_of(s)->flags, 0);
	/* The wish before the check: what is used from here on sees it, what was used before is
	 * seen here. */
	barrier_full();
	return s->taken_idx != s->used_idx || refresh_used(s);
}

static void split_interrupts_off(struct virtq *q)
{
	const struct virtq_split *s = split_of(q);

	/* With event-idx there is no off: an index just behind the last one taken is reached
	 * again only after 65535 more. */
	if (s->event_idx)
		shared_store(used_event(s), (uint16_t)(s->taken_idx - 1));
	else
		shared_store(&avail_of(s)->flags, VRING_AVAIL_F_NO_INTERRUPT);
}

/* --- the ends ------------------------------------------------------------------------------ */

static void *split_abandon(struct virtq *q)
{
	struct virtq_split *s = split_of(q);

	for (uint16_t i = 0; i < q->size && q->in_flight > 0; i++) {
		void *cookie = s->slots[i].cookie;

		if (cookie != NULL) {
			free_chain(s, i);
			return cookie;
		}
	}
	return NULL;
}

static const struct virtq_layout split_layout = {
	.add = split_add,
	.publish = split_publish,
	.take = split_take,
	.interrupt_after = split_interrupt_after,
	.interrupts_off = split_interrupts_off,
	.abandon = split_abandon,
};

void virtq_split_init(struct virtq_split *split, uint16_t size, void *shared,
		      struct virtq_split_slot *slots, bool event_idx)
{
	char *base = shared;

	ASSERT((uintptr_t)shared % VIRTQ_SPLIT_ALIGN == 0);
	*split = (struct virtq_split){
		.q = {.layout = &split_layout,
		      .size = size,
		      .free_count = size,
		      .descriptor_area = base,
		      .driver_area = base + avail_offset(size),
		      .device_area = base + used_offset(size)},
		.slots = slots,
		.event_idx = event_idx,
	};
	for (uint16_t i = 0; i < size; i++)
		slots[i] = (struct virtq_split_slot){.next = (uint16_t)(i + 1)};
	split_interrupts_off(&split->q);
}
