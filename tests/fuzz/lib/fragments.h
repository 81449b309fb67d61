/*
 * SPDX-License-Identifier: MIT
 *
 * What IPv4 reassembly may deliver, judged by a model that keeps every fragment and assembles
 * nothing:
 *
 *   - a datagram that was delivered is laid out, without gap or overlap, by fragments of its four
 *     values (source, destination, protocol, identification) that came within the time-out and have
 *     not been delivered before; each of them has the bytes that were delivered at its place, and
 *     the last of them says that it is the last;
 *   - a datagram whose fragments did nothing wrong is delivered when its last hole closes; fragments
 *     that no sender could have made, and exact repetitions, do not count as wrong, and whatever came
 *     more than the time-out after the first one, or after the last hole was closed, belongs to a new
 *     datagram.
 *
 * The datagrams are UDP without a checksum, so that nothing else can hide a byte in the wrong place.
 */
#ifndef TESTS_FUZZ_LIB_FRAGMENTS_H
#define TESTS_FUZZ_LIB_FRAGMENTS_H

#include "tests/fuzz/lib/fuzz.h"

#define FRAGMENTS_MAX 1024 /* that the model remembers; the script ends there */
#define FRAGMENTS_PORT 5000
#define FRAGMENTS_PAYLOAD_MAX (65535u - IPV4_HEADER_LEN) /* of a datagram whose header has no options */

struct fragment {
	uint32_t src;
	uint16_t id;
	uint32_t off, len; /* of the IPv4 payload */
	bool last;         /* no more fragments */
	uint8_t variant;   /* which bytes it has, behind the UDP header */
	uint16_t udp_len;  /* in the UDP header, if it has a part of that */
	uint64_t t_ns;
	/* What the model makes of it. */
	bool gone;         /* delivered */
	bool repeats;      /* one that came before it */
	bool conflicts;    /* with one that came before it */
	bool refused;      /* it was complete, and UDP must have thrown it away for its length */
};

struct fragments {
	unsigned n;
	struct fragment all[FRAGMENTS_MAX];
	unsigned delivered;
};

/* The byte that a fragment has at that offset of the datagram. */
uint8_t fragment_byte(const struct fragment *f, uint32_t off);
/* The datagram's UDP source port names its identification. */
uint16_t fragment_port(uint16_t id);

/* Notes what is being sent, unless no sender could have made it.  True: with it a datagram is
 * complete that must be delivered now, if there is memory. */
bool fragments_add(struct fragments *model, const struct fragment *f);
/* Judges a delivered datagram, `len` bytes behind the UDP header, and forgets its fragments. */
void fragments_delivered(struct fragments *model, uint32_t src, uint16_t port, const uint8_t *p,
			 size_t len, uint64_t now_ns);
/* A first fragment of it came, and it was not delivered. */
bool fragments_await(const struct fragments *model, uint32_t src, uint16_t id);
/* True when a careful receiver may give up something for want of room: many datagrams, much memory
 * or many holes in one. */
bool fragments_are_many(const struct fragments *model, uint64_t now_ns);

#endif
