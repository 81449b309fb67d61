/*
 * SPDX-License-Identifier: MIT
 *
 * The split virtqueue (virtio 1.1, 2.6): descriptors in one table, indices of their chains in two
 * rings.  Private to drivers/virtio/queue/; all others see a struct virtq (queue.h).
 */
#ifndef DRIVERS_VIRTIO_QUEUE_SPLIT_H
#define DRIVERS_VIRTIO_QUEUE_SPLIT_H

#include <linux/virtio_ring.h>

#include "drivers/virtio/queue/queue.h"

#define VIRTQ_SPLIT_ALIGN 64 /* of the shared memory: driver's and device's halves share no line */

/* What the driver remembers of one descriptor, where the device cannot write. */
struct virtq_split_slot {
	void *cookie;    /* head of a buffer in flight, else NULL */
	uint32_t in_len; /* bytes the device may write into the buffer it heads */
	uint16_t next;   /* of the free list, or of the chain */
	uint16_t count;  /* descriptors of the chain it heads */
};

struct virtq_split {
	struct virtq q;         /* first; its areas: struct vring_desc, vring_avail, vring_used */
	uint16_t free_head;
	uint16_t avail_idx;     /* next entry of the available ring */
	uint16_t published_idx; /* the part of it that the device has been shown */
	uint16_t used_idx;      /* the device's index, as far as it was checked */
	uint16_t taken_idx;     /* how far virtq_take() has come */
	bool event_idx;         /* VIRTIO_RING_F_EVENT_IDX was negotiated */
	struct virtq_split_slot *slots;
};

/* Bytes of shared memory that a queue of `size` descriptors needs. */
size_t virtq_split_shared_len(uint16_t size);

/*
 * Lays a queue of `size` descriptors (a power of two, at most VIRTQ_SIZE_MAX) into `shared`
 * (VIRTQ_SPLIT_ALIGN-aligned, zeroed, virtq_split_shared_len() bytes) and slots[0..size); both must
 * outlive it.
 */
void virtq_split_init(struct virtq_split *split, uint16_t size, void *shared,
		      struct virtq_split_slot *slots, bool event_idx);

#endif
