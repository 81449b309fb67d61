/*
 * SPDX-License-Identifier: MIT
 *
 * The virtio entropy device (virtio 1.1, 5.4): random bytes from the host.
 */
#ifndef DRIVERS_VIRTIO_RNG_H
#define DRIVERS_VIRTIO_RNG_H

#include "drivers/virtio/virtio.h"

struct virtio_rng;

/* Brings the device up and asks for the first bytes, so that they come while the machine does
 * other things; NULL when it cannot be used, after the log has said why. */
struct virtio_rng *virtio_rng_open(struct virtio_device *dev) MUST_CHECK;

/* Random bytes into buf, waited for: 50 ms at most, longer only where time is computed.  Returns how many
 * there are, which is fewer than `len`, and 0, when the device does not deliver in time. */
size_t virtio_rng_read(struct virtio_rng *rng, void *buf, size_t len);
/* What has come of what was asked for, without waiting; `more`: asks for the next bytes, unless some
 * are asked for already. */
size_t virtio_rng_poll(struct virtio_rng *rng, void *buf, size_t len, bool more);

#endif
