/*
 * SPDX-License-Identifier: MIT
 *
 * The peer that the input plays: segments whose numbers are near those that matter, with options that
 * are right, wrong or noise.  It keeps account of what it has allowed; see tests/fuzz/lib/talk.h.
 */
#include "tests/fuzz/lib/talk.h"

#include <string.h>

#include "net/socket/table.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/limits.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"
#include "tests/fuzz/lib/talk_peer.h"

#define PAYLOAD_MAX 1480

struct segment {
	uint32_t seq, ack;
	uint16_t flags;
	uint16_t window;
	uint16_t src_port, dst_port;
	uint8_t tos;
	size_t len;
	uint8_t options[TCP_OPTIONS_MAX];
	size_t options_len;
};

/* --- what the peer has allowed --------------------------------------------------------------------- */

static void note_syn(struct talk_line *line, const struct segment *seg, const struct tcp_options *opt)
{
	line->syn_window = seg->window;
	if (opt->has_window_scale)
		line->scale = MAX(line->scale, opt->window_scale);
	line->mss = MAX(line->mss, opt->has_mss ? MAX(opt->mss, TCP_MSS_MIN) : TCP_MSS_DEFAULT);
}

/* The window of a segment that acknowledges what was never sent counts for nothing. */
static void note_window(struct talk_line *line, const struct segment *seg)
{
	bool syn = seg->flags & TCP_SYN;
	uint32_t window = syn ? seg->window : (uint32_t)seg->window << line->scale;
	uint32_t ack = seg->flags & TCP_ACK ? seg->ack : line->now.iss + 1;

	if ((seg->flags & TCP_ACK) == 0 && !syn)
		return;
	if (seq_leq(line->now.iss, ack) && seq_leq(ack, line->now.snd_max))
		line->now.edge = seq_max(line->now.edge, ack + window);
}

static void note_blocks(struct talk_line *line, const struct tcp_options *opt)
{
	for (unsigned i = 0; i < opt->n_sack; i++) {
		if (line->n_blocks == TALK_BLOCKS_MAX)
			line->blocks_forgotten = true;
		else if (seq_lt(opt->sack[i].start, opt->sack[i].end))
			line->blocks[line->n_blocks++] = opt->sack[i];
	}
}

static void note(struct talk *talk, const struct segment *seg)
{
	struct talk_line *line = talk_find_line(talk, seg->dst_port, seg->src_port);
	struct tcp_options opt;

	if (line == NULL)
		return;
	tcp_options_parse(&opt, seg->options, seg->options_len, true);
	if (seg->flags & TCP_SYN)
		note_syn(line, seg, &opt);
	note_window(line, seg);
	note_blocks(line, &opt);
}

/* --- sending ---------------------------------------------------------------------------------------- */

static void send(struct talk *talk, const struct segment *seg)
{
	uint8_t payload[PAYLOAD_MAX];
	uint32_t first = seg->seq + !!(seg->flags & TCP_SYN);
	struct kit_frame f;

	for (size_t i = 0; i < seg->len; i++)
		payload[i] = talk_peer_byte(first + (uint32_t)i);
	kit_build_tcp(&f, &(struct kit_ipv4){.tos = seg->tos},
		      &(struct kit_tcp){
			      .src_port = seg->src_port,
			      .dst_port = seg->dst_port,
			      .seq = seg->seq,
			      .ack = seg->ack,
			      .flags = seg->flags,
			      .window = seg->window,
			      .urgent = seg->flags & TCP_URG ? seg->window : 0,
			      .options = seg->options,
			      .options_len = seg->options_len,
		      },
		      payload, seg->len);
	note(talk, seg);
	kit_inject_frame(&talk->t.k, &f);
}

static void add_timestamps(struct talk *talk, struct segment *seg, int32_t age)
{
	uint8_t *p = seg->options + seg->options_len;

	p[0] = p[1] = TCP_OPT_NOP;
	p[2] = TCP_OPT_TIMESTAMPS;
	p[3] = 10;
	store_be32(p + 4, talk->line->tsval - (uint32_t)age);
	store_be32(p + 8, talk->line->ts_echo);
	seg->options_len += 12;
}

