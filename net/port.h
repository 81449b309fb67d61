/*
 * SPDX-License-Identifier: MIT
 *
 * What the stack needs from its surroundings, as function pointers that the caller owns: memory,
 * randomness, a place for events.  Time is not here: it comes in as an argument (`now_ns`).
 * The same net/ objects run in the kernel, the unit tests, the simulator and the fuzzers because
 * this is all they see of the world (plus memcpy and friends, see base/string.h).
 */
#ifndef NET_PORT_H
#define NET_PORT_H

#include "base/compiler.h"
#include "log/event.h"

struct net_port {
	void *ctx;
	/* `size` bytes aligned to 16, or NULL.  Not zeroed. */
	void *(*alloc)(void *ctx, size_t size);
	/* Gives back what alloc() returned; `size` is the size asked for. NULL is allowed. */
	void (*free)(void *ctx, void *ptr, size_t size);
	/* Fills with unpredictable bytes; cannot fail. */
	void (*random)(void *ctx, void *buf, size_t len);
	/* A number that has another value than last time where this machine may have been copied in
	 * between (two machines that go on from one snapshot); the stack's secrets are drawn anew then,
	 * before the next connection.  May be NULL: never. */
	uint64_t (*generation)(void *ctx);
	struct event_sink *events; /* may be NULL */
};

#endif
