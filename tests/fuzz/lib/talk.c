/*
 * SPDX-License-Identifier: MIT
 *
 * Beginning and end, the lines, and the world around them; see tests/fuzz/lib/talk.h.  The user is
 * talk_user.c, the peer talk_peer.c, what is judged talk_judge.c.
 */
#include "tests/fuzz/lib/talk.h"

#include <limits.h>
#include <string.h>

#include "net/tcp/conn/layer.h"
#include "net/tcp/limits.h"
#include "net/tcp/tcb.h"

#define SOCKETS_MAX 8

/* --- beginning and end ----------------------------------------------------------------------------- */

static void choose_peer(struct talk *talk, uint8_t how)
{
	static const uint16_t sizes[] = {1460, 1460, 536, 100, 9000, 0, 1, 1448};
	struct tk *t = &talk->t;

	t->timestamps = how & 1;
	t->sack = how & 2;
	t->scale_offered = how & 4;
	t->scale = how & 8 ? 14 : 0;
	t->mss = sizes[how >> 5];
	for (unsigned i = 0; i < TALK_LINES; i++) {
		talk->lines[i].scale = t->scale_offered ? t->scale : 0;
		talk->lines[i].mss = t->mss == 0 ? TCP_MSS_DEFAULT : MAX(t->mss, TCP_MSS_MIN);
	}
}

/* Where things stand when the state has been reached, out of the handshake that led there. */
static void count_memory(struct talk *talk)
{
	struct tk *t = &talk->t;
	struct talk_line *line = talk->line;
	const struct tcb *tcb = talk_tcb(talk, line);

	line->fd = t->fd;
	line->tsval = t->tsval;
	line->ts_echo = t->ts_echo;
	if (tcb == NULL)
		return;
	line->now.iss = t->iss;
	line->now.snd_max = tcb->snd.nxt;
	line->rcv_nxt = line->peer_nxt = tcb->life.state == TCP_SYN_SENT ? TK_IRS : tcb->rcv.nxt;
	if (tcb->life.state != TCP_SYN_SENT)
		line->now.edge = tcb->snd.una + (tcb_synchronized(tcb) ? line->window << line->scale
								    : line->window + 1);
	else
		line->now.edge = line->now.iss + 1;
}

static void open_lines(struct talk *talk, uint32_t window)
{
	static const uint16_t ports[TALK_LINES][2] = {
		{TK_PORT, TK_PEER_PORT}, {TK_PORT, TK_PEER_PORT + 1}, {TK_PORT + 1, TK_PEER_PORT}};

	for (unsigned i = 0; i < TALK_LINES; i++)
		talk->lines[i] = (struct talk_line){
			.port = ports[i][0], .peer_port = ports[i][1], .fd = -1,
			.window = window, .peer_nxt = TK_IRS + i * 100000, .tsval = 1000,
		};
	talk->line = &talk->lines[0];
}

void talk_open(struct talk *talk, struct fuzz_input *in)
{
	uint8_t how = fuzz_u8(in), buffers = fuzz_u8(in);
	enum tcp_state state = (how & 0xf) % (TCP_TIME_WAIT + 1);
	struct net_options options = {.max_sockets = SOCKETS_MAX};

	memset(talk, 0, sizeof(*talk));
	talk->buffer = options.sndbuf = options.rcvbuf = 4096u << (buffers % 4 * 2);
	if (buffers & 0x04) { /* it grows */
		options.rcvbuf = 0;
		talk->buffer = TCP_BUFFER_DEFAULT;
	}
	talk->ecn = buffers & 0x08;
	talk->accurate = talk->ecn && (how & 0x20);
	options.congestion = buffers & 0x10 ? NET_CONGESTION_NEWRENO : NET_CONGESTION_CUBIC;
	talk->patient = how & 0x80;
	talk->kind = buffers & 0x80;
	talk->forgetful = buffers & 0x40;
	tk_open_with(&talk->t, &options);
	open_lines(talk, how & 0x40 ? 200 : 65535);
	choose_peer(talk, fuzz_u8(in));
	talk->t.window = (uint16_t)talk->line->window;
	if (state == TCP_LISTEN)
		tk_listen(&talk->t, 2);
	else if (state != TCP_CLOSED)
		tk_reach(&talk->t, state);
	count_memory(talk);
	if (talk->ecn) /* from the next connection on: the kit does not expect it */
		talk->t.k.stack->options.ecn = talk->accurate ? NET_ECN_ACCURATE : NET_ECN_ASK;
	fuzz_stack_events(&talk->t.k);
}

void talk_close(struct talk *talk)
{
	struct tk *t = &talk->t;

	t->k.kp.fail_after = UINT_MAX;
	t->k.send_result = ERR_OK;
	t->k.tx_room = UINT_MAX;
	if (talk->kind)
		talk_turn_kind(talk);
	for (unsigned i = 0; i < TALK_LINES; i++)
		if (talk->lines[i].fd >= 0)
			(void)sock_close(t->k.stack, talk->lines[i].fd, t->k.now_ns);
	if (t->listener >= 0)
		(void)sock_close(t->k.stack, t->listener, t->k.now_ns);
	talk_check(talk);
	if (talk->patient) {
		kit_advance(&t->k, 1500 * NS_PER_S);
		talk_check(talk);
		fuzz_check_idle(&t->k);
	}
	tk_close(t);
}

/* --- lines ------------------------------------------------------------------------------------------ */

struct talk_line *talk_find_line(struct talk *talk, uint16_t port, uint16_t peer_port)
{
	for (unsigned i = 0; i < TALK_LINES; i++)
		if (talk->lines[i].port == port && talk->lines[i].peer_port == peer_port)
			return &talk->lines[i];
	return NULL;
}

struct tcb *talk_tcb(struct talk *talk, const struct talk_line *line)
{
	const struct net_endpoint local = net_endpoint_ipv4(KIT_IP, line->port);
	const struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, line->peer_port);

	return tcp_find_connection(talk->t.k.stack, &local, &remote);
}

void talk_changes_line(struct talk *talk, struct fuzz_input *in)
{
	talk->line = &talk->lines[fuzz_u8(in) % TALK_LINES];
}

/* --- the world ------------------------------------------------------------------------------------------ */

void talk_time_passes(struct talk *talk, struct fuzz_input *in)
{
	static const uint64_t times_ns[] = {NS_PER_MS, 40 * NS_PER_MS, 200 * NS_PER_MS, NS_PER_S,
					    5 * NS_PER_S, 61 * NS_PER_S, 301 * NS_PER_S, 1};

	uint64_t ns = times_ns[fuzz_u8(in) % ARRAY_LEN(times_ns)];

	/* Who has no room or no memory tries again every millisecond: minutes of it show nothing new. */
	if (talk->t.k.send_result != ERR_OK || talk->t.k.kp.fail_after == 0)
		ns = MIN(ns, 200 * NS_PER_MS);
	kit_advance(&talk->t.k, ns);
}

void talk_device_changes(struct talk *talk, struct fuzz_input *in)
{
	static const int results[] = {ERR_OK, ERR_AGAIN, ERR_NETDOWN, ERR_OK};
	uint8_t how = fuzz_u8(in);

	talk->t.k.send_result = results[how % 4];
	talk->t.k.tx_room = how & 0x10 ? how >> 5 : UINT_MAX;
	talk->t.k.answer_arp = (how & 0x08) == 0;
}

void talk_memory_changes(struct talk *talk, struct fuzz_input *in)
{
	uint8_t how = fuzz_u8(in);

	talk->t.k.kp.fail_after = how < 32 ? how : UINT_MAX;
}