static void add_syn_options(struct talk *talk, struct segment *seg)
{
	const struct tk *t = &talk->t;
	uint8_t *p = seg->options;

	if (t->mss != 0) {
		p[0] = TCP_OPT_MSS;
		p[1] = 4;
		store_be16(p + 2, t->mss);
		seg->options_len = 4;
	}
	p = seg->options + seg->options_len;
	p[0] = t->scale_offered ? TCP_OPT_WINDOW_SCALE : TCP_OPT_NOP;
	p[1] = t->scale_offered ? 3 : TCP_OPT_NOP;
	p[2] = t->scale_offered ? t->scale : TCP_OPT_NOP;
	p[3] = TCP_OPT_NOP;
	p[4] = t->sack ? TCP_OPT_SACK_PERMITTED : TCP_OPT_NOP;
	p[5] = t->sack ? 2 : TCP_OPT_NOP;
	p[6] = p[7] = TCP_OPT_NOP;
	seg->options_len += 8;
}

/* A segment as the peer would send it now if it behaved. */
static struct segment usual(struct talk *talk, uint16_t flags)
{
	struct talk_line *line = talk->line;
	const struct tcb *tcb = talk_tcb(talk, line);
	struct segment seg = {
		.seq = line->peer_nxt,
		.ack = line->now.snd_max,
		.flags = flags,
		.window = (uint16_t)line->window,
		.src_port = line->peer_port,
		.dst_port = line->port,
		.tos = line->tos,
	};

	line->tsval++;
	if (flags & TCP_SYN)
		add_syn_options(talk, &seg);
	if ((flags & TCP_SYN) && talk->accurate)
		seg.flags |= flags & TCP_ACK ? TCP_CWR : TCP_AE | TCP_ECE | TCP_CWR;
	else if ((flags & TCP_SYN) && talk->ecn)
		seg.flags |= flags & TCP_ACK ? TCP_ECE : TCP_ECE | TCP_CWR;
	else if (tcb != NULL && tcb->cc.ecn == TCP_ECN_ACCURATE && tcb->cc.accurate != NULL)
		seg.flags |= (uint16_t)((tcb->cc.accurate->s_cep & 7) << 6);
	if (talk->t.timestamps && (flags & TCP_RST) == 0)
		add_timestamps(talk, &seg, 0);
	return seg;
}

void talk_next_data(struct talk *talk, struct fuzz_input *in)
{
	static const uint16_t lens[] = {1, 2, 100, 536, 1448, 1460, 1460, 0};
	struct segment seg = usual(talk, TCP_ACK | TCP_PSH);
	uint8_t how = fuzz_u8(in);

	seg.len = lens[how % 8];
	seg.seq += (uint32_t)(how >> 5) * 1460; /* a hole before it */
	if ((how & 0x18) == 0x18)
		seg.seq = talk->line->rcv_nxt;
	send(talk, &seg);
	if (seg.seq == talk->line->peer_nxt)
		talk->line->peer_nxt += (uint32_t)seg.len;
}

void talk_ack(struct talk *talk, struct fuzz_input *in)
{
	struct segment seg = usual(talk, TCP_ACK);
	uint8_t how = fuzz_u8(in);

	seg.ack -= how < 0x80 ? 0 : (how & 0x7fu) * 100;
	send(talk, &seg);
	if (how == 0x7f) /* duplicates */
		for (unsigned i = 0; i < 3; i++)
			send(talk, &seg);
}

void talk_next_fin(struct talk *talk)
{
	struct segment seg = usual(talk, TCP_ACK | TCP_FIN);

	send(talk, &seg);
	talk->line->peer_nxt++;
}

/* SYN-ACK or ACK, whatever the connection waits for. */
void talk_peer_answers(struct talk *talk)
{
	struct talk_line *line = talk->line;
	const struct tcb *tcb = talk_tcb(talk, line);
	bool waits = tcb != NULL && tcb->life.state == TCP_SYN_SENT;
	bool listens = tcb == NULL && talk->t.listener >= 0;
	struct segment seg = usual(talk, waits ? TCP_SYN | TCP_ACK : listens ? TCP_SYN : TCP_ACK);

	send(talk, &seg);
	if (seg.flags & TCP_SYN) {
		line->peer_nxt = seg.seq + 1;
		kit_poll(&talk->t.k);
		talk_check(talk);
		seg = usual(talk, TCP_ACK);
		send(talk, &seg);
	}
}

