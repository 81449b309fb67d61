/*
 * SPDX-License-Identifier: MIT
 *
 * The virtio entropy device; see rng.h.  One queue, one buffer; waiting is a bounded spin, since
 * it happens before there is anything else to do, or where a copy of the machine may be at work.
 */
#include "drivers/virtio/rng.h"

#include "base/string.h"
#include "kernel/time/clock.h"
#include "kernel/mm/memory.h"

#define RNG_BUFFER_LEN 64
#define RNG_TIMEOUT_NS (50 * NS_PER_MS)
/* And so many checks, which take less on hardware: where time is computed from instructions, the 50 ms
 * are gone before a busy host has come to answer. */
#define RNG_CHECKS_LEAST 1000000u

struct virtio_rng {
	struct virtio_device *dev;
	struct virtq *queue;
	bool asked; /* `bytes` is the device's */
	uint8_t bytes[RNG_BUFFER_LEN];
};

static void ask(struct virtio_rng *rng)
{
	struct virtq_fragment fragment = {.addr = phys_of(rng->bytes), .len = RNG_BUFFER_LEN};

	if (virtq_add(rng->queue, &fragment, 0, 1, rng) != ERR_OK)
		return;
	rng->asked = true;
	virtio_queue_kick(rng->dev, rng->queue);
}

struct virtio_rng *virtio_rng_open(struct virtio_device *dev)
{
	struct virtio_rng *rng = heap_alloc(sizeof(*rng));

	if (rng == NULL) {
		(void)virtio_abort(dev, "no memory for the driver");
		return NULL;
	}
	*rng = (struct virtio_rng){.dev = dev};
	if (virtio_negotiate(dev, 0) != ERR_OK ||
	    virtio_queue_open(dev, &rng->queue, 0, 1, VIRTIO_NO_INTERRUPT) != ERR_OK) {
		heap_free(rng, sizeof(*rng));
		return NULL;
	}
	virtio_driver_ok(dev);
	ask(rng);
	return rng;
}

/* True when the device has filled `bytes`; *got is how far. */
static bool has_arrived(struct virtio_rng *rng, uint32_t *got)
{
	if (rng->dev->dead || !rng->asked)
		return false;
	rng->asked = virtq_take(rng->queue, got) == NULL;
	if (rng->asked && virtq_broken(rng->queue))
		(void)virtio_abort(rng->dev, virtq_fault_text(rng->queue));
	return !rng->asked;
}

/* How long a read may still wait. */
struct timeout {
	uint64_t deadline_ns;
	unsigned checks_left;
};

static bool has_expired(struct timeout *timeout)
{
	if (timeout->checks_left == 0)
		return clock_now_ns() >= timeout->deadline_ns;
	timeout->checks_left--;
	return false;
}

static bool wait_for_bytes(struct virtio_rng *rng, struct timeout *timeout, uint32_t *got)
{
	while (!has_arrived(rng, got)) {
		if (rng->dev->dead || has_expired(timeout))
			return false;
	}
	return true;
}

/* What becomes a secret here must be seen by no other reader. */
static size_t hand_over(struct virtio_rng *rng, void *buf, size_t len)
{
	memcpy(buf, rng->bytes, len);
	memset(rng->bytes, 0, sizeof(rng->bytes));
	return len;
}

size_t virtio_rng_read(struct virtio_rng *rng, void *buf, size_t len)
{
	struct timeout timeout = {clock_now_ns() + RNG_TIMEOUT_NS, RNG_CHECKS_LEAST};
	size_t done = 0;

	while (done < len && !rng->dev->dead) {
		uint32_t got;

		if (!rng->asked)
			ask(rng);
		if (!rng->asked || !wait_for_bytes(rng, &timeout, &got))
			break;
		done += hand_over(rng, (uint8_t *)buf + done, MIN((size_t)got, len - done));
		if (has_expired(&timeout))
			break;
	}
	return done;
}

size_t virtio_rng_poll(struct virtio_rng *rng, void *buf, size_t len, bool more)
{
	size_t done = 0;
	uint32_t got;

	if (has_arrived(rng, &got))
		done = hand_over(rng, buf, MIN((size_t)got, len));
	if (more && !rng->asked && !rng->dev->dead)
		ask(rng);
	return done;
}
