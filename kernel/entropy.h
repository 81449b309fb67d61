/*
 * SPDX-License-Identifier: MIT
 *
 * Random bytes: a ChaCha20 generator seeded once from what the machine offers.  Sources are added
 * before entropy_ready(); what seeded it is logged, and a weak seed is said to be one.
 */
#ifndef KERNEL_ENTROPY_H
#define KERNEL_ENTROPY_H

#include "base/compiler.h"
#include "base/event.h"

/* Mixes `len` bytes from `source` ("virtio-rng", "RDRAND", "EFI RNG", "jitter") that are believed
 * to carry `bits` of entropy. */
void entropy_add(const char *source, const void *buf, size_t len, unsigned bits);
/* Adds what the CPU and, if `bits` are still short of 256, timing jitter give; then logs. */
void entropy_ready(struct event_sink *events);
/* Fills `buf`; never fails.  entropy_ready() came before. */
void entropy_fill(void *buf, size_t len);

#endif
