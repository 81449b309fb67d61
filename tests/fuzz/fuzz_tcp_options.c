/*
 * SPDX-License-Identifier: MIT
 *
 * The list of TCP options: any bytes as the options of a SYN and of another segment.  What was read
 * stays within its limits, and written again and read again it is the same.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "net/tcp/conn/options.h"

static void check_limits(const struct tcp_options *opt, bool syn)
{
	FUZZ_CHECK(opt->n_sack <= TCP_SACK_BLOCKS_MAX, "%u blocks", opt->n_sack);
	FUZZ_CHECK(opt->window_scale <= TCP_WINDOW_SCALE_MAX, "a shift of %u", opt->window_scale);
	FUZZ_CHECK(syn || (!opt->has_mss && !opt->has_window_scale && !opt->sack_permitted),
		   "an option of a SYN elsewhere");
}

static void check_same(const struct tcp_options *a, const struct tcp_options *b)
{
	FUZZ_CHECK(!b->malformed, "what was written is malformed");
	FUZZ_CHECK(a->has_mss == b->has_mss && a->mss == b->mss, "MSS");
	FUZZ_CHECK(a->has_window_scale == b->has_window_scale &&
			   a->window_scale == b->window_scale, "window scale");
	FUZZ_CHECK(a->sack_permitted == b->sack_permitted, "SACK-permitted");
	FUZZ_CHECK(a->has_timestamps == b->has_timestamps && a->ts_val == b->ts_val &&
			   a->ts_ecr == b->ts_ecr, "timestamps");
	FUZZ_CHECK(a->n_sack == b->n_sack &&
			   memcmp(a->sack, b->sack, a->n_sack * sizeof(a->sack[0])) == 0, "SACK");
}

static void write_and_read_again(const struct tcp_options *opt, bool syn)
{
	size_t len = tcp_options_len(opt);
	struct tcp_options again;
	uint8_t *p;

	FUZZ_CHECK(len % 4 == 0, "%zu bytes", len);
	if (len > TCP_OPTIONS_MAX)
		return; /* more than one segment holds: nobody asks for it */
	p = malloc(len);
	tcp_options_write(opt, p);
	tcp_options_parse(&again, p, len, syn);
	check_same(opt, &again);
	free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = fuzz_copy(data, MIN(len, TCP_OPTIONS_MAX));

	for (int syn = 0; syn <= 1; syn++) {
		struct tcp_options opt;

		tcp_options_parse(&opt, copy, MIN(len, TCP_OPTIONS_MAX), syn);
		check_limits(&opt, syn);
		write_and_read_again(&opt, syn);
	}
	free(copy);
	return 0;
}
