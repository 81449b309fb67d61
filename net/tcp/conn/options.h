/*
 * SPDX-License-Identifier: MIT
 *
 * TCP options: MSS (RFC 9293 3.7.1), window scale and timestamps (RFC 7323), SACK-permitted and
 * SACK (RFC 2018), AccECN (RFC 9768), between their wire form and one struct.
 */
#ifndef NET_TCP_CONN_OPTIONS_H
#define NET_TCP_CONN_OPTIONS_H

#include "base/compiler.h"
#include "base/string.h"

#define TCP_SACK_BLOCKS_MAX 4
#define TCP_WINDOW_SCALE_MAX 14 /* RFC 7323 2.3 */
#define TCP_TIMESTAMPS_LEN 12   /* with the two NOPs that align it, as every data segment has it */

struct tcp_sack_block {
	uint32_t start, end; /* [start, end) */
};

/* The AccECN option (RFC 9768 3.2.3): up to three byte counters of 24 bits, in one order or the other. */
struct tcp_accecn_option {
	uint8_t kind;     /* TCP_OPT_ACCECN0 or 1; 0: there is none */
	uint8_t n;        /* fields that are there */
	uint32_t field[3]; /* order 0: ECT(0), CE, ECT(1); order 1: ECT(1), CE, ECT(0) */
};

struct tcp_options {
	bool has_mss, has_window_scale, sack_permitted, has_timestamps;
	bool malformed; /* something in the list was cut short or had a wrong length */
	uint16_t mss;
	uint8_t window_scale; /* at most 14 */
	uint8_t n_sack;
	uint32_t ts_val, ts_ecr;
	struct tcp_accecn_option accecn;
	struct tcp_sack_block sack[TCP_SACK_BLOCKS_MAX]; /* n_sack of them; the others are not written to */
};

/* None of them; the blocks are left as they are. */
static inline void tcp_options_clear(struct tcp_options *opt)
{
	memset(opt, 0, offsetof(struct tcp_options, sack));
}

/* Reads p[0..len).  Options that belong on a SYN only (MSS, window scale, SACK-permitted) are
 * ignored when `syn` is false.  Malformed ones are skipped where their length allows it, else the
 * rest of the list is; what was read before stays. */
void tcp_options_parse(struct tcp_options *opt, const uint8_t *p, size_t len, bool syn);

/* Bytes of an AccECN option with `n` fields, with the NOPs that align it. */
static inline size_t tcp_accecn_len(uint8_t n)
{
	return (2 + 3 * (size_t)n + 3) / 4 * 4;
}

/* Bytes that tcp_options_write() will write: a multiple of 4, at most 40. */
size_t tcp_options_len(const struct tcp_options *opt);
void tcp_options_write(const struct tcp_options *opt, uint8_t *p);

#endif
