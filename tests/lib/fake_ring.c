/* SPDX-License-Identifier: MIT */
/* The device's half of a split virtqueue; see fake_ring.h. */
#include "tests/lib/fake_ring.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

void (*fake_ring_at_barrier)(bool full);

struct fake_ring fake_ring_on(uint16_t size, uint64_t desc, uint64_t avail, uint64_t used,
			      bool event_idx)
{
	return (struct fake_ring){
		.size = size,
		.event_idx = event_idx,
		.desc = (struct vring_desc *)(uintptr_t)desc,
		.avail = (struct vring_avail *)(uintptr_t)avail,
		.used = (struct vring_used *)(uintptr_t)used,
	};
}

static struct fake_ring_words words_of(const struct fake_ring *ring)
{
	if (ring->held_back)
		return ring->shown;
	return (struct fake_ring_words){.avail_idx = ring->avail->idx,
					.flags = ring->avail->flags,
					.used_event = ring->avail->ring[ring->size]};
}

void fake_ring_show(struct fake_ring *ring)
{
	bool held_back = ring->held_back;

	ring->held_back = false;
	ring->shown = words_of(ring);
	ring->held_back = held_back;
}

void fake_ring_hold_back(struct fake_ring *ring)
{
	fake_ring_show(ring);
	ring->held_back = true;
}

bool fake_ring_has_next(const struct fake_ring *ring)
{
	return ring->avail_seen != words_of(ring).avail_idx;
}

static void add_piece(struct fake_chain *chain, const struct vring_desc *desc)
{
	bool writes = (desc->flags & VRING_DESC_F_WRITE) != 0;

	ASSERT(chain->n < FAKE_CHAIN_MAX);
	ASSERT((desc->flags & ~(VRING_DESC_F_WRITE | VRING_DESC_F_NEXT)) == 0);
	ASSERT(desc->len > 0);
	/* Virtio 1.1, 2.6.4.2: what the device reads comes before what it writes. */
	ASSERT(writes || chain->in_len == 0);
	chain->pieces[chain->n++] = (struct fake_piece){
		.at = (uint8_t *)(uintptr_t)desc->addr, .len = desc->len, .device_writes = writes};
	if (writes)
		chain->in_len += desc->len;
	else
		chain->out_len += desc->len;
}

bool fake_ring_next(struct fake_ring *ring, struct fake_chain *chain)
{
	if (!fake_ring_has_next(ring))
		return false;

	uint16_t at = ring->avail->ring[ring->avail_seen % ring->size];

	*chain = (struct fake_chain){.head = at};
	for (;;) {
		ASSERT(at < ring->size);
		const struct vring_desc *desc = &ring->desc[at];

		add_piece(chain, desc);
		if ((desc->flags & VRING_DESC_F_NEXT) == 0)
			break;
		at = desc->next;
	}
	ring->avail_seen++;
	return true;
}

void fake_ring_use(struct fake_ring *ring, uint32_t id, uint32_t len)
{
	uint16_t idx = ring->used_idx++;

	ring->used->ring[idx % ring->size] = (struct vring_used_elem){.id = id, .len = len};
	ring->used->idx = ring->used_idx;
	ring->interrupts += fake_ring_interrupts_at(ring, idx);
}

/* Virtio 1.1, 2.6.7.2: with an event index, the entry is the one that the driver waits for. */
bool fake_ring_interrupts_at(const struct fake_ring *ring, uint16_t idx)
{
	struct fake_ring_words words = words_of(ring);

	return ring->event_idx ? words.used_event == idx
			       : (words.flags & VRING_AVAIL_F_NO_INTERRUPT) == 0;
}

uint32_t fake_chain_read(const struct fake_chain *chain, void *buf, uint32_t len)
{
	uint32_t done = 0;

	for (unsigned i = 0; i < chain->n && done < len; i++) {
		uint32_t n = MIN(chain->pieces[i].len, len - done);

		if (chain->pieces[i].device_writes)
			break;
		memcpy((uint8_t *)buf + done, chain->pieces[i].at, n);
		done += n;
	}
	return done;
}

uint32_t fake_chain_write(const struct fake_chain *chain, const void *buf, uint32_t len)
{
	uint32_t done = 0;

	for (unsigned i = 0; i < chain->n && done < len; i++) {
		uint32_t n = MIN(chain->pieces[i].len, len - done);

		if (!chain->pieces[i].device_writes)
			continue;
		memcpy(chain->pieces[i].at, (const uint8_t *)buf + done, n);
		done += n;
	}
	return done;
}

void fake_ring_set_avail_event(struct fake_ring *ring, uint16_t idx)
{
	memcpy(&ring->used->ring[ring->size], &idx, sizeof(idx));
}

void fake_ring_want_notify(struct fake_ring *ring, bool want)
{
	ring->used->flags = want ? 0 : VRING_USED_F_NO_NOTIFY;
	fake_ring_set_avail_event(ring,
				  want ? ring->avail_seen : (uint16_t)(ring->avail_seen - 1));
}
