/* SPDX-License-Identifier: MIT */
/* net/tcp/conn/options: what is written is read back, and what strangers write does no harm. */
#include <stdlib.h>

#include "base/string.h"
#include "net/tcp/conn/options.h"
#include "net/wire/tcp.h"
#include "tests/runner/unit.h"

/* In a block of exactly that size, so that one byte too far is seen. */
static struct tcp_options parse(const void *bytes, size_t len, bool syn)
{
	struct tcp_options opt;
	uint8_t *exact = malloc(len);

	memset(&opt, 0, sizeof(opt));
	memcpy(exact, bytes, len);
	tcp_options_parse(&opt, exact, len, syn);
	free(exact);
	return opt;
}

#define PARSE(syn, ...) \
	parse((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), syn)

TEST(a_syn_s_options_round_trip)
{
	struct tcp_options opt = {
		.has_mss = true, .mss = 1460, .has_window_scale = true, .window_scale = 7,
		.sack_permitted = true, .has_timestamps = true, .ts_val = 0x11223344,
		.ts_ecr = 0x55667788,
	};
	uint8_t buf[TCP_OPTIONS_MAX];
	struct tcp_options got;

	assert_int_equal(tcp_options_len(&opt), 20);
	tcp_options_write(&opt, buf);
	got = parse(buf, 20, true);
	assert_memory_equal(&got, &opt, sizeof(opt));
}

/* Every combination is a multiple of four and is read as it was written. */
TEST(every_combination_round_trips)
{
	for (unsigned bits = 0; bits < 128; bits++) {
		struct tcp_options opt, got;
		uint8_t buf[TCP_OPTIONS_MAX];
		size_t len;

		memset(&opt, 0, sizeof(opt));
		if (bits & 1) {
			opt.has_mss = true;
			opt.mss = 536;
		}
		if (bits & 2) {
			opt.has_window_scale = true;
			opt.window_scale = 14;
		}
		opt.sack_permitted = bits & 4;
		if (bits & 8) {
			opt.has_timestamps = true;
			opt.ts_val = 1;
			opt.ts_ecr = 2;
		}
		if (bits & 16) {
			opt.accecn.kind = bits & 32 ? TCP_OPT_ACCECN1 : TCP_OPT_ACCECN0;
			opt.accecn.n = bits >> 5 & 3;
			for (uint8_t i = 0; i < opt.accecn.n; i++)
				opt.accecn.field[i] = 0xfedcba - i;
		}
		len = tcp_options_len(&opt);
		assert_int_equal(len % 4, 0);
		tcp_options_write(&opt, buf);
		got = parse(buf, len, true);
		assert_memory_equal(&got, &opt, sizeof(opt));
	}
}

TEST(sack_blocks_round_trip)
{
	for (uint8_t n = 1; n <= 4; n++) {
		struct tcp_options opt, got;
		uint8_t buf[TCP_OPTIONS_MAX];

		memset(&opt, 0, sizeof(opt));
		opt.has_timestamps = n < 4;
		opt.n_sack = n;
		for (uint8_t i = 0; i < n; i++)
			opt.sack[i] = (struct tcp_sack_block){100u * i, 100u * i + 50};
		assert_true(tcp_options_len(&opt) <= sizeof(buf));
		tcp_options_write(&opt, buf);
		got = parse(buf, tcp_options_len(&opt), false);
		assert_memory_equal(&got, &opt, sizeof(opt));
	}
}

