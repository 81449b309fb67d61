/*
 * SPDX-License-Identifier: MIT
 *
 * What is judged of the frames that the stack sends and of what it holds; see tests/fuzz/lib/talk.h.
 */
#include "tests/fuzz/lib/talk.h"

#include <string.h>

#include "net/tcp/conn/options.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

/* Tables, pools and the stack itself. */
#define MEMORY_BASE (384u * 1024)
#define SOCKETS_MAX 8

/* A SYN of ours, perhaps the one that begins a connection: its numbers count from here. */
void talk_note_iss(struct talk_line *line, uint32_t iss)
{
	if (iss == line->now.iss && line->now.snd_max != line->now.iss)
		return;
	for (unsigned i = 0; i < TALK_BEFORE_MAX; i++)
		if (line->before[i].iss == iss && line->before[i].snd_max != iss)
			return; /* a SYN that waited for ARP */
	memmove(line->before + 1, line->before, sizeof(line->before) - sizeof(line->before[0]));
	line->before[0] = line->now;
	line->n_blocks = 0;
	line->blocks_forgotten = false;
	line->now = (struct talk_sending){
		.iss = iss,
		.snd_max = iss + 1,
		.edge = iss + 1 + line->syn_window,
	};
}

static bool payload_is_right(const struct talk_sending *sending, const struct kit_sent *s)
{
	size_t offset = (uint32_t)(s->tcp.seq - sending->iss - 1);

	if (s->payload_len == 0)
		return true;
	if (offset > sending->by_user || s->payload_len > sending->by_user - offset)
		return false;
	for (size_t i = 0; i < s->payload_len; i++)
		if (s->payload[i] != tk_byte(offset + i))
			return false;
	return true;
}

/* What is wrong with a segment (no SYN, no RST) of this connection; NULL: nothing. */
static const char *problem_with(const struct talk_sending *sending, const struct kit_sent *s)
{
	bool fin = s->tcp.flags & TCP_FIN;
	uint32_t end = s->tcp.seq + (uint32_t)s->payload_len + fin;

	if (!payload_is_right(sending, s))
		return "bytes that the user did not give";
	if (s->payload_len == 0 && !fin)
		return NULL;
	if (seq_gt(end, sending->edge))
		return "beyond the peer's window";
	if (fin && end - 1 != sending->iss + 1 + (uint32_t)sending->by_user)
		return "a FIN that does not follow the last byte";
	return NULL;
}

/* The connection that a segment belongs to; where it fits none, it should be the present one's. */
static struct talk_sending *sending_of(struct talk_line *line, const struct kit_sent *s)
{
	if (problem_with(&line->now, s) == NULL)
		return &line->now;
	for (unsigned i = 0; i < TALK_BEFORE_MAX; i++)
		if (problem_with(&line->before[i], s) == NULL)
			return &line->before[i];
	return &line->now;
}

static void check_segment(struct talk_line *line, const struct kit_sent *s)
{
	struct talk_sending *sending = sending_of(line, s);
	uint32_t end = s->tcp.seq + (uint32_t)s->payload_len + !!(s->tcp.flags & TCP_FIN);
	size_t options_len = (size_t)s->tcp.header_len - TCP_HEADER_LEN;
	const char *problem = problem_with(sending, s);

	FUZZ_CHECK(problem == NULL, "seq %u, %zu bytes, flags %02x: %s; given %zu, allowed %u",
		   s->tcp.seq - sending->iss, s->payload_len, s->tcp.flags, problem,
		   sending->by_user, sending->edge - sending->iss);
	FUZZ_CHECK(s->payload_len + options_len <= line->mss, "%zu bytes and %zu of options",
		   s->payload_len, options_len);
	if (sending == &line->now && (s->payload_len > 0 || (s->tcp.flags & TCP_FIN)))
		sending->snd_max = seq_max(sending->snd_max, end);
}

/* RFC 9293 3.4, 3.8.6: an acknowledgement is never taken back, nor (SHLD-14) is window.  Only of
 * segments that the present connection has sent. */
static void check_receiving(struct talk *talk, struct talk_line *line, const struct kit_sent *s)
{
	struct talk_receiving *r = &line->receiving;
	const struct tcb *tcb = talk_tcb(talk, line);
	uint32_t edge;

	if (tcb == NULL || !tcb_synchronized(tcb) || (s->tcp.flags & (TCP_SYN | TCP_ACK)) != TCP_ACK ||
	    seq_gt(s->tcp.ack, tcb->rcv.nxt) || seq_lt(s->tcp.ack, tcb->rcv.irs + 1))
		return;
	edge = s->tcp.ack + ((uint32_t)s->tcp.window << tcb->agreed.rcv_wscale);
	if (!r->known || r->irs != tcb->rcv.irs || r->iss != tcb->snd.iss)
		*r = (struct talk_receiving){tcb->rcv.irs, tcb->snd.iss, s->tcp.ack, edge, true};
	FUZZ_CHECK(seq_leq(r->ack, s->tcp.ack), "acknowledged %u, now %u", r->ack - r->irs,
		   s->tcp.ack - r->irs);
	/* The field counts in units of the scale. */
	FUZZ_CHECK(seq_lt(r->edge, edge + (1u << tcb->agreed.rcv_wscale)), "allowed %u, now %u",
		   r->edge - r->irs, edge - r->irs);
	r->ack = s->tcp.ack;
	r->edge = seq_max(r->edge, edge);
}

