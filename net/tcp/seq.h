/*
 * SPDX-License-Identifier: MIT
 *
 * Sequence numbers: 32 bits that wrap (RFC 9293 3.4).  "Less" means "earlier by less than half of
 * the space".  Nothing else in the project compares two of them.
 */
#ifndef NET_TCP_SEQ_H
#define NET_TCP_SEQ_H

#include "base/compiler.h"

/* How far `a` is ahead of `b`; negative when it is behind. */
static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool seq_lt(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) < 0;
}

static inline bool seq_leq(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) <= 0;
}

static inline bool seq_gt(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) > 0;
}

static inline bool seq_geq(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) >= 0;
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
	return seq_gt(a, b) ? a : b;
}

static inline uint32_t seq_min(uint32_t a, uint32_t b)
{
	return seq_lt(a, b) ? a : b;
}

/* first =< seq < first + len, without caring how large `len` is. */
static inline bool seq_in_window(uint32_t seq, uint32_t first, uint32_t len)
{
	return seq - first < len;
}

#endif
