/*
 * SPDX-License-Identifier: MIT
 *
 * A virtqueue as a device's driver and a transport see it, whatever its layout in memory (split,
 * virtio 1.1, 2.6; a packed one fits beside it): buffers with a cookie go in, the cookie comes back
 * when the device has used them.
 *
 *   virtq_add(q, fragments, n_out, n_in, cookie)  once per buffer, any number of times
 *   if (virtq_publish(q)) notify the device       once per batch (virtio_queue_kick())
 *   while ((cookie = virtq_take(q, &len))) ...    what the device has finished, in its order
 *
 * A queue knows nothing of the device, of the memory behind a buffer, and of the cookie's meaning.
 * Everything the device writes is checked against what the queue remembers outside the shared
 * memory; the first contradiction breaks it for good (virtq_fault_text() is the reason), and no index
 * from the device is ever followed unchecked.
 */
#ifndef DRIVERS_VIRTIO_QUEUE_QUEUE_H
#define DRIVERS_VIRTIO_QUEUE_QUEUE_H

#include "base/compiler.h"
#include "base/err.h"

#define VIRTQ_SIZE_MAX 256 /* descriptors; larger offers are reduced to it */

/* Features that are handled here (bit numbers, virtio 1.1, 6). */
enum {
	VIRTQ_F_EVENT_IDX = 29,
};
/* Those that are accepted of any device. */
#define VIRTQ_FEATURES (UINT64_C(1) << VIRTQ_F_EVENT_IDX)

/* One contiguous part of a buffer, by the address the device uses. */
struct virtq_fragment {
	uint64_t addr;
	uint32_t len; /* bytes, > 0 */
};

struct virtq;

/* One layout; each operation is described at the function below that calls it. */
struct virtq_layout {
	int (*add)(struct virtq *q, const struct virtq_fragment *fragments, unsigned n_out,
		   unsigned n_in, void *cookie);
	bool (*publish)(struct virtq *q);
	void *(*take)(struct virtq *q, uint32_t *written_len);
	bool (*interrupt_after)(struct virtq *q, uint16_t after);
	void (*interrupts_off)(struct virtq *q);
	void *(*abandon)(struct virtq *q);
};

/* What all layouts have.  Drivers read it through the functions below; transports also use the
 * second half. */
struct virtq {
	const struct virtq_layout *layout;
	const char *fault; /* NULL: none */
	uint16_t size;
	uint16_t free_count; /* descriptors */
	uint16_t in_flight;  /* buffers */

	uint16_t index;          /* which queue of its device */
	volatile void *doorbell; /* the transport's */
	/* Where the parts of the shared memory lie, as virtio 1.1, 2.5 calls them. */
	void *descriptor_area;
	void *driver_area;
	void *device_area;
};

/*
 * Makes a queue with interrupts suppressed until asked for; *q lives for good.  The device offers
 * `offered` descriptors (> 0), the driver wants at most `limit` (a power of two, at most
 * VIRTQ_SIZE_MAX).  `features` are the negotiated ones: they decide on layout and notifications.
 * ERR_PROTO: a size that the layout rules out (split: no power of two).  ERR_NOMEM.
 */
int virtq_create(struct virtq **q, uint16_t offered, uint16_t limit, uint64_t features) MUST_CHECK;

/* Buffers of up to this many fragments in all can be added. */
static inline uint16_t virtq_room(const struct virtq *q)
{
	return q->free_count;
}

static inline uint16_t virtq_size(const struct virtq *q)
{
	return q->size;
}

/* Buffers that were added and not taken back. */
static inline uint16_t virtq_in_flight(const struct virtq *q)
{
	return q->in_flight;
}

static inline bool virtq_broken(const struct virtq *q)
{
	return q->fault != NULL;
}

/* "used index jumped" and the like. */
static inline const char *virtq_fault_text(const struct virtq *q)
{
	return q->fault != NULL ? q->fault : "no fault";
}

/*
 * Adds a buffer: fragments[0..n_out) are read by the device, the next n_in written.  At least one
 * fragment; cookie not NULL.  ERR_NOBUFS: more than virtq_room().  ERR_IO: the queue is broken.
 */
MUST_CHECK static inline int virtq_add(struct virtq *q, const struct virtq_fragment *fragments,
				       unsigned n_out, unsigned n_in, void *cookie)
{
	return q->layout->add(q, fragments, n_out, n_in, cookie);
}

/* Makes all added buffers visible; true when the device wants to be notified of them. */
static inline bool virtq_publish(struct virtq *q)
{
	return q->layout->publish(q);
}

/*
 * The cookie of the next buffer the device has used, or NULL.  *written_len (may be NULL) is what
 * it reports as written, never more than the buffer's writable fragments hold.
 */
static inline void *virtq_take(struct virtq *q, uint32_t *written_len)
{
	return q->layout->take(q, written_len);
}

/* Asks for an interrupt when the next `after` (>= 1) buffers have been used.  True when at least
 * one is there already, in which case none may come: take it first. */
static inline bool virtq_interrupt_after(struct virtq *q, uint16_t after)
{
	return q->layout->interrupt_after(q, after);
}

/* The device need not interrupt; it still may. */
static inline void virtq_interrupts_off(struct virtq *q)
{
	q->layout->interrupts_off(q);
}

/* The cookies of buffers still in flight, one per call, NULL when there is none.  Only once the
 * device has been reset: it may write to them until then. */
static inline void *virtq_abandon(struct virtq *q)
{
	return q->layout->abandon(q);
}

#endif
