/*
 * SPDX-License-Identifier: MIT
 *
 * Random bytes: a ChaCha20 generator seeded from what the machine offers.  Sources are added before
 * entropy_ready(); what seeded it is logged, and a weak seed is reported as one.  What a copy of this
 * machine must not draw as well is asked for through kernel/entropy/renew.h.
 */
#ifndef KERNEL_ENTROPY_ENTROPY_H
#define KERNEL_ENTROPY_ENTROPY_H

#include "base/compiler.h"
#include "log/event.h"

/* Mixes `len` bytes from `source` ("virtio-rng", "RDRAND", "EFI RNG", "jitter") that are believed
 * to carry `bits` of entropy; none where eight of them repeat. */
void entropy_add(const char *source, const void *buf, size_t len, unsigned bits);
/* The same without any claim of what they are worth. What is drawn afterwards depends on them. */
void entropy_mix(const void *buf, size_t len);
/* Where the seed is weak so far, adds timing jitter, for what it measures and for 200 ms at most;
 * then logs. */
void entropy_ready(struct event_sink *events);
/* Fewer than 128 bits have been credited. */
bool entropy_is_weak(void);
/* Fills `buf`; never fails.  entropy_ready() came before. */
void entropy_fill(void *buf, size_t len);

#endif
