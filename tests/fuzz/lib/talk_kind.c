/*
 * SPDX-License-Identifier: MIT
 *
 * The end at which everybody turns kind: memory, device and network do what they should, and the
 * peer opens its window and acknowledges what it has.  That is all it has ever seen; or, where it is
 * forgetful, what it has acknowledged or SACKed before, and what arrives from now on: all that was
 * in flight is lost.  Whatever came before, a connection that is not over then sends all that its
 * user gave, and takes in what the peer sends.
 */
#include "tests/fuzz/lib/talk.h"

#include <stdlib.h>

#include "net/tcp/receive/receive.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"
#include "tests/fuzz/lib/talk_peer.h"

#define ROUNDS_MAX 6000
#define TRIES 8

static bool is_open(const struct tcb *tcb)
{
	return tcb != NULL && tcb->life.state != TCP_CLOSED && tcb->life.state != TCP_LISTEN &&
	       tcb->life.state != TCP_TIME_WAIT;
}

static bool has_sent_all(const struct tcb *tcb)
{
	return tcb_synchronized(tcb) && tcb->snd.una == tcb->snd.end + tcb->snd.fin_queued;
}

/* --- what a forgetful peer has ------------------------------------------------------------------ */

static void mark(struct talk *talk, uint32_t start, uint32_t end)
{
	uint32_t from = seq_lt(start, talk->has_from) ? talk->has_from : start;

	for (; seq_lt(from, end) && from - talk->has_from < talk->has_len; from++)
		talk->has[from - talk->has_from] = 1;
}

void talk_kind_sees(struct talk *talk, const struct talk_line *line, const struct kit_sent *s)
{
	if (talk->has != NULL && line == talk->line)
		mark(talk, s->tcp.seq,
		     s->tcp.seq + (uint32_t)s->payload_len + !!(s->tcp.flags & TCP_FIN));
}

static void remember(struct talk *talk, const struct tcb *tcb)
{
	const struct talk_line *line = talk->line;

	if (!talk->forgetful || line->blocks_forgotten || tcb == NULL || !tcb_synchronized(tcb))
		return;
	talk->has_from = tcb->snd.una;
	talk->has_len = tcb->snd.end + 1 - tcb->snd.una;
	talk->has = calloc(talk->has_len, 1);
	for (unsigned i = 0; i < line->n_blocks; i++)
		mark(talk, line->blocks[i].start, line->blocks[i].end);
}

static void forget(struct talk *talk)
{
	free(talk->has);
	talk->has = NULL;
}

static uint32_t acknowledgement(const struct talk *talk)
{
	uint32_t n = 0;

	if (talk->has == NULL)
		return talk->line->now.snd_max;
	while (n < talk->has_len && talk->has[n])
		n++;
	return talk->has_from + n;
}

/* --- both directions ------------------------------------------------------------------------------ */

/* Each turn something is acknowledged or some time passes. */
static void let_it_send(struct talk *talk)
{
	const struct tcb *tcb = talk_tcb(talk, talk->line);
	uint32_t una;

	remember(talk, tcb);
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		tcb = talk_tcb(talk, talk->line);
		if (!is_open(tcb) || has_sent_all(tcb))
			return;
		una = tcb->snd.una;
		talk_peer_is_kind(talk, tcb, acknowledgement(talk), 0);
		tcb = talk_tcb(talk, talk->line);
		if (tcb != NULL && tcb->snd.una != una)
			continue;
		kit_advance(&talk->t.k, NS_PER_S);
		talk_check(talk);
	}
	kit_fail("%s: it does not go on: SND.UNA %u, SND.NXT %u, end %u, window %u (WL1 %u of %u)",
		 tcp_state_name(tcb->life.state), tcb->snd.una - tcb->snd.iss,
			tcb->snd.nxt - tcb->snd.iss,
		 tcb->snd.end - tcb->snd.iss, tcb->snd.wnd, tcb->snd.wl1 - tcb->rcv.irs,
		 tcb->rcv.nxt - tcb->rcv.irs);
}

/* How many bytes it waits for; 0: none will come. */
static size_t wanted(const struct tcb *tcb)
{
	if (!is_open(tcb) || tcb->rcv.closed ||
	    (tcb->life.state != TCP_ESTABLISHED && tcb->life.state != TCP_FIN_WAIT_1 &&
	     tcb->life.state != TCP_FIN_WAIT_2))
		return 0;
	return tcb->rcv.fin_known ? MIN(tcb->rcv.fin - tcb->rcv.nxt, 100u) : 100;
}

static void let_it_receive(struct talk *talk)
{
	const struct tcb *tcb = talk_tcb(talk, talk->line);
	uint32_t nxt = tcb != NULL ? tcb->rcv.nxt : 0;

	for (unsigned i = 0; i < TRIES; i++) {
		if (talk->line->fd < 0 || wanted(tcb) == 0 || tcb->rcv.nxt != nxt ||
		    talk_user_tcb(talk, talk->line) != tcb)
			return;
		while (talk_read(talk, talk->line, 1 << 16) > 0)
			;
		kit_advance(&talk->t.k, NS_PER_S);
		talk_check(talk);
		tcb = talk_tcb(talk, talk->line);
		if (wanted(tcb) > 0)
			talk_peer_is_kind(talk, tcb, talk->line->now.snd_max, wanted(tcb));
		tcb = talk_tcb(talk, talk->line);
	}
	kit_fail("%s: nothing is taken in at RCV.NXT %u, window %u, %u bytes unread",
		 tcp_state_name(tcb->life.state), tcb->rcv.nxt - tcb->rcv.irs,
			tcp_receive_window(tcb),
		 tcb->rcv.unread);
}

void talk_turn_kind(struct talk *talk)
{
	talk->t.k.answer_arp = true;
	for (unsigned i = 0; i < TALK_LINES; i++) {
		talk->line = &talk->lines[i];
		let_it_send(talk);
		forget(talk);
		let_it_receive(talk);
	}
}
