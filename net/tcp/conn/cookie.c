/*
 * SPDX-License-Identifier: MIT
 *
 * SYN cookies (RFC 4987 3.6; D. J. Bernstein, 1996): while the queue of half-open connections is
 * full, a SYN is answered without keeping anything.  All that is needed later comes back with the
 * handshake's last ACK, which proves that the peer has seen our SYN-ACK:
 *
 *      ISN    bit 31     parity of the time slot (64 s) it was made in
 *             30..28     index of the MSS, rounded down
 *             27..0      keyed hash of tuple, the peer's ISN, slot and index
 *      TSval  bits 5..0  window scale (15: none), SACK, ECN; where the peer has timestamps
 *
 * A cookie is good for its slot and the next one: one to two minutes.  An ACK that was made up gets
 * through once in 2^28 times, and only while cookies are being given out.
 *
 * DEVIATION: such an initial sequence number does not follow the clock of RFC 9293 3.4.1 (MUST-8).
 * A peer without timestamps gets neither window scale nor SACK nor ECN but the accurate one.
 */
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/receive/sequence.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/output.h"
#include "net/tcp/tcb.h"

#include "base/string.h"
#include "net/siphash.h"

#define SLOT_NS (64 * NS_PER_S)
#define HASH_BITS 28
#define HASH_MASK ((UINT32_C(1) << HASH_BITS) - 1)
#define HASH_COOKIE 3 /* among the purposes of isn.c */

#define TS_BITS 6
#define TS_MASK ((UINT32_C(1) << TS_BITS) - 1)
#define TS_SACK 0x10u
#define TS_NO_SCALE 0x0fu
#define TS_ECN 0x20u
#define ECN_SETUP (TCP_ECE | TCP_CWR) /* RFC 3168 6.1.1: on the SYN */
#define ECN_BITS (TCP_AE | ECN_SETUP)  /* RFC 9768 */

static const uint16_t mss_table[8] = {TCP_MSS_MIN, TCP_MSS_DEFAULT, 1220, 1360, 1400, 1440, 1460,
				      8960};

struct hash_input {
	struct net_addr local, remote;
	uint16_t local_port, remote_port;
	uint8_t purpose, mss_index;
	uint32_t slot, irs;
};

static uint32_t cookie_hash(const struct stack *stack, const struct tcp_segment *seg, uint32_t irs,
			    uint32_t slot, uint8_t mss_index)
{
	struct hash_input in;

	memset(&in, 0, sizeof(in)); /* padding is hashed too */
	in.local = seg->local.addr;
	in.remote = seg->remote.addr;
	in.local_port = seg->local.port;
	in.remote_port = seg->remote.port;
	in.purpose = HASH_COOKIE;
	in.mss_index = mss_index;
	in.slot = slot;
	in.irs = irs;
	return (uint32_t)siphash(stack->secret, &in, sizeof(in)) & HASH_MASK;
}

static uint32_t slot_of(uint64_t now_ns)
{
	return (uint32_t)(now_ns / SLOT_NS);
}

/* --- making one ------------------------------------------------------------------------------ */

static uint8_t mss_index_of(const struct tcp_options *opt)
{
	uint32_t offered = opt->has_mss ? opt->mss : TCP_MSS_DEFAULT;
	uint8_t i = ARRAY_LEN(mss_table) - 1;

	while (i > 0 && mss_table[i] > offered)
		i--;
	return i;
}

static uint32_t make(const struct stack *stack, const struct tcp_segment *syn)
{
	uint32_t slot = slot_of(syn->now_ns);
	uint8_t mss_index = mss_index_of(&syn->opt);

	return (slot & 1) << 31 | (uint32_t)mss_index << HASH_BITS |
	       cookie_hash(stack, syn, syn->seq, slot, mss_index);
}

/* Never ahead of the clock, or the connection's next segment would look old (PAWS). */
static uint32_t timestamp_with(const struct tcp_segment *syn, uint32_t clock)
{
	const struct tcp_options *opt = &syn->opt;
	uint32_t bits = (opt->has_window_scale ? opt->window_scale : TS_NO_SCALE) |
			(opt->sack_permitted ? TS_SACK : 0) |
			((syn->flags & ECN_BITS) == ECN_SETUP ? TS_ECN : 0);
	uint32_t ts = (clock & ~TS_MASK) | bits;

	return (int32_t)(ts - clock) > 0 ? ts - (TS_MASK + 1) : ts;
}