static void note_acknowledgement(struct talk_line *line, const struct kit_sent *s)
{
	struct tcp_options opt;

	tcp_options_parse(&opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN,
			  s->tcp.flags & TCP_SYN);
	FUZZ_CHECK(!opt.malformed, "malformed options");
	if (opt.has_timestamps)
		line->ts_echo = opt.ts_val;
	if (s->tcp.flags & TCP_ACK)
		line->rcv_nxt = s->tcp.ack;
}

static void check_tcp(struct talk *talk, const struct kit_sent *s)
{
	struct talk_line *line = talk_find_line(talk, s->tcp.src_port, s->tcp.dst_port);

	if (line == NULL)
		return;
	if (s->tcp.flags & TCP_RST) {
		FUZZ_CHECK(s->payload_len == 0, "a RST with data");
		return;
	}
	if (s->tcp.flags & TCP_SYN) {
		FUZZ_CHECK(s->payload_len == 0 && (s->tcp.flags & TCP_FIN) == 0, "a SYN with more");
		talk_note_iss(line, s->tcp.seq);
	} else {
		check_segment(line, s);
		talk_kind_sees(talk, line, s);
		check_receiving(talk, line, s);
	}
	note_acknowledgement(line, s);
}

/* --- what a TCB holds --------------------------------------------------------------------------- */

static bool will_act(const struct tcb *tcb)
{
	for (unsigned i = 0; i < TCP_TIMER_COUNT; i++)
		if (tcp_timer_is_set(tcb, i) && i != TCP_TIMER_DELAYED_ACK && i != TCP_TIMER_BUFFER)
			return true;
	return tcb->life.work_prev != NULL;
}

static void check_sending_side(const struct tcb *tcb)
{
	uint32_t last = tcb->snd.end + tcb->snd.fin_queued;

	FUZZ_CHECK(seq_leq(tcb->snd.una, tcb->snd.nxt) && seq_leq(tcb->snd.nxt, last),
		   "SND.UNA %u, SND.NXT %u, end %u", tcb->snd.una, tcb->snd.nxt, last);
	FUZZ_CHECK(tcb->snd.una == last || will_act(tcb),
		   "SND.UNA %u, SND.NXT %u, end %u, window %u, and no timer",
			tcb->snd.una - tcb->snd.iss,
		   tcb->snd.nxt - tcb->snd.iss, last - tcb->snd.iss, tcb->snd.wnd);
	FUZZ_CHECK(tcb->cc.cwnd > 0, "no congestion window");
	FUZZ_CHECK(tcb->loss.rto_ns >= TCP_RTO_MIN_NS && tcb->loss.rto_ns <= TCP_RTO_MAX_NS,
		   "RTO %llu ns",
		   (unsigned long long)tcb->loss.rto_ns);
}

static void check_receiving_side(const struct tcb *tcb)
{
	const struct tcp_reassembly *r = tcb->rcv.reassembly;
	uint32_t end = tcb->rcv.nxt;

	FUZZ_CHECK(tcb->rcv.unread <= tcb->rcv.buf_size, "%u bytes unread", tcb->rcv.unread);
	if (r == NULL)
		return;
	FUZZ_CHECK(r->n_ranges > 0 && r->n_ranges <= TCP_RANGES_MAX, "%u runs", r->n_ranges);
	for (unsigned i = 0; i < r->n_ranges; end = r->ranges[i++].end)
		FUZZ_CHECK(seq_gt(r->ranges[i].start, end) && seq_gt(r->ranges[i].end, r->ranges[i].start),
			   "run %u from %u to %u, behind %u", i, r->ranges[i].start - tcb->rcv.irs,
			   r->ranges[i].end - tcb->rcv.irs, end - tcb->rcv.irs);
}

static void check_line(struct talk *talk, struct talk_line *line)
{
	const struct tcb *tcb = talk_tcb(talk, line);

	if (tcb == NULL)
		return;
	/* A SYN that no device took: the peer cannot know its number, but it may guess. */
	talk_note_iss(line, tcb->snd.iss);
	if (!tcb_synchronized(tcb))
		return;
	check_sending_side(tcb);
	talk_check_scoreboard(line, tcb);
	check_receiving_side(tcb);
}

static size_t memory_max(const struct talk *talk)
{
	/* What a connection holds of received packets is bounded by what they occupy. */
	return MEMORY_BASE + (size_t)SOCKETS_MAX * 6 * talk->buffer;
}

void talk_check(struct talk *talk)
{
	struct kit *k = &talk->t.k;
	struct kit_sent *s;

	k->now_ns += 10 * NS_PER_US; /* initial sequence numbers move on every 4 */
	kit_poll(k);
	while ((s = kit_take(k)) != NULL) {
		fuzz_check_frame(k, s);
		if (s->is_tcp)
			check_tcp(talk, s);
		kit_sent_free(s);
	}
	for (unsigned i = 0; i < TALK_LINES; i++)
		check_line(talk, &talk->lines[i]);
	FUZZ_CHECK(k->kp.live_bytes <= memory_max(talk), "%zu bytes in %u blocks", k->kp.live_bytes,
		   k->kp.live_blocks);
}

