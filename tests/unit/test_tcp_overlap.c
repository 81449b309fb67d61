/* SPDX-License-Identifier: MIT */
/* Overlapping text that contradicts itself, in any order, against a model: the byte that came first stays,
 * nothing that was acknowledged or SACKed is lost, a D-SACK is true, and memory is counted. */
#include <stdlib.h>
#include <string.h>

#include "net/tcp/conn/options.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/seq.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define TOTAL 2000u
#define LONGEST 600u

struct model {
	bool held[TOTAL], before[TOTAL]; /* now, and before the latest segment */
	uint8_t first[TOTAL];
	uint32_t random;
};

static uint32_t draw(struct model *m, uint32_t below)
{
	m->random = m->random * 1664525 + 1013904223;
	return (m->random >> 8) % below;
}

/* What the stack has now, as it says itself. */
static void look(struct model *m, const struct tcp_inside *in)
{
	const struct tcp_reassembly *r = in->reassembly;

	memcpy(m->before, m->held, sizeof(m->held));
	memset(m->held, 0, sizeof(m->held));
	memset(m->held, true, in->rcv_nxt - TK_IRS - 1);
	for (uint32_t i = 0; r != NULL && i < r->n_ranges; i++) {
		assert_true(seq_gt(r->ranges[i].start, i == 0 ? in->rcv_nxt : r->ranges[i - 1].end));
		memset(m->held + (r->ranges[i].start - TK_IRS - 1), true, r->ranges[i].end - r->ranges[i].start);
	}
}

/* The segment [from, from + len) of bytes `value` has come: nothing else is new, and nothing is gone. */
static void follow(struct model *m, uint32_t from, uint32_t len, uint8_t value)
{
	for (uint32_t i = 0; i < TOTAL; i++) {
		assert_true(m->held[i] || !m->before[i]);
		if (!m->held[i] || m->before[i])
			continue;
		assert_true(i >= from && i < from + len);
		m->first[i] = value;
	}
}

static uint32_t memory_of_runs(const struct tcp_inside *in)
{
	const struct tcp_reassembly *r = in->reassembly;
	uint32_t sum = 0;

	for (uint32_t i = 0; r != NULL && i < r->n_ranges; i++) {
		for (const struct pktbuf *pkt = r->ranges[i].first; pkt != NULL; pkt = pkt->next) {
			sum += tcp_packet_memory(pkt);
			if (pkt == r->ranges[i].last)
				break;
		}
	}
	for (const struct pktbuf *pkt = in->rcv_first; pkt != NULL; pkt = pkt->next)
		sum += tcp_packet_memory(pkt);
	return sum;
}

/* RFC 2883 4: the first part of the segment that had been there, whole, and only where there is one. */
static void check_dsack(struct model *m, struct tk *t, uint32_t from, uint32_t len)
{
	struct tcp_options opt = {.n_sack = 0};
	struct kit_sent *s = NULL, *next;
	uint32_t start = from, end;
	bool is_dsack;

	while ((next = tk_take(t)) != NULL) { /* the last one that went */
		kit_sent_free(s);
		s = next;
	}
	while (start < from + len && !m->before[start])
		start++;
	for (end = start; end < from + len && m->before[end];)
		end++;
	if (s == NULL) {
		assert_int_equal(start, end); /* a duplicate is answered at once */
		return;
	}
	tcp_options_parse(&opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN, false);
	is_dsack = opt.n_sack > 0 && (seq_leq(opt.sack[0].end, s->tcp.ack) ||
				      (opt.n_sack > 1 && seq_geq(opt.sack[0].start, opt.sack[1].start) &&
				       seq_leq(opt.sack[0].end, opt.sack[1].end)));
	assert_int_equal(is_dsack, start < end);
	if (is_dsack) {
		assert_int_equal(opt.sack[0].start - TK_IRS - 1, start);
		assert_int_equal(opt.sack[0].end - TK_IRS - 1, end);
	}
	kit_sent_free(s);
}

static void one_segment(struct model *m, struct tk *t, uint8_t value)
{
	static uint8_t text[LONGEST];
	uint32_t nxt = tk_inspect(t).rcv_nxt - TK_IRS - 1;
	uint32_t from = draw(m, 9) == 0 ? nxt : draw(m, TOTAL);
	uint32_t len = 1 + draw(m, LONGEST);
	struct tcp_inside in;

	len = MIN(len, TOTAL - from);
	memset(text, value, len);
	TK_SEND(t, .seq = from + 1, .ack = 1, .flags = TCP_ACK, .data = text, .len = len);
	in = tk_inspect(t);
	look(m, &in);
	follow(m, from, len, value);
	assert_int_equal(in.rcv_memory, memory_of_runs(&in));
	check_dsack(m, t, from, len);
}

TEST(the_model_and_the_stack_agree)
{
	static uint8_t text[TOTAL + 1];

	for (unsigned seed = 1; seed <= 300; seed++) {
		struct model m = {.random = seed};
		uint8_t value = 0;
		struct tk t;

		tk_open(&t);
		tk_establish(&t);
		kit_sent_clear(&t.k);
		while (tk_inspect(&t).rcv_nxt - TK_IRS - 1 < TOTAL)
			one_segment(&m, &t, ++value);
		assert_null(tk_inspect(&t).reassembly);
		assert_int_equal(tk_read(&t, text, sizeof(text)), TOTAL);
		assert_memory_equal(text, m.first, TOTAL);
		assert_int_equal(tk_inspect(&t).rcv_memory, 0);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}