/* The SYN-ACK is made as any other, of a TCB that lives only here. */
void tcp_cookie_send(struct stack *stack, const struct tcb *listener,
		     const struct tcp_segment *syn)
{
	struct tcp_send send = {.flags = TCP_SYN | TCP_ACK};
	struct tcp_segment plain = *syn;
	struct tcb tcb;
	uint32_t clock;

	memset(&tcb, 0, sizeof(tcb));
	tcp_timers_init(&tcb);
	tcb.id.local = syn->local;
	tcb.id.remote = syn->remote;
	tcp_rcv_set_buffer(&tcb, listener->rcv.buf_size, 0);
	tcb.life.passive = true;
	tcb.chosen = listener->chosen;
	tcb.life.last_step = UINT8_MAX; /* none of the sixteen steps is logged: nothing is recorded */
	if (tcp_prepare(stack, &tcb, syn->now_ns) != ERR_OK)
		return;
	if (!syn->opt.has_timestamps) { /* nowhere to keep these */
		plain.opt.has_window_scale = plain.opt.sack_permitted = false;
		if ((syn->flags & ECN_BITS) == ECN_SETUP)
			plain.flags &= (uint16_t)~ECN_SETUP;
	}
	tcp_read_syn(&tcb, &plain);
	tcp_begin_at(&tcb, make(stack, syn));
	clock = tcp_timestamp(&tcb, syn->now_ns);
	tcb.agreed.ts_offset += timestamp_with(syn, clock) - clock;
	send.seq = tcb.snd.iss;
	if (tcp_transmit(stack, &tcb, &send, syn->now_ns) == ERR_OK)
		stack->counters.tcp_cookies_sent++;
}

/* --- taking one ------------------------------------------------------------------------------ */

/* RFC 9768 5.1: such an ACK only who asked for AccECN sends, and it was agreed to; nothing needs to be
 * remembered. */
static bool is_accurate(const struct tcp_segment *ack)
{
	return (ack->flags & (TCP_AE | TCP_CWR)) != 0;
}

/* What the SYN's options and flags were, as far as they were remembered. */
static void recall(const struct tcp_segment *ack, uint8_t mss_index, struct tcp_segment *syn)
{
	struct tcp_options *opt = &syn->opt;
	uint32_t bits = ack->opt.ts_ecr & TS_MASK;

	syn->flags = TCP_SYN;
	syn->ip_ecn = 0; /* not remembered, and said already */
	if (is_accurate(ack))
		syn->flags |= ECN_BITS;
	*opt = (struct tcp_options){.has_mss = true, .mss = mss_table[mss_index]};
	if (!ack->opt.has_timestamps)
		return;
	opt->has_timestamps = true;
	opt->ts_val = ack->opt.ts_val;
	if (bits & TS_ECN)
		syn->flags |= ECN_SETUP;
	opt->sack_permitted = bits & TS_SACK;
	opt->has_window_scale = (bits & 0xf) != TS_NO_SCALE;
	if (opt->has_window_scale)
		opt->window_scale = (uint8_t)MIN(bits & 0xf, TCP_WINDOW_SCALE_MAX);
}

bool tcp_cookie_check(const struct stack *stack, const struct tcp_segment *ack,
		      struct tcp_segment *syn)
{
	uint32_t cookie = ack->ack - 1;
	uint32_t slot = slot_of(ack->now_ns);
	uint8_t mss_index = cookie >> HASH_BITS & 7;

	if ((slot & 1) != cookie >> 31)
		slot--;
	*syn = *ack;
	syn->seq = ack->seq - 1;
	if (cookie_hash(stack, syn, syn->seq, slot, mss_index) != (cookie & HASH_MASK))
		return false;
	recall(ack, mss_index, syn);
	return true;
}

uint64_t tcp_cookies_end(uint64_t now_ns)
{
	return now_ns + 2 * SLOT_NS;
}
