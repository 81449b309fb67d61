/*
 * SPDX-License-Identifier: MIT
 *
 * Reading and writing the option list behind the fixed TCP header.  Every option on the wire is one
 * byte of kind and one of length, except the one-byte END and NOP; a length of 0 or 1 would make a
 * naive reader turn in circles, so it ends the list.
 */
#include "net/tcp/conn/options.h"

#include "base/bytes.h"
#include "base/string.h"
#include "net/wire/tcp.h"

enum option_len { LEN_MSS = 4, LEN_WINDOW_SCALE = 3, LEN_SACK_PERMITTED = 2, LEN_TIMESTAMPS = 10 };

static bool read_sack(struct tcp_options *opt, const uint8_t *p, uint8_t len)
{
	uint8_t n = (uint8_t)((len - 2) / 8);

	if ((len - 2) % 8 != 0 || n == 0 || n > TCP_SACK_BLOCKS_MAX)
		return false;
	for (uint8_t i = 0; i < n; i++) {
		opt->sack[i].start = load_be32(p + 2 + 8 * i);
		opt->sack[i].end = load_be32(p + 6 + 8 * i);
	}
	opt->n_sack = n;
	return true;
}

static bool read_timestamps(struct tcp_options *opt, const uint8_t *p, uint8_t len)
{
	if (len != LEN_TIMESTAMPS)
		return false;
	opt->has_timestamps = true;
	opt->ts_val = load_be32(p + 2);
	opt->ts_ecr = load_be32(p + 6);
	return true;
}

/* RFC 9768 3.2.3: of any length; "use those whole 3-octet fields that fit". */
static bool read_accecn(struct tcp_options *opt, const uint8_t *p, uint8_t len)
{
	struct tcp_accecn_option *accecn = &opt->accecn;

	accecn->kind = p[0];
	accecn->n = (uint8_t)MIN((len - 2) / 3, 3);
	for (uint8_t i = 0; i < accecn->n; i++)
		accecn->field[i] = (uint32_t)p[2 + 3 * i] << 16 | load_be16(p + 3 + 3 * i);
	return true;
}

/* One option of `len` bytes (2 at least, all of them there) that means something on a SYN only. */
static bool read_syn_option(struct tcp_options *opt, const uint8_t *p, uint8_t len)
{
	switch (p[0]) {
	case TCP_OPT_MSS:
		if (len != LEN_MSS)
			return false;
		opt->has_mss = true;
		opt->mss = load_be16(p + 2);
		return true;
	case TCP_OPT_WINDOW_SCALE:
		if (len != LEN_WINDOW_SCALE)
			return false;
		/* RFC 7323 2.3: a shift over 14 counts as 14 */
		opt->has_window_scale = true;
		opt->window_scale = MIN(p[2], TCP_WINDOW_SCALE_MAX);
		return true;
	default: /* TCP_OPT_SACK_PERMITTED */
		opt->sack_permitted = len == LEN_SACK_PERMITTED;
		return opt->sack_permitted;
	}
}

/* RFC 9293 3.1, MUST-6, MUST-64: an unknown option is skipped by its length. */
static bool read_option(struct tcp_options *opt, const uint8_t *p, uint8_t len, bool syn)
{
	switch (p[0]) {
	case TCP_OPT_MSS:
	case TCP_OPT_WINDOW_SCALE:
	case TCP_OPT_SACK_PERMITTED:
		return !syn || read_syn_option(opt, p, len);
	case TCP_OPT_TIMESTAMPS:
		return read_timestamps(opt, p, len);
	case TCP_OPT_SACK:
		return read_sack(opt, p, len);
	case TCP_OPT_ACCECN0:
	case TCP_OPT_ACCECN1:
		return read_accecn(opt, p, len);
	default:
		return true;
	}
}