/* HOSTILE-INPUTS, TCP: option length 0, 1 or past the header (endless loop). */
TEST(lengths_that_make_no_sense_end_the_list)
{
	assert_true(PARSE(true, 77, 0, 1, 1).malformed);
	assert_true(PARSE(true, 77, 1, 1, 1).malformed);
	assert_true(PARSE(true, 77, 5, 1, 1).malformed);
	assert_true(PARSE(true, 1, 1, 1, 2).malformed); /* kind without a length */
	assert_true(PARSE(true, 2, 0, 5, 180).malformed);
	assert_true(PARSE(true, 1, 1, 3, 3).malformed); /* the shift is missing */
	/* what was read before stays */
	assert_int_equal(PARSE(true, 2, 4, 5, 180, 8, 0, 0, 0).mss, 1460);
	assert_true(PARSE(true, 2, 4, 5, 180, 8, 0, 0, 0).malformed);
	/* unknown options are skipped by their length, END ends */
	assert_int_equal(PARSE(true, 77, 6, 2, 4, 0, 0, 2, 4, 5, 180).mss, 1460);
	assert_false(PARSE(true, 77, 6, 2, 4, 0, 0, 2, 4, 5, 180).malformed);
	assert_false(PARSE(true, 0, 77, 0, 0).malformed);
	assert_false(parse("", 0, true).malformed);
}

/* HOSTILE-INPUTS: MSS with length not 4; timestamps with length not 10; window scale over 14. */
TEST(wrong_lengths_of_known_options)
{
	struct tcp_options opt = PARSE(true, 2, 3, 9, 4, 2, 1, 3, 3, 9);

	assert_true(opt.malformed);
	assert_false(opt.has_mss);
	assert_true(opt.sack_permitted); /* what stands behind it is read */
	assert_int_equal(opt.window_scale, 9);
	assert_true(PARSE(true, 8, 8, 1, 2, 3, 4, 5, 6).malformed);
	assert_false(PARSE(true, 8, 8, 1, 2, 3, 4, 5, 6).has_timestamps);
	assert_true(PARSE(true, 4, 3, 0, 0).malformed);
	assert_int_equal(PARSE(true, 3, 3, 15, 1).window_scale, 14);
	assert_int_equal(PARSE(true, 3, 3, 255, 1).window_scale, 14);
	assert_int_equal(PARSE(true, 3, 3, 14, 1).window_scale, 14);
}

/* HOSTILE-INPUTS: window scale or MSS on a non-SYN. */
TEST(syn_options_elsewhere_are_ignored)
{
	struct tcp_options opt = PARSE(false, 2, 4, 0, 1, 3, 3, 9, 1, 4, 2, 1, 1);

	assert_false(opt.has_mss);
	assert_false(opt.has_window_scale);
	assert_false(opt.sack_permitted);
	assert_false(opt.malformed);
}

/* HOSTILE-INPUTS: SACK with a length other than 2 + 8n. */
TEST(sack_with_a_wrong_length)
{
	uint8_t p[TCP_OPTIONS_MAX];

	memset(p, 1, sizeof(p));
	p[0] = TCP_OPT_SACK;
	for (uint8_t len = 2; len <= sizeof(p); len++) {
		struct tcp_options opt;

		p[1] = len;
		opt = parse(p, sizeof(p), false);
		if (len == 10 || len == 18 || len == 26 || len == 34) {
			assert_int_equal(opt.n_sack, len / 8);
			assert_false(opt.malformed);
		} else {
			assert_int_equal(opt.n_sack, 0);
			assert_true(opt.malformed);
		}
	}
}

/* Every list of three bytes, and many random ones: it ends, and it stays inside. */
TEST(no_list_of_bytes_does_harm)
{
	uint32_t x = 1;

	for (unsigned i = 0; i < 256 * 40; i++)
		(void)PARSE(i & 1, (uint8_t)(i % 40), (uint8_t)(i / 40), (uint8_t)(i * 7));
	for (unsigned round = 0; round < 20000; round++) {
		uint8_t p[TCP_OPTIONS_MAX];
		struct tcp_options opt;

		for (unsigned i = 0; i < sizeof(p); i++) {
			x = x * 1664525 + 1013904223;
			p[i] = (uint8_t)(x >> 24) % 12;
		}
		opt = parse(p, x >> 8 & 31, x & 1);
		assert_true(opt.n_sack <= TCP_SACK_BLOCKS_MAX && opt.window_scale <= 14);
	}
}
