/*
 * SPDX-License-Identifier: MIT
 *
 * The split virtqueue (virtio 1.1, 2.6): buffers with a cookie go in, the cookie comes back when
 * the device has used them.
 *
 * It knows rings and nothing of devices: who notifies, who owns the memory behind a buffer and
 * what a cookie is are the caller's affair.  Everything the device writes is checked against what
 * the driver remembers outside the shared memory; the first contradiction breaks the queue for
 * good (virtq_fault_text() says why), and no index from the device is ever followed unchecked.
 *
 *   virtq_add(q, pieces, n_out, n_in, cookie)     once per buffer, any number of times
 *   if (virtq_publish(q)) notify the device       once per batch
 *   while ((cookie = virtq_take(q, &len))) ...    what the device has finished, in its order
 */
#ifndef DRIVERS_VIRTIO_QUEUE_SPLIT_H
#define DRIVERS_VIRTIO_QUEUE_SPLIT_H

#include <linux/virtio_ring.h>

#include "base/compiler.h"
#include "base/err.h"

#define VIRTQ_SIZE_MAX 256 /* descriptors; larger offers are cut down to it */
#define VIRTQ_ALIGN 64     /* of the shared memory: driver's and device's halves share no line */

/* One stretch of memory of a buffer, by the address the device uses. */
struct virtq_piece {
	uint64_t addr;
	uint32_t len; /* bytes, > 0 */
};

enum virtq_fault {
	VIRTQ_OK = 0,
	VIRTQ_FAULT_INDEX_JUMP,    /* the used index ran ahead of what is in flight */
	VIRTQ_FAULT_ID_RANGE,      /* a used id past the queue */
	VIRTQ_FAULT_NOT_IN_FLIGHT, /* a used id that heads no buffer in flight */
	VIRTQ_FAULT_LENGTH,        /* more bytes written than the buffer has */
};

/* What the driver remembers of one descriptor, where the device cannot write. */
struct virtq_slot {
	void *cookie;    /* head of a buffer in flight, else NULL */
	uint32_t in_len; /* bytes the device may write into the buffer it heads */
	uint16_t next;   /* of the free list, or of the chain */
	uint16_t count;  /* descriptors of the chain it heads */
};

struct virtq {
	/* shared with the device */
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;

	struct virtq_slot *slots;
	uint16_t size;
	uint16_t free_head;
	uint16_t free_count;    /* descriptors */
	uint16_t in_flight;     /* buffers */
	uint16_t avail_idx;     /* next entry of the available ring */
	uint16_t published_idx; /* what the device was told of it */
	uint16_t used_idx;      /* the device's index, as far as it was checked */
	uint16_t taken_idx;     /* how far virtq_take() has come */
	bool event_idx;         /* VIRTIO_RING_F_EVENT_IDX was negotiated */
	uint8_t fault;          /* enum virtq_fault */
};

/* Bytes of shared memory that a queue of `size` descriptors needs. */
size_t virtq_memory_len(uint16_t size);

/*
 * Lays a queue of `size` descriptors into `memory` (VIRTQ_ALIGN-aligned, zeroed,
 * virtq_memory_len() bytes) and slots[0..size); both must outlive it.  Interrupts are suppressed
 * until asked for.  ERR_INVAL: not a power of two from 1 to VIRTQ_SIZE_MAX.
 */
int virtq_init(struct virtq *q, uint16_t size, void *memory, struct virtq_slot *slots,
	       bool event_idx) MUST_CHECK;

/*
 * Adds a buffer: pieces[0..n_out) are read by the device, the next n_in written.  At least one
 * piece; cookie not NULL.  ERR_NOBUFS: too few free descriptors.  ERR_IO: the queue is broken.
 */
int virtq_add(struct virtq *q, const struct virtq_piece *pieces, unsigned n_out, unsigned n_in,
	      void *cookie) MUST_CHECK;

/* Makes all added buffers visible; true when the device wants to be notified of them. */
bool virtq_publish(struct virtq *q);

/*
 * The cookie of the next buffer the device has used, or NULL.  *written_len (may be NULL) is what
 * it says it wrote, never more than the buffer's writable pieces hold.
 */
void *virtq_take(struct virtq *q, uint32_t *written_len);

/* Asks for an interrupt when the next `after` (>= 1) buffers have been used.  True when at least
 * one is there already, in which case none may come: take it first. */
bool virtq_interrupt_after(struct virtq *q, uint16_t after);
/* The device need not interrupt; it still may. */
void virtq_interrupts_off(struct virtq *q);

/* The cookies of buffers still in flight, one per call, NULL when there is none.  Only once the
 * device has been reset: it may write to them until then. */
void *virtq_abandon(struct virtq *q);

static inline bool virtq_broken(const struct virtq *q)
{
	return q->fault != VIRTQ_OK;
}

/* "used index jumped" and the like. */
const char *virtq_fault_text(const struct virtq *q);

#endif