void tcp_options_parse(struct tcp_options *opt, const uint8_t *p, size_t len, bool syn)
{
	size_t at = 0;

	tcp_options_clear(opt);
	while (at < len && p[at] != TCP_OPT_END) {
		uint8_t option_len;

		if (p[at] == TCP_OPT_NOP) {
			at++;
			continue;
		}
		/* RFC 9293 3.1, MUST-7: a length that makes no sense must not crash us */
		if (len - at < 2 || p[at + 1] < 2 || p[at + 1] > len - at) {
			opt->malformed = true;
			return;
		}
		option_len = p[at + 1];
		if (!read_option(opt, p + at, option_len, syn))
			opt->malformed = true;
		at += option_len;
	}
}

size_t tcp_options_len(const struct tcp_options *opt)
{
	size_t len = 0;

	if (opt->has_mss)
		len += LEN_MSS;
	if (opt->has_timestamps)
		len += TCP_TIMESTAMPS_LEN; /* SACK-permitted takes the place of the two NOPs */
	else if (opt->sack_permitted)
		len += 4;
	if (opt->has_window_scale)
		len += 4;
	if (opt->n_sack > 0)
		len += 4 + 8 * (size_t)opt->n_sack;
	if (opt->accecn.kind != 0)
		len += tcp_accecn_len(opt->accecn.n);
	return len;
}

static uint8_t *write_timestamps(const struct tcp_options *opt, uint8_t *p)
{
	*p++ = opt->sack_permitted ? TCP_OPT_SACK_PERMITTED : TCP_OPT_NOP;
	*p++ = opt->sack_permitted ? LEN_SACK_PERMITTED : TCP_OPT_NOP;
	if (!opt->has_timestamps) {
		*p++ = TCP_OPT_NOP;
		*p++ = TCP_OPT_NOP;
		return p;
	}
	*p++ = TCP_OPT_TIMESTAMPS;
	*p++ = LEN_TIMESTAMPS;
	store_be32(p, opt->ts_val);
	store_be32(p + 4, opt->ts_ecr);
	return p + 8;
}

static void write_sack(const struct tcp_options *opt, uint8_t *p)
{
	*p++ = TCP_OPT_NOP;
	*p++ = TCP_OPT_NOP;
	*p++ = TCP_OPT_SACK;
	*p++ = (uint8_t)(2 + 8 * opt->n_sack);
	for (uint8_t i = 0; i < opt->n_sack; i++, p += 8) {
		store_be32(p, opt->sack[i].start);
		store_be32(p + 4, opt->sack[i].end);
	}
}

static void write_accecn(const struct tcp_accecn_option *accecn, uint8_t *p)
{
	uint8_t len = (uint8_t)(2 + 3 * accecn->n);

	for (size_t pad = tcp_accecn_len(accecn->n) - len; pad > 0; pad--)
		*p++ = TCP_OPT_NOP;
	*p++ = accecn->kind;
	*p++ = len;
	for (uint8_t i = 0; i < accecn->n; i++, p += 3) {
		*p = (uint8_t)(accecn->field[i] >> 16);
		store_be16(p + 1, (uint16_t)accecn->field[i]);
	}
}

void tcp_options_write(const struct tcp_options *opt, uint8_t *p)
{
	if (opt->has_mss) {
		*p++ = TCP_OPT_MSS;
		*p++ = LEN_MSS;
		store_be16(p, opt->mss);
		p += 2;
	}
	if (opt->has_timestamps || opt->sack_permitted)
		p = write_timestamps(opt, p);
	if (opt->has_window_scale) {
		*p++ = TCP_OPT_NOP;
		*p++ = TCP_OPT_WINDOW_SCALE;
		*p++ = LEN_WINDOW_SCALE;
		*p++ = opt->window_scale;
	}
	if (opt->n_sack > 0) {
		write_sack(opt, p);
		p += 4 + 8 * opt->n_sack;
	}
	if (opt->accecn.kind != 0)
		write_accecn(&opt->accecn, p);
}
