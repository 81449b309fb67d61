/* SPDX-License-Identifier: MIT */
/* What the tests of accurate ECN (RFC 9768) share. */
#ifndef TESTS_UNIT_ACCURATE_KIT_H
#define TESTS_UNIT_ACCURATE_KIT_H

#include <limits.h>

#include "net/tcp/conn/options.h"
#include "net/wire/ipv4.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define ECN (TCP_ECE | TCP_CWR)
#define ASKS (TCP_AE | ECN)
#define ACE(n) ((uint16_t)((n) << 6))

static const struct net_options accurate = {.congestion = NET_CONGESTION_NEWRENO,
					    .ecn = NET_ECN_ACCURATE};

/* What the stack sent: flags but PSH, the IP field, the option. */
struct seen {
	uint16_t flags;
	unsigned field;
	size_t len;
	uint32_t seq;
	struct tcp_options opt;
};

static inline struct seen take(struct tk *t)
{
	struct kit_sent *s = tk_take(t);
	struct seen seen;

	assert_non_null(s);
	seen = (struct seen){.flags = s->tcp.flags & (uint16_t)~TCP_PSH,
			     .field = s->ip.tos & IP_ECN_MASK, .len = s->payload_len,
			     .seq = s->tcp.seq - t->iss};
	tcp_options_parse(&seen.opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN,
			  s->tcp.flags & TCP_SYN);
	assert_false(seen.opt.malformed);
	kit_sent_free(s);
	return seen;
}

static inline void expect(struct tk *t, uint16_t flags, unsigned field)
{
	struct seen seen = take(t);

	assert_int_equal(seen.flags, flags);
	assert_int_equal(seen.field, field);
}

static inline void expect_option(const struct seen *seen, uint8_t kind, uint8_t n, uint32_t a, uint32_t b,
			  uint32_t c)
{
	const uint32_t want[] = {a, b, c};

	assert_int_equal(seen->opt.accecn.kind, kind);
	if (kind == 0)
		return;
	assert_int_equal(seen->opt.accecn.n, n);
	for (uint8_t i = 0; i < n; i++)
		assert_int_equal(seen->opt.accecn.field[i], want[i]);
}

static inline void begin(struct tk *t)
{
	tk_open_with(t, &accurate);
	tk_connect(t);
	expect(t, TCP_SYN | ASKS, IP_ECN_NOT_ECT);
}

/* In AccECN mode, nothing mangled; the peer's first ACE has come. */
static inline void establish(struct tk *t)
{
	begin(t);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK | TCP_CWR, .ack = 1);
	expect(t, TCP_ACK | ACE(2), IP_ECN_NOT_ECT);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK | ACE(5));
	assert_int_equal(tk_inspect(t).ecn, TCP_ECN_ACCURATE);
}

static inline void data(struct tk *t, uint32_t seq, size_t len, uint8_t tos)
{
	static const uint8_t text[2000];

	TK_SEND(t, .seq = seq, .ack = 1, .flags = TCP_ACK | ACE(5), .data = text, .len = len, .tos = tos);
}

static inline void ack(struct tk *t, uint32_t ack, uint8_t ace)
{
	t->tsval++;
	TK_SEND(t, .seq = 1, .ack = ack, .flags = TCP_ACK | ACE(ace & 7));
}

#endif