/* SYNs from everywhere, which nobody follows up: a listener's queue is full, and answers with
 * cookies. */
void talk_peer_floods(struct talk *talk, struct fuzz_input *in)
{
	uint8_t n = fuzz_u8(in) % 32;

	for (unsigned i = 0; i < n; i++) {
		struct segment seg = usual(talk, TCP_SYN);

		seg.src_port = (uint16_t)(2000 + i);
		seg.dst_port = TK_PORT;
		send(talk, &seg);
	}
}

void talk_peer_changes(struct talk *talk, struct fuzz_input *in)
{
	static const uint16_t windows[] = {0, 1, 100, 1000, 1460, 8192, 65535, 2920};
	struct talk_line *line = talk->line;
	uint8_t how = fuzz_u8(in);

	line->window = windows[how % 8];
	if (how & 0x08)
		line->peer_nxt = line->rcv_nxt;
	if (how & 0x10)
		line->tsval += fuzz_u32(in);
	if (how & 0x20)
		line->peer_nxt = fuzz_u32(in);
	line->tos = how >> 6; /* the ECN bits */
}

/* --- kind ---------------------------------------------------------------------------------------------- */

/* As an honest peer would say it, whatever was played before: an acknowledgement, and `len` bytes
 * where the stack waits for them, or none. */
void talk_peer_is_kind(struct talk *talk, const struct tcb *tcb, uint32_t ack, size_t len)
{
	struct talk_line *line = talk->line;
	struct segment seg;

	line->window = 65535;
	line->peer_nxt = tcb->life.state == TCP_SYN_SENT ? line->peer_nxt : tcb->rcv.nxt;
	if (tcb->agreed.timestamps)
		line->tsval = tcb->agreed.ts_recent;
	line->tos = 0;
	seg = usual(talk, tcb->life.state == TCP_SYN_SENT ? TCP_SYN | TCP_ACK : TCP_ACK);
	seg.ack = ack;
	seg.len = len;
	/* Its window counts only behind what it has sent before: SND.WL1. */
	if (len == 0 && tcb_synchronized(tcb))
		seg.seq = seq_max(seg.seq, tcb->snd.wl1);
	send(talk, &seg);
	if (seg.flags & TCP_SYN)
		line->peer_nxt++;
	kit_poll(&talk->t.k);
	talk_check(talk);
}

/* --- anything ----------------------------------------------------------------------------------------- */

static uint32_t near(struct talk *talk, struct fuzz_input *in)
{
	uint8_t base = fuzz_u8(in);
	uint32_t offset = (uint32_t)(int32_t)(int16_t)fuzz_u16(in);
	const struct talk_line *line = talk->line;
	const struct tcb *tcb = talk_tcb(talk, line);

	switch (base % 10) {
	case 0: return line->rcv_nxt + offset;
	case 1: return line->now.snd_max + offset;
	case 2: return line->now.iss + offset;
	case 3: return line->peer_nxt + offset;
	case 4: return tcb != NULL ? tcb->rcv.adv + offset : offset;
	case 5: return tcb != NULL ? tcb->snd.una + offset : offset;
	case 6: return tcb != NULL ? tcb->snd.una - tcb->snd.wnd_max + offset : offset;
	case 7: return fuzz_u32(in);
	case 8: return line->rcv_nxt;
	default: return line->now.snd_max;
	}
}

static void any_options(struct talk *talk, struct fuzz_input *in, struct segment *seg)
{
	uint8_t how = fuzz_u8(in);
	const uint8_t *p;

	switch (how % 8) {
	case 0:
	case 1:
		break; /* none */
	case 2:
	case 3:
		add_timestamps(talk, seg, 0);
		break;
	case 4:
		add_timestamps(talk, seg, (int32_t)fuzz_u32(in));
		break;
	case 5:
		add_syn_options(talk, seg);
		add_timestamps(talk, seg, 0);
		break;
	default:
		p = fuzz_bytes(in, (how >> 3) % (TCP_OPTIONS_MAX + 1), &seg->options_len);
		if (seg->options_len > 0)
			memcpy(seg->options, p, seg->options_len);
		break;
	}
}

