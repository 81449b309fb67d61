/* SPDX-License-Identifier: MIT */
/* What the tests of TCP's receiving side share: a peer that sends a stream with known bytes. */
#ifndef TESTS_UNIT_RECEIVE_KIT_H
#define TESTS_UNIT_RECEIVE_KIT_H

#include <stdlib.h>

#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static uint8_t pattern[70000]; /* byte i is tk_byte(i): the peer's stream */

static inline void fill_pattern(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = tk_byte(i);
}

/* The peer's bytes [from, from + len) of its stream, from 0. */
static inline void peer_data(struct tk *t, uint32_t from, uint32_t len)
{
	TK_SEND(t, .seq = from + 1, .ack = 1, .flags = TCP_ACK, .data = pattern + from, .len = len);
}

static inline void expect_read(struct tk *t, size_t from, size_t len)
{
	uint8_t *buf = malloc(len + 1);

	assert_int_equal(tk_read(t, buf, len + 1), len);
	assert_memory_equal(buf, pattern + from, len);
	free(buf);
}

#endif