void talk_any_segment(struct talk *talk, struct fuzz_input *in)
{
	const struct talk_line *line = talk->line;
	struct segment seg = {.src_port = line->peer_port, .dst_port = line->port};
	uint8_t how = fuzz_u8(in);

	seg.flags = fuzz_u8(in);
	seg.seq = near(talk, in);
	seg.ack = near(talk, in);
	seg.window = how & 1 ? fuzz_u16(in) : (uint16_t)line->window;
	seg.len = how & 2 ? fuzz_u16(in) % PAYLOAD_MAX : 0;
	seg.tos = how >> 2 & 3;
	if ((how & 0x30) == 0x10)
		seg.flags |= TCP_AE;
	if ((how & 0xf0) == 0xf0)
		seg.src_port += 1000;
	any_options(talk, in, &seg);
	send(talk, &seg);
}

/* Where a block may begin or end: somewhere, or at or behind the edge of a segment in flight. */
static uint32_t block_edge(struct talk *talk, struct fuzz_input *in)
{
	const struct tcb *tcb = talk_tcb(talk, talk->line);
	uint8_t how = fuzz_u8(in);

	if (tcb == NULL || how < 0x40)
		return near(talk, in);
	return tcb->snd.una + (how & 0x3fu) * tcb_eff_mss(tcb) + (how & 0x80 ? fuzz_u8(in) : 0u);
}

void talk_sack(struct talk *talk, struct fuzz_input *in)
{
	struct segment seg = usual(talk, TCP_ACK);
	uint8_t how = fuzz_u8(in), n = how % 3 + 1;
	const struct tcb *tcb = talk_tcb(talk, talk->line);
	uint8_t *p = seg.options + seg.options_len;

	/* Mostly a duplicate acknowledgement; sometimes a D-SACK or anything else. */
	seg.ack = (how & 0x80) == 0 && tcb != NULL ? tcb->snd.una : near(talk, in);
	*p++ = TCP_OPT_NOP;
	*p++ = TCP_OPT_NOP;
	*p++ = TCP_OPT_SACK;
	*p++ = (uint8_t)(2 + 8 * n);
	for (unsigned i = 0; i < n; i++, p += 8) {
		store_be32(p, block_edge(talk, in));
		store_be32(p + 4, block_edge(talk, in));
	}
	seg.options_len = (size_t)(p - seg.options);
	send(talk, &seg);
}

/* An error about a segment of ours, as a router or the peer would quote it. */
static void icmp_error(struct talk *talk, uint8_t type, uint8_t code, uint32_t rest, uint32_t seq)
{
	uint8_t inner[IPV4_HEADER_LEN + 8];
	struct ipv4_header ip = {
		.header_len = IPV4_HEADER_LEN, .total_len = 1500,
		.ttl = 64, .protocol = IP_PROTO_TCP, .src = KIT_IP, .dst = KIT_PEER_IP,
	};
	struct kit_frame f;

	ipv4_header_write(inner, &ip);
	store_be16(inner + IPV4_HEADER_LEN, talk->line->port);
	store_be16(inner + IPV4_HEADER_LEN + 2, talk->line->peer_port);
	store_be32(inner + IPV4_HEADER_LEN + 4, seq);
	kit_build_icmp(&f, NULL, type, code, rest, inner, sizeof(inner));
	kit_inject_frame(&talk->t.k, &f);
}

void talk_icmp_error(struct talk *talk, struct fuzz_input *in)
{
	uint8_t how = fuzz_u8(in);
	uint32_t rest = how & 0x80 ? fuzz_u16(in) : 0;

	icmp_error(talk, how & 0x40 ? ICMP_TIME_EXCEEDED : ICMP_UNREACHABLE, how % 16, rest,
		   near(talk, in));
}

/* RFC 1191: about a segment that is in flight. */
void talk_mtu_shrinks(struct talk *talk, struct fuzz_input *in)
{
	static const uint16_t mtus[] = {0, 68, 296, 552, 576, 1006, 1280, 1400, 1492, 1500, 9000};
	const struct tcb *tcb = talk_tcb(talk, talk->line);

	icmp_error(talk, ICMP_UNREACHABLE, 4, mtus[fuzz_u8(in) % ARRAY_LEN(mtus)],
		   tcb != NULL ? tcb->snd.una : 0);
}
